// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly prover bench: what a batch costs on this machine, and what to ask for it.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/show.h"
#include "cli/words.h"
#include "prover/prover.h"
#include "replay/begin.h"

static const char name[] = "prover bench";

typedef struct options {
    const char *file;
    uint64_t transactions, threads, memory, ask;
    bool json, re_execute;
} options;

static int parse(options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool file = strcmp(word, "--file") == 0, memory = strcmp(word, "--memory") == 0;
        bool count = strcmp(word, "--transactions") == 0, ask = strcmp(word, "--ask") == 0;
        bool threads = strcmp(word, "--threads") == 0, taken = true;
        if (strcmp(word, "--json") == 0) {
            o->json = true;
            continue;
        }
        if (strcmp(word, "--re-execute") == 0) {
            o->re_execute = true;
            continue;
        }
        if (!file && !memory && !count && !ask && !threads)
            return pp_cli_usage(name, "no option '%s'", word);
        if (value == NULL) return pp_cli_usage(name, "%s needs a value", word);
        if (file) o->file = value;
        if (memory) taken = pp_cli_parse_size(&o->memory, value);
        if (count) taken = pp_cli_number(&o->transactions, value, 1, PP_ROLLUP_BATCH_TX_MAX);
        if (ask) taken = pp_cli_number(&o->ask, value, 1, UINT64_MAX);
        if (threads) taken = pp_cli_number(&o->threads, value, 1, 1024);
        if (!taken) return pp_cli_usage(name, "%s does not take '%s'", word, value);
        i++;
    }
    return PP_EXIT_YES;
}

typedef struct measured {
    pp_replay_work work;
    uint64_t ps;
    uint64_t count_ns; // to find out what a batch takes, which comes before a bid
} measured;

// What a prover does before a bid.
static bool count(pp_err *err, measured *m, const pp_works *works, const pp_guest *guest,
                  pp_bytes input) {
    uint64_t work, begin = pp_clock_ns();
    pp_fit fit;
    if (works && !pp_works_fit(err, &fit, works, guest, input)) return false;
    if (!pp_prover_work(err, &work, works, guest, input)) return false;
    m->count_ns = pp_clock_ns() - begin;
    return true;
}

static bool measure(pp_err *err, measured *m, const options *o, const pp_replay_file *file) {
    static pp_guest guest;
    pp_genesis g = {.check = PP_CHECK_PROOF};
    pp_works opened, *works = o->re_execute ? NULL : &opened;
    pp_replay_sample sample;
    pp_guest_batch(&guest);
    pp_genesis_proofs_default(&g.proofs);
    pp_vm_id(&g.vm_id);
    if (works && !pp_works_open(err, works, ".", &g, o->threads, o->memory)) return false;
    bool ok = pp_replay_sample_make(err, &sample, file, o->transactions) &&
              pp_replay_count(err, &m->work, &guest, works, &sample);
    pp_bytes input = {sample.input[PP_REPLAY_HEAVY], sample.input_size[PP_REPLAY_HEAVY]};
    ok = ok && count(err, m, works, &guest, input) &&
         (works ? pp_works_measure(err, &m->ps, works, &guest, input)
                : pp_prover_measure(err, &m->ps, &guest, input, 2));
    pp_replay_sample_free(&sample);
    if (works) pp_works_close(works);
    return ok;
}

static void print(const options *o, const measured *m) {
    const pp_prover_secret s = {.ps_per_work = m->ps, .wei_per_second = o->ask};
    pp_u128 whole = 0, million = 0;
    char a[40], b[40], c[PP_CLI_TEXT], d[PP_CLI_TEXT];
    bool known = pp_prover_cost(&whole, &s, m->work.heavy) && pp_prover_cost(&million, &s, 1000000);
    if (o->json) {
        printf("{\"work\": %" PRIu64 ", \"picoseconds_per_work\": %" PRIu64
               ", \"wei_per_second\": \"%" PRIu64
               "\", \"batch_wei\": \"%s\", \"million_work_wei\": \"%s\", \"count_ms\": %" PRIu64
               "}\n",
               m->work.heavy, m->ps, o->ask, pp_u128_dec(a, whole), pp_u128_dec(b, million),
               m->count_ns / 1000000);
        return;
    }
    printf("a batch of %" PRIu64 " transactions  %s units of %s\n", o->transactions,
           pp_cli_count(c, m->work.heavy), o->re_execute ? "running" : "proving");
    printf("it takes this machine         %s, %" PRIu64 " picoseconds a unit\n",
           pp_cli_time(d, (uint64_t)((pp_u128)m->work.heavy * m->ps / 1000)), m->ps);
    printf("to find that out takes        %s, before a bid\n", pp_cli_time(d, m->count_ns));
    if (known)
        printf("at %" PRIu64 " wei a second a bid is   %s wei, %s wei for a million units\n",
               o->ask, pp_u128_dec(a, whole), pp_u128_dec(b, million));
}

static int run(int argc, char **argv) {
    options o = {.transactions = 8, .ask = 5000000000};
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    pp_replay_file file;
    measured m;
    if (o.file == NULL)
        pp_replay_file_transfers(&file, o.transactions, 412346);
    else if (!pp_replay_file_load(&err, &file, o.file) || !pp_replay_file_fits(&err, &file, o.file))
        return pp_cli_fail(&err);
    bool ok = measure(&err, &m, &o, &file);
    pp_replay_file_free(&file);
    if (!ok) return pp_cli_fail(&err);
    print(&o, &m);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_prover_bench = {
    "prover bench", "measure this machine on a batch, and see what a bid would be",
    "usage: polypoly prover bench [--transactions N] [--file FILE] [--ask WEI_PER_SECOND]\n"
    "         [--threads N] [--memory SIZE] [--re-execute] [--json]\n"
    "\n"
    "Makes a batch of plain transfers, or takes the heaviest one of FILE (examples/README.md has "
    "its\n"
    "shape), counts what proving it takes (the same on every machine), proves its first shard, "
    "and\n"
    "says how long a unit takes here: picoseconds_per_work of prover.json. A bid is that times\n"
    "wei_per_second. A rented core costs about 5 gwei a second.\n"
    "\n"
    "  --transactions N  in the batch (8)\n"
    "  --ask             wei for a second of this machine (5000000000)\n"
    "  --re-execute      of a network that runs batches again instead of demanding proofs\n"
    "\n"
    "example: polypoly prover bench --transactions 64 --memory 2G\n"
    "\n"
    "Exit codes: 0 measured; 2 usage, or something in the environment failed.\n",
    run};
