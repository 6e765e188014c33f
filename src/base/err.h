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
// Nobody but its owner may read or write the file, as ssh has it of its keys; links are followed.
PP_NODISCARD bool pp_file_is_secret(pp_err *err, const char *path);
// Writes atomically: a temporary file beside it, synced, renamed, the folder synced. mode as chmod.
// What is there already must be a regular file: no device, FIFO or link is written to or replaced.
// Of two writers at once the later to finish wins, whole.
PP_NODISCARD bool pp_file_write(pp_err *err, const char *path, const void *data, size_t size,
                                unsigned mode);
// Could it be written? Asked before long work; nothing changes.
PP_NODISCARD bool pp_file_can_write(pp_err *err, const char *path);

enum { PP_PATH_MAX = 4096 };

// The same piece by piece: begin, put …, end; or drop instead of end, and nothing has changed.
// After false there is nothing to drop. (A process killed in between leaves PATH.….tmp.)
typedef struct pp_file_out {
    int fd;
    char path[PP_PATH_MAX], temp[PP_PATH_MAX];
} pp_file_out;
PP_NODISCARD bool pp_file_begin(pp_err *err, pp_file_out *out, const char *path, unsigned mode);
PP_NODISCARD bool pp_file_put(pp_err *err, pp_file_out *out, const void *data, size_t size);
PP_NODISCARD bool pp_file_end(pp_err *err, pp_file_out *out);
void pp_file_drop(pp_file_out *out);

// A regular file to be read piece by piece. path must outlive it.
typedef struct pp_file_in {
    int fd;
    uint64_t size;
    const char *path;
} pp_file_in;
PP_NODISCARD bool pp_file_open(pp_err *err, pp_file_in *in, const char *path);
// Exactly `size` bytes from `at` on; false with *err when there are not so many.
PP_NODISCARD bool pp_file_get(pp_err *err, const pp_file_in *in, void *data, size_t size,
                              uint64_t at);
void pp_file_close(pp_file_in *in);

// Syncs the folder that a path stands in, so that its name outlives a power cut. False when it
// cannot.
PP_NODISCARD bool pp_file_sync_name(const char *path);

// A folder is there: made, and its name synced, or there before (a link is none).
PP_NODISCARD bool pp_folder_make(pp_err *err, const char *path, unsigned mode);

#endif
