/* record.c - what a run showed, as plain data that outlives program and document. */
#include "record.h"

#include <math.h>

static const AnfStats unknown = { NAN, NAN, NAN, NAN, NAN };

G_DEFINE_BOXED_TYPE (AnfRecord, anf_record, anf_record_ref, anf_record_unref)

/* ---------------------------------------------------------------- memory */

static void
op_clear (gpointer data)
{
  AnfRecordOp *self = data;

  g_free (self->name);
  g_free (self->op);
  g_free (self->weight);
}

static void
segment_clear (gpointer data)
{
  AnfRecordSegment *self = data;

  g_free (self->name);
  g_free (self->kind);
  g_free (self->device);
  g_free (self->reason);
}

static void
weight_clear (gpointer data)
{
  AnfRecordWeight *self = data;

  g_free (self->node);
  g_free (self->role);
  g_free (self->encoding);
  g_free (self->why);
}

static void
gate_clear (gpointer data)
{
  AnfRecordGate *self = data;

  g_free (self->output);
  g_free (self->metric);
  g_free (self->inputs);
  g_free (self->problem);
}

static void
estimate_clear (gpointer data)
{
  AnfRecordEstimate *self = data;

  g_free (self->target);
  g_free (self->title);
  g_free (self->basis);
  g_free (self->from);
  g_free (self->why);
}

static GArray *
new_array (gsize size, GDestroyNotify clear)
{
  GArray *array = g_array_new (FALSE, TRUE, size);

  g_array_set_clear_func (array, clear);
  return array;
}

AnfRecord *
anf_record_alloc (void)
{
  AnfRecord *self = g_atomic_rc_box_new0 (AnfRecord);

  self->total = unknown;
  self->first_us = self->compile_us = self->load_us = NAN;
  self->segments = new_array (sizeof (AnfRecordSegment), segment_clear);
  self->ops = new_array (sizeof (AnfRecordOp), op_clear);
  self->weights = new_array (sizeof (AnfRecordWeight), weight_clear);
  self->gates = new_array (sizeof (AnfRecordGate), gate_clear);
  self->estimates = new_array (sizeof (AnfRecordEstimate), estimate_clear);
  return self;
}

AnfRecord *
anf_record_ref (AnfRecord *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
record_clear (AnfRecord *self)
{
  char *texts[] = { self->title, self->hash, self->target, self->opt, self->compress, self->device,
                    self->numerics, self->version };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);
  g_array_unref (self->segments);
  g_array_unref (self->ops);
  g_array_unref (self->weights);
  g_array_unref (self->gates);
  g_array_unref (self->estimates);
}

void
anf_record_unref (AnfRecord *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) record_clear);
}

/* ---------------------------------------------------------------- operators */

static const char *
digest_of (AnfGraph *graph, const AnfNode *node)
{
  const AnfPort *role = anf_op_role (anf_node_op (node), 0);
  AnfTensor *tensor = role != NULL ? anf_graph_tensor_of (graph, node, role->name) : NULL;

  return tensor != NULL ? anf_tensor_digest (tensor) : NULL;
}

/* The nearest node before it, along its first wires, that has a time of its own; 0: none has. */
static AnfId
timed_before (AnfProfile *profile, const AnfGraph *graph, const AnfNode *node)
{
  for (guint step = 0; step < anf_graph_n_nodes (graph) && anf_node_n_inputs (node) > 0; step++)
    {
      AnfId from = anf_node_input (node, 0).node;
      const AnfOpProfile *op = anf_profile_op (profile, from);

      if (op != NULL && op->us.median_us > 0)
        return from;
      if ((node = anf_graph_find (graph, from)) == NULL)
        break;
    }
  return 0;
}

/* A rewrite names the node that went, and those that were there before and still are. */
static AnfId
rewritten_into (AnfProfile *profile, AnfId id)
{
  const AnfPlan *plan = anf_program_plan (anf_profile_program (profile));

  for (guint i = anf_plan_n_rewrites (plan); i-- > 0; )
    {
      const AnfRewrite *rewrite = anf_plan_nth_rewrite (plan, i);
      gboolean there = FALSE;

      for (guint j = 0; j < rewrite->n_nodes; j++)
        there = there || rewrite->nodes[j] == id;
      for (guint j = 0; there && j < rewrite->n_nodes; j++)
        if (rewrite->nodes[j] != id && anf_profile_op (profile, rewrite->nodes[j]) != NULL)
          return rewrite->nodes[j];
    }
  return 0;
}

static void
add_op (AnfRecord *self, AnfProfile *profile, const AnfNode *node, int segment)
{
  AnfGraph *graph = anf_program_graph (anf_profile_program (profile));
  const AnfOpProfile *op = anf_profile_op (profile, anf_node_id (node));
  AnfRecordOp record = {
    .node = anf_node_id (node), .name = g_strdup (anf_node_name (node)),
    .op = g_strdup (anf_node_op_name (node)), .weight = g_strdup (digest_of (graph, node)),
    .segment = segment, .us = op != NULL ? op->us : unknown, .flops = op != NULL ? op->flops : 0,
    .bytes = op != NULL ? op->bytes : 0,
  };

  if (op == NULL && (record.into = rewritten_into (profile, record.node)) == 0)
    record.into = timed_before (profile, graph, node);
  else if (op != NULL && op->us.median_us == 0)     /* done piece by piece with the one before it */
    record.into = timed_before (profile, graph, node);
  g_array_append_val (self->ops, record);
}

/* Those that are run, then those that others have taken over. */
static void
add_ops (AnfRecord *self, AnfProfile *profile)
{
  const AnfProgram *program = anf_profile_program (profile);
  const AnfPlan *plan = anf_program_plan (program);
  const AnfGraph *graph = anf_program_graph (program);
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    for (guint j = 0; j < anf_plan_nth_segment (plan, i)->n_nodes; j++)
      {
        AnfId id = anf_plan_nth_segment (plan, i)->nodes[j];

        if (g_hash_table_add (seen, GSIZE_TO_POINTER (id)))
          add_op (self, profile, anf_graph_find (graph, id), i);
      }
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);

      if (!g_str_equal (anf_op_route (anf_node_op (node)), "source")
          && !g_hash_table_contains (seen, GSIZE_TO_POINTER (anf_node_id (node))))
        add_op (self, profile, node, -1);
    }
}

/* ---------------------------------------------------------------- the rest */

static void
add_segments (AnfRecord *self, AnfProfile *profile, const AnfEstimate *estimate)
{
  const AnfProgram *program = anf_profile_program (profile);
  const AnfPlan *plan = anf_program_plan (program);

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);
      AnfRecordSegment record = {
        .name = g_strdup (segment->name), .kind = g_strdup (anf_segment_kind_name (segment->kind)),
        .device = g_strdup (anf_program_segment_device (program, i)),
        .reason = g_strdup (segment->reason), .us = anf_profile_segment (profile, i),
        .estimate_us = i < anf_estimate_n_segments (estimate)
                       ? anf_estimate_segment (estimate, i)->us : NAN,
        .bytes_in = segment->bytes_in, .bytes_out = segment->bytes_out,
      };

      g_array_append_val (self->segments, record);
    }
}

static void
add_weights (AnfRecord *self, const AnfProgram *program)
{
  const AnfWeights *weights = anf_program_weights (program);
  const AnfGraph *graph = anf_program_graph (program);

  for (guint i = 0; weights != NULL && i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);
      const AnfEncodingFacts *chosen = &facts->encoding[facts->chosen];
      const AnfNode *node = anf_graph_find (graph, facts->node);
      AnfRecordWeight record = {
        .node = g_strdup (node != NULL ? anf_node_name (node) : facts->name),
        .role = g_strdup (facts->role), .encoding = g_strdup (anf_encoding_name (facts->chosen)),
        .why = g_strdup (facts->why), .bytes = chosen->bytes, .plain_bytes = 2,
        .error = chosen->error, .streams = chosen->streams, .pinned = facts->pinned,
      };

      for (guint d = 0; d < facts->rank; d++)
        record.plain_bytes *= facts->shape[d];
      g_array_append_val (self->weights, record);
    }
}

static void
add_gates (AnfRecord *self, const AnfGates *gates)
{
  for (guint i = 0; gates != NULL && i < anf_gates_n (gates); i++)
    {
      const AnfGateResult *result = anf_gates_nth (gates, i);
      AnfRecordGate record = {
        .output = g_strdup (result->gate.output), .metric = g_strdup (result->gate.metric),
        .inputs = g_strdup (result->gate.inputs), .problem = g_strdup (result->problem),
        .limit = result->gate.limit, .value = result->problem == NULL ? result->value : NAN,
        .ok = result->ok, .random = result->random_inputs, .samples = result->n_samples,
      };

      g_array_append_val (self->gates, record);
    }
}

static void
add_estimates (AnfRecord *self, const AnfProgram *program)
{
  for (guint i = 0; i < anf_arch_n (); i++)
    {
      g_autoptr(AnfEstimate) estimate = anf_estimate (anf_program_plan (program),
                                                      anf_program_weights (program),
                                                      anf_arch_nth (i));
      const char *why = anf_estimate_why (estimate);
      AnfRecordEstimate record = {
        .target = g_strdup (anf_arch_nth (i)),
        .title = g_strdup (anf_arch_title (anf_arch_nth (i))),
        .basis = why != NULL ? NULL : g_strdup (anf_basis_name (anf_estimate_basis (estimate))),
        .from = why != NULL ? NULL : g_strdup (anf_estimate_from (estimate)), .why = g_strdup (why),
        .us = NAN, .low = NAN, .high = NAN,
      };

      if (why == NULL)
        record.us = anf_estimate_us (estimate, &record.low, &record.high);
      g_array_append_val (self->estimates, record);
    }
}

AnfRecord *
anf_record_new (AnfProfile *profile, const AnfGates *gates, gint64 when)
{
  AnfProgram *program = anf_profile_program (profile);
  AnfGraph *graph = anf_program_graph (program);
  const AnfOptions *options = anf_program_options (program);
  const char *target = anf_report_target (anf_program_report (program));
  g_autoptr(AnfEstimate) own = anf_estimate (anf_program_plan (program),
                                             anf_program_weights (program), target);
  AnfRecord *self = anf_record_alloc ();

  self->when = when != 0 ? when : g_get_real_time () / G_USEC_PER_SEC;
  self->title = g_strdup (anf_graph_title (graph));
  self->hash = g_strdup (anf_graph_hash (graph));
  self->target = g_strdup (target);
  self->opt = g_strdup (options->settings.opt);
  self->compress = g_strdup (anf_encoding_name (options->settings.compress));
  self->device = g_strdup (anf_program_device (program));
  self->numerics = g_strdup (anf_numerics_name (options->numerics));
  self->version = g_strdup (ANF_VERSION);
  self->threads = anf_profile_threads (profile);
  self->runs = anf_profile_runs (profile);
  self->total = anf_profile_total (profile);
  self->first_us = anf_profile_first_us (profile);
  self->compile_us = anf_program_compile_us (program);
  self->load_us = anf_program_load_us (program);
  self->peak_bytes = anf_profile_peak_bytes (profile);
  add_segments (self, profile, own);
  add_ops (self, profile);
  add_weights (self, program);
  add_gates (self, gates);
  add_estimates (self, program);
  return self;
}

gsize
anf_record_weight_bytes (const AnfRecord *self)
{
  gsize bytes = 0;

  for (guint i = 0; i < self->weights->len; i++)
    bytes += g_array_index (self->weights, AnfRecordWeight, i).bytes;
  return bytes;
}
