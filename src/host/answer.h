// SPDX-License-Identifier: MIT OR Apache-2.0
// Members of a node's answers, read without trust: what is missing or of another kind is 0, or "?".
#ifndef PP_HOST_ANSWER_H
#define PP_HOST_ANSWER_H

#include <jansson.h>
#include <stdint.h>

#include "base/base.h"

static inline uint64_t pp_answer_number(const json_t *object, const char *member) {
    json_int_t n = json_integer_value(json_object_get(object, member));
    return n > 0 ? (uint64_t)n : 0;
}

// As it may be shown on a terminal: control characters, in place, are '?' (those of one byte, and
// U+0080 to U+009F, which some terminals obey too).
static inline const char *pp_answer_text(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    if (text == NULL) return "?";
    for (unsigned char *at = (unsigned char *)(uintptr_t)text; *at; at++) {
        if (*at == 0xc2 && at[1] < 0xa0) *at++ = '?', *at = '?';
        if (*at < ' ' || *at == 0x7f) *at = '?';
    }
    return text;
}

#endif
