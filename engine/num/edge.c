/* edge.c - edge values and cliffs by profile and chip family. The probes behind them are those of
 * the ANE guide (arXiv:2606.22283). */
#include "num/edge.h"

/* As in elementwise.c: at -O2 these loops would not become vector code. */
#if defined (__GNUC__) && !defined (__clang__)
#pragma GCC optimize ("O3", "no-trapping-math")
#endif

/* The first family whose sums keep subnormals and whose ties go up (measured on A16). */
#define NEW_ROUNDING_FAMILY 5

AnfFinish
anf_finish_for (AnfNumerics numerics, guint family, AnfResult result)
{
  AnfFinish how = ANF_FINISH_HALF;

  if (numerics == ANF_NUMERICS_FP32)
    return 0;
  if (family >= NEW_ROUNDING_FAMILY)
    how |= ANF_FINISH_AWAY;
  if (result == ANF_RESULT_PRODUCT)
    how |= ANF_FINISH_CLIFF | (family < NEW_ROUNDING_FAMILY ? ANF_FINISH_FLUSH : 0);
  return how;
}

#if defined (__x86_64__)
#define AVX2 __attribute__ ((target ("avx2")))
#else
#define AVX2
#endif

#define DEFINE_ANY(name, is) \
static gboolean \
name (const float *values, gsize n) \
{ \
  int found = 0; \
\
  for (gsize i = 0; i < n; i++) \
    found |= (is); \
  return found; \
} \
AVX2 static gboolean \
name##_avx2 (const float *values, gsize n) \
{ \
  int found = 0; \
\
  for (gsize i = 0; i < n; i++) \
    found |= (is); \
  return found; \
}

DEFINE_ANY (any_far, !(fabsf (values[i]) <= 65504))
DEFINE_ANY (any_nan, values[i] != values[i])

#undef DEFINE_ANY

static gboolean
has_avx2 (void)
{
#if defined (__x86_64__)
  return __builtin_cpu_supports ("avx2") != 0;
#else
  return FALSE;
#endif
}

gboolean
anf_edge_all_finite (const float *values, gsize n)
{
  return !(has_avx2 () ? any_far_avx2 : any_far) (values, n);
}

gboolean
anf_edge_any_nan (const float *values, gsize n)
{
  return (has_avx2 () ? any_nan_avx2 : any_nan) (values, n);
}

void
anf_edge_fix_nan (const float *in, gsize n, float *out)
{
  /* anf_edge_in (), which would be called: it is not compiled with the pragma above. */
  for (gsize i = 0; i < n; i++)
    out[i] = in[i] == in[i] ? in[i] : INFINITY;
}
