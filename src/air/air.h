// SPDX-License-Identifier: MIT OR Apache-2.0
// Machines of constrained tables, as data: what a prover proves, a verifier checks at one point, an
// auditor reads and vm_id hashes. Pure.
//
// A machine is an ordered list of tables, of buses and of public values. A table has committed
// columns, fixed columns that the verifier computes itself, constraints on single rows, of degree
// at most 3, and interactions: on each row, a tuple put on a bus with a multiplicity. The machine
// accepts a trace when every constraint is zero on every row and, on each bus, the multiplicities
// of each tuple add up to zero. Rows know nothing of their neighbours: only buses link them.
//
// All tables have a virtual height of 2^n; beyond its own rows a table continues with all-zero
// rows, fixed columns included. So on the all-zero row each constraint and each multiplicity must
// be zero whatever the public values are: the builder refuses a table that breaks this.
//
// Building (see also the examples of air/examples/):
//
//     pp_air_builder *b = pp_air_builder_new(&memory, "adder");
//     pp_bus range = pp_air_bus(b, "range16", 1);
//     pp_air_table_begin(b, "add");
//     pp_expr real = pp_air_column(b, "is_real"), x = pp_air_column(b, "x"), c[2];
//     pp_air_columns(b, c, 2, "limb");
//     pp_air_assert_bool(b, "is_real is a bit", real);
//     pp_air_assert_eq(b, "x is its limbs", x, pp_air_add(c[0], pp_air_scale(c[1], 1 << 16)));
//     pp_air_send(b, range, real, PP_TUPLE(c[0]));
//     pp_air_table_end(b);
//     …
//     const pp_machine *machine = pp_air_builder_end(b, &error);
//
// A builder keeps its first mistake; everything after is harmless, and the end reports it.
#ifndef PP_AIR_AIR_H
#define PP_AIR_AIR_H

#include "field/field.h"

enum {
    PP_AIR_TABLES_MAX = 96,
    PP_AIR_BUSES_MAX = 64,
    PP_AIR_PUBLICS_MAX = 1024,
    PP_AIR_COLUMNS_MAX = 1 << 14,     // of one table, and of the machine's fixed columns each
    PP_AIR_ARITY_MAX = 128,           // elements of a tuple
    PP_AIR_LIST_MAX = 256,            // values of a listed fixed column
    PP_AIR_CONSTRAINTS_MAX = 1 << 17, // of the machine
    PP_AIR_DEGREE_MAX = 3,
    PP_AIR_LOG_ROWS_MAX = 24,      // of a table
    PP_AIR_LOG_LEAVES_MAX = 16,    // leaf-columns of the machine
    PP_AIR_LOG_FIXED_ROWS_MIN = 7, // a table with fixed columns is at least as high
};

// ---- what a machine is made of ------------------------------------------------------------------

// An instruction, 64 bits: op (8), dst (16), a (20), b (20), highest first. An operand is a kind (3
// bits) and an index (17 bits). Registers hold one value each and are written before they are read.
typedef enum pp_air_op {
    PP_AIR_ADD = 1,     // dst = a + b
    PP_AIR_SUB = 2,     // dst = a − b
    PP_AIR_MUL = 3,     // dst = a · b
    PP_AIR_MADD = 4,    // dst = dst + a · b
    PP_AIR_MSUB = 5,    // dst = dst − a · b
    PP_AIR_ASSERT = 6,  // constraint number dst: a is zero
    PP_AIR_MULT = 7,    // an interaction on bus dst begins: its multiplicity is a
    PP_AIR_ELEMENT = 8, // element dst of the running interaction's tuple is a
} pp_air_op;

typedef enum pp_air_kind {
    PP_AIR_REGISTER = 0,
    PP_AIR_COLUMN = 1, // committed
    PP_AIR_FIXED = 2,
    PP_AIR_PUBLIC = 3,
    PP_AIR_CONSTANT = 4,
} pp_air_kind;

typedef struct pp_air_operand {
    pp_air_kind kind;
    uint32_t index;
} pp_air_operand;

static inline pp_air_op pp_air_instr_op(uint64_t instr) {
    return (pp_air_op)(instr >> 56);
}
static inline uint32_t pp_air_instr_dst(uint64_t instr) {
    return (uint32_t)(instr >> 40) & 0xffff;
}
static inline pp_air_operand pp_air_instr_a(uint64_t instr) {
    return (pp_air_operand){(pp_air_kind)(instr >> 37 & 7), (uint32_t)(instr >> 20) & 0x1ffff};
}
static inline pp_air_operand pp_air_instr_b(uint64_t instr) {
    return (pp_air_operand){(pp_air_kind)(instr >> 17 & 7), (uint32_t)instr & 0x1ffff};
}

// Fixed columns, as functions of the row number, of which x_i is bit i. Each has a multilinear
// extension that costs the verifier a few products (at most 256 for lists).
typedef enum pp_fixed_kind {
    PP_FIXED_ONE = 1,      // 1 on every row of the table
    PP_FIXED_BITS = 2,     // bits lo … lo + width − 1 of the row number, as a number
    PP_FIXED_AND = 3,      // (bits from lo) AND (bits from lo2), width bits each, disjoint
    PP_FIXED_PRODUCT = 4,  // (bits from lo) times (bits from lo2), width bits each, disjoint
    PP_FIXED_LIST = 5,     // values[row], zero from row 2^width on
    PP_FIXED_PERIODIC = 6, // values[row mod 2^width]
    // With x the number of `width` bits from lo: the place of x's highest one, and x without it;
    // both 0 for x = 0. So row 2^b + y holds (b, y): all y below 2^b for each b below width. As
    // polynomials, with t_b = x_b · prod of (1 − x_c) over c > b: sum of b t_b, and sum of 2^b (x_b
    // − t_b).
    PP_FIXED_LOG = 7,
    PP_FIXED_REST = 8,
} pp_fixed_kind;

typedef struct pp_fixed {
    const char *name;
    pp_fixed_kind kind;
    uint8_t lo, lo2, width;
    const pp_fp *values; // 2^width of them (LIST, PERIODIC)
} pp_fixed;

// A column's name is base, or base[index] when it is one of several.
typedef struct pp_air_name {
    const char *base;
    int32_t index; // −1: alone
} pp_air_name;

typedef struct pp_air_interaction {
    uint16_t bus, arity;
    uint16_t leaf;   // the GKR leaf of the table that it is half of
    uint16_t second; // 1: the second of its leaf
    uint8_t mult_degree, tuple_degree;
} pp_air_interaction;

typedef struct pp_air_table {
    const char *name;
    uint32_t columns_len, fixed_len, constraints_len, interactions_len;
    uint32_t leaves_len;    // of GKR: one or two interactions each
    uint32_t log_fixed;     // not 0: when used it has 2^log_fixed rows; only then fixed columns
    uint32_t registers_len; // that its code uses
    uint32_t degree;        // the highest of its constraints
    // Constraints, in order, are code[0 … constraint_code_len); interactions, leaf by leaf, the
    // rest. Registers do not carry over.
    uint32_t constraint_code_len, code_len;
    uint32_t constants_len;
    const uint64_t *code;
    const pp_fp *constants;
    const pp_fixed *fixed;
    const pp_air_interaction *interactions;
    const pp_air_name *column_names;
    const char *const *constraint_names;
} pp_air_table;

typedef struct pp_air_bus_info {
    const char *name;
    uint32_t arity; // every tuple on it has so many elements
} pp_air_bus_info;

typedef struct pp_machine {
    const char *name;
    uint32_t tables_len, buses_len, publics_len;
    uint32_t columns_len; // of all tables
    const pp_air_table *tables;
    const pp_air_bus_info *buses;
    // Interactions of the verifier's own, once a shard, whose operands are public values and
    // constants only: a table without columns that is on no trace.
    const pp_air_table *boundary;
} pp_machine;

// The machine's name to the outside: Keccak-256 of everything above that has a meaning (all but
// names of things), in the encoding of spec/proof.md.
void pp_machine_id(pp_hash32 *out, const pp_machine *machine);

// ---- building -----------------------------------------------------------------------------------

typedef struct pp_air_builder pp_air_builder;
typedef struct pp_expr {
    pp_air_builder *b;
    uint32_t node;
} pp_expr;
typedef struct pp_bus {
    uint32_t index;
} pp_bus;

// What is wrong with a machine, in words that stay valid as long as its memory.
typedef struct pp_air_error {
    const char *table; // NULL: the machine itself
    const char *what;
    const char *item; // the constraint, column or bus it is about; NULL when there is none
} pp_air_error;

// Starts a machine. `keep` gets the finished machine and must outlive it; `scratch` (a few times
// larger: PP_AIR_SCRATCH_SIZE is enough for every table here) is free again after the end. Names
// are borrowed and must live as long as the machine. NULL when scratch is too small to begin.
#define PP_AIR_SCRATCH_SIZE ((size_t)12 << 20)
pp_air_builder *pp_air_builder_new(pp_arena *keep, pp_arena *scratch, const char *name);

// The finished machine in `keep`, or NULL and *error.
PP_NODISCARD const pp_machine *pp_air_builder_end(pp_air_builder *b, pp_air_error *error);

// A bus whose tuples have `arity` elements; and the machine's next public value. Outside of tables
// or inside. A public value may be used in every table.
pp_bus pp_air_bus(pp_air_builder *b, const char *name, uint32_t arity);
pp_expr pp_air_public(pp_air_builder *b);

// Between these two, what follows belongs to the table. Expressions end with their table, public
// values excepted.
void pp_air_table_begin(pp_air_builder *b, const char *name);
void pp_air_table_end(pp_air_builder *b);

// The verifier's own interactions (send and receive with public values and constants) stand between
// these two, once a machine, anywhere among the tables.
void pp_air_boundary_begin(pp_air_builder *b);
void pp_air_boundary_end(pp_air_builder *b);

// The next committed column; the next `len`, as name[0], name[1], …. In the order of these calls
// they are columns 0, 1, … of the trace.
pp_expr pp_air_column(pp_air_builder *b, const char *name);
void pp_air_columns(pp_air_builder *b, pp_expr *out, uint32_t len, const char *name);

// Fixed columns (pp_fixed_kind says what each is). The table must have declared its height first:
// then, when it is used at all, it has exactly 2^log_rows rows, log_rows at least
// PP_AIR_LOG_FIXED_ROWS_MIN.
void pp_air_fixed_height(pp_air_builder *b, uint32_t log_rows);
pp_expr pp_air_fixed_one(pp_air_builder *b, const char *name);
pp_expr pp_air_fixed_bits(pp_air_builder *b, const char *name, uint32_t lo, uint32_t width);
pp_expr pp_air_fixed_and(pp_air_builder *b, const char *name, uint32_t lo, uint32_t lo2,
                         uint32_t width);
pp_expr pp_air_fixed_product(pp_air_builder *b, const char *name, uint32_t lo, uint32_t lo2,
                             uint32_t width);
pp_expr pp_air_fixed_log(pp_air_builder *b, const char *name, uint32_t lo, uint32_t width);
pp_expr pp_air_fixed_rest(pp_air_builder *b, const char *name, uint32_t lo, uint32_t width);
// values: `len` canonical numbers below p, at most PP_AIR_LIST_MAX, copied; zero from there on.
pp_expr pp_air_fixed_list(pp_air_builder *b, const char *name, const uint32_t *values,
                          uint32_t len);
// len: a power of two.
pp_expr pp_air_fixed_periodic(pp_air_builder *b, const char *name, const uint32_t *values,
                              uint32_t len);

// Expressions. Constants are taken mod p; a negative one is p minus it.
pp_expr pp_air_const(pp_air_builder *b, int64_t value);
pp_expr pp_air_const_fp(pp_air_builder *b, pp_fp value);
pp_expr pp_air_add(pp_expr x, pp_expr y);
pp_expr pp_air_sub(pp_expr x, pp_expr y);
pp_expr pp_air_mul(pp_expr x, pp_expr y);
pp_expr pp_air_neg(pp_expr x);
pp_expr pp_air_scale(pp_expr x, int64_t factor);    // factor · x
pp_expr pp_air_offset(pp_expr x, int64_t constant); // x + constant
pp_expr pp_air_not(pp_expr x);                      // 1 − x
// Of bits: x xor y; the number that 16 of them are, lowest first.
pp_expr pp_air_xor(pp_expr x, pp_expr y);
pp_expr pp_air_limb(const pp_expr bits[16]);
// cond · x + (1 − cond) · y.
pp_expr pp_air_select(pp_expr cond, pp_expr x, pp_expr y);
// x[0] + … + x[len − 1]; Σ x[i] · base^i (base^i mod p); zero for len 0.
pp_expr pp_air_sum(pp_air_builder *b, const pp_expr *x, uint32_t len);
pp_expr pp_air_compose(pp_air_builder *b, const pp_expr *x, uint32_t len, int64_t base);
uint32_t pp_air_degree(pp_expr x);

// Constraints: x is zero on every row; x equals y; x is 0 or 1; cond · x is zero.
void pp_air_assert_zero(pp_air_builder *b, const char *name, pp_expr x);
void pp_air_assert_eq(pp_air_builder *b, const char *name, pp_expr x, pp_expr y);
void pp_air_assert_bool(pp_air_builder *b, const char *name, pp_expr x);
void pp_air_when(pp_air_builder *b, const char *name, pp_expr cond, pp_expr x);

// Interactions: the tuple goes onto the bus `mult` times (send) or −mult times (receive). A lookup
// is a send by the user and a receive, with its multiplicity column, by the table looked into. Two
// that follow each other share one leaf of GKR when their degrees allow it: with m the degree of
// mult and d that of the tuple, m1 + d2, m2 + d1 and d1 + d2 must be at most 3. Multiplicities of
// degree 1 or 2 and tuples of degree 1 always do.
#define PP_TUPLE(...)                                                                              \
    (const pp_expr[]){__VA_ARGS__},                                                                \
        (uint32_t)(sizeof((const pp_expr[]){__VA_ARGS__}) / sizeof(pp_expr))
void pp_air_send(pp_air_builder *b, pp_bus bus, pp_expr mult, const pp_expr *tuple, uint32_t len);
void pp_air_receive(pp_air_builder *b, pp_bus bus, pp_expr mult, const pp_expr *tuple,
                    uint32_t len);

#endif
