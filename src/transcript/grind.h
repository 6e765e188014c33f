// SPDX-License-Identifier: MIT OR Apache-2.0
// The prover's side of grinding (transcript/transcript.h). Native.
#ifndef PP_TRANSCRIPT_GRIND_H
#define PP_TRANSCRIPT_GRIND_H

#include "cpu/threads.h"
#include "transcript/transcript.h"

// Finds the smallest nonce that does, whatever the number of threads, and sends it: about 2^bits
// permutations. Nothing for bits = 0. bits ≤ 24.
void pp_transcript_grind(pp_transcript *t, pp_threads *pool, const char *label, unsigned bits);

#endif
