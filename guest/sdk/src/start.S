# SPDX-License-Identifier: MIT OR Apache-2.0
# The first instructions of a guest: stack, constructors, main, halt with main's result.
    .section .text.start, "ax"
    .globl _start
    .type _start, @function
_start:
    lui   sp, 0x20000            # the stack grows down from the top of Q1
    mv    fp, zero
    call  pp_guest_start
    .size _start, . - _start

    .section .text.pp_guest_halt, "ax"
    .globl pp_guest_halt
    .type pp_guest_halt, @function
pp_guest_halt:                   # void pp_guest_halt(long code)
    li    a7, 93
    ecall
    j     pp_guest_halt
    .size pp_guest_halt, . - pp_guest_halt

    .section .text.pp_guest_write, "ax"
    .globl pp_guest_write
    .type pp_guest_write, @function
pp_guest_write:                  # long pp_guest_write(long fd, const void *data, size_t size)
    li    a7, 64
    ecall
    ret
    .size pp_guest_write, . - pp_guest_write
