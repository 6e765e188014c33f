// SPDX-License-Identifier: MIT OR Apache-2.0
// All that is to be known of signatures. Input: records of digest, r, s (32 bytes each), public key
// (64 bytes) and recovery id (one byte). Output: Keccak-256 over two bytes a record, is it valid,
// and is there a key behind it, 1 or 0, each key following with its 64 bytes.
#include "base/base.h"
#include "polypoly.h"
#include "zkvm_accelerators.h"

enum { RECORD = 161 };

int main(void) {
    const uint8_t *in;
    size_t size;
    read_input(&in, &size);
    uint8_t *list = pp_alloc(size / RECORD * 66 + 1), *end = list;
    PP_ASSERT(list != NULL);
    for (; size >= RECORD; in += RECORD, size -= RECORD) {
        zkvm_secp256k1_hash digest;
        zkvm_secp256k1_signature signature;
        zkvm_secp256k1_pubkey key;
        memcpy(digest.data, in, 32);
        memcpy(signature.data, in + 32, 64);
        memcpy(key.data, in + 96, 64);
        bool valid = false;
        PP_ASSERT(zkvm_secp256k1_verify(&digest, &signature, &key, &valid) == ZKVM_EOK);
        *end++ = valid;
        *end++ = zkvm_secp256k1_ecrecover(&digest, &signature, in[160], &key) == ZKVM_EOK;
        if (end[-1] == 0) continue;
        memcpy(end, key.data, 64);
        end += 64;
    }
    zkvm_keccak256_hash hash;
    zkvm_keccak256(list, (size_t)(end - list), &hash);
    write_output(hash.data, sizeof hash.data);
    return 0;
}
