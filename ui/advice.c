/* advice.c - tries what could help and asks the estimate for the target what it saves. */
#include "advice.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#define LEAST_US 0.05              /* what saves less is no advice */
#define MOST_FOLDS 8               /* weights that are told of, one by one */

typedef struct
{
  const AnfReport  *report;
  const AnfPlan    *plan;
  const AnfWeights *weights;
  const char       *target;
  double            us;            /* as it is; NAN: there is no estimate */
  GCancellable     *cancellable;
  GPtrArray        *list;
} Search;

static void
advice_free (gpointer data)
{
  StudioAdvice *self = data;

  g_free (self->words);
  g_free (self->why);
  g_clear_pointer (&self->graph, anf_graph_unref);
  g_free (self);
}

static double
us_of (const AnfPlan *plan, const AnfWeights *weights, const char *target)
{
  g_autoptr(AnfEstimate) estimate = anf_estimate (plan, weights, target);

  return anf_estimate_why (estimate) == NULL ? anf_estimate_us (estimate, NULL, NULL) : NAN;
}

/* What @graph would take; NAN: it is refused, or unknown. */
static double
us_of_graph (const Search *self, AnfGraph *graph)
{
  AnfProgress progress = { .cancellable = self->cancellable };
  g_autoptr(AnfReport) report = anf_check (graph, self->target);
  g_autoptr(AnfPlan) plan = anf_report_ok (report) ? anf_plan (report, NULL) : NULL;
  g_autoptr(AnfWeights) weights = plan != NULL
    ? anf_weights_survey (graph, anf_graph_settings (graph), self->weights, &progress, NULL) : NULL;

  return weights != NULL ? us_of (plan, weights, self->target) : NAN;
}

/* Takes @words, @why and @graph. Dropped if it saves nothing and would change something. */
static void
add (Search *self, char *words, char *why, AnfId node, AnfGraph *graph, double us)
{
  StudioAdvice *advice = g_new0 (StudioAdvice, 1);
  double saved = graph != NULL ? self->us - us : 0;

  *advice = (StudioAdvice) { words, why, saved, node, graph };
  if (graph != NULL && !(saved >= LEAST_US))
    advice_free (advice);
  else
    g_ptr_array_add (self->list, advice);
}

/* ------------------------------------------------------------------------ what is tried */

static void
try_fixes (Search *self)
{
  g_autoptr(AnfReport) advised = anf_advise (self->report);
  AnfGraph *graph = anf_report_graph (self->report);

  for (guint i = 0; i < anf_report_n_findings (advised); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (advised, i);
      const AnfNode *node = finding->node != 0 ? anf_graph_find (graph, finding->node) : NULL;
      g_autofree char *label = anf_fix_label (advised, i, NULL);
      g_autoptr(AnfGraph) fixed = NULL;

      if (label == NULL || g_cancellable_is_cancelled (self->cancellable)
          || (fixed = anf_fix_apply (advised, i, NULL)) == NULL)
        continue;
      add (self, node != NULL ? g_strdup_printf ("%s: %s", anf_node_name (node), label)
                              : g_strdup (label),
           g_strdup (finding->message), finding->node, anf_graph_ref (fixed),
           us_of_graph (self, fixed));
    }
}

static void
try_levels (Search *self)
{
  static const char *const levels[] = { "routes", "1" };
  AnfGraph *graph = anf_report_graph (self->report);
  double best = self->us;

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      double us;
      AnfSettings settings = *anf_graph_settings (graph);
      AnfGraphBuilder *b = anf_graph_builder_new (graph);
      g_autoptr(AnfGraph) other = NULL;

      settings.opt = g_intern_string (levels[i]);
      anf_graph_builder_set_settings (b, &settings);
      other = anf_graph_builder_end (b, NULL);
      if (other == NULL || g_strcmp0 (anf_graph_settings (graph)->opt, levels[i]) == 0
          || g_cancellable_is_cancelled (self->cancellable))
        continue;
      us = us_of_graph (self, other);
      if (!(us < best - LEAST_US))
        continue;                  /* no better than the level before it */
      best = us;
      add (self, g_strdup_printf (_("Compile at level “%s”"), levels[i]),
           g_strdup (_("More is merged and rewritten before the graph is cut.")), 0,
           anf_graph_ref (other), us);
    }
}

/* The quickest encodings that pass the weight gate. */
static void
try_encodings (Search *self)
{
  AnfProgress progress = { .cancellable = self->cancellable };
  g_autoptr(GPtrArray) frontier = anf_recipe_frontier (self->plan, self->weights, ANF_SOLVE_TIME,
                                                       2, &progress, NULL);
  AnfGraph *graph = anf_report_graph (self->report), *encoded;
  const AnfRecipe *quickest;
  guint n = 0;

  if (frontier == NULL || frontier->len == 0)
    return;
  quickest = g_ptr_array_index (frontier, 0);
  for (guint i = 0; i < anf_weights_n (self->weights); i++)
    n += anf_recipe_nth (quickest, i) != anf_weights_nth (self->weights, i)->chosen;
  encoded = anf_recipe_apply (quickest, self->weights, graph, NULL);
  if (encoded == NULL)
    return;
  add (self, g_strdup_printf (ngettext ("Encode %u weight in what its gate allows",
                                        "Encode %u weights in what their gate allows", n), n),
       g_strdup (_("Encoded weights that stream are read in less time.")), 0, encoded,
       anf_recipe_totals (quickest).us);
}

static void
tell_folds (Search *self)
{
  AnfGraph *graph = anf_report_graph (self->report);
  guint n = 0;

  for (guint i = 0; i < anf_weights_n (self->weights) && n < MOST_FOLDS; i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (self->weights, i);
      const AnfNode *node = anf_graph_find (graph, facts->node);

      if (node == NULL || facts->chosen == ANF_FP16 || facts->encoding[facts->chosen].streams)
        continue;
      n++;
      add (self, g_strdup_printf (_("%s: %s folds on %s, the file is smaller and not the time"),
                                  anf_node_name (node), anf_encoding_name (facts->chosen),
                                  self->target),
           g_strdup (facts->encoding[facts->chosen].why), facts->node, NULL, 0);
    }
}

static int
by_saving (gconstpointer a, gconstpointer b)
{
  const StudioAdvice *one = *(StudioAdvice *const *) a, *other = *(StudioAdvice *const *) b;

  return (one->saved_us < other->saved_us) - (one->saved_us > other->saved_us);
}

GPtrArray *
studio_advice_find (const AnfReport *report, const AnfPlan *plan, const AnfWeights *weights,
                    GCancellable *cancellable)
{
  Search self = { report, plan, weights, anf_report_target (report), NAN, cancellable,
                  g_ptr_array_new_with_free_func (advice_free) };

  self.us = us_of (plan, weights, self.target);
  if (!isnan (self.us))
    {
      try_fixes (&self);
      try_levels (&self);
      try_encodings (&self);
    }
  tell_folds (&self);
  g_ptr_array_sort (self.list, by_saving);
  return self.list;
}
