/* edge.h - where the engine's numbers differ from IEEE's: the rules of each numeric profile. */
#pragma once

#include "num/half.h"

#include <math.h>

/* Kinds of results, by the arithmetic they come out of. */
typedef enum
{
  ANF_RESULT_PLAIN,                /* elementwise, reductions, one product: the whole fp16 range */
  ANF_RESULT_PRODUCT,              /* sums of products: cliff at 32768; older chips flush */
} AnfResult;

/* How results of that kind end under @numerics on a chip of @family. */
AnfFinish anf_finish_for   (AnfNumerics numerics, guint family, AnfResult result);

/* NaN counts as +inf from the input on; IEEE's under fp32. */
static inline float
anf_edge_in (float x)
{
  return x == x ? x : INFINITY;
}

gboolean  anf_edge_all_finite (const float *values, gsize n);    /* up to 65504 */
gboolean  anf_edge_any_nan (const float *values, gsize n);
void      anf_edge_fix_nan (const float *in, gsize n, float *out);   /* NaN to +inf; in place too */

/* Multiply and add as the engine does: inf 0 and inf - inf give +0. */
static inline double
anf_edge_mul (double x, double y)
{
  double z = x * y;

  return z == z ? z : 0;
}

static inline double
anf_edge_add (double x, double y)
{
  double z = x + y;

  return z == z ? z : 0;
}
