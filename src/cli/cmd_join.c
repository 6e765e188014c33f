// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly join: the shards of a plan, proven anywhere, as one proof.
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "prove/work.h"
#include "rv64/owned.h"

static int join(const char *dir, const char *out, bool json) {
    pp_err err;
    pp_work work;
    pp_machine_owned machine;
    uint64_t size;
    if (!pp_work_read(&err, &work, dir)) return pp_cli_fail(&err);
    if (!pp_machine_own(&err, &machine)) return pp_cli_fail(&err);
    bool ok =
        memcmp(&work.vm_id, &machine.vm_id, sizeof work.vm_id) == 0 ||
        pp_err_set(&err, PP_EXIT_NO,
                   "%s/plan: for another machine, which another version of polypoly joins", dir);
    ok = ok && pp_work_join(&err, &work, out, &size, machine.machine);
    pp_machine_disown(&machine);
    if (!ok) return pp_cli_fail(&err);
    if (json)
        printf("{\"shards\": %" PRIu32 ", \"cycles\": %" PRIu64
               ", \"set\": \"%s\", \"bytes\": %" PRIu64 "}\n",
               work.shards, work.cycles, work.set->name, size);
    else
        printf("%s: %" PRIu64 " bytes, %" PRIu32 " shard%s, set %s%s\n", out, size, work.shards,
               work.shards == 1 ? "" : "s", work.set->name,
               work.set->secure ? "" : " (for tests only: not secure)");
    return pp_cli_flush();
}

static int run(int argc, char **argv) {
    const char *dir = NULL, *out = NULL;
    bool json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-o") == 0) {
            if (i + 1 == argc) return pp_cli_usage("join", "-o needs a value");
            out = argv[++i];
        } else if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (argv[i][0] == '-') {
            return pp_cli_usage("join", "no option '%s'", argv[i]);
        } else if (dir != NULL) {
            return pp_cli_usage("join", "one folder, please");
        } else {
            dir = argv[i];
        }
    }
    if (dir == NULL) return pp_cli_usage("join", "which folder?");
    if (out == NULL) return pp_cli_usage("join", "where to? -o FILE");
    return join(dir, out, json);
}

const pp_cli_command pp_cmd_join = {
    "join", "put shards that were proven apart together into one proof",
    "usage: polypoly join DIR -o PROOF [--json]\n"
    "\n"
    "DIR is the folder of polypoly prove --plan, with a .proof beside each .shard. Every shard's\n"
    "proof is checked, and that each starts where the one before it ended, from the program's\n"
    "start to its halt. The bytes are those that polypoly prove writes in one go. DIR stays.\n"
    "\n"
    "example:\n"
    "  polypoly prove build/guests/fib.elf --input-u64 2000000 --plan work\n"
    "  for s in work/*.shard; do polypoly prove --shard $s -o ${s%.shard}.proof; done\n"
    "  polypoly join work -o fib.proof\n"
    "\n"
    "Exit codes: 0 joined; 1 a proof is missing, wrong, or in the wrong place; 2 usage, "
    "unreadable.\n",
    run};
