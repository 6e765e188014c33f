// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly run: execute a guest and say what it did.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cells.h"
#include "cli/cli.h"
#include "cli/guest_file.h"
#include "cli/show.h"
#include "cli/words.h"
#include "vm/profile.h"
#include "vm/vm.h"

typedef struct run_options {
    const char *program, *input;
    bool has_number, stats, json, profile;
    uint64_t number, limit, pages;
} run_options;

static int parse(run_options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool number = strcmp(word, "--limit") == 0 || strcmp(word, "--pages") == 0 ||
                      strcmp(word, "--input-u64") == 0;
        if (number || strcmp(word, "--input") == 0) {
            if (value == NULL) return pp_cli_usage("run", "%s needs a value", word);
            i++;
        }
        uint64_t n = 0;
        if (number && !pp_cli_parse_u64(&n, value))
            return pp_cli_usage("run", "%s takes a number, not '%s'", word, value);
        if (strcmp(word, "--input") == 0)
            o->input = value;
        else if (strcmp(word, "--input-u64") == 0)
            o->number = n, o->has_number = true;
        else if (number && n == 0)
            return pp_cli_usage("run", "%s must be more than 0", word);
        else if (strcmp(word, "--limit") == 0)
            o->limit = n;
        else if (strcmp(word, "--pages") == 0)
            o->pages = n;
        else if (strcmp(word, "--stats") == 0)
            o->stats = true;
        else if (strcmp(word, "--json") == 0)
            o->json = true;
        else if (strcmp(word, "--profile") == 0)
            o->profile = true;
        else if (word[0] == '-' && word[1] != 0)
            return pp_cli_usage("run", "no option '%s'", word);
        else if (o->program != NULL)
            return pp_cli_usage("run", "one program, please");
        else
            o->program = word;
    }
    if (o->program == NULL) return pp_cli_usage("run", "which program?");
    if (o->input != NULL && o->has_number)
        return pp_cli_usage("run", "--input and --input-u64 exclude each other");
    return PP_EXIT_YES;
}

typedef struct watch {
    pp_cli_progress progress;
    uint64_t limit;
} watch;

static void show_progress(void *ctx, uint64_t cycles) {
    watch *w = ctx;
    pp_cli_progress_show(&w->progress, "at most: cycle", cycles, w->limit);
}

static void show_debug(void *ctx, int fd, pp_bytes text) {
    (void)fd;
    watch *w = ctx;
    pp_cli_progress_hide(&w->progress);
    fwrite(text.data, 1, text.size, stderr);
}

// A name from the program file inside a JSON string.
static void json_text(const char *s) {
    putchar('"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_ops(const uint64_t ops[PP_OPS_LEN], uint64_t cycles) {
    bool done[PP_OPS_LEN] = {false};
    printf("\ninstructions\n");
    for (;;) {
        unsigned best = 0;
        for (unsigned o = 1; o < PP_OPS_LEN; o++)
            if (!done[o] && ops[o] > (best ? ops[best] : 0)) best = o;
        if (best == 0) return;
        done[best] = true;
        printf("  %-8s %14" PRIu64 "  %5.1f %%\n", pp_op_name((pp_op)best), ops[best],
               100.0 * (double)ops[best] / (double)cycles);
    }
}

// A name from the program file for a terminal: nothing in it moves the cursor, or goes on for ever.
static void print_name(const char *name) {
    enum { LONGEST = 120 };
    size_t n = 0;
    for (; name[n] != 0 && n < LONGEST; n++)
        putchar(name[n] >= ' ' && name[n] <= '~' ? name[n] : '?');
    if (name[n] != 0) printf("...");
}

static void print_functions(const pp_profile_function *f, size_t n, uint64_t cycles) {
    enum { SHOWN = 30 };
    printf("\n%14s  %7s  %12s  function\n", "own cycles", "", "calls");
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        printf("%14" PRIu64 "  %5.1f %%  %12" PRIu64 "  ", f[i].cycles,
               100.0 * (double)f[i].cycles / (double)cycles, f[i].calls);
        print_name(f[i].name);
        putchar('\n');
    }
    if (n > SHOWN) printf("(%zu more)\n", n - SHOWN);
}

typedef struct report {
    const run_options *options;
    const pp_program *program;
    const pp_vm_result *result;
    uint64_t ops[PP_OPS_LEN];
    pp_profile_function *functions;
    size_t functions_len;
    const pp_cli_cells *cells; // NULL: not counted, for no_cells
    const char *no_cells;
} report;

static void print_text(const report *p) {
    const pp_vm_result *r = p->result;
    char hex[2 * PP_OUTPUT_MAX + 1], text[PP_VM_DESCRIBE_MAX];
    pp_hex_encode(hex, r->output, r->output_size);
    printf("%s\n", pp_vm_describe(text, r));
    uint64_t offset;
    const char *function = pp_profile_symbol(&offset, p->program, r->pc);
    if (r->status != PP_VM_HALTED && function != NULL) {
        printf("        in ");
        print_name(function);
        printf(" + 0x%" PRIx64 "\n", offset);
    }
    printf("output  %" PRIu32 " bytes%s%s\n", r->output_size, r->output_size ? ": " : "", hex);
    if (p->options->stats) {
        printf("cycles  %" PRIu64 "\n", r->cycles);
        printf("pages   %" PRIu64 " of 512 bytes touched: %" PRIu64 " program and data, %" PRIu64
               " stack, %" PRIu64 " input\n",
               r->pages[0] + r->pages[1] + r->pages[2], r->pages[0], r->pages[1], r->pages[2]);
        printf("misaligned accesses  %" PRIu64 "\n", r->misaligned);
        for (unsigned i = 0; i < PP_ACCELS_LEN; i++)
            if (r->accelerated[i] != 0)
                printf("accelerator calls  %" PRIu64 " of %s: %s\n", r->accelerated[i],
                       pp_accels[i].id, pp_accels[i].what);
        print_ops(p->ops, r->cycles);
        if (p->cells != NULL)
            pp_cli_cells_print(p->cells, r->cycles);
        else
            printf("\nno tables of a proof: %s\n", p->no_cells);
    }
    if (p->options->profile) print_functions(p->functions, p->functions_len, r->cycles);
}

static void print_json(const report *p) {
    const pp_vm_result *r = p->result;
    char hex[2 * PP_OUTPUT_MAX + 1], text[PP_VM_DESCRIBE_MAX];
    pp_hex_encode(hex, r->output, r->output_size);
    printf("{\"ok\": %s, \"status\": \"%s\", \"exit_code\": %" PRId64 ", \"cycles\": %" PRIu64
           ", \"output\": \"%s\", \"pc\": %" PRIu64 ", \"address\": %" PRIu64
           ", \"misaligned\": %" PRIu64 ", \"pages\": {\"program\": %" PRIu64
           ", \"stack\": %" PRIu64 ", \"input\": %" PRIu64 "}, \"message\": ",
           pp_vm_ok(r) ? "true" : "false", pp_vm_status_name(r->status), (int64_t)r->exit_code,
           r->cycles, hex, r->pc, r->address, r->misaligned, r->pages[0], r->pages[1], r->pages[2]);
    json_text(pp_vm_describe(text, r));
    if (p->options->stats) {
        const char *comma = "";
        printf(", \"instructions\": {");
        for (unsigned o = 1; o < PP_OPS_LEN; o++) {
            if (p->ops[o] == 0) continue;
            printf("%s\"%s\": %" PRIu64, comma, pp_op_name((pp_op)o), p->ops[o]);
            comma = ", ";
        }
        printf("}, \"accelerators\": {");
        for (unsigned i = 0; i < PP_ACCELS_LEN; i++)
            printf("%s\"%s\": %" PRIu64, i ? ", " : "", pp_accels[i].id, r->accelerated[i]);
        printf("}");
        if (p->cells != NULL) {
            pp_cli_cells_json(p->cells);
        } else {
            printf(", \"no_tables\": ");
            json_text(p->no_cells);
        }
    }
    if (p->options->profile) {
        printf(", \"functions\": [");
        for (size_t i = 0; i < p->functions_len; i++) {
            printf("%s{\"name\": ", i ? ", " : "");
            json_text(p->functions[i].name);
            printf(", \"address\": %" PRIu64 ", \"cycles\": %" PRIu64 ", \"calls\": %" PRIu64 "}",
                   p->functions[i].address, p->functions[i].cycles, p->functions[i].calls);
        }
        printf("]");
    }
    printf("}\n");
}

static bool load_input(pp_err *err, pp_guest_input *input, const run_options *o) {
    if (o->has_number) {
        pp_guest_input_number(input, o->number);
        return true;
    }
    return o->input == NULL || pp_guest_input_read(err, input, o->input);
}

static int execute(const run_options *o, const pp_program *program, pp_bytes input) {
    pp_err err;
    pp_vm_result result;
    report p = {.options = o, .program = program, .result = &result};
    size_t len = pp_vm_counts_len(program);
    uint64_t *counts = o->stats || o->profile ? calloc(len, sizeof *counts) : NULL;
    if ((o->stats || o->profile) && counts == NULL) {
        pp_err_set(&err, PP_EXIT_USAGE, "no memory for the counts of %zu instructions", len - 1);
        return pp_cli_fail(&err);
    }
    watch w = {.limit = o->limit ? o->limit : PP_VM_DEFAULT_CYCLES};
    pp_vm_options options = {.max_cycles = w.limit,
                             .max_pages = o->pages,
                             .debug = show_debug,
                             .debug_ctx = &w,
                             .progress = show_progress,
                             .progress_ctx = &w,
                             .counts = counts};
    bool ran = pp_vm_run(&err, &result, program, input, &options);
    pp_cli_progress_hide(&w.progress);
    if (!ran) {
        free(counts);
        return pp_cli_fail(&err);
    }
    fflush(stderr);
    pp_err no_cells = {0};
    pp_cli_cells cells;
    if (o->stats) {
        pp_profile_ops(p.ops, program, counts);
        p.no_cells = no_cells.text;
        if (pp_cli_cells_count(&no_cells, &cells, program, input, &options)) p.cells = &cells;
    }
    if (o->profile) p.functions_len = pp_profile_functions(&p.functions, program, counts);
    if (o->json)
        print_json(&p);
    else
        print_text(&p);
    free(p.functions);
    free(counts);
    int written = pp_cli_flush();
    if (written != PP_EXIT_YES) return written;
    return pp_vm_ok(&result) ? PP_EXIT_YES : PP_EXIT_NO;
}

static int run(int argc, char **argv) {
    run_options o = {0};
    int usage = parse(&o, argc, argv);
    if (usage != PP_EXIT_YES) return usage;
    pp_err err;
    pp_guest_file guest;
    pp_guest_input input = {0};
    if (!pp_guest_file_read(&err, &guest, o.program)) return pp_cli_fail(&err);
    int code =
        load_input(&err, &input, &o) ? execute(&o, &guest.program, input.bytes) : pp_cli_fail(&err);
    pp_guest_input_free(&input);
    pp_guest_file_free(&guest);
    return code;
}

const pp_cli_command pp_cmd_run = {
    "run", "run a guest program and show its output, cycles and profile",
    "usage: polypoly run PROGRAM [--input FILE | --input-u64 N] [--limit N] [--pages N]\n"
    "                    [--stats] [--json] [--profile]\n"
    "\n"
    "Executes PROGRAM, an RV64IM ELF file (docs/vm.md), and prints how it ended and its public\n"
    "output. Debug text of the guest goes to stderr.\n"
    "\n"
    "  --input FILE     the private input; - is stdin\n"
    "  --input-u64 N    the input is N as 8 bytes, little-endian (sizes of the benchmark guests)\n"
    "  --limit N        at most N cycles (instructions)\n"
    "  --pages N        at most N touched pages of 512 bytes\n"
    "  --stats          cycles, pages, misaligned accesses, instructions by kind, and what a "
    "proof\n"
    "                   would cost: rows, committed cells and interactions of each table\n"
    "  --profile        the functions where the cycles went\n"
    "  --json           one object on stdout\n"
    "\n"
    "examples:\n"
    "  polypoly run build/guests/fib.elf --input-u64 1000 --stats\n"
    "  polypoly run hello.elf --input letter.txt --profile\n"
    "\n"
    "Exit codes: 0 halted with 0; 1 another exit code or an abnormal end; 2 usage, unreadable.\n",
    run};
