/* index.c - picking and placing by number. Places that are constants become slices, or a product
 * with ones and zeros where there are many; numbers fed in a run let the host pick. */
#include "io/onnx/onnx.h"

#include <math.h>
#include <string.h>

#define MAX_PICKED 4096            /* elements that are picked one by one */

/* Indices of a constant, those below 0 counted from the end; NULL after a refusal. */
static gint64 *
indices_of (AnfOnnx *self, const AnfOnnxValue *value, gint64 size)
{
  gsize n;
  gint64 *out;
  g_autofree double *number = NULL;

  if (value == NULL || value->tensor == NULL)
    return anf_onnx_refuse (self, "indices that are computed in a run");
  n = anf_onnx_elements (value);
  number = anf_onnx_read (value);
  out = g_new (gint64, n + 1);
  for (gsize i = 0; i < n; i++)
    {
      out[i] = number[i] < 0 ? number[i] + size : number[i];
      if (out[i] < 0 || out[i] >= size)
        {
          g_free (out);
          return anf_onnx_refuse (self, "index %g of an axis of %" G_GINT64_FORMAT, number[i],
                                  size);
        }
    }
  return out;
}

/* Elements of the flat @x. */
static AnfOnnxValue *
pick_flat (AnfOnnx *self, AnfOnnxValue *x, gsize n, const gint64 *at)
{
  if (n > MAX_PICKED)
    return anf_onnx_refuse (self, "%" G_GSIZE_FORMAT " elements picked one by one; %d are the most",
                            n, MAX_PICKED);
  x = anf_onnx_reshape (self, x, 1, (gint64[]) { x != NULL ? anf_onnx_elements (x) : 0 });
  return anf_onnx_pick (self, x, 0, n, at);
}

/* By numbers that are fed: the host picks, a segment of its own. */
static AnfOnnxValue *
gather_fed (AnfOnnx *self, AnfOnnxValue *x, AnfOnnxValue *fed, guint axis)
{
  if (fed->type.dtype != ANF_I32)
    return anf_onnx_refuse (self, "indices that are computed in a run, not fed");
  x = anf_onnx_plain (self, x);
  anf_onnx_set_int (self, "axis", axis);
  return anf_onnx_row2 (self, "gather", x, fed);
}

static AnfOnnxValue *
read_gather (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *given = anf_onnx_in (node, 1), *y;
  g_autofree gint64 *at = NULL;
  gint64 dim[2 * ANF_MAX_TENSOR_RANK];
  guint axis, rank = 0;

  if (x == NULL || given == NULL
      || !anf_onnx_axis (self, anf_onnx_int (node, "axis", 0), x->rank, &axis))
    return anf_onnx_refuse (self, "an input is missing");
  if (given->tensor == NULL)
    return gather_fed (self, x, given, axis);
  at = indices_of (self, given, x->dim[axis]);
  if (at == NULL || anf_onnx_elements (given) > MAX_PICKED)
    return anf_onnx_refuse (self, "more than %d indices", MAX_PICKED);
  for (guint i = 0; i < x->rank; i++)
    if (i != axis)
      dim[rank++] = x->dim[i];
    else
      for (guint k = 0; k < given->rank; k++)
        dim[rank++] = given->dim[k];
  if (rank > ANF_MAX_TENSOR_RANK)
    return anf_onnx_refuse (self, "a value with %u axes", rank);
  y = anf_onnx_pick (self, x, axis, anf_onnx_elements (given), at);
  return anf_onnx_reshape (self, y, rank, dim);
}

/* Steps between neighbours along each axis. */
static void
strides_of (guint rank, const gint64 *dim, gint64 *step)
{
  gint64 n = 1;

  for (guint i = rank; i-- > 0; n *= dim[i])
    step[i] = n;
}

/* Where in @x the element for place @i of @given lies, whose own axis is replaced by its number. */
static gint64 *
element_places (AnfOnnx *self, const AnfOnnxValue *x, const AnfOnnxValue *given, guint axis)
{
  g_autofree gint64 *at = indices_of (self, given, x->dim[axis]);
  gint64 step[ANF_MAX_TENSOR_RANK], *out;
  gsize n;

  if (at == NULL || given->rank != x->rank)
    return anf_onnx_refuse (self, "indices with another number of axes");
  n = anf_onnx_elements (given);
  out = g_new (gint64, n + 1);
  strides_of (x->rank, x->dim, step);
  for (gsize i = 0; i < n; i++)
    {
      gsize rest = i;

      out[i] = at[i] * step[axis];
      for (guint k = x->rank; k-- > 0; rest /= given->dim[k])
        if (k != axis)
          out[i] += (gint64) (rest % given->dim[k]) * step[k];
      if (out[i] >= (gint64) anf_onnx_elements (x))
        {
          g_free (out);
          return anf_onnx_refuse (self, "indices for a larger value");
        }
    }
  return out;
}

static AnfOnnxValue *
read_gather_elements (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *given = anf_onnx_in (node, 1);
  g_autofree gint64 *at = NULL;
  guint axis;

  if (x == NULL || given == NULL
      || !anf_onnx_axis (self, anf_onnx_int (node, "axis", 0), x->rank, &axis)
      || (at = element_places (self, x, given, axis)) == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  return anf_onnx_reshape (self, pick_flat (self, x, anf_onnx_elements (given), at), given->rank,
                           given->dim);
}

/* Tuples on the last axis of @given to places of blocks in @x, @batch axes in common. The number of
 * tuples is left in @n, the size of a block in @block. */
static gint64 *
tuple_places (AnfOnnx *self, const AnfOnnxValue *x, const AnfOnnxValue *given, guint batch,
              gsize *n, gint64 *block)
{
  gint64 step[ANF_MAX_TENSOR_RANK], deep, each = 1, *out;
  g_autofree double *number = NULL;

  if (given == NULL || given->tensor == NULL || given->rank < 1)
    return anf_onnx_refuse (self, "indices that are computed in a run");
  deep = given->dim[given->rank - 1];
  if (deep < 1 || batch + deep > x->rank || batch >= given->rank)
    return anf_onnx_refuse (self, "indices that do not fit");
  strides_of (x->rank, x->dim, step);
  *block = step[batch + deep - 1];
  *n = anf_onnx_elements (given) / deep;
  for (guint i = batch; i + 1 < given->rank; i++)
    each *= given->dim[i];
  number = anf_onnx_read (given);
  out = g_new0 (gint64, *n + 1);
  for (gsize i = 0; i < *n; i++)
    {
      gint64 rest = i / MAX (each, 1);

      for (guint k = batch; k-- > 0; rest /= x->dim[k])
        out[i] += rest % x->dim[k] * step[k];
      for (gint64 k = 0; k < deep; k++)
        {
          gint64 size = x->dim[batch + k], at = number[i * deep + k];

          at += at < 0 ? size : 0;
          if (at < 0 || at >= size)
            {
              g_free (out);
              return anf_onnx_refuse (self, "index %" G_GINT64_FORMAT " of an axis of %"
                                      G_GINT64_FORMAT, at, size);
            }
          out[i] += at * step[batch + k];
        }
    }
  return out;
}

/* Blocks to elements. */
static gint64 *
spread (AnfOnnx *self, gint64 *at, gsize n, gint64 block)
{
  gint64 *out;

  if (at == NULL || n * block > 1 << 22)
    return anf_onnx_refuse (self, "too many elements");
  out = g_new (gint64, n * block + 1);
  for (gsize i = 0; i < n * block; i++)
    out[i] = at[i / block] + (gint64) (i % block);
  return out;
}

static AnfOnnxValue *
read_gather_nd (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *given = anf_onnx_in (node, 1);
  guint batch = anf_onnx_int (node, "batch_dims", 0), rank = 0;
  g_autofree gint64 *tuples = NULL, *at = NULL;
  gint64 dim[2 * ANF_MAX_TENSOR_RANK], block = 0;
  gsize n = 0;

  if (x == NULL || batch >= x->rank
      || (tuples = tuple_places (self, x, given, batch, &n, &block)) == NULL
      || (at = spread (self, tuples, n, block)) == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  for (guint i = 0; i + 1 < given->rank; i++)
    dim[rank++] = given->dim[i];
  for (guint i = batch + given->dim[given->rank - 1]; i < x->rank; i++)
    dim[rank++] = x->dim[i];
  if (rank > ANF_MAX_TENSOR_RANK)
    return anf_onnx_refuse (self, "a value with %u axes", rank);
  return anf_onnx_reshape (self, pick_flat (self, x, n * block, at), rank, dim);
}

/* ---------------------------------------------------------------- placing */

/* The flat @x with @updates at their places: element by element from one or the other. With a row
 * in @how they are combined, one update per place and round. */
static AnfOnnxValue *
place (AnfOnnx *self, AnfOnnxValue *x, AnfOnnxValue *updates, gsize n, const gint64 *at,
       const char *how, double neutral)
{
  gsize size = anf_onnx_elements (x), left = n;
  g_autofree gint64 *from = g_new (gint64, size);
  g_autofree gboolean *done = g_new0 (gboolean, n + 1);
  AnfOnnxValue *parts[2] = { x, updates }, *all;

  if (how != NULL)
    {
      parts[0] = updates;
      parts[1] = anf_onnx_filled (self, ONNX_FLOAT, 1, (gint64[]) { 1 }, neutral);
    }
  all = n > 0 ? anf_onnx_concat (self, 2, parts, 0) : x;
  if (how == NULL)
    {
      for (gsize i = 0; i < size; i++)
        from[i] = i;
      for (gsize i = 0; i < n; i++)
        from[at[i]] = size + i;
      return pick_flat (self, all, size, from);
    }
  while (left > 0 && x != NULL)
    {
      for (gsize i = 0; i < size; i++)
        from[i] = n;
      for (gsize i = 0; i < n; i++)
        if (!done[i] && from[at[i]] == (gint64) n)
          {
            from[at[i]] = i;
            done[i] = TRUE;
            left--;
          }
      x = anf_onnx_row2 (self, how, x, pick_flat (self, all, size, from));
    }
  return x;
}

static gboolean
combination (const AnfOnnxNode *node, const char **row, double *neutral)
{
  static const struct { const char *word, *row; double neutral; } ways[] = {
    { "none", NULL, 0 }, { "add", "add", 0 }, { "mul", "mul", 1 }, { "max", "maximum", -65504 },
    { "min", "minimum", 65504 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    if (anf_onnx_text_is (node, "reduction", ways[i].word, "none"))
      {
        *row = ways[i].row;
        *neutral = ways[i].neutral;
        return TRUE;
      }
  return FALSE;
}

static AnfOnnxValue *
scatter (AnfOnnx *self, const AnfOnnxNode *node, AnfOnnxValue *x, AnfOnnxValue *updates, gsize n,
         const gint64 *at)
{
  gint64 size = x != NULL ? anf_onnx_elements (x) : 0, count = n;
  AnfOnnxValue *flat = anf_onnx_reshape (self, anf_onnx_plain (self, x), 1, &size), *y;
  const char *row;
  double neutral;

  updates = anf_onnx_reshape (self, anf_onnx_plain (self, updates), 1, &count);
  if (flat == NULL || updates == NULL || !combination (node, &row, &neutral))
    return anf_onnx_refuse (self, "a reduction that is not known here");
  y = place (self, flat, updates, n, at, row, neutral);
  return anf_onnx_as (self, anf_onnx_reshape (self, y, x->rank, x->dim), x->elem);
}

static AnfOnnxValue *
read_scatter_elements (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *given = anf_onnx_in (node, 1);
  g_autofree gint64 *at = NULL;
  guint axis;

  if (x == NULL || given == NULL
      || !anf_onnx_axis (self, anf_onnx_int (node, "axis", 0), x->rank, &axis)
      || (at = element_places (self, x, given, axis)) == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  return scatter (self, node, x, anf_onnx_in (node, 2), anf_onnx_elements (given), at);
}

static AnfOnnxValue *
read_scatter_nd (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);
  g_autofree gint64 *tuples = NULL, *at = NULL;
  gint64 block = 0;
  gsize n = 0;

  if (x == NULL || (tuples = tuple_places (self, x, anf_onnx_in (node, 1), 0, &n, &block)) == NULL
      || (at = spread (self, tuples, n, block)) == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  return scatter (self, node, x, anf_onnx_in (node, 2), n * block, at);
}

/* Zeros, with the pooled numbers where they were found. */
static AnfOnnxValue *
read_max_unpool (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *given = anf_onnx_in (node, 1), *zero;
  gint64 dim[ANF_MAX_TENSOR_RANK], k[3], stride[3], pads[6];
  g_autofree gint64 *at = NULL;
  guint n = 0, rank = x != NULL ? x->rank : 0;

  if (rank < 3 || rank > 5 || given == NULL
      || !anf_onnx_ints (self, node, "kernel_shape", rank - 2, 1, k)
      || !anf_onnx_ints (self, node, "strides", rank - 2, 1, stride)
      || !anf_onnx_ints (self, node, "pads", 2 * (rank - 2), 0, pads))
    return anf_onnx_refuse (self, "an input is missing");
  memcpy (dim, x->dim, 2 * sizeof *dim);
  for (guint i = 0; i < rank - 2; i++)
    dim[2 + i] = (x->dim[2 + i] - 1) * stride[i] - pads[i] - pads[rank - 2 + i] + k[i];
  if (anf_onnx_in (node, 2) != NULL
      && (!anf_onnx_numbers (self, node->in[2], "output_shape", rank, dim, &n) || n != rank))
    return anf_onnx_refuse (self, "an output shape that does not fit");
  zero = anf_onnx_filled (self, ONNX_FLOAT, rank, dim, 0);
  if (zero == NULL || anf_onnx_elements (given) != anf_onnx_elements (x))
    return anf_onnx_refuse (self, "indices that do not fit");
  at = indices_of (self, given, anf_onnx_elements (zero));
  return at != NULL ? scatter (self, node, zero, x, anf_onnx_elements (x), at) : NULL;
}

/* ---------------------------------------------------------------- one-hot and top k */

/* Compared with every class; a number below 0 counts from the end. */
static AnfOnnxValue *
read_one_hot (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *values = anf_onnx_in (node, 2);
  AnfOnnxValue *hot, *off, *on, *classes[2];
  g_autofree double *count = NULL;
  gint64 dim[ANF_MAX_TENSOR_RANK], span[ANF_MAX_TENSOR_RANK];
  double depth;
  guint axis, rank = x != NULL ? x->rank + 1 : 0;

  if (x == NULL || values == NULL || anf_onnx_elements (values) != 2
      || !anf_onnx_number (self, anf_onnx_in (node, 1), "depth", &depth) || !(depth >= 1)
      || depth > 65536 || depth != floor (depth) || rank > ANF_MAX_TENSOR_RANK
      || !anf_onnx_axis (self, anf_onnx_int (node, "axis", -1), rank, &axis))
    return anf_onnx_refuse (self, "no depth, or no values of off and on");
  count = g_new (double, depth);
  for (guint k = 0; k < 2; k++)
    {
      for (gint64 i = 0; i < depth; i++)
        count[i] = i - (k == 1 ? depth : 0);
      for (guint i = 0; i < rank; i++)
        span[i] = i == axis ? (gint64) depth : 1;
      classes[k] = anf_onnx_doubles (self, ONNX_FLOAT, rank, span, count);
    }
  for (guint i = 0; i < rank; i++)
    dim[i] = i == axis ? 1 : x->dim[i > axis ? i - 1 : i];
  x = anf_onnx_reshape (self, x, rank, dim);
  hot = anf_onnx_row2 (self, "add",
                       anf_onnx_plain (self, anf_onnx_row2 (self, "equal", x, classes[0])),
                       anf_onnx_plain (self, anf_onnx_row2 (self, "equal", x, classes[1])));
  off = anf_onnx_reshape (self, anf_onnx_slice (self, values, 0, 0, 1), 0, NULL);
  on = anf_onnx_reshape (self, anf_onnx_slice (self, values, 0, 1, 1), 0, NULL);
  hot = anf_onnx_row2 (self, "mul", hot, anf_onnx_row2 (self, "sub", on, off));
  return anf_onnx_as (self, anf_onnx_row2 (self, "add", hot, off), values->elem);
}

/* Rows sorted by the device's sort, once for the numbers and once for their places. */
static AnfOnnxValue *
read_top_k (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *rows, *y[2];
  gboolean largest = anf_onnx_int (node, "largest", 1) != 0;
  gint64 dim[ANF_MAX_TENSOR_RANK], n;
  double k = anf_onnx_int (node, "k", 0);
  guint axis, last;

  if (x == NULL || (anf_onnx_in (node, 1) != NULL
                    && !anf_onnx_number (self, node->in[1], "K", &k))
      || !anf_onnx_axis (self, anf_onnx_int (node, "axis", -1), x->rank, &axis))
    return anf_onnx_refuse (self, "no K");
  last = x->rank - 1;
  n = x->dim[axis];
  if (!(k >= 1 && k <= n) || (n > 2048 && node->n_out > 1))
    return anf_onnx_refuse (self, "%g of %" G_GINT64_FORMAT " numbers", k, n);
  rows = anf_onnx_swap (self, x, axis, last);
  if (rows == NULL)
    return NULL;
  memcpy (dim, rows->dim, sizeof dim);
  dim[last] = k;
  guint rank = rows->rank;
  rows = anf_onnx_reshape (self, rows, 2, (gint64[]) { anf_onnx_elements (rows) / n, n });
  for (guint i = 0; i < 2; i++)
    {
      anf_onnx_set (self, "descending", g_variant_new_boolean (largest));
      anf_onnx_set (self, "return_indices", g_variant_new_boolean (i == 1));
      y[i] = anf_onnx_slice (self, anf_onnx_row1 (self, "sort", rows), 1, 0, k);
      y[i] = anf_onnx_swap (self, anf_onnx_reshape (self, y[i], rank, dim), axis, last);
    }
  if (node->n_out > 1)
    node->out[1] = anf_onnx_as (self, y[1], ONNX_INT64);
  return y[0];
}

const AnfOnnxOp anf_onnx_index_ops[] = {
  { "Gather", read_gather }, { "GatherElements", read_gather_elements },
  { "GatherND", read_gather_nd }, { "ScatterElements", read_scatter_elements },
  { "Scatter", read_scatter_elements }, { "ScatterND", read_scatter_nd },
  { "MaxUnpool", read_max_unpool }, { "OneHot", read_one_hot }, { "TopK", read_top_k },
  { NULL }
};
