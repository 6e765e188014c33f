// SPDX-License-Identifier: MIT OR Apache-2.0
// Canonical bytes: commands, ids, and the state behind the state hash. Little-endian, fixed width;
// byte strings as u32 length and bytes; one encoding for each value.
#include "hash/keccak.h"
#include "market/internal.h"

// ---- writing ----------------------------------------------------------------------------------

static void put(const pp_market_sink *s, const void *data, size_t size) {
    s->put(s->ctx, data, size);
}
static void put_u8(const pp_market_sink *s, uint8_t v) {
    put(s, &v, 1);
}
void pp_market_put_u32(const pp_market_sink *s, uint32_t v) {
    uint8_t b[4];
    pp_store_le32(b, v);
    put(s, b, sizeof b);
}
void pp_market_put_u64(const pp_market_sink *s, uint64_t v) {
    uint8_t b[8];
    pp_store_le64(b, v);
    put(s, b, sizeof b);
}
void pp_market_put_u128(const pp_market_sink *s, pp_u128 v) {
    pp_market_put_u64(s, (uint64_t)v);
    pp_market_put_u64(s, (uint64_t)(v >> 64));
}
static void put_bytes(const pp_market_sink *s, const uint8_t *data, uint32_t size) {
    pp_market_put_u32(s, size);
    put(s, data, size);
}

void pp_market_put_terms(const pp_market_sink *s, const pp_market_terms *t) {
    put(s, t->program_id.b, 32);
    put(s, t->input_id.b, 32);
    put_u8(s, (uint8_t)t->match);
    put_bytes(s, t->output, t->output_size <= PP_OUTPUT_MAX ? t->output_size : PP_OUTPUT_MAX);
    pp_market_put_u64(s, t->work);
    pp_market_put_u64(s, t->input_size);
    pp_market_put_u128(s, t->reserve);
    pp_market_put_u128(s, t->cap);
    put_u8(s, t->winners);
    put_u8(s, t->kappa);
    pp_market_put_u64(s, t->commit_window);
    pp_market_put_u64(s, t->reveal_window);
    pp_market_put_u64(s, t->decline_window);
    pp_market_put_u64(s, t->work_window);
    pp_market_put_u64(s, t->bounty_window);
    pp_market_put_u64(s, t->expiry);
    put_u8(s, t->steps_len);
    for (uint8_t i = 0; i < t->steps_len && i < PP_MARKET_ESCALATION_MAX; i++) {
        pp_market_put_u64(s, t->steps[i].after);
        pp_market_put_u128(s, t->steps[i].cap);
    }
}

// ---- reading ----------------------------------------------------------------------------------

typedef struct reader {
    const uint8_t *at;
    size_t left;
    bool bad; // once set, everything reads as zero
} reader;

static const uint8_t *take(reader *r, size_t size) {
    if (r->bad || size > r->left) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *p = r->at;
    r->at += size;
    r->left -= size;
    return p;
}
static void get(reader *r, void *out, size_t size) {
    const uint8_t *p = take(r, size);
    if (p != NULL && size > 0) memcpy(out, p, size);
}
static uint8_t get_u8(reader *r) {
    const uint8_t *p = take(r, 1);
    return p != NULL ? *p : 0;
}
static uint32_t get_u32(reader *r) {
    const uint8_t *p = take(r, 4);
    return p != NULL ? pp_load_le32(p) : 0;
}
static uint64_t get_u64(reader *r) {
    const uint8_t *p = take(r, 8);
    return p != NULL ? pp_load_le64(p) : 0;
}
static pp_u128 get_u128(reader *r) {
    const uint8_t *p = take(r, 16);
    return p != NULL ? pp_load_le128(p) : 0;
}

static void get_output(reader *r, uint8_t out[PP_OUTPUT_MAX], uint32_t *size) {
    uint32_t n = get_u32(r);
    if (n > PP_OUTPUT_MAX) r->bad = true;
    if (r->bad) return;
    get(r, out, n);
    *size = n;
}

static void get_terms(reader *r, pp_market_terms *t) {
    get(r, t->program_id.b, 32);
    get(r, t->input_id.b, 32);
    uint8_t match = get_u8(r);
    if (match > PP_MARKET_EXACT) r->bad = true;
    t->match = r->bad ? PP_MARKET_EXACT : (pp_market_match)match;
    get_output(r, t->output, &t->output_size);
    t->work = get_u64(r);
    t->input_size = get_u64(r);
    t->reserve = get_u128(r);
    t->cap = get_u128(r);
    t->winners = get_u8(r);
    t->kappa = get_u8(r);
    t->commit_window = get_u64(r);
    t->reveal_window = get_u64(r);
    t->decline_window = get_u64(r);
    t->work_window = get_u64(r);
    t->bounty_window = get_u64(r);
    t->expiry = get_u64(r);
    t->steps_len = get_u8(r);
    if (t->steps_len > PP_MARKET_ESCALATION_MAX) r->bad = true;
    for (uint8_t i = 0; !r->bad && i < t->steps_len; i++) {
        t->steps[i].after = get_u64(r);
        t->steps[i].cap = get_u128(r);
    }
}

// ---- commands ---------------------------------------------------------------------------------

typedef struct writer {
    uint8_t *out;
    size_t max, size;
} writer;

static void write_some(void *ctx, const void *data, size_t size) {
    writer *w = ctx;
    if (size > 0 && w->size < w->max) {
        size_t room = w->max - w->size;
        memcpy(w->out + w->size, data, size < room ? size : room);
    }
    w->size += size;
}

size_t pp_market_command_encode(uint8_t *out, size_t out_size, const pp_market_command *c) {
    writer w = {out, out_size, 0};
    pp_market_sink s = {write_some, &w};
    put_u8(&s, (uint8_t)c->kind);
    if (c->kind >= PP_MARKET_CANCEL) put(&s, c->request.b, 32);
    switch (c->kind) {
    case PP_MARKET_REGISTER:
        pp_market_put_u32(&s, c->slots);
        pp_market_put_u128(&s, c->amount);
        break;
    case PP_MARKET_UNBOND:
    case PP_MARKET_RAISE:
        pp_market_put_u128(&s, c->amount);
        break;
    case PP_MARKET_POST:
        pp_market_put_u64(&s, c->nonce);
        pp_market_put_terms(&s, &c->terms);
        break;
    case PP_MARKET_BID:
        put(&s, c->hash.b, 32);
        break;
    case PP_MARKET_OPEN_BID:
        pp_market_put_u128(&s, c->amount);
        put(&s, c->hash.b, 32);
        break;
    case PP_MARKET_PROVE:
        put_bytes(&s, c->output, c->output_size <= PP_OUTPUT_MAX ? c->output_size : PP_OUTPUT_MAX);
        pp_market_put_u32(&s, (uint32_t)c->proof.size);
        put(&s, c->proof.data, c->proof.size);
        break;
    default:
        break;
    }
    return w.size;
}

bool pp_market_command_decode(pp_market_command *out, pp_bytes bytes) {
    pp_address sender = out->sender;
    memset(out, 0, sizeof *out);
    out->sender = sender;
    reader r = {bytes.data, bytes.size, false};
    uint8_t kind = get_u8(&r);
    if (r.bad || kind < PP_MARKET_REGISTER || kind >= PP_MARKET_KINDS_END) return false;
    out->kind = (pp_market_kind)kind;
    if (out->kind >= PP_MARKET_CANCEL) get(&r, out->request.b, 32);
    switch (out->kind) {
    case PP_MARKET_REGISTER:
        out->slots = get_u32(&r);
        out->amount = get_u128(&r);
        break;
    case PP_MARKET_UNBOND:
    case PP_MARKET_RAISE:
        out->amount = get_u128(&r);
        break;
    case PP_MARKET_POST:
        out->nonce = get_u64(&r);
        get_terms(&r, &out->terms);
        break;
    case PP_MARKET_BID:
        get(&r, out->hash.b, 32);
        break;
    case PP_MARKET_OPEN_BID:
        out->amount = get_u128(&r);
        get(&r, out->hash.b, 32);
        break;
    case PP_MARKET_PROVE:
        get_output(&r, out->output, &out->output_size);
        out->proof.size = get_u32(&r);
        out->proof.data = take(&r, out->proof.size);
        break;
    default:
        break;
    }
    return !r.bad && r.left == 0;
}

// ---- ids --------------------------------------------------------------------------------------

static void absorb(void *ctx, const void *data, size_t size) {
    pp_keccak_update(ctx, data, size);
}

static void start(pp_keccak *k, const char *tag) {
    pp_keccak_init(k);
    pp_keccak_update(k, tag, strlen(tag));
}

void pp_market_request_id(pp_hash32 *out, const pp_hash32 *chain_id, const pp_address *requester,
                          uint64_t nonce, const pp_market_terms *terms) {
    pp_keccak k;
    pp_market_sink s = {absorb, &k};
    start(&k, "polypoly/request/1");
    put(&s, chain_id->b, 32);
    put(&s, requester->b, 20);
    pp_market_put_u64(&s, nonce);
    pp_market_put_terms(&s, terms);
    pp_keccak_final(&k, out);
}

void pp_market_bid_hash(pp_hash32 *out, const pp_hash32 *request, const pp_address *prover,
                        pp_u128 bid, const pp_hash32 *salt) {
    pp_keccak k;
    pp_market_sink s = {absorb, &k};
    start(&k, "polypoly/bid/1");
    put(&s, request->b, 32);
    put(&s, prover->b, 20);
    pp_market_put_u128(&s, bid);
    put(&s, salt->b, 32);
    pp_keccak_final(&k, out);
}

void pp_market_context(pp_hash32 *out, const pp_hash32 *request, const pp_address *prover) {
    pp_keccak k;
    start(&k, "polypoly/context/1");
    pp_keccak_update(&k, request->b, 32);
    pp_keccak_update(&k, prover->b, 20);
    pp_keccak_final(&k, out);
}

// ---- the state --------------------------------------------------------------------------------
// The state hash covers what cannot be derived: what an account holds, its slots in use and its
// open requests and defaults follow from the requests; a request's terms are in its id.

// A number as its length in bytes and those bytes: most are small, and a leaf is short.
static void put_int(writer *w, pp_u128 v) {
    uint8_t *at = w->out + w->size;
    uint64_t low = (uint64_t)v, high = (uint64_t)(v >> 64), top = high != 0 ? high : low;
    uint8_t n = (uint8_t)((high != 0 ? 8 : 0) + (71 - __builtin_clzll(top | 1)) / 8 - (top == 0));
    at[0] = n;
    pp_store_le64(at + 1, low); // leaves have room behind their last number
    if (high != 0) pp_store_le64(at + 9, high);
    w->size += 1 + (size_t)n;
}
static void put_hash(writer *w, const pp_hash32 *h) {
    memcpy(w->out + w->size, h->b, 32);
    w->size += 32;
}
// Nobody is 0.
static void put_who(writer *w, uint32_t account) {
    put_int(w, (uint32_t)(account + 1));
}

static void put_account(writer *w, const pp_market_account *a) {
    memcpy(w->out + w->size, a->address.b, 20);
    w->size += 20;
    put_int(w, a->free);
    put_int(w, a->stake);
    put_int(w, a->unbonding);
    put_int(w, a->unbond_at);
    put_int(w, a->registered);
    put_int(w, a->registered_at);
    put_int(w, a->slots);
    put_int(w, a->nonce_floor);
    put_int(w, a->debts_paid); // with the chain of debts: what is still owed
}

static void put_commits(writer *w, const pp_market *m, const pp_market_request *r) {
    put_int(w, r->commits_len);
    for (uint32_t i = r->commits; i != PP_MARKET_NONE; i = m->bids[i].next) {
        const pp_market_commit *c = &m->bids[i];
        put_who(w, c->account);
        put_int(w, c->revealed);
        put_int(w, c->held);
        put_int(w, c->revealed ? c->bid : c->bond);
        put_hash(w, c->revealed ? &c->salt : &c->hash); // the sealed bid follows from bid and salt
    }
    put_int(w, r->winners_len);
    put_int(w, r->winner_at);
    for (uint32_t i = 0; i < r->winners_len; i++) put_who(w, pp_market_winner(m, r, i)->account);
    put_int(w, r->claims_len);
    for (uint32_t i = r->claims; i != PP_MARKET_NONE; i = m->bids[i].next) {
        put_who(w, m->bids[i].account);
        put_int(w, m->bids[i].bid);
        put_int(w, m->bids[i].held);
    }
}

static void put_request(writer *w, const pp_market *m, const pp_market_request *r) {
    uint32_t flags = 0;
    const bool each[] = {r->protocol, r->escrowed, r->proven,      r->drawing, r->winners_kept,
                         r->claimed,  r->insured,  r->opened_once, r->settled};
    for (uint32_t i = 0; i < PP_COUNT(each); i++) flags |= (uint32_t)each[i] << i;
    put_hash(w, &r->id);
    put_who(w, r->requester);
    put_int(w, r->number);
    put_int(w, r->nonce);
    put_int(w, r->state);
    put_int(w, flags);
    put_int(w, r->posted);
    put_int(w, r->expires);
    put_int(w, r->cap);
    for (uint8_t i = 0; i < r->terms.steps_len; i++) // a fund may not have covered those of its id
        put_int(w, r->terms.steps[i].cap);
    put_int(w, r->escrow);
    put_int(w, r->pot);
    put_commits(w, m, r);
    put_who(w, r->primary);
    put_int(w, r->price);
    put_int(w, r->stake);
    put_int(w, r->assigned);
    put_who(w, r->insurer);
    put_int(w, r->opened);
    put_int(w, r->ramp_start);
    put_int(w, r->ramp_from);
    put_int(w, r->faults);
    put_int(w, r->defaulters_len);
    for (uint32_t i = 0; i < r->defaulters_len; i++) put_who(w, r->defaulters[i]);
    put_who(w, r->payee);
    put_int(w, r->paid);
}

// How it ended: the log before it tells the rest.
void pp_market_fold_closed(pp_market *m, const pp_market_request *r) {
    uint8_t bytes[128];
    writer w = {bytes, sizeof bytes, 0};
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): a tag, no string
    memcpy(bytes, "polypoly/closed/1", 17);
    w.size = 17;
    put_hash(&w, &m->closed);
    put_hash(&w, &r->id);
    put_int(&w, r->state);
    put_int(&w, r->proven);
    put_who(&w, r->payee);
    put_int(&w, r->paid);
    pp_keccak256(&m->closed, bytes, w.size);
}

void pp_market_fold_debt(pp_market *m, const pp_market_debt *d) {
    uint8_t bytes[128];
    writer w = {bytes, sizeof bytes, 0};
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): a tag, no string
    memcpy(bytes, "polypoly/debt/1", 15);
    w.size = 15;
    put_hash(&w, &m->owed);
    put_who(&w, d->from);
    put_who(&w, d->to);
    put_int(&w, d->amount);
    pp_keccak256(&m->owed, bytes, w.size);
}

static size_t account_leaf(uint8_t out[PP_MARKET_LEAF_MAX], const pp_market *m, uint32_t at) {
    writer w = {out, PP_MARKET_LEAF_MAX, 0};
    if (at < m->accounts_len) put_account(&w, &m->accounts[at]);
    return w.size;
}

static size_t request_leaf(uint8_t out[PP_MARKET_LEAF_MAX], const pp_market *m, uint32_t at) {
    writer w = {out, PP_MARKET_LEAF_MAX, 0};
    if (!pp_market_state_is_terminal(m->requests[at].state)) put_request(&w, m, &m->requests[at]);
    return w.size;
}

void pp_market_hash(pp_hash32 *out, const pp_market *m) {
    pp_keccak k;
    pp_market_sink s = {absorb, &k};
    uint8_t params[PP_MARKET_PARAMS_SIZE];
    pp_hash32 accounts, requests;
    pp_market_params_encode(params, &m->params);
    pp_market_tree_root(&accounts, m->account_tree, account_leaf, m);
    pp_market_tree_root(&requests, m->request_tree, request_leaf, m);
    start(&k, "polypoly/market/5");
    put(&s, params, sizeof params);
    put(&s, m->chain_id.b, 32);
    put(&s, m->vm_id.b, 32);
    pp_market_put_u64(&s, m->now);
    pp_market_put_u32(&s, m->accounts_max);
    pp_market_put_u32(&s, m->requests_max);
    pp_market_put_u32(&s, m->accounts_len);
    put(&s, accounts.b, 32);
    pp_market_put_u64(&s, m->posted);
    put(&s, m->closed.b, 32);
    pp_market_put_u32(&s, m->open_len);
    put(&s, requests.b, 32);
    put(&s, m->owed.b, 32);
    pp_market_put_u128(&s, m->deposits);
    pp_market_put_u128(&s, m->withdrawals);
    pp_market_put_u128(&s, m->burned);
    pp_keccak_final(&k, out);
}
