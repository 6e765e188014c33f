// SPDX-License-Identifier: MIT OR Apache-2.0
#include "cli/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/words.h"

enum { NETWORKS_MAX = 1 << 16 }; // bytes of a file of them

const char *pp_cli_node(void) {
    const char *said = getenv("POLYPOLY_NODE");
    return said != NULL && *said != 0 ? said : "http://127.0.0.1:8545";
}

static bool is_loopback(const char *url) {
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
    const char *host = strstr(url, "://");
    // What stands before an @ is a name and a password, however much it looks like a host.
    if (host == NULL || strchr(url, '@') != NULL) return false;
    host += 3;
    for (size_t i = 0; i < PP_COUNT(hosts); i++) {
        size_t len = strlen(hosts[i]);
        if (strncmp(host, hosts[i], len) == 0 && (host[len] == 0 || strchr(":/", host[len])))
            return true;
    }
    return false;
}

// The networks that a key has signed for, as text; an empty one where there is no file yet.
static bool read_known(pp_err *err, char **text, size_t *size, const char *path) {
    uint8_t *data;
    if (access(path, F_OK) != 0) {
        *text = calloc(1, 1);
        PP_ASSERT(*text != NULL);
        *size = 0;
        return true;
    }
    if (!pp_file_read(err, &data, size, path, NETWORKS_MAX)) return false;
    *text = (char *)data;
    return true;
}

static bool remember(pp_err *err, const char *path, const char *known, size_t size,
                     const char *line) {
    char *all = malloc(size + 68);
    PP_ASSERT(all != NULL);
    memcpy(all, known, size);
    if (size > 0 && all[size - 1] != '\n') all[size++] = '\n';
    memcpy(all + size, line, 66);
    all[size + 66] = '\n';
    bool ok = pp_file_write(err, path, all, size + 67, 0600);
    free(all);
    return ok;
}

static bool check(pp_err *err, const pp_hash32 *served, const char *url, const char *key_file,
                  const char *genesis) {
    char path[PP_PATH_MAX], line[67] = "0x", *known;
    size_t size;
    pp_hash32 meant;
    snprintf(path, sizeof path, "%.4000s.networks", key_file);
    pp_hex_encode(line + 2, served->b, 32);
    if (genesis == NULL) genesis = getenv("POLYPOLY_GENESIS");
    if (genesis != NULL && *genesis == 0) genesis = NULL;
    if (genesis != NULL && !pp_cli_hash(&meant, genesis))
        return pp_err_set(err, PP_EXIT_USAGE, "--genesis takes 0x and 64 hex digits");
    if (genesis != NULL && memcmp(meant.b, served->b, 32) != 0)
        return pp_err_set(err, PP_EXIT_NO, "%s: serves the network %s, not %s; nothing is signed",
                          url, line, genesis);
    if (!read_known(err, &known, &size, path)) return false;
    bool ok = strstr(known, line) != NULL;
    if (!ok && genesis == NULL && size > 0) {
        pp_err_set(err, PP_EXIT_NO,
                   "%s: serves the network %s, which this key has not signed for (%s); nothing is "
                   "signed. If that network is meant: --genesis %s",
                   url, line, path, line);
    } else if (!ok && genesis == NULL && !is_loopback(url)) {
        pp_err_set(err, PP_EXIT_USAGE,
                   "%s: says its network is %s. Ask somebody who must know, then name it once: "
                   "--genesis 0x…",
                   url, line);
    } else if (!ok) {
        pp_err ignored;
        ok = true;
        bool kept = remember(&ignored, path, known, size, line);
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "polypoly: %s signs for the network %s%s; %s\n", key_file, line,
                    kept ? " from now on" : "", kept ? path : ignored.text);
    }
    free(known);
    return ok;
}

bool pp_cli_speaker(pp_err *err, pp_remote **node, pp_speaker *out, const char *url,
                    const char *key_file, const char *genesis, bool (*stop)(void *ctx)) {
    uint8_t key[32];
    *node = NULL;
    memset(out, 0, sizeof *out);
    bool ok = pp_cli_key(err, key, key_file) && pp_remote_open(err, node, url, stop, NULL) &&
              pp_speaker_open(err, out, *node, key) &&
              check(err, &out->genesis, url, key_file, genesis);
    explicit_bzero(key, sizeof key);
    return ok;
}
