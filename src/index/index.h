// SPDX-License-Identifier: MIT OR Apache-2.0
// What wallets ask of one lane, kept ready beside the chain: its blocks, transactions and accounts
// as Ethereum's interface sees them. A pure function of the log, fed block by block and made again
// from it; so questions never wait for a block that is being executed.
//
// Blocks and transactions, however many, stand in files that are mapped (index/far.h): memory is
// taken by the newest and by what was asked for since the last few hundred blocks. Accounts stay in
// memory, about a hundred bytes each.
//
// A block here is a block of the chain with those of its transactions that are this lane's. A
// transaction that was ordered and refused is none of its block's transactions, but can be found.
//
// One thread at a time. Running out of memory ends the program.
#ifndef PP_INDEX_INDEX_H
#define PP_INDEX_INDEX_H

#include "chain/chain.h"
#include "chain/wire.h"

// Accounts are known at each of so many last blocks, and at the finalized one.
enum { PP_INDEX_STATES = 256 };

typedef struct pp_index_tx {
    pp_hash32 hash;
    uint64_t height;
    uint64_t number;         // in the lane, refused ones counted
    uint32_t position;       // among the applied ones of its block; where applied
    pp_rollup_reason reason; // OK: applied
    bool has_sender;
    pp_address sender;
    uint64_t gas_used, gas_before; // its own; of those applied before it in its block
    uint64_t base_fee;             // of its batch, wei per gas
    uint64_t raw_at;               // its bytes: pp_index_raw
    uint64_t raw_size;
} pp_index_tx;

typedef struct pp_index_block {
    uint64_t height;
    uint64_t time;  // ms
    pp_hash32 hash; // the chain's block hash
    pp_hash32 parent;
    pp_hash32 state; // app hash behind it
    size_t size;     // bytes of the chain's block
    uint64_t first;  // number in the lane of its first transaction
    uint32_t ordered, applied;
    uint64_t gas_used;
    uint64_t base_fee; // behind it: of the running batch, or of the next
} pp_index_block;

typedef struct pp_index pp_index;

// The lane as genesis leaves it, block 0, or the snapshot that a pruned log begins with. The lane
// exists, asserted. dir: where its files are made anew; NULL: memory. False with one sentence when
// they cannot be.
PP_NODISCARD bool pp_index_new(pp_err *err, pp_index **out, pp_chain *chain, uint64_t lane,
                               const char *dir);
// The same for a lane that the chain's last block made: nothing of it is before that block, which
// is the first one for pp_index_add. Block 0 is genesis; those between are not known.
PP_NODISCARD bool pp_index_new_born(pp_err *err, pp_index **out, const pp_chain *chain,
                                    uint64_t lane, const char *dir);
// What it takes, beside its files, to have it again behind the chain's last block. False with one
// sentence when the disk failed.
PP_NODISCARD bool pp_index_save(pp_err *err, pp_index *index, pp_wire *out);
// The index as it was when that was saved, by the same build of this program, of a chain that
// stands at the same block. False with one sentence: exit code 1 when the files are others, 2 when
// the environment failed.
PP_NODISCARD bool pp_index_load(pp_err *err, pp_index **out, pp_chain *chain, uint64_t lane,
                                const char *dir, pp_reader *saved);
void pp_index_free(pp_index *index); // NULL is fine

// The chain's last block, just committed, with what became of it. Blocks come in order, asserted.
// False with one sentence when the store fails, or the disk is full.
PP_NODISCARD bool pp_index_add(pp_err *err, pp_index *index, pp_chain *chain, pp_bytes block,
                               const pp_chain_result *result);

// The first block, genesis left aside, whose transactions are known: what is before it was pruned.
// 0: all are. A chain that stands at a snapshot is known from there on: the snapshot's own block
// can be asked for only as long as it is the last one, and has no transactions then.
uint64_t pp_index_first(const pp_index *index);
uint64_t pp_index_head(const pp_index *index); // height of the last block
// The last block before which, and with which, everything of the lane is proven. Where a network
// accepts anything else than proofs: 0, whatever was re-executed.
uint64_t pp_index_finalized(const pp_index *index);

// NULL when there is none, or it was pruned. Valid until the next block.
const pp_index_block *pp_index_block_at(const pp_index *index, uint64_t height);
const pp_index_block *pp_index_block_by_hash(const pp_index *index, const pp_hash32 *hash);
// By its place in the lane; by its hash: the applied one where the same bytes were ordered twice.
const pp_index_tx *pp_index_tx_at(const pp_index *index, uint64_t number);
const pp_index_tx *pp_index_tx_by_hash(const pp_index *index, const pp_hash32 *hash);
// Its bytes.
pp_bytes pp_index_raw(const pp_index *index, const pp_index_tx *tx);

// The account behind a block; all zero where there is none. False when that state is not kept: it
// is older than the last PP_INDEX_STATES blocks and not the finalized one's.
PP_NODISCARD bool pp_index_account(pp_account *out, const pp_index *index,
                                   const pp_address *address, uint64_t height);

#endif
