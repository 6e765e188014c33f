// SPDX-License-Identifier: MIT OR Apache-2.0
// From the expression graph to straight-line code: each value is computed right before its first
// use, and its register is free again after its last, so that a block of rows stays in cache.
#include "air/internal.h"

static bool is_operation(const node *n) {
    return n->op >= NODE_ADD;
}

static void emit(pp_air_builder *b, pp_air_op op, uint32_t dst, uint64_t x, uint64_t y) {
    if (b->code_len == b->code_max || dst > 0xffff) {
        pp_air_fail(b, "the table's code is too long", NULL);
        return;
    }
    b->code[b->code_len++] = (uint64_t)op << 56 | (uint64_t)dst << 40 | x << 20 | y;
}

static uint64_t operand(pp_air_builder *b, uint32_t n) {
    static const pp_air_kind kinds[] = {
        [NODE_COLUMN] = PP_AIR_COLUMN, [NODE_FIXED] = PP_AIR_FIXED, [NODE_PUBLIC] = PP_AIR_PUBLIC};
    const node *e = &b->nodes[n];
    if (is_operation(e)) return (uint64_t)PP_AIR_REGISTER << 17 | (b->place[n] - 1);
    if (e->op != NODE_CONSTANT) return (uint64_t)kinds[e->op] << 17 | e->a;
    if (b->place[n] == 0) {
        b->constants[b->table.constants_len++] = e->zero;
        b->place[n] = b->table.constants_len;
    }
    if (b->table.constants_len >> 17) pp_air_fail(b, "too many constants", NULL);
    return (uint64_t)PP_AIR_CONSTANT << 17 | (b->place[n] - 1);
}

// One use of n is over.
static void release(pp_air_builder *b, uint32_t n) {
    if (is_operation(&b->nodes[n]) && --b->left[n] == 0)
        b->free_registers[b->free_len++] = b->place[n] - 1;
}

static uint32_t new_register(pp_air_builder *b) {
    if (b->free_len > 0) return b->free_registers[--b->free_len];
    return b->table.registers_len++;
}

// The product that n = c ± product can absorb: used here only. True with *c and *product.
static bool fused(const pp_air_builder *b, const node *n, uint32_t *c, uint32_t *product) {
    if (n->op != NODE_ADD && n->op != NODE_SUB) return false;
    if (b->nodes[n->b].op == NODE_MUL && b->uses[n->b] == 1) {
        *c = n->a;
        *product = n->b;
        return true;
    }
    if (n->op == NODE_ADD && b->nodes[n->a].op == NODE_MUL && b->uses[n->a] == 1) {
        *c = n->b;
        *product = n->a;
        return true;
    }
    return false;
}

static void emit_fused(pp_air_builder *b, uint32_t n, uint32_t c, uint32_t product) {
    bool add = b->nodes[n].op == NODE_ADD;
    uint32_t x = b->nodes[product].a, y = b->nodes[product].b;
    uint64_t ox = operand(b, x), oy = operand(b, y);
    if (is_operation(&b->nodes[c]) && b->left[c] == 1) {
        uint32_t dst = b->place[c] - 1;
        emit(b, add ? PP_AIR_MADD : PP_AIR_MSUB, dst, ox, oy);
        b->left[c] = 0;
        b->place[n] = dst + 1;
        release(b, x);
        release(b, y);
        return;
    }
    uint64_t oc = operand(b, c);
    release(b, x);
    release(b, y);
    uint32_t dst = new_register(b);
    uint64_t odst = (uint64_t)PP_AIR_REGISTER << 17 | dst;
    emit(b, PP_AIR_MUL, dst, ox, oy);
    emit(b, add ? PP_AIR_ADD : PP_AIR_SUB, dst, oc, odst);
    b->place[n] = dst + 1;
    release(b, c);
}

static void emit_plain(pp_air_builder *b, uint32_t n) {
    static const pp_air_op ops[] = {
        [NODE_ADD] = PP_AIR_ADD, [NODE_SUB] = PP_AIR_SUB, [NODE_MUL] = PP_AIR_MUL};
    uint32_t x = b->nodes[n].a, y = b->nodes[n].b;
    uint64_t ox = operand(b, x), oy = operand(b, y);
    release(b, x);
    release(b, y);
    uint32_t dst = new_register(b);
    emit(b, ops[b->nodes[n].op], dst, ox, oy);
    b->place[n] = dst + 1;
}

static bool ready(const pp_air_builder *b, uint32_t n) {
    return !is_operation(&b->nodes[n]) || b->place[n] != 0;
}

// Code for root and all that it needs and that is not there yet.
static void emit_tree(pp_air_builder *b, uint32_t root) {
    uint32_t depth = 0;
    b->stack[depth++] = root;
    while (depth > 0 && !b->failed) {
        uint32_t n = b->stack[depth - 1], c, product;
        if (ready(b, n)) {
            depth--;
            continue;
        }
        uint32_t needs[3] = {b->nodes[n].a, b->nodes[n].b, b->nodes[n].b};
        bool fuse = fused(b, &b->nodes[n], &c, &product);
        if (fuse) {
            needs[0] = c;
            needs[1] = b->nodes[product].a;
            needs[2] = b->nodes[product].b;
        }
        uint32_t missing = 0;
        while (missing < 3 && ready(b, needs[missing])) missing++;
        if (missing < 3) {
            b->stack[depth++] = needs[missing];
        } else {
            if (fuse)
                emit_fused(b, n, c, product);
            else
                emit_plain(b, n);
            depth--;
        }
    }
}

static void emit_sink(pp_air_builder *b, pp_air_op op, uint32_t dst, uint32_t n) {
    emit_tree(b, n);
    emit(b, op, dst, operand(b, n), 0);
    release(b, n);
}

// How often each node is used by what the marked ones lead to.
static void count_uses(pp_air_builder *b) {
    for (uint32_t n = b->nodes_len; n-- > 0;) {
        if (b->uses[n] == 0) continue;
        b->nodes[n].used = true;
        if (!is_operation(&b->nodes[n])) continue;
        b->uses[b->nodes[n].a]++;
        b->uses[b->nodes[n].b]++;
    }
}

static void begin_segment(pp_air_builder *b) {
    memset(b->uses, 0, b->nodes_len * sizeof *b->uses);
    for (uint32_t n = 0; n < b->nodes_len; n++)
        if (is_operation(&b->nodes[n])) b->place[n] = 0;
    b->free_len = 0;
    for (uint32_t r = b->table.registers_len; r-- > 0;) b->free_registers[b->free_len++] = r;
}

static void compile_constraints(pp_air_builder *b) {
    begin_segment(b);
    for (uint32_t i = 0; i < b->table.constraints_len; i++) b->uses[b->constraints[i].node]++;
    count_uses(b);
    memcpy(b->left, b->uses, b->nodes_len * sizeof *b->left);
    for (uint32_t i = 0; i < b->table.constraints_len && !b->failed; i++)
        emit_sink(b, PP_AIR_ASSERT, i, b->constraints[i].node);
    b->table.constraint_code_len = b->code_len;
}

static void compile_interactions(pp_air_builder *b) {
    begin_segment(b);
    const uint32_t count = b->table.interactions_len;
    for (uint32_t i = 0; i < count; i++) {
        const interaction *x = &b->interactions[i];
        b->uses[x->mult]++;
        for (uint32_t e = 0; e < x->info.arity; e++) b->uses[b->elements[x->first_element + e]]++;
    }
    count_uses(b);
    memcpy(b->left, b->uses, b->nodes_len * sizeof *b->left);
    for (uint32_t i = 0; i < count && !b->failed; i++) {
        const interaction *x = &b->interactions[i];
        emit_sink(b, PP_AIR_MULT, x->info.bus, x->mult);
        for (uint32_t e = 0; e < x->info.arity; e++)
            emit_sink(b, PP_AIR_ELEMENT, e, b->elements[x->first_element + e]);
    }
    b->table.code_len = b->code_len;
}

// Every column takes part in something, else its cells would be free.
static void check_columns(pp_air_builder *b) {
    for (uint32_t n = 0; n < b->nodes_len; n++) {
        const node *e = &b->nodes[n];
        if (e->used) continue;
        if (e->op == NODE_COLUMN)
            pp_air_fail(b, "a column in no constraint and no interaction",
                        b->column_names[e->a].base);
        if (e->op == NODE_FIXED)
            pp_air_fail(b, "a fixed column in no constraint and no interaction",
                        b->fixed[e->a].name);
    }
}

static void *keep(pp_air_builder *b, const void *data, size_t size) {
    void *copy = pp_arena_alloc(b->keep, size, 8);
    if (!copy)
        pp_air_fail(b, "the machine's memory is full", NULL);
    else if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

void pp_air_compile(pp_air_builder *b) {
    pp_air_table *t = &b->table;
    memset(b->place, 0, b->nodes_len * sizeof *b->place);
    b->code_len = 0;
    compile_constraints(b);
    compile_interactions(b);
    check_columns(b);
    if (b->failed) return;
    t->code = keep(b, b->code, t->code_len * sizeof *b->code);
    t->constants = keep(b, b->constants, t->constants_len * sizeof *b->constants);
    t->fixed = keep(b, b->fixed, t->fixed_len * sizeof *b->fixed);
    t->column_names = keep(b, b->column_names, t->columns_len * sizeof *b->column_names);
    pp_air_interaction *interactions =
        PP_ARENA_NEW(b->keep, pp_air_interaction, t->interactions_len);
    const char **names = PP_ARENA_NEW(b->keep, const char *, t->constraints_len);
    if (!interactions || !names) {
        pp_air_fail(b, "the machine's memory is full", NULL);
        return;
    }
    for (uint32_t i = 0; i < t->interactions_len; i++) interactions[i] = b->interactions[i].info;
    for (uint32_t i = 0; i < t->constraints_len; i++) names[i] = b->constraints[i].name;
    t->interactions = interactions;
    t->constraint_names = names;
}
