/* test-measure.c - profiles and gates through the engine's door: order of figures, cancelling. */
#include "anf.h"

static const char document[] =
  "{ \"aneforge\": 1, \"nodes\": ["
  "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [4, 8] } },"
  "  { \"id\": 2, \"op\": \"linear\", \"name\": \"l\", \"in\": { \"x\": \"x\" },"
  "    \"weights\": { \"weight\": \"w\" } },"
  "  { \"id\": 3, \"op\": \"argmax\", \"name\": \"a\", \"in\": { \"x\": \"l\" } } ],"
  "  \"outputs\": { \"y\": \"l\", \"best\": \"a\" },"
  "  \"weights\": { \"w\": { \"shape\": [6, 8], \"init\": \"normal\", \"seed\": 3 } },"
  "  \"gates\": [ { \"output\": \"y\", \"metric\": \"rel_l2\", \"limit\": 0.01 } ] }";

static AnfGraph *
parse (void)
{
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_parse (document, sizeof document - 1, NULL, &error);

  g_assert_no_error (error);
  return graph;
}

static AnfProgram *
compile (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = parse ();
  AnfOptions options;
  AnfProgram *program;

  anf_options_init (&options, graph);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return program;
}

/* Cancels after a number of steps of one stage. */
typedef struct
{
  GCancellable *cancellable;
  const char   *stage;
  int           left;
  double        last;
} Countdown;

static void
on_step (const char *stage, double fraction, gpointer data)
{
  Countdown *self = data;

  if (!g_str_equal (stage, self->stage))
    return;
  g_assert_cmpfloat (fraction, >=, self->last);
  g_assert_cmpfloat (fraction, <, 1);
  self->last = fraction;
  if (--self->left == 0)
    g_cancellable_cancel (self->cancellable);
}

static void
test_figures_are_in_order (void)
{
  g_autoptr(AnfProgram) program = compile ();
  g_autoptr(AnfTensors) inputs = anf_feed (program, NULL, TRUE, 0, NULL);
  g_autoptr(AnfProfile) profile = anf_profile (program, inputs, 20, 2, NULL, NULL);
  AnfStats total = anf_profile_total (profile);
  double sum = 0;

  g_assert_cmpuint (anf_profile_runs (profile), ==, 20);
  g_assert_cmpfloat (total.min_us, >, 0);
  g_assert_cmpfloat (total.min_us, <=, total.p10_us);
  g_assert_cmpfloat (total.p10_us, <=, total.median_us);
  g_assert_cmpfloat (total.median_us, <=, total.p90_us);
  g_assert_cmpfloat (total.p90_us, <=, total.p99_us);
  g_assert_cmpuint (anf_plan_n_segments (anf_program_plan (program)), ==, 2);
  for (guint i = 0; i < 2; i++)
    sum += anf_profile_segment (profile, i).min_us;
  g_assert_cmpfloat (sum, <=, total.p99_us);
}

static void
test_every_node_has_its_figures (void)
{
  g_autoptr(AnfProgram) program = compile ();
  g_autoptr(AnfTensors) inputs = anf_feed (program, NULL, TRUE, 0, NULL);
  g_autoptr(AnfProfile) profile = anf_profile (program, inputs, 1, 0, NULL, NULL);
  const AnfOpProfile *linear = anf_profile_op (profile, 2);

  g_assert_null (anf_profile_op (profile, 1));             /* an input does not run */
  g_assert_cmpuint (anf_profile_n_ops (profile), ==, 2);
  g_assert_cmpuint (anf_profile_nth_op (profile, 1)->node, ==, 3);
  g_assert_cmpfloat (linear->flops, ==, 2 * 4 * 6 * 8);
  g_assert_cmpuint (linear->bytes, ==, 2 * (4 * 8 + 4 * 6 + 6 * 8));
  g_assert_cmpfloat (linear->us.min_us, >, 0);
}

static void
test_profile_stops_between_runs (void)
{
  g_autoptr(AnfProgram) program = compile ();
  g_autoptr(AnfTensors) inputs = anf_feed (program, NULL, TRUE, 0, NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  Countdown countdown = { cancellable, "Profile", 7, 0 };
  AnfProgress progress = { cancellable, on_step, &countdown };

  g_assert_null (anf_profile (program, inputs, 1000, 0, &progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (countdown.left, ==, 0);                 /* and not one run more */
}

static void
test_gates_can_be_cancelled (void)
{
  g_autoptr(AnfGraph) graph = parse ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  AnfProgress progress = { .cancellable = cancellable };
  AnfOptions options;

  g_cancellable_cancel (cancellable);
  anf_options_init (&options, graph);
  g_assert_null (anf_gates_measure (graph, &options, &progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_gates_keep_their_graph (void)
{
  g_autoptr(AnfGraph) graph = parse ();
  g_autoptr(AnfGates) gates = NULL;
  AnfOptions options;

  anf_options_init (&options, graph);
  gates = anf_gates_measure (graph, &options, NULL, NULL);
  g_assert_true (anf_gates_graph (gates) == graph);
  g_assert_cmpuint (anf_gates_n (gates), ==, 1);
  g_assert_true (anf_gates_ok (gates));
  g_assert_true (anf_gates_nth (gates, 0)->random_inputs);
  g_assert_cmpuint (anf_gates_nth (gates, 0)->n_samples, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profile/figures-are-in-order", test_figures_are_in_order);
  g_test_add_func ("/profile/every-node-has-its-figures", test_every_node_has_its_figures);
  g_test_add_func ("/profile/stops-between-runs", test_profile_stops_between_runs);
  g_test_add_func ("/gates/can-be-cancelled", test_gates_can_be_cancelled);
  g_test_add_func ("/gates/keep-their-graph", test_gates_keep_their_graph);
  return g_test_run ();
}
