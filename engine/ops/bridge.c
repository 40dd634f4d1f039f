/* bridge.c - operators that run as a program of their own and see rows, maps or vectors. */
#include "ops/bound.h"
#include "ops/route.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"

#include <stdlib.h>
#include <string.h>

static gboolean
rows_infer (AnfShapes *self)
{
  return anf_shapes_is (self, 0, ANF_F16) && anf_shapes_rank (self, 0, 2, 2)
         && anf_infer_same (self);
}

/* ---- along rows: argmax, topk, sort */

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

typedef struct { float value; guint at; } Ranked;

/* NaN, where it still is one, ranks above +inf, as in numpy. */
static int
rising (gconstpointer a, gconstpointer b)
{
  const Ranked *x = a, *y = b;
  gboolean nan_x = x->value != x->value, nan_y = y->value != y->value;

  if (nan_x || nan_y || x->value == y->value)
    return nan_x != nan_y ? nan_x - nan_y : x->at < y->at ? -1 : x->at > y->at;
  return x->value < y->value ? -1 : 1;
}

static int
falling (gconstpointer a, gconstpointer b)
{
  const Ranked *x = a, *y = b;
  Ranked one = { x->value, y->at }, two = { y->value, x->at };

  return -rising (&one, &two);     /* equal ones keep their order */
}

static gboolean
falls (const AnfNode *node)
{
  return anf_node_flag (node, anf_op_find_attr (node->op, "largest") >= 0 ? "largest"
                                                                          : "descending");
}

static void
ranked_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  Ranked *ranked = anf_scratch (ANF_SCRATCH_KERNEL, n * sizeof *ranked);
  gsize n_out = call->out_type->dim[1];
  gboolean indices = anf_node_flag (call->node, "return_indices");

  for (gsize i = 0; i < n; i++)
    ranked[i] = (Ranked) { in[i], i };
  qsort (ranked, n, sizeof *ranked, falls (call->node) ? falling : rising);
  for (gsize i = 0; i < n_out; i++)
    out[i] = indices ? ranked[i].at : ranked[i].value;
}

static gsize
row_items (const AnfCall *call)
{
  return call->in_type[0]->dim[0];
}

static void
ranked_kernel (const AnfCall *call, gsize begin, gsize end)
{
  anf_kernel_lanes (call, anf_lanes (call->in_type[0], 1), call->out_type->dim[1], ranked_map,
                    anf_call_finish (call, ANF_RESULT_PLAIN), begin, end);
}

/* By counting how many stand before each one. */
static void
ranked_reference (const AnfExact *exact)
{
  gsize rows = exact->in_type[0]->dim[0], n = exact->in_type[0]->dim[1];
  gsize n_out = exact->out_type->dim[1];
  double sign = falls (exact->node) ? -1 : 1;

  for (gsize i = 0; i < rows * n; i++)
    {
      const double *row = exact->in[0] + i / n * n;
      gsize before = 0;

      for (gsize k = 0; k < n; k++)
        before += sign * row[k] < sign * row[i % n] || (row[k] == row[i % n] && k < i % n);
      if (before < n_out)
        exact->out[0][i / n * n_out + before] =
          anf_node_flag (exact->node, "return_indices") ? (double) (i % n) : row[i % n];
    }
}

static gboolean
topk_infer (AnfShapes *self)
{
  gint64 k;

  if (!rows_infer (self) || !anf_shapes_ints (self, "k", 1, 1, &k))
    return FALSE;
  if (k > self->in[0]->dim[1])
    return anf_shapes_refuse (self, "ATR112", "k", "Ask for fewer.",
                              "\"k\" of %s is %" G_GINT64_FORMAT "; a row has %d.",
                              self->node->name, k, self->in[0]->dim[1]);
  if (k == 3 || k == 4)            /* the device's program is wrong for these two */
    return anf_shapes_refuse (self, "ATR112", "k", "Ask for 5 and take the first ones.",
                              "\"k\" of %s is %" G_GINT64_FORMAT
                              ", which the device cannot do.", self->node->name, k);
  self->out[0].dim[1] = k;
  return TRUE;
}

/* ---- vectors: cross_product, dynamic_slice, scaled_elementwise, input_view, flatten */

static gboolean
wants_elements (AnfShapes *self, guint port, gsize n)
{
  if (anf_type_elements (self->in[port]) == n)
    return TRUE;
  return anf_shapes_refuse (self, "SHP112", anf_shapes_port (self, port), "Slice or reshape it.",
                            "\"%s\" of %s has %" G_GSIZE_FORMAT " elements; it must have %"
                            G_GSIZE_FORMAT ".", anf_shapes_port (self, port), self->node->name,
                            anf_type_elements (self->in[port]), n);
}

static gboolean
cross_infer (AnfShapes *self)
{
  for (guint t = 0; t < 2; t++)
    if (!anf_shapes_is (self, t, ANF_F16) || !wants_elements (self, t, 3))
      return FALSE;
  return anf_shapes_set (self, 0, ANF_F16, 1, (gint64[]) { 3 });
}

static void
cross_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const float *a = call->in[0], *b = call->in[1];
  gboolean fp32 = call->numerics == ANF_NUMERICS_FP32;

  for (gsize i = begin; i < end; i++)
    {
      gsize j = (i + 1) % 3, k = (i + 2) % 3;

      if (fp32)
        call->out[0][i] = (double) a[j] * b[k] - (double) a[k] * b[j];
      else
        call->out[0][i] =
          anf_edge_add (anf_edge_mul (anf_edge_in (a[j]), anf_edge_in (b[k])),
                        -anf_edge_mul (anf_edge_in (a[k]), anf_edge_in (b[j])));
    }
  anf_finish (call->out[0] + begin, end - begin, anf_call_finish (call, ANF_RESULT_PLAIN));
}

static void
cross_reference (const AnfExact *exact)
{
  const double *a = exact->in[0], *b = exact->in[1];
  double *out = exact->out[0];

  out[0] = a[1] * b[2] - a[2] * b[1];
  out[1] = a[2] * b[0] - a[0] * b[2];
  out[2] = a[0] * b[1] - a[1] * b[0];
}

/* The part of a flat input that dynamic_slice and input_view give. */
static gsize
part_start (const AnfNode *node)
{
  return anf_node_int (node, anf_op_find_attr (node->op, "offset") >= 0 ? "offset" : "start");
}

static gboolean
part_infer (AnfShapes *self)
{
  const char *start = anf_op_find_attr (self->node->op, "offset") >= 0 ? "offset" : "start";
  gint64 from, size, n = anf_type_elements (self->in[0]);

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_ints (self, start, 1, 0, &from)
      || !anf_shapes_ints (self, "size", 1, 1, &size))
    return FALSE;
  if (start[0] == 's' && !wants_elements (self, 0, 4))
    return FALSE;
  if (start[0] == 's' && size != 2)
    return anf_shapes_refuse (self, "ATR112", "size", "Use a size of 2.",
                              "\"size\" of %s is %" G_GINT64_FORMAT "; the device takes 2.",
                              self->node->name, size);
  if (from > n - size)
    return anf_shapes_refuse (self, "SHP111", start, "Take a part that is inside.",
                              "%s takes %" G_GINT64_FORMAT " from %" G_GINT64_FORMAT
                              "; \"x\" has %" G_GINT64_FORMAT " elements.", self->node->name,
                              size, from, n);
  return anf_shapes_set (self, 0, ANF_F16, 1, &size);
}

static void
part_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const float *from = call->in[0] + part_start (call->node) + begin;

  if (call->numerics == ANF_NUMERICS_FP32)
    memcpy (call->out[0] + begin, from, (end - begin) * sizeof *from);
  else
    anf_edge_fix_nan (from, end - begin, call->out[0] + begin);
}

static void
part_reference (const AnfExact *exact)
{
  for (int i = 0; i < exact->out_type->dim[0]; i++)
    exact->out[0][i] = exact->in[0][part_start (exact->node) + i];
}

static gboolean
flatten_infer (AnfShapes *self)
{
  gint64 n = anf_type_elements (self->in[0]);

  return anf_shapes_is (self, 0, ANF_F16) && anf_shapes_rank (self, 0, 3, 3)
         && anf_shapes_set (self, 0, ANF_F16, 1, &n);
}

static const char *const scaled_ops[] = { "Add", "Mult", "Min", "Max", NULL };

static gboolean
scaled_infer (AnfShapes *self)
{
  const char *op = anf_node_text (self->node, "op");
  gint64 n = anf_type_elements (self->in[0]);

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_is (self, 1, ANF_F16)
      || !wants_elements (self, 1, n))
    return FALSE;
  if (op == NULL || !g_strv_contains (scaled_ops, op))
    return anf_shapes_refuse (self, "ATR116", "op", "Choose Add, Mult, Min or Max.",
                              "\"op\" of %s is \"%s\".", self->node->name,
                              op != NULL ? op : "not set");
  if (g_str_equal (op, "Mult") && anf_node_real (self->node, "scale") != 1)
    return anf_shapes_refuse (self, "ATR117", "scale", "Scale after it.",
                              "%s multiplies, which cannot be scaled by %g as well.",
                              self->node->name, anf_node_real (self->node, "scale"));
  return anf_shapes_set (self, 0, ANF_F16, 1, &n);
}

static double
scaled_one (char op, double x, double z)
{
  switch (op)
    {
    case 'A': return x + z;
    case 'x': return MAX (x, z);
    case 'n': return MIN (x, z);
    default:  return x * z;
    }
}

/* "Add", "Mult", "Min", "Max" as one letter. */
static char
scaled_letter (const AnfNode *node)
{
  const char *op = anf_node_text (node, "op");

  return op[1] == 'd' ? 'A' : op[1] == 'u' ? 'u' : op[2];
}

static void
scaled_kernel (const AnfCall *call, gsize begin, gsize end)
{
  gboolean fp32 = call->numerics == ANF_NUMERICS_FP32;
  char op = scaled_letter (call->node);
  double scale;

  anf_node_reals (call->node, call->numerics, &scale);
  for (gsize i = begin; i < end; i++)
    {
      double x = call->in[0][i], z = call->in[1][i];

      if (fp32)
        call->out[0][i] = scale * scaled_one (op, x, z);
      else
        {
          double y = scaled_one (op, anf_edge_in (x), anf_edge_in (z));

          call->out[0][i] = anf_edge_mul (scale, anf_edge_add (y, 0));
        }
    }
  anf_finish (call->out[0] + begin, end - begin, anf_call_finish (call, ANF_RESULT_PLAIN));
}

static void
scaled_reference (const AnfExact *exact)
{
  gsize n = anf_type_elements (exact->out_type);
  double scale = anf_node_real (exact->node, "scale");

  for (gsize i = 0; i < n; i++)
    exact->out[0][i] =
      scale * scaled_one (scaled_letter (exact->node), exact->in[0][i], exact->in[1][i]);
}

/* ---- minmax_norm: along one axis of an image */

static const char *const dimensions[] = { "Width", "Height", NULL };

static guint
minmax_axis (const AnfNode *node)
{
  return anf_node_text (node, "dimension")[0] == 'H' ? 2 : 3;
}

static gboolean
one_image (AnfShapes *self)
{
  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4))
    return FALSE;
  if (self->in[0]->dim[0] != 1)
    return anf_shapes_refuse (self, "SHP112", "x", "Run the batch one by one.",
                              "\"x\" of %s has a batch of %d; it takes 1.", self->node->name,
                              self->in[0]->dim[0]);
  return anf_infer_same (self);
}

static gboolean
minmax_infer (AnfShapes *self)
{
  const char *dimension = anf_node_text (self->node, "dimension");

  if (dimension == NULL || !g_strv_contains (dimensions, dimension))
    return anf_shapes_refuse (self, "ATR116", "dimension", "Choose Width or Height.",
                              "\"dimension\" of %s is \"%s\".", self->node->name,
                              dimension != NULL ? dimension : "not set");
  return one_image (self);
}

static void
minmax_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  double least = anf_min (in, n), most = anf_max (in, n), eps;

  anf_node_reals (call->node, call->numerics, &eps);
  for (gsize i = 0; i < n; i++)
    out[i] = (in[i] - least) / (most - least + eps);
}

static gsize
minmax_items (const AnfCall *call)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], minmax_axis (call->node));

  return lanes.outer * lanes.inner;
}

static void
minmax_kernel (const AnfCall *call, gsize begin, gsize end)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], minmax_axis (call->node));

  anf_kernel_lanes (call, lanes, lanes.n, minmax_map, anf_call_finish (call, ANF_RESULT_PLAIN),
                    begin, end);
}

static void
minmax_reference (const AnfExact *exact)
{
  AnfLanes lanes = anf_lanes (exact->in_type[0], minmax_axis (exact->node));
  gsize n = anf_type_elements (exact->in_type[0]);

  for (gsize i = 0; i < n; i++)
    {
      const double *lane = exact->in[0] + i / lanes.inner / lanes.n * lanes.n * lanes.inner
                           + i % lanes.inner;
      double least = INFINITY, most = -INFINITY;

      for (gsize k = 0; k < lanes.n; k++)
        {
          least = MIN (least, lane[k * lanes.inner]);
          most = MAX (most, lane[k * lanes.inner]);
        }
      exact->out[0][i] = (exact->in[0][i] - least)
                         / (most - least + anf_node_real (exact->node, "eps"));
    }
}

/* ---- lrn: over nearly all channels, which are few */

#define LRN_CHANNELS 15

static gboolean
lrn_infer (AnfShapes *self)
{
  if (!one_image (self))
    return FALSE;
  if (self->in[0]->dim[1] > LRN_CHANNELS)
    return anf_shapes_refuse (self, "LIM103", "x", "Use local_response_norm.",
                              "\"x\" of %s has %d channels; %d is the most.", self->node->name,
                              self->in[0]->dim[1], LRN_CHANNELS);
  return TRUE;
}

static double
lrn_one (const AnfNode *node, double x, double squares)
{
  return x / pow (anf_node_real (node, "k") + anf_node_real (node, "alpha") * squares,
                  anf_node_real (node, "beta"));
}

static void
lrn_map (const AnfCall *call, const float *in, gsize n, float *out)
{
  for (gsize c = 0; c < n; c++)
    {
      gsize from = c > (n - 1) / 2 ? c - (n - 1) / 2 : 0, to = MIN (n, c + n / 2 + 1);

      out[c] = lrn_one (call->node, in[c], anf_sum_square (in + from, 0, to - from));
    }
}

static gsize
lrn_items (const AnfCall *call)
{
  return anf_lanes (call->in_type[0], 1).inner;
}

static void
lrn_kernel (const AnfCall *call, gsize begin, gsize end)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], 1);

  anf_kernel_lanes (call, lanes, lanes.n, lrn_map, anf_call_finish (call, ANF_RESULT_PLAIN),
                    begin, end);
}

static void
lrn_reference (const AnfExact *exact)
{
  AnfLanes lanes = anf_lanes (exact->in_type[0], 1);

  for (gsize i = 0; i < lanes.n * lanes.inner; i++)
    {
      gint64 c = i / lanes.inner, n = lanes.n;
      double squares = 0;

      for (gint64 k = MAX (0, c - (n - 1) / 2); k < MIN (n, c + n / 2 + 1); k++)
        {
          double x = exact->in[0][k * lanes.inner + i % lanes.inner];

          squares += x * x;
        }
      exact->out[0][i] = lrn_one (exact->node, exact->in[0][i], squares);
    }
}

static const char *
bridge_cut (void)
{
  return "The device has this as a program of its own.";
}

#define BRIDGE .category = ANF_CAT_BRIDGE, .kind = ANF_SEGMENT_BRIDGE, .cut = bridge_cut
#define X(words) .in = { { "x", ANF_REQUIRED, words } }
#define COUNT(called, least, words) { .name = called, .kind = ANF_ATTR_INT, .min = least, \
                                      .max = G_MAXINT, .doc = words }
#define FLAG(called, given, words) { .name = called, .kind = ANF_ATTR_FLAG, .preset = given, \
                                     .doc = words }
#define NUMBER(called, given, words) { .name = called, .kind = ANF_ATTR_REAL, .preset = given, \
                                       .doc = words }
#define RANKED BRIDGE, X ("Rows"), .floor = 3, .below = ANF_REJECT, .items = row_items, \
               .kernel = ranked_kernel, .reference = ranked_reference, .grain = 4
#define PART BRIDGE, .infer = part_infer, .kernel = part_kernel, .reference = part_reference

const AnfOp anf_ops_bridge[] = {
  { .name = "argmax", .title = "Argmax", .onnx = "ArgMax", BRIDGE, X ("Rank 2"),
    .flat = "A place does not move with the numbers.",
    .bound = anf_bound_place,
    .doc = "Where the largest number is along an axis, the first if several.",
    .quirk = "Indices are fp16 numbers, exact below 2048.",
    .attr = { { .name = "axis", .kind = ANF_ATTR_INT, .preset = "-1",
                .doc = "The axis to work along" } },
    .infer = argmax_infer, .items = anf_items_elements, .kernel = argmax_kernel, .grain = 64,
    .reference = argmax_reference,
    .reads = "index = reduce_argmax (axis = axis, keep_dims = true, x = x);"
             " cast (dtype = \"fp16\", x = index)",
    .core_ml = anf_mil_argmax,
    .sample = { .in = { { ANF_F16, 2, { 5, 17 } } }, .lo = -4, .hi = 4 } },
  { .name = "topk", .title = "Top k", .onnx = "TopK", RANKED, .infer = topk_infer,
    .vjp = anf_vjp_ranked,
    .bound = anf_bound_ranked,
    .doc = "The k largest or smallest numbers of each row, in order.",
    .attr = { COUNT ("k", 1, "How many; not 3 or 4"),
              FLAG ("largest", "true", "The largest, not the smallest") },
    .reads = anf_reads_topk,
    .core_ml = anf_mil_topk,
    .sample = { .in = { { ANF_F16, 2, { 5, 17 } } }, .attr = { { "k", "5" } },
                .lo = -4, .hi = 4 } },
  { .name = "sort", .title = "Sort", RANKED, .infer = rows_infer, .bound = anf_bound_ranked,
    .vjp = anf_vjp_ranked,
    .doc = "Each row in rising or falling order, or where its numbers were.",
    .attr = { FLAG ("descending", "false", "The largest first"),
              FLAG ("return_indices", "false", "Give places, not numbers") },
    .reads = anf_reads_sort,
    .core_ml = anf_mil_sort,
    .sample = { .in = { { ANF_F16, 2, { 5, 17 } } }, .attr = { { "return_indices", "true" } },
                .lo = -4, .hi = 4 } },
  { .name = "cross_product", .title = "Cross product", BRIDGE, .infer = cross_infer,
    .vjp = anf_vjp_cross_product,
    .bound = anf_bound_window,
    .doc = "The vector upright on two others.",
    .in = { { "a", ANF_REQUIRED, "3 elements" }, { "b", ANF_REQUIRED, "3 elements" } },
    .kernel = cross_kernel, .reference = cross_reference,
    .core_ml = anf_mil_cross_product,
    .sample = { .in = { { ANF_F16, 1, { 3 } }, { ANF_F16, 2, { 1, 3 } } }, .lo = -4, .hi = 4 } },
  { .name = "scaled_elementwise", .title = "Scaled pairs", BRIDGE, .infer = scaled_infer,
    .vjp = anf_vjp_scaled_elementwise,
    .bound = anf_bound_pairs,
    .doc = "scale (x op z), element by element.",
    .in = { { "x", ANF_REQUIRED, "Any shape" }, { "z", ANF_REQUIRED, "As many elements" } },
    .attr = { { .name = "op", .kind = ANF_ATTR_CHOICE, .choices = scaled_ops,
                .doc = "What is done to each pair" }, NUMBER ("scale", "1", "Factor") },
    .kernel = scaled_kernel, .reference = scaled_reference,
    .core_ml = anf_mil_scaled,
    .sample = { .in = { { ANF_F16, 2, { 3, 5 } }, { ANF_F16, 1, { 15 } } },
                .attr = { { "op", "'Max'" }, { "scale", "0.5" } }, .lo = -4, .hi = 4 } },
  { .name = "dynamic_slice", .title = "Dynamic slice", PART, X ("4 elements"), .floor = 3,
    .vjp = anf_vjp_part,
    .bound = anf_bound_same,
    .below = ANF_REJECT, .doc = "Two neighbours out of four numbers.",
    .attr = { COUNT ("start", 0, "First element"),
              { .name = "size", .kind = ANF_ATTR_INT, .preset = "2", .min = 1, .max = G_MAXINT,
                .doc = "Elements; 2" } },
    .core_ml = anf_mil_part,
    .sample = { .in = { { ANF_F16, 1, { 4 } } }, .attr = { { "start", "1" } },
                .lo = -4, .hi = 4 } },
  { .name = "input_view", .title = "View", PART, X ("Any shape"), .bound = anf_bound_same,
    .vjp = anf_vjp_part,
    .doc = "A stretch of the flattened input.",
    .attr = { COUNT ("offset", 0, "First element"), COUNT ("size", 1, "Elements") },
    .core_ml = anf_mil_part,
    .sample = { .in = { { ANF_F16, 2, { 3, 5 } } }, .attr = { { "offset", "4" }, { "size", "9" } },
                .lo = -4, .hi = 4 } },
  { .name = "flatten", .title = "Flatten to a vector", BRIDGE, X ("Rank 3"),
    .vjp = anf_vjp_reshape,
    .bound = anf_bound_same,
    .doc = "All elements in a row.", .route = anf_route_flat,
    .infer = flatten_infer, .kernel = anf_kernel_copy,
    .reference = anf_reference_copy,
    .core_ml = anf_mil_reshape,
    .sample = { .in = { { ANF_F16, 3, { 2, 3, 5 } } }, .lo = -4, .hi = 4 } },
  { .name = "minmax_norm", .title = "Min-max norm", BRIDGE, X ("1, channels, height, width"),
    .bound = anf_bound_one,
    .doc = "From 0 at the smallest to 1 at the largest along an axis.",
    .attr = { { .name = "dimension", .kind = ANF_ATTR_CHOICE, .choices = dimensions,
                .preset = "Width", .doc = "Along rows or columns" },
              NUMBER ("eps", "0.0001", "Added to the divisor") },
    .route = anf_route_minmax,
    .infer = minmax_infer, .items = minmax_items, .kernel = minmax_kernel,
    .reference = minmax_reference, .grain = 64,
    .reads = anf_reads_minmax,
    .core_ml = anf_mil_minmax,
    .sample = { .in = { { ANF_F16, 4, { 1, 2, 5, 7 } } },
                .attr = { { "dimension", "'Height'" }, { "eps", "0.125" } }, .lo = -4, .hi = 4 } },
  { .name = "lrn", .title = "Channel response norm", BRIDGE, X ("1, channels, height, width"),
    .bound = anf_bound_response,
    .doc = "Divided by a power of the squares of all channels near by.",
    .attr = { NUMBER ("alpha", "1", "Weight"), NUMBER ("beta", "0.75", "Power"),
              NUMBER ("k", "1", "Added to the sum") },
    .route = anf_route_response,
    .infer = lrn_infer, .items = lrn_items, .kernel = lrn_kernel, .reference = lrn_reference,
    .grain = 64,
    .core_ml = anf_mil_lrn,
    .sample = { .in = { { ANF_F16, 4, { 1, 6, 3, 5 } } }, .lo = -2, .hi = 2 } },
  { NULL }
};
