// SPDX-License-Identifier: MIT OR Apache-2.0
// The standard's functions that do not exist in this version: they say so.
#include "zkvm_accelerators.h"

#define NONE(name, ...)                                                                            \
    zkvm_status name(__VA_ARGS__) {                                                                \
        return ZKVM_EFAIL;                                                                         \
    }

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wunused-parameter"
#else
#pragma clang diagnostic ignored "-Wunused-parameter"
#endif

NONE(zkvm_ripemd160, const uint8_t *data, size_t len, zkvm_ripemd160_hash *output)
NONE(zkvm_secp256r1_verify, const zkvm_secp256r1_hash *msg, const zkvm_secp256r1_signature *sig,
     const zkvm_secp256r1_pubkey *pubkey, bool *verified)
NONE(zkvm_modexp, const uint8_t *base, size_t base_len, const uint8_t *exp, size_t exp_len,
     const uint8_t *modulus, size_t mod_len, uint8_t *output)
NONE(zkvm_bn254_g1_add, const zkvm_bn254_g1_point *p1, const zkvm_bn254_g1_point *p2,
     zkvm_bn254_g1_point *result)
NONE(zkvm_bn254_g1_mul, const zkvm_bn254_g1_point *point, const zkvm_bn254_scalar *scalar,
     zkvm_bn254_g1_point *result)
NONE(zkvm_bn254_pairing, const zkvm_bn254_pairing_pair *pairs, size_t num_pairs, bool *verified)
NONE(zkvm_kzg_point_eval, const zkvm_kzg_commitment *commitment, const zkvm_kzg_field_element *z,
     const zkvm_kzg_field_element *y, const zkvm_kzg_proof *proof, bool *verified)
NONE(zkvm_bls12_g1_add, const zkvm_bls12_381_g1_point *p1, const zkvm_bls12_381_g1_point *p2,
     zkvm_bls12_381_g1_point *result)
NONE(zkvm_bls12_g1_msm, const zkvm_bls12_381_g1_msm_pair *pairs, size_t num_pairs,
     zkvm_bls12_381_g1_point *result)
NONE(zkvm_bls12_g2_add, const zkvm_bls12_381_g2_point *p1, const zkvm_bls12_381_g2_point *p2,
     zkvm_bls12_381_g2_point *result)
NONE(zkvm_bls12_g2_msm, const zkvm_bls12_381_g2_msm_pair *pairs, size_t num_pairs,
     zkvm_bls12_381_g2_point *result)
NONE(zkvm_bls12_pairing, const zkvm_bls12_381_pairing_pair *pairs, size_t num_pairs, bool *verified)
NONE(zkvm_bls12_map_fp_to_g1, const zkvm_bls12_381_fp *field_element,
     zkvm_bls12_381_g1_point *result)
NONE(zkvm_bls12_map_fp2_to_g2, const zkvm_bls12_381_fp2 *field_element,
     zkvm_bls12_381_g2_point *result)
