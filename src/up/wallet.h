// SPDX-License-Identifier: MIT OR Apache-2.0
// Demo wallets: transfers over Ethereum's JSON-RPC, as any wallet sends them. Only for up/.
#ifndef PP_UP_WALLET_H
#define PP_UP_WALLET_H

#include "host/remote.h"

typedef struct pp_up_wallet {
    uint8_t key[32];
    pp_address address;
    uint64_t nonce;
    bool has_nonce; // else it is asked for
} pp_up_wallet;

// Sends a thousandth of an ether to an address that nobody has. False with one sentence when the
// node does not take it now.
PP_NODISCARD bool pp_up_wallet_send(pp_err *err, pp_up_wallet *wallet, pp_remote *node,
                                    uint64_t chain_id);

#endif
