// SPDX-License-Identifier: MIT OR Apache-2.0
// The book's files: made, kept with a snapshot, had again.
#include "index/book_inside.h"

#define MOST ((size_t)1 << 36) // bytes of address space, each list's
enum { RUN = 1 << 14 };        // hashes of requests kept in memory

// The files, and with that the sizes of their items.
typedef struct file {
    pp_far *far;
    const char *name;
} file;
enum { FILES = 5 };

static void files_of(file out[FILES], pp_book *b) {
    b->where.size = sizeof(uint64_t);
    b->batches.size = sizeof(pp_book_batch);
    b->incidents.size = sizeof(pp_book_incident);
    b->clears.size = sizeof(pp_book_clear);
    const file all[FILES] = {{&b->past, "book.requests"},
                             {&b->where.far, "book.numbers"},
                             {&b->batches.far, "book.batches"},
                             {&b->incidents.far, "book.incidents"},
                             {&b->clears.far, "book.prices"}};
    memcpy(out, all, sizeof all);
}

// ---- life -------------------------------------------------------------------------------------

static bool open_files(pp_err *err, pp_book *b, const char *dir) {
    file files[FILES];
    files_of(files, b);
    for (size_t i = 0; i < FILES; i++)
        if (!pp_far_open(err, files[i].far, dir, files[i].name, MOST)) return false;
    return pp_runs_open(err, &b->by_id, dir, "book.ids", RUN);
}

static pp_book *new_book(const pp_chain *chain) {
    pp_book *b = calloc(1, sizeof *b);
    PP_ASSERT(b != NULL);
    b->news = calloc(PP_BOOK_NEWS, sizeof *b->news);
    PP_ASSERT(b->news != NULL);
    pp_chain_info info;
    pp_chain_info_get(&info, chain);
    b->genesis = info.genesis;
    return b;
}

// Taken over, or freed.
static bool give(pp_book **out, pp_book *b, const pp_chain *chain, bool ok) {
    if (ok)
        pp_book_refresh(b, chain);
    else
        pp_book_free(b);
    *out = ok ? b : NULL;
    return ok;
}

bool pp_book_new(pp_err *err, pp_book **out, const pp_chain *chain, const char *dir) {
    pp_book *b = new_book(chain);
    return give(out, b, chain, open_files(err, b, dir));
}

void pp_book_free(pp_book *b) {
    if (b == NULL) return;
    file files[FILES];
    files_of(files, b);
    for (size_t i = 0; i < FILES; i++) pp_far_close(files[i].far);
    pp_runs_close(&b->by_id);
    for (size_t i = 0; i < b->requests_len; i++) pp_book_request_free(b->requests[i].request);
    free(b->requests);
    free(b->news);
    free(b->accounts);
    pp_table_free(&b->by_address);
    free(b);
}

// ---- kept ---------------------------------------------------------------------------------------

static void save_request(const pp_book_request *r, pp_wire *out) {
    pp_book_request bare = *r; // who may act next is said again behind a load
    bare.parts = NULL;
    bare.next = NULL;
    bare.next_len = 0;
    pp_wire_raw(out, &bare, sizeof bare);
    pp_wire_raw(out, r->parts->bids, r->bids_len * sizeof(pp_book_bid));
    pp_wire_raw(out, r->parts->story, r->story_len * sizeof(pp_story));
    pp_wire_raw(out, r->parts->match, r->match_size);
}

// `room` bytes of which the first `size` were saved.
static void *read_part(pp_reader *saved, size_t size, size_t room) {
    pp_bytes bytes = pp_read_raw(saved, size);
    if (bytes.data == NULL || size == 0) return NULL;
    void *part = calloc(1, room);
    PP_ASSERT(part != NULL);
    memcpy(part, bytes.data, size);
    return part;
}

static bool load_request(pp_book *b, pp_reader *saved) {
    pp_book_request *r = pp_book_request_new();
    struct pp_book_parts *parts = r->parts;
    pp_read_into(saved, r, sizeof *r);
    r->parts = parts;
    bool ok = saved->ok && r->bids_len <= saved->rest.size && r->story_len <= PP_BOOK_STORY_MAX &&
              r->match_size <= sizeof(pp_match);
    if (ok) {
        size_t bids = r->bids_len * sizeof(pp_book_bid), story = r->story_len * sizeof(pp_story);
        parts->bids = read_part(saved, bids, bids);
        parts->story = read_part(saved, story, story);
        parts->story_max = r->story_len;
        parts->match = read_part(saved, r->match_size, sizeof(pp_match));
    }
    if (ok && saved->ok) {
        pp_book_keep(b, r);
        return true;
    }
    pp_book_request_free(r);
    return false;
}

// The first batch that may still change: it waits for its root, in a lane that goes on.
static uint64_t first_waiting(const pp_book *b) {
    uint64_t first = pp_book_len(&b->batches);
    for (size_t i = 0; i < PP_COUNT(b->lanes); i++) {
        uint64_t at = b->lanes[i].frozen ? 0 : b->lanes[i].last;
        while (at > 0) {
            const pp_book_batch *batch = pp_book_at(&b->batches, at - 1);
            if (batch->status == PP_BATCH_DONE) break;
            if (at - 1 < first) first = at - 1;
            at = batch->before;
        }
    }
    return first;
}

// Bytes of each file that never change again.
static void fixed_of(size_t out[FILES], pp_book *b) {
    uint64_t numbers = pp_book_len(&b->where);
    // Every request below the oldest in memory has its place, or none.
    if (b->requests_len > 0 && b->requests[0].request->last.number < numbers)
        numbers = b->requests[0].request->last.number;
    const pp_book_incident *i;
    while ((i = pp_book_at(&b->incidents, b->incidents_over)) != NULL && i->over)
        b->incidents_over++;
    const size_t all[FILES] = {b->past.size, numbers * b->where.size,
                               first_waiting(b) * b->batches.size,
                               b->incidents_over * b->incidents.size, b->clears.far.size};
    memcpy(out, all, sizeof all);
}

bool pp_book_save(pp_err *err, pp_book *b, pp_wire *out) {
    file files[FILES];
    size_t fixed[FILES];
    files_of(files, b);
    fixed_of(fixed, b);
    for (size_t i = 0; i < FILES; i++)
        if (!pp_far_save(err, files[i].far, out, fixed[i])) return false;
    if (!pp_runs_save(err, &b->by_id, out)) return false;
    pp_wire_u64(out, b->incidents_over);
    pp_wire_raw(out, b->lanes, sizeof b->lanes);
    pp_wire_u64(out, b->requests_len);
    for (size_t i = 0; i < b->requests_len; i++) save_request(b->requests[i].request, out);
    pp_wire_u64(out, b->news_len);
    pp_wire_raw(out, b->news, PP_BOOK_NEWS * sizeof *b->news);
    pp_wire_u64(out, b->accounts_len);
    pp_wire_raw(out, b->accounts, b->accounts_len * sizeof *b->accounts);
    return true;
}

static const uint8_t *id_of(const void *ctx, uint32_t at) {
    const pp_book_request *r = pp_book_past_at(ctx, at);
    return r ? r->last.id.b : NULL;
}

static bool load_files(pp_err *err, pp_book *b, const char *dir, pp_reader *saved) {
    file files[FILES];
    files_of(files, b);
    for (size_t i = 0; i < FILES; i++)
        if (!pp_far_load(err, files[i].far, saved, dir, files[i].name, MOST)) return false;
    return pp_runs_load(err, &b->by_id, saved, dir, "book.ids", RUN, id_of, b);
}

static bool load_accounts(pp_book *b, pp_reader *saved) {
    uint64_t len = pp_read_u64(saved);
    bool ok = saved->ok && len <= saved->rest.size;
    pp_bytes bytes = pp_read_raw(saved, ok ? (size_t)len * sizeof *b->accounts : 0);
    if (!ok || !saved->ok) return false;
    b->accounts = pp_book_resized(NULL, bytes.size + 1);
    memcpy(b->accounts, bytes.data, bytes.size);
    b->accounts_len = b->accounts_max = (size_t)len;
    for (uint32_t i = 0; i < len; i++)
        pp_table_add(&b->by_address, b->accounts[i].now.address.b, i);
    return true;
}

static bool load(pp_err *err, pp_book *b, const char *dir, pp_reader *saved) {
    if (!load_files(err, b, dir, saved)) return false;
    b->incidents_over = pp_read_u64(saved);
    pp_read_into(saved, b->lanes, sizeof b->lanes);
    uint64_t len = pp_read_u64(saved);
    bool ok = saved->ok;
    for (uint64_t i = 0; ok && i < len; i++) ok = load_request(b, saved);
    b->news_len = pp_read_u64(saved);
    pp_read_into(saved, b->news, PP_BOOK_NEWS * sizeof *b->news);
    return (ok && load_accounts(b, saved)) ||
           pp_err_set(err, PP_EXIT_NO, "what was kept of the book is damaged");
}

bool pp_book_load(pp_err *err, pp_book **out, const pp_chain *chain, const char *dir,
                  pp_reader *saved) {
    pp_book *b = new_book(chain);
    return give(out, b, chain, load(err, b, dir, saved));
}
