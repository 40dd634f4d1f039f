/* test-panels.c - what the panels show of a graph and a run, and what they ask for. */
#include "accuracy-panel.h"
#include "compress-panel.h"
#include "encoding-cell.h"
#include "encoding-totals.h"
#include "findings-panel.h"
#include "format.h"
#include "gate-card.h"
#include "outline.h"
#include "panels-support.h"
#include "profile-panel.h"
#include "status-strip.h"

/* The row (of whatever list) with this accessible name; a failure if it does not come. */
static GtkWidget *
find_row (PanelTest *at, const char *name)
{
  return test_await (at->panel, GTK_TYPE_WIDGET, name);
}

/* ------------------------------------------------------------------------ outline */

static void
test_the_outline_names_its_rows (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  AnfReport *report = anf_check (graph, NULL);
  PanelTest at;

  panel_test_begin (&at, studio_outline_new ());
  g_object_set (at.panel, "graph", graph, "report", report, NULL);
  find_row (&at, "c1, conv, 1×2×8×8");
  find_row (&at, "r1, relu, 1×2×8×8");
  panel_test_end (&at);
  anf_report_unref (report);
}

static void
test_the_outline_follows_the_selection_and_leads_it (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  GtkSelectionModel *model;
  GtkWidget *view;
  g_autoptr(GtkBitset) selected = NULL;
  g_autoptr(GArray) ids = NULL;
  PanelTest at;

  panel_test_begin (&at, studio_outline_new ());
  g_object_set (at.panel, "graph", graph, NULL);
  view = test_find (at.panel, GTK_TYPE_COLUMN_VIEW, NULL);
  model = gtk_column_view_get_model (GTK_COLUMN_VIEW (view));
  panel_test_select (&at, graph, "r1");
  selected = gtk_selection_model_get_selection (model);
  g_assert_cmpuint (gtk_bitset_get_size (selected), ==, 1);
  g_assert_cmpuint (gtk_bitset_get_nth (selected, 0), ==, 2);
  gtk_selection_model_select_item (model, 1, TRUE);
  g_object_get (at.panel, "selection", &ids, NULL);
  g_assert_cmpuint (ids->len, ==, 1);
  g_assert_cmpuint (g_array_index (ids, AnfId, 0), ==, 2);
  panel_test_end (&at);
}

static void
test_rows_of_the_outline_stay_while_values_change (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph (), renamed = NULL;
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  GListModel *rows;
  g_autoptr(GObject) before = NULL, after = NULL;
  PanelTest at;

  panel_test_begin (&at, studio_outline_new ());
  g_object_set (at.panel, "graph", graph, NULL);
  rows = G_LIST_MODEL (gtk_column_view_get_model
                         (GTK_COLUMN_VIEW (test_find (at.panel, GTK_TYPE_COLUMN_VIEW, NULL))));
  before = g_list_model_get_item (rows, 1);
  anf_graph_builder_set_name (b, 2, "first");
  renamed = anf_graph_builder_end (b, NULL);
  g_object_set (at.panel, "graph", renamed, NULL);
  after = g_list_model_get_item (rows, 1);
  g_assert_true (before == after);
  find_row (&at, "first, conv, –");
  panel_test_end (&at);
}

static void
test_the_outline_deletes_what_is_selected (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  PanelTest at;

  panel_test_begin (&at, studio_outline_new ());
  g_object_set (at.panel, "graph", graph, NULL);
  panel_test_select (&at, graph, "c1");
  test_press (test_find (at.panel, GTK_TYPE_COLUMN_VIEW, NULL), GDK_KEY_Delete);
  g_assert_cmpuint (at.n_edits, ==, 1);
  g_assert_cmpstr (at.label, ==, "Delete c1");
  g_assert_null (anf_graph_find_name (at.edited, "c1"));
  g_assert_cmpuint (anf_graph_n_nodes (at.edited), ==, 2);
  panel_test_end (&at);
}

static void
test_the_outline_renames_in_place (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  GtkWidget *entry;
  PanelTest at;

  panel_test_begin (&at, studio_outline_new ());
  g_object_set (at.panel, "graph", graph, NULL);
  panel_test_select (&at, graph, "c1");
  studio_outline_rename (STUDIO_OUTLINE (at.panel));
  entry = test_await (at.panel, GTK_TYPE_ENTRY, "New name");
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==, "c1");
  test_enter (entry, "r1");
  g_assert_cmpuint (at.n_edits, ==, 0);
  g_assert_true (test_says (at.panel, "“r1” is taken"));
  test_enter (entry, "first");
  g_assert_cmpuint (at.n_edits, ==, 1);
  g_assert_cmpstr (at.label, ==, "Rename c1 to first");
  panel_test_end (&at);
}

static void
test_the_filter_of_the_outline_keeps_the_selection (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(GArray) ids = NULL;
  GtkWidget *search;
  GListModel *rows;
  PanelTest at;

  panel_test_begin (&at, studio_outline_new ());
  g_object_set (at.panel, "graph", graph, NULL);
  panel_test_select (&at, graph, "c1");
  rows = G_LIST_MODEL (gtk_column_view_get_model
                         (GTK_COLUMN_VIEW (test_find (at.panel, GTK_TYPE_COLUMN_VIEW, NULL))));
  search = test_find (at.panel, GTK_TYPE_SEARCH_ENTRY, NULL);
  gtk_editable_set_text (GTK_EDITABLE (search), "RELU");
  g_signal_emit_by_name (search, "search-changed");
  g_assert_cmpuint (g_list_model_get_n_items (rows), ==, 1);
  g_object_get (at.panel, "selection", &ids, NULL);
  g_assert_cmpuint (ids->len, ==, 1);
  g_assert_cmpuint (g_array_index (ids, AnfId, 0), ==, 2);
  panel_test_end (&at);
}

/* ------------------------------------------------------------------------ findings */

static void
test_findings_are_listed_and_lead_to_their_node (void)
{
  g_autoptr(AnfGraph) graph = test_parse (
    "{ \"aneforge\": 1, \"nodes\": ["
    "  { \"id\": 5, \"op\": \"relu\", \"name\": \"r\" } ], \"outputs\": { \"y\": \"r\" },"
    "  \"next_id\": 6 }");
  AnfReport *report = anf_check (graph, NULL);
  const AnfFinding *finding = NULL;
  g_autofree char *row = NULL;
  PanelTest at;

  for (guint i = 0; i < anf_report_n_findings (report); i++)
    if (anf_report_nth_finding (report, i)->severity == ANF_ERROR_FINDING
        && anf_report_nth_finding (report, i)->node == 5)
      finding = anf_report_nth_finding (report, i);
  g_assert_nonnull (finding);
  panel_test_begin (&at, studio_findings_panel_new ());
  g_assert_true (test_says (at.panel, "Not checked yet"));
  g_object_set (at.panel, "graph", graph, "report", report, NULL);
  test_await_says (at.panel, finding->message);
  test_await_says (at.panel, finding->code);
  /* Errors are listed first. */
  studio_findings_panel_next (STUDIO_FINDINGS_PANEL (at.panel), 1);
  g_assert_cmpuint (at.shown, ==, 5);
  at.shown = 0;
  g_signal_emit_by_name (test_find (at.panel, GTK_TYPE_LIST_VIEW, NULL), "activate", 0);
  g_assert_cmpuint (at.shown, ==, 5);
  panel_test_end (&at);
  anf_report_unref (report);
}

static void
test_a_sound_graph_has_no_problems (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  AnfReport *report = anf_check (graph, NULL);
  PanelTest at;

  g_assert_cmpuint (anf_report_n_findings (report), ==, 0);
  panel_test_begin (&at, studio_findings_panel_new ());
  g_object_set (at.panel, "graph", graph, "report", report, NULL);
  g_assert_true (test_says (at.panel, "No problems"));
  panel_test_end (&at);
  anf_report_unref (report);
}

/* (3, 4) + (4, 3): the second one lies the wrong way round. */
static void
test_a_problem_is_mended_by_its_button (void)
{
  g_autoptr(AnfGraph) graph = test_parse (
    "{ \"aneforge\": 1, \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [3, 4] } },"
    "  { \"id\": 2, \"op\": \"input\", \"name\": \"b\", \"attrs\": { \"shape\": [4, 3] } },"
    "  { \"id\": 3, \"op\": \"add\", \"name\": \"s\", \"in\": { \"x\": \"x\", \"y\": \"b\" } } ],"
    "  \"outputs\": { \"y\": \"s\" } }");
  AnfReport *report = anf_check (graph, NULL), *after;
  GtkWidget *fix;
  PanelTest at;

  g_assert_false (anf_report_ok (report));
  panel_test_begin (&at, studio_findings_panel_new ());
  g_object_set (at.panel, "graph", graph, "report", report, NULL);
  fix = test_await (at.panel, GTK_TYPE_BUTTON, "Transpose \"y\" of s to 3×4");
  g_signal_emit_by_name (fix, "clicked");
  g_assert_cmpuint (at.n_edits, ==, 1);
  g_assert_cmpstr (at.label, ==, "Transpose \"y\" of s to 3×4");
  after = anf_check (at.edited, NULL);
  g_assert_true (anf_report_ok (after));
  anf_report_unref (after);

  /* While the graph is ahead of its report nothing is mended by that report. */
  g_object_set (at.panel, "graph", at.edited, NULL);
  g_assert_false (studio_findings_panel_fix (STUDIO_FINDINGS_PANEL (at.panel), 0, NULL));
  g_assert_cmpuint (at.n_edits, ==, 1);
  panel_test_end (&at);
  anf_report_unref (report);
}

/* ------------------------------------------------------------------------ compress */

static AnfWeights *
survey (AnfGraph *graph)
{
  g_autoptr(GError) error = NULL;
  AnfWeights *weights = anf_weights_survey (graph, anf_graph_settings (graph), NULL, NULL, &error);

  g_assert_no_error (error);
  return weights;
}

static void
test_the_list_of_a_weight_chooses_its_encoding (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfWeights) weights = survey (graph);
  AnfEncoding own = ANF_AUTO;
  GtkWidget *list;
  PanelTest at;

  panel_test_begin (&at, studio_compress_panel_new ());
  g_object_set (at.panel, "graph", graph, "weights", weights, NULL);
  list = test_await (at.panel, GTK_TYPE_DROP_DOWN, "Encoding of c1 weight");
  g_assert_cmpuint (gtk_drop_down_get_selected (GTK_DROP_DOWN (list)), ==, 0);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (list), 1 + ANF_FP16);
  g_assert_cmpuint (at.n_edits, ==, 1);
  g_assert_cmpstr (at.label, ==, "Encode c1 weight as fp16");
  g_assert_true (anf_node_encoding (anf_graph_find (at.edited, 2), "weight", &own));
  g_assert_cmpint (own, ==, ANF_FP16);
  panel_test_end (&at);
}

static void
test_a_cell_of_the_matrix_chooses_its_encoding (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfWeights) weights = survey (graph);
  AnfEncoding own = ANF_AUTO;
  PanelTest at;

  panel_test_begin (&at, studio_compress_panel_new ());
  g_object_set (at.panel, "graph", graph, "weights", weights, NULL);
  /* The first cell is that of fp16. */
  g_signal_emit_by_name (test_await (at.panel, STUDIO_TYPE_ENCODING_CELL, NULL), "choose");
  g_assert_cmpuint (at.n_edits, ==, 1);
  g_assert_true (anf_node_encoding (anf_graph_find (at.edited, 2), "weight", &own));
  g_assert_cmpint (own, ==, ANF_FP16);
  panel_test_end (&at);
}

static void
test_the_footer_adds_up_the_bytes (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfWeights) weights = survey (graph);
  PanelTest at;

  panel_test_begin (&at, studio_compress_panel_new ());
  g_assert_true (test_says (at.panel, "Weights are surveyed"));
  g_object_set (at.panel, "graph", graph, "weights", weights, NULL);
  /* 18 numbers of two bytes. */
  g_assert_true (test_says (at.panel, "fp16 36 B"));
  g_assert_true (test_says (at.panel, "1 weight, 0 pinned"));
  panel_test_end (&at);
}

static void
test_a_weight_of_two_nodes_is_stored_once (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph (), shared = NULL;
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  AnfId second = anf_graph_builder_add (b, anf_op_lookup ("conv"));
  g_autoptr(AnfWeights) weights = NULL;

  anf_graph_builder_set_attr (b, second, "pad", g_variant_new_int64 (1));
  anf_graph_builder_set_weight (b, second, "weight", "c1.w");
  anf_graph_builder_connect (b, (AnfRef) { 1, 0 }, second, 0);
  anf_graph_builder_set_output (b, "z", (AnfRef) { second, 0 });
  shared = anf_graph_builder_end (b, NULL);
  weights = survey (shared);
  g_assert_cmpuint (anf_weights_n (weights), ==, 2);
  g_assert_cmpuint (studio_encoding_total (weights, ANF_FP16).bytes, ==, 36);
  g_assert_cmpuint (studio_encoding_total (weights, ANF_FP16).take, ==, 1);
}

/* ------------------------------------------------------------------------ accuracy */

static AnfGates *
measure (AnfGraph *graph)
{
  g_autoptr(GError) error = NULL;
  AnfOptions options;
  AnfGates *gates;

  anf_options_init (&options, graph);
  options.threads = 1;
  gates = anf_gates_measure (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return gates;
}

static void
test_gates_say_pass_and_fail (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfGates) gates = measure (graph);
  GtkWidget *first, *second;
  PanelTest at;

  panel_test_begin (&at, studio_accuracy_panel_new ());
  g_object_set (at.panel, "graph", graph, NULL);
  first = test_find (at.panel, STUDIO_TYPE_GATE_CARD, NULL);
  g_assert_true (test_says (first, "not measured"));
  g_assert_true (gtk_widget_has_css_class (first, "unmeasured"));
  g_object_set (at.panel, "gates", gates, NULL);
  g_assert_false (gtk_widget_has_css_class (first, "unmeasured"));
  g_assert_true (test_says (at.panel, "1 of 2 gates passed"));
  g_assert_true (test_says (first, "pass"));
  g_assert_false (gtk_widget_has_css_class (first, "failed"));
  g_assert_true (test_says (first, "1 sample, random"));
  second = test_find (gtk_widget_get_next_sibling (gtk_widget_get_parent (first)),
                      STUDIO_TYPE_GATE_CARD, NULL);
  g_assert_true (test_says (second, "fail"));
  g_assert_true (gtk_widget_has_css_class (second, "failed"));
  panel_test_end (&at);
}

static void
test_the_limit_of_a_gate_is_set_in_its_card (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  GtkWidget *entry;
  PanelTest at;

  panel_test_begin (&at, studio_accuracy_panel_new ());
  g_object_set (at.panel, "graph", graph, NULL);
  entry = test_find (at.panel, GTK_TYPE_ENTRY, "Limit");
  test_enter (entry, "0.x");
  g_assert_cmpuint (at.n_edits, ==, 0);
  g_assert_true (test_says (at.panel, "A limit is a number"));
  test_enter (entry, "0.25");
  g_assert_cmpstr (at.label, ==, "Set the limit of y rel_l2 to 0.25");
  g_assert_cmpfloat (anf_graph_nth_gate (at.edited, 0)->limit, ==, 0.25);
  g_assert_cmpfloat (anf_graph_nth_gate (at.edited, 1)->limit, ==, 0);
  g_signal_emit_by_name (test_find (at.panel, GTK_TYPE_BUTTON, "Remove this gate"), "clicked");
  g_assert_cmpuint (anf_graph_n_gates (at.edited), ==, 1);
  panel_test_end (&at);
}

static void
test_a_gate_is_added_by_its_form (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  GtkWidget *button, *popover, *metric;
  const AnfGate *gate;
  PanelTest at;

  panel_test_begin (&at, studio_accuracy_panel_new ());
  g_object_set (at.panel, "graph", graph, NULL);
  button = test_find (at.panel, GTK_TYPE_MENU_BUTTON, "Add a gate");
  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
  popover = GTK_WIDGET (gtk_menu_button_get_popover (GTK_MENU_BUTTON (button)));
  metric = test_await (popover, GTK_TYPE_DROP_DOWN, "metric");
  gtk_drop_down_set_selected (GTK_DROP_DOWN (metric), 1);      /* max abs */
  test_enter (test_find (popover, GTK_TYPE_ENTRY, "limit"), "none");
  g_assert_cmpuint (at.n_edits, ==, 0);
  test_enter (test_find (popover, GTK_TYPE_ENTRY, "limit"), "0.125");
  g_assert_cmpuint (at.n_edits, ==, 1);
  g_assert_cmpstr (at.label, ==, "Add a gate on y");
  g_assert_cmpuint (anf_graph_n_gates (at.edited), ==, 3);
  gate = anf_graph_nth_gate (at.edited, 2);
  g_assert_cmpstr (gate->output, ==, "y");
  g_assert_cmpstr (gate->metric, ==, "max_abs");
  g_assert_cmpfloat (gate->limit, ==, 0.125);
  g_assert_null (gate->inputs);
  panel_test_end (&at);
}

static void
test_measuring_is_asked_for (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  PanelTest at;

  panel_test_begin (&at, studio_accuracy_panel_new ());
  g_object_set (at.panel, "graph", graph, NULL);
  test_click_label (at.panel, "_Measure");
  g_assert_cmpuint (at.n_runs, ==, 1);
  panel_test_end (&at);
}

/* ------------------------------------------------------------------------ profile and strip */

static AnfProfile *
profile (AnfGraph *graph)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL;
  AnfProfile *made;
  AnfOptions options;

  anf_options_init (&options, graph);
  options.threads = 1;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  inputs = anf_feed (program, NULL, TRUE, 0, &error);
  g_assert_no_error (error);
  made = anf_profile (program, inputs, 5, 1, NULL, &error);
  g_assert_no_error (error);
  return made;
}

static void
test_a_profile_is_a_table_of_segments_and_operators (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfProfile) made = profile (graph);
  g_autofree char *tsv = NULL;
  g_auto(GStrv) lines = NULL, cells = NULL;
  PanelTest at;

  panel_test_begin (&at, studio_profile_panel_new ());
  g_assert_true (test_says (at.panel, "Nothing measured yet"));
  g_object_set (at.panel, "graph", graph, "profile", made, NULL);
  g_assert_false (test_says (at.panel, "Nothing measured yet"));
  g_assert_true (test_says (at.panel, "medians of 5 runs on the CPU, 1 threads"));
  tsv = studio_profile_panel_dup_tsv (STUDIO_PROFILE_PANEL (at.panel));
  lines = g_strsplit (g_strchomp (tsv), "\n", -1);
  g_assert_cmpstr (lines[0], ==, "Name\tKind\tMedian\t%\tSo far\tFLOP\tBytes\tFLOP/B\t"
                   "Estimate\tRatio\tBound");
  g_assert_true (g_str_has_prefix (lines[1], "s0\tfused, 2 ops\t"));
  g_assert_true (g_str_has_prefix (lines[2], "c1\tconv\t"));
  g_assert_true (g_str_has_prefix (lines[3], "r1\trelu\t"));
  g_assert_null (lines[4]);
  /* 2 * 8*8 positions * 2 channels * 9 taps. */
  cells = g_strsplit (lines[2], "\t", -1);
  g_assert_cmpstr (cells[5], ==, "2.30 k");
  test_await_says (at.panel, cells[2]);
  panel_test_end (&at);
}

static void
test_an_old_profile_is_called_stale (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfProfile) made = profile (graph);
  PanelTest at;

  panel_test_begin (&at, studio_profile_panel_new ());
  g_object_set (at.panel, "graph", graph, "profile", made, NULL);
  g_assert_false (test_says (at.panel, "These times are stale"));
  g_object_set (at.panel, "stale", TRUE, NULL);
  g_assert_true (test_says (at.panel, "These times are stale"));
  panel_test_end (&at);
}

static void
test_the_strip_counts (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfWeights) weights = survey (graph);
  AnfReport *report = anf_check (graph, NULL);
  g_autoptr(AnfPlan) plan = anf_plan (report, NULL);
  g_autoptr(AnfGates) gates = measure (graph);
  PanelTest at;

  panel_test_begin (&at, studio_status_strip_new ());
  find_row (&at, "not run");
  g_object_set (at.panel, "graph", graph, "report", report, "plan", plan, "zoom", 0.5, NULL);
  find_row (&at, "3 nodes");
  find_row (&at, "18 params");
  find_row (&at, "36 B weights as fp16");
  find_row (&at, "1 segment");
  find_row (&at, "2 gates, not measured");
  find_row (&at, "no problems");
  find_row (&at, "50 %");
  g_object_set (at.panel, "gates", gates, NULL);
  find_row (&at, "1 of 2 gates passed");
  panel_test_end (&at);
  anf_report_unref (report);
}

/* The figure is the engine's own, and never without the word that says what it rests on. */
static void
test_the_strip_estimates_for_the_target (void)
{
  static const struct { const char *target, *tag; } cases[] = {
    { "h16g", "estimated" }, { "h15", "extrapolated" },
  };
  g_autoptr(AnfGraph) graph = test_small_graph ();
  PanelTest at;

  panel_test_begin (&at, studio_status_strip_new ());
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(AnfReport) report = anf_check (graph, cases[i].target);
      g_autoptr(AnfPlan) plan = anf_plan (report, NULL);
      g_autoptr(AnfEstimate) estimate = anf_estimate (plan, NULL, cases[i].target);
      double low, high, us = anf_estimate_us (estimate, &low, &high);
      g_autofree char *time = studio_format_time_us (us), *from = studio_format_time_us (low);
      g_autofree char *to = studio_format_time_us (high);
      g_autofree char *words = g_strdup_printf ("%s on %s, %s to %s", time, cases[i].target, from,
                                                to);

      g_object_set (at.panel, "report", report, "plan", plan, NULL);
      find_row (&at, words);
      g_assert_true (test_says (at.panel, cases[i].tag));
    }
  panel_test_end (&at);
}

int
main (int argc, char **argv)
{
  static const struct { const char *path; void (*run) (void); } tests[] = {
    { "/outline/names-its-rows", test_the_outline_names_its_rows },
    { "/outline/follows-the-selection-and-leads-it",
      test_the_outline_follows_the_selection_and_leads_it },
    { "/outline/rows-stay-while-values-change",
      test_rows_of_the_outline_stay_while_values_change },
    { "/outline/deletes-what-is-selected", test_the_outline_deletes_what_is_selected },
    { "/outline/renames-in-place", test_the_outline_renames_in_place },
    { "/outline/the-filter-keeps-the-selection",
      test_the_filter_of_the_outline_keeps_the_selection },
    { "/findings/listed-and-lead-to-their-node", test_findings_are_listed_and_lead_to_their_node },
    { "/findings/a-problem-is-mended-by-its-button", test_a_problem_is_mended_by_its_button },
    { "/findings/none-in-a-sound-graph", test_a_sound_graph_has_no_problems },
    { "/compress/the-list-chooses-the-encoding", test_the_list_of_a_weight_chooses_its_encoding },
    { "/compress/a-cell-chooses-the-encoding", test_a_cell_of_the_matrix_chooses_its_encoding },
    { "/compress/the-footer-adds-up", test_the_footer_adds_up_the_bytes },
    { "/compress/a-shared-weight-counts-once", test_a_weight_of_two_nodes_is_stored_once },
    { "/accuracy/pass-and-fail", test_gates_say_pass_and_fail },
    { "/accuracy/the-limit-is-set-in-the-card", test_the_limit_of_a_gate_is_set_in_its_card },
    { "/accuracy/a-gate-is-added-by-its-form", test_a_gate_is_added_by_its_form },
    { "/accuracy/measuring-is-asked-for", test_measuring_is_asked_for },
    { "/profile/segments-and-operators", test_a_profile_is_a_table_of_segments_and_operators },
    { "/profile/stale", test_an_old_profile_is_called_stale },
    { "/strip/counts", test_the_strip_counts },
    { "/strip/estimates-for-the-target", test_the_strip_estimates_for_the_target },
  };

  gtk_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].path, tests[i].run);
  return g_test_run ();
}
