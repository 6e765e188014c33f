// SPDX-License-Identifier: MIT OR Apache-2.0
// What a run costs to prove, as counted: every row is there, and cycles are no measure of it.
#include <stdio.h>
#include <stdlib.h>

#include "base/test.h"
#include "prove/cost.h"
#include "rv64/owned.h"

static pp_machine_owned owned;

// A chain of n hashes by a guest of the build. False where there are no guests.
static bool count(pp_prove_cost *cost, const char *guest, uint64_t n) {
    char path[1024];
    pp_err err;
    uint8_t *file, input[8];
    size_t size;
    pp_program program;
    snprintf(path, sizeof path, "%s/guests/%s.elf", PP_BINARY_DIR, guest);
    if (!pp_file_read(&err, &file, &size, path, 1 << 24)) return false;
    pp_elf_code code = pp_elf_load(&program, (pp_bytes){file, size});
    PP_ASSERT(code == PP_ELF_OK && (owned.machine != NULL || pp_machine_own(&err, &owned)));
    pp_store_le64(input, n);
    bool ok = pp_prove_cost_count(&err, cost, owned.machine, &program, (pp_bytes){input, 8}, NULL);
    free(file);
    CHECK(ok);
    return ok;
}

static void adds_up(const pp_prove_cost *c) {
    uint64_t cells = 0, interactions = 0, fixed_cells = 0, fixed_interactions = 0;
    for (uint32_t t = 0; t < owned.machine->tables_len; t++) {
        const pp_air_table *a = &owned.machine->tables[t];
        uint64_t rows = a->log_fixed != 0 ? (uint64_t)1 << a->log_fixed : c->rows[t];
        if (c->rows[t] == 0) continue;
        *(a->log_fixed != 0 ? &fixed_cells : &cells) += rows * a->columns_len;
        *(a->log_fixed != 0 ? &fixed_interactions : &interactions) += rows * a->interactions_len;
    }
    CHECK_EQ(c->cells, cells);
    CHECK_EQ(c->interactions, interactions);
    CHECK_EQ(c->fixed_cells, fixed_cells);
    CHECK_EQ(c->fixed_interactions, fixed_interactions);
    uint64_t all = cells + interactions + c->shards * (fixed_cells + fixed_interactions);
    CHECK_EQ(pp_prove_cost_all(c), all);
    CHECK_EQ(pp_prove_cost_work(c), (all + PP_COST_UNIT - 1) / PP_COST_UNIT);
}

PP_TEST(cycles_are_no_measure) {
    pp_prove_cost plain, again, fast;
    if (!count(&plain, "keccak256_chain", 20) || !count(&again, "keccak256_chain", 20) ||
        !count(&fast, "keccak256_accelerated", 20)) {
        pp_test_skip("no guests here");
        return;
    }
    CHECK_MEM(plain.rows, again.rows, sizeof plain.rows);
    adds_up(&plain);
    adds_up(&fast);
    CHECK_EQ(plain.shards, 1);
    uint64_t slow_work = pp_prove_cost_work(&plain), fast_work = pp_prove_cost_work(&fast);
    // Plain code: a unit a cycle, give or take; with the machine's call: many units a cycle.
    CHECK(slow_work > plain.result.cycles / 2 && slow_work < 3 * plain.result.cycles);
    CHECK(fast_work > 3 * fast.result.cycles);
    CHECK(fast.result.cycles * 10 < plain.result.cycles && fast_work < slow_work);
}

PP_TEST(a_run_that_fails_has_no_cost) {
    pp_prove_cost cost;
    if (!count(&cost, "keccak256_chain", 1)) {
        pp_test_skip("no guests here");
        return;
    }
    char path[1024];
    pp_err err = {0};
    uint8_t *file;
    size_t size;
    pp_program program;
    snprintf(path, sizeof path, "%s/guests/keccak256_chain.elf", PP_BINARY_DIR);
    REQUIRE(pp_file_read(&err, &file, &size, path, 1 << 24));
    CHECK_EQ(pp_elf_load(&program, (pp_bytes){file, size}), PP_ELF_OK);
    const pp_vm_options little = {.max_cycles = 100};
    CHECK(!pp_prove_cost_count(&err, &cost, owned.machine, &program, (pp_bytes){NULL, 0}, &little));
    CHECK_EQ(err.exit_code, PP_EXIT_NO);
    CHECK_EQ(cost.result.status, PP_VM_CYCLE_LIMIT);
    free(file);
    pp_machine_disown(&owned);
}
