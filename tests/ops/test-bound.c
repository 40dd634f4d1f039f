/* test-bound.c - no result is larger than its row's bound says, and bounds are no larger than need
 * be where that can be told. */
#include "bench.h"

#include "ops/bound.h"

#include <string.h>

static double
largest (const double *values, gsize n)
{
  double most = 0;

  for (gsize i = 0; i < n; i++)
    most = fmax (most, fabs (values[i]));
  return most;
}

static double
bound_of (const Bench *bench, guint packed)
{
  double in[ANF_MAX_PORTS] = { 0 };
  AnfBounds bounds = { .node = bench->node, .n_in = bench->n_in, .in = in,
                       .in_type = bench->in_types, .out_type = bench->out_type,
                       .weight = bench->weight, .packed = packed };

  for (guint i = 0; i < bench->n_in; i++)
    if (bench->in_types[i] != NULL)
      in[i] = largest (bench->in[i], anf_type_elements (bench->in_types[i]));
  return anf_bound_of (&bounds);
}

/* Inputs of the sample's shapes, of one magnitude with either sign, or anything up to it. */
static Bench *
scaled_bench (const AnfOp *op, AnfNumerics numerics, double scale, guint64 seed)
{
  const AnfSample *sample = &op->sample;
  Bench *self = bench_new_sample (op, (const char *const (*)[2]) sample->attr);

  self->numerics = numerics;
  self->family = numerics == ANF_NUMERICS_LANES ? 2 : 5;
  if (op->feed != NULL)
    {
      g_autofree double *values = NULL;
      AnfType fed;

      op->feed (self->node, &fed);
      values = bench_random (self, ++seed, anf_type_elements (&fed), fed.dtype, 0, 255.99);
      bench_input (self, fed.dtype, fed.rank, fed.dim, values);
    }
  for (guint i = 0; i < ANF_MAX_PORTS && (sample->in[i].rank > 0 || sample->in[i].dim[0] > 0); i++)
    {
      const AnfType *type = &sample->in[i];
      gsize n = anf_type_elements (type);
      g_autofree double *values = bench_random (self, ++seed, n, type->dtype, -scale, scale);

      if (type->dtype == ANF_U8)
        for (gsize k = 0; k < n; k++)
          values[k] = fmin (fabs (values[k]), 255);
      else if (type->dtype == ANF_F16 && seed % 2 == 0)    /* as large as it may be */
        for (gsize k = 0; k < n; k++)
          values[k] = copysign (scale, seed % 4 == 0 ? values[k] : 1);
      bench_input (self, type->dtype, type->rank, type->dim, values);
    }
  for (guint i = 0; i < ANF_MAX_ROLES && sample->role[i].rank > 0; i++)
    {
      g_autofree double *values = bench_random (self, ++seed, anf_type_elements (&sample->role[i]),
                                                ANF_F16, sample->lo, sample->hi);

      bench_weight (self, i, sample->role[i].rank, sample->role[i].dim, values);
    }
  if (!bench_infer (self))
    g_error ("%s refuses its own sample: %s", op->name, self->message);
  return self;
}

static void
test_never_exceeded (gconstpointer data)
{
  static const double scale[] = { 0x1p-12, 0.125, 0.75, 1, 1.5, 4, 37, 1000, 20000, 65504 };
  const AnfOp *op = data;

  for (guint s = 0; s < G_N_ELEMENTS (scale); s++)
    for (guint k = 0; k < 6; k++)
      {
        AnfNumerics numerics = k % 3;
        g_autoptr(Bench) bench = scaled_bench (op, numerics, scale[s], 17 * s + k);
        g_autofree float *got = bench_run (bench, 0);
        double bound = bound_of (bench, 0), packed = bound_of (bench, G_MAXUINT);

        g_assert_cmpfloat (bound, <=, packed);
        for (gsize i = 0; i < bench_n (bench); i++)
          if (fabs (got[i]) > bound)
            g_error ("%s of inputs up to %g under %s: %.9g exceeds %.9g", op->name, scale[s],
                     anf_numerics_name (numerics), got[i], bound);
      }
}

static void
test_is_said (gconstpointer data)
{
  g_assert_nonnull (((const AnfOp *) data)->bound);
}

/* ---- figures worked out by hand */

static double
unary_bound (const char *op, double in)
{
  g_autoptr(Bench) bench = bench_new (op, NULL);

  BENCH_INPUT (bench, &in, 1);
  g_assert_true (bench_infer (bench));
  return bound_of (bench, 0);
}

static double
pair_bound (const char *op, double x, double y)
{
  g_autoptr(Bench) bench = bench_new (op, NULL);

  BENCH_INPUT (bench, &x, 1);
  BENCH_INPUT (bench, &y, 1);
  g_assert_true (bench_infer (bench));
  return bound_of (bench, 0);
}

/* Each of these can be larger than what goes in. */
static void
test_expanding_functions_are_not_taken_for_shrinking_ones (void)
{
  g_assert_cmpfloat (unary_bound ("floor", 0.25), ==, 1);
  g_assert_cmpfloat (unary_bound ("ceil", 0.25), ==, 1);
  g_assert_cmpfloat (unary_bound ("round", 0.5), ==, 1);
  g_assert_cmpfloat (unary_bound ("round", 0.25), ==, 0);
  g_assert_cmpfloat (unary_bound ("sign", 0.25), ==, 1);
  g_assert_cmpfloat (unary_bound ("sigmoid", 0), ==, 0.5);
  g_assert_cmpfloat (unary_bound ("exp", 0), ==, 1);
  g_assert_cmpfloat (pair_bound ("minimum", 0.5, 3), ==, 3);
  g_assert_cmpfloat (pair_bound ("maximum", 0.5, 3), ==, 3);
  g_assert_cmpfloat (pair_bound ("sub", 0.5, 3), ==, 3.5);
}

static void
test_threshold_lifts_small_numbers (void)
{
  g_autoptr(Bench) bench = bench_new ("threshold", "alpha", "2.5", NULL);

  BENCH_INPUT (bench, ((const double[]) { 0.5 }), 1);
  g_assert_true (bench_infer (bench));
  g_assert_cmpfloat (bound_of (bench, 0), ==, 2.5);
}

static void
test_poles_and_overflow_are_unknown (void)
{
  g_assert_true (isinf (unary_bound ("inverse", 1)));
  g_assert_true (isinf (unary_bound ("log", 1)));
  g_assert_true (isinf (unary_bound ("exp", 12)));
  g_assert_true (isinf (unary_bound ("square", 300)));
  g_assert_true (isinf (pair_bound ("real_div", 1, 1)));
  g_assert_cmpfloat (unary_bound ("tanh", 12), <=, 1);
}

/* Rows of magnitudes 3 and 7, then a bias of 10 that the smaller has: at most 2 * 7 + 10. */
static void
test_bias_counts (void)
{
  g_autoptr(Bench) bench = bench_new ("linear", NULL);
  double bound;

  BENCH_INPUT (bench, ((const double[]) { 2, -2 }), 1, 2);
  BENCH_WEIGHT (bench, 0, ((const double[]) { 1, -2, 3, 4 }), 2, 2);
  BENCH_WEIGHT (bench, 1, ((const double[]) { -10, 0 }), 2);
  g_assert_true (bench_infer (bench));
  bound = bound_of (bench, 0);
  g_assert_cmpfloat (bound, >=, 24);
  g_assert_cmpfloat (bound, <=, 24 * (1 + 0x1p-6));
  /* If they are encoded, each may be as large as the largest: 2 * 2 * 4 + 10. */
  g_assert_cmpfloat (bound_of (bench, 1), >=, 26);
  g_assert_cmpfloat (bound_of (bench, 1), <=, 26 * (1 + 0x1p-6));
}

/* 1 * 20000 * 2 passes 32768, where products become infinite, although fp16 goes further. */
static void
test_products_end_at_the_cliff (void)
{
  g_autoptr(Bench) bench = bench_new ("matmul_w", NULL);

  BENCH_INPUT (bench, ((const double[]) { 1, 1 }), 1, 2);
  BENCH_WEIGHT (bench, 0, ((const double[]) { 20000, 20000 }), 2, 1);
  g_assert_true (bench_infer (bench));
  g_assert_true (isinf (bound_of (bench, 0)));
}

/* Columns count, not rows: 2 inputs, of which the first column takes 1 + 8. */
static void
test_sums_run_along_the_inputs (void)
{
  g_autoptr(Bench) bench = bench_new ("matmul_w", NULL);

  BENCH_INPUT (bench, ((const double[]) { 1, -1 }), 1, 2);
  BENCH_WEIGHT (bench, 0, ((const double[]) { 1, 2, -8, 3 }), 2, 2);
  g_assert_true (bench_infer (bench));
  g_assert_cmpfloat (bound_of (bench, 0), >=, 9);
  g_assert_cmpfloat (bound_of (bench, 0), <, 10);
}

/* ---- in the report */

static void
test_report_follows_the_promise (void)
{
  static const char text[] =
    "{ \"aneforge\": 1, \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"x\","
    "   \"attrs\": { \"shape\": [4], \"max_abs\": 3 } },"
    " { \"id\": 2, \"op\": \"input\", \"name\": \"y\", \"attrs\": { \"shape\": [4] } },"
    " { \"id\": 3, \"op\": \"muls\", \"name\": \"m\", \"in\": { \"x\": \"x\" },"
    "   \"attrs\": { \"k\": -2 } },"
    " { \"id\": 4, \"op\": \"add\", \"name\": \"a\", \"in\": { \"x\": \"m\", \"y\": \"x\" } },"
    " { \"id\": 5, \"op\": \"add\", \"name\": \"b\", \"in\": { \"x\": \"a\", \"y\": \"y\" } },"
    " { \"id\": 6, \"op\": \"softmax\", \"name\": \"s\", \"in\": { \"x\": \"b\" } },"
    " { \"id\": 7, \"op\": \"relu\", \"name\": \"loose\" } ],"
    " \"outputs\": { \"s\": \"s\" } }";
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);
  g_autoptr(AnfReport) report = NULL;

  g_assert_no_error (error);
  report = anf_check (graph, NULL);
  g_assert_cmpfloat (anf_report_bound (report, 1, 0), ==, 3);
  g_assert_true (isinf (anf_report_bound (report, 2, 0)));
  g_assert_cmpfloat (anf_report_bound (report, 3, 0), ==, 6);
  g_assert_cmpfloat (anf_report_bound (report, 4, 0), ==, 9);
  g_assert_true (isinf (anf_report_bound (report, 5, 0)));
  g_assert_cmpfloat (anf_report_bound (report, 6, 0), ==, 1);
  g_assert_true (isinf (anf_report_bound (report, 7, 0)));
  g_assert_true (isinf (anf_report_bound (report, 99, 0)));
}

static void
test_sizes_of_a_tensor (void)
{
  g_autoptr(AnfTensor) cube = anf_tensor_new_floats (3, (gint64[]) { 2, 2, 2 },
                                                     (const float[]) { 1, -2, 3, 4, -5, 0, 0, 1 });
  g_autoptr(AnfTensor) flat = anf_tensor_new_floats (2, (gint64[]) { 2, 3 },
                                                     (const float[]) { 1, -2, 3, 4, 0, -1 });
  g_autoptr(AnfTensor) empty = anf_tensor_new_floats (2, (gint64[]) { 0, 3 }, NULL);
  g_autoptr(AnfTensor) odd = anf_tensor_new_floats (1, (gint64[]) { 1 }, (const float[]) { NAN });

  g_assert_cmpfloat (anf_tensor_max_abs (cube), ==, 5);
  g_assert_cmpfloat (anf_tensor_max_sum (cube, 0), ==, 10);
  g_assert_cmpfloat (anf_tensor_max_sum (cube, 1), ==, 8);
  g_assert_cmpfloat (anf_tensor_max_abs (flat), ==, 4);
  g_assert_cmpfloat (anf_tensor_max_sum (flat, 0), ==, 6);
  g_assert_cmpfloat (anf_tensor_max_sum (flat, 1), ==, 5);
  g_assert_cmpfloat (anf_tensor_max_sum (empty, 1), ==, 0);
  g_assert_true (isinf (anf_tensor_max_abs (odd)));
}

int
main (int argc, char **argv)
{
  const AnfOp *op;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    {
      g_autofree char *said = g_strdup_printf ("/bound/%s/is-said", op->name);
      g_autofree char *held = g_strdup_printf ("/bound/%s/is-never-exceeded", op->name);

      g_test_add_data_func (said, op, test_is_said);
      if (!op->source)
        g_test_add_data_func (held, op, test_never_exceeded);
    }
  g_test_add_func ("/bound/expanding-functions-are-not-taken-for-shrinking-ones",
                   test_expanding_functions_are_not_taken_for_shrinking_ones);
  g_test_add_func ("/bound/threshold-lifts-small-numbers", test_threshold_lifts_small_numbers);
  g_test_add_func ("/bound/poles-and-overflow-are-unknown", test_poles_and_overflow_are_unknown);
  g_test_add_func ("/bound/bias-counts", test_bias_counts);
  g_test_add_func ("/bound/products-end-at-the-cliff", test_products_end_at_the_cliff);
  g_test_add_func ("/bound/sums-run-along-the-inputs", test_sums_run_along_the_inputs);
  g_test_add_func ("/bound/report-follows-the-promise", test_report_follows_the_promise);
  g_test_add_func ("/bound/sizes-of-a-tensor", test_sizes_of_a_tensor);
  return g_test_run ();
}
