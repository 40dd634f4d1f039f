/* chips.h - what a family of engines can take. */
#pragma once

#include "anf.h"

#define ANF_OLDEST_FAMILY 2        /* before it: no MIL at all */

typedef struct
{
  int max_dim;                     /* of a tensor, axis 1 of rank 4 apart */
  int max_channels;                /* axis 1 of rank 4 */
  int max_transpose;               /* any axis of a transposed tensor */
  int max_kernel_width;            /* of a convolution; height is free */
} AnfLimits;

/* @family 2..5. */
const AnfLimits *anf_family_limits (guint family);
