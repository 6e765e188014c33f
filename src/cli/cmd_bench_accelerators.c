// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly bench accelerators: what a call costs to prove, beside the same in software.
#include <inttypes.h>
#include <stdio.h>

#include "cli/cells.h"
#include "cli/cli.h"
#include "cli/guest_file.h"
#include "prove/claim.h"
#include "rv64/owned.h"

// Guests that use an accelerator, one call each time of n, and the same in software; then things
// that are made of many calls.
typedef struct pair {
    const char *accelerated, *software;
    uint64_t n;
} pair;
enum { WHOLES_LEN = 2 };
static const pair pairs[PP_ACCELS_LEN + WHOLES_LEN] = {
    [PP_ACCEL_KECCAK_F] = {"keccak256_accelerated", "keccak256_chain", 32},
    [PP_ACCEL_POSEIDON2] = {"poseidon2_accelerated", "poseidon2_chain", 256},
    [PP_ACCEL_POSEIDON2_NODE] = {"nodes_accelerated", "nodes_chain", 256},
    [PP_ACCEL_SHA256] = {"sha256_accelerated", "sha256_chain", 256},
    [PP_ACCEL_MULMOD] = {"mulmod_accelerated", "mulmod", 32},
    [PP_ACCEL_SECP256K1_ADD] = {"secp256k1_add_accelerated", "secp256k1_add", 8},
    [PP_ACCEL_SECP256K1_DOUBLE] = {"secp256k1_double_accelerated", "secp256k1_double", 8},
    [PP_ACCELS_LEN] = {"ecrecover_accelerated", "ecrecover", 4},
    {"ecdsa_verify_accelerated", "ecdsa_verify", 4}};

// What n times cost, a time, without what every run has.
typedef struct growth {
    double cycles, units; // units: cells and interactions
} growth;

static bool count(pp_err *err, pp_cli_cells *out, uint64_t *cycles, const char *dir,
                  const char *name, uint64_t n) {
    char path[4096];
    uint8_t number[8];
    pp_guest_file guest;
    pp_vm_result run;
    const pp_vm_options options = {0};
    snprintf(path, sizeof path, "%s/%s.elf", dir, name);
    if (!pp_guest_file_read(err, &guest, path)) return false;
    pp_store_le64(number, n);
    const pp_bytes input = {number, sizeof number};
    bool ok = pp_vm_run(err, &run, &guest.program, input, NULL) &&
              pp_cli_cells_count(err, out, &guest.program, input, &options);
    *cycles = run.cycles;
    pp_guest_file_free(&guest);
    return ok;
}

static bool grow(pp_err *err, growth *out, const char *dir, const char *name, uint64_t n) {
    static pp_cli_cells c[2];
    uint64_t cycles[2];
    for (int i = 0; i < 2; i++)
        if (!count(err, &c[i], &cycles[i], dir, name, i == 0 ? n : 2 * n)) return false;
    const double times = (double)n;
    *out = (growth){.cycles = (double)(cycles[1] - cycles[0]) / times,
                    .units = ((double)(c[1].sum.cells + c[1].sum.interactions) -
                              (double)(c[0].sum.cells + c[0].sum.interactions)) /
                             times};
    return true;
}

// Cells of a call's rows in all its tables.
static bool call_cells(pp_err *err, uint64_t out[PP_ACCELS_LEN]) {
    pp_machine_owned machine;
    if (!pp_machine_own(err, &machine)) return false;
    pp_shard_limits l;
    const pp_prove_with with = {.machine = machine.machine, .set = &pp_pcs_fast};
    pp_prove_limits(&l, &with);
    for (unsigned i = 0; i < PP_ACCELS_LEN; i++) {
        unsigned kind = PP_STEP_ACCEL + i;
        out[i] = l.columns[l.step_table[kind]] +
                 (uint64_t)l.more_rows[kind] * l.columns[l.more_table[kind]];
    }
    pp_machine_disown(&machine);
    return true;
}

static int bench(const char *dir, bool json) {
    pp_err err = {0};
    growth fib;
    uint64_t cells[PP_ACCELS_LEN];
    if (!call_cells(&err, cells) || !grow(&err, &fib, dir, "fib", 20000)) return pp_cli_fail(&err);
    const double cycle = fib.units / fib.cycles;
    if (json)
        printf("{\"cycle\": %.3f, \"accelerators\": [", cycle);
    else
        printf("one cycle of fib: %.2f cells and interactions; in cycles of it:\n", cycle);
    for (size_t i = 0; i < PP_COUNT(pairs); i++) {
        const pair *p = &pairs[i];
        const char *name = i < PP_ACCELS_LEN ? pp_accels[i].id : p->software;
        growth a, s;
        char of[24] = "";
        if (!grow(&err, &a, dir, p->accelerated, p->n) || !grow(&err, &s, dir, p->software, p->n))
            return pp_cli_fail(&err);
        double fast = a.units / cycle, slow = s.units / cycle;
        if (i < PP_ACCELS_LEN)
            snprintf(of, sizeof of, json ? ", \"cells\": %" PRIu64 : "%" PRIu64 " cells,",
                     cells[i]);
        if (json)
            printf("%s{\"name\": \"%s\"%s, \"cycles\": %.1f, \"software\": %.1f}", i ? ", " : "",
                   name, of, fast, slow);
        else
            printf("  %-16s %13s %8.1f cycles with the code around it; software %9.1f, %.1f times "
                   "as much\n",
                   name, of, fast, slow, slow / fast);
    }
    if (json) printf("]}\n");
    return pp_cli_flush();
}

static int run(int argc, char **argv) {
    const char *dir = NULL;
    bool json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (argv[i][0] == '-' || dir != NULL)
            return pp_cli_usage("bench accelerators",
                                dir != NULL && argv[i][0] != '-' ? "one folder, not '%s' too"
                                                                 : "no option '%s'",
                                argv[i]);
        else
            dir = argv[i];
    }
    if (dir == NULL)
        return pp_cli_usage("bench accelerators", "where are the guests? build/guests");
    return bench(dir, json);
}

const pp_cli_command pp_cmd_bench_accelerators = {
    "bench accelerators", "what an accelerator's call costs to prove, beside software",
    "usage: polypoly bench accelerators GUESTS [--json]\n"
    "\n"
    "For each accelerator, from the guests of the folder GUESTS (build/guests): committed cells "
    "of\n"
    "a call, and what it costs to prove with the code around it, in cycles of the guest fib "
    "(cells\n"
    "and interactions, divided by those of one such cycle), beside the same in plain C. Then the\n"
    "recovery and the verification of a signature. These are counts, the same on every machine.\n"
    "\n"
    "  --json           one object on stdout\n"
    "\n"
    "example:\n"
    "  polypoly bench accelerators build/guests\n"
    "\n"
    "Exit codes: 0 told; 2 usage, unreadable.\n",
    run};
