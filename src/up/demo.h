// SPDX-License-Identifier: MIT OR Apache-2.0
// A port of the supervisor's own, for the node's page: GET /demo tells which provers run, POST
// /demo/stop and /demo/start with {"prover": N} stop and start one. Every request carries the token
// that was drawn for this run (X-Polypoly-Token), and pages of other origins than the node's are
// refused. Only for up/.
#ifndef PP_UP_DEMO_H
#define PP_UP_DEMO_H

#include "base/err.h"

typedef struct pp_up_demo pp_up_demo;

// What it shows and moves. Called from the server's thread.
typedef struct pp_up_demo_actions {
    void *ctx;
    // The provers as a JSON array, malloc'ed.
    char *(*list)(void *ctx);
    // Prover number 1 and up; false when there is none, or it runs already, or not.
    bool (*move)(void *ctx, unsigned prover, bool start);
} pp_up_demo_actions;

enum { PP_UP_TOKEN = 33 }; // hex digits and NUL

// Draws a token and listens on 127.0.0.1, on any free port. node_port: of the page's origin. False
// with one sentence.
PP_NODISCARD bool pp_up_demo_open(pp_err *err, pp_up_demo **out, uint16_t node_port,
                                  const pp_up_demo_actions *actions);
uint16_t pp_up_demo_port(const pp_up_demo *demo);
const char *pp_up_demo_token(const pp_up_demo *demo);
void pp_up_demo_close(pp_up_demo *demo); // NULL is fine

#endif
