// SPDX-License-Identifier: MIT OR Apache-2.0
// Blocks: what goes in, and what comes of it.
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "node/internal.h"
#include "verify/claim.h"

// One item of the block that is being made.
typedef struct entry {
    pp_node_command *command; // or
    pp_node_lane *lane;       // of a transaction
    pp_hash32 hash; // of a transaction; what a claim claims; what who is bound to it proves
    // Of a command:
    pp_address sender;
    bool counts; // uses a nonce of its sender
} entry;

typedef struct senders {
    pp_address *list;
    size_t len, max;
} senders;

typedef struct making {
    uint64_t height;
    pp_bytes *items; // malloc'ed each where they are transactions
    entry *entries;
    size_t len, max, bytes;
    size_t commands;     // the first ones
    size_t shards;       // of proofs among them
    senders provers;     // who sent these
    pp_block_share most; // of commands
} making;

static void hold(making *m, pp_bytes item, entry e) {
    if (m->len == m->max) {
        m->max = m->max ? 2 * m->max : 256;
        pp_bytes *items = realloc(m->items, m->max * sizeof *items);
        entry *entries = realloc(m->entries, m->max * sizeof *entries);
        PP_ASSERT(items && entries);
        m->items = items;
        m->entries = entries;
    }
    m->items[m->len] = item;
    m->entries[m->len++] = e;
    m->bytes += 4 + item.size;
}

static void let_go(making *m) {
    for (size_t i = m->commands; i < m->len; i++) free((void *)m->items[i].data);
    free(m->items);
    free(m->entries);
    free(m->provers.list);
}

static bool is_among(const senders *s, const pp_address *sender) {
    for (size_t i = 0; i < s->len; i++)
        if (pp_address_eq(&s->list[i], sender)) return true;
    return false;
}

static void take_down(senders *s, const pp_address *sender) {
    if (s->len == s->max) {
        s->max = s->max ? 2 * s->max : 64;
        pp_address *list = realloc(s->list, s->max * sizeof *list);
        PP_ASSERT(list != NULL);
        s->list = list;
    }
    s->list[s->len++] = *sender;
}

// ---- what goes in -----------------------------------------------------------------------------

// The chain takes a LANE command for an open lane from anybody, and its transactions as they are:
// the proof fund would pay for whatever a stranger puts there. An open lane has the pool, which
// looks at what it takes; past that there is only FORCE, whose sender pays for a batch.
static bool is_junk_for_nothing(const pp_genesis *genesis, const pp_command *c) {
    if (c->kind != PP_COMMAND_LANE || c->payload.size < 8) return false;
    uint64_t lane = pp_load_le64(c->payload.data);
    return lane < genesis->rollups_len && genesis->rollups[lane].open;
}

// The commands of this one's sender that stand in the block already.
static pp_chain_ahead ahead_of(const making *m, const entry *e) {
    pp_chain_ahead ahead = {0, 0};
    for (size_t i = 0; e->counts && i < m->commands; i++) {
        if (!m->entries[i].counts || !pp_address_eq(&m->entries[i].sender, &e->sender)) continue;
        ahead.commands++;
        ahead.bytes += m->items[i].size;
    }
    return ahead;
}

static bool is_claimed(const making *m, const pp_hash32 *claim) {
    for (size_t i = 0; i < m->commands; i++)
        if (!m->entries[i].counts && pp_hash32_eq(&m->entries[i].hash, claim)) return true;
    return false;
}

// NULL: it goes in. What the block would refuse for nothing stays out, as far as that can be said:
// blocks are kept for ever.
static const char *at_the_door(entry *e, const making *m, const pp_chain *chain,
                               const pp_node_command *c) {
    pp_bytes item = {c->item, c->size};
    pp_item mine;
    bool is_command = pp_item_decode(&mine, item) && mine.type == PP_ITEM_COMMAND;
    if (is_command) {
        e->sender = mine.command.sender;
        e->counts = !pp_command_is_claim(mine.command.kind);
    }
    pp_market_reason market;
    pp_chain_code code = pp_chain_check_behind(&market, chain, item, ahead_of(m, e));
    if (code == PP_CHAIN_MARKET) return pp_market_reason_code(market);
    if (code != PP_CHAIN_OK) return pp_chain_reason(code);
    // Transactions come by JSON-RPC.
    if (!is_command || is_junk_for_nothing(pp_chain_genesis(chain), &mine.command))
        return pp_chain_reason(PP_CHAIN_KIND);
    if (!e->counts && (!pp_command_claim_key(&e->hash, &mine.command) || is_claimed(m, &e->hash)))
        return pp_chain_reason(PP_CHAIN_CLAIMED);
    return NULL;
}

// What a command is for its turn: proofs come last, as they are what takes the chain time; those of
// provers that are bound to it before those of anybody, who may send wrong ones at a bond each;
// and a second one of the same sender behind the first ones of the others.
enum {
    TURN_FIRST,
    TURN_BOUND,
    TURN_BOUND_AGAIN,
    TURN_ANYBODY,
    TURN_ANYBODY_AGAIN,
    TURNS,
};

typedef struct looked {
    pp_address sender;
    bool counts; // one of several that its sender has to say in order
    int turn;
    pp_hash32 request; // of a proof
    size_t shards;     // of it that may have to be verified
} looked;

static void look_at(looked *out, const pp_chain *chain, const pp_node_command *c) {
    pp_item item;
    pp_market_command command;
    *out = (looked){.turn = TURN_FIRST};
    if (!pp_item_decode(&item, (pp_bytes){c->item, c->size}) || item.type != PP_ITEM_COMMAND)
        return;
    out->sender = item.command.sender;
    out->counts = !pp_command_is_claim(item.command.kind);
    if (item.command.kind != PP_COMMAND_MARKET ||
        !pp_market_command_decode(&command, item.command.payload) ||
        command.kind != PP_MARKET_PROVE)
        return;
    const pp_market *market = pp_chain_market(chain);
    const pp_market_request *r = pp_market_find_request(market, &command.request);
    const pp_market_account *a = pp_market_find_account(market, &out->sender);
    bool bound = r != NULL && a != NULL && r->state == PP_MARKET_ASSIGNED &&
                 r->primary == (uint32_t)(a - market->accounts);
    out->turn = bound ? TURN_BOUND : TURN_ANYBODY;
    out->request = command.request;
    out->shards = pp_claim_shards(command.proof.data, command.proof.size,
                                  pp_chain_genesis(chain)->proofs.shards);
}

static int turn_of(const making *m, const looked *l) {
    return l->turn + (l->turn > TURN_FIRST && is_among(&m->provers, &l->sender));
}

// Where who is bound proves in this block, anybody's proof waits: it would cost its sender the fee
// for nothing, and the next block's door tells. Once only: who is bound could go on with wrong
// ones.
static bool is_beaten(const making *m, const looked *l, const pp_node_command *c) {
    if (l->turn != TURN_ANYBODY || (c->beaten != 0 && c->beaten != m->height)) return false;
    for (size_t i = 0; i < m->commands; i++)
        if (m->entries[i].counts && pp_hash32_eq(&m->entries[i].hash, &l->request)) return true;
    return false;
}

// What does not fit into an empty block either is refused at the door, not waited for; and a proof
// that is longer than all that a block should verify has a block for itself.
static bool has_room(const making *m, const pp_node_command *c, const looked *l,
                     size_t shards_max) {
    if (l->shards > 0 && m->shards > 0 &&
        (m->shards >= shards_max || l->shards > shards_max - m->shards))
        return false;
    return m->len == 0 || (m->len < m->most.items && m->bytes + 4 + c->size <= m->most.bytes);
}

// One turn through the first `left` of the queue. How many of them stay. With the lock.
static size_t take_turn(making *m, pp_node *node, size_t shards_max, int turn, size_t left) {
    const pp_chain *chain = pp_local_chain(node->local);
    senders waiting = {0}; // what they said after that waits too
    size_t stay = 0;
    pp_node_command **at = &node->inbox;
    for (; left > 0 && *at != NULL; left--) {
        pp_node_command *c = *at;
        looked l;
        look_at(&l, chain, c);
        bool behind = l.counts && is_among(&waiting, &l.sender),
             its_turn = !behind && turn_of(m, &l) <= turn, beaten = its_turn && is_beaten(m, &l, c),
             now = its_turn && !beaten && has_room(m, c, &l, shards_max);
        if (beaten) c->beaten = m->height;
        entry e = {.command = c};
        const char *refused = NULL;
        // Whose it is says its signature: nobody's commands wait for what another has sent.
        if (now || (!behind && !c->passed)) {
            pthread_mutex_unlock(&node->lock); // takes time; the queue only grows meanwhile
            refused = at_the_door(&e, m, chain, c);
            pthread_mutex_lock(&node->lock);
            c->passed = refused == NULL;
        }
        if (!now && refused == NULL) {
            if (!behind && l.counts) take_down(&waiting, &l.sender);
            at = &c->next;
            stay++;
            continue;
        }
        *at = c->next;
        if (*at == NULL) node->inbox_end = at;
        node->inbox_len--;
        node->inbox_bytes -= c->size;
        if (refused) {
            c->reason = refused;
            pp_node_finish(c);
            continue;
        }
        if (l.turn == TURN_BOUND) e.hash = l.request;
        hold(m, (pp_bytes){c->item, c->size}, e);
        m->shards += l.shards;
        if (l.turn > TURN_FIRST) take_down(&m->provers, &l.sender);
        m->commands = m->len;
    }
    free(waiting.list);
    return stay;
}

// Who has a proof in this block stands behind the others with what else he said: else proofs of one
// address, each as long as a block's, would have every block. With the lock.
static void stand_behind(const making *m, pp_node *node) {
    const pp_chain *chain = pp_local_chain(node->local);
    pp_node_command **at = &node->inbox, *last = NULL, **last_end = &last;
    while (m->provers.len > 0 && *at != NULL) {
        pp_node_command *c = *at;
        looked l;
        look_at(&l, chain, c);
        if (l.counts && is_among(&m->provers, &l.sender)) {
            *at = c->next;
            *last_end = c;
            last_end = &c->next;
        } else {
            at = &c->next;
        }
    }
    if (last == NULL) return;
    *last_end = NULL;
    *at = last;
    node->inbox_end = last_end;
}

enum { AROUND = 4 + 13 }; // bytes of a block around a transaction, which is longer than they

// The transactions that wait; with the lock.
static pp_block_share waiting_txs(const pp_node *node) {
    pp_pool_size size = pp_node_waiting(node);
    return (pp_block_share){size.txs, size.bytes + AROUND * size.txs};
}

// Commands first: what provers say has deadlines. They leave half of the block to transactions that
// wait. What has no room stays, and so does what comes while these are looked at: a block has to
// begin.
static void take_commands(making *m, pp_node *node, const pp_genesis *genesis) {
    uint64_t shard_ns = pp_local_shard_ns(node->local);
    size_t shards_max = (size_t)(genesis->block_interval * (1000000 / 2) / shard_ns);
    pthread_mutex_lock(&node->lock);
    m->most = pp_genesis_share(genesis, waiting_txs(node));
    size_t left = node->inbox_len;
    for (int turn = 0; turn < TURNS && left > 0; turn++)
        left = take_turn(m, node, shards_max, turn, left);
    stand_behind(m, node);
    pthread_mutex_unlock(&node->lock);
}

static void choose(making *m, pp_node_lane *lane, pp_pool_terms *terms) {
    const pp_pool_tx **chosen = (const pp_pool_tx **)calloc(terms->max, sizeof(const pp_pool_tx *));
    PP_ASSERT(chosen != NULL);
    pthread_mutex_lock(&lane->node->lock);
    size_t len = pp_pool_select(chosen, lane->pool, terms);
    for (size_t i = 0; i < len; i++) {
        pp_bytes raw = {chosen[i]->raw, chosen[i]->raw_size};
        pp_bytes item;
        item.data = pp_lane_tx_encode(&item.size, lane->id, raw);
        hold(m, item, (entry){.lane = lane, .hash = chosen[i]->tx.hash});
    }
    pthread_mutex_unlock(&lane->node->lock);
    free((void *)chosen);
}

// At most so many transactions of a lane, and so many bytes of the block.
static void take_from(making *m, pp_node_lane *lane, size_t max, size_t bytes) {
    if (max > bytes / 2 / AROUND) max = bytes / 2 / AROUND;
    if (max > PP_POOL_TXS_MAX) max = PP_POOL_TXS_MAX;
    pp_pool_terms terms;
    pp_address *to_free;
    if (max == 0 || !pp_node_terms(&terms, &to_free, lane, m->items, m->commands)) return;
    terms.max = max;
    terms.max_bytes = bytes - AROUND * max;
    choose(m, lane, &terms);
    free(to_free);
}

typedef struct part {
    pp_node_lane *lane;
    size_t txs;
} part;

static int by_txs(const void *a, const void *b) {
    const part *x = a, *y = b;
    return x->txs < y->txs ? -1 : x->txs > y->txs;
}

// Each pool may fill the same part of what is left, and the one in which the fewest wait comes
// first: what it does not need is the others'.
static void take_transactions(making *m, pp_node *node, const pp_genesis *genesis) {
    part list[PP_GENESIS_ROLLUPS_MAX];
    size_t len = 0, room = pp_genesis_block_room(genesis);
    pthread_mutex_lock(&node->lock);
    for (size_t i = 0; i < node->lanes_len; i++) {
        list[len] = (part){&node->lanes[i], pp_pool_size_get(node->lanes[i].pool).txs};
        len += list[len].txs > 0;
    }
    pthread_mutex_unlock(&node->lock);
    qsort(list, len, sizeof *list, by_txs);
    for (size_t i = 0; i < len && m->len < genesis->block_items && m->bytes < room; i++)
        take_from(m, list[i].lane, (genesis->block_items - m->len) / (len - i),
                  (room - m->bytes) / (len - i));
}

// ---- what comes of it -------------------------------------------------------------------------

static bool copy_ends(pp_node *node) {
    uint64_t records = pp_local_records(node->local);
    if (records > node->ends_max) {
        size_t max = 2 * (size_t)records + 1024;
        uint64_t *bigger = realloc(node->ends, max * sizeof *bigger);
        if (bigger == NULL) return false;
        node->ends = bigger;
        node->ends_max = max;
    }
    uint64_t next;
    node->base = pp_local_base(node->local, &next);
    for (uint64_t h = node->ends_len; h < records; h++) {
        uint64_t offset;
        size_t size;
        if (h > 0 && h <= node->base) { // pruned
            node->ends[h] = next;
            continue;
        }
        pp_local_span(&offset, &size, node->local, h);
        node->ends[h] = offset + size + PP_LOG_LINK_SIZE;
    }
    node->ends_len = records;
    return true;
}

bool pp_node_observe(pp_err *err, pp_node *node, const pp_chain_result *result) {
    const pp_chain *chain = pp_local_chain(node->local);
    pp_node_view *v = &node->view;
    pp_book_refresh(node->book, chain);
    pp_chain_info_get(&v->info, chain);
    v->balanced = pp_chain_ledger_get(&v->ledger, chain);
    v->lanes_len = (size_t)v->info.lanes;
    for (size_t i = 0; i < v->lanes_len; i++)
        if (!pp_chain_lane_get(&v->lanes[i], chain, i)) PP_ASSERT(false);
    const pp_node_lane *first = pp_node_first_lane(node);
    if (first != NULL) v->finalized = pp_index_finalized(first->index);
    if (!copy_ends(node)) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    v->log_bytes = node->ends[node->ends_len - 1];
    for (size_t i = 0; i < result->events_len; i++) {
        const pp_chain_event *e = &result->events[i];
        if (e->kind == PP_EVENT_INCIDENT)
            pp_note(node->options.log, "incident", "lane=%llu batch=%llu why=\"%s\"",
                    (unsigned long long)e->lane, (unsigned long long)e->batch, e->text);
    }
    return true;
}

// What the lane was asked for and a batch refused, but another one may take.
static bool may_come_again(pp_rollup_reason reason) {
    return reason == PP_ROLLUP_NONCE_GAP || reason == PP_ROLLUP_FEE_CAP ||
           reason == PP_ROLLUP_BATCH_GAS;
}

// Whoever ordered a transaction, and whichever way it came: what the nonces have passed goes. Of
// what came from the pool, what could not be ordered now stays, and so does what another batch may
// take; the rest can never be valid.
static void settle_pools(pp_node *node, const making *m, const pp_chain_result *result,
                         size_t taken) {
    for (size_t i = 0; i < result->events_len; i++) {
        const pp_chain_event *e = &result->events[i];
        if (e->kind != PP_EVENT_TX) continue;
        pp_pool *pool = node->lanes[e->lane].pool;
        pp_pool_settle(pool, &e->account);
        bool chosen = !e->forced && e->item >= m->commands && e->item < taken;
        if (chosen && e->rollup != PP_ROLLUP_OK && !may_come_again(e->rollup))
            pp_pool_drop(pool, &m->entries[e->item].hash);
    }
    for (size_t i = m->commands; i < taken; i++) {
        pp_chain_code code = result->items[i].code;
        bool ordered = code == PP_CHAIN_OK, later = code == PP_CHAIN_BACKLOG ||
                                                    code == PP_CHAIN_STOPPED ||
                                                    code == PP_CHAIN_FROZEN;
        PP_ASSERT(m->entries != NULL && m->entries[i].lane != NULL); // a transaction
        const entry *e = &m->entries[i];
        if (!ordered && !later) pp_pool_drop(e->lane->pool, &e->hash);
    }
    for (size_t i = 0; i < node->lanes_len; i++)
        pp_pool_turn(node->lanes[i].pool, node->lanes[i].rpc.env.base_fee);
}

static void settle(pp_node *node, const making *m, const pp_chain_result *result, size_t taken) {
    settle_pools(node, m, result, taken);
    for (size_t i = 0; i < m->commands; i++) {
        pp_node_command *c = m->entries[i].command;
        c->reason = i < taken ? pp_chain_item_reason(&result->items[i]) : "C-SIZE";
        c->height = i < taken ? node->view.info.height : 0;
        pp_node_finish(c);
    }
}

static uint64_t wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// With the lock.
static bool take_in(pp_err *err, pp_node *node, const pp_chain_result *result, uint64_t ns) {
    bool ok = pp_node_see(err, node, result) && pp_node_observe(err, node, result);
    if (ok) node->view.block_ns = ns;
    return ok;
}

bool pp_node_take_in(pp_err *err, pp_node *node, const pp_chain_result *result, uint64_t ns) {
    pthread_mutex_lock(&node->lock);
    bool ok = take_in(err, node, result, ns);
    pthread_mutex_unlock(&node->lock);
    return ok;
}

// The block came to nothing.
static void drop(pp_node *node, const making *m) {
    pthread_mutex_lock(&node->lock);
    for (size_t i = 0; i < m->commands; i++) {
        m->entries[i].command->dropped = true;
        pp_node_finish(m->entries[i].command);
    }
    pthread_mutex_unlock(&node->lock);
}

bool pp_node_make_block(pp_err *err, pp_node *node) {
    const pp_genesis *genesis = pp_node_genesis(node);
    pp_chain_info info;
    pp_chain_info_get(&info, pp_local_chain(node->local));
    making m = {.height = info.height + 1};
    take_commands(&m, node, genesis);
    take_transactions(&m, node, genesis);
    uint64_t begin = pp_clock_ns();
    pp_chain_result result;
    size_t taken;
    // As the clock says, before the last block's time too: a clock that was ahead and is put right
    // would else stop market time, which moves with the difference, until it is there again.
    uint64_t now = wall_ms() + (uint64_t)node->clock_ms;
    bool ok = pp_local_append(err, &result, &taken, node->local, now, m.items, m.len);
    uint64_t ns = pp_clock_ns() - begin;
    pthread_mutex_lock(&node->lock);
    ok = ok && take_in(err, node, &result, ns);
    if (ok) {
        settle(node, &m, &result, taken);
        pp_node_shorten_journal(node);
    }
    pthread_mutex_unlock(&node->lock);
    if (!ok) drop(node, &m);
    if (ok && m.len > 0)
        pp_note(node->options.log, "block", "height=%llu commands=%zu transactions=%zu ms=%.1f",
                (unsigned long long)m.height, m.commands, taken - m.commands, (double)ns / 1e6);
    let_go(&m);
    return ok;
}
