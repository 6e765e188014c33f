// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly join: the shards of a plan, proven anywhere, as one proof.
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "prove/work.h"
#include "rv64/owned.h"

typedef struct listing {
    bool json, any;
} listing;

static void show_missing(void *ctx, uint32_t number) {
    listing *l = ctx;
    printf(l->json ? "%s%" PRIu32 : "%s%05" PRIu32, l->json && l->any ? ", " : "", number);
    if (!l->json) printf("\n");
    l->any = true;
}

static int list_missing(const pp_work *work, const pp_machine *machine, bool json) {
    pp_err err;
    listing l = {.json = json};
    if (json) printf("{\"shards\": %" PRIu32 ", \"missing\": [", work->shards);
    bool ok = pp_work_missing(&err, work, machine, show_missing, &l);
    if (json) printf("]}\n");
    int code = pp_cli_flush();
    return ok ? code : pp_cli_fail(&err);
}

static int join(const pp_work *work, const pp_machine *machine, const char *out, bool json) {
    pp_err err;
    uint64_t size;
    if (!pp_work_join(&err, work, out, &size, machine)) return pp_cli_fail(&err);
    if (json)
        printf("{\"shards\": %" PRIu32 ", \"cycles\": %" PRIu64
               ", \"set\": \"%s\", \"bytes\": %" PRIu64 "}\n",
               work->shards, work->cycles, work->set->name, size);
    else
        printf("%s: %" PRIu64 " bytes, %" PRIu32 " shard%s, set %s%s\n", out, size, work->shards,
               work->shards == 1 ? "" : "s", work->set->name,
               work->set->secure ? "" : " (for tests only: not secure)");
    return pp_cli_flush();
}

static int with_machine(const char *dir, const char *out, bool json) {
    pp_err err;
    pp_work work;
    pp_machine_owned machine;
    if (!pp_work_read(&err, &work, dir)) return pp_cli_fail(&err);
    if (!pp_machine_own(&err, &machine)) return pp_cli_fail(&err);
    int code;
    if (memcmp(&work.vm_id, &machine.vm_id, sizeof work.vm_id) != 0) {
        pp_err_set(&err, PP_EXIT_NO,
                   "%s/plan: for another machine, which another version of polypoly joins", dir);
        code = pp_cli_fail(&err);
    } else {
        code = out != NULL ? join(&work, machine.machine, out, json)
                           : list_missing(&work, machine.machine, json);
    }
    pp_machine_disown(&machine);
    return code;
}

static int run(int argc, char **argv) {
    const char *dir = NULL, *out = NULL;
    bool json = false, missing = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-o") == 0) {
            if (i + 1 == argc) return pp_cli_usage("join", "-o needs a value");
            out = argv[++i];
        } else if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (strcmp(argv[i], "--missing") == 0) {
            missing = true;
        } else if (argv[i][0] == '-') {
            return pp_cli_usage("join", "no option '%s'", argv[i]);
        } else if (dir != NULL) {
            return pp_cli_usage("join", "one folder, please");
        } else {
            dir = argv[i];
        }
    }
    if (dir == NULL) return pp_cli_usage("join", "which folder?");
    if ((out == NULL) == !missing)
        return pp_cli_usage("join", missing ? "--missing only lists: no -o" : "where to? -o FILE");
    return with_machine(dir, out, json);
}

const pp_cli_command pp_cmd_join = {
    "join", "put shards that were proven apart together into one proof",
    "usage: polypoly join DIR -o PROOF [--json]\n"
    "       polypoly join DIR --missing [--json]\n"
    "\n"
    "DIR is the folder of polypoly prove --plan, with a .proof beside each .shard. Every shard's\n"
    "proof is checked, and that each starts where the one before it ended, from the program's\n"
    "start to its halt. The bytes are those that polypoly prove writes in one go. DIR stays.\n"
    "With --missing the numbers of shards that are still to be proven are printed, a line each:\n"
    "those whose proof is not there, is none, or is another shard's.\n"
    "\n"
    "example:\n"
    "  polypoly prove build/guests/fib.elf --input-u64 2000000 --plan work\n"
    "  for s in work/*.shard; do polypoly prove --shard $s -o ${s%.shard}.proof; done\n"
    "  polypoly join work -o fib.proof\n"
    "\n"
    "Exit codes: 0 joined, or listed; 1 a proof is missing, wrong, or in the wrong place, or the\n"
    "plan is another machine's; 2 usage, unreadable, PROOF cannot be written.\n",
    run};
