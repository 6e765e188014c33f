// SPDX-License-Identifier: MIT OR Apache-2.0
// Bytes that only grow, in a file that is mapped: what nobody has looked at lately costs disk, and
// no memory. The file is scratch: it has no name any more once it is open, and is gone when it is
// closed, however that happens; whoever uses it makes it again from the log. Only for index/.
//
// What stands in it never moves, so that it may hold pointers to itself and to others of its kind.
// A disk that fails to give back what was written ends the program (SIGBUS).
#ifndef PP_INDEX_FAR_H
#define PP_INDEX_FAR_H

#include "base/err.h"

typedef struct pp_far {
    uint8_t *base;
    size_t size;     // bytes in use
    size_t mapped;   // bytes there are
    size_t reserved; // address space
    int fd;          // -1: memory
    char name[24];
} pp_far;

// In folder dir, which is there; dir NULL: in memory, for tests. Room for `most` bytes at most.
// False with a sentence that names the file.
PP_NODISCARD bool pp_far_open(pp_err *err, pp_far *far, const char *dir, const char *name,
                              size_t most);
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
