/* tune.c - ways to compile a document, tried: those that change no number first, then encodings,
 * as far as an error is allowed. What is tried is run, held against level 0 and against fp32. */
#include "num/half.h"
#include "run/program.h"
#include "tune.h"

#include <math.h>
#include <string.h>

#define BUDGET 12                  /* variants that are run */
#define WARMUP 5
#define RUNS   20
/* A lossless way may differ from level 0 by so much, relative to the largest output. */
#define ALIKE  5e-3
/* An encoding whose estimate is so much worse than the best one's is not run. */
#define HOPELESS 1.5
/* It has to be worth what it loses: here, or on the target. */
#define WORTH  1.10
/* Times that are nearer than this are the same; a way that the target's estimate makes so much
 * worse is not taken for what it saves on another machine. */
#define NOISE  1.03

struct _AnfTuning
{
  GPtrArray  *variants;            /* Variant */
  int         winner;
};

typedef struct { AnfVariant facts; AnfGraph *graph; } Variant;

typedef struct
{
  AnfTuning         *out;
  AnfGraph          *graph;        /* as it is */
  AnfOptions         options;
  AnfBudget          budget;
  AnfTensors        *given;        /* (nullable) */
  AnfTensors        *exact, *plain;   /* outputs under fp32, and at level 0 */
  guint              n_run, n_planned;
  double             best_estimate;
  const AnfProgress *progress;
} Tune;

G_DEFINE_BOXED_TYPE (AnfTuning, anf_tuning, anf_tuning_ref, anf_tuning_unref)

static void
variant_free (gpointer data)
{
  Variant *self = data;

  g_strfreev (self->facts.rewrites);
  g_free (self->facts.why);
  anf_graph_unref (self->graph);
  g_free (self);
}

static const Variant *
nth (const Tune *self, guint i)
{
  return g_ptr_array_index (self->out->variants, i);
}

/* ---- runs */

static AnfTensors *
run_all (const Tune *self, AnfProgram *program, GError **error)
{
  g_autoptr(AnfTensors) inputs = anf_feed (program, self->given, self->given == NULL, 0, error);

  return inputs != NULL ? anf_program_run (program, inputs, NULL, self->progress, error) : NULL;
}

gboolean
anf_program_least_us (AnfProgram *program, AnfTensors *given, guint warmup, guint runs, double *us,
                      const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfTensors) inputs = anf_feed (program, given, given == NULL, 0, error);
  guint n_segments = anf_plan_n_segments (anf_program_plan (program));
  guint n_nodes = anf_graph_n_nodes (anf_program_graph (program));
  g_autofree double *segment = g_new0 (double, n_segments + 1);
  g_autofree double *node = g_new0 (double, n_nodes + 1);
  AnfTiming timing = { 0, segment, node };

  *us = INFINITY;
  if (inputs == NULL)
    return FALSE;
  for (guint i = 0; i < warmup + runs; i++)
    {
      if (!anf_program_run_timed (program, inputs, 0, &timing, progress, error))
        return FALSE;
      if (i >= warmup)
        *us = MIN (*us, timing.total_us);
    }
  return TRUE;
}

/* max |y - ref| / max |ref| over an output; NaN and infinities that are not alike are infinite. */
static double
change_of (const AnfTensor *y, const AnfTensor *ref)
{
  gsize n = anf_tensor_elements (ref);
  g_autofree double *a = g_new (double, n), *b = g_new (double, n);
  double most = 0, scale = 0;

  anf_tensor_read_double (y, 0, n, a);
  anf_tensor_read_double (ref, 0, n, b);
  for (gsize i = 0; i < n; i++)
    {
      double d = a[i] == b[i] ? 0 : fabs (a[i] - b[i]);

      most = d <= most ? most : isnan (d) ? INFINITY : d;
      scale = isfinite (b[i]) ? MAX (scale, fabs (b[i])) : scale;
    }
  return most / (scale + 1e-6);
}

static double
rel_l2_of (const AnfTensor *y, const AnfTensor *ref)
{
  gsize n = anf_tensor_elements (ref);
  g_autofree double *a = g_new (double, n), *b = g_new (double, n);
  double error = 0, all = 0;

  anf_tensor_read_double (y, 0, n, a);
  anf_tensor_read_double (ref, 0, n, b);
  for (gsize i = 0; i < n; i++)
    {
      error += a[i] == b[i] ? 0 : (a[i] - b[i]) * (a[i] - b[i]);
      all += isfinite (b[i]) ? b[i] * b[i] : 0;
    }
  return error == 0 ? 0 : isnan (error) ? INFINITY : sqrt (error) / sqrt (all);
}

double
anf_outputs_apart (AnfTensors *outputs, AnfTensors *reference, gboolean relative)
{
  double worst = 0;

  for (guint i = 0; i < anf_tensors_n (reference); i++)
    {
      const char *name = anf_tensors_nth_name (reference, i);
      g_autoptr(AnfTensor) ref = anf_tensors_get (reference, name, NULL);
      g_autoptr(AnfTensor) y = anf_tensors_get (outputs, name, NULL);

      if (y == NULL || anf_tensor_elements (y) != anf_tensor_elements (ref))
        return INFINITY;
      worst = MAX (worst, relative ? rel_l2_of (y, ref) : change_of (y, ref));
    }
  return worst;
}

/* ---- one variant */

static char *
name_of (const AnfVariant *it)
{
  return g_strdup_printf ("Tune %s %s", it->opt, it->recipe ? "recipe"
                                                            : anf_encoding_name (it->compress));
}

static void
judge (const Tune *self, AnfVariant *it)
{
  double most = self->budget.error;

  it->ok = FALSE;
  if (!it->lossy && it->n_rewrites == 0 && !(it->change <= ALIKE))
    it->why = g_strdup_printf ("It differs from level 0 by %.3g of the largest output; %g is the "
                               "most", it->change, ALIKE);
  else if (most >= 0 && !(it->error <= most))
    it->why = g_strdup_printf ("Its error is %.3g; %g is allowed", it->error, most);
  else if (self->budget.us > 0 && !(it->us <= self->budget.us))
    it->why = g_strdup_printf ("It takes %.1f us; %g are allowed", it->us, self->budget.us);
  else if (it->n_rewrites > 0 && most < 0 && !(it->error <= nth (self, 0)->facts.error))
    it->why = g_strdup ("It is not more accurate than the document as it is");
  else
    it->ok = TRUE;
}

static gboolean
try_out (Tune *self, Variant *variant, const AnfOptions *options, GError **error)
{
  AnfVariant *it = &variant->facts;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) outputs = NULL;
  g_autoptr(AnfEstimate) estimate = NULL;

  it->us = it->estimate_us = INFINITY;
  program = anf_compile_lossless (variant->graph, options, self->progress, error);
  if (program == NULL)
    return FALSE;
  estimate = anf_estimate (anf_program_plan (program), anf_program_weights (program),
                           anf_report_target (anf_program_report (program)));
  it->estimate_us = anf_estimate_why (estimate) == NULL ? anf_estimate_us (estimate, NULL, NULL)
                                                        : NAN;
  if (it->lossy && it->estimate_us > HOPELESS * self->best_estimate)
    {
      it->error = it->change = INFINITY;
      it->why = g_strdup ("Not run: its estimate is far above the best one's");
      return TRUE;
    }
  if (!it->lossy && it->estimate_us < self->best_estimate)
    self->best_estimate = it->estimate_us;
  if ((outputs = run_all (self, program, error)) == NULL
      || !anf_program_least_us (program, self->given, self->budget.warmup, self->budget.runs,
                                &it->us, self->progress, error))
    return FALSE;
  if (self->plain == NULL)
    self->plain = anf_tensors_ref (outputs);
  it->change = anf_outputs_apart (outputs, self->plain, FALSE);
  it->error = anf_outputs_apart (outputs, self->exact, TRUE);
  judge (self, it);
  return TRUE;
}

/* What @graph is compiled with is written into the document of the variant. */
static gboolean
add (Tune *self, AnfGraph *graph, const AnfVariant *like, GError **error)
{
  AnfGraphBuilder *b;
  AnfSettings settings = self->options.settings;
  AnfOptions options = self->options;
  Variant *variant;
  g_autofree char *stage = NULL;

  if (self->n_run >= BUDGET)
    return TRUE;
  stage = name_of (like);
  if (!anf_progress_step (self->progress, stage, self->n_run / (double) BUDGET, error))
    return FALSE;
  self->n_run++;
  settings.opt = g_intern_string (like->opt);
  settings.compress = like->compress;
  options.settings = settings;
  b = anf_graph_builder_new (graph);
  anf_graph_builder_set_settings (b, &settings);
  variant = g_new0 (Variant, 1);
  variant->facts = *like;
  variant->facts.rewrites = g_strdupv (like->rewrites);
  if ((variant->graph = anf_graph_builder_end (b, error)) == NULL)
    {
      g_strfreev (variant->facts.rewrites);
      g_free (variant);
      return FALSE;
    }
  g_ptr_array_add (self->out->variants, variant);
  return try_out (self, variant, &options, error);
}

/* ---- which is better */

static gboolean
is_better (const Tune *self, const AnfVariant *a, const AnfVariant *b)
{
  if (self->budget.us > 0)
    return a->error < b->error || (a->error == b->error && a->us < b->us);
  if (a->estimate_us > NOISE * b->estimate_us)
    return FALSE;
  if (a->lossy && !b->lossy)
    return a->us * WORTH < b->us || a->estimate_us * WORTH < b->estimate_us;
  return a->us * NOISE < b->us || a->estimate_us * NOISE < b->estimate_us;
}

/* ---- safer forms: what the check warns of and knows a fix for */

static gboolean
is_number (const AnfFinding *finding)
{
  return g_str_equal (finding->code, "NUM301") || g_str_equal (finding->code, "NUM302");
}

/* One after the other, for each changes the graph; NULL: there is nothing to do. */
static AnfGraph *
make_safer (const Tune *self, GPtrArray *labels)
{
  g_autoptr(AnfGraph) graph = anf_graph_ref (self->graph);
  gboolean again = TRUE;

  while (again && labels->len < 64)
    {
      g_autoptr(AnfReport) report = anf_check (graph, self->options.settings.target);

      again = FALSE;
      for (guint i = 0; !again && i < anf_report_n_findings (report); i++)
        {
          char *label = is_number (anf_report_nth_finding (report, i))
                        ? anf_fix_label (report, i, NULL) : NULL;
          AnfGraph *next = label != NULL ? anf_fix_apply (report, i, NULL) : NULL;

          again = next != NULL;
          if (!again)
            {
              g_free (label);
              continue;
            }
          g_ptr_array_add (labels, label);
          anf_graph_unref (graph);
          graph = next;
        }
    }
  return labels->len > 0 ? g_steal_pointer (&graph) : NULL;
}

static gboolean
try_safer (Tune *self, const AnfVariant *best, GError **error)
{
  g_autoptr(GPtrArray) labels = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(AnfGraph) graph = make_safer (self, labels);
  AnfVariant like = *best;

  if (graph == NULL)
    return TRUE;
  g_ptr_array_add (labels, NULL);
  like = (AnfVariant) { .opt = best->opt, .compress = best->compress, .lossy = best->lossy,
                        .n_rewrites = labels->len - 1, .rewrites = (char **) labels->pdata };
  return add (self, graph, &like, error);
}

/* ---- encodings */

/* The smallest choice of encodings whose error is at most what is allowed at the outputs. */
static gboolean
try_recipe (Tune *self, const Variant *best, GError **error)
{
  AnfOptions options = self->options;
  g_autoptr(AnfReport) report = anf_check (best->graph, options.settings.target);
  g_autoptr(AnfPlan) plan = NULL;
  g_autoptr(AnfWeights) survey = NULL;
  g_autoptr(AnfRecipe) recipe = NULL;
  g_autoptr(AnfGraph) graph = NULL;
  AnfVariant like = { .opt = best->facts.opt, .compress = ANF_FP16, .recipe = TRUE, .lossy = TRUE,
                      .n_rewrites = best->facts.n_rewrites, .rewrites = best->facts.rewrites };

  options.settings.opt = best->facts.opt;
  options.settings.compress = ANF_FP16;
  if ((plan = anf_plan_with (report, &options, error)) == NULL
      || (survey = anf_weights_survey (best->graph, &options.settings, NULL, self->progress,
                                       error)) == NULL)
    return FALSE;
  recipe = anf_recipe_solve (plan, survey, ANF_SOLVE_ERROR, self->budget.error, NULL);
  if (recipe == NULL)
    return TRUE;
  graph = anf_recipe_apply (recipe, survey, best->graph, error);
  return graph != NULL && add (self, graph, &like, error);
}

static const Variant *
best_so_far (const Tune *self)
{
  const Variant *best = nth (self, 0);

  for (guint i = 1; i < self->out->variants->len; i++)
    if (nth (self, i)->facts.ok
        && (!best->facts.ok || is_better (self, &nth (self, i)->facts, &best->facts)))
      best = nth (self, i);
  return best;
}

static gboolean
has_choice (const Tune *self, GError **error)
{
  g_autoptr(AnfWeights) survey = NULL;

  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);

      for (guint r = 0; r < anf_op_n_roles (node->op); r++)
        if ((node->op->role[r].flags & ANF_ENCODABLE) && node->slot[r].weight != NULL
            && node->slot[r].encoding < 0)
          return TRUE;
    }
  return FALSE;
}

static gboolean
try_encodings (Tune *self, GError **error)
{
  static const AnfEncoding modes[] = { ANF_SPARSE, ANF_INT8, ANF_BLOCKWISE, ANF_INT4, ANF_AUTO };
  const Variant *best = best_so_far (self);
  guint family = anf_arch_family (self->options.settings.target != NULL
                                  ? self->options.settings.target : "h16s");

  if (self->budget.error < 0 || !has_choice (self, error))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      AnfVariant like = { .opt = best->facts.opt, .compress = modes[i], .lossy = TRUE,
                          .n_rewrites = best->facts.n_rewrites,
                          .rewrites = best->facts.rewrites };

      if (modes[i] == self->options.settings.compress
          || (modes[i] != ANF_AUTO && !anf_family_streams (family, modes[i])))
        continue;
      if (!add (self, best->graph, &like, error))
        return FALSE;
    }
  return try_recipe (self, best, error);
}

/* ---- the choice */

static void
choose (Tune *self)
{
  AnfTuning *out = self->out;

  const char *opt = self->options.settings.opt != NULL ? self->options.settings.opt : "routes";

  /* What the document asks for stays, unless something is better. */
  out->winner = -1;
  for (guint i = 0; out->winner < 0 && i < out->variants->len; i++)
    if (nth (self, i)->facts.ok && g_str_equal (nth (self, i)->facts.opt, opt)
        && nth (self, i)->facts.n_rewrites == 0 && !nth (self, i)->facts.lossy)
      out->winner = i;
  for (guint i = 0; i < out->variants->len; i++)
    if (nth (self, i)->facts.ok
        && (out->winner < 0 || is_better (self, &nth (self, i)->facts,
                                          &nth (self, out->winner)->facts)))
      out->winner = i;
  for (guint i = 0; i < out->variants->len; i++)
    {
      AnfVariant *it = &((Variant *) nth (self, i))->facts;

      if (it->why != NULL)
        continue;
      it->why = (int) i == out->winner
                ? g_strdup (self->budget.us > 0 ? "The most accurate within the time"
                                                : "The quickest within the error")
                : g_strdup (it->lossy && self->budget.us <= 0
                              ? "Not enough quicker to be worth its error"
                              : self->budget.us > 0 ? "Another is more accurate"
                                                    : "Another is as quick or quicker");
    }
}

static gboolean
search (Tune *self, GError **error)
{
  static const char *const levels[] = { "0", "routes", "1" };
  AnfVariant like = { .compress = self->options.settings.compress,
                      .lossy = self->options.settings.compress != ANF_FP16 };

  /* An encoding that the document asks for is what it is: only others are a loss. */
  like.lossy = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      like.opt = levels[i];
      if (!add (self, self->graph, &like, error))
        return FALSE;
    }
  return try_safer (self, &best_so_far (self)->facts, error) && try_encodings (self, error);
}

AnfTuning *
anf_tune (AnfGraph *graph, const AnfOptions *options, const AnfBudget *budget, AnfTensors *inputs,
          const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfTuning) out = g_atomic_rc_box_new0 (AnfTuning);
  Tune self = { .out = out, .graph = graph, .options = *options, .budget = *budget,
                .given = inputs, .best_estimate = INFINITY, .progress = progress };
  AnfOptions fp32 = *options;
  g_autoptr(AnfProgram) exact = NULL;
  gboolean good;

  g_return_val_if_fail (graph != NULL && options != NULL && budget != NULL, NULL);

  out->variants = g_ptr_array_new_with_free_func (variant_free);
  out->winner = -1;
  if (self.budget.runs == 0)
    {
      self.budget.runs = RUNS;
      self.budget.warmup = WARMUP;
    }
  fp32.numerics = ANF_NUMERICS_FP32;
  if ((exact = anf_compile (graph, &fp32, progress, error)) == NULL
      || (self.exact = run_all (&self, exact, error)) == NULL)
    return NULL;
  good = search (&self, error);
  choose (&self);
  g_clear_pointer (&self.exact, anf_tensors_unref);
  g_clear_pointer (&self.plain, anf_tensors_unref);
  return good ? g_steal_pointer (&out) : NULL;
}

guint     anf_tuning_n      (const AnfTuning *self) { return self->variants->len; }
int       anf_tuning_winner (const AnfTuning *self) { return self->winner; }

const AnfVariant *
anf_tuning_nth (const AnfTuning *self, guint i)
{
  return &((const Variant *) g_ptr_array_index (self->variants, i))->facts;
}

AnfGraph *
anf_tuning_graph (const AnfTuning *self, guint i)
{
  return ((const Variant *) g_ptr_array_index (self->variants, i))->graph;
}

static void
tuning_clear (AnfTuning *self)
{
  g_clear_pointer (&self->variants, g_ptr_array_unref);
}

AnfTuning *
anf_tuning_ref (AnfTuning *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_tuning_unref (AnfTuning *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) tuning_clear);
}
