// SPDX-License-Identifier: MIT OR Apache-2.0
// In guests recover.c is the only implementation: on the machine's calls (point_calls.c,
// scalar_calls.c) or in plain C (point.c, scalar.c), as the guest is linked.
#include "sign/sign.h"

bool pp_sign_recover(pp_address *out, const pp_hash32 *digest, const uint8_t r[32],
                     const uint8_t s[32], unsigned parity) {
    return pp_sign_recover_portable(out, digest, r, s, parity);
}

bool pp_sign_verify(const pp_hash32 *digest, const uint8_t r[32], const uint8_t s[32],
                    const uint8_t public_key[PP_PUBLIC_KEY_SIZE]) {
    return pp_sign_verify_portable(digest, r, s, public_key);
}
