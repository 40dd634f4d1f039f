/* program.c - from the FILE of a command to a document and a compiled program. */
#include "cli.h"

const char *
studio_cli_node (const AnfGraph *graph, AnfId id)
{
  const AnfNode *node = id != 0 ? anf_graph_find (graph, id) : NULL;

  return node != NULL ? anf_node_name (node) : NULL;
}

/* A bundle is compiled for one target, in one way: other wishes come too late. */
static gboolean
agrees (StudioCli *self, const AnfSettings *compiled, StudioExit *code)
{
  const struct { const char *option, *asked, *is; } wishes[] = {
    { "--target", self->target, compiled->target },
    { "--compress", self->compress, anf_encoding_name (compiled->compress) },
    { "--opt", self->opt, compiled->opt },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wishes); i++)
    if (wishes[i].asked != NULL && g_strcmp0 (wishes[i].asked, wishes[i].is) != 0)
      {
        *code = studio_cli_wrong (self, self->file, "this bundle was compiled with %s %s, not %s",
                                  wishes[i].option, wishes[i].is, wishes[i].asked);
        return FALSE;
      }
  return TRUE;
}

static AnfGraph *
load_bundle (StudioCli *self, StudioExit *code)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = NULL;
  AnfSettings compiled;

  if ((self->command->options & STUDIO_OPTION_BUNDLE) == 0)
    {
      *code = studio_cli_wrong (self, self->file, "%s takes a document, not a compiled bundle",
                                self->command->name);
      return NULL;
    }
  if ((graph = anf_bundle_load (self->file, &compiled, &error)) == NULL)
    {
      *code = studio_cli_fail (self, NULL, error);
      return NULL;
    }
  if (!agrees (self, &compiled, code))
    return NULL;
  /* What is in it is decoded, and encoding it again would change it; its level has been chosen. */
  g_clear_pointer (&self->compress, g_free);
  g_clear_pointer (&self->opt, g_free);
  return g_steal_pointer (&graph);
}

AnfGraph *
studio_cli_load (StudioCli *self, StudioExit *code)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *manifest = g_build_filename (self->file, "manifest.json", NULL);
  AnfGraph *graph;

  if (g_file_test (manifest, G_FILE_TEST_EXISTS))
    return load_bundle (self, code);
  if ((graph = anf_document_load (self->file, &error)) == NULL)
    *code = studio_cli_fail (self, NULL, error);
  return graph;
}

static const AnfFinding *
first_error (const AnfReport *report, guint *n)
{
  const AnfFinding *first = NULL;

  *n = 0;
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      if (finding->severity != ANF_ERROR_FINDING)
        continue;
      (*n)++;
      if (first == NULL)
        first = finding;
    }
  return first;
}

static StudioExit
document_has_errors (StudioCli *self, AnfGraph *graph, const AnfReport *report)
{
  guint n;
  const AnfFinding *finding = first_error (report, &n);
  g_autofree char *text = studio_words_place (graph, finding->node, finding->field,
                                              finding->message);
  g_autofree char *more = n > 1 ? g_strdup_printf (" (and %u more; see aneforge check)", n - 1)
                                : g_strdup ("");

  return studio_cli_wrong (self, self->file, "%s%s", text, more);
}

static StudioExit
target_refuses (StudioCli *self, AnfGraph *graph, const AnfReport *report, const char *target,
                const AnfVerdict *verdict, const GError *error)
{
  if (self->json)
    {
      JsonBuilder *json = studio_json_begin ();

      studio_json_text (json, "error", error->message);
      studio_json_int (json, "exit", STUDIO_EXIT_REFUSED);
      studio_json_text (json, "target", target);
      studio_json_verdict (json, graph, verdict);
      studio_json_findings (json, report);
      studio_json_end (self, json);
    }
  else
    studio_print_findings (report);
  return studio_cli_fail (self, graph, error);
}

StudioExit
studio_cli_refused_model (StudioCli *self, const AnfReport *report, const GError *error)
{
  AnfGraph *graph = anf_report_graph (report);

  if (g_error_matches (error, ANF_ERROR, ANF_ERROR_REFUSED))
    return document_has_errors (self, graph, report);
  if (self->json && g_error_matches (error, ANF_ERROR, ANF_ERROR_COMPILE))
    {
      JsonBuilder *json = studio_json_begin ();

      studio_json_text (json, "error", error->message);
      studio_json_int (json, "exit", STUDIO_EXIT_REFUSED);
      studio_json_text (json, "node", studio_cli_node (graph, anf_error_get_node (error)));
      studio_json_end (self, json);
    }
  return studio_cli_fail (self, graph, error);
}

StudioExit
studio_cli_refused (StudioCli *self, AnfGraph *graph, const AnfOptions *options,
                    const GError *error)
{
  g_autoptr(AnfReport) report = NULL;
  g_autoptr(AnfVerdict) verdict = NULL;
  const char *target = options->settings.target;

  if (!g_error_matches (error, ANF_ERROR, ANF_ERROR_REFUSED))
    return studio_cli_fail (self, graph, error);

  report = anf_check (graph, target);
  if (!anf_report_ok (report))
    return document_has_errors (self, graph, report);
  target = anf_report_target (report);
  verdict = anf_preflight (report, target);
  if (verdict->ok)                 /* nothing to run: no outputs */
    return studio_cli_wrong (self, self->file, "%s", error->message);
  return target_refuses (self, graph, report, target, verdict, error);
}

AnfProgram *
studio_cli_compile (StudioCli *self, AnfGraph *graph, StudioExit *code)
{
  g_autoptr(GError) error = NULL;
  AnfOptions options;
  AnfProgram *program;

  if (self->device != NULL && !anf_device_is_here (self->device, &error))
    {
      *code = studio_cli_fail (self, NULL, error);
      return NULL;
    }
  studio_cli_options (self, graph, &options);
  program = anf_compile (graph, &options, studio_cli_progress (), &error);
  studio_cli_progress_end ();
  if (program == NULL)
    *code = studio_cli_refused (self, graph, &options, error);
  return program;
}
