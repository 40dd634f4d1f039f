/* Answers worked out on paper: a reference could share a mistake with its kernel. */
#include "bench.h"

static double *
count (guint n)
{
  double *x = g_new (double, n);

  for (guint i = 0; i < n; i++)
    x[i] = i + 1;
  return x;
}

/* 3x3 image 1..9, kernel of ones: each output is the sum of what it sees. */
static void
test_conv_pads_each_side_by_itself (void)
{
  g_autofree double *x = count (9);
  const double ones[] = { 1, 1, 1, 1 };
  g_autoptr(Bench) bench = bench_new ("conv", "pad", "[1, 0, 0, 2]", NULL);

  BENCH_INPUT (bench, x, 1, 1, 3, 3);
  BENCH_WEIGHT (bench, 0, ones, 1, 1, 2, 2);
  bench_assert_shape (bench, 4, 1, 1, 3, 4);       /* 3+1-2+1, 3+2-2+1 */
  BENCH_ASSERT (bench, 0, 3, 5, 3, 0, 12, 16, 9, 0, 24, 28, 15, 0);
}

static void
test_conv_steps_and_spreads (void)
{
  g_autofree double *x = count (30);
  const double w[] = { 1, 10 };
  g_autoptr(Bench) bench = bench_new ("conv", "stride", "[2, 1]", "dilation", "[1, 3]", NULL);

  BENCH_INPUT (bench, x, 1, 1, 5, 6);
  BENCH_WEIGHT (bench, 0, w, 1, 1, 1, 2);
  bench_assert_shape (bench, 4, 1, 1, 3, 3);
  /* rows 0, 2, 4 start at 1, 13, 25: x + 10 (x + 3) */
  BENCH_ASSERT (bench, 0, 41, 52, 63, 173, 184, 195, 305, 316, 327);
}

static void
test_conv_does_not_turn_its_kernel (void)
{
  const double x[] = { 1, 2, 3 }, w[] = { 1, 10, 100 }, bias[] = { 0.5 };
  g_autoptr(Bench) bench = bench_new ("conv", "pad", "[0, 0, 1, 1]", NULL);

  BENCH_INPUT (bench, x, 1, 1, 1, 3);
  BENCH_WEIGHT (bench, 0, w, 1, 1, 1, 3);
  BENCH_WEIGHT (bench, 1, bias, 1);
  BENCH_ASSERT (bench, 0, 210.5, 321.5, 32.5);
}

/* Two groups: outputs 0, 1 see input 0; outputs 2, 3 see input 1. */
static void
test_conv_keeps_groups_apart (void)
{
  const double x[] = { 1, 2, 100, 200 }, w[] = { 1, 2, 3, 4 };
  g_autoptr(Bench) bench = bench_new ("conv", "groups", "2", NULL);

  BENCH_INPUT (bench, x, 1, 2, 1, 2);
  BENCH_WEIGHT (bench, 0, w, 4, 1, 1, 1);
  BENCH_ASSERT (bench, 0, 1, 2, 2, 4, 300, 600, 400, 800);
}

static void
test_conv_refuses (void)
{
  g_autofree double *x = count (1000);
  g_autoptr(Bench) channels = bench_new ("conv", NULL);
  g_autoptr(Bench) groups = bench_new ("conv", "groups", "3", NULL);
  g_autoptr(Bench) small = bench_new ("conv", NULL);
  g_autoptr(Bench) wide = bench_new ("conv", NULL);
  g_autoptr(Bench) step = bench_new ("conv", "stride", "0", NULL);
  g_autoptr(Bench) pad = bench_new ("conv", "pad", "[1, 1]", NULL);
  g_autoptr(Bench) bias = bench_new ("conv", NULL);

  BENCH_INPUT (channels, x, 1, 3, 4, 4);
  BENCH_WEIGHT (channels, 0, x, 2, 2, 1, 1);
  bench_assert_refused (channels, "SHP103", "x");
  BENCH_INPUT (groups, x, 1, 6, 4, 4);
  BENCH_WEIGHT (groups, 0, x, 4, 2, 1, 1);
  bench_assert_refused (groups, "SHP110", "groups");
  BENCH_INPUT (small, x, 1, 1, 4, 4);
  BENCH_WEIGHT (small, 0, x, 1, 1, 5, 1);
  bench_assert_refused (small, "SHP104", "x");
  BENCH_INPUT (wide, x, 1, 1, 4, 40);
  BENCH_WEIGHT (wide, 0, x, 1, 1, 1, 16);
  bench_assert_refused (wide, "LIM101", "weight");
  BENCH_INPUT (step, x, 1, 1, 4, 4);
  BENCH_WEIGHT (step, 0, x, 1, 1, 1, 1);
  bench_assert_refused (step, "ATR112", "stride");
  BENCH_INPUT (pad, x, 1, 1, 4, 4);
  BENCH_WEIGHT (pad, 0, x, 1, 1, 1, 1);
  bench_assert_refused (pad, "ATR113", "pad");
  BENCH_INPUT (bias, x, 1, 1, 4, 4);
  BENCH_WEIGHT (bias, 0, x, 2, 1, 1, 1);
  BENCH_WEIGHT (bias, 1, x, 3);
  bench_assert_refused (bias, "WGT113", "bias");
}

static void
test_kernel_width_depends_on_the_chip (void)
{
  g_autofree double *x = count (100);
  g_autoptr(Bench) bench = bench_new ("conv", NULL);
  AnfShapes shapes = { 0 };
  g_autofree char *old = NULL, *fresh = NULL;

  BENCH_INPUT (bench, x, 1, 1, 2, 20);
  BENCH_WEIGHT (bench, 0, x, 1, 1, 1, 14);
  g_assert_true (bench_infer (bench));
  shapes = (AnfShapes) { .node = bench->node, .n_in = 1, .in = bench->in_types,
                         .weight = bench->weight, .n_out = 1, .out = bench->out_type };
  old = bench->node->op->guard (&shapes, 4);
  fresh = bench->node->op->guard (&shapes, 5);
  g_assert_nonnull (old);
  g_assert_null (fresh);
}

/* Each input pixel puts its own copy of the kernel down; overlaps add. */
static void
test_conv_transpose_spreads (void)
{
  const double x[] = { 1, 2 }, w[] = { 1, 10, 100 };
  g_autoptr(Bench) bench = bench_new ("conv_transpose", "stride", "[1, 2]", NULL);
  g_autoptr(Bench) groups = bench_new ("conv_transpose", "groups", "2", NULL);
  const double two[] = { 1, 2 }, four[] = { 1, 2, 3, 4 };

  BENCH_INPUT (bench, x, 1, 1, 1, 2);
  BENCH_WEIGHT (bench, 0, w, 1, 1, 1, 3);
  BENCH_ASSERT (bench, 0, 1, 10, 102, 20, 200);
  BENCH_INPUT (groups, two, 1, 2, 1, 1);
  BENCH_WEIGHT (groups, 0, four, 2, 2, 1, 1);
  bench_assert_shape (groups, 4, 1, 4, 1, 1);
  BENCH_ASSERT (groups, 0, 1, 2, 6, 8);
}

static void
test_products (void)
{
  const double x[] = { 1, 2, 3, 4 }, w[] = { 1, 10, 100, 1000, 5, 7 }, bias[] = { 1, 2, 3 };
  g_autoptr(Bench) linear = bench_new ("linear", NULL);
  g_autoptr(Bench) matmul = bench_new ("matmul_w", NULL);

  BENCH_INPUT (linear, x, 2, 2);
  BENCH_WEIGHT (linear, 0, w, 3, 2);               /* rows are outputs */
  BENCH_WEIGHT (linear, 1, bias, 3);
  BENCH_ASSERT (linear, 2, 22, 2102, 22, 44, 4302, 46);
  BENCH_INPUT (matmul, x, 2, 2);
  BENCH_WEIGHT (matmul, 0, w, 2, 3);               /* columns are outputs */
  BENCH_ASSERT (matmul, 2, 2001, 20, 114, 4003, 50, 328);
}

/* x is shared by both batches of y, and the other way round. */
static void
test_bmm_broadcasts_its_batch (void)
{
  const double one[] = { 1, 2 }, two[] = { 1, 10, 100, 1000 }, six[6] = { 0 };
  g_autoptr(Bench) left = bench_new ("bmm", NULL), right = bench_new ("bmm", NULL);
  g_autoptr(Bench) both = bench_new ("bmm", NULL), bad = bench_new ("bmm", NULL);

  BENCH_INPUT (left, one, 1, 2);
  BENCH_INPUT (left, two, 2, 2, 1);
  bench_assert_shape (left, 3, 2, 1, 1);
  BENCH_ASSERT (left, 0, 21, 2100);
  BENCH_INPUT (right, two, 2, 1, 2);
  BENCH_INPUT (right, one, 2, 1);
  BENCH_ASSERT (right, 0, 21, 2100);
  BENCH_INPUT (both, one, 2, 1, 1, 1);
  BENCH_INPUT (both, two, 1, 4, 1, 1);
  BENCH_ASSERT (both, 0, 1, 10, 100, 1000, 2, 20, 200, 2000);
  BENCH_INPUT (bad, two, 2, 1, 2);
  BENCH_INPUT (bad, six, 3, 2, 1);
  bench_assert_refused (bad, "SHP102", "y");
}

static void
test_pools (void)
{
  g_autofree double *x = count (25);
  g_autoptr(Bench) max = bench_new ("max_pool", "k", "2", NULL);
  g_autoptr(Bench) ceil = bench_new ("max_pool", "k", "2", "ceil_mode", "true", NULL);
  g_autoptr(Bench) mean = bench_new ("avg_pool", "k", "3", "stride", "4", "pad", "1", NULL);
  g_autoptr(Bench) inside = bench_new ("avg_pool", "k", "3", "stride", "4", "pad", "1",
                                       "exclude_pad", "true", NULL);
  g_autoptr(Bench) past = bench_new ("max_pool", "k", "1", "stride", "3", "ceil_mode", "true",
                                     NULL);
  g_autoptr(Bench) vast = bench_new ("max_pool", "k", "2000000000", "pad",
                                     "[999999998, 999999999, 999999998, 999999999]", NULL);

  BENCH_INPUT (max, x, 1, 1, 5, 5);
  bench_assert_shape (max, 4, 1, 1, 2, 2);
  BENCH_ASSERT (max, 0, 7, 9, 17, 19);
  BENCH_INPUT (ceil, x, 1, 1, 5, 5);
  bench_assert_shape (ceil, 4, 1, 1, 3, 3);
  BENCH_ASSERT (ceil, 0, 7, 9, 10, 17, 19, 20, 22, 24, 25);
  /* corners see 2x2: 1+2+6+7, 4+5+9+10, 16+17+21+22, 19+20+24+25 */
  BENCH_INPUT (mean, x, 1, 1, 5, 5);
  BENCH_ASSERT (mean, 0.005, 16 / 9.0, 28 / 9.0, 76 / 9.0, 88 / 9.0);
  BENCH_INPUT (inside, x, 1, 1, 5, 5);
  BENCH_ASSERT (inside, 0, 4, 7, 19, 22);
  /* A window of nearly all integers sees all of the image, at once. */
  BENCH_INPUT (vast, x, 1, 1, 5, 5);
  BENCH_ASSERT (vast, 0, 25);
  /* The third window would begin past the image. */
  BENCH_INPUT (past, x, 1, 1, 5, 5);
  bench_assert_shape (past, 4, 1, 1, 2, 2);
  BENCH_ASSERT (past, 0, 1, 4, 16, 19);
}

static void
test_transpose (void)
{
  g_autofree double *x = count (6);
  g_autoptr(Bench) two = bench_new ("transpose", "perm", "[1, 0]", NULL);
  g_autoptr(Bench) three = bench_new ("transpose", "perm", "[2, 0, 1]", NULL);
  g_autoptr(Bench) bad = bench_new ("transpose", "perm", "[0, 0]", NULL);

  BENCH_INPUT (two, x, 2, 3);
  BENCH_ASSERT (two, 0, 1, 4, 2, 5, 3, 6);
  BENCH_INPUT (three, x, 1, 2, 3);
  bench_assert_shape (three, 3, 3, 1, 2);
  BENCH_ASSERT (three, 0, 1, 4, 2, 5, 3, 6);
  BENCH_INPUT (bad, x, 2, 3);
  bench_assert_refused (bad, "ATR115", "perm");
}

static void
test_broadcast_over_ranks (void)
{
  const double x[] = { 1, 2, 3, 4, 5, 6 }, row[] = { 10, 20, 30 }, column[] = { 100, 200 };
  const double scalar[] = { 1000 };
  g_autoptr(Bench) a = bench_new ("add", NULL), b = bench_new ("add", NULL);
  g_autoptr(Bench) c = bench_new ("sub", NULL), d = bench_new ("add", NULL);

  BENCH_INPUT (a, x, 2, 3);
  BENCH_INPUT (a, row, 3);
  BENCH_ASSERT (a, 0, 11, 22, 33, 14, 25, 36);
  BENCH_INPUT (b, column, 1, 2, 1);
  BENCH_INPUT (b, x, 2, 3);
  bench_assert_shape (b, 3, 1, 2, 3);
  BENCH_ASSERT (b, 0, 101, 102, 103, 204, 205, 206);
  bench_input (c, ANF_F16, 0, NULL, scalar);
  BENCH_INPUT (c, row, 3);
  BENCH_ASSERT (c, 0, 990, 980, 970);
  BENCH_INPUT (d, row, 3);
  BENCH_INPUT (d, column, 2, 1);
  BENCH_ASSERT (d, 0, 110, 120, 130, 210, 220, 230);
}

static void
test_softmax_over_a_middle_axis (void)
{
  /* e^0, e^ln 3: 1/4 and 3/4, in the first column; the second the other way round. */
  const double x[] = { 0, 1.0986328125, 1.0986328125, 0 };
  g_autoptr(Bench) bench = bench_new ("softmax", "axis", "1", NULL);

  BENCH_INPUT (bench, x, 1, 2, 2);
  BENCH_ASSERT (bench, 0x1p-11, 0.25, 0.75, 0.75, 0.25);
}

static void
test_norms (void)
{
  const double x[] = { 1, 3, -2, 4 }, gamma[] = { 1, 10 }, beta[] = { 5, 6 }, three[] = { 3, 4 };
  g_autoptr(Bench) layer = bench_new ("layer_norm", "eps", "0.0", NULL);
  g_autoptr(Bench) rms = bench_new ("rms_norm", "eps", "0.0", NULL);
  g_autoptr(Bench) l2 = bench_new ("l2_norm", NULL);
  g_autoptr(Bench) bad = bench_new ("layer_norm", NULL);

  /* two numbers are always one deviation away from their mean */
  BENCH_INPUT (layer, x, 2, 2);
  BENCH_WEIGHT (layer, 0, gamma, 2);
  BENCH_WEIGHT (layer, 1, beta, 2);
  BENCH_ASSERT (layer, 0, 4, 16, 4, 16);
  BENCH_INPUT (rms, three, 1, 2);
  BENCH_WEIGHT (rms, 0, gamma, 2);
  BENCH_ASSERT (rms, 0.005, 3 / sqrt (12.5), 40 / sqrt (12.5));
  BENCH_INPUT (l2, three, 2);
  BENCH_ASSERT (l2, 0x1p-11, 0.6, 0.8);
  BENCH_INPUT (bad, x, 1, 2, 2);
  bench_assert_refused (bad, "SHP101", "x");
}

/* eps is inside the root, not a floor under it: 3 / sqrt (9 + 16). */
static void
test_eps_is_inside_the_root (void)
{
  const double x[] = { 3 }, one[] = { 1 };
  g_autoptr(Bench) l2 = bench_new ("l2_norm", "eps", "16.0", NULL);
  g_autoptr(Bench) rms = bench_new ("rms_norm", "eps", "16.0", NULL);

  BENCH_INPUT (l2, x, 1);
  BENCH_ASSERT (l2, 0x1p-11, 0.6);
  BENCH_INPUT (rms, x, 1, 1);
  BENCH_WEIGHT (rms, 0, one, 1);
  BENCH_ASSERT (rms, 0x1p-11, 0.6);
}

static void
test_reductions (void)
{
  g_autofree double *x = count (12);
  g_autoptr(Bench) sum = bench_new ("reduce_sum", "axes", "[0, 2]", NULL);
  g_autoptr(Bench) mean = bench_new ("reduce_mean", "axes", "-1", NULL);
  g_autoptr(Bench) most = bench_new ("reduce_max", "axes", "1", NULL);
  g_autoptr(Bench) bad = bench_new ("reduce_sum", "axes", "3", NULL);

  BENCH_INPUT (sum, x, 2, 3, 2);                   /* 1+2+7+8, 3+4+9+10, 5+6+11+12 */
  bench_assert_shape (sum, 3, 1, 3, 1);
  BENCH_ASSERT (sum, 0, 18, 26, 34);
  BENCH_INPUT (mean, x, 3, 4);
  BENCH_ASSERT (mean, 0, 2.5, 6.5, 10.5);
  BENCH_INPUT (most, x, 2, 3, 2);
  BENCH_ASSERT (most, 0, 5, 6, 11, 12);
  BENCH_INPUT (bad, x, 2, 3, 2);
  bench_assert_refused (bad, "ATR114", "axes");
}

static void
test_shapes (void)
{
  g_autofree double *x = count (12);
  g_autoptr(Bench) reshape = bench_new ("reshape", "shape", "[2, 5]", NULL);
  g_autoptr(Bench) expand = bench_new ("expand_dims", "axes", "[0, -1]", NULL);
  g_autoptr(Bench) squeeze = bench_new ("squeeze", "axes", "1", NULL);
  g_autoptr(Bench) flatten = bench_new ("flatten2d", NULL);
  g_autoptr(Bench) slice = bench_new ("slice_by_size", "begin", "[1, 1]", "size", "[2, 2]", NULL);
  g_autoptr(Bench) out = bench_new ("slice_by_size", "begin", "[1, 1]", "size", "[3, 2]", NULL);
  g_autoptr(Bench) tile = bench_new ("tile", "reps", "[2, 2]", NULL);
  g_autoptr(Bench) back = bench_new ("reverse", "axes", "0", NULL);
  g_autoptr(Bench) rank = bench_new ("expand_dims", "axes", "0", NULL);

  BENCH_INPUT (reshape, x, 3, 4);
  bench_assert_refused (reshape, "SHP106", "shape");
  BENCH_INPUT (expand, x, 3, 4);
  bench_assert_shape (expand, 4, 1, 3, 4, 1);
  BENCH_INPUT (squeeze, x, 3, 4);
  bench_assert_refused (squeeze, "SHP112", "axes");
  BENCH_INPUT (flatten, x, 2, 3, 2);
  bench_assert_shape (flatten, 2, 2, 6);
  BENCH_INPUT (slice, x, 3, 4);
  BENCH_ASSERT (slice, 0, 6, 7, 10, 11);
  BENCH_INPUT (out, x, 3, 4);
  bench_assert_refused (out, "SHP111", "size");
  BENCH_INPUT (tile, x, 1, 2);
  BENCH_ASSERT (tile, 0, 1, 2, 1, 2, 1, 2, 1, 2);
  BENCH_INPUT (back, x, 3, 2);
  BENCH_ASSERT (back, 0, 5, 6, 3, 4, 1, 2);
  BENCH_INPUT (rank, x, 1, 1, 1, 1, 1);
  bench_assert_refused (rank, "SHP108", NULL);
}

static void
test_joins (void)
{
  const double a[] = { 1, 2 }, b[] = { 3, 4 };
  g_autofree double *x = count (6);
  g_autoptr(Bench) concat = bench_new ("concat", NULL), stack = bench_new ("stack", NULL);
  g_autoptr(Bench) split = bench_new ("split", "num_splits", "3", "axis", "1", NULL);
  g_autoptr(Bench) gather = bench_new ("gather", "indices", "[2, 0]", "axis", "-1", NULL);
  g_autoptr(Bench) uneven = bench_new ("split", "num_splits", "2", "axis", "1", NULL);

  BENCH_INPUT (concat, a, 2, 1);
  BENCH_INPUT (concat, b, 2, 1);
  BENCH_ASSERT (concat, 0, 1, 3, 2, 4);
  BENCH_INPUT (stack, a, 2);
  BENCH_INPUT (stack, b, 2);
  BENCH_ASSERT (stack, 0, 1, 2, 3, 4);
  BENCH_INPUT (split, x, 2, 3);
  BENCH_ASSERT (split, 0, 1, 4, 2, 5, 3, 6);       /* three outputs of [2, 1] */
  BENCH_INPUT (gather, x, 2, 3);
  BENCH_ASSERT (gather, 0, 3, 1, 6, 4);
  BENCH_INPUT (uneven, x, 2, 3);
  bench_assert_refused (uneven, "SHP110", "num_splits");
}

static void
test_argmax_takes_the_first (void)
{
  const double x[] = { 1, 5, 5, 7, 2, 7 };
  g_autoptr(Bench) rows = bench_new ("argmax", NULL);
  g_autoptr(Bench) columns = bench_new ("argmax", "axis", "0", NULL);

  BENCH_INPUT (rows, x, 2, 3);
  BENCH_ASSERT (rows, 0, 1, 0);
  BENCH_INPUT (columns, x, 2, 3);
  BENCH_ASSERT (columns, 0, 1, 0, 1);
}

/* One head, size 1: scores ln 3 and 0 give weights 3/4 and 1/4; causal hides the second key. */
static void
test_attention (void)
{
  const double q[] = { 1, 1 }, k[] = { 1.0986328125, 0 }, v[] = { 4, 8 };
  const double mask[] = { -INFINITY, 0, 0, 0 };
  g_autoptr(Bench) plain = bench_new ("sdpa", NULL), causal = bench_new ("sdpa", "causal", "true",
                                                                         NULL);
  g_autoptr(Bench) masked = bench_new ("sdpa", NULL), scaled = bench_new ("sdpa", "scale", "0.0",
                                                                          NULL);
  Bench *all[] = { plain, causal, masked, scaled };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      BENCH_INPUT (all[i], q, 1, 1, 2, 1);
      BENCH_INPUT (all[i], k, 1, 1, 2, 1);
      BENCH_INPUT (all[i], v, 1, 1, 2, 1);
    }
  BENCH_INPUT (masked, mask, 1, 1, 2, 2);
  BENCH_ASSERT (plain, 0.004, 5, 5);
  BENCH_ASSERT (causal, 0.004, 4, 5);
  BENCH_ASSERT (masked, 0.004, 8, 5);
  BENCH_ASSERT (scaled, 0, 6, 6);
}

static void
test_attention_refuses (void)
{
  g_autofree double *x = g_new0 (double, 600);
  g_autoptr(Bench) both = bench_new ("sdpa", "causal", "true", NULL);
  g_autoptr(Bench) odd = bench_new ("sdpa", "causal", "true", NULL);
  g_autoptr(Bench) far = bench_new ("sdpa", "causal", "true", NULL);
  g_autoptr(Bench) mask = bench_new ("sdpa", NULL);

  for (guint t = 0; t < 3; t++)
    {
      BENCH_INPUT (both, x, 1, 1, 2, 1);
      BENCH_INPUT (odd, x, 1, 1, t == 0 ? 3 : 2, 1);
      BENCH_INPUT (far, x, 1, 1, 512, 1);
      BENCH_INPUT (mask, x, 1, 1, 2, 1);
    }
  BENCH_INPUT (both, x, 1, 1, 2, 2);
  BENCH_INPUT (mask, x, 1, 1, 2, 3);
  bench_assert_refused (both, "ATR117", "causal");
  bench_assert_refused (odd, "SHP107", "q");
  bench_assert_refused (far, "OP101", "causal");
  bench_assert_refused (mask, "SHP107", "mask");
}

static void
test_images_are_scaled (void)
{
  const double x[] = { 0, 255, 51, 102 };
  g_autoptr(Bench) plain = bench_new ("image_input", "shape", "[1, 4, 1, 1]", NULL);
  g_autoptr(Bench) each = bench_new ("image_input", "shape", "[1, 2, 1, 2]", "scale", "[1.0, 2.0]",
                                     "bias", "[-1.0, 0.5]", NULL);
  g_autoptr(Bench) bad = bench_new ("image_input", "shape", "[1, 2, 1, 2]", "bias",
                                    "[1.0, 2.0, 3.0]", NULL);

  BENCH_INPUT (plain, x, 1, 4, 1, 1);
  BENCH_ASSERT (plain, 0.0005, 0, 1, 0.2, 0.4);
  BENCH_INPUT (each, x, 1, 2, 1, 2);
  BENCH_ASSERT (each, 0, -1, 254, 102.5, 204.5);
  bench_assert_refused (bad, "ATR113", "bias");
}

/* Four channels of one pixel each: a block's rows come first in both orders of channels. */
static void
test_rearrangements (void)
{
  g_autofree double *x = count (16);
  g_autoptr(Bench) shuffle = bench_new ("pixel_shuffle", "r", "2", NULL);
  g_autoptr(Bench) depth = bench_new ("depth_to_space", NULL);
  g_autoptr(Bench) back = bench_new ("space_to_depth", NULL);
  g_autoptr(Bench) unshuffle = bench_new ("pixel_unshuffle", "r", "2", NULL);
  g_autoptr(Bench) batch = bench_new ("space_to_batch", "bh", "1", "bw", "2", NULL);
  g_autoptr(Bench) merge = bench_new ("batch_to_space", "bh", "1", "bw", "2", NULL);
  g_autoptr(Bench) odd = bench_new ("pixel_unshuffle", "r", "3", NULL);

  /* channels c r r: channel 0 is 1 2 / 3 4, channel 1 is 5 6 / 7 8 */
  BENCH_INPUT (shuffle, x, 1, 8, 1, 1);
  bench_assert_shape (shuffle, 4, 1, 2, 2, 2);
  BENCH_ASSERT (shuffle, 0, 1, 2, 3, 4, 5, 6, 7, 8);
  /* channels r r c: channel 0 is 1 3 / 5 7, channel 1 is 2 4 / 6 8 */
  BENCH_INPUT (depth, x, 1, 8, 1, 1);
  BENCH_ASSERT (depth, 0, 1, 3, 5, 7, 2, 4, 6, 8);
  BENCH_INPUT (back, x, 1, 2, 2, 2);
  bench_assert_shape (back, 4, 1, 8, 1, 1);
  BENCH_ASSERT (back, 0, 1, 5, 2, 6, 3, 7, 4, 8);
  BENCH_INPUT (unshuffle, x, 1, 2, 2, 2);
  BENCH_ASSERT (unshuffle, 0, 1, 2, 3, 4, 5, 6, 7, 8);
  BENCH_INPUT (batch, x, 1, 1, 2, 4);
  bench_assert_shape (batch, 4, 2, 1, 2, 2);
  BENCH_ASSERT (batch, 0, 1, 3, 5, 7, 2, 4, 6, 8);
  BENCH_INPUT (merge, x, 2, 1, 1, 2);
  bench_assert_shape (merge, 4, 1, 1, 1, 4);
  BENCH_ASSERT (merge, 0, 1, 3, 2, 4);
  BENCH_INPUT (odd, x, 1, 1, 4, 4);
  bench_assert_refused (odd, "SHP110", "r");
}

/* Four pixels in a row, 0 10 20 30, and where each rule looks. */
static void
test_resizes (void)
{
  const double x[] = { 0, 10, 20, 30 };
  g_autoptr(Bench) up = bench_new ("upsample", "scale", "[1, 2]", NULL);
  g_autoptr(Bench) half = bench_new ("upsample_bilinear", "scale", "[1, 2]", NULL);
  g_autoptr(Bench) corners = bench_new ("upsample_bilinear", "scale", "[1, 2]", "align_corners",
                                        "true", NULL);
  g_autoptr(Bench) near = bench_new ("resize_nearest_neighbor", "target_h", "1", "target_w", "3",
                                     NULL);
  g_autoptr(Bench) plain = bench_new ("resize_bilinear", "target_h", "1", "target_w", "8", NULL);
  g_autoptr(Bench) ends = bench_new ("resize_bilinear", "target_h", "1", "target_w", "3",
                                     "align_corners", "true", NULL);

  BENCH_INPUT (up, x, 1, 1, 1, 4);
  BENCH_ASSERT (up, 0, 0, 0, 10, 10, 20, 20, 30, 30);
  BENCH_INPUT (half, x, 1, 1, 1, 4);               /* (i + 1/2) / 2 - 1/2, kept inside */
  BENCH_ASSERT (half, 0, 0, 2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 30);
  BENCH_INPUT (corners, x, 1, 1, 1, 4);            /* 3 i / 7 */
  BENCH_ASSERT (corners, 0.02, 0, 30 / 7.0, 60 / 7.0, 90 / 7.0, 120 / 7.0, 150 / 7.0, 180 / 7.0,
                30);
  BENCH_INPUT (near, x, 1, 1, 1, 4);               /* 4 i / 3: 0, 1, 2 */
  BENCH_ASSERT (near, 0, 0, 10, 20);
  BENCH_INPUT (plain, x, 1, 1, 1, 4);              /* i / 2 */
  BENCH_ASSERT (plain, 0, 0, 5, 10, 15, 20, 25, 30, 30);
  BENCH_INPUT (ends, x, 1, 1, 1, 4);               /* 3 i / 2 */
  BENCH_ASSERT (ends, 0, 0, 15, 30);
}

static void
test_affine (void)
{
  const double x[] = { 1, 2, 3, 4 }, same[] = { 1, 0, 0, 0, 1, 0 }, flip[] = { -1, 0, 0, 0, 1, 0 };
  const double shift[] = { 1, 0, 1, 0, 1, 0 }, three[18] = { 0 };
  g_autoptr(Bench) a = bench_new ("affine", "output_h", "2", "output_w", "2", NULL);
  g_autoptr(Bench) b = bench_new ("affine", "output_h", "2", "output_w", "2", NULL);
  g_autoptr(Bench) c = bench_new ("affine", "output_h", "2", "output_w", "2", NULL);
  g_autoptr(Bench) bad = bench_new ("affine", "output_h", "2", "output_w", "2", NULL);

  BENCH_INPUT (a, x, 1, 1, 2, 2);
  BENCH_WEIGHT (a, 0, same, 1, 6);
  BENCH_ASSERT (a, 0, 1, 2, 3, 4);
  BENCH_INPUT (b, x, 1, 1, 2, 2);
  BENCH_WEIGHT (b, 0, flip, 1, 6);
  BENCH_ASSERT (b, 0, 2, 1, 4, 3);
  BENCH_INPUT (c, x, 1, 1, 2, 2);                  /* half the width, that is one pixel */
  BENCH_WEIGHT (c, 0, shift, 1, 6);
  BENCH_ASSERT (c, 0, 2, 0, 4, 0);
  BENCH_INPUT (bad, x, 1, 1, 2, 2);
  BENCH_WEIGHT (bad, 0, three, 3, 6);
  bench_assert_refused (bad, "WGT113", "transform");
}

static void
test_bridges (void)
{
  const double x[] = { 3, 1, 3, 2 }, a[] = { 1, 2, 3 }, b[] = { 4, 5, 6 };
  const double points[] = { 0, 0, 0, 1, 0, 0, 5, 0, 0, 4, 0, 0 };
  g_autoptr(Bench) top = bench_new ("topk", "k", "2", NULL);
  g_autoptr(Bench) three = bench_new ("topk", "k", "3", NULL);
  g_autoptr(Bench) sort = bench_new ("sort", NULL);
  g_autoptr(Bench) where = bench_new ("sort", "descending", "true", "return_indices", "true", NULL);
  g_autoptr(Bench) cross = bench_new ("cross_product", NULL);
  g_autoptr(Bench) fps = bench_new ("fps", "k", "3", NULL);
  g_autoptr(Bench) near = bench_new ("radius_search", "radius", "1.0", NULL);
  g_autoptr(Bench) cost = bench_new ("cost_volume", NULL);

  BENCH_INPUT (top, x, 1, 4);
  BENCH_ASSERT (top, 0, 3, 3);
  BENCH_INPUT (three, x, 1, 4);
  bench_assert_refused (three, "ATR112", "k");
  BENCH_INPUT (sort, x, 1, 4);
  BENCH_ASSERT (sort, 0, 1, 2, 3, 3);
  BENCH_INPUT (where, x, 1, 4);
  BENCH_ASSERT (where, 0, 0, 2, 3, 1);
  BENCH_INPUT (cross, a, 3);
  BENCH_INPUT (cross, b, 3);
  BENCH_ASSERT (cross, 0, -3, 6, -3);
  BENCH_INPUT (fps, points, 4, 3);
  BENCH_ASSERT (fps, 0, 0, 0, 0, 5, 0, 0, 1, 0, 0);
  BENCH_INPUT (near, points, 4, 3);
  BENCH_INPUT (near, points, 1, 3);
  BENCH_ASSERT (near, 0, 1, 1, 0, 0);
  BENCH_INPUT (cost, a, 2);
  BENCH_INPUT (cost, b, 3);
  BENCH_ASSERT (cost, 0, 3, 3, 4, 4);
}

static void
test_sizes_beyond_all_memory_are_refused (void)
{
  g_autoptr(Bench) many = bench_new ("input", "shape", "[100000, 100000, 100000]", NULL);
  g_autoptr(Bench) wide = bench_new ("input", "shape", "[3000000000]", NULL);
  g_autoptr(Bench) none = bench_new ("input", "shape", "[3, 0]", NULL);
  g_autoptr(Bench) six = bench_new ("input", "shape", "[1, 1, 1, 1, 1, 1]", NULL);
  g_autoptr(Bench) scalar = bench_new ("input", "shape", "[]", NULL);
  g_autoptr(Bench) bound = bench_new ("input", "shape", "[1]", "max_abs", "-1.0", NULL);

  bench_assert_refused (many, "SHP105", NULL);
  bench_assert_refused (wide, "SHP105", NULL);
  bench_assert_refused (none, "ATR112", "shape");
  bench_assert_refused (six, "SHP108", NULL);
  bench_assert_shape (scalar, 0);
  bench_assert_refused (bound, "ATR112", "max_abs");
}

#define ADD(name, test) g_test_add_func ("/by-hand/" name, test)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("conv-pads-each-side-by-itself", test_conv_pads_each_side_by_itself);
  ADD ("conv-steps-and-spreads", test_conv_steps_and_spreads);
  ADD ("conv-does-not-turn-its-kernel", test_conv_does_not_turn_its_kernel);
  ADD ("conv-keeps-groups-apart", test_conv_keeps_groups_apart);
  ADD ("conv-refuses-what-does-not-fit", test_conv_refuses);
  ADD ("kernel-width-depends-on-the-chip", test_kernel_width_depends_on_the_chip);
  ADD ("conv-transpose-spreads", test_conv_transpose_spreads);
  ADD ("products", test_products);
  ADD ("bmm-broadcasts-its-batch", test_bmm_broadcasts_its_batch);
  ADD ("pools", test_pools);
  ADD ("transpose", test_transpose);
  ADD ("broadcast-over-ranks", test_broadcast_over_ranks);
  ADD ("softmax-over-a-middle-axis", test_softmax_over_a_middle_axis);
  ADD ("norms", test_norms);
  ADD ("eps-is-inside-the-root", test_eps_is_inside_the_root);
  ADD ("reductions", test_reductions);
  ADD ("shapes", test_shapes);
  ADD ("joins", test_joins);
  ADD ("argmax-takes-the-first", test_argmax_takes_the_first);
  ADD ("attention", test_attention);
  ADD ("attention-refuses-what-does-not-fit", test_attention_refuses);
  ADD ("images-are-scaled", test_images_are_scaled);
  ADD ("rearrangements", test_rearrangements);
  ADD ("resizes", test_resizes);
  ADD ("affine", test_affine);
  ADD ("bridges", test_bridges);
  ADD ("sizes-beyond-all-memory-are-refused", test_sizes_beyond_all_memory_are_refused);
  return g_test_run ();
}
