/* weight-fit.c - checks a graph of one node and its inputs, with zeros of the shape in question. */
#include "weight-fit.h"

#include <glib/gi18n-lib.h>

/* The check reads every number once; more than this would be felt while scrolling. */
#define MAX_ELEMENTS ((gsize) 4 << 20)

static AnfTensor *
zeros (guint rank, const gint64 *shape)
{
  g_autoptr(GBytes) bytes = NULL;
  gsize n = 1;

  for (guint i = 0; i < rank; i++)
    if (shape[i] < 0 || (shape[i] > 0 && n > MAX_ELEMENTS / shape[i]))
      return NULL;
    else
      n *= shape[i];
  bytes = g_bytes_new_take (g_malloc0 (MAX (2 * n, 1)), 2 * n);
  return anf_tensor_new (ANF_F16, rank, shape, bytes);
}

/* An input of the same type as what the wire carries; FALSE if that is not known. */
static gboolean
add_input (AnfGraphBuilder *b, const AnfReport *report, AnfRef ref, AnfId to, guint in)
{
  const AnfType *type = report != NULL ? anf_report_type (report, ref.node, ref.port) : NULL;
  GVariantBuilder shape;
  AnfId id;

  if (type == NULL)
    return FALSE;

  id = anf_graph_builder_add (b, anf_op_lookup ("input"));
  g_variant_builder_init (&shape, G_VARIANT_TYPE ("ax"));
  for (guint i = 0; i < type->rank; i++)
    g_variant_builder_add (&shape, "x", (gint64) type->dim[i]);
  anf_graph_builder_set_attr (b, id, "shape", g_variant_builder_end (&shape));
  anf_graph_builder_set_attr (b, id, "dtype",
                              g_variant_new_string (anf_dtype_name (type->dtype)));
  anf_graph_builder_connect (b, (AnfRef) { id, 0 }, to, in);
  return TRUE;
}

static void
add_weight (AnfGraphBuilder *b, AnfId id, const char *role, AnfTensor *tensor)
{
  AnfWeight *weight = anf_weight_new_values (role, tensor);

  anf_graph_builder_put_weight (b, weight);
  anf_graph_builder_set_weight (b, id, role, role);
  anf_weight_unref (weight);
}

/* The other weights by their shape: some roles are judged by them. */
static void
add_others (AnfGraphBuilder *b, const AnfGraph *graph, const AnfNode *node, AnfId id,
            const char *role)
{
  const AnfPort *other;

  for (guint i = 0; (other = anf_op_role (anf_node_op (node), i)) != NULL; i++)
    {
      AnfTensor *tensor = anf_graph_tensor_of (graph, node, other->name);
      gint64 shape[ANF_MAX_TENSOR_RANK];
      AnfTensor *same;

      if (tensor == NULL || g_str_equal (other->name, role))
        continue;
      for (guint axis = 0; axis < anf_tensor_rank (tensor); axis++)
        shape[axis] = anf_tensor_dim (tensor, axis);
      if ((same = zeros (anf_tensor_rank (tensor), shape)) == NULL)
        continue;
      add_weight (b, id, other->name, same);
      anf_tensor_unref (same);
    }
}

static void
add_attrs (AnfGraphBuilder *b, const AnfNode *node, AnfId id)
{
  const AnfAttr *attr;

  for (guint i = 0; (attr = anf_op_attr (anf_node_op (node), i)) != NULL; i++)
    {
      g_autoptr(GVariant) value = anf_node_attr (node, attr->name);

      if (value != NULL && anf_node_attr_is_set (node, attr->name))
        anf_graph_builder_set_attr (b, id, attr->name, value);
    }
}

/* The first error that names the role; without one the tensor fits. */
static StudioFit
judge (AnfGraph *graph, const char *target, AnfId id, const char *role, char **why)
{
  AnfReport *report = anf_check (graph, target);
  StudioFit fit = STUDIO_FITS;

  for (guint i = 0; fit == STUDIO_FITS && i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      if (finding->severity != ANF_ERROR_FINDING || finding->node != id
          || g_strcmp0 (finding->field, role) != 0)
        continue;
      *why = g_strdup (finding->message);
      fit = STUDIO_FITS_NOT;
    }
  anf_report_unref (report);
  return fit;
}

StudioFit
studio_weight_fit (const AnfGraph *graph, const AnfReport *report, const AnfNode *node,
                   const char *role, guint rank, const gint64 *shape, char **why)
{
  AnfTensor *tensor = zeros (rank, shape);
  AnfGraphBuilder *b;
  g_autoptr(AnfGraph) small = NULL;
  AnfId id;
  gboolean known = TRUE;

  *why = NULL;
  if (tensor == NULL)
    {
      *why = g_strdup (_("Too large to try; the check says after attaching"));
      return STUDIO_FITS_UNKNOWN;
    }

  b = anf_graph_builder_new (NULL);
  id = anf_graph_builder_add (b, anf_node_op (node));
  for (guint i = 0; i < anf_node_n_inputs (node); i++)
    if (anf_node_input (node, i).node != 0)
      known &= add_input (b, report, anf_node_input (node, i), id, i);
  anf_graph_builder_set_name (b, id, anf_node_name (node));
  add_attrs (b, node, id);
  add_others (b, graph, node, id, role);
  add_weight (b, id, role, tensor);
  anf_tensor_unref (tensor);
  if ((small = anf_graph_builder_end (b, NULL)) == NULL)
    return STUDIO_FITS_UNKNOWN;
  if (!known)
    {
      *why = g_strdup (_("The shape of an input is not known yet"));
      return STUDIO_FITS_UNKNOWN;
    }
  return judge (small, report != NULL ? anf_report_target (report) : NULL, id, role, why);
}
