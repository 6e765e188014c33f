// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as an item: refused at the door and in a block for the same reason. And any payload
// under a good signature: executed, with the ledger whole.
#include "chain/fuzz_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_again(pp_bytes item) {
    pp_item taken;
    if (!pp_item_decode(&taken, item)) return;
    if (taken.type == PP_ITEM_COMMAND) {
        PP_ASSERT(item.size == taken.command.payload.size + PP_COMMAND_OVERHEAD);
        return;
    }
    size_t size;
    uint8_t *again = pp_lane_tx_encode(&size, taken.lane, taken.raw);
    PP_ASSERT(size == item.size && memcmp(again, item.data, size) == 0);
    free(again);
}

// First byte: the kind of a command whose payload is the rest, or 0xff: the rest is the item.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    fuzz_chain *f = fuzz_open();
    pp_bytes rest = {data + 1, size - 1};
    if (data[0] == 0xff) {
        encode_again(rest);
        pp_chain_code code = pp_chain_check(f->chain, rest);
        PP_ASSERT(code < PP_CHAIN_BLOCK_FORMAT);
        if (code == PP_CHAIN_OK) fuzz_block(f, rest);
        return 0;
    }
    size_t item_size;
    uint64_t nonce = pp_command_is_claim(data[0]) ? 0 : pp_chain_nonce(f->chain, &f->sender);
    uint8_t *item =
        pp_command_sign(&item_size, &f->genesis, f->key, nonce, (pp_command_kind)data[0], rest);
    encode_again((pp_bytes){item, item_size});
    fuzz_block(f, (pp_bytes){item, item_size});
    free(item);
    return 0;
}
