/* errors.c - every operator's result against the exact one: alone, and with all before it.
 *
 * Alone: a copy of the graph where each wire that can be one is an input, fed with exact values, is
 * compiled and run once; so every operator meets exact inputs, and only its own error is left. */
#include "run/errors.h"

#include <math.h>

#include "run/program.h"

#define BLOCK 4096                 /* numbers read at a time */
#define LARGEST_HALF 65504.0
#define LEAST_NORMAL 0x1p-14       /* below, fp16 loses digits */

struct _AnfErrors
{
  AnfGraph   *graph;
  AnfProgram *program;             /* that was run; NULL: against numbers of others */
  AnfTensors *values, *exact;      /* by the names of nodes */
  GArray     *list;                /* AnfValueError */
};

G_DEFINE_BOXED_TYPE (AnfErrors, anf_errors, anf_errors_ref, anf_errors_unref)

/* ---------------------------------------------------------------- comparing */

static double
relative_error (AnfTensor *y, AnfTensor *ref)
{
  gsize n = MIN (anf_tensor_elements (y), anf_tensor_elements (ref));
  double a[BLOCK], b[BLOCK], error = 0, norm = 0;

  for (gsize begin = 0; begin < n; begin += BLOCK)
    {
      gsize count = MIN (BLOCK, n - begin);

      anf_tensor_read_double (y, begin, count, a);
      anf_tensor_read_double (ref, begin, count, b);
      for (gsize i = 0; i < count; i++)
        {
          error += (a[i] - b[i]) * (a[i] - b[i]);
          norm += b[i] * b[i];
        }
    }
  return error == 0 ? 0 : sqrt (error) / sqrt (norm);
}

static void
look_at (AnfValueError *self, gsize at, double value, double exact)
{
  double size = fabs (value), error = fabs (value - exact);

  if (isnan (value) || isinf (value))
    {
      if (self->n_nan + self->n_inf == 0)
        self->first_bad = at;
      if (isnan (value))
        self->n_nan++;
      else
        self->n_inf++;
      return;
    }
  self->n_saturated += size >= LARGEST_HALF;
  self->n_subnormal += size > 0 && size < LEAST_NORMAL;
  self->n_zero += size == 0;
  self->largest = MAX (self->largest, size);
  if (error > self->max_abs)
    {
      self->max_abs = error;
      self->worst = at;
    }
}

static void
watch (AnfValueError *self, AnfTensor *y, AnfTensor *ref)
{
  double a[BLOCK], b[BLOCK];

  self->n = MIN (anf_tensor_elements (y), anf_tensor_elements (ref));
  for (gsize begin = 0; begin < self->n; begin += BLOCK)
    {
      gsize count = MIN (BLOCK, self->n - begin);

      anf_tensor_read_double (y, begin, count, a);
      anf_tensor_read_double (ref, begin, count, b);
      for (gsize i = 0; i < count; i++)
        look_at (self, begin + i, a[i], b[i]);
    }
}

/* ---------------------------------------------------------------- every operator alone */

typedef struct
{
  AnfGraph        *graph;
  const AnfReport *report;
  AnfGraphBuilder *builder;
  AnfTensors      *exact, *feed;
} Parting;

/* The name of a value among what a run keeps of its nodes. */
static char *
value_name (const AnfNode *node, guint port)
{
  return port == 0 ? g_strdup (anf_node_name (node))
                   : g_strdup_printf ("%s.%u", anf_node_name (node), port);
}

/* An input in place of a value; 0: there can be none of its type. */
static AnfId
add_source (Parting *self, const AnfNode *from, guint port)
{
  const AnfType *type = anf_report_type (self->report, from->id, port);
  g_autofree char *name = value_name (from, port), *own = NULL;
  g_autoptr(AnfTensor) exact = anf_tensors_get (self->exact, name, NULL);
  GVariantBuilder shape;
  AnfId id;

  if (type == NULL || exact == NULL || type->rank == 0
      || (type->dtype != ANF_F16 && type->dtype != ANF_I32))
    return 0;
  id = anf_graph_builder_add (self->builder, anf_op_lookup ("input"));
  own = g_strdup_printf ("exact_%" G_GUINT64_FORMAT "_%u", from->id, port);
  if (!anf_graph_builder_set_name (self->builder, id, own))
    return 0;
  g_variant_builder_init (&shape, G_VARIANT_TYPE ("ax"));
  for (guint i = 0; i < type->rank; i++)
    g_variant_builder_add (&shape, "x", (gint64) type->dim[i]);
  anf_graph_builder_set_attr (self->builder, id, "shape", g_variant_builder_end (&shape));
  anf_graph_builder_set_attr (self->builder, id, "dtype",
                              g_variant_new_string (anf_dtype_name (type->dtype)));
  anf_tensors_add (self->feed, own, exact);
  return id;
}

/* Every wire that ends at another operator is cut, but those of sources: they are exact anyway. */
static void
part_all (Parting *self)
{
  g_autoptr(GHashTable) made = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);

      for (guint j = 0; j < node->n_in; j++)
        {
          AnfRef ref = node->in[j];
          const AnfNode *from = ref.node != 0 ? anf_graph_find (self->graph, ref.node) : NULL;
          gpointer key = GSIZE_TO_POINTER (ref.node << 6 | ref.port);
          AnfId source;

          if (from == NULL || from->op->source)
            continue;
          source = GPOINTER_TO_SIZE (g_hash_table_lookup (made, key));
          if (source == 0 && (source = add_source (self, from, ref.port)) != 0)
            g_hash_table_insert (made, key, GSIZE_TO_POINTER (source));
          if (source != 0)
            anf_graph_builder_connect (self->builder, (AnfRef) { source, 0 }, node->id, j);
        }
    }
}

/* All that the outputs need is an output, so that nothing is left out. */
static void
keep_all (Parting *self)
{
  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);
      g_autofree char *name = g_strdup_printf ("part_%" G_GUINT64_FORMAT, node->id);

      if (self->report->live[i] && !node->op->source && anf_node_n_outputs (node) > 0)
        anf_graph_builder_set_output (self->builder, name, (AnfRef) { node->id, 0 });
    }
}

/* The values of every operator given exact inputs; NULL without error: there are none such. */
static AnfTensors *
run_parts (AnfGraph *graph, const AnfOptions *options, AnfTensors *inputs, AnfTensors *exact,
           const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfReport) report = anf_check (graph, options->settings.target);
  g_autoptr(AnfTensors) feed = anf_tensors_new (), outputs = NULL;
  g_autoptr(AnfGraph) parts = NULL;
  g_autoptr(AnfProgram) program = NULL;
  Parting parting = { graph, report, anf_graph_builder_new (graph), exact, feed };
  AnfOptions plain = *options;
  AnfTensors *values = NULL;

  part_all (&parting);
  keep_all (&parting);
  plain.settings.opt = "0";
  if ((parts = anf_graph_builder_end (parting.builder, error)) == NULL
      || (program = anf_compile (parts, &plain, progress, error)) == NULL)
    return NULL;
  for (guint i = 0; i < anf_tensors_n (inputs); i++)
    {
      const char *name = anf_tensors_nth_name (inputs, i);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (inputs, name, NULL);

      anf_tensors_add (feed, name, tensor);
    }
  outputs = anf_program_run (program, feed, &values, progress, error);
  return outputs != NULL ? values : NULL;
}

/* ---------------------------------------------------------------- all of them */

/* What the caller gives, or the first gate that has a file; NULL without error: at random. */
static AnfTensors *
inputs_of (const AnfProgram *program, AnfTensors *given, GError **error)
{
  const AnfGraph *graph = anf_program_graph (program);

  if (given != NULL)
    return anf_tensors_ref (given);
  for (guint i = 0; i < anf_graph_n_gates (graph); i++)
    if (anf_graph_nth_gate (graph, i)->inputs != NULL)
      return anf_gate_inputs (program, anf_graph_nth_gate (graph, i)->inputs, error);
  return NULL;
}

/* The first of the samples that @inputs hold: what every operator gives for all would not fit. */
static AnfTensors *
first_sample (const AnfProgram *program, AnfTensors *inputs, GError **error)
{
  AnfTensors *first = anf_tensors_new ();

  for (guint i = 0; i < anf_program_n_inputs (program); i++)
    {
      AnfType type;
      const char *name = anf_program_nth_input (program, i, &type);
      g_autoptr(AnfTensor) all = anf_tensors_get (inputs, name, error), one = NULL;
      gint64 shape[ANF_MAX_RANK];
      g_autoptr(GBytes) bytes = NULL;

      if (all == NULL)
        {
          anf_tensors_unref (first);
          return NULL;
        }
      for (guint d = 0; d < type.rank; d++)
        shape[d] = type.dim[d];
      bytes = g_bytes_new_from_bytes (anf_tensor_bytes (all), 0,
                                      MIN (g_bytes_get_size (anf_tensor_bytes (all)),
                                           anf_type_elements (&type)
                                           * anf_dtype_size (anf_tensor_dtype (all))));
      one = anf_tensor_new (anf_tensor_dtype (all), type.rank, shape, bytes);
      anf_tensors_add (first, name, one);
    }
  return first;
}

static gboolean
feed_one (const AnfProgram *program, AnfTensors *given, AnfTensors **one, GError **error)
{
  g_autoptr(GError) failed = NULL;
  g_autoptr(AnfTensors) inputs = inputs_of (program, given, &failed), fed = NULL;

  if (failed == NULL)
    fed = anf_feed (program, inputs, inputs == NULL, 0, &failed);
  if (fed != NULL)
    *one = first_sample (program, fed, &failed);
  if (failed != NULL)
    g_propagate_error (error, g_steal_pointer (&failed));
  return *one != NULL;
}

static void
list_errors (AnfErrors *self, const AnfProgram *program, AnfTensors *parts)
{
  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);

      for (guint port = 0; port < anf_node_n_outputs (node); port++)
        {
          g_autofree char *name = value_name (node, port);
          g_autoptr(AnfTensor) y = anf_tensors_get (self->values, name, NULL);
          g_autoptr(AnfTensor) ref = anf_tensors_get (self->exact, name, NULL);
          g_autoptr(AnfTensor) alone = parts != NULL ? anf_tensors_get (parts, name, NULL) : NULL;
          AnfValueError error = { { node->id, port }, .local = NAN, .total = NAN };

          if (y == NULL || ref == NULL)
            continue;              /* left out, or it never left the device */
          error.total = relative_error (y, ref);
          if (node->op->source)
            error.local = error.total;
          else if (alone != NULL)
            error.local = relative_error (alone, ref);
          watch (&error, y, ref);
          g_array_append_val (self->list, error);
        }
    }
}

AnfErrors *
anf_errors_measure (AnfGraph *graph, const AnfOptions *options, AnfTensors *inputs,
                    const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfErrors) self = NULL;
  g_autoptr(AnfProgram) program = NULL, exact = NULL;
  g_autoptr(AnfTensors) one = NULL, parts = NULL, outputs = NULL, best = NULL;
  AnfOptions plain = *options;

  g_return_val_if_fail (graph != NULL && options != NULL, NULL);

  self = g_atomic_rc_box_new0 (AnfErrors);
  self->graph = anf_graph_ref (graph);
  self->list = g_array_new (FALSE, FALSE, sizeof (AnfValueError));
  plain.device = NULL;             /* only the CPU shows what is inside */
  plain.settings.opt = "0";        /* every operator of the document is there */
  if ((program = anf_compile (graph, &plain, progress, error)) == NULL
      || (exact = anf_compile_exact (graph, &plain, progress, error)) == NULL
      || !feed_one (program, inputs, &one, error)
      || (outputs = anf_program_run (program, one, &self->values, progress, error)) == NULL
      || (best = anf_program_run (exact, one, &self->exact, progress, error)) == NULL)
    return NULL;
  parts = run_parts (graph, &plain, one, self->exact, progress, error);
  if (parts == NULL)
    return NULL;
  list_errors (self, program, parts);
  self->program = g_steal_pointer (&program);
  return g_steal_pointer (&self);
}

/* ---------------------------------------------------------------- against numbers of others */

/* What the file calls a value: like its node, or like an output it is (transfer full)
 * (nullable). */
static AnfTensor *
named (const AnfErrors *self, AnfTensors *reference, const AnfNode *node, guint port)
{
  g_autofree char *name = value_name (node, port);
  AnfTensor *tensor = anf_tensors_get (reference, name, NULL);

  for (guint i = 0; tensor == NULL && i < anf_graph_n_outputs (self->graph); i++)
    {
      AnfRef from;
      const char *output = anf_graph_nth_output (self->graph, i, &from);

      if (from.node == node->id && from.port == port)
        tensor = anf_tensors_get (reference, output, NULL);
    }
  return tensor;
}

static gboolean
add_named (AnfErrors *self, AnfTensors *reference, const AnfNode *node, guint port,
           GError **error)
{
  g_autofree char *name = value_name (node, port);
  g_autoptr(AnfTensor) y = anf_tensors_get (self->values, name, NULL);
  g_autoptr(AnfTensor) ref = y != NULL ? named (self, reference, node, port) : NULL;
  AnfValueError value = { { node->id, port }, .local = NAN };

  if (ref == NULL)
    return TRUE;
  if (anf_tensor_elements (ref) != anf_tensor_elements (y))
    {
      g_autofree char *own = anf_tensor_shape_text (y), *other = anf_tensor_shape_text (ref);

      anf_error_set_node (error, ANF_ERROR_BAD_INPUT, node->id, NULL,
                          "%s is %s here, %s in the file", name, own, other);
      return FALSE;
    }
  anf_tensors_add (self->exact, name, ref);
  value.total = relative_error (y, ref);
  watch (&value, y, ref);
  g_array_append_val (self->list, value);
  return TRUE;
}

AnfErrors *
anf_errors_against (const AnfErrors *run, AnfTensors *reference, GError **error)
{
  g_autoptr(AnfErrors) self = g_atomic_rc_box_new0 (AnfErrors);

  self->graph = anf_graph_ref (run->graph);
  self->values = anf_tensors_ref (run->values);
  self->exact = anf_tensors_new ();
  self->list = g_array_new (FALSE, FALSE, sizeof (AnfValueError));
  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);

      for (guint port = 0; port < anf_node_n_outputs (node); port++)
        if (!add_named (self, reference, node, port, error))
          return NULL;
    }
  if (self->list->len == 0)
    {
      g_set_error_literal (error, ANF_ERROR, ANF_ERROR_BAD_INPUT,
                           "No array in the file is called like a node or an output");
      return NULL;
    }
  return g_steal_pointer (&self);
}

/* ---------------------------------------------------------------- what it says */

AnfGraph *anf_errors_graph (const AnfErrors *self) { return self->graph; }
AnfProgram *anf_errors_program (const AnfErrors *self) { return self->program; }
guint     anf_errors_n     (const AnfErrors *self) { return self->list->len; }

const AnfValueError *
anf_errors_nth (const AnfErrors *self, guint i)
{
  g_return_val_if_fail (i < self->list->len, NULL);

  return &g_array_index (self->list, AnfValueError, i);
}

const AnfValueError *
anf_errors_first_over (const AnfErrors *self, double limit)
{
  for (guint i = 0; i < self->list->len; i++)
    {
      const AnfValueError *error = &g_array_index (self->list, AnfValueError, i);

      if (!(error->total <= limit))
        return error;
    }
  return NULL;
}

gboolean
anf_errors_values (const AnfErrors *self, AnfRef value, AnfTensor **y, AnfTensor **exact)
{
  const AnfNode *node = anf_graph_find (self->graph, value.node);
  g_autofree char *name = node != NULL ? value_name (node, value.port) : NULL;

  *y = *exact = NULL;
  if (name == NULL || (*y = anf_tensors_get (self->values, name, NULL)) == NULL)
    return FALSE;
  *exact = anf_tensors_get (self->exact, name, NULL);
  if (*exact == NULL)
    g_clear_pointer (y, anf_tensor_unref);
  return *exact != NULL;
}

AnfErrors *
anf_errors_ref (AnfErrors *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
errors_clear (AnfErrors *self)
{
  anf_graph_unref (self->graph);
  g_clear_pointer (&self->program, anf_program_unref);
  g_clear_pointer (&self->values, anf_tensors_unref);
  g_clear_pointer (&self->exact, anf_tensors_unref);
  g_array_unref (self->list);
}

void
anf_errors_unref (AnfErrors *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) errors_clear);
}
