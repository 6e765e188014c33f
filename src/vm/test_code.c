// SPDX-License-Identifier: MIT OR Apache-2.0
#include "vm/test_code.h"

#include <stdlib.h>

static uint32_t words[70000];
pp_asm code;

void start(void) {
    code = (pp_asm){words, 0, PP_COUNT(words), SUPPORT_TEXT};
}
void op(pp_op o, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm) {
    pp_asm_op(&code, o, rd, rs1, rs2, imm);
}
void li(unsigned rd, uint64_t v) {
    pp_asm_li(&code, rd, v);
}

pp_vm_result run_with(pp_bytes input, const pp_vm_options *options) {
    pp_program p;
    pp_vm_result r = {0};
    pp_err err;
    uint8_t *file = support_elf(&p, &code, BSS, BSS_SIZE);
    bool ran = pp_vm_run(&err, &r, &p, input, options);
    free(file);
    PP_ASSERT(ran);
    return r;
}
pp_vm_result run(void) {
    return run_with((pp_bytes){NULL, 0}, NULL);
}
