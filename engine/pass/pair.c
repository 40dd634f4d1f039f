/* pair.c - see pair.h. Where two products are nearly equal, their difference has only what rounding
 * left of each; a sum of both has what is there. */
#include "pass/pair.h"

#include "ops/risk.h"

#define MAX_WEIGHT (1 << 18)       /* the weight becomes one of the document itself */

/* One side: a product of one value with a matrix [out, in], or as @turned [in, out]. */
typedef struct
{
  const AnfNode *node;
  const AnfType *in;
  AnfTensor     *weight, *bias;
  gboolean       turned;
  gint64         k, n;
} Side;

static gboolean
look_at (Side *self, const AnfReport *report, AnfRef ref)
{
  const AnfNode *node = anf_graph_find (report->graph, ref.node);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  const AnfType *in[ANF_MAX_PORTS] = { NULL };

  /* The column says that it is a plain product with the weight of role 0. */
  if (node == NULL || node->op->risk != anf_risk_product || node->n_in != 1)
    return FALSE;
  anf_report_inputs (report, node, in);
  anf_report_weights (report, node, weight);
  if (in[0] == NULL || in[0]->rank == 0 || weight[0] == NULL || anf_tensor_rank (weight[0]) != 2
      || node->slot[0].encoding >= 0)
    return FALSE;
  *self = (Side) { .node = node, .in = in[0], .weight = weight[0],
                   .bias = anf_op_n_roles (node->op) > 1 ? weight[1] : NULL,
                   .turned = (node->op->role[0].flags & ANF_TRANSPOSED) != 0 };
  self->k = anf_tensor_dim (self->weight, self->turned ? 0 : 1);
  self->n = anf_tensor_dim (self->weight, self->turned ? 1 : 0);
  return TRUE;
}

static gboolean
match (const Side *x, const Side *y)
{
  if (x->node->op != y->node->op || x->n != y->n || x->in->rank != y->in->rank
      || (x->k + y->k) * x->n > MAX_WEIGHT)
    return FALSE;
  for (guint i = 0; i + 1 < x->in->rank; i++)
    if (x->in->dim[i] != y->in->dim[i])
      return FALSE;
  return TRUE;
}

static float *
numbers_of (const AnfTensor *tensor)
{
  gsize n = anf_tensor_elements (tensor);
  float *values = g_new (float, n);

  anf_tensor_read (tensor, 0, n, values);
  return values;
}

/* A beside -B. */
static AnfTensor *
join_weights (const Side *x, const Side *y)
{
  g_autofree float *a = numbers_of (x->weight), *b = numbers_of (y->weight);
  gint64 k = x->k + y->k, n = x->n;
  g_autofree float *both = g_new (float, k * n);

  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < k; j++)
      {
        gint64 own = j < x->k ? j : j - x->k, width = j < x->k ? x->k : y->k;
        gint64 at = x->turned ? own * n + i : i * width + own;
        float value = j < x->k ? a[at] : -b[at];

        both[x->turned ? j * n + i : i * k + j] = value;
      }
  return anf_tensor_new_floats (2, x->turned ? (gint64[]) { k, n } : (gint64[]) { n, k }, both);
}

static AnfTensor *
join_biases (const Side *x, const Side *y)
{
  g_autofree float *a = x->bias != NULL ? numbers_of (x->bias) : g_new0 (float, x->n);
  g_autofree float *b = y->bias != NULL ? numbers_of (y->bias) : g_new0 (float, x->n);

  for (gint64 i = 0; i < x->n; i++)
    a[i] -= b[i];
  return anf_tensor_new_floats (1, &x->n, a);
}

static void
give_weight (AnfGraphBuilder *b, AnfId id, const char *role, const char *stem, AnfTensor *tensor)
{
  g_autofree char *name = anf_graph_builder_fresh_weight_name (b, stem);
  g_autoptr(AnfWeight) weight = anf_weight_new_values (name, tensor);

  anf_graph_builder_put_weight (b, weight);
  anf_graph_builder_set_weight (b, id, role, name);
}

/* The products go if nothing else reads them. */
static void
sweep (AnfGraphBuilder *b, const AnfReport *report, const AnfNode *product, AnfId reader)
{
  const AnfGraph *graph = report->graph;

  for (guint i = 0; i < graph->outputs->len; i++)
    if (g_array_index (graph->outputs, AnfOutput, i).from.node == product->id)
      return;
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      for (guint j = 0; node->id != reader && j < node->n_in; j++)
        if (node->in[j].node == product->id)
          return;
    }
  anf_graph_builder_remove (b, product->id);
}

static void
replace (AnfGraphBuilder *b, const AnfReport *report, const AnfNode *node, const Side *x,
         const Side *y)
{
  const AnfOp *op = x->node->op;
  g_autoptr(AnfTensor) weight = join_weights (x, y);
  AnfId join = anf_graph_builder_add (b, anf_op_lookup ("concat"));
  g_autofree char *name = g_strdup_printf ("%s_both", node->name);

  anf_graph_builder_set_name (b, join, name);        /* taken: it keeps its own */
  anf_graph_builder_set_position (b, join, node->x - 40, node->y - 70);
  anf_graph_builder_set_group (b, join, node->group);
  anf_graph_builder_set_origin (b, join, node->origin);
  anf_graph_builder_set_attr (b, join, "axis", g_variant_new_int64 (x->in->rank - 1));
  anf_graph_builder_connect (b, x->node->in[0], join, 0);
  anf_graph_builder_connect (b, y->node->in[0], join, 1);
  anf_graph_builder_replace (b, node->id, op);
  anf_graph_builder_connect (b, (AnfRef) { join, 0 }, node->id, 0);
  give_weight (b, node->id, op->role[0].name, node->name, weight);
  if (x->bias != NULL || y->bias != NULL)
    {
      g_autoptr(AnfTensor) bias = join_biases (x, y);
      g_autofree char *stem = g_strdup_printf ("%s.bias", node->name);

      give_weight (b, node->id, op->role[1].name, stem, bias);
    }
  sweep (b, report, x->node, node->id);
  if (y->node != x->node)
    sweep (b, report, y->node, node->id);
}

gboolean
anf_pair_difference (AnfGraphBuilder *b, const AnfReport *report, guint at)
{
  const AnfNode *node = g_ptr_array_index (report->graph->nodes, at);
  Side x, y;

  if (node->op->risk != anf_risk_difference || node->n_in != 2
      || !look_at (&x, report, node->in[0]) || !look_at (&y, report, node->in[1])
      || !match (&x, &y))
    return FALSE;
  if (b != NULL)
    replace (b, report, node, &x, &y);
  return TRUE;
}
