// SPDX-License-Identifier: MIT OR Apache-2.0
// The chain as bytes: what goes through them unchanged, and what is refused. That a chain goes on
// from them as it would have is test_random.c's and test_exit_random.c's.
#include <stdlib.h>

#include "chain/test_support.h"

static net n;

static void order(uint64_t nonce) {
    raw_tx tx;
    net_raw(&tx, LIVE, 21, nonce, 22, 1000);
    net_tx(&n, LIVE, &tx);
}

static bool load(pp_err *err, const uint8_t *image, size_t size) {
    pp_chain *chain;
    pp_bytes file = {(const uint8_t *)n.file, strlen(n.file)};
    bool ok = pp_chain_load(err, &chain, "image", file, &n.env, (pp_bytes){image, size});
    if (ok) pp_chain_free(chain);
    return ok;
}

static void refused(const uint8_t *image, size_t size, const char *why) {
    pp_err err = {0};
    CHECK(!load(&err, image, size));
    CHECK_EQ(err.exit_code, PP_EXIT_NO);
    if (!strstr(err.text, why)) pp_test_fail(__FILE__, __LINE__, "%s: not %s", err.text, why);
}

PP_TEST(the_state_of_genesis) {
    net_init(&n);
    net_open(&n);
    net_reload(&n);
    order(0);
    CHECK_STR(net_one(&n), "OK");
    net_reload(&n);
    net_close(&n);
}

// A lane that an incident has stopped stays stopped, for the same reason.
PP_TEST(a_lane_that_stands_still) {
    net_init(&n);
    net_open(&n);
    n.preflight_differs = true;
    for (uint64_t i = 0; i < n.genesis.rollups[LIVE].batch_transactions; i++) order(i);
    net_make(&n);
    pp_chain_lane before = net_lane_now(&n, LIVE);
    REQUIRE(before.incident != NULL);
    net_reload(&n);
    pp_chain_lane lane = net_lane_now(&n, LIVE);
    CHECK(lane.incident == before.incident && lane.open);
    order(before.open_transactions);
    CHECK_STR(net_one(&n), "C-STOPPED");
    net_close(&n);
}

// Every byte is refused when it is missing, and when there is one too many.
PP_TEST(not_one_byte_more_or_less) {
    net_init(&n);
    net_open(&n);
    order(0);
    net_make(&n);
    size_t size;
    uint8_t *image = pp_chain_save(&size, n.chain), *longer = malloc(size + 1);
    REQUIRE(longer != NULL);
    memcpy(longer, image, size);
    longer[size] = 0;
    for (size_t cut = 0; cut < size; cut += 1 + cut / 64)
        refused(image, cut, "no image of this network's state");
    refused(longer, size + 1, "no image of this network's state");
    longer[0] ^= 1;
    refused(longer, size, "no image");
    longer[0] ^= 1;
    longer[40] ^= 1; // the genesis' hash
    refused(longer, size, "no image");
    free(image);
    free(longer);
    net_close(&n);
}

// What the state hash covers cannot be changed; money that is not there neither.
PP_TEST(another_state_than_it_says) {
    net_init(&n);
    net_open(&n);
    order(0);
    net_transfer(&n, 1, 2, 1000);
    net_make(&n);
    size_t size, at = 0;
    uint8_t *image = pp_chain_save(&size, n.chain);
    pp_address who = test_address(2);
    while (at + 20 < size && memcmp(image + at, who.b, 20) != 0) at++;
    REQUIRE(at + 20 < size);
    image[at + 20] ^= 1;              // its free balance
    refused(image, size, "no image"); // the market's own sum
    image[at + 20] ^= 1;
    for (size_t i = 0; i < 8; i++) image[48 + 8 + i] ^= 0x55; // the block's time
    refused(image, size, "another hash than it says");
    for (size_t i = 0; i < 8; i++) image[48 + 8 + i] ^= 0x55;
    pp_err err = {0};
    CHECK(load(&err, image, size));
    // Without the states it speaks of.
    pp_store *empty;
    REQUIRE(pp_store_open(&err, &empty, "", PP_STORE_MEMORY));
    n.env.store = empty;
    refused(image, size, "a state that it names is not with it");
    pp_store_close(empty);
    free(image);
    net_close(&n);
}

// The running batch stands in the app hash by its chained hash alone: it is executed again.
PP_TEST(another_running_batch) {
    raw_tx tx;
    size_t size, at = 0;
    net_init(&n);
    net_open(&n);
    net_raw(&tx, LIVE, 21, 0, 22, 1000);
    net_tx(&n, LIVE, &tx);
    CHECK_STR(net_one(&n), "OK");
    uint8_t *image = pp_chain_save(&size, n.chain);
    while (at + tx.size < size && memcmp(image + at, tx.data, tx.size) != 0) at++;
    REQUIRE(at + tx.size < size);
    image[at + tx.size - 1] ^= 1; // its signature
    refused(image, size, "running batch leads to another state");
    free(image);
    net_close(&n);
}
