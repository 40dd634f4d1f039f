/* lower-product.c - products, windows and reductions as MIL. */
#include "ops/lower.h"

#include "ops/family.h"

/* The bias of @role is added as [1, .., C, .., 1], channels on @axis: the node's output. */
static void
add_bias (AnfMilNode *mil, const char *x, guint role, guint rank, guint axis)
{
  gint64 dim[ANF_MAX_RANK] = { 1, 1, 1, 1, 1 };

  dim[axis] = anf_tensor_elements (mil->weight_tensor[role]);
  anf_mil_binary (mil, NULL, NULL, "add", x, anf_mil_weight_as (mil, role, rank, dim));
}

static gboolean
has_weight (const AnfMilNode *mil, guint role)
{
  return role < anf_op_n_roles (mil->node->op) && mil->weight[role] != NULL;
}

gboolean
anf_mil_linear (AnfMilNode *mil)
{
  const char *weight = anf_mil_weight (mil, 0), *product;
  guint rank = MIN (mil->out_type[0].rank, 2);

  anf_mil_begin (mil, "matmul");
  anf_mil_flag (mil, "transpose_x", FALSE);
  anf_mil_flag (mil, "transpose_y", TRUE);
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_name (mil, "y", weight);
  if (!has_weight (mil, 1))
    {
      anf_mil_end (mil, 0);
      return TRUE;
    }
  product = anf_mil_end_as (mil, "product", mil->out_type);
  add_bias (mil, product, 1, rank, rank - 1);
  return TRUE;
}

gboolean
anf_mil_bmm (AnfMilNode *mil)
{
  const char *y = has_weight (mil, 0) ? anf_mil_weight (mil, 0) : mil->in[1];
  gboolean turns = anf_op_find_attr (mil->node->op, "transpose_x") >= 0;

  anf_mil_begin (mil, "matmul");
  anf_mil_flag (mil, "transpose_x", turns && anf_node_flag (mil->node, "transpose_x"));
  anf_mil_flag (mil, "transpose_y", turns && anf_node_flag (mil->node, "transpose_y"));
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_name (mil, "y", y);
  anf_mil_end (mil, 0);
  return TRUE;
}

/* A row of its own without roles takes its kernel from a second wire. */
gboolean
anf_mil_conv (AnfMilNode *mil)
{
  const AnfOp *op = mil->node->op;
  gboolean baked = anf_op_n_roles (op) > 0;
  gint64 stride[2], pad[4], dilation[2];
  const char *weight = baked ? anf_mil_weight (mil, 0) : mil->in[1], *result;

  anf_node_ints_n (mil->node, "stride", 2, stride);
  anf_node_ints_n (mil->node, "pad", 4, pad);
  anf_node_ints_n (mil->node, "dilation", 2, dilation);

  anf_mil_begin (mil, baked ? op->name : "conv");
  anf_mil_ints (mil, "dilations", 2, dilation);
  anf_mil_int (mil, "groups", anf_node_int (mil->node, "groups"));
  anf_mil_ints (mil, "pad", 4, pad);
  anf_mil_word (mil, "pad_type", "custom");
  anf_mil_ints (mil, "strides", 2, stride);
  anf_mil_name (mil, "weight", weight);
  anf_mil_name (mil, "x", mil->in[0]);
  if (!has_weight (mil, 1))
    {
      anf_mil_end (mil, 0);
      return TRUE;
    }
  result = anf_mil_end_as (mil, "product", mil->out_type);
  add_bias (mil, result, 1, 4, 1);
  return TRUE;
}

/* A window that rounding up adds is written as padding: that counts the same, and MIL's own
 * rounding takes no uneven padding. */
gboolean
anf_mil_pool (AnfMilNode *mil)
{
  const AnfNode *node = mil->node;
  gint64 k[2], stride[2], pad[4];
  gboolean up = anf_node_flag (node, "ceil_mode");

  anf_node_ints_n (node, "k", 2, k);
  anf_node_ints_n (node, anf_node_attr_is_set (node, "stride") ? "stride" : "k", 2, stride);
  anf_node_ints_n (node, "pad", 4, pad);
  for (guint i = 0; up && i < 2; i++)
    pad[2 * i + 1] = MAX (pad[2 * i + 1], (mil->out_type[0].dim[2 + i] - 1) * stride[i] + k[i]
                                          - mil->in_type[0]->dim[2 + i] - pad[2 * i]);

  anf_mil_begin (mil, node->op->name);
  anf_mil_flag (mil, "ceil_mode", FALSE);
  if (anf_op_find_attr (node->op, "exclude_pad") >= 0)
    anf_mil_flag (mil, "exclude_padding_from_average", anf_node_flag (node, "exclude_pad"));
  anf_mil_ints (mil, "kernel_sizes", 2, k);
  anf_mil_ints (mil, "pad", 4, pad);
  anf_mil_word (mil, "pad_type", "custom");
  anf_mil_ints (mil, "strides", 2, stride);
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

gboolean
anf_mil_reduce (AnfMilNode *mil)
{
  gint64 axes[ANF_MAX_RANK];
  guint n = anf_node_ints (mil->node, "axes", axes, ANF_MAX_RANK);

  for (guint i = 0; i < n; i++)
    axes[i] += axes[i] < 0 ? mil->in_type[0]->rank : 0;
  anf_mil_begin (mil, mil->node->op->name);
  anf_mil_ints (mil, "axes", n, axes);
  anf_mil_flag (mil, "keep_dims", TRUE);
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

/* Totals along the last axis are a product with ones on and above the diagonal: wide sums. */
gboolean
anf_mil_cumsum (AnfMilNode *mil)
{
  const AnfType *type = mil->in_type[0];
  gsize n = type->dim[type->rank - 1];
  AnfType square = { ANF_F16, 2, { n, n } };
  g_autofree float *ones = g_new (float, n * n);
  const char *triangle;

  for (gsize i = 0; i < n * n; i++)
    ones[i] = i / n <= i % n;
  triangle = anf_mil_values (mil, "ones", &square, ones);
  anf_mil_begin (mil, "matmul");
  anf_mil_flag (mil, "transpose_x", FALSE);
  anf_mil_flag (mil, "transpose_y", FALSE);
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_name (mil, "y", triangle);
  anf_mil_end (mil, 0);
  return TRUE;
}
