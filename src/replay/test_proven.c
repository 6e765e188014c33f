// SPDX-License-Identifier: MIT OR Apache-2.0
// A network that demands proofs: which bytes move a root, and which cost their sender a bond. The
// batches are of one transaction that is none, so that a real proof takes about a second.
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "host/audit.h"
#include "replay/test_support.h"

static const char file[] =
    "{\"number\": 1, \"timestamp\": 1700000000, \"base_fee_per_gas\": 1000000000, \"chain_id\": 1,"
    " \"fee_recipient\": \"0x00000000000000000000000000000000000000fe\","
    " \"transactions\": [{\"raw\": \"0x0102030405060708\"}, {\"raw\": \"0x1112131415161718\"}],"
    " \"accounts_before\": {\"0x00000000000000000000000000000000000000aa\":"
    " {\"balance\": \"1000000000000000000\", \"nonce\": 0}}}";

typedef struct proof {
    pp_claim claim;
    uint8_t *bytes;
    size_t size;
} proof;

static line l;
static uint64_t refusals;

static pp_chain_batch batch_of(uint64_t number) {
    pp_chain_batch b;
    bool there = pp_chain_batch_get(&b, chain_of(&l), 0, number);
    PP_ASSERT(there);
    return b;
}

static uint64_t checked(void) {
    pp_chain_lane lane;
    CHECK(pp_chain_lane_get(&lane, chain_of(&l), 0));
    return lane.checked;
}

// A proof that was begun with other shards, as with another --memory, is begun anew.
static void begun_otherwise(const pp_claim *claim, pp_bytes input) {
    const pp_works *w = &l.r->works;
    char dir[PP_WORK_PATH_MAX], hex[65];
    pp_work work;
    pp_vm_result result;
    pp_prove_claim_input in = {.with = {.machine = w->proofs.machine.machine,
                                        .vm_id = &w->proofs.machine.vm_id,
                                        .set = w->set,
                                        .context = &claim->context,
                                        .log_cells = w->log_cells - 1},
                               .program = &l.r->guest.program,
                               .input = input};
    pp_hex_encode(hex, claim->context.b, sizeof claim->context.b);
    snprintf(dir, sizeof dir, "%s/%s.work", w->dir, hex);
    mkdir(w->dir, 0755);
    REQUIRE(pp_work_plan(&l.err, &work, dir, &result, &in, NULL, NULL));
}

// The guest run on this input, proven for a batch's request by prover i.
static bool prove(proof *out, uint64_t batch, size_t i, pp_bytes input) {
    pp_vm_result result;
    pp_chain_batch b = batch_of(batch);
    if (!pp_vm_run(&l.err, &result, &l.r->guest.program, input, NULL) || !pp_vm_ok(&result))
        return false;
    memset(out, 0, sizeof *out);
    pp_vm_id(&out->claim.vm_id);
    out->claim.program_id = l.r->guest.id;
    out->claim.output_size = result.output_size;
    memcpy(out->claim.output, result.output, result.output_size);
    pp_market_context(&out->claim.context, &b.request, &l.r->provers[i].address);
    if (!pp_input_id(&out->claim.input_id, input)) return false;
    begun_otherwise(&out->claim, input);
    return pp_works_prove(&l.err, &out->bytes, &out->size, &l.r->works, &l.r->guest, &out->claim,
                          input);
}

// What becomes of a claim of a batch's very output with these bytes as its proof.
static const char *submit(uint64_t batch, size_t i, const uint8_t *bytes, size_t size) {
    pp_chain_batch b = batch_of(batch);
    pp_market_command c = {.kind = PP_MARKET_PROVE,
                           .request = b.request,
                           .output_size = sizeof b.output_bytes,
                           .proof = {bytes, size}};
    memcpy(c.output, b.output_bytes, sizeof b.output_bytes);
    return one(&l, i, &c);
}

// It is refused at the price of a bond, and nothing moves.
static void expect_refused(int line_number, const char *what, uint64_t batch, size_t i,
                           const uint8_t *bytes, size_t size) {
    pp_u128 before = free_balance(&l, i);
    const char *reason = submit(batch, i, bytes, size);
    refusals++;
    if (strcmp(reason, "M-PROOF") != 0) pp_test_fail(__FILE__, line_number, "%s: %s", what, reason);
    CHECK(before - free_balance(&l, i) == pp_chain_genesis(chain_of(&l))->market.proof_bond);
    CHECK_EQ(batch_of(batch).status, PP_BATCH_WAITING);
    CHECK_EQ(checked(), 0);
}
#define REFUSED(what, batch, prover, bytes, size)                                                  \
    expect_refused(__LINE__, what, batch, prover, bytes, size)

static const char *why(const proof *p, const pp_claim *claim) {
    const char *text = pp_proofs_refuse(&l.r->works.proofs, claim, (pp_bytes){p->bytes, p->size});
    return text ? text : "";
}

// Every member of a claim counts.
static void claims_differ(const proof *p) {
    pp_claim c = p->claim;
    CHECK_STR(why(p, &c), "");
    c.vm_id.b[31] ^= 1;
    CHECK_STR(why(p, &c), "it is about another machine");
    c = p->claim;
    c.program_id.b[0] ^= 1;
    CHECK_STR(why(p, &c), "it is about another program");
    c = p->claim;
    c.input_id.b[9] ^= 1;
    CHECK_STR(why(p, &c), "it is about another input");
    c = p->claim;
    c.context.b[17] ^= 1;
    CHECK_STR(why(p, &c), "it is bound to another request or prover");
    c = p->claim;
    c.output[PP_ROLLUP_OUTPUT_SIZE - 1] ^= 1;
    CHECK_STR(why(p, &c), "it proves another output");
    c = p->claim;
    c.output_size--;
    CHECK_STR(why(p, &c), "it proves another output");
}

// Bytes changed one at a time, all over the file; src/prove has every word of a proof changed.
static void changed_bytes(const proof *p) {
    size_t head = pp_claim_head_size(p->bytes, p->size);
    CHECK(head > PP_PROOF_HEAD_SIZE);
    for (size_t at = 0; at < p->size; at += at < head ? 53 : p->size / 8) {
        p->bytes[at] ^= 0x10;
        REFUSED("a changed byte", 0, 0, p->bytes, p->size);
        p->bytes[at] ^= 0x10;
    }
}

// The batch with another transaction in it: its own proof, and that under the right one's head.
static void altered_batch(const proof *right) {
    pp_chain_batch b = batch_of(0);
    uint8_t *input = malloc(b.input.size), *at = NULL;
    PP_ASSERT(input != NULL);
    memcpy(input, b.input.data, b.input.size);
    for (size_t i = 0; i + 8 <= b.input.size && at == NULL; i++)
        if (memcmp(input + i, l.file.transactions[0].data, 8) == 0) at = input + i;
    REQUIRE(at != NULL);
    at[3] ^= 1;
    proof altered;
    REQUIRE(prove(&altered, 0, 0, (pp_bytes){input, b.input.size}));
    CHECK_STR(why(&altered, &altered.claim), "");
    CHECK_STR(why(&altered, &right->claim), "it is about another input");
    REFUSED("another transaction", 0, 0, altered.bytes, altered.size);
    size_t head = pp_claim_head_size(right->bytes, right->size);
    CHECK_EQ(pp_claim_head_size(altered.bytes, altered.size), head);
    memcpy(altered.bytes, right->bytes, head);
    REFUSED("another transaction under the right head", 0, 0, altered.bytes, altered.size);
    free(altered.bytes);
    free(input);
}

PP_TEST(only_the_right_proof_of_the_right_prover_moves_the_root) {
    REQUIRE(line_open_proven(&l, file, 1, 2));
    order(&l);
    REQUIRE(block(&l, 1));
    order(&l);
    REQUIRE(block(&l, 1));
    proof first, second;
    pp_chain_batch b = batch_of(0);
    REQUIRE(prove(&first, 0, 0, b.input));
    b = batch_of(1);
    REQUIRE(prove(&second, 1, 0, b.input));
    claims_differ(&first);

    uint8_t garbage[1000];
    for (size_t i = 0; i < sizeof garbage; i++) garbage[i] = (uint8_t)(i * i + 7);
    REFUSED("no proof", 0, 0, NULL, 0);
    REFUSED("garbage", 0, 0, garbage, sizeof garbage);
    memcpy(garbage, first.bytes, 300);
    REFUSED("garbage with a head", 0, 0, garbage, sizeof garbage);
    REFUSED("one byte less", 0, 0, first.bytes, first.size - 1);
    REFUSED("for another request", 0, 0, second.bytes, second.size);
    REFUSED("stolen", 0, 1, first.bytes, first.size);
    changed_bytes(&first);
    altered_batch(&first);

    // Another root: the request names the one output it takes.
    pp_market_command c = {.kind = PP_MARKET_PROVE,
                           .request = batch_of(0).request,
                           .output_size = PP_ROLLUP_OUTPUT_SIZE,
                           .proof = {first.bytes, first.size}};
    memcpy(c.output, first.claim.output, PP_ROLLUP_OUTPUT_SIZE);
    for (size_t at = 0; at < PP_ROLLUP_OUTPUT_SIZE; at += 31) {
        c.output[at] ^= 1;
        CHECK_STR(one(&l, 0, &c), "M-OUTPUT");
        c.output[at] ^= 1;
    }
    // Larger than genesis allows: refused at the door, unread.
    size_t large = l.r->genesis.proofs.bytes + 1U;
    uint8_t *zeros = calloc(1, large);
    PP_ASSERT(zeros != NULL);
    pp_u128 before = free_balance(&l, 0);
    CHECK_STR(submit(0, 0, zeros, large), "C-PROOF-SIZE");
    CHECK(free_balance(&l, 0) == before);
    free(zeros);

    // Proofs come in any order; roots advance in theirs.
    CHECK_STR(submit(1, 0, second.bytes, second.size), "OK");
    CHECK_EQ(batch_of(1).status, PP_BATCH_ACCEPTED);
    CHECK_EQ(checked(), 0);
    CHECK_STR(submit(0, 0, first.bytes, first.size), "OK");
    CHECK_EQ(checked(), 2);
    CHECK_EQ(batch_of(1).status, PP_BATCH_DONE);
    CHECK_STR(submit(0, 0, first.bytes, first.size), "M-NOOP");
    CHECK_STR(submit(0, 1, first.bytes, first.size), "M-NOOP");
    free(first.bytes);
    free(second.bytes);

    // A follower verifies all of them again.
    pp_audit audit;
    pp_replay_close(l.r);
    l.r = NULL;
    REQUIRE(pp_audit_dir(&l.err, &audit, l.dir, NULL, NULL));
    CHECK(audit.balanced && audit.check == PP_CHECK_PROOF);
    CHECK_EQ(audit.checked, 2);
    CHECK_EQ(audit.runs, 2);
    CHECK_EQ(audit.proofs, refusals + 2);
    CHECK_EQ(audit.proofs_refused, refusals);
    line_close(&l);
}
