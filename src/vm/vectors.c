// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/vectors.h"

#include <stdlib.h>

#include "vm/test_support.h"

static pp_op op_by_name(const char *name, size_t size) {
    for (unsigned o = 1; o < PP_OPS_LEN; o++)
        if (strlen(pp_op_name((pp_op)o)) == size && memcmp(pp_op_name((pp_op)o), name, size) == 0)
            return (pp_op)o;
    return PP_OP_ILLEGAL;
}

// "add,x26,x2,x26,0x5,0x7,0xc" or "addi,x1,x2,imm,…".
static bool parse_vector(vector *v, char *line) {
    char *cell[7];
    unsigned n = 0;
    for (char *save = NULL, *c = strtok_r(line, ",", &save); c; c = strtok_r(NULL, ",", &save))
        if (n < 7) cell[n++] = c;
    if (n != 7) return false;
    v->op = op_by_name(cell[0], strlen(cell[0]));
    v->rd = (unsigned)strtoul(cell[1] + 1, NULL, 10);
    v->rs1 = (unsigned)strtoul(cell[2] + 1, NULL, 10);
    v->immediate = cell[3][0] != 'x';
    v->rs2 = v->immediate ? 0 : (unsigned)strtoul(cell[3] + 1, NULL, 10);
    v->a = strtoull(cell[4], NULL, 16);
    v->b = strtoull(cell[5], NULL, 16);
    v->expected = strtoull(cell[6], NULL, 16);
    return v->op != PP_OP_ILLEGAL;
}

void vectors_emit(pp_asm *a, const vector *v, uint64_t slot) {
    unsigned by = 1;
    while (by == v->rd) by++;
    if (v->rs1 != 0) pp_asm_li(a, v->rs1, v->a);
    if (!v->immediate && v->rs2 != 0 && v->rs2 != v->rs1) pp_asm_li(a, v->rs2, v->b);
    // The file has sltiu's immediates as 12-bit patterns, the others sign-extended. Shifts are
    // both.
    int32_t imm = v->immediate ? (int32_t)(v->b & 0xfff) : 0;
    if (imm >= 2048) imm -= 4096;
    pp_asm_op(a, v->op, v->rd, v->rs1, v->rs2, imm);
    pp_asm_li(a, by, slot);
    pp_asm_op(a, PP_OP_SD, 0, by, v->rd, 0);
}

size_t vectors_load(vector out[VECTORS_MAX]) {
    gathered csv = {0};
    if (!support_data_xz(&csv, "rv64im-alu-vectors.csv.xz")) return 0;
    gather(&csv, 1, (pp_bytes){(const uint8_t *)"", 1});
    size_t len = 0;
    char *save = NULL, *line;
    strtok_r((char *)csv.data, "\n", &save); // the heading
    while ((line = strtok_r(NULL, "\n", &save)) != NULL && len < VECTORS_MAX)
        if (parse_vector(&out[len], line)) len++;
    free(csv.data);
    return len;
}
