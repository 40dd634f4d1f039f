/* The published probes of the hardware (arXiv:2606.22283), each with the result it gave. */
#include "bench.h"

#include "num/threads.h"

#include <string.h>

#define A13 2
#define A14 3
#define A15 4
#define A16 5

static double
one_unary (const char *op, double x, AnfNumerics numerics, guint family)
{
  g_autoptr(Bench) bench = bench_new (op, NULL);
  g_autofree float *got = NULL;

  bench->numerics = numerics;
  bench->family = family;
  BENCH_INPUT (bench, &x, 1);
  g_assert_true (bench_infer (bench));
  got = bench_run (bench, 0);
  return got[0];
}

static double
one_binary (const char *op, double x, double y, AnfNumerics numerics, guint family)
{
  g_autoptr(Bench) bench = bench_new (op, NULL);
  g_autofree float *got = NULL;

  bench->numerics = numerics;
  bench->family = family;
  BENCH_INPUT (bench, &x, 1);
  BENCH_INPUT (bench, &y, 1);
  g_assert_true (bench_infer (bench));
  got = bench_run (bench, 0);
  return got[0];
}

/* A row of numbers times a column of ones; @op: how the product is asked for. */
static double
product (const char *op, const double *x, guint k, double y, AnfNumerics numerics, guint family)
{
  g_autoptr(Bench) bench = bench_new (op, NULL);
  g_autofree double *ones = g_new (double, k);
  g_autofree float *got = NULL;

  for (guint i = 0; i < k; i++)
    ones[i] = y;
  bench->numerics = numerics;
  bench->family = family;
  if (g_str_equal (op, "conv"))
    {
      BENCH_INPUT (bench, x, 1, k, 1, 1);
      BENCH_WEIGHT (bench, 0, ones, 1, k, 1, 1);
    }
  else
    {
      BENCH_INPUT (bench, x, 1, k);
      if (g_str_equal (op, "linear"))
        BENCH_WEIGHT (bench, 0, ones, 1, k);
      else if (g_str_equal (op, "matmul_w"))
        BENCH_WEIGHT (bench, 0, ones, k, 1);
      else
        BENCH_INPUT (bench, ones, k, 1);
    }
  g_assert_true (bench_infer (bench));
  got = bench_run (bench, 0);
  return got[0];
}

static double *
fill (guint n, double first, double rest)
{
  double *x = g_new (double, n);

  for (guint i = 0; i < n; i++)
    x[i] = i == 0 ? first : rest;
  return x;
}

static void
test_four_lanes (void)
{
  static const struct { guint n; double first, sum; } probes[] = {
    { 16384, 1, 16384 }, { 1025, 4096, 5116 }, { 17, 8192, 8208 },
  };
  static const struct { double big, sum; } cancel[] = {
    { 1024, 16 }, { 3000, 16 }, { 4090, 16 }, { 4096, 4 }, { 8000, 4 }, { 16000, 4 }, { 30000, 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (probes); i++)
    {
      g_autofree double *x = fill (probes[i].n, probes[i].first, 1);

      g_assert_cmpfloat (product ("bmm", x, probes[i].n, 1, ANF_NUMERICS_LANES, A13), ==,
                         probes[i].sum);
      g_assert_cmpfloat (product ("matmul_w", x, probes[i].n, 1, ANF_NUMERICS_LANES, A13), ==,
                         probes[i].sum);
    }
  for (guint i = 0; i < G_N_ELEMENTS (cancel); i++)
    for (guint order = 0; order < 2; order++)
      {
        double x[48];

        for (guint k = 0; k < 16; k++)
          {
            x[3 * k] = cancel[i].big;
            x[3 * k + (order ? 2 : 1)] = -cancel[i].big;
            x[3 * k + (order ? 1 : 2)] = 1;
          }
        g_assert_cmpfloat (product ("linear", x, 48, 1, ANF_NUMERICS_LANES, A13), ==,
                           cancel[i].sum);
        /* Input channels of a convolution are lanes too. */
        g_assert_cmpfloat (product ("conv", x, 48, 1, ANF_NUMERICS_LANES, A13), ==,
                           cancel[i].sum);
        /* With a wide accumulator nothing is lost. */
        g_assert_cmpfloat (product ("linear", x, 48, 1, ANF_NUMERICS_ANE, A13), ==, 16);
      }
}

static void
test_products_have_a_cliff (void)
{
  static const char *const ops[] = { "linear", "matmul_w", "bmm", "conv" };
  const double below[] = { 16376, 16376 }, above[] = { 16384, 16384 }, one[] = { 32768 };

  for (guint family = A13; family <= A16; family++)
    for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
      {
        g_assert_cmpfloat (product (ops[i], below, 2, 1, ANF_NUMERICS_ANE, family), ==, 32752);
        g_assert_cmpfloat (product (ops[i], above, 2, 1, ANF_NUMERICS_ANE, family), ==, INFINITY);
        g_assert_cmpfloat (product (ops[i], above, 2, -1, ANF_NUMERICS_ANE, family), ==,
                           -INFINITY);
        g_assert_cmpfloat (product (ops[i], above, 2, 1, ANF_NUMERICS_FP32, family), ==, 32768);
        /* One product keeps the whole range in a convolution, and there alone. */
        g_assert_cmpfloat (product (ops[i], one, 1, 1, ANF_NUMERICS_ANE, family), ==,
                           g_str_equal (ops[i], "conv") ? 32768 : INFINITY);
      }
}

static void
test_partial_sums_have_a_cliff_in_lanes (void)
{
  const double x[] = { 30000, 0, 0, 0, 30000, 0, 0, 0, -30000, 0, 0, 0 };

  g_assert_cmpfloat (product ("bmm", x, 12, 1, ANF_NUMERICS_LANES, A13), ==, INFINITY);
  g_assert_cmpfloat (product ("bmm", x, 12, 1, ANF_NUMERICS_ANE, A13), ==, 30000);
}

static void
test_the_rest_has_the_whole_range (void)
{
  const double x[] = { 32768, 32736 };
  g_autoptr(Bench) sum = bench_new ("reduce_sum", "axes", "0", NULL);
  const double far[] = { 32768, 32768 };

  g_assert_cmpfloat (one_binary ("mul", 256, 255.75, ANF_NUMERICS_ANE, A13), ==, 65472);
  g_assert_cmpfloat (one_binary ("mul", 256, 256, ANF_NUMERICS_ANE, A13), ==, INFINITY);
  BENCH_INPUT (sum, x, 2);
  BENCH_ASSERT (sum, 0, 65504);
  memcpy (sum->in[0], far, sizeof far);
  BENCH_ASSERT (sum, 0, INFINITY);
}

static void
test_sums_are_wide (void)
{
  g_autofree double *ones = fill (16384, 1, 1);
  g_autoptr(Bench) bench = bench_new ("reduce_sum", "axes", "0", NULL);

  BENCH_INPUT (bench, ones, 16384);
  BENCH_ASSERT (bench, 0, 16384);
  bench->numerics = ANF_NUMERICS_LANES;
  BENCH_ASSERT (bench, 0, 16384);
}

static void
test_shifted_slices_saturate (void)
{
  const double x[] = { 1, 4094, 4096, -4096 };

  for (guint family = A13; family <= A16; family++)
    {
      g_autoptr(Bench) shifted = bench_new ("slice_by_size", "begin", "[1]", "size", "[3]", NULL);
      g_autoptr(Bench) straight = bench_new ("slice_by_size", "begin", "[0]", "size", "[4]", NULL);
      double end = family <= A14 ? INFINITY : 4096;

      shifted->family = straight->family = family;
      BENCH_INPUT (shifted, x, 4);
      BENCH_INPUT (straight, x, 4);
      BENCH_ASSERT (shifted, 0, 4094, end, -end);
      BENCH_ASSERT (straight, 0, 1, 4094, 4096, -4096);
    }
}

static void
test_exp_and_square_overflow (void)
{
  g_assert_cmpfloat (one_unary ("square", 256, ANF_NUMERICS_ANE, A13), ==, INFINITY);
  g_assert_cmpfloat (one_unary ("square", -255.875, ANF_NUMERICS_ANE, A13), ==, 65472);
  g_assert_cmpfloat (one_unary ("exp", 11.09375, ANF_NUMERICS_ANE, A13), ==, INFINITY);
  g_assert_cmpfloat (one_unary ("exp", 11.0859375, ANF_NUMERICS_ANE, A13), ==, 65248);
}

static void
test_nan_counts_as_infinity (void)
{
  static const struct { const char *op; double want; } probes[] = {
    { "sigmoid", 1 }, { "tanh", 1 }, { "erf", 1 }, { "relu", INFINITY }, { "exp", INFINITY },
    { "abs", INFINITY }, { "sqrt", INFINITY }, { "softsign", 0 }, { "softplus", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (probes); i++)
    g_assert_cmpfloat (one_unary (probes[i].op, NAN, ANF_NUMERICS_ANE, A13), ==, probes[i].want);
  g_assert_cmpfloat (one_binary ("maximum", NAN, 3, ANF_NUMERICS_ANE, A13), ==, INFINITY);
  g_assert_cmpfloat (one_binary ("maximum", 3, NAN, ANF_NUMERICS_ANE, A13), ==, INFINITY);
  g_assert_cmpfloat (one_binary ("add", NAN, 3, ANF_NUMERICS_ANE, A13), ==, INFINITY);
  g_assert_cmpfloat (one_binary ("minimum", NAN, 3, ANF_NUMERICS_ANE, A13), ==, 3);
  /* IEEE keeps it. */
  g_assert_true (isnan (one_unary ("relu", NAN, ANF_NUMERICS_FP32, A13)));
  g_assert_true (isnan (one_binary ("maximum", 3, NAN, ANF_NUMERICS_FP32, A13)));
}

static void
test_no_answer_is_zero (void)
{
  const double mixed[] = { INFINITY, 1 }, both[] = { INFINITY, -INFINITY };

  g_assert_cmpfloat (one_binary ("sub", INFINITY, INFINITY, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (one_binary ("mul", 0, INFINITY, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (one_binary ("real_div", 0, 0, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (one_binary ("real_div", INFINITY, INFINITY, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (one_binary ("real_div", 1, 0, ANF_NUMERICS_ANE, A13), ==, INFINITY);
  g_assert_cmpfloat (one_unary ("sqrt", -1, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (one_unary ("rsqrt", -1, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (one_unary ("log", -1, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_true (isnan (one_unary ("sqrt", -1, ANF_NUMERICS_FP32, A13)));
  /* 0 times infinity inside a product is 0, and the rest of it counts. */
  g_assert_cmpfloat (product ("linear", mixed, 2, 0, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (product ("bmm", both, 2, 1, ANF_NUMERICS_ANE, A13), ==, 0);
}

static void
test_zero_has_no_sign (void)
{
  g_assert_cmpfloat (one_unary ("log", 0, ANF_NUMERICS_ANE, A13), ==, -45440);
  g_assert_cmpfloat (one_unary ("log", 0, ANF_NUMERICS_FP32, A13), ==, -INFINITY);
  g_assert_cmpfloat (one_unary ("inverse", -0.0, ANF_NUMERICS_ANE, A13), ==, INFINITY);
  g_assert_cmpfloat (one_unary ("rsqrt", -0.0, ANF_NUMERICS_ANE, A13), ==, INFINITY);
  g_assert_cmpfloat (one_binary ("real_div", 1, -0.0, ANF_NUMERICS_ANE, A13), ==, INFINITY);
  g_assert_cmpfloat (one_binary ("real_div", 1, -0.0, ANF_NUMERICS_FP32, A13), ==, -INFINITY);
  g_assert_false (signbit (one_binary ("add", -0.0, 0, ANF_NUMERICS_ANE, A13)));
}

static void
test_softplus_and_softsign_lose_infinity (void)
{
  g_assert_cmpfloat (one_unary ("softplus", INFINITY, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (one_unary ("softsign", INFINITY, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (one_unary ("softplus", INFINITY, ANF_NUMERICS_FP32, A13), ==, INFINITY);
  g_assert_cmpfloat (one_unary ("softplus", 20, ANF_NUMERICS_ANE, A13), ==, 20);
}

static void
test_softmax_takes_the_largest_away (void)
{
  const double large[] = { 1000, 1, 2, 3 }, nan[] = { 1, NAN, 2, 3 };
  g_autoptr(Bench) bench = bench_new ("softmax", NULL);

  BENCH_INPUT (bench, large, 1, 4);
  BENCH_ASSERT (bench, 0, 1, 0, 0, 0);
  memcpy (bench->in[0], nan, sizeof nan);
  BENCH_ASSERT (bench, 0, 0, 1, 0, 0);
}

static void
test_subnormals (void)
{
  const double tiny[] = { 0x1p-24, 0x1p-24 };

  g_assert_cmpfloat (one_binary ("add", 0x1p-24, 0x1p-24, ANF_NUMERICS_ANE, A13), ==, 0x1p-23);
  g_assert_cmpfloat (one_binary ("mul", 0x1p-12, 0x1p-12, ANF_NUMERICS_ANE, A13), ==, 0x1p-24);
  g_assert_cmpfloat (product ("linear", tiny, 2, 1, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (product ("linear", tiny, 2, 1, ANF_NUMERICS_ANE, A14), ==, 0);
  g_assert_cmpfloat (product ("linear", tiny, 2, 1, ANF_NUMERICS_ANE, A15), ==, 0);
  g_assert_cmpfloat (product ("linear", tiny, 2, 1, ANF_NUMERICS_ANE, A16), ==, 0x1p-23);
}

static void
test_ties (void)
{
  const double x[] = { 2048, 1 };

  for (guint family = A13; family <= A16; family++)
    {
      double want = family == A16 ? 2050 : 2048;

      g_assert_cmpfloat (one_binary ("add", 2048, 1, ANF_NUMERICS_ANE, family), ==, want);
      g_assert_cmpfloat (product ("bmm", x, 2, 1, ANF_NUMERICS_ANE, family), ==, want);
      g_assert_cmpfloat (one_binary ("sub", -2048, 1, ANF_NUMERICS_ANE, family), ==, -want);
    }
}

static void
test_tables_are_off_at_zero_in_lanes (void)
{
  g_assert_cmpfloat_with_epsilon (one_unary ("gelu", 0, ANF_NUMERICS_LANES, A13), -0.000543, 1e-6);
  g_assert_cmpfloat_with_epsilon (one_unary ("silu", 0, ANF_NUMERICS_LANES, A13), -0.001259, 1e-6);
  g_assert_cmpfloat (one_unary ("gelu", 0, ANF_NUMERICS_ANE, A13), ==, 0);
  g_assert_cmpfloat (one_unary ("silu", 0, ANF_NUMERICS_ANE, A13), ==, 0);
}

/* A unit-variance group of 81,920 elements: its sum of squares is past fp16's range. */
static void
test_group_norm_is_wide (void)
{
  enum { C = 20, SIDE = 64, N = C * SIDE * SIDE };
  g_autoptr(Bench) bench = bench_new ("group_norm", "groups", "1", NULL);
  g_autofree double *x = bench_random (bench, 3, N, ANF_F16, -1.75, 1.75);
  g_autofree double *one = fill (C, 1, 1), *zero = fill (C, 0, 0), *want = NULL;
  g_autofree float *got = NULL;

  BENCH_INPUT (bench, x, 1, C, SIDE, SIDE);
  BENCH_WEIGHT (bench, 0, one, C);
  BENCH_WEIGHT (bench, 1, zero, C);
  g_assert_true (bench_infer (bench));
  got = bench_run (bench, 0);
  want = bench_exact (bench);
  for (guint i = 0; i < N; i++)
    g_assert_cmpfloat_with_epsilon (got[i], want[i], 0.001);
}

/* Sums of products are oneDNN's: it must not split one sum between two threads. */
static void
assert_same_by_threads (Bench *bench)
{
  g_autofree float *one = NULL, *two = NULL;

  g_assert_true (bench_infer (bench));
  anf_threads_set (1);
  one = bench_run (bench, 0);
  anf_threads_set (2);
  two = bench_run (bench, 0);
  g_assert_cmpmem (one, bench_n (bench) * sizeof *one, two, bench_n (bench) * sizeof *two);
  anf_threads_set (0);
}

static void
test_threads_do_not_change_products (void)
{
  static const int products[][3] = {
    { 1, 384, 1536 }, { 1, 4096, 10 }, { 128, 384, 96 }, { 7, 1000, 33 }, { 3, 9000, 3 },
  };
  static const int convs[][6] = {       /* cin, size, cout, kernel, stride, groups */
    { 16, 28, 32, 3, 1, 1 }, { 3, 64, 16, 3, 2, 1 }, { 64, 7, 64, 1, 1, 1 },
    { 24, 14, 24, 3, 1, 24 },
    { 20, 9, 12, 5, 1, 4 }, { 256, 4, 64, 3, 1, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (products); i++)
    {
      int m = products[i][0], k = products[i][1], n = products[i][2];
      g_autoptr(Bench) bench = bench_new ("linear", NULL);
      g_autofree double *x = bench_random (bench, 1, m * k, ANF_F16, -1, 1);
      g_autofree double *w = bench_random (bench, 2, k * n, ANF_F16, -1, 1);

      BENCH_INPUT (bench, x, m, k);
      BENCH_WEIGHT (bench, 0, w, n, k);
      assert_same_by_threads (bench);
    }
  for (guint i = 0; i < G_N_ELEMENTS (convs); i++)
    {
      const int *c = convs[i], area = c[3] * c[3];
      g_autofree char *stride = g_strdup_printf ("%d", c[4]);
      g_autofree char *groups = g_strdup_printf ("%d", c[5]);
      g_autoptr(Bench) bench = bench_new ("conv", "pad", "1", "stride", stride, "groups", groups,
                                          NULL);
      g_autofree double *x = bench_random (bench, 1, c[0] * c[1] * c[1], ANF_F16, -1, 1);
      g_autofree double *w = bench_random (bench, 2, c[2] * c[0] / c[5] * area, ANF_F16, -1, 1);

      BENCH_INPUT (bench, x, 1, c[0], c[1], c[1]);
      BENCH_WEIGHT (bench, 0, w, c[2], c[0] / c[5], c[3], c[3]);
      assert_same_by_threads (bench);
    }
}

#define ADD(name, test) g_test_add_func ("/numerics/" name, test)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("four-lanes-give-the-published-sums", test_four_lanes);
  ADD ("products-have-a-cliff-at-32768", test_products_have_a_cliff);
  ADD ("partial-sums-have-it-in-lanes", test_partial_sums_have_a_cliff_in_lanes);
  ADD ("mul-and-sums-reach-65504", test_the_rest_has_the_whole_range);
  ADD ("sums-are-wide", test_sums_are_wide);
  ADD ("shifted-slices-saturate-before-the-a15", test_shifted_slices_saturate);
  ADD ("exp-and-square-overflow-where-measured", test_exp_and_square_overflow);
  ADD ("nan-counts-as-infinity", test_nan_counts_as_infinity);
  ADD ("no-answer-is-zero", test_no_answer_is_zero);
  ADD ("zero-has-no-sign", test_zero_has_no_sign);
  ADD ("softplus-and-softsign-lose-infinity", test_softplus_and_softsign_lose_infinity);
  ADD ("softmax-takes-the-largest-away", test_softmax_takes_the_largest_away);
  ADD ("subnormals-are-flushed-before-the-a16", test_subnormals);
  ADD ("ties-go-up-on-the-a16", test_ties);
  ADD ("tables-are-off-at-zero-in-lanes", test_tables_are_off_at_zero_in_lanes);
  ADD ("group-norm-is-wide", test_group_norm_is_wide);
  ADD ("threads-do-not-change-products", test_threads_do_not_change_products);
  return g_test_run ();
}
