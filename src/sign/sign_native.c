// SPDX-License-Identifier: MIT OR Apache-2.0
#include <pthread.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "hash/keccak.h"
#include "sign/sign.h"

static secp256k1_context *context;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_context(void) {
    context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    PP_ASSERT(context != NULL);
}

static const secp256k1_context *shared_context(void) {
    pthread_once(&once, make_context);
    return context;
}

static void address_of(pp_address *out, const secp256k1_pubkey *key) {
    uint8_t bytes[65];
    size_t size = sizeof bytes;
    secp256k1_ec_pubkey_serialize(shared_context(), bytes, &size, key, SECP256K1_EC_UNCOMPRESSED);
    pp_hash32 hash;
    pp_keccak256(&hash, bytes + 1, 64);
    memcpy(out->b, hash.b + 12, 20);
}

bool pp_sign_recover(pp_address *out, const pp_hash32 *digest, const uint8_t r[32],
                     const uint8_t s[32], unsigned parity) {
    uint8_t compact[64];
    memcpy(compact, r, 32);
    memcpy(compact + 32, s, 32);
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_pubkey key;
    if (parity > 1) return false;
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(shared_context(), &signature, compact,
                                                             (int)parity))
        return false;
    if (!secp256k1_ecdsa_recover(shared_context(), &key, &signature, digest->b)) return false;
    address_of(out, &key);
    return true;
}

bool pp_sign_make(uint8_t out[PP_SIGNATURE_SIZE], const pp_hash32 *digest, const uint8_t key[32]) {
    secp256k1_ecdsa_recoverable_signature signature;
    if (!secp256k1_ec_seckey_verify(shared_context(), key)) return false;
    if (!secp256k1_ecdsa_sign_recoverable(shared_context(), &signature, digest->b, key, NULL, NULL))
        return false;
    int id = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(shared_context(), out, &id, &signature);
    // An x at or above the order (id 2, 3) would take 2^127 tries to meet.
    PP_ASSERT(id == 0 || id == 1);
    out[64] = (uint8_t)id;
    return true;
}

bool pp_sign_address(pp_address *out, const uint8_t key[32]) {
    secp256k1_pubkey pubkey;
    if (!secp256k1_ec_pubkey_create(shared_context(), &pubkey, key)) return false;
    address_of(out, &pubkey);
    return true;
}
