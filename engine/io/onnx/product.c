/* product.c - convolutions and matrix products. */
#include "io/onnx/onnx.h"

#include <string.h>

/* ---------------------------------------------------------------- convolution */

/* Of a window along each of @n axes: what the attributes say, pads worked out. */
typedef AnfOnnxWindow Window;

/* pads: all that come before, then all after; or auto_pad, for an output of ceil (in / s). */
static gboolean
window_pads (AnfOnnx *self, const AnfOnnxNode *node, Window *w)
{
  gint64 pads[2 * ANF_MAX_TENSOR_RANK];
  gboolean upper = anf_onnx_text_is (node, "auto_pad", "SAME_UPPER", NULL);
  gboolean lower = anf_onnx_text_is (node, "auto_pad", "SAME_LOWER", NULL);
  gboolean valid = anf_onnx_text_is (node, "auto_pad", "VALID", NULL);

  if (!valid && !anf_onnx_ints (self, node, "pads", 2 * w->n, 0, pads))
    return FALSE;
  for (guint i = 0; i < w->n; i++)
    {
      gint64 reach = w->dilation[i] * (w->k[i] - 1) + 1, out, all;

      w->before[i] = valid || upper || lower ? 0 : pads[i];
      w->after[i] = valid || upper || lower ? 0 : pads[w->n + i];
      if (!upper && !lower)
        continue;
      out = (w->in[i] + w->stride[i] - 1) / w->stride[i];
      all = MAX ((out - 1) * w->stride[i] + reach - w->in[i], 0);
      w->before[i] = lower ? all - all / 2 : all / 2;
      w->after[i] = all - w->before[i];
    }
  return TRUE;
}

gboolean
anf_onnx_window (AnfOnnx *self, const AnfOnnxNode *node, const AnfOnnxValue *x, Window *w)
{
  if (x == NULL || x->rank < 3 || x->rank > 5)
    {
      anf_onnx_refuse (self, "an input that has not 3, 4 or 5 axes");
      return FALSE;
    }
  w->n = x->rank - 2;
  for (guint i = 0; i < w->n; i++)
    w->in[i] = x->dim[2 + i];
  if (!anf_onnx_ints (self, node, "strides", w->n, 1, w->stride)
      || !anf_onnx_ints (self, node, "dilations", w->n, 1, w->dilation))
    return FALSE;
  for (guint i = 0; i < w->n; i++)
    if (w->k[i] < 1 || w->stride[i] < 1 || w->dilation[i] < 1 || w->k[i] > 65536
        || w->stride[i] > G_MAXINT || w->dilation[i] > 65536)
      {
        anf_onnx_refuse (self, "a window, stride or dilation that cannot be");
        return FALSE;
      }
  if (!window_pads (self, node, w))
    return FALSE;
  for (guint i = 0; i < w->n; i++)
    if (w->before[i] < 0 || w->after[i] < 0 || w->before[i] > G_MAXINT || w->after[i] > G_MAXINT)
      {
        anf_onnx_refuse (self, "a border of %" G_GINT64_FORMAT, MIN (w->before[i], w->after[i]));
        return FALSE;
      }
  return TRUE;
}

/* A kernel may be 13 wide on every chip, but of any height. */
#define WIDEST 13

/* [N, C, L] as an image of one row, or of one column for a long kernel. */
static AnfOnnxValue *
as_image (AnfOnnx *self, AnfOnnxValue *x, gboolean upright)
{
  if (x == NULL || x->rank != 3)
    return x;
  return anf_onnx_reshape (self, x, 4, (gint64[]) { x->dim[0], x->dim[1], upright ? x->dim[2] : 1,
                                                    upright ? 1 : x->dim[2] });
}

/* The same window on an image whose rows and columns changed places. */
static AnfOnnxWindow
upright_window (const AnfOnnxWindow *w)
{
  AnfOnnxWindow out = { .n = 2 };
  gint64 *to[] = { out.in, out.k, out.stride, out.dilation, out.before, out.after };
  const gint64 *from[] = { w->in, w->k, w->stride, w->dilation, w->before, w->after };

  for (guint i = 0; i < G_N_ELEMENTS (to); i++)
    {
      to[i][0] = from[i][w->n - 1];
      to[i][1] = w->n == 2 ? from[i][0] : i == 4 || i == 5 ? 0 : 1;
    }
  return out;
}

static void
set_window (AnfOnnx *self, const Window *w, gint64 groups)
{
  gboolean flat = w->n == 1;
  guint y = 0, x = flat ? 0 : 1;

  anf_onnx_set_ints (self, "stride", 2, (gint64[]) { flat ? 1 : w->stride[y], w->stride[x] });
  anf_onnx_set_ints (self, "dilation", 2, (gint64[]) { flat ? 1 : w->dilation[y],
                                                       w->dilation[x] });
  anf_onnx_set_ints (self, "pad", 4, (gint64[]) { flat ? 0 : w->before[y], flat ? 0 : w->after[y],
                                                  w->before[x], w->after[x] });
  anf_onnx_set_int (self, "groups", groups);
}

/* [N, C, H, W] as it came, or turned back; [N, C, L] without the axis it was given. */
static AnfOnnxValue *
from_image (AnfOnnx *self, AnfOnnxValue *y, gboolean flat, gboolean upright)
{
  if (y == NULL || (!flat && !upright))
    return y;
  if (!flat)
    return anf_onnx_swap (self, y, 2, 3);
  return anf_onnx_reshape (self, y, 3, (gint64[]) { y->dim[0], y->dim[1],
                                                    y->dim[upright ? 2 : 3] });
}

/* Of [N, C, H, W] or [N, C, L]. */
static AnfOnnxValue *
convolve (AnfOnnx *self, const char *row, AnfOnnxValue *x, AnfOnnxValue *kernel,
          AnfOnnxValue *bias, const Window *w, gint64 groups)
{
  gboolean flat = x->rank == 3;
  gboolean upright = w->k[w->n - 1] > WIDEST && (flat || w->k[0] <= WIDEST);
  Window turned = upright ? upright_window (w) : *w;
  AnfOnnxValue *y;

  x = anf_onnx_plain (self, as_image (self, x, upright));
  kernel = as_image (self, kernel, upright);
  if (upright && !flat)
    {
      x = anf_onnx_swap (self, x, 2, 3);
      kernel = anf_onnx_swap (self, kernel, 2, 3);
    }
  set_window (self, &turned, groups);
  anf_onnx_set_weight (self, "weight", kernel);
  if (bias != NULL)
    anf_onnx_set_weight (self, "bias", bias);
  y = from_image (self, anf_onnx_row1 (self, row, x), flat, upright);
  if (y == NULL || y->tensor != NULL || (upright && !flat))
    return y;
  y->kernel = kernel;
  y->bias = bias;
  y->cout_axis = g_str_equal (row, "conv") ? 0 : 1;
  if (y->cout_axis == 1 && groups != 1)
    y->kernel = NULL;
  return y;
}

AnfOnnxValue *
anf_onnx_fold_channels (AnfOnnx *self, AnfOnnxValue *x, const double *scale, const double *shift)
{
  AnfOnnxValue *k = x->kernel;
  gsize n = anf_onnx_elements (k), channels = x->dim[1], inner = 1;
  g_autofree float *numbers = g_new (float, n), *biases = g_new0 (float, channels);
  g_autoptr(AnfTensor) kernel = NULL, bias = NULL;

  for (guint i = k->rank; i-- > x->cout_axis + 1; )
    inner *= k->dim[i];
  anf_tensor_read (k->tensor, 0, n, numbers);
  if (x->bias != NULL)
    anf_tensor_read (x->bias->tensor, 0, channels, biases);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= scale[i / inner % channels];
  for (gsize i = 0; i < channels; i++)
    biases[i] = biases[i] * scale[i] + shift[i];
  kernel = anf_tensor_new_floats (k->rank, k->dim, numbers);
  bias = anf_tensor_new_floats (1, (gint64[]) { channels }, biases);
  x->kernel = anf_onnx_constant (self, ONNX_FLOAT, g_steal_pointer (&kernel));
  x->kernel->name = g_strdup (k->name);
  if (k->weight != NULL)
    anf_graph_builder_drop_weight (self->builder, k->weight);
  g_clear_pointer (&k->weight, g_free);
  x->bias = anf_onnx_constant (self, ONNX_FLOAT, g_steal_pointer (&bias));
  x->bias->name = g_strdup_printf ("%s_bias", self->stem);
  anf_graph_builder_set_weight (self->builder, x->ref.node, "weight",
                                anf_onnx_weight (self, x->kernel));
  anf_graph_builder_set_weight (self->builder, x->ref.node, "bias",
                                anf_onnx_weight (self, x->bias));
  x->uses = 0;                     /* whoever reads the result counts anew */
  return x;
}

/* A kernel in three dimensions: its slices along depth lie side by side as channels, and depth
 * becomes part of the batch. */
static AnfOnnxValue *
convolve_deep (AnfOnnx *self, AnfOnnxValue *x, AnfOnnxValue *kernel, AnfOnnxValue *bias,
               const Window *w, gint64 groups)
{
  gint64 kd = w->k[0], n = x->dim[0], c = x->dim[1], per = c / groups, out;
  gint64 cout = kernel->dim[0];
  g_autofree gint64 *order = g_new (gint64, c * kd);
  g_autofree AnfOnnxValue **taps = g_new (AnfOnnxValue *, kd);
  Window flat = { 2, { w->in[1], w->in[2] }, { w->k[1], w->k[2] }, { w->stride[1], w->stride[2] },
                  { w->dilation[1], w->dilation[2] }, { w->before[1], w->before[2] },
                  { w->after[1], w->after[2] } };
  AnfOnnxValue *y;

  x = anf_onnx_pad (self, anf_onnx_plain (self, x), 2, w->before[0], w->after[0], 0);
  if (x == NULL)
    return NULL;
  out = (x->dim[2] - w->dilation[0] * (kd - 1) - 1) / w->stride[0] + 1;
  if (out < 1 || kernel->tensor == NULL || groups < 1 || c % groups != 0)
    return anf_onnx_refuse (self, "a kernel larger than the image, or computed in a run");
  for (gint64 t = 0; t < kd; t++)
    {
      g_autofree gint64 *at = g_new (gint64, out);

      for (gint64 o = 0; o < out; o++)
        at[o] = o * w->stride[0] + t * w->dilation[0];
      taps[t] = anf_onnx_pick (self, x, 2, out, at);
    }
  y = anf_onnx_concat (self, kd, taps, 1);
  for (gint64 g = 0; g < groups; g++)            /* groups lie together */
    for (gint64 t = 0; t < kd; t++)
      for (gint64 i = 0; i < per; i++)
        order[(g * kd + t) * per + i] = t * c + g * per + i;
  if (groups > 1)
    y = anf_onnx_pick (self, y, 1, c * kd, order);
  y = anf_onnx_swap (self, y, 1, 2);
  y = anf_onnx_reshape (self, y, 4, (gint64[]) { n * out, c * kd, w->in[1], w->in[2] });
  kernel = anf_onnx_swap (self, kernel, 1, 2);
  kernel = anf_onnx_reshape (self, kernel, 4, (gint64[]) { cout, per * kd, w->k[1], w->k[2] });
  if (y == NULL || kernel == NULL)
    return NULL;
  y = convolve (self, "conv", y, kernel, bias, &flat, groups);
  if (y == NULL)
    return NULL;
  y = anf_onnx_reshape (self, y, 5, (gint64[]) { n, out, cout, y->dim[2], y->dim[3] });
  return anf_onnx_swap (self, y, 1, 2);
}

static AnfOnnxValue *
read_conv (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *kernel = anf_onnx_in (node, 1);
  AnfOnnxValue *bias = anf_onnx_in (node, 2), *y;
  gint64 groups = anf_onnx_int (node, "group", 1);
  Window w = { 0 };

  if (x == NULL || kernel == NULL || kernel->rank != x->rank)
    return anf_onnx_refuse (self, "a kernel that does not fit the input");
  for (guint i = 2; i < kernel->rank; i++)
    w.k[i - 2] = kernel->dim[i];
  if (!anf_onnx_window (self, node, x, &w))
    return NULL;
  if (w.n == 3)
    return convolve_deep (self, x, kernel, bias, &w, groups);
  if (x->inside != NULL)
    {
      for (guint i = 0; i < w.n; i++)
        {
          w.before[i] += x->border[2 * i];
          w.after[i] += x->border[2 * i + 1];
          w.in[i] = x->inside->dim[2 + i];
        }
      x = x->inside;
    }
  if (kernel->tensor != NULL && (bias == NULL || bias->tensor != NULL))
    return convolve (self, "conv", x, kernel, bias, &w, groups);
  x = anf_onnx_plain (self, as_image (self, x, FALSE));
  kernel = anf_onnx_plain (self, as_image (self, kernel, FALSE));
  set_window (self, &w, groups);
  y = anf_onnx_row2 (self, "dynamic_conv", x, kernel);
  if (y != NULL && bias != NULL)
    y = anf_onnx_row2 (self, "add", y, anf_onnx_reshape (self, bias, 3, (gint64[]) {
                                                           y->dim[1], 1, 1 }));
  if (y == NULL || w.n != 1)
    return y;
  return anf_onnx_reshape (self, y, 3, (gint64[]) { y->dim[0], y->dim[1], y->dim[3] });
}

/* ---------------------------------------------------------------- transposed convolution */

/* pads of ConvTranspose: they cut the result; what output_shape or auto_pad ask for goes first. */
static gboolean
transposed_pads (AnfOnnx *self, const AnfOnnxNode *node, Window *w, gint64 *more)
{
  gint64 wanted[ANF_MAX_TENSOR_RANK];
  gboolean lower = anf_onnx_text_is (node, "auto_pad", "SAME_LOWER", NULL);
  gboolean same = lower || anf_onnx_text_is (node, "auto_pad", "SAME_UPPER", NULL);
  guint n;

  if (!anf_onnx_ints (self, node, "output_padding", w->n, 0, more))
    return FALSE;
  if (!anf_onnx_list (node, "output_shape", wanted, &n) && !same)
    return TRUE;
  for (guint i = 0; i < w->n; i++)
    {
      gint64 full = (w->in[i] - 1) * w->stride[i] + w->dilation[i] * (w->k[i] - 1) + 1 + more[i];
      gint64 out = n == w->n ? wanted[i] : n == w->n + 2 ? wanted[i + 2]
                                         : w->in[i] * w->stride[i];
      gint64 all = MAX (full - out, 0);

      if (full < out)
        more[i] += out - full;
      w->before[i] = lower ? all - all / 2 : all / 2;
      w->after[i] = all - w->before[i];
    }
  return TRUE;
}

static AnfOnnxValue *
read_conv_transpose (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *kernel = anf_onnx_in (node, 1), *y;
  AnfOnnxValue *bias = anf_onnx_in (node, 2);
  gint64 groups = anf_onnx_int (node, "group", 1), more[3] = { 0 }, dim[ANF_MAX_TENSOR_RANK];
  gboolean grows = FALSE;
  Window w = { 0 };

  if (x == NULL || kernel == NULL || kernel->rank != x->rank || x->rank > 4)
    return anf_onnx_refuse (self, "a kernel that does not fit the input, or three dimensions");
  for (guint i = 2; i < kernel->rank; i++)
    w.k[i - 2] = kernel->dim[i];
  if (!anf_onnx_window (self, node, x, &w) || !transposed_pads (self, node, &w, more))
    return NULL;
  for (guint i = 0; i < w.n; i++)
    {
      gint64 taken = MIN (more[i], w.after[i]);

      w.after[i] -= taken;
      more[i] -= taken;
      grows |= more[i] > 0;
    }
  y = convolve (self, "conv_transpose", x, kernel, grows ? NULL : bias, &w, groups);
  if (!grows || y == NULL)
    return y;
  for (guint i = 0; i < w.n; i++)
    y = anf_onnx_pad (self, y, 2 + i, 0, more[i], 0);
  if (bias == NULL || y == NULL)
    return y;
  for (guint i = 0; i + 1 < y->rank; i++)
    dim[i] = i == 0 ? bias->dim[0] : 1;
  return anf_onnx_row2 (self, "add", y, anf_onnx_reshape (self, bias, y->rank - 1, dim));
}

/* ---------------------------------------------------------------- matrices */

static AnfOnnxValue *
read_matmul (AnfOnnx *self, AnfOnnxNode *node)
{
  return anf_onnx_matmul (self, anf_onnx_in (node, 0), anf_onnx_in (node, 1));
}

static AnfOnnxValue *
read_gemm (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *a = anf_onnx_in (node, 0), *b = anf_onnx_in (node, 1), *c = anf_onnx_in (node, 2);
  AnfOnnxValue *y;
  double alpha = anf_onnx_real (node, "alpha", 1), beta = anf_onnx_real (node, "beta", 1);
  gboolean turned = anf_onnx_int (node, "transB", 0) != 0;
  gint64 columns;

  if (a == NULL || b == NULL || a->rank != 2 || b->rank != 2)
    return anf_onnx_refuse (self, "inputs that are no matrices");
  if (anf_onnx_int (node, "transA", 0))
    a = anf_onnx_swap (self, a, 0, 1);
  c = c != NULL && beta != 0 ? anf_onnx_muls (self, c, beta) : NULL;
  if (b->tensor != NULL)
    b = anf_onnx_muls (self, b, alpha);
  if (a == NULL || b == NULL)
    return NULL;
  columns = turned ? b->dim[0] : b->dim[1];
  if (b->tensor != NULL && (c == NULL || (c->tensor != NULL && c->rank > 0
                                          && c->dim[c->rank - 1] == columns
                                          && anf_onnx_elements (c) == (gsize) columns)))
    return anf_onnx_linear (self, a, b, turned, c);
  if (turned)
    b = anf_onnx_swap (self, b, 0, 1);
  y = anf_onnx_matmul (self, a, b);
  if (b != NULL && b->tensor == NULL)
    y = anf_onnx_muls (self, y, alpha);
  return c != NULL ? anf_onnx_row2 (self, "add", y, anf_onnx_plain (self, c)) : y;
}

static AnfOnnxValue *
read_einsum (AnfOnnx *self, AnfOnnxNode *node)
{
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, "equation");
  g_autofree AnfOnnxValue **in = g_new (AnfOnnxValue *, node->n_in + 1);
  GString *equation = g_string_new (NULL);

  for (gsize i = 0; attr != NULL && i < attr->s.len; i++)
    if (!g_ascii_isspace (attr->s.data[i]))
      g_string_append_c (equation, attr->s.data[i]);
  for (guint i = 0; i < node->n_in; i++)
    in[i] = anf_onnx_plain (self, node->in[i]);
  anf_onnx_set (self, "equation", g_variant_new_string (g_utf8_validate (equation->str, -1, NULL)
                                                        ? equation->str : "?"));
  g_string_free (equation, TRUE);
  for (guint i = 0; i < node->n_in; i++)
    if (in[i] == NULL)
      return anf_onnx_refuse (self, "an input is missing");
  return anf_onnx_row (self, "einsum", node->n_in, in);
}

const AnfOnnxOp anf_onnx_product_ops[] = {
  { "Conv", read_conv }, { "ConvTranspose", read_conv_transpose },
  { "MatMul", read_matmul }, { "Gemm", read_gemm }, { "Einsum", read_einsum },
  { NULL }
};
