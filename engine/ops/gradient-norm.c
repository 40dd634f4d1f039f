/* gradient-norm.c - gradients of reductions, softmax, normalisations and attention. */
#include "ops/gradient.h"

#include "ops/family.h"

#include <math.h>

#define X  (self->in[0])
#define Y  (self->out[0])
#define UP (self->up[0])

/* ---- reductions */

static guint
reduced_axes (const AnfGradient *self, gint64 *axes)
{
  guint n = 0;

  for (guint i = 0; i < X.type.rank; i++)
    if (X.type.dim[i] != Y.type.dim[i])
      axes[n++] = i;
  return n;
}

/* What arrives at the result, times @by (node 0: 1), for every element that went into it. */
static gboolean
spread (AnfGradient *self, AnfFlow up, AnfFlow by)
{
  if (by.ref.node != 0)
    up = anf_grad_mul (self, up, by);
  self->to_in[0] = anf_grad_broadcast (self, up, &X.type);
  return TRUE;
}

gboolean
anf_vjp_reduce_sum (AnfGradient *self)
{
  return spread (self, UP, (AnfFlow) { { 0 } });
}

gboolean
anf_vjp_reduce_mean (AnfGradient *self)
{
  double n = (double) anf_type_elements (&X.type) / anf_type_elements (&Y.type);

  return spread (self, anf_grad_scale (self, UP, 1 / n), (AnfFlow) { { 0 } });
}

/* reduce_max, reduce_min: all that are as large as the result share it. */
gboolean
anf_vjp_reduce_extreme (AnfGradient *self)
{
  gint64 axes[ANF_MAX_RANK];
  guint n = reduced_axes (self, axes);

  return spread (self, UP, anf_grad_share (self, X, Y, n, axes));
}

gboolean
anf_vjp_reduce_l1_norm (AnfGradient *self)
{
  return spread (self, UP, anf_grad_unary (self, "sign", X));
}

gboolean
anf_vjp_reduce_l2_norm (AnfGradient *self)
{
  return spread (self, UP, anf_grad_div (self, X, Y));
}

gboolean
anf_vjp_reduce_sum_square (AnfGradient *self)
{
  return spread (self, UP, anf_grad_scale (self, X, 2));
}

gboolean
anf_vjp_reduce_log_sum (AnfGradient *self)
{
  gint64 axes[ANF_MAX_RANK];
  guint n = reduced_axes (self, axes);
  AnfFlow sum = anf_grad_reduce (self, "reduce_sum", X, n, axes);

  return spread (self, anf_grad_div (self, UP, sum), (AnfFlow) { { 0 } });
}

gboolean
anf_vjp_reduce_log_sum_exp (AnfGradient *self)
{
  return spread (self, UP, anf_grad_unary (self, "exp", anf_grad_sub (self, X, Y)));
}

/* y (g - sum (g y)) along an axis. */
static AnfFlow
softmax_back (AnfGradient *self, AnfFlow y, AnfFlow up, gint64 axis)
{
  AnfFlow dot = anf_grad_reduce (self, "reduce_sum", anf_grad_mul (self, up, y), 1, &axis);

  return anf_grad_mul (self, y, anf_grad_sub (self, up, dot));
}

gboolean
anf_vjp_softmax (AnfGradient *self)
{
  self->to_in[0] = softmax_back (self, Y, UP, anf_node_axis (self->node, "axis", X.type.rank));
  return TRUE;
}

/* ---- normalisations */

/* h = (x - mean) r with r = 1 / sqrt (variance + eps), over @n axes; not @centred: mean 0. */
typedef struct { AnfFlow h, r; guint n; gint64 axes[2]; gboolean centred; } Unit;

static AnfFlow
mean (AnfGradient *self, const Unit *unit, AnfFlow x)
{
  return anf_grad_reduce (self, "reduce_mean", x, unit->n, unit->axes);
}

static void
unit_init (Unit *unit, AnfGradient *self, AnfFlow x, gboolean centred, guint n,
           const gint64 *axes)
{
  *unit = (Unit) { .n = n, .axes = { axes[0], axes[n - 1] }, .centred = centred };
  if (centred)
    x = anf_grad_sub (self, x, mean (self, unit, x));
  unit->r = anf_grad_unary (self, "rsqrt",
                            mean (self, unit, anf_grad_unary (self, "square", x)));
  anf_grad_real (self, unit->r, "eps", anf_node_real (self->node, "eps"));
  unit->h = anf_grad_mul (self, x, unit->r);
}

/* r (g - mean (g) - h mean (g h)), g with gamma in it. */
static AnfFlow
unit_back (AnfGradient *self, const Unit *unit, AnfFlow up)
{
  AnfFlow along = mean (self, unit, anf_grad_mul (self, up, unit->h));
  AnfFlow rest = anf_grad_sub (self, up, anf_grad_mul (self, unit->h, along));

  if (unit->centred)
    rest = anf_grad_sub (self, rest, mean (self, unit, up));
  return anf_grad_mul (self, unit->r, rest);
}

/* One number per element of @axis. */
static AnfType
per_axis (const AnfType *type, guint axis)
{
  AnfType one = { ANF_F16, type->rank, { 1, 1, 1, 1, 1 } };

  one.dim[axis] = type->dim[axis];
  return one;
}

static AnfFlow
role_along (AnfGradient *self, guint role, guint axis)
{
  AnfType type = per_axis (&X.type, axis);

  return anf_grad_reshape (self, anf_grad_role (self, role), &type);
}

static void
to_role (AnfGradient *self, guint role, AnfFlow flow, guint axis)
{
  AnfType type = per_axis (&X.type, axis);

  flow = anf_grad_unbroadcast (self, flow, &type);
  self->to_role[role] = anf_grad_shape (self, flow, 1, (gint64) X.type.dim[axis]);
}

/* gamma is role 0 and, where there is one, beta role 1, both along @axis; @type is the shape in
 * which the statistics are taken. */
static gboolean
norm_back (AnfGradient *self, gboolean centred, guint axis, const AnfType *type, guint n,
           const gint64 *axes)
{
  Unit unit;

  unit_init (&unit, self, anf_grad_reshape (self, X, type), centred, n, axes);
  if (anf_gradient_wants (self, 0))
    {
      AnfFlow up = anf_grad_mul (self, UP, role_along (self, 0, axis));

      up = unit_back (self, &unit, anf_grad_reshape (self, up, type));
      self->to_in[0] = anf_grad_reshape (self, up, &X.type);
    }
  if (anf_gradient_wants_role (self, 0))
    to_role (self, 0, anf_grad_mul (self, UP, anf_grad_reshape (self, unit.h, &X.type)), axis);
  if (anf_gradient_wants_role (self, 1))
    to_role (self, 1, UP, axis);
  return TRUE;
}

/* And channel_layer_norm. */
gboolean
anf_vjp_layer_norm (AnfGradient *self)
{
  gint64 axis = X.type.rank == 4 ? 1 : X.type.rank - 1;

  return norm_back (self, TRUE, axis, &X.type, 1, &axis);
}

gboolean
anf_vjp_rms_norm (AnfGradient *self)
{
  gint64 axis = X.type.rank - 1;

  return norm_back (self, FALSE, axis, &X.type, 1, &axis);
}

gboolean
anf_vjp_group_norm (AnfGradient *self)
{
  gint64 groups = anf_node_int (self->node, "groups"), n = X.type.dim[0];
  gint64 shape[] = { n, groups, anf_type_elements (&X.type) / (n * groups) }, axis = 2;
  AnfType type = anf_grad_type (3, shape);

  return norm_back (self, TRUE, 1, &type, 1, &axis);
}

gboolean
anf_vjp_instance_norm (AnfGradient *self)
{
  return norm_back (self, TRUE, 1, &X.type, 2, (const gint64[]) { 2, 3 });
}

/* x r with r = 1 / sqrt (sum (x^2) + eps): r (g - h sum (g h)). */
gboolean
anf_vjp_l2_norm (AnfGradient *self)
{
  gint64 axis = anf_node_axis (self->node, "axis", X.type.rank);
  AnfFlow square = anf_grad_reduce (self, "reduce_sum_square", X, 1, &axis);
  AnfFlow r = anf_grad_unary (self, "rsqrt", square), along;

  anf_grad_real (self, r, "eps", anf_node_real (self->node, "eps"));
  along = anf_grad_reduce (self, "reduce_sum", anf_grad_mul (self, UP, Y), 1, &axis);
  along = anf_grad_sub (self, UP, anf_grad_mul (self, Y, along));
  self->to_in[0] = anf_grad_mul (self, r, along);
  return TRUE;
}

/* Roles: gamma, beta, mean, variance. */
gboolean
anf_vjp_batch_norm (AnfGradient *self)
{
  AnfFlow gamma = role_along (self, 0, 1), r = anf_grad_unary (self, "rsqrt",
                                                              role_along (self, 3, 1));
  AnfFlow factor = anf_grad_mul (self, gamma, r);
  AnfFlow back = anf_grad_mul (self, UP, factor);

  anf_grad_real (self, r, "eps", anf_node_real (self->node, "eps"));
  if (anf_gradient_wants (self, 0))
    self->to_in[0] = back;
  if (anf_gradient_wants_role (self, 1))
    to_role (self, 1, UP, 1);
  if (anf_gradient_wants_role (self, 2))
    to_role (self, 2, anf_grad_scale (self, back, -1), 1);
  if (self->wants_role & (1 << 0 | 1 << 3))
    {
      AnfFlow h = anf_grad_mul (self, anf_grad_sub (self, X, role_along (self, 2, 1)), r);

      if (anf_gradient_wants_role (self, 0))
        to_role (self, 0, anf_grad_mul (self, UP, h), 1);
      if (anf_gradient_wants_role (self, 3))
        to_role (self, 3, anf_grad_scale (self, anf_grad_mul (self, anf_grad_mul (self, back, h),
                                                              r), -0.5), 1);
    }
  return TRUE;
}

/* y = x s^-beta, s = k + alpha / size (sum of x^2 in a window of channels):
 * g s^-beta - 2 alpha beta / size x (sum of g x s^(-beta - 1) over the windows that see x). */
gboolean
anf_vjp_local_response_norm (AnfGradient *self)
{
  gint64 size = anf_node_int (self->node, "size"), n = X.type.dim[1];
  double alpha = anf_node_real (self->node, "alpha") / size;
  double beta = anf_node_real (self->node, "beta");
  g_autofree float *sees = g_new0 (float, n * n), *seen = g_new0 (float, n * n);
  AnfFlow s, direct, others;

  for (gint64 c = 0; c < n; c++)
    for (gint64 j = MAX (0, c - (size - 1) / 2); j < MIN (n, c + size / 2 + 1); j++)
      sees[c * n + j] = seen[j * n + c] = 1;
  s = anf_grad_matrix (self, anf_grad_unary (self, "square", X), 1, n, sees);
  s = anf_grad_shift (self, anf_grad_scale (self, s, alpha), anf_node_real (self->node, "k"));
  direct = anf_grad_mul (self, UP, anf_grad_binary (self, "pow", s,
                                                    anf_grad_number (self, -beta)));
  others = anf_grad_div (self, anf_grad_mul (self, direct, X), s);
  others = anf_grad_mul (self, X, anf_grad_matrix (self, others, 1, n, seen));
  self->to_in[0] = anf_grad_add (self, direct, anf_grad_scale (self, others, -2 * alpha * beta));
  return TRUE;
}

/* ---- attention: p = softmax (q k' scale + mask), y = p v */

/* Far below any score, yet a number of fp16: what a query may not see. */
#define UNSEEN -30000

static AnfFlow
causal_mask (AnfGradient *self, int queries, int keys)
{
  AnfType type = { ANF_F16, 2, { queries, keys } };
  g_autofree float *values = g_new0 (float, (gsize) queries * keys);

  for (int q = 0; q < queries; q++)
    for (int k = q + 1; k < keys; k++)
      values[(gsize) q * keys + k] = UNSEEN;
  return anf_grad_const (self, &type, values);
}

gboolean
anf_vjp_sdpa (AnfGradient *self)
{
  AnfFlow q = self->in[0], k = self->in[1], v = self->in[2], p, ds;
  gboolean masked = self->n_in > 3 && self->in[3].ref.node != 0;
  double scale = anf_node_attr_is_set (self->node, "scale") ? anf_node_real (self->node, "scale")
                                                            : 1 / sqrt (q.type.dim[3]);

  p = anf_grad_scale (self, anf_grad_bmm (self, q, anf_grad_swap (self, k)), scale);
  if (masked)
    p = anf_grad_add (self, p, self->in[3]);
  if (anf_node_flag (self->node, "causal"))
    p = anf_grad_add (self, p, causal_mask (self, q.type.dim[2], k.type.dim[2]));
  p = anf_grad_unary (self, "softmax", p);
  anf_grad_int (self, p, "axis", -1);
  if (anf_gradient_wants (self, 2))
    self->to_in[2] = anf_grad_bmm (self, anf_grad_swap (self, p), UP);
  ds = softmax_back (self, p, anf_grad_bmm (self, UP, anf_grad_swap (self, v)), 3);
  if (masked && anf_gradient_wants (self, 3))
    self->to_in[3] = anf_grad_unbroadcast (self, ds, &self->in[3].type);
  ds = anf_grad_scale (self, ds, scale);
  if (anf_gradient_wants (self, 0))
    self->to_in[0] = anf_grad_bmm (self, ds, k);
  if (anf_gradient_wants (self, 1))
    self->to_in[1] = anf_grad_bmm (self, anf_grad_swap (self, ds), q);
  return TRUE;
}
