/* findings.c - what a check found, as JSON and for reading. */
#include "cli.h"

#include <stdio.h>
#include <unistd.h>

#define NAMED 4                    /* nodes listed by name before "and N more" */

void
studio_json_findings (JsonBuilder *json, const AnfReport *report)
{
  studio_json_array (json, "findings");
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);
      g_autofree char *fix = anf_fix_label (report, i, NULL);

      json_builder_begin_object (json);
      studio_json_text (json, "severity", anf_severity_name (finding->severity));
      studio_json_text (json, "code", finding->code);
      studio_json_text (json, "node", studio_cli_node (anf_report_graph (report), finding->node));
      studio_json_text (json, "field", finding->field);
      studio_json_text (json, "message", finding->message);
      studio_json_text (json, "hint", finding->hint);
      studio_json_text (json, "fix", fix);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

void
studio_print_findings (const AnfReport *report)
{
  static const char *const color[] = { "36", "33", "31" };
  gboolean plain = !isatty (STDOUT_FILENO) || g_getenv ("NO_COLOR") != NULL;

  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);
      const char *node = studio_cli_node (anf_report_graph (report), finding->node);
      g_autofree char *fix = anf_fix_label (report, i, NULL);

      if (plain)
        printf ("  %-7s  %s", anf_severity_name (finding->severity), finding->code);
      else
        printf ("  \033[%sm%-7s\033[0m  %s", color[finding->severity],
                anf_severity_name (finding->severity), finding->code);
      if (node != NULL)
        printf ("  %s%s%s", node, finding->field != NULL ? "." : "",
                finding->field != NULL ? finding->field : "");
      printf ("\n           %s\n", finding->message);
      if (finding->hint != NULL)
        printf ("           → %s\n", finding->hint);
      if (fix != NULL)
        printf ("           ⚒ %s\n", fix);
    }
}

static void
add_names (JsonBuilder *json, const char *name, const AnfGraph *graph, const GArray *ids)
{
  studio_json_array (json, name);
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    json_builder_add_string_value (json, studio_cli_node (graph, g_array_index (ids, AnfId, i)));
  json_builder_end_array (json);
}

void
studio_json_verdict (JsonBuilder *json, const AnfGraph *graph, const AnfVerdict *verdict)
{
  studio_json_flag (json, "ok", verdict->ok);
  add_names (json, "reject", graph, verdict->reject);
  add_names (json, "decompose", graph, verdict->decompose);
  add_names (json, "oversize", graph, verdict->oversize);
}

char *
studio_words_nodes (const AnfGraph *graph, const GArray *ids)
{
  GString *text = g_string_new (NULL);
  guint n = ids != NULL ? ids->len : 0;

  for (guint i = 0; i < n && i < NAMED; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                            studio_cli_node (graph, g_array_index (ids, AnfId, i)));
  if (n > NAMED)
    g_string_append_printf (text, " and %u more", n - NAMED);
  return g_string_free (text, FALSE);
}
