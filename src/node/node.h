// SPDX-License-Identifier: MIT OR Apache-2.0
// A node: the chain of one directory kept going, block after block, and its questions answered.
//
//   DIR/genesis.json   the network, until the log has it
//   DIR/beacon         the host's beacon (host/beacon.h), mode 0600
//   DIR/chain.log …    the local host (host/local.h)
//   DIR/index/         what answers about the past stand in, kept with its snapshots (node/kept.c)
//   DIR/pool.log       acknowledged transactions that wait (node/journal.h)
//
// Two threads: one makes blocks and owns the chain; one, of the HTTP server (node/serve.h), asks
// and answers under the node's lock. What is asked stands in memory beside the chain (index, pool,
// view), so that a question never waits for a block. A third writes the pool's journal.
#ifndef PP_NODE_NODE_H
#define PP_NODE_NODE_H

#include <stdio.h>

#include "chain/chain.h"
#include "index/book.h"
#include "index/index.h"
#include "pool/pool.h"

typedef struct pp_node pp_node;

typedef struct pp_node_options {
    const char *dir;
    const char *client; // web3_clientVersion
    // NULL: it makes the blocks. Else the address of the node whose blocks it takes, and the hash
    // of the genesis that they must come from. It then has no beacon and takes no transactions.
    const char *follow;
    pp_hash32 genesis;
    uint64_t snapshot_blocks; // from one snapshot to the next; 0: what suits a network
    FILE *log;                // one line an event, key=value; NULL: none
} pp_node_options;

// Opens the directory: from its newest snapshot that can be used, and its log behind that, which is
// executed; then what waits in its journal. False with one sentence:
// exit code 1 when the log is wrong, 2 otherwise.
PP_NODISCARD bool pp_node_open(pp_err *err, pp_node **out, const pp_node_options *options);
// Begins to make blocks, one every block interval of genesis; or to follow.
PP_NODISCARD bool pp_node_start(pp_err *err, pp_node *node);
// Asks the node to stop; returns at once. Safe in any thread, not in a signal handler.
void pp_node_stop(pp_node *node);
// Waits until it has stopped: true when it was asked to, false with one sentence when a failure
// stopped it.
PP_NODISCARD bool pp_node_wait(pp_err *err, pp_node *node);
// Whether it takes another node's blocks, and no commands.
bool pp_node_follows(const pp_node *node);
// Whether it was asked to stop, or a failure stopped it.
bool pp_node_is_stopping(pp_node *node);
void pp_node_close(pp_node *node); // stopped; NULL is fine

// ---- for the server; all under the node's lock, taken inside ------------------------------------

// What is served of one lane.
typedef struct pp_node_served {
    uint64_t finalized; // height
    pp_pool_size pool;
    uint64_t rpc_calls, rpc_errors;
} pp_node_served;

// How everything stands behind the last block.
typedef struct pp_node_view {
    pp_chain_info info;
    pp_chain_ledger ledger;
    bool balanced;
    size_t lanes_len;
    pp_chain_lane lanes[PP_GENESIS_ROLLUPS_MAX];
    pp_node_served served[PP_GENESIS_ROLLUPS_MAX];
    uint64_t finalized; // height, of the first open lane of genesis; 0: none is
    pp_pool_size pool;  // of all lanes
    uint64_t rpc_calls, rpc_errors;
    uint64_t block_ns; // the last one's execution, to its being durable
    uint64_t late_ms;  // how far the last one came behind its time
    uint64_t log_bytes;
} pp_node_view;
void pp_node_view_get(pp_node_view *out, pp_node *node);
// What stands in memory beside the chain.
typedef struct pp_node_seen {
    const pp_node_view *view;
    const pp_book *book;
    const pp_index *index; // of genesis' first open lane; NULL: none is open
    const pp_index *indexes[PP_GENESIS_ROLLUPS_MAX]; // of each lane; NULL behind the last
} pp_node_seen;
// Calls read with the node's lock held, so that what it sees belongs together; it must be short,
// and call nothing of the node.
void pp_node_read(pp_node *node, void (*read)(void *ctx, const pp_node_seen *seen), void *ctx);
// Valid as long as the node.
const pp_genesis *pp_node_genesis(const pp_node *node);

// A lane by its name or number (digits are a number); NULL: the first open one of genesis. False
// when there is none.
PP_NODISCARD bool pp_node_find_lane(uint64_t *lane, pp_node *node, const char *name);
// Answers a JSON-RPC request about a lane that there is, as pp_rpc_answer. *ticket: 0, or what
// pp_node_is_safe must allow before the answer may go out.
char *pp_node_rpc(size_t *size, uint64_t *ticket, pp_node *node, uint64_t lane, pp_bytes request);
bool pp_node_is_safe(pp_node *node, uint64_t ticket);

// Who hears of it, from the node's threads, without its lock: blocks, journal writes, the end.
void pp_node_listen(pp_node *node, void (*on_change)(void *ctx), void *ctx);

// A signed command on its way into a block.
typedef struct pp_node_command pp_node_command;
struct pp_node_command {
    uint8_t *item;
    size_t size;
    bool done;
    // Behind `done`:
    bool dropped;       // the node stopped before it came to it
    uint64_t height;    // of the block it stands in; 0: refused at the door
    const char *reason; // "OK", "C-…" or "M-…"
    // The node's own.
    uint8_t from[16];
    bool abandoned;
    bool passed; // was good at the door when it was last looked at there, and so is its sender's
    uint64_t beaten; // in this block who is bound had a proof of the same; 0: in none yet
    pp_node_command *next;
};
// Takes item, malloc'ed, over. from: the address that has sent it, IPv6 as it counts
// (pp_http_from). NULL, with item still the caller's, when too much waits, of all or of that one.
pp_node_command *pp_node_submit(pp_node *node, const uint8_t from[16], uint8_t *item, size_t size);
bool pp_node_is_done(pp_node *node, const pp_node_command *command);
// Nobody asks for it any more: it is freed now, or once it is done.
void pp_node_abandon(pp_node *node, pp_node_command *command);

// A question that needs the chain itself: answered between blocks, by the thread that owns it, in
// steps between which blocks may be made.
typedef struct pp_node_question pp_node_question;
struct pp_node_question {
    // One step, of a millisecond at most: it adds to text, malloc'ed, and size, and goes on from
    // what `at` says, zeros at first. True when that is all of it.
    bool (*answer)(pp_node_question *question, const pp_chain *chain);
    pp_address address; // whom it is about
    uint64_t at[4];
    bool done;
    // Behind `done`: NULL when the node stopped before it came to it.
    char *text;
    size_t size;
    // The node's own.
    bool abandoned;
    pp_node_question *next;
};
// NULL when too many wait.
pp_node_question *pp_node_ask(pp_node *node, const pp_address *about,
                              bool (*answer)(pp_node_question *question, const pp_chain *chain));
bool pp_node_is_answered(pp_node *node, const pp_node_question *question);
// Nobody waits for it any more: it is freed now, or once it is done.
void pp_node_forget(pp_node *node, pp_node_question *question);

// ---- the log, for readers with a file of their own
// -----------------------------------------------

// Bytes of the block at a height; of the genesis file at 0. It is in the log, asserted.
size_t pp_node_block_size(pp_node *node, uint64_t height);
// From an offset in it on, into out. False when the disk failed. The block has them, asserted.
PP_NODISCARD bool pp_node_bytes(uint8_t *out, size_t size, pp_node *node, uint64_t height,
                                size_t offset);

// Records one behind the other, u32 size (little-endian) and bytes each.
typedef struct pp_node_records {
    uint64_t height, end; // the next one, the one behind the last
    size_t offset;        // in the next one
    uint64_t size;        // of all of them
    bool far;             // so far ahead that nobody waits for it
    uint64_t pruned;      // not 0: it is gone, with all blocks up to this one
} pp_node_records;
// From `height` on as many as stay below `max` bytes, one at least; size 0 when there is none yet.
pp_node_records pp_node_records_from(pp_node *node, uint64_t height, size_t max);
// The next bytes of them, at most max (> 4); 0 when the disk failed, or none are left.
size_t pp_node_records_read(uint8_t *out, size_t max, pp_node *node, pp_node_records *records);

#endif
