// SPDX-License-Identifier: MIT OR Apache-2.0
// Folders with all above them.
#ifndef PP_BASE_FOLDER_H
#define PP_BASE_FOLDER_H

#include "base/err.h"

// As pp_folder_make, and all folders above it, those with mode 0755; there before, links to folders
// are good too.
PP_NODISCARD bool pp_folder_make_all(pp_err *err, const char *path, unsigned mode);

#endif
