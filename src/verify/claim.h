// SPDX-License-Identifier: MIT OR Apache-2.0
// Proof files of the virtual machine: is what the file claims proven? Total, pure, no heap.
//
// A proof file is, little-endian:
//     "ppproof\x01"                          8 bytes
//     context                                32 bytes
//     entry of the program                   u64
//     digests: program before, input, program after, stack after     4 × 36 bytes
//     the machine's first page after, x0 to output length            36 × u64
//     size of the output (at most 256), number of shards (1)         2 × u32
//     output, filled up with zeros to a multiple of 8
//     the shard: size (u64), bytes, filled up likewise
// and nothing else. From these the verifier computes the memory tree's root before and after, which
// must be the shard's public values: all registers zero and pc the entry before; pc 1 and exit code
// 0 after; the same input before and after; the output where a run writes it.
#ifndef PP_VERIFY_CLAIM_H
#define PP_VERIFY_CLAIM_H

#include "verify/verify.h"
#include "vm/claim.h"

#define PP_PROOF_MAGIC "ppproof\x01"
enum {
    PP_PROOF_WORDS = 36, // of the machine's first page
    PP_PROOF_HEAD_SIZE = 8 + 32 + 8 + 4 * PP_DIGEST_SIZE + 8 * PP_PROOF_WORDS + 8,
};

typedef enum pp_claim_status {
    PP_CLAIM_PROVEN = 0,
    PP_CLAIM_FORMAT, // not a proof file of this version, or bytes missing or too many
    PP_CLAIM_SHARD,  // the shard's proof is not accepted: see *shard
    PP_CLAIM_ENDING, // not a run that halted with exit code 0
    PP_CLAIM_ROOT,   // proven is something about another memory
    PP_CLAIM_TIME,   // more rows than times
} pp_claim_status;
const char *pp_claim_status_text(pp_claim_status status);

// Verifies a proof file. The policy's machines are those of pp_rv64_machine. On PP_CLAIM_PROVEN
// *out is what is proven; whose program, input and context these are is the caller's to compare.
// *set is the number in the policy's list of the set that was used. work: pp_verify_work_size.
PP_NODISCARD pp_claim_status pp_claim_verify(pp_claim *out, pp_verify_status *shard, uint32_t *set,
                                             const pp_verify_policy *policy, const uint8_t *bytes,
                                             size_t size, void *work, size_t work_size);

#endif
