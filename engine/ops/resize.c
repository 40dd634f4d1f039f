/* resize.c - images made larger or smaller by sampling: nearest, bilinear, affine. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"

#include <string.h>

/* Where output pixels of one axis are in the input. */
typedef enum { NEAREST, ASYMMETRIC, HALF_PIXEL, CORNERS } Rule;

/* Two neighbours and the weight of the second, per output row or column. */
typedef struct { gsize *low, *high; double *part; } Axis;
typedef struct { Axis axis[2]; } Resize;

static gboolean
is_scale (const AnfOp *op)
{
  return anf_op_find_attr (op, "scale") >= 0;
}

static Rule
rule_of (const AnfNode *node)
{
  if (anf_op_find_attr (node->op, "align_corners") < 0)
    return NEAREST;
  if (anf_node_flag (node, "align_corners"))
    return CORNERS;
  /* MIL's resize_bilinear samples at i in / out under "DEFAULT", its upsample at pixel centres. */
  return is_scale (node->op) ? HALF_PIXEL : ASYMMETRIC;
}

static void
axis_init (Axis *self, Rule rule, gsize in, gsize out)
{
  self->low = g_new (gsize, out);
  self->high = g_new (gsize, out);
  self->part = g_new (double, out);
  for (gsize i = 0; i < out; i++)
    {
      double at = 0;

      if (rule == NEAREST)         /* in integers: i in / out is often whole */
        at = i * in / out;
      else if (rule == ASYMMETRIC)
        at = (double) i * in / out;
      else if (rule == HALF_PIXEL)
        at = MAX (0, (i + 0.5) * in / out - 0.5);
      else if (out > 1)
        at = (double) i * (in - 1) / (out - 1);
      self->low[i] = MIN ((gsize) at, in - 1);
      self->high[i] = MIN (self->low[i] + 1, in - 1);
      self->part[i] = at - self->low[i];
    }
}

static void
resize_clear (Resize *self)
{
  for (guint i = 0; i < 2; i++)
    {
      g_free (self->axis[i].low);
      g_free (self->axis[i].high);
      g_free (self->axis[i].part);
    }
}

static void
resize_init (Resize *self, const AnfNode *node, const AnfType *in, const AnfType *out)
{
  for (guint i = 0; i < 2; i++)
    axis_init (&self->axis[i], rule_of (node), in->dim[2 + i], out->dim[2 + i]);
}

static gboolean
resize_infer (AnfShapes *self)
{
  gint64 size[2], dim[4];

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4))
    return FALSE;
  if (is_scale (self->node->op) ? !anf_shapes_ints (self, "scale", 2, 1, size)
                                : !anf_shapes_ints (self, "target_h", 1, 1, &size[0])
                                  || !anf_shapes_ints (self, "target_w", 1, 1, &size[1]))
    return FALSE;
  for (guint i = 0; i < 4; i++)
    dim[i] = self->in[0]->dim[i];
  for (guint i = 0; i < 2; i++)
    dim[2 + i] = is_scale (self->node->op) ? dim[2 + i] * size[i] : size[i];
  return anf_shapes_set (self, 0, ANF_F16, 4, dim);
}

static gboolean
resize_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  Resize *self = g_new0 (Resize, 1);

  resize_init (self, call->node, call->in_type[0], call->out_type);
  *state = self;
  return TRUE;
}

static void
resize_release (gpointer state)
{
  resize_clear (state);
  g_free (state);
}

/* Between two numbers; a weight of 0 means not looking, whatever is there. */
static float
between (float a, float b, float part)
{
  return part == 0 ? a : a * (1 - part) + b * part;
}

/* Row @y of the result from two rows of the input. */
static void
resize_row (const Resize *self, const float *top, const float *bottom, double down, gsize x0,
            gsize x1, gboolean edges, float *out)
{
  const Axis *axis = &self->axis[1];

  for (gsize x = x0; x < x1; x++)
    {
      gsize l = axis->low[x], h = axis->high[x];
      float right = axis->part[x];

      out[x] = between (between (top[l], top[h], right), between (bottom[l], bottom[h], right),
                        down);
      if (edges && right == 0 && down == 0)
        out[x] = anf_edge_in (out[x]);
    }
}

static void
resize_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const Resize *self = call->state;
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  gsize in_h = call->in_type[0]->dim[2], in_w = call->in_type[0]->dim[3];
  gsize out_h = call->out_type->dim[2], out_w = call->out_type->dim[3];

  for (gsize i = begin; i < end;)
    {
      gsize row = i / out_w, y = row % out_h, first = i % out_w;
      gsize last = MIN (out_w, first + end - i);
      const float *plane = call->in[0] + row / out_h * in_h * in_w;

      resize_row (self, plane + self->axis[0].low[y] * in_w, plane + self->axis[0].high[y] * in_w,
                  self->axis[0].part[y], first, last, finish != 0,
                  call->out[0] + row * out_w);
      anf_finish (call->out[0] + i, last - first, finish);
      i += last - first;
    }
}

static void
resize_reference (const AnfExact *exact)
{
  gsize n = anf_type_elements (exact->out_type);
  gsize in_h = exact->in_type[0]->dim[2], in_w = exact->in_type[0]->dim[3];
  gsize out_h = exact->out_type->dim[2], out_w = exact->out_type->dim[3];
  Resize self = { 0 };

  resize_init (&self, exact->node, exact->in_type[0], exact->out_type);
  for (gsize i = 0; i < n; i++)
    {
      const double *plane = exact->in[0] + i / out_w / out_h * in_h * in_w;
      gsize y = i / out_w % out_h, x = i % out_w;
      const double *top = plane + self.axis[0].low[y] * in_w;
      const double *bottom = plane + self.axis[0].high[y] * in_w;
      gsize l = self.axis[1].low[x], h = self.axis[1].high[x];
      double right = self.axis[1].part[x], down = self.axis[0].part[y];

      exact->out[0][i] = (top[l] * (1 - right) + top[h] * right) * (1 - down)
                         + (bottom[l] * (1 - right) + bottom[h] * right) * down;
    }
  resize_clear (&self);
}

/* ---- affine: each output pixel looks up the place a matrix sends it to; outside is 0 */

static gboolean
affine_infer (AnfShapes *self)
{
  gint64 size[2], dim[4], rows;

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4)
      || !anf_shapes_ints (self, "output_h", 1, 1, &size[0])
      || !anf_shapes_ints (self, "output_w", 1, 1, &size[1])
      || !anf_shapes_weight (self, 0, 2, (gint64[]) { -1, 6 }))
    return FALSE;
  rows = anf_tensor_dim (self->weight[0], 0);
  if (rows != 1 && rows != self->in[0]->dim[0])
    return anf_shapes_weight (self, 0, 2, (gint64[]) { self->in[0]->dim[0], 6 });
  dim[0] = self->in[0]->dim[0];
  dim[1] = self->in[0]->dim[1];
  dim[2] = size[0];
  dim[3] = size[1];
  return anf_shapes_set (self, 0, ANF_F16, 4, dim);
}

/* Coordinates run from -1 to 1: over pixel centres if corners are aligned, else over edges. */
static double
to_unit (gsize at, gsize size, gboolean corners)
{
  if (corners)
    return size > 1 ? 2.0 * at / (size - 1) - 1 : 0;
  return (2.0 * at + 1) / size - 1;
}

static double
from_unit (double u, gsize size, gboolean corners)
{
  return corners ? (u + 1) / 2 * (size - 1) : ((u + 1) * size - 1) / 2;
}

typedef struct { double y, x; gint64 top, left; } Place;

static Place
affine_place (const AnfNode *node, const AnfType *in, const AnfType *out, const double *m,
              gsize at)
{
  gboolean corners = anf_node_flag (node, "align_corners");
  double x = to_unit (at % out->dim[3], out->dim[3], corners);
  double y = to_unit (at / out->dim[3] % out->dim[2], out->dim[2], corners);
  Place place;

  place.x = from_unit (m[0] * x + m[1] * y + m[2], in->dim[3], corners);
  place.y = from_unit (m[3] * x + m[4] * y + m[5], in->dim[2], corners);
  /* Far outside and not a number are the same: nothing is there. */
  place.x = place.x > -2 ? MIN (place.x, in->dim[3] + 1) : -2;
  place.y = place.y > -2 ? MIN (place.y, in->dim[2] + 1) : -2;
  place.left = floor (place.x);
  place.top = floor (place.y);
  return place;
}

static gsize
matrix_row (AnfTensor *transform, const AnfType *out, gsize at)
{
  gsize image = at / ((gsize) out->dim[1] * out->dim[2] * out->dim[3]);

  return anf_tensor_dim (transform, 0) == 1 ? 0 : image;
}

/* Neighbour @k of 4; its weight, or 0 outside; where it is. */
static double
neighbour (const Place *place, const AnfType *in, guint k, gsize *at)
{
  gint64 y = place->top + k / 2, x = place->left + k % 2;
  double down = place->y - place->top, right = place->x - place->left;

  if (y < 0 || y >= in->dim[2] || x < 0 || x >= in->dim[3])
    return 0;
  *at = y * in->dim[3] + x;
  return (k / 2 ? down : 1 - down) * (k % 2 ? right : 1 - right);
}

static void
affine_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const AnfType *in = call->in_type[0], *out = call->out_type;
  gsize area = (gsize) in->dim[2] * in->dim[3];
  gboolean fp32 = call->numerics == ANF_NUMERICS_FP32;

  for (gsize i = begin; i < end; i++)
    {
      const float *row = call->weight[0] + 6 * matrix_row (call->weight_tensor[0], out, i);
      const float *plane = call->in[0] + i / ((gsize) out->dim[2] * out->dim[3]) * area;
      const double m[] = { row[0], row[1], row[2], row[3], row[4], row[5] };
      Place place = affine_place (call->node, in, out, m, i);
      double sum = 0;

      for (guint k = 0; k < 4; k++)
        {
          gsize at = 0;
          double weight = neighbour (&place, in, k, &at);

          if (weight != 0)
            sum = fp32 ? sum + weight * plane[at]
                       : anf_edge_add (sum, weight * anf_edge_in (plane[at]));
        }
      call->out[0][i] = sum;
    }
  anf_finish (call->out[0] + begin, end - begin, anf_call_finish (call, ANF_RESULT_PLAIN));
}

static void
affine_reference (const AnfExact *exact)
{
  const AnfType *in = exact->in_type[0], *out = exact->out_type;
  gsize area = (gsize) in->dim[2] * in->dim[3], n = anf_type_elements (out);

  for (gsize i = 0; i < n; i++)
    {
      const double *m = exact->weight[0] + 6 * matrix_row (exact->weight_tensor[0], out, i);
      const double *plane = exact->in[0] + i / ((gsize) out->dim[2] * out->dim[3]) * area;
      Place place = affine_place (exact->node, in, out, m, i);

      exact->out[0][i] = 0;
      for (guint k = 0; k < 4; k++)
        {
          gsize at = 0;
          double weight = neighbour (&place, in, k, &at);

          exact->out[0][i] += weight * plane[at];
        }
    }
}

/* ---- gradients: what was sampled goes back by the same weights */

gboolean
anf_vjp_resize (AnfGradient *self)
{
  const AnfType *in = &self->in[0].type, *out = &self->out[0].type;
  AnfFlow up = self->up[0];
  Resize resize;

  resize_init (&resize, self->node, in, out);
  for (guint i = 0; i < 2; i++)
    {
      gsize n = out->dim[2 + i], extent = in->dim[2 + i];
      g_autofree float *share = g_new0 (float, n * extent);
      const Axis *axis = &resize.axis[i];

      for (gsize at = 0; at < n; at++)
        {
          double part = axis->part[at];

          share[axis->low[at] * n + at] += 1 - part;
          share[axis->high[at] * n + at] += part;
        }
      up = anf_grad_matrix (self, up, 2 + i, extent, share);
    }
  resize_clear (&resize);
  self->to_in[0] = up;
  return TRUE;
}

/* Rows and columns are mixed: one matrix from all pixels to all pixels, as long as that is
 * bearable. */
#define AFFINE_ELEMENTS ((gsize) 1 << 24)

gboolean
anf_vjp_affine (AnfGradient *self)
{
  const AnfType *in = &self->in[0].type, *out = &self->out[0].type;
  gsize area = (gsize) in->dim[2] * in->dim[3], n = (gsize) out->dim[2] * out->dim[3];
  guint images = anf_tensor_dim (self->weight[0], 0);
  AnfType type = { ANF_F16, 3, { images, n, area } };
  g_autofree float *share = NULL;
  AnfFlow up;

  if (self->wants_role != 0)
    return anf_gradient_refuse (self, "The transform of %s is a constant.", self->node->name);
  if (images * area * n > AFFINE_ELEMENTS)
    return anf_gradient_refuse (self, "%s has too many pixels: %" G_GSIZE_FORMAT " by %"
                                G_GSIZE_FORMAT ".", self->node->name, area, n);
  share = g_new0 (float, images * area * n);
  for (gsize i = 0; i < images * n; i++)
    {
      double m[6];
      Place place;

      anf_tensor_read_double (self->weight[0], i / n * 6, 6, m);
      place = affine_place (self->node, in, out, m, i % n);
      for (guint k = 0; k < 4; k++)
        {
          gsize at = 0;
          double weight = neighbour (&place, in, k, &at);

          share[i * area + at] += weight;
        }
    }
  up = anf_grad_shape (self, self->up[0], 3, (gint64) out->dim[0], (gint64) out->dim[1],
                       (gint64) n);
  up = anf_grad_bmm (self, up, anf_grad_const (self, &type, share));
  self->to_in[0] = anf_grad_reshape (self, up, in);
  return TRUE;
}

static double
resize_flops (const AnfShapes *shapes)
{
  return 4.0 * anf_type_elements (shapes->out);
}

#define IMAGE .category = ANF_CAT_SHAPE, .bound = anf_bound_average, \
              .in = { { "x", ANF_REQUIRED, "N, channels, height, width" } }
#define RESIZE IMAGE, .infer = resize_infer, .prepare = resize_prepare, \
               .release = resize_release, .kernel = resize_kernel, .reference = resize_reference
#define SCALE { .name = "scale", .kind = ANF_ATTR_INTS, .preset = "2", .min = 1, \
                .max = G_MAXINT, .doc = "Times as large, one number or height, width" }
#define CORNERS_ALIGNED { .name = "align_corners", .kind = ANF_ATTR_FLAG, .preset = "false", \
                          .doc = "The centres of the corner pixels stay where they are" }
#define SIZE(called, words) { .name = called, .kind = ANF_ATTR_INT, .min = 1, .max = G_MAXINT, \
                              .doc = words }
#define SAMPLE(...) .sample = { .in = { { ANF_F16, 4, { 2, 2, 4, 5 } } }, \
                                .attr = { __VA_ARGS__ }, .lo = -4, .hi = 4 }

const AnfOp anf_ops_resize[] = {
  { .name = "upsample", .title = "Upsample", .doc = "Every pixel repeated.", RESIZE,
    .vjp = anf_vjp_resize,
    .reads = "upsample_nearest_neighbor (scale_factor_height = scale.0,"
             " scale_factor_width = scale.1, x = x)",
    .mil = anf_mil_upsample,
    .attr = { SCALE }, SAMPLE ({ "scale", "[2, 3]" }) },
  { .name = "upsample_bilinear", .title = "Bilinear upsample", .flops = resize_flops,
    .vjp = anf_vjp_resize,
    .doc = "Larger, between pixel centres.", RESIZE, .attr = { SCALE, CORNERS_ALIGNED },
    .reads = "* (align_corners = align_corners, scale_factor_height = scale.0,"
             " scale_factor_width = scale.1, x = x)",
    .mil = anf_mil_upsample_bilinear,
    SAMPLE ({ "scale", "[2, 3]" }) },
  { .name = "resize_nearest_neighbor", .title = "Resize",
    .vjp = anf_vjp_resize,
    .doc = "Another size, the nearest pixel up and left.", RESIZE,
    .reads = "* (target_size_height = target_h, target_size_width = target_w, x = x)",
    .mil = anf_mil_resize,
    .attr = { SIZE ("target_h", "Height"), SIZE ("target_w", "Width") },
    SAMPLE ({ "target_h", "7" }, { "target_w", "3" }) },
  { .name = "resize_bilinear", .title = "Bilinear resize", .flops = resize_flops,
    .vjp = anf_vjp_resize,
    .doc = "Another size, between pixels.", RESIZE,
    .reads = anf_reads_resize,
    .mil = anf_mil_resize,
    .attr = { SIZE ("target_h", "Height"), SIZE ("target_w", "Width"), CORNERS_ALIGNED },
    SAMPLE ({ "target_h", "7" }, { "target_w", "3" }) },
  { .name = "affine", .title = "Affine", .doc = "Turned, scaled, sheared and shifted.", IMAGE,
    .vjp = anf_vjp_affine,
    .floor = 3, .below = ANF_REJECT, .flops = resize_flops, .infer = affine_infer,
    .kernel = affine_kernel, .reference = affine_reference,
    .role = { { "transform", ANF_REQUIRED, "Two rows of a matrix per image, on -1 to 1" } },
    .reads = anf_reads_affine,
    .mil = anf_mil_affine,
    .attr = { SIZE ("output_h", "Height"), SIZE ("output_w", "Width"), CORNERS_ALIGNED },
    .sample = { .in = { { ANF_F16, 4, { 2, 2, 4, 5 } } }, .role = { { ANF_F16, 2, { 2, 6 } } },
                .attr = { { "output_h", "3" }, { "output_w", "6" } }, .lo = -1, .hi = 1 } },
  { NULL }
};
