// SPDX-License-Identifier: MIT OR Apache-2.0
// A line taken by the hand, for tests: who speaks in which block is the test's to say.
#ifndef PP_REPLAY_TEST_SUPPORT_H
#define PP_REPLAY_TEST_SUPPORT_H

#include "base/test.h"
#include "replay/internal.h"

typedef struct line {
    char dir[64];
    pp_replay_file file;
    pp_replay *r;
    pp_err err;
} line;

// The first transactions of the example, in a directory of its own, checked by re-execution.
bool line_open(line *l, size_t transactions, size_t batch, size_t provers);
// Any file, as JSON; a network that demands proofs.
bool line_open_proven(line *l, const char *file, size_t batch, size_t provers);
void line_close(line *l); // says what went wrong, if anything did

// With all that is in it.
void remove_tree(const char *path);

pp_chain *chain_of(const line *l);
// Puts the next batch's transactions into the outbox.
void order(line *l);
// Lets prover i say what it has to say in a block `step` ms later.
void act(line *l, size_t i, uint64_t step);
// A block of what the outbox holds. Every item must be taken.
bool block(line *l, uint64_t step);
// A block with one market command of prover i; its reason, "" when the block failed.
const char *one(line *l, size_t i, const pp_market_command *command);
// The next batch, up to the draw of its primary: every prover bids and opens its bid.
bool auction(line *l, size_t provers);

const pp_market_request *request(const line *l, uint64_t batch);
pp_u128 free_balance(const line *l, size_t prover);
pp_u128 stake(const line *l, size_t prover);

#endif
