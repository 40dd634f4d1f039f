/* lower.c - a fused segment becomes a MIL program: its ports, then each row's own statements. */
#include "run/lower.h"

/* ---------------------------------------------------------------- names */

struct _AnfValueNames
{
  AnfMilProgram *scope;            /* keeps names apart; holds nothing else */
  const AnfGraph *graph;           /* borrowed */
  GHashTable    *of;               /* AnfRef -> name */
  GHashTable    *fed;              /* AnfId -> name */
  const char   **outputs;
};

static guint
ref_hash (gconstpointer data)
{
  const AnfRef *ref = data;

  return (guint) ref->node * 31 + ref->port;
}

static gboolean
ref_equal (gconstpointer a, gconstpointer b)
{
  const AnfRef *one = a, *other = b;

  return one->node == other->node && one->port == other->port;
}

static void
name_value (AnfValueNames *self, AnfRef ref, const char *stem)
{
  if (!g_hash_table_contains (self->of, &ref))
    g_hash_table_insert (self->of, g_memdup2 (&ref, sizeof ref),
                         (gpointer) anf_mil_program_name (self->scope, stem));
}

static void
name_fed (AnfValueNames *self)
{
  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);
      AnfRef ref = { node->id, 0 };
      const char *name;

      if (node->op->feed == NULL)
        continue;
      name = anf_mil_program_name (self->scope, node->name);
      g_hash_table_insert (self->fed, GSIZE_TO_POINTER (node->id), (gpointer) name);
      if (node->op->source)
        g_hash_table_insert (self->of, g_memdup2 (&ref, sizeof ref), (gpointer) name);
    }
}

static void
name_outputs (AnfValueNames *self)
{
  guint n = self->graph->outputs->len;

  self->outputs = g_new0 (const char *, n + 1);
  for (guint i = 0; i < n; i++)
    {
      const AnfOutput *output = &g_array_index (self->graph->outputs, AnfOutput, i);
      gboolean named = g_hash_table_contains (self->of, &output->from);

      name_value (self, output->from, output->name);
      self->outputs[i] = named ? anf_mil_program_name (self->scope, output->name)
                               : anf_value_name (self, output->from);
    }
}

AnfValueNames *
anf_value_names_new (const AnfGraph *graph)
{
  AnfValueNames *self = g_new0 (AnfValueNames, 1);

  self->scope = anf_mil_program_new ();
  self->graph = graph;
  self->of = g_hash_table_new_full (ref_hash, ref_equal, g_free, NULL);
  self->fed = g_hash_table_new (NULL, NULL);
  name_fed (self);
  name_outputs (self);
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      for (guint port = 0; port < anf_node_n_outputs (node); port++)
        {
          g_autofree char *stem = port == 0 ? g_strdup (node->name)
                                            : g_strdup_printf ("%s_%u", node->name, port);

          name_value (self, (AnfRef) { node->id, port }, stem);
        }
    }
  return self;
}

void
anf_value_names_free (AnfValueNames *self)
{
  anf_mil_program_free (self->scope);
  g_hash_table_unref (self->of);
  g_hash_table_unref (self->fed);
  g_free (self->outputs);
  g_free (self);
}

const char *
anf_value_name (const AnfValueNames *self, AnfRef value)
{
  return g_hash_table_lookup (self->of, &value);
}

const char *
anf_fed_name (const AnfValueNames *self, AnfId node)
{
  return g_hash_table_lookup (self->fed, GSIZE_TO_POINTER (node));
}

const char *
anf_output_name (const AnfValueNames *self, guint i)
{
  return self->outputs[i];
}

/* ---------------------------------------------------------------- one segment */

typedef struct
{
  const AnfPlan       *plan;
  const AnfReport     *report;
  const AnfWeights    *weights;
  const AnfValueNames *names;
  const AnfSteps      *segment;
  guint                number;
  AnfMilProgram       *program;
  GHashTable          *defined;    /* AnfRef -> name of the value inside this program */
  gboolean             whole;      /* of all segments in one, for Core ML */
} Lowering;

void
anf_port_type (const AnfReport *report, AnfRef value, AnfType *type)
{
  *type = *anf_report_type (report, value.node, value.port);
  /* e5rt takes no truth values on ports. */
  if (type->dtype == ANF_BOOL)
    type->dtype = ANF_F16;
}

/* The names of the graph's values as the program keeps them: it outlives the table. */
static const char *
keep (Lowering *self, const char *name)
{
  return g_string_chunk_insert_const (self->program->words, name);
}

static const char *
value_name (Lowering *self, AnfRef ref)
{
  return keep (self, anf_value_name (self->names, ref));
}

static void
define (Lowering *self, AnfRef ref, const char *name)
{
  g_hash_table_insert (self->defined, g_memdup2 (&ref, sizeof ref), (gpointer) name);
}

static gboolean
is_inside (const Lowering *self, AnfId node)
{
  int segment = self->plan->segment_of[anf_report_position (self->report, node)];

  return self->whole ? segment >= 0 : segment == (int) self->number;
}

/* Core ML has no ports for bytes: fp16 numbers 0 to 255 stand for them. */
static void
feed_type (const Lowering *self, const AnfNode *node, AnfType *type)
{
  node->op->feed (node, type);
  if (self->whole && type->dtype == ANF_U8)
    type->dtype = ANF_F16;
}

static void
port_type (const Lowering *self, AnfRef value, AnfType *type)
{
  anf_port_type (self->report, value, type);
  if (self->whole && type->dtype == ANF_U8)
    type->dtype = ANF_F16;
}

/* Statements that belong to a value and not to a row: made as if by a node of that name. */
static void
add_cast (Lowering *self, const char *from, const char *to, const AnfType *type)
{
  AnfMilNode mil = { .program = self->program, .n_out = 1, .out = &to, .out_type = type };

  anf_mil_begin (&mil, "cast");
  anf_mil_word (&mil, "dtype", anf_dtype_name (type->dtype));
  anf_mil_name (&mil, "x", from);
  anf_mil_end (&mil, 0);
}

static void
add_copy (Lowering *self, const char *from, const char *to, const AnfType *type)
{
  AnfMilNode mil = { .program = self->program, .n_out = 1, .out = &to, .out_type = type };

  anf_mil_binary (&mil, NULL, NULL, "mul", from, anf_mil_scalar (&mil, "one", 1));
}

static const char *
variant (Lowering *self, const char *name, const char *suffix)
{
  g_autofree char *stem = g_strdup_printf ("%s_%s", name, suffix);

  return anf_mil_program_name (self->program, stem);
}

static void
add_inputs (Lowering *self)
{
  for (guint i = 0; i < self->segment->n_reads; i++)
    {
      AnfRef ref = self->segment->reads[i];
      const AnfNode *node = anf_graph_find (self->report->graph, ref.node);
      const AnfType *inner = anf_report_type (self->report, ref.node, ref.port);
      const char *name = value_name (self, ref);
      AnfType type;
      AnfMilType mil;

      port_type (self, ref, &type);
      if (node->op->feed != NULL && (self->whole || is_inside (self, ref.node)))
        {
          feed_type (self, node, &type);
          name = keep (self, anf_fed_name (self->names, ref.node));
        }
      anf_mil_type_from (&mil, &type);
      anf_mil_program_input (self->program, name, &mil);
      if (inner->dtype != type.dtype && !is_inside (self, ref.node))
        {
          const char *cast = variant (self, name, anf_dtype_name (inner->dtype));

          add_cast (self, name, cast, inner);
          name = cast;
        }
      if (!is_inside (self, ref.node))
        define (self, ref, name);
    }
}

static gboolean
is_written (const Lowering *self, AnfRef ref)
{
  for (guint i = 0; i < self->segment->n_writes; i++)
    if (ref_equal (&self->segment->writes[i], &ref))
      return TRUE;
  return FALSE;
}

/* What the row has to call an output: the value's name, unless it leaves as something else. */
static const char *
inner_name (Lowering *self, AnfRef ref)
{
  const char *name = value_name (self, ref);
  const AnfType *type = anf_report_type (self->report, ref.node, ref.port);
  AnfType port;

  /* A constant of a whole graph may be an output under that name. */
  if (self->whole && anf_graph_find (self->report->graph, ref.node)->op->source)
    return variant (self, name, "value");
  port_type (self, ref, &port);
  return port.dtype != type->dtype && is_written (self, ref)
         ? variant (self, name, anf_dtype_name (type->dtype)) : name;
}

static gboolean lower_node (Lowering *self, const AnfNode *node, GError **error);

/* Constants are part of every program that reads them. */
static gboolean
find_inputs (Lowering *self, const AnfNode *node, const char **names, const AnfNode **from,
             GError **error)
{
  for (guint i = 0; i < node->n_in; i++)
    {
      from[i] = anf_graph_find (self->report->graph, node->in[i].node);
      if (from[i] == NULL)
        continue;
      if (!g_hash_table_contains (self->defined, &node->in[i]) && from[i]->op->source
          && !lower_node (self, from[i], error))
        return FALSE;
      names[i] = g_hash_table_lookup (self->defined, &node->in[i]);
      g_assert (names[i] != NULL);
    }
  return TRUE;
}

static gboolean
call_row (Lowering *self, const AnfNode *node, AnfMilNode *mil, GError **error)
{
  AnfEncoded *encoded[ANF_MAX_ROLES] = { NULL };
  const AnfMilWeight *weight[ANF_MAX_ROLES] = { NULL };
  AnfTensor *tensor[ANF_MAX_ROLES];
  gboolean (*row) (AnfMilNode *mil), ok;

  anf_report_weights (self->report, node, tensor);
  for (guint r = 0; r < anf_op_n_roles (node->op); r++)
    {
      encoded[r] = anf_weights_encoded (self->weights, node, r);
      weight[r] = encoded[r] != NULL ? &encoded[r]->payload : NULL;
    }
  mil->weight = weight;
  mil->weight_tensor = tensor;
  row = self->whole && node->op->core_ml != NULL ? node->op->core_ml : node->op->mil;
  ok = row != NULL && row (mil);
  for (guint r = 0; r < ANF_MAX_ROLES; r++)
    if (encoded[r] != NULL)
      anf_encoded_unref (encoded[r]);
  if (!ok)
    anf_error_set_node (error, ANF_ERROR_COMPILE, node->origin != 0 ? node->origin : node->id, NULL,
                        "%s (%s) cannot be written as MIL%s", node->name, anf_node_op_name (node),
                        self->whole ? ": Core ML has nothing that computes the same"
                                            : " with these settings");
  return ok;
}

static gboolean
lower_node (Lowering *self, const AnfNode *node, GError **error)
{
  guint n_in = node->n_in, n_out = anf_node_n_outputs (node);
  g_autofree const char **in = g_new0 (const char *, n_in + 1);
  g_autofree const AnfType **in_type = g_new0 (const AnfType *, n_in + 1);
  g_autofree const AnfNode **from = g_new0 (const AnfNode *, n_in + 1);
  g_autofree const float **constant = g_new0 (const float *, n_in + 1);
  g_autofree const char **out = g_new0 (const char *, n_out + 1);
  g_autofree AnfType *out_type = g_new0 (AnfType, n_out + 1);
  const char *fed = anf_fed_name (self->names, node->id);
  AnfType fed_type;
  const AnfType *fed_types = &fed_type;
  AnfMilNode mil = { .program = self->program, .node = node, .n_in = n_in, .n_out = n_out,
                     .in = in, .in_type = in_type, .from = from,
                     .constant = constant, .out = out, .out_type = out_type };

  if (!find_inputs (self, node, in, from, error))
    return FALSE;
  anf_report_inputs (self->report, node, in_type);
  for (guint i = 0; i < n_in; i++)
    if (from[i] != NULL && from[i]->op->source)
      constant[i] = anf_weights_values (self->weights, from[i], 0, NULL);
  if (fed != NULL)
    {
      feed_type (self, node, &fed_type);
      fed = keep (self, fed);
      mil.n_in = 1;
      mil.in = &fed;
      mil.in_type = &fed_types;
    }
  for (guint i = 0; i < n_out; i++)
    {
      out[i] = inner_name (self, (AnfRef) { node->id, i });
      out_type[i] = *anf_report_type (self->report, node->id, i);
    }
  if (!call_row (self, node, &mil, error))
    return FALSE;
  for (guint i = 0; i < n_out; i++)
    define (self, (AnfRef) { node->id, i }, out[i]);
  return TRUE;
}

static void
add_output (Lowering *self, const char *name, const AnfType *type)
{
  AnfMilType mil;

  anf_mil_type_from (&mil, type);
  anf_mil_program_output (self->program, name, &mil);
}

/* What other segments read, and the outputs of the graph: each under a name of its own. */
static void
add_outputs (Lowering *self)
{
  const GArray *outputs = self->report->graph->outputs;

  for (guint i = 0; i < self->segment->n_writes; i++)
    {
      AnfRef ref = self->segment->writes[i];
      const char *name = value_name (self, ref);
      const char *inner = g_hash_table_lookup (self->defined, &ref);
      AnfType type;

      port_type (self, ref, &type);
      if (inner != name)
        add_cast (self, inner, name, &type);
      add_output (self, name, &type);
      for (guint o = 0; o < outputs->len; o++)
        {
          const char *other = keep (self, anf_output_name (self->names, o));

          if (other == name || !ref_equal (&g_array_index (outputs, AnfOutput, o).from, &ref))
            continue;
          add_copy (self, name, other, &type);
          add_output (self, other, &type);
        }
    }
}

/* No inner value may get a name that some value of the graph has. */
static void
reserve_names (Lowering *self)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->names->scope->taken);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_hash_table_add (self->program->taken, (gpointer) keep (self, name));
}

AnfMilProgram *
anf_mil_build (const AnfPlan *plan, const AnfWeights *weights, const AnfValueNames *names,
               guint segment, GError **error)
{
  g_autoptr(AnfMilProgram) program = anf_mil_program_new ();
  g_autoptr(GHashTable) defined = g_hash_table_new_full (ref_hash, ref_equal, g_free, NULL);
  Lowering self = { plan, plan->report, weights, names, anf_plan_steps (plan, segment),
                    segment, program, defined };

  reserve_names (&self);
  add_inputs (&self);
  for (guint i = 0; i < self.segment->n_nodes; i++)
    if (!lower_node (&self, anf_graph_find (self.report->graph, self.segment->nodes[i]), error))
      return NULL;
  add_outputs (&self);
  return g_steal_pointer (&program);
}

/* ---------------------------------------------------------------- the whole graph */

/* All segments one after the other, from what is fed to the outputs. */
static void
join_steps (const AnfPlan *plan, GArray *nodes, GArray *reads, GArray *writes)
{
  const AnfReport *report = plan->report;

  for (guint i = 0; i < plan->segments->len; i++)
    {
      const AnfSteps *steps = anf_plan_steps (plan, i);

      g_array_append_vals (nodes, steps->nodes, steps->n_nodes);
    }
  for (guint i = 0; i < report->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (report->graph->nodes, i);
      AnfRef ref = { node->id, 0 };

      if (node->op->feed != NULL)
        g_array_append_val (reads, ref);
    }
  for (guint i = 0; i < report->graph->outputs->len; i++)
    {
      AnfRef ref = g_array_index (report->graph->outputs, AnfOutput, i).from;
      gboolean known = anf_graph_find (report->graph, ref.node)->op->source;

      for (guint j = 0; j < writes->len && !known; j++)
        known = ref_equal (&g_array_index (writes, AnfRef, j), &ref);
      if (!known)
        g_array_append_val (writes, ref);
    }
}

/* Outputs that hand through what is fed, or a constant. */
static gboolean
add_sources (Lowering *self, GError **error)
{
  const GArray *outputs = self->report->graph->outputs;

  for (guint i = 0; i < outputs->len; i++)
    {
      AnfRef ref = g_array_index (outputs, AnfOutput, i).from;
      const AnfNode *node = anf_graph_find (self->report->graph, ref.node);
      const char *name = keep (self, anf_output_name (self->names, i)), *from;
      AnfType type;

      if (!node->op->source)
        continue;
      if (!g_hash_table_contains (self->defined, &ref) && !lower_node (self, node, error))
        return FALSE;
      from = g_hash_table_lookup (self->defined, &ref);
      port_type (self, ref, &type);
      if (type.dtype == anf_report_type (self->report, ref.node, ref.port)->dtype
          && type.dtype == ANF_F16)
        add_copy (self, from, name, &type);
      else
        add_cast (self, from, name, &type);
      add_output (self, name, &type);
    }
  return TRUE;
}

/* As the document has them. */
static void
order_outputs (Lowering *self)
{
  GArray *ports = g_array_new (FALSE, FALSE, sizeof (AnfMilPort)), *made = self->program->outputs;

  for (guint i = 0; i < self->report->graph->outputs->len; i++)
    for (guint j = 0; j < made->len; j++)
      if (g_str_equal (g_array_index (made, AnfMilPort, j).name,
                       anf_output_name (self->names, i)))
        g_array_append_val (ports, g_array_index (made, AnfMilPort, j));
  g_assert (ports->len == made->len);
  g_array_unref (made);
  self->program->outputs = ports;
}

/* The language has fp32, but the compilers of the engine keep no promise about it. */
static gboolean
all_on_engine (const Lowering *self, GError **error)
{
  for (guint i = 0; i < self->segment->n_nodes; i++)
    {
      const AnfNode *node = anf_graph_find (self->report->graph, self->segment->nodes[i]);

      if (node->place == ANF_PLACE_ENGINE)
        continue;
      anf_error_set_node (error, ANF_ERROR_COMPILE, node->origin != 0 ? node->origin : node->id,
                          "on", "%s is on the host, in fp32: one program of the whole graph has "
                          "fp16 only; write a bundle, or put it on the engine", node->name);
      return FALSE;
    }
  return TRUE;
}

AnfMilProgram *
anf_mil_build_whole (const AnfPlan *plan, const AnfWeights *weights, const AnfValueNames *names,
                     GError **error)
{
  g_autoptr(AnfMilProgram) program = anf_mil_program_new ();
  g_autoptr(GHashTable) defined = g_hash_table_new_full (ref_hash, ref_equal, g_free, NULL);
  g_autoptr(GArray) nodes = g_array_new (FALSE, FALSE, sizeof (AnfId));
  g_autoptr(GArray) reads = g_array_new (FALSE, FALSE, sizeof (AnfRef));
  g_autoptr(GArray) writes = g_array_new (FALSE, FALSE, sizeof (AnfRef));
  AnfSteps steps;
  Lowering self = { plan, plan->report, weights, names, &steps, 0, program, defined, TRUE };

  join_steps (plan, nodes, reads, writes);
  steps = (AnfSteps) { nodes->len, reads->len, writes->len, (AnfId *) nodes->data,
                       (AnfRef *) reads->data, (AnfRef *) writes->data };
  program->core_ml = TRUE;
  if (!all_on_engine (&self, error))
    return NULL;
  reserve_names (&self);
  add_inputs (&self);
  for (guint i = 0; i < steps.n_nodes; i++)
    if (!lower_node (&self, anf_graph_find (self.report->graph, steps.nodes[i]), error))
      return NULL;
  add_outputs (&self);
  if (!add_sources (&self, error))
    return NULL;
  order_outputs (&self);
  return g_steal_pointer (&program);
}

AnfMilProgram *
anf_program_lower (const AnfProgram *program, guint segment, GError **error)
{
  const AnfPlan *plan = anf_program_plan (program);
  g_autoptr(AnfValueNames) names = NULL;

  if (segment >= anf_plan_n_segments (plan)
      || anf_plan_nth_segment (plan, segment)->kind != ANF_SEGMENT_FUSED)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_COMPILE,
                   "Only fused segments are MIL programs; number %u is none", segment);
      return NULL;
    }
  names = anf_value_names_new (plan->report->graph);
  return anf_mil_build (plan, anf_program_weights (program), names, segment, error);
}

char *
anf_program_mil (const AnfProgram *self, guint segment, GError **error)
{
  g_autoptr(AnfMilProgram) program = anf_program_lower (self, segment, error);

  return program != NULL ? anf_mil_text (program, "weights.bin") : NULL;
}
