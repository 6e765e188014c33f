// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands sent to a node by who has no chain of its own: signed with the account's next nonce as
// the node tells it. The network is the one that the node names: whoever calls compares it with
// what the key's owner knows (cli/network.h).
#ifndef PP_HOST_SPEAK_H
#define PP_HOST_SPEAK_H

#include "chain/block.h"
#include "host/remote.h"

typedef struct pp_speaker {
    pp_remote *remote; // borrowed
    pp_hash32 genesis;
    uint8_t key[32];
    pp_address address;
    uint64_t nonce;       // the next one, as far as is known
    uint64_t command_fee; // wei a byte, as the node says: for showing
    pp_u128 fee;          // wei that the last command's bytes cost
} pp_speaker;

// Asks the node for its network. False with one sentence when it does not answer, or the key is
// none.
PP_NODISCARD bool pp_speaker_open(pp_err *err, pp_speaker *out, pp_remote *remote,
                                  const uint8_t key[32]);

// Sends a command and waits until it stands in a block: as pp_remote_command. One order is signed
// once: where the node does not take the nonce that it has named, it is asked anew for the next
// command, and this one fails (exit code 1). A node that lies about nonces would get several valid
// commands for one order otherwise.
PP_NODISCARD bool pp_speak(pp_err *err, uint64_t *height, char reason[PP_REMOTE_REASON_MAX],
                           pp_speaker *speaker, pp_command_kind kind, pp_bytes payload);

#endif
