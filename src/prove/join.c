// SPDX-License-Identifier: MIT OR Apache-2.0
// A folder of shards and proofs: checked, joined, proven whole.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prove/now.h"
#include "prove/work.h"

// ---- checking -----------------------------------------------------------------------------------

// A verifier for the work's shards, with its memory.
typedef struct checker {
    const pp_machine *machine;
    pp_verify_policy policy;
    void *memory;
    size_t size;
} checker;

static bool checker_new(pp_err *err, checker *c, const pp_work *w, const pp_machine *machine) {
    *c = (checker){.machine = machine};
    c->policy = (pp_verify_policy){.machines = &c->machine,
                                   .vm_ids = &w->vm_id,
                                   .machines_len = 1,
                                   .sets = &w->set,
                                   .sets_len = 1,
                                   .log_cells_max = PP_PCS_LOG_CELLS_MAX};
    c->size = pp_verify_work_size(&c->policy);
    c->memory = malloc(c->size);
    return c->memory != NULL || pp_err_set(err, PP_EXIT_USAGE, "no memory to verify in");
}

// The proof of one shard, by the verifier: is it there, and does it lead from the shard's root to
// its root?
static bool proof_stands(checker *c, const pp_work *w, uint32_t number) {
    char path[PP_WORK_PATH_MAX];
    uint8_t *bytes;
    size_t size;
    pp_vm_shard shard;
    const pp_pcs_params *set;
    pp_hash32 context;
    pp_verifier v;
    if (!pp_file_read(NULL, &bytes, &size, pp_work_path(path, w, number, true), PP_PROOF_SHARD_MAX))
        return false;
    bool ok = pp_verify_begin(&v, &c->policy, &w->context, c->memory, c->size) == PP_VERIFY_OK &&
              pp_verify_shard(&v, bytes, size) == PP_VERIFY_OK;
    free(bytes);
    if (!ok || !pp_work_read_shard(NULL, &shard, &set, &context,
                                   pp_work_path(path, w, number, false), &w->vm_id))
        return false;
    const size_t half = sizeof shard.root[0].e;
    ok = shard.number == number && memcmp(v.publics, shard.root[0].e, half) == 0 &&
         memcmp(v.publics + PP_DIGEST_LEN, shard.root[1].e, half) == 0;
    pp_vm_shard_free(&shard);
    return ok;
}

bool pp_work_missing(pp_err *err, const pp_work *w, const pp_machine *machine,
                     void (*missing)(void *ctx, uint32_t number), void *ctx) {
    checker c;
    if (!checker_new(err, &c, w, machine)) return false;
    for (uint32_t i = 0; i < w->shards; i++)
        if (!proof_stands(&c, w, i)) missing(ctx, i);
    free(c.memory);
    return true;
}

// ---- joining ------------------------------------------------------------------------------------

static bool put_shard(pp_err *err, pp_file_out *out, uint64_t *total, const uint8_t *bytes,
                      size_t size) {
    size_t all = pp_proof_shard_size(size);
    uint8_t *record = malloc(all);
    if (record == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory for a shard's proof");
    (void)pp_proof_put_shard(record, bytes, size);
    bool ok = pp_file_put(err, out, record, all);
    free(record);
    *total += all;
    return ok;
}

static bool join_shard(pp_err *err, pp_file_out *out, uint64_t *total, pp_claim_verifier *c,
                       const pp_work *w, uint32_t number) {
    char path[PP_WORK_PATH_MAX];
    uint8_t *bytes;
    size_t size;
    struct stat st;
    pp_work_path(path, w, number, true);
    if (stat(path, &st) != 0 && errno == ENOENT)
        return pp_err_set(err, PP_EXIT_NO, "%s is missing: shard %u of %u is not proven", path,
                          number + 1, w->shards);
    if (!pp_file_read(err, &bytes, &size, path, PP_PROOF_SHARD_MAX)) {
        // What is too large is no proof.
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > PP_PROOF_SHARD_MAX)
            err->exit_code = PP_EXIT_NO;
        return false;
    }
    pp_claim_status status = pp_claim_shard(c, bytes, size);
    bool ok = status == PP_CLAIM_PROVEN ||
              pp_err_set(err, PP_EXIT_NO, "%s: %s", path,
                         status == PP_CLAIM_SHARD ? pp_verify_status_text(c->shard)
                                                  : pp_claim_status_text(status));
    ok = ok && put_shard(err, out, total, bytes, size);
    free(bytes);
    return ok;
}

static bool join(pp_err *err, pp_file_out *out, uint64_t *total, const pp_work *w, checker *k) {
    pp_claim_verifier c;
    pp_claim claim;
    pp_claim_status status =
        pp_claim_begin(&c, &k->policy, w->head, w->head_size, k->memory, k->size);
    if (!pp_file_put(err, out, w->head, w->head_size)) return false;
    *total = w->head_size;
    for (uint32_t i = 0; i < w->shards && status == PP_CLAIM_PROVEN; i++)
        if (!join_shard(err, out, total, &c, w, i)) return false;
    if (status == PP_CLAIM_PROVEN) status = pp_claim_end(&claim, &c);
    return status == PP_CLAIM_PROVEN ||
           pp_err_set(err, PP_EXIT_NO, "%s: %s", w->dir, pp_claim_status_text(status));
}

bool pp_work_join(pp_err *err, const pp_work *w, const char *proof_path, uint64_t *proof_size,
                  const pp_machine *machine) {
    checker k;
    pp_file_out out;
    pp_err inner = {0};
    if (!checker_new(err, &k, w, machine)) return false;
    bool ok = pp_file_begin(&inner, &out, proof_path, 0644);
    if (ok) {
        ok = join(&inner, &out, proof_size, w, &k);
        // A failed put has dropped the file itself.
        if (ok)
            ok = pp_file_end(&inner, &out);
        else if (out.fd >= 0)
            pp_file_drop(&out);
    }
    free(k.memory);
    if (!ok && err != NULL) *err = inner;
    return ok;
}

// ---- all of it ----------------------------------------------------------------------------------

typedef struct whole {
    const pp_work *work;
    const pp_work_watch *watch;
    checker check;
    uint32_t next;   // to be looked at: of the thread that reads
    uint32_t proven; // up to here: of the caller's thread
} whole;

// Shards are of one size but the last, so a shard's share is the run's.
static void on_share(void *ctx, double share) {
    const whole *w = ctx;
    if (w->watch != NULL && w->watch->progress != NULL)
        w->watch->progress(w->watch->ctx, w->work, (w->proven + share) / w->work->shards);
}

// The next shard that has no proof that stands; so one that was damaged is made again.
static bool next_missing(void *ctx, pp_err *err, pp_vm_shard *shard) {
    whole *w = ctx;
    const pp_pcs_params *set;
    pp_hash32 context;
    char path[PP_WORK_PATH_MAX];
    while (w->next < w->work->shards && proof_stands(&w->check, w->work, w->next)) w->next++;
    if (w->next >= w->work->shards) return false;
    pp_work_path(path, w->work, w->next++, false);
    return pp_work_read_shard(err, shard, &set, &context, path, &w->work->vm_id);
}

static bool write_proof(void *ctx, pp_err *err, const pp_vm_shard *shard, const uint8_t *bytes,
                        size_t size) {
    whole *w = ctx;
    char path[PP_WORK_PATH_MAX];
    pp_work_path(path, w->work, (uint32_t)shard->number, true);
    w->proven = (uint32_t)shard->number + 1;
    on_share(w, 0);
    return pp_file_write(err, path, bytes, size, 0644);
}

static bool prove_missing(pp_err *err, pp_prove_report *sum, const pp_work *work,
                          const pp_prove_with *with, const pp_work_watch *watch) {
    whole w = {.work = work, .watch = watch};
    const pp_prove_stream stream = {&w, next_missing, write_proof};
    pp_prove_with mine = *with;
    mine.progress = on_share;
    mine.progress_ctx = &w;
    if (!checker_new(err, &w.check, work, with->machine)) return false;
    bool ok = pp_prove_stream_run(err, sum, &stream, &mine);
    free(w.check.memory);
    return ok;
}

// Taken until the descriptor is closed, or the process ends however it does. −1 with *err.
static int lock(pp_err *err, const char *dir) {
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)) return fd;
    if (fd >= 0)
        pp_err_set(err, PP_EXIT_USAGE, "%s: another process is at work in it", dir);
    else
        pp_err_set(err, PP_EXIT_USAGE, "%s: %s", dir, strerror(errno));
    if (fd >= 0) close(fd);
    return -1;
}

static bool prove_whole(pp_err *err, const char *proof_path, uint64_t *proof_size,
                        pp_prove_report *report, pp_work *work, const char *dir,
                        const pp_prove_claim_input *in, const pp_work_watch *watch) {
    pp_vm_result result;
    double begin = pp_prove_now();
    if (!pp_work_plan(err, work, dir, &result, in, NULL, NULL)) return false;
    double planned = pp_prove_now() - begin;
    if (watch != NULL && watch->planned != NULL) watch->planned(watch->ctx, work);
    if (!prove_missing(err, report, work, &in->with, watch)) return false;
    report->plan = planned;
    return pp_work_join(err, work, proof_path, proof_size, in->with.machine);
}

bool pp_work_whole(pp_err *err, const char *proof_path, uint64_t *proof_size,
                   pp_prove_report *report, const char *dir, const pp_prove_claim_input *in,
                   const pp_work_watch *watch) {
    pp_work work = {0};
    *report = (pp_prove_report){0};
    bool there = access(dir, F_OK) == 0;
    if (!pp_file_can_write(err, proof_path) || !pp_folder_make(err, dir, 0700)) return false;
    int fd = lock(err, dir);
    if (fd < 0) return false;
    bool ok = prove_whole(err, proof_path, proof_size, report, &work, dir, in, watch);
    // A run that cannot be cut leaves nothing behind.
    if (ok || (!there && work.head_size == 0)) pp_work_remove(&work);
    close(fd);
    return ok;
}
