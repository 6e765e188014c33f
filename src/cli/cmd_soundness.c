// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly soundness: what a proof of the virtual machine proves, round by round.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "rv64/owned.h"
#include "verify/soundness.h"
#include "verify/verify.h"

typedef struct soundness_options {
    const pp_pcs_params *set; // NULL: an overview of all
    unsigned log_cells, shards;
    bool has_cells, json;
} soundness_options;

// A number from min to max, the whole text.
static bool parse_number(unsigned *out, const char *text, unsigned min, unsigned max) {
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != 0 || n < min || n > max) return false;
    *out = (unsigned)n;
    return true;
}

static int parse(soundness_options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(word, "--json") == 0) {
            o->json = true;
            continue;
        }
        bool set = strcmp(word, "--set") == 0, cells = strcmp(word, "--cells") == 0;
        if (!set && !cells && strcmp(word, "--shards") != 0)
            return pp_cli_usage("soundness", "no option '%s'", word);
        if (value == NULL) return pp_cli_usage("soundness", "%s needs a value", word);
        i++;
        if (set) {
            o->set = pp_pcs_find(value);
            if (o->set == NULL)
                return pp_cli_usage("soundness", "no parameter set '%s'; fast, small, test", value);
        } else if (cells) {
            o->has_cells = true;
            if (!parse_number(&o->log_cells, value, 0, PP_PCS_LOG_CELLS_MAX))
                return pp_cli_usage("soundness", "--cells takes log2 of the cells, not '%s'",
                                    value);
        } else if (!parse_number(&o->shards, value, 1, PP_VERIFY_SHARDS_MAX)) {
            return pp_cli_usage("soundness", "--shards takes a number from 1 to %d, not '%s'",
                                PP_VERIFY_SHARDS_MAX, value);
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

// The largest shard of the machine with so many cells.
static pp_soundness sheet(const pp_machine *machine, const pp_pcs_params *set, unsigned log_cells) {
    pp_soundness s;
    pp_shard_sizes sizes = pp_shard_sizes_most(machine, log_cells);
    pp_soundness_shard(&s, set, log_cells, &sizes);
    return s;
}
// As one interactive protocol the errors of all shards add up.
static double together(const pp_soundness *s, unsigned shards) {
    return s->interactive - log2(shards);
}

static void print_detail(const pp_pcs_params *p, unsigned log_cells, unsigned shards,
                         const pp_soundness *s) {
    printf(
        "set %s, a shard of the virtual machine with 2^%u cells of KoalaBear, |E| = 2^%.2f%s\n\n",
        p->name, log_cells, s->field, p->secure ? "" : " (for tests only: verifiers refuse it)");
    printf("%-36s %5s %8s %6s %8s  %s\n", "round", "times", "error", "grind", "bits",
           "formula; numbers; source");
    for (size_t i = 0; i < s->lines_len; i++) {
        const pp_soundness_line *l = &s->lines[i];
        printf("%-36s %5u %8.2f %6u %8.2f  %s; %s; %s\n", l->round, l->times, -l->error, l->grind,
               l->bits, l->formula, l->numbers, l->source);
    }
    printf("\n%-36s %30.2f  the weakest round: what Fiat-Shamir keeps\n", "round by round",
           s->round_by_round);
    printf("%-36s %30.2f  the sum over all rounds of %u shard%s, as one interactive proof\n",
           "interactive", together(s, shards), shards, shards == 1 ? "" : "s");
    printf("%-36s %30.2f  of work to collide two 9-element digests; apart from the above\n",
           "digest", s->collision);
    printf("\nA claim of many shards is as strong round by round as its weakest shard; "
           "interactive, the"
           " errors\nof all shards add up (--shards). docs/soundness.md derives the commitment's"
           " formulas, docs/proofs.md\nthose of buses and tables, here at the largest sizes that a"
           " shard with so many cells can have.\n");
}

static void print_json(const pp_pcs_params *p, unsigned log_cells, unsigned shards,
                       const pp_soundness *s) {
    printf("{\"set\":\"%s\",\"log_cells\":%u,\"shards\":%u,\"secure\":%s,\"field_bits\":%.4f,"
           "\"rounds\":[",
           p->name, log_cells, shards, p->secure ? "true" : "false", s->field);
    for (size_t i = 0; i < s->lines_len; i++) {
        const pp_soundness_line *l = &s->lines[i];
        printf("%s{\"round\":\"%s\",\"times\":%u,\"error_bits\":%.4f,\"grind\":%u,\"bits\":%.4f,"
               "\"formula\":\"%s\",\"numbers\":\"%s\",\"source\":\"%s\"}",
               i == 0 ? "" : ",", l->round, l->times, -l->error, l->grind, l->bits, l->formula,
               l->numbers, l->source);
    }
    printf("],\"round_by_round\":%.4f,\"interactive\":%.4f,\"digest_collision\":%.4f}",
           s->round_by_round, together(s, shards), s->collision);
}

static void print_overview(const pp_machine *machine, const soundness_options *o) {
    bool json = o->json;
    if (json)
        printf("[");
    else
        printf("%-6s %6s %15s %12s %8s  %s\n", "set", "cells", "round by round", "interactive",
               "digest", "largest opening");
    bool first = true;
    for (size_t i = 0; pp_pcs_sets[i] != NULL; i++) {
        const pp_pcs_params *p = pp_pcs_sets[i];
        if (!p->secure) continue;
        for (unsigned m = p->log_cells_min; m <= p->log_cells_max; m++) {
            pp_soundness s = sheet(machine, p, m);
            if (json) {
                if (!first) printf(",\n");
                print_json(p, m, o->shards, &s);
            } else {
                printf("%-6s   2^%-2u %15.2f %12.2f %8.2f  %.1f KiB\n", p->name, m,
                       s.round_by_round, together(&s, o->shards), s.collision,
                       (double)pp_pcs_proof_size_max(p, m) / 1024);
            }
            first = false;
        }
    }
    puts(json ? "]" : "\nBits. polypoly soundness --set NAME shows every round of one.");
}

static int run_soundness(int argc, char **argv) {
    soundness_options o = {.shards = 1};
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_err err = {0};
    pp_machine_owned machine;
    if (!pp_machine_own(&err, &machine)) return pp_cli_fail(&err);
    if (o.set == NULL) {
        print_overview(machine.machine, &o);
    } else {
        pp_soundness s = sheet(machine.machine, o.set, o.log_cells);
        if (o.json) {
            print_json(o.set, o.log_cells, o.shards, &s);
            puts("");
        } else {
            print_detail(o.set, o.log_cells, o.shards, &s);
        }
    }
    pp_machine_disown(&machine);
    return pp_cli_flush();
}

const pp_cli_command pp_cmd_soundness = {
    "soundness", "print the proven bits of a proof, round by round",
    "usage: polypoly soundness [--set NAME] [--cells LOG] [--shards N] [--json]\n"
    "\n"
    "Computes, from the parameters and tables in use and published theorems alone, how many bits\n"
    "of security each round of a proof has: the polynomial commitment's, the buses' and the\n"
    "tables' of the virtual machine, and the total. No conjecture enters. Without --set: one line\n"
    "for each secure set and size. The digest's collision bits stand apart.\n"
    "\n"
    "  --set NAME   fast (rate 1/2), small (rate 1/4) or test (weak on purpose)\n"
    "  --cells LOG  log2 of a shard's committed cells; by default the largest of the set\n"
    "  --shards N   of the claim, 1 to 65536: the interactive total adds up the errors of all\n"
    "  --json       for machines\n"
    "\n"
    "examples: polypoly soundness\n"
    "          polypoly soundness --set fast --cells 26 --shards 17\n"
    "\n"
    "Exit codes: 0 printed; 2 usage.\n",
    run_soundness};
