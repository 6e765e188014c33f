// SPDX-License-Identifier: MIT OR Apache-2.0
// A chain of n Keccak-256 hashes (default 1,000), each of the 32 bytes before, from 32 zero bytes.
// Output: the last one. In plain C; keccak256_accelerated.c is the same on the machine's keccak-f.
#include "hash/keccak.h"
#include "polypoly.h"

int main(void) {
    pp_hash32 hash = {{0}};
    for (uint64_t n = pp_input_u64(1000); n > 0; n--) pp_keccak256(&hash, hash.b, sizeof hash.b);
    write_output(hash.b, sizeof hash.b);
    return 0;
}
