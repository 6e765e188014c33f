// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/work.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash/keccak.h"
#include "prove/now.h"

enum {
    PREFIX = 8 + 8 + 32 + 32, // magic, set, vm_id, context
    CHECK = 32,               // Keccak-256 of all before it
    PLAN = PREFIX + 8 + PP_PROOF_HEAD_MAX + CHECK,
    PROOF_MAX = 16 << 20,
};
#define SHARD_FILE_MAX ((size_t)3 << 30)
static const char plan_magic[] = "ppplan\0\x01", shard_magic[] = "ppwork\0\x01";

// ---- files with a prefix and a check ------------------------------------------------------------

static void put_prefix(uint8_t *out, const char *magic, const pp_pcs_params *set,
                       const pp_hash32 *vm_id, const pp_hash32 *context) {
    memcpy(out, magic, 8);
    pp_store_le64(out + 8, set->id);
    memcpy(out + 16, vm_id->b, 32);
    memcpy(out + 48, context->b, 32);
}

static void put_check(uint8_t *bytes, size_t size) {
    pp_hash32 check;
    pp_keccak256(&check, bytes, size - CHECK);
    memcpy(bytes + size - CHECK, check.b, CHECK);
}

static const pp_pcs_params *set_of(uint64_t id) {
    for (size_t i = 0; pp_pcs_sets[i] != NULL; i++)
        if (pp_pcs_sets[i]->id == id) return pp_pcs_sets[i];
    return NULL;
}

static bool take_prefix(pp_err *err, const pp_pcs_params **set, pp_hash32 *vm_id,
                        pp_hash32 *context, const uint8_t *bytes, size_t size, const char *magic,
                        const char *path, const char *what) {
    pp_hash32 check;
    if (size < PREFIX + CHECK || memcmp(bytes, magic, 8) != 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: not %s of this version", path, what);
    pp_keccak256(&check, bytes, size - CHECK);
    if (memcmp(check.b, bytes + size - CHECK, CHECK) != 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: damaged or cut short", path);
    *set = set_of(pp_load_le64(bytes + 8));
    if (*set == NULL)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: a parameter set that this version lacks", path);
    memcpy(vm_id->b, bytes + 16, 32);
    memcpy(context->b, bytes + 48, 32);
    return true;
}

// ---- planning -----------------------------------------------------------------------------------

static void plan_path(char out[PP_WORK_PATH_MAX], const pp_work *w) {
    snprintf(out, PP_WORK_PATH_MAX, "%s/plan", w->dir);
}

char *pp_work_path(char out[PP_WORK_PATH_MAX], const pp_work *w, uint32_t number, bool proof) {
    snprintf(out, PP_WORK_PATH_MAX, "%s/%05" PRIu32 ".%s", w->dir, number,
             proof ? "proof" : "shard");
    return out;
}

static bool write_shard(pp_err *err, const pp_work *w, const pp_vm_shard *shard) {
    size_t inner = pp_vm_shard_size(shard), size = PREFIX + inner + CHECK;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory for a shard's file");
    put_prefix(bytes, shard_magic, w->set, &w->vm_id, &w->context);
    pp_vm_shard_encode(bytes + PREFIX, shard);
    put_check(bytes, size);
    char path[PP_WORK_PATH_MAX];
    bool ok = pp_file_write(err, pp_work_path(path, w, (uint32_t)shard->number, false), bytes, size,
                            0644);
    free(bytes);
    return ok;
}

static bool cut(pp_err *err, pp_work *w, const char *dir, pp_vm_plan *plan,
                pp_work_planned *planned, void *ctx) {
    pp_vm_shard shard;
    while (pp_vm_plan_next(err, plan, &shard)) {
        bool ok = w->shards < PP_VERIFY_SHARDS_MAX ||
                  pp_err_set(err, PP_EXIT_NO, "more shards than a proof may have, %d",
                             PP_VERIFY_SHARDS_MAX);
        ok = ok && (dir == NULL || write_shard(err, w, &shard));
        w->shards++;
        w->cycles += shard.cycles;
        if (ok && planned != NULL) planned(ctx, &shard);
        pp_vm_shard_free(&shard);
        if (!ok) return false;
    }
    return err->exit_code == 0;
}

static size_t encode_plan(uint8_t out[PLAN], const pp_work *w) {
    memset(out, 0, PLAN);
    put_prefix(out, plan_magic, w->set, &w->vm_id, &w->context);
    pp_store_le64(out + PREFIX, w->cycles);
    memcpy(out + PREFIX + 8, w->head, w->head_size);
    size_t size = PREFIX + 8 + w->head_size + CHECK;
    put_check(out, size);
    return size;
}

// Now the folder holds no plan, or this one.
static bool write_plan(pp_err *err, const pp_work *w) {
    uint8_t bytes[PLAN], *there;
    size_t size = encode_plan(bytes, w), there_size;
    char path[PP_WORK_PATH_MAX];
    plan_path(path, w);
    if (access(path, F_OK) != 0) return pp_file_write(err, path, bytes, size, 0644);
    if (!pp_file_read(err, &there, &there_size, path, PLAN)) return false;
    bool same = there_size == size && memcmp(there, bytes, size) == 0;
    free(there);
    return same || pp_err_set(err, PP_EXIT_USAGE,
                              "%s is the plan of another run or of other "
                              "shards; remove the folder, or take another",
                              path);
}

static bool set_dir(pp_err *err, pp_work *w, const char *dir) {
    size_t size = strlen(dir);
    if (size >= sizeof w->dir) return pp_err_set(err, PP_EXIT_USAGE, "%.40s…: too long", dir);
    memcpy(w->dir, dir, size + 1);
    return true;
}

bool pp_work_plan(pp_err *err, pp_work *w, const char *dir, pp_vm_result *result,
                  const pp_prove_claim_input *in, pp_work_planned *planned, void *ctx) {
    memset(w, 0, sizeof *w);
    w->vm_id = *in->with.vm_id;
    w->context = *in->with.context;
    w->set = in->with.set;
    if (dir != NULL && !set_dir(err, w, dir)) return false;
    if (dir != NULL && mkdir(dir, 0755) != 0 && errno != EEXIST)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot be made: %s", dir, strerror(errno));
    pp_shard_limits limits;
    pp_prove_limits(&limits, &in->with);
    pp_vm_plan *plan = pp_vm_plan_new(err, in->program, in->input, in->options, &limits);
    if (plan == NULL) return false;
    pp_digest start[4];
    pp_vm_plan_state(plan, start, NULL, 0);
    // A plan that is there is complete, with its shards: nothing is written before it is compared.
    char path[PP_WORK_PATH_MAX];
    plan_path(path, w);
    bool ok = cut(err, w, dir != NULL && access(path, F_OK) == 0 ? NULL : dir, plan, planned, ctx);
    *result = *pp_vm_plan_result(plan);
    if (ok)
        w->head_size =
            pp_proof_head(w->head, plan, in->program, start, in->with.context, w->shards);
    pp_vm_plan_free(plan);
    return ok && (dir == NULL || write_plan(err, w));
}

bool pp_work_read(pp_err *err, pp_work *w, const char *dir) {
    uint8_t *bytes;
    size_t size;
    char path[PP_WORK_PATH_MAX];
    memset(w, 0, sizeof *w);
    if (!set_dir(err, w, dir)) return false;
    plan_path(path, w);
    if (!pp_file_read(err, &bytes, &size, path, PLAN)) return false;
    bool ok = take_prefix(err, &w->set, &w->vm_id, &w->context, bytes, size, plan_magic, path,
                          "a plan of shards");
    size_t head = size - PREFIX - 8 - CHECK;
    if (ok && (size < PREFIX + 8 + CHECK || head > sizeof w->head ||
               pp_claim_head_size(bytes + PREFIX + 8, head) != head))
        ok = pp_err_set(err, PP_EXIT_USAGE, "%s: not a plan of shards of this version", path);
    if (ok) {
        w->cycles = pp_load_le64(bytes + PREFIX);
        w->head_size = head;
        memcpy(w->head, bytes + PREFIX + 8, head);
        w->shards = pp_load_le32(w->head + PP_PROOF_HEAD_SIZE - 4);
    }
    free(bytes);
    return ok;
}

// ---- proving ------------------------------------------------------------------------------------

bool pp_work_prove(pp_err *err, pp_prove_report *report, const char *shard_path,
                   const char *proof_path, const pp_prove_with *with) {
    uint8_t *bytes, *proof;
    size_t size, proof_size;
    pp_hash32 vm_id, context;
    pp_prove_with mine = *with;
    pp_vm_shard shard;
    if (!pp_file_read(err, &bytes, &size, shard_path, SHARD_FILE_MAX)) return false;
    bool ok = take_prefix(err, &mine.set, &vm_id, &context, bytes, size, shard_magic, shard_path,
                          "a shard to prove");
    if (ok && memcmp(vm_id.b, with->vm_id->b, sizeof vm_id.b) != 0)
        ok = pp_err_set(err, PP_EXIT_NO,
                        "%s: for another machine, which another version of polypoly proves",
                        shard_path);
    mine.context = &context;
    if (ok && !pp_vm_shard_decode(&shard, bytes + PREFIX, size - PREFIX - CHECK))
        ok = pp_err_set(err, PP_EXIT_USAGE, "%s: not a shard to prove of this version", shard_path);
    free(bytes);
    if (!ok) return false;
    ok = pp_prove_shard_of(err, &proof, &proof_size, report, &shard, &mine);
    pp_vm_shard_free(&shard);
    if (!ok) return false;
    ok = pp_file_write(err, proof_path, proof, proof_size, 0644);
    free(proof);
    return ok;
}

// ---- joining ------------------------------------------------------------------------------------

typedef struct joined {
    uint8_t *bytes;
    size_t size, max;
} joined;

static bool room_for(pp_err *err, joined *j, size_t more) {
    if (j->bytes != NULL && j->max - j->size >= more) return true;
    size_t max = 2 * j->max + more;
    void *bigger = realloc(j->bytes, max);
    if (bigger == NULL) {
        pp_err_set(err, PP_EXIT_USAGE, "no memory for the proof file");
        return false;
    }
    j->bytes = bigger;
    j->max = max;
    return true;
}

static bool join_shard(pp_err *err, joined *j, pp_claim_verifier *c, const pp_work *w,
                       uint32_t number) {
    char path[PP_WORK_PATH_MAX];
    uint8_t *bytes;
    size_t size;
    pp_work_path(path, w, number, true);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return pp_err_set(err, PP_EXIT_NO, "%s is missing: shard %u of %u is not proven", path,
                          number + 1, w->shards);
    if (!pp_file_read(err, &bytes, &size, path, PROOF_MAX)) return false;
    pp_claim_status status = pp_claim_shard(c, bytes, size);
    bool ok = status == PP_CLAIM_PROVEN;
    if (!ok)
        pp_err_set(err, PP_EXIT_NO, "%s: %s", path,
                   status == PP_CLAIM_SHARD ? pp_verify_status_text(c->shard)
                                            : pp_claim_status_text(status));
    ok = ok && room_for(err, j, pp_proof_shard_size(size));
    if (ok) j->size = (size_t)(pp_proof_put_shard(j->bytes + j->size, bytes, size) - j->bytes);
    free(bytes);
    return ok;
}

static bool join(pp_err *err, joined *j, const pp_work *w, const pp_verify_policy *policy,
                 void *work, size_t work_size) {
    pp_claim_verifier c;
    pp_claim claim;
    pp_claim_status status = pp_claim_begin(&c, policy, w->head, w->head_size, work, work_size);
    if (!room_for(err, j, w->head_size)) return false;
    memcpy(j->bytes, w->head, w->head_size);
    j->size = w->head_size;
    for (uint32_t i = 0; i < w->shards && status == PP_CLAIM_PROVEN; i++)
        if (!join_shard(err, j, &c, w, i)) return false;
    if (status == PP_CLAIM_PROVEN) status = pp_claim_end(&claim, &c);
    return status == PP_CLAIM_PROVEN ||
           pp_err_set(err, PP_EXIT_NO, "%s: %s", w->dir, pp_claim_status_text(status));
}

bool pp_work_join(pp_err *err, const pp_work *w, const char *proof_path, uint64_t *proof_size,
                  const pp_machine *machine) {
    const pp_verify_policy policy = {.machines = &machine,
                                     .vm_ids = &w->vm_id,
                                     .machines_len = 1,
                                     .sets = &w->set,
                                     .sets_len = 1,
                                     .log_cells_max = PP_PCS_LOG_CELLS_MAX};
    size_t work_size = pp_verify_work_size(&policy);
    void *work = malloc(work_size);
    joined j = {0};
    bool ok = work != NULL ? join(err, &j, w, &policy, work, work_size)
                           : pp_err_set(err, PP_EXIT_USAGE, "no memory to verify in");
    if (ok) ok = pp_file_write(err, proof_path, j.bytes, j.size, 0644);
    *proof_size = j.size;
    free(j.bytes);
    free(work);
    return ok;
}

void pp_work_remove(const pp_work *w) {
    char path[PP_WORK_PATH_MAX];
    // The plan first: while it is there, its shards are.
    plan_path(path, w);
    (void)unlink(path);
    for (uint32_t i = 0; i < w->shards; i++)
        for (int proof = 0; proof < 2; proof++) (void)unlink(pp_work_path(path, w, i, proof));
    (void)rmdir(w->dir);
}

// ---- all of it ----------------------------------------------------------------------------------

typedef struct whole {
    const pp_work *work;
    const pp_work_watch *watch;
    uint32_t shard;
} whole;

// Shards are of one size but the last, so a shard's share is the run's.
static void on_share(void *ctx, double share) {
    const whole *w = ctx;
    if (w->watch != NULL && w->watch->progress != NULL)
        w->watch->progress(w->watch->ctx, w->work, (w->shard + share) / w->work->shards);
}

static bool prove_missing(pp_err *err, pp_prove_report *sum, const pp_work *work,
                          const pp_prove_with *with, const pp_work_watch *watch) {
    whole w = {.work = work, .watch = watch};
    pp_prove_with mine = *with;
    mine.progress = on_share;
    mine.progress_ctx = &w;
    for (; w.shard < work->shards; w.shard++) {
        char shard[PP_WORK_PATH_MAX], proof[PP_WORK_PATH_MAX];
        pp_prove_report r;
        on_share(&w, 0);
        if (access(pp_work_path(proof, work, w.shard, true), F_OK) == 0) continue;
        if (!pp_work_prove(err, &r, pp_work_path(shard, work, w.shard, false), proof, &mine))
            return false;
        pp_prove_report_add(sum, &r);
    }
    return true;
}

bool pp_work_whole(pp_err *err, const char *proof_path, uint64_t *proof_size,
                   pp_prove_report *report, const char *dir, const pp_prove_claim_input *in,
                   const pp_work_watch *watch) {
    pp_work work;
    pp_vm_result result;
    *report = (pp_prove_report){0};
    bool there = access(dir, F_OK) == 0;
    double begin = pp_prove_now();
    if (!pp_work_plan(err, &work, dir, &result, in, NULL, NULL)) {
        if (!there) pp_work_remove(&work);
        return false;
    }
    report->plan = pp_prove_now() - begin;
    if (watch != NULL && watch->planned != NULL) watch->planned(watch->ctx, &work);
    if (!prove_missing(err, report, &work, &in->with, watch) ||
        !pp_work_join(err, &work, proof_path, proof_size, in->with.machine))
        return false;
    pp_work_remove(&work);
    return true;
}
