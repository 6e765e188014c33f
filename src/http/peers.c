// SPDX-License-Identifier: MIT OR Apache-2.0
#include "http/peers.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"

// One address; as long as a peer has it.
struct pp_peers_place {
    pp_peers_place *next;
    struct in6_addr ip; // IPv4 as mapped
    size_t peers, connected;
    size_t held;
    pp_u128 weight; // see heaviest
};

struct pp_peer {
    pp_peer *next, **at; // in peers->first, while it is connected
    int fd;
    pp_peers_place *place;
    uint64_t due; // ns; 0: nothing is expected of it
    size_t held;
    pp_u128 weight;   // bytes it held times the ns for which something was expected of it, since it
                      // held none
    uint64_t weighed; // ns: until when
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
    PP_ASSERT(peers->first == NULL && peers->places == NULL && peers->held == 0);
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

void pp_peers_address(uint8_t out[16], const pp_peer *peer) {
    const struct in6_addr *ip = &peer->place->ip;
    memset(out, 0, 16);
    memcpy(out, ip, IN6_IS_ADDR_V4MAPPED(ip) ? sizeof *ip : sizeof *ip / 2);
}

static uint64_t ns_for(size_t bytes) {
    return (uint64_t)bytes * (1000000000 / PP_PEERS_RATE);
}

static uint64_t due_after(const pp_peers *peers, size_t bytes) {
    return pp_clock_ns() + peers->patience * 1000000000 + ns_for(bytes);
}

// With the lock, as all of these.
static pp_peers_place *find_place(const pp_peers *peers, const struct in6_addr *ip) {
    pp_peers_place *place = peers->places;
    while (place != NULL && !pp_peers_same(&place->ip, ip)) place = place->next;
    return place;
}

static pp_peers_place *take_place(pp_peers *peers, const struct in6_addr *ip) {
    pp_peers_place *place = find_place(peers, ip);
    if (place == NULL) {
        place = calloc(1, sizeof *place);
        PP_ASSERT(place != NULL);
        place->ip = *ip;
        place->next = peers->places;
        peers->places = place;
    }
    place->peers++;
    place->connected++;
    return place;
}

static void leave_place(pp_peers *peers, pp_peers_place *place) {
    if (--place->peers > 0) return;
    pp_peers_place **at = &peers->places;
    while (*at != place) at = &(*at)->next;
    *at = place->next;
    free(place);
}

// A peer lasts while it is connected, or something is held for it.
static void free_unused(pp_peers *peers, pp_peer *peer) {
    if (peer->connected || peer->held > 0) return;
    leave_place(peers, peer->place);
    free(peer);
}

static void come(pp_peers *peers, struct MHD_Connection *connection, void **context) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *from =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct in6_addr ip = address_of(from ? from->client_addr : NULL);
    pp_peer *peer = calloc(1, sizeof *peer);
    PP_ASSERT(peer != NULL);
    *peer = (pp_peer){.fd = info ? info->connect_fd : -1,
                      .place = take_place(peers, &ip),
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
    peer->place->connected--;
    peer->connected = peer->streams = false;
    free_unused(peers, peer);
}

enum MHD_Result pp_peers_accept(void *ctx, const struct sockaddr *from, socklen_t size) {
    pp_peers *peers = ctx;
    (void)size; // of a family that says it
    struct in6_addr ip = address_of(from);
    pthread_mutex_lock(&peers->lock);
    const pp_peers_place *place = find_place(peers, &ip);
    bool ok = place == NULL || place->connected < peers->connections / 2;
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

// With the lock, before what it holds or its deadline changes.
static void weigh(pp_peer *peer) {
    uint64_t now = pp_clock_ns();
    if (peer->held == 0)
        peer->weight = 0;
    else if (peer->due != 0)
        peer->weight += (pp_u128)peer->held * (now - peer->weighed);
    peer->weighed = now;
}

static void set_due(pp_peers *peers, pp_peer *peer, uint64_t due) {
    pthread_mutex_lock(&peers->lock);
    weigh(peer);
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
    if (!peer->cut) {
        peers->held -= peer->held;
        peer->place->held -= peer->held;
    }
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

// The connection that has to go first, of all or of one address (NULL: all), which could let go of
// what it holds: of the address that weighs most the one that does. Whoever sends a large body does
// not weigh much, for it is gone soon; who holds memory by sending slowly does, whatever the size
// of each piece, and however many addresses it has. NULL: none weighs more than so much.
static pp_peer *heaviest(const pp_peers *peers, const pp_peers_place *of, pp_u128 more_than) {
    pp_peer *found = NULL;
    for (pp_peers_place *p = peers->places; p; p = p->next) p->weight = 0;
    for (pp_peer *p = peers->first; p; p = p->next) {
        if (p->due == 0 || p->held == 0 || (of != NULL && p->place != of)) continue;
        weigh(p);
        p->place->weight += p->weight;
    }
    const pp_peers_place *most = of;
    for (const pp_peers_place *p = peers->places; p && of == NULL; p = p->next)
        if (p->weight > more_than) {
            more_than = p->weight;
            most = p;
        }
    if (of == NULL) more_than = 0;
    for (pp_peer *p = peers->first; p && most != NULL; p = p->next)
        if (p->due != 0 && p->held > 0 && p->place == most && p->weight > more_than) {
            more_than = p->weight;
            found = p;
        }
    return found;
}

static pp_u128 weight_of(const pp_peers *peers, const pp_peers_place *place) {
    pp_u128 sum = 0;
    for (pp_peer *p = peers->first; p; p = p->next)
        if (p->place == place) {
            weigh(p);
            sum += p->weight;
        }
    return sum;
}

// Who needs memory gets it from who holds it longer: else a few that send slowly would shut
// everybody out.
bool pp_peers_reserve(pp_peers *peers, pp_peer *peer, size_t bytes) {
    bool ok =
        bytes == 0; // small answers hold nothing: so who was cut off is refused, and that ends
    pthread_mutex_lock(&peers->lock);
    weigh(peer);
    pp_peers_place *place = peer->place;
    while (bytes <= PP_PEERS_HELD_MAX / 2 && !peer->cut && !ok) {
        pp_peer *other = NULL;
        if (place->held + bytes > PP_PEERS_HELD_MAX / 2)
            other = heaviest(peers, place, peer->weight);
        else if (peers->held + bytes > PP_PEERS_HELD_MAX)
            other = heaviest(peers, NULL, weight_of(peers, place));
        else
            ok = true;
        if (!ok && other == NULL) break;
        if (other) cut_off(peers, other);
    }
    if (ok) {
        peers->held += bytes;
        place->held += bytes;
        peer->held += bytes;
    }
    pthread_mutex_unlock(&peers->lock);
    return ok;
}

void pp_peers_release(pp_peers *peers, pp_peer *peer, size_t bytes) {
    pthread_mutex_lock(&peers->lock);
    PP_ASSERT(bytes <= peer->held && (peer->cut || bytes <= peer->place->held));
    weigh(peer);
    if (!peer->cut) {
        peers->held -= bytes;
        peer->place->held -= bytes;
    }
    peer->held -= bytes;
    if (bytes > 0) free_unused(peers, peer);
    pthread_mutex_unlock(&peers->lock);
}

bool pp_peers_stream(pp_peers *peers, pp_peer *peer) {
    pthread_mutex_lock(&peers->lock);
    size_t mine = 0;
    for (const pp_peer *p = peers->first; p; p = p->next)
        mine += p->streams && p->place == peer->place;
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
