// SPDX-License-Identifier: MIT OR Apache-2.0
#include "http/peers.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"

struct pp_peer {
    pp_peer *next, **at; // in peers->first, while it is connected
    int fd;
    struct in6_addr ip; // IPv4 as mapped
    uint64_t due;       // ns; 0: nothing is expected of it
    size_t held;
    bool connected, streams;
    bool cut; // its connection is being closed, and what it held counts no more
};

void pp_peers_init(pp_peers *peers, uint64_t patience, size_t connections) {
    memset(peers, 0, sizeof *peers);
    peers->patience = patience;
    peers->connections = connections;
    pthread_mutex_init(&peers->lock, NULL);
}

void pp_peers_free(pp_peers *peers) {
    PP_ASSERT(peers->first == NULL && peers->held == 0);
    pthread_mutex_destroy(&peers->lock);
}

static struct in6_addr address_of(const struct sockaddr *from) {
    struct in6_addr ip = {0};
    if (from != NULL && from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof v6);
        ip = v6.sin6_addr;
    } else if (from != NULL && from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        ip.s6_addr[10] = ip.s6_addr[11] = 0xff;
        memcpy(&ip.s6_addr[12], &v4.sin_addr, 4);
    }
    return ip;
}

// Who has one address of IPv6 has the 2^64 with the same first half.
bool pp_peers_same(const struct in6_addr *a, const struct in6_addr *b) {
    return memcmp(a, b, IN6_IS_ADDR_V4MAPPED(a) ? sizeof *a : sizeof *a / 2) == 0;
}

static uint64_t ns_for(size_t bytes) {
    return (uint64_t)bytes * (1000000000 / PP_PEERS_RATE);
}

static uint64_t due_after(const pp_peers *peers, size_t bytes) {
    return pp_clock_ns() + peers->patience * 1000000000 + ns_for(bytes);
}

// With the lock. A peer lasts while it is connected, or something is held for it.
static void free_unused(pp_peer *peer) {
    if (!peer->connected && peer->held == 0) free(peer);
}

static void come(pp_peers *peers, struct MHD_Connection *connection, void **context) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *from =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    pp_peer *peer = calloc(1, sizeof *peer);
    PP_ASSERT(peer != NULL);
    *peer = (pp_peer){.fd = info ? info->connect_fd : -1,
                      .ip = address_of(from ? from->client_addr : NULL),
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

enum MHD_Result pp_peers_accept(void *ctx, const struct sockaddr *from, socklen_t size) {
    pp_peers *peers = ctx;
    (void)size; // of a family that says it
    struct in6_addr ip = address_of(from);
    size_t mine = 0;
    pthread_mutex_lock(&peers->lock);
    for (const pp_peer *p = peers->first; p; p = p->next) mine += pp_peers_same(&p->ip, &ip);
    bool ok = mine < peers->connections / 2;
    pthread_mutex_unlock(&peers->lock);
    return ok ? MHD_YES : MHD_NO;
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
void pp_peers_got(pp_peers *peers, pp_peer *peer, size_t bytes) {
    uint64_t most = due_after(peers, 0);
    pthread_mutex_lock(&peers->lock);
    if (peer->due != 0) peer->due += ns_for(bytes);
    if (peer->due > most) peer->due = most; // what came fast buys no pause
    pthread_mutex_unlock(&peers->lock);
}
void pp_peers_wait(pp_peers *peers, pp_peer *peer) {
    set_due(peers, peer, 0);
}

// With the lock. The server's own thread closes the descriptor, after it has heard of this; so it
// is the peer's as long as the peer stands in the list.
static void cut_off(pp_peers *peers, pp_peer *peer) {
    (void)shutdown(peer->fd, SHUT_RDWR);
    peer->due = 0;
    if (!peer->cut) peers->held -= peer->held;
    peer->cut = true;
}

void pp_peers_sweep(pp_peers *peers) {
    uint64_t now = pp_clock_ns();
    pthread_mutex_lock(&peers->lock);
    for (pp_peer *peer = peers->first; peer; peer = peer->next)
        if (peer->due != 0 && peer->due < now) cut_off(peers, peer);
    pthread_mutex_unlock(&peers->lock);
}

// ---- what is held -----------------------------------------------------------------------------

// With the lock, as all of these.
static size_t held_by_address(const pp_peers *peers, const pp_peer *peer) {
    size_t sum = 0;
    for (const pp_peer *p = peers->first; p; p = p->next)
        if (!p->cut && pp_peers_same(&p->ip, &peer->ip)) sum += p->held;
    return sum;
}

// Of one peer's address, the connection that holds most of those that could let go of it; more than
// so much.
static pp_peer *largest_of(const pp_peers *peers, const pp_peer *peer, size_t more_than) {
    pp_peer *largest = NULL;
    for (pp_peer *p = peers->first; p; p = p->next)
        if (p->due != 0 && p->held > more_than && pp_peers_same(&p->ip, &peer->ip)) {
            largest = p;
            more_than = p->held;
        }
    return largest;
}

// The largest connection of the address that holds most, more than so much.
static pp_peer *largest_of_all(const pp_peers *peers, size_t more_than) {
    pp_peer *largest = NULL;
    for (pp_peer *p = peers->first; p; p = p->next) {
        size_t sum = p->due != 0 && p->held > 0 ? held_by_address(peers, p) : 0;
        if (sum <= more_than) continue;
        more_than = sum;
        largest = largest_of(peers, p, 0);
    }
    return largest;
}

// Who needs little goes before who holds much: else a few that send large bodies slowly would shut
// everybody out.
bool pp_peers_reserve(pp_peers *peers, pp_peer *peer, size_t bytes) {
    bool ok = false;
    pthread_mutex_lock(&peers->lock);
    while (bytes <= PP_PEERS_HELD_MAX / 2 && !peer->cut && !ok) {
        size_t mine = held_by_address(peers, peer) + bytes;
        pp_peer *other = NULL;
        if (mine > PP_PEERS_HELD_MAX / 2)
            other = largest_of(peers, peer, peer->held + bytes);
        else if (peers->held + bytes > PP_PEERS_HELD_MAX)
            other = largest_of_all(peers, mine);
        else
            ok = true;
        if (!ok && other == NULL) break;
        if (other) cut_off(peers, other);
    }
    if (ok) {
        peers->held += bytes;
        peer->held += bytes;
    }
    pthread_mutex_unlock(&peers->lock);
    return ok;
}

void pp_peers_release(pp_peers *peers, pp_peer *peer, size_t bytes) {
    pthread_mutex_lock(&peers->lock);
    PP_ASSERT(bytes <= peer->held && (peer->cut || bytes <= peers->held));
    if (!peer->cut) peers->held -= bytes;
    peer->held -= bytes;
    if (bytes > 0) free_unused(peer);
    pthread_mutex_unlock(&peers->lock);
}

bool pp_peers_stream(pp_peers *peers, pp_peer *peer) {
    pthread_mutex_lock(&peers->lock);
    size_t mine = 0;
    for (const pp_peer *p = peers->first; p; p = p->next)
        mine += p->streams && pp_peers_same(&p->ip, &peer->ip);
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
