/* test-autograd.c - gradients of whole graphs, with respect to every weight and every input,
 * against central differences of the loss in double; and what is refused. */
#include "exact.h"

#include "train/autograd.h"

#include <math.h>
#include <string.h>

#define STEP      1e-5
#define TOLERANCE 1e-6
#define ELEMENTS  24               /* looked at of each tensor */

/* Nodes as in a document, numbered by their place; weights by name, shape and initialiser, which is
 * normal if none is given. */
typedef struct
{
  const char *node[28], *weight[16][3];
} Net;

static AnfGraph *
graph_of (const Net *net)
{
  GString *text = g_string_new ("{ \"aneforge\": 1, \"nodes\": [");
  g_autoptr(GError) error = NULL;
  AnfGraph *graph;

  for (guint i = 0; net->node[i] != NULL; i++)
    g_string_append_printf (text, "%s{ \"id\": %u, %s }", i > 0 ? ", " : "", i + 1, net->node[i]);
  g_string_append (text, "], \"outputs\": { \"loss\": \"loss\" }, \"weights\": {");
  for (guint i = 0; i < G_N_ELEMENTS (net->weight) && net->weight[i][0] != NULL; i++)
    g_string_append_printf (text, "%s\"%s\": { \"shape\": %s, \"init\": \"%s\", "
                            "\"scale\": 0.5, \"seed\": %u }", i > 0 ? ", " : "",
                            net->weight[i][0], net->weight[i][1],
                            net->weight[i][2] != NULL ? net->weight[i][2] : "normal", i + 5);
  g_string_append (text, "} }");
  graph = anf_document_parse (text->str, text->len, NULL, &error);
  g_assert_no_error (error);
  g_string_free (text, TRUE);
  return graph;
}

static AnfRef
value_of (AnfGraph *graph, const char *name)
{
  return (AnfRef) { anf_node_id (anf_graph_find_name (graph, name)), 0 };
}

/* Asks for the gradients of all weights and ports; @names keeps the outputs' names. */
static GArray *
ask_all (AnfGraph *graph, const Net *net, GPtrArray *names)
{
  GArray *wrt = g_array_new (FALSE, FALSE, sizeof (AnfWrt));

  for (guint i = 0; i < G_N_ELEMENTS (net->weight) && net->weight[i][0] != NULL; i++)
    {
      AnfWrt one = { { 0, 0 }, net->weight[i][0], g_strdup_printf ("d_%s", net->weight[i][0]) };

      g_ptr_array_add (names, (gpointer) one.output);
      g_array_append_val (wrt, one);
    }
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);
      AnfWrt one = { { node->id, 0 }, NULL, NULL };

      if (node->op->feed == NULL)
        continue;
      one.output = g_strdup_printf ("d_%s", node->name);
      g_ptr_array_add (names, (gpointer) one.output);
      g_array_append_val (wrt, one);
    }
  return wrt;
}

static void
feed (Exact *exact, AnfGraph *graph)
{
  g_autoptr(AnfReport) report = anf_check (graph, NULL);

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);
      gsize n = node->op->feed != NULL
                ? anf_type_elements (anf_report_type (report, node->id, 0)) : 0;
      g_autofree double *values = g_new (double, n + 1);

      if (node->op->feed == NULL)
        continue;
      anf_random_uniform01 (node->id, n, values);
      for (gsize k = 0; k < n; k++)
        values[k] = 2 * values[k] - 1;
      exact_set (exact, node->name, n, values);
    }
}

static double
loss_of (Exact *exact)
{
  gsize n;

  exact_run (exact);
  return exact_output (exact, "loss", &n)[0];
}

static double *
numbers_of (AnfGraph *graph, const AnfWrt *wrt, gsize n)
{
  double *values = g_new (double, n);

  if (wrt->weight != NULL)
    anf_tensor_read_double (anf_weight_tensor (anf_graph_find_weight (graph, wrt->weight)), 0, n,
                            values);
  else
    {
      anf_random_uniform01 (wrt->value.node, n, values);
      for (gsize k = 0; k < n; k++)
        values[k] = 2 * values[k] - 1;
    }
  return values;
}

static void
compare (Exact *plain, AnfGraph *graph, const AnfWrt *wrt, const double *got, gsize n)
{
  g_autofree double *values = numbers_of (graph, wrt, n);
  const char *name = wrt->weight != NULL ? wrt->weight
                     : anf_node_name (anf_graph_find (graph, wrt->value.node));
  double size = 1;

  for (gsize i = 0; i < n; i++)
    size = fmax (size, fabs (got[i]));
  for (gsize i = 0; i < n; i += MAX (1, n / ELEMENTS))
    {
      double x = values[i], above, below, want;

      values[i] = x + STEP;
      exact_set (plain, name, n, values);
      above = loss_of (plain);
      values[i] = x - STEP;
      exact_set (plain, name, n, values);
      below = loss_of (plain);
      values[i] = x;
      exact_set (plain, name, n, values);
      want = (above - below) / (2 * STEP);
      if (!(fabs (got[i] - want) <= TOLERANCE * size))
        g_error ("%s, element %" G_GSIZE_FORMAT ": %.9g, not %.9g", name, i, got[i], want);
    }
}

static AnfGraph *
differentiate (AnfGraph *graph, guint n, const AnfWrt *wrt, double scale, GError **error)
{
  AnfAutograd ask = { .root = value_of (graph, "loss"), .scale = scale, .n_wrt = n, .wrt = wrt };

  return anf_autograd (graph, &ask, error);
}

static void
check_net (const Net *net)
{
  g_autoptr(AnfGraph) graph = graph_of (net), back = NULL;
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GArray) wrt = ask_all (graph, net, names);
  g_autoptr(Exact) plain = exact_new (graph), exact = NULL;
  g_autoptr(GError) error = NULL;

  back = differentiate (graph, wrt->len, (const AnfWrt *) wrt->data, 1, &error);
  g_assert_no_error (error);
  exact = exact_new (back);
  feed (plain, graph);
  feed (exact, back);
  g_assert_cmpfloat (fabs (loss_of (exact) - loss_of (plain)), <, 1e-9);
  for (guint i = 0; i < wrt->len; i++)
    {
      const AnfWrt *one = &g_array_index (wrt, AnfWrt, i);
      gsize n;
      const double *got = exact_output (exact, one->output, &n);

      compare (plain, graph, one, got, n);
    }
}

#define INPUT(name, shape) \
  "\"op\": \"input\", \"name\": \"" name "\", \"attrs\": { \"shape\": " shape " }"
#define NODE(op, name, x) "\"op\": \"" op "\", \"name\": \"" name "\", \"in\": { \"x\": \"" x "\" }"
#define TWO(op, name, x, y) "\"op\": \"" op "\", \"name\": \"" name \
  "\", \"in\": { \"x\": \"" x "\", \"y\": \"" y "\" }"
#define ATTRS(text) ", \"attrs\": { " text " }"
#define WEIGHTS(text) ", \"weights\": { " text " }"
static const Net cnn = {
  { INPUT ("x", "[2, 2, 9, 9]"),
    NODE ("conv", "c1", "x") ATTRS ("\"pad\": 1, \"stride\": 2")
    WEIGHTS ("\"weight\": \"c1.w\", \"bias\": \"c1.b\""),
    NODE ("batch_norm", "bn", "c1") WEIGHTS ("\"gamma\": \"bn.g\", \"beta\": \"bn.b\", "
                                             "\"mean\": \"bn.m\", \"variance\": \"bn.v\""),
    NODE ("silu", "a1", "bn"),
    NODE ("conv_block", "c2", "a1") ATTRS ("\"groups\": 2, \"pool\": 2")
    WEIGHTS ("\"weight\": \"c2.w\", \"gamma\": \"c2.g\", \"beta\": \"c2.b\""),
    NODE ("flatten2d", "flat", "c2"),
    NODE ("linear", "fc", "flat") WEIGHTS ("\"weight\": \"fc.w\", \"bias\": \"fc.b\""),
    NODE ("softmax", "y", "fc"), INPUT ("target", "[2, 5]"), TWO ("sub", "off", "y", "target"),
    NODE ("square", "squares", "off"),
    NODE ("reduce_mean", "loss", "squares") ATTRS ("\"axes\": [0, 1]") },
  { { "c1.w", "[4, 2, 3, 3]" }, { "c1.b", "[4]" }, { "bn.g", "[4]" }, { "bn.b", "[4]" },
    { "bn.m", "[4]" }, { "bn.v", "[4]", "ones" }, { "c2.w", "[4, 4, 3, 3]" }, { "c2.g", "[4]" },
    { "c2.b", "[4]" }, { "fc.w", "[5, 16]" }, { "fc.b", "[5]" } },
};

static const Net encoder = {
  { INPUT ("x", "[5, 8]"),
    NODE ("layer_norm", "ln1", "x") WEIGHTS ("\"gamma\": \"g1\", \"beta\": \"b1\""),
    NODE ("mha", "heads", "ln1") ATTRS ("\"n_heads\": 2")
    WEIGHTS ("\"wq\": \"wq\", \"bq\": \"bq\", \"wk\": \"wk\", \"bk\": \"bk\", \"wv\": \"wv\", "
             "\"bv\": \"bv\", \"wo\": \"wo\", \"bo\": \"bo\""),
    TWO ("add", "r1", "x", "heads"),
    NODE ("layer_norm", "ln2", "r1") WEIGHTS ("\"gamma\": \"g2\", \"beta\": \"b2\""),
    NODE ("linear", "up", "ln2") WEIGHTS ("\"weight\": \"wu\""), NODE ("gelu", "act", "up"),
    NODE ("linear", "down", "act") WEIGHTS ("\"weight\": \"wd\""), TWO ("add", "y", "r1", "down"),
    INPUT ("target", "[5, 8]"), TWO ("sub", "off", "y", "target"),
    NODE ("square", "squares", "off"),
    NODE ("reduce_mean", "loss", "squares") ATTRS ("\"axes\": [0, 1]") },
  { { "g1", "[8]" }, { "b1", "[8]" }, { "wq", "[8, 8]" }, { "bq", "[8]" }, { "wk", "[8, 8]" },
    { "bk", "[8]" }, { "wv", "[8, 8]" }, { "bv", "[8]" }, { "wo", "[8, 8]" }, { "bo", "[8]" },
    { "g2", "[8]" }, { "b2", "[8]" }, { "wu", "[16, 8]" }, { "wd", "[8, 16]" } },
};

/* RMS norm, rotated queries and keys, causal attention, SwiGLU; the loss is a cross entropy. */
#define HEADS(from, name) \
  NODE ("reshape", name "3", from) ATTRS ("\"shape\": [1, 5, 2, 4]"), \
  NODE ("transpose", name "4", name "3") ATTRS ("\"perm\": [0, 2, 1, 3]")

static const Net llama = {
  { INPUT ("x", "[5, 8]"), NODE ("rms_norm", "n1", "x") WEIGHTS ("\"gamma\": \"g1\""),
    NODE ("linear", "q", "n1") WEIGHTS ("\"weight\": \"wq\""), HEADS ("q", "q"),
    NODE ("rope", "qr", "q4"),
    NODE ("linear", "k", "n1") WEIGHTS ("\"weight\": \"wk\""), HEADS ("k", "k"),
    NODE ("rope", "kr", "k4"),
    NODE ("linear", "v", "n1") WEIGHTS ("\"weight\": \"wv\""), HEADS ("v", "v"),
    "\"op\": \"sdpa\", \"name\": \"att\", \"in\": { \"q\": \"qr\", \"k\": \"kr\", \"v\": \"v4\" }"
    ATTRS ("\"causal\": true"),
    NODE ("transpose", "back", "att") ATTRS ("\"perm\": [0, 2, 1, 3]"),
    NODE ("reshape", "rows", "back") ATTRS ("\"shape\": [5, 8]"),
    NODE ("linear", "o", "rows") WEIGHTS ("\"weight\": \"wo\""), TWO ("add", "r1", "x", "o"),
    NODE ("rms_norm", "n2", "r1") WEIGHTS ("\"gamma\": \"g2\""),
    "\"op\": \"swiglu\", \"name\": \"ff\", \"in\": { \"x\": \"n2\", \"residual\": \"r1\" }"
    WEIGHTS ("\"gate\": \"wg\", \"up\": \"wu\", \"down\": \"wd\""),
    NODE ("linear", "logits", "ff") WEIGHTS ("\"weight\": \"head\""),
    NODE ("reduce_log_sum_exp", "lse", "logits") ATTRS ("\"axes\": -1"),
    NODE ("gather", "picked", "logits") ATTRS ("\"axis\": 1, \"indices\": [3]"),
    TWO ("sub", "nll", "lse", "picked"),
    NODE ("reduce_mean", "loss", "nll") ATTRS ("\"axes\": [0, 1]") },
  { { "g1", "[8]" }, { "wq", "[8, 8]" }, { "wk", "[8, 8]" }, { "wv", "[8, 8]" },
    { "wo", "[8, 8]" }, { "g2", "[8]" }, { "wg", "[12, 8]" }, { "wu", "[12, 8]" },
    { "wd", "[8, 12]" }, { "head", "[7, 8]" } },
};

/* One value read four times, twice by one node; one weight in two nodes, and as a constant. */
static const Net shared = {
  { INPUT ("x", "[3, 4]"), NODE ("linear", "a", "x") WEIGHTS ("\"weight\": \"w\""),
    NODE ("linear", "b", "a") WEIGHTS ("\"weight\": \"w\""), TWO ("mul", "aa", "a", "a"),
    TWO ("add", "ab", "aa", "b"), TWO ("bmm", "c", "ab", "w1"),
    "\"op\": \"parameter\", \"name\": \"w1\"" WEIGHTS ("\"value\": \"w\""),
    TWO ("mul", "d", "c", "a"), TWO ("real_div", "e", "d", "wide"),
    NODE ("adds", "wide", "squares") ATTRS ("\"k\": 1.5"), NODE ("square", "squares", "row"),
    NODE ("reduce_sum", "row", "x") ATTRS ("\"axes\": 0"),
    NODE ("reduce_sum", "loss", "e") ATTRS ("\"axes\": [0, 1]") },
  { { "w", "[4, 4]" } },
};

static void
test_net (gconstpointer data)
{
  check_net (data);
}

/* ---- seeds, stops, origins, refusals */

static const Net two_ways = {
  { INPUT ("x", "[3]"), NODE ("exp", "a", "x"), NODE ("sin", "b", "x"), TWO ("mul", "c", "a", "b"),
    NODE ("reduce_sum", "loss", "c") ATTRS ("\"axes\": 0"), INPUT ("idle", "[2]"),
    NODE ("relu", "alone", "idle") },
};

static const double *
run_ask (AnfGraph *graph, const AnfAutograd *ask, Exact **exact)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) back = anf_autograd (graph, ask, &error);
  gsize n;

  g_assert_no_error (error);
  *exact = exact_new (back);
  feed (*exact, back);
  exact_run (*exact);
  return exact_output (*exact, ask->wrt[0].output, &n);
}

/* With a stop at sin only exp (x) is followed: d = scale exp (x) sin (x). */
static void
test_stop_set_and_scale (void)
{
  g_autoptr(AnfGraph) graph = graph_of (&two_ways);
  g_autoptr(Exact) exact = NULL;
  AnfRef x = value_of (graph, "x");
  AnfId stop = value_of (graph, "b").node;
  AnfWrt wrt = { x, NULL, "dx" };
  AnfAutograd ask = { .root = value_of (graph, "loss"), .scale = 8, .n_wrt = 1, .wrt = &wrt,
                      .n_stop = 1, .stop = &stop };
  const double *got = run_ask (graph, &ask, &exact);
  g_autofree double *at = numbers_of (graph, &wrt, 3);

  for (guint i = 0; i < 3; i++)
    g_assert_cmpfloat (fabs (got[i] - 8 * exp (at[i]) * sin (at[i])), <, 1e-12);
}

/* In the middle of the way: d of a = sin (x), although x is not asked for. */
static void
test_value_in_the_middle (void)
{
  g_autoptr(AnfGraph) graph = graph_of (&two_ways);
  g_autoptr(Exact) exact = NULL;
  AnfWrt wrt = { value_of (graph, "a"), NULL, "da" }, x = { value_of (graph, "x"), NULL, "dx" };
  AnfAutograd ask = { .root = value_of (graph, "loss"), .scale = 1, .n_wrt = 1, .wrt = &wrt };
  const double *got = run_ask (graph, &ask, &exact);
  g_autofree double *at = numbers_of (graph, &x, 3);

  for (guint i = 0; i < 3; i++)
    g_assert_cmpfloat (fabs (got[i] - sin (at[i])), <, 1e-12);
}

static void
test_what_does_not_matter_has_zeros (void)
{
  g_autoptr(AnfGraph) graph = graph_of (&two_ways);
  g_autoptr(Exact) exact = NULL;
  AnfWrt wrt = { value_of (graph, "idle"), NULL, "d" };
  AnfAutograd ask = { .root = value_of (graph, "loss"), .scale = 1, .n_wrt = 1, .wrt = &wrt };
  const double *got = run_ask (graph, &ask, &exact);

  g_assert_cmpfloat (got[0], ==, 0);
  g_assert_cmpfloat (got[1], ==, 0);
}

/* All that is new says whose gradient it is for, and the user's nodes stay his own. */
static void
test_nodes_name_their_origin (void)
{
  g_autoptr(AnfGraph) graph = graph_of (&encoder), back = NULL;
  g_autoptr(GError) error = NULL;
  AnfWrt wrt = { { 0, 0 }, "wq", "d" };

  back = differentiate (graph, 1, &wrt, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (anf_graph_n_outputs (back), ==, 2);
  for (guint i = 0; i < back->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (back->nodes, i);

      if (anf_graph_find (graph, node->id) != NULL)
        g_assert_cmpuint (node->origin, ==, 0);
      else
        g_assert_nonnull (anf_graph_find (graph, node->origin));
    }
}

static void
assert_refused (const Net *net, AnfErrorCode code, const char *node, const char *words)
{
  g_autoptr(AnfGraph) graph = graph_of (net), back = NULL;
  g_autoptr(GError) error = NULL;
  AnfWrt wrt = { value_of (graph, "x"), NULL, "d" };

  back = differentiate (graph, 1, &wrt, 1, &error);
  g_assert_null (back);
  g_assert_error (error, ANF_ERROR, (int) code);
  g_assert_cmpuint (anf_error_get_node (error), ==, value_of (graph, node).node);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, words);
}

static void
test_refusals_name_the_node (void)
{
  static const Net argmax = { { INPUT ("x", "[3, 4]"), NODE ("argmax", "place", "x"),
                                NODE ("reduce_sum", "loss", "place") ATTRS ("\"axes\": [0, 1]") } };
  static const Net steps = { { INPUT ("x", "[3]"), NODE ("round", "whole", "x"),
                               NODE ("reduce_sum", "loss", "whole") ATTRS ("\"axes\": 0") } };
  static const Net many = { { INPUT ("x", "[3]"), NODE ("relu", "loss", "x") } };
  static const Net broken = { { INPUT ("x", "[3]"), INPUT ("y", "[2]"),
                                TWO ("add", "loss", "x", "y") } };

  assert_refused (&argmax, ANF_ERROR_BAD_GRAPH, "place", "does not move");
  assert_refused (&steps, ANF_ERROR_BAD_GRAPH, "whole", "Steps");
  assert_refused (&many, ANF_ERROR_BAD_GRAPH, "loss", "one number");
  assert_refused (&broken, ANF_ERROR_REFUSED, "loss", "broadcast");
}

/* The gradient graph is a graph as any other: it compiles and runs. Of fp16 and of the table of
 * gelu, which is off by 0.006, some hundredths of the whole remain. */
static void
run_on_device (AnfGraph *back, AnfNumerics numerics, double limit)
{
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL, outputs = NULL;
  g_autoptr(AnfTensor) got = NULL;
  g_autoptr(Exact) exact = exact_new (back);
  g_autoptr(GError) error = NULL;
  double off = 0, size = 0, x;
  const double *want;
  AnfOptions options;
  gsize n;

  anf_options_init (&options, back);
  options.numerics = numerics;
  program = anf_compile (back, &options, NULL, &error);
  g_assert_no_error (error);
  inputs = anf_feed (program, NULL, TRUE, 0, &error);
  g_assert_no_error (error);
  outputs = anf_program_run (program, inputs, NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < anf_tensors_n (inputs); i++)
    {
      const char *name = anf_tensors_nth_name (inputs, i);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (inputs, name, &error);
      gsize elements = anf_tensor_elements (tensor);
      g_autofree double *values = g_new (double, elements);

      anf_tensor_read_double (tensor, 0, elements, values);
      exact_set (exact, name, elements, values);
    }
  exact_run (exact);
  want = exact_output (exact, "d", &n);
  got = anf_tensors_get (outputs, "d", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (anf_tensor_elements (got), ==, n);
  for (gsize i = 0; i < n; i++)
    {
      anf_tensor_read_double (got, i, 1, &x);
      off += (x - want[i]) * (x - want[i]);
      size += want[i] * want[i];
    }
  g_assert_cmpfloat (size, >, 0);
  g_assert_cmpfloat (sqrt (off / size), <, limit);
}

static void
test_gradients_run_on_the_device (void)
{
  g_autoptr(AnfGraph) graph = graph_of (&encoder), back = NULL;
  g_autoptr(GError) error = NULL;
  AnfWrt wrt = { { 0, 0 }, "wq", "d" };

  back = differentiate (graph, 1, &wrt, 1, &error);
  g_assert_no_error (error);
  run_on_device (back, ANF_NUMERICS_FP32, 1e-4);
  run_on_device (back, ANF_NUMERICS_ANE, 0.05);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/autograd/convolutional-net", &cnn, test_net);
  g_test_add_data_func ("/autograd/transformer-block", &encoder, test_net);
  g_test_add_data_func ("/autograd/llama-block", &llama, test_net);
  g_test_add_data_func ("/autograd/shared-values-and-weights", &shared, test_net);
  g_test_add_func ("/autograd/stop-set-and-scale", test_stop_set_and_scale);
  g_test_add_func ("/autograd/value-in-the-middle", test_value_in_the_middle);
  g_test_add_func ("/autograd/what-does-not-matter-has-zeros",
                   test_what_does_not_matter_has_zeros);
  g_test_add_func ("/autograd/nodes-name-their-origin", test_nodes_name_their_origin);
  g_test_add_func ("/autograd/refusals-name-the-node", test_refusals_name_the_node);
  g_test_add_func ("/autograd/gradients-run-on-the-device", test_gradients_run_on_the_device);
  return g_test_run ();
}
