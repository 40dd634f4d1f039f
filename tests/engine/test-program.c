/* test-program.c - compiled graphs run: numbers worked out by hand, batches, dumps, cancelling. */
#include "anf.h"

#include <string.h>

static const char mlp[] =
  "{ \"aneforge\": 1, \"nodes\": ["
  " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 2] } },"
  " { \"id\": 2, \"op\": \"linear\", \"name\": \"fc\", \"in\": { \"x\": \"x\" },"
  "   \"weights\": { \"weight\": \"w\", \"bias\": \"b\" } },"
  " { \"id\": 3, \"op\": \"relu\", \"name\": \"r\", \"in\": { \"x\": \"fc\" } },"
  " { \"id\": 4, \"op\": \"argmax\", \"name\": \"i\", \"in\": { \"x\": \"r\" },"
  "   \"attrs\": { \"axis\": 1 } } ],"
  " \"outputs\": { \"y\": \"r\", \"best\": \"i\" },"
  " \"weights\": { \"w\": { \"shape\": [2, 2], \"values\": [1, 2, 3, 0.1] },"
  "                \"b\": { \"shape\": [2], \"values\": [0.5, -0.5] } } }";

static AnfProgram *
compile (const char *text, AnfNumerics numerics)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);
  AnfOptions options;
  AnfProgram *program;

  g_assert_no_error (error);
  anf_options_init (&options, graph);
  options.numerics = numerics;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return program;
}

static AnfTensors *
feed (const AnfProgram *program, guint k, const float *values)
{
  const gint64 shape[] = { k, 2 };
  g_autoptr(AnfTensor) x = anf_tensor_new_floats (2, shape, values);
  g_autoptr(AnfTensors) given = anf_tensors_new ();
  g_autoptr(GError) error = NULL;
  AnfTensors *fed;

  anf_tensors_add (given, "x", x);
  fed = anf_feed (program, given, FALSE, 0, &error);
  g_assert_no_error (error);
  return fed;
}

static void
assert_values (AnfTensors *tensors, const char *name, guint n, const float *want)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensor) tensor = anf_tensors_get (tensors, name, &error);
  float got[16];

  g_assert_no_error (error);
  g_assert_cmpuint (anf_tensor_elements (tensor), ==, n);
  anf_tensor_read (tensor, 0, n, got);
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat (got[i], ==, want[i]);
}

/* A result may take the place of what it reads; not of what it reads again and again. */
static void
test_a_repeated_operand_stays (void)
{
  static const char text[] =
    "{ \"aneforge\": 1, \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 2] } },"
    " { \"id\": 2, \"op\": \"reduce_sum\", \"name\": \"r\", \"in\": { \"x\": \"x\" },"
    "   \"attrs\": { \"axes\": 1 } },"
    " { \"id\": 3, \"op\": \"real_div\", \"name\": \"y\","
    "   \"in\": { \"x\": \"x\", \"y\": \"r\" } } ], \"outputs\": { \"y\": \"y\" } }";
  static const float x[] = { 1, 3 }, want[] = { 0.25, 0.75 };
  g_autoptr(AnfProgram) program = compile (text, ANF_NUMERICS_ANE);
  g_autoptr(AnfTensors) fed = feed (program, 1, x), outputs = NULL;
  g_autoptr(GError) error = NULL;

  outputs = anf_program_run (program, fed, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_values (outputs, "y", 2, want);
}

/* Rows of a table by token: the host looks them up, the engine goes on from there. A number past
 * the end is kept inside; one below zero counts from the end. */
static void
test_tokens_pick_rows_on_the_host (void)
{
  static const char text[] =
    "{ \"aneforge\": 1, \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"t\","
    "   \"attrs\": { \"shape\": [4], \"dtype\": \"int32\" } },"
    " { \"id\": 2, \"op\": \"const\", \"name\": \"table\", \"weights\": { \"value\": \"w\" } },"
    " { \"id\": 3, \"op\": \"gather\", \"name\": \"g\","
    "   \"in\": { \"x\": \"table\", \"indices\": \"t\" } },"
    " { \"id\": 4, \"op\": \"relu\", \"name\": \"y\", \"in\": { \"x\": \"g\" } } ],"
    " \"outputs\": { \"y\": \"y\" },"
    " \"weights\": { \"w\": { \"shape\": [3, 2], \"values\": [1, -2, 3, 4, -5, 6] } } }";
  static const gint32 tokens[] = { 2, 0, 9, -2 };
  static const float want[] = { 0, 6, 1, 0, 0, 6, 3, 4 };
  g_autoptr(AnfProgram) program = compile (text, ANF_NUMERICS_ANE);
  g_autoptr(GBytes) bytes = g_bytes_new_static (tokens, sizeof tokens);
  g_autoptr(AnfTensor) t = anf_tensor_new (ANF_I32, 1, (gint64[]) { 4 }, bytes);
  g_autoptr(AnfTensors) given = anf_tensors_new (), fed = NULL, out = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_cmpuint (anf_plan_n_segments (anf_program_plan (program)), ==, 2);
  anf_tensors_add (given, "t", t);
  fed = anf_feed (program, given, FALSE, 0, &error);
  g_assert_no_error (error);
  out = anf_program_run (program, fed, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_values (out, "y", G_N_ELEMENTS (want), want);
}

/* fp16 (0.1) is 0.0999755859375. */
static void
test_each_profile_rounds_as_it_says (void)
{
  static const float x[] = { 0, 1 };
  static const float ane[] = { 2.5f, 0 }, fp32[] = { 2.5f, 0 };
  static const float one[] = { 0, 0 };
  static const float up[] = { 0, 8 };
  /* row 0: 2 * 8 + 0.5; row 1: fp16 (0.1) * 8 - 0.5 = 0.2998046875, an fp16 value;
   * in fp32 0.1f * 8 - 0.5f = 0.300000012f */
  static const float up_ane[] = { 16.5f, 0.2998046875f }, up_fp32[] = { 16.5f, 0.300000012f };
  g_autoptr(AnfProgram) a = compile (mlp, ANF_NUMERICS_ANE);
  g_autoptr(AnfProgram) f = compile (mlp, ANF_NUMERICS_FP32);
  const struct { AnfProgram *program; const float *in, *y; } cases[] = {
    { a, x, ane }, { f, x, fp32 }, { a, up, up_ane }, { f, up, up_fp32 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(AnfTensors) in = feed (cases[i].program, 1, cases[i].in);
      g_autoptr(GError) error = NULL;
      g_autoptr(AnfTensors) out = anf_program_run (cases[i].program, in, NULL, NULL, &error);

      g_assert_no_error (error);
      assert_values (out, "y", 2, cases[i].y);
      assert_values (out, "best", 1, one);
    }
}

static void
test_samples_are_run_one_by_one_and_joined (void)
{
  static const float x[] = { 2, 1, 0, 0, 1, -1 };
  /* rows (1, 2) and (3, 0.1), bias (0.5, -0.5); fp16 (5.6 rounded): 3*2 + 0.0999756 - 0.5 */
  static const float y[] = { 4.5f, 5.6015625f, 0.5f, 0, 0, 2.400390625f };
  static const float best[] = { 1, 0, 1 };
  g_autoptr(AnfProgram) program = compile (mlp, ANF_NUMERICS_ANE);
  g_autoptr(AnfTensors) in = feed (program, 3, x);
  g_autoptr(AnfTensors) nodes = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) out = anf_program_run (program, in, &nodes, NULL, &error);

  g_assert_no_error (error);
  assert_values (out, "y", 6, y);
  assert_values (out, "best", 3, best);
  assert_values (nodes, "r", 6, y);
  assert_values (nodes, "x", 6, x);
}

static void
test_program_tells_its_ports_in_order (void)
{
  g_autoptr(AnfProgram) program = compile (mlp, ANF_NUMERICS_ANE);
  AnfType type;

  g_assert_cmpuint (anf_program_n_inputs (program), ==, 1);
  g_assert_cmpstr (anf_program_nth_input (program, 0, &type), ==, "x");
  g_assert_cmpuint (type.rank, ==, 2);
  g_assert_cmpuint (anf_program_n_outputs (program), ==, 2);
  g_assert_cmpstr (anf_program_nth_output (program, 1, &type), ==, "best");
  g_assert_cmpint (type.dim[1], ==, 1);
  g_assert_cmpstr (anf_program_device (program), ==, "cpu");
}

static void
test_cancelling_stops_with_no_result (void)
{
  static const float x[] = { 2, 1 };
  g_autoptr(AnfProgram) program = compile (mlp, ANF_NUMERICS_ANE);
  g_autoptr(AnfTensors) in = feed (program, 1, x);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  AnfProgress progress = { .cancellable = cancellable };
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) out = NULL;
  AnfProgram *again;

  g_cancellable_cancel (cancellable);
  out = anf_program_run (program, in, NULL, &progress, &error);
  g_assert_null (out);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  again = anf_compile (anf_program_graph (program), anf_program_options (program), &progress,
                       &error);
  g_assert_null (again);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_errors_and_refusals_name_their_node (void)
{
  static const char wrong[] =
    "{ \"aneforge\": 1, \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 70000] } },"
    " { \"id\": 7, \"op\": \"relu\", \"name\": \"r\", \"in\": { \"x\": \"x\" } },"
    " { \"id\": 9, \"op\": \"add\", \"name\": \"a\", \"in\": { \"x\": \"r\" } } ],"
    " \"outputs\": { \"y\": \"%s\" }, \"compile\": { \"target\": \"h13\" } }";
  static const struct { const char *output; AnfId node; } cases[] = { { "a", 9 }, { "r", 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto(GStrv) parts = g_strsplit (wrong, "%s", 2);
      g_autofree char *text = g_strconcat (parts[0], cases[i].output, parts[1], NULL);
      g_autoptr(GError) error = NULL;
      g_autoptr(AnfGraph) graph = NULL;
      AnfOptions options;

      graph = anf_document_parse (text, strlen (text), NULL, &error);
      g_assert_no_error (error);
      if (i == 1)                  /* without the half-wired node only the size is wrong */
        {
          AnfGraphBuilder *b = anf_graph_builder_new (graph);

          anf_graph_builder_remove (b, 9);
          anf_graph_unref (graph);
          graph = anf_graph_builder_end (b, NULL);
        }
      anf_options_init (&options, graph);
      g_assert_null (anf_compile (graph, &options, NULL, &error));
      g_assert_error (error, ANF_ERROR, ANF_ERROR_REFUSED);
      g_assert_cmpuint (anf_error_get_node (error), ==, cases[i].node);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/program/each-profile-rounds-as-it-says", test_each_profile_rounds_as_it_says);
  g_test_add_func ("/program/samples-are-run-one-by-one-and-joined",
                   test_samples_are_run_one_by_one_and_joined);
  g_test_add_func ("/program/tokens-pick-rows-on-the-host", test_tokens_pick_rows_on_the_host);
  g_test_add_func ("/program/a-repeated-operand-stays", test_a_repeated_operand_stays);
  g_test_add_func ("/program/tells-its-ports-in-order", test_program_tells_its_ports_in_order);
  g_test_add_func ("/program/cancelling-stops-with-no-result",
                   test_cancelling_stops_with_no_result);
  g_test_add_func ("/program/errors-and-refusals-name-their-node",
                   test_errors_and_refusals_name_their_node);
  return g_test_run ();
}
