/* shape.c - operators that move numbers, or say what shape they have. */
#include "io/onnx/onnx.h"

#include <math.h>
#include <string.h>

/* A list that is an attribute in old opsets and an input in new ones. */
static gboolean
list_of (AnfOnnx *self, const AnfOnnxNode *node, guint input, const char *name, gint64 *out,
         guint *n)
{
  if (anf_onnx_in (node, input) != NULL)
    return anf_onnx_numbers (self, anf_onnx_in (node, input), name, ANF_MAX_TENSOR_RANK, out, n);
  return anf_onnx_list (node, name, out, n);
}

static AnfOnnxValue *
read_reshape (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 dim[ANF_MAX_TENSOR_RANK], known = 1;
  int open = -1;
  guint n;

  if (x == NULL || !list_of (self, node, 1, "shape", dim, &n))
    return anf_onnx_refuse (self, "no shape");
  for (guint i = 0; i < n; i++)
    {
      if (dim[i] == 0 && !anf_onnx_int (node, "allowzero", 0))
        {
          if (i >= x->rank)
            return anf_onnx_refuse (self, "a 0 in the shape without an axis to copy");
          dim[i] = x->dim[i];
        }
      if (dim[i] == -1 && open < 0)
        open = i;
      else if (dim[i] < 0)
        return anf_onnx_refuse (self, "%" G_GINT64_FORMAT " in the shape", dim[i]);
      else if (dim[i] > 0 && known > G_MAXINT64 / dim[i])
        return anf_onnx_refuse (self, "a shape larger than its input");
      else
        known *= dim[i];
    }
  if (open >= 0)
    dim[open] = known > 0 ? (gint64) anf_onnx_elements (x) / known : 0;
  return anf_onnx_reshape (self, x, n, dim);
}

static AnfOnnxValue *
read_flatten (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 axis = anf_onnx_int (node, "axis", 1), dim[2] = { 1, 1 };

  if (x == NULL || axis < -(gint64) x->rank || axis > (gint64) x->rank)
    return anf_onnx_refuse (self, "an axis that is not there");
  axis += axis < 0 ? x->rank : 0;
  for (guint i = 0; i < x->rank; i++)
    dim[i < axis ? 0 : 1] *= x->dim[i];
  return anf_onnx_reshape (self, x, 2, dim);
}

static AnfOnnxValue *
read_squeeze (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 axes[ANF_MAX_TENSOR_RANK], dim[ANF_MAX_TENSOR_RANK];
  gboolean drop[ANF_MAX_TENSOR_RANK] = { FALSE }, given;
  guint n = 0, rank = 0, axis;

  if (x == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  given = list_of (self, node, 1, "axes", axes, &n);
  if (!given && self->why != NULL)
    return NULL;
  for (guint i = 0; i < n; i++)
    {
      if (!anf_onnx_axis (self, axes[i], x->rank, &axis))
        return NULL;
      drop[axis] = TRUE;
    }
  for (guint i = 0; i < x->rank; i++)
    if (given ? !drop[i] : x->dim[i] != 1)
      dim[rank++] = x->dim[i];
  return anf_onnx_reshape (self, x, rank, dim);
}

static AnfOnnxValue *
read_unsqueeze (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 axes[ANF_MAX_TENSOR_RANK], dim[ANF_MAX_TENSOR_RANK];
  gboolean new[ANF_MAX_TENSOR_RANK] = { FALSE };
  guint n, rank, axis, from = 0;

  if (x == NULL || !list_of (self, node, 1, "axes", axes, &n))
    return anf_onnx_refuse (self, "no axes");
  rank = x->rank + n;
  if (rank > ANF_MAX_TENSOR_RANK)
    return anf_onnx_refuse (self, "a value with %u axes", rank);
  for (guint i = 0; i < n; i++)
    {
      if (!anf_onnx_axis (self, axes[i], rank, &axis) || new[axis])
        return anf_onnx_refuse (self, "an axis twice");
      new[axis] = TRUE;
    }
  for (guint i = 0; i < rank; i++)
    dim[i] = new[i] ? 1 : x->dim[from++];
  return anf_onnx_reshape (self, x, rank, dim);
}

static AnfOnnxValue *
read_transpose (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 perm[ANF_MAX_TENSOR_RANK];
  guint order[ANF_MAX_TENSOR_RANK], seen = 0, n;

  if (x == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  if (!anf_onnx_list (node, "perm", perm, &n))
    for (n = 0; n < x->rank; n++)
      perm[n] = x->rank - 1 - n;
  for (guint i = 0; i < MIN (n, x->rank); i++)
    if (anf_onnx_axis (self, perm[i], x->rank, &order[i]))
      seen |= 1u << order[i];
  if (n != x->rank || seen != (1u << n) - 1)
    return anf_onnx_refuse (self, "an order that is none of its axes");
  return anf_onnx_transpose (self, x, order);
}

static AnfOnnxValue *
read_concat (AnfOnnx *self, AnfOnnxNode *node)
{
  guint axis;

  if (node->n_in == 0 || node->in[0] == NULL
      || !anf_onnx_axis (self, anf_onnx_int (node, "axis", 1), node->in[0]->rank, &axis))
    return anf_onnx_refuse (self, "no inputs");
  return anf_onnx_concat (self, node->n_in, node->in, axis);
}

/* Equal parts are the row; others are slices. */
static AnfOnnxValue *
read_split (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *given = anf_onnx_in (node, 1);
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, "split");
  g_autofree gint64 *size = g_new0 (gint64, node->n_out + 1);
  gint64 at = 0, each;
  guint axis, n = 0;

  if (x == NULL || !anf_onnx_axis (self, anf_onnx_int (node, "axis", 0), x->rank, &axis))
    return NULL;
  each = (x->dim[axis] + node->n_out - 1) / node->n_out;
  if (given != NULL && !anf_onnx_numbers (self, given, "split", node->n_out, size, &n))
    return NULL;
  for (guint i = 0; i < node->n_out; i++)
    if (given == NULL)
      size[i] = attr != NULL && i < attr->n_ints ? attr->ints[i]
                                                 : CLAMP (x->dim[axis] - at - i * each, 0, each);
  for (guint i = 0; i < node->n_out; at += size[i++])
    if (size[i] < 0 || size[i] > x->dim[axis] - at)
      return anf_onnx_refuse (self, "parts larger than the whole");
    else if (size[i] > 0 || x->tensor != NULL)
      node->out[i] = anf_onnx_slice (self, x, axis, at, size[i]);
  return node->out[0];
}

/* One axis of a slice: strides other than 1 pick elements. */
static AnfOnnxValue *
slice_axis (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 start, gint64 end, gint64 step)
{
  gint64 size = x->dim[axis], n;
  g_autofree gint64 *at = NULL;

  if (step == 0 || step == G_MININT64)
    return anf_onnx_refuse (self, "a step of 0");
  start = start < 0 ? MAX (start + size, step > 0 ? 0 : -1)
                    : MIN (start, step > 0 ? size : size - 1);
  end = end < 0 ? MAX (end + size, step > 0 ? 0 : -1) : MIN (end, size);
  n = step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step;
  n = step > 0 ? end > start ? n : 0 : start > end ? n : 0;
  if (n == 0 && x->tensor == NULL)
    return anf_onnx_refuse (self, "nothing is left of axis %u", axis);
  if (step == 1 || n == 0)
    return anf_onnx_slice (self, x, axis, start, n);
  if (step == -1 && n == size && x->tensor == NULL)
    {
      x = anf_onnx_plain (self, x);
      anf_onnx_set_ints (self, "axes", 1, (gint64[]) { axis });
      return anf_onnx_row1 (self, "reverse", x);
    }
  at = g_new (gint64, n);
  for (gint64 i = 0; i < n; i++)
    at[i] = start + i * step;
  return anf_onnx_pick (self, x, axis, n, at);
}

static AnfOnnxValue *
read_slice (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 start[ANF_MAX_TENSOR_RANK], end[ANF_MAX_TENSOR_RANK], axes[ANF_MAX_TENSOR_RANK];
  gint64 step[ANF_MAX_TENSOR_RANK];
  guint n, m, axis;

  if (x == NULL || !list_of (self, node, 1, "starts", start, &n)
      || !list_of (self, node, 2, "ends", end, &m) || n != m || n > x->rank)
    return anf_onnx_refuse (self, "no starts and ends that fit each other");
  for (guint i = 0; i < n; i++)
    {
      axes[i] = i;
      step[i] = 1;
    }
  if ((!list_of (self, node, 3, "axes", axes, &m) && self->why != NULL) || (m != 0 && m != n))
    return anf_onnx_refuse (self, "axes that do not fit starts");
  if (anf_onnx_in (node, 4) != NULL
      && (!anf_onnx_numbers (self, node->in[4], "steps", n, step, &m) || m != n))
    return anf_onnx_refuse (self, "steps that do not fit starts");
  for (guint i = 0; i < n && x != NULL; i++)
    {
      if (!anf_onnx_axis (self, axes[i], x->rank, &axis))
        return NULL;
      x = slice_axis (self, x, axis, start[i], end[i], step[i]);
    }
  return x;
}

/* ---------------------------------------------------------------- pad */

/* Where place @i of a border of the kind lies in [0, n). */
static gint64
mirrored (gint64 i, gint64 n, char kind)
{
  gint64 period = 2 * (n - 1);

  if (kind == 'e')
    return CLAMP (i, 0, n - 1);
  if (kind == 'w')
    return ((i % n) + n) % n;
  if (n == 1)
    return 0;
  i = ((i % period) + period) % period;
  return i < n ? i : period - i;
}

static AnfOnnxValue *
pad_by_copies (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 before, gint64 after, char kind)
{
  gint64 size = x->dim[axis], n = size + before + after;
  g_autofree gint64 *at = NULL;

  if (n < 1 || n > 1 << 20)
    return anf_onnx_refuse (self, "a border of that size");
  at = g_new (gint64, n);
  for (gint64 i = 0; i < n; i++)
    at[i] = mirrored (i - before, size, kind);
  return anf_onnx_pick (self, x, axis, n, at);
}

/* Zeros around an image are also a border of the convolution that reads it. */
static void
note_border (AnfOnnxValue *y, AnfOnnxValue *x, guint n, const gint64 *axes, const gint64 *pads)
{
  gint64 border[4] = { 0 };

  if (y == NULL || y == x || x->tensor != NULL || x->rank < 3 || x->rank > 4)
    return;
  for (guint i = 0; i < n; i++)
    {
      gint64 axis = axes[i] < 0 ? axes[i] + x->rank : axes[i];

      if (pads[i] < 0 || pads[n + i] < 0 || (axis < 2 && pads[i] + pads[n + i] > 0))
        return;
      if (axis < 2)
        continue;
      border[2 * (axis - 2)] = pads[i];
      border[2 * (axis - 2) + 1] = pads[n + i];
    }
  y->inside = x;
  memcpy (y->border, border, sizeof border);
}

static AnfOnnxValue *
read_pad (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *whole = x, *given = anf_onnx_in (node, 2);
  gint64 pads[2 * ANF_MAX_TENSOR_RANK], axes[ANF_MAX_TENSOR_RANK];
  char kind = anf_onnx_text_is (node, "mode", "reflect", "constant") ? 'r'
              : anf_onnx_text_is (node, "mode", "edge", "constant") ? 'e'
              : anf_onnx_text_is (node, "mode", "wrap", "constant") ? 'w' : 'c';
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, "pads");
  double value = anf_onnx_real (node, "value", 0);
  guint n = 0, m, axis;

  if (x == NULL || (given != NULL && !anf_onnx_number (self, given, "constant_value", &value)))
    return NULL;
  if (anf_onnx_in (node, 1) != NULL
      && !anf_onnx_numbers (self, node->in[1], "pads", 2 * ANF_MAX_TENSOR_RANK, pads, &n))
    return NULL;
  for (; attr != NULL && anf_onnx_in (node, 1) == NULL && n < attr->n_ints
         && n < G_N_ELEMENTS (pads); n++)
    pads[n] = attr->ints[n];
  m = x->rank;
  for (guint i = 0; i < m; i++)
    axes[i] = i;
  if (anf_onnx_in (node, 3) != NULL
      && !anf_onnx_numbers (self, node->in[3], "axes", x->rank, axes, &m))
    return NULL;
  if (n != 2 * m)
    return anf_onnx_refuse (self, "pads that do not fit the axes");
  for (guint i = 0; i < m && x != NULL; i++)
    {
      if (ABS (pads[i]) > 1 << 20 || ABS (pads[m + i]) > 1 << 20
          || !anf_onnx_axis (self, axes[i], x->rank, &axis))
        return anf_onnx_refuse (self, "a border of that size");
      x = kind == 'c' ? anf_onnx_pad (self, x, axis, pads[i], pads[m + i], value)
                      : pad_by_copies (self, x, axis, pads[i], pads[m + i], kind);
    }
  if (kind == 'c' && value == 0)
    note_border (x, whole, m, axes, pads);
  return x;
}

/* Middle parts, or a border of zeros around. */
static AnfOnnxValue *
read_centre (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 want[ANF_MAX_TENSOR_RANK], axes[ANF_MAX_TENSOR_RANK];
  guint n, m, axis;

  if (x == NULL || !anf_onnx_numbers (self, anf_onnx_in (node, 1), "shape", x->rank, want, &n))
    return anf_onnx_refuse (self, "no shape");
  if (!anf_onnx_list (node, "axes", axes, &m))
    for (m = 0; m < n; m++)
      axes[m] = m;
  for (guint i = 0; i < MIN (n, m) && x != NULL; i++)
    {
      gint64 more;

      if (!anf_onnx_axis (self, axes[i], x->rank, &axis) || want[i] < 1 || want[i] > G_MAXINT)
        return anf_onnx_refuse (self, "a size that cannot be");
      more = want[i] - x->dim[axis];
      x = more >= 0 ? anf_onnx_pad (self, x, axis, more / 2, more - more / 2, 0)
                    : anf_onnx_slice (self, x, axis, -more / 2, want[i]);
    }
  return x;
}

/* ---------------------------------------------------------------- copies */

static AnfOnnxValue *
read_expand (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 dim[ANF_MAX_TENSOR_RANK];
  guint n;

  if (x == NULL || !anf_onnx_numbers (self, anf_onnx_in (node, 1), "shape", ANF_MAX_TENSOR_RANK,
                                      dim, &n))
    return anf_onnx_refuse (self, "no shape");
  for (; n < x->rank; n++)         /* leading axes that the shape leaves out */
    {
      memmove (dim + 1, dim, n * sizeof *dim);
      dim[0] = 1;
    }
  for (guint i = 0; i < x->rank; i++)
    if (dim[n - x->rank + i] == 1)
      dim[n - x->rank + i] = x->dim[i];
  return anf_onnx_expand (self, x, n, dim);
}

static AnfOnnxValue *
read_tile (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  gint64 reps[ANF_MAX_TENSOR_RANK], dim[2 * ANF_MAX_TENSOR_RANK];
  guint n;

  if (x == NULL || !anf_onnx_numbers (self, anf_onnx_in (node, 1), "repeats", x->rank, reps, &n)
      || n != x->rank)
    return anf_onnx_refuse (self, "no number of copies for each axis");
  for (guint i = 0; i < n && x != NULL; i++)
    {
      gint64 outer = 1, inner = 1;
      guint rank = x->rank;
      gint64 after[ANF_MAX_TENSOR_RANK];

      if (reps[i] < 1 || reps[i] > 1 << 20)
        return anf_onnx_refuse (self, "%" G_GINT64_FORMAT " copies", reps[i]);
      for (guint k = 0; k < rank; k++)
        {
          *(k < i ? &outer : &inner) *= x->dim[k];
          after[k] = x->dim[k] * (k == i ? reps[k] : 1);
        }
      memcpy (dim, (gint64[]) { outer, 1, inner }, 3 * sizeof *dim);
      x = anf_onnx_reshape (self, x, 3, dim);
      dim[1] = reps[i];
      x = anf_onnx_reshape (self, anf_onnx_expand (self, x, 3, dim), rank, after);
    }
  return x;
}

static AnfOnnxValue *
read_trilu (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));
  gboolean upper = anf_onnx_int (node, "upper", 1) != 0;
  g_autofree double *mask = NULL;
  double k = 0;
  gint64 dim[2];

  if (x == NULL || x->rank < 2
      || (anf_onnx_in (node, 1) != NULL && !anf_onnx_number (self, node->in[1], "k", &k)))
    return anf_onnx_refuse (self, "no matrix");
  dim[0] = x->dim[x->rank - 2];
  dim[1] = x->dim[x->rank - 1];
  mask = g_new (double, dim[0] * dim[1]);
  for (gint64 i = 0; i < dim[0] * dim[1]; i++)
    {
      gint64 over = i % dim[1] - i / dim[1];

      mask[i] = upper ? over >= k : over <= k;
    }
  return anf_onnx_row2 (self, "mul", x, anf_onnx_doubles (self, ONNX_FLOAT, 2, dim, mask));
}

/* Blocks of @b pixels: by reshape and transpose, whatever the order of channels. */
static AnfOnnxValue *
read_blocks (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *y;
  gint64 b = anf_onnx_int (node, "blocksize", 1), n, c, h, w;
  gboolean crd = anf_onnx_text_is (node, "mode", "CRD", "DCR");

  if (x == NULL || x->rank != 4 || b < 1 || b > 65536)
    return anf_onnx_refuse (self, "no image, or no block size");
  n = x->dim[0], c = x->dim[1], h = x->dim[2], w = x->dim[3];
  if (g_str_equal (node->op, "SpaceToDepth"))
    {
      if (h % b != 0 || w % b != 0)
        return anf_onnx_refuse (self, "blocks that do not divide the image");
      y = anf_onnx_reshape (self, x, 6, (gint64[]) { n, c, h / b, b, w / b, b });
      y = anf_onnx_transpose (self, y, (guint[]) { 0, 3, 5, 1, 2, 4 });
      return anf_onnx_reshape (self, y, 4, (gint64[]) { n, c * b * b, h / b, w / b });
    }
  if (c % (b * b) != 0)
    return anf_onnx_refuse (self, "blocks that do not divide the channels");
  x = anf_onnx_plain (self, x);
  if (crd)
    anf_onnx_set_int (self, "r", b);
  else
    anf_onnx_set_int (self, "block_size", b);
  return anf_onnx_row1 (self, crd ? "pixel_shuffle" : "depth_to_space", x);
}

const AnfOnnxOp anf_onnx_shape_ops[] = {
  { "Reshape", read_reshape }, { "Flatten", read_flatten }, { "Squeeze", read_squeeze },
  { "Unsqueeze", read_unsqueeze }, { "Transpose", read_transpose }, { "Concat", read_concat },
  { "Split", read_split }, { "Slice", read_slice }, { "Pad", read_pad },
  { "CenterCropPad", read_centre }, { "Expand", read_expand }, { "Tile", read_tile },
  { "Trilu", read_trilu }, { "DepthToSpace", read_blocks }, { "SpaceToDepth", read_blocks },
  { NULL }
};
