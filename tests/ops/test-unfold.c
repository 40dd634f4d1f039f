/* test-unfold.c - a composite unfolded in the user's graph gives the same numbers, bit for bit, and
 * leaves a document as any other. */
#include "bench.h"

#include <string.h>

static AnfGraph *
unfold (AnfGraph *graph, AnfId id)
{
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  g_autoptr(GError) error = NULL;
  AnfGraph *result;

  g_assert_true (anf_graph_builder_unfold (b, report, id));
  result = anf_graph_builder_end (b, &error);
  g_assert_no_error (error);
  return result;
}

static AnfTensor *
result_of (AnfGraph *graph, AnfNumerics numerics)
{
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL, outputs = NULL;
  g_autoptr(GError) error = NULL;
  AnfOptions options;
  AnfTensor *result;

  anf_options_init (&options, graph);
  options.settings.opt = "0";
  options.numerics = numerics;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  inputs = anf_feed (program, NULL, TRUE, 3, &error);
  g_assert_no_error (error);
  outputs = anf_program_run (program, inputs, NULL, NULL, &error);
  g_assert_no_error (error);
  result = anf_tensors_get (outputs, "y0", &error);
  g_assert_no_error (error);
  return result;
}

static void
test_same_numbers (gconstpointer data)
{
  g_autoptr(Bench) bench = bench_sample (data, ANF_NUMERICS_ANE);
  g_autoptr(AnfGraph) folded = bench_graph (bench), open = NULL;
  AnfId id = bench->node->id;

  open = unfold (folded, id);
  g_assert_true (anf_node_op (anf_graph_find (open, id)) != anf_node_op (bench->node));
  g_assert_cmpstr (anf_node_name (anf_graph_find (open, id)), ==,
                   anf_node_name (anf_graph_find (folded, id)));
  for (AnfNumerics numerics = ANF_NUMERICS_ANE; numerics <= ANF_NUMERICS_FP32; numerics++)
    {
      g_autoptr(AnfTensor) want = result_of (folded, numerics), got = result_of (open, numerics);

      g_assert_cmpstr (anf_tensor_digest (got), ==, anf_tensor_digest (want));
    }
}

static void
test_is_a_document (gconstpointer data)
{
  g_autoptr(Bench) bench = bench_sample (data, ANF_NUMERICS_ANE);
  g_autoptr(AnfGraph) folded = bench_graph (bench), open = NULL, back = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  open = unfold (folded, bench->node->id);
  for (guint i = 0; i < anf_graph_n_nodes (open); i++)
    g_assert_cmpuint (anf_graph_nth (open, i)->origin, ==, 0);
  text = anf_document_text (open, NULL);
  back = anf_document_parse (text, strlen (text), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (anf_graph_n_nodes (back), ==, anf_graph_n_nodes (open));
}

static void
test_others_stay (void)
{
  g_autoptr(Bench) bench = bench_sample (anf_op_lookup ("relu"), ANF_NUMERICS_ANE);
  g_autoptr(AnfGraph) graph = bench_graph (bench);
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  AnfGraphBuilder *b = anf_graph_builder_new (graph);

  g_assert_false (anf_graph_builder_unfold (b, report, 4711));
  g_assert_false (anf_graph_builder_unfold (b, report, bench->node->id));
  anf_graph_builder_free (b);
}

int
main (int argc, char **argv)
{
  const AnfOp *op;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    if (op->expand != NULL)
      {
        g_autofree char *same = g_strdup_printf ("/unfold/%s/gives-the-same-numbers", op->name);
        g_autofree char *file = g_strdup_printf ("/unfold/%s/is-a-document", op->name);

        g_test_add_data_func (same, op, test_same_numbers);
        g_test_add_data_func (file, op, test_is_a_document);
      }
  g_test_add_func ("/unfold/what-is-no-composite-stays", test_others_stay);
  return g_test_run ();
}
