/* stream-kernels.h - one row of a stored matrix times one vector, with this machine's instructions.
 * Only for num/stream.c. */
#pragma once

#include "anf.h"

typedef struct
{
  const void    *data;
  const guint16 *scale, *table;
  const guint8  *mask;
  gsize          k, block;
} AnfRow;

typedef struct
{
  float (*dot)   (const AnfRow *row, const float *x);          /* NULL: there is none */
  void  (*order) (const float *x, gsize k, float *out);        /* how dot wants x; NULL: as it is */
} AnfRowKernel;

/* The fastest up to @level (stream.h) for rows of @k elements, scaled by the @block. */
AnfRowKernel anf_row_kernel (AnfEncoding encoding, gsize k, gsize block, guint level);
