// SPDX-License-Identifier: MIT OR Apache-2.0
// A chain of n Keccak-256 hashes (default 1,000), each of the 32 bytes before, from 32 zero bytes.
// Output: the last one. keccak256_chain in plain C, keccak256_accelerated on the machine's
// keccak-f.
#include "polypoly.h"
#include "zkvm_accelerators.h"

int main(void) {
    zkvm_keccak256_hash hash = {{0}};
    for (uint64_t n = pp_input_u64(1000); n > 0; n--)
        zkvm_keccak256(hash.data, sizeof hash.data, &hash);
    write_output(hash.data, sizeof hash.data);
    return 0;
}
