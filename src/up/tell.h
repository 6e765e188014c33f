// SPDX-License-Identifier: MIT OR Apache-2.0
// What became of batches, as people read it: who proved one, what that was paid, who missed his
// deadline and what that cost him. Only for up/.
#ifndef PP_UP_TELL_H
#define PP_UP_TELL_H

#include "host/remote.h"
#include "up/begin.h"

enum { PP_UP_TOLD = 256 };

// Of one batch that is proven: ", by prover 3, paid 20.04 gwei". Empty where the node does not say.
void pp_up_tell_proven(char out[PP_UP_TOLD], pp_remote *node, const pp_up_parties *parties,
                       uint64_t lane, uint64_t batch);

// Prints a line for each missed deadline from number *seen on, and moves *seen behind them; nothing
// is printed where `quietly`. seconds: since the beginning.
void pp_up_tell_missed(uint64_t *seen, pp_remote *node, const pp_up_parties *parties,
                       double seconds, bool quietly);

#endif
