/* reduce.c - one number from all along some axes; the axes stay, with size 1. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"
#include "ops/risk.h"
#include "num/lanes.h"

#include <string.h>

typedef enum { MEAN, SUM, MOST, LEAST, L1, L2, LOG_SUM, SUM_SQUARE, LOG_SUM_EXP } Kind;

/* The reduced axes as one lane; where they are not neighbours, by a table of offsets. */
typedef struct
{
  Kind     kind;
  AnfLanes lanes;
  gsize   *offset;                 /* of each reduced element; NULL: neighbours */
  gsize    n;
  guint    reduced;                /* bit per axis */
} Reduce;

static Kind
kind_of (const AnfOp *op)
{
  static const char *const names[] = {
    "reduce_mean", "reduce_sum", "reduce_max", "reduce_min", "reduce_l1_norm", "reduce_l2_norm",
    "reduce_log_sum", "reduce_sum_square", "reduce_log_sum_exp",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i], op->name))
      return i;
  g_assert_not_reached ();
}

static gboolean
reduce_infer (AnfShapes *self)
{
  gint64 axes[ANF_MAX_RANK];
  guint n;

  if (!anf_shapes_is (self, 0, ANF_F16)
      || !anf_shapes_axes (self, "axes", self->in[0]->rank, axes, &n))
    return FALSE;
  self->out[0] = *self->in[0];
  for (guint i = 0; i < n; i++)
    self->out[0].dim[axes[i]] = 1;
  return TRUE;
}

static guint
reduced_axes (const AnfNode *node, const AnfType *in)
{
  gint64 axes[ANF_MAX_RANK];
  guint n = anf_node_ints (node, "axes", axes, ANF_MAX_RANK), set = 0;

  for (guint i = 0; i < n; i++)
    set |= 1u << (axes[i] < 0 ? axes[i] + in->rank : axes[i]);
  return set;
}

static void
list_offsets (Reduce *self, const AnfType *in)
{
  gsize step[ANF_MAX_RANK], own = 1;

  for (guint i = in->rank; i-- > 0; own *= in->dim[i])
    step[i] = own;
  self->offset = g_new (gsize, self->n);
  for (gsize k = 0; k < self->n; k++)
    {
      gsize rest = k, at = 0;

      for (guint i = in->rank; i-- > 0;)
        if (self->reduced & 1u << i)
          {
            at += rest % in->dim[i] * step[i];
            rest /= in->dim[i];
          }
      self->offset[k] = at;
    }
}

static void
reduce_init (Reduce *self, const AnfNode *node, const AnfType *in)
{
  int first = -1, last = -1;

  *self = (Reduce) { .kind = kind_of (node->op), .lanes = { 1, 1, 1 }, .n = 1 };
  self->reduced = reduced_axes (node, in);
  for (guint i = 0; i < in->rank; i++)
    if ((self->reduced & 1u << i) && in->dim[i] > 1)
      {
        first = first < 0 ? (int) i : first;
        last = i;
        self->n *= in->dim[i];
      }
  for (int i = 0; i < (int) in->rank; i++)
    if (i < first || first < 0)
      self->lanes.outer *= in->dim[i];
    else if (i <= last)
      self->lanes.n *= in->dim[i];
    else
      self->lanes.inner *= in->dim[i];
  if (self->lanes.n != self->n)    /* a kept axis lies between reduced ones */
    list_offsets (self, in);
}

static gboolean
reduce_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  Reduce *self = g_new0 (Reduce, 1);

  reduce_init (self, call->node, call->in_type[0]);
  *state = self;
  return TRUE;
}

static void
reduce_release (gpointer state)
{
  Reduce *self = state;

  g_free (self->offset);
  g_free (self);
}

static double
log_of (double sum, gboolean fp32)
{
  return sum == 0 && !fp32 ? -45440 : log (sum);
}

static double
log_sum_exp (const float *in, gsize n, gboolean fp32)
{
  double most = anf_max (in, n), sum = 0;

  if (isinf (most))                /* inf - inf is 0 for the engine, the infinity itself in IEEE */
    return fp32 ? most : most > 0 ? INFINITY : -INFINITY;
  for (gsize i = 0; i < n; i++)
    sum += exp (in[i] - most);
  return most + log (sum);
}

static void
reduce_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  const Reduce *self = call->state;
  gboolean fp32 = call->numerics == ANF_NUMERICS_FP32;
  double sum;

  if (call->numerics == ANF_NUMERICS_LANES && (self->kind == SUM || self->kind == MEAN))
    sum = anf_lanes_sum (in, n, FALSE);
  else if (self->kind == MEAN || self->kind == SUM || self->kind == LOG_SUM)
    sum = anf_sum (in, n);
  else
    sum = 0;
  switch (self->kind)
    {
    case MEAN:        *out = sum / n; break;
    case SUM:         *out = sum; break;
    case MOST:        *out = anf_max (in, n); break;
    case LEAST:       *out = anf_min (in, n); break;
    case L1:          *out = anf_sum_abs (in, n); break;
    case L2:          *out = sqrt (anf_sum_square (in, 0, n)); break;
    case LOG_SUM:     *out = log_of (sum, fp32); break;
    case SUM_SQUARE:  *out = anf_sum_square (in, 0, n); break;
    case LOG_SUM_EXP: *out = log_sum_exp (in, n, fp32); break;
    }
}

/* Where element @at of the result begins in the input. */
static gsize
origin (const Reduce *self, const AnfType *in, gsize at)
{
  gsize step = 1, from = 0;

  for (guint i = in->rank; i-- > 0; step *= in->dim[i])
    if (!(self->reduced & 1u << i))
      {
        from += at % in->dim[i] * step;
        at /= in->dim[i];
      }
  return from;
}

static void
reduce_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const Reduce *self = call->state;
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  AnfCall one = *call;
  float *lane;
  const float *in[1];
  float *out[1];

  if (self->offset == NULL)
    {
      anf_kernel_lanes (call, self->lanes, 1, reduce_map, finish, begin, end);
      return;
    }
  lane = anf_scratch (ANF_SCRATCH_KERNEL, self->n * sizeof *lane);
  in[0] = lane;
  one.in = in;
  one.out = out;
  for (gsize i = begin; i < end; i++)
    {
      const float *from = call->in[0] + origin (self, call->in_type[0], i);

      for (gsize k = 0; k < self->n; k++)
        lane[k] = from[self->offset[k]];
      out[0] = call->out[0] + i;
      anf_kernel_lanes (&one, (AnfLanes) { 1, self->n, 1 }, 1, reduce_map, finish, 0, 1);
    }
}

static void
reduce_reference (const AnfExact *exact)
{
  const AnfType *in = exact->in_type[0];
  gsize n = anf_type_elements (in), n_out = anf_type_elements (exact->out_type);
  guint reduced = reduced_axes (exact->node, in);
  Kind kind = kind_of (exact->node->op);
  double *out = exact->out[0];

  for (gsize i = 0; i < n_out; i++)
    out[i] = kind == MOST ? -INFINITY : kind == LEAST ? INFINITY : 0;
  for (gsize i = 0; i < n; i++)
    {
      gsize rest = i, to = 0, step = 1;
      double x = exact->in[0][i];

      for (guint k = in->rank; k-- > 0; rest /= in->dim[k])
        if (!(reduced & 1u << k))
          {
            to += rest % in->dim[k] * step;
            step *= in->dim[k];
          }
      switch (kind)
        {
        case MEAN:        out[to] += x * n_out / n; break;
        case SUM:
        case LOG_SUM:     out[to] += x; break;
        case MOST:        out[to] = MAX (out[to], x); break;
        case LEAST:       out[to] = MIN (out[to], x); break;
        case L1:          out[to] += fabs (x); break;
        case L2:
        case SUM_SQUARE:  out[to] += x * x; break;
        case LOG_SUM_EXP: out[to] += exp (x); break;
        }
    }
  for (gsize i = 0; i < n_out; i++)
    if (kind == L2)
      out[i] = sqrt (out[i]);
    else if (kind == LOG_SUM || kind == LOG_SUM_EXP)
      out[i] = log (out[i]);
}

static double
reduce_flops (const AnfShapes *shapes)
{
  return anf_type_elements (shapes->in[0]);
}

#define REDUCE(low, high) \
  .category = ANF_CAT_REDUCE, .in = { { "x", ANF_REQUIRED, "Rank 1 to 5" } }, \
  .attr = { { .name = "axes", .kind = ANF_ATTR_INTS, .doc = "Axes to reduce, one or several" } }, \
  .infer = reduce_infer, .prepare = reduce_prepare, .release = reduce_release, \
  .kernel = reduce_kernel, .reference = reduce_reference, .flops = reduce_flops, .grain = 16, \
  .mil = anf_mil_reduce, .take = anf_take_reduce, \
  .reads = "* ([axes = axes], [keep_dims = keep], x = x)", \
  .sample = { .in = { { ANF_F16, 4, { 2, 3, 5, 7 } } }, .attr = { { "axes", "[1, -1]" } }, \
              .lo = low, .hi = high }

const AnfOp anf_ops_reduce[] = {
  { .name = "reduce_mean", .title = "Mean", .onnx = "ReduceMean", .doc = "Mean along axes.",
    .vjp = anf_vjp_reduce_mean,
    .bound = anf_bound_average,
    REDUCE (-4, 4) },
  { .name = "reduce_sum", .title = "Sum", .onnx = "ReduceSum", .doc = "Sum along axes.",
    .vjp = anf_vjp_reduce_sum,
    .bound = anf_bound_total,
    .risk = anf_risk_sum, .safer = anf_safer_sum,
    .quirk = "Totals are exact up to 2048 only.", REDUCE (-4, 4) },
  { .name = "reduce_max", .title = "Largest", .onnx = "ReduceMax", .doc = "Largest along axes.",
    .vjp = anf_vjp_reduce_extreme,
    .bound = anf_bound_same,
    REDUCE (-4, 4) },
  { .name = "reduce_min", .title = "Smallest", .onnx = "ReduceMin", .bound = anf_bound_same,
    .vjp = anf_vjp_reduce_extreme,
    .doc = "Smallest along axes.", REDUCE (-4, 4) },
  { .name = "reduce_l1_norm", .title = "L1 norm", .onnx = "ReduceL1", .bound = anf_bound_total,
    .vjp = anf_vjp_reduce_l1_norm,
    .doc = "Sum of magnitudes along axes.", REDUCE (-4, 4) },
  { .name = "reduce_l2_norm", .title = "Length", .onnx = "ReduceL2", .bound = anf_bound_length,
    .vjp = anf_vjp_reduce_l2_norm,
    .doc = "Root of the sum of squares along axes.", REDUCE (-4, 4) },
  { .name = "reduce_sum_square", .title = "Sum of squares", .onnx = "ReduceSumSquare",
    .vjp = anf_vjp_reduce_sum_square,
    .bound = anf_bound_squares,
    .doc = "Sum of squares along axes.", REDUCE (-4, 4) },
  { .name = "reduce_log_sum", .title = "Log of sum", .onnx = "ReduceLogSum",
    .vjp = anf_vjp_reduce_log_sum,
    .bound = anf_bound_unknown,
    .doc = "Logarithm of the sum along axes.", REDUCE (0.5, 4) },
  { .name = "reduce_log_sum_exp", .title = "Log of sum of exp", .onnx = "ReduceLogSumExp",
    .vjp = anf_vjp_reduce_log_sum_exp,
    .bound = anf_bound_log_sum_exp,
    .doc = "Logarithm of the sum of exponentials along axes.", REDUCE (-4, 4) },
  { NULL }
};
