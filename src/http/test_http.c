// SPDX-License-Identifier: MIT OR Apache-2.0
// The server from outside, over a socket.
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/test.h"
#include "http/http.h"

static pp_http *http;

static void pass(unsigned ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

static bool quick(pp_http_request *r) {
    char *text = strdup("{}");
    PP_ASSERT(text != NULL);
    return pp_http_text(r, PP_HTTP_OK, PP_HTTP_JSON, text, 2);
}

// Its peer's time is over before there is an answer.
static bool late(pp_http_request *r) {
    pass(1300);
    pp_http_wake(http);
    return pp_http_refuse(r, PP_HTTP_UNAVAILABLE, "it took too long");
}

static const pp_http_route routes[] = {{"POST", "/late", late, PP_HTTP_JSON, 100},
                                       {"GET", "/quick", quick, NULL, 0}};
static const pp_http_site site = {.routes = routes, .routes_len = 2, .guide = "nothing"};

// What comes back within ten seconds, as text.
static size_t ask(char *out, size_t max, const char *request) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(pp_http_port(http)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 10};
    size_t size = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    PP_ASSERT(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    PP_ASSERT(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    PP_ASSERT(send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request));
    for (ssize_t n; size + 1 < max && (n = recv(fd, out + size, max - 1 - size, 0)) > 0;)
        size += (size_t)n;
    out[size] = 0;
    close(fd);
    return size;
}

// One whose connection has been ended while its answer was made: there is nobody to be told, and
// the next is served.
PP_TEST(who_is_cut_off_stops_nobody) {
    const pp_http_options options = {.address = "127.0.0.1", .patience = 1};
    pp_err err;
    char text[1024];
    PP_ASSERT(pp_http_open(&err, &http, &options, &site));
    CHECK_EQ(ask(text, sizeof text,
                 "POST /late HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 "Content-Length: 2\r\n\r\n{}"),
             0);
    ask(text, sizeof text, "GET /quick HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    CHECK(strstr(text, " 200 ") != NULL);
    pp_http_close(http);
}
