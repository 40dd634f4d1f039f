/* gradient-scalar.c - gradients of what works element by element. */
#include "ops/gradient.h"

#include <math.h>

#define X  (self->in[0])
#define Y  (self->out[0])
#define UP (self->up[0])

static gboolean
answer (AnfGradient *self, AnfFlow flow)
{
  self->to_in[0] = flow;
  return TRUE;
}

/* Times the slope. */
static gboolean
slope (AnfGradient *self, AnfFlow by)
{
  return answer (self, anf_grad_mul (self, UP, by));
}

static AnfFlow
zero (AnfGradient *self)
{
  return anf_grad_number (self, 0);
}

/* @yes where "value op limit" holds, else @no. */
static AnfFlow
where (AnfGradient *self, const char *op, AnfFlow value, double limit, AnfFlow yes, AnfFlow no)
{
  AnfFlow than = anf_grad_number (self, limit);

  return anf_grad_select (self, anf_grad_compare (self, op, value, than), yes, no);
}

/* What arrives, where @value is strictly between the two. */
static gboolean
between (AnfGradient *self, AnfFlow value, double low, double high, double factor)
{
  AnfFlow part = where (self, "greater", value, low, anf_grad_scale (self, UP, factor),
                        zero (self));

  return answer (self, where (self, "less", value, high, part, zero (self)));
}

static double
attr (const AnfGradient *self, const char *name)
{
  return anf_node_real (self->node, name);
}

gboolean
anf_vjp_relu (AnfGradient *self)
{
  return answer (self, where (self, "greater", X, 0, UP, zero (self)));
}

/* Phi (x) + x phi (x), Phi and phi of the normal distribution. */
gboolean
anf_vjp_gelu (AnfGradient *self)
{
  AnfFlow erf = anf_grad_unary (self, "erf", anf_grad_scale (self, X, M_SQRT1_2));
  AnfFlow below = anf_grad_shift (self, anf_grad_scale (self, erf, 0.5), 0.5);
  AnfFlow power = anf_grad_scale (self, anf_grad_unary (self, "square", X), -0.5);
  AnfFlow density = anf_grad_scale (self, anf_grad_unary (self, "exp", power),
                                    M_SQRT1_2 * 0.5 * M_2_SQRTPI);

  return slope (self, anf_grad_add (self, below, anf_grad_mul (self, X, density)));
}

gboolean
anf_vjp_sigmoid (AnfGradient *self)
{
  return slope (self, anf_grad_sub (self, Y, anf_grad_unary (self, "square", Y)));
}

/* 1 - y^2 of a tanh. */
static AnfFlow
tanh_slope (AnfGradient *self, AnfFlow y)
{
  AnfFlow square = anf_grad_scale (self, anf_grad_unary (self, "square", y), -1);

  return anf_grad_shift (self, square, 1);
}

gboolean
anf_vjp_tanh (AnfGradient *self)
{
  return slope (self, tanh_slope (self, Y));
}

gboolean
anf_vjp_silu (AnfGradient *self)
{
  AnfFlow s = anf_grad_unary (self, "sigmoid", X);
  AnfFlow rest = anf_grad_sub (self, Y, anf_grad_mul (self, Y, s));

  return slope (self, anf_grad_add (self, s, rest));
}

gboolean
anf_vjp_relu6 (AnfGradient *self)
{
  return between (self, X, 0, 6, 1);
}

gboolean
anf_vjp_leaky_relu (AnfGradient *self)
{
  AnfFlow below = anf_grad_scale (self, UP, attr (self, "alpha"));

  return answer (self, where (self, "greater", X, 0, UP, below));
}

gboolean
anf_vjp_elu (AnfGradient *self)
{
  AnfFlow below = anf_grad_mul (self, UP, anf_grad_shift (self, Y, attr (self, "alpha")));

  return answer (self, where (self, "greater", X, 0, UP, below));
}

gboolean
anf_vjp_softplus (AnfGradient *self)
{
  return slope (self, anf_grad_unary (self, "sigmoid", X));
}

gboolean
anf_vjp_softsign (AnfGradient *self)
{
  AnfFlow wide = anf_grad_shift (self, anf_grad_unary (self, "abs", X), 1);

  return slope (self, anf_grad_unary (self, "square", anf_grad_unary (self, "inverse", wide)));
}

gboolean
anf_vjp_clip (AnfGradient *self)
{
  return between (self, X, attr (self, "lo"), attr (self, "hi"), 1);
}

gboolean
anf_vjp_clamped_relu (AnfGradient *self)
{
  AnfFlow below = anf_grad_scale (self, UP, attr (self, "alpha"));
  AnfFlow leaky = where (self, "greater", X, 0, UP, below);

  return answer (self, where (self, "less", Y, attr (self, "beta"), leaky, zero (self)));
}

gboolean
anf_vjp_sigmoid_hard (AnfGradient *self)
{
  return between (self, Y, 0, 1, attr (self, "alpha"));
}

gboolean
anf_vjp_scaled_tanh (AnfGradient *self)
{
  double alpha = attr (self, "alpha"), beta = attr (self, "beta");
  AnfFlow y = anf_grad_unary (self, "tanh", anf_grad_scale (self, X, beta));

  return slope (self, anf_grad_scale (self, tanh_slope (self, y), alpha * beta));
}

gboolean
anf_vjp_threshold (AnfGradient *self)
{
  return answer (self, where (self, "greater", X, attr (self, "alpha"), UP, zero (self)));
}

gboolean
anf_vjp_thresholded_relu (AnfGradient *self)
{
  return answer (self, where (self, "greater_equal", X, attr (self, "alpha"), UP, zero (self)));
}

gboolean
anf_vjp_linear_activation (AnfGradient *self)
{
  return answer (self, anf_grad_scale (self, UP, attr (self, "alpha")));
}

gboolean
anf_vjp_prelu (AnfGradient *self)
{
  AnfType slopes = { ANF_F16, X.type.rank, { 1, X.type.dim[1], 1, 1, 1 } };
  AnfFlow alpha = anf_grad_reshape (self, anf_grad_role (self, 0), &slopes);

  if (anf_gradient_wants (self, 0))
    answer (self, where (self, "greater", X, 0, UP, anf_grad_mul (self, UP, alpha)));
  if (anf_gradient_wants_role (self, 0))
    {
      AnfFlow each = where (self, "greater", X, 0, zero (self), anf_grad_mul (self, UP, X));

      each = anf_grad_unbroadcast (self, each, &slopes);
      self->to_role[0] = anf_grad_shape (self, each, 1, (gint64) X.type.dim[1]);
    }
  return TRUE;
}

gboolean
anf_vjp_exp (AnfGradient *self)
{
  return slope (self, Y);
}

gboolean
anf_vjp_exp2 (AnfGradient *self)
{
  return slope (self, anf_grad_scale (self, Y, M_LN2));
}

gboolean
anf_vjp_log (AnfGradient *self)
{
  return answer (self, anf_grad_div (self, UP, anf_grad_shift (self, X, attr (self, "eps"))));
}

gboolean
anf_vjp_sqrt (AnfGradient *self)
{
  return answer (self, anf_grad_div (self, anf_grad_scale (self, UP, 0.5), Y));
}

gboolean
anf_vjp_rsqrt (AnfGradient *self)
{
  AnfFlow cube = anf_grad_mul (self, anf_grad_unary (self, "square", Y), Y);

  return slope (self, anf_grad_scale (self, cube, -0.5));
}

gboolean
anf_vjp_inverse (AnfGradient *self)
{
  return slope (self, anf_grad_scale (self, anf_grad_unary (self, "square", Y), -1));
}

gboolean
anf_vjp_square (AnfGradient *self)
{
  return slope (self, anf_grad_scale (self, X, 2));
}

gboolean
anf_vjp_abs (AnfGradient *self)
{
  return slope (self, anf_grad_unary (self, "sign", X));
}

gboolean
anf_vjp_sin (AnfGradient *self)
{
  return slope (self, anf_grad_unary (self, "cos", X));
}

gboolean
anf_vjp_cos (AnfGradient *self)
{
  return slope (self, anf_grad_scale (self, anf_grad_unary (self, "sin", X), -1));
}

gboolean
anf_vjp_atan (AnfGradient *self)
{
  AnfFlow wide = anf_grad_shift (self, anf_grad_unary (self, "square", X), 1);

  return answer (self, anf_grad_div (self, UP, wide));
}

gboolean
anf_vjp_erf (AnfGradient *self)
{
  AnfFlow power = anf_grad_scale (self, anf_grad_unary (self, "square", X), -1);

  return slope (self, anf_grad_scale (self, anf_grad_unary (self, "exp", power), M_2_SQRTPI));
}

gboolean
anf_vjp_cast (AnfGradient *self)
{
  if (X.type.dtype != ANF_F16 || Y.type.dtype != ANF_F16)
    return anf_gradient_refuse (self, "%s makes %s of %s: whole numbers have no slope.",
                                self->node->name, anf_dtype_name (Y.type.dtype),
                                anf_dtype_name (X.type.dtype));
  return answer (self, UP);
}

/* ---- of two */

static void
to (AnfGradient *self, guint input, AnfFlow flow)
{
  self->to_in[input] = anf_grad_unbroadcast (self, flow, &self->in[input].type);
}

#define WANTS(input) (anf_gradient_wants (self, input))

gboolean
anf_vjp_add (AnfGradient *self)
{
  for (guint i = 0; i < 2; i++)
    if (WANTS (i))
      to (self, i, UP);
  return TRUE;
}

gboolean
anf_vjp_sub (AnfGradient *self)
{
  if (WANTS (0))
    to (self, 0, UP);
  if (WANTS (1))
    to (self, 1, anf_grad_scale (self, UP, -1));
  return TRUE;
}

gboolean
anf_vjp_mul (AnfGradient *self)
{
  for (guint i = 0; i < 2; i++)
    if (WANTS (i))
      to (self, i, anf_grad_mul (self, UP, self->in[1 - i]));
  return TRUE;
}

gboolean
anf_vjp_real_div (AnfGradient *self)
{
  AnfFlow part = anf_grad_div (self, UP, self->in[1]);

  if (WANTS (0))
    to (self, 0, part);
  if (WANTS (1))
    to (self, 1, anf_grad_scale (self, anf_grad_mul (self, part, Y), -1));
  return TRUE;
}

gboolean
anf_vjp_pow (AnfGradient *self)
{
  if (WANTS (0))
    {
      AnfFlow less = anf_grad_shift (self, self->in[1], -1);
      AnfFlow power = anf_grad_binary (self, "pow", X, less);

      to (self, 0, anf_grad_mul (self, UP, anf_grad_mul (self, self->in[1], power)));
    }
  if (WANTS (1))
    {
      AnfFlow log = anf_grad_unary (self, "log", X);

      to (self, 1, anf_grad_mul (self, UP, anf_grad_mul (self, Y, log)));
    }
  return TRUE;
}

/* Where both are equal the first has it. */
static gboolean
extreme (AnfGradient *self, const char *op)
{
  AnfFlow first = anf_grad_compare (self, op, X, self->in[1]);

  if (WANTS (0))
    to (self, 0, anf_grad_select (self, first, UP, zero (self)));
  if (WANTS (1))
    to (self, 1, anf_grad_select (self, first, zero (self), UP));
  return TRUE;
}

gboolean
anf_vjp_maximum (AnfGradient *self)
{
  return extreme (self, "greater_equal");
}

gboolean
anf_vjp_minimum (AnfGradient *self)
{
  return extreme (self, "less_equal");
}

gboolean
anf_vjp_muls (AnfGradient *self)
{
  return answer (self, anf_grad_scale (self, UP, attr (self, "k")));
}

gboolean
anf_vjp_adds (AnfGradient *self)
{
  return answer (self, UP);
}

gboolean
anf_vjp_select (AnfGradient *self)
{
  if (WANTS (1))
    to (self, 1, anf_grad_select (self, X, UP, zero (self)));
  if (WANTS (2))
    to (self, 2, anf_grad_select (self, X, zero (self), UP));
  return TRUE;
}

/* const, parameter: what arrives is the tensor's. */
gboolean
anf_vjp_baked (AnfGradient *self)
{
  self->to_role[0] = UP;
  return TRUE;
}
