/* pool.c - the largest or the mean of a window that slides over an image. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"

typedef struct
{
  gint64   h, w, out_h, out_w;
  gint64   k[2], stride[2], pad[4];
  gboolean mean, exclude_pad;
} Pool;

static void
describe (Pool *self, const AnfNode *node, const AnfType *in, const AnfType *out)
{
  *self = (Pool) { in->dim[2], in->dim[3], out->dim[2], out->dim[3] };
  anf_node_ints_n (node, "k", 2, self->k);
  if (anf_node_attr_is_set (node, "stride"))
    anf_node_ints_n (node, "stride", 2, self->stride);
  else
    anf_node_ints_n (node, "k", 2, self->stride);
  anf_node_ints_n (node, "pad", 4, self->pad);
  self->mean = anf_op_find_attr (node->op, "exclude_pad") >= 0;
  self->exclude_pad = self->mean && anf_node_flag (node, "exclude_pad");
}

static gboolean
pool_infer (AnfShapes *self)
{
  const char *step = anf_node_attr_is_set (self->node, "stride") ? "stride" : "k";
  gint64 k[2], stride[2], pad[4], dim[4];

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4)
      || !anf_shapes_ints (self, "k", 2, 1, k) || !anf_shapes_ints (self, step, 2, 1, stride)
      || !anf_shapes_ints (self, "pad", 4, 0, pad))
    return FALSE;
  for (guint i = 0; i < 4; i++)
    dim[i] = self->in[0]->dim[i];
  for (guint i = 0; i < 2; i++)
    {
      gint64 room = dim[2 + i] + pad[2 * i] + pad[2 * i + 1], left = room - k[i];

      if (left < 0)
        return anf_shapes_refuse (self, "SHP104", "x", "Use more padding or a smaller window.",
                                  "The %s of \"x\" of %s is %" G_GINT64_FORMAT " with padding, "
                                  "less than the window's %" G_GINT64_FORMAT ".",
                                  i == 0 ? "height" : "width", self->node->name, room, k[i]);
      if (pad[2 * i] >= k[i] || pad[2 * i + 1] >= k[i])
        return anf_shapes_refuse (self, "ATR117", "pad", "Use less padding or a larger window.",
                                  "\"pad\" of %s is %" G_GINT64_FORMAT ": a window of %"
                                  G_GINT64_FORMAT " would see nothing else.", self->node->name,
                                  MAX (pad[2 * i], pad[2 * i + 1]), k[i]);
      dim[2 + i] = left / stride[i] + 1;
      /* One more window if some is left over, unless it would begin past the image. */
      if (anf_node_flag (self->node, "ceil_mode") && left % stride[i] != 0
          && dim[2 + i] * stride[i] < self->in[0]->dim[2 + i] + pad[2 * i])
        dim[2 + i]++;
    }
  return anf_shapes_set (self, 0, ANF_F16, 4, dim);
}

/* First and past-the-last tap of the window at @at that is inside an axis of @size. */
static void
inside (gint64 at, gint64 k, gint64 stride, gint64 pad, gint64 size, gint64 *first, gint64 *end)
{
  gint64 start = at * stride - pad;

  *first = MAX (0, -start);
  *end = MIN (k, size - start);
}

/* Outputs [left, right) of a row for which tap j lies inside the image. */
static void
reach (const Pool *self, gint64 j, gint64 *left, gint64 *right)
{
  gint64 shift = self->pad[2] - j, step = self->stride[1];

  *left = MAX (*left, shift > 0 ? (shift + step - 1) / step : 0);
  *right = MIN (*right, (self->w - 1 + shift) < 0 ? 0 : (self->w - 1 + shift) / step + 1);
}

/* The window's numbers by the engine's edge rules: where a mean came to NaN. Neighbours are @step
 * apart. */
static float
careful_sum (const Pool *self, const float *plane, gsize step, gint64 y, gint64 x)
{
  gint64 i, j, rows, columns, first;
  double sum = 0;

  inside (y, self->k[0], self->stride[0], self->pad[0], self->h, &i, &rows);
  inside (x, self->k[1], self->stride[1], self->pad[2], self->w, &first, &columns);
  for (; i < rows; i++)
    for (j = first; j < columns; j++)
      {
        gint64 row = y * self->stride[0] - self->pad[0] + i;

        sum = anf_edge_add (sum, anf_edge_in (plane[(row * self->w + x * self->stride[1]
                                                     - self->pad[2] + j) * step]));
      }
  return sum;
}

static double
divisor (const Pool *self, gint64 y, gint64 x)
{
  gint64 top, bottom, left, right;

  if (!self->exclude_pad)
    return self->k[0] * self->k[1];
  inside (y, self->k[0], self->stride[0], self->pad[0], self->h, &top, &bottom);
  inside (x, self->k[1], self->stride[1], self->pad[2], self->w, &left, &right);
  return (bottom - top) * (right - left);
}

/* Outputs [x0, x1) of row @y of a plane. */
static void
pool_row (const Pool *self, const float *plane, gint64 y, gint64 x0, gint64 x1, gboolean edges,
          float *out)
{
  /* Taps that lie inside the image for some of these outputs: a window may be far larger. */
  gint64 from = MAX (0, self->pad[2] - (x1 - 1) * self->stride[1]);
  gint64 to = MIN (self->k[1], self->w + self->pad[2] - x0 * self->stride[1]);
  gint64 i, rows;

  for (gint64 x = x0; x < x1; x++)
    out[x] = self->mean ? 0 : -INFINITY;
  inside (y, self->k[0], self->stride[0], self->pad[0], self->h, &i, &rows);
  for (; i < rows; i++)
    for (gint64 j = from; j < to; j++)
      {
        const float *row = plane + (y * self->stride[0] - self->pad[0] + i) * self->w;
        gint64 left = x0, right = x1;

        reach (self, j, &left, &right);
        if (left >= right)
          continue;
        row += left * self->stride[1] - self->pad[2] + j;
        if (self->mean)
          anf_take_sum (row, self->stride[1], right - left, out + left);
        else
          anf_take_max (row, self->stride[1], right - left, out + left);
      }
  if (!self->mean && edges)
    anf_edge_fix_nan (out + x0, x1 - x0, out + x0);
  for (gint64 x = x0; x < x1 && self->mean; x++)
    {
      if (edges && out[x] != out[x])
        out[x] = careful_sum (self, plane, 1, y, x);
      out[x] /= divisor (self, y, x);
    }
}

/* One output pixel with all its channels side by side. */
static void
pool_pixel (const Pool *self, const float *image, gsize channels, gint64 y, gint64 x,
            gboolean edges, float *out)
{
  gint64 i, first, rows, columns;

  for (gsize c = 0; c < channels; c++)
    out[c] = self->mean ? 0 : -INFINITY;
  inside (y, self->k[0], self->stride[0], self->pad[0], self->h, &i, &rows);
  inside (x, self->k[1], self->stride[1], self->pad[2], self->w, &first, &columns);
  for (; i < rows; i++)
    for (gint64 j = first; j < columns; j++)
      {
        gint64 row = y * self->stride[0] - self->pad[0] + i;
        const float *in = image + (row * self->w + x * self->stride[1] - self->pad[2] + j)
                                    * channels;

        if (self->mean)
          anf_take_sum (in, 1, channels, out);
        else
          anf_take_max (in, 1, channels, out);
      }
  if (!self->mean)
    {
      if (edges)
        anf_edge_fix_nan (out, channels, out);
      return;
    }
  for (gsize c = 0; c < channels; c++)
    {
      if (edges && out[c] != out[c])
        out[c] = careful_sum (self, image + c, channels, y, x);
      out[c] /= divisor (self, y, x);
    }
}

static gsize
pool_items (const AnfCall *call)
{
  gsize n = anf_type_elements (call->out_type);

  return call->last_out ? n / call->out_type->dim[1] : n;
}

/* Items are pixels. */
static void
pool_last (const AnfCall *call, gsize begin, gsize end)
{
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  gsize channels = call->out_type->dim[1];
  Pool self;

  describe (&self, call->node, call->in_type[0], call->out_type);
  for (gsize i = begin; i < end; i++)
    {
      gsize area = self.out_h * self.out_w, at = i % area;
      float *out = call->out[0] + i * channels;

      pool_pixel (&self, call->in[0] + i / area * self.h * self.w * channels, channels,
                  at / self.out_w, at % self.out_w, finish != 0, out);
      if (self.mean)
        anf_finish (out, channels, finish);
    }
}

static void
pool_kernel (const AnfCall *call, gsize begin, gsize end)
{
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  Pool self;

  if (call->last_out)
    {
      pool_last (call, begin, end);
      return;
    }
  describe (&self, call->node, call->in_type[0], call->out_type);
  for (gsize i = begin; i < end;)
    {
      gsize row = i / self.out_w, first = i % self.out_w;
      gsize last = MIN (first + end - i, (gsize) self.out_w);
      const float *plane = call->in[0] + row / self.out_h * self.h * self.w;
      float *out = call->out[0] + row * self.out_w;

      pool_row (&self, plane, row % self.out_h, first, last, finish != 0, out);
      if (self.mean)
        anf_finish (out + first, last - first, finish);
      i += last - first;
    }
}

static void
pool_reference (const AnfExact *exact)
{
  gsize n = anf_type_elements (exact->out_type);
  Pool self;

  describe (&self, exact->node, exact->in_type[0], exact->out_type);
  for (gsize at = 0; at < n; at++)
    {
      const double *plane = exact->in[0] + at / (self.out_w * self.out_h) * self.h * self.w;
      double sum = 0, most = -INFINITY, count = 0;

      for (gint64 i = 0; i < self.k[0]; i++)
        for (gint64 j = 0; j < self.k[1]; j++)
          {
            gint64 y = (gint64) (at / self.out_w % self.out_h) * self.stride[0] - self.pad[0] + i;
            gint64 x = (gint64) (at % self.out_w) * self.stride[1] - self.pad[2] + j;

            if (y < 0 || y >= self.h || x < 0 || x >= self.w)
              continue;
            sum += plane[y * self.w + x];
            most = MAX (most, plane[y * self.w + x]);
            count++;
          }
      if (!self.exclude_pad)
        count = self.k[0] * self.k[1];
      exact->out[0][at] = self.mean ? sum / count : most;
    }
}

static double
pool_flops (const AnfShapes *shapes)
{
  gint64 k[2];

  anf_node_ints_n (shapes->node, "k", 2, k);
  return (double) anf_type_elements (shapes->out) * k[0] * k[1];
}

#define POOL_ATTRS \
  { .name = "k", .kind = ANF_ATTR_INTS, .min = 1, .max = G_MAXINT, \
    .doc = "Size of the window, one number or height, width" }, \
  { .name = "stride", .kind = ANF_ATTR_INTS, .preset = "", .min = 1, .max = G_MAXINT, \
    .doc = "Step; the window's size if not set" }, \
  { .name = "pad", .kind = ANF_ATTR_INTS, .preset = "0", .max = G_MAXINT, \
    .doc = "Border, one number or top, bottom, left, right" }, \
  { .name = "ceil_mode", .kind = ANF_ATTR_FLAG, .preset = "false", \
    .doc = "One more window where some of the image is left over" }
#define POOL \
  .category = ANF_CAT_POOL, .in = { { "x", ANF_REQUIRED, "N, channels, height, width" } }, \
  .infer = pool_infer, .kernel = pool_kernel, .reference = pool_reference, .flops = pool_flops, \
  .items = pool_items, .layout = anf_layout_elements, \
  .reads = anf_reads_pool, .take = anf_take_pool, \
  .grain = 256, .mil = anf_mil_pool, .bound = anf_bound_average, \
  .sample = { .in = { { ANF_F16, 4, { 2, 3, 8, 9 } } }, \
              .attr = { { "k", "[3, 2]" }, { "stride", "2" }, { "pad", "[1, 0, 1, 1]" }, \
                        { "ceil_mode", "true" } }, .lo = -4, .hi = 4 }

const AnfOp anf_ops_pool[] = {
  { .name = "max_pool", .title = "Max pool", .onnx = "MaxPool",
    .vjp = anf_vjp_max_pool,
    .doc = "The largest number of each window.", POOL, .attr = { POOL_ATTRS } },
  { .name = "avg_pool", .title = "Average pool", .onnx = "AveragePool",
    .vjp = anf_vjp_avg_pool,
    .doc = "The mean of each window.", POOL,
    .attr = { POOL_ATTRS, { .name = "exclude_pad", .kind = ANF_ATTR_FLAG, .preset = "false",
                            .doc = "Do not count the border in the mean" } } },
  { NULL }
};
