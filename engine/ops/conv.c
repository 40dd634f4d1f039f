/* conv.c - convolutions of images: with weights, transposed, or with a kernel of another node. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"
#include "ops/risk.h"
#include "ops/unbaked.h"
#include "num/dnnl.h"
#include "num/lanes.h"

/* No chip takes a wider kernel; those before the A16 take two columns less. */
#define MAX_KERNEL_WIDTH 15
#define OLD_KERNEL_WIDTH 13
#define A16_FAMILY       5

typedef struct
{
  AnfConvSpec spec;
  AnfDnnl    *dnnl;
  AnfDnnl    *direct;              /* what dnnl is if it is not Winograd's: made when needed */
  AnfResult   result;
} Conv;

/* What a kernel needs of a node whose rule has passed. */
static void
describe (AnfConvSpec *spec, const AnfNode *node, const AnfType *x, const AnfType *out,
          const gint64 *weight)
{
  gint64 pad[4];

  anf_node_ints_n (node, "stride", 2, spec->stride);
  anf_node_ints_n (node, "dilation", 2, spec->dilation);
  anf_node_ints_n (node, "pad", 4, pad);
  spec->pad[0] = pad[0];
  spec->pad[1] = pad[1];
  spec->pad[2] = pad[2];
  spec->pad[3] = pad[3];
  spec->groups = anf_node_int (node, "groups");
  spec->n = x->dim[0];
  spec->cin = x->dim[1];
  spec->h = x->dim[2];
  spec->w = x->dim[3];
  spec->cout = out->dim[1];
  spec->out_h = out->dim[2];
  spec->out_w = out->dim[3];
  spec->kh = weight[2];
  spec->kw = weight[3];
}

static void
weight_shape (const AnfNode *node, const AnfType *const *in, AnfTensor *const *weight, gint64 *dim)
{
  for (guint i = 0; i < 4; i++)
    dim[i] = anf_op_n_roles (node->op) > 0 ? anf_tensor_dim (weight[0], i) : in[1]->dim[i];
}

/* ---- shape rules */

static gboolean
attributes (AnfShapes *self, gint64 *stride, gint64 *pad, gint64 *dilation, gint64 *groups)
{
  return anf_shapes_ints (self, "stride", 2, 1, stride)
         && anf_shapes_ints (self, "pad", 4, 0, pad)
         && anf_shapes_ints (self, "dilation", 2, 1, dilation)
         && anf_shapes_ints (self, "groups", 1, 1, groups);
}

static gboolean
kernel_fits (AnfShapes *self, gint64 width)
{
  if (width <= MAX_KERNEL_WIDTH)
    return TRUE;
  return anf_shapes_refuse (self, "LIM101", "weight", "Split the kernel, or turn it on its side.",
                            "The kernel of %s is %" G_GINT64_FORMAT " wide; 15 is the most.",
                            self->node->name, width);
}

static gboolean
channels_match (AnfShapes *self, gint64 cin, gint64 own, gint64 groups)
{
  if (own * groups == cin)
    return TRUE;
  return anf_shapes_refuse (self, "SHP103", "x",
                            "Channels of x must be those of the weight times groups.",
                            groups == 1
                              ? "\"x\" of %s has %" G_GINT64_FORMAT
                                " channels; the weight takes %" G_GINT64_FORMAT "."
                              : "\"x\" of %s has %" G_GINT64_FORMAT
                                " channels; the weight takes %" G_GINT64_FORMAT
                                " in each of %" G_GINT64_FORMAT " groups.",
                            self->node->name, cin, own, groups);
}

static gboolean
groups_divide (AnfShapes *self, const char *what, gint64 channels, gint64 groups)
{
  if (channels % groups == 0)
    return TRUE;
  return anf_shapes_refuse (self, "SHP110", "groups", "Use a divisor of the channels.",
                            "%s has %" G_GINT64_FORMAT " %s channels, which %" G_GINT64_FORMAT
                            " groups do not divide.", self->node->name, channels, what, groups);
}

static gboolean
conv_shape (AnfShapes *self, const gint64 *weight)
{
  gint64 stride[2], pad[4], dilation[2], groups, dim[4] = { self->in[0]->dim[0], weight[0] };

  if (!attributes (self, stride, pad, dilation, &groups) || !kernel_fits (self, weight[3])
      || !channels_match (self, self->in[0]->dim[1], weight[1], groups)
      || !groups_divide (self, "output", weight[0], groups))
    return FALSE;
  for (guint i = 0; i < 2; i++)
    {
      gint64 room = self->in[0]->dim[2 + i] + pad[2 * i] + pad[2 * i + 1];
      gint64 reach = dilation[i] * (weight[2 + i] - 1) + 1;

      if (room < reach)
        return anf_shapes_refuse (self, "SHP104", "x", "Use more padding or a smaller kernel.",
                                  "The %s of \"x\" of %s is %d, %" G_GINT64_FORMAT " with "
                                  "padding, but the kernel spans %" G_GINT64_FORMAT ".",
                                  i == 0 ? "height" : "width", self->node->name,
                                  self->in[0]->dim[2 + i], room, reach);
      dim[2 + i] = (room - reach) / stride[i] + 1;
    }
  return anf_shapes_set (self, 0, ANF_F16, 4, dim);
}

static gboolean
conv_infer (AnfShapes *self)
{
  gint64 dim[4];

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4)
      || !anf_shapes_weight (self, 0, 4, (gint64[]) { -1, -1, -1, -1 }))
    return FALSE;
  weight_shape (self->node, self->in, self->weight, dim);
  return anf_shapes_optional (self, 1, 1, dim) && conv_shape (self, dim);
}

static gboolean
dynamic_infer (AnfShapes *self)
{
  gint64 dim[4];

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4)
      || !anf_shapes_is (self, 1, ANF_F16) || !anf_shapes_rank (self, 1, 4, 4))
    return FALSE;
  if (self->in[0]->dim[0] != 1)
    return anf_shapes_refuse (self, "SHP112", "x", "Run the batch one by one.",
                              "\"x\" of %s has a batch of %d; a weight given at run time takes 1.",
                              self->node->name, self->in[0]->dim[0]);
  weight_shape (self->node, self->in, self->weight, dim);
  return conv_shape (self, dim);
}

static gboolean
transpose_infer (AnfShapes *self)
{
  gint64 weight[4], stride[2], pad[4], dilation[2], groups, dim[4];

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4)
      || !anf_shapes_weight (self, 0, 4, (gint64[]) { self->in[0]->dim[1], -1, -1, -1 })
      || !attributes (self, stride, pad, dilation, &groups))
    return FALSE;
  weight_shape (self->node, self->in, self->weight, weight);
  dim[0] = self->in[0]->dim[0];
  dim[1] = weight[1] * groups;
  if (!kernel_fits (self, weight[3]) || !groups_divide (self, "input", weight[0], groups)
      || !anf_shapes_optional (self, 1, 1, &dim[1]))
    return FALSE;
  for (guint i = 0; i < 2; i++)
    dim[2 + i] = (self->in[0]->dim[2 + i] - 1) * stride[i] - pad[2 * i] - pad[2 * i + 1]
                 + dilation[i] * (weight[2 + i] - 1) + 1;
  return anf_shapes_set (self, 0, ANF_F16, 4, dim);
}

static char *
width_guard (const AnfShapes *shapes, guint family)
{
  gint64 dim[4];

  weight_shape (shapes->node, shapes->in, shapes->weight, dim);
  if (family >= A16_FAMILY || dim[3] <= OLD_KERNEL_WIDTH)
    return NULL;
  return g_strdup_printf ("The kernel of %s is %d wide; this chip takes %d at most.",
                          shapes->node->name, (int) dim[3], OLD_KERNEL_WIDTH);
}

static double
conv_flops (const AnfShapes *shapes)
{
  gint64 dim[4];

  weight_shape (shapes->node, shapes->in, shapes->weight, dim);
  return 2.0 * anf_type_elements (&shapes->out[0]) * dim[1] * dim[2] * dim[3];
}

static double
transpose_flops (const AnfShapes *shapes)
{
  gint64 dim[4];

  weight_shape (shapes->node, shapes->in, shapes->weight, dim);
  return 2.0 * anf_type_elements (shapes->in[0]) * dim[1] * dim[2] * dim[3];
}

/* ---- one output by its definition; with numbers for the reference, with edge rules for repairs */

/* Visits the taps of output (b, c, y, x), input channel fastest, then column, then row: indices
 * into x (-1: padding) and into the weight. */
typedef void (*Tap) (gint64 x, gint64 weight, gpointer data);

static gint64
source_of (const AnfConvSpec *s, guint axis, gint64 at, gint64 k)
{
  gint64 size = axis == 0 ? s->h : s->w, from;

  if (!s->transposed)
    from = at * s->stride[axis] - s->pad[2 * axis] + k * s->dilation[axis];
  else
    {
      from = at + s->pad[2 * axis] - k * s->dilation[axis];
      if (from < 0 || from % s->stride[axis] != 0)
        return -1;
      from /= s->stride[axis];
    }
  return from >= 0 && from < size ? from : -1;
}

static void
each_tap (const AnfConvSpec *s, gsize at, Tap tap, gpointer data)
{
  gint64 x = at % s->out_w, y = at / s->out_w % s->out_h;
  gint64 c = at / (s->out_w * s->out_h) % s->cout, b = at / (s->out_w * s->out_h * s->cout);
  gint64 out = s->cout / s->groups, in = s->cin / s->groups, group = c / out;

  for (gint64 i = 0; i < s->kh; i++)
    for (gint64 j = 0; j < s->kw; j++)
      {
        gint64 row = source_of (s, 0, y, i), column = source_of (s, 1, x, j);

        for (gint64 k = 0; k < in; k++)
          {
            gint64 channel = group * in + k;
            gint64 weight = s->transposed ? channel * out + c % out : c * in + k;

            tap (row < 0 || column < 0
                 ? -1 : ((b * s->cin + channel) * s->h + row) * s->w + column,
                 (weight * s->kh + i) * s->kw + j, data);
          }
      }
}

/* Place in memory of what would stand at @at if channels came before pixels; and back. */
static gsize
to_last (gsize at, gsize channels, gsize area)
{
  return (at / (channels * area) * area + at % area) * channels + at / area % channels;
}

static gsize
from_last (gsize at, gsize channels, gsize area)
{
  return to_last (at, area, channels);
}

typedef struct
{
  const AnfConvSpec *spec;
  const float       *x, *weight;
  double             sum;
  float             *term;
  gsize              n;
} Careful;

static void
careful_tap (gint64 x, gint64 weight, gpointer data)
{
  Careful *self = data;
  const AnfConvSpec *s = self->spec;
  double product = 0;

  if (x >= 0)
    product = anf_edge_mul (anf_edge_in (self->x[s->x_last ? to_last (x, s->cin, s->h * s->w)
                                                           : (gsize) x]),
                            anf_edge_in (self->weight[weight]));

  if (self->term != NULL)
    self->term[self->n++] = product;
  else
    self->sum = anf_edge_add (self->sum, product);
}

typedef struct { const double *x, *weight; double sum; } Exact;

static void
exact_tap (gint64 x, gint64 weight, gpointer data)
{
  Exact *self = data;

  if (x >= 0)
    self->sum += self->x[x] * self->weight[weight];
}

/* ---- the kernel */

static gboolean
conv_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  Conv *self = g_new0 (Conv, 1);
  gboolean baked = anf_op_n_roles (call->node->op) > 0;
  gint64 dim[4], taps;

  weight_shape (call->node, call->in_type, call->weight_tensor, dim);
  self->spec.transposed = call->node->op->infer == transpose_infer;
  describe (&self->spec, call->node, call->in_type[0], call->out_type, dim);
  self->spec.weight = baked ? call->weight[0] : NULL;
  self->spec.bias = baked ? call->weight[1] : NULL;
  self->spec.x_last = call->last_in & 1;
  self->spec.out_last = call->last_out;
  taps = self->spec.cin / self->spec.groups * dim[2] * dim[3];
  self->result = taps > 1 ? ANF_RESULT_PRODUCT : ANF_RESULT_PLAIN;
  *state = self;
  if (call->numerics == ANF_NUMERICS_LANES)
    return TRUE;
  self->spec.winograd = call->numerics == ANF_NUMERICS_ANE;
  self->dnnl = anf_dnnl_conv_new (&self->spec, error);
  return self->dnnl != NULL;
}

static void
conv_release (gpointer state)
{
  Conv *self = state;

  if (self != NULL)
    {
      anf_dnnl_free (self->dnnl);
      anf_dnnl_free (self->direct);
    }
  g_free (self);
}

static float
one_output (const AnfCall *call, gsize at, float *term)
{
  const Conv *self = call->state;
  const AnfConvSpec *s = &self->spec;
  Careful careful = { s, call->in[0], s->weight != NULL ? s->weight : call->in[1], .term = term };
  gsize channel;

  if (s->out_last)
    at = from_last (at, s->cout, s->out_h * s->out_w);
  channel = at / (s->out_h * s->out_w) % s->cout;
  each_tap (s, at, careful_tap, &careful);
  if (term != NULL)
    careful.sum = anf_lanes_sum (term, careful.n, self->result == ANF_RESULT_PRODUCT);
  return anf_edge_add (careful.sum, s->bias != NULL ? s->bias[channel] : 0);
}

/* Where IEEE's arithmetic came to NaN, the edge rules have another answer. */
static void
repair (const AnfCall *call, gsize begin, gsize end)
{
  for (gsize i = begin; i < end; i++)
    if (call->out[0][i] != call->out[0][i])
      call->out[0][i] = one_output (call, i, NULL);
}

static void
settle (gsize begin, gsize end, gpointer data)
{
  const AnfCall *call = data;
  const Conv *self = call->state;
  const AnfConvSpec *s = &self->spec;
  AnfFinish how = anf_call_finish (call, self->result);
  gboolean lanes = call->numerics == ANF_NUMERICS_LANES;
  g_autofree float *term = lanes ? g_new (float, s->cin / s->groups * s->kh * s->kw) : NULL;

  for (gsize i = begin; lanes && i < end; i++)
    call->out[0][i] = one_output (call, i, term);
  anf_settle (call, how, repair, begin, end);
}

/* Winograd's sums mix neighbouring pixels, which must not hand on what is not finite. */
static AnfDnnl *
fitting (Conv *self, const AnfCall *call)
{
  AnfConvSpec direct = self->spec;

  if (!anf_dnnl_is_winograd (self->dnnl)
      || anf_edge_all_finite (call->in[0], anf_type_elements (call->in_type[0])))
    return self->dnnl;
  direct.winograd = FALSE;
  if (self->direct == NULL)
    self->direct = anf_dnnl_conv_new (&direct, NULL);
  return self->direct != NULL ? self->direct : self->dnnl;
}

static void
conv_kernel (const AnfCall *call, gsize begin, gsize end)
{
  Conv *self = call->state;

  if (self->dnnl != NULL)
    anf_dnnl_run (fitting (self, call), call->in[0],
                  self->spec.weight == NULL ? call->in[1] : NULL, call->out[0]);
  if (call->numerics != ANF_NUMERICS_FP32 || call->settled != NULL)
    anf_parallel (end - begin, 16384, settle, (gpointer) call);
}

static void
conv_reference (const AnfExact *exact)
{
  gboolean baked = anf_op_n_roles (exact->node->op) > 0;
  gsize n = anf_type_elements (exact->out_type);
  AnfConvSpec spec = { .transposed = exact->node->op->infer == transpose_infer };
  gint64 dim[4];

  weight_shape (exact->node, exact->in_type, exact->weight_tensor, dim);
  describe (&spec, exact->node, exact->in_type[0], exact->out_type, dim);
  for (gsize i = 0; i < n; i++)
    {
      gsize channel = i / (spec.out_h * spec.out_w) % spec.cout;
      Exact sum = { exact->in[0], baked ? exact->weight[0] : exact->in[1] };

      each_tap (&spec, i, exact_tap, &sum);
      exact->out[0][i] = sum.sum + (baked && exact->weight[1] != NULL ? exact->weight[1][channel]
                                                                       : 0);
    }
}

/* A kernel from a wire comes in the order of its axes. */
static AnfLayout
conv_layout (const AnfCall *call)
{
  return anf_op_n_roles (call->node->op) > 0 ? ANF_LAYOUT_FREE : ANF_LAYOUT_PLAIN;
}

#define QUIRK "An output of 32768 or more becomes an infinity, if it has two taps or more."
#define CONV \
  .category = ANF_CAT_COMPUTE, .quirk = QUIRK, .prepare = conv_prepare, \
  .release = conv_release, .kernel = conv_kernel, .whole = TRUE, .settles = TRUE, \
  .reference = conv_reference, .guard = width_guard, .layout = conv_layout, \
  .attr = { { .name = "stride", .kind = ANF_ATTR_INTS, .preset = "1", .min = 1, .max = G_MAXINT, \
              .doc = "Step, one number or height, width" }, \
            { .name = "pad", .kind = ANF_ATTR_INTS, .preset = "0", .max = G_MAXINT, \
              .doc = "Zeros around, one number or top, bottom, left, right" }, \
            { .name = "dilation", .kind = ANF_ATTR_INTS, .preset = "1", .min = 1, \
              .max = G_MAXINT, .doc = "Step between taps, one number or height, width" }, \
            { .name = "groups", .kind = ANF_ATTR_INT, .preset = "1", .min = 1, .max = G_MAXINT, \
              .doc = "Channels are cut into this many parts" } }

const AnfOp anf_ops_conv[] = {
  { .name = "conv", .title = "Convolution", .onnx = "Conv", .bound = anf_bound_weighted,
    .vjp = anf_vjp_conv, .unbaked = anf_unbaked_conv,
    .doc = "Slides a small kernel over the image, plus bias.", CONV,
    .infer = conv_infer, .flops = conv_flops,
    .risk = anf_risk_product, .safer = anf_safer_product, .split = anf_split_conv,
    .in = { { "x", ANF_REQUIRED, "N, channels, height, width" } },
    .role = { { "weight", ANF_ENCODABLE, "Out, in / groups, height, width" },
              { "bias", ANF_OPTIONAL, "One per output channel" } },
    .reads = anf_reads_conv, .take = anf_take_window,
    .mil = anf_mil_conv,
    .sample = { .in = { { ANF_F16, 4, { 2, 4, 9, 8 } } },
                .role = { { ANF_F16, 4, { 6, 2, 3, 2 } }, { ANF_F16, 1, { 6 } } },
                .attr = { { "stride", "[2, 1]" }, { "pad", "[1, 2, 0, 1]" },
                          { "dilation", "[1, 2]" }, { "groups", "2" } }, .lo = -1, .hi = 1 } },
  { .name = "conv_transpose", .title = "Transposed convolution", .onnx = "ConvTranspose",
    .vjp = anf_vjp_conv_transpose, .unbaked = anf_unbaked_conv_transpose,
    .bound = anf_bound_turned,
    .doc = "Spreads each pixel through a kernel: makes images larger.", CONV,
    .infer = transpose_infer, .flops = transpose_flops,
    .in = { { "x", ANF_REQUIRED, "N, channels, height, width" } },
    .role = { { "weight", ANF_REQUIRED, "In, out / groups, height, width" },
              { "bias", ANF_OPTIONAL, "One per output channel" } },
    .reads = anf_reads_conv_transpose, .take = anf_take_window,
    .mil = anf_mil_conv,
    .sample = { .in = { { ANF_F16, 4, { 2, 4, 5, 4 } } },
                .role = { { ANF_F16, 4, { 4, 3, 3, 2 } }, { ANF_F16, 1, { 6 } } },
                .attr = { { "stride", "[2, 1]" }, { "pad", "[1, 0, 0, 1]" },
                          { "dilation", "[1, 2]" }, { "groups", "2" } }, .lo = -1, .hi = 1 } },
  { .name = "dynamic_conv", .title = "Dynamic convolution", .bound = anf_bound_window,
    .vjp = anf_vjp_dynamic_conv,
    .doc = "A convolution whose kernel another node computes.", CONV,
    .infer = dynamic_infer, .flops = conv_flops,
    .in = { { "x", ANF_REQUIRED, "1, channels, height, width" },
            { "weight", ANF_REQUIRED, "Out, in / groups, height, width" } },
    .reads = anf_reads_dynamic_conv, .take = anf_take_window,
    .mil = anf_mil_conv,
    .sample = { .in = { { ANF_F16, 4, { 1, 4, 7, 8 } }, { ANF_F16, 4, { 6, 2, 3, 3 } } },
                .attr = { { "stride", "2" }, { "pad", "1" }, { "groups", "2" } },
                .lo = -1, .hi = 1 } },
  { NULL }
};
