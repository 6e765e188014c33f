# SPDX-License-Identifier: MIT OR Apache-2.0
# The batch guest inside the program, so that it works from anywhere. Found from -I src.
    .section .rodata
    .balign 16
    .globl pp_batch_elf, pp_batch_elf_end
pp_batch_elf:
    .incbin "../guest/batch/batch.elf"
pp_batch_elf_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
