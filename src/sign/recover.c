// SPDX-License-Identifier: MIT OR Apache-2.0
// Public-key recovery on secp256k1 in plain C: SEC 1, section 4.1.6. Nothing here is secret, so
// nothing needs constant time. Numbers are four 64-bit limbs, least significant first, and always
// fully reduced.
#include "hash/keccak.h"
#include "sign/sign.h"

typedef struct {
    uint64_t v[4];
} num;

// A modulus m = 2^256 - c, with c in three limbs.
typedef struct {
    num m;
    uint64_t c[3];
} modulus;

static const modulus P = {
    {{0xfffffffefffffc2f, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff}},
    {0x1000003d1, 0, 0}};
static const modulus N = {
    {{0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff}},
    {0x402da1732fc9bebf, 0x4551231950b75fc4, 1}};
static const num half_n = {
    {0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff, 0x7fffffffffffffff}};
static const num generator_x = {
    {0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac}};
static const num generator_y = {
    {0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465}};

// ---- numbers ----------------------------------------------------------------------------------

static num load(const uint8_t in[32]) {
    num r;
    for (int i = 0; i < 4; i++) r.v[i] = pp_load_be64(in + 24 - 8 * i);
    return r;
}

static void store(uint8_t out[32], const num *a) {
    for (int i = 0; i < 4; i++) pp_store_be64(out + 24 - 8 * i, a->v[i]);
}

static bool is_zero(const num *a) {
    return (a->v[0] | a->v[1] | a->v[2] | a->v[3]) == 0;
}

static bool equal(const num *a, const num *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

static bool less(const num *a, const num *b) {
    for (int i = 3; i >= 0; i--)
        if (a->v[i] != b->v[i]) return a->v[i] < b->v[i];
    return false;
}

static uint64_t add_raw(num *out, const num *a, const num *b) {
    pp_u128 t = 0;
    for (int i = 0; i < 4; i++) {
        t += (pp_u128)a->v[i] + b->v[i];
        out->v[i] = (uint64_t)t;
        t >>= 64;
    }
    return (uint64_t)t;
}

static uint64_t sub_raw(num *out, const num *a, const num *b) {
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        pp_u128 t = (pp_u128)a->v[i] - b->v[i] - borrow;
        out->v[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
    return borrow;
}

// All below work on reduced numbers and give reduced numbers.
static num add_mod(const num *a, const num *b, const modulus *m) {
    num r;
    uint64_t carry = add_raw(&r, a, b);
    if (carry || !less(&r, &m->m)) sub_raw(&r, &r, &m->m);
    return r;
}

static num sub_mod(const num *a, const num *b, const modulus *m) {
    num r;
    if (sub_raw(&r, a, b)) add_raw(&r, &r, &m->m);
    return r;
}

static num negate_mod(const num *a, const modulus *m) {
    num r = {{0, 0, 0, 0}};
    if (!is_zero(a)) sub_raw(&r, &m->m, a);
    return r;
}

static void multiply(uint64_t out[8], const num *a, const num *b) {
    for (int i = 0; i < 8; i++) out[i] = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 4; j++) {
            pp_u128 t = (pp_u128)a->v[i] * b->v[j] + out[i + j] + carry;
            out[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        out[i + 4] = carry;
    }
}

// 2^256 = c (mod p), c one limb: fold the upper half twice.
static num reduce_p(const uint64_t w[8]) {
    num r;
    pp_u128 t = 0;
    for (int i = 0; i < 4; i++) {
        t += (pp_u128)w[4 + i] * P.c[0] + w[i];
        r.v[i] = (uint64_t)t;
        t >>= 64;
    }
    t *= P.c[0]; // below 2^67
    for (int i = 0; i < 4; i++) {
        t += r.v[i];
        r.v[i] = (uint64_t)t;
        t >>= 64;
    }
    if (t) { // wrapped once more: what is left is tiny, and c added cannot wrap
        r.v[0] += P.c[0];
        return r;
    }
    if (!less(&r, &P.m)) sub_raw(&r, &r, &P.m);
    return r;
}

// The same for the order, whose c has 129 bits: each round takes the upper half down by half.
static num reduce_n(const uint64_t w[8]) {
    uint64_t a[8];
    memcpy(a, w, sizeof a);
    while (a[4] | a[5] | a[6] | a[7]) {
        uint64_t b[8] = {a[0], a[1], a[2], a[3], 0, 0, 0, 0};
        for (int i = 0; i < 4; i++) {
            uint64_t carry = 0;
            for (int j = 0; j < 3; j++) {
                pp_u128 t = (pp_u128)a[4 + i] * N.c[j] + b[i + j] + carry;
                b[i + j] = (uint64_t)t;
                carry = (uint64_t)(t >> 64);
            }
            for (int j = i + 3; carry != 0; j++) { // j stays below 8: the sum is below 2^390
                pp_u128 t = (pp_u128)b[j] + carry;
                b[j] = (uint64_t)t;
                carry = (uint64_t)(t >> 64);
            }
        }
        memcpy(a, b, sizeof a);
    }
    num r = {{a[0], a[1], a[2], a[3]}};
    if (!less(&r, &N.m)) sub_raw(&r, &r, &N.m);
    return r;
}

static num mul(const num *a, const num *b) {
    uint64_t w[8];
    multiply(w, a, b);
    return reduce_p(w);
}

static num mul_n(const num *a, const num *b) {
    uint64_t w[8];
    multiply(w, a, b);
    return reduce_n(w);
}

static num power(const num *base, const num *exponent, num (*times)(const num *, const num *)) {
    num table[16] = {{{1, 0, 0, 0}}};
    for (int i = 1; i < 16; i++) table[i] = times(&table[i - 1], base);
    num r = table[0];
    for (int i = 252; i >= 0; i -= 4) {
        for (int k = 0; k < 4 && i < 252; k++) r = times(&r, &r);
        unsigned digit = (unsigned)(exponent->v[i / 64] >> (i % 64)) & 15;
        if (digit != 0) r = times(&r, &table[digit]);
    }
    return r;
}

// By Fermat: a^(m-2); zero gives zero.
static num invert(const num *a, const modulus *m, num (*times)(const num *, const num *)) {
    num exponent = m->m;
    exponent.v[0] -= 2;
    return power(a, &exponent, times);
}

// ---- points: Jacobian (X/Z^2, Y/Z^3); Z = 0 is infinity -----------------------------------------

typedef struct {
    num x, y, z;
} point;

static point double_point(const point *p) {
    if (is_zero(&p->z) || is_zero(&p->y)) return (point){0};
    point r;
    num a = mul(&p->x, &p->x), b = mul(&p->y, &p->y), c = mul(&b, &b);
    num d = mul(&p->x, &b); // 4 d is S, 3 a is M, 8 c is 8 Y^4
    d = add_mod(&d, &d, &P);
    d = add_mod(&d, &d, &P);
    num e = add_mod(&a, &a, &P);
    e = add_mod(&e, &a, &P);
    num e2 = mul(&e, &e), d2 = add_mod(&d, &d, &P);
    r.x = sub_mod(&e2, &d2, &P);
    for (int i = 0; i < 3; i++) c = add_mod(&c, &c, &P);
    num t = sub_mod(&d, &r.x, &P);
    t = mul(&e, &t);
    r.y = sub_mod(&t, &c, &P);
    t = mul(&p->y, &p->z);
    r.z = add_mod(&t, &t, &P);
    return r;
}

static point add_points(const point *p, const point *q) {
    if (is_zero(&p->z)) return *q;
    if (is_zero(&q->z)) return *p;
    num z1 = mul(&p->z, &p->z), z2 = mul(&q->z, &q->z);
    num u1 = mul(&p->x, &z2), u2 = mul(&q->x, &z1);
    num s1 = mul(&z2, &q->z), s2 = mul(&z1, &p->z);
    s1 = mul(&p->y, &s1);
    s2 = mul(&q->y, &s2);
    if (equal(&u1, &u2)) return equal(&s1, &s2) ? double_point(p) : (point){0};
    num h = sub_mod(&u2, &u1, &P), r = sub_mod(&s2, &s1, &P);
    num h2 = mul(&h, &h), h3 = mul(&h2, &h), v = mul(&u1, &h2);
    point out;
    out.x = mul(&r, &r);
    out.x = sub_mod(&out.x, &h3, &P);
    out.x = sub_mod(&out.x, &v, &P);
    out.x = sub_mod(&out.x, &v, &P);
    num t = sub_mod(&v, &out.x, &P);
    t = mul(&r, &t);
    s1 = mul(&s1, &h3);
    out.y = sub_mod(&t, &s1, &P);
    out.z = mul(&p->z, &q->z);
    out.z = mul(&out.z, &h);
    return out;
}

static void multiples(point table[16], const point *p) {
    table[0] = (point){0};
    for (int i = 1; i < 16; i++) table[i] = add_points(&table[i - 1], p);
}

// a*p + b*q, four bits of both scalars at a time (Strauss).
static point combine(const num *a, const point *p, const num *b, const point *q) {
    point tp[16], tq[16], r = {0};
    multiples(tp, p);
    multiples(tq, q);
    for (int i = 252; i >= 0; i -= 4) {
        for (int k = 0; k < 4; k++) r = double_point(&r);
        r = add_points(&r, &tp[(a->v[i / 64] >> (i % 64)) & 15]);
        r = add_points(&r, &tq[(b->v[i / 64] >> (i % 64)) & 15]);
    }
    return r;
}

// The point with x and the wanted parity of y; false when x is on no point.
static bool lift(point *out, const num *x, unsigned parity) {
    static const num seven = {{7, 0, 0, 0}};
    // (p + 1) / 4
    static const num exponent = {
        {0xffffffffbfffff0c, 0xffffffffffffffff, 0xffffffffffffffff, 0x3fffffffffffffff}};
    num y2 = mul(x, x);
    y2 = mul(&y2, x);
    y2 = add_mod(&y2, &seven, &P);
    num y = power(&y2, &exponent, mul), check = mul(&y, &y);
    if (!equal(&check, &y2)) return false;
    if ((y.v[0] & 1) != parity) y = negate_mod(&y, &P);
    *out = (point){*x, y, {{1, 0, 0, 0}}};
    return true;
}

// ---- the function -----------------------------------------------------------------------------

bool pp_sign_recover_portable(pp_address *out, const pp_hash32 *digest, const uint8_t r_bytes[32],
                              const uint8_t s_bytes[32], unsigned parity) {
    num r = load(r_bytes), s = load(s_bytes), z = load(digest->b);
    if (parity > 1 || is_zero(&r) || is_zero(&s) || !less(&r, &N.m) || !less(&s, &N.m))
        return false;
    point R;
    if (!lift(&R, &r, parity)) return false;
    if (!less(&z, &N.m)) sub_raw(&z, &z, &N.m);
    num inverse = invert(&r, &N, mul_n);
    num u1 = mul_n(&z, &inverse), u2 = mul_n(&s, &inverse);
    u1 = negate_mod(&u1, &N);
    const point G = {generator_x, generator_y, {{1, 0, 0, 0}}};
    point q = combine(&u1, &G, &u2, &R);
    if (is_zero(&q.z)) return false;
    num zi = invert(&q.z, &P, mul), zi2 = mul(&zi, &zi), zi3 = mul(&zi2, &zi);
    num x = mul(&q.x, &zi2), y = mul(&q.y, &zi3);
    uint8_t bytes[64];
    store(bytes, &x);
    store(bytes + 32, &y);
    pp_hash32 hash;
    pp_keccak256(&hash, bytes, sizeof bytes);
    memcpy(out->b, hash.b + 12, 20);
    return true;
}

bool pp_sign_is_low_s(const uint8_t s[32]) {
    num a = load(s);
    return !less(&half_n, &a);
}
