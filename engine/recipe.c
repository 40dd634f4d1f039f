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
solve (const Costs *costs, const GPtrArray *options, AnfSolve what, double limit, GError **error)
{
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
  g_autoptr(GPtrArray) options = NULL;
  AnfRecipe *self;

  g_return_val_if_fail (what <= ANF_SOLVE_TIME, NULL);

  find_norms (&costs);
  if (what == ANF_SOLVE_TIME)
    find_times (&costs);
  options = list_options (&costs, what);
  self = solve (&costs, options, what, limit, error);
  g_free (costs.norm2);
  g_free (costs.us);
  return self;
}

/* ---------------------------------------------------------------- the frontier */

/* From the least that can be had to what the most accurate choice comes to. */
static void
find_range (const GPtrArray *options, double *least, double *most)
{
  *least = *most = 0;
  for (guint i = 0; i < options->len; i++)
    {
      const GArray *own = g_ptr_array_index (options, i);
      AnfOption small = g_array_index (own, AnfOption, 0), good = small;

      for (guint j = 1; j < own->len; j++)
        {
          AnfOption it = g_array_index (own, AnfOption, j);

          small = it.load < small.load ? it : small;
          good = it.cost < good.cost || (it.cost == good.cost && it.load < good.load) ? it : good;
        }
      *least += small.load;
      *most += good.load;
    }
}

static double
load_of (const AnfRecipe *self, AnfSolve by)
{
  return by == ANF_SOLVE_TIME ? self->totals.us : self->totals.bytes;
}

/* Adds @recipe (transfer full) if it is more accurate than all that are no larger. */
static void
add_if_better (GPtrArray *frontier, AnfRecipe *recipe, AnfSolve by)
{
  const AnfRecipe *last = frontier->len > 0
                          ? g_ptr_array_index (frontier, frontier->len - 1) : NULL;

  if (last != NULL && recipe->totals.error >= last->totals.error)
    {
      anf_recipe_unref (recipe);
      return;
    }
  if (last != NULL && load_of (recipe, by) <= load_of (last, by))
    g_ptr_array_remove_index (frontier, frontier->len - 1);
  g_ptr_array_add (frontier, recipe);
}

static gboolean
find_frontier (const Costs *costs, AnfSolve by, guint n, GPtrArray *frontier,
               const AnfProgress *progress, GError **error)
{
  g_autoptr(GPtrArray) options = list_options (costs, by);
  double least, most, base = by == ANF_SOLVE_TIME ? costs->base_us : 0;

  find_range (options, &least, &most);
  for (guint i = 0; i < n; i++)
    {
      double part = n > 1 ? (double) i / (n - 1) : 0;
      double load = by != ANF_SOLVE_TIME && least > 0 ? least * pow (most / least, part)
                                                      : least + (most - least) * part;
      AnfRecipe *recipe;

      if (!anf_progress_step (progress, "Frontier", part, error))
        return FALSE;
      /* Rounding must not refuse the least. */
      recipe = solve (costs, options, by, (load + base) * (1 + 1e-12), NULL);
      if (recipe != NULL)
        add_if_better (frontier, recipe, by);
    }
  return TRUE;
}

GPtrArray *
anf_recipe_frontier (const AnfPlan *plan, const AnfWeights *survey, AnfSolve by, guint n,
                     const AnfProgress *progress, GError **error)
{
  Costs costs = { .plan = plan, .survey = survey, .n = anf_weights_n (survey) };
  g_autoptr(GPtrArray) frontier =
    g_ptr_array_new_with_free_func ((GDestroyNotify) anf_recipe_unref);
  gboolean found;

  g_return_val_if_fail (by == ANF_SOLVE_BYTES || by == ANF_SOLVE_TIME, NULL);

  find_norms (&costs);
  if (by == ANF_SOLVE_TIME)
    find_times (&costs);
  found = find_frontier (&costs, by, n, frontier, progress, error);
  g_free (costs.norm2);
  g_free (costs.us);
  return found ? g_steal_pointer (&frontier) : NULL;
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
