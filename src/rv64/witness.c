// SPDX-License-Identifier: MIT OR Apache-2.0
// From a shard's records to what its rows are made of: everything that is hashed, which also says
// how many rows there are. rows.c writes them.
#include "rv64/witness.h"

#include <stdlib.h>

enum {
    DIGEST = PP_DIGEST_LEN,
    RATE = PP_SPONGE_RATE,
    LIMBS = PP_VM_PAGE_SIZE / 2,
    BLOCKS = (LIMBS + RATE - 1) / RATE,
    WORDS = PP_VM_PAGE_SIZE / 4,
};

// Room for one more item of a growing array, or NULL.
static void *grow(pp_rv64_witness *w, void **items, size_t len, size_t *max, size_t size) {
    if (len == *max) {
        size_t more = *max ? 2 * *max : 256;
        void *bigger = realloc(*items, more * size);
        if (bigger == NULL) {
            w->failed = true;
            return NULL;
        }
        *items = bigger;
        *max = more;
    }
    return (uint8_t *)*items + len * size;
}

static permutation_row *new_permutation(pp_rv64_witness *w) {
    void *items = w->permutations;
    permutation_row *p =
        grow(w, &items, w->permutations_len, &w->permutations_max, sizeof(permutation_row));
    w->permutations = items;
    if (p == NULL) return NULL;
    w->permutations_len++;
    memset(p, 0, sizeof *p);
    return p;
}

// The page's leaf (pp_memtree_leaf), block by block.
static void hash_page(pp_rv64_witness *w, pp_digest *out, const uint8_t *bytes, uint32_t perm,
                      uint32_t id) {
    pp_fp s[PP_POSEIDON2_WIDTH] = {{0}};
    s[RATE] = pp_fp_from_u32(PP_DOMAIN_PAGE);
    s[RATE + 1] = pp_fp_from_u32(perm);
    s[RATE + 2] = pp_fp_from_u32(LIMBS);
    for (uint32_t j = 0; j < BLOCKS; j++) {
        permutation_row *p = new_permutation(w);
        if (p == NULL) return;
        p->id = id;
        p->block = j;
        p->last = j == BLOCKS - 1;
        for (uint32_t i = 0; i < RATE && j * RATE + i < LIMBS; i++) {
            p->data[i] = pp_fp_from_u32(pp_load_le16(bytes + 2 * ((size_t)j * RATE + i)));
            s[i] = pp_fp_add(s[i], p->data[i]);
        }
        memcpy(p->in, s, sizeof s);
        pp_poseidon2_permute(s);
    }
    memcpy(out->e, s, sizeof out->e);
}

static void hash_node(pp_rv64_witness *w, pp_digest *out, const pp_digest child[2]) {
    permutation_row *p = new_permutation(w);
    if (p == NULL) return;
    p->is_node = true;
    memcpy(p->in, child[0].e, sizeof child[0].e);
    memcpy(p->in + DIGEST, child[1].e, sizeof child[1].e);
    p->in[2 * DIGEST] = pp_fp_from_u32(PP_TAG_MEMORY);
    pp_memtree_node(out, &child[0], &child[1]);
}

static void plan_page(pp_rv64_witness *w, size_t i) {
    const pp_trace_page *from = &w->trace->pages[i];
    page_row *p = &w->pages[i];
    const uint8_t *before = w->shard->pages[i].bytes;
    static const uint8_t zeros[PP_VM_PAGE_SIZE];
    *p = (page_row){.index = from->index,
                    .perm = from->perm,
                    .zero = from->perm == PP_PERM_RW && memcmp(before, zeros, sizeof zeros) == 0,
                    .changed = memcmp(before, from->bytes, PP_VM_PAGE_SIZE) != 0,
                    .before = before,
                    .after = from->bytes};
    memcpy(p->time, from->time, sizeof p->time);
    if (p->zero)
        pp_memtree_leaf(&p->digest[0], before, p->perm);
    else
        hash_page(w, &p->digest[0], before, p->perm, 2 * p->index);
    p->digest[1] = p->digest[0];
    if (p->changed) hash_page(w, &p->digest[1], from->bytes, p->perm, 2 * p->index + 1);
    if (from->perm != PP_PERM_RX) return;
    uint64_t start = (uint64_t)from->index << PP_VM_LOG_PAGE;
    for (unsigned k = 0; k < WORDS; k++) {
        if (w->trace->counts[(start - w->shard->text_start) / 4 + k] == 0) continue;
        p->time[k / 2]++;
        w->decode_rows++;
    }
    // The pc's cell is touched by the shard's two ends only: see pp_rv64_witness_new.
}

// The subtree over pages [first, first + 2^level), of which those touched are pages[lo … hi).
static void plan_tree(pp_rv64_witness *w, pp_digest out[2], uint32_t first, unsigned level,
                      size_t lo, size_t hi) {
    if (w->failed) return;
    if (lo == hi) {
        out[0] = out[1] = w->shard->siblings[w->siblings_used++];
        return;
    }
    if (level == 0) {
        out[0] = w->pages[lo].digest[0];
        out[1] = w->pages[lo].digest[1];
        return;
    }
    uint32_t half = (uint32_t)1 << (level - 1);
    size_t middle = lo;
    while (middle < hi && w->pages[middle].index < first + half) middle++;
    node_row row = {.level = level, .index = first >> level};
    row.touched[0] = lo < middle;
    row.touched[1] = middle < hi;
    pp_digest d[2][2];
    plan_tree(w, d[0], first, level - 1, lo, middle);
    plan_tree(w, d[1], first + half, level - 1, middle, hi);
    for (unsigned v = 0; v < 2; v++)
        for (unsigned i = 0; i < 2; i++) row.child[v][i] = d[i][v];
    hash_node(w, &row.self[0], row.child[0]);
    row.changed = !pp_digest_eq(&row.child[0][0], &row.child[1][0]) ||
                  !pp_digest_eq(&row.child[0][1], &row.child[1][1]);
    row.self[1] = row.self[0];
    if (row.changed) hash_node(w, &row.self[1], row.child[1]);
    void *items = w->nodes;
    node_row *to = grow(w, &items, w->nodes_len, &w->nodes_max, sizeof(node_row));
    w->nodes = items;
    if (to == NULL) return;
    *to = row;
    w->nodes_len++;
    out[0] = row.self[0];
    out[1] = row.self[1];
}

pp_rv64_witness *pp_rv64_witness_new(const pp_trace *trace, const pp_vm_shard *shard) {
    PP_ASSERT(trace->pages_len == shard->pages_len);
    pp_rv64_witness *w = calloc(1, sizeof *w);
    if (w == NULL) return NULL;
    w->trace = trace;
    w->shard = shard;
    w->pages = calloc(trace->pages_len, sizeof *w->pages);
    w->failed = w->pages == NULL;
    for (size_t i = 0; i < trace->pages_len && !w->failed; i++) {
        plan_page(w, i);
        if (w->pages[i].index == PP_VM_MACHINE_START >> PP_VM_LOG_PAGE)
            w->pages[i].time[PP_CELL_PC] = 1;
    }
    if (!w->failed) plan_tree(w, w->root, 0, PP_VM_TREE_DEPTH, 0, trace->pages_len);
    if (!w->failed) return w;
    pp_rv64_witness_free(w);
    return NULL;
}

void pp_rv64_witness_free(pp_rv64_witness *w) {
    if (w == NULL) return;
    free(w->pages);
    free(w->nodes);
    free(w->permutations);
    free(w);
}

void pp_rv64_used(const pp_rv64_witness *w, uint32_t used[PP_AIR_TABLES_MAX]) {
    memset(used, 0, PP_AIR_TABLES_MAX * sizeof *used);
    for (unsigned t = 0; t < TABLES_LEN; t++) {
        const table *d = &rv64_tables[t];
        const uint32_t rows = rows_a_call(d);
        for (unsigned k = 0; k < 4 && d->kinds[k] != 0; k++)
            used[t] += (uint32_t)w->trace->steps[d->kinds[k]].len * (rows != 0 ? rows : 1);
        if (rows == CALLS_ONCE) used[t] = used[t] != 0;
    }
    used[TABLE_RUN] = 1;
    used[TABLE_DECODE] = w->decode_rows;
    used[TABLE_PAGE] = (uint32_t)w->trace->pages_len;
    used[TABLE_NODE] = (uint32_t)w->nodes_len;
    used[TABLE_PERMUTATION] = (uint32_t)w->permutations_len;
    for (unsigned t = TABLE_BYTES; t <= TABLE_OPCODE; t++) used[t] = 1;
}

void pp_rv64_round(uint32_t rows[PP_AIR_TABLES_MAX], const pp_machine *machine, uint32_t log_min) {
    for (unsigned t = 0; t < TABLES_LEN; t++) {
        uint32_t fixed = machine->tables[t].log_fixed;
        rows[t] = fixed ? rows[t] << fixed : pp_layout_round(rows[t], log_min);
    }
}

void pp_rv64_rows(const pp_rv64_witness *w, uint32_t rows[PP_AIR_TABLES_MAX],
                  const pp_machine *machine, uint32_t log_min) {
    pp_rv64_used(w, rows);
    pp_rv64_round(rows, machine, log_min);
}

void pp_rv64_publics(const pp_rv64_witness *w, pp_fp publics[PP_RV64_PUBLICS]) {
    memcpy(publics, w->root[0].e, sizeof w->root[0].e);
    memcpy(publics + DIGEST, w->root[1].e, sizeof w->root[1].e);
}

void pp_rv64_limits(pp_shard_limits *out, const pp_machine *machine, uint32_t log_min,
                    uint32_t log_cells) {
    _Static_assert((int)TABLES_LEN <= (int)PP_SHARD_TABLES_MAX, "limits hold all tables");
    // 2^26 cells with four fifths as many interactions are proven in 3 GiB.
    const uint64_t cells = (uint64_t)1 << log_cells;
    *out = (pp_shard_limits){.cells = cells,
                             .interactions = cells / 5 * 4,
                             .round = pp_layout_round,
                             .log_min = log_min,
                             .tables_len = machine->tables_len,
                             .run = TABLE_RUN,
                             .decode = TABLE_DECODE,
                             .page = TABLE_PAGE,
                             .node = TABLE_NODE,
                             .permutation = TABLE_PERMUTATION};
    for (uint32_t t = 0; t < machine->tables_len; t++) {
        const table *d = &rv64_tables[t];
        const uint32_t rows = rows_a_call(d);
        out->columns[t] = machine->tables[t].columns_len;
        out->interactions_of[t] = machine->tables[t].interactions_len;
        out->log_fixed[t] = machine->tables[t].log_fixed;
        out->ticks[t] = pp_rv64_ticks(t);
        for (unsigned k = 0; k < 4 && d->kinds[k] != 0; k++) {
            if (rows == 0) {
                out->step_table[d->kinds[k]] = (uint8_t)t;
            } else if (rows == CALLS_ONCE) {
                out->fixed_for[t] = out->step_table[d->kinds[k]];
            } else {
                out->more_table[d->kinds[k]] = (uint8_t)t;
                out->more_rows[d->kinds[k]] = (uint8_t)rows;
            }
        }
    }
}
