// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/bridge.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "chain/chain.h"
#include "chain/entry.h"

// ---- what a lane asks for ---------------------------------------------------------------------

static bool get_wei(pp_u128 *out, const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text != NULL && pp_u128_parse(out, text);
}

static bool get_u64(uint64_t *out, const json_t *object, const char *member) {
    const json_t *value = json_object_get(object, member);
    *out = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool read_lane(pp_bridge_lane *out, const json_t *lane) {
    const char *name = json_string_value(json_object_get(lane, "name"));
    if (name == NULL || strlen(name) >= sizeof out->name) return false;
    snprintf(out->name, sizeof out->name, "%s", name);
    out->open = json_is_true(json_object_get(lane, "open"));
    const char *way_out = json_string_value(json_object_get(lane, "exit"));
    out->frozen = way_out != NULL && strcmp(way_out, "frozen") == 0;
    return get_u64(&out->chain_id, lane, "chain_id") && get_u64(&out->base_fee, lane, "base_fee") &&
           get_u64(&out->queue_batches, lane, "queue_batches") &&
           get_wei(&out->deposit_fee, lane, "deposit_fee") &&
           get_wei(&out->forced_fee, lane, "forced_fee");
}

bool pp_bridge_find(pp_err *err, pp_bridge_lane *out, pp_remote *remote, const char *which) {
    char *text, number[24];
    if (!pp_remote_get(err, &text, remote, "/v1/status")) return false;
    json_t *status = json_loads(text, 0, NULL);
    free(text);
    const json_t *lanes = json_object_get(status, "lanes");
    size_t len = json_array_size(lanes);
    bool found = false, ok = json_is_array(lanes);
    // Digits are a number: whoever names a rollup "0" does not stand in for the first one.
    bool numbered = which != NULL && which[strspn(which, "0123456789")] == 0;
    for (size_t i = 0; ok && !found && i < len; i++) {
        memset(out, 0, sizeof *out);
        out->id = i;
        snprintf(number, sizeof number, "%zu", i);
        ok = read_lane(out, json_array_get(lanes, i));
        found =
            ok && (which == NULL ? out->open : strcmp(numbered ? number : out->name, which) == 0);
    }
    json_decref(status);
    if (!ok) return pp_err_set(err, PP_EXIT_USAGE, "the node's status names no lanes");
    if (found) return true;
    if (which == NULL)
        return pp_err_set(err, PP_EXIT_NO, "no rollup of the node's is open to everybody");
    return pp_err_set(err, PP_EXIT_NO, "the node knows no rollup '%.40s'", which);
}

// ---- commands ---------------------------------------------------------------------------------

static bool speak(pp_err *err, uint64_t *height, pp_speaker *speaker, pp_command_kind kind,
                  pp_bytes payload) {
    char reason[PP_REMOTE_REASON_MAX];
    if (!pp_speak(err, height, reason, speaker, kind, payload)) return false;
    if (strcmp(reason, "OK") == 0) return true;
    const char *text = pp_chain_reason_text(reason);
    if (text == NULL) text = "refused";
    if (*height == 0) return pp_err_set(err, PP_EXIT_NO, "refused: %s (%s)", text, reason);
    return pp_err_set(err, PP_EXIT_NO, "refused in block %llu: %s (%s)",
                      (unsigned long long)*height, text, reason);
}

bool pp_bridge_fund(pp_err *err, uint64_t *height, pp_speaker *speaker, uint64_t lane,
                    pp_u128 wei) {
    uint8_t payload[PP_FUND_PAYLOAD_SIZE];
    pp_fund_payload_encode(payload, lane, wei);
    return speak(err, height, speaker, PP_COMMAND_FUND, (pp_bytes){payload, sizeof payload});
}

bool pp_bridge_deposit(pp_err *err, uint64_t *height, pp_speaker *speaker, uint64_t lane,
                       const pp_address *receiver, pp_u128 wei, pp_u128 fee_max) {
    uint8_t payload[PP_DEPOSIT_PAYLOAD_SIZE];
    pp_deposit_payload_encode(payload, lane, receiver, wei, fee_max);
    return speak(err, height, speaker, PP_COMMAND_DEPOSIT, (pp_bytes){payload, sizeof payload});
}

bool pp_bridge_force(pp_err *err, uint64_t *height, pp_speaker *speaker, uint64_t lane,
                     pp_bytes raw, pp_u128 fee_max) {
    size_t size;
    uint8_t *payload = pp_force_payload_encode(&size, lane, fee_max, raw);
    bool ok = speak(err, height, speaker, PP_COMMAND_FORCE, (pp_bytes){payload, size});
    free(payload);
    return ok;
}

bool pp_bridge_create(pp_err *err, uint64_t *height, pp_speaker *speaker,
                      const pp_genesis_rollup *entry) {
    size_t size;
    uint8_t *payload = pp_entry_encode(&size, entry);
    bool ok = speak(err, height, speaker, PP_COMMAND_CREATE, (pp_bytes){payload, size});
    free(payload);
    return ok;
}
