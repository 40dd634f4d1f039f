/* mil-file.h - MIL text and weight files on disk. */
#pragma once

#include "run/lower.h"

/* On the disk when it returns. */
gboolean anf_blob_save (const AnfMilBlob *blob, const char *path, GError **error);
