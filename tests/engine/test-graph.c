/* test-graph.c - graphs as values: sharing, editing, order, hash. */
#include "anf.h"

#include <string.h>

static AnfId
add (AnfGraphBuilder *b, const char *op, AnfId from)
{
  AnfId id = anf_graph_builder_add (b, anf_op_lookup (op));

  if (from != 0)
    anf_graph_builder_connect (b, (AnfRef) { from, 0 }, id, 0);
  return id;
}

static AnfGraph *
end (AnfGraphBuilder *b)
{
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_graph_builder_end (b, &error);

  g_assert_no_error (error);
  return graph;
}

static void
test_snapshots_share_untouched_nodes (void)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId x = add (b, "input", 0), y = add (b, "leaky_relu", x);
  g_autoptr(AnfGraph) before = end (b), after = NULL;

  b = anf_graph_builder_new (before);
  anf_graph_builder_set_attr (b, y, "alpha", g_variant_new_double (0.5));
  after = end (b);
  g_assert_true (anf_graph_find (before, x) == anf_graph_find (after, x));
  g_assert_true (anf_graph_find (before, y) != anf_graph_find (after, y));
  g_assert_cmpfloat (anf_node_real (anf_graph_find (before, y), "alpha"), ==, 0.01);
  g_assert_cmpfloat (anf_node_real (anf_graph_find (after, y), "alpha"), ==, 0.5);
}

static void
test_loop_is_refused_at_its_node (void)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId x = add (b, "relu", 0), y = add (b, "relu", x);
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(GError) error = NULL;

  anf_graph_builder_connect (b, (AnfRef) { y, 0 }, x, 0);
  graph = anf_graph_builder_end (b, &error);
  g_assert_null (graph);
  g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_GRAPH);
  g_assert_true (anf_error_get_node (error) == x || anf_error_get_node (error) == y);
}

static void
test_producers_come_first_and_inputs_keep_their_order (void)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId sum = add (b, "add", 0), first = add (b, "input", 0), second = add (b, "input", 0);
  g_autoptr(AnfGraph) graph = NULL, again = NULL;
  g_autofree char *text = NULL, *text_again = NULL;

  anf_graph_builder_connect (b, (AnfRef) { second, 0 }, sum, 0);
  anf_graph_builder_connect (b, (AnfRef) { first, 0 }, sum, 1);
  graph = end (b);
  g_assert_true (anf_node_id (anf_graph_nth (graph, 2)) == sum);
  text = anf_document_text (graph, NULL);
  g_assert_true (strstr (text, "\"add1\"") < strstr (text, "\"input1\""));

  again = end (anf_graph_builder_new (graph));
  text_again = anf_document_text (again, NULL);
  g_assert_cmpstr (text, ==, text_again);
}

static void
test_removing_a_node_takes_its_wires_and_outputs (void)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId x = add (b, "input", 0), y = add (b, "relu", x), z = add (b, "relu", y);
  AnfId cat = add (b, "concat", y);
  g_autoptr(AnfGraph) graph = NULL;

  anf_graph_builder_connect (b, (AnfRef) { x, 0 }, cat, 1);
  anf_graph_builder_set_output (b, "out", (AnfRef) { y, 0 });
  anf_graph_builder_remove (b, y);
  graph = end (b);
  g_assert_cmpuint (anf_graph_n_nodes (graph), ==, 3);
  g_assert_null (anf_graph_find (graph, y));
  g_assert_cmpuint (anf_node_input (anf_graph_find (graph, z), 0).node, ==, 0);
  g_assert_cmpuint (anf_node_n_inputs (anf_graph_find (graph, cat)), ==, 1);
  g_assert_cmpuint (anf_node_input (anf_graph_find (graph, cat), 0).node, ==, x);
  g_assert_cmpuint (anf_graph_n_outputs (graph), ==, 0);
}

static void
test_ids_are_never_reused (void)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId x = add (b, "relu", 0);
  g_autoptr(AnfGraph) one = end (b), none = NULL, two = NULL;

  b = anf_graph_builder_new (one);
  anf_graph_builder_remove (b, x);
  none = end (b);
  b = anf_graph_builder_new (none);
  g_assert_cmpuint (add (b, "relu", 0), >, x);
  two = end (b);
}

static void
test_names_are_unique_and_valid (void)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId x = add (b, "relu", 0), y = add (b, "relu", 0);
  g_autoptr(AnfGraph) graph = NULL;

  g_assert_true (anf_graph_builder_set_name (b, x, "c1"));
  g_assert_false (anf_graph_builder_set_name (b, y, "c1"));
  g_assert_false (anf_graph_builder_set_name (b, y, "1c"));
  g_assert_false (anf_graph_builder_set_name (b, y, "a b"));
  g_assert_true (anf_graph_builder_set_name (b, x, "c2"));
  g_assert_true (anf_graph_builder_set_name (b, y, "c1"));
  graph = end (b);
  g_assert_true (anf_graph_find_name (graph, "c1") == anf_graph_find (graph, y));
}

static void
test_hash_sees_arithmetic_not_looks (void)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId x = add (b, "input", 0), y = add (b, "leaky_relu", x);
  g_autoptr(AnfGraph) graph = end (b), moved = NULL, changed = NULL, renamed = NULL;

  b = anf_graph_builder_new (graph);
  anf_graph_builder_set_position (b, y, 100, 50);
  anf_graph_builder_set_title (b, "Another title");
  moved = end (b);
  b = anf_graph_builder_new (graph);
  anf_graph_builder_set_name (b, y, "slope");
  renamed = end (b);
  b = anf_graph_builder_new (graph);
  anf_graph_builder_set_attr (b, y, "alpha", g_variant_new_double (0.25));
  changed = end (b);
  g_assert_cmpstr (anf_graph_hash (graph), ==, anf_graph_hash (moved));
  g_assert_cmpstr (anf_graph_hash (graph), ==, anf_graph_hash (renamed));
  g_assert_cmpstr (anf_graph_hash (graph), !=, anf_graph_hash (changed));
}

static void
test_hash_sees_weights_by_their_numbers (void)
{
  static const float ones[] = { 1, 1, 1, 1 }, twos[] = { 1, 1, 2, 1 };
  static const gint64 shape[] = { 2, 2 };
  g_autoptr(AnfTensor) one = anf_tensor_new_floats (2, shape, ones);
  g_autoptr(AnfTensor) same = anf_tensor_new_floats (2, shape, ones);
  g_autoptr(AnfTensor) other = anf_tensor_new_floats (2, shape, twos);
  AnfTensor *tensors[] = { one, same, other };
  char *hash[3];

  for (guint i = 0; i < 3; i++)
    {
      AnfGraphBuilder *b = anf_graph_builder_new (NULL);
      AnfId fc = add (b, "linear", add (b, "input", 0));
      g_autoptr(AnfWeight) weight = anf_weight_new_values ("w", tensors[i]);
      g_autoptr(AnfGraph) graph = NULL;

      anf_graph_builder_put_weight (b, weight);
      anf_graph_builder_set_weight (b, fc, "weight", "w");
      graph = end (b);
      hash[i] = g_strdup (anf_graph_hash (graph));
    }
  g_assert_cmpstr (hash[0], ==, hash[1]);
  g_assert_cmpstr (hash[0], !=, hash[2]);
  for (guint i = 0; i < 3; i++)
    g_free (hash[i]);
}

static void
test_a_long_chain_needs_no_deep_stack (void)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId last = add (b, "input", 0);
  g_autoptr(AnfGraph) graph = NULL;

  for (guint i = 0; i < 20000; i++)
    {
      AnfId id = anf_graph_builder_add (b, anf_op_lookup ("relu"));

      anf_graph_builder_connect (b, (AnfRef) { last, 0 }, id, 0);
      last = id;
    }
  graph = end (b);
  g_assert_cmpuint (anf_graph_n_nodes (graph), ==, 20001);
  g_assert_true (anf_graph_reaches (graph, anf_node_id (anf_graph_nth (graph, 0)), last));
  g_assert_false (anf_graph_reaches (graph, last, anf_node_id (anf_graph_nth (graph, 0))));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/snapshots-share-untouched-nodes", test_snapshots_share_untouched_nodes);
  g_test_add_func ("/graph/loop-is-refused-at-its-node", test_loop_is_refused_at_its_node);
  g_test_add_func ("/graph/producers-come-first-and-inputs-keep-their-order",
                   test_producers_come_first_and_inputs_keep_their_order);
  g_test_add_func ("/graph/removing-a-node-takes-its-wires-and-outputs",
                   test_removing_a_node_takes_its_wires_and_outputs);
  g_test_add_func ("/graph/ids-are-never-reused", test_ids_are_never_reused);
  g_test_add_func ("/graph/names-are-unique-and-valid", test_names_are_unique_and_valid);
  g_test_add_func ("/graph/hash-sees-arithmetic-not-looks", test_hash_sees_arithmetic_not_looks);
  g_test_add_func ("/graph/hash-sees-weights-by-their-numbers",
                   test_hash_sees_weights_by_their_numbers);
  g_test_add_func ("/graph/a-long-chain-needs-no-deep-stack",
                   test_a_long_chain_needs_no_deep_stack);
  return g_test_run ();
}
