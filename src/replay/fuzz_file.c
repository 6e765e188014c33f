// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes give a file that holds together, or one sentence.
#include <stdlib.h>

#include "replay/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_err err = {0};
    pp_replay_file file;
    if (!pp_replay_file_parse(&err, &file, "fuzz", (const char *)data, size)) {
        PP_ASSERT(err.exit_code == PP_EXIT_USAGE && strncmp(err.text, "fuzz: ", 6) == 0);
        PP_ASSERT(strchr(err.text, '\n') == NULL);
        return 0;
    }
    PP_ASSERT(file.transactions_len > 0);
    for (size_t i = 0; i < file.transactions_len; i++) PP_ASSERT(file.transactions[i].size > 0);
    for (size_t i = 0; i < file.accounts_len; i++)
        PP_ASSERT(pp_replay_file_account(&file, &file.accounts[i].address) == &file.accounts[i]);
    pp_replay_file_free(&file);
    return 0;
}
