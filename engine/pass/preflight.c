/* preflight.c - what a chip says of a checked graph, node by node, before anything is compiled. */
#include "chip/chips.h"
#include "pass/report.h"

static gboolean
oversize (const AnfType *type, const AnfLimits *limits, gboolean transposed)
{
  for (guint i = 0; i < type->rank; i++)
    {
      int limit = transposed ? limits->max_transpose
                             : type->rank == 4 && i == 1 ? limits->max_channels : limits->max_dim;

      if (type->dim[i] > limit)
        return TRUE;
    }
  return FALSE;
}

/* A transpose moves data by a path of its own, with a far larger extent, and so does the input that
 * it reads. */
static GHashTable *
find_transposed (const AnfGraph *graph)
{
  GHashTable *set = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      if (!node->op->moves)
        continue;
      g_hash_table_add (set, GSIZE_TO_POINTER (node->id));
      for (guint j = 0; j < node->n_in; j++)
        {
          const AnfNode *from = anf_graph_find (graph, node->in[j].node);

          if (from != NULL && from->op->feed != NULL)
            g_hash_table_add (set, GSIZE_TO_POINTER (from->id));
        }
    }
  return set;
}

static gboolean
guarded (const AnfReport *report, const AnfNode *node, guint at, guint family)
{
  g_autofree const AnfType **in = g_new0 (const AnfType *, MAX (node->n_in, 1));
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  AnfShapes shapes = { .node = node, .n_in = node->n_in, .in = in, .weight = weight,
                       .n_out = anf_node_n_outputs (node), .out = report->types[at] };
  g_autofree char *why = NULL;

  if (node->op->guard == NULL)
    return FALSE;
  anf_report_inputs (report, node, in);
  anf_report_weights (report, node, weight);
  why = node->op->guard (&shapes, family);
  return why != NULL;
}

static void
judge (AnfVerdict *self, const AnfReport *report, guint at, guint family, GHashTable *transposed)
{
  const AnfNode *node = g_ptr_array_index (report->graph->nodes, at);
  const AnfLimits *limits;

  if (family < ANF_OLDEST_FAMILY)
    {
      g_array_append_val (self->reject, node->id);
      return;
    }
  if (node->place != ANF_PLACE_ENGINE)
    return;                        /* the host takes everything */
  limits = anf_family_limits (family);
  if (anf_op_on (node->op, family) == ANF_REJECT)
    g_array_append_val (self->reject, node->id);
  else if (anf_op_on (node->op, family) == ANF_DECOMPOSE)
    g_array_append_val (self->decompose, node->id);

  if (report->types[at] == NULL)
    return;                        /* an error finding says why */
  if (anf_op_on (node->op, family) != ANF_REJECT && guarded (report, node, at, family))
    g_array_append_val (self->reject, node->id);
  for (guint i = 0; i < anf_node_n_outputs (node); i++)
    if (oversize (&report->types[at][i], limits,
                  g_hash_table_contains (transposed, GSIZE_TO_POINTER (node->id))))
      {
        g_array_append_val (self->oversize, node->id);
        break;
      }
}

AnfVerdict *
anf_preflight (const AnfReport *report, const char *arch)
{
  AnfVerdict *self = g_new0 (AnfVerdict, 1);
  g_autoptr(GHashTable) transposed = find_transposed (report->graph);
  guint family = anf_arch_family (arch);

  self->reject = g_array_new (FALSE, FALSE, sizeof (AnfId));
  self->decompose = g_array_new (FALSE, FALSE, sizeof (AnfId));
  self->oversize = g_array_new (FALSE, FALSE, sizeof (AnfId));
  /* What no output needs is not compiled, so it cannot be refused. */
  for (guint i = 0; i < report->graph->nodes->len; i++)
    if (report->live[i] || report->graph->outputs->len == 0)
      judge (self, report, i, family, transposed);
  self->ok = self->reject->len == 0 && self->oversize->len == 0;
  return self;
}

void
anf_verdict_free (AnfVerdict *self)
{
  g_array_unref (self->reject);
  g_array_unref (self->decompose);
  g_array_unref (self->oversize);
  g_free (self);
}
