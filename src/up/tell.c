// SPDX-License-Identifier: MIT OR Apache-2.0
#include "up/tell.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/answer.h"
#include "host/money.h"

// NULL where there is no answer: what it would tell is left out.
static json_t *ask(pp_remote *node, const char *path) {
    pp_err err;
    char *text;
    if (!pp_remote_get(&err, &text, node, path)) return NULL;
    json_t *out = json_loads(text, 0, NULL);
    free(text);
    return out;
}

// "prover 3", or the beginning of an address that is none of this network's provers.
static char *name_of(char out[64], const pp_up_parties *p, const char *address) {
    pp_address who;
    snprintf(out, 64, "%.10s…", address);
    if (strlen(address) != 42 || !pp_hex_decode(who.b, sizeof who.b, address + 2)) return out;
    for (size_t i = 0; i < p->provers; i++)
        if (pp_address_eq(&who, &p->prover_address[i])) snprintf(out, 64, "prover %zu", i + 1);
    return out;
}

static char *money_of(char out[PP_MONEY_TEXT], const json_t *object, const char *member) {
    pp_u128 wei;
    snprintf(out, PP_MONEY_TEXT, "?");
    return pp_u128_parse(&wei, pp_answer_text(object, member)) ? pp_money(out, wei) : out;
}

void pp_up_tell_proven(char out[PP_UP_TOLD], pp_remote *node, const pp_up_parties *parties,
                       uint64_t lane, uint64_t batch) {
    char path[128], who[64], paid[PP_MONEY_TEXT];
    out[0] = 0;
    snprintf(path, sizeof path, "/v1/batches?lane=%" PRIu64 "&number=%" PRIu64, lane, batch);
    json_t *page = ask(node, path);
    const json_t *found = json_array_get(json_object_get(page, "items"), 0);
    snprintf(path, sizeof path, "/v1/requests/%.80s", pp_answer_text(found, "request"));
    json_t *request = found ? ask(node, path) : NULL;
    if (request != NULL) {
        const char *state = pp_answer_text(request, "state");
        bool rescued = strcmp(state, "RESCUED") == 0, over = strcmp(state, "ASSIGNED") != 0;
        snprintf(out, PP_UP_TOLD, ", by %s%s%s%s",
                 name_of(who, parties, pp_answer_text(found, "prover")),
                 rescued ? " instead of who was drawn" : "", over ? ", paid " : "",
                 over ? money_of(paid, request, "paid") : "");
    }
    json_decref(request);
    json_decref(page);
}

void pp_up_tell_missed(uint64_t *seen, pp_remote *node, const pp_up_parties *parties,
                       double seconds, bool quietly) {
    json_t *page = ask(node, "/v1/incidents?limit=20"), *items = json_object_get(page, "items");
    json_t *status = ask(node, "/v1/status");
    const json_t *lanes = json_object_get(status, "lanes");
    uint64_t newest = *seen;
    for (size_t i = json_array_size(items); i-- > 0;) { // newest first
        const json_t *one = json_array_get(items, i);
        uint64_t sequence = pp_answer_number(one, "sequence"), lane = pp_answer_number(one, "lane");
        char who[64], lost[PP_MONEY_TEXT];
        if (sequence < *seen) continue;
        newest = sequence + 1;
        if (quietly) continue;
        printf("%6.1f s  block %" PRIu64 ": ", seconds, pp_answer_number(one, "height"));
        if (json_is_integer(json_object_get(one, "batch")))
            printf("lane %s: batch %" PRIu64 ": ",
                   pp_answer_text(json_array_get(lanes, (size_t)lane), "name"),
                   pp_answer_number(one, "batch"));
        printf("%s missed its deadline and lost %s of its stake; others may prove it now\n",
               name_of(who, parties, pp_answer_text(one, "defaulter")),
               money_of(lost, one, "lost"));
    }
    *seen = newest;
    json_decref(page);
    json_decref(status);
}
