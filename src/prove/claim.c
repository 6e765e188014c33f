// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/claim.h"

#include <malloc.h>
#include <stdlib.h>

#include "prove/now.h"
#include "vm/memtree.h"

// ---- sizes --------------------------------------------------------------------------------------

uint32_t pp_prove_log_cells_default(const pp_pcs_params *set) {
    return set->log_cells_max < PP_PROVE_LOG_CELLS_DEFAULT ? set->log_cells_max
                                                           : PP_PROVE_LOG_CELLS_DEFAULT;
}

uint64_t pp_prove_memory(const pp_pcs_params *set, uint32_t log_cells) {
    const uint64_t base = (uint64_t)300 << 20, cells = (uint64_t)1 << log_cells;
    return base + cells * (34 + 4 * ((uint64_t)1 << set->rounds[0].log_blowup));
}

uint32_t pp_prove_log_cells_for(const pp_pcs_params *set, uint64_t memory) {
    for (uint32_t log = pp_prove_log_cells_default(set); log >= PP_PROVE_LOG_CELLS_MIN; log--)
        if (pp_prove_memory(set, log) <= memory) return log;
    return 0;
}

void pp_prove_keep_memory(void) {
    (void)mallopt(M_MMAP_MAX, 0);
    (void)mallopt(M_TRIM_THRESHOLD, -1);
    (void)mallopt(M_ARENA_MAX, 1); // what one thread frees is another's to use
}

void pp_prove_limits(pp_shard_limits *out, const pp_prove_with *with) {
    uint32_t log = with->log_cells ? with->log_cells : pp_prove_log_cells_default(with->set);
    pp_rv64_limits(out, with->machine, with->set->rounds[0].fold, log);
}

void pp_prove_report_add(pp_prove_report *sum, const pp_prove_report *shard) {
    sum->shards += shard->shards;
    sum->cycles += shard->cycles;
    sum->cells += shard->cells;
    sum->interactions += shard->interactions;
    sum->pages += shard->pages;
    sum->bytes += shard->bytes;
    if (shard->log_cells > sum->log_cells) sum->log_cells = shard->log_cells;
    sum->plan += shard->plan;
    sum->trace += shard->trace;
    sum->fill += shard->fill;
    pp_prove_times_add(&sum->parts, &shard->parts);
}

// ---- one shard ----------------------------------------------------------------------------------

static bool fill(pp_err *err, pp_claim_job *job, const pp_rv64_witness *w, const pp_vm_shard *shard,
                 const pp_prove_with *with) {
    const size_t half = sizeof shard->root[0].e;
    pp_rv64_publics(w, job->publics);
    if (memcmp(job->publics, shard->root[0].e, half) != 0 ||
        memcmp(job->publics + PP_DIGEST_LEN, shard->root[1].e, half) != 0)
        return pp_err_set(err, PP_EXIT_NO, "shard %llu does not lead from its root to its root",
                          (unsigned long long)shard->number);
    pp_rv64_rows(w, job->rows, with->machine, with->set->rounds[0].fold);
    if (pp_prove_layout(&job->layout, with->machine, job->rows, with->set) != PP_LAYOUT_OK)
        return pp_err_set(err, PP_EXIT_NO,
                          "shard %llu has %llu million cells, which are too many for the set %s",
                          (unsigned long long)shard->number,
                          (unsigned long long)job->layout.cells / 1000000, with->set->name);
    job->stack = calloc((size_t)1 << job->layout.log_cells, sizeof *job->stack);
    if (job->stack == NULL || !pp_rv64_fill(w, &job->layout, with->machine, job->stack, with->pool))
        return pp_err_set(err, PP_EXIT_USAGE, "prove: no memory for the trace");
    return true;
}

bool pp_claim_job_begin(pp_err *err, pp_claim_job *job, const pp_vm_shard *shard,
                        const pp_prove_with *with) {
    memset(job, 0, sizeof *job);
    double t0 = pp_prove_now();
    if (!pp_vm_trace(err, &job->trace, shard)) return false;
    double t1 = pp_prove_now();
    pp_rv64_witness *w = pp_rv64_witness_new(&job->trace, shard);
    bool ok = w != NULL ? fill(err, job, w, shard, with)
                        : pp_err_set(err, PP_EXIT_USAGE, "prove: no memory for the pages");
    pp_rv64_witness_free(w);
    pp_trace_free_steps(&job->trace);
    job->trace_time = t1 - t0;
    job->fill_time = pp_prove_now() - t1;
    if (!ok) pp_claim_job_end(job);
    return ok;
}

void pp_claim_job_end(pp_claim_job *job) {
    free(job->stack);
    pp_trace_free(&job->trace);
    memset(job, 0, sizeof *job);
}

bool pp_claim_job_prove(pp_err *err, uint8_t **out, size_t *size, const pp_claim_job *job,
                        pp_prove_times *times, const pp_prove_with *with) {
    const pp_prove_input input = {.machine = with->machine,
                                  .vm_id = with->vm_id,
                                  .set = with->set,
                                  .context = with->context,
                                  .rows = job->rows,
                                  .stack = job->stack,
                                  .publics = job->publics,
                                  .pool = with->pool,
                                  .times = times,
                                  .progress = with->progress,
                                  .progress_ctx = with->progress_ctx,
                                  .opening = with->opening,
                                  .opening_ctx = with->opening_ctx};
    return pp_prove_shard(err, out, size, &input);
}

bool pp_claim_job_finish(pp_err *err, uint8_t **out, size_t *size, pp_prove_report *report,
                         pp_claim_job *job, const pp_vm_shard *shard, const pp_prove_with *with) {
    pp_prove_report r = {.shards = 1,
                         .cycles = shard->cycles,
                         .pages = shard->pages_len,
                         .cells = job->layout.cells,
                         .log_cells = job->layout.log_cells,
                         .trace = job->trace_time,
                         .fill = job->fill_time};
    for (uint32_t t = 0; t < with->machine->tables_len; t++)
        r.interactions += (uint64_t)job->rows[t] * with->machine->tables[t].interactions_len;
    bool ok = pp_claim_job_prove(err, out, size, job, &r.parts, with);
    pp_claim_job_end(job);
    if (ok) r.bytes = *size;
    if (report != NULL) *report = r;
    return ok;
}

bool pp_prove_shard_of(pp_err *err, uint8_t **out, size_t *size, pp_prove_report *report,
                       const pp_vm_shard *shard, const pp_prove_with *with) {
    pp_claim_job job;
    return pp_claim_job_begin(err, &job, shard, with) &&
           pp_claim_job_finish(err, out, size, report, &job, shard, with);
}

// ---- the file -----------------------------------------------------------------------------------

static uint8_t *put_digest(uint8_t *at, const pp_digest *digest) {
    pp_digest_encode(at, digest);
    return at + PP_DIGEST_SIZE;
}

size_t pp_proof_head(uint8_t out[PP_PROOF_HEAD_MAX], pp_vm_plan *plan, const pp_program *program,
                     const pp_digest start[4], const pp_hash32 *context, uint32_t shards) {
    const pp_vm_result *result = pp_vm_plan_result(plan);
    static const char magic[] = PP_PROOF_MAGIC;
    uint64_t words[PP_PROOF_WORDS];
    pp_digest after[4];
    pp_vm_plan_state(plan, after, words, PP_PROOF_WORDS);
    memset(out, 0, PP_PROOF_HEAD_MAX);
    for (unsigned i = 0; i < 8; i++) out[i] = (uint8_t)magic[i];
    memcpy(out + 8, context->b, 32);
    pp_store_le64(out + 40, program->entry);
    uint8_t *at = put_digest(out + 48, &start[0]);
    at = put_digest(at, &start[2]);
    at = put_digest(at, &after[0]);
    at = put_digest(at, &after[1]);
    for (unsigned i = 0; i < PP_PROOF_WORDS; i++, at += 8) pp_store_le64(at, words[i]);
    pp_store_le32(at, result->output_size);
    pp_store_le32(at + 4, shards);
    memcpy(at + 8, result->output, result->output_size);
    return PP_PROOF_HEAD_SIZE + ((result->output_size + 7) & ~(size_t)7);
}

size_t pp_proof_shard_size(size_t size) {
    return 8 + ((size + 7) & ~(size_t)7);
}

uint8_t *pp_proof_put_shard(uint8_t *at, const uint8_t *shard, size_t size) {
    size_t all = pp_proof_shard_size(size);
    memset(at + all - 8, 0, 8);
    pp_store_le64(at, size);
    memcpy(at + 8, shard, size);
    return at + all;
}

typedef struct file {
    uint8_t *bytes;
    size_t size, max;
} file;

static bool append(pp_err *err, file *f, const uint8_t *shard, size_t size) {
    size_t more = pp_proof_shard_size(size);
    if (f->max - f->size < more) {
        size_t max = 2 * f->max + more;
        void *bigger = realloc(f->bytes, max);
        if (bigger == NULL)
            return pp_err_set(err, PP_EXIT_USAGE, "prove: no memory for the proof file");
        f->bytes = bigger;
        f->max = max;
    }
    f->size = (size_t)(pp_proof_put_shard(f->bytes + f->size, shard, size) - f->bytes);
    return true;
}

typedef struct whole {
    pp_vm_plan *plan;
    file file;         // begins with room for a head
    double first_plan; // seconds of the first shard's; the others' are waited for with their traces
} whole;

static bool next_of_plan(void *ctx, pp_err *err, pp_vm_shard *shard) {
    whole *w = ctx;
    double begin = pp_prove_now();
    bool more = pp_vm_plan_next(err, w->plan, shard);
    if (more && shard->number == 0) w->first_plan = pp_prove_now() - begin;
    return more;
}

static bool append_shard(void *ctx, pp_err *err, const pp_vm_shard *shard, const uint8_t *bytes,
                         size_t size) {
    whole *w = ctx;
    (void)shard;
    return append(err, &w->file, bytes, size);
}

bool pp_prove_claim(pp_err *err, uint8_t **out, size_t *size, pp_vm_result *result,
                    pp_prove_report *report, const pp_prove_claim_input *in) {
    pp_shard_limits limits;
    pp_digest start[4];
    whole w = {.file = {.size = PP_PROOF_HEAD_MAX, .max = PP_PROOF_HEAD_MAX}};
    pp_err inner = {0};
    *report = (pp_prove_report){0};
    memset(result, 0, sizeof *result);
    pp_prove_limits(&limits, &in->with);
    file *f = &w.file;
    f->bytes = malloc(f->max);
    w.plan = pp_vm_plan_new(&inner, in->program, in->input, in->options, &limits);
    bool ok = w.plan != NULL;
    if (ok && f->bytes == NULL)
        ok = pp_err_set(&inner, PP_EXIT_USAGE, "prove: no memory for the proof file");
    if (ok) {
        const pp_prove_stream stream = {&w, next_of_plan, append_shard};
        pp_vm_plan_state(w.plan, start, NULL, 0);
        ok = pp_prove_stream_run(&inner, report, &stream, &in->with);
        report->plan = w.first_plan;
        report->trace -= w.first_plan;
        *result = *pp_vm_plan_result(w.plan);
    }
    if (ok) {
        uint8_t head[PP_PROOF_HEAD_MAX];
        size_t head_size = pp_proof_head(head, w.plan, in->program, start, in->with.context,
                                         (uint32_t)report->shards);
        size_t gap = PP_PROOF_HEAD_MAX - head_size;
        memmove(f->bytes + head_size, f->bytes + PP_PROOF_HEAD_MAX, f->size - PP_PROOF_HEAD_MAX);
        memcpy(f->bytes, head, head_size);
        *out = f->bytes;
        *size = f->size - gap;
    } else {
        free(f->bytes);
        if (err != NULL) *err = inner;
    }
    pp_vm_plan_free(w.plan);
    return ok;
}
