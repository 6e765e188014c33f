// SPDX-License-Identifier: MIT OR Apache-2.0
// Proof files of the virtual machine: is what the file claims proven? Total, pure, no heap.
//
// A proof file is, little-endian:
//     "ppproof\x02"                          8 bytes
//     context                                32 bytes
//     entry of the program                   u64
//     digests: program before, input, program after, stack after     4 × 36 bytes
//     the machine's first page after, x0 to output length            36 × u64
//     size of the output (at most 256), number of shards             2 × u32
//     output, filled up with zeros to a multiple of 8
//     each shard, in the run's order: size (u64), bytes, filled up likewise
// and nothing else; all before the shards is the head. From the head the verifier computes the
// memory tree's root before and after: all registers zero and pc the entry before; pc 1 and exit
// code 0 after; the same input before and after; the output where a run writes it. A shard's public
// values are the roots before and after it: the first shard starts at the first root, each other
// where the one before it ended, and the last one ends at the last root. docs/proofs.md says why
// that leaves no room for another order, or for shards of another run.
#ifndef PP_VERIFY_CLAIM_H
#define PP_VERIFY_CLAIM_H

#include "verify/verify.h"
#include "vm/claim.h"

#define PP_PROOF_MAGIC "ppproof\x02"
enum {
    PP_PROOF_WORDS = 36, // of the machine's first page
    PP_PROOF_HEAD_SIZE = 8 + 32 + 8 + 4 * PP_DIGEST_SIZE + 8 * PP_PROOF_WORDS + 8, // no output
    PP_PROOF_HEAD_MAX = PP_PROOF_HEAD_SIZE + PP_OUTPUT_MAX,
    PP_PROOF_SHARD_MAX = 16 << 20, // bytes of one shard; its verifier need not hold more
};

typedef enum pp_claim_status {
    PP_CLAIM_PROVEN = 0,
    PP_CLAIM_FORMAT, // not a proof file of this version, or bytes missing or too many
    PP_CLAIM_SHARD,  // a shard's proof is not accepted: see *shard
    PP_CLAIM_ENDING, // not a run that halted with exit code 0
    PP_CLAIM_ROOT,   // the first shard starts, or the last one ends, in another memory
    PP_CLAIM_TIME,   // a shard has more rows than times
    PP_CLAIM_LINK,   // a shard does not start where the one before it ended
    PP_CLAIM_IDLE,   // a shard ends where it starts
    PP_CLAIM_MIXED,  // shards of several machines or parameter sets
    PP_CLAIM_COUNT,  // more shards than the policy accepts, or other than the head says
} pp_claim_status;
const char *pp_claim_status_text(pp_claim_status status);

// Shards one after the other, as they come: begin, each shard, end. The first status that is not
// PP_CLAIM_PROVEN is the answer to all that follows.
typedef struct pp_claim_verifier {
    pp_claim_status status;
    pp_verifier v;
    pp_claim claim; // vm_id and program_id are known after the first shard
    uint64_t entry;
    pp_digest program;
    pp_fp at[PP_DIGEST_LEN], last[PP_DIGEST_LEN]; // the root reached; the last one
    uint32_t shards_len;                          // that the head announces
    uint32_t machine, set;                        // of all shards: numbers in the policy's lists
    pp_verify_status shard;                       // of the last shard
    uint32_t number;                              // of the last shard, from 0
} pp_claim_verifier;

// The size of the head at the start of these bytes, 0 when there is none.
size_t pp_claim_head_size(const uint8_t *bytes, size_t size);
// How many shards a proof file has, by its head and their sizes: so many may have to be verified.
// 0 where no verifier looks at any: the file is not whole, or they are more than max.
uint32_t pp_claim_shards(const uint8_t *bytes, size_t size, uint32_t max);
// head: all of a head and nothing more. work: pp_verify_work_size bytes, any alignment, until end.
PP_NODISCARD pp_claim_status pp_claim_begin(pp_claim_verifier *c, const pp_verify_policy *policy,
                                            const uint8_t *head, size_t size, void *work,
                                            size_t work_size);
// bytes: the shard's own, without size and filling. Of more than PP_PROOF_SHARD_MAX none is read.
PP_NODISCARD pp_claim_status pp_claim_shard(pp_claim_verifier *c, const uint8_t *bytes,
                                            size_t size);
// PP_CLAIM_PROVEN: *out is what is proven; whose program, input and context these are is the
// caller's to compare.
PP_NODISCARD pp_claim_status pp_claim_end(pp_claim *out, const pp_claim_verifier *c);

// Gives bytes [at, at + size) of a proof file, valid until the next call; size is at most
// PP_PROOF_SHARD_MAX + 15. NULL when they cannot be read, which is taken for PP_CLAIM_FORMAT.
typedef const uint8_t *pp_claim_bytes_fn(void *ctx, uint64_t at, size_t size);

// All of it on a proof file of `size` bytes, of which no more than one shard is held at a time. The
// policy's machines are those of pp_rv64_machine. *c tells of the shard that was looked at last;
// the set that was used is number c->set of the policy's list.
PP_NODISCARD pp_claim_status pp_claim_verify_file(pp_claim *out, pp_claim_verifier *c,
                                                  const pp_verify_policy *policy,
                                                  pp_claim_bytes_fn *bytes, void *ctx,
                                                  uint64_t size, void *work, size_t work_size);

// The same on a proof file in memory. The policy's machines are those of pp_rv64_machine. *set is
// the number in the policy's list of the set that was used, *shard what the verifier said of the
// last shard it looked at. work: pp_verify_work_size.
PP_NODISCARD pp_claim_status pp_claim_verify(pp_claim *out, pp_verify_status *shard, uint32_t *set,
                                             const pp_verify_policy *policy, const uint8_t *bytes,
                                             size_t size, void *work, size_t work_size);

#endif
