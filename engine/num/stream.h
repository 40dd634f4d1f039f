/* stream.h - matrix times vector, reading the matrix as it is stored: what limits such a product is
 * the memory that has to be read, so fewer bits are less time. */
#pragma once

#include "anf.h"

/* w[n, k], row-major. Every number is an fp16 value, made from what is stored by at most one
 * rounding; sums are fp32 in lanes, their order depends on k alone.
 * ANF_FP16: data fp16. ANF_INT8: data int8, scale fp16 [n]. ANF_INT4: data two indices a byte, the
 * first in the low half; table fp16 [16]. ANF_SPARSE: data the fp16 values that are there, mask a
 * bit an element from the lowest on. ANF_BLOCKWISE: data int8, scale fp16 [n, k / block]. */
typedef struct
{
  AnfEncoding    encoding;
  gsize          n, k, block;
  const void    *data;             /* all borrowed */
  const guint16 *scale, *table;
  const guint8  *mask;
} AnfStreamSpec;

typedef struct _AnfStream AnfStream;

/* NULL: this machine has no way to, or not for these sizes or numbers (an infinity or a NaN among
 * them); then the decoded numbers have to be multiplied. */
AnfStream *anf_stream_new  (const AnfStreamSpec *spec);
/* out[n] = sum over k of x[k] w[n, k], + bias[n] (nullable). Threads itself; one thread at a time
 * may call it. */
void       anf_stream_run  (AnfStream *self, const float *x, const float *bias, float *out);
void       anf_stream_free (AnfStream *self);

/* For tests: 0 nothing, 1 AVX2 with F16C and FMA, 2 AVX-512 with VBMI and VBMI2; what the machine
 * has not is not taken. */
#define ANF_STREAM_LEVELS 3
void       anf_stream_use  (guint level);
