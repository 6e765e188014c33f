// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/secrets.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { SECRETS_FILE_MAX = 64 << 10, VERSION = 1 };

static bool path_of(pp_err *err, char path[4096], const char *dir) {
    if (snprintf(path, 4096, "%s/provers.json", dir) < 4096) return true;
    return pp_err_set(err, PP_EXIT_USAGE, "%.60s…: path too long", dir);
}

// ---- reading ----------------------------------------------------------------------------------

static bool bad(pp_err *err, const char *path, const char *place, const char *what) {
    return pp_err_set(err, PP_EXIT_USAGE, "%s: %s: %s", path, place, what);
}

static bool read_bytes32(uint8_t out[32], const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL && pp_hex_decode(out, 32, text);
}

static bool read_positive(uint64_t *out, const json_t *object, const char *name) {
    json_int_t value = json_integer_value(json_object_get(object, name));
    if (value <= 0) return false;
    *out = (uint64_t)value;
    return true;
}

static bool read_root(pp_err *err, pp_secrets *s, const char *path, const json_t *root) {
    uint64_t version = 0;
    if (!read_positive(&version, root, "version") || version != VERSION)
        return bad(err, path, "version", "not 1, the one this program knows");
    if (!read_bytes32(s->beacon_seed.b, root, "beacon_seed"))
        return bad(err, path, "beacon_seed", "not 32 bytes of hex");
    if (!read_bytes32(s->operator_key, root, "operator_key"))
        return bad(err, path, "operator_key", "not 32 bytes of hex");
    const json_t *list = json_object_get(root, "provers");
    s->provers_len = json_array_size(list);
    if (s->provers_len < 1 || s->provers_len > PP_PROVERS_MAX)
        return bad(err, path, "provers", "not an array of 1 to 16 provers");
    for (size_t i = 0; i < s->provers_len; i++) {
        const json_t *prover = json_array_get(list, i);
        pp_prover_secret *out = &s->provers[i];
        if (read_bytes32(out->key, prover, "key") && read_bytes32(out->salt.b, prover, "salt") &&
            read_positive(&out->ps_per_work, prover, "ps_per_work") &&
            read_positive(&out->wei_per_second, prover, "wei_per_second"))
            continue;
        char place[32];
        snprintf(place, sizeof place, "provers[%zu]", i);
        return bad(err, path, place,
                   "needs key and salt (32 bytes of hex), ps_per_work and wei_per_second (> 0)");
    }
    return true;
}

bool pp_secrets_load(pp_err *err, bool *found, pp_secrets *secrets, const char *dir) {
    char path[4096];
    *found = false;
    if (!path_of(err, path, dir)) return false;
    if (access(path, F_OK) != 0 && errno == ENOENT) return true;
    uint8_t *text;
    size_t size;
    if (!pp_file_read(err, &text, &size, path, SECRETS_FILE_MAX)) return false;
    json_error_t where;
    json_t *root = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, &where);
    free(text);
    if (root == NULL) // not quoted: it would show secrets
        return pp_err_set(err, PP_EXIT_USAGE, "%s: line %d, column %d: not JSON", path, where.line,
                          where.column);
    pp_secrets read;
    memset(&read, 0, sizeof read);
    bool ok = read_root(err, &read, path, root);
    json_decref(root);
    if (!ok) return false;
    *secrets = read;
    *found = true;
    return true;
}

// ---- making -----------------------------------------------------------------------------------

static bool draw(pp_err *err, uint8_t out[32]) {
    if (getrandom(out, 32, 0) == 32) return true;
    return pp_err_set(err, PP_EXIT_USAGE, "no random bytes from the system: %s", strerror(errno));
}

bool pp_secrets_draw(pp_err *err, pp_secrets *secrets, size_t provers) {
    PP_ASSERT(provers >= 1 && provers <= PP_PROVERS_MAX);
    memset(secrets, 0, sizeof *secrets);
    secrets->provers_len = provers;
    if (!draw(err, secrets->beacon_seed.b) || !draw(err, secrets->operator_key)) return false;
    for (size_t i = 0; i < provers; i++)
        if (!draw(err, secrets->provers[i].key) || !draw(err, secrets->provers[i].salt.b))
            return false;
    return true;
}

static void put_bytes32(json_t *object, const char *name, const uint8_t bytes[32]) {
    char hex[65];
    pp_hex_encode(hex, bytes, 32);
    json_object_set_new(object, name, json_string(hex));
}

bool pp_secrets_store(pp_err *err, const pp_secrets *secrets, const char *dir) {
    char path[4096];
    if (!path_of(err, path, dir)) return false;
    json_t *root = json_object();
    json_object_set_new(root, "version", json_integer(VERSION));
    put_bytes32(root, "beacon_seed", secrets->beacon_seed.b);
    put_bytes32(root, "operator_key", secrets->operator_key);
    json_t *list = json_array();
    for (size_t i = 0; i < secrets->provers_len; i++) {
        const pp_prover_secret *p = &secrets->provers[i];
        json_t *prover = json_object();
        put_bytes32(prover, "key", p->key);
        put_bytes32(prover, "salt", p->salt.b);
        json_object_set_new(prover, "ps_per_work", json_integer((json_int_t)p->ps_per_work));
        json_object_set_new(prover, "wei_per_second", json_integer((json_int_t)p->wei_per_second));
        json_array_append_new(list, prover);
    }
    json_object_set_new(root, "provers", list);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL) return pp_err_set(err, PP_EXIT_USAGE, "%s: no memory to write it", path);
    bool ok = pp_file_write(err, path, text, strlen(text), 0600);
    free(text);
    return ok;
}
