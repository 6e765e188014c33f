// SPDX-License-Identifier: MIT OR Apache-2.0
// What the node's files share. Only for node/.
#ifndef PP_NODE_INTERNAL_H
#define PP_NODE_INTERNAL_H

#include <pthread.h>

#include "host/local.h"
#include "host/log.h"
#include "host/note.h"
#include "index/index.h"
#include "node/journal.h"
#include "node/node.h"
#include "pool/pool.h"
#include "rpc/rpc.h"

enum {
    PP_NODE_INBOX_MAX = 4096,            // commands that wait; half of them of one address
    PP_NODE_INBOX_BYTES_MAX = 256 << 20, // bytes of them, likewise; small ones have room always
    PP_NODE_QUESTIONS_MAX = 64,          // questions about the chain itself that wait
};

// What is served of one lane. Where the lane is closed the pool stays empty.
typedef struct pp_node_lane {
    pp_node *node;
    uint64_t id;
    pp_index *index;
    pp_pool *pool;
    pp_rpc rpc;
} pp_node_lane;

struct pp_node {
    pp_node_options options;
    int64_t clock_ms; // what block times have beside this machine's clock: 0, but in tests
    // The block maker's alone.
    pp_beacon beacon;
    pp_local *local;
    size_t from_genesis; // lanes that the genesis file names
    uint64_t from, seen; // book and index begin behind this block, and stand behind that one
    uint64_t executed;   // blocks, at the start

    pthread_mutex_t lock;
    // Under the lock from here on.
    pthread_cond_t wake;    // the maker: stop, commands
    pthread_cond_t written; // the journal's writer: something to write, stop
    bool stopping, running;
    bool journal_long; // it is to be written anew
    pp_err failed;     // exit_code != 0: why it stopped by itself
    pp_book *book;
    pp_node_lane lanes[PP_GENESIS_ROLLUPS_MAX]; // by their numbers
    size_t lanes_len;
    pp_journal journal;
    pp_node_view view;
    pp_node_command *inbox, **inbox_end;
    size_t inbox_len, inbox_bytes;
    pp_node_question *questions, **questions_end; // that wait
    size_t questions_len;
    uint64_t *ends; // where the payloads' records end in the log: a copy for readers
    size_t ends_len, ends_max;
    uint64_t base; // blocks 1 to this one are not there any more
    int log_fd;
    void (*on_change)(void *ctx);
    void *change_ctx;

    pthread_t maker, writer;
};

// With the lock: the command is answered. It may be freed by this.
void pp_node_finish(pp_node_command *command);
// In the thread that owns the chain, between blocks: goes on with what is asked of it, a step at
// least, until nothing is left or the clock (pp_clock_ns) is past `until`. True when something was
// answered: the server is then to be told.
bool pp_node_answer(pp_node *node, uint64_t until);
// With the lock: nobody will answer any more.
void pp_node_answer_none(pp_node *node);
// Tells the server.
void pp_node_changed(pp_node *node);

// ---- lanes.c; all with the lock, where the node runs --------------------------------------------

// As the chain has it: genesis' rollups and those that commands made.
const pp_genesis_rollup *pp_node_rollup(const pp_node_lane *lane);
// Serves the next lane, which is this entry of the chain's: with this index, which is taken over,
// and an empty pool.
void pp_node_add_lane(pp_node *node, const pp_genesis_rollup *entry, pp_index *index);
// Lets go of all of them.
void pp_node_drop_lanes(pp_node *node);
// What gas costs behind the last block: for whoever asks, and for the pools.
void pp_node_price(pp_node *node);
// The pools' limits, by how many there are: genesis' open lanes share one, those that commands made
// another, so that nobody who makes lanes takes room from the network's own.
void pp_node_share_pools(pp_node *node);
// What waits, in all pools.
pp_pool_size pp_node_waiting(const pp_node *node);
// The lane that answers POST /: the first open one of genesis. NULL: none.
pp_node_lane *pp_node_first_lane(pp_node *node);
// From the journal: a transaction that waited, or the hash of one that waits no more.
void pp_node_restore(pp_node *node, pp_bytes raw);

// kept.c: whoever starts node->local watches it so: then book and index are there, and node->failed
// says whether that went wrong. What the last block brought goes into both; with the lock.
void pp_node_watch(pp_local_watch *out, pp_node *node);
PP_NODISCARD bool pp_node_see(pp_err *err, pp_node *node, const pp_chain_result *result);
// Takes in a block that was just executed.
PP_NODISCARD bool pp_node_take_in(pp_err *err, pp_node *node, const pp_chain_result *result,
                                  uint64_t ns);
// Takes the other node's blocks until this one stops. False with one sentence.
PP_NODISCARD bool pp_node_follow(pp_err *err, pp_node *node);
// The genesis of the node at url, malloc'ed: false unless it has this hash.
PP_NODISCARD bool pp_node_fetch_genesis(pp_err *err, uint8_t **file, size_t *size, const char *url,
                                        const pp_hash32 *hash);
// What an open lane's transactions of the next block would come to stand in, behind its commands;
// all but max and max_bytes. False when it takes none. *to_free: malloc'ed, for the caller to free
// behind the last use. In the thread that owns the chain.
PP_NODISCARD bool pp_node_terms(pp_pool_terms *out, pp_address **to_free, const pp_node_lane *lane,
                                const pp_bytes *commands, size_t commands_len);
// writer.c, with the lock: asks for the journal to be written anew where it has become long;
// whether there is something to write; and writes it, without the lock meanwhile.
void pp_node_shorten_journal(pp_node *node);
bool pp_node_has_part(const pp_node *node);
PP_NODISCARD bool pp_node_write_part(pp_err *err, pp_node *node);
// Makes the next block. False with one sentence when the environment failed.
PP_NODISCARD bool pp_node_make_block(pp_err *err, pp_node *node);
// Takes in what the last block brought. With the lock.
PP_NODISCARD bool pp_node_observe(pp_err *err, pp_node *node, const pp_chain_result *result);

#endif
