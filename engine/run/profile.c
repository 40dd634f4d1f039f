/* profile.c - a program run many times: what the whole, each segment and each operator took. */
#include "run/program.h"

#include <json-glib/json-glib.h>

typedef struct { float total_us, *segment_us, *node_us; } Run;

struct _AnfProfile
{
  AnfProgram   *program;
  guint         runs, threads;
  guint         n_segments, n_nodes;
  double        first_us;
  float        *times;             /* of all runs: total, segments, nodes by graph position */
  guint         median_run;
  AnfStats      total, *segment;
  AnfOpProfile *op;
  guint         n_ops;
};

G_DEFINE_BOXED_TYPE (AnfProfile, anf_profile, anf_profile_ref, anf_profile_unref)

static gsize
stride (const AnfProfile *self)
{
  return 1 + (gsize) self->n_segments + self->n_nodes;
}

static Run
nth_run (const AnfProfile *self, guint i)
{
  float *row = self->times + i * stride (self);

  return (Run) { row[0], row + 1, row + 1 + self->n_segments };
}

/* ---------------------------------------------------------------- statistics */

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

/* Linear between the two neighbours. */
static double
quantile (const float *sorted, guint n, double q)
{
  double at = q * (n - 1);
  guint below = at;

  if (below + 1 >= n)
    return sorted[n - 1];
  return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

/* Of column @column of all runs. */
static AnfStats
statistics (const AnfProfile *self, gsize column)
{
  g_autofree float *sorted = g_new (float, self->runs);

  for (guint i = 0; i < self->runs; i++)
    sorted[i] = self->times[i * stride (self) + column];
  qsort (sorted, self->runs, sizeof *sorted, compare_floats);
  return (AnfStats) {
    .median_us = quantile (sorted, self->runs, 0.5),
    .p10_us = quantile (sorted, self->runs, 0.1),
    .p90_us = quantile (sorted, self->runs, 0.9),
    .p99_us = quantile (sorted, self->runs, 0.99),
    .min_us = sorted[0],
  };
}

/* The run whose total is nearest to the median of all. */
static guint
find_median_run (const AnfProfile *self)
{
  guint best = 0;

  for (guint i = 1; i < self->runs; i++)
    if (ABS (nth_run (self, i).total_us - self->total.median_us)
        < ABS (nth_run (self, best).total_us - self->total.median_us))
      best = i;
  return best;
}

static guint
position_of (const AnfGraph *graph, AnfId id)
{
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    if (anf_node_id (anf_graph_nth (graph, i)) == id)
      return i;
  g_assert_not_reached ();
}

/* What a node has to move: the values it reads and writes, and its weights as encoded. */
static gsize
traffic (const AnfProgram *program, const AnfNode *node)
{
  const AnfReport *report = anf_program_report (program);
  const AnfWeights *weights = anf_program_weights (program);
  gsize bytes = 0;

  for (guint i = 0; i < anf_node_n_inputs (node); i++)
    {
      AnfRef from = anf_node_input (node, i);
      const AnfType *type = from.node != 0 ? anf_report_type (report, from.node, from.port) : NULL;

      bytes += type != NULL ? anf_type_bytes (type) : 0;
    }
  for (guint i = 0; i < anf_node_n_outputs (node); i++)
    {
      const AnfType *type = anf_report_type (report, anf_node_id (node), i);

      bytes += type != NULL ? anf_type_bytes (type) : 0;
    }
  for (guint i = 0; i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);

      if (facts->node == anf_node_id (node))
        bytes += facts->encoding[facts->chosen].bytes;
    }
  return bytes;
}

static void
summarize (AnfProfile *self)
{
  const AnfPlan *plan = anf_program_plan (self->program);
  const AnfReport *report = anf_program_report (self->program);
  const AnfGraph *graph = anf_program_graph (self->program);

  self->total = statistics (self, 0);
  self->median_run = find_median_run (self);
  self->segment = g_new0 (AnfStats, self->n_segments + 1);
  self->op = g_new0 (AnfOpProfile, self->n_nodes + 1);
  for (guint i = 0; i < self->n_segments; i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);

      self->segment[i] = statistics (self, 1 + i);
      for (guint j = 0; j < segment->n_nodes; j++)
        {
          AnfId id = segment->nodes[j];
          gsize column = 1 + (gsize) self->n_segments + position_of (graph, id);

          self->op[self->n_ops++] = (AnfOpProfile) {
            .node = id,
            .us = statistics (self, column),
            .flops = anf_report_flops (report, id),
            .bytes = traffic (self->program, anf_graph_find (graph, id)),
          };
        }
    }
}

/* ---------------------------------------------------------------- runs */

typedef struct
{
  AnfProgram        *program;
  AnfTensors        *inputs;
  guint              samples, done, all;
  AnfTiming          timing;
  const AnfProgress *progress;
} Series;

/* Samples take turns, so that data-dependent times even out. */
static gboolean
run_once (Series *self, GError **error)
{
  return anf_progress_step (self->progress, "Profile", (double) self->done / self->all, error)
         && anf_program_run_timed (self->program, self->inputs, self->done++ % self->samples,
                                   &self->timing, NULL, error);
}

static gboolean
measure (AnfProfile *self, Series *series, guint warmup, GError **error)
{
  if (!run_once (series, error))
    return FALSE;
  self->first_us = series->timing.total_us;
  for (guint i = 0; i < warmup; i++)
    if (!run_once (series, error))
      return FALSE;
  for (guint i = 0; i < self->runs; i++)
    {
      float *row = self->times + i * stride (self);

      if (!run_once (series, error))
        return FALSE;
      row[0] = series->timing.total_us;
      for (guint j = 0; j < self->n_segments; j++)
        row[1 + j] = series->timing.segment_us[j];
      for (guint j = 0; j < self->n_nodes; j++)
        row[1 + self->n_segments + j] = series->timing.node_us[j];
    }
  return TRUE;
}

AnfProfile *
anf_profile (AnfProgram *program, AnfTensors *inputs, guint runs, guint warmup,
             const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfProfile) self = NULL;
  g_autofree double *segment_us = NULL, *node_us = NULL;
  Series series;

  g_return_val_if_fail (program != NULL && runs > 0, NULL);

  self = g_atomic_rc_box_new0 (AnfProfile);
  self->program = anf_program_ref (program);
  self->runs = runs;
  self->threads = anf_program_options (program)->threads;
  if (self->threads == 0)
    self->threads = g_get_num_processors ();
  self->n_segments = anf_plan_n_segments (anf_program_plan (program));
  self->n_nodes = anf_graph_n_nodes (anf_program_graph (program));
  if ((self->times = g_try_new (float, runs * stride (self))) == NULL)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_RUN, "No memory for the times of %u runs", runs);
      return NULL;
    }

  segment_us = g_new0 (double, self->n_segments + 1);
  node_us = g_new0 (double, self->n_nodes + 1);
  series = (Series) {
    .program = program, .inputs = inputs, .samples = anf_program_n_samples (program, inputs),
    .all = 1 + warmup + runs, .timing = { 0, segment_us, node_us }, .progress = progress,
  };
  if (!measure (self, &series, warmup, error))
    return NULL;
  summarize (self);
  return g_steal_pointer (&self);
}

/* ---------------------------------------------------------------- trace */

/* Lanes of the trace, as thread ids. */
enum { LANE_PROGRAM = 1, LANE_SEGMENTS, LANE_OPS };

static void
add_text (JsonBuilder *json, const char *name, const char *value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, value);
}

static void
add_number (JsonBuilder *json, const char *name, double value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_double_value (json, value);
}

static void
add_place (JsonBuilder *json, int lane)
{
  json_builder_set_member_name (json, "pid");
  json_builder_add_int_value (json, 1);
  json_builder_set_member_name (json, "tid");
  json_builder_add_int_value (json, lane);
}

/* @what: "process_name" or "thread_name". */
static void
add_name (JsonBuilder *json, const char *what, int lane, const char *name)
{
  json_builder_begin_object (json);
  add_text (json, "name", what);
  add_text (json, "ph", "M");
  add_place (json, lane);
  json_builder_set_member_name (json, "args");
  json_builder_begin_object (json);
  add_text (json, "name", name);
  json_builder_end_object (json);
  json_builder_end_object (json);
}

static void
add_event (JsonBuilder *json, int lane, const char *name, const char *kind, double ts, double dur)
{
  json_builder_begin_object (json);
  add_text (json, "name", name);
  add_text (json, "cat", kind);
  add_text (json, "ph", "X");
  add_place (json, lane);
  add_number (json, "ts", ts);
  add_number (json, "dur", dur);
  json_builder_end_object (json);
}

/* Durations are measured, beginnings follow from the order: one thing runs after the other. */
static void
add_run (const AnfProfile *self, JsonBuilder *json)
{
  const AnfGraph *graph = anf_program_graph (self->program);
  const AnfPlan *plan = anf_program_plan (self->program);
  Run run = nth_run (self, self->median_run);
  double at = 0;

  for (guint i = 0; i < self->n_segments; i++)
    at += run.segment_us[i];
  at = MAX (0, run.total_us - at) / 2;     /* feeding before, reading after */

  add_event (json, LANE_PROGRAM, "run", "program", 0, run.total_us);
  for (guint i = 0; i < self->n_segments; i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);
      double op_at = at;

      add_event (json, LANE_SEGMENTS, segment->name, anf_segment_kind_name (segment->kind), at,
                 run.segment_us[i]);
      for (guint j = 0; j < segment->n_nodes; j++)
        {
          const AnfNode *node = anf_graph_find (graph, segment->nodes[j]);
          double us = run.node_us[position_of (graph, segment->nodes[j])];

          add_event (json, LANE_OPS, anf_node_name (node), anf_node_op_name (node), op_at, us);
          op_at += us;
        }
      at += run.segment_us[i];
    }
}

gboolean
anf_profile_save_trace (const AnfProfile *self, const char *path, GError **error)
{
  g_autoptr(JsonBuilder) json = json_builder_new ();
  g_autoptr(JsonGenerator) generator = json_generator_new ();
  g_autoptr(JsonNode) root = NULL;
  const AnfGraph *graph = anf_program_graph (self->program);
  g_autofree char *text = NULL;
  gsize length;

  json_builder_begin_object (json);
  add_text (json, "displayTimeUnit", "ns");
  json_builder_set_member_name (json, "traceEvents");
  json_builder_begin_array (json);
  add_name (json, "process_name", LANE_PROGRAM, anf_graph_title (graph));
  add_name (json, "thread_name", LANE_PROGRAM, "program");
  add_name (json, "thread_name", LANE_SEGMENTS, "segments");
  add_name (json, "thread_name", LANE_OPS, "operators");
  add_run (self, json);
  json_builder_end_array (json);
  json_builder_end_object (json);

  root = json_builder_get_root (json);
  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, &length);
  return g_file_set_contents (path, text, length, error);
}

/* ---------------------------------------------------------------- what it says */

AnfProfile *
anf_profile_ref (AnfProfile *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
profile_clear (AnfProfile *self)
{
  g_free (self->times);
  g_free (self->segment);
  g_free (self->op);
  anf_program_unref (self->program);
}

void
anf_profile_unref (AnfProfile *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) profile_clear);
}

AnfProgram *anf_profile_program  (const AnfProfile *self) { return self->program; }
guint       anf_profile_runs     (const AnfProfile *self) { return self->runs; }
guint       anf_profile_threads  (const AnfProfile *self) { return self->threads; }
AnfStats    anf_profile_total    (const AnfProfile *self) { return self->total; }
double      anf_profile_first_us (const AnfProfile *self) { return self->first_us; }
guint       anf_profile_n_ops    (const AnfProfile *self) { return self->n_ops; }

gsize
anf_profile_peak_bytes (const AnfProfile *self)
{
  return anf_program_bytes (self->program);
}

AnfStats
anf_profile_segment (const AnfProfile *self, guint i)
{
  g_return_val_if_fail (i < self->n_segments, self->total);

  return self->segment[i];
}

const AnfOpProfile *
anf_profile_nth_op (const AnfProfile *self, guint i)
{
  g_return_val_if_fail (i < self->n_ops, NULL);

  return &self->op[i];
}

const AnfOpProfile *
anf_profile_op (const AnfProfile *self, AnfId id)
{
  for (guint i = 0; i < self->n_ops; i++)
    if (self->op[i].node == id)
      return &self->op[i];
  return NULL;
}
