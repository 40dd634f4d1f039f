/* resize.c - images of another size. Every mode of interpolation is a constant matrix along each
 * axis; where the device has an operator for it, that is taken. */
#include "io/onnx/onnx.h"

#include <math.h>
#include <string.h>

#define MAX_MATRIX (1 << 24)
#define MAX_POINTS (1 << 21)       /* of an affine grid */

typedef enum { NEAREST, LINEAR, CUBIC } Mode;

typedef struct
{
  Mode        mode;
  const char *coordinates, *nearest;
  double      a;                   /* of the cubic */
  gboolean    exclude, antialias;
  double      outside;             /* extrapolation_value */
} Resize;

/* Where output @o of an axis lies in the input. */
static double
place (const Resize *self, gint64 o, gint64 in, gint64 out, double scale, const double *roi)
{
  double length = in * scale;

  if (g_str_equal (self->coordinates, "asymmetric"))
    return o / scale;
  if (g_str_equal (self->coordinates, "align_corners"))
    return length == 1 ? 0 : o * (in - 1) / (length - 1);
  if (g_str_equal (self->coordinates, "tf_crop_and_resize"))
    return out > 1 ? roi[0] * (in - 1) + o * (roi[1] - roi[0]) * (in - 1) / (out - 1)
                   : 0.5 * (roi[0] + roi[1]) * (in - 1);
  if (g_str_equal (self->coordinates, "pytorch_half_pixel") && out == 1)
    return -0.5;
  if (g_str_equal (self->coordinates, "half_pixel_symmetric"))
    return in / 2.0 * (1 - out / length) + (o + 0.5) / scale - 0.5;
  return (o + 0.5) / scale - 0.5;
}

static gint64
nearest (const Resize *self, double x, gint64 in)
{
  double at = g_str_equal (self->nearest, "floor") ? floor (x)
              : g_str_equal (self->nearest, "ceil") ? ceil (x)
              : g_str_equal (self->nearest, "round_prefer_ceil") ? floor (x + 0.5)
                                                                 : ceil (x - 0.5);

  return CLAMP (at, 0, in - 1);
}

static double
kernel (const Resize *self, double d)
{
  double a = self->a;

  d = fabs (d);
  if (self->mode == LINEAR)
    return d < 1 ? 1 - d : 0;
  if (d <= 1)
    return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/* One column of the matrix. */
static void
taps (const Resize *self, double x, gint64 in, double scale, gint64 out, gint64 o, double *matrix)
{
  double wide = self->antialias && scale < 1 ? 1 / scale : 1, sum = 0;
  double reach = (self->mode == LINEAR ? 1 : 2) * wide;

  if (self->mode == NEAREST)
    {
      matrix[nearest (self, x, in) * out + o] = 1;
      return;
    }
  for (gint64 i = floor (x - reach); i <= ceil (x + reach); i++)
    {
      double w = kernel (self, (i - x) / wide);

      if (self->exclude && (i < 0 || i >= in))
        continue;
      sum += w;
      matrix[CLAMP (i, 0, in - 1) * out + o] += w;
    }
  for (gint64 i = 0; i < in; i++)
    matrix[i * out + o] /= sum;
}

/* Nearest pixels are exact by picking or repeating; the rest is a product. */
static AnfOnnxValue *
resize_axis (AnfOnnx *self, const Resize *how, AnfOnnxValue *x, guint axis, gint64 out,
             double scale, const double *roi, double *inside)
{
  gint64 in = x->dim[axis];
  g_autofree double *matrix = NULL;
  g_autofree gint64 *at = g_new (gint64, out);
  gboolean block = out % in == 0;
  gboolean crop = g_str_equal (how->coordinates, "tf_crop_and_resize");

  if (in > MAX_MATRIX / out)
    return anf_onnx_refuse (self, "an axis of %" G_GINT64_FORMAT " from %" G_GINT64_FORMAT, out,
                            in);
  matrix = g_new0 (double, in * out);
  for (gint64 o = 0; o < out; o++)
    {
      double p = place (how, o, in, out, scale, roi);

      inside[o] = !crop || (p >= 0 && p <= in - 1);
      if (inside[o])
        taps (how, p, in, scale, out, o, matrix);
      at[o] = how->mode == NEAREST ? nearest (how, p, in) : -1;
      block = block && inside[o] && at[o] == o / (out / in);
      if (!inside[o])
        at[o] = -1;
    }
  if (block)
    {
      gint64 dim[ANF_MAX_TENSOR_RANK + 1], after[ANF_MAX_TENSOR_RANK], outer = 1, inner = 1;

      memcpy (after, x->dim, sizeof after);
      after[axis] = out;
      for (guint i = 0; i < x->rank; i++)
        *(i <= axis ? &outer : &inner) *= x->dim[i];
      memcpy (dim, (gint64[]) { outer, 1, inner }, 3 * sizeof *dim);
      guint rank = x->rank;
      x = anf_onnx_reshape (self, x, 3, dim);
      dim[1] = out / in;
      return anf_onnx_reshape (self, anf_onnx_expand (self, x, 3, dim), rank, after);
    }
  return anf_onnx_along (self, x, axis, out, matrix);
}

/* Whole images at once, by the device's own operators; NULL, without refusal, if there is none. */
static AnfOnnxValue *
by_row (AnfOnnx *self, const Resize *how, AnfOnnxValue *x, const gint64 *out)
{
  gint64 in[2] = { x->dim[2], x->dim[3] }, scale[2];
  gboolean even = TRUE, asymmetric = g_str_equal (how->coordinates, "asymmetric"), same = TRUE;
  gboolean corners = g_str_equal (how->coordinates, "align_corners");
  gboolean half = g_str_has_suffix (how->coordinates, "half_pixel") && out[2] > 1 && out[3] > 1;

  for (guint i = 0; i < 2; i++)
    {
      even = even && out[2 + i] % in[i] == 0;
      scale[i] = out[2 + i] / in[i];
      for (gint64 o = 0; how->mode == NEAREST && o < out[2 + i]; o++)
        same = same && nearest (how, place (how, o, in[i], out[2 + i], (double) out[2 + i] / in[i],
                                            NULL), in[i]) == o * in[i] / out[2 + i];
    }
  if (how->mode == CUBIC || how->antialias || (how->mode == NEAREST && !same))
    return NULL;
  if (even && (how->mode == NEAREST || half))
    {
      anf_onnx_set_ints (self, "scale", 2, scale);
      return anf_onnx_row1 (self, how->mode == NEAREST ? "upsample" : "upsample_bilinear", x);
    }
  if (how->mode == LINEAR && !asymmetric && !corners)
    return NULL;
  anf_onnx_set_int (self, "target_h", out[2]);
  anf_onnx_set_int (self, "target_w", out[3]);
  if (how->mode == LINEAR && corners)
    anf_onnx_set (self, "align_corners", g_variant_new_boolean (TRUE));
  return anf_onnx_row1 (self, how->mode == NEAREST ? "resize_nearest_neighbor" : "resize_bilinear",
                        x);
}

typedef struct { gint64 out[ANF_MAX_TENSOR_RANK]; double scale[ANF_MAX_TENSOR_RANK]; } Target;

static gboolean
plain_scales (const AnfOnnxValue *x, const Target *target)
{
  for (guint i = 0; i < x->rank; i++)
    if (fabs (target->scale[i] - (double) target->out[i] / x->dim[i]) > 1e-9
        || (i < 2 && target->out[i] != x->dim[i]))
      return FALSE;
  return x->rank == 4;
}

static AnfOnnxValue *
resize (AnfOnnx *self, const Resize *how, AnfOnnxValue *x, const Target *target, const double *roi)
{
  gboolean crops = g_str_equal (how->coordinates, "tf_crop_and_resize");
  AnfOnnxValue *y, *mask = NULL;

  x = anf_onnx_plain (self, x);
  if (x != NULL && !crops && plain_scales (x, target)
      && (y = by_row (self, how, x, target->out)) != NULL)
    return y;
  for (guint i = 0; x != NULL && i < x->rank; i++)
    {
      gint64 dim[ANF_MAX_TENSOR_RANK], out = target->out[i];
      g_autofree double *inside = g_new (double, out);

      if (out == x->dim[i] && target->scale[i] == 1 && !crops)
        continue;
      for (guint k = 0; k < x->rank; k++)
        dim[k] = k == i ? out : 1;
      x = resize_axis (self, how, x, i, out, target->scale[i], roi + 2 * i, inside);
      if (!crops || how->outside == 0)
        continue;
      y = anf_onnx_doubles (self, ONNX_FLOAT, x != NULL ? x->rank : 0, dim, inside);
      mask = mask != NULL ? anf_onnx_row2 (self, "mul", mask, y) : y;
    }
  if (mask == NULL)
    return x;
  mask = anf_onnx_muls (self, anf_onnx_adds (self, mask, -1), -how->outside);
  return anf_onnx_row2 (self, "add", x, mask);
}

static const char *
word_of (const AnfOnnxNode *node, const char *name, const char *preset, const char *const *words)
{
  for (guint i = 0; words[i] != NULL; i++)
    if (anf_onnx_text_is (node, name, words[i], preset))
      return words[i];
  return NULL;
}

static gboolean
read_how (AnfOnnx *self, const AnfOnnxNode *node, gboolean old, Resize *how)
{
  static const char *const coordinates[] = { "half_pixel", "asymmetric", "align_corners",
    "pytorch_half_pixel", "half_pixel_symmetric", "tf_crop_and_resize", NULL };
  static const char *const rounds[] = { "round_prefer_floor", "floor", "ceil",
                                        "round_prefer_ceil", NULL };

  how->mode = anf_onnx_text_is (node, "mode", "cubic", "nearest") ? CUBIC
              : anf_onnx_text_is (node, "mode", "nearest", "nearest") ? NEAREST : LINEAR;
  how->coordinates = old ? "asymmetric" : word_of (node, "coordinate_transformation_mode",
                                                   "half_pixel", coordinates);
  how->nearest = old ? "floor" : word_of (node, "nearest_mode", "round_prefer_floor", rounds);
  how->a = anf_onnx_real (node, "cubic_coeff_a", -0.75);
  how->exclude = anf_onnx_int (node, "exclude_outside", 0) != 0;
  how->antialias = anf_onnx_int (node, "antialias", 0) != 0;
  how->outside = anf_onnx_real (node, "extrapolation_value", 0);
  if (how->coordinates == NULL || how->nearest == NULL)
    anf_onnx_refuse (self, "a mode of coordinates that is not known here");
  return how->coordinates != NULL && how->nearest != NULL;
}

/* Sizes or scales of the axes that are named, in their order. */
static gboolean
read_target (AnfOnnx *self, const AnfOnnxNode *node, const AnfOnnxValue *x, AnfOnnxValue *scales,
             AnfOnnxValue *sizes, Target *target)
{
  gint64 axes[ANF_MAX_TENSOR_RANK];
  gboolean larger = anf_onnx_text_is (node, "keep_aspect_ratio_policy", "not_smaller", "stretch");
  gboolean kept = larger || anf_onnx_text_is (node, "keep_aspect_ratio_policy", "not_larger",
                                              "stretch");
  AnfOnnxValue *given = sizes != NULL && anf_onnx_elements (sizes) > 0 ? sizes : scales;
  g_autofree double *number = NULL;
  double common = larger ? 0 : INFINITY;
  guint n, axis;

  if (!anf_onnx_list (node, "axes", axes, &n))
    for (n = 0; n < x->rank; n++)
      axes[n] = n;
  if (given == NULL || given->tensor == NULL || anf_onnx_elements (given) != n)
    return anf_onnx_refuse (self, "no constant sizes or scales, one for each axis") != NULL;
  number = anf_onnx_read (given);
  for (guint i = 0; i < n; i++)
    {
      if (!anf_onnx_axis (self, axes[i], x->rank, &axis))
        return FALSE;
      if (!(number[i] > 0 && number[i] <= 65536))
        return anf_onnx_refuse (self, "a size of %g", number[i]) != NULL;
      axes[i] = axis;
      common = larger ? fmax (common, number[i] / x->dim[axis])
                      : fmin (common, number[i] / x->dim[axis]);
    }
  for (guint i = 0; i < n; i++)
    {
      gint64 in = x->dim[axes[i]];

      target->scale[axes[i]] = given == scales ? number[i] : kept ? common : number[i] / in;
      target->out[axes[i]] = given == scales ? floor (in * number[i] + 1e-9)
                             : kept ? (gint64) floor (common * in + 0.5) : (gint64) number[i];
      if (target->out[axes[i]] < 1 || target->out[axes[i]] > 65536)
        return anf_onnx_refuse (self, "a size of %g", number[i]) != NULL;
    }
  return TRUE;
}

static AnfOnnxValue *
read_resize (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *scales, *given;
  gboolean old = node->opset < 11 || g_str_equal (node->op, "Upsample");
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, "scales");
  double roi[2 * ANF_MAX_TENSOR_RANK] = { 0 };
  g_autofree double *list = NULL;
  Target target;
  Resize how = { 0 };

  if (x == NULL || !read_how (self, node, old, &how))
    return anf_onnx_refuse (self, "an input is missing");
  for (guint i = 0; i < x->rank; i++)
    {
      target.out[i] = x->dim[i];
      target.scale[i] = 1;
      roi[2 * i + 1] = 1;
    }
  scales = anf_onnx_in (node, old ? 1 : 2);
  if (old && scales == NULL && attr != NULL)
    {
      list = g_new (double, attr->n_floats + 1);
      for (gsize i = 0; i < attr->n_floats; i++)
        list[i] = attr->floats[i];
      scales = anf_onnx_doubles (self, ONNX_FLOAT, 1, (gint64[]) { attr->n_floats }, list);
    }
  given = old ? NULL : anf_onnx_in (node, 1);
  if (given != NULL && given->tensor != NULL && anf_onnx_elements (given) > 0)
    {
      guint n = anf_onnx_elements (given) / 2;
      gint64 axes[ANF_MAX_TENSOR_RANK];
      g_autofree double *number = anf_onnx_read (given);
      guint m, axis;

      if (!anf_onnx_list (node, "axes", axes, &m))
        for (m = 0; m < x->rank; m++)
          axes[m] = m;
      for (guint i = 0; i < MIN (n, m); i++)
        if (anf_onnx_axis (self, axes[i], x->rank, &axis))
          {
            roi[2 * axis] = number[i];
            roi[2 * axis + 1] = number[n + i];
          }
    }
  if (!read_target (self, node, x, scales, old ? NULL : anf_onnx_in (node, 3), &target))
    return NULL;
  return resize (self, &how, x, &target, roi);
}

/* ---------------------------------------------------------------- images read at given places */

typedef struct
{
  guint    n;                      /* axes of the image, 2 or 3 */
  gint64   dim[3];
  Mode     mode;
  gboolean corners;
  char     border;                 /* 'z'eros, 'b'order, 'r'eflection */
} Grid;

static double
reflect (double x, double low, double high)
{
  double range = high - low, times;

  if (range <= 0)
    return low;
  x = fabs (x - low);
  times = floor (x / range);
  x -= times * range;
  return fmod (times, 2) == 0 ? low + x : high - x;
}

/* The index after the border rule; -1: nothing is there. */
static gint64
bordered (const Grid *self, guint axis, double i)
{
  gint64 n = self->dim[axis];

  if (i >= 0 && i < n)
    return i;
  if (self->border == 'z' || !isfinite (i))
    return -1;
  if (self->border == 'r')
    i = reflect (i, self->corners ? 0 : -0.5, self->corners ? n - 1 : n - 0.5);
  return CLAMP (i, 0, n - 1);
}

/* Indices and weights along one axis of the image for a coordinate of -1 to 1. */
static guint
grid_taps (const Grid *self, guint axis, double x, gint64 *index, double *weight)
{
  gint64 n = self->dim[axis];
  Resize cubic = { .mode = CUBIC, .a = -0.75 };
  double low;
  guint count = self->mode == NEAREST ? 1 : self->mode == LINEAR ? 2 : 4;

  x = self->corners ? (x + 1) / 2 * (n - 1) : ((x + 1) * n - 1) / 2;
  if (self->border == 'r' && self->mode != CUBIC)
    x = reflect (x, self->corners ? 0 : -0.5, self->corners ? n - 1 : n - 0.5);
  if (self->border == 'b' && self->mode != CUBIC)
    x = CLAMP (x, 0, n - 1);
  low = self->mode == NEAREST ? nearbyint (x) : floor (x) - (self->mode == CUBIC ? 1 : 0);
  for (guint k = 0; k < count; k++)
    {
      index[k] = bordered (self, axis, low + k);
      weight[k] = self->mode == NEAREST ? 1 : self->mode == LINEAR ? 1 - fabs (x - low - k)
                                            : kernel (&cubic, x - low - k);
    }
  return count;
}

/* The column of one point: where it reads, times how much. */
static void
grid_point (const Grid *self, const double *at, gint64 stride, double *matrix)
{
  gint64 index[3][4] = { { 0 } };
  double weight[3][4] = { { 0 } };
  guint count[3] = { 1, 1, 1 };

  for (guint i = 0; i < self->n; i++)            /* coordinates are x, y, z: last axis first */
    count[i] = grid_taps (self, i, at[self->n - 1 - i], index[i], weight[i]);
  if (self->n == 2)
    weight[2][0] = 1;
  for (guint a = 0; a < count[0]; a++)
    for (guint b = 0; b < count[1]; b++)
      for (guint c = 0; c < count[2]; c++)
        {
          gint64 place = index[0][a] * self->dim[1] + index[1][b];

          if (index[0][a] < 0 || index[1][b] < 0 || index[2][c] < 0)
            continue;
          if (self->n == 3)
            place = place * self->dim[2] + index[2][c];
          matrix[place * stride] += weight[0][a] * weight[1][b] * weight[2][c];
        }
}

static AnfOnnxValue *
read_grid_sample (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *grid = anf_onnx_in (node, 1);
  Grid how = { .corners = anf_onnx_int (node, "align_corners", 0) != 0 };
  gint64 images, points = 1, pixels = 1, dim[ANF_MAX_TENSOR_RANK];
  g_autofree double *at = NULL, *matrix = NULL;
  AnfOnnxValue *y;

  if (x == NULL || grid == NULL || grid->tensor == NULL || grid->rank != x->rank
      || (x->rank != 4 && x->rank != 5) || grid->dim[0] != x->dim[0]
      || grid->dim[grid->rank - 1] != x->rank - 2)
    return anf_onnx_refuse (self, "places that are no constant, or do not fit the image");
  how.n = x->rank - 2;
  how.mode = anf_onnx_text_is (node, "mode", "nearest", "linear") ? NEAREST
             : anf_onnx_text_is (node, "mode", "cubic", "linear")
               || anf_onnx_text_is (node, "mode", "bicubic", "linear") ? CUBIC : LINEAR;
  how.border = anf_onnx_text_is (node, "padding_mode", "border", "zeros") ? 'b'
               : anf_onnx_text_is (node, "padding_mode", "reflection", "zeros") ? 'r' : 'z';
  images = dim[0] = x->dim[0];
  dim[1] = x->dim[1];
  for (guint i = 0; i < how.n; i++)
    {
      pixels *= how.dim[i] = x->dim[2 + i];
      points *= dim[2 + i] = grid->dim[1 + i];
    }
  if (pixels > MAX_MATRIX / points / images)
    return anf_onnx_refuse (self, "a table of %" G_GINT64_FORMAT " pixels for %" G_GINT64_FORMAT
                            " places", pixels, points);
  at = anf_onnx_read (grid);
  matrix = g_new0 (double, images * pixels * points);
  for (gint64 i = 0; i < images * points; i++)
    grid_point (&how, at + i * how.n, points, matrix + i / points * pixels * points + i % points);
  y = anf_onnx_reshape (self, x, 3, (gint64[]) { images, x->dim[1], pixels });
  y = anf_onnx_matmul (self, y, anf_onnx_doubles (self, ONNX_FLOAT, 3,
                                                  (gint64[]) { images, pixels, points }, matrix));
  return anf_onnx_reshape (self, y, x->rank, dim);
}

/* theta times the places of an even grid, which are constants. */
static AnfOnnxValue *
read_affine_grid (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *theta = anf_onnx_plain (self, anf_onnx_in (node, 0)), *y;
  gboolean corners = anf_onnx_int (node, "align_corners", 0) != 0;
  gint64 size[ANF_MAX_TENSOR_RANK], points = 1, dim[ANF_MAX_TENSOR_RANK];
  g_autofree double *base = NULL;
  guint n, axes;

  if (theta == NULL || !anf_onnx_numbers (self, anf_onnx_in (node, 1), "size", 5, size, &n)
      || n < 4)
    return anf_onnx_refuse (self, "no size");
  axes = n - 2;
  dim[0] = size[0];
  for (guint i = 0; i < axes; i++)
    {
      if (size[2 + i] < 1 || points > MAX_POINTS / size[2 + i])
        return anf_onnx_refuse (self, "a grid of that size");
      points *= dim[1 + i] = size[2 + i];
    }
  dim[1 + axes] = axes;
  base = g_new (double, (axes + 1) * points);
  for (gint64 p = 0; p < points; p++)
    {
      gint64 rest = p;

      for (guint i = 0; i < axes; i++)           /* x first: the last axis of the image */
        {
          gint64 extent = size[n - 1 - i], at = rest % extent;

          rest /= extent;
          base[i * points + p] = corners ? extent > 1 ? -1 + 2.0 * at / (extent - 1) : 0
                                         : (2.0 * at + 1) / extent - 1;
        }
      base[axes * points + p] = 1;
    }
  y = anf_onnx_matmul (self, theta, anf_onnx_doubles (self, ONNX_FLOAT, 2,
                                                      (gint64[]) { axes + 1, points }, base));
  return anf_onnx_reshape (self, anf_onnx_swap (self, y, 1, 2), axes + 2, dim);
}

const AnfOnnxOp anf_onnx_resize_ops[] = {
  { "Resize", read_resize }, { "Upsample", read_resize }, { "GridSample", read_grid_sample },
  { "AffineGrid", read_affine_grid },
  { NULL }
};
