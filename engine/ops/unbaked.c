/* unbaked.c - rows with their weights as values: products of two values, windows laid side by side
 * by convolutions with kernels of one 1 each, norms with their scale and shift behind them. */
#include "ops/unbaked.h"

#include "ops/composite.h"

#define NONE ((AnfRef) { 0, 0 })

static AnfRef
value_of (AnfExpansion *e, const char *role)
{
  AnfRef node = anf_expansion_node (e, "parameter", NONE, NONE);

  anf_expansion_role (e, node, "value", role);
  return node;
}

static AnfTensor *
tensor_of (const AnfExpansion *e, const char *role)
{
  int at = anf_op_find_role (e->shapes->node->op, role);

  return at >= 0 ? e->shapes->weight[at] : NULL;
}

/* x times y, which is read the other way round if @turned. */
static AnfRef
product (AnfExpansion *e, AnfRef x, AnfRef y, gboolean turned)
{
  AnfRef node = anf_expansion_node (e, "bmm", x, y);

  if (turned)
    anf_graph_builder_set_attr (e->builder, node.node, "transpose_y",
                                g_variant_new_boolean (TRUE));
  return node;
}

/* A vector of one number per channel on @axis of @rank. */
static AnfRef
along (AnfExpansion *e, const char *role, guint rank, guint axis)
{
  gint64 shape[ANF_MAX_RANK] = { 1, 1, 1, 1, 1 };

  if (axis + 1 == rank)
    return value_of (e, role);     /* broadcasting fills in from the front */
  shape[axis] = anf_tensor_elements (tensor_of (e, role));
  return anf_expansion_reshape (e, value_of (e, role), rank, shape);
}

/* ---- products */

/* All axes of x before the last make one: its gradient is then one product, too. */
AnfGraph *
anf_unbaked_linear (AnfShapes *self)
{
  const AnfType *x = self->in[0];
  gint64 k = x->dim[x->rank - 1], n = anf_tensor_dim (self->weight[0], 0), shape[ANF_MAX_RANK];
  AnfExpansion e;
  AnfRef y;

  anf_expansion_init (&e, self);
  y = anf_expansion_input (&e, 0);
  if (x->rank != 2)
    y = anf_expansion_reshape (&e, y, 2, (gint64[]) { anf_type_elements (x) / k, k });
  y = product (&e, y, value_of (&e, "weight"), TRUE);
  if (tensor_of (&e, "bias") != NULL)
    y = anf_expansion_node (&e, "add", y, value_of (&e, "bias"));
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i + 1 < x->rank ? x->dim[i] : n;
  if (x->rank != 2)
    y = anf_expansion_reshape (&e, y, x->rank, shape);
  return anf_expansion_end (&e, y);
}

AnfGraph *
anf_unbaked_matmul (AnfShapes *self)
{
  const AnfType *x = self->in[0];
  AnfExpansion e;
  AnfRef y;

  anf_expansion_init (&e, self);
  y = anf_expansion_input (&e, 0);
  if (x->rank == 1)
    y = anf_expansion_reshape (&e, y, 2, (gint64[]) { 1, x->dim[0] });
  y = product (&e, y, value_of (&e, "weight"), FALSE);
  if (x->rank == 1)
    y = anf_expansion_reshape (&e, y, 1, (gint64[]) { anf_tensor_dim (self->weight[0], 1) });
  return anf_expansion_end (&e, y);
}

/* ---- windows */

/* A row of windows like the outer node's, with a kernel of one 1 for each of the taps of each of
 * @channels. */
static AnfRef
taps (AnfExpansion *e, const char *op, AnfRef x, gint64 channels, gint64 height, gint64 width)
{
  static const char *const names[] = { "stride", "pad", "dilation" };
  gint64 n = height * width, shape[] = { channels * n, 1, height, width };
  g_autofree float *ones = g_new0 (float, channels * n * n);
  AnfRef node = anf_expansion_node (e, op, x, NONE);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(GVariant) value = anf_node_attr (e->shapes->node, names[i]);

      anf_graph_builder_set_attr (e->builder, node.node, names[i], value);
    }
  for (gint64 c = 0; c < channels; c++)
    for (gint64 t = 0; t < n; t++)
      ones[(c * n + t) * n + t] = 1;
  anf_expansion_int (e, node, "groups", channels);
  anf_expansion_own (e, node, "weight", 4, shape, ones);
  return node;
}

static AnfGraph *
with_bias (AnfExpansion *e, AnfRef y)
{
  if (tensor_of (e, "bias") != NULL)
    y = anf_expansion_node (e, "add", y, along (e, "bias", 4, 1));
  return anf_expansion_end (e, y);
}

/* Rows: the windows of an image, each as a column; the kernel times that. A kernel of one pixel
 * without a step or border has no windows to lay out. */
AnfGraph *
anf_unbaked_conv (AnfShapes *self)
{
  const AnfTensor *w = self->weight[0];
  gint64 groups = anf_node_int (self->node, "groups"), out = anf_tensor_dim (w, 0);
  gint64 k = anf_tensor_dim (w, 1) * anf_tensor_dim (w, 2) * anf_tensor_dim (w, 3);
  gint64 n = self->in[0]->dim[0], down = self->out[0].dim[2], across = self->out[0].dim[3];
  gboolean plain = anf_tensor_dim (w, 2) * anf_tensor_dim (w, 3) == 1
                   && down == self->in[0]->dim[2] && across == self->in[0]->dim[3];
  AnfExpansion e;
  AnfRef cols, y;

  anf_expansion_init (&e, self);
  cols = anf_expansion_input (&e, 0);
  if (!plain)
    cols = taps (&e, "conv", cols, self->in[0]->dim[1], anf_tensor_dim (w, 2),
                 anf_tensor_dim (w, 3));
  cols = anf_expansion_reshape (&e, cols, 4, (gint64[]) { n, groups, k, down * across });
  y = anf_expansion_reshape (&e, value_of (&e, "weight"), 4,
                             (gint64[]) { 1, groups, out / groups, k });
  y = product (&e, y, cols, FALSE);
  return with_bias (&e, anf_expansion_reshape (&e, y, 4, (gint64[]) { n, out, down, across }));
}

/* Each pixel times the kernel, then all of it added up where it falls. */
AnfGraph *
anf_unbaked_conv_transpose (AnfShapes *self)
{
  const AnfTensor *w = self->weight[0];
  const AnfType *x = self->in[0];
  gint64 groups = anf_node_int (self->node, "groups"), in = anf_tensor_dim (w, 0);
  gint64 out = anf_tensor_dim (w, 1) * groups, height = anf_tensor_dim (w, 2);
  gint64 width = anf_tensor_dim (w, 3), each = anf_tensor_dim (w, 1) * height * width;
  AnfExpansion e;
  AnfRef pixels, y;

  anf_expansion_init (&e, self);
  pixels = anf_expansion_reshape (&e, anf_expansion_input (&e, 0), 4,
                                  (gint64[]) { x->dim[0], groups, in / groups,
                                               (gint64) x->dim[2] * x->dim[3] });
  y = anf_expansion_reshape (&e, value_of (&e, "weight"), 4,
                             (gint64[]) { 1, groups, in / groups, each });
  y = product (&e, y, pixels, FALSE);
  anf_graph_builder_set_attr (e.builder, y.node, "transpose_x", g_variant_new_boolean (TRUE));
  y = anf_expansion_reshape (&e, y, 4, (gint64[]) { x->dim[0], groups * each, x->dim[2],
                                                    x->dim[3] });
  return with_bias (&e, taps (&e, "conv_transpose", y, out, height, width));
}

/* ---- norms */

static void
own_vector (AnfExpansion *e, AnfRef node, const char *role, float value)
{
  gint64 n = anf_tensor_elements (tensor_of (e, role));
  g_autofree float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = value;
  anf_expansion_own (e, node, role, 1, &n, values);
}

/* The same norm with gamma 1 and beta 0, then both; statistics stay what they are. Features and
 * channels are on axis 1, whichever norm it is. */
AnfGraph *
anf_unbaked_norm (AnfShapes *self)
{
  const AnfOp *op = self->node->op;
  guint rank = self->in[0]->rank;
  AnfExpansion e;
  AnfRef y;

  anf_expansion_init (&e, self);
  y = anf_expansion_node (&e, op->name, anf_expansion_input (&e, 0), NONE);
  for (guint i = 0; i < anf_op_n_attrs (op); i++)
    if (anf_node_attr_is_set (self->node, op->attr[i].name))
      {
        g_autoptr(GVariant) value = anf_node_attr (self->node, op->attr[i].name);

        anf_graph_builder_set_attr (e.builder, y.node, op->attr[i].name, value);
      }
  own_vector (&e, y, "gamma", 1);
  if (tensor_of (&e, "beta") != NULL)
    own_vector (&e, y, "beta", 0);
  for (guint i = 2; i < anf_op_n_roles (op); i++)
    anf_expansion_role (&e, y, op->role[i].name, op->role[i].name);
  y = anf_expansion_node (&e, "mul", y, along (&e, "gamma", rank, 1));
  if (tensor_of (&e, "beta") != NULL)
    y = anf_expansion_node (&e, "add", y, along (&e, "beta", rank, 1));
  return anf_expansion_end (&e, y);
}

/* x above zero; what is left, times the slope, below. */
AnfGraph *
anf_unbaked_prelu (AnfShapes *self)
{
  AnfExpansion e;
  AnfRef x, above, below;

  anf_expansion_init (&e, self);
  x = anf_expansion_input (&e, 0);
  above = anf_expansion_node (&e, "relu", x, NONE);
  below = anf_expansion_node (&e, "sub", x, above);
  below = anf_expansion_node (&e, "mul", below, along (&e, "alpha", self->in[0]->rank, 1));
  return anf_expansion_end (&e, anf_expansion_node (&e, "add", above, below));
}
