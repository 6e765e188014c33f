// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rv64/wide.h"

// Carries are in [−2^(bits − 1), 2^(bits − 1)).
static unsigned carry_bits(const wide_identity *w) {
    return w->step == 2 ? 15 : 16;
}

// ---- building -----------------------------------------------------------------------------------

static void put_off(wide_pending *p, pp_bus bus, pp_expr x, pp_expr y) {
    PP_ASSERT(p->len < PP_COUNT(p->item));
    p->item[p->len].bus = bus;
    p->item[p->len].x = x;
    p->item[p->len++].y = y;
}

static void send_next(build *b, wide_pending *p) {
    if (p->next == p->len) return;
    unsigned i = p->next++;
    pp_air_send(b->b, p->item[i].bus, b->real, PP_TUPLE(p->item[i].x, p->item[i].y));
}

void wide_flush(build *b, wide_pending *p) {
    while (p->next < p->len) send_next(b, p);
}

void wide_range(build *b, wide_pending *p, unsigned bits, pp_expr x) {
    put_off(p, b->range, number(b, bits), x);
}

void wide_limbs(pp_expr out[WIDE_LIMBS], const limbs4 words[WIDE_WORDS]) {
    for (unsigned i = 0; i < WIDE_LIMBS; i++) out[i] = words[i / 4].limb[i % 4];
}

wide wide_of_limbs(build *b, const pp_expr limbs[WIDE_LIMBS]) {
    wide x;
    for (unsigned i = 0; i < WIDE_LIMBS; i++) {
        x.digit[2 * i] = limbs[i];
        x.digit[2 * i + 1] = number(b, 0);
    }
    return x;
}

static void bytes_are_bytes(build *b, wide_pending *p, const wide *x) {
    for (unsigned i = 0; i < WIDE_LIMBS; i++)
        put_off(p, b->pair, x->digit[2 * i], x->digit[2 * i + 1]);
}

wide wide_of_bytes(build *b, wide_pending *p, const pp_expr limbs[WIDE_LIMBS], const char *low) {
    pp_expr bytes[WIDE_LIMBS];
    wide x;
    columns(b, bytes, WIDE_LIMBS, low);
    for (unsigned i = 0; i < WIDE_LIMBS; i++) {
        x.digit[2 * i] = bytes[i];
        x.digit[2 * i + 1] = down8(minus(limbs[i], bytes[i]));
    }
    bytes_are_bytes(b, p, &x);
    return x;
}

wide wide_columns(build *b, wide_pending *p, const char *name) {
    wide x;
    columns(b, x.digit, WIDE_DIGITS, name);
    bytes_are_bytes(b, p, &x);
    return x;
}

wide wide_minus(const wide *x, const wide *y) {
    wide d;
    for (unsigned i = 0; i < WIDE_DIGITS; i++) d.digit[i] = minus(x->digit[i], y->digit[i]);
    return d;
}

// Adds the term's digits to the positions.
static void add_term(build *b, pp_expr at[WIDE_POSITIONS], const wide_term *t, const wide of[]) {
    const pp_expr *x = of[t->x].digit;
    if (t->y == WIDE_NONE) {
        for (unsigned i = 0; i < WIDE_DIGITS; i++)
            at[i + t->shift] = plus(at[i + t->shift], scale(x[i], t->factor));
        return;
    }
    const pp_expr *y = of[t->y].digit;
    for (unsigned k = 0; k < 2 * WIDE_DIGITS - 1; k++) {
        pp_expr sum = number(b, 0);
        for (unsigned i = k < WIDE_DIGITS ? 0 : k - WIDE_DIGITS + 1; i < WIDE_DIGITS && i <= k; i++)
            sum = plus(sum, times(x[i], y[k - i]));
        at[k + t->shift] = plus(at[k + t->shift], scale(sum, t->factor));
    }
}

void wide_balance(build *b, wide_pending *p, const wide_identity *w, const wide of[]) {
    pp_expr at[WIDE_POSITIONS], carry = number(b, 0);
    for (unsigned k = 0; k < WIDE_POSITIONS; k++) at[k] = number(b, 0);
    for (const wide_term *t = w->terms; t->factor != 0; t++) add_term(b, at, t, of);
    for (unsigned k = 0; k < w->positions; k += w->step) {
        pp_expr sum = plus(at[k], carry);
        if (w->step == 2) sum = plus(sum, scale(at[k + 1], 1 << 8));
        send_next(b, p);
        if (k + w->step == w->positions) {
            // A look-up too: as a constraint it would have all products evaluated once more.
            range(b, 0, sum);
            return;
        }
        carry = w->step == 2 ? down16(sum) : down8(sum);
        range(b, carry_bits(w), offset(carry, (int64_t)1 << (carry_bits(w) - 1)));
    }
}

// ---- filling ------------------------------------------------------------------------------------

wide_values wide_values_limbs(const uint64_t v[WIDE_WORDS]) {
    wide_values x = {{0}};
    for (unsigned i = 0; i < WIDE_LIMBS; i++) x.digit[2 * i] = (int32_t)limb(v[i / 4], i % 4);
    return x;
}

wide_values wide_values_bytes(const uint64_t v[WIDE_WORDS]) {
    wide_values x;
    for (unsigned i = 0; i < WIDE_DIGITS; i++) x.digit[i] = (int32_t)byte(v[i / 8], i % 8);
    return x;
}

wide_values wide_values_minus(const wide_values *x, const wide_values *y) {
    wide_values d;
    for (unsigned i = 0; i < WIDE_DIGITS; i++) d.digit[i] = x->digit[i] - y->digit[i];
    return d;
}

void fill_wide_of_bytes(fill *f, const uint64_t v[WIDE_WORDS]) {
    for (unsigned i = 0; i < WIDE_WORDS; i++) {
        put_low_bytes(f, v[i], 4);
        look_bytes(f, v[i], 4);
    }
}

void fill_wide_columns(fill *f, const uint64_t v[WIDE_WORDS]) {
    for (unsigned i = 0; i < WIDE_DIGITS; i++) put(f, byte(v[i / 8], i % 8));
    for (unsigned i = 0; i < WIDE_WORDS; i++) look_bytes(f, v[i], 4);
}

void wide_sums(int64_t at[WIDE_POSITIONS], const wide_identity *w, const wide_values of[]) {
    memset(at, 0, WIDE_POSITIONS * sizeof *at);
    for (const wide_term *t = w->terms; t->factor != 0; t++) {
        const int32_t *x = of[t->x].digit;
        const int32_t *y = t->y == WIDE_NONE ? NULL : of[t->y].digit;
        for (unsigned i = 0; i < WIDE_DIGITS; i++) {
            int64_t scaled = (int64_t)t->factor * x[i], *to = at + t->shift + i;
            if (y == NULL)
                *to += scaled;
            else
                for (unsigned j = 0; j < WIDE_DIGITS; j++) to[j] += scaled * y[j];
        }
    }
}

void fill_wide_balance(fill *f, const wide_identity *w, const wide_values of[]) {
    int64_t at[WIDE_POSITIONS], carry = 0;
    wide_sums(at, w, of);
    for (unsigned k = 0; k < w->positions; k += w->step) {
        int64_t sum = at[k] + carry + (w->step == 2 ? at[k + 1] * 256 : 0);
        int64_t base = (int64_t)1 << 8 * w->step;
        PP_ASSERT(sum % base == 0);
        carry = sum / base;
        if (k + w->step < w->positions)
            look_range(f, carry_bits(w), (uint64_t)(carry + ((int64_t)1 << (carry_bits(w) - 1))));
    }
    PP_ASSERT(carry == 0);
    look_range(f, 0, 0);
}
