/* bridge.c - operators that run as a program of their own: each cuts the graph. */
#include "ops/family.h"

static gboolean
rows_infer (AnfShapes *self)
{
  return anf_shapes_is (self, 0, ANF_F16) && anf_shapes_rank (self, 0, 2, 2)
         && anf_infer_same (self);
}

/* ---- argmax */

static gboolean
argmax_infer (AnfShapes *self)
{
  guint axis;

  if (!rows_infer (self) || !anf_shapes_axis (self, "axis", 2, &axis))
    return FALSE;
  self->out[0].dim[axis] = 1;
  return TRUE;
}

static void
argmax_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  gsize best = 0;

  for (gsize i = 1; i < n; i++)
    if (in[i] > in[best] || (in[i] != in[i] && in[best] == in[best]))
      best = i;
  *out = best;
}

static void
argmax_kernel (const AnfCall *call, gsize begin, gsize end)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], anf_node_axis (call->node, "axis", 2));

  anf_kernel_lanes (call, lanes, 1, argmax_map, anf_call_finish (call, ANF_RESULT_PLAIN), begin,
                    end);
}

static void
argmax_reference (const AnfExact *exact)
{
  AnfLanes lanes = anf_lanes (exact->in_type[0], anf_node_axis (exact->node, "axis", 2));

  for (gsize lane = 0; lane < lanes.outer * lanes.inner; lane++)
    {
      const double *in = exact->in[0] + lane / lanes.inner * lanes.n * lanes.inner
                         + lane % lanes.inner;
      gsize best = 0;

      for (gsize i = 1; i < lanes.n; i++)
        if (in[i * lanes.inner] > in[best * lanes.inner])
          best = i;
      exact->out[0][lane] = best;
    }
}

static const char *
argmax_cut (void)
{
  return "The index of the largest number is found by a program of its own.";
}

const AnfOp anf_ops_bridge[] = {
  { .name = "argmax", .title = "Argmax", .category = ANF_CAT_BRIDGE, .kind = ANF_SEGMENT_BRIDGE,
    .onnx = "ArgMax", .doc = "Where the largest number is along an axis, the first if several.",
    .quirk = "Indices are fp16 numbers, exact below 2048.",
    .in = { { "x", ANF_REQUIRED, "Rank 2" } },
    .attr = { { .name = "axis", .kind = ANF_ATTR_INT, .preset = "-1",
                .doc = "The axis to work along" } },
    .infer = argmax_infer, .cut = argmax_cut, .kernel = argmax_kernel, .grain = 64,
    .reference = argmax_reference,
    .sample = { .in = { { ANF_F16, 2, { 5, 17 } } }, .lo = -4, .hi = 4 } },
  { NULL }
};
