// SPDX-License-Identifier: MIT OR Apache-2.0
// The methods, as Ethereum's execution-apis specify them.
#include <stdio.h>
#include <stdlib.h>

#include "rpc/internal.h"

static json_t *param(const pp_call *call, size_t i) {
    return json_array_get(call->params, i);
}

// ---- the network ------------------------------------------------------------------------------

static json_t *eth_chain_id(pp_call *call) {
    return pp_show_u64(call->rpc->env.chain_id);
}

static json_t *net_version(pp_call *call) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)call->rpc->env.chain_id);
    return json_string(text);
}

static json_t *client_version(pp_call *call) {
    return json_string(call->rpc->client);
}

static json_t *eth_block_number(pp_call *call) {
    return pp_show_u64(pp_index_head(call->rpc->index));
}

static json_t *eth_syncing(pp_call *call) {
    (void)call;
    return json_false(); // what is not executed yet is not answered for yet
}

// ---- accounts ---------------------------------------------------------------------------------

static bool account_of(pp_call *call, pp_account *out, pp_address *address, const json_t *who,
                       const json_t *when) {
    const pp_index_block *block;
    if (!pp_param_bytes(call, address->b, sizeof address->b, who, "address") ||
        !pp_param_block(call, &block, when))
        return false;
    if (block && pp_index_account(out, call->rpc->index, address, block->height)) return true;
    if (block)
        pp_rpc_fail(call, PP_RPC_SERVER, "the state of block %llu is not kept",
                    (unsigned long long)block->height);
    else
        pp_rpc_fail(call, PP_RPC_SERVER, "block not found");
    return false;
}

static json_t *eth_get_balance(pp_call *call) {
    pp_account account;
    pp_address address;
    if (!account_of(call, &account, &address, param(call, 0), param(call, 1))) return NULL;
    return pp_show_u256(&account.balance);
}

static json_t *eth_get_transaction_count(pp_call *call) {
    pp_account account;
    pp_address address;
    if (!account_of(call, &account, &address, param(call, 0), param(call, 1))) return NULL;
    if (pp_param_is_pending(param(call, 1)))
        return pp_show_u64(pp_pool_nonce(call->rpc->pool, &address));
    return pp_show_u64(account.nonce);
}

// There are no contracts.
static json_t *eth_get_code(pp_call *call) {
    pp_account account;
    pp_address address;
    if (!account_of(call, &account, &address, param(call, 0), param(call, 1))) return NULL;
    return json_string("0x");
}

// ---- fees -------------------------------------------------------------------------------------

static int by_value(const void *a, const void *b) {
    return pp_u256_cmp(a, b);
}

// The median tip of the last applied transactions; 0 where there were none.
static pp_u256 usual_tip(const pp_rpc *rpc) {
    enum { SAMPLE = 100, LOOK = 400 };
    const pp_index_block *head = pp_index_block_at(rpc->index, pp_index_head(rpc->index));
    pp_u256 tips[SAMPLE];
    size_t len = 0;
    uint64_t end = head->first + head->ordered;
    for (uint64_t back = 1; back <= end && len < SAMPLE && back <= LOOK; back++) {
        const pp_index_tx *tx = pp_index_tx_at(rpc->index, end - back);
        if (tx == NULL) break; // pruned
        if (tx->reason != PP_ROLLUP_OK) continue;
        tips[len++] = pp_show_tip(rpc->index, tx);
    }
    if (len == 0) return pp_u256_from_u64(0);
    qsort(tips, len, sizeof tips[0], by_value);
    return tips[len / 2];
}

static json_t *eth_max_priority_fee(pp_call *call) {
    pp_u256 tip = usual_tip(call->rpc);
    return pp_show_u256(&tip);
}

static json_t *eth_gas_price(pp_call *call) {
    pp_u256 price = usual_tip(call->rpc), base = pp_u256_from_u64(call->rpc->env.base_fee);
    return pp_u256_add(&price, &price, &base) ? pp_show_u256(&price) : pp_show_u256(&base);
}

typedef struct fee_query {
    uint64_t count;
    const pp_index_block *newest;
    double percentiles[PP_RPC_PERCENTILES_MAX];
    size_t percentiles_len;
    bool rewards;
} fee_query;

static bool read_percentiles(pp_call *call, fee_query *q, const json_t *list) {
    q->rewards = list && !json_is_null(list);
    if (!q->rewards) return true;
    bool ok = json_is_array(list) && json_array_size(list) <= PP_RPC_PERCENTILES_MAX;
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        const json_t *p = json_array_get(list, i);
        double value = json_number_value(p), last = i ? q->percentiles[i - 1] : 0;
        ok = json_is_number(p) && value >= last && value <= 100;
        q->percentiles[q->percentiles_len++] = value;
    }
    if (!ok)
        pp_rpc_fail(call, PP_RPC_PARAMS,
                    "invalid params: at most %d percentiles from 0 to 100, ascending",
                    PP_RPC_PERCENTILES_MAX);
    return ok;
}

// As many of the newest blocks as the request has work left for, one at least.
static bool shorten(pp_call *call, fee_query *q) {
    size_t *left = &call->rpc->fee_work;
    if (*left == 0) {
        pp_rpc_fail(call, PP_RPC_LIMIT, "the batch asks for too many blocks' fees");
        return false;
    }
    uint64_t work = 0, count = 0;
    for (; count < q->count; count++) {
        const pp_index_block *b = pp_index_block_at(call->rpc->index, q->newest->height - count);
        uint64_t next = work + 1 + (q->rewards ? q->percentiles_len + b->ordered : 0);
        if (count > 0 && next > *left) break;
        work = next;
    }
    q->count = count;
    *left -= work < *left ? (size_t)work : *left;
    return true;
}

static bool read_fee_query(pp_call *call, fee_query *q) {
    const json_t *count = param(call, 0);
    memset(q, 0, sizeof *q);
    if (json_is_integer(count) && json_integer_value(count) > 0)
        q->count = (uint64_t)json_integer_value(count);
    else if (!pp_param_u64(call, &q->count, count, "blockCount"))
        return false;
    if (!pp_param_block(call, &q->newest, param(call, 1)) ||
        !read_percentiles(call, q, param(call, 2)))
        return false;
    if (q->newest == NULL) pp_rpc_fail(call, PP_RPC_SERVER, "block not found");
    if (q->count > PP_RPC_FEE_HISTORY_MAX) q->count = PP_RPC_FEE_HISTORY_MAX;
    if (q->newest == NULL) return false;
    uint64_t newest = q->newest->height, first = newest == 0 ? 0 : pp_index_first(call->rpc->index);
    if (q->count > newest - first + 1) q->count = newest - first + 1;
    return shorten(call, q);
}

typedef struct paid {
    pp_u256 tip;
    uint64_t gas;
} paid;

// The tips at which the percentiles of a block's gas were reached.
static json_t *rewards_of(const pp_rpc *rpc, const fee_query *q, const pp_index_block *block) {
    json_t *out = json_array();
    paid *list = calloc(block->applied + 1, sizeof *list);
    PP_ASSERT(out != NULL && list != NULL);
    size_t len = 0, at = 0;
    for (uint64_t i = 0; i < block->ordered; i++) {
        const pp_index_tx *tx = pp_index_tx_at(rpc->index, block->first + i);
        if (tx->reason == PP_ROLLUP_OK)
            list[len++] = (paid){pp_show_tip(rpc->index, tx), tx->gas_used};
    }
    qsort(list, len, sizeof *list, by_value); // the tip stands first
    uint64_t gas = list[0].gas;
    for (size_t i = 0; i < q->percentiles_len; i++) {
        double want = (double)block->gas_used * q->percentiles[i] / 100;
        while (at + 1 < len && (double)gas < want) gas += list[++at].gas;
        json_array_append_new(out, pp_show_u256(&list[at].tip));
    }
    free(list);
    return out;
}

static json_t *eth_fee_history(pp_call *call) {
    fee_query q;
    if (!read_fee_query(call, &q)) return NULL;
    const pp_rpc *rpc = call->rpc;
    uint64_t first = q.newest->height + 1 - q.count;
    json_t *out = json_object(), *fees = json_array(), *ratios = json_array(),
           *rewards = json_array();
    for (uint64_t i = 0; i < q.count; i++) {
        const pp_index_block *block = pp_index_block_at(rpc->index, first + i);
        double ratio = (double)block->gas_used / (double)rpc->env.gas_limit;
        json_array_append_new(fees, pp_show_u64(block->base_fee));
        json_array_append_new(ratios, json_real(ratio > 1 ? 1 : ratio));
        if (q.rewards) json_array_append_new(rewards, rewards_of(rpc, &q, block));
    }
    json_array_append_new(fees, pp_show_u64(rpc->env.base_fee)); // of the block behind them
    json_object_set_new(out, "oldestBlock", pp_show_u64(first));
    json_object_set_new(out, "baseFeePerGas", fees);
    json_object_set_new(out, "gasUsedRatio", ratios);
    if (q.rewards)
        json_object_set_new(out, "reward", rewards);
    else
        json_decref(rewards);
    return out;
}

// ---- calls ------------------------------------------------------------------------------------

typedef struct call_object {
    bool has_from, has_to, has_data;
    pp_address from, to;
    pp_u256 value;
    uint64_t access_addresses, access_keys;
} call_object;

static bool read_access_list(pp_call *call, call_object *out, const json_t *list) {
    bool ok = json_is_array(list);
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        const json_t *keys = json_object_get(json_array_get(list, i), "storageKeys");
        pp_address address;
        ok = pp_param_bytes(call, address.b, sizeof address.b,
                            json_object_get(json_array_get(list, i), "address"),
                            "accessList.address") &&
             json_is_array(keys);
        out->access_addresses++;
        out->access_keys += json_array_size(keys);
    }
    if (!ok && call->code == 0)
        pp_rpc_fail(call, PP_RPC_PARAMS,
                    "invalid params: accessList must be a list of address "
                    "and storageKeys");
    return ok;
}

// "input" is the newer name of "data".
static bool read_data(pp_call *call, call_object *out, const json_t *object) {
    static const char *const names[] = {"data", "input"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        const json_t *data = json_object_get(object, names[i]);
        uint8_t *bytes;
        size_t size;
        if (!data || json_is_null(data)) continue;
        if (!pp_param_data(call, &bytes, &size, data, names[i])) return false;
        out->has_data |= size > 0;
        free(bytes);
    }
    return true;
}

static bool is_there(const json_t *value) {
    return value && !json_is_null(value);
}

static bool read_call(pp_call *call, call_object *out, const json_t *object) {
    memset(out, 0, sizeof *out);
    if (!json_is_object(object)) {
        pp_rpc_fail(call, PP_RPC_PARAMS, "invalid params: the call must be an object");
        return false;
    }
    const json_t *from = json_object_get(object, "from"), *to = json_object_get(object, "to"),
                 *value = json_object_get(object, "value"),
                 *list = json_object_get(object, "accessList");
    out->has_from = is_there(from);
    out->has_to = is_there(to);
    return (!out->has_from ||
            pp_param_bytes(call, out->from.b, sizeof out->from.b, from, "from")) &&
           (!out->has_to || pp_param_bytes(call, out->to.b, sizeof out->to.b, to, "to")) &&
           (!is_there(value) || pp_param_u256(call, &out->value, value, "value")) &&
           (!is_there(list) || read_access_list(call, out, list)) && read_data(call, out, object);
}

static json_t *refuse(pp_call *call, pp_rollup_reason reason, const char *why) {
    return pp_rpc_fail(call, PP_RPC_SERVER, "%s (%s)", why, pp_rollup_reason_name(reason));
}

static json_t *eth_estimate_gas(pp_call *call) {
    call_object c;
    const pp_index_block *block;
    if (!read_call(call, &c, param(call, 0)) || !pp_param_block(call, &block, param(call, 1)))
        return NULL;
    if (c.has_data)
        return refuse(call, PP_ROLLUP_INPUT_DATA, "this rollup has transfers only, without input");
    if (!c.has_to)
        return refuse(call, PP_ROLLUP_CREATION, "this rollup has transfers only, no contracts");
    if (pp_rollup_is_precompile(&c.to))
        return refuse(call, PP_ROLLUP_PRECOMPILE, "this rollup takes nothing to a precompile");
    pp_account account;
    uint64_t head = pp_index_head(call->rpc->index);
    if (c.has_from && pp_index_account(&account, call->rpc->index, &c.from, head) &&
        pp_u256_cmp(&account.balance, &c.value) < 0)
        return refuse(call, PP_ROLLUP_BALANCE, "insufficient funds for transfer");
    return pp_show_u64(PP_ROLLUP_GAS_TRANSFER + PP_ROLLUP_GAS_ACCESS_ADDRESS * c.access_addresses +
                       PP_ROLLUP_GAS_ACCESS_KEY * c.access_keys);
}

// A call to an account without code returns nothing.
static json_t *eth_call(pp_call *call) {
    call_object c;
    const pp_index_block *block;
    if (!read_call(call, &c, param(call, 0)) || !pp_param_block(call, &block, param(call, 1)))
        return NULL;
    if (!block) return pp_rpc_fail(call, PP_RPC_SERVER, "block not found");
    if (!c.has_to && c.has_data)
        return refuse(call, PP_ROLLUP_CREATION, "this rollup has transfers only, no contracts");
    return json_string("0x");
}

// Without contracts there are no logs; a filter must still be one.
static json_t *eth_get_logs(pp_call *call) {
    const json_t *filter = param(call, 0);
    if (!json_is_object(filter))
        return pp_rpc_fail(call, PP_RPC_PARAMS, "invalid params: the filter must be an object");
    const json_t *hash = json_object_get(filter, "blockHash"),
                 *from = json_object_get(filter, "fromBlock"),
                 *to = json_object_get(filter, "toBlock");
    if (is_there(hash)) {
        pp_hash32 h;
        if (is_there(from) || is_there(to))
            return pp_rpc_fail(call, PP_RPC_PARAMS,
                               "invalid params: blockHash excludes fromBlock and toBlock");
        if (!pp_param_bytes(call, h.b, sizeof h.b, hash, "blockHash")) return NULL;
        if (!pp_index_block_by_hash(call->rpc->index, &h))
            return pp_rpc_fail(call, PP_RPC_SERVER, "block not found");
    }
    const pp_index_block *block;
    if (!pp_param_block(call, &block, from) || !pp_param_block(call, &block, to)) return NULL;
    return json_array();
}

// ---- transactions -----------------------------------------------------------------------------

static const char *refusal(pp_rollup_reason reason) {
    switch (reason) {
    case PP_ROLLUP_CHAIN_ID:
        return "invalid chain id for signer";
    case PP_ROLLUP_UNPROTECTED:
        return "only replay-protected (EIP-155) transactions allowed over RPC";
    case PP_ROLLUP_SIGNATURE:
        return "invalid sender";
    case PP_ROLLUP_BALANCE:
        return "insufficient funds for gas * price + value";
    case PP_ROLLUP_FEE_CAP:
        return "max fee per gas less than block base fee";
    case PP_ROLLUP_TIP_ABOVE_CAP:
        return "max priority fee per gas higher than max fee per gas";
    case PP_ROLLUP_INTRINSIC_GAS:
        return "intrinsic gas too low";
    case PP_ROLLUP_SIZE:
        return "oversized data";
    case PP_ROLLUP_TYPE:
    case PP_ROLLUP_TYPE_BLOB:
    case PP_ROLLUP_TYPE_SETCODE:
        return "transaction type not supported";
    case PP_ROLLUP_DECODE:
        return "not one well-formed transaction";
    default:
        return "this rollup has transfers only";
    }
}

static json_t *eth_send_raw_transaction(pp_call *call) {
    pp_rpc *rpc = call->rpc;
    uint8_t *bytes;
    size_t size;
    if (!pp_param_data(call, &bytes, &size, param(call, 0), "the transaction")) return NULL;
    const char *busy = rpc->busy ? rpc->busy(rpc->ctx) : NULL;
    pp_bytes raw = {bytes, size};
    json_t *out = NULL;
    if (busy) {
        pp_rpc_fail(call, PP_RPC_LIMIT, "%s", busy);
    } else if (rpc->tx_max > 0 && size > rpc->tx_max) {
        pp_rpc_fail(call, PP_RPC_SERVER,
                    "oversized data: the blocks of this network have room for %zu bytes",
                    rpc->tx_max);
    } else {
        pp_pool_result r = pp_pool_add(rpc->pool, &rpc->env, raw);
        if (r.code == PP_POOL_OK) {
            if (rpc->on_taken) rpc->on_taken(rpc->ctx, &r.hash, raw);
            out = pp_show_bytes(r.hash.b, sizeof r.hash.b);
        } else if (r.code == PP_POOL_REFUSED) {
            refuse(call, r.reason, refusal(r.reason));
        } else {
            pp_rpc_fail(call, pp_pool_is_busy(r.code) ? PP_RPC_LIMIT : PP_RPC_SERVER, "%s",
                        pp_pool_text(r.code));
        }
    }
    free(bytes);
    return out;
}

static bool hash_param(pp_call *call, pp_hash32 *out) {
    return pp_param_bytes(call, out->b, sizeof out->b, param(call, 0), "the hash");
}

// NULL when no block holds it, applied.
static const pp_index_tx *applied(const pp_rpc *rpc, const pp_hash32 *hash) {
    const pp_index_tx *tx = pp_index_tx_by_hash(rpc->index, hash);
    return tx && tx->reason == PP_ROLLUP_OK ? tx : NULL;
}

static json_t *eth_get_transaction_by_hash(pp_call *call) {
    pp_hash32 hash;
    if (!hash_param(call, &hash)) return NULL;
    const pp_index_tx *tx = applied(call->rpc, &hash);
    if (tx)
        return pp_show_tx(pp_index_raw(call->rpc->index, tx), &tx->sender,
                          pp_index_block_at(call->rpc->index, tx->height), tx->position,
                          tx->base_fee);
    const pp_pool_tx *waits = pp_pool_find(call->rpc->pool, &hash);
    if (waits)
        return pp_show_tx((pp_bytes){waits->raw, waits->raw_size}, &waits->sender, NULL, 0, 0);
    return json_null();
}

static json_t *eth_get_transaction_receipt(pp_call *call) {
    pp_hash32 hash;
    if (!hash_param(call, &hash)) return NULL;
    const pp_index_tx *tx = applied(call->rpc, &hash);
    return tx ? pp_show_receipt(call->rpc->index, tx,
                                pp_index_block_at(call->rpc->index, tx->height))
              : json_null();
}

// ---- blocks -----------------------------------------------------------------------------------

static json_t *eth_get_block_receipts(pp_call *call) {
    const pp_index_block *block;
    if (!pp_param_block(call, &block, param(call, 0))) return NULL;
    if (!block) return json_null();
    json_t *out = json_array();
    for (uint64_t i = 0; i < block->ordered; i++) {
        const pp_index_tx *tx = pp_index_tx_at(call->rpc->index, block->first + i);
        if (tx->reason == PP_ROLLUP_OK)
            json_array_append_new(out, pp_show_receipt(call->rpc->index, tx, block));
    }
    return out;
}

static json_t *show(pp_call *call, const pp_index_block *block) {
    const json_t *full = param(call, 1);
    if (full && !json_is_boolean(full))
        return pp_rpc_fail(call, PP_RPC_PARAMS,
                           "invalid params: the second says whether transactions are wanted whole: "
                           "true or false");
    return block ? pp_show_block(call->rpc, block, json_is_true(full)) : json_null();
}

static json_t *eth_get_block_by_number(pp_call *call) {
    const pp_index_block *block;
    if (!pp_param_block(call, &block, param(call, 0))) return NULL;
    return show(call, block);
}

static json_t *eth_get_block_by_hash(pp_call *call) {
    pp_hash32 hash;
    if (!hash_param(call, &hash)) return NULL;
    return show(call, pp_index_block_by_hash(call->rpc->index, &hash));
}

const pp_rpc_method pp_rpc_methods[] = {
    {"eth_blockNumber", 0, 0, eth_block_number},
    {"eth_call", 1, 2, eth_call},
    {"eth_chainId", 0, 0, eth_chain_id},
    {"eth_estimateGas", 1, 2, eth_estimate_gas},
    {"eth_feeHistory", 2, 3, eth_fee_history},
    {"eth_gasPrice", 0, 0, eth_gas_price},
    {"eth_getBalance", 1, 2, eth_get_balance},
    {"eth_getBlockByHash", 1, 2, eth_get_block_by_hash},
    {"eth_getBlockByNumber", 1, 2, eth_get_block_by_number},
    {"eth_getBlockReceipts", 1, 1, eth_get_block_receipts},
    {"eth_getCode", 1, 2, eth_get_code},
    {"eth_getLogs", 1, 1, eth_get_logs},
    {"eth_getTransactionByHash", 1, 1, eth_get_transaction_by_hash},
    {"eth_getTransactionCount", 1, 2, eth_get_transaction_count},
    {"eth_getTransactionReceipt", 1, 1, eth_get_transaction_receipt},
    {"eth_maxPriorityFeePerGas", 0, 0, eth_max_priority_fee},
    {"eth_sendRawTransaction", 1, 1, eth_send_raw_transaction},
    {"eth_syncing", 0, 0, eth_syncing},
    {"net_version", 0, 0, net_version},
    {"web3_clientVersion", 0, 0, client_version},
};
const size_t pp_rpc_methods_len = PP_COUNT(pp_rpc_methods);
