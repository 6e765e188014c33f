// SPDX-License-Identifier: MIT OR Apache-2.0
// polypoly verify: what a proof file proves, if it does.
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/guest_file.h"
#include "cli/words.h"
#include "rv64/owned.h"
#include "verify/claim.h"
#include "vm/vm.h"

typedef struct verify_options {
    const char *proof, *program, *input;
    bool has_number, has_context, has_program_id, has_input_id, test_set, json;
    uint64_t number;
    pp_hash32 context, program_id, input_id;
} verify_options;

static int parse(verify_options *o, int argc, char **argv) {
    const char *number = NULL, *context = NULL, *program_id = NULL, *input_id = NULL;
    const pp_cli_word words[] = {{"--program", &o->program, NULL},
                                 {"--input", &o->input, NULL},
                                 {"--input-u64", &number, NULL},
                                 {"--bind", &context, NULL},
                                 {"--program-id", &program_id, NULL},
                                 {"--input-id", &input_id, NULL},
                                 {"--accept-test-set", NULL, &o->test_set},
                                 {"--json", NULL, &o->json}};
    int code = pp_cli_read("verify", words, PP_COUNT(words), "proof", &o->proof, argc, argv);
    if (code != PP_EXIT_YES) return code;
    const struct {
        const char *word, *text;
        bool *has;
        pp_hash32 *hash;
    } hashes[] = {{"--bind", context, &o->has_context, &o->context},
                  {"--program-id", program_id, &o->has_program_id, &o->program_id},
                  {"--input-id", input_id, &o->has_input_id, &o->input_id}};
    for (size_t i = 0; i < PP_COUNT(hashes); i++) {
        if (hashes[i].text == NULL) continue;
        if (!pp_cli_parse_hash(hashes[i].hash, hashes[i].text))
            return pp_cli_usage("verify", "%s takes 32 bytes in hex, not '%s'", hashes[i].word,
                                hashes[i].text);
        *hashes[i].has = true;
    }
    if (number && !pp_cli_parse_u64(&o->number, number))
        return pp_cli_usage("verify", "--input-u64 takes a number below 2^64, not '%s'", number);
    o->has_number = number != NULL;
    if ((o->input != NULL) + o->has_number + o->has_input_id > 1)
        return pp_cli_usage("verify", "--input, --input-u64 and --input-id exclude each other");
    if (o->program != NULL && o->has_program_id)
        return pp_cli_usage("verify", "--program and --program-id exclude each other");
    if (o->proof == NULL) return pp_cli_usage("verify", "which proof?");
    return PP_EXIT_YES;
}

static int no(const verify_options *o, const char *where, const char *reason, const char *detail) {
    fprintf(stderr, "polypoly: %s: not proven: %s%s%s%s\n", o->proof, where, reason,
            detail[0] ? ": " : "", detail);
    return PP_EXIT_NO;
}

// Whether the claim is about the program and input that were named; else why not.
static const char *mismatch(pp_err *err, const verify_options *o, const pp_claim *claim) {
    if (o->has_context && memcmp(&o->context, &claim->context, sizeof o->context) != 0)
        return "it is bound to something else";
    if (o->has_program_id && !pp_hash32_eq(&o->program_id, &claim->program_id))
        return "it is about another program";
    if (o->has_input_id && !pp_hash32_eq(&o->input_id, &claim->input_id))
        return "it is about another input";
    if (o->program != NULL) {
        pp_guest_file guest;
        if (!pp_guest_file_read(err, &guest, o->program)) return NULL;
        pp_hash32 id;
        pp_program_id(&id, &guest.program);
        pp_guest_file_free(&guest);
        if (memcmp(&id, &claim->program_id, sizeof id) != 0) return "it is about another program";
    }
    if (o->input != NULL || o->has_number) {
        pp_guest_input input;
        if (o->has_number)
            pp_guest_input_number(&input, o->number);
        else if (!pp_guest_input_read(err, &input, o->input))
            return NULL;
        pp_hash32 id;
        bool fits = pp_input_id(&id, input.bytes);
        pp_guest_input_free(&input);
        if (!fits || memcmp(&id, &claim->input_id, sizeof id) != 0)
            return "it is about another input";
    }
    return "";
}

static void print_claim(const verify_options *o, const pp_claim *c, const pp_pcs_params *set) {
    char hex[2 * PP_OUTPUT_MAX + 1];
    pp_hex_encode(hex, c->output, c->output_size);
    if (o->json) printf("{\"proven\": true, ");
    pp_cli_print_hash(o->json ? "vm_id" : "machine", &c->vm_id, o->json);
    pp_cli_print_hash(o->json ? "program_id" : "program", &c->program_id, o->json);
    pp_cli_print_hash(o->json ? "input_id" : "input", &c->input_id, o->json);
    pp_cli_print_hash(o->json ? "context" : "bound to", &c->context, o->json);
    if (o->json)
        printf("\"output\": \"0x%s\", \"set\": \"%s\"}\n", hex, set->name);
    else
        printf("%-10s  %u bytes: %s\n%-10s  %s%s\nproven\n", "output", c->output_size, hex, "set",
               set->name, set->secure ? "" : ": for tests only, proves nothing to anybody");
}

// The file's bytes as they are asked for; why not, in *err.
typedef struct reader {
    pp_file_in file;
    pp_err *err;
    uint8_t *bytes;
    size_t max;
} reader;

static const uint8_t *read_bytes(void *ctx, uint64_t at, size_t size) {
    reader *r = ctx;
    if (size > r->max) {
        uint8_t *more = realloc(r->bytes, size);
        if (more == NULL) {
            pp_err_set(r->err, PP_EXIT_USAGE, "no memory to verify in");
            return NULL;
        }
        r->bytes = more;
        r->max = size;
    }
    return pp_file_get(r->err, &r->file, r->bytes, size, at) ? r->bytes : NULL;
}

// Several shards: which one it was.
static void name_shard(char out[64], const pp_claim_verifier *c, pp_claim_status status) {
    bool of_shard = status == PP_CLAIM_SHARD || status == PP_CLAIM_LINK ||
                    status == PP_CLAIM_IDLE || status == PP_CLAIM_TIME ||
                    status == PP_CLAIM_MIXED || status == PP_CLAIM_ROOT;
    out[0] = 0;
    if (of_shard && c->shards_len > 1)
        snprintf(out, 64, "shard %u of %u: ", c->number + 1, c->shards_len);
}

static int verify(const verify_options *o, reader *file, const pp_verify_policy *policy, void *work,
                  size_t work_size) {
    pp_claim claim;
    pp_claim_verifier c;
    pp_err err = {0};
    file->err = &err;
    pp_claim_status status = pp_claim_verify_file(&claim, &c, policy, read_bytes, file,
                                                  file->file.size, work, work_size);
    if (err.exit_code == 0 && status == PP_CLAIM_FORMAT)
        pp_err_set(&err, PP_EXIT_USAGE, "%s: %s", o->proof, pp_claim_status_text(status));
    if (err.exit_code != 0) return pp_cli_fail(&err);
    if (status != PP_CLAIM_PROVEN) {
        char where[64];
        name_shard(where, &c, status);
        return no(o, where, pp_claim_status_text(status),
                  status == PP_CLAIM_SHARD ? pp_verify_status_text(c.shard) : "");
    }
    const char *other = mismatch(&err, o, &claim);
    if (other == NULL) return pp_cli_fail(&err);
    if (other[0] != 0) return no(o, "", other, "");
    print_claim(o, &claim, policy->sets[c.set]);
    return pp_cli_flush();
}

static int with_machine(const verify_options *o, const pp_machine_owned *machine) {
    const pp_pcs_params *sets[8];
    uint32_t sets_len = 0;
    for (size_t i = 0; pp_pcs_sets[i] != NULL; i++)
        if ((pp_pcs_sets[i]->secure || o->test_set) && sets_len < PP_COUNT(sets))
            sets[sets_len++] = pp_pcs_sets[i];
    const pp_verify_policy policy = {.machines = &machine->machine,
                                     .vm_ids = &machine->vm_id,
                                     .machines_len = 1,
                                     .sets = sets,
                                     .sets_len = sets_len,
                                     .log_cells_max = PP_PCS_LOG_CELLS_MAX};
    pp_err err = {0};
    reader file = {0};
    if (!pp_file_open(&err, &file.file, o->proof)) return pp_cli_fail(&err);
    size_t work_size = pp_verify_work_size(&policy);
    void *work = malloc(work_size);
    int code;
    if (work != NULL)
        code = verify(o, &file, &policy, work, work_size);
    else
        code = pp_cli_fail((pp_err_set(&err, PP_EXIT_USAGE, "no memory to verify in"), &err));
    free(work);
    free(file.bytes);
    pp_file_close(&file.file);
    return code;
}

static int run(int argc, char **argv) {
    verify_options o = {0};
    int code = parse(&o, argc, argv);
    if (code != PP_EXIT_YES) return code;
    pp_err err;
    pp_machine_owned machine;
    if (!pp_machine_own(&err, &machine)) return pp_cli_fail(&err);
    code = with_machine(&o, &machine);
    pp_machine_disown(&machine);
    return code;
}

const pp_cli_command pp_cmd_verify = {
    "verify", "check a proof and print what it proves",
    "usage: polypoly verify PROOF [--program FILE | --program-id HEX32]\n"
    "                       [--input FILE | --input-u64 N | --input-id HEX32]\n"
    "                       [--bind HEX32] [--accept-test-set] [--json]\n"
    "\n"
    "Checks PROOF, which polypoly prove wrote, and prints the claim: machine, program, input and\n"
    "context by their ids, and the output. The claim says: there is an input with this id on "
    "which\n"
    "the program halts with exit code 0 having written this output.\n"
    "\n"
    "  --program FILE      and the claim must be about this program\n"
    "  --input FILE        and about this input\n"
    "  --input-u64 N       and about this input: N as 8 bytes, little-endian\n"
    "  --program-id HEX32, --input-id HEX32   the same by their ids (polypoly id, input-id)\n"
    "  --bind HEX32        and the proof must be bound to these 32 bytes\n"
    "  --accept-test-set   accept the set test too, which is made to be weak\n"
    "  --json              the claim as one object\n"
    "\n"
    "example:\n"
    "  polypoly verify fib.proof --program build/guests/fib.elf --input-u64 1000\n"
    "\n"
    "Exit codes: 0 proven; 1 a proof file that proves nothing, or something else; 2 usage, no "
    "proof\n"
    "file, unreadable.\n",
    run};
