// SPDX-License-Identifier: MIT OR Apache-2.0
// Bytes that only grow, in a file that is mapped: what nobody has looked at lately costs disk, and
// no memory. What stands in it never moves while it is open. Only for index/.
//
// The file stays when it is closed, and what it held at some moment can be had again: for this its
// user keeps what pp_far_save writes. Bytes that do not change any more are synced and summed up;
// the others are kept themselves. So the file may grow and change at will behind that moment, and
// be torn by a crash: pp_far_load cuts it off there, puts back what may have changed, and refuses
// one whose other bytes are not those that were there. Where its user keeps nothing, what is in it
// is worth nothing, and it is made again from the log.
//
// A disk that fails to give back what was written ends the program (SIGBUS).
#ifndef PP_INDEX_FAR_H
#define PP_INDEX_FAR_H

#include "base/err.h"
#include "chain/wire.h"

typedef struct pp_far {
    uint8_t *base;
    size_t size;     // bytes in use
    size_t mapped;   // bytes there are
    size_t reserved; // address space
    int fd;          // -1: memory
    char name[24];
    size_t summed; // bytes from the first on that are on the disk and summed up
    uint64_t sum;
} pp_far;

// An empty one, whatever the file holds, in folder dir, which is there; dir NULL: in memory, which
// cannot be saved. Room for `most` bytes at most. False with a sentence that names the file.
PP_NODISCARD bool pp_far_open(pp_err *err, pp_far *far, const char *dir, const char *name,
                              size_t most);
// What it holds now; the first `fixed` bytes never change again: as many as the last time, at
// least. Syncs them. False with a sentence when the disk failed. In a file only, asserted.
PP_NODISCARD bool pp_far_save(pp_err *err, pp_far *far, pp_wire *out, size_t fixed);
// As it was when that was saved. False with a sentence: exit code 1 when the file does not hold it,
// 2 when the environment failed. pp_far_close either way.
PP_NODISCARD bool pp_far_load(pp_err *err, pp_far *far, pp_reader *saved, const char *dir,
                              const char *name, size_t most);
// So many more bytes, zeroed; items of one size stand one behind the other. NULL with a sentence
// when the disk is full, or `most` is reached: nothing has changed then.
void *pp_far_add(pp_err *err, pp_far *far, size_t size);
// Gives the memory of all but the newest bytes back; their next reader waits for the disk, where
// the system has not kept them.
void pp_far_cool(const pp_far *far);
void pp_far_close(pp_far *far); // all zero is fine
// The bytes as a list of items.
static inline void *pp_far_items(const pp_far *far) {
    return far->base;
}

#endif
