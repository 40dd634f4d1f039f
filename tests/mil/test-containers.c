/* test-containers.c - weight files byte by byte, names, and how encoded weights are written. */
#include "num/half.h"
#include "run/lower.h"

#include <string.h>

static AnfMilData
data_of (AnfMilDtype dtype, gint64 n, const void *bytes, gsize size)
{
  AnfMilData data = { .bytes = g_bytes_new (bytes, size) };

  anf_mil_type_init (&data.type, dtype, 1, &n);
  return data;
}

static GBytes *
written (const AnfMilBlob *blob)
{
  g_autoptr(GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autoptr(GError) error = NULL;

  g_assert_true (anf_mil_blob_write (blob, stream, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (stream));
}

/* Two records, the second of three single bits: 5 bits of its byte are padding. Its header is where
 * 64 + 64 + 6 bytes round up to. */
static const guint8 want[] = {
  2, 0, 0, 0, 2, 0, 0, 0, [63] = 0,
  [64] = 0xEF, 0xBE, 0xAD, 0xDE, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0,
  [128] = 0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b,
  [192] = 0xEF, 0xBE, 0xAD, 0xDE, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
  5, 0, 0, 0, 0, 0, 0, 0,
  [256] = 0x05,
};

static AnfMilBlob *
two_records (void)
{
  AnfMilBlob *blob = anf_mil_blob_new ();
  const guint16 halves[] = { 0x3c00, 0xc000, 0x7bff };
  const guint8 bits = 5;
  AnfMilData numbers = data_of (ANF_MIL_FP16, 3, halves, sizeof halves);
  AnfMilData mask = data_of (ANF_MIL_UINT1, 3, &bits, 1);

  g_assert_cmpuint (anf_mil_blob_add (blob, &numbers), ==, 64);
  g_assert_cmpuint (anf_mil_blob_add (blob, &mask), ==, 192);
  /* The same bytes again are the same record. */
  g_assert_cmpuint (anf_mil_blob_add (blob, &numbers), ==, 64);
  g_assert_cmpuint (anf_mil_blob_n (blob), ==, 2);
  g_bytes_unref (numbers.bytes);
  g_bytes_unref (mask.bytes);
  return blob;
}

static void
test_blob_is_the_formats_bytes (void)
{
  g_autoptr(AnfMilBlob) blob = two_records ();
  g_autoptr(GBytes) bytes = written (blob);
  g_autoptr(GError) error = NULL;
  AnfMilRecord record;
  guint n;

  g_assert_cmpuint (anf_mil_blob_size (blob), ==, sizeof want);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), want, sizeof want);

  g_assert_true (anf_mil_blob_check (bytes, &n, &error));
  g_assert_cmpuint (n, ==, 2);
  g_assert_true (anf_mil_blob_read (bytes, 192, &record, &error));
  g_assert_cmpint (record.dtype, ==, ANF_MIL_UINT1);
  g_assert_cmpuint (record.n_elements, ==, 3);
  g_assert_cmpuint (record.data[0], ==, 5);
}

static void
test_empty_blob_is_a_header (void)
{
  g_autoptr(AnfMilBlob) blob = anf_mil_blob_new ();
  g_autoptr(GBytes) bytes = written (blob);
  guint n;

  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 64);
  g_assert_true (anf_mil_blob_check (bytes, &n, NULL));
  g_assert_cmpuint (n, ==, 0);
}

/* Every byte of headers and records changed to the extremes, and every length: an error or an
 * answer inside the file, never a step outside it (the sanitizer watches). */
static void
test_damaged_blobs_are_refused (void)
{
  static const guint8 extremes[] = { 0x00, 0x7f, 0x80, 0xff };
  guint n_refused = 0;

  for (gsize length = 0; length < sizeof want; length++)
    {
      g_autoptr(GBytes) bytes = g_bytes_new (want, length);

      g_assert_false (anf_mil_blob_check (bytes, NULL, NULL));
    }
  for (gsize at = 0; at < sizeof want; at++)
    for (guint i = 0; i < G_N_ELEMENTS (extremes); i++)
      {
        guint8 copy[sizeof want];
        g_autoptr(GBytes) bytes = NULL;
        AnfMilRecord record;

        memcpy (copy, want, sizeof want);
        copy[at] = extremes[i];
        bytes = g_bytes_new (copy, sizeof copy);
        n_refused += !anf_mil_blob_check (bytes, NULL, NULL);
        if (anf_mil_blob_read (bytes, 64, &record, NULL))
          {
            const guint8 *data = g_bytes_get_data (bytes, NULL);

            g_assert_true (record.data >= data
                           && record.data + record.size <= data + sizeof copy);
          }
      }
  g_assert_cmpuint (n_refused, >, 100);
}

/* ---------------------------------------------------------------- whole graphs */

static AnfProgram *
compile (const char *nodes, const char *outputs, const char *weights, const char *settings)
{
  g_autofree char *text = g_strdup_printf (
    "{ \"aneforge\": 1, \"nodes\": [%s], \"outputs\": {%s}, \"weights\": {%s}%s }", nodes, outputs,
    weights, settings);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);
  AnfOptions options;
  AnfProgram *program;

  g_assert_no_error (error);
  anf_options_init (&options, graph);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return program;
}

/* The statements alone. */
static char *
body (const AnfProgram *program, guint segment)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = anf_program_mil (program, segment, &error);
  char *begin;

  g_assert_no_error (error);
  begin = strstr (text, "    func ");
  g_assert_nonnull (begin);
  return g_strndup (begin, strlen (begin) - strlen ("}\n"));
}

#define INPUT "{ \"id\": 1, \"op\": \"input\", \"name\": \"x\"," \
              "  \"attrs\": { \"shape\": [1, 4] } }"

static void
test_names_that_clash_are_made_unique (void)
{
  g_autoptr(AnfProgram) program = compile (
    INPUT ", { \"id\": 2, \"op\": \"adds\", \"name\": \"a\", \"in\": { \"x\": \"x\" },"
    "          \"attrs\": { \"k\": 1 } },"
    "        { \"id\": 3, \"op\": \"relu\", \"name\": \"a_k\", \"in\": { \"x\": \"a\" } },"
    "        { \"id\": 4, \"op\": \"tanh\", \"name\": \"tensor\", \"in\": { \"x\": \"a_k\" } },"
    "        { \"id\": 5, \"op\": \"sigmoid\", \"name\": \"z\", \"in\": { \"x\": \"tensor\" } }",
    "\"a\": \"z\", \"second\": \"z\"", "", "");
  g_autofree char *text = body (program, 0);

  /* The output is called a, so the node a is not; its constant may not be a_k, a node; and tensor
   * is a word of the language. */
  g_assert_cmpstr (text, ==,
    "    func main<ios18>(tensor<fp16, [1, 4]> x) {\n"
    "        fp16 a_k_1 = const()[name = string(\"a_k_1\"), val = fp16(0x1p+0)];\n"
    "        tensor<fp16, [1, 4]> a_1 = add(x = x, y = a_k_1)[name = string(\"a_1\")];\n"
    "        tensor<fp16, [1, 4]> a_k = relu(x = a_1)[name = string(\"a_k\")];\n"
    "        tensor<fp16, [1, 4]> tensor_1 = tanh(x = a_k)[name = string(\"tensor_1\")];\n"
    "        tensor<fp16, [1, 4]> a = sigmoid(x = tensor_1)[name = string(\"a\")];\n"
    "        fp16 second_one = const()[name = string(\"second_one\"), val = fp16(0x1p+0)];\n"
    "        tensor<fp16, [1, 4]> second = mul(x = a, y = second_one)"
    "[name = string(\"second\")];\n"
    "    } -> (a, second);\n");
}

static void
test_constants_stay_in_range (void)
{
  g_autoptr(AnfProgram) program = compile (
    INPUT ", { \"id\": 2, \"op\": \"adds\", \"name\": \"a\", \"in\": { \"x\": \"x\" },"
    "          \"attrs\": { \"k\": -1e30 } },"
    "        { \"id\": 3, \"op\": \"muls\", \"name\": \"m\", \"in\": { \"x\": \"a\" },"
    "          \"attrs\": { \"k\": 1e-7 } }", "\"y\": \"m\"", "", "");
  g_autofree char *text = body (program, 0);

  g_assert_nonnull (strstr (text, "val = fp16(-0x1.ffcp+15)"));   /* -65504 */
  g_assert_nonnull (strstr (text, "val = fp16(0x1p-23)"));        /* a subnormal */
}

static void
test_integers_are_multiplied_by_a_tensor (void)
{
  g_autoptr(AnfProgram) program = compile (
    INPUT ", { \"id\": 2, \"op\": \"floor\", \"name\": \"f\", \"in\": { \"x\": \"x\" } },"
    "        { \"id\": 3, \"op\": \"muls\", \"name\": \"m\", \"in\": { \"x\": \"f\" },"
    "          \"attrs\": { \"k\": 3 } },"
    "        { \"id\": 4, \"op\": \"muls\", \"name\": \"n\", \"in\": { \"x\": \"m\" },"
    "          \"attrs\": { \"k\": 0 } }", "\"y\": \"n\"", "", "");
  g_autofree char *text = body (program, 0);

  g_assert_nonnull (strstr (text, "tensor<fp16, [1, 4]> m_k = const()"));
  g_assert_nonnull (strstr (text, "tensor<fp16, [1, 4]> y = sub(x = m, y = m)"));
}

static char *
linear_body (const char *encoding, const char *values)
{
  g_autofree char *settings = g_strdup_printf (
    ", \"compile\": { \"target\": \"h16s\", \"compress\": \"%s\", \"atol\": 1,"
    " \"block_size\": 2 }", encoding);
  g_autofree char *weights = g_strdup_printf ("\"w\": { \"shape\": [2, 4], \"values\": [%s] }",
                                              values);
  g_autoptr(AnfProgram) program = compile (
    INPUT ", { \"id\": 2, \"op\": \"linear\", \"name\": \"l\", \"in\": { \"x\": \"x\" },"
    "          \"weights\": { \"weight\": \"w\" } }", "\"y\": \"l\"", weights, settings);

  return body (program, 0);
}

#define BLOB(offset) "BLOBFILE(path = string(\"@model_path/weights.bin\"), offset = uint64(" \
                     offset "))"

static void
assert_unpacks (const char *encoding, const char *values, const char *statements)
{
  g_autofree char *text = linear_body (encoding, values);
  g_autofree char *all = g_strdup_printf (
    "    func main<ios18>(tensor<fp16, [1, 4]> x) {\n%s"
    "        tensor<fp16, [1, 2]> y = matmul(transpose_x = bool(false), "
    "transpose_y = bool(true), x = x, y = l_weight)[name = string(\"y\")];\n"
    "    } -> (y);\n", statements);

  g_assert_cmpstr (text, ==, all);
}

static void
test_each_encoding_has_its_constexpr (void)
{
  const char *some = "1, -2, 3, 4, -5, 6, 7, 8", *few = "0, 0, 3, 0, 0, 0, 0, 8";

  assert_unpacks ("fp16", some,
    "        tensor<fp16, [2, 4]> l_weight = const()[name = string(\"l_weight\"), "
    "val = tensor<fp16, [2, 4]>(" BLOB ("64") ")];\n");
  assert_unpacks ("int8", some,
    "        tensor<fp16, [2, 4]> l_weight = constexpr_affine_dequantize()"
    "[name = string(\"l_weight\"), axis = int32(0), quantized_data = tensor<int8, [2, 4]>("
    BLOB ("64") "), scale = tensor<fp16, [2]>(" BLOB ("192") "), zero_point = int8(0)];\n");
  assert_unpacks ("int4", some,
    "        tensor<uint4, [2, 4]> l_weight_indices = const()"
    "[name = string(\"l_weight_indices\"), val = tensor<uint4, [2, 4]>(" BLOB ("64") ")];\n"
    "        tensor<fp16, [1, 1, 16, 1]> l_weight_lut = const()[name = string(\"l_weight_lut\"), "
    "val = tensor<fp16, [1, 1, 16, 1]>(" BLOB ("192") ")];\n"
    "        tensor<fp16, [2, 4]> l_weight = constexpr_lut_to_dense(indices = l_weight_indices, "
    "lut = l_weight_lut)[name = string(\"l_weight\")];\n");
  assert_unpacks ("sparse", few,
    "        tensor<fp16, [2]> l_weight_nonzero = const()[name = string(\"l_weight_nonzero\"), "
    "val = tensor<fp16, [2]>(" BLOB ("64") ")];\n"
    "        tensor<uint1, [2, 4]> l_weight_mask = const()[name = string(\"l_weight_mask\"), "
    "val = tensor<uint1, [2, 4]>(" BLOB ("192") ")];\n"
    "        tensor<fp16, [2, 4]> l_weight = constexpr_sparse_to_dense(mask = l_weight_mask, "
    "nonzero_data = l_weight_nonzero)[name = string(\"l_weight\")];\n");
  assert_unpacks ("blockwise", some,
    "        tensor<int8, [2, 4]> l_weight_data = const()[name = string(\"l_weight_data\"), "
    "val = tensor<int8, [2, 4]>(" BLOB ("64") ")];\n"
    "        tensor<fp16, [2, 2]> l_weight_scale = const()[name = string(\"l_weight_scale\"), "
    "val = tensor<fp16, [2, 2]>(" BLOB ("192") ")];\n"
    "        tensor<fp16, [2, 4]> l_weight_blocks = constexpr_blockwise_shift_scale("
    "data = l_weight_data, scale = l_weight_scale)[name = string(\"l_weight_blocks\")];\n"
    "        fp16 l_weight_zero = const()[name = string(\"l_weight_zero\"), val = fp16(0x0p+0)];\n"
    "        tensor<fp16, [2, 4]> l_weight = add(x = l_weight_blocks, y = l_weight_zero)"
    "[name = string(\"l_weight\")];\n");
}

/* Values cross a bridge under one name, and truth values leave as fp16 and come back. */
static void
test_segments_meet_by_name (void)
{
  g_autoptr(AnfProgram) program = compile (
    INPUT ", { \"id\": 2, \"op\": \"greater\", \"name\": \"g\","
    "          \"in\": { \"x\": \"x\", \"y\": \"r\" } },"
    "        { \"id\": 6, \"op\": \"relu\", \"name\": \"r\", \"in\": { \"x\": \"x\" } },"
    "        { \"id\": 3, \"op\": \"argmax\", \"name\": \"i\", \"in\": { \"x\": \"r\" } },"
    "        { \"id\": 4, \"op\": \"select\", \"name\": \"s\","
    "          \"in\": { \"cond\": \"g\", \"a\": \"i\", \"b\": \"x\" } }", "\"y\": \"s\"", "", "");
  g_autofree char *first = body (program, 0), *last = body (program, 2);

  g_assert_cmpstr (first, ==,
    "    func main<ios18>(tensor<fp16, [1, 4]> x) {\n"
    "        tensor<fp16, [1, 4]> r = relu(x = x)[name = string(\"r\")];\n"
    "        tensor<bool, [1, 4]> g_bool = greater(x = x, y = r)[name = string(\"g_bool\")];\n"
    "        string g_dtype = const()[name = string(\"g_dtype\"), val = string(\"fp16\")];\n"
    "        tensor<fp16, [1, 4]> g = cast(dtype = g_dtype, x = g_bool)[name = string(\"g\")];\n"
    "    } -> (r, g);\n");
  g_assert_cmpstr (last, ==,
    "    func main<ios18>(tensor<fp16, [1, 4]> g, tensor<fp16, [1, 1]> i, "
    "tensor<fp16, [1, 4]> x) {\n"
    "        string g_bool_dtype = const()[name = string(\"g_bool_dtype\"), "
    "val = string(\"bool\")];\n"
    "        tensor<bool, [1, 4]> g_bool = cast(dtype = g_bool_dtype, x = g)"
    "[name = string(\"g_bool\")];\n"
    "        tensor<fp16, [1, 4]> y = select(a = i, b = x, cond = g_bool)"
    "[name = string(\"y\")];\n"
    "    } -> (y);\n");
  g_assert_null (anf_program_mil (program, 1, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mil/blob-is-the-formats-bytes", test_blob_is_the_formats_bytes);
  g_test_add_func ("/mil/empty-blob-is-a-header", test_empty_blob_is_a_header);
  g_test_add_func ("/mil/damaged-blobs-are-refused", test_damaged_blobs_are_refused);
  g_test_add_func ("/mil/names-that-clash-are-made-unique", test_names_that_clash_are_made_unique);
  g_test_add_func ("/mil/constants-stay-in-range", test_constants_stay_in_range);
  g_test_add_func ("/mil/integers-are-multiplied-by-a-tensor",
                   test_integers_are_multiplied_by_a_tensor);
  g_test_add_func ("/mil/each-encoding-has-its-constexpr", test_each_encoding_has_its_constexpr);
  g_test_add_func ("/mil/segments-meet-by-name", test_segments_meet_by_name);
  return g_test_run ();
}
