// SPDX-License-Identifier: MIT OR Apache-2.0
// Who runs in a directory: its lock, and where its node answers. Only for up/.
#ifndef PP_UP_PLACE_H
#define PP_UP_PLACE_H

#include <sys/types.h>

#include "base/err.h"

// Takes DIR/LOCK until the process ends. *holder: 0, or the process that has it already. False with
// one sentence when there can be no lock.
PP_NODISCARD bool pp_up_lock(pp_err *err, pid_t *holder, const char *dir);
// The process that holds DIR/LOCK; 0: none.
pid_t pp_up_holder(const char *dir);

// Whether there is such a process. Not for 0.
bool pp_up_runs(pid_t pid);

// Whether prover `number` has acted on a block since it was started as this process: then it
// follows the chain, and hears of what is offered.
bool pp_up_prover_acts(const char *dir, size_t number, pid_t pid);

// DIR/up.json: the address of the node.
PP_NODISCARD bool pp_up_note_url(pp_err *err, const char *dir, const char *url);
PP_NODISCARD bool pp_up_read_url(pp_err *err, char *url, size_t size, const char *dir);

#endif
