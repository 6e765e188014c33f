// SPDX-License-Identifier: MIT OR Apache-2.0
// Errors of the environment and of input files: one clear sentence, and an exit code. Native only.
#ifndef PP_BASE_ERR_H
#define PP_BASE_ERR_H

#include "base/base.h"

// Exit codes of the program: 0 yes, 1 a well-formed no, 2 usage or unreadable.
enum { PP_EXIT_YES = 0, PP_EXIT_NO = 1, PP_EXIT_USAGE = 2 };

// Room for a sentence around a whole path.
enum { PP_ERR_TEXT = 4096 + 512 };

typedef struct pp_err {
    int exit_code;          // 0: no error
    char text[PP_ERR_TEXT]; // UTF-8; a sentence that is longer ends in "…"
} pp_err;

// Writes one sentence into *err (if not NULL) and returns false, so that a failing function can
// `return pp_err_set(err, PP_EXIT_USAGE, "%s: …", path);`. Name what, and where.
bool pp_err_set(pp_err *err, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Reads a whole regular file of at most max_size bytes into malloc'ed memory that the caller
// frees; one NUL stands behind it. False with *err on anything else.
PP_NODISCARD bool pp_file_read(pp_err *err, uint8_t **data, size_t *size, const char *path,
                               size_t max_size);
// Writes atomically: a temporary file beside it, synced, renamed, the folder synced. mode as chmod.
PP_NODISCARD bool pp_file_write(pp_err *err, const char *path, const void *data, size_t size,
                                unsigned mode);

#endif
