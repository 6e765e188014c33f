// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly bench prover: how fast this machine proves, phase by phase, beside its ceilings.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/ceiling.h"
#include "cli/chart.h"
#include "cli/cli.h"
#include "cli/guest_file.h"
#include "cli/show.h"
#include "cli/words.h"
#include "cpu/cpu.h"
#include "prove/claim.h"
#include "rv64/owned.h"

typedef struct bench_options {
    const char *dir, *only; // of the guests; one of them, or NULL
    const char *svg;        // or NULL
    uint64_t percent, threads, memory;
    bool json;
} bench_options;

// About four million cycles each.
typedef struct bench_guest {
    const char *name;
    uint64_t n;
} bench_guest;
static const bench_guest guests[] = {{"fib", 800000},
                                     {"sha256_chain", 1000},
                                     {"matmul", 80},
                                     {"quicksort", 22000},
                                     {"keccak256_chain", 600}};

_Static_assert(PP_COUNT(guests) <= PP_CHART_MAX, "a chart holds all guests");

// What a child says of one guest.
typedef struct bench_result {
    bool ok;
    char error[256];
    pp_prove_report report;
    pp_cli_ceilings ceilings;
    uint64_t proof_size, peak;       // bytes
    double seconds, verify, execute; // of the proof; of its check; of the bare run
} bench_result;

// ---- one guest ----------------------------------------------------------------------------------

static bool check(pp_err *err, bench_result *r, const pp_machine_owned *machine,
                  const uint8_t *bytes, size_t size) {
    const pp_pcs_params *set = &pp_pcs_fast;
    const pp_verify_policy policy = {.machines = &machine->machine,
                                     .vm_ids = &machine->vm_id,
                                     .machines_len = 1,
                                     .sets = &set,
                                     .sets_len = 1,
                                     .log_cells_max = PP_PCS_LOG_CELLS_MAX};
    size_t work_size = pp_verify_work_size(&policy);
    void *work = malloc(work_size);
    if (work == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory to verify in");
    pp_claim claim;
    pp_verify_status shard;
    uint32_t which;
    uint64_t begin = pp_clock_ns();
    pp_claim_status status =
        pp_claim_verify(&claim, &shard, &which, &policy, bytes, size, work, work_size);
    r->verify = 1e-9 * (double)(pp_clock_ns() - begin);
    free(work);
    return status == PP_CLAIM_PROVEN ||
           pp_err_set(err, PP_EXIT_NO, "the proof is refused: %s", pp_claim_status_text(status));
}

static bool measure(pp_err *err, bench_result *r, const bench_options *o, const bench_guest *g) {
    char path[4096];
    pp_guest_file guest;
    pp_machine_owned machine;
    pp_vm_result run;
    uint8_t number[8], *bytes;
    size_t size;
    snprintf(path, sizeof path, "%s/%s.elf", o->dir, g->name);
    if (!pp_guest_file_read(err, &guest, path)) return false;
    if (!pp_machine_own(err, &machine)) return false;
    pp_threads *pool = pp_threads_new(err, (size_t)o->threads);
    if (pool == NULL) return false;
    const pp_hash32 context = {{0}};
    pp_store_le64(number, g->n * o->percent / 100);
    const pp_prove_claim_input in = {
        .with = {.machine = machine.machine,
                 .vm_id = &machine.vm_id,
                 .set = &pp_pcs_fast,
                 .context = &context,
                 .log_cells = o->memory ? pp_prove_log_cells_for(&pp_pcs_fast, o->memory) : 0,
                 .pool = pool},
        .program = &guest.program,
        .input = {number, sizeof number}};
    uint64_t begin = pp_clock_ns();
    if (!pp_vm_run(err, &run, &guest.program, in.input, NULL)) return false;
    r->execute = 1e-9 * (double)(pp_clock_ns() - begin);
    begin = pp_clock_ns();
    if (!pp_prove_claim(err, &bytes, &size, &run, &r->report, &in)) return false;
    r->seconds = 1e-9 * (double)(pp_clock_ns() - begin);
    r->proof_size = size;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    r->peak = (uint64_t)usage.ru_maxrss << 10;
    if (!check(err, r, &machine, bytes, size)) return false;
    pp_cli_ceilings_measure(&r->ceilings, &r->report, r->execute, pp_threads_len(pool));
    return true;
}

// In a process of its own, so that its memory is its own.
static bool in_child(bench_result *r, const bench_options *o, const bench_guest *g) {
    int ends[2];
    memset(r, 0, sizeof *r);
    if (pipe(ends) != 0) return false;
    pid_t child = fork();
    if (child == 0) {
        pp_err err = {0};
        pp_prove_keep_memory();
        close(ends[0]);
        r->ok = measure(&err, r, o, g);
        if (!r->ok) snprintf(r->error, sizeof r->error, "%.250s", err.text);
        _exit(write(ends[1], r, sizeof *r) == (ssize_t)sizeof *r ? 0 : 1);
    }
    close(ends[1]);
    size_t got = 0;
    while (child > 0 && got < sizeof *r) {
        ssize_t n = read(ends[0], (uint8_t *)r + got, sizeof *r - got);
        if (n <= 0) break;
        got += (size_t)n;
    }
    close(ends[0]);
    if (child > 0) waitpid(child, NULL, 0);
    if (got == sizeof *r) return r->ok;
    snprintf(r->error, sizeof r->error, "its process ended without a word (memory?)");
    return r->ok = false;
}

// ---- what is told -------------------------------------------------------------------------------

static void seconds_of(double out[PP_CEILINGS], const pp_prove_report *r) {
    const double s[PP_CEILINGS] = {r->plan,        r->trace + r->fill, r->parts.commit,
                                   r->parts.grind, r->parts.buses,     r->parts.tables,
                                   r->parts.open};
    memcpy(out, s, sizeof s);
}

static void print_result(const bench_guest *g, const bench_result *r) {
    const pp_prove_report *p = &r->report;
    double s[PP_CEILINGS];
    char cycles[PP_CLI_TEXT];
    seconds_of(s, p);
    double c = (double)p->cycles;
    printf("%s: %s cycles in %.2f s, %.1f kHz; %.2f cells and %.2f interactions a cycle; %" PRIu64
           " shard%s, %" PRIu64 " pages opened\n",
           g->name, pp_cli_count(cycles, p->cycles), r->seconds, c / r->seconds / 1e3,
           (double)p->cells / c, (double)p->interactions / c, p->shards, p->shards == 1 ? "" : "s",
           p->pages);
    printf("  proof %" PRIu64 " bytes, %" PRIu64
           " a shard; verified in %.0f ms; peak memory %.2f GiB\n",
           r->proof_size, p->bytes / p->shards, 1e3 * r->verify,
           (double)r->peak / (double)(1 << 30));
    for (int i = 0; i < PP_CEILINGS; i++) {
        double share = s[i] / r->seconds;
        char bar[33];
        int len = (int)(32 * share + 0.5);
        len = len < 0 ? 0 : len > 32 ? 32 : len;
        memset(bar, '#', (size_t)len);
        bar[len] = 0;
        printf("  %-8s %7.2f s %5.1f %%  %-32s  ceiling %6.2f s, at %3.0f %% of it (%s)\n",
               pp_cli_ceiling_names[i], s[i], 100 * share, bar, r->ceilings.seconds[i],
               s[i] > 0 ? 100 * r->ceilings.seconds[i] / s[i] : 0, pp_cli_ceiling_whys[i]);
    }
}

static void print_json(const bench_guest *g, const bench_result *r, bool first) {
    const pp_prove_report *p = &r->report;
    double s[PP_CEILINGS];
    seconds_of(s, p);
    printf("%s{\"guest\": \"%s\", \"cycles\": %" PRIu64 ", \"seconds\": %.6f, \"khz\": %.3f, "
           "\"cells\": %" PRIu64 ", \"interactions\": %" PRIu64 ", \"pages\": %" PRIu64
           ", \"shards\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"bytes_a_shard\": %" PRIu64
           ", \"verify_seconds\": %.6f, \"peak_bytes\": %" PRIu64 ", \"phases\": {",
           first ? "" : ", ", g->name, p->cycles, r->seconds, (double)p->cycles / r->seconds / 1e3,
           p->cells, p->interactions, p->pages, p->shards, r->proof_size, p->bytes / p->shards,
           r->verify, r->peak);
    for (int i = 0; i < PP_CEILINGS; i++)
        printf("%s\"%s\": {\"seconds\": %.6f, \"ceiling\": %.6f}", i ? ", " : "",
               pp_cli_ceiling_names[i], s[i], r->ceilings.seconds[i]);
    printf("}}");
}

static void add_to_chart(pp_cli_chart *c, const bench_guest *g, const bench_result *r) {
    char cycles[PP_CLI_TEXT];
    snprintf(c->guests[c->len].title, sizeof c->guests[0].title,
             "%s: %s cycles, %.0f kHz, %.2f GiB, %" PRIu64 " bytes", g->name,
             pp_cli_count(cycles, r->report.cycles), (double)r->report.cycles / r->seconds / 1e3,
             (double)r->peak / (double)(1 << 30), r->proof_size);
    seconds_of(c->guests[c->len].seconds, &r->report);
    memcpy(c->guests[c->len].ceiling, r->ceilings.seconds, sizeof r->ceilings.seconds);
    c->len++;
}

static int bench(const bench_options *o) {
    int code = PP_EXIT_YES;
    pp_err err;
    pp_cli_chart chart = {0};
    if (o->svg != NULL && !pp_file_can_write(&err, o->svg)) return pp_cli_fail(&err);
    bool first = true, any = false;
    if (o->json)
        printf("{\"cpu\": \"%s\", \"set\": \"fast\", \"guests\": [", pp_cpu_name(pp_cpu_level()));
    else
        printf("set fast, %s; alone on the machine? else the figures are not worth much\n",
               pp_cpu_name(pp_cpu_level()));
    for (size_t i = 0; i < PP_COUNT(guests); i++) {
        if (o->only != NULL && strcmp(o->only, guests[i].name) != 0) continue;
        any = true;
        bench_result r;
        (void)fflush(stdout);
        if (!in_child(&r, o, &guests[i])) {
            fprintf(stderr, "polypoly: %s: %s\n", guests[i].name, r.error);
            code = PP_EXIT_USAGE;
            continue;
        }
        if (o->json)
            print_json(&guests[i], &r, first);
        else
            print_result(&guests[i], &r);
        add_to_chart(&chart, &guests[i], &r);
        first = false;
    }
    if (o->json) printf("]}\n");
    if (!any) return pp_cli_usage("bench prover", "no guest '%s'", o->only);
    if (o->svg != NULL && !pp_cli_chart_write(&err, &chart, o->svg)) return pp_cli_fail(&err);
    return code != PP_EXIT_YES ? code : pp_cli_flush();
}

static int run(int argc, char **argv) {
    static const char name[] = "bench prover";
    bench_options o = {.percent = 100};
    const char *percent = NULL, *threads = NULL, *memory = NULL;
    const pp_cli_word words[] = {{"--json", NULL, &o.json},     {"--only", &o.only, NULL},
                                 {"--svg", &o.svg, NULL},       {"--memory", &memory, NULL},
                                 {"--percent", &percent, NULL}, {"--threads", &threads, NULL}};
    int code = pp_cli_read(name, words, PP_COUNT(words), "folder", &o.dir, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (percent && !pp_cli_number(&o.percent, percent, 1, 10000))
        return pp_cli_usage(name, "--percent cannot be '%s'", percent);
    if (threads && !pp_cli_number(&o.threads, threads, 0, PP_THREADS_MAX))
        return pp_cli_usage(name, "--threads cannot be '%s'", threads);
    if (memory && (!pp_cli_parse_size(&o.memory, memory) ||
                   pp_prove_log_cells_for(&pp_pcs_fast, o.memory) == 0))
        return pp_cli_usage(name, "--memory cannot be '%s'", memory);
    if (o.dir == NULL) return pp_cli_usage(name, "where are the guests? build/guests");
    return bench(&o);
}

const pp_cli_command pp_cmd_bench_prover = {
    "bench prover", "how fast this machine proves, phase by phase",
    "usage: polypoly bench prover GUESTS [--only NAME] [--percent N] [--threads N]\n"
    "                             [--memory SIZE] [--json] [--svg FILE]\n"
    "\n"
    "Proves the benchmark guests of the folder GUESTS (build/guests) at full size, about four\n"
    "million cycles each, with the set fast, each in a process of its own, and verifies the\n"
    "proofs. Told are kHz, cells, interactions, pages, bytes, peak memory, and each phase beside\n"
    "its ceiling: what the phase's main work takes at the rates that the kernels reach on this\n"
    "machine, measured right after it.\n"
    "\n"
    "  --only NAME      fib, sha256_chain, matmul, quicksort or keccak256_chain\n"
    "  --percent N      inputs of N percent of full size (the work of matmul is their cube)\n"
    "  --threads N      default: one for each core\n"
    "  --memory SIZE    shards as large as fit\n"
    "  --json           one object on stdout\n"
    "  --svg FILE       a chart of the phases beside their ceilings\n"
    "\n"
    "example:\n"
    "  polypoly bench prover build/guests --only fib --svg fib.svg\n"
    "\n"
    "Exit codes: 0 measured; 2 usage, unreadable.\n",
    run};
