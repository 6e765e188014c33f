// SPDX-License-Identifier: MIT OR Apache-2.0
// What the table families of this folder share: names for expressions, the accesses that rows have
// in common, and the same for the writer of rows. docs/vm-tables.md is the design.
//
// A family is a pair of functions, build and fill, that declare columns and put cells in the same
// order. Building aborts on nothing: the builder keeps its first mistake.
#ifndef PP_RV64_TABLES_H
#define PP_RV64_TABLES_H

#include "air/layout.h"
#include "rv64/rv64.h"
#include "vm/memtree.h"

// ---- building -----------------------------------------------------------------------------------

typedef struct build {
    pp_air_builder *b;
    pp_bus mem, state, decode, range, pair, and, power, opcode, chain, data, node, tree;
    pp_bus keccak, keccak_rc, sha256, sha256_k;
    pp_expr real, pc, time; // of the table that is being built
    pp_expr root[2][PP_DIGEST_LEN];
} build;

typedef struct fill fill;

// Bits of table.flags; a family knows which it takes.
enum {
    IMM = 1,
    WORD = 2,
    SUB = 4,
    SIGNED = 8,
    LEFT = 16,
    ARITHMETIC = 32,
    OR = 64,
    XOR = 128,
    INVERT = 256,
    HIGH = 512,
    SIGNED_RS2 = 1024,
    SIZE_1 = 1 << 12,
    SIZE_2 = 2 << 12,
    SIZE_4 = 4 << 12,
    SIZE_8 = 8 << 12,
};
#define SIZE_OF(flags) ((unsigned)(flags) >> 12)

typedef struct table {
    const char *name;
    void (*build)(build *b, const struct table *t);
    void (*fill)(fill *f, const pp_step *s, const struct table *t); // NULL: not from steps
    uint8_t kinds[4]; // the steps that are its rows; [0] is also its operation
    uint32_t flags;
} table;
// Of an accelerator's further tables, which are not on the state chain, flags is the rows that fill
// writes for each call. CALLS_ONCE: a fixed table, in use when there are calls, filled once.
enum { CALLS_ONCE = 255 };
static inline uint32_t rows_a_call(const table *t) {
    return t->kinds[0] >= PP_STEP_ACCEL ? t->flags : 0;
}

typedef struct limbs4 {
    pp_expr limb[4];
} limbs4;

static inline pp_expr plus(pp_expr x, pp_expr y) {
    return pp_air_add(x, y);
}
static inline pp_expr minus(pp_expr x, pp_expr y) {
    return pp_air_sub(x, y);
}
static inline pp_expr times(pp_expr x, pp_expr y) {
    return pp_air_mul(x, y);
}
static inline pp_expr scale(pp_expr x, int64_t k) {
    return pp_air_scale(x, k);
}
static inline pp_expr offset(pp_expr x, int64_t k) {
    return pp_air_offset(x, k);
}
static inline pp_expr number(build *b, int64_t k) {
    return pp_air_const(b->b, k);
}
static inline pp_expr column(build *b, const char *name) {
    return pp_air_column(b->b, name);
}
static inline void columns(build *b, pp_expr *out, uint32_t len, const char *name) {
    pp_air_columns(b->b, out, len, name);
}
static inline void is_bit(build *b, const char *what, pp_expr x) {
    pp_air_assert_bool(b->b, what, x);
}
static inline void is_zero(build *b, const char *what, pp_expr x) {
    pp_air_assert_zero(b->b, what, x);
}
static inline void equal(build *b, const char *what, pp_expr x, pp_expr y) {
    pp_air_assert_eq(b->b, what, x, y);
}
// x / 2^16 and x / 2^8 in the field, whose p − 1 is 127 · 2^24.
static inline pp_expr down16(pp_expr x) {
    return scale(x, -(127 << 8));
}
static inline pp_expr down8(pp_expr x) {
    return scale(x, -(127 << 16));
}

static inline pp_expr xor2(pp_expr x, pp_expr y) {
    return pp_air_xor(x, y);
}
static inline pp_expr limb_of(const pp_expr *bits) {
    return pp_air_limb(bits);
}

// Four limbs of one value each: constants; a 32-bit value, its sign repeated above.
limbs4 word_of(build *b, uint64_t value);
limbs4 word_signed(pp_expr low, pp_expr high, pp_expr sign);

// x < 2^bits, on rows where mult is 1 (is_real without _if).
void range(build *b, unsigned bits, pp_expr x);
void range_if(build *b, pp_expr mult, unsigned bits, pp_expr x);
// x and y are bytes.
void pair(build *b, pp_expr x, pp_expr y);
// A new column that is the top bit of the 16-bit limb x, proving that x is one.
pp_expr sign_of(build *b, const char *name, pp_expr x);

// Begins a table of instructions (or of steps on their chain): is_real, pc, time.
void begin_step(build *b, const char *name);
// Begins a table of anything else: is_real.
void begin_rows(build *b, const char *name);
void end_table(build *b);
// Begins a table of calls: a7 is `number_of_call` at +0, the decode tuple an ecall's.
void begin_call(build *b, const table *t, uint64_t number_of_call);
// From this instruction to the next, with the decode tuple (op, rd, rs1, rs2, imm[4]).
void go_on(build *b, pp_expr next_pc, unsigned ticks);
void decoded(build *b, pp_expr op, pp_expr rd, pp_expr rs1, pp_expr rs2, const pp_expr imm[4]);
// The same where fields are zero: NULL for an immediate of zeros.
void decoded_as(build *b, unsigned op, const pp_expr *rd, const pp_expr *rs1, const pp_expr *rs2,
                const pp_expr *imm, unsigned imm_len);

// An access to a cell: its columns are the time of the access before, for far ones the upper 8
// bits of the time between, and the value before.
typedef struct access {
    pp_expr time, high;
    limbs4 v;
    bool far;
} access;
access near_columns(build *b, const char *time, const char *v);
access far_columns(build *b, const char *time, const char *high, const char *v);
// When the value before is a constant, or an expression.
access near_time(build *b, const char *time, limbs4 v);
void access_cell(build *b, const access *x, pp_expr mult, pp_expr tag, pp_expr address, unsigned at,
                 limbs4 after);
// Register `index` (or another cell of the machine's page).
void access_register(build *b, const access *x, pp_expr index, unsigned at, limbs4 after);

// An instruction with rs1, rs2 or an immediate, and rd. Declares all their columns; a and c are the
// operands. For an immediate, imm is its lowest limb and sign is 1 when it is negative.
typedef struct operands {
    pp_expr rd, rs1, rs2, imm, sign;
    access x1, x2, xd;
    limbs4 a, c;
} operands;
operands begin_operands(build *b, const table *t);
// Everything that is left: decode, state, registers, rd = result.
void end_operands(build *b, const table *t, const operands *o, limbs4 result);

// rs1 + imm = 8 w + offset + 2^16 top below 2^30: two columns. Returns the 8-aligned part.
pp_expr address_of(build *b, limbs4 base, pp_expr imm, pp_expr sign, pp_expr off);
// A tag that loads accept: RO, RW or RX. One column.
pp_expr load_tag(build *b, const char *name);
// x < y as an expression, from four columns of x − y; for signed comparisons with the top bits.
pp_expr less_than(build *b, limbs4 x, limbs4 y, const pp_expr *sign_x, const pp_expr *sign_y);

// ---- accelerators -------------------------------------------------------------------------------

// A call's row: begins the table, and does all that calls have in common: the instruction, the
// registers, the operands' cells read and, of the last, written. What is left: constraints from
// `in` to `out`, that the limbs of `out` are below 2^16, and end_table.
typedef struct accel_row {
    limbs4 in[PP_ACCEL_CELLS_MAX];  // the operands' words (pp_accel.apply), as they are found
    limbs4 out[PP_ACCEL_CELLS_MAX]; // the last operand's, as they are left: columns
} accel_row;
void begin_accel(build *b, const table *t, accel_row *row);
// Fills those columns: the words before, and what apply made of them.
void fill_accel(fill *f, const pp_step *s, const table *t, uint64_t before[PP_ACCEL_CELLS_MAX],
                uint64_t words[PP_ACCEL_CELLS_MAX]);
// The cells of Poseidon2 from s (air/poseidon2.h).
void fill_poseidon2_cells(fill *f, pp_fp s[PP_POSEIDON2_WIDTH], bool last_columns);
// Only the words before the call.
void accel_words(const fill *f, const pp_step *s, const table *t,
                 uint64_t words[PP_ACCEL_CELLS_MAX]);

// ---- filling ------------------------------------------------------------------------------------

// How often each row of the fixed tables is looked up.
typedef struct lookups {
    uint32_t range[1 << 17]; // 2^bits + x
    uint32_t pair[1 << 16];  // x + 2^8 y
    uint32_t and [1 << 16];
    uint32_t power[16];
} lookups;

struct fill {
    pp_row_writer w;
    uint32_t column;
    lookups *look;
    const pp_cell *operands; // of the trace's accelerators
    uint32_t calls;          // steps of the table's kind
};

// From a row to the next, where one fill writes several.
static inline void next_row(fill *f) {
    f->column = 0;
    pp_row_next(&f->w);
}

static inline void put_fp(fill *f, pp_fp x) {
    pp_row_set(&f->w, f->column++, x);
}
static inline void put(fill *f, uint32_t x) {
    pp_row_set_u32(&f->w, f->column++, x);
}
static inline uint32_t limb(uint64_t v, unsigned i) {
    return (uint32_t)(v >> 16 * i) & 0xffff;
}
static inline uint32_t byte(uint64_t v, unsigned i) {
    return (uint32_t)(v >> 8 * i) & 0xff;
}
static inline void put_bits(fill *f, uint64_t v, unsigned len) {
    for (unsigned i = 0; i < len; i++) put(f, v >> i & 1);
}
static inline void put_limbs(fill *f, uint64_t v, unsigned len) {
    for (unsigned i = 0; i < len; i++) put(f, limb(v, i));
}
static inline void put_low_bytes(fill *f, uint64_t v, unsigned len) {
    for (unsigned i = 0; i < len; i++) put(f, limb(v, i) & 0xff);
}
// From a lie that is out of range comes a row that no look-up table answers.
static inline void look_range(fill *f, unsigned bits, uint64_t x) {
    if (x >> bits == 0) f->look->range[(uint32_t)1 << bits | (uint32_t)x]++;
}
static inline void look_limbs(fill *f, uint64_t v, unsigned len) {
    for (unsigned i = 0; i < len; i++) look_range(f, 16, limb(v, i));
}
static inline void look_pair(fill *f, uint32_t x, uint32_t y) {
    f->look->pair[x | y << 8]++;
}
// Both bytes of the lowest len limbs.
static inline void look_bytes(fill *f, uint64_t v, unsigned len) {
    for (unsigned i = 0; i < len; i++) look_pair(f, byte(v, 2 * i), byte(v, 2 * i + 1));
}
static inline void look_and(fill *f, uint32_t x, uint32_t y) {
    f->look->and [x | y << 8]++;
}
// The top bit of a limb as a cell, and its look-up.
static inline uint32_t put_sign(fill *f, uint32_t x) {
    put(f, x >> 15);
    look_range(f, 15, x & 0x7fff);
    return x >> 15;
}
static inline void put_step(fill *f, const pp_step *s) {
    put(f, 1);
    put(f, s->pc);
    put(f, s->time);
}
static inline void put_near_time(fill *f, uint32_t before, uint32_t at) {
    put(f, before);
    look_range(f, 16, at - before - 1);
}
static inline void put_near(fill *f, const pp_cell *c, uint32_t at) {
    put_near_time(f, c->time, at);
    put_limbs(f, c->v, 4);
}
static inline void put_far(fill *f, const pp_cell *c, uint32_t at) {
    uint32_t between = at - c->time - 1;
    put(f, c->time);
    put(f, between >> 16);
    put_limbs(f, c->v, 4);
    look_range(f, 16, between & 0xffff);
    look_range(f, 8, between >> 16);
}
void fill_begin_call(fill *f, const pp_step *s);
// The second operand of a step: rs2 or the immediate.
static inline uint64_t operand_of(const pp_step *s, const table *t) {
    return (t->flags & IMM) != 0 ? (uint64_t)(int64_t)s->imm : s->cell[1].v;
}
void fill_operands(fill *f, const pp_step *s, const table *t);
// Returns the address.
uint64_t fill_address(fill *f, const pp_step *s);
void fill_less(fill *f, uint64_t x, uint64_t y);

// ---- families -----------------------------------------------------------------------------------

#define FAMILY(name)                                                                               \
    void build_##name(build *b, const table *t);                                                   \
    void fill_##name(fill *f, const pp_step *s, const table *t);
FAMILY(add)
FAMILY(compare)
FAMILY(bitwise)
FAMILY(bitwise_imm)
FAMILY(shift)
FAMILY(equal_branch)
FAMILY(less_branch)
FAMILY(constant)
FAMILY(jalr)
FAMILY(load)
FAMILY(store)
FAMILY(load_across)
FAMILY(store_across)
FAMILY(mul)
FAMILY(div)
FAMILY(halt)
FAMILY(debug)
FAMILY(write)
FAMILY(byte)
FAMILY(refresh)
// Accelerators' tables of calls (vm/abi.h), and what they need beside: tables for the rows of each
// call, and of fixed rows.
//   X(id, accelerator, rows a call, or CALLS_ONCE)
#define MORE_ACCEL_TABLES(X)                                                                       \
    X(keccak_round, KECCAK_F, 24)                                                                  \
    X(keccak_rc, KECCAK_F, CALLS_ONCE)                                                             \
    X(sha256_rounds, SHA256, 16)                                                                   \
    X(sha256_k, SHA256, CALLS_ONCE)
#define X(id, ...) FAMILY(id)
PP_ACCELS(X)
MORE_ACCEL_TABLES(X)
#undef X
#undef FAMILY
void build_run(build *b, const table *t);
void build_decode(build *b, const table *t);
void build_page(build *b, const table *t);
void build_node(build *b, const table *t);
void build_permutation(build *b, const table *t);
void build_bytes(build *b, const table *t);
void build_range(build *b, const table *t);
void build_power(build *b, const table *t);
void build_opcode(build *b, const table *t);

// The list of legal words by what decides them, and how often each entry is looked up.
typedef struct opcode_entry {
    uint32_t opcode, funct3, funct7, op, form;
} opcode_entry;
enum { OPCODES_MAX = 1 << 7 };
typedef struct opcodes {
    opcode_entry list[OPCODES_MAX];
    unsigned len;
    uint32_t counts[OPCODES_MAX];
} opcodes;
void opcodes_begin(opcodes *o);

// Rows that are not steps. The writer stands at the row.
void fill_run(fill *f, const pp_trace *trace);
// One word of a cell of an RX page; extra: decode rows of this cell before this one.
void fill_decode(fill *f, opcodes *o, const pp_trace_page *page, unsigned word_index,
                 uint64_t count, unsigned extra);

typedef struct page_row {
    uint32_t index, perm;
    bool zero, changed;
    const uint8_t *before, *after;
    uint32_t time[PP_VM_PAGE_SIZE / 8];
    pp_digest digest[2];
} page_row;
void fill_page(fill *f, const page_row *row);

typedef struct node_row {
    uint32_t level, index;
    bool touched[2], changed;
    pp_digest child[2][2], self[2]; // [before, after][left, right]
} node_row;
void fill_node(fill *f, const node_row *row);

typedef struct permutation_row {
    bool is_node, last;
    uint32_t id, block;
    pp_fp data[PP_SPONGE_RATE], in[PP_POSEIDON2_WIDTH];
} permutation_row;
void fill_permutation(fill *f, const permutation_row *row);

#endif
