// SPDX-License-Identifier: MIT OR Apache-2.0
// Members of JSON objects, written one way everywhere: wei as decimal strings, bytes as 0x and hex.
// Native only; objects and values are jansson's.
#ifndef PP_JSON_JSON_H
#define PP_JSON_JSON_H

#include <jansson.h>

#include "hash/poseidon2.h"

// New values, the caller's.
json_t *pp_json_new_hex(const uint8_t *data, size_t size); // <= 64
json_t *pp_json_new_wei(pp_u128 wei);

// The text, malloc'ed; value is let go.
char *pp_json_dump(size_t *size, json_t *value);
void pp_json_u64(json_t *object, const char *member, uint64_t v);
void pp_json_bool(json_t *object, const char *member, bool v);
void pp_json_wei(json_t *object, const char *member, pp_u128 wei);
void pp_json_text(json_t *object, const char *member, const char *text); // NULL: null
void pp_json_hex(json_t *object, const char *member, const uint8_t *data, size_t size); // <= 64
void pp_json_hash(json_t *object, const char *member, const pp_hash32 *hash);
void pp_json_address(json_t *object, const char *member, const pp_address *address); // zero: null
void pp_json_root(json_t *object, const char *member, const pp_digest *root);

#endif
