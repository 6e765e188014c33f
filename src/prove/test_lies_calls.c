// SPDX-License-Identifier: MIT OR Apache-2.0
// The malicious prover's lies about accelerators' calls.
#include "air/poseidon2.h"
#include "prove/test_lies.h"

// keccak-f: another result, another operand, fewer rounds, another constant, another address.
static void keccak_after(victim *v) {
    bump(cell(v, "keccak", 0, "after", 4), 1);
}
static void keccak_before(victim *v) {
    bump(cell(v, "keccak", 0, "before", 4), 1);
}
static void keccak_short(victim *v) {
    set(v, "keccak_round", 23, "is_real", 0);
    for (int i = 0; i < 100; i++)
        *cell(v, "keccak", 0, "after", i) = *cell(v, "keccak_round", 23, "A", i);
}
static void keccak_constant(victim *v) {
    bump(cell(v, "keccak_round", 5, "rc", 2), 1);
}
static void keccak_bit(victim *v) {
    bump(cell(v, "keccak_round", 5, "A'", 0), 2);
}
static void keccak_address(victim *v) {
    bump(cell(v, "keccak", 0, "pointer_0_w", -1), 1);
}
static void keccak_skip(victim *v) {
    set(v, "keccak", 0, "is_real", 0);
}

// a b + c mod m: another result; one that is not below m, with its quotient; a modulus said to be
// 0; another operand. Points: another sum; the difference instead; a slope, a quotient; not done.
static void mulmod_unreduced(victim *v) {
    bump(cell(v, "mulmod", 0, "after", 0), 7);
    *cell(v, "mulmod", 0, "quotient", 0) = (pp_fp){0};
}
static void mulmod_2_256(victim *v) {
    mulmod_unreduced(v);
    bump(cell(v, "mulmod", 0, "m_is_0", -1), 1);
    *cell(v, "mulmod", 0, "differs_at", 0) = (pp_fp){0};
}
static void add_negated(victim *v) {
    bump(cell(v, "secp256k1_add", 0, "a1", 0), 1);
}
static void add_slope(victim *v) {
    bump(cell(v, "secp256k1_add", 0, "slope", 0), 1);
}
static void add_same_x(victim *v) {
    *cell(v, "secp256k1_add", 0, "operand_0", 0) = *cell(v, "secp256k1_add", 0, "before", 0);
}
static void double_result(victim *v) {
    bump(cell(v, "secp256k1_double", 0, "after", 0), 1);
}
static void double_quotient(victim *v) {
    bump(cell(v, "secp256k1_double", 0, "quotient_top", -1), 1);
}

// Of a word of memory that a hash wrote, and of the page at the end, whose tree is to be hashed
// anew.
static void write_limb(victim *v, const char *in, uint32_t row, int limb, int at, uint32_t x) {
    *cell(v, in, row, "after", limb) = pp_fp_from_u32(x);
    const uint64_t address = VICTIM_HASHES + (uint64_t)at + 2 * (uint64_t)limb;
    *cell(v, "page", row_of_page(v, address), "after", (int)(address % PP_VM_PAGE_SIZE / 2)) =
        pp_fp_from_u32(x);
}
static uint32_t limb_after(victim *v, const char *in, uint32_t row, int limb) {
    return pp_fp_to_u32(*cell(v, in, row, "after", limb));
}

// Poseidon2: an element written as itself and p; another element; what stands behind a digest; the
// hash of another node.
static void poseidon2_unreduced(victim *v) {
    const uint32_t word =
        PP_FP_MODULUS + limb_after(v, "poseidon2", 0, 0) + (limb_after(v, "poseidon2", 0, 1) << 16);
    write_limb(v, "poseidon2", 0, 0, 0, word & 0xffff);
    write_limb(v, "poseidon2", 0, 1, 0, word >> 16);
    *cell(v, "poseidon2", 0, "inverse", 0) =
        pp_fp_inverse(pp_fp_sub(pp_fp_from_u32(0x7f00), pp_fp_from_u32(word >> 16)));
    victim_rehash(v);
}
static void poseidon2_result(victim *v) {
    write_limb(v, "poseidon2", 0, 0, 0, limb_after(v, "poseidon2", 0, 0) ^ 1);
    victim_rehash(v);
}
static void node_behind(victim *v) {
    write_limb(v, "poseidon2_node", 0, 18, VICTIM_NODE_OUT,
               limb_after(v, "poseidon2_node", 0, 18) ^ 1);
    victim_rehash(v);
}
typedef struct to_row {
    pp_air_cells cells;
    victim *v;
    uint32_t table, column;
} to_row;
static void put_cell(pp_air_cells *to, pp_fp *x) {
    to_row *r = (to_row *)to;
    r->v->job.stack[pp_layout_cell(&r->v->job.layout, r->table, r->column++, 0)] = *x;
}
static void node_of_other(victim *v) {
    const char *in = "poseidon2_node";
    to_row r = {{put_cell}, v, rv64_table(in), 0};
    const pp_air_table *t = &the_world()->machine->tables[r.table];
    pp_fp s[PP_POSEIDON2_WIDTH] = {{0}};
    while (strcmp(t->column_names[r.column].base, "full_0") != 0) r.column++;
    bump(cell(v, in, 0, "operand_0", 0), 1);
    for (int i = 0; i < 2 * PP_DIGEST_LEN; i++) {
        const char *name = i < PP_DIGEST_LEN ? "operand_0" : "operand_1";
        const int k = i % PP_DIGEST_LEN;
        s[i].v = (pp_fp_to_u32(*cell(v, in, 0, name, 2 * k)) +
                  (pp_fp_to_u32(*cell(v, in, 0, name, 2 * k + 1)) << 16)) %
                 PP_FP_MODULUS;
    }
    s[2 * PP_DIGEST_LEN] = pp_fp_from_u32(17);
    pp_air_poseidon2_fill(&r.cells, pp_fp_one(), s, false);
    for (int i = 0; i < PP_DIGEST_LEN; i++) {
        write_limb(v, in, 0, 2 * i, VICTIM_NODE_OUT, s[i].v & 0xffff);
        write_limb(v, in, 0, 2 * i + 1, VICTIM_NODE_OUT, s[i].v >> 16);
        *cell(v, in, 0, "inverse", i) =
            pp_fp_inverse(pp_fp_sub(pp_fp_from_u32(0x7f00), pp_fp_from_u32(s[i].v >> 16)));
    }
    victim_rehash(v);
}

// SHA-256: another end of the rounds, written as it then has to be; four rounds left out; a
// bit; the second half of the other call's rounds; not done.
static void sha256_end(victim *v) {
    int i = 0; // a limb of the state whose second byte may be one more
    while (limb_after(v, "sha256", 1, i) >> 8 == 0xff) i++;
    const uint32_t was = limb_after(v, "sha256", 1, i);
    write_limb(v, "sha256", 1, i, VICTIM_STATE, was + 256);
    bump(cell(v, "sha256", 1, "end", 2 * ((i / 2) ^ 3) + 1 - i % 2), 1);
    // The bytes' look-ups: x are the low bits of a row's number, y the next ones.
    bump(cell(v, "bytes", was, "pair_count", -1), PP_FP_MODULUS - 1);
    bump(cell(v, "bytes", was + 256, "pair_count", -1), 1);
    victim_rehash(v);
}
static void sha256_short(victim *v) {
    const uint32_t t = rv64_table("sha256_rounds");
    for (uint32_t c = 0; c < the_world()->machine->tables[t].columns_len; c++)
        v->job.stack[pp_layout_cell(&v->job.layout, t, c, 31)] = (pp_fp){0};
}
static void sha256_bit(victim *v) {
    bump(cell(v, "sha256_rounds", 20, "w_bit", 5), 2);
}
static void sha256_spliced(victim *v) {
    const uint32_t first = value(v, "sha256_rounds", 0, "id"),
                   second = value(v, "sha256_rounds", 16, "id");
    for (uint32_t row = 8; row < 16; row++) {
        set(v, "sha256_rounds", row, "id", second);
        set(v, "sha256_rounds", 16 + row, "id", first);
    }
}
static void sha256_skip(victim *v) {
    set(v, "sha256", 0, "is_real", 0);
}

#define KECCAK(fn, what, text) {.name = what, .parts = WITH_KECCAK, .rows = fn, .finding = text}
#define WIDE(fn, what, text) {.name = what, .parts = WITH_WIDE, .rows = fn, .finding = text}
#define HASH(fn, what, text) {.name = what, .parts = WITH_HASHES, .rows = fn, .finding = text}

static const lie lies[] = {
    KECCAK(keccak_after, "another state after keccak-f", "bus mem and keccak:"),
    KECCAK(keccak_before, "keccak-f of another state", "bus mem and keccak:"),
    KECCAK(keccak_short, "keccak-f of one round less", "bus mem, keccak and keccak_rc:"),
    KECCAK(keccak_constant, "a round's constant", "A'''00 is iota"),
    KECCAK(keccak_bit, "a bit of a round", "A' is bits"),
    KECCAK(keccak_address, "keccak-f elsewhere", "bus mem and range:"),
    WIDE(mulmod_unreduced, "a result that is not below m", "bus mem, range and pair:"),
    WIDE(mulmod_2_256, "a modulus said to be 0", "m is 0 where it is said to be"),
    WIDE(add_negated, "a difference of points", "bus mem and range:"),
    WIDE(add_slope, "another slope", "bus range and pair:"),
    WIDE(add_same_x, "a sum of points with one x", "x1 and x2 differ"),
    WIDE(double_result, "another double of a point", "bus mem, range and pair:"),
    WIDE(double_quotient, "another quotient", "bus range:"),
    KECCAK(keccak_skip, "keccak-f not done", "bus mem, state, decode, range and keccak:"),
    HASH(poseidon2_unreduced, "an element that is not below p", "bus range:"),
    HASH(poseidon2_result, "another element", "a result's word"),
    HASH(node_behind, "a word behind a digest", "the word behind a digest stays"),
    HASH(node_of_other, "the hash of another node", "bus mem and range:"),
    HASH(sha256_end, "another end of SHA-256's rounds", "bus sha256:"),
    HASH(sha256_short, "four rounds left out", "bus sha256 and sha256_k:"),
    HASH(sha256_bit, "a bit of the schedule", "a word's bit is a bit"),
    HASH(sha256_spliced, "rounds of another call", "bus sha256:"),
    HASH(sha256_skip, "SHA-256 not done", "bus mem, state, decode, range, pair and sha256:"),
};

PP_TEST(lies_about_calls) {
    tell_lies(lies, PP_COUNT(lies));
}
