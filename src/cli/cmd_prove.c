// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly prove: run a guest and write a proof of the run.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/guest_file.h"
#include "cli/show.h"
#include "cli/vm_machine.h"
#include "prove/claim.h"

typedef struct prove_options {
    const char *program, *input, *out;
    bool has_number, json;
    uint64_t number, limit, threads;
    const pp_pcs_params *set;
    pp_hash32 context;
} prove_options;

static int parse(prove_options *o, int argc, char **argv) {
    static const char *const with_value[] = {"--input",   "--input-u64", "-o",     "--bind",
                                             "--threads", "--set",       "--limit"};
    o->set = &pp_pcs_fast;
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
        else if (strcmp(word, "--bind") == 0)
            good = pp_cli_parse_hash(&o->context, value);
        else if (strcmp(word, "--threads") == 0)
            good = pp_cli_parse_u64(&o->threads, value) && o->threads >= 1 &&
                   o->threads <= PP_THREADS_MAX;
        else if (strcmp(word, "--limit") == 0)
            good = pp_cli_parse_u64(&o->limit, value) && o->limit > 0;
        else if (strcmp(word, "--set") == 0)
            good = (o->set = pp_pcs_find(value)) != NULL;
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
    if (o->program == NULL) return pp_cli_usage("prove", "which program?");
    if (o->out == NULL) return pp_cli_usage("prove", "where to? -o FILE");
    if (o->input != NULL && o->has_number)
        return pp_cli_usage("prove", "--input and --input-u64 exclude each other");
    return PP_EXIT_YES;
}

static void show_begun(void *ctx, const pp_prove_report *r) {
    char cycles[PP_CLI_TEXT], cells[PP_CLI_TEXT];
    if (*(const bool *)ctx)
        fprintf(stderr, "proving %s cycles, %s cells\n", pp_cli_count(cycles, r->cycles),
                pp_cli_count(cells, r->cells));
}

static void print_report(const prove_options *o, const pp_prove_report *r, size_t size) {
    double all = r->fill + r->prove;
    if (o->json) {
        printf("{\"cycles\": %" PRIu64 ", \"cells\": %" PRIu64 ", \"log_cells\": %" PRIu32
               ", \"set\": \"%s\", \"bytes\": %zu, \"seconds\": {\"run_and_fill\": %.6f, "
               "\"commit\": %.6f, \"buses\": %.6f, \"tables\": %.6f, \"open\": %.6f}}\n",
               r->cycles, r->cells, r->log_cells, o->set->name, size, r->fill, r->parts.commit,
               r->parts.buses, r->parts.tables, r->parts.open);
        return;
    }
    char cycles[PP_CLI_TEXT], cells[PP_CLI_TEXT];
    printf("cycles    %s\n", pp_cli_count(cycles, r->cycles));
    printf("cells     %s of 2^%" PRIu32 "\n", pp_cli_count(cells, r->cells), r->log_cells);
    printf("proof     %zu bytes, set %s%s\n", size, o->set->name,
           o->set->secure ? "" : " (for tests only: not secure)");
    printf("time      %.2f s: run and trace %.2f, commitment %.2f, buses %.2f, tables %.2f, "
           "opening %.2f; %.1f kHz\n",
           all, r->fill, r->parts.commit, r->parts.buses, r->parts.tables, r->parts.open,
           (double)r->cycles / all / 1000);
}

static int prove(const prove_options *o, const pp_program *program, pp_bytes input,
                 const pp_cli_machine *machine, pp_threads *pool) {
    pp_err err;
    bool tell = !o->json && isatty(STDERR_FILENO);
    pp_vm_options run = {.max_cycles = o->limit};
    pp_prove_claim_input in = {.machine = machine->machine,
                               .vm_id = &machine->vm_id,
                               .set = o->set,
                               .context = &o->context,
                               .program = program,
                               .input = input,
                               .options = &run,
                               .pool = pool,
                               .begun = show_begun,
                               .begun_ctx = &tell};
    uint8_t *bytes;
    size_t size;
    pp_vm_result result;
    pp_prove_report report;
    if (!pp_prove_claim(&err, &bytes, &size, &result, &report, &in)) return pp_cli_fail(&err);
    bool ok = pp_file_write(&err, o->out, bytes, size, 0644);
    free(bytes);
    if (!ok) return pp_cli_fail(&err);
    print_report(o, &report, size);
    return pp_cli_flush();
}

static int run(int argc, char **argv) {
    prove_options o = {0};
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    pp_guest_file guest;
    pp_guest_input input = {0};
    if (!pp_guest_file_read(&err, &guest, o.program)) return pp_cli_fail(&err);
    bool ok = true;
    if (o.has_number) {
        pp_store_le64(input.number, o.number);
        input.bytes = (pp_bytes){input.number, sizeof input.number};
    } else if (o.input != NULL) {
        ok = pp_guest_input_read(&err, &input, o.input);
    }
    pp_cli_machine machine = {0};
    pp_threads *pool = NULL;
    if (ok) ok = pp_cli_machine_build(&err, &machine);
    if (ok) ok = (pool = pp_threads_new(&err, (size_t)o.threads)) != NULL;
    code = ok ? prove(&o, &guest.program, input.bytes, &machine, pool) : pp_cli_fail(&err);
    if (pool != NULL) pp_threads_free(pool);
    if (machine.machine != NULL) pp_cli_machine_free(&machine);
    pp_guest_input_free(&input);
    pp_guest_file_free(&guest);
    return code;
}

const pp_cli_command pp_cmd_prove = {
    "prove", "prove that a guest program ran and wrote its output",
    "usage: polypoly prove PROGRAM [--input FILE | --input-u64 N] -o PROOF [--bind HEX32]\n"
    "                      [--threads N] [--set NAME] [--limit N] [--json]\n"
    "\n"
    "Runs PROGRAM, which must halt with exit code 0, and writes a proof that it did so on some\n"
    "input with this input's id, with this output. The proof is not zero-knowledge: it may tell\n"
    "something about the input. One shard: up to about two million cycles.\n"
    "\n"
    "  --input FILE     the private input; - is stdin\n"
    "  --input-u64 N    the input is N as 8 bytes, little-endian\n"
    "  -o PROOF         the file to write\n"
    "  --bind HEX32     32 bytes the proof is bound to: a request, a prover; default all zero\n"
    "  --threads N      default: one for each core\n"
    "  --set NAME       parameter set (polypoly soundness): fast (default), small, test\n"
    "  --limit N        at most N cycles\n"
    "  --json           one object on stdout\n"
    "\n"
    "example:\n"
    "  polypoly prove build/guests/fib.elf --input-u64 1000 -o fib.proof\n"
    "  polypoly verify fib.proof --program build/guests/fib.elf\n"
    "\n"
    "Exit codes: 0 proven; 1 the run ended otherwise, or is too long; 2 usage, unreadable.\n",
    run};
