// SPDX-License-Identifier: MIT OR Apache-2.0
// Folders with all above them; whose they are.
#ifndef PP_BASE_FOLDER_H
#define PP_BASE_FOLDER_H

#include "base/err.h"

// As pp_folder_make, and all folders above it, those with mode 0755; there before, links to folders
// are good too.
PP_NODISCARD bool pp_folder_make_all(pp_err *err, const char *path, unsigned mode);

// A folder that keys are kept in is there, the effective user's, and so is a link to it; nobody
// else may write to it: whoever could would have keys and commands of his taken for that user's
// own.
PP_NODISCARD bool pp_folder_is_own(pp_err *err, const char *path);
// pp_folder_make_all, and pp_folder_is_own.
PP_NODISCARD bool pp_folder_take(pp_err *err, const char *path, unsigned mode);

#endif
