// SPDX-License-Identifier: MIT OR Apache-2.0
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/cli.h"

// One line a command. Keep in the order in which a newcomer would meet them.
#define COMMANDS(X)                                                                                \
    X(pp_cmd_status)                                                                               \
    X(pp_cmd_down)                                                                                 \
    X(pp_cmd_up)                                                                                   \
    X(pp_cmd_run)                                                                                  \
    X(pp_cmd_prove)                                                                                \
    X(pp_cmd_join)                                                                                 \
    X(pp_cmd_verify)                                                                               \
    X(pp_cmd_id)                                                                                   \
    X(pp_cmd_input_id)                                                                             \
    X(pp_cmd_new)                                                                                  \
    X(pp_cmd_replay)                                                                               \
    X(pp_cmd_rollup_feed)                                                                          \
    X(pp_cmd_rollup_send)                                                                          \
    X(pp_cmd_rollup_balance)                                                                       \
    X(pp_cmd_rollup_deposit)                                                                       \
    X(pp_cmd_rollup_force)                                                                         \
    X(pp_cmd_rollup_fund)                                                                          \
    X(pp_cmd_rollup_create)                                                                        \
    X(pp_cmd_rollup_withdraw)                                                                      \
    X(pp_cmd_rollup_claim)                                                                         \
    X(pp_cmd_rollup_export)                                                                        \
    X(pp_cmd_rollup_exit)                                                                          \
    X(pp_cmd_rollup_put)                                                                           \
    X(pp_cmd_prune)                                                                                \
    X(pp_cmd_audit)                                                                                \
    X(pp_cmd_key_new)                                                                              \
    X(pp_cmd_key_seal)                                                                             \
    X(pp_cmd_key_address)                                                                          \
    X(pp_cmd_node_init)                                                                            \
    X(pp_cmd_node)                                                                                 \
    X(pp_cmd_prover_init)                                                                          \
    X(pp_cmd_prover_bench)                                                                         \
    X(pp_cmd_prover_status)                                                                        \
    X(pp_cmd_prover_explain)                                                                       \
    X(pp_cmd_prover_drain)                                                                         \
    X(pp_cmd_prover_withdraw)                                                                      \
    X(pp_cmd_prover)                                                                               \
    X(pp_cmd_tables)                                                                               \
    X(pp_cmd_soundness)                                                                            \
    X(pp_cmd_market_list)                                                                          \
    X(pp_cmd_market_watch)                                                                         \
    X(pp_cmd_market_post)                                                                          \
    X(pp_cmd_market_explain)                                                                       \
    X(pp_cmd_codes)                                                                                \
    X(pp_cmd_market_quote)                                                                         \
    X(pp_cmd_sim_market)                                                                           \
    X(pp_cmd_bench_prover)                                                                         \
    X(pp_cmd_bench_accelerators)                                                                   \
    X(pp_cmd_bench_cost)

#define DECLARE(symbol) extern const pp_cli_command symbol;
COMMANDS(DECLARE)
#define ENTRY(symbol) &symbol,
static const pp_cli_command *const commands[] = {COMMANDS(ENTRY) NULL};

int pp_cli_fail(const pp_err *err) {
    fprintf(stderr, "polypoly: %s\n", err->text);
    return err->exit_code ? err->exit_code : PP_EXIT_USAGE;
}

int pp_cli_usage(const char *name, const char *format, ...) {
    fprintf(stderr, "polypoly %s: ", name);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; see polypoly %s --help\n", name);
    return PP_EXIT_USAGE;
}

int pp_cli_flush(void) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return PP_EXIT_YES;
    fprintf(stderr, "polypoly: stdout: cannot be written: %s\n", strerror(errno));
    return PP_EXIT_USAGE;
}

// Whether the command's first word of two is this one; NULL: any command.
static bool is_of(const pp_cli_command *command, const char *group) {
    size_t len = group ? strlen(group) : 0;
    return group == NULL || (strncmp(command->name, group, len) == 0 && command->name[len] == ' ');
}

static bool is_group(const char *word) {
    for (size_t i = 0; commands[i]; i++)
        if (is_of(commands[i], word)) return true;
    return false;
}

// All commands, or those of a group.
static void print_help(FILE *out, const char *group) {
    fprintf(out, "polypoly: a ZK-rollup stack without operators.\n\nusage: polypoly %s%s[...]\n\n",
            group ? group : "COMMAND", group ? " COMMAND " : " ");
    for (size_t i = 0; commands[i]; i++)
        if (is_of(commands[i], group))
            fprintf(out, "  %-18s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out,
            "\npolypoly %s%sCOMMAND --help explains one, with examples.\n"
            "Exit codes: 0 yes, 1 a well-formed no, 2 usage or unreadable.\n",
            group ? group : "", group ? " " : "");
}

// The number of words of `name` if argv starts with them, else 0.
static int matches(const char *name, int argc, char **argv) {
    int words = 0;
    while (*name) {
        size_t n = strcspn(name, " ");
        if (words == argc || strlen(argv[words]) != n || strncmp(argv[words], name, n) != 0)
            return 0;
        words++;
        name += n + (name[n] == ' ');
    }
    return words;
}

int main(int argc, char **argv) {
    signal(SIGXFSZ, SIG_IGN); // a file at its size limit is an error to report, not an end
    if (argc < 2) {
        print_help(stderr, NULL);
        return PP_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout, NULL);
        return PP_EXIT_YES;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("polypoly " PP_VERSION);
        return PP_EXIT_YES;
    }
    for (size_t i = 0; commands[i]; i++) {
        int words = matches(commands[i]->name, argc - 1, argv + 1);
        if (words == 0) continue;
        for (int a = 1 + words; a < argc; a++) {
            if (strcmp(argv[a], "--help") == 0) {
                fputs(commands[i]->help, stdout);
                return PP_EXIT_YES;
            }
        }
        return commands[i]->run(argc - words, argv + words);
    }
    if (is_group(argv[1]) && argc == 2) {
        print_help(stderr, argv[1]);
        return PP_EXIT_USAGE;
    }
    if (is_group(argv[1]) && strcmp(argv[2], "--help") == 0) {
        print_help(stdout, argv[1]);
        return PP_EXIT_YES;
    }
    bool grouped = argc > 2 && is_group(argv[1]);
    fprintf(stderr, "polypoly: no command '%s%s%s'; polypoly %s%s--help lists them\n", argv[1],
            grouped ? " " : "", grouped ? argv[2] : "", grouped ? argv[1] : "", grouped ? " " : "");
    return PP_EXIT_USAGE;
}
