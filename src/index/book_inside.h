// SPDX-License-Identifier: MIT OR Apache-2.0
// What the book's files share. Only for index/book*.c.
#ifndef PP_INDEX_BOOK_INSIDE_H
#define PP_INDEX_BOOK_INSIDE_H

#include <stdlib.h>

#include "index/book.h"
#include "index/runs.h"

// A list that only grows, by number.
typedef struct pp_book_list {
    pp_far far;
    size_t size; // bytes of an item
} pp_book_list;

struct pp_book {
    pp_hash32 genesis;
    pp_err failed; // exit_code != 0: the disk is full
    // By number, ascending: the newest, and older ones that are open.
    struct kept {
        pp_book_request *request;
    } *requests;
    size_t requests_len, requests_max;
    // The others: in `past` each with its parts in front; by number where it ends there (0: kept,
    // or none); by id.
    pp_far past;
    pp_book_list where; // uint64_t
    pp_runs by_id;
    pp_book_list batches, incidents, clears;
    uint64_t incidents_over; // those before this one do not change any more
    struct pp_book_lane {
        uint64_t last; // sequence of its last batch, plus one; 0: none
        uint64_t frozen;
    } lanes[PP_GENESIS_ROLLUPS_MAX];
    pp_book_news *news; // the newest
    uint64_t news_len;  // ever
    pp_book_account *accounts;
    size_t accounts_len, accounts_max;
    pp_table by_address;
};

// Of a request in memory.
struct pp_book_parts {
    size_t story_max;
    pp_book_bid *bids;
    pp_story *story;
    pp_match *match;
};

static inline void *pp_book_resized(void *list, size_t size) {
    void *larger = realloc(list, size);
    PP_ASSERT(larger != NULL);
    return larger;
}

static inline uint64_t pp_book_len(const pp_book_list *l) {
    return l->far.size / l->size;
}

static inline void *pp_book_at(const pp_book_list *l, uint64_t number) {
    return number < pp_book_len(l) ? l->far.base + number * l->size : NULL;
}

static inline void *pp_book_before(const pp_book_list *l, uint64_t before) {
    uint64_t len = pp_book_len(l), end = before < len ? before : len;
    return end == 0 ? NULL : pp_book_at(l, end - 1);
}

// A new one, zeroed; NULL when the disk is full.
static inline void *pp_book_put(pp_book *b, pp_book_list *l) {
    return b->failed.exit_code == 0 ? pp_far_add(&b->failed, &l->far, l->size) : NULL;
}

// ---- requests (book_requests.c) -----------------------------------------------------------------

// The first place in memory whose number is not below; the one with it, or NULL.
size_t pp_book_place(const pp_book *b, uint64_t number);
pp_book_request *pp_book_kept_at(const pp_book *b, uint64_t number);
// One that stands in the past; NULL: none.
const pp_book_request *pp_book_past_at(const pp_book *b, uint64_t number);
bool pp_book_is_over(const pp_book_request *r);
pp_book_request *pp_book_request_new(void);
void pp_book_request_free(pp_book_request *r);
void pp_book_keep(pp_book *b, pp_book_request *r); // in memory, by its number
void pp_book_drop(pp_book *b, size_t at);          // out of memory
// One that was just posted: there is room for it afterwards.
pp_book_request *pp_book_request_add(pp_book *b, const pp_market_request *live);
void pp_book_copy(pp_book_request *r, const pp_market *m, const pp_market_request *live);
void pp_book_tell(pp_book_request *r, const pp_story *line);
size_t pp_book_match_size(const pp_match *m); // of its room for bids, what is used

// ---- accounts (book.c)
// ---------------------------------------------------------------------------

pp_book_account *pp_book_account_of(const pp_book *b, const pp_address *address);

#endif
