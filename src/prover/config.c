// SPDX-License-Identifier: MIT OR Apache-2.0
#include "prover/config.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "prover/speed.h"
#include "sign/keys.h"
#include "json/json.h"

enum { FILE_MAX = 1 << 16, SLOTS_MAX = 1024, THREADS_MAX = 1024 };

bool pp_prover_config_draw(pp_err *err, pp_prover_config *config) {
    config->rescue_percent = 100;
    config->loss_max = 0;
    config->shard_command[0] = 0;
    if (!pp_sign_key_draw(err, config->secret.key)) return false;
    if (getrandom(config->secret.salt.b, 32, 0) == 32) return true;
    return pp_err_set(err, PP_EXIT_USAGE, "no random bytes from the system: %s", strerror(errno));
}

// ---- reading ----------------------------------------------------------------------------------

typedef struct reading {
    pp_err *err;
    const char *path;
    json_t *object;
    size_t found;
    bool ok;
} reading;

static void wrong(reading *r, const char *member, const char *must) {
    if (r->ok) pp_err_set(r->err, PP_EXIT_USAGE, "%s: %s: must be %s", r->path, member, must);
    r->ok = false;
}

static json_t *member_of(reading *r, const char *member) {
    json_t *value = json_object_get(r->object, member);
    r->found += value != NULL;
    return value;
}

static void read_hex(reading *r, uint8_t *out, const char *member) {
    const char *text = json_string_value(member_of(r, member));
    if (text == NULL || strlen(text) != 66 || strncmp(text, "0x", 2) != 0 ||
        !pp_hex_decode(out, 32, text + 2))
        wrong(r, member, "0x and 64 hex digits");
}

static void read_number(reading *r, uint64_t *out, const char *member, uint64_t most) {
    json_t *value = member_of(r, member);
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < 0 || (uint64_t)n > most)
        wrong(r, member, "a whole number that is not too large");
    *out = (uint64_t)n;
}

static void read_wei(reading *r, pp_u128 *out, const char *member, pp_u128 most) {
    const char *text = json_string_value(member_of(r, member));
    if (text == NULL || !pp_u128_parse(out, text) || *out > most)
        wrong(r, member, "wei as a string of decimal digits");
}

// What a file of an earlier version lacks.
static void read_wishes(reading *r, pp_prover_config *c) {
    uint64_t percent = 100;
    const json_t *object = r->object;
    if (json_object_get(object, "rescue_percent"))
        read_number(r, &percent, "rescue_percent", 10000);
    if (json_object_get(object, "max_loss_wei"))
        read_wei(r, &c->loss_max, "max_loss_wei", (pp_u128)1 << 90);
    const json_t *command = member_of(r, "shard_command");
    const char *text = json_string_value(command);
    bool fits = text != NULL && strlen(text) < sizeof c->shard_command;
    if (command != NULL && !fits)
        wrong(r, "shard_command", "a line for the shell, below 1024 bytes");
    if (fits) memcpy(c->shard_command, text, strlen(text) + 1);
    c->rescue_percent = (uint32_t)percent;
}

static void read_all(reading *r, pp_prover_config *c) {
    const char *node = json_string_value(member_of(r, "node"));
    uint64_t slots = 0, threads = 0;
    pp_u128 second = 0;
    pp_address address;
    if (node == NULL || strlen(node) >= sizeof c->node || strncmp(node, "http", 4) != 0)
        wrong(r, "node", "an address, http://HOST:PORT");
    else
        snprintf(c->node, sizeof c->node, "%s", node);
    read_hex(r, c->genesis.b, "genesis");
    read_hex(r, c->secret.key, "key");
    read_hex(r, c->secret.salt.b, "salt");
    read_wei(r, &second, "wei_per_second", UINT64_MAX);
    read_wei(r, &c->stake, "stake_wei", (pp_u128)1 << 90);
    read_number(r, &c->secret.ps_per_work, "picoseconds_per_work", PP_SPEED_MAX);
    read_number(r, &slots, "slots", SLOTS_MAX);
    read_number(r, &threads, "threads", THREADS_MAX);
    read_number(r, &c->memory, "memory_bytes", (uint64_t)1 << 48);
    c->secret.wei_per_second = (uint64_t)second;
    c->slots = (uint32_t)slots;
    c->threads = (uint32_t)threads;
    read_wishes(r, c);
    if (r->ok && !pp_sign_address(&address, c->secret.key)) wrong(r, "key", "a key of secp256k1");
    if (r->ok && r->found != json_object_size(r->object))
        wrong(r, "a member", "one that polypoly prover init writes");
}

bool pp_prover_config_load(pp_err *err, pp_prover_config *out, const char *dir) {
    char path[4096 + 32];
    uint8_t *data;
    size_t size;
    json_error_t error;
    memset(out, 0, sizeof *out);
    snprintf(path, sizeof path, "%.4096s/prover.json", dir);
    if (access(path, F_OK) != 0)
        return pp_err_set(err, PP_EXIT_USAGE,
                          "%s: no prover.json is there; polypoly prover init makes one", dir);
    if (!pp_file_is_secret(err, path) || !pp_file_read(err, &data, &size, path, FILE_MAX))
        return false;
    json_t *object = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, &error);
    explicit_bzero(data, size);
    free(data);
    if (!json_is_object(object)) {
        json_decref(object);
        return pp_err_set(err, PP_EXIT_USAGE, "%s: not a JSON object", path);
    }
    reading r = {.err = err, .path = path, .object = object, .ok = true};
    read_all(&r, out);
    json_decref(object);
    return r.ok;
}

// ---- writing ----------------------------------------------------------------------------------

bool pp_prover_config_store(pp_err *err, const pp_prover_config *c, const char *dir) {
    char path[4096 + 32];
    snprintf(path, sizeof path, "%.4096s/prover.json", dir);
    json_t *object = json_object();
    json_object_set_new(object, "node", json_string(c->node));
    pp_json_hex(object, "genesis", c->genesis.b, 32);
    pp_json_hex(object, "key", c->secret.key, 32);
    pp_json_hex(object, "salt", c->secret.salt.b, 32);
    pp_json_wei(object, "wei_per_second", c->secret.wei_per_second);
    pp_json_wei(object, "stake_wei", c->stake);
    json_object_set_new(object, "picoseconds_per_work",
                        json_integer((json_int_t)c->secret.ps_per_work));
    json_object_set_new(object, "slots", json_integer(c->slots));
    json_object_set_new(object, "threads", json_integer(c->threads));
    json_object_set_new(object, "memory_bytes", json_integer((json_int_t)c->memory));
    json_object_set_new(object, "rescue_percent", json_integer(c->rescue_percent));
    pp_json_wei(object, "max_loss_wei", c->loss_max);
    json_object_set_new(object, "shard_command", json_string(c->shard_command));
    char *text = json_dumps(object, JSON_INDENT(1));
    json_decref(object);
    PP_ASSERT(text != NULL);
    bool ok = pp_file_write(err, path, text, strlen(text), 0600);
    explicit_bzero(text, strlen(text));
    free(text);
    return ok;
}
