// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prove/work.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hash/keccak.h"

enum {
    PREFIX = 8 + 8 + 32 + 32, // magic, set, vm_id, context
    CHECK = 32,               // Keccak-256 of all before it
    PLAN_HEAD = PREFIX + 16,  // and cycles, log_cells; the head follows
    PLAN = PLAN_HEAD + PP_PROOF_HEAD_MAX + CHECK,
};
#define SHARD_FILE_MAX ((size_t)3 << 30)
static const char plan_magic[] = "ppplan\0\x02", shard_magic[] = "ppwork\0\x01";

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

// Does the file hold these very bytes? One that cannot be read does not.
static bool holds(const char *path, const uint8_t *bytes, size_t size) {
    uint8_t *there;
    size_t there_size;
    if (!pp_file_read(NULL, &there, &there_size, path, size)) return false;
    bool same = there_size == size && memcmp(there, bytes, size) == 0;
    free(there);
    return same;
}

// A shard file shows what the run has in memory: nobody else's to read.
static bool write_shard(pp_err *err, const pp_work *w, const pp_vm_shard *shard) {
    size_t inner = pp_vm_shard_size(shard), size = PREFIX + inner + CHECK;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory for a shard's file");
    put_prefix(bytes, shard_magic, w->set, &w->vm_id, &w->context);
    pp_vm_shard_encode(bytes + PREFIX, shard);
    put_check(bytes, size);
    char path[PP_WORK_PATH_MAX];
    pp_work_path(path, w, (uint32_t)shard->number, false);
    bool ok = holds(path, bytes, size) || pp_file_write(err, path, bytes, size, 0600);
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

static bool write_plan(pp_err *err, const pp_work *w) {
    uint8_t bytes[PLAN] = {0};
    char path[PP_WORK_PATH_MAX];
    put_prefix(bytes, plan_magic, w->set, &w->vm_id, &w->context);
    pp_store_le64(bytes + PREFIX, w->cycles);
    pp_store_le64(bytes + PREFIX + 8, w->log_cells);
    memcpy(bytes + PLAN_HEAD, w->head, w->head_size);
    size_t size = PLAN_HEAD + w->head_size + CHECK;
    put_check(bytes, size);
    plan_path(path, w);
    return holds(path, bytes, size) || pp_file_write(err, path, bytes, size, 0644);
}

// The number of a shard's file or proof by its name, or of a temporary one of either; −1 for the
// names of others.
static int64_t number_of(const char *name, bool *temporary) {
    size_t digits = strspn(name, "0123456789"), size = strlen(name);
    const char *rest = name + digits;
    *temporary = size > 4 && strcmp(name + size - 4, ".tmp") == 0;
    if (strncmp(name, "plan.", 5) == 0 && *temporary) return 0;
    if (digits < 5 || digits > 9) return -1;
    static const char *const kinds[] = {".shard", ".proof"};
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        size_t len = strlen(kinds[i]);
        if (strncmp(rest, kinds[i], len) == 0 &&
            (rest[len] == 0 || (rest[len] == '.' && *temporary)))
            return strtol(name, NULL, 10);
    }
    return -1;
}

// Removes files of shards from number `first` on; and all temporary ones, if they are nobody's.
static void sweep(const pp_work *w, uint32_t first, bool temporary_ones) {
    DIR *dir = opendir(w->dir);
    if (dir == NULL) return;
    int fd = dirfd(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        bool temporary;
        int64_t number = number_of(e->d_name, &temporary);
        if (fd >= 0 && number >= 0 && (temporary ? temporary_ones : number >= first))
            (void)unlinkat(fd, e->d_name, 0);
    }
    closedir(dir);
}

static bool set_dir(pp_err *err, pp_work *w, const char *dir) {
    size_t size = strlen(dir);
    if (size >= sizeof w->dir) return pp_err_set(err, PP_EXIT_USAGE, "%.40s…: too long", dir);
    memcpy(w->dir, dir, size + 1);
    return true;
}

// All of the plan that is known before the run has been executed: what follows is the same, too.
static bool same_run(const pp_work *w, const uint8_t *head, const pp_work *there) {
    const size_t known = PP_PROOF_HEAD_SIZE - 8 - 8 * PP_PROOF_WORDS - 2 * PP_DIGEST_SIZE;
    return there->set == w->set && there->log_cells == w->log_cells &&
           memcmp(&there->vm_id, &w->vm_id, sizeof w->vm_id) == 0 &&
           memcmp(&there->context, &w->context, sizeof w->context) == 0 &&
           memcmp(there->head, head, known) == 0;
}

// The folder holds no plan, or this run's.
static bool no_other_plan(pp_err *err, const pp_work *w, const char *dir, pp_vm_plan *plan,
                          const pp_prove_claim_input *in, const pp_digest start[4]) {
    pp_work there;
    char path[PP_WORK_PATH_MAX];
    uint8_t head[PP_PROOF_HEAD_MAX];
    plan_path(path, w);
    if (access(path, F_OK) != 0 && errno == ENOENT) return true;
    if (!pp_work_read(err, &there, dir)) return false;
    (void)pp_proof_head(head, plan, in->program, start, in->with.context, 1);
    return same_run(w, head, &there) || pp_err_set(err, PP_EXIT_USAGE,
                                                   "%s is the plan of another run or of other "
                                                   "shards; remove the folder, or take another",
                                                   path);
}

bool pp_work_plan(pp_err *err, pp_work *w, const char *dir, pp_vm_result *result,
                  const pp_prove_claim_input *in, pp_work_planned *planned, void *ctx) {
    memset(w, 0, sizeof *w);
    w->vm_id = *in->with.vm_id;
    w->context = *in->with.context;
    w->set = in->with.set;
    w->log_cells =
        in->with.log_cells ? in->with.log_cells : pp_prove_log_cells_default(in->with.set);
    if (dir != NULL && (!set_dir(err, w, dir) || !pp_folder_make(err, dir, 0700))) return false;
    pp_shard_limits limits;
    pp_prove_limits(&limits, &in->with);
    pp_vm_plan *plan = pp_vm_plan_new(err, in->program, in->input, in->options, &limits);
    if (plan == NULL) return false;
    pp_digest start[4];
    pp_vm_plan_state(plan, start, NULL, 0);
    // Where a run's shards begin and end depends on nothing but what is compared here, so files of
    // the same plan that were lost or damaged may be written again.
    bool ok = (dir == NULL || no_other_plan(err, w, dir, plan, in, start)) &&
              cut(err, w, dir, plan, planned, ctx);
    *result = *pp_vm_plan_result(plan);
    if (ok)
        w->head_size =
            pp_proof_head(w->head, plan, in->program, start, in->with.context, w->shards);
    pp_vm_plan_free(plan);
    if (!ok || dir == NULL) return ok;
    sweep(w, w->shards, false);
    return write_plan(err, w);
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
    size_t head = size - PLAN_HEAD - CHECK;
    if (ok && (size < PLAN_HEAD + CHECK || head > sizeof w->head ||
               pp_claim_head_size(bytes + PLAN_HEAD, head) != head))
        ok = pp_err_set(err, PP_EXIT_USAGE, "%s: not a plan of shards of this version", path);
    if (ok) {
        w->cycles = pp_load_le64(bytes + PREFIX);
        w->log_cells = (uint32_t)pp_load_le64(bytes + PREFIX + 8);
        w->head_size = head;
        memcpy(w->head, bytes + PLAN_HEAD, head);
        w->shards = pp_load_le32(w->head + PP_PROOF_HEAD_SIZE - 4);
    }
    free(bytes);
    return ok;
}

// ---- proving ------------------------------------------------------------------------------------

bool pp_work_read_shard(pp_err *err, pp_vm_shard *shard, const pp_pcs_params **set,
                        pp_hash32 *context, const char *path, const pp_hash32 *machine) {
    uint8_t *bytes;
    size_t size;
    pp_hash32 vm_id;
    if (!pp_file_read(err, &bytes, &size, path, SHARD_FILE_MAX)) return false;
    bool ok =
        take_prefix(err, set, &vm_id, context, bytes, size, shard_magic, path, "a shard to prove");
    if (ok && memcmp(vm_id.b, machine->b, sizeof vm_id.b) != 0)
        ok = pp_err_set(err, PP_EXIT_NO,
                        "%s: for another machine, which another version of polypoly proves", path);
    if (ok && !pp_vm_shard_decode(shard, bytes + PREFIX, size - PREFIX - CHECK))
        ok = pp_err_set(err, PP_EXIT_USAGE, "%s: not a shard to prove of this version", path);
    free(bytes);
    return ok;
}

bool pp_work_prove(pp_err *err, pp_prove_report *report, const char *shard_path,
                   const char *proof_path, const pp_prove_with *with) {
    uint8_t *proof;
    size_t size;
    pp_hash32 context;
    pp_prove_with mine = *with;
    pp_vm_shard shard;
    if (!pp_file_can_write(err, proof_path) ||
        !pp_work_read_shard(err, &shard, &mine.set, &context, shard_path, with->vm_id))
        return false;
    mine.context = &context;
    bool ok = pp_prove_shard_of(err, &proof, &size, report, &shard, &mine);
    pp_vm_shard_free(&shard);
    if (!ok) return false;
    ok = pp_file_write(err, proof_path, proof, size, 0644);
    free(proof);
    return ok;
}

void pp_work_remove(const pp_work *w) {
    char path[PP_WORK_PATH_MAX];
    // The plan first: while it is there, its shards are.
    plan_path(path, w);
    (void)unlink(path);
    sweep(w, 0, true);
    (void)rmdir(w->dir);
}
