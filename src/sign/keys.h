// SPDX-License-Identifier: MIT OR Apache-2.0
// Secret keys: made, named, signed with. Native only (libsecp256k1, constant time). A key is 32
// bytes big-endian, valid when neither zero nor at or above the order of secp256k1.
#ifndef PP_SIGN_KEYS_H
#define PP_SIGN_KEYS_H

#include "base/err.h"
#include "sign/sign.h"

enum { PP_SECRET_KEY_SIZE = 32 };

// A signature as it travels: r, s, parity.
enum { PP_SIGNATURE_SIZE = 65 };

// A new key from the system's generator; false when that fails.
PP_NODISCARD bool pp_sign_key_draw(pp_err *err, uint8_t key[PP_SECRET_KEY_SIZE]);

// The public key, the address of a key; false when it is not valid.
PP_NODISCARD bool pp_sign_public_key(uint8_t out[PP_PUBLIC_KEY_SIZE],
                                     const uint8_t key[PP_SECRET_KEY_SIZE]);
PP_NODISCARD bool pp_sign_address(pp_address *out, const uint8_t key[PP_SECRET_KEY_SIZE]);

// Signs digest (deterministic nonce of RFC 6979, low s): the same signature every time. False when
// key is not valid.
PP_NODISCARD bool pp_sign_make(uint8_t out[PP_SIGNATURE_SIZE], const pp_hash32 *digest,
                               const uint8_t key[PP_SECRET_KEY_SIZE]);

#endif
