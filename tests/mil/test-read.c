/* test-read.c - what is written as MIL comes back as the graph it was: the same text when written
 * again, and the same numbers bit for bit. */
#include "sample.h"

#include <glib/gstdio.h>
#include <string.h>

typedef gboolean (*Save) (const AnfProgram *program, const char *path, GError **error);

typedef struct { const char *suffix; Save save; } Format;
static const Format text = { "mil", anf_mil_save }, package = { "mlpackage", anf_mlpackage_save };

static char *place;

static AnfProgram *
compile (AnfGraph *graph, const char *opt)
{
  g_autoptr(GError) error = NULL;
  AnfOptions options;
  AnfProgram *program;

  anf_options_init (&options, graph);
  options.settings.opt = opt;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return program;
}

static AnfImport *
import (const char *path)
{
  g_autoptr(GError) error = NULL;
  AnfImport *result = anf_import (path, NULL, NULL, &error);
  const AnfUnmapped *unmapped;

  g_assert_no_error (error);
  for (guint i = 0; (unmapped = anf_import_nth_unmapped (result, i)) != NULL; i++)
    g_test_message ("%s %s: %s", unmapped->op, unmapped->name, unmapped->reason);
  g_assert_cmpuint (anf_import_n_unmapped (result), ==, 0);
  return result;
}

static AnfTensors *
run (AnfProgram *program)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) inputs = anf_feed (program, NULL, TRUE, 3, &error);
  AnfTensors *outputs;

  g_assert_no_error (error);
  outputs = anf_program_run (program, inputs, NULL, NULL, &error);
  g_assert_no_error (error);
  return outputs;
}

static void
assert_same_numbers (AnfProgram *one, AnfProgram *other)
{
  g_autoptr(AnfTensors) a = run (one), b = run (other);

  g_assert_cmpuint (anf_tensors_n (a), ==, anf_tensors_n (b));
  for (guint i = 0; i < anf_tensors_n (a); i++)
    {
      const char *name = anf_tensors_nth_name (a, i);
      g_autoptr(AnfTensor) x = anf_tensors_get (a, name, NULL);
      g_autoptr(AnfTensor) y = anf_tensors_get (b, name, NULL);

      g_assert_nonnull (y);
      g_assert_true (g_bytes_equal (anf_tensor_bytes (x), anf_tensor_bytes (y)));
    }
}

static char *
file_of (const char *stem, const char *suffix)
{
  g_autofree char *name = g_strconcat (stem, ".", suffix, NULL);

  return g_build_filename (place, name, NULL);
}

static char *
save (const Format *format, const AnfProgram *program, const char *stem)
{
  char *path = file_of (stem, format->suffix);
  g_autoptr(GError) error = NULL;

  format->save (program, path, &error);
  g_assert_no_error (error);
  return path;
}

/* The text, with the name of its weights as if it were the first one's. */
static char *
text_of (const char *path)
{
  g_autofree char *words = NULL;
  g_autoptr(GString) all = NULL;
  g_autoptr(GError) error = NULL;

  g_file_get_contents (path, &words, NULL, &error);
  g_assert_no_error (error);
  all = g_string_new (words);
  g_string_replace (all, "second.bin", "first.bin", 0);
  return g_string_free (g_steal_pointer (&all), FALSE);
}

static void
assert_same_file (const char *one, const char *other)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *a = NULL, *b = NULL;
  gsize n, m;

  g_file_get_contents (one, &a, &n, &error);
  g_assert_no_error (error);
  g_file_get_contents (other, &b, &m, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (a, n, b, m);
}

static void
assert_same_files (const Format *format, const char *first, const char *second)
{
  g_autofree char *a = NULL, *b = NULL;

  if (format == &text)
    {
      a = text_of (first);
      b = text_of (second);
      g_assert_cmpstr (a, ==, b);
      return;
    }
  a = g_build_filename (first, "Data/com.apple.CoreML/model.mlmodel", NULL);
  b = g_build_filename (second, "Data/com.apple.CoreML/model.mlmodel", NULL);
  assert_same_file (a, b);
}

static void
go_round (const Format *format, AnfGraph *graph, const char *opt, gboolean same_files)
{
  g_autoptr(AnfProgram) program = compile (graph, opt), again = NULL;
  g_autofree char *first = save (format, program, "first"), *second = NULL;
  g_autoptr(AnfImport) back = import (first);

  again = compile (anf_import_graph (back), opt);
  second = save (format, again, "second");
  if (same_files)
    assert_same_files (format, first, second);
  assert_same_numbers (program, again);
}

/* Numbers that a row's roles may have. The gamma of an RMS norm is written times a root, rounded:
 * of many numbers it comes back as a neighbour that is written so, too. */
static AnfGraph *
graph_of (const AnfOp *op)
{
  gboolean ones = op->sample.lo >= 0 || g_str_equal (op->name, "rms_norm");
  AnfGraph *graph = sample_graph (op, ones ? "ones" : "normal");

  return op->source && op->feed == NULL ? read_by_sum (graph) : graph;
}

static void
test_row_as_text (gconstpointer data)
{
  g_autoptr(AnfGraph) graph = graph_of (data);

  go_round (&text, graph, "routes", TRUE);
}

/* What Core ML has no operator for is several there, and comes back as those. */
static gboolean
is_written_otherwise (const AnfOp *op)
{
  static const char *const names[] = {
    "batch_to_space", "space_to_batch", "topk", "cross_product", "scaled_elementwise",
    "dynamic_slice", "input_view", "minmax_norm", "cross_correlation", "cost_volume",
    "radius_search", NULL,
  };

  return g_strv_contains (names, op->name);
}

/* Fed bytes are fp16 in a package, so other inputs are drawn; a sum written step by step, each step
 * rounded, is not the kernel's. */
static gboolean
is_another (const AnfOp *op)
{
  static const char *const names[] = { "image_input", "cast", "lrn", NULL };

  return g_strv_contains (names, op->name);
}

static void
test_row_as_package (gconstpointer data)
{
  g_autoptr(AnfGraph) graph = graph_of (data);

  go_round (&package, graph, "routes", !is_written_otherwise (data));
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

static void
add_row (const char *format, const AnfOp *op, GTestDataFunc test)
{
  g_autofree char *name = g_strdup_printf ("/mil-read/%s/%s", format, op->name);

  g_test_add_data_func (name, op, test);
}

int
main (int argc, char **argv)
{
  const AnfOp *op;
  int code;

  g_test_init (&argc, &argv, NULL);
  place = g_dir_make_tmp ("mil-read-XXXXXX", NULL);
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    {
      if (op->mil != NULL)
        add_row ("text", op, test_row_as_text);
      if ((op->mil != NULL || op->core_ml != NULL) && !is_another (op))
        add_row ("package", op, test_row_as_package);
    }
  code = g_test_run ();
  remove_all (place);
  g_free (place);
  return code;
}
