/* gates.c - the gates of a document, measured, as JSON and for reading. */
#include "cli.h"

#include <stdio.h>

AnfGates *
studio_cli_gates (StudioCli *self, AnfGraph *graph, StudioExit *code)
{
  g_autoptr(GError) error = NULL;
  AnfOptions options;
  AnfGates *gates;

  studio_cli_options (self, graph, &options);
  gates = anf_gates_measure (graph, &options, studio_cli_progress (), &error);
  studio_cli_progress_end ();
  if (gates == NULL)
    *code = studio_cli_refused (self, graph, &options, error);
  return gates;
}

const char *
studio_gates_problem (const AnfGates *gates)
{
  for (guint i = 0; i < anf_gates_n (gates); i++)
    if (anf_gates_nth (gates, i)->problem != NULL)
      return anf_gates_nth (gates, i)->problem;
  return NULL;
}

void
studio_json_gates (JsonBuilder *json, const AnfGates *gates)
{
  studio_json_array (json, "gates");
  for (guint i = 0; i < anf_gates_n (gates); i++)
    {
      const AnfGateResult *result = anf_gates_nth (gates, i);

      json_builder_begin_object (json);
      studio_json_text (json, "output", result->gate.output);
      studio_json_text (json, "metric", result->gate.metric);
      studio_json_real (json, "limit", result->gate.limit);
      if (result->problem == NULL)
        studio_json_real (json, "value", result->value);
      else
        studio_json_text (json, "value", NULL);
      studio_json_flag (json, "ok", result->ok);
      studio_json_text (json, "inputs", result->gate.inputs);
      studio_json_int (json, "samples", result->n_samples);
      studio_json_flag (json, "random_inputs", result->random_inputs);
      studio_json_text (json, "problem", result->problem);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

/* A limit below which is good, or above: the engine's judgement holds, this only finds the sign. */
static const char *
sign_of (const AnfGate *gate)
{
  static const char *const at_most[] = { "rel_l2", "max_abs", NULL };

  return g_strv_contains (at_most, gate->metric) ? "≤" : "≥";
}

void
studio_print_gates (const AnfGates *gates)
{
  StudioTable *table = studio_table_new ("llrrll", "Output", "Metric", "Value", "Limit", "Verdict",
                                         "Measured on", NULL);

  for (guint i = 0; i < anf_gates_n (gates); i++)
    {
      const AnfGateResult *result = anf_gates_nth (gates, i);
      g_autofree char *value = result->problem == NULL ? studio_words_real (result->value)
                                                       : g_strdup ("?");
      g_autofree char *limit = studio_words_real (result->gate.limit);
      g_autofree char *bound = g_strdup_printf ("%s %s", sign_of (&result->gate), limit);
      g_autofree char *many = studio_words_many (result->n_samples, "sample");
      g_autofree char *basis = result->random_inputs
                                 ? g_strdup ("one random sample (seed 0)")
                                 : g_strdup_printf ("%s of %s", many, result->gate.inputs);

      studio_table_add (table, result->gate.output, result->gate.metric, value, bound,
                        result->problem != NULL ? "not measured" : result->ok ? "pass" : "FAIL",
                        result->problem != NULL ? result->problem : basis, NULL);
    }
  studio_table_end (table);
}
