// SPDX-License-Identifier: MIT OR Apache-2.0
// Reading a genesis file. Every member is required and none is unknown, so that two programs can
// not read one file as two networks.
#include "chain/genesis.h"

#include <stdlib.h>

#include "chain/entry.h"
#include "chain/scan.h"
#include "chain/wire.h"
#include "hash/keccak.h"

// ---- parts ------------------------------------------------------------------------------------

static void scan_block(pp_scan *s, pp_genesis *g, const json_t *object) {
    size_t at = pp_scan_down(s, "block");
    pp_scan_expect_members(s, object, PP_SCAN_MEMBERS("interval", "bytes", "items", "command_fee"));
    g->block_interval = pp_scan_get_u64(s, object, "interval", 1, 3600000);
    g->block_bytes = (uint32_t)pp_scan_get_u64(s, object, "bytes", 1 << 16, PP_BLOCK_BYTES_MAX);
    g->block_items = (uint32_t)pp_scan_get_u64(s, object, "items", 1, PP_BLOCK_ITEMS_MAX);
    g->command_fee = pp_scan_get_u64(s, object, "command_fee", 0, PP_GENESIS_COMMAND_FEE_MAX);
    pp_scan_up(s, at);
}

static void scan_limits(pp_scan *s, pp_genesis *g, const json_t *object) {
    size_t at = pp_scan_down(s, "limits");
    pp_scan_expect_members(s, object, PP_SCAN_MEMBERS("accounts", "requests"));
    g->accounts_max = (uint32_t)pp_scan_get_u64(s, object, "accounts", 1, 1 << 24);
    g->requests_max = (uint32_t)pp_scan_get_u64(s, object, "requests", 1, 1 << 20);
    pp_scan_up(s, at);
}

static void scan_sets(pp_scan *s, pp_genesis_proofs *p, const json_t *check) {
    size_t len;
    const json_t *list = pp_scan_get_list(s, &len, check, "sets");
    size_t at = pp_scan_down(s, "sets");
    if (len == 0 || len > PP_GENESIS_SETS_MAX)
        pp_scan_fail(s, "must be 1 to %d names of parameter sets", PP_GENESIS_SETS_MAX);
    for (size_t i = 0; s->ok && i < len; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        const pp_pcs_params *set = name ? pp_pcs_find(name) : NULL;
        size_t outer = pp_scan_down_index(s, i);
        if (!set)
            pp_scan_fail(s, "must be the name of a parameter set (polypoly soundness)");
        else if (!set->secure)
            pp_scan_fail(s, "the set %s proves nothing to anybody", set->name);
        for (size_t j = 0; j < i; j++)
            if (set && p->sets[j] == set)
                pp_scan_fail(s, "the set %s stands there twice", set->name);
        p->sets[p->sets_len++] = set;
        pp_scan_up(s, outer);
    }
    pp_scan_up(s, at);
}

// After the block's limits: a proof has to fit into one.
static void scan_check(pp_scan *s, pp_genesis *g, const json_t *root) {
    const json_t *check = json_object_get(root, "check");
    const char *text = json_string_value(check);
    size_t at = pp_scan_down(s, "check");
    g->check = json_is_object(check) ? PP_CHECK_PROOF : PP_CHECK_RE_EXECUTE;
    if (g->check == PP_CHECK_PROOF) {
        pp_scan_expect_members(s, check, PP_SCAN_MEMBERS("sets", "bytes", "shards"));
        if (s->ok) scan_sets(s, &g->proofs, check);
        g->proofs.bytes = (uint32_t)pp_scan_get_u64(s, check, "bytes", 1,
                                                    g->block_bytes / 2 - PP_GENESIS_PROOF_SPARE);
        g->proofs.shards = (uint32_t)pp_scan_get_u64(s, check, "shards", 1, PP_GENESIS_SHARDS_MAX);
    } else if (!text || strcmp(text, "re-execute") != 0) {
        pp_scan_fail(s, "must be \"re-execute\" or an object that says which proofs are accepted");
    }
    pp_scan_up(s, at);
}

static void scan_registry(pp_scan *s, pp_genesis *g, const json_t *object) {
    size_t at = pp_scan_down(s, "registry");
    pp_scan_expect_members(s, object, PP_SCAN_MEMBERS("rollups", "price"));
    g->registry.rollups =
        (uint32_t)pp_scan_get_u64(s, object, "rollups", 0, PP_GENESIS_ROLLUPS_MAX);
    g->registry.price = pp_scan_get_wei(s, object, "price");
    if (s->ok && g->registry.rollups < g->rollups_len)
        pp_scan_fail(s, "rollups: fewer than this file names");
    pp_scan_up(s, at);
}

static void scan_exit(pp_scan *s, pp_genesis *g, const json_t *object) {
    size_t at = pp_scan_down(s, "exit");
    pp_scan_expect_members(s, object, PP_SCAN_MEMBERS("time", "blocks"));
    g->exit.time = pp_scan_get_u64(s, object, "time", 1, (uint64_t)1 << 40);
    g->exit.blocks = pp_scan_get_u64(s, object, "blocks", 1, (uint64_t)1 << 40);
    pp_scan_up(s, at);
}

// Who waits in the queue for the next batch waits from the root before it on, as long as the batch.
static void check_exit(pp_scan *s, const pp_genesis *g) {
    for (size_t i = 0; s->ok && i < g->rollups_len; i++) {
        pp_genesis_exit takes;
        if (pp_entry_exit_waits(&takes, g, &g->rollups[i])) continue;
        size_t at = pp_scan_down(s, "exit");
        pp_scan_fail(s,
                     "opens before a batch must be proven: batch.blocks and the expiry of "
                     "rollups[%zu] need %llu blocks, %llu ms",
                     i, (unsigned long long)takes.blocks, (unsigned long long)takes.time);
        pp_scan_up(s, at);
    }
}

static void scan_market(pp_scan *s, pp_genesis *g, const json_t *object) {
    size_t at = pp_scan_down(s, "market");
#define X(name, value, min, max, unit, why) #name,
    static const char *const names[] = {PP_MARKET_PARAMS(X) NULL};
#undef X
    pp_scan_expect_members(s, object, names);
#define X(name, value, min, max, unit, why)                                                        \
    g->market.name = pp_scan_get_u64(s, object, #name, min, max);
    PP_MARKET_PARAMS(X)
#undef X
    // The beacon of an auction comes with the block behind its reveals; one that is late moves
    // market time by three intervals.
    if (s->ok && g->market.beacon_bound < 3 * g->block_interval)
        pp_scan_fail(s, "beacon_bound: below three of block.interval: a late block would end "
                        "auctions undrawn");
    if (s->ok && g->market.inclusion_bound == 0)
        pp_scan_fail(s, "inclusion_bound: 0: a deadline could be the block of the assignment");
    if (s->ok && g->market.window_max < 3 * g->block_interval)
        pp_scan_fail(s,
                     "window_max: below three of block.interval: no bid would be opened in time");
    pp_scan_up(s, at);
}

static void scan_accounts(pp_scan *s, pp_genesis *g, const json_t *root) {
    size_t len;
    const json_t *list = pp_scan_get_list(s, &len, root, "accounts");
    g->accounts = pp_chain_zeroed(len, sizeof *g->accounts);
    g->accounts_len = len;
    for (size_t i = 0; s->ok && i < len; i++) {
        const json_t *entry = json_array_get(list, i);
        size_t outer = pp_scan_down(s, "accounts");
        pp_scan_down_index(s, i);
        pp_scan_expect_members(s, entry, PP_SCAN_MEMBERS("address", "balance"));
        pp_scan_get_key(s, &g->accounts[i].address, entry, i ? &g->accounts[i - 1].address : NULL);
        g->accounts[i].balance = pp_scan_get_wei(s, entry, "balance");
        pp_scan_up(s, outer);
    }
}

static void scan_provers(pp_scan *s, pp_genesis *g, const json_t *root) {
    size_t len;
    const json_t *list = pp_scan_get_list(s, &len, root, "provers");
    g->provers = pp_chain_zeroed(len, sizeof *g->provers);
    g->provers_len = len;
    for (size_t i = 0; s->ok && i < len; i++) {
        const json_t *entry = json_array_get(list, i);
        size_t outer = pp_scan_down(s, "provers");
        pp_scan_down_index(s, i);
        pp_scan_expect_members(s, entry, PP_SCAN_MEMBERS("address", "stake", "slots"));
        pp_scan_get_key(s, &g->provers[i].address, entry, i ? &g->provers[i - 1].address : NULL);
        g->provers[i].stake = pp_scan_get_wei(s, entry, "stake");
        g->provers[i].slots = (uint32_t)pp_scan_get_u64(s, entry, "slots", 1, g->market.slots_max);
        pp_scan_up(s, outer);
    }
}

static void scan_rollups(pp_scan *s, pp_genesis *g, const json_t *root) {
    size_t len;
    const json_t *list = pp_scan_get_list(s, &len, root, "rollups");
    if (len > PP_GENESIS_ROLLUPS_MAX) {
        size_t at = pp_scan_down(s, "rollups");
        pp_scan_fail(s, "more than %d", PP_GENESIS_ROLLUPS_MAX);
        pp_scan_up(s, at);
        return;
    }
    g->rollups = pp_chain_zeroed(len, sizeof *g->rollups);
    g->rollups_len = len;
    for (size_t i = 0; s->ok && i < len; i++) {
        size_t outer = pp_scan_down(s, "rollups");
        pp_scan_down_index(s, i);
        pp_scan_rollup(s, &g->market, &g->rollups[i], json_array_get(list, i), true);
        for (size_t j = 0; j < i; j++)
            if (g->rollups[j].chain_id == g->rollups[i].chain_id)
                pp_scan_fail(
                    s, "chain_id %llu is that of rollups[%zu] too: signatures would hold in both",
                    (unsigned long long)g->rollups[i].chain_id, j);
        pp_scan_up(s, outer);
    }
}

// Every amount on the chain is part of the supply, so within what the market can hold.
static void sum_supply(pp_scan *s, pp_genesis *g) {
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
        pp_scan_fail(s, "accounts, stakes, funds and allocations sum to more than 2^90 wei");
}

// Who signs blocks; null: nobody does.
static void scan_signer(pp_scan *s, pp_genesis *g, const json_t *root) {
    g->has_signer = !json_is_null(json_object_get(root, "signer"));
    if (g->has_signer) pp_scan_get_hex(s, g->signer.b, sizeof g->signer.b, root, "signer");
}

static void scan_root(pp_scan *s, pp_genesis *g, const json_t *root) {
    pp_scan_expect_members(s, root,
                           PP_SCAN_MEMBERS("polypoly", "name", "time", "block", "check", "exit",
                                           "vm_id", "signer", "beacon_end", "limits", "registry",
                                           "market", "accounts", "provers", "rollups"));
    if (!s->ok) return;
    const char *format = json_string_value(json_object_get(root, "polypoly"));
    if (!format || strcmp(format, "genesis/1") != 0) {
        pp_scan_down(s, "polypoly");
        pp_scan_fail(s, "must be \"genesis/1\"");
        return;
    }
    pp_scan_get_name(s, g->name, root);
    g->time = pp_scan_get_u64(s, root, "time", 0, (uint64_t)1 << 50);
    scan_block(s, g, json_object_get(root, "block"));
    scan_check(s, g, root);
    scan_exit(s, g, json_object_get(root, "exit"));
    pp_scan_get_hex(s, g->vm_id.b, 32, root, "vm_id");
    scan_signer(s, g, root);
    pp_scan_get_hex(s, g->beacon_end.b, 32, root, "beacon_end");
    scan_limits(s, g, json_object_get(root, "limits"));
    scan_market(s, g, json_object_get(root, "market"));
    scan_accounts(s, g, root);
    scan_provers(s, g, root);
    scan_rollups(s, g, root);
    check_exit(s, g);
    scan_registry(s, g, json_object_get(root, "registry"));
    if (s->ok) sum_supply(s, g);
}

size_t pp_genesis_block_room(const pp_genesis *g) {
    return g->block_bytes - PP_BLOCK_HEADER_SIZE - (g->has_signer ? PP_BLOCK_SIGNATURE_SIZE : 0);
}

size_t pp_genesis_item_max(const pp_genesis *g) {
    return pp_genesis_block_room(g) / 2 - 4;
}

static size_t share(size_t room, size_t other) {
    return other < room - room / 2 ? room - other : room - room / 2;
}

pp_block_share pp_genesis_share(const pp_genesis *g, pp_block_share other) {
    return (pp_block_share){share(g->block_items, other.items),
                            share(pp_genesis_block_room(g), other.bytes)};
}

bool pp_genesis_parse(pp_err *err, pp_genesis *genesis, const char *name, pp_bytes file) {
    memset(genesis, 0, sizeof *genesis);
    if (file.size > PP_GENESIS_FILE_MAX)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: larger than %d MiB", name,
                          PP_GENESIS_FILE_MAX >> 20);
    pp_scan s;
    json_t *root = pp_scan_open(&s, err, name, file);
    if (!root) return false;
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
