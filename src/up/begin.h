// SPDX-License-Identifier: MIT OR Apache-2.0
// What a network of `polypoly up` starts from: keys, measured speeds, genesis. Only for up/.
#ifndef PP_UP_BEGIN_H
#define PP_UP_BEGIN_H

#include "chain/genesis.h"
#include "replay/file.h"
#include "up/child.h"
#include "up/up.h"
#include "up/wallet.h"

enum {
    PP_UP_WALLETS = 4, // demo wallets
    PP_UP_CHAIN_ID = 412346,
    PP_UP_BATCH = 8, // transactions
};

// Everybody's keys, and what the network is.
typedef struct pp_up_parties {
    size_t provers; // of the network
    uint8_t person[32], sequencer[32], prover[PP_UP_PROVERS_MAX][32];
    pp_address person_address, prover_address[PP_UP_PROVERS_MAX];
    pp_up_wallet wallet[PP_UP_WALLETS];
    bool replays; // it has a second lane, for `file`
    pp_replay_file file;
    // Measured by this call; 0: each measures itself.
    uint64_t ps_per_work[PP_UP_PROVERS_MAX];
    uint64_t count_ms; // of the slowest, to find out what a batch takes
} pp_up_parties;

// Takes what DIR has, or makes it: at the end DIR/net is a whole network. Says on stdout what takes
// long. False with one sentence, and when *stop; nothing is half made then.
PP_NODISCARD bool pp_up_begin(pp_err *err, pp_up_parties *out, const pp_up_options *options,
                              const volatile sig_atomic_t *stop);
void pp_up_parties_free(pp_up_parties *parties); // all zero is fine

// Where prover i keeps its things: DIR/proverN. Makes it where it is not, and writes its node's
// address anew where it is: the port may be another one now.
PP_NODISCARD bool pp_up_prover_folder(pp_err *err, char path[PP_UP_PATH],
                                      const pp_up_parties *parties, const pp_up_options *options,
                                      size_t i, const char *url, const pp_hash32 *genesis);

#endif
