/* island.c - nodes on the host: which have to be, and where their numbers become fp16 again. */
#include "core/op.h"
#include "pass/rewrite.h"

#include <math.h>

/* The least number that fp16 holds with all its digits. */
#define LEAST_NORMAL 0x1p-14

/* ---------------------------------------------------------------- borders */

/* What an engine's node reads of an island: fp16, made once for all who read it. */
static AnfRef
border_of (AnfGraphBuilder *b, GHashTable *made, const AnfNode *from, guint port)
{
  g_autofree char *key = g_strdup_printf ("%" G_GUINT64_FORMAT ":%u", (guint64) from->id, port);
  AnfId id = GPOINTER_TO_SIZE (g_hash_table_lookup (made, key));

  if (id == 0)
    {
      g_autofree char *name = g_strdup_printf ("%s_fp16", from->name);

      id = anf_graph_builder_add (b, anf_op_lookup ("cast"));
      anf_graph_builder_set_origin (b, id, from->origin != 0 ? from->origin : from->id);
      anf_graph_builder_set_place (b, id, ANF_PLACE_BORDER);
      for (guint i = 2; !anf_graph_builder_set_name (b, id, name); i++)
        {
          g_free (name);
          name = g_strdup_printf ("%s_fp16_%u", from->name, i);
        }
      anf_graph_builder_connect (b, (AnfRef) { from->id, port }, id, 0);
      g_hash_table_insert (made, g_steal_pointer (&key), GSIZE_TO_POINTER (id));
    }
  return (AnfRef) { id, 0 };
}

AnfReport *
anf_draw_borders (const AnfReport *report, GError **error)
{
  const AnfGraph *graph = report->graph;
  g_autoptr(GHashTable) made = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  AnfGraphBuilder *b = NULL;

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      for (guint k = 0; node->place == ANF_PLACE_ENGINE && k < node->n_in; k++)
        {
          AnfRef ref = node->in[k];
          const AnfNode *from = ref.node != 0 ? anf_graph_find (graph, ref.node) : NULL;

          if (from == NULL || from->place != ANF_PLACE_HOST
              || anf_report_type (report, ref.node, ref.port)->dtype != ANF_F16)
            continue;
          if (b == NULL)
            b = anf_graph_builder_new (graph);
          anf_graph_builder_connect (b, border_of (b, made, from, ref.port), node->id, k);
        }
    }
  return b != NULL ? anf_rewrite_end (report, b, error) : anf_report_ref ((AnfReport *) report);
}

/* ---------------------------------------------------------------- front ends */

/* What a logarithm's argument is raised by or kept above; 0: nothing is known. Nodes that only move
 * numbers may stand between. @at is the node that does it. */
static double
lift_of (const AnfGraph *graph, const AnfNode *node, const AnfNode **at)
{
  while (node != NULL)
    {
      *at = node;
      if (node->op->lift != NULL && node->op->lift (node) > 0)
        return node->op->lift (node);
      if (node->n_in == 0 || (!node->op->telling && node->op->category != ANF_CAT_SHAPE))
        return 0;
      node = anf_graph_find (graph, node->in[0].node);
    }
  return 0;
}

/* Whether its results have a size of their own, whatever that of its inputs is: a signal that went
 * through is no longer one of unknown range. */
static gboolean
has_own_size (const AnfNode *node)
{
  return node->op->category == ANF_CAT_ACTIVATION || node->op->category == ANF_CAT_NORM
         || node->op->category == ANF_CAT_ATTENTION || node->op->category == ANF_CAT_SUBGRAPH
         || node->op->telling;
}

/* Adds to @ids what @node reads, directly or not, and itself. FALSE: it is no front end. */
static gboolean
collect (const AnfGraph *graph, const AnfNode *node, const AnfNode *lift, GHashTable *ids)
{
  g_autoptr(GPtrArray) todo = g_ptr_array_new ();
  gboolean fed = FALSE;

  for (g_ptr_array_add (todo, (gpointer) node); todo->len > 0; )
    {
      const AnfNode *next = g_ptr_array_steal_index_fast (todo, todo->len - 1);

      if (!g_hash_table_add (ids, GSIZE_TO_POINTER (next->id)))
        continue;
      if (next != node && next != lift && has_own_size (next))
        return FALSE;
      fed = fed || (next->op->feed != NULL && next->op->source);
      for (guint i = 0; i < next->n_in; i++)
        if (next->in[i].node != 0)
          g_ptr_array_add (todo, (gpointer) anf_graph_find (graph, next->in[i].node));
    }
  return fed;
}

AnfGraph *
anf_islands (AnfGraph *graph, char **why)
{
  AnfGraphBuilder *b = NULL;

  *why = NULL;
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i), *lift = NULL;
      g_autoptr(GHashTable) ids = g_hash_table_new (NULL, NULL);
      double least = node->op->telling ? lift_of (graph, node, &lift) : 0;
      GHashTableIter iter;
      gpointer id;

      if (least <= 0 || least >= LEAST_NORMAL || !collect (graph, node, lift, ids))
        continue;
      if (b == NULL)
        b = anf_graph_builder_new (graph);
      g_hash_table_iter_init (&iter, ids);
      while (g_hash_table_iter_next (&iter, &id, NULL))
        anf_graph_builder_set_place (b, GPOINTER_TO_SIZE (id), ANF_PLACE_HOST);
      if (*why == NULL)
        *why = g_strdup_printf ("%s (%s) tells numbers apart down to %g, for which fp16 has no "
                                "digits: it and what it reads, %u nodes, are put on the host, in "
                                "fp32",
                                node->name, node->op->name, least, g_hash_table_size (ids));
    }
  return b != NULL ? anf_graph_builder_end (b, NULL) : NULL;
}
