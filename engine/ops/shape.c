/* shape.c - one input, the same numbers in another shape or order. */
#include "ops/bound.h"
#include "ops/view.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"
#include "ops/risk.h"

/* Any kind of number but token ids may be moved about. */
static gboolean
movable (AnfShapes *self, guint port)
{
  return self->in[port]->dtype != ANF_I32 || anf_shapes_is (self, port, ANF_F16);
}

static gboolean
set_like (AnfShapes *self, guint rank, const gint64 *dim)
{
  return anf_shapes_set (self, 0, self->in[0]->dtype, rank, dim);
}

/* ---- contiguous: reshape, squeeze, expand_dims, flatten2d */

static gboolean
reshape_infer (AnfShapes *self)
{
  gint64 dim[ANF_MAX_TENSOR_RANK], n = 1;
  guint rank;

  if (!movable (self, 0)
      || !anf_shapes_list (self, "shape", ANF_MAX_TENSOR_RANK, 1, dim, &rank)
      || !set_like (self, rank, dim))
    return FALSE;
  for (guint i = 0; i < rank; i++)
    n *= dim[i];
  if (n != (gint64) anf_type_elements (self->in[0]))
    {
      g_autofree char *from = anf_type_to_string (self->in[0]);
      g_autofree char *to = anf_type_to_string (self->out);

      return anf_shapes_refuse (self, "SHP106", "shape", "Keep the number of elements.",
                                "\"x\" of %s is %s, %" G_GSIZE_FORMAT " elements; %s has %"
                                G_GINT64_FORMAT ".", self->node->name, from,
                                anf_type_elements (self->in[0]), to, n);
    }
  return TRUE;
}

static gboolean
reshape_identity (const AnfNode *node, const AnfNode *from, const AnfType *in, const AnfType *out)
{
  return anf_type_equal (in, out);
}

static gboolean
reshape_merge (const AnfNode *node, const AnfNode *below, GVariant **attr)
{
  return TRUE;                     /* the last shape counts */
}

static gboolean
squeeze_infer (AnfShapes *self)
{
  gint64 axes[ANF_MAX_RANK], dim[ANF_MAX_RANK];
  guint n, rank = 0, gone = 0;

  if (!movable (self, 0) || !anf_shapes_axes (self, "axes", self->in[0]->rank, axes, &n))
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      if (self->in[0]->dim[axes[i]] != 1)
        return anf_shapes_refuse (self, "SHP112", "axes", "Only axes of size 1 can be dropped.",
                                  "Axis %" G_GINT64_FORMAT " of \"x\" of %s has size %d.", axes[i],
                                  self->node->name, self->in[0]->dim[axes[i]]);
      gone |= 1u << axes[i];
    }
  for (guint i = 0; i < self->in[0]->rank; i++)
    if (!(gone & 1u << i))
      dim[rank++] = self->in[0]->dim[i];
  return set_like (self, rank, dim);
}

static gboolean
expand_infer (AnfShapes *self)
{
  gint64 axes[ANF_MAX_RANK], dim[2 * ANF_MAX_RANK];
  guint n = 0, rank, fresh = 0, from = 0;

  /* The axes count in the result, whose rank depends on how many they are. */
  rank = self->in[0]->rank + anf_node_ints (self->node, "axes", axes, 0);
  if (rank > ANF_MAX_RANK)
    {
      for (guint i = 0; i < MIN (rank, ANF_MAX_TENSOR_RANK); i++)
        dim[i] = i < self->in[0]->rank ? self->in[0]->dim[i] : 1;
      return set_like (self, rank, dim);
    }
  if (!movable (self, 0) || !anf_shapes_axes (self, "axes", rank, axes, &n))
    return FALSE;
  for (guint i = 0; i < n; i++)
    fresh |= 1u << axes[i];
  for (guint i = 0; i < rank; i++)
    dim[i] = fresh & 1u << i ? 1 : self->in[0]->dim[from++];
  return set_like (self, rank, dim);
}

static gboolean
flatten_infer (AnfShapes *self)
{
  gint64 dim[2] = { 1, 1 }, axis = anf_node_int (self->node, "axis");
  guint rank = self->in[0]->rank;

  if (!movable (self, 0))
    return FALSE;
  axis += axis < 0 ? rank : 0;
  if (axis < 0 || axis > rank)
    return anf_shapes_refuse (self, "ATR114", "axis", "Axes count from 0 to the rank.",
                              "\"axis\" of %s is %" G_GINT64_FORMAT ", outside 0 to %u.",
                              self->node->name, anf_node_int (self->node, "axis"), rank);
  for (guint i = 0; i < rank; i++)
    dim[i >= axis] *= self->in[0]->dim[i];
  return set_like (self, 2, dim);
}

/* ---- transpose, reverse, tile */

static gboolean
transpose_infer (AnfShapes *self)
{
  gint64 perm[ANF_MAX_RANK], dim[ANF_MAX_RANK];
  guint n;

  if (!movable (self, 0) || !anf_shapes_axes (self, "perm", self->in[0]->rank, perm, &n))
    return FALSE;
  if (n != self->in[0]->rank)
    return anf_shapes_refuse (self, "ATR113", "perm", "Name every axis once.",
                              "\"perm\" of %s has %u axes; \"x\" has %u.", self->node->name, n,
                              self->in[0]->rank);
  for (guint i = 0; i < n; i++)
    dim[i] = self->in[0]->dim[perm[i]];
  return set_like (self, n, dim);
}

/* Fills @perm without negative axes; returns the rank. */
static guint
perm_of (const AnfNode *node, gint64 *perm)
{
  guint n = anf_node_ints (node, "perm", perm, ANF_MAX_RANK);

  for (guint i = 0; i < n; i++)
    perm[i] += perm[i] < 0 ? n : 0;
  return n;
}

static gboolean
transpose_identity (const AnfNode *node, const AnfNode *from, const AnfType *in,
                    const AnfType *out)
{
  gint64 perm[ANF_MAX_RANK];
  guint n = perm_of (node, perm);

  for (guint i = 0; i < n; i++)
    if (perm[i] != i)
      return FALSE;
  return TRUE;
}

static gboolean
transpose_merge (const AnfNode *node, const AnfNode *below, GVariant **attr)
{
  gint64 outer[ANF_MAX_RANK], inner[ANF_MAX_RANK], both[ANF_MAX_RANK];
  guint n = perm_of (node, outer);

  perm_of (below, inner);
  for (guint i = 0; i < n; i++)
    both[i] = inner[outer[i]];
  attr[anf_op_find_attr (node->op, "perm")] =
    g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, both, n, sizeof *both);
  return TRUE;
}

static void
transpose_view (AnfView *view, const AnfNode *node, const AnfType *in, const AnfType *out)
{
  gint64 perm[ANF_MAX_RANK];
  gsize dim[ANF_MAX_RANK];
  guint order[ANF_MAX_RANK];

  anf_node_ints (node, "perm", perm, ANF_MAX_RANK);
  for (guint i = 0; i < in->rank; i++)
    {
      dim[i] = in->dim[i];
      order[i] = perm[i] < 0 ? perm[i] + in->rank : perm[i];
    }
  anf_view_permute (view, in->rank, dim, order);
}

static gboolean
reverse_infer (AnfShapes *self)
{
  gint64 axes[ANF_MAX_RANK];
  guint n;

  if (!movable (self, 0) || !anf_shapes_axes (self, "axes", self->in[0]->rank, axes, &n))
    return FALSE;
  self->out[0] = *self->in[0];
  return TRUE;
}

static void
reverse_view (AnfView *view, const AnfNode *node, const AnfType *in, const AnfType *out)
{
  gint64 axes[ANF_MAX_RANK];
  guint n = anf_node_ints (node, "axes", axes, ANF_MAX_RANK);

  anf_view_plain (view, in);
  for (guint i = 0; i < n; i++)
    {
      guint axis = axes[i] < 0 ? axes[i] + in->rank : axes[i];

      view->offset += (in->dim[axis] - 1) * view->stride[axis];
      view->stride[axis] = -view->stride[axis];
    }
}

static gboolean
tile_infer (AnfShapes *self)
{
  gint64 reps[ANF_MAX_RANK], dim[ANF_MAX_RANK];
  guint n, rank = self->in[0]->rank;

  if (!movable (self, 0) || !anf_shapes_list (self, "reps", ANF_MAX_RANK, 1, reps, &n))
    return FALSE;
  if (n != rank)
    return anf_shapes_refuse (self, "ATR113", "reps", "Give one number per axis.",
                              "\"reps\" of %s has %u values; \"x\" has %u axes.",
                              self->node->name, n, rank);
  for (guint i = 0; i < rank; i++)
    {
      if (reps[i] > G_MAXINT32)
        return anf_shapes_refuse (self, "ATR112", "reps", "Use a smaller value.",
                                  "\"reps\" of %s is %" G_GINT64_FORMAT ", more than can be held.",
                                  self->node->name, reps[i]);
      dim[i] = self->in[0]->dim[i] * reps[i];
    }
  return set_like (self, rank, dim);
}

static void
tile_view (AnfView *view, const AnfNode *node, const AnfType *in, const AnfType *out)
{
  AnfView plain;

  anf_view_plain (&plain, in);
  *view = (AnfView) { .rank = 2 * in->rank };
  for (guint i = 0; i < in->rank; i++)
    {
      view->dim[2 * i] = out->dim[i] / in->dim[i];
      view->dim[2 * i + 1] = in->dim[i];
      view->stride[2 * i + 1] = plain.stride[i];
    }
}

/* ---- parts: slice_by_size, crop */

static gboolean
slice_infer (AnfShapes *self)
{
  gint64 begin[ANF_MAX_RANK], size[ANF_MAX_RANK];
  guint n[2], rank = self->in[0]->rank;

  if (!movable (self, 0) || !anf_shapes_list (self, "begin", ANF_MAX_RANK, 0, begin, &n[0])
      || !anf_shapes_list (self, "size", ANF_MAX_RANK, 1, size, &n[1]))
    return FALSE;
  for (guint k = 0; k < 2; k++)
    if (n[k] != rank)
      return anf_shapes_refuse (self, "ATR113", k == 0 ? "begin" : "size",
                                "Give one number per axis.",
                                "\"%s\" of %s has %u values; \"x\" has %u axes.",
                                k == 0 ? "begin" : "size", self->node->name, n[k], rank);
  for (guint i = 0; i < rank; i++)
    if (begin[i] > self->in[0]->dim[i] || size[i] > self->in[0]->dim[i] - begin[i])
      return anf_shapes_refuse (self, "SHP111", "size", "Take a part that is inside.",
                                "%s takes %" G_GINT64_FORMAT " from %" G_GINT64_FORMAT
                                " on axis %u, which has %d.", self->node->name, size[i], begin[i],
                                i, self->in[0]->dim[i]);
  return set_like (self, rank, size);
}

static void
slice_view (AnfView *view, const AnfNode *node, const AnfType *in, const AnfType *out)
{
  gint64 begin[ANF_MAX_RANK] = { 0 };

  anf_node_ints (node, "begin", begin, ANF_MAX_RANK);
  anf_view_plain (view, in);
  for (guint i = 0; i < in->rank; i++)
    {
      view->offset += begin[i] * view->stride[i];
      view->dim[i] = out->dim[i];
    }
}

/* On the A13 and A14 a slice that begins inside the last axis goes through a step that multiplies
 * by 16: what then exceeds 65504 is lost (measured on M1 and M2; gone on the A16). */
#define SHIFTED_SLICE_LIMIT 4094
#define LAST_SHIFTED_FAMILY 3

static void
slice_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const AnfType *in = call->in_type[0];
  gint64 from[ANF_MAX_RANK] = { 0 };
  float *out = call->out[0];

  anf_view_kernel (call, begin, end);
  anf_node_ints (call->node, "begin", from, ANF_MAX_RANK);
  if (call->numerics == ANF_NUMERICS_FP32 || call->family > LAST_SHIFTED_FAMILY || in->rank == 0
      || from[in->rank - 1] == 0)
    return;
  for (gsize i = begin; i < end; i++)
    if (fabsf (out[i]) > SHIFTED_SLICE_LIMIT)
      out[i] = copysignf (INFINITY, out[i]);
}

static const char *const crops[] = { "top", "bottom", "left", "right" };

static gboolean
crop_infer (AnfShapes *self)
{
  gint64 edge[4], dim[4];

  if (!movable (self, 0) || !anf_shapes_rank (self, 0, 4, 4))
    return FALSE;
  for (guint i = 0; i < 4; i++)
    {
      dim[i] = self->in[0]->dim[i];
      if (!anf_shapes_ints (self, crops[i], 1, 0, &edge[i]))
        return FALSE;
    }
  dim[2] -= edge[0] + edge[1];
  dim[3] -= edge[2] + edge[3];
  return set_like (self, 4, dim);
}

static void
crop_view (AnfView *view, const AnfNode *node, const AnfType *in, const AnfType *out)
{
  anf_view_plain (view, in);
  view->offset = anf_node_int (node, "top") * view->stride[2]
                 + anf_node_int (node, "left") * view->stride[3];
  view->dim[2] = out->dim[2];
  view->dim[3] = out->dim[3];
}

/* ---- what each row's view is made by */

#define DEFINE_VIEW(name) \
static gboolean \
name##_prepare (const AnfCall *call, gpointer *state, GError **error) \
{ \
  return anf_view_prepare (call, name##_view, state); \
} \
static void \
name##_reference (const AnfExact *exact) \
{ \
  anf_view_reference (exact, name##_view); \
}

DEFINE_VIEW (transpose)
DEFINE_VIEW (reverse)
DEFINE_VIEW (tile)
DEFINE_VIEW (slice)
DEFINE_VIEW (crop)

#define PLAIN .category = ANF_CAT_SHAPE, .in = { { "x", ANF_REQUIRED, "Any shape" } }
#define SHAPE PLAIN, .bound = anf_bound_same
#define COPY SHAPE, .kernel = anf_kernel_copy, .reference = anf_reference_copy
#define VIEW(name) SHAPE, .infer = name##_infer, .prepare = name##_prepare, .release = g_free, \
                   .kernel = anf_view_kernel, .reference = name##_reference
#define INTS(called, words) .attr = { { .name = called, .kind = ANF_ATTR_INTS, .doc = words } }
#define SAMPLE(one, text) .sample = { .in = { { ANF_F16, 4, { 2, 3, 4, 5 } } }, \
                                      .attr = { { one, text } }, .lo = -4, .hi = 4 }
#define EDGE(called) { .name = called, .kind = ANF_ATTR_INT, .preset = "0", .max = G_MAXINT, \
                       .doc = "Rows or columns to drop there" }

const AnfOp anf_ops_shape[] = {
  { .name = "reshape", .title = "Reshape", .onnx = "Reshape",
    .vjp = anf_vjp_reshape,
    .doc = "The same numbers in another shape.", COPY, .infer = reshape_infer,
    .identity = reshape_identity, .merge = reshape_merge,
    .reads = "reshape (shape = shape, x = x)", .take = anf_take_reshape,
    INTS ("shape", "Size of each axis"), .mil = anf_mil_reshape, SAMPLE ("shape", "[6, 20]") },
  { .name = "transpose", .title = "Transpose", .onnx = "Transpose",
    .vjp = anf_vjp_transpose,
    .doc = "Axes in another order.", VIEW (transpose), .moves = TRUE,
    .identity = transpose_identity, .merge = transpose_merge,
    INTS ("perm", "Which axis comes at each place"),
    .reads = "transpose (perm = perm, x = x)",
    .mil = anf_mil_transpose, SAMPLE ("perm", "[0, 3, 1, -2]") },
  { .name = "expand_dims", .title = "Add axes", .onnx = "Unsqueeze",
    .vjp = anf_vjp_reshape,
    .doc = "New axes of size 1.", COPY, .infer = expand_infer,
    INTS ("axes", "Where they are in the result"),
    .reads = "* (axes = axes, x = x)",
    .mil = anf_mil_axes,
    .sample = { .in = { { ANF_F16, 2, { 3, 5 } } }, .attr = { { "axes", "[0, 2]" } },
                .lo = -4, .hi = 4 } },
  { .name = "squeeze", .title = "Drop axes", .onnx = "Squeeze",
    .vjp = anf_vjp_reshape,
    .doc = "Axes of size 1 left out.", COPY, .infer = squeeze_infer,
    INTS ("axes", "Which to leave out"),
    .reads = "* (axes = axes, x = x)",
    .mil = anf_mil_axes,
    .sample = { .in = { { ANF_F16, 4, { 1, 3, 1, 5 } } }, .attr = { { "axes", "[0, -2]" } },
                .lo = -4, .hi = 4 } },
  { .name = "flatten2d", .title = "Flatten", .onnx = "Flatten",
    .vjp = anf_vjp_reshape,
    .doc = "Axes before and from one on merged into two.", COPY, .infer = flatten_infer,
    .attr = { { .name = "axis", .kind = ANF_ATTR_INT, .preset = "1",
                .doc = "First axis of the second part" } },
    .reads = "* (axis = axis, x = x)",
    .mil = anf_mil_flatten, SAMPLE ("axis", "2") },
  { .name = "slice_by_size", .title = "Slice", .doc = "A part: from begin, of size.", PLAIN,
    .vjp = anf_vjp_slice,
    .bound = anf_bound_slice, .risk = anf_risk_slice, .safer = anf_safer_slice,
    .quirk = "Before the A15, magnitudes above 4094 are lost if it begins inside the last axis.",
    .infer = slice_infer, .prepare = slice_prepare, .release = g_free, .kernel = slice_kernel,
    .reference = slice_reference,
    .attr = { { .name = "begin", .kind = ANF_ATTR_INTS, .doc = "First element on each axis" },
              { .name = "size", .kind = ANF_ATTR_INTS, .doc = "Elements on each axis" } },
    .reads = anf_reads_slice, .take = anf_take_slice,
    .mil = anf_mil_slice,
    .sample = { .in = { { ANF_F16, 3, { 4, 5, 6 } } },
                .attr = { { "begin", "[1, 0, 2]" }, { "size", "[2, 5, 3]" } },
                .lo = -4, .hi = 4 } },
  { .name = "crop", .title = "Crop", .doc = "An image without its borders.", VIEW (crop),
    .vjp = anf_vjp_crop,
    .attr = { EDGE ("top"), EDGE ("bottom"), EDGE ("left"), EDGE ("right") },
    .reads = "* (crop_height = {top, bottom}, crop_width = {left, right}, x = x)",
    .mil = anf_mil_crop,
    .sample = { .in = { { ANF_F16, 4, { 2, 3, 5, 6 } } },
                .attr = { { "top", "1" }, { "left", "2" }, { "right", "1" } },
                .lo = -4, .hi = 4 } },
  { .name = "reverse", .title = "Reverse", .doc = "Axes run backwards.", VIEW (reverse),
    .vjp = anf_vjp_reverse,
    .reads = "* (axes = axes, x = x)",
    INTS ("axes", "Which to turn round"), .mil = anf_mil_axes, SAMPLE ("axes", "[1, -1]") },
  { .name = "tile", .title = "Tile", .onnx = "Tile", .doc = "Copies side by side.", VIEW (tile),
    .vjp = anf_vjp_tile,
    .quirk = "The device repeats 2, 3, 4 or 8 times only.",
    INTS ("reps", "Copies along each axis"),
    .reads = "* (reps = reps, x = x)",
    .mil = anf_mil_tile, SAMPLE ("reps", "[1, 2, 1, 3]") },
  { NULL }
};
