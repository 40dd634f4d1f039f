/* update.c - SGD, Adam and AdamW as nodes, and as a program for one weight. */
#include "train/update.h"

#include "num/half.h"

#include <math.h>
#include <string.h>

#define NONE ((AnfFlow) { { 0 } })
#define SMALLEST 0x1p-24           /* above 0 in fp16 */
/* Largest share of a gradient in its root, over the root so far: its square is still an fp16
 * number. What is beyond it is the new root alone. */
#define MOST_RATIO 255

gboolean
anf_kept_has (const AnfTrainSettings *settings, guint part)
{
  return settings->optimizer != ANF_OPTIMIZER_SGD
         || (part != ANF_KEPT_ROOT && part != ANF_KEPT_ROOT_LOW);
}

char *
anf_kept_input (const AnfTrainer *self, guint param, guint part)
{
  static const char *const names[] = { "", "_low", "_m", "_root", "_root_low" };

  return g_strconcat (anf_trainer_param (self, param)->input, names[part], NULL);
}

char *
anf_kept_output (guint param, guint part)
{
  return g_strdup_printf ("kept%u_%u", param, part);
}

char *
anf_step_input (guint number, const char *suffix)
{
  static const char *const names[] = { "gain", "rate", "root", "epsilon", "decay" };

  return g_strconcat ("train_", names[number], suffix, NULL);
}

AnfFlow
anf_update_input (AnfGradient *g, const char *name, const AnfType *type)
{
  AnfFlow node = anf_grad_node (g, "input", NONE, NONE, type);
  gint64 shape[ANF_MAX_RANK];

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  anf_grad_ints (g, node, "shape", type->rank, shape);
  if (!anf_graph_builder_set_name (g->b, node.ref.node, name))
    g_assert_not_reached ();       /* names of params are fresh, the others ours */
  return node;
}

void
anf_step_flows (AnfGradient *g, const char *suffix, AnfStepFlows *flows)
{
  AnfType one = { ANF_F16, 1, { 1 } };

  for (guint i = 0; i < ANF_N_STEP; i++)
    {
      g_autofree char *name = anf_step_input (i, suffix);

      flows->flow[i] = anf_update_input (g, name, &one);
    }
}

AnfFlow
anf_update_units (AnfGradient *g, const AnfStepFlows *step, AnfFlow gradient)
{
  return anf_grad_mul (g, gradient, step->flow[ANF_STEP_GAIN]);
}

/* high + low + more: the sum rounded, and what it lost. */
static void
add_kept (AnfGradient *g, AnfFlow high, AnfFlow low, AnfFlow more, AnfFlow *sum, AnfFlow *lost)
{
  AnfFlow all = anf_grad_add (g, low, more);

  *sum = anf_grad_add (g, high, all);
  *lost = anf_grad_sub (g, all, anf_grad_sub (g, *sum, high));
}

static AnfFlow
limit (AnfGradient *g, const char *op, AnfFlow x, double value)
{
  return anf_grad_binary (g, op, x, anf_grad_number (g, value));
}

/* With p = sqrt (1 - b2) |d| the new root is sqrt (b2 root^2 + p^2) = root sqrt (1 + e), of which
 * e = (p / root)^2 - (1 - b2), and root (sqrt (1 + e) - 1) = root e / (1 + sqrt (1 + e)) is added.
 * It is never below p, which is all of it where the root is much smaller. */
static void
next_root (AnfGradient *g, double beta2, const AnfKept *from, AnfFlow gradient, AnfKept *to)
{
  AnfFlow p = anf_grad_scale (g, anf_grad_unary (g, "abs", gradient), sqrt (1 - beta2));
  AnfFlow root = from->flow[ANF_KEPT_ROOT], e, more, next;

  e = anf_grad_div (g, p, limit (g, "maximum", root, SMALLEST));
  e = anf_grad_unary (g, "square", limit (g, "minimum", e, MOST_RATIO));
  e = anf_grad_shift (g, e, beta2 - 1);
  more = anf_grad_shift (g, anf_grad_unary (g, "sqrt", anf_grad_shift (g, e, 1)), 1);
  more = anf_grad_mul (g, root, anf_grad_div (g, e, more));
  add_kept (g, root, from->flow[ANF_KEPT_ROOT_LOW], more, &next,
            &to->flow[ANF_KEPT_ROOT_LOW]);
  to->flow[ANF_KEPT_ROOT] = anf_grad_binary (g, "maximum", next, p);
}

static AnfFlow
adam_direction (AnfGradient *g, const AnfTrainSettings *s, const AnfStepFlows *step,
                const AnfKept *from, AnfFlow gradient, AnfKept *to)
{
  AnfFlow m = from->flow[ANF_KEPT_M], below;

  m = anf_grad_add (g, m, anf_grad_scale (g, anf_grad_sub (g, gradient, m), 1 - s->beta1));
  to->flow[ANF_KEPT_M] = m;
  next_root (g, s->beta2, from, gradient, to);
  below = anf_grad_mul (g, to->flow[ANF_KEPT_ROOT], step->flow[ANF_STEP_ROOT]);
  below = anf_grad_add (g, below, step->flow[ANF_STEP_EPSILON]);
  return anf_grad_mul (g, anf_grad_div (g, m, below), step->flow[ANF_STEP_RATE]);
}

static AnfFlow
sgd_direction (AnfGradient *g, const AnfTrainSettings *s, const AnfStepFlows *step,
               const AnfKept *from, AnfFlow gradient, AnfKept *to)
{
  AnfFlow m = anf_grad_scale (g, from->flow[ANF_KEPT_M], s->momentum);

  m = s->momentum != 0 ? anf_grad_add (g, m, gradient) : gradient;
  to->flow[ANF_KEPT_M] = m;
  return anf_grad_scale (g, anf_grad_mul (g, m, step->flow[ANF_STEP_RATE]), 1.0 / ANF_UNIT);
}

void
anf_update_build (AnfGradient *g, const AnfTrainSettings *s, const AnfStepFlows *step,
                  const AnfKept *from, AnfFlow gradient, AnfKept *to)
{
  AnfFlow w = from->flow[ANF_KEPT_W], down;

  if (s->decay != 0 && s->optimizer != ANF_OPTIMIZER_ADAMW)
    gradient = anf_grad_add (g, gradient, anf_grad_scale (g, w, s->decay * ANF_UNIT));
  down = s->optimizer == ANF_OPTIMIZER_SGD ? sgd_direction (g, s, step, from, gradient, to)
                                           : adam_direction (g, s, step, from, gradient, to);
  if (s->decay != 0 && s->optimizer == ANF_OPTIMIZER_ADAMW)
    down = anf_grad_add (g, down, anf_grad_mul (g, w, step->flow[ANF_STEP_DECAY]));
  add_kept (g, w, from->flow[ANF_KEPT_LOW], anf_grad_scale (g, down, -1), &to->flow[ANF_KEPT_W],
            &to->flow[ANF_KEPT_LOW]);
}

/* ---- numbers in and out */

void
anf_step_feed (const AnfTrainer *self, AnfProgram *program, const char *suffix,
               const AnfUpdate *update)
{
  const AnfTrainSettings *s = &self->settings;
  gboolean sgd = s->optimizer == ANF_OPTIMIZER_SGD;
  double numbers[ANF_N_STEP] = {
    [ANF_STEP_GAIN] = update->factor * ANF_UNIT,
    [ANF_STEP_RATE] = sgd ? update->rate : update->rate / (1 - pow (s->beta1, update->t)),
    [ANF_STEP_ROOT] = sgd ? 0 : 1 / sqrt (1 - pow (s->beta2, update->t)),
    [ANF_STEP_EPSILON] = fmax (s->epsilon * ANF_UNIT, SMALLEST),
    [ANF_STEP_DECAY] = update->rate * s->decay,
  };

  for (guint i = 0; i < ANF_N_STEP; i++)
    {
      g_autofree char *name = anf_step_input (i, suffix);
      float *place = anf_program_place (program, name);

      if (place != NULL)
        *place = self->options.numerics != ANF_NUMERICS_FP32 ? anf_half_round (numbers[i])
                                                             : (float) numbers[i];
    }
}

static float
settle (const AnfTrainer *self, double value)
{
  return self->options.numerics != ANF_NUMERICS_FP32 ? anf_half_round (value) : (float) value;
}

void
anf_kept_store (const AnfTrainer *self, const AnfState *state, float *const *place)
{
  for (gsize i = 0; i < state->n; i++)
    {
      double root = state->v != NULL ? sqrt (state->v[i]) * ANF_UNIT : 0;

      place[ANF_KEPT_W][i] = settle (self, state->w[i]);
      place[ANF_KEPT_LOW][i] = settle (self, state->w[i] - (double) place[ANF_KEPT_W][i]);
      place[ANF_KEPT_M][i] = settle (self, state->m[i] * (double) ANF_UNIT);
      if (place[ANF_KEPT_ROOT] == NULL)
        continue;
      place[ANF_KEPT_ROOT][i] = settle (self, root);
      place[ANF_KEPT_ROOT_LOW][i] = settle (self, root - place[ANF_KEPT_ROOT][i]);
    }
}

void
anf_kept_fetch (const AnfTrainer *self, AnfState *state, float *const *place)
{
  for (gsize i = 0; i < state->n; i++)
    {
      double root;

      state->w[i] = (double) place[ANF_KEPT_W][i] + place[ANF_KEPT_LOW][i];
      state->m[i] = place[ANF_KEPT_M][i] / ANF_UNIT;
      if (place[ANF_KEPT_ROOT] == NULL)
        continue;
      root = ((double) place[ANF_KEPT_ROOT][i] + place[ANF_KEPT_ROOT_LOW][i]) / ANF_UNIT;
      state->v[i] = root * root;
    }
}

/* ---- one weight's program */

struct _AnfUpdater
{
  AnfTrainer *trainer;             /* borrowed: it owns this */
  AnfProgram *program;
  gsize       n;
  float      *gradient, *place[ANF_N_KEPT];
};

static AnfGraph *
updater_graph (AnfTrainer *self, guint param, GError **error)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  g_autoptr(GHashTable) numbers = g_hash_table_new_full (g_double_hash, g_double_equal, g_free,
                                                         g_free);
  AnfGradient g = { .b = b, .numbers = numbers };
  const AnfType *type = &anf_trainer_param (self, param)->type;
  AnfSettings settings = self->graph->settings;
  AnfKept from = { { NONE } }, to = { { NONE } };
  AnfStepFlows step;
  AnfFlow gradient;

  settings.compress = ANF_FP16;
  anf_graph_builder_set_settings (b, &settings);
  anf_step_flows (&g, "", &step);
  gradient = anf_update_units (&g, &step, anf_update_input (&g, "train_gradient", type));
  for (guint i = 0; i < ANF_N_KEPT; i++)
    if (anf_kept_has (&self->settings, i))
      {
        g_autofree char *name = anf_kept_input (self, param, i);

        from.flow[i] = anf_update_input (&g, name, type);
      }
  anf_update_build (&g, &self->settings, &step, &from, gradient, &to);
  for (guint i = 0; i < ANF_N_KEPT; i++)
    if (anf_kept_has (&self->settings, i))
      {
        g_autofree char *name = anf_kept_output (param, i);

        anf_graph_builder_set_output (b, name, to.flow[i].ref);
      }
  return anf_graph_builder_end (b, error);
}

AnfUpdater *
anf_updater_new (AnfTrainer *trainer, guint param, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfGraph) graph = updater_graph (trainer, param, error);
  AnfUpdater *self;
  AnfKeep keeps[ANF_N_KEPT];
  guint n = 0;

  if (graph == NULL)
    return NULL;
  self = g_new0 (AnfUpdater, 1);
  self->trainer = trainer;
  self->n = trainer->states[param].n;
  for (guint i = 0; i < ANF_N_KEPT; i++)
    if (anf_kept_has (&trainer->settings, i))
      keeps[n++] = (AnfKeep) { anf_kept_input (trainer, param, i), anf_kept_output (param, i) };
  self->program = anf_trainer_compile (trainer, graph, n, keeps, progress, error);
  for (guint i = 0, k = 0; i < ANF_N_KEPT; i++)
    if (anf_kept_has (&trainer->settings, i))
      {
        if (self->program != NULL)
          self->place[i] = anf_program_place (self->program, keeps[k].input);
        g_free ((char *) keeps[k].input);
        g_free ((char *) keeps[k++].output);
      }
  if (self->program == NULL)
    g_clear_pointer (&self, anf_updater_free);
  else
    self->gradient = anf_program_place (self->program, "train_gradient");
  return self;
}

void
anf_updater_free (AnfUpdater *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->program, anf_program_unref);
  g_free (self);
}

gboolean
anf_updater_run (AnfUpdater *self, const AnfUpdate *update, const float *gradient, float *out,
                 const AnfProgress *progress, GError **error)
{
  memcpy (self->gradient, gradient, self->n * sizeof *gradient);
  if (self->trainer->accumulate > 1 && self->trainer->options.numerics != ANF_NUMERICS_FP32)
    anf_finish (self->gradient, self->n, ANF_FINISH_HALF);
  anf_step_feed (self->trainer, self->program, "", update);
  if (!anf_program_go (self->program, progress, error))
    return FALSE;
  memcpy (out, self->place[ANF_KEPT_W], self->n * sizeof *out);
  return TRUE;
}

void
anf_updater_fetch (AnfUpdater *self, AnfState *state)
{
  anf_kept_fetch (self->trainer, state, self->place);
}

void
anf_updater_store (AnfUpdater *self, const AnfState *state)
{
  anf_kept_store (self->trainer, state, self->place);
}

void
anf_updater_places (AnfUpdater *self, float **place)
{
  memcpy (place, self->place, sizeof self->place);
}
