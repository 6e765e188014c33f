// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes are a genesis file or a sentence; what is one is printed as one that says the same.
#include <stdlib.h>

#include "chain/genesis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_err err = {0};
    pp_genesis genesis, again;
    if (!pp_genesis_parse(&err, &genesis, "genesis.json", (pp_bytes){data, size})) {
        PP_ASSERT(err.exit_code == PP_EXIT_USAGE && strncmp(err.text, "genesis.json: ", 14) == 0);
        PP_ASSERT(genesis.accounts == NULL && genesis.rollups_len == 0);
        return 0;
    }
    char *text = pp_genesis_print(&genesis);
    bool ok =
        pp_genesis_parse(&err, &again, "printed", (pp_bytes){(const uint8_t *)text, strlen(text)});
    PP_ASSERT(ok);
    char *twice = pp_genesis_print(&again);
    PP_ASSERT(strcmp(text, twice) == 0 && genesis.supply == again.supply);
    free(text);
    free(twice);
    pp_genesis_free(&genesis);
    pp_genesis_free(&again);
    return 0;
}
