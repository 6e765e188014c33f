// SPDX-License-Identifier: MIT OR Apache-2.0
// A network for tests: two rollups, three provers, a host that makes blocks, and a check that runs
// the batch natively. Test accounts are those of rollup/test_support.h.
#ifndef PP_CHAIN_TEST_SUPPORT_H
#define PP_CHAIN_TEST_SUPPORT_H

#include "chain/chain.h"
#include "rollup/test_support.h"

enum {
    NET_ACCOUNTS = 6, // test accounts 1 to 6, 10^21 wei each
    NET_PROVERS = 3,  // test accounts 11 to 13, likewise, and 10^20 wei of stake
    NET_USERS = 8,    // test accounts 21 to 28, with 10^20 wei in both rollups
    NET_BLOCKS = 4096,
    NET_ITEMS = 512,
    LIVE = 0,   // lane: open, chain id 77
    REPLAY = 1, // lane: account 1 only, chain id 1
};
#define ETHER ((pp_u128)1000000000000000000u)

typedef struct net_block {
    uint8_t *bytes;
    size_t size;
    pp_hash32 app_hash; // behind it
} net_block;

typedef struct net {
    pp_genesis genesis; // change it between net_init and net_open
    pp_genesis_account accounts[NET_ACCOUNTS + NET_PROVERS];
    pp_genesis_prover provers[NET_PROVERS];
    pp_genesis_rollup rollups[2];
    pp_genesis_allocation allocations[2][NET_USERS];
    char *file;
    pp_hash32 hash;
    pp_store *store;
    pp_chain *chain;
    pp_chain_env env;
    pp_hash32 *beacons; // preimage of block h at h
    uint64_t time;
    uint64_t step; // ms a block
    // The next block's items.
    pp_bytes items[NET_ITEMS];
    size_t items_len;
    // All blocks.
    net_block blocks[NET_BLOCKS + 1];
    // What the check and the preflight were asked and say.
    uint64_t checks, preflights;
    bool preflight_differs, preflight_fails;
    uint64_t work_most; // of a full batch that fits a proof; 0: anything
    uint64_t events[PP_EVENT_INCIDENT + 1];
    bool unchecked; // net_make checks no invariants: for long runs
} net;

void net_init(net *n);
// Prints the genesis and starts the chain; the test fails when that fails.
void net_open(net *n);
void net_close(net *n);

// The chain goes on as what its image gives, on a new store with the states that belong to it.
void net_reload(net *n);

// Items for the next block. Commands take the account's next nonce, counting those that wait.
void net_add(net *n, const uint8_t *item, size_t size); // takes a copy
void net_command(net *n, uint64_t who, pp_command_kind kind, pp_bytes payload);
// A claim: its nonce is 0. The account may have nothing on the chain.
void net_claim(net *n, uint64_t who, pp_command_kind kind, pp_bytes payload);
// Account `who` claims a withdrawal of a lane; or leaves it, with the proof of its account, paid to
// account `to`.
void net_withdraw(net *n, uint64_t who, uint64_t lane, const pp_chain_withdrawal *w);
void net_exit(net *n, uint64_t who, uint64_t lane, uint64_t to);
void net_market(net *n, uint64_t who, const pp_market_command *command);
void net_transfer(net *n, uint64_t who, uint64_t to, pp_u128 wei);
void net_fund(net *n, uint64_t who, uint64_t lane, pp_u128 wei);
// What the batch guest does, natively.
bool net_run(pp_rollup_output *out, const char **why, pp_bytes input);
// At any fee.
void net_deposit(net *n, uint64_t who, uint64_t lane, uint64_t to, pp_u128 wei);
void net_force(net *n, uint64_t who, uint64_t lane, const raw_tx *tx);
void net_lane(net *n, uint64_t who, uint64_t lane, const raw_tx *txs, size_t len);
void net_tx(net *n, uint64_t lane, const raw_tx *tx);
// A transfer inside a rollup.
void net_raw(raw_tx *out, uint64_t lane, uint64_t from, uint64_t nonce, uint64_t to, pp_u128 wei);

// A withdrawal from a rollup.
void net_raw_exit(raw_tx *out, uint64_t lane, uint64_t from, uint64_t nonce, pp_u128 wei);

// Makes a block of what waits, executes and commits it, and checks every invariant. The result is
// valid until the next one.
pp_chain_result net_make(net *n);
// The bytes of such a block, not executed; the caller frees.
uint8_t *net_propose(net *n, size_t *size);
// The only item's reason in a block of its own.
const char *net_one(net *n);

// Market commands about a request.
void net_bid(net *n, uint64_t who, const pp_hash32 *request, pp_u128 bid);
void net_reveal(net *n, uint64_t who, const pp_hash32 *request, pp_u128 bid);
void net_prove(net *n, uint64_t who, const pp_hash32 *request, bool valid);
const pp_market_request *net_request(const net *n, const pp_hash32 *request);
pp_chain_batch net_batch(const net *n, uint64_t lane, uint64_t batch);
pp_chain_lane net_lane_now(const net *n, uint64_t lane);

// What is burned for an account that a payment makes, in a table less than half full.
pp_u128 net_place(const net *n);

// NULL when every invariant of the state holds; else what does not. Slow: sums up the rollups.
const char *net_check(net *n);

#endif
