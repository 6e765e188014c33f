// SPDX-License-Identifier: MIT OR Apache-2.0
// A node's life, and what its server asks.
#include "node/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "chain/genesis.h"
#include "keystore/keystore.h"
#include "node/internal.h"

// ---- opening ----------------------------------------------------------------------------------

static void account_of(void *ctx, pp_account *out, const pp_address *address) {
    const pp_node *node = ctx;
    bool known = pp_index_account(out, node->index, address, pp_index_head(node->index));
    PP_ASSERT(known); // the head's state is always kept
}

static const char *busy(void *ctx) {
    const pp_node *node = ctx;
    const pp_chain_lane *lane = &node->view.lanes[node->lane];
    const pp_genesis_rollup *rollup = &pp_node_genesis(node)->rollups[node->lane];
    if (node->stopping) return "the node is stopping";
    if (node->options.follow) return "this node follows another one: send it there";
    if (lane->frozen) return "the rollup is frozen: somebody has left it by the exit";
    if (lane->incident) return "the rollup stands still: an incident, see the node's status";
    if (lane->batches - lane->checked >= rollup->batch_backlog)
        return "too many batches wait for a proof; try again later";
    return NULL;
}

static void on_taken(void *ctx, const pp_hash32 *hash, pp_bytes raw) {
    (void)hash;
    pp_journal_add(&((pp_node *)ctx)->journal, raw);
}

// From the journal: what was ordered meanwhile, or can never be, goes.
static void on_waiting(void *ctx, pp_bytes raw) {
    pp_node *node = ctx;
    if (node->has_lane) pp_pool_add(node->pool, &node->rpc.env, raw);
}

static bool find_lane(pp_node *node, const pp_genesis *genesis) {
    for (size_t i = 0; i < genesis->rollups_len; i++)
        if (genesis->rollups[i].open) {
            node->lane = i;
            return true;
        }
    return false;
}

void pp_node_price(pp_node *node) {
    if (node->index == NULL) return;
    const pp_index_block *head = pp_index_block_at(node->index, pp_index_head(node->index));
    node->rpc.env.base_fee = head->base_fee;
}

// The index follows the log from its first block on.
static bool begin_index(pp_err *err, pp_node *node, pp_chain *chain) {
    const pp_genesis_rollup *r = &pp_chain_genesis(chain)->rollups[node->lane];
    if (!pp_index_new(err, &node->index, chain, node->lane, node->options.dir)) return false;
    node->rpc.index = node->index;
    node->rpc.env = (pp_rollup_env){.chain_id = r->chain_id,
                                    .base_fee = r->base_fee,
                                    .gas_limit = r->gas_limit,
                                    .fee_recipient = r->fee_recipient};
    return true;
}

typedef struct opening {
    pp_node *node;
    pp_err err; // exit_code != 0: failed
} opening;

static void on_genesis(void *ctx, pp_chain *chain) {
    opening *o = ctx;
    if (!pp_book_new(&o->err, &o->node->book, chain, o->node->options.dir)) return;
    o->node->has_lane = find_lane(o->node, pp_chain_genesis(chain));
    if (o->node->has_lane && !begin_index(&o->err, o->node, chain)) PP_ASSERT(o->err.exit_code);
}

static void on_block(void *ctx, uint64_t height, uint64_t of, const pp_chain_result *result,
                     pp_chain *chain) {
    opening *o = ctx;
    (void)height, (void)of;
    if (o->err.exit_code != 0 ||
        !pp_book_add(&o->err, o->node->book, chain, pp_local_block(o->node->local), result) ||
        !o->node->has_lane)
        return;
    if (!pp_index_add(&o->err, o->node->index, chain, pp_local_block(o->node->local), result))
        PP_ASSERT(o->err.exit_code);
    pp_node_price(o->node);
}

static bool read_genesis(pp_err *err, uint8_t **file, size_t *size, const pp_node *node) {
    char path[4096 + 32];
    if (pp_local_begun(node->local)) {
        pp_bytes bytes;
        if (!pp_local_genesis(err, &bytes, node->local)) return false;
        *file = malloc(bytes.size + 1);
        if (*file == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
        memcpy(*file, bytes.data, bytes.size);
        *size = bytes.size;
        return true;
    }
    if (node->options.follow)
        return pp_node_fetch_genesis(err, file, size, node->options.follow, &node->options.genesis);
    snprintf(path, sizeof path, "%s/genesis.json", node->options.dir);
    return pp_file_read(err, file, size, path, PP_GENESIS_FILE_MAX);
}

static bool load_signer(pp_err *err, pp_node *node) {
    char path[4096 + 32];
    uint8_t *text, key[32];
    size_t size;
    snprintf(path, sizeof path, "%s/signer.key", node->options.dir);
    if (!pp_file_read(err, &text, &size, path, 256)) return false;
    bool ok = pp_keystore_hex(key, (pp_bytes){text, size}) ||
              pp_err_set(err, PP_EXIT_USAGE, "%s: not a key: 64 hex digits", path);
    if (ok) pp_local_sign_with(node->local, key);
    explicit_bzero(key, sizeof key);
    explicit_bzero(text, size);
    free(text);
    return ok;
}

static bool start_chain(pp_err *err, pp_node *node, pp_bytes file) {
    char path[4096 + 32];
    pp_genesis genesis;
    if (!pp_genesis_parse(err, &genesis, "genesis.json", file)) return false;
    pp_hash32 end = genesis.beacon_end, hash;
    bool signs = genesis.has_signer;
    pp_genesis_free(&genesis);
    pp_genesis_hash(&hash, file);
    if (node->options.follow && !pp_hash32_eq(&hash, &node->options.genesis))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: holds another network", node->options.dir);
    if (!node->options.follow && signs && !load_signer(err, node)) return false;
    snprintf(path, sizeof path, "%s/beacon", node->options.dir);
    if (!node->options.follow && !pp_beacon_load(err, &node->beacon, path, &end)) return false;
    opening o = {.node = node};
    pp_local_watch watch = {.ctx = &o, .on_genesis = on_genesis, .on_block = on_block};
    pp_beacon *beacon = node->options.follow ? NULL : &node->beacon;
    if (!pp_local_start(err, node->local, file, beacon, &watch)) return false;
    if (o.err.exit_code == 0) return true;
    *err = o.err;
    return false;
}

static bool open_files(pp_err *err, pp_node *node) {
    char path[4096 + 32];
    snprintf(path, sizeof path, "%s/chain.log", node->options.dir);
    node->log_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (node->log_fd < 0)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot read: %s", path, strerror(errno));
    return pp_journal_open(err, &node->journal, node->options.dir, on_waiting, node);
}

// Nothing is made where there is no network.
static bool is_network(pp_err *err, const pp_node *node) {
    static const char *const files[] = {"chain.log", "genesis.json"};
    char path[4096 + 32];
    if (strlen(node->options.dir) > 4096 - 32)
        return pp_err_set(err, PP_EXIT_USAGE, "%.60s…: path too long", node->options.dir);
    for (size_t i = 0; i < PP_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", node->options.dir, files[i]);
        if (access(path, F_OK) == 0) return true;
    }
    return node->options.follow != NULL ||
           pp_err_set(err, PP_EXIT_USAGE, "%s: no network is here; polypoly node init makes one",
                      node->options.dir);
}

static bool open_all(pp_err *err, pp_node *node) {
    uint8_t *file = NULL;
    size_t size = 0;
    if (!is_network(err, node) || !pp_local_open(err, &node->local, node->options.dir) ||
        !read_genesis(err, &file, &size, node))
        return false;
    bool ok = start_chain(err, node, (pp_bytes){file, size});
    free(file);
    if (!ok) return false;
    node->pool = pp_pool_new(account_of, node);
    node->rpc.pool = node->pool;
    pp_chain_result nothing = {.code = PP_CHAIN_OK};
    return open_files(err, node) && pp_node_observe(err, node, &nothing);
}

bool pp_node_open(pp_err *err, pp_node **out, const pp_node_options *options) {
    *out = NULL;
    pp_node *node = calloc(1, sizeof *node);
    if (node == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    node->options = *options;
    node->log_fd = node->journal.fd = -1;
    node->inbox_end = &node->inbox;
    node->rpc.client = options->client;
    node->rpc.ctx = node;
    node->rpc.busy = busy;
    node->rpc.on_taken = on_taken;
    pthread_mutex_init(&node->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&node->wake, &attr);
    pthread_cond_init(&node->written, &attr);
    pthread_condattr_destroy(&attr);
    if (!open_all(err, node)) {
        pp_node_close(node);
        return false;
    }
    pp_note(node->options.log, "opened", "height=%llu waiting=%zu",
            (unsigned long long)node->view.info.height, node->view.pool_txs);
    *out = node;
    return true;
}

void pp_node_close(pp_node *node) {
    if (node == NULL) return;
    PP_ASSERT(!node->running);
    pp_journal_close(&node->journal);
    pp_pool_free(node->pool);
    pp_index_free(node->index);
    pp_book_free(node->book);
    pp_local_close(node->local);
    pp_beacon_free(&node->beacon);
    if (node->log_fd >= 0) close(node->log_fd);
    free(node->ends);
    pthread_cond_destroy(&node->wake);
    pthread_cond_destroy(&node->written);
    pthread_mutex_destroy(&node->lock);
    free(node);
}

// ---- running ----------------------------------------------------------------------------------

void pp_node_changed(pp_node *node) {
    if (node->on_change) node->on_change(node->change_ctx);
}

// With the lock. Everything that waits hears that nothing will come of it.
static void give_up(pp_node *node) {
    for (pp_node_command *c = node->inbox, *next; c; c = next) {
        next = c->next;
        c->dropped = true;
        pp_node_finish(c);
    }
    node->inbox = NULL;
    node->inbox_end = &node->inbox;
    node->inbox_len = node->inbox_bytes = 0;
}

static void fail(pp_node *node, const pp_err *err) {
    pthread_mutex_lock(&node->lock);
    if (node->failed.exit_code == 0) node->failed = *err;
    node->stopping = true;
    pthread_cond_broadcast(&node->wake);
    pthread_cond_broadcast(&node->written);
    pthread_mutex_unlock(&node->lock);
    pp_note(node->options.log, "failed", "why=\"%s\"", err->text);
    pp_node_changed(node);
}

// Answers what is asked of the chain meanwhile. False when the node stops.
static bool wait_until(pp_node *node, const struct timespec *due) {
    for (bool over = false;;) {
        pthread_mutex_lock(&node->lock);
        while (!node->stopping && !over && node->questions == NULL)
            over = pthread_cond_timedwait(&node->wake, &node->lock, due) != 0;
        bool stop = node->stopping;
        pthread_mutex_unlock(&node->lock);
        if (stop) return false;
        if (pp_node_answer(node)) pp_node_changed(node);
        if (over) return true;
    }
}

// Until the node stops. False with one sentence when the environment failed.
static bool make_blocks(pp_err *err, pp_node *node) {
    uint64_t interval = pp_node_genesis(node)->block_interval;
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (;;) {
        due.tv_sec += (time_t)(interval / 1000);
        due.tv_nsec += (long)(interval % 1000) * 1000000;
        if (due.tv_nsec >= 1000000000) due.tv_sec++, due.tv_nsec -= 1000000000;
        if (!wait_until(node, &due)) return true;
        if (!pp_node_make_block(err, node)) return false;
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t late = ((int64_t)now.tv_sec - due.tv_sec) * 1000 +
                       ((int64_t)now.tv_nsec - due.tv_nsec) / 1000000;
        pthread_mutex_lock(&node->lock);
        node->view.late_ms = late > 0 ? (uint64_t)late : 0;
        pthread_mutex_unlock(&node->lock);
        if (late > (int64_t)interval) due = now; // a slow block moves the ones behind it
        pp_node_changed(node);
    }
}

static void *bring_blocks(void *arg) {
    pp_node *node = arg;
    pp_err err = {.exit_code = 0};
    if (!(node->options.follow ? pp_node_follow(&err, node) : make_blocks(&err, node)))
        fail(node, &err);
    pthread_mutex_lock(&node->lock);
    give_up(node);
    pp_node_answer_none(node);
    node->stopping = true;
    pthread_cond_broadcast(&node->written);
    pthread_mutex_unlock(&node->lock);
    pp_node_changed(node);
    return NULL;
}

static void *write_journal(void *arg) {
    pp_node *node = arg;
    pp_err err = {.exit_code = 0};
    pthread_mutex_lock(&node->lock);
    for (;;) {
        while (!node->stopping && node->journal.taken == node->journal.safe)
            pthread_cond_wait(&node->written, &node->lock);
        if (node->journal.taken == node->journal.safe) break;
        pp_journal_part part = pp_journal_take(&node->journal);
        node->journal_busy = true;
        pthread_mutex_unlock(&node->lock);
        bool ok = pp_journal_write(&err, &node->journal, &part);
        if (!ok) fail(node, &err);
        pthread_mutex_lock(&node->lock);
        node->journal_busy = false;
        if (!ok) break;
        pp_journal_wrote(&node->journal, &part);
        pthread_mutex_unlock(&node->lock);
        pp_node_changed(node);
        pthread_mutex_lock(&node->lock);
    }
    pthread_mutex_unlock(&node->lock);
    return NULL;
}

bool pp_node_start(pp_err *err, pp_node *node) {
    PP_ASSERT(!node->running);
    if (pthread_create(&node->maker, NULL, bring_blocks, node) != 0)
        return pp_err_set(err, PP_EXIT_USAGE, "cannot start a thread: %s", strerror(errno));
    if (pthread_create(&node->writer, NULL, write_journal, node) != 0) {
        pp_node_stop(node);
        pthread_join(node->maker, NULL);
        return pp_err_set(err, PP_EXIT_USAGE, "cannot start a thread: %s", strerror(errno));
    }
    node->running = true;
    return true;
}

void pp_node_stop(pp_node *node) {
    pthread_mutex_lock(&node->lock);
    node->stopping = true;
    pthread_cond_broadcast(&node->wake);
    pthread_cond_broadcast(&node->written);
    pthread_mutex_unlock(&node->lock);
}

bool pp_node_follows(const pp_node *node) {
    return node->options.follow != NULL;
}

bool pp_node_is_stopping(pp_node *node) {
    pthread_mutex_lock(&node->lock);
    bool stopping = node->stopping;
    pthread_mutex_unlock(&node->lock);
    return stopping;
}

bool pp_node_wait(pp_err *err, pp_node *node) {
    PP_ASSERT(node->running);
    pthread_join(node->maker, NULL);
    pthread_join(node->writer, NULL);
    node->running = false;
    pp_note(node->options.log, "stopped", "height=%llu",
            (unsigned long long)node->view.info.height);
    if (node->failed.exit_code == 0) return true;
    *err = node->failed;
    return false;
}

// ---- questions --------------------------------------------------------------------------------

void pp_node_listen(pp_node *node, void (*on_change)(void *ctx), void *ctx) {
    PP_ASSERT(!node->running);
    node->on_change = on_change;
    node->change_ctx = ctx;
}

const pp_genesis *pp_node_genesis(const pp_node *node) {
    return pp_chain_genesis(pp_local_chain(node->local)); // immutable
}

// With the lock.
static void update_view(pp_node *node) {
    pp_pool_size pool = pp_pool_size_get(node->pool);
    node->view.pool_txs = pool.txs;
    node->view.pool_bytes = pool.bytes;
    node->view.pool_gapped = pool.gapped;
    node->view.rpc_calls = node->rpc.calls;
    node->view.rpc_errors = node->rpc.errors;
}

void pp_node_view_get(pp_node_view *out, pp_node *node) {
    pthread_mutex_lock(&node->lock);
    update_view(node);
    *out = node->view;
    pthread_mutex_unlock(&node->lock);
}

void pp_node_read(pp_node *node, void (*read)(void *ctx, const pp_node_seen *seen), void *ctx) {
    pthread_mutex_lock(&node->lock);
    update_view(node);
    pp_node_seen seen = {&node->view, node->book, node->index};
    read(ctx, &seen);
    pthread_mutex_unlock(&node->lock);
}

char *pp_node_rpc(size_t *size, uint64_t *ticket, pp_node *node, pp_bytes request) {
    static const char none[] = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32601,"
                               "\"message\":\"no lane of this network is open to transactions\"}}";
    *ticket = 0;
    if (!node->has_lane) {
        *size = sizeof none - 1;
        return strdup(none);
    }
    pthread_mutex_lock(&node->lock);
    uint64_t before = node->journal.taken;
    char *answer = pp_rpc_answer(size, &node->rpc, request);
    if (node->journal.taken != before) {
        *ticket = node->journal.taken;
        pthread_cond_signal(&node->written);
    }
    pthread_mutex_unlock(&node->lock);
    return answer;
}

bool pp_node_is_safe(pp_node *node, uint64_t ticket) {
    pthread_mutex_lock(&node->lock);
    bool safe = node->journal.safe >= ticket;
    pthread_mutex_unlock(&node->lock);
    return safe;
}

pp_node_command *pp_node_submit(pp_node *node, uint8_t *item, size_t size) {
    pp_node_command *command = calloc(1, sizeof *command);
    PP_ASSERT(command != NULL);
    pthread_mutex_lock(&node->lock);
    bool room = !node->stopping && !node->options.follow && node->inbox_len < PP_NODE_INBOX_MAX &&
                size <= PP_NODE_INBOX_BYTES_MAX - node->inbox_bytes;
    if (room) {
        *command = (pp_node_command){.item = item, .size = size};
        *node->inbox_end = command;
        node->inbox_end = &command->next;
        node->inbox_len++;
        node->inbox_bytes += size;
    }
    pthread_mutex_unlock(&node->lock);
    if (room) return command;
    free(command);
    return NULL;
}

static void free_command(pp_node_command *command) {
    free(command->item);
    free(command);
}

void pp_node_finish(pp_node_command *command) {
    command->done = true;
    if (command->abandoned) free_command(command);
}

void pp_node_abandon(pp_node *node, pp_node_command *command) {
    pthread_mutex_lock(&node->lock);
    if (command->done)
        free_command(command);
    else
        command->abandoned = true;
    pthread_mutex_unlock(&node->lock);
}

bool pp_node_is_done(pp_node *node, const pp_node_command *command) {
    pthread_mutex_lock(&node->lock);
    bool done = command->done;
    pthread_mutex_unlock(&node->lock);
    return done;
}

static bool read_log(uint8_t *out, size_t size, const pp_node *node, uint64_t offset) {
    while (size > 0) {
        ssize_t n = pread(node->log_fd, out, size, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        out += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return true;
}

// With the lock.
static uint64_t begin_of(const pp_node *node, uint64_t height) {
    PP_ASSERT(height < node->ends_len);
    return (height == 0 ? 0 : node->ends[height - 1]) + PP_LOG_HEADER_SIZE;
}
static size_t size_of(const pp_node *node, uint64_t height) {
    return (size_t)(node->ends[height] - PP_LOG_LINK_SIZE - begin_of(node, height));
}

size_t pp_node_block_size(pp_node *node, uint64_t height) {
    pthread_mutex_lock(&node->lock);
    size_t size = size_of(node, height);
    pthread_mutex_unlock(&node->lock);
    return size;
}

bool pp_node_bytes(uint8_t *out, size_t size, pp_node *node, uint64_t height, size_t offset) {
    pthread_mutex_lock(&node->lock);
    uint64_t begin = begin_of(node, height) + offset;
    PP_ASSERT(offset + size <= size_of(node, height));
    pthread_mutex_unlock(&node->lock);
    return read_log(out, size, node, begin);
}

// Blocks ahead of the next one that an answer waits for: a wait must come to an end by itself.
enum { WAIT_AHEAD = 64 };

pp_node_records pp_node_records_from(pp_node *node, uint64_t height, size_t max) {
    pp_node_records r = {.height = height, .end = height};
    pthread_mutex_lock(&node->lock);
    r.far = height > node->ends_len + WAIT_AHEAD;
    for (; r.end < node->ends_len; r.end++) {
        size_t next = 4 + size_of(node, r.end);
        if (r.end > height && r.size + next > max) break;
        r.size += next;
    }
    pthread_mutex_unlock(&node->lock);
    return r;
}

size_t pp_node_records_read(uint8_t *out, size_t max, pp_node *node, pp_node_records *r) {
    size_t got = 0;
    while (r->height < r->end) {
        size_t size = pp_node_block_size(node, r->height);
        if (r->offset == 0) {
            if (max - got <= 4) break;
            pp_store_le32(out + got, (uint32_t)size);
            got += 4;
        }
        size_t left = size - r->offset, n = left < max - got ? left : max - got;
        if (!pp_node_bytes(out + got, n, node, r->height, r->offset)) return 0;
        got += n;
        r->offset += n;
        if (n < left) break;
        r->offset = 0;
        r->height++;
    }
    return got;
}
