// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chain/scan.h"

#include <stdarg.h>
#include <stdio.h>

#include "chain/entry.h"

json_t *pp_scan_open(pp_scan *s, pp_err *err, const char *name, pp_bytes file) {
    json_error_t why;
    json_t *root = json_loadb((const char *)file.data, file.size, JSON_REJECT_DUPLICATES, &why);
    *s = (pp_scan){.err = err, .name = name, .ok = root != NULL};
    if (!root)
        pp_err_set(err, PP_EXIT_USAGE, "%s: not JSON, line %d: %s", name, why.line, why.text);
    return root;
}

void pp_scan_fail(pp_scan *s, const char *format, ...) {
    if (!s->ok) return;
    s->ok = false;
    char what[160];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    pp_err_set(s->err, PP_EXIT_USAGE, "%s: %s%s%s", s->name, s->path, s->path_len ? ": " : "",
               what);
}

// Adds a step to the path; returns the length to go back to.
size_t pp_scan_down(pp_scan *s, const char *member) {
    size_t before = s->path_len;
    int n = snprintf(s->path + before, sizeof s->path - before, "%s%s", before ? "." : "", member);
    s->path_len += (size_t)n;
    PP_ASSERT(s->path_len < sizeof s->path);
    return before;
}
size_t pp_scan_down_index(pp_scan *s, size_t index) {
    size_t before = s->path_len;
    int n = snprintf(s->path + before, sizeof s->path - before, "[%zu]", index);
    s->path_len += (size_t)n;
    PP_ASSERT(s->path_len < sizeof s->path);
    return before;
}
void pp_scan_up(pp_scan *s, size_t before) {
    s->path_len = before;
    s->path[before] = 0;
}

// An object with exactly these members.
void pp_scan_expect_members(pp_scan *s, const json_t *object, const char *const *names) {
    if (!s->ok) return;
    if (!json_is_object(object)) {
        pp_scan_fail(s, "must be an object");
        return;
    }
    for (size_t i = 0; names[i]; i++)
        if (!json_object_get(object, names[i])) {
            size_t at = pp_scan_down(s, names[i]);
            pp_scan_fail(s, "missing");
            pp_scan_up(s, at);
            return;
        }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        size_t i = 0;
        while (names[i] && strcmp(names[i], key) != 0) i++;
        if (!names[i]) pp_scan_fail(s, "unknown member '%.40s'", key);
    }
}

uint64_t pp_scan_get_u64(pp_scan *s, const json_t *object, const char *member, uint64_t min,
                         uint64_t max) {
    if (!s->ok) return 0;
    const json_t *v = json_object_get(object, member);
    size_t at = pp_scan_down(s, member);
    uint64_t out = 0;
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        pp_scan_fail(s, "must be a whole number");
    else if ((out = (uint64_t)json_integer_value(v)) < min || out > max)
        pp_scan_fail(s, "must be from %llu to %llu", (unsigned long long)min,
                     (unsigned long long)max);
    pp_scan_up(s, at);
    return s->ok ? out : 0;
}

pp_u128 pp_scan_get_wei(pp_scan *s, const json_t *object, const char *member) {
    pp_u128 out = 0;
    if (!s->ok) return 0;
    size_t at = pp_scan_down(s, member);
    const char *text = json_string_value(json_object_get(object, member));
    if (!text || !pp_u128_parse(&out, text))
        pp_scan_fail(s, "must be wei as a decimal string below 2^128");
    else if (out > PP_MARKET_AMOUNT_MAX)
        pp_scan_fail(s, "must be at most 2^90 wei");
    pp_scan_up(s, at);
    return s->ok ? out : 0;
}

void pp_scan_get_hex(pp_scan *s, uint8_t *out, size_t size, const json_t *object,
                     const char *member) {
    memset(out, 0, size);
    if (!s->ok) return;
    size_t at = pp_scan_down(s, member);
    const char *text = json_string_value(json_object_get(object, member));
    if (!text || strncmp(text, "0x", 2) != 0 || !pp_hex_decode(out, size, text))
        pp_scan_fail(s, "must be 0x and %zu hex digits", 2 * size);
    pp_scan_up(s, at);
}

void pp_scan_get_name(pp_scan *s, char out[PP_GENESIS_NAME_MAX], const json_t *object) {
    if (!s->ok) return;
    size_t at = pp_scan_down(s, "name");
    const char *text = json_string_value(json_object_get(object, "name"));
    size_t len = text ? strlen(text) : 0;
    if (len == 0 || len >= PP_GENESIS_NAME_MAX ||
        strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
        pp_scan_fail(s, "must be 1 to %d lower-case letters, digits and '-'",
                     PP_GENESIS_NAME_MAX - 1);
    else
        memcpy(out, text, len + 1);
    pp_scan_up(s, at);
}

const json_t *pp_scan_get_list(pp_scan *s, size_t *len, const json_t *object, const char *member) {
    const json_t *list = json_object_get(object, member);
    *len = 0;
    if (!s->ok) return NULL;
    if (!json_is_array(list)) {
        size_t at = pp_scan_down(s, member);
        pp_scan_fail(s, "must be a list");
        pp_scan_up(s, at);
        return NULL;
    }
    *len = json_array_size(list);
    return list;
}

// The address of entry i; it must come after that of entry i - 1.
void pp_scan_get_key(pp_scan *s, pp_address *out, const json_t *entry, const pp_address *before) {
    pp_scan_get_hex(s, out->b, sizeof out->b, entry, "address");
    if (before && s->ok && memcmp(before->b, out->b, sizeof out->b) >= 0)
        pp_scan_fail(s, "addresses must be ascending, none twice");
}
