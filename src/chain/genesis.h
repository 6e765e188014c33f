// SPDX-License-Identifier: MIT OR Apache-2.0
// The genesis file: everything a network starts from, as JSON. Its hash over the file's very bytes
// identifies the network; no key may change it. docs/chain.md lists the members.
#ifndef PP_CHAIN_GENESIS_H
#define PP_CHAIN_GENESIS_H

#include "base/err.h"
#include "chain/block.h"
#include "market/market.h"
#include "pcs/pcs.h"
#include "state/state.h"

enum {
    PP_GENESIS_FILE_MAX = 256 << 20, // bytes
    PP_GENESIS_NAME_MAX = 32,        // bytes of a network's or rollup's name, NUL included
    PP_GENESIS_ROLLUPS_MAX = 64,
    PP_GENESIS_SETS_MAX = 4,
    PP_GENESIS_SHARDS_MAX = 1 << 16,
    PP_GENESIS_PROOF_SPARE = 1024,     // bytes of half a block beside the largest proof
    PP_GENESIS_COMMAND_FEE = 10000000, // where nobody asks for something else
};
#define PP_GENESIS_COMMAND_FEE_MAX ((uint64_t)1000000000000000000)

// What the network accepts as the check of a claim. A network that does not demand proofs says so
// in every status line.
typedef enum pp_genesis_check {
    PP_CHECK_RE_EXECUTE = 1, // "re-execute": the guest is run again on its input
    PP_CHECK_PROOF = 2,      // pp_genesis_proofs, as an object: a proof is verified
} pp_genesis_check;

// Rollups by command.
typedef struct pp_genesis_registry {
    uint32_t rollups; // there can ever be, those of genesis too: at most PP_GENESIS_ROLLUPS_MAX
    pp_u128 price;    // wei, burned for one
} pp_genesis_registry;

// When people may leave a rollup whose root does not advance: once something has waited for it
// for both. Each alone is at least what a batch may take (pp_entry_longest), so that
// neither a clock that jumps nor blocks in quick succession freeze a lane that is well.
typedef struct pp_genesis_exit {
    uint64_t time;   // ms, of market time; 1 or more
    uint64_t blocks; // 1 or more
} pp_genesis_exit;

// Which proofs a network accepts: of the machine vm_id, made with one of these parameter sets, no
// larger than this.
typedef struct pp_genesis_proofs {
    const pp_pcs_params *sets[PP_GENESIS_SETS_MAX]; // secure ones
    uint32_t sets_len;                              // 1 or more
    uint32_t bytes;                                 // of a whole proof; fits into half a block
    uint32_t shards;                                // of a whole proof
} pp_genesis_proofs;

// What networks accept where nobody asks for something else: the secure sets, a proof of some forty
// shards.
void pp_genesis_proofs_default(pp_genesis_proofs *out);

// "re-executed" or "proven": the one word for a result that the network's check has accepted.
const char *pp_genesis_check_word(pp_genesis_check check);

typedef struct pp_genesis_account {
    pp_address address;
    pp_u128 balance; // wei, free
} pp_genesis_account;

typedef struct pp_genesis_prover {
    pp_address address;
    pp_u128 stake;  // wei
    uint32_t slots; // proofs it can work on at once
} pp_genesis_prover;

typedef struct pp_genesis_allocation {
    pp_address address;
    pp_account account; // of the rollup's state
} pp_genesis_allocation;

// One rollup and its lane. Immutable.
typedef struct pp_genesis_rollup {
    char name[PP_GENESIS_NAME_MAX]; // lower-case letters, digits, '-'
    uint64_t chain_id;              // of its transactions; no two rollups share one
    pp_hash32 program_id;           // of the batch guest
    bool open;                      // anyone may append to the lane; else only `submitter`
    pp_address submitter;           // zero when open
    pp_address fee_recipient;       // of tips, inside the rollup
    uint64_t base_fee;              // wei per gas, of the first batch; of all where fee_target is 0
    uint64_t gas_limit;             // of one batch
    // The fee rule (docs/chain.md): gas of a batch at which the fee stays; 0: it never moves. The
    // largest step is 1 / fee_change of the fee. Never below fee_floor percent of the trailing
    // proving price per gas, plus fee_backlog percent of that with a full backlog.
    uint64_t fee_target;
    uint32_t fee_change, fee_floor, fee_backlog;
    // A batch is cut when it holds this many transactions, or the next one would pass this many
    // bytes (of raw transactions), or at the end of this many blocks, that of its first transaction
    // counted.
    uint32_t batch_transactions; // 1 to PP_ROLLUP_BATCH_TX_MAX
    uint32_t batch_bytes;        // >= PP_ROLLUP_TX_SIZE_MAX
    uint32_t batch_blocks;       // >= 1
    uint32_t batch_backlog;      // the lane takes no more while this many batches wait for a check
    // Its queues: how many deposits and forced transactions each batch takes (0: this lane has no
    // such queue), and in how many batches whoever waits is in one: a queue takes no more than so
    // many can.
    uint32_t queue_deposits; // at most PP_ROLLUP_DEPOSITS_MAX
    uint32_t queue_forced;   // at most PP_ROLLUP_FORCED_MAX
    uint32_t queue_batches;  // >= 1
    // Its proof fund and what it asks the market for.
    pp_u128 fund;         // wei at genesis
    pp_u128 reserve_rate; // first auction reserve, wei per million units of estimated work
    // Work of a batch, estimated: work_batch, and for each transaction and each byte of a raw one.
    // Its unit is that of prove/cost.h; where the check re-executes, a cycle of the guest.
    uint64_t work_batch, work_transaction, work_byte;
    pp_market_terms terms; // winners, kappa, windows and expiry of its requests; else zero
    pp_genesis_allocation *allocations; // ascending by address, none twice
    size_t allocations_len;
} pp_genesis_rollup;

typedef struct pp_genesis {
    char name[PP_GENESIS_NAME_MAX];
    uint64_t time;           // ms since 1970
    uint64_t block_interval; // ms
    uint32_t block_bytes;    // most bytes of one encoded block
    uint32_t block_items;    // most commands and transactions in one block
    uint64_t command_fee;    // wei, burned for each byte of a command: 0 to 10^18
    pp_genesis_check check;
    pp_genesis_exit exit;
    pp_genesis_proofs proofs; // where check is PP_CHECK_PROOF; else zero
    pp_hash32 vm_id;
    bool has_signer;       // blocks are signed by `signer`, the host's key; no other key makes any
    pp_address signer;     // zero where there is none
    pp_hash32 beacon_end;  // last of the host's hash chain, see pp_beacon_next
    uint32_t accounts_max; // accounts there can ever be
    uint32_t requests_max; // requests open at one time: the lanes' backlogs and what others post
    pp_genesis_registry registry;
    pp_market_params market;
    pp_genesis_account *accounts; // ascending by address, none twice
    size_t accounts_len;
    pp_genesis_prover *provers; // ascending by address, none twice
    size_t provers_len;
    pp_genesis_rollup *rollups; // the lane's id is the index
    size_t rollups_len;
    pp_u128 supply; // wei in all of the above, at most 2^90; not written, the parser sums it up
} pp_genesis;

// One rollup as it stands in a genesis file, without allocations, within the bounds of a network
// whose market has these parameters. False with one sentence.
PP_NODISCARD bool pp_genesis_rollup_parse(pp_err *err, pp_genesis_rollup *out, const char *name,
                                          pp_bytes file, const pp_market_params *market);

// Sets exit to a day and 7,200 blocks, and to twice what a batch of a rollup may take
// where that is more. For who writes a genesis; block_interval and rollups are set.
void pp_genesis_exit_default(pp_genesis *genesis);

// Estimated work of the largest batch there can be.
uint64_t pp_genesis_full_work(const pp_genesis_rollup *rollup);

// Bytes that items, each with its u32 size, can take of a block.
size_t pp_genesis_block_room(const pp_genesis *genesis);

// Items of one kind, commands or transactions, and their bytes, each with its u32 size.
typedef struct pp_block_share {
    size_t items, bytes;
} pp_block_share;
// The most of one kind in a block where this much of the other waits for it: half of it, and what
// the other leaves of the other half. So neither keeps the other out. One item at least.
pp_block_share pp_genesis_share(const pp_genesis *genesis, pp_block_share other);
// The largest item there can be: it fits into its kind's half.
size_t pp_genesis_item_max(const pp_genesis *genesis);

// Reads and checks a genesis file. `name` stands in the sentences. False with one sentence that
// names the member, as in "genesis.json: rollups[0].batch.bytes: must be from 131072 to 16777216";
// *genesis is then all zero. Unknown members are refused: nothing in the file is without meaning.
PP_NODISCARD bool pp_genesis_parse(pp_err *err, pp_genesis *genesis, const char *name,
                                   pp_bytes file);
void pp_genesis_free(pp_genesis *genesis);

// The file that says this: malloc'ed, NUL behind it, the same bytes for the same content. Lists
// must be in their order.
char *pp_genesis_print(const pp_genesis *genesis);

// The network's identity: Keccak-256("polypoly/genesis/1", the file).
void pp_genesis_hash(pp_hash32 *out, pp_bytes file);

// The host's beacon is a hash chain run backwards: preimage number n satisfies
// pp_beacon_next(preimage n) = preimage n - 1, and number 0 is genesis' beacon_end; block h shows
// number h. This is one step: Keccak-256("polypoly/beacon/1", in). out may be in.
void pp_beacon_next(pp_hash32 *out, const pp_hash32 *in);

#endif
