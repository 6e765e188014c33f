// SPDX-License-Identifier: MIT OR Apache-2.0
// For tests: SHA-256 and Keccak-256 of parts of the input, of every length from 0 to 300 that it
// has, at all alignments, and of the whole. Output: the SHA-256 of the former hashes, the
// Keccak-256 of the latter.
#include "polypoly.h"
#include "zkvm_accelerators.h"

enum { LENGTHS = 301 };

int main(void) {
    static zkvm_sha256_hash sha256[LENGTHS + 1];
    static zkvm_keccak256_hash keccak[LENGTHS + 1];
    const uint8_t *in;
    size_t size, n = 0;
    read_input(&in, &size);
    for (; n < LENGTHS && n + n * 5 % 8 <= size; n++) {
        zkvm_sha256(in + n * 5 % 8, n, &sha256[n]);
        zkvm_keccak256(in + n * 5 % 8, n, &keccak[n]);
    }
    zkvm_sha256(in, size, &sha256[n]);
    zkvm_keccak256(in, size, &keccak[n]);
    n++;
    zkvm_sha256((const uint8_t *)sha256, n * sizeof *sha256, &sha256[0]);
    zkvm_keccak256((const uint8_t *)keccak, n * sizeof *keccak, &keccak[0]);
    write_output(sha256[0].data, sizeof sha256[0].data);
    write_output(keccak[0].data, sizeof keccak[0].data);
    return 0;
}
