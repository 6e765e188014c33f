// SPDX-License-Identifier: MIT OR Apache-2.0
// A request's story as JSON: what the node answers and the commands print. docs/openapi.yaml has
// the members.
#ifndef PP_EXPLAIN_SHOW_H
#define PP_EXPLAIN_SHOW_H

#include <jansson.h>

#include "explain/explain.h"

// Sets `match`: an auction as it was drawn; NULL: null.
void pp_explain_set_match(json_t *object, const pp_match *match);
// Sets `story`: a request's events and refused commands.
void pp_explain_set_story(json_t *object, const pp_story *story, size_t len);

#endif
