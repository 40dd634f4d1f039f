/* norm.c - softmax and normalisations: statistics are wide, the result is rounded once. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"
#include "ops/unbaked.h"

#include <string.h>

/* ---- along one axis: softmax, l2_norm, rms_norm, layer_norm, channel_layer_norm */

/* The axis that a row of this family works along. */
static guint
norm_axis (const AnfNode *node, const AnfType *type)
{
  if (anf_op_find_attr (node->op, "axis") >= 0)
    return anf_node_axis (node, "axis", type->rank);
  return type->rank == 4 ? 1 : type->rank - 1;
}

static gsize
lane_items (const AnfCall *call)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], norm_axis (call->node, call->in_type[0]));

  return lanes.outer * lanes.inner;
}

/* The real attributes of a row, so that no lane has to ask for them; not rounded, since the
 * statistics they go into are wide. */
static gboolean
reals_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  double *reals = g_new0 (double, ANF_MAX_ATTRS);

  anf_node_reals (call->node, ANF_NUMERICS_FP32, reals);
  *state = reals;
  return TRUE;
}

/* The first of them, which is eps. */
static double
eps_of (const AnfCall *call)
{
  return *(const double *) call->state;
}

static void
softmax_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  float most = anf_max (in, n);
  double sum = 0;

  if (call->numerics != ANF_NUMERICS_FP32 || isfinite (most))
    {
      sum = anf_exp_shifted (in, most, n, out);
      anf_scale (out, n, 1 / sum);
      return;
    }
  for (gsize i = 0; i < n; i++)    /* IEEE's answer, NaN where an infinity is */
    sum += out[i] = exp (in[i] - most);
  for (gsize i = 0; i < n; i++)
    out[i] /= sum;
}

static void
l2_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  float scale = 1 / sqrt (anf_sum_square (in, 0, n) + eps_of (call));

  for (gsize i = 0; i < n; i++)
    out[i] = in[i] * scale;
}

static void
rms_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  float scale = 1 / sqrt (anf_sum_square (in, 0, n) / n + eps_of (call));

  for (gsize i = 0; i < n; i++)
    out[i] = in[i] * scale * call->weight[0][i];
}

static void
layer_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  const float *gamma = call->weight[0], *beta = call->weight[1];
  double mean = anf_sum (in, n) / n, variance = anf_sum_square (in, mean, n) / n;
  float centre = mean, scale = 1 / sqrt (variance + eps_of (call));

  for (gsize i = 0; i < n; i++)
    out[i] = (in[i] - centre) * scale * gamma[i] + beta[i];
}

static void
norm_kernel (const AnfCall *call, AnfLaneMap map, gsize begin, gsize end)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], norm_axis (call->node, call->in_type[0]));

  anf_kernel_lanes (call, lanes, lanes.n, map, anf_call_finish (call, ANF_RESULT_PLAIN), begin,
                    end);
}

static void
softmax_kernel (const AnfCall *call, gsize begin, gsize end)
{
  norm_kernel (call, softmax_map, begin, end);
}

static void
l2_kernel (const AnfCall *call, gsize begin, gsize end)
{
  norm_kernel (call, l2_map, begin, end);
}

static void
rms_kernel (const AnfCall *call, gsize begin, gsize end)
{
  norm_kernel (call, rms_map, begin, end);
}

static void
layer_kernel (const AnfCall *call, gsize begin, gsize end)
{
  norm_kernel (call, layer_map, begin, end);
}

/* Moments of each lane in double, and what comes of them element by element. */
typedef struct { double sum, square, most, power, mean, variance; } Moments;

static void
moments_of (Moments *self, const double *in, gsize step, gsize n)
{
  *self = (Moments) { .most = -INFINITY };
  for (gsize i = 0; i < n; i++)
    {
      self->sum += in[i * step];
      self->square += in[i * step] * in[i * step];
      self->most = MAX (self->most, in[i * step]);
    }
  self->mean = self->sum / n;
  for (gsize i = 0; i < n; i++)
    {
      self->power += exp (in[i * step] - self->most);
      self->variance += (in[i * step] - self->mean) * (in[i * step] - self->mean) / n;
    }
}

static void
norm_reference (const AnfExact *exact)
{
  AnfLanes lanes = anf_lanes (exact->in_type[0], norm_axis (exact->node, exact->in_type[0]));
  double eps = anf_node_real (exact->node, "eps");
  void (*kernel) (const AnfCall *, gsize, gsize) = exact->node->op->kernel;

  for (gsize lane = 0; lane < lanes.outer * lanes.inner; lane++)
    {
      gsize first = lane / lanes.inner * lanes.n * lanes.inner + lane % lanes.inner;
      Moments moments;

      moments_of (&moments, exact->in[0] + first, lanes.inner, lanes.n);
      for (gsize i = 0; i < lanes.n; i++)
        {
          double x = exact->in[0][first + i * lanes.inner];
          double *out = &exact->out[0][first + i * lanes.inner];

          if (kernel == softmax_kernel)
            *out = exp (x - moments.most) / moments.power;
          else if (kernel == l2_kernel)
            *out = x / sqrt (moments.square + eps);
          else if (kernel == rms_kernel)
            *out = x / sqrt (moments.square / lanes.n + eps) * exact->weight[0][i];
          else
            *out = (x - moments.mean) / sqrt (moments.variance + eps) * exact->weight[0][i]
                   + exact->weight[1][i];
        }
    }
}

static gboolean
axis_infer (AnfShapes *self)
{
  guint axis;

  return anf_shapes_axis (self, "axis", self->in[0]->rank, &axis) && anf_infer_same (self);
}

/* Vectors of @n in every role. */
static gboolean
vectors (AnfShapes *self, gint64 n)
{
  for (guint role = 0; role < anf_op_n_roles (self->node->op); role++)
    if (!anf_shapes_weight (self, role, 1, &n))
      return FALSE;
  return TRUE;
}

static gboolean
rows_infer (AnfShapes *self)
{
  return anf_shapes_is (self, 0, ANF_F16) && anf_shapes_rank (self, 0, 2, 2)
         && vectors (self, self->in[0]->dim[1]) && anf_infer_same (self);
}

static gboolean
channel_infer (AnfShapes *self)
{
  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4))
    return FALSE;
  if (self->in[0]->dim[2] != 1)
    return anf_shapes_refuse (self, "SHP112", "x", "Reshape to [N, C, 1, S].",
                              "The height of \"x\" of %s is %d; it must be 1.", self->node->name,
                              self->in[0]->dim[2]);
  return vectors (self, self->in[0]->dim[1]) && anf_infer_same (self);
}

static double
norm_flops (const AnfShapes *shapes)
{
  return 5.0 * anf_type_elements (shapes->in[0]);
}

/* ---- over groups of channels: group_norm, instance_norm */

/* Elements of a group lie side by side; item = group of one batch entry. */
typedef struct { gsize groups, channels, area; } Groups;

static Groups
groups_of (const AnfNode *node, const AnfType *type)
{
  Groups self = { type->dim[1], 1, (gsize) type->dim[2] * type->dim[3] };

  if (anf_op_find_attr (node->op, "groups") >= 0)
    self.groups = anf_node_int (node, "groups");
  self.channels = type->dim[1] / self.groups;
  return self;
}

static gsize
group_items (const AnfCall *call)
{
  return call->in_type[0]->dim[0] * groups_of (call->node, call->in_type[0]).groups;
}

static void
group_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  double mean = anf_sum (in, n) / n, variance = anf_sum_square (in, mean, n) / n;
  float centre = mean, scale = 1 / sqrt (variance + eps_of (call));

  for (gsize i = 0; i < n; i++)
    out[i] = (in[i] - centre) * scale;
}

static void
group_kernel (const AnfCall *call, gsize begin, gsize end)
{
  Groups groups = groups_of (call->node, call->in_type[0]);
  gsize n = groups.channels * groups.area;
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);

  for (gsize i = begin; i < end; i++)
    {
      g_autofree float *clean = NULL;
      const float *in = call->in[0] + i * n;
      float *out = call->out[0] + i * n;

      if (finish != 0 && anf_edge_any_nan (in, n))
        {
          clean = g_new (float, n);
          anf_edge_fix_nan (in, n, clean);
          in = clean;
        }
      group_map (call, in, n, out);
      for (gsize c = 0; c < groups.channels; c++)
        {
          gsize channel = i % groups.groups * groups.channels + c;
          float gamma = call->weight[0][channel], beta = call->weight[1][channel];
          float *part = out + c * groups.area;

          for (gsize k = 0; k < groups.area; k++)
            part[k] = part[k] * gamma + beta;
        }
      anf_finish (out, n, finish);
    }
}

static void
group_reference (const AnfExact *exact)
{
  Groups groups = groups_of (exact->node, exact->in_type[0]);
  gsize n = groups.channels * groups.area, total = anf_type_elements (exact->in_type[0]);
  double eps = anf_node_real (exact->node, "eps");
  Moments moments = { 0 };

  for (gsize i = 0; i < total; i++)
    {
      gsize channel = i / groups.area % (groups.groups * groups.channels);

      if (i % n == 0)
        moments_of (&moments, exact->in[0] + i, 1, n);
      exact->out[0][i] = (exact->in[0][i] - moments.mean) / sqrt (moments.variance + eps)
                         * exact->weight[0][channel] + exact->weight[1][channel];
    }
}

static gboolean
instance_infer (AnfShapes *self)
{
  return anf_shapes_is (self, 0, ANF_F16) && anf_shapes_rank (self, 0, 4, 4)
         && vectors (self, self->in[0]->dim[1]) && anf_infer_same (self);
}

/* Longest axis that the reshaped group may have: on any chip, and on those before the A16. */
#define MAX_GROUP_AXIS 65536
#define OLD_GROUP_AXIS 16384
#define A16_FAMILY     5

static gint64
group_axis (const AnfType *x, gint64 groups)
{
  return MAX (x->dim[1] / groups, (gint64) x->dim[2] * x->dim[3]);
}

static gboolean
group_infer (AnfShapes *self)
{
  gint64 groups;

  if (!anf_shapes_ints (self, "groups", 1, 1, &groups) || !instance_infer (self))
    return FALSE;
  if (self->in[0]->dim[0] != 1)
    return anf_shapes_refuse (self, "SHP112", "x", "Run the batch one by one.",
                              "\"x\" of %s has a batch of %d; group_norm takes 1.",
                              self->node->name, self->in[0]->dim[0]);
  if (self->in[0]->dim[1] % groups != 0)
    return anf_shapes_refuse (self, "SHP110", "groups", "Use a divisor of the channels.",
                              "%s has %d channels, which %" G_GINT64_FORMAT
                              " groups do not divide.", self->node->name, self->in[0]->dim[1],
                              groups);
  if (group_axis (self->in[0], groups) > MAX_GROUP_AXIS)
    return anf_shapes_refuse (self, "LIM102", "x", "Use more groups or a smaller image.",
                              "A group of %s has an axis of %" G_GINT64_FORMAT "; %d is the most.",
                              self->node->name, group_axis (self->in[0], groups), MAX_GROUP_AXIS);
  return TRUE;
}

static char *
group_guard (const AnfShapes *shapes, guint family)
{
  gint64 axis = group_axis (shapes->in[0], anf_node_int (shapes->node, "groups"));

  if (family >= A16_FAMILY || axis <= OLD_GROUP_AXIS)
    return NULL;
  return g_strdup_printf ("A group of %s has an axis of %" G_GINT64_FORMAT "; this chip takes %d "
                          "at most.", shapes->node->name, axis, OLD_GROUP_AXIS);
}

/* ---- batch_norm: known statistics, so a line per channel */

static gboolean
batch_infer (AnfShapes *self)
{
  return anf_shapes_is (self, 0, ANF_F16) && anf_shapes_rank (self, 0, 3, ANF_MAX_RANK)
         && vectors (self, self->in[0]->dim[1]) && anf_infer_same (self);
}

/* Slope of each channel. */
static gboolean
batch_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  gsize n = call->in_type[0]->dim[1];
  float *slope = g_new (float, n);

  for (gsize c = 0; c < n; c++)
    slope[c] = call->weight[0][c] / sqrt (call->weight[3][c] + anf_node_real (call->node, "eps"));
  *state = slope;
  return TRUE;
}

static void
batch_kernel (const AnfCall *call, gsize begin, gsize end)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], 1);
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  const float *slope = call->state;

  for (gsize i = begin; i < end;)
    {
      gsize c = i / lanes.inner % lanes.n, first = i;
      gsize stop = MIN (end, (i / lanes.inner + 1) * lanes.inner);
      float mean = call->weight[2][c], beta = call->weight[1][c];

      for (; i < stop; i++)
        {
          float x = finish != 0 ? anf_edge_in (call->in[0][i]) : call->in[0][i];

          call->out[0][i] = (x - mean) * slope[c] + beta;
        }
      anf_finish (call->out[0] + first, stop - first, finish);
    }
}

static void
batch_reference (const AnfExact *exact)
{
  AnfLanes lanes = anf_lanes (exact->in_type[0], 1);
  gsize n = anf_type_elements (exact->in_type[0]);
  double eps = anf_node_real (exact->node, "eps");

  for (gsize i = 0; i < n; i++)
    {
      gsize c = i / lanes.inner % lanes.n;

      exact->out[0][i] = (exact->in[0][i] - exact->weight[2][c]) / sqrt (exact->weight[3][c] + eps)
                         * exact->weight[0][c] + exact->weight[1][c];
    }
}

/* ---- local_response_norm: over a window of channels */

static gboolean
response_infer (AnfShapes *self)
{
  gint64 size;

  return anf_shapes_ints (self, "size", 1, 1, &size) && anf_shapes_is (self, 0, ANF_F16)
         && anf_shapes_rank (self, 0, 4, 4) && anf_infer_same (self);
}

static double
response_one (const double *reals, double x, double squares, gint64 size)
{
  double alpha = reals[0], beta = reals[1], k = reals[2];

  return x / pow (k + alpha / size * squares, beta);
}

/* Channels [from, to) that the window around @c sees, of @n. */
static void
response_window (gint64 size, gint64 c, gint64 n, gint64 *from, gint64 *to)
{
  *from = MAX (0, c - (size - 1) / 2);
  *to = MIN (n, c + size / 2 + 1);
}

static void
response_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  gint64 size = anf_node_int (call->node, "size"), from, to;

  for (gsize c = 0; c < n; c++)
    {
      response_window (size, c, n, &from, &to);
      out[c] = response_one (call->state, in[c], anf_sum_square (in + from, 0, to - from), size);
    }
}

static gsize
response_items (const AnfCall *call)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], 1);

  return lanes.outer * lanes.inner;
}

static void
response_kernel (const AnfCall *call, gsize begin, gsize end)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], 1);

  anf_kernel_lanes (call, lanes, lanes.n, response_map, anf_call_finish (call, ANF_RESULT_PLAIN),
                    begin, end);
}

static void
response_reference (const AnfExact *exact)
{
  AnfLanes lanes = anf_lanes (exact->in_type[0], 1);
  gsize n = anf_type_elements (exact->in_type[0]);
  gint64 size = anf_node_int (exact->node, "size"), from, to;
  double reals[ANF_MAX_ATTRS];

  anf_node_reals (exact->node, ANF_NUMERICS_FP32, reals);
  for (gsize i = 0; i < n; i++)
    {
      gsize c = i / lanes.inner % lanes.n;
      double squares = 0;

      response_window (size, c, lanes.n, &from, &to);
      for (gint64 k = from; k < to; k++)
        {
          double x = exact->in[0][i + (k - (gint64) c) * (gint64) lanes.inner];

          squares += x * x;
        }
      exact->out[0][i] = response_one (reals, exact->in[0][i], squares, size);
    }
}

#define NORM .category = ANF_CAT_NORM, .flops = norm_flops
#define AXIS .kind = ANF_ATTR_INT, .preset = "-1", .doc = "The axis to work along"
#define EPS(value) { .name = "eps", .kind = ANF_ATTR_REAL, .preset = value, .max = 1e4, \
                     .doc = "Added inside the root" }
#define X(words) .in = { { "x", ANF_REQUIRED, words } }
#define GAMMA { "gamma", ANF_REQUIRED, "Scale" }
#define BETA  { "beta", ANF_REQUIRED, "Shift" }
#define REALS .prepare = reals_prepare, .release = g_free
#define LANES REALS, .items = lane_items, .grain = 8, .reference = norm_reference

const AnfOp anf_ops_norm[] = {
  { .name = "softmax", .title = "Softmax", .onnx = "Softmax", .bound = anf_bound_one,
    .vjp = anf_vjp_softmax, .link = ANF_LINK_SOFTMAX,
    .positive = TRUE,
    .doc = "Exponentials that add up to 1 along an axis.", NORM, LANES, X ("Any shape"),
    .attr = { { .name = "axis", AXIS } }, .infer = axis_infer, .kernel = softmax_kernel,
    .reads = "softmax (axis = axis, x = x)",
    .mil = anf_mil_softmax,
    .sample = { .in = { { ANF_F16, 3, { 3, 11, 5 } } }, .attr = { { "axis", "1" } },
                .lo = -6, .hi = 6 } },
  { .name = "layer_norm", .title = "Layer norm", .bound = anf_bound_normal,
    .vjp = anf_vjp_layer_norm, .unbaked = anf_unbaked_norm,
    .doc = "Each row centred and scaled to variance 1, times gamma, plus beta.", NORM, LANES,
    X ("Rows by features"), .role = { GAMMA, BETA }, .attr = { EPS ("1e-5") },
    .infer = rows_infer, .kernel = layer_kernel,
    .reads = anf_reads_layer_norm, .take = anf_take_layer_norm,
    .mil = anf_mil_layer_norm,
    .sample = { .in = { { ANF_F16, 2, { 5, 48 } } },
                .role = { { ANF_F16, 1, { 48 } }, { ANF_F16, 1, { 48 } } }, .lo = -2, .hi = 2 } },
  { .name = "rms_norm", .title = "RMS norm", .bound = anf_bound_normal,
    .vjp = anf_vjp_rms_norm, .unbaked = anf_unbaked_norm,
    .doc = "Each row divided by its root mean square, times gamma.", NORM, LANES,
    X ("Rows by features"), .role = { GAMMA }, .attr = { EPS ("1e-5") },
    .infer = rows_infer, .kernel = rms_kernel,
    .reads = anf_reads_rms_norm, .take = anf_take_rms_norm,
    .mil = anf_mil_rms_norm,
    .sample = { .in = { { ANF_F16, 2, { 5, 48 } } }, .role = { { ANF_F16, 1, { 48 } } },
                .lo = -2, .hi = 2 } },
  { .name = "l2_norm", .title = "L2 norm", .doc = "Divided by its length along an axis.", NORM,
    .vjp = anf_vjp_l2_norm,
    .bound = anf_bound_one,
    LANES, X ("Any shape"), .attr = { { .name = "axis", AXIS }, EPS ("1e-12") },
    .infer = axis_infer, .kernel = l2_kernel,
    .reads = anf_reads_l2_norm, .take = anf_take_l2_norm,
    .mil = anf_mil_l2_norm,
    .sample = { .in = { { ANF_F16, 3, { 3, 11, 5 } } }, .attr = { { "axis", "1" } },
                .lo = -6, .hi = 6 } },
  { .name = "channel_layer_norm", .title = "Channel layer norm", .bound = anf_bound_normal,
    .vjp = anf_vjp_layer_norm, .unbaked = anf_unbaked_norm,
    .doc = "Layer norm over the channels of [N, C, 1, S].", NORM, LANES,
    X ("N, channels, 1, positions"), .role = { GAMMA, BETA }, .attr = { EPS ("1e-5") },
    .infer = channel_infer, .kernel = layer_kernel,
    .reads = anf_reads_layer_norm, .take = anf_take_layer_norm,
    .mil = anf_mil_layer_norm,
    .sample = { .in = { { ANF_F16, 4, { 2, 24, 1, 7 } } },
                .role = { { ANF_F16, 1, { 24 } }, { ANF_F16, 1, { 24 } } }, .lo = -2, .hi = 2 } },
  { .name = "group_norm", .title = "Group norm", .bound = anf_bound_normal,
    .vjp = anf_vjp_group_norm, .unbaked = anf_unbaked_norm,
    .doc = "Groups of channels centred and scaled together.", NORM,
    X ("1, channels, height, width"),
    .role = { GAMMA, BETA },
    .attr = { { .name = "groups", .kind = ANF_ATTR_INT, .min = 1, .max = G_MAXINT,
                .doc = "Channels are cut into this many parts" }, EPS ("1e-5") },
    .infer = group_infer, .guard = group_guard, .items = group_items, REALS,
    .kernel = group_kernel,
    .reference = group_reference, .grain = 1,
    .reads = anf_reads_group_norm, .take = anf_take_group_norm,
    .mil = anf_mil_group_norm,
    .sample = { .in = { { ANF_F16, 4, { 1, 6, 5, 4 } } }, .attr = { { "groups", "3" } },
                .role = { { ANF_F16, 1, { 6 } }, { ANF_F16, 1, { 6 } } }, .lo = -2, .hi = 2 } },
  { .name = "instance_norm", .title = "Instance norm", .onnx = "InstanceNormalization",
    .vjp = anf_vjp_instance_norm, .unbaked = anf_unbaked_norm,
    .bound = anf_bound_normal,
    .doc = "Each channel of each image centred and scaled.", NORM,
    X ("N, channels, height, width"), .role = { GAMMA, BETA }, .attr = { EPS ("1e-5") },
    .infer = instance_infer, .items = group_items, REALS,
    .kernel = group_kernel,
    .reference = group_reference, .grain = 1,
    .reads = "* (x = x, gamma = gamma, beta = beta, [epsilon = eps])",
    .mil = anf_mil_statistics,
    .sample = { .in = { { ANF_F16, 4, { 2, 3, 5, 4 } } },
                .role = { { ANF_F16, 1, { 3 } }, { ANF_F16, 1, { 3 } } }, .lo = -2, .hi = 2 } },
  { .name = "batch_norm", .title = "Batch norm", .onnx = "BatchNormalization",
    .vjp = anf_vjp_batch_norm, .unbaked = anf_unbaked_norm,
    .bound = anf_bound_batch,
    .doc = "Each channel centred and scaled by statistics known beforehand.", NORM,
    X ("Rank 3 to 5; channels on axis 1"),
    .role = { GAMMA, BETA, { "mean", ANF_REQUIRED, "Mean" },
              { "variance", ANF_REQUIRED, "Variance" } },
    .attr = { EPS ("1e-5") }, .infer = batch_infer, .prepare = batch_prepare, .release = g_free,
    .kernel = batch_kernel, .reference = batch_reference,
    .reads = "* (x = x, gamma = gamma, beta = beta, mean = mean, variance = variance,"
             " [epsilon = eps])",
    .mil = anf_mil_statistics,
    .sample = { .in = { { ANF_F16, 4, { 2, 3, 5, 4 } } },
                .role = { { ANF_F16, 1, { 3 } }, { ANF_F16, 1, { 3 } }, { ANF_F16, 1, { 3 } },
                          { ANF_F16, 1, { 3 } } }, .lo = 0.5, .hi = 2 } },
  { .name = "local_response_norm", .title = "Local response norm", .onnx = "LRN",
    .vjp = anf_vjp_local_response_norm,
    .bound = anf_bound_response,
    .doc = "Divided by a power of the squares of neighbouring channels.", NORM,
    X ("N, channels, height, width"),
    .attr = { { .name = "size", .kind = ANF_ATTR_INT, .preset = "5", .min = 1, .max = G_MAXINT,
                .doc = "Channels in the window" },
              { .name = "alpha", .kind = ANF_ATTR_REAL, .preset = "0.0001", .doc = "Weight" },
              { .name = "beta", .kind = ANF_ATTR_REAL, .preset = "0.75", .doc = "Power" },
              { .name = "k", .kind = ANF_ATTR_REAL, .preset = "1", .doc = "Added to the sum" } },
    .infer = response_infer, REALS, .items = response_items, .kernel = response_kernel,
    .reference = response_reference, .grain = 64,
    .reads = "* (alpha = alpha, beta = beta, k = k, size = size, x = x)",
    .mil = anf_mil_response_norm, .core_ml = anf_mil_response,
    .sample = { .in = { { ANF_F16, 4, { 2, 7, 3, 4 } } }, .attr = { { "alpha", "0.5" } },
                .lo = -2, .hi = 2 } },
  { NULL }
};
