// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as a block: one encoding for each, and never one of this chain's.
#include "chain/fuzz_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_again(const pp_block *block, pp_bytes bytes) {
    pp_bytes rest = block->items;
    pp_bytes *items = malloc((block->items_len + 1) * sizeof *items);
    PP_ASSERT(items != NULL);
    for (uint32_t i = 0; i < block->items_len; i++) items[i] = pp_block_next(&rest);
    PP_ASSERT(rest.size == 0);
    size_t size;
    uint8_t *again = pp_block_encode(&size, block, items, block->items_len);
    PP_ASSERT(size == bytes.size && memcmp(again, bytes.data, size) == 0);
    free(again);
    free(items);
}

// With 0xfe first, the rest are the items of a block whose header is right: it is executed.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_chain *f = fuzz_open();
    pp_bytes bytes = {data, size};
    pp_block block;
    if (pp_block_decode(&block, bytes)) encode_again(&block, bytes);
    PP_ASSERT(pp_chain_process(f->chain, bytes) != PP_CHAIN_OK);
    if (size == 0 || data[0] != 0xfe || size > 1 << 16) return 0;
    pp_chain_info info;
    pp_chain_info_get(&info, f->chain);
    if (info.height + 1 >= FUZZ_BEACONS) return 0;
    size_t head_size, taken;
    uint8_t *head = pp_chain_propose(&head_size, &taken, f->chain, info.time + 1000,
                                     &f->beacons[info.height + 1], NULL, 0);
    uint8_t *whole = malloc(PP_BLOCK_HEADER_SIZE + size);
    PP_ASSERT(whole != NULL && head_size == PP_BLOCK_HEADER_SIZE);
    memcpy(whole, head, PP_BLOCK_HEADER_SIZE - 4);
    memcpy(whole + PP_BLOCK_HEADER_SIZE - 4, data + 1, size - 1);
    pp_bytes made = {whole, PP_BLOCK_HEADER_SIZE - 4 + size - 1};
    pp_chain_result result;
    pp_err err;
    pp_hash32 hash;
    bool ok = pp_chain_finalize(&err, &result, f->chain, made);
    PP_ASSERT(ok);
    if (result.code == PP_CHAIN_OK) pp_chain_commit(&hash, f->chain);
    free(head);
    free(whole);
    return 0;
}
