/* test-snippet.c - each snippet is a network without an error that keeps the shape it is given. */
#include "snippet.h"

#include <string.h>

static AnfGraph *
with_input (guint rank, const gint64 *shape, AnfId *input)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);

  *input = anf_graph_builder_add (b, anf_op_lookup ("input"));
  anf_graph_builder_set_attr (b, *input, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape, rank,
                                                         sizeof *shape));
  return anf_graph_builder_end (b, NULL);
}

/* The graph with the snippet behind its input, checked; its last value is an output. */
static AnfReport *
check (AnfGraph *graph, const char *name, AnfId input, const AnfType *type, AnfRef *last)
{
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  g_autoptr(GArray) ids = studio_snippet_build (name, b, (AnfRef) { input, 0 }, type, 0, 0);
  g_autoptr(AnfGraph) made = NULL;
  g_autoptr(GError) error = NULL;

  *last = (AnfRef) { g_array_index (ids, AnfId, ids->len - 1), 0 };
  anf_graph_builder_set_output (b, "y", *last);
  made = anf_graph_builder_end (b, &error);
  g_assert_no_error (error);
  return anf_check (made, NULL);
}

static void
assert_no_error (AnfReport *report)
{
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      if (finding->severity == ANF_ERROR_FINDING)
        g_error ("%s: %s", finding->code, finding->message);
    }
  g_assert_true (anf_report_ok (report));
}

static const struct { const char *name; guint rank; gint64 shape[4]; } fitting[] = {
  { "conv-bn-relu", 4, { 1, 16, 8, 8 } }, { "conv-bn-relu", 4, { 2, 3, 5, 7 } },
  { "residual", 4, { 1, 16, 8, 8 } }, { "residual", 4, { 1, 1, 3, 3 } },
  { "mlp", 2, { 64, 128 } }, { "mlp", 3, { 2, 8, 48 } },
  { "attention", 2, { 32, 128 } }, { "attention", 3, { 1, 16, 64 } }, { "attention", 2, { 8, 48 } },
  { "decoder", 2, { 32, 128 } }, { "decoder", 2, { 16, 48 } },
};

static void
test_snippet_follows_what_fits_and_keeps_its_shape (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (fitting); i++)
    {
      AnfId input;
      g_autoptr(AnfGraph) graph = with_input (fitting[i].rank, fitting[i].shape, &input);
      g_autoptr(AnfReport) before = anf_check (graph, NULL), report = NULL;
      const AnfType *type = anf_report_type (before, input, 0);
      AnfRef last;

      g_test_message ("%s of rank %u", fitting[i].name, fitting[i].rank);
      g_assert_true (studio_snippet_fits (fitting[i].name, type));
      report = check (graph, fitting[i].name, input, type, &last);
      assert_no_error (report);
      g_assert_true (anf_type_equal (anf_report_type (report, last.node, 0), type));
    }
}

static void
test_snippet_brings_its_input_where_nothing_fits (void)
{
  const StudioSnippet *snippet;

  for (guint i = 0; (snippet = studio_snippet_nth (i)) != NULL; i++)
    {
      g_autoptr(AnfReport) report = NULL;
      AnfRef last;

      g_assert_true (studio_snippet_lookup (snippet->name) == snippet);
      report = check (NULL, snippet->name, 0, NULL, &last);
      assert_no_error (report);
      /* One step of undo away from an empty graph, and all of it random but fixed. */
      g_assert_cmpuint (anf_graph_n_weights (anf_report_graph (report)), >, 0);
    }
  g_assert_null (studio_snippet_lookup ("nothing"));
}

static void
test_twice_the_same_snippet_makes_two (void)
{
  AnfId input;
  g_autoptr(AnfGraph) graph = with_input (4, (gint64[]) { 1, 8, 4, 4 }, &input);
  g_autoptr(AnfReport) before = anf_check (graph, NULL), once = NULL, twice = NULL;
  const AnfType *type = anf_report_type (before, input, 0);
  AnfRef last, end;

  once = check (graph, "residual", input, type, &last);
  twice = check (anf_report_graph (once), "residual", last.node,
                 anf_report_type (once, last.node, 0), &end);
  assert_no_error (twice);
  g_assert_cmpuint (anf_graph_n_nodes (anf_report_graph (twice)), ==, 1 + 5 + 5);
  g_assert_cmpuint (anf_graph_n_weights (anf_report_graph (twice)), ==, 4 + 4);
}

static void
test_own_snippets_are_kept_renamed_and_removed (void)
{
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) none = studio_snippet_kept (), two = NULL, renamed = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpuint (g_strv_length (none), ==, 0);
  g_assert_true (studio_snippet_keep ("My block / 2", "{}", &error));
  g_assert_true (studio_snippet_keep ("Another", "[]", &error));
  two = studio_snippet_kept ();
  g_assert_cmpuint (g_strv_length (two), ==, 2);
  g_assert_cmpstr (two[0], ==, "Another");
  g_assert_cmpstr (two[1], ==, "My block / 2");
  text = studio_snippet_read ("My block / 2", &error);
  g_assert_cmpstr (text, ==, "{}");

  /* A name that is taken is not taken away from the other. */
  g_assert_false (studio_snippet_rename ("My block / 2", "Another", &error));
  g_clear_error (&error);
  g_assert_true (studio_snippet_rename ("My block / 2", "Größe", &error));
  g_assert_true (studio_snippet_drop ("Another", &error));
  renamed = studio_snippet_kept ();
  g_assert_cmpuint (g_strv_length (renamed), ==, 1);
  g_assert_cmpstr (renamed[0], ==, "Größe");
  g_assert_null (studio_snippet_read ("Another", &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_true (studio_snippet_drop ("Größe", &error));
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = g_dir_make_tmp ("aneforge-test-XXXXXX", NULL);

  /* Nothing of the user's is read or written. */
  g_assert_true (g_setenv ("XDG_DATA_HOME", folder, TRUE));
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/snippet/follows-what-fits-and-keeps-its-shape",
                   test_snippet_follows_what_fits_and_keeps_its_shape);
  g_test_add_func ("/snippet/brings-its-input-where-nothing-fits",
                   test_snippet_brings_its_input_where_nothing_fits);
  g_test_add_func ("/snippet/twice-the-same-makes-two", test_twice_the_same_snippet_makes_two);
  g_test_add_func ("/snippet/own-ones-are-kept-renamed-and-removed",
                   test_own_snippets_are_kept_renamed_and_removed);
  return g_test_run ();
}
