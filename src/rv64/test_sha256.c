// SPDX-License-Identifier: MIT OR Apache-2.0
// SHA-256's calls as rows: they equal the software's, operands may overlap, and each constraint and
// look-up is needed: for every single one there is a row that breaks it and no other. Such a row is
// made by one change and its consequences.
#include <stdlib.h>

#include "hash/sha256.h"
#include "rv64/test_row.h"

#define HERE (GENERATE_DATA + 512 - 32) // on two pages
enum { STEP = 4 };

static void compress(pp_asm *a, uint64_t block, uint64_t state) {
    pp_asm_li(a, 10, block);
    pp_asm_li(a, 11, state);
    pp_asm_ecall(a, PP_ECALL_SHA256);
}
static void run(rv64_run *r, pp_asm *a) {
    pp_asm_halt(a, 0);
    r->file = support_elf(&r->program, a, GENERATE_DATA, GENERATE_DATA_SIZE);
    rv64_run_begin(r, &r->program, (pp_bytes){NULL, 0});
}

// Apart, the block first or the state; one in the other; the block in code.
PP_TEST(calls_are_sha256) {
    static const int places[][2] = {{0, 64}, {64, 0}, {0, 0},  {0, 32},   {0, 56},
                                    {32, 0}, {8, 16}, {0, 96}, {96, 128}, {0, 24}};
    static uint32_t words[2048];
    pp_asm a = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
    pp_rng rng = {pp_test_seed()};
    uint64_t memory[22];
    uint8_t bytes[sizeof memory], before[PP_SHA256_BLOCK];
    for (size_t i = 0; i < PP_COUNT(memory); i++) {
        memory[i] = i % 5 == 0 ? UINT64_MAX : pp_rng_u64(&rng);
        pp_store_le64(bytes + 8 * i, memory[i]);
    }
    rv64_asm_words(&a, HERE, memory, PP_COUNT(memory));
    for (size_t i = 0; i < PP_COUNT(places); i++) {
        const int *at = places[i];
        compress(&a, HERE + (uint64_t)at[0], HERE + (uint64_t)at[1]);
        memcpy(before, bytes + at[0], sizeof before);
        pp_sha256_compress(bytes + at[1], before);
    }
    compress(&a, SUPPORT_TEXT, HERE);
    for (size_t i = 0; i < PP_SHA256_BLOCK / 4; i++) pp_store_le32(before + 4 * i, words[i]);
    pp_sha256_compress(bytes, before);
    pp_asm_write(&a, PP_FD_OUTPUT, HERE, sizeof bytes);
    rv64_run r;
    run(&r, &a);
    CHECK(rv64_run_check(&r));
    CHECK_EQ(r.result.accelerated[PP_ACCEL_SHA256], PP_COUNT(places) + 1);
    CHECK_EQ(r.result.output_size, sizeof bytes);
    CHECK_MEM(r.result.output, bytes, sizeof bytes);
    rv64_run_end(&r);
}

// ---- changes ------------------------------------------------------------------------------------

static void add(one_row *o, uint32_t column, int64_t by) {
    pp_fp d = pp_fp_from_u32((uint32_t)llabs(by));
    o->columns[column] =
        by < 0 ? pp_fp_sub(o->columns[column], d) : pp_fp_add(o->columns[column], d);
}
static void set(one_row *o, uint32_t column, int64_t v) {
    o->columns[column] = pp_fp_from_u32(0);
    add(o, column, v);
}
static int64_t get(const one_row *o, uint32_t column) {
    return pp_fp_to_u32(o->columns[column]);
}
// (a − b) / c
static pp_fp ratio(int64_t a, int64_t b, uint32_t c) {
    one_row o;
    set(&o, 0, a - b);
    return pp_fp_mul(o.columns[0], pp_fp_inverse(pp_fp_from_u32(c)));
}

enum { NAMED_MAX = 640 };
// The constraints of that name, in order.
static uint32_t numbers(const one_row *o, const char *name, uint32_t out[NAMED_MAX]) {
    uint32_t n = 0;
    for (uint32_t k = 0; k < o->t->constraints_len; k++)
        if (strcmp(o->t->constraint_names[k], name) == 0) {
            PP_ASSERT(n < NAMED_MAX);
            out[n++] = k;
        }
    return n;
}
static uint32_t first_column(const one_row *o, const char *name) {
    uint32_t c = 0;
    while (strcmp(o->t->column_names[c].base, name) != 0) c++;
    return c;
}

// Of constraints and look-ups, whether this constraint alone, or this look-up, is broken.
static bool only_constraint(one_row *o, uint32_t target) {
    row_constraints(o);
    for (uint32_t k = 0; k < o->t->constraints_len; k++)
        if ((o->constraints[k].v != 0) != (k == target)) return false;
    return row_missing(o) == ROW_ALL_FOUND;
}

// ---- four rounds --------------------------------------------------------------------------------

enum {
    A = 11, // the oldest: limbs
    A_BITS = A + 2,
    A_LAST = A_BITS + 6 * 32,
    E = A_LAST + 2,
    E_BITS = E + 2,
    E_LAST = E_BITS + 6 * 32,
    W = E_LAST + 2,
    W1_BITS = W + 2,
    W14_BITS = W1_BITS + 4 * 32 + 9 * 2,
    W_LAST = W14_BITS + 4 * 32,
    CARRIES = W_LAST + 2 * 2, // of the schedule; then of a round's e and a, by limbs
    COLUMNS = CARRIES + 48,
    SUMS = 24,
};

// What a sum gives: bits, or a limb; two carry columns, the second worth `unit` of the first.
typedef struct sum {
    uint32_t constraint, to, carry, unit;
    bool bits;
} sum;

static sum sum_at(const one_row *o, unsigned i) {
    static const char *const names[] = {"the schedule's next word", "e after a round",
                                        "a after a round"};
    uint32_t k[NAMED_MAX];
    sum s = {.carry = CARRIES + 2 * i, .unit = 2};
    unsigned kind = 0, n = i;
    if (i >= 2 * STEP) {
        kind = 1 + i % 2;
        n = (i - 2 * STEP) / 2;
        s.unit = kind == 1 ? 3 : 2;
    }
    PP_ASSERT(numbers(o, names[kind], k) == 2 * STEP);
    s.constraint = k[n];
    const unsigned word = n / 2, l = n % 2;
    s.bits = word < (kind == 0 ? 2 : 3);
    if (kind == 0)
        s.to = s.bits ? W14_BITS + 32 * (2 + word) + 16 * l : W_LAST + 2 * (word - 2) + l;
    else if (s.bits)
        s.to = (kind == 1 ? E_BITS : A_BITS) + 32 * (3 + word) + 16 * l;
    else
        s.to = (kind == 1 ? E_LAST : A_LAST) + l;
    return s;
}

static void put_sum(one_row *o, const sum *s, int64_t v) {
    const int64_t low = v & 0xffff, carry = (v - low) / 65536;
    for (unsigned z = 0; s->bits && z < 16; z++) set(o, s->to + z, low >> z & 1);
    if (!s->bits) set(o, s->to, low);
    set(o, s->carry, carry % s->unit);
    set(o, s->carry + 1, carry / s->unit);
}

// All sums are made right, in their order, but for the i-th from `keep` on: with what it has.
static void settle(one_row *o, unsigned keep) {
    for (unsigned i = 0; i < SUMS; i++) {
        if (i == keep) continue;
        const sum s = sum_at(o, i);
        put_sum(o, &s, 0);
        row_constraints(o);
        const uint32_t v = pp_fp_to_u32(o->constraints[s.constraint]);
        put_sum(o, &s, v > PP_FP_MODULUS / 2 ? (int64_t)v - PP_FP_MODULUS : (int64_t)v);
    }
}

// The i-th bit of a row, by its column; the sum that makes it, or SUMS.
static uint32_t bit_column(unsigned i) {
    const unsigned starts[] = {A_BITS, E_BITS, W1_BITS, W14_BITS}, lens[] = {192, 192, 128, 128};
    unsigned part = 0;
    while (i >= lens[part]) i -= lens[part++];
    return starts[part] + i;
}
static unsigned made_by(const one_row *o, uint32_t column) {
    for (unsigned i = 0; i < SUMS; i++) {
        const sum s = sum_at(o, i);
        if (s.bits && column >= s.to && column < s.to + 16) return i;
    }
    return SUMS;
}

static bool break_bit(one_row *o, unsigned i, uint32_t k, int attempt) {
    static const int far[] = {2, -2, 3, -3, 4, -4, -1, 5};
    const uint32_t c = bit_column(i);
    const unsigned maker = made_by(o, c);
    if (maker == SUMS) {
        add(o, c, far[attempt]);
    } else { // its limb stays: the next bit, or the carry, makes up for two
        const sum s = sum_at(o, maker);
        if (c < s.to + 15) {
            const int64_t next = get(o, c + 1);
            add(o, c, next != 0 ? 2 : -2);
            set(o, c + 1, 1 - next);
        } else {
            int64_t carry = get(o, s.carry) + s.unit * get(o, s.carry + 1);
            const int by = carry > 0 ? -1 : 1;
            carry += by;
            add(o, c, -2 * by);
            set(o, s.carry, carry % s.unit);
            set(o, s.carry + 1, carry / s.unit);
        }
    }
    settle(o, maker);
    return only_constraint(o, k);
}

PP_TEST(every_constraint_of_the_rounds) {
    static uint32_t words[512];
    pp_asm a = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
    compress(&a, SUPPORT_TEXT, HERE);
    rv64_run r;
    run(&r, &a);
    static one_row o, start[16];
    for (uint32_t i = 0; i < PP_COUNT(start); i++) row_load(&start[i], &r, TABLE_sha256_rounds, i);
    o = start[0];
    CHECK_EQ(o.t->columns_len, COLUMNS);
    // What follows leaves true rows as they are.
    settle(&o, SUMS);
    CHECK_MEM(o.columns, start[0].columns, sizeof o.columns);
    static bool needed[CONSTRAINTS_MAX];
    uint32_t k[NAMED_MAX], n, tried = 0, skipped = 1; // is_real: as in every table
    const unsigned every = getenv("PP_SHA256_ALL") != NULL ? 1 : 11;
    n = numbers(&o, "a word's bit is a bit", k);
    CHECK_EQ(n, 640);
    for (unsigned i = 0; i < n; i++) {
        needed[k[i]] = i % every != 0;
        skipped += needed[k[i]];
        tried += !needed[k[i]];
        for (int attempt = 0; attempt < 8 && !needed[k[i]]; attempt++)
            for (unsigned row = 0; row < PP_COUNT(start) && !needed[k[i]]; row++) {
                o = start[row];
                needed[k[i]] = break_bit(&o, i, k[i], attempt);
            }
    }
    for (unsigned i = 0; i < SUMS; i++) {
        o = start[3];
        const sum s = sum_at(&o, i);
        add(&o, s.to, (get(&o, s.to) & 1) != 0 ? -1 : 1);
        settle(&o, i);
        needed[s.constraint] = only_constraint(&o, s.constraint);
        tried++;
        // The carry stays; first its low column is wrong, then its high one.
        const char *const names[2][2] = {
            {"a carry's low bit is one", "a carry's high bit is one"},
            {"a carry's rest is 0, 1 or 2", "a carry's threes are a bit"}};
        for (unsigned high = 0; high < 2; high++) {
            o = start[3];
            numbers(&o, names[s.unit - 2][high], k);
            // By twos: the schedule's, then each second one; by threes: the others.
            const uint32_t target = k[i < 2 * STEP  ? i
                                      : s.unit == 3 ? (i - 2 * STEP) / 2
                                                    : 2 * STEP + (i - 2 * STEP) / 2];
            const int64_t low = get(&o, s.carry), more = get(&o, s.carry + 1);
            if (high == 0) {
                add(&o, s.carry, more != 0 ? (int64_t)s.unit : -(int64_t)s.unit);
                set(&o, s.carry + 1, 1 - more);
            } else {
                set(&o, s.carry, low == 0);
                o.columns[s.carry + 1] = ratio(low + s.unit * more, low == 0, s.unit);
            }
            needed[target] = only_constraint(&o, target);
            tried++;
        }
    }
    for (uint32_t c = 1; c < o.t->constraints_len; c++)
        if (!needed[c])
            pp_test_fail(__FILE__, __LINE__, "nothing false without %u '%s'", c,
                         o.t->constraint_names[c]);
    CHECK_EQ(tried + skipped, o.t->constraints_len);
    printf("  %u of %u constraints\n", tried, o.t->constraints_len);
    rv64_run_end(&r);
}

// ---- the call -----------------------------------------------------------------------------------

// A byte that is none: its limb's other one makes up for it, and the new state what it was added
// to.
static bool break_byte(one_row *o, const rv64_run *r, uint32_t row, unsigned i, int by,
                       int *missing) {
    row_load(o, r, TABLE_sha256, row);
    const uint32_t c = first_column(o, "block_low_bytes") + i;
    add(o, c, by);
    if (i >= 48) { // of the state after
        const unsigned h = (i - 48) / 2, l = 1 - i % 2;
        const uint32_t end = first_column(o, "end") + 2 * (h ^ 3) + l;
        o->columns[end] = pp_fp_add(o->columns[end], ratio(256 * by, 0, 1));
        o->columns[end] = pp_fp_sub(o->columns[end], ratio(by, 0, 256));
    } else if (i >= 32) { // before
        const unsigned h = (i - 32) / 2, l = 1 - i % 2;
        const uint32_t end = first_column(o, "end") + 2 * (h ^ 3) + l;
        o->columns[end] = pp_fp_sub(o->columns[end], ratio(256 * by, 0, 1));
        o->columns[end] = pp_fp_add(o->columns[end], ratio(by, 0, 256));
    }
    *missing = row_missing(o);
    return row_all_hold(o) && *missing >= 0;
}

PP_TEST(every_constraint_and_lookup_of_the_call) {
    static uint32_t words[512];
    pp_asm a = {words, 0, PP_COUNT(words), SUPPORT_TEXT};
    compress(&a, SUPPORT_TEXT, HERE);
    compress(&a, HERE, HERE + 64);
    rv64_run r;
    run(&r, &a);
    static one_row o;
    row_load(&o, &r, TABLE_sha256, 0);
    uint32_t carries[NAMED_MAX];
    CHECK_EQ(numbers(&o, "a carry of the new state", carries), 16);
    CHECK_EQ(o.t->constraints_len, 16 + 2); // is_real, the block's permission: as in every table
    for (unsigned i = 0; i < 16; i++) {
        // The limb of the rounds' end is off by 2^16, the one above makes up for it.
        const uint32_t end = first_column(&o, "end") + 2 * ((i / 2) ^ 3) + i % 2;
        bool needed = false;
        for (int by = -2; by <= 2 && !needed; by++) {
            row_load(&o, &r, TABLE_sha256, 0);
            add(&o, end, 65536 * by);
            if (i % 2 == 0) add(&o, end + 1, -by);
            needed = only_constraint(&o, carries[i]);
        }
        if (!needed) pp_test_fail(__FILE__, __LINE__, "nothing false without carry %u", i);
    }
    // Each byte has a look-up of its own.
    static bool found[1024];
    unsigned n = 0;
    for (unsigned i = 0; i < 64; i++)
        for (int by = -65536; by <= 65536; by += 256) {
            int missing;
            if (!break_byte(&o, &r, i % 2, i, by, &missing) || found[missing]) continue;
            found[missing] = true;
            n++;
            break;
        }
    CHECK_EQ(n, 64);
    // The others are those of all calls: one wrong cell.
    for (uint32_t c = 0; c < o.t->columns_len; c++)
        for (size_t k = 0; k < ROW_STEPS; k++) {
            row_load(&o, &r, TABLE_sha256, k % 2);
            o.columns[c] = pp_fp_add(o.columns[c], row_step(k));
            const int missing = row_all_hold(&o) ? row_missing(&o) : ROW_ALL_FOUND;
            if (missing >= 0) found[missing] = true;
        }
    for (uint32_t i = 0; i < o.t->interactions_len; i++)
        if (row_is_lookup(o.machine, o.t->interactions[i].bus) && !found[i])
            pp_test_fail(__FILE__, __LINE__, "nothing false without interaction %u", i);
    rv64_run_end(&r);
}
