/* test-write.c - documents written as ONNX models and read again: the same graph, by its hash, for
 * every row of the table and every document on the command line, as NAME=path.
 *
 * With --dump DIR it writes each of them there, with inputs and what the fp32 profile computes of
 * them: for onnxruntime-check.py. */
#include "core/op.h"
#include "core/graph.h"
#include "../mil/sample.h"

#include <glib/gstdio.h>
#include <string.h>

static char *folder;

static AnfGraph *
read_back (const char *path, guint *n_unmapped)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = anf_import (path, NULL, NULL, &error);

  g_assert_no_error (error);
  *n_unmapped = anf_import_n_unmapped (import);
  return anf_graph_ref (anf_import_graph (import));
}

/* The document, with what a node is called, is the same to the letter but for where things are. */
static void
same_again (AnfGraph *graph, const char *path, gboolean beside)
{
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autoptr(AnfGraph) again = NULL;
  g_autoptr(GError) error = NULL;
  guint n_unmapped;

  g_assert_true (anf_report_ok (report));
  g_assert_true (anf_onnx_save (report, path, beside, &error));
  g_assert_no_error (error);
  again = read_back (path, &n_unmapped);
  g_assert_cmpuint (n_unmapped, ==, 0);
  g_assert_cmpuint (anf_graph_n_nodes (again), ==, anf_graph_n_nodes (graph));
  for (guint i = 0; i < graph->listed->len; i++)
    {
      const AnfNode *one = g_ptr_array_index (graph->listed, i);
      const AnfNode *two = g_ptr_array_index (again->listed, i);

      g_assert_cmpstr (one->name, ==, two->name);
      g_assert_cmpstr (one->op->name, ==, two->op->name);
      g_assert_cmpstr (one->group, ==, two->group);
    }
  g_assert_cmpstr (anf_graph_hash (again), ==, anf_graph_hash (graph));
  if (anf_graph_title (graph) != NULL)
    g_assert_cmpstr (anf_graph_title (again), ==, anf_graph_title (graph));
}

/* ---------------------------------------------------------------- what a run says */

static AnfTensor *
draw (const AnfType *type, double lo, double hi, guint64 seed)
{
  gint64 dim[ANF_MAX_RANK];
  gsize n = anf_type_elements (type);
  g_autofree double *u = g_new (double, n + 1);
  g_autofree float *numbers = g_new (float, n + 1);

  anf_random_uniform01 (seed, n, u);
  for (gsize i = 0; i < n; i++)
    numbers[i] = type->dtype == ANF_F16 ? lo + (hi - lo) * u[i] : (int) (255.99 * u[i]);
  for (guint i = 0; i < type->rank; i++)
    dim[i] = type->dim[i];
  if (type->dtype == ANF_U8)
    {
      g_autofree guint8 *bytes = g_new (guint8, n + 1);
      g_autoptr(GBytes) data = NULL;

      for (gsize i = 0; i < n; i++)
        bytes[i] = numbers[i];
      data = g_bytes_new (bytes, n);
      return anf_tensor_new (ANF_U8, type->rank, dim, data);
    }
  return anf_tensor_new_floats (type->rank, dim, numbers);
}

static void
dump (AnfGraph *graph, const char *name, double lo, double hi)
{
  g_autofree char *stem = g_build_filename (folder, name, NULL);
  g_autofree char *in = g_strconcat (stem, ".in.npz", NULL);
  g_autofree char *out = g_strconcat (stem, ".out.npz", NULL);
  g_autofree char *document = g_strconcat (stem, ".anf", NULL);
  g_autoptr(AnfTensors) given = anf_tensors_new (), fed = NULL, outputs = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(GError) error = NULL;
  AnfOptions options;

  anf_options_init (&options, graph);
  options.numerics = ANF_NUMERICS_FP32;
  options.settings.opt = "0";
  options.settings.compress = ANF_FP16;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < anf_program_n_inputs (program); i++)
    {
      AnfType type;
      const char *port = anf_program_nth_input (program, i, &type);
      g_autoptr(AnfTensor) tensor = draw (&type, lo, hi, 7 + i);

      anf_tensors_add (given, port, tensor);
    }
  outputs = anf_program_run (program, given, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (anf_graph_save_with_weights (graph, document, &error));
  g_assert_true (anf_npz_save (in, given, &error));
  g_assert_true (anf_npz_save (out, outputs, &error));
}

/* ---------------------------------------------------------------- rows and documents */

/* Constants are no segment by themselves, and truth values no output of a program of the engine. */
static AnfGraph *
whole_sample (const AnfOp *op, const char *init)
{
  AnfGraph *graph = sample_graph (op, init);

  return op->source && op->feed == NULL ? read_by_sum (graph) : graph;
}

static void
test_row (gconstpointer data)
{
  const AnfOp *op = data;
  g_autoptr(AnfGraph) graph = whole_sample (op, op->sample.lo > 0 ? "ones" : "uniform");
  g_autofree char *path = g_strdup_printf ("%s/%s.onnx", folder, op->name);

  same_again (graph, path, FALSE);
}

static void
dump_rows (void)
{
  const AnfOp *op;

  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    {
      g_autoptr(AnfGraph) graph = whole_sample (op, op->sample.lo > 0 ? "ones" : "uniform");
      g_autofree char *path = g_strdup_printf ("%s/%s.onnx", folder, op->name);

      same_again (graph, path, FALSE);
      dump (graph, op->name, op->sample.lo, op->sample.hi);
    }
}

/* @word: "NAME=path" */
static void
document (const char *word, gboolean dumped)
{
  const char *path = strchr (word, '=') + 1;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_load (path, &error);
  g_autofree char *name = g_strndup (word, path - word - 1);
  g_autofree char *model = g_strdup_printf ("%s/%s.onnx", folder, name);

  g_assert_no_error (error);
  same_again (graph, model, FALSE);
  if (dumped)
    dump (graph, name, -1, 1);
}

static void
test_document (gconstpointer word)
{
  document (word, FALSE);
}

/* ---------------------------------------------------------------- what a document may be */

/* Inputs after what reads them, two names for one value, an input and a constant as outputs, an
 * output called like an input, a node that nobody needs, groups, a node with an own encoding, names
 * of another model, a weight read twice. */
static const char odd[] =
  "{\"aneforge\": 1, \"title\": \"Odd\", \"nodes\": ["
  "{\"id\": 9, \"op\": \"linear\", \"name\": \"fc\", \"in\": {\"x\": \"b\"},"
  " \"weights\": {\"weight\": \"w\", \"bias\": \"v\"}, \"compress\": {\"weight\": \"int8\"},"
  " \"group\": \"head/last\", \"onnx_name\": \"/head/last/Gemm\"},"
  "{\"id\": 4, \"op\": \"split\", \"name\": \"parts\", \"in\": {\"x\": \"fc\"},"
  " \"attrs\": {\"num_splits\": 2, \"axis\": -1}},"
  "{\"id\": 1, \"op\": \"input\", \"name\": \"a\", \"attrs\": {\"shape\": [2, 4],"
  " \"max_abs\": 3}},"
  "{\"id\": 2, \"op\": \"input\", \"name\": \"b\", \"attrs\": {\"shape\": [2, 3]}},"
  "{\"id\": 3, \"op\": \"const\", \"name\": \"c\", \"weights\": {\"value\": \"v\"}},"
  "{\"id\": 5, \"op\": \"add\", \"name\": \"sum\", \"in\": {\"x\": \"a\", \"y\": \"c\"}},"
  "{\"id\": 6, \"op\": \"gelu\", \"name\": \"idle\", \"in\": {\"x\": \"c\"}},"
  "{\"id\": 7, \"op\": \"image_input\", \"name\": \"img\", \"attrs\":"
  " {\"shape\": [1, 2, 2, 2], \"scale\": [0.5, 0.25]}}],"
  "\"outputs\": {\"b\": \"sum\", \"first\": \"parts:1\", \"again\": \"parts:1\", \"in\": \"a\","
  " \"k\": \"c\", \"picture\": \"img\", \"zero\": \"parts:0\"},"
  "\"weights\": {\"w\": {\"shape\": [4, 3], \"values\": [1,2,3,4,5,6,7,8,9,10,11,12]},"
  " \"v\": {\"shape\": [4], \"values\": [0.5, -1, 2, 0.1]}},"
  "\"compile\": {\"target\": \"h13\", \"opt\": \"2\", \"compress\": \"auto\", \"atol\": 0.25,"
  " \"block_size\": 16}, \"onnx_name\": {\"first\": \"first.1\"}}";

static AnfGraph *
odd_graph (void)
{
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_parse (odd, strlen (odd), NULL, &error);

  g_assert_no_error (error);
  return graph;
}

static void
test_odd (void)
{
  g_autoptr(AnfGraph) graph = odd_graph ();
  g_autofree char *path = g_build_filename (folder, "odd.onnx", NULL);

  same_again (graph, path, FALSE);
}

/* Weights keep the kind of number they have in their file. */
static void
test_kinds (void)
{
  static const AnfDtype kinds[] = { ANF_F16, ANF_F32, ANF_F64, ANF_BF16, ANF_I8, ANF_U8, ANF_I32 };
  g_autofree char *path = g_build_filename (folder, "kinds.onnx", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr(AnfGraph) base = odd_graph (), graph = NULL;
      AnfGraphBuilder *builder = anf_graph_builder_new (base);
      gsize size = 12 * anf_dtype_size (kinds[i]);
      g_autofree guint8 *numbers = g_malloc0 (size);
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(AnfTensor) tensor = NULL;
      g_autoptr(AnfWeight) weight = NULL;
      g_autoptr(AnfReport) report = NULL;

      numbers[1] = numbers[size - 1] = 60;
      bytes = g_bytes_new (numbers, size);
      tensor = anf_tensor_new (kinds[i], 2, (gint64[]) { 4, 3 }, bytes);
      weight = anf_weight_new_values ("w", tensor);
      anf_graph_builder_put_weight (builder, weight);
      graph = anf_graph_builder_end (builder, NULL);
      report = anf_check (graph, NULL);
      if (anf_report_ok (report))
        same_again (graph, path, FALSE);
      else
        g_assert_cmpuint (i, >=, 4);         /* no weight of such numbers is taken */
    }
}

/* Numbers beside the model are the same numbers; a small one stays inside. */
static void
test_beside (void)
{
  static const char text[] =
    "{\"aneforge\": 1, \"nodes\": [{\"id\": 1, \"op\": \"input\", \"name\": \"x\","
    " \"attrs\": {\"shape\": [2, 300]}}, {\"id\": 2, \"op\": \"linear\", \"name\": \"fc\","
    " \"in\": {\"x\": \"x\"}, \"weights\": {\"weight\": \"w\", \"bias\": \"b\"}}],"
    " \"outputs\": {\"y\": \"fc\"}, \"weights\": {\"w\": {\"init\": \"normal\", \"shape\":"
    " [7, 300]}, \"b\": {\"init\": \"ones\", \"shape\": [7]}}}";
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, NULL);
  g_autofree char *path = g_build_filename (folder, "beside.onnx", NULL);
  g_autofree char *data = g_strconcat (path, ".data", NULL);
  GStatBuf model, numbers;

  same_again (graph, path, TRUE);
  g_assert_cmpint (g_stat (path, &model), ==, 0);
  g_assert_cmpint (g_stat (data, &numbers), ==, 0);
  g_assert_cmpint (numbers.st_size, ==, 3 * 4096);   /* 7 times 300 numbers of 4 bytes, padded */
  g_assert_cmpint (model.st_size, <, 7 * 300 * 4);
}

/* A model that another program changed says what it says in ONNX: here a kernel's border. */
static void
test_changed (void)
{
  const AnfOp *op = anf_op_lookup ("elu");
  g_autoptr(AnfGraph) graph = sample_graph (op, "uniform"), again = NULL;
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autofree char *path = g_build_filename (folder, "changed.onnx", NULL), *bytes = NULL;
  g_autoptr(GError) error = NULL;
  const char word[] = { 'a', 'l', 'p', 'h', 'a', 0x15 };      /* its name, and tag 2 */
  float alpha = 0.75;
  guint n_unmapped;
  gsize size;
  char *at;

  g_assert_true (anf_onnx_save (report, path, FALSE, &error));
  g_assert_true (g_file_get_contents (path, &bytes, &size, &error));
  at = memmem (bytes, size, word, sizeof word);
  g_assert_nonnull (at);
  memcpy (at + sizeof word, &alpha, sizeof alpha);
  g_assert_true (g_file_set_contents (path, bytes, size, &error));
  again = read_back (path, &n_unmapped);
  g_assert_cmpuint (n_unmapped, ==, 0);
  g_assert_cmpfloat (anf_node_real (anf_graph_find_name (again, "n"), "alpha"), ==, 0.75);
}

/* What it says of itself may be damaged as well: then it is read as ONNX. */
static void
test_damaged (void)
{
  g_autoptr(AnfGraph) graph = odd_graph ();
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autofree char *path = g_build_filename (folder, "damaged.onnx", NULL), *bytes = NULL;
  g_autoptr(GError) error = NULL;
  static const char *const places[] = { "'opt'", "'shape'", "[0]", "<'auto'>" };
  gsize size;

  g_assert_true (anf_onnx_save (report, path, FALSE, &error));
  g_assert_true (g_file_get_contents (path, &bytes, &size, &error));
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    for (const char *c = "\xff{\"9"; *c != '\0'; c++)
      {
        g_autofree char *copy = g_memdup2 (bytes, size);
        g_autoptr(AnfGraph) again = NULL;
        char *at = memmem (copy, size, places[i], strlen (places[i]));
        guint n_unmapped;

        g_assert_nonnull (at);
        at[1] = *c;
        g_assert_true (g_file_set_contents (path, copy, size, &error));
        again = read_back (path, &n_unmapped);
        g_assert_cmpuint (anf_graph_n_outputs (again), ==, anf_graph_n_outputs (graph));
      }
}

/* What is no operator is named, with its node; an errant document, and one without outputs, are
 * not written. */
static void
test_refused (void)
{
  static const struct { const char *text; AnfErrorCode code; const char *says; } cases[] = {
    { "{\"aneforge\": 1, \"nodes\": [{\"id\": 1, \"op\": \"onnx:NonZero\", \"name\": \"q\"}],"
      " \"outputs\": {\"y\": \"q\"}}", ANF_ERROR_COMPILE, "onnx:NonZero" },
    { "{\"aneforge\": 1, \"nodes\": [{\"id\": 1, \"op\": \"relu\", \"name\": \"q\"}],"
      " \"outputs\": {\"y\": \"q\"}}", ANF_ERROR_REFUSED, "errors" },
    { "{\"aneforge\": 1, \"nodes\": [{\"id\": 1, \"op\": \"input\", \"name\": \"q\","
      " \"attrs\": {\"shape\": [1]}}]}", ANF_ERROR_REFUSED, "errors" },
  };
  g_autofree char *path = g_build_filename (folder, "refused.onnx", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(AnfGraph) graph = anf_document_parse (cases[i].text, strlen (cases[i].text), NULL,
                                                      &error);
      g_autoptr(AnfReport) report = NULL;

      g_assert_no_error (error);
      report = anf_check (graph, NULL);
      g_assert_false (anf_onnx_save (report, path, FALSE, &error));
      g_assert_error (error, ANF_ERROR, (int) cases[i].code);
      g_assert_nonnull (strstr (error->message, cases[i].says));
      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    }
}

static void
clear_folder (void)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  gboolean dumped = argc > 2 && g_str_equal (argv[1], "--dump");
  const AnfOp *op;
  int result = 0;

  if (dumped)
    {
      folder = argv[2];
      dump_rows ();
      for (int i = 3; i < argc; i++)
        document (argv[i], TRUE);
      return 0;
    }
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("write-XXXXXX", NULL);
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    {
      g_autofree char *name = g_strdup_printf ("/onnx/write/row/%s", op->name);

      g_test_add_data_func (name, op, test_row);
    }
  for (int i = 1; i < argc; i++)
    {
      g_autofree char *stem = g_strndup (argv[i], strcspn (argv[i], "="));
      g_autofree char *name = g_strdup_printf ("/onnx/write/document/%s", stem);

      g_test_add_data_func (name, argv[i], test_document);
    }
  g_test_add_func ("/onnx/write/odd", test_odd);
  g_test_add_func ("/onnx/write/kinds", test_kinds);
  g_test_add_func ("/onnx/write/beside", test_beside);
  g_test_add_func ("/onnx/write/changed", test_changed);
  g_test_add_func ("/onnx/write/damaged", test_damaged);
  g_test_add_func ("/onnx/write/refused", test_refused);
  result = g_test_run ();
  clear_folder ();
  return result;
}
