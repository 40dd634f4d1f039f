/* lower.c - puts, in the place of a node, the simpler nodes its row says it is made of. */
#include "pass/lower.h"

#include <stdlib.h>
#include <string.h>

AnfExpand
anf_pick_composite (const AnfReport *report, guint at, gpointer data)
{
  return ((const AnfNode *) g_ptr_array_index (report->graph->nodes, at))->op->expand;
}

/* One node's parts on their way into the graph around it. */
typedef struct
{
  AnfGraphBuilder *b;
  const AnfNode   *node;
  const AnfGraph  *inner;
  GHashTable      *values;         /* inner AnfId -> outer AnfRef */
  AnfId            last;           /* the inner node that takes the composite's place */
  GArray          *made;           /* AnfId (nullable) */
} Inlining;

static AnfRef
outer_value (const Inlining *self, AnfRef inner)
{
  const AnfRef *outer = g_hash_table_lookup (self->values, GSIZE_TO_POINTER (inner.node));

  return outer == NULL ? (AnfRef) { 0, 0 } : (AnfRef) { outer->node, outer->port + inner.port };
}

static void
map_value (Inlining *self, AnfId inner, AnfRef outer)
{
  g_hash_table_insert (self->values, GSIZE_TO_POINTER (inner),
                       g_memdup2 (&outer, sizeof outer));
}

/* Inner inputs are called by port and number of the wire: "values1". */
static void
map_input (Inlining *self, const AnfNode *input)
{
  const char *number = input->name + strlen (input->name);
  guint wire;

  while (number > input->name && g_ascii_isdigit (number[-1]))
    number--;
  wire = atoi (number);
  g_assert (wire < self->node->n_in);
  map_value (self, input->id, self->node->in[wire]);
}

/* NAME_op, or with a number where that is taken. */
static void
give_name (const Inlining *self, AnfId id, const char *op)
{
  g_autofree char *name = g_strdup_printf ("%s_%s", self->node->name, op);

  for (guint i = 2; !anf_graph_builder_set_name (self->b, id, name); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s_%s_%u", self->node->name, op, i);
    }
}

/* A weight called like a role of the composite is that role's; others are the inner graph's own. */
static void
copy_slots (const Inlining *self, const AnfNode *from, AnfId id)
{
  for (guint i = 0; i < anf_op_n_roles (from->op); i++)
    {
      const char *name = from->slot[i].weight, *role = from->op->role[i].name;
      AnfWeight *weight = name != NULL ? anf_graph_find_weight (self->inner, name) : NULL;
      g_autofree char *stem = NULL, *fresh = NULL;
      g_autoptr(AnfWeight) own = NULL;

      if (name == NULL)
        continue;
      if (anf_op_find_role (self->node->op, name) >= 0)
        {
          anf_graph_builder_take_slot (self->b, id, role, self->node, name);
          continue;
        }
      stem = g_strdup_printf ("%s.%s", self->node->name, name);
      fresh = anf_graph_builder_fresh_weight_name (self->b, stem);
      own = anf_weight_new_values (fresh, weight->tensor);
      anf_graph_builder_put_weight (self->b, own);
      anf_graph_builder_set_weight (self->b, id, role, fresh);
    }
}

static void
copy_node (Inlining *self, const AnfNode *from)
{
  AnfId id = self->node->id;

  if (from->id == self->last)
    anf_graph_builder_replace (self->b, id, from->op);
  else
    {
      id = anf_graph_builder_add (self->b, from->op);
      anf_graph_builder_set_origin (self->b, id, self->node->origin != 0 ? self->node->origin
                                                                         : self->node->id);
      anf_graph_builder_set_place (self->b, id, self->node->place);
      give_name (self, id, from->op->name);
      if (self->made != NULL)
        g_array_append_val (self->made, id);
    }
  for (guint i = 0; i < from->n_in; i++)
    if (from->in[i].node != 0)
      anf_graph_builder_connect (self->b, outer_value (self, from->in[i]), id, i);
  for (guint i = 0; i < anf_op_n_attrs (from->op); i++)
    if (from->attr[i] != NULL)
      anf_graph_builder_set_attr (self->b, id, from->op->attr[i].name, from->attr[i]);
  copy_slots (self, from, id);
  map_value (self, from->id, (AnfRef) { id, 0 });
}

AnfShapes
anf_lower_shapes (const AnfReport *report, guint at, const AnfType **in, AnfTensor **weight)
{
  const AnfNode *node = g_ptr_array_index (report->graph->nodes, at);

  anf_report_inputs (report, node, in);
  anf_report_weights (report, node, weight);
  return (AnfShapes) { .node = node, .n_in = node->n_in, .in = in, .weight = weight,
                       .n_out = anf_node_n_outputs (node), .out = report->types[at] };
}

gboolean
anf_lower_into (AnfGraphBuilder *b, const AnfReport *report, guint at, AnfExpand expand,
                GArray *made)
{
  const AnfNode *node = g_ptr_array_index (report->graph->nodes, at);
  g_autofree const AnfType **in = g_new0 (const AnfType *, node->n_in + 1);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  AnfShapes shapes = anf_lower_shapes (report, at, in, weight);
  AnfType out = report->types[at] != NULL ? report->types[at][0] : (AnfType) { 0 };
  g_autoptr(AnfGraph) inner = NULL;
  Inlining self = { .b = b, .node = node, .made = made };
  AnfRef result;

  shapes.out = &out;
  self.inner = inner = expand (&shapes);
  g_free (shapes.message);
  if (inner == NULL)
    return FALSE;
  anf_graph_nth_output (inner, 0, &result);
  self.last = result.node;
  self.values = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  for (guint i = 0; i < inner->nodes->len; i++)
    {
      const AnfNode *from = g_ptr_array_index (inner->nodes, i);

      if (from->op->feed != NULL)
        map_input (&self, from);
      else
        copy_node (&self, from);
    }
  g_hash_table_unref (self.values);
  return TRUE;
}

AnfReport *
anf_lower_check (const AnfReport *report, AnfGraph *graph, GError **error)
{
  g_autoptr(AnfReport) lowered = anf_check_plain (graph, report->target);

  for (guint i = 0; i < lowered->findings->len; i++)
    {
      const AnfFinding *finding = &g_array_index (lowered->findings, AnfFinding, i);

      if (finding->severity != ANF_ERROR_FINDING)
        continue;
      anf_error_set_node (error, ANF_ERROR_COMPILE, finding->node, finding->field,
                          "A node cannot be written by simpler ones: %s", finding->message);
      return NULL;
    }
  return g_steal_pointer (&lowered);
}

AnfReport *
anf_lower (const AnfReport *report, AnfPick pick, gpointer data, GError **error)
{
  g_autoptr(AnfGraph) graph = NULL;
  AnfGraphBuilder *b = NULL;

  for (guint i = 0; i < report->graph->nodes->len; i++)
    {
      AnfExpand expand = pick (report, i, data);

      if (expand == NULL)
        continue;
      if (b == NULL)
        b = anf_graph_builder_new (report->graph);
      if (!anf_lower_into (b, report, i, expand, NULL))
        g_assert_not_reached ();   /* infer went the same way */
    }
  if (b == NULL)
    return anf_report_ref ((AnfReport *) report);
  if ((graph = anf_graph_builder_end (b, error)) == NULL)
    return NULL;
  return anf_lower_check (report, graph, error);
}
