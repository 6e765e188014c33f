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

// The point with x (below p) and the wanted parity of y; false when no point has this x.
static bool lift(affine *out, const num *x, unsigned parity) {
    num y;
    if (!pp_sign_curve_root(&y, x)) return false;
    if ((y.v[0] & 1) != parity) fe_negate(&y, &y); // never zero: -7 is no cube mod p
    *out = (affine){*x, y};
    return true;
}

// False when (x, y) is not on the curve, or a coordinate is not below p.
static bool is_point(const affine *a) {
    num left, right;
    if (!fe_is_reduced(&a->x) || !fe_is_reduced(&a->y)) return false;
    pp_sign_fe_square_times(&left, &a->y, 1);
    pp_sign_curve_right_side(&right, &a->x);
    return num_equal(&left, &right);
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
    if (id > 3 || !load_scalar(&r, r_bytes) || !load_scalar(&s, s_bytes)) return false;
    x = r;
    if (id > 1 && (num_add(&x, &x, &pp_sign_order) || !fe_is_reduced(&x))) return false;
    if (!lift(&R, &x, id & 1)) return false;
    load_digest(&z, digest);
    pp_sign_scalar_invert(&inverse, &r);
    pp_sign_scalar_mul(&z, &z, &inverse);
    pp_sign_scalar_negate(&z, &z);
    pp_sign_scalar_mul(&s, &s, &inverse);
    if (!pp_sign_point_combine(&key, &z, &s, &R)) return false;
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
    if (!load_scalar(&r, r_bytes) || !load_scalar(&s, s_bytes)) return false;
    num_load_be(&key.x, public_key);
    num_load_be(&key.y, public_key + 32);
    if (!is_point(&key)) return false;
    load_digest(&z, digest);
    pp_sign_scalar_invert(&inverse, &s);
    pp_sign_scalar_mul(&z, &z, &inverse);
    pp_sign_scalar_mul(&x, &r, &inverse);
    if (!pp_sign_point_combine(&R, &z, &x, &key)) return false;
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
