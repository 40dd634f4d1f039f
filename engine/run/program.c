/* program.c - a compiled plan on a device: loaded once, fed, run, released. */
#include "run/program.h"

#include "num/edge.h"
#include "num/half.h"
#include "num/threads.h"
#include "weight/choose.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct { const AnfNode *node; AnfType type; float *place; float *own; } Port;
typedef struct { const float *from; float *to; gsize n; } Carry;

struct _AnfProgram
{
  const AnfReport  *report;        /* of the plan's lowered graph */
  AnfPlan          *plan;
  AnfWeights       *weights;
  AnfOptions        options;
  const AnfBackend *backend;
  AnfLoad           load;
  float            *workspace;     /* as allocated; load has it aligned */
  gpointer         *loaded;        /* by segment */
  Port             *ports;         /* in document order */
  guint             n_ports;
  GArray           *carries;       /* Carry (nullable) */
  double            compile_us, load_us;
  AnfDeviceTimes    times;         /* of compiling on the device itself */
  AnfReuse          reuse;
};

G_DEFINE_BOXED_TYPE (AnfProgram, anf_program, anf_program_ref, anf_program_unref)

gint64
anf_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

void
anf_options_init (AnfOptions *options, const AnfGraph *graph)
{
  *options = (AnfOptions) { .settings = graph->settings };
}

/* Room for @n floats, zero. Asking first: a system that promises more than it has would not refuse
 * until the numbers are written, and then by a signal. */
static float *
ask_floats (gsize n, GError **error)
{
  gsize have = (gsize) sysconf (_SC_PHYS_PAGES) * sysconf (_SC_PAGESIZE);
  float *floats = n <= have / sizeof (float) ? g_try_malloc0_n (MAX (n, 1), sizeof (float)) : NULL;

  if (floats == NULL)
    {
      g_autofree char *want = g_format_size (n * sizeof (float)), *there = g_format_size (have);

      g_set_error (error, ANF_ERROR, ANF_ERROR_RUN,
                   "The values of this graph need %s of memory; this machine has %s", want, there);
    }
  return floats;
}

#define CACHE_LINE 16              /* floats: kernels load aligned vectors faster */

static float *
align (float *floats)
{
  return (float *) (((gsize) floats + CACHE_LINE * sizeof (float) - 1)
                    & ~(CACHE_LINE * sizeof (float) - 1));
}

/* One port per node that is fed, each with the place its numbers go to. */
static gboolean
make_ports (AnfProgram *self, GError **error)
{
  const GPtrArray *listed = self->report->graph->listed;

  self->load.workspace = align (self->workspace);
  self->ports = g_new0 (Port, MAX (listed->len, 1));
  self->load.ports = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < listed->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (listed, i);
      Port *port = &self->ports[self->n_ports];
      gssize offset;

      if (node->op->feed == NULL)
        continue;
      port->node = node;
      node->op->feed (node, &port->type);
      offset = node->op->source ? anf_plan_offset (self->plan, (AnfRef) { node->id, 0 }) : -1;
      if (offset < 0
          && (port->own = ask_floats (anf_type_elements (&port->type), error)) == NULL)
        return FALSE;
      port->place = offset < 0 ? port->own : self->load.workspace + offset;
      g_hash_table_insert (self->load.ports, GSIZE_TO_POINTER (node->id), port->place);
      self->n_ports++;
    }
  return TRUE;
}

static gboolean
load_segments (AnfProgram *self, const AnfProgress *progress, GError **error)
{
  guint n = anf_plan_n_segments (self->plan);

  self->loaded = g_new0 (gpointer, n + 1);
  for (guint i = 0; i < n; i++)
    {
      if (!anf_progress_step (progress, "Load", (double) i / n, error))
        return FALSE;
      self->loaded[i] = self->backend->load (&self->load, i, progress, error);
      if (self->loaded[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

AnfProgram *
anf_program_load (AnfPlan *plan, AnfWeights *weights,
                  const AnfOptions *options, double compile_us, const AnfProgress *progress,
                  GError **error)
{
  AnfProgram *self = g_atomic_rc_box_new0 (AnfProgram);
  gint64 begin = anf_now_ns ();

  self->report = plan->report;
  self->plan = plan;
  self->weights = weights;
  self->options = *options;
  self->compile_us = compile_us;
  self->load = (AnfLoad) { .plan = plan, .weights = weights, .numerics = options->numerics,
                           .times = &self->times };
  anf_threads_set (options->threads);
  anf_note_reuse (&self->load, options, &self->reuse);
  if ((self->backend = anf_backend_find (options->device, error)) == NULL
      || (self->workspace = ask_floats (plan->n_floats + CACHE_LINE, error)) == NULL
      || !make_ports (self, error) || !load_segments (self, progress, error))
    {
      anf_program_unref (self);
      return NULL;
    }
  self->load_us = (anf_now_ns () - begin) / 1e3 - self->times.cold_us - self->times.warm_us;
  self->compile_us += self->times.cold_us + self->times.warm_us;
  return self;
}

static void
anf_program_clear (AnfProgram *self)
{
  for (guint i = 0; self->loaded != NULL && i < anf_plan_n_segments (self->plan); i++)
    if (self->loaded[i] != NULL)
      self->backend->unload (self->loaded[i]);
  for (guint i = 0; i < self->n_ports; i++)
    g_free (self->ports[i].own);
  g_free (self->ports);
  g_clear_pointer (&self->carries, g_array_unref);
  g_free (self->loaded);
  g_clear_pointer (&self->load.ports, g_hash_table_unref);
  g_free (self->workspace);
  anf_weights_unref (self->weights);
  anf_plan_unref (self->plan);
}

AnfProgram *
anf_program_ref (AnfProgram *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_program_unref (AnfProgram *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) anf_program_clear);
}

const AnfReport  *anf_program_report     (const AnfProgram *self) { return self->plan->whole; }
const AnfPlan    *anf_program_plan       (const AnfProgram *self) { return self->plan; }
const AnfWeights *anf_program_weights    (const AnfProgram *self) { return self->weights; }
const AnfOptions *anf_program_options    (const AnfProgram *self) { return &self->options; }
const char       *anf_program_device     (const AnfProgram *self) { return self->backend->name; }
double            anf_program_compile_us (const AnfProgram *self) { return self->compile_us; }
double            anf_program_load_us    (const AnfProgram *self) { return self->load_us; }
guint             anf_program_n_inputs   (const AnfProgram *self) { return self->n_ports; }

guint
anf_program_n_rewrites (const AnfProgram *self)
{
  return anf_plan_n_rewrites (self->plan);
}

const AnfRewrite *
anf_program_nth_rewrite (const AnfProgram *self, guint i)
{
  return anf_plan_nth_rewrite (self->plan, i);
}

AnfGraph *
anf_program_graph (const AnfProgram *self)
{
  return self->plan->whole->graph;
}

const char *
anf_program_segment_device (const AnfProgram *self, guint segment)
{
  g_return_val_if_fail (segment < anf_plan_n_segments (self->plan), NULL);

  if (self->backend->runs_here == NULL || self->backend->runs_here (&self->load, segment))
    return self->backend->name;
  return anf_backend_cpu.name;
}

AnfReuse
anf_program_reuse (const AnfProgram *self)
{
  return self->reuse;
}

AnfDeviceTimes
anf_program_device_times (const AnfProgram *self)
{
  return self->times;
}

const char *
anf_program_nth_input (const AnfProgram *self, guint i, AnfType *type)
{
  g_return_val_if_fail (i < self->n_ports, NULL);

  if (type != NULL)
    *type = self->ports[i].type;
  return self->ports[i].node->name;
}

guint
anf_program_n_outputs (const AnfProgram *self)
{
  return anf_graph_n_outputs (self->report->graph);
}

const char *
anf_program_nth_output (const AnfProgram *self, guint i, AnfType *type)
{
  AnfRef from;
  const char *name = anf_graph_nth_output (self->report->graph, i, &from);

  if (type != NULL)
    *type = *anf_report_type (self->report, from.node, from.port);
  return name;
}

void
anf_program_set_level (AnfProgram *self, const char *opt)
{
  self->options.settings.opt = g_intern_string (opt);
}

gsize
anf_program_bytes (const AnfProgram *self)
{
  return anf_plan_workspace (self->plan) + anf_weights_bytes (self->weights);
}

guint
anf_program_n_samples (const AnfProgram *self, AnfTensors *inputs)
{
  for (guint i = 0; i < self->n_ports; i++)
    {
      g_autoptr(AnfTensor) tensor = anf_tensors_get (inputs, self->ports[i].node->name, NULL);
      gsize one = anf_type_elements (&self->ports[i].type);

      if (tensor != NULL && one > 0 && anf_tensor_elements (tensor) > one)
        return anf_tensor_elements (tensor) / one;
    }
  return 1;
}

/* Copies one sample of every input to where the segments read it. An input that holds one sample
 * only is repeated. */
static gboolean
feed (AnfProgram *self, AnfTensors *inputs, guint sample, GError **error)
{
  gboolean rounds = self->options.numerics != ANF_NUMERICS_FP32;

  for (guint i = 0; i < self->n_ports; i++)
    {
      const Port *port = &self->ports[i];
      gsize n = anf_type_elements (&port->type);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (inputs, port->node->name, error);
      gsize begin;

      if (tensor == NULL)
        return FALSE;
      begin = anf_tensor_elements (tensor) > n ? sample * n : 0;
      if (begin + n > anf_tensor_elements (tensor))
        {
          g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT,
                       "The input \"%s\" has too few numbers", port->node->name);
          return FALSE;
        }
      anf_tensor_read (tensor, begin, n, port->place);
      if (rounds && port->type.dtype == ANF_F16 && port->node->place != ANF_PLACE_HOST)
        {
          anf_edge_fix_nan (port->place, n, port->place);
          anf_finish (port->place, n, ANF_FINISH_HALF);
        }
    }
  return TRUE;
}

static gboolean
run_segments (AnfProgram *self, AnfTiming *timing, AnfWatch *watch, const AnfProgress *progress,
              GError **error)
{
  for (guint i = 0; i < anf_plan_n_segments (self->plan); i++)
    {
      gint64 begin = anf_now_ns ();

      if (!self->backend->run (self->loaded[i], watch, progress, error))
        return FALSE;
      if (timing != NULL)
        timing->segment_us[i] = (anf_now_ns () - begin) / 1e3;
    }
  return TRUE;
}

gboolean
anf_program_run_timed (AnfProgram *self, AnfTensors *inputs, guint sample, AnfTiming *timing,
                       const AnfProgress *progress, GError **error)
{
  AnfWatch watch = { .node_us = timing->node_us };
  gint64 begin = anf_now_ns ();

  memset (timing->node_us, 0, self->plan->whole->graph->nodes->len * sizeof *timing->node_us);
  anf_threads_set (self->options.threads);
  if (!feed (self, inputs, sample, error)
      || !run_segments (self, timing, &watch, progress, error))
    return FALSE;
  timing->total_us = (anf_now_ns () - begin) / 1e3;
  return TRUE;
}

/* ---- runs that keep what came out ---- */

/* Values of one name over k samples, joined along the first axis. */
typedef struct { char *name; AnfType type; guint k; gboolean seen; float *values; } Kept;

static Kept *
kept_new (const char *name, const AnfType *type, guint k, GError **error)
{
  Kept *self = g_new0 (Kept, 1);

  self->name = g_strdup (name);
  self->type = *type;
  self->k = k;
  self->values = ask_floats (k * anf_type_elements (type), error);
  return self;
}

static void
kept_free (gpointer data)
{
  Kept *self = data;

  g_free (self->name);
  g_free (self->values);
  g_free (self);
}

static void
kept_store (Kept *self, guint sample, const float *from)
{
  gsize n = anf_type_elements (&self->type);

  memcpy (self->values + sample * n, from, n * sizeof *from);
  self->seen = TRUE;
}

static AnfTensors *
kept_join (const GPtrArray *all)
{
  AnfTensors *tensors = anf_tensors_new ();

  for (guint i = 0; i < all->len; i++)
    {
      const Kept *kept = g_ptr_array_index (all, i);
      g_autoptr(AnfTensor) tensor = NULL;
      gint64 shape[ANF_MAX_RANK];
      guint rank = kept->type.rank;

      if (!kept->seen)
        continue;                  /* it never left the device */
      for (guint d = 0; d < rank; d++)
        shape[d] = kept->type.dim[d];
      if (rank > 0)
        shape[0] *= kept->k;
      else if (kept->k > 1)
        shape[rank++] = kept->k;
      tensor = anf_tensor_new_floats (rank, shape, kept->values);
      anf_tensors_add (tensors, kept->name, tensor);
    }
  return tensors;
}

typedef struct
{
  AnfProgram *program;
  GPtrArray  *kept;                /* Kept; first those of the sources */
  GHashTable *first;               /* AnfId -> index in kept of its first output, plus 1 */
  guint       sample;
} Dump;

static void
dump_node (Dump *self, const AnfNode *node, const float *const *out)
{
  guint at = GPOINTER_TO_UINT (g_hash_table_lookup (self->first, GSIZE_TO_POINTER (node->id)));

  for (guint i = 0; at > 0 && i < anf_node_n_outputs (node); i++)
    kept_store (g_ptr_array_index (self->kept, at - 1 + i), self->sample, out[i]);
}

static void
on_node_done (const AnfNode *node, const float *const *out, gpointer data)
{
  dump_node (data, node, out);
}

static const float *
value_of (const AnfProgram *self, AnfRef ref)
{
  const AnfNode *node = anf_graph_find (self->report->graph, ref.node);

  if (node->op->source && node->op->feed == NULL)
    return anf_weights_values (self->weights, node, 0, NULL);
  return self->load.workspace + anf_plan_offset (self->plan, ref);
}

/* ---- numbers that stay inside */

float *
anf_program_place (AnfProgram *self, const char *input)
{
  for (guint i = 0; i < self->n_ports; i++)
    if (g_str_equal (self->ports[i].node->name, input))
      return self->ports[i].place;
  return NULL;
}

const float *
anf_program_value (const AnfProgram *self, const char *output)
{
  for (guint i = 0; i < anf_program_n_outputs (self); i++)
    {
      AnfRef from;

      if (g_str_equal (anf_graph_nth_output (self->report->graph, i, &from), output))
        return value_of (self, from);
    }
  return NULL;
}

void
anf_program_carry (AnfProgram *self, const char *output, const char *input)
{
  Carry carry = { anf_program_value (self, output), anf_program_place (self, input) };

  for (guint i = 0; i < self->n_ports; i++)
    if (self->ports[i].place == carry.to)
      carry.n = anf_type_elements (&self->ports[i].type);
  if (self->carries == NULL)
    self->carries = g_array_new (FALSE, FALSE, sizeof (Carry));
  if (carry.from != NULL && carry.to != NULL && carry.from != carry.to)
    g_array_append_val (self->carries, carry);
}

gboolean
anf_program_go (AnfProgram *self, const AnfProgress *progress, GError **error)
{
  anf_threads_set (self->options.threads);
  if (!run_segments (self, NULL, NULL, progress, error))
    return FALSE;
  for (guint i = 0; self->carries != NULL && i < self->carries->len; i++)
    {
      const Carry *carry = &g_array_index (self->carries, Carry, i);

      memcpy (carry->to, carry->from, carry->n * sizeof *carry->to);
    }
  return TRUE;
}

static gboolean
dump_init (Dump *self, AnfProgram *program, guint k, GError **error)
{
  const AnfReport *report = program->report;

  self->program = program;
  self->kept = g_ptr_array_new_with_free_func (kept_free);
  self->first = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < report->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (report->graph->nodes, i);

      if (!report->live[i] || node->origin != 0)
        continue;                  /* inside a composite there are no nodes of the user's */
      g_hash_table_insert (self->first, GSIZE_TO_POINTER (node->id),
                           GUINT_TO_POINTER (self->kept->len + 1));
      for (guint j = 0; j < anf_node_n_outputs (node); j++)
        {
          g_autofree char *name = j == 0 ? g_strdup (node->name)
                                         : g_strdup_printf ("%s.%u", node->name, j);
          Kept *kept = kept_new (name, &report->types[i][j], k, error);

          g_ptr_array_add (self->kept, kept);
          if (kept->values == NULL)
            return FALSE;
        }
    }
  return TRUE;
}

/* Inputs and constants run in no segment. */
static void
dump_sources (Dump *self)
{
  const AnfReport *report = self->program->report;

  for (guint i = 0; i < report->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (report->graph->nodes, i);
      const float *value;

      if (!report->live[i] || !node->op->source)
        continue;
      value = value_of (self->program, (AnfRef) { node->id, 0 });
      dump_node (self, node, &value);
    }
}

static void
dump_clear (Dump *self)
{
  g_clear_pointer (&self->kept, g_ptr_array_unref);
  g_clear_pointer (&self->first, g_hash_table_unref);
}

static GPtrArray *
make_outputs (const AnfProgram *self, guint k, GError **error)
{
  GPtrArray *kept = g_ptr_array_new_with_free_func (kept_free);

  for (guint i = 0; i < anf_program_n_outputs (self); i++)
    {
      AnfType type;
      const char *name = anf_program_nth_output (self, i, &type);
      Kept *output = kept_new (name, &type, k, error);

      g_ptr_array_add (kept, output);
      if (output->values == NULL)
        {
          g_ptr_array_unref (kept);
          return NULL;
        }
    }
  return kept;
}

static gboolean
run_sample (AnfProgram *self, AnfTensors *inputs, guint sample, Dump *dump, GPtrArray *outputs,
            const AnfProgress *progress, GError **error)
{
  AnfWatch watch = { .after = on_node_done, .data = dump };

  if (!feed (self, inputs, sample, error))
    return FALSE;
  if (dump != NULL)
    {
      dump->sample = sample;
      dump_sources (dump);
    }
  if (!run_segments (self, NULL, dump != NULL ? &watch : NULL, progress, error))
    return FALSE;
  for (guint i = 0; i < outputs->len; i++)
    {
      AnfRef from;

      anf_graph_nth_output (self->report->graph, i, &from);
      kept_store (g_ptr_array_index (outputs, i), sample, value_of (self, from));
    }
  return TRUE;
}

AnfTensors *
anf_program_run (AnfProgram *self, AnfTensors *inputs, AnfTensors **nodes,
                 const AnfProgress *progress, GError **error)
{
  guint k = anf_program_n_samples (self, inputs);
  g_autoptr(GPtrArray) outputs = make_outputs (self, k, error);
  Dump dump = { NULL };
  gboolean good = outputs != NULL;

  if (good && nodes != NULL)
    good = dump_init (&dump, self, k, error);
  anf_threads_set (self->options.threads);
  for (guint i = 0; good && i < k; i++)
    good = anf_progress_step (progress, "Run", (double) i / k, error)
           && run_sample (self, inputs, i, nodes != NULL ? &dump : NULL, outputs, progress,
                          error);
  if (good && nodes != NULL)
    *nodes = kept_join (dump.kept);
  dump_clear (&dump);
  return good ? kept_join (outputs) : NULL;
}
