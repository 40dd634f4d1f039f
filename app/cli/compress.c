/* compress.c - `aneforge compress`: what each encoding of each weight would save and spoil. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

static gboolean
is_wanted (const StudioCli *self, AnfEncoding encoding)
{
  AnfEncoding only;

  return self->mode == NULL || !anf_encoding_from_name (self->mode, &only) || only == encoding;
}

static void
print_weight (StudioCli *self, StudioTable *table, const AnfGraph *graph,
              const AnfWeightFacts *facts)
{
  g_autofree char *name = g_strdup_printf ("%s.%s", studio_cli_node (graph, facts->node),
                                           facts->role);
  gboolean first = TRUE;

  for (AnfEncoding e = 0; e < ANF_N_ENCODINGS; e++)
    {
      const AnfEncodingFacts *it = &facts->encoding[e];
      g_autofree char *bytes = it->applies ? studio_words_bytes (it->bytes) : g_strdup ("");
      g_autofree char *error = it->applies ? studio_words_real (it->error) : g_strdup ("");

      if (!is_wanted (self, e))
        continue;
      studio_table_add (table, first ? name : "", e == facts->chosen ? "●" : "",
                        anf_encoding_name (e), bytes, error,
                        !it->applies ? "" : it->streams ? "streams" : "folds",
                        !it->applies ? "not possible" : it->ok ? "pass" : "FAIL",
                        it->why != NULL ? it->why : "", NULL);
      first = FALSE;
    }
}

static StudioExit
run (StudioCli *self)
{
  g_autoptr(GError) error = NULL;
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfWeights) weights = NULL;
  AnfOptions options;

  if (graph == NULL)
    return code;
  studio_cli_options (self, graph, &options);
  if (self->solve != NULL)
    return studio_cli_solve (self, graph, &options);
  weights = anf_weights_survey (graph, &options.settings, NULL, studio_cli_progress (), &error);
  studio_cli_progress_end ();
  if (weights == NULL)
    return studio_cli_refused (self, graph, &options, error);

  if (self->json)
    {
      JsonBuilder *json = studio_json_begin ();

      studio_json_weights (json, graph, weights, FALSE);
      studio_json_end (self, json);
      return STUDIO_EXIT_OK;
    }
  if (anf_weights_n (weights) == 0)
    puts ("No weight of this document can be encoded.");
  else
    {
      StudioTable *table = studio_table_new ("lclrrlll", "Weight", "", "Encoding", "Bytes",
                                             "Error", "On target", "Gate", "Why", NULL);

      for (guint i = 0; i < anf_weights_n (weights); i++)
        print_weight (self, table, graph, anf_weights_nth (weights, i));
      studio_table_end (table);
      puts ("\n● chosen under the document's settings. The error is ‖decoded − w‖ / ‖w‖.");
    }
  return STUDIO_EXIT_OK;
}

const StudioCommand studio_command_compress = {
  .name = "compress",
  .arguments = "FILE",
  .summary = "Show bytes, error and verdict of every encoding of every weight.",
  .details = "--solve error=E is the smallest choice whose error, of all weights together and of "
             "the outputs as run,\nis at most E; bytes=B and us=T (the target's estimate) are the "
             "most accurate within that. Exit status:\n1 if no choice keeps it.",
  .options = STUDIO_OPTION_SOLVE | STUDIO_OPTION_MODE | STUDIO_OPTION_TARGET | STUDIO_OPTION_COMPILE
             | STUDIO_OPTION_ATOL | STUDIO_OPTION_JSON,
  .run = run,
};
