// SPDX-License-Identifier: MIT OR Apache-2.0
// Merkle trees over Poseidon2 (hash/poseidon2.h), opened at many leaves at once; the verifier's
// side. Pure. The prover's: merkle/tree.h.
//
// A tree has 2^log_leaves leaves, numbered from 0. Level 0 holds the digests of the leaves, node i
// of level l + 1 is pp_hash_node of nodes 2i and 2i + 1 of level l, under one tag.
//
// A multi-opening for leaves i_1 < i_2 < … carries, from the leaves up and from left to right, the
// digest of every node that is the sibling of a node known so far and is not known itself. So its
// length and order follow from the indices alone, and no digest is sent that could be computed.
#ifndef PP_MERKLE_MERKLE_H
#define PP_MERKLE_MERKLE_H

#include "transcript/transcript.h"

enum { PP_MERKLE_LOG_LEAVES_MAX = 30 };

// Reads the opening from the proof (hints) and compares what it leads to with the root.
// index[0 .. len) ascends strictly, all below 2^log_leaves, len ≥ 1; digest[j] is the digest of
// leaf index[j]. Both arrays are used up. False when the proof ends too soon, a digest is not
// canonical, or the roots differ.
PP_NODISCARD bool pp_merkle_verify(const pp_digest *root, unsigned log_leaves, uint32_t *index,
                                   pp_digest *digest, size_t len, uint32_t tag, pp_transcript *t);

// The most digests that an opening of `len` leaves can carry.
size_t pp_merkle_opening_len_max(unsigned log_leaves, size_t len);

#endif
