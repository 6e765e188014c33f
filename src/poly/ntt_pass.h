// SPDX-License-Identifier: MIT OR Apache-2.0
// What the variants of a pass (poly/ntt_kernels.h) share: the words of a task are brought into
// blocks of their own memory, a chunk of columns each, transformed there by the variant's `layers`,
// and brought back. So strides that are powers of two do not fight for the same cache lines, main
// memory is read and written in runs of some chunks, and columns left over cost nothing in code.
// Included by one source for each variant, after it has defined `multiples`, `layers`,
// `copy_chunk`, `turn` and `turn_back`.

// One chunk of a task: `lanes` words at `at` for row 0, then at each multiple of row_step. Where it
// is of whole blocks side by side, `group` words are together and groups lie group_step apart.
typedef struct piece {
    size_t at, row_step, lanes, group, group_step;
} piece;

static inline bool is_whole(const piece *t) {
    return t->lanes == CHUNK && t->group == CHUNK;
}
// Sixteen blocks of one column each: a matrix to be transposed.
static inline bool is_turned(const piece *t, size_t rows) {
    return t->lanes == CHUNK && t->group == 1 && t->row_step == 1 && rows % 8 == 0;
}

static inline void bring(pp_fp block[][CHUNK], const pp_fp *m, const piece *t, size_t rows) {
    if (is_turned(t, rows)) {
        turn(block, m + t->at, t->group_step, rows);
        return;
    }
    for (size_t k = 0; k < rows; k++) {
        size_t lane = 0;
        for (size_t g = 0; lane < t->lanes; g++)
            for (size_t c = 0; c < t->group && lane < t->lanes; c++, lane++)
                block[k][lane] = m[t->at + k * t->row_step + g * t->group_step + c];
        for (; lane < CHUNK; lane++) block[k][lane].v = 0;
    }
}
static inline void bring_back(pp_fp *m, pp_fp block[][CHUNK], const piece *t, size_t rows) {
    if (is_turned(t, rows)) {
        turn_back(m + t->at, block, t->group_step, rows);
        return;
    }
    for (size_t k = 0; k < rows; k++) {
        size_t lane = 0;
        for (size_t g = 0; lane < t->lanes; g++)
            for (size_t c = 0; c < t->group && lane < t->lanes; c++, lane++)
                m[t->at + k * t->row_step + g * t->group_step + c] = block[k][lane];
    }
}

// Chunk `chunk` of the set of rows or the run of words that the task works on.
static inline piece piece_of(const pp_ntt_pass *p, size_t unit, size_t chunk) {
    size_t width = p->width, stride = (size_t)1 << (p->log_block - p->log_radix);
    size_t blocks = (size_t)1 << (p->log_height - p->log_block);
    size_t block_words = width << p->log_block, word = chunk * CHUNK;
    piece t = {.row_step = stride * width, .group = CHUNK};
    if (width >= CHUNK) {
        t.at = unit / stride * block_words + unit % stride * width + word;
        t.lanes = width - word < CHUNK ? width - word : CHUNK;
    } else if (stride > 1) {
        t.at = unit * block_words + word;
        t.lanes = stride * width - word < CHUNK ? stride * width - word : CHUNK;
    } else {
        size_t per = CHUNK / width, b = unit * per, n = blocks - b < per ? blocks - b : per;
        t.at = b * block_words;
        t.lanes = n * width;
        t.group = width;
        t.group_step = block_words;
    }
    return t;
}

// The lane factors of a chunk that begins at `word` of a block: as they are, or, where sets have
// several words, each as often.
static inline const pp_fp (*lanes_of(const pp_ntt_pass *p, pp_fp own[][CHUNK], size_t word,
                                     size_t rows))[CHUNK] {
    if (p->width == 1) return p->lane_factors;
    for (size_t k = 0; k < rows; k++)
        for (size_t c = 0; c < CHUNK; c++)
            own[k][c] = p->lane_factors[k][(word % p->width + c) / p->width];
    return (const pp_fp(*)[CHUNK])own;
}

// The factors of a chunk whose first lane is of `set`; powers are of shift^stride.
static inline void factors_of(pp_ntt_factors *f, const pp_ntt_pass *p, const pp_fp *powers,
                              size_t set) {
    size_t rows = (size_t)1 << p->log_radix, stride = (size_t)1 << (p->log_block - p->log_radix);
    for (size_t half = 1; half < rows; half *= 2)
        multiples(f->root + half, f->root_quotient + half, p->roots + half, half,
                  p->roots[half * stride + set]);
    f->scaled = p->scaled;
    if (p->scaled)
        multiples(f->row, f->row_quotient, powers, rows,
                  pp_fp_mul(p->scale, pp_fp_pow(p->shift, set)));
}

static void pass(const pp_ntt_pass *p, size_t first, size_t end) {
    alignas(64) pp_fp memory[PP_NTT_ROWS][CHUNK], own[1 << PP_NTT_LOG_RADIX][CHUNK];
    pp_fp powers[1 << PP_NTT_LOG_RADIX];
    pp_ntt_factors f;
    size_t rows = (size_t)1 << p->log_radix, width = p->width;
    size_t stride = (size_t)1 << (p->log_block - p->log_radix), group = pp_ntt_pass_group(p);
    size_t chunks = pp_ntt_pass_chunks(p), groups = (chunks - 1) / group + 1;
    bool mixed = width < CHUNK && stride > 1; // chunks of several sets
    size_t last_set = SIZE_MAX;
    powers[0] = pp_fp_one();
    if (p->scaled) powers[1] = pp_fp_pow(p->shift, stride);
    for (size_t k = 2; k < rows && p->scaled; k++) powers[k] = pp_fp_mul(powers[k - 1], powers[1]);
    for (size_t task = first; task < end; task++) {
        size_t unit = task / groups, from = task % groups * group;
        size_t n = chunks - from < group ? chunks - from : group;
        piece t[PP_NTT_GROUP] = {{0}};
        for (size_t c = 0; c < n; c++) t[c] = piece_of(p, unit, from + c);
        size_t whole = 0; // chunks that are runs of words side by side
        while (whole < n && is_whole(&t[whole])) whole++;
        for (size_t k = 0; k < rows; k++)
            for (size_t c = 0; c < whole; c++)
                copy_chunk(memory[c * rows + k], p->in + t[0].at + k * t[0].row_step + c * CHUNK);
        for (size_t c = whole; c < n; c++) bring(memory + c * rows, p->in, &t[c], rows);
        for (size_t c = 0; c < n; c++) {
            size_t word = (from + c) * CHUNK, set = mixed ? word / width : unit % stride;
            if (set != last_set) factors_of(&f, p, powers, set);
            last_set = set;
            layers(memory + c * rows, &f, mixed ? lanes_of(p, own, word, rows) : NULL, rows,
                   p->inverse);
        }
        for (size_t k = 0; k < rows; k++)
            for (size_t c = 0; c < whole; c++)
                copy_chunk(p->m + t[0].at + k * t[0].row_step + c * CHUNK, memory[c * rows + k]);
        for (size_t c = whole; c < n; c++) bring_back(p->m, memory + c * rows, &t[c], rows);
    }
}
