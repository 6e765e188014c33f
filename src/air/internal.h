// SPDX-License-Identifier: MIT OR Apache-2.0
// What the builder's two halves share: the expression graph of the running table (build.c makes it,
// compile.c turns it into code).
#ifndef PP_AIR_INTERNAL_H
#define PP_AIR_INTERNAL_H

#include "air/air.h"

// Nodes are made once each: the same operation on the same operands is the same node.
typedef enum node_op {
    NODE_COLUMN = 1,
    NODE_FIXED,
    NODE_PUBLIC,
    NODE_CONSTANT,
    NODE_ADD,
    NODE_SUB,
    NODE_MUL,
} node_op;

typedef struct node {
    uint32_t a, b; // operands, lower node numbers; an index; a constant's .v
    pp_fp zero;    // its value on the all-zero row, where that is known whatever the publics are
    uint8_t op, degree;
    bool zero_known, used;
    uint32_t depth; // of operations below it
    uint64_t key;   // a hash of what it says
} node;

typedef struct constraint {
    const char *name;
    uint32_t node;
} constraint;

typedef struct interaction {
    uint32_t mult, first_element; // in elements[]
    pp_air_interaction info;
} interaction;

struct pp_air_builder {
    pp_arena *keep, *scratch;
    pp_machine machine;
    pp_air_table tables[PP_AIR_TABLES_MAX];
    pp_air_bus_info buses[PP_AIR_BUSES_MAX];
    pp_air_error error;
    bool failed, in_table, in_boundary;
    uint32_t serial; // of the running table, for expressions that outlive theirs
    pp_air_table boundary;
    bool has_boundary;

    // The running table.
    pp_air_table table;
    node *nodes;
    uint32_t *buckets; // hash table of node number + 1
    uint32_t *slots;   // by node: its place there
    constraint *constraints;
    interaction *interactions;
    uint32_t *elements;
    pp_air_name *column_names;
    pp_fixed *fixed;
    uint32_t nodes_len, nodes_max, buckets_len, elements_len;
    uint32_t constraints_max, interactions_max, elements_max;

    // compile.c
    uint64_t *code;
    uint32_t *uses, *left, *place; // by node; place: register, or number of the constant, plus 1
    uint32_t *stack, *free_registers;
    pp_fp *constants;
    uint32_t code_max, code_len, free_len;
};

// Keeps the first mistake.
void pp_air_fail(pp_air_builder *b, const char *what, const char *item);

// Turns the running table's graph into b->table's code, constants and counts, all in b->keep.
void pp_air_compile(pp_air_builder *b);

#endif
