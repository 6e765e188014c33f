// SPDX-License-Identifier: MIT OR Apache-2.0
#include "explain/show.h"

#include "json/json.h"

void pp_explain_set_match(json_t *out, const pp_match *m) {
    json_t *match = m ? json_object() : json_null(), *bids = json_array();
    json_object_set_new(out, "match", match);
    for (size_t i = 0; m && i < m->len; i++) {
        json_t *bid = json_object();
        pp_json_address(bid, "prover", &m->bids[i].prover);
        json_object_set_new(bid, "bid", json_null());
        if (m->bids[i].revealed) pp_json_wei(bid, "bid", m->bids[i].bid);
        pp_json_bool(bid, "revealed", m->bids[i].revealed);
        pp_json_hash(bid, "salt", &m->bids[i].salt);
        pp_json_u64(bid, "rank", m->bids[i].rank);
        pp_json_bool(bid, "fits", m->bids[i].fits);
        json_array_append_new(bids, bid);
    }
    if (m) {
        pp_json_bool(match, "known", m->known);
        pp_json_bool(match, "right", m->right);
        pp_json_wei(match, "price", m->price);
        pp_json_wei(match, "recomputed", m->recomputed);
        pp_json_wei(match, "reserve", m->reserve);
        pp_json_u64(match, "winners", m->winners);
        pp_json_hash(match, "preimage", &m->preimage);
        json_object_set(match, "bids", bids);
    }
    json_decref(bids);
}

void pp_explain_set_story(json_t *out, const pp_story *story, size_t len) {
    json_t *lines = json_array();
    for (size_t i = 0; i < len; i++) {
        const pp_story *s = &story[i];
        json_t *line = json_object();
        pp_json_u64(line, "time", s->event.time);
        pp_json_text(line, "event",
                     s->refused ? pp_explain_command(s->kind)
                                : pp_market_event_name(s->event.kind));
        pp_json_address(line, "account", &s->event.account);
        json_object_set_new(line, "amount", json_null());
        if (!s->refused) pp_json_wei(line, "amount", s->event.amount);
        pp_json_bool(line, "refused", s->refused);
        pp_json_text(line, "reason", s->refused ? pp_market_reason_code(s->reason) : NULL);
        pp_json_text(line, "text", s->refused ? pp_market_reason_text(s->reason) : NULL);
        json_array_append_new(lines, line);
    }
    json_object_set_new(out, "story", lines);
}
