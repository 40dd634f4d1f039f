/* lanes.c - tiles of four terms, added one by one at twelve bits; tiles add up in fp32. */
#include "num/lanes.h"
#include "num/edge.h"

#define TILE 4
#define BITS 12                    /* fp16's eleven and one guard bit */

/* Both operands on the scale of the larger; what the smaller has below its last bit is dropped. */
static double
narrow_add (double a, double b)
{
  double large = fabs (a) >= fabs (b) ? a : b, small = fabs (a) >= fabs (b) ? b : a;
  int exponent;

  if (!isfinite (a) || !isfinite (b))
    return anf_edge_add (a, b);
  if (small == 0)
    return large;
  frexp (large, &exponent);
  small = ldexp (trunc (ldexp (small, BITS - exponent)), exponent - BITS);
  return large + small;
}

float
anf_lanes_sum (const float *term, gsize n, gboolean cliff)
{
  float total = 0;

  for (gsize i = 0; i < n; i += TILE)
    {
      double tile = 0;

      for (gsize k = i; k < MIN (n, i + TILE); k++)
        tile = narrow_add (tile, term[k]);
      total = anf_edge_add (total, tile);
      if (cliff && fabsf (total) >= 32768)
        total = copysignf (INFINITY, total);
    }
  return total;
}
