/* pool.c - windows that take the largest, the mean or a norm. */
#include "io/onnx/onnx.h"

#include <math.h>

/* Outputs along axis @i; with ceil_mode one more where some is left, if it begins in the image. */
static gint64
outputs (const AnfOnnxWindow *w, guint i, gboolean up)
{
  gint64 reach = w->dilation[i] * (w->k[i] - 1) + 1;
  gint64 room = w->in[i] + w->before[i] + w->after[i] - reach, out;

  if (room < 0)
    return 0;
  out = room / w->stride[i] + 1;
  if (up && room % w->stride[i] != 0 && out * w->stride[i] < w->in[i] + w->before[i])
    out++;
  return out;
}

/* The largest along one axis by taps: for dilated windows, which the row has not. A tap outside is
 * replaced by another of the same window. */
static AnfOnnxValue *
max_along (AnfOnnx *self, AnfOnnxValue *x, guint axis, const AnfOnnxWindow *w, guint i, gint64 out)
{
  AnfOnnxValue *y = NULL;

  for (gint64 t = 0; t < w->k[i]; t++)
    {
      g_autofree gint64 *at = g_new (gint64, out);
      AnfOnnxValue *tap;

      for (gint64 o = 0; o < out; o++)
        {
          gint64 first = o * w->stride[i] - w->before[i], place = first + t * w->dilation[i];

          if (place >= w->in[i])
            place = first;
          while (place < 0)
            place += w->dilation[i];
          at[o] = place;
          if (place >= w->in[i])
            return anf_onnx_refuse (self, "a window that sees nothing but border");
        }
      tap = anf_onnx_pick (self, x, axis, out, at);
      y = y != NULL ? anf_onnx_row2 (self, "maximum", y, tap) : tap;
      if (y == NULL)
        return NULL;
    }
  return y;
}

/* The same mean along one axis as a matrix. */
static AnfOnnxValue *
mean_along (AnfOnnx *self, AnfOnnxValue *x, guint axis, const AnfOnnxWindow *w, guint i,
            gint64 out, gboolean count_border)
{
  gint64 n = w->in[i];
  g_autofree double *matrix = g_new0 (double, n * out);

  for (gint64 o = 0; o < out; o++)
    {
      guint seen = 0;

      for (gint64 t = 0; t < w->k[i]; t++)
        {
          gint64 at = o * w->stride[i] - w->before[i] + t * w->dilation[i];

          if (at >= 0 && at < n)
            matrix[at * out + o] = 1;
          if ((at >= 0 && at < n) || (count_border && at >= -w->before[i] && at < n + w->after[i]))
            seen++;
        }
      for (gint64 at = 0; at < n && seen > 0; at++)
        matrix[at * out + o] /= seen;
    }
  return anf_onnx_along (self, x, axis, out, matrix);
}

typedef enum { MAX_POOL, MEAN, MEAN_WITH_BORDER } Kind;

/* The row, on [N, C, H, W]: a border at the end as wide as the last window needs. */
static AnfOnnxValue *
pool_row (AnfOnnx *self, AnfOnnxValue *x, const AnfOnnxWindow *w, const gint64 *out, Kind kind)
{
  gint64 k[2] = { 1, 1 }, stride[2] = { 1, 1 }, pad[4] = { 0 };
  guint n = w->n;

  x = anf_onnx_plain (self, x);
  for (guint i = 0; i < n; i++)
    {
      guint at = 2 - n + i;
      gint64 reach = (out[i] - 1) * w->stride[i] + w->k[i];
      gint64 after = MAX (reach - w->in[i] - w->before[i], 0);

      /* With its border counted, what the stride leaves over must not become a smaller border. */
      if (kind == MEAN_WITH_BORDER)
        after = w->after[i];
      k[at] = w->k[i];
      stride[at] = w->stride[i];
      pad[2 * at] = w->before[i];
      pad[2 * at + 1] = after;
    }
  anf_onnx_set_ints (self, "k", 2, k);
  anf_onnx_set_ints (self, "stride", 2, stride);
  anf_onnx_set_ints (self, "pad", 4, pad);
  if (kind == MEAN)
    anf_onnx_set (self, "exclude_pad", g_variant_new_boolean (TRUE));
  return anf_onnx_row1 (self, kind == MAX_POOL ? "max_pool" : "avg_pool", x);
}

/* Dilated windows, and those with depth, axis by axis: the largest of the largest, the mean of
 * means. */
static AnfOnnxValue *
pool_axes (AnfOnnx *self, AnfOnnxValue *x, const AnfOnnxWindow *w, const gint64 *out, Kind kind)
{
  for (guint i = 0; i < w->n && x != NULL; i++)
    x = kind == MAX_POOL ? max_along (self, x, 2 + i, w, i, out[i])
                         : mean_along (self, x, 2 + i, w, i, out[i], kind == MEAN_WITH_BORDER);
  return x;
}

static gboolean
fits_row (const AnfOnnxWindow *w, const gint64 *out, Kind kind)
{
  gboolean fits = w->n <= 2;

  for (guint i = 0; i < w->n; i++)
    {
      gint64 after = (out[i] - 1) * w->stride[i] + w->k[i] - w->in[i] - w->before[i];

      fits = fits && w->dilation[i] == 1 && w->before[i] < w->k[i] && after < w->k[i];
      if (kind == MEAN_WITH_BORDER && after > w->after[i])
        fits = FALSE;
    }
  return fits;
}

static AnfOnnxValue *
pool (AnfOnnx *self, AnfOnnxNode *node, AnfOnnxValue *x, Kind kind)
{
  AnfOnnxWindow w = { .n = x != NULL && x->rank > 2 && x->rank < 6 ? x->rank - 2 : 1 };
  gboolean up = anf_onnx_int (node, "ceil_mode", 0) != 0;
  gint64 out[3] = { 1, 1, 1 };
  AnfOnnxValue *y = x;

  if (anf_onnx_attr (node, "kernel_shape") == NULL
      || !anf_onnx_ints (self, node, "kernel_shape", w.n, 1, w.k)
      || !anf_onnx_window (self, node, x, &w))
    return anf_onnx_refuse (self, "no window");
  for (guint i = 0; i < w.n; i++)
    if ((out[i] = outputs (&w, i, up)) < 1)
      return anf_onnx_refuse (self, "a window larger than the image");
  if (!fits_row (&w, out, kind))
    return pool_axes (self, anf_onnx_plain (self, x), &w, out, kind);
  if (w.n == 1)
    y = anf_onnx_reshape (self, x, 4, (gint64[]) { x->dim[0], x->dim[1], 1, x->dim[2] });
  y = pool_row (self, y, &w, out, kind);
  if (y == NULL || w.n != 1)
    return y;
  return anf_onnx_reshape (self, y, 3, (gint64[]) { y->dim[0], y->dim[1], y->dim[3] });
}

static AnfOnnxValue *
read_max_pool (AnfOnnx *self, AnfOnnxNode *node)
{
  return pool (self, node, anf_onnx_in (node, 0), MAX_POOL);
}

static AnfOnnxValue *
read_average_pool (AnfOnnx *self, AnfOnnxNode *node)
{
  return pool (self, node, anf_onnx_in (node, 0),
               anf_onnx_int (node, "count_include_pad", 0) ? MEAN_WITH_BORDER : MEAN);
}

/* (sum |x|^p)^(1/p) of each window: a mean with its border, times the taps. */
static AnfOnnxValue *
read_lp_pool (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *y;
  gint64 p = anf_onnx_int (node, "p", 2), k[3], taps = 1;
  guint n = x != NULL && x->rank > 2 && x->rank < 6 ? x->rank - 2 : 1;

  if (p < 1 || !anf_onnx_ints (self, node, "kernel_shape", n, 1, k))
    return anf_onnx_refuse (self, "p below 1");
  for (guint i = 0; i < n; i++)
    taps *= k[i];
  y = anf_onnx_row1 (self, "abs", x);
  if (p == 2)
    y = anf_onnx_row1 (self, "square", x);
  else if (p > 2)
    y = anf_onnx_row2 (self, "pow", y, anf_onnx_scalar (self, p));
  if (anf_onnx_int (node, "ceil_mode", 0) != 0)  /* the last means would have fewer taps */
    return anf_onnx_refuse (self, "a norm of windows with ceil_mode");
  y = anf_onnx_muls (self, pool (self, node, y, MEAN_WITH_BORDER), taps);
  if (p == 2)
    return anf_onnx_row1 (self, "sqrt", y);
  return p == 1 ? y : anf_onnx_row2 (self, "pow", y, anf_onnx_scalar (self, 1.0 / p));
}

const AnfOnnxOp anf_onnx_pool_ops[] = {
  { "MaxPool", read_max_pool }, { "AveragePool", read_average_pool }, { "LpPool", read_lp_pool },
  { NULL }
};
