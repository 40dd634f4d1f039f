/* test-checker.c - the latest graph wins; report, plan and weights come one after another. */
#include "checker.h"
#include "support.h"

static gboolean
is_idle (gpointer checker)
{
  return studio_checker_get_idle (checker);
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

static void
remember_graph (StudioChecker *checker, GParamSpec *pspec, GPtrArray *seen)
{
  g_ptr_array_add (seen, anf_report_graph (studio_checker_get_report (checker)));
}

static void
test_latest_graph_wins (void)
{
  g_autoptr(StudioChecker) checker = studio_checker_new ();
  g_autoptr(AnfGraph) first = load_example ("mnist-cnn.anf");
  g_autoptr(AnfGraph) second = test_with_relu (first);
  g_autoptr(AnfGraph) third = test_with_relu (second);
  g_autoptr(GPtrArray) seen = g_ptr_array_new ();

  g_signal_connect (checker, "notify::report", G_CALLBACK (remember_graph), seen);
  studio_checker_set_graph (checker, first);
  studio_checker_set_graph (checker, second);
  studio_checker_set_graph (checker, third);
  test_wait (is_idle, checker);
  test_settle ();
  g_assert_cmpuint (seen->len, ==, 1);
  g_assert_true (seen->pdata[0] == third);
}

/* Back to a graph whose check was cancelled: its answer must come all the same. */
static void
test_return_to_the_first_graph_is_answered (void)
{
  g_autoptr(StudioChecker) checker = studio_checker_new ();
  g_autoptr(AnfGraph) first = load_example ("mnist-cnn.anf");
  g_autoptr(AnfGraph) second = test_with_relu (first);

  studio_checker_set_graph (checker, first);
  studio_checker_set_graph (checker, second);
  studio_checker_set_graph (checker, first);
  test_wait (is_idle, checker);
  g_assert_true (anf_report_graph (studio_checker_get_report (checker)) == first);
}

static void
note (StudioChecker *checker, GParamSpec *pspec, GString *order)
{
  g_string_append_printf (order, "%s ", pspec->name);
}

static void
test_stages_come_in_order (void)
{
  g_autoptr(StudioChecker) checker = studio_checker_new ();
  g_autoptr(AnfGraph) graph = load_example ("mnist-cnn.anf");
  g_autoptr(GString) order = g_string_new (NULL);

  studio_checker_set_graph (checker, graph);
  g_signal_connect (checker, "notify", G_CALLBACK (note), order);
  test_wait (is_idle, checker);
  g_assert_cmpstr (order->str, ==, "report plan weights idle ");
  g_assert_true (anf_report_ok (studio_checker_get_report (checker)));
  /* conv, conv, linear, linear */
  g_assert_cmpuint (anf_weights_n (studio_checker_get_weights (checker)), ==, 4);
  /* argmax cuts the graph in two */
  g_assert_cmpuint (anf_plan_n_segments (studio_checker_get_plan (checker)), ==, 2);
}

static void
test_broken_graph_has_a_report_but_no_plan (void)
{
  g_autoptr(StudioChecker) checker = studio_checker_new ();
  g_autoptr(AnfGraph) good = load_example ("mnist-cnn.anf");
  g_autoptr(AnfGraph) broken = load_example ("shape-error.anf");

  studio_checker_set_graph (checker, good);
  test_wait (is_idle, checker);
  g_assert_nonnull (studio_checker_get_plan (checker));

  studio_checker_set_graph (checker, broken);
  test_wait (is_idle, checker);
  g_assert_false (anf_report_ok (studio_checker_get_report (checker)));
  g_assert_null (studio_checker_get_plan (checker));
}

static void
test_nothing_comes_after_stop (void)
{
  g_autoptr(StudioChecker) checker = studio_checker_new ();
  g_autoptr(AnfGraph) graph = load_example ("mnist-cnn.anf");
  gpointer gone = checker;

  g_object_add_weak_pointer (G_OBJECT (checker), &gone);
  studio_checker_set_graph (checker, graph);
  studio_checker_stop (checker);
  g_clear_object (&checker);
  test_wait_gone (&gone);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/checker/latest-graph-wins", test_latest_graph_wins);
  g_test_add_func ("/checker/return-to-the-first-graph-is-answered",
                   test_return_to_the_first_graph_is_answered);
  g_test_add_func ("/checker/stages-come-in-order", test_stages_come_in_order);
  g_test_add_func ("/checker/broken-graph-has-a-report-but-no-plan",
                   test_broken_graph_has_a_report_but_no_plan);
  g_test_add_func ("/checker/nothing-comes-after-stop", test_nothing_comes_after_stop);
  return g_test_run ();
}
