/* join.c - several values into one, one into several, and picking along an axis. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"
#include "ops/risk.h"

#include <string.h>

/* More parts than this is a mistake, and every part is a port on the canvas. */
#define MAX_PARTS 256

/* ---- concat and stack: the result is [outer, sum of the parts' lengths]; item = element */

static gboolean
same_but (AnfShapes *self, guint port, int axis)
{
  const AnfType *a = self->in[0], *b = self->in[port];
  gboolean good = a->rank == b->rank && a->dtype == b->dtype;

  for (guint i = 0; good && i < a->rank; i++)
    good = (int) i == axis || a->dim[i] == b->dim[i];
  if (!good)
    {
      g_autofree char *one = anf_type_to_string (a), *two = anf_type_to_string (b);

      anf_shapes_refuse (self, "SHP107", anf_shapes_port (self, port),
                         axis < 0 ? "Give all inputs the same shape."
                                  : "Only the joined axis may differ.",
                         "Input %u of %s is %s %s, input 0 is %s %s.", port, self->node->name, two,
                         anf_dtype_name (b->dtype), one, anf_dtype_name (a->dtype));
    }
  return good;
}

static gboolean
concat_infer (AnfShapes *self)
{
  gint64 dim[ANF_MAX_RANK];
  guint axis;

  if (!anf_shapes_axis (self, "axis", self->in[0]->rank, &axis))
    return FALSE;
  for (guint i = 0; i < self->in[0]->rank; i++)
    dim[i] = self->in[0]->dim[i];
  for (guint t = 1; t < self->n_in; t++)
    {
      if (!same_but (self, t, axis))
        return FALSE;
      dim[axis] += self->in[t]->dim[axis];
    }
  return anf_shapes_set (self, 0, self->in[0]->dtype, self->in[0]->rank, dim);
}

static gboolean
stack_infer (AnfShapes *self)
{
  gint64 dim[ANF_MAX_RANK + 1];
  guint rank = self->in[0]->rank + 1, axis;

  if (!anf_shapes_axis (self, "axis", rank, &axis))
    return FALSE;
  for (guint t = 1; t < self->n_in; t++)
    if (!same_but (self, t, -1))
      return FALSE;
  for (guint i = 0, from = 0; i < rank; i++)
    dim[i] = i == axis ? self->n_in : (guint) self->in[0]->dim[from++];
  return anf_shapes_set (self, 0, self->in[0]->dtype, rank, dim);
}

/* Elements of each part that lie together. */
static gsize
part_length (const AnfType *part, guint axis)
{
  gsize n = 1;

  for (guint i = axis; i < part->rank; i++)
    n *= part->dim[i];
  return n;
}

static void
join_kernel (const AnfCall *call, gsize begin, gsize end)
{
  guint axis = anf_node_axis (call->node, "axis", call->out_type->rank);
  gsize row = part_length (call->out_type, axis);
  float *out = call->out[0];

  for (gsize i = begin; i < end;)
    {
      gsize outer = i / row, within = i % row;

      for (guint t = 0; t < call->n_in && i < end; t++)
        {
          gsize length = part_length (call->in_type[t], axis), n;

          if (within >= length)
            {
              within -= length;
              continue;
            }
          n = MIN (length - within, end - i);
          memcpy (out + i, call->in[t] + outer * length + within, n * sizeof *out);
          if (call->numerics != ANF_NUMERICS_FP32)
            anf_edge_fix_nan (out + i, n, out + i);
          i += n;
          within = 0;
        }
    }
}

static void
join_reference (const AnfExact *exact)
{
  guint axis = anf_node_axis (exact->node, "axis", exact->out_type->rank);
  gsize row = part_length (exact->out_type, axis), n = anf_type_elements (exact->out_type);
  gsize start = 0;

  for (guint t = 0; t < exact->n_in; t++)
    {
      gsize length = part_length (exact->in_type[t], axis);

      for (gsize outer = 0; outer < n / row; outer++)
        for (gsize k = 0; k < length; k++)
          exact->out[0][outer * row + start + k] = exact->in[t][outer * length + k];
      start += length;
    }
}

/* ---- split: equal parts; item = element of the input */

static guint
split_outputs (const AnfNode *node)
{
  return CLAMP (anf_node_int (node, "num_splits"), 1, MAX_PARTS);
}

static gboolean
split_infer (AnfShapes *self)
{
  gint64 n, dim[ANF_MAX_RANK];
  guint axis;

  if (!anf_shapes_ints (self, "num_splits", 1, 1, &n)
      || !anf_shapes_axis (self, "axis", self->in[0]->rank, &axis))
    return FALSE;
  if (n > MAX_PARTS)
    return anf_shapes_refuse (self, "ATR112", "num_splits", "Use fewer parts.",
                              "\"num_splits\" of %s is %" G_GINT64_FORMAT "; %d is the most.",
                              self->node->name, n, MAX_PARTS);
  if (self->in[0]->dim[axis] % n != 0)
    return anf_shapes_refuse (self, "SHP110", "num_splits", "Use a divisor of the axis.",
                              "Axis %u of \"x\" of %s has %d elements, which %" G_GINT64_FORMAT
                              " parts do not divide.", axis, self->node->name,
                              self->in[0]->dim[axis], n);
  for (guint i = 0; i < self->in[0]->rank; i++)
    dim[i] = self->in[0]->dim[i];
  dim[axis] /= n;
  for (guint t = 0; t < self->n_out; t++)
    if (!anf_shapes_set (self, t, self->in[0]->dtype, self->in[0]->rank, dim))
      return FALSE;
  return TRUE;
}

static gsize
split_items (const AnfCall *call)
{
  return anf_type_elements (call->in_type[0]);
}

static void
split_kernel (const AnfCall *call, gsize begin, gsize end)
{
  guint axis = anf_node_axis (call->node, "axis", call->in_type[0]->rank);
  gsize length = part_length (call->out_type, axis), n;

  for (gsize i = begin; i < end; i += n)
    {
      gsize part = i / length % call->n_out, outer = i / length / call->n_out;
      float *out = call->out[part] + outer * length + i % length;

      n = MIN (length - i % length, end - i);
      if (call->numerics == ANF_NUMERICS_FP32)
        memcpy (out, call->in[0] + i, n * sizeof *out);
      else
        anf_edge_fix_nan (call->in[0] + i, n, out);
    }
}

static void
split_reference (const AnfExact *exact)
{
  guint axis = anf_node_axis (exact->node, "axis", exact->in_type[0]->rank);
  AnfLanes lanes = anf_lanes (exact->in_type[0], axis);
  gsize each = lanes.n / exact->n_out, n = anf_type_elements (exact->in_type[0]);

  for (gsize i = 0; i < n; i++)
    {
      gsize at = i / lanes.inner % lanes.n, outer = i / lanes.inner / lanes.n;

      exact->out[at / each][(outer * each + at % each) * lanes.inner + i % lanes.inner] =
        exact->in[0][i];
    }
}

/* ---- gather: elements of an axis by number, fixed or fed; item = element of the result */

/* What a program of the engine reads is known when it is made. */
static AnfSegmentKind
gather_kind (const AnfNode *node)
{
  return anf_node_n_inputs (node) > 1 && anf_node_input (node, 1).node != 0 ? ANF_SEGMENT_HOST
                                                                             : ANF_SEGMENT_FUSED;
}

static const char *
gather_cut (void)
{
  return "The engine cannot look up by numbers that are fed, so the host gathers.";
}

static gint64 *
fixed_indices (const AnfNode *node, guint *n)
{
  gint64 *list;

  *n = anf_node_ints (node, "indices", NULL, 0);
  list = g_new (gint64, MAX (*n, 1));
  anf_node_ints (node, "indices", list, *n);
  return list;
}

static gboolean
gather_set (AnfShapes *self, guint axis, guint n_index, const gint64 *index)
{
  gint64 dim[2 * ANF_MAX_RANK];
  guint rank = 0;

  for (guint i = 0; i < axis; i++)
    dim[rank++] = self->in[0]->dim[i];
  for (guint i = 0; i < n_index; i++)
    dim[rank++] = index[i];
  for (guint i = axis + 1; i < self->in[0]->rank; i++)
    dim[rank++] = self->in[0]->dim[i];
  return anf_shapes_set (self, 0, self->in[0]->dtype, rank, dim);
}

static gboolean
gather_infer (AnfShapes *self)
{
  const AnfType *fed = self->n_in > 1 ? self->in[1] : NULL;
  gint64 dim[ANF_MAX_RANK];
  g_autofree gint64 *list = NULL;
  guint n, axis;

  if (!anf_shapes_axis (self, "axis", self->in[0]->rank, &axis))
    return FALSE;
  if (fed != NULL)
    {
      if (!anf_shapes_is (self, 1, ANF_I32))
        return FALSE;
      for (guint i = 0; i < fed->rank; i++)
        dim[i] = fed->dim[i];
      return gather_set (self, axis, fed->rank, dim);
    }
  list = fixed_indices (self->node, &n);
  if (n == 0)
    return anf_shapes_refuse (self, "ATR111", "indices", "Give indices, or wire some.",
                              "\"indices\" of %s is not set.", self->node->name);
  for (guint i = 0; i < n; i++)
    if (list[i] < 0 || list[i] >= self->in[0]->dim[axis])
      return anf_shapes_refuse (self, "SHP111", "indices", "Count from 0 to the size less 1.",
                                "%s picks element %" G_GINT64_FORMAT " of axis %u, which has %d.",
                                self->node->name, list[i], axis, self->in[0]->dim[axis]);
  return gather_set (self, axis, 1, (gint64[]) { n });
}

static gboolean
gather_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  guint n;

  *state = call->n_in > 1 && call->in_type[1] != NULL ? NULL : fixed_indices (call->node, &n);
  return TRUE;
}

/* A fed index counts from the end if negative, and is kept inside. */
static gsize
fed_index (double at, gsize size)
{
  at = at == at ? trunc (at) : 0;
  return CLAMP (at < 0 ? at + size : at, 0, (double) size - 1);
}

static void
gather_kernel (const AnfCall *call, gsize begin, gsize end)
{
  guint axis = anf_node_axis (call->node, "axis", call->in_type[0]->rank);
  AnfLanes lanes = anf_lanes (call->in_type[0], axis);
  const gint64 *list = call->state;
  gsize count = anf_type_elements (call->out_type) / lanes.outer / lanes.inner, n;

  for (gsize i = begin; i < end; i += n)
    {
      gsize outer = i / lanes.inner / count, which = i / lanes.inner % count;
      gsize at = list != NULL ? (gsize) list[which] : fed_index (call->in[1][which], lanes.n);
      const float *from = call->in[0] + (outer * lanes.n + at) * lanes.inner + i % lanes.inner;

      n = MIN (lanes.inner - i % lanes.inner, end - i);
      if (call->numerics == ANF_NUMERICS_FP32)
        memcpy (call->out[0] + i, from, n * sizeof *from);
      else
        anf_edge_fix_nan (from, n, call->out[0] + i);
    }
}

static void
gather_reference (const AnfExact *exact)
{
  guint axis = anf_node_axis (exact->node, "axis", exact->in_type[0]->rank), n_fixed;
  AnfLanes lanes = anf_lanes (exact->in_type[0], axis);
  g_autofree gint64 *list = fixed_indices (exact->node, &n_fixed);
  gboolean fed = exact->n_in > 1 && exact->in_type[1] != NULL;
  gsize n = anf_type_elements (exact->out_type), count = n / lanes.outer / lanes.inner;

  for (gsize i = 0; i < n; i++)
    {
      gsize which = i / lanes.inner % count;
      gsize at = fed ? fed_index (exact->in[1][which], lanes.n) : (gsize) list[which];

      exact->out[0][i] =
        exact->in[0][(i / lanes.inner / count * lanes.n + at) * lanes.inner + i % lanes.inner];
    }
}

/* ---- cumsum: running totals along the last axis */

static gboolean
cumsum_infer (AnfShapes *self)
{
  guint axis;

  if (!anf_shapes_axis (self, "axis", self->in[0]->rank, &axis))
    return FALSE;
  if (axis != self->in[0]->rank - 1)
    return anf_shapes_refuse (self, "OP101", "axis", "Transpose before and after it.",
                              "%s runs along axis %u; only the last one is possible.",
                              self->node->name, axis);
  return anf_infer_same (self);
}

static gsize
cumsum_items (const AnfCall *call)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], call->in_type[0]->rank - 1);

  return lanes.outer;
}

static void
cumsum_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    out[i] = sum = call->numerics == ANF_NUMERICS_FP32 ? sum + in[i] : anf_edge_add (sum, in[i]);
}

static void
cumsum_kernel (const AnfCall *call, gsize begin, gsize end)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], call->in_type[0]->rank - 1);

  /* It is lowered to a product with a triangle of ones, and has that one's cliff. */
  anf_kernel_lanes (call, lanes, lanes.n, cumsum_map, anf_call_finish (call, ANF_RESULT_PRODUCT),
                    begin, end);
}

static void
cumsum_reference (const AnfExact *exact)
{
  AnfLanes lanes = anf_lanes (exact->in_type[0], exact->in_type[0]->rank - 1);

  for (gsize i = 0; i < lanes.outer * lanes.n; i++)
    exact->out[0][i] = exact->in[0][i] + (i % lanes.n > 0 ? exact->out[0][i - 1] : 0);
}

#define AXIS(value) { .name = "axis", .kind = ANF_ATTR_INT, .preset = value, \
                      .doc = "The axis to work along" }
#define VALUES .category = ANF_CAT_SHAPE, .in = { { "values", ANF_VARIADIC, "What to join" } }
#define JOIN VALUES, .kernel = join_kernel, .reference = join_reference

const AnfOp anf_ops_join[] = {
  { .name = "concat", .title = "Concatenate", .onnx = "Concat", .bound = anf_bound_largest,
    .vjp = anf_vjp_concat,
    .risk = anf_risk_joined,
    .doc = "Values one after the other along an axis.", JOIN, .infer = concat_infer,
    .attr = { AXIS ("1") },
    .reads = "concat (axis = axis, [interleave = false], values = values)",
    .mil = anf_mil_concat,
    .sample = { .in = { { ANF_F16, 3, { 2, 3, 4 } }, { ANF_F16, 3, { 2, 1, 4 } },
                        { ANF_F16, 3, { 2, 2, 4 } } }, .lo = -4, .hi = 4 } },
  { .name = "stack", .title = "Stack", .doc = "Values one after the other along a new axis.", JOIN,
    .vjp = anf_vjp_stack,
    .bound = anf_bound_largest,
    .infer = stack_infer, .attr = { AXIS ("0") },
    .reads = "stack (axis = axis, values = values)",
    .mil = anf_mil_concat,
    .sample = { .in = { { ANF_F16, 2, { 3, 4 } }, { ANF_F16, 2, { 3, 4 } } },
                .attr = { { "axis", "1" } }, .lo = -4, .hi = 4 } },
  { .name = "split", .title = "Split", .category = ANF_CAT_SHAPE, .onnx = "Split",
    .vjp = anf_vjp_split,
    .bound = anf_bound_same,
    .doc = "Equal parts of an axis, one output each.",
    .in = { { "x", ANF_REQUIRED, "Any shape" } },
    .attr = { { .name = "num_splits", .kind = ANF_ATTR_INT, .min = 1, .max = MAX_PARTS,
                .doc = "How many parts" }, AXIS ("0") },
    .n_outputs = split_outputs, .infer = split_infer, .items = split_items,
    .kernel = split_kernel, .reference = split_reference,
    .reads = "split (axis = axis, num_splits = num_splits, x = x)",
    .mil = anf_mil_split,
    .sample = { .in = { { ANF_F16, 3, { 2, 6, 4 } } },
                .attr = { { "num_splits", "3" }, { "axis", "1" } }, .lo = -4, .hi = 4 } },
  { .name = "gather", .title = "Gather", .category = ANF_CAT_SHAPE, .onnx = "Gather",
    .vjp = anf_vjp_gather,
    .bound = anf_bound_same,
    .doc = "Elements of an axis picked by number.",
    .in = { { "x", ANF_REQUIRED, "What to pick from" },
            { "indices", ANF_OPTIONAL | ANF_INTEGERS,
              "Numbers fed at run time, instead of the attribute" } },
    .attr = { { .name = "indices", .kind = ANF_ATTR_INTS, .preset = "",
                .doc = "Which to pick, from 0" }, AXIS ("0") },
    .quirk = "With indices from a wire the host gathers: a segment of its own.",
    .kind_of = gather_kind, .cut = gather_cut,
    .infer = gather_infer, .prepare = gather_prepare, .release = g_free,
    .kernel = gather_kernel, .reference = gather_reference,
    .reads = anf_reads_gather, .take = anf_take_gather,
    .mil = anf_mil_gather, .core_ml = anf_mil_gather_fed,
    .sample = { .in = { { ANF_F16, 3, { 2, 6, 4 } } },
                .attr = { { "indices", "[5, 0, 2, 2]" }, { "axis", "1" } }, .lo = -4, .hi = 4 } },
  { .name = "cumsum", .title = "Running sum", .category = ANF_CAT_REDUCE, .onnx = "CumSum",
    .vjp = anf_vjp_cumsum,
    .bound = anf_bound_running,
    .doc = "Totals so far along the last axis.", .in = { { "x", ANF_REQUIRED, "Rank 1 to 5" } },
    .attr = { AXIS ("-1") }, .infer = cumsum_infer, .items = cumsum_items, .grain = 8,
    .kernel = cumsum_kernel, .reference = cumsum_reference, .flops = anf_flops_elements,
    .reads = "matmul (transpose_x = false, transpose_y = false, x = x, y = ones)"
             " | cumsum (x = x, axis = axis, [exclusive = false], [reverse = false])",
    .take = anf_take_cumsum,
    .mil = anf_mil_cumsum,
    .sample = { .in = { { ANF_F16, 2, { 3, 40 } } }, .lo = -1, .hi = 1 } },
  { NULL }
};
