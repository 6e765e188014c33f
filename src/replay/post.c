// SPDX-License-Identifier: MIT OR Apache-2.0
// The accounts after a replay, as a file.
#include <jansson.h>
#include <stdlib.h>

#include "codec/tx.h"
#include "replay/internal.h"

static int by_address(const void *a, const void *b) {
    return memcmp(a, b, sizeof(pp_address));
}

// Senders, receivers and the fee recipient of applied transactions, ascending, each once.
static size_t touched(pp_address *out, const pp_replay *r, uint64_t ordered) {
    size_t len = 0;
    for (uint64_t i = 0; i < ordered; i++) {
        if (r->txs[i].reason != PP_ROLLUP_OK) continue;
        pp_tx tx;
        pp_tx_status status = pp_tx_decode(&tx, r->file->transactions[i]);
        PP_ASSERT(status == PP_TX_OK); // it was applied, and is what the log has: observe.c
        out[len++] = r->txs[i].sender;
        out[len++] = tx.to;
    }
    if (len > 0) out[len++] = r->file->fee_recipient;
    qsort(out, len, sizeof *out, by_address);
    size_t unique = 0;
    for (size_t i = 0; i < len; i++)
        if (i == 0 || !pp_address_eq(&out[i], &out[i - 1])) out[unique++] = out[i];
    return unique;
}

static json_t *hex_number(const pp_u256 *x) {
    uint8_t bytes[32];
    char hex[2 + 64 + 1] = "0x", *digits = hex + 2;
    pp_u256_store_be(bytes, x);
    pp_hex_encode(digits, bytes, sizeof bytes);
    size_t zeros = strspn(digits, "0");
    if (zeros == 64) zeros = 63;
    memmove(digits, digits + zeros, 64 - zeros + 1);
    return json_string(hex);
}

static bool add_account(pp_err *err, json_t *root, const pp_replay *r, const pp_address *address) {
    pp_account account;
    if (!pp_chain_rollup_account(err, &account, pp_local_chain(r->local), 0, address, true))
        return false;
    const pp_replay_account *before = pp_replay_file_account(r->file, address);
    char name[2 + 40 + 1] = "0x";
    pp_hex_encode(name + 2, address->b, 20);
    json_t *entry = json_object();
    json_object_set_new(entry, "balance", hex_number(&account.balance));
    json_object_set_new(entry, "nonce", json_integer((json_int_t)account.nonce));
    json_object_set_new(entry, "code", json_boolean(before != NULL && before->code));
    json_object_set_new(root, name, entry);
    return true;
}

static bool write_accounts(pp_err *err, const pp_replay *r, const char *path,
                           const pp_address *list, size_t len) {
    json_t *root = json_object();
    bool ok = true;
    for (size_t i = 0; ok && i < len; i++) ok = add_account(err, root, r, &list[i]);
    char *text = ok ? json_dumps(root, JSON_INDENT(1)) : NULL;
    if (text != NULL)
        ok = pp_file_write(err, path, text, strlen(text), 0644);
    else if (ok)
        ok = pp_err_set(err, PP_EXIT_USAGE, "%s: no memory to write it", path);
    free(text);
    json_decref(root);
    return ok;
}

bool pp_replay_write_post(pp_err *err, const pp_replay *r, const char *path) {
    pp_chain_lane lane;
    bool there = pp_chain_lane_get(&lane, pp_local_chain(r->local), 0);
    PP_ASSERT(there);
    pp_address *list = calloc(2 * (size_t)lane.transactions + 1, sizeof *list);
    if (list == NULL) return pp_err_set(err, PP_EXIT_USAGE, "%s: no memory to write it", path);
    size_t len = touched(list, r, lane.transactions);
    bool ok = write_accounts(err, r, path, list, len);
    free(list);
    return ok;
}
