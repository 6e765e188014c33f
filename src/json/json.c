// SPDX-License-Identifier: MIT OR Apache-2.0
#include "json/json.h"

char *pp_json_dump(size_t *size, json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT);
    PP_ASSERT(text != NULL);
    json_decref(value);
    *size = strlen(text);
    return text;
}

json_t *pp_json_new_hex(const uint8_t *data, size_t size) {
    char text[2 + 2 * 64 + 1] = "0x";
    PP_ASSERT(size <= 64);
    pp_hex_encode(text + 2, data, size);
    return json_string(text);
}

json_t *pp_json_new_wei(pp_u128 wei) {
    char text[40];
    return json_string(pp_u128_dec(text, wei));
}

void pp_json_hex(json_t *object, const char *member, const uint8_t *data, size_t size) {
    json_object_set_new(object, member, pp_json_new_hex(data, size));
}

void pp_json_wei(json_t *object, const char *member, pp_u128 wei) {
    json_object_set_new(object, member, pp_json_new_wei(wei));
}

void pp_json_u64(json_t *object, const char *member, uint64_t v) {
    json_object_set_new(object, member, json_integer((json_int_t)v));
}

void pp_json_root(json_t *object, const char *member, const pp_digest *root) {
    uint8_t bytes[PP_DIGEST_SIZE];
    pp_digest_encode(bytes, root);
    pp_json_hex(object, member, bytes, sizeof bytes);
}

void pp_json_text(json_t *object, const char *member, const char *text) {
    json_object_set_new(object, member, text ? json_string(text) : json_null());
}

void pp_json_bool(json_t *object, const char *member, bool v) {
    json_object_set_new(object, member, json_boolean(v));
}

void pp_json_hash(json_t *object, const char *member, const pp_hash32 *hash) {
    pp_json_hex(object, member, hash->b, sizeof hash->b);
}

void pp_json_address(json_t *object, const char *member, const pp_address *address) {
    static const pp_address nobody;
    if (pp_address_eq(address, &nobody))
        json_object_set_new(object, member, json_null());
    else
        pp_json_hex(object, member, address->b, sizeof address->b);
}
