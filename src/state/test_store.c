// SPDX-License-Identifier: MIT OR Apache-2.0
// States on disk: what a commit keeps, and what happens when the disk, the file or the folder fail.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "state/fault.h"
#include "state/seal.h"
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
    pp_store_close(store);
    pp_store_close(heap);
    store = open_store(PP_STORE_READ_ONLY);
    for (uint64_t r = 0; r < 5; r++) {
        CHECK(pp_store_has(store, &roots[r]));
        check_nonce(store, &roots[r], 50 * r + 20, r + 1);
        check_nonce(store, &roots[r], 50 * r + 70, r + 1);
        check_nonce(store, &roots[r], 50 * r + 100, 0);
        if (r) check_nonce(store, &roots[r], 50 * r - 10, r);
    }
    CHECK(!commit(&err, store, &root, 0, 1, 9));
    CHECK(strstr(err.text, "for reading only"));
    uint64_t nodes, bytes;
    pp_store_size(store, &nodes, &bytes);
    CHECK(nodes > 300 && bytes > 0);
    pp_store_close(store);
    remove_folder();
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
    CHECK(!pp_store_open(&err, &store, in_folder("none"), PP_STORE_READ_ONLY));
    CHECK(strstr(err.text, "none"));
    CHECK(access(in_folder("none"), F_OK) != 0); // reading makes nothing
    FILE *f = fopen(in_folder("file"), "w");
    REQUIRE(f);
    fclose(f);
    CHECK(!pp_store_open(&err, &store, in_folder("file"), 0));
    CHECK(strstr(err.text, "file"));
    char longer[400];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = 0;
    CHECK(!pp_store_open(&err, &store, longer, 0));
    CHECK(strstr(err.text, "too long"));
    remove_folder();
}

PP_TEST(read_only_folder) {
    make_folder();
    pp_err err;
    pp_digest root;
    pp_store *store = open_store(0);
    pp_state_empty_root(&root);
    CHECK(commit(&err, store, &root, 0, 10, 1));
    pp_store_close(store);
    CHECK_EQ(chmod(in_folder("state/data.mdb"), 0444), 0);
    CHECK_EQ(chmod(in_folder("state"), 0555), 0);
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

static void write_file(const char *path, const void *data, size_t size) {
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(data, 1, size, f) == size && fclose(f) == 0;
    PP_ASSERT(ok);
}

PP_TEST(garbage_instead_of_a_database) {
    pp_err err;
    pp_rng rng = {pp_test_seed()};
    for (size_t size = 0; size <= 40000; size += 8000) {
        make_folder();
        pp_store *store;
        uint8_t *data = malloc(size + 1);
        PP_ASSERT(data);
        pp_rng_fill(&rng, data, size);
        CHECK_EQ(mkdir(in_folder("state"), 0777), 0);
        write_file(in_folder("state/data.mdb"), data, size);
        CHECK(!pp_store_open(&err, &store, in_folder("state"), PP_STORE_READ_ONLY));
        CHECK(strstr(err.text, "not as it was closed") && strstr(err.text, folder));
        // Whoever writes begins anew: what it held is made again from the log.
        pp_digest root;
        store = open_store(0);
        pp_state_empty_root(&root);
        CHECK(commit(&err, store, &root, 0, 10, 1));
        pp_store_close(store);
        store = open_store(PP_STORE_READ_ONLY);
        check_nonce(store, &root, 9, 1);
        pp_store_close(store);
        free(data);
        remove_folder();
    }
}

// Bytes of nodes flipped in a file that is sealed all the same: each account is read right, or the
// damage is named.
PP_TEST(damaged_nodes) {
    make_folder();
    pp_err err;
    pp_digest root;
    pp_store *store = open_store(0);
    pp_state_empty_root(&root);
    CHECK(commit(&err, store, &root, 0, 200, 1));
    pp_store_close(store);
    uint8_t *data;
    size_t size;
    char path[128];
    snprintf(path, sizeof path, "%s", in_folder("state/data.mdb"));
    REQUIRE(pp_file_read(&err, &data, &size, path, 64 << 20));
    int found = 0;
    for (uint64_t i = 0; i < 200; i++) { // the leaf's address stands in the file as it is
        uint8_t leaf[29] = {2};
        pp_store_le64(leaf + 1, i);
        pp_store_le64(leaf + 21, 1);
        for (size_t at = 8192; at + sizeof leaf <= size; at++)
            if (memcmp(data + at, leaf, sizeof leaf) == 0) {
                data[at + 21] ^= i % 2 ? 2 : 0; // every other nonce
                found++;
            }
    }
    CHECK(found >= 200);
    write_file(path, data, size);
    CHECK(pp_seal_make(in_folder("state")));
    free(data);
    store = open_store(0);
    for (uint64_t i = 0; i < 200; i++) {
        uint64_t nonce = 0;
        pp_state_status st = nonce_of(store, &root, i, &nonce);
        CHECK_EQ(st, i % 2 ? PP_STATE_STORAGE : PP_STATE_OK);
        if (st != PP_STATE_STORAGE) continue;
        pp_store_explain(&err, store, st);
        CHECK(strstr(err.text, "is damaged on disk"));
    }
    pp_store_close(store);
    remove_folder();
}

// Opens a database whose file is `size` bytes of data: as it was closed, or empty, and then it is
// made again. Returns whether it was emptied.
static bool try_file(const char *path, const uint8_t *data, size_t size, const uint8_t *seal,
                     size_t seal_size, const pp_digest *root, uint64_t accounts) {
    pp_err err = {0};
    pp_digest again;
    write_file(path, data, size);
    write_file(in_folder("state/closed"), seal, seal_size);
    unlink(in_folder("state/lock.mdb"));
    pp_store *store = open_store(0);
    CHECK(access(in_folder("state/closed"), F_OK) != 0); // no seal outlives a change
    bool emptied = !pp_store_has(store, root);
    pp_state_empty_root(&again);
    for (uint64_t i = 0; emptied && i < accounts; i += 50)
        CHECK(commit(&err, store, &again, i, i + 50, 1));
    if (emptied) CHECK(pp_digest_eq(&again, root));
    for (uint64_t i = 0; i < accounts; i += 7) check_nonce(store, root, i, 1);
    pp_store_close(store);
    return emptied;
}

static uint8_t *make_database(size_t *size, char path[128], pp_digest *root, uint64_t accounts) {
    pp_err err;
    uint8_t *data = NULL;
    make_folder();
    pp_store *store = open_store(0);
    pp_state_empty_root(root);
    for (uint64_t i = 0; i < accounts; i += 50) CHECK(commit(&err, store, root, i, i + 50, 1));
    pp_store_close(store);
    snprintf(path, 128, "%s", in_folder("state/data.mdb"));
    bool ok = pp_file_read(&err, &data, size, path, 64 << 20);
    PP_ASSERT(ok);
    return data;
}

// A file that ends too early or has other bytes, LMDB's own among them, or another seal: LMDB,
// which would read and write beyond its buffers, never sees it.
PP_TEST(files_that_are_not_as_they_were_closed) {
    enum { ACCOUNTS = 100 };
    char path[128];
    pp_digest root;
    size_t size, seal_size;
    uint8_t *data = make_database(&size, path, &root, ACCOUNTS), *seal;
    pp_err err = {0};
    pp_rng rng = {pp_test_seed()};
    REQUIRE(pp_file_read(&err, &seal, &seal_size, in_folder("state/closed"), 1000));
    CHECK(!try_file(path, data, size, seal, seal_size, &root, ACCOUNTS));
    for (int i = 0; i < 24; i++) {
        size_t cut = i < 4 ? (size_t)i : pp_rng_below(&rng, (uint32_t)size);
        CHECK(try_file(path, data, cut, seal, seal_size, &root, ACCOUNTS));
    }
    for (int i = 0; i < 24; i++) {
        size_t at = pp_rng_below(&rng, (uint32_t)size);
        data[at] ^= (uint8_t)(1u << i % 8);
        CHECK(try_file(path, data, size, seal, seal_size, &root, ACCOUNTS));
        data[at] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t i = 0; i < seal_size; i++) {
        seal[i] ^= (uint8_t)(1u << i % 8);
        CHECK(try_file(path, data, size, seal, seal_size, &root, ACCOUNTS));
        seal[i] ^= (uint8_t)(1u << i % 8);
        CHECK(i % 8 || try_file(path, data, size, seal, i, &root, ACCOUNTS));
    }
    CHECK(!try_file(path, data, size, seal, seal_size, &root, ACCOUNTS));
    free(data);
    free(seal);
    remove_folder();
}

// Whoever dies leaves nothing that is believed.
PP_TEST(a_killed_writer_leaves_an_empty_store) {
    make_folder();
    pp_err err;
    pp_digest root;
    pp_store *store = open_store(0);
    pp_state_empty_root(&root);
    CHECK(commit(&err, store, &root, 0, 10, 1));
    pp_store_close(store);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        store = open_store(0);
        bool ok = pp_store_has(store, &root) && commit(&err, store, &root, 0, 10, 2);
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    store = open_store(0);
    CHECK(!pp_store_has(store, &root));
    pp_store_close(store);
    remove_folder();
}

static void touch(void *at) {
    *(volatile char *)at;
}
static void raise_fault(void *unused) {
    (void)unused;
    pp_fault_raise();
}
static void nothing(void *count) {
    ++*(int *)count;
}

PP_TEST(faults_are_results) {
    make_folder();
    write_file(in_folder("empty"), "", 0);
    int fd = open(in_folder("empty"), O_RDONLY), count = 0;
    void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    REQUIRE(fd >= 0 && map != MAP_FAILED);
    for (int i = 0; i < 3; i++) { // again and again: nothing stays blocked
        CHECK(!pp_fault_guard(touch, map));
        CHECK(!pp_fault_guard(raise_fault, NULL));
        CHECK(pp_fault_guard(nothing, &count));
    }
    CHECK_EQ(count, 3);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) { // outside of a call it ends the program, as ever
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        close(2);
        touch(map);
        _exit(0);
    }
    int status = 0;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status != 0);
    munmap(map, 4096);
    close(fd);
    remove_folder();
}

// A file size limit fails writes as a full disk does.
static void fill_disk(int report) {
    pp_err err;
    pp_digest root, before;
    pp_store *store = open_store(0);
    pp_state_empty_root(&root);
    struct rlimit limit = {1 << 20, 1 << 20};
    signal(SIGXFSZ, SIG_IGN);
    bool ok = commit(&err, store, &root, 0, 100, 1) && setrlimit(RLIMIT_FSIZE, &limit) == 0;
    uint64_t n = 100;
    do {
        before = root;
        n += 50;
    } while (ok && n < 100000 && commit(&err, store, &root, n - 50, n, 1));
    uint64_t nonce;
    ok = ok && n > 150 && n < 100000 && strstr(err.text, "cannot write") &&
         nonce_of(store, &before, n - 51, &nonce) == PP_STATE_OK && nonce == 1 &&
         nonce_of(store, &before, n - 49, &nonce) == PP_STATE_OK && nonce == 0;
    uint8_t answer[1 + sizeof before] = {ok ? 'y' : 'n'};
    memcpy(answer + 1, &before, sizeof before);
    ok = write(report, answer, sizeof answer) == (ssize_t)sizeof answer;
    _exit(ok ? 0 : 1);
}

PP_TEST(full_disk_loses_nothing) {
    make_folder();
    int pipes[2], status;
    REQUIRE(pipe(pipes) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) fill_disk(pipes[1]);
    uint8_t answer[1 + sizeof(pp_digest)] = {0};
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK_EQ(read(pipes[0], answer, sizeof answer), sizeof answer);
    CHECK_EQ(answer[0], 'y');
    pp_digest root;
    memcpy(&root, answer + 1, sizeof root);
    pp_err err;
    pp_store *store = open_store(0); // there is room again; the child did not close
    CHECK(!pp_store_has(store, &root));
    pp_state_empty_root(&root);
    CHECK(commit(&err, store, &root, 200000, 205000, 2));
    check_nonce(store, &root, 204999, 2);
    pp_store_close(store);
    close(pipes[0]);
    close(pipes[1]);
    remove_folder();
}
