/* sweep.c - what the outputs lose when one weight alone is encoded: a compile and a run for each
 * weight and encoding. */
#include "run/errors.h"
#include "run/program.h"
#include "tune.h"

#include <math.h>
#include <string.h>

#define MOST_SAMPLES 64

typedef struct
{
  AnfId     node;
  char     *role;
  gboolean  applies[ANF_N_ENCODINGS], known[ANF_N_ENCODINGS];
  AnfEffect effect[ANF_N_ENCODINGS];     /* that of fp16 is the base */
} Weight;

struct _AnfSweep
{
  AnfGraph   *graph;               /* with all weights in fp16 */
  AnfOptions  options;
  guint       n;
  Weight     *weight;
  GMutex      lock;                /* of what follows */
  gboolean    based;
  AnfEffect   base;
  char       *key;
};

G_DEFINE_BOXED_TYPE (AnfSweep, anf_sweep, anf_sweep_ref, anf_sweep_unref)

static void
sweep_clear (AnfSweep *self)
{
  for (guint i = 0; i < self->n; i++)
    g_free (self->weight[i].role);
  g_free (self->weight);
  g_free (self->key);
  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->graph, anf_graph_unref);
}

AnfSweep *
anf_sweep_ref (AnfSweep *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_sweep_unref (AnfSweep *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) sweep_clear);
}

/* No level chooses encodings of its own, and no gate of the weights refuses one. */
static void
set_options (AnfSweep *self, const AnfOptions *options)
{
  const char *opt = options->settings.opt;

  self->options = *options;
  self->options.device = NULL;
  self->options.settings.compress = ANF_FP16;
  self->options.settings.atol = G_MAXDOUBLE;
  self->options.settings.opt = g_intern_string (g_strcmp0 (opt, "0") == 0 ? "0" : "routes");
}

AnfSweep *
anf_sweep_new (AnfGraph *graph, const AnfOptions *options, const AnfWeights *survey,
               GError **error)
{
  g_autoptr(AnfSweep) self = g_atomic_rc_box_new0 (AnfSweep);
  AnfGraphBuilder *plain = anf_graph_builder_new (graph);

  g_mutex_init (&self->lock);
  set_options (self, options);
  self->n = anf_weights_n (survey);
  self->weight = g_new0 (Weight, self->n + 1);
  for (guint i = 0; i < self->n; i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (survey, i);

      self->weight[i].node = facts->node;
      self->weight[i].role = g_strdup (facts->role);
      for (guint e = ANF_FP16 + 1; e < ANF_N_ENCODINGS; e++)
        self->weight[i].applies[e] = facts->encoding[e].applies;
      if (anf_graph_find (graph, facts->node) != NULL)
        anf_graph_builder_set_encoding (plain, facts->node, facts->role, ANF_FP16);
    }
  anf_graph_builder_set_settings (plain, &self->options.settings);
  if ((self->graph = anf_graph_builder_end (plain, error)) == NULL)
    return NULL;
  return g_steal_pointer (&self);
}

/* ---------------------------------------------------------------- measuring */

/* The first samples of @tensor, of @one elements each (transfer full). */
static AnfTensor *
first_samples (AnfTensor *tensor, gsize one)
{
  gsize n = anf_tensor_elements (tensor), keep = one * MOST_SAMPLES;
  gint64 shape[ANF_MAX_TENSOR_RANK];
  guint rank = anf_tensor_rank (tensor);
  g_autoptr(GBytes) bytes = NULL;

  if (n <= keep || rank == 0 || keep % (n / anf_tensor_dim (tensor, 0)) != 0)
    return anf_tensor_ref (tensor);
  for (guint i = 0; i < rank; i++)
    shape[i] = anf_tensor_dim (tensor, i);
  shape[0] = keep / (n / shape[0]);
  bytes = g_bytes_new_from_bytes (anf_tensor_bytes (tensor), 0,
                                  keep * anf_dtype_size (anf_tensor_dtype (tensor)));
  return anf_tensor_new (anf_tensor_dtype (tensor), rank, shape, bytes);
}

static AnfTensors *
make_inputs (const AnfSweep *self, const AnfProgram *program, GError **error)
{
  const char *file = NULL;
  g_autoptr(AnfTensors) given = NULL, some = NULL;

  for (guint i = 0; i < anf_graph_n_gates (self->graph) && file == NULL; i++)
    file = anf_graph_nth_gate (self->graph, i)->inputs;
  if (file == NULL)
    return anf_feed (program, NULL, TRUE, 0, error);
  if ((given = anf_gate_inputs (program, file, error)) == NULL)
    return NULL;
  some = anf_tensors_new ();
  for (guint i = 0; i < anf_program_n_inputs (program); i++)
    {
      AnfType type;
      const char *name = anf_program_nth_input (program, i, &type);
      g_autoptr(AnfTensor) all = anf_tensors_get (given, name, error), few = NULL;

      if (all == NULL)
        return NULL;
      few = first_samples (all, anf_type_elements (&type));
      anf_tensors_add (some, name, few);
    }
  return anf_feed (program, some, FALSE, 0, error);
}

/* One run of @graph against @reference. */
static gboolean
measure (const AnfSweep *self, AnfGraph *graph, AnfTensors *inputs, AnfTensors *reference,
         AnfEffect *effect, const AnfProgress *progress, GError **error)
{
  AnfProgress quiet = { .cancellable = progress != NULL ? progress->cancellable : NULL };
  g_autoptr(AnfProgram) program = anf_compile (graph, &self->options, &quiet, error);
  g_autoptr(AnfTensors) outputs = NULL;

  if (program == NULL
      || (outputs = anf_program_run (program, inputs, NULL, &quiet, error)) == NULL)
    return FALSE;
  *effect = (AnfEffect) { anf_outputs_apart (outputs, reference, TRUE) };
  for (guint i = 0; i < anf_graph_n_gates (graph); i++)
    effect->n_failed += !anf_gate_holds (anf_graph_nth_gate (graph, i), outputs, reference);
  return TRUE;
}

static gboolean
measure_cell (AnfSweep *self, guint i, AnfEncoding encoding, AnfTensors *inputs,
              AnfTensors *reference, const AnfProgress *progress, GError **error)
{
  Weight *weight = &self->weight[i];
  AnfGraphBuilder *builder = anf_graph_builder_new (self->graph);
  g_autoptr(AnfGraph) graph = NULL;
  AnfEffect effect;

  anf_graph_builder_set_encoding (builder, weight->node, weight->role, encoding);
  if ((graph = anf_graph_builder_end (builder, error)) == NULL
      || !measure (self, graph, inputs, reference, &effect, progress, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  weight->effect[encoding] = effect;
  weight->known[encoding] = TRUE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* What all cells are held against. */
static gboolean
begin (AnfSweep *self, AnfTensors **inputs, AnfTensors **reference, const AnfProgress *progress,
       GError **error)
{
  AnfProgress quiet = { .cancellable = progress != NULL ? progress->cancellable : NULL };
  g_autoptr(AnfProgram) exact = anf_compile_exact (self->graph, &self->options, &quiet, error);
  AnfEffect base;

  if (exact == NULL || (*inputs = make_inputs (self, exact, error)) == NULL
      || (*reference = anf_program_run (exact, *inputs, NULL, &quiet, error)) == NULL)
    return FALSE;
  if (self->based)
    return TRUE;
  if (!measure (self, self->graph, *inputs, *reference, &base, progress, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  self->base = base;
  self->based = TRUE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

gboolean
anf_sweep_run (AnfSweep *self, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfTensors) inputs = NULL, reference = NULL;
  guint known, n = anf_sweep_n_cells (self, &known);

  if (known == n && self->based)
    return TRUE;
  if (!anf_progress_step (progress, "Sweep", (double) known / MAX (n, 1), error)
      || !begin (self, &inputs, &reference, progress, error))
    return FALSE;
  for (guint e = ANF_FP16 + 1; e < ANF_N_ENCODINGS; e++)
    for (guint i = 0; i < self->n; i++)
      {
        if (!self->weight[i].applies[e] || self->weight[i].known[e])
          continue;
        if (!anf_progress_step (progress, "Sweep", (double) known / MAX (n, 1), error)
            || !measure_cell (self, i, e, inputs, reference, progress, error))
          return FALSE;
        known++;
      }
  return anf_progress_step (progress, "Sweep", 1, error);
}

/* ---------------------------------------------------------------- what is known */

guint
anf_sweep_n (AnfSweep *self)
{
  return self->n;
}

guint
anf_sweep_n_cells (AnfSweep *self, guint *known)
{
  guint n = 0, have = 0;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->n; i++)
    for (guint e = ANF_FP16 + 1; e < ANF_N_ENCODINGS; e++)
      {
        n += self->weight[i].applies[e];
        have += self->weight[i].applies[e] && self->weight[i].known[e];
      }
  g_mutex_unlock (&self->lock);
  if (known != NULL)
    *known = have;
  return n;
}

gboolean
anf_sweep_base (AnfSweep *self, AnfEffect *effect)
{
  gboolean known;

  g_mutex_lock (&self->lock);
  known = self->based;
  *effect = self->base;
  g_mutex_unlock (&self->lock);
  return known;
}

gboolean
anf_sweep_cell (AnfSweep *self, guint i, AnfEncoding encoding, AnfEffect *effect)
{
  gboolean known;

  g_return_val_if_fail (encoding < ANF_N_ENCODINGS, FALSE);

  if (i >= self->n)
    return FALSE;
  if (encoding == ANF_FP16)
    return anf_sweep_base (self, effect);
  g_mutex_lock (&self->lock);
  known = self->weight[i].known[encoding];
  *effect = self->weight[i].effect[encoding];
  g_mutex_unlock (&self->lock);
  return known;
}

double
anf_sweep_predict (AnfSweep *self, const AnfEncoding *chosen)
{
  AnfEffect base, cell;
  double sum;

  if (!anf_sweep_base (self, &base))
    return NAN;
  sum = base.error * base.error;
  for (guint i = 0; i < self->n; i++)
    {
      if (!anf_sweep_cell (self, i, chosen[i], &cell))
        return NAN;
      sum += MAX (0, cell.error * cell.error - base.error * base.error);
    }
  return sqrt (sum);
}

/* ---------------------------------------------------------------- from one start to the next */

const char *
anf_sweep_key (AnfSweep *self)
{
  g_mutex_lock (&self->lock);
  if (self->key == NULL)
    {
      g_autoptr(GString) all = g_string_new (anf_graph_hash (self->graph));

      g_string_append_printf (all, " %s %u", anf_numerics_name (self->options.numerics), self->n);
      for (guint i = 0; i < anf_graph_n_gates (self->graph); i++)
        {
          const AnfGate *gate = anf_graph_nth_gate (self->graph, i);
          char limit[G_ASCII_DTOSTR_BUF_SIZE];

          g_string_append_printf (all, " %s %s %s %s", gate->output, gate->metric,
                                  g_ascii_dtostr (limit, sizeof limit, gate->limit),
                                  gate->inputs != NULL ? gate->inputs : "");
        }
      self->key = g_compute_checksum_for_string (G_CHECKSUM_SHA256, all->str, all->len);
    }
  g_mutex_unlock (&self->lock);
  return self->key;
}

static void
write_effect (GKeyFile *file, const char *group, const char *key, const AnfEffect *effect)
{
  double both[] = { effect->error, effect->n_failed };

  g_key_file_set_double_list (file, group, key, both, G_N_ELEMENTS (both));
}

static gboolean
read_effect (GKeyFile *file, const char *group, const char *key, AnfEffect *effect)
{
  gsize n = 0;
  g_autofree double *both = g_key_file_get_double_list (file, group, key, &n, NULL);

  if (both == NULL || n != 2 || !isfinite (both[0]) || both[0] < 0
      || !(both[1] >= 0 && both[1] < G_MAXUINT))
    return FALSE;
  *effect = (AnfEffect) { both[0], both[1] };
  return TRUE;
}

char *
anf_sweep_text (AnfSweep *self)
{
  g_autoptr(GKeyFile) file = g_key_file_new ();

  g_key_file_set_string (file, "sweep", "key", anf_sweep_key (self));
  g_mutex_lock (&self->lock);
  if (self->based)
    write_effect (file, "sweep", "base", &self->base);
  for (guint i = 0; i < self->n; i++)
    for (guint e = ANF_FP16 + 1; e < ANF_N_ENCODINGS; e++)
      if (self->weight[i].known[e] && isfinite (self->weight[i].effect[e].error))
        {
          g_autofree char *group = g_strdup_printf ("%u", i);

          write_effect (file, group, anf_encoding_name (e), &self->weight[i].effect[e]);
        }
  g_mutex_unlock (&self->lock);
  return g_key_file_to_data (file, NULL, NULL);
}

gboolean
anf_sweep_read (AnfSweep *self, const char *text)
{
  g_autoptr(GKeyFile) file = g_key_file_new ();
  g_autofree char *key = NULL;

  if (!g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, NULL)
      || (key = g_key_file_get_string (file, "sweep", "key", NULL)) == NULL
      || strcmp (key, anf_sweep_key (self)) != 0)
    return FALSE;
  g_mutex_lock (&self->lock);
  self->based = self->based || read_effect (file, "sweep", "base", &self->base);
  for (guint i = 0; i < self->n; i++)
    for (guint e = ANF_FP16 + 1; e < ANF_N_ENCODINGS; e++)
      {
        g_autofree char *group = g_strdup_printf ("%u", i);
        Weight *weight = &self->weight[i];

        if (weight->applies[e] && !weight->known[e])
          weight->known[e] = read_effect (file, group, anf_encoding_name (e), &weight->effect[e]);
      }
  g_mutex_unlock (&self->lock);
  return TRUE;
}
