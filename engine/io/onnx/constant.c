/* constant.c - operators whose result is known before any run. */
#include "io/onnx/onnx.h"

#include <math.h>

static AnfOnnxValue *
read_constant (AnfOnnx *self, AnfOnnxNode *node)
{
  const Onnx__AttributeProto *attr = node->proto->n_attribute > 0 ? node->proto->attribute[0]
                                                                  : NULL;
  g_autoptr(GError) error = NULL;
  g_autofree double *values = NULL;
  AnfTensor *tensor;
  gint64 n;

  if (attr == NULL)
    return anf_onnx_refuse (self, "it has no value");
  if (attr->t != NULL)
    {
      tensor = anf_onnx_tensor (self, attr->t, FALSE, &error);
      return tensor != NULL ? anf_onnx_constant (self, attr->t->data_type, tensor)
                            : anf_onnx_refuse (self, "%s", error->message);
    }
  if (attr->has_f)
    return anf_onnx_scalar (self, attr->f);
  if (attr->has_i)
    return anf_onnx_doubles (self, ONNX_INT64, 0, NULL, (double[]) { attr->i });
  n = MAX (attr->n_ints, attr->n_floats);
  if (n == 0)
    return anf_onnx_refuse (self, "a value that is no tensor of numbers");
  values = g_new (double, n);
  for (gint64 i = 0; i < n; i++)
    values[i] = attr->n_ints > 0 ? attr->ints[i] : attr->floats[i];
  return anf_onnx_doubles (self, attr->n_ints > 0 ? ONNX_INT64 : ONNX_FLOAT, 1, &n, values);
}

static AnfOnnxValue *
read_constant_of_shape (AnfOnnx *self, AnfOnnxNode *node)
{
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, "value");
  g_autoptr(GError) error = NULL;
  gint64 dim[ANF_MAX_TENSOR_RANK];
  double value = 0;
  int elem = ONNX_FLOAT;
  guint n;

  if (!anf_onnx_numbers (self, anf_onnx_in (node, 0), "shape", ANF_MAX_TENSOR_RANK, dim, &n))
    return NULL;
  if (attr != NULL && attr->t != NULL)
    {
      g_autoptr(AnfTensor) tensor = anf_onnx_tensor (self, attr->t, FALSE, &error);

      if (tensor == NULL || anf_tensor_elements (tensor) != 1)
        return anf_onnx_refuse (self, "a value that is not one number");
      anf_tensor_read_double (tensor, 0, 1, &value);
      elem = attr->t->data_type;
    }
  return anf_onnx_filled (self, elem, n, dim, value);
}

static AnfOnnxValue *
read_shape (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 start = anf_onnx_int (node, "start", 0), end, n;
  double dim[ANF_MAX_TENSOR_RANK + 1];

  if (x == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  end = anf_onnx_int (node, "end", x->rank);
  start = CLAMP (start < 0 ? start + x->rank : start, 0, (gint64) x->rank);
  end = CLAMP (end < 0 ? end + x->rank : end, start, (gint64) x->rank);
  for (n = 0; start + n < end; n++)
    dim[n] = x->dim[start + n];
  return anf_onnx_doubles (self, ONNX_INT64, 1, &n, dim);
}

static AnfOnnxValue *
read_size (AnfOnnx *self, AnfOnnxNode *node)
{
  if (anf_onnx_in (node, 0) == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  return anf_onnx_doubles (self, ONNX_INT64, 0, NULL,
                           (double[]) { anf_onnx_elements (node->in[0]) });
}

static AnfOnnxValue *
read_range (AnfOnnx *self, AnfOnnxNode *node)
{
  double start, limit, delta, count;
  g_autofree double *values = NULL;
  gint64 n;

  if (!anf_onnx_number (self, anf_onnx_in (node, 0), "start", &start)
      || !anf_onnx_number (self, anf_onnx_in (node, 1), "limit", &limit)
      || !anf_onnx_number (self, anf_onnx_in (node, 2), "delta", &delta))
    return NULL;
  count = ceil ((limit - start) / delta);
  if (delta == 0 || !(count < 1 << 24))
    return anf_onnx_refuse (self, "a range of that length");
  n = MAX (count, 0);
  values = g_new (double, n + 1);
  for (gint64 i = 0; i < n; i++)
    values[i] = start + i * delta;
  return anf_onnx_doubles (self, node->in[0]->elem, 1, &n, values);
}

static AnfOnnxValue *
read_eye_like (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *y;
  gint64 k = anf_onnx_int (node, "k", 0);
  g_autofree double *values = NULL;

  if (x == NULL || x->rank != 2 || anf_onnx_elements (x) > 1 << 24)
    return anf_onnx_refuse (self, "no matrix");
  values = g_new (double, x->dim[0] * x->dim[1]);
  for (gint64 i = 0; i < x->dim[0] * x->dim[1]; i++)
    values[i] = i % x->dim[1] - i / x->dim[1] == k;
  y = anf_onnx_doubles (self, anf_onnx_int (node, "dtype", x->elem), 2, x->dim, values);
  return y;
}

const AnfOnnxOp anf_onnx_constant_ops[] = {
  { "Constant", read_constant }, { "ConstantOfShape", read_constant_of_shape },
  { "Shape", read_shape }, { "Size", read_size }, { "Range", read_range },
  { "EyeLike", read_eye_like },
  { NULL }
};
