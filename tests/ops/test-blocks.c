/* Rows that stand for a graph of others: against their definitions and by hand. */
#include "bench.h"

#include "num/half.h"

#include <string.h>

/* One equation on operands of the given shapes, under fp32, against the definition. */
static void
check_equation (const char *equation, guint n, const AnfType *types)
{
  g_autofree char *text = g_strdup_printf ("'%s'", equation);
  g_autoptr(Bench) bench = bench_new ("einsum", "equation", text, NULL);
  g_autofree float *got = NULL;
  g_autofree double *want = NULL;

  bench->numerics = ANF_NUMERICS_FP32;
  for (guint t = 0; t < n; t++)
    {
      g_autofree double *x = bench_random (bench, t + 1, anf_type_elements (&types[t]), ANF_F16,
                                           -1, 1);

      bench_input (bench, ANF_F16, types[t].rank, types[t].dim, x);
    }
  if (!bench_infer (bench))
    g_error ("%s", bench->message);
  got = bench_run (bench, 0);
  want = bench_exact (bench);
  for (gsize i = 0; i < bench_n (bench); i++)
    if (!(fabs (got[i] - want[i]) <= 1e-5 * fmax (1, fabs (want[i]))))
      g_error ("%s: element %" G_GSIZE_FORMAT " is %g, not %g", equation, i, got[i], want[i]);
}

static void
test_equations (void)
{
  static const struct { const char *equation; guint n; AnfType in[4]; } cases[] = {
    { "ij,jk->ik", 2, { { ANF_F16, 2, { 3, 4 } }, { ANF_F16, 2, { 4, 5 } } } },
    { "ij,jk", 2, { { ANF_F16, 2, { 3, 4 } }, { ANF_F16, 2, { 4, 5 } } } },
    { "ij,kj->ki", 2, { { ANF_F16, 2, { 3, 4 } }, { ANF_F16, 2, { 5, 4 } } } },
    { "ij->ji", 1, { { ANF_F16, 2, { 3, 4 } } } },
    { "ij->j", 1, { { ANF_F16, 2, { 3, 4 } } } },
    { "ij->ij", 1, { { ANF_F16, 2, { 3, 4 } } } },
    { "ij->", 1, { { ANF_F16, 2, { 3, 4 } } } },
    { "ii->i", 1, { { ANF_F16, 2, { 4, 4 } } } },
    { "ii", 1, { { ANF_F16, 2, { 4, 4 } } } },
    { "iji->j", 1, { { ANF_F16, 3, { 4, 3, 4 } } } },
    { "iijj->ij", 1, { { ANF_F16, 4, { 2, 2, 3, 3 } } } },
    { "i,j->ij", 2, { { ANF_F16, 1, { 3 } }, { ANF_F16, 1, { 4 } } } },
    { "i,j->ji", 2, { { ANF_F16, 1, { 3 } }, { ANF_F16, 1, { 4 } } } },
    { "i,i->", 2, { { ANF_F16, 1, { 5 } }, { ANF_F16, 1, { 5 } } } },
    { "i,i->i", 2, { { ANF_F16, 1, { 5 } }, { ANF_F16, 1, { 5 } } } },
    { "ij,k->i", 2, { { ANF_F16, 2, { 3, 4 } }, { ANF_F16, 1, { 5 } } } },
    { "bij,bjk->bik", 2, { { ANF_F16, 3, { 2, 3, 4 } }, { ANF_F16, 3, { 2, 4, 5 } } } },
    { "bhqk,bhkd->bqhd", 2, { { ANF_F16, 4, { 2, 3, 4, 5 } }, { ANF_F16, 4, { 2, 3, 5, 6 } } } },
    { "nchw,nwhu->nchu", 2, { { ANF_F16, 4, { 2, 3, 4, 5 } }, { ANF_F16, 4, { 2, 5, 4, 3 } } } },
    { "...ij,...jk->...ik", 2, { { ANF_F16, 4, { 2, 3, 4, 5 } }, { ANF_F16, 4, { 2, 3, 5, 2 } } } },
    { "...ij,jk->...ik", 2, { { ANF_F16, 3, { 2, 4, 5 } }, { ANF_F16, 2, { 5, 2 } } } },
    { "i...->...", 1, { { ANF_F16, 3, { 2, 3, 4 } } } },
    { "...i", 1, { { ANF_F16, 3, { 2, 3, 4 } } } },
    { "ij,jk,kl->il", 3, { { ANF_F16, 2, { 2, 3 } }, { ANF_F16, 2, { 3, 4 } },
                           { ANF_F16, 2, { 4, 5 } } } },
    { "i,j,k->kji", 3, { { ANF_F16, 1, { 2 } }, { ANF_F16, 1, { 3 } }, { ANF_F16, 1, { 4 } } } },
    { "ab,cb,db,eb->acde", 4, { { ANF_F16, 2, { 2, 3 } }, { ANF_F16, 2, { 3, 3 } },
                                { ANF_F16, 2, { 4, 3 } }, { ANF_F16, 2, { 2, 3 } } } },
    { " i j , j k -> k i ", 2, { { ANF_F16, 2, { 3, 4 } }, { ANF_F16, 2, { 4, 5 } } } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check_equation (cases[i].equation, cases[i].n, cases[i].in);
}

static void
test_wrong_equations_are_refused (void)
{
  static const struct { const char *equation, *code; } cases[] = {
    { "'ij,jk->ik,'", "ATR116" }, { "'ij->ik'", "ATR116" }, { "'ij,jk->il'", "ATR116" },
    { "'ij,jk->ii'", "ATR116" }, { "'i,jk->ik'", "ATR116" }, { "'ij,jk,kl->il'", "ATR116" },
    { "'i1,jk->ik'", "ATR116" }, { "''", "ATR116" }, { "'ij,ik->jk'", "SHP103" },
    { "'ij,jk-ik'", "ATR116" }, { "'...,...->'", "SHP103" }, { "'ijjj,jk->i'", "ATR116" },
    { "'ij,jk->........'", "ATR116" }, { "'ijklmnop,jk->i'", "ATR116" },
  };
  const double x[20] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(Bench) bench = bench_new ("einsum", "equation", cases[i].equation, NULL);

      BENCH_INPUT (bench, x, 3, 4);
      BENCH_INPUT (bench, x, 4, 5);
      g_assert_false (bench_infer (bench));
      g_assert_cmpstr (bench->code, ==, cases[i].code);
    }
}

static void
test_product_by_equation (void)
{
  const double x[] = { 1, 2, 3, 4 }, y[] = { 1, 10, 100, 1000 };
  g_autoptr(Bench) bench = bench_new ("einsum", "equation", "'ij,kj->ki'", NULL);

  BENCH_INPUT (bench, x, 2, 2);
  BENCH_INPUT (bench, y, 2, 2);
  BENCH_ASSERT (bench, 0, 21, 43, 2100, 4300);
}

/* Position p turns the first pair by p, the second by p / 100. */
static void
test_rope_turns_pairs (void)
{
  const double x[] = { 9, 9, 9, 9, 1, 1, 0, 0 }, near[] = { 9, 9, 9, 9, 1, 0, 1, 0 };
  g_autoptr(Bench) halves = bench_new ("rope", NULL);
  g_autoptr(Bench) pairs = bench_new ("rope", "interleaved", "true", NULL);
  g_autoptr(Bench) part = bench_new ("rope", "rotary_dim", "2", NULL);
  const double rest[] = { 9, 9, 9, 9, 1, 0, 5, 6 };

  BENCH_INPUT (halves, x, 2, 4);                   /* pairs are (0, 2) and (1, 3) */
  BENCH_ASSERT (halves, 1e-3, 9, 9, 9, 9, cos (1), cos (0.01), sin (1), sin (0.01));
  BENCH_INPUT (pairs, near, 2, 4);                 /* (0, 1) and (2, 3) */
  BENCH_ASSERT (pairs, 1e-3, 9, 9, 9, 9, cos (1), sin (1), cos (0.01), sin (0.01));
  BENCH_INPUT (part, rest, 2, 4);                  /* (0, 1) alone */
  BENCH_ASSERT (part, 1e-3, 9, 9, 9, 9, cos (1), sin (1), 5, 6);
}

static void
test_rope_refuses (void)
{
  const double x[12] = { 0 };
  g_autoptr(Bench) odd = bench_new ("rope", NULL), seq = bench_new ("rope", "seq", "3", NULL);
  g_autoptr(Bench) far = bench_new ("rope", NULL);

  BENCH_INPUT (far, x, 1, 2);
  far->in_type[0].dim[1] = 1 << 30;                /* refused before any table is made */
  bench_assert_refused (far, "LIM103", "x");
  BENCH_INPUT (odd, x, 2, 3);
  bench_assert_refused (odd, "SHP110", "rotary_dim");
  BENCH_INPUT (seq, x, 2, 4);
  bench_assert_refused (seq, "SHP112", "seq");
}

/* Weights of 0 for queries and keys: all rows count alike, and the values are averaged. */
static void
test_blind_attention_averages (void)
{
  const double x[] = { 2, 8, 4, 16 }, none[4] = { 0 }, same[] = { 1, 0, 0, 1 };
  const double shift[] = { 100, 200 }, mask[] = { 0, -30000, 0, 0 };
  g_autoptr(Bench) bench = bench_new ("mha", "n_heads", "2", NULL);

  BENCH_INPUT (bench, x, 2, 2);
  BENCH_WEIGHT (bench, 0, none, 2, 2);
  BENCH_WEIGHT (bench, 2, none, 2, 2);
  BENCH_WEIGHT (bench, 4, same, 2, 2);
  BENCH_WEIGHT (bench, 6, same, 2, 2);
  BENCH_WEIGHT (bench, 7, shift, 2);
  BENCH_ASSERT (bench, 0, 103, 212, 103, 212);
  BENCH_INPUT (bench, mask, 2, 2);                 /* the first row sees itself alone */
  BENCH_ASSERT (bench, 0, 102, 208, 103, 212);
}

/* Two heads look at different rows: the first feature chooses by x0, the second by x1. */
static void
test_heads_are_apart (void)
{
  const double x[] = { 8, 0, 0, 8 }, same[] = { 1, 0, 0, 1 };
  g_autoptr(Bench) bench = bench_new ("mha", "n_heads", "2", NULL);

  for (guint role = 0; role < 8; role += 2)
    BENCH_WEIGHT (bench, role, same, 2, 2);
  BENCH_INPUT (bench, x, 2, 2);
  /* head 0: row 0 scores 64 with itself, 0 with row 1; row 1 scores 0 with both */
  BENCH_ASSERT (bench, 1e-6, 8, 4, 4, 8);
}

static void
test_cross_attention_reads_its_context (void)
{
  const double x[] = { 1, 1 }, context[] = { 2, 4, 6, 8, 10, 12 }, none[6] = { 0 };
  const double pick[] = { 1, 0, 0, 0, 0, 1 }, same[] = { 1, 0, 0, 1 };
  g_autoptr(Bench) bench = bench_new ("cross_attention", "n_heads", "1", NULL);

  BENCH_INPUT (bench, x, 1, 2);
  BENCH_INPUT (bench, context, 2, 3);
  BENCH_WEIGHT (bench, 0, none, 2, 2);
  BENCH_WEIGHT (bench, 2, none, 2, 3);
  BENCH_WEIGHT (bench, 4, pick, 2, 3);             /* values: first and last of each row */
  BENCH_WEIGHT (bench, 6, same, 2, 2);
  BENCH_ASSERT (bench, 0, 5, 9);                   /* means of 2, 8 and of 6, 12 */
}

static void
test_geglu_gates_with_its_second_half (void)
{
  const double x[] = { 3 }, weight[] = { 1, 2, 0, 1 }, bias[] = { 0, 1, 0, 0 };
  g_autoptr(Bench) bench = bench_new ("geglu", NULL);

  BENCH_INPUT (bench, x, 1, 1);
  BENCH_WEIGHT (bench, 0, weight, 4, 1);
  BENCH_WEIGHT (bench, 1, bias, 4);
  /* (3, 7) times gelu of (0, 3) = (0, 2.99595) */
  BENCH_ASSERT (bench, 0.02, 0, 7 * 2.99595);
}

static void
test_attention_blocks_refuse (void)
{
  g_autofree double *zero = g_new0 (double, 100);
  g_autoptr(Bench) heads = bench_new ("mha", "n_heads", "3", NULL);
  g_autoptr(Bench) shape = bench_new ("mha", "n_heads", "2", NULL);
  g_autoptr(Bench) mask = bench_new ("mha", "n_heads", "2", NULL);

  BENCH_INPUT (heads, zero, 5, 4);
  bench_assert_refused (heads, "SHP110", "n_heads");
  BENCH_INPUT (shape, zero, 5, 4);
  BENCH_WEIGHT (shape, 0, zero, 4, 3);
  bench_assert_refused (shape, "WGT113", "wq");
  for (guint role = 0; role < 8; role += 2)
    BENCH_WEIGHT (mask, role, zero, 4, 4);
  BENCH_INPUT (mask, zero, 5, 4);
  BENCH_INPUT (mask, zero, 4, 5);
  bench_assert_refused (mask, "SHP102", "mask");
}

/* Two products of the projections, two of attention: 2 M N K each. */
static void
test_flops_are_those_of_the_parts (void)
{
  const AnfOp *op = anf_op_lookup ("mha");
  g_autoptr(Bench) bench = bench_new ("mha", "n_heads", "2", NULL);
  g_autofree double *zero = g_new0 (double, 100);
  AnfShapes shapes;
  double least = 4 * 2.0 * 5 * 4 * 4 + 2 * 2.0 * 5 * 5 * 4;

  BENCH_INPUT (bench, zero, 5, 4);
  for (guint role = 0; role < 8; role += 2)
    BENCH_WEIGHT (bench, role, zero, 4, 4);
  g_assert_true (bench_infer (bench));
  shapes = (AnfShapes) { .node = bench->node, .n_in = 1, .in = bench->in_types,
                         .weight = bench->weight, .n_out = 1, .out = bench->out_type };
  g_assert_cmpfloat (op->flops (&shapes), >=, least);
  g_assert_cmpfloat (op->flops (&shapes), <=, least + 10 * 2 * 5 * 5);
}

/* x sigmoid (1.702 x) by a calculator: 1.702 gives 0.845795765, -3.404 gives 0.032170687. */
static void
test_quick_gelu (void)
{
  g_autoptr(Bench) bench = bench_new ("quick_gelu", NULL);

  bench->numerics = ANF_NUMERICS_FP32;
  BENCH_INPUT (bench, ((const double[]) { 0, 1, -2 }), 3);
  BENCH_ASSERT (bench, 1e-5, 0, 0.845795765, -2 * 0.032170687);
}

/* gate 2 x, up 3 x, down 1, for x = 1: 2 sigmoid (2) 3, and 10 of the residual. */
static void
test_swiglu_adds_its_residual (void)
{
  g_autoptr(Bench) bench = bench_new ("swiglu", NULL);

  bench->numerics = ANF_NUMERICS_FP32;
  BENCH_INPUT (bench, ((const double[]) { 1 }), 1, 1);
  BENCH_INPUT (bench, ((const double[]) { 10 }), 1, 1);
  BENCH_WEIGHT (bench, 0, ((const double[]) { 2 }), 1, 1);
  BENCH_WEIGHT (bench, 1, ((const double[]) { 3 }), 1, 1);
  BENCH_WEIGHT (bench, 2, ((const double[]) { 1 }), 1, 1);
  BENCH_ASSERT (bench, 1e-4, 10 + 6 * 0.880797078);
  bench->in_type[1].dim[0] = 2;
  bench_assert_refused (bench, "SHP107", "residual");
}

/* Two images of one channel, each -1 and 1 times its own scale: both become -1 and 1 again. */
static void
test_group_norm_of_a_batch_knows_each_image (void)
{
  g_autoptr(Bench) bench = bench_new ("group_norm_train", "groups", "1", "eps", "0.0", NULL);

  BENCH_INPUT (bench, ((const double[]) { -4, 4, 18, 22 }), 2, 1, 1, 2);
  BENCH_WEIGHT (bench, 0, ((const double[]) { 3 }), 1);
  BENCH_WEIGHT (bench, 1, ((const double[]) { 0.5 }), 1);
  BENCH_ASSERT (bench, 0x1p-9, -2.5, 3.5, -2.5, 3.5);
}

/* A kernel that copies the middle: 0 to 3 less 1.5, over the root of 1.25; what is left of relu,
 * and the largest of it. */
static void
test_conv_block_by_hand (void)
{
  g_autoptr(Bench) bench = bench_new ("conv_block", "groups", "1", "pool", "2", "eps", "0.0", NULL);

  bench->numerics = ANF_NUMERICS_FP32;
  BENCH_INPUT (bench, ((const double[]) { 0, 1, 2, 3 }), 1, 1, 2, 2);
  BENCH_WEIGHT (bench, 0, ((const double[]) { 0, 0, 0, 0, 1, 0, 0, 0, 0 }), 1, 1, 3, 3);
  BENCH_WEIGHT (bench, 1, ((const double[]) { 1 }), 1);
  BENCH_WEIGHT (bench, 2, ((const double[]) { 0 }), 1);
  BENCH_ASSERT (bench, 1e-5, 1.341640786);
}

/* A kernel 14 wide is for the A16 and later, inside a block as outside. */
static void
test_conv_block_guards_what_is_inside (void)
{
  g_autoptr(Bench) bench = bench_new ("conv_block", "groups", "1", NULL);
  g_autofree double *zeros = g_new0 (double, 20);
  g_autofree char *old = NULL;
  AnfShapes shapes = { .node = bench->node, .in = bench->in_types, .weight = bench->weight,
                       .n_out = 1, .out = bench->out_type };

  BENCH_INPUT (bench, zeros, 1, 1, 1, 20);
  BENCH_WEIGHT (bench, 0, zeros, 1, 1, 1, 14);
  BENCH_WEIGHT (bench, 1, zeros, 1);
  BENCH_WEIGHT (bench, 2, zeros, 1);
  g_assert_true (bench_infer (bench));
  shapes.n_in = bench->n_in;
  old = bench->node->op->guard (&shapes, 2);
  g_assert_nonnull (old);
  g_assert_true (g_str_has_prefix (old, "Inside "));
  g_assert_null (bench->node->op->guard (&shapes, 5));
}

/* @x as an fp16 number and what is left of it. */
static void
set_pair (double *pair, gsize n, gsize i, double x)
{
  pair[i] = anf_half_round (x);
  pair[n + i] = anf_half_round (x - pair[i]);
}

/* Sums and products of pairs keep some 20 bits where fp16 keeps 11, whichever way ties go. */
static void
test_pairs_keep_twenty_bits (void)
{
  enum { N = 256 };
  static const char *const rows[] = { "paired_add", "paired_sub", "paired_mul" };
  double values[2 * N], x[2 * N], y[2 * N];

  anf_random_uniform01 (5, 2 * N, values);
  for (gsize i = 0; i < N; i++)
    {
      set_pair (x, N, i, 1 + 15 * values[i]);
      set_pair (y, N, i, (i % 2 ? -1 : 1) * (1 + 15 * values[N + i]));
    }
  for (guint r = 0; r < G_N_ELEMENTS (rows); r++)
    for (guint family = 2; family <= 5; family += 3)
      {
        g_autoptr(Bench) bench = bench_new (rows[r], NULL);
        g_autofree float *got = NULL;

        bench->family = family;
        BENCH_INPUT (bench, x, 2, N);
        BENCH_INPUT (bench, y, 2, N);
        g_assert_true (bench_infer (bench));
        got = bench_run (bench, 0);
        for (gsize i = 0; i < N; i++)
          {
            double a = x[i] + x[N + i], b = y[i] + y[N + i];
            double want = r == 0 ? a + b : r == 1 ? a - b : a * b;
            double error = fabs ((double) got[i] + got[N + i] - want);

            if (!(error <= 0x1p-19 * (r == 2 ? fabs (want) : fabs (a) + fabs (b))))
              g_error ("%s of %g and %g is off by %g", rows[r], a, b, error);
          }
      }
}

/* 1000 products that nearly cancel, of an odd number at each halving but the first. */
static void
test_paired_dot_keeps_what_cancels (void)
{
  enum { N = 1000 };
  double values[2 * N], x[2 * N], y[2 * N], want = 0, size = 0;
  g_autoptr(Bench) bench = bench_new ("paired_dot", NULL);
  g_autofree float *got = NULL;

  anf_random_uniform01 (6, 2 * N, values);
  for (gsize i = 0; i < N; i++)
    {
      set_pair (x, N, i, 1 + values[i]);
      set_pair (y, N, i, (i % 2 ? -1 : 1) * (1 + values[N + i]));
      want += (x[i] + x[N + i]) * (y[i] + y[N + i]);
      size += fabs (x[i] * y[i]);
    }
  BENCH_INPUT (bench, x, 2, 1, N);
  BENCH_INPUT (bench, y, 2, 1, N);
  bench_assert_shape (bench, 3, 2, 1, 1);
  got = bench_run (bench, 0);
  g_assert_cmpfloat (fabs ((double) got[0] + got[1] - want), <=, 0x1p-19 * size);
}

static void
test_pairs_have_two_parts (void)
{
  g_autoptr(Bench) bench = bench_new ("paired_add", NULL);

  BENCH_INPUT (bench, ((const double[3]) { 0 }), 3);
  BENCH_INPUT (bench, ((const double[3]) { 0 }), 3);
  bench_assert_refused (bench, "SHP112", "x");
  bench->in_type[0].dim[0] = 2;
  bench_assert_refused (bench, "SHP112", "y");
}

#define ADD(name, test) g_test_add_func ("/blocks/" name, test)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("equations-mean-what-they-say", test_equations);
  ADD ("wrong-equations-are-refused", test_wrong_equations_are_refused);
  ADD ("product-by-equation", test_product_by_equation);
  ADD ("rope-turns-pairs", test_rope_turns_pairs);
  ADD ("rope-refuses-what-does-not-fit", test_rope_refuses);
  ADD ("blind-attention-averages", test_blind_attention_averages);
  ADD ("heads-are-apart", test_heads_are_apart);
  ADD ("cross-attention-reads-its-context", test_cross_attention_reads_its_context);
  ADD ("geglu-gates-with-its-second-half", test_geglu_gates_with_its_second_half);
  ADD ("attention-blocks-refuse-what-does-not-fit", test_attention_blocks_refuse);
  ADD ("flops-are-those-of-the-parts", test_flops_are_those_of_the_parts);
  ADD ("quick-gelu", test_quick_gelu);
  ADD ("conv-block-guards-what-is-inside", test_conv_block_guards_what_is_inside);
  ADD ("pairs-keep-twenty-bits", test_pairs_keep_twenty_bits);
  ADD ("paired-dot-keeps-what-cancels", test_paired_dot_keeps_what_cancels);
  ADD ("pairs-have-two-parts", test_pairs_have_two_parts);
  ADD ("swiglu-adds-its-residual", test_swiglu_adds_its_residual);
  ADD ("group-norm-of-a-batch-knows-each-image", test_group_norm_of_a_batch_knows_each_image);
  ADD ("conv-block-by-hand", test_conv_block_by_hand);
  return g_test_run ();
}
