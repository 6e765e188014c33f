// SPDX-License-Identifier: MIT OR Apache-2.0
// The node's server, and what it tells those who watch.
#include "node/serve.h"

#include <pthread.h>
#include <stdlib.h>

#include "node/lists.h"
#include "node/routes.h"
#include "node/web.h"

struct pp_served {
    pp_http *http;
    pp_node *node;
    pthread_mutex_t lock;       // of all below
    bool told;                  // a block's event is out
    uint64_t height, finalized; // of the last one
    uint64_t news;              // the next of the market's
};

// From the node's threads: something has changed. What the market tells comes before the block's
// own event, with which those who come new begin.
static void change(void *ctx) {
    pp_served *s = ctx;
    pp_node_view *v = malloc(sizeof *v);
    PP_ASSERT(v != NULL);
    pthread_mutex_lock(&s->lock);
    size_t size;
    for (char *text; (text = pp_list_news(&size, &s->news, s->node)) != NULL;)
        pp_http_event(s->http, text, size, false);
    pp_node_view_get(v, s->node);
    if (!s->told || v->info.height != s->height || v->finalized != s->finalized) {
        char *event = pp_route_event(&size, v);
        pp_http_event(s->http, event, size, true);
    }
    s->told = true;
    s->height = v->info.height;
    s->finalized = v->finalized;
    pthread_mutex_unlock(&s->lock);
    free(v);
    pp_http_wake(s->http);
}

// What the market has told so far is no news.
static void skip_news(pp_served *s) {
    size_t size;
    for (char *text; (text = pp_list_news(&size, &s->news, s->node)) != NULL;) free(text);
}

bool pp_serve_open(pp_err *err, pp_served **out, pp_node *node, const pp_http_options *options) {
    pp_http_site site = {.app = node,
                         .routes = pp_routes,
                         .routes_len = pp_routes_len,
                         .find = pp_web_find,
                         .policy = PP_WEB_POLICY,
                         .guide = "docs/node.md"};
    *out = NULL;
    pp_served *s = calloc(1, sizeof *s);
    if (s == NULL) return pp_err_set(err, PP_EXIT_USAGE, "no memory");
    s->node = node;
    if (!pp_http_open(err, &s->http, options, &site)) {
        free(s);
        return false;
    }
    pthread_mutex_init(&s->lock, NULL);
    skip_news(s);
    pp_node_listen(node, change, s);
    change(s);
    *out = s;
    return true;
}

uint16_t pp_serve_port(const pp_served *served) {
    return pp_http_port(served->http);
}

void pp_serve_close(pp_served *served) {
    if (served == NULL) return;
    pp_http_close(served->http);
    pthread_mutex_destroy(&served->lock);
    free(served);
}
