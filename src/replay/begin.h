// SPDX-License-Identifier: MIT OR Apache-2.0
// What a replay starts from: the network that a file, the options and the parties' secrets make.
#ifndef PP_REPLAY_BEGIN_H
#define PP_REPLAY_BEGIN_H

#include "chain/genesis.h"
#include "host/beacon.h"
#include "host/guest.h"
#include "prover/secrets.h"
#include "prover/works.h"
#include "replay/file.h"

enum {
    PP_REPLAY_BATCH_DEFAULT = 32, // transactions
    PP_REPLAY_PROVERS_DEFAULT = 3,
    PP_REPLAY_IN_FLIGHT = 4, // batches that wait for their check before the lane takes no more
};

// How many transactions from number `from` on go into one batch: `batch`, or fewer where they are
// large, or the last ones. 0 when from is the end.
size_t pp_replay_batch_len(const pp_replay_file *file, size_t from, size_t batch);
// How many batches that makes.
size_t pp_replay_batches(const pp_replay_file *file, size_t batch);
// Blocks that a replay of so many batches may take: the length of its beacon.
uint64_t pp_replay_blocks_max(size_t batches);

// Whether the chain can hold what the file says. False with one sentence that names the file and
// the place, as pp_replay_file_load.
PP_NODISCARD bool pp_replay_file_fits(pp_err *err, const pp_replay_file *file, const char *path);

// Inputs that work is counted and timed on, on the file's accounts: its heaviest batch, and batches
// of one transaction that is none, of one byte and of many, which show what a byte costs.
enum { PP_REPLAY_HEAVY, PP_REPLAY_SHORT, PP_REPLAY_LONG, PP_REPLAY_SAMPLES };
typedef struct pp_replay_sample {
    uint8_t *input[PP_REPLAY_SAMPLES]; // heap
    size_t input_size[PP_REPLAY_SAMPLES];
    size_t transactions, bytes; // of the heaviest batch: its raw transactions
} pp_replay_sample;
PP_NODISCARD bool pp_replay_sample_make(pp_err *err, pp_replay_sample *out,
                                        const pp_replay_file *file, size_t batch);
void pp_replay_sample_free(pp_replay_sample *sample);

// How a genesis estimates the work of batches (chain/genesis.h).
typedef struct pp_replay_work {
    uint64_t heavy; // of the sample's heaviest batch, counted: no more than its estimate
    uint64_t batch, transaction, byte;
} pp_replay_work;
// Counts; works NULL: cycles. The same on every machine.
PP_NODISCARD bool pp_replay_count(pp_err *err, pp_replay_work *out, const pp_guest *guest,
                                  const pp_works *works, const pp_replay_sample *sample);

// Draws the parties' secrets and times the guest on the sample: its proof, once for all provers, or
// where works is NULL its run, for each.
PP_NODISCARD bool pp_replay_draw(pp_err *err, pp_secrets *secrets, size_t provers,
                                 const pp_guest *guest, const pp_works *works,
                                 const pp_replay_sample *sample);

// The genesis file, malloc'ed. The network demands these proofs; with NULL it runs the guest again.
// The same arguments give the same bytes.
char *pp_replay_genesis(const pp_replay_file *file, size_t batch, const pp_genesis_proofs *proofs,
                        const pp_secrets *secrets, const pp_guest *guest, const pp_beacon *beacon,
                        const pp_replay_work *work);

// Whether a directory's genesis is what these would have made. batch, provers and check: 0 when
// nobody asked. False with one sentence that names the directory and what differs.
PP_NODISCARD bool pp_replay_same(pp_err *err, const pp_genesis *genesis, const char *dir,
                                 const pp_replay_file *file, size_t batch, size_t provers,
                                 pp_genesis_check check, const pp_secrets *secrets,
                                 const pp_guest *guest);

#endif
