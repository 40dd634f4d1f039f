/* workspace-jobs.c - what is run and exported for a document, and what the user hears of it. */
#include <glib/gi18n-lib.h>

#include "ask.h"
#include "format.h"
#include "trial.h"
#include "workspace-private.h"

GtkWindow *
studio_workspace_window (StudioWorkspace *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self->sheet));

  return GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL;
}

/* ---- work and what comes of it ---- */

static void
start_job (StudioWorkspace *self, StudioJob job, const char *path)
{
  studio_banner_hide (studio_sheet_get_bar (self->sheet, STUDIO_BAR_ERROR));
  studio_worker_start (self->worker, job, studio_document_get_graph (self->document), path);
}

static void
show_job_error (StudioWorkspace *self, const GError *error)
{
  StudioBanner *bar = studio_sheet_get_bar (self->sheet, STUDIO_BAR_ERROR);
  AnfId node = anf_error_get_node (error);
  g_autofree char *action = g_strdup_printf ("win.show-node(uint64 %" G_GUINT64_FORMAT ")", node);

  studio_banner_show (bar, STUDIO_BANNER_ERROR, error->message, TRUE);
  if (node != 0)
    studio_banner_add (bar, _("Show Node"), action);
  else if (g_error_matches (error, ANF_ERROR, ANF_ERROR_REFUSED))
    studio_banner_add (bar, _("Show Problems"), "win.next-problem");
  studio_sheet_log (self->sheet, "%s", error->message);
}

/* "Median of 50 runs 285 µs, 1 of 1 gates holds" */
static char *
describe_run (StudioWorkspace *self)
{
  AnfProfile *profile = studio_worker_get_profile (self->worker);
  AnfGates *gates = studio_worker_get_gates (self->worker);
  g_autofree char *time = studio_format_time_us (anf_profile_total (profile).median_us);
  guint n = anf_gates_n (gates), held = 0;

  for (guint i = 0; i < n; i++)
    held += anf_gates_nth (gates, i)->ok;
  if (n == 0)
    return g_strdup_printf (_("Median of %u runs: %s on this CPU"), anf_profile_runs (profile),
                            time);
  return g_strdup_printf (_("Median of %u runs: %s on this CPU, %u of %u gates hold"),
                          anf_profile_runs (profile), time, held, n);
}

/* After variants were run, what is known of the document itself. */
static void
show_own_results (StudioWorkspace *self)
{
  AnfGraph *graph = studio_document_get_graph (self->document);
  AnfProfile *profile = studio_worker_get_profile (self->worker);

  if (profile != NULL
      && !g_str_equal (anf_graph_hash (anf_program_graph (anf_profile_program (profile))),
                       anf_graph_hash (graph)))
    studio_cache_restore (self->cache, graph, self->worker);
}

static void
on_finished (StudioWorker *worker, guint job, const char *path, const GError *error,
             StudioWorkspace *self)
{
  g_autofree char *words = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      studio_sheet_log (self->sheet, "%s", error->message);
      studio_sheet_toast (self->sheet, error->message, NULL, NULL);
      return;
    }
  if (job == STUDIO_JOB_RUN || job == STUDIO_JOB_GATES)
    studio_cache_note (self->cache, worker);
  if (error != NULL)
    {
      show_job_error (self, error);
      return;
    }

  if (job == STUDIO_JOB_RUN)
    {
      words = describe_run (self);
      studio_sheet_toast (self->sheet, words, _("Show"), "win.workspace::profile");
    }
  else if (path != NULL)
    {
      words = g_strdup_printf (_("Written to %s"), path);
      studio_sheet_toast (self->sheet, words, NULL, NULL);
    }
  else
    words = g_strdup (job == STUDIO_JOB_COMPILE ? _("Compiled") : _("Gates measured"));
  studio_sheet_log (self->sheet, "%s", words);
  if (job == STUDIO_JOB_RUN && !studio_worker_get_busy (worker))
    show_own_results (self);
}

static void
activate_job (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  static const struct { const char *name; StudioJob job; } jobs[] = {
    { "run", STUDIO_JOB_RUN }, { "compile", STUDIO_JOB_COMPILE }, { "gates", STUDIO_JOB_GATES },
  };

  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    if (g_str_equal (jobs[i].name, g_action_get_name (G_ACTION (action))))
      start_job (data, jobs[i].job, NULL);
}

static void
activate_stop (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  studio_worker_stop (STUDIO_WORKSPACE (data)->worker);
}

/* ---- exports ---- */

const char *
studio_workspace_title (StudioWorkspace *self)
{
  const char *title = anf_graph_title (studio_document_get_graph (self->document));

  return title != NULL && *title != '\0' ? title : _("Untitled");
}

/* The document's file name with @suffix in place of its own (transfer full). */
static char *
proposed_name (StudioWorkspace *self, const char *suffix)
{
  const char *path = studio_document_get_path (self->document);
  g_autofree char *base = path != NULL ? g_path_get_basename (path)
                                       : g_strdup (studio_workspace_title (self));

  g_strdelimit (base, "/", '-');
  if (g_str_has_suffix (base, ".anf"))
    base[strlen (base) - strlen (".anf")] = '\0';
  return g_strconcat (base, suffix, NULL);
}

void
studio_workspace_ask_path (StudioWorkspace *self, const char *title, const char *suffix,
                           StudioPathAnswer answer, gpointer data)
{
  const char *path = studio_document_get_path (self->document);
  g_autofree char *folder = path != NULL ? g_path_get_dirname (path) : NULL;
  g_autofree char *name = proposed_name (self, suffix);

  studio_ask_save_path (studio_workspace_window (self), title, folder, name, answer,
                        G_OBJECT (self), data);
}

static void
answer_export (GObject *owner, const char *path, gpointer job)
{
  StudioWorkspace *self = STUDIO_WORKSPACE (owner);

  if (path != NULL && self->sheet != NULL)
    start_job (self, GPOINTER_TO_UINT (job), path);
}

static void
activate_export (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  static const struct { const char *name, *title, *suffix; StudioJob job; } exports[] = {
    { "export-bundle", N_("Export a Compiled Bundle"), ".anebundle", STUDIO_JOB_BUNDLE },
    { "export-mil", N_("Export MIL Text and Weights"), ".mil", STUDIO_JOB_MIL },
    { "export-picture", N_("Export a Picture"), ".svg", STUDIO_JOB_PICTURE },
    { "report", N_("Save a Report"), "-report.html", STUDIO_JOB_REPORT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (exports); i++)
    if (g_str_equal (exports[i].name, g_action_get_name (G_ACTION (action))))
      studio_workspace_ask_path (data, _(exports[i].title), exports[i].suffix, answer_export,
                    GUINT_TO_POINTER (exports[i].job));
}

/* ---- a picture ---- */

/* (node, path): 0 and "" where the user is to choose. */
static void
activate_try_picture (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWorkspace *self = data;
  AnfId input;
  const char *path;

  g_variant_get (parameter, "(t&s)", &input, &path);
  if (self->document != NULL)
    studio_trial_show (studio_workspace_window (self),
                       studio_document_get_graph (self->document), input,
                       path[0] != '\0' ? path : NULL);
}

/* ---- comparing ---- */

/* The document with one encoding for all weights (transfer full). */
static AnfGraph *
all_as (AnfGraph *graph, AnfEncoding encoding)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);
  AnfSettings settings = *anf_graph_settings (graph);

  settings.compress = encoding;
  anf_graph_builder_set_settings (builder, &settings);
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);
      const AnfPort *role;

      for (guint k = 0; (role = anf_op_role (anf_node_op (node), k)) != NULL; k++)
        if (role->flags & ANF_ENCODABLE)
          anf_graph_builder_unset_encoding (builder, anf_node_id (node), role->name);
    }
  return anf_graph_builder_end (builder, NULL);
}

/* A run of the document with one encoding for all weights; the document stays as it is. */
static void
activate_variant (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWorkspace *self = data;
  AnfGraph *graph = self->document != NULL ? studio_document_get_graph (self->document) : NULL;
  g_autoptr(AnfGraph) variant = NULL;
  AnfEncoding encoding;

  if (graph == NULL
      || !anf_encoding_from_name (g_variant_get_string (parameter, NULL), &encoding))
    return;
  if ((variant = all_as (graph, encoding)) == NULL)
    return;
  studio_worker_start (self->worker, STUDIO_JOB_RUN, variant, NULL);
}

static void
on_other_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(StudioWorkspace) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = studio_load_finish (result, &error);
  const char *title = graph != NULL ? anf_graph_title (graph) : NULL;

  if (self->sheet == NULL)
    return;
  if (graph == NULL)
    studio_banner_show (studio_sheet_get_bar (self->sheet, STUDIO_BAR_ERROR),
                        STUDIO_BANNER_ERROR, error->message, TRUE);
  else
    studio_sheet_compare_with (self->sheet, graph, title != NULL && *title != '\0'
                               ? title : _("Untitled"));
}

static void
answer_compare_with (GObject *owner, const char *path, gpointer data)
{
  StudioWorkspace *self = STUDIO_WORKSPACE (owner);

  if (path != NULL && self->sheet != NULL)
    studio_load_async (path, anf_document_load, self->cancellable, on_other_loaded,
                       g_object_ref (self));
}

static void
activate_compare_with (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  studio_ask_open_path (studio_workspace_window (data), answer_compare_with, G_OBJECT (data));
}

void
studio_workspace_add_jobs (StudioWorkspace *self)
{
  const GActionEntry actions[] = {
    { "run", activate_job }, { "compile", activate_job }, { "gates", activate_job },
    { "stop", activate_stop },
    { "export-bundle", activate_export }, { "export-mil", activate_export },
    { "export-picture", activate_export }, { "report", activate_export },
    { "try-picture", activate_try_picture, "(ts)" },
    { "measure-variant", activate_variant, "s" }, { "compare-with", activate_compare_with },
  };

  g_signal_connect_object (self->worker, "finished", G_CALLBACK (on_finished), self, 0);
  g_action_map_add_action_entries (studio_sheet_get_actions (self->sheet), actions,
                                   G_N_ELEMENTS (actions), self);
}
