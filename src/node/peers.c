// SPDX-License-Identifier: MIT OR Apache-2.0
#include "node/peers.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "host/clock.h"

struct pp_peer {
    pp_peer *next, **at; // in peers->first, while it is connected
    int fd;
    struct in6_addr ip; // IPv4 as mapped
    uint64_t due;       // ns; 0: nothing is expected of it
    size_t held;
    bool connected, streams;
};

void pp_peers_init(pp_peers *peers, uint64_t patience) {
    memset(peers, 0, sizeof *peers);
    peers->patience = patience;
    pthread_mutex_init(&peers->lock, NULL);
}

void pp_peers_free(pp_peers *peers) {
    PP_ASSERT(peers->first == NULL && peers->held == 0);
    pthread_mutex_destroy(&peers->lock);
}

static struct in6_addr address_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct in6_addr ip = {0};
    if (info != NULL && info->client_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, info->client_addr, sizeof v6);
        ip = v6.sin6_addr;
    } else if (info != NULL) {
        struct sockaddr_in v4;
        memcpy(&v4, info->client_addr, sizeof v4);
        ip.s6_addr[10] = ip.s6_addr[11] = 0xff;
        memcpy(&ip.s6_addr[12], &v4.sin_addr, 4);
    }
    return ip;
}

static bool same_ip(const pp_peer *a, const pp_peer *b) {
    return memcmp(&a->ip, &b->ip, sizeof a->ip) == 0;
}

static uint64_t due_after(const pp_peers *peers, size_t bytes) {
    return pp_clock_ns() + (peers->patience + bytes / PP_PEERS_RATE) * 1000000000;
}

// With the lock. A peer lasts while it is connected, or something is held for it.
static void free_unused(pp_peer *peer) {
    if (!peer->connected && peer->held == 0) free(peer);
}

static void come(pp_peers *peers, struct MHD_Connection *connection, void **context) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    pp_peer *peer = calloc(1, sizeof *peer);
    PP_ASSERT(peer != NULL);
    *peer = (pp_peer){.fd = info ? info->connect_fd : -1,
                      .ip = address_of(connection),
                      .due = due_after(peers, 0),
                      .connected = true};
    peer->next = peers->first;
    peer->at = &peers->first;
    if (peer->next) peer->next->at = &peer->next;
    peers->first = peer;
    *context = peer;
}

static void go(pp_peers *peers, pp_peer *peer) {
    *peer->at = peer->next;
    if (peer->next) peer->next->at = peer->at;
    if (peer->streams) peers->streams--;
    peer->connected = peer->streams = false;
    free_unused(peer);
}

void pp_peers_notify(void *ctx, struct MHD_Connection *connection, void **context,
                     enum MHD_ConnectionNotificationCode what) {
    pp_peers *peers = ctx;
    pthread_mutex_lock(&peers->lock);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        come(peers, connection, context);
    } else if (*context != NULL) {
        go(peers, *context);
        *context = NULL;
    }
    pthread_mutex_unlock(&peers->lock);
}

pp_peer *pp_peers_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    PP_ASSERT(info != NULL && info->socket_context != NULL);
    return info->socket_context;
}

static void set_due(pp_peers *peers, pp_peer *peer, uint64_t due) {
    pthread_mutex_lock(&peers->lock);
    peer->due = due;
    pthread_mutex_unlock(&peers->lock);
}

void pp_peers_expect(pp_peers *peers, pp_peer *peer, size_t bytes) {
    set_due(peers, peer, due_after(peers, bytes));
}
void pp_peers_wait(pp_peers *peers, pp_peer *peer) {
    set_due(peers, peer, 0);
}

// The server's own thread closes the descriptor, after it has heard of this; so it is the peer's as
// long as the peer stands in the list.
void pp_peers_sweep(pp_peers *peers) {
    uint64_t now = pp_clock_ns();
    pthread_mutex_lock(&peers->lock);
    for (pp_peer *peer = peers->first; peer; peer = peer->next)
        if (peer->due != 0 && peer->due < now) {
            (void)shutdown(peer->fd, SHUT_RDWR);
            peer->due = 0;
        }
    pthread_mutex_unlock(&peers->lock);
}

// ---- what is held -----------------------------------------------------------------------------

bool pp_peers_reserve(pp_peers *peers, pp_peer *peer, size_t bytes) {
    pthread_mutex_lock(&peers->lock);
    bool ok = bytes <= PP_PEERS_HELD_MAX - peers->held;
    size_t mine = bytes;
    for (const pp_peer *p = peers->first; ok && p; p = p->next)
        if (same_ip(p, peer)) mine += p->held;
    ok = ok && mine <= PP_PEERS_HELD_MAX / 2;
    if (ok) {
        peers->held += bytes;
        peer->held += bytes;
    }
    pthread_mutex_unlock(&peers->lock);
    return ok;
}

void pp_peers_release(pp_peers *peers, pp_peer *peer, size_t bytes) {
    pthread_mutex_lock(&peers->lock);
    PP_ASSERT(bytes <= peer->held && bytes <= peers->held);
    peers->held -= bytes;
    peer->held -= bytes;
    if (bytes > 0) free_unused(peer);
    pthread_mutex_unlock(&peers->lock);
}

bool pp_peers_stream(pp_peers *peers, pp_peer *peer) {
    pthread_mutex_lock(&peers->lock);
    size_t mine = 0;
    for (const pp_peer *p = peers->first; p; p = p->next) mine += p->streams && same_ip(p, peer);
    bool ok =
        peer->streams || (peers->streams < PP_PEERS_STREAMS_MAX && mine < PP_PEERS_STREAMS_MAX / 4);
    if (ok) {
        peers->streams += !peer->streams;
        peer->streams = true;
        peer->due = 0;
    }
    pthread_mutex_unlock(&peers->lock);
    return ok;
}

typedef struct kept {
    pp_peers *peers;
    pp_peer *peer;
    char *text;
    size_t reserved;
} kept;

static void free_kept(void *ctx) {
    kept *k = ctx;
    pp_peers_release(k->peers, k->peer, k->reserved);
    free(k->text);
    free(k);
}

struct MHD_Response *pp_peers_response(pp_peers *peers, pp_peer *peer, char *text, size_t size,
                                       size_t reserved) {
    if (reserved == 0) return MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
    kept *k = malloc(sizeof *k);
    PP_ASSERT(k != NULL);
    *k = (kept){peers, peer, text, reserved};
    return MHD_create_response_from_buffer_with_free_callback_cls(size, text, free_kept, k);
}
