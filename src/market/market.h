// SPDX-License-Identifier: MIT OR Apache-2.0
// The proof market: sealed-bid uniform-price procurement with a random primary, acceptance that is
// never exclusive, and stake in proportion to price. A pure state machine: integers only, no
// clock, no heap; the log of commands is the truth. docs/market.md explains the rules R1 to R7.
//
//   for each block: pp_market_advance(m, market time of the block)
//                   pp_market_step(m, command) for each command (the sender is authenticated)
//                   pp_market_beacon(m, preimage)
//
// All money is in one ledger: free balances + stakes + escrow + bonds + pots + burned =
// deposits - withdrawals, checked by pp_market_check.
#ifndef PP_MARKET_MARKET_H
#define PP_MARKET_MARKET_H

#include "base/image.h"
#include "hash/keccak.h"
#include "market/params.h"
#include "vm/claim.h"

enum {
    PP_MARKET_COMMITS_MAX = 32,    // kept for one request
    PP_MARKET_BIDS_SHARE = 16,     // room for commits and claims: so many a request, shared by all
    PP_MARKET_WINNERS_MAX = 5,     // m
    PP_MARKET_ESCALATION_MAX = 4,  // steps of R
    PP_MARKET_CLAIMS_MAX = 16,     // of one request in one block
    PP_MARKET_DEFAULTERS_MAX = 16, // of one request; then it takes no more claims
    PP_MARKET_BOND_SHARE = 2,      // a bid's bond is at least this part of r
    PP_MARKET_REOPEN_MOST = 4,     // R of a request that reopens is at most so many times r
    PP_MARKET_RATE_MOST = 4,       // a lane's rate is at most so many times its first
    PP_MARKET_KAPPA_MIN = 2,
    PP_MARKET_KAPPA_MAX = 20,
};
#define PP_MARKET_TIME_MAX ((uint64_t)1 << 31)  // ms, any window of a request
#define PP_MARKET_AMOUNT_MAX ((pp_u128)1 << 90) // wei, any amount in a command

// Why a command changed nothing (except REFUSED PROOF, which burns the bond).
#define PP_MARKET_REASONS(X)                                                                       \
    X(OK, "OK", "done")                                                                            \
    X(NOOP, "M-NOOP", "this was done before; nothing changes")                                     \
    X(DECODE, "M-DECODE", "not the canonical bytes of a command")                                  \
    X(AMOUNT, "M-AMOUNT", "an amount is out of range")                                             \
    X(BALANCE, "M-BALANCE", "the free balance does not cover it")                                  \
    X(FULL, "M-FULL", "the market has no room left for it")                                        \
    X(TERMS_WINNERS, "M-TERMS-WINNERS", "m is not 1 to 5")                                         \
    X(TERMS_KAPPA, "M-TERMS-KAPPA", "kappa is not 2 to 20")                                        \
    X(TERMS_WINDOWS, "M-TERMS-WINDOWS", "a window is out of its bounds")                           \
    X(TERMS_EXPIRY, "M-TERMS-EXPIRY", "the expiry leaves no time for an auction and a rescue")     \
    X(TERMS_PRICE, "M-TERMS-PRICE", "the open cap is below the reserve, or not rising")            \
    X(TERMS_OUTPUT, "M-TERMS-OUTPUT", "the predicate is longer than an output can be")             \
    X(REQUESTS, "M-REQUESTS", "the requester has too many open requests")                          \
    X(NONCE, "M-NONCE", "a request with this nonce or a later one is over and forgotten")          \
    X(UNKNOWN, "M-UNKNOWN", "no such request")                                                     \
    X(STATE, "M-STATE", "the request's state does not allow it")                                   \
    X(LATE, "M-LATE", "its window is over")                                                        \
    X(NOT_PROVER, "M-NOT-PROVER", "not a registered prover")                                       \
    X(YOUNG, "M-YOUNG", "registered too recently")                                                 \
    X(DEFAULT, "M-DEFAULT", "an unresolved default stands against the prover")                     \
    X(STAKE, "M-STAKE", "the free stake does not cover it")                                        \
    X(SLOT, "M-SLOT", "no free slot")                                                              \
    X(COMMITS, "M-COMMITS", "the request has all the commits it takes")                            \
    X(SALT, "M-SALT", "it does not open the commit")                                               \
    X(RESERVE, "M-RESERVE", "the bid is above the reserve")                                        \
    X(NOT_YOURS, "M-NOT-YOURS", "only the one it belongs to may do this")                          \
    X(OUTPUT, "M-OUTPUT", "the output does not satisfy the request")                               \
    X(PROOF, "M-PROOF", "the proof is invalid; it costs its bond")                                 \
    X(UNBONDING, "M-UNBONDING", "the stake is still unbonding, or there is none")

typedef enum pp_market_reason {
#define X(name, code, text) PP_MARKET_##name,
    PP_MARKET_REASONS(X)
#undef X
        PP_MARKET_REASONS_LEN
} pp_market_reason;

const char *pp_market_reason_code(pp_market_reason reason); // "M-STAKE"
const char *pp_market_reason_text(pp_market_reason reason);

#define PP_MARKET_STATES(X)                                                                        \
    X(COMMIT)                                                                                      \
    X(REVEAL)                                                                                      \
    X(ASSIGNED)                                                                                    \
    X(OPEN) /* below: terminal */                                                                  \
    X(PAID) X(INSURED) X(RESCUED) X(OPENPAID) X(CANCELLED) X(EXPIRED)

typedef enum pp_market_state {
#define X(name) PP_MARKET_##name,
    PP_MARKET_STATES(X)
#undef X
        PP_MARKET_STATES_LEN
} pp_market_state;

const char *pp_market_state_name(pp_market_state state); // "ASSIGNED"
static inline bool pp_market_state_is_terminal(pp_market_state s) {
    return s >= PP_MARKET_PAID;
}

// What the output must be: exactly these bytes, anything starting with them, or anything.
typedef enum pp_market_match { PP_MARKET_ANY, PP_MARKET_PREFIX, PP_MARKET_EXACT } pp_market_match;

typedef struct pp_market_terms {
    pp_hash32 program_id;
    pp_hash32 input_id;
    pp_market_match match;
    uint32_t output_size;
    uint8_t output[PP_OUTPUT_MAX];
    uint64_t work;       // W, for pricing deadlines and fees only
    uint64_t input_size; // bytes
    pp_u128 reserve;     // r
    pp_u128 cap;         // R >= r
    uint8_t winners;     // m
    uint8_t kappa;
    uint64_t commit_window;  // Tc, ms
    uint64_t reveal_window;  // Tr
    uint64_t decline_window; // w0
    uint64_t work_window;    // w1
    uint64_t bounty_window;  // w2
    uint64_t expiry;         // Texp, ms after posting
    uint8_t steps_len;       // escalation of R: ascending times and amounts
    struct __attribute__((packed, aligned(8))) {
        uint64_t after; // ms after posting
        pp_u128 cap;
    } steps[PP_MARKET_ESCALATION_MAX];
} pp_market_terms;

typedef struct pp_market_account {
    pp_address address;
    pp_u128 free;
    pp_u128 stake;     // deposited as stake
    pp_u128 held;      // of it: reserved by commits or locked by assignments
    pp_u128 unbonding; // of it: leaving, good for nothing any more
    uint64_t unbond_at;
    bool registered;
    uint64_t registered_at;
    uint32_t slots, slots_used;
    uint32_t open_defaults;
    uint32_t open_requests;
    uint64_t nonce_floor; // posts below it are refused: their requests may be forgotten
    uint32_t debts_len;   // that it owes, first in, first out
    uint32_t debts_first, debts_last;
    uint32_t debts_paid; // ever
} pp_market_account;

// A sealed bid, open once its salt is known; or a claim, with its pay as bid and its stake as held.
typedef struct pp_market_commit {
    pp_hash32 hash;
    pp_hash32 salt;
    pp_u128 held; // stake; with it goes one slot
    pp_u128 bond;
    pp_u128 bid;
    uint32_t account;
    uint32_t next; // in the market's bids
    bool revealed;
    uint8_t rank; // of a winner: 1 for the first drawn; else 0
} pp_market_commit;

typedef struct pp_market_request {
    pp_hash32 id;
    pp_market_terms terms;
    pp_u128 cap; // R as raised
    pp_u128 escrow;
    pp_u128 pot;
    pp_u128 faults; // the prices of the assignments that defaulted: what bounds comes from the pot
    pp_u128 price;  // p, or the claim's pay
    pp_u128 stake;  // S of the running assignment
    pp_u128 ramp_from;
    pp_u128 paid;
    uint64_t number; // requests posted before it
    uint64_t nonce;
    uint64_t posted, expires;
    uint64_t assigned, deadline; // ta, d1
    uint64_t opened;             // the last opening
    uint64_t ramp_start;
    uint32_t requester; // account
    pp_market_state state;
    bool protocol; // posted by the application: reopens instead of expiring
    bool escrowed; // all of R is held; false: what is not will be the fund's debt
    bool proven;
    bool drawing;      // REVEAL, windows over, waiting for the beacon
    bool winners_kept; // later winners still hold stake and slot
    bool claimed;      // ASSIGNED by a claim
    bool insured;
    bool opened_once;
    bool settled;                     // paid: to whom and how much
    uint8_t winners_len;              // in the order of the draw
    uint8_t winner_at;                // those before it declined
    uint32_t commits_len, claims_len; // see pp_market_commit_after
    uint32_t commits, claims;         // indices of bids
    uint32_t bids;                    // revealed
    uint32_t primary, insurer, payee; // accounts
    uint32_t next, prev;              // requests: open ones, or closed ones (next only)
    uint32_t defaulters_len;
    uint32_t defaulters[PP_MARKET_DEFAULTERS_MAX]; // accounts
} pp_market_request;

// What a fund owes for a request whose price was not all held.
typedef struct pp_market_debt {
    pp_u128 amount;
    uint32_t from, to; // accounts
    uint32_t next;
} pp_market_debt;

// A Merkle tree over the accounts or the open requests, four children a node, hashed again only
// where something changed. nodes: level by level, the leaves first.
typedef struct pp_market_tree {
    uint32_t leaves, dirty_len;
    pp_hash32 *nodes;
    uint32_t *dirty;
    uint64_t *is_dirty;
} pp_market_tree;

static inline uint64_t pp_market_commit_end(const pp_market_request *r) { // Tc
    return r->posted + r->terms.commit_window;
}
static inline uint64_t pp_market_reveal_end(const pp_market_request *r) { // Tr
    return pp_market_commit_end(r) + r->terms.reveal_window;
}

typedef struct pp_market_due {
    uint64_t time;
    uint32_t request;
} pp_market_due;

#define PP_MARKET_EVENTS(X)                                                                        \
    X(POSTED)    /* amount: escrow */                                                              \
    X(COMMITTED) /* account */                                                                     \
    X(REVEALED)  /* account, amount: bid */                                                        \
    X(ASSIGNED)  /* account: primary, amount: price */                                             \
    X(DECLINED)  /* account */                                                                     \
    X(DEFAULTED) /* account, amount: stake lost */                                                 \
    X(OPENED)    /* amount: price it starts from */                                                \
    X(PROVEN)    /* account: whose proof */                                                        \
    X(OWED)      /* account: to whom, amount: the fund's new debt */                               \
    X(REPAID)    /* account: to whom, amount */                                                    \
    X(CLOSED)    /* account: payee, amount: paid; the request holds the state */

typedef enum pp_market_event_kind {
#define X(name) PP_MARKET_EVENT_##name,
    PP_MARKET_EVENTS(X)
#undef X
        PP_MARKET_EVENTS_LEN
} pp_market_event_kind;
const char *pp_market_event_name(pp_market_event_kind kind); // "ASSIGNED"

typedef struct pp_market_event {
    pp_market_event_kind kind;
    uint64_t time;
    pp_hash32 request; // zero for REPAID
    pp_address account;
    pp_u128 amount;
} pp_market_event;

typedef struct pp_market {
    pp_market_params params;
    pp_hash32 chain_id; // of the network: its genesis hash
    pp_hash32 vm_id;    // of the machine whose proofs are accepted
    uint64_t now;       // market time, ms
    uint32_t accounts_len, accounts_max;
    pp_market_account *accounts;
    // Open requests and the last closed ones; a new one takes the place of the one that closed
    // longest ago when every place was used.
    uint32_t requests_len, requests_max; // places ever used, places
    pp_market_request *requests;
    uint64_t posted;                // requests ever
    pp_hash32 closed;               // chained Keccak-256 of every request as it closed
    uint32_t open_len;              // requests that are not terminal,
    uint32_t open_first, open_last; // in order of posting (pp_market_open_after walks them)
    uint32_t closed_first, closed_last;
    pp_market_due *heap; // the open ones by next deadline, then by posting
    uint32_t *heap_at;   // where each stands there
    uint32_t waiting_len;
    uint32_t *waiting, *waiting_at;          // those that the next beacon draws for
    uint32_t *account_slots, *request_slots; // open addressing: index + 1, 0 for none
    uint32_t *account_last; // index + 1 of the account last found, by a few bits of its address
    uint32_t bids_len, bids_max, bids_free; // ever used, room, the first free one
    pp_market_commit *bids;
    uint32_t debts_len, debts_max, debts_used, debts_free;
    uint32_t promises; // open requests that may end as a debt: not escrowed
    // Debts and open requests with which one fund may go on to owe. Set it after init (half of all
    // places) to what each of the funds that there can be has for itself.
    uint32_t debts_share;
    // Places that only the application's own requests can take, and those they have. Set `kept`
    // after init (it is 0): else cheap requests with a late expiry would shut the application out.
    uint32_t kept, protocol_len;
    pp_market_debt *debts;
    pp_hash32 owed; // chained Keccak-256 of every debt as it arose
    pp_market_tree *account_tree, *request_tree;
    pp_u128 deposits, withdrawals, burned;
    // Whether proof supports claim; the network's rule (a verifier, or a re-execution).
    bool (*verify)(void *ctx, const pp_claim *claim, pp_bytes proof);
    void *verify_ctx;
    // Hashes the state's leaves and nodes: pp_keccak256_each, or a faster one that does the same.
    pp_keccak_hasher *hasher;
    void (*on_event)(void *ctx, const pp_market_event *event); // NULL: nobody listens
    void *event_ctx;
} pp_market;

// ---- life -------------------------------------------------------------------------------------

// Memory for so many accounts ever, so many requests at one time (open, or kept for questions
// after they closed), as many debts, and PP_MARKET_BIDS_SHARE commits and claims a request;
// 16-aligned. The part for the bids is not touched before it is used.
size_t pp_market_memory_size(uint32_t accounts_max, uint32_t requests_max);
// An empty market in the given memory (pp_market_memory_size bytes); verify, on_event are the
// caller's to set, and hasher may be. params are within bounds, asserted.
void pp_market_init(pp_market *m, void *memory, uint32_t accounts_max, uint32_t requests_max,
                    const pp_market_params *params, const pp_hash32 *chain_id,
                    const pp_hash32 *vm_id, uint64_t now);

// All of it that counts, as bytes (base/image.h): into them, or out of them into a market that
// pp_market_init has just made with the same limits and parameters. Afterwards the two are the same
// to every command and question, and have the same state hash. Saving changes nothing; a market
// that was not loaded whole (pp_image_done) is good for nothing. Any bytes are either refused or
// give a market that passes pp_market_check; whether it is the right one its state hash says, as
// far as that goes: requests that have closed, debts and terms are in it as chained hashes and ids
// only.
void pp_market_image(pp_image *im, pp_market *m);

// ---- commands ---------------------------------------------------------------------------------

typedef enum pp_market_kind {
    PP_MARKET_REGISTER = 1, // slots, amount: stake to add; the first makes a prover
    PP_MARKET_UNBOND,       // amount: of the free stake
    PP_MARKET_UNBONDED,     // takes the unbonded stake to the free balance
    PP_MARKET_POST,         // terms, nonce
    PP_MARKET_CANCEL,       // request
    PP_MARKET_RAISE,        // request, amount: the new R
    PP_MARKET_BID,          // request, hash: the sealed bid
    PP_MARKET_OPEN_BID,     // request, amount: the bid, hash: the salt
    PP_MARKET_DECLINE,      // request
    PP_MARKET_RELEASE,      // request
    PP_MARKET_CLAIM,        // request
    PP_MARKET_PROVE,        // request, output, proof
    PP_MARKET_KINDS_END
} pp_market_kind;

typedef struct pp_market_command {
    pp_market_kind kind;
    pp_address sender;
    pp_hash32 request;
    pp_hash32 hash;
    pp_u128 amount;
    uint64_t nonce;
    uint32_t slots;
    uint32_t output_size;
    uint8_t output[PP_OUTPUT_MAX];
    pp_bytes proof;        // borrowed
    pp_market_terms terms; // POST only
} pp_market_command;

// Canonical bytes of a command without its sender. Returns the size; writes at most out_size.
size_t pp_market_command_encode(uint8_t *out, size_t out_size, const pp_market_command *command);
// The whole of bytes; false when they are not canonical. sender is left alone; proof views bytes.
PP_NODISCARD bool pp_market_command_decode(pp_market_command *out, pp_bytes bytes);

// One command at m->now from its authenticated sender.
pp_market_reason pp_market_step(pp_market *m, const pp_market_command *command);
// What it would say of a PROVE now, before it looks at the proof: OK where it would, at the price
// of the bond. For a host's door: proofs are large, and what is refused here costs its sender
// nothing.
pp_market_reason pp_market_look_at_proof(const pp_market *m, const pp_market_command *command);

// What POST says of these terms whoever posts them.
pp_market_reason pp_market_check_terms(const pp_market_params *params,
                                       const pp_market_terms *terms);
// What is burned for a POST of these terms now: by work and input, and by the place it takes. Below
// 2^120.
pp_u128 pp_market_posting_fee(const pp_market *m, const pp_market_terms *terms);
// A request by the application itself, paid from the account `fund`: never expires. With r more
// than the fund's free balance, or debts of the fund, it starts OPEN at r and unescrowed. escrow is
// min(R, free balance) otherwise, and R becomes that. At Texp it opens again with R half as high
// again, at most 4 r; as much of R is held as the fund has then and owes to nobody, and what is not
// held when somebody proves becomes the fund's debt. Terms are checked as for POST; *id is written
// on OK and NOOP.
pp_market_reason pp_market_post_protocol(pp_market *m, pp_hash32 *id, const pp_address *fund,
                                         uint64_t nonce, const pp_market_terms *terms);
// Voids a request in any state (a frozen lane): escrow, bonds and stakes back, the pot burned. An
// insurer, whose proof was accepted, is paid as if the primary had let go.
void pp_market_void(pp_market *m, const pp_hash32 *request);

// Applies every deadline before t, in order, each at its own time; then now = t. t >= now.
void pp_market_advance(pp_market *m, uint64_t t);
// Draws primaries for auctions whose reveals are over and claims of this block, from
// keccak(preimage, sorted salts of the request's reveals).
void pp_market_beacon(pp_market *m, const pp_hash32 *preimage);

// Makes a prover at genesis, old enough to bid at once: the stake comes in as a deposit. M-AMOUNT,
// M-FULL as for REGISTER.
pp_market_reason pp_market_enroll(pp_market *m, const pp_address *prover, pp_u128 stake,
                                  uint32_t slots);

// Money in from and out to the chain. Deposits pay a fund's debts first in, first out.
pp_market_reason pp_market_deposit(pp_market *m, const pp_address *to, pp_u128 amount);
pp_market_reason pp_market_withdraw(pp_market *m, const pp_address *from, pp_u128 amount);
pp_market_reason pp_market_transfer(pp_market *m, const pp_address *from, const pp_address *to,
                                    pp_u128 amount);

// Gives the place of an account that holds nothing, and that no request, bid or debt names, to an
// address without one. The first is the caller's to know; what the account itself shows is
// asserted.
void pp_market_hand_on(pp_market *m, uint32_t account, const pp_address *to);

// ---- ids and questions ------------------------------------------------------------------------

// request_id: Keccak-256("polypoly/request/1", chain_id, requester, nonce, terms).
void pp_market_request_id(pp_hash32 *out, const pp_hash32 *chain_id, const pp_address *requester,
                          uint64_t nonce, const pp_market_terms *terms);
// The sealed bid: Keccak-256("polypoly/bid/1", request, prover, bid, salt).
void pp_market_bid_hash(pp_hash32 *out, const pp_hash32 *request, const pp_address *prover,
                        pp_u128 bid, const pp_hash32 *salt);
// A proof's context: Keccak-256("polypoly/context/1", request, prover).
void pp_market_context(pp_hash32 *out, const pp_hash32 *request, const pp_address *prover);

// The number that ranks a prover in a request's draw, lowest first, for who recomputes a match:
// beacon = Keccak-256("polypoly/beacon-draw/1", preimage, request, revealed salts in ascending
// order), score = Keccak-256("polypoly/draw/1", beacon, request, prover).
void pp_market_draw_score(pp_hash32 *out, const pp_hash32 *preimage, const pp_hash32 *request,
                          const pp_hash32 *salts, uint32_t salts_len, const pp_address *prover);
// When the request changes if nobody does anything. For one that is not over.
uint64_t pp_market_request_due(const pp_market *m, const pp_market_request *r);

const pp_market_account *pp_market_find_account(const pp_market *m, const pp_address *address);
// NULL for one never posted, or forgotten: closed, and its place taken since.
const pp_market_request *pp_market_find_request(const pp_market *m, const pp_hash32 *id);
// The open request posted next after r (the first for NULL), NULL after the last.
const pp_market_request *pp_market_open_after(const pp_market *m, const pp_market_request *r);
// The commits of an open request in their order, and its claims: the one after c, the first for
// NULL, NULL after the last. A request that closed has none.
const pp_market_commit *pp_market_commit_after(const pp_market *m, const pp_market_request *r,
                                               const pp_market_commit *c);
const pp_market_commit *pp_market_claim_after(const pp_market *m, const pp_market_request *r,
                                              const pp_market_commit *c);
// What a fund owes provers, all its debts together.
pp_u128 pp_market_debt_of(const pp_market *m, const pp_market_account *fund);
// What an OPEN request pays at t, without bounty.
pp_u128 pp_market_open_price(const pp_market_request *r, uint64_t t);
// The stake an assignment at price p needs where the top is r: max(S_min, kappa p, 5/3 (r - p)).
pp_u128 pp_market_stake(const pp_market_params *params, uint8_t kappa, pp_u128 price, pp_u128 top);
// The bond of a sealed bid: max(beta, r / 2). Openings are seen as they come, so that who has
// sealed several bids could open only the one that suits; what stays sealed must cost more than
// that brings.
pp_u128 pp_market_bond(const pp_market_params *params, pp_u128 reserve);
// What a request that ends at t with a pay to `payee` (an account) gives from its pot: to the
// requester, and to the payee. The rest burns. For a request with its pot still there.
void pp_market_shares(pp_u128 *compensation, pp_u128 *bounty, const pp_market_request *r,
                      uint64_t t, uint32_t payee);
// A lane's rate, in wei for 10^6 units of work, as the reserve of so much work: 1 at least, at most
// PP_MARKET_AMOUNT_MAX.
pp_u128 pp_market_reserve(pp_u128 rate, uint64_t work);
// A lane's rate after a request of its closed: -1/8 where more than m bid and the auction paid,
// +1/8 where nobody bid and more than r was paid; neither where the rate has already moved so since
// the request was posted. Within half of `start`, the rate that the lane began with, and four
// times.
pp_u128 pp_market_next_rate(pp_u128 rate, pp_u128 start, const pp_market_request *closed);

// The one sum, by kind.
typedef struct pp_market_ledger {
    pp_u128 free, stakes, escrow, bonds, pots, burned, debts; // debts: owed, not held
    pp_u128 sum;                                              // of all but debts
} pp_market_ledger;
void pp_market_ledger_sum(pp_market_ledger *out, const pp_market *m);
// NULL when every invariant holds, else the name of the first that does not.
const char *pp_market_check(const pp_market *m);
// The state hash (docs/market-evidence.md): Keccak-256 of the totals, the closed requests' chain
// and the roots of the accounts and open requests. Costs time for what changed since the last call
// only.
void pp_market_hash(pp_hash32 *out, const pp_market *m);

#endif
