/* test-stream.c - products that read a weight as it is stored equal those of its decoded numbers,
 * for every encoding, every set of instructions this machine has, and any number of threads. */
#include "num/half.h"
#include "num/stream.h"
#include "num/threads.h"
#include "weight/encode.h"

#include <math.h>
#include <string.h>

#define N 37

static AnfTensor *
draw (GRand *rand, gsize k, gboolean sparse)
{
  float *w = g_new (float, N * k);
  g_autoptr(GBytes) bytes = g_bytes_new_take (w, N * k * sizeof *w);

  for (gsize i = 0; i < N * k; i++)
    {
      w[i] = g_rand_double_range (rand, -1, 1) * pow (10, g_rand_double_range (rand, -3, 1));
      if (sparse && g_rand_double (rand) < 0.7)
        w[i] = 0;
    }
  return anf_tensor_new (ANF_F32, 2, (gint64[]) { N, k }, bytes);
}

static AnfStream *
stream_of (const AnfMilWeight *stored)
{
  const gint64 *dim = stored->type.dim;
  gconstpointer data = g_bytes_get_data (stored->part[0].bytes, NULL), more = NULL;
  AnfStreamSpec spec = { .encoding = stored->encoding, .n = dim[0], .k = dim[1], .data = data };

  if (stored->encoding != ANF_FP16)
    more = g_bytes_get_data (stored->part[1].bytes, NULL);
  if (stored->encoding == ANF_SPARSE)
    spec.mask = more;
  else if (stored->encoding == ANF_INT4)
    spec.table = more;
  else
    spec.scale = more;
  if (stored->encoding == ANF_BLOCKWISE)
    spec.block = dim[1] / stored->part[1].type.dim[1];
  return anf_stream_new (&spec);
}

/* What any order of adding in fp32 may be off by: one rounding a step, of the sum of magnitudes. */
static void
assert_products (const float *got, const float *w, const float *x, const float *bias, gsize k)
{
  for (gsize n = 0; n < N; n++)
    {
      double sum = bias[n], size = fabs (bias[n]);

      for (gsize i = 0; i < k; i++)
        {
          sum += (double) x[i] * w[n * k + i];
          size += fabs ((double) x[i] * w[n * k + i]);
        }
      g_assert_cmpfloat (fabs (got[n] - sum), <=, size * (k / 64 + 8) * 0x1p-24);
    }
}

static void
test_encoding (gconstpointer data)
{
  AnfEncoding encoding = GPOINTER_TO_INT (data);
  const gsize sizes[] = { 64, 192, 1024 };
  g_autoptr(GRand) rand = g_rand_new_with_seed (7 + encoding);
  guint ran = 0;

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      gsize k = sizes[s];
      g_autoptr(AnfTensor) tensor = draw (rand, k, encoding == ANF_SPARSE);
      g_autofree char *why = NULL;
      g_autoptr(AnfEncoded) encoded = anf_encode (tensor, encoding, 32, &why, NULL, NULL);
      g_autofree float *w = g_new (float, N * k), *x = g_new (float, k);
      float bias[N], got[N], again[N];

      g_assert_nonnull (encoded);
      anf_encoded_decode (encoded, w);
      for (gsize i = 0; i < k; i++)
        x[i] = anf_half_round (g_rand_double_range (rand, -2, 2));
      for (gsize i = 0; i < N; i++)
        bias[i] = anf_half_round (g_rand_double_range (rand, -1, 1));
      for (guint level = 0; level < ANF_STREAM_LEVELS; level++)
        {
          AnfStream *stream;

          anf_stream_use (level);
          stream = stream_of (&encoded->payload);
          if (stream == NULL)
            continue;
          ran++;
          anf_threads_set (1);
          anf_stream_run (stream, x, bias, got);
          assert_products (got, w, x, bias, k);
          anf_threads_set (2);
          anf_stream_run (stream, x, bias, again);
          g_assert_cmpmem (got, sizeof got, again, sizeof again);
          anf_stream_free (stream);
        }
    }
  anf_stream_use (ANF_STREAM_LEVELS - 1);
  if (ran == 0)
    g_test_skip ("this machine has no instructions for it");
}

/* One row at a time with a single 1 in x reads every number by itself: none may differ at all. */
static void
test_single_numbers (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (3);

  for (guint e = 0; e < ANF_N_ENCODINGS; e++)
    {
      g_autoptr(AnfTensor) tensor = draw (rand, 64, e == ANF_SPARSE);
      g_autofree char *why = NULL;
      g_autoptr(AnfEncoded) encoded = anf_encode (tensor, e, 32, &why, NULL, NULL);
      g_autofree float *w = g_new (float, N * 64);

      anf_encoded_decode (encoded, w);
      for (guint level = 1; level < ANF_STREAM_LEVELS; level++)
        {
          AnfStream *stream;

          anf_stream_use (level);
          stream = stream_of (&encoded->payload);
          for (gsize at = 0; stream != NULL && at < 64; at++)
            {
              float x[64] = { 0 }, out[N];

              x[at] = 1;
              anf_stream_run (stream, x, NULL, out);
              for (gsize n = 0; n < N; n++)
                g_assert_cmpfloat (out[n], ==, w[n * 64 + at]);
            }
          anf_stream_free (stream);
        }
    }
  anf_stream_use (ANF_STREAM_LEVELS - 1);
}

/* Numbers that only the edge rules can deal with, and sizes that do not fill a step. */
static void
test_refused (void)
{
  guint16 halves[64] = { 0 }, scale = 0x3c00;
  gint8 bytes[64] = { 0 };
  AnfStreamSpec spec = { .encoding = ANF_FP16, .n = 1, .k = 64, .data = halves };

  halves[63] = 0x7c00;
  g_assert_null (anf_stream_new (&spec));
  halves[63] = 0xfe00;
  g_assert_null (anf_stream_new (&spec));
  halves[63] = 0;
  spec.k = 63;
  g_assert_null (anf_stream_new (&spec));

  spec = (AnfStreamSpec) { .encoding = ANF_INT8, .n = 1, .k = 64, .data = bytes,
                           .scale = &scale };
  bytes[5] = -128;
  g_assert_null (anf_stream_new (&spec));
  bytes[5] = 1;
  scale = 0x7bff;
  g_assert_null (anf_stream_new (&spec));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint e = 0; e < ANF_N_ENCODINGS; e++)
    {
      g_autofree char *path = g_strconcat ("/stream/", anf_encoding_name (e), NULL);

      g_test_add_data_func (path, GINT_TO_POINTER (e), test_encoding);
    }
  g_test_add_func ("/stream/single-numbers", test_single_numbers);
  g_test_add_func ("/stream/refused", test_refused);
  return g_test_run ();
}
