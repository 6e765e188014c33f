// SPDX-License-Identifier: MIT OR Apache-2.0
// Members of a node's answers, read without trust: what is missing or of another kind is 0, or "?".
#ifndef PP_HOST_ANSWER_H
#define PP_HOST_ANSWER_H

#include <jansson.h>
#include <stdint.h>

static inline uint64_t pp_answer_number(const json_t *object, const char *member) {
    json_int_t n = json_integer_value(json_object_get(object, member));
    return n > 0 ? (uint64_t)n : 0;
}

static inline const char *pp_answer_text(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "?";
}

#endif
