// SPDX-License-Identifier: MIT OR Apache-2.0
// A prover as a process of its own: it follows the chain of a node, believing nothing, bids for
// every batch it can prove, proves what it is drawn for, and delivers.
//
//   DIR/prover.json   key, salt, node, genesis, what a second is worth; mode 0600 (prover/config.h)
//   DIR/chain.log …   the chain as it was checked here (host/local.h)
//   DIR/bids          prices of sealed bids that are not opened yet (prover/bids.h)
//   DIR/mode, DIR/status.json   what its operator wants, and how it stands (prover/report.h)
//   DIR/proofs/       proofs that are being made: a cache (prover/jobs.h)
//
// What it says follows from the chain, its secrets and the prices that it has sealed, so it can be
// killed at any moment: it never seals two bids for one request, and never forgets that it was
// drawn.
#ifndef PP_PROVER_DAEMON_H
#define PP_PROVER_DAEMON_H

#include <stdatomic.h>
#include <stdio.h>

#include "prover/config.h"

typedef struct pp_prover_daemon pp_prover_daemon;

// Takes the directory and brings its chain to the end of what is there. log: one line an event,
// key=value; NULL: none. stop: raised by anyone, it ends the run below within a second or so. False
// with one sentence.
PP_NODISCARD bool pp_prover_daemon_open(pp_err *err, pp_prover_daemon **out, const char *dir,
                                        FILE *log, const atomic_bool *stop);
// Until `stop`. False with one sentence: exit code 1 when the node's chain is wrong (the block is
// named), 2 when the environment failed. A node that does not answer is waited for.
PP_NODISCARD bool pp_prover_daemon_run(pp_err *err, pp_prover_daemon *daemon);
void pp_prover_daemon_close(pp_prover_daemon *daemon); // NULL is fine

#endif
