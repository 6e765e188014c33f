// SPDX-License-Identifier: MIT OR Apache-2.0
// Another host, asked over HTTP (docs/node.md) by libcurl: its genesis, its blocks, and commands
// sent to it. Nothing that it says is believed: the genesis must have the hash that was asked for,
// and blocks are for whoever asks to execute (pp_local_take).
#ifndef PP_HOST_REMOTE_H
#define PP_HOST_REMOTE_H

#include "host/local.h"

typedef struct pp_remote pp_remote;

// url: "http://HOST:PORT" or https. stop is asked while a request waits, several times a second:
// true ends it; NULL: never. False with one sentence.
PP_NODISCARD bool pp_remote_open(pp_err *err, pp_remote **out, const char *url,
                                 bool (*stop)(void *ctx), void *ctx);
void pp_remote_close(pp_remote *remote); // NULL is fine

// The genesis file, malloc'ed. False with one sentence: exit code 1 when it is another network's, 2
// when there is no answer.
PP_NODISCARD bool pp_remote_genesis(pp_err *err, uint8_t **file, size_t *size, pp_remote *remote,
                                    const pp_hash32 *hash);
// What the host has of blocks from this height on, malloc'ed, for pp_remote_next; with wait, for up
// to a minute where it has none yet. False with one sentence, exit code 2, when there is no answer:
// it may be down for a while.
PP_NODISCARD bool pp_remote_blocks(pp_err *err, uint8_t **data, size_t *size, pp_remote *remote,
                                   uint64_t height, bool wait);
// Takes the next block off *rest, which is what comes behind the last one of `local`, signed (as
// pp_local_is_next says). *block is empty at the end. False with one sentence for everything else:
// a proxy's page, a stranger on the line.
PP_NODISCARD bool pp_remote_next(pp_err *err, pp_bytes *block, pp_bytes *rest, pp_local *local);

// What the host says at GET path (of docs/node.md; JSON, NUL behind it, malloc'ed), or to a call of
// Ethereum's JSON-RPC whose params are this JSON array: the result as JSON text. False with one
// sentence when there is no answer, or an error instead: its message is the sentence.
PP_NODISCARD bool pp_remote_get(pp_err *err, char **text, pp_remote *remote, const char *path);
PP_NODISCARD bool pp_remote_call(pp_err *err, char **result, pp_remote *remote, const char *method,
                                 const char *params);
// The same of one rollup, by its number.
PP_NODISCARD bool pp_remote_call_lane(pp_err *err, char **result, pp_remote *remote, uint64_t lane,
                                      const char *method, const char *params);

enum { PP_REMOTE_REASON_MAX = 64 };
// Sends a signed command and waits until it stands in a block on the host's disk. *height: which;
// 0 when it was refused at the door. reason: "OK", "C-…" or "M-…", as the host says. False with one
// sentence when there is no answer: whether it went in is not known then, and the chain will tell.
PP_NODISCARD bool pp_remote_command(pp_err *err, uint64_t *height,
                                    char reason[PP_REMOTE_REASON_MAX], pp_remote *remote,
                                    pp_bytes item);

#endif
