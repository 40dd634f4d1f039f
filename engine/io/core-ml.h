/* core-ml.h - a MIL program as Core ML's protobuf has it. */
#pragma once

#include "mil/read.h"

/* The serialized model; its constants of 10 elements or more go to @blob, which must be new. The
 * oldest version of the format is chosen that has all that is used. @mil gets more names. */
GBytes *anf_core_ml_pack (AnfMilProgram *mil, const char *title, AnfMilBlob *blob);

/* The program of a serialized model and its title (nullable; transfer full), which may be "". NULL
 * with an error: place in the model and cause. */
AnfMilProgram *anf_core_ml_unpack (GBytes *model, AnfMilOpen open, gpointer data, char **title,
                                   GError **error);
