// SPDX-License-Identifier: MIT OR Apache-2.0
// The guest SDK, carried inside the program so that `polypoly new` works from anywhere.
// Generated from guest/sdk and the portable sources its library uses (CMakeLists.txt here).
#ifndef PP_VM_SDK_FILES_H
#define PP_VM_SDK_FILES_H

#include "base/base.h"

typedef struct pp_sdk_file {
    const char *path; // below the project: "sdk/…", or of the template "main.c"
    bool is_template; // @NAME@ and @POLYPOLY@ are to be replaced
    const uint8_t *start, *end;
} pp_sdk_file;

extern const pp_sdk_file pp_sdk_files[];
extern const size_t pp_sdk_files_len;

#endif
