// SPDX-License-Identifier: MIT OR Apache-2.0
// Keys that everybody knows: those of the development tools' usual phrase ("test test … junk"),
// which people use for trying things. A network with money of theirs is for one machine.
#ifndef PP_NODE_DEMO_H
#define PP_NODE_DEMO_H

#include "chain/genesis.h"

// The first such address that has something in genesis (account, prover or allocation); NULL when
// there is none.
const pp_address *pp_node_demo_key(const pp_genesis *genesis);
// Whether a numeric address is reached from this machine alone.
bool pp_node_is_loopback(const char *address);

#endif
