// SPDX-License-Identifier: MIT OR Apache-2.0
#include <errno.h>
#include <pthread.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdio.h>
#include <sys/random.h>

#include "sign/keys.h"

static secp256k1_context *context;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// Fresh randomness blinds signing against side channels; no result depends on it.
static void make_context(void) {
    uint8_t seed[32];
    context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    PP_ASSERT(context != NULL);
    if (getrandom(seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed)
        PP_ASSERT(secp256k1_context_randomize(context, seed));
    explicit_bzero(seed, sizeof seed);
}

static const secp256k1_context *shared_context(void) {
    pthread_once(&once, make_context);
    return context;
}

static void bytes_of(uint8_t out[PP_PUBLIC_KEY_SIZE], const secp256k1_pubkey *key) {
    uint8_t bytes[1 + PP_PUBLIC_KEY_SIZE];
    size_t size = sizeof bytes;
    secp256k1_ec_pubkey_serialize(shared_context(), bytes, &size, key, SECP256K1_EC_UNCOMPRESSED);
    memcpy(out, bytes + 1, PP_PUBLIC_KEY_SIZE);
}

bool pp_sign_recover(pp_address *out, const pp_hash32 *digest, const uint8_t r[32],
                     const uint8_t s[32], unsigned parity) {
    uint8_t compact[64], bytes[PP_PUBLIC_KEY_SIZE];
    memcpy(compact, r, 32);
    memcpy(compact + 32, s, 32);
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_pubkey key;
    if (parity > 1) return false;
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(shared_context(), &signature, compact,
                                                             (int)parity))
        return false;
    if (!secp256k1_ecdsa_recover(shared_context(), &key, &signature, digest->b)) return false;
    bytes_of(bytes, &key);
    pp_sign_address_of(out, bytes);
    return true;
}

bool pp_sign_verify(const pp_hash32 *digest, const uint8_t r[32], const uint8_t s[32],
                    const uint8_t public_key[PP_PUBLIC_KEY_SIZE]) {
    uint8_t compact[64], bytes[1 + PP_PUBLIC_KEY_SIZE] = {4};
    memcpy(compact, r, 32);
    memcpy(compact + 32, s, 32);
    memcpy(bytes + 1, public_key, PP_PUBLIC_KEY_SIZE);
    secp256k1_ecdsa_signature signature;
    secp256k1_pubkey key;
    if (!secp256k1_ec_pubkey_parse(shared_context(), &key, bytes, sizeof bytes) ||
        !secp256k1_ecdsa_signature_parse_compact(shared_context(), &signature, compact))
        return false;
    // The library verifies low s only.
    secp256k1_ecdsa_signature_normalize(shared_context(), &signature, &signature);
    return secp256k1_ecdsa_verify(shared_context(), &signature, digest->b, &key);
}

bool pp_sign_key_draw(pp_err *err, uint8_t key[PP_SECRET_KEY_SIZE]) {
    for (;;) {
        ssize_t got = getrandom(key, PP_SECRET_KEY_SIZE, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got != PP_SECRET_KEY_SIZE)
            return pp_err_set(err, PP_EXIT_USAGE, "the system's random generator fails: %s",
                              got < 0 ? strerror(errno) : "it gave too little");
        if (secp256k1_ec_seckey_verify(shared_context(), key)) return true;
    }
}

bool pp_sign_public_key(uint8_t out[PP_PUBLIC_KEY_SIZE], const uint8_t key[PP_SECRET_KEY_SIZE]) {
    secp256k1_pubkey public;
    if (!secp256k1_ec_pubkey_create(shared_context(), &public, key)) return false;
    bytes_of(out, &public);
    return true;
}

bool pp_sign_address(pp_address *out, const uint8_t key[PP_SECRET_KEY_SIZE]) {
    uint8_t public[PP_PUBLIC_KEY_SIZE];
    if (!pp_sign_public_key(public, key)) return false;
    pp_sign_address_of(out, public);
    return true;
}

bool pp_sign_make(uint8_t out[PP_SIGNATURE_SIZE], const pp_hash32 *digest,
                  const uint8_t key[PP_SECRET_KEY_SIZE]) {
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
