// SPDX-License-Identifier: MIT OR Apache-2.0
// A directory becomes a node: genesis, log, journal, and what stands in memory beside them.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/folder.h"
#include "chain/genesis.h"
#include "keystore/keystore.h"
#include "node/internal.h"

static void on_waiting(void *ctx, pp_bytes raw) {
    pp_node_restore(ctx, raw);
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
    if (!pp_file_is_secret(err, path) || !pp_file_read(err, &text, &size, path, 256)) return false;
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
    node->from_genesis = genesis.rollups_len;
    pp_genesis_free(&genesis);
    pp_genesis_hash(&hash, file);
    if (node->options.follow && !pp_hash32_eq(&hash, &node->options.genesis))
        return pp_err_set(err, PP_EXIT_USAGE, "%s: holds another network", node->options.dir);
    if (!node->options.follow && signs && !load_signer(err, node)) return false;
    snprintf(path, sizeof path, "%s/beacon", node->options.dir);
    if (!node->options.follow && !pp_beacon_load(err, &node->beacon, path, &end)) return false;
    pp_beacon *beacon = node->options.follow ? NULL : &node->beacon;
    if (node->options.snapshot_blocks > 0)
        pp_local_snapshots(node->local, node->options.snapshot_blocks, PP_LOCAL_SNAPSHOTS);
    pp_local_watch watch;
    pp_node_watch(&watch, node);
    if (!pp_local_start(err, node->local, file, beacon, &watch)) return false;
    if (node->failed.exit_code == 0) return true;
    *err = node->failed;
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
    if (!is_network(err, node) || !pp_folder_take(err, node->options.dir, 0755) ||
        !pp_local_open(err, &node->local, node->options.dir) ||
        !read_genesis(err, &file, &size, node))
        return false;
    bool ok = start_chain(err, node, (pp_bytes){file, size});
    free(file);
    if (!ok) return false;
    pp_chain_result nothing = {.code = PP_CHAIN_OK};
    if (!open_files(err, node) || !pp_node_observe(err, node, &nothing)) return false;
    pp_node_share_pools(node); // behind what waited: all of that stays
    return true;
}

bool pp_node_open(pp_err *err, pp_node **out, const pp_node_options *options) {
    *out = NULL;
    pp_node *node = calloc(1, sizeof *node);
    if (node == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    node->options = *options;
    node->log_fd = node->journal.fd = -1;
    node->inbox_end = &node->inbox;
    node->questions_end = &node->questions;
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
    pp_note(node->options.log, "opened", "height=%llu executed=%llu waiting=%zu",
            (unsigned long long)node->view.info.height, (unsigned long long)node->executed,
            pp_node_waiting(node).txs);
    *out = node;
    return true;
}

void pp_node_close(pp_node *node) {
    if (node == NULL) return;
    PP_ASSERT(!node->running);
    pp_journal_close(&node->journal);
    pp_local_close(node->local); // which makes a snapshot, of these too
    pp_node_drop_lanes(node);
    pp_book_free(node->book);
    pp_beacon_free(&node->beacon);
    if (node->log_fd >= 0) close(node->log_fd);
    free(node->ends);
    pthread_cond_destroy(&node->wake);
    pthread_cond_destroy(&node->written);
    pthread_mutex_destroy(&node->lock);
    free(node);
}
