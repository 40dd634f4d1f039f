/* test-plot.c - axes, plots, and what is worked out for them from plans and runs. */
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "axis.h"
#include "chips-panel.h"
#include "format.h"
#include "panels-support.h"
#include "plot.h"
#include "profile-export.h"
#include "profile-side.h"
#include "profile-views.h"
#include "run-log.h"

static char *
format (double value)
{
  return g_strdup_printf ("%g", value);
}

/* ------------------------------------------------------------------------ axes */

static void
test_a_log_axis_gives_each_decade_the_same_room (void)
{
  StudioAxis axis = { 1, 1000, TRUE };

  g_assert_cmpfloat_with_epsilon (studio_axis_place (&axis, 10), 1 / 3.0, 1e-12);
  g_assert_cmpfloat_with_epsilon (studio_axis_value (&axis, 2 / 3.0), 100, 1e-9);
  g_assert_true (studio_axis_place (&axis, 0) == -INFINITY);
}

static void
test_ends_are_rounded_outwards (void)
{
  StudioAxis log = { INFINITY, -INFINITY, TRUE }, plain = { INFINITY, -INFINITY };
  StudioAxis bytes = { 0, 576 * 1024, FALSE, TRUE };

  studio_axis_include (&log, 0.3);
  studio_axis_include (&log, 40);
  studio_axis_include (&log, 0);   /* has no place on it */
  studio_axis_round (&log);
  g_assert_cmpfloat_with_epsilon (log.min, 0.1, 1e-12);
  g_assert_cmpfloat_with_epsilon (log.max, 100, 1e-9);
  studio_axis_include (&plain, 3);
  studio_axis_include (&plain, 41);
  studio_axis_round (&plain);
  g_assert_cmpfloat (plain.min, ==, 0);
  g_assert_cmpfloat (plain.max, ==, 50);
  studio_axis_round (&bytes);
  g_assert_cmpfloat (bytes.max, ==, 640 * 1024);
}

static void
test_an_axis_with_nothing_on_it_is_still_one (void)
{
  StudioAxis log = { INFINITY, -INFINITY, TRUE }, plain = { INFINITY, -INFINITY };

  studio_axis_round (&log);
  studio_axis_round (&plain);
  g_assert_true (log.min == 1 && log.max == 10 && plain.min == 0 && plain.max == 1);
}

static void
test_ticks_are_few_round_and_on_the_axis (void)
{
  StudioAxis axis = { 0, 42 }, log = { 0.01, 1e6, TRUE };
  g_autoptr(GArray) some = studio_axis_ticks (&axis, 6), powers = studio_axis_ticks (&log, 4);

  g_assert_cmpuint (some->len, ==, 5);
  for (guint i = 0; i < some->len; i++)
    g_assert_cmpfloat (g_array_index (some, double, i), ==, 10.0 * i);
  g_assert_cmpuint (powers->len, <=, 4);
  for (guint i = 0; i < powers->len; i++)
    {
      double power = log10 (g_array_index (powers, double, i));

      g_assert_cmpfloat_with_epsilon (power, rint (power), 1e-9);
    }
}

/* ------------------------------------------------------------------------ plots */

static void
on_pick (StudioPlot *plot, guint64 key, guint64 *picked)
{
  *picked = key;
}

static GtkWidget *
sample_plot (void)
{
  GtkWidget *plot = studio_plot_new ("Sample", 120);
  StudioAxis axis = { 0, 10, FALSE, FALSE, NULL, format };
  guint line, dots;

  studio_plot_begin (STUDIO_PLOT (plot), &axis, &axis);
  line = studio_plot_add_layer (STUDIO_PLOT (plot), STUDIO_LAYER_LINE, "roof", "anf_text");
  studio_plot_add_point (STUDIO_PLOT (plot), line, &(StudioPoint) { 0, 5 });
  studio_plot_add_point (STUDIO_PLOT (plot), line, &(StudioPoint) { 10, 5 });
  dots = studio_plot_add_layer (STUDIO_PLOT (plot), STUDIO_LAYER_DOTS, "ops", "anf_bar");
  studio_plot_add_point (STUDIO_PLOT (plot), dots, &(StudioPoint) { 8, 2, 9, 12, "late, \"b\"" });
  studio_plot_add_point (STUDIO_PLOT (plot), dots, &(StudioPoint) { 3, 2.5, 9, 11, "early" });
  return plot;
}

static void
test_a_plot_copies_its_numbers_and_its_picture (void)
{
  GtkWidget *window = gtk_window_new (), *plot = sample_plot ();
  g_autofree char *csv = NULL, *svg = NULL;

  gtk_window_set_child (GTK_WINDOW (window), plot);
  csv = studio_plot_dup_csv (STUDIO_PLOT (plot));
  svg = studio_plot_dup_svg (STUDIO_PLOT (plot), 300, 200);
  g_assert_cmpstr (csv, ==, "layer,x,y,label\nroof,0,5,\nroof,10,5,\n"
                   "ops,8,2,\"late, \"\"b\"\"\"\nops,3,2.5,early\n");
  g_assert_nonnull (strstr (svg, "<svg"));
  g_assert_nonnull (strstr (svg, "</svg>"));
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
press (GtkWidget *widget, guint keyval)
{
  test_press (widget, keyval);
}

static void
test_keys_go_from_point_to_point_and_pick (void)
{
  GtkWidget *window = gtk_window_new (), *plot = sample_plot ();
  guint64 picked = 0;

  gtk_window_set_child (GTK_WINDOW (window), plot);
  g_signal_connect (plot, "pick", G_CALLBACK (on_pick), &picked);
  g_assert_cmpuint (studio_plot_n_points (STUDIO_PLOT (plot)), ==, 2);
  press (plot, GDK_KEY_Right);
  g_assert_true (test_find (plot, STUDIO_TYPE_PLOT, "Sample: early") == plot);
  press (plot, GDK_KEY_Return);
  g_assert_cmpuint (picked, ==, 11);
  press (plot, GDK_KEY_Right);
  press (plot, GDK_KEY_Right);     /* stays at the last */
  press (plot, GDK_KEY_Return);
  g_assert_cmpuint (picked, ==, 12);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* ------------------------------------------------------------------------ memory */

/* x (128 B) -> c1 (256 B) -> r1 (256 B), fp16: c1 reads x, r1 reads c1 while it writes its own. */
static void
test_memory_is_what_is_still_to_be_read (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  AnfOptions options;
  g_autoptr(AnfPlan) plan = NULL;
  g_autoptr(GArray) live = NULL, owners = NULL;

  anf_options_init (&options, graph);
  options.settings.opt = "0";
  plan = anf_plan_with (report, &options, NULL);
  live = studio_live_bytes (plan);
  owners = studio_live_owners (plan, 0);
  g_assert_cmpuint (live->len, ==, 2);
  g_assert_cmpuint (g_array_index (live, gsize, 0), ==, 128 + 256);
  g_assert_cmpuint (g_array_index (live, gsize, 1), ==, 256 + 256);
  g_assert_cmpuint (owners->len, ==, 2);
  g_assert_cmpuint (g_array_index (owners, AnfLifetime, 0).value.node, ==, 2);
  g_assert_cmpuint (g_array_index (owners, AnfLifetime, 1).value.node, ==, 1);
}

/* ------------------------------------------------------------------------ roofs */

static void
test_a_roof_says_whether_it_was_measured (void)
{
  AnfRoof m4, m3;

  g_assert_true (anf_target_roof ("m4", &m4));
  g_assert_true (anf_target_roof ("h15", &m3));
  g_assert_cmpint (m4.basis, ==, ANF_BASIS_MEASURED);
  g_assert_cmpint (m3.basis, ==, ANF_BASIS_EXTRAPOLATED);
  g_assert_cmpfloat (m4.tflops, >, 1);
  g_assert_cmpfloat (m4.floor_us, >, 1);
  g_assert_false (anf_target_roof ("none", &m4));
}

static AnfProfile *
measure (AnfGraph *graph)
{
  AnfOptions options;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL;
  GError *error = NULL;
  AnfProfile *profile;

  anf_options_init (&options, graph);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  inputs = anf_feed (program, NULL, TRUE, 0, &error);
  g_assert_no_error (error);
  profile = anf_profile (program, inputs, 3, 1, NULL, &error);
  g_assert_no_error (error);
  return profile;
}

static void
test_the_side_of_a_profile_shows_roof_and_memory (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfProfile) profile = measure (graph);
  g_autoptr(GArray) ids = NULL;
  GtkWidget *plot;
  PanelTest at;

  panel_test_begin (&at, studio_profile_side_new ());
  g_object_set (at.panel, "graph", graph, "profile", profile, NULL);
  test_await_says (at.panel, "values alive, peak");
  test_await_says (at.panel, "Peak held by: ");
  plot = test_find (at.panel, STUDIO_TYPE_PLOT, "Roofline");
  g_assert_cmpuint (studio_plot_n_points (STUDIO_PLOT (plot)), >=, 1);
  press (plot, GDK_KEY_Right);
  press (plot, GDK_KEY_Return);
  g_object_get (at.panel, "selection", &ids, NULL);
  g_assert_cmpuint (ids->len, ==, 1);
  panel_test_end (&at);
}

/* ------------------------------------------------------------------------ runs */

/* What is kept beside a log: two files for each of its 50 runs, those of older ones are gone. */
static void
remove_records (const char *log)
{
  g_autofree char *folder = g_strconcat (log, ".d", NULL);
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      n++;
      g_remove (path);
    }
  g_assert_cmpuint (n, ==, 100);
  g_rmdir (folder);
}

static void
test_runs_and_their_baseline_survive (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfProfile) profile = measure (graph);
  g_autofree char *folder = g_dir_make_tmp ("runs-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "new", "log", NULL);
  g_autoptr(StudioRunLog) log = studio_run_log_open (graph, file), again = NULL;
  const StudioRun *run;

  g_assert_cmpuint (studio_run_log_n (log), ==, 0);
  for (guint i = 0; i < 60; i++)
    g_assert_true (studio_run_log_add (log, profile, 1000, NULL));
  g_assert_true (studio_run_log_pin (log, 0, NULL));
  g_assert_true (studio_run_log_add (log, profile, 2000, NULL));
  again = studio_run_log_open (graph, file);
  g_assert_cmpuint (studio_run_log_n (again), ==, 50);
  g_assert_nonnull (studio_run_log_baseline (again));
  g_assert_cmpint (studio_run_log_baseline (again)->when, ==, 1010);   /* 10 older ones are gone */
  run = studio_run_log_nth (again, 49);
  g_assert_cmpint (run->when, ==, 2000);
  g_assert_cmpfloat (run->median, ==, anf_profile_total (profile).median_us);
  g_assert_cmpstr (run->hash, ==, anf_graph_hash (graph));
  g_assert_cmpuint (run->n, ==, 3);
  remove_records (file);
  g_remove (file);
}

static void
test_runs_within_the_spread_are_the_same (void)
{
  StudioRun base = { .median = 100, .p10 = 95, .p90 = 110 };
  StudioRun near = { .median = 108, .p10 = 104, .p90 = 120 };
  StudioRun slow = { .median = 130, .p10 = 125, .p90 = 140 };
  StudioRun fast = { .median = 80, .p10 = 78, .p90 = 90 };

  g_assert_cmpint (studio_run_compare (&near, &base), ==, STUDIO_SAME);
  g_assert_cmpint (studio_run_compare (&slow, &base), ==, STUDIO_SLOWER);
  g_assert_cmpint (studio_run_compare (&fast, &base), ==, STUDIO_FASTER);
}

/* ------------------------------------------------------------------------ files */

static void
test_a_profile_as_csv_has_all_its_numbers (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfProfile) profile = measure (graph);
  g_autofree char *text = studio_profile_csv (profile);
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);

  /* A line of titles, one for each operator, and nothing after the last end of line. */
  g_assert_cmpuint (g_strv_length (lines), ==, 2 + anf_profile_n_ops (profile));
  for (guint i = 0; i < anf_profile_n_ops (profile); i++)
    {
      const AnfOpProfile *op = anf_profile_nth_op (profile, i);
      g_auto(GStrv) field = g_strsplit (lines[1 + i], ",", -1);

      g_assert_cmpuint (g_strv_length (field), ==, 11);
      g_assert_cmpstr (field[2], ==, anf_node_name (anf_graph_find (graph, op->node)));
      g_assert_cmpfloat (g_ascii_strtod (field[4], NULL), ==, op->us.median_us);
      g_assert_cmpfloat (g_ascii_strtod (field[9], NULL), ==, op->flops);
      g_assert_cmpuint (g_ascii_strtoull (field[10], NULL, 10), ==, op->bytes);
    }
}

/* ------------------------------------------------------------------------ chips */

/* The number of the CLI's `estimate` is anf_estimate_us (), and so is the panel's. */
static void
test_every_chip_has_an_estimate_or_a_reason (void)
{
  g_autoptr(AnfGraph) graph = test_small_graph ();
  g_autoptr(AnfReport) report = anf_check (graph, "h13");
  g_autoptr(AnfPlan) plan = anf_plan (report, NULL);
  g_autoptr(AnfEstimate) estimate = anf_estimate (plan, NULL, "h13");
  g_autofree char *time = NULL, *name = NULL;
  PanelTest at;

  time = studio_format_time_us (anf_estimate_us (estimate, NULL, NULL));
  name = g_strdup_printf ("%s, %s, estimated, takes it", anf_arch_title ("h13"), time);
  panel_test_begin (&at, studio_chips_panel_new ());
  g_object_set (at.panel, "graph", graph, NULL);
  test_await (at.panel, GTK_TYPE_WIDGET, name);
  /* Family 1 takes no MIL; convolutions run on all others. */
  test_await (at.panel, GTK_TYPE_WIDGET, "conv, reject, native, native, native, native");
  panel_test_end (&at);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv);
  g_test_add_func ("/axis/log", test_a_log_axis_gives_each_decade_the_same_room);
  g_test_add_func ("/axis/round", test_ends_are_rounded_outwards);
  g_test_add_func ("/axis/empty", test_an_axis_with_nothing_on_it_is_still_one);
  g_test_add_func ("/axis/ticks", test_ticks_are_few_round_and_on_the_axis);
  g_test_add_func ("/plot/copies", test_a_plot_copies_its_numbers_and_its_picture);
  g_test_add_func ("/plot/keys", test_keys_go_from_point_to_point_and_pick);
  g_test_add_func ("/memory/lifetimes", test_memory_is_what_is_still_to_be_read);
  g_test_add_func ("/roof/basis", test_a_roof_says_whether_it_was_measured);
  g_test_add_func ("/runs/survive", test_runs_and_their_baseline_survive);
  g_test_add_func ("/runs/verdict", test_runs_within_the_spread_are_the_same);
  g_test_add_func ("/files/csv", test_a_profile_as_csv_has_all_its_numbers);
  g_test_add_func ("/chips/estimates", test_every_chip_has_an_estimate_or_a_reason);
  g_test_add_func ("/profile-side/shows", test_the_side_of_a_profile_shows_roof_and_memory);
  return g_test_run ();
}
