/* workspace.c - the wiring: document -> checker -> window, window -> document, worker -> window. */
#include "workspace.h"

#include <glib/gi18n-lib.h>

#include "ask.h"
#include "blocks.h"
#include "format.h"
#include "keeper.h"

struct _StudioWorkspace
{
  GObject         parent_instance;

  StudioWindow   *window;          /* owns us; NULL: it is gone, and we soon are */
  GBindingGroup  *checked, *worked;     /* what the window is given of checker and worker */
  StudioChecker  *checker;
  StudioWorker   *worker;
  StudioDocument *document;        /* NULL: none yet */
  StudioKeeper   *keeper;          /* of the document */

  char           *opening;         /* path; NULL: nothing is being opened */
  gboolean        as_sample;
  StudioRecovery *recovering;
  GCancellable   *cancellable;
  gboolean        close_when_saved;
};

G_DEFINE_FINAL_TYPE (StudioWorkspace, studio_workspace, G_TYPE_OBJECT)

enum { OPENED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* ---- what can be done now ---- */

static void
enable (StudioWorkspace *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self->window), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
update_actions (StudioWorkspace *self)
{
  gboolean there = self->document != NULL;
  gboolean busy = studio_worker_get_busy (self->worker);
  const char *undo = there ? studio_document_get_undo_label (self->document) : NULL;
  const char *redo = there ? studio_document_get_redo_label (self->document) : NULL;
  static const char *const work[] = { "run", "compile", "gates", "export-bundle", "export-mil" };
  static const char *const always[] = { "save", "save-as", "export-picture" };

  for (guint i = 0; i < G_N_ELEMENTS (work); i++)
    enable (self, work[i], there && !busy);
  for (guint i = 0; i < G_N_ELEMENTS (always); i++)
    enable (self, always[i], there);
  enable (self, "stop", busy);
  enable (self, "undo", undo != NULL);
  enable (self, "redo", redo != NULL);
  studio_window_set_undo (self->window, undo, redo);
}

/* ---- work and what comes of it ---- */

static void
start_job (StudioWorkspace *self, StudioJob job, const char *path)
{
  studio_banner_hide (studio_window_get_bar (self->window, STUDIO_BAR_ERROR));
  studio_worker_start (self->worker, job, studio_document_get_graph (self->document), path);
}

static void
show_job_error (StudioWorkspace *self, const GError *error)
{
  StudioBanner *bar = studio_window_get_bar (self->window, STUDIO_BAR_ERROR);
  AnfId node = anf_error_get_node (error);
  g_autofree char *action = g_strdup_printf ("win.show-node(uint64 %" G_GUINT64_FORMAT ")", node);

  studio_banner_show (bar, STUDIO_BANNER_ERROR, error->message, TRUE);
  if (node != 0)
    studio_banner_add (bar, _("Show Node"), action);
  else if (g_error_matches (error, ANF_ERROR, ANF_ERROR_REFUSED))
    studio_banner_add (bar, _("Show Problems"), "win.next-problem");
  studio_window_log (self->window, "%s", error->message);
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

static void
on_finished (StudioWorker *worker, guint job, const char *path, const GError *error,
             StudioWorkspace *self)
{
  g_autofree char *words = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      studio_window_log (self->window, "%s", error->message);
      studio_window_toast (self->window, error->message, NULL, NULL);
      return;
    }
  if (error != NULL)
    {
      show_job_error (self, error);
      return;
    }

  if (job == STUDIO_JOB_RUN)
    {
      words = describe_run (self);
      studio_window_toast (self->window, words, _("Show"), "win.workspace::profile");
    }
  else if (path != NULL)
    {
      words = g_strdup_printf (_("Written to %s"), path);
      studio_window_toast (self->window, words, NULL, NULL);
    }
  else
    words = g_strdup (job == STUDIO_JOB_COMPILE ? _("Compiled") : _("Gates measured"));
  studio_window_log (self->window, "%s", words);
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

static const char *
title_of (StudioWorkspace *self)
{
  const char *title = anf_graph_title (studio_document_get_graph (self->document));

  return title != NULL && *title != '\0' ? title : _("Untitled");
}

/* The document's file name with @suffix in place of its own (transfer full). */
static char *
proposed_name (StudioWorkspace *self, const char *suffix)
{
  const char *path = studio_document_get_path (self->document);
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : g_strdup (title_of (self));

  g_strdelimit (base, "/", '-');
  if (g_str_has_suffix (base, ".anf"))
    base[strlen (base) - strlen (".anf")] = '\0';
  return g_strconcat (base, suffix, NULL);
}

static void
ask_for_path (StudioWorkspace *self, const char *title, const char *suffix,
              StudioPathAnswer answer, gpointer data)
{
  const char *path = studio_document_get_path (self->document);
  g_autofree char *folder = path != NULL ? g_path_get_dirname (path) : NULL;
  g_autofree char *name = proposed_name (self, suffix);

  studio_ask_save_path (GTK_WINDOW (self->window), title, folder, name, answer, G_OBJECT (self),
                        data);
}

static void
answer_export (GObject *owner, const char *path, gpointer job)
{
  StudioWorkspace *self = STUDIO_WORKSPACE (owner);

  if (path != NULL && self->window != NULL)
    start_job (self, GPOINTER_TO_UINT (job), path);
}

static void
activate_export (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  static const struct { const char *name, *title, *suffix; StudioJob job; } exports[] = {
    { "export-bundle", N_("Export a Compiled Bundle"), ".anebundle", STUDIO_JOB_BUNDLE },
    { "export-mil", N_("Export MIL Text and Weights"), ".mil", STUDIO_JOB_MIL },
    { "export-picture", N_("Export a Picture"), ".svg", STUDIO_JOB_PICTURE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (exports); i++)
    if (g_str_equal (exports[i].name, g_action_get_name (G_ACTION (action))))
      ask_for_path (data, _(exports[i].title), exports[i].suffix, answer_export,
                    GUINT_TO_POINTER (exports[i].job));
}

/* ---- saving and closing ---- */

static void
note_recent (StudioWorkspace *self)
{
  const char *path = studio_document_get_path (self->document);
  g_autofree char *uri = path != NULL ? g_filename_to_uri (path, NULL, NULL) : NULL;
  char *groups[] = { NULL };
  GtkRecentData recent = {
    .mime_type = (char *) "application/x-aneforge", .app_name = (char *) "ANEForge Studio",
    .app_exec = (char *) "aneforge-studio %f", .groups = groups,
    .display_name = (char *) anf_graph_title (studio_document_get_graph (self->document)),
  };

  if (uri != NULL)
    gtk_recent_manager_add_full (gtk_recent_manager_get_default (), uri, &recent);
}

static void
update_place (StudioWorkspace *self)
{
  const char *path = self->document != NULL ? studio_document_get_path (self->document) : NULL;
  g_autofree char *parse_name = NULL;

  if (path != NULL)
    {
      g_autoptr(GFile) file = g_file_new_for_path (path);

      parse_name = g_file_get_parse_name (file);
    }
  g_object_set (self->window, "place", parse_name, NULL);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(StudioWorkspace) self = data;
  g_autoptr(GError) error = NULL;
  gboolean close = self->close_when_saved;

  self->close_when_saved = FALSE;
  if (self->window == NULL)
    return;
  if (!studio_keeper_save_finish (STUDIO_KEEPER (source), result, &error))
    {
      studio_banner_show (studio_window_get_bar (self->window, STUDIO_BAR_FILE),
                          STUDIO_BANNER_ERROR, error->message, TRUE);
      studio_window_log (self->window, "%s", error->message);
      return;
    }

  studio_banner_hide (studio_window_get_bar (self->window, STUDIO_BAR_FILE));
  studio_window_log (self->window, _("Saved %s"), studio_document_get_path (self->document));
  note_recent (self);
  if (close)
    gtk_window_close (GTK_WINDOW (self->window));
}

static void
save_to (StudioWorkspace *self, const char *path)
{
  studio_keeper_save_async (self->keeper, path, on_saved, g_object_ref (self));
}

static void
answer_save (GObject *owner, const char *path, gpointer data)
{
  StudioWorkspace *self = STUDIO_WORKSPACE (owner);
  g_autofree char *with_suffix = NULL;

  if (path == NULL || self->window == NULL)
    {
      self->close_when_saved = FALSE;
      return;
    }
  with_suffix = g_strconcat (path, g_str_has_suffix (path, ".anf") ? NULL : ".anf", NULL);
  save_to (self, with_suffix);
}

static void
choose_and_save (StudioWorkspace *self)
{
  ask_for_path (self, _("Save As"), ".anf", answer_save, NULL);
}

static void
activate_save (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWorkspace *self = data;
  const char *path = studio_document_get_path (self->document);

  if (path != NULL && g_str_equal (g_action_get_name (G_ACTION (action)), "save"))
    save_to (self, path);
  else
    choose_and_save (self);
}

static void
on_close_answer (GObject *owner, StudioCloseChoice choice)
{
  StudioWorkspace *self = STUDIO_WORKSPACE (owner);
  const char *path;

  if (self->window == NULL || choice == STUDIO_CLOSE_CANCEL)
    return;
  if (choice == STUDIO_CLOSE_DISCARD)
    {
      studio_keeper_close (self->keeper);
      gtk_window_destroy (GTK_WINDOW (self->window));
      return;
    }

  self->close_when_saved = TRUE;
  path = studio_document_get_path (self->document);
  if (path != NULL)
    save_to (self, path);
  else
    choose_and_save (self);
}

static gboolean
on_close_request (GtkWindow *window, StudioWorkspace *self)
{
  if (self->document != NULL && studio_document_get_modified (self->document))
    {
      studio_ask_close (window, title_of (self), on_close_answer, G_OBJECT (self));
      return TRUE;
    }
  if (self->keeper != NULL)
    studio_keeper_close (self->keeper);
  return FALSE;
}

/* ---- the document ---- */

static void
on_edit (StudioWindow *window, AnfGraph *graph, const char *label, const char *merge,
         StudioWorkspace *self)
{
  if (self->document != NULL)
    studio_document_apply (self->document, graph, label, merge);
}

static void
activate_step (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWorkspace *self = data;

  if (g_str_equal (g_action_get_name (G_ACTION (action)), "undo"))
    studio_document_undo (self->document);
  else
    studio_document_redo (self->document);
}

static void
on_graph (StudioWorkspace *self)
{
  studio_checker_set_graph (self->checker, studio_document_get_graph (self->document));
  update_actions (self);
}

static void
on_changed_outside (StudioKeeper *keeper, gboolean exists, StudioWorkspace *self)
{
  StudioBanner *bar = studio_window_get_bar (self->window, STUDIO_BAR_FILE);
  g_autofree char *name = g_path_get_basename (studio_document_get_path (self->document));
  g_autofree char *words =
    g_strdup_printf (exists ? _("%s was changed by another program")
                            : _("%s is not there any more; saving writes it again"), name);

  studio_banner_show (bar, STUDIO_BANNER_WARNING, words, !exists);
  if (exists)
    {
      studio_banner_add (bar, _("Reload"), "win.reload");
      studio_banner_add (bar, _("Keep Mine"), "win.keep");
    }
  else
    studio_document_mark_unsaved (self->document);
}

static void
activate_keep (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWorkspace *self = data;

  if (self->document != NULL)
    studio_document_mark_unsaved (self->document);
}

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(StudioWorkspace) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = studio_load_finish (result, &error);

  if (self->window == NULL)
    return;
  if (graph == NULL)
    {
      studio_banner_show (studio_window_get_bar (self->window, STUDIO_BAR_FILE),
                          STUDIO_BANNER_ERROR, error->message, TRUE);
      return;
    }
  studio_document_apply (self->document, graph, _("Reload"), NULL);
  studio_document_mark_saved (self->document, graph, studio_document_get_path (self->document));
  studio_window_toast (self->window, _("Reloaded"), _("Undo"), "win.undo");
}

static void
activate_reload (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWorkspace *self = data;
  const char *path = self->document != NULL ? studio_document_get_path (self->document) : NULL;

  if (path != NULL)
    studio_load_async (path, anf_document_load, NULL, on_reloaded, g_object_ref (self));
}

static void
set_document (StudioWorkspace *self, StudioDocument *document)
{
  g_set_object (&self->document, document);
  self->keeper = studio_keeper_new (document);
  g_signal_connect_object (self->keeper, "changed-outside", G_CALLBACK (on_changed_outside), self,
                           0);

  g_object_bind_property (document, "graph", self->window, "graph", G_BINDING_SYNC_CREATE);
  g_object_bind_property (document, "modified", self->window, "modified", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (document, "notify::graph", G_CALLBACK (on_graph), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::path", G_CALLBACK (update_place), self,
                           G_CONNECT_SWAPPED);
  on_graph (self);
  update_place (self);
  note_recent (self);
  studio_window_set_page (self->window, STUDIO_PAGE_DOCUMENT);
}

/* ---- opening ---- */

static void
show_open_error (StudioWorkspace *self, const GError *error)
{
  studio_window_set_page (self->window, STUDIO_PAGE_START);
  studio_banner_show (studio_window_get_bar (self->window, STUDIO_BAR_FILE), STUDIO_BANNER_ERROR,
                      error->message, TRUE);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(StudioWorkspace) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = studio_load_finish (result, &error);
  g_autofree char *path = g_steal_pointer (&self->opening);
  g_autoptr(StudioRecovery) recovery = g_steal_pointer (&self->recovering);
  g_autoptr(StudioDocument) document = NULL;
  g_autofree char *origin = NULL;

  if (self->window == NULL)
    return;
  if (graph == NULL)
    {
      show_open_error (self, error);
      g_signal_emit (self, signals[OPENED], 0, error);
      return;
    }

  if (recovery != NULL)
    origin = studio_recovery_origin (path);
  document = studio_document_new (graph, recovery != NULL ? origin : self->as_sample ? NULL : path);
  if (recovery != NULL)
    studio_document_mark_unsaved (document);
  set_document (self, document);
  if (recovery != NULL)
    studio_keeper_adopt (self->keeper, g_steal_pointer (&recovery));
  studio_window_log (self->window, _("Opened %s"), path);
  g_signal_emit (self, signals[OPENED], 0, NULL);
}

static void
load (StudioWorkspace *self, const char *path, StudioLoad how, gboolean as_sample)
{
  g_return_if_fail (studio_workspace_is_free (self));

  self->opening = g_strdup (path);
  self->as_sample = as_sample;
  studio_banner_hide (studio_window_get_bar (self->window, STUDIO_BAR_FILE));
  studio_window_set_page (self->window, STUDIO_PAGE_LOADING);
  studio_load_async (path, how, self->cancellable, on_loaded, g_object_ref (self));
}

/* What has no place in a graph is there as placeholders, with a finding each. */
static AnfGraph *
import_model (const char *path, GError **error)
{
  g_autoptr(AnfImport) import = anf_import (path, NULL, NULL, error);

  AnfGraph *placed = import != NULL ? studio_blocks_arrange (anf_import_graph (import)) : NULL;

  return placed != NULL || import == NULL ? placed : anf_graph_ref (anf_import_graph (import));
}

/* A model of another program becomes a document without a file. */
void
studio_workspace_open (StudioWorkspace *self, const char *path)
{
  if (anf_import_knows (path))
    load (self, path, import_model, TRUE);
  else
    load (self, path, anf_document_load, FALSE);
}

void
studio_workspace_open_sample (StudioWorkspace *self, const char *path)
{
  load (self, path, anf_document_load, TRUE);
}

void
studio_workspace_recover (StudioWorkspace *self, StudioRecovery *recovery)
{
  self->recovering = recovery;
  load (self, studio_recovery_path (recovery), studio_recovery_load, FALSE);
}

void
studio_workspace_open_new (StudioWorkspace *self)
{
  g_autoptr(StudioDocument) document = studio_document_new (NULL, NULL);

  g_return_if_fail (studio_workspace_is_free (self));

  set_document (self, document);
  g_signal_emit (self, signals[OPENED], 0, NULL);
}

/* ---- the rest ---- */

StudioWindow *
studio_workspace_get_window (StudioWorkspace *self)
{
  return self->window;
}

StudioDocument *
studio_workspace_get_document (StudioWorkspace *self)
{
  return self->document;
}

StudioChecker *
studio_workspace_get_checker (StudioWorkspace *self)
{
  return self->checker;
}

StudioWorker *
studio_workspace_get_worker (StudioWorkspace *self)
{
  return self->worker;
}

gboolean
studio_workspace_is_free (StudioWorkspace *self)
{
  return self->document == NULL && self->opening == NULL;
}

const char *
studio_workspace_get_path (StudioWorkspace *self)
{
  return self->document != NULL ? studio_document_get_path (self->document)
         : self->as_sample || self->recovering != NULL ? NULL : self->opening;
}

/* Nobody looks at results any more. */
static void
on_window_gone (StudioWorkspace *self)
{
  self->window = NULL;
  g_binding_group_set_source (self->checked, NULL);
  g_binding_group_set_source (self->worked, NULL);
  g_signal_handlers_disconnect_by_data (self->worker, self);
  g_cancellable_cancel (self->cancellable);
  studio_checker_stop (self->checker);
  studio_worker_stop (self->worker);
  if (self->document != NULL)
    g_signal_handlers_disconnect_by_data (self->document, self);
}

static void
wire (StudioWorkspace *self)
{
  static const char *const checked[] = { "report", "plan", "weights" };
  static const char *const worked[] = { "busy", "stage", "fraction", "stages", "program", "profile",
                                        "gates", "errors" };
  const GActionEntry actions[] = {
    { "save", activate_save }, { "save-as", activate_save },
    { "undo", activate_step }, { "redo", activate_step },
    { "run", activate_job }, { "compile", activate_job }, { "gates", activate_job },
    { "stop", activate_stop },
    { "export-bundle", activate_export }, { "export-mil", activate_export },
    { "export-picture", activate_export },
    { "reload", activate_reload }, { "keep", activate_keep },
  };

  for (guint i = 0; i < G_N_ELEMENTS (checked); i++)
    g_binding_group_bind (self->checked, checked[i], self->window, checked[i],
                          G_BINDING_SYNC_CREATE);
  for (guint i = 0; i < G_N_ELEMENTS (worked); i++)
    g_binding_group_bind (self->worked, worked[i], self->window, worked[i], G_BINDING_SYNC_CREATE);
  g_binding_group_set_source (self->checked, self->checker);
  g_binding_group_set_source (self->worked, self->worker);
  g_signal_connect_object (self->worker, "finished", G_CALLBACK (on_finished), self, 0);
  g_signal_connect_object (self->worker, "notify::busy", G_CALLBACK (update_actions), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->window, "edit", G_CALLBACK (on_edit), self, 0);
  g_signal_connect_object (self->window, "close-request", G_CALLBACK (on_close_request), self, 0);
  g_signal_connect_object (self->window, "destroy", G_CALLBACK (on_window_gone), self,
                           G_CONNECT_SWAPPED);
  g_action_map_add_action_entries (G_ACTION_MAP (self->window), actions, G_N_ELEMENTS (actions),
                                   self);
  update_actions (self);
}

static void
studio_workspace_dispose (GObject *object)
{
  StudioWorkspace *self = STUDIO_WORKSPACE (object);

  g_clear_object (&self->cancellable);
  g_clear_object (&self->checked);
  g_clear_object (&self->worked);
  g_clear_object (&self->checker);
  g_clear_object (&self->worker);
  g_clear_object (&self->keeper);
  g_clear_object (&self->document);
  g_clear_pointer (&self->recovering, studio_recovery_free);
  g_clear_pointer (&self->opening, g_free);
  G_OBJECT_CLASS (studio_workspace_parent_class)->dispose (object);
}

static void
studio_workspace_class_init (StudioWorkspaceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_workspace_dispose;
  signals[OPENED] = g_signal_new ("opened", STUDIO_TYPE_WORKSPACE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
studio_workspace_init (StudioWorkspace *self)
{
  self->checker = studio_checker_new ();
  self->worker = studio_worker_new ();
  self->cancellable = g_cancellable_new ();
  self->checked = g_binding_group_new ();
  self->worked = g_binding_group_new ();
}

StudioWorkspace *
studio_workspace_new (GtkApplication *application, GSettings *settings)
{
  StudioWorkspace *self = g_object_new (STUDIO_TYPE_WORKSPACE, NULL);

  self->window = STUDIO_WINDOW (studio_window_new (application, settings));
  wire (self);
  g_object_set_data_full (G_OBJECT (self->window), "workspace", self, g_object_unref);
  return self;
}
