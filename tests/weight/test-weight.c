/* test-weight.c - encodings against vectors made by other code, and which one a weight gets. */
#include "num/half.h"
#include "weight/choose.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- vectors of make-vectors.py */

static GBytes *
decode_text (JsonObject *object, const char *key)
{
  gsize size;
  guchar *data = g_base64_decode (json_object_get_string_member (object, key), &size);

  return g_bytes_new_take (data, size);
}

static AnfTensor *
vector_tensor (JsonObject *vector)
{
  g_autoptr(GBytes) bytes = decode_text (vector, "values");
  JsonArray *list = json_object_get_array_member (vector, "shape");
  gint64 shape[ANF_MAX_TENSOR_RANK];

  for (guint i = 0; i < json_array_get_length (list); i++)
    shape[i] = json_array_get_int_element (list, i);
  return anf_tensor_new (ANF_F32, json_array_get_length (list), shape, bytes);
}

/* Table entries may differ by one step of fp16: their means are summed in another order. */
static void
assert_table (GBytes *got, GBytes *want)
{
  const guint16 *a = g_bytes_get_data (got, NULL), *b = g_bytes_get_data (want, NULL);

  g_assert_cmpuint (g_bytes_get_size (got), ==, g_bytes_get_size (want));
  for (gsize i = 0; i < g_bytes_get_size (got) / 2; i++)
    g_assert_cmpint (ABS ((int) a[i] - (int) b[i]), <=, 1);
}

static void
assert_part (const AnfEncoded *encoded, guint i, JsonObject *want)
{
  const AnfMilData *part = &encoded->payload.part[i];
  gsize size;
  const char *text = json_array_get_string_element (json_object_get_array_member (want, "parts"),
                                                    i);
  g_autofree guchar *data = g_base64_decode (text, &size);
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);
  JsonArray *shape = json_array_get_array_element (json_object_get_array_member (want, "shapes"),
                                                   i);

  g_assert_cmpuint (part->type.rank, ==, json_array_get_length (shape));
  for (guint d = 0; d < part->type.rank; d++)
    g_assert_cmpint (part->type.dim[d], ==, json_array_get_int_element (shape, d));
  if (encoded->payload.encoding == ANF_INT4 && i == 1)
    assert_table (part->bytes, bytes);
  else
    g_assert_cmpmem (g_bytes_get_data (part->bytes, NULL), g_bytes_get_size (part->bytes),
                     g_bytes_get_data (bytes, NULL), size);
}

static void
assert_decoded (const AnfEncoded *encoded, JsonObject *want)
{
  g_autoptr(GBytes) bytes = decode_text (want, "decoded");
  const guint16 *halves = g_bytes_get_data (bytes, NULL);
  gsize n = g_bytes_get_size (bytes) / 2;
  g_autofree float *got = g_new (float, n);
  int slack = encoded->payload.encoding == ANF_INT4;

  anf_encoded_decode (encoded, got);
  for (gsize i = 0; i < n; i++)
    {
      guint16 bits = anf_half_from_float (got[i]);

      g_assert_cmpfloat (anf_half_to_float (bits), ==, got[i]);
      /* The sign of a zero is kept by fp16 alone. */
      if (got[i] != 0 || anf_half_to_float (halves[i]) != 0)
        g_assert_cmpint (ABS ((int) bits - (int) halves[i]), <=, slack);
    }
}

static void
test_vector (gconstpointer data)
{
  JsonObject *vector = (JsonObject *) data, *all = json_object_get_object_member (vector,
                                                                               "encodings");
  g_autoptr(AnfTensor) tensor = vector_tensor (vector);
  g_autoptr(GList) names = json_object_get_members (all);

  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonObject *want = json_object_get_object_member (all, l->data);
      g_autoptr(GError) error = NULL;
      g_autofree char *why = NULL;
      g_autoptr(AnfEncoded) encoded = NULL;
      AnfEncoding encoding;
      double wanted = json_object_get_double_member (want, "error");
      gsize bytes = 0;

      g_assert_true (anf_encoding_from_name (l->data, &encoding));
      encoded = anf_encode (tensor, encoding, json_object_get_int_member (vector, "block_size"),
                            &why, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (why, ==, NULL);
      for (guint i = 0; i < json_array_get_length (json_object_get_array_member (want, "parts"));
           i++)
        {
          assert_part (encoded, i, want);
          bytes += g_bytes_get_size (encoded->payload.part[i].bytes);
        }
      assert_decoded (encoded, want);
      g_assert_cmpuint (encoded->bytes, ==, bytes);
      /* A step of one table entry moves the error a little. */
      g_assert_cmpfloat_with_epsilon (encoded->error, wanted,
                                      encoding == ANF_INT4 ? 1e-4 : 1e-12);
    }
}

/* ---------------------------------------------------------------- figures of the test cases */

/* weight_errors of the cases of the same names, by the Python package; lut16 is the cases' own
 * distribution. int4 -1: it does not take rows of odd length. blockwise 0: the package cuts rows
 * where no scale of rank 4 can follow; ours are held against make-vectors.py alone. */
static const struct
{
  const char *name, *dist;
  guint rank;
  gint64 shape[4];
  guint64 seed;
  double scale, int8, blockwise, int4;
} figures[] = {
  { "mlp_small/t1", "normal", 2, { 128, 64 }, 110, 0.125, .00556301863, .00509197358, .093005091 },
  { "mlp_small/t3", "normal", 2, { 10, 128 }, 130, 0.088388, .00580228488, .00506658712,
    .0950428545 },
  { "conv_tiny/t1", "normal", 4, { 16, 3, 3, 3 }, 300, 0.19245, .00485385578, .00485385582, -1 },
  { "conv_tiny/t4", "normal", 4, { 32, 16, 3, 3 }, 320, 0.083333, .00599861697, 0,
    .0950980559 },
  { "conv_tiny/t8", "normal", 2, { 10, 32 }, 340, 0.176777, .0050097912, .00500979135,
    .0937496722 },
  { "superres/t3", "normal", 4, { 9, 32, 3, 3 }, 630, 0.058926, .00666897216, 0,
    .0966269448 },
  { "conv_stride_dil_asym/t1", "normal", 4, { 12, 8, 3, 5 }, 470, 0.091287, .0058850663,
    0, .0939660445 },
  { "lut16_lossless/t1", "lut16", 2, { 64, 128 }, 220, 1, .00361243468, .00360287214,
    .0382437371 },
  { "lut16_lossless/t3", "uniform", 2, { 32, 64 }, 230, 0.1, .00384064834, .00376621494,
    .0612034537 },
  { "odd_inner/t1", "lut16", 2, { 33, 27 }, 260, 0.19245, .00339668691, .00339668687, -1 },
  { "gemv_big/t1", "normal", 2, { 512, 512 }, 1290, 0.044194, .00650073209, .0050875796,
    .0938557014 },
};

static AnfTensor *
drawn (const char *dist, guint rank, const gint64 *shape, guint64 seed, double scale)
{
  gsize n = 1;
  g_autofree float *values = NULL;
  g_autofree double *u = NULL;

  for (guint i = 0; i < rank; i++)
    n *= shape[i];
  values = g_new (float, n);
  u = g_new (double, n);
  anf_random_uniform01 (seed, n, u);
  if (g_str_equal (dist, "normal"))
    anf_random_normal (seed, scale, n, values);
  else
    for (gsize i = 0; i < n; i++)
      values[i] = g_str_equal (dist, "lut16") ? (floor (16 * u[i]) - 7.5) / 8 * scale
                                              : (u[i] * 2 - 1) * scale;
  return anf_tensor_new_floats (rank, shape, values);
}

/* -1: it must not apply. */
static void
assert_error (AnfTensor *tensor, AnfEncoding encoding, double want)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *why = NULL;
  g_autoptr(AnfEncoded) encoded = anf_encode (tensor, encoding, 32, &why, NULL, &error);

  g_assert_no_error (error);
  g_assert_true ((encoded == NULL) == (want < 0));
  g_assert_true ((why != NULL) == (want < 0));
  if (want >= 0)
    g_assert_cmpfloat_with_epsilon (encoded->error / want, 1, 0.02);
}

static void
test_errors_are_those_of_the_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (figures); i++)
    {
      g_autoptr(AnfTensor) tensor = drawn (figures[i].dist, figures[i].rank, figures[i].shape,
                                           figures[i].seed, figures[i].scale);

      g_test_message ("%s", figures[i].name);
      assert_error (tensor, ANF_INT8, figures[i].int8);
      if (figures[i].blockwise > 0)
        assert_error (tensor, ANF_BLOCKWISE, figures[i].blockwise);
      assert_error (tensor, ANF_INT4, figures[i].int4);
    }
}

/* ---------------------------------------------------------------- the plain rule, slowly */

static void
plain_lloyd (const float *w, gsize n, float *c)
{
  g_autofree float *sorted = g_memdup2 (w, n * sizeof *w);
  double edge[17];

  for (gsize i = 1; i < n; i++)
    for (gsize j = i; j > 0 && sorted[j] < sorted[j - 1]; j--)
      {
        float swap = sorted[j];

        sorted[j] = sorted[j - 1];
        sorted[j - 1] = swap;
      }
  for (guint k = 0; k <= 16; k++)
    {
      double at = k / 16.0 * (n - 1);
      gsize below = (gsize) at;

      edge[k] = sorted[below]
                + (at - below) * ((double) sorted[MIN (below + 1, n - 1)] - sorted[below]);
    }
  for (guint k = 0; k < 16; k++)
    c[k] = (edge[k] + edge[k + 1]) / 2;
  for (guint round = 0; round < 20; round++)
    {
      double sum[16] = { 0 };
      gsize members[16] = { 0 };

      for (gsize i = 0; i < n; i++)
        {
          guint nearest = 0;

          for (guint k = 1; k < 16; k++)
            if (fabsf (w[i] - c[k]) < fabsf (w[i] - c[nearest]))
              nearest = k;
          sum[nearest] += w[i];
          members[nearest]++;
        }
      for (guint k = 0; k < 16; k++)
        if (members[k] > 0)
          c[k] = sum[k] / members[k];
    }
}

static void
assert_same_table (AnfTensor *tensor)
{
  gsize n = anf_tensor_elements (tensor);
  g_autofree float *w = g_new (float, n);
  g_autofree guint8 *index = g_new (guint8, n);
  float fast[ANF_LUT_SIZE], plain[ANF_LUT_SIZE];

  anf_tensor_read (tensor, 0, n, w);
  plain_lloyd (w, n, plain);
  g_assert_true (anf_lut_fit (tensor, fast, NULL, NULL));
  for (guint k = 0; k < ANF_LUT_SIZE; k++)
    g_assert_cmpfloat_with_epsilon (fast[k], plain[k], 1e-6 * (1 + fabs (plain[k])));

  anf_lut_assign (w, n, fast, index);
  for (gsize i = 0; i < n; i++)
    for (guint k = 0; k < ANF_LUT_SIZE; k++)
      {
        float own = fabsf (w[i] - fast[index[i]]), other = fabsf (w[i] - fast[k]);

        g_assert_true (k < index[i] ? own < other : own <= other);
      }
}

/* fp16 numbers that are no more than a table holds are its entries, one by one. */
static void
assert_own_table (AnfTensor *tensor)
{
  gsize n = anf_tensor_elements (tensor);
  g_autofree float *w = g_new (float, n);
  g_autofree guint8 *index = g_new (guint8, n);
  float table[ANF_LUT_SIZE];

  anf_tensor_read (tensor, 0, n, w);
  g_assert_true (anf_lut_fit (tensor, table, NULL, NULL));
  anf_lut_assign (w, n, table, index);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat (table[index[i]], ==, w[i]);
}

static AnfTensor *
narrowed (AnfTensor *tensor, AnfDtype dtype)
{
  gsize n = anf_tensor_elements (tensor);
  gint64 shape[] = { anf_tensor_dim (tensor, 0), anf_tensor_dim (tensor, 1) };
  g_autofree float *values = g_new (float, n);
  guint16 *bits = g_new (guint16, n);
  g_autoptr(GBytes) bytes = g_bytes_new_take (bits, n * sizeof *bits);

  anf_tensor_read (tensor, 0, n, values);
  for (gsize i = 0; i < n; i++)
    {
      guint32 wide;

      memcpy (&wide, &values[i], sizeof wide);
      bits[i] = dtype == ANF_F16 ? anf_half_from_float (values[i]) : wide >> 16;
    }
  return anf_tensor_new (dtype, 2, shape, bytes);
}

static void
test_table_is_the_plain_rules (void)
{
  const gint64 shape[] = { 24, 64 };

  for (guint64 seed = 1; seed <= 6; seed++)
    {
      g_autoptr(AnfTensor) normal = drawn ("normal", 2, shape, seed, 0.1 * seed);
      g_autoptr(AnfTensor) few = drawn ("lut16", 2, shape, seed, 1);
      g_autoptr(AnfTensor) half = narrowed (normal, ANF_F16);
      g_autoptr(AnfTensor) brain = narrowed (normal, ANF_BF16);
      g_autoptr(AnfTensor) few_half = narrowed (few, ANF_F16);

      assert_same_table (normal);
      assert_same_table (few);
      assert_same_table (half);
      assert_same_table (brain);
      assert_own_table (few_half);
    }
}

static void
test_equal_and_far_values_have_a_table (void)
{
  const gint64 shape[] = { 2, 20 };
  float values[40];

  for (guint i = 0; i < 40; i++)
    values[i] = i < 30 ? 1 : i == 39 ? 1e6 : -0.25f * i;
  g_autoptr(AnfTensor) tensor = anf_tensor_new_floats (2, shape, values);
  assert_same_table (tensor);
  for (guint i = 0; i < 40; i++)
    values[i] = 0;
  g_autoptr(AnfTensor) zeros = anf_tensor_new_floats (2, shape, values);
  assert_same_table (zeros);
}

/* ---------------------------------------------------------------- what is refused */

static char *
refusal (AnfTensor *tensor, AnfEncoding encoding)
{
  g_autoptr(GError) error = NULL;
  char *why = NULL;
  AnfEncoded *encoded = anf_encode (tensor, encoding, 32, &why, NULL, &error);

  g_assert_no_error (error);
  g_assert_null (encoded);
  g_assert_nonnull (why);
  return why;
}

static void
test_refusals_say_why (void)
{
  const gint64 shape[] = { 2, 4 }, odd[] = { 2, 3 }, vector[] = { 8 }, batch[] = { 2, 2, 2 };
  float values[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
  g_autoptr(AnfTensor) dense = anf_tensor_new_floats (2, shape, values);
  g_autoptr(AnfTensor) three = anf_tensor_new_floats (2, odd, values);
  g_autoptr(AnfTensor) line = anf_tensor_new_floats (1, vector, values);
  g_autoptr(AnfTensor) stack = anf_tensor_new_floats (3, batch, values);
  g_autofree char *full = refusal (dense, ANF_SPARSE), *uneven = refusal (three, ANF_INT4);
  g_autofree char *flat = refusal (line, ANF_INT8), *many = refusal (stack, ANF_SPARSE);

  values[3] = NAN;
  values[5] = INFINITY;
  g_autoptr(AnfTensor) broken = anf_tensor_new_floats (2, shape, values);
  g_autofree char *infinite = refusal (broken, ANF_INT8);
  values[3] = values[5] = 1e30f;
  g_autoptr(AnfTensor) huge = anf_tensor_new_floats (2, shape, values);
  g_autofree char *beyond = refusal (huge, ANF_INT8);

  g_assert_cmpstr (full, ==, "sparse needs half of the numbers to be zero; here 0 % are");
  g_assert_cmpstr (uneven, ==, "int4 needs rows of even length; these have 3");
  g_assert_cmpstr (flat, ==, "int8 needs two axes or more");
  g_assert_cmpstr (many, ==, "sparse takes no batch of matrices");
  g_assert_cmpstr (infinite, ==, "int8 takes finite numbers only; 2 are not");
  g_assert_nonnull (strstr (beyond, "65504"));
}

static void
test_fp16_takes_what_is_not_finite (void)
{
  const gint64 shape[] = { 1, 4 };
  const float values[] = { NAN, -INFINITY, 1e6f, 3 };
  g_autoptr(AnfTensor) tensor = anf_tensor_new_floats (2, shape, values);
  g_autofree char *why = NULL;
  g_autoptr(AnfEncoded) encoded = anf_encode (tensor, ANF_FP16, 32, &why, NULL, NULL);
  float decoded[4];

  anf_encoded_decode (encoded, decoded);
  g_assert_cmpfloat (decoded[0], ==, INFINITY);
  g_assert_cmpfloat (decoded[1], ==, -INFINITY);
  g_assert_cmpfloat (decoded[2], ==, INFINITY);
  g_assert_cmpfloat (decoded[3], ==, 3);
  g_assert_true (isfinite (encoded->error));
}

static void
test_doubles_round_once (void)
{
  const gint64 shape[] = { 1, 2 };
  /* Just above the middle between 1 and the next fp16, by less than a float can say. */
  const double values[] = { 1 + 0x1p-11 + 0x1p-40, 0 };
  g_autoptr(GBytes) bytes = g_bytes_new (values, sizeof values);
  g_autoptr(AnfTensor) tensor = anf_tensor_new (ANF_F64, 2, shape, bytes);
  g_autofree char *why = NULL;
  g_autoptr(AnfEncoded) encoded = anf_encode (tensor, ANF_FP16, 32, &why, NULL, NULL);
  float decoded[2];

  anf_encoded_decode (encoded, decoded);
  g_assert_cmpfloat (decoded[0], ==, 1 + 0x1p-10);
}

static void
test_cancelled_encoding_is_an_error (void)
{
  const gint64 shape[] = { 4, 4 };
  g_autoptr(AnfTensor) tensor = drawn ("normal", 2, shape, 3, 1);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  for (AnfEncoding e = ANF_INT8; e < ANF_N_ENCODINGS; e++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *why = NULL;

      g_assert_null (anf_encode (tensor, e, 32, &why, cancellable, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autofree char *path = NULL;
  JsonArray *vectors;
  g_autoptr(GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  path = g_test_build_filename (G_TEST_DIST, "vectors.json", NULL);
  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  vectors = json_node_get_array (json_parser_get_root (parser));
  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree char *name = g_strdup_printf ("/weight/vector/%s",
                                               json_object_get_string_member (vector, "name"));

      g_test_add_data_func (name, vector, test_vector);
    }
  g_test_add_func ("/weight/errors-are-those-of-the-cases", test_errors_are_those_of_the_cases);
  g_test_add_func ("/weight/table-is-the-plain-rules", test_table_is_the_plain_rules);
  g_test_add_func ("/weight/equal-and-far-values-have-a-table",
                   test_equal_and_far_values_have_a_table);
  g_test_add_func ("/weight/refusals-say-why", test_refusals_say_why);
  g_test_add_func ("/weight/fp16-takes-what-is-not-finite", test_fp16_takes_what_is_not_finite);
  g_test_add_func ("/weight/doubles-round-once", test_doubles_round_once);
  g_test_add_func ("/weight/cancelled-encoding-is-an-error", test_cancelled_encoding_is_an_error);
  return g_test_run ();
}
