// SPDX-License-Identifier: MIT OR Apache-2.0
// Whole proofs of the example machines, by the real prover and the real verifier.
#include <pthread.h>
#include <stdlib.h>

#include "air/check.h"
#include "base/test.h"
#include "cpu/cpu.h"
#include "hash/keccak.h"
#include "hash/poseidon2.h"
#include "prove/examples/examples.h"
#include "verify/soundness.h"
#include "verify/verify.h"

static pp_verify_status verify(const pp_example *e, const pp_pcs_params *set, const uint8_t *bytes,
                               size_t size) {
    const pp_hash32 context = {{1, 2, 3}};
    pp_verify_policy policy = {.machines = &e->machine,
                               .vm_ids = &e->vm_id,
                               .machines_len = 1,
                               .sets = &set,
                               .sets_len = 1,
                               .log_cells_max = 28};
    size_t work_size = pp_verify_work_size(&policy);
    void *work = malloc(work_size);
    PP_ASSERT(work);
    pp_verifier v;
    pp_verify_status s = pp_verify_begin(&v, &policy, &context, work, work_size);
    if (s == PP_VERIFY_OK) s = pp_verify_shard(&v, bytes, size);
    if (s == PP_VERIFY_OK) {
        CHECK_MEM(v.publics, e->publics, e->machine->publics_len * sizeof(pp_fp));
        CHECK_MEM(v.rows, e->rows, e->machine->tables_len * sizeof *e->rows);
    }
    free(work);
    return s;
}

static void round_trip(pp_example *e, const pp_pcs_params *set) {
    pp_air_finding f;
    if (!pp_air_check(&f, e->machine, &e->layout, e->stack, e->publics))
        pp_test_fail(__FILE__, __LINE__, "%s: %s", e->name, f.text);
    uint8_t *bytes;
    size_t size;
    pp_prove_times times;
    pp_example_prove(e, set, NULL, &bytes, &size, &times);
    pp_verify_status s = verify(e, set, bytes, size);
    if (s != PP_VERIFY_OK)
        pp_test_fail(__FILE__, __LINE__, "%s: %s", e->name, pp_verify_status_text(s));
    printf("  %s: 2^%u cells, %zu bytes\n", e->name, e->layout.log_cells, size);
    free(bytes);
    pp_example_free(e);
}

PP_TEST(fibonacci) {
    for (uint32_t steps = 1; steps < 1000; steps = steps * 3 + 1) {
        pp_example e;
        pp_example_fibonacci(&e, &pp_pcs_test, steps);
        round_trip(&e, &pp_pcs_test);
    }
}

PP_TEST(many_tables) {
    pp_example e;
    pp_example_many(&e, &pp_pcs_test, 9);
    round_trip(&e, &pp_pcs_test);
}

PP_TEST(poseidon2) {
    pp_example e;
    pp_example_poseidon2(&e, &pp_pcs_test, 70);
    pp_fp s[PP_POSEIDON2_WIDTH];
    for (uint32_t i = 0; i < PP_POSEIDON2_WIDTH; i++) s[i] = pp_fp_from_u32(i);
    for (int i = 0; i < 70; i++) pp_poseidon2_permute(s);
    CHECK_MEM(s, e.publics + 1 + PP_POSEIDON2_WIDTH, sizeof s);
    round_trip(&e, &pp_pcs_test);
}

PP_TEST(keccak) {
    pp_example e;
    pp_example_keccak(&e, &pp_pcs_test, 2);
    uint64_t s[25] = {0};
    for (int i = 0; i < 2; i++) pp_keccak_f1600(s);
    for (uint32_t i = 0; i < 100; i++)
        CHECK_EQ(pp_fp_to_u32(e.publics[1 + i]), s[i / 4] >> 16 * (i % 4) & 0xffff);
    round_trip(&e, &pp_pcs_test);
}

// ---- what a verifier may use --------------------------------------------------------------------

enum { STACK_SIZE = 1 << 20, STACK_PATTERN = 0xa5 };

typedef struct on_stack {
    const pp_example *e;
    const uint8_t *bytes;
    size_t size;
    void *work;
    size_t work_size;
    pp_verify_status status;
} on_stack;

static void *verify_on_stack(void *arg) {
    on_stack *s = arg;
    const pp_pcs_params *set = &pp_pcs_test;
    const pp_hash32 context = {{1, 2, 3}};
    pp_verify_policy policy = {&s->e->machine, &s->e->vm_id, 1, &set, 1, 28, 1};
    pp_verifier v;
    s->status = pp_verify_begin(&v, &policy, &context, s->work, s->work_size);
    if (s->status == PP_VERIFY_OK) s->status = pp_verify_shard(&v, s->bytes, s->size);
    return NULL;
}

PP_TEST(verifier_within_its_limits) {
    pp_example e;
    pp_example_keccak(&e, &pp_pcs_test, 1);
    uint8_t *bytes;
    size_t size;
    pp_example_prove(&e, &pp_pcs_test, NULL, &bytes, &size, NULL);
    const pp_pcs_params *sets[] = {&pp_pcs_test, &pp_pcs_fast, &pp_pcs_small};
    pp_verify_policy policy = {&e.machine, &e.vm_id, 1, sets, 3, 28, 1};
    size_t work_size = pp_verify_work_size(&policy);
    CHECK(work_size <= (size_t)1 << 20);

    on_stack s = {&e, bytes, size, malloc(work_size), work_size, PP_VERIFY_HEADER};
    uint8_t *stack = aligned_alloc(4096, STACK_SIZE);
    PP_ASSERT(s.work && stack);
    memset(stack, STACK_PATTERN, STACK_SIZE);
    pthread_attr_t attr;
    pthread_t thread;
    PP_ASSERT(pthread_attr_init(&attr) == 0);
    PP_ASSERT(pthread_attr_setstack(&attr, stack, STACK_SIZE) == 0);
    PP_ASSERT(pthread_create(&thread, &attr, verify_on_stack, &s) == 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
    CHECK_EQ(s.status, PP_VERIFY_OK);
    size_t untouched = 0;
    while (untouched < STACK_SIZE && stack[untouched] == STACK_PATTERN) untouched++;
    printf("  keccak: %zu KiB of workspace, %zu bytes of stack (a thread's own included)\n",
           work_size >> 10, STACK_SIZE - untouched);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(STACK_SIZE - untouched <= 32 << 10);
#endif
    free(stack);
    free(s.work);
    free(bytes);
    pp_example_free(&e);
}

// ---- the same everywhere, and enough bits -------------------------------------------------------

typedef void maker(pp_example *e, const pp_pcs_params *set, uint32_t size);

PP_TEST(same_bytes_from_every_instruction_set_and_thread_count) {
    maker *const makers[] = {pp_example_fibonacci, pp_example_many, pp_example_poseidon2,
                             pp_example_keccak};
    static const uint32_t sizes[] = {300, 9, 20, 1};
    pp_err err;
    for (size_t i = 0; i < PP_COUNT(makers); i++) {
        pp_example e;
        makers[i](&e, &pp_pcs_test, sizes[i]);
        uint8_t *first = NULL, *bytes;
        size_t first_size = 0, size;
        for (int level = 0; level <= (int)pp_cpu_detected(); level++)
            for (size_t threads = 1; threads <= 3; threads += 2) {
                pp_cpu_mask((pp_cpu)level);
                pp_threads *pool = pp_threads_new(&err, threads);
                PP_ASSERT(pool);
                pp_example_prove(&e, &pp_pcs_test, pool, &bytes, &size, NULL);
                pp_threads_free(pool);
                if (!first) {
                    first = bytes;
                    first_size = size;
                    continue;
                }
                CHECK_EQ(size, first_size);
                CHECK_MEM(bytes, first, size < first_size ? size : first_size);
                free(bytes);
            }
        pp_cpu_mask((pp_cpu)(PP_CPU_LEN - 1));
        free(first);
        pp_example_free(&e);
    }
    if (pp_cpu_detected() < PP_CPU_AVX512) printf("  AVX-512 kernels not run: this CPU has none\n");
}

// What a machine's largest shard has is no less than what any of its shards has.
PP_TEST(a_shard_is_within_its_machines_sizes) {
    maker *const makers[] = {pp_example_fibonacci, pp_example_many, pp_example_poseidon2,
                             pp_example_keccak};
    static const uint32_t sizes[] = {300, 9, 20, 1};
    for (size_t i = 0; i < PP_COUNT(makers); i++) {
        pp_example e;
        pp_shard_plan plan;
        makers[i](&e, &pp_pcs_test, sizes[i]);
        unsigned log = e.layout.log_cells;
        PP_ASSERT(pp_shard_plan_make(&plan, e.machine, e.rows, pp_pcs_test.rounds[0].fold, log,
                                     log) == PP_LAYOUT_OK);
        pp_shard_sizes is = pp_shard_sizes_of(&plan), most = pp_shard_sizes_most(e.machine, log);
        CHECK(is.bus_degree > 0 && is.bus_degree <= most.bus_degree);
        CHECK(is.constraints <= most.constraints && is.columns <= most.columns);
        CHECK(is.row_vars <= most.row_vars && is.leaf_vars <= most.leaf_vars);
        CHECK(most.bus_degree <= 100 * is.bus_degree); // nor is it far from it
        pp_example_free(&e);
    }
}

PP_TEST(secure_sets_have_128_bits_with_the_largest_machines) {
    pp_shard_sizes limits = pp_shard_sizes_limits();
    for (size_t i = 0; pp_pcs_sets[i]; i++) {
        const pp_pcs_params *set = pp_pcs_sets[i];
        pp_soundness s;
        for (unsigned log = set->log_cells_min; log <= set->log_cells_max; log++) {
            pp_soundness_shard(&s, set, log, &limits);
            CHECK(!set->secure || s.round_by_round >= 128);
        }
        // One bit of grinding or a bus twice as wide count as they should.
        double before = 0, after = 0;
        pp_soundness_shard(&s, set, set->log_cells_max, &limits);
        for (size_t k = 0; k < s.lines_len; k++)
            if (strstr(s.lines[k].round, "alpha")) before = s.lines[k].bits;
        pp_shard_sizes twice = limits;
        twice.bus_degree *= 2;
        pp_soundness_shard(&s, set, set->log_cells_max, &twice);
        for (size_t k = 0; k < s.lines_len; k++)
            if (strstr(s.lines[k].round, "alpha")) after = s.lines[k].bits;
        CHECK(before - after > 0.999 && before - after < 1.001);
        printf("  %s: %.1f bits for alpha and beta at the limit\n", set->name, before);
    }
}
