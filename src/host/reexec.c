// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/reexec.h"

#include "host/clock.h"

void pp_reexec_init(pp_reexec *reexec) {
    memset(reexec, 0, sizeof *reexec);
    pp_guest_batch(&reexec->batch);
}

bool pp_reexec_knows(pp_err *err, const pp_reexec *reexec, const char *name,
                     const pp_genesis *genesis) {
    static const char way_out[] = "made by another version of this program; use that version, or "
                                  "another directory";
    pp_hash32 vm_id;
    pp_vm_id(&vm_id);
    if (!pp_hash32_eq(&vm_id, &genesis->vm_id))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: vm_id: a machine that is not known here: %s",
                          name, way_out);
    for (size_t i = 0; i < genesis->rollups_len; i++)
        if (!pp_hash32_eq(&reexec->batch.id, &genesis->rollups[i].program_id))
            return pp_err_set(err, PP_EXIT_USAGE,
                              "%s: rollups[%zu].program_id: a guest that is not known here: %s",
                              name, i, way_out);
    return true;
}

// Runs the program and tells the watcher. False with *err when the environment failed.
static bool run(pp_err *err, bool *agrees, pp_reexec *reexec, bool preflight, pp_bytes input,
                pp_bytes output) {
    pp_reexec_run r = {.preflight = preflight, .output = output};
    pp_vm_options options = {.max_cycles = PP_REEXEC_CYCLES_MAX};
    uint64_t begin = pp_clock_ns();
    if (!pp_vm_run(err, &r.result, &reexec->batch.program, input, &options)) return false;
    r.ns = pp_clock_ns() - begin;
    r.agrees = pp_vm_ok(&r.result) && r.result.output_size == output.size &&
               memcmp(r.result.output, output.data, output.size) == 0;
    if (reexec->on_run) reexec->on_run(reexec->run_ctx, &r);
    *agrees = r.agrees;
    return true;
}

static bool check(void *ctx, const pp_claim *claim, pp_bytes proof) {
    pp_reexec *reexec = ctx;
    pp_hash32 vm_id;
    pp_vm_id(&vm_id);
    pp_bytes input;
    if (proof.size != 0 || !pp_hash32_eq(&vm_id, &claim->vm_id) ||
        !pp_hash32_eq(&reexec->batch.id, &claim->program_id) ||
        !pp_chain_input(&input, reexec->chain, &claim->input_id))
        return false;
    bool agrees = false;
    pp_err err;
    if (run(&err, &agrees, reexec, false, input, (pp_bytes){claim->output, claim->output_size}))
        return agrees;
    if (reexec->failed.exit_code == 0) reexec->failed = err;
    return false;
}

static bool preflight(void *ctx, pp_err *err, const pp_hash32 *program_id, pp_bytes input,
                      pp_bytes output) {
    pp_reexec *reexec = ctx;
    bool agrees = false;
    err->exit_code = 0;
    if (!pp_hash32_eq(&reexec->batch.id, program_id)) return false;
    return run(err, &agrees, reexec, true, input, output) && agrees;
}

void pp_reexec_env(pp_chain_env *env, pp_reexec *reexec, pp_store *store) {
    *env = (pp_chain_env){.ctx = reexec, .check = check, .preflight = preflight, .store = store};
}
