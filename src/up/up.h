// SPDX-License-Identifier: MIT OR Apache-2.0
// A whole network on this machine, each part a process of its own below one directory:
//
//   DIR/keys/WHO.key   secret keys, 64 hex digits, mode 0600: the person's wallet, demo wallets,
//                      the replay lane's sequencer, each prover
//   DIR/net/           the node (node/node.h)
//   DIR/proverN/       a prover (prover/daemon.h)
//   DIR/WHAT.log       what each says on stderr
//   DIR/up.json        where the running supervisor's node answers
//   DIR/LOCK           held by the supervisor; its pid is the lock's holder
//
// The network is made once: keys are drawn, the provers' speeds measured at the same time, so that
// they are true under load, and windows, work and reserves follow from what was measured. Killed at
// any moment, the same call goes on: what is half made stands under another name, and the processes
// end with their supervisor.
#ifndef PP_UP_UP_H
#define PP_UP_UP_H

#include <signal.h>

#include "base/err.h"

enum {
    PP_UP_PROVERS_MAX = 16,
    PP_UP_PROVERS = 3, // where nobody asks for another number
    PP_UP_PORT = 8545,
    PP_UP_ANY_NUMBER = -1, // of provers: those of the network
};

typedef struct pp_up_options {
    const char *dir;
    const char *program; // the path of this program's own file
    int provers;         // of a new network, to PP_UP_PROVERS_MAX; or PP_UP_ANY_NUMBER
    uint16_t port;       // of the node, on 127.0.0.1; 0: any free one
    bool port_fixed;     // false: another one where it is taken
    const char *replay;  // a block's file (replay/file.h): a second lane replays it; NULL: none
    bool once;           // end with the first batch that is proven from now on
    bool wallets;        // demo wallets send transfers
    bool re_execute;     // a new network whose check runs batches again: nothing is proven
    bool demo;           // a port through which a page may stop and start provers
} pp_up_options;

// Brings it up, says on stdout what happens, and stays until *stop, then ends all of it. Where it
// is up already that one is watched, and left running. False with one sentence: exit code 1 when
// `once` was asked for and no batch was proven, 2 when something in the environment failed.
PP_NODISCARD bool pp_up_run(pp_err *err, const pp_up_options *options,
                            const volatile sig_atomic_t *stop);

// Ends what runs in this directory, and waits until it has ended. *was_up: something did run. False
// with one sentence.
PP_NODISCARD bool pp_up_down(pp_err *err, bool *was_up, const char *dir);

// Prints how far every stage has come, for people or as one JSON object: of what runs in a
// directory, or where url is not NULL of that node. False with one sentence; exit code 1 when
// nothing runs there.
PP_NODISCARD bool pp_up_status(pp_err *err, const char *dir, const char *url, bool json);

#endif
