// SPDX-License-Identifier: MIT OR Apache-2.0
#include "index/book_inside.h"

#include "chain/block.h"

enum { COOL = 256 }; // blocks: then what was looked up leaves memory

// ---- accounts ---------------------------------------------------------------------------------

static bool is_account(const void *ctx, uint32_t at, const uint8_t *key) {
    return memcmp(((const pp_book *)ctx)->accounts[at].now.address.b, key, 20) == 0;
}

pp_book_account *pp_book_account_of(const pp_book *b, const pp_address *address) {
    uint32_t at = pp_table_find(&b->by_address, address->b, is_account, b);
    return at == PP_TABLE_NONE ? NULL : &b->accounts[at];
}

// The market keeps its accounts in the order in which they came; the place of one that holds
// nothing may be another's since.
static void refresh_accounts(pp_book *b, const pp_chain *chain) {
    const pp_market *m = pp_chain_market(chain);
    if (m->accounts_len > b->accounts_max) {
        b->accounts_max = 2 * (size_t)m->accounts_len;
        b->accounts = pp_book_resized(b->accounts, b->accounts_max * sizeof *b->accounts);
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
    pp_book_account *a = pp_book_account_of(b, address);
    if (a != NULL) return a;
    refresh_accounts(b, chain);
    return pp_book_account_of(b, address);
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

// ---- what follows from an end -------------------------------------------------------------------

// The newest below *number that is a default on this request; NULL: none. Those from before it was
// posted are not looked at.
static pp_book_incident *incident_of(const pp_book *b, const pp_book_request *r, uint64_t *number) {
    while (*number > 0) {
        pp_book_incident *i = pp_book_at(&b->incidents, --*number);
        if (i->time < r->last.posted) return NULL;
        if (!i->over && pp_hash32_eq(&i->request, &r->last.id)) return i;
    }
    return NULL;
}

static void settle_incidents(pp_book *b, const pp_book_request *r, uint64_t time) {
    pp_market_request before = r->last; // its pot is shared out by now
    pp_u128 compensation = 0, bounty = 0;
    pp_book_incident *i;
    uint64_t n = pp_book_len(&b->incidents);
    while ((i = incident_of(b, r, &n)) != NULL) before.pot += i->lost;
    if (before.settled) pp_market_shares(&compensation, &bounty, &before, time, before.payee);
    n = pp_book_len(&b->incidents);
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
    uint64_t sequence = pp_book_len(&b->clears);
    pp_book_clear *c = pp_book_put(b, &b->clears);
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
    uint64_t sequence = pp_book_len(&b->incidents);
    pp_book_incident *i = pp_book_put(b, &b->incidents);
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

// The lane's batches stand one behind the other among all others.
static pp_book_batch *find_batch(const pp_book *b, uint64_t lane, uint64_t number) {
    uint64_t at = lane < PP_COUNT(b->lanes) ? b->lanes[lane].last : 0;
    for (size_t i = 0; at > 0 && i < PP_BOOK_BATCHES; i++) {
        pp_book_batch *batch = pp_book_at(&b->batches, at - 1);
        if (batch->number <= number) return batch->number == number ? batch : NULL;
        at = batch->before;
    }
    return NULL;
}

static void cut_batch(pp_book *b, const pp_chain *chain, const pp_chain_info *info,
                      const pp_chain_event *e) {
    pp_chain_batch cut;
    pp_chain_tx first;
    if (!pp_chain_batch_get(&cut, chain, e->lane, e->batch)) return;
    uint64_t sequence = pp_book_len(&b->batches);
    pp_book_batch *batch = pp_book_put(b, &b->batches);
    if (batch == NULL) return;
    *batch = (pp_book_batch){.sequence = sequence,
                             .before = b->lanes[e->lane].last,
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
    b->lanes[e->lane].last = sequence + 1;
}

static uint64_t request_number(const pp_chain *chain, const pp_hash32 *id) {
    const pp_market_request *live = pp_market_find_request(pp_chain_market(chain), id);
    return live ? live->number : UINT64_MAX; // closed, and its place taken, in this very block
}

static void note_batch(pp_book *b, const pp_chain *chain, const pp_chain_info *info,
                       const pp_chain_event *e) {
    if (e->kind == PP_EVENT_FROZEN) b->lanes[e->lane].frozen = 1; // none of its batches changes now
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
    pp_book_request *r = pp_book_kept_at(b, live->number);
    if (r == NULL) {
        if (e->kind != PP_MARKET_EVENT_POSTED) return; // older than what is kept
        r = pp_book_request_add(b, live);
        r->height = a->info.height;
    }
    if (!r->has_batch) r->has_batch = pp_chain_batch_of(&r->lane, &r->batch, a->chain, &live->id);
    pp_book_copy(r, a->market, live);
    pp_story line = {.event = *e};
    pp_book_tell(r, &line);
    switch (e->kind) {
    case PP_MARKET_EVENT_ASSIGNED:
        if (live->commits_len > 0 && !live->claimed && r->match_size == 0) {
            pp_match *match = r->parts->match = calloc(1, sizeof *match);
            PP_ASSERT(match != NULL);
            pp_match_read(match, a->market, live, &a->info.beacon);
            r->match_size = pp_book_match_size(match);
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
    pp_book_request *r = live == NULL ? NULL : pp_book_kept_at(a->book, live->number);
    if (r == NULL) return;
    pp_story line = {.refused = true, .kind = command.kind, .reason = result->market};
    line.event.time = a->market->now;
    line.event.account = item.command.sender;
    pp_book_tell(r, &line);
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
        if (pp_book_is_over(r)) continue;
        const pp_market_request *live = pp_market_find_request(m, &r->last.id);
        if (live == NULL || live->number != r->last.number) // gone within one block
            pp_book_drop(book, i);
        else
            pp_book_copy(r, m, live);
    }
}

// ---- questions --------------------------------------------------------------------------------

// Of what is kept and what was put away, the newest below; both are asked for in steps.
const pp_book_request *pp_book_request_before(const pp_book *b, uint64_t before) {
    size_t at = pp_book_place(b, before);
    const pp_book_request *kept = at == 0 ? NULL : b->requests[at - 1].request;
    uint64_t from = kept ? kept->last.number : 0, len = pp_book_len(&b->where);
    for (uint64_t n = before < len ? before : len; n-- > from;) {
        const pp_book_request *past = pp_book_past_at(b, n);
        if (past != NULL) return past;
    }
    return kept;
}
const pp_book_batch *pp_book_batch_before(const pp_book *b, uint64_t before) {
    return pp_book_before(&b->batches, before);
}
const pp_book_incident *pp_book_incident_before(const pp_book *b, uint64_t before) {
    return pp_book_before(&b->incidents, before);
}
const pp_book_clear *pp_book_clear_before(const pp_book *b, uint64_t before) {
    return pp_book_before(&b->clears, before);
}

const pp_book_news *pp_book_news_from(const pp_book *b, uint64_t from) {
    uint64_t first = b->news_len > PP_BOOK_NEWS ? b->news_len - PP_BOOK_NEWS : 0;
    if (from < first) from = first;
    return from < b->news_len ? &b->news[from % PP_BOOK_NEWS] : NULL;
}

static bool has_id(const void *ctx, uint32_t at, const uint8_t *key) {
    const pp_book_request *r = pp_book_past_at(ctx, at);
    return r != NULL && memcmp(r->last.id.b, key, 32) == 0;
}

const pp_book_request *pp_book_request_find(const pp_book *b, const pp_hash32 *id) {
    for (size_t i = b->requests_len; i-- > 0;)
        if (pp_hash32_eq(&b->requests[i].request->last.id, id)) return b->requests[i].request;
    uint32_t at = pp_runs_find(&b->by_id, id->b, has_id, b);
    return at == PP_TABLE_NONE ? NULL : pp_book_past_at(b, at);
}

const pp_book_request *pp_book_request_at(const pp_book *b, uint64_t number) {
    const pp_book_request *kept = pp_book_kept_at(b, number);
    return kept ? kept : pp_book_past_at(b, number);
}

const pp_book_batch *pp_book_batch_find(const pp_book *b, uint64_t lane, uint64_t number) {
    return find_batch(b, lane, number);
}

const pp_book_account *pp_book_accounts(size_t *len, const pp_book *b) {
    *len = b->accounts_len;
    return b->accounts;
}

const pp_book_account *pp_book_account_find(const pp_book *b, const pp_address *address) {
    return pp_book_account_of(b, address);
}
