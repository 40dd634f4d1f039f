/* geometry.c - bridges for stereo images, templates and point clouds. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"

#include <string.h>

/* ---- cross_correlation: a template over a map, where it lies inside, not turned */

static gboolean
correlation_infer (AnfShapes *self)
{
  gint64 dim[2];

  for (guint t = 0; t < 2; t++)
    if (!anf_shapes_is (self, t, ANF_F16) || !anf_shapes_rank (self, t, 2, 2))
      return FALSE;
  for (guint i = 0; i < 2; i++)
    {
      dim[i] = self->in[0]->dim[i] - (gint64) self->in[1]->dim[i] + 1;
      if (dim[i] < 1)
        return anf_shapes_refuse (self, "SHP104", "template", "Use a smaller template.",
                                  "The %s of \"template\" of %s is %d; that of \"x\" is %d.",
                                  i == 0 ? "height" : "width", self->node->name,
                                  self->in[1]->dim[i], self->in[0]->dim[i]);
    }
  return anf_shapes_set (self, 0, ANF_F16, 2, dim);
}

static void
correlation_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const AnfType *map = call->in_type[0], *template = call->in_type[1];
  gboolean fp32 = call->numerics == ANF_NUMERICS_FP32;
  gsize width = call->out_type->dim[1];

  for (gsize at = begin; at < end; at++)
    {
      const float *x = call->in[0] + at / width * map->dim[1] + at % width, *t = call->in[1];
      double sum = 0;

      for (int i = 0; i < template->dim[0]; i++, x += map->dim[1])
        for (int j = 0; j < template->dim[1]; j++, t++)
          sum = fp32 ? sum + (double) x[j] * *t
                     : anf_edge_add (sum, anf_edge_mul (anf_edge_in (x[j]), anf_edge_in (*t)));
      call->out[0][at] = sum;
    }
  anf_finish (call->out[0] + begin, end - begin, anf_call_finish (call, ANF_RESULT_PRODUCT));
}

static void
correlation_reference (const AnfExact *exact)
{
  const AnfType *out = exact->out_type, *template = exact->in_type[1];

  for (int y = 0; y < out->dim[0]; y++)
    for (int x = 0; x < out->dim[1]; x++)
      {
        double sum = 0;

        for (int i = 0; i < template->dim[0]; i++)
          for (int j = 0; j < template->dim[1]; j++)
            sum += exact->in[0][(y + i) * exact->in_type[0]->dim[1] + x + j]
                   * exact->in[1][i * template->dim[1] + j];
        exact->out[0][y * out->dim[1] + x] = sum;
      }
}

static double
correlation_flops (const AnfShapes *shapes)
{
  return 2.0 * anf_type_elements (shapes->out) * anf_type_elements (shapes->in[1]);
}

/* ---- cost_volume: how much two rows differ at each shift */

static gboolean
cost_infer (AnfShapes *self)
{
  gint64 range;

  for (guint t = 0; t < 2; t++)
    if (!anf_shapes_is (self, t, ANF_F16) || !anf_shapes_rank (self, t, 1, 1))
      return FALSE;
  if (!anf_shapes_ints (self, "disparity_range", 1, 0, &range))
    return FALSE;
  if (self->in[1]->dim[0] < self->in[0]->dim[0] + range)
    return anf_shapes_refuse (self, "SHP111", "ref", "Use a longer row or a smaller range.",
                              "\"ref\" of %s has %d elements; %d and a range of %"
                              G_GINT64_FORMAT " need %" G_GINT64_FORMAT ".", self->node->name,
                              self->in[1]->dim[0], self->in[0]->dim[0], range,
                              self->in[0]->dim[0] + range);
  return anf_shapes_set (self, 0, ANF_F16, 2, (gint64[]) { range + 1, self->in[0]->dim[0] });
}

static void
cost_kernel (const AnfCall *call, gsize begin, gsize end)
{
  gboolean fp32 = call->numerics == ANF_NUMERICS_FP32;
  gsize n = call->out_type->dim[1];

  for (gsize i = begin; i < end; i++)
    {
      float a = call->in[0][i % n], b = call->in[1][i % n + i / n];

      call->out[0][i] = fp32 ? fabsf (a - b) : fabs (anf_edge_add (anf_edge_in (a),
                                                                   -anf_edge_in (b)));
    }
  anf_finish (call->out[0] + begin, end - begin, anf_call_finish (call, ANF_RESULT_PLAIN));
}

static void
cost_reference (const AnfExact *exact)
{
  for (int d = 0; d < exact->out_type->dim[0]; d++)
    for (int x = 0; x < exact->out_type->dim[1]; x++)
      exact->out[0][d * exact->out_type->dim[1] + x] = fabs (exact->in[0][x]
                                                             - exact->in[1][x + d]);
}

/* ---- fps: points far from each other, each the farthest from those before it */

#define FPS_POINTS 8192
#define FPS_PICKS  1024

static gboolean
points (AnfShapes *self, guint port)
{
  if (!anf_shapes_is (self, port, ANF_F16) || !anf_shapes_rank (self, port, 2, 2))
    return FALSE;
  if (self->in[port]->dim[1] != 3)
    return anf_shapes_refuse (self, "SHP112", anf_shapes_port (self, port),
                              "Give x, y and z of each point.",
                              "\"%s\" of %s has %d columns; points have 3.",
                              anf_shapes_port (self, port), self->node->name,
                              self->in[port]->dim[1]);
  return TRUE;
}

static gboolean
fps_infer (AnfShapes *self)
{
  gint64 k;

  if (!points (self, 0) || !anf_shapes_ints (self, "k", 1, 1, &k))
    return FALSE;
  if (self->in[0]->dim[0] > FPS_POINTS)
    return anf_shapes_refuse (self, "LIM103", "x", "Use fewer points.",
                              "\"x\" of %s has %d points; %d is the most.", self->node->name,
                              self->in[0]->dim[0], FPS_POINTS);
  if (k > MIN (FPS_PICKS, self->in[0]->dim[0]))
    return anf_shapes_refuse (self, "ATR112", "k", "Pick fewer.",
                              "\"k\" of %s is %" G_GINT64_FORMAT "; %d is the most.",
                              self->node->name, k, MIN (FPS_PICKS, self->in[0]->dim[0]));
  return anf_shapes_set (self, 0, ANF_F16, 2, (gint64[]) { k, 3 });
}

static double
distance (const float *a, const float *b)
{
  double sum = 0;

  for (guint i = 0; i < 3; i++)
    sum = anf_edge_add (sum, pow (anf_edge_add (anf_edge_in (a[i]), -anf_edge_in (b[i])), 2));
  return sum;
}

/* One after the other: a single item. */
static gsize
one_item (const AnfCall *call)
{
  return 1;
}

static void
fps_kernel (const AnfCall *call, gsize begin, gsize end)
{
  gsize n = call->in_type[0]->dim[0], k = call->out_type->dim[0], last = 0;
  double *nearest = anf_scratch (ANF_SCRATCH_KERNEL, n * sizeof *nearest);
  const float *x = call->in[0];

  for (gsize i = 0; i < n; i++)
    nearest[i] = INFINITY;
  for (gsize pick = 0; pick < k; pick++)
    {
      gsize farthest = 0;

      memcpy (call->out[0] + 3 * pick, x + 3 * last, 3 * sizeof *x);
      for (gsize i = 0; i < n; i++)
        {
          nearest[i] = MIN (nearest[i], distance (x + 3 * i, x + 3 * last));
          if (nearest[i] > nearest[farthest])
            farthest = i;
        }
      last = farthest;
    }
  if (call->numerics != ANF_NUMERICS_FP32)
    anf_edge_fix_nan (call->out[0], 3 * k, call->out[0]);
}

static void
fps_reference (const AnfExact *exact)
{
  gsize n = exact->in_type[0]->dim[0], k = exact->out_type->dim[0];
  g_autofree gsize *picked = g_new0 (gsize, k);

  for (gsize pick = 0; pick < k; pick++)
    {
      double most = -1;

      for (gsize i = 0; i < n && pick > 0; i++)
        {
          double least = INFINITY;

          for (gsize p = 0; p < pick; p++)
            {
              const double *a = exact->in[0] + 3 * i, *b = exact->in[0] + 3 * picked[p];

              least = MIN (least, hypot (hypot (a[0] - b[0], a[1] - b[1]), a[2] - b[2]));
            }
          if (least > most)
            {
              most = least;
              picked[pick] = i;
            }
        }
      memcpy (exact->out[0] + 3 * pick, exact->in[0] + 3 * picked[pick], 3 * sizeof (double));
    }
}

/* ---- radius_search: which points are near which centres */

static gboolean
radius_infer (AnfShapes *self)
{
  double radius = anf_node_real (self->node, "radius");

  if (!points (self, 0) || !points (self, 1))
    return FALSE;
  if (!(radius >= 0))
    return anf_shapes_refuse (self, "ATR112", "radius", "Use 0 or more.",
                              "\"radius\" of %s is %g.", self->node->name, radius);
  return anf_shapes_set (self, 0, ANF_F16, 2,
                         (gint64[]) { self->in[0]->dim[0], self->in[1]->dim[0] });
}

static void
radius_kernel (const AnfCall *call, gsize begin, gsize end)
{
  gsize n = call->out_type->dim[1];
  double radius = anf_node_real (call->node, "radius");

  for (gsize i = begin; i < end; i++)
    call->out[0][i] = distance (call->in[0] + 3 * (i / n), call->in[1] + 3 * (i % n))
                      <= radius * radius;
}

static void
radius_reference (const AnfExact *exact)
{
  double radius = anf_node_real (exact->node, "radius");

  for (int i = 0; i < exact->out_type->dim[0]; i++)
    for (int k = 0; k < exact->out_type->dim[1]; k++)
      {
        const double *a = exact->in[0] + 3 * i, *b = exact->in[1] + 3 * k;

        exact->out[0][i * exact->out_type->dim[1] + k] =
          hypot (hypot (a[0] - b[0], a[1] - b[1]), a[2] - b[2]) <= radius;
      }
}

static const char *
geometry_cut (void)
{
  return "The device has this as a program of its own.";
}

#define BRIDGE .category = ANF_CAT_BRIDGE, .kind = ANF_SEGMENT_BRIDGE, .cut = geometry_cut

const AnfOp anf_ops_geometry[] = {
  { .name = "cross_correlation", .title = "Cross-correlation", BRIDGE, .bound = anf_bound_window,
    .vjp = anf_vjp_cross_correlation,
    .doc = "How well a template fits at each place of a map.",
    .in = { { "x", ANF_REQUIRED, "Height, width" },
            { "template", ANF_REQUIRED, "Height, width" } },
    .infer = correlation_infer, .kernel = correlation_kernel, .grain = 256,
    .reference = correlation_reference, .flops = correlation_flops,
    .core_ml = anf_mil_correlation,
    .sample = { .in = { { ANF_F16, 2, { 6, 9 } }, { ANF_F16, 2, { 3, 4 } } },
                .lo = -1, .hi = 1 } },
  { .name = "cost_volume", .title = "Cost volume", BRIDGE, .bound = anf_bound_sum,
    .vjp = anf_vjp_cost_volume,
    .doc = "How much two image rows differ at each disparity.",
    .in = { { "aux", ANF_REQUIRED, "A row" }, { "ref", ANF_REQUIRED, "A longer row" } },
    .attr = { { .name = "disparity_range", .kind = ANF_ATTR_INT, .preset = "1",
                .max = G_MAXINT, .doc = "Largest shift" } },
    .infer = cost_infer, .kernel = cost_kernel, .reference = cost_reference,
    .core_ml = anf_mil_cost_volume,
    .sample = { .in = { { ANF_F16, 1, { 20 } }, { ANF_F16, 1, { 25 } } },
                .attr = { { "disparity_range", "5" } }, .lo = -4, .hi = 4 } },
  { .name = "fps", .title = "Farthest points", BRIDGE, .bound = anf_bound_same,
    .vjp = anf_vjp_fps,
    .doc = "Points that are far from each other, beginning with the first.",
    .in = { { "x", ANF_REQUIRED, "Points by x, y, z" } },
    .attr = { { .name = "k", .kind = ANF_ATTR_INT, .min = 1, .max = FPS_PICKS,
                .doc = "How many" } },
    .infer = fps_infer, .items = one_item, .kernel = fps_kernel, .reference = fps_reference,
    .sample = { .in = { { ANF_F16, 2, { 40, 3 } } }, .attr = { { "k", "9" } },
                .lo = -4, .hi = 4 } },
  { .name = "radius_search", .title = "Radius search", BRIDGE, .bound = anf_bound_one,
    .flat = "1 or 0: the slope is 0, or there is none.",
    .doc = "1 where a point is within a radius of a centre, else 0.",
    .in = { { "points", ANF_REQUIRED, "Points by x, y, z" },
            { "centroids", ANF_REQUIRED, "Centres by x, y, z" } },
    .attr = { { .name = "radius", .kind = ANF_ATTR_REAL, .max = 65504, .doc = "How far" } },
    .infer = radius_infer, .kernel = radius_kernel, .reference = radius_reference,
    .grain = 1024,
    .core_ml = anf_mil_radius,
    .sample = { .in = { { ANF_F16, 2, { 20, 3 } }, { ANF_F16, 2, { 7, 3 } } },
                .attr = { { "radius", "2.5" } }, .lo = -4, .hi = 4 } },
  { NULL }
};
