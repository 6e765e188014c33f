// SPDX-License-Identifier: MIT OR Apache-2.0
// Ethereum's keys: secp256k1 signatures from which the signer's address is recovered.
//
// pp_sign_recover has two implementations: libsecp256k1 natively (sign_native.c), plain C in
// guests (recover.c behind sign_guest.c). They give the same answer for all inputs; the plain one
// is the rule, since it is what a proof will say.
#ifndef PP_SIGN_SIGN_H
#define PP_SIGN_SIGN_H

#include "base/base.h"

// The address whose key signed digest: the last 20 bytes of the Keccak-256 of the public key.
// r and s big-endian, parity 0 or 1: of the y of the point whose x is r (an x at or above the
// group's order, the recovery ids 2 and 3, does not exist in Ethereum's transactions). False when
// r or s is zero or not below the order, r is no x-coordinate, or the key would be infinity.
// High s is recovered too: where it is forbidden, call pp_sign_is_low_s.
PP_NODISCARD bool pp_sign_recover(pp_address *out, const pp_hash32 *digest, const uint8_t r[32],
                                  const uint8_t s[32], unsigned parity);

// The same in plain C, on every machine. Pure.
PP_NODISCARD bool pp_sign_recover_portable(pp_address *out, const pp_hash32 *digest,
                                           const uint8_t r[32], const uint8_t s[32],
                                           unsigned parity);

// s is at most half the group's order (EIP-2). Pure.
bool pp_sign_is_low_s(const uint8_t s[32]);

// Native only. A signature as it travels: r, s, parity.
enum { PP_SIGNATURE_SIZE = 65 };

// Signs digest with key (deterministic nonce of RFC 6979, low s). False when key is zero or not
// below the group's order.
PP_NODISCARD bool pp_sign_make(uint8_t out[PP_SIGNATURE_SIZE], const pp_hash32 *digest,
                               const uint8_t key[32]);
// The address of a key; false as pp_sign_make.
PP_NODISCARD bool pp_sign_address(pp_address *out, const uint8_t key[32]);

#endif
