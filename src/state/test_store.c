// SPDX-License-Identifier: MIT OR Apache-2.0
// States on disk: what a commit keeps, and what happens when the disk, the file or the folder fail.
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "state/nodes.h"
#include "state/store.h"

// A new folder's path, and what is in it gone afterwards.
static char folder[64];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/pp_store_XXXXXX");
    bool ok = mkdtemp(folder) != NULL;
    PP_ASSERT(ok);
}

static const char *in_folder(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remove_folder(void) {
    char command[256];
    snprintf(command, sizeof command, "chmod -R u+w %s; rm -r %s", folder, folder);
    CHECK_EQ(system(command), 0);
}

static pp_store *open_store(unsigned flags) {
    pp_err err;
    pp_store *store = NULL;
    if (!pp_store_open(&err, &store, in_folder("state"), flags))
        pp_test_fail(__FILE__, __LINE__, "%s", err.text);
    PP_ASSERT(store);
    return store;
}

static pp_address address_of(uint64_t i) {
    pp_address a = {{0}};
    pp_store_le64(a.b, i);
    return a;
}

// Accounts [from, to) get nonce `nonce` on top of *root, which moves on.
static bool commit(pp_err *err, pp_store *store, pp_digest *root, uint64_t from, uint64_t to,
                   uint64_t nonce) {
    pp_state s;
    if (!pp_store_view(err, store, &s, root)) return false;
    for (uint64_t i = from; i < to; i++) {
        pp_account account = {.nonce = nonce};
        pp_address address = address_of(i);
        pp_state_status st = pp_state_put(&s, &address, &account);
        if (st != PP_STATE_OK) {
            pp_state_close(&s);
            return pp_store_explain(err, store, st);
        }
    }
    bool ok = pp_store_commit(err, store, &s, root);
    pp_state_close(&s);
    return ok;
}

static pp_state_status nonce_of(pp_store *store, const pp_digest *root, uint64_t i,
                                uint64_t *nonce) {
    pp_state s;
    pp_err err;
    pp_account account = {0};
    pp_address address = address_of(i);
    if (!pp_store_view(&err, store, &s, root)) return PP_STATE_STORAGE;
    pp_state_status st = pp_state_get(&s, &account, &address);
    pp_state_close(&s);
    *nonce = account.nonce;
    return st;
}

static void check_nonce(pp_store *store, const pp_digest *root, uint64_t i, uint64_t expected) {
    uint64_t nonce = 0;
    CHECK_EQ(nonce_of(store, root, i, &nonce), PP_STATE_OK);
    CHECK_EQ(nonce, expected);
}

PP_TEST(every_root_stays_readable) {
    make_folder();
    pp_err err;
    pp_digest roots[5], root, heap_root;
    pp_state_empty_root(&root);
    heap_root = root;
    pp_store *heap, *store = open_store(0);
    REQUIRE(pp_store_open(&err, &heap, NULL, PP_STORE_MEMORY));
    for (uint64_t r = 0; r < 5; r++) {
        CHECK(commit(&err, store, &root, 50 * r, 50 * r + 100, r + 1));
        CHECK(commit(&err, heap, &heap_root, 50 * r, 50 * r + 100, r + 1));
        CHECK(pp_digest_eq(&root, &heap_root));
        roots[r] = root;
    }
    for (uint64_t r = 0; r < 5; r++) {
        pp_store *each[] = {store, heap};
        for (int i = 0; i < 2; i++) {
            CHECK(pp_store_has(each[i], &roots[r]));
            check_nonce(each[i], &roots[r], 50 * r + 20, r + 1);
            check_nonce(each[i], &roots[r], 50 * r + 70, r + 1);
            check_nonce(each[i], &roots[r], 50 * r + 100, 0);
            if (r) check_nonce(each[i], &roots[r], 50 * r - 10, r);
        }
    }
    uint64_t nodes, bytes, heap_nodes, heap_bytes;
    pp_store_size(store, &nodes, &bytes);
    pp_store_size(heap, &heap_nodes, &heap_bytes);
    CHECK(nodes > 300 && bytes > 60 * nodes && nodes == heap_nodes && bytes == heap_bytes);
    pp_store_close(store);
    pp_store_close(heap);
    CHECK(access(in_folder("state"), F_OK) != 0); // scratch: nothing is left
    remove_folder();
}

// Many accounts in states that replace each other; now and then all but a few are forgotten.
PP_TEST(what_is_kept_is_all_that_is_there) {
    for (int memory = 0; memory < 2; memory++) {
        make_folder();
        pp_err err = {0};
        pp_rng rng = {pp_test_seed()};
        pp_digest roots[40], root;
        pp_state_empty_root(&root);
        pp_store *store = NULL;
        REQUIRE(pp_store_open(&err, &store, in_folder("state"), memory ? PP_STORE_MEMORY : 0));
        uint64_t before, bytes, nodes;
        for (uint64_t r = 0; r < 40; r++) {
            uint64_t from = pp_rng_below(&rng, 300);
            CHECK(commit(&err, store, &root, from, from + 30, r + 1));
            roots[r] = root;
            if (r % 10 != 9) continue;
            pp_state view; // one that is open goes on
            CHECK(pp_store_view(&err, store, &view, &roots[r]));
            pp_digest kept[] = {roots[r], roots[r - 3], roots[r]};
            pp_digest none = {{{7}}};
            pp_digest bad[] = {roots[r], none};
            pp_store_size(store, &before, &bytes);
            CHECK(!pp_store_keep(&err, store, bad, 2) && strstr(err.text, "is not there"));
            pp_store_size(store, &nodes, &bytes);
            CHECK_EQ(nodes, before); // all is kept
            CHECK(pp_store_has(store, &roots[r - 1]));
            CHECK(pp_store_keep(&err, store, kept, 3));
            pp_store_size(store, &nodes, &bytes);
            CHECK(nodes < before);
            CHECK(pp_store_has(store, &roots[r]) && pp_store_has(store, &roots[r - 3]));
            CHECK(!pp_store_has(store, &roots[r - 1]));
            pp_account account;
            pp_address address = address_of(from + 7);
            CHECK(pp_state_get(&view, &account, &address) == PP_STATE_OK && account.nonce == r + 1);
            pp_state_close(&view);
            check_nonce(store, &roots[r], from + 29, r + 1);
        }
        CHECK(!pp_store_is_due(store)); // too little to be worth it
        // Kept twice, nothing changes: no node is there twice.
        CHECK(pp_store_keep(&err, store, &root, 1));
        pp_store_size(store, &before, &bytes);
        CHECK(pp_store_keep(&err, store, &root, 1));
        pp_store_size(store, &nodes, &bytes);
        CHECK_EQ(nodes, before);
        pp_store_close(store);
        remove_folder();
    }
}

typedef struct heap {
    uint8_t *data;
    size_t size, max; // no more than so many are taken
} heap;

static bool put(pp_err *err, void *ctx, const void *data, size_t size) {
    heap *b = ctx;
    if (b->size + size > b->max) return pp_err_set(err, PP_EXIT_USAGE, "full");
    b->data = realloc(b->data, b->size + size);
    PP_ASSERT(b->data != NULL);
    memcpy(b->data + b->size, data, size);
    b->size += size;
    return true;
}

static uint64_t count_nodes(pp_bytes all) {
    uint64_t n = 0;
    for (size_t at = 0; at < all.size; n++)
        at += all.data[at] == 2 ? 1 + PP_STATE_LEAF_SIZE : PP_STATE_NODE_MAX;
    return n;
}

// A copy has the states it was asked for, whoever holds it, and bytes that are none are refused.
PP_TEST(copies) {
    pp_err err;
    pp_digest roots[3], root;
    heap first = {.max = SIZE_MAX}, again = {.max = SIZE_MAX}, full = {.max = 500};
    pp_state_empty_root(&root);
    pp_store *from, *to;
    REQUIRE(pp_store_open(&err, &from, NULL, PP_STORE_MEMORY));
    for (uint64_t r = 0; r < 3; r++) {
        CHECK(commit(&err, from, &root, 50 * r, 50 * r + 100, r + 1));
        roots[r] = root;
    }
    REQUIRE(pp_store_save(&err, from, roots + 1, 2, put, &first));
    pp_bytes all = {first.data, first.size};
    make_folder();
    to = open_store(0);
    CHECK(pp_store_load(&err, to, all));
    CHECK(!pp_store_has(to, &roots[0]));
    check_nonce(to, &roots[1], 70, 2);
    check_nonce(to, &roots[2], 120, 3);
    uint64_t nodes, nodes_again, all_bytes;
    pp_store_size(to, &nodes, &all_bytes);
    CHECK_EQ(count_nodes(all), nodes);   // each once
    CHECK(pp_store_load(&err, to, all)); // once more: nothing is new
    pp_store_size(to, &nodes_again, &all_bytes);
    CHECK_EQ(nodes_again, nodes);
    REQUIRE(pp_store_save(&err, to, roots + 1, 2, put, &again));
    CHECK_EQ(again.size, first.size);
    if (again.size == first.size) CHECK_MEM(again.data, first.data, first.size);
    pp_digest unknown = roots[0]; // of no node there
    CHECK(!pp_store_save(&err, to, &unknown, 1, put, &again));
    CHECK(!pp_store_save(&err, to, roots + 1, 2, put, &full) && strcmp(err.text, "full") == 0);
    free(again.data);
    free(full.data);
    CHECK(!pp_store_load(&err, to, (pp_bytes){first.data, first.size - 1}));
    CHECK_EQ(err.exit_code, PP_EXIT_NO);
    first.data[0] = 9;
    CHECK(!pp_store_load(&err, to, all));
    free(first.data);
    pp_store_close(to);
    pp_store_close(from);
    remove_folder();
}

PP_TEST(forgetting_is_due_when_most_is_replaced) {
    pp_err err;
    pp_digest root;
    pp_store *store;
    REQUIRE(pp_store_open(&err, &store, NULL, PP_STORE_MEMORY));
    pp_state_empty_root(&root);
    uint64_t r = 0, nodes, bytes, most = 0;
    for (; r < 400 && !pp_store_is_due(store); r++)
        CHECK(commit(&err, store, &root, 0, 500, r + 1));
    pp_store_size(store, &nodes, &most);
    CHECK(pp_store_is_due(store) && most > 16 << 20);
    CHECK(pp_store_keep(&err, store, &root, 1));
    pp_store_size(store, &nodes, &bytes);
    CHECK(!pp_store_is_due(store) && bytes < most / 100);
    check_nonce(store, &root, 499, r);
    pp_store_close(store);
}

// What stands at a place that means another file is not believed, not even the very bytes that were
// there: of addresses and balances anybody chooses the bytes, so a view that is open while nodes
// are copied must not take what stands at its old places now.
PP_TEST(places_of_other_nodes) {
    pp_err err;
    pp_nodes nodes[2];
    uint64_t where[2];
    pp_state_node node = {.leaf = true, .address = {{1}}, .account = {.nonce = 5}}, found;
    pp_digest digest;
    pp_state_node_digest(&digest, &node);
    for (int i = 0; i < 2; i++) {
        REQUIRE(pp_nodes_open(&err, &nodes[i], NULL));
        REQUIRE(pp_nodes_append(&err, &nodes[i], &where[i], &digest, &node));
        CHECK(pp_nodes_find(&nodes[i], &found, &digest, where[i]) && found.account.nonce == 5);
    }
    REQUIRE(nodes[0].tail_len == nodes[1].tail_len && where[0] == where[1]);
    memcpy(nodes[1].tail, nodes[0].tail, nodes[0].tail_len);
    CHECK(!pp_nodes_find(&nodes[1], &found, &digest, where[1]));
    for (int i = 0; i < 2; i++) pp_nodes_close(&nodes[i]);
}

PP_TEST(unknown_roots) {
    make_folder();
    pp_err err;
    pp_digest root = {{{1}}}, empty;
    pp_state s;
    pp_store *store = open_store(0);
    pp_state_empty_root(&empty);
    CHECK(pp_store_has(store, &empty));
    CHECK(!pp_store_has(store, &root));
    CHECK(!pp_store_view(&err, store, &s, &root));
    CHECK(strstr(err.text, "is not there") && strstr(err.text, folder));
    pp_store_close(store);
    remove_folder();
}

PP_TEST(folders_that_are_none) {
    make_folder();
    pp_err err;
    pp_store *store;
    CHECK(!pp_store_open(&err, &store, in_folder("no/such/place"), 0));
    CHECK(store == NULL && strstr(err.text, "no/such/place"));
    FILE *f = fopen(in_folder("file"), "w");
    REQUIRE(f);
    fclose(f);
    CHECK(!pp_store_open(&err, &store, in_folder("file"), 0));
    CHECK(strstr(err.text, "file"));
    char longer[4200];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = 0;
    CHECK(!pp_store_open(&err, &store, longer, 0));
    CHECK(strstr(err.text, "too long"));
    remove_folder();
}

PP_TEST(read_only_folder) {
    make_folder();
    pp_err err;
    pp_store *store;
    CHECK_EQ(mkdir(in_folder("state"), 0555), 0);
    CHECK_EQ(chmod(folder, 0755), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) { // as somebody else, for root may write anywhere
        bool somebody = geteuid() != 0 || setuid(65534) == 0;
        bool opened = pp_store_open(&err, &store, in_folder("state"), 0);
        _exit(somebody && !opened && strstr(err.text, "denied") && strstr(err.text, folder) ? 0
                                                                                            : 1);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_EQ(status, 0);
    remove_folder();
}

// What another process left, or anybody put there, is not looked at.
PP_TEST(it_is_empty_when_it_is_opened) {
    make_folder();
    pp_err err;
    pp_digest root;
    pp_store *store = open_store(0);
    pp_state_empty_root(&root);
    CHECK(commit(&err, store, &root, 0, 10, 1));
    pp_store *second = open_store(0); // as after a kill: the file is there
    CHECK(!pp_store_has(second, &root));
    pp_state_empty_root(&root);
    CHECK(commit(&err, second, &root, 0, 10, 1));
    check_nonce(second, &root, 9, 1);
    pp_store_close(second);
    pp_store_close(store);
    remove_folder();
}

// The file of an open store, which has no name, by way of its descriptor.
static const char *file_of_store(void) {
    static char path[64];
    char target[256], wanted[160];
    snprintf(wanted, sizeof wanted, "%s/state/nodes (deleted)", folder);
    for (int fd = 0; fd < 256; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(path, target, sizeof target - 1);
        target[n < 0 ? 0 : n] = 0;
        if (strcmp(target, wanted) == 0) return path;
    }
    return "none";
}

// Bytes changed under a running store: each account is read right, or is said to be gone.
PP_TEST(damaged_nodes) {
    make_folder();
    pp_err err;
    pp_digest root;
    pp_store *store = open_store(0);
    pp_state_empty_root(&root);
    CHECK(commit(&err, store, &root, 0, 200, 1));
    int gone = 0;
    for (int round = 0; round < 40; round++) {
        uint8_t *data;
        size_t size;
        if (round % 8 == 0) CHECK(pp_store_keep(&err, store, &root, 1));
        const char *file = file_of_store();
        REQUIRE(pp_file_read(&err, &data, &size, file, 64 << 20));
        size_t at = pp_rng_below(&(pp_rng){(uint64_t)round}, (uint32_t)size);
        FILE *f = fopen(file, "r+b");
        REQUIRE(f && fseek(f, (long)at, SEEK_SET) == 0 && fputc(data[at] ^ 4, f) != EOF &&
                fclose(f) == 0);
        for (uint64_t i = 0; i < 200; i++) {
            uint64_t nonce = 0;
            pp_state_status st = nonce_of(store, &root, i, &nonce);
            if (st == PP_STATE_OK)
                CHECK_EQ(nonce, 1);
            else {
                pp_store_explain(&err, store, st);
                CHECK(strstr(err.text, "or damaged on disk") && strstr(err.text, folder));
                gone++;
            }
        }
        f = fopen(file, "r+b");
        REQUIRE(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
        free(data);
    }
    CHECK(gone > 0);
    for (uint64_t i = 0; i < 200; i++) check_nonce(store, &root, i, 1);
    pp_store_close(store);
    remove_folder();
}

// A file size limit fails writes as a full disk does: nothing is lost, and there is room again.
PP_TEST(full_disk_loses_nothing) {
    make_folder();
    pp_err err;
    pp_digest root, before;
    pp_store *store = open_store(0);
    pp_state_empty_root(&root);
    struct rlimit limit, small;
    REQUIRE(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    small = limit;
    small.rlim_cur = 1 << 18;
    signal(SIGXFSZ, SIG_IGN);
    CHECK(commit(&err, store, &root, 0, 100, 1));
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    uint64_t n = 100, bytes, nodes, after;
    do {
        before = root;
        pp_store_size(store, &nodes, &bytes);
        n += 50;
    } while (n < 100000 && commit(&err, store, &root, n - 50, n, 1));
    CHECK(n > 150 && n < 100000 && strstr(err.text, "cannot write"));
    pp_store_size(store, &after, &bytes);
    CHECK_EQ(after, nodes);
    check_nonce(store, &before, n - 51, 1);
    check_nonce(store, &before, n - 49, 0);
    // Copying what is kept needs room as well.
    pp_digest kept = before;
    CHECK(!commit(&err, store, &before, 200000, 205000, 2));
    small.rlim_cur = 1 << 12;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK(!pp_store_keep(&err, store, &kept, 1) && strstr(err.text, "cannot write"));
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    check_nonce(store, &kept, 99, 1);
    CHECK(commit(&err, store, &kept, 200000, 205000, 2));
    check_nonce(store, &kept, 204999, 2);
    check_nonce(store, &kept, 99, 1);
    pp_store_close(store);
    remove_folder();
}
