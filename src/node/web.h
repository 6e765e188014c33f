// SPDX-License-Identifier: MIT OR Apache-2.0
// The page that the node serves: the files of web/dist, inside the program. Only for node/.
#ifndef PP_NODE_WEB_H
#define PP_NODE_WEB_H

#include "http/http.h"

// What a browser may do with the page: run its files and ask this node, and on loopback the
// supervisor of `polypoly up --demo`; nothing else, and no script or style but those that come as
// files. 'wasm-unsafe-eval' lets it compile the verifier, and no script from text.
#define PP_WEB_POLICY                                                                              \
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "                 \
    "img-src 'self'; connect-src 'self' http://127.0.0.1:*; base-uri 'none'; "                     \
    "form-action 'none'; frame-ancestors 'none'"

// The file at this path, "/" for the page itself: for pp_http_site.
bool pp_web_find(pp_http_file *out, const char *path);

#endif
