// SPDX-License-Identifier: MIT OR Apache-2.0
// The verifier on damaged whole proofs. Input: a byte that picks the example and the manner; then
// either changes of three bytes each (place, place, what is added), or the proof's own words from
// its header on. Only the proof itself may be accepted.
#include <stdlib.h>

#include "prove/examples/examples.h"
#include "verify/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct subject {
    pp_example e;
    uint8_t *proof, *bytes;
    size_t size, room;
    pp_verify_policy policy;
    pp_verifier v;
} subject;

static const pp_pcs_params *const sets[] = {&pp_pcs_test};
static subject subjects[2];

static void make(void) {
    static const pp_hash32 context = {{1, 2, 3}};
    pp_example_fibonacci(&subjects[0].e, &pp_pcs_test, 9);
    pp_example_many(&subjects[1].e, &pp_pcs_test, 6);
    for (int i = 0; i < 2; i++) {
        subject *s = &subjects[i];
        pp_example_prove(&s->e, &pp_pcs_test, NULL, &s->proof, &s->size, NULL);
        s->room = s->size + 65536;
        s->bytes = malloc(s->room);
        s->policy = (pp_verify_policy){&s->e.machine, &s->e.vm_id, 1, sets, 1, 28, 1};
        size_t work_size = pp_verify_work_size(&s->policy);
        void *work = malloc(work_size);
        PP_ASSERT(s->bytes && work);
        PP_ASSERT(pp_verify_begin(&s->v, &s->policy, &context, work, work_size) == PP_VERIFY_OK);
        PP_ASSERT(pp_verify_shard(&s->v, s->proof, s->size) == PP_VERIFY_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!subjects[0].proof) make();
    if (size == 0) return 0;
    subject *s = &subjects[data[0] & 1];
    bool raw = data[0] & 2;
    data++;
    size--;
    size_t len = s->size;
    memcpy(s->bytes, s->proof, s->size);
    if (raw) {
        const size_t header = 48;
        if (size > s->room - header) size = s->room - header;
        memcpy(s->bytes + header, data, size);
        len = header + size;
    } else {
        for (; size >= 3; data += 3, size -= 3) {
            size_t at = pp_load_le16(data) % s->size;
            s->bytes[at] = (uint8_t)(s->bytes[at] + data[2]);
        }
    }
    pp_verify_status status = pp_verify_shard(&s->v, s->bytes, len);
    bool same = len == s->size && memcmp(s->bytes, s->proof, len) == 0;
    PP_ASSERT((status == PP_VERIFY_OK) == same);
    return 0;
}
