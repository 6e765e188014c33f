// SPDX-License-Identifier: MIT OR Apache-2.0
// The market's requests: their list, each whole, their proofs, and what happens to them.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "explain/show.h"
#include "node/lists.h"
#include "json/json.h"

static json_t *show_request(const pp_book_request *r, const pp_node_view *view) {
    const pp_market_request *m = &r->last;
    json_t *out = json_object();
    pp_json_u64(out, "number", m->number);
    pp_json_hash(out, "id", &m->id);
    pp_json_text(out, "state", pp_market_state_name(m->state));
    pp_json_bool(out, "proven", m->proven);
    pp_json_bool(out, "protocol", m->protocol);
    pp_json_bool(out, "escrowed", m->escrowed);
    pp_json_bool(out, "claimed", m->claimed);
    pp_list_place(out, r->has_batch, r->lane, r->batch);
    pp_json_address(out, "requester", &r->requester);
    pp_json_u64(out, "height", r->height);
    pp_json_u64(out, "posted", m->posted);
    pp_json_u64(out, "expires", m->expires);
    pp_json_u64(out, "work", m->terms.work);
    pp_json_wei(out, "reserve", m->terms.reserve);
    pp_json_wei(out, "cap", m->cap);
    bool open = m->state == PP_MARKET_OPEN;
    pp_json_wei(out, "price", open ? pp_market_open_price(m, view->info.market_time) : m->price);
    pp_json_wei(out, "paid", m->settled ? m->paid : 0);
    pp_json_address(out, "primary", &r->primary);
    pp_json_address(out, "insurer", &r->insurer);
    pp_json_address(out, "payee", &r->payee);
    bool assigned = m->state == PP_MARKET_ASSIGNED;
    json_object_set_new(out, "deadline",
                        assigned ? json_integer((json_int_t)m->deadline) : json_null());
    json_object_set_new(out, "due", r->due ? json_integer((json_int_t)r->due) : json_null());
    json_object_set_new(out, "closed",
                        pp_market_state_is_terminal(m->state) ? json_integer((json_int_t)r->closed)
                                                              : json_null());
    size_t commits = 0;
    for (size_t i = 0; i < r->bids_len; i++) commits += !pp_book_bids(r)[i].claim;
    pp_json_u64(out, "commits", commits);
    pp_json_u64(out, "bids", m->bids);
    pp_json_u64(out, "winners", m->terms.winners);
    pp_json_u64(out, "defaults", m->defaulters_len);
    pp_json_u64(out, "proof_size", r->proof_size);
    return out;
}

static void read_requests(void *ctx, const pp_node_seen *seen) {
    pp_ask *a = ctx;
    const pp_book_request *r;
    for (uint64_t before = a->page->before;
         (r = pp_book_request_before(seen->book, before)) != NULL; before = a->next) {
        a->more = pp_list_full(a);
        if (a->more) return;
        a->next = r->last.number;
        json_array_append_new(a->items, show_request(r, seen->view));
    }
}
char *pp_list_requests(size_t *size, pp_node *node, const pp_page *page) {
    return pp_list_make(size, node, page, read_requests);
}

static void set_bids(json_t *out, const pp_book_request *r) {
    json_t *bids = json_array();
    for (size_t i = 0; i < r->bids_len; i++) {
        const pp_book_bid *b = &pp_book_bids(r)[i];
        json_t *bid = json_object();
        pp_json_address(bid, "prover", &b->prover);
        pp_json_bool(bid, "revealed", b->revealed);
        pp_json_bool(bid, "claim", b->claim);
        json_object_set_new(bid, "bid", json_null());
        if (b->revealed) pp_json_wei(bid, "bid", b->bid);
        pp_json_u64(bid, "rank", b->rank);
        json_array_append_new(bids, bid);
    }
    json_object_set_new(out, "bids_list", bids);
}

static void set_terms(json_t *out, const pp_market_terms *t) {
    static const char *const matches[] = {
        [PP_MARKET_ANY] = "any", [PP_MARKET_PREFIX] = "prefix", [PP_MARKET_EXACT] = "exact"};
    pp_json_hash(out, "program_id", &t->program_id);
    pp_json_hash(out, "input_id", &t->input_id);
    pp_json_u64(out, "input_size", t->input_size);
    pp_json_text(out, "output_match", matches[t->match]);
    char text[2 + 2 * PP_OUTPUT_MAX + 1] = "0x";
    pp_hex_encode(text + 2, t->output, t->output_size);
    pp_json_text(out, "output", text);
    pp_json_u64(out, "kappa", t->kappa);
    pp_json_u64(out, "commit_window", t->commit_window);
    pp_json_u64(out, "reveal_window", t->reveal_window);
    pp_json_u64(out, "decline_window", t->decline_window);
    pp_json_u64(out, "work_window", t->work_window);
    pp_json_u64(out, "bounty_window", t->bounty_window);
}

static void read_request(void *ctx, const pp_node_seen *seen) {
    pp_ask *a = ctx;
    const pp_book_request *r = pp_book_request_find(seen->book, a->id);
    if (r == NULL) return;
    a->one = show_request(r, seen->view);
    set_terms(a->one, &r->last.terms);
    pp_json_wei(a->one, "stake", r->last.stake);
    pp_json_wei(a->one, "pot", r->last.pot);
    set_bids(a->one, r);
    pp_explain_set_match(a->one, pp_book_match(r));
    pp_explain_set_story(a->one, pp_book_story(r), r->story_len);
    json_t *next = json_array();
    for (size_t i = 0; i < r->next_len; i++) json_array_append_new(next, json_string(r->next[i]));
    json_object_set_new(a->one, "next", next);
}

char *pp_list_request(size_t *size, pp_node *node, const pp_hash32 *id) {
    pp_ask a = {.id = id};
    pp_node_read(node, read_request, &a);
    return a.one ? pp_json_dump(size, a.one) : NULL;
}

typedef struct proof_ask {
    const pp_hash32 *id;
    uint64_t *height;
    size_t *offset, *size;
} proof_ask;

static void read_proof(void *ctx, const pp_node_seen *seen) {
    proof_ask *a = ctx;
    const pp_book_request *r = pp_book_request_find(seen->book, a->id);
    *a->size = r ? r->proof_size : 0;
    if (*a->size == 0) return;
    *a->height = r->proof_height;
    *a->offset = r->proof_offset;
}

void pp_list_proof(uint64_t *height, size_t *offset, size_t *size, pp_node *node,
                   const pp_hash32 *id) {
    proof_ask a = {id, height, offset, size};
    pp_node_read(node, read_proof, &a);
}

// ---- news -------------------------------------------------------------------------------------

enum { NEWS_ONE = 512, NEWS_MAX = 64 };

typedef struct news_ask {
    uint64_t *from;
    char *text;
    size_t size;
} news_ask;

static void read_news(void *ctx, const pp_node_seen *seen) {
    news_ask *a = ctx;
    const pp_book_news *n;
    for (size_t i = 0; i < NEWS_MAX && (n = pp_book_news_from(seen->book, *a->from)) != NULL; i++) {
        char request[65], account[41], amount[40];
        pp_hex_encode(request, n->event.request.b, 32);
        pp_hex_encode(account, n->event.account.b, 20);
        pp_u128_dec(amount, n->event.amount);
        if (a->text == NULL) {
            a->text = malloc((size_t)NEWS_ONE * NEWS_MAX);
            PP_ASSERT(a->text != NULL);
        }
        int len = snprintf(a->text + a->size, NEWS_ONE,
                           "event: market\ndata: {\"height\":%" PRIu64 ",\"time\":%" PRIu64
                           ",\"request\":\"0x%s\",\"kind\":\"%s\",\"account\":\"0x%s\","
                           "\"amount\":\"%s\"}\n\n",
                           n->height, n->event.time, request, pp_market_event_name(n->event.kind),
                           account, amount);
        PP_ASSERT(len > 0 && len < NEWS_ONE);
        a->size += (size_t)len;
        *a->from = n->sequence + 1;
    }
}

char *pp_list_news(size_t *size, uint64_t *from, pp_node *node) {
    news_ask a = {.from = from};
    pp_node_read(node, read_news, &a);
    *size = a.size;
    return a.text;
}
