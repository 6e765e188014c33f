// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/speak.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/answer.h"
#include "sign/keys.h"

// What the node says of it; 0 where it says nothing: the door will.
static uint64_t ask_nonce(const pp_speaker *s) {
    char path[96], hex[41], *text;
    pp_hex_encode(hex, s->address.b, 20);
    snprintf(path, sizeof path, "/v1/accounts?address=0x%s", hex);
    if (!pp_remote_get(NULL, &text, s->remote, path)) return 0;
    json_t *account = json_loads(text, 0, NULL);
    free(text);
    uint64_t nonce = pp_answer_number(account, "nonce");
    json_decref(account);
    return nonce;
}

bool pp_speaker_open(pp_err *err, pp_speaker *out, pp_remote *remote, const uint8_t key[32]) {
    char *text;
    memset(out, 0, sizeof *out);
    out->remote = remote;
    memcpy(out->key, key, 32);
    if (!pp_sign_address(&out->address, key))
        return pp_err_set(err, PP_EXIT_USAGE, "not a key of secp256k1");
    if (!pp_remote_get(err, &text, remote, "/v1/status")) return false;
    json_t *status = json_loads(text, 0, NULL);
    free(text);
    const char *hash = json_string_value(json_object_get(status, "genesis"));
    bool ok = hash != NULL && strlen(hash) == 66 && pp_hex_decode(out->genesis.b, 32, hash + 2);
    out->command_fee = pp_answer_number(status, "command_fee");
    json_decref(status);
    if (ok) out->nonce = ask_nonce(out);
    return ok || pp_err_set(err, PP_EXIT_USAGE, "the node's status names no genesis");
}

bool pp_speak(pp_err *err, uint64_t *height, char reason[PP_REMOTE_REASON_MAX], pp_speaker *s,
              pp_command_kind kind, pp_bytes payload) {
    size_t size;
    uint8_t *item = pp_command_sign(&size, &s->genesis, s->key, s->nonce, kind, payload);
    PP_ASSERT(item != NULL);
    s->fee = pp_command_is_claim((uint8_t)kind) ? 0 : (pp_u128)s->command_fee * size;
    bool ok = pp_remote_command(err, height, reason, s->remote, (pp_bytes){item, size});
    free(item);
    if (!ok) return false;
    if (strcmp(reason, "C-NONCE-LOW") == 0 || strcmp(reason, "C-NONCE-GAP") == 0) {
        uint64_t said = s->nonce;
        s->nonce = ask_nonce(s);
        return pp_err_set(err, PP_EXIT_NO,
                          "the node took no command with nonce %llu, which it had named itself "
                          "(%s): somebody else speaks for this account; look what is done, then "
                          "try again",
                          (unsigned long long)said, reason);
    }
    if (*height != 0) s->nonce++;
    return true;
}
