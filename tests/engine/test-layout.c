/* test-layout.c - values with their channels last: which ones have them, and that no number depends
 * on it. A value that is also an output of the graph stays in the order of its axes, so a graph all
 * of whose values are outputs tells what the same graph has to give. */
#include "run/layout.h"
#include "pass/plan.h"

#include <math.h>
#include <string.h>

#define NODE(id, op, name, rest) \
  "{ \"id\": " #id ", \"op\": \"" op "\", \"name\": \"" name "\"" rest " }"
#define ONE(x) ", \"in\": { \"x\": \"" x "\" }"
#define TWO(x, y) ", \"in\": { \"x\": \"" x "\", \"y\": \"" y "\" }"
#define ATTR(text) ", \"attrs\": { " text " }"
#define WEIGHT(w, b) ", \"weights\": { \"weight\": \"" w "\", \"bias\": \"" b "\" }"
#define DRAWN(name, shape, seed) \
  "\"" name "\": { \"init\": \"normal\", \"scale\": 0.3, \"shape\": " shape ", " \
  "\"seed\": " #seed " }"

/* A residual block, pools with borders, a gate of one number a channel, a depthwise and a
 * transposed convolution, and rows that take no other order than the axes'. */
static const char nodes[] =
  NODE (1, "input", "x", ATTR ("\"shape\": [2, 5, 11, 9]")) ","
  NODE (2, "conv", "a", ONE ("x") WEIGHT ("wa", "ba") ATTR ("\"pad\": 1")) ","
  NODE (3, "relu", "ar", ONE ("a")) ","
  NODE (4, "conv", "b", ONE ("ar") WEIGHT ("wb", "ba") ATTR ("\"pad\": [1, 1, 0, 2]")) ","
  NODE (5, "add", "sum", TWO ("b", "ar")) ","
  NODE (6, "max_pool", "most", ONE ("sum") ATTR ("\"k\": 3, \"stride\": 2, \"pad\": 1")) ","
  NODE (7, "avg_pool", "mean", ONE ("most")
        ATTR ("\"k\": 2, \"stride\": 1, \"pad\": [1, 0, 1, 0], \"exclude_pad\": true")) ","
  NODE (8, "reduce_mean", "level", ONE ("mean") ATTR ("\"axes\": [2, 3]")) ","
  NODE (9, "sigmoid", "gate", ONE ("level")) ","
  NODE (10, "mul", "gated", TWO ("mean", "gate")) ","
  NODE (11, "conv", "c", ONE ("gated") WEIGHT ("wc", "bc") ATTR ("\"groups\": 12, \"pad\": 1")) ","
  NODE (12, "muls", "scaled", ONE ("c") ATTR ("\"k\": 0.5")) ","
  NODE (13, "conv_transpose", "d", ONE ("scaled") WEIGHT ("wd", "bd") ATTR ("\"stride\": 2")) ","
  NODE (14, "softmax", "soft", ONE ("d") ATTR ("\"axis\": 1")) ","
  NODE (15, "tanh", "y", ONE ("d")) ","
  NODE (16, "sub", "z", TWO ("y", "soft"));
static const char weights[] =
  DRAWN ("wa", "[12, 5, 3, 3]", 1) "," DRAWN ("ba", "[12]", 2) ","
  DRAWN ("wb", "[12, 12, 3, 3]", 3) "," DRAWN ("wc", "[12, 1, 3, 3]", 4) ","
  DRAWN ("bc", "[12]", 5) "," DRAWN ("wd", "[12, 6, 2, 2]", 6) "," DRAWN ("bd", "[6]", 7);
static const char *const names[] = { "a", "ar", "b", "sum", "most", "mean", "level", "gate",
                                     "gated", "c", "scaled", "d", "soft", "y", "z" };

static AnfProgram *
compile (gboolean all, AnfNumerics numerics)
{
  g_autoptr(GString) text = g_string_new ("{ \"aneforge\": 1, \"compile\": { \"opt\": \"0\" }, ");
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = NULL;
  AnfOptions options;
  AnfProgram *program;

  g_string_append_printf (text, "\"nodes\": [ %s ], \"weights\": { %s }, \"outputs\": { \"z\": "
                          "\"z\"", nodes, weights);
  for (guint i = 0; all && i + 1 < G_N_ELEMENTS (names); i++)
    g_string_append_printf (text, ", \"%s\": \"%s\"", names[i], names[i]);
  g_string_append (text, " } }");
  graph = anf_document_parse (text->str, text->len, NULL, &error);
  g_assert_no_error (error);
  anf_options_init (&options, graph);
  options.numerics = numerics;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return program;
}

static AnfTensors *
run (AnfProgram *program, const float *x, gsize n)
{
  const gint64 shape[] = { 2, 5, 11, 9 };
  g_autoptr(AnfTensor) tensor = anf_tensor_new_floats (4, shape, x);
  g_autoptr(AnfTensors) given = anf_tensors_new (), fed = NULL;
  g_autoptr(GError) error = NULL;
  AnfTensors *out;

  g_assert_cmpuint (anf_tensor_elements (tensor), ==, n);
  anf_tensors_add (given, "x", tensor);
  fed = anf_feed (program, given, FALSE, 0, &error);
  g_assert_no_error (error);
  out = anf_program_run (program, fed, NULL, NULL, &error);
  g_assert_no_error (error);
  return out;
}

static void
assert_same (AnfTensors *one, AnfTensors *other)
{
  g_autoptr(AnfTensor) a = anf_tensors_get (one, "z", NULL), b = anf_tensors_get (other, "z", NULL);
  gsize n = anf_tensor_elements (a);
  g_autofree float *x = g_new (float, n), *y = g_new (float, n);

  anf_tensor_read (a, 0, n, x);
  anf_tensor_read (b, 0, n, y);
  g_assert_cmpmem (x, n * sizeof *x, y, n * sizeof *y);
}

static void
compare (AnfNumerics numerics, gboolean odd)
{
  enum { N = 2 * 5 * 11 * 9 };
  g_autoptr(AnfProgram) one = compile (FALSE, numerics), all = compile (TRUE, numerics);
  g_autoptr(GRand) rand = g_rand_new_with_seed (4);
  g_autoptr(AnfTensors) a = NULL, b = NULL;
  float x[N];

  for (guint i = 0; i < N; i++)
    x[i] = g_rand_double_range (rand, -2, 2);
  if (odd)
    {
      x[17] = INFINITY;
      x[230] = -INFINITY;
      x[800] = NAN;
      x[801] = 65504;
    }
  a = run (one, x, N);
  b = run (all, x, N);
  assert_same (a, b);
}

static void test_ane  (void) { compare (ANF_NUMERICS_ANE, FALSE); }
static void test_fp32 (void) { compare (ANF_NUMERICS_FP32, FALSE); }
/* Infinities meet zeros and each other: what the edge rules say is looked up value by value. */
static void test_odd  (void) { compare (ANF_NUMERICS_ANE, TRUE); }

/* Names of those values of the program's only segment whose channels are last. */
static char *
names_of_last (AnfProgram *program)
{
  const AnfReport *report = anf_program_plan (program)->report;
  guint n = anf_graph_n_nodes (report->graph);
  g_autofree AnfCall *calls = g_new0 (AnfCall, n);
  g_autoptr(GPtrArray) order = g_ptr_array_new (), found = g_ptr_array_new ();
  g_autoptr(GPtrArray) types = g_ptr_array_new_with_free_func (g_free);
  g_autofree guint32 *turned = g_new0 (guint32, n);

  for (guint i = 0; i < n; i++)
    {
      const AnfNode *node = anf_graph_nth (report->graph, i);
      const AnfType **in = g_new0 (const AnfType *, node->n_in + 1);

      g_ptr_array_add (types, in);
      if (node->op->source)
        continue;
      anf_report_inputs (report, node, in);
      calls[i] = (AnfCall) { .node = node, .n_in = node->n_in, .n_out = 1, .in_type = in,
                             .out_type = report->types[i] };
      g_ptr_array_add (order, &calls[i]);
    }
  anf_choose_layouts (report->graph, (AnfCall *const *) order->pdata, order->len, turned);
  for (guint i = 0; i < order->len; i++)
    if (((AnfCall *) order->pdata[i])->last_out)
      g_ptr_array_add (found, (gpointer) anf_node_name (((AnfCall *) order->pdata[i])->node));
  g_ptr_array_add (found, NULL);
  return g_strjoinv (" ", (char **) found->pdata);
}

/* The graph's input is in the order of its axes, z leaves it; softmax and the mean take copies. */
static void
test_choice (void)
{
  g_autoptr(AnfProgram) one = compile (FALSE, ANF_NUMERICS_ANE);
  g_autoptr(AnfProgram) all = compile (TRUE, ANF_NUMERICS_ANE);
  g_autofree char *last = names_of_last (one), *none = names_of_last (all);

  g_assert_cmpstr (last, ==, "a ar b sum most mean gated c scaled");
  g_assert_cmpstr (none, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/layout/choice", test_choice);
  g_test_add_func ("/layout/ane", test_ane);
  g_test_add_func ("/layout/fp32", test_fp32);
  g_test_add_func ("/layout/odd-numbers", test_odd);
  return g_test_run ();
}
