// SPDX-License-Identifier: MIT OR Apache-2.0
// Reading a genesis file. Every member is required and none is unknown, so that two programs can
// not read one file as two networks.
#include "chain/genesis.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "chain/wire.h"
#include "hash/keccak.h"
#include "rollup/rollup.h"

// Where the reader stands: the member's path, and whether all went well so far. After the first
// failure every step gives zeros and leaves *err alone.
typedef struct scan {
    pp_err *err;
    const char *name;
    bool ok;
    char path[160];
    size_t path_len;
} scan;

__attribute__((format(printf, 2, 3))) static void fail(scan *s, const char *format, ...) {
    if (!s->ok) return;
    s->ok = false;
    char what[160];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    pp_err_set(s->err, PP_EXIT_USAGE, "%s: %s%s%s", s->name, s->path, s->path_len ? ": " : "",
               what);
}

// Adds a step to the path; returns the length to go back to.
static size_t down(scan *s, const char *member) {
    size_t before = s->path_len;
    int n = snprintf(s->path + before, sizeof s->path - before, "%s%s", before ? "." : "", member);
    s->path_len += (size_t)n;
    PP_ASSERT(s->path_len < sizeof s->path);
    return before;
}
static size_t down_index(scan *s, size_t index) {
    size_t before = s->path_len;
    int n = snprintf(s->path + before, sizeof s->path - before, "[%zu]", index);
    s->path_len += (size_t)n;
    PP_ASSERT(s->path_len < sizeof s->path);
    return before;
}
static void up(scan *s, size_t before) {
    s->path_len = before;
    s->path[before] = 0;
}

// An object with exactly these members.
static void expect_members(scan *s, const json_t *object, const char *const *names) {
    if (!s->ok) return;
    if (!json_is_object(object)) {
        fail(s, "must be an object");
        return;
    }
    for (size_t i = 0; names[i]; i++)
        if (!json_object_get(object, names[i])) {
            size_t at = down(s, names[i]);
            fail(s, "missing");
            up(s, at);
            return;
        }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        size_t i = 0;
        while (names[i] && strcmp(names[i], key) != 0) i++;
        if (!names[i]) fail(s, "unknown member '%.40s'", key);
    }
}
#define MEMBERS(...) ((const char *const[]){__VA_ARGS__, NULL})

static uint64_t get_u64(scan *s, const json_t *object, const char *member, uint64_t min,
                        uint64_t max) {
    if (!s->ok) return 0;
    const json_t *v = json_object_get(object, member);
    size_t at = down(s, member);
    uint64_t out = 0;
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        fail(s, "must be a whole number");
    else if ((out = (uint64_t)json_integer_value(v)) < min || out > max)
        fail(s, "must be from %llu to %llu", (unsigned long long)min, (unsigned long long)max);
    up(s, at);
    return s->ok ? out : 0;
}

static pp_u128 get_wei(scan *s, const json_t *object, const char *member) {
    pp_u128 out = 0;
    if (!s->ok) return 0;
    size_t at = down(s, member);
    const char *text = json_string_value(json_object_get(object, member));
    if (!text || !pp_u128_parse(&out, text))
        fail(s, "must be wei as a decimal string below 2^128");
    else if (out > PP_MARKET_AMOUNT_MAX)
        fail(s, "must be at most 2^90 wei");
    up(s, at);
    return s->ok ? out : 0;
}

static void get_hex(scan *s, uint8_t *out, size_t size, const json_t *object, const char *member) {
    memset(out, 0, size);
    if (!s->ok) return;
    size_t at = down(s, member);
    const char *text = json_string_value(json_object_get(object, member));
    if (!text || strncmp(text, "0x", 2) != 0 || !pp_hex_decode(out, size, text))
        fail(s, "must be 0x and %zu hex digits", 2 * size);
    up(s, at);
}

static void get_name(scan *s, char out[PP_GENESIS_NAME_MAX], const json_t *object) {
    if (!s->ok) return;
    size_t at = down(s, "name");
    const char *text = json_string_value(json_object_get(object, "name"));
    size_t len = text ? strlen(text) : 0;
    if (len == 0 || len >= PP_GENESIS_NAME_MAX ||
        strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
        fail(s, "must be 1 to %d lower-case letters, digits and '-'", PP_GENESIS_NAME_MAX - 1);
    else
        memcpy(out, text, len + 1);
    up(s, at);
}

static const json_t *get_list(scan *s, size_t *len, const json_t *object, const char *member) {
    const json_t *list = json_object_get(object, member);
    *len = 0;
    if (!s->ok) return NULL;
    if (!json_is_array(list)) {
        size_t at = down(s, member);
        fail(s, "must be a list");
        up(s, at);
        return NULL;
    }
    *len = json_array_size(list);
    return list;
}

// The address of entry i; it must come after that of entry i - 1.
static void get_key(scan *s, pp_address *out, const json_t *entry, const pp_address *before) {
    get_hex(s, out->b, sizeof out->b, entry, "address");
    if (before && s->ok && memcmp(before->b, out->b, sizeof out->b) >= 0)
        fail(s, "addresses must be ascending, none twice");
}

// ---- parts ------------------------------------------------------------------------------------

static void scan_block(scan *s, pp_genesis *g, const json_t *object) {
    size_t at = down(s, "block");
    expect_members(s, object, MEMBERS("interval", "bytes", "items"));
    g->block_interval = get_u64(s, object, "interval", 1, 3600000);
    g->block_bytes = (uint32_t)get_u64(s, object, "bytes", 1 << 16, PP_BLOCK_BYTES_MAX);
    g->block_items = (uint32_t)get_u64(s, object, "items", 1, PP_BLOCK_ITEMS_MAX);
    up(s, at);
}

static void scan_limits(scan *s, pp_genesis *g, const json_t *object) {
    size_t at = down(s, "limits");
    expect_members(s, object, MEMBERS("accounts", "requests"));
    g->accounts_max = (uint32_t)get_u64(s, object, "accounts", 1, 1 << 24);
    g->requests_max = (uint32_t)get_u64(s, object, "requests", 1, 1 << 20);
    up(s, at);
}

static void scan_sets(scan *s, pp_genesis_proofs *p, const json_t *check) {
    size_t len;
    const json_t *list = get_list(s, &len, check, "sets");
    size_t at = down(s, "sets");
    if (len == 0 || len > PP_GENESIS_SETS_MAX)
        fail(s, "must be 1 to %d names of parameter sets", PP_GENESIS_SETS_MAX);
    for (size_t i = 0; s->ok && i < len; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        const pp_pcs_params *set = name ? pp_pcs_find(name) : NULL;
        size_t outer = down_index(s, i);
        if (!set)
            fail(s, "must be the name of a parameter set (polypoly soundness)");
        else if (!set->secure)
            fail(s, "the set %s proves nothing to anybody", set->name);
        for (size_t j = 0; j < i; j++)
            if (set && p->sets[j] == set) fail(s, "the set %s stands there twice", set->name);
        p->sets[p->sets_len++] = set;
        up(s, outer);
    }
    up(s, at);
}

// After the block's limits: a proof has to fit into one.
static void scan_check(scan *s, pp_genesis *g, const json_t *root) {
    const json_t *check = json_object_get(root, "check");
    const char *text = json_string_value(check);
    size_t at = down(s, "check");
    g->check = json_is_object(check) ? PP_CHECK_PROOF : PP_CHECK_RE_EXECUTE;
    if (g->check == PP_CHECK_PROOF) {
        expect_members(s, check, MEMBERS("sets", "bytes", "shards"));
        if (s->ok) scan_sets(s, &g->proofs, check);
        g->proofs.bytes =
            (uint32_t)get_u64(s, check, "bytes", 1, g->block_bytes - PP_GENESIS_PROOF_SPARE);
        g->proofs.shards = (uint32_t)get_u64(s, check, "shards", 1, PP_GENESIS_SHARDS_MAX);
    } else if (!text || strcmp(text, "re-execute") != 0) {
        fail(s, "must be \"re-execute\" or an object that says which proofs are accepted");
    }
    up(s, at);
}

static void scan_exit(scan *s, pp_genesis *g, const json_t *object) {
    size_t at = down(s, "exit");
    expect_members(s, object, MEMBERS("time", "blocks"));
    g->exit.time = get_u64(s, object, "time", 1, (uint64_t)1 << 40);
    g->exit.blocks = get_u64(s, object, "blocks", 1, (uint64_t)1 << 40);
    up(s, at);
}

static void scan_market(scan *s, pp_genesis *g, const json_t *object) {
    size_t at = down(s, "market");
#define X(name, value, min, max, unit, why) #name,
    static const char *const names[] = {PP_MARKET_PARAMS(X) NULL};
#undef X
    expect_members(s, object, names);
#define X(name, value, min, max, unit, why) g->market.name = get_u64(s, object, #name, min, max);
    PP_MARKET_PARAMS(X)
#undef X
    up(s, at);
}

static void scan_accounts(scan *s, pp_genesis *g, const json_t *root) {
    size_t len;
    const json_t *list = get_list(s, &len, root, "accounts");
    g->accounts = pp_chain_zeroed(len, sizeof *g->accounts);
    g->accounts_len = len;
    for (size_t i = 0; s->ok && i < len; i++) {
        const json_t *entry = json_array_get(list, i);
        size_t outer = down(s, "accounts");
        down_index(s, i);
        expect_members(s, entry, MEMBERS("address", "balance"));
        get_key(s, &g->accounts[i].address, entry, i ? &g->accounts[i - 1].address : NULL);
        g->accounts[i].balance = get_wei(s, entry, "balance");
        up(s, outer);
    }
}

static void scan_provers(scan *s, pp_genesis *g, const json_t *root) {
    size_t len;
    const json_t *list = get_list(s, &len, root, "provers");
    g->provers = pp_chain_zeroed(len, sizeof *g->provers);
    g->provers_len = len;
    for (size_t i = 0; s->ok && i < len; i++) {
        const json_t *entry = json_array_get(list, i);
        size_t outer = down(s, "provers");
        down_index(s, i);
        expect_members(s, entry, MEMBERS("address", "stake", "slots"));
        get_key(s, &g->provers[i].address, entry, i ? &g->provers[i - 1].address : NULL);
        g->provers[i].stake = get_wei(s, entry, "stake");
        g->provers[i].slots = (uint32_t)get_u64(s, entry, "slots", 1, g->market.slots_max);
        up(s, outer);
    }
}

static void scan_allocations(scan *s, pp_genesis_rollup *r, const json_t *object) {
    size_t len;
    const json_t *list = get_list(s, &len, object, "allocations");
    r->allocations = pp_chain_zeroed(len, sizeof *r->allocations);
    r->allocations_len = len;
    for (size_t i = 0; s->ok && i < len; i++) {
        const json_t *entry = json_array_get(list, i);
        pp_genesis_allocation *a = &r->allocations[i];
        size_t outer = down(s, "allocations");
        down_index(s, i);
        expect_members(s, entry, MEMBERS("address", "nonce", "balance"));
        get_key(s, &a->address, entry, i ? &r->allocations[i - 1].address : NULL);
        a->account.nonce = get_u64(s, entry, "nonce", 0, INT64_MAX);
        const char *text = json_string_value(json_object_get(entry, "balance"));
        if (s->ok && (!text || !pp_u256_parse(&a->account.balance, text))) {
            down(s, "balance");
            fail(s, "must be wei as a string below 2^256");
        }
        up(s, outer);
    }
}

static void scan_batch(scan *s, const pp_genesis *g, pp_genesis_rollup *r, const json_t *object) {
    size_t at = down(s, "batch");
    expect_members(s, object, MEMBERS("transactions", "bytes", "blocks", "backlog"));
    r->batch_transactions = (uint32_t)get_u64(s, object, "transactions", 1, PP_ROLLUP_BATCH_TX_MAX);
    r->batch_bytes =
        (uint32_t)get_u64(s, object, "bytes", PP_ROLLUP_TX_SIZE_MAX, PP_ROLLUP_BATCH_BYTES_MAX);
    r->batch_blocks = (uint32_t)get_u64(s, object, "blocks", 1, 1 << 20);
    r->batch_backlog = (uint32_t)get_u64(s, object, "backlog", 1, g->market.requests_max);
    up(s, at);
}

static void scan_queue(scan *s, pp_genesis_rollup *r, const json_t *object) {
    size_t at = down(s, "queue");
    expect_members(s, object, MEMBERS("deposits", "forced", "batches"));
    r->queue_deposits = (uint32_t)get_u64(s, object, "deposits", 0, PP_ROLLUP_DEPOSITS_MAX);
    r->queue_forced = (uint32_t)get_u64(s, object, "forced", 0, PP_ROLLUP_FORCED_MAX);
    r->queue_batches = (uint32_t)get_u64(s, object, "batches", 1, 1024);
    // What stands before a forced transaction in its batch leaves gas enough for it.
    if (s->ok && r->gas_limit / PP_ROLLUP_FORCED_GAS_MAX < r->queue_forced)
        fail(s, "gas_limit is below %d for each forced transaction", PP_ROLLUP_FORCED_GAS_MAX);
    up(s, at);
}

static void scan_fee(scan *s, pp_genesis_rollup *r, const json_t *object) {
    if (json_is_null(object)) return; // the environment gives the base fee
    size_t at = down(s, "fee");
    expect_members(s, object, MEMBERS("target", "change", "floor", "backlog"));
    r->fee_target = get_u64(s, object, "target", PP_ROLLUP_GAS_TRANSFER, INT64_MAX);
    r->fee_change = (uint32_t)get_u64(s, object, "change", 2, 1000);
    r->fee_floor = (uint32_t)get_u64(s, object, "floor", 0, 10000);
    r->fee_backlog = (uint32_t)get_u64(s, object, "backlog", 0, 10000);
    up(s, at);
}

static void scan_fund(scan *s, pp_genesis_rollup *r, const json_t *object) {
    size_t at = down(s, "fund");
    expect_members(
        s, object,
        MEMBERS("balance", "reserve_rate", "work_batch", "work_transaction", "work_byte"));
    r->fund = get_wei(s, object, "balance");
    r->reserve_rate = get_wei(s, object, "reserve_rate");
    r->work_batch = get_u64(s, object, "work_batch", 1, (uint64_t)1 << 40);
    r->work_transaction = get_u64(s, object, "work_transaction", 1, (uint64_t)1 << 40);
    r->work_byte = get_u64(s, object, "work_byte", 0, (uint64_t)1 << 24);
    up(s, at);
}

static void scan_request(scan *s, const pp_genesis *g, pp_genesis_rollup *r, const json_t *object) {
    pp_market_terms *t = &r->terms;
    size_t at = down(s, "request");
    expect_members(s, object,
                   MEMBERS("winners", "kappa", "commit_window", "reveal_window", "decline_window",
                           "work_window", "bounty_window", "expiry"));
    t->winners = (uint8_t)get_u64(s, object, "winners", 1, PP_MARKET_WINNERS_MAX);
    t->kappa = (uint8_t)get_u64(s, object, "kappa", PP_MARKET_KAPPA_MIN, PP_MARKET_KAPPA_MAX);
    t->commit_window = get_u64(s, object, "commit_window", 1, g->market.window_max);
    t->reveal_window = get_u64(s, object, "reveal_window", 1, g->market.window_max);
    t->decline_window = get_u64(s, object, "decline_window", 0, PP_MARKET_TIME_MAX);
    t->work_window = get_u64(s, object, "work_window", 1, PP_MARKET_TIME_MAX);
    t->bounty_window = get_u64(s, object, "bounty_window", 1, PP_MARKET_TIME_MAX);
    t->expiry = get_u64(s, object, "expiry", 1, PP_MARKET_TIME_MAX);
    up(s, at);
}

static void scan_rollup(scan *s, const pp_genesis *g, pp_genesis_rollup *r, const json_t *object) {
    expect_members(s, object,
                   MEMBERS("name", "chain_id", "program_id", "submitter", "fee_recipient",
                           "base_fee", "gas_limit", "fee", "batch", "queue", "fund", "request",
                           "allocations"));
    if (!s->ok) return;
    get_name(s, r->name, object);
    r->chain_id = get_u64(s, object, "chain_id", 1, PP_ROLLUP_CHAIN_ID_MAX);
    get_hex(s, r->program_id.b, 32, object, "program_id");
    r->open = json_is_null(json_object_get(object, "submitter"));
    if (!r->open) get_hex(s, r->submitter.b, 20, object, "submitter");
    get_hex(s, r->fee_recipient.b, 20, object, "fee_recipient");
    r->base_fee = get_u64(s, object, "base_fee", 0, INT64_MAX);
    r->gas_limit = get_u64(s, object, "gas_limit", PP_ROLLUP_GAS_TRANSFER, INT64_MAX);
    scan_batch(s, g, r, json_object_get(object, "batch"));
    scan_fee(s, r, json_object_get(object, "fee"));
    scan_queue(s, r, json_object_get(object, "queue"));
    scan_fund(s, r, json_object_get(object, "fund"));
    scan_request(s, g, r, json_object_get(object, "request"));
    scan_allocations(s, r, object);
}

static void scan_rollups(scan *s, pp_genesis *g, const json_t *root) {
    size_t len;
    const json_t *list = get_list(s, &len, root, "rollups");
    if (len > PP_GENESIS_ROLLUPS_MAX) {
        size_t at = down(s, "rollups");
        fail(s, "more than %d", PP_GENESIS_ROLLUPS_MAX);
        up(s, at);
        return;
    }
    g->rollups = pp_chain_zeroed(len, sizeof *g->rollups);
    g->rollups_len = len;
    for (size_t i = 0; s->ok && i < len; i++) {
        size_t outer = down(s, "rollups");
        down_index(s, i);
        scan_rollup(s, g, &g->rollups[i], json_array_get(list, i));
        for (size_t j = 0; j < i; j++)
            if (g->rollups[j].chain_id == g->rollups[i].chain_id)
                fail(s, "chain_id %llu is that of rollups[%zu] too: signatures would hold in both",
                     (unsigned long long)g->rollups[i].chain_id, j);
        up(s, outer);
    }
}

// Every amount on the chain is part of the supply, so within what the market can hold.
static void sum_supply(scan *s, pp_genesis *g) {
    pp_u256 sum = {{0}}, most = pp_u256_from_u128(PP_MARKET_AMOUNT_MAX);
    bool fits = true;
    for (size_t i = 0; i < g->accounts_len + g->provers_len + g->rollups_len; i++) {
        size_t j = i < g->accounts_len ? i : i - g->accounts_len;
        pp_u256 wei = pp_u256_from_u128(i < g->accounts_len  ? g->accounts[j].balance
                                        : j < g->provers_len ? g->provers[j].stake
                                                             : g->rollups[j - g->provers_len].fund);
        fits = fits && pp_u256_add(&sum, &sum, &wei);
    }
    for (size_t i = 0; i < g->rollups_len; i++)
        for (size_t j = 0; j < g->rollups[i].allocations_len; j++)
            fits = fits && pp_u256_add(&sum, &sum, &g->rollups[i].allocations[j].account.balance);
    if (!fits || pp_u256_cmp(&sum, &most) > 0 || !pp_u256_to_u128(&g->supply, &sum))
        fail(s, "accounts, stakes, funds and allocations sum to more than 2^90 wei");
}

static void scan_root(scan *s, pp_genesis *g, const json_t *root) {
    expect_members(s, root,
                   MEMBERS("polypoly", "name", "time", "block", "check", "exit", "vm_id",
                           "beacon_end", "limits", "market", "accounts", "provers", "rollups"));
    if (!s->ok) return;
    const char *format = json_string_value(json_object_get(root, "polypoly"));
    if (!format || strcmp(format, "genesis/1") != 0) {
        down(s, "polypoly");
        fail(s, "must be \"genesis/1\"");
        return;
    }
    get_name(s, g->name, root);
    g->time = get_u64(s, root, "time", 0, (uint64_t)1 << 50);
    scan_block(s, g, json_object_get(root, "block"));
    scan_check(s, g, root);
    scan_exit(s, g, json_object_get(root, "exit"));
    get_hex(s, g->vm_id.b, 32, root, "vm_id");
    get_hex(s, g->beacon_end.b, 32, root, "beacon_end");
    scan_limits(s, g, json_object_get(root, "limits"));
    scan_market(s, g, json_object_get(root, "market"));
    scan_accounts(s, g, root);
    scan_provers(s, g, root);
    scan_rollups(s, g, root);
    if (s->ok) sum_supply(s, g);
}

bool pp_genesis_parse(pp_err *err, pp_genesis *genesis, const char *name, pp_bytes file) {
    memset(genesis, 0, sizeof *genesis);
    if (file.size > PP_GENESIS_FILE_MAX)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: larger than %d MiB", name,
                          PP_GENESIS_FILE_MAX >> 20);
    json_error_t why;
    json_t *root = json_loadb((const char *)file.data, file.size, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: not JSON, line %d: %s", name, why.line,
                          why.text);
    scan s = {.err = err, .name = name, .ok = true};
    scan_root(&s, genesis, root);
    json_decref(root);
    if (!s.ok) pp_genesis_free(genesis);
    return s.ok;
}

void pp_genesis_free(pp_genesis *genesis) {
    for (size_t i = 0; i < genesis->rollups_len; i++) free(genesis->rollups[i].allocations);
    free(genesis->accounts);
    free(genesis->provers);
    free(genesis->rollups);
    memset(genesis, 0, sizeof *genesis);
}

uint64_t pp_genesis_full_work(const pp_genesis_rollup *r) {
    uint64_t forced = r->queue_forced;
    return r->work_batch +
           (r->batch_transactions + forced + r->queue_deposits) * r->work_transaction +
           (r->batch_bytes + forced * PP_ROLLUP_FORCED_SIZE_MAX) * r->work_byte;
}

void pp_genesis_proofs_default(pp_genesis_proofs *out) {
    *out = (pp_genesis_proofs){
        .sets = {&pp_pcs_fast, &pp_pcs_small}, .sets_len = 2, .bytes = 16 << 20, .shards = 64};
}

const char *pp_genesis_check_word(pp_genesis_check check) {
    return check == PP_CHECK_PROOF ? "proven" : "re-executed";
}

void pp_genesis_hash(pp_hash32 *out, pp_bytes file) {
    static const char tag[] = "polypoly/genesis/1";
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, file.data, file.size);
    pp_keccak_final(&k, out);
}

void pp_beacon_next(pp_hash32 *out, const pp_hash32 *in) {
    static const char tag[] = "polypoly/beacon/1";
    pp_keccak k;
    pp_keccak_init(&k);
    pp_keccak_update(&k, tag, sizeof tag - 1);
    pp_keccak_update(&k, in->b, sizeof in->b);
    pp_keccak_final(&k, out);
}
