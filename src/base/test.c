// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

static pp_test_case *first, **last = &first;
static unsigned failures; // of the running test
static bool skipped;

void pp_test_register(pp_test_case *test) {
    *last = test;
    last = &test->next;
}

void pp_test_fail(const char *file, int line, const char *format, ...) {
    if (++failures > 10) return; // the first few say enough
    fprintf(stderr, "%s:%d: ", file, line);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void pp_test_skip(const char *reason) {
    skipped = true;
    printf("SKIPPED: %s\n", reason);
}

const char *pp_test_shared(const char *name) {
    static char path[4096];
    const char *folder = getenv("PP_SHARED_DATA");
    if (folder == NULL) folder = PP_SOURCE_DIR "/../shared/data";
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, R_OK) == 0 ? path : NULL;
}

// Usage: test_x [NAME...]: only the tests whose name contains one of the words.
int main(int argc, char **argv) {
    unsigned passed = 0, failed = 0, skips = 0;
    for (pp_test_case *t = first; t; t = t->next) {
        bool wanted = argc == 1;
        for (int i = 1; i < argc; i++) wanted |= strstr(t->name, argv[i]) != NULL;
        if (!wanted) continue;
        failures = 0;
        skipped = false;
        t->run();
        if (failures) {
            failed++;
            printf("FAILED: %s\n", t->name);
        } else if (skipped) {
            skips++;
        } else {
            passed++;
        }
        fflush(stdout);
    }
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skips);
    return failed ? 1 : 0;
}
