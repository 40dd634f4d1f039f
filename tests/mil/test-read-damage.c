/* test-read-damage.c - damaged text, packages and weight files: each gives a graph or one clear
 * line, never a crash. And what weights come back as. */
#include "anf.h"

#include <glib/gstdio.h>
#include <string.h>

#define ROUNDS 150                 /* per file */

/* Every form of weight, several statements to a row, several outputs, a word, a truth value. */
static const char document[] =
  "{ \"aneforge\": 1, \"nodes\": ["
  " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [2, 32] } },"
  " { \"id\": 2, \"op\": \"linear\", \"name\": \"a\", \"in\": { \"x\": \"x\" },"
  "   \"weights\": { \"weight\": \"w\", \"bias\": \"b\" },"
  "   \"compress\": { \"weight\": \"int8\" } },"
  " { \"id\": 3, \"op\": \"linear\", \"name\": \"c\", \"in\": { \"x\": \"a\" },"
  "   \"weights\": { \"weight\": \"w\" }, \"compress\": { \"weight\": \"int4\" } },"
  " { \"id\": 4, \"op\": \"softplus\", \"name\": \"s\", \"in\": { \"x\": \"c\" } },"
  " { \"id\": 5, \"op\": \"linear\", \"name\": \"d\", \"in\": { \"x\": \"s\" },"
  "   \"weights\": { \"weight\": \"holes\" }, \"compress\": { \"weight\": \"sparse\" } },"
  " { \"id\": 6, \"op\": \"split\", \"name\": \"p\", \"in\": { \"x\": \"d\" },"
  "   \"attrs\": { \"num_splits\": 2, \"axis\": 1 } },"
  " { \"id\": 7, \"op\": \"concat\", \"name\": \"j\", \"in\": { \"values\": [\"p:1\", \"p\"] } },"
  " { \"id\": 8, \"op\": \"layer_norm\", \"name\": \"n\", \"in\": { \"x\": \"j\" },"
  "   \"weights\": { \"gamma\": \"b\", \"beta\": \"b\" } },"
  " { \"id\": 9, \"op\": \"gelu\", \"name\": \"g\", \"in\": { \"x\": \"n\" } },"
  " { \"id\": 10, \"op\": \"greater\", \"name\": \"t\", \"in\": { \"x\": \"g\", \"y\": \"x\" } },"
  " { \"id\": 11, \"op\": \"linear\", \"name\": \"e\", \"in\": { \"x\": \"g\" },"
  "   \"weights\": { \"weight\": \"w\" }%s } ],"
  " \"outputs\": { \"y\": \"e\", \"truth\": \"t\", \"again\": \"e\" },"
  " \"weights\": {"
  "  \"w\": { \"shape\": [32, 32], \"init\": \"normal\", \"scale\": 0.2, \"seed\": 5 },"
  "  \"b\": { \"shape\": [32], \"init\": \"normal\", \"scale\": 0.3, \"seed\": 6 },"
  "  \"holes\": { \"shape\": [32, 32], \"values\": [%s] } },"
  " \"compile\": { \"opt\": \"0\", \"atol\": 0.9, \"block_size\": 8 } }";

static char *place;

static AnfGraph *
make_graph (const char *compress)
{
  g_autoptr(GString) values = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  AnfGraph *graph;

  for (guint i = 0; i < 32 * 32; i++)
    g_string_append_printf (values, "%s%g", i > 0 ? "," : "", i % 5 == 1 ? (i % 17) / 8.0 : 0);
  text = g_strdup_printf (document, compress, values->str);
  graph = anf_document_parse (text, strlen (text), NULL, &error);
  g_assert_no_error (error);
  return graph;
}

static AnfProgram *
compile (AnfGraph *graph)
{
  g_autoptr(GError) error = NULL;
  AnfOptions options;
  AnfProgram *program;

  anf_options_init (&options, graph);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return program;
}

static char *
in_place (const char *name)
{
  return g_build_filename (place, name, NULL);
}

/* ---------------------------------------------------------------- damage */

static void
must_open_or_say_why (const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = anf_import (path, NULL, NULL, &error);

  if (import != NULL)
    {
      g_autoptr(AnfReport) report = anf_check (anf_import_graph (import), NULL);

      g_assert_no_error (error);
      g_assert_nonnull (report);
      return;
    }
  g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

/* A few bytes other, a piece missing, or a piece twice. */
static void
spoil (GRand *random, GByteArray *data)
{
  guint n = g_rand_int_range (random, 1, 5), at, size = g_rand_int_range (random, 1, 64);

  switch (g_rand_int_range (random, 0, 4))
    {
    case 0:
      g_byte_array_set_size (data, g_rand_int_range (random, 0, data->len));
      break;
    case 1:
      at = g_rand_int_range (random, 0, data->len);
      g_byte_array_remove_range (data, at, MIN (data->len - at, size));
      break;
    default:
      for (guint i = 0; i < n; i++)
        data->data[g_rand_int_range (random, 0, data->len)] = g_rand_boolean (random)
          ? (char) g_rand_int (random) : "0123456789[](),=\"x-"[g_rand_int_range (random, 0, 19)];
    }
}

static void
damage (const char *model, const char *file)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (20);
  g_autoptr(GError) error = NULL;
  g_autofree char *good = NULL;
  gsize size;

  g_file_get_contents (file, &good, &size, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < ROUNDS; i++)
    {
      g_autoptr(GByteArray) data = g_byte_array_new ();

      g_byte_array_append (data, (guint8 *) good, size);
      spoil (random, data);
      g_file_set_contents (file, (char *) data->data, data->len, &error);
      g_assert_no_error (error);
      must_open_or_say_why (model);
    }
  g_file_set_contents (file, good, size, &error);
  g_assert_no_error (error);
}

static void
test_damaged_text (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("");
  g_autoptr(AnfProgram) program = compile (graph);
  g_autofree char *path = in_place ("net.mil"), *blob = in_place ("net.bin");
  g_autoptr(GError) error = NULL;

  anf_mil_save (program, path, &error);
  g_assert_no_error (error);
  damage (path, path);
  damage (path, blob);
}

static void
test_damaged_package (void)
{
  static const char *const files[] = {
    "Manifest.json", "Data/com.apple.CoreML/model.mlmodel",
    "Data/com.apple.CoreML/weights/weight.bin",
  };
  g_autoptr(AnfGraph) graph = make_graph (", \"compress\": { \"weight\": \"blockwise\" }");
  g_autoptr(AnfProgram) program = compile (graph);
  g_autofree char *path = in_place ("net.mlpackage");
  g_autoptr(GError) error = NULL;

  anf_mlpackage_save (program, path, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *file = g_build_filename (path, files[i], NULL);

      damage (path, file);
    }
}

/* ---------------------------------------------------------------- weights */

static void
assert_same_run (AnfProgram *one, AnfProgram *other)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) fed = anf_feed (one, NULL, TRUE, 1, &error);
  g_autoptr(AnfTensors) a = anf_program_run (one, fed, NULL, NULL, &error);
  g_autoptr(AnfTensors) b = anf_program_run (other, fed, NULL, NULL, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < anf_tensors_n (a); i++)
    {
      g_autoptr(AnfTensor) x = anf_tensors_get (a, anf_tensors_nth_name (a, i), &error);
      g_autoptr(AnfTensor) y = anf_tensors_get (b, anf_tensors_nth_name (a, i), &error);

      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (anf_tensor_bytes (x), anf_tensor_bytes (y)));
    }
}

/* The encoding of each node is chosen by the node again, and holds the same numbers. */
static void
weights_come_back (const char *name, const char *compress, const char *last)
{
  static const char *const nodes[] = { "a", "c", "d" };
  static const AnfEncoding encodings[] = { ANF_INT8, ANF_INT4, ANF_SPARSE };
  g_autoptr(AnfGraph) graph = make_graph (compress);
  g_autoptr(AnfProgram) program = compile (graph), again = NULL;
  g_autofree char *path = in_place (name);
  g_autoptr(AnfImport) import = NULL;
  g_autoptr(GError) error = NULL;
  const AnfNode *node;
  AnfEncoding is;

  if (g_str_has_suffix (name, ".mil"))
    anf_mil_save (program, path, &error);
  else
    anf_mlpackage_save (program, path, &error);
  g_assert_no_error (error);
  import = anf_import (path, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (anf_import_n_unmapped (import), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      node = anf_graph_find_name (anf_import_graph (import), nodes[i]);
      g_assert_nonnull (node);
      g_assert_true (anf_node_encoding (node, "weight", &is));
      g_assert_cmpstr (anf_encoding_name (is), ==, anf_encoding_name (encodings[i]));
    }
  node = anf_graph_find_name (anf_import_graph (import), "e");
  g_assert_nonnull (node);
  g_assert_cmpstr (anf_node_encoding (node, "weight", &is) ? anf_encoding_name (is) : "fp16", ==,
                   last);
  again = compile (anf_import_graph (import));
  assert_same_run (program, again);
}

static void
test_weights_of_text (void)
{
  weights_come_back ("w.mil", "", "fp16");
  weights_come_back ("v.mil", ", \"compress\": { \"weight\": \"blockwise\" }", "blockwise");
}

/* Without blocks the package is of iOS 16, where weights had attributes; with them of iOS 18. */
static void
test_weights_of_package (void)
{
  weights_come_back ("w.mlpackage", "", "fp16");
  weights_come_back ("v.mlpackage", ", \"compress\": { \"weight\": \"blockwise\" }", "blockwise");
}

static void
test_saved_with_weights_beside (void)
{
  g_autoptr(AnfGraph) graph = make_graph (""), loaded = NULL;
  g_autoptr(AnfProgram) program = compile (graph), again = NULL;
  g_autofree char *path = in_place ("s.mil"), *to = in_place ("s.anf");
  g_autofree char *beside = in_place ("s.safetensors");
  g_autoptr(AnfImport) import = NULL;
  g_autoptr(GError) error = NULL;

  anf_mil_save (program, path, &error);
  import = anf_import (path, NULL, NULL, &error);
  g_assert_no_error (error);
  anf_graph_save_with_weights (anf_import_graph (import), to, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (beside, G_FILE_TEST_EXISTS));
  loaded = anf_document_load (to, &error);
  g_assert_no_error (error);
  again = compile (loaded);
  assert_same_run (program, again);
}

/* ---------------------------------------------------------------- refusals, placeholders */

#define HEAD "program(1.3)\n[buildInfo = dict<string, string>({{\"a\", \"b\"}})]\n{\n" \
             "func main<ios18>(tensor<fp16, [2, 3]> x) {\n"

static void
write_text (const char *name, const char *body, char **path)
{
  g_autofree char *text = g_strconcat (HEAD, body, NULL);
  g_autoptr(GError) error = NULL;

  *path = in_place (name);
  g_file_set_contents (*path, text, -1, &error);
  g_assert_no_error (error);
}

static void
test_place_of_a_fault (void)
{
  static const struct { const char *body, *says; } wrong[] = {
    { "tensor<fp16, [2, 3]> y = relu(x = z)[name = string(\"y\")];\n} -> (y);\n}\n",
      "5:1: \"z\" is used before it is defined" },
    { "tensor<fp16, [2, 3]> x = relu(x = x)[name = string(\"x\")];\n} -> (x);\n}\n",
      "5:1: \"x\" is defined twice" },
    { "fp16 k = const()[name = string(\"k\"), val = fp16(1e9)];\n} -> (k);\n}\n",
      "too large for fp16" },
    { "fp16 k = const()[name = string(\"k\"), val = fp16(0x)];\n} -> (k);\n}\n",
      "is no number" },
    { "tensor<fp16, [2, 3]> k = const()[name = string(\"k\"), val = tensor<fp16, [2, 3]>"
      "(BLOBFILE(path = string(\"@model_path/../../etc/passwd\"), offset = uint64(64)))];\n}",
      "is not beside the program" },
    { "} -> (y);\n}\n", "\"y\" is defined nowhere" },
    { "} -> (x);\n} more", "nothing may follow" },
    { "tensor<fp16, [99999999999, 99999999999]> y = relu(x = x)[name = string(\"y\")];\n",
      "a size that no tensor has" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autofree char *path = NULL;
      g_autoptr(GError) error = NULL;
      g_autoptr(AnfImport) import = NULL;

      write_text ("wrong.mil", wrong[i].body, &path);
      import = anf_import (path, NULL, NULL, &error);
      g_assert_null (import);
      g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE);
      g_assert_nonnull (strstr (error->message, wrong[i].says));
    }
}

/* Forms the writer never uses, worked out by hand: (q - zero) scale along axis 1; two bits to an
 * index, the lowest first; a mask of bits. */
static void
test_encodings_of_others (void)
{
  static const struct { const char *name; float values[4]; guint n; } want[] = {
    { "a", { -1, 6, 0, 10 }, 4 }, { "l", { 4, 3, 2, 1 }, 4 }, { "s", { 7, 0, 8 }, 3 },
  };
  g_autofree char *path = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = NULL;

  write_text ("others.mil",
              "tensor<fp16, [2, 2]> a = constexpr_affine_dequantize()[name = string(\"a\"), "
              "axis = int32(1), quantized_data = tensor<uint8, [2, 2]>([0, 5, 2, 7]), "
              "scale = tensor<fp16, [2]>([0.5, 2]), zero_point = uint8(2)];\n"
              "tensor<fp16, [4]> l = constexpr_lut_to_dense()[name = string(\"l\"), "
              "indices = tensor<uint8, [1]>([27]), lut = tensor<fp16, [4]>([1, 2, 3, 4]), "
              "shape = tensor<uint32, [1]>([4])];\n"
              "tensor<fp16, [3]> s = constexpr_sparse_to_dense()[name = string(\"s\"), "
              "mask = tensor<uint8, [1]>([5]), nonzero_data = tensor<fp16, [2]>([7, 8]), "
              "shape = tensor<uint32, [1]>([3])];\n"
              "tensor<fp16, [2, 3]> y = add(x = x, y = s)[name = string(\"y\")];\n"
              "} -> (a, l, y);\n}\n", &path);
  import = anf_import (path, NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (want); i++)
    {
      AnfGraph *graph = anf_import_graph (import);
      const AnfNode *node = anf_graph_find_name (graph, want[i].name);
      AnfTensor *tensor = anf_graph_tensor_of (graph, node, "value");
      float values[4] = { 0 };

      g_assert_nonnull (tensor);
      g_assert_cmpuint (anf_tensor_elements (tensor), ==, want[i].n);
      anf_tensor_read (tensor, 0, want[i].n, values);
      g_assert_cmpmem (values, sizeof values, want[i].values, sizeof values);
    }
}

static void
test_unknown_operator_stays (void)
{
  g_autofree char *path = NULL, *text = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = NULL;
  g_autoptr(AnfGraph) again = NULL;
  g_autoptr(AnfReport) report = NULL;
  const AnfNode *node;

  write_text ("odd.mil",
              "tensor<fp16, [2, 3]> a = relu(x = x)[name = string(\"a\")];\n"
              "tensor<int32, [2]> n = const()[name = string(\"n\"), "
              "val = tensor<int32, [2]>([4, 5])];\n"
              "tensor<fp16, [2, 3]> b = whirl(x = a, times = n, how = string(\"fast\"), "
              "twice = bool(true))[name = string(\"b\")];\n"
              "tensor<fp16, [2, 3]> y = tanh(x = b)[name = string(\"y\")];\n"
              "} -> (y);\n}\n", &path);
  import = anf_import (path, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (anf_import_n_unmapped (import), ==, 1);
  g_assert_cmpstr (anf_import_nth_unmapped (import, 0)->op, ==, "whirl");
  text = anf_document_text (anf_import_graph (import), NULL);
  g_assert_nonnull (strstr (text, "\"mil:whirl\""));
  g_assert_nonnull (strstr (text, "\"times\": [4, 5]"));
  g_assert_nonnull (strstr (text, "\"how\": \"fast\""));
  g_assert_nonnull (strstr (text, "\"twice\": true"));
  again = anf_document_parse (text, strlen (text), NULL, &error);
  g_assert_no_error (error);
  node = anf_graph_find_name (again, "b");
  g_assert_cmpuint (anf_node_n_inputs (node), ==, 1);
  report = anf_check (again, NULL);
  g_assert_false (anf_report_ok (report));
  g_assert_nonnull (anf_report_type (report, anf_node_id (anf_graph_find_name (again, "a")), 0));
}

static void
remove_all (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      if (g_file_test (inner, G_FILE_TEST_IS_DIR))
        remove_all (inner);
      else
        g_unlink (inner);
    }
  g_rmdir (path);
}

int
main (int argc, char **argv)
{
  int code;

  g_test_init (&argc, &argv, NULL);
  place = g_dir_make_tmp ("mil-damage-XXXXXX", NULL);
  g_test_add_func ("/mil-read/weights/of-text", test_weights_of_text);
  g_test_add_func ("/mil-read/weights/of-package", test_weights_of_package);
  g_test_add_func ("/mil-read/weights/saved-beside", test_saved_with_weights_beside);
  g_test_add_func ("/mil-read/place-of-a-fault", test_place_of_a_fault);
  g_test_add_func ("/mil-read/weights/encodings-of-others", test_encodings_of_others);
  g_test_add_func ("/mil-read/unknown-operator-stays", test_unknown_operator_stays);
  g_test_add_func ("/mil-read/damaged-text", test_damaged_text);
  g_test_add_func ("/mil-read/damaged-package", test_damaged_package);
  code = g_test_run ();
  remove_all (place);
  g_free (place);
  return code;
}
