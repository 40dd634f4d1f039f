/* test-profile.c - advice, rewrites, filter and treemap of a profile. */
#include "advice-card.h"
#include "advice.h"
#include "heat-bar.h"
#include "panels-support.h"
#include "profile-panel.h"
#include "rewrites-card.h"
#include "treemap.h"

#include <math.h>

/* A bridge between two products: attention that could be written by fused operators. */
static AnfGraph *
make_graph (const char *opt, const char *compress, const char *target)
{
  g_autofree char *json = g_strdup_printf (
    "{ \"aneforge\": 1, \"title\": \"Bridge\", \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 4, 32, 32] } },"
    " { \"id\": 2, \"op\": \"relu\", \"name\": \"r\", \"in\": { \"x\": \"x\" } },"
    " { \"id\": 3, \"op\": \"sdpa\", \"name\": \"attn\","
    "   \"in\": { \"q\": \"r\", \"k\": \"x\", \"v\": \"x\" } },"
    " { \"id\": 4, \"op\": \"linear\", \"name\": \"fc\", \"in\": { \"x\": \"attn\" },"
    "   \"weights\": { \"weight\": \"w\" } } ],"
    " \"outputs\": { \"y\": \"fc\" },"
    " \"weights\": { \"w\": { \"shape\": [512, 32], \"init\": \"he\", \"seed\": 3 } },"
    " \"compile\": { \"target\": \"%s\", \"opt\": \"%s\", \"compress\": \"%s\" } }", target, opt,
    compress);

  return test_parse (json);
}

typedef struct { AnfReport *report; AnfPlan *plan; AnfWeights *weights; } Known;

static Known
know (AnfGraph *graph)
{
  Known known = { anf_check (graph, NULL) };

  g_assert_true (anf_report_ok (known.report));
  known.plan = anf_plan (known.report, NULL);
  known.weights = anf_weights_survey (graph, anf_graph_settings (graph), NULL, NULL, NULL);
  return known;
}

static void
forget (Known *known)
{
  anf_report_unref (known->report);
  anf_plan_unref (known->plan);
  anf_weights_unref (known->weights);
}

/* By the same door as the command line's `estimate`. */
static double
estimate (AnfGraph *graph)
{
  Known known = know (graph);
  g_autoptr(AnfEstimate) it = anf_estimate (known.plan, known.weights,
                                            anf_report_target (known.report));
  double us = anf_estimate_us (it, NULL, NULL);

  forget (&known);
  return us;
}

/* ------------------------------------------------------------------------ advice */

static void
test_advice_saves_what_it_says (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("0", "fp16", "h16s");
  Known known = know (graph);
  g_autoptr(GPtrArray) list = studio_advice_find (known.report, known.plan, known.weights, NULL);
  double now = estimate (graph);

  g_assert_cmpuint (list->len, >=, 2);
  for (guint i = 0; i < list->len; i++)
    {
      const StudioAdvice *advice = g_ptr_array_index (list, i);

      g_assert_nonnull (advice->graph);
      g_assert_cmpfloat (advice->saved_us, >, 0);
      g_assert_cmpfloat_with_epsilon (now - estimate (advice->graph), advice->saved_us, 1e-6);
      if (i > 0)
        g_assert_cmpfloat (advice->saved_us, <=,
                           ((StudioAdvice *) g_ptr_array_index (list, i - 1))->saved_us);
    }
  forget (&known);
}

static void
test_what_folds_is_told_and_not_offered (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("routes", "int8", "h13");    /* M1: int8 folds */
  Known known = know (graph);
  g_autoptr(GPtrArray) list = studio_advice_find (known.report, known.plan, known.weights, NULL);
  const StudioAdvice *last = g_ptr_array_index (list, list->len - 1);

  g_assert_null (last->graph);
  g_assert_cmpfloat (last->saved_us, ==, 0);
  g_assert_cmpstr (last->words, ==, "fc: int8 folds on h13, the file is smaller and not the time");
  forget (&known);
}

static void
test_apply_follows_advice_in_one_step (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("0", "fp16", "h16s");
  Known known = know (graph);
  double before = estimate (graph);
  PanelTest at;

  panel_test_begin (&at, studio_advice_card_new ());
  g_object_set (at.panel, "graph", graph, "report", known.report, "plan", known.plan, "weights",
                known.weights, NULL);
  test_await_says (at.panel, "by time saved on ");
  test_click_label (at.panel, "Apply");
  g_assert_cmpuint (at.n_edits, ==, 1);
  g_assert_null (at.merge);
  g_assert_cmpfloat (estimate (at.edited), <, before);
  panel_test_end (&at);
  forget (&known);
}

/* ------------------------------------------------------------------------ rewrites */

static void
test_rewrites_are_listed_with_their_reason (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("routes", "fp16", "h16s");
  Known known = know (graph);
  const AnfRewrite *first;
  GtkWidget *view;
  g_autoptr(GArray) ids = NULL;
  PanelTest at;

  g_assert_cmpuint (anf_plan_n_rewrites (known.plan), >=, 1);
  first = anf_plan_nth_rewrite (known.plan, 0);
  panel_test_begin (&at, studio_rewrites_card_new ());
  g_object_set (at.panel, "graph", graph, "plan", known.plan, NULL);
  test_await_says (at.panel, first->what);
  view = test_find (at.panel, GTK_TYPE_COLUMN_VIEW, "Rewrites");
  gtk_selection_model_select_item (gtk_column_view_get_model (GTK_COLUMN_VIEW (view)), 0, TRUE);
  g_object_get (at.panel, "selection", &ids, NULL);
  g_assert_cmpuint (ids->len, >=, 1);
  g_assert_cmpuint (g_array_index (ids, AnfId, ids->len - 1), ==, first->nodes[0]);
  panel_test_end (&at);
  forget (&known);
}

/* ------------------------------------------------------------------------ the table */

static AnfProfile *
measure (AnfGraph *graph)
{
  AnfOptions options;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL;
  AnfProfile *profile;

  anf_options_init (&options, graph);
  options.threads = 1;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  inputs = anf_feed (program, NULL, TRUE, 0, &error);
  profile = anf_profile (program, inputs, 3, 1, NULL, &error);
  g_assert_no_error (error);
  return profile;
}

static guint
n_lines (PanelTest *at, const char *contains)
{
  g_autofree char *tsv = studio_profile_panel_dup_tsv (STUDIO_PROFILE_PANEL (at->panel));
  g_auto(GStrv) lines = g_strsplit (tsv, "\n", -1);
  guint n = 0;

  for (guint i = 1; lines[i] != NULL; i++)
    n += *lines[i] != '\0' && (contains == NULL || g_strrstr (lines[i], contains) != NULL);
  return n;
}

static void
test_the_filter_and_groups_choose_rows (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("0", "fp16", "h16s");
  g_autoptr(AnfProfile) profile = measure (graph);
  GtkWidget *filter, *group;
  PanelTest at;

  panel_test_begin (&at, studio_profile_panel_new ());
  g_object_set (at.panel, "graph", graph, "profile", profile, NULL);
  g_assert_cmpuint (n_lines (&at, NULL), ==, 6);         /* three segments, three operators */
  filter = test_find (at.panel, GTK_TYPE_SEARCH_ENTRY, "Filter operators");
  gtk_editable_set_text (GTK_EDITABLE (filter), "op:sdpa");
  g_signal_emit_by_name (filter, "search-changed");
  g_assert_cmpuint (n_lines (&at, NULL), ==, 2);
  g_assert_cmpuint (n_lines (&at, "attn"), ==, 1);
  g_assert_true (test_says (at.panel, "Whole run"));
  gtk_editable_set_text (GTK_EDITABLE (filter), "latency<0us");
  g_signal_emit_by_name (filter, "search-changed");
  g_assert_cmpuint (n_lines (&at, NULL), ==, 0);
  gtk_editable_set_text (GTK_EDITABLE (filter), "");
  g_signal_emit_by_name (filter, "search-changed");
  for (group = filter; !GTK_IS_TOGGLE_BUTTON (group); group = gtk_widget_get_next_sibling (group))
    ;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (group), FALSE);
  g_assert_cmpuint (n_lines (&at, NULL), ==, 3);
  panel_test_end (&at);
}

/* The table's estimate of each operator is that of the command line. */
static void
test_estimates_stand_beside_measurements (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("0", "fp16", "h16s");
  g_autoptr(AnfProfile) profile = measure (graph);
  const AnfProgram *program = anf_profile_program (profile);
  g_autoptr(AnfEstimate) it = anf_estimate (anf_program_plan (program),
                                            anf_program_weights (program), "h16s");
  g_autofree char *bound = g_strdup_printf ("\t%s",
                                            anf_bound_name (anf_estimate_node (it, 3)->bound));
  PanelTest at;

  panel_test_begin (&at, studio_profile_panel_new ());
  g_object_set (at.panel, "graph", graph, "profile", profile, NULL);
  g_assert_cmpuint (n_lines (&at, bound), >=, 1);
  g_assert_true (test_says (at.panel, "medians of 3 runs on the CPU, 1 threads; estimates for "));
  panel_test_end (&at);
}

/* ------------------------------------------------------------------------ heat */

static void
test_heat_is_the_figure_of_each_node (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("0", "int8", "h16s");
  g_autoptr(AnfProfile) profile = measure (graph);
  Known known = know (graph);
  StudioView view = { .graph = graph, .report = known.report, .plan = known.plan,
                      .weights = known.weights, .profile = profile };
  g_autoptr(StudioHeat) latency = studio_heat_of (&view, STUDIO_HEAT_LATENCY);
  g_autoptr(StudioHeat) bytes = studio_heat_of (&view, STUDIO_HEAT_BYTES);
  g_autoptr(StudioHeat) bits = studio_heat_of (&view, STUDIO_HEAT_BITS);
  g_autoptr(StudioHeat) bound = studio_heat_of (&view, STUDIO_HEAT_BOUND);
  double place, most = 0;

  g_assert_null (studio_heat_of (&view, STUDIO_HEAT_NONE));
  for (AnfId id = 2; id <= 4; id++)
    {
      const double *value = g_hash_table_lookup (latency->values, GSIZE_TO_POINTER (id));

      g_assert_cmpfloat (*value, ==, anf_profile_op (profile, id)->us.median_us);
      most = MAX (most, *value);
    }
  g_assert_cmpfloat (latency->most, ==, most);
  g_assert_false (studio_heat_place (latency, 1, &place));         /* an input takes no time */
  /* 1×4×32×32 of fp16. */
  g_assert_cmpfloat (*(double *) g_hash_table_lookup (bytes->values, GSIZE_TO_POINTER (2)), ==,
                     4 * 32 * 32 * 2);
  /* 512×32 as int8, with an fp16 scale for each of 512 rows: 8 + 16 / 32 bits. */
  g_assert_cmpfloat (*(double *) g_hash_table_lookup (bits->values, GSIZE_TO_POINTER (4)), ==, 8.5);
  g_assert_nonnull (bound->classes);
  forget (&known);
}

static void
test_a_ramp_goes_from_least_to_most (void)
{
  StudioHeat *heat = studio_heat_new ("figure", NULL);
  double place;

  studio_heat_add (heat, 1, 1);
  studio_heat_add (heat, 2, 10);
  studio_heat_add (heat, 3, 1000);
  studio_heat_add (heat, 4, NAN);
  studio_heat_fit (heat);
  g_assert_true (heat->log);
  g_assert_true (studio_heat_place (heat, 1, &place));
  g_assert_cmpfloat (place, ==, 0);
  studio_heat_place (heat, 2, &place);
  g_assert_cmpfloat_with_epsilon (place, 1.0 / 3, 1e-9);
  studio_heat_place (heat, 3, &place);
  g_assert_cmpfloat (place, ==, 1);
  g_assert_false (studio_heat_place (heat, 4, &place));
  studio_heat_free (heat);
}

/* ------------------------------------------------------------------------ the treemap */

static void
test_areas_are_as_their_values (void)
{
  static const double value[] = { 6, 6, 4, 3, 2, 2, 1 };     /* the example of the paper */
  graphene_rect_t whole = GRAPHENE_RECT_INIT (10, 20, 600, 400), area[7];

  studio_squarify (&whole, value, 7, area);
  for (guint i = 0; i < 7; i++)
    {
      g_assert_cmpfloat_with_epsilon (area[i].size.width * area[i].size.height,
                                      value[i] / 24 * 240000, 1);
      g_assert_true (area[i].origin.x >= 10 - 0.01 && area[i].origin.y >= 20 - 0.01);
      g_assert_true (area[i].origin.x + area[i].size.width <= 610.01);
      g_assert_true (area[i].origin.y + area[i].size.height <= 420.01);
      for (guint j = 0; j < i; j++)
        {
          graphene_rect_t common;

          if (graphene_rect_intersection (&area[i], &area[j], &common))
            g_assert_cmpfloat (common.size.width * common.size.height, <, 1);
        }
    }
  /* The paper's figure: the first two stand one above the other, 3 wide and 2 high of 6 by 4. */
  g_assert_cmpfloat_with_epsilon (area[0].size.width, 300, 0.01);
  g_assert_cmpfloat_with_epsilon (area[0].size.height, 200, 0.01);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv);
  g_test_add_func ("/advice/saves", test_advice_saves_what_it_says);
  g_test_add_func ("/advice/folds", test_what_folds_is_told_and_not_offered);
  g_test_add_func ("/advice/apply", test_apply_follows_advice_in_one_step);
  g_test_add_func ("/rewrites/listed", test_rewrites_are_listed_with_their_reason);
  g_test_add_func ("/table/filter", test_the_filter_and_groups_choose_rows);
  g_test_add_func ("/table/estimates", test_estimates_stand_beside_measurements);
  g_test_add_func ("/heat/figures", test_heat_is_the_figure_of_each_node);
  g_test_add_func ("/heat/ramp", test_a_ramp_goes_from_least_to_most);
  g_test_add_func ("/treemap/areas", test_areas_are_as_their_values);
  return g_test_run ();
}
