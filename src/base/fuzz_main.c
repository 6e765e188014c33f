// SPDX-License-Identifier: MIT OR Apache-2.0
// Drives a libFuzzer target without libFuzzer: every file of the corpus, then random mutations of
// them, from PP_SEED or a fixed seed. So each fuzz target is a regression test on any compiler.
// Usage: fuzz_x [--runs N] [FILE or FOLDER ...]
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/rng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_FILES = 4096, MAX_SIZE = 1 << 20 };
static struct {
    uint8_t *data;
    size_t size;
} corpus[MAX_FILES];
static size_t corpus_len;
static pp_rng rng;

static uint64_t next(void) {
    return pp_rng_u64(&rng);
}

static void add_file(const char *path) {
    FILE *f = fopen(path, "rb");
    if (f == NULL || corpus_len == MAX_FILES) {
        fprintf(stderr, "fuzz: cannot take %s\n", path);
        exit(2);
    }
    uint8_t *data = malloc(MAX_SIZE);
    PP_ASSERT(data != NULL);
    size_t size = fread(data, 1, MAX_SIZE, f);
    fclose(f);
    corpus[corpus_len].data = data;
    corpus[corpus_len++].size = size;
}

static void add_path(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0) return; // no corpus yet: mutations of nothing
    if (!S_ISDIR(st.st_mode)) {
        add_file(path);
        return;
    }
    struct dirent **names;
    int n = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char full[4096];
        snprintf(full, sizeof full, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.') add_file(full);
        free(names[i]);
    }
    if (n >= 0) free((void *)names);
}

static size_t mutate(uint8_t *out, size_t room) {
    size_t size = 0;
    if (corpus_len > 0) {
        size_t pick = (size_t)(next() % corpus_len);
        size = corpus[pick].size < room ? corpus[pick].size : room;
        memcpy(out, corpus[pick].data, size);
    } else {
        size = (size_t)(next() % 512);
        for (size_t i = 0; i < size; i++) out[i] = (uint8_t)next();
    }
    unsigned edits = 1 + (unsigned)(next() % 4);
    for (unsigned e = 0; e < edits; e++) {
        size_t at = size ? (size_t)(next() % size) : 0;
        switch (next() % 6) {
        case 0: // flip a bit
            if (size) out[at] ^= (uint8_t)(1u << (next() % 8));
            break;
        case 1: // another byte
            if (size) out[at] = (uint8_t)next();
            break;
        case 2: // cut the end
            size = at;
            break;
        case 3: // take one out
            if (size) memmove(out + at, out + at + 1, --size - at);
            break;
        case 4: // put one in
            if (size < room) {
                memmove(out + at + 1, out + at, size++ - at);
                out[at] = (uint8_t)next();
            }
            break;
        default: // an edge value
            if (size) out[at] = (uint8_t[]){0, 1, 0x7f, 0x80, 0xff, 0xb8, 0xc0, 0xf8}[next() % 8];
            break;
        }
    }
    return size;
}

int main(int argc, char **argv) {
    uint64_t runs = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc) {
            runs = strtoull(argv[++i], NULL, 10);
        } else {
            add_path(argv[i]);
        }
    }
    for (size_t i = 0; i < corpus_len; i++) LLVMFuzzerTestOneInput(corpus[i].data, corpus[i].size);
    if (runs > 0) rng.state = pp_test_seed();
    static uint8_t buffer[MAX_SIZE];
    for (uint64_t r = 0; r < runs; r++) {
        // An exact-size copy lets the address sanitizer see a read past the end.
        size_t size = mutate(buffer, sizeof buffer);
        uint8_t *copy = malloc(size ? size : 1);
        PP_ASSERT(copy != NULL);
        memcpy(copy, buffer, size);
        LLVMFuzzerTestOneInput(copy, size);
        free(copy);
    }
    for (size_t i = 0; i < corpus_len; i++) free(corpus[i].data);
    printf("fuzz: %zu files, %llu mutations, no crash\n", corpus_len, (unsigned long long)runs);
    return 0;
}
