// SPDX-License-Identifier: MIT OR Apache-2.0
// Signatures in guests, on the machine's calls, against libsecp256k1: ordinary ones, every
// combination of extreme values, and Wycheproof's cases.
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdlib.h>

#include "hash/keccak.h"
#include "sign/keys.h"
#include "sign/wycheproof.h"
#include "vm/test_support.h"
#include "vm/vm.h"

enum { RECORD = 161, RECORDS_MAX = 4096 };
static uint8_t records[RECORDS_MAX * RECORD];
static size_t records_len;
static secp256k1_context *context;

static void add(const uint8_t digest[32], const uint8_t r[32], const uint8_t s[32],
                const uint8_t key[64], unsigned id) {
    PP_ASSERT(records_len < RECORDS_MAX);
    uint8_t *to = records + RECORD * records_len++;
    memcpy(to, digest, 32);
    memcpy(to + 32, r, 32);
    memcpy(to + 64, s, 32);
    memcpy(to + 96, key, 64);
    to[160] = (uint8_t)id;
}

// The key behind a signature as libsecp256k1 has it.
static bool recovered(uint8_t out[65], const uint8_t *record) {
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_pubkey key;
    size_t size = 65;
    if (record[160] > 3 || !secp256k1_ecdsa_recoverable_signature_parse_compact(
                               context, &signature, record + 32, record[160]))
        return false;
    if (!secp256k1_ecdsa_recover(context, &key, &signature, record)) return false;
    secp256k1_ec_pubkey_serialize(context, out, &size, &key, SECP256K1_EC_UNCOMPRESSED);
    return true;
}

// What the guest has to say of records[first … first + n).
static void expect(pp_hash32 *out, size_t first, size_t n) {
    pp_keccak k;
    pp_keccak_init(&k);
    for (const uint8_t *r = records + RECORD * first; n > 0; n--, r += RECORD) {
        pp_hash32 digest;
        uint8_t key[65], answers[2];
        memcpy(digest.b, r, 32);
        answers[0] = pp_sign_verify(&digest, r + 32, r + 64, r + 96);
        answers[1] = recovered(key, r);
        pp_keccak_update(&k, answers, 2);
        if (answers[1]) pp_keccak_update(&k, key + 1, 64);
    }
    pp_keccak_final(&k, out);
}

static bool same(const pp_program *guest, size_t first, size_t n) {
    pp_err err = {0};
    pp_vm_result result;
    pp_hash32 want;
    pp_bytes input = {records + RECORD * first, RECORD * n};
    expect(&want, first, n);
    return pp_vm_run(&err, &result, guest, input, NULL) && pp_vm_ok(&result) &&
           result.output_size == 32 && memcmp(result.output, want.b, 32) == 0;
}

// All records at once; where that differs, one by one.
static void compare(const char *path) {
    pp_err err = {0};
    uint8_t *file;
    size_t size;
    if (!pp_file_read(&err, &file, &size, path, 1 << 26)) {
        pp_test_skip("no guests: their compilers are not installed");
        return;
    }
    pp_program guest;
    CHECK_EQ(pp_elf_load(&guest, (pp_bytes){file, size}), PP_ELF_OK);
    if (!same(&guest, 0, records_len))
        for (size_t i = 0; i < records_len; i++)
            if (!same(&guest, i, 1)) {
                char text[2 * RECORD + 1];
                pp_hex_encode(text, records + RECORD * i, RECORD);
                pp_test_fail(__FILE__, __LINE__, "%s: %s", path, text);
            }
    free(file);
}

static void compare_all(void) {
    CHECK(records_len > 0);
    compare(PP_BINARY_DIR "/guests/signatures.elf");
    compare(PP_BINARY_DIR "/guests/gcc/signatures.elf");
    records_len = 0;
}

static void begin(void) {
    if (context == NULL) context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
}

PP_TEST(made_and_spoilt) {
    begin();
    pp_rng rng = {pp_test_seed()};
    for (int i = 0; i < 60; i++) {
        uint8_t secret[32], key[64], sig[PP_SIGNATURE_SIZE], digest[32];
        pp_hash32 hash;
        pp_rng_fill(&rng, secret, 32);
        pp_rng_fill(&rng, digest, 32);
        memcpy(hash.b, digest, 32);
        REQUIRE(pp_sign_public_key(key, secret) && pp_sign_make(sig, &hash, secret));
        add(digest, sig, sig + 32, key, sig[64]);
        add(digest, sig, sig + 32, key, 1u - sig[64]);
        uint8_t *part[] = {digest, sig, sig + 32, key, key + 32};
        part[i % 5][pp_rng_below(&rng, 32)] ^= (uint8_t)(1u << pp_rng_below(&rng, 8));
        add(digest, sig, sig + 32, key, sig[64]);
    }
    compare_all();
}

// Zero, one, the order less one, the order, half of it and one more, the prime, the generator's x,
// all ones: as digest, r and s, with all recovery ids and some that are none. The key is the
// generator, so that sums meet it: equal and opposite points, and infinity. The small numbers have
// keys with ids 2, 3.
PP_TEST(extreme_values) {
    begin();
    static const char *const edges[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000001",
        "0000000000000000000000000000000000000000000000000000000000000004",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0",
        "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1",
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    static const unsigned ids[] = {0, 1, 2, 3, 4, 27, 255};
    enum { N = PP_COUNT(edges) };
    uint8_t v[N][32], key[64];
    pp_rng rng = {pp_test_seed() + 1};
    for (size_t i = 0; i < N; i++) PP_ASSERT(pp_hex_decode(v[i], 32, edges[i]));
    PP_ASSERT(pp_hex_decode(key, 64,
                            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                            "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"));
    for (size_t d = 0; d < N; d++)
        for (size_t r = 0; r < N; r++)
            for (size_t s = 0; s < N; s++)
                add(v[d], v[r], v[s], key, ids[pp_rng_below(&rng, PP_COUNT(ids))]);
    for (size_t r = 0; r < N; r++)
        for (size_t i = 0; i < PP_COUNT(ids); i++) add(v[8], v[r], v[1], key, ids[i]);
    // r the generator's x and s the digest: the key is infinity or -2 G; keys off the curve, at 0,
    // at p.
    for (unsigned id = 0; id < 2; id++) add(v[5], v[8], v[5], key, id);
    for (size_t i = 0; i < N; i++) {
        uint8_t bad[64];
        memcpy(bad, v[i], 32);
        memcpy(bad + 32, v[N - 1 - i], 32);
        add(v[1], v[2], v[3], bad, 0);
    }
    compare_all();
}

PP_TEST(wycheproofs_cases) {
    begin();
    wycheproof_case c;
    FILE *f = fopen(PP_SOURCE_DIR "/src/sign/wycheproof.txt", "r");
    REQUIRE(f != NULL);
    while (wycheproof_next(&c, f)) add(c.digest.b, c.rs, c.rs + 32, c.key, c.number % 4);
    fclose(f);
    compare_all();
}
