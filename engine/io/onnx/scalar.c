/* scalar.c - operators that work element by element. */
#include "io/onnx/onnx.h"

#include <math.h>
#include <string.h>

/* Hard swish, written out: one row that rounds twice, in place of four that round each. */
AnfOnnxValue *
anf_onnx_on_the_way (AnfOnnxValue *y, AnfOnnxValue *x, guint steps)
{
  if (y != NULL && x != NULL && y != x && y->tensor == NULL)
    {
      y->swish = x;
      y->steps = steps;
    }
  return y;
}

/* The row of the same name, with the real attributes that both have. */
static AnfOnnxValue *
read_unary (AnfOnnx *self, AnfOnnxNode *node)
{
  const AnfOp *op = anf_op_lookup (self->row->row);

  if (g_str_equal (node->op, "Sigmoid"))
    {
      AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));

      return anf_onnx_on_the_way (anf_onnx_row1 (self, self->row->row, x), x, 4);
    }
  if (g_str_equal (node->op, "Sqrt") && node->n_in == 1 && node->in[0] != NULL
      && node->in[0]->steps == 10)
    {
      AnfOnnxValue *x = node->in[0];
      AnfOnnxValue *y = anf_onnx_on_the_way (anf_onnx_row1 (self, "sqrt", x), x->swish, 11);

      if (y != NULL)
        y->factor = x->factor;
      return y;
    }
  for (guint i = 0; i < anf_op_n_attrs (op); i++)
    if (op->attr[i].kind == ANF_ATTR_REAL && anf_onnx_attr (node, op->attr[i].name) != NULL)
      anf_onnx_set_real (self, op->attr[i].name, anf_onnx_real (node, op->attr[i].name, 0));
  return anf_onnx_row1 (self, self->row->row, anf_onnx_plain (self, anf_onnx_in (node, 0)));
}

/* Before opset 7 the second operand was laid along an axis of the first. */
static AnfOnnxValue *
along_axis (AnfOnnx *self, const AnfOnnxNode *node, AnfOnnxValue *x, AnfOnnxValue *y)
{
  gint64 dim[ANF_MAX_TENSOR_RANK], axis = anf_onnx_int (node, "axis", -1);

  if (node->opset >= 7 || x == NULL || y == NULL || axis < 0 || axis + y->rank > x->rank)
    return y;
  for (guint i = 0; i < x->rank - axis; i++)
    dim[i] = i < y->rank ? y->dim[i] : 1;
  return anf_onnx_reshape (self, y, x->rank - axis, dim);
}

static gboolean
folds_into (AnfOnnx *self, AnfOnnxValue *x, AnfOnnxValue *k)
{
  gint64 channels = x->rank > 1 ? x->dim[1] : 0;

  if (x->kernel == NULL || x->uses != 1 || k->tensor == NULL || k->rank > x->rank)
    return FALSE;
  for (guint i = 0; i < k->rank; i++)
    {
      guint axis = x->rank - k->rank + i;

      if (k->dim[i] != 1 && (axis != 1 || k->dim[i] != channels))
        return FALSE;
    }
  return anf_onnx_elements (k) == (gsize) channels || anf_onnx_elements (k) == 1;
}

/* A summand or factor for each channel of a convolution goes into its bias or weight. */
static AnfOnnxValue *
fold_channels (AnfOnnx *self, AnfOnnxValue *x, AnfOnnxValue *k, gboolean factor)
{
  g_autofree double *given = anf_onnx_read (k);
  gsize n = x->dim[1], many = anf_onnx_elements (k);
  g_autofree double *scale = g_new (double, n), *shift = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    {
      scale[i] = factor ? given[many > 1 ? i : 0] : 1;
      shift[i] = factor ? 0 : given[many > 1 ? i : 0];
    }
  return anf_onnx_fold_channels (self, x, scale, shift);
}

static gboolean
one_number (const AnfOnnxValue *x, double *k)
{
  if (x->tensor == NULL || anf_tensor_elements (x->tensor) != 1)
    return FALSE;
  anf_tensor_read_double (x->tensor, 0, 1, k);
  return isfinite (*k);
}

/* x + 2 and x * 2 are rows of their own, where that leaves the shape. */
static AnfOnnxValue *
with_number (AnfOnnx *self, const char *row, AnfOnnxValue *x, AnfOnnxValue *y)
{
  double k;
  int exponent;

  if (x->tensor != NULL || y->rank > x->rank || !one_number (y, &k) || fabs (k) > 65504)
    return NULL;
  if (g_str_equal (row, "add") && x->steps == 9)
    {
      AnfOnnxValue *z = anf_onnx_on_the_way (anf_onnx_adds (self, x, k), x->swish, 10);

      if (z != NULL)
        z->factor = k;
      return z;
    }
  if (g_str_equal (row, "add") && k == 3)
    return anf_onnx_on_the_way (anf_onnx_adds (self, x, k), x, 1);
  if (g_str_equal (row, "real_div") && k == 6 && x->steps == 3)
    return anf_onnx_row1 (self, "hard_swish", x->swish);
  if (g_str_equal (row, "add") && x->steps == 5 && x->uses == 1)
    {
      anf_onnx_set_real (self, "alpha", x->factor);
      anf_onnx_set_real (self, "beta", k);
      return anf_onnx_row1 (self, "linear_activation", x->swish);
    }
  if (g_str_equal (row, "add") || g_str_equal (row, "sub"))
    return anf_onnx_adds (self, x, row[0] == 'a' ? k : -k);
  if (g_str_equal (row, "mul") && k != 0)
    {
      AnfOnnxValue *z = anf_onnx_on_the_way (anf_onnx_muls (self, x, k), x, 5);

      if (z != NULL && z != x)
        z->factor = k;
      return z;
    }
  /* 1/6 is off by 2.4e-4 in fp16, 6 is not: only what has an exact reciprocal is multiplied. */
  if (g_str_equal (row, "real_div") && fabs (k) >= 0x1p-10 && fabs (k) <= 0x1p10
      && frexp (fabs (k), &exponent) == 0.5)
    return anf_onnx_muls (self, x, 1 / k);
  return NULL;
}

/* A constant for each column of a product that nothing else reads. */
static gboolean
takes_bias (const AnfOnnxValue *x, const AnfOnnxValue *k)
{
  gint64 n = x->right != NULL && x->rank > 0 ? x->right->dim[1] : 0;

  return x->right != NULL && x->tensor == NULL && x->uses == 1 && k->tensor != NULL
         && k->rank > 0 && k->rank <= x->rank && x->dim[x->rank - 1] == n
         && k->dim[k->rank - 1] == n && anf_onnx_elements (k) == (gsize) n;
}

/* Written out as (x - mean) / sqrt (variance + eps): the row rounds once. */
static AnfOnnxValue *
layer_norm (AnfOnnx *self, AnfOnnxValue *x, double eps)
{
  gint64 n = x->dim[x->rank - 1], rows = (gint64) anf_onnx_elements (x) / n;
  AnfOnnxValue *y = anf_onnx_reshape (self, x, 2, (gint64[]) { rows, n });

  anf_onnx_set_real (self, "eps", eps);
  anf_onnx_set_weight (self, "gamma", anf_onnx_filled (self, ONNX_FLOAT, 1, &n, 1));
  anf_onnx_set_weight (self, "beta", anf_onnx_filled (self, ONNX_FLOAT, 1, &n, 0));
  y = anf_onnx_reshape (self, anf_onnx_row1 (self, "layer_norm", y), x->rank, x->dim);
  return anf_onnx_on_the_way (y, x, 12);
}

static AnfOnnxValue *
two (AnfOnnx *self, const char *row, AnfOnnxValue *x, AnfOnnxValue *y)
{
  gboolean sum = g_str_equal (row, "add"), product = g_str_equal (row, "mul");
  AnfOnnxValue *z;
  double k;

  if (x == NULL || y == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  if ((sum || product) && folds_into (self, x, y))
    return fold_channels (self, x, y, product);
  if ((sum || product) && folds_into (self, y, x))
    return fold_channels (self, y, x, product);
  if ((sum || product) && anf_onnx_norm_takes (x, y, product))
    return anf_onnx_norm_with (self, x, y, product);
  if ((sum || product) && anf_onnx_norm_takes (y, x, product))
    return anf_onnx_norm_with (self, y, x, product);
  if (sum && takes_bias (x, y))
    return anf_onnx_linear (self, x->left, x->right, FALSE, y);
  if (sum && takes_bias (y, x))
    return anf_onnx_linear (self, y->left, y->right, FALSE, x);
  x = anf_onnx_plain (self, x);
  y = anf_onnx_plain (self, y);
  if (x == NULL || y == NULL)
    return NULL;
  if (product && ((y->steps == 4 && y->swish == x) || (x->steps == 4 && x->swish == y)))
    return anf_onnx_row1 (self, "silu", y->steps == 4 ? x : y);
  if (g_str_equal (row, "pow") && x->tensor == NULL && y->rank <= x->rank && one_number (y, &k)
      && k == 2)
    return anf_onnx_on_the_way (anf_onnx_row1 (self, "square", x),
                                x->steps == 7 ? x->swish : NULL, 8);
  if (g_str_equal (row, "real_div") && x->steps == 7 && y->steps == 11 && x->swish == y->swish)
    return layer_norm (self, x->swish, y->factor);
  if (g_str_equal (row, "sub") && y->steps == 6 && y->swish == x)
    return anf_onnx_on_the_way (anf_onnx_row2 (self, row, x, y), x, 7);
  z = with_number (self, row, x, y);
  if (z == NULL && (sum || product))
    z = with_number (self, row, y, x);
  z = z != NULL ? z : anf_onnx_row2 (self, row, x, y);
  if (product && x->steps == 2 && x->swish == y)
    return anf_onnx_on_the_way (z, y, 3);
  return product && y->steps == 2 && y->swish == x ? anf_onnx_on_the_way (z, x, 3) : z;
}

static AnfOnnxValue *
truncated (AnfOnnx *self, AnfOnnxValue *x)
{
  return anf_onnx_row2 (self, "mul", anf_onnx_row1 (self, "sign", x),
                        anf_onnx_row1 (self, "floor", anf_onnx_row1 (self, "abs", x)));
}

static AnfOnnxValue *
read_binary (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *y = anf_onnx_in (node, 1), *z;
  int elem = x != NULL ? x->elem : ONNX_FLOAT;

  y = along_axis (self, node, x, y);
  if (!g_str_equal (node->op, "Div") || !anf_onnx_is_whole (elem))
    return two (self, self->row->row, x, y);
  z = anf_onnx_row2 (self, "real_div", anf_onnx_plain (self, x), anf_onnx_plain (self, y));
  return anf_onnx_as (self, truncated (self, z), elem);
}

/* Max, Min, Sum, Mean: of any number of inputs. */
static gboolean
is_number (const AnfOnnxValue *x)
{
  return x != NULL && x->tensor != NULL && anf_tensor_elements (x->tensor) == 1;
}

static AnfOnnxValue *
read_many (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));

  for (guint i = 1; i < node->n_in; i++)
    x = two (self, self->row->row, x, anf_onnx_in (node, i));
  return g_str_equal (node->op, "Mean") ? anf_onnx_muls (self, x, 1.0 / node->n_in) : x;
}

/* The larger of a value and a number is a row of its own. */
static AnfOnnxValue *
read_larger (AnfOnnx *self, AnfOnnxNode *node)
{
  gboolean turned = is_number (anf_onnx_in (node, 0));
  AnfOnnxValue *x = anf_onnx_in (node, turned), *y = anf_onnx_in (node, !turned);
  double number;

  if (node->n_in != 2 || x == NULL || x->tensor != NULL || !is_number (y) || y->rank > x->rank)
    return read_many (self, node);
  if (!anf_onnx_number (self, y, "the number", &number))
    return NULL;
  anf_onnx_set_real (self, "alpha", number);
  return anf_onnx_row1 (self, "threshold", anf_onnx_plain (self, x));
}

static AnfOnnxValue *
read_comparison (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *y = anf_onnx_in (node, 1);

  return anf_onnx_row2 (self, self->row->row, anf_onnx_plain (self, x),
                        anf_onnx_plain (self, along_axis (self, node, x, y)));
}

/* And, Or, Xor by arithmetic on 0 and 1: minimum, maximum, not_equal. */
static AnfOnnxValue *
read_logic (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));
  AnfOnnxValue *y = anf_onnx_row2 (self, self->row->row, x,
                                   anf_onnx_plain (self, anf_onnx_in (node, 1)));

  return anf_onnx_as (self, anf_onnx_truth (self, y), ONNX_BOOL);
}

static AnfOnnxValue *
read_not (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);

  if (x != NULL && x->tensor != NULL)
    return anf_onnx_row2 (self, "equal", anf_onnx_plain (self, x), anf_onnx_scalar (self, 0));
  return anf_onnx_row1 (self, "logical_not", anf_onnx_truth (self, x));
}

static AnfOnnxValue *
read_where (AnfOnnx *self, AnfOnnxNode *node)
{
  return anf_onnx_select (self, anf_onnx_in (node, 0), anf_onnx_in (node, 1),
                          anf_onnx_in (node, 2));
}

static AnfOnnxValue *
read_neg (AnfOnnx *self, AnfOnnxNode *node)
{
  return anf_onnx_muls (self, anf_onnx_in (node, 0), -1);
}

/* With the divisor's sign, or with fmod the dividend's. */
static AnfOnnxValue *
read_mod (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));
  AnfOnnxValue *y = anf_onnx_plain (self, anf_onnx_in (node, 1));
  AnfOnnxValue *q = anf_onnx_row2 (self, "real_div", x, y);

  q = anf_onnx_int (node, "fmod", 0) ? truncated (self, q) : anf_onnx_row1 (self, "floor", q);
  return anf_onnx_row2 (self, "sub", x, anf_onnx_row2 (self, "mul", q, y));
}

/* Halves to the even neighbour; the row "round" has them away from zero. */
static AnfOnnxValue *
read_round (AnfOnnx *self, AnfOnnxNode *node)
{
  return anf_onnx_round (self, anf_onnx_plain (self, anf_onnx_in (node, 0)));
}

AnfOnnxValue *
anf_onnx_round (AnfOnnx *self, AnfOnnxValue *x)
{
  AnfOnnxValue *low = anf_onnx_row1 (self, "floor", x);
  AnfOnnxValue *rest = anf_onnx_row2 (self, "sub", x, low);
  AnfOnnxValue *half = anf_onnx_row1 (self, "floor", anf_onnx_muls (self, low, 0.5));
  AnfOnnxValue *odd = anf_onnx_row2 (self, "sub", low, anf_onnx_muls (self, half, 2));
  AnfOnnxValue *edge = anf_onnx_scalar (self, 0.5);
  AnfOnnxValue *more = anf_onnx_plain (self, anf_onnx_row2 (self, "greater", rest, edge));
  AnfOnnxValue *tie = anf_onnx_plain (self, anf_onnx_row2 (self, "equal", rest, edge));

  return anf_onnx_row2 (self, "add", low,
                        anf_onnx_row2 (self, "add", more,
                                       anf_onnx_row2 (self, "mul", tie, odd)));
}

static gboolean
bound_of (AnfOnnx *self, AnfOnnxNode *node, guint i, const char *name, double preset, double *out)
{
  AnfOnnxValue *given = anf_onnx_in (node, i);

  *out = anf_onnx_real (node, name, preset);
  return given == NULL || anf_onnx_number (self, given, name, out);
}

static AnfOnnxValue *
read_clip (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *low = anf_onnx_in (node, 1);
  AnfOnnxValue *high = anf_onnx_in (node, 2);
  double lo, hi;

  if (x == NULL || (low != NULL && low->tensor == NULL) || (high != NULL && high->tensor == NULL))
    {
      x = low != NULL ? anf_onnx_row2 (self, "maximum", x, low) : x;
      return high != NULL ? anf_onnx_row2 (self, "minimum", x, high) : x;
    }
  if (!bound_of (self, node, 1, "min", -G_MAXFLOAT, &lo)
      || !bound_of (self, node, 2, "max", G_MAXFLOAT, &hi))
    return NULL;
  if (lo <= -65504 && hi >= 65504 && x->tensor == NULL)
    return x;
  if (lo > hi)                     /* then everything is the upper bound */
    lo = hi;
  if (lo == 0 && hi >= 65504 && x->tensor == NULL)
    return anf_onnx_row1 (self, "relu", anf_onnx_plain (self, x));
  if (lo == 0 && hi == 6)
    return anf_onnx_on_the_way (anf_onnx_row1 (self, "relu6", anf_onnx_plain (self, x)),
                       x->steps == 1 ? x->swish : NULL, 2);
  if (hi >= 65504 && x->tensor == NULL)
    {
      anf_onnx_set_real (self, "alpha", lo);
      return anf_onnx_row1 (self, "threshold", anf_onnx_plain (self, x));
    }
  if (x->tensor == NULL)
    lo = fmax (lo, -65504);
  anf_onnx_set_real (self, "lo", lo);
  anf_onnx_set_real (self, "hi", hi);
  return anf_onnx_row1 (self, "clip", anf_onnx_plain (self, x));
}

static AnfOnnxValue *
cast_to (AnfOnnx *self, AnfOnnxValue *x, int elem)
{
  if (x == NULL)
    return NULL;
  if (elem == ONNX_BOOL)
    return anf_onnx_as (self, anf_onnx_truth (self, x), elem);
  if (elem == ONNX_STRING || elem <= 0 || elem > ONNX_BFLOAT16)
    return anf_onnx_refuse (self, "a cast to type %d", elem);
  if (x->type.dtype == ANF_I32 && anf_onnx_is_whole (elem))
    return anf_onnx_as (self, x, elem);        /* ids stay what they are */
  if (anf_onnx_is_whole (elem) && !anf_onnx_is_whole (x->elem) && x->elem != ONNX_BOOL)
    return anf_onnx_as (self, truncated (self, anf_onnx_plain (self, x)), elem);
  return anf_onnx_as (self, anf_onnx_plain (self, x), elem);
}

static AnfOnnxValue *
read_cast (AnfOnnx *self, AnfOnnxNode *node)
{
  return cast_to (self, anf_onnx_in (node, 0), anf_onnx_int (node, "to", ONNX_FLOAT));
}

static AnfOnnxValue *
read_cast_like (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *like = anf_onnx_in (node, 1);

  return cast_to (self, anf_onnx_in (node, 0), like != NULL ? like->elem : ONNX_FLOAT);
}

/* ---------------------------------------------------------------- activations */

static AnfOnnxValue *
read_gelu (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *cube, *inner;

  if (!anf_onnx_text_is (node, "approximate", "tanh", "none"))
    return anf_onnx_row1 (self, "gelu", x);
  cube = anf_onnx_row2 (self, "mul", anf_onnx_row1 (self, "square", x), x);
  inner = anf_onnx_row2 (self, "add", x, anf_onnx_muls (self, cube, 0.044715));
  inner = anf_onnx_row1 (self, "tanh", anf_onnx_muls (self, inner, sqrt (2 / G_PI)));
  return anf_onnx_row2 (self, "mul", anf_onnx_muls (self, x, 0.5),
                        anf_onnx_adds (self, inner, 1));
}

/* gamma times an ELU; Celu is the ELU of x / alpha, times alpha. */
static AnfOnnxValue *
read_selu (AnfOnnx *self, AnfOnnxNode *node)
{
  gboolean celu = g_str_equal (node->op, "Celu");
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));
  double alpha = anf_onnx_real (node, "alpha", celu ? 1 : 1.67326319217681884765625);
  double gamma = celu ? alpha : anf_onnx_real (node, "gamma", 1.05070102214813232421875);

  if (celu && alpha == 0)
    return anf_onnx_refuse (self, "alpha is 0");
  if (celu)
    x = anf_onnx_muls (self, x, 1 / alpha);
  anf_onnx_set_real (self, "alpha", celu ? 1 : alpha);
  return anf_onnx_muls (self, anf_onnx_row1 (self, "elu", x), gamma);
}

static AnfOnnxValue *
read_mish (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));

  return anf_onnx_row2 (self, "mul", x,
                        anf_onnx_row1 (self, "tanh", anf_onnx_row1 (self, "softplus", x)));
}

static AnfOnnxValue *
read_swish (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));
  double alpha = anf_onnx_real (node, "alpha", 1);

  if (alpha == 1)
    return anf_onnx_row1 (self, "silu", x);
  return anf_onnx_row2 (self, "mul", x,
                        anf_onnx_row1 (self, "sigmoid", anf_onnx_muls (self, x, alpha)));
}

static AnfOnnxValue *
read_hard_swish (AnfOnnx *self, AnfOnnxNode *node)
{
  return anf_onnx_row1 (self, "hard_swish", anf_onnx_plain (self, anf_onnx_in (node, 0)));
}

/* x - bias above lambd, x + bias below -lambd, else 0. */
static AnfOnnxValue *
read_shrink (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));
  double bias = anf_onnx_real (node, "bias", 0), edge = anf_onnx_real (node, "lambd", 0.5);
  AnfOnnxValue *above = anf_onnx_row2 (self, "greater", x, anf_onnx_scalar (self, edge));
  AnfOnnxValue *below = anf_onnx_row2 (self, "less", x, anf_onnx_scalar (self, -edge));
  AnfOnnxValue *zero = anf_onnx_muls (self, x, 0);

  return anf_onnx_select (self, above, anf_onnx_adds (self, x, -bias),
                          anf_onnx_select (self, below, anf_onnx_adds (self, x, bias), zero));
}

/* The row takes x from alpha on, ONNX above it. */
static AnfOnnxValue *
read_thresholded (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));
  AnfOnnxValue *edge = anf_onnx_scalar (self, anf_onnx_real (node, "alpha", 1));

  return anf_onnx_select (self, anf_onnx_row2 (self, "greater", x, edge), x,
                          anf_onnx_muls (self, x, 0));
}

/* One slope, or one per channel of axis 1: the row; else by its definition. */
static AnfOnnxValue *
read_prelu (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *slope = anf_onnx_in (node, 1);
  AnfOnnxValue *zero = anf_onnx_scalar (self, 0);
  gint64 channels;

  if (x == NULL || slope == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  channels = x->rank >= 3 && x->rank <= 5 ? x->dim[1] : 0;
  if (slope->tensor != NULL && channels > 0 && slope->rank == x->rank - 1
      && slope->dim[0] == channels && anf_onnx_elements (slope) == (gsize) channels)
    {
      anf_onnx_set_weight (self, "alpha", anf_onnx_reshape (self, slope, 1, &channels));
      return anf_onnx_row1 (self, "prelu", x);
    }
  return anf_onnx_row2 (self, "add", anf_onnx_row2 (self, "maximum", x, zero),
                        anf_onnx_row2 (self, "mul", slope,
                                       anf_onnx_row2 (self, "minimum", x, zero)));
}

/* ---------------------------------------------------------------- by formula */

static AnfOnnxValue *
read_tan (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));

  return anf_onnx_row2 (self, "real_div", anf_onnx_row1 (self, "sin", x),
                        anf_onnx_row1 (self, "cos", x));
}

/* Sinh and Cosh: half of exp (x) and exp (-x). */
static AnfOnnxValue *
read_hyperbolic (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));
  AnfOnnxValue *up = anf_onnx_row1 (self, "exp", x);
  AnfOnnxValue *down = anf_onnx_row1 (self, "exp", anf_onnx_muls (self, x, -1));

  return anf_onnx_muls (self, anf_onnx_row2 (self, self->row->row, up, down), 0.5);
}

/* asin (x) = 2 atan (x / (1 + sqrt (1 - x^2))), whose argument stays within 1. */
static AnfOnnxValue *
read_asin (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0));
  AnfOnnxValue *other = anf_onnx_adds (self, anf_onnx_muls (self, x, -1), 1), *y;

  other = anf_onnx_row2 (self, "mul", other, anf_onnx_adds (self, x, 1));
  other = anf_onnx_adds (self, anf_onnx_row1 (self, "sqrt", other), 1);
  y = anf_onnx_row1 (self, "atan", anf_onnx_row2 (self, "real_div", x, other));
  if (g_str_equal (node->op, "Acos"))
    return anf_onnx_adds (self, anf_onnx_muls (self, y, -2), G_PI / 2);
  return anf_onnx_muls (self, y, 2);
}

/* Asinh of |x|, with x's sign; Acosh; Atanh: logarithms. */
static AnfOnnxValue *
read_area (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *y, *z;

  if (g_str_equal (node->op, "Atanh"))
    {
      y = anf_onnx_row2 (self, "real_div", anf_onnx_adds (self, x, 1),
                         anf_onnx_adds (self, anf_onnx_muls (self, x, -1), 1));
      return anf_onnx_muls (self, anf_onnx_row1 (self, "log", y), 0.5);
    }
  if (g_str_equal (node->op, "Acosh"))
    {
      y = anf_onnx_row2 (self, "mul", anf_onnx_adds (self, x, -1), anf_onnx_adds (self, x, 1));
      y = anf_onnx_row2 (self, "add", x, anf_onnx_row1 (self, "sqrt", y));
      return anf_onnx_row1 (self, "log", y);
    }
  z = anf_onnx_row1 (self, "abs", x);
  y = anf_onnx_row1 (self, "sqrt", anf_onnx_adds (self, anf_onnx_row1 (self, "square", z), 1));
  y = anf_onnx_row1 (self, "log", anf_onnx_row2 (self, "add", z, y));
  return anf_onnx_row2 (self, "mul", y, anf_onnx_row1 (self, "sign", x));
}

/* ---------------------------------------------------------------- 8-bit numbers */

/* Scale and zero point, one or one per channel of an axis, in a shape that broadcasts. */
static AnfOnnxValue *
per_axis (AnfOnnx *self, const AnfOnnxNode *node, const AnfOnnxValue *x, AnfOnnxValue *k)
{
  gint64 dim[ANF_MAX_TENSOR_RANK];
  guint axis;

  if (k == NULL || anf_onnx_elements (k) == 1)
    return k != NULL ? anf_onnx_reshape (self, k, 0, NULL) : NULL;
  if (k->rank != 1 || !anf_onnx_axis (self, anf_onnx_int (node, "axis", 1), x->rank, &axis))
    return anf_onnx_refuse (self, "scales in blocks");
  for (guint i = 0; i < x->rank; i++)
    dim[i] = i == axis ? k->dim[0] : 1;
  return anf_onnx_reshape (self, k, x->rank, dim);
}

static AnfOnnxValue *
read_dequantize (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0), *zero;

  if (x == NULL || anf_onnx_in (node, 1) == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  zero = per_axis (self, node, x, anf_onnx_in (node, 2));
  x = anf_onnx_as (self, anf_onnx_plain (self, x), ONNX_FLOAT);
  if (zero != NULL)
    x = anf_onnx_row2 (self, "sub", x, anf_onnx_plain (self, zero));
  return two (self, "mul", x, per_axis (self, node, x, anf_onnx_in (node, 1)));
}

static AnfOnnxValue *
read_quantize (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *zero = anf_onnx_in (node, 2);
  AnfOnnxValue *scale;
  int elem = zero != NULL ? zero->elem : anf_onnx_int (node, "output_dtype", ONNX_UINT8);

  if (x == NULL || anf_onnx_in (node, 1) == NULL || (elem != ONNX_UINT8 && elem != ONNX_INT8))
    return anf_onnx_refuse (self, "quantised to other than 8 bits");
  scale = per_axis (self, node, x, anf_onnx_in (node, 1));
  x = anf_onnx_round (self, anf_onnx_row2 (self, "real_div", x, scale));
  if (zero != NULL)
    x = anf_onnx_row2 (self, "add", x, anf_onnx_plain (self, per_axis (self, node, x, zero)));
  anf_onnx_set_real (self, "lo", elem == ONNX_UINT8 ? 0 : -128);
  anf_onnx_set_real (self, "hi", elem == ONNX_UINT8 ? 255 : 127);
  return anf_onnx_as (self, anf_onnx_row1 (self, "clip", x), elem);
}

static AnfOnnxValue *
read_through (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_in (node, 0);

  if (x == NULL)
    return anf_onnx_refuse (self, "an input is missing");
  if (node->n_out > 1 && g_str_equal (node->op, "Dropout"))
    node->out[1] = anf_onnx_as (self, anf_onnx_filled (self, ONNX_FLOAT, x->rank, x->dim, 1),
                                ONNX_BOOL);
  return x;
}

const AnfOnnxOp anf_onnx_scalar_ops[] = {
  { "Abs", read_unary, "abs" }, { "Relu", read_unary, "relu" }, { "Exp", read_unary, "exp" },
  { "Sqrt", read_unary, "sqrt" }, { "Sigmoid", read_unary, "sigmoid" },
  { "Tanh", read_unary, "tanh" }, { "LeakyRelu", read_unary, "leaky_relu" },
  { "Elu", read_unary, "elu" }, { "Softplus", read_unary, "softplus" },
  { "Softsign", read_unary, "softsign" }, { "HardSigmoid", read_unary, "sigmoid_hard" },
  { "Log", read_unary, "log" }, { "Reciprocal", read_unary, "inverse" },
  { "Sign", read_unary, "sign" }, { "Floor", read_unary, "floor" },
  { "Ceil", read_unary, "ceil" }, { "Sin", read_unary, "sin" }, { "Cos", read_unary, "cos" },
  { "Atan", read_unary, "atan" }, { "Erf", read_unary, "erf" },
  { "Add", read_binary, "add" }, { "Sub", read_binary, "sub" }, { "Mul", read_binary, "mul" },
  { "Div", read_binary, "real_div" }, { "Pow", read_binary, "pow" },
  { "Max", read_larger, "maximum" }, { "Min", read_many, "minimum" }, { "Sum", read_many, "add" },
  { "Mean", read_many, "add" },
  { "Greater", read_comparison, "greater" }, { "Less", read_comparison, "less" },
  { "Equal", read_comparison, "equal" }, { "LessOrEqual", read_comparison, "less_equal" },
  { "GreaterOrEqual", read_comparison, "greater_equal" },
  { "And", read_logic, "minimum" }, { "Or", read_logic, "maximum" }, { "Xor", read_logic, "sub" },
  { "Not", read_not }, { "Where", read_where }, { "Neg", read_neg }, { "Mod", read_mod },
  { "Round", read_round }, { "Clip", read_clip }, { "Cast", read_cast },
  { "CastLike", read_cast_like },
  { "Gelu", read_gelu }, { "Selu", read_selu }, { "Celu", read_selu }, { "Mish", read_mish },
  { "Swish", read_swish }, { "HardSwish", read_hard_swish }, { "Shrink", read_shrink },
  { "ThresholdedRelu", read_thresholded }, { "PRelu", read_prelu },
  { "Tan", read_tan }, { "Sinh", read_hyperbolic, "sub" }, { "Cosh", read_hyperbolic, "add" },
  { "Asin", read_asin }, { "Acos", read_asin }, { "Asinh", read_area }, { "Acosh", read_area },
  { "Atanh", read_area },
  { "DequantizeLinear", read_dequantize }, { "QuantizeLinear", read_quantize },
  { "Identity", read_through }, { "Dropout", read_through },
  { NULL }
};
