// SPDX-License-Identifier: MIT OR Apache-2.0
// A run cut into shards: the executor with a meter. What the meter counts of pages and nodes is the
// most that they can cost (every writable page changes), so that nothing depends on what comes.
#include <stdlib.h>

#include "vm/machine.h"
#include "vm/memstate.h"

enum {
    MACHINE_PAGE = (int)(PP_VM_MACHINE_START >> PP_VM_LOG_PAGE),
    CELLS = PP_VM_PAGE_SIZE / 8,
    WORDS = PP_VM_PAGE_SIZE / 4,
    LIMBS = PP_VM_PAGE_SIZE / 2,
    BLOCKS = (LIMBS + PP_SPONGE_RATE - 1) / PP_SPONGE_RATE, // permutations for a page's digest
    // What one instruction opens at most: its own page and an access that lies on two; a write its
    // own, the bytes' two and the output's; an accelerator its own and two an operand.
    PAGES_STEP = 3,
    PAGES_WRITE = 4,
    REFRESHES = 1 + PP_ACCEL_OPERANDS_MAX,
    SEEN_SIZE = 1 << (PP_VM_TREE_DEPTH - 2), // bytes: a bit a node
};

struct pp_vm_plan {
    const pp_shard_limits *limits;
    pp_vm_options options;
    pp_vm_result result;
    pp_vm_machine m;
    pp_trace trace;
    pp_memstate state;
    uint64_t cycles_left, executed, number;
    bool ended, failed, cut;
    // The meter: rows, rows filled up, and over all tables the cells, ticks and interactions of
    // the latter.
    uint32_t rows[PP_SHARD_TABLES_MAX], room[PP_SHARD_TABLES_MAX];
    uint64_t cells, ticks, interactions;
    uint64_t spare; // cells that a step's pages, nodes, words and refreshes may add
    bool stale;     // spare is to be made anew
    // Pages opened in this shard, as they were; a bit for each node above them.
    pp_shard_page *pages;
    size_t pages_len, pages_max;
    uint8_t *seen;
};

// ---- the meter ----------------------------------------------------------------------------------

// Rows that a table would have more, filled up, with `more` rows.
static uint64_t growth(const pp_vm_plan *p, uint32_t table, uint32_t more) {
    uint32_t rows = p->rows[table] + more;
    return rows <= p->room[table] ? 0 : p->limits->round(rows, p->limits->log_min) - p->room[table];
}
static uint64_t growth_cells(const pp_vm_plan *p, uint32_t table, uint32_t more) {
    return growth(p, table, more) * p->limits->columns[table];
}

static void add_rows(pp_vm_plan *p, uint32_t table, uint32_t more) {
    uint64_t grown = growth(p, table, more);
    p->rows[table] += more;
    if (grown == 0) return;
    p->room[table] += (uint32_t)grown;
    p->cells += grown * p->limits->columns[table];
    p->ticks += grown * p->limits->ticks[table];
    p->interactions += grown * p->limits->interactions_of[table];
    p->stale = true;
}

// Cells for a step that opens so many pages.
static uint64_t spare_cells(const pp_vm_plan *p, uint32_t pages) {
    const pp_shard_limits *l = p->limits;
    uint32_t nodes = pages * PP_VM_TREE_DEPTH;
    return growth_cells(p, l->decode, 1) + growth_cells(p, l->page, pages) +
           growth_cells(p, l->node, nodes) +
           growth_cells(p, l->permutation, 2 * BLOCKS * pages + 2 * nodes) +
           growth_cells(p, l->step_table[PP_STEP_REFRESH], REFRESHES);
}

static bool fits(const pp_vm_plan *p, uint64_t cells, uint64_t ticks) {
    return p->cells + cells <= p->limits->cells && p->interactions < p->limits->interactions &&
           PP_TIME_START + p->ticks + ticks < (uint64_t)PP_TIME_MAX;
}

static bool has_room_for_call(const pp_vm_plan *p) {
    const pp_vm_machine *m = &p->m;
    uint32_t add[PP_STEPS_LEN] = {0};
    const uint64_t *a = m->regs + PP_REGISTER_A0;
    uint64_t number = m->regs[PP_REGISTER_A7], fd = a[0], size = a[2];
    const pp_accel *accel = pp_accel_find(number);
    uint32_t pages = PAGES_WRITE;
    if (number == PP_ECALL_HALT) {
        add[PP_STEP_HALT] = 1;
    } else if (accel != NULL) {
        add[PP_STEP_ACCEL + (accel - pp_accels)] = 1;
        pages = 1 + 2u * accel->operands_len;
    } else if (fd != PP_FD_OUTPUT) {
        add[PP_STEP_DEBUG] = 1;
    } else {
        add[PP_STEP_WRITE] = 1;
        add[PP_STEP_BYTE] = size < PP_OUTPUT_MAX ? (uint32_t)size : PP_OUTPUT_MAX;
    }
    uint64_t cells = spare_cells(p, pages), ticks = 0;
    for (unsigned kind = PP_OPS_LEN; kind < PP_STEPS_LEN; kind++) {
        if (add[kind] == 0) continue;
        uint32_t table = p->limits->step_table[kind];
        cells += growth_cells(p, table, add[kind]) +
                 growth_cells(p, p->limits->more_table[kind], p->limits->more_rows[kind]);
        ticks += growth(p, table, add[kind]) * p->limits->ticks[table];
    }
    return fits(p, cells, ticks);
}

bool pp_plan_room(pp_vm_plan *p, uint64_t pc) {
    const pp_vm_machine *m = &p->m;
    // Where no text is the run ends abnormally, whatever the plan.
    if (pc - m->text_start >= m->text_size) return true;
    pp_insn insn = pp_decode(pp_load_le32(m->memory + pc));
    if (insn.op == PP_OP_ILLEGAL) return true;
    bool room;
    if (insn.op == PP_OP_ECALL) {
        room = has_room_for_call(p);
    } else {
        uint32_t table = p->limits->step_table[pp_trace_kind(m, insn)];
        if (!p->stale && p->rows[table] < p->room[table]) return true;
        if (p->stale) p->spare = spare_cells(p, PAGES_STEP);
        p->stale = false;
        uint64_t grown = growth(p, table, 1);
        room =
            fits(p, p->spare + grown * p->limits->columns[table], grown * p->limits->ticks[table]);
    }
    p->cut = !room;
    return room;
}

void pp_plan_step(pp_vm_plan *p, unsigned kind) {
    add_rows(p, p->limits->step_table[kind], 1);
    if (p->limits->more_rows[kind] != 0)
        add_rows(p, p->limits->more_table[kind], p->limits->more_rows[kind]);
    if (kind == PP_STEP_REFRESH) p->stale = true;
}
void pp_plan_word(pp_vm_plan *p) {
    add_rows(p, p->limits->decode, 1);
    p->stale = true;
}

// ---- pages --------------------------------------------------------------------------------------

static bool is_zero_page(const pp_shard_page *page) {
    static const uint8_t zeros[PP_VM_PAGE_SIZE];
    return page->perm == PP_PERM_RW && memcmp(page->bytes, zeros, sizeof zeros) == 0;
}

// Nodes above a page that no other page of the shard has; marks them, or takes all marks away.
static uint32_t new_nodes(pp_vm_plan *p, uint32_t page) {
    uint32_t nodes = 0;
    for (uint32_t key = ((uint32_t)1 << PP_VM_TREE_DEPTH | page) >> 1; key != 0; key >>= 1) {
        if ((p->seen[key / 8] >> (key % 8) & 1) != 0) break;
        p->seen[key / 8] |= (uint8_t)(1 << key % 8);
        nodes++;
    }
    return nodes;
}
static void forget_nodes(pp_vm_plan *p, uint32_t page) {
    for (uint32_t key = ((uint32_t)1 << PP_VM_TREE_DEPTH | page) >> 1; key != 0; key >>= 1)
        p->seen[key / 8] &= (uint8_t)~(1 << key % 8);
}

void pp_plan_touch(pp_vm_plan *p, uint32_t index) {
    if (p->pages_len == p->pages_max) {
        size_t more = p->pages_max ? 2 * p->pages_max : 256;
        void *bigger = realloc(p->pages, more * sizeof *p->pages);
        if (bigger == NULL) {
            p->failed = true;
            return;
        }
        p->pages = bigger;
        p->pages_max = more;
    }
    pp_shard_page *page = &p->pages[p->pages_len++];
    page->index = index;
    page->perm =
        index >= MACHINE_PAGE ? PP_PERM_MACH : (pp_perm)(p->m.pages[index] >> PP_PAGE_PERM_SHIFT);
    memcpy(page->bytes, p->m.memory + ((uint64_t)index << PP_VM_LOG_PAGE), PP_VM_PAGE_SIZE);
    bool can_change = page->perm == PP_PERM_RW || page->perm == PP_PERM_MACH;
    uint32_t nodes = new_nodes(p, index);
    uint32_t hashes = (is_zero_page(page) ? 0u : 1u) + (can_change ? 1u : 0u);
    add_rows(p, p->limits->page, 1);
    add_rows(p, p->limits->node, nodes);
    add_rows(p, p->limits->permutation, (uint32_t)BLOCKS * hashes + 2 * nodes);
    p->stale = true;
}

static void begin_shard(pp_vm_plan *p) {
    memset(p->rows, 0, sizeof p->rows);
    memset(p->room, 0, sizeof p->room);
    p->cells = p->ticks = p->interactions = 0;
    for (uint32_t t = 0; t < p->limits->tables_len; t++)
        if (p->limits->log_fixed[t] != 0)
            p->cells += (uint64_t)p->limits->columns[t] << p->limits->log_fixed[t];
    p->trace.now = PP_TIME_START;
    p->cut = false;
    add_rows(p, p->limits->run, 1);
    pp_plan_touch(p, MACHINE_PAGE);
}

// Everything that is counted anew in the next shard.
static void forget_shard(pp_vm_plan *p) {
    for (size_t i = 0; i < p->pages_len; i++) {
        uint32_t page = p->pages[i].index;
        uint64_t start = (uint64_t)page << PP_VM_LOG_PAGE;
        p->m.pages[page] &= (uint8_t)~(PP_PAGE_TOUCHED | PP_PAGE_LOAD | PP_PAGE_STORE);
        memset(p->trace.times + (size_t)page * CELLS, 0, CELLS * sizeof *p->trace.times);
        forget_nodes(p, page);
        if (p->pages[i].perm != PP_PERM_RX) continue;
        for (unsigned k = 0; k < WORDS; k++) {
            uint64_t word = (start - p->m.text_start) / 4 + k;
            p->trace.counts[word] = 0;
            memset(&p->m.slots[word], 0, sizeof p->m.slots[word]);
        }
    }
    p->pages_len = 0;
}

// ---- the tree -----------------------------------------------------------------------------------

typedef struct walk {
    pp_vm_plan *p;
    pp_vm_shard *out;
    size_t siblings_max;
} walk;

static void add_sibling(walk *w, const pp_digest *digest) {
    pp_vm_shard *s = w->out;
    if (s->siblings_len == w->siblings_max) {
        size_t more = w->siblings_max ? 2 * w->siblings_max : 64;
        void *bigger = realloc(s->siblings, more * sizeof *s->siblings);
        if (bigger == NULL) {
            w->p->failed = true;
            return;
        }
        s->siblings = bigger;
        w->siblings_max = more;
    }
    s->siblings[s->siblings_len++] = *digest;
}

// The subtree over pages [index 2^level, …), of which those opened are pages[lo … hi): its digests
// before and after, and what the witness will count.
static void walk_tree(walk *w, pp_digest out[2], unsigned level, uint32_t index, size_t lo,
                      size_t hi) {
    pp_vm_plan *p = w->p;
    uint32_t *rows = w->out->rows;
    pp_memstate_get(&p->state, &out[0], level, index);
    out[1] = out[0];
    if (lo == hi) {
        add_sibling(w, &out[0]);
        return;
    }
    if (level == 0) {
        const pp_shard_page *page = &w->out->pages[lo];
        const uint8_t *now = p->m.memory + ((uint64_t)index << PP_VM_LOG_PAGE);
        bool changed = memcmp(page->bytes, now, PP_VM_PAGE_SIZE) != 0;
        if (changed) pp_memtree_leaf(&out[1], now, page->perm);
        rows[p->limits->permutation] +=
            BLOCKS * ((is_zero_page(page) ? 0u : 1u) + (changed ? 1u : 0u));
    } else {
        uint32_t half = (uint32_t)1 << (level - 1), right = 2 * index + 1;
        size_t middle = lo;
        while (middle < hi && w->out->pages[middle].index < right * half) middle++;
        pp_digest d[2][2];
        walk_tree(w, d[0], level - 1, 2 * index, lo, middle);
        walk_tree(w, d[1], level - 1, right, middle, hi);
        bool changed = !pp_digest_eq(&d[0][0], &d[0][1]) || !pp_digest_eq(&d[1][0], &d[1][1]);
        if (changed) pp_memtree_node(&out[1], &d[0][1], &d[1][1]);
        rows[p->limits->node]++;
        rows[p->limits->permutation] += 1 + (changed ? 1u : 0u);
    }
    if (!pp_digest_eq(&out[0], &out[1])) pp_memstate_set(&p->state, level, index, &out[1]);
}

static int by_index(const void *a, const void *b) {
    uint32_t x = ((const pp_shard_page *)a)->index, y = ((const pp_shard_page *)b)->index;
    return x < y ? -1 : x > y;
}

static bool end_shard(pp_err *err, pp_vm_plan *p, pp_vm_shard *out, uint64_t cycles) {
    const pp_shard_limits *l = p->limits;
    *out = (pp_vm_shard){.number = p->number++,
                         .first_cycle = p->executed,
                         .cycles = cycles,
                         .last = p->ended,
                         .text_start = p->m.text_start,
                         .text_end = p->m.text_start + p->m.text_size,
                         .pages_len = p->pages_len};
    p->executed += cycles;
    memcpy(out->rows, p->rows, sizeof out->rows);
    out->rows[l->node] = out->rows[l->permutation] = 0;
    for (uint32_t t = 0; t < l->tables_len; t++)
        if (l->log_fixed[t] != 0)
            out->rows[t] = l->fixed_for[t] == 0 || out->rows[l->fixed_for[t]] != 0;
    pp_trace_store_machine(&p->m, p->ended ? 1 : pp_machine_pc(&p->m, p->m.at));
    if (!p->failed) qsort(p->pages, p->pages_len, sizeof *p->pages, by_index);
    out->pages = malloc(p->pages_len * sizeof *out->pages);
    p->failed = p->failed || out->pages == NULL;
    if (!p->failed) {
        memcpy(out->pages, p->pages, p->pages_len * sizeof *out->pages);
        walk w = {.p = p, .out = out};
        pp_digest root[2];
        walk_tree(&w, root, PP_VM_TREE_DEPTH, 0, 0, out->pages_len);
        memcpy(out->root, root, sizeof root);
    }
    if (!p->failed && !p->state.failed) {
        forget_shard(p);
        return true;
    }
    p->failed = true;
    pp_vm_shard_free(out);
    return pp_err_set(err, PP_EXIT_USAGE, "no memory for a shard's pages");
}

// ---- the run ------------------------------------------------------------------------------------

pp_vm_plan *pp_vm_plan_new(pp_err *err, const pp_program *program, pp_bytes input,
                           const pp_vm_options *options, const pp_shard_limits *limits) {
    if (input.size > PP_VM_INPUT_MAX) {
        pp_err_set(err, PP_EXIT_USAGE, "an input of %zu bytes; the longest is %llu", input.size,
                   (unsigned long long)PP_VM_INPUT_MAX);
        return NULL;
    }
    pp_vm_plan *p = calloc(1, sizeof *p);
    if (p == NULL) {
        pp_err_set(err, PP_EXIT_USAGE, "no memory for a plan of shards");
        return NULL;
    }
    p->limits = limits;
    if (options != NULL) p->options = *options;
    p->options.counts = NULL;
    p->cycles_left = p->options.max_cycles ? p->options.max_cycles : PP_VM_DEFAULT_CYCLES;
    p->seen = calloc(SEEN_SIZE, 1);
    pp_memstate_begin(&p->state, program, input);
    if (p->seen == NULL)
        pp_err_set(err, PP_EXIT_USAGE, "no memory for a plan of shards");
    else if (pp_trace_begin(err, &p->trace,
                            (size_t)(program->text_end - program->text_start) / 4) &&
             pp_machine_begin(err, &p->m, &p->result, program, input, &p->options)) {
        p->m.trace = &p->trace;
        p->m.plan = p->trace.plan = p;
        pp_trace_store_machine(&p->m, program->entry);
        return p;
    }
    pp_vm_plan_free(p);
    return NULL;
}

bool pp_vm_plan_next(pp_err *err, pp_vm_plan *p, pp_vm_shard *shard) {
    *err = (pp_err){0};
    if (p->ended) return false;
    begin_shard(p);
    p->m.remaining = p->cycles_left;
    pp_machine_run_traced(&p->m);
    uint64_t cycles = p->cycles_left - p->m.remaining;
    p->cycles_left = p->m.remaining;
    p->result.cycles += cycles;
    if (p->cut && cycles == 0)
        return pp_err_set(err, PP_EXIT_NO,
                          "a shard of %llu cells is too small for the instruction at pc 0x%llx",
                          (unsigned long long)p->limits->cells, (unsigned long long)p->result.pc);
    p->ended = !p->cut;
    if (p->ended && !pp_vm_ok(&p->result)) {
        char text[PP_VM_DESCRIBE_MAX];
        return pp_err_set(err, PP_EXIT_NO,
                          "only a run that halts with exit code 0 can be proven: %s",
                          pp_vm_describe(text, &p->result));
    }
    return end_shard(err, p, shard, cycles);
}

const pp_vm_result *pp_vm_plan_result(const pp_vm_plan *plan) {
    return &plan->result;
}

void pp_vm_plan_state(pp_vm_plan *p, pp_digest quarters[4], uint64_t *words, size_t len) {
    for (uint32_t i = 0; i < 4; i++)
        pp_memstate_get(&p->state, &quarters[i], PP_MEMTREE_QUARTER_DEPTH, i);
    PP_ASSERT(len <= CELLS);
    for (size_t i = 0; i < len; i++)
        words[i] = pp_load_le64(p->m.memory + PP_VM_MACHINE_START + 8 * i);
}

void pp_vm_plan_free(pp_vm_plan *p) {
    if (p == NULL) return;
    if (p->m.memory != NULL) pp_machine_close(&p->m);
    if (p->trace.times != NULL) pp_trace_free(&p->trace);
    pp_memstate_free(&p->state);
    free(p->pages);
    free(p->seen);
    free(p);
}
