/* estimate.c - `aneforge estimate`: how long a run may take on chips that are not here. */
#include "cli.h"

#include <math.h>
#include <stdio.h>

/* One target: its plan, and what is estimated of it. */
typedef struct
{
  const char  *target;
  AnfPlan     *plan;
  AnfEstimate *estimate;
} Guess;

static void
guess_clear (gpointer data)
{
  Guess *self = data;

  g_clear_pointer (&self->plan, anf_plan_unref);
  g_clear_pointer (&self->estimate, anf_estimate_unref);
}

/* ---------------------------------------------------------------- JSON */

static void
add_terms (JsonBuilder *json, const AnfTerms *terms)
{
  studio_json_object (json, "terms");
  studio_json_real (json, "fixed", terms->fixed);
  studio_json_real (json, "activation", terms->activation);
  studio_json_real (json, "weight", terms->weight);
  studio_json_real (json, "compute", terms->compute);
  json_builder_end_object (json);
}

static void
add_node (JsonBuilder *json, const AnfGraph *graph, const AnfNodeEstimate *it)
{
  const AnfNode *node = anf_graph_find (graph, it->node);

  json_builder_begin_object (json);
  studio_json_text (json, "name", anf_node_name (node));
  studio_json_text (json, "op", anf_node_op_name (node));
  studio_json_real (json, "us", it->us);
  studio_json_text (json, "binds", anf_bound_name (it->bound));
  add_terms (json, &it->terms);
  json_builder_end_object (json);
}

static void
add_segments (JsonBuilder *json, const AnfGraph *graph, const Guess *guess)
{
  studio_json_array (json, "segments");
  for (guint i = 0; i < anf_estimate_n_segments (guess->estimate); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (guess->plan, i);
      const AnfSegmentEstimate *it = anf_estimate_segment (guess->estimate, i);

      json_builder_begin_object (json);
      studio_json_text (json, "name", segment->name);
      studio_json_text (json, "kind", anf_segment_kind_name (segment->kind));
      studio_json_real (json, "us", it->us);
      studio_json_real (json, "low", it->low);
      studio_json_real (json, "high", it->high);
      studio_json_text (json, "binds", anf_bound_name (it->bound));
      add_terms (json, &it->terms);
      studio_json_text (json, "reason", segment->reason);
      studio_json_array (json, "nodes");
      for (guint j = 0; j < segment->n_nodes; j++)
        json_builder_add_string_value (json, studio_cli_node (graph, segment->nodes[j]));
      json_builder_end_array (json);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_guess (JsonBuilder *json, const AnfGraph *graph, const Guess *guess)
{
  const AnfEstimate *estimate = guess->estimate;
  const char *why = anf_estimate_why (estimate);
  gboolean own = anf_estimate_basis (estimate) != ANF_BASIS_PACKAGE;
  double low, high, us = anf_estimate_us (estimate, &low, &high);

  studio_json_object (json, guess->target);
  if (why != NULL)
    {
      studio_json_text (json, "us", NULL);
      studio_json_text (json, "why", why);
      json_builder_end_object (json);
      return;
    }
  studio_json_real (json, "us", us);
  studio_json_real (json, "low", own ? low : NAN);
  studio_json_real (json, "high", own ? high : NAN);
  studio_json_text (json, "basis", anf_basis_name (anf_estimate_basis (estimate)));
  studio_json_text (json, "from", anf_estimate_from (estimate));
  studio_json_real (json, "floor_us", anf_estimate_floor (estimate));
  add_segments (json, graph, guess);
  studio_json_array (json, "nodes");
  for (guint i = 0; i < anf_estimate_n_nodes (estimate); i++)
    add_node (json, graph, anf_estimate_nth_node (estimate, i));
  json_builder_end_array (json);
  json_builder_end_object (json);
}

/* ---------------------------------------------------------------- text */

static const char *
title_of (const char *target)
{
  const char *title = anf_arch_title (target);

  return title != NULL ? title : "";
}

static void
print_row (StudioTable *table, const char *name, const char *what, double us, double total,
           const AnfTerms *terms, AnfBound bound)
{
  g_autofree char *time = studio_words_us (us), *ports = studio_words_us (terms->activation);
  g_autofree char *share = g_strdup_printf ("%.1f %%", total > 0 ? 100 * us / total : 0);
  g_autofree char *weights = studio_words_us (terms->weight);
  g_autofree char *compute = studio_words_us (terms->compute);

  if (us < 0.005)                  /* views, and what happens as a value passes */
    studio_table_add (table, name, what, "free", "", "", "", "", "", NULL);
  else
    studio_table_add (table, name, what, time, share, ports, weights, compute,
                      anf_bound_name (bound), NULL);
}

/* A composite may be in several segments; it is shown once, with all it costs. */
static void
print_segments (const AnfGraph *graph, const Guess *guess)
{
  double total = anf_estimate_us (guess->estimate, NULL, NULL);
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  StudioTable *table = studio_table_new ("llrrrrrl", "Segment, op", "Kind", "Estimate", "Share",
                                         "Values", "Weights", "Compute", "Binds", NULL);

  for (guint i = 0; i < anf_estimate_n_segments (guess->estimate); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (guess->plan, i);
      const AnfSegmentEstimate *it = anf_estimate_segment (guess->estimate, i);

      print_row (table, segment->name, anf_segment_kind_name (segment->kind), it->us, total,
                 &it->terms, it->bound);
      for (guint j = 0; j < segment->n_nodes; j++)
        {
          const AnfNodeEstimate *node = anf_estimate_node (guess->estimate, segment->nodes[j]);
          g_autofree char *name = g_strdup_printf ("  %s",
                                                   studio_cli_node (graph, segment->nodes[j]));

          if (node != NULL && g_hash_table_add (seen, GSIZE_TO_POINTER (segment->nodes[j])))
            print_row (table, name,
                       anf_node_op_name (anf_graph_find (graph, segment->nodes[j])), node->us,
                       total, &node->terms, node->bound);
        }
    }
  studio_table_end (table);
}

static void
print_one (StudioCli *self, const AnfGraph *graph, const Guess *guess)
{
  const AnfEstimate *estimate = guess->estimate;
  double low, high, us = anf_estimate_us (estimate, &low, &high);
  const char *title = anf_graph_title (graph);
  g_autofree char *middle = studio_words_us (us), *least = studio_words_us (low);
  g_autofree char *most = studio_words_us (high);
  g_autofree char *floor = studio_words_us (anf_estimate_floor (estimate));

  if (title == NULL || title[0] == '\0')
    title = self->file;
  if (anf_estimate_why (estimate) != NULL)
    {
      studio_heading ("%s: no estimate for %s", title, guess->target);
      puts (anf_estimate_why (estimate));
      return;
    }
  if (anf_estimate_basis (estimate) == ANF_BASIS_PACKAGE)
    {
      studio_heading ("%s: %s on %s by the package's formula", title, middle, guess->target);
      puts ("For comparison: it is known to be off by factors of 1.2 to 38 on its own data.");
      return;
    }
  studio_heading ("%s: about %s on %s, between %s and %s", title, middle, guess->target, least,
                  most);
  print_segments (graph, guess);
  printf ("\nAn estimate, not a measurement: rates %s measurements of %s; in four of five cases "
          "the\ntime is expected within the interval. A program costs at least %s.\n",
          anf_estimate_basis (estimate) == ANF_BASIS_MEASURED ? "fitted to" : "extrapolated from",
          anf_estimate_from (estimate), floor);
}

static void
print_all (const GArray *guesses)
{
  StudioTable *table = studio_table_new ("llrrrll", "Target", "Chip", "Estimate", "Low", "High",
                                         "Basis", "From", NULL);

  for (guint i = 0; i < guesses->len; i++)
    {
      const Guess *guess = &g_array_index (guesses, Guess, i);
      double low, high, us = anf_estimate_us (guess->estimate, &low, &high);
      g_autofree char *middle = studio_words_us (us), *least = studio_words_us (low);
      g_autofree char *most = studio_words_us (high);
      const char *why = anf_estimate_why (guess->estimate);
      AnfBasis basis = anf_estimate_basis (guess->estimate);
      const char *from = anf_estimate_from (guess->estimate);

      if (why != NULL)
        studio_table_add (table, guess->target, title_of (guess->target), "-", "", "", "none", why,
                          NULL);
      else
        studio_table_add (table, guess->target, title_of (guess->target), middle,
                          basis == ANF_BASIS_PACKAGE ? "" : least,
                          basis == ANF_BASIS_PACKAGE ? "" : most, anf_basis_name (basis),
                          from != NULL ? from : "", NULL);
    }
  studio_table_end (table);
  puts ("\nEstimates, not measurements.");
}

/* ---------------------------------------------------------------- the command */

/* Some weight is stored otherwise than as fp16. */
static gboolean
has_encodings (const AnfGraph *graph, const AnfSettings *settings)
{
  if (settings->compress != ANF_FP16)
    return TRUE;
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);
      const AnfPort *role;
      AnfEncoding own;

      for (guint j = 0; (role = anf_op_role (anf_node_op (node), j)) != NULL; j++)
        if (anf_node_encoding (node, role->name, &own) && own != ANF_FP16)
          return TRUE;
    }
  return FALSE;
}

/* @weights: of the target before, for what does not depend on it. */
static gboolean
make_guess (StudioCli *self, AnfGraph *graph, const char *target, AnfWeights **weights,
            Guess *guess, GError **error)
{
  const char *arch = anf_target_arch (target);
  g_autoptr(AnfReport) report = NULL;
  g_autoptr(AnfWeights) before = g_steal_pointer (weights);
  gboolean package = g_strcmp0 (self->model, "package") == 0;
  AnfOptions options;

  studio_cli_options (self, graph, &options);
  options.settings.target = g_intern_string (arch != NULL ? arch : "h17s");   /* host: an M5 Pro */
  guess->target = target;
  if (package)                     /* it estimates the graph as it is */
    options.settings.opt = "0";
  report = anf_check (graph, options.settings.target);
  if ((guess->plan = anf_plan_with (report, &options, error)) == NULL)
    return FALSE;
  if (package)
    {
      guess->estimate = anf_estimate_package (guess->plan, arch);
      return TRUE;
    }
  if (has_encodings (graph, &options.settings))
    {
      *weights = anf_weights_survey (graph, &options.settings, before, studio_cli_progress (),
                                     error);
      studio_cli_progress_end ();
      if (*weights == NULL)
        return FALSE;
    }
  guess->estimate = anf_estimate (guess->plan, *weights, target);
  return TRUE;
}

static StudioExit
estimate (StudioCli *self, AnfGraph *graph, GArray *guesses)
{
  gboolean all = g_strcmp0 (self->target, "all") == 0;
  g_autoptr(AnfWeights) weights = NULL;
  g_autoptr(GError) error = NULL;
  AnfOptions options;

  studio_cli_options (self, graph, &options);
  if (options.settings.target == NULL)
    options.settings.target = "h16s";
  for (guint i = 0; i < (all ? anf_arch_n () : 1); i++)
    {
      Guess guess = { NULL };

      if (!make_guess (self, graph, all ? anf_arch_nth (i) : options.settings.target, &weights,
                       &guess, &error))
        {
          if (all || anf_target_arch (options.settings.target) == NULL)
            options.settings.target = "h16s";
          else
            options.settings.target = anf_target_arch (options.settings.target);
          return studio_cli_refused (self, graph, &options, error);
        }
      g_array_append_val (guesses, guess);
    }
  return STUDIO_EXIT_OK;
}

static StudioExit
run (StudioCli *self)
{
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(GArray) guesses = g_array_new (FALSE, FALSE, sizeof (Guess));

  g_array_set_clear_func (guesses, guess_clear);
  if (graph == NULL || (code = estimate (self, graph, guesses)) != STUDIO_EXIT_OK)
    return code;
  if (self->json)
    {
      JsonBuilder *json = studio_json_begin ();

      for (guint i = 0; i < guesses->len; i++)
        add_guess (json, graph, &g_array_index (guesses, Guess, i));
      studio_json_end (self, json);
    }
  else if (guesses->len == 1)
    print_one (self, graph, &g_array_index (guesses, Guess, 0));
  else
    print_all (guesses);
  return STUDIO_EXIT_OK;
}

const StudioCommand studio_command_estimate = {
  .name = "estimate",
  .arguments = "FILE",
  .summary = "Estimate how long a run takes on chips that are not here.",
  .details = "Rates are fitted to published measurements; docs/latency-model.md says how well. "
             "--target all asks\nevery chip; measured machines may be named, too: m1 m1-max m2-pro "
             "m4 m5 m5-pro.\n--model package: the aneforge package's formulas, for comparison; "
             "with --target host its other one.",
  .options = STUDIO_OPTION_TARGET | STUDIO_OPTION_COMPILE | STUDIO_OPTION_ATOL
             | STUDIO_OPTION_MODEL | STUDIO_OPTION_JSON,
  .run = run,
};
