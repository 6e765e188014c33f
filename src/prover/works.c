// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/works.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

const pp_vm_options pp_works_limits = {.max_cycles = (uint64_t)1 << 32, .max_pages = 1 << 19};

bool pp_works_open(pp_err *err, pp_works *out, const char *dir, const pp_genesis *genesis,
                   size_t threads, uint64_t memory) {
    PP_ASSERT(genesis->check == PP_CHECK_PROOF);
    memset(out, 0, sizeof *out);
    if (snprintf(out->dir, sizeof out->dir, "%s/proofs", dir) >= (int)sizeof out->dir)
        return pp_err_set(err, PP_EXIT_USAGE, "%.40s…: path too long", dir);
    out->accepts = &genesis->proofs;
    out->set = genesis->proofs.sets[0];
    out->log_cells =
        memory ? pp_prove_log_cells_for(out->set, memory) : pp_prove_log_cells_default(out->set);
    if (out->log_cells == 0)
        return pp_err_set(
            err, PP_EXIT_USAGE, "the smallest shards of the set %s take %llu MiB of memory",
            out->set->name,
            (unsigned long long)(pp_prove_memory(out->set, PP_PROVE_LOG_CELLS_MIN) >> 20) + 1);
    if (!pp_proofs_open(err, &out->proofs, "genesis", genesis)) return false;
    out->pool = pp_threads_new(err, threads);
    if (out->pool == NULL) pp_proofs_close(&out->proofs);
    return out->pool != NULL;
}

void pp_works_close(pp_works *works) {
    pp_proofs_close(&works->proofs);
    if (works->pool != NULL) pp_threads_free(works->pool);
    works->pool = NULL;
}

// ---- one proof ----------------------------------------------------------------------------------

// DIR/context.proof, or DIR/context.work: contexts differ by request and by prover.
static char *path_of(char out[PP_WORK_PATH_MAX], const pp_works *works, const pp_hash32 *context,
                     const char *what) {
    char hex[2 * sizeof context->b + 1];
    pp_hex_encode(hex, context->b, sizeof context->b);
    snprintf(out, PP_WORK_PATH_MAX, "%s/%s.%s", works->dir, hex, what);
    return out;
}

static pp_prove_with with_of(const pp_works *works, const pp_hash32 *context) {
    return (pp_prove_with){.machine = works->proofs.machine.machine,
                           .vm_id = &works->proofs.machine.vm_id,
                           .set = works->set,
                           .context = context,
                           .log_cells = works->log_cells,
                           .pool = works->pool};
}

// The proof in a file: *proof stays NULL when there is none, or one that is not this claim's.
static bool take(pp_err *err, uint8_t **proof, size_t *size, const pp_works *works,
                 const pp_claim *claim, const char *path, const char **why) {
    *proof = NULL;
    *why = "there is no file";
    if (access(path, F_OK) != 0) return true;
    if (!pp_file_read(err, proof, size, path, PP_BLOCK_BYTES_MAX)) return false;
    *why = pp_proofs_refuse(&works->proofs, claim, (pp_bytes){*proof, *size});
    if (*why == NULL) return true;
    free(*proof);
    *proof = NULL;
    return true;
}

typedef struct making {
    const pp_works *works;
    const pp_claim *claim;
} making;

static void on_share(void *ctx, const pp_work *work, double share) {
    const making *m = ctx;
    (void)work;
    if (m->works->on_progress) m->works->on_progress(m->works->progress_ctx, m->claim, share);
}

// A run that was cut for shards of another size is of no use now.
static void drop_other(const pp_works *works, const char *dir) {
    pp_work there;
    pp_err err;
    if (pp_work_read(&err, &there, dir) &&
        (there.log_cells != works->log_cells || there.set != works->set ||
         !pp_hash32_eq(&there.vm_id, &works->proofs.machine.vm_id)))
        pp_work_remove(&there);
}

static bool make(pp_err *err, const pp_works *works, const pp_guest *guest, const pp_claim *claim,
                 pp_bytes input, const char *path) {
    char dir[PP_WORK_PATH_MAX];
    pp_prove_report report;
    uint64_t size;
    making m = {works, claim};
    pp_work_watch watch = {&m, NULL, on_share};
    pp_prove_claim_input in = {
        .with = with_of(works, &claim->context), .program = &guest->program, .input = input};
    if (mkdir(works->dir, 0755) != 0 && errno != EEXIST)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot be made: %s", works->dir,
                          strerror(errno));
    drop_other(works, path_of(dir, works, &claim->context, "work"));
    return pp_work_whole(err, path, &size, &report, dir, &in, &watch);
}

bool pp_works_prove(pp_err *err, uint8_t **proof, size_t *size, pp_works *works,
                    const pp_guest *guest, const pp_claim *claim, pp_bytes input) {
    char path[PP_WORK_PATH_MAX];
    const char *why;
    path_of(path, works, &claim->context, "proof");
    if (!take(err, proof, size, works, claim, path, &why)) return false;
    if (*proof != NULL) return true;
    if (!make(err, works, guest, claim, input, path) ||
        !take(err, proof, size, works, claim, path, &why))
        return false;
    return *proof != NULL ||
           pp_err_set(err, PP_EXIT_USAGE, "%s: the proof that was made is not accepted: %s", path,
                      why);
}

void pp_works_forget(const pp_works *works, const pp_hash32 *context) {
    char path[PP_WORK_PATH_MAX];
    (void)unlink(path_of(path, works, context, "proof"));
    (void)rmdir(works->dir);
}

// ---- how much, how fast -----------------------------------------------------------------------

bool pp_works_fit(pp_err *err, pp_fit *out, const pp_works *works, const pp_guest *guest,
                  pp_bytes input) {
    return pp_fit_run(err, out, works->accepts, works->proofs.machine.machine, &guest->program,
                      input, &pp_works_limits, works->log_cells);
}

bool pp_works_count(pp_err *err, uint64_t *work, const pp_works *works, const pp_guest *guest,
                    pp_bytes input) {
    pp_prove_cost cost;
    if (!pp_prove_cost_count(err, &cost, works->proofs.machine.machine, &guest->program, input,
                             &pp_works_limits))
        return false;
    *work = pp_prove_cost_work(&cost);
    return true;
}

bool pp_works_measure(pp_err *err, uint64_t *ps_per_work, const pp_works *works,
                      const pp_guest *guest, pp_bytes input) {
    const pp_hash32 nobody = {{0}};
    pp_prove_with with = with_of(works, &nobody);
    if (with.log_cells > PP_WORKS_MEASURE_LOG_CELLS) with.log_cells = PP_WORKS_MEASURE_LOG_CELLS;
    pp_shard_limits limits;
    pp_vm_shard shard;
    pp_prove_limits(&limits, &with);
    pp_err inner = {0};
    pp_vm_plan *plan = pp_vm_plan_new(&inner, &guest->program, input, NULL, &limits);
    bool ok = plan != NULL && pp_vm_plan_next(&inner, plan, &shard);
    if (ok) {
        uint8_t *proof;
        size_t size;
        uint64_t begin = pp_clock_ns();
        ok = pp_prove_shard_of(&inner, &proof, &size, NULL, &shard, &with);
        uint64_t ps = 1000 * (pp_clock_ns() - begin) / pp_prove_shard_work(with.machine, &shard);
        if (ok) {
            *ps_per_work = ps > 0 ? ps : 1;
            free(proof);
        }
        pp_vm_shard_free(&shard);
    }
    pp_vm_plan_free(plan);
    if (!ok) *err = inner;
    return ok;
}
