/* gradients.c - gradients out of one program or one program each; the update on the host, or by a
 * program per weight. */
#include "train/trainer.h"

#include "num/half.h"
#include "train/update.h"

#include <math.h>
#include <string.h>

typedef struct
{
  AnfProgram   *program;
  guint         first, n;          /* params whose gradients it gives */
  float       **place;             /* of all params in it; NULL: it does not read that */
  const float **gradient;          /* of its own */
} Part;

typedef struct
{
  GArray  *parts;                  /* Part */
  float  **sum;                    /* by param, where batches are several runs (nullable) */
  AnfUpdater **updaters;           /* by param; NULL: the host updates */
} Inside;

/* ---- programs */

static gboolean
open_part (AnfTrainer *self, Inside *inside, guint first, guint n, const AnfProgress *progress,
           GError **error)
{
  guint all = self->frame->params->len;
  g_autoptr(AnfGraph) gradients = anf_frame_gradients (self->frame, first, n, error), graph = NULL;
  g_autofree AnfKeep *keeps = g_new0 (AnfKeep, all + 1);
  AnfGraphBuilder *b;
  Part part = { .first = first, .n = n };

  if (gradients == NULL)
    return FALSE;
  b = anf_graph_builder_new (gradients);
  anf_graph_builder_set_output (b, "loss", (AnfRef) { 0, 0 });
  if ((graph = anf_graph_builder_end (b, error)) == NULL)
    return FALSE;
  for (guint i = 0; i < all; i++)
    keeps[i].input = anf_trainer_param (self, i)->input;
  keeps[all].input = ANF_FRAME_TARGET;     /* it is looked at after the run */
  if ((part.program = anf_trainer_compile (self, graph, all + 1, keeps, progress, error)) == NULL)
    return FALSE;
  part.place = g_new0 (float *, all);
  part.gradient = g_new0 (const float *, n);
  for (guint i = 0; i < all; i++)
    part.place[i] = anf_program_place (part.program, keeps[i].input);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("d%u", first + i);

      part.gradient[i] = anf_program_value (part.program, name);
    }
  g_array_append_val (inside->parts, part);
  return TRUE;
}

static gboolean
open_updaters (AnfTrainer *self, Inside *inside, const AnfProgress *progress, GError **error)
{
  inside->updaters = g_new0 (AnfUpdater *, self->frame->params->len + 1);
  for (guint i = 0; i < self->frame->params->len; i++)
    if ((inside->updaters[i] = anf_updater_new (self, i, progress, error)) == NULL)
      return FALSE;
  return TRUE;
}

static gboolean
open_programs (AnfTrainer *self, const AnfProgress *progress, GError **error)
{
  Inside *inside = g_new0 (Inside, 1);
  guint n = self->frame->params->len;
  guint each = self->settings.mode == ANF_TRAIN_EACH ? 1 : n;

  self->inside = inside;
  inside->parts = g_array_new (FALSE, FALSE, sizeof (Part));
  for (guint i = 0; i < n; i += each)
    if (!open_part (self, inside, i, each, progress, error))
      return FALSE;
  if (self->accumulate > 1)
    {
      inside->sum = g_new0 (float *, n);
      for (guint i = 0; i < n; i++)
        inside->sum[i] = g_new0 (float, self->states[i].n);
    }
  return self->settings.mode != ANF_TRAIN_DEVICE || open_updaters (self, inside, progress, error);
}

static void
close_programs (AnfTrainer *self)
{
  Inside *inside = self->inside;

  for (guint i = 0; i < inside->parts->len; i++)
    {
      Part *part = &g_array_index (inside->parts, Part, i);

      g_free (part->place);
      g_free (part->gradient);
      anf_program_unref (part->program);
    }
  g_array_unref (inside->parts);
  for (guint i = 0; i < self->frame->params->len; i++)
    {
      if (inside->sum != NULL)
        g_free (inside->sum[i]);
      if (inside->updaters != NULL)
        anf_updater_free (inside->updaters[i]);
    }
  g_free (inside->updaters);
  g_free (inside->sum);
  g_free (inside);
}

/* ---- one batch */

static float
fed_scale (const AnfTrainer *self)
{
  double scale = self->scaler.scale / anf_frame_mean (self->frame);

  return self->options.numerics != ANF_NUMERICS_FP32 ? anf_half_round (scale) : (float) scale;
}

static gboolean
run_part (AnfTrainer *self, Part *part, guint run, const AnfProgress *progress, GError **error)
{
  anf_batches_fill (self->batches, ANF_PART_TRAIN, anf_trainer_samples (self, 0, run),
                    self->frame->samples, part->program, "");
  *anf_program_place (part->program, ANF_FRAME_SCALE) = fed_scale (self);
  return anf_program_go (part->program, progress, error);
}

static void
add_gradients (Inside *inside, const Part *part, const AnfState *states)
{
  for (guint i = 0; i < part->n; i++)
    {
      float *sum = inside->sum[part->first + i];

      for (gsize k = 0; k < states[part->first + i].n; k++)
        sum[k] += part->gradient[i][k];
    }
}

static gboolean
run_all (AnfTrainer *self, Inside *inside, AnfOutcome *outcome, const AnfProgress *progress,
         GError **error)
{
  double loss = 0, accuracy = 0;

  for (guint i = 0; inside->sum != NULL && i < self->frame->params->len; i++)
    memset (inside->sum[i], 0, self->states[i].n * sizeof (float));
  for (guint run = 0; run < self->accumulate; run++)
    for (guint i = 0; i < inside->parts->len; i++)
      {
        Part *part = &g_array_index (inside->parts, Part, i);

        if (!run_part (self, part, run, progress, error))
          return FALSE;
        if (inside->sum != NULL)
          add_gradients (inside, part, self->states);
        if (i > 0)
          continue;
        anf_trainer_judge (self, part->program, "", outcome);
        loss += outcome->loss;
        accuracy += outcome->accuracy;
      }
  outcome->loss = loss / self->accumulate;
  outcome->accuracy = accuracy / self->accumulate;
  return TRUE;
}

static const float *
gradient_of (const Inside *inside, guint param)
{
  if (inside->sum != NULL)
    return inside->sum[param];
  for (guint i = 0;; i++)
    {
      const Part *part = &g_array_index (inside->parts, Part, i);

      if (param >= part->first && param < part->first + part->n)
        return part->gradient[param - part->first];
    }
}

static void
spread (Inside *inside, guint param, const float *from, gsize n)
{
  for (guint i = 0; i < inside->parts->len; i++)
    {
      float *place = g_array_index (inside->parts, Part, i).place[param];

      if (place != NULL && place != from)
        memcpy (place, from, n * sizeof *place);
    }
}

static gboolean
update_all (AnfTrainer *self, Inside *inside, double factor, const AnfProgress *progress,
            GError **error)
{
  AnfUpdate update = { &self->settings, anf_trainer_rate (self, self->step), factor,
                       ++self->updates };
  gboolean half = self->options.numerics != ANF_NUMERICS_FP32;

  for (guint i = 0; i < self->frame->params->len; i++)
    {
      float *place = g_array_index (inside->parts, Part, 0).place[i];
      const float *gradient = gradient_of (inside, i);

      if (inside->updaters == NULL)
        anf_update (&update, &self->states[i], gradient, place, half);
      else if (!anf_updater_run (inside->updaters[i], &update, gradient, place, progress, error))
        return FALSE;
      spread (inside, i, place, self->states[i].n);
    }
  return TRUE;
}

static gboolean
step (AnfTrainer *self, guint *n, AnfOutcome *outcome, const AnfProgress *progress,
      GError **error)
{
  Inside *inside = self->inside;
  double square = 0, scale, factor, norm;

  if (!run_all (self, inside, outcome, progress, error))
    return FALSE;
  outcome->finite = TRUE;
  for (guint i = 0; i < self->frame->params->len; i++)
    outcome->finite &= anf_trainer_note (self, i, gradient_of (inside, i), &square);
  /* What gradients are over what they should be: the scale as it was fed, times the runs. */
  scale = fed_scale (self) * anf_frame_mean (self->frame) * self->accumulate;
  norm = sqrt (square) / scale;
  outcome->gradient = norm;
  factor = self->settings.clip > 0 && norm > self->settings.clip
           ? self->settings.clip / norm / scale : 1 / scale;
  if (outcome->finite && !update_all (self, inside, factor, progress, error))
    return FALSE;
  anf_scaler_note (&self->scaler, outcome->finite);
  return TRUE;
}

static void
fetch (AnfTrainer *self)
{
  Inside *inside = self->inside;

  for (guint i = 0; inside->updaters != NULL && i < self->frame->params->len; i++)
    anf_updater_fetch (inside->updaters[i], &self->states[i]);
}

static void
spread_all (AnfTrainer *self)
{
  Inside *inside = self->inside;
  float *kept[ANF_N_KEPT];

  for (guint i = 0; i < self->frame->params->len; i++)
    {
      float *place = g_array_index (inside->parts, Part, 0).place[i];

      if (inside->updaters == NULL)
        anf_trainer_put (self, i, place);
      else
        {
          anf_updater_places (inside->updaters[i], kept);
          memcpy (place, kept[ANF_KEPT_W], self->states[i].n * sizeof *place);
        }
      spread (inside, i, place, self->states[i].n);
    }
}

static void
store (AnfTrainer *self)
{
  Inside *inside = self->inside;

  for (guint i = 0; inside->updaters != NULL && i < self->frame->params->len; i++)
    anf_updater_store (inside->updaters[i], &self->states[i]);
  spread_all (self);
}

static guint
parts (AnfTrainer *self, guint param, float **place)
{
  Inside *inside = self->inside;

  if (inside->updaters == NULL)
    return 0;
  anf_updater_places (inside->updaters[param], place);
  return ANF_N_KEPT;
}

const AnfTrainVtable anf_train_gradients_mode = {
  .open = open_programs, .step = step, .fetch = fetch, .store = store, .close = close_programs,
  .parts = parts, .spread = spread_all,
};
