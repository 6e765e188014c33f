// SPDX-License-Identifier: MIT OR Apache-2.0
// Recovers the signers of Ethereum signatures. Input: records of digest, r, s (32 bytes each) and
// parity (one byte). Output: Keccak-256 over one byte a record, 1 or 0, each 1 with its address.
#include "hash/keccak.h"
#include "polypoly.h"
#include "sign/sign.h"

enum { RECORD = 97 };

int main(void) {
    const uint8_t *in;
    size_t size;
    read_input(&in, &size);
    pp_keccak k;
    pp_keccak_init(&k);
    for (; size >= RECORD; in += RECORD, size -= RECORD) {
        pp_hash32 digest;
        struct {
            uint8_t ok;
            pp_address address;
        } out;
        memcpy(digest.b, in, 32);
        out.ok = pp_sign_recover(&out.address, &digest, in + 32, in + 64, in[96]);
        pp_keccak_update(&k, &out, out.ok ? 21 : 1);
    }
    pp_hash32 hash;
    pp_keccak_final(&k, &hash);
    write_output(hash.b, sizeof hash.b);
    return 0;
}
