/* test-worker.c - one job at a time, stopped at once, results that know their graph. */
#include "stage.h"
#include "support.h"
#include "worker.h"

typedef struct { guint n; guint job; int code; GQuark domain; } Finished;

static void
on_finished (StudioWorker *worker, guint job, const char *path, const GError *error,
             Finished *finished)
{
  finished->n++;
  finished->job = job;
  finished->domain = error != NULL ? error->domain : 0;
  finished->code = error != NULL ? error->code : 0;
}

static gboolean
is_quiet (gpointer worker)
{
  return !studio_worker_get_busy (worker);
}

static StudioWorker *
worker_new (Finished *finished)
{
  StudioWorker *worker = studio_worker_new ();

  g_signal_connect (worker, "finished", G_CALLBACK (on_finished), finished);
  return worker;
}

static AnfGraph *
load_example (const char *name)
{
  g_autofree char *path = test_copy_example (name);
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_load (path, &error);

  g_assert_no_error (error);
  return graph;
}

static AnfGraph *
with_target (AnfGraph *graph, const char *target)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);
  AnfSettings settings = *anf_graph_settings (graph);

  settings.target = target;
  anf_graph_builder_set_settings (builder, &settings);
  return anf_graph_builder_end (builder, NULL);
}

static void
test_run_gives_program_profile_and_gates_of_its_graph (void)
{
  Finished finished = { 0 };
  g_autoptr(StudioWorker) worker = worker_new (&finished);
  g_autoptr(AnfGraph) graph = load_example ("mnist-cnn.anf");
  AnfProfile *profile;
  double whole = 0;

  studio_worker_start (worker, STUDIO_JOB_RUN, graph, NULL);
  g_assert_true (studio_worker_get_busy (worker));
  test_wait (is_quiet, worker);

  g_assert_cmpuint (finished.n, ==, 1);
  g_assert_cmpuint (finished.domain, ==, 0);
  profile = studio_worker_get_profile (worker);
  g_assert_true (anf_program_graph (studio_worker_get_program (worker)) == graph);
  g_assert_true (anf_profile_program (profile) == studio_worker_get_program (worker));
  g_assert_true (anf_gates_graph (studio_worker_get_gates (worker)) == graph);
  g_assert_cmpuint (anf_profile_runs (profile), ==, 50);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpfloat (anf_profile_segment (profile, i).median_us, >, 0);
      whole += anf_profile_segment (profile, i).min_us;
    }
  g_assert_cmpfloat (whole, <=, anf_profile_total (profile).p99_us);
}

static void
test_stages_are_timed (void)
{
  Finished finished = { 0 };
  g_autoptr(StudioWorker) worker = worker_new (&finished);
  g_autoptr(AnfGraph) graph = load_example ("mnist-cnn.anf");
  g_autoptr(GListModel) stages = NULL;

  studio_worker_start (worker, STUDIO_JOB_RUN, graph, NULL);
  test_wait (is_quiet, worker);
  g_object_get (worker, "stages", &stages, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (stages), >=, 3);
  for (guint i = 0; i < g_list_model_get_n_items (stages); i++)
    {
      g_autoptr(StudioStage) stage = g_list_model_get_item (stages, i);

      g_assert_cmpuint (studio_stage_get_state (stage), ==, STUDIO_STAGE_DONE);
      g_assert_cmpfloat (studio_stage_get_us (stage), >=, 0);
    }
}

static char *
brief_of (StudioWorker *worker, const char *title)
{
  g_autoptr(GListModel) stages = NULL;

  g_object_get (worker, "stages", &stages, NULL);
  for (guint i = 0; i < g_list_model_get_n_items (stages); i++)
    {
      g_autoptr(StudioStage) stage = g_list_model_get_item (stages, i);

      if (g_str_equal (studio_stage_get_title (stage), title))
        return g_strdup (studio_stage_get_brief (stage));
    }
  return NULL;
}

/* The second compile of the same graph finds everything; its gates need no third. */
static void
test_a_second_compile_finds_what_the_first_made (void)
{
  Finished finished = { 0 };
  g_autoptr(StudioWorker) worker = worker_new (&finished);
  g_autoptr(AnfGraph) graph = load_example ("mnist-cnn.anf");
  g_autofree char *weights = NULL, *segments = NULL, *checked = NULL;

  for (guint i = 0; i < 2; i++)
    {
      studio_worker_start (worker, STUDIO_JOB_COMPILE, graph, NULL);
      test_wait (is_quiet, worker);
    }
  checked = brief_of (worker, "Check");
  weights = brief_of (worker, "Weights");
  segments = brief_of (worker, "Load");
  g_assert_cmpstr (checked, ==, "no findings");
  g_assert_cmpstr (weights, ==, "8 of 8 weights kept");      /* four, and four biases */
  g_assert_cmpstr (segments, ==, "2 of 2 segments unchanged");
}

static void
test_stop_is_immediate_and_final (void)
{
  Finished finished = { 0 };
  g_autoptr(StudioWorker) worker = worker_new (&finished);
  g_autoptr(AnfGraph) graph = load_example ("encoder-block.anf");
  gint64 begin;

  studio_worker_start (worker, STUDIO_JOB_RUN, graph, NULL);
  begin = g_get_monotonic_time ();
  studio_worker_stop (worker);
  g_assert_false (studio_worker_get_busy (worker));
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 100 * 1000);
  g_assert_cmpuint (finished.n, ==, 1);
  g_assert_cmpuint (finished.domain, ==, G_IO_ERROR);
  g_assert_cmpint (finished.code, ==, G_IO_ERROR_CANCELLED);

  /* The next job has to wait for the thread, so when it is done the stopped one is, too. */
  studio_worker_start (worker, STUDIO_JOB_GATES, graph, NULL);
  test_wait (is_quiet, worker);
  g_assert_cmpuint (finished.n, ==, 2);
  g_assert_null (studio_worker_get_program (worker));
  g_assert_null (studio_worker_get_profile (worker));
  g_assert_nonnull (studio_worker_get_gates (worker));
}

static gboolean
has_program (gpointer worker)
{
  return studio_worker_get_program (worker) != NULL;
}

/* Stopped in the middle of measuring: the thread itself has to end soon, too. */
static void
test_a_running_measurement_ends_soon (void)
{
  Finished finished = { 0 };
  StudioWorker *worker = worker_new (&finished);
  g_autoptr(AnfGraph) graph = load_example ("encoder-block.anf");
  gpointer gone = worker;
  gint64 begin;

  g_object_add_weak_pointer (G_OBJECT (worker), &gone);
  studio_worker_start (worker, STUDIO_JOB_RUN, graph, NULL);
  test_wait (has_program, worker);
  begin = g_get_monotonic_time ();
  studio_worker_stop (worker);
  g_object_unref (worker);
  test_wait_gone (&gone);
  /* 50 runs of this graph take longer than one, even under sanitizers. */
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 2 * G_USEC_PER_SEC);
}

static void
test_results_are_of_the_graph_that_was_started_last (void)
{
  Finished finished = { 0 };
  g_autoptr(StudioWorker) worker = worker_new (&finished);
  g_autoptr(AnfGraph) first = load_example ("mnist-cnn.anf");
  g_autoptr(AnfGraph) second = with_target (first, "h13");

  studio_worker_start (worker, STUDIO_JOB_RUN, first, NULL);
  studio_worker_stop (worker);
  studio_worker_start (worker, STUDIO_JOB_RUN, second, NULL);
  test_wait (is_quiet, worker);
  g_assert_true (anf_program_graph (studio_worker_get_program (worker)) == second);
  g_assert_true (anf_gates_graph (studio_worker_get_gates (worker)) == second);
}

static void
test_jobs_wait_for_each_other (void)
{
  Finished finished = { 0 };
  g_autoptr(StudioWorker) worker = worker_new (&finished);
  g_autoptr(AnfGraph) graph = load_example ("mnist-cnn.anf");
  g_autofree char *folder = g_dir_make_tmp ("aneforge-test-XXXXXX", NULL);
  g_autofree char *bundle = g_build_filename (folder, "m.anebundle", NULL);
  g_autofree char *manifest = g_build_filename (bundle, "manifest.json", NULL);
  g_autofree char *picture = g_build_filename (folder, "m.svg", NULL);

  studio_worker_start (worker, STUDIO_JOB_COMPILE, graph, NULL);
  studio_worker_start (worker, STUDIO_JOB_BUNDLE, graph, bundle);
  studio_worker_start (worker, STUDIO_JOB_PICTURE, graph, picture);
  test_wait (is_quiet, worker);
  g_assert_cmpuint (finished.n, ==, 3);
  g_assert_cmpuint (finished.domain, ==, 0);
  g_assert_cmpuint (finished.job, ==, STUDIO_JOB_PICTURE);
  g_assert_true (g_file_test (manifest, G_FILE_TEST_IS_REGULAR));
  g_assert_true (g_file_test (picture, G_FILE_TEST_IS_REGULAR));
}

static void
test_refused_graph_is_an_error_and_no_result (void)
{
  Finished finished = { 0 };
  g_autoptr(StudioWorker) worker = worker_new (&finished);
  g_autoptr(AnfGraph) broken = load_example ("shape-error.anf");
  g_autoptr(GListModel) stages = NULL;

  studio_worker_start (worker, STUDIO_JOB_RUN, broken, NULL);
  test_wait (is_quiet, worker);
  g_assert_cmpuint (finished.domain, ==, ANF_ERROR);
  g_assert_cmpint (finished.code, ==, ANF_ERROR_REFUSED);
  g_assert_null (studio_worker_get_program (worker));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker/run-gives-program-profile-and-gates-of-its-graph",
                   test_run_gives_program_profile_and_gates_of_its_graph);
  g_test_add_func ("/worker/stages-are-timed", test_stages_are_timed);
  g_test_add_func ("/worker/kept", test_a_second_compile_finds_what_the_first_made);
  g_test_add_func ("/worker/stop-is-immediate-and-final", test_stop_is_immediate_and_final);
  g_test_add_func ("/worker/a-running-measurement-ends-soon", test_a_running_measurement_ends_soon);
  g_test_add_func ("/worker/results-are-of-the-graph-that-was-started-last",
                   test_results_are_of_the_graph_that_was_started_last);
  g_test_add_func ("/worker/jobs-wait-for-each-other", test_jobs_wait_for_each_other);
  g_test_add_func ("/worker/refused-graph-is-an-error-and-no-result",
                   test_refused_graph_is_an_error_and_no_result);
  return g_test_run ();
}
