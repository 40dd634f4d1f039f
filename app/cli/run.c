/* run.c - `aneforge run`: once through, and what came out. */
#include "cli.h"

#include <math.h>
#include <stdio.h>

typedef struct { double min, max; gsize nonfinite; } Range;

/* Of the finite values; NAN if there is none. */
static Range
range_of (const AnfTensor *tensor)
{
  Range range = { NAN, NAN, 0 };
  gsize n = anf_tensor_elements (tensor);

  for (gsize begin = 0; begin < n; begin += 4096)
    {
      float block[4096];
      gsize count = MIN (G_N_ELEMENTS (block), n - begin);

      anf_tensor_read (tensor, begin, count, block);
      for (gsize i = 0; i < count; i++)
        if (!isfinite (block[i]))
          range.nonfinite++;
        else
          {
            range.min = block[i] >= range.min ? range.min : block[i];
            range.max = block[i] <= range.max ? range.max : block[i];
          }
    }
  return range;
}

static void
add_output (JsonBuilder *json, const char *name, const AnfTensor *tensor)
{
  Range range = range_of (tensor);

  studio_json_object (json, name);
  studio_json_array (json, "shape");
  for (guint i = 0; i < anf_tensor_rank (tensor); i++)
    json_builder_add_int_value (json, anf_tensor_dim (tensor, i));
  json_builder_end_array (json);
  studio_json_real (json, "min", range.min);
  studio_json_real (json, "max", range.max);
  studio_json_int (json, "nonfinite", range.nonfinite);
  json_builder_end_object (json);
}

static void
answer (StudioCli *self, const AnfProgram *program, AnfTensors *outputs, gsize samples, double us)
{
  JsonBuilder *json = studio_json_begin ();
  const AnfOptions *options = anf_program_options (program);

  studio_json_object (json, "outputs");
  for (guint i = 0; i < anf_tensors_n (outputs); i++)
    {
      const char *name = anf_tensors_nth_name (outputs, i);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (outputs, name, NULL);

      add_output (json, name, tensor);
    }
  json_builder_end_object (json);
  studio_json_real (json, "us", us);
  studio_json_int (json, "samples", samples);
  studio_json_flag (json, "random", self->inputs == NULL || self->random != NULL);
  studio_json_text (json, "device", anf_program_device (program));
  studio_json_text (json, "numerics", anf_numerics_name (options->numerics));
  studio_json_text (json, "target", anf_report_target (anf_program_report (program)));
  studio_json_end (self, json);
}

static void
print (StudioCli *self, const AnfProgram *program, AnfTensors *outputs, gsize samples, double us)
{
  StudioTable *table = studio_table_new ("llrrr", "Output", "Shape", "Min", "Max", "Non-finite",
                                         NULL);
  g_autofree char *took = studio_words_us (us), *basis = studio_words_basis (program);
  g_autofree char *many = studio_words_many (samples, "sample");

  for (guint i = 0; i < anf_tensors_n (outputs); i++)
    {
      const char *name = anf_tensors_nth_name (outputs, i);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (outputs, name, NULL);
      Range range = range_of (tensor);
      g_autofree char *shape = anf_tensor_shape_text (tensor);
      g_autofree char *min = studio_words_real (range.min), *max = studio_words_real (range.max);
      g_autofree char *nonfinite = studio_words_count (range.nonfinite);

      studio_table_add (table, name, shape, min, max, nonfinite, NULL);
    }
  studio_table_end (table);
  printf ("\n%s in %s (%s)%s.\n", many, took, basis,
          self->inputs == NULL ? "; inputs drawn at random" : "");
  if (self->out != NULL)
    printf ("Saved to %s\n", self->out);
}

static StudioExit
run_program (StudioCli *self, AnfProgram *program)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) inputs = NULL, outputs = NULL, nodes = NULL;
  const AnfGraph *graph = anf_program_graph (program);
  gint64 begin, us;

  if ((inputs = studio_cli_feed (self, program, &error)) == NULL)
    return studio_cli_fail (self, graph, error);
  begin = g_get_monotonic_time ();
  outputs = anf_program_run (program, inputs, self->dump_nodes ? &nodes : NULL,
                             studio_cli_progress (), &error);
  us = g_get_monotonic_time () - begin;
  studio_cli_progress_end ();
  if (outputs == NULL
      || (self->out != NULL && !studio_cli_save (self, outputs, nodes, &error)))
    return studio_cli_fail (self, graph, error);

  if (self->json)
    answer (self, program, outputs, studio_cli_samples (program, inputs), us);
  else
    print (self, program, outputs, studio_cli_samples (program, inputs), us);
  return STUDIO_EXIT_OK;
}

static StudioExit
run (StudioCli *self)
{
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfProgram) program = graph != NULL ? studio_cli_compile (self, graph, &code) : NULL;

  return program != NULL ? run_program (self, program) : code;
}

const StudioCommand studio_command_run = {
  .name = "run",
  .arguments = "FILE|BUNDLE",
  .summary = "Run a document once and show what came out.",
  .details = "Without --input all inputs are drawn at random. An array whose first axis is k times "
             "that of\nthe port is run k times and the outputs are joined. A picture (PNG, JPEG, "
             "WebP) is scaled\nuntil it just covers the port, and its middle is cut out; numbers "
             "go from 0 to 1, less mean\nand divided by std where the document notes them at the "
             "input.",
  .options = STUDIO_OPTION_BUNDLE | STUDIO_OPTION_FEED | STUDIO_OPTION_SAVE
             | STUDIO_OPTION_DEVICE | STUDIO_OPTION_TARGET
             | STUDIO_OPTION_COMPILE | STUDIO_OPTION_THREADS | STUDIO_OPTION_JSON,
  .run = run,
};
