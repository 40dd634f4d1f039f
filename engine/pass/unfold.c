/* unfold.c - a composite in the user's graph becomes the nodes it stands for, which are his own
 * from then on. */
#include "pass/lower.h"

/* Canvas points from one of the new nodes to the next. */
#define ACROSS 216
#define DOWN   96

/* The position of a composite whose parts can be told; -1: it is none, or a wire has no type. */
static int
composite_at (const AnfReport *report, AnfId id)
{
  int at = anf_report_position (report, id);
  const AnfNode *node;

  if (at < 0 || report->types[at] == NULL)
    return -1;
  node = g_ptr_array_index (report->graph->nodes, at);
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0
        && anf_report_type (report, node->in[i].node, node->in[i].port) == NULL)
      return -1;
  return node->op->expand != NULL ? at : -1;
}

/* In rows to the left of the node, in the order in which they are computed: the wires of most parts
 * are short, and none lies on another. */
static void
place (AnfGraphBuilder *b, const AnfNode *node, const GArray *made)
{
  guint rows = 1, columns;

  while (rows * rows < made->len)
    rows++;
  columns = (made->len + rows - 1) / rows;
  for (guint i = 0; i < made->len; i++)
    {
      AnfId id = g_array_index (made, AnfId, i);

      anf_graph_builder_disown (b, id);
      anf_graph_builder_set_position (b, id, node->x - ACROSS * (double) (columns - i / rows),
                                      node->y + DOWN * (double) (i % rows));
      anf_graph_builder_set_group (b, id, node->group);
    }
}

gboolean
anf_graph_builder_unfold (AnfGraphBuilder *b, const AnfReport *report, AnfId id)
{
  g_autoptr(GArray) made = g_array_new (FALSE, FALSE, sizeof (AnfId));
  int at = composite_at (report, id);
  const AnfNode *node;

  if (at < 0)
    return FALSE;
  node = g_ptr_array_index (report->graph->nodes, at);
  if (!anf_lower_into (b, report, at, node->op->expand, made))
    return FALSE;
  anf_graph_builder_disown (b, id);
  place (b, node, made);
  return TRUE;
}
