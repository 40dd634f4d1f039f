/* family.c - shape rules that many rows share, and their words of refusal. */
#include "ops/family.h"

char *
anf_dims_text (guint rank, const gint64 *dim)
{
  GString *text = g_string_new (rank == 0 ? "scalar" : NULL);

  for (guint i = 0; i < rank; i++)
    if (dim[i] < 0)
      g_string_append_printf (text, "%sany", i > 0 ? "×" : "");
    else
      g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? "×" : "", dim[i]);
  return g_string_free (text, FALSE);
}

const char *
anf_shapes_port (const AnfShapes *self, guint port)
{
  return anf_node_input_name (self->node, port);
}

gboolean
anf_shapes_is (AnfShapes *self, guint port, AnfDtype dtype)
{
  if (self->in[port]->dtype == dtype)
    return TRUE;
  return anf_shapes_refuse (self, "SHP109", anf_shapes_port (self, port),
                            dtype == ANF_BOOL ? "Put a comparison before it."
                                              : "Put a cast before it.",
                            "\"%s\" of %s takes %s, not %s.", anf_shapes_port (self, port),
                            self->node->name, anf_dtype_name (dtype),
                            anf_dtype_name (self->in[port]->dtype));
}

gboolean
anf_shapes_rank (AnfShapes *self, guint port, guint low, guint high)
{
  guint rank = self->in[port]->rank;
  g_autofree char *shape = NULL;

  if (rank >= low && rank <= high)
    return TRUE;
  shape = anf_type_to_string (self->in[port]);
  if (low == high)
    return anf_shapes_refuse (self, "SHP101", anf_shapes_port (self, port),
                              "Reshape before it.",
                              "\"%s\" of %s needs rank %u; it is %s (rank %u).",
                              anf_shapes_port (self, port), self->node->name, low, shape, rank);
  return anf_shapes_refuse (self, "SHP101", anf_shapes_port (self, port), "Reshape before it.",
                            "\"%s\" of %s needs rank %u to %u; it is %s (rank %u).",
                            anf_shapes_port (self, port), self->node->name, low, high, shape, rank);
}

gboolean
anf_shapes_set (AnfShapes *self, guint port, AnfDtype dtype, guint rank, const gint64 *dim)
{
  AnfType *out = &self->out[port];
  g_autofree char *shape = anf_dims_text (MIN (rank, ANF_MAX_TENSOR_RANK), dim);
  gint64 n = 1;

  if (rank > ANF_MAX_RANK)
    return anf_shapes_refuse (self, "SHP108", NULL, "Merge axes with a reshape first.",
                              "The result of %s would be %s: rank %u, and 5 is the most.",
                              self->node->name, shape, rank);
  for (guint i = 0; i < rank; i++)
    {
      if (dim[i] < 1)
        return anf_shapes_refuse (self, "SHP104", NULL, "Make the input larger.",
                                  "The result of %s would be %s, which is empty.",
                                  self->node->name, shape);
      if (dim[i] > G_MAXINT32 || n > ANF_MAX_ELEMENTS / dim[i])
        return anf_shapes_refuse (self, "SHP105", NULL, "Use a smaller shape.",
                                  "The result of %s would be %s, more than can be held.",
                                  self->node->name, shape);
      n *= dim[i];
    }
  *out = (AnfType) { dtype, rank };
  for (guint i = 0; i < rank; i++)
    out->dim[i] = dim[i];
  return TRUE;
}

gboolean
anf_infer_same (AnfShapes *self)
{
  if (!anf_shapes_is (self, 0, ANF_F16))
    return FALSE;
  self->out[0] = *self->in[0];
  return TRUE;
}

gboolean
anf_shapes_broadcast (AnfShapes *self, guint n, const AnfType *const *types, AnfDtype dtype)
{
  gint64 dim[ANF_MAX_RANK];
  guint rank = 0;

  for (guint t = 0; t < n; t++)
    rank = MAX (rank, types[t]->rank);
  for (guint i = 1; i <= rank; i++)
    {
      gint64 size = 1;

      for (guint t = 0; t < n; t++)
        {
          gint64 own = i <= types[t]->rank ? types[t]->dim[types[t]->rank - i] : 1;
          g_autofree char *shape = anf_type_to_string (types[t]);

          if (own != 1 && size != 1 && own != size)
            return anf_shapes_refuse (self, "SHP102", anf_shapes_port (self, self->n_in - n + t),
                                      "Make the sizes equal, or one of them 1.",
                                      "\"%s\" of %s is %s: %" G_GINT64_FORMAT " does not broadcast "
                                      "with %" G_GINT64_FORMAT " on axis -%u.",
                                      anf_shapes_port (self, self->n_in - n + t),
                                      self->node->name, shape, own, size, i);
          size = MAX (size, own);
        }
      dim[rank - i] = size;
    }
  return anf_shapes_set (self, 0, dtype, rank, dim);
}

static gboolean
check_axis (AnfShapes *self, const char *attr, guint rank, gint64 given, gint64 *axis)
{
  *axis = given < 0 ? given + (gint64) rank : given;
  if (*axis >= 0 && *axis < (gint64) rank)
    return TRUE;
  if (rank == 0)
    return anf_shapes_refuse (self, "ATR114", attr, "Reshape the input to rank 1 or more.",
                              "\"%s\" of %s is %" G_GINT64_FORMAT ", but a scalar has no axes.",
                              attr, self->node->name, given);
  return anf_shapes_refuse (self, "ATR114", attr, "Axes count from 0, or from the end as -1.",
                            "\"%s\" of %s is %" G_GINT64_FORMAT ", outside -%u to %u.", attr,
                            self->node->name, given, rank, rank - 1);
}

gboolean
anf_shapes_axis (AnfShapes *self, const char *attr, guint rank, guint *axis)
{
  gint64 found;

  if (!check_axis (self, attr, rank, anf_node_int (self->node, attr), &found))
    return FALSE;
  *axis = found;
  return TRUE;
}

gboolean
anf_shapes_list (AnfShapes *self, const char *attr, guint max, gint64 low, gint64 *out, guint *n)
{
  g_autoptr(GVariant) value = anf_node_attr (self->node, attr);

  if (value == NULL)
    return anf_shapes_refuse (self, "ATR111", attr, "Set it in the inspector.",
                              "\"%s\" of %s is not set.", attr, self->node->name);
  *n = anf_node_ints (self->node, attr, out, max);
  if (*n > max)
    return anf_shapes_refuse (self, "ATR113", attr, "Give fewer values.",
                              "\"%s\" of %s has %u values; %u is the most.", attr,
                              self->node->name, *n, max);
  for (guint i = 0; i < *n; i++)
    if (out[i] < low)
      return anf_shapes_refuse (self, "ATR112", attr, "Use a larger value.",
                                "\"%s\" of %s is %" G_GINT64_FORMAT "; the least is %"
                                G_GINT64_FORMAT ".", attr, self->node->name, out[i], low);
  return TRUE;
}

gboolean
anf_shapes_ints (AnfShapes *self, const char *attr, guint want, gint64 low, gint64 *out)
{
  guint n;

  if (!anf_shapes_list (self, attr, want, low, out, &n))
    return FALSE;
  if (n != 1 && n != want)
    return anf_shapes_refuse (self, "ATR113", attr, "Give one value, or one per axis.",
                              "\"%s\" of %s has %u values; it takes 1 or %u.", attr,
                              self->node->name, n, want);
  for (guint i = n; i < want; i++)
    out[i] = out[0];
  for (guint i = 0; i < want; i++)
    if (out[i] > G_MAXINT32)
      return anf_shapes_refuse (self, "ATR112", attr, "Use a smaller value.",
                                "\"%s\" of %s is %" G_GINT64_FORMAT ", more than can be held.",
                                attr, self->node->name, out[i]);
  return TRUE;
}

gboolean
anf_shapes_axes (AnfShapes *self, const char *attr, guint rank, gint64 *axes, guint *n)
{
  guint seen = 0;

  if (!anf_shapes_list (self, attr, ANF_MAX_RANK, G_MININT64, axes, n))
    return FALSE;
  if (*n == 0)
    return anf_shapes_refuse (self, "ATR111", attr, "Name at least one axis.",
                              "\"%s\" of %s is empty.", attr, self->node->name);
  for (guint i = 0; i < *n; i++)
    {
      if (!check_axis (self, attr, rank, axes[i], &axes[i]))
        return FALSE;
      if (seen & 1u << axes[i])
        return anf_shapes_refuse (self, "ATR115", attr, "Name every axis once.",
                                  "\"%s\" of %s names axis %" G_GINT64_FORMAT " twice.", attr,
                                  self->node->name, axes[i]);
      seen |= 1u << axes[i];
    }
  return TRUE;
}

static gboolean
is_number (AnfDtype dtype)
{
  return dtype == ANF_F16 || dtype == ANF_F32 || dtype == ANF_F64 || dtype == ANF_BF16;
}

gboolean
anf_shapes_optional (AnfShapes *self, guint role, guint rank, const gint64 *dim)
{
  const AnfTensor *tensor = self->weight[role];
  const char *name = self->node->op->role[role].name;
  g_autofree char *want = anf_dims_text (rank, dim), *shape = NULL;
  gboolean good;

  if (tensor == NULL)
    return TRUE;
  shape = anf_tensor_shape_text (tensor);
  if (anf_tensor_rank (tensor) != rank)
    return anf_shapes_refuse (self, "WGT112", name, "Attach a tensor of that shape.",
                              "\"%s\" of %s is %s; it must be %s.", name, self->node->name, shape,
                              want);
  good = TRUE;
  for (guint i = 0; i < rank; i++)
    good = good && (dim[i] < 0 ? anf_tensor_dim (tensor, i) > 0
                               : anf_tensor_dim (tensor, i) == dim[i])
           && anf_tensor_dim (tensor, i) <= G_MAXINT32;
  if (!good)
    return anf_shapes_refuse (self, "WGT113", name, "Attach a tensor of that shape.",
                              "\"%s\" of %s is %s; it must be %s.", name, self->node->name, shape,
                              want);
  if (!is_number (anf_tensor_dtype (tensor)))
    return anf_shapes_refuse (self, "WGT114", name, "Attach a tensor of floating point numbers.",
                              "\"%s\" of %s holds %s, not floating point numbers.", name,
                              self->node->name, anf_dtype_name (anf_tensor_dtype (tensor)));
  return TRUE;
}

gboolean
anf_shapes_weight (AnfShapes *self, guint role, guint rank, const gint64 *dim)
{
  const char *name = self->node->op->role[role].name;
  g_autofree char *want = NULL;

  if (self->weight[role] != NULL)
    return anf_shapes_optional (self, role, rank, dim);
  want = anf_dims_text (rank, dim);
  return anf_shapes_refuse (self, "WGT111", name, "Attach a tensor, or choose an initialiser.",
                            "%s needs its weight \"%s\" (%s).", self->node->name, name, want);
}

guint
anf_node_axis (const AnfNode *node, const char *attr, guint rank)
{
  gint64 axis = anf_node_int (node, attr);

  return axis < 0 ? axis + rank : axis;
}

void
anf_node_ints_n (const AnfNode *node, const char *attr, guint want, gint64 *out)
{
  guint n = anf_node_ints (node, attr, out, want);

  for (guint i = n; i < want; i++)
    out[i] = n > 0 ? out[0] : 0;
}

double
anf_lift_first (const AnfNode *node)
{
  return anf_node_real (node, node->op->attr[0].name);
}

void
anf_node_reals (const AnfNode *node, AnfNumerics numerics, double *out)
{
  guint n = 0;

  for (guint i = 0; i < anf_op_n_attrs (node->op); i++)
    if (node->op->attr[i].kind == ANF_ATTR_REAL)
      {
        double value = anf_node_real (node, node->op->attr[i].name);

        /* A constant that overflows is clamped: an infinite literal would be no number. */
        if (numerics != ANF_NUMERICS_FP32)
          value = anf_half_round (CLAMP (value, -65504, 65504));
        out[n++] = value;
      }
}

gsize
anf_items_elements (const AnfCall *call)
{
  return anf_type_elements (&call->out_type[0]);
}

double
anf_flops_elements (const AnfShapes *shapes)
{
  return anf_type_elements (&shapes->out[0]);
}

AnfFinish
anf_call_finish (const AnfCall *call, AnfResult result)
{
  return anf_finish_for (call->numerics, call->family, result);
}
