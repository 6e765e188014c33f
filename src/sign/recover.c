// SPDX-License-Identifier: MIT OR Apache-2.0
// Signatures on secp256k1 in plain C: SEC 1, sections 4.1.4 and 4.1.6. Nothing here is secret, so
// nothing needs constant time.
#include "hash/keccak.h"
#include "sign/point.h"
#include "sign/scalar.h"
#include "sign/sign.h"

static bool load_scalar(num *out, const uint8_t in[32]) {
    num_load_be(out, in);
    return !num_is_zero(out) && num_less(out, &pp_sign_order);
}

static void load_digest(num *out, const pp_hash32 *digest) {
    num_load_be(out, digest->b);
    if (!num_less(out, &pp_sign_order)) num_sub(out, out, &pp_sign_order);
}

void pp_sign_address_of(pp_address *out, const uint8_t public_key[PP_PUBLIC_KEY_SIZE]) {
    pp_hash32 hash;
    pp_keccak256(&hash, public_key, PP_PUBLIC_KEY_SIZE);
    memcpy(out->b, hash.b + 12, 20);
}

bool pp_sign_recover_key_portable(uint8_t out[PP_PUBLIC_KEY_SIZE], const pp_hash32 *digest,
                                  const uint8_t r_bytes[32], const uint8_t s_bytes[32],
                                  unsigned id) {
    num r, s, z, x, inverse;
    affine R, key;
    jacobian q;
    if (id > 3 || !load_scalar(&r, r_bytes) || !load_scalar(&s, s_bytes)) return false;
    x = r;
    if (id > 1 && (num_add(&x, &x, &pp_sign_order) || !fe_is_reduced(&x))) return false;
    if (!pp_sign_point_lift(&R, &x, id & 1)) return false;
    load_digest(&z, digest);
    pp_sign_scalar_invert(&inverse, &r);
    pp_sign_scalar_mul(&z, &z, &inverse);
    pp_sign_scalar_negate(&z, &z);
    pp_sign_scalar_mul(&s, &s, &inverse);
    pp_sign_point_combine(&q, &z, &s, &R);
    if (q.infinity) return false;
    pp_sign_point_affine(&key, &q);
    num_store_be(out, &key.x);
    num_store_be(out + 32, &key.y);
    return true;
}

bool pp_sign_recover_portable(pp_address *out, const pp_hash32 *digest, const uint8_t r[32],
                              const uint8_t s[32], unsigned parity) {
    uint8_t key[PP_PUBLIC_KEY_SIZE];
    if (parity > 1 || !pp_sign_recover_key_portable(key, digest, r, s, parity)) return false;
    pp_sign_address_of(out, key);
    return true;
}

bool pp_sign_verify_portable(const pp_hash32 *digest, const uint8_t r_bytes[32],
                             const uint8_t s_bytes[32],
                             const uint8_t public_key[PP_PUBLIC_KEY_SIZE]) {
    num r, s, z, inverse, x;
    affine key, R;
    jacobian q;
    if (!load_scalar(&r, r_bytes) || !load_scalar(&s, s_bytes)) return false;
    num_load_be(&key.x, public_key);
    num_load_be(&key.y, public_key + 32);
    if (!pp_sign_point_valid(&key)) return false;
    load_digest(&z, digest);
    pp_sign_scalar_invert(&inverse, &s);
    pp_sign_scalar_mul(&z, &z, &inverse);
    pp_sign_scalar_mul(&x, &r, &inverse);
    pp_sign_point_combine(&q, &z, &x, &key);
    if (q.infinity) return false;
    pp_sign_point_affine(&R, &q);
    if (!num_less(&R.x, &pp_sign_order)) num_sub(&R.x, &R.x, &pp_sign_order);
    return num_equal(&R.x, &r);
}

bool pp_sign_is_low_s(const uint8_t s[32]) {
    static const num half = {
        {0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff, 0x7fffffffffffffff}};
    num a;
    num_load_be(&a, s);
    return !num_less(&half, &a);
}
