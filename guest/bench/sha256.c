// SPDX-License-Identifier: MIT OR Apache-2.0
// SHA-256 of n bytes 0, 1, 2, … (default 2,048). Output: the hash. In plain C.
#include "polypoly.h"
#include "zkvm_accelerators.h"

int main(void) {
    uint64_t n = pp_input_u64(2048);
    uint8_t *data = pp_alloc(n);
    if (data == NULL) return 1;
    for (uint64_t i = 0; i < n; i++) data[i] = (uint8_t)i;
    zkvm_sha256_hash hash;
    zkvm_sha256(data, n, &hash);
    write_output(hash.data, sizeof hash.data);
    return 0;
}
