/* test-errors.c - where errors come from, as the engine tells it and as it is shown. */
#include <math.h>
#include <string.h>

#include "errors-panel.h"
#include "panels-support.h"
#include "plot.h"
#include "tensor-view.h"

static AnfErrors *
measure (AnfGraph *graph, AnfTensors *inputs)
{
  AnfOptions options;
  GError *error = NULL;
  AnfErrors *errors;

  anf_options_init (&options, graph);
  errors = anf_errors_measure (graph, &options, inputs, NULL, &error);
  g_assert_no_error (error);
  return errors;
}

static const AnfValueError *
error_of (AnfErrors *errors, const char *name)
{
  AnfId id = anf_node_id (anf_graph_find_name (anf_errors_graph (errors), name));

  for (guint i = 0; i < anf_errors_n (errors); i++)
    if (anf_errors_nth (errors, i)->value.node == id)
      return anf_errors_nth (errors, i);
  g_assert_not_reached ();
}

/* x -> a (exact by its nature) -> bad (its weight keeps 4 bits) -> c. */
static AnfGraph *
graph_with_a_bad_operator (void)
{
  return test_parse (
    "{ \"aneforge\": 1, \"title\": \"Bad\", \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [4, 64] } },"
    "  { \"id\": 2, \"op\": \"relu\", \"name\": \"a\", \"in\": { \"x\": \"x\" } },"
    "  { \"id\": 3, \"op\": \"linear\", \"name\": \"bad\", \"in\": { \"x\": \"a\" },"
    "    \"weights\": { \"weight\": \"w\" }, \"compress\": { \"weight\": \"int4\" } },"
    "  { \"id\": 4, \"op\": \"relu\", \"name\": \"c\", \"in\": { \"x\": \"bad\" } } ],"
    "  \"outputs\": { \"y\": \"c\" },"
    "  \"weights\": { \"w\": { \"shape\": [32, 64], \"init\": \"normal\", \"seed\": 7 } },"
    "  \"compile\": { \"target\": \"h16s\", \"atol\": 0.9 },"
    "  \"gates\": [ { \"output\": \"y\", \"metric\": \"rel_l2\", \"limit\": 0.02 } ],"
    "  \"next_id\": 5 }");
}

static void
test_only_the_bad_operator_errs_by_itself (void)
{
  g_autoptr(AnfGraph) graph = graph_with_a_bad_operator ();
  g_autoptr(AnfErrors) errors = measure (graph, NULL);
  const AnfValueError *first = anf_errors_first_over (errors, 0.02);

  /* One rounding to fp16 is at most 2^-11 of a number. */
  g_assert_cmpfloat (error_of (errors, "a")->local, <=, 0x1p-11);
  g_assert_cmpfloat (error_of (errors, "c")->local, <=, 0x1p-11);
  /* 16 entries for a normal distribution: their mean square error is 0.9 % of its variance at best
   * (Max 1960), so the relative error of the product is near 0.1. */
  g_assert_cmpfloat (error_of (errors, "bad")->local, >, 0.05);
  g_assert_cmpfloat (error_of (errors, "bad")->local, <, 0.2);
  g_assert_cmpfloat (error_of (errors, "c")->total, >, 0.05);
  g_assert_nonnull (first);
  g_assert_cmpuint (first->value.node, ==, 3);
}

static void
test_numbers_that_overflow_are_counted_and_found (void)
{
  g_autoptr(AnfGraph) graph = test_parse (
    "{ \"aneforge\": 1, \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [2, 2] } },"
    "  { \"id\": 2, \"op\": \"exp\", \"name\": \"e\", \"in\": { \"x\": \"x\" } } ],"
    "  \"outputs\": { \"y\": \"e\" }, \"next_id\": 3 }");
  const float values[] = { 0, 1, 20, -20 };
  g_autoptr(AnfTensor) x = anf_tensor_new_floats (2, (const gint64[]) { 2, 2 }, values);
  g_autoptr(AnfTensors) inputs = anf_tensors_new ();
  g_autoptr(AnfErrors) errors = NULL;
  const AnfValueError *e;

  anf_tensors_add (inputs, "x", x);
  errors = measure (graph, inputs);
  e = error_of (errors, "e");
  g_assert_cmpuint (e->n, ==, 4);
  /* exp 20 is 4.9e8; fp16 ends at 65504. exp -20 is 2e-9, below its least number. */
  g_assert_cmpuint (e->n_inf + e->n_nan + e->n_saturated, ==, 1);
  if (e->n_inf + e->n_nan > 0)
    g_assert_cmpuint (e->first_bad, ==, 2);
  g_assert_cmpuint (e->n_zero + e->n_subnormal, ==, 1);
}

static void
test_the_spread_of_a_gate_counts_every_number (void)
{
  g_autoptr(AnfGraph) graph = graph_with_a_bad_operator ();
  AnfOptions options;
  g_autoptr(AnfGates) gates = NULL;
  const AnfErrorSpread *spread;
  gsize sum = 0;

  anf_options_init (&options, graph);
  gates = anf_gates_measure (graph, &options, NULL, NULL);
  spread = &anf_gates_nth (gates, 0)->errors;
  for (guint i = 0; i < ANF_ERROR_BINS; i++)
    sum += spread->bin[i];
  g_assert_cmpuint (spread->n, ==, 4 * 32);
  g_assert_cmpuint (sum + spread->exact, ==, spread->n);
  /* The relative L2 error is the quotient of the two roots. */
  g_assert_cmpfloat_with_epsilon (spread->rms / spread->rms_reference,
                                  anf_gates_nth (gates, 0)->value, 1e-9);
}

static void
test_the_last_two_axes_are_the_picture (void)
{
  g_autofree float *zeros = g_new0 (float, 2 * 3 * 4 * 5);
  g_autoptr(AnfTensor) four = anf_tensor_new_floats (4, (const gint64[]) { 2, 3, 4, 5 }, zeros);
  g_autoptr(AnfTensor) one = anf_tensor_new_floats (1, (const gint64[]) { 7 }, zeros);
  StudioSlices maps = studio_tensor_slices (four), strip = studio_tensor_slices (one);
  g_autofree char *place = studio_tensor_place (four, ((1 * 3 + 2) * 4 + 1) * 5 + 4);

  g_assert_true (maps.maps == 6 && maps.rows == 4 && maps.columns == 5);
  g_assert_true (strip.maps == 1 && strip.rows == 1 && strip.columns == 7);
  g_assert_cmpstr (place, ==, "(1, 2, 1, 4)");
}

static void
test_the_least_relative_limit_holds_for_operators (void)
{
  g_autoptr(AnfGraph) graph = graph_with_a_bad_operator (), small = test_small_graph ();

  g_assert_cmpfloat (studio_errors_limit (graph), ==, 0.02);
  g_assert_cmpfloat (studio_errors_limit (small), ==, 0);
  g_assert_true (isnan (studio_errors_limit (NULL)));
}

static void
test_the_panel_finds_the_bad_operator (void)
{
  g_autoptr(AnfGraph) graph = graph_with_a_bad_operator ();
  g_autoptr(AnfErrors) errors = measure (graph, NULL);
  AnfOptions options;
  g_autoptr(AnfGates) gates = NULL;
  g_autoptr(GArray) ids = NULL;
  PanelTest at;

  anf_options_init (&options, graph);
  gates = anf_gates_measure (graph, &options, NULL, NULL);
  panel_test_begin (&at, studio_errors_panel_new ());
  g_object_set (at.panel, "graph", graph, "gates", gates, "errors", errors, NULL);
  test_await_says (at.panel, "choose an operator");
  test_click_label (at.panel, "First Over");
  g_object_get (at.panel, "selection", &ids, NULL);
  g_assert_cmpuint (ids->len, ==, 1);
  g_assert_cmpuint (g_array_index (ids, AnfId, 0), ==, 3);
  test_await_says (at.panel, "bad, ");
  test_await_says (at.panel, "NaN 0, Inf 0");
  g_assert_cmpuint (studio_plot_n_points (STUDIO_PLOT (test_find (at.panel, STUDIO_TYPE_PLOT,
                                                                  "Spread of errors"))), >, 0);
  panel_test_end (&at);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv);
  g_test_add_func ("/errors/bad-operator", test_only_the_bad_operator_errs_by_itself);
  g_test_add_func ("/errors/overflow", test_numbers_that_overflow_are_counted_and_found);
  g_test_add_func ("/errors/spread", test_the_spread_of_a_gate_counts_every_number);
  g_test_add_func ("/errors/slices", test_the_last_two_axes_are_the_picture);
  g_test_add_func ("/errors/limit", test_the_least_relative_limit_holds_for_operators);
  g_test_add_func ("/errors/panel", test_the_panel_finds_the_bad_operator);
  return g_test_run ();
}
