/* test-chain.c - rows that follow others block by block, and write over what they read, change no
 * number: drawn graphs run as they are, with every step alone (as those do who watch the values),
 * and with every value an output, so that none is written over. */
#include "anf.h"

#include <math.h>
#include <string.h>

#define CHANNELS 6
#define SIZE     24                /* some blocks, and a part of one */
#define N        (CHANNELS * SIZE * SIZE)
#define NODES    14

static const char *const unary[] = { "relu", "relu6", "sigmoid", "tanh", "square", "abs" };
static const char *const binary[] = { "add", "mul", "sub", "maximum" };

#define PICK(rand, from) from[g_rand_int_range (rand, 0, G_N_ELEMENTS (from))]

/* Node @id reads what was made shortly before, so that chains come about. */
static void
add_node (GString *text, GRand *rand, guint id)
{
  int a = g_rand_int_range (rand, MAX (1, (int) id - 2), id), b = g_rand_int_range (rand, 1, id);
  int kind = g_rand_int_range (rand, 0, 10);

  g_string_append_printf (text, ", { \"id\": %u, \"name\": \"n%u\", ", id, id);
  if (kind < 3)
    g_string_append_printf (text, "\"op\": \"conv\", \"in\": { \"x\": \"n%d\" }, \"attrs\": { "
                            "\"pad\": %d }, \"weights\": { \"weight\": \"w%d\" } }", a, kind == 0,
                            kind == 0 ? 3 : 1);
  else if (kind < 6)
    g_string_append_printf (text, "\"op\": \"%s\", \"in\": { \"x\": \"n%d\" } }",
                            PICK (rand, unary), a);
  else if (kind < 9)
    g_string_append_printf (text, "\"op\": \"%s\", \"in\": { \"x\": \"n%d\", \"y\": \"n%d\" } }",
                            PICK (rand, binary), a, b);
  else
    g_string_append_printf (text, "\"op\": \"muls\", \"in\": { \"x\": \"n%d\" }, \"attrs\": { "
                            "\"k\": 0.7 } }", a);
}

static AnfGraph *
draw (guint32 seed, gboolean all)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr(GString) text = g_string_new ("{ \"aneforge\": 1, \"compile\": { \"opt\": \"0\" }, ");
  g_autoptr(GError) error = NULL;
  AnfGraph *graph;

  g_string_append_printf (text, "\"nodes\": [ { \"id\": 1, \"op\": \"input\", \"name\": \"n1\", "
                          "\"attrs\": { \"shape\": [1, %d, %d, %d] } }", CHANNELS, SIZE, SIZE);
  for (guint id = 2; id <= NODES; id++)
    add_node (text, rand, id);
  g_string_append_printf (text, " ], \"outputs\": { \"y\": \"n%d\"", NODES);
  for (guint id = 2; all && id < NODES; id++)
    g_string_append_printf (text, ", \"o%u\": \"n%u\"", id, id);
  g_string_append_printf (text, " }, \"weights\": { \"w1\": { \"init\": \"he\", \"shape\": "
                          "[%d, %d, 1, 1] }, \"w3\": { \"init\": \"he\", \"seed\": 3, \"shape\": "
                          "[%d, %d, 3, 3] } } }", CHANNELS, CHANNELS, CHANNELS, CHANNELS);
  graph = anf_document_parse (text->str, text->len, NULL, &error);
  g_assert_no_error (error);
  return graph;
}

static AnfTensors *
run (AnfGraph *graph, AnfNumerics numerics, guint threads, const float *x, gboolean watched)
{
  const gint64 shape[] = { 1, CHANNELS, SIZE, SIZE };
  g_autoptr(AnfTensor) tensor = anf_tensor_new_floats (4, shape, x);
  g_autoptr(AnfTensors) given = anf_tensors_new (), fed = NULL, nodes = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(GError) error = NULL;
  AnfOptions options;
  AnfTensors *out;

  anf_options_init (&options, graph);
  options.numerics = numerics;
  options.threads = threads;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  anf_tensors_add (given, "n1", tensor);
  fed = anf_feed (program, given, FALSE, 0, &error);
  g_assert_no_error (error);
  out = anf_program_run (program, fed, watched ? &nodes : NULL, NULL, &error);
  g_assert_no_error (error);
  return out;
}

static void
assert_same (AnfTensors *one, AnfTensors *other)
{
  g_autoptr(AnfTensor) a = anf_tensors_get (one, "y", NULL), b = anf_tensors_get (other, "y", NULL);
  g_autofree float *x = g_new (float, N), *y = g_new (float, N);

  anf_tensor_read (a, 0, N, x);
  anf_tensor_read (b, 0, N, y);
  g_assert_cmpmem (x, N * sizeof *x, y, N * sizeof *y);
}

static void
test_no_number_changes (gconstpointer data)
{
  AnfNumerics numerics = GPOINTER_TO_INT (data);
  g_autofree float *x = g_new (float, N);

  for (guint32 seed = 0; seed < (numerics == ANF_NUMERICS_LANES ? 4 : 24); seed++)
    {
      g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
      g_autoptr(AnfGraph) graph = draw (seed, FALSE), open = draw (seed, TRUE);
      g_autoptr(AnfTensors) a = NULL, b = NULL, c = NULL, d = NULL;

      for (guint i = 0; i < N; i++)
        x[i] = g_rand_double_range (rand, -2, 2);
      if (seed % 2 == 1)
        {
          x[17] = INFINITY;
          x[SIZE * SIZE + 230] = -INFINITY;
          x[800] = NAN;
          x[801] = 65504;
        }
      a = run (graph, numerics, 1, x, FALSE);
      b = run (graph, numerics, 1, x, TRUE);
      c = run (open, numerics, 1, x, FALSE);
      d = run (graph, numerics, 2, x, FALSE);
      assert_same (a, b);
      assert_same (a, c);
      assert_same (a, d);
    }
}

/* A value that is read for the last time gives its place to the result. */
static void
test_places_are_taken_over (void)
{
  static const char text[] =
    "{ \"aneforge\": 1, \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 1024] } },"
    " { \"id\": 2, \"op\": \"tanh\", \"name\": \"a\", \"in\": { \"x\": \"x\" } },"
    " { \"id\": 3, \"op\": \"relu\", \"name\": \"b\", \"in\": { \"x\": \"a\" } },"
    " { \"id\": 4, \"op\": \"square\", \"name\": \"c\", \"in\": { \"x\": \"b\" } },"
    " { \"id\": 5, \"op\": \"add\", \"name\": \"d\", \"in\": { \"x\": \"c\", \"y\": \"a\" } }"
    " ], \"outputs\": { \"y\": \"d\" } }";
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);
  g_autoptr(AnfReport) report = NULL;
  g_autoptr(AnfPlan) plan = NULL;

  g_assert_no_error (error);
  report = anf_check (graph, NULL);
  plan = anf_plan (report, &error);
  g_assert_no_error (error);
  /* a in one place; in the other x, then b, which c and d are written over. */
  g_assert_cmpuint (anf_plan_workspace (plan), ==, 2 * 1024 * sizeof (float));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/chain/no-number-changes/ane", GINT_TO_POINTER (ANF_NUMERICS_ANE),
                        test_no_number_changes);
  g_test_add_data_func ("/chain/no-number-changes/lanes", GINT_TO_POINTER (ANF_NUMERICS_LANES),
                        test_no_number_changes);
  g_test_add_data_func ("/chain/no-number-changes/fp32", GINT_TO_POINTER (ANF_NUMERICS_FP32),
                        test_no_number_changes);
  g_test_add_func ("/chain/places-are-taken-over", test_places_are_taken_over);
  return g_test_run ();
}
