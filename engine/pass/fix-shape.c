/* fix-shape.c - mends what a shape rule refuses: candidates are held against the row's own rule,
 * and the first that passes is it. So no operator is known here by name. */
#include "pass/fix.h"

#include <string.h>

#define MAX_TRIED 64               /* values of an attribute */

/* ---- the row's rule on types that are not there yet */

static gboolean
passes (const AnfNode *node, guint n_in, const AnfType *const *in, AnfTensor *const *weight)
{
  g_autofree AnfType *out = g_new0 (AnfType, MAX (anf_node_n_outputs (node), 1));
  AnfShapes shapes = { .node = node, .n_in = n_in, .in = in, .weight = weight,
                       .n_out = anf_node_n_outputs (node), .out = out };
  gboolean good = node->op->infer (&shapes);

  g_free (shapes.message);
  return good;
}

/* All wires that a rule reads have a type. */
static gboolean
is_known (const AnfMend *self, const AnfType **in)
{
  if (self->node == NULL || self->node->op->infer == NULL)
    return FALSE;
  anf_report_inputs (self->report, self->node, in);
  for (guint i = 0; i < self->node->n_in; i++)
    if (self->node->in[i].node != 0 && in[i] == NULL)
      return FALSE;
  return self->node->n_in > 0 && in[0] != NULL;
}

/* ---- what a wire could bring instead */

typedef struct { const char *op, *attr; guint n; gint64 values[ANF_MAX_RANK]; AnfType type; } Way;

static void
add_reshape (GArray *ways, const AnfType *type, guint rank, const gint64 *dim)
{
  Way way = { "reshape", "shape", rank, { 0 }, { type->dtype, rank } };

  if (rank > ANF_MAX_RANK)
    return;
  for (guint i = 0; i < rank; i++)
    way.values[i] = way.type.dim[i] = dim[i];
  g_array_append_val (ways, way);
}

static void
add_transpose (GArray *ways, const AnfType *type, const gint64 *perm)
{
  Way way = { "transpose", "perm", type->rank, { 0 }, *type };

  for (guint i = 0; i < type->rank; i++)
    {
      way.values[i] = perm[i];
      way.type.dim[i] = type->dim[perm[i]];
    }
  g_array_append_val (ways, way);
}

/* Most likely ones first: channels to the front, to the end, the last two swapped. */
static void
add_transposes (GArray *ways, const AnfType *type)
{
  gint64 swap[ANF_MAX_RANK] = { 0, 1, 2, 3, 4 };
  guint r = type->rank;

  if (r == 4)
    {
      add_transpose (ways, type, (gint64[]) { 0, 3, 1, 2 });
      add_transpose (ways, type, (gint64[]) { 0, 2, 3, 1 });
    }
  if (r >= 2)
    {
      swap[r - 1] = r - 2;
      swap[r - 2] = r - 1;
      add_transpose (ways, type, swap);
    }
  if (r == 3)
    {
      add_transpose (ways, type, (gint64[]) { 1, 0, 2 });
      add_transpose (ways, type, (gint64[]) { 2, 0, 1 });
      add_transpose (ways, type, (gint64[]) { 1, 2, 0 });
      add_transpose (ways, type, (gint64[]) { 2, 1, 0 });
    }
}

/* Ones put around, ones dropped, neighbours merged. */
static void
add_reshapes (GArray *ways, const AnfType *type)
{
  guint r = type->rank, n = 0;
  gint64 dim[2 * ANF_MAX_RANK], flat = 1;

  for (guint i = 0; i < r; i++)
    if (type->dim[i] != 1)
      dim[n++] = type->dim[i];
  if (n < r)
    add_reshape (ways, type, n, dim);
  for (guint before = 0; r + before <= ANF_MAX_RANK; before++)
    for (guint after = 0; r + before + after <= ANF_MAX_RANK; after++)
      {
        n = 0;
        for (guint i = 0; i < before; i++)
          dim[n++] = 1;
        for (guint i = 0; i < r; i++)
          dim[n++] = type->dim[i];
        for (guint i = 0; i < after; i++)
          dim[n++] = 1;
        if (before + after > 0)
          add_reshape (ways, type, n, dim);
      }
  for (guint from = r; from-- > 0; )     /* the axes from one on as one */
    {
      flat *= type->dim[from];
      for (guint i = 0; i < from; i++)
        dim[i] = type->dim[i];
      dim[from] = flat;
      if (from + 1 < r)
        add_reshape (ways, type, from + 1, dim);
    }
  if (r == 4)
    add_reshape (ways, type, 4, (gint64[]) { type->dim[0], type->dim[1], 1,
                                             (gint64) type->dim[2] * type->dim[3] });
}

/* A number that is none of fp16's kind. */
static void
add_cast (GArray *ways, const AnfType *type)
{
  Way way = { "cast", NULL, 0, { 0 }, *type };

  way.type.dtype = ANF_F16;
  if (type->dtype != ANF_F16)
    g_array_append_val (ways, way);
}

/* In the order in which they are likely for a finding of that code. */
static GArray *
list_ways (const char *code, const AnfType *type)
{
  GArray *ways = g_array_new (FALSE, FALSE, sizeof (Way));
  gboolean shape_first = g_str_equal (code, "SHP101") || g_str_equal (code, "SHP102");

  if (g_str_equal (code, "SHP109"))
    add_cast (ways, type);
  else if (shape_first)
    {
      add_reshapes (ways, type);
      add_transposes (ways, type);
    }
  else
    {
      add_transposes (ways, type);
      add_reshapes (ways, type);
    }
  return ways;
}

static gboolean
take (AnfMend *self, guint wire, const Way *way, const char *port)
{
  g_autofree char *shape = anf_type_to_string (&way->type);

  if (self->b != NULL)
    anf_mend_insert (self, wire, way->op, way->attr, way->n, way->values);
  if (way->attr == NULL)
    return anf_mend_says (self, "Cast \"%s\" of %s to fp16", port, self->node->name);
  return anf_mend_says (self, "%s \"%s\" of %s to %s",
                        g_str_equal (way->op, "reshape") ? "Reshape" : "Transpose", port,
                        self->node->name, shape);
}

/* Broadcasting is meant to repeat the smaller value, not both of them. */
static gboolean
repeats_both (const AnfMend *self, const AnfType *const *in)
{
  gint64 dim[ANF_MAX_RANK] = { 1, 1, 1, 1, 1 };
  gsize all = 1, most = 0;

  if (!g_str_equal (self->finding->code, "SHP102"))
    return FALSE;
  for (guint i = 0; i < self->node->n_in; i++)
    for (guint d = 0; in[i] != NULL && d < in[i]->rank; d++)
      dim[d] = MAX (dim[d], in[i]->dim[in[i]->rank - 1 - d]);
  for (guint i = 0; i < self->node->n_in; i++)
    most = in[i] != NULL ? MAX (most, anf_type_elements (in[i])) : most;
  for (guint d = 0; d < ANF_MAX_RANK; d++)
    all *= dim[d];
  return all > most;
}

static gboolean
mend_wire (AnfMend *self, guint wire, const AnfType **in, AnfTensor *const *weight)
{
  const AnfType *type = in[wire];
  const char *port = anf_node_input_name (self->node, wire);
  g_autoptr(GArray) ways = list_ways (self->finding->code, type);
  gboolean done = FALSE;

  for (guint i = 0; i < ways->len && !done; i++)
    {
      const Way *way = &g_array_index (ways, Way, i);

      in[wire] = &way->type;
      done = passes (self->node, self->node->n_in, in, weight)
             && !repeats_both (self, in) && take (self, wire, way, port);
    }
  in[wire] = type;
  return done;
}

gboolean
anf_mend_input (AnfMend *self)
{
  guint n = self->node != NULL ? self->node->n_in : 0;
  g_autofree const AnfType **in = g_new0 (const AnfType *, n + 1);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  const char *field = self->finding->field;

  if (!is_known (self, in))
    return FALSE;
  anf_report_weights (self->report, self->node, weight);
  self->exact = TRUE;
  /* The wire that is named; a weight does not fit because of the first. Then any other. */
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < n; i++)
      {
        gboolean named = field != NULL && g_str_equal (anf_node_input_name (self->node, i), field);

        if (field != NULL && anf_op_find_role (self->node->op, field) >= 0)
          named = i == 0;
        if (in[i] != NULL && named == (pass == 0) && mend_wire (self, i, in, weight))
          return TRUE;
      }
  return FALSE;
}

/* ---- attributes */

/* The node by itself, with another value. */
static AnfGraph *
with_attr (const AnfNode *node, const char *name, GVariant *value)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId id = anf_graph_builder_add (b, node->op);

  for (guint i = 0; i < anf_op_n_attrs (node->op); i++)
    if (node->attr[i] != NULL)
      anf_graph_builder_set_attr (b, id, node->op->attr[i].name, node->attr[i]);
  anf_graph_builder_set_attr (b, id, name, value);
  return anf_graph_builder_end (b, NULL);
}

/* @value floating. */
static gboolean
try_attr (AnfMend *self, const char *name, GVariant *value)
{
  g_autoptr(GVariant) own = g_variant_ref_sink (value);
  g_autofree const AnfType **in = g_new0 (const AnfType *, self->node->n_in + 1);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  g_autoptr(AnfGraph) alone = NULL;
  g_autofree char *text = g_variant_print (own, FALSE);

  if (!is_known (self, in))
    return FALSE;
  anf_report_weights (self->report, self->node, weight);
  alone = with_attr (self->node, name, own);
  if (!passes (g_ptr_array_index (alone->nodes, 0), self->node->n_in, in, weight))
    return FALSE;
  if (self->b != NULL)
    anf_graph_builder_set_attr (self->b, self->node->id, name, own);
  return anf_mend_says (self, "Set \"%s\" of %s to %s", name, self->node->name, text);
}

static const AnfAttr *
attr_of (const AnfMend *self, const char *name)
{
  int i = self->node != NULL && name != NULL ? anf_op_find_attr (self->node->op, name) : -1;

  return i >= 0 ? &self->node->op->attr[i] : NULL;
}

/* Channels in so many groups that the kernel fits. An image that is square where channels are first
 * is not turned round. */
gboolean
anf_mend_groups (AnfMend *self)
{
  const AnfType *x;

  if (attr_of (self, "groups") == NULL || self->node->in[0].node == 0)
    return FALSE;
  x = anf_report_type (self->report, self->node->in[0].node, self->node->in[0].port);
  if (x == NULL || x->rank != 4 || x->dim[2] != x->dim[3])
    return FALSE;
  for (int g = 1; g <= x->dim[1]; g++)
    if (x->dim[1] % g == 0 && try_attr (self, "groups", g_variant_new_int64 (g)))
      return TRUE;
  return FALSE;
}

gboolean
anf_mend_pad (AnfMend *self)
{
  if (attr_of (self, "pad") == NULL)
    return FALSE;
  for (int p = 1; p <= MAX_TRIED; p++)
    if (try_attr (self, "pad", g_variant_new_int64 (p)))
      return TRUE;
  return FALSE;
}

static GVariant *
ints (guint n, const gint64 *values)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, values, n, sizeof *values);
}

/* One entry replaced by what the others leave of the elements, the largest that can be first. */
static gboolean
mend_shape (AnfMend *self, const char *name)
{
  const AnfType *x = anf_report_type (self->report, self->node->in[0].node,
                                      self->node->in[0].port);
  gint64 dim[ANF_MAX_RANK], given[ANF_MAX_RANK];
  guint n = anf_node_ints (self->node, name, given, ANF_MAX_RANK);

  for (guint i = n; x != NULL && n <= ANF_MAX_RANK && i-- > 0; )
    {
      gint64 others = 1;

      memcpy (dim, given, sizeof dim);
      for (guint j = 0; j < n; j++)
        others *= j == i ? 1 : MAX (1, MIN (dim[j], G_MAXINT32));
      if (others <= 0 || (gint64) anf_type_elements (x) % others != 0)
        continue;
      dim[i] = anf_type_elements (x) / others;
      if (try_attr (self, name, ints (n, dim)))
        return TRUE;
    }
  return FALSE;
}

/* A list without one of its entries. */
static gboolean
mend_list (AnfMend *self, const char *name)
{
  gint64 given[ANF_MAX_RANK], less[ANF_MAX_RANK];
  guint n = anf_node_ints (self->node, name, given, ANF_MAX_RANK), kept;

  for (guint i = 0; n <= ANF_MAX_RANK && i < n; i++)
    {
      kept = 0;
      for (guint j = 0; j < n; j++)
        if (j != i)
          less[kept++] = given[j];
      if (kept > 0 && try_attr (self, name, ints (kept, less)))
        return TRUE;
    }
  return n > 0 && n <= ANF_MAX_RANK && try_attr (self, name, g_variant_new_int64 (given[0]));
}

gboolean
anf_mend_attr (AnfMend *self)
{
  const AnfAttr *attr = attr_of (self, self->finding->field);
  gint64 now = 0;

  if (attr == NULL || self->node->n_in == 0 || self->node->in[0].node == 0)
    return FALSE;
  if (attr->kind == ANF_ATTR_INTS)
    return g_str_equal (self->finding->code, "SHP106") ? mend_shape (self, attr->name)
                                                       : mend_list (self, attr->name);
  if (attr->kind != ANF_ATTR_INT || anf_node_ints (self->node, attr->name, &now, 1) != 1)
    return FALSE;
  if (g_str_equal (self->finding->code, "ATR114"))
    return try_attr (self, attr->name, g_variant_new_int64 (now < 0 ? 0 : -1));
  for (gint64 v = now - 1; v >= 1 && v > now - MAX_TRIED; v--)
    if (try_attr (self, attr->name, g_variant_new_int64 (v)))
      return TRUE;
  return FALSE;
}
