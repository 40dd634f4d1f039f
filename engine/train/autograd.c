/* autograd.c - reverse accumulation: from the root backwards, each row is asked once what it hands
 * on to its inputs, after all that arrives at it has been added up. */
#include "train/autograd.h"

#include "core/op.h"
#include "ops/gradient.h"
#include "pass/lower.h"
#include "pass/report.h"

typedef struct
{
  const AnfAutograd *ask;
  AnfReport         *report;       /* of the graph with composites taken apart */
  GHashTable        *needed;       /* AnfId: the way to something asked for */
  GHashTable        *stops;
  AnfGraphBuilder   *b;
  GHashTable        *values;       /* AnfId -> AnfFlow by output: what has arrived */
  GHashTable        *weights;      /* name of a weight -> AnfFlow */
  GHashTable        *numbers;
} Pass;

static AnfType
tensor_type (const AnfTensor *tensor)
{
  AnfType type = { ANF_F16, anf_tensor_rank (tensor) };

  for (guint i = 0; i < type.rank && i < ANF_MAX_RANK; i++)
    type.dim[i] = anf_tensor_dim (tensor, i);
  return type;
}

/* ---- which nodes matter */

static gboolean
asks_weight (const AnfAutograd *ask, const AnfNode *node, guint role)
{
  for (guint i = 0; i < ask->n_wrt; i++)
    if (ask->wrt[i].value.node == 0
        && g_strcmp0 (ask->wrt[i].weight, node->slot[role].weight) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
asks_value (const AnfAutograd *ask, AnfId id)
{
  for (guint i = 0; i < ask->n_wrt; i++)
    if (ask->wrt[i].value.node == id)
      return TRUE;
  return FALSE;
}

static gboolean
leads_on (Pass *self, const AnfNode *node)
{
  if (g_hash_table_contains (self->stops, GSIZE_TO_POINTER (node->id)))
    return FALSE;
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (asks_weight (self->ask, node, i))
      return TRUE;
  for (guint i = 0; i < node->n_in; i++)
    if (g_hash_table_contains (self->needed, GSIZE_TO_POINTER (node->in[i].node)))
      return TRUE;
  return FALSE;
}

static void
find_needed (Pass *self)
{
  GPtrArray *nodes = self->report->graph->nodes;

  g_hash_table_remove_all (self->needed);
  for (guint i = 0; i < nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (nodes, i);

      if (asks_value (self->ask, node->id) || leads_on (self, node))
        g_hash_table_add (self->needed, GSIZE_TO_POINTER (node->id));
    }
}

static AnfExpand
pick (const AnfReport *report, guint at, gpointer data)
{
  const AnfNode *node = g_ptr_array_index (report->graph->nodes, at);

  if (node->op->vjp != NULL || !leads_on (data, node))
    return NULL;
  return node->op->expand != NULL ? node->op->expand : node->op->route;
}

/* Inner rows may be composites themselves. */
static gboolean
take_apart (Pass *self, GError **error)
{
  for (;;)
    {
      AnfReport *lowered;

      find_needed (self);
      lowered = anf_lower (self->report, pick, self, error);
      if (lowered == NULL)
        return FALSE;
      if (lowered == self->report)
        {
          anf_report_unref (lowered);
          return TRUE;
        }
      anf_report_unref (self->report);
      self->report = lowered;
    }
}

/* ---- what has arrived */

static AnfFlow *
arrived (Pass *self, const AnfNode *node)
{
  AnfFlow *flows = g_hash_table_lookup (self->values, GSIZE_TO_POINTER (node->id));

  if (flows == NULL)
    {
      flows = g_new0 (AnfFlow, anf_node_n_outputs (node));
      g_hash_table_insert (self->values, GSIZE_TO_POINTER (node->id), flows);
    }
  return flows;
}

/* A flow without an origin of its own is that of what it leads to. */
static void
add_up (AnfGradient *gradient, AnfFlow *sum, AnfFlow flow)
{
  *sum = sum->ref.node == 0 ? flow : anf_grad_add (gradient, *sum, flow);
}

static void
hand_on (Pass *self, AnfGradient *gradient)
{
  const AnfNode *node = gradient->node;

  for (guint i = 0; i < node->n_in; i++)
    if (gradient->to_in[i].ref.node != 0)
      {
        const AnfNode *from = anf_graph_find (self->report->graph, node->in[i].node);

        g_assert (anf_type_equal (&gradient->to_in[i].type, &gradient->in[i].type));
        add_up (gradient, &arrived (self, from)[node->in[i].port], gradient->to_in[i]);
      }
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (gradient->to_role[i].ref.node != 0 && gradient->wants_role & 1u << i)
      {
        AnfFlow *sum = g_hash_table_lookup (self->weights, node->slot[i].weight);

        if (sum == NULL)
          {
            sum = g_new0 (AnfFlow, 1);
            g_hash_table_insert (self->weights, g_strdup (node->slot[i].weight), sum);
          }
        add_up (gradient, sum, gradient->to_role[i]);
      }
}

static AnfFlow
flow_of (const Pass *self, AnfRef ref)
{
  const AnfType *type = ref.node != 0 ? anf_report_type (self->report, ref.node, ref.port) : NULL;

  return type != NULL ? (AnfFlow) { ref, *type } : (AnfFlow) { { 0 } };
}

static void
fail (GError **error, const AnfNode *node, const char *why)
{
  anf_error_set_node (error, ANF_ERROR_BAD_GRAPH, node->id, NULL,
                      "%s (%s) has no gradient: %s", node->name, node->op->title, why);
}

static gboolean
ask_row (Pass *self, AnfGradient *gradient, GError **error)
{
  const AnfNode *node = gradient->node;
  gboolean good;

  for (guint i = 0; i < node->n_in; i++)
    if (g_hash_table_contains (self->needed, GSIZE_TO_POINTER (node->in[i].node)))
      gradient->wants |= G_GUINT64_CONSTANT (1) << MIN (i, 63);
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (asks_weight (self->ask, node, i))
      gradient->wants_role |= 1u << i;
  if (node->op->vjp == NULL)
    {
      fail (error, node, node->op->flat != NULL ? node->op->flat : "No rule is known.");
      return FALSE;
    }
  good = node->op->vjp (gradient);
  if (!good)
    fail (error, node, gradient->message);
  else
    hand_on (self, gradient);
  g_free (gradient->message);
  return good;
}

static gboolean
go_back (Pass *self, const AnfNode *node, GError **error)
{
  guint n_out = anf_node_n_outputs (node), n_roles = anf_op_n_roles (node->op);
  g_autofree AnfFlow *in = g_new0 (AnfFlow, node->n_in + 1), *out = g_new0 (AnfFlow, n_out);
  g_autofree AnfFlow *to_in = g_new0 (AnfFlow, node->n_in + 1);
  g_autofree AnfFlow *to_role = g_new0 (AnfFlow, n_roles + 1);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  AnfGradient gradient = {
    .node = node, .n_in = node->n_in, .n_out = n_out, .in = in, .out = out,
    .up = g_hash_table_lookup (self->values, GSIZE_TO_POINTER (node->id)), .weight = weight,
    .to_in = to_in, .to_role = to_role, .b = self->b, .numbers = self->numbers,
    .origin = node->origin != 0 ? node->origin : node->id,
  };

  if (gradient.up == NULL || !leads_on (self, node))
    return TRUE;
  anf_report_weights (self->report, node, weight);
  for (guint i = 0; i < node->n_in; i++)
    in[i] = flow_of (self, node->in[i]);
  for (guint i = 0; i < n_out; i++)
    out[i] = flow_of (self, (AnfRef) { node->id, i });
  return ask_row (self, &gradient, error);
}

/* ---- both ends */

static gboolean
start (Pass *self, AnfGradient *gradient, GError **error)
{
  const AnfAutograd *ask = self->ask;
  const AnfNode *root = anf_graph_find (self->report->graph, ask->root.node);
  AnfFlow value, seed = flow_of (self, ask->seed);

  if (root == NULL || ask->root.port >= anf_node_n_outputs (root))
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_GRAPH, "There is no such value to start from");
      return FALSE;
    }
  value = flow_of (self, ask->root);
  gradient->origin = root->id;
  if (ask->seed.node == 0 && anf_type_elements (&value.type) == 1)
    seed = anf_grad_reshape (gradient, anf_grad_number (gradient, ask->scale), &value.type);
  else if (seed.ref.node == 0 || !anf_type_equal (&seed.type, &value.type))
    {
      g_autofree char *shape = anf_type_to_string (&value.type);

      anf_error_set_node (error, ANF_ERROR_BAD_GRAPH, root->id, NULL,
                          "%s is %s: a loss is one number, or comes with a gradient of its shape",
                          root->name, shape);
      return FALSE;
    }
  arrived (self, root)[ask->root.port] = seed;
  return TRUE;
}

static gboolean
finish (Pass *self, AnfGradient *gradient, GError **error)
{
  for (guint i = 0; i < self->ask->n_wrt; i++)
    {
      const AnfWrt *wrt = &self->ask->wrt[i];
      const AnfNode *node = anf_graph_find (self->report->graph, wrt->value.node);
      AnfWeight *weight = wrt->value.node == 0 && wrt->weight != NULL
                          ? anf_graph_find_weight (self->report->graph, wrt->weight) : NULL;
      AnfFlow flow = { { 0 } }, *sum = NULL;

      if (weight != NULL && anf_weight_tensor (weight) != NULL)
        {
          flow.type = tensor_type (anf_weight_tensor (weight));
          sum = g_hash_table_lookup (self->weights, wrt->weight);
        }
      else if (node != NULL && wrt->value.port < anf_node_n_outputs (node))
        {
          flow.type = *anf_report_type (self->report, node->id, wrt->value.port);
          sum = g_hash_table_lookup (self->values, GSIZE_TO_POINTER (node->id));
          sum = sum != NULL ? &sum[wrt->value.port] : NULL;
        }
      else
        {
          g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_GRAPH, "There is nothing of which \"%s\" "
                       "could be the gradient", wrt->output);
          return FALSE;
        }
      gradient->origin = node != NULL ? node->id : self->ask->root.node;
      flow = sum != NULL && sum->ref.node != 0 ? *sum : anf_grad_zeros (gradient, &flow.type);
      anf_graph_builder_set_output (self->b, wrt->output, flow.ref);
    }
  return TRUE;
}

static AnfGraph *
run (Pass *self, GError **error)
{
  AnfGradient gradient = { .numbers = self->numbers };
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfReport) checked = NULL;
  GPtrArray *nodes;

  if (!take_apart (self, error))
    return NULL;
  nodes = self->report->graph->nodes;
  gradient.b = self->b = anf_graph_builder_new (self->report->graph);
  if (!start (self, &gradient, error))
    return NULL;
  for (guint i = nodes->len; i-- > 0;)
    if (!go_back (self, g_ptr_array_index (nodes, i), error))
      return NULL;
  if (!finish (self, &gradient, error))
    return NULL;
  graph = anf_graph_builder_end (g_steal_pointer (&self->b), error);
  if (graph == NULL)
    return NULL;
  checked = anf_lower_check (self->report, graph, error);
  return checked != NULL ? g_steal_pointer (&graph) : NULL;
}

static gboolean
refused (const AnfReport *report, GError **error)
{
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      if (finding->severity != ANF_ERROR_FINDING)
        continue;
      anf_error_set_node (error, ANF_ERROR_REFUSED, finding->node, finding->field, "%s",
                          finding->message);
      return TRUE;
    }
  return FALSE;
}

AnfGraph *
anf_autograd (AnfGraph *graph, const AnfAutograd *ask, GError **error)
{
  Pass self = { .ask = ask, .report = anf_check_plain (graph, NULL) };
  AnfGraph *result = NULL;

  self.needed = g_hash_table_new (NULL, NULL);
  self.stops = g_hash_table_new (NULL, NULL);
  self.values = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self.weights = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self.numbers = g_hash_table_new_full (g_double_hash, g_double_equal, g_free, g_free);
  for (guint i = 0; i < ask->n_stop; i++)
    g_hash_table_add (self.stops, GSIZE_TO_POINTER (ask->stop[i]));
  if (!refused (self.report, error))
    result = run (&self, error);
  g_clear_pointer (&self.b, anf_graph_builder_free);
  g_hash_table_unref (self.needed);
  g_hash_table_unref (self.stops);
  g_hash_table_unref (self.values);
  g_hash_table_unref (self.weights);
  g_hash_table_unref (self.numbers);
  anf_report_unref (self.report);
  return result;
}
