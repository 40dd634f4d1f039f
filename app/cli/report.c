/* report.c - `aneforge report`: all that a run shows, as one page. */
#include "cli.h"

#include <stdio.h>

#include "report.h"

static AnfRecord *
measure (StudioCli *self, AnfProgram *program, GError **error)
{
  g_autoptr(AnfTensors) inputs = studio_cli_feed (self, program, error);
  g_autoptr(AnfProfile) profile = NULL;
  g_autoptr(AnfGates) gates = NULL;

  if (inputs == NULL)
    return NULL;
  profile = anf_profile (program, inputs, self->runs, self->warmup, studio_cli_progress (), error);
  if (profile != NULL)
    gates = anf_gates_measure (anf_program_graph (program), anf_program_options (program),
                               studio_cli_progress (), error);
  studio_cli_progress_end ();
  if (gates != NULL && self->trace != NULL && !anf_profile_save_trace (profile, self->trace, error))
    return NULL;
  return gates != NULL ? anf_record_new (profile, gates, 0) : NULL;
}

static StudioExit
run (StudioCli *self)
{
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfProgram) program = graph != NULL ? studio_cli_compile (self, graph, &code) : NULL;
  g_autoptr(AnfRecord) record = NULL;

  if (program == NULL)
    return code;
  record = measure (self, program, &error);
  if (record == NULL || !studio_report_save (record, graph, self->output, &error))
    return studio_cli_fail (self, graph, error);
  if (self->json)
    {
      g_autofree char *text = anf_record_text (record);

      puts (text);
      self->answered = TRUE;
    }
  else
    printf ("Written: %s\n", self->output);
  return STUDIO_EXIT_OK;
}

const StudioCommand studio_command_report = {
  .name = "report",
  .arguments = "FILE -o R.html",
  .summary = "Measure a document, and write all that it shows as one page.",
  .details = "The page needs nothing else: tables, charts and the graph are in it, and all numbers "
             "as JSON.\n--json prints that JSON. Times are those of the device that is named, not "
             "of an Apple Neural Engine.",
  .options = STUDIO_OPTION_OUTPUT | STUDIO_OPTION_FEED | STUDIO_OPTION_DEVICE
             | STUDIO_OPTION_MEASURE | STUDIO_OPTION_TARGET | STUDIO_OPTION_COMPILE
             | STUDIO_OPTION_ATOL | STUDIO_OPTION_THREADS | STUDIO_OPTION_JSON,
  .run = run,
};
