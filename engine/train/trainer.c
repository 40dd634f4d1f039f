/* trainer.c - training as such: batches in order, steps that count or are skipped, scores. */
#include "train/trainer.h"

#include "num/elementwise.h"
#include "num/half.h"
#include "train/objective.h"

#include <math.h>
#include <string.h>

AnfParam *
anf_trainer_param (const AnfTrainer *self, guint i)
{
  return &g_array_index (self->frame->params, AnfParam, i);
}

guint64
anf_trainer_per_epoch (const AnfTrainer *self)
{
  return anf_dataset_n (self->data) / self->settings.batch;
}

guint64
anf_trainer_n_steps (const AnfTrainer *self)
{
  return anf_trainer_per_epoch (self) * self->settings.epochs;
}

double
anf_trainer_rate (const AnfTrainer *self, guint64 step)
{
  return anf_rate_at (&self->settings, step, anf_trainer_n_steps (self),
                      anf_trainer_per_epoch (self));
}

static void
shuffle (AnfTrainer *self)
{
  g_free (self->order);
  self->order = anf_shuffled (anf_dataset_n (self->data),
                              self->settings.seed + self->epoch * G_GUINT64_CONSTANT (1000003));
}

const guint *
anf_trainer_samples (const AnfTrainer *self, guint ahead, guint run)
{
  return self->order + (self->at + ahead) * self->settings.batch + run * self->frame->samples;
}

AnfProgram *
anf_trainer_compile (AnfTrainer *self, AnfGraph *graph, guint n, AnfKeep *keeps,
                     const AnfProgress *progress, GError **error)
{
  AnfOptions options = self->options;

  options.settings.compress = ANF_FP16;
  return anf_compile_resident (graph, &options, n, keeps, progress, error);
}

void
anf_trainer_judge (const AnfTrainer *self, AnfProgram *program, const char *suffix,
                   AnfOutcome *outcome)
{
  g_autofree char *target = g_strconcat (ANF_FRAME_TARGET, suffix, NULL);
  g_autofree char *logits = g_strconcat (ANF_FRAME_LOGITS, suffix, NULL);
  gsize rows = anf_frame_rows (self->frame), n = anf_frame_classes (self->frame), right;
  AnfObjective objective = self->frame->objective;

  outcome->loss = anf_objective_loss (objective, anf_program_value (program, logits),
                                      anf_program_place (program, target), rows, n, &right);
  outcome->accuracy = objective == ANF_OBJECTIVE_SOFTMAX ? (double) right / rows
                      : objective == ANF_OBJECTIVE_BINARY ? (double) right / (rows * n) : NAN;
}

void
anf_trainer_put (const AnfTrainer *self, guint param, float *place)
{
  const AnfState *state = &self->states[param];

  memcpy (place, state->w, state->n * sizeof *place);
  if (self->options.numerics != ANF_NUMERICS_FP32)
    anf_finish (place, state->n, ANF_FINISH_HALF);
}

/* fp16 has infinities past 65504; in double the sum of such squares is finite. */
gboolean
anf_trainer_note (AnfTrainer *self, guint param, const float *gradient, double *square)
{
  AnfTrainHealth *health = &self->health[param];
  double sum = anf_sum_square (gradient, 0, health->n);

  health->gradient = sqrt (sum) / self->scaler.scale;
  *square += sum;
  return isfinite (sum);
}

/* ---- making one */

static gboolean
check_settings (const AnfTrainSettings *s, AnfDataset *data, GError **error)
{
  const char *what = !(s->rate > 0) || !isfinite (s->rate) ? "The learning rate must be above 0"
                     : s->batch == 0 ? "A batch needs a sample"
                     : s->epochs == 0 ? "There must be an epoch"
                     : !(s->loss_scale > 0) || !isfinite (s->loss_scale)
                       ? "The loss scale must be above 0"
                     : !(s->clip >= 0) ? "The norm to clip to must not be negative"
                     : s->mode == ANF_TRAIN_UNROLLED && s->unroll == 0
                       ? "There must be a step to unroll"
                     : anf_dataset_n (data) == 0 ? "There are no samples" : NULL;

  if (what != NULL)
    g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "%s", what);
  return what == NULL;
}

/* Batches the document's shapes do not take are runs of one sample after another. */
static AnfFrame *
make_frame (AnfTrainer *self, gboolean whole, GError **error)
{
  g_autoptr(GError) cause = NULL;
  gboolean classes = anf_dataset_n_classes (self->data) > 0;
  gboolean inside = self->settings.mode == ANF_TRAIN_RESIDENT
                    || self->settings.mode == ANF_TRAIN_UNROLLED;
  AnfTrainSettings one = self->settings;
  AnfFrame *frame = anf_frame_new (self->graph, &self->settings, whole, classes, &cause);

  one.batch = 1;
  if (frame == NULL && !whole && g_error_matches (cause, ANF_ERROR, ANF_ERROR_REFUSED)
      && self->settings.batch > 1)
    frame = anf_frame_new (self->graph, &one, FALSE, classes, NULL);
  if (frame == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&cause));
      return NULL;
    }
  self->accumulate = self->settings.batch / frame->samples;
  if (inside && self->accumulate > 1)
    {
      anf_frame_free (frame);
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "A program that keeps its state takes "
                   "a batch in one run, and this document takes samples one by one: batch 1, or "
                   "another mode");
      return NULL;
    }
  return frame;
}

static void
make_states (AnfTrainer *self)
{
  guint n = self->frame->params->len;

  self->states = g_new0 (AnfState, n);
  self->health = g_new0 (AnfTrainHealth, n);
  for (guint i = 0; i < n; i++)
    {
      const AnfParam *param = anf_trainer_param (self, i);
      const AnfTensor *tensor = anf_weight_tensor (anf_graph_find_weight (self->graph,
                                                                          param->weight));
      AnfState *state = &self->states[i];

      state->n = anf_type_elements (&param->type);
      state->w = g_new (float, state->n);
      state->m = g_new0 (float, state->n);
      state->v = self->settings.optimizer != ANF_OPTIMIZER_SGD ? g_new0 (float, state->n) : NULL;
      anf_tensor_read (tensor, 0, state->n, state->w);
      self->health[i] = (AnfTrainHealth) { .name = param->weight, .n = state->n,
                                           .gradient = NAN };
    }
}

/* What M1 and its kin lose: slices that begin past 0 on the last axis turn what is above 4094 into
 * infinities (the guide's probe; families to A14), and the gradient of a kernel goes through such
 * where the device lays windows out. */
static double
largest_scale (AnfTrainer *self)
{
  const char *target = self->options.settings.target;
  guint family = target != NULL ? anf_arch_family (target) : 0;

  if (family == 0 || family > 2)
    return 0x1p24;
  for (guint i = 0; i < self->frame->params->len; i++)
    {
      const AnfType *type = &anf_trainer_param (self, i)->type;

      if (type->rank != 4 || type->dim[3] < 2)
        continue;
      if (self->settings.loss_scale >= 512 && !self->settings.dynamic)
        self->warning = g_strdup_printf (
            "On %s gradients of wide kernels above 4094 become infinities; a loss scale of %g "
            "may be too large", target, self->settings.loss_scale);
      return 2048;
    }
  return 0x1p24;
}

/* Anything above this would be an infinity where it is fed. */
static double
limit_scale (AnfTrainer *self)
{
  double most = largest_scale (self), mean = anf_frame_mean (self->frame);

  while (most / mean > 32768)
    most /= 2;
  return most;
}

/* Infinities of both signs add up to 0 on the engine, so a scale that makes them where it is fed
 * could not be seen in gradients. */
static gboolean
scale_can_be_fed (const AnfTrainer *self, GError **error)
{
  double most = 32768 * anf_frame_mean (self->frame);

  if (self->settings.dynamic || self->settings.loss_scale <= most)
    return TRUE;
  g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "A loss scale of %g is too large: with these "
               "batches %g is the most that fp16 can feed", self->settings.loss_scale, most);
  return FALSE;
}

static gboolean
make_forward (AnfTrainer *self, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfGraph) graph = NULL;
  guint n = self->frame->params->len;
  g_autofree AnfKeep *keeps = g_new0 (AnfKeep, n);
  AnfGraphBuilder *b = anf_graph_builder_new (self->frame->graph);

  anf_graph_builder_set_output (b, "loss", (AnfRef) { 0, 0 });
  if ((graph = anf_graph_builder_end (b, error)) == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    keeps[i].input = anf_trainer_param (self, i)->input;
  self->forward = anf_trainer_compile (self, graph, n, keeps, progress, error);
  return self->forward != NULL;
}

static const AnfTrainVtable *
find_mode (AnfTrainMode mode)
{
  if (mode == ANF_TRAIN_RESIDENT || mode == ANF_TRAIN_UNROLLED)
    return &anf_train_resident_mode;
  return &anf_train_gradients_mode;
}

AnfTrainer *
anf_trainer_new (AnfGraph *graph, AnfDataset *data, const AnfTrainSettings *settings,
                 const AnfOptions *options, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfTrainer) self = g_new0 (AnfTrainer, 1);
  gboolean whole;

  self->graph = anf_graph_ref (graph);
  self->data = anf_dataset_ref (data);
  self->settings = *settings;
  self->options = *options;
  if (!check_settings (settings, data, error) || !anf_batches_whole (graph, data, &whole, error))
    return NULL;
  self->settings.batch = MIN (settings->batch, anf_dataset_n (data));
  if ((self->frame = make_frame (self, whole, error)) == NULL)
    return NULL;
  self->settings.objective = self->frame->objective;
  self->batches = anf_batches_new (graph, self->frame, data, settings,
                                   options->numerics != ANF_NUMERICS_FP32, error);
  if (self->batches == NULL)
    return NULL;
  if (!scale_can_be_fed (self, error))
    return NULL;
  make_states (self);
  anf_scaler_init (&self->scaler, &self->settings, limit_scale (self));
  shuffle (self);
  self->mode = find_mode (settings->mode);
  if (!make_forward (self, progress, error) || !self->mode->open (self, progress, error))
    return NULL;
  self->mode->store (self);
  return g_steal_pointer (&self);
}

void
anf_trainer_free (AnfTrainer *self)
{
  if (self == NULL)
    return;
  if (self->inside != NULL)
    self->mode->close (self);
  for (guint i = 0; self->states != NULL && i < self->frame->params->len; i++)
    {
      g_free (self->states[i].w);
      g_free (self->states[i].m);
      g_free (self->states[i].v);
    }
  g_free (self->states);
  g_free (self->health);
  g_free (self->order);
  g_free (self->warning);
  g_clear_pointer (&self->forward, anf_program_unref);
  anf_batches_free (self->batches);
  anf_frame_free (self->frame);
  anf_dataset_unref (self->data);
  anf_graph_unref (self->graph);
  g_free (self);
}

const AnfTrainSettings *anf_trainer_settings (const AnfTrainer *self) { return &self->settings; }
const char *anf_trainer_warning (const AnfTrainer *self) { return self->warning; }

guint64
anf_trainer_done (const AnfTrainer *self)
{
  return self->step;
}

guint
anf_trainer_n_weights (const AnfTrainer *self)
{
  return self->frame->params->len;
}

gsize
anf_trainer_n_params (const AnfTrainer *self)
{
  gsize n = 0;

  for (guint i = 0; i < self->frame->params->len; i++)
    n += self->states[i].n;
  return n;
}

void
anf_trainer_resume (AnfTrainer *self)
{
  if (self->mode->spread != NULL)
    self->mode->spread (self);
  shuffle (self);
}

/* ---- steps */

gboolean
anf_trainer_step (AnfTrainer *self, AnfTrainStep *step, const AnfProgress *progress,
                  GError **error)
{
  AnfOutcome outcome = { .gradient = NAN };
  guint n = 1;

  if (!self->mode->step (self, &n, &outcome, progress, error))
    return FALSE;
  self->step += n;
  self->at += n;
  *step = (AnfTrainStep) {
    .step = self->step, .epoch = self->epoch, .loss = outcome.loss, .accuracy = outcome.accuracy,
    .rate = anf_trainer_rate (self, self->step - 1), .scale = self->scaler.scale,
    .gradient = outcome.gradient, .skipped = self->scaler.skipped,
    .epoch_ends = self->at >= anf_trainer_per_epoch (self),
  };
  if (step->epoch_ends)
    {
      self->epoch++;
      self->at = 0;
      shuffle (self);
    }
  return TRUE;
}

gboolean
anf_trainer_score (AnfTrainer *self, gboolean held, AnfTrainScore *score,
                   const AnfProgress *progress, GError **error)
{
  AnfPart part = held ? ANF_PART_HELD : ANF_PART_TRAIN;
  gsize n = self->data->part[part].n, rows = anf_frame_rows (self->frame) / self->frame->samples;
  gsize classes = anf_frame_classes (self->frame), right = 0, each = self->frame->samples;
  gboolean softmax = self->frame->objective == ANF_OBJECTIVE_SOFTMAX;
  g_autofree guint *samples = g_new (guint, each);
  double loss = 0;

  self->mode->fetch (self);
  for (guint i = 0; i < self->frame->params->len; i++)
    anf_trainer_put (self, i, anf_program_place (self->forward,
                                                 anf_trainer_param (self, i)->input));
  for (gsize at = 0, count; at < n; at += count)
    {
      gsize hits;

      count = MIN (each, n - at);
      for (gsize i = 0; i < count; i++)
        samples[i] = at + i;
      anf_batches_fill (self->batches, part, samples, count, self->forward, "");
      if (!anf_progress_step (progress, "Score", (double) at / n, error)
          || !anf_program_go (self->forward, progress, error))
        return FALSE;
      loss += count * anf_objective_loss (self->frame->objective,
                                          anf_program_value (self->forward, ANF_FRAME_LOGITS),
                                          anf_program_place (self->forward, ANF_FRAME_TARGET),
                                          count * rows, classes, &hits);
      right += hits;
    }
  *score = (AnfTrainScore) { NAN, NAN, n };
  if (n == 0)
    return TRUE;
  score->loss = loss / n;
  if (self->frame->objective != ANF_OBJECTIVE_MSE)
    score->accuracy = (double) right / (n * rows * (softmax ? 1 : classes));
  return TRUE;
}

/* ---- what came of it */

void
anf_trainer_health (AnfTrainer *self, guint i, AnfTrainHealth *health)
{
  self->mode->fetch (self);
  *health = self->health[i];
  health->weight = sqrt (anf_sum_square (self->states[i].w, 0, self->states[i].n));
}

AnfTensors *
anf_trainer_weights (AnfTrainer *self)
{
  AnfTensors *tensors = anf_tensors_new ();

  self->mode->fetch (self);
  for (guint i = 0; i < self->frame->params->len; i++)
    {
      const AnfParam *param = anf_trainer_param (self, i);
      gint64 shape[ANF_MAX_RANK];
      g_autoptr(AnfTensor) tensor = NULL;

      for (guint d = 0; d < param->type.rank; d++)
        shape[d] = param->type.dim[d];
      tensor = anf_tensor_new_floats (param->type.rank, shape, self->states[i].w);
      anf_tensors_add (tensors, param->weight, tensor);
    }
  return tensors;
}

AnfGraph *
anf_trainer_graph (AnfTrainer *self, GError **error)
{
  g_autoptr(AnfTensors) weights = anf_trainer_weights (self);
  AnfGraphBuilder *b = anf_graph_builder_new (self->graph);

  for (guint i = 0; i < anf_tensors_n (weights); i++)
    {
      const char *name = anf_tensors_nth_name (weights, i);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (weights, name, NULL);
      g_autoptr(AnfWeight) weight = anf_weight_new_values (name, tensor);

      weight->trainable = TRUE;
      anf_graph_builder_put_weight (b, weight);
    }
  return anf_graph_builder_end (b, error);
}
