/* session.c - a key file in the state folder: a group for each tab. */
#include "session.h"

#include <glib/gstdio.h>

#include "tabs.h"

#define FOLDER      "aneforge-studio"
#define MAX_WINDOWS 64             /* no session has more */

static char *
session_path (void)
{
  return g_build_filename (g_get_user_state_dir (), FOLDER, "session", NULL);
}

/* ---- writing ---- */

static void
note_tab (GKeyFile *file, guint window, guint tab, StudioSheet *sheet, const char *path,
          gboolean front)
{
  g_autofree char *group = g_strdup_printf ("window %u tab %u", window, tab);
  g_autoptr(GVariant) view = studio_sheet_dup_view (sheet);
  g_autofree char *view_text = g_variant_print (view, TRUE);
  g_autoptr(GVariant) workspace =
    g_action_group_get_action_state (G_ACTION_GROUP (studio_sheet_get_actions (sheet)),
                                     "workspace");

  g_key_file_set_string (file, group, "path", path);
  g_key_file_set_string (file, group, "view", view_text);
  g_key_file_set_boolean (file, group, "front", front);
  if (workspace != NULL)
    g_key_file_set_string (file, group, "workspace", g_variant_get_string (workspace, NULL));
}

static void
note_window (GKeyFile *file, guint number, StudioWindow *window)
{
  guint tab = 0;

  for (guint i = 0; i < studio_window_n_sheets (window); i++)
    {
      StudioSheet *sheet = studio_window_nth_sheet (window, i);
      StudioWorkspace *workspace = studio_workspace_of (sheet);
      const char *path = workspace != NULL ? studio_workspace_get_path (workspace) : NULL;

      if (path != NULL)
        note_tab (file, number, tab++, sheet, path, sheet == studio_window_get_sheet (window));
    }
}

void
studio_session_save (GtkApplication *application)
{
  g_autoptr(GKeyFile) file = g_key_file_new ();
  g_autofree char *path = session_path ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  guint n = 0;

  for (GList *l = gtk_application_get_windows (application); l != NULL; l = l->next)
    if (STUDIO_IS_WINDOW (l->data))
      note_window (file, n++, l->data);
  text = g_key_file_to_data (file, NULL, NULL);
  if (g_mkdir_with_parents (folder, 0700) != 0 ||
      !g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    g_message ("The session was not kept: %s", error != NULL ? error->message : folder);
}

/* ---- reading ---- */

static void
tab_free (gpointer data)
{
  StudioSessionTab *tab = data;

  g_free (tab->path);
  g_free (tab->workspace);
  g_clear_pointer (&tab->view, g_variant_unref);
  g_free (tab);
}

/* NULL: there is no such group, or its file is gone. */
static StudioSessionTab *
read_tab (GKeyFile *file, const char *group)
{
  g_autofree char *path = g_key_file_get_string (file, group, "path", NULL);
  g_autofree char *view = g_key_file_get_string (file, group, "view", NULL);
  StudioSessionTab *tab;

  if (path == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  tab = g_new0 (StudioSessionTab, 1);
  tab->path = g_steal_pointer (&path);
  tab->workspace = g_key_file_get_string (file, group, "workspace", NULL);
  tab->front = g_key_file_get_boolean (file, group, "front", NULL);
  tab->view = view != NULL ? g_variant_parse (G_VARIANT_TYPE_VARDICT, view, NULL, NULL, NULL)
                           : NULL;
  return tab;
}

GPtrArray *
studio_session_load (void)
{
  GPtrArray *windows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr(GKeyFile) file = g_key_file_new ();
  g_autofree char *path = session_path ();

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL))
    return windows;
  for (guint window = 0; window < MAX_WINDOWS; window++)
    {
      g_autoptr(GPtrArray) tabs = g_ptr_array_new_with_free_func (tab_free);

      for (guint n = 0;; n++)
        {
          g_autofree char *group = g_strdup_printf ("window %u tab %u", window, n);
          StudioSessionTab *tab;

          if (!g_key_file_has_group (file, group))
            break;
          if ((tab = read_tab (file, group)) != NULL)
            g_ptr_array_add (tabs, tab);
        }
      if (tabs->len > 0)
        g_ptr_array_add (windows, g_steal_pointer (&tabs));
    }
  return windows;
}
