// SPDX-License-Identifier: MIT OR Apache-2.0
// The machine's calls on numbers of 256 bits and points of secp256k1 (sign/calls.h). A call leaves
// a0 as it was; where there is none (qemu, which returns an error in a0, and native builds) it is
// software. Operands lie in a0, a1, ... as they come.
#include "sign/calls.h"
#include "vm/abi.h"

#ifdef __riscv
#define OPERAND(n, value) register uint64_t a##n __asm__("a" #n) = (uint64_t)(value)
#define CALL(number) register long a7 __asm__("a7") = (number)
#endif

// Software stands in functions of its own, called last: so the functions of calls need no stack.
#define ELSEWHERE __attribute__((noinline, cold)) static void

ELSEWHERE else_mulmod(const num *a, const num *b, const num *c, const num *m, num *out) {
    soft_mulmod(a, b, c, m, out);
}
void pp_call_mulmod(const num *a, const num *b, const num *c, const num *m, num *out) {
#ifdef __riscv
    OPERAND(0, a);
    OPERAND(1, b);
    OPERAND(2, c);
    OPERAND(3, m);
    OPERAND(4, out);
    CALL(PP_ECALL_MULMOD);
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7) : "memory");
    if (a0 == (uint64_t)a) return;
#endif
    else_mulmod(a, b, c, m, out);
}

static const num zero = {{0}};

ELSEWHERE else_square_times(num *x, const num *m, unsigned n) {
    for (; n > 0; n--) soft_mulmod(x, x, &zero, m, x);
}
void pp_call_square_times(num *x, const num *m, unsigned n) {
#ifdef __riscv
    OPERAND(0, x);
    OPERAND(1, x);
    OPERAND(2, &zero);
    OPERAND(3, m);
    OPERAND(4, x);
    CALL(PP_ECALL_MULMOD);
    if (n == 0) return;
    // Four instructions a time: the registers stay as they are.
    __asm__ volatile("1: ecall\n"
                     "   bne %1, %2, 2f\n"
                     "   addiw %0, %0, -1\n"
                     "   bnez %0, 1b\n"
                     "2:"
                     : "+&r"(n), "+&r"(a0) // written before the others are read again
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7)
                     : "memory");
    if (n == 0) return;
#endif
    else_square_times(x, m, n);
}

ELSEWHERE else_add(const affine *point, unsigned negate, affine *to) {
    soft_add(point, negate, to);
}
void pp_call_add(const affine *point, unsigned negate, affine *to) {
#ifdef __riscv
    OPERAND(0, point);
    OPERAND(1, negate);
    OPERAND(2, to);
    CALL(PP_ECALL_SECP256K1_ADD);
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
    if (a0 == (uint64_t)point) return;
#endif
    else_add(point, negate, to);
}

ELSEWHERE else_double(affine *point) {
    soft_double(point);
}
void pp_call_double(affine *point) {
#ifdef __riscv
    OPERAND(0, point);
    CALL(PP_ECALL_SECP256K1_DOUBLE);
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    if (a0 == (uint64_t)point) return;
#endif
    else_double(point);
}
