// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void pp_panic(const char *file, int line, const char *what) {
    fprintf(stderr, "polypoly: broken invariant at %s:%d: %s\n", file, line, what);
    abort();
}

bool pp_err_set(pp_err *err, int exit_code, const char *format, ...) {
    if (err == NULL) return false;
    err->exit_code = exit_code;
    va_list args;
    va_start(args, format);
    int size = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    static const char cut[] = "…";
    if (size >= (int)sizeof err->text)
        memcpy(err->text + sizeof err->text - sizeof cut, cut, sizeof cut);
    return false;
}
