/* reduce.c - sums and other reductions, and what is built from them. */
#include "io/onnx/onnx.h"

#include <math.h>

/* The axes: an attribute, or since opset 13 and 18 an input; none mean all. */
static gboolean
axes_of (AnfOnnx *self, const AnfOnnxNode *node, guint rank, gint64 *axes, guint *n)
{
  AnfOnnxValue *given = anf_onnx_in (node, 1);
  gboolean none = anf_onnx_int (node, "noop_with_empty_axes", 0) != 0;
  guint axis;

  if (given != NULL && !anf_onnx_numbers (self, given, "axes", ANF_MAX_TENSOR_RANK, axes, n))
    return FALSE;
  if (given == NULL)
    anf_onnx_list (node, "axes", axes, n);
  if (*n == 0 && !none)
    for (; *n < rank; (*n)++)
      axes[*n] = *n;
  for (guint i = 0; i < *n; i++)
    {
      if (!anf_onnx_axis (self, axes[i], rank, &axis))
        return FALSE;
      axes[i] = axis;
    }
  return TRUE;
}

static gboolean
is_whole_product (const char *op)
{
  return g_str_equal (op, "ReduceProd");
}

/* A product along one axis, by pairs of halves. */
static AnfOnnxValue *
product_along (AnfOnnx *self, AnfOnnxValue *x, guint axis)
{
  while (x != NULL && x->dim[axis] > 1)
    {
      gint64 half = x->dim[axis] / 2, rest = x->dim[axis] - 2 * half;
      AnfOnnxValue *odd = rest > 0 ? anf_onnx_slice (self, x, axis, 2 * half, 1) : NULL;
      AnfOnnxValue *pair[2];

      pair[0] = anf_onnx_row2 (self, "mul", anf_onnx_slice (self, x, axis, 0, half),
                               anf_onnx_slice (self, x, axis, half, half));
      pair[1] = odd;
      x = odd != NULL ? anf_onnx_concat (self, 2, pair, axis) : pair[0];
    }
  return x;
}

static AnfOnnxValue *
read_reduce (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 axes[ANF_MAX_TENSOR_RANK];
  gboolean keep = anf_onnx_int (node, "keepdims", 1) != 0;
  guint n;
  int elem;

  if (x == NULL || !axes_of (self, node, x->rank, axes, &n))
    return NULL;
  elem = x->elem;
  x = anf_onnx_plain (self, x);
  if (is_whole_product (node->op))
    {
      for (guint i = 0; i < n; i++)
        x = product_along (self, x, axes[i]);
      x = anf_onnx_reduce (self, "reduce_sum", x, n, axes, keep);
    }
  else
    {
      AnfOnnxValue *from = x;
      gboolean last = keep && n == 1 && axes[0] + 1 == (gint64) from->rank
                      && g_str_equal (node->op, "ReduceMean");

      x = anf_onnx_reduce (self, self->row->row, x, n, axes, keep);
      if (last && from->steps == 8)
        return anf_onnx_on_the_way (x, from->swish, 9);
      if (last)
        return anf_onnx_on_the_way (x, from, 6);
    }
  return anf_onnx_as (self, x, elem == ONNX_BOOL ? ONNX_FLOAT : elem);
}

/* Over all axes after the first two. */
static AnfOnnxValue *
read_global (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 axes[ANF_MAX_TENSOR_RANK], p = anf_onnx_int (node, "p", 2);
  guint n = 0;

  if (x == NULL || x->rank < 3)
    return anf_onnx_refuse (self, "an input with fewer than 3 axes");
  for (guint i = 2; i < x->rank; i++)
    axes[n++] = i;
  if (!g_str_equal (node->op, "GlobalLpPool"))
    return anf_onnx_reduce (self, self->row->row, x, n, axes, TRUE);
  if (p != 1 && p != 2)
    return anf_onnx_refuse (self, "p is %" G_GINT64_FORMAT ", not 1 or 2", p);
  return anf_onnx_reduce (self, p == 1 ? "reduce_l1_norm" : "reduce_l2_norm", x, n, axes, TRUE);
}

/* Before opset 13 all axes from "axis" on counted as one. */
static AnfOnnxValue *
by_rows (AnfOnnx *self, const AnfOnnxNode *node, AnfOnnxValue *x, guint *axis)
{
  gint64 dim[2] = { 1, 1 };

  if (x == NULL || !anf_onnx_axis (self, anf_onnx_int (node, "axis", node->opset < 13 ? 1 : -1),
                                   MAX (x->rank, 1), axis))
    return NULL;
  if (node->opset >= 13 || *axis + 1 >= x->rank)
    return x;
  for (guint i = 0; i < x->rank; i++)
    dim[i < *axis ? 0 : 1] *= x->dim[i];
  *axis = 1;
  return anf_onnx_reshape (self, x, 2, dim);
}

static AnfOnnxValue *
read_softmax (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *y;
  guint axis;

  y = by_rows (self, node, x, &axis);
  if (y == NULL)
    return NULL;
  anf_onnx_set_int (self, "axis", axis);
  y = anf_onnx_row1 (self, "softmax", y);
  return anf_onnx_reshape (self, y, x->rank, x->dim);
}

/* x less its log of the sum of exponentials: exact where softmax itself would round to 0. */
AnfOnnxValue *
anf_onnx_log_softmax (AnfOnnx *self, AnfOnnxValue *x, guint axis)
{
  AnfOnnxValue *top = anf_onnx_reduce (self, "reduce_max", x, 1, (gint64[]) { axis }, TRUE);
  AnfOnnxValue *rest = anf_onnx_row2 (self, "sub", x, top), *sum;

  sum = anf_onnx_reduce (self, "reduce_sum", anf_onnx_row1 (self, "exp", rest), 1,
                         (gint64[]) { axis }, TRUE);
  return anf_onnx_row2 (self, "sub", rest, anf_onnx_row1 (self, "log", sum));
}

static AnfOnnxValue *
read_log_softmax (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *y;
  guint axis;

  y = by_rows (self, node, x, &axis);
  return y != NULL ? anf_onnx_reshape (self, anf_onnx_log_softmax (self, y, axis), x->rank, x->dim)
                   : NULL;
}

/* 1 where the largest is, the first of them: found as the argmax row does, along rows. */
static AnfOnnxValue *
read_hardmax (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *y, *place;
  g_autofree double *count = NULL;
  guint axis;

  y = by_rows (self, node, x, &axis);
  if (y == NULL)
    return NULL;
  count = g_new (double, y->dim[axis]);
  for (gint64 i = 0; i < y->dim[axis]; i++)
    count[i] = i;
  place = anf_onnx_arg_max (self, y, axis, FALSE);
  if (place == NULL)
    return NULL;
  gint64 dim[ANF_MAX_TENSOR_RANK];
  for (guint i = 0; i < y->rank; i++)
    dim[i] = i == axis ? y->dim[axis] : 1;
  place = anf_onnx_row2 (self, "equal", place,
                         anf_onnx_doubles (self, ONNX_FLOAT, y->rank, dim, count));
  return anf_onnx_reshape (self, anf_onnx_plain (self, place), x->rank, x->dim);
}

/* Rows of a matrix: what the argmax row takes. Keeps the axis, of size 1. */
AnfOnnxValue *
anf_onnx_arg_max (AnfOnnx *self, AnfOnnxValue *x, guint axis, gboolean last)
{
  gint64 dim[ANF_MAX_TENSOR_RANK], rows;
  AnfOnnxValue *y = anf_onnx_swap (self, anf_onnx_plain (self, x), axis, x->rank - 1);
  gint64 n;

  if (y == NULL)
    return NULL;
  for (guint i = 0; i < y->rank; i++)
    dim[i] = y->dim[i];
  n = dim[y->rank - 1];
  rows = anf_onnx_elements (y) / n;
  dim[y->rank - 1] = 1;
  guint rank = y->rank;
  y = anf_onnx_reshape (self, y, 2, (gint64[]) { rows, n });
  if (last)
    {
      anf_onnx_set_ints (self, "axes", 1, (gint64[]) { 1 });
      y = anf_onnx_row1 (self, "reverse", y);
    }
  anf_onnx_set_int (self, "axis", 1);
  y = anf_onnx_row1 (self, "argmax", y);
  if (last)
    y = anf_onnx_adds (self, anf_onnx_muls (self, y, -1), n - 1);
  return anf_onnx_swap (self, anf_onnx_reshape (self, y, rank, dim), axis, rank - 1);
}

static AnfOnnxValue *
read_arg (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *y;
  gint64 dim[ANF_MAX_TENSOR_RANK];
  guint axis, rank = 0;

  if (x == NULL || !anf_onnx_axis (self, anf_onnx_int (node, "axis", 0), x->rank, &axis))
    return NULL;
  if (g_str_equal (node->op, "ArgMin"))
    x = anf_onnx_muls (self, x, -1);
  if (x == NULL)
    return NULL;
  if (x->dim[axis] > 2048)
    return anf_onnx_refuse (self, "indices above 2048, which fp16 does not have");
  y = anf_onnx_arg_max (self, x, axis, anf_onnx_int (node, "select_last_index", 0) != 0);
  if (y == NULL)
    return NULL;
  for (guint i = 0; i < x->rank; i++)
    if (i != axis || anf_onnx_int (node, "keepdims", 1))
      dim[rank++] = y->dim[i];
  return anf_onnx_as (self, anf_onnx_reshape (self, y, rank, dim), ONNX_INT64);
}

/* By a triangle of ones, or the row where it is that. */
static AnfOnnxValue *
read_cumsum (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gboolean exclusive = anf_onnx_int (node, "exclusive", 0) != 0;
  gboolean back = anf_onnx_int (node, "reverse", 0) != 0;
  g_autofree double *triangle = NULL;
  gint64 axis, n;
  guint at, one;

  if (x == NULL || !anf_onnx_numbers (self, anf_onnx_in (node, 1), "axis", 1, &axis, &one)
      || one != 1 || !anf_onnx_axis (self, axis, x->rank, &at))
    return anf_onnx_refuse (self, "no axis");
  if (!exclusive && !back && at + 1 == x->rank)
    {
      anf_onnx_set_int (self, "axis", at);
      return anf_onnx_row1 (self, "cumsum", anf_onnx_plain (self, x));
    }
  n = x->dim[at];
  if (n > 4096)
    return anf_onnx_refuse (self, "a running sum over %" G_GINT64_FORMAT " numbers", n);
  triangle = g_new0 (double, n * n);
  for (gint64 i = 0; i < n; i++)
    for (gint64 o = 0; o < n; o++)
      triangle[i * n + o] = back ? i > o || (i == o && !exclusive)
                                 : i < o || (i == o && !exclusive);
  return anf_onnx_along (self, x, at, n, triangle);
}

const AnfOnnxOp anf_onnx_reduce_ops[] = {
  { "ReduceMean", read_reduce, "reduce_mean" }, { "ReduceSum", read_reduce, "reduce_sum" },
  { "ReduceMax", read_reduce, "reduce_max" }, { "ReduceMin", read_reduce, "reduce_min" },
  { "ReduceL1", read_reduce, "reduce_l1_norm" }, { "ReduceL2", read_reduce, "reduce_l2_norm" },
  { "ReduceSumSquare", read_reduce, "reduce_sum_square" },
  { "ReduceLogSum", read_reduce, "reduce_log_sum" },
  { "ReduceLogSumExp", read_reduce, "reduce_log_sum_exp" }, { "ReduceProd", read_reduce },
  { "GlobalAveragePool", read_global, "reduce_mean" },
  { "GlobalMaxPool", read_global, "reduce_max" }, { "GlobalLpPool", read_global },
  { "Softmax", read_softmax }, { "LogSoftmax", read_log_softmax }, { "Hardmax", read_hardmax },
  { "ArgMax", read_arg }, { "ArgMin", read_arg }, { "CumSum", read_cumsum },
  { NULL }
};
