/* test-examples.c - the documents that come along are what their README says. */
#include <string.h>

#include "anf.h"

static char *folder;

static AnfGraph *
load (const char *name, char **text)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_build_filename (folder, name, NULL);
  AnfGraph *graph = anf_document_load (path, &error);

  g_assert_no_error (error);
  if (text != NULL)
    g_file_get_contents (path, text, NULL, &error);
  g_assert_no_error (error);
  return graph;
}

/* Saving an example that nobody changed changes nothing. */
static void
test_saving_changes_nothing (gconstpointer name)
{
  g_autofree char *text = NULL;
  g_autoptr(AnfGraph) graph = load (name, &text);
  g_autofree char *again = anf_document_text (graph, folder);

  g_assert_cmpstr (again, ==, text);
}

static void
test_has_no_finding (gconstpointer name)
{
  g_autoptr(AnfGraph) graph = load (name, NULL);
  g_autoptr(AnfReport) report = anf_check (graph, NULL);

  g_assert_true (anf_report_ok (report));
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    g_assert_cmpint (anf_report_nth_finding (report, i)->severity, ==, ANF_HINT);
}

static void
test_the_mistake_is_at_c2 (void)
{
  g_autoptr(AnfGraph) graph = load ("shape-error.anf", NULL);
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  const AnfFinding *finding = anf_report_nth_finding (report, 0);

  g_assert_false (anf_report_ok (report));
  g_assert_cmpuint (anf_report_n_findings (report), ==, 1);
  g_assert_cmpstr (anf_node_name (anf_graph_find (graph, finding->node)), ==, "c2");
  g_assert_nonnull (strstr (finding->message, "16"));
  g_assert_nonnull (strstr (finding->message, "8"));
}

/* The one value of an output that is compared with a label. */
static guint
count_right (AnfTensors *outputs, AnfTensor *label)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensor) digit = anf_tensors_get (outputs, "digit", &error);
  gsize n = anf_tensor_elements (label);
  g_autofree float *given = g_new (float, n);
  g_autofree float *found = g_new (float, n);
  guint right = 0;

  g_assert_no_error (error);
  g_assert_cmpuint (anf_tensor_elements (digit), ==, n);
  anf_tensor_read (label, 0, n, given);
  anf_tensor_read (digit, 0, n, found);
  for (gsize i = 0; i < n; i++)
    right += given[i] == found[i];
  return right;
}

/* 997 is what an evaluation in numpy, in double precision, gets (make-examples.py). */
static void
test_digits_are_read (gconstpointer name)
{
  AnfEncoding compress;
  AnfOptions options;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = load ("mnist-cnn.anf", NULL);
  g_autofree char *path = g_build_filename (folder, "mnist-digits.npz", NULL);
  g_autoptr(AnfTensors) digits = anf_tensors_open (path, &error);
  g_autoptr(AnfTensors) given = anf_tensors_new ();
  g_autoptr(AnfTensor) image = NULL, label = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL, outputs = NULL;

  g_assert_no_error (error);
  g_assert_true (anf_encoding_from_name (name, &compress));
  anf_options_init (&options, graph);
  options.settings.compress = compress;
  image = anf_tensors_get (digits, "image", &error);
  g_assert_no_error (error);
  label = anf_tensors_get (digits, "label", &error);
  g_assert_no_error (error);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  anf_tensors_add (given, "image", image);
  inputs = anf_feed (program, given, FALSE, 0, &error);
  g_assert_no_error (error);
  outputs = anf_program_run (program, inputs, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_right (outputs, label), >=, 997 - 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  folder = argv[1];

  g_test_add_data_func ("/examples/saving-the-digits-changes-nothing", "mnist-cnn.anf",
                        test_saving_changes_nothing);
  g_test_add_data_func ("/examples/saving-the-encoder-changes-nothing", "encoder-block.anf",
                        test_saving_changes_nothing);
  g_test_add_data_func ("/examples/saving-the-mistake-changes-nothing", "shape-error.anf",
                        test_saving_changes_nothing);
  g_test_add_data_func ("/examples/the-digits-have-no-finding", "mnist-cnn.anf",
                        test_has_no_finding);
  g_test_add_data_func ("/examples/the-encoder-has-no-finding", "encoder-block.anf",
                        test_has_no_finding);
  g_test_add_func ("/examples/the-mistake-is-at-c2", test_the_mistake_is_at_c2);
  g_test_add_data_func ("/examples/digits-are-read-with-fp16-weights", "fp16",
                        test_digits_are_read);
  g_test_add_data_func ("/examples/digits-are-read-with-int8-weights", "int8",
                        test_digits_are_read);
  return g_test_run ();
}
