/* objective.c - losses whose gradients are written down, not derived: nothing in them overflows. */
#include "train/objective.h"

#include "ops/gradient.h"

#include <math.h>

const char *
anf_objective_name (guint objective)
{
  static const char *const names[] = { "auto", "mse", "cross-entropy", "binary" };

  return objective < G_N_ELEMENTS (names) ? names[objective] : NULL;
}

static AnfFlow
mean_of (AnfGradient *g, AnfFlow x)
{
  gint64 axes[ANF_MAX_RANK] = { 0, 1, 2, 3, 4 };

  return anf_grad_shape (g, anf_grad_reduce (g, "reduce_mean", x, x.type.rank, axes), 1,
                         (gint64) 1);
}

static AnfFlow
over_last (AnfGradient *g, const char *op, AnfFlow x)
{
  gint64 last = x.type.rank - 1;

  return anf_grad_reduce (g, op, x, 1, &last);
}

/* log sum exp z - sum t z, of targets that add up to 1; its gradient is softmax z - t. */
static AnfFlow
softmax_loss (AnfGradient *g, AnfFlow z, AnfFlow t, AnfFlow *gradient)
{
  AnfFlow p = anf_grad_unary (g, "softmax", z), all, own;

  anf_grad_int (g, p, "axis", -1);
  *gradient = anf_grad_sub (g, p, t);
  all = over_last (g, "reduce_log_sum_exp", z);
  own = over_last (g, "reduce_sum", anf_grad_mul (g, t, z));
  return anf_grad_sub (g, all, own);
}

/* softplus z - t z; its gradient is sigmoid z - t. */
static AnfFlow
binary_loss (AnfGradient *g, AnfFlow z, AnfFlow t, AnfFlow *gradient)
{
  *gradient = anf_grad_sub (g, anf_grad_unary (g, "sigmoid", z), t);
  return anf_grad_sub (g, anf_grad_unary (g, "softplus", z), anf_grad_mul (g, t, z));
}

static AnfFlow
square_loss (AnfGradient *g, AnfFlow y, AnfFlow t, AnfFlow *gradient)
{
  *gradient = anf_grad_sub (g, y, t);
  return anf_grad_unary (g, "square", *gradient);
}

void
anf_objective_build (AnfGraphBuilder *b, AnfObjective objective, AnfRef logits, AnfRef target,
                     AnfRef scale, const AnfType *type, AnfRef *seed, AnfRef *loss)
{
  static AnfFlow (*const losses[]) (AnfGradient *, AnfFlow, AnfFlow, AnfFlow *) = {
    NULL, square_loss, softmax_loss, binary_loss,
  };
  AnfGradient g = { .b = b, .origin = 0 };
  AnfFlow z = { logits, *type }, t = { target, *type };
  AnfFlow factor = { scale, { ANF_F16, 1, { 1 } } }, gradient, all;

  all = losses[objective] (&g, z, t, &gradient);
  *seed = anf_grad_mul (&g, gradient, factor).ref;
  *loss = mean_of (&g, all).ref;
}

/* ---- the same in double, for people */

static double
softmax_row (const float *z, const float *t, gsize n, gboolean *right)
{
  gsize best = 0, own = 0;
  double sum = 0, product = 0, all = 0;

  for (gsize i = 1; i < n; i++)
    {
      best = z[i] > z[best] ? i : best;
      own = t[i] > t[own] ? i : own;
    }
  for (gsize i = 0; i < n; i++)
    {
      sum += exp (z[i] - z[best]);
      product += t[i] != 0 ? (double) t[i] * (z[i] - z[best]) : 0;
      all += t[i];
    }
  *right = best == own;
  return all * log (sum) - product;
}

static double
binary_one (double z, double t)
{
  return fmax (z, 0) + log1p (exp (-fabs (z))) - t * z;
}

double
anf_objective_loss (AnfObjective objective, const float *logits, const float *target, gsize rows,
                    gsize n, gsize *right)
{
  double sum = 0;
  gsize hits = 0;

  for (gsize i = 0; objective == ANF_OBJECTIVE_SOFTMAX && i < rows; i++)
    {
      gboolean hit;

      sum += softmax_row (logits + i * n, target + i * n, n, &hit);
      hits += hit;
    }
  for (gsize i = 0; objective != ANF_OBJECTIVE_SOFTMAX && i < rows * n; i++)
    {
      double off = (double) logits[i] - target[i];

      sum += objective == ANF_OBJECTIVE_MSE ? off * off : binary_one (logits[i], target[i]);
      hits += (logits[i] > 0) == (target[i] > 0.5);
    }
  if (right != NULL)
    *right = hits;
  return sum / (objective == ANF_OBJECTIVE_SOFTMAX ? rows : rows * n);
}
