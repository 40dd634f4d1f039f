/* check.c - `aneforge check`: shapes, findings, and what the chips say. */
#include "cli.h"

#include <math.h>
#include <stdio.h>

/* For reading: one chip per generation that differs. */
static const char *const chips[] = { "h11", "h13", "h14", "h15", "h16s", "h17s" };

/* ---------------------------------------------------------------- JSON */

static void
add_type (JsonBuilder *json, const AnfType *type)
{
  if (type == NULL)
    {
      studio_json_text (json, "shape", NULL);
      studio_json_text (json, "dtype", NULL);
      return;
    }
  studio_json_array (json, "shape");
  for (guint i = 0; i < type->rank; i++)
    json_builder_add_int_value (json, type->dim[i]);
  json_builder_end_array (json);
  studio_json_text (json, "dtype", anf_dtype_name (type->dtype));
}

static void
add_nodes (JsonBuilder *json, const AnfReport *report)
{
  const AnfGraph *graph = anf_report_graph (report);

  studio_json_object (json, "nodes");
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);
      guint n = anf_node_n_outputs (node);

      studio_json_object (json, anf_node_name (node));
      add_type (json, anf_report_type (report, anf_node_id (node), 0));
      if (n > 1)
        {
          studio_json_array (json, "outputs");
          for (guint port = 0; port < n; port++)
            {
              json_builder_begin_object (json);
              add_type (json, anf_report_type (report, anf_node_id (node), port));
              json_builder_end_object (json);
            }
          json_builder_end_array (json);
        }
      json_builder_end_object (json);
    }
  json_builder_end_object (json);
}

/* What no magnitude exceeds, where that is known. */
static void
add_bounds (JsonBuilder *json, const AnfReport *report)
{
  const AnfGraph *graph = anf_report_graph (report);

  studio_json_object (json, "bounds");
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);
      double bound = anf_report_bound (report, anf_node_id (node), 0);

      if (isfinite (bound))
        studio_json_real (json, anf_node_name (node), bound);
    }
  json_builder_end_object (json);
}

static void
add_target (JsonBuilder *json, const AnfReport *report, const char *arch)
{
  g_autoptr(AnfVerdict) verdict = anf_preflight (report, arch);

  studio_json_object (json, arch);
  studio_json_verdict (json, anf_report_graph (report), verdict);
  json_builder_end_object (json);
}

static void
answer (StudioCli *self, const AnfReport *report, gboolean all)
{
  JsonBuilder *json = studio_json_begin ();

  studio_json_flag (json, "ok", anf_report_ok (report));
  add_nodes (json, report);
  add_bounds (json, report);
  studio_json_findings (json, report);
  studio_json_object (json, "targets");
  if (all)
    for (guint i = 0; i < anf_arch_n (); i++)
      add_target (json, report, anf_arch_nth (i));
  else
    add_target (json, report, anf_report_target (report));
  json_builder_end_object (json);
  studio_json_int (json, "params", anf_report_n_params (report));
  studio_json_end (self, json);
}

/* ---------------------------------------------------------------- text */

static char *
types_text (const AnfReport *report, const AnfNode *node)
{
  GString *text = g_string_new (NULL);

  for (guint port = 0; port < anf_node_n_outputs (node); port++)
    {
      const AnfType *type = anf_report_type (report, anf_node_id (node), port);
      g_autofree char *shape = type != NULL ? anf_type_to_string (type) : g_strdup ("?");

      g_string_append_printf (text, "%s%s", port > 0 ? ", " : "", shape);
    }
  return g_string_free (text, FALSE);
}

static void
print_nodes (const AnfReport *report)
{
  const AnfGraph *graph = anf_report_graph (report);
  StudioTable *table = studio_table_new ("llllr", "Node", "Op", "Output", "Type", "FLOP", NULL);
  double sum = 0;
  g_autofree char *nodes = studio_words_many (anf_graph_n_nodes (graph), "node");
  g_autofree char *params = studio_words_many (anf_report_n_params (report), "parameter");
  g_autofree char *flops = NULL;
  const char *title = anf_graph_title (graph);

  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);
      const AnfType *type = anf_report_type (report, anf_node_id (node), 0);
      double f = anf_report_flops (report, anf_node_id (node));
      g_autofree char *types = types_text (report, node);
      g_autofree char *work = f > 0 ? studio_words_flops (f) : g_strdup ("");

      studio_table_add (table, anf_node_name (node), anf_node_op_name (node), types,
                        type != NULL ? anf_dtype_name (type->dtype) : "?", work, NULL);
      sum += f;
    }
  flops = studio_words_flops (sum);
  studio_heading ("%s: %s, %s, %s", title != NULL && title[0] != '\0' ? title : "Untitled",
                  nodes, params, flops);
  studio_table_end (table);
}

static void
add_line (StudioTable *table, const AnfReport *report, const char *arch)
{
  const AnfGraph *graph = anf_report_graph (report);
  g_autoptr(AnfVerdict) verdict = anf_preflight (report, arch);
  g_autofree char *reject = studio_words_nodes (graph, verdict->reject);
  g_autofree char *decompose = studio_words_nodes (graph, verdict->decompose);
  g_autofree char *oversize = studio_words_nodes (graph, verdict->oversize);

  studio_table_add (table, arch, anf_arch_title (arch),
                    !verdict->ok ? "refuses" : anf_report_ok (report) ? "takes it" : "so far, yes",
                    reject, decompose, oversize, NULL);
}

static void
print_targets (const AnfReport *report, gboolean all)
{
  StudioTable *table = studio_table_new ("llllll", "Target", "Chip", "Verdict", "Rejects",
                                         "Decomposes", "Too large", NULL);

  studio_heading ("Targets");
  if (all)
    for (guint i = 0; i < G_N_ELEMENTS (chips); i++)
      add_line (table, report, chips[i]);
  else
    add_line (table, report, anf_report_target (report));
  studio_table_end (table);
}

static void
print (const AnfReport *report, gboolean all)
{
  guint n[3] = { 0 };

  print_nodes (report);
  puts ("");
  print_targets (report, all);
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    n[anf_report_nth_finding (report, i)->severity]++;
  if (n[0] + n[1] + n[2] > 0)
    {
      g_autofree char *errors = studio_words_many (n[ANF_ERROR_FINDING], "error");
      g_autofree char *warnings = studio_words_many (n[ANF_WARNING], "warning");
      g_autofree char *hints = studio_words_many (n[ANF_HINT], "hint");

      puts ("");
      studio_heading ("Findings: %s, %s, %s", errors, warnings, hints);
      studio_print_findings (report);
    }
}

static StudioExit
run (StudioCli *self)
{
  StudioExit code = STUDIO_EXIT_OK;
  gboolean all = g_strcmp0 (self->target, "all") == 0;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfReport) plain = NULL, report = NULL;
  g_autoptr(AnfVerdict) verdict = NULL;

  if (graph == NULL)
    return code;
  plain = anf_check (graph, all ? NULL : self->target);
  report = anf_advise (plain);
  if (self->json)
    answer (self, report, all);
  else
    print (report, all);

  if (!anf_report_ok (report))
    return STUDIO_EXIT_FAILED;
  if (all)
    return STUDIO_EXIT_OK;
  verdict = anf_preflight (report, anf_report_target (report));
  return verdict->ok ? STUDIO_EXIT_OK : STUDIO_EXIT_REFUSED;
}

const StudioCommand studio_command_check = {
  .name = "check",
  .arguments = "FILE",
  .summary = "Check a document: shapes, findings, and what the target can take.",
  .details = "--target all asks every chip. Exit status: 1 if the document has errors, 3 if its "
             "target refuses it.",
  .options = STUDIO_OPTION_TARGET | STUDIO_OPTION_JSON,
  .run = run,
};
