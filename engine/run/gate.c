/* gate.c - a document's accuracy gates: the run it asks for against the exact one. */
#include "run/errors.h"
#include "run/program.h"

#include <math.h>

#define BLOCK 4096                 /* numbers read at a time */

struct _AnfGates
{
  AnfGraph      *graph;
  guint          n;
  AnfGateResult *result;
};

/* ---------------------------------------------------------------- metrics */

/* What all metrics but top1 are made of, in double (fp32 sums would overflow or round). */
typedef struct
{
  double error2, y2, ref2, dot;    /* sums of squares and products */
  double max_error, peak;
  gsize  n;
} Sums;

static Sums
compare (const AnfTensor *y, const AnfTensor *ref)
{
  Sums s = { .n = anf_tensor_elements (ref) };
  double a[BLOCK], b[BLOCK];

  for (gsize begin = 0; begin < s.n; begin += BLOCK)
    {
      gsize count = MIN (BLOCK, s.n - begin);

      anf_tensor_read_double (y, begin, count, a);
      anf_tensor_read_double (ref, begin, count, b);
      for (gsize i = 0; i < count; i++)
        {
          double error = fabs (a[i] - b[i]);

          s.error2 += error * error;
          s.y2 += a[i] * a[i];
          s.ref2 += b[i] * b[i];
          s.dot += a[i] * b[i];
          /* Not fmax (): a NaN has to stay, and fail the gate. */
          if (!(error <= s.max_error) && !isnan (s.max_error))
            s.max_error = error;
          s.peak = MAX (s.peak, fabs (b[i]));
        }
    }
  return s;
}

static double
rel_l2 (const AnfTensor *y, const AnfTensor *ref)
{
  Sums s = compare (y, ref);

  return s.error2 == 0 ? 0 : sqrt (s.error2) / sqrt (s.ref2);
}

static double
max_abs (const AnfTensor *y, const AnfTensor *ref)
{
  return compare (y, ref).max_error;
}

static double
cosine (const AnfTensor *y, const AnfTensor *ref)
{
  Sums s = compare (y, ref);

  if (s.y2 == 0 || s.ref2 == 0)
    return s.y2 == s.ref2 ? 1 : 0;
  return s.dot / (sqrt (s.y2) * sqrt (s.ref2));
}

/* In dB; the peak is the largest magnitude of the reference. Infinite when nothing differs. */
static double
psnr (const AnfTensor *y, const AnfTensor *ref)
{
  Sums s = compare (y, ref);

  return s.error2 == 0 ? INFINITY : 10 * log10 (s.peak * s.peak * s.n / s.error2);
}

static gsize
largest (const double *row, gsize n)
{
  gsize best = 0;

  for (gsize i = 1; i < n; i++)
    if (row[i] > row[best])
      best = i;
  return best;
}

/* The share of rows along the last axis whose largest entry is at the same place. A last axis of
 * one holds no scores but the class itself, so there the values have to be equal. */
static double
top1 (const AnfTensor *y, const AnfTensor *ref)
{
  guint rank = anf_tensor_rank (ref);
  gsize width = rank > 0 ? anf_tensor_dim (ref, rank - 1) : 1;
  gsize n = anf_tensor_elements (ref), same = 0;
  g_autofree double *a = g_new (double, width), *b = g_new (double, width);

  for (gsize begin = 0; begin < n; begin += width)
    {
      anf_tensor_read_double (y, begin, width, a);
      anf_tensor_read_double (ref, begin, width, b);
      same += width > 1 ? largest (a, width) == largest (b, width) : a[0] == b[0];
    }
  return n > 0 ? (double) same / (n / width) : 1;
}

typedef struct
{
  const char *name;
  double    (*measure) (const AnfTensor *y, const AnfTensor *ref);
  gboolean    at_least;            /* passes at the limit and above, else at it and below */
} Metric;

static const Metric metrics[] = {
  { "rel_l2", rel_l2, FALSE },
  { "max_abs", max_abs, FALSE },
  { "cosine", cosine, TRUE },
  { "psnr", psnr, TRUE },
  { "top1", top1, TRUE },
};

static const Metric *
find_metric (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    if (g_strcmp0 (metrics[i].name, name) == 0)
      return &metrics[i];
  return NULL;
}

/* ---------------------------------------------------------------- the two runs */

/* The same graph with no encoding chosen anywhere. */
static AnfGraph *
without_encodings (AnfGraph *graph, GError **error)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);

  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);
      const AnfOp *op = anf_node_op (node);

      for (guint r = 0; anf_op_role (op, r) != NULL; r++)
        {
          const char *role = anf_op_role (op, r)->name;
          AnfEncoding own;

          if (anf_node_encoding (node, role, &own))
            anf_graph_builder_unset_encoding (builder, anf_node_id (node), role);
        }
    }
  return anf_graph_builder_end (builder, error);
}

AnfProgram *
anf_compile_exact (AnfGraph *graph, const AnfOptions *options, const AnfProgress *progress,
                   GError **error)
{
  AnfOptions exact = *options;
  g_autoptr(AnfGraph) plain = NULL;

  exact.device = NULL;             /* no engine computes without rounding */
  exact.numerics = ANF_NUMERICS_FP32;
  exact.settings.compress = ANF_FP16;
  if ((plain = without_encodings (graph, error)) == NULL)
    return NULL;
  return anf_compile (plain, &exact, progress, error);
}

/* The members of @file that are inputs of the program; others (labels) are nothing to us. */
AnfTensors *
anf_gate_inputs (const AnfProgram *program, const char *file, GError **error)
{
  const char *folder = anf_graph_folder (anf_program_graph (program));
  g_autofree char *path = NULL;
  g_autoptr(AnfTensors) members = NULL, inputs = anf_tensors_new ();

  if (folder == NULL && !g_path_is_absolute (file))
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE,
                   "%s is sought beside the document: save it first", file);
      return NULL;
    }
  path = g_canonicalize_filename (file, folder);
  if ((members = anf_tensors_open (path, error)) == NULL)
    return NULL;
  for (guint i = 0; i < anf_program_n_inputs (program); i++)
    {
      const char *name = anf_program_nth_input (program, i, NULL);
      g_autoptr(AnfTensor) tensor = NULL;

      if ((tensor = anf_tensors_get (members, name, error)) == NULL)
        {
          g_prefix_error (error, "%s: ", file);
          return NULL;
        }
      anf_tensors_add (inputs, name, tensor);
    }
  return g_steal_pointer (&inputs);
}

/* The outputs of one program for the calibration file @file (NULL: one random sample). */
static AnfTensors *
run (AnfProgram *program, const char *file, guint *samples, char **problem,
     const AnfProgress *progress, GError **error)
{
  g_autoptr(GError) unusable = NULL;
  g_autoptr(AnfTensors) given = NULL, inputs = NULL;

  if (file != NULL)
    given = anf_gate_inputs (program, file, &unusable);
  if (unusable == NULL)
    inputs = anf_feed (program, given, file == NULL, 0, &unusable);
  if (unusable != NULL)
    {
      *problem = g_strdup (unusable->message);
      return NULL;
    }
  *samples = anf_program_n_samples (program, inputs);
  return anf_program_run (program, inputs, NULL, progress, error);
}

/* ---------------------------------------------------------------- results */

/* How large the errors of single numbers are, on a log scale of fixed bins. */
static void
spread (AnfErrorSpread *self, const AnfTensor *y, const AnfTensor *ref)
{
  double a[BLOCK], b[BLOCK], error2 = 0, ref2 = 0;

  self->n = anf_tensor_elements (ref);
  for (gsize begin = 0; begin < self->n; begin += BLOCK)
    {
      gsize count = MIN (BLOCK, self->n - begin);

      anf_tensor_read_double (y, begin, count, a);
      anf_tensor_read_double (ref, begin, count, b);
      for (gsize i = 0; i < count; i++)
        {
          double error = fabs (a[i] - b[i]);
          int bin = error > 0 ? floor (ANF_ERROR_BINS_PER_DECADE
                                       * (log10 (error) - ANF_ERROR_LEAST_DECADE)) : -1;

          error2 += error * error;
          ref2 += b[i] * b[i];
          if (error == 0)
            self->exact++;
          else
            self->bin[CLAMP (bin, 0, ANF_ERROR_BINS - 1)]++;
        }
    }
  self->rms = self->n > 0 ? sqrt (error2 / self->n) : 0;
  self->rms_reference = self->n > 0 ? sqrt (ref2 / self->n) : 0;
}

static gboolean
keeps (const AnfGate *gate, double value)
{
  /* Written so that a NaN fails. */
  return find_metric (gate->metric)->at_least ? value >= gate->limit : value <= gate->limit;
}

gboolean
anf_gate_holds (const AnfGate *gate, AnfTensors *outputs, AnfTensors *reference)
{
  const Metric *metric = find_metric (gate->metric);
  g_autoptr(AnfTensor) y = anf_tensors_get (outputs, gate->output, NULL);
  g_autoptr(AnfTensor) ref = anf_tensors_get (reference, gate->output, NULL);

  return metric != NULL && y != NULL && ref != NULL && keeps (gate, metric->measure (y, ref));
}

static void
judge (AnfGateResult *result, AnfTensors *outputs, AnfTensors *reference)
{
  const Metric *metric = find_metric (result->gate.metric);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensor) y = anf_tensors_get (outputs, result->gate.output, &error);
  g_autoptr(AnfTensor) ref = y ? anf_tensors_get (reference, result->gate.output, &error) : NULL;

  if (ref == NULL)
    {
      result->problem = g_strdup (error->message);
      return;
    }
  result->value = metric->measure (y, ref);
  spread (&result->errors, y, ref);
  result->ok = keeps (&result->gate, result->value);
}

/* Measures every gate that asks for the inputs of gate @first, with one run of either program. */
static gboolean
measure_alike (AnfGates *self, guint first, AnfProgram *program, AnfProgram *exact,
               const AnfProgress *progress, GError **error)
{
  const char *file = self->result[first].gate.inputs;
  g_autofree char *problem = NULL;
  g_autoptr(AnfTensors) outputs = NULL, reference = NULL;
  g_autoptr(GError) failed = NULL;
  guint samples = 0;

  outputs = run (program, file, &samples, &problem, progress, &failed);
  if (outputs != NULL)
    reference = run (exact, file, &samples, &problem, progress, &failed);
  if (failed != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failed));
      return FALSE;
    }
  for (guint i = first; i < self->n; i++)
    {
      AnfGateResult *result = &self->result[i];

      if (g_strcmp0 (result->gate.inputs, file) != 0 || result->problem != NULL)
        continue;
      result->n_samples = samples;
      result->random_inputs = file == NULL;
      result->problem = g_strdup (problem);
      if (problem == NULL)
        judge (result, outputs, reference);
    }
  return TRUE;
}

static gboolean
seen_before (const AnfGates *self, guint i)
{
  for (guint j = 0; j < i; j++)
    if (g_strcmp0 (self->result[j].gate.inputs, self->result[i].gate.inputs) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
has_output (const AnfGraph *graph, const char *name)
{
  AnfRef from;

  for (guint i = 0; i < anf_graph_n_outputs (graph); i++)
    if (g_str_equal (anf_graph_nth_output (graph, i, &from), name))
      return TRUE;
  return FALSE;
}

/* FALSE: a metric that does not exist, which is a mistake in the document. */
static gboolean
list_gates (AnfGates *self, GError **error)
{
  self->n = anf_graph_n_gates (self->graph);
  self->result = g_new0 (AnfGateResult, self->n);
  for (guint i = 0; i < self->n; i++)
    {
      const AnfGate *gate = anf_graph_nth_gate (self->graph, i);

      self->result[i].gate = *gate;
      if (find_metric (gate->metric) == NULL)
        {
          g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE, "Gate %u has an unknown metric \"%s\";"
                       " known are rel_l2, max_abs, cosine, psnr, top1", i + 1, gate->metric);
          return FALSE;
        }
      if (!has_output (self->graph, gate->output))
        self->result[i].problem = g_strdup_printf ("There is no output \"%s\"", gate->output);
    }
  return TRUE;
}

static void
gates_clear (AnfGates *self)
{
  for (guint i = 0; i < self->n; i++)
    g_free (self->result[i].problem);
  g_free (self->result);
  anf_graph_unref (self->graph);
}

/* @program (nullable): compiled already with these options. */
static AnfGates *
measure_gates (AnfGraph *graph, const AnfOptions *options, AnfProgram *program,
               const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfGates) self = g_atomic_rc_box_new0 (AnfGates);
  g_autoptr(AnfProgram) own = program != NULL ? anf_program_ref (program) : NULL, exact = NULL;

  self->graph = anf_graph_ref (graph);
  if (!list_gates (self, error))
    return NULL;
  if (self->n == 0)
    return g_steal_pointer (&self);

  if ((own == NULL && (own = anf_compile (graph, options, progress, error)) == NULL)
      || (exact = anf_compile_exact (graph, options, progress, error)) == NULL)
    return NULL;
  for (guint i = 0; i < self->n; i++)
    if (!seen_before (self, i) && !measure_alike (self, i, own, exact, progress, error))
      return NULL;
  return g_steal_pointer (&self);
}

AnfGates *
anf_gates_measure (AnfGraph *graph, const AnfOptions *options, const AnfProgress *progress,
                   GError **error)
{
  g_return_val_if_fail (graph != NULL && options != NULL, NULL);

  return measure_gates (graph, options, NULL, progress, error);
}

AnfGates *
anf_gates_of (AnfProgram *program, const AnfProgress *progress, GError **error)
{
  g_return_val_if_fail (program != NULL, NULL);

  return measure_gates (anf_program_graph (program), anf_program_options (program), program,
                        progress, error);
}

gboolean
anf_gates_ok (const AnfGates *self)
{
  for (guint i = 0; i < self->n; i++)
    if (!self->result[i].ok)
      return FALSE;
  return TRUE;
}

guint     anf_gates_n     (const AnfGates *self) { return self->n; }
AnfGraph *anf_gates_graph (const AnfGates *self) { return self->graph; }

const AnfGateResult *
anf_gates_nth (const AnfGates *self, guint i)
{
  g_return_val_if_fail (i < self->n, NULL);

  return &self->result[i];
}

AnfGates *
anf_gates_ref (AnfGates *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_gates_unref (AnfGates *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) gates_clear);
}

G_DEFINE_BOXED_TYPE (AnfGates, anf_gates, anf_gates_ref, anf_gates_unref)
