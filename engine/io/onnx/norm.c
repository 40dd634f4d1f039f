/* norm.c - normalisations. Statistics known beforehand become a factor and a summand in fp32. */
#include "io/onnx/onnx.h"

#include <math.h>
#include <string.h>

/* [C] -> [1, C, 1, 1] as an image's factor. */
static AnfOnnxValue *
by_channel (AnfOnnx *self, AnfOnnxValue *k, guint rank)
{
  gint64 dim[ANF_MAX_TENSOR_RANK];

  if (k == NULL || k->rank != 1 || rank < 2)
    return anf_onnx_refuse (self, "a factor that is not one number per channel");
  for (guint i = 0; i < rank; i++)
    dim[i] = i == 1 ? k->dim[0] : 1;
  return anf_onnx_reshape (self, k, rank, dim);
}

static AnfOnnxValue *
read_batch_norm (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *in[4];
  g_autofree double *scale = NULL, *shift = NULL, *mean = NULL, *variance = NULL;
  double eps = anf_onnx_real (node, "epsilon", 1e-5);
  gint64 n;

  if (x == NULL || x->rank < 2 || anf_onnx_int (node, "training_mode", 0))
    return anf_onnx_refuse (self, "in training mode, or no channels");
  n = x->dim[1];
  for (guint i = 0; i < 4; i++)
    if ((in[i] = anf_onnx_in (node, i + 1)) == NULL || in[i]->tensor == NULL || in[i]->rank != 1
        || in[i]->dim[0] != n)
      return anf_onnx_refuse (self, "its statistics are not constants, one per channel");
  scale = anf_onnx_read (in[0]);
  shift = anf_onnx_read (in[1]);
  mean = anf_onnx_read (in[2]);
  variance = anf_onnx_read (in[3]);
  for (gint64 i = 0; i < n; i++)
    {
      scale[i] /= sqrt (variance[i] + eps);
      shift[i] -= mean[i] * scale[i];
    }
  if (x->kernel != NULL && x->uses == 1)
    return anf_onnx_fold_channels (self, x, scale, shift);
  in[0] = by_channel (self, anf_onnx_doubles (self, ONNX_FLOAT, 1, &n, scale), x->rank);
  in[1] = by_channel (self, anf_onnx_doubles (self, ONNX_FLOAT, 1, &n, shift), x->rank);
  return anf_onnx_row2 (self, "add", anf_onnx_row2 (self, "mul", anf_onnx_plain (self, x), in[0]),
                        in[1]);
}

/* x less its mean over @axes, divided by the root of its variance; @mean and @scale are what the
 * reference calls Mean and InvStdDev (both nullable). */
static AnfOnnxValue *
centred (AnfOnnx *self, AnfOnnxValue *x, guint n, const gint64 *axes, double eps,
         AnfOnnxValue **mean, AnfOnnxValue **scale)
{
  AnfOnnxValue *middle = anf_onnx_reduce (self, "reduce_mean", x, n, axes, TRUE);
  AnfOnnxValue *rest = anf_onnx_row2 (self, "sub", x, middle), *root;

  root = anf_onnx_reduce (self, "reduce_mean", anf_onnx_row1 (self, "square", rest), n, axes, TRUE);
  anf_onnx_set_real (self, "eps", eps);
  root = anf_onnx_row1 (self, "rsqrt", root);
  if (mean != NULL)
    *mean = middle;
  if (scale != NULL)
    *scale = root;
  return anf_onnx_row2 (self, "mul", rest, root);
}

/* From @axis on everything is one row, and gamma and beta are vectors: the row. */
static AnfOnnxValue *
layer_norm_row (AnfOnnx *self, const char *row, AnfOnnxValue *x, guint axis, AnfOnnxValue *gamma,
                AnfOnnxValue *beta, double eps)
{
  gint64 rows = 1, n = 1;
  AnfOnnxValue *y;

  for (guint i = 0; i < x->rank; i++)
    *(i < axis ? &rows : &n) *= x->dim[i];
  if (gamma->tensor == NULL || anf_onnx_elements (gamma) != (gsize) n
      || (beta != NULL && (beta->tensor == NULL || anf_onnx_elements (beta) != (gsize) n)))
    return NULL;
  y = anf_onnx_reshape (self, x, 2, (gint64[]) { rows, n });
  anf_onnx_set_real (self, "eps", eps);
  anf_onnx_set_weight (self, "gamma", anf_onnx_reshape (self, gamma, 1, &n));
  if (!g_str_equal (row, "rms_norm"))
    anf_onnx_set_weight (self, "beta", beta != NULL ? anf_onnx_reshape (self, beta, 1, &n)
                                                    : anf_onnx_filled (self, ONNX_FLOAT, 1, &n, 0));
  y = anf_onnx_row1 (self, row, y);
  return anf_onnx_reshape (self, y, x->rank, x->dim);
}

static AnfOnnxValue *
read_layer_norm (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *y;
  AnfOnnxValue *gamma = anf_onnx_in (node, 1), *beta = anf_onnx_in (node, 2), *mean, *scale;
  double eps = anf_onnx_real (node, "epsilon", 1e-5);
  gint64 axes[ANF_MAX_TENSOR_RANK];
  guint axis, n = 0;

  if (x == NULL || gamma == NULL
      || !anf_onnx_axis (self, anf_onnx_int (node, "axis", -1), x->rank, &axis))
    return anf_onnx_refuse (self, "an input is missing");
  if (node->n_out == 1 && (y = layer_norm_row (self, "layer_norm", x, axis, gamma, beta, eps)))
    return y;
  for (guint i = axis; i < x->rank; i++)
    axes[n++] = i;
  y = centred (self, x, n, axes, eps, &mean, &scale);
  if (node->n_out > 1)
    node->out[1] = mean;
  if (node->n_out > 2)
    node->out[2] = scale;
  y = anf_onnx_row2 (self, "mul", y, anf_onnx_plain (self, gamma));
  return beta != NULL ? anf_onnx_row2 (self, "add", y, anf_onnx_plain (self, beta)) : y;
}

static AnfOnnxValue *
read_rms_norm (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *y;
  AnfOnnxValue *gamma = anf_onnx_in (node, 1);
  double eps = anf_onnx_real (node, "epsilon", 1e-5);
  gint64 axes[ANF_MAX_TENSOR_RANK];
  guint axis, n = 0;

  if (x == NULL || gamma == NULL
      || !anf_onnx_axis (self, anf_onnx_int (node, "axis", -1), x->rank, &axis))
    return anf_onnx_refuse (self, "an input is missing");
  if ((y = layer_norm_row (self, "rms_norm", x, axis, gamma, NULL, eps)) != NULL)
    return y;
  for (guint i = axis; i < x->rank; i++)
    axes[n++] = i;
  y = anf_onnx_reduce (self, "reduce_mean", anf_onnx_row1 (self, "square", x), n, axes, TRUE);
  anf_onnx_set_real (self, "eps", eps);
  y = anf_onnx_row2 (self, "mul", x, anf_onnx_row1 (self, "rsqrt", y));
  return anf_onnx_row2 (self, "mul", y, anf_onnx_plain (self, gamma));
}

/* Groups of channels centred together; groups of one are InstanceNormalization. */
static AnfOnnxValue *
read_group_norm (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *y;
  AnfOnnxValue *gamma = anf_onnx_in (node, 1), *beta = anf_onnx_in (node, 2);
  gboolean single = g_str_equal (node->op, "InstanceNormalization");
  double eps = anf_onnx_real (node, "epsilon", 1e-5);
  gint64 groups, each = 1;

  if (x == NULL || gamma == NULL || beta == NULL || x->rank < 3)
    return anf_onnx_refuse (self, "an input is missing, or has fewer than 3 axes");
  groups = single ? x->dim[1] : anf_onnx_int (node, "num_groups", 1);
  if (groups < 1 || x->dim[1] % groups != 0)
    return anf_onnx_refuse (self, "%" G_GINT64_FORMAT " groups do not divide the channels", groups);
  if (single && x->rank == 4 && gamma->tensor != NULL && beta->tensor != NULL)
    {
      anf_onnx_set_real (self, "eps", eps);
      anf_onnx_set_weight (self, "gamma", gamma);
      anf_onnx_set_weight (self, "beta", beta);
      return anf_onnx_row1 (self, "instance_norm", x);
    }
  for (guint i = 1; i < x->rank; i++)
    each *= x->dim[i];
  y = anf_onnx_reshape (self, x, 3, (gint64[]) { x->dim[0], groups, each / groups });
  y = centred (self, y, 1, (gint64[]) { 2 }, eps, NULL, NULL);
  y = anf_onnx_reshape (self, y, x->rank, x->dim);
  if (gamma->rank == 1 && gamma->dim[0] != x->dim[1])    /* opset 18: one for each group */
    {
      gamma = anf_onnx_reshape (self, gamma, 2, (gint64[]) { groups, 1 });
      gamma = anf_onnx_expand (self, gamma, 2, (gint64[]) { groups, x->dim[1] / groups });
      gamma = anf_onnx_reshape (self, gamma, 1, &x->dim[1]);
      beta = anf_onnx_reshape (self, beta, 2, (gint64[]) { groups, 1 });
      beta = anf_onnx_expand (self, beta, 2, (gint64[]) { groups, x->dim[1] / groups });
      beta = anf_onnx_reshape (self, beta, 1, &x->dim[1]);
    }
  y = anf_onnx_row2 (self, "mul", y, by_channel (self, gamma, x->rank));
  return anf_onnx_row2 (self, "add", y, by_channel (self, beta, x->rank));
}

static AnfOnnxValue *
read_lp_norm (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *n;
  gint64 p = anf_onnx_int (node, "p", 2), axis;
  guint at;

  if (x == NULL || !anf_onnx_axis (self, anf_onnx_int (node, "axis", -1), x->rank, &at))
    return NULL;
  axis = at;
  if (p != 1 && p != 2)
    return anf_onnx_refuse (self, "p is %" G_GINT64_FORMAT ", not 1 or 2", p);
  n = anf_onnx_reduce (self, p == 1 ? "reduce_l1_norm" : "reduce_l2_norm", x, 1, &axis, TRUE);
  /* A row of zeros stays one: nothing is divided by 0. */
  n = anf_onnx_row2 (self, "maximum", n, anf_onnx_scalar (self, 0x1p-24));
  return anf_onnx_row2 (self, "real_div", x, n);
}

static AnfOnnxValue *
read_lrn (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));

  anf_onnx_set_int (self, "size", anf_onnx_int (node, "size", 5));
  anf_onnx_set_real (self, "alpha", anf_onnx_real (node, "alpha", 1e-4));
  anf_onnx_set_real (self, "beta", anf_onnx_real (node, "beta", 0.75));
  anf_onnx_set_real (self, "k", anf_onnx_real (node, "bias", 1));
  return anf_onnx_row1 (self, "local_response_norm", x);
}

/* Of opset 13: over the axes given, without factors. */
static AnfOnnxValue *
read_mean_variance (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));
  gint64 axes[ANF_MAX_TENSOR_RANK] = { 0, 2, 3 };
  guint n = 3, at;

  if (anf_onnx_attr (node, "axes") != NULL)
    anf_onnx_list (node, "axes", axes, &n);
  for (guint i = 0; x != NULL && i < n; i++)
    {
      if (!anf_onnx_axis (self, axes[i], x->rank, &at))
        return NULL;
      axes[i] = at;
    }
  return x != NULL ? centred (self, x, n, axes, 1e-9, NULL, NULL) : NULL;
}

const AnfOnnxOp anf_onnx_norm_ops[] = {
  { "BatchNormalization", read_batch_norm }, { "LayerNormalization", read_layer_norm },
  { "RMSNormalization", read_rms_norm }, { "GroupNormalization", read_group_norm },
  { "InstanceNormalization", read_group_norm }, { "LpNormalization", read_lp_norm },
  { "LRN", read_lrn }, { "MeanVarianceNormalization", read_mean_variance },
  { NULL }
};
