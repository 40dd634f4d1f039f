/* gate.c - `aneforge gate`: does the accuracy hold. */
#include "cli.h"

#include <stdio.h>

static guint
count_failures (const AnfGates *gates)
{
  guint n = 0;

  for (guint i = 0; i < anf_gates_n (gates); i++)
    n += !anf_gates_nth (gates, i)->ok;
  return n;
}

/* JUnit's report, which build servers read: a gate is a test case. */
static gboolean
save_junit (const AnfGates *gates, const char *path, GError **error)
{
  g_autoptr(GString) xml = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  const char *title = anf_graph_title (anf_gates_graph (gates));
  guint errors = 0, failures;

  for (guint i = 0; i < anf_gates_n (gates); i++)
    errors += anf_gates_nth (gates, i)->problem != NULL;
  failures = count_failures (gates) - errors;
  {
    g_autofree char *head = g_markup_printf_escaped (
      "<testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"%u\">\n",
      title != NULL ? title : "gates", anf_gates_n (gates), failures, errors);

    g_string_append (xml, head);
  }
  for (guint i = 0; i < anf_gates_n (gates); i++)
    {
      const AnfGateResult *result = anf_gates_nth (gates, i);
      g_autofree char *value = studio_words_real (result->value);
      g_autofree char *limit = studio_words_real (result->gate.limit);
      g_autofree char *head = g_markup_printf_escaped (
        "  <testcase classname=\"gate.%s\" name=\"%s\">", result->gate.output,
        result->gate.metric);
      g_autofree char *body = NULL;

      if (result->problem != NULL)
        body = g_markup_printf_escaped ("<error message=\"%s\"/>", result->problem);
      else if (!result->ok)
        body = g_markup_printf_escaped ("<failure message=\"%s is %s, the limit is %s\"/>",
                                        result->gate.metric, value, limit);
      g_string_append_printf (xml, "%s%s</testcase>\n", head, body != NULL ? body : "");
    }
  g_string_append (xml, "</testsuite>\n");
  return g_file_set_contents (path, xml->str, xml->len, error);
}

static void
answer (StudioCli *self, const AnfGates *gates)
{
  JsonBuilder *json = studio_json_begin ();

  studio_json_flag (json, "ok", anf_gates_ok (gates));
  studio_json_gates (json, gates);
  studio_json_end (self, json);
}

static void
print (const AnfGates *gates)
{
  guint n = anf_gates_n (gates), failures = count_failures (gates);

  if (n == 0)
    {
      puts ("The document has no gates.");
      return;
    }
  studio_heading ("Against the fp32 profile with uncompressed weights");
  studio_print_gates (gates);
  if (failures == 0)
    printf ("\n%s\n", n == 1 ? "The gate holds." : "All gates hold.");
  else
    printf ("\n%u of %u gates %s.\n", failures, n, failures == 1 ? "fails" : "fail");
}

static StudioExit
run (StudioCli *self)
{
  g_autoptr(GError) error = NULL;
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfGates) gates = graph != NULL ? studio_cli_gates (self, graph, &code) : NULL;

  if (gates == NULL)
    return code;
  if (self->junit != NULL && !save_junit (gates, self->junit, &error))
    return studio_cli_fail (self, graph, error);
  if (self->json)
    answer (self, gates);
  else
    print (gates);
  if (studio_gates_problem (gates) != NULL)
    return studio_cli_wrong (self, self->file, "%s", studio_gates_problem (gates));
  return anf_gates_ok (gates) ? STUDIO_EXIT_OK : STUDIO_EXIT_FAILED;
}

const StudioCommand studio_command_gate = {
  .name = "gate",
  .arguments = "FILE",
  .summary = "Measure a document's accuracy gates.",
  .details = "The run with the document's settings is compared with the fp32 profile on the same "
             "inputs.\nExit status: 1 if a gate fails.",
  .options = STUDIO_OPTION_JUNIT | STUDIO_OPTION_TARGET | STUDIO_OPTION_COMPILE
             | STUDIO_OPTION_THREADS | STUDIO_OPTION_JSON,
  .run = run,
};
