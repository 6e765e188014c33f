// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as the proof of a fixed statement: no crash, and accepted only if they are the honest
// proof. Layout: u8 which statement, the proof. fuzz/pcs_proof/ is written by
// pcs_driver --corpus.
#include "pcs/test_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static pp_pcs_case cases[PP_PCS_FUZZ_CASES];
    if (size == 0) return 0;
    pp_pcs_case *c = &cases[data[0] % PP_PCS_FUZZ_CASES];
    if (c->proof == NULL) pp_pcs_case_fuzz(c, data[0] % PP_PCS_FUZZ_CASES);
    data++;
    size--;
    if (pp_pcs_case_verify(c, data, size) == PP_PCS_OK)
        PP_ASSERT(size == c->proof_size && memcmp(data, c->proof, size) == 0);
    return 0;
}
