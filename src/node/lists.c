// SPDX-License-Identifier: MIT OR Apache-2.0
#include "node/lists.h"

#include "json/json.h"

char *pp_list_make(size_t *size, pp_node *node, const pp_page *page,
                   void (*read)(void *ctx, const pp_node_seen *seen)) {
    pp_ask a = {.page = page, .items = json_array()};
    PP_ASSERT(a.items != NULL);
    pp_node_read(node, read, &a);
    json_t *out = json_object();
    json_object_set_new(out, "items", a.items);
    json_object_set_new(out, "next", a.more ? json_integer((json_int_t)a.next) : json_null());
    return pp_json_dump(size, out);
}

bool pp_list_full(const pp_ask *a) {
    return json_array_size(a->items) == a->page->limit;
}

// wei for a million units of work.
static pp_u128 rate_of(pp_u128 price, uint64_t work) {
    return work == 0 ? 0 : price * 1000000 / work;
}

void pp_list_place(json_t *out, bool has_batch, uint64_t lane, uint64_t batch) {
    json_object_set_new(out, "lane", has_batch ? json_integer((json_int_t)lane) : json_null());
    json_object_set_new(out, "batch", has_batch ? json_integer((json_int_t)batch) : json_null());
}

// ---- batches ----------------------------------------------------------------------------------

static void set_height(json_t *out, const char *member, uint64_t height) {
    json_object_set_new(out, member, height ? json_integer((json_int_t)height) : json_null());
}

static json_t *show_batch(const pp_book_batch *b, const pp_book *book) {
    static const char *const states[] = {[PP_BATCH_CUT] = "cut",
                                         [PP_BATCH_WAITING] = "waiting",
                                         [PP_BATCH_ACCEPTED] = "accepted",
                                         [PP_BATCH_DONE] = "done"};
    const pp_book_request *r = b->has_request ? pp_book_request_at(book, b->request_number) : NULL;
    json_t *out = json_object();
    pp_json_u64(out, "sequence", b->sequence);
    pp_json_u64(out, "lane", b->lane);
    pp_json_u64(out, "number", b->number);
    pp_json_text(out, "state", states[b->status]);
    pp_json_bool(out, "checked", b->status == PP_BATCH_DONE);
    json_object_set_new(out, "request", json_null());
    if (b->has_request) pp_json_hash(out, "request", &b->request);
    pp_json_text(out, "request_state", r ? pp_market_state_name(r->last.state) : NULL);
    pp_json_u64(out, "first", b->first);
    pp_json_u64(out, "transactions", b->transactions);
    pp_json_u64(out, "applied", b->applied);
    pp_json_u64(out, "work", b->work);
    pp_json_wei(out, "reserve", b->reserve);
    pp_json_u64(out, "first_block", b->first_block);
    pp_json_u64(out, "last_block", b->cut_block);
    pp_json_u64(out, "cut_height", b->cut_block);
    pp_json_u64(out, "cut_time", b->cut_time);
    set_height(out, "accepted_height", b->accepted_block);
    set_height(out, "accepted_time", b->accepted_time);
    set_height(out, "root_height", b->root_block);
    set_height(out, "root_time", b->root_time);
    pp_json_address(out, "prover", &b->prover);
    pp_json_root(out, "root", &b->root);
    pp_json_u64(out, "proof_size", r ? r->proof_size : 0);
    return out;
}

// Of one lane: a page that has passed over so many others ends, however short it is.
enum { PASSED_MAX = 10000 };

static void read_batches(void *ctx, const pp_node_seen *seen) {
    pp_ask *a = ctx;
    const pp_book_batch *b;
    unsigned passed = 0;
    if (a->page->has_number) {
        b = pp_book_batch_find(seen->book, a->page->lane, a->page->number);
        if (b != NULL) json_array_append_new(a->items, show_batch(b, seen->book));
        return;
    }
    for (uint64_t before = a->page->before; (b = pp_book_batch_before(seen->book, before)) != NULL;
         before = b->sequence) {
        a->more = pp_list_full(a) || passed == PASSED_MAX;
        if (a->more) return;
        a->next = b->sequence;
        if (a->page->has_lane && b->lane != a->page->lane)
            passed++;
        else
            json_array_append_new(a->items, show_batch(b, seen->book));
    }
}
char *pp_list_batches(size_t *size, pp_node *node, const pp_page *page) {
    return pp_list_make(size, node, page, read_batches);
}

// ---- accounts ---------------------------------------------------------------------------------

static json_t *show_account(const pp_book_account *a) {
    json_t *out = json_object();
    pp_json_address(out, "address", &a->now.address);
    pp_json_u64(out, "nonce", a->nonce);
    pp_json_wei(out, "free", a->now.free);
    pp_json_wei(out, "stake", a->now.stake);
    pp_json_wei(out, "held", a->now.held);
    pp_json_wei(out, "unbonding", a->now.unbonding);
    pp_json_u64(out, "unbond_at", a->now.unbond_at);
    pp_json_bool(out, "registered", a->now.registered);
    pp_json_u64(out, "registered_at", a->now.registered_at);
    pp_json_u64(out, "slots", a->now.slots);
    pp_json_u64(out, "slots_used", a->now.slots_used);
    pp_json_u64(out, "open_defaults", a->now.open_defaults);
    pp_json_u64(out, "open_requests", a->now.open_requests);
    pp_json_wei(out, "debt", a->debt);
    pp_json_u64(out, "paid_count", a->paid_count);
    pp_json_wei(out, "paid_amount", a->paid);
    pp_json_u64(out, "paid_work", a->paid_work);
    pp_json_u64(out, "defaulted_count", a->defaults);
    pp_json_wei(out, "lost", a->lost);
    return out;
}

// By their places among the accounts; the first who came stands first.
static void read_provers(void *ctx, const pp_node_seen *seen) {
    pp_ask *a = ctx;
    size_t len;
    const pp_book_account *accounts = pp_book_accounts(&len, seen->book);
    size_t i = a->page->before == UINT64_MAX ? 0 : (size_t)a->page->before;
    for (; i < len; i++) {
        if (!accounts[i].now.registered) continue;
        a->more = pp_list_full(a);
        a->next = i;
        if (a->more) return;
        json_array_append_new(a->items, show_account(&accounts[i]));
    }
}
char *pp_list_provers(size_t *size, pp_node *node, const pp_page *page) {
    return pp_list_make(size, node, page, read_provers);
}

static void read_account(void *ctx, const pp_node_seen *seen) {
    pp_ask *a = ctx;
    const pp_book_account *account = pp_book_account_find(seen->book, a->address);
    pp_book_account none = {.now.address = *a->address};
    a->one = show_account(account ? account : &none);
}

char *pp_list_account(size_t *size, pp_node *node, const pp_address *address) {
    pp_ask a = {.address = address};
    pp_node_read(node, read_account, &a);
    return pp_json_dump(size, a.one);
}

// ---- incidents and prices ----------------------------------------------------------------------

static json_t *show_incident(const pp_book_incident *i) {
    json_t *out = json_object();
    pp_json_u64(out, "sequence", i->sequence);
    pp_json_u64(out, "time", i->time);
    pp_json_u64(out, "height", i->height);
    pp_json_hash(out, "request", &i->request);
    pp_list_place(out, i->has_batch, i->lane, i->batch);
    pp_json_address(out, "defaulter", &i->defaulter);
    pp_json_wei(out, "lost", i->lost);
    pp_json_text(out, "state", i->over ? pp_market_state_name(i->state) : NULL);
    pp_json_address(out, "rescuer", &i->rescuer);
    json_object_set_new(out, "rescuer_paid", json_null());
    json_object_set_new(out, "bounty", json_null());
    json_object_set_new(out, "compensation", json_null());
    if (i->settled) {
        pp_json_wei(out, "rescuer_paid", i->rescuer_paid);
        pp_json_wei(out, "bounty", i->bounty);
        pp_json_wei(out, "compensation", i->compensation);
    }
    json_object_set_new(out, "seconds_lost",
                        i->over ? json_real((double)i->delay / 1000) : json_null());
    return out;
}

static void read_incidents(void *ctx, const pp_node_seen *seen) {
    pp_ask *a = ctx;
    const pp_book_incident *i;
    for (uint64_t before = a->page->before;
         (i = pp_book_incident_before(seen->book, before)) != NULL; before = a->next) {
        a->more = pp_list_full(a);
        if (a->more) return;
        a->next = i->sequence;
        json_array_append_new(a->items, show_incident(i));
    }
}
char *pp_list_incidents(size_t *size, pp_node *node, const pp_page *page) {
    return pp_list_make(size, node, page, read_incidents);
}

static void read_prices(void *ctx, const pp_node_seen *seen) {
    pp_ask *a = ctx;
    const pp_book_clear *c;
    for (uint64_t before = a->page->before; (c = pp_book_clear_before(seen->book, before)) != NULL;
         before = a->next) {
        a->more = pp_list_full(a);
        if (a->more) return;
        a->next = c->sequence;
        json_t *out = json_object();
        pp_json_u64(out, "sequence", c->sequence);
        pp_json_u64(out, "time", c->time);
        pp_json_hash(out, "request", &c->request);
        pp_json_bool(out, "served", c->clear.served);
        pp_json_u64(out, "work", c->clear.work);
        pp_json_wei(out, "price_per_mwork", rate_of(c->clear.price, c->clear.work));
        pp_json_wei(out, "reserve_per_mwork", rate_of(c->clear.reserve, c->clear.work));
        json_array_append_new(a->items, out);
    }
}
char *pp_list_prices(size_t *size, pp_node *node, const pp_page *page) {
    return pp_list_make(size, node, page, read_prices);
}

// ---- blocks and transactions of one lane --------------------------------------------------------

// NULL: there is no such lane.
static const pp_index *index_of(const pp_ask *a, const pp_node_seen *seen) {
    if (!a->page->has_lane) return seen->index;
    return a->page->lane < PP_COUNT(seen->indexes) ? seen->indexes[a->page->lane] : NULL;
}

static void read_headers(void *ctx, const pp_node_seen *seen) {
    pp_ask *a = ctx;
    const pp_index *index = index_of(a, seen);
    if (index == NULL) return;
    uint64_t end = pp_index_head(index) + 1, finalized = pp_index_finalized(index);
    for (uint64_t h = a->page->before < end ? a->page->before : end; h-- > 0;) {
        a->more = pp_list_full(a);
        if (a->more) return;
        a->next = h;
        const pp_index_block *b = pp_index_block_at(index, h);
        if (b == NULL) return; // pruned, and all before it
        json_t *out = json_object();
        pp_json_u64(out, "height", h);
        pp_json_u64(out, "time", b->time);
        pp_json_hash(out, "hash", &b->hash);
        pp_json_hash(out, "parent", &b->parent);
        pp_json_hash(out, "state_hash", &b->state);
        pp_json_u64(out, "size", b->size);
        pp_json_u64(out, "ordered", b->ordered);
        pp_json_u64(out, "applied", b->applied);
        pp_json_u64(out, "gas_used", b->gas_used);
        pp_json_u64(out, "base_fee", b->base_fee);
        pp_json_bool(out, "finalized", h <= finalized);
        json_array_append_new(a->items, out);
    }
}
char *pp_list_headers(size_t *size, pp_node *node, const pp_page *page) {
    return pp_list_make(size, node, page, read_headers);
}

static void read_transactions(void *ctx, const pp_node_seen *seen) {
    pp_ask *a = ctx;
    const pp_index *index = index_of(a, seen);
    if (index == NULL) return;
    const pp_index_block *head = pp_index_block_at(index, pp_index_head(index));
    uint64_t end = head->first + head->ordered, finalized = pp_index_finalized(index);
    for (uint64_t n = a->page->before < end ? a->page->before : end; n-- > 0;) {
        a->more = pp_list_full(a);
        if (a->more) return;
        a->next = n;
        const pp_index_tx *tx = pp_index_tx_at(index, n);
        if (tx == NULL) return; // pruned, and all before it
        bool applied = tx->reason == PP_ROLLUP_OK;
        json_t *out = json_object();
        pp_json_u64(out, "number", n);
        pp_json_hash(out, "hash", &tx->hash);
        pp_json_u64(out, "height", tx->height);
        pp_json_bool(out, "applied", applied);
        pp_json_text(out, "reason", applied ? NULL : pp_rollup_reason_name(tx->reason));
        json_object_set_new(out, "sender", json_null());
        if (tx->has_sender) pp_json_address(out, "sender", &tx->sender);
        pp_json_u64(out, "gas_used", tx->gas_used);
        pp_json_bool(out, "finalized", tx->height <= finalized);
        json_array_append_new(a->items, out);
    }
}
char *pp_list_transactions(size_t *size, pp_node *node, const pp_page *page) {
    return pp_list_make(size, node, page, read_transactions);
}
