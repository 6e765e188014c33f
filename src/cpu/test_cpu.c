// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "base/test.h"
#include "cpu/cpu.h"
#include "cpu/threads.h"

PP_TEST(levels_have_names) {
    for (unsigned i = 0; i < PP_CPU_LEN; i++) {
        pp_cpu level;
        CHECK(pp_cpu_parse(&level, pp_cpu_name((pp_cpu)i)));
        CHECK_EQ(level, i);
    }
    pp_cpu level;
    CHECK(!pp_cpu_parse(&level, "AVX2"));
    CHECK(!pp_cpu_parse(&level, ""));
    printf("detected: %s\n", pp_cpu_name(pp_cpu_detected()));
}

PP_TEST(a_mask_lowers_the_level) {
    const char *before = getenv("POLYPOLY_CPU");
    char kept[32] = "";
    if (before != NULL) snprintf(kept, sizeof kept, "%s", before);
    unsetenv("POLYPOLY_CPU");
    pp_cpu_mask(PP_CPU_LEN - 1);
    CHECK_EQ(pp_cpu_level(), pp_cpu_detected());
    pp_cpu_mask(PP_CPU_PORTABLE);
    CHECK_EQ(pp_cpu_level(), PP_CPU_PORTABLE);
    setenv("POLYPOLY_CPU", "portable", 1);
    pp_cpu_mask(PP_CPU_LEN - 1);
    CHECK_EQ(pp_cpu_level(), PP_CPU_PORTABLE);
    setenv("POLYPOLY_CPU", "fastest", 1);
    pp_cpu_mask(PP_CPU_LEN - 1);
    CHECK_EQ(pp_cpu_level(), pp_cpu_detected());
    if (before != NULL)
        setenv("POLYPOLY_CPU", kept, 1);
    else
        unsetenv("POLYPOLY_CPU");
    pp_cpu_mask(PP_CPU_LEN - 1);
}

enum { N = 1000 };
typedef struct cover {
    unsigned seen[N];
    size_t calls[8], grain, n;
    pp_threads *pool;
    bool nested;
} cover;

static void once(void *ctx, size_t first, size_t end, size_t part) {
    (void)part;
    unsigned *sum = ctx;
    *sum += (unsigned)(end - first);
}

static void mark(void *ctx, size_t first, size_t end, size_t part) {
    cover *c = ctx;
    c->calls[part]++;
    CHECK(first < end && end <= c->n);
    CHECK_EQ(first % c->grain, 0);
    CHECK(end == c->n || end % c->grain == 0);
    for (size_t i = first; i < end; i++) c->seen[i]++;
    if (c->nested) {
        unsigned sum = 0;
        pp_threads_run(c->pool, 100, 1, once, &sum);
        CHECK_EQ(sum, 100);
    }
}

PP_TEST(every_item_is_worked_on_once) {
    static const size_t ns[] = {0, 1, 2, 3, 7, 8, 9, 64, 999, 1000};
    for (size_t len = 1; len <= 5; len++) {
        pp_err err;
        pp_threads *pool = pp_threads_new(&err, len);
        REQUIRE(pool != NULL);
        CHECK_EQ(pp_threads_len(pool), len);
        for (size_t i = 0; i < PP_COUNT(ns); i++)
            for (size_t grain = 1; grain <= 1024; grain *= 4) {
                cover c = {.grain = grain, .n = ns[i], .pool = pool, .nested = grain == 4};
                pp_threads_run(pool, ns[i], grain, mark, &c);
                for (size_t k = 0; k < N; k++) CHECK_EQ(c.seen[k], k < ns[i]);
                for (size_t k = 0; k < 8; k++) CHECK(c.calls[k] <= 1);
            }
        pp_threads_free(pool);
    }
    cover c = {.grain = 1, .n = N};
    pp_threads_run(NULL, N, 1, mark, &c);
    CHECK_EQ(c.calls[0], 1);
}

PP_TEST(many_rounds_lose_nothing) {
    pp_threads *pool = pp_threads_new(NULL, 2);
    REQUIRE(pool != NULL);
    cover c = {.grain = 1, .n = 64};
    for (int i = 0; i < 2000; i++) pp_threads_run(pool, c.n, 1, mark, &c);
    for (size_t k = 0; k < c.n; k++) CHECK_EQ(c.seen[k], 2000);
    CHECK_EQ(c.calls[0] + c.calls[1], 4000);
    pp_threads_free(pool);
}

PP_TEST(too_many_threads_are_refused) {
    pp_err err = {0};
    CHECK(pp_threads_new(&err, PP_THREADS_MAX + 1) == NULL);
    CHECK_EQ(err.exit_code, PP_EXIT_USAGE);
    pp_threads *all = pp_threads_new(&err, 0);
    CHECK(all != NULL && pp_threads_len(all) >= 1);
    pp_threads_free(all);
    pp_threads_free(NULL);
}
