/* constexpr.h - encoded weights of a MIL program, in the forms of every version of the format. */
#pragma once

#include "mil/match.h"

/* A constant as the program sees it. fp16 and fp32 constants are slices of the mapped file. */
typedef struct
{
  AnfTensor  *tensor;              /* fp16, or fp32 where fp16 would lose what an encoding needs */
  AnfEncoding encoding;            /* that the program keeps it in, if it is one of ours */
  guint       block;               /* of blockwise: elements per scale */
} AnfMilWeightRead;

/* The value @name, for which anf_mil_index_is_weight. FALSE: it has no such form, and @why says
 * what is wrong; it and the tensor are (transfer full). */
gboolean anf_mil_read_weight (const AnfMilIndex *index, const char *name, AnfMilWeightRead *out,
                              char **why);
