// SPDX-License-Identifier: MIT OR Apache-2.0
#include "index/book.h"

#include <stddef.h>
#include <stdlib.h>

#include "chain/block.h"
#include "index/runs.h"

#define MOST ((size_t)1 << 36) // bytes of address space, each list's
enum {
    RUN = 1 << 14, // hashes of requests kept in memory
    COOL = 256,    // blocks: then what was looked up leaves memory
};

// A list that only grows, by number.
typedef struct book_list {
    pp_far far;
    size_t size; // bytes of an item
} book_list;

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
    book_list where; // uint64_t
    pp_runs by_id;
    book_list batches, incidents, clears;
    uint64_t incidents_over; // those before this one do not change any more
    pp_book_news *news;      // the newest
    uint64_t news_len;       // ever
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

static void *resized(void *list, size_t size) {
    void *larger = realloc(list, size);
    PP_ASSERT(larger != NULL);
    return larger;
}

// ---- lists ------------------------------------------------------------------------------------

static uint64_t list_len(const book_list *l) {
    return l->far.size / l->size;
}

static void *list_at(const book_list *l, uint64_t number) {
    return number < list_len(l) ? l->far.base + number * l->size : NULL;
}

static void *list_before(const book_list *l, uint64_t before) {
    uint64_t len = list_len(l), end = before < len ? before : len;
    return end == 0 ? NULL : list_at(l, end - 1);
}

// A file and the size of its items, as they are on first use.
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

// A new one, zeroed; NULL when the disk is full.
static void *list_add(pp_book *b, book_list *l) {
    return b->failed.exit_code == 0 ? pp_far_add(&b->failed, &l->far, l->size) : NULL;
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

static void free_request(pp_book_request *r) {
    free(r->parts->bids);
    free(r->parts->story);
    free(r->parts->match);
    free(r->parts);
    free(r->next);
    free(r);
}

void pp_book_free(pp_book *b) {
    if (b == NULL) return;
    file files[FILES];
    files_of(files, b);
    for (size_t i = 0; i < FILES; i++) pp_far_close(files[i].far);
    pp_runs_close(&b->by_id);
    for (size_t i = 0; i < b->requests_len; i++) free_request(b->requests[i].request);
    free(b->requests);
    free(b->news);
    free(b->accounts);
    pp_table_free(&b->by_address);
    free(b);
}

// ---- accounts ---------------------------------------------------------------------------------

static bool is_account(const void *ctx, uint32_t at, const uint8_t *key) {
    return memcmp(((const pp_book *)ctx)->accounts[at].now.address.b, key, 20) == 0;
}

static pp_book_account *find_account(const pp_book *b, const pp_address *address) {
    uint32_t at = pp_table_find(&b->by_address, address->b, is_account, b);
    return at == PP_TABLE_NONE ? NULL : &b->accounts[at];
}

// The market keeps its accounts in the order in which they came; the place of one that holds
// nothing may be another's since.
static void refresh_accounts(pp_book *b, const pp_chain *chain) {
    const pp_market *m = pp_chain_market(chain);
    if (m->accounts_len > b->accounts_max) {
        b->accounts_max = 2 * (size_t)m->accounts_len;
        b->accounts = resized(b->accounts, b->accounts_max * sizeof *b->accounts);
    }
    PP_ASSERT(b->accounts != NULL); // nobody's network has no accounts: funds are some
    for (size_t i = 0; i < m->accounts_len; i++) {
        bool new = i == b->accounts_len;
        if (new || !pp_address_eq(&b->accounts[i].now.address, &m->accounts[i].address)) {
            memset(&b->accounts[i], 0, sizeof b->accounts[i]);
            pp_table_add(&b->by_address, m->accounts[i].address.b, (uint32_t)i);
            b->accounts_len += new;
        }
        b->accounts[i].now = m->accounts[i];
        b->accounts[i].debt =
            m->accounts[i].debts_len > 0 ? pp_market_debt_of(m, &m->accounts[i]) : 0;
        b->accounts[i].nonce = pp_chain_nonce(chain, &m->accounts[i].address);
    }
}

// The place of one that the chain has.
static pp_book_account *account_of(pp_book *b, const pp_chain *chain, const pp_address *address) {
    pp_book_account *a = find_account(b, address);
    if (a != NULL) return a;
    refresh_accounts(b, chain);
    return find_account(b, address);
}

// ---- requests ---------------------------------------------------------------------------------

static pp_address address_at(const pp_market *m, uint32_t account) {
    return account < m->accounts_len ? m->accounts[account].address : (pp_address){{0}};
}

static void copy_bids(pp_book_request *r, const pp_market *m, const pp_market_request *live) {
    size_t len = live->commits_len + live->claims_len;
    if (len == 0) return; // what was last seen stays
    pp_book_bid *bids = r->parts->bids = resized(r->parts->bids, len * sizeof *bids);
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

static void copy_request(pp_book_request *r, const pp_market *m, const pp_market_request *live) {
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
static size_t place_of(const pp_book *b, uint64_t number) {
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

static pp_book_request *find_number(const pp_book *b, uint64_t number) {
    size_t at = place_of(b, number);
    bool there = at < b->requests_len && b->requests[at].request->last.number == number;
    return there ? b->requests[at].request : NULL;
}

static void drop_request(pp_book *b, size_t at) {
    free_request(b->requests[at].request);
    b->requests_len--;
    memmove(&b->requests[at], &b->requests[at + 1], (b->requests_len - at) * sizeof b->requests[0]);
}

static bool is_over(const pp_book_request *r) {
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
static size_t match_size(const pp_match *m) {
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
static const pp_book_request *past_at(const pp_book *b, uint64_t number) {
    const uint64_t *end = list_at(&b->where, number);
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
    uint64_t number = r->last.number, len = list_len(&b->where), *end;
    if (b->failed.exit_code != 0 ||
        (number >= len && !pp_far_add(&b->failed, &b->where.far, (number + 1 - len) * sizeof *end)))
        return;
    end = list_at(&b->where, number);
    *end = b->past.size;
    if (!pp_runs_add(&b->failed, &b->by_id, r->last.id.b, (uint32_t)number))
        PP_ASSERT(b->failed.exit_code);
}

// Room for one more: the oldest that is over goes.
static void make_room(pp_book *b) {
    for (size_t i = 0; b->requests_len >= PP_BOOK_REQUESTS && i < b->requests_len; i++)
        if (is_over(b->requests[i].request)) {
            put_away(b, b->requests[i].request);
            drop_request(b, i);
            return;
        }
}

static pp_book_request *new_request(void) {
    pp_book_request *r = calloc(1, sizeof *r);
    PP_ASSERT(r != NULL);
    r->parts = calloc(1, sizeof *r->parts);
    PP_ASSERT(r->parts != NULL);
    return r;
}

// By its number.
static void keep_request(pp_book *b, pp_book_request *r) {
    if (b->requests_len == b->requests_max) {
        b->requests_max = b->requests_max ? 2 * b->requests_max : 64;
        b->requests = resized(b->requests, b->requests_max * sizeof *b->requests);
    }
    size_t at = place_of(b, r->last.number);
    memmove(&b->requests[at + 1], &b->requests[at], (b->requests_len - at) * sizeof b->requests[0]);
    b->requests[at].request = r;
    b->requests_len++;
}

static pp_book_request *add_request(pp_book *b, const pp_market_request *live) {
    make_room(b);
    pp_book_request *r = new_request();
    r->last.number = live->number;
    keep_request(b, r);
    return r;
}

static void tell(pp_book_request *r, const pp_story *line) {
    if (r->story_len == PP_BOOK_STORY_MAX) return;
    if (line->refused && r->refused_len++ >= PP_BOOK_REFUSED_MAX) return;
    struct pp_book_parts *p = r->parts;
    if (r->story_len == p->story_max) {
        p->story_max = p->story_max ? 2 * p->story_max : 8;
        p->story = resized(p->story, p->story_max * sizeof *p->story);
    }
    p->story[r->story_len++] = *line;
}

// Where a PROVE command's proof stands in the block.
static void note_proof(pp_book_request *r, uint64_t height, pp_bytes block, pp_bytes item) {
    pp_item decoded;
    pp_market_command command;
    if (!pp_item_decode(&decoded, item) || decoded.type != PP_ITEM_COMMAND ||
        decoded.command.kind != PP_COMMAND_MARKET ||
        !pp_market_command_decode(&command, decoded.command.payload) ||
        command.kind != PP_MARKET_PROVE || command.proof.size == 0)
        return;
    r->proof_height = height;
    r->proof_offset = (size_t)(command.proof.data - block.data);
    r->proof_size = command.proof.size;
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
    pp_book_request *r = new_request();
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
        keep_request(b, r);
        return true;
    }
    free_request(r);
    return false;
}

// Bytes of each file that never change again.
static void fixed_of(size_t out[FILES], pp_book *b) {
    uint64_t numbers = list_len(&b->where), batches = list_len(&b->batches);
    // Every request below the oldest in memory has its place, or none.
    if (b->requests_len > 0 && b->requests[0].request->last.number < numbers)
        numbers = b->requests[0].request->last.number;
    const pp_book_incident *i;
    while ((i = list_at(&b->incidents, b->incidents_over)) != NULL && i->over) b->incidents_over++;
    const size_t all[FILES] = {
        b->past.size, numbers * b->where.size,
        batches < PP_BOOK_BATCHES ? 0 : (batches - PP_BOOK_BATCHES) * b->batches.size,
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
    pp_wire_u64(out, b->requests_len);
    for (size_t i = 0; i < b->requests_len; i++) save_request(b->requests[i].request, out);
    pp_wire_u64(out, b->news_len);
    pp_wire_raw(out, b->news, PP_BOOK_NEWS * sizeof *b->news);
    pp_wire_u64(out, b->accounts_len);
    pp_wire_raw(out, b->accounts, b->accounts_len * sizeof *b->accounts);
    return true;
}

static const uint8_t *id_of(const void *ctx, uint32_t at) {
    const pp_book_request *r = past_at(ctx, at);
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
    b->accounts = resized(NULL, bytes.size + 1);
    memcpy(b->accounts, bytes.data, bytes.size);
    b->accounts_len = b->accounts_max = (size_t)len;
    for (uint32_t i = 0; i < len; i++)
        pp_table_add(&b->by_address, b->accounts[i].now.address.b, i);
    return true;
}

static bool load(pp_err *err, pp_book *b, const char *dir, pp_reader *saved) {
    if (!load_files(err, b, dir, saved)) return false;
    b->incidents_over = pp_read_u64(saved);
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

// ---- what follows from an end -------------------------------------------------------------------

// The newest below *number that is a default on this request; NULL: none. Those from before it was
// posted are not looked at.
static pp_book_incident *incident_of(const pp_book *b, const pp_book_request *r, uint64_t *number) {
    while (*number > 0) {
        pp_book_incident *i = list_at(&b->incidents, --*number);
        if (i->time < r->last.posted) return NULL;
        if (!i->over && pp_hash32_eq(&i->request, &r->last.id)) return i;
    }
    return NULL;
}

static void settle_incidents(pp_book *b, const pp_book_request *r, uint64_t time) {
    pp_market_request before = r->last; // its pot is shared out by now
    pp_u128 compensation = 0, bounty = 0;
    pp_book_incident *i;
    uint64_t n = list_len(&b->incidents);
    while ((i = incident_of(b, r, &n)) != NULL) before.pot += i->lost;
    if (before.settled) pp_market_shares(&compensation, &bounty, &before, time, before.payee);
    n = list_len(&b->incidents);
    while ((i = incident_of(b, r, &n)) != NULL) {
        i->over = true;
        i->state = r->last.state;
        i->settled = r->last.settled;
        i->rescuer = r->payee;
        i->rescuer_paid = r->last.paid;
        i->compensation = compensation;
        i->bounty = bounty;
        i->delay = time - i->time;
    }
}

static void close_request(pp_book *b, const pp_chain *chain, pp_book_request *r, uint64_t time) {
    r->closed = time;
    free(r->next);
    r->next = NULL;
    r->next_len = 0;
    if (r->last.defaulters_len > 0) settle_incidents(b, r, time);
    if (r->last.settled) {
        pp_book_account *payee = account_of(b, chain, &r->payee);
        if (payee != NULL) {
            payee->paid += r->last.paid;
            payee->paid_work += r->last.terms.work;
            payee->paid_count++;
        }
    }
    if (r->last.state == PP_MARKET_CANCELLED) return;
    uint64_t sequence = list_len(&b->clears);
    pp_book_clear *c = list_add(b, &b->clears);
    if (c == NULL) return;
    *c = (pp_book_clear){.sequence = sequence,
                         .time = time,
                         .request = r->last.id,
                         .clear = {.price = r->last.paid,
                                   .reserve = r->last.terms.reserve,
                                   .work = r->last.terms.work,
                                   .served = r->last.settled}};
}

static void note_default(pp_book *b, const pp_chain *chain, const pp_book_request *r,
                         uint64_t height, const pp_market_event *e) {
    pp_book_account *a = account_of(b, chain, &e->account);
    if (a != NULL) {
        a->defaults++;
        a->lost += e->amount;
    }
    uint64_t sequence = list_len(&b->incidents);
    pp_book_incident *i = list_add(b, &b->incidents);
    if (i == NULL) return;
    *i = (pp_book_incident){.sequence = sequence,
                            .time = e->time,
                            .height = height,
                            .request = e->request,
                            .has_batch = r->has_batch,
                            .lane = r->lane,
                            .batch = r->batch,
                            .defaulter = e->account,
                            .lost = e->amount};
}

// ---- batches ----------------------------------------------------------------------------------

static pp_book_batch *find_batch(const pp_book *b, uint64_t lane, uint64_t number) {
    uint64_t len = list_len(&b->batches), end = len > PP_BOOK_BATCHES ? len - PP_BOOK_BATCHES : 0;
    for (uint64_t n = len; n-- > end;) {
        pp_book_batch *batch = list_at(&b->batches, n);
        if (batch->lane == lane && batch->number == number) return batch;
    }
    return NULL;
}

static void cut_batch(pp_book *b, const pp_chain *chain, const pp_chain_info *info,
                      const pp_chain_event *e) {
    pp_chain_batch cut;
    pp_chain_tx first;
    if (!pp_chain_batch_get(&cut, chain, e->lane, e->batch)) return;
    uint64_t sequence = list_len(&b->batches);
    pp_book_batch *batch = list_add(b, &b->batches);
    if (batch == NULL) return;
    *batch = (pp_book_batch){.sequence = sequence,
                             .lane = e->lane,
                             .number = e->batch,
                             .first = cut.first,
                             .transactions = cut.transactions,
                             .applied = cut.applied,
                             .first_block = cut.height,
                             .cut_block = cut.height,
                             .root = cut.output.new_root,
                             .work = cut.work,
                             .reserve = cut.reserve,
                             .status = PP_BATCH_CUT,
                             .cut_time = info->time};
    if (pp_chain_tx_get(&first, chain, e->lane, cut.first)) batch->first_block = first.height;
}

static uint64_t request_number(const pp_chain *chain, const pp_hash32 *id) {
    const pp_market_request *live = pp_market_find_request(pp_chain_market(chain), id);
    return live ? live->number : UINT64_MAX; // closed, and its place taken, in this very block
}

static void note_batch(pp_book *b, const pp_chain *chain, const pp_chain_info *info,
                       const pp_chain_event *e) {
    if (e->kind == PP_EVENT_CUT) cut_batch(b, chain, info, e);
    pp_book_batch *batch = find_batch(b, e->lane, e->batch);
    if (batch == NULL) return;
    switch (e->kind) {
    case PP_EVENT_POSTED:
    case PP_EVENT_UNFUNDED:
        batch->has_request = true;
        batch->request = e->request;
        batch->request_number = request_number(chain, &e->request);
        batch->status = PP_BATCH_WAITING;
        break;
    case PP_EVENT_CHECKED:
        batch->status = PP_BATCH_ACCEPTED;
        batch->prover = e->account;
        batch->accepted_block = info->height;
        batch->accepted_time = info->time;
        break;
    case PP_EVENT_ROOT:
        batch->status = PP_BATCH_DONE;
        batch->root_block = info->height;
        batch->root_time = info->time;
        break;
    default:
        break;
    }
}

// ---- blocks -----------------------------------------------------------------------------------

typedef struct adding {
    pp_book *book;
    const pp_chain *chain;
    const pp_market *market;
    pp_chain_info info;
    pp_bytes bytes;
    pp_block block;
    const pp_bytes *items;
} adding;

static void note_event(adding *a, const pp_chain_event *chain_event) {
    const pp_market_event *e = &chain_event->market;
    pp_book *b = a->book;
    uint64_t sequence = b->news_len++;
    b->news[sequence % PP_BOOK_NEWS] =
        (pp_book_news){.sequence = sequence, .height = a->info.height, .event = *e};
    // NULL: it was closed, and its place taken, in this very block; or the event is about none.
    const pp_market_request *live = pp_market_find_request(a->market, &e->request);
    if (live == NULL) return;
    pp_book_request *r = find_number(b, live->number);
    if (r == NULL) {
        if (e->kind != PP_MARKET_EVENT_POSTED) return; // older than what is kept
        r = add_request(b, live);
        r->height = a->info.height;
    }
    if (!r->has_batch) r->has_batch = pp_chain_batch_of(&r->lane, &r->batch, a->chain, &live->id);
    copy_request(r, a->market, live);
    pp_story line = {.event = *e};
    tell(r, &line);
    switch (e->kind) {
    case PP_MARKET_EVENT_ASSIGNED:
        if (live->commits_len > 0 && !live->claimed && r->match_size == 0) {
            pp_match *match = r->parts->match = calloc(1, sizeof *match);
            PP_ASSERT(match != NULL);
            pp_match_read(match, a->market, live, &a->info.beacon);
            r->match_size = match_size(match);
        }
        break;
    case PP_MARKET_EVENT_DEFAULTED:
        note_default(b, a->chain, r, a->info.height, e);
        break;
    case PP_MARKET_EVENT_PROVEN:
        if (chain_event->item != PP_CHAIN_NO_ITEM)
            note_proof(r, a->info.height, a->bytes, a->items[chain_event->item]);
        break;
    case PP_MARKET_EVENT_CLOSED:
        close_request(b, a->chain, r, e->time);
        break;
    default:
        break;
    }
}

// A command that the market refused stands in its request's story.
static void note_refused(adding *a, pp_bytes bytes, const pp_chain_item_result *result) {
    pp_item item;
    pp_market_command command;
    if (result->code != PP_CHAIN_MARKET || result->kind != PP_COMMAND_MARKET ||
        !pp_item_decode(&item, bytes) || item.type != PP_ITEM_COMMAND ||
        !pp_market_command_decode(&command, item.command.payload))
        return;
    const pp_market_request *live = pp_market_find_request(a->market, &command.request);
    pp_book_request *r = live == NULL ? NULL : find_number(a->book, live->number);
    if (r == NULL) return;
    pp_story line = {.refused = true, .kind = command.kind, .reason = result->market};
    line.event.time = a->market->now;
    line.event.account = item.command.sender;
    tell(r, &line);
}

static void cool(const pp_book *b) {
    pp_far_cool(&b->past);
    pp_far_cool(&b->where.far);
    pp_far_cool(&b->by_id.far);
    pp_far_cool(&b->batches.far);
    pp_far_cool(&b->incidents.far);
    pp_far_cool(&b->clears.far);
}

bool pp_book_add(pp_err *err, pp_book *book, const pp_chain *chain, pp_bytes bytes,
                 const pp_chain_result *result) {
    adding a = {.book = book, .chain = chain, .market = pp_chain_market(chain), .bytes = bytes};
    pp_chain_info_get(&a.info, chain);
    if (a.info.height % COOL == 0) cool(book);
    if (result->events_len == 0 && result->items_len == 0) return true;
    bool ok = pp_block_decode(&a.block, bytes);
    PP_ASSERT(ok && a.block.items_len == result->items_len);
    pp_bytes *items = calloc(a.block.items_len + 1, sizeof *items), rest = a.block.items;
    PP_ASSERT(items != NULL);
    for (uint32_t i = 0; i < a.block.items_len; i++) items[i] = pp_block_next(&rest);
    a.items = items;
    if (book->accounts_len < a.market->accounts_len) refresh_accounts(book, chain);
    for (size_t i = 0; i < result->events_len; i++) {
        const pp_chain_event *e = &result->events[i];
        if (e->kind == PP_EVENT_MARKET)
            note_event(&a, e);
        else if (e->protocol && e->kind != PP_EVENT_TX)
            note_batch(book, chain, &a.info, e);
    }
    for (size_t i = 0; i < result->items_len; i++) note_refused(&a, items[i], &result->items[i]);
    free(items);
    if (book->failed.exit_code != 0) *err = book->failed;
    return book->failed.exit_code == 0;
}

void pp_book_refresh(pp_book *book, const pp_chain *chain) {
    const pp_market *m = pp_chain_market(chain);
    refresh_accounts(book, chain);
    for (size_t i = book->requests_len; i-- > 0;) {
        pp_book_request *r = book->requests[i].request;
        if (is_over(r)) continue;
        const pp_market_request *live = pp_market_find_request(m, &r->last.id);
        if (live == NULL || live->number != r->last.number) // gone within one block
            drop_request(book, i);
        else
            copy_request(r, m, live);
    }
}

// ---- questions --------------------------------------------------------------------------------

// Of what is kept and what was put away, the newest below; both are asked for in steps.
const pp_book_request *pp_book_request_before(const pp_book *b, uint64_t before) {
    size_t at = place_of(b, before);
    const pp_book_request *kept = at == 0 ? NULL : b->requests[at - 1].request;
    uint64_t from = kept ? kept->last.number : 0, len = list_len(&b->where);
    for (uint64_t n = before < len ? before : len; n-- > from;) {
        const pp_book_request *past = past_at(b, n);
        if (past != NULL) return past;
    }
    return kept;
}
const pp_book_batch *pp_book_batch_before(const pp_book *b, uint64_t before) {
    return list_before(&b->batches, before);
}
const pp_book_incident *pp_book_incident_before(const pp_book *b, uint64_t before) {
    return list_before(&b->incidents, before);
}
const pp_book_clear *pp_book_clear_before(const pp_book *b, uint64_t before) {
    return list_before(&b->clears, before);
}

const pp_book_news *pp_book_news_from(const pp_book *b, uint64_t from) {
    uint64_t first = b->news_len > PP_BOOK_NEWS ? b->news_len - PP_BOOK_NEWS : 0;
    if (from < first) from = first;
    return from < b->news_len ? &b->news[from % PP_BOOK_NEWS] : NULL;
}

static bool has_id(const void *ctx, uint32_t at, const uint8_t *key) {
    const pp_book_request *r = past_at(ctx, at);
    return r != NULL && memcmp(r->last.id.b, key, 32) == 0;
}

const pp_book_request *pp_book_request_find(const pp_book *b, const pp_hash32 *id) {
    for (size_t i = b->requests_len; i-- > 0;)
        if (pp_hash32_eq(&b->requests[i].request->last.id, id)) return b->requests[i].request;
    uint32_t at = pp_runs_find(&b->by_id, id->b, has_id, b);
    return at == PP_TABLE_NONE ? NULL : past_at(b, at);
}

const pp_book_request *pp_book_request_at(const pp_book *b, uint64_t number) {
    const pp_book_request *kept = find_number(b, number);
    return kept ? kept : past_at(b, number);
}

const pp_book_batch *pp_book_batch_find(const pp_book *b, uint64_t lane, uint64_t number) {
    return find_batch(b, lane, number);
}

const pp_book_account *pp_book_accounts(size_t *len, const pp_book *b) {
    *len = b->accounts_len;
    return b->accounts;
}

const pp_book_account *pp_book_account_find(const pp_book *b, const pp_address *address) {
    return find_account(b, address);
}
