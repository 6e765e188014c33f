// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/jobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "prover/guard.h"

enum {
    RETRY_SECONDS = 5,
    WORDS_MAX = 24,
    END_MS = 500, // that ending a process is waited for; it is over in some
};
#define SECOND ((uint64_t)1000000000)
// Address space beside twice what proving takes: programs, stacks, what is mapped and not touched.
#define SPARE ((uint64_t)6 << 30)

// The fleet's part comes between planning and proving; all its words come by the environment.
static const char plan_script[] =
    "\"$POLYPOLY\" prove \"$PP_PROGRAM\" --input \"$PP_INPUT\" --bind "
    "$PP_BIND --set $PP_SET $PP_MEMORY --plan \"$PP_WORK\" && {\n";
static const char prove_script[] =
    "\n}\nexec \"$POLYPOLY\" prove \"$PP_PROGRAM\" --input \"$PP_INPUT\" --bind $PP_BIND "
    "--set $PP_SET $PP_MEMORY --resume -o \"$PP_PROOF\"";

typedef char path[PP_WORK_PATH_MAX];

static char *path_of(path out, const pp_jobs *j, const pp_hash32 *name, const char *end) {
    char hex[65];
    pp_hex_encode(hex, name->b, 32);
    snprintf(out, PP_WORK_PATH_MAX, "%s/%s.%s", j->dir, hex, end);
    return out;
}

void pp_jobs_open(pp_jobs *j, const char *dir, const pp_works *works, uint32_t threads,
                  uint64_t memory, const char *shard_command) {
    memset(j, 0, sizeof *j);
    snprintf(j->dir, sizeof j->dir, "%.1900s/proofs", dir);
    snprintf(j->shard_command, sizeof j->shard_command, "%s", shard_command);
    j->program = "/proc/self/exe";
    j->works = works;
    j->threads = threads;
    j->memory = memory;
}

// ---- the process ------------------------------------------------------------------------------

// Everything that the child needs, made before the fork: only system calls come behind it.
typedef struct words {
    path program, input, proof, work, log, self;
    char bind[65], memory[32], threads[16];
    char script[sizeof plan_script + PP_JOBS_COMMAND + sizeof prove_script];
    char *argv[WORDS_MAX];
} words;

static void make_words(words *w, const pp_jobs *j, const pp_guest *guest,
                       const pp_hash32 *context) {
    size_t n = 0;
    path_of(w->program, j, &guest->id, "elf");
    path_of(w->input, j, context, "input");
    path_of(w->proof, j, context, "proof");
    path_of(w->work, j, context, "proof.work");
    path_of(w->log, j, context, "log");
    pp_hex_encode(w->bind, context->b, 32);
    snprintf(w->memory, sizeof w->memory, "%" PRIu64 "K", j->memory >> 10);
    snprintf(w->threads, sizeof w->threads, "%" PRIu32, j->threads);
    char *const all[] = {"polypoly", "prove",  w->program, "--input", w->input, "-o",
                         w->proof,   "--bind", w->bind,    "--set",   NULL,     "--resume"};
    for (size_t i = 0; i < PP_COUNT(all); i++) w->argv[n++] = all[i];
    w->argv[10] = (char *)(uintptr_t)j->works->set->name;
    if (j->memory) w->argv[n++] = "--memory", w->argv[n++] = w->memory;
    if (j->threads) w->argv[n++] = "--threads", w->argv[n++] = w->threads;
    if (j->shard_command[0] == 0) return;
    char memory[64] = "";
    if (j->memory) snprintf(memory, sizeof memory, "--memory %s", w->memory);
    ssize_t len = readlink(j->program, w->self, sizeof w->self - 1);
    if (len > 0) w->self[len] = 0;
    if (len <= 0) snprintf(w->self, sizeof w->self, "%s", j->program); // no link
    const char *const names[][2] = {{"POLYPOLY", w->self},  {"PP_PROGRAM", w->program},
                                    {"PP_INPUT", w->input}, {"PP_PROOF", w->proof},
                                    {"PP_WORK", w->work},   {"PP_BIND", w->bind},
                                    {"PP_MEMORY", memory},  {"PP_SET", j->works->set->name}};
    for (size_t i = 0; i < PP_COUNT(names); i++) setenv(names[i][0], names[i][1], 1);
    snprintf(w->script, sizeof w->script, "%s%s%s", plan_script, j->shard_command, prove_script);
    char *const shell[] = {"sh", "-c", w->script, NULL};
    for (size_t i = 0; i < PP_COUNT(shell); i++) w->argv[i] = shell[i];
}

static _Noreturn void become(const words *w, pid_t parent, uint64_t memory, const char *program,
                             bool fleet) {
    struct rlimit most = {2 * memory + SPARE, 2 * memory + SPARE};
    int log = open(w->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    if (getppid() != parent || log < 0 || nothing < 0) _exit(127);
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (fleet) pp_guard_run(w->argv, parent); // its tools are the operator's to limit
    (void)setrlimit(RLIMIT_AS, &most);
    execv(program, w->argv);
    _exit(127);
}

static bool put(pp_err *err, const char *file, pp_bytes data) {
    uint8_t *old;
    size_t size;
    if (access(file, F_OK) == 0 && pp_file_read(NULL, &old, &size, file, data.size)) {
        bool same = size == data.size && memcmp(old, data.data, size) == 0;
        free(old);
        if (same) return true; // of an earlier try
    }
    return pp_file_write(err, file, data.data, data.size, 0600);
}

static bool begin(pp_err *err, pp_jobs *j, const pp_guest *guest, const pp_hash32 *context,
                  pp_bytes input, uint64_t work, uint64_t limit) {
    static words w;
    uint64_t memory = pp_prove_memory(j->works->set, j->works->log_cells);
    make_words(&w, j, guest, context);
    if (!pp_folder_make(err, j->dir, 0700) || !put(err, w.program, guest->program.file) ||
        !put(err, w.input, input))
        return false;
    pid_t parent = getpid();
    j->whole = access(w.work, F_OK) != 0;
    j->pid = fork();
    if (j->pid == 0) become(&w, parent, memory, j->program, j->shard_command[0] != 0);
    if (j->pid < 0) {
        j->pid = 0;
        return pp_err_set(err, PP_EXIT_USAGE, "cannot start a process: %s", strerror(errno));
    }
    setpgid(j->pid, j->pid); // by both, so that neither comes too late
    j->context = *context;
    j->began = pp_clock_ns();
    clock_gettime(CLOCK_REALTIME, &j->date);
    j->work = work;
    j->limit = limit;
    return true;
}

static void fail(pp_jobs *j, const pp_hash32 *context, const char *why) {
    if (!pp_hash32_eq(&j->failed, context)) j->failures = 0;
    j->failed = *context;
    j->failures++;
    j->ever++;
    j->retry = pp_clock_ns() + RETRY_SECONDS * SECOND;
    snprintf(j->why, sizeof j->why, "%.500s", why);
    j->why[strcspn(j->why, "\n")] = 0;
}

static void see(pp_jobs *j, bool done, uint64_t ns) {
    if (j->whole) j->sight = (pp_jobs_sight){.work = j->work, .ns = ns, .done = done};
}

// Whether what was ended has not ended yet: it is killed, but may hang in the kernel, or be another
// user's (sudo).
static bool hangs(pp_jobs *j) {
    if (j->hanging != 0 && waitpid(j->hanging, NULL, WNOHANG) != 0) j->hanging = 0;
    return j->hanging != 0;
}

void pp_jobs_drop(pp_jobs *j) {
    if (j->pid == 0) return;
    see(j, false, pp_clock_ns() - j->began);
    if (j->shard_command[0] != 0)
        kill(j->pid, SIGTERM); // the guard, which ends all that there is
    else
        kill(-j->pid, SIGKILL);
    j->hanging = j->pid;
    j->pid = 0;
    for (uint64_t until = pp_clock_ns() + (uint64_t)END_MS * 1000000; hangs(j);) {
        if (pp_clock_ns() < until) {
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
            continue;
        }
        j->ever++; // the prover has bids to open meanwhile
        snprintf(j->why, sizeof j->why,
                 "what was ended does not end; nothing is proven until then");
        break;
    }
}

// From its beginning to its proof's, which was there before anybody looked. At least 1.
static uint64_t time_of(const pp_jobs *j) {
    path file;
    struct stat st;
    uint64_t looked = pp_clock_ns() - j->began;
    if (stat(path_of(file, j, &j->context, "proof"), &st) != 0) return looked;
    int64_t ns = (int64_t)(st.st_mtim.tv_sec - j->date.tv_sec) * (int64_t)SECOND +
                 (st.st_mtim.tv_nsec - j->date.tv_nsec);
    // A clock that was set meanwhile tells nothing.
    return ns > 0 && (uint64_t)ns < looked ? (uint64_t)ns : looked;
}

// Takes note of its end, or ends it where it has run for too long.
static void look(pp_jobs *j) {
    int status;
    if (j->pid == 0) return;
    if (waitpid(j->pid, &status, WNOHANG) == j->pid) {
        kill(-j->pid, SIGKILL); // where it was a guard that was killed
        j->pid = 0;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            see(j, true, time_of(j));
            return;
        }
        path file;
        uint8_t *said = NULL;
        size_t size;
        bool told = pp_file_read(NULL, &said, &size, path_of(file, j, &j->context, "log"), 1 << 16);
        fail(j, &j->context, told && size > 0 ? (char *)said : "its process was killed");
        free(said);
    } else if (pp_clock_ns() - j->began > j->limit) {
        pp_jobs_drop(j);
        fail(j, &j->context, "it took too long");
    }
}

const pp_hash32 *pp_jobs_running(pp_jobs *j) {
    look(j);
    return j->pid ? &j->context : NULL;
}

bool pp_jobs_has(pp_jobs *j, const pp_hash32 *context) {
    path file;
    const pp_hash32 *running = pp_jobs_running(j);
    if (running != NULL && pp_hash32_eq(running, context)) return false;
    return access(path_of(file, j, context, "proof"), F_OK) == 0;
}

bool pp_jobs_saw(pp_jobs_sight *out, pp_jobs *j) {
    look(j);
    *out = j->sight;
    j->sight.ns = 0;
    return out->ns > 0;
}

void pp_jobs_close(pp_jobs *j) {
    pp_jobs_drop(j);
}

// ---- proofs -----------------------------------------------------------------------------------

// The proof in its file, if it is right; one that is wrong goes, and counts.
static bool take(uint8_t **proof, size_t *size, pp_jobs *j, const pp_claim *claim) {
    path file;
    pp_err err = {.exit_code = 0};
    const char *why = "it cannot be read";
    path_of(file, j, &claim->context, "proof");
    if (pp_file_read(&err, proof, size, file, PP_BLOCK_BYTES_MAX)) {
        why = pp_proofs_refuse(&j->works->proofs, claim, (pp_bytes){*proof, *size});
        if (why == NULL) return true;
        free(*proof);
        *proof = NULL;
    }
    (void)unlink(file);
    fail(j, &claim->context, why);
    return false;
}

pp_job_state pp_jobs_ask(uint8_t **proof, size_t *size, pp_jobs *j, const pp_guest *guest,
                         const pp_claim *claim, pp_bytes input, uint64_t work, uint64_t limit) {
    *proof = NULL;
    if (pp_jobs_has(j, &claim->context) && take(proof, size, j, claim)) return PP_JOB_DONE;
    if (j->pid != 0 || hangs(j)) return PP_JOB_RUNS;
    bool again = pp_hash32_eq(&j->failed, &claim->context);
    if (again && j->failures >= PP_JOBS_FAILURES) return PP_JOB_FAILED;
    if (again && pp_clock_ns() < j->retry) return PP_JOB_RUNS;
    pp_err err;
    if (!begin(&err, j, guest, &claim->context, input, work, limit))
        fail(j, &claim->context, err.text);
    return PP_JOB_RUNS;
}

// ---- the folder -------------------------------------------------------------------------------

static bool belongs(const char *name, const pp_hash32 *contexts, size_t len) {
    char hex[65];
    for (size_t i = 0; i < len; i++) {
        pp_hex_encode(hex, contexts[i].b, 32);
        if (strncmp(name, hex, 64) == 0) return true;
    }
    return false;
}

// A folder of work has files only.
static void remove_all(const char *file) {
    DIR *folder = opendir(file);
    if (folder == NULL) {
        (void)unlink(file);
        return;
    }
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        path one;
        if (e->d_name[0] == '.') continue;
        snprintf(one, sizeof one, "%.3800s/%.255s", file, e->d_name);
        (void)unlink(one);
    }
    closedir(folder);
    (void)rmdir(file);
}

void pp_jobs_keep(const pp_jobs *j, const pp_hash32 *contexts, size_t len) {
    DIR *folder = opendir(j->dir);
    for (struct dirent *e; folder && (e = readdir(folder)) != NULL;) {
        path file;
        size_t size = strlen(e->d_name);
        if (size < 65 || e->d_name[64] != '.' || strcmp(e->d_name + size - 4, ".elf") == 0 ||
            belongs(e->d_name, contexts, len))
            continue;
        snprintf(file, sizeof file, "%s/%.255s", j->dir, e->d_name);
        remove_all(file);
    }
    if (folder) closedir(folder);
}
