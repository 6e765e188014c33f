// SPDX-License-Identifier: MIT OR Apache-2.0
// Pages, nodes of the memory tree, and the permutation that hashes both.
#include "air/poseidon2.h"
#include "rv64/tables.h"

enum {
    CELLS = PP_VM_PAGE_SIZE / 8,
    LIMBS = PP_VM_PAGE_SIZE / 2,
    RATE = PP_SPONGE_RATE,
    WIDTH = PP_POSEIDON2_WIDTH,
    DIGEST = PP_DIGEST_LEN,
    BLOCKS = (LIMBS + RATE - 1) / RATE,
    QUARTER_LOG_PAGES = PP_MEMTREE_QUARTER_DEPTH,
};

// ---- pages --------------------------------------------------------------------------------------

// The sponge over 256 limbs: its start and its blocks go out, its digest comes back.
static void hash_page(build *b, pp_expr mult, pp_expr id, pp_expr perm, const pp_expr limbs[LIMBS],
                      const pp_expr digest[DIGEST]) {
    pp_expr zero = number(b, 0), start[3 + WIDTH], end[3 + WIDTH];
    for (unsigned i = 0; i < 3 + WIDTH; i++) start[i] = end[i] = zero;
    start[0] = end[0] = id;
    start[3 + RATE] = number(b, PP_DOMAIN_PAGE);
    start[3 + RATE + 1] = perm;
    start[3 + RATE + 2] = number(b, LIMBS);
    end[1] = number(b, BLOCKS);
    end[2] = number(b, 1);
    for (unsigned i = 0; i < DIGEST; i++) end[3 + i] = digest[i];
    pp_air_send(b->b, b->chain, mult, start, 3 + WIDTH);
    for (unsigned j = 0; j < BLOCKS; j++) {
        pp_expr block[2 + RATE] = {id, number(b, j)};
        for (unsigned i = 0; i < RATE; i++)
            block[2 + i] = j * RATE + i < LIMBS ? limbs[j * RATE + i] : zero;
        pp_air_send(b->b, b->data, mult, block, 2 + RATE);
    }
    pp_air_receive(b->b, b->chain, mult, end, 3 + WIDTH);
}

static void send_tree(build *b, pp_expr level, pp_expr index, const pp_expr before[DIGEST],
                      const pp_expr after[DIGEST], pp_expr mult) {
    pp_expr tuple[2 + 2 * DIGEST] = {level, index};
    for (unsigned i = 0; i < DIGEST; i++) {
        tuple[2 + i] = before[i];
        tuple[2 + DIGEST + i] = after[i];
    }
    pp_air_send(b->b, b->tree, mult, tuple, 2 + 2 * DIGEST);
}

static const pp_perm quarter_perms[4] = {PP_PERM_RO, PP_PERM_RW, PP_PERM_RO, PP_PERM_MACH};

// Where a page lies, and what its cells may be used for. The upper two bits of its index are its
// quarter; each quarter but the program's has one permission, so that nobody's input is writable or
// code, whatever tree its digest stands for. Returns the index; is_real is that a quarter is
// chosen.
static pp_expr page_place(build *b, pp_expr *perm) {
    static const char *const names[4] = {"is_program", "is_stack", "is_input", "is_machine"};
    pp_expr in[4];
    for (unsigned q = 0; q < 4; q++) in[q] = column(b, names[q]);
    b->real = pp_air_sum(b->b, in, 4);
    for (unsigned q = 0; q < 4; q++) is_bit(b, "a page's quarter is a bit", in[q]);
    is_bit(b, "a page lies in one quarter", b->real);
    // RO and this much: up to RX.
    pp_expr more = column(b, "permission_above_ro");
    is_zero(b, "a program's page is RO, RW or RX",
            times(more, times(offset(more, -1), offset(more, -2))));
    pp_air_when(b->b, "only a program's pages differ", pp_air_not(in[0]), more);
    pp_expr low = column(b, "index_low"), high = column(b, "index_high");
    range(b, 16, low);
    range(b, QUARTER_LOG_PAGES - 16, high);
    pp_expr index = plus(low, scale(high, 1 << 16));
    *perm = more;
    for (unsigned q = 0; q < 4; q++) {
        index = plus(index, scale(in[q], (int64_t)q << QUARTER_LOG_PAGES));
        *perm = plus(*perm, scale(in[q], quarter_perms[q]));
    }
    return index;
}

void build_page(build *b, const table *t) {
    pp_air_table_begin(b->b, t->name);
    pp_expr perm, index = page_place(b, &perm);
    pp_expr is_zero_page = column(b, "is_zero"), changed = column(b, "is_changed");
    pp_expr limbs[2][LIMBS], time[CELLS], digest[2][DIGEST], zero = number(b, 0);
    columns(b, limbs[0], LIMBS, "before");
    columns(b, limbs[1], LIMBS, "after");
    columns(b, time, CELLS, "time");
    columns(b, digest[0], DIGEST, "digest_before");
    columns(b, digest[1], DIGEST, "digest_after");
    is_bit(b, "is_zero is a bit", is_zero_page);
    is_bit(b, "is_changed is a bit", changed);
    pp_expr unreal = pp_air_not(b->real), same = pp_air_not(changed);
    pp_air_when(b->b, "only real pages are zero", unreal, is_zero_page);
    pp_air_when(b->b, "only real pages change", unreal, changed);
    pp_air_when(b->b, "zero pages are RW", is_zero_page, offset(perm, -PP_PERM_RW));
    static const uint8_t no_bytes[PP_VM_PAGE_SIZE];
    pp_digest zero_page;
    pp_memtree_leaf(&zero_page, no_bytes, PP_PERM_RW);
    for (unsigned i = 0; i < DIGEST; i++) {
        pp_expr constant = pp_air_const_fp(b->b, zero_page.e[i]);
        pp_air_when(b->b, "a zero page has its digest", is_zero_page,
                    minus(digest[0][i], constant));
        pp_air_when(b->b, "an unchanged page keeps its digest", same,
                    minus(digest[1][i], digest[0][i]));
    }
    for (unsigned i = 0; i < LIMBS; i++) {
        pp_air_when(b->b, "a zero page is zero", is_zero_page, limbs[0][i]);
        pp_air_when(b->b, "an unchanged page keeps its limbs", same,
                    minus(limbs[1][i], limbs[0][i]));
        range(b, 16, limbs[0][i]);
    }
    for (unsigned i = 0; i < CELLS; i++) {
        const pp_expr *v = limbs[0] + 4 * i, *w = limbs[1] + 4 * i;
        pp_expr address = offset(scale(index, PP_VM_PAGE_SIZE), 8 * (int64_t)i);
        pp_air_send(b->b, b->mem, b->real, PP_TUPLE(perm, address, zero, v[0], v[1], v[2], v[3]));
        pp_air_receive(b->b, b->mem, b->real,
                       PP_TUPLE(perm, address, time[i], w[0], w[1], w[2], w[3]));
    }
    pp_expr id = scale(index, 2);
    hash_page(b, minus(b->real, is_zero_page), id, perm, limbs[0], digest[0]);
    hash_page(b, changed, offset(id, 1), perm, limbs[1], digest[1]);
    send_tree(b, zero, index, digest[0], digest[1], b->real);
    end_table(b);
}

static void put_digest(fill *f, const pp_digest *d) {
    for (unsigned i = 0; i < DIGEST; i++) put_fp(f, d->e[i]);
}

void fill_page(fill *f, const page_row *row) {
    uint32_t quarter = row->index >> QUARTER_LOG_PAGES;
    uint32_t low = row->index & 0xffff, high = (row->index & ((1 << QUARTER_LOG_PAGES) - 1)) >> 16;
    for (uint32_t q = 0; q < 4; q++) put(f, q == quarter);
    // From a lie about the permission comes a row that shows it.
    put_fp(f, pp_fp_sub(pp_fp_from_u32(row->perm), pp_fp_from_u32(quarter_perms[quarter])));
    put(f, low);
    put(f, high);
    look_range(f, 16, low);
    look_range(f, QUARTER_LOG_PAGES - 16, high);
    put(f, row->zero);
    put(f, row->changed);
    for (unsigned i = 0; i < LIMBS; i++) {
        uint32_t x = pp_load_le16(row->before + 2 * i);
        put(f, x);
        look_range(f, 16, x);
    }
    for (unsigned i = 0; i < LIMBS; i++) put(f, pp_load_le16(row->after + 2 * i));
    for (unsigned i = 0; i < CELLS; i++) put(f, row->time[i]);
    put_digest(f, &row->digest[0]);
    put_digest(f, &row->digest[1]);
}

// ---- nodes --------------------------------------------------------------------------------------

static void hash_node(build *b, pp_expr mult, const pp_expr *left, const pp_expr *right,
                      const pp_expr *out) {
    pp_expr tuple[3 * DIGEST];
    for (unsigned i = 0; i < DIGEST; i++) {
        tuple[i] = left[i];
        tuple[DIGEST + i] = right[i];
        tuple[2 * DIGEST + i] = out[i];
    }
    pp_air_send(b->b, b->node, mult, tuple, 3 * DIGEST);
}

void build_node(build *b, const table *t) {
    static const char *const touched_names[2] = {"left_is_touched", "right_is_touched"};
    static const char *const names[2][3] = {{"left_before", "right_before", "before"},
                                            {"left_after", "right_after", "after"}};
    begin_rows(b, t->name);
    pp_expr level = column(b, "level"), index = column(b, "index"), touched[2], d[2][3][DIGEST];
    for (unsigned i = 0; i < 2; i++) touched[i] = column(b, touched_names[i]);
    pp_expr changed = column(b, "is_changed");
    for (unsigned v = 0; v < 2; v++)
        for (unsigned i = 0; i < 3; i++) columns(b, d[v][i], DIGEST, names[v][i]);
    pp_expr unreal = pp_air_not(b->real), same = pp_air_not(changed);
    is_bit(b, "is_changed is a bit", changed);
    pp_air_when(b->b, "only real nodes change", unreal, changed);
    for (unsigned i = 0; i < 2; i++) {
        is_bit(b, "touched is a bit", touched[i]);
        pp_air_when(b->b, "only real nodes have children", unreal, touched[i]);
        for (unsigned k = 0; k < DIGEST; k++)
            pp_air_when(b->b, "an untouched child keeps its digest", pp_air_not(touched[i]),
                        minus(d[1][i][k], d[0][i][k]));
    }
    for (unsigned i = 0; i < 3; i++)
        for (unsigned k = 0; k < DIGEST; k++)
            pp_air_when(b->b, "an unchanged node keeps its digests", same,
                        minus(d[1][i][k], d[0][i][k]));
    for (unsigned i = 0; i < 2; i++)
        send_tree(b, offset(level, -1), offset(scale(index, 2), i), d[0][i], d[1][i],
                  pp_air_neg(touched[i]));
    hash_node(b, b->real, d[0][0], d[0][1], d[0][2]);
    hash_node(b, changed, d[1][0], d[1][1], d[1][2]);
    send_tree(b, level, index, d[0][2], d[1][2], b->real);
    end_table(b);
}

void fill_node(fill *f, const node_row *row) {
    put(f, 1);
    put(f, row->level);
    put(f, row->index);
    put(f, row->touched[0]);
    put(f, row->touched[1]);
    put(f, row->changed);
    for (unsigned v = 0; v < 2; v++) {
        put_digest(f, &row->child[v][0]);
        put_digest(f, &row->child[v][1]);
        put_digest(f, &row->self[v]);
    }
}

// ---- the permutation ----------------------------------------------------------------------------

// The mode columns come first; a row is a node's hash, or one block of a page's sponge.
void build_permutation(build *b, const table *t) {
    pp_air_table_begin(b->b, t->name);
    pp_expr is_node = column(b, "is_node"), is_block = column(b, "is_block");
    pp_expr last = column(b, "is_last"), id = column(b, "id"), block = column(b, "block");
    pp_expr data[RATE], in[WIDTH], s[WIDTH];
    b->real = plus(is_node, is_block);
    is_bit(b, "is_node is a bit", is_node);
    is_bit(b, "is_block is a bit", is_block);
    is_bit(b, "a row is of one kind", b->real);
    is_bit(b, "is_last is a bit", last);
    columns(b, data, RATE, "data");
    columns(b, in, WIDTH, "in");
    memcpy(s, in, sizeof s);
    pp_air_poseidon2(b->b, b->real, s, true);
    pp_air_when(b->b, "a node's tag", is_node, offset(in[2 * DIGEST], -PP_TAG_MEMORY));
    for (unsigned i = 2 * DIGEST + 1; i < WIDTH; i++)
        pp_air_when(b->b, "nothing beside a node's tag", is_node, in[i]);
    hash_node(b, pp_air_neg(is_node), in, in + DIGEST, s);
    pp_expr from[3 + WIDTH] = {id, block, number(b, 0)},
                     to[3 + WIDTH] = {id, offset(block, 1), last};
    pp_expr tuple[2 + RATE] = {id, block};
    for (unsigned i = 0; i < WIDTH; i++) {
        from[3 + i] = i < RATE ? minus(in[i], data[i]) : in[i];
        to[3 + i] = i < DIGEST ? s[i] : times(s[i], pp_air_not(last));
    }
    for (unsigned i = 0; i < RATE; i++) tuple[2 + i] = data[i];
    pp_air_receive(b->b, b->chain, is_block, from, 3 + WIDTH);
    pp_air_receive(b->b, b->data, is_block, tuple, 2 + RATE);
    pp_air_send(b->b, b->chain, is_block, to, 3 + WIDTH);
    end_table(b);
}

void fill_permutation(fill *f, const permutation_row *row) {
    pp_fp s[WIDTH];
    memcpy(s, row->in, sizeof s);
    put(f, row->is_node);
    put(f, !row->is_node);
    put(f, row->last);
    put(f, row->id);
    put(f, row->block);
    for (unsigned i = 0; i < RATE; i++) put_fp(f, row->data[i]);
    for (unsigned i = 0; i < WIDTH; i++) put_fp(f, s[i]);
    fill_poseidon2_cells(f, s, true);
}
