/* lower-norm.c - softmax and normalisations as MIL. */
#include "ops/lower.h"

#include "ops/family.h"

#include <math.h>

static guint
axis_of (const AnfMilNode *mil)
{
  const AnfType *type = mil->in_type[0];

  if (anf_op_find_attr (mil->node->op, "axis") >= 0)
    return anf_node_axis (mil->node, "axis", type->rank);
  return type->rank == 4 ? 1 : type->rank - 1;
}

/* The type of one number per lane. */
static AnfType
reduced (const AnfType *type, guint axis)
{
  AnfType result = *type;

  result.dim[axis] = 1;
  return result;
}

static const char *
reduce (AnfMilNode *mil, const char *suffix, const AnfType *type, const char *op, const char *x,
        guint n, const gint64 *axes)
{
  anf_mil_begin (mil, op);
  anf_mil_ints (mil, "axes", n, axes);
  anf_mil_flag (mil, "keep_dims", TRUE);
  anf_mil_name (mil, "x", x);
  return anf_mil_end_as (mil, suffix, type);
}

gboolean
anf_mil_softmax (AnfMilNode *mil)
{
  anf_mil_begin (mil, "softmax");
  anf_mil_int (mil, "axis", axis_of (mil));
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

/* sqrt (n^2 + root^2) with no step that leaves fp16: m sqrt (1 + (k/m)^2) for m the larger and k
 * the smaller of the two. n^2 may be an infinity in fp16 and eps, which is root^2, is often 0. */
static const char *
length (AnfMilNode *mil, const AnfType *type, const char *n, double root)
{
  const char *r = anf_mil_scalar (mil, "root", root), *one = anf_mil_scalar (mil, "one", 1);
  const char *larger = anf_mil_binary (mil, "larger", type, "maximum", n, r);
  const char *smaller = anf_mil_binary (mil, "smaller", type, "minimum", n, r);
  const char *ratio = anf_mil_binary (mil, "ratio", type, "real_div", smaller, larger);
  const char *square = anf_mil_binary (mil, "square", type, "mul", ratio, ratio);
  const char *sum = anf_mil_binary (mil, "sum", type, "add", square, one);
  const char *factor = anf_mil_unary (mil, "factor", type, "sqrt", sum);

  return anf_mil_binary (mil, "length", type, "mul", larger, factor);
}

gboolean
anf_mil_l2_norm (AnfMilNode *mil)
{
  gint64 axis = axis_of (mil);
  AnfType type = reduced (mil->in_type[0], axis);
  const char *n = reduce (mil, "norm", &type, "reduce_l2_norm", mil->in[0], 1, &axis);

  n = length (mil, &type, n, sqrt (anf_node_real (mil->node, "eps")));
  anf_mil_binary (mil, NULL, NULL, "real_div", mil->in[0], n);
  return TRUE;
}

/* x / sqrt (mean (x^2) + eps) is x sqrt (D) / sqrt (sum (x^2) + D eps); sqrt (D) goes into gamma,
 * so that it costs no rounding of its own. */
gboolean
anf_mil_rms_norm (AnfMilNode *mil)
{
  gint64 axis = axis_of (mil);
  AnfType type = reduced (mil->in_type[0], axis), row = { ANF_F16, 2, { 1, 0 } };
  gsize d = mil->in_type[0]->dim[axis];
  g_autofree float *gamma = g_new (float, d);
  const char *n = reduce (mil, "norm", &type, "reduce_l2_norm", mil->in[0], 1, &axis);

  n = length (mil, &type, n, sqrt (d * anf_node_real (mil->node, "eps")));
  n = anf_mil_binary (mil, "unit", mil->out_type, "real_div", mil->in[0], n);

  anf_mil_keep (mil, 0);
  anf_tensor_read (mil->weight_tensor[0], 0, d, gamma);
  for (gsize i = 0; i < d; i++)
    gamma[i] *= sqrtf (d);
  row.dim[1] = d;
  anf_mil_binary (mil, NULL, NULL, "mul", n, anf_mil_values (mil, "gamma", &row, gamma));
  return TRUE;
}

/* x minus its mean, divided by the root of its variance plus eps. */
static const char *
normalised (AnfMilNode *mil, const AnfType *type, const AnfType *statistic, const char *x,
            guint n, const gint64 *axes)
{
  const char *mean = reduce (mil, "mean", statistic, "reduce_mean", x, n, axes);
  const char *centred = anf_mil_binary (mil, "centred", type, "sub", x, mean);
  const char *square = anf_mil_binary (mil, "square", type, "mul", centred, centred);
  const char *variance = reduce (mil, "variance", statistic, "reduce_mean", square, n, axes);
  const char *scale;

  anf_mil_begin (mil, "rsqrt");
  anf_mil_half (mil, "epsilon", anf_node_real (mil->node, "eps"));
  anf_mil_name (mil, "x", variance);
  scale = anf_mil_end_as (mil, "scale", statistic);
  return anf_mil_binary (mil, "unit", type, "mul", centred, scale);
}

/* times gamma, plus beta, both one per element of @axis. */
static void
scale_and_shift (AnfMilNode *mil, const char *x, guint axis)
{
  guint rank = mil->out_type[0].rank;
  gint64 dim[ANF_MAX_RANK] = { 1, 1, 1, 1, 1 };
  const char *gamma, *beta;

  dim[axis] = mil->out_type[0].dim[axis];
  gamma = anf_mil_weight_as (mil, 0, rank, dim);
  x = anf_mil_binary (mil, "scaled", mil->out_type, "mul", x, gamma);
  beta = anf_mil_weight_as (mil, 1, rank, dim);
  anf_mil_binary (mil, NULL, NULL, "add", x, beta);
}

gboolean
anf_mil_layer_norm (AnfMilNode *mil)
{
  gint64 axis = axis_of (mil);
  AnfType statistic = reduced (mil->in_type[0], axis);

  scale_and_shift (mil, normalised (mil, mil->out_type, &statistic, mil->in[0], 1, &axis), axis);
  return TRUE;
}

static const char *
reshape (AnfMilNode *mil, const char *suffix, const char *x, const AnfType *type)
{
  gint64 shape[ANF_MAX_RANK];

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  anf_mil_begin (mil, "reshape");
  anf_mil_ints (mil, "shape", type->rank, shape);
  anf_mil_name (mil, "x", x);
  return anf_mil_end_as (mil, suffix, type);
}

/* Means, not sums divided: a sum over a large group does not fit fp16. */
gboolean
anf_mil_group_norm (AnfMilNode *mil)
{
  const AnfType *type = mil->in_type[0];
  int groups = anf_node_int (mil->node, "groups");
  AnfType parts = { ANF_F16, 4, { 1, groups, type->dim[1] / groups, type->dim[2] * type->dim[3] } };
  AnfType statistic = { ANF_F16, 4, { 1, groups, 1, 1 } };
  const gint64 axes[] = { 2, 3 };
  const char *x = reshape (mil, "groups", mil->in[0], &parts);

  x = normalised (mil, &parts, &statistic, x, 2, axes);
  scale_and_shift (mil, reshape (mil, "channels", x, type), 1);
  return TRUE;
}

/* Operators that MIL has as they are: roles by name, eps as epsilon. */
gboolean
anf_mil_statistics (AnfMilNode *mil)
{
  const AnfOp *op = mil->node->op;
  const char *name[ANF_MAX_ROLES];

  for (guint i = 0; i < anf_op_n_roles (op); i++)
    name[i] = anf_mil_weight (mil, i);
  anf_mil_begin (mil, op->name);
  for (guint i = 0; i < anf_op_n_roles (op); i++)
    anf_mil_name (mil, op->role[i].name, name[i]);
  anf_mil_half (mil, "epsilon", anf_node_real (mil->node, "eps"));
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

gboolean
anf_mil_response_norm (AnfMilNode *mil)
{
  anf_mil_begin (mil, "local_response_norm");
  anf_mil_half (mil, "alpha", anf_node_real (mil->node, "alpha"));
  anf_mil_half (mil, "beta", anf_node_real (mil->node, "beta"));
  anf_mil_half (mil, "k", anf_node_real (mil->node, "k"));
  anf_mil_int (mil, "size", anf_node_int (mil->node, "size"));
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}
