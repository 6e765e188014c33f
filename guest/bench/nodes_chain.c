// SPDX-License-Identifier: MIT OR Apache-2.0
// A chain of n tree nodes (default 1,000): each the hash of the two before. Output: the last one.
// nodes_chain in plain C, nodes_accelerated on the machine's.
#include "hash/poseidon2.h"
#include "polypoly.h"

int main(void) {
    _Alignas(8) pp_digest a = {{{0}}};
    _Alignas(8) pp_digest b = {{{0}}};
    for (uint64_t n = pp_input_u64(1000); n > 0; n -= n > 1 ? 2 : 1) {
        pp_hash_node(&a, &a, &b, PP_TAG_STATE);
        if (n > 1) pp_hash_node(&b, &b, &a, PP_TAG_STATE);
    }
    uint8_t out[2 * PP_DIGEST_SIZE];
    pp_digest_encode(out, &a);
    pp_digest_encode(out + PP_DIGEST_SIZE, &b);
    write_output(out, sizeof out);
    return 0;
}
