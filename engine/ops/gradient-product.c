/* gradient-product.c - gradients of products, convolutions and pools.
 *
 * Windows are taken apart and put together by convolutions with kernels of one 1 each, which are
 * exact: patches lays the taps of every window side by side, scatter adds them back. So every
 * stride, padding, dilation and number of groups goes the same way. */
#include "ops/gradient.h"

#include "ops/family.h"

#define X  (self->in[0])
#define Y  (self->out[0])
#define UP (self->up[0])
#define NONE ((AnfFlow) { { 0 } })

/* All but the last axis as one. */
static AnfFlow
rows_of (AnfGradient *self, AnfFlow x)
{
  gint64 last = x.type.dim[x.type.rank - 1];

  return anf_grad_shape (self, x, 2, (gint64) anf_type_elements (&x.type) / last, last);
}

static AnfFlow
turned_product (AnfGradient *self, AnfFlow x, AnfFlow y)
{
  return anf_grad_product (self, rows_of (self, x), TRUE, rows_of (self, y), FALSE);
}

/* The same matrix read the other way round: linear and matmul_w take it as [out, in] and as
 * [in, out]. */
static void
back_through (AnfGradient *self, const char *op)
{
  if (!anf_gradient_wants (self, 0))
    return;
  self->to_in[0] = anf_grad_node (self, op, UP, NONE, &X.type);
  anf_grad_take_role (self, self->to_in[0], "weight", 0);
}

gboolean
anf_vjp_linear (AnfGradient *self)
{
  back_through (self, "matmul_w");
  if (anf_gradient_wants_role (self, 0))
    self->to_role[0] = turned_product (self, UP, X);
  if (anf_gradient_wants_role (self, 1))
    {
      AnfType bias = { ANF_F16, 1, { Y.type.dim[Y.type.rank - 1] } };

      self->to_role[1] = anf_grad_unbroadcast (self, UP, &bias);
    }
  return TRUE;
}

gboolean
anf_vjp_matmul_w (AnfGradient *self)
{
  back_through (self, "linear");
  if (anf_gradient_wants_role (self, 0))
    self->to_role[0] = turned_product (self, X, UP);
  return TRUE;
}

gboolean
anf_vjp_bmm (AnfGradient *self)
{
  gboolean x_turned = anf_node_flag (self->node, "transpose_x");
  gboolean y_turned = anf_node_flag (self->node, "transpose_y");
  AnfFlow y = self->in[1], to;

  if (anf_gradient_wants (self, 0))
    {
      to = x_turned ? anf_grad_product (self, y, y_turned, UP, TRUE)
                    : anf_grad_product (self, UP, FALSE, y, !y_turned);
      self->to_in[0] = anf_grad_unbroadcast (self, to, &X.type);
    }
  if (anf_gradient_wants (self, 1))
    {
      to = y_turned ? anf_grad_product (self, UP, TRUE, X, x_turned)
                    : anf_grad_product (self, X, !x_turned, UP, FALSE);
      self->to_in[1] = anf_grad_unbroadcast (self, to, &y.type);
    }
  return TRUE;
}

gboolean
anf_vjp_bmm_w (AnfGradient *self)
{
  if (anf_gradient_wants (self, 0))
    self->to_in[0] = anf_grad_product (self, UP, FALSE, anf_grad_role (self, 0), TRUE);
  if (anf_gradient_wants_role (self, 0))
    self->to_role[0] = anf_grad_product (self, X, TRUE, UP, FALSE);
  return TRUE;
}

/* ---- windows */

typedef struct { gint64 k[2], stride[2], dilation[2], pad[4], groups; } Window;

static void
window_init (Window *self, const AnfNode *node, const AnfType *kernel)
{
  self->k[0] = kernel->dim[2];
  self->k[1] = kernel->dim[3];
  anf_node_ints_n (node, "stride", 2, self->stride);
  anf_node_ints_n (node, "dilation", 2, self->dilation);
  anf_node_ints_n (node, "pad", 4, self->pad);
  self->groups = anf_node_int (node, "groups");
}

static gint64
reach (const Window *self, guint axis)
{
  return self->dilation[axis] * (self->k[axis] - 1) + 1;
}

static void
set_window (AnfGradient *self, AnfFlow node, const Window *window, const gint64 *pad,
            gint64 groups)
{
  anf_grad_ints (self, node, "stride", 2, window->stride);
  anf_grad_ints (self, node, "dilation", 2, window->dilation);
  anf_grad_ints (self, node, "pad", 4, pad);
  anf_grad_int (self, node, "groups", groups);
}

/* Kernels of one 1 each, a set of all taps for each of @channels. */
static void
set_taps (AnfGradient *self, AnfFlow node, const Window *window, gint64 channels)
{
  gint64 taps = window->k[0] * window->k[1];
  gint64 shape[] = { channels * taps, 1, window->k[0], window->k[1] };
  g_autofree float *values = g_new0 (float, channels * taps * taps);

  for (gint64 c = 0; c < channels; c++)
    for (gint64 t = 0; t < taps; t++)
      values[(c * taps + t) * taps + t] = 1;
  anf_grad_own_role (self, node, "weight", 4, shape, values);
}

/* [N, C, H, W] -> [N, C taps, windows down, windows across]. */
static AnfFlow
patches (AnfGradient *self, AnfFlow x, const Window *window, int down, int across)
{
  gint64 channels = x.type.dim[1];
  AnfType type = { ANF_F16, 4, { x.type.dim[0], channels * window->k[0] * window->k[1], down,
                                 across } };
  AnfFlow node = anf_grad_node (self, "conv", x, NONE, &type);

  set_window (self, node, window, window->pad, channels);
  set_taps (self, node, window, channels);
  return node;
}

/* The border of @pad at the beginning is cut off an axis, and its end cut or filled up to
 * @extent. */
static AnfFlow
fit (AnfGradient *self, AnfFlow x, guint axis, gint64 pad, gint64 extent)
{
  gint64 there = MIN (x.type.dim[axis] - pad, extent);

  return anf_grad_pad (self, anf_grad_slice (self, x, axis, pad, there), axis, 0, extent - there);
}

/* What windows read is added up where they read it: a transposed convolution without padding, from
 * which what fell on the border is cut. @role: the kernel is the node's; -1: taps. */
static AnfFlow
scatter (AnfGradient *self, AnfFlow up, const Window *window, int role, gint64 groups,
         const AnfType *to)
{
  AnfType type = { ANF_F16, 4, { to->dim[0], to->dim[1] } };
  AnfFlow node;

  for (guint i = 0; i < 2; i++)
    type.dim[2 + i] = (up.type.dim[2 + i] - 1) * window->stride[i] + reach (window, i);
  node = anf_grad_node (self, "conv_transpose", up, NONE, &type);
  set_window (self, node, window, (const gint64[4]) { 0 }, groups);
  if (role >= 0)
    anf_grad_take_role (self, node, "weight", role);
  else
    set_taps (self, node, window, groups);
  node = fit (self, node, 2, window->pad[0], to->dim[2]);
  return fit (self, node, 3, window->pad[2], to->dim[3]);
}

/* [N, groups C, ..] and [N, groups D, ..] -> [N, groups, C, windows] and the like. */
static AnfFlow
by_group (AnfGradient *self, AnfFlow x, gint64 groups)
{
  return anf_grad_shape (self, x, 4, (gint64) x.type.dim[0], groups,
                         (gint64) x.type.dim[1] / groups,
                         (gint64) x.type.dim[2] * x.type.dim[3]);
}

/* Of a kernel [outputs, inputs / groups, h, w] that reads @wide and writes @narrow. */
static AnfFlow
kernel_gradient (AnfGradient *self, AnfFlow wide, AnfFlow narrow, const Window *window,
                 const AnfType *kernel)
{
  AnfFlow cols = patches (self, wide, window, narrow.type.dim[2], narrow.type.dim[3]);
  AnfFlow all;

  all = anf_grad_product (self, by_group (self, narrow, window->groups), FALSE,
                          by_group (self, cols, window->groups), TRUE);
  if (all.type.dim[0] > 1)
    all = anf_grad_reduce (self, "reduce_sum", all, 1, (const gint64[]) { 0 });
  return anf_grad_reshape (self, all, kernel);
}

static AnfType
role_type (const AnfTensor *tensor)
{
  AnfType type = { ANF_F16, anf_tensor_rank (tensor) };

  for (guint i = 0; i < type.rank; i++)
    type.dim[i] = anf_tensor_dim (tensor, i);
  return type;
}

static void
bias_gradient (AnfGradient *self)
{
  AnfType bias = { ANF_F16, 4, { 1, Y.type.dim[1], 1, 1 } };

  if (anf_gradient_wants_role (self, 1))
    self->to_role[1] = anf_grad_shape (self, anf_grad_unbroadcast (self, UP, &bias), 1,
                                       (gint64) Y.type.dim[1]);
}

gboolean
anf_vjp_conv (AnfGradient *self)
{
  AnfType kernel = role_type (self->weight[0]);
  Window window;

  window_init (&window, self->node, &kernel);
  if (anf_gradient_wants (self, 0))
    self->to_in[0] = scatter (self, UP, &window, 0, window.groups, &X.type);
  if (anf_gradient_wants_role (self, 0))
    self->to_role[0] = kernel_gradient (self, X, UP, &window, &kernel);
  bias_gradient (self);
  return TRUE;
}

gboolean
anf_vjp_conv_transpose (AnfGradient *self)
{
  AnfType kernel = role_type (self->weight[0]);
  Window window;

  window_init (&window, self->node, &kernel);
  if (anf_gradient_wants (self, 0))
    {
      self->to_in[0] = anf_grad_node (self, "conv", UP, NONE, &X.type);
      set_window (self, self->to_in[0], &window, window.pad, window.groups);
      anf_grad_take_role (self, self->to_in[0], "weight", 0);
    }
  if (anf_gradient_wants_role (self, 0))
    self->to_role[0] = kernel_gradient (self, UP, X, &window, &kernel);
  bias_gradient (self);
  return TRUE;
}

/* The kernel is a value: each tap's share first, then all of them where they were read. */
static AnfFlow
through_kernel (AnfGradient *self, AnfFlow kernel, AnfFlow up, const Window *window,
                const AnfType *to)
{
  gint64 groups = window->groups, out = kernel.type.dim[0], taps = window->k[0] * window->k[1];
  AnfFlow matrix = anf_grad_shape (self, kernel, 4, (gint64) 1, groups, out / groups,
                                   kernel.type.dim[1] * taps);
  AnfFlow each = anf_grad_product (self, matrix, TRUE, by_group (self, up, groups), FALSE);

  each = anf_grad_shape (self, each, 4, (gint64) up.type.dim[0], to->dim[1] * taps,
                         (gint64) up.type.dim[2], (gint64) up.type.dim[3]);
  return scatter (self, each, window, -1, to->dim[1], to);
}

gboolean
anf_vjp_dynamic_conv (AnfGradient *self)
{
  AnfFlow kernel = self->in[1];
  Window window;

  window_init (&window, self->node, &kernel.type);
  if (anf_gradient_wants (self, 0))
    self->to_in[0] = through_kernel (self, kernel, UP, &window, &X.type);
  if (anf_gradient_wants (self, 1))
    self->to_in[1] = kernel_gradient (self, X, UP, &window, &kernel.type);
  return TRUE;
}

/* A map as an image of one channel. */
static AnfFlow
image (AnfGradient *self, AnfFlow x)
{
  return anf_grad_shape (self, x, 4, (gint64) 1, (gint64) 1, (gint64) x.type.dim[0],
                         (gint64) x.type.dim[1]);
}

gboolean
anf_vjp_cross_correlation (AnfGradient *self)
{
  AnfFlow map = image (self, X), kernel = image (self, self->in[1]), up = image (self, UP), to;
  Window window = { { kernel.type.dim[2], kernel.type.dim[3] }, { 1, 1 }, { 1, 1 }, { 0 }, 1 };

  if (anf_gradient_wants (self, 0))
    {
      to = through_kernel (self, kernel, up, &window, &map.type);
      self->to_in[0] = anf_grad_reshape (self, to, &X.type);
    }
  if (anf_gradient_wants (self, 1))
    {
      to = kernel_gradient (self, map, up, &window, &kernel.type);
      self->to_in[1] = anf_grad_reshape (self, to, &self->in[1].type);
    }
  return TRUE;
}

/* ---- pools */

static void
pool_window (Window *self, const AnfNode *node, const AnfType *in, const AnfType *out)
{
  *self = (Window) { .dilation = { 1, 1 }, .groups = 1 };
  anf_node_ints_n (node, "k", 2, self->k);
  anf_node_ints_n (node, anf_node_attr_is_set (node, "stride") ? "stride" : "k", 2, self->stride);
  anf_node_ints_n (node, "pad", 4, self->pad);
  /* The last window may reach further than the padding, or not use all of it. */
  for (guint i = 0; i < 2; i++)
    self->pad[2 * i + 1] = MAX (0, (out->dim[2 + i] - 1) * self->stride[i] + self->k[i]
                                   - in->dim[2 + i] - self->pad[2 * i]);
}

/* What a window's tap @t on an axis reads, at window @at; -1 or past the end: padding. */
static gint64
read_at (const Window *self, guint axis, gint64 at, gint64 t)
{
  return at * self->stride[axis] + t - self->pad[2 * axis];
}

/* A mean is one matrix down and one across: [extent, windows], turned. */
static AnfFlow
mean_back (AnfGradient *self, AnfFlow up, const Window *window, guint axis, gboolean exclude)
{
  gint64 extent = X.type.dim[2 + axis], n = Y.type.dim[2 + axis];
  g_autofree float *share = g_new0 (float, extent * n);

  for (gint64 at = 0; at < n; at++)
    {
      gint64 first = MAX (0, read_at (window, axis, at, 0));
      gint64 end = MIN (extent, read_at (window, axis, at, window->k[axis]));

      for (gint64 i = first; i < end; i++)
        share[i * n + at] = 1.0 / (exclude ? end - first : window->k[axis]);
    }
  return anf_grad_matrix (self, up, 2 + axis, extent, share);
}

gboolean
anf_vjp_avg_pool (AnfGradient *self)
{
  gboolean exclude = anf_node_flag (self->node, "exclude_pad");
  Window window;
  AnfFlow up;

  pool_window (&window, self->node, &X.type, &Y.type);
  up = mean_back (self, UP, &window, 1, exclude);
  self->to_in[0] = mean_back (self, up, &window, 0, exclude);
  return TRUE;
}

/* 1 for taps inside the image: [1, 1, taps, down, across]. */
static AnfFlow
inside (AnfGradient *self, const Window *window)
{
  gint64 down = Y.type.dim[2], across = Y.type.dim[3], taps = window->k[0] * window->k[1];
  AnfType type = { ANF_F16, 5, { 1, 1, taps, down, across } };
  g_autofree float *values = g_new0 (float, taps * down * across);

  for (gint64 t = 0; t < taps; t++)
    for (gint64 i = 0; i < down; i++)
      for (gint64 j = 0; j < across; j++)
        {
          gint64 row = read_at (window, 0, i, t / window->k[1]);
          gint64 column = read_at (window, 1, j, t % window->k[1]);

          values[(t * down + i) * across + j] = row >= 0 && row < X.type.dim[2]
                                                && column >= 0 && column < X.type.dim[3];
        }
  return anf_grad_const (self, &type, values);
}

/* The largest taps of a window share what arrives; the border is none of them. */
gboolean
anf_vjp_max_pool (AnfGradient *self)
{
  gint64 n = X.type.dim[0], c = X.type.dim[1], down = Y.type.dim[2], across = Y.type.dim[3];
  gint64 taps, axis = 2;
  AnfFlow cols, largest, equal, hit;
  Window window;

  pool_window (&window, self->node, &X.type, &Y.type);
  taps = window.k[0] * window.k[1];
  cols = patches (self, X, &window, down, across);
  cols = anf_grad_shape (self, cols, 5, n, c, taps, down, across);
  largest = anf_grad_shape (self, Y, 5, n, c, (gint64) 1, down, across);
  equal = anf_grad_compare (self, "equal", cols, largest);
  hit = anf_grad_select (self, equal, inside (self, &window), anf_grad_number (self, 0));
  hit = anf_grad_div (self, hit, anf_grad_reduce (self, "reduce_sum", hit, 1, &axis));
  hit = anf_grad_mul (self, hit, anf_grad_shape (self, UP, 5, n, c, (gint64) 1, down, across));
  hit = anf_grad_shape (self, hit, 4, n, c * taps, down, across);
  self->to_in[0] = scatter (self, hit, &window, -1, c, &X.type);
  return TRUE;
}
