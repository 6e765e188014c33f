// SPDX-License-Identifier: MIT OR Apache-2.0
// Faults of a mapped file, as results. A database that reads its file through a memory map hears of
// a page that is not there (a file cut short, a disk that cannot be read, a full one under a file
// with holes) by a signal, and of a page with wrong contents by a wild pointer or an assertion of
// its own. Native; for store.c.
#ifndef PP_STATE_FAULT_H
#define PP_STATE_FAULT_H

#include "base/base.h"

// Runs call(arg) and returns true; false when it was given up at SIGBUS, at SIGSEGV or by
// pp_fault_raise. What it had begun stays as it was at that moment, locks and memory included:
// the database must not be touched again, and is not freed. Calls do not nest. A fault outside of
// such a call is treated as it was before.
PP_NODISCARD bool pp_fault_guard(void (*call)(void *), void *arg);

// Gives the running call up: for a library's assertion. Asserts that there is one.
_Noreturn void pp_fault_raise(void);

#endif
