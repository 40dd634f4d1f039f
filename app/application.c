/* application.c - which documents are open in which windows; actions and keys for all of them. */
#include "application.h"

#include <glib/gi18n-lib.h>

#include "ask.h"
#include "demo.h"
#include "look.h"
#include "preferences.h"
#include "session.h"
#include "settings.h"
#include "tabs.h"

#define APPLICATION_ID "io.github.aneforge.Studio"

/* What is open is written down this long after it changed. */
#define SESSION_S 1

/* How often a demonstration may be out of luck, in seconds. */
#define DEMO_LIMIT_S 300

typedef struct { char *path; const char *words; AnfGraph *graph; } Sample;

struct _StudioApplication
{
  GtkApplication  parent_instance;

  StudioLook     *look;
  GSettings      *settings;        /* (nullable) */
  GPtrArray      *samples;         /* Sample; the graph is NULL until it is loaded */
  guint           n_loaded;
  GPtrArray      *orphans;         /* StudioRecovery (nullable) */

  guint           session_due;     /* timer; 0: what is kept is up to date */
  gboolean        settled;         /* started: what was open before was asked for, or was not */
  gboolean        going;           /* what is open stays in the session while windows close */

  char           *demo;            /* where the picture goes; NULL: somebody sits in front */
  char           *demo_page;
  int             status;
};

G_DEFINE_FINAL_TYPE (StudioApplication, studio_application, GTK_TYPE_APPLICATION)

static const struct { const char *file, *words; } sample_files[] = {
  { "mnist-cnn.anf", N_("Handwritten digits, two segments, gates") },
  { "encoder-block.anf", N_("Attention between two fused segments") },
  { "shape-error.anf", N_("One mistake to repair") },
};

/* ---- samples: loaded once, one after another, shown on every start page ---- */

static void load_next_sample (StudioApplication *self);

static void
sample_free (gpointer data)
{
  Sample *sample = data;

  g_free (sample->path);
  g_clear_pointer (&sample->graph, anf_graph_unref);
  g_free (sample);
}

static void
on_sample_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(StudioApplication) self = data;
  g_autoptr(GError) error = NULL;
  Sample *sample = g_ptr_array_index (self->samples, self->n_loaded);

  sample->graph = studio_load_finish (result, &error);
  if (sample->graph == NULL)
    {
      g_message ("%s", error->message);
      g_ptr_array_remove_index (self->samples, self->n_loaded);
    }
  else
    {
      self->n_loaded++;
      for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l != NULL; l = l->next)
        for (guint i = 0; STUDIO_IS_WINDOW (l->data) && i < studio_window_n_sheets (l->data); i++)
          studio_sheet_add_sample (studio_window_nth_sheet (l->data, i), sample->path,
                                   sample->words, sample->graph);
    }
  load_next_sample (self);
}

static void
load_next_sample (StudioApplication *self)
{
  if (self->n_loaded < self->samples->len)
    studio_load_async (((Sample *) g_ptr_array_index (self->samples, self->n_loaded))->path,
                       anf_document_load, NULL, on_sample_loaded, g_object_ref (self));
}

static void
find_samples (StudioApplication *self)
{
  g_autofree char *folder = studio_examples_folder ();

  for (guint i = 0; folder != NULL && i < G_N_ELEMENTS (sample_files); i++)
    {
      g_autofree char *path = g_build_filename (folder, sample_files[i].file, NULL);
      Sample *sample;

      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        continue;
      sample = g_new0 (Sample, 1);
      sample->path = g_steal_pointer (&path);
      sample->words = _(sample_files[i].words);
      g_ptr_array_add (self->samples, sample);
    }
  load_next_sample (self);
}

/* ---- workspaces ---- */

/* Whether a version of @path that was not saved waits for an answer. */
static gboolean
is_orphan (StudioApplication *self, const char *path)
{
  for (guint i = 0; self->orphans != NULL && i < self->orphans->len; i++)
    {
      StudioRecovery *orphan = g_ptr_array_index (self->orphans, i);
      g_autofree char *origin = studio_recovery_origin (studio_recovery_path (orphan));

      if (g_strcmp0 (origin, path) == 0)
        return TRUE;
    }
  return FALSE;
}

static StudioWindow *
window_of (StudioWorkspace *workspace)
{
  return STUDIO_WINDOW (gtk_widget_get_root (GTK_WIDGET (studio_workspace_get_sheet (workspace))));
}

static void
offer_recovery (StudioApplication *self, StudioSheet *sheet)
{
  StudioBanner *bar = studio_sheet_get_bar (sheet, STUDIO_BAR_FILE);
  g_autofree char *words = NULL;
  const char *format;
  guint n = self->orphans != NULL ? self->orphans->len : 0;

  if (n == 0 || studio_banner_get_shown (bar))
    return;

  format = g_dngettext (GETTEXT_PACKAGE, "%u document was not saved when the program ended",
                        "%u documents were not saved when the program ended", n);
  words = g_strdup_printf (format, n);
  studio_banner_show (bar, STUDIO_BANNER_WARNING, words, FALSE);
  studio_banner_add (bar, _("Recover"), "app.recover");
  studio_banner_add (bar, _("Discard"), "app.discard");
}

static void
on_opened (StudioWorkspace *workspace, const GError *error, StudioApplication *self)
{
  if (error == NULL)
    offer_recovery (self, studio_workspace_get_sheet (workspace));
}

/* ---- the session ---- */

static void
save_session (StudioApplication *self)
{
  g_clear_handle_id (&self->session_due, g_source_remove);
  if (!self->going && self->demo == NULL)
    studio_session_save (GTK_APPLICATION (self));
}

static gboolean
on_session_due (gpointer data)
{
  StudioApplication *self = data;

  self->session_due = 0;
  save_session (self);
  return G_SOURCE_REMOVE;
}

static void
note_session (StudioApplication *self)
{
  if (self->session_due == 0)
    self->session_due = g_timeout_add_seconds (SESSION_S, on_session_due, self);
}

/* Only reached when nothing speaks against closing. The last window's tabs come back. */
static gboolean
on_close_request (GtkWindow *window, StudioApplication *self)
{
  guint n = 0;

  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l != NULL; l = l->next)
    n += STUDIO_IS_WINDOW (l->data);
  if (n == 1)
    {
      save_session (self);
      self->going = TRUE;
    }
  return FALSE;
}

/* ---- sheets and windows ---- */

/* Every sheet has the samples on its start page, and tells of what it opened. */
static StudioWorkspace *
dress (StudioApplication *self, StudioWorkspace *workspace)
{
  for (guint i = 0; i < self->n_loaded; i++)
    {
      Sample *sample = g_ptr_array_index (self->samples, i);

      studio_sheet_add_sample (studio_workspace_get_sheet (workspace), sample->path,
                               sample->words, sample->graph);
    }
  g_signal_connect_object (workspace, "opened", G_CALLBACK (on_opened), self, 0);
  g_signal_connect_object (studio_workspace_get_sheet (workspace), "notify::place",
                           G_CALLBACK (note_session), self, G_CONNECT_SWAPPED);
  self->going = FALSE;
  return workspace;
}

static StudioWorkspace *
window_new (StudioApplication *self)
{
  StudioWindow *window = studio_tabs_window_new (GTK_APPLICATION (self), self->settings);

  g_signal_connect_object (window, "tabs-changed", G_CALLBACK (note_session), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "close-request", G_CALLBACK (on_close_request), self, 0);
  gtk_window_present (GTK_WINDOW (window));
  return dress (self, studio_tabs_find_free (window));
}

/* The sheet in front of the user if nothing is in it, else one more beside it. */
static StudioWorkspace *
free_workspace (StudioApplication *self)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l != NULL; l = l->next)
    if (STUDIO_IS_WINDOW (l->data))
      {
        StudioWorkspace *workspace = studio_tabs_find_free (l->data);

        gtk_window_present (l->data);
        return workspace != NULL ? workspace
                                 : dress (self, studio_tabs_add (l->data, self->settings));
      }
  return window_new (self);
}

static void
open_path (StudioApplication *self, const char *path)
{
  StudioWorkspace *workspace = studio_tabs_find_path (GTK_APPLICATION (self), path);

  if (workspace != NULL)
    studio_tabs_present (workspace);
  else
    studio_workspace_open (free_workspace (self), path);
}

/* What was open when the program ended last; what waits to be recovered does not come twice. */
static void
restore_session (StudioApplication *self)
{
  g_autoptr(GPtrArray) windows = studio_session_load ();

  for (guint i = 0; i < windows->len; i++)
    {
      GPtrArray *tabs = g_ptr_array_index (windows, i);
      StudioWorkspace *workspace = NULL, *front = NULL;

      for (guint t = 0; t < tabs->len; t++)
        {
          StudioSessionTab *tab = g_ptr_array_index (tabs, t);

          if (is_orphan (self, tab->path))
            continue;
          workspace = workspace == NULL ? window_new (self)
                      : dress (self, studio_tabs_add (window_of (workspace), self->settings));
          if (tab->front)
            front = workspace;
          studio_workspace_reopen (workspace, tab->path, tab->workspace, tab->view);
        }
      if (front != NULL)
        studio_tabs_present (front);
    }
}

static void
open_file (StudioApplication *self, GFile *file)
{
  g_autofree char *path = g_file_get_path (file);
  g_autofree char *name = g_file_get_parse_name (file);
  g_autofree char *words = NULL;

  if (path != NULL)
    {
      open_path (self, path);
      return;
    }
  words = g_strdup_printf (_("%s: only files of this computer can be opened"), name);
  studio_banner_show (studio_sheet_get_bar (studio_workspace_get_sheet (free_workspace (self)),
                                            STUDIO_BAR_FILE),
                      STUDIO_BANNER_ERROR, words, TRUE);
}

/* ---- actions ---- */

static void
activate_new (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  studio_workspace_open_new (free_workspace (data));
}

static void
activate_new_window (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  window_new (data);
}

static void
answer_open (GObject *owner, const char *path, gpointer data)
{
  if (path != NULL)
    open_path (STUDIO_APPLICATION (owner), path);
}

static void
activate_open (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  studio_ask_open_path (gtk_application_get_active_window (data), answer_open, data);
}

static void
activate_open_uri (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  g_autoptr(GFile) file = g_file_new_for_uri (g_variant_get_string (parameter, NULL));

  open_file (data, file);
}

static void
activate_open_sample (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  studio_workspace_open_sample (free_workspace (data), g_variant_get_string (parameter, NULL));
}

static void
activate_recover (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioApplication *self = data;

  while (self->orphans != NULL && self->orphans->len > 0)
    studio_workspace_recover (free_workspace (self), g_ptr_array_steal_index (self->orphans, 0));
}

static void
activate_discard (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioApplication *self = data;

  for (guint i = 0; self->orphans != NULL && i < self->orphans->len; i++)
    studio_recovery_clear (g_ptr_array_index (self->orphans, i));
  g_clear_pointer (&self->orphans, g_ptr_array_unref);
}

static void
activate_quit (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioApplication *self = data;
  g_autoptr(GList) windows = g_list_copy (gtk_application_get_windows (data));

  save_session (self);
  self->going = TRUE;
  for (GList *l = windows; l != NULL; l = l->next)
    gtk_window_close (l->data);
}

static void
activate_preferences (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioApplication *self = data;

  studio_preferences_show (gtk_application_get_active_window (data), self->settings);
}

static void
activate_about (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *const authors[] = { _("The ANEForge authors"), NULL };
  const char *sources[] = {
    "Apple Neural Engine guide https://arxiv.org/abs/2606.22283",
    _("(arXiv:2606.22283, CC BY 4.0; facts restated, tables and code made from them)"),
    _("Python package aneforge 0.4.0 (MIT) and its measurements"), NULL,
  };
  const char *libraries[] = {
    "GTK, GLib, Pango, json-glib (LGPL 2.1+)", "Cairo (LGPL 2.1, MPL 1.1)", "oneDNN (Apache 2.0)",
    NULL,
  };
  GtkAboutDialog *about = GTK_ABOUT_DIALOG (gtk_about_dialog_new ());

  gtk_about_dialog_set_program_name (about, "ANEForge Studio");
  gtk_about_dialog_set_logo_icon_name (about, APPLICATION_ID);
  gtk_about_dialog_set_version (about, ANF_VERSION);
  gtk_about_dialog_set_comments (about, _("Build and profile models for the Apple Neural Engine.\n"
                                          "Not affiliated with Apple."));
  gtk_about_dialog_set_license_type (about, GTK_LICENSE_MIT_X11);
  gtk_about_dialog_set_authors (about, (const char **) authors);
  gtk_about_dialog_add_credit_section (about, _("Sources"), sources);
  gtk_about_dialog_add_credit_section (about, _("Libraries"), libraries);
  gtk_window_set_transient_for (GTK_WINDOW (about), gtk_application_get_active_window (data));
  gtk_window_set_modal (GTK_WINDOW (about), TRUE);
  gtk_window_present (GTK_WINDOW (about));
}

static void
add_actions (StudioApplication *self)
{
  const GActionEntry entries[] = {
    { "new", activate_new }, { "new-window", activate_new_window }, { "open", activate_open },
    { "open-uri", activate_open_uri, "s" },
    { "open-sample", activate_open_sample, "s" }, { "recover", activate_recover },
    { "discard", activate_discard }, { "quit", activate_quit },
    { "preferences", activate_preferences }, { "about", activate_about },
  };
  /* Keys without Ctrl, and those an entry needs itself, are in ui/window.c. */
  static const struct { const char *action, *keys[3]; } accels[] = {
    { "app.new", { "<Primary>n" } }, { "app.open", { "<Primary>o" } },
    { "app.quit", { "<Primary>q" } }, { "app.preferences", { "<Primary>comma" } },
    { "win.save", { "<Primary>s" } }, { "win.save-as", { "<Primary><Shift>s" } },
    { "app.new-window", { "<Primary><Shift>n" } },
    { "win.commands", { "<Primary><Shift>p", "<Primary>k" } },
    { "win.close-tab", { "<Primary>w" } },
    { "win.next-tab", { "<Primary>Tab", "<Primary>Page_Down" } },
    { "win.previous-tab", { "<Primary><Shift>Tab", "<Primary>Page_Up" } },
    { "win.move-tab-left", { "<Primary><Shift>Page_Up" } },
    { "win.move-tab-right", { "<Primary><Shift>Page_Down" } },
    { "win.run", { "<Primary>Return", "<Primary>KP_Enter" } }, { "win.compile", { "<Primary>b" } },
    { "win.stop", { "<Primary>period" } }, { "win.report", { "<Primary><Shift>r" } },
    { "win.find", { "<Primary>f" } }, { "win.find-next", { "F3" } },
    { "win.find-previous", { "<Shift>F3" } },
    { "win.next-problem", { "F8" } }, { "win.previous-problem", { "<Shift>F8" } },
    { "win.fix", { "<Primary>F8" } },
    { "win.show-help-overlay", { "<Primary>question", "<Primary>slash" } },
  };
  GAction *preferences;

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  for (guint i = 0; i < G_N_ELEMENTS (accels); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), accels[i].action,
                                           (const char *const *) accels[i].keys);
  preferences = g_action_map_lookup_action (G_ACTION_MAP (self), "preferences");
  g_simple_action_set_enabled (G_SIMPLE_ACTION (preferences), self->settings != NULL);
}

/* ---- GApplication ---- */

static gboolean
scheme_to_choice (GValue *value, GVariant *variant, gpointer data)
{
  const char *nick = g_variant_get_string (variant, NULL);

  g_value_set_uint (value, g_str_equal (nick, "light") ? STUDIO_LOOK_LIGHT
                           : g_str_equal (nick, "dark") ? STUDIO_LOOK_DARK : STUDIO_LOOK_SYSTEM);
  return TRUE;
}

static void
studio_application_startup (GApplication *application)
{
  StudioApplication *self = STUDIO_APPLICATION (application);

  G_APPLICATION_CLASS (studio_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name (APPLICATION_ID);
  self->settings = studio_gsettings_new ();
  self->look = studio_look_new ();
  if (self->settings != NULL)
    g_settings_bind_with_mapping (self->settings, "color-scheme", self->look, "choice",
                                  G_SETTINGS_BIND_GET, scheme_to_choice, NULL, NULL, NULL);
  add_actions (self);
  if (self->demo != NULL)
    return;
  self->orphans = studio_recovery_orphans ();
  find_samples (self);
}

static void
studio_application_activate (GApplication *application)
{
  StudioApplication *self = STUDIO_APPLICATION (application);
  StudioWorkspace *workspace;
  GtkWindow *window;

  if (self->demo != NULL)
    {
      g_printerr ("aneforge-studio: --demo needs a FILE to open\n");
      self->status = 2;
      return;
    }
  if (!self->settled)
    restore_session (self);
  window = gtk_application_get_active_window (GTK_APPLICATION (self));
  workspace = !self->settled && STUDIO_IS_WINDOW (window)
              ? studio_workspace_of (studio_window_get_sheet (STUDIO_WINDOW (window)))
              : free_workspace (self);
  self->settled = TRUE;
  offer_recovery (self, studio_workspace_get_sheet (workspace));
}

static void
on_demo_done (const char *problem, gpointer data)
{
  StudioApplication *self = data;

  if (problem != NULL)
    {
      g_printerr ("aneforge-studio: %s\n", problem);
      self->status = 1;
    }
  g_application_quit (G_APPLICATION (self));
}

static gboolean
on_demo_too_long (gpointer data)
{
  on_demo_done ("the demonstration takes too long", data);
  return G_SOURCE_REMOVE;
}

static void
studio_application_shutdown (GApplication *application)
{
  save_session (STUDIO_APPLICATION (application));
  G_APPLICATION_CLASS (studio_application_parent_class)->shutdown (application);
}

static void
studio_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  StudioApplication *self = STUDIO_APPLICATION (application);

  self->settled = TRUE;
  for (int i = 0; i < n_files && self->demo == NULL; i++)
    open_file (self, files[i]);
  if (self->demo != NULL && n_files > 0)
    {
      g_timeout_add_seconds (DEMO_LIMIT_S, on_demo_too_long, self);
      studio_demo_start (window_new (self), g_file_peek_path (files[0]), self->demo,
                         self->demo_page, on_demo_done, self);
    }
}

static int
studio_application_handle_local_options (GApplication *application, GVariantDict *options)
{
  StudioApplication *self = STUDIO_APPLICATION (application);

  if (g_variant_dict_lookup (options, "demo", "^ay", &self->demo))
    g_application_set_flags (application,
                             g_application_get_flags (application) | G_APPLICATION_NON_UNIQUE);
  g_variant_dict_lookup (options, "page", "s", &self->demo_page);
  return G_APPLICATION_CLASS (studio_application_parent_class)->handle_local_options (application,
                                                                                      options);
}

int
studio_application_get_status (StudioApplication *self)
{
  return self->status;
}

static void
studio_application_finalize (GObject *object)
{
  StudioApplication *self = STUDIO_APPLICATION (object);

  g_clear_object (&self->look);
  g_clear_object (&self->settings);
  g_clear_pointer (&self->orphans, g_ptr_array_unref);
  g_ptr_array_unref (self->samples);
  g_free (self->demo);
  g_free (self->demo_page);
  G_OBJECT_CLASS (studio_application_parent_class)->finalize (object);
}

static void
studio_application_class_init (StudioApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = studio_application_finalize;
  application_class->startup = studio_application_startup;
  application_class->activate = studio_application_activate;
  application_class->open = studio_application_open;
  application_class->shutdown = studio_application_shutdown;
  application_class->handle_local_options = studio_application_handle_local_options;
}

static void
studio_application_init (StudioApplication *self)
{
  const GOptionEntry options[] = {
    { "demo", 0, 0, G_OPTION_ARG_FILENAME, NULL,
      N_("Open FILE, run it, write the window's picture to OUT.png, print what it shows"),
      "OUT.png" },
    { "page", 0, 0, G_OPTION_ARG_STRING, NULL,
      N_("With --demo: build, profile, compress or accuracy"), "NAME" },
    { NULL },
  };

  self->samples = g_ptr_array_new_with_free_func (sample_free);
  g_application_add_main_option_entries (G_APPLICATION (self), options);
  g_application_set_option_context_parameter_string (G_APPLICATION (self), "[FILE…]");
}

GtkApplication *
studio_application_new (void)
{
  return g_object_new (STUDIO_TYPE_APPLICATION, "application-id", APPLICATION_ID,
                       "flags", G_APPLICATION_HANDLES_OPEN, NULL);
}
