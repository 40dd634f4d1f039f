/* exact.c - runs a graph by the references of its rows, in double and without rounding. */
#include "exact.h"

#include <string.h>

struct _Exact
{
  AnfGraph   *graph;
  AnfReport  *report;
  GHashTable *given;               /* name -> double[] */
  GHashTable *values;              /* AnfId -> double *[outputs], NULL-terminated */
};

static void
free_outputs (gpointer data)
{
  double **out = data;

  for (guint i = 0; out[i] != NULL; i++)
    g_free (out[i]);
  g_free (out);
}

Exact *
exact_new (AnfGraph *graph)
{
  Exact *self = g_new0 (Exact, 1);

  self->graph = anf_graph_ref (graph);
  self->report = anf_check (graph, NULL);
  g_assert_true (anf_report_ok (self->report));
  self->given = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->values = g_hash_table_new_full (NULL, NULL, NULL, free_outputs);
  return self;
}

void
exact_free (Exact *self)
{
  g_hash_table_unref (self->given);
  g_hash_table_unref (self->values);
  anf_report_unref (self->report);
  anf_graph_unref (self->graph);
  g_free (self);
}

void
exact_set (Exact *self, const char *name, gsize n, const double *values)
{
  g_hash_table_insert (self->given, g_strdup (name), g_memdup2 (values, n * sizeof *values));
}

/* Rows without a reference are scalar functions, broadcast by their definition. */
static void
elements (const AnfExact *exact)
{
  const AnfOp *op = exact->node->op;
  const AnfType *type = &exact->out_type[0];
  double attr[ANF_MAX_ATTRS] = { 0 };
  guint n_real = 0;

  for (guint i = 0; i < anf_op_n_attrs (op); i++)
    if (op->attr[i].kind == ANF_ATTR_REAL)
      attr[n_real++] = anf_node_real (exact->node, op->attr[i].name);
  for (gsize i = 0; i < anf_type_elements (type); i++)
    {
      gsize at[2] = { 0, 0 };

      for (guint t = 0; t < exact->n_in; t++)
        {
          const AnfType *in = exact->in_type[t];
          gsize rest = i, step = 1;

          for (guint k = 1; k <= in->rank; k++)
            {
              gsize place = rest % type->dim[type->rank - k];

              rest /= type->dim[type->rank - k];
              at[t] += in->dim[in->rank - k] == 1 ? 0 : place * step;
              step *= in->dim[in->rank - k];
            }
        }
      exact->out[0][i] = op->unary != NULL
                         ? op->unary (exact->in[0][at[0]], attr)
                         : op->binary (exact->in[0][at[0]], exact->in[1][at[1]]);
    }
}

static void
run_node (Exact *self, const AnfNode *node)
{
  guint n_out = anf_node_n_outputs (node);
  double **out = g_new0 (double *, n_out + 1), *weight[ANF_MAX_ROLES] = { NULL };
  g_autofree AnfType *out_type = g_new0 (AnfType, n_out);
  g_autofree const AnfType **in_type = g_new0 (const AnfType *, node->n_in + 1);
  g_autofree const double **in = g_new0 (const double *, node->n_in + 1);
  AnfTensor *tensor[ANF_MAX_ROLES] = { NULL };
  AnfExact exact = { node, node->n_in, n_out, in_type, out_type, tensor,
                     (const double *const *) weight, in, out };

  for (guint i = 0; i < n_out; i++)
    {
      out_type[i] = *anf_report_type (self->report, node->id, i);
      out[i] = g_new0 (double, anf_type_elements (&out_type[i]));
    }
  g_hash_table_insert (self->values, GSIZE_TO_POINTER (node->id), out);
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0)
      {
        double **from = g_hash_table_lookup (self->values, GSIZE_TO_POINTER (node->in[i].node));

        in_type[i] = anf_report_type (self->report, node->in[i].node, node->in[i].port);
        in[i] = from[node->in[i].port];
      }
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if ((tensor[i] = anf_graph_tensor_of (self->graph, node, node->op->role[i].name)) != NULL)
      {
        const double *given = g_hash_table_lookup (self->given, node->slot[i].weight);
        gsize n = anf_tensor_elements (tensor[i]);

        weight[i] = g_new (double, n);
        anf_tensor_read_double (tensor[i], 0, n, weight[i]);
        if (given != NULL)
          memcpy (weight[i], given, n * sizeof *given);
      }
  if (node->op->feed != NULL)
    memcpy (out[0], g_hash_table_lookup (self->given, node->name),
            anf_type_elements (out_type) * sizeof **out);
  else if (node->op->reference != NULL)
    node->op->reference (&exact);
  else
    elements (&exact);
  for (guint i = 0; i < ANF_MAX_ROLES; i++)
    g_free (weight[i]);
}

void
exact_run (Exact *self)
{
  for (guint i = 0; i < self->graph->nodes->len; i++)
    run_node (self, g_ptr_array_index (self->graph->nodes, i));
}

const double *
exact_output (Exact *self, const char *name, gsize *n)
{
  AnfRef ref;

  for (guint i = 0; i < anf_graph_n_outputs (self->graph); i++)
    if (g_str_equal (anf_graph_nth_output (self->graph, i, &ref), name))
      {
        double **out = g_hash_table_lookup (self->values, GSIZE_TO_POINTER (ref.node));

        *n = anf_type_elements (anf_report_type (self->report, ref.node, ref.port));
        return out[ref.port];
      }
  g_error ("there is no output \"%s\"", name);
}
