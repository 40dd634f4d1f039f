/* test-winograd.c - convolutions by Winograd's sums: as near to the truth as single products, and
 * what is not finite reaches no neighbour. */
#include "anf.h"
#include "num/dnnl.h"
#include "num/winograd.h"

#include <math.h>
#include <string.h>

#define CHANNELS 64
#define SIZE     9
#define N        (CHANNELS * SIZE * SIZE)

static void
draw (GRand *rand, gsize n, double scale, float *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = g_rand_double_range (rand, -scale, scale);
}

/* One output by its definition, and the sum of the magnitudes it is made of. */
static double
exact (const float *x, const float *w, gsize at, double *size)
{
  int c = at / (SIZE * SIZE), row = at / SIZE % SIZE, column = at % SIZE;
  double sum = 0;

  *size = 0;
  for (int k = 0; k < CHANNELS; k++)
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++)
        {
          int y = row + i - 1, z = column + j - 1;
          double product;

          if (y < 0 || y >= SIZE || z < 0 || z >= SIZE)
            continue;
          product = (double) x[(k * SIZE + y) * SIZE + z] * w[((c * CHANNELS + k) * 3 + i) * 3 + j];
          sum += product;
          *size += fabs (product);
        }
  return sum;
}

static void
test_accuracy (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (2);
  g_autoptr(GError) error = NULL;
  g_autofree float *x = g_new (float, N), *w = g_new (float, CHANNELS * CHANNELS * 9);
  g_autofree float *out = g_new (float, N);
  AnfConvSpec spec = { .n = 1, .cin = CHANNELS, .h = SIZE, .w = SIZE, .cout = CHANNELS, .kh = 3,
                       .kw = 3, .out_h = SIZE, .out_w = SIZE, .stride = { 1, 1 },
                       .dilation = { 1, 1 }, .pad = { 1, 1, 1, 1 }, .groups = 1, .weight = w,
                       .winograd = TRUE };
  AnfDnnl *conv;

  draw (rand, N, 2, x);
  draw (rand, CHANNELS * CHANNELS * 9, 0.1, w);
  conv = anf_dnnl_conv_new (&spec, &error);
  g_assert_no_error (error);
  anf_dnnl_run (conv, x, NULL, out);
  for (gsize i = 0; i < N; i++)
    {
      double size, want = exact (x, w, i, &size);

      /* A thousandth of the step that fp16 has at the size of what is added up. */
      g_assert_cmpfloat (fabs (out[i] - want), <=, size * 0x1p-21);
    }
  if (!anf_dnnl_is_winograd (conv))
    g_test_skip ("this machine has no kernel for it");
  anf_dnnl_free (conv);
}

/* The transform by its definition in double, in the order "planes", which is that of u, out, in. */
static void
test_packing (void)
{
  enum { IN = 16, OUT = 32 };
  static const double points[] = { 0, 0.625, -0.625, 1.5, -1.5 };
  AnfWinogradPack pack = { ANF_WINOGRAD_PLANES, 6, IN, OUT, 1, 1 };
  g_autoptr(GRand) rand = g_rand_new_with_seed (4);
  g_autofree float *w = g_new (float, IN * OUT * 9), *packed = g_new (float, IN * OUT * 36);
  double g[6][3] = { { 0 } };

  if (!anf_winograd_is_here ())
    {
      g_test_skip ("this machine packs by oneDNN alone");
      return;
    }
  for (guint i = 0; i < 5; i++)
    {
      double scale = 1;

      for (guint k = 0; k < 5; k++)
        scale *= k != i ? points[i] - points[k] : 1;
      for (guint j = 0; j < 3; j++)
        g[i][j] = pow (points[i], j) / scale;
    }
  g[5][2] = 1;
  draw (rand, IN * OUT * 9, 1, w);
  anf_winograd_pack (&pack, w, packed);
  for (guint out = 0; out < OUT; out++)
    for (guint in = 0; in < IN; in++)
      for (guint u = 0; u < 36; u++)
        {
          double want = 0;

          for (guint tap = 0; tap < 9; tap++)
            want += g[u / 6][tap / 3] * g[u % 6][tap % 3] * w[(out * IN + in) * 9 + tap];
          g_assert_cmpfloat (fabs (packed[((u * (OUT / 16) + out / 16) * IN + in) * 16 + out % 16]
                                   - want), <=, 1e-6);
        }
}

static AnfProgram *
compile (GRand *rand)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = g_strdup_printf (
      "{ \"aneforge\": 1, \"nodes\": [ { \"id\": 1, \"op\": \"input\", \"name\": \"x\","
      " \"attrs\": { \"shape\": [1, %d, %d, %d] } },"
      " { \"id\": 2, \"op\": \"conv\", \"name\": \"y\", \"in\": { \"x\": \"x\" },"
      " \"attrs\": { \"pad\": 1 }, \"weights\": { \"weight\": \"w\" } } ],"
      " \"outputs\": { \"y\": \"y\" }, \"weights\": { \"w\": { \"shape\": [%d, %d, 3, 3],"
      " \"init\": \"he\", \"seed\": 5 } } }", CHANNELS, SIZE, SIZE, CHANNELS, CHANNELS);
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);
  AnfOptions options;
  AnfProgram *program;

  g_assert_no_error (error);
  anf_options_init (&options, graph);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return program;
}

static void
run (AnfProgram *program, const float *x, float *out)
{
  const gint64 shape[] = { 1, CHANNELS, SIZE, SIZE };
  g_autoptr(AnfTensor) tensor = anf_tensor_new_floats (4, shape, x), y = NULL;
  g_autoptr(AnfTensors) given = anf_tensors_new (), fed = NULL, got = NULL;
  g_autoptr(GError) error = NULL;

  anf_tensors_add (given, "x", tensor);
  fed = anf_feed (program, given, FALSE, 0, &error);
  g_assert_no_error (error);
  got = anf_program_run (program, fed, NULL, NULL, &error);
  g_assert_no_error (error);
  y = anf_tensors_get (got, "y", &error);
  g_assert_no_error (error);
  anf_tensor_read (y, 0, N, out);
}

/* An infinity at one pixel is seen by the nine outputs around it and by no other. */
static void
test_infinity_stays (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (6);
  g_autoptr(AnfProgram) program = compile (rand);
  g_autofree float *x = g_new (float, N), *out = g_new (float, N);
  const int row = 4, column = 5;

  draw (rand, N, 1, x);
  x[(7 * SIZE + row) * SIZE + column] = INFINITY;
  run (program, x, out);
  for (int i = 0; i < N; i++)
    {
      int y = i / SIZE % SIZE, z = i % SIZE;
      gboolean near = ABS (y - row) <= 1 && ABS (z - column) <= 1;

      g_assert_cmpint (!isfinite (out[i]), ==, near);
    }
  /* And when it is gone nothing of it is left. */
  x[(7 * SIZE + row) * SIZE + column] = 0;
  run (program, x, out);
  for (int i = 0; i < N; i++)
    g_assert_true (isfinite (out[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/winograd/packing", test_packing);
  g_test_add_func ("/winograd/accuracy", test_accuracy);
  g_test_add_func ("/winograd/infinity-stays", test_infinity_stays);
  return g_test_run ();
}
