/* loss.c - losses against targets that are constants. */
#include "io/onnx/onnx.h"

#include <math.h>

/* Of [N, C, D]: the factor of every number, 0 but for the target's class; their sum in @total. */
static AnfOnnxValue *
target_mask (AnfOnnx *self, const AnfOnnxNode *node, const gint64 *dim, AnfOnnxValue *target,
             AnfOnnxValue *weight, double *total)
{
  gint64 n = dim[0], c = dim[1], d = dim[2];
  const Onnx__AttributeProto *ignore = anf_onnx_attr (node, "ignore_index");
  g_autofree double *labels = NULL, *weights = NULL, *mask = NULL;

  if (target == NULL || target->tensor == NULL || anf_onnx_elements (target) != (gsize) (n * d)
      || (weight != NULL && (weight->tensor == NULL
                             || anf_onnx_elements (weight) != (gsize) c)))
    return anf_onnx_refuse (self, "a target that is no constant, or weights not one per class");
  labels = anf_onnx_read (target);
  weights = weight != NULL ? anf_onnx_read (weight) : NULL;
  mask = g_new0 (double, n * c * d);
  *total = 0;
  for (gint64 i = 0; i < n * d; i++)
    {
      double factor;

      if (ignore != NULL && labels[i] == (double) ignore->i)
        continue;
      if (!(labels[i] >= 0 && labels[i] < c))
        return anf_onnx_refuse (self, "a target of class %g; there are %" G_GINT64_FORMAT,
                                labels[i], c);
      factor = weights != NULL ? weights[(gint64) labels[i]] : 1;
      mask[(i / d * c + (gint64) labels[i]) * d + i % d] = factor;
      *total += factor;
    }
  return anf_onnx_doubles (self, ONNX_FLOAT, 3, dim, mask);
}

/* -(sum over classes of mask x), and what "reduction" makes of it. */
static AnfOnnxValue *
likelihood (AnfOnnx *self, const AnfOnnxNode *node, AnfOnnxValue *x, AnfOnnxValue *target,
            AnfOnnxValue *weight)
{
  gint64 dim[3] = { 0, 0, 1 }, shape[ANF_MAX_TENSOR_RANK];
  AnfOnnxValue *mask, *y;
  double total = 0;

  if (x == NULL || x->rank < 2)
    return anf_onnx_refuse (self, "scores with fewer than 2 axes");
  dim[0] = x->dim[0];
  dim[1] = x->dim[1];
  for (guint i = 2; i < x->rank; i++)
    dim[2] *= x->dim[i];
  mask = target_mask (self, node, dim, target, weight, &total);
  y = anf_onnx_reshape (self, x, 3, dim);
  if (anf_onnx_text_is (node, "reduction", "mean", "mean"))
    mask = anf_onnx_muls (self, mask, total != 0 ? -1 / total : 0);
  else
    mask = anf_onnx_muls (self, mask, -1);
  y = anf_onnx_row2 (self, "mul", y, mask);
  if (!anf_onnx_text_is (node, "reduction", "none", "mean"))
    return anf_onnx_reduce (self, "reduce_sum", y, 3, (gint64[]) { 0, 1, 2 }, FALSE);
  y = anf_onnx_reduce (self, "reduce_sum", y, 1, (gint64[]) { 1 }, FALSE);
  shape[0] = dim[0];
  for (guint i = 2; i < x->rank; i++)
    shape[i - 1] = x->dim[i];
  return anf_onnx_reshape (self, y, x->rank - 1, shape);
}

static AnfOnnxValue *
read_likelihood (AnfOnnx *self, AnfOnnxNode *node)
{
  return likelihood (self, node, anf_onnx_plain (self, anf_onnx_in (node, 0)),
                     anf_onnx_in (node, 1), anf_onnx_in (node, 2));
}

static AnfOnnxValue *
read_cross_entropy (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));

  if (x == NULL || x->rank < 2)
    return anf_onnx_refuse (self, "scores with fewer than 2 axes");
  x = anf_onnx_log_softmax (self, x, 1);
  if (node->n_out > 1)
    node->out[1] = x;
  return likelihood (self, node, x, anf_onnx_in (node, 1), anf_onnx_in (node, 2));
}

const AnfOnnxOp anf_onnx_loss_ops[] = {
  { "NegativeLogLikelihoodLoss", read_likelihood },
  { "SoftmaxCrossEntropyLoss", read_cross_entropy },
  { NULL }
};
