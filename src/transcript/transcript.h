// SPDX-License-Identifier: MIT OR Apache-2.0
// The conversation between prover and verifier: a duplex sponge over Poseidon2 width 24 that makes
// the challenges (Fiat–Shamir), and the proof bytes, in one type. Pure.
//
// What the prover says enters the proof only by pp_transcript_send_*, what the verifier hears comes
// out of it only by pp_transcript_receive_*; both absorb it, and a challenge takes in everything
// absorbed before it. So no challenge can come before an earlier message. Only hints pass
// unabsorbed: values that a digest absorbed before them already fixes (openings and Merkle paths).
//
// The sponge: rate 15 (elements 0 to 14), capacity 9. At the start element 15 is
// PP_DOMAIN_TRANSCRIPT, all others zero. Elements absorbed are added to the rate one after the
// other; when fifteen are in and one more comes, or a challenge is asked for, the number of
// elements in this block is added to element 23 and the state is permuted. Challenges take the
// rate's elements in order; when all are taken the state is permuted with nothing added (which no
// absorbed block does). Absorbing discards what was not taken.
//
// Every call has a label: not absorbed (the order of calls is fixed by the parameters, and these
// are absorbed), but given to a log, so that the logs of both sides can be compared.
#ifndef PP_TRANSCRIPT_TRANSCRIPT_H
#define PP_TRANSCRIPT_TRANSCRIPT_H

#include "field/ext.h"
#include "hash/poseidon2.h"

// Called for every absorbed message, hint and challenge with its elements. `kind` is "absorb",
// "hint" or "challenge".
typedef void pp_transcript_log(void *ctx, const char *kind, const char *label,
                               const pp_fp *elements, size_t len);

typedef struct pp_transcript {
    pp_fp state[PP_POSEIDON2_WIDTH];
    unsigned pending; // elements of the rate added to since the last permutation
    unsigned ready;   // elements of the rate that challenges may still take
    bool failed;      // the proof ended too soon or held a number of p or more
    uint8_t *out;     // the prover's proof, NULL on the verifier's side
    const uint8_t *in;
    size_t size, at; // of `out` or `in`: bytes there are, bytes written or read
    pp_transcript_log *log;
    void *log_ctx;
} pp_transcript;

// A prover's transcript: the proof is written to out[0 .. capacity); running over is a broken
// invariant (the size of a proof is known from its parameters). A verifier's: the proof is in.
void pp_transcript_prove(pp_transcript *t, uint8_t *out, size_t capacity);
void pp_transcript_verify(pp_transcript *t, const uint8_t *in, size_t size);
// Bytes of the proof written or read so far.
static inline size_t pp_transcript_size(const pp_transcript *t) {
    return t->at;
}
// Verifier: all bytes were read and none was bad.
PP_NODISCARD bool pp_transcript_end(const pp_transcript *t);

// Values that both sides know: parameters, ids, public values, claims.
void pp_transcript_absorb_fp(pp_transcript *t, const char *label, const pp_fp *x, size_t len);
void pp_transcript_absorb_ext(pp_transcript *t, const char *label, const pp_ext *x, size_t len);
void pp_transcript_absorb_digest(pp_transcript *t, const char *label, const pp_digest *x,
                                 size_t len);
// As limbs of 24, 24 and 16 bits.
void pp_transcript_absorb_u64(pp_transcript *t, const char *label, uint64_t x);
// The size (below 2^24), then three bytes an element, little-endian.
void pp_transcript_absorb_bytes(pp_transcript *t, const char *label, const uint8_t *data,
                                size_t size);

// Prover to verifier, `len` values, absorbed. In the proof: canonical little-endian u32 words.
// Receiving gives false, and zeros, when the proof ends too soon or a word is p or more; all later
// receives then fail too.
void pp_transcript_send_fp(pp_transcript *t, const char *label, const pp_fp *x, size_t len);
void pp_transcript_send_ext(pp_transcript *t, const char *label, const pp_ext *x, size_t len);
void pp_transcript_send_digest(pp_transcript *t, const char *label, const pp_digest *x, size_t len);
PP_NODISCARD bool pp_transcript_receive_fp(pp_transcript *t, const char *label, pp_fp *x,
                                           size_t len);
PP_NODISCARD bool pp_transcript_receive_ext(pp_transcript *t, const char *label, pp_ext *x,
                                            size_t len);
PP_NODISCARD bool pp_transcript_receive_digest(pp_transcript *t, const char *label, pp_digest *x,
                                               size_t len);

// The same, not absorbed: only for values that the receiver checks against an absorbed digest.
void pp_transcript_send_hint_fp(pp_transcript *t, const char *label, const pp_fp *x, size_t len);
void pp_transcript_send_hint_ext(pp_transcript *t, const char *label, const pp_ext *x, size_t len);
void pp_transcript_send_hint_digest(pp_transcript *t, const char *label, const pp_digest *x,
                                    size_t len);
PP_NODISCARD bool pp_transcript_receive_hint_fp(pp_transcript *t, const char *label, pp_fp *x,
                                                size_t len);
PP_NODISCARD bool pp_transcript_receive_hint_ext(pp_transcript *t, const char *label, pp_ext *x,
                                                 size_t len);
PP_NODISCARD bool pp_transcript_receive_hint_digest(pp_transcript *t, const char *label,
                                                    pp_digest *x, size_t len);

// A uniform element of the extension: five squeezed elements.
pp_ext pp_transcript_challenge_ext(pp_transcript *t, const char *label);
// A uniform number below 2^bits, bits ≤ 24: the low bits of a squeezed element, exactly uniform
// because the one element p − 1 = 127 · 2^24 is passed over.
uint32_t pp_transcript_challenge_index(pp_transcript *t, const char *label, unsigned bits);

// Grinding: the prover sends a nonce (one element), and the first element squeezed after it is not
// p − 1 and has `bits` low bits zero (bits ≤ 24): a chance of 2^−bits. No bits, no nonce. The
// prover's side, which finds the smallest nonce, is transcript/grind.h. This is the verifier's:
// false when the proof is short, the nonce is not canonical or does not do.
PP_NODISCARD bool pp_transcript_check_nonce(pp_transcript *t, const char *label, unsigned bits);

// Does this squeezed element satisfy grinding?
static inline bool pp_transcript_nonce_hits(pp_fp first, unsigned bits) {
    uint32_t x = pp_fp_to_u32(first);
    return x != PP_FP_MODULUS - 1 && (x & (((uint32_t)1 << bits) - 1)) == 0;
}

// Everything pending is permuted in, as a challenge would. For grinding.
void pp_transcript_flush(pp_transcript *t);

#endif
