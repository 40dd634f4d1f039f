/* fold.c - computes once what depends on constants alone, and puts a constant in its place.
 *
 * It is computed with the row's own kernel under the numerics of the run, so every number is the
 * one the run would have had. What cannot be held as fp16 constants stays as it is: truth values,
 * infinities, and rows with weights of their own that may get an encoding. */
#include "pass/rewrite.h"

#include "num/half.h"
#include "pass/lower.h"

#include <math.h>

#define MAX_ELEMENTS 65536

typedef struct
{
  const AnfReport *report;
  AnfNumerics      numerics;
  float          **values;         /* by position: of constants, and of what follows from them */
  gboolean        *finite;         /* by position: all of them are */
  gboolean        *folds;          /* by position: computed here, and can be a constant */
} Fold;

static const AnfNode *
node_at (const Fold *self, guint at)
{
  return g_ptr_array_index (self->report->graph->nodes, at);
}

static gboolean
is_constant (const AnfOp *op)
{
  return op->source && op->feed == NULL;
}

static const AnfOp *
constant_row (void)
{
  const AnfOp *op = NULL;

  for (guint i = 0; (op = anf_op_nth (i)) != NULL && !is_constant (op);)
    i++;
  return op;
}

static gboolean
all_finite (const float *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (!isfinite (values[i]))
      return FALSE;
  return TRUE;
}

/* As the device has weights that are not encoded. */
static float *
weight_values (const AnfTensor *tensor)
{
  gsize n = anf_tensor_elements (tensor);
  float *values = g_new (float, n);

  anf_tensor_read (tensor, 0, n, values);
  for (gsize i = 0; i < n; i++)
    values[i] = anf_half_to_float (anf_half_from_float (values[i]));
  return values;
}

/* Constants as such, if they are small and there is nothing odd in them. */
static void
take_constant (Fold *self, guint at)
{
  const AnfNode *node = node_at (self, at);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  gsize n = anf_type_elements (self->report->types[at]);

  anf_report_weights (self->report, node, weight);
  if (n > MAX_ELEMENTS || weight[0] == NULL)
    return;
  self->values[at] = weight_values (weight[0]);
  self->finite[at] = all_finite (self->values[at], n);
  if (!self->finite[at])
    g_clear_pointer (&self->values[at], g_free);
}

/* Whether the node depends on constants alone, and is small enough. */
static gboolean
can_compute (const Fold *self, guint at)
{
  const AnfNode *node = node_at (self, at);
  guint wired = 0;

  if (node->op->kind != ANF_SEGMENT_FUSED || node->place != ANF_PLACE_ENGINE
      || node->op->kernel == NULL || node->op->feed != NULL
      || node->op->source || anf_node_n_outputs (node) != 1
      || anf_type_elements (self->report->types[at]) > MAX_ELEMENTS)
    return FALSE;
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if ((node->op->role[i].flags & ANF_ENCODABLE) && node->slot[i].weight != NULL)
      return FALSE;
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0)
      {
        if (self->values[anf_report_position (self->report, node->in[i].node)] == NULL)
          return FALSE;
        wired++;
      }
  return wired > 0;
}

static gboolean
run_kernel (const AnfNode *node, AnfCall *call, GError **error)
{
  const float *const *in = call->in;
  gboolean good;

  call->in = NULL;                 /* while preparing there are no numbers */
  good = node->op->prepare == NULL || node->op->prepare (call, &call->state, error);
  call->in = in;
  if (good)
    node->op->kernel (call, 0, node->op->items != NULL ? node->op->items (call)
                                                       : anf_type_elements (call->out_type));
  if (node->op->release != NULL && call->state != NULL)
    node->op->release (call->state);
  return good;
}

static gboolean
compute (Fold *self, guint at, GError **error)
{
  const AnfNode *node = node_at (self, at);
  const AnfType *type = self->report->types[at];
  g_autofree const AnfType **in_type = g_new0 (const AnfType *, node->n_in + 1);
  g_autofree const float **in = g_new0 (const float *, node->n_in + 1);
  AnfTensor *tensor[ANF_MAX_ROLES] = { NULL };
  float *weight[ANF_MAX_ROLES] = { NULL }, *out = g_new (float, anf_type_elements (type));
  AnfCall call = { .node = node, .numerics = self->numerics, .family = self->report->family,
                   .n_in = node->n_in, .n_out = 1, .in_type = in_type, .out_type = type,
                   .weight_tensor = tensor, .weight = (const float *const *) weight, .in = in,
                   .out = &out };
  gboolean good;

  anf_report_inputs (self->report, node, in_type);
  anf_report_weights (self->report, node, tensor);
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0)
      in[i] = self->values[anf_report_position (self->report, node->in[i].node)];
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (tensor[i] != NULL)
      weight[i] = weight_values (tensor[i]);
  good = run_kernel (node, &call, error);
  for (guint i = 0; i < ANF_MAX_ROLES; i++)
    g_free (weight[i]);
  self->values[at] = out;
  self->finite[at] = good && all_finite (out, anf_type_elements (type));
  return good;
}

/* Positions whose value somebody reads who is not folded as well. */
static gboolean *
find_read (const Fold *self)
{
  const AnfGraph *graph = self->report->graph;
  gboolean *read = g_new0 (gboolean, MAX (graph->nodes->len, 1));

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = node_at (self, i);

      for (guint j = 0; self->report->live[i] && !self->folds[i] && j < node->n_in; j++)
        if (node->in[j].node != 0)
          read[anf_report_position (self->report, node->in[j].node)] = TRUE;
    }
  return read;
}

static void
put_constant (const Fold *self, AnfGraphBuilder *b, guint at)
{
  const AnfNode *node = node_at (self, at);
  const AnfType *type = self->report->types[at];
  const AnfOp *row = constant_row ();
  g_autofree char *name = anf_graph_builder_fresh_weight_name (b, node->name);
  g_autoptr(AnfTensor) tensor = NULL;
  g_autoptr(AnfWeight) weight = NULL;
  gint64 shape[ANF_MAX_RANK];

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  tensor = anf_tensor_new_floats (type->rank, shape, self->values[at]);
  weight = anf_weight_new_values (name, tensor);
  anf_graph_builder_put_weight (b, weight);
  anf_graph_builder_replace (b, node->id, row);
  anf_graph_builder_set_weight (b, node->id, row->role[0].name, name);
}

static AnfReport *
replace (Fold *self, GArray *notes, GError **error)
{
  const AnfGraph *graph = self->report->graph;
  g_autofree gboolean *read = find_read (self);
  AnfGraphBuilder *b = NULL;

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = node_at (self, i);

      if (!self->folds[i] || !read[i])
        continue;
      if (b == NULL)
        b = anf_graph_builder_new (graph);
      put_constant (self, b, i);
      anf_rewrites_note (notes, "fold", "It depends on constants alone.", node, NULL,
                         "%s (%s) and what only it needs are computed beforehand: a constant of "
                         "%" G_GSIZE_FORMAT " numbers.", node->name, node->op->name,
                         anf_type_elements (self->report->types[i]));
    }
  return b != NULL ? anf_rewrite_end (self->report, b, error)
                   : anf_report_ref ((AnfReport *) self->report);
}

static gboolean
find_constants (Fold *self, GError **error)
{
  const AnfGraph *graph = self->report->graph;

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = node_at (self, i);

      if (!self->report->live[i])
        continue;
      if (is_constant (node->op))
        take_constant (self, i);
      else if (can_compute (self, i))
        {
          if (!compute (self, i, error))
            return FALSE;
          self->folds[i] = self->finite[i] && self->report->types[i]->dtype == ANF_F16;
        }
    }
  /* An output has to be computed by a program, be it from constants. */
  for (guint i = 0; i < graph->outputs->len; i++)
    self->folds[anf_report_position (self->report,
                                     g_array_index (graph->outputs, AnfOutput, i).from.node)]
      = FALSE;
  return TRUE;
}

AnfReport *
anf_fold (const AnfReport *report, AnfNumerics numerics, GArray *notes, GError **error)
{
  guint n = report->graph->nodes->len;
  g_autofree float **values = g_new0 (float *, n + 1);
  g_autofree gboolean *finite = g_new0 (gboolean, n + 1), *folds = g_new0 (gboolean, n + 1);
  Fold self = { report, numerics, values, finite, folds };
  AnfReport *after = find_constants (&self, error) ? replace (&self, notes, error) : NULL;

  for (guint i = 0; i < n; i++)
    g_free (values[i]);
  return after;
}
