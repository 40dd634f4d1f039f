/* write-norm.c - rows in operators of ONNX: normalisations, reductions, pools. */
#include "io/onnx/write.h"

#include "ops/family.h"

static double
eps_of (const AnfOnnxSay *self)
{
  return anf_node_real (self->node, "eps");
}

static AnfOnnxTerm
plus (AnfOnnxSay *self, AnfOnnxTerm x, double summand)
{
  return anf_say (self, "Add", x, anf_say_number (self, summand), NULL);
}

static void
say_softmax (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Softmax", self->x[0], NULL, NULL);
  anf_say_int (self, "axis", anf_node_int (self->node, "axis"));
}

static void
say_layer_norm (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "LayerNormalization", self->x[0], self->w[0], self->w[1]);
  anf_say_real (self, "epsilon", eps_of (self));
}

/* x over the root of what an operator says of its squares along an axis, plus eps. */
static AnfOnnxTerm
by_root (AnfOnnxSay *self, AnfOnnxTerm x, const char *op, gint64 axis)
{
  AnfOnnxTerm square = anf_say (self, "Mul", x, x, NULL);
  AnfOnnxTerm sum = plus (self, anf_say_reduce (self, op, square, axis), eps_of (self));

  return anf_say (self, "Div", x, anf_say (self, "Sqrt", sum, NULL, NULL), NULL);
}

static void
say_rms_norm (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Mul", by_root (self, self->x[0], "ReduceMean", -1), self->w[0],
                        NULL);
}

static void
say_l2_norm (AnfOnnxSay *self)
{
  self->y[0] = by_root (self, self->x[0], "ReduceSum", anf_node_int (self->node, "axis"));
}

static AnfOnnxTerm
centred (AnfOnnxSay *self, AnfOnnxTerm x, gint64 axis)
{
  AnfOnnxTerm centre = anf_say_reduce (self, "ReduceMean", x, axis);

  return by_root (self, anf_say (self, "Sub", x, centre, NULL), "ReduceMean", axis);
}

/* A weight of the channels, in the shape that goes with N, C, H, W. */
static AnfOnnxTerm
by_channel (AnfOnnxSay *self, guint role)
{
  return anf_say_shape (self, self->w[role], 4, (gint64[]) { 1, self->in[0]->dim[1], 1, 1 });
}

static AnfOnnxTerm
scaled (AnfOnnxSay *self, AnfOnnxTerm x)
{
  AnfOnnxTerm y = anf_say (self, "Mul", x, by_channel (self, 0), NULL);

  return anf_say (self, "Add", y, by_channel (self, 1), NULL);
}

static void
say_channel_layer_norm (AnfOnnxSay *self)
{
  self->y[0] = scaled (self, centred (self, self->x[0], 1));
}

static void
say_group_norm (AnfOnnxSay *self)
{
  const AnfType *x = self->in[0];
  gint64 groups = anf_node_int (self->node, "groups");
  gint64 shape[4] = { x->dim[0], x->dim[1], x->dim[2], x->dim[3] };
  AnfOnnxTerm rows = anf_say_shape (self, self->x[0], 3, (gint64[]) { x->dim[0], groups, -1 });

  self->y[0] = scaled (self, anf_say_shape (self, centred (self, rows, -1), 4, shape));
}

/* Scale, shift and, of a batch norm, mean and variance are in ONNX's order. */
static void
say_statistics (AnfOnnxSay *self)
{
  AnfOnnxTerm in[1 + ANF_MAX_ROLES] = { self->x[0] };
  guint n = anf_op_n_roles (self->node->op);

  for (guint i = 0; i < n; i++)
    in[1 + i] = self->w[i];
  self->y[0] = anf_say_list (self, self->node->op->onnx, 1 + n, in);
  anf_say_real (self, "epsilon", eps_of (self));
}

/* The sum of squares over channels c - (size - 1) / 2 to c + size / 2: what LRN is made of. */
static AnfOnnxTerm
near_squares (AnfOnnxSay *self, gint64 size)
{
  const AnfType *x = self->in[0];
  gint64 rows[4] = { x->dim[0], 1, x->dim[1], (gint64) x->dim[2] * x->dim[3] };
  gint64 shape[4] = { x->dim[0], x->dim[1], x->dim[2], x->dim[3] };
  gint64 n = MIN (size, 2 * rows[2] - 1), before = (n - 1) / 2, after = n / 2;
  AnfOnnxTerm y = anf_say (self, "Mul", self->x[0], self->x[0], NULL);
  g_autofree float *ones = g_new (float, n);

  if (size > n)                    /* wider than all channels together */
    before = after = rows[2] - 1;
  for (gint64 i = 0; i < n; i++)
    ones[i] = 1;
  y = anf_say_shape (self, y, 4, rows);
  y = anf_say (self, "Conv", y, anf_say_array (self, 4, (gint64[]) { 1, 1, n, 1 }, ones), NULL);
  anf_say_ints (self, "pads", 4, (gint64[]) { before, 0, after, 0 });
  return anf_say_shape (self, y, 4, shape);
}

/* x over (k + alpha times the squares near by) to the power of beta. onnxruntime takes windows of
 * an odd size only. */
static void
response (AnfOnnxSay *self, gint64 size, double alpha)
{
  double k = anf_node_real (self->node, "k"), beta = anf_node_real (self->node, "beta");
  AnfOnnxTerm y;

  if (size % 2 == 1 && size < G_MAXINT)
    {
      self->y[0] = anf_say (self, "LRN", self->x[0], NULL, NULL);
      anf_say_int (self, "size", size);
      anf_say_real (self, "alpha", alpha * size);
      anf_say_real (self, "beta", beta);
      anf_say_real (self, "bias", k);
      return;
    }
  y = anf_say (self, "Mul", near_squares (self, size), anf_say_number (self, alpha), NULL);
  y = anf_say (self, "Pow", plus (self, y, k), anf_say_number (self, beta), NULL);
  self->y[0] = anf_say (self, "Div", self->x[0], y, NULL);
}

static void
say_response_norm (AnfOnnxSay *self)
{
  gint64 size = anf_node_int (self->node, "size");

  response (self, size, anf_node_real (self->node, "alpha") / size);
}

static void
say_lrn (AnfOnnxSay *self)
{
  response (self, self->in[0]->dim[1], anf_node_real (self->node, "alpha"));
}

static void
say_minmax (AnfOnnxSay *self)
{
  gint64 axis = anf_node_text (self->node, "dimension")[0] == 'H' ? 2 : 3;
  AnfOnnxTerm least = anf_say_reduce (self, "ReduceMin", self->x[0], axis);
  AnfOnnxTerm most = anf_say_reduce (self, "ReduceMax", self->x[0], axis);
  AnfOnnxTerm range = plus (self, anf_say (self, "Sub", most, least, NULL), eps_of (self));

  self->y[0] = anf_say (self, "Div", anf_say (self, "Sub", self->x[0], least, NULL), range, NULL);
}

static void
say_reduce (AnfOnnxSay *self)
{
  gint64 axes[ANF_MAX_RANK];
  guint n = anf_node_ints (self->node, "axes", axes, ANF_MAX_RANK);
  const char *op = self->node->op->onnx;

  if (g_str_equal (op, "ReduceSum"))
    self->y[0] = anf_say (self, op, self->x[0], anf_say_whole (self, n, axes), NULL);
  else
    {
      self->y[0] = anf_say (self, op, self->x[0], NULL, NULL);
      anf_say_ints (self, "axes", n, axes);
    }
}

static void
say_cumsum (AnfOnnxSay *self)
{
  gint64 axis = self->in[0]->rank - 1;

  self->y[0] = anf_say (self, "CumSum", self->x[0], anf_say_whole (self, 1, &axis), NULL);
}

/* Programs do not agree on what ceil_mode does at the far edge; a border as wide as the last window
 * needs says the same without it. */
static void
say_pool (AnfOnnxSay *self)
{
  const char *step = anf_node_attr_is_set (self->node, "stride") ? "stride" : "k";
  gint64 pad[4], k[2], stride[2];

  anf_node_ints_n (self->node, "k", 2, k);
  anf_node_ints_n (self->node, step, 2, stride);
  anf_node_ints_n (self->node, "pad", 4, pad);
  for (guint i = 0; i < 2; i++)
    {
      gint64 reach = (self->out[0].dim[2 + i] - 1) * stride[i] + k[i];

      pad[2 * i + 1] = MAX (pad[2 * i + 1], reach - pad[2 * i] - self->in[0]->dim[2 + i]);
    }
  self->y[0] = anf_say (self, self->node->op->onnx, self->x[0], NULL, NULL);
  anf_say_ints (self, "kernel_shape", 2, k);
  anf_say_ints (self, "strides", 2, stride);
  anf_say_ints (self, "pads", 4, (gint64[]) { pad[0], pad[2], pad[1], pad[3] });
  if (anf_op_find_attr (self->node->op, "exclude_pad") >= 0)
    anf_say_int (self, "count_include_pad", !anf_node_flag (self->node, "exclude_pad"));
}

const AnfOnnxWords anf_onnx_words_norm[] = {
  { "softmax", say_softmax }, { "layer_norm", say_layer_norm }, { "rms_norm", say_rms_norm },
  { "l2_norm", say_l2_norm }, { "channel_layer_norm", say_channel_layer_norm },
  { "group_norm", say_group_norm }, { "instance_norm", say_statistics },
  { "batch_norm", say_statistics }, { "local_response_norm", say_response_norm },
  { "lrn", say_lrn }, { "minmax_norm", say_minmax }, { "reduce_mean", say_reduce },
  { "reduce_sum", say_reduce }, { "reduce_max", say_reduce }, { "reduce_min", say_reduce },
  { "reduce_l1_norm", say_reduce }, { "reduce_l2_norm", say_reduce },
  { "reduce_sum_square", say_reduce }, { "reduce_log_sum", say_reduce },
  { "reduce_log_sum_exp", say_reduce }, { "cumsum", say_cumsum }, { "max_pool", say_pool },
  { "avg_pool", say_pool },
  { NULL }
};
