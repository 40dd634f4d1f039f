/* mil-choose.c - of the rows that statements may be, the first whose shape rule makes of their
 * operands what the program says they make. */
#include "io/mil-read.h"

#include "core/graph.h"

#include <string.h>

static void
weight_free (gpointer data)
{
  AnfMilWeightRead *weight = data;

  g_clear_pointer (&weight->tensor, anf_tensor_unref);
  g_free (weight);
}

void
anf_mil_chooser_init (AnfMilChooser *self, const AnfMilIndex *index)
{
  self->index = index;
  self->weights = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, weight_free);
}

void
anf_mil_chooser_clear (AnfMilChooser *self)
{
  g_hash_table_unref (self->weights);
}

const AnfMilWeightRead *
anf_mil_chooser_weight (AnfMilChooser *self, const char *name, char **why)
{
  AnfMilWeightRead *weight = g_hash_table_lookup (self->weights, name);

  if (weight == NULL)
    {
      weight = g_new0 (AnfMilWeightRead, 1);
      if (!anf_mil_read_weight (self->index, name, weight, why))
        {
          weight_free (weight);
          return NULL;
        }
      g_hash_table_insert (self->weights, (gpointer) name, weight);
    }
  return weight;
}

gboolean
anf_mil_wire_type (const AnfMilType *type, AnfType *out)
{
  static const int dtypes[ANF_MIL_N_DTYPES] = {
    [ANF_MIL_FP16] = ANF_F16 + 1, [ANF_MIL_FP32] = ANF_F16 + 1, [ANF_MIL_UINT8] = ANF_U8 + 1,
    [ANF_MIL_INT32] = ANF_I32 + 1, [ANF_MIL_BOOL] = ANF_BOOL + 1,
  };

  if (dtypes[type->dtype] == 0 || type->rank > ANF_MAX_RANK)
    return FALSE;
  *out = (AnfType) { dtypes[type->dtype] - 1, MAX (type->rank, 1), { 1 } };
  for (guint i = 0; i < type->rank; i++)
    {
      if (type->dim[i] > G_MAXINT)
        return FALSE;
      out->dim[i] = type->dim[i];
    }
  return TRUE;
}

AnfTensor *
anf_mil_role_tensor (AnfMilChooser *self, const AnfMilMatch *match, guint role)
{
  g_autofree char *why = NULL;
  const AnfMilWeightRead *weight = anf_mil_chooser_weight (self, match->role[role], &why);
  gint64 n;

  if (match->tensor[role] != NULL)
    return anf_tensor_ref (match->tensor[role]);
  if (weight == NULL)
    return NULL;
  n = anf_tensor_elements (weight->tensor);
  return match->flat[role] ? anf_tensor_new (anf_tensor_dtype (weight->tensor), 1, &n,
                                             anf_tensor_bytes (weight->tensor))
                           : anf_tensor_ref (weight->tensor);
}

void
anf_mil_set_attrs (AnfGraphBuilder *builder, AnfId id, const AnfMilMatch *match)
{
  for (guint i = 0; i < anf_op_n_attrs (match->op); i++)
    if (match->attr[i] != NULL)
      anf_graph_builder_set_attr (builder, id, match->op->attr[i].name, match->attr[i]);
}

/* ---------------------------------------------------------------- a row on trial */

/* An input of that type; truth values and bytes come out of a cast. */
static AnfRef
add_operand (AnfGraphBuilder *builder, const AnfType *type)
{
  AnfId id = anf_graph_builder_add (builder, anf_op_lookup ("input")), cast;
  gint64 shape[ANF_MAX_RANK];

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  anf_graph_builder_set_attr (builder, id, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape, type->rank,
                                                         sizeof *shape));
  if (type->dtype == ANF_I32)
    anf_graph_builder_set_attr (builder, id, "dtype", g_variant_new_string ("int32"));
  if (type->dtype == ANF_F16 || type->dtype == ANF_I32)
    return (AnfRef) { id, 0 };
  cast = anf_graph_builder_add (builder, anf_op_lookup ("cast"));
  anf_graph_builder_set_attr (builder, cast, "dtype",
                              g_variant_new_string (anf_dtype_name (type->dtype)));
  anf_graph_builder_connect (builder, (AnfRef) { id, 0 }, cast, 0);
  return (AnfRef) { cast, 0 };
}

static gboolean
wire_trial (AnfMilChooser *self, AnfGraphBuilder *builder, AnfId id, const AnfMilMatch *match)
{
  guint many = 0;

  for (guint i = 0; i < match->wires->len; i++)
    {
      const AnfMilWire *wire = &g_array_index (match->wires, AnfMilWire, i);
      gboolean variadic = (match->op->in[wire->port].flags & ANF_VARIADIC) != 0;
      const AnfMilType *mil = wire->operand.value != NULL ? &wire->operand.value->type
                                                          : anf_match_type (match,
                                                                            wire->operand.name);
      AnfType type;

      if (mil == NULL || !anf_mil_wire_type (mil, &type))
        return FALSE;
      anf_graph_builder_connect (builder, add_operand (builder, &type), id,
                                 wire->port + (variadic ? many++ : 0));
    }
  for (guint r = 0; r < anf_op_n_roles (match->op); r++)
    if (match->role[r] != NULL)
      {
        g_autoptr(AnfTensor) tensor = anf_mil_role_tensor (self, match, r);
        g_autoptr(AnfWeight) weight = NULL;

        if (tensor == NULL)
          return FALSE;
        weight = anf_weight_new_values (match->op->role[r].name, tensor);
        anf_graph_builder_put_weight (builder, weight);
        anf_graph_builder_set_weight (builder, id, match->op->role[r].name,
                                      match->op->role[r].name);
      }
  return TRUE;
}

/* The same but for axes of size 1. */
static gboolean
nearly_equal (const AnfType *a, const AnfType *b)
{
  guint i = 0, j = 0;

  if (a->dtype != b->dtype || a->dtype != ANF_F16)
    return FALSE;
  while (TRUE)
    {
      while (i < a->rank && a->dim[i] == 1)
        i++;
      while (j < b->rank && b->dim[j] == 1)
        j++;
      if (i == a->rank || j == b->rank)
        return i == a->rank && j == b->rank;
      if (a->dim[i++] != b->dim[j++])
        return FALSE;
    }
}

static gboolean
agrees (const AnfReport *report, AnfId id, const AnfMilMatch *match, GHashTable *used,
        gboolean *same)
{
  const AnfNode *node = anf_graph_find (anf_report_graph (report), id);
  guint n = anf_node_n_outputs (node);

  *same = TRUE;
  for (guint i = 0; i < match->root->outputs->len; i++)
    {
      const AnfMilPort *port = &g_array_index (match->root->outputs, AnfMilPort, i);
      const AnfType *made = i < n ? anf_report_type (report, id, i) : NULL;
      AnfType type;

      if (!g_hash_table_contains (used, port->name))
        continue;
      if (made == NULL || !anf_mil_wire_type (&port->type, &type))
        return FALSE;
      if (anf_type_equal (made, &type))
        continue;
      if (n > 1 || !nearly_equal (made, &type))
        return FALSE;
      *same = FALSE;
    }
  return TRUE;
}

/* Whether it is a node without fault; @large: but for being larger than any chip takes, which has a
 * finding of its own in the document. */
static gboolean
is_fine (const AnfReport *report, AnfId id, gboolean *large)
{
  *large = FALSE;
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      if (finding->node != id || finding->severity != ANF_ERROR_FINDING)
        continue;
      if (!g_str_has_prefix (finding->code, "LIM"))
        return FALSE;
      *large = TRUE;
    }
  return TRUE;
}

static gboolean
stands_trial (AnfMilChooser *self, const AnfMilMatch *match, GHashTable *used, gboolean *same)
{
  g_autoptr(AnfGraphBuilder) builder = anf_graph_builder_new (NULL);
  AnfId id = anf_graph_builder_add (builder, match->op);
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfReport) report = NULL;
  gboolean large;

  anf_mil_set_attrs (builder, id, match);
  if (!wire_trial (self, builder, id, match))
    return FALSE;
  anf_graph_builder_set_output (builder, "y", (AnfRef) { id, 0 });
  graph = anf_graph_builder_end (g_steal_pointer (&builder), NULL);
  report = anf_check (graph, NULL);
  *same = TRUE;
  return is_fine (report, id, &large) && (large || agrees (report, id, match, used, same));
}

/* What it fits into may not be read by anything else: it is no value of the graph any more. */
static gboolean
fed_once (const AnfMilChooser *self, const AnfMilMatch *match)
{
  const GPtrArray *ops = self->index->program->ops;
  guint times = 0;

  for (guint i = 0; match->fed != NULL && i < ops->len; i++)
    {
      const AnfMilOp *op = g_ptr_array_index (ops, i);

      for (guint k = 0; k < op->inputs->len; k++)
        for (guint n = 0; n < g_array_index (op->inputs, AnfMilArg, k).n; n++)
          times += g_str_equal (g_array_index (op->inputs, AnfMilArg, k).names[n], match->fed);
    }
  return match->fed == NULL || times == 1;
}

AnfMilMatch *
anf_mil_choose (AnfMilChooser *self, const AnfMilOp *op, GPtrArray *matches, GHashTable *used,
                gboolean *same)
{
  for (guint i = 0; i < matches->len; i++)
    {
      AnfMilMatch *match = g_ptr_array_index (matches, i);

      if (fed_once (self, match) && stands_trial (self, match, used, same))
        return match;
    }
  return NULL;
}
