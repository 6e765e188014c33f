// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands sent to a node by who has no chain of its own: signed with the account's next nonce,
// which the node's door tells. The network is the one that the node names: whoever has the same key
// on two networks must know whom it asks.
#ifndef PP_HOST_SPEAK_H
#define PP_HOST_SPEAK_H

#include "chain/block.h"
#include "host/remote.h"

typedef struct pp_speaker {
    pp_remote *remote; // borrowed
    pp_hash32 genesis;
    uint8_t key[32];
    pp_address address;
    uint64_t nonce; // the next one, as far as is known
} pp_speaker;

// Asks the node for its network. False with one sentence when it does not answer, or the key is
// none.
PP_NODISCARD bool pp_speaker_open(pp_err *err, pp_speaker *out, pp_remote *remote,
                                  const uint8_t key[32]);

// Sends a command and waits until it stands in a block: as pp_remote_command, with the nonce found
// where it was not known. A wrong one is refused at the door and costs a block's time.
PP_NODISCARD bool pp_speak(pp_err *err, uint64_t *height, char reason[PP_REMOTE_REASON_MAX],
                           pp_speaker *speaker, pp_command_kind kind, pp_bytes payload);

#endif
