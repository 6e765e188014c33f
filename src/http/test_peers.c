// SPDX-License-Identifier: MIT OR Apache-2.0
// Who counts as one address.
#include <arpa/inet.h>

#include "base/test.h"
#include "http/peers.h"

static bool same(const char *a, const char *b) {
    struct in6_addr x, y;
    int ok = inet_pton(AF_INET6, a, &x) + inet_pton(AF_INET6, b, &y);
    PP_ASSERT(ok == 2);
    return pp_peers_same(&x, &y);
}

PP_TEST(who_has_one_address_of_ipv6_has_many) {
    CHECK(same("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
    CHECK(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
    CHECK(same("::1", "::1") && same("::1", "::2"));
    CHECK(same("::ffff:192.0.2.1", "::ffff:192.0.2.1"));
    CHECK(!same("::ffff:192.0.2.1", "::ffff:192.0.2.2"));
    CHECK(!same("::ffff:0.0.0.1", "::ffff:0.0.0.2") && !same("2001:db8::1", "::ffff:192.0.2.1"));
}
