// SPDX-License-Identifier: MIT OR Apache-2.0
// Requests in memory, and those that were put away.
#include <stddef.h>

#include "index/book_inside.h"

void pp_book_request_free(pp_book_request *r) {
    free(r->parts->bids);
    free(r->parts->story);
    free(r->parts->match);
    free(r->parts);
    free(r->next);
    free(r);
}

// ---- requests ---------------------------------------------------------------------------------

static pp_address address_at(const pp_market *m, uint32_t account) {
    return account < m->accounts_len ? m->accounts[account].address : (pp_address){{0}};
}

static void copy_bids(pp_book_request *r, const pp_market *m, const pp_market_request *live) {
    size_t len = live->commits_len + live->claims_len;
    if (len == 0) return; // what was last seen stays
    pp_book_bid *bids = r->parts->bids = pp_book_resized(r->parts->bids, len * sizeof *bids);
    r->bids_len = 0;
    const pp_market_commit *c = NULL;
    for (bool claim = false;; claim = true) {
        while ((c = claim ? pp_market_claim_after(m, live, c)
                          : pp_market_commit_after(m, live, c)) != NULL) {
            PP_ASSERT(r->bids_len < len);
            bids[r->bids_len++] = (pp_book_bid){.prover = address_at(m, c->account),
                                                .bid = claim || c->revealed ? c->bid : 0,
                                                .revealed = claim || c->revealed,
                                                .claim = claim,
                                                .rank = c->rank};
        }
        if (claim) return;
    }
}

static void copy_next(pp_book_request *r, const pp_market *m, const pp_market_request *live) {
    char lines[PP_BOOK_NEXT_MAX][200];
    r->next_len = pp_explain_next(lines, m, live);
    free(r->next);
    r->next = malloc(PP_BOOK_NEXT_MAX * sizeof *r->next);
    PP_ASSERT(r->next != NULL);
    memcpy(r->next, lines, r->next_len * sizeof *r->next);
}

void pp_book_copy(pp_book_request *r, const pp_market *m, const pp_market_request *live) {
    r->last = *live;
    r->requester = address_at(m, live->requester);
    r->primary = address_at(m, live->primary);
    r->insurer = address_at(m, live->insurer);
    r->payee = live->settled ? address_at(m, live->payee) : (pp_address){{0}};
    copy_bids(r, m, live);
    bool over = pp_market_state_is_terminal(live->state);
    r->due = over ? 0 : pp_market_request_due(m, live);
    if (!over) copy_next(r, m, live);
}

// The first place whose number is not below.
size_t pp_book_place(const pp_book *b, uint64_t number) {
    size_t low = 0, high = b->requests_len;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (b->requests[mid].request->last.number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

pp_book_request *pp_book_kept_at(const pp_book *b, uint64_t number) {
    size_t at = pp_book_place(b, number);
    bool there = at < b->requests_len && b->requests[at].request->last.number == number;
    return there ? b->requests[at].request : NULL;
}

void pp_book_drop(pp_book *b, size_t at) {
    pp_book_request_free(b->requests[at].request);
    b->requests_len--;
    memmove(&b->requests[at], &b->requests[at + 1], (b->requests_len - at) * sizeof b->requests[0]);
}

bool pp_book_is_over(const pp_book_request *r) {
    return pp_market_state_is_terminal(r->last.state);
}

enum { UNIT = 16 }; // bytes: what stands in the past is so aligned

static size_t units(size_t size) {
    return (size + UNIT - 1) / UNIT * UNIT;
}

static void put(pp_book *b, const void *from, size_t size) {
    if (size == 0 || b->failed.exit_code != 0) return;
    void *copy = pp_far_add(&b->failed, &b->past, units(size));
    if (copy != NULL) memcpy(copy, from, size);
}

// Of a match's room for bids, what is used.
size_t pp_book_match_size(const pp_match *m) {
    return offsetof(pp_match, bids) + m->len * sizeof m->bids[0];
}

static size_t bids_size(const pp_book_request *r) {
    return units(r->bids_len * sizeof(pp_book_bid));
}
static size_t story_size(const pp_book_request *r) {
    return units(r->story_len * sizeof(pp_story));
}
static const void *in_front(const pp_book_request *r, size_t size) {
    return (const uint8_t *)r - size;
}

const pp_book_bid *pp_book_bids(const pp_book_request *r) {
    return r->parts ? r->parts->bids
                    : in_front(r, units(r->match_size) + story_size(r) + bids_size(r));
}
const pp_story *pp_book_story(const pp_book_request *r) {
    return r->parts ? r->parts->story : in_front(r, units(r->match_size) + story_size(r));
}
const pp_match *pp_book_match(const pp_book_request *r) {
    if (r->match_size == 0) return NULL;
    return r->parts ? r->parts->match : in_front(r, units(r->match_size));
}

// One that stands in the past; NULL: none.
const pp_book_request *pp_book_past_at(const pp_book *b, uint64_t number) {
    const uint64_t *end = pp_book_at(&b->where, number);
    if (end == NULL || *end == 0) return NULL;
    return (const pp_book_request *)(b->past.base + *end - units(sizeof(pp_book_request)));
}

// One that is over moves from memory to the past.
static void put_away(pp_book *b, const pp_book_request *r) {
    pp_book_request moved = *r;
    moved.parts = NULL;
    moved.next = NULL;
    moved.next_len = 0;
    put(b, r->parts->bids, r->bids_len * sizeof(pp_book_bid));
    put(b, r->parts->story, r->story_len * sizeof(pp_story));
    put(b, r->parts->match, r->match_size);
    put(b, &moved, sizeof moved);
    uint64_t number = r->last.number, len = pp_book_len(&b->where), *end;
    if (b->failed.exit_code != 0 ||
        (number >= len && !pp_far_add(&b->failed, &b->where.far, (number + 1 - len) * sizeof *end)))
        return;
    end = pp_book_at(&b->where, number);
    *end = b->past.size;
    if (!pp_runs_add(&b->failed, &b->by_id, r->last.id.b, (uint32_t)number))
        PP_ASSERT(b->failed.exit_code);
}

// Room for one more: the oldest that is over goes.
static void make_room(pp_book *b) {
    for (size_t i = 0; b->requests_len >= PP_BOOK_REQUESTS && i < b->requests_len; i++)
        if (pp_book_is_over(b->requests[i].request)) {
            put_away(b, b->requests[i].request);
            pp_book_drop(b, i);
            return;
        }
}

pp_book_request *pp_book_request_new(void) {
    pp_book_request *r = calloc(1, sizeof *r);
    PP_ASSERT(r != NULL);
    r->parts = calloc(1, sizeof *r->parts);
    PP_ASSERT(r->parts != NULL);
    return r;
}

// By its number.
void pp_book_keep(pp_book *b, pp_book_request *r) {
    if (b->requests_len == b->requests_max) {
        b->requests_max = b->requests_max ? 2 * b->requests_max : 64;
        b->requests = pp_book_resized(b->requests, b->requests_max * sizeof *b->requests);
    }
    size_t at = pp_book_place(b, r->last.number);
    memmove(&b->requests[at + 1], &b->requests[at], (b->requests_len - at) * sizeof b->requests[0]);
    b->requests[at].request = r;
    b->requests_len++;
}

pp_book_request *pp_book_request_add(pp_book *b, const pp_market_request *live) {
    make_room(b);
    pp_book_request *r = pp_book_request_new();
    r->last.number = live->number;
    pp_book_keep(b, r);
    return r;
}

void pp_book_tell(pp_book_request *r, const pp_story *line) {
    if (r->story_len == PP_BOOK_STORY_MAX) return;
    if (line->refused && r->refused_len++ >= PP_BOOK_REFUSED_MAX) return;
    struct pp_book_parts *p = r->parts;
    if (r->story_len == p->story_max) {
        p->story_max = p->story_max ? 2 * p->story_max : 8;
        p->story = pp_book_resized(p->story, p->story_max * sizeof *p->story);
    }
    p->story[r->story_len++] = *line;
}
