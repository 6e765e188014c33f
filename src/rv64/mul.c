// SPDX-License-Identifier: MIT OR Apache-2.0
// Products and quotients. Operands are cut into bytes; position k of a product is
//   t_k = sum of x_i y_j over i + j = 2k, plus 2^8 times that over i + j = 2k + 1, plus the carry
// and below 2^28, so that t_k = limb + 2^16 · carry holds in the integers when both are in range.
#include "rv64/tables.h"

// Carries of plain products are in [0, 2^12); with terms subtracted, in [−8, 2^13 − 8).
enum { PLAIN_BITS = 12, SIGNED_BITS = 13, SIGNED_OFFSET = 8 };

static unsigned limbs_of(const table *t) {
    return (t->flags & WORD) != 0 ? 2 : 4;
}

// The bytes of len limbs, the low ones in new columns.
static void cut(build *b, pp_expr bytes[8], const pp_expr *limbs, unsigned len, const char *name) {
    pp_expr low[4];
    columns(b, low, len, name);
    for (unsigned i = 0; i < len; i++) {
        bytes[2 * i] = low[i];
        bytes[2 * i + 1] = down8(minus(limbs[i], low[i]));
        pair(b, bytes[2 * i], bytes[2 * i + 1]);
    }
}

static pp_expr convolve(build *b, const pp_expr *x, const pp_expr *y, unsigned bytes, unsigned k) {
    pp_expr sum = number(b, 0);
    for (unsigned p = 2 * k; p < 2 * k + 2; p++) {
        pp_expr at = number(b, 0);
        for (unsigned i = 0; i < bytes && i <= p; i++)
            if (p - i < bytes) at = plus(at, times(x[i], y[p - i]));
        sum = plus(sum, scale(at, p % 2 != 0 ? 256 : 1));
    }
    return sum;
}
static int64_t convolve_values(uint64_t x, uint64_t y, unsigned bytes, unsigned k) {
    int64_t sum = 0;
    for (unsigned p = 2 * k; p < 2 * k + 2; p++)
        for (unsigned i = 0; i < bytes && i <= p; i++)
            if (p - i < bytes) sum += (int64_t)byte(x, i) * byte(y, p - i) << (p % 2 != 0 ? 8 : 0);
    return sum;
}

// mul, mulw; HIGH: mulhu, mulh (SIGNED, SIGNED_RS2), mulhsu (SIGNED). A signed operand is its
// unsigned value minus 2^64 if negative, so the other one is subtracted from the high half.
void build_mul(build *b, const table *t) {
    operands o = begin_operands(b, t);
    bool high = (t->flags & HIGH) != 0;
    unsigned len = limbs_of(t), positions = high ? 2 * len : len;
    pp_expr x[8], y[8], sx = number(b, 0), sy = sx, carry = sx;
    limbs4 out[2];
    cut(b, x, o.a.limb, len, "rs1_low_bytes");
    cut(b, y, o.c.limb, len, "rs2_low_bytes");
    if (high) columns(b, out[0].limb, 4, "low_half");
    columns(b, out[high].limb, len, "result");
    if ((t->flags & SIGNED) != 0) sx = sign_of(b, "rs1_sign", o.a.limb[3]);
    if ((t->flags & SIGNED_RS2) != 0) sy = sign_of(b, "rs2_sign", o.c.limb[3]);
    for (unsigned k = 0; k < positions; k++) {
        pp_expr limb_k = out[k / 4].limb[k % 4], sum = plus(convolve(b, x, y, 2 * len, k), carry);
        if (k >= 4) sum = minus(sum, plus(times(sx, o.c.limb[k - 4]), times(sy, o.a.limb[k - 4])));
        carry = down16(minus(sum, limb_k));
        if (len == 4 || k == 0) range(b, 16, limb_k);
        if (high)
            range(b, SIGNED_BITS, offset(carry, SIGNED_OFFSET));
        else
            range(b, PLAIN_BITS, carry);
    }
    limbs4 r = out[high];
    if (len == 2) r = word_signed(r.limb[0], r.limb[1], sign_of(b, "result_sign", r.limb[1]));
    end_operands(b, t, &o, r);
}

void fill_mul(fill *f, const pp_step *s, const table *t) {
    bool high = (t->flags & HIGH) != 0;
    unsigned len = limbs_of(t), positions = high ? 2 * len : len;
    uint64_t x = s->cell[0].v, y = s->cell[1].v;
    int64_t sx = 0, sy = 0, carry = 0;
    fill_operands(f, s, t);
    put_low_bytes(f, x, len);
    put_low_bytes(f, y, len);
    look_bytes(f, x, len);
    look_bytes(f, y, len);
    if (high) put_limbs(f, x * y, 4);
    put_limbs(f, s->result, len);
    if ((t->flags & SIGNED) != 0) sx = put_sign(f, limb(x, 3));
    if ((t->flags & SIGNED_RS2) != 0) sy = put_sign(f, limb(y, 3));
    for (unsigned k = 0; k < positions; k++) {
        int64_t sum = convolve_values(x, y, 2 * len, k) + carry;
        if (k >= 4) sum -= sx * limb(y, k - 4) + sy * limb(x, k - 4);
        if (len == 4 || k == 0) look_range(f, 16, (uint64_t)(sum & 0xffff));
        carry = (sum - (sum & 0xffff)) / 65536;
        look_range(f, high ? SIGNED_BITS : PLAIN_BITS,
                   (uint64_t)(carry + (high ? SIGNED_OFFSET : 0)));
    }
    if (len == 2) put_sign(f, limb(s->result, 1));
}

// ---- division -----------------------------------------------------------------------------------

// div and rem in one table, by width and sign. With N bits and the signs as bits, A = a − 2^N sa
// and so on; Q B + R = A modulo 2^2N, which is more than both sides can differ by. |R| < |B|, and R
// is zero or has the sign of A: so Q and R are the quotient and remainder, Q's own sign bit being
// whatever makes it so (−2^(N−1) / −1 included). For B = 0: q is all ones, R = A follows.
typedef struct division {
    unsigned len;
    bool is_signed;
    pp_expr a[4], c[4], q[4], r[4], x[8], y[8]; // x, y: bytes of q and of the divisor
    pp_expr sa, sc, sq, sr, by_zero;
} division;

static void build_identity(build *b, const division *d) {
    pp_expr carry = number(b, 0);
    for (unsigned k = 0; k < 2 * d->len; k++) {
        pp_expr sum = plus(convolve(b, d->x, d->y, 2 * d->len, k), carry);
        if (k < d->len) {
            sum = minus(plus(sum, d->r[k]), d->a[k]);
        } else {
            unsigned i = k - d->len;
            sum = minus(sum, plus(times(d->sq, d->c[i]), times(d->sc, d->q[i])));
            sum = plus(sum, scale(minus(d->sr, d->sa), 0xffff));
        }
        carry = down16(sum);
        range(b, SIGNED_BITS, offset(carry, SIGNED_OFFSET));
    }
}

// |B| − |R| − 1 = distance, whose limbs are in range and which ends without a borrow.
static void build_distance(build *b, const division *d) {
    pp_expr distance[4], carry = number(b, 0);
    columns(b, distance, d->len, "distance");
    for (unsigned k = 0; k < d->len; k++) {
        pp_expr c = d->c[k], r = d->r[k];
        if (d->is_signed) {
            c = minus(c, scale(times(d->sc, c), 2));
            r = minus(r, scale(times(d->sr, r), 2));
        }
        pp_expr sum = plus(minus(c, r), carry);
        if (k == 0) sum = minus(sum, b->real);
        carry = down16(minus(sum, distance[k]));
        range(b, 16, distance[k]);
        range(b, 2, offset(carry, 2));
    }
    // |B| has 2^N sc beside its limbs, |R| 2^N sr.
    pp_air_when(b->b, "the remainder is smaller than the divisor", minus(b->real, d->by_zero),
                plus(carry, minus(d->sc, d->sr)));
}

void build_div(build *b, const table *t) {
    operands o = begin_operands(b, t);
    division d = {.len = limbs_of(t), .is_signed = (t->flags & SIGNED) != 0};
    for (unsigned i = 0; i < d.len; i++) {
        d.a[i] = o.a.limb[i];
        d.c[i] = o.c.limb[i];
    }
    pp_expr zero = number(b, 0), rem = column(b, "is_rem");
    is_bit(b, "is_rem is a bit", rem);
    columns(b, d.q, d.len, "quotient");
    columns(b, d.r, d.len, "remainder");
    cut(b, d.x, d.q, d.len, "quotient_low_bytes");
    cut(b, d.y, d.c, d.len, "rs2_low_bytes");
    d.by_zero = column(b, "by_zero");
    is_bit(b, "by_zero is a bit", d.by_zero);
    d.sa = d.sc = d.sq = d.sr = zero;
    if (d.is_signed) {
        d.sq = column(b, "quotient_sign");
        d.sr = column(b, "remainder_sign");
        is_bit(b, "the quotient's sign is a bit", d.sq);
        is_bit(b, "the remainder's sign is a bit", d.sr);
        d.sa = sign_of(b, "rs1_sign", d.a[d.len - 1]);
        d.sc = sign_of(b, "rs2_sign", d.c[d.len - 1]);
    }
    for (unsigned i = 0; i < d.len; i++) {
        range(b, 16, d.r[i]);
        pp_air_when(b->b, "by_zero is by zero", d.by_zero, d.c[i]);
        pp_air_when(b->b, "a quotient by zero is all ones", d.by_zero, offset(d.q[i], -0xffff));
        if (d.is_signed)
            pp_air_when(b->b, "a remainder has the dividend's sign", minus(d.sr, d.sa), d.r[i]);
    }
    build_identity(b, &d);
    build_distance(b, &d);
    limbs4 out = {{zero, zero, zero, zero}};
    for (unsigned i = 0; i < d.len; i++) out.limb[i] = pp_air_select(rem, d.r[i], d.q[i]);
    if (d.len == 2)
        out = word_signed(out.limb[0], out.limb[1], sign_of(b, "result_sign", out.limb[1]));
    go_on(b, offset(b->pc, 4), PP_TICKS_STEP);
    const pp_expr none[4] = {zero, zero, zero, zero};
    decoded(b, plus(scale(b->real, t->kinds[0]), scale(rem, t->kinds[1] - t->kinds[0])), o.rd,
            o.rs1, o.rs2, none);
    access_register(b, &o.x1, o.rs1, 0, o.a);
    access_register(b, &o.x2, o.rs2, 1, o.c);
    access_register(b, &o.xd, o.rd, 3, out);
    end_table(b);
}

typedef struct division_values {
    uint64_t a, c, q, r; // of N bits
    int64_t sa, sc, sq, sr;
    bool by_zero;
} division_values;

static division_values divide(const pp_step *s, const table *t) {
    unsigned bits = 16 * limbs_of(t);
    uint64_t mask = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    division_values d = {.a = s->cell[0].v & mask, .c = s->cell[1].v & mask};
    d.by_zero = d.c == 0;
    if ((t->flags & SIGNED) == 0) {
        d.q = d.by_zero ? mask : d.a / d.c;
        d.r = d.by_zero ? d.a : d.a % d.c;
        return d;
    }
    d.sa = (int64_t)(d.a >> (bits - 1));
    d.sc = (int64_t)(d.c >> (bits - 1));
    uint64_t a = d.sa ? (0 - d.a) & mask : d.a, c = d.sc ? (0 - d.c) & mask : d.c;
    uint64_t q = d.by_zero ? 1 : a / c, r = d.by_zero ? a : a % c;
    bool negative = d.by_zero || (d.sa != d.sc && q != 0);
    d.q = (negative ? 0 - q : q) & mask;
    d.sq = negative;
    d.r = (d.sa ? 0 - r : r) & mask;
    d.sr = d.sa && r != 0;
    return d;
}

void fill_div(fill *f, const pp_step *s, const table *t) {
    unsigned len = limbs_of(t);
    bool is_signed = (t->flags & SIGNED) != 0, rem = s->op == t->kinds[1];
    division_values d = divide(s, t);
    fill_operands(f, s, t);
    put(f, rem);
    put_limbs(f, d.q, len);
    put_limbs(f, d.r, len);
    put_low_bytes(f, d.q, len);
    put_low_bytes(f, d.c, len);
    look_bytes(f, d.q, len);
    look_bytes(f, d.c, len);
    put(f, d.by_zero);
    if (is_signed) {
        put(f, (uint32_t)d.sq);
        put(f, (uint32_t)d.sr);
        put_sign(f, limb(d.a, len - 1));
        put_sign(f, limb(d.c, len - 1));
    }
    look_limbs(f, d.r, len);
    int64_t carry = 0;
    for (unsigned k = 0; k < 2 * len; k++) {
        int64_t sum = convolve_values(d.q, d.c, 2 * len, k) + carry;
        if (k < len)
            sum += (int64_t)limb(d.r, k) - limb(d.a, k);
        else
            sum += (d.sr - d.sa) * 0xffff - d.sq * limb(d.c, k - len) - d.sc * limb(d.q, k - len);
        carry = sum / 65536;
        look_range(f, SIGNED_BITS, (uint64_t)(carry + SIGNED_OFFSET));
    }
    carry = 0;
    for (unsigned k = 0; k < len; k++) {
        int64_t c = (1 - 2 * d.sc) * limb(d.c, k), r = (1 - 2 * d.sr) * limb(d.r, k);
        int64_t sum = c - r + carry - (k == 0);
        put(f, (uint32_t)(sum & 0xffff));
        look_range(f, 16, (uint64_t)(sum & 0xffff));
        carry = (sum - (sum & 0xffff)) / 65536;
        look_range(f, 2, (uint64_t)(carry + 2));
    }
    if (len == 2) put_sign(f, limb(rem ? d.r : d.q, 1));
}
