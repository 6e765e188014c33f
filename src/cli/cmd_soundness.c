// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly soundness: what the parameter sets prove, round by round.
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "pcs/soundness.h"

typedef struct soundness_options {
    const pp_pcs_params *set; // NULL: an overview of all
    unsigned log_cells;
    bool has_cells, json;
} soundness_options;

static int parse(soundness_options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(word, "--json") == 0) {
            o->json = true;
            continue;
        }
        bool set = strcmp(word, "--set") == 0;
        if (!set && strcmp(word, "--cells") != 0)
            return pp_cli_usage("soundness", "no option '%s'", word);
        if (value == NULL) return pp_cli_usage("soundness", "%s needs a value", word);
        i++;
        if (set) {
            o->set = pp_pcs_find(value);
            if (o->set == NULL)
                return pp_cli_usage("soundness", "no parameter set '%s'; fast, small, test", value);
        } else {
            char *end;
            unsigned long n = strtoul(value, &end, 10);
            if (value[0] < '0' || value[0] > '9' || *end != 0 || n > PP_PCS_LOG_CELLS_MAX)
                return pp_cli_usage("soundness", "--cells takes log2 of the cells, not '%s'",
                                    value);
            o->log_cells = (unsigned)n;
            o->has_cells = true;
        }
    }
    if (o->has_cells && o->set == NULL) return pp_cli_usage("soundness", "--cells goes with --set");
    const pp_pcs_params *p = o->set;
    if (p != NULL && !o->has_cells) o->log_cells = p->log_cells_max;
    if (p != NULL && (o->log_cells < p->log_cells_min || o->log_cells > p->log_cells_max))
        return pp_cli_usage("soundness", "the set %s is for 2^%u to 2^%u cells", p->name,
                            p->log_cells_min, p->log_cells_max);
    return PP_EXIT_YES;
}

static void print_detail(const pp_pcs_params *p, unsigned log_cells, const pp_soundness *s) {
    printf("set %s, 2^%u cells of KoalaBear, |E| = 2^%.2f%s\n\n", p->name, log_cells, s->field,
           p->secure ? "" : " (for tests only: verifiers refuse it)");
    printf("%-36s %5s %8s %6s %8s  %s\n", "round", "times", "error", "grind", "bits",
           "formula; numbers; source");
    for (size_t i = 0; i < s->lines_len; i++) {
        const pp_soundness_line *l = &s->lines[i];
        printf("%-36s %5u %8.2f %6u %8.2f  %s; %s; %s\n", l->round, l->times, -l->error, l->grind,
               l->bits, l->formula, l->numbers, l->source);
    }
    printf("\n%-36s %30.2f  the weakest round: what Fiat-Shamir keeps\n", "round by round",
           s->round_by_round);
    printf("%-36s %30.2f  the sum over all rounds, as one interactive proof\n", "interactive",
           s->interactive);
    printf("%-36s %30.2f  of work to collide two 9-element digests; apart from the above\n",
           "digest", s->collision);
    printf(
        "\nAn interactive proof of 2^k shards has k bits less; round by round it has as many.\n"
        "docs/soundness.md derives the formulas. The buses and tables of a whole proof add rounds"
        " of their own.\n");
}

static void print_json(const pp_pcs_params *p, unsigned log_cells, const pp_soundness *s) {
    printf("{\"set\":\"%s\",\"log_cells\":%u,\"secure\":%s,\"field_bits\":%.4f,\"rounds\":[",
           p->name, log_cells, p->secure ? "true" : "false", s->field);
    for (size_t i = 0; i < s->lines_len; i++) {
        const pp_soundness_line *l = &s->lines[i];
        printf("%s{\"round\":\"%s\",\"times\":%u,\"error_bits\":%.4f,\"grind\":%u,\"bits\":%.4f,"
               "\"formula\":\"%s\",\"numbers\":\"%s\",\"source\":\"%s\"}",
               i == 0 ? "" : ",", l->round, l->times, -l->error, l->grind, l->bits, l->formula,
               l->numbers, l->source);
    }
    printf("],\"round_by_round\":%.4f,\"interactive\":%.4f,\"digest_collision\":%.4f}",
           s->round_by_round, s->interactive, s->collision);
}

static void print_overview(bool json) {
    if (json)
        printf("[");
    else
        printf("%-6s %6s %15s %12s %8s  %s\n", "set", "cells", "round by round", "interactive",
               "digest", "largest proof");
    bool first = true;
    for (size_t i = 0; pp_pcs_sets[i] != NULL; i++) {
        const pp_pcs_params *p = pp_pcs_sets[i];
        if (!p->secure) continue;
        for (unsigned m = p->log_cells_min; m <= p->log_cells_max; m++) {
            pp_soundness s;
            pp_soundness_pcs(&s, p, m);
            if (json) {
                if (!first) printf(",\n");
                print_json(p, m, &s);
            } else {
                printf("%-6s   2^%-2u %15.2f %12.2f %8.2f  %.1f KiB\n", p->name, m,
                       s.round_by_round, s.interactive, s.collision,
                       (double)pp_pcs_proof_size_max(p, m) / 1024);
            }
            first = false;
        }
    }
    puts(json ? "]" : "\nBits. polypoly soundness --set NAME shows every round of one.");
}

static int run_soundness(int argc, char **argv) {
    soundness_options o = {0};
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (o.set == NULL) {
        print_overview(o.json);
        return PP_EXIT_YES;
    }
    pp_soundness s;
    pp_soundness_pcs(&s, o.set, o.log_cells);
    if (o.json) {
        print_json(o.set, o.log_cells, &s);
        puts("");
    } else {
        print_detail(o.set, o.log_cells, &s);
    }
    return PP_EXIT_YES;
}

const pp_cli_command pp_cmd_soundness = {
    "soundness", "print the proven bits of a parameter set, round by round",
    "usage: polypoly soundness [--set NAME] [--cells LOG] [--json]\n"
    "\n"
    "Computes, from the parameters in use and published theorems alone, how many bits of security\n"
    "each round of the polynomial commitment has, and the total. No conjecture enters. Without\n"
    "--set: one line for each secure set and size. The digest's collision bits stand apart.\n"
    "\n"
    "  --set NAME   fast (rate 1/2), small (rate 1/4) or test (weak on purpose)\n"
    "  --cells LOG  log2 of the number of committed cells; by default the largest of the set\n"
    "  --json       for machines\n"
    "\n"
    "examples: polypoly soundness\n"
    "          polypoly soundness --set fast --cells 26\n"
    "\n"
    "Exit codes: 0 printed; 2 usage.\n",
    run_soundness};
