// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly market post: asks the market for a proof of any guest's run.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "chain/genesis.h"
#include "cli/cli.h"
#include "cli/guest_file.h"
#include "cli/market_node.h"
#include "cli/network.h"
#include "cli/show.h"
#include "cli/words.h"
#include "host/speak.h"

static const char name[] = "market post";

typedef struct options {
    const char *program, *input, *node, *key_file, *genesis;
    pp_u128 reserve, cap;
    uint64_t winners, kappa, window, work_window, nonce;
    bool has_nonce, json;
} options;

// What the node's market did of late.
typedef struct so_far {
    pp_quote quote;
    uint64_t pace; // as pp_market_node_pace
} so_far;

enum { SECONDS_MAX = 60, WORK_SECONDS_MAX = 100000 };

static bool take_value(options *o, const char *word, const char *value) {
    if (strcmp(word, "--input") == 0) return (o->input = value) != NULL;
    if (strcmp(word, "--node") == 0) return (o->node = value) != NULL;
    if (strcmp(word, "--key-file") == 0) return (o->key_file = value) != NULL;
    if (strcmp(word, "--genesis") == 0) return (o->genesis = value) != NULL;
    if (strcmp(word, "--reserve") == 0) return pp_cli_ether(&o->reserve, value) && o->reserve > 0;
    if (strcmp(word, "--cap") == 0) return pp_cli_ether(&o->cap, value);
    if (strcmp(word, "--winners") == 0)
        return pp_cli_number(&o->winners, value, 1, PP_MARKET_WINNERS_MAX);
    if (strcmp(word, "--kappa") == 0)
        return pp_cli_number(&o->kappa, value, PP_MARKET_KAPPA_MIN, PP_MARKET_KAPPA_MAX);
    if (strcmp(word, "--window") == 0) return pp_cli_number(&o->window, value, 1, SECONDS_MAX);
    if (strcmp(word, "--work-window") == 0)
        return pp_cli_number(&o->work_window, value, 1, WORK_SECONDS_MAX);
    return o->has_nonce = pp_cli_number(&o->nonce, value, 0, UINT64_MAX - 2);
}

static int parse(options *o, int argc, char **argv) {
    static const char *const with_value[] = {
        "--input",   "--node",  "--key-file", "--genesis",     "--reserve", "--cap",
        "--winners", "--kappa", "--window",   "--work-window", "--nonce"};
    for (int i = 1; i < argc; i++) {
        bool takes = false;
        for (size_t k = 0; k < PP_COUNT(with_value); k++)
            takes |= strcmp(argv[i], with_value[k]) == 0;
        if (takes && i + 1 == argc) return pp_cli_usage(name, "%s needs a value", argv[i]);
        if (takes && !take_value(o, argv[i], argv[i + 1]))
            return pp_cli_usage(name, "%s does not take '%s'", argv[i], argv[i + 1]);
        if (takes)
            i++;
        else if (strcmp(argv[i], "--json") == 0)
            o->json = true;
        else if (argv[i][0] == '-')
            return pp_cli_usage(name, "no option '%s'", argv[i]);
        else if (o->program != NULL)
            return pp_cli_usage(name, "one program, please");
        else
            o->program = argv[i];
    }
    if (o->program == NULL || o->key_file == NULL)
        return pp_cli_usage(name, "a program and --key-file FILE are needed");
    return PP_EXIT_YES;
}

// What the node's genesis says of markets.
static bool ask_params(pp_err *err, pp_market_params *out, pp_remote *node, const options *o) {
    char *text;
    pp_genesis g;
    if (!pp_remote_get(err, &text, node, "/v1/genesis")) return false;
    bool ok = pp_genesis_parse(err, &g, o->node, (pp_bytes){(const uint8_t *)text, strlen(text)});
    free(text);
    if (!ok) return false;
    *out = g.market;
    pp_genesis_free(&g);
    return true;
}

// Four times what provers take for as much, and never what starting one and two late commands
// could eat up: who is drawn and has too little time loses its stake.
static uint64_t work_window(uint64_t work, uint64_t pace, const pp_market_params *params) {
    const pp_u128 least = 60000, most = 1000 * (pp_u128)WORK_SECONDS_MAX;
    pp_u128 usual = (pp_u128)work * pace * 4 / 1000000;
    pp_u128 must = (pp_u128)work * 1000 / params->rate_min + 2 * params->inclusion_bound + 2000;
    pp_u128 all = usual > must ? usual : must;
    return (uint64_t)(all < least ? least : all > most ? most : all);
}

// The output is asked for exactly as the run here gives it.
static bool make_terms(pp_err *err, pp_market_terms *t, const options *o,
                       const pp_market_params *params, const so_far *past,
                       const pp_guest_file *guest, pp_bytes input) {
    static pp_prove_cost cost;
    if (!pp_guest_cost(err, &cost, &guest->program, input)) return false;
    pp_program_id(&t->program_id, &guest->program);
    if (!pp_input_id(&t->input_id, input))
        return pp_err_set(err, PP_EXIT_USAGE, "the input is too long");
    t->match = PP_MARKET_EXACT;
    t->output_size = cost.result.output_size;
    memcpy(t->output, cost.result.output, cost.result.output_size);
    t->work = pp_prove_cost_work(&cost);
    t->input_size = input.size;
    t->reserve = o->reserve ? o->reserve : 2 * pp_quote_wei(past->quote.p90, t->work);
    if (t->reserve == 0)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: nothing was ever paid for there, so --reserve ETHER is needed",
                          o->node);
    t->cap = o->cap ? o->cap : t->reserve;
    t->winners = (uint8_t)o->winners;
    t->kappa = (uint8_t)o->kappa;
    t->commit_window = t->reveal_window = 1000 * o->window;
    t->work_window =
        o->work_window ? 1000 * o->work_window : work_window(t->work, past->pace, params);
    t->decline_window = t->work_window / 8;
    if (t->decline_window > params->window_max) t->decline_window = params->window_max;
    t->bounty_window = t->work_window / 2;
    t->expiry = 2 * t->commit_window + params->beacon_bound + t->winners * t->decline_window +
                3 * t->work_window + t->bounty_window + 60000;
    pp_market_reason reason = pp_market_check_terms(params, t);
    return reason == PP_MARKET_OK ||
           pp_err_set(err, PP_EXIT_NO, "the market would not take it: %s (%s)",
                      pp_market_reason_text(reason), pp_market_reason_code(reason));
}

static bool say(pp_err *err, pp_market_command *c, const options *o, pp_speaker *speaker) {
    uint64_t height;
    char reason[PP_REMOTE_REASON_MAX], hex[65], bytes[PP_CLI_TEXT];
    size_t size = pp_market_command_encode(NULL, 0, c);
    uint8_t *payload = malloc(size);
    PP_ASSERT(payload != NULL);
    pp_market_command_encode(payload, size, c);
    bool ok = pp_speak(err, &height, reason, speaker, PP_COMMAND_MARKET, (pp_bytes){payload, size});
    free(payload);
    if (!ok) return false;
    if (strcmp(reason, "OK") != 0) {
        const char *text = pp_chain_reason_text(reason);
        return pp_err_set(err, PP_EXIT_NO, "%s: the market refuses it: %s (%s)", o->node,
                          text ? text : "refused", reason);
    }
    pp_hash32 id;
    pp_market_request_id(&id, &speaker->genesis, &speaker->address, c->nonce, &c->terms);
    pp_hex_encode(hex, id.b, 32);
    if (!o->json) {
        printf("0x%s\n", hex);
        fprintf(stderr, "in block %" PRIu64 "; the command's bytes cost %s\n", height,
                pp_cli_money(bytes, speaker->fee));
        return true;
    }
    char reserve[40], cap[40];
    printf("{\"request\": \"0x%s\", \"block\": %" PRIu64 ", \"work\": %" PRIu64
           ", \"reserve\": \"%s\", \"cap\": \"%s\", \"work_window\": %" PRIu64 "}\n",
           hex, height, c->terms.work, pp_u128_dec(reserve, c->terms.reserve),
           pp_u128_dec(cap, c->terms.cap), c->terms.work_window);
    return true;
}

// What will be asked for, beside what others paid for as much work: where only one prover bids it
// is paid the reserve.
static void say_terms(const pp_market_terms *t, const so_far *past) {
    char usual[PP_CLI_TEXT], dear[PP_CLI_TEXT], most[PP_CLI_TEXT], count[PP_CLI_TEXT];
    const pp_quote *q = &past->quote;
    fprintf(stderr, "%s units of work, at most %s, to prove within %" PRIu64 " s\n",
            pp_cli_count(count, t->work), pp_cli_money(most, t->reserve), t->work_window / 1000);
    if (q->clears == 0) return;
    pp_u128 p90 = pp_quote_wei(q->p90, t->work);
    fprintf(stderr, "the last %zu proofs were paid %s (p50) and %s (p90) for as much", q->clears,
            pp_cli_money(usual, pp_quote_wei(q->p50, t->work)), pp_cli_money(dear, p90));
    if (p90 > 0 && t->reserve / p90 >= 4)
        fprintf(stderr, ": at most %s times that is much",
                pp_cli_count(count, (uint64_t)(t->reserve / p90)));
    fputs("\n", stderr);
}

static bool post(pp_err *err, const options *o) {
    static pp_market_command c;
    pp_guest_file guest;
    pp_guest_input input = {.file = NULL};
    pp_market_params params;
    so_far past = {.pace = 0};
    if (!pp_guest_file_read(err, &guest, o->program)) return false;
    c.kind = PP_MARKET_POST;
    pp_remote *node = NULL;
    pp_speaker speaker = {0};
    bool ok = (o->input == NULL || pp_guest_input_read(err, &input, o->input)) &&
              pp_cli_speaker(err, &node, &speaker, o->node, o->key_file, o->genesis, NULL) &&
              ask_params(err, &params, node, o) &&
              pp_market_node_quote(err, &past.quote, o->node, 0) &&
              pp_market_node_pace(err, &past.pace, o->node) &&
              make_terms(err, &c.terms, o, &params, &past, &guest, input.bytes);
    // The same program and input are another request with another nonce: the time is one.
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    c.nonce =
        o->has_nonce ? o->nonce : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    if (ok) say_terms(&c.terms, &past);
    ok = ok && say(err, &c, o, &speaker);
    explicit_bzero(&speaker, sizeof speaker);
    pp_remote_close(node);
    pp_guest_input_free(&input);
    pp_guest_file_free(&guest);
    return ok;
}

static int run(int argc, char **argv) {
    options o = {.node = pp_cli_node(), .winners = 2, .kappa = 3, .window = 10};
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    return post(&err, &o) ? pp_cli_flush() : pp_cli_fail(&err);
}

const pp_cli_command pp_cmd_market_post = {
    "market post", "ask the market for a proof of any guest's run",
    "usage: polypoly market post PROGRAM [--input FILE] --key-file FILE [--reserve ETHER]\n"
    "         [--cap ETHER] [--winners M] [--kappa N] [--window SECONDS] [--work-window SECONDS]\n"
    "         [--nonce N] [--node URL] [--genesis HASH] [--json]\n"
    "\n"
    "Runs PROGRAM here, which must halt with exit code 0, counts what proving it takes, and posts "
    "a\n"
    "request for exactly the output of this run, signed with the key of FILE. The account's free\n"
    "balance must hold the cap, which is escrowed, and a small fee. Prints the request's id.\n"
    "\n"
    "  --reserve      what the auction pays at most, in ether (twice what the dearer tenth of the "
    "last\n"
    "                 proofs were paid for as much work; needed where none was); with one bidder "
    "it is\n"
    "                 what is paid\n"
    "  --cap          what it pays at most once it is open to anybody (the reserve)\n"
    "  --winners      among how many the prover is drawn, 1 to 5 (2)\n"
    "  --kappa        stake over price, 2 to 20 (3)\n"
    "  --window       seconds to bid, and to open bids, 1 to 60 each (10)\n"
    "  --work-window  seconds to prove (four times what provers took for as much of late, at least "
    "60:\n"
    "                 with less, whoever is drawn may lose its stake, so nobody bids)\n"
    "  --nonce        makes two requests for the same thing differ (the time in milliseconds)\n"
    "\n"
    "Provers must have program and input: an operator puts them into shelf/ of a prover's "
    "directory\n"
    "(docs/prover.md).\n"
    "\n"
    "example: polypoly market post build/guests/fib.elf --input n.bin --key-file mine.json\n"
    "\n"
    "Exit codes: 0 posted; 1 the run cannot be proven, or the market refuses it; 2 usage, or "
    "something\n"
    "in the environment failed.\n",
    run};
