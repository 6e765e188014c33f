// SPDX-License-Identifier: MIT OR Apache-2.0
// The line from inside: the check by re-execution, forged logs, provers that are late, absent or
// broke. tests/test_line.py has it from outside.
#include <stdlib.h>
#include <sys/resource.h>

#include "host/audit.h"
#include "host/log.h"
#include "replay/test_support.h"

// ---- the check --------------------------------------------------------------------------------

PP_TEST(the_check_accepts_what_the_guest_says_and_nothing_else) {
    line l;
    REQUIRE(line_open(&l, 4, 4, 1));
    order(&l);
    REQUIRE(block(&l, 1000));
    pp_chain_batch b;
    REQUIRE(pp_chain_batch_get(&b, chain_of(&l), 0, 0));
    pp_checks checks;
    pp_chain_env env;
    pp_checks_init(&checks);
    REQUIRE(pp_checks_begin(&l.err, &checks, "test", chain_of(&l)));
    pp_checks_env(&env, &checks, NULL);
    pp_claim right = {.program_id = b.program_id, .input_id = b.input_id};
    pp_vm_id(&right.vm_id);
    right.output_size = sizeof b.output_bytes;
    memcpy(right.output, b.output_bytes, sizeof b.output_bytes);
    CHECK(env.check(env.ctx, &right, (pp_bytes){NULL, 0}));
    CHECK(!env.check(env.ctx, &right, (pp_bytes){(const uint8_t *)"x", 1}));
    pp_claim wrong = right;
    wrong.output[247] ^= 1;
    CHECK(!env.check(env.ctx, &wrong, (pp_bytes){NULL, 0}));
    wrong = right;
    wrong.output_size--;
    CHECK(!env.check(env.ctx, &wrong, (pp_bytes){NULL, 0}));
    wrong = right;
    wrong.vm_id.b[0] ^= 1;
    CHECK(!env.check(env.ctx, &wrong, (pp_bytes){NULL, 0}));
    wrong = right;
    wrong.program_id.b[0] ^= 1;
    CHECK(!env.check(env.ctx, &wrong, (pp_bytes){NULL, 0}));
    wrong = right;
    wrong.input_id.b[0] ^= 1;
    CHECK(!env.check(env.ctx, &wrong, (pp_bytes){NULL, 0}));

    pp_err err = {.exit_code = 0};
    pp_bytes output = {b.output_bytes, sizeof b.output_bytes};
    CHECK(env.preflight(env.ctx, &err, &b.program_id, b.input, output));
    b.output_bytes[0] ^= 1;
    CHECK(!env.preflight(env.ctx, &err, &b.program_id, b.input, output) && err.exit_code == 0);
    b.output_bytes[0] ^= 1;
    CHECK(!env.preflight(env.ctx, &err, &right.input_id, b.input, output) && err.exit_code == 0);
    pp_bytes shorter = {b.input.data, b.input.size - 1};
    CHECK(!env.preflight(env.ctx, &err, &b.program_id, shorter, output) && err.exit_code == 0);
    line_close(&l);
}

// Every batch that a lane can cut can be run by the check, whatever its transactions are.
PP_TEST(the_largest_batch_is_within_the_longest_run) {
    line l;
    pp_replay_sample sample;
    pp_replay_work work;
    REQUIRE(line_open(&l, 125, 8, 1));
    REQUIRE(pp_replay_sample_make(&l.err, &sample, &l.file, 8));
    REQUIRE(pp_replay_count(&l.err, &work, &l.r->guest, NULL, &sample));
    CHECK(work.byte > 1 && work.transaction > 1 && work.heavy > work.batch);
    CHECK(work.heavy <=
          work.batch + sample.transactions * work.transaction + sample.bytes * work.byte);
    CHECK(work.batch + PP_ROLLUP_BATCH_TX_MAX * work.transaction +
              PP_ROLLUP_BATCH_BYTES_MAX * work.byte <
          PP_CHECKS_CYCLES_MAX);
    pp_replay_sample_free(&sample);
    line_close(&l);
}

// The guest on an input with other transactions (or another old root): whether its output is one
// that the batch's request takes.
static bool taken(const line *l, const pp_chain_batch *b, const pp_rollup_input *in,
                  const pp_bytes *txs, size_t len, const pp_digest *old_root) {
    pp_rollup_content content = {.env = in->env, .txs = txs, .txs_len = len};
    size_t size = pp_rollup_input_encode(NULL, 0, &content, old_root, in->proof);
    uint8_t *bytes = malloc(size);
    PP_ASSERT(bytes != NULL);
    pp_rollup_input_encode(bytes, size, &content, old_root, in->proof);
    pp_vm_result r;
    pp_err err;
    bool ran = pp_vm_run(&err, &r, &l->r->guest.program, (pp_bytes){bytes, size}, NULL);
    free(bytes);
    CHECK(ran);
    return pp_vm_ok(&r) && r.output_size == sizeof b->output_bytes &&
           memcmp(r.output, b->output_bytes, sizeof b->output_bytes) == 0;
}

// What is proven is the guest's output, and a batch's request takes one output: order, omission,
// repetition, another byte and another state before it all lead to another.
PP_TEST(no_other_batch_has_the_output_that_is_asked_for) {
    line l;
    REQUIRE(line_open(&l, 4, 4, 1));
    order(&l);
    REQUIRE(block(&l, 1000));
    pp_chain_batch b;
    pp_rollup_input in;
    REQUIRE(pp_chain_batch_get(&b, chain_of(&l), 0, 0));
    REQUIRE(pp_rollup_input_decode(&in, b.input));
    pp_bytes txs[5], rest = in.txs, *t = txs;
    CHECK_EQ(in.txs_len, 4);
    for (int i = 0; i < 4; i++) txs[i] = pp_rollup_input_next(&rest);
    CHECK(taken(&l, &b, &in, txs, 4, &in.old_root));
    for (int i = 0; i < 3; i++) { // two that stand side by side change places
        pp_bytes kept = t[i];
        t[i] = t[i + 1], t[i + 1] = kept;
        CHECK(!taken(&l, &b, &in, txs, 4, &in.old_root));
        kept = t[i], t[i] = t[i + 1], t[i + 1] = kept;
    }
    for (int i = 0; i < 4; i++) { // one is left out; one stands there twice
        pp_bytes fewer[3];
        for (int k = 0; k < 3; k++) fewer[k] = txs[k < i ? k : k + 1];
        CHECK(!taken(&l, &b, &in, fewer, 3, &in.old_root));
        txs[4] = txs[i];
        CHECK(!taken(&l, &b, &in, txs, 5, &in.old_root));
    }
    uint8_t changed[1 << 12];
    for (int i = 0; i < 4; i++) { // one byte is another
        pp_bytes kept = txs[i];
        REQUIRE(kept.size <= sizeof changed);
        for (size_t at = 0; at < kept.size; at += kept.size / 3) {
            memcpy(changed, kept.data, kept.size);
            changed[at] ^= 4;
            txs[i] = (pp_bytes){changed, kept.size};
            CHECK(!taken(&l, &b, &in, txs, 4, &in.old_root));
        }
        txs[i] = kept;
    }
    pp_digest other = in.old_root;
    other.e[0] = pp_fp_add(other.e[0], pp_fp_from_u32(1));
    CHECK(!taken(&l, &b, &in, txs, 4, &other));
    line_close(&l);
}

// Less address space than a run of the guest takes. False where that cannot be had.
static bool starve(struct rlimit *before) {
    if (getenv("PP_SANITIZED") != NULL) {
        pp_test_skip("sanitizers need address space of their own");
        return false;
    }
    struct rlimit little = {64 << 20, RLIM_INFINITY};
    return getrlimit(RLIMIT_AS, before) == 0 && setrlimit(RLIMIT_AS, &little) == 0;
}

PP_TEST(a_check_that_cannot_run_is_no_verdict) {
    line l;
    struct rlimit before;
    REQUIRE(line_open(&l, 8, 4, 1));
    REQUIRE(auction(&l, 1));
    act(&l, 0, 1000);
    CHECK_EQ(l.r->outbox.len, 1);
    pp_u128 money = free_balance(&l, 0);
    if (!starve(&before)) {
        line_close(&l);
        return;
    }
    bool ok = block(&l, 1000);
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
    // Nothing was written: the claim is accepted when there is room again.
    CHECK(!ok && l.err.exit_code == PP_EXIT_USAGE && strlen(l.err.text) > 0);
    pp_replay_close(l.r);
    l.err.exit_code = 0;
    pp_replay_options options = {.data = l.dir};
    REQUIRE(pp_replay_open(&l.err, &l.r, &l.file, "example", &options, &(pp_replay_watch){0}));
    CHECK(free_balance(&l, 0) == money);
    CHECK(request(&l, 0)->state == PP_MARKET_ASSIGNED);
    REQUIRE(pp_replay_run(&l.err, l.r));
    CHECK(l.r->batches[0].checked && l.r->batches[1].checked);
    CHECK(free_balance(&l, 0) == money + l.r->batches[0].price + l.r->batches[1].price);
    line_close(&l);
}

// ---- forged logs ------------------------------------------------------------------------------

typedef struct forgery {
    const char *what;
    bool (*change)(uint8_t *block, size_t *size, uint64_t height); // false: leave the block out
    const char *code;                                              // that the follower must name
    int later; // the block it names, counted from the changed one
} forgery;

static bool change_height(uint8_t *b, size_t *size, uint64_t height) {
    (void)size, (void)height;
    b[0] ^= 1;
    return true;
}
static bool change_time(uint8_t *b, size_t *size, uint64_t height) {
    (void)size, (void)height;
    pp_store_le64(b + 8, pp_load_le64(b + 8) + 1);
    return true;
}
static bool change_parent(uint8_t *b, size_t *size, uint64_t height) {
    (void)size, (void)height;
    b[16] ^= 1;
    return true;
}
static bool change_state(uint8_t *b, size_t *size, uint64_t height) {
    (void)size, (void)height;
    b[48] ^= 1;
    return true;
}
static bool change_beacon(uint8_t *b, size_t *size, uint64_t height) {
    (void)size, (void)height;
    b[80] ^= 1;
    return true;
}
static bool change_count(uint8_t *b, size_t *size, uint64_t height) {
    (void)size, (void)height;
    b[112]++;
    return true;
}
static bool change_signature(uint8_t *b, size_t *size, uint64_t height) {
    (void)height;
    b[*size - 2] ^= 1; // of the last item
    return true;
}
static bool change_item(uint8_t *b, size_t *size, uint64_t height) {
    (void)size, (void)height;
    b[PP_BLOCK_HEADER_SIZE + 4 + 40] ^= 1; // in the payload of the first item
    return true;
}
static bool cut_bytes(uint8_t *b, size_t *size, uint64_t height) {
    (void)b, (void)height;
    (*size)--;
    return true;
}
static bool leave_out(uint8_t *b, size_t *size, uint64_t height) {
    (void)b, (void)size, (void)height;
    return false;
}

// Writes the log of `from` again in `to`, with right checksums all the way, block `at` changed.
static bool forge(pp_err *err, const char *to, const char *from, const forgery *f, uint64_t at) {
    pp_log in, out;
    if (!pp_log_open(err, &in, from, PP_LOG_READ)) return false;
    bool ok = pp_log_open(err, &out, to, PP_LOG_WRITE), more = ok;
    pp_log_cursor cursor = {0};
    pp_log_record record;
    while (ok && more) {
        ok = pp_log_next(err, &more, &record, &in, &cursor);
        if (!ok || !more) break;
        uint8_t *copy = malloc(record.payload.size);
        size_t size = record.payload.size;
        PP_ASSERT(copy != NULL);
        memcpy(copy, record.payload.data, size);
        if (record.height != at || f->change(copy, &size, at))
            ok = pp_log_append(err, &out, (pp_bytes){copy, size});
        free(copy);
    }
    pp_log_close(&out);
    pp_log_close(&in);
    return ok;
}

PP_TEST(a_forged_log_with_right_checksums_is_named_at_its_block) {
    static const forgery forgeries[] = {
        {"height", change_height, "C-BLOCK-HEIGHT", 0},
        {"time", change_time, "C-BLOCK-PARENT", 1},
        {"parent", change_parent, "C-BLOCK-PARENT", 0},
        {"state", change_state, "C-BLOCK-STATE", 0},
        {"beacon", change_beacon, "C-BLOCK-BEACON", 0},
        {"count", change_count, "C-BLOCK-FORMAT", 0},
        {"signature", change_signature, "C-BLOCK-PARENT", 1},
        {"item", change_item, "C-BLOCK-PARENT", 1},
        {"cut", cut_bytes, "C-BLOCK-FORMAT", 0},
        {"left out", leave_out, "C-BLOCK-HEIGHT", 0},
    };
    line l;
    REQUIRE(line_open(&l, 6, 3, 2));
    REQUIRE(pp_replay_run(&l.err, l.r));
    pp_replay_summary summary;
    pp_replay_summary_get(&summary, l.r);
    pp_replay_close(l.r);
    l.r = NULL;

    pp_audit audit;
    REQUIRE(pp_audit_dir(&l.err, &audit, l.dir, NULL, NULL));
    CHECK(pp_hash32_eq(&audit.info.app_hash, &summary.info.app_hash));
    CHECK(pp_digest_eq(&audit.root, &summary.lane.checked_root));
    CHECK(audit.balanced && audit.refused == 0);
    CHECK_EQ(audit.transactions, 6);
    CHECK_EQ(audit.checked, 2);
    CHECK_EQ(audit.payments, 2);
    CHECK_EQ(audit.runs, 4); // each batch before it was offered, and when it was claimed
    CHECK_EQ(audit.info.height, 6);

    char to[80];
    snprintf(to, sizeof to, "%s/forged", l.dir);
    for (size_t i = 0; i < PP_COUNT(forgeries); i++) {
        const forgery *f = &forgeries[i];
        for (uint64_t at = 1; at + 1 < audit.info.height; at++) {
            pp_err err = {.exit_code = 0};
            char named[32];
            REQUIRE(forge(&l.err, to, l.dir, f, at));
            pp_audit forged;
            bool yes = pp_audit_dir(&err, &forged, to, NULL, NULL);
            snprintf(named, sizeof named, "block %d is wrong", (int)at + f->later);
            if (yes || err.exit_code != PP_EXIT_NO || !strstr(err.text, named) ||
                !strstr(err.text, f->code))
                pp_test_fail(__FILE__, __LINE__, "%s in block %d: %s", f->what, (int)at,
                             yes ? "accepted" : err.text);
            remove_tree(to);
        }
    }
    line_close(&l);
}

// Running the guest again is no proof: such a network's log is not said to be right.
static void change_hex(uint8_t *b, size_t size, const char *member) {
    char *at = memmem(b, size, member, strlen(member));
    PP_ASSERT(at != NULL);
    at = strstr(at, "0x") + 2;
    *at = *at == '1' ? '2' : '1';
}
static bool other_machine(uint8_t *b, size_t *size, uint64_t height) {
    (void)height;
    change_hex(b, *size, "\"vm_id\"");
    return true;
}
static bool other_guest(uint8_t *b, size_t *size, uint64_t height) {
    (void)height;
    change_hex(b, *size, "\"program_id\"");
    return true;
}
static bool other_format(uint8_t *b, size_t *size, uint64_t height) {
    (void)height;
    char *at = memmem(b, *size, "genesis/1", 9);
    PP_ASSERT(at != NULL);
    at[8] = '2';
    return true;
}

// What another version has made is not called wrong.
PP_TEST(a_log_of_another_version_is_not_judged) {
    static const forgery versions[] = {{"vm_id", other_machine, "another version", 0},
                                       {"program_id", other_guest, "another version", 0},
                                       {"polypoly", other_format, "genesis/1", 0}};
    line l;
    REQUIRE(line_open(&l, 2, 2, 2));
    REQUIRE(pp_replay_run(&l.err, l.r));
    pp_beacon *beacon = &l.r->beacon;
    char to[80];
    snprintf(to, sizeof to, "%s/forged", l.dir);
    for (size_t i = 0; i < PP_COUNT(versions); i++) {
        pp_replay *r = l.r;
        pp_local *local;
        pp_local_close(r->local); // the log is read below
        r->local = NULL;
        REQUIRE(forge(&l.err, to, l.dir, &versions[i], 0));
        pp_err err = {.exit_code = 0};
        pp_audit audit;
        CHECK(!pp_audit_dir(&err, &audit, to, NULL, NULL));
        CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
        CHECK(strstr(err.text, versions[i].code) && strstr(err.text, versions[i].what));
        err.exit_code = 0;
        REQUIRE(pp_local_open(&l.err, &local, to));
        CHECK(!pp_local_start(&err, local, (pp_bytes){NULL, 0}, beacon, &(pp_local_watch){0}));
        CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
        pp_local_close(local);
        remove_tree(to);
    }
    line_close(&l);
}

// The operator's key can order what it likes: a log that is none of the file's is told from it.
PP_TEST(a_log_of_other_transactions_than_the_files) {
    static const pp_replay_watch nobody;
    line l;
    REQUIRE(line_open(&l, 8, 4, 1));
    pp_replay_options options = l.r->options;
    pp_bytes other[2] = {l.file.transactions[0], {(const uint8_t *)"none", 4}};
    size_t size;
    uint8_t *payload = pp_lane_payload_encode(&size, 0, other, 2);
    pp_outbox_command(&l.r->outbox, chain_of(&l), l.r->secrets.operator_key, PP_COMMAND_LANE,
                      (pp_bytes){payload, size});
    free(payload);
    REQUIRE(block(&l, 1000));
    CHECK(!pp_replay_run(&l.err, l.r) && strstr(l.err.text, "transaction 1"));
    for (int i = 0; i < 2; i++) {
        pp_replay_close(l.r);
        CHECK(!pp_replay_open(&l.err, &l.r, &l.file, "example", &options, &nobody));
        CHECK(l.err.exit_code == PP_EXIT_USAGE && strstr(l.err.text, "block 1 ") &&
              strstr(l.err.text, "transaction 1"));
    }
    l.err.exit_code = 0;
    line_close(&l);
}

// ---- provers ----------------------------------------------------------------------------------

// What an open request pays in the next block.
static pp_u128 offered(line *l) {
    pp_chain_info info;
    pp_chain_info_get(&info, chain_of(l));
    return pp_market_open_price(request(l, 0), info.market_time + 1000);
}

PP_TEST(who_comes_late_serves_an_open_request_once_it_pays) {
    line l;
    REQUIRE(line_open(&l, 4, 4, 2));
    order(&l);
    REQUIRE(block(&l, 1000));
    // Nobody bids: the price of the open request rises from nothing to the reserve.
    for (int i = 0; i < 2; i++) REQUIRE(block(&l, 1000));
    CHECK(request(&l, 0)->state == PP_MARKET_OPEN);
    pp_u128 before = free_balance(&l, 1), cost, supply;
    uint64_t cycles = l.r->batches[0].cycles;
    REQUIRE(cycles > 0 && pp_prover_cost(&cost, &l.r->secrets.provers[1], cycles));
    act(&l, 1, 1000);
    // The first price is next to nothing; only a prover that was measured as cheap as that takes
    // it.
    CHECK(l.r->outbox.len == 0 || offered(&l) >= cost);
    // How many blocks that takes depends on what a batch costs; that it waits for its cost, and not
    // a block longer, does not.
    for (int waited = 0; l.r->outbox.len == 0 && waited < 1000; waited++) {
        CHECK(offered(&l) < cost);
        REQUIRE(block(&l, 1000));
        act(&l, 1, 1000);
    }
    pp_u128 price = offered(&l);
    REQUIRE(block(&l, 1000));
    CHECK(request(&l, 0)->state == PP_MARKET_OPENPAID);
    supply = free_balance(&l, 1) - before;
    CHECK(price >= cost && supply == price);
    CHECK_EQ(l.r->batches[0].winner, 1);
    line_close(&l);
}

PP_TEST(a_primary_that_vanishes_loses_stake_and_another_is_paid) {
    line l;
    REQUIRE(line_open(&l, 4, 4, 3));
    REQUIRE(auction(&l, 3));
    const pp_market_request *r = request(&l, 0);
    REQUIRE(r->state == PP_MARKET_ASSIGNED);
    pp_u128 price = r->price;
    size_t gone = 0;
    while (!pp_address_eq(&l.r->provers[gone].address,
                          &pp_chain_market(chain_of(&l))->accounts[r->primary].address))
        gone++;
    pp_u128 stake_before = stake(&l, gone);
    pp_u128 before[3] = {free_balance(&l, 0), free_balance(&l, 1), free_balance(&l, 2)};
    int blocks = 0;
    while (!pp_market_state_is_terminal(request(&l, 0)->state) && blocks++ < 1000) {
        for (size_t i = 0; i < 3; i++)
            if (i != gone) act(&l, i, 3000);
        // Both rescuers run for it; the second finds it closed.
        while (l.r->outbox.len > 1)
            free((void *)(uintptr_t)l.r->outbox.items[--l.r->outbox.len].data);
        REQUIRE(block(&l, 3000));
    }
    CHECK(request(&l, 0)->state == PP_MARKET_RESCUED);
    CHECK(stake(&l, gone) < stake_before);
    size_t rescuer = l.r->batches[0].winner;
    REQUIRE(rescuer < 3 && rescuer != gone);
    CHECK(free_balance(&l, rescuer) - before[rescuer] >= price);
    CHECK(free_balance(&l, gone) == before[gone]);
    pp_chain_ledger ledger;
    CHECK(pp_chain_ledger_get(&ledger, chain_of(&l)));
    // The line goes on without it.
    REQUIRE(pp_replay_run(&l.err, l.r));
    line_close(&l);
}

PP_TEST(a_prover_that_cannot_afford_a_bid_is_silent) {
    line l;
    REQUIRE(line_open(&l, 4, 4, 2));
    // It moves its money away: no bond, no bid.
    uint8_t payload[PP_TRANSFER_PAYLOAD_SIZE];
    pp_transfer_payload_encode(payload, &l.r->provers[1].address, free_balance(&l, 0));
    pp_outbox_command(&l.r->outbox, chain_of(&l), l.r->secrets.provers[0].key, PP_COMMAND_TRANSFER,
                      (pp_bytes){payload, sizeof payload});
    order(&l);
    REQUIRE(block(&l, 1000));
    act(&l, 0, 1000);
    CHECK_EQ(l.r->outbox.len, 0);
    act(&l, 1, 1000);
    CHECK_EQ(l.r->outbox.len, 1);
    REQUIRE(pp_replay_run(&l.err, l.r));
    CHECK_EQ(l.r->batches[0].bids_len, 1);
    CHECK_EQ(l.r->batches[0].winner, 1);
    CHECK(l.r->batches[0].price == l.r->batches[0].reserve);
    line_close(&l);
}

PP_TEST(a_refused_claim_is_not_sent_for_ever) {
    line l;
    REQUIRE(line_open(&l, 4, 4, 1));
    REQUIRE(auction(&l, 1));
    for (int i = 0; i < 5; i++) {
        pp_item item;
        pp_market_command c = {.kind = PP_MARKET_POST};
        act(&l, 0, 1000);
        CHECK_EQ(l.r->outbox.len, 1);
        CHECK(pp_item_decode(&item, l.r->outbox.items[0]) &&
              pp_market_command_decode(&c, item.command.payload));
        // What it cannot deliver it gives up while that costs little.
        CHECK_EQ(c.kind, i < PP_PROVER_TRIES ? PP_MARKET_PROVE : PP_MARKET_DECLINE);
        pp_outbox_clear(&l.r->outbox); // as if it had been refused
    }
    line_close(&l);
}

PP_TEST(nobody_bids_above_the_reserve) {
    line l;
    REQUIRE(line_open(&l, 4, 4, 2));
    l.r->secrets.provers[0].wei_per_second *= 100;
    order(&l);
    REQUIRE(block(&l, 1000));
    act(&l, 0, 1000);
    CHECK_EQ(l.r->outbox.len, 0);
    act(&l, 1, 1000);
    CHECK_EQ(l.r->outbox.len, 1);
    line_close(&l);
}

PP_TEST(a_genesis_that_is_none_is_not_written) {
    line l;
    REQUIRE(line_open(&l, 4, 4, 1));
    pp_replay_close(l.r);
    l.r = NULL;
    remove_tree(l.dir);
    pp_beacon beacon;
    pp_hash32 seed = {{0}};
    pp_local *local;
    REQUIRE(pp_local_open(&l.err, &local, l.dir) && pp_beacon_make(&l.err, &beacon, &seed, 4));
    CHECK(!pp_local_begun(local));
    pp_bytes none = {(const uint8_t *)"{}", 2};
    CHECK(!pp_local_start(&l.err, local, none, &beacon, &(pp_local_watch){0}));
    CHECK(l.err.exit_code == PP_EXIT_USAGE && strstr(l.err.text, "genesis"));
    CHECK(!pp_local_begun(local));
    l.err.exit_code = 0;
    pp_local_close(local);
    pp_beacon_free(&beacon);
    line_close(&l);
}

// A fund that was empty owes; what it owes is called paid once it is.
PP_TEST(what_is_owed_is_not_called_paid) {
    line l;
    REQUIRE(line_open(&l, 4, 2, 1));
    pp_address winner = l.r->provers[0].address;
    pp_market_event closed = {.kind = PP_MARKET_EVENT_CLOSED, .account = winner, .amount = 7};
    pp_market_event owed = closed, repaid = closed;
    owed.kind = PP_MARKET_EVENT_OWED;
    repaid.kind = PP_MARKET_EVENT_REPAID;
    pp_chain_event events[] = {
        {.kind = PP_EVENT_MARKET, .protocol = true, .batch = 1, .market = owed},
        {.kind = PP_EVENT_MARKET, .protocol = true, .batch = 1, .market = closed},
        {.kind = PP_EVENT_MARKET, .protocol = true, .batch = 0, .market = closed},
        {.kind = PP_EVENT_MARKET, .market = repaid},
    };
    pp_chain_result result = {.events = events, .events_len = 3};
    pp_replay_observe(l.r, 1, &result, chain_of(&l), false, 0);
    CHECK(l.r->batches[1].owed && !l.r->batches[0].owed);
    CHECK(l.r->batches[1].winner == 0 && l.r->batches[1].price == 7);
    result.events_len = 4;
    pp_replay_observe(l.r, 2, &result, chain_of(&l), false, 0);
    CHECK(!l.r->batches[1].owed);
    line_close(&l);
}

PP_TEST(costs_round_up_and_never_wrap) {
    pp_prover_secret s = {.ps_per_work = 3000, .wei_per_second = 5000000000};
    pp_u128 cost;
    CHECK(pp_prover_cost(&cost, &s, 1000000)); // 3 ms of 5 gwei
    CHECK(cost >= 15000000 && cost <= 15000002);
    CHECK(pp_prover_cost(&cost, &s, 0) && cost >= 1);
    s.ps_per_work = s.wei_per_second = INT64_MAX;
    CHECK(!pp_prover_cost(&cost, &s, UINT64_MAX));
    CHECK(!pp_prover_cost(&cost, &s, 1000));
}

// ---- batches and the beacon -------------------------------------------------------------------

PP_TEST(batches_hold_so_many_transactions_and_so_many_bytes) {
    static uint8_t raw[PP_REPLAY_RAW_MAX];
    pp_bytes txs[300];
    for (size_t i = 0; i < 300; i++) txs[i] = (pp_bytes){raw, sizeof raw};
    pp_replay_file file = {.transactions = txs, .transactions_len = 300};
    CHECK_EQ(pp_replay_batch_len(&file, 0, 7), 7);
    CHECK_EQ(pp_replay_batch_len(&file, 296, 7), 4);
    CHECK_EQ(pp_replay_batch_len(&file, 300, 7), 0);
    CHECK_EQ(pp_replay_batch_len(&file, 0, 1024), 128); // 16 MiB
    CHECK_EQ(pp_replay_batches(&file, 7), 43);
    CHECK_EQ(pp_replay_batches(&file, 1024), 3);
}

PP_TEST(a_beacon_that_is_used_up_stops_the_host_with_a_sentence) {
    line l;
    REQUIRE(line_open(&l, 4, 4, 1));
    pp_hash32 value;
    pp_beacon_at(&value, &l.r->beacon, 1); // its stride is made before it is cut short
    l.r->beacon.len = 2;
    REQUIRE(block(&l, 1000) && block(&l, 1000));
    CHECK(!block(&l, 1000));
    CHECK(l.err.exit_code == PP_EXIT_USAGE && strstr(l.err.text, "block 3"));
    l.err.exit_code = 0;
    line_close(&l);
}
