// SPDX-License-Identifier: MIT OR Apache-2.0
// In guests the portable recovery is the only one.
#include "sign/sign.h"

bool pp_sign_recover(pp_address *out, const pp_hash32 *digest, const uint8_t r[32],
                     const uint8_t s[32], unsigned parity) {
    return pp_sign_recover_portable(out, digest, r, s, parity);
}
