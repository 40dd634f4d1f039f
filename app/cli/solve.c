/* solve.c - `aneforge compress --solve`: an encoding for every weight, so that a limit is kept. */
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TRIES 8                    /* at the outputs, with ever less error of the weights */

typedef struct { AnfSolve what; double limit; const char *name, *text; } Goal;

static gboolean
parse (const char *text, Goal *goal)
{
  static const char *const names[] = { "error", "bytes", "us" };
  const char *equals = strchr (text, '=');
  char *end = NULL;

  for (guint i = 0; equals != NULL && i < G_N_ELEMENTS (names); i++)
    if (strlen (names[i]) == (gsize) (equals - text) && g_str_has_prefix (text, names[i]))
      {
        *goal = (Goal) { (AnfSolve) i, g_ascii_strtod (equals + 1, &end), names[i], text };
        return end != equals + 1 && *end == '\0' && goal->limit >= 0 && isfinite (goal->limit);
      }
  return FALSE;
}

typedef struct
{
  StudioCli  *cli;
  Goal        goal;
  AnfGraph   *graph, *solved;      /* as it is; with the recipe */
  AnfOptions  options;
  AnfPlan    *plan;
  AnfWeights *survey, *chosen;
  AnfRecipe  *recipe;
  double      output;              /* error at the outputs; NAN: not measured */
} Solve;

/* The worst relative error of an output, on what the first gate is measured with: as gates. */
static double
output_error (Solve *self, GError **error)
{
  AnfGraphBuilder *b = anf_graph_builder_new (self->solved);
  g_autoptr(GArray) gates = g_array_new (FALSE, FALSE, sizeof (AnfGate));
  const char *inputs = anf_graph_n_gates (self->graph) > 0
                       ? anf_graph_nth_gate (self->graph, 0)->inputs : NULL;
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfGates) measured = NULL;
  double worst = 0;

  for (guint i = 0; i < anf_graph_n_outputs (self->solved); i++)
    {
      AnfRef from;
      AnfGate gate = { g_intern_string (anf_graph_nth_output (self->solved, i, &from)), "rel_l2",
                       1, inputs };

      g_array_append_val (gates, gate);
    }
  anf_graph_builder_set_gates (b, gates->len, (const AnfGate *) gates->data);
  if ((graph = anf_graph_builder_end (b, error)) == NULL
      || (measured = anf_gates_measure (graph, &self->options, studio_cli_progress (),
                                        error)) == NULL)
    return NAN;
  for (guint i = 0; i < anf_gates_n (measured); i++)
    worst = anf_gates_nth (measured, i)->problem != NULL ? NAN
            : MAX (worst, anf_gates_nth (measured, i)->value);
  return worst;
}

static gboolean
solve_once (Solve *self, double limit, GError **error)
{
  guint n = anf_weights_n (self->survey);
  g_autofree AnfEncoding *chosen = g_new0 (AnfEncoding, n + 1);
  AnfSettings settings = self->options.settings;
  g_autoptr(AnfGraph) plain = NULL;
  AnfGraphBuilder *b;

  g_clear_pointer (&self->recipe, anf_recipe_unref);
  g_clear_pointer (&self->solved, anf_graph_unref);
  self->recipe = anf_recipe_solve (self->plan, self->survey, self->goal.what, limit, error);
  if (self->recipe == NULL
      || (plain = anf_recipe_apply (self->recipe, self->survey, self->graph, error)) == NULL)
    return FALSE;
  b = anf_graph_builder_new (plain);
  anf_graph_builder_set_settings (b, &settings);
  if ((self->solved = anf_graph_builder_end (b, error)) == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    chosen[i] = anf_recipe_nth (self->recipe, i);
  g_clear_pointer (&self->chosen, anf_weights_unref);
  self->chosen = anf_weights_chosen (self->survey, chosen);
  self->output = output_error (self, error);
  return error == NULL || *error == NULL;
}

/* An error is one of the weights, and of the outputs as well: those are held against it by running,
 * with less and less allowed to the weights. */
static gboolean
solve (Solve *self, GError **error)
{
  double limit = self->goal.limit;

  for (guint i = 0; i < TRIES; i++)
    {
      if (!solve_once (self, limit, error))
        return FALSE;
      if (self->goal.what != ANF_SOLVE_ERROR || !(self->output > self->goal.limit))
        return TRUE;
      limit = MIN (limit, anf_recipe_totals (self->recipe).error)
              * MIN (0.9, self->goal.limit / self->output);
    }
  g_set_error (error, ANF_ERROR, ANF_ERROR_REFUSED,
               "With these encodings the outputs are off by %.3g, more than %g", self->output,
               self->goal.limit);
  return FALSE;
}

static void
add_recipe (JsonBuilder *json, const Solve *self)
{
  AnfTotals after = anf_recipe_totals (self->recipe), before = anf_recipe_plain (self->recipe);

  studio_json_object (json, "recipe");
  studio_json_text (json, "goal", self->goal.name);
  studio_json_real (json, "limit", self->goal.limit);
  studio_json_int (json, "bytes", after.bytes);
  studio_json_real (json, "error", after.error);
  studio_json_real (json, "us", after.us);
  studio_json_real (json, "output_error", self->output);
  studio_json_real (json, "gap", anf_recipe_gap (self->recipe));
  studio_json_object (json, "before");
  studio_json_int (json, "bytes", before.bytes);
  studio_json_real (json, "error", before.error);
  studio_json_real (json, "us", before.us);
  json_builder_end_object (json);
  studio_json_array (json, "weights");
  for (guint i = 0; i < anf_weights_n (self->chosen); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (self->chosen, i);

      json_builder_begin_object (json);
      studio_json_text (json, "node", studio_cli_node (self->graph, facts->node));
      studio_json_text (json, "role", facts->role);
      studio_json_text (json, "encoding", anf_encoding_name (facts->chosen));
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
  json_builder_end_object (json);
}

static gboolean
save (const Solve *self, GError **error)
{
  const char *path = self->cli->output;
  g_autoptr(JsonGenerator) generator = NULL;
  g_autoptr(JsonBuilder) json = NULL;
  g_autoptr(JsonNode) root = NULL;

  if (path == NULL)
    return TRUE;
  if (!g_str_has_suffix (path, ".json"))
    return anf_document_save (self->solved, path, error);
  generator = json_generator_new ();
  json = studio_json_begin ();
  add_recipe (json, self);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  return json_generator_to_file (generator, path, error);
}

static void
print (const Solve *self)
{
  AnfTotals after = anf_recipe_totals (self->recipe), before = anf_recipe_plain (self->recipe);
  g_autofree char *bytes = studio_words_bytes (after.bytes);
  g_autofree char *was = studio_words_bytes (before.bytes);
  g_autofree char *us = studio_words_us (after.us), *were = studio_words_us (before.us);
  double gap = anf_recipe_gap (self->recipe);

  studio_print_weights (self->graph, self->chosen);
  printf ("\n%s: %s (now %s), error of the weights %.3g, of the outputs %.3g, estimate %s (now %s)."
          "\n", self->goal.text, bytes, was, after.error, self->output, us, were);
  if (gap == 0)
    puts ("No other choice is better.");
  else
    printf ("The best choice is at most %.2g %% better.\n", 100 * gap);
  if (self->cli->output != NULL)
    printf ("Written: %s\n", self->cli->output);
}

static StudioExit
fail (Solve *self, const GError *error)
{
  /* The limit cannot be kept; the target refuses nothing. */
  if (!g_error_matches (error, ANF_ERROR, ANF_ERROR_REFUSED))
    return studio_cli_fail (self->cli, self->graph, error);
  studio_cli_progress_end ();
  fprintf (stderr, "aneforge: %s: %s\n", self->cli->file, error->message);
  if (self->cli->json)
    {
      JsonBuilder *json = studio_json_begin ();

      studio_json_text (json, "error", error->message);
      studio_json_int (json, "exit", STUDIO_EXIT_FAILED);
      studio_json_end (self->cli, json);
    }
  return STUDIO_EXIT_FAILED;
}

static StudioExit
solve_and_tell (Solve *self)
{
  g_autoptr(GError) error = NULL;

  if (!solve (self, &error) || !save (self, &error))
    return fail (self, error);
  if (!self->cli->json)
    print (self);
  else
    {
      JsonBuilder *json = studio_json_begin ();

      studio_json_weights (json, self->graph, self->chosen, FALSE);
      add_recipe (json, self);
      studio_json_text (json, "written", self->cli->output);
      studio_json_end (self->cli, json);
    }
  return STUDIO_EXIT_OK;
}

StudioExit
studio_cli_solve (StudioCli *cli, AnfGraph *graph, const AnfOptions *options)
{
  Solve self = { .cli = cli, .graph = graph, .options = *options, .output = NAN };
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfReport) report = NULL;
  StudioExit code;

  if (!parse (cli->solve, &self.goal))
    return studio_cli_wrong (cli, NULL, "--solve takes error=E, bytes=B or us=T, not %s",
                             cli->solve);
  /* Who allows more error than the gate does means the gate, too. */
  if (self.goal.what == ANF_SOLVE_ERROR && !cli->has_atol)
    self.options.settings.atol = MAX (self.options.settings.atol, self.goal.limit);
  report = anf_check (graph, self.options.settings.target);
  if ((self.plan = anf_plan_with (report, &self.options, &error)) == NULL)
    return studio_cli_refused (cli, graph, &self.options, error);
  self.survey = anf_weights_survey (graph, &self.options.settings, NULL, studio_cli_progress (),
                                    &error);
  studio_cli_progress_end ();
  code = self.survey != NULL ? solve_and_tell (&self)
                             : studio_cli_refused (cli, graph, &self.options, error);
  g_clear_pointer (&self.plan, anf_plan_unref);
  g_clear_pointer (&self.survey, anf_weights_unref);
  g_clear_pointer (&self.chosen, anf_weights_unref);
  g_clear_pointer (&self.recipe, anf_recipe_unref);
  g_clear_pointer (&self.solved, anf_graph_unref);
  return code;
}
