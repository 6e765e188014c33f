// SPDX-License-Identifier: MIT OR Apache-2.0
// Questions that need the chain itself, and the blocks that are made meanwhile.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/test.h"
#include "node/init.h"
#include "node/node.h"

enum { STEPS = 40, STEP_MS = 5, INTERVAL_MS = 20, ASKERS = 2 };

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

// A long answer: the chain's height at each step.
static bool slow(pp_node_question *q, const pp_chain *chain) {
    pp_chain_info info;
    pp_chain_info_get(&info, chain);
    pause_ms(STEP_MS);
    q->text = realloc(q->text, (q->size + 1) * sizeof(uint64_t));
    PP_ASSERT(q->text != NULL);
    memcpy(q->text + q->size++ * sizeof(uint64_t), &info.height, sizeof(uint64_t));
    return q->size == STEPS;
}

static uint64_t at(const pp_node_question *q, size_t step) {
    uint64_t height;
    memcpy(&height, q->text + step * sizeof height, sizeof height);
    return height;
}

PP_TEST(blocks_are_made_while_questions_are_answered) {
    char dir[] = "/tmp/pp-test-questions-XXXXXX";
    pp_err err;
    pp_node *node;
    pp_node_init_options o = {.name = "questions",
                              .chain_id = 1,
                              .blocks = 100000,
                              .interval = INTERVAL_MS,
                              .check = PP_CHECK_RE_EXECUTE,
                              .fund = 1000000000000000000};
    REQUIRE(mkdtemp(dir) != NULL);
    REQUIRE(pp_node_init(&err, dir, &o));
    REQUIRE(pp_node_open(&err, &node, &(pp_node_options){.dir = dir, .client = "test"}));
    REQUIRE(pp_node_start(&err, node));
    const pp_address nobody = {{0}};
    pp_node_question *q[ASKERS];
    for (size_t i = 0; i < ASKERS; i++) q[i] = pp_node_ask(node, &nobody, slow);
    for (size_t i = 0; i < ASKERS; i++) {
        REQUIRE(q[i] != NULL);
        while (!pp_node_is_answered(node, q[i])) pause_ms(1);
        REQUIRE(q[i]->text != NULL && q[i]->size == STEPS);
        // A block came between its steps, and none of them waited for another's last step.
        CHECK(at(q[i], STEPS - 1) > at(q[i], 0) + 1);
    }
    CHECK(at(q[ASKERS - 1], 0) < at(q[0], STEPS - 1));
    for (size_t i = 0; i < ASKERS; i++) pp_node_forget(node, q[i]);
    // One that nobody waits for any more is let go in the middle, and so is one when the node
    // stops.
    q[0] = pp_node_ask(node, &nobody, slow);
    q[1] = pp_node_ask(node, &nobody, slow);
    REQUIRE(q[0] != NULL && q[1] != NULL);
    pp_node_forget(node, q[0]);
    pp_node_stop(node);
    CHECK(pp_node_wait(&err, node));
    CHECK(pp_node_is_answered(node, q[1]) && q[1]->text == NULL);
    pp_node_forget(node, q[1]);
    pp_node_close(node);
    char remove[96];
    snprintf(remove, sizeof remove, "rm -r %s", dir);
    CHECK_EQ(system(remove), 0);
}
