// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly rollup replay: a real block through the whole line.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/show.h"
#include "cli/words.h"
#include "replay/replay.h"
#include "json/json.h"

static const char name[] = "rollup replay";

typedef struct options {
    const char *file, *post;
    pp_replay_options replay;
    size_t first; // transactions of the file; 0: all
    bool json;
} options;

// ---- words ------------------------------------------------------------------------------------

static bool parse_number(size_t *out, const char *text, size_t max) {
    pp_u128 n;
    if (!pp_u128_parse(&n, text) || n < 1 || n > max) return false;
    *out = (size_t)n;
    return true;
}

static bool parse_check(pp_genesis_check *out, const char *text) {
    if (strcmp(text, "proof") == 0)
        *out = PP_CHECK_PROOF;
    else if (strcmp(text, "re-execute") == 0)
        *out = PP_CHECK_RE_EXECUTE;
    else
        return false;
    return true;
}

typedef struct number_option {
    const char *word;
    size_t *number, max;
} number_option;

static int parse_valued(options *o, const char *word, const char *value) {
    const number_option numbers[] = {{"--batch", &o->replay.batch, PP_ROLLUP_BATCH_TX_MAX},
                                     {"--provers", &o->replay.provers, PP_PROVERS_MAX},
                                     {"--threads", &o->replay.threads, PP_THREADS_MAX},
                                     {"--first", &o->first, UINT32_MAX}};
    for (size_t i = 0; i < PP_COUNT(numbers); i++)
        if (strcmp(word, numbers[i].word) == 0 &&
            !parse_number(numbers[i].number, value, numbers[i].max))
            return pp_cli_usage(name, "%s takes a number from 1 to %zu, not '%s'", word,
                                numbers[i].max, value);
    if (strcmp(word, "--check") == 0 && !parse_check(&o->replay.check, value))
        return pp_cli_usage(name, "--check takes proof or re-execute, not '%s'", value);
    if (strcmp(word, "--memory") == 0 && !pp_cli_parse_size(&o->replay.memory, value))
        return pp_cli_usage(name, "--memory takes a size as 2G or 500M, not '%s'", value);
    if (strcmp(word, "--data") == 0) o->replay.data = value;
    if (strcmp(word, "--post") == 0) o->post = value;
    return PP_EXIT_YES;
}

static bool takes_value(const char *word) {
    static const char *const words[] = {"--batch", "--provers", "--threads", "--first",
                                        "--check", "--memory",  "--data",    "--post"};
    for (size_t i = 0; i < PP_COUNT(words); i++)
        if (strcmp(word, words[i]) == 0) return true;
    return false;
}

static int parse(options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (takes_value(word)) {
            if (value == NULL) return pp_cli_usage(name, "%s needs a value", word);
            int code = parse_valued(o, word, value);
            if (code != PP_EXIT_YES) return code;
            i++;
        } else if (strcmp(word, "--json") == 0)
            o->json = true;
        else if (word[0] == '-')
            return pp_cli_usage(name, "no option '%s'", word);
        else if (o->file != NULL)
            return pp_cli_usage(name, "one file, please");
        else
            o->file = word;
    }
    if (o->file == NULL) return pp_cli_usage(name, "which file?");
    if (o->replay.data == NULL) return pp_cli_usage(name, "--data DIR is needed: where to keep it");
    if (o->replay.data[0] == 0) return pp_cli_usage(name, "--data needs a directory");
    return PP_EXIT_YES;
}

// ---- stages -----------------------------------------------------------------------------------

typedef struct screen {
    bool quiet; // --json
    bool headed;
    pp_cli_progress restoring, running, proving;
    uint64_t batch; // that is being proven
} screen;

static char *prover_name(char out[PP_CLI_TEXT], size_t prover) {
    if (prover == PP_REPLAY_NOBODY)
        snprintf(out, PP_CLI_TEXT, "someone else");
    else
        snprintf(out, PP_CLI_TEXT, "prover %zu", prover + 1);
    return out;
}

static void bids_text(char *out, size_t size, const pp_replay_stage *s) {
    size_t at = 0;
    char money[PP_CLI_TEXT];
    for (size_t i = 0; i < s->bids_len; i++) {
        if (s->bids[i] == 0) continue;
        int n = snprintf(out + at, size - at, "%sprover %zu: %s", at ? ", " : "", i + 1,
                         pp_cli_money(money, s->bids[i]));
        if (n < 0 || (size_t)n >= size - at) return;
        at += (size_t)n;
    }
}

// What a stage says; its name in *stage.
static void stage_text(char *out, size_t size, const char **stage, const pp_replay_stage *s) {
    char a[PP_CLI_TEXT], b[PP_CLI_TEXT], c[PP_CLI_TEXT];
    *stage = "note";
    out[0] = 0;
    switch (s->kind) {
    case PP_REPLAY_MEASURED:
        *stage = "measured";
        snprintf(out, size, "%" PRIu64 " provers timed the guest on a batch of %s %s", s->count,
                 pp_cli_count(a, s->work), s->proofs ? "units of proving" : "cycles");
        break;
    case PP_REPLAY_RESTORED:
        *stage = "restored";
        snprintf(out, size, "the log's %" PRIu64 " blocks, each executed and checked again",
                 s->height);
        break;
    case PP_REPLAY_ORDERED:
        *stage = "ordered";
        snprintf(out, size,
                 "%" PRIu64 " transactions in the lane: %" PRIu64 " applied, %" PRIu64 " refused",
                 s->count, s->applied, s->count - s->applied);
        break;
    case PP_REPLAY_CUT:
        *stage = "cut";
        snprintf(out, size, "input of %s bytes; guest agrees, %s cycles; offered for at most %s",
                 pp_cli_count(a, s->count), pp_cli_count(b, s->cycles), pp_cli_money(c, s->amount));
        break;
    case PP_REPLAY_BID:
        *stage = "bid";
        snprintf(out, size, "%" PRIu64 " sealed bids; each prover ran the batch to know its cost",
                 s->count);
        break;
    case PP_REPLAY_OPENED_BID:
        *stage = "opened";
        bids_text(out, size, s);
        break;
    case PP_REPLAY_ASSIGNED:
        *stage = "assigned";
        snprintf(out, size, "to %s, at %s", prover_name(a, s->prover), pp_cli_money(b, s->amount));
        break;
    case PP_REPLAY_DELIVERED:
        *stage = "delivered";
        if (s->proofs)
            snprintf(out, size, "%s ran the guest and proved it: a proof of %s bytes",
                     prover_name(a, s->prover), pp_cli_count(b, s->count));
        else
            snprintf(out, size, "%s ran the guest and claims its output",
                     prover_name(a, s->prover));
        break;
    case PP_REPLAY_CHECKED:
        *stage = pp_genesis_check_word(s->proofs ? PP_CHECK_PROOF : PP_CHECK_RE_EXECUTE);
        snprintf(out, size, "%s",
                 s->proofs ? "the chain's verifier says yes: the claim is accepted"
                           : "by the chain: the same output, the claim is accepted");
        break;
    case PP_REPLAY_PAID:
        *stage = "paid";
        snprintf(out, size, "%s to %s", pp_cli_money(a, s->amount), prover_name(b, s->prover));
        break;
    case PP_REPLAY_OWED:
        *stage = "owed";
        snprintf(out, size, "%s to %s, until the proof fund has it", pp_cli_money(a, s->amount),
                 prover_name(b, s->prover));
        break;
    case PP_REPLAY_ROOT: {
        uint8_t root[PP_DIGEST_SIZE];
        pp_digest_encode(root, &s->root);
        *stage = "root";
        snprintf(out, size, "%s; %s of fees to the proof fund", pp_cli_short(a, root),
                 pp_cli_money(b, s->amount));
        break;
    }
    case PP_REPLAY_NOTE:
        snprintf(out, size, "%s", s->text);
        break;
    }
}

static void on_stage(void *ctx, const pp_replay_stage *s) {
    screen *sc = ctx;
    pp_cli_progress_hide(&sc->restoring);
    pp_cli_progress_hide(&sc->running);
    pp_cli_progress_hide(&sc->proving);
    if (sc->quiet) return;
    char text[512], time[PP_CLI_TEXT] = "", block[PP_CLI_TEXT] = "", batch[PP_CLI_TEXT] = "";
    const char *stage;
    stage_text(text, sizeof text, &stage, s);
    if (s->ns > 0) pp_cli_time(time, s->ns);
    bool about_all = s->kind == PP_REPLAY_MEASURED || s->kind == PP_REPLAY_RESTORED;
    if (!about_all) snprintf(block, sizeof block, "%" PRIu64, s->height);
    if (!about_all) snprintf(batch, sizeof batch, "%" PRIu64, s->batch);
    if (!sc->headed) printf("%5s %5s  %-11s %7s  what\n", "block", "batch", "stage", "time");
    sc->headed = true;
    printf("%5s %5s  %-11s %7s  %s\n", block, batch, stage, time, text);
    fflush(stdout);
}

static void on_progress(void *ctx, bool restoring, uint64_t done, uint64_t of) {
    screen *sc = ctx;
    if (restoring)
        pp_cli_progress_show(&sc->restoring, "executing the log again: block", done, of);
    else
        pp_cli_progress_show(&sc->running, "batch", done, of);
}

static void on_proving(void *ctx, uint64_t batch, double share) {
    screen *sc = ctx;
    char what[PP_CLI_TEXT];
    if (sc->batch != batch || share == 0) sc->proving = (pp_cli_progress){0};
    sc->batch = batch;
    pp_cli_progress_hide(&sc->running);
    snprintf(what, sizeof what, "proving batch %" PRIu64 ": per mille", batch);
    pp_cli_progress_show(&sc->proving, what, (uint64_t)(1000 * share), 1000);
}

// ---- the end ----------------------------------------------------------------------------------

static const char *meaning(pp_rollup_reason reason) {
    switch (reason) {
    case PP_ROLLUP_OK:
        return "";
    case PP_ROLLUP_SIZE:
        return "larger than 128 KiB";
    case PP_ROLLUP_TYPE_BLOB:
    case PP_ROLLUP_TYPE_SETCODE:
    case PP_ROLLUP_TYPE:
        return "a kind of transaction that this rollup does not take";
    case PP_ROLLUP_DECODE:
        return "not one well-formed transaction";
    case PP_ROLLUP_CHAIN_ID:
    case PP_ROLLUP_UNPROTECTED:
        return "signed for another chain, or for none";
    case PP_ROLLUP_SIGNATURE:
        return "no valid signature";
    case PP_ROLLUP_NONCE_GAP:
        return "its sender has an earlier transaction that was refused, or is missing";
    case PP_ROLLUP_NONCE_LOW:
    case PP_ROLLUP_NONCE_MAX:
        return "its nonce is used up";
    case PP_ROLLUP_TIP_ABOVE_CAP:
    case PP_ROLLUP_FEE_CAP:
        return "its fee cap is too low";
    case PP_ROLLUP_BALANCE:
        return "its sender cannot pay for it";
    case PP_ROLLUP_BATCH_GAS:
    case PP_ROLLUP_INTRINSIC_GAS:
        return "its gas limit does not fit";
    case PP_ROLLUP_INPUT_DATA:
    case PP_ROLLUP_CREATION:
    case PP_ROLLUP_PRECOMPILE:
        return "it calls or makes a contract; this rollup has transfers only";
    default:
        return "an amount that cannot be held";
    }
}

static void print_batches(const pp_replay_summary *s) {
    printf("\n%5s  %12s  %7s  %12s  %12s  %12s  %-12s  %s\n", "batch", "transactions", "applied",
           "cycles", "at most", "paid", "to", "check");
    for (size_t i = 0; i < s->batches_len; i++) {
        const pp_replay_batch *b = &s->batches[i];
        char cycles[PP_CLI_TEXT], reserve[PP_CLI_TEXT], price[PP_CLI_TEXT], who[PP_CLI_TEXT];
        printf("%5zu  %12u  %7u  %12s  %12s  %12s  %-12s  %s%s\n", i, b->transactions, b->applied,
               pp_cli_count(cycles, b->cycles), pp_cli_money(reserve, b->reserve),
               pp_cli_money(price, b->price), prover_name(who, b->winner),
               b->checked ? pp_genesis_check_word(s->check) : "-", b->owed ? ", owed" : "");
    }
}

static void print_hash(const char *what, const uint8_t bytes[32], const char *why) {
    char hex[65];
    pp_hex_encode(hex, bytes, 32);
    printf("  %-11s 0x%s  %s\n", what, hex, why);
}

static void print_in_short(const pp_replay_summary *s) {
    pp_u128 paid = 0;
    char money[PP_CLI_TEXT];
    for (size_t i = 0; i < s->batches_len; i++) paid += s->batches[i].price - s->batches[i].owed;
    printf("\nIn short: %" PRIu64
           " signed Ethereum transactions were put in order and cut into %zu "
           "batches; %zu provers\nbid for each, sealed; the winner ran it as a guest program%s, "
           "paid the winner\n(%s in all), and moved the rollup's root behind it.\n",
           s->transactions, s->batches_len, s->provers,
           s->check == PP_CHECK_PROOF ? " and proved\nthe run, the chain verified the proof"
                                      : ", the chain ran it again",
           pp_cli_money(money, paid));
}

static void print_summary(const options *o, const pp_replay_summary *s) {
    uint8_t root[PP_DIGEST_SIZE];
    char fund[PP_CLI_TEXT];
    pp_digest_encode(root, &s->lane.checked_root);
    print_in_short(s);
    print_batches(s);
    printf("\n%" PRIu64 " Ethereum transactions: %" PRIu64 " applied, %" PRIu64 " refused\n",
           s->transactions, s->applied, s->transactions - s->applied);
    for (int i = 1; i < PP_ROLLUP_REASONS_LEN; i++)
        if (s->reasons[i] > 0)
            printf("  %5" PRIu64 "  %-16s %s\n", s->reasons[i],
                   pp_rollup_reason_name((pp_rollup_reason)i), meaning((pp_rollup_reason)i));
    pp_cli_ledger(&s->ledger, s->balanced);
    printf("\nThe result\n");
    char bytes[PP_CLI_TEXT];
    if (s->check == PP_CHECK_PROOF)
        printf("  %-11s %s: the chain verified %" PRIu64 " proofs, %s bytes, before it paid\n",
               "check", pp_genesis_check_word(s->check), s->proofs,
               pp_cli_count(bytes, s->proof_bytes));
    else
        printf("  %-11s %s: the chain ran every batch again before it paid; nothing here is "
               "proven\n",
               "check", pp_genesis_check_word(s->check));
    printf(
        "  %-11s 1 of 1: this process orders alone, and could bias a draw by leaving blocks out;\n"
        "  %-11s forced inclusion and exit against the host: none until BFT or L1\n",
        "sequencer", "");
    char hex[2 * PP_DIGEST_SIZE + 1];
    pp_hex_encode(hex, root, sizeof root);
    printf("  %-11s 0x%s  the rollup's accounts\n", "root", hex);
    print_hash("state hash", s->info.app_hash.b, "everything on the chain");
    printf("  %-11s %s wei (%s)\n", "fund", pp_u128_dec((char[40]){0}, s->lane.fund),
           pp_cli_money(fund, s->lane.fund));
    printf("  %-11s %" PRIu64 " blocks in %s/chain.log; polypoly audit %s checks them\n", "log",
           s->info.height, o->replay.data, o->replay.data);
}

static json_t *json_batch(const pp_replay_batch *b, size_t number) {
    json_t *out = json_object();
    pp_json_u64(out, "batch", number);
    pp_json_u64(out, "transactions", b->transactions);
    pp_json_u64(out, "applied", b->applied);
    pp_json_u64(out, "cycles", b->cycles);
    pp_json_u64(out, "work", b->work);
    pp_json_u64(out, "proof_bytes", b->proof_size);
    json_t *bids = json_array();
    for (size_t i = 0; i < PP_PROVERS_MAX; i++)
        if (b->bids[i] > 0) json_array_append_new(bids, pp_json_new_wei(b->bids[i]));
    json_object_set_new(out, "bids", bids);
    pp_json_wei(out, "reserve", b->reserve);
    pp_json_wei(out, "price", b->price);
    json_object_set_new(out, "owed", json_boolean(b->owed));
    pp_json_wei(out, "fees", b->fees);
    pp_json_hex(out, "winner", b->winner_address.b, sizeof b->winner_address.b);
    return out;
}

static json_t *json_ledger(const pp_replay_summary *s) {
    json_t *out = json_object();
    const char *line;
    pp_u128 amount;
    for (size_t i = 0; (line = pp_chain_ledger_line(&amount, &s->ledger, i)) != NULL; i++)
        pp_json_wei(out, line, amount);
    json_object_set_new(out, "balanced", json_boolean(s->balanced));
    return out;
}

static void print_json(const pp_replay_summary *s) {
    json_t *out = json_object(), *refused = json_object(), *batches = json_array();
    for (int i = 1; i < PP_ROLLUP_REASONS_LEN; i++)
        if (s->reasons[i] > 0)
            json_object_set_new(refused, pp_rollup_reason_name((pp_rollup_reason)i),
                                json_integer((json_int_t)s->reasons[i]));
    for (size_t i = 0; i < s->batches_len; i++)
        json_array_append_new(batches, json_batch(&s->batches[i], i));
    pp_json_u64(out, "transactions", s->transactions);
    pp_json_u64(out, "applied", s->applied);
    json_object_set_new(out, "refused", refused);
    pp_json_wei(out, "fund", s->lane.fund);
    pp_json_root(out, "root", &s->lane.checked_root);
    pp_json_hex(out, "state_hash", s->info.app_hash.b, 32);
    pp_json_u64(out, "height", s->info.height);
    json_object_set_new(out, "check", json_string(pp_genesis_check_word(s->check)));
    json_object_set_new(out, "ledger", json_ledger(s));
    json_object_set_new(out, "batches", batches);
    char *text = json_dumps(out, JSON_INDENT(2));
    json_decref(out);
    PP_ASSERT(text != NULL);
    puts(text);
    free(text);
}

static int finish(const options *o, const pp_replay *replay) {
    pp_err err;
    if (o->post && !pp_replay_write_post(&err, replay, o->post)) return pp_cli_fail(&err);
    pp_replay_summary summary;
    pp_replay_summary_get(&summary, replay);
    if (o->json)
        print_json(&summary);
    else
        print_summary(o, &summary);
    if (!summary.balanced) {
        pp_err_set(&err, PP_EXIT_NO, "%s: the ledger does not add up", o->replay.data);
        return pp_cli_fail(&err);
    }
    return pp_cli_flush();
}

static int run(int argc, char **argv) {
    options o = {0};
    int usage = parse(&o, argc, argv);
    if (usage != PP_EXIT_YES) return usage;
    pp_err err;
    pp_replay_file file;
    if (!pp_replay_file_load(&err, &file, o.file)) return pp_cli_fail(&err);
    screen sc = {.quiet = o.json};
    if (o.first != 0) pp_replay_file_cut(&file, o.first);
    pp_replay_watch watch = {&sc, on_stage, on_progress, on_proving};
    pp_replay *replay;
    bool ok = pp_replay_open(&err, &replay, &file, o.file, &o.replay, &watch) &&
              pp_replay_run(&err, replay);
    pp_cli_progress_hide(&sc.restoring);
    pp_cli_progress_hide(&sc.running);
    pp_cli_progress_hide(&sc.proving);
    int code = ok ? finish(&o, replay) : pp_cli_fail(&err);
    pp_replay_close(replay);
    pp_replay_file_free(&file);
    return code;
}

const pp_cli_command pp_cmd_replay = {
    "rollup replay", "take a real Ethereum block through the whole line",
    "usage: polypoly rollup replay FILE --data DIR [--batch N] [--provers N] [--first N]\n"
    "                              [--check proof|re-execute] [--threads N] [--memory SIZE]\n"
    "                              [--json] [--post OUT]\n"
    "\n"
    "Takes the signed transactions of FILE (examples/README.md has its shape) through every "
    "station:\n"
    "the rollup's lane, a block, a batch, the auction, the guest program, the check, the payment, "
    "the\n"
    "root. The provers have keys and stakes of their own and bid what the work costs on this "
    "machine.\n"
    "The check verifies a proof of the run, which the winner makes: minutes for a whole block. "
    "With\n"
    "--check re-execute the chain runs the guest again instead: seconds, and nothing is proven.\n"
    "\n"
    "  --data DIR     where the chain is kept; made when it is not there\n"
    "  --batch N      transactions in a batch, 1 to 1024 (32)\n"
    "  --provers N    how many bid, 1 to 16 (3)\n"
    "  --first N      only FILE's first N transactions\n"
    "  --check WHAT   what the chain accepts a batch on: proof (default) or re-execute\n"
    "  --threads N    that prove; default: one for each core\n"
    "  --memory SIZE  of proving (2G, 500M); default 3 GiB\n"
    "  --json         one object on stdout instead of lines for people\n"
    "  --post OUT     write every account that was touched, as FILE has its accounts_before\n"
    "\n"
    "It can be stopped at any moment, by kill -9 too: the same command goes on where "
    "the\n"
    "log ends, and nothing is paid twice. When all is done, it prints the same summary again. The "
    "same\n"
    "FILE, options and DIR/provers.json (keys and measured costs, made once) give the same "
    "result.\n"
    "\n"
    "examples:\n"
    "  polypoly rollup replay examples/mainnet-22244135.json --data data/mainnet --first 8 --batch "
    "4\n"
    "  polypoly rollup replay examples/mainnet-22244135.json --data data/fast --check re-execute\n"
    "  polypoly rollup replay block.json --data /tmp/b --batch 8 --provers 5 --post after.json\n"
    "  polypoly rollup replay block.json --data /tmp/b --json | jq .refused\n"
    "  polypoly audit data/mainnet\n"
    "\n"
    "Exit codes: 0 every batch is checked and paid; 1 the log in DIR is wrong, or the line stands\n"
    "still; 2 usage, or a file or directory that cannot be used (begun by another version, with\n"
    "another file or options).\n",
    run};
