// SPDX-License-Identifier: MIT OR Apache-2.0
// Proofs made by processes (prover/jobs.h): one that is killed, fails, is dropped, has help.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/test.h"
#include "prover/jobs.h"
#include "replay/begin.h"
#include "replay/test_support.h"

enum { WORK = 1 << 20 }; // units of a proof, as its prover says

// A batch of one transfer, its claim, and where proofs are made with the set for tests.
typedef struct world {
    char dir[64];
    pp_guest guest;
    pp_genesis genesis;
    pp_works works;
    pp_replay_sample sample;
    pp_claim claim;
    pp_jobs jobs;
} world;

static pp_bytes input_of(const world *w) {
    return (pp_bytes){w->sample.input[PP_REPLAY_HEAVY], w->sample.input_size[PP_REPLAY_HEAVY]};
}

static void open_world(world *w, const char *shard_command) {
    pp_err err;
    pp_replay_file file;
    pp_vm_result result;
    memset(w, 0, sizeof *w);
    snprintf(w->dir, sizeof w->dir, "/tmp/pp-jobs-XXXXXX");
    REQUIRE(mkdtemp(w->dir) != NULL);
    pp_guest_batch(&w->guest);
    w->genesis.check = PP_CHECK_PROOF;
    w->genesis.proofs =
        (pp_genesis_proofs){.sets = {&pp_pcs_test}, .sets_len = 1, .bytes = 16 << 20, .shards = 64};
    pp_vm_id(&w->genesis.vm_id);
    REQUIRE(pp_works_open(&err, &w->works, w->dir, &w->genesis, 1, 0));
    pp_replay_file_transfers(&file, 1, 7);
    REQUIRE(pp_replay_sample_make(&err, &w->sample, &file, 1));
    pp_replay_file_free(&file);
    REQUIRE(pp_vm_run(&err, &result, &w->guest.program, input_of(w), NULL) && pp_vm_ok(&result));
    w->claim.program_id = w->guest.id;
    w->claim.output_size = result.output_size;
    memcpy(w->claim.output, result.output, result.output_size);
    pp_vm_id(&w->claim.vm_id);
    REQUIRE(pp_input_id(&w->claim.input_id, input_of(w)));
    memset(w->claim.context.b, 0xc0, 32);
    pp_jobs_open(&w->jobs, w->dir, &w->works, 1, 0, shard_command);
    w->jobs.program = PP_BINARY_DIR "/bin/polypoly";
}

static void close_world(world *w) {
    pp_jobs_close(&w->jobs);
    pp_works_close(&w->works);
    pp_replay_sample_free(&w->sample);
    remove_tree(w->dir);
}

static pp_job_state ask(world *w, uint8_t **proof, size_t *size) {
    return pp_jobs_ask(proof, size, &w->jobs, &w->guest, &w->claim, input_of(w), WORK,
                       600 * (uint64_t)1000000000);
}

// What it saw of the last proof.
static void check_sight(world *w, bool done) {
    pp_jobs_sight sight;
    CHECK(pp_jobs_saw(&sight, &w->jobs));
    CHECK(sight.work == WORK && sight.ns > 0 && sight.done == done);
    CHECK(!pp_jobs_saw(&sight, &w->jobs)); // told once
}

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

// Until it is done or given up; no wait between tries.
static pp_job_state finish(world *w) {
    uint8_t *proof;
    size_t size;
    for (int i = 0; i < 6000; i++) {
        w->jobs.retry = 0;
        pp_job_state state = ask(w, &proof, &size);
        if (state == PP_JOB_DONE) {
            CHECK(pp_proofs_refuse(&w->works.proofs, &w->claim, (pp_bytes){proof, size}) == NULL);
            free(proof);
        }
        if (state != PP_JOB_RUNS) return state;
        pause_ms(20);
    }
    return PP_JOB_RUNS;
}

static bool is_there(const world *w, const char *end) {
    char path[256], hex[65];
    pp_hex_encode(hex, w->claim.context.b, 32);
    snprintf(path, sizeof path, "%s/proofs/%s.%s", w->dir, hex, end);
    return access(path, F_OK) == 0;
}

PP_TEST(killed_and_gone_on_with) {
    static world w;
    uint8_t *proof;
    size_t size;
    if (getenv("PP_SANITIZED") != NULL) {
        pp_test_skip("a prover's process has a limit of memory that sanitizers exceed");
        return;
    }
    open_world(&w, "");
    CHECK(pp_jobs_running(&w.jobs) == NULL);
    CHECK_EQ(ask(&w, &proof, &size), PP_JOB_RUNS);
    const pp_hash32 *running = pp_jobs_running(&w.jobs);
    REQUIRE(running != NULL);
    CHECK(pp_hash32_eq(running, &w.claim.context));
    for (int i = 0; i < 6000 && !is_there(&w, "proof.work"); i++) pause_ms(10);
    pause_ms(100);
    kill(w.jobs.pid, SIGKILL);
    CHECK_EQ(finish(&w), PP_JOB_DONE);
    CHECK(is_there(&w, "proof") && !is_there(&w, "proof.work"));
    pp_jobs_sight sight;
    CHECK(!pp_jobs_saw(&sight, &w.jobs)); // a part of it was there: its time tells nothing
    // What is done is found again, whatever else is proven; what nobody asks for goes.
    const pp_hash32 mine = w.claim.context;
    CHECK(pp_jobs_has(&w.jobs, &mine));
    w.claim.context.b[0] ^= 1;
    CHECK(!pp_jobs_has(&w.jobs, &w.claim.context));
    CHECK_EQ(ask(&w, &proof, &size), PP_JOB_RUNS);
    w.claim.context = mine;
    CHECK_EQ(ask(&w, &proof, &size), PP_JOB_DONE);
    free(proof);
    pp_jobs_drop(&w.jobs);
    pp_jobs_keep(&w.jobs, &w.claim.context, 1);
    CHECK(is_there(&w, "proof") && is_there(&w, "input"));
    pp_jobs_keep(&w.jobs, NULL, 0);
    CHECK(!is_there(&w, "proof") && !is_there(&w, "input"));
    close_world(&w);
}

PP_TEST(dropped) {
    static world w;
    uint8_t *proof;
    size_t size;
    open_world(&w, "");
    CHECK_EQ(ask(&w, &proof, &size), PP_JOB_RUNS);
    pid_t pid = w.jobs.pid;
    pp_jobs_drop(&w.jobs);
    CHECK(pp_jobs_running(&w.jobs) == NULL && kill(pid, 0) != 0);
    CHECK_EQ(w.jobs.ever, 0);
    check_sight(&w, false);
    close_world(&w);
}

PP_TEST(given_up) {
    static world w;
    open_world(&w, "");
    w.jobs.program = "/bin/false";
    CHECK_EQ(finish(&w), PP_JOB_FAILED);
    CHECK_EQ(w.jobs.ever, PP_JOBS_FAILURES);
    CHECK(w.jobs.why[0] != 0);
    // Another claim is tried anew; a wrong proof in its place is none.
    w.claim.context.b[0] = 1;
    char path[256], hex[65];
    pp_err err;
    pp_hex_encode(hex, w.claim.context.b, 32);
    snprintf(path, sizeof path, "%s/proofs/%s.proof", w.dir, hex);
    REQUIRE(pp_file_write(&err, path, "no proof", 8, 0600));
    uint8_t *proof;
    size_t size;
    CHECK_EQ(ask(&w, &proof, &size), PP_JOB_RUNS);
    CHECK_EQ(w.jobs.failures, 1);
    CHECK(!is_there(&w, "proof"));
    close_world(&w);
}

PP_TEST(a_fleet_s_help) {
    static world w;
    open_world(&w,
               "for s in \"$PP_WORK\"/*.shard; do echo x >\"$PP_WORK/helped\"; \"$POLYPOLY\" prove "
               "--shard \"$s\" -o \"${s%.shard}.proof\"; done");
    CHECK_EQ(finish(&w), PP_JOB_DONE);
    check_sight(&w, true);
    close_world(&w);
}

// A guard that cannot end what it has to, as it seems to the prover: that goes on, and begins
// nothing beside it.
PP_TEST(what_does_not_end_stops_nobody) {
    static world w;
    uint8_t *proof;
    size_t size;
    open_world(&w, "sleep 1000");
    w.jobs.program = "/bin/true"; // plans at once
    CHECK_EQ(ask(&w, &proof, &size), PP_JOB_RUNS);
    pid_t guard = w.jobs.pid;
    REQUIRE(guard > 0);
    pause_ms(50);
    kill(guard, SIGSTOP);
    pp_jobs_drop(&w.jobs);
    CHECK(pp_jobs_running(&w.jobs) == NULL && w.jobs.ever == 1);
    CHECK(strstr(w.jobs.why, "does not end") != NULL);
    CHECK_EQ(ask(&w, &proof, &size), PP_JOB_RUNS);
    CHECK(w.jobs.pid == 0 && kill(guard, 0) == 0);
    kill(guard, SIGCONT);
    for (int i = 0; i < 1000 && w.jobs.pid == 0; i++) {
        pause_ms(5);
        CHECK_EQ(ask(&w, &proof, &size), PP_JOB_RUNS);
    }
    CHECK(w.jobs.pid > 0 && kill(guard, 0) != 0);
    close_world(&w);
}

// What a shard command starts in a session of its own: its number is in the file.
#define RUNAWAY                                                                                    \
    "(setsid sh -c 'echo $$ >>\"$PP_WORK.pids\"; sleep 1000' & "                                   \
    "setsid setsid sh -c 'echo $$ >>\"$PP_WORK.pids\"; exec sleep 1000' &); "

static size_t runaways(const world *w, pid_t pids[2]) {
    char path[256], hex[65];
    int a = 0, b = 0;
    pp_hex_encode(hex, w->claim.context.b, 32);
    snprintf(path, sizeof path, "%s/proofs/%s.proof.work.pids", w->dir, hex);
    FILE *f = fopen(path, "r");
    int n = f ? fscanf(f, "%d %d", &a, &b) : 0;
    if (f) fclose(f);
    pids[0] = a;
    pids[1] = b;
    return n > 0 ? (size_t)n : 0;
}

static void wait_runaways(const world *w, pid_t pids[2]) {
    while (runaways(w, pids) < 2) pause_ms(5);
    CHECK(kill(pids[0], 0) == 0 && kill(pids[1], 0) == 0);
}

// Ends by itself, dropped, or with the prover that is killed: nothing of it goes on.
PP_TEST(what_a_fleet_s_command_starts_ends_with_it) {
    static world w;
    uint8_t *proof;
    size_t size;
    pid_t pids[2];
    open_world(&w, RUNAWAY "sleep 1000");
    w.jobs.program = "/bin/true"; // plans at once
    CHECK_EQ(ask(&w, &proof, &size), PP_JOB_RUNS);
    wait_runaways(&w, pids);
    pp_jobs_drop(&w.jobs);
    CHECK(kill(pids[0], 0) != 0 && kill(pids[1], 0) != 0);
    close_world(&w);

    open_world(&w, RUNAWAY
               "while [ \"$(wc -l <\"$PP_WORK.pids\")\" != 2 ]; do sleep 0.01; done; exit 1");
    w.jobs.program = "/bin/true";
    CHECK_EQ(ask(&w, &proof, &size), PP_JOB_RUNS);
    while (pp_jobs_running(&w.jobs) != NULL) pause_ms(5);
    CHECK_EQ(runaways(&w, pids), 2);
    CHECK(kill(pids[0], 0) != 0 && kill(pids[1], 0) != 0);
    close_world(&w);

    open_world(&w, RUNAWAY "sleep 1000");
    w.jobs.program = "/bin/true";
    pid_t prover = fork();
    if (prover == 0) {
        (void)ask(&w, &proof, &size);
        for (;;) pause();
    }
    REQUIRE(prover > 0);
    wait_runaways(&w, pids);
    kill(prover, SIGKILL);
    waitpid(prover, NULL, 0);
    for (int i = 0; i < 2000 && (kill(pids[0], 0) == 0 || kill(pids[1], 0) == 0); i++) pause_ms(5);
    CHECK(kill(pids[0], 0) != 0 && kill(pids[1], 0) != 0);
    close_world(&w);
}

// A prover whose memory makes its shards small has more of them.
PP_TEST(shards_are_counted_in_this_machine_s_size) {
    static world w;
    pp_err err;
    pp_fit fit;
    open_world(&w, "");
    REQUIRE(pp_works_fit(&err, &fit, &w.works, &w.guest, input_of(&w)));
    CHECK(fit.fits && pp_vm_ok(&fit.result));
    w.genesis.proofs.shards = (uint32_t)fit.shards; // just so many
    pp_works_close(&w.works);
    const uint64_t least = pp_prove_memory(&pp_pcs_test, PP_PROVE_LOG_CELLS_MIN);
    REQUIRE(pp_works_open(&err, &w.works, w.dir, &w.genesis, 1, least));
    CHECK_EQ(w.works.log_cells, PP_PROVE_LOG_CELLS_MIN);
    REQUIRE(pp_works_fit(&err, &fit, &w.works, &w.guest, input_of(&w)));
    CHECK(!fit.fits && fit.shards == w.genesis.proofs.shards + 1);
    close_world(&w);
}
