// SPDX-License-Identifier: MIT OR Apache-2.0
// Who is connected, until when it must have said or taken what it has to, and what the server holds
// in memory for it. Only for http/.
//
// Every byte that a peer makes the server keep (bodies that come, answers that go) is reserved here
// first: so much for all, half of it for one address. Who needs more than is left gets it from who
// has held memory for longer (bytes times time), which is cut off. Each part of an exchange has a
// deadline, so that a peer that sends or takes a byte at a time is cut off as one that says nothing
// is. What it sends moves the deadline, not what it says that it will: else a large number would
// buy much time. One address is one of IPv4, or all of IPv6 with the same first 64 bits.
#ifndef PP_HTTP_PEERS_H
#define PP_HTTP_PEERS_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>

#include "base/base.h"

enum {
    PP_PEERS_HELD_MAX = 256 << 20, // bytes held for all peers; half of it for one address
    PP_PEERS_STREAMS_MAX =
        256, // connections that wait for events or blocks; a quarter of it for one address
    PP_PEERS_RATE = 128 << 10, // bytes a second that a body or an answer must make on average
};

typedef struct pp_peer pp_peer;
typedef struct pp_peers_place pp_peers_place;

// All zero is empty, but for the lock.
typedef struct pp_peers {
    pthread_mutex_t lock; // of all below
    pp_peer *first;
    pp_peers_place *places; // the addresses of all
    size_t held, streams;
    uint64_t patience; // seconds for a request's head, and for a body or an answer beside its bytes
    size_t connections; // at one time; half of them of one address
} pp_peers;

void pp_peers_init(pp_peers *peers, uint64_t patience, size_t connections);
void pp_peers_free(pp_peers *peers); // no connection is left

// The peer's address, the same bytes for all that count as one.
void pp_peers_address(uint8_t out[16], const pp_peer *peer);
// Whether the two count as one address.
bool pp_peers_same(const struct in6_addr *a, const struct in6_addr *b);
// For MHD_start_daemon's accept policy, with the pp_peers: whether one more may come from there.
enum MHD_Result pp_peers_accept(void *peers, const struct sockaddr *from, socklen_t size);
// For MHD_OPTION_NOTIFY_CONNECTION, with the pp_peers.
void pp_peers_notify(void *peers, struct MHD_Connection *connection, void **context,
                     enum MHD_ConnectionNotificationCode what);
// The peer of a connection, for as long as the connection or a reservation lasts.
pp_peer *pp_peers_of(struct MHD_Connection *connection);

// It has to be through with so many bytes by its deadline.
void pp_peers_expect(pp_peers *peers, pp_peer *peer, size_t bytes);
// It has sent so many bytes of what is expected: it may take as much longer, never longer than the
// patience from now.
void pp_peers_got(pp_peers *peers, pp_peer *peer, size_t bytes);
// Nothing is expected of it: it waits for the server.
void pp_peers_wait(pp_peers *peers, pp_peer *peer);
// Cuts off everybody whose deadline is over. From any thread.
void pp_peers_sweep(pp_peers *peers);

// More bytes held for it, of none always so; false when that is too much, and nobody who is waited
// for has held bytes for longer: another connection of its own address, where the address's half is
// used up; else another address. The one there that has done so most is cut off, and what it held
// counts no more.
PP_NODISCARD bool pp_peers_reserve(pp_peers *peers, pp_peer *peer, size_t bytes);
void pp_peers_release(pp_peers *peers, pp_peer *peer, size_t bytes);
// A connection on which the server is waited for without an end, from now on; false when there are
// too many. It ends with the connection.
PP_NODISCARD bool pp_peers_stream(pp_peers *peers, pp_peer *peer);

// A response of text, malloc'ed and taken over, whose `reserved` bytes are released with it.
struct MHD_Response *pp_peers_response(pp_peers *peers, pp_peer *peer, char *text, size_t size,
                                       size_t reserved);

#endif
