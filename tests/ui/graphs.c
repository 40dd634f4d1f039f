/* graphs.c - the graphs that the tests of pictures look at. */
#include "graphs.h"

AnfId
make_node (AnfGraphBuilder *b, const char *op, const char *name, double x, double y)
{
  AnfId id = anf_graph_builder_add (b, anf_op_lookup (op));

  g_assert_true (anf_graph_builder_set_name (b, id, name));
  anf_graph_builder_set_position (b, id, x, y);
  return id;
}

AnfId
make_input (AnfGraphBuilder *b, const char *name, double x, double y)
{
  AnfId id = make_node (b, "input", name, x, y);

  anf_graph_builder_set_attr (b, id, "shape", g_variant_new_parsed ("[@x 1, 8, 16, 16]"));
  return id;
}

void
make_wire (AnfGraphBuilder *b, AnfId from, AnfId to, guint in)
{
  anf_graph_builder_connect (b, (AnfRef) { from, 0 }, to, in);
}

AnfGraph *
make_end (AnfGraphBuilder *b)
{
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_graph_builder_end (b, &error);

  g_assert_no_error (error);
  return graph;
}

/* in -> r1 -> sum, in -> sum; r1 below and to the left of where sum is. */
AnfGraph *
make_small (AnfId ids[4])
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);

  ids[0] = make_input (b, "in", 100, 200);
  ids[1] = make_node (b, "relu", "r1", 400, 200);
  ids[2] = make_node (b, "add", "sum", 100, 400);
  ids[3] = make_node (b, "relu", "r2", 700, 200);
  make_wire (b, ids[0], ids[1], 0);
  make_wire (b, ids[1], ids[2], 0);
  make_wire (b, ids[0], ids[2], 1);
  make_wire (b, ids[0], ids[3], 0);
  anf_graph_builder_set_output (b, "y", (AnfRef) { ids[2], 0 });
  return make_end (b);
}

/* Two rows of relu, broken by a bridge at the end of the second. */
static AnfGraph *
cut_graph (AnfId *bridge)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId last = make_input (b, "in", 0, 0);

  /* The bridge takes rows only. */
  anf_graph_builder_set_attr (b, last, "shape", g_variant_new_parsed ("[@x 1, 16]"));
  for (int i = 1; i < 7; i++)
    {
      g_autofree char *name = g_strdup_printf ("r%d", i);
      AnfId next = make_node (b, "relu", name, i % 4 * 216, i / 4 * 168);

      make_wire (b, last, next, 0);
      last = next;
    }
  *bridge = make_node (b, "argmax", "am", 3 * 216, 168);
  anf_graph_builder_set_attr (b, *bridge, "axis", g_variant_new_int64 (1));
  make_wire (b, last, *bridge, 0);
  anf_graph_builder_set_output (b, "y", (AnfRef) { *bridge, 0 });
  return make_end (b);
}

StudioScene *
make_cut_scene (AnfId *bridge)
{
  g_autoptr(AnfGraph) graph = cut_graph (bridge);
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfPlan) plan = anf_plan (report, &error);

  for (guint i = 0; plan == NULL && i < anf_report_n_findings (report); i++)
    g_test_message ("%s", anf_report_nth_finding (report, i)->message);
  g_assert_no_error (error);
  return studio_scene_new (graph, report, plan, NULL, FALSE);
}

