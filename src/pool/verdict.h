// SPDX-License-Identifier: MIT OR Apache-2.0
// What the rollup would say of a transaction. Only for pool/.
#ifndef PP_POOL_VERDICT_H
#define PP_POOL_VERDICT_H

#include "codec/tx.h"
#include "rollup/rollup.h"

// Everything up to the signature, decided without an account; on OK the transaction and its
// sender. Whatever comes later in the order of the checks is not looked at.
pp_rollup_reason pp_verdict_sender(pp_tx *tx, pp_address *sender, const pp_rollup_env *env,
                                   pp_bytes raw);
// The transition's own answer, as the first transaction of a batch, where its sender's account
// stands like this and all others are empty. *gas: what it used.
pp_rollup_reason pp_verdict(uint64_t *gas, const pp_address *sender, const pp_account *account,
                            const pp_rollup_env *env, pp_bytes raw);

#endif
