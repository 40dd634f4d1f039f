/* checkpoint.c - all that a run is made of, in one file: it goes on from there as if it had never
 * stopped. */
#include "train/trainer.h"

#include <string.h>

enum { AT_VERSION, AT_STEP, AT_UPDATES, AT_EPOCH, AT_BATCH, AT_SCALE, AT_GOOD, AT_SKIPPED,
       N_NUMBERS };
#define VERSION 1

/* The document, the samples and the settings that steps depend on. */
static char *
fingerprint (const AnfTrainer *self)
{
  const AnfTrainSettings *s = &self->settings;
  g_autoptr(GString) text = g_string_new (anf_graph_hash (self->graph));
  const double reals[] = { s->rate, s->momentum, s->beta1, s->beta2, s->epsilon, s->decay,
                           s->last_rate, s->gamma, s->clip, s->loss_scale, s->byte_scale };

  for (guint i = 0; i < G_N_ELEMENTS (reals); i++)
    g_string_append_printf (text, " %a", reals[i]);
  g_string_append_printf (text, " %d %d %d %d %d %u %u %u %u %u %" G_GUINT64_FORMAT " %"
                          G_GSIZE_FORMAT " %d %s", s->objective, s->mode, s->optimizer,
                          s->schedule, s->dynamic, s->unroll, s->batch, s->epochs, s->warmup,
                          s->step_epochs, s->seed, anf_dataset_n (self->data),
                          self->options.numerics, s->output != NULL ? s->output : "");
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text->str, -1);
}

static void
add (AnfTensors *tensors, const char *name, AnfDtype dtype, gint64 n, gconstpointer data)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, n * anf_dtype_size (dtype));
  g_autoptr(AnfTensor) tensor = anf_tensor_new (dtype, 1, &n, bytes);

  anf_tensors_add (tensors, name, tensor);
}

/* The arrays of a param by number; NULL: it has none of that number. */
static void
arrays_of (AnfTrainer *self, guint param, float **array)
{
  const AnfState *state = &self->states[param];

  memset (array, 0, ANF_MAX_PARTS * sizeof *array);
  if (self->mode->parts != NULL && self->mode->parts (self, param, array) > 0)
    return;
  array[0] = state->w;
  array[1] = state->m;
  array[2] = state->v;
}

gboolean
anf_trainer_save (AnfTrainer *self, const char *path, GError **error)
{
  g_autoptr(AnfTensors) tensors = anf_tensors_new ();
  g_autofree char *print = fingerprint (self);
  const double numbers[N_NUMBERS] = {
    VERSION, self->step, self->updates, self->epoch, self->at, self->scaler.scale,
    self->scaler.good, self->scaler.skipped,
  };

  add (tensors, "numbers", ANF_F64, N_NUMBERS, numbers);
  add (tensors, "fingerprint", ANF_U8, strlen (print), print);
  for (guint i = 0; i < self->frame->params->len; i++)
    {
      float *array[ANF_MAX_PARTS];

      arrays_of (self, i, array);
      for (guint k = 0; k < ANF_MAX_PARTS; k++)
        {
          g_autofree char *name = g_strdup_printf ("%u.%u", i, k);

          if (array[k] != NULL)
            add (tensors, name, ANF_F32, self->states[i].n, array[k]);
        }
    }
  return anf_safetensors_save (path, tensors, error);
}

static gboolean
bad (GError **error, const char *path, const char *why)
{
  g_clear_error (error);
  g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE, "%s: %s", path, why);
  return FALSE;
}

static AnfTensor *
get (AnfTensors *tensors, const char *name, AnfDtype dtype, gsize n)
{
  g_autoptr(AnfTensor) tensor = anf_tensors_get (tensors, name, NULL);

  return tensor != NULL && anf_tensor_dtype (tensor) == dtype && anf_tensor_elements (tensor) == n
         ? g_steal_pointer (&tensor) : NULL;
}

/* All arrays are there before the first is written. */
static gboolean
read_arrays (AnfTrainer *self, AnfTensors *tensors, gboolean write)
{
  for (guint i = 0; i < self->frame->params->len; i++)
    {
      float *array[ANF_MAX_PARTS];

      arrays_of (self, i, array);
      for (guint k = 0; k < ANF_MAX_PARTS; k++)
        {
          g_autofree char *name = g_strdup_printf ("%u.%u", i, k);
          g_autoptr(AnfTensor) tensor = NULL;

          if (array[k] == NULL)
            continue;
          if ((tensor = get (tensors, name, ANF_F32, self->states[i].n)) == NULL)
            return FALSE;
          if (write)
            anf_tensor_read (tensor, 0, self->states[i].n, array[k]);
        }
    }
  return TRUE;
}

static gboolean
sensible (const AnfTrainer *self, const double *numbers)
{
  for (guint i = 0; i < N_NUMBERS; i++)
    if (!(numbers[i] >= 0 && numbers[i] < 0x1p53))
      return FALSE;
  return numbers[AT_VERSION] == VERSION && numbers[AT_SCALE] > 0
         && numbers[AT_BATCH] < anf_trainer_per_epoch (self)
         && numbers[AT_EPOCH] <= self->settings.epochs
         && numbers[AT_UPDATES] <= numbers[AT_STEP]
         && numbers[AT_STEP] == numbers[AT_EPOCH] * anf_trainer_per_epoch (self)
                                + numbers[AT_BATCH];
}

gboolean
anf_trainer_load (AnfTrainer *self, const char *path, GError **error)
{
  g_autoptr(AnfTensors) tensors = NULL;
  g_autoptr(AnfTensor) numbers = NULL, print = NULL;
  g_autofree char *own = fingerprint (self);
  double values[N_NUMBERS];

  if ((tensors = anf_tensors_open (path, error)) == NULL)
    return FALSE;
  numbers = get (tensors, "numbers", ANF_F64, N_NUMBERS);
  print = get (tensors, "fingerprint", ANF_U8, strlen (own));
  if (numbers == NULL || print == NULL)
    return bad (error, path, "this is no checkpoint");
  if (memcmp (g_bytes_get_data (anf_tensor_bytes (print), NULL), own, strlen (own)) != 0)
    return bad (error, path, "this checkpoint is of another document, other data or settings");
  anf_tensor_read_double (numbers, 0, N_NUMBERS, values);
  if (!sensible (self, values) || !read_arrays (self, tensors, FALSE))
    return bad (error, path, "this checkpoint is damaged");
  self->mode->fetch (self);        /* where several programs share the state, this one has it */
  read_arrays (self, tensors, TRUE);
  self->step = values[AT_STEP];
  self->updates = values[AT_UPDATES];
  self->epoch = values[AT_EPOCH];
  self->at = values[AT_BATCH];
  self->scaler.scale = values[AT_SCALE];
  self->scaler.good = values[AT_GOOD];
  self->scaler.skipped = values[AT_SKIPPED];
  anf_trainer_resume (self);
  return TRUE;
}
