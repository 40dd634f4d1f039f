/* workspace.c - the wiring: document -> checker -> sheet, sheet -> document, worker -> sheet. */
#include "workspace-private.h"

#include <glib/gi18n-lib.h>

#include "blocks.h"
#include "step.h"

/* A run of MobileNetV2 holds about 30 MB; ten of such a size are remembered. */
#define MOST_RESULT_BYTES (256 << 20)

G_DEFINE_FINAL_TYPE (StudioWorkspace, studio_workspace, G_TYPE_OBJECT)

enum { OPENED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* ---- what can be done now ---- */

static void
enable (StudioWorkspace *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (studio_sheet_get_actions (self->sheet), name);

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
  static const char *const always[] = { "save", "save-as", "export-picture", "report",
                                       "try-picture" };

  for (guint i = 0; i < G_N_ELEMENTS (work); i++)
    enable (self, work[i], there && !busy);
  for (guint i = 0; i < G_N_ELEMENTS (always); i++)
    enable (self, always[i], there);
  enable (self, "stop", busy);
  enable (self, "undo", undo != NULL);
  enable (self, "redo", redo != NULL);
  studio_sheet_set_undo (self->sheet, undo, redo);
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
  g_object_set (self->sheet, "place", parse_name, NULL);
}

static void
answer_leave (StudioWorkspace *self, gboolean may_go)
{
  StudioLeave leave = g_steal_pointer (&self->leave);

  if (leave != NULL)
    leave (self, may_go, self->leave_data);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(StudioWorkspace) self = data;
  g_autoptr(GError) error = NULL;

  if (self->sheet == NULL)
    return;
  if (!studio_keeper_save_finish (STUDIO_KEEPER (source), result, &error))
    {
      studio_banner_show (studio_sheet_get_bar (self->sheet, STUDIO_BAR_FILE),
                          STUDIO_BANNER_ERROR, error->message, TRUE);
      studio_sheet_log (self->sheet, "%s", error->message);
      answer_leave (self, FALSE);
      return;
    }

  studio_banner_hide (studio_sheet_get_bar (self->sheet, STUDIO_BAR_FILE));
  studio_sheet_log (self->sheet, _("Saved %s"), studio_document_get_path (self->document));
  note_recent (self);
  answer_leave (self, TRUE);
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

  if (path == NULL || self->sheet == NULL)
    {
      answer_leave (self, FALSE);
      return;
    }
  with_suffix = g_strconcat (path, g_str_has_suffix (path, ".anf") ? NULL : ".anf", NULL);
  save_to (self, with_suffix);
}

static void
choose_and_save (StudioWorkspace *self)
{
  studio_workspace_ask_path (self, _("Save As"), ".anf", answer_save, NULL);
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

  if (self->sheet == NULL)
    return;
  if (choice != STUDIO_CLOSE_SAVE)
    {
      self->unwanted = choice == STUDIO_CLOSE_DISCARD;
      answer_leave (self, self->unwanted);
      return;
    }

  path = studio_document_get_path (self->document);
  if (path != NULL)
    save_to (self, path);
  else
    choose_and_save (self);
}

gboolean
studio_workspace_may_go (StudioWorkspace *self)
{
  return self->unwanted || self->document == NULL || !studio_document_get_modified (self->document);
}

void
studio_workspace_ask_leave (StudioWorkspace *self, StudioLeave leave, gpointer data)
{
  if (self->leave != NULL)
    return;

  self->leave = leave;
  self->leave_data = data;
  if (studio_workspace_may_go (self))
    answer_leave (self, TRUE);
  else
    studio_ask_close (studio_workspace_window (self), studio_workspace_title (self),
                      on_close_answer, G_OBJECT (self));
}

void
studio_workspace_stay (StudioWorkspace *self)
{
  self->unwanted = FALSE;
}

void
studio_workspace_leave (StudioWorkspace *self)
{
  if (self->keeper != NULL)
    studio_keeper_close (self->keeper);
}

/* ---- the document ---- */

/* The view is noted with the state that is left, so that stepping back shows what was seen. */
static void
note_view (StudioWorkspace *self)
{
  g_autoptr(GVariant) view = studio_sheet_dup_view (self->sheet);

  studio_document_note_view (self->document, view);
}

static void
on_edit (StudioSheet *sheet, AnfGraph *graph, const char *label, const char *merge,
         StudioWorkspace *self)
{
  if (self->document == NULL)
    return;

  note_view (self);
  studio_document_apply (self->document, graph, label, merge);
}

static void
jump (StudioWorkspace *self, guint step)
{
  note_view (self);
  studio_document_jump (self->document, step);
  studio_sheet_set_view (self->sheet, studio_document_get_view (self->document));
}

static void
activate_step (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWorkspace *self = data;
  gboolean undo = g_str_equal (g_action_get_name (G_ACTION (action)), "undo");

  jump (self, studio_document_now (self->document) + (undo ? -1 : 1));
}

static void
activate_jump (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWorkspace *self = data;
  guint step = g_variant_get_uint32 (parameter);

  if (self->document != NULL && step < studio_document_n_steps (self->document))
    jump (self, step);
}

static void
show_steps (StudioWorkspace *self)
{
  guint n = studio_document_n_steps (self->document), now = studio_document_now (self->document);
  guint shown = g_list_model_get_n_items (G_LIST_MODEL (self->steps));

  if (shown > n)
    g_list_store_splice (self->steps, n, shown - n, NULL, 0);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(StudioStep) step = i < shown
                                   ? g_list_model_get_item (G_LIST_MODEL (self->steps), i)
                                   : studio_step_new ();

      studio_step_update (step, studio_document_nth_label (self->document, i),
                          i < now ? STUDIO_STEP_PAST
                          : i == now ? STUDIO_STEP_NOW : STUDIO_STEP_UNDONE,
                          studio_document_nth_is_saved (self->document, i));
      if (i >= shown)
        g_list_store_append (self->steps, step);
    }
}

/* Results of this very state may still be known. */
static void
restore_results (StudioWorkspace *self)
{
  AnfGraph *graph = studio_document_get_graph (self->document);
  AnfProfile *profile = studio_worker_get_profile (self->worker);

  if (studio_worker_get_busy (self->worker) ||
      (profile != NULL &&
       g_str_equal (anf_graph_hash (anf_program_graph (anf_profile_program (profile))),
                    anf_graph_hash (graph))))
    return;
  studio_cache_restore (self->cache, graph, self->worker);
}

static void
on_graph (StudioWorkspace *self)
{
  studio_checker_set_graph (self->checker, studio_document_get_graph (self->document));
  restore_results (self);
  update_actions (self);
}

static void
on_changed_outside (StudioKeeper *keeper, gboolean exists, StudioWorkspace *self)
{
  StudioBanner *bar = studio_sheet_get_bar (self->sheet, STUDIO_BAR_FILE);
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

  if (self->sheet == NULL)
    return;
  if (graph == NULL)
    {
      studio_banner_show (studio_sheet_get_bar (self->sheet, STUDIO_BAR_FILE),
                          STUDIO_BANNER_ERROR, error->message, TRUE);
      return;
    }
  studio_document_apply (self->document, graph, _("Reload"), NULL);
  studio_document_mark_saved (self->document, graph, studio_document_get_path (self->document));
  studio_sheet_toast (self->sheet, _("Reloaded"), _("Undo"), "win.undo");
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

  g_object_bind_property (document, "graph", self->sheet, "graph", G_BINDING_SYNC_CREATE);
  g_object_bind_property (document, "modified", self->sheet, "modified", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (document, "notify::graph", G_CALLBACK (on_graph), self,
                           G_CONNECT_SWAPPED);
  /* Notified of with every step, too. */
  g_signal_connect_object (document, "notify::modified", G_CALLBACK (show_steps), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::path", G_CALLBACK (update_place), self,
                           G_CONNECT_SWAPPED);
  on_graph (self);
  show_steps (self);
  update_place (self);
  note_recent (self);
  studio_sheet_set_page (self->sheet, STUDIO_PAGE_DOCUMENT);
}

/* ---- opening ---- */

static void
show_open_error (StudioWorkspace *self, const GError *error)
{
  studio_sheet_set_page (self->sheet, STUDIO_PAGE_START);
  studio_banner_show (studio_sheet_get_bar (self->sheet, STUDIO_BAR_FILE), STUDIO_BANNER_ERROR,
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

  if (self->sheet == NULL)
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
  studio_sheet_log (self->sheet, _("Opened %s"), path);
  if (self->wanted_workspace != NULL)
    studio_sheet_set_workspace (self->sheet, self->wanted_workspace);
  studio_sheet_set_view (self->sheet, self->wanted_view);
  g_signal_emit (self, signals[OPENED], 0, NULL);
}

static void
load (StudioWorkspace *self, const char *path, StudioLoad how, gboolean as_sample)
{
  g_return_if_fail (studio_workspace_is_free (self));

  self->opening = g_strdup (path);
  self->as_sample = as_sample;
  studio_banner_hide (studio_sheet_get_bar (self->sheet, STUDIO_BAR_FILE));
  studio_sheet_set_page (self->sheet, STUDIO_PAGE_LOADING);
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
studio_workspace_reopen (StudioWorkspace *self, const char *path, const char *workspace,
                         GVariant *view)
{
  self->wanted_workspace = g_strdup (workspace);
  self->wanted_view = view != NULL ? g_variant_ref (view) : NULL;
  studio_workspace_open (self, path);
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

StudioSheet *
studio_workspace_get_sheet (StudioWorkspace *self)
{
  return self->sheet;
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
on_sheet_gone (StudioWorkspace *self)
{
  self->sheet = NULL;
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
    { "jump", activate_jump, "u" }, { "reload", activate_reload }, { "keep", activate_keep },
  };

  for (guint i = 0; i < G_N_ELEMENTS (checked); i++)
    g_binding_group_bind (self->checked, checked[i], self->sheet, checked[i],
                          G_BINDING_SYNC_CREATE);
  for (guint i = 0; i < G_N_ELEMENTS (worked); i++)
    g_binding_group_bind (self->worked, worked[i], self->sheet, worked[i], G_BINDING_SYNC_CREATE);
  g_binding_group_set_source (self->checked, self->checker);
  g_binding_group_set_source (self->worked, self->worker);
  g_signal_connect_object (self->worker, "notify::busy", G_CALLBACK (update_actions), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->sheet, "edit", G_CALLBACK (on_edit), self, 0);
  g_signal_connect_object (self->sheet, "destroy", G_CALLBACK (on_sheet_gone), self,
                           G_CONNECT_SWAPPED);
  g_action_map_add_action_entries (studio_sheet_get_actions (self->sheet), actions,
                                   G_N_ELEMENTS (actions), self);
  g_object_set (self->sheet, "steps", self->steps, NULL);
  studio_workspace_add_jobs (self);
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
  g_clear_object (&self->steps);
  g_clear_pointer (&self->cache, studio_cache_free);
  g_clear_pointer (&self->recovering, studio_recovery_free);
  g_clear_pointer (&self->opening, g_free);
  g_clear_pointer (&self->wanted_workspace, g_free);
  g_clear_pointer (&self->wanted_view, g_variant_unref);
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
  self->steps = g_list_store_new (STUDIO_TYPE_STEP);
  self->cache = studio_cache_new (MOST_RESULT_BYTES);
}

StudioWorkspace *
studio_workspace_new (GSettings *settings)
{
  StudioWorkspace *self = g_object_new (STUDIO_TYPE_WORKSPACE, NULL);

  self->sheet = studio_sheet_new (settings);
  wire (self);
  g_object_set_data_full (G_OBJECT (self->sheet), "workspace", self, g_object_unref);
  return self;
}

StudioWorkspace *
studio_workspace_of (StudioSheet *sheet)
{
  return g_object_get_data (G_OBJECT (sheet), "workspace");
}
