/* train.c - `aneforge train`: new numbers for the trainable weights of a document. */
#include "cli.h"

#include "anf-train.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Options that no other command has. */
static struct
{
  char    *data, *objective, *output, *mode, *optimizer, *schedule, *scale, *log, *checkpoint;
  char    *seed;
  int      epochs, batch, unroll, warmup, step_epochs, every, patience;
  double   rate, momentum, beta1, beta2, epsilon, decay, last_rate, gamma, clip, held, byte_scale;
  gboolean device_optimizer, resume;
} own;

#define UNSET (-G_MAXDOUBLE)

static const GOptionEntry data_entries[] = {
  { "data", 0, 0, G_OPTION_ARG_FILENAME, &own.data,
    "What to train with: .npz (X, y), .csv, IDX, or a folder of images per class", "D" },
  { "epochs", 0, 0, G_OPTION_ARG_INT, &own.epochs, "How often through the data (5)", "N" },
  { "batch", 0, 0, G_OPTION_ARG_INT, &own.batch, "Samples in a step (64)", "N" },
  { "seed", 0, 0, G_OPTION_ARG_STRING, &own.seed, "Of the order of the samples (0)", "N" },
  { "validation", 0, 0, G_OPTION_ARG_DOUBLE, &own.held,
    "Hold this part of the samples out, 0 to 1, unless the data says which (0)", "F" },
  { "byte-scale", 0, 0, G_OPTION_ARG_DOUBLE, &own.byte_scale,
    "Factor of bytes that are fed to fp16 inputs (1/255)", "K" },
  { "objective", 0, 0, G_OPTION_ARG_STRING, &own.objective,
    "auto (default), mse, cross-entropy or binary", "NAME" },
  { "of", 0, 0, G_OPTION_ARG_STRING, &own.output, "Output to train (the first)", "NAME" },
  { "mode", 0, 0, G_OPTION_ARG_STRING, &own.mode,
    "Where steps are computed: host (default), each, device, resident or unrolled", "M" },
  { "device-optimizer", 0, 0, G_OPTION_ARG_NONE, &own.device_optimizer,
    "The update is a program, too: --mode device", NULL },
  { "unroll", 0, 0, G_OPTION_ARG_INT, &own.unroll,
    "Steps in one program: --mode unrolled (8)", "K" },
  { NULL }
};

static const GOptionEntry optimizer_entries[] = {
  { "optimizer", 0, 0, G_OPTION_ARG_STRING, &own.optimizer, "adam (default), sgd or adamw",
    "NAME" },
  { "lr", 0, 0, G_OPTION_ARG_DOUBLE, &own.rate, "Learning rate (0.001)", "R" },
  { "momentum", 0, 0, G_OPTION_ARG_DOUBLE, &own.momentum, "Of sgd (0.9)", "M" },
  { "beta1", 0, 0, G_OPTION_ARG_DOUBLE, &own.beta1, "Of adam (0.9)", "B" },
  { "beta2", 0, 0, G_OPTION_ARG_DOUBLE, &own.beta2, "Of adam (0.999)", "B" },
  { "epsilon", 0, 0, G_OPTION_ARG_DOUBLE, &own.epsilon, "Of adam (1e-8)", "E" },
  { "weight-decay", 0, 0, G_OPTION_ARG_DOUBLE, &own.decay,
    "Of the weights (adamw), or into the gradient (others) (0)", "D" },
  { "schedule", 0, 0, G_OPTION_ARG_STRING, &own.schedule,
    "Of the rate: constant (default), linear, cosine or step", "NAME" },
  { "warmup", 0, 0, G_OPTION_ARG_INT, &own.warmup, "Steps in which the rate rises (0)", "N" },
  { "last-rate", 0, 0, G_OPTION_ARG_DOUBLE, &own.last_rate,
    "Of linear and cosine: the last rate over the first (0.01)", "F" },
  { "gamma", 0, 0, G_OPTION_ARG_DOUBLE, &own.gamma, "Of step: the factor (0.1)", "G" },
  { "step-epochs", 0, 0, G_OPTION_ARG_INT, &own.step_epochs, "Of step: epochs (10)", "N" },
  { "clip", 0, 0, G_OPTION_ARG_DOUBLE, &own.clip,
    "Largest norm of all gradients together (0: none)", "NORM" },
  { "loss-scale", 0, 0, G_OPTION_ARG_STRING, &own.scale,
    "dynamic (default), or a number to keep", "S" },
  { NULL }
};

static const GOptionEntry file_entries[] = {
  { "output", 'o', 0, G_OPTION_ARG_FILENAME, NULL,
    "The trained document (.anf, its weights beside it) or its weights alone (.safetensors)",
    "OUT" },
  { "log", 0, 0, G_OPTION_ARG_FILENAME, &own.log,
    "Write a line of JSON per step into this file (-: standard output)", "F" },
  { "checkpoint", 0, 0, G_OPTION_ARG_FILENAME, &own.checkpoint,
    "Where a run that was stopped goes on from (OUT-checkpoint.safetensors)", "F" },
  { "checkpoint-every", 0, 0, G_OPTION_ARG_INT, &own.every,
    "Steps from one checkpoint to the next (an epoch)", "N" },
  { "resume", 0, 0, G_OPTION_ARG_NONE, &own.resume, "Go on from the checkpoint, if there is one",
    NULL },
  { "patience", 0, 0, G_OPTION_ARG_INT, &own.patience,
    "Stop after this many epochs without a better loss, and keep the best", "N" },
  { NULL }
};

static void
extend (StudioCli *self, GOptionGroup *group)
{
  AnfTrainSettings s;
  GOptionEntry files[G_N_ELEMENTS (file_entries)];

  anf_train_settings_init (&s);
  own.epochs = s.epochs;
  own.batch = s.batch;
  own.unroll = 0;
  own.step_epochs = s.step_epochs;
  own.rate = s.rate;
  own.momentum = s.momentum;
  own.beta1 = s.beta1;
  own.beta2 = s.beta2;
  own.epsilon = s.epsilon;
  own.last_rate = s.last_rate;
  own.gamma = s.gamma;
  own.byte_scale = s.byte_scale;
  memcpy (files, file_entries, sizeof files);
  files[0].arg_data = &self->output;
  g_option_group_add_entries (group, data_entries);
  g_option_group_add_entries (group, optimizer_entries);
  g_option_group_add_entries (group, files);
}

/* ---------------------------------------------------------------- settings */

typedef const char *(*NameOf) (guint i);

static gboolean
choose (StudioCli *self, const char *option, const char *word, NameOf name_of, int *out,
        StudioExit *code)
{
  g_autoptr(GString) known = g_string_new (NULL);

  for (guint i = 0; word != NULL && name_of (i) != NULL; i++)
    {
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", name_of (i));
      if (!g_str_equal (name_of (i), word))
        continue;
      *out = i;
      return TRUE;
    }
  if (word != NULL)
    *code = studio_cli_wrong (self, NULL, "--%s %s: known are %s", option, word, known->str);
  return word == NULL;
}

static const char *
wrong_number (void)
{
  return own.epochs < 1 ? "--epochs has to be 1 or more"
         : own.batch < 1 ? "--batch has to be 1 or more"
         : own.unroll < 0 ? "--unroll has to be 1 or more"
         : own.warmup < 0 ? "--warmup may not be negative"
         : own.step_epochs < 1 ? "--step-epochs has to be 1 or more"
         : own.every < 0 ? "--checkpoint-every has to be 1 or more"
         : own.patience < 0 ? "--patience has to be 1 or more"
         : !(own.rate > 0 && isfinite (own.rate)) ? "--lr takes a number above 0"
         : !(own.momentum >= 0 && own.momentum < 1) ? "--momentum takes a number from 0 to below 1"
         : !(own.beta1 >= 0 && own.beta1 < 1) ? "--beta1 takes a number from 0 to below 1"
         : !(own.beta2 >= 0 && own.beta2 < 1) ? "--beta2 takes a number from 0 to below 1"
         : !(own.epsilon >= 0 && isfinite (own.epsilon)) ? "--epsilon takes a number from 0 on"
         : !(own.decay >= 0 && isfinite (own.decay)) ? "--weight-decay takes a number from 0 on"
         : !(own.clip >= 0 && isfinite (own.clip)) ? "--clip takes a number from 0 on"
         : !(own.last_rate >= 0 && own.last_rate <= 1) ? "--last-rate takes a number from 0 to 1"
         : !(own.gamma > 0 && own.gamma <= 1) ? "--gamma takes a number above 0, up to 1"
         : !(own.held >= 0 && own.held < 1) ? "--validation takes a number from 0 to below 1"
         : !isfinite (own.byte_scale) ? "--byte-scale takes a number" : NULL;
}

static gboolean
read_scale (StudioCli *self, AnfTrainSettings *s, StudioExit *code)
{
  char *end;

  if (own.scale == NULL || g_str_equal (own.scale, "dynamic"))
    return TRUE;
  s->loss_scale = g_ascii_strtod (own.scale, &end);
  s->dynamic = FALSE;
  if (end != own.scale && *end == '\0' && s->loss_scale > 0 && s->loss_scale <= 0x1p24)
    return TRUE;
  *code = studio_cli_wrong (self, NULL, "--loss-scale %s: dynamic, or a number above 0",
                            own.scale);
  return FALSE;
}

static gboolean
read_settings (StudioCli *self, AnfTrainSettings *s, StudioExit *code)
{
  int objective = 0, mode = 0, optimizer = 0, schedule = 0;

  anf_train_settings_init (s);
  if (wrong_number () != NULL)
    {
      *code = studio_cli_wrong (self, NULL, "%s", wrong_number ());
      return FALSE;
    }
  if (own.seed != NULL
      && !g_ascii_string_to_unsigned (own.seed, 10, 0, G_MAXUINT64, &s->seed, NULL))
    {
      *code = studio_cli_wrong (self, NULL, "--seed %s: a whole number from 0 on", own.seed);
      return FALSE;
    }
  if (!choose (self, "objective", own.objective, anf_objective_name, &objective, code)
      || !choose (self, "mode", own.mode, anf_train_mode_name, &mode, code)
      || !choose (self, "optimizer", own.optimizer, anf_optimizer_name, &optimizer, code)
      || !choose (self, "schedule", own.schedule, anf_schedule_name, &schedule, code)
      || !read_scale (self, s, code))
    return FALSE;
  s->mode = own.mode != NULL ? (AnfTrainMode) mode : own.unroll > 0 ? ANF_TRAIN_UNROLLED
            : own.device_optimizer ? ANF_TRAIN_DEVICE : ANF_TRAIN_HOST;
  s->objective = objective;
  s->optimizer = optimizer;
  s->schedule = schedule;
  s->output = g_intern_string (own.output);
  s->unroll = own.unroll > 0 ? (guint) own.unroll : s->unroll;
  s->batch = own.batch;
  s->epochs = own.epochs;
  s->rate = own.rate;
  s->momentum = own.momentum;
  s->beta1 = own.beta1;
  s->beta2 = own.beta2;
  s->epsilon = own.epsilon;
  s->decay = own.decay;
  s->warmup = own.warmup;
  s->last_rate = own.last_rate;
  s->gamma = own.gamma;
  s->step_epochs = own.step_epochs;
  s->clip = own.clip;
  s->byte_scale = own.byte_scale;
  return TRUE;
}

/* ---------------------------------------------------------------- the run */

typedef struct
{
  guint         epoch;
  double        loss, accuracy;    /* of the epoch's batches; NAN: none */
  AnfTrainScore held;              /* n 0: nothing is held out */
  double        rate, scale;
  guint64       skipped;
} Epoch;

typedef struct
{
  StudioCli  *cli;
  AnfTrainer *trainer;
  AnfDataset *data;
  GArray     *epochs;              /* Epoch, of this run */
  FILE       *log;
  char       *document, *weights, *checkpoint;
  double      sum, right;          /* over the epoch so far */
  guint       n;
  double      best_loss;
  guint       best_epoch, waited;
  AnfGraph   *best;                /* (nullable) */
  gboolean    stopped;             /* early */
  gint64      begin;
} Run;

/* Names of what is written, from -o or the document's. */
static gboolean
name_files (Run *self, StudioExit *code)
{
  const char *file = self->cli->file, *out = self->cli->output;
  g_autofree char *stem = NULL;
  const char *dot;

  if (out == NULL)
    {
      dot = g_str_has_suffix (file, ".anf") ? file + strlen (file) - 4 : file + strlen (file);
      stem = g_strdup_printf ("%.*s-trained", (int) (dot - file), file);
    }
  else if (g_str_has_suffix (out, ".anf") || g_str_has_suffix (out, ".safetensors"))
    stem = g_strndup (out, strrchr (out, '.') - out);
  else
    {
      *code = studio_cli_wrong (self->cli, out, "write a document (.anf) or its weights "
                                "(.safetensors)");
      return FALSE;
    }
  self->weights = g_strconcat (stem, ".safetensors", NULL);
  if (out == NULL || g_str_has_suffix (out, ".anf"))
    self->document = g_strconcat (stem, ".anf", NULL);
  self->checkpoint = own.checkpoint != NULL ? g_strdup (own.checkpoint)
                                            : g_strconcat (stem, "-checkpoint.safetensors", NULL);
  if (!g_str_has_suffix (self->checkpoint, ".safetensors"))
    *code = studio_cli_wrong (self->cli, self->checkpoint, "a checkpoint is a .safetensors file");
  return *code == STUDIO_EXIT_OK;
}

/* JSON has no NaN. */
static void
put_number (GString *line, const char *name, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (line, ", \"%s\": %s", name,
                          isfinite (value) ? g_ascii_formatd (text, sizeof text, "%.7g", value)
                                           : "null");
}

static void
log_step (Run *self, const AnfTrainStep *step)
{
  g_autoptr(GString) line = NULL;

  if (self->log == NULL)
    return;
  line = g_string_new (NULL);
  g_string_printf (line, "{\"step\": %" G_GUINT64_FORMAT ", \"epoch\": %u", step->step,
                   step->epoch);
  put_number (line, "loss", step->loss);
  put_number (line, "accuracy", step->accuracy);
  put_number (line, "rate", step->rate);
  put_number (line, "scale", step->scale);
  put_number (line, "gradient", step->gradient);
  g_string_append_printf (line, ", \"skipped\": %" G_GUINT64_FORMAT "}\n", step->skipped);
  fputs (line->str, self->log);
}

static void
say_epoch (Run *self, const Epoch *epoch)
{
  g_autofree char *loss = studio_words_real (epoch->loss);
  g_autofree char *held = studio_words_real (epoch->held.loss);
  g_autoptr(GString) line = g_string_new (NULL);

  g_string_printf (line, "Epoch %u: loss %s", epoch->epoch + 1, loss);
  if (!isnan (epoch->accuracy))
    g_string_append_printf (line, ", accuracy %.2f %%", 100 * epoch->accuracy);
  if (epoch->held.n > 0)
    g_string_append_printf (line, "; held out: loss %s", held);
  if (epoch->held.n > 0 && !isnan (epoch->held.accuracy))
    g_string_append_printf (line, ", accuracy %.2f %%", 100 * epoch->held.accuracy);
  if (epoch->skipped > 0)
    g_string_append_printf (line, "; %" G_GUINT64_FORMAT " steps skipped, not finite",
                            epoch->skipped);
  studio_cli_progress_end ();
  if (!self->cli->json && (own.log == NULL || !g_str_equal (own.log, "-")))
    {
      puts (line->str);
      fflush (stdout);
    }
}

/* Keeps the best weights, if the run may stop early. */
static gboolean
weigh_epoch (Run *self, const Epoch *epoch, GError **error)
{
  double loss = epoch->held.n > 0 ? epoch->held.loss : epoch->loss;

  if (own.patience == 0)
    return TRUE;
  if (loss < self->best_loss)
    {
      self->best_loss = loss;
      self->best_epoch = epoch->epoch;
      self->waited = 0;
      g_clear_pointer (&self->best, anf_graph_unref);
      return (self->best = anf_trainer_graph (self->trainer, error)) != NULL;
    }
  self->stopped = ++self->waited >= (guint) own.patience;
  return TRUE;
}

static gboolean
end_epoch (Run *self, const AnfTrainStep *step, GError **error)
{
  Epoch epoch = { .epoch = step->epoch, .rate = step->rate, .scale = step->scale,
                  .skipped = step->skipped, .loss = self->sum / self->n,
                  .accuracy = self->right / self->n };

  if (anf_dataset_n_held (self->data) > 0
      && !anf_trainer_score (self->trainer, TRUE, &epoch.held, studio_cli_progress (), error))
    return FALSE;
  g_array_append_val (self->epochs, epoch);
  self->sum = self->right = self->n = 0;
  say_epoch (self, &epoch);
  return weigh_epoch (self, &epoch, error);
}

static gboolean
keep (Run *self, const AnfTrainStep *step, guint64 *kept, GError **error)
{
  gboolean due = own.every > 0 ? step->step >= *kept + own.every : step->epoch_ends;

  if (!due)
    return TRUE;
  *kept = step->step;
  return anf_trainer_save (self->trainer, self->checkpoint, error);
}

static gboolean
train (Run *self, guint64 done, GError **error)
{
  guint64 n = anf_trainer_n_steps (self->trainer), kept = done;
  g_autofree char *stage = NULL;
  AnfTrainStep step = { .step = done };

  while (step.step < n && !self->stopped)
    {
      if (!anf_trainer_step (self->trainer, &step, NULL, error))
        return FALSE;
      self->sum += step.loss;
      self->right += step.accuracy;
      self->n++;
      log_step (self, &step);
      g_free (stage);
      stage = g_strdup_printf ("Epoch %u/%u", step.epoch + 1,
                               anf_trainer_settings (self->trainer)->epochs);
      if (!anf_progress_step (studio_cli_progress (), stage, (double) step.step / n, error)
          || (step.epoch_ends && !end_epoch (self, &step, error))
          || !keep (self, &step, &kept, error))
        return FALSE;
    }
  return TRUE;
}

/* ---------------------------------------------------------------- what came of it */

static gboolean
save_weights (Run *self, AnfGraph *graph, GError **error)
{
  g_autoptr(AnfTensors) weights = anf_tensors_new ();

  if (self->document != NULL)
    return anf_graph_save_with_weights (graph, self->document, error);
  for (guint i = 0; i < anf_graph_n_weights (graph); i++)
    {
      AnfWeight *weight = anf_graph_nth_weight (graph, i);

      if (anf_weight_trainable (weight) && anf_weight_tensor (weight) != NULL)
        anf_tensors_add (weights, anf_weight_name (weight), anf_weight_tensor (weight));
    }
  return anf_safetensors_save (self->weights, weights, error);
}

static void
json_score (JsonBuilder *json, const char *name, const AnfTrainScore *score)
{
  studio_json_object (json, name);
  studio_json_int (json, "samples", score->n);
  studio_json_real (json, "loss", score->loss);
  studio_json_real (json, "accuracy", score->accuracy);
  json_builder_end_object (json);
}

static void
json_epochs (const Run *self, JsonBuilder *json)
{
  studio_json_array (json, "history");
  for (guint i = 0; i < self->epochs->len; i++)
    {
      const Epoch *epoch = &g_array_index (self->epochs, Epoch, i);

      json_builder_begin_object (json);
      studio_json_int (json, "epoch", epoch->epoch + 1);
      studio_json_real (json, "loss", epoch->loss);
      studio_json_real (json, "accuracy", epoch->accuracy);
      if (epoch->held.n > 0)
        json_score (json, "held_out", &epoch->held);
      studio_json_real (json, "rate", epoch->rate);
      studio_json_real (json, "scale", epoch->scale);
      studio_json_int (json, "skipped", epoch->skipped);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
answer (Run *self, const AnfTrainScore *all, const AnfTrainScore *held)
{
  const AnfTrainSettings *s = anf_trainer_settings (self->trainer);
  const Epoch *last = self->epochs->len > 0
                      ? &g_array_index (self->epochs, Epoch, self->epochs->len - 1) : NULL;
  JsonBuilder *json = studio_json_begin ();

  studio_json_int (json, "epochs", last != NULL ? last->epoch + 1 : s->epochs);
  studio_json_int (json, "steps", anf_trainer_n_steps (self->trainer) / s->epochs
                                  * (last != NULL ? last->epoch + 1 : s->epochs));
  studio_json_int (json, "skipped", last != NULL ? last->skipped : 0);
  studio_json_real (json, "loss", all->loss);
  studio_json_real (json, "accuracy", all->accuracy);
  if (held->n > 0)
    json_score (json, "held_out", held);
  json_epochs (self, json);
  studio_json_flag (json, "stopped_early", self->stopped);
  if (self->best != NULL)
    studio_json_int (json, "best_epoch", self->best_epoch + 1);
  studio_json_text (json, "objective", anf_objective_name (s->objective));
  studio_json_text (json, "optimizer", anf_optimizer_name (s->optimizer));
  studio_json_text (json, "mode", anf_train_mode_name (s->mode));
  studio_json_int (json, "batch", s->batch);
  studio_json_int (json, "samples", anf_dataset_n (self->data));
  studio_json_int (json, "trained", anf_trainer_n_params (self->trainer));
  studio_json_text (json, "weights", self->weights);
  if (self->document != NULL)
    studio_json_text (json, "document", self->document);
  studio_json_real (json, "us", g_get_monotonic_time () - self->begin);
  studio_json_end (self->cli, json);
}

static void
say_end (const Run *self, const AnfTrainScore *all, const AnfTrainScore *held)
{
  g_autofree char *took = studio_words_us (g_get_monotonic_time () - self->begin);
  g_autofree char *loss = studio_words_real (all->loss);

  if (self->stopped)
    printf ("Stopped early: epoch %u was the best, and its weights are kept.\n",
            self->best_epoch + 1);
  printf ("\nLoss %s", loss);
  if (!isnan (all->accuracy))
    printf (", accuracy %.2f %%", 100 * all->accuracy);
  if (held->n > 0 && !isnan (held->accuracy))
    printf ("; held out: accuracy %.2f %%", 100 * held->accuracy);
  printf (" after %s.\nSaved to %s\n", took,
          self->document != NULL ? self->document : self->weights);
}

/* ---------------------------------------------------------------- from the files on */

static StudioExit
finish (Run *self)
{
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(GError) error = NULL;
  AnfTrainScore all, held = { NAN, NAN, 0 };

  if (!anf_trainer_score (self->trainer, FALSE, &all, studio_cli_progress (), &error)
      || (anf_dataset_n_held (self->data) > 0
          && !anf_trainer_score (self->trainer, TRUE, &held, studio_cli_progress (), &error))
      || (graph = self->best != NULL ? anf_graph_ref (self->best)
                                     : anf_trainer_graph (self->trainer, &error)) == NULL
      || !save_weights (self, graph, &error))
    return studio_cli_fail (self->cli, NULL, error);
  studio_cli_progress_end ();
  if (own.checkpoint == NULL)
    g_unlink (self->checkpoint);
  if (self->cli->json)
    answer (self, &all, &held);
  else if (own.log == NULL || !g_str_equal (own.log, "-"))
    say_end (self, &all, &held);
  return STUDIO_EXIT_OK;
}

static gboolean
open_log (Run *self, StudioExit *code)
{
  if (own.log == NULL)
    return TRUE;
  if (g_str_equal (own.log, "-") && self->cli->json)
    {
      *code = studio_cli_wrong (self->cli, NULL, "--log - and --json both want the standard "
                                "output");
      return FALSE;
    }
  self->log = g_str_equal (own.log, "-") ? stdout : g_fopen (own.log, own.resume ? "ae" : "we");
  if (self->log == NULL)
    *code = studio_cli_wrong (self->cli, own.log, "cannot be written");
  return self->log != NULL;
}

static StudioExit
run_trainer (Run *self)
{
  g_autoptr(GError) error = NULL;
  StudioExit code = STUDIO_EXIT_OK;
  guint64 done = 0;

  if (anf_trainer_warning (self->trainer) != NULL)
    studio_cli_warn (self->cli, "%s", anf_trainer_warning (self->trainer));
  if (own.resume && g_file_test (self->checkpoint, G_FILE_TEST_EXISTS))
    {
      if (!anf_trainer_load (self->trainer, self->checkpoint, &error))
        return studio_cli_fail (self->cli, NULL, error);
      done = anf_trainer_done (self->trainer);
    }
  if (!open_log (self, &code))
    return code;
  if (!train (self, done, &error))
    code = studio_cli_fail (self->cli, NULL, error);
  if (self->log != NULL && self->log != stdout && fclose (self->log) != 0 && code == 0)
    code = studio_cli_wrong (self->cli, own.log, "cannot be written");
  return code == STUDIO_EXIT_OK ? finish (self) : code;
}

/* The calibration file of a gate, if none is named. */
static char *
find_data (const AnfGraph *graph)
{
  if (own.data != NULL)
    return g_strdup (own.data);
  for (guint i = 0; i < anf_graph_n_gates (graph); i++)
    if (anf_graph_nth_gate (graph, i)->inputs != NULL && anf_graph_folder (graph) != NULL)
      return g_canonicalize_filename (anf_graph_nth_gate (graph, i)->inputs,
                                      anf_graph_folder (graph));
  return NULL;
}

static StudioExit
run_graph (Run *self, AnfGraph *graph)
{
  g_autofree char *path = find_data (graph);
  g_autoptr(GError) error = NULL;
  StudioExit code = STUDIO_EXIT_OK;
  AnfTrainSettings settings;
  AnfOptions options;

  if (!read_settings (self->cli, &settings, &code) || !name_files (self, &code))
    return code;
  if (path == NULL)
    return studio_cli_wrong (self->cli, NULL, "train needs --data D");
  if ((self->data = anf_dataset_open (path, &error)) == NULL)
    return studio_cli_wrong (self->cli, NULL, "%s", error->message);
  anf_dataset_hold_out (self->data, own.held, settings.seed);
  studio_cli_options (self->cli, graph, &options);
  self->begin = g_get_monotonic_time ();
  self->trainer = anf_trainer_new (graph, self->data, &settings, &options,
                                   studio_cli_progress (), &error);
  studio_cli_progress_end ();
  if (self->trainer == NULL)
    return g_error_matches (error, ANF_ERROR, ANF_ERROR_REFUSED)
           ? studio_cli_refused (self->cli, graph, &options, error)
           : studio_cli_fail (self->cli, graph, error);
  return run_trainer (self);
}

static StudioExit
run (StudioCli *self)
{
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  Run train_run = { .cli = self, .best_loss = INFINITY };

  if (graph == NULL)
    return code;
  train_run.epochs = g_array_new (FALSE, FALSE, sizeof (Epoch));
  code = run_graph (&train_run, graph);
  g_clear_pointer (&train_run.trainer, anf_trainer_free);
  g_clear_pointer (&train_run.data, anf_dataset_unref);
  g_clear_pointer (&train_run.best, anf_graph_unref);
  g_array_unref (train_run.epochs);
  g_free (train_run.document);
  g_free (train_run.weights);
  g_free (train_run.checkpoint);
  return code;
}

const StudioCommand studio_command_train = {
  .name = "train",
  .arguments = "FILE",
  .summary = "Train the weights of a document that say \"trainable\": true.",
  .details = "Writes STEM-trained.anf and STEM-trained.safetensors, or OUT. A run that was killed "
             "goes on\nfrom its last checkpoint with --resume.",
  .options = STUDIO_OPTION_JSON | STUDIO_OPTION_TARGET | STUDIO_OPTION_THREADS
             | STUDIO_OPTION_DEVICE,
  .extend = extend,
  .run = run,
};
