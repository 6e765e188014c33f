// SPDX-License-Identifier: MIT OR Apache-2.0
// Writing a genesis file.
#include "chain/entry.h"
#include "json/json.h"

static json_t *number(uint64_t v) {
    PP_ASSERT(v <= INT64_MAX);
    return json_integer((json_int_t)v);
}
static void put(json_t *object, const char *name, json_t *value) {
    bool done = json_object_set_new(object, name, value) == 0;
    PP_ASSERT(done);
}
static void append(json_t *list, json_t *value) {
    bool done = json_array_append_new(list, value) == 0;
    PP_ASSERT(done);
}

static json_t *print_market(const pp_market_params *params) {
    json_t *out = json_object();
#define X(name, value, min, max, unit, why) put(out, #name, number(params->name));
    PP_MARKET_PARAMS(X)
#undef X
    return out;
}

static json_t *print_allocations(const pp_genesis_rollup *r) {
    json_t *out = json_array();
    for (size_t i = 0; i < r->allocations_len; i++) {
        const pp_genesis_allocation *a = &r->allocations[i];
        char text[80];
        json_t *entry = json_object();
        put(entry, "address", pp_json_new_hex(a->address.b, 20));
        put(entry, "nonce", number(a->account.nonce));
        put(entry, "balance", json_string(pp_u256_dec(text, &a->account.balance)));
        append(out, entry);
    }
    return out;
}

static json_t *print_rollup(const pp_genesis_rollup *r) {
    json_t *out = json_object();
    put(out, "name", json_string(r->name));
    put(out, "program_id", pp_json_new_hex(r->program_id.b, 32));
    put(out, "submitter", r->open ? json_null() : pp_json_new_hex(r->submitter.b, 20));
    put(out, "fee_recipient", pp_json_new_hex(r->fee_recipient.b, 20));
    if (r->fee_target == 0) put(out, "fee", json_null());
    for (size_t i = 0; i < PP_ENTRY_NUMBERS; i++) {
        const char *object = pp_entry_numbers[i].object;
        if (pp_entry_is_fee(i) && r->fee_target == 0) continue;
        if (object[0] != 0 && !json_object_get(out, object)) put(out, object, json_object());
        put(object[0] ? json_object_get(out, object) : out, pp_entry_numbers[i].member,
            number(pp_entry_get(r, i)));
    }
    put(json_object_get(out, "fund"), "balance", pp_json_new_wei(r->fund));
    put(json_object_get(out, "fund"), "reserve_rate", pp_json_new_wei(r->reserve_rate));
    put(out, "allocations", print_allocations(r));
    return out;
}

static json_t *print_accounts(const pp_genesis *g) {
    json_t *out = json_array();
    for (size_t i = 0; i < g->accounts_len; i++) {
        json_t *entry = json_object();
        put(entry, "address", pp_json_new_hex(g->accounts[i].address.b, 20));
        put(entry, "balance", pp_json_new_wei(g->accounts[i].balance));
        append(out, entry);
    }
    return out;
}

static json_t *print_provers(const pp_genesis *g) {
    json_t *out = json_array();
    for (size_t i = 0; i < g->provers_len; i++) {
        json_t *entry = json_object();
        put(entry, "address", pp_json_new_hex(g->provers[i].address.b, 20));
        put(entry, "stake", pp_json_new_wei(g->provers[i].stake));
        put(entry, "slots", number(g->provers[i].slots));
        append(out, entry);
    }
    return out;
}

static json_t *print_check(const pp_genesis *g) {
    if (g->check != PP_CHECK_PROOF) return json_string("re-execute");
    json_t *out = json_object(), *sets = json_array();
    for (uint32_t i = 0; i < g->proofs.sets_len; i++)
        append(sets, json_string(g->proofs.sets[i]->name));
    put(out, "sets", sets);
    put(out, "bytes", number(g->proofs.bytes));
    put(out, "shards", number(g->proofs.shards));
    return out;
}

char *pp_genesis_print(const pp_genesis *g) {
    json_t *out = json_object(), *block = json_object(), *limits = json_object(),
           *exits = json_object(), *registry = json_object();
    put(block, "interval", number(g->block_interval));
    put(block, "bytes", number(g->block_bytes));
    put(block, "items", number(g->block_items));
    put(block, "command_fee", number(g->command_fee));
    put(exits, "time", number(g->exit.time));
    put(exits, "blocks", number(g->exit.blocks));
    put(limits, "accounts", number(g->accounts_max));
    put(limits, "requests", number(g->requests_max));
    put(out, "polypoly", json_string("genesis/1"));
    put(out, "name", json_string(g->name));
    put(out, "time", number(g->time));
    put(out, "block", block);
    put(out, "check", print_check(g));
    put(out, "exit", exits);
    put(out, "vm_id", pp_json_new_hex(g->vm_id.b, 32));
    put(out, "signer", g->has_signer ? pp_json_new_hex(g->signer.b, 20) : json_null());
    put(out, "beacon_end", pp_json_new_hex(g->beacon_end.b, 32));
    put(out, "limits", limits);
    put(registry, "rollups", number(g->registry.rollups));
    put(registry, "price", pp_json_new_wei(g->registry.price));
    put(out, "registry", registry);
    put(out, "market", print_market(&g->market));
    put(out, "accounts", print_accounts(g));
    put(out, "provers", print_provers(g));
    json_t *rollups = json_array();
    for (size_t i = 0; i < g->rollups_len; i++) append(rollups, print_rollup(&g->rollups[i]));
    put(out, "rollups", rollups);
    char *text = json_dumps(out, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    bool out_of_memory = text == NULL;
    PP_ASSERT(!out_of_memory);
    json_decref(out);
    return text;
}
