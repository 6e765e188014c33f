// SPDX-License-Identifier: MIT OR Apache-2.0
// The senders of a file of signed Ethereum transactions. Input: each transaction as its length
// (u32, little-endian) and its raw bytes. Output: how many there are, and how many have a sender,
// as u64 little-endian; and Keccak-256 over one byte for each, 1 or 0, behind each 1 the sender's
// 20 bytes. Halts with 1 when the lengths do not add up.
#include "base/base.h"
#include "codec/tx.h"
#include "polypoly.h"
#include "zkvm_accelerators.h"

int main(void) {
    const uint8_t *in;
    size_t size;
    read_input(&in, &size);
    struct {
        uint64_t transactions, senders;
        zkvm_keccak256_hash hash;
    } out = {0};
    uint8_t *list = pp_alloc(size / 4 * 21 + 1), *end = list; // each takes four bytes of the input
    PP_ASSERT(list != NULL);
    while (size > 0) {
        uint32_t length = size < 4 ? UINT32_MAX : pp_load_le32(in);
        if (length > size - 4 || size < 4) {
            pp_print("ecrecover-batch: the input ends inside a transaction\n");
            return 1;
        }
        pp_tx tx;
        pp_address sender;
        bool known =
            pp_tx_decode(&tx, (pp_bytes){in + 4, length}) == PP_TX_OK && pp_tx_sender(&sender, &tx);
        *end++ = known;
        if (known) {
            memcpy(end, sender.b, sizeof sender.b);
            end += sizeof sender.b;
        }
        out.transactions++;
        out.senders += known;
        in += 4 + (size_t)length;
        size -= 4 + (size_t)length;
    }
    zkvm_keccak256(list, (size_t)(end - list), &out.hash);
    write_output((const uint8_t *)&out, sizeof out);
    return 0;
}
