/* text.c - reports and plans in words; see ANF_DEBUG in CONTRIBUTING.md. */
#include "pass/text.h"

static const char *
name_of (const AnfGraph *graph, AnfId id)
{
  const AnfNode *node = anf_graph_find (graph, id);

  return node != NULL ? node->name : "document";
}

char *
anf_report_text (const AnfReport *report)
{
  GString *text = g_string_new (NULL);
  const AnfGraph *graph = report->graph;

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      g_string_append_printf (text, "%s %s", node->name, anf_node_op_name (node));
      for (guint j = 0; report->types[i] != NULL && j < anf_node_n_outputs (node); j++)
        {
          g_autofree char *shape = anf_type_to_string (&report->types[i][j]);

          g_string_append_printf (text, " %s %s", anf_dtype_name (report->types[i][j].dtype),
                                  shape);
        }
      g_string_append (text, report->types[i] == NULL ? " ?\n" : "\n");
    }
  for (guint i = 0; i < report->findings->len; i++)
    {
      const AnfFinding *finding = &g_array_index (report->findings, AnfFinding, i);

      g_string_append_printf (text, "%s %s %s: %s\n", anf_severity_name (finding->severity),
                              finding->code, name_of (graph, finding->node), finding->message);
    }
  return g_string_free (text, FALSE);
}

static void
append_refs (GString *text, const AnfGraph *graph, const char *word, const AnfRef *refs, guint n)
{
  g_string_append_printf (text, " | %s", word);
  for (guint i = 0; i < n; i++)
    {
      g_string_append_printf (text, " %s", name_of (graph, refs[i].node));
      if (refs[i].port > 0)
        g_string_append_printf (text, ":%u", refs[i].port);
    }
}

char *
anf_plan_text (const AnfPlan *plan)
{
  GString *text = g_string_new (NULL);
  const AnfGraph *graph = plan->whole->graph;

  for (guint i = 0; i < plan->segments->len; i++)
    {
      const AnfSegment *segment = &g_array_index (plan->segments, AnfSegment, i);

      g_string_append_printf (text, "%s %s:", segment->name, anf_segment_kind_name (segment->kind));
      for (guint j = 0; j < segment->n_nodes; j++)
        g_string_append_printf (text, " %s", name_of (graph, segment->nodes[j]));
      append_refs (text, graph, "in", segment->reads, segment->n_reads);
      append_refs (text, graph, "out", segment->writes, segment->n_writes);
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}

void
anf_debug (const char *stage, char *(*make) (gconstpointer), gconstpointer thing)
{
  const char *stages = g_getenv ("ANF_DEBUG");
  g_auto(GStrv) list = NULL;
  g_autofree char *text = NULL;

  if (stages == NULL)
    return;
  list = g_strsplit (stages, ",", -1);
  if (!g_strv_contains ((const char *const *) list, stage))
    return;
  text = make (thing);
  g_printerr ("--- %s\n%s", stage, text);
}
