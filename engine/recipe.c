/* recipe.c - an encoding for every weight, so that error, size or time keep a limit. */
#include "pass/plan.h"
#include "weight/knapsack.h"

#include <math.h>

struct _AnfRecipe
{
  guint        n;
  AnfEncoding *chosen;
  AnfTotals    totals, plain;
  double       gap;
};

G_DEFINE_BOXED_TYPE (AnfRecipe, anf_recipe, anf_recipe_ref, anf_recipe_unref)

/* What each choice for each weight costs. */
typedef struct
{
  const AnfPlan    *plan;
  const AnfWeights *survey;
  guint             n;
  double           *norm2;         /* by weight: ||w|| squared */
  double            all2;          /* their sum */
  double          (*us)[ANF_N_ENCODINGS];  /* more than all in fp16; NULL: not asked for */
  double            base_us;       /* with all in fp16 */
} Costs;

#define BLOCK 4096

static double
norm2_of (const AnfTensor *tensor)
{
  gsize n = anf_tensor_elements (tensor);
  double block[BLOCK], sum = 0;

  for (gsize begin = 0; begin < n; begin += BLOCK)
    {
      gsize count = MIN (BLOCK, n - begin);

      anf_tensor_read_double (tensor, begin, count, block);
      for (gsize i = 0; i < count; i++)
        sum += isfinite (block[i]) ? block[i] * block[i] : 0;
    }
  return sum;
}

static double
estimate_us (const Costs *self, const AnfEncoding *chosen)
{
  g_autoptr(AnfWeights) weights = anf_weights_chosen (self->survey, chosen);
  g_autoptr(AnfEstimate) estimate = anf_estimate (self->plan, weights,
                                                  anf_report_target (self->plan->whole));

  return anf_estimate_us (estimate, NULL, NULL);
}

/* Weights do not change each other's time, so one at a time tells all. */
static void
find_times (Costs *self)
{
  g_autofree AnfEncoding *chosen = g_new0 (AnfEncoding, self->n + 1);

  self->us = g_malloc0_n (self->n + 1, sizeof *self->us);
  self->base_us = estimate_us (self, chosen);
  for (guint i = 0; i < self->n; i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (self->survey, i);

      for (AnfEncoding e = ANF_FP16 + 1; e < ANF_N_ENCODINGS; e++)
        if (facts->encoding[e].applies)
          {
            chosen[i] = e;
            self->us[i][e] = estimate_us (self, chosen) - self->base_us;
          }
      chosen[i] = ANF_FP16;
    }
}

static void
find_norms (Costs *self)
{
  const AnfGraph *graph = self->plan->whole->graph;

  self->norm2 = g_new0 (double, self->n + 1);
  for (guint i = 0; i < self->n; i++)
    {
      AnfWeight *weight = anf_graph_find_weight (graph, anf_weights_nth (self->survey, i)->name);

      self->norm2[i] = weight != NULL && anf_weight_tensor (weight) != NULL
                       ? norm2_of (anf_weight_tensor (weight)) : 0;
      self->all2 += self->norm2[i];
    }
}

/* The square of the error of all that is due to this one. */
static double
error2 (const Costs *self, guint i, AnfEncoding e)
{
  double error = anf_weights_nth (self->survey, i)->encoding[e].error;

  return self->all2 > 0 ? error * error * self->norm2[i] / self->all2 : 0;
}

static AnfTotals
totals_of (const Costs *self, const AnfEncoding *chosen)
{
  AnfTotals totals = { 0, estimate_us (self, chosen), 0 };

  for (guint i = 0; i < self->n; i++)
    {
      totals.error += error2 (self, i, chosen[i]);
      totals.bytes += anf_weights_nth (self->survey, i)->encoding[chosen[i]].bytes;
    }
  totals.error = sqrt (totals.error);
  return totals;
}

static AnfOption
option_of (const Costs *self, AnfSolve what, guint i, AnfEncoding e)
{
  double bytes = anf_weights_nth (self->survey, i)->encoding[e].bytes;

  switch (what)
    {
    case ANF_SOLVE_BYTES: return (AnfOption) { bytes, error2 (self, i, e), e };
    case ANF_SOLVE_TIME:  return (AnfOption) { self->us[i][e], error2 (self, i, e), e };
    default:              return (AnfOption) { error2 (self, i, e), bytes, e };
    }
}

static GPtrArray *
list_options (const Costs *self, AnfSolve what)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);

  for (guint i = 0; i < self->n; i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (self->survey, i);
      GArray *own = g_array_new (FALSE, FALSE, sizeof (AnfOption));

      for (AnfEncoding e = 0; e < ANF_N_ENCODINGS; e++)
        {
          AnfOption it = option_of (self, what, i, e);
          gboolean usable = facts->encoding[e].applies && facts->encoding[e].ok;

          if (facts->pinned ? e == facts->chosen : usable || e == ANF_FP16)
            g_array_append_val (own, it);
        }
      g_ptr_array_add (all, own);
    }
  return all;
}

/* In the unit that the knapsack adds up. Rounding of sums must not refuse what just fits. */
static double
limit_of (const Costs *self, AnfSolve what, double limit)
{
  if (what == ANF_SOLVE_ERROR)
    return limit * limit * (1 + 1e-12);
  return what == ANF_SOLVE_TIME ? limit - self->base_us + 1e-9 : limit;
}

static void
refuse (AnfSolve what, double limit, GError **error)
{
  g_autofree char *text = what == ANF_SOLVE_ERROR ? g_strdup_printf ("an error of %g", limit)
                          : what == ANF_SOLVE_BYTES ? g_strdup_printf ("%.0f bytes", limit)
                                                    : g_strdup_printf ("%g us", limit);

  g_set_error (error, ANF_ERROR, ANF_ERROR_REFUSED,
               "No choice of encodings that pass the weight gate keeps to %s", text);
}

static AnfRecipe *
solve (const Costs *costs, AnfSolve what, double limit, GError **error)
{
  g_autoptr(GPtrArray) options = list_options (costs, what);
  g_autofree guint *picked = g_new0 (guint, costs->n + 1);
  g_autofree AnfEncoding *now = g_new0 (AnfEncoding, costs->n + 1);
  double bound, cost;
  AnfRecipe *self;

  if (!anf_knapsack (options, limit_of (costs, what, limit), picked, &bound))
    {
      refuse (what, limit, error);
      return NULL;
    }
  self = g_atomic_rc_box_new0 (AnfRecipe);
  self->n = costs->n;
  self->chosen = g_new0 (AnfEncoding, costs->n + 1);
  for (guint i = 0; i < costs->n; i++)
    {
      self->chosen[i] = picked[i];
      now[i] = anf_weights_nth (costs->survey, i)->chosen;
    }
  self->totals = totals_of (costs, self->chosen);
  self->plain = totals_of (costs, now);
  cost = what == ANF_SOLVE_ERROR ? self->totals.bytes : self->totals.error;
  bound = what == ANF_SOLVE_ERROR ? bound : sqrt (MAX (bound, 0));
  self->gap = cost > 0 && cost - bound > 1e-9 * cost ? (cost - bound) / cost : 0;
  return self;
}

AnfRecipe *
anf_recipe_solve (const AnfPlan *plan, const AnfWeights *survey, AnfSolve what, double limit,
                  GError **error)
{
  Costs costs = { .plan = plan, .survey = survey, .n = anf_weights_n (survey) };
  AnfRecipe *self;

  g_return_val_if_fail (what <= ANF_SOLVE_TIME, NULL);

  find_norms (&costs);
  if (what == ANF_SOLVE_TIME)
    find_times (&costs);
  self = solve (&costs, what, limit, error);
  g_free (costs.norm2);
  g_free (costs.us);
  return self;
}

AnfGraph *
anf_recipe_apply (const AnfRecipe *self, const AnfWeights *survey, AnfGraph *graph,
                  GError **error)
{
  AnfGraphBuilder *b = anf_graph_builder_new (graph);

  for (guint i = 0; i < self->n; i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (survey, i);

      if (anf_graph_find (graph, facts->node) != NULL)
        anf_graph_builder_set_encoding (b, facts->node, facts->role, self->chosen[i]);
    }
  return anf_graph_builder_end (b, error);
}

AnfEncoding
anf_recipe_nth (const AnfRecipe *self, guint i)
{
  g_return_val_if_fail (i < self->n, ANF_FP16);

  return self->chosen[i];
}

AnfTotals anf_recipe_totals (const AnfRecipe *self) { return self->totals; }
AnfTotals anf_recipe_plain  (const AnfRecipe *self) { return self->plain; }
double    anf_recipe_gap    (const AnfRecipe *self) { return self->gap; }

static void
recipe_clear (AnfRecipe *self)
{
  g_free (self->chosen);
}

AnfRecipe *
anf_recipe_ref (AnfRecipe *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_recipe_unref (AnfRecipe *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) recipe_clear);
}
