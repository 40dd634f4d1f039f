/* sample.c - the sample of a row as a graph. */
#include "sample.h"

#include <string.h>

static GVariant *
parse_attr (const AnfOp *op, const char *name, const char *text)
{
  static const char *const types[][2] = {
    [ANF_ATTR_REAL] = { "d" }, [ANF_ATTR_INT] = { "x" }, [ANF_ATTR_INTS] = { "x", "ax" },
    [ANF_ATTR_REALS] = { "d", "ad" }, [ANF_ATTR_FLAG] = { "b" }, [ANF_ATTR_TEXT] = { "s" },
    [ANF_ATTR_CHOICE] = { "s" },
  };
  const AnfAttr *attr = &op->attr[anf_op_find_attr (op, name)];

  for (guint i = 0; i < 2 && types[attr->kind][i] != NULL; i++)
    {
      GVariant *value = g_variant_parse (G_VARIANT_TYPE (types[attr->kind][i]), text, NULL, NULL,
                                         NULL);

      if (value != NULL)
        return value;
    }
  g_assert_not_reached ();
}

/* Truth values come from a comparison: no port takes them. */
static AnfRef
add_input (AnfGraphBuilder *builder, guint i, const AnfType *type)
{
  AnfId id = anf_graph_builder_add (builder, anf_op_lookup ("input")), test;
  gint64 shape[ANF_MAX_RANK];
  g_autofree char *name = g_strdup_printf ("in%u", i), *truth = g_strdup_printf ("truth%u", i);

  for (guint d = 0; d < type->rank; d++)
    shape[d] = type->dim[d];
  anf_graph_builder_set_attr (builder, id, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape, type->rank,
                                                         sizeof *shape));
  anf_graph_builder_set_name (builder, id, name);
  if (type->dtype == ANF_U8)
    anf_graph_builder_set_attr (builder, id, "dtype", g_variant_new_string ("uint8"));
  if (type->dtype != ANF_BOOL)
    return (AnfRef) { id, 0 };
  test = anf_graph_builder_add (builder, anf_op_lookup ("greater"));
  anf_graph_builder_set_name (builder, test, truth);
  anf_graph_builder_connect (builder, (AnfRef) { id, 0 }, test, 0);
  anf_graph_builder_connect (builder, (AnfRef) { id, 0 }, test, 1);
  return (AnfRef) { test, 0 };
}

static void
add_weight (AnfGraphBuilder *builder, AnfId id, const char *role, const AnfType *type,
            const char *init)
{
  gint64 shape[ANF_MAX_RANK];
  AnfWeight *weight;

  for (guint d = 0; d < type->rank; d++)
    shape[d] = type->dim[d];
  weight = anf_weight_new_init (role, init, type->rank, shape, 1, strlen (role));
  anf_graph_builder_put_weight (builder, weight);
  anf_graph_builder_set_weight (builder, id, role, role);
  anf_weight_unref (weight);
}

AnfGraph *
sample_graph (const AnfOp *op, const char *init)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (NULL);
  AnfId id = anf_graph_builder_add (builder, op);
  g_autoptr(GError) error = NULL;
  AnfGraph *graph;

  anf_graph_builder_set_name (builder, id, "n");
  for (guint i = 0; i < ANF_MAX_ATTRS && op->sample.attr[i][0] != NULL; i++)
    {
      const char *const *attr = op->sample.attr[i];
      g_autoptr(GVariant) value = parse_attr (op, attr[0], attr[1]);

      anf_graph_builder_set_attr (builder, id, attr[0], value);
    }
  for (guint i = 0; i < ANF_MAX_PORTS && op->sample.in[i].rank > 0; i++)
    anf_graph_builder_connect (builder, add_input (builder, i, &op->sample.in[i]), id, i);
  for (guint r = 0; r < anf_op_n_roles (op); r++)
    if (op->sample.role[r].rank > 0)
      add_weight (builder, id, op->role[r].name, &op->sample.role[r], init);
  anf_graph_builder_set_output (builder, "y", (AnfRef) { id, 0 });
  graph = anf_graph_builder_end (builder, &error);
  g_assert_no_error (error);
  return graph;
}

AnfGraph *
read_by_sum (AnfGraph *graph)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);
  AnfId sum = anf_graph_builder_add (builder, anf_op_lookup ("add"));
  AnfId n = anf_node_id (anf_graph_find_name (graph, "n"));
  const AnfType type = { ANF_F16, 2, { 3, 4 } };
  g_autoptr(GError) error = NULL;

  anf_graph_builder_set_name (builder, sum, "sum");
  anf_graph_builder_connect (builder, add_input (builder, 0, &type), sum, 0);
  anf_graph_builder_connect (builder, (AnfRef) { n, 0 }, sum, 1);
  anf_graph_builder_set_output (builder, "y", (AnfRef) { sum, 0 });
  anf_graph_unref (graph);
  graph = anf_graph_builder_end (builder, &error);
  g_assert_no_error (error);
  return graph;
}
