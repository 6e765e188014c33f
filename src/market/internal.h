// SPDX-License-Identifier: MIT OR Apache-2.0
// What the market's files share. Only for market/.
#ifndef PP_MARKET_INTERNAL_H
#define PP_MARKET_INTERNAL_H

#include "market/market.h"

enum { PP_MARKET_NOBODY = 0xffffffff, PP_MARKET_NONE = 0xffffffff };

// ---- the state hash's trees
// ----------------------------------------------------------------------

size_t pp_market_tree_size(uint32_t leaves);
pp_market_tree *pp_market_tree_new(pp_arena *arena, uint32_t leaves);
static inline void pp_market_tree_touch(pp_market_tree *t, uint32_t leaf) {
    uint64_t bit = (uint64_t)1 << leaf % 64;
    if (t->is_dirty[leaf / 64] & bit) return;
    t->is_dirty[leaf / 64] |= bit;
    t->dirty[t->dirty_len++] = leaf;
}
// The longest leaf is a request with all its commits and claims; a number takes 17 bytes at most.
enum {
    PP_MARKET_LEAF_MAX = 64 + 17 * 40 + PP_MARKET_COMMITS_MAX * (32 + 4 * 17) +
                         PP_MARKET_CLAIMS_MAX * 3 * 17 + PP_MARKET_DEFAULTERS_MAX * 17
};
// Writes a leaf's bytes and returns how many; 0: the leaf is zero.
typedef size_t pp_market_leaf(uint8_t out[PP_MARKET_LEAF_MAX], const pp_market *m, uint32_t at);
// The root; asks for the leaves that changed. A node over nothing but zeros is zero.
void pp_market_tree_root(pp_hash32 *out, pp_market_tree *t, pp_market_leaf *leaf,
                         const pp_market *m);

// ---- the store
// ------------------------------------------------------------------------------------

// The index of an account, made when create and there is room; PP_MARKET_NOBODY else.
uint32_t pp_market_account_index(pp_market *m, const pp_address *address, bool create);
pp_market_request *pp_market_request_by_id(pp_market *m, const pp_hash32 *id);
// Every change to an account goes through this: its leaf is hashed again.
static inline pp_market_account *pp_market_account_at(pp_market *m, uint32_t who) {
    PP_ASSERT(who < m->accounts_max);
    pp_market_tree_touch(m->account_tree, who);
    return &m->accounts[who];
}
// Enters the request in this place under its id; false when that is there already.
PP_NODISCARD bool pp_market_index_request(pp_market *m, uint32_t place);
bool pp_market_has_room(const pp_market *m); // for one more request
// A new, zeroed request under an id not there yet, in the place of the one that closed longest ago
// when no other is left; asserts that there is room. Not yet open.
pp_market_request *pp_market_request_new(pp_market *m, const pp_hash32 *id);
// The open list and the heap of deadlines: add a new request, take out one that closes, and put one
// back in order after any change to it (which also keeps those waiting for a beacon, and its leaf).
void pp_market_open_list_add(pp_market *m, const pp_market_request *r);
void pp_market_open_list_remove(pp_market *m, const pp_market_request *r);
void pp_market_changed(pp_market *m, const pp_market_request *r);
// Puts the requests that wait for the beacon in order, the oldest at the end.
void pp_market_waiting_sort(pp_market *m);

// A commit or claim at the end of the request's list; NULL when there is no room. All of them back.
pp_market_commit *pp_market_commit_new(pp_market *m, pp_market_request *r);
pp_market_commit *pp_market_claim_new(pp_market *m, pp_market_request *r);
void pp_market_commits_free(pp_market *m, pp_market_request *r);
void pp_market_claims_free(pp_market *m, pp_market_request *r);
static inline pp_market_commit *pp_market_bid_at(const pp_market *m, uint32_t at) {
    return at == PP_MARKET_NONE ? NULL : &m->bids[at];
}
// Whether one more request of this fund may end as a debt; more: 1 for one that is to be posted, 0
// for one of its open ones.
bool pp_market_may_owe(const pp_market *m, const pp_market_account *fund, uint32_t more);
void pp_market_debt_link(pp_market *m, uint32_t at); // behind the other debts of its debtor
void pp_market_debt_add(pp_market *m, uint32_t from, uint32_t to, pp_u128 amount);

void pp_market_emit(pp_market *m, pp_market_event_kind kind, uint64_t time,
                    const pp_market_request *r, uint32_t account, pp_u128 amount);

// Money. All of these assert that what they take is there.
static inline void pp_market_burn(pp_market *m, pp_u128 amount) {
    m->burned += amount;
}
pp_u128 pp_market_free_stake(const pp_market_account *a);
void pp_market_hold(pp_market_account *a, pp_u128 stake);      // and one slot
void pp_market_unhold(pp_market_account *a, pp_u128 stake);    // and the slot
void pp_market_free_commit(pp_market *m, pp_market_commit *c); // its stake and slot
void pp_market_free_bond(pp_market *m, pp_market_commit *c);
void pp_market_drop_commits(pp_market *m, pp_market_request *r); // all stakes, slots and bonds
void pp_market_pay_debts(pp_market *m, uint32_t fund);

// Transitions at time t.
pp_u128 pp_market_cap_at(const pp_market_request *r, uint64_t t); // R
void pp_market_to_open(pp_market *m, pp_market_request *r, uint64_t t, pp_u128 from);
pp_market_commit *pp_market_winner(const pp_market *m, const pp_market_request *r, uint32_t at);
void pp_market_to_assigned(pp_market *m, pp_market_request *r, uint64_t t); // winner_at is next
// Pays from escrow and pot, closes.
void pp_market_settle(pp_market *m, pp_market_request *r, uint64_t t, uint32_t payee, pp_u128 pay,
                      pp_market_state state);
// Closes without paying anyone: holds and bonds back, escrow to the requester, the pot burned.
void pp_market_close(pp_market *m, pp_market_request *r, uint64_t t, pp_market_state state);
// The running primary's stake joins the pot.
void pp_market_default(pp_market *m, pp_market_request *r, uint64_t t);

// Canonical pieces, used by commands, ids and the state hash.
typedef struct pp_market_sink {
    void (*put)(void *ctx, const void *data, size_t size);
    void *ctx;
} pp_market_sink;
void pp_market_put_u32(const pp_market_sink *s, uint32_t v);
void pp_market_put_u64(const pp_market_sink *s, uint64_t v);
void pp_market_put_u128(const pp_market_sink *s, pp_u128 v);
void pp_market_put_terms(const pp_market_sink *s, const pp_market_terms *t);
void pp_market_fold_debt(pp_market *m, const pp_market_debt *d);
void pp_market_fold_closed(pp_market *m, const pp_market_request *r);

// The next time at which an open request changes if nobody does anything.
uint64_t pp_market_next_deadline(const pp_market *m, const pp_market_request *r);

// Whether an assignment that starts now ends a whole w1 before the expiry: in that last window
// nobody holds the request, so that one honest prover is paid at once whatever others do.
bool pp_market_claim_fits(const pp_market *m, const pp_market_request *r);

// Commands on posted requests that are post.c's: see pp_market_step.
pp_market_reason pp_market_do_post(pp_market *m, const pp_market_command *c, uint32_t who);
pp_market_reason pp_market_do_cancel(pp_market *m, pp_market_request *r, uint32_t who);
pp_market_reason pp_market_do_raise(pp_market *m, const pp_market_command *c, pp_market_request *r,
                                    uint32_t who);

#endif
