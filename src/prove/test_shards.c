// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs proven in several shards: complete proof files, put together rightly and wrongly.
#include <stdlib.h>

#include "prove/test_support.h"

typedef struct guest {
    uint8_t *file, input[8];
    pp_program program;
} guest;

// False when it is not there.
static bool guest_read(guest *g, const char *name, uint64_t n) {
    char path[256];
    size_t size;
    pp_err err;
    snprintf(path, sizeof path, "%s/guests/%s.elf", PP_BINARY_DIR, name);
    if (!pp_file_read(&err, &g->file, &size, path, 1 << 26)) return false;
    PP_ASSERT(pp_elf_load(&g->program, (pp_bytes){g->file, size}) == PP_ELF_OK);
    pp_store_le64(g->input, n);
    return true;
}

// A proof file taken apart: its head and its shards.
enum { PARTS_MAX = 32 };
typedef struct parts {
    uint8_t *bytes; // of all
    size_t size, head_size, len;
    pp_bytes shard[PARTS_MAX];
} parts;

static void prove(parts *p, pp_prove_report *report, const guest *g, uint32_t log_cells) {
    pp_err err = {0};
    pp_vm_result result;
    pp_prove_claim_input in = {
        .with = with_of(log_cells), .program = &g->program, .input = {g->input, sizeof g->input}};
    if (!pp_prove_claim(&err, &p->bytes, &p->size, &result, report, &in))
        fprintf(stderr, "%s\n", err.text);
    PP_ASSERT(err.exit_code == 0);
    p->head_size = pp_claim_head_size(p->bytes, p->size);
    p->len = 0;
    for (size_t at = p->head_size; at < p->size; p->len++) {
        PP_ASSERT(p->len < PARTS_MAX);
        size_t size = (size_t)pp_load_le64(p->bytes + at);
        p->shard[p->len] = (pp_bytes){p->bytes + at + 8, size};
        at += pp_proof_shard_size(size);
    }
}

// A complete file of these shards, with the head of `p` but for the number of shards.
static pp_claim_status put_together(const parts *p, const pp_bytes *shards, size_t len) {
    size_t size = p->head_size;
    for (size_t i = 0; i < len; i++) size += pp_proof_shard_size(shards[i].size);
    uint8_t *bytes = malloc(size), *at = bytes + p->head_size;
    PP_ASSERT(bytes != NULL);
    memcpy(bytes, p->bytes, p->head_size);
    pp_store_le32(bytes + PP_PROOF_HEAD_SIZE - 4, (uint32_t)len);
    for (size_t i = 0; i < len; i++) at = pp_proof_put_shard(at, shards[i].data, shards[i].size);
    pp_claim claim;
    pp_claim_status status = verify(&claim, bytes, size);
    free(bytes);
    return status;
}

PP_TEST(several_shards) {
    static const struct {
        const char *name;
        uint64_t n;
    } guests[] = {{"fib", 12000},
                  {"sha256_chain", 6},
                  {"quicksort", 400},
                  {"keccak256_chain", 3},
                  {"keccak256_accelerated", 16}};
    const size_t len = getenv("PP_SANITIZED") != NULL ? 1 : PP_COUNT(guests);
    for (size_t i = 0; i < len; i++) {
        guest g;
        if (!guest_read(&g, guests[i].name, guests[i].n)) {
            pp_test_skip("no guests: clang-19 and lld-19 build them");
            return;
        }
        pp_prove_report report;
        parts p;
        prove(&p, &report, &g, 20);
        CHECK(p.len >= 2);
        CHECK_EQ(p.len, report.shards);
        pp_vm_result run;
        pp_err err;
        REQUIRE(pp_vm_run(&err, &run, &g.program, (pp_bytes){g.input, 8}, NULL));
        CHECK_EQ(report.cycles, run.cycles);
        pp_claim claim;
        pp_claim_status s = verify(&claim, p.bytes, p.size);
        if (s != PP_CLAIM_PROVEN)
            pp_test_fail(__FILE__, __LINE__, "%s: %s", guests[i].name, pp_claim_status_text(s));
        CHECK_EQ(claim.output_size, run.output_size);
        CHECK_MEM(claim.output, run.output, run.output_size);
        // An entry that no program has: beyond the program's quarter (and 1 to the tables), odd.
        static const uint64_t entries[] = {(uint64_t)PP_FP_MODULUS + 1, PP_VM_QUARTER_SIZE, 0x1001};
        const uint64_t entry = pp_load_le64(p.bytes + 40);
        CHECK_EQ(entry, g.program.entry);
        for (size_t k = 0; k < PP_COUNT(entries); k++) {
            pp_store_le64(p.bytes + 40, entries[k]);
            CHECK_EQ(verify(&claim, p.bytes, p.size), PP_CLAIM_FORMAT);
        }
        pp_store_le64(p.bytes + 40, entry + 4);
        CHECK_EQ(verify(&claim, p.bytes, p.size), PP_CLAIM_ROOT);
        pp_store_le64(p.bytes + 40, entry);
        free(p.bytes);
        free(g.file);
    }
}

PP_TEST(shards_put_together_wrongly) {
    guest g, h;
    if (!guest_read(&g, "fib", 12000) || !guest_read(&h, "fib", 12001)) {
        pp_test_skip("no guests: clang-19 and lld-19 build them");
        return;
    }
    pp_prove_report report;
    parts p, other, larger;
    prove(&p, &report, &g, 20);
    prove(&other, &report, &h, 20);
    prove(&larger, &report, &g, 21); // the same run, cut elsewhere
    REQUIRE(p.len >= 3 && larger.len < p.len);
    const pp_bytes *s = p.shard;
    pp_bytes list[PARTS_MAX];
    const size_t n = p.len;

    memcpy(list, s, n * sizeof *list);
    CHECK_EQ(put_together(&p, list, n), PP_CLAIM_PROVEN);
    // Order.
    list[0] = s[1];
    list[1] = s[0];
    CHECK_EQ(put_together(&p, list, n), PP_CLAIM_ROOT);
    memcpy(list, s, n * sizeof *list);
    list[1] = s[2];
    list[2] = s[1];
    CHECK_EQ(put_together(&p, list, n), PP_CLAIM_LINK);
    // One left out: the first, one between, the last.
    CHECK_EQ(put_together(&p, s + 1, n - 1), PP_CLAIM_ROOT);
    list[0] = s[0];
    memcpy(list + 1, s + 2, (n - 2) * sizeof *list);
    CHECK_EQ(put_together(&p, list, n - 1), PP_CLAIM_LINK);
    CHECK_EQ(put_together(&p, s, n - 1), PP_CLAIM_ROOT);
    // One doubled: the first, the last.
    list[0] = s[0];
    memcpy(list + 1, s, n * sizeof *list);
    CHECK_EQ(put_together(&p, list, n + 1), PP_CLAIM_LINK);
    memcpy(list, s, n * sizeof *list);
    list[n] = s[n - 1];
    CHECK_EQ(put_together(&p, list, n + 1), PP_CLAIM_LINK);
    // From another run, and from the same run cut elsewhere.
    memcpy(list, s, n * sizeof *list);
    list[1] = other.shard[1];
    CHECK_EQ(put_together(&p, list, n), PP_CLAIM_LINK);
    list[1] = larger.shard[0];
    CHECK_EQ(put_together(&p, list, n), PP_CLAIM_LINK);
    list[0] = larger.shard[0];
    list[1] = s[1];
    CHECK_EQ(put_together(&p, list, n), PP_CLAIM_LINK);
    CHECK_EQ(put_together(&p, other.shard, other.len), PP_CLAIM_ROOT);
    // The head's number of shards is another; and none at all.
    pp_claim claim;
    uint8_t *count = p.bytes + PP_PROOF_HEAD_SIZE - 4;
    for (uint32_t more = (uint32_t)n - 1; more <= n + 1; more += 2) {
        pp_store_le32(count, more);
        CHECK_EQ(verify(&claim, p.bytes, p.size), PP_CLAIM_FORMAT);
    }
    pp_store_le32(count, 0);
    CHECK_EQ(verify(&claim, p.bytes, p.size), PP_CLAIM_FORMAT);
    pp_store_le32(count, 65);
    CHECK_EQ(verify(&claim, p.bytes, p.size), PP_CLAIM_COUNT);
    pp_store_le32(count, (uint32_t)n);
    CHECK_EQ(verify(&claim, p.bytes, p.size), PP_CLAIM_PROVEN);
    CHECK_EQ(verify(&claim, p.bytes, p.size - 8), PP_CLAIM_FORMAT);
    // A verifier that was fed a wrong shard stays at its no.
    world *w = the_world();
    pp_claim_verifier c;
    CHECK_EQ(pp_claim_begin(&c, &w->policy, p.bytes, p.head_size, w->work, w->work_size),
             PP_CLAIM_PROVEN);
    CHECK_EQ(pp_claim_end(&claim, &c), PP_CLAIM_COUNT);
    CHECK_EQ(pp_claim_shard(&c, s[0].data, s[0].size), PP_CLAIM_PROVEN);
    CHECK_EQ(pp_claim_shard(&c, s[0].data, s[0].size), PP_CLAIM_LINK);
    for (size_t i = 1; i < n; i++)
        CHECK_EQ(pp_claim_shard(&c, s[i].data, s[i].size), PP_CLAIM_LINK);
    CHECK_EQ(pp_claim_end(&claim, &c), PP_CLAIM_LINK);
    free(p.bytes);
    free(other.bytes);
    free(larger.bytes);
    free(g.file);
    free(h.file);
}

// Each shard is right, but they are of two sets, both accepted.
PP_TEST(shards_of_two_sets) {
    guest g;
    if (!guest_read(&g, "fib", 12000)) {
        pp_test_skip("no guests: clang-19 and lld-19 build them");
        return;
    }
    world *w = the_world();
    pp_prove_report report;
    parts p, secure;
    prove(&p, &report, &g, 20);
    w->set = &pp_pcs_fast;
    prove(&secure, &report, &g, 20);
    const pp_pcs_params *const sets[] = {&pp_pcs_test, &pp_pcs_fast};
    pp_verify_policy policy = w->policy;
    w->set = sets[0];
    policy.sets = sets;
    policy.sets_len = 2;
    REQUIRE(p.len >= 2 && secure.len >= 2);
    const size_t work_size = pp_verify_work_size(&policy);
    void *work = malloc(work_size);
    PP_ASSERT(work != NULL);
    const pp_bytes *second[] = {&p.shard[1], &secure.shard[1]};
    for (size_t i = 0; i < 2; i++) {
        pp_claim_verifier c;
        CHECK_EQ(pp_claim_begin(&c, &policy, p.bytes, p.head_size, work, work_size),
                 PP_CLAIM_PROVEN);
        CHECK_EQ(pp_claim_shard(&c, p.shard[0].data, p.shard[0].size), PP_CLAIM_PROVEN);
        CHECK_EQ(pp_claim_shard(&c, second[i]->data, second[i]->size),
                 i == 0 ? PP_CLAIM_PROVEN : PP_CLAIM_MIXED);
    }
    free(work);
    free(p.bytes);
    free(secure.bytes);
    free(g.file);
}

// Shards that are proven rightly but are not what a run is made of.
PP_TEST(roots_that_do_not_meet) {
    guest g;
    if (!guest_read(&g, "fib", 12000)) {
        pp_test_skip("no guests: clang-19 and lld-19 build them");
        return;
    }
    pp_prove_report report;
    pp_prove_with with = with_of(20);
    pp_shard_limits limits;
    pp_err err = {0};
    parts p;
    prove(&p, &report, &g, 20);
    pp_prove_limits(&limits, &with);
    pp_vm_plan *plan =
        pp_vm_plan_new(&err, &g.program, (pp_bytes){g.input, sizeof g.input}, NULL, &limits);
    REQUIRE(plan != NULL);
    pp_vm_shard shard;
    pp_bytes list[PARTS_MAX];
    memcpy(list, p.shard, p.len * sizeof *list);
    REQUIRE(pp_vm_plan_next(&err, plan, &shard));
    pp_vm_shard_free(&shard);
    REQUIRE(pp_vm_plan_next(&err, plan, &shard));
    pp_vm_plan_free(plan);

    // The second shard, honestly proven from memory in which one register is another.
    size_t machine = 0;
    while (shard.pages[machine].perm != PP_PERM_MACH) machine++;
    shard.pages[machine].bytes[8 * 5] ^= 1;
    uint8_t *bytes;
    size_t size;
    CHECK(!pp_prove_shard_of(&err, &bytes, &size, NULL, &shard, &with));
    CHECK_EQ(err.exit_code, PP_EXIT_NO);
    pp_trace trace;
    REQUIRE(pp_vm_trace(&err, &trace, &shard));
    pp_rv64_witness *w = pp_rv64_witness_new(&trace, &shard);
    pp_fp publics[PP_RV64_PUBLICS];
    pp_rv64_publics(w, publics);
    memcpy(shard.root[0].e, publics, sizeof shard.root[0].e);
    memcpy(shard.root[1].e, publics + PP_DIGEST_LEN, sizeof shard.root[1].e);
    pp_rv64_witness_free(w);
    pp_trace_free(&trace);
    REQUIRE(pp_prove_shard_of(&err, &bytes, &size, NULL, &shard, &with));
    list[1] = (pp_bytes){bytes, size};
    CHECK_EQ(put_together(&p, list, p.len), PP_CLAIM_LINK);
    free(bytes);
    shard.pages[machine].bytes[8 * 5] ^= 1;

    // A shard that does nothing would fit everywhere.
    shard.cycles = 0;
    REQUIRE(pp_vm_trace(&err, &trace, &shard));
    w = pp_rv64_witness_new(&trace, &shard);
    pp_rv64_publics(w, publics);
    memcpy(shard.root[0].e, publics, sizeof shard.root[0].e);
    memcpy(shard.root[1].e, publics + PP_DIGEST_LEN, sizeof shard.root[1].e);
    CHECK(pp_digest_eq(&shard.root[0], &shard.root[1]));
    pp_rv64_witness_free(w);
    pp_trace_free(&trace);
    REQUIRE(pp_prove_shard_of(&err, &bytes, &size, NULL, &shard, &with));
    list[1] = (pp_bytes){bytes, size};
    memcpy(list + 2, p.shard + 1, (p.len - 1) * sizeof *list);
    CHECK_EQ(put_together(&p, list, p.len + 1), PP_CLAIM_IDLE);
    free(bytes);
    pp_vm_shard_free(&shard);
    free(p.bytes);
    free(g.file);
}

// Wherever a run is cut, each shard runs again from what it holds: also where the last jump leads
// to a page that only the next shard opens.
PP_TEST(cut_anywhere) {
    static const struct {
        const char *name;
        uint64_t n;
    } guests[] = {{"ecdsa_verify", 0}, {"keccak256_chain", 3}};
    size_t shards = 0, away = 0;
    for (size_t i = 0; i < PP_COUNT(guests); i++) {
        guest g;
        if (!guest_read(&g, guests[i].name, guests[i].n)) {
            pp_test_skip("no guests: clang-19 and lld-19 build them");
            return;
        }
        pp_shard_limits limits;
        pp_prove_with with = with_of(20);
        pp_prove_limits(&limits, &with);
        const uint64_t step = getenv("PP_SANITIZED") != NULL ? 40000 : 250;
        for (limits.cells = 440000; limits.cells < 520000; limits.cells += step) {
            pp_err err = {0};
            pp_vm_shard shard;
            pp_vm_plan *plan = pp_vm_plan_new(&err, &g.program, (pp_bytes){g.input, sizeof g.input},
                                              NULL, &limits);
            REQUIRE(plan != NULL);
            for (; pp_vm_plan_next(&err, plan, &shard); shards++) {
                pp_trace trace;
                REQUIRE(pp_vm_trace(&err, &trace, &shard));
                bool opened = false;
                for (size_t k = 0; k < shard.pages_len; k++)
                    opened = opened || shard.pages[k].index == trace.end_pc >> PP_VM_LOG_PAGE;
                away += !opened && !shard.last;
                pp_trace_free(&trace);
                pp_vm_shard_free(&shard);
            }
            CHECK_EQ(err.exit_code, 0);
            pp_vm_plan_free(plan);
        }
        free(g.file);
    }
    CHECK(shards > 100 || getenv("PP_SANITIZED") != NULL);
    CHECK(away > 0 || getenv("PP_SANITIZED") != NULL);
    if (getenv("PP_SHOW") != NULL) fprintf(stderr, "%zu shards, %zu end elsewhere\n", shards, away);
}

// An input whose length word is more than any input's: nobody's file, but a forger's memory. The
// guest library ends the run, so that it proves nothing.
PP_TEST(length_of_no_input) {
    static const char *const names[] = {"fib", "gcc/fib"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        guest g;
        if (!guest_read(&g, names[i], 12)) {
            pp_test_skip("no guests: clang-19 and lld-19 build them");
            continue;
        }
        pp_shard_limits limits;
        pp_prove_with with = with_of(20);
        pp_err err = {0};
        pp_vm_shard shard;
        pp_trace trace;
        pp_prove_limits(&limits, &with);
        pp_vm_plan *plan =
            pp_vm_plan_new(&err, &g.program, (pp_bytes){g.input, sizeof g.input}, NULL, &limits);
        REQUIRE(plan != NULL && pp_vm_plan_next(&err, plan, &shard) && shard.last);
        pp_vm_plan_free(plan);
        size_t input = 0;
        while (shard.pages[input].index != PP_VM_INPUT_START >> PP_VM_LOG_PAGE) input++;
        static const uint64_t lengths[] = {PP_VM_INPUT_MAX + 1, (uint64_t)1 << 63, UINT64_MAX};
        for (size_t k = 0; k < PP_COUNT(lengths); k++) {
            pp_store_le64(shard.pages[input].bytes, lengths[k]);
            CHECK(!pp_vm_trace(&err, &trace, &shard));
            CHECK(err.exit_code == PP_EXIT_NO && strstr(err.text, "exit code 103") != NULL);
        }
        pp_vm_shard_free(&shard);
        free(g.file);
    }
}

// Shards as bytes: there and back, and nothing else.
PP_TEST(shard_files) {
    guest g;
    if (!guest_read(&g, "quicksort", 400)) {
        pp_test_skip("no guests: clang-19 and lld-19 build them");
        return;
    }
    pp_prove_with with = with_of(20);
    pp_shard_limits limits;
    pp_err err = {0};
    pp_prove_limits(&limits, &with);
    pp_vm_plan *plan =
        pp_vm_plan_new(&err, &g.program, (pp_bytes){g.input, sizeof g.input}, NULL, &limits);
    REQUIRE(plan != NULL);
    pp_vm_shard shard, back;
    while (pp_vm_plan_next(&err, plan, &shard)) {
        size_t size = pp_vm_shard_size(&shard);
        uint8_t *bytes = malloc(size + 1), *again = malloc(size);
        REQUIRE(bytes != NULL && again != NULL);
        pp_vm_shard_encode(bytes, &shard);
        bytes[size] = 0;
        REQUIRE(pp_vm_shard_decode(&back, bytes, size));
        CHECK_EQ(pp_vm_shard_size(&back), size);
        pp_vm_shard_encode(again, &back);
        CHECK_MEM(again, bytes, size);
        pp_vm_shard_free(&back);
        CHECK(!pp_vm_shard_decode(&back, bytes, size + 1));
        CHECK(!pp_vm_shard_decode(&back, bytes, size - 1));
        // Whatever changes: refused, or not proven, or the same run with other names.
        pp_rng rng = {pp_test_seed()};
        for (unsigned i = 0; i < 20; i++) {
            size_t at = (size_t)pp_rng_below(&rng, i % 2 != 0 ? size : 160);
            bytes[at] ^= (uint8_t)(1 << (i & 7));
            pp_trace trace;
            if (pp_vm_shard_decode(&back, bytes, size)) {
                if (pp_vm_trace(&err, &trace, &back)) pp_trace_free(&trace);
                pp_vm_shard_free(&back);
            }
            bytes[at] = again[at];
        }
        free(bytes);
        free(again);
        pp_vm_shard_free(&shard);
    }
    CHECK_EQ(err.exit_code, 0);
    // A shard too small for anything, and a run that does not end well.
    pp_vm_plan_free(plan);
    limits.cells = 300000;
    plan = pp_vm_plan_new(&err, &g.program, (pp_bytes){g.input, sizeof g.input}, NULL, &limits);
    REQUIRE(plan != NULL);
    CHECK(!pp_vm_plan_next(&err, plan, &shard) && err.exit_code == PP_EXIT_NO);
    pp_vm_plan_free(plan);
    free(g.file);
}

static unsigned count_shards(const guest *g, const pp_shard_limits *limits) {
    pp_err err = {0};
    pp_vm_plan *plan =
        pp_vm_plan_new(&err, &g->program, (pp_bytes){g->input, sizeof g->input}, NULL, limits);
    pp_vm_shard shard;
    unsigned count = 0;
    PP_ASSERT(plan != NULL);
    for (; pp_vm_plan_next(&err, plan, &shard); count++) pp_vm_shard_free(&shard);
    CHECK_EQ(err.exit_code, 0);
    pp_vm_plan_free(plan);
    return count;
}

// Interactions end a shard as cells do.
PP_TEST(interactions_are_bounded) {
    guest g;
    if (!guest_read(&g, "secp256k1_double_accelerated", 12000)) {
        pp_test_skip("no guests: clang-19 and lld-19 build them");
        return;
    }
    pp_prove_with with = with_of(23);
    pp_shard_limits limits;
    pp_prove_limits(&limits, &with);
    CHECK_EQ(count_shards(&g, &limits), 1); // 5.3 M cells, 4.9 M interactions, of 6.7
    limits.interactions = 1600000;
    CHECK_EQ(count_shards(&g, &limits), 4); // three of 1.6 M and a little, and the rest
    free(g.file);
}

// A stream over a plan, with a failure where it is wanted.
typedef struct failing {
    pp_vm_plan *plan;
    uint64_t next, done; // the shards whose making, or whose proof, fails
} failing;

static bool next_or_fail(void *ctx, pp_err *err, pp_vm_shard *shard) {
    const failing *f = ctx;
    if (!pp_vm_plan_next(err, f->plan, shard)) return false;
    if (shard->number != f->next) return true;
    pp_vm_shard_free(shard);
    return pp_err_set(err, PP_EXIT_NO, "next");
}

static bool done_or_fail(void *ctx, pp_err *err, const pp_vm_shard *shard, const uint8_t *bytes,
                         size_t size) {
    const failing *f = ctx;
    CHECK(bytes != NULL && size > 0);
    return shard->number != f->done || pp_err_set(err, PP_EXIT_USAGE, "done");
}

PP_TEST(streams_that_fail) {
    guest g;
    if (!guest_read(&g, "fib", 8000)) {
        pp_test_skip("no guests: clang-19 and lld-19 build them");
        return;
    }
    static const struct {
        uint64_t next, done;
        size_t shards, threads;
        const char *text;
    } cases[] = {
        {9, 9, 2, 2, ""}, {1, 9, 1, 2, "next"}, {9, 0, 1, 2, "done"}, {0, 9, 0, 1, "next"}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        pp_err err = {0};
        pp_threads *pool = pp_threads_new(&err, cases[i].threads);
        REQUIRE(pool != NULL);
        pp_prove_with with = with_of(20);
        pp_shard_limits limits;
        with.pool = pool;
        pp_prove_limits(&limits, &with);
        failing f = {.next = cases[i].next, .done = cases[i].done};
        f.plan = pp_vm_plan_new(&err, &g.program, (pp_bytes){g.input, 8}, NULL, &limits);
        REQUIRE(f.plan != NULL);
        const pp_prove_stream stream = {&f, next_or_fail, done_or_fail};
        pp_prove_report report;
        bool ok = pp_prove_stream_run(&err, &report, &stream, &with);
        CHECK(ok == (cases[i].text[0] == 0));
        CHECK_STR(err.text, cases[i].text);
        CHECK_EQ(report.shards, cases[i].shards);
        pp_vm_plan_free(f.plan);
        pp_threads_free(pool);
    }
    free(g.file);
}
