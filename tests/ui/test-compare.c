/* test-compare.c - runs and documents side by side, hazards of numbers, one number's sum, what
 * could be instead: as it is shown, and what the user asks for by it. */
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "compare-panel.h"
#include "errors-panel.h"
#include "lens-bar.h"
#include "microscope-card.h"
#include "panels-support.h"
#include "plot.h"
#include "reference-button.h"
#include "run-log.h"
#include "structure-card.h"
#include "what-if.h"

static AnfGraph *
graph_as (const char *encoding)
{
  g_autofree char *text = g_strdup_printf (
    "{ \"aneforge\": 1, \"title\": \"Compared\", \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [4, 64] } },"
    "  { \"id\": 2, \"op\": \"linear\", \"name\": \"l\", \"in\": { \"x\": \"x\" },"
    "    \"weights\": { \"weight\": \"w\" } },"
    "  { \"id\": 3, \"op\": \"sigmoid\", \"name\": \"s\", \"in\": { \"x\": \"l\" } },"
    "  { \"id\": 4, \"op\": \"argmax\", \"name\": \"k\", \"in\": { \"x\": \"s\" } } ],"
    "  \"outputs\": { \"y\": \"k\", \"z\": \"s\" },"
    "  \"weights\": { \"w\": { \"shape\": [32, 64], \"init\": \"normal\", \"seed\": 7 } },"
    "  \"compile\": { \"target\": \"h16s\", \"compress\": \"%s\", \"atol\": 0.9 },"
    "  \"gates\": [ { \"output\": \"z\", \"metric\": \"rel_l2\", \"limit\": 0.2 } ] }", encoding);

  return test_parse (text);
}

static AnfProfile *
run (AnfGraph *graph, AnfGates **gates)
{
  AnfOptions options;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL;
  GError *error = NULL;

  anf_options_init (&options, graph);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  inputs = anf_feed (program, NULL, TRUE, 0, NULL);
  *gates = anf_gates_of (program, NULL, &error);
  g_assert_no_error (error);
  return anf_profile (program, inputs, 5, 1, NULL, &error);
}

static AnfErrors *
errors_of (AnfGraph *graph)
{
  AnfOptions options;
  GError *error = NULL;
  AnfErrors *errors;

  anf_options_init (&options, graph);
  errors = anf_errors_measure (graph, &options, NULL, NULL, &error);
  g_assert_no_error (error);
  return errors;
}

static void
test_two_encodings_are_compared (void)
{
  g_autoptr(AnfGraph) fp16 = graph_as ("fp16"), int8 = graph_as ("int8");
  g_autoptr(AnfGates) gates16 = NULL, gates8 = NULL;
  g_autoptr(AnfProfile) a = run (fp16, &gates16), b = run (int8, &gates8);
  g_autoptr(StudioRunLog) log = studio_run_log_open (fp16, NULL);
  g_autoptr(AnfRecord) last = NULL;
  g_autoptr(AnfGraph) kept = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *weights = NULL;
  PanelTest at;

  g_assert_true (studio_run_log_add (log, a, 1000, &error));
  g_assert_true (studio_run_log_complete (log, a, gates16, &error));
  g_assert_true (studio_run_log_add (log, b, 2000, &error));
  g_assert_true (studio_run_log_complete (log, b, gates8, &error));
  g_assert_no_error (error);
  last = studio_run_log_record (log, 1);
  g_assert_cmpfloat (last->total.median_us, ==, anf_profile_total (b).median_us);
  g_assert_cmpuint (last->gates->len, ==, 1);
  kept = studio_run_log_graph (log, 1);
  g_assert_cmpstr (anf_graph_hash (kept), ==, anf_graph_hash (int8));

  panel_test_begin (&at, studio_compare_panel_new ());
  g_object_set (at.panel, "graph", fp16, NULL);
  test_settle ();
  g_assert_true (studio_compare_panel_pick (STUDIO_COMPARE_PANEL (at.panel), 1, 0));
  g_assert_false (studio_compare_panel_pick (STUDIO_COMPARE_PANEL (at.panel), 2, 0));
  test_settle ();
  /* 2048 numbers of two bytes; of one byte, with a scale for each of 32 rows, and no more. */
  test_await_says (at.panel, "4.00 KiB → 2.");
  test_await_says (at.panel, "1/1 → ");
  test_await_says (at.panel, "3 of 3 rows");
  test_await_says (at.panel, "1 change");
  test_await_says (at.panel, "compile.compress");
  panel_test_end (&at);
}

static void
test_changes_are_gone_through_in_order (void)
{
  g_autoptr(AnfGraph) a = graph_as ("fp16"), b = NULL;
  AnfGraphBuilder *builder = anf_graph_builder_new (a);
  GtkWidget *window = gtk_window_new (), *card = studio_structure_card_new ();

  anf_graph_builder_set_name (builder, 3, "renamed");
  b = anf_graph_builder_end (builder, NULL);
  gtk_window_set_child (GTK_WINDOW (window), card);
  gtk_window_set_default_size (GTK_WINDOW (window), 700, 600);
  gtk_window_present (GTK_WINDOW (window));
  studio_structure_card_show (STUDIO_STRUCTURE_CARD (card), a, b);
  test_settle ();
  /* s is gone, renamed is new; k reads it, z is it. */
  g_assert_cmpuint (studio_structure_card_n (STUDIO_STRUCTURE_CARD (card)), ==, 4);
  test_await_says (card, "removed");
  for (guint i = 0; i < 5; i++)
    studio_structure_card_step (STUDIO_STRUCTURE_CARD (card), i < 4 ? 1 : -1);
  test_settle ();
  studio_structure_card_show (STUDIO_STRUCTURE_CARD (card), a, NULL);
  g_assert_cmpuint (studio_structure_card_n (STUDIO_STRUCTURE_CARD (card)), ==, 0);
  gtk_window_destroy (GTK_WINDOW (window));
  test_settle ();
}

/* A long sum of numbers of both signs, and a square that is beyond fp16. */
static AnfGraph *
hazardous (void)
{
  return test_parse (
    "{ \"aneforge\": 1, \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [2, 1024] } },"
    "  { \"id\": 2, \"op\": \"reduce_sum\", \"name\": \"sum\", \"in\": { \"x\": \"x\" },"
    "    \"attrs\": { \"axes\": [1] } },"
    "  { \"id\": 3, \"op\": \"muls\", \"name\": \"large\", \"in\": { \"x\": \"sum\" },"
    "    \"attrs\": { \"k\": 30000 } },"
    "  { \"id\": 4, \"op\": \"square\", \"name\": \"over\", \"in\": { \"x\": \"large\" } } ],"
    "  \"outputs\": { \"y\": \"over\" }, \"compile\": { \"target\": \"h13\" },"
    "  \"gates\": [ { \"output\": \"y\", \"metric\": \"rel_l2\", \"limit\": 0.1 } ] }");
}

static void
test_the_lens_tells_hazards_and_mends_one (void)
{
  g_autoptr(AnfGraph) graph = hazardous ();
  g_autoptr(AnfReport) report = anf_check (graph, NULL), after = NULL;
  g_autoptr(AnfErrors) errors = errors_of (graph);
  StudioLensState state;
  GtkWidget *mend;
  PanelTest at;

  studio_lens_state_of (STUDIO_LENS_SUM, report, errors, &state);
  g_assert_true (state.known && state.hazard);
  g_assert_cmpuint (state.node, ==, 2);
  studio_lens_state_clear (&state);
  studio_lens_state_of (STUDIO_LENS_INFINITE, report, errors, &state);
  g_assert_true (state.known && state.hazard);
  studio_lens_state_clear (&state);
  studio_lens_state_of (STUDIO_LENS_SLICE, report, errors, &state);
  g_assert_true (state.known && !state.hazard);
  studio_lens_state_clear (&state);
  studio_lens_state_of (STUDIO_LENS_RANGE, report, NULL, &state);
  g_assert_cmpuint (state.node, ==, 0);
  studio_lens_state_clear (&state);

  panel_test_begin (&at, studio_lens_bar_new ());
  g_object_set (at.panel, "graph", graph, "report", report, "errors", errors, NULL);
  test_settle ();
  g_assert_nonnull (test_find (at.panel, GTK_TYPE_BUTTON, "signed sum: sum"));
  mend = gtk_widget_get_last_child (at.panel);
  g_assert_true (gtk_widget_get_visible (mend));
  g_signal_emit_by_name (mend, "clicked");
  g_assert_cmpuint (at.n_edits, ==, 1);
  after = anf_check (at.edited, NULL);
  studio_lens_state_of (STUDIO_LENS_SUM, after, NULL, &state);
  g_assert_false (state.hazard);
  studio_lens_state_clear (&state);
  panel_test_end (&at);
}

static void
test_a_number_is_followed_back (void)
{
  g_autoptr(AnfGraph) graph = graph_as ("fp16");
  g_autoptr(AnfErrors) errors = errors_of (graph);
  g_autoptr(AnfMicroscope) seen = NULL;
  g_autofree char *result = NULL;
  PanelTest at;

  panel_test_begin (&at, studio_microscope_card_new ());
  g_object_set (at.panel, "graph", graph, "errors", errors, NULL);
  panel_test_select (&at, graph, "s");
  test_settle ();
  g_assert_false (test_says (at.panel, "Error microscope"));    /* no sum */
  panel_test_select (&at, graph, "l");
  test_settle ();
  test_await_says (at.panel, "Error microscope");
  studio_microscope_card_look (STUDIO_MICROSCOPE_CARD (at.panel), 5);
  test_await_says (at.panel, "l, element 5 of 128: 64 terms");
  seen = anf_microscope_new (errors, (AnfRef) { 2, 0 }, 5, ANF_ROUND_ALL, NULL);
  result = g_strdup_printf ("device %.7g", seen->result);
  test_await_says (at.panel, result);
  panel_test_end (&at);
}

static void
test_values_of_a_file_take_the_place_of_fp32 (void)
{
  g_autoptr(AnfGraph) graph = graph_as ("fp16");
  g_autoptr(AnfErrors) errors = errors_of (graph);
  g_autoptr(AnfTensors) arrays = anf_tensors_new ();
  g_autofree float *zeros = g_new0 (float, 128);
  g_autoptr(AnfTensor) ones = NULL;
  g_autofree char *folder = g_dir_make_tmp ("aneforge-reference-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "torch.npz", NULL);
  GtkWidget *button;
  PanelTest at;

  for (guint i = 0; i < 128; i++)
    zeros[i] = 1;
  ones = anf_tensor_new_floats (2, (const gint64[]) { 4, 32 }, zeros);
  anf_tensors_add (arrays, "s", ones);
  g_assert_true (anf_npz_save (path, arrays, NULL));
  panel_test_begin (&at, studio_errors_panel_new ());
  g_object_set (at.panel, "graph", graph, "errors", errors, NULL);
  button = g_object_ref_sink (studio_reference_button_new (STUDIO_ERRORS_PANEL (at.panel)));
  test_await_says (at.panel, "relative L2 against fp32");
  studio_reference_button_open (button, path);
  test_await_says (at.panel, "relative L2 against torch.npz");
  g_object_set (at.panel, "errors", NULL, NULL);
  g_object_set (at.panel, "errors", errors, NULL);
  test_await_says (at.panel, "relative L2 against fp32");
  g_object_unref (button);
  panel_test_end (&at);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_what_could_be_is_estimated_before_it_is_done (void)
{
  g_autoptr(AnfGraph) graph = graph_as ("fp16"), without = NULL;
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autoptr(GArray) ids = g_array_new (FALSE, FALSE, sizeof (AnfId));
  g_autoptr(GError) error = NULL;
  AnfId first = 1, middle = 3;
  PanelTest at;

  g_array_append_val (ids, middle);
  without = studio_graph_without (graph, ids, &error);
  g_assert_no_error (error);
  g_assert_null (anf_graph_find (without, 3));
  g_assert_cmpuint (anf_node_input (anf_graph_find (without, 4), 0).node, ==, 2);
  g_assert_cmpuint (anf_graph_n_outputs (without), ==, 2);
  g_array_append_val (ids, first);
  g_assert_null (studio_graph_without (graph, ids, &error));
  g_assert_cmpuint (anf_error_get_node (error), ==, 1);

  panel_test_begin (&at, studio_what_if_new ());
  g_object_set (at.panel, "graph", graph, "report", report, NULL);
  test_await_says (at.panel, "Select an operator");
  panel_test_select (&at, graph, "k");
  test_await_says (at.panel, "without k");
  test_await_says (at.panel, "1, 0 bridges");    /* as it is there are a bridge and its neighbour */
  g_assert_cmpuint (at.n_edits, ==, 0);
  g_assert_false (studio_what_if_apply (STUDIO_WHAT_IF (at.panel), 0));
  g_assert_true (studio_what_if_apply (STUDIO_WHAT_IF (at.panel), 1));
  g_assert_cmpuint (at.n_edits, ==, 1);
  g_assert_null (anf_graph_find (at.edited, 4));
  g_assert_cmpstr (at.label, ==, "without k");
  panel_test_end (&at);
}

int
main (int argc, char **argv)
{
  g_autofree char *home = g_dir_make_tmp ("aneforge-compare-XXXXXX", NULL);
  g_autofree char *clean = g_strdup_printf ("rm -r '%s'", home);
  int result;

  g_setenv ("XDG_DATA_HOME", home, TRUE);
  gtk_test_init (&argc, &argv);
  g_test_add_func ("/compare/encodings", test_two_encodings_are_compared);
  g_test_add_func ("/compare/structure", test_changes_are_gone_through_in_order);
  g_test_add_func ("/lens/hazards", test_the_lens_tells_hazards_and_mends_one);
  g_test_add_func ("/microscope/card", test_a_number_is_followed_back);
  g_test_add_func ("/reference/file", test_values_of_a_file_take_the_place_of_fp32);
  g_test_add_func ("/what-if/forms", test_what_could_be_is_estimated_before_it_is_done);
  result = g_test_run ();
  g_assert_cmpint (system (clean), ==, 0);
  return result;
}
