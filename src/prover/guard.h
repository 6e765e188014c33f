// SPDX-License-Identifier: MIT OR Apache-2.0
// A command of an operator's, and everything it starts, kept on a leash: tools that start jobs on
// other machines put them into groups and sessions of their own, where a signal to the command's
// group does not reach them.
#ifndef PP_PROVER_GUARD_H
#define PP_PROVER_GUARD_H

#include <sys/types.h>

// In a process that was just forked, of which `parent` is the parent: runs /bin/sh with these words
// until it ends, and exits with its code. Whatever it has started and left running is killed then;
// all of it is killed at once when SIGTERM comes, or when the parent ends, however that does. What
// is left running: everything, where somebody kills this very process by SIGKILL; and what cannot
// be killed within a minute, which is said. Descriptors above 2 are closed. Only system calls are
// made.
_Noreturn void pp_guard_run(char *const argv[], pid_t parent);

#endif
