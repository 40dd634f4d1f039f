/* gradient.c - what the rules of gradients build with: nodes whose types are known at once. */
#include "ops/gradient.h"

#include "ops/family.h"

#define NONE ((AnfFlow) { { 0, 0 }, { 0 } })

gboolean
anf_gradient_refuse (AnfGradient *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  self->message = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

gboolean
anf_gradient_wants (const AnfGradient *self, guint input)
{
  return (self->wants & G_GUINT64_CONSTANT (1) << input) != 0;
}

gboolean
anf_gradient_wants_role (const AnfGradient *self, guint role)
{
  return (self->wants_role & 1u << role) != 0;
}

AnfType
anf_grad_type (guint rank, const gint64 *dim)
{
  AnfType type = { ANF_F16, rank };

  g_assert (rank <= ANF_MAX_RANK);
  for (guint i = 0; i < rank; i++)
    type.dim[i] = dim[i];
  return type;
}

AnfFlow
anf_grad_node (AnfGradient *self, const char *op, AnfFlow x, AnfFlow y, const AnfType *type)
{
  AnfId id = anf_graph_builder_add (self->b, anf_op_lookup (op));

  anf_graph_builder_set_origin (self->b, id, self->origin);
  if (x.ref.node != 0)
    anf_graph_builder_connect (self->b, x.ref, id, 0);
  if (y.ref.node != 0)
    anf_graph_builder_connect (self->b, y.ref, id, 1);
  return (AnfFlow) { { id, 0 }, *type };
}

void
anf_grad_int (AnfGradient *self, AnfFlow node, const char *attr, gint64 value)
{
  anf_graph_builder_set_attr (self->b, node.ref.node, attr, g_variant_new_int64 (value));
}

void
anf_grad_ints (AnfGradient *self, AnfFlow node, const char *attr, guint n, const gint64 *values)
{
  anf_graph_builder_set_attr (self->b, node.ref.node, attr,
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, values, n,
                                                         sizeof *values));
}

void
anf_grad_real (AnfGradient *self, AnfFlow node, const char *attr, double value)
{
  anf_graph_builder_set_attr (self->b, node.ref.node, attr, g_variant_new_double (value));
}

AnfFlow
anf_grad_unary (AnfGradient *self, const char *op, AnfFlow x)
{
  return anf_grad_node (self, op, x, NONE, &x.type);
}

static AnfType
broadcast (const AnfType *x, const AnfType *y)
{
  AnfType type = { ANF_F16, MAX (x->rank, y->rank) };

  for (guint i = 1; i <= type.rank; i++)
    {
      int a = i <= x->rank ? x->dim[x->rank - i] : 1, b = i <= y->rank ? y->dim[y->rank - i] : 1;

      type.dim[type.rank - i] = a == 1 ? b : a;
    }
  return type;
}

AnfFlow
anf_grad_binary (AnfGradient *self, const char *op, AnfFlow x, AnfFlow y)
{
  AnfType type = broadcast (&x.type, &y.type);

  return anf_grad_node (self, op, x, y, &type);
}

AnfFlow
anf_grad_mul (AnfGradient *self, AnfFlow x, AnfFlow y)
{
  return anf_grad_binary (self, "mul", x, y);
}

AnfFlow
anf_grad_add (AnfGradient *self, AnfFlow x, AnfFlow y)
{
  return anf_grad_binary (self, "add", x, y);
}

AnfFlow
anf_grad_sub (AnfGradient *self, AnfFlow x, AnfFlow y)
{
  return anf_grad_binary (self, "sub", x, y);
}

AnfFlow
anf_grad_div (AnfGradient *self, AnfFlow x, AnfFlow y)
{
  return anf_grad_binary (self, "real_div", x, y);
}

AnfFlow
anf_grad_scale (AnfGradient *self, AnfFlow x, double factor)
{
  AnfFlow node;

  if (factor == 1)
    return x;
  node = anf_grad_unary (self, "muls", x);
  anf_grad_real (self, node, "k", factor);
  return node;
}

AnfFlow
anf_grad_shift (AnfGradient *self, AnfFlow x, double summand)
{
  AnfFlow node;

  if (summand == 0)
    return x;
  node = anf_grad_unary (self, "adds", x);
  anf_grad_real (self, node, "k", summand);
  return node;
}

AnfFlow
anf_grad_compare (AnfGradient *self, const char *op, AnfFlow x, AnfFlow y)
{
  AnfFlow node = anf_grad_binary (self, op, x, y);

  node.type.dtype = ANF_BOOL;
  return node;
}

AnfFlow
anf_grad_select (AnfGradient *self, AnfFlow condition, AnfFlow x, AnfFlow y)
{
  AnfType type = broadcast (&x.type, &y.type);
  AnfFlow node;

  type = broadcast (&type, &condition.type);
  node = anf_grad_node (self, "select", condition, x, &type);
  anf_graph_builder_connect (self->b, y.ref, node.ref.node, 2);
  return node;
}

AnfFlow
anf_grad_share (AnfGradient *self, AnfFlow x, AnfFlow y, guint n, const gint64 *axes)
{
  AnfFlow equal = anf_grad_compare (self, "equal", x, y);
  AnfFlow one = anf_grad_select (self, equal, anf_grad_number (self, 1),
                                 anf_grad_number (self, 0));

  return anf_grad_div (self, one, anf_grad_reduce (self, "reduce_sum", one, n, axes));
}

/* ---- constants and weights */

void
anf_grad_own_role (AnfGradient *self, AnfFlow node, const char *role, guint rank,
                   const gint64 *shape, const float *values)
{
  g_autofree char *name = anf_graph_builder_fresh_weight_name (self->b, "gradient.const");
  g_autoptr(AnfTensor) tensor = anf_tensor_new_floats (rank, shape, values);
  g_autoptr(AnfWeight) weight = anf_weight_new_values (name, tensor);

  anf_graph_builder_put_weight (self->b, weight);
  anf_graph_builder_set_weight (self->b, node.ref.node, role, name);
}

AnfFlow
anf_grad_const (AnfGradient *self, const AnfType *type, const float *values)
{
  AnfFlow node = anf_grad_node (self, "const", NONE, NONE, type);
  gint64 shape[ANF_MAX_RANK];

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  anf_grad_own_role (self, node, "value", type->rank, shape, values);
  return node;
}

AnfFlow
anf_grad_zeros (AnfGradient *self, const AnfType *type)
{
  g_autofree float *values = g_new0 (float, anf_type_elements (type));

  return anf_grad_const (self, type, values);
}

AnfFlow
anf_grad_number (AnfGradient *self, double value)
{
  const AnfFlow *known = g_hash_table_lookup (self->numbers, &value);
  AnfType scalar = { ANF_F16, 0 };
  AnfFlow node;

  if (known != NULL)
    return *known;
  node = anf_grad_const (self, &scalar, (const float[]) { value });
  g_hash_table_insert (self->numbers, g_memdup2 (&value, sizeof value),
                       g_memdup2 (&node, sizeof node));
  return node;
}

void
anf_grad_take_role (AnfGradient *self, AnfFlow node, const char *role, guint from)
{
  anf_graph_builder_set_weight (self->b, node.ref.node, role, self->node->slot[from].weight);
}

AnfFlow
anf_grad_role (AnfGradient *self, guint role)
{
  const AnfTensor *tensor = self->weight[role];
  AnfType type = { ANF_F16, anf_tensor_rank (tensor) };
  AnfFlow node;

  for (guint i = 0; i < type.rank; i++)
    type.dim[i] = anf_tensor_dim (tensor, i);
  node = anf_grad_node (self, "const", NONE, NONE, &type);
  anf_grad_take_role (self, node, "value", role);
  return node;
}

/* ---- shapes */

AnfFlow
anf_grad_reduce (AnfGradient *self, const char *op, AnfFlow x, guint n, const gint64 *axes)
{
  AnfType type = x.type;
  AnfFlow node;

  if (n == 0)
    return x;
  for (guint i = 0; i < n; i++)
    type.dim[axes[i]] = 1;
  node = anf_grad_node (self, op, x, NONE, &type);
  anf_grad_ints (self, node, "axes", n, axes);
  return node;
}

AnfFlow
anf_grad_reshape (AnfGradient *self, AnfFlow x, const AnfType *type)
{
  gint64 shape[ANF_MAX_RANK];
  AnfFlow node;

  g_assert (anf_type_elements (&x.type) == anf_type_elements (type));
  if (anf_type_equal (&x.type, type))
    return x;
  node = anf_grad_node (self, "reshape", x, NONE, type);
  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  anf_grad_ints (self, node, "shape", type->rank, shape);
  return node;
}

AnfFlow
anf_grad_shape (AnfGradient *self, AnfFlow x, guint rank, ...)
{
  AnfType type = { ANF_F16, rank };
  va_list args;

  va_start (args, rank);
  for (guint i = 0; i < rank; i++)
    type.dim[i] = va_arg (args, gint64);
  va_end (args);
  return anf_grad_reshape (self, x, &type);
}

AnfFlow
anf_grad_unbroadcast (AnfGradient *self, AnfFlow x, const AnfType *type)
{
  guint more = x.type.rank - type->rank, n = 0;
  gint64 axes[ANF_MAX_RANK];

  for (guint i = 0; i < x.type.rank; i++)
    if (x.type.dim[i] > 1 && (i < more || type->dim[i - more] == 1))
      axes[n++] = i;
  return anf_grad_reshape (self, anf_grad_reduce (self, "reduce_sum", x, n, axes), type);
}

/* Zeros of the missing extents alone are added: no constant of the full size. */
AnfFlow
anf_grad_broadcast (AnfGradient *self, AnfFlow x, const AnfType *type)
{
  AnfType missing = *type;

  if (anf_type_equal (&x.type, type))
    return x;
  for (guint i = 1; i <= x.type.rank; i++)
    if (x.type.dim[x.type.rank - i] != 1)
      missing.dim[type->rank - i] = 1;
  return anf_grad_add (self, x, anf_grad_zeros (self, &missing));
}

AnfFlow
anf_grad_transpose (AnfGradient *self, AnfFlow x, const guint *perm)
{
  gint64 axes[ANF_MAX_RANK];
  AnfType type = x.type;
  AnfFlow node;

  for (guint i = 0; i < type.rank; i++)
    {
      axes[i] = perm[i];
      type.dim[i] = x.type.dim[perm[i]];
    }
  node = anf_grad_node (self, "transpose", x, NONE, &type);
  anf_grad_ints (self, node, "perm", type.rank, axes);
  return node;
}

AnfFlow
anf_grad_swap (AnfGradient *self, AnfFlow x)
{
  guint perm[ANF_MAX_RANK] = { 0, 1, 2, 3, 4 }, n = x.type.rank;

  perm[n - 1] = n - 2;
  perm[n - 2] = n - 1;
  return anf_grad_transpose (self, x, perm);
}

AnfFlow
anf_grad_slice (AnfGradient *self, AnfFlow x, guint axis, gint64 begin, gint64 size)
{
  gint64 first[ANF_MAX_RANK] = { 0 }, extent[ANF_MAX_RANK];
  AnfType type = x.type;
  AnfFlow node;

  if (begin == 0 && size == type.dim[axis])
    return x;
  type.dim[axis] = size;
  first[axis] = begin;
  for (guint i = 0; i < type.rank; i++)
    extent[i] = type.dim[i];
  node = anf_grad_node (self, "slice_by_size", x, NONE, &type);
  anf_grad_ints (self, node, "begin", type.rank, first);
  anf_grad_ints (self, node, "size", type.rank, extent);
  return node;
}

AnfFlow
anf_grad_concat (AnfGradient *self, guint axis, guint n, const AnfFlow *x)
{
  AnfType type = x[0].type;
  AnfFlow node;

  if (n == 1)
    return x[0];
  for (guint i = 1; i < n; i++)
    type.dim[axis] += x[i].type.dim[axis];
  node = anf_grad_node (self, "concat", x[0], x[1], &type);
  for (guint i = 2; i < n; i++)
    anf_graph_builder_connect (self->b, x[i].ref, node.ref.node, i);
  anf_grad_int (self, node, "axis", axis);
  return node;
}

AnfFlow
anf_grad_pad (AnfGradient *self, AnfFlow x, guint axis, gint64 before, gint64 after)
{
  AnfFlow part[3];
  AnfType border = x.type;
  guint n = 0;

  border.dim[axis] = before;
  if (before > 0)
    part[n++] = anf_grad_zeros (self, &border);
  part[n++] = x;
  border.dim[axis] = after;
  if (after > 0)
    part[n++] = anf_grad_zeros (self, &border);
  return anf_grad_concat (self, axis, n, part);
}

AnfFlow
anf_grad_bmm (AnfGradient *self, AnfFlow x, AnfFlow y)
{
  return anf_grad_product (self, x, FALSE, y, FALSE);
}

AnfFlow
anf_grad_product (AnfGradient *self, AnfFlow x, gboolean x_turned, AnfFlow y, gboolean y_turned)
{
  AnfType a = x.type, b = y.type, type;
  int m = a.dim[a.rank - (x_turned ? 1 : 2)], n = b.dim[b.rank - (y_turned ? 2 : 1)];
  AnfFlow node;

  a.dim[a.rank - 2] = a.dim[a.rank - 1] = b.dim[b.rank - 2] = b.dim[b.rank - 1] = 1;
  type = broadcast (&a, &b);
  type.dim[type.rank - 2] = m;
  type.dim[type.rank - 1] = n;
  node = anf_grad_node (self, "bmm", x, y, &type);
  if (x_turned)
    anf_graph_builder_set_attr (self->b, node.ref.node, "transpose_x",
                                g_variant_new_boolean (TRUE));
  if (y_turned)
    anf_graph_builder_set_attr (self->b, node.ref.node, "transpose_y",
                                g_variant_new_boolean (TRUE));
  return node;
}

AnfFlow
anf_grad_matrix (AnfGradient *self, AnfFlow x, guint axis, guint rows, const float *values)
{
  guint perm[ANF_MAX_RANK] = { 0, 1, 2, 3, 4 }, last = x.type.rank - 1;
  gint64 shape[] = { rows, x.type.dim[axis] };
  AnfType type;
  AnfFlow node;

  perm[axis] = last;
  perm[last] = axis;
  if (axis != last)
    x = anf_grad_transpose (self, x, perm);
  type = x.type;
  type.dim[last] = rows;
  node = anf_grad_node (self, "linear", x, NONE, &type);
  anf_grad_own_role (self, node, "weight", 2, shape, values);
  return axis != last ? anf_grad_transpose (self, node, perm) : node;
}
