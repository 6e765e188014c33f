// SPDX-License-Identifier: MIT OR Apache-2.0
// A process of this very program. Only for up/.
#ifndef PP_UP_CHILD_H
#define PP_UP_CHILD_H

#include <signal.h>
#include <sys/types.h>

#include "base/err.h"

enum { PP_UP_PATH = 4096 + 128 };

typedef struct pp_up_child {
    char what[32];
    char log[PP_UP_PATH];
    pid_t pid; // 0: does not run
    int code;  // with which it has ended; -1: killed
} pp_up_child;

// Starts it with these words, argv[0] being the program's path; its stderr goes to DIR/WHAT.log,
// and so does its stdout where out is NULL: else *out is the end to read it from. It gets SIGTERM
// when this process ends, however that is, and none of the terminal's signals. False with one
// sentence.
PP_NODISCARD bool pp_up_child_start(pp_err *err, pp_up_child *child, const char *dir,
                                    const char *what, int nice_by, int *out, char *const argv[]);
// The next bytes that it says, where it is read from: their number, 0 at its end, -1 when *stop.
ssize_t pp_up_child_read(int from, void *out, size_t max, const volatile sig_atomic_t *stop);
// SIGTERM, and SIGKILL where it has not ended ten seconds later: what it acknowledged is on disk.
void pp_up_child_stop(pp_up_child *child);
// Whether it has ended by itself since it was last asked. why: how, for people.
bool pp_up_child_ended(pp_up_child *child, char *why, size_t size);

// Waits, for at most half a minute, until no process holds DIR/LOCK: the children of a supervisor
// that was killed need a moment. False with one sentence.
PP_NODISCARD bool pp_up_wait_free(pp_err *err, const char *dir);

#endif
