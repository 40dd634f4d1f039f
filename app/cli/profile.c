/* profile.c - `aneforge profile`: what the whole, each segment and each operator takes. */
#include "cli.h"

#include <math.h>
#include <stdio.h>

/* ---------------------------------------------------------------- JSON */

static void
add_stats (JsonBuilder *json, AnfStats us)
{
  studio_json_real (json, "median_us", us.median_us);
  studio_json_real (json, "p10_us", us.p10_us);
  studio_json_real (json, "p90_us", us.p90_us);
  studio_json_real (json, "p99_us", us.p99_us);
  studio_json_real (json, "min_us", us.min_us);
}

/* Whether a segment is run operator by operator; elsewhere only its whole can be measured. */
static gboolean
is_seen_inside (const AnfProgram *program, guint segment)
{
  return g_str_equal (anf_program_segment_device (program, segment), "cpu");
}

static void
add_op (JsonBuilder *json, const AnfGraph *graph, const AnfOpProfile *op, gboolean seen)
{
  static const AnfStats unknown = { NAN, NAN, NAN, NAN, NAN };
  const AnfNode *node = anf_graph_find (graph, op->node);

  json_builder_begin_object (json);
  studio_json_text (json, "name", anf_node_name (node));
  studio_json_text (json, "op", anf_node_op_name (node));
  add_stats (json, seen ? op->us : unknown);
  studio_json_real (json, "flops", op->flops);
  studio_json_int (json, "bytes", op->bytes);
  json_builder_end_object (json);
}

static void
add_segments (JsonBuilder *json, const AnfProfile *profile)
{
  const AnfProgram *program = anf_profile_program (profile);
  const AnfPlan *plan = anf_program_plan (program);

  studio_json_array (json, "segments");
  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);

      json_builder_begin_object (json);
      studio_json_text (json, "name", segment->name);
      studio_json_text (json, "kind", anf_segment_kind_name (segment->kind));
      add_stats (json, anf_profile_segment (profile, i));
      studio_json_text (json, "basis", anf_program_segment_device (program, i));
      studio_json_text (json, "reason", segment->reason);
      studio_json_array (json, "ops");
      for (guint j = 0; j < segment->n_nodes; j++)
        add_op (json, anf_program_graph (program), anf_profile_op (profile, segment->nodes[j]),
                is_seen_inside (program, i));
      json_builder_end_array (json);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

/* Compiles on the device itself; on the CPU there are none. */
static void
add_compiles (JsonBuilder *json, AnfDeviceTimes times)
{
  if (times.n_cold == 0)
    return;
  studio_json_int (json, "cold_compiles", times.n_cold);
  studio_json_real (json, "cold_compile_us", times.cold_us);
  studio_json_int (json, "warm_compiles", times.n_warm);
  studio_json_real (json, "warm_compile_us", times.warm_us);
}

static void
answer (StudioCli *self, const AnfProfile *profile)
{
  JsonBuilder *json = studio_json_begin ();
  const AnfProgram *program = anf_profile_program (profile);
  const AnfOptions *options = anf_program_options (program);

  studio_json_text (json, "device", anf_program_device (program));
  studio_json_text (json, "numerics", anf_numerics_name (options->numerics));
  studio_json_text (json, "target", anf_report_target (anf_program_report (program)));
  studio_json_int (json, "threads", anf_profile_threads (profile));
  studio_json_int (json, "runs", anf_profile_runs (profile));
  studio_json_int (json, "warmup", self->warmup);
  add_stats (json, anf_profile_total (profile));
  studio_json_real (json, "compile_us", anf_program_compile_us (program));
  add_compiles (json, anf_program_device_times (program));
  studio_json_real (json, "load_us", anf_program_load_us (program));
  studio_json_real (json, "first_run_us", anf_profile_first_us (profile));
  studio_json_int (json, "peak_bytes", anf_profile_peak_bytes (profile));
  add_segments (json, profile);
  studio_json_end (self, json);
}

/* ---------------------------------------------------------------- text */

static char *
share_text (double us, double total)
{
  return total > 0 ? g_strdup_printf ("%.1f %%", 100 * us / total) : g_strdup ("");
}

static void
print_row (StudioTable *table, const char *name, const char *what, AnfStats us, double total,
           const char *rate)
{
  g_autofree char *median = studio_words_us (us.median_us), *p10 = studio_words_us (us.p10_us);
  g_autofree char *p90 = studio_words_us (us.p90_us), *share = share_text (us.median_us, total);

  studio_table_add (table, name, what, median, p10, p90, share, rate, NULL);
}

static void
print_op (StudioTable *table, const AnfGraph *graph, const AnfOpProfile *op, double total)
{
  const AnfNode *node = anf_graph_find (graph, op->node);
  g_autofree char *name = g_strdup_printf ("  %s", anf_node_name (node));
  g_autofree char *rate = NULL;

  /* Folded into the operator before it, as an activation is into a convolution. */
  if (op->us.median_us == 0)
    {
      studio_table_add (table, name, anf_node_op_name (node), "fused", "", "", "", "", NULL);
      return;
    }
  rate = op->flops > 0 ? g_strdup_printf ("%.2f GFLOP/s", op->flops / op->us.median_us / 1e3)
                       : g_strdup ("");
  print_row (table, name, anf_node_op_name (node), op->us, total, rate);
}

/* "bridge", or "bridge, cpu" where the others are run by something else. */
static char *
describe_kind (const AnfProgram *program, guint i)
{
  const char *kind = anf_segment_kind_name (anf_plan_nth_segment (anf_program_plan (program),
                                                                  i)->kind);
  const char *device = anf_program_segment_device (program, i);

  return g_str_equal (device, anf_program_device (program))
         ? g_strdup (kind) : g_strdup_printf ("%s, %s", kind, device);
}

static void
print_compiles (AnfDeviceTimes times)
{
  g_autofree char *n_cold = studio_words_many (times.n_cold, "cold compile");
  g_autofree char *n_warm = studio_words_many (times.n_warm, "warm one");
  g_autofree char *cold = studio_words_us (times.cold_us), *warm = NULL;

  if (times.n_cold == 0)
    return;
  warm = times.n_warm > 0 ? studio_words_us (times.warm_us) : NULL;
  printf ("On the device: %s in %s%s%s%s%s.\n", n_cold, cold, warm != NULL ? ", " : "",
          warm != NULL ? n_warm : "", warm != NULL ? " in " : "", warm != NULL ? warm : "");
}

static void
print_segments (const AnfProfile *profile)
{
  const AnfProgram *program = anf_profile_program (profile);
  const AnfPlan *plan = anf_program_plan (program);
  double total = anf_profile_total (profile).median_us;
  StudioTable *table = studio_table_new ("llrrrrr", "Segment, op", "Kind", "Median", "p10", "p90",
                                         "Share", "Rate", NULL);

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);

      g_autofree char *kind = describe_kind (program, i);

      print_row (table, segment->name, kind, anf_profile_segment (profile, i), total, "");
      for (guint j = 0; j < segment->n_nodes; j++)
        print_op (table, anf_program_graph (program),
                  anf_profile_op (profile, segment->nodes[j]), total);
    }
  studio_table_end (table);
}

static void
print (StudioCli *self, const AnfProfile *profile)
{
  const AnfProgram *program = anf_profile_program (profile);
  AnfStats total = anf_profile_total (profile);
  const char *title = anf_graph_title (anf_program_graph (program));
  g_autofree char *median = studio_words_us (total.median_us);
  g_autofree char *p10 = studio_words_us (total.p10_us), *p90 = studio_words_us (total.p90_us);
  g_autofree char *compile = studio_words_us (anf_program_compile_us (program));
  g_autofree char *load = studio_words_us (anf_program_load_us (program));
  g_autofree char *first = studio_words_us (anf_profile_first_us (profile));
  g_autofree char *peak = studio_words_bytes (anf_profile_peak_bytes (profile));
  g_autofree char *basis = studio_words_basis (program);

  studio_heading ("%s: %s a run (p10 %s, p90 %s)", title != NULL ? title : self->file, median,
                  p10, p90);
  print_segments (profile);
  printf ("\nCompile %s, load %s, first run %s; %s of workspace and weights.\n", compile, load,
          first, peak);
  print_compiles (anf_program_device_times (program));
  printf ("Measured on the %s; n = %u after %d to warm up.\n", basis,
          anf_profile_runs (profile), self->warmup);
  if (self->trace != NULL)
    printf ("The median run is in %s (open it in Perfetto).\n", self->trace);
}

static StudioExit
profile_program (StudioCli *self, AnfProgram *program)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfProfile) profile = NULL;
  g_autoptr(AnfTensors) inputs = NULL, outputs = NULL, nodes = NULL;
  const AnfGraph *graph = anf_program_graph (program);

  if ((inputs = studio_cli_feed (self, program, &error)) == NULL)
    return studio_cli_fail (self, graph, error);
  profile = anf_profile (program, inputs, self->runs, self->warmup, studio_cli_progress (),
                         &error);
  studio_cli_progress_end ();
  if (profile == NULL
      || (self->trace != NULL && !anf_profile_save_trace (profile, self->trace, &error)))
    return studio_cli_fail (self, graph, error);
  if (self->out != NULL)
    {
      outputs = anf_program_run (program, inputs, self->dump_nodes ? &nodes : NULL, NULL, &error);
      if (outputs == NULL || !studio_cli_save (self, outputs, nodes, &error))
        return studio_cli_fail (self, graph, error);
    }
  if (self->json)
    answer (self, profile);
  else
    print (self, profile);
  return STUDIO_EXIT_OK;
}

static StudioExit
run (StudioCli *self)
{
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfProgram) program = graph != NULL ? studio_cli_compile (self, graph, &code) : NULL;

  return program != NULL ? profile_program (self, program) : code;
}

const StudioCommand studio_command_profile = {
  .name = "profile",
  .arguments = "FILE|BUNDLE",
  .summary = "Measure a document: latency of the program, its segments and operators.",
  .details = "A run is measured from fed inputs to readable outputs; compiling, loading and the "
             "first run\nstand apart. Times are those of the device that is named, not of an "
             "Apple Neural Engine.",
  .options = STUDIO_OPTION_BUNDLE | STUDIO_OPTION_MEASURE | STUDIO_OPTION_FEED | STUDIO_OPTION_SAVE
             | STUDIO_OPTION_DEVICE | STUDIO_OPTION_TARGET | STUDIO_OPTION_COMPILE
             | STUDIO_OPTION_THREADS | STUDIO_OPTION_JSON,
  .run = run,
};
