/* test-estimate.c - the latency model through anf.h: quick, and honest where it knows nothing. */
#include "anf.h"

#include <math.h>
#include <string.h>

static AnfPlan *
plan_of (const char *text, const char *target)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);
  g_autoptr(AnfReport) report = NULL;
  AnfPlan *plan;

  g_assert_no_error (error);
  report = anf_check (graph, target);
  plan = anf_plan (report, &error);
  g_assert_no_error (error);
  return plan;
}

/* A chain of @n products with an activation after each. */
static char *
chain (guint n)
{
  GString *text = g_string_new ("{\"aneforge\":1,\"nodes\":[{\"id\":1,\"op\":\"input\","
                                "\"name\":\"n1\",\"attrs\":{\"shape\":[16,64]}}");

  for (guint i = 2; i <= n; i++)
    if (i % 2 == 0)
      g_string_append_printf (text, ",{\"id\":%u,\"op\":\"linear\",\"name\":\"n%u\",\"in\":"
                              "{\"x\":\"n%u\"},\"weights\":{\"weight\":\"w\"}}", i, i, i - 1);
    else
      g_string_append_printf (text, ",{\"id\":%u,\"op\":\"relu\",\"name\":\"n%u\",\"in\":"
                              "{\"x\":\"n%u\"}}", i, i, i - 1);
  g_string_append_printf (text, "],\"outputs\":{\"y\":\"n%u\"},\"weights\":{\"w\":{\"shape\":"
                          "[64,64],\"init\":\"zeros\"}}}", n);
  return g_string_free (text, FALSE);
}

static void
test_a_thousand_nodes (void)
{
  g_autofree char *text = chain (1000);
  g_autoptr(AnfPlan) plan = plan_of (text, "h17s");
  gint64 best = G_MAXINT64;

  for (guint i = 0; i < 10; i++)
    {
      gint64 begin = g_get_monotonic_time ();
      g_autoptr(AnfEstimate) estimate = anf_estimate (plan, NULL, "h17s");

      best = MIN (best, g_get_monotonic_time () - begin);
      g_assert_null (anf_estimate_why (estimate));
      g_assert_cmpuint (anf_estimate_n_nodes (estimate), ==, 999);
    }
  g_test_message ("1000 nodes: %" G_GINT64_FORMAT " us", best);
#if !defined (__SANITIZE_ADDRESS__)
  g_assert_cmpint (best, <, 2000);
#endif
}

static void
test_nodes_add_up (void)
{
  g_autofree char *text = chain (20);
  g_autoptr(AnfPlan) plan = plan_of (text, "h13");
  g_autoptr(AnfEstimate) estimate = anf_estimate (plan, NULL, "h13");
  double low, high, us = anf_estimate_us (estimate, &low, &high);
  double sum = anf_estimate_floor (estimate);

  g_assert_cmpuint (anf_estimate_n_segments (estimate), ==, 1);
  g_assert_cmpint (anf_estimate_segment (estimate, 0)->bound, ==, ANF_BOUND_FLOOR);
  for (guint i = 0; i < anf_estimate_n_nodes (estimate); i++)
    {
      const AnfNodeEstimate *node = anf_estimate_nth_node (estimate, i);

      g_assert_true (node == anf_estimate_node (estimate, node->node));
      sum += node->us;
    }
  g_assert_cmpfloat_with_epsilon (sum, us, 1e-9 * us);
  g_assert_cmpfloat (low, <, us);
  g_assert_cmpfloat (us, <, high);
  g_assert_null (anf_estimate_node (estimate, 1));       /* an input is in no segment */
}

static void
test_what_is_not_known (void)
{
  static const char *const targets[] = { "h11", "h12", "m9", "t0", "h99", "M4", "", NULL };
  g_autofree char *text = chain (4);
  g_autoptr(AnfPlan) plan = plan_of (text, "h17s");

  for (guint i = 0; targets[i] != NULL; i++)
    {
      g_autoptr(AnfEstimate) estimate = anf_estimate (plan, NULL, targets[i]);

      g_assert_nonnull (anf_estimate_why (estimate));
      g_assert_cmpfloat (anf_estimate_us (estimate, NULL, NULL), ==, 0);
      g_assert_cmpuint (anf_estimate_n_segments (estimate), ==, 0);
    }
}

/* A graph of one chip may be asked of every other. */
static void
test_every_chip_has_an_answer (void)
{
  g_autofree char *text = chain (4);
  g_autoptr(AnfPlan) plan = plan_of (text, "h17s");

  for (guint i = 0; i < anf_arch_n (); i++)
    {
      g_autoptr(AnfEstimate) estimate = anf_estimate (plan, NULL, anf_arch_nth (i));
      double low, high, us = anf_estimate_us (estimate, &low, &high);

      g_assert_true ((anf_estimate_why (estimate) == NULL) == (anf_arch_family
                                                               (anf_arch_nth (i)) > 1));
      if (anf_estimate_why (estimate) == NULL)
        {
          g_assert_cmpfloat (low, >, 0);
          g_assert_cmpfloat (low, <=, us);
          g_assert_cmpfloat (us, <=, high);
          g_assert_true (isfinite (high));
        }
    }
}

/* Figures of the package's own project_peak (). */
static void
test_projected_peaks (void)
{
  static const struct { const char *arch; double tflops, cores; } known[] = {
    { "h11", 1.588, 4 }, { "h13", 1.800, 4 }, { "h13g", 3.691, 8 }, { "t1", 7.200, 16 },
    { "h14", 1.823, 4 }, { "h15", 1.898, 4 }, { "h15c", 18.133, 32 }, { "h16", 2.106, 4 },
    { "h16s", 8.896, 16 }, { "h17", 2.086, 4 }, { "h17c", 17.791, 32 }, { "h17d", 35.583, 64 },
    { "h17s", 8.896, 16 }, { "h18", 8.896, 16 }, { "m11", 0.197, 1 },
  };
  AnfPeak peak;

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    {
      g_assert_true (anf_project_peak (known[i].arch, &peak));
      g_assert_cmpfloat_with_epsilon (peak.tflops, known[i].tflops, 6e-4);
      g_assert_cmpfloat (peak.cores, ==, known[i].cores);
    }
  g_assert_false (anf_project_peak ("h12", &peak));
  g_assert_false (anf_project_peak ("h99", &peak));
}

static void
test_machines_have_chips (void)
{
  g_assert_cmpstr (anf_target_arch ("m4"), ==, "h16g");
  g_assert_cmpstr (anf_target_arch ("m5-pro"), ==, "h17s");
  g_assert_cmpstr (anf_target_arch ("h15"), ==, "h15");
  g_assert_null (anf_target_arch ("m3"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/estimate/a-thousand-nodes-take-less-than-two-milliseconds",
                   test_a_thousand_nodes);
  g_test_add_func ("/estimate/nodes-and-floor-add-up", test_nodes_add_up);
  g_test_add_func ("/estimate/what-is-not-known-has-a-reason", test_what_is_not_known);
  g_test_add_func ("/estimate/every-chip-has-an-answer", test_every_chip_has_an_answer);
  g_test_add_func ("/estimate/projected-peaks-are-the-package-s", test_projected_peaks);
  g_test_add_func ("/estimate/machines-have-chips", test_machines_have_chips);
  return g_test_run ();
}
