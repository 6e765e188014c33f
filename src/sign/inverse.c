// SPDX-License-Identifier: MIT OR Apache-2.0
// Bernstein and Yang, "Fast constant-time gcd computation and modular inversion" (2019), in the
// variable-time form that takes 62 steps at a time on the low words alone and then applies them to
// the whole numbers as one 2x2 matrix.
//
// A step takes (delta, f, g), f odd, to
//   (1 - delta, g, (g - f)/2)             when delta > 0 and g is odd,
//   (1 + delta, f, (g + (g mod 2) f)/2)   otherwise,
// until g = 0; then f is 1 or -1. Beside it run d and e with d a = f and e a = g mod m, so at the
// end d is the inverse up to its sign. Numbers are five signed limbs of 62 bits.
#include "sign/inverse.h"

#include "sign/fe.h"

typedef __int128 wide;

enum { LIMBS = 5 };
#define LIMB_MASK ((int64_t)(UINT64_MAX >> 2))

// (f, g) after 62 steps is this times (f, g) before, divided by 2^62.
typedef struct matrix {
    int64_t u, v, q, r;
} matrix;

// Trailing zero bits of x != 0: rv64im has no instruction for it, and a guest no compiler library.
static int trailing_zeros(uint64_t x) {
    // Every window of six bits of the multiplier is another number; this says where it stands.
    static const uint8_t where[64] = {
        0,  1,  2,  53, 3,  7,  54, 27, 4,  38, 41, 8,  34, 55, 48, 28, 62, 5,  39, 46, 44, 42,
        22, 9,  24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
        23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12};
    return where[((x & (0 - x)) * 0x022fdd63cc95386d) >> 58];
}

// 62 steps; eta = -delta. Runs of steps with even g are one shift; with g odd, up to eta + 1 steps
// (at most 6 here) are one addition of the multiple of f that clears that many bits of g.
static int64_t steps(matrix *t, int64_t eta, uint64_t f, uint64_t g) {
    uint64_t u = 1, v = 0, q = 0, r = 1;
    int left = 62;
    for (;;) {
        int zeros = trailing_zeros(g | UINT64_MAX << left);
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= zeros;
        left -= zeros;
        if (left == 0) break;
        if (eta < 0) {
            uint64_t was;
            eta = -eta;
            was = f, f = g, g = 0 - was;
            was = u, u = q, q = 0 - was;
            was = v, v = r, r = 0 - was;
        }
        int64_t clear = eta + 1 < left ? eta + 1 : left;
        uint64_t mask = clear >= 6 ? 63 : ((uint64_t)1 << clear) - 1;
        uint64_t times = f * (f * f - 2) * g & mask; // -g/f: f (2 - f^2) is 1/f mod 64
        g += f * times;
        q += u * times;
        r += v * times;
    }
    *t = (matrix){(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
    return eta;
}

// (f, g) = t (f, g) / 2^62, exact.
static void update_fg(int64_t f[LIMBS], int64_t g[LIMBS], const matrix *t, int len) {
    wide cf = (wide)t->u * f[0] + (wide)t->v * g[0];
    wide cg = (wide)t->q * f[0] + (wide)t->r * g[0];
    cf >>= 62;
    cg >>= 62;
    for (int i = 1; i < len; i++) {
        int64_t fi = f[i], gi = g[i];
        cf += (wide)t->u * fi + (wide)t->v * gi;
        cg += (wide)t->q * fi + (wide)t->r * gi;
        f[i - 1] = (int64_t)cf & LIMB_MASK;
        g[i - 1] = (int64_t)cg & LIMB_MASK;
        cf >>= 62;
        cg >>= 62;
    }
    f[len - 1] = (int64_t)cf;
    g[len - 1] = (int64_t)cg;
}

// (d, e) = t (d, e) / 2^62 mod m: multiples of m are added that make it exact and keep both in
// (-2m, m).
static void update_de(int64_t d[LIMBS], int64_t e[LIMBS], const matrix *t,
                      const inverse_modulus *m) {
    int64_t d_sign = d[LIMBS - 1] >> 63, e_sign = e[LIMBS - 1] >> 63;
    int64_t md = (t->u & d_sign) + (t->v & e_sign);
    int64_t me = (t->q & d_sign) + (t->r & e_sign);
    wide cd = (wide)t->u * d[0] + (wide)t->v * e[0];
    wide ce = (wide)t->q * d[0] + (wide)t->r * e[0];
    md -= (int64_t)((m->inverse * (uint64_t)cd + (uint64_t)md) & (uint64_t)LIMB_MASK);
    me -= (int64_t)((m->inverse * (uint64_t)ce + (uint64_t)me) & (uint64_t)LIMB_MASK);
    cd += (wide)m->m[0] * md;
    ce += (wide)m->m[0] * me;
    cd >>= 62;
    ce >>= 62;
    for (int i = 1; i < LIMBS; i++) {
        int64_t di = d[i], ei = e[i];
        cd += (wide)t->u * di + (wide)t->v * ei;
        ce += (wide)t->q * di + (wide)t->r * ei;
        if (m->m[i] != 0) { // p has three zero limbs
            cd += (wide)m->m[i] * md;
            ce += (wide)m->m[i] * me;
        }
        d[i - 1] = (int64_t)cd & LIMB_MASK;
        e[i - 1] = (int64_t)ce & LIMB_MASK;
        cd >>= 62;
        ce >>= 62;
    }
    d[LIMBS - 1] = (int64_t)cd;
    e[LIMBS - 1] = (int64_t)ce;
}

static void carry(int64_t a[LIMBS]) {
    for (int i = 0; i + 1 < LIMBS; i++) {
        a[i + 1] += a[i] >> 62;
        a[i] &= LIMB_MASK;
    }
}

// From (-2m, m) into [0, m), negated first when asked.
static void normalize(int64_t a[LIMBS], bool negate, const inverse_modulus *m) {
    if (a[LIMBS - 1] < 0)
        for (int i = 0; i < LIMBS; i++) a[i] += m->m[i];
    if (negate)
        for (int i = 0; i < LIMBS; i++) a[i] = -a[i];
    carry(a);
    if (a[LIMBS - 1] < 0)
        for (int i = 0; i < LIMBS; i++) a[i] += m->m[i];
    carry(a);
}

static void to_limbs(int64_t out[LIMBS], const num *a) {
    const uint64_t *v = a->v;
    out[0] = (int64_t)v[0] & LIMB_MASK;
    out[1] = (int64_t)(v[0] >> 62 | v[1] << 2) & LIMB_MASK;
    out[2] = (int64_t)(v[1] >> 60 | v[2] << 4) & LIMB_MASK;
    out[3] = (int64_t)(v[2] >> 58 | v[3] << 6) & LIMB_MASK;
    out[4] = (int64_t)(v[3] >> 56);
}

static void from_limbs(num *out, const int64_t a[LIMBS]) {
    const uint64_t v[LIMBS] = {(uint64_t)a[0], (uint64_t)a[1], (uint64_t)a[2], (uint64_t)a[3],
                               (uint64_t)a[4]};
    *out = (num){{v[0] | v[1] << 62, v[1] >> 2 | v[2] << 60, v[2] >> 4 | v[3] << 58,
                  v[3] >> 6 | v[4] << 56}};
}

static bool is_zero(const int64_t a[LIMBS], int len) {
    int64_t any = 0;
    for (int i = 0; i < len; i++) any |= a[i];
    return any == 0;
}

void pp_sign_invert(num *out, const num *a, const inverse_modulus *m) {
    int64_t f[LIMBS], g[LIMBS], d[LIMBS] = {0}, e[LIMBS] = {1};
    int len = LIMBS;
    int64_t eta = -1;
    for (int i = 0; i < LIMBS; i++) f[i] = m->m[i];
    carry(f);
    to_limbs(g, a);
    while (!is_zero(g, len)) {
        matrix t;
        eta = steps(&t, eta, (uint64_t)f[0] | (uint64_t)f[1] << 62,
                    (uint64_t)g[0] | (uint64_t)g[1] << 62);
        update_de(d, e, &t, m);
        update_fg(f, g, &t, len);
        // A top limb that holds nothing but the sign goes into the one below.
        while (len > 2 && (f[len - 1] == 0 || f[len - 1] == -1) &&
               (g[len - 1] == 0 || g[len - 1] == -1)) {
            f[len - 2] |= (int64_t)((uint64_t)f[len - 1] << 62);
            g[len - 2] |= (int64_t)((uint64_t)g[len - 1] << 62);
            len--;
        }
    }
    normalize(d, f[len - 1] < 0, m);
    from_limbs(out, d);
}

void pp_sign_fe_invert(num *out, const num *a) {
    // p with limbs of both signs, so that three of them are zero
    static const inverse_modulus p = {{-(int64_t)FE_C, 0, 0, 0, 256}, 0x27c7f6e22ddacacf};
    num r, one;
    pp_sign_invert(&r, a, &p);
    fe_mul(&one, &r, a);
    PP_ASSERT(num_is_zero(a) || (one.v[0] == 1 && (one.v[1] | one.v[2] | one.v[3]) == 0));
    *out = r;
}
