/* fp16 rounding, exhaustively, against the compiler's own type and against the rules by hand. */
#include "num/edge.h"
#include "num/half.h"

#include <math.h>
#include <string.h>

#define EVEN ANF_FINISH_HALF
#define AWAY (ANF_FINISH_HALF | ANF_FINISH_AWAY)

static float
as_float (guint16 bits)
{
  _Float16 half;

  memcpy (&half, &bits, sizeof half);
  return half;
}

static void
test_every_value_comes_back (void)
{
  for (guint i = 0; i < ANF_HALF_VALUES; i++)
    {
      float x = anf_half_to_float (i);

      if (isnan (as_float (i)))
        {
          g_assert_true (isnan (x));
          g_assert_true (isnan (anf_half_to_float (anf_half_from_float (x))));
          continue;
        }
      g_assert_cmpfloat (x, ==, as_float (i));
      g_assert_cmphex (anf_half_from_float (x), ==, i);
      g_assert_cmphex (anf_half_from_double (x), ==, i);
    }
}

/* Every midpoint between neighbours, and one fp32 step to either side of it. */
static void
test_ties_go_to_even (void)
{
  for (guint i = 0; i < 0x7bff; i++)
    {
      float low = as_float (i), high = as_float (i + 1), middle = ((double) low + high) / 2;
      guint even = i % 2 == 0 ? i : i + 1;

      g_assert_cmphex (anf_half_from_float (middle), ==, even);
      g_assert_cmphex (anf_half_from_float (-middle), ==, even | 0x8000);
      g_assert_cmphex (anf_half_from_float (nextafterf (middle, 0)), ==, i);
      g_assert_cmphex (anf_half_from_float (nextafterf (middle, INFINITY)), ==, i + 1);
      g_assert_cmphex (anf_half_from_double (nextafter (middle, 0)), ==, i);
      g_assert_cmphex (anf_half_from_double (nextafter (middle, INFINITY)), ==, i + 1);
      g_assert_cmphex (anf_half_from_double (middle), ==, even);
    }
  g_assert_cmphex (anf_half_from_float (65519.996f), ==, 0x7bff);
  g_assert_cmphex (anf_half_from_float (65520), ==, 0x7c00);
  g_assert_cmphex (anf_half_from_double (nextafter (65520, 0)), ==, 0x7bff);
  g_assert_cmphex (anf_half_from_float (-1e30f), ==, 0xfc00);
}

static void
test_ties_go_away_from_zero (void)
{
  for (guint i = 0; i < 0x7bff; i++)
    {
      float low = as_float (i), high = as_float (i + 1), middle = ((double) low + high) / 2;
      float x[] = { middle, -middle, nextafterf (middle, 0), nextafterf (middle, INFINITY), low };

      anf_finish (x, G_N_ELEMENTS (x), AWAY);
      g_assert_cmpfloat (x[0], ==, high);
      g_assert_cmpfloat (x[1], ==, -high);
      g_assert_cmpfloat (x[2], ==, low);
      g_assert_cmpfloat (x[3], ==, high);
      g_assert_cmpfloat (x[4], ==, low);
    }
}

/* All fp32 values of a stride that meets every exponent and many low bits. */
static void
test_every_path_agrees (void)
{
  static const AnfFinish how[] = {
    EVEN, AWAY, EVEN | ANF_FINISH_CLIFF | ANF_FINISH_FLUSH, AWAY | ANF_FINISH_CLIFF,
  };
  enum { N = 4099 };
  g_autofree float *x = g_new (float, N), *a = g_new (float, N), *b = g_new (float, N);
  g_autofree guint16 *p = g_new (guint16, N), *q = g_new (guint16, N);

  for (guint64 start = 0; start < G_GUINT64_CONSTANT (1) << 32; start += (guint64) N * 9973)
    {
      for (guint i = 0; i < N; i++)
        {
          guint32 bits = start + (guint64) i * 9973;

          memcpy (&x[i], &bits, sizeof bits);
        }
      anf_half_use (ANF_HALF_PORTABLE);
      anf_half_encode (x, N, p);
      anf_half_use (ANF_HALF_F16C);
      anf_half_encode (x, N, q);
      g_assert_cmpmem (p, N * sizeof *p, q, N * sizeof *q);
      for (guint k = 0; k < G_N_ELEMENTS (how); k++)
        for (AnfHalfPath path = ANF_HALF_F16C; path < ANF_N_HALVES; path++)
          {
            memcpy (a, x, N * sizeof *x);
            memcpy (b, x, N * sizeof *x);
            anf_half_use (ANF_HALF_PORTABLE);
            anf_finish (a, N, how[k]);
            anf_half_use (path);
            anf_finish (b, N, how[k]);
            g_assert_cmpmem (a, N * sizeof *a, b, N * sizeof *b);
          }
    }
}

/* The numbers before the first sixteen with a NaN among them are finished, the rest untouched. */
static void
test_it_stops_before_nan (void)
{
  enum { N = 61 };

  for (AnfHalfPath path = ANF_HALF_PORTABLE; path < ANF_N_HALVES; path++)
    for (guint bad = 0; bad <= N; bad++)
      {
        float x[N];
        gsize done = bad / 16 * 16;

        for (guint i = 0; i < N; i++)
          x[i] = 1 + 0x1p-13f;
        if (bad < N)
          x[bad] = NAN;
        anf_half_use (path);
        g_assert_cmpuint (anf_finish_to_nan (x, N, EVEN), ==, bad < N ? done : N);
        for (guint i = 0; i < N; i++)
          if (i == bad)
            g_assert_true (isnan (x[i]));
          else
            g_assert_cmpfloat (x[i], ==, bad == N || i < done ? 1 : 1 + 0x1p-13f);
      }
}

static void
test_decode_agrees (void)
{
  g_autofree guint16 *bits = g_new (guint16, ANF_HALF_VALUES);
  g_autofree float *a = g_new (float, ANF_HALF_VALUES), *b = g_new (float, ANF_HALF_VALUES);

  for (guint i = 0; i < ANF_HALF_VALUES; i++)
    bits[i] = i;
  anf_half_use (ANF_HALF_PORTABLE);
  anf_half_decode (bits, ANF_HALF_VALUES, a);
  anf_half_use (ANF_HALF_F16C);
  anf_half_decode (bits, ANF_HALF_VALUES, b);
  g_assert_cmpmem (a, ANF_HALF_VALUES * sizeof *a, b, ANF_HALF_VALUES * sizeof *b);
}

static void
test_tables_are_looked_up (void)
{
  g_autofree guint16 *table = g_new (guint16, ANF_HALF_VALUES);
  float in[] = { 1, -2, 0.5f, 65504, 0x1p-24f, 0, 3, 4, 5, 6, 7 }, out[G_N_ELEMENTS (in)];

  for (guint i = 0; i < ANF_HALF_VALUES; i++)
    table[i] = i ^ 0x8000;         /* minus x */
  for (AnfHalfPath path = ANF_HALF_PORTABLE; path < ANF_N_HALVES; path++)
    {
      anf_half_use (path);
      anf_half_apply (table, in, G_N_ELEMENTS (in), out);
      for (guint i = 0; i < G_N_ELEMENTS (in); i++)
        g_assert_cmpfloat (out[i], ==, -in[i]);
    }
}

static void
test_results_end_by_their_rule (void)
{
  float x[] = { NAN, 32752, 32760, -32768, 0x1p-15f, -0x1p-14f, 2049, 65504, INFINITY };

  anf_finish (x, G_N_ELEMENTS (x), EVEN | ANF_FINISH_CLIFF | ANF_FINISH_FLUSH);
  g_assert_cmpfloat (x[0], ==, 0);
  g_assert_cmpfloat (x[1], ==, 32752);
  g_assert_cmpfloat (x[2], ==, INFINITY);          /* rounds to 32768 first */
  g_assert_cmpfloat (x[3], ==, -INFINITY);
  g_assert_cmpfloat (x[4], ==, 0);
  g_assert_cmpfloat (x[5], ==, -0x1p-14f);
  g_assert_cmpfloat (x[6], ==, 2048);
  g_assert_cmpfloat (x[7], ==, INFINITY);
  g_assert_cmpfloat (x[8], ==, INFINITY);
  /* Rounded to fp32 first these would be ties, and go to 2052 and 2050. */
  g_assert_cmpfloat (anf_finish_one (2051 - 0x1p-40, EVEN), ==, 2050);
  g_assert_cmpfloat (anf_finish_one (2049 - 0x1p-40, AWAY), ==, 2048);
  g_assert_cmpfloat (anf_finish_one (2049, AWAY), ==, 2050);
  g_assert_cmpfloat (anf_finish_one (0.1, 0), ==, 0.1f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/half/every-value-comes-back", test_every_value_comes_back);
  g_test_add_func ("/half/ties-go-to-even", test_ties_go_to_even);
  g_test_add_func ("/half/ties-go-away-from-zero-on-the-a16", test_ties_go_away_from_zero);
  g_test_add_func ("/half/every-path-agrees", test_every_path_agrees);
  g_test_add_func ("/half/it-stops-before-nan", test_it_stops_before_nan);
  g_test_add_func ("/half/decoding-agrees", test_decode_agrees);
  g_test_add_func ("/half/tables-are-looked-up", test_tables_are_looked_up);
  g_test_add_func ("/half/results-end-by-their-rule", test_results_end_by_their_rule);
  return g_test_run ();
}
