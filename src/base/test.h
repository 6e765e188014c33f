// SPDX-License-Identifier: MIT OR Apache-2.0
// The unit-test runner: PP_TEST functions register themselves; base/test.c has main().
// A program's closing line is "N passed, N failed, N skipped"; a failed check names file and line.
#ifndef PP_BASE_TEST_H
#define PP_BASE_TEST_H

#include <stdio.h>

#include "base/rng.h"

typedef struct pp_test_case {
    const char *name;
    void (*run)(void);
    struct pp_test_case *next;
} pp_test_case;

void pp_test_register(pp_test_case *test);
// Records a failure; the test goes on.
void pp_test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Marks the running test as skipped, loudly: the reason is printed.
void pp_test_skip(const char *reason);

// The path of a file in ../shared/data beside the checkout (or in $PP_SHARED_DATA), or NULL when
// it is not there; then the caller says so with pp_test_skip. Static storage.
const char *pp_test_shared(const char *name);

#define PP_TEST(name)                                                                              \
    static void test_##name(void);                                                                 \
    static pp_test_case case_##name = {#name, test_##name, NULL};                                  \
    __attribute__((constructor)) static void register_##name(void) {                               \
        pp_test_register(&case_##name);                                                            \
    }                                                                                              \
    static void test_##name(void)

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) pp_test_fail(__FILE__, __LINE__, "CHECK(%s)", #cond);                         \
    } while (0)
#define CHECK_EQ(a, b)                                                                             \
    do {                                                                                           \
        unsigned long long pp_a = (unsigned long long)(a), pp_b = (unsigned long long)(b);         \
        if (pp_a != pp_b)                                                                          \
            pp_test_fail(__FILE__, __LINE__, "%s == %s: %llu (0x%llx) against %llu (0x%llx)", #a,  \
                         #b, pp_a, pp_a, pp_b, pp_b);                                              \
    } while (0)
#define CHECK_MEM(a, b, size)                                                                      \
    do {                                                                                           \
        if (memcmp((a), (b), (size)) != 0)                                                         \
            pp_test_fail(__FILE__, __LINE__, "%s and %s differ", #a, #b);                          \
    } while (0)
#define CHECK_STR(a, b)                                                                            \
    do {                                                                                           \
        const char *pp_a = (a), *pp_b = (b);                                                       \
        if (strcmp(pp_a, pp_b) != 0)                                                               \
            pp_test_fail(__FILE__, __LINE__, "%s == %s: \"%s\" against \"%s\"", #a, #b, pp_a,      \
                         pp_b);                                                                    \
    } while (0)
// Leaves the test function when the condition fails.
#define REQUIRE(cond)                                                                              \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            pp_test_fail(__FILE__, __LINE__, "REQUIRE(%s)", #cond);                                \
            return;                                                                                \
        }                                                                                          \
    } while (0)

#endif
