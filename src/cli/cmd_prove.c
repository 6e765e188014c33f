// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly prove: run a guest and write a proof of the run.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/guest_file.h"
#include "cli/show.h"
#include "cli/words.h"
#include "prove/work.h"
#include "rv64/owned.h"

typedef struct prove_options {
    const char *program, *input, *out, *plan, *shard;
    bool has_number, has_context, resume, json;
    uint64_t number, limit, threads, memory;
    const pp_pcs_params *set;
    pp_hash32 context;
} prove_options;

static int check(prove_options *o) {
    if (o->shard != NULL) {
        // Set and context are the shard's own.
        bool more = o->program != NULL || o->plan != NULL || o->resume || o->memory != 0 ||
                    o->input != NULL || o->has_number || o->has_context || o->limit != 0 ||
                    o->set != NULL;
        if (more) return pp_cli_usage("prove", "--shard FILE takes -o, --threads and --json only");
    } else if (o->program == NULL) {
        return pp_cli_usage("prove", "which program?");
    }
    if (o->set == NULL) o->set = &pp_pcs_fast;
    if (o->plan == NULL && o->out == NULL) return pp_cli_usage("prove", "where to? -o FILE");
    if (o->plan != NULL && (o->out != NULL || o->resume))
        return pp_cli_usage("prove", "--plan DIR only plans: no -o, no --resume");
    if (o->input != NULL && o->has_number)
        return pp_cli_usage("prove", "--input and --input-u64 exclude each other");
    if (o->memory != 0 && pp_prove_log_cells_for(o->set, o->memory) == 0)
        return pp_cli_usage(
            "prove", "--memory: the smallest shards of the set %s take %" PRIu64 " MiB",
            o->set->name, (pp_prove_memory(o->set, PP_PROVE_LOG_CELLS_MIN) >> 20) + 1);
    return PP_EXIT_YES;
}

static int parse(prove_options *o, int argc, char **argv) {
    static const char *const with_value[] = {"--input",   "--input-u64", "-o",      "--bind",
                                             "--threads", "--set",       "--limit", "--memory",
                                             "--plan",    "--shard"};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool takes = false, good = true;
        for (size_t k = 0; k < PP_COUNT(with_value); k++)
            takes = takes || strcmp(word, with_value[k]) == 0;
        if (takes && value == NULL) return pp_cli_usage("prove", "%s needs a value", word);
        if (takes) i++;
        if (strcmp(word, "--input") == 0)
            o->input = value;
        else if (strcmp(word, "--input-u64") == 0)
            good = o->has_number = pp_cli_parse_u64(&o->number, value);
        else if (strcmp(word, "-o") == 0)
            o->out = value;
        else if (strcmp(word, "--plan") == 0)
            o->plan = value;
        else if (strcmp(word, "--shard") == 0)
            o->shard = value;
        else if (strcmp(word, "--bind") == 0)
            good = o->has_context = pp_cli_parse_hash(&o->context, value);
        else if (strcmp(word, "--threads") == 0)
            good = pp_cli_parse_u64(&o->threads, value) && o->threads >= 1 &&
                   o->threads <= PP_THREADS_MAX;
        else if (strcmp(word, "--limit") == 0)
            good = pp_cli_parse_u64(&o->limit, value) && o->limit > 0;
        else if (strcmp(word, "--memory") == 0)
            good = pp_cli_parse_size(&o->memory, value) && o->memory > 0;
        else if (strcmp(word, "--set") == 0)
            good = (o->set = pp_pcs_find(value)) != NULL;
        else if (strcmp(word, "--resume") == 0)
            o->resume = true;
        else if (strcmp(word, "--json") == 0)
            o->json = true;
        else if (word[0] == '-' && word[1] != 0)
            return pp_cli_usage("prove", "no option '%s'", word);
        else if (o->program != NULL)
            return pp_cli_usage("prove", "one program, please");
        else
            o->program = word;
        if (!good) return pp_cli_usage("prove", "%s cannot be '%s'", word, value);
    }
    return check(o);
}

// ---- what is told -------------------------------------------------------------------------------

static void print_report(const prove_options *o, const pp_prove_report *r, uint64_t size,
                         const char *set) {
    double parts =
        r->parts.commit + r->parts.grind + r->parts.buses + r->parts.tables + r->parts.open;
    double all = r->plan + r->trace + r->fill + parts;
    if (o->json) {
        printf("{\"cycles\": %" PRIu64 ", \"cells\": %" PRIu64 ", \"log_cells\": %" PRIu32
               ", \"shards\": %" PRIu64 ", \"interactions\": %" PRIu64 ", \"pages\": %" PRIu64
               ", \"set\": \"%s\", \"bytes\": %" PRIu64 ", \"seconds\": {\"plan\": %.6f, "
               "\"trace\": %.6f, \"fill\": %.6f, \"commit\": %.6f, \"buses\": %.6f, "
               "\"tables\": %.6f, \"open\": %.6f, \"grind\": %.6f}}\n",
               r->cycles, r->cells, r->log_cells, r->shards, r->interactions, r->pages, set, size,
               r->plan, r->trace, r->fill, r->parts.commit, r->parts.buses, r->parts.tables,
               r->parts.open, r->parts.grind);
        return;
    }
    char cycles[PP_CLI_TEXT], cells[PP_CLI_TEXT];
    printf("cycles    %s\n", pp_cli_count(cycles, r->cycles));
    printf("cells     %s in %" PRIu64 " shard%s of at most 2^%" PRIu32 "\n",
           pp_cli_count(cells, r->cells), r->shards, r->shards == 1 ? "" : "s", r->log_cells);
    printf("proof     %" PRIu64 " bytes, set %s%s\n", size, set,
           o->set == NULL || o->set->secure ? "" : " (for tests only: not secure)");
    printf("time      %.2f s: plan %.2f, trace %.2f, commitment %.2f, buses %.2f, tables %.2f, "
           "opening %.2f, grinding %.2f; %.1f kHz\n",
           all, r->plan, r->trace + r->fill, r->parts.commit, r->parts.buses, r->parts.tables,
           r->parts.open, r->parts.grind, (double)r->cycles / all / 1000);
}

typedef struct listing {
    const prove_options *o;
    const pp_machine *machine;
    pp_cli_progress progress;
    uint64_t shards, cells;
} listing;

// A line a shard: what --plan is asked for.
static void list_shard(void *ctx, const pp_vm_shard *s) {
    listing *l = ctx;
    uint64_t cells = 0;
    for (uint32_t t = 0; t < l->machine->tables_len; t++) {
        const pp_air_table *a = &l->machine->tables[t];
        uint64_t rows = pp_layout_round(s->rows[t], l->o->set->rounds[0].fold);
        cells += a->columns_len * (a->log_fixed != 0 ? (uint64_t)1 << a->log_fixed : rows);
    }
    l->cells += cells;
    if (l->o->json) {
        printf("%s{\"shard\": %" PRIu64 ", \"first_cycle\": %" PRIu64 ", \"cycles\": %" PRIu64
               ", \"cells\": %" PRIu64 ", \"pages\": %zu, \"bytes\": %zu}",
               l->shards ? ", " : "", s->number, s->first_cycle, s->cycles, cells, s->pages_len,
               pp_vm_shard_size(s));
    } else {
        char text[3][PP_CLI_TEXT];
        printf("%5" PRIu64 " %16s %12s %14s %7zu %10zu\n", s->number,
               pp_cli_count(text[0], s->first_cycle), pp_cli_count(text[1], s->cycles),
               pp_cli_count(text[2], cells), s->pages_len, pp_vm_shard_size(s));
    }
    l->shards++;
}

// ---- the three things it does -------------------------------------------------------------------

static int plan(const prove_options *o, const pp_prove_claim_input *in) {
    pp_err err;
    pp_work work;
    pp_vm_result result;
    listing l = {.o = o, .machine = in->with.machine};
    if (o->json)
        printf("{\"plan\": [");
    else
        printf("shard      from cycle       cycles          cells   pages      bytes\n");
    bool ok = pp_work_plan(&err, &work, strcmp(o->plan, "-") == 0 ? NULL : o->plan, &result, in,
                           list_shard, &l);
    if (!ok) {
        if (o->json) printf("]}\n");
        (void)pp_cli_flush();
        return pp_cli_fail(&err);
    }
    char cycles[PP_CLI_TEXT], cells[PP_CLI_TEXT];
    if (o->json)
        printf("], \"shards\": %" PRIu32 ", \"cycles\": %" PRIu64 ", \"cells\": %" PRIu64 "}\n",
               work.shards, work.cycles, l.cells);
    else
        printf("%" PRIu32 " shard%s, %s cycles, %s cells\n", work.shards,
               work.shards == 1 ? "" : "s", pp_cli_count(cycles, work.cycles),
               pp_cli_count(cells, l.cells));
    return pp_cli_flush();
}

typedef struct going {
    const prove_options *o;
    pp_cli_progress progress;
} going;

static void on_planned(void *ctx, const pp_work *work) {
    going *g = ctx;
    char cycles[PP_CLI_TEXT];
    if (!g->o->json && isatty(STDERR_FILENO))
        fprintf(stderr, "proving %s cycles in %" PRIu32 " shard%s\n",
                pp_cli_count(cycles, work->cycles), work->shards, work->shards == 1 ? "" : "s");
}

static void on_progress(void *ctx, const pp_work *work, double share) {
    going *g = ctx;
    uint64_t of = 1000 * (uint64_t)work->shards;
    pp_cli_progress_show(&g->progress, "proving", (uint64_t)((double)of * share), of);
}

static int prove(const prove_options *o, const pp_prove_claim_input *in) {
    pp_err err = {0};
    pp_prove_report sum;
    char dir[PP_WORK_PATH_MAX];
    if (snprintf(dir, sizeof dir, "%s.work", o->out) >= (int)sizeof((pp_work *)0)->dir)
        return pp_cli_usage("prove", "-o: the name is too long");
    if (access(dir, F_OK) == 0 && !o->resume) {
        pp_err_set(&err, PP_EXIT_USAGE,
                   "%s holds a proof that was begun; --resume goes on with it, or remove it", dir);
        return pp_cli_fail(&err);
    }
    going g = {.o = o};
    pp_work_watch watch = {&g, on_planned, on_progress};
    uint64_t size;
    bool ok = pp_work_whole(&err, o->out, &size, &sum, dir, in, &watch);
    pp_cli_progress_hide(&g.progress);
    if (!ok) return pp_cli_fail(&err);
    print_report(o, &sum, size, o->set->name);
    return pp_cli_flush();
}

static void show_share(void *ctx, double share) {
    pp_cli_progress_show(ctx, "proving", (uint64_t)(1000 * share), 1000);
}

static int prove_one(const prove_options *o, const pp_prove_with *with) {
    pp_err err;
    pp_prove_report r;
    pp_cli_progress progress = {0};
    pp_prove_with mine = *with;
    mine.progress = show_share;
    mine.progress_ctx = &progress;
    show_share(&progress, 0);
    bool ok = pp_work_prove(&err, &r, o->shard, o->out, &mine);
    pp_cli_progress_hide(&progress);
    if (!ok) return pp_cli_fail(&err);
    print_report(o, &r, r.bytes, "as the shard says");
    return pp_cli_flush();
}

static int with_program(const prove_options *o, const pp_prove_with *with) {
    pp_err err;
    pp_guest_file guest;
    pp_guest_input input = {0};
    if (!pp_guest_file_read(&err, &guest, o->program)) return pp_cli_fail(&err);
    bool ok = true;
    if (o->has_number) {
        pp_guest_input_number(&input, o->number);
    } else if (o->input != NULL) {
        ok = pp_guest_input_read(&err, &input, o->input);
    }
    pp_vm_options run = {.max_cycles = o->limit};
    pp_prove_claim_input in = {
        .with = *with, .program = &guest.program, .input = input.bytes, .options = &run};
    int code = !ok ? pp_cli_fail(&err) : o->plan != NULL ? plan(o, &in) : prove(o, &in);
    pp_guest_input_free(&input);
    pp_guest_file_free(&guest);
    return code;
}

static int run(int argc, char **argv) {
    prove_options o = {0};
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    pp_prove_keep_memory();
    pp_machine_owned machine = {0};
    pp_threads *pool = NULL;
    bool ok = pp_machine_own(&err, &machine);
    if (ok) ok = (pool = pp_threads_new(&err, (size_t)o.threads)) != NULL;
    pp_prove_with with = {.machine = machine.machine,
                          .vm_id = &machine.vm_id,
                          .set = o.set,
                          .context = &o.context,
                          .log_cells = o.memory ? pp_prove_log_cells_for(o.set, o.memory) : 0,
                          .pool = pool};
    if (!ok)
        code = pp_cli_fail(&err);
    else
        code = o.shard != NULL ? prove_one(&o, &with) : with_program(&o, &with);
    if (pool != NULL) pp_threads_free(pool);
    pp_machine_disown(&machine);
    return code;
}

const pp_cli_command pp_cmd_prove = {
    "prove", "prove that a guest program ran and wrote its output",
    "usage: polypoly prove PROGRAM [--input FILE | --input-u64 N] -o PROOF [--bind HEX32]\n"
    "                      [--memory SIZE] [--threads N] [--set NAME] [--limit N] [--resume]\n"
    "                      [--json]\n"
    "       polypoly prove PROGRAM [--input ...] [--bind ...] [--memory ...] --plan DIR [--json]\n"
    "       polypoly prove --shard FILE -o FILE [--threads N] [--json]\n"
    "\n"
    "Runs PROGRAM, which must halt with exit code 0, and writes a proof that it did so on some\n"
    "input with this input's id, with this output. The proof is not zero-knowledge: it may tell\n"
    "something about the input. The run is cut into shards that are proven one after the other;\n"
    "they lie in the folder PROOF.work, which only you can read, until the proof is whole.\n"
    "\n"
    "  --input FILE     the private input; - is stdin\n"
    "  --input-u64 N    the input is N as 8 bytes, little-endian\n"
    "  -o PROOF         the file to write\n"
    "  --bind HEX32     32 bytes the proof is bound to: a request, a prover; default all zero\n"
    "  --memory SIZE    shards as large as fit (2G, 500M); default 3 GiB, with small 3.5\n"
    "  --threads N      default: one for each core\n"
    "  --set NAME       parameter set (polypoly soundness): fast (default), small, test\n"
    "  --limit N        at most N cycles\n"
    "  --resume         go on where an earlier call was stopped, with the same words; proofs of\n"
    "                   shards that are there are checked, and what is lost is made again\n"
    "  --plan DIR       only cut the run: DIR gets a file a shard, for other machines; - only\n"
    "                   prints\n"
    "  --shard FILE     prove one such file; no program is needed\n"
    "  --json           one object on stdout\n"
    "\n"
    "examples:\n"
    "  polypoly prove build/guests/fib.elf --input-u64 1000 -o fib.proof\n"
    "  polypoly verify fib.proof --program build/guests/fib.elf --input-u64 1000\n"
    "\n"
    "  polypoly prove build/guests/fib.elf --input-u64 2000000 --plan work    # on several "
    "machines:\n"
    "  polypoly prove --shard work/00000.shard -o work/00000.proof\n"
    "  polypoly join work -o fib.proof                                        # docs/fleet.md\n"
    "\n"
    "Exit codes: 0 proven; 1 the run ended otherwise, or the shard is none; 2 usage, unreadable.\n",
    run};
