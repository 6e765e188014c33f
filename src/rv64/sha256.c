// SPDX-License-Identifier: MIT OR Apache-2.0
// SHA-256's compression (FIPS 180-4, 6.2): a row a call, sixteen rows of four rounds each, and the
// list of the rounds' constants. The call puts (time, 0, state, block) on the bus `sha256`; row r
// takes (time, r, …) and puts back r + 1 after its rounds; the call takes (time, 16, …), and adds.
// Its time is the name, since no other call has it.
//
// What is passed on: the a of the last four rounds, oldest first (so d, c, b, a), the e likewise
// (h, g, f, e), and sixteen words of the message's schedule. Words are two 16-bit limbs. A row has
// as bits what its rounds rotate or mix; the two that are made last and only passed on are limbs
// there, and bits in the next row. So is the oldest of each, which was bits in the row before.
// Hence every word is in range where it counts but for the ends of the last row: these are small
// numbers still, since carries are bounded, and right mod 2^32 as a whole, which is all that the
// call's sum needs.
#include "hash/sha256.h"
#include "rv64/tables.h"

enum {
    STEP = 4,
    ROWS = PP_SHA256_ROUNDS / STEP,
    WINDOW = 16,
    STATE = 8,
    LIMBS = 2 * STATE + 2 * WINDOW
};

typedef struct word {
    pp_expr bit[32], limb[2]; // bits are columns, or not there
} word;

// ---- the call -----------------------------------------------------------------------------------

// (id, round, state, window): what stands on the bus. States are a's and e's, as passed on.
static void link_rows(build *b, bool send, pp_expr id, pp_expr round, const word *a, const word *e,
                      const word *w) {
    pp_expr tuple[2 + LIMBS] = {id, round}, *to = tuple + 2;
    for (unsigned i = 0; i < STEP + STEP + WINDOW; i++) {
        const word *from = i < STEP ? &a[i] : i < 2 * STEP ? &e[i - STEP] : &w[i - 2 * STEP];
        *to++ = from->limb[0];
        *to++ = from->limb[1];
    }
    (send ? pp_air_send : pp_air_receive)(b->b, b->sha256, b->real, tuple, PP_COUNT(tuple));
}

// Memory has a word's highest byte first: of each of its limbs in memory the low byte is a column.
static void words_of(build *b, const char *low, const limbs4 *cells, word *out, unsigned len) {
    pp_expr column[2 * WINDOW];
    columns(b, column, 2 * len, low);
    for (unsigned i = 0; i < 2 * len; i++) {
        pp_expr first = column[i], second = down8(minus(cells[i / 4].limb[i % 4], first));
        pair(b, first, second);
        out[i / 2].limb[1 - i % 2] = plus(scale(first, 1 << 8), second);
    }
}

// H0 … H7 in the order in which they are passed on: of a's and e's each, the oldest first.
static unsigned place(unsigned h) {
    return h ^ 3;
}

void build_sha256(build *b, const table *t) {
    accel_row row;
    word block[WINDOW], before[STATE], after[STATE], state[STATE], end[STATE], left[WINDOW];
    pp_expr limbs[2 * WINDOW];
    begin_accel(b, t, &row);
    words_of(b, "block_low_bytes", row.in, block, WINDOW);
    words_of(b, "before_low_bytes", row.in + WINDOW / 2, before, STATE);
    words_of(b, "after_low_bytes", row.out, after, STATE);
    columns(b, limbs, 2 * STATE, "end");
    for (unsigned h = 0; h < STATE; h++) {
        state[place(h)] = before[h];
        memcpy(end[h].limb, limbs + 2 * (size_t)h, sizeof end[h].limb);
    }
    columns(b, limbs, 2 * WINDOW, "left"); // of the schedule: nobody needs them
    for (unsigned i = 0; i < WINDOW; i++)
        memcpy(left[i].limb, limbs + 2 * (size_t)i, sizeof left[i].limb);
    link_rows(b, true, b->time, number(b, 0), state, state + STEP, block);
    link_rows(b, false, b->time, number(b, ROWS), end, end + STEP, left);
    for (unsigned h = 0; h < STATE; h++) {
        pp_expr carry = number(b, 0);
        for (unsigned l = 0; l < 2; l++) {
            pp_expr sum = plus(plus(before[h].limb[l], end[place(h)].limb[l]), carry);
            carry = down16(minus(sum, after[h].limb[l]));
            is_bit(b, "a carry of the new state", carry);
        }
    }
    end_table(b);
}

// ---- four rounds --------------------------------------------------------------------------------

typedef struct rounds_row {
    pp_expr id, round, k[2 * STEP];
    word a[STATE], e[STATE], w[WINDOW + STEP];
} rounds_row;

// Words first … last − 1 as bits, the others as limbs.
static void declare(build *b, word *out, unsigned len, unsigned first, unsigned last,
                    const char *bits, const char *limbs) {
    for (unsigned i = 0; i < len; i++) {
        if (i < first || i >= last) {
            if (limbs != NULL) columns(b, out[i].limb, 2, limbs);
            continue;
        }
        columns(b, out[i].bit, 32, bits);
        for (unsigned z = 0; z < 32; z++) is_bit(b, "a word's bit is a bit", out[i].bit[z]);
        out[i].limb[0] = limb_of(out[i].bit);
        out[i].limb[1] = limb_of(out[i].bit + 16);
    }
}

static pp_expr bit_at(const word *w, unsigned z) {
    return w->bit[z % 32];
}
// Bit z of three rotations to the right; of two and a shift.
static pp_expr rotated(const word *w, unsigned z, unsigned r, unsigned s, unsigned t) {
    return xor2(xor2(bit_at(w, z + r), bit_at(w, z + s)), bit_at(w, z + t));
}
static pp_expr shifted(const word *w, unsigned z, unsigned r, unsigned s, unsigned t) {
    return z + t < 32 ? rotated(w, z, r, s, t) : xor2(bit_at(w, z + r), bit_at(w, z + s));
}
static pp_expr choice(const word *x, unsigned z) { // of x[1], x[0] by x[2]
    return plus(x[0].bit[z], times(x[2].bit[z], minus(x[1].bit[z], x[0].bit[z])));
}
static pp_expr majority(const word *x, unsigned z) {
    pp_expr both = times(x[0].bit[z], x[1].bit[z]);
    return plus(both, times(x[2].bit[z], minus(plus(x[0].bit[z], x[1].bit[z]), scale(both, 2))));
}

typedef pp_expr of_bits(const word *x, unsigned z);
static pp_expr limb_by(of_bits *f, const word *x, unsigned l) {
    pp_expr bits[16];
    for (unsigned z = 0; z < 16; z++) bits[z] = f(x, 16 * l + z);
    return limb_of(bits);
}
// x points to the word of two rounds ago; rotations take that of the last one.
static pp_expr mix_a(const word *x, unsigned z) {
    return plus(rotated(&x[2], z, 2, 13, 22), majority(x, z));
}
static pp_expr mix_e(const word *x, unsigned z) {
    return plus(rotated(&x[2], z, 6, 11, 25), choice(x, z));
}
// x points to the word sixteen before.
static pp_expr mix_w(const word *x, unsigned z) {
    return plus(shifted(&x[1], z, 7, 18, 3), shifted(&x[14], z, 17, 19, 10));
}

// 2^16 carry + limb of `sum`, carry between 0 and 5: three times a bit, and 0 to 2.
static pp_expr carry_to_5(build *b) {
    pp_expr low = column(b, "carry_below_3"), high = column(b, "carry_threes");
    is_zero(b, "a carry's rest is 0, 1 or 2", times(low, times(offset(low, -1), offset(low, -2))));
    is_bit(b, "a carry's threes are a bit", high);
    return plus(low, scale(high, 3));
}
// Between 0 and 3.
static pp_expr carry_to_3(build *b) {
    pp_expr bit[2];
    columns(b, bit, 2, "carry_bit");
    is_bit(b, "a carry's low bit is one", bit[0]);
    is_bit(b, "a carry's high bit is one", bit[1]);
    return plus(bit[0], scale(bit[1], 2));
}

static void schedule(build *b, rounds_row *r) {
    for (unsigned i = 0; i < STEP; i++) {
        const word *x = &r->w[i];
        pp_expr carry = number(b, 0);
        for (unsigned l = 0; l < 2; l++) {
            pp_expr sum = plus(plus(x[0].limb[l], x[9].limb[l]), plus(limb_by(mix_w, x, l), carry));
            carry = carry_to_3(b);
            equal(b, "the schedule's next word", sum,
                  plus(x[WINDOW].limb[l], scale(carry, 1 << 16)));
        }
    }
}

// e is d + h + Σ1(e) + Ch(e, f, g) + K + W; and a is that − d + Σ0(a) + Maj(a, b, c), whose carry
// is between −1 and 2.
static void one_round(build *b, const rounds_row *r, unsigned i) {
    const word *a = &r->a[i], *e = &r->e[i];
    pp_expr carry_e = number(b, 0), carry_a = carry_e;
    for (unsigned l = 0; l < 2; l++) {
        pp_expr sum = plus(plus(a[0].limb[l], e[0].limb[l]), limb_by(mix_e, e + 1, l));
        sum = plus(plus(sum, plus(r->k[2 * i + l], r->w[i].limb[l])), carry_e);
        carry_e = carry_to_5(b);
        equal(b, "e after a round", sum, plus(e[STEP].limb[l], scale(carry_e, 1 << 16)));
        sum = minus(plus(e[STEP].limb[l], limb_by(mix_a, a + 1, l)), a[0].limb[l]);
        sum = plus(sum, carry_a);
        carry_a = minus(carry_to_3(b), b->real);
        equal(b, "a after a round", sum, plus(a[STEP].limb[l], scale(carry_a, 1 << 16)));
    }
}

void build_sha256_rounds(build *b, const table *t) {
    rounds_row r;
    begin_rows(b, t->name);
    r.id = column(b, "id");
    r.round = column(b, "round");
    columns(b, r.k, 2 * STEP, "k");
    declare(b, r.a, STATE, 1, STATE - 1, "a_bit", "a_limb");
    declare(b, r.e, STATE, 1, STATE - 1, "e_bit", "e_limb");
    declare(b, r.w, 1, 0, 0, "", "w_limb");
    declare(b, r.w + 1, STEP, 0, STEP, "w_bit", NULL);
    declare(b, r.w + 1 + STEP, 9, 0, 0, "", "w_limb");
    declare(b, r.w + 14, STEP, 0, STEP, "w_bit", NULL);
    declare(b, r.w + 14 + STEP, 2, 0, 0, "", "w_limb");
    schedule(b, &r);
    for (unsigned i = 0; i < STEP; i++) one_round(b, &r, i);
    link_rows(b, false, r.id, r.round, r.a, r.e, r.w);
    link_rows(b, true, r.id, offset(r.round, 1), r.a + STEP, r.e + STEP, r.w + STEP);
    pp_expr constants[1 + 2 * STEP] = {r.round};
    memcpy(constants + 1, r.k, sizeof r.k);
    pp_air_send(b->b, b->sha256_k, b->real, constants, 1 + 2 * STEP);
    end_table(b);
}

// Each row of every call is looked up once, so a column counts the calls on 16 rows; on the others,
// which have no rounds, a count counts nothing.
void build_sha256_k(build *b, const table *t) {
    static const char *const names[2 * STEP] = {"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"};
    uint32_t values[2 + 2 * STEP][ROWS];
    for (uint32_t i = 0; i < ROWS; i++) {
        values[0][i] = i;
        values[1][i] = 1;
        for (uint32_t j = 0; j < 2 * STEP; j++)
            values[2 + j][i] = limb(pp_sha256_constants[STEP * i + j / 2], j % 2);
    }
    pp_air_table_begin(b->b, t->name);
    pp_air_fixed_height(b->b, PP_AIR_LOG_FIXED_ROWS_MIN);
    pp_expr count = column(b, "count"), tuple[1 + 2 * STEP];
    tuple[0] = pp_air_fixed_list(b->b, "round", values[0], ROWS);
    pp_expr listed = pp_air_fixed_list(b->b, "is_round", values[1], ROWS);
    for (uint32_t j = 0; j < 2 * STEP; j++)
        tuple[1 + j] = pp_air_fixed_list(b->b, names[j], values[2 + j], ROWS);
    pp_air_receive(b->b, b->sha256_k, times(count, listed), tuple, 1 + 2 * STEP);
    end_table(b);
}

// ---- filling ------------------------------------------------------------------------------------

// All words that a call's rows have: a and e after i − 4 rounds, the schedule and sixteen more.
typedef struct history {
    uint32_t a[STEP + PP_SHA256_ROUNDS], e[STEP + PP_SHA256_ROUNDS], w[PP_SHA256_ROUNDS + WINDOW];
} history;

static uint32_t turned(uint32_t x, unsigned n) {
    return x >> n | x << (32 - n);
}
static uint32_t turned_3(uint32_t x, unsigned r, unsigned s, unsigned t) {
    return turned(x, r) ^ turned(x, s) ^ turned(x, t);
}
// What mix_w, mix_e and mix_a are made of.
typedef struct parts {
    uint32_t w[2], e[2], a[2];
} parts;
static parts parts_of(const uint32_t *a, const uint32_t *e, const uint32_t *w) {
    return (parts){{turned(w[1], 7) ^ turned(w[1], 18) ^ w[1] >> 3,
                    turned(w[14], 17) ^ turned(w[14], 19) ^ w[14] >> 10},
                   {turned_3(e[3], 6, 11, 25), (e[3] & e[2]) ^ (~e[3] & e[1])},
                   {turned_3(a[3], 2, 13, 22), (a[3] & a[2]) ^ (a[3] & a[1]) ^ (a[2] & a[1])}};
}

// The i-th 32-bit word of memory, its highest byte first.
static uint32_t word_at(const uint64_t *words, unsigned i) {
    uint8_t bytes[4];
    pp_store_le32(bytes, (uint32_t)(words[i / 2] >> 32 * (i % 2)));
    return pp_load_be32(bytes);
}

static void compute(history *h, const uint64_t *words) {
    uint32_t *a = h->a, *e = h->e, *w = h->w;
    for (unsigned i = 0; i < WINDOW; i++) w[i] = word_at(words, i);
    for (unsigned i = 0; i < STATE; i++)
        (i < STEP ? a : e)[place(i) % STEP] = word_at(words + WINDOW / 2, i);
    for (unsigned t = 0; t < PP_SHA256_ROUNDS; t++, a++, e++, w++) {
        const parts p = parts_of(a, e, w);
        w[16] = w[0] + w[9] + p.w[0] + p.w[1];
        e[4] = a[0] + e[0] + p.e[0] + p.e[1] + pp_sha256_constants[t] + w[0];
        a[4] = e[4] - a[0] + p.a[0] + p.a[1];
    }
}

static void put_words(fill *f, const uint32_t *w, unsigned len, bool bits) {
    for (unsigned i = 0; i < len; i++)
        if (bits)
            put_bits(f, w[i], 32);
        else
            put_limbs(f, w[i], 2);
}

static void put_bytes(fill *f, const uint64_t *words, unsigned len) {
    for (unsigned i = 0; i < len; i++) {
        put_low_bytes(f, words[i], 4);
        look_bytes(f, words[i], 4);
    }
}

void fill_sha256(fill *f, const pp_step *s, const table *t) {
    uint64_t before[PP_ACCEL_CELLS_MAX], after[PP_ACCEL_CELLS_MAX];
    history h;
    fill_accel(f, s, t, before, after);
    compute(&h, before);
    put_bytes(f, before, WINDOW / 2 + STATE / 2);
    put_bytes(f, after + WINDOW / 2, STATE / 2);
    put_words(f, h.a + PP_SHA256_ROUNDS, STEP, false);
    put_words(f, h.e + PP_SHA256_ROUNDS, STEP, false);
    put_words(f, h.w + PP_SHA256_ROUNDS, WINDOW, false);
}

static void fill_rounds(fill *f, uint32_t id, uint32_t row, const history *h) {
    const uint32_t *a = h->a + STEP * row, *e = h->e + STEP * row, *w = h->w + STEP * row;
    put(f, 1);
    put(f, id);
    put(f, row);
    put_words(f, pp_sha256_constants + STEP * row, STEP, false);
    put_words(f, a, 1, false);
    put_words(f, a + 1, STATE - 2, true);
    put_words(f, a + STATE - 1, 1, false);
    put_words(f, e, 1, false);
    put_words(f, e + 1, STATE - 2, true);
    put_words(f, e + STATE - 1, 1, false);
    put_words(f, w, 1, false);
    put_words(f, w + 1, STEP, true);
    put_words(f, w + 1 + STEP, 9, false);
    put_words(f, w + 14, STEP, true);
    put_words(f, w + 14 + STEP, 2, false);
    for (unsigned i = 0; i < STEP; i++) {
        const parts p = parts_of(a + i, e + i, w + i);
        uint32_t carry = 0;
        for (unsigned l = 0; l < 2; l++) {
            carry += limb(w[i], l) + limb(w[i + 9], l) + limb(p.w[0], l) + limb(p.w[1], l);
            put_bits(f, carry >>= 16, 2);
        }
    }
    for (unsigned i = 0; i < STEP; i++, a++, e++) {
        const parts p = parts_of(a, e, w + i);
        const uint32_t k = pp_sha256_constants[STEP * row + i];
        uint32_t carry_e = 0, carry_a = 1; // the latter and 1
        for (unsigned l = 0; l < 2; l++) {
            carry_e += limb(a[0], l) + limb(e[0], l) + limb(p.e[0], l) + limb(p.e[1], l);
            carry_e = (carry_e + limb(k, l) + limb(w[i], l)) >> 16;
            put(f, carry_e % 3);
            put(f, carry_e / 3);
            carry_a += limb(e[4], l) + limb(p.a[0], l) + limb(p.a[1], l) - limb(a[0], l);
            carry_a = (carry_a + (1 << 16) - 1) >> 16;
            put_bits(f, carry_a, 2);
        }
    }
}

void fill_sha256_rounds(fill *f, const pp_step *s, const table *t) {
    uint64_t words[PP_ACCEL_CELLS_MAX];
    history h;
    accel_words(f, s, t, words);
    compute(&h, words);
    for (uint32_t row = 0; row < ROWS; row++) {
        if (row != 0) next_row(f);
        fill_rounds(f, s->time, row, &h);
    }
}

void fill_sha256_k(fill *f, const pp_step *s, const table *t) {
    (void)s;
    (void)t;
    for (uint32_t row = 0; row < ROWS; row++) {
        if (row != 0) next_row(f);
        put(f, f->calls);
    }
}
