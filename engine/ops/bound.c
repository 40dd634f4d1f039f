/* bound.c - the largest magnitude of a result, from those of the inputs, attributes and weights. */
#include "ops/bound.h"

#include <string.h>

/* Sums round on the way: at most this much in the profile of twelve-bit adders, which drop what a
 * smaller term has below the last bit; fp32 and the other profile stay far below it. */
#define SUM_SLACK (1 + 0x1p-8)
/* What an encoding's scale, itself rounded to fp16, may add to the largest number: relative, and
 * where the scale is subnormal. */
#define CODE_SLACK    (1 + 0x1p-9)
#define CODE_ABSOLUTE 0x1p-17
#define CLIFF 32768                /* products end here */

static double
times (double a, double b)
{
  return a == 0 || b == 0 ? 0 : a * b;
}

static double
next_half (double x)
{
  float half = anf_half_round (x);

  return half >= x ? half : anf_half_to_float (anf_half_from_float (half) + 1);
}

double
anf_bound_of (const AnfBounds *b)
{
  double bound = b->node->op->bound != NULL ? b->node->op->bound (b) : INFINITY;

  if (!(bound >= 0))
    return INFINITY;
  return b->out_type->dtype == ANF_F16 ? next_half (bound) : bound;
}

double anf_bound_unknown  (const AnfBounds *b) { return INFINITY; }
double anf_bound_same     (const AnfBounds *b) { return b->in[0]; }
double anf_bound_average  (const AnfBounds *b) { return SUM_SLACK * b->in[0]; }
double anf_bound_one      (const AnfBounds *b) { return 1; }
double anf_bound_sum      (const AnfBounds *b) { return b->in[0] + b->in[1]; }
double anf_bound_product  (const AnfBounds *b) { return times (b->in[0], b->in[1]); }
double anf_bound_branches (const AnfBounds *b) { return fmax (b->in[1], b->in[2]); }
double anf_bound_mixed    (const AnfBounds *b) { return SUM_SLACK * b->in[2]; }

/* Old chips lose large numbers of a slice that begins inside the last axis. */
double
anf_bound_slice (const AnfBounds *b)
{
  gint64 begin[ANF_MAX_RANK] = { 0 };
  guint n = MIN (anf_node_ints (b->node, "begin", begin, ANF_MAX_RANK), ANF_MAX_RANK);

  return n > 0 && begin[n - 1] > 0 && b->in[0] > 4094 ? INFINITY : b->in[0];
}

double
anf_bound_largest (const AnfBounds *b)
{
  double most = 0;

  for (guint i = 0; i < b->n_in; i++)
    most = fmax (most, b->in[i]);
  return most;
}

double
anf_bound_ends (const AnfBounds *b)
{
  static const AnfNumerics profiles[] = { ANF_NUMERICS_FP32, ANF_NUMERICS_ANE, ANF_NUMERICS_LANES };
  const AnfOp *op = b->node->op;
  const double at[] = { b->in[0], -b->in[0], 0 };
  double attr[ANF_MAX_ATTRS], most = 0;

  for (guint p = 0; p < G_N_ELEMENTS (profiles); p++)
    {
      anf_node_reals (b->node, profiles[p], attr);
      for (guint i = 0; i < G_N_ELEMENTS (at); i++)
        {
          /* fmax () passes over NaN: a root of less than 0 counts as 0. */
          most = fmax (most, fabs (op->unary (at[i], attr)));
          if (op->engine != NULL)
            most = fmax (most, fabs (op->engine (at[i], attr, profiles[p])));
        }
    }
  return most;
}

/* 1, and the error measured where the hardware's range reduction changes branch. */
double
anf_bound_waves (const AnfBounds *b)
{
  return 1.12;
}

double
anf_bound_cast (const AnfBounds *b)
{
  switch (b->out_type->dtype)
    {
    case ANF_BOOL: return 1;
    case ANF_U8:   return fmin (255, b->in[0]);
    case ANF_I32:  return fmin (0x1p31, b->in[0]);
    default:       return b->in[0];
    }
}

static double
weight_max (const AnfBounds *b, guint role)
{
  double most = b->weight[role] != NULL ? anf_tensor_max_abs (b->weight[role]) : 0;

  return next_half (b->packed & 1u << role ? most * CODE_SLACK + CODE_ABSOLUTE : most);
}

double
anf_bound_slopes (const AnfBounds *b)
{
  return times (b->in[0], fmax (1, weight_max (b, 0)));
}

static double
scalar (const AnfBounds *b)
{
  return next_half (fabs (anf_node_real (b->node, "k")));
}

double anf_bound_scaled  (const AnfBounds *b) { return times (b->in[0], scalar (b)); }
double anf_bound_shifted (const AnfBounds *b) { return b->in[0] + scalar (b); }

/* ---- reductions: how many numbers come together in one */

static double
n_joined (const AnfBounds *b)
{
  return (double) anf_type_elements (b->in_type[0]) / anf_type_elements (b->out_type);
}

double
anf_bound_total (const AnfBounds *b)
{
  return SUM_SLACK * n_joined (b) * b->in[0];
}

double
anf_bound_length (const AnfBounds *b)
{
  return SUM_SLACK * sqrt (n_joined (b)) * b->in[0];
}

double
anf_bound_squares (const AnfBounds *b)
{
  return SUM_SLACK * n_joined (b) * b->in[0] * b->in[0];
}

double
anf_bound_log_sum_exp (const AnfBounds *b)
{
  return SUM_SLACK * (b->in[0] + log (n_joined (b)));
}

/* ---- sums of products: an infinity from the cliff on */

static double
cliff (double bound)
{
  return bound * SUM_SLACK < CLIFF ? bound * SUM_SLACK : INFINITY;
}

double
anf_bound_running (const AnfBounds *b)
{
  return cliff (times (b->in[0], b->in_type[0]->dim[b->in_type[0]->rank - 1]));
}

static double
weighted (const AnfBounds *b, guint axis)
{
  const AnfTensor *weight = b->weight[0];
  gboolean batched = anf_tensor_rank (weight) == 3;        /* [batch, in, out] */
  double n = batched ? anf_tensor_dim (weight, 1)
                     : (double) anf_tensor_elements (weight) / anf_tensor_dim (weight, axis);
  double each = n * weight_max (b, 0);

  /* The sum of magnitudes, and what rounding each to fp16 may add; codes may shift them about. */
  if (!batched && !(b->packed & 1))
    each = fmin (each, anf_tensor_max_sum (weight, axis) + n * 0x1p-24);
  return cliff (cliff (times (b->in[0], each))
                + (anf_op_n_roles (b->node->op) > 1 ? weight_max (b, 1) : 0));
}

double anf_bound_weighted (const AnfBounds *b) { return weighted (b, 0); }
double anf_bound_turned   (const AnfBounds *b) { return weighted (b, 1); }

double
anf_bound_dot (const AnfBounds *b)
{
  const AnfType *x = b->in_type[0];
  guint turned = anf_op_find_attr (b->node->op, "transpose_x") >= 0
                 && anf_node_flag (b->node, "transpose_x");

  return cliff (times (times (b->in[0], b->in[1]),
                       x->rank > turned ? x->dim[x->rank - 1 - turned] : 1));
}

double
anf_bound_window (const AnfBounds *b)
{
  const AnfType *filter = b->in_type[1];
  double n = (double) anf_type_elements (filter) / (filter->rank == 4 ? filter->dim[0] : 1);

  return cliff (times (times (b->in[0], b->in[1]), n));
}

/* ---- norms */

/* (x - mean) / deviation of n numbers is at most the root of n - 1; without the mean, of n. */
double
anf_bound_normal (const AnfBounds *b)
{
  const AnfType *in = b->in_type[0];
  double n = in->dim[in->rank - 1], shift = 0;

  if (anf_node_real (b->node, "eps") < 0x1p-24)
    return INFINITY;               /* a deviation rounded to 0 would divide */
  if (anf_op_find_attr (b->node->op, "groups") >= 0)
    n = (double) anf_type_elements (in) / in->dim[0] / anf_node_int (b->node, "groups");
  else if (in->rank == 4)          /* channels, or one image of one */
    n = fmax (in->dim[1], (double) in->dim[2] * in->dim[3]);
  if (anf_op_n_roles (b->node->op) > 1)
    shift = weight_max (b, 1);
  return SUM_SLACK * (sqrt (n) * weight_max (b, 0) + shift);
}

double
anf_bound_batch (const AnfBounds *b)
{
  double eps = anf_node_real (b->node, "eps"), most = 0, at[4];
  gsize n = anf_tensor_elements (b->weight[0]);

  for (gsize c = 0; c < n; c++)
    {
      double variance;

      for (guint role = 0; role < 4; role++)
        anf_tensor_read_double (b->weight[role], c, 1, &at[role]);
      variance = (at[3] + eps) * (1 - 0x1p-9) - 0x1p-24;   /* as fp16 may have them */
      if (!(variance > 0))
        return INFINITY;
      most = fmax (most, SUM_SLACK * ((b->in[0] + fabs (at[2]) + 0x1p-24)
                                      * (fabs (at[0]) + 0x1p-24) / sqrt (variance)
                                      + fabs (at[1]) + 0x1p-24));
    }
  return most;
}

double
anf_bound_response (const AnfBounds *b)
{
  double k = anf_node_real (b->node, "k") * (1 - 0x1p-9);

  if (!(k > 0 && anf_node_real (b->node, "alpha") >= 0 && anf_node_real (b->node, "beta") >= 0))
    return INFINITY;
  return SUM_SLACK * b->in[0] / pow (k, anf_node_real (b->node, "beta") * (1 + 0x1p-9));
}

/* ---- bridges */

double
anf_bound_place (const AnfBounds *b)
{
  return b->in_type[0]->dim[anf_node_axis (b->node, "axis", b->in_type[0]->rank)] - 1;
}

double
anf_bound_ranked (const AnfBounds *b)
{
  const AnfType *in = b->in_type[0];

  return anf_op_find_attr (b->node->op, "return_indices") >= 0
         && anf_node_flag (b->node, "return_indices") ? in->dim[in->rank - 1] - 1 : b->in[0];
}

double
anf_bound_pairs (const AnfBounds *b)
{
  const char *op = anf_node_text (b->node, "op");
  double scale = next_half (fabs (anf_node_real (b->node, "scale")));

  if (op != NULL && g_str_equal (op, "Mult"))
    return times (scale, times (b->in[0], b->in[1]));
  return times (scale, op != NULL && g_str_equal (op, "Add") ? b->in[0] + b->in[1]
                                                             : fmax (b->in[0], b->in[1]));
}

/* ---- sources */

double
anf_bound_input (const AnfBounds *b)
{
  if (b->out_type->dtype == ANF_U8)
    return 255;
  if (!anf_node_attr_is_set (b->node, "max_abs"))
    return b->out_type->dtype == ANF_I32 ? 0x1p31 : INFINITY;
  return anf_node_real (b->node, "max_abs");
}

static double
largest_of (const AnfNode *node, const char *attr)
{
  g_autoptr(GVariant) value = anf_node_attr (node, attr);
  const double *list;
  double most = 0;
  gsize n;

  if (value == NULL || g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    return value != NULL ? fabs (g_variant_get_double (value)) : 0;
  list = g_variant_get_fixed_array (value, &n, sizeof *list);
  for (gsize i = 0; i < n; i++)
    most = fmax (most, fabs (list[i]));
  return most;
}

double
anf_bound_image (const AnfBounds *b)
{
  return 255 * next_half (largest_of (b->node, "scale")) + next_half (largest_of (b->node, "bias"));
}

double
anf_bound_constant (const AnfBounds *b)
{
  return weight_max (b, 0);
}
