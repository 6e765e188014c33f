// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly sim market: rule sets side by side, and real orders through ours.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "sim/sim.h"

typedef struct options {
    pp_sim_config config;
    const char *replay, *svg;
    bool json;
    uint64_t zkc_gwei;
} options;

static bool number(uint64_t *out, const char *text, uint64_t most) {
    char *end;
    if (!text || *text < '0' || *text > '9') return false;
    *out = strtoull(text, &end, 10);
    return *end == 0 && *out <= most;
}

static bool adversary(pp_sim_config *c, const char *word) {
    for (int i = 0; word && i < PP_SIM_ADVERSARIES_LEN; i++)
        if (strcmp(word, pp_sim_adversary_name((pp_sim_adversary)i)) == 0) {
            c->adversary = (pp_sim_adversary)i;
            return true;
        }
    return false;
}

// The exit code of a usage error, or -1.
static int parse(options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        uint64_t n = 0;
        if (strcmp(name, "--json") == 0) {
            o->json = true;
            continue;
        }
        i++;
        bool ok = value != NULL;
        if (strcmp(name, "--seed") == 0) {
            ok = number(&o->config.seed, value, UINT64_MAX);
        } else if (strcmp(name, "--provers") == 0) {
            ok = number(&n, value, 20000) && n >= PP_SIM_CANDIDATES;
            o->config.provers = (uint32_t)n;
        } else if (strcmp(name, "--requests") == 0) {
            ok = number(&n, value, 100000) && n > 0;
            o->config.requests = (uint32_t)n;
        } else if (strcmp(name, "--share") == 0) {
            ok = number(&n, value, 100);
            o->config.adversaries = (uint32_t)n;
        } else if (strcmp(name, "--zkc-gwei") == 0) {
            ok = number(&o->zkc_gwei, value, 1000000000);
        } else if (strcmp(name, "--adversary") == 0) {
            ok = adversary(&o->config, value);
        } else if (strcmp(name, "--replay") == 0) {
            o->replay = value;
        } else if (strcmp(name, "--svg") == 0) {
            o->svg = value;
        } else {
            return pp_cli_usage("sim market", "no option '%s'", name);
        }
        if (!ok)
            return pp_cli_usage("sim market", "%s %s: out of range or missing", name,
                                value ? value : "");
    }
    return -1;
}

static int compare(const options *o) {
    pp_sim_result results[PP_SIM_RULES_LEN];
    pp_err err;
    bool broken = false;
    uint32_t len = pp_sim_rules_len(&o->config);
    for (uint32_t i = 0; i < len; i++) {
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r%u of %u: %-30s", i + 1, len, pp_sim_rules_name((pp_sim_rules)i));
        if (!pp_sim_run(&err, &results[i], &o->config, (pp_sim_rules)i)) return pp_cli_fail(&err);
        broken |= results[i].broken != NULL;
    }
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r%-50s\r", "");
    if (o->svg && !pp_sim_plot(&err, o->svg, &o->config, results, len)) return pp_cli_fail(&err);
    if (o->json)
        pp_sim_print_json(stdout, &o->config, results, len);
    else
        pp_sim_print(stdout, &o->config, results, len);
    return broken ? PP_EXIT_NO : PP_EXIT_YES;
}

static int replay(const options *o) {
    pp_sim_replay r;
    pp_err err;
    if (!pp_sim_replay_file(&err, &r, o->replay, o->config.seed, o->zkc_gwei))
        return pp_cli_fail(&err);
    bool good = r.conserved && r.broken == NULL;
    if (o->json) {
        printf("{\"orders\": %llu, \"served\": %llu, \"conserved\": %s, \"paid_permille\": %llu, "
               "\"stake_over_price\": {\"ours\": [%.2f, %.2f, %.2f], \"theirs\": [%.2f, %.2f, "
               "%.2f]}}\n",
               (unsigned long long)r.orders, (unsigned long long)r.served, good ? "true" : "false",
               (unsigned long long)r.paid_permille, (double)r.ours_p10 / 100,
               (double)r.ours_p50 / 100, (double)r.ours_p90 / 100, (double)r.theirs_p10 / 100,
               (double)r.theirs_p50 / 100, (double)r.theirs_p90 / 100);
        return good ? PP_EXIT_YES : PP_EXIT_NO;
    }
    printf("%llu orders, %llu served", (unsigned long long)r.orders, (unsigned long long)r.served);
    for (int i = 0; i < PP_MARKET_STATES_LEN; i++)
        if (r.unserved[i] != 0)
            printf(", %llu %s", (unsigned long long)r.unserved[i],
                   pp_market_state_name((pp_market_state)i));
    printf("; %llu had a price of 0 (reserve 1)\n", (unsigned long long)r.free_orders);
    printf("ledger %s%s\n", good ? "conserved, every invariant after every order" : "BROKEN: ",
           good       ? ""
           : r.broken ? r.broken
                      : "sum");
    printf("paid: %.1f %% of what the file's orders paid (eight bidders with costs of 0.5 to 1.5 "
           "times "
           "it)\n",
           (double)r.paid_permille / 10);
    printf("stake over price   p10 %8.1f   p50 %8.1f   p90 %8.1f   by our rule, kappa 10\n",
           (double)r.ours_p10 / 100, (double)r.ours_p50 / 100, (double)r.ours_p90 / 100);
    printf("                   p10 %8.1f   p50 %8.1f   p90 %8.1f   locked by them, at %llu gwei a "
           "ZKC\n",
           (double)r.theirs_p10 / 100, (double)r.theirs_p50 / 100, (double)r.theirs_p90 / 100,
           (unsigned long long)o->zkc_gwei);
    printf("No times are in the file: its order and a Poisson clock. Not a trace of latency.\n");
    return good ? PP_EXIT_YES : PP_EXIT_NO;
}

static int run(int argc, char **argv) {
    options o = {.config = {.seed = 1, .provers = 1000, .requests = 2000, .adversaries = 30},
                 .zkc_gwei = 32900};
    int bad = parse(&o, argc, argv);
    if (bad >= 0) return bad;
    return o.replay ? replay(&o) : compare(&o);
}

const pp_cli_command pp_cmd_sim_market = {
    "sim market", "compare proof-market rules by simulation; replay real orders",
    "usage: polypoly sim market [--adversary KIND] [--share PERCENT] [--requests N] [--provers N]\n"
    "                           [--seed N] [--json] [--svg DIR]\n"
    "       polypoly sim market --replay FILE.csv[.xz] [--zkc-gwei N] [--seed N] [--json]\n"
    "\n"
    "Runs the same requests, provers, crashes and adversaries through six rule sets: first price\n"
    "and second price without a fallback, lock then open, and polypoly's own engine with m = 1, 2\n"
    "and 3. The same seed gives the same numbers everywhere. It compares rules, not networks.\n"
    "\n"
    "  --adversary  none, crash, slow, halt, thief, withhold, abandon, sybil, spam, ring or shill\n"
    "               (none); the table's first line says what each does\n"
    "  --share      how many of 100 provers are adversaries (30)\n"
    "  --requests   2000; --provers 1000; --seed 1\n"
    "  --svg DIR    writes served, time, price, stake, sizes and stalled .svg there, and stolen "
    ".svg\n"
    "               of thieves\n"
    "  --replay     real orders through the engine: columns lock_price_eth, lock_collateral_zkc\n"
    "  --zkc-gwei   what a ZKC is worth, for comparing stakes (32900: 15 ZKC were 35 median\n"
    "               prices when the orders were collected)\n"
    "\n"
    "examples:\n"
    "  polypoly sim market --adversary abandon --share 50\n"
    "  polypoly sim market --adversary crash --svg plots\n"
    "  polypoly sim market --replay boundless-orders.csv.xz\n"
    "\n"
    "Exit codes: 0 done; 1 an invariant of the market failed; 2 usage, or an unreadable file.\n",
    run};
