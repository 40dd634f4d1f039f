/* tune.c - `aneforge tune`: ways to compile a document, tried on this machine. */
#include "cli.h"

#include <math.h>
#include <stdio.h>

/* What the document's first gate with calibration inputs is measured with, so that both agree; NULL
 * without an error: there is none. Members that are no inputs are labels. */
static AnfTensors *
calibration (const AnfGraph *graph, GError **error)
{
  for (guint i = 0; i < anf_graph_n_gates (graph); i++)
    {
      const char *file = anf_graph_nth_gate (graph, i)->inputs;
      g_autofree char *path = NULL;
      g_autoptr(AnfTensors) members = NULL, inputs = NULL;

      if (file == NULL || anf_graph_folder (graph) == NULL)
        continue;
      path = g_canonicalize_filename (file, anf_graph_folder (graph));
      if ((members = anf_tensors_open (path, error)) == NULL)
        return NULL;
      inputs = anf_tensors_new ();
      for (guint m = 0; m < anf_tensors_n (members); m++)
        {
          const char *name = anf_tensors_nth_name (members, m);
          const AnfNode *node = anf_graph_find_name (graph, name);
          g_autoptr(AnfTensor) tensor = NULL;

          if (node == NULL || g_strcmp0 (anf_op_route (anf_node_op (node)), "source") != 0)
            continue;
          if ((tensor = anf_tensors_get (members, name, error)) == NULL)
            return NULL;
          anf_tensors_add (inputs, name, tensor);
        }
      return g_steal_pointer (&inputs);
    }
  return NULL;
}

static void
add_settings (JsonBuilder *json, const AnfVariant *it)
{
  studio_json_object (json, "settings");
  studio_json_text (json, "opt", it->opt);
  studio_json_text (json, "compress", it->recipe ? "recipe" : anf_encoding_name (it->compress));
  studio_json_array (json, "rewrites");
  for (guint i = 0; i < it->n_rewrites; i++)
    json_builder_add_string_value (json, it->rewrites[i]);
  json_builder_end_array (json);
  json_builder_end_object (json);
}

static void
answer (StudioCli *self, const AnfTuning *tuning, gboolean random)
{
  JsonBuilder *json = studio_json_begin ();
  int winner = anf_tuning_winner (tuning);

  studio_json_array (json, "variants");
  for (guint i = 0; i < anf_tuning_n (tuning); i++)
    {
      const AnfVariant *it = anf_tuning_nth (tuning, i);

      json_builder_begin_object (json);
      add_settings (json, it);
      studio_json_real (json, "us", it->us);
      studio_json_real (json, "estimate_us", it->estimate_us);
      studio_json_real (json, "error", it->error);
      studio_json_real (json, "change", it->change);
      studio_json_flag (json, "lossy", it->lossy);
      studio_json_flag (json, "ok", it->ok);
      studio_json_text (json, "why", it->why);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
  if (winner >= 0)
    studio_json_int (json, "winner", winner);
  else
    studio_json_text (json, "winner", NULL);
  studio_json_flag (json, "random_inputs", random);
  studio_json_text (json, "document", winner >= 0 ? self->output : NULL);
  studio_json_end (self, json);
}

static void
print (StudioCli *self, const AnfTuning *tuning, gboolean random)
{
  StudioTable *table = studio_table_new ("cllrrrrl", "", "Level", "Weights", "Rewrites", "Time",
                                         "Estimate", "Error", "Verdict", NULL);
  int winner = anf_tuning_winner (tuning);

  for (guint i = 0; i < anf_tuning_n (tuning); i++)
    {
      const AnfVariant *it = anf_tuning_nth (tuning, i);
      g_autofree char *us = isfinite (it->us) ? studio_words_us (it->us) : g_strdup ("");
      g_autofree char *estimate = isfinite (it->estimate_us) ? studio_words_us (it->estimate_us)
                                                             : g_strdup ("");
      g_autofree char *error = isfinite (it->error) ? studio_words_real (it->error)
                                                    : g_strdup ("");
      g_autofree char *rewrites = studio_words_count (it->n_rewrites);

      studio_table_add (table, (int) i == winner ? "●" : "", it->opt,
                        it->recipe ? "recipe" : anf_encoding_name (it->compress), rewrites, us,
                        estimate, error, it->why, NULL);
    }
  studio_table_end (table);
  printf ("\nThe time is the least of %d runs on the CPU device here, the estimate is for the "
          "target; the error is\n‖y − exact‖ / ‖exact‖ of the worst output, over %s.\n", 20,
          random ? "one random sample" : "the calibration inputs of the first gate");
  if (winner < 0)
    puts ("Nothing keeps these limits; no document was written.");
  else
    printf ("Written: %s\n", self->output);
}

static StudioExit
run (StudioCli *self)
{
  g_autoptr(GError) error = NULL;
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfTensors) inputs = NULL;
  g_autoptr(AnfTuning) tuning = NULL;
  AnfBudget budget = { .error = self->has_error ? self->error : -1, .us = self->time };
  AnfOptions options;

  if (graph == NULL)
    return code;
  studio_cli_options (self, graph, &options);
  if ((inputs = calibration (graph, &error)) == NULL && error != NULL)
    return studio_cli_fail (self, graph, error);
  tuning = anf_tune (graph, &options, &budget, inputs, studio_cli_progress (), &error);
  studio_cli_progress_end ();
  if (tuning == NULL)
    return studio_cli_refused (self, graph, &options, error);
  if (anf_tuning_winner (tuning) >= 0
      && !anf_document_save (anf_tuning_graph (tuning, anf_tuning_winner (tuning)), self->output,
                             &error))
    return studio_cli_fail (self, NULL, error);
  if (self->json)
    answer (self, tuning, inputs == NULL);
  else
    print (self, tuning, inputs == NULL);
  return anf_tuning_winner (tuning) >= 0 ? STUDIO_EXIT_OK : STUDIO_EXIT_FAILED;
}

const StudioCommand studio_command_tune = {
  .name = "tune",
  .arguments = "FILE -o OUT.anf",
  .summary = "Try ways to compile a document; write it with the best one's settings.",
  .details = "Without --error only what changes no weight is tried. With it, encodings are tried "
             "as well, and every\nvariant has to keep it. With --time the most accurate within it "
             "wins, else the quickest.\nExit status: 1 if nothing keeps the limits.",
  .options = STUDIO_OPTION_OUTPUT | STUDIO_OPTION_TARGET | STUDIO_OPTION_TUNE
             | STUDIO_OPTION_THREADS | STUDIO_OPTION_JSON,
  .run = run,
};
