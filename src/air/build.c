// SPDX-License-Identifier: MIT OR Apache-2.0
// The builder: expressions become a graph without duplicates; mistakes are found as they are made.
#include "air/internal.h"

// A handle is the table's serial number and a node, or this bit and a public value.
#define PUBLIC_BIT ((uint32_t)1 << 31)
enum { NODE_BITS = 20, NODES_MAX = 1 << NODE_BITS };

void pp_air_fail(pp_air_builder *b, const char *what, const char *item) {
    if (b->failed) return;
    b->failed = true;
    const char *table = b->in_boundary ? "(boundary)" : b->in_table ? b->table.name : NULL;
    b->error = (pp_air_error){table, what, item};
}

pp_air_builder *pp_air_builder_new(pp_arena *keep, pp_arena *scratch, const char *name) {
    pp_air_builder *b = PP_ARENA_NEW(scratch, pp_air_builder, 1);
    if (!b) return NULL;
    b->keep = keep;
    b->scratch = scratch;
    b->machine.name = name;
    // About 110 bytes a node, all arrays together.
    size_t nodes = (scratch->size - scratch->used) / 112;
    b->nodes_max = nodes < NODES_MAX ? (uint32_t)nodes : NODES_MAX;
    b->buckets_len = 1;
    while (b->buckets_len < b->nodes_max) b->buckets_len *= 2;
    b->constraints_max = b->interactions_max = b->nodes_max / 8;
    b->elements_max = b->nodes_max / 4;
    b->code_max = b->nodes_max + b->nodes_max / 2;
    b->nodes = PP_ARENA_NEW(scratch, node, b->nodes_max);
    b->buckets = PP_ARENA_NEW(scratch, uint32_t, b->buckets_len);
    b->slots = PP_ARENA_NEW(scratch, uint32_t, b->nodes_max);
    b->constraints = PP_ARENA_NEW(scratch, constraint, b->constraints_max);
    b->interactions = PP_ARENA_NEW(scratch, interaction, b->interactions_max);
    b->elements = PP_ARENA_NEW(scratch, uint32_t, b->elements_max);
    b->column_names = PP_ARENA_NEW(scratch, pp_air_name, PP_AIR_COLUMNS_MAX);
    b->fixed = PP_ARENA_NEW(scratch, pp_fixed, PP_AIR_COLUMNS_MAX);
    b->code = PP_ARENA_NEW(scratch, uint64_t, b->code_max);
    b->uses = PP_ARENA_NEW(scratch, uint32_t, b->nodes_max);
    b->left = PP_ARENA_NEW(scratch, uint32_t, b->nodes_max);
    b->place = PP_ARENA_NEW(scratch, uint32_t, b->nodes_max);
    b->stack = PP_ARENA_NEW(scratch, uint32_t, b->nodes_max);
    b->free_registers = PP_ARENA_NEW(scratch, uint32_t, b->nodes_max);
    b->constants = PP_ARENA_NEW(scratch, pp_fp, b->nodes_max);
    bool all = b->nodes && b->buckets && b->slots && b->constraints && b->interactions &&
               b->elements && b->column_names && b->fixed && b->code && b->uses && b->left &&
               b->place && b->stack && b->free_registers && b->constants;
    if (!all) return NULL;
    memset(b->buckets, 0, b->buckets_len * sizeof *b->buckets);
    return b;
}

const pp_machine *pp_air_builder_end(pp_air_builder *b, pp_air_error *error) {
    if (b->in_table) pp_air_fail(b, "a table has no end", b->table.name);
    if (b->machine.tables_len == 0) pp_air_fail(b, "a machine needs a table", NULL);
    uint32_t constraints = 0, leaves = 0;
    for (uint32_t i = 0; i < b->machine.tables_len; i++) {
        constraints += b->tables[i].constraints_len;
        leaves += b->tables[i].leaves_len;
    }
    if (constraints > PP_AIR_CONSTRAINTS_MAX) pp_air_fail(b, "too many constraints", NULL);
    if (leaves > (uint32_t)1 << PP_AIR_LOG_LEAVES_MAX) pp_air_fail(b, "too many leaves", NULL);
    pp_machine *m = PP_ARENA_NEW(b->keep, pp_machine, 1);
    pp_air_table *tables = PP_ARENA_NEW(b->keep, pp_air_table, b->machine.tables_len + 1);
    pp_air_bus_info *buses = PP_ARENA_NEW(b->keep, pp_air_bus_info, b->machine.buses_len + 1);
    if (!m || !tables || !buses) pp_air_fail(b, "the machine's memory is full", NULL);
    if (b->failed) {
        *error = b->error;
        return NULL;
    }
    *m = b->machine;
    memcpy(tables, b->tables, m->tables_len * sizeof *tables);
    memcpy(buses, b->buses, m->buses_len * sizeof *buses);
    tables[m->tables_len] = b->boundary;
    tables[m->tables_len].name = "(boundary)";
    m->tables = tables;
    m->buses = buses;
    m->boundary = &tables[m->tables_len];
    return m;
}

pp_bus pp_air_bus(pp_air_builder *b, const char *name, uint32_t arity) {
    if (b->machine.buses_len == PP_AIR_BUSES_MAX) {
        pp_air_fail(b, "too many buses", name);
        return (pp_bus){0};
    }
    if (arity < 1 || arity > PP_AIR_ARITY_MAX) pp_air_fail(b, "a bus cannot be so wide", name);
    b->buses[b->machine.buses_len] = (pp_air_bus_info){name, arity};
    return (pp_bus){b->machine.buses_len++};
}

static void begin(pp_air_builder *b, const char *name) {
    if (b->in_table) pp_air_fail(b, "a table begins inside another", name);
    b->table = (pp_air_table){.name = name};
    // The last table's entries alone: clearing all of it for each table took a fifth of a
    // verification.
    for (uint32_t i = 0; i < b->nodes_len; i++) b->buckets[b->slots[i]] = 0;
    b->nodes_len = b->elements_len = 0;
    b->in_table = true;
    b->serial++;
}

void pp_air_table_begin(pp_air_builder *b, const char *name) {
    begin(b, name);
    if (b->machine.tables_len == PP_AIR_TABLES_MAX) pp_air_fail(b, "too many tables", NULL);
}

void pp_air_table_end(pp_air_builder *b) {
    if (!b->in_table || b->in_boundary) pp_air_fail(b, "the end of no table", NULL);
    if (!b->failed && b->table.columns_len == 0) pp_air_fail(b, "a table needs a column", NULL);
    if (!b->failed) pp_air_compile(b);
    if (!b->failed) {
        b->tables[b->machine.tables_len++] = b->table;
        b->machine.columns_len += b->table.columns_len;
    }
    b->in_table = false;
}

void pp_air_boundary_begin(pp_air_builder *b) {
    begin(b, "(boundary)");
    if (b->has_boundary) pp_air_fail(b, "a second boundary", NULL);
    b->in_boundary = b->has_boundary = true;
}

void pp_air_boundary_end(pp_air_builder *b) {
    if (!b->in_boundary) pp_air_fail(b, "the end of no boundary", NULL);
    if (!b->failed && (b->table.columns_len || b->table.fixed_len || b->table.constraints_len))
        pp_air_fail(b, "a boundary has only interactions", NULL);
    if (!b->failed) pp_air_compile(b);
    if (!b->failed) b->boundary = b->table;
    b->in_table = b->in_boundary = false;
}

// ---- nodes --------------------------------------------------------------------------------------

// What orders the two operands of a sum or product: how deep they are, then a hash of what they
// say. Not when they were made: compilers evaluate a call's arguments in orders of their own, and
// every compiler has to make the same code.
static uint64_t mixed(uint64_t x) {
    x = (x ^ x >> 32) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9u;
    return x ^ x >> 32;
}
static node with_key(const pp_air_builder *b, node n) {
    bool leaf = n.op < NODE_ADD;
    const node *x = leaf ? NULL : &b->nodes[n.a], *y = leaf ? NULL : &b->nodes[n.b];
    n.depth = leaf ? 0 : 1 + (x->depth > y->depth ? x->depth : y->depth);
    n.key = leaf ? mixed((uint64_t)n.op << 32 | n.a) : mixed(mixed(x->key + n.op) ^ y->key);
    return n;
}
static bool comes_first(const node *x, const node *y) {
    return x->depth != y->depth ? x->depth > y->depth : x->key < y->key;
}

static uint32_t new_node(pp_air_builder *b, node n) {
    uint64_t h = (((uint64_t)n.a << 32 | n.b) + (uint64_t)n.op) * 0x9e3779b97f4a7c15u;
    uint32_t mask = b->buckets_len - 1;
    uint32_t slot = (uint32_t)(h >> 32) & mask;
    for (; b->buckets[slot]; slot = (slot + 1) & mask) {
        const node *have = &b->nodes[b->buckets[slot] - 1];
        if (have->op == n.op && have->a == n.a && have->b == n.b) return b->buckets[slot] - 1;
    }
    if (b->nodes_len + 1 >= b->nodes_max) {
        pp_air_fail(b, "the table's expressions are too many for the scratch memory", NULL);
        return 0;
    }
    b->nodes[b->nodes_len] = with_key(b, n);
    b->slots[b->nodes_len] = slot;
    b->buckets[slot] = ++b->nodes_len;
    return b->nodes_len - 1;
}

static uint32_t constant_node(pp_air_builder *b, pp_fp value) {
    return new_node(b,
                    (node){.a = value.v, .op = NODE_CONSTANT, .zero = value, .zero_known = true});
}

static pp_expr handle(pp_air_builder *b, uint32_t n) {
    return (pp_expr){b, (b->serial & 0x7ff) << NODE_BITS | n};
}

// The node behind a handle; node 0 after a mistake.
static uint32_t resolve(pp_air_builder *b, pp_expr x) {
    if (b->failed) return 0;
    if (!b->in_table || x.b != b) {
        pp_air_fail(b, "an expression outside of a table", NULL);
        return 0;
    }
    if (x.node & PUBLIC_BIT)
        return new_node(b, (node){.a = x.node & ~PUBLIC_BIT, .op = NODE_PUBLIC});
    if (x.node >> NODE_BITS != (b->serial & 0x7ff)) {
        pp_air_fail(b, "an expression of another table", NULL);
        return 0;
    }
    return x.node & (NODES_MAX - 1);
}

static bool is_constant(const pp_air_builder *b, uint32_t n, uint32_t value) {
    return b->nodes[n].op == NODE_CONSTANT && b->nodes[n].a == pp_fp_from_u32(value).v;
}

static pp_expr operation(node_op op, pp_expr ex, pp_expr ey) {
    pp_air_builder *b = ex.b;
    uint32_t x = resolve(b, ex), y = resolve(b, ey);
    if (b->failed) return ex;
    if (op != NODE_SUB && x != y && !comes_first(&b->nodes[x], &b->nodes[y])) {
        uint32_t t = x;
        x = y;
        y = t;
    }
    const node *nx = &b->nodes[x], *ny = &b->nodes[y];
    node n = {.a = x, .b = y, .op = (uint8_t)op};
    bool both = nx->zero_known && ny->zero_known;
    if (op == NODE_MUL) {
        n.degree = (uint8_t)(nx->degree + ny->degree);
        bool zero = (nx->zero_known && nx->zero.v == 0) || (ny->zero_known && ny->zero.v == 0);
        n.zero_known = both || zero;
        n.zero = zero ? (pp_fp){0} : pp_fp_mul(nx->zero, ny->zero);
    } else {
        n.degree = nx->degree > ny->degree ? nx->degree : ny->degree;
        n.zero_known = both;
        n.zero = op == NODE_ADD ? pp_fp_add(nx->zero, ny->zero) : pp_fp_sub(nx->zero, ny->zero);
    }
    if (n.degree > 2 * PP_AIR_DEGREE_MAX) {
        pp_air_fail(b, "an expression of a much too high degree", NULL);
        return ex;
    }
    if (nx->op == NODE_CONSTANT && ny->op == NODE_CONSTANT)
        return handle(b, constant_node(b, n.zero));
    if (op == NODE_MUL) {
        if (is_constant(b, x, 0) || is_constant(b, y, 0))
            return handle(b, constant_node(b, (pp_fp){0}));
        if (is_constant(b, x, 1)) return handle(b, y);
        if (is_constant(b, y, 1)) return handle(b, x);
    } else {
        if (is_constant(b, y, 0)) return handle(b, x);
        if (is_constant(b, x, 0) && op == NODE_ADD) return handle(b, y);
        if (op == NODE_SUB && x == y) return handle(b, constant_node(b, (pp_fp){0}));
    }
    return handle(b, new_node(b, n));
}

pp_expr pp_air_add(pp_expr x, pp_expr y) {
    return operation(NODE_ADD, x, y);
}
pp_expr pp_air_sub(pp_expr x, pp_expr y) {
    return operation(NODE_SUB, x, y);
}
pp_expr pp_air_mul(pp_expr x, pp_expr y) {
    return operation(NODE_MUL, x, y);
}

pp_expr pp_air_const_fp(pp_air_builder *b, pp_fp value) {
    if (!b->in_table) pp_air_fail(b, "a constant outside of a table", NULL);
    return handle(b, b->failed ? 0 : constant_node(b, value));
}
pp_expr pp_air_const(pp_air_builder *b, int64_t value) {
    int64_t m = value % (int64_t)PP_FP_MODULUS;
    return pp_air_const_fp(b, pp_fp_from_u32((uint32_t)(m < 0 ? m + PP_FP_MODULUS : m)));
}

pp_expr pp_air_neg(pp_expr x) {
    return pp_air_sub(pp_air_const(x.b, 0), x);
}
pp_expr pp_air_scale(pp_expr x, int64_t factor) {
    return pp_air_mul(x, pp_air_const(x.b, factor));
}
pp_expr pp_air_offset(pp_expr x, int64_t constant) {
    return pp_air_add(x, pp_air_const(x.b, constant));
}
pp_expr pp_air_not(pp_expr x) {
    return pp_air_sub(pp_air_const(x.b, 1), x);
}
pp_expr pp_air_xor(pp_expr x, pp_expr y) {
    return pp_air_sub(pp_air_add(x, y), pp_air_scale(pp_air_mul(x, y), 2));
}
// By doubling: sums cost less than products.
pp_expr pp_air_limb(const pp_expr bits[16]) {
    pp_expr r = bits[15];
    for (int z = 14; z >= 0; z--) r = pp_air_add(pp_air_add(r, r), bits[z]);
    return r;
}
pp_expr pp_air_select(pp_expr cond, pp_expr x, pp_expr y) {
    return pp_air_add(y, pp_air_mul(cond, pp_air_sub(x, y)));
}
pp_expr pp_air_sum(pp_air_builder *b, const pp_expr *x, uint32_t len) {
    pp_expr r = pp_air_const(b, 0);
    for (uint32_t i = 0; i < len; i++) r = pp_air_add(r, x[i]);
    return r;
}
pp_expr pp_air_compose(pp_air_builder *b, const pp_expr *x, uint32_t len, int64_t base) {
    pp_expr r = pp_air_const(b, 0), power = pp_air_const(b, 1);
    for (uint32_t i = 0; i < len; i++) {
        r = pp_air_add(r, pp_air_mul(x[i], power));
        power = pp_air_scale(power, base);
    }
    return r;
}
uint32_t pp_air_degree(pp_expr x) {
    return x.node & PUBLIC_BIT ? 0 : x.b->nodes[resolve(x.b, x)].degree;
}

// ---- columns ------------------------------------------------------------------------------------

static pp_expr column(pp_air_builder *b, pp_air_name name) {
    if (!b->in_table) pp_air_fail(b, "a column outside of a table", name.base);
    if (b->table.columns_len == PP_AIR_COLUMNS_MAX) pp_air_fail(b, "too many columns", name.base);
    if (b->failed) return handle(b, 0);
    b->column_names[b->table.columns_len] = name;
    return handle(b, new_node(b, (node){.a = b->table.columns_len++,
                                        .op = NODE_COLUMN,
                                        .degree = 1,
                                        .zero_known = true}));
}
pp_expr pp_air_column(pp_air_builder *b, const char *name) {
    return column(b, (pp_air_name){name, -1});
}
void pp_air_columns(pp_air_builder *b, pp_expr *out, uint32_t len, const char *name) {
    for (uint32_t i = 0; i < len; i++) out[i] = column(b, (pp_air_name){name, (int32_t)i});
}

pp_expr pp_air_public(pp_air_builder *b) {
    if (b->machine.publics_len == PP_AIR_PUBLICS_MAX) {
        pp_air_fail(b, "too many public values", NULL);
        return (pp_expr){b, PUBLIC_BIT};
    }
    return (pp_expr){b, PUBLIC_BIT | b->machine.publics_len++};
}

void pp_air_fixed_height(pp_air_builder *b, uint32_t log_rows) {
    if (!b->in_table || b->table.log_fixed) pp_air_fail(b, "no place for a fixed height", NULL);
    if (log_rows < PP_AIR_LOG_FIXED_ROWS_MIN || log_rows > PP_AIR_LOG_ROWS_MAX)
        pp_air_fail(b, "a table cannot have this fixed height", NULL);
    b->table.log_fixed = log_rows;
}

static pp_expr fixed(pp_air_builder *b, pp_fixed f) {
    uint32_t h = b->table.log_fixed;
    bool bits = f.kind != PP_FIXED_ONE && f.kind != PP_FIXED_LIST && f.kind != PP_FIXED_PERIODIC;
    if (!b->in_table || h == 0)
        pp_air_fail(b, "a fixed column in a table without a fixed height", f.name);
    else if (f.width > h || f.lo > h || f.lo + f.width > h || f.lo2 > h || f.lo2 + f.width > h)
        pp_air_fail(b, "a fixed column with bits that its row number has not", f.name);
    else if (bits && (f.width < 1 || f.width > 30))
        pp_air_fail(b, "a fixed column of no width, or too wide", f.name);
    else if ((f.kind == PP_FIXED_AND || f.kind == PP_FIXED_PRODUCT) && f.lo < f.lo2 + f.width &&
             f.lo2 < f.lo + f.width)
        pp_air_fail(b, "a fixed column of two ranges of bits that overlap", f.name);
    else if (b->table.fixed_len == PP_AIR_COLUMNS_MAX)
        pp_air_fail(b, "too many fixed columns", f.name);
    if (b->failed) return handle(b, 0);
    b->fixed[b->table.fixed_len] = f;
    return handle(b, new_node(b, (node){.a = b->table.fixed_len++,
                                        .op = NODE_FIXED,
                                        .degree = 1,
                                        .zero_known = true}));
}

pp_expr pp_air_fixed_one(pp_air_builder *b, const char *name) {
    return fixed(b, (pp_fixed){.name = name, .kind = PP_FIXED_ONE});
}
static uint8_t small(uint32_t x) {
    return x < 255 ? (uint8_t)x : 255;
}
pp_expr pp_air_fixed_bits(pp_air_builder *b, const char *name, uint32_t lo, uint32_t width) {
    return fixed(
        b, (pp_fixed){.name = name, .kind = PP_FIXED_BITS, .lo = small(lo), .width = small(width)});
}
pp_expr pp_air_fixed_and(pp_air_builder *b, const char *name, uint32_t lo, uint32_t lo2,
                         uint32_t width) {
    return fixed(b, (pp_fixed){.name = name,
                               .kind = PP_FIXED_AND,
                               .lo = small(lo),
                               .lo2 = small(lo2),
                               .width = small(width)});
}
pp_expr pp_air_fixed_product(pp_air_builder *b, const char *name, uint32_t lo, uint32_t lo2,
                             uint32_t width) {
    return fixed(b, (pp_fixed){.name = name,
                               .kind = PP_FIXED_PRODUCT,
                               .lo = small(lo),
                               .lo2 = small(lo2),
                               .width = small(width)});
}

pp_expr pp_air_fixed_log(pp_air_builder *b, const char *name, uint32_t lo, uint32_t width) {
    return fixed(
        b, (pp_fixed){.name = name, .kind = PP_FIXED_LOG, .lo = small(lo), .width = small(width)});
}
pp_expr pp_air_fixed_rest(pp_air_builder *b, const char *name, uint32_t lo, uint32_t width) {
    return fixed(
        b, (pp_fixed){.name = name, .kind = PP_FIXED_REST, .lo = small(lo), .width = small(width)});
}

static pp_expr listed(pp_air_builder *b, const char *name, pp_fixed_kind kind,
                      const uint32_t *values, uint32_t len) {
    uint8_t width = 0;
    while (((uint32_t)1 << width) < len && width < 8) width++;
    bool fits = len >= 1 && len <= PP_AIR_LIST_MAX;
    for (uint32_t i = 0; fits && i < len; i++) fits = values[i] < PP_FP_MODULUS;
    if (!fits) pp_air_fail(b, "a list too long, too short or with a value of p or more", name);
    if (kind == PP_FIXED_PERIODIC && len != (uint32_t)1 << width)
        pp_air_fail(b, "a period that is no power of two", name);
    pp_fp *copy = PP_ARENA_NEW(b->keep, pp_fp, (size_t)1 << width);
    if (!copy) pp_air_fail(b, "the machine's memory is full", name);
    if (b->failed) return handle(b, 0);
    for (uint32_t i = 0; i < len; i++) copy[i] = pp_fp_from_u32(values[i]);
    return fixed(b, (pp_fixed){.name = name, .kind = kind, .width = width, .values = copy});
}
pp_expr pp_air_fixed_list(pp_air_builder *b, const char *name, const uint32_t *values,
                          uint32_t len) {
    return listed(b, name, PP_FIXED_LIST, values, len);
}
pp_expr pp_air_fixed_periodic(pp_air_builder *b, const char *name, const uint32_t *values,
                              uint32_t len) {
    return listed(b, name, PP_FIXED_PERIODIC, values, len);
}

// ---- constraints and interactions ---------------------------------------------------------------

void pp_air_assert_zero(pp_air_builder *b, const char *name, pp_expr x) {
    uint32_t n = resolve(b, x);
    if (b->failed) return;
    const node *e = &b->nodes[n];
    if (e->op == NODE_CONSTANT || e->degree == 0)
        pp_air_fail(b, "a constraint on no column", name);
    else if (e->degree > PP_AIR_DEGREE_MAX)
        pp_air_fail(b, "a constraint of a degree above 3", name);
    else if (!e->zero_known || e->zero.v != 0)
        pp_air_fail(b, "a constraint that the all-zero row breaks", name);
    else if (b->table.constraints_len == b->constraints_max)
        pp_air_fail(b, "too many constraints for the scratch memory", name);
    if (b->failed) return;
    b->constraints[b->table.constraints_len++] = (constraint){name, n};
    if (e->degree > b->table.degree) b->table.degree = e->degree;
}
void pp_air_assert_eq(pp_air_builder *b, const char *name, pp_expr x, pp_expr y) {
    pp_air_assert_zero(b, name, pp_air_sub(x, y));
}
void pp_air_assert_bool(pp_air_builder *b, const char *name, pp_expr x) {
    pp_air_assert_zero(b, name, pp_air_mul(x, pp_air_offset(x, -1)));
}
void pp_air_when(pp_air_builder *b, const char *name, pp_expr cond, pp_expr x) {
    pp_air_assert_zero(b, name, pp_air_mul(cond, x));
}

static bool share_a_leaf(const pp_air_interaction *x, const pp_air_interaction *y) {
    return x->mult_degree + y->tuple_degree <= PP_AIR_DEGREE_MAX &&
           y->mult_degree + x->tuple_degree <= PP_AIR_DEGREE_MAX &&
           x->tuple_degree + y->tuple_degree <= PP_AIR_DEGREE_MAX;
}

void pp_air_send(pp_air_builder *b, pp_bus bus, pp_expr mult, const pp_expr *tuple, uint32_t len) {
    uint32_t m = resolve(b, mult);
    if (b->failed) return;
    if (bus.index >= b->machine.buses_len) {
        pp_air_fail(b, "an interaction on no bus", NULL);
        return;
    }
    const char *bus_name = b->buses[bus.index].name;
    if (len != b->buses[bus.index].arity)
        pp_air_fail(b, "a tuple whose length is not its bus's", bus_name);
    else if (b->table.interactions_len == b->interactions_max ||
             b->table.interactions_len == UINT16_MAX || len > b->elements_max - b->elements_len)
        pp_air_fail(b, "too many interactions for the scratch memory", bus_name);
    else if (!b->in_boundary && (!b->nodes[m].zero_known || b->nodes[m].zero.v != 0))
        pp_air_fail(b, "a multiplicity that the all-zero row does not make zero", bus_name);
    if (b->failed) return;
    interaction i = {.mult = m, .first_element = b->elements_len};
    i.info = (pp_air_interaction){
        .bus = (uint16_t)bus.index, .arity = (uint16_t)len, .mult_degree = b->nodes[m].degree};
    for (uint32_t e = 0; e < len; e++) {
        uint32_t n = resolve(b, tuple[e]);
        if (b->failed) return;
        b->elements[b->elements_len++] = n;
        if (b->nodes[n].degree > i.info.tuple_degree) i.info.tuple_degree = b->nodes[n].degree;
    }
    if (i.info.mult_degree > PP_AIR_DEGREE_MAX || i.info.tuple_degree > PP_AIR_DEGREE_MAX) {
        pp_air_fail(b, "an interaction of a degree above 3", bus_name);
        return;
    }
    pp_air_table *t = &b->table;
    PP_ASSERT(b->interactions != NULL);
    const pp_air_interaction *last =
        t->interactions_len > 0 ? &b->interactions[t->interactions_len - 1].info : NULL;
    if (last != NULL && !last->second && share_a_leaf(last, &i.info)) {
        i.info.leaf = last->leaf;
        i.info.second = 1;
    } else {
        i.info.leaf = (uint16_t)t->leaves_len++;
    }
    b->interactions[t->interactions_len++] = i;
}
void pp_air_receive(pp_air_builder *b, pp_bus bus, pp_expr mult, const pp_expr *tuple,
                    uint32_t len) {
    pp_air_send(b, bus, pp_air_neg(mult), tuple, len);
}
