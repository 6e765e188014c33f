// SPDX-License-Identifier: MIT OR Apache-2.0
// A chain of n SHA-256 hashes (default 1,000), each of the 32 bytes before, from 32 zero bytes.
// Output: the last one. sha256_chain in plain C, sha256_accelerated on the machine's compression.
#include "polypoly.h"
#include "zkvm_accelerators.h"

int main(void) {
    zkvm_sha256_hash hash = {{0}};
    for (uint64_t n = pp_input_u64(1000); n > 0; n--)
        zkvm_sha256(hash.data, sizeof hash.data, &hash);
    write_output(hash.data, sizeof hash.data);
    return 0;
}
