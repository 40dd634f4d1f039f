/* core-ml.h - a MIL program as Core ML's protobuf has it. */
#pragma once

#include "mil/mil.h"

/* The serialized model; its constants of 10 elements or more go to @blob, which must be new. The
 * oldest version of the format is chosen that has all that is used. @mil gets more names. */
GBytes *anf_core_ml_pack (AnfMilProgram *mil, const char *title, AnfMilBlob *blob);
