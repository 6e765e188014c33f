// SPDX-License-Identifier: MIT OR Apache-2.0
// The AVX-512 intrinsics of field/simd.h in plain C, by SIMDe, and what it lacks. Tests only.
#ifndef PP_FIELD_SIMD_EMULATED_H
#define PP_FIELD_SIMD_EMULATED_H

#define SIMDE_NO_NATIVE
#define SIMDE_ENABLE_NATIVE_ALIASES
// Its headers are not clean under our warnings.
#pragma GCC system_header
// SIMDe multiplies signed lanes in C and lets them wrap: its own affair, not the sanitizer's.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("undefined"))), apply_to = function)
#endif
#include <simde/x86/avx512.h>
#if defined(__clang__)
#pragma clang attribute pop
#endif

#if !defined(__AVX512F__)
typedef simde__mmask16 __mmask16;
#endif

#endif
