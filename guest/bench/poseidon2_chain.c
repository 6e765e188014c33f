// SPDX-License-Identifier: MIT OR Apache-2.0
// A chain of n Poseidon2 permutations (default 1,000) from 0, 1, 2, …. Output: the state.
// poseidon2_chain in plain C, poseidon2_accelerated on the machine's.
#include "hash/poseidon2.h"
#include "polypoly.h"

int main(void) {
    _Alignas(8) pp_fp s[PP_POSEIDON2_WIDTH];
    for (uint32_t i = 0; i < PP_POSEIDON2_WIDTH; i++) s[i] = pp_fp_from_u32(i);
    for (uint64_t n = pp_input_u64(1000); n > 0; n--) pp_poseidon2_permute(s);
    uint8_t out[4 * PP_POSEIDON2_WIDTH];
    for (size_t i = 0; i < PP_POSEIDON2_WIDTH; i++) pp_store_le32(out + 4 * i, pp_fp_to_u32(s[i]));
    write_output(out, sizeof out);
    return 0;
}
