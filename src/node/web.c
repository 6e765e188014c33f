// SPDX-License-Identifier: MIT OR Apache-2.0
#include "node/web.h"

#include <pthread.h>

#include "hash/keccak.h"

// Their bytes are in web_files.S.
#define FILES(X)                                                                                   \
    X(index, "/", "text/html; charset=utf-8")                                                      \
    X(script, "/app.js", "text/javascript; charset=utf-8")                                         \
    X(style, "/app.css", "text/css; charset=utf-8")                                                \
    X(icon, "/icon.svg", "image/svg+xml")                                                          \
    X(verifier, "/verifier.wasm", "application/wasm")
#define X(name, path, type) extern const uint8_t pp_web_##name[], pp_web_##name##_end[];
FILES(X)
#undef X

enum {
#define X(name, path, type) FILE_##name,
    FILES(X)
#undef X
        FILES_LEN
};
static const char *const paths[] = {
#define X(name, path, type) path,
    FILES(X)
#undef X
};

static pp_http_file files[FILES_LEN];
static char tags[FILES_LEN][2 + 16 + 1]; // 8 bytes of the content's hash in hex, quoted
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void) {
#define X(name, path, mime)                                                                        \
    files[FILE_##name] = (pp_http_file){                                                           \
        .type = (mime),                                                                            \
        .data = pp_web_##name,                                                                     \
        .size = (size_t)((uintptr_t)pp_web_##name##_end - (uintptr_t)pp_web_##name)};
    FILES(X)
#undef X
    for (size_t i = 0; i < FILES_LEN; i++) {
        pp_hash32 hash;
        pp_keccak256(&hash, files[i].data, files[i].size);
        pp_hex_encode(tags[i] + 1, hash.b, 8);
        tags[i][0] = tags[i][17] = '"';
        tags[i][18] = 0;
        files[i].etag = tags[i];
    }
}

bool pp_web_find(pp_http_file *out, const char *path) {
    pthread_once(&once, prepare);
    for (size_t i = 0; i < FILES_LEN; i++) {
        if (strcmp(paths[i], path) != 0) continue;
        *out = files[i];
        return true;
    }
    return false;
}
