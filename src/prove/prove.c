// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/prove.h"

#include <stdlib.h>
#include <time.h>

#include "air/eval.h"
#include "prove/parts.h"
#include "transcript/grind.h"
#include "verify/plan.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void pp_prove_times_add(pp_prove_times *sum, const pp_prove_times *more) {
    sum->commit += more->commit;
    sum->grind += more->grind;
    sum->buses += more->buses;
    sum->tables += more->tables;
    sum->open += more->open;
}

pp_layout_status pp_prove_layout(pp_layout *out, const pp_machine *machine, const uint32_t *rows,
                                 const pp_pcs_params *set) {
    return pp_layout_make(out, machine, rows, set->rounds[0].fold, set->log_cells_min,
                          set->log_cells_max);
}

static size_t proof_size_max(const pp_shard_plan *plan, const pp_pcs_params *set) {
    size_t layers = plan->layout.log_rows + plan->log_leaves;
    size_t gkr = 2 + layers * 4 + layers * (layers + 1), zero = 3 * plan->layout.log_rows;
    return PP_SHARD_HEADER_SIZE + PP_EXT_SIZE * (gkr + zero + plan->columns_len) +
           sizeof(uint32_t) * ((size_t)plan->machine->publics_len + plan->machine->tables_len + 1) +
           pp_pcs_proof_size_max(set, plan->layout.log_cells);
}

// The fixed columns of used tables, row by row.
static void make_fixed(pp_job *job) {
    for (uint32_t i = 0; i < job->machine->tables_len; i++) {
        const pp_air_table *t = &job->machine->tables[i];
        if (t->fixed_len == 0 || job->plan->layout.rows[i] == 0) continue;
        size_t rows = (size_t)1 << t->log_fixed;
        job->fixed_stride[i] = rows;
        job->fixed[i] = pp_job_alloc(rows * t->fixed_len, sizeof(pp_fp));
        for (uint32_t f = 0; f < t->fixed_len; f++)
            for (size_t r = 0; r < rows; r++)
                job->fixed[i][f * rows + r] = pp_fixed_value(&t->fixed[f], (uint32_t)r);
    }
}

static void write_header(uint8_t *out, const pp_prove_input *in) {
    for (int i = 0; i < 8; i++) out[i] = (uint8_t)PP_SHARD_MAGIC[i];
    pp_store_le32(out + 8, in->set->id);
    pp_store_le32(out + 12, 0);
    memcpy(out + 16, in->vm_id->b, sizeof in->vm_id->b);
}

// What is said before the commitment: the statement, the public values, the heights.
static void begin(pp_job *job, const pp_prove_input *in) {
    pp_shard_absorb_statement(&job->t, in->vm_id, in->set->id, in->context);
    pp_transcript_send_fp(&job->t, "public values", in->publics, in->machine->publics_len);
    pp_fp rows[PP_AIR_TABLES_MAX];
    for (uint32_t i = 0; i < in->machine->tables_len; i++) rows[i] = pp_fp_from_u32(in->rows[i]);
    pp_transcript_send_fp(&job->t, "heights", rows, in->machine->tables_len);
}

static bool open_columns(pp_err *err, pp_job *job, pp_pcs_prover *pcs) {
    const pp_shard_plan *plan = job->plan;
    pp_ext gamma = pp_transcript_challenge_ext(&job->t, "opening");
    pp_pcs_term *terms = pp_job_alloc(pp_shard_terms_len(plan), sizeof *terms);
    pp_pcs_group group = {job->point, terms, pp_shard_terms_len(plan)};
    pp_ext target = pp_shard_terms(plan, job->point, job->columns, gamma, terms);
    bool ok = pp_pcs_open(err, pcs, &group, 1, target, &job->t);
    free(terms);
    return ok;
}

// The share that the time up to here usually is.
static void tell(const pp_prove_input *in, double share) {
    if (in->progress != NULL) in->progress(in->progress_ctx, share);
}

static bool prove(pp_err *err, pp_job *job, const pp_prove_input *in, pp_prove_times *times) {
    double t0 = now();
    begin(job, in);
    pp_pcs_prover *pcs =
        pp_pcs_commit(err, in->set, job->plan->layout.log_cells, in->stack, in->pool, &job->t);
    if (!pcs) return false;
    double t1 = now();
    tell(in, 0.25);
    pp_transcript_grind(&job->t, in->pool, "grinding", in->set->secure ? PP_GRIND_BUS_BITS : 0);
    double ground = now();
    pp_ext alpha = pp_transcript_challenge_ext(&job->t, "alpha");
    pp_ext beta = pp_transcript_challenge_ext(&job->t, "beta");
    pp_air_bus_challenges_set(&job->bus, alpha, beta);
    pp_job_buses(job);
    double t2 = now();
    tell(in, 0.6);
    pp_job_tables(job);
    double t3 = now();
    tell(in, 0.82);
    if (in->opening != NULL) in->opening(in->opening_ctx);
    bool ok = open_columns(err, job, pcs);
    double grinding = pp_pcs_prover_times(pcs)->grinding; // the opening's; the commitment has none
    pp_pcs_prover_free(pcs);
    *times = (pp_prove_times){.commit = t1 - t0,
                              .grind = ground - t1 + grinding,
                              .buses = t2 - ground,
                              .tables = t3 - t2,
                              .open = now() - t3 - grinding};
    return ok;
}

bool pp_prove_shard(pp_err *err, uint8_t **out, size_t *size, const pp_prove_input *in) {
    pp_shard_plan plan;
    pp_layout_status status =
        pp_shard_plan_make(&plan, in->machine, in->rows, in->set->rounds[0].fold,
                           in->set->log_cells_min, in->set->log_cells_max);
    if (status != PP_LAYOUT_OK)
        return pp_err_set(err, PP_EXIT_USAGE, "prove: %s",
                          status == PP_LAYOUT_CELLS
                              ? "the trace is too large for the parameter set"
                              : "the numbers of rows are not those of a shard");
    pp_job job = {.pool = in->pool,
                  .machine = in->machine,
                  .plan = &plan,
                  .stack = in->stack,
                  .publics = in->publics};
    size_t capacity = proof_size_max(&plan, in->set);
    uint8_t *bytes = malloc(capacity);
    if (!bytes) return pp_err_set(err, PP_EXIT_USAGE, "prove: no memory for the proof");
    job.tails = pp_job_alloc((size_t)plan.leaves_len + 1, sizeof(pp_ext));
    job.columns = pp_job_alloc((size_t)plan.columns_len + 1, sizeof(pp_ext));
    make_fixed(&job);
    write_header(bytes, in);
    pp_transcript_prove(&job.t, bytes + PP_SHARD_HEADER_SIZE, capacity - PP_SHARD_HEADER_SIZE);

    pp_prove_times times;
    bool ok = prove(err, &job, in, in->times ? in->times : &times);
    for (uint32_t i = 0; i < in->machine->tables_len; i++) free(job.fixed[i]);
    free(job.tails);
    free(job.columns);
    if (!ok) {
        free(bytes);
        return false;
    }
    *out = bytes;
    *size = PP_SHARD_HEADER_SIZE + pp_transcript_size(&job.t);
    return true;
}
