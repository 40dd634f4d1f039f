/* test-compress.c - limits, recipes, frontier and sweep as the workspace has them. */
#include "compress-panel.h"
#include "lane.h"
#include "panels-support.h"
#include "plot.h"
#include "solver-bar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

/* Three layers of different sizes; nothing is encoded yet. */
static AnfGraph *
make_graph (void)
{
  return test_parse (
    "{ \"aneforge\": 1, \"title\": \"Three\", \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 64] } },"
    " { \"id\": 2, \"op\": \"linear\", \"name\": \"a\", \"in\": { \"x\": \"x\" },"
    "   \"weights\": { \"weight\": \"w\" } },"
    " { \"id\": 3, \"op\": \"linear\", \"name\": \"b\", \"in\": { \"x\": \"a\" },"
    "   \"weights\": { \"weight\": \"v\" } },"
    " { \"id\": 4, \"op\": \"linear\", \"name\": \"c\", \"in\": { \"x\": \"b\" },"
    "   \"weights\": { \"weight\": \"u\" }, \"compress\": { \"weight\": \"fp16\" } } ],"
    " \"outputs\": { \"y\": \"c\" },"
    " \"weights\": {"
    "  \"w\": { \"shape\": [64, 64], \"init\": \"normal\", \"scale\": 0.1, \"seed\": 1 },"
    "  \"v\": { \"shape\": [32, 64], \"init\": \"normal\", \"scale\": 0.1, \"seed\": 2 },"
    "  \"u\": { \"shape\": [8, 32], \"init\": \"normal\", \"scale\": 0.1, \"seed\": 3 } },"
    " \"compile\": { \"target\": \"h16s\", \"compress\": \"fp16\", \"atol\": 0.2 },"
    " \"gates\": [ { \"output\": \"y\", \"metric\": \"rel_l2\", \"limit\": 0.05 } ] }");
}

/* The panel with all that the checker would give it. */
static void
give (PanelTest *at, AnfGraph *graph)
{
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autoptr(AnfPlan) plan = anf_plan (report, NULL);
  g_autoptr(AnfWeights) weights = anf_weights_survey (graph, anf_graph_settings (graph), NULL,
                                                      NULL, NULL);

  g_object_set (at->panel, "graph", graph, "report", report, "plan", plan, "weights", weights,
                NULL);
}

static AnfEncoding
encoding_at (const AnfGraph *graph, AnfId id)
{
  AnfEncoding own = ANF_AUTO;

  anf_node_encoding (anf_graph_find (graph, id), "weight", &own);
  return own;
}

static GtkWidget *
find_button (GtkWidget *root, const char *label)
{
  GtkWidget *found = NULL;

  if (GTK_IS_BUTTON (root) && g_strcmp0 (gtk_button_get_label (GTK_BUTTON (root)), label) == 0)
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_button (child, label);
  return found;
}

static void
await_sensitive (GtkWidget *widget)
{
  for (guint i = 0; i < 1000 && !gtk_widget_get_sensitive (widget); i++)
    test_wait_ms (5);
  g_assert_true (gtk_widget_get_sensitive (widget));
}

/* ------------------------------------------------------------------------ limits */

static void
test_limits_are_read_with_their_units (void)
{
  static const struct { const char *text; AnfSolve what; double limit; } good[] = {
    { "0.02", ANF_SOLVE_ERROR, 0.02 }, { "2 %", ANF_SOLVE_ERROR, 0.02 },
    { "0,02", ANF_SOLVE_ERROR, 0.02 }, { "3.5 MiB", ANF_SOLVE_BYTES, 3670016 },
    { "2", ANF_SOLVE_BYTES, 2097152 }, { "5000 B", ANF_SOLVE_BYTES, 5000 },
    { "64kib", ANF_SOLVE_BYTES, 65536 }, { "400", ANF_SOLVE_TIME, 400 },
    { "1.5 ms", ANF_SOLVE_TIME, 1500 }, { " 400 µs ", ANF_SOLVE_TIME, 400 },
  };
  static const struct { const char *text; AnfSolve what; } bad[] = {
    { "", ANF_SOLVE_ERROR }, { "much", ANF_SOLVE_ERROR }, { "-1", ANF_SOLVE_BYTES },
    { "2 MiB", ANF_SOLVE_ERROR }, { "2 ms", ANF_SOLVE_BYTES }, { "1e999", ANF_SOLVE_BYTES },
    { "nan", ANF_SOLVE_ERROR }, { "3 bananas", ANF_SOLVE_TIME },
  };
  double limit;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_assert_true (studio_parse_limit (good[i].text, good[i].what, &limit));
      g_assert_cmpfloat_with_epsilon (limit, good[i].limit, 1e-9);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (studio_parse_limit (bad[i].text, bad[i].what, &limit));
}

/* ------------------------------------------------------------------------ the solver */

static void
solve (PanelTest *at, guint goal, const char *limit)
{
  GtkWidget *list = test_find (at->panel, GTK_TYPE_DROP_DOWN, "Goal of the solver");

  gtk_drop_down_set_selected (GTK_DROP_DOWN (list), goal);
  test_enter (test_find (at->panel, GTK_TYPE_ENTRY, "Limit of the solver"), limit);
}

static void
test_a_recipe_within_a_budget_is_applied_in_one_step (void)
{
  g_autoptr(AnfGraph) graph = make_graph ();
  GtkWidget *apply;
  guint bytes;
  PanelTest at;

  panel_test_begin (&at, studio_compress_panel_new ());
  give (&at, graph);
  apply = find_button (at.panel, "Apply Recipe");
  g_assert_false (gtk_widget_get_sensitive (apply));
  /* As fp16 the three come to 12,800 bytes, c's 512 of them pinned. */
  solve (&at, ANF_SOLVE_BYTES, "7000 B");
  await_sensitive (apply);
  test_click_label (at.panel, "Apply Recipe");
  g_assert_cmpuint (at.n_edits, ==, 1);
  g_assert_null (at.merge);
  g_assert_true (g_str_has_prefix (at.label, "Apply a recipe of "));
  g_assert_cmpint (encoding_at (at.edited, 2), !=, ANF_FP16);
  g_assert_cmpint (encoding_at (at.edited, 4), ==, ANF_FP16);
  bytes = 0;
  {
    g_autoptr(AnfWeights) now = anf_weights_survey (at.edited, anf_graph_settings (at.edited), NULL,
                                                    NULL, NULL);

    for (guint i = 0; i < 3; i++)
      bytes += anf_weights_nth (now, i)->encoding[anf_weights_nth (now, i)->chosen].bytes;
  }
  g_assert_cmpuint (bytes, <=, 7000);
  panel_test_end (&at);
}

static void
test_what_cannot_be_kept_to_says_so (void)
{
  g_autoptr(AnfGraph) graph = make_graph ();
  PanelTest at;

  panel_test_begin (&at, studio_compress_panel_new ());
  give (&at, graph);
  solve (&at, ANF_SOLVE_BYTES, "10 B");
  test_await_says (at.panel, "No choice of encodings that pass the weight gate keeps to 10 bytes");
  g_assert_cmpuint (at.n_edits, ==, 0);
  panel_test_end (&at);
}

/* What one recipe chose is free for the next; what the user chose is not. */
static void
test_the_next_recipe_may_choose_again (void)
{
  g_autoptr(AnfGraph) graph = make_graph (), applied = NULL;
  GtkWidget *apply;
  PanelTest at;

  panel_test_begin (&at, studio_compress_panel_new ());
  give (&at, graph);
  apply = find_button (at.panel, "Apply Recipe");
  solve (&at, ANF_SOLVE_BYTES, "7000 B");
  await_sensitive (apply);
  test_click_label (at.panel, "Apply Recipe");
  applied = anf_graph_ref (at.edited);
  give (&at, applied);
  test_settle ();
  solve (&at, ANF_SOLVE_ERROR, "0.001");
  await_sensitive (apply);
  test_click_label (at.panel, "Apply Recipe");
  g_assert_cmpuint (at.n_edits, ==, 2);
  g_assert_cmpint (encoding_at (at.edited, 2), ==, ANF_FP16);
  panel_test_end (&at);
}

static void
test_a_recipe_is_saved_and_loaded (void)
{
  g_autoptr(AnfGraph) graph = make_graph ();
  g_autofree char *folder = g_dir_make_tmp ("recipe-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "recipe.json", NULL);
  g_autoptr(GError) error = NULL, missing = NULL;
  GtkWidget *bar;
  PanelTest at;

  panel_test_begin (&at, studio_compress_panel_new ());
  give (&at, graph);
  bar = test_find (at.panel, STUDIO_TYPE_SOLVER_BAR, NULL);
  g_assert_false (studio_solver_bar_save (STUDIO_SOLVER_BAR (bar), file, NULL));
  solve (&at, ANF_SOLVE_BYTES, "7000 B");
  await_sensitive (find_button (at.panel, "Apply Recipe"));
  g_assert_true (studio_solver_bar_save (STUDIO_SOLVER_BAR (bar), file, &error));
  g_assert_no_error (error);
  g_assert_true (studio_solver_bar_load (STUDIO_SOLVER_BAR (bar), file, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (at.label, ==, "Load recipe recipe.json");
  g_assert_cmpint (encoding_at (at.edited, 2), !=, ANF_FP16);
  g_remove (file);
  g_assert_false (studio_solver_bar_load (STUDIO_SOLVER_BAR (bar), file, &missing));
  g_assert_nonnull (missing);
  g_rmdir (folder);
  panel_test_end (&at);
}

/* ------------------------------------------------------------------------ the frontier */

static void
press (GtkWidget *plot, guint key)
{
  for (guint i = 0; i < 200 && studio_plot_n_points (STUDIO_PLOT (plot)) < 3; i++)
    test_wait_ms (10);
  test_press (plot, key);
}

static void
test_enter_at_a_point_applies_its_recipe (void)
{
  g_autoptr(AnfGraph) graph = make_graph ();
  GtkWidget *plot;
  PanelTest at;

  panel_test_begin (&at, studio_compress_panel_new ());
  give (&at, graph);
  plot = test_find (at.panel, STUDIO_TYPE_PLOT, "Cost and error of recipes");
  press (plot, GDK_KEY_Right);           /* the first: the smallest */
  press (plot, GDK_KEY_Return);
  g_assert_cmpuint (at.n_edits, ==, 1);
  g_assert_cmpint (encoding_at (at.edited, 2), ==, ANF_INT4);
  g_assert_cmpint (encoding_at (at.edited, 3), ==, ANF_INT4);
  panel_test_end (&at);
}

/* ------------------------------------------------------------------------ the sweep */

static void
test_the_sweep_says_what_outputs_lose (void)
{
  g_autoptr(AnfGraph) graph = make_graph ();
  PanelTest at;

  panel_test_begin (&at, studio_compress_panel_new ());
  give (&at, graph);
  test_click_label (at.panel, "Sweep");
  for (guint i = 0; i < 1000 && find_button (at.panel, "Sweep") == NULL; i++)
    test_wait_ms (10);
  test_await_says (at.panel, "9 of 9 cells, all fp16: ");
  g_assert_true (test_says (at.panel, "a weight"));
  /* Kept: another panel of the same document knows it at once. */
  panel_test_end (&at);
  panel_test_begin (&at, studio_compress_panel_new ());
  give (&at, graph);
  test_await_says (at.panel, "9 of 9 cells, all fp16: ");
  panel_test_end (&at);
}

/* ------------------------------------------------------------------------ one weight */

static void
test_a_weight_is_shown_before_and_after (void)
{
  g_autoptr(AnfGraph) graph = make_graph ();
  g_autoptr(AnfGraph) encoded = NULL;
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  PanelTest at;

  anf_graph_builder_set_encoding (b, 2, "weight", ANF_INT4);
  encoded = anf_graph_builder_end (b, NULL);
  panel_test_begin (&at, studio_compress_panel_new ());
  give (&at, encoded);
  panel_test_select (&at, encoded, "a");
  test_await_says (at.panel, "pale: original, dark: int4, 16 table values");
  test_find (at.panel, STUDIO_TYPE_PLOT, "Signal to noise by output channel");
  panel_test_end (&at);
}

/* ------------------------------------------------------------------------ lanes */

static void
wait_for_word (gpointer job, GCancellable *cancellable)
{
  while (g_atomic_int_get ((gint *) job) == 0 && !g_cancellable_is_cancelled (cancellable))
    g_usleep (1000);
}

static void
count_answer (gpointer owner, gpointer job)
{
  *(guint *) owner += 1;
}

static void
test_a_newer_question_takes_the_place_of_an_older (void)
{
  guint answers = 0;
  static gint first, second;
  StudioLane *lane = studio_lane_new (&answers);

  studio_lane_ask (lane, &first, NULL, wait_for_word, count_answer);
  studio_lane_ask (lane, &second, NULL, wait_for_word, count_answer);
  g_assert_true (studio_lane_busy (lane));
  g_atomic_int_set (&second, 1);
  for (guint i = 0; i < 1000 && studio_lane_busy (lane); i++)
    test_wait_ms (5);
  g_assert_cmpuint (answers, ==, 1);
  studio_lane_ask (lane, &first, NULL, wait_for_word, count_answer);
  studio_lane_free (lane);
  test_wait_ms (50);
  g_assert_cmpuint (answers, ==, 1);
}

static void
tell_at_the_end (gpointer job, GCancellable *cancellable)
{
  while (!g_cancellable_is_cancelled (cancellable))
    g_usleep (1000);
  g_usleep (20000);
  g_print ("ended in order\n");
}

/* A program that ends while a question is open stops it and waits. */
static void
test_the_end_of_the_program_waits_for_questions (void)
{
  if (g_test_subprocess ())
    {
      StudioLane *lane = studio_lane_new (NULL);

      studio_lane_ask (lane, NULL, NULL, tell_at_the_end, count_answer);
      exit (lane == NULL);
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout ("*ended in order*");
}

int
main (int argc, char **argv)
{
  g_autofree char *cache = g_dir_make_tmp ("compress-XXXXXX", NULL);

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  gtk_test_init (&argc, &argv);
  g_test_add_func ("/lane/latest", test_a_newer_question_takes_the_place_of_an_older);
  g_test_add_func ("/lane/end", test_the_end_of_the_program_waits_for_questions);
  g_test_add_func ("/solver/limits", test_limits_are_read_with_their_units);
  g_test_add_func ("/solver/budget", test_a_recipe_within_a_budget_is_applied_in_one_step);
  g_test_add_func ("/solver/refused", test_what_cannot_be_kept_to_says_so);
  g_test_add_func ("/solver/again", test_the_next_recipe_may_choose_again);
  g_test_add_func ("/solver/file", test_a_recipe_is_saved_and_loaded);
  g_test_add_func ("/pareto/keys", test_enter_at_a_point_applies_its_recipe);
  g_test_add_func ("/sweep/cells", test_the_sweep_says_what_outputs_lose);
  g_test_add_func ("/weight/before-and-after", test_a_weight_is_shown_before_and_after);
  return g_test_run ();
}
