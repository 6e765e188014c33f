// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chain/test_support.h"

#include <stdlib.h>

#include "chain/wire.h"
#include "hash/keccak.h"

// ---- what the host hands in -------------------------------------------------------------------

static void *heap_resize(void *ctx, void *old, size_t old_size, size_t new_size) {
    (void)ctx, (void)old_size;
    if (new_size != 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

bool net_run(pp_rollup_output *out, const char **why, pp_bytes input) {
    pp_state_source memory = {.resize = heap_resize};
    return pp_rollup_run_input(out, why, &memory, input);
}

static bool runs_to(pp_bytes input, pp_bytes output) {
    pp_rollup_output got;
    const char *why;
    uint8_t bytes[PP_ROLLUP_OUTPUT_SIZE];
    if (!net_run(&got, &why, input)) return false;
    pp_rollup_output_encode(bytes, &got);
    return output.size == sizeof bytes && memcmp(bytes, output.data, sizeof bytes) == 0;
}

// A proof is its claim's context; then the batch is run again.
static bool check(void *ctx, const pp_claim *claim, pp_bytes proof) {
    net *n = ctx;
    pp_bytes input;
    n->checks++;
    return proof.size == 32 && memcmp(proof.data, claim->context.b, 32) == 0 &&
           pp_chain_input(&input, n->chain, &claim->input_id) &&
           runs_to(input, (pp_bytes){claim->output, claim->output_size});
}

static bool fits(void *ctx, const pp_genesis_rollup *entry) {
    const net *n = ctx;
    return n->work_most == 0 || pp_genesis_full_work(entry) <= n->work_most;
}

static bool preflight(void *ctx, pp_err *err, const pp_hash32 *program_id, pp_bytes input,
                      pp_bytes output) {
    net *n = ctx;
    n->preflights++;
    if (n->preflight_fails) return pp_err_set(err, PP_EXIT_USAGE, "no memory for the guest");
    return !n->preflight_differs && program_id->b[0] == 0xba && runs_to(input, output);
}

// ---- genesis ----------------------------------------------------------------------------------

static int by_address(const void *a, const void *b) {
    return memcmp(a, b, sizeof(pp_address)); // an address stands first in all of them
}

static void init_rollup(net *n, uint64_t lane) {
    pp_genesis_rollup *r = &n->rollups[lane];
    pp_u128 wei = 100 * ETHER;
    for (uint64_t i = 0; i < NET_USERS; i++)
        n->allocations[lane][i] =
            (pp_genesis_allocation){test_address(21 + i), {0, pp_u256_from_u128(wei)}};
    qsort(n->allocations[lane], NET_USERS, sizeof n->allocations[lane][0], by_address);
    *r = (pp_genesis_rollup){
        .chain_id = lane == LIVE ? 77 : 1,
        .open = lane == LIVE,
        .fee_recipient = test_address(40),
        .base_fee = 1000000000,
        .gas_limit = PP_ROLLUP_GAS_LIMIT_DEFAULT,
        .batch_transactions = 4,
        .batch_bytes = PP_ROLLUP_TX_SIZE_MAX,
        .batch_blocks = 3,
        .batch_backlog = 8,
        .queue_deposits = 3,
        .queue_forced = 2,
        .queue_batches = 4,
        .fund = ETHER,
        .reserve_rate = 1000000000000,
        .work_batch = 1000000,
        .work_transaction = 500000,
        .terms = {.winners = 1,
                  .kappa = 4,
                  .commit_window = 2000,
                  .reveal_window = 2000,
                  .decline_window = 1000,
                  .work_window = 10000,
                  .bounty_window = 4000,
                  .expiry = 60000},
        .allocations = n->allocations[lane],
        .allocations_len = NET_USERS,
    };
    snprintf(r->name, sizeof r->name, "%s", lane == LIVE ? "live" : "replay");
    r->program_id.b[0] = 0xba;
    if (lane == REPLAY) r->submitter = test_address(1);
}

void net_init(net *n) {
    memset(n, 0, sizeof *n);
    for (uint64_t i = 0; i < NET_ACCOUNTS + NET_PROVERS; i++)
        n->accounts[i] = (pp_genesis_account){
            test_address(i < NET_ACCOUNTS ? 1 + i : 11 + i - NET_ACCOUNTS), 1000 * ETHER};
    for (uint64_t i = 0; i < NET_PROVERS; i++)
        n->provers[i] = (pp_genesis_prover){test_address(11 + i), 100 * ETHER, 8};
    qsort(n->accounts, PP_COUNT(n->accounts), sizeof n->accounts[0], by_address);
    qsort(n->provers, PP_COUNT(n->provers), sizeof n->provers[0], by_address);
    init_rollup(n, LIVE);
    init_rollup(n, REPLAY);
    n->genesis = (pp_genesis){
        .name = "test",
        .time = 1700000000000,
        .registry = {4, 3 * ETHER},
        .block_interval = 1000,
        .block_bytes = 1 << 20,
        .block_items = NET_ITEMS,
        .check = PP_CHECK_RE_EXECUTE,
        .proofs = {{&pp_pcs_fast, &pp_pcs_small}, 2, 1 << 16, 64}, // for who wants proofs
        .vm_id = {{7}},
        .accounts_max = 64,
        .requests_max = 1024,
        .accounts = n->accounts,
        .accounts_len = PP_COUNT(n->accounts),
        .provers = n->provers,
        .provers_len = NET_PROVERS,
        .rollups = n->rollups,
        .rollups_len = 2,
    };
    pp_market_params_default(&n->genesis.market);
    n->genesis.market.rate_min = 1000000;
    n->genesis.market.inclusion_bound = 1000;
    pp_genesis_exit_default(&n->genesis);
    n->beacons = malloc((NET_BLOCKS + 1) * sizeof *n->beacons);
    PP_ASSERT(n->beacons != NULL);
    memset(n->beacons[NET_BLOCKS].b, 0x5e, 32);
    for (size_t i = NET_BLOCKS; i > 0; i--) pp_beacon_next(&n->beacons[i - 1], &n->beacons[i]);
    n->genesis.beacon_end = n->beacons[0];
    n->step = 1000;
}

void net_open(net *n) {
    pp_err err = {0};
    n->file = pp_genesis_print(&n->genesis);
    pp_bytes file = {(const uint8_t *)n->file, strlen(n->file)};
    pp_genesis_hash(&n->hash, file);
    bool ok = n->store || pp_store_open(&err, &n->store, "", PP_STORE_MEMORY);
    n->env = (pp_chain_env){
        .ctx = n, .check = check, .preflight = preflight, .fits = fits, .store = n->store};
    ok = ok && pp_chain_new(&err, &n->chain, "genesis.json", file, &n->env);
    if (!ok) pp_panic(__FILE__, __LINE__, err.text);
    n->time = n->genesis.time;
}

pp_u128 net_place(const net *n) {
    return n->genesis.market.proof_bond;
}

void net_close(net *n) {
    pp_chain_free(n->chain);
    pp_store_close(n->store);
    for (size_t i = 0; i < n->items_len; i++) free((void *)(uintptr_t)n->items[i].data);
    for (size_t i = 0; i <= NET_BLOCKS; i++) free(n->blocks[i].bytes);
    free(n->file);
    free(n->beacons);
}

static bool put(pp_err *err, void *ctx, const void *data, size_t size) {
    (void)err;
    pp_wire_raw(ctx, data, size);
    return true;
}

static pp_store *copy_store(pp_store *from, const pp_chain *chain) {
    pp_err err = {0};
    pp_digest roots[256];
    pp_wire nodes = {0};
    size_t len = pp_chain_roots(roots, PP_COUNT(roots), chain);
    pp_store *to;
    bool ok = len <= PP_COUNT(roots) && pp_store_save(&err, from, roots, len, put, &nodes) &&
              pp_store_open(&err, &to, "", PP_STORE_MEMORY) &&
              pp_store_load(&err, to, (pp_bytes){nodes.data, nodes.size});
    if (!ok) pp_panic(__FILE__, __LINE__, err.text);
    free(nodes.data);
    return to;
}

void net_reload(net *n) {
    pp_err err = {0};
    pp_chain *again;
    size_t size, size_again;
    uint8_t *image = pp_chain_save(&size, n->chain);
    pp_store *store = copy_store(n->store, n->chain);
    n->env.store = store;
    pp_bytes file = {(const uint8_t *)n->file, strlen(n->file)};
    if (!pp_chain_load(&err, &again, "image", file, &n->env, (pp_bytes){image, size}))
        pp_panic(__FILE__, __LINE__, err.text);
    uint8_t *image_again = pp_chain_save(&size_again, again);
    CHECK_EQ(size_again, size);
    if (size_again == size) CHECK_MEM(image_again, image, size);
    free(image);
    free(image_again);
    pp_chain_free(n->chain);
    pp_store_close(n->store);
    n->chain = again;
    n->store = store;
}

// ---- items ------------------------------------------------------------------------------------

static void take(net *n, uint8_t *item, size_t size) {
    PP_ASSERT(item != NULL && n->items_len < NET_ITEMS);
    n->items[n->items_len++] = (pp_bytes){item, size};
}

void net_add(net *n, const uint8_t *item, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    PP_ASSERT(copy != NULL);
    if (size) memcpy(copy, item, size);
    take(n, copy, size);
}

void net_command(net *n, uint64_t who, pp_command_kind kind, pp_bytes payload) {
    uint8_t key[32];
    size_t size;
    pp_address sender = test_address(who);
    uint64_t nonce = pp_chain_nonce(n->chain, &sender);
    test_key(key, who);
    for (size_t i = 0; i < n->items_len; i++) {
        pp_item waiting;
        if (pp_item_decode(&waiting, n->items[i]) && waiting.type == PP_ITEM_COMMAND &&
            !pp_command_is_claim(waiting.command.kind) &&
            pp_address_eq(&waiting.command.sender, &sender))
            nonce++;
    }
    uint8_t *item = pp_command_sign(&size, &n->hash, key, nonce, kind, payload);
    take(n, item, size);
}

void net_claim(net *n, uint64_t who, pp_command_kind kind, pp_bytes payload) {
    uint8_t key[32];
    size_t size;
    test_key(key, who);
    uint8_t *item = pp_command_sign(&size, &n->hash, key, 0, kind, payload);
    take(n, item, size);
}

void net_withdraw(net *n, uint64_t who, uint64_t lane, const pp_chain_withdrawal *w) {
    uint8_t payload[PP_WITHDRAW_PAYLOAD_MAX];
    const pp_withdrawal *all;
    size_t len;
    bool there = pp_chain_withdrawals_of(&all, &len, n->chain, lane, w->batch);
    PP_ASSERT(there);
    size_t size =
        pp_withdraw_payload_encode(payload, lane, w->batch, all, len, w->withdrawal.index);
    net_claim(n, who, PP_COMMAND_WITHDRAW, (pp_bytes){payload, size});
}

void net_exit(net *n, uint64_t who, uint64_t lane, uint64_t to) {
    pp_err err = {0};
    uint8_t *proof;
    size_t proof_size, size;
    pp_address address = test_address(who), receiver = test_address(to);
    pp_chain_lane l = net_lane_now(n, lane);
    if (!pp_exit_proof(&err, &proof, &proof_size, n->store, &l.checked_root, &address))
        pp_panic(__FILE__, __LINE__, err.text);
    uint8_t *payload =
        pp_exit_payload_encode(&size, lane, &receiver, (pp_bytes){proof, proof_size});
    net_claim(n, who, PP_COMMAND_EXIT, (pp_bytes){payload, size});
    free(payload);
    free(proof);
}

void net_market(net *n, uint64_t who, const pp_market_command *command) {
    uint8_t bytes[4096];
    size_t size = pp_market_command_encode(bytes, sizeof bytes, command);
    PP_ASSERT(size <= sizeof bytes);
    net_command(n, who, PP_COMMAND_MARKET, (pp_bytes){bytes, size});
}

void net_transfer(net *n, uint64_t who, uint64_t to, pp_u128 wei) {
    uint8_t payload[PP_TRANSFER_PAYLOAD_SIZE];
    pp_address receiver = test_address(to);
    pp_transfer_payload_encode(payload, &receiver, wei);
    net_command(n, who, PP_COMMAND_TRANSFER, (pp_bytes){payload, sizeof payload});
}

void net_fund(net *n, uint64_t who, uint64_t lane, pp_u128 wei) {
    uint8_t payload[PP_FUND_PAYLOAD_SIZE];
    pp_fund_payload_encode(payload, lane, wei);
    net_command(n, who, PP_COMMAND_FUND, (pp_bytes){payload, sizeof payload});
}

void net_deposit(net *n, uint64_t who, uint64_t lane, uint64_t to, pp_u128 wei) {
    uint8_t payload[PP_DEPOSIT_PAYLOAD_SIZE];
    pp_address receiver = test_address(to);
    pp_deposit_payload_encode(payload, lane, &receiver, wei, PP_MARKET_AMOUNT_MAX);
    net_command(n, who, PP_COMMAND_DEPOSIT, (pp_bytes){payload, sizeof payload});
}

void net_force(net *n, uint64_t who, uint64_t lane, const raw_tx *tx) {
    size_t size;
    uint8_t *payload = pp_force_payload_encode(&size, lane, PP_MARKET_AMOUNT_MAX, raw_bytes(tx));
    net_command(n, who, PP_COMMAND_FORCE, (pp_bytes){payload, size});
    free(payload);
}

void net_lane(net *n, uint64_t who, uint64_t lane, const raw_tx *txs, size_t len) {
    pp_bytes *views = calloc(len ? len : 1, sizeof *views);
    PP_ASSERT(views != NULL);
    for (size_t i = 0; i < len; i++) views[i] = raw_bytes(&txs[i]);
    size_t size;
    uint8_t *payload = pp_lane_payload_encode(&size, lane, views, len);
    net_command(n, who, PP_COMMAND_LANE, (pp_bytes){payload, size});
    free(payload);
    free(views);
}

void net_tx(net *n, uint64_t lane, const raw_tx *tx) {
    size_t size;
    uint8_t *item = pp_lane_tx_encode(&size, lane, raw_bytes(tx));
    take(n, item, size);
}

static void raw_to(raw_tx *out, uint64_t lane, uint64_t from, uint64_t nonce, pp_address to,
                   pp_u128 wei) {
    tx_spec spec = {
        .type = 2,
        .chain_id = lane == LIVE ? 77 : 1,
        .nonce = nonce,
        .gas_limit = 21000,
        .tip_cap = pp_u256_from_u64(1000),
        .fee_cap = pp_u256_from_u64(2000000000),
        .to = to,
        .value = pp_u256_from_u128(wei),
    };
    sign_tx(out, &spec, from);
}

void net_raw(raw_tx *out, uint64_t lane, uint64_t from, uint64_t nonce, uint64_t to, pp_u128 wei) {
    raw_to(out, lane, from, nonce, test_address(to), wei);
}

void net_raw_exit(raw_tx *out, uint64_t lane, uint64_t from, uint64_t nonce, pp_u128 wei) {
    raw_to(out, lane, from, nonce, pp_rollup_exit_address, wei);
}

// ---- blocks -----------------------------------------------------------------------------------

uint8_t *net_propose(net *n, size_t *size) {
    pp_chain_info info;
    pp_chain_info_get(&info, n->chain);
    PP_ASSERT(info.height < NET_BLOCKS);
    size_t taken;
    uint8_t *bytes = pp_chain_propose(size, &taken, n->chain, n->time + n->step,
                                      &n->beacons[info.height + 1], n->items, n->items_len);
    PP_ASSERT(taken == n->items_len);
    return bytes;
}

pp_chain_result net_make(net *n) {
    pp_err err = {0};
    pp_chain_result result;
    net_block made;
    made.bytes = net_propose(n, &made.size);
    pp_bytes bytes = {made.bytes, made.size};
    CHECK_STR(pp_chain_reason(pp_chain_process(n->chain, bytes)), "OK");
    bool ok = pp_chain_finalize(&err, &result, n->chain, bytes);
    if (!ok) pp_panic(__FILE__, __LINE__, err.text);
    CHECK_STR(pp_chain_reason(result.code), "OK");
    CHECK_EQ(result.items_len, n->items_len);
    pp_chain_commit(&made.app_hash, n->chain);
    pp_chain_info info;
    pp_chain_info_get(&info, n->chain);
    n->blocks[info.height] = made;
    n->time += n->step;
    for (size_t i = 0; i < n->items_len; i++) free((void *)(uintptr_t)n->items[i].data);
    n->items_len = 0;
    for (size_t i = 0; i < result.events_len; i++) n->events[result.events[i].kind]++;
    const char *wrong = n->unchecked ? NULL : net_check(n);
    if (wrong)
        pp_test_fail(__FILE__, __LINE__, "block %llu: %s", (unsigned long long)info.height, wrong);
    return result;
}

const char *net_one(net *n) {
    PP_ASSERT(n->items_len == 1);
    pp_chain_result result = net_make(n);
    return result.items_len == 1 ? pp_chain_item_reason(&result.items[0]) : "?";
}

// ---- the market -------------------------------------------------------------------------------

static pp_hash32 salt_of(uint64_t who, const pp_hash32 *request) {
    pp_hash32 salt = *request;
    salt.b[0] ^= (uint8_t)who;
    return salt;
}

void net_bid(net *n, uint64_t who, const pp_hash32 *request, pp_u128 bid) {
    pp_market_command c = {.kind = PP_MARKET_BID, .request = *request};
    pp_address prover = test_address(who);
    pp_hash32 salt = salt_of(who, request);
    pp_market_bid_hash(&c.hash, request, &prover, bid, &salt);
    net_market(n, who, &c);
}

void net_reveal(net *n, uint64_t who, const pp_hash32 *request, pp_u128 bid) {
    pp_market_command c = {.kind = PP_MARKET_OPEN_BID, .request = *request, .amount = bid};
    c.hash = salt_of(who, request);
    net_market(n, who, &c);
}

void net_prove(net *n, uint64_t who, const pp_hash32 *request, bool valid) {
    pp_market_command c = {.kind = PP_MARKET_PROVE, .request = *request};
    const pp_market_request *r = net_request(n, request);
    pp_address prover = test_address(who);
    pp_hash32 context;
    pp_market_context(&context, request, &prover);
    if (!valid) context.b[3] ^= 1;
    c.output_size = r->terms.output_size;
    memcpy(c.output, r->terms.output, r->terms.output_size);
    c.proof = (pp_bytes){context.b, 32};
    net_market(n, who, &c);
}

const pp_market_request *net_request(const net *n, const pp_hash32 *request) {
    const pp_market_request *r = pp_market_find_request(pp_chain_market(n->chain), request);
    PP_ASSERT(r != NULL);
    return r;
}

pp_chain_batch net_batch(const net *n, uint64_t lane, uint64_t batch) {
    pp_chain_batch b;
    bool ok = pp_chain_batch_get(&b, n->chain, lane, batch);
    PP_ASSERT(ok);
    return b;
}

pp_chain_lane net_lane_now(const net *n, uint64_t lane) {
    pp_chain_lane l;
    bool ok = pp_chain_lane_get(&l, n->chain, lane);
    PP_ASSERT(ok);
    return l;
}

enum { KNOWN = 48 };

// ---- invariants -------------------------------------------------------------------------------

// test_address derives a key each time; these are asked for after every block.
static const pp_address *known_address(uint64_t i) {
    static pp_address known[KNOWN + 1];
    static bool have;
    for (uint64_t j = 1; !have && j <= KNOWN; j++) known[j] = test_address(j);
    have = true;
    return &known[i];
}

// Accounts that ever hold money in a rollup of the tests: users, strangers, the fee recipient.
static bool rollup_sum(pp_u128 *sum, net *n, uint64_t lane) {
    *sum = 0;
    for (uint64_t i = 1; i <= KNOWN; i++) {
        pp_account a;
        pp_u128 wei;
        pp_err err;
        if (!pp_chain_rollup_account(&err, &a, n->chain, lane, known_address(i), false) ||
            !pp_u256_to_u128(&wei, &a.balance))
            return false;
        *sum += wei;
    }
    return true;
}

static bool claimable_sum(pp_u128 *sum, const net *n, uint64_t lane) {
    pp_chain_withdrawal w;
    pp_u128 wei;
    *sum = 0;
    for (uint64_t batch = 0, index = 0;
         pp_chain_unclaimed(&w, &batch, &index, n->chain, lane, NULL);) {
        if (!pp_u256_to_u128(&wei, &w.withdrawal.amount)) return false;
        *sum += wei;
    }
    return true;
}

// Nothing stands above the last checked root any more.
static const char *check_frozen(net *n, uint64_t lane, const pp_chain_lane *l) {
    if (l->open || l->deposited != 0) return "a frozen lane has a running batch";
    if (l->pending_fees != 0 || l->withdrawn != l->claimable)
        return "a frozen lane has money above its checked root";
    for (uint64_t b = l->checked; b < l->batches; b++)
        if (net_batch(n, lane, b).status != PP_BATCH_VOID || net_batch(n, lane, b).input.data)
            return "a batch of a frozen lane is not void";
    return NULL;
}

static const char *check_lane(net *n, uint64_t lane) {
    pp_chain_lane l = net_lane_now(n, lane);
    pp_u128 sum, pending = 0, in = l.checked_locked, out = 0, waiting = 0;
    if (!rollup_sum(&sum, n, lane)) return "a rollup's account cannot be read";
    if (sum != l.locked) return "locked is not the sum of the rollup's balances";
    if (!claimable_sum(&sum, n, lane) || sum != l.claimable)
        return "claimable is not the sum of the withdrawals that can be claimed";
    if (l.checked > l.batches || l.applied > l.transactions) return "counts are out of order";
    if (l.frozen) return check_frozen(n, lane, &l);
    if (l.checked_deposit_position > l.deposit_position || l.deposit_position > l.deposits ||
        l.checked_forced_position > l.forced_position || l.forced_position > l.forced)
        return "the queues' positions are out of order";
    uint64_t deposits = l.checked_deposit_position, forced = l.checked_forced_position;
    for (uint64_t i = l.deposit_position; i < l.deposits; i++) {
        pp_chain_deposit d;
        if (!pp_chain_deposit_get(&d, n->chain, lane, i)) return "a waiting deposit is gone";
        waiting += d.deposit.amount;
    }
    if (waiting != l.deposited) return "what waits is not the sum of the deposits";
    const pp_genesis_rollup *rollup = &pp_chain_genesis(n->chain)->rollups[lane];
    if (l.forced - l.forced_position > (uint64_t)rollup->queue_forced * rollup->queue_batches)
        return "more wait in the forced queue than the promise allows";
    uint64_t txs = l.open_transactions;
    pp_digest root = l.checked_root;
    for (uint64_t b = l.checked; b < l.batches; b++) {
        pp_chain_batch batch = net_batch(n, lane, b);
        if (batch.status == PP_BATCH_DONE) return "a batch above the checked root is done";
        if (!batch.input.data) return "an unchecked batch has no input";
        if (!pp_digest_eq(&root, &batch.output.old_root)) return "roots do not join";
        root = batch.output.new_root;
        txs += batch.transactions;
        pending += batch.output.base_fees;
        in += batch.deposited;
        out += batch.output.base_fees + batch.withdrawn;
        if (batch.output.deposit_position - batch.deposits != deposits ||
            batch.output.forced_position - batch.forced != forced)
            return "the batches' slices of the queues do not join";
        deposits = batch.output.deposit_position;
        forced = batch.output.forced_position;
    }
    if (!l.open &&
        (in - out != l.locked || deposits != l.deposit_position || forced != l.forced_position))
        return "what came in and went out is not what is locked";
    if (!pp_digest_eq(&root, &l.cut_root)) return "the last batch's root is not the cut root";
    if (l.checked > 0 && net_batch(n, lane, l.checked - 1).status != PP_BATCH_DONE)
        return "a batch below the checked root is not done";
    if (l.checked == 0 && txs != l.transactions) return "transactions are lost";
    if (!l.open && pending != l.pending_fees) return "pending fees are wrong";
    if (pending > l.pending_fees) return "pending fees are too low";
    return NULL;
}

const char *net_check(net *n) {
    pp_chain_ledger ledger;
    if (!pp_chain_ledger_get(&ledger, n->chain)) return "the ledger's sum is not the supply";
    const char *wrong = pp_market_check(pp_chain_market(n->chain));
    for (uint64_t lane = 0; !wrong && lane < pp_chain_genesis(n->chain)->rollups_len; lane++)
        wrong = check_lane(n, lane);
    return wrong;
}
