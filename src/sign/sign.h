// SPDX-License-Identifier: MIT OR Apache-2.0
// Ethereum's signatures: ECDSA on secp256k1, from which the signer's address is recovered.
//
// pp_sign_recover and pp_sign_verify have two implementations: libsecp256k1 natively
// (sign_native.c), recover.c in guests (behind sign_guest.c). They give the same answer for
// all inputs; the plain one is the rule, since it is what a proof will say. Keys and signing are
// native only: sign/keys.h.
#ifndef PP_SIGN_SIGN_H
#define PP_SIGN_SIGN_H

#include "base/base.h"

// x and y of a public key, each 32 bytes big-endian.
enum { PP_PUBLIC_KEY_SIZE = 64 };

// The address whose key signed digest: the last 20 bytes of the Keccak-256 of the public key.
// r and s big-endian, parity 0 or 1: of the y of the point whose x is r (an x at or above the
// group's order, the recovery ids 2 and 3, does not exist in Ethereum's transactions). False, and
// *out untouched, when parity is above 1, r or s is zero or not below the order, r is no
// x-coordinate, or the key would be infinity. High s is recovered too: where it is forbidden, call
// pp_sign_is_low_s. Callable from any thread.
PP_NODISCARD bool pp_sign_recover(pp_address *out, const pp_hash32 *digest, const uint8_t r[32],
                                  const uint8_t s[32], unsigned parity);

// Is (r, s) a signature of digest by this public key? High s counts. False also when r or s is
// zero or not below the order, or the key is no point of the curve.
PP_NODISCARD bool pp_sign_verify(const pp_hash32 *digest, const uint8_t r[32], const uint8_t s[32],
                                 const uint8_t public_key[PP_PUBLIC_KEY_SIZE]);

// The same two in plain C, on every machine: no heap, no tables made at run time. Pure.
PP_NODISCARD bool pp_sign_recover_portable(pp_address *out, const pp_hash32 *digest,
                                           const uint8_t r[32], const uint8_t s[32],
                                           unsigned parity);
PP_NODISCARD bool pp_sign_verify_portable(const pp_hash32 *digest, const uint8_t r[32],
                                          const uint8_t s[32],
                                          const uint8_t public_key[PP_PUBLIC_KEY_SIZE]);

// The whole public key behind a signature. id 0 to 3: its lowest bit is the parity, 2 and 3 say
// that the point's x is r + n, n the order (SEC 1, section 4.1.6). False, and out untouched, as for
// pp_sign_recover, when id is above 3, and when r + n is not below the field's prime. Pure.
PP_NODISCARD bool pp_sign_recover_key_portable(uint8_t out[PP_PUBLIC_KEY_SIZE],
                                               const pp_hash32 *digest, const uint8_t r[32],
                                               const uint8_t s[32], unsigned id);

// The address of a public key, which is not looked at further. Pure.
void pp_sign_address_of(pp_address *out, const uint8_t public_key[PP_PUBLIC_KEY_SIZE]);

// s is at most half the group's order (EIP-2). Pure.
bool pp_sign_is_low_s(const uint8_t s[32]);

#endif
