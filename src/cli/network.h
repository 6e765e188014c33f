// SPDX-License-Identifier: MIT OR Apache-2.0
// Which node the commands ask, and which network a key signs for. A node's word is not believed:
// somebody in its place could have a key sign for another network on which it has money.
#ifndef PP_CLI_NETWORK_H
#define PP_CLI_NETWORK_H

#include "host/speak.h"

// Where --node is not given: the environment's POLYPOLY_NODE, or http://127.0.0.1:8545.
const char *pp_cli_node(void);

// Opens the node and a speaker with the key of key_file, for the one network that is meant: the one
// whose genesis hash is `genesis` (--genesis, 0x and 64 hex digits; or NULL: POLYPOLY_GENESIS), or
// one that the key has signed for before: those stand in KEYFILE.networks, a hash a line. A node on
// this machine's loopback is believed once, said on a terminal, and remembered there; elsewhere the
// first network must be named. False with one sentence and nothing signed: exit code 1 when the
// node serves another network, 2 when none is named. stop as for pp_remote_open. The caller closes
// *node, also after false, and wipes the speaker.
PP_NODISCARD bool pp_cli_speaker(pp_err *err, pp_remote **node, pp_speaker *out, const char *url,
                                 const char *key_file, const char *genesis,
                                 bool (*stop)(void *ctx));

#endif
