/* lower-bridge.c - bridges as MIL for Core ML, which has no cuts: what the device does in a program
 * of its own is said in ordinary operators there. */
#include "ops/lower.h"

#include "num/half.h"
#include "ops/family.h"

#include <math.h>
#include <string.h>

/* Added above the diagonal, as the kernel has it. */
#define CAUSAL_MASK (-1e4)

static AnfType
type_of (guint rank, const int *dim)
{
  AnfType type = { ANF_F16, rank };

  memcpy (type.dim, dim, rank * sizeof *dim);
  return type;
}

#define TYPE(...) type_of (sizeof ((int[]) { __VA_ARGS__ }) / sizeof (int), (int[]) { __VA_ARGS__ })

/* A list of sizes or axes. @suffix NULL: the result is the node's output. */
static const char *
shaped (AnfMilNode *mil, const char *suffix, const AnfType *type, const char *op, const char *key,
        guint n, const gint64 *values, const char *x)
{
  anf_mil_begin (mil, op);
  anf_mil_ints (mil, key, n, values);
  anf_mil_name (mil, "x", x);
  return suffix != NULL ? anf_mil_end_as (mil, suffix, type) : anf_mil_end (mil, 0);
}

static const char *
reshape (AnfMilNode *mil, const char *suffix, const AnfType *type, const char *x)
{
  gint64 shape[ANF_MAX_RANK];

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  return shaped (mil, suffix, type, "reshape", "shape", type->rank, shape, x);
}

static const char *
transpose (AnfMilNode *mil, const char *suffix, const AnfType *from, const gint64 *perm,
           const char *x)
{
  AnfType type = *from;

  for (guint i = 0; i < from->rank; i++)
    type.dim[i] = from->dim[perm[i]];
  return shaped (mil, suffix, &type, "transpose", "perm", from->rank, perm, x);
}

static const char *
flat (AnfMilNode *mil, const char *suffix, guint port)
{
  AnfType type = TYPE (anf_type_elements (mil->in_type[port]));

  return reshape (mil, suffix, &type, mil->in[port]);
}

/* @size elements of a vector from @begin on. */
static const char *
stretch (AnfMilNode *mil, const char *suffix, const char *x, gint64 begin, gint64 size)
{
  AnfType type = TYPE (size);

  anf_mil_begin (mil, "slice_by_size");
  anf_mil_ints (mil, "begin", 1, &begin);
  anf_mil_ints (mil, "size", 1, &size);
  anf_mil_name (mil, "x", x);
  return suffix != NULL ? anf_mil_end_as (mil, suffix, &type) : anf_mil_end (mil, 0);
}

static void
half_out (AnfMilNode *mil, const char *x)
{
  anf_mil_begin (mil, "cast");
  anf_mil_word (mil, "dtype", "fp16");
  anf_mil_name (mil, "x", x);
  anf_mil_end (mil, 0);
}

/* ---------------------------------------------------------------- rows */

gboolean
anf_mil_argmax (AnfMilNode *mil)
{
  AnfType type = mil->out_type[0];

  type.dtype = ANF_I32;
  anf_mil_begin (mil, "reduce_argmax");
  anf_mil_int (mil, "axis", anf_node_axis (mil->node, "axis", mil->in_type[0]->rank));
  anf_mil_flag (mil, "keep_dims", TRUE);
  anf_mil_name (mil, "x", mil->in[0]);
  half_out (mil, anf_mil_end_as (mil, "index", &type));
  return TRUE;
}

/* The operator gives values and their places; a row of the table wants one of them. */
static gboolean
ranked (AnfMilNode *mil, gboolean falling, gboolean places)
{
  g_autofree char *stem = g_strconcat (anf_node_name (mil->node), "_places", NULL);
  AnfType index = mil->out_type[0];
  AnfMilPort port;
  AnfMilOp *op;

  index.dtype = ANF_I32;
  anf_mil_begin (mil, "topk");
  anf_mil_flag (mil, "ascending", !falling);
  anf_mil_int (mil, "axis", 1);
  anf_mil_int (mil, "k", mil->out_type[0].dim[1]);
  anf_mil_name (mil, "x", mil->in[0]);
  if (places)
    anf_mil_end_as (mil, "ranked", &mil->out_type[0]);
  else
    anf_mil_end (mil, 0);

  op = g_ptr_array_index (mil->program->ops, mil->program->ops->len - 1);
  port.name = anf_mil_program_name (mil->program, stem);
  anf_mil_type_from (&port.type, &index);
  g_array_append_val (op->outputs, port);
  if (places)
    half_out (mil, port.name);
  return TRUE;
}

gboolean
anf_mil_topk (AnfMilNode *mil)
{
  return ranked (mil, anf_node_flag (mil->node, "largest"), FALSE);
}

gboolean
anf_mil_sort (AnfMilNode *mil)
{
  return ranked (mil, anf_node_flag (mil->node, "descending"),
                 anf_node_flag (mil->node, "return_indices"));
}

/* By fed numbers, which the kernel keeps inside; below 0 MIL too counts from the end. */
gboolean
anf_mil_gather_fed (AnfMilNode *mil)
{
  const AnfType *type = mil->n_in > 1 ? mil->in_type[1] : NULL;
  guint axis = anf_node_axis (mil->node, "axis", mil->in_type[0]->rank);
  const char *index;

  if (type == NULL)
    return anf_mil_gather (mil);
  anf_mil_begin (mil, "maximum");
  anf_mil_name (mil, "x", mil->in[1]);
  anf_mil_int (mil, "y", -mil->in_type[0]->dim[axis]);
  index = anf_mil_end_as (mil, "least", type);
  anf_mil_begin (mil, "minimum");
  anf_mil_name (mil, "x", index);
  anf_mil_int (mil, "y", mil->in_type[0]->dim[axis] - 1);
  index = anf_mil_end_as (mil, "index", type);

  anf_mil_begin (mil, "gather");
  anf_mil_int (mil, "axis", axis);
  anf_mil_name (mil, "indices", index);
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

/* ---------------------------------------------------------------- vectors */

/* (x, y, z) with the elements from @first on in front. */
static const char *
turned (AnfMilNode *mil, const char *suffix, const char *x, guint first)
{
  AnfType type = TYPE (3);
  const char *parts[] = { stretch (mil, "front", x, first, 3 - first),
                          stretch (mil, "back", x, 0, first) };

  anf_mil_begin (mil, "concat");
  anf_mil_int (mil, "axis", 0);
  anf_mil_flag (mil, "interleave", FALSE);
  anf_mil_names (mil, "values", 2, parts);
  return anf_mil_end_as (mil, suffix, &type);
}

gboolean
anf_mil_cross_product (AnfMilNode *mil)
{
  AnfType type = TYPE (3);
  const char *a = flat (mil, "a", 0), *b = flat (mil, "b", 1), *left, *right;

  left = anf_mil_binary (mil, "left", &type, "mul", turned (mil, "a_yzx", a, 1),
                         turned (mil, "b_zxy", b, 2));
  right = anf_mil_binary (mil, "right", &type, "mul", turned (mil, "a_zxy", a, 2),
                          turned (mil, "b_yzx", b, 1));
  anf_mil_binary (mil, NULL, NULL, "sub", left, right);
  return TRUE;
}

gboolean
anf_mil_scaled (AnfMilNode *mil)
{
  static const struct { const char *word, *op; } ops[] = {
    { "Add", "add" }, { "Mult", "mul" }, { "Min", "minimum" }, { "Max", "maximum" } };
  const char *word = anf_node_text (mil->node, "op"), *pairs;
  const char *x = flat (mil, "x", 0), *z = flat (mil, "z", 1);

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    if (g_str_equal (word, ops[i].word))
      {
        pairs = anf_mil_binary (mil, "pairs", mil->out_type, ops[i].op, x, z);
        anf_mil_binary (mil, NULL, NULL, "mul", pairs,
                        anf_mil_scalar (mil, "scale", anf_node_real (mil->node, "scale")));
        return TRUE;
      }
  return FALSE;
}

/* dynamic_slice and input_view. */
gboolean
anf_mil_part (AnfMilNode *mil)
{
  const char *start = anf_op_find_attr (mil->node->op, "offset") >= 0 ? "offset" : "start";

  stretch (mil, NULL, flat (mil, "flat", 0), anf_node_int (mil->node, start),
           mil->out_type[0].dim[0]);
  return TRUE;
}

/* ---------------------------------------------------------------- norms */

gboolean
anf_mil_minmax (AnfMilNode *mil)
{
  gint64 axis = anf_node_text (mil->node, "dimension")[0] == 'H' ? 2 : 3;
  static const char *const reduce[] = { "reduce_min", "reduce_max" };
  static const char *const suffix[] = { "least", "most" };
  AnfType type = *mil->in_type[0];
  const char *bound[2], *range, *above;

  type.dim[axis] = 1;
  for (guint i = 0; i < 2; i++)
    {
      anf_mil_begin (mil, reduce[i]);
      anf_mil_ints (mil, "axes", 1, &axis);
      anf_mil_flag (mil, "keep_dims", TRUE);
      anf_mil_name (mil, "x", mil->in[0]);
      bound[i] = anf_mil_end_as (mil, suffix[i], &type);
    }
  range = anf_mil_binary (mil, "range", &type, "sub", bound[1], bound[0]);
  range = anf_mil_binary (mil, "divisor", &type, "add", range,
                          anf_mil_scalar (mil, "eps", anf_node_real (mil->node, "eps")));
  above = anf_mil_binary (mil, "above", mil->out_type, "sub", mil->in[0], bound[0]);
  anf_mil_binary (mil, NULL, NULL, "real_div", above, range);
  return TRUE;
}

/* What each channel sees of the @size around it: ones in [C, C, 1, 1], or less than nothing. */
static const char *
window_of (AnfMilNode *mil, gint64 size, double one)
{
  gint64 n = mil->in_type[0]->dim[1];
  AnfType type = TYPE (n, n, 1, 1);
  g_autofree float *values = g_new0 (float, n * n);

  for (gint64 c = 0; c < n; c++)
    for (gint64 k = MAX (0, c - (size - 1) / 2); k < MIN (n, c + size / 2 + 1); k++)
      values[c * n + k] = one;
  return anf_mil_values (mil, "window", &type, values);
}

/* Which half of an even window is the larger one nobody says of Core ML's operator, so its sum is
 * written out; alpha, of one element, goes under the square to keep that small. */
static gboolean
response (AnfMilNode *mil, gint64 size, double alpha)
{
  const AnfType *type = mil->out_type;
  double beta = anf_node_real (mil->node, "beta"), k = anf_node_real (mil->node, "k");
  const char *x, *window;

  if (size % 2 == 1)
    {
      anf_mil_begin (mil, "local_response_norm");
      anf_mil_half (mil, "alpha", alpha * size);
      anf_mil_half (mil, "beta", beta);
      anf_mil_half (mil, "k", k);
      anf_mil_int (mil, "size", size);
      anf_mil_name (mil, "x", mil->in[0]);
      anf_mil_end (mil, 0);
      return TRUE;
    }
  window = window_of (mil, size, alpha < 0 ? -1 : 1);
  x = anf_mil_binary (mil, "small", type, "mul", mil->in[0],
                      anf_mil_scalar (mil, "root_alpha", sqrt (fabs (alpha))));
  x = anf_mil_binary (mil, "squares", type, "mul", x, x);
  anf_mil_begin (mil, "conv");
  anf_mil_word (mil, "pad_type", "valid");
  anf_mil_name (mil, "weight", window);
  anf_mil_name (mil, "x", x);
  x = anf_mil_end_as (mil, "sum", type);
  x = anf_mil_binary (mil, "raised", type, "add", x, anf_mil_scalar (mil, "k", k));
  x = anf_mil_binary (mil, "divisor", type, "pow", x, anf_mil_scalar (mil, "beta", beta));
  anf_mil_binary (mil, NULL, NULL, "real_div", mil->in[0], x);
  return TRUE;
}

gboolean
anf_mil_lrn (AnfMilNode *mil)
{
  return response (mil, mil->in_type[0]->dim[1], anf_node_real (mil->node, "alpha"));
}

/* local_response_norm, which divides alpha by the size of its window. */
gboolean
anf_mil_response (AnfMilNode *mil)
{
  gint64 size = anf_node_int (mil->node, "size");

  return response (mil, size, anf_node_real (mil->node, "alpha") / size);
}

/* ---------------------------------------------------------------- blocks of pixels */

/* space_to_channel and back. */
static gboolean
blocks (AnfMilNode *mil, const char *op)
{
  anf_mil_begin (mil, op);
  anf_mil_int (mil, "block_size", anf_node_int (mil->node, "r"));
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

gboolean
anf_mil_space_to_channel (AnfMilNode *mil)
{
  return blocks (mil, "space_to_depth");
}

gboolean
anf_mil_channel_to_space (AnfMilNode *mil)
{
  return blocks (mil, "depth_to_space");
}

/* MIL's own operators of these names put the places in a block before the images, the device after
 * them; so rows and columns move one after the other, which needs no more than five axes. */
gboolean
anf_mil_space_to_batch (AnfMilNode *mil)
{
  const int *in = mil->in_type[0]->dim;
  int bh = anf_node_int (mil->node, "bh"), bw = anf_node_int (mil->node, "bw");
  int n = in[0], c = in[1], h = in[2] / bh, w = in[3] / bw;
  AnfType rows = TYPE (n, c, h, bh, in[3]), columns = TYPE (n * bh, c * h, w, bw);
  const char *x = reshape (mil, "rows", &rows, mil->in[0]);

  x = transpose (mil, "rows_moved", &rows, (gint64[]) { 0, 3, 1, 2, 4 }, x);
  x = reshape (mil, "columns", &columns, x);
  x = transpose (mil, "columns_moved", &columns, (gint64[]) { 0, 3, 1, 2 }, x);
  reshape (mil, NULL, mil->out_type, x);
  return TRUE;
}

gboolean
anf_mil_batch_to_space (AnfMilNode *mil)
{
  const int *out = mil->out_type[0].dim;
  int bh = anf_node_int (mil->node, "bh"), bw = anf_node_int (mil->node, "bw");
  int n = out[0], c = out[1], h = out[2] / bh, w = out[3] / bw;
  AnfType columns = TYPE (n * bh, bw, c * h, w), rows = TYPE (n, bh, c, h, out[3]);
  const char *x = reshape (mil, "columns", &columns, mil->in[0]);

  x = transpose (mil, "columns_moved", &columns, (gint64[]) { 0, 2, 3, 1 }, x);
  x = reshape (mil, "rows", &rows, x);
  x = transpose (mil, "rows_moved", &rows, (gint64[]) { 0, 2, 3, 1, 4 }, x);
  reshape (mil, NULL, mil->out_type, x);
  return TRUE;
}

/* ---------------------------------------------------------------- images and points */

gboolean
anf_mil_correlation (AnfMilNode *mil)
{
  const int *map = mil->in_type[0]->dim, *small = mil->in_type[1]->dim;
  const int *dim = mil->out_type[0].dim;
  AnfType image = TYPE (1, 1, map[0], map[1]), kernel = TYPE (1, 1, small[0], small[1]);
  AnfType fit = TYPE (1, 1, dim[0], dim[1]);
  const char *x = reshape (mil, "map", &image, mil->in[0]);
  const char *weight = reshape (mil, "kernel", &kernel, mil->in[1]);

  anf_mil_begin (mil, "conv");
  anf_mil_word (mil, "pad_type", "valid");
  anf_mil_name (mil, "weight", weight);
  anf_mil_name (mil, "x", x);
  reshape (mil, NULL, mil->out_type, anf_mil_end_as (mil, "fit", &fit));
  return TRUE;
}

/* A row per disparity. */
gboolean
anf_mil_cost_volume (AnfMilNode *mil)
{
  gint64 rows = mil->out_type[0].dim[0], width = mil->out_type[0].dim[1];
  AnfType row = TYPE (width);
  const char *aux = flat (mil, "aux", 0), *ref = flat (mil, "ref", 1);
  g_autofree const char **cost = g_new (const char *, rows);

  for (gint64 d = 0; d < rows; d++)
    {
      const char *shifted = stretch (mil, "shifted", ref, d, width);

      cost[d] = anf_mil_binary (mil, "difference", &row, "sub", aux, shifted);
      cost[d] = anf_mil_unary (mil, "cost", &row, "abs", cost[d]);
    }
  anf_mil_begin (mil, "stack");
  anf_mil_int (mil, "axis", 0);
  anf_mil_names (mil, "values", rows, cost);
  anf_mil_end (mil, 0);
  return TRUE;
}

gboolean
anf_mil_radius (AnfMilNode *mil)
{
  int n = mil->out_type[0].dim[0], m = mil->out_type[0].dim[1];
  AnfType points = TYPE (n, 1, 3), centres = TYPE (1, m, 3), apart = TYPE (n, m, 3);
  AnfType truth = mil->out_type[0];
  gint64 axis = 2;
  const char *x;

  truth.dtype = ANF_BOOL;
  x = anf_mil_binary (mil, "apart", &apart, "sub", reshape (mil, "points", &points, mil->in[0]),
                      reshape (mil, "centres", &centres, mil->in[1]));
  anf_mil_begin (mil, "reduce_l2_norm");
  anf_mil_ints (mil, "axes", 1, &axis);
  anf_mil_flag (mil, "keep_dims", FALSE);
  anf_mil_name (mil, "x", x);
  x = anf_mil_end_as (mil, "distance", mil->out_type);
  x = anf_mil_binary (mil, "near", &truth, "less_equal", x,
                      anf_mil_scalar (mil, "radius", anf_node_real (mil->node, "radius")));
  half_out (mil, x);
  return TRUE;
}

/* ---------------------------------------------------------------- attention */

/* What is added to the scores; NULL: nothing. */
static const char *
mask_of (AnfMilNode *mil)
{
  gsize n = mil->in_type[0]->dim[2];
  AnfType type = TYPE (1, 1, n, n);
  g_autofree float *values = NULL;

  if (mil->n_in > 3 && mil->in[3] != NULL)
    return mil->in[3];
  if (!anf_node_flag (mil->node, "causal"))
    return NULL;
  values = g_new0 (float, n * n);
  for (gsize i = 0; i < n * n; i++)
    values[i] = i % n > i / n ? CAUSAL_MASK : 0;
  return anf_mil_values (mil, "causal", &type, values);
}

/* With Core ML's operator where the scale is its own, else step by step. */
gboolean
anf_mil_sdpa (AnfMilNode *mil)
{
  const int *q = mil->in_type[0]->dim, *k = mil->in_type[1]->dim;
  double own = 1 / sqrt (q[3]);
  double scale = anf_node_attr_is_set (mil->node, "scale") ? anf_node_real (mil->node, "scale")
                                                           : own;
  AnfType scores = TYPE (1, q[1], q[2], k[2]);
  const char *mask = mask_of (mil), *x;

  if (anf_half_round (scale) == anf_half_round (own))
    {
      anf_mil_begin (mil, "scaled_dot_product_attention");
      if (mask != NULL)
        anf_mil_name (mil, "attn_mask", mask);
      anf_mil_name (mil, "key", mil->in[1]);
      anf_mil_name (mil, "query", mil->in[0]);
      anf_mil_name (mil, "value", mil->in[2]);
      anf_mil_end (mil, 0);
      return TRUE;
    }
  x = anf_mil_binary (mil, "scaled", mil->in_type[0], "mul", mil->in[0],
                      anf_mil_scalar (mil, "scale", scale));
  anf_mil_begin (mil, "matmul");
  anf_mil_flag (mil, "transpose_x", FALSE);
  anf_mil_flag (mil, "transpose_y", TRUE);
  anf_mil_name (mil, "x", x);
  anf_mil_name (mil, "y", mil->in[1]);
  x = anf_mil_end_as (mil, "scores", &scores);
  if (mask != NULL)
    x = anf_mil_binary (mil, "masked", &scores, "add", x, mask);
  anf_mil_begin (mil, "softmax");
  anf_mil_int (mil, "axis", 3);
  anf_mil_name (mil, "x", x);
  x = anf_mil_end_as (mil, "weights", &scores);
  anf_mil_begin (mil, "matmul");
  anf_mil_flag (mil, "transpose_x", FALSE);
  anf_mil_flag (mil, "transpose_y", FALSE);
  anf_mil_name (mil, "x", x);
  anf_mil_name (mil, "y", mil->in[2]);
  anf_mil_end (mil, 0);
  return TRUE;
}
