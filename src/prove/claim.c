// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/claim.h"

#include <stdlib.h>
#include <time.h>

#include "verify/claim.h"
#include "vm/memtree.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool pp_claim_job_begin(pp_err *err, pp_claim_job *job, pp_vm_result *result,
                        const pp_prove_claim_input *in) {
    memset(job, 0, sizeof *job);
    if (!pp_vm_trace(err, &job->trace, result, in->program, in->input, in->options)) return false;
    if (!pp_vm_ok(result)) {
        char text[PP_VM_DESCRIBE_MAX];
        pp_trace_free(&job->trace);
        return pp_err_set(err, PP_EXIT_NO,
                          "only a run that halts with exit code 0 can be proven: %s",
                          pp_vm_describe(text, result));
    }
    job->witness = pp_rv64_witness_new(&job->trace, in->program, in->input);
    if (job->witness == NULL) {
        pp_claim_job_end(job);
        return pp_err_set(err, PP_EXIT_USAGE, "prove: no memory for the pages");
    }
    pp_rv64_rows(job->witness, job->rows, in->machine, in->set->rounds[0].fold);
    pp_layout_status status = pp_prove_layout(&job->layout, in->machine, job->rows, in->set);
    if (status != PP_LAYOUT_OK) {
        unsigned long long cells = job->layout.cells;
        pp_claim_job_end(job);
        return pp_err_set(
            err, PP_EXIT_NO,
            "the run needs %llu million cells; a shard of the set %s has 2^%u, and one "
            "shard is all this version proves",
            cells / 1000000, in->set->name, in->set->log_cells_max);
    }
    job->stack = calloc((size_t)1 << job->layout.log_cells, sizeof *job->stack);
    if (job->stack == NULL || !pp_rv64_fill(job->witness, &job->layout, in->machine, job->stack)) {
        pp_claim_job_end(job);
        return pp_err_set(err, PP_EXIT_USAGE, "prove: no memory for the trace");
    }
    pp_rv64_publics(job->witness, job->publics);
    return true;
}

void pp_claim_job_end(pp_claim_job *job) {
    free(job->stack);
    pp_rv64_witness_free(job->witness);
    pp_trace_free(&job->trace);
    memset(job, 0, sizeof *job);
}

static uint8_t *put_digest(uint8_t *at, const pp_digest *digest) {
    pp_digest_encode(at, digest);
    return at + PP_DIGEST_SIZE;
}

// Everything before the shard's size. The machine's page is the trace's.
static uint8_t *put_head(uint8_t *at, const pp_claim_job *job, const pp_vm_result *result,
                         const pp_prove_claim_input *in) {
    pp_digest program, input, after[2];
    pp_memtree_program(&program, in->program);
    pp_memtree_input(&input, in->input);
    pp_rv64_quarters(job->witness, &after[0], &after[1]);
    static const char magic[] = PP_PROOF_MAGIC;
    for (unsigned i = 0; i < 8; i++) at[i] = (uint8_t)magic[i];
    memcpy(at + 8, in->context->b, 32);
    pp_store_le64(at + 40, in->program->entry);
    at = put_digest(at + 48, &program);
    at = put_digest(at, &input);
    at = put_digest(at, &after[0]);
    at = put_digest(at, &after[1]);
    const uint32_t machine_page = (uint32_t)(PP_VM_MACHINE_START >> PP_VM_LOG_PAGE);
    size_t page = 0;
    while (job->trace.pages[page].index != machine_page) page++;
    memcpy(at, job->trace.pages[page].bytes, 8 * PP_PROOF_WORDS);
    at += 8 * PP_PROOF_WORDS;
    pp_store_le32(at, result->output_size);
    pp_store_le32(at + 4, 1);
    memcpy(at + 8, result->output, result->output_size);
    return at + 8 + ((result->output_size + 7) & ~7u);
}

bool pp_claim_job_prove(pp_err *err, uint8_t **out, size_t *size, const pp_claim_job *job,
                        const pp_vm_result *result, pp_prove_times *times,
                        const pp_prove_claim_input *in) {
    const pp_prove_input shard_input = {.machine = in->machine,
                                        .vm_id = in->vm_id,
                                        .set = in->set,
                                        .context = in->context,
                                        .rows = job->rows,
                                        .stack = job->stack,
                                        .publics = job->publics,
                                        .pool = in->pool,
                                        .times = times};
    uint8_t *shard;
    size_t shard_size;
    if (!pp_prove_shard(err, &shard, &shard_size, &shard_input)) return false;
    size_t most = PP_PROOF_HEAD_SIZE + PP_OUTPUT_MAX + 8 + shard_size + 8;
    uint8_t *bytes = calloc(1, most);
    if (bytes == NULL) {
        free(shard);
        return pp_err_set(err, PP_EXIT_USAGE, "prove: no memory for the proof file");
    }
    uint8_t *at = put_head(bytes, job, result, in);
    pp_store_le64(at, shard_size);
    memcpy(at + 8, shard, shard_size);
    free(shard);
    *out = bytes;
    *size = (size_t)(at - bytes) + 8 + ((shard_size + 7) & ~(size_t)7);
    return true;
}

bool pp_prove_claim(pp_err *err, uint8_t **out, size_t *size, pp_vm_result *result,
                    pp_prove_report *report, const pp_prove_claim_input *in) {
    pp_claim_job job;
    *report = (pp_prove_report){0};
    double t0 = now();
    if (!pp_claim_job_begin(err, &job, result, in)) return false;
    report->cycles = result->cycles;
    report->cells = job.layout.cells;
    report->log_cells = job.layout.log_cells;
    double t1 = now();
    report->fill = t1 - t0;
    if (in->begun != NULL) in->begun(in->begun_ctx, report);
    bool ok = pp_claim_job_prove(err, out, size, &job, result, &report->parts, in);
    report->prove = now() - t1;
    pp_claim_job_end(&job);
    return ok;
}
