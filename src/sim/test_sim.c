// SPDX-License-Identifier: MIT OR Apache-2.0
// The simulator: the same numbers for the same seed, no broken invariant under any adversary, and
// what docs/market.md says of the rules, at a smaller size.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"
#include "sim/sim.h"

static pp_sim_result run(pp_sim_rules rules, pp_sim_adversary adversary, uint64_t seed) {
    pp_sim_config c = {seed, 200, 150, adversary, 50};
    pp_sim_result r;
    pp_err err;
    if (!pp_sim_run(&err, &r, &c, rules)) pp_test_fail(__FILE__, __LINE__, "%s", err.text);
    return r;
}

PP_TEST(the_same_seed_gives_the_same_numbers) {
    pp_sim_result a = run(PP_SIM_OURS_2, PP_SIM_ABANDON, 5),
                  b = run(PP_SIM_OURS_2, PP_SIM_ABANDON, 5);
    CHECK_MEM(&a, &b, sizeof a);
    b = run(PP_SIM_OURS_2, PP_SIM_ABANDON, 6);
    CHECK(a.price_sum != b.price_sum);
}

PP_TEST(no_adversary_breaks_an_invariant) {
    for (int a = 0; a < PP_SIM_ADVERSARIES_LEN; a++)
        for (int rules = 0; rules < PP_SIM_RULES_LEN; rules++) {
            pp_sim_result r = run((pp_sim_rules)rules, (pp_sim_adversary)a, 1);
            CHECK(r.broken == NULL);
            CHECK(r.served <= r.requests);
            uint64_t share = 0;
            for (int i = 0; i < PP_SIM_SIZES; i++) share += r.work_share[i];
            CHECK(r.served == 0 || (share >= 9990 && share <= 10000));
        }
}

PP_TEST(abandoned_requests_are_served_all_the_same) {
    pp_sim_result first = run(PP_SIM_FIRST_PRICE, PP_SIM_ABANDON, 2);
    pp_sim_result ours = run(PP_SIM_OURS_3, PP_SIM_ABANDON, 2);
    CHECK(first.served * 10 < first.requests);
    CHECK(ours.served * 100 >= ours.requests * 99);
    CHECK(ours.stake_lost > 0);
}

static const char *const file = PP_BINARY_DIR "/test_sim_orders.csv";

static void write_file(const char *text) {
    FILE *f = fopen(file, "w");
    PP_ASSERT(f != NULL);
    fputs(text, f);
    fclose(f);
}

PP_TEST(orders_are_replayed) {
    write_file("request_id,lock_collateral_zkc,lock_price_eth\n"
               "0x1,15.0,0.0000062906\n0x2,15.0,0.0\n0x3,100.0,0.00150000001\n");
    pp_sim_replay r;
    pp_err err;
    CHECK(pp_sim_replay_file(&err, &r, file, 1, 32900));
    CHECK_EQ(r.orders, 3);
    CHECK_EQ(r.served, 3);
    CHECK_EQ(r.free_orders, 1);
    CHECK(r.conserved && r.broken == NULL);
    write_file("request_id,lock_collateral_zkc,lock_price_eth\n0x1,15.0,a lot\n");
    CHECK(!pp_sim_replay_file(&err, &r, file, 1, 32900));
    CHECK(strstr(err.text, "line 2") != NULL);
    write_file("request_id\n");
    CHECK(!pp_sim_replay_file(&err, &r, file, 1, 32900));
    CHECK(strstr(err.text, "line 1") != NULL);
    CHECK(!pp_sim_replay_file(&err, &r, "/nowhere.csv", 1, 32900));
    unlink(file);
}

PP_TEST(the_real_orders) {
    const char *real = PP_SOURCE_DIR "/../shared/data/boundless-orders.csv.xz";
    struct stat s;
    if (stat(real, &s) != 0) {
        printf("SKIPPED: %s is not here: real orders are NOT replayed\n", real);
        return;
    }
    pp_sim_replay r;
    pp_err err;
    CHECK(pp_sim_replay_file(&err, &r, real, 1, 32900));
    CHECK_EQ(r.orders, 6496);
    CHECK_EQ(r.served, 6496);
    CHECK(r.conserved && r.broken == NULL);
}
