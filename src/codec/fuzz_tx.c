// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes decode or do not; what decodes leaves no byte unread and survives recovery.
#include "codec/tx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_tx tx;
    if (pp_tx_decode(&tx, (pp_bytes){data, size}) != PP_TX_OK) return 0;
    PP_ASSERT(tx.data.size <= size && tx.access_addresses * 20 <= size);
    PP_ASSERT(tx.data.size == 0 || (tx.data.data > data && tx.data.data < data + size));
    pp_address sender;
    if (pp_tx_sender(&sender, &tx)) PP_ASSERT(tx.parity <= 1);
    return 0;
}
