// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly codes: what the chain's and the market's refusals mean.
#include <jansson.h>
#include <stdio.h>

#include "chain/chain.h"
#include "cli/cli.h"
#include "cli/words.h"

static const char name[] = "codes";

typedef struct list {
    const char *wanted; // NULL: all
    json_t *object;     // NULL: as text
    size_t shown;
} list;

static void show(list *l, const char *code) {
    if (l->wanted != NULL && strcmp(l->wanted, code) != 0) return;
    const char *text = pp_chain_reason_text(code);
    l->shown++;
    if (l->object != NULL)
        json_object_set_new(l->object, code, json_string(text));
    else
        printf("%-18s %s\n", code, text);
}

static int run(int argc, char **argv) {
    list l = {0};
    bool json = false;
    const pp_cli_word words[] = {{"--json", NULL, &json}};
    int code = pp_cli_read(name, words, PP_COUNT(words), "code", &l.wanted, argc, argv);
    if (code != PP_EXIT_YES) return code;
    if (json) l.object = json_object();
    for (pp_chain_code c = PP_CHAIN_FORMAT; c < PP_CHAIN_CODES_LEN; c++)
        show(&l, pp_chain_reason(c));
    for (pp_market_reason r = PP_MARKET_OK + 1; r < PP_MARKET_REASONS_LEN; r++)
        show(&l, pp_market_reason_code(r));
    if (l.object != NULL && json_dumpf(l.object, stdout, JSON_INDENT(1)) == 0) putchar('\n');
    json_decref(l.object);
    pp_err err;
    if (l.shown > 0) return pp_cli_flush();
    pp_err_set(&err, PP_EXIT_NO, "%s: no code of the chain or the market", l.wanted);
    return pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_codes = {
    "codes", "what a refusal's code means",
    "usage: polypoly codes [CODE] [--json]\n"
    "\n"
    "Why the chain (C-…) and the market (M-…) refuse commands and blocks, in words: all codes, or "
    "one.\n"
    "They stand in stories (market explain), answers, and a node's and a prover's log.\n"
    "\n"
    "example: polypoly codes M-LATE\n"
    "\n"
    "Exit codes: 0 told; 1 there is no such code; 2 usage.\n",
    run};
