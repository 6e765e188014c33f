// SPDX-License-Identifier: MIT OR Apache-2.0
// The replicated application: accounts and stakes, the market, the rollups' lanes, batches and
// roots. Deterministic: a block's result is a function of the block and the state before it. It
// reads no clock and does no I/O; the node store, the check of claims and the preflight are handed
// in. The shape is that of ABCI 2.0: check, propose, process, finalize, commit, query, snapshot.
// docs/chain.md explains.
//
//   pp_chain_new(&err, &chain, genesis_file, &env);
//   for each block of the log: pp_chain_finalize(&err, &result, chain, block);
//                              pp_chain_commit(&app_hash, chain);
//
// One thread at a time. Running out of memory ends the program: what counts is the host's log.
#ifndef PP_CHAIN_CHAIN_H
#define PP_CHAIN_CHAIN_H

#include "chain/block.h"
#include "chain/genesis.h"
#include "market/market.h"
#include "rollup/rollup.h"
#include "state/store.h"
#include "vm/claim.h"

// Why a command or a block is refused. The codes are stable. M-… codes are the market's, R-… the
// rollup's.
#define PP_CHAIN_CODES(X)                                                                          \
    X(OK, "OK", "done")                                                                            \
    /* Items. */                                                                                   \
    X(FORMAT, "C-FORMAT", "not the canonical bytes of one item, or of its payload")                \
    X(SIZE, "C-SIZE", "too large: more than half a block")                                         \
    X(NETWORK, "C-NETWORK", "signed for another network (genesis)")                                \
    X(SIGNATURE, "C-SIGNATURE", "not the named sender's signature, or high s")                     \
    X(ACCOUNT, "C-ACCOUNT", "the sender has nothing on this chain")                                \
    X(NONCE_LOW, "C-NONCE-LOW", "used up: the command stands in a block already, or another")      \
    X(NONCE_GAP, "C-NONCE-GAP", "above the sender's next")                                         \
    X(COMMAND_FEE, "C-COMMAND-FEE", "the free balance does not cover what its bytes cost")         \
    X(KIND, "C-KIND", "no such kind of command")                                                   \
    X(PROOF_SIZE, "C-PROOF-SIZE", "a proof larger than genesis allows")                            \
    X(MARKET, "C-MARKET", "the market said no: its own code names why")                            \
    X(AMOUNT, "C-AMOUNT", "zero, above 2^90, or too little to make an account with")               \
    X(BALANCE, "C-BALANCE", "more than the free balance")                                          \
    X(LANE, "C-LANE", "no such lane")                                                              \
    X(SUBMITTER, "C-SUBMITTER", "this lane takes transactions from its submitter only")            \
    X(BACKLOG, "C-BACKLOG", "too many batches wait for a check, or are not settled yet")           \
    X(STOPPED, "C-STOPPED", "an incident has stopped this lane, or did so half-way")               \
    X(NOT_PROVEN, "C-NOT-PROVEN", "the root behind this batch has not advanced yet")               \
    X(PATH, "C-PATH", "the Merkle path does not prove it")                                         \
    X(CLAIMED, "C-CLAIMED", "paid already; or nothing was withdrawn in this batch")                \
    X(FROZEN, "C-FROZEN", "somebody has left by the exit: the lane takes nothing more")            \
    X(EXIT_CLOSED, "C-EXIT-CLOSED", "the exit is not open")                                        \
    X(NOT_YOURS, "C-NOT-YOURS", "another's withdrawal: to whom it is paid, or a new account")      \
    X(EXITED, "C-EXITED", "the account has left, or has nothing under the last checked root")      \
    X(TX_SIZE, "C-TX-SIZE", "a transaction that is empty or too large for its way in")             \
    X(RECEIVER, "C-RECEIVER", "nobody can have this deposit: exit address, precompile")            \
    X(QUEUE, "C-QUEUE", "the queue is full, or this lane has none")                                \
    X(FEE, "C-FEE", "the queue's fee is above the most the sender would pay")                      \
    X(ENTRY, "C-ENTRY", "a rollup that no genesis file could name")                                \
    X(TAKEN, "C-TAKEN", "a rollup with this chain id or name is there already")                    \
    X(PROGRAM, "C-PROGRAM", "no rollup of genesis is proven by this program")                      \
    X(FULL, "C-FULL", "no place for another account, or rollup, or its requests")                  \
    X(ENTRY_FIT, "C-ENTRY-FIT", "it estimates less than genesis does, or more than a proof holds") \
    X(ENTRY_EXIT, "C-ENTRY-EXIT", "the exit would open before its batches can be proven")          \
    /* Blocks. */                                                                                  \
    X(BLOCK_FORMAT, "C-BLOCK-FORMAT", "not the canonical bytes of a block")                        \
    X(BLOCK_SIZE, "C-BLOCK-SIZE", "above genesis' bytes or items")                                 \
    X(BLOCK_HEIGHT, "C-BLOCK-HEIGHT", "not the next height")                                       \
    X(BLOCK_PARENT, "C-BLOCK-PARENT", "does not name the block before it")                         \
    X(BLOCK_STATE, "C-BLOCK-STATE", "names another state before it than this one")                 \
    X(BLOCK_BEACON, "C-BLOCK-BEACON", "its beacon is not the next preimage")                       \
    X(BLOCK_SIGNATURE, "C-BLOCK-SIGNATURE", "not signed by genesis' signer, or by anybody")

typedef enum pp_chain_code {
#define X(name, code, text) PP_CHAIN_##name,
    PP_CHAIN_CODES(X)
#undef X
        PP_CHAIN_CODES_LEN
} pp_chain_code;

// "C-NONCE-LOW".
const char *pp_chain_reason(pp_chain_code code);
// What a code says, "C-…" or "M-…", in words; NULL where there is no such code.
const char *pp_chain_reason_text(const char *code);

// What the host hands in. All functions must be pure in their arguments: whatever machine runs
// them, and however often, they say the same. They outlive the chain.
typedef struct pp_chain_env {
    void *ctx;
    // Whether the network's check, the one that genesis names, accepts this claim. vm_id, context
    // and all else in it have been filled in by the chain; only the proof is the sender's, and no
    // larger than genesis allows. A verifier compares what the proof proves with the claim; a
    // re-execution runs the program on the input that pp_chain_input gives for claim->input_id and
    // compares the output. Batch inputs of this chain can be read during the call.
    bool (*check)(void *ctx, const pp_claim *claim, pp_bytes proof);
    // Runs the batch guest before a batch is offered: true when it halts with code 0 and this very
    // output; anything else stops the lane. NULL: no preflight (every claim will fail its check
    // where the guest differs). False with err->exit_code set when the environment failed (the
    // block is then not finalized).
    bool (*preflight)(void *ctx, pp_err *err, const pp_hash32 *program_id, pp_bytes input,
                      pp_bytes output);
    // Whether one proof that genesis accepts is sure to hold this rollup's full batch, as the entry
    // estimates it. Asked of every rollup that a command makes; those of genesis are its host's to
    // ask about before block 1. NULL: everything fits.
    bool (*fits)(void *ctx, const pp_genesis_rollup *entry);
    pp_store *store; // nodes of the rollups' states
} pp_chain_env;

typedef struct pp_chain pp_chain;

// The state before block 1. The genesis' allocations are written to the store. False with one
// sentence: a bad genesis (its member is named), or a store that fails.
PP_NODISCARD bool pp_chain_new(pp_err *err, pp_chain **out, const char *name, pp_bytes genesis,
                               const pp_chain_env *env);
void pp_chain_free(pp_chain *chain); // NULL is fine

// ---- blocks -----------------------------------------------------------------------------------

// What became of one item of a block: the first reason that applies, in the order of the codes
// (a lane's SUBMITTER, STOPPED, BACKLOG, TX_SIZE in this order). A command whose signature and
// nonce are right and whose fee is covered uses its nonce up and pays the fee, whatever else
// becomes of it; for all items of a block that is done before the first of them is executed. A LANE
// command is taken whole or
// not at all, unless one of its batches brings an incident: STOPPED then, and the events say which
// transactions went in.
typedef struct pp_chain_item_result {
    pp_chain_code code;
    pp_market_reason market; // when code is MARKET
    bool has_sender;         // a command with the signature of `sender`
    pp_address sender;
    uint8_t kind; // pp_command_kind; 0 for an open lane's transaction
    pp_u128 fee;  // wei, burned of the sender's free balance for the command's bytes
} pp_chain_item_result;

// The reason to show: "M-…" when the market refused, else "C-…" or "OK".
const char *pp_chain_item_reason(const pp_chain_item_result *result);

typedef enum pp_chain_event_kind {
    PP_EVENT_TX,        // lane, batch, number = the transaction's index in the lane, rollup = its
                        // reason; account = its sender, where the signature was good; forced, and
                        // then position = its number in the forced queue
    PP_EVENT_DEPOSIT,   // lane, batch, number = the deposit's in the queue: account got amount
    PP_EVENT_QUEUED,    // lane, number, amount = its fee: a deposit or (forced) a transaction waits
    PP_EVENT_CUT,       // lane, batch, number = its transactions, amount = its base fees
    PP_EVENT_POSTED,    // lane, batch, request, amount = auction reserve
    PP_EVENT_UNFUNDED,  // the same, but the fund could not carry it: open, unescrowed
    PP_EVENT_HELD_BACK, // lane, batch, text: the market's code; tried again at every block's end
    PP_EVENT_MARKET,    // market = the market's own event; lane and batch where it is about one
    PP_EVENT_CHECKED,   // lane, batch, request: a claim of `account` was accepted
    PP_EVENT_ROOT,      // lane, batch: the root has advanced to the one behind this batch
    PP_EVENT_FEES,      // lane, batch, amount: its base fees have gone to the fund `account`
    PP_EVENT_CLAIMED,   // lane, batch, number = the withdrawal's index in it, amount: paid to
                        // `account`
    PP_EVENT_FROZEN,    // lane, batch: somebody leaves; this batch and all behind it are void
    PP_EVENT_CREATED,   // lane: `account` has made this rollup, with amount in its fund
    PP_EVENT_REFUNDED,  // lane, number: this deposit's amount is its sender's (account) again
    PP_EVENT_EXITED,    // lane, amount: what `account` had in the rollup was paid
    PP_EVENT_INCIDENT,  // lane, batch, text: the lane stands still; people must look
} pp_chain_event_kind;

typedef struct pp_chain_event {
    pp_chain_event_kind kind;
    uint32_t item; // index of the item that caused it, PP_CHAIN_NO_ITEM for the block itself
    bool protocol; // lane and batch are meant: always, but for a market event about a request of
                   // somebody else, or about none (REPAID)
    uint64_t lane;
    uint64_t batch;
    uint64_t number;
    bool forced;
    uint64_t position;
    pp_hash32 request;
    pp_address account;
    pp_u128 amount;
    pp_rollup_reason rollup;
    pp_market_event market;
    const char *text; // static
} pp_chain_event;
#define PP_CHAIN_NO_ITEM UINT32_MAX

// Views into the chain, valid until its next finalize.
typedef struct pp_chain_result {
    pp_chain_code code; // not OK: the block is none of this chain's, and nothing has changed
    size_t items_len;
    const pp_chain_item_result *items;
    size_t events_len;
    const pp_chain_event *events;
} pp_chain_result;

// Whether an item would be taken into the next block: everything that can be said without
// executing it. For a host's door; the market's and the rollup's own refusals come with the block.
// A nonce above the next one is refused: the host orders what waits.
pp_chain_code pp_chain_check(const pp_chain *chain, pp_bytes item);
// Commands of one sender that stand before another of its in the same block; claims do not count.
typedef struct pp_chain_ahead {
    uint64_t commands;
    uint64_t bytes; // of them
} pp_chain_ahead;
// The same behind these: its nonce counts from them and their fees are gone, all else is looked at
// as it stands now. What is OK here will pay for its bytes in the next block, whatever those before
// it do. And a proof that the market would not even look at is
// MARKET, and *market says why (else OK): it is large, and would be refused for nothing.
pp_chain_code pp_chain_check_behind(pp_market_reason *market, const pp_chain *chain, pp_bytes item,
                                    pp_chain_ahead ahead);
// Wei that so many bytes of commands cost their sender. A command is charged for all of its item's,
// from its free balance, before the block's first item is executed, and they burn. Free are: claims
// (WITHDRAW, WITHDRAW_TO, EXIT), each paid once; a proof that the market takes, which gets its fee
// back; and a primary's proof that the market would look at, as the first command of its sender in
// a block, where the balance does not cover the fee.
pp_u128 pp_chain_command_fee(const pp_chain *chain, uint64_t bytes);

// The next block with the first *taken of these items, as many as genesis' limits let in,
// malloc'ed: up to the first one that the block has no room for, or that would give its kind,
// commands or transactions, more than its share beside what the list has of the other
// (pp_genesis_share). An item that pp_chain_check calls C-SIZE never goes in: leave it out, or
// nothing behind it does.
uint8_t *pp_chain_propose(size_t *out_size, size_t *taken, const pp_chain *chain, uint64_t time,
                          const pp_hash32 *beacon, const pp_bytes *items, size_t items_len);

// Whether bytes are a possible next block: form, height, parent, state, beacon. Its items are not
// looked into: one that is refused stands in the block with its reason. Changes nothing.
pp_chain_code pp_chain_process(const pp_chain *chain, pp_bytes block);

// Executes the next block; pp_chain_commit must come before the one after it. False with *err only
// when the environment failed (the store, the preflight): the chain is then spent and must be built
// anew from the log. A block that is none of this chain's is told by result->code.
//
// In this order: market time advances by max(0, min(step of the block's time, 3 block intervals))
// and what is due by then happens; the items, one after the other; lane by lane, batches that have
// waited long enough are cut and what is cut is posted; the beacon draws. The ledger is then
// checked: a sum that is not the supply ends the program.
PP_NODISCARD bool pp_chain_finalize(pp_err *err, pp_chain_result *result, pp_chain *chain,
                                    pp_bytes block);
// Makes the finalized block the last one and gives the hash of the state behind it: a host calls
// it when the block is durable. Between the two, queries see the state behind the finalized block,
// but info.app_hash is still the one before it. Asserts that a block was finalized.
void pp_chain_commit(pp_hash32 *app_hash, pp_chain *chain);

// ---- queries: the state behind the last block --------------------------------------------------

typedef struct pp_chain_info {
    pp_hash32 genesis;
    uint64_t height;      // 0: no block yet
    uint64_t time;        // of the last block, ms; of genesis before the first
    uint64_t market_time; // ms
    pp_hash32 parent;     // what the next block must name
    pp_hash32 app_hash;
    pp_hash32 beacon; // last preimage shown
    pp_genesis_check check;
    pp_hash32 vm_id;
    uint64_t lanes;
    uint64_t lanes_of_genesis; // the first of them; the others were created by a command
    bool incident;             // some lane stands still
    // Accounts that hold something, or whose place nobody else can have; places; and what one costs
    // now that must be made (wei, burned out of the first money that comes, and at most half of
    // it).
    uint32_t accounts, accounts_max;
    pp_u128 account_price;
} pp_chain_info;
void pp_chain_info_get(pp_chain_info *out, const pp_chain *chain);

// Everything the file said; behind its rollups those that were created since, and rollups_len
// counts them. Valid as long as the chain; an entry never changes and never moves.
const pp_genesis *pp_chain_genesis(const pp_chain *chain);
// The market's state, for its own queries (requests, bids, provers, free balances, deadlines).
// Valid until the next finalize.
const pp_market *pp_chain_market(const pp_chain *chain);
// The next nonce of an account's commands; of the first one, where it has no account yet and would
// get one now.
uint64_t pp_chain_nonce(const pp_chain *chain, const pp_address *account);
// The account that is a rollup's proof fund: no key can sign for it. Keccak-256 of
// ("polypoly/fund/1", genesis hash, lane), its last 20 bytes.
void pp_chain_fund_address(pp_address *out, const pp_chain *chain, uint64_t lane);

typedef struct pp_chain_lane {
    uint64_t transactions;      // ordered so far
    uint64_t applied;           // of them
    uint64_t batches;           // cut so far
    uint64_t checked;           // batches whose root has advanced: the first unchecked one's number
    uint64_t accepted;          // behind these, accepted: their roots wait for an earlier batch's
    bool open;                  // a batch is running; it may hold deposits only
    uint64_t open_height;       // of the block in which it began
    uint64_t open_transactions; // ordered, not cut yet
    uint64_t open_bytes;        // of them, without the forced ones
    pp_digest ordered_root;     // behind the last ordered transaction
    pp_digest cut_root;         // behind the last batch
    pp_digest checked_root;     // behind the last batch whose root has advanced
    // The queues: entries ever made, consumed by the ordered state, and under the checked root.
    uint64_t deposits, deposit_position, checked_deposit_position;
    uint64_t forced, forced_position, checked_forced_position;
    pp_u128 deposit_fee, forced_fee; // wei, what the next entry of each costs
    // Wei per gas of the running batch; where none runs, of the one that would begin now.
    uint64_t base_fee;
    // Money, wei.
    pp_u128 deposited;      // waits in the deposit queue
    pp_u128 locked;         // sum of the rollup's balances behind the last ordered transaction
    pp_u128 checked_locked; // behind the checked root
    pp_u128 pending_fees;   // base fees of transactions behind the last checked root
    pp_u128 withdrawn;      // left the rollup's balances, not claimed yet
    pp_u128 claimable;      // of it: in batches whose root has advanced
    pp_u128 fund;           // free balance of the proof fund
    pp_u128 debt;           // owed by the fund for accepted checks
    pp_u128 reserve_rate;   // wei per million of work, for the next batch: the automatic reserve
    uint64_t room;          // batches that can be cut before others are checked and settled
    const char *incident;   // NULL, or why the lane stands still (static)
    // The exit (docs/chain.md).
    bool waits;            // something stands above the last checked root, and has since the
    uint64_t waits_time;   // block of this market time and
    uint64_t waits_height; // this height; both 0 when not
    bool exit_open;        // an account may leave now
    bool frozen;           // one has: ordered_root and cut_root are what is left of checked_root
} pp_chain_lane;
// False when there is no such lane.
PP_NODISCARD bool pp_chain_lane_get(pp_chain_lane *out, const pp_chain *chain, uint64_t lane);

typedef enum pp_batch_status {
    PP_BATCH_CUT = 1,  // not posted: the market did not take it yet
    PP_BATCH_WAITING,  // a request is out
    PP_BATCH_ACCEPTED, // its check was accepted; an earlier batch's was not yet
    PP_BATCH_DONE,     // the root has advanced
    PP_BATCH_VOID,     // the lane is frozen: it never will
} pp_batch_status;

typedef struct pp_chain_batch {
    pp_batch_status status;
    uint64_t begun;  // height of the block in which it began
    uint64_t height; // of the block that cut it
    uint64_t first;  // index in the lane of its first transaction
    uint32_t transactions;
    uint32_t forced; // of them: these stand first
    uint32_t applied;
    uint32_t deposits;
    pp_u128 deposited, withdrawn; // wei
    uint64_t gas_used;
    uint64_t bytes; // of its raw transactions
    pp_rollup_env env;
    pp_rollup_output output;
    uint8_t output_bytes[PP_ROLLUP_OUTPUT_SIZE];
    pp_hash32 program_id;
    pp_hash32 input_id;
    size_t input_size;
    // NULL data when it is no longer kept: the root has advanced and the request is closed. Valid
    // until the next finalize.
    pp_bytes input;
    pp_hash32 request;
    bool escrowed;   // false: not posted yet, or posted when the fund could not carry it
    pp_u128 reserve; // wei, when it was cut: reserve_rate * work / 10^6, at least 1
    uint64_t work;   // as estimated (chain/genesis.h)
    // From ACCEPTED on:
    pp_address prover; // whose claim was accepted
    uint64_t accepted_height;
} pp_chain_batch;
// False when there is no such batch, or no record of it any more: a thousand batches behind the
// checked root are kept, and their transactions; the log has all of them.
PP_NODISCARD bool pp_chain_batch_get(pp_chain_batch *out, const pp_chain *chain, uint64_t lane,
                                     uint64_t batch);
// By how many millionths gas of a batch of this rollup can cost more than that of the one before,
// at most: the step of its rule, or the floor's for one more batch that waits. (What proofs are
// paid moves the floor, too: nobody can know that.)
uint64_t pp_fee_rise(const pp_genesis_rollup *rollup);
// The states that are still asked for: of each lane the checked one, that of each batch above it,
// and the one that what runs began from. Writes at most max; returns how many there are. A store
// may forget all others (state/store.h).
size_t pp_chain_roots(pp_digest *out, size_t max, const pp_chain *chain);
// The lane and batch of a protocol request; false when the request is somebody's own, or closed and
// forgotten by the market.
PP_NODISCARD bool pp_chain_batch_of(uint64_t *lane, uint64_t *batch, const pp_chain *chain,
                                    const pp_hash32 *request);
// A published input by id; false when it is not, or no longer, here. Valid until the next finalize.
// Works inside env.check.
PP_NODISCARD bool pp_chain_input(pp_bytes *out, const pp_chain *chain, const pp_hash32 *input_id);

typedef struct pp_chain_tx {
    pp_hash32 hash; // Keccak-256 of the raw bytes
    uint64_t height;
    uint64_t batch;          // the batch it stands in, or will stand in
    uint64_t base_fee;       // of that batch, wei per gas
    pp_rollup_reason reason; // OK: applied
    bool forced;             // it came through the forced queue
    bool has_sender;
    pp_address sender;
    uint64_t gas_used;
} pp_chain_tx;
// A transaction of a lane by its index; false when there is none yet, or no record of it any more.
PP_NODISCARD bool pp_chain_tx_get(pp_chain_tx *out, const pp_chain *chain, uint64_t lane,
                                  uint64_t index);

// An entry of a lane's queues by its number; false when there is none yet, or its batch's root has
// advanced since the last block. raw is valid until the next finalize.
typedef struct pp_chain_deposit {
    pp_address from; // whose free balance it came from
    pp_deposit deposit;
    uint64_t height, time; // of its block
    pp_hash32 hash;        // running hash with it (rollup/rollup.h)
} pp_chain_deposit;
typedef struct pp_chain_forced {
    pp_address from; // who paid the fee
    pp_bytes raw;
    uint64_t height, time;
    pp_hash32 hash;
} pp_chain_forced;
PP_NODISCARD bool pp_chain_deposit_get(pp_chain_deposit *out, const pp_chain *chain, uint64_t lane,
                                       uint64_t number);
PP_NODISCARD bool pp_chain_forced_get(pp_chain_forced *out, const pp_chain *chain, uint64_t lane,
                                      uint64_t number);

// An account of a rollup: in the ordered state, or behind the last checked root. Leaves no trace in
// the running batch. False with *err when there is no such lane or the store fails.
PP_NODISCARD bool pp_chain_rollup_account(pp_err *err, pp_account *out, pp_chain *chain,
                                          uint64_t lane, const pp_address *address, bool checked);

// Every account that there is in a rollup's ordered state, in no order that means anything. False
// with *err when there is no such lane or the store fails.
PP_NODISCARD bool pp_chain_each_account(pp_err *err, pp_chain *chain, uint64_t lane, void *ctx,
                                        void (*each)(void *ctx, const pp_address *address,
                                                     const pp_account *account));

// A withdrawal that can be claimed (PP_COMMAND_WITHDRAW).
typedef struct pp_chain_withdrawal {
    uint64_t batch;
    pp_withdrawal withdrawal;
} pp_chain_withdrawal;
// The first one of a lane at or behind *batch, *index that nobody has claimed yet and that is this
// receiver's (NULL: anybody's); *batch and *index are then moved behind it. From 0, 0 on, until it
// says false, they are all there are. Takes time in proportion to the unclaimed ones passed over.
PP_NODISCARD bool pp_chain_unclaimed(pp_chain_withdrawal *out, uint64_t *batch, uint64_t *index,
                                     const pp_chain *chain, uint64_t lane,
                                     const pp_address *receiver);
// All withdrawals of a batch, claimed or not, for pp_withdrawals_path; false when none of them is
// left to claim. Valid until the next finalize.
PP_NODISCARD bool pp_chain_withdrawals_of(const pp_withdrawal **all, size_t *len,
                                          const pp_chain *chain, uint64_t lane, uint64_t batch);

// The multiproof of one account under a root of the store, malloc'ed: for PP_COMMAND_EXIT, against
// the last checked root. False when the store fails or has no such root.
PP_NODISCARD bool pp_exit_proof(pp_err *err, uint8_t **out, size_t *out_size, pp_store *store,
                                const pp_digest *root, const pp_address *who);

// ---- the ledger -------------------------------------------------------------------------------

// Every wei on the chain, in one sum. Checked after every block.
typedef struct pp_chain_ledger {
    pp_u128 free;         // accounts
    pp_u128 escrow;       // of requests
    pp_u128 stakes;       // of provers, whether locked or not
    pp_u128 bonds;        // of bids and proofs
    pp_u128 pots;         // forfeited stake that waits for its settlement
    pp_u128 funds;        // proof funds of the rollups
    pp_u128 deposited;    // wait in the rollups' deposit queues
    pp_u128 locked;       // balances inside the rollups
    pp_u128 pending_fees; // base fees behind the checked roots: the funds' once these advance
    pp_u128 withdrawn;    // left a rollup, not claimed yet
    pp_u128 burned;
    pp_u128 sum;    // of all of the above
    pp_u128 supply; // genesis: what the sum must be
    pp_u128 debts;  // owed by the funds; not part of the sum
} pp_chain_ledger;
// True when sum == supply (and no addition overflowed).
bool pp_chain_ledger_get(pp_chain_ledger *out, const pp_chain *chain);
// The ledger line by line: index from 0; NULL when there is no such line. The sum stands last but
// two, then the supply, then the debts.
const char *pp_chain_ledger_line(pp_u128 *amount, const pp_chain_ledger *ledger, size_t index);

// ---- snapshot ---------------------------------------------------------------------------------

// The canonical bytes behind the app hash, malloc'ed: Keccak-256("polypoly/app/3", bytes).
// Accounts, requests and debts stand in them as the market's state hash, a rollup's accounts as its
// roots; all that grows with the log (transactions, advanced batches, nonces) as chained hashes. So
// they show where two states differ; they are no state to start from: that is the image.
uint8_t *pp_chain_snapshot(size_t *out_size, const pp_chain *chain);

// ---- image ------------------------------------------------------------------------------------

// The whole chain behind its last block as bytes, malloc'ed: a chain loaded from them is the same
// to every block and question to come. Not in them: the genesis, and the nodes of the rollups'
// states, which the store holds (of pp_chain_roots: pp_store_save). No block is in work, asserted.
uint8_t *pp_chain_save(size_t *out_size, const pp_chain *chain);
// The chain of an image, of this genesis; the store must hold the states of its roots. The running
// batches are executed again. False with one sentence: exit code 1 when the bytes are no image of a
// chain of this genesis, with all the money in it, whose state has the app hash that they name; 2
// when the environment failed.
//
// What that app hash does not cover is believed: the nonces, debts, closed requests, terms of open
// ones, who queued an entry and when, records for questions. All of these stand in it as chained
// hashes or ids only. So an image is for the host that made it, or for whoever checks its bytes by
// another way.
PP_NODISCARD bool pp_chain_load(pp_err *err, pp_chain **out, const char *name, pp_bytes genesis,
                                const pp_chain_env *env, pp_bytes image);

#endif
