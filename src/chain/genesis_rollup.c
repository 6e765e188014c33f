// SPDX-License-Identifier: MIT OR Apache-2.0
// A rollup's entry as JSON, read.
#include <stdlib.h>

#include "chain/entry.h"
#include "chain/scan.h"
#include "chain/wire.h"
#include "rollup/rollup.h"

static void scan_allocations(pp_scan *s, pp_genesis_rollup *r, const json_t *object) {
    size_t len;
    const json_t *list = pp_scan_get_list(s, &len, object, "allocations");
    r->allocations = pp_chain_zeroed(len, sizeof *r->allocations);
    r->allocations_len = len;
    for (size_t i = 0; s->ok && i < len; i++) {
        const json_t *entry = json_array_get(list, i);
        pp_genesis_allocation *a = &r->allocations[i];
        size_t outer = pp_scan_down(s, "allocations");
        pp_scan_down_index(s, i);
        pp_scan_expect_members(s, entry, PP_SCAN_MEMBERS("address", "nonce", "balance"));
        pp_scan_get_key(s, &a->address, entry, i ? &r->allocations[i - 1].address : NULL);
        a->account.nonce = pp_scan_get_u64(s, entry, "nonce", 0, INT64_MAX);
        const char *text = json_string_value(json_object_get(entry, "balance"));
        if (s->ok && (!text || !pp_u256_parse(&a->account.balance, text))) {
            pp_scan_down(s, "balance");
            pp_scan_fail(s, "must be wei as a string below 2^256");
        }
        pp_scan_up(s, outer);
    }
}

// The objects of an entry, with their members.
static void scan_objects(pp_scan *s, const json_t *entry) {
    static const struct {
        const char *name, *members[9];
    } objects[] = {
        {"fee", {"target", "change", "floor", "backlog"}},
        {"batch", {"transactions", "bytes", "blocks", "backlog"}},
        {"queue", {"deposits", "forced", "batches"}},
        {"fund", {"balance", "reserve_rate", "work_batch", "work_transaction", "work_byte"}},
        {"request",
         {"winners", "kappa", "commit_window", "reveal_window", "decline_window", "work_window",
          "bounty_window", "expiry"}},
    };
    for (size_t i = 0; i < PP_COUNT(objects); i++) {
        const json_t *object = json_object_get(entry, objects[i].name);
        if (i == 0 && json_is_null(object)) continue; // the environment gives the base fee
        size_t at = pp_scan_down(s, objects[i].name);
        pp_scan_expect_members(s, object, objects[i].members);
        pp_scan_up(s, at);
    }
}

static void scan_numbers(pp_scan *s, const pp_market_params *market, pp_genesis_rollup *r,
                         const json_t *entry) {
    bool has_fee = !json_is_null(json_object_get(entry, "fee"));
    for (size_t i = 0; s->ok && i < PP_ENTRY_NUMBERS; i++) {
        const pp_entry_number *n = &pp_entry_numbers[i];
        if (pp_entry_is_fee(i) && !has_fee) continue;
        bool inner = n->object[0] != 0;
        size_t at = inner ? pp_scan_down(s, n->object) : s->path_len;
        const json_t *object = inner ? json_object_get(entry, n->object) : entry;
        pp_entry_set(r, i, pp_scan_get_u64(s, object, n->member, n->min, pp_entry_max(i, market)));
        pp_scan_up(s, at);
    }
}

void pp_scan_rollup(pp_scan *s, const pp_market_params *market, pp_genesis_rollup *r,
                    const json_t *entry, bool allocated) {
    const char *const *members = PP_SCAN_MEMBERS(
        "name", "chain_id", "program_id", "submitter", "fee_recipient", "base_fee", "gas_limit",
        "fee", "batch", "queue", "fund", "request", allocated ? "allocations" : NULL);
    pp_scan_expect_members(s, entry, members);
    if (!s->ok) return;
    pp_scan_get_name(s, r->name, entry);
    pp_scan_get_hex(s, r->program_id.b, 32, entry, "program_id");
    r->open = json_is_null(json_object_get(entry, "submitter"));
    if (!r->open) pp_scan_get_hex(s, r->submitter.b, 20, entry, "submitter");
    pp_scan_get_hex(s, r->fee_recipient.b, 20, entry, "fee_recipient");
    scan_objects(s, entry);
    scan_numbers(s, market, r, entry);
    size_t at = pp_scan_down(s, "fund");
    const json_t *fund = json_object_get(entry, "fund");
    r->fund = pp_scan_get_wei(s, fund, "balance");
    r->reserve_rate = pp_scan_get_wei(s, fund, "reserve_rate");
    pp_scan_up(s, at);
    // What stands before a forced transaction in its batch leaves gas enough for it.
    at = pp_scan_down(s, "queue");
    if (s->ok && !pp_entry_gas_ok(r))
        pp_scan_fail(s, "gas_limit is below %d for each forced transaction",
                     PP_ROLLUP_FORCED_GAS_MAX);
    pp_scan_up(s, at);
    if (allocated) scan_allocations(s, r, entry);
}

bool pp_genesis_rollup_parse(pp_err *err, pp_genesis_rollup *out, const char *name, pp_bytes file,
                             const pp_market_params *market) {
    memset(out, 0, sizeof *out);
    pp_scan s;
    json_t *root = pp_scan_open(&s, err, name, file);
    if (!root) return false;
    pp_scan_rollup(&s, market, out, root, false);
    json_decref(root);
    return s.ok;
}
