// SPDX-License-Identifier: MIT OR Apache-2.0
#include "replay/test_support.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st, (void)kind, (void)at;
    return remove(path);
}
void remove_tree(const char *path) {
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool begin(line *l, size_t batch, size_t provers, pp_genesis_check check) {
    static const pp_replay_watch nobody;
    pp_replay_options options = {
        .data = l->dir, .batch = batch, .provers = provers, .check = check};
    snprintf(l->dir, sizeof l->dir, "/tmp/pp-test-replay-XXXXXX");
    return mkdtemp(l->dir) != NULL &&
           pp_replay_open(&l->err, &l->r, &l->file, "example", &options, &nobody);
}

bool line_open(line *l, size_t transactions, size_t batch, size_t provers) {
    memset(l, 0, sizeof *l);
    if (!pp_replay_file_load(&l->err, &l->file, PP_SOURCE_DIR "/examples/mainnet-22244135.json"))
        return false;
    l->file.transactions_len = transactions;
    return begin(l, batch, provers, PP_CHECK_RE_EXECUTE);
}

bool line_open_proven(line *l, const char *file, size_t batch, size_t provers) {
    memset(l, 0, sizeof *l);
    return pp_replay_file_parse(&l->err, &l->file, "file", file, strlen(file)) &&
           begin(l, batch, provers, PP_CHECK_PROOF);
}

void line_close(line *l) {
    if (l->err.exit_code != 0) pp_test_fail(__FILE__, __LINE__, "%s", l->err.text);
    pp_replay_close(l->r);
    pp_replay_file_free(&l->file);
    remove_tree(l->dir);
}

pp_chain *chain_of(const line *l) {
    return pp_local_chain(l->r->local);
}

void order(line *l) {
    pp_chain_lane lane;
    CHECK(pp_chain_lane_get(&lane, chain_of(l), 0));
    size_t from = (size_t)lane.transactions, size;
    size_t len = pp_replay_batch_len(&l->file, from, l->r->batch);
    uint8_t *payload = pp_lane_payload_encode(&size, 0, l->file.transactions + from, len);
    pp_outbox_command(&l->r->outbox, chain_of(l), l->r->secrets.operator_key, PP_COMMAND_LANE,
                      (pp_bytes){payload, size});
    free(payload);
}

void act(line *l, size_t i, uint64_t step) {
    pp_chain_info info;
    pp_chain_info_get(&info, chain_of(l));
    CHECK(pp_prover_act(&l->err, &l->r->provers[i], &l->r->outbox, chain_of(l),
                        info.market_time + step));
}

bool block(line *l, uint64_t step) {
    pp_chain_info info;
    pp_chain_info_get(&info, chain_of(l));
    pp_chain_result result;
    size_t taken;
    bool ok = pp_local_append(&l->err, &result, &taken, l->r->local, info.time + step,
                              l->r->outbox.items, l->r->outbox.len);
    if (!ok) return false;
    CHECK_EQ(taken, l->r->outbox.len);
    for (size_t i = 0; i < result.items_len; i++)
        CHECK_STR(pp_chain_item_reason(&result.items[i]), "OK");
    pp_replay_observe(l->r, info.height + 1, &result, chain_of(l), false, 0);
    pp_outbox_clear(&l->r->outbox);
    return true;
}

const char *one(line *l, size_t i, const pp_market_command *command) {
    pp_chain_info info;
    pp_chain_info_get(&info, chain_of(l));
    pp_chain_result result;
    pp_outbox_market(&l->r->outbox, chain_of(l), l->r->secrets.provers[i].key, command);
    bool ok = pp_local_append(&l->err, &result, NULL, l->r->local, info.time + 1,
                              l->r->outbox.items, l->r->outbox.len);
    pp_outbox_clear(&l->r->outbox);
    return ok && result.items_len == 1 ? pp_chain_item_reason(&result.items[0]) : "";
}

bool auction(line *l, size_t provers) {
    order(l);
    if (!block(l, 1000)) return false;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < provers; i++) act(l, i, 1000);
        CHECK_EQ(l->r->outbox.len, provers);
        if (!block(l, 1000)) return false;
    }
    return block(l, 1000);
}

const pp_market_request *request(const line *l, uint64_t batch) {
    pp_chain_batch b;
    bool there = pp_chain_batch_get(&b, chain_of(l), 0, batch);
    PP_ASSERT(there);
    return pp_market_find_request(pp_chain_market(chain_of(l)), &b.request);
}

pp_u128 free_balance(const line *l, size_t prover) {
    return pp_market_find_account(pp_chain_market(chain_of(l)), &l->r->provers[prover].address)
        ->free;
}
pp_u128 stake(const line *l, size_t prover) {
    return pp_market_find_account(pp_chain_market(chain_of(l)), &l->r->provers[prover].address)
        ->stake;
}
