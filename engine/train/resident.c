/* resident.c - forward, backward and update in one program, once or several times in a row, whose
 * state stays inside: the host feeds batches and a few numbers. */
#include "train/trainer.h"

#include "num/half.h"
#include "train/update.h"

#include <math.h>
#include <string.h>

#define LARGEST 65504              /* of fp16 */

/* A program of @n steps. */
typedef struct
{
  guint        n;
  AnfProgram  *program;
  float     *(*place)[ANF_N_KEPT];         /* by param */
} Block;

typedef struct { Block blocks[2]; guint now; } Inside;    /* all steps; one, for an epoch's end */

/* ---- one step as a graph */

typedef struct
{
  AnfGradient  g;
  AnfTrainer  *trainer;
  AnfStepFlows step;
  AnfFlow     *gradient;           /* by param, in units */
  AnfFlow      ok;                 /* bool [1] */
} Builder;

static AnfFlow
over_all (AnfGradient *g, const char *op, AnfFlow x)
{
  gint64 axes[ANF_MAX_RANK] = { 0, 1, 2, 3, 4 };

  return anf_grad_shape (g, anf_grad_reduce (g, op, x, x.type.rank, axes), 1, (gint64) 1);
}

/* All gradients together are cut to a length. */
static AnfFlow
clip (Builder *self, guint n)
{
  AnfGradient *g = &self->g;
  g_autofree AnfFlow *norms = g_new (AnfFlow, n);
  AnfFlow norm, factor;
  double most = MIN (self->trainer->settings.clip * ANF_UNIT, LARGEST);

  for (guint i = 0; i < n; i++)
    norms[i] = over_all (g, "reduce_l2_norm", self->gradient[i]);
  norm = over_all (g, "reduce_l2_norm", anf_grad_concat (g, 0, n, norms));
  factor = anf_grad_div (g, anf_grad_number (g, most),
                         anf_grad_binary (g, "maximum", norm, anf_grad_number (g, most)));
  for (guint i = 0; i < n; i++)
    self->gradient[i] = anf_grad_mul (g, self->gradient[i], factor);
  return norm;
}

/* Largest magnitude of what must be finite for a step to count. */
static void
find_ok (Builder *self, guint n)
{
  AnfGradient *g = &self->g;
  AnfFlow most = { { 0 } };

  for (guint i = 0; i < n; i++)
    {
      AnfFlow own = over_all (g, "reduce_max", anf_grad_unary (g, "abs", self->gradient[i]));

      most = i == 0 ? own : anf_grad_binary (g, "maximum", most, own);
    }
  if (self->trainer->settings.clip > 0)
    most = anf_grad_binary (g, "maximum", most, clip (self, n));
  self->ok = anf_grad_compare (g, "less_equal", most, anf_grad_number (g, LARGEST));
}

static void
add_update (Builder *self, guint param)
{
  AnfTrainer *trainer = self->trainer;
  const AnfParam *is = anf_trainer_param (trainer, param);
  AnfKept from = { { { { 0 } } } }, to = from;

  from.flow[ANF_KEPT_W] = (AnfFlow) { { is->id, 0 }, is->type };
  for (guint i = ANF_KEPT_LOW; i < ANF_N_KEPT; i++)
    if (anf_kept_has (&trainer->settings, i))
      {
        g_autofree char *name = anf_kept_input (trainer, param, i);

        from.flow[i] = anf_update_input (&self->g, name, &is->type);
      }
  anf_update_build (&self->g, &trainer->settings, &self->step, &from, self->gradient[param], &to);
  for (guint i = 0; i < ANF_N_KEPT; i++)
    if (anf_kept_has (&trainer->settings, i))
      {
        g_autofree char *name = anf_kept_output (param, i);
        AnfFlow kept = anf_grad_select (&self->g, self->ok, to.flow[i], from.flow[i]);

        anf_graph_builder_set_output (self->g.b, name, kept.ref);
      }
}

static void
add_gradients (Builder *self, const AnfGraph *graph, guint n)
{
  for (guint i = 0; i < anf_graph_n_outputs (graph); i++)
    {
      AnfRef from;
      const char *name = anf_graph_nth_output (graph, i, &from);
      guint param = name[0] == 'd' ? (guint) atoi (name + 1) : n;

      if (param < n)
        self->gradient[param] = anf_update_units (&self->g, &self->step, (AnfFlow) {
            from, anf_trainer_param (self->trainer, param)->type });
      if (!g_str_equal (name, ANF_FRAME_LOGITS))
        anf_graph_builder_set_output (self->g.b, name, (AnfRef) { 0, 0 });
    }
}

static AnfGraph *
one_step (AnfTrainer *self, GError **error)
{
  guint n = self->frame->params->len;
  g_autoptr(AnfGraph) graph = anf_frame_gradients (self->frame, 0, n, error);
  g_autoptr(GHashTable) numbers = g_hash_table_new_full (g_double_hash, g_double_equal, g_free,
                                                         g_free);
  g_autofree AnfFlow *gradient = g_new0 (AnfFlow, n);
  Builder b = { .trainer = self, .gradient = gradient, .g = { .numbers = numbers } };
  AnfFlow ok;

  if (graph == NULL)
    return NULL;
  b.g.b = anf_graph_builder_new (graph);
  anf_step_flows (&b.g, "", &b.step);
  add_gradients (&b, graph, n);
  find_ok (&b, n);
  for (guint i = 0; i < n; i++)
    add_update (&b, i);
  ok = anf_grad_select (&b.g, b.ok, anf_grad_number (&b.g, 1), anf_grad_number (&b.g, 0));
  anf_graph_builder_set_output (b.g.b, "ok", ok.ref);
  return anf_graph_builder_end (b.g.b, error);
}

/* ---- several in a row */

typedef struct
{
  AnfGraphBuilder *b;
  const AnfGraph  *step;
  GHashTable      *kept;           /* name of an input -> name of the output that replaces it */
  GHashTable      *last;           /* that output -> AnfRef, of the step before */
  GHashTable      *values;         /* AnfId of the step -> AnfId */
} Unrolling;

static AnfId
copy_node (Unrolling *self, const AnfNode *from, guint number)
{
  AnfId id = anf_graph_builder_add (self->b, from->op);

  for (guint i = 0; i < from->n_in; i++)
    if (from->in[i].node != 0)
      {
        AnfRef *ref = g_hash_table_lookup (self->values, GSIZE_TO_POINTER (from->in[i].node));

        anf_graph_builder_connect (self->b, (AnfRef) { ref->node, ref->port + from->in[i].port },
                                   id, i);
      }
  for (guint i = 0; i < anf_op_n_attrs (from->op); i++)
    if (from->attr[i] != NULL)
      anf_graph_builder_set_attr (self->b, id, from->op->attr[i].name, from->attr[i]);
  for (guint i = 0; i < anf_op_n_roles (from->op); i++)
    if (from->slot[i].weight != NULL)
      anf_graph_builder_set_weight (self->b, id, from->op->role[i].name, from->slot[i].weight);
  if (from->op->feed != NULL)
    {
      g_autofree char *name = number == G_MAXUINT ? g_strdup (from->name)
                                                  : g_strdup_printf ("%s_%u", from->name, number);

      if (!anf_graph_builder_set_name (self->b, id, name))
        g_warning ("\"%s\" is taken", name);
    }
  return id;
}

static void
remember (GHashTable *table, gpointer key, AnfRef ref)
{
  g_hash_table_insert (table, key, g_memdup2 (&ref, sizeof ref));
}

static void
append_step (Unrolling *self, guint number)
{
  g_hash_table_remove_all (self->values);
  for (guint i = 0; i < self->step->nodes->len; i++)
    {
      const AnfNode *from = g_ptr_array_index (self->step->nodes, i);
      const char *output = g_hash_table_lookup (self->kept, from->name);
      AnfRef *before = output != NULL && number > 0 ? g_hash_table_lookup (self->last, output)
                                                    : NULL;
      AnfRef here = { 0, 0 };

      if (before == NULL)
        here.node = copy_node (self, from, output != NULL ? G_MAXUINT : number);
      remember (self->values, GSIZE_TO_POINTER (from->id), before != NULL ? *before : here);
    }
  for (guint i = 0; i < self->step->outputs->len; i++)
    {
      const AnfOutput *output = &g_array_index (self->step->outputs, AnfOutput, i);
      AnfRef *at = g_hash_table_lookup (self->values, GSIZE_TO_POINTER (output->from.node));
      AnfRef ref = { at->node, at->port + output->from.port };
      gboolean kept = g_str_has_prefix (output->name, "kept");
      g_autofree char *name = kept ? g_strdup (output->name)
                                   : g_strdup_printf ("%s_%u", output->name, number);

      if (kept)
        remember (self->last, output->name, ref);
      anf_graph_builder_set_output (self->b, name, ref);
    }
}

static AnfGraph *
unroll (AnfTrainer *self, AnfGraph *step, guint n, guint n_keeps, const AnfKeep *keeps,
        GError **error)
{
  Unrolling u = { .b = anf_graph_builder_new (NULL), .step = step };
  AnfSettings settings = step->settings;

  u.kept = g_hash_table_new (g_str_hash, g_str_equal);
  u.last = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  u.values = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  for (guint i = 0; i < n_keeps; i++)
    g_hash_table_insert (u.kept, (gpointer) keeps[i].input, (gpointer) keeps[i].output);
  anf_graph_builder_set_settings (u.b, &settings);
  for (guint i = 0; i < anf_graph_n_weights (step); i++)
    anf_graph_builder_put_weight (u.b, anf_graph_nth_weight (step, i));
  for (guint k = 0; k < n; k++)
    append_step (&u, k);
  g_hash_table_unref (u.kept);
  g_hash_table_unref (u.last);
  g_hash_table_unref (u.values);
  return anf_graph_builder_end (u.b, error);
}

/* ---- programs */

/* What stays inside, and behind it the targets, which are looked at after the run. */
static AnfKeep *
name_keeps (AnfTrainer *self, guint *n, guint steps)
{
  AnfKeep *keeps = g_new0 (AnfKeep, self->frame->params->len * ANF_N_KEPT + steps);

  *n = 0;
  for (guint i = 0; i < self->frame->params->len; i++)
    for (guint part = 0; part < ANF_N_KEPT; part++)
      if (anf_kept_has (&self->settings, part))
        keeps[(*n)++] = (AnfKeep) { anf_kept_input (self, i, part), anf_kept_output (i, part) };
  for (guint k = 0; k < steps; k++)
    keeps[*n + k].input = steps > 1 ? g_strdup_printf ("%s_%u", ANF_FRAME_TARGET, k)
                                    : g_strdup (ANF_FRAME_TARGET);
  return keeps;
}

static gboolean
open_block (AnfTrainer *self, Block *block, guint n, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfGraph) step = one_step (self, error), whole = NULL;
  guint n_keeps, n_params = self->frame->params->len;
  AnfKeep *keeps;

  if (step == NULL)
    return FALSE;
  keeps = name_keeps (self, &n_keeps, n);
  whole = n > 1 ? unroll (self, step, n, n_keeps, keeps, error) : anf_graph_ref (step);
  block->n = n;
  if (whole != NULL)
    block->program = anf_trainer_compile (self, whole, n_keeps + n, keeps, progress, error);
  block->place = g_malloc0 (n_params * sizeof *block->place);
  for (guint i = 0, k = 0; block->program != NULL && i < n_params; i++)
    for (guint part = 0; part < ANF_N_KEPT; part++)
      if (anf_kept_has (&self->settings, part))
        block->place[i][part] = anf_program_place (block->program, keeps[k++].input);
  for (guint i = 0; i < n_keeps + n; i++)
    {
      g_free ((char *) keeps[i].input);
      g_free ((char *) keeps[i].output);
    }
  g_free (keeps);
  return block->program != NULL;
}

static gboolean
open_blocks (AnfTrainer *self, const AnfProgress *progress, GError **error)
{
  guint64 per_epoch = anf_trainer_per_epoch (self);
  guint n = self->settings.mode == ANF_TRAIN_UNROLLED ? MIN (self->settings.unroll, per_epoch) : 1;
  Inside *inside = self->inside = g_new0 (Inside, 1);

  return open_block (self, &inside->blocks[0], n, progress, error)
         && (per_epoch % n == 0 || open_block (self, &inside->blocks[1], 1, progress, error));
}

static void
close_blocks (AnfTrainer *self)
{
  Inside *inside = self->inside;

  for (guint i = 0; i < G_N_ELEMENTS (inside->blocks); i++)
    {
      g_clear_pointer (&inside->blocks[i].program, anf_program_unref);
      g_free (inside->blocks[i].place);
    }
  g_free (inside);
}

/* ---- steps */

static void
move_to (AnfTrainer *self, Inside *inside, guint to)
{
  for (guint i = 0; inside->now != to && i < self->frame->params->len; i++)
    for (guint part = 0; part < ANF_N_KEPT; part++)
      if (anf_kept_has (&self->settings, part))
        memcpy (inside->blocks[to].place[i][part], inside->blocks[inside->now].place[i][part],
                self->states[i].n * sizeof (float));
  inside->now = to;
}

/* The batch and the numbers of one step inside the block. */
static void
feed (AnfTrainer *self, Block *block, guint k, const char *suffix)
{
  g_autofree char *name = g_strconcat (ANF_FRAME_SCALE, suffix, NULL);
  double mean = anf_frame_mean (self->frame);
  float *scale = anf_program_place (block->program, name);
  AnfUpdate update = { &self->settings, anf_trainer_rate (self, self->step + k), 0,
                       self->updates + k + 1 };

  anf_batches_fill (self->batches, ANF_PART_TRAIN, anf_trainer_samples (self, k, 0),
                    self->frame->samples, block->program, suffix);
  *scale = self->scaler.scale / mean;
  if (self->options.numerics != ANF_NUMERICS_FP32)
    *scale = anf_half_round (*scale);
  update.factor = 1 / (*scale * mean);
  anf_step_feed (self, block->program, suffix, &update);
}

static gboolean
step (AnfTrainer *self, guint *n, AnfOutcome *outcome, const AnfProgress *progress,
      GError **error)
{
  Inside *inside = self->inside;
  Block *block;
  char suffix[16] = "";

  move_to (self, inside, anf_trainer_per_epoch (self) - self->at < inside->blocks[0].n);
  block = &inside->blocks[inside->now];
  for (guint k = 0; k < block->n; k++)
    {
      if (block->n > 1)
        g_snprintf (suffix, sizeof suffix, "_%u", k);
      feed (self, block, k, suffix);
    }
  if (!anf_program_go (block->program, progress, error))
    return FALSE;
  for (guint k = 0; k < block->n; k++)
    {
      g_autofree char *ok = NULL;
      AnfOutcome one = { 0 };

      if (block->n > 1)
        g_snprintf (suffix, sizeof suffix, "_%u", k);
      ok = g_strconcat ("ok", suffix, NULL);
      outcome->finite = *anf_program_value (block->program, ok) != 0;
      self->updates += outcome->finite;
      anf_scaler_note (&self->scaler, outcome->finite);
      anf_trainer_judge (self, block->program, suffix, &one);
      outcome->loss += one.loss / block->n;
      outcome->accuracy += one.accuracy / block->n;
    }
  *n = block->n;
  return TRUE;
}

static void
fetch (AnfTrainer *self)
{
  Inside *inside = self->inside;

  for (guint i = 0; i < self->frame->params->len; i++)
    anf_kept_fetch (self, &self->states[i], inside->blocks[inside->now].place[i]);
}

static void
store (AnfTrainer *self)
{
  Inside *inside = self->inside;

  for (guint i = 0; i < self->frame->params->len; i++)
    anf_kept_store (self, &self->states[i], inside->blocks[inside->now].place[i]);
}

static guint
parts (AnfTrainer *self, guint param, float **place)
{
  Inside *inside = self->inside;

  memcpy (place, inside->blocks[inside->now].place[param], ANF_N_KEPT * sizeof *place);
  return ANF_N_KEPT;
}

const AnfTrainVtable anf_train_resident_mode = {
  .open = open_blocks, .step = step, .fetch = fetch, .store = store, .close = close_blocks,
  .parts = parts,
};
