// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly bench cost: is proving time linear in the cost that `run --stats` tells?
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/cells.h"
#include "cli/cli.h"
#include "cli/guest_file.h"
#include "cli/words.h"
#include "cpu/cpu.h"
#include "prove/claim.h"
#include "rv64/owned.h"

// Programs that differ in what they do, at sizes that differ: additions; shifts and bitwise;
// loads, products; stores over many pages; 256-bit arithmetic; calls of an accelerator.
typedef struct sample {
    const char *name;
    uint64_t n;
    double cost, seconds;
} sample;
static const sample samples[] = {{"fib", 40000, 0, 0},
                                 {"fib", 150000, 0, 0},
                                 {"fib", 400000, 0, 0},
                                 {"sha256_chain", 50, 0, 0},
                                 {"sha256_chain", 150, 0, 0},
                                 {"sha256_chain", 350, 0, 0},
                                 {"matmul", 32, 0, 0},
                                 {"matmul", 52, 0, 0},
                                 {"matmul", 68, 0, 0},
                                 {"quicksort", 2000, 0, 0},
                                 {"quicksort", 6000, 0, 0},
                                 {"quicksort", 12000, 0, 0},
                                 {"recover", 1, 0, 0},
                                 {"recover", 3, 0, 0},
                                 {"keccak256_chain", 100, 0, 0},
                                 {"keccak256_accelerated", 100, 0, 0},
                                 {"keccak256_accelerated", 700, 0, 0}};

enum { BEST_OF = 2 }; // proofs of each

typedef struct cost_options {
    const char *dir, *only; // of the guests; one of them, or NULL
    uint64_t percent, threads;
    bool json;
} cost_options;

static bool measure(pp_err *err, sample *s, const cost_options *o, const pp_prove_with *with) {
    char path[4096];
    pp_guest_file guest;
    pp_vm_result run;
    pp_prove_report report;
    static pp_cli_cells cells;
    uint8_t number[8], *bytes;
    size_t size;
    const pp_vm_options options = {0};
    snprintf(path, sizeof path, "%s/%s.elf", o->dir, s->name);
    if (!pp_guest_file_read(err, &guest, path)) return false;
    pp_store_le64(number, s->n * o->percent / 100 + (s->n * o->percent < 100));
    const pp_prove_claim_input in = {
        .with = *with, .program = &guest.program, .input = {number, sizeof number}};
    bool ok = pp_cli_cells_count(err, &cells, &guest.program, in.input, &options);
    for (int i = 0; i < BEST_OF && ok; i++) {
        uint64_t begin = pp_clock_ns();
        ok = pp_prove_claim(err, &bytes, &size, &run, &report, &in);
        // Grinding is luck, and the same at every repetition.
        const double seconds = 1e-9 * (double)(pp_clock_ns() - begin) - report.parts.grind;
        if (ok) free(bytes);
        if (i == 0 || seconds < s->seconds) s->seconds = seconds;
    }
    s->cost = (double)cells.cost;
    pp_guest_file_free(&guest);
    return ok;
}

// The line base + rate · cost that is nearest in relative terms: each error is divided by what was
// seen, so that small runs count as much as large ones.
static void fit(double *base, double *rate, const sample *s, size_t len) {
    double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
    for (size_t i = 0; i < len; i++) {
        const double weight = 1 / (s[i].seconds * s[i].seconds), x = s[i].cost, y = s[i].seconds;
        w += weight;
        wx += weight * x;
        wy += weight * y;
        wxx += weight * x * x;
        wxy += weight * x * y;
    }
    *rate = (w * wxy - wx * wy) / (w * wxx - wx * wx);
    *base = (wy - *rate * wx) / w;
}

static int tell(const cost_options *o, const sample *s, size_t len, size_t threads) {
    double base, rate, worst = 0, sum = 0;
    fit(&base, &rate, s, len);
    if (o->json)
        printf("{\"cpu\": \"%s\", \"set\": \"fast\", \"threads\": %zu, \"samples\": [",
               pp_cpu_name(pp_cpu_level()), threads);
    else
        printf("set fast, %s, %zu thread%s; alone on the machine? else the figures are not worth "
               "much\n%-22s %9s %9s %9s %9s\n",
               pp_cpu_name(pp_cpu_level()), threads, threads == 1 ? "" : "s", "guest, n", "cost",
               "seconds", "line", "off by");
    for (size_t i = 0; i < len; i++) {
        const double line = base + rate * s[i].cost, off = s[i].seconds / line - 1;
        const uint64_t n = s[i].n * o->percent / 100 + (s[i].n * o->percent < 100);
        if (fabs(off) > worst) worst = fabs(off);
        sum += off * off;
        if (o->json)
            printf("%s{\"guest\": \"%s\", \"n\": %" PRIu64
                   ", \"cost\": %.0f, \"seconds\": %.6f, \"line\": %.6f}",
                   i ? ", " : "", s[i].name, n, s[i].cost, s[i].seconds, line);
        else
            printf("%-22s %9.0f %9.3f %9.3f %+8.1f %%  n = %" PRIu64 "\n", s[i].name, s[i].cost,
                   s[i].seconds, line, 100 * off, n);
    }
    const double typical = sqrt(sum / (double)len);
    if (o->json)
        printf("], \"base_seconds\": %.6f, \"seconds_a_thousand\": %.9f, \"typical\": %.4f, "
               "\"worst\": %.4f}\n",
               base, 1000 * rate, typical, worst);
    else
        printf("seconds = %.3f + %.4f for each 1,000 of cost; off by %.1f %% typically (root of "
               "the mean square), by %.1f %% at worst\n",
               base, 1000 * rate, 100 * typical, 100 * worst);
    return pp_cli_flush();
}

static int bench(const cost_options *o) {
    pp_err err = {0};
    pp_machine_owned machine;
    sample seen[PP_COUNT(samples)];
    size_t len = 0;
    for (size_t i = 0; i < PP_COUNT(samples); i++)
        if (o->only == NULL || strcmp(o->only, samples[i].name) == 0) seen[len++] = samples[i];
    if (len == 0) return pp_cli_usage("bench cost", "no guest '%s'", o->only);
    const pp_hash32 context = {{0}};
    pp_threads *pool = pp_threads_new(&err, (size_t)o->threads);
    if (pool == NULL || !pp_machine_own(&err, &machine)) return pp_cli_fail(&err);
    const pp_prove_with with = {.machine = machine.machine,
                                .vm_id = &machine.vm_id,
                                .set = &pp_pcs_fast,
                                .context = &context,
                                .pool = pool};
    bool ok = true;
    for (size_t i = 0; i < len && ok; i++) {
        ok = measure(&err, &seen[i], o, &with);
        if (!ok || o->json) continue;
        printf("%-22s %9.0f %9.3f s\n", seen[i].name, seen[i].cost, seen[i].seconds);
        (void)fflush(stdout);
    }
    const size_t threads = pp_threads_len(pool);
    pp_threads_free(pool);
    pp_machine_disown(&machine);
    return ok ? tell(o, seen, len, threads) : pp_cli_fail(&err);
}

static int run(int argc, char **argv) {
    static const char name[] = "bench cost";
    cost_options o = {.percent = 100};
    const char *percent = NULL, *threads = NULL;
    const pp_cli_word words[] = {{"--json", NULL, &o.json},
                                 {"--only", &o.only, NULL},
                                 {"--percent", &percent, NULL},
                                 {"--threads", &threads, NULL}};
    int code = pp_cli_read(name, words, PP_COUNT(words), "folder", &o.dir, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (percent && !pp_cli_number(&o.percent, percent, 1, 10000))
        return pp_cli_usage(name, "--percent cannot be '%s'", percent);
    if (threads && !pp_cli_number(&o.threads, threads, 0, PP_THREADS_MAX))
        return pp_cli_usage(name, "--threads cannot be '%s'", threads);
    if (o.dir == NULL) return pp_cli_usage(name, "where are the guests? build/guests");
    return bench(&o);
}

const pp_cli_command pp_cmd_bench_cost = {
    "bench cost", "whether proving time is linear in the cost that run --stats tells",
    "usage: polypoly bench cost GUESTS [--only NAME] [--percent N] [--threads N] [--json]\n"
    "\n"
    "Proves guests of the folder GUESTS (build/guests) that differ in what they do, each at\n"
    "several sizes and twice, with the set fast, and draws the line that is nearest to the\n"
    "best seconds over the cost (in relative terms): told are each run, the line, and how far off\n"
    "the runs are from it. Seconds are without those of grinding, which are luck.\n"
    "\n"
    "  --only NAME      one of the guests, at its sizes\n"
    "  --percent N      inputs of N percent of full size (the work of matmul is their cube)\n"
    "  --threads N      default: one for each core\n"
    "  --json           one object on stdout\n"
    "\n"
    "example:\n"
    "  polypoly bench cost build/guests\n"
    "\n"
    "Exit codes: 0 measured; 2 usage, unreadable.\n",
    run};
