// SPDX-License-Identifier: MIT OR Apache-2.0
#include "up/wallet.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/wallet.h"

static bool ask_nonce(pp_err *err, pp_up_wallet *w, pp_remote *node) {
    char params[96], hex[41], *result;
    pp_hex_encode(hex, w->address.b, 20);
    snprintf(params, sizeof params, "[\"0x%s\",\"pending\"]", hex);
    if (!pp_remote_call(err, &result, node, "eth_getTransactionCount", params)) return false;
    w->nonce = strtoull(result + 1, NULL, 16); // "0x…" in quotes
    free(result);
    return true;
}

bool pp_up_wallet_send(pp_err *err, pp_up_wallet *w, pp_remote *node, uint64_t chain_id) {
    uint8_t raw[PP_TRANSFER_SIZE_MAX];
    char digits[2 * PP_TRANSFER_SIZE_MAX + 1], params[sizeof digits + 8], *result;
    if (!w->has_nonce && !ask_nonce(err, w, node)) return false;
    pp_transfer t = {.chain_id = chain_id,
                     .nonce = w->nonce,
                     .tip_cap = 1000000000,
                     .fee_cap = 10000000000,
                     .gas_limit = 21000,
                     .value = pp_u256_from_u64(1000000000000000)};
    memset(t.to.b, 0xd0, sizeof t.to.b);
    pp_hex_encode(digits, raw, pp_transfer_sign(raw, &t, w->key));
    snprintf(params, sizeof params, "[\"0x%s\"]", digits);
    w->has_nonce = false; // asked anew when this one is not taken
    if (!pp_remote_call(err, &result, node, "eth_sendRawTransaction", params)) return false;
    free(result);
    w->nonce++;
    w->has_nonce = true;
    return true;
}
