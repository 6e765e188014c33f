// SPDX-License-Identifier: MIT OR Apache-2.0
// What the application's files share. Only for chain/.
#ifndef PP_CHAIN_INTERNAL_H
#define PP_CHAIN_INTERNAL_H

#include "chain/chain.h"
#include "chain/wire.h"

// The withdrawals of one batch, in its order.
typedef struct pp_leaving {
    size_t len, max;
    pp_withdrawal *all; // heap
} pp_leaving;

// Those of a batch whose root has advanced, as long as one of them is not claimed. At most
// PP_ROLLUP_BATCH_TX_MAX + PP_ROLLUP_FORCED_MAX of them, each of which has cost its sender the gas
// of a transfer.
typedef struct pp_claimable {
    uint64_t batch;
    pp_hash32 top; // of their tree, as its root in the batch's output demands
    uint32_t left; // not claimed
    pp_leaving withdrawals;
    uint8_t *paid; // heap; bit i: index i is claimed
} pp_claimable;

typedef struct pp_batch_record {
    pp_chain_batch batch; // batch.input views input
    uint8_t *input;       // heap; NULL when it is no longer kept
    pp_leaving leaving;   // moves to the lane's claimable ones with the root
    bool held;            // the market has refused it, and that was said
    pp_hash32 hash;       // of all of it that counts: pp_batch_changed
} pp_batch_record;

typedef struct pp_lane_forced {
    pp_chain_forced entry;
    uint8_t *raw; // heap; what entry.raw views
} pp_lane_forced;

typedef struct pp_lane {
    const pp_genesis_rollup *rollup;
    uint64_t id;
    pp_address fund;
    pp_chain_lane now; // fund and debt are the market's: filled in by the query
    uint64_t posted;   // batches that have a request: in order
    // The running batch; means something where now.open.
    pp_state state;
    pp_rollup_env env;
    pp_rollup_totals totals;
    uint32_t open_applied, open_deposits, open_forced;
    pp_u128 open_deposited;   // wei
    uint64_t open_forced_raw; // bytes
    pp_wire open_raw;         // its transactions one behind the other, the forced ones first
    uint32_t *open_sizes;     // rollup->queue_forced + rollup->batch_transactions entries
    pp_leaving leaving;       // its withdrawals
    bool touched;             // ordered_root is out of date
    // The fee rule: the last batch's base fee and gas; trailing means of what was paid for a
    // batch's proof, and of a batch's gas.
    uint64_t fee_base, fee_gas, fee_paid_gas;
    pp_u128 fee_paid;
    // What can be claimed, ascending by batch.
    size_t claimable_len, claimable_max;
    pp_claimable *claimable;
    // The queues: entries from number deposits_first and forced_first; what is under the checked
    // root goes at the next block.
    uint64_t deposits_first, forced_first;
    size_t deposits_len, deposits_max, forced_len, forced_max;
    pp_chain_deposit *deposits;
    pp_lane_forced *forced;
    pp_hash32 deposits_hash, forced_hash;         // running hashes of all entries ever,
    pp_hash32 consumed_deposits, consumed_forced; // and of those that are in the ordered state
    pp_hash32 queue_hash;                         // of all of them with all that they say
    // What queries can see: the last records, from number txs_first and batches_first.
    uint64_t txs_first, batches_first;
    size_t txs_len, txs_max, batches_len, batches_max;
    pp_chain_tx *txs;
    pp_batch_record *batches;
    // All of both, as chained hashes, for the app hash.
    pp_hash32 txs_hash;     // of every ordered transaction
    pp_hash32 batches_hash; // of every batch whose root has advanced
    pp_hash32 claims_hash;  // of every claim that was paid
} pp_lane;

// What the chain knows of an account beside what the market does.
typedef struct pp_place {
    uint64_t nonce;    // of its next command
    uint64_t sent;     // height of the last block with a command of its; not kept in images
    uint32_t deposits; // from it, that a freeze would give back
    bool market;       // the market knows it (a command of its own, a rollup's fund): for good
} pp_place;

struct pp_chain {
    pp_genesis genesis;
    pp_hash32 genesis_hash;
    size_t from_genesis; // rollups that the file names; behind them those that commands made
    pp_chain_env env;
    void *market_memory;
    pp_market market;
    // By the market's account index: accounts_max of them.
    pp_place *places;
    uint64_t *vacant;     // a bit each: the place holds nothing and can be given to another address
    uint32_t vacant_len;  // of them
    uint32_t vacant_from; // no word of vacant before this one has a bit
    uint32_t places_named;   // the first ones: genesis names them, they are never vacant
    uint64_t nonce_floor;    // above every nonce of an address that has lost its place
    pp_hash32 nonces_hash;   // of every change, chained
    pp_lane *lanes;          // genesis.rollups_len of genesis.registry.rollups
    pp_hash32 registry_hash; // of every rollup that was created, chained
    pp_u128 burned;          // by the chain itself: prices of these and of places, commands' fees
    pp_u128 supply;
    // The last block.
    uint64_t height, time;
    pp_hash32 parent, beacon, app_hash;
    // The block in work.
    bool entering;  // its commands are being paid for
    bool finalized; // commit is due
    bool failed;    // the environment failed: good for nothing any more
    uint32_t item;
    size_t events_len, events_max, items_len, items_max;
    pp_chain_event *events;
    pp_chain_item_result *items;
};

// ---- sender.c: whose an item is, and what its bytes cost ----------------------------------------

typedef struct pp_admission {
    pp_item item;
    pp_chain_item_result result;
    uint32_t account;           // COMMAND: the sender's; not of a claim
    pp_u128 unpaid;             // at the door: fees, its own too, that a block takes before it
    pp_market_command *command; // MARKET: decoded here; the caller's
    pp_lane *lane;              // LANE, FUND, WITHDRAW, EXIT, PP_ITEM_LANE_TX
    pp_bytes txs;               // LANE: its transactions, each u32 size and bytes
    uint64_t batch;             // WITHDRAW
    pp_withdrawal withdrawal;   // WITHDRAW, WITHDRAW_TO
    pp_address receiver;        // TRANSFER, DEPOSIT, EXIT, WITHDRAW, WITHDRAW_TO: who is paid
    pp_u128 amount;             // TRANSFER, FUND, DEPOSIT
    pp_u128 fee;                // DEPOSIT, FORCE
    pp_bytes raw;               // FORCE
    pp_genesis_rollup entry;    // CREATE
} pp_admission;

// Begins an admission: size and form, and of a command network, signature, nonce and fee. scratch
// is memory.
void pp_sender_look(pp_admission *out, pp_market_command *scratch, const pp_chain *chain,
                    pp_bytes item, pp_chain_ahead ahead);
// Sets a->account to the sender's; false where it has none.
PP_NODISCARD bool pp_sender_find(pp_admission *a, const pp_chain *chain);
// What the sender of a command that is no claim can spend beside the fees.
pp_u128 pp_sender_has(const pp_admission *a, const pp_chain *chain);
// Begins the result of a block's next item: where it is good so far, a command uses its nonce up
// and its fee is burned.
void pp_sender_enter(pp_chain *chain, pp_bytes item, pp_market_command *scratch);
// Gives such a fee back.
void pp_sender_give_back(pp_chain *chain, pp_chain_item_result *result);
// A command that uses a nonce and pays a fee, once pp_sender_look calls it OK.
static inline bool pp_chain_is_counted(const pp_chain_item_result *result) {
    return result->has_sender && !pp_command_is_claim(result->kind);
}
// Its proof is no larger than genesis allows.
bool pp_proof_fits(const pp_chain *chain, const pp_market_command *command);

// ---- admit.c: what else can be said of an item without executing it -----------------------------

// Of an item that pp_sender_look calls OK, result.code OK: it would be taken into the next block.
// command is scratch memory.
void pp_chain_admit(pp_admission *a, pp_market_command *command, const pp_chain *chain);

// ---- accounts.c: making and leaving accounts ----------------------------------------------------

void pp_accounts_init(pp_chain *chain);
void pp_accounts_free(pp_chain *chain);
// Makes what follows from the rest of a state: deposits that wait, vacant places. False when an
// account is missing that such a deposit came from.
PP_NODISCARD bool pp_accounts_restore(pp_chain *chain);
// What a place costs now: proof_bond, and twice as much for each 32nd of the table above half.
pp_u128 pp_accounts_price(const pp_chain *chain);
// Whether it has an account that is not vacant.
bool pp_accounts_there(const pp_chain *chain, const pp_address *who);
// Whether `to` has an account or could have one.
bool pp_accounts_has_room(const pp_chain *chain, const pp_address *to);
// Whether this much money can go to `to`: OK; AMOUNT, where an account must be made and that takes
// more than half of it; FULL.
pp_chain_code pp_accounts_admit(const pp_chain *chain, const pp_address *to, pp_u128 amount);
// Takes the place of another address for `to` where the table is full; there is room.
void pp_accounts_make_room(pp_chain *chain, const pp_address *to);
// Pays what pp_accounts_admit calls OK: from a free balance that has it, or (NULL) from outside the
// market. The price of a place is burned out of it.
void pp_accounts_pay(pp_chain *chain, const pp_address *from, const pp_address *to, pp_u128 amount);
// A balance has changed otherwise.
void pp_accounts_look(pp_chain *chain, const pp_address *who);
// From now on the account is the market's too: requests, bids and debts may name it.
void pp_accounts_in_market(pp_chain *chain, const pp_address *who);
// A deposit from this account is in a queue (waits), or under the checked root or given back.
void pp_accounts_deposit_waits(pp_chain *chain, const pp_address *from, bool waits);

// ---- events ------------------------------------------------------------------------------------

// A new event, zeroed but for its kind and the running item. Valid until the next one.
pp_chain_event *pp_chain_emit(pp_chain *chain, pp_chain_event_kind kind);
pp_chain_event *pp_chain_emit_batch(pp_chain *chain, pp_chain_event_kind kind, const pp_lane *lane,
                                    uint64_t batch);

// ---- lane.c: ordering and cutting --------------------------------------------------------------

void pp_lane_fund_address(pp_address *out, const pp_hash32 *genesis, uint64_t lane);
void pp_lane_init(pp_chain *chain, uint64_t id);
extern const char pp_lane_incident[]; // why a lane stands still: there is no other reason
// Writes the genesis' accounts to the store.
PP_NODISCARD bool pp_lane_allocate(pp_err *err, pp_chain *chain, pp_lane *lane);
void pp_lane_free(pp_lane *lane);
// How many more batches can be cut, the running one among them: fewer than the lane's backlog may
// wait for a check, and fewer hold a place in the market or wait for one. The lane's places are as
// many, so none needs another's.
uint64_t pp_lane_room(const pp_chain *chain, const pp_lane *lane);
bool pp_lane_has_room(const pp_chain *chain, const pp_lane *lane);
// How many of the lane's requests are open: a proven one too, until it is settled.
uint32_t pp_lane_open_requests(const pp_chain *chain, const pp_lane *lane);
// Appends one transaction and executes it; cuts where that is due. An incident leaves it out
// (lane->now.incident says so), and so does a cut behind which there is no room for the next batch.
// False when the environment failed.
PP_NODISCARD bool pp_lane_append(pp_err *err, pp_chain *chain, pp_lane *lane, pp_bytes raw);
// A lane that is frozen: what is ordered and not cut is gone.
void pp_lane_drop_open(pp_lane *lane);
// Writes the view's new nodes, unless the store has them: a chain built anew from its log comes by
// every root again. *root: of the view.
PP_NODISCARD bool pp_lane_keep_nodes(pp_err *err, pp_store *store, pp_state *state,
                                     pp_digest *root);
// At the end of a block: begins a batch for who waits in a queue, cuts what has waited long enough,
// brings ordered_root up to date.
PP_NODISCARD bool pp_lane_end_block(pp_err *err, pp_chain *chain, pp_lane *lane);

// ---- queue.c: deposits and forced transactions -------------------------------------------------

void pp_queue_free(pp_lane *lane);
// Whether a queue takes an entry at a fee of at most fee_max; *fee is what it costs.
pp_chain_code pp_queue_admit_deposit(pp_u128 *fee, const pp_lane *lane, pp_u128 fee_max);
pp_chain_code pp_queue_admit_forced(pp_u128 *fee, const pp_lane *lane, pp_u128 fee_max);
// Take the money of an admitted command and append its entry.
void pp_queue_deposit(pp_chain *chain, const pp_admission *a);
void pp_queue_force(pp_chain *chain, const pp_admission *a);
// Somebody waits for the next batch.
bool pp_queue_waits(const pp_lane *lane);
// Whether a deposit of this account has waited for a root as many blocks as the exit waits.
bool pp_queue_deposit_has_waited(const pp_chain *chain, const pp_lane *lane,
                                 const pp_address *from);
// A lane that is frozen: what is not under its checked root goes back to whom it came from.
void pp_queue_refund(pp_chain *chain, pp_lane *lane);
// Forgets entries under the checked root.
void pp_queue_release(pp_chain *chain, pp_lane *lane);
// The entry of this number; it is there.
const pp_chain_deposit *pp_queue_deposit_at(const pp_lane *lane, uint64_t number);
const pp_chain_forced *pp_queue_forced_at(const pp_lane *lane, uint64_t number);

// ---- registry.c: rollups by command -------------------------------------------------------------

// What the market says of the request for an entry's largest batch.
pp_market_reason pp_registry_check_request(const pp_market_params *market,
                                           const pp_genesis_rollup *entry);
pp_chain_code pp_registry_admit(pp_admission *a, const pp_chain *chain);
PP_NODISCARD bool pp_registry_create(pp_err *err, pp_chain *chain, pp_admission *a);

// ---- fee.c: what gas costs ----------------------------------------------------------------------

void pp_fee_init(pp_lane *lane);
// Wei per gas of the batch that would begin now.
uint64_t pp_fee_next(const pp_lane *lane);
// A batch was cut; the request for one was closed at this price.
void pp_fee_cut(pp_lane *lane, const pp_chain_batch *batch);
void pp_fee_paid(pp_lane *lane, const pp_chain_batch *batch, pp_u128 paid);

// ---- batch.c: from a cut batch to its root -----------------------------------------------------

// NULL when there is no such batch, or no record of it any more.
pp_batch_record *pp_lane_batch(const pp_lane *lane, uint64_t batch);
pp_lane *pp_lane_of_request(uint64_t *batch, const pp_chain *chain, const pp_hash32 *request);
// A full batch's request, as the market must take it.
void pp_batch_terms(pp_market_terms *out, const pp_lane *lane, const pp_chain_batch *batch);
void pp_batch_price(pp_chain_batch *batch, const pp_lane *lane);
// Wei for so much work at the lane's reserve rate, at least 1.
pp_u128 pp_lane_price(const pp_lane *lane, uint64_t work);
// Posts what is cut, in order, as far as the market takes it.
void pp_lane_post(pp_chain *chain, pp_lane *lane);
// A batch whose root will never advance: its request is cancelled in whatever state.
void pp_batch_void(pp_chain *chain, pp_lane *lane, uint64_t batch);
// Acts on the market's events from number `first` on: claims, roots, fees, the next reserve.
void pp_chain_follow_market(pp_chain *chain, size_t first);

// ---- claims.c: withdrawals ----------------------------------------------------------------------

// The running batch's next withdrawal.
void pp_claims_note(pp_lane *lane, const pp_address *receiver, pp_u128 amount);
// The running batch is cut: its withdrawals are the record's.
void pp_claims_cut(pp_lane *lane, pp_batch_record *record);
// Its root has advanced: they can be claimed.
void pp_claims_open(pp_lane *lane, pp_batch_record *record);
// Whether this claim would be paid now: OK, NOT_PROVEN, CLAIMED or PATH.
pp_chain_code pp_claims_check(const pp_lane *lane, uint64_t batch, const pp_withdrawal *w,
                              const pp_hash32 *path, size_t path_len);
// Pays one that pp_claims_check calls OK to an account that can be paid.
void pp_claims_pay(pp_chain *chain, pp_lane *lane, uint64_t batch, const pp_withdrawal *w,
                   const pp_address *to);
pp_u128 pp_claims_sum(const pp_leaving *leaving); // wei
void pp_claims_forget(pp_leaving *leaving);
void pp_claims_free(pp_lane *lane);

// ---- exit.c ------------------------------------------------------------------------------------

// At the end of each block: whether something waits for a root, and since when. A root that
// advances clears now.waits at once.
void pp_exit_end_block(const pp_chain *chain, pp_lane *lane);
bool pp_exit_is_open(const pp_chain *chain, const pp_lane *lane);
// Whether a multiproof shows what this account has under the last checked root: OK, PATH, or EXITED
// when that is nothing and no deposit of its waits to be given back, or when it has left.
pp_chain_code pp_exit_check(pp_u128 *amount, const pp_chain *chain, const pp_lane *lane,
                            const pp_address *who, pp_bytes proof);
// Pays one that pp_exit_check calls OK while the exit is open; the first one freezes the lane.
// False when the environment failed.
PP_NODISCARD bool pp_exit_pay(pp_err *err, pp_chain *chain, pp_admission *a);

// ---- chain.c -----------------------------------------------------------------------------------

// A chain with its genesis, room for its lanes and an empty market: nothing of it has happened yet.
// NULL with one sentence.
pp_chain *pp_chain_shell(pp_err *err, const char *name, pp_bytes genesis, const pp_chain_env *env);
// Every lane can have its backlog of requests out, whoever else posts. False with one sentence.
PP_NODISCARD bool pp_chain_keep_places(pp_err *err, pp_chain *chain, const char *name);
// The market asks this chain for its checks and tells it what happens.
void pp_chain_attend(pp_chain *chain);
// All of the chain that an image holds, written or read.
void pp_chain_image(pp_image *im, pp_chain *chain);

// ---- snapshot.c --------------------------------------------------------------------------------

// *chained = Keccak-256(tag, *chained, bytes).
void pp_chain_chain_hash(pp_hash32 *chained, const char *tag, const pp_wire *bytes);
// Brings a record's hash up to date: after every change to it.
void pp_batch_changed(pp_batch_record *record);
void pp_chain_app_hash(pp_hash32 *out, const pp_chain *chain);

#endif
