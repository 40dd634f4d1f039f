/* compile.c - `aneforge compile`: a document to a bundle. */
#include "cli.h"

#include <stdio.h>

static void
add_segments (JsonBuilder *json, const AnfProgram *program)
{
  const AnfPlan *plan = anf_program_plan (program);

  studio_json_array (json, "segments");
  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);

      json_builder_begin_object (json);
      studio_json_text (json, "name", segment->name);
      studio_json_text (json, "kind", anf_segment_kind_name (segment->kind));
      studio_json_array (json, "ops");
      for (guint j = 0; j < segment->n_nodes; j++)
        json_builder_add_string_value (json, studio_cli_node (anf_program_graph (program),
                                                              segment->nodes[j]));
      json_builder_end_array (json);
      studio_json_text (json, "reason", segment->reason);
      studio_json_int (json, "bytes_in", segment->bytes_in);
      studio_json_int (json, "bytes_out", segment->bytes_out);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_rewrites (JsonBuilder *json, const AnfProgram *program)
{
  studio_json_array (json, "rewrites");
  for (guint i = 0; i < anf_program_n_rewrites (program); i++)
    {
      const AnfRewrite *rewrite = anf_program_nth_rewrite (program, i);

      json_builder_begin_object (json);
      studio_json_text (json, "rule", rewrite->rule);
      studio_json_text (json, "what", rewrite->what);
      studio_json_text (json, "why", rewrite->why);
      studio_json_array (json, "nodes");
      for (guint j = 0; j < rewrite->n_nodes; j++)
        json_builder_add_string_value (json, studio_cli_node (anf_program_graph (program),
                                                              rewrite->nodes[j]));
      json_builder_end_array (json);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
answer (StudioCli *self, const AnfProgram *program, const AnfGates *gates)
{
  JsonBuilder *json = studio_json_begin ();

  studio_json_text (json, "bundle", self->output);
  studio_json_text (json, "target", anf_report_target (anf_program_report (program)));
  add_segments (json, program);
  add_rewrites (json, program);
  studio_json_weights (json, anf_program_graph (program), anf_program_weights (program), TRUE);
  studio_json_gates (json, gates);
  studio_json_end (self, json);
}

static void
print_segments (const AnfProgram *program)
{
  const AnfPlan *plan = anf_program_plan (program);
  StudioTable *table = studio_table_new ("llrrrl", "Segment", "Kind", "Ops", "In", "Out", "Why",
                                         NULL);

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);
      g_autofree char *ops = studio_words_count (segment->n_nodes);
      g_autofree char *in = studio_words_bytes (segment->bytes_in);
      g_autofree char *out = studio_words_bytes (segment->bytes_out);

      studio_table_add (table, segment->name, anf_segment_kind_name (segment->kind), ops, in, out,
                        segment->reason != NULL ? segment->reason : "", NULL);
    }
  studio_table_end (table);
}

/* What was done and why. */
static void
print_rewrites (const AnfProgram *program)
{
  StudioTable *table = studio_table_new ("lll", "Rule", "What", "Why", NULL);

  for (guint i = 0; i < anf_program_n_rewrites (program); i++)
    {
      const AnfRewrite *rewrite = anf_program_nth_rewrite (program, i);

      studio_table_add (table, rewrite->rule, rewrite->what, rewrite->why, NULL);
    }
  studio_table_end (table);
}

static void
print (StudioCli *self, const AnfProgram *program, const AnfGates *gates)
{
  studio_heading ("Segments");
  print_segments (program);
  if (anf_program_n_rewrites (program) > 0)
    {
      puts ("");
      studio_heading ("Rewrites");
      print_rewrites (program);
    }
  if (anf_weights_n (anf_program_weights (program)) > 0)
    {
      puts ("");
      studio_heading ("Weights");
      studio_print_weights (anf_program_graph (program), anf_program_weights (program));
    }
  if (anf_gates_n (gates) > 0)
    {
      puts ("");
      studio_heading ("Gates");
      studio_print_gates (gates);
    }
  printf ("\nWritten for %s: %s\n", anf_report_target (anf_program_report (program)),
          self->output);
}

/* A gate that fails is recorded in the bundle: only `gate` makes an error of it. */
static void
warn_of_gates (StudioCli *self, const AnfGates *gates)
{
  for (guint i = 0; i < anf_gates_n (gates); i++)
    {
      const AnfGateResult *result = anf_gates_nth (gates, i);
      g_autofree char *value = studio_words_real (result->value);
      g_autofree char *limit = studio_words_real (result->gate.limit);

      if (result->problem != NULL)
        studio_cli_warn (self, "%s: the gate %s of %s was not measured: %s", self->file,
                         result->gate.metric, result->gate.output, result->problem);
      else if (!result->ok)
        studio_cli_warn (self, "%s: the gate %s of %s fails: %s, the limit is %s", self->file,
                         result->gate.metric, result->gate.output, value, limit);
    }
}

StudioExit
studio_cli_write_bundle (StudioCli *self)
{
  g_autoptr(GError) error = NULL;
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfProgram) program = graph != NULL ? studio_cli_compile (self, graph, &code) : NULL;
  g_autoptr(AnfGates) gates = program != NULL ? studio_cli_gates (self, graph, &code) : NULL;

  if (gates == NULL)
    return code;
  if (!anf_bundle_save (program, gates, self->output, &error))
    return studio_cli_fail (self, graph, error);
  warn_of_gates (self, gates);
  if (self->json)
    answer (self, program, gates);
  else
    print (self, program, gates);
  return STUDIO_EXIT_OK;
}

const StudioCommand studio_command_compile = {
  .name = "compile",
  .arguments = "FILE -o DIR",
  .summary = "Compile a document into a bundle.",
  .details = "Prints segments, rewrites, encodings and gates. A bundle that is there is replaced "
             "as a whole;\nany other folder that is not empty is refused.",
  .options = STUDIO_OPTION_OUTPUT | STUDIO_OPTION_TARGET | STUDIO_OPTION_COMPILE
             | STUDIO_OPTION_ATOL | STUDIO_OPTION_THREADS | STUDIO_OPTION_JSON,
  .run = studio_cli_write_bundle,
};
