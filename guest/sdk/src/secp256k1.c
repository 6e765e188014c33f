// SPDX-License-Identifier: MIT OR Apache-2.0
// ECDSA on secp256k1: the same source as the rollup's, on the machine's calls (calls.c).
#include "sign/sign.h"

#include "string.h"
#include "zkvm_accelerators.h"

zkvm_status zkvm_secp256k1_verify(const zkvm_secp256k1_hash *msg,
                                  const zkvm_secp256k1_signature *sig,
                                  const zkvm_secp256k1_pubkey *pubkey, bool *verified) {
    pp_hash32 digest;
    memcpy(digest.b, msg->data, sizeof digest.b);
    *verified = pp_sign_verify_portable(&digest, sig->data, sig->data + 32, pubkey->data);
    return ZKVM_EOK;
}

zkvm_status zkvm_secp256k1_ecrecover(const zkvm_secp256k1_hash *msg,
                                     const zkvm_secp256k1_signature *sig, uint8_t recid,
                                     zkvm_secp256k1_pubkey *output) {
    pp_hash32 digest;
    memcpy(digest.b, msg->data, sizeof digest.b);
    bool found =
        pp_sign_recover_key_portable(output->data, &digest, sig->data, sig->data + 32, recid);
    return found ? ZKVM_EOK : ZKVM_EFAIL;
}
