/* tabs.c - which documents are in which windows, and what happens before they go. */
#include "tabs.h"

/* ---- closing one ---- */

static void
on_tab_leave (StudioWorkspace *workspace, gboolean may_go, gpointer data)
{
  StudioSheet *sheet = studio_workspace_get_sheet (workspace);
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (sheet));

  if (!may_go || !STUDIO_IS_WINDOW (root))
    return;

  studio_workspace_leave (workspace);
  if (studio_window_n_sheets (STUDIO_WINDOW (root)) > 1)
    studio_window_remove_sheet (STUDIO_WINDOW (root), sheet);
  else
    gtk_window_destroy (GTK_WINDOW (root));
}

static void
on_close_sheet (StudioWindow *window, StudioSheet *sheet, gpointer data)
{
  StudioWorkspace *workspace = studio_workspace_of (sheet);

  if (!studio_workspace_may_go (workspace))
    studio_window_set_sheet (window, sheet);
  studio_workspace_ask_leave (workspace, on_tab_leave, NULL);
}

/* ---- closing all ---- */

static void
on_window_leave (StudioWorkspace *workspace, gboolean may_go, gpointer data)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (studio_workspace_get_sheet (workspace)));

  if (!STUDIO_IS_WINDOW (root))
    return;
  if (may_go)
    {
      gtk_window_close (GTK_WINDOW (root));
      return;
    }
  for (guint i = 0; i < studio_window_n_sheets (STUDIO_WINDOW (root)); i++)
    studio_workspace_stay (studio_workspace_of (studio_window_nth_sheet (STUDIO_WINDOW (root), i)));
}

/* Asks about one after another, and comes back here after each answer. */
static gboolean
on_close_request (StudioWindow *window)
{
  guint n = studio_window_n_sheets (window);

  for (guint i = 0; i < n; i++)
    {
      StudioSheet *sheet = studio_window_nth_sheet (window, i);

      if (!studio_workspace_may_go (studio_workspace_of (sheet)))
        {
          studio_window_set_sheet (window, sheet);
          studio_workspace_ask_leave (studio_workspace_of (sheet), on_window_leave, NULL);
          return TRUE;
        }
    }
  for (guint i = 0; i < n; i++)
    studio_workspace_leave (studio_workspace_of (studio_window_nth_sheet (window, i)));
  return FALSE;
}

/* ---- finding, adding ---- */

StudioWorkspace *
studio_tabs_add (StudioWindow *window, GSettings *settings)
{
  StudioWorkspace *workspace = studio_workspace_new (settings);
  StudioSheet *sheet = studio_workspace_get_sheet (workspace);

  studio_window_add_sheet (window, sheet);
  studio_window_set_sheet (window, sheet);
  return workspace;
}

StudioWindow *
studio_tabs_window_new (GtkApplication *application, GSettings *settings)
{
  StudioWindow *window = STUDIO_WINDOW (studio_window_new (application, settings));

  g_signal_connect (window, "close-sheet", G_CALLBACK (on_close_sheet), NULL);
  g_signal_connect (window, "close-request", G_CALLBACK (on_close_request), NULL);
  studio_tabs_add (window, settings);
  return window;
}

StudioWorkspace *
studio_tabs_find_free (StudioWindow *window)
{
  StudioSheet *sheet = studio_window_get_sheet (window);
  StudioWorkspace *workspace = sheet != NULL ? studio_workspace_of (sheet) : NULL;

  return workspace != NULL && studio_workspace_is_free (workspace) ? workspace : NULL;
}

StudioWorkspace *
studio_tabs_find_path (GtkApplication *application, const char *path)
{
  for (GList *l = gtk_application_get_windows (application); l != NULL; l = l->next)
    for (guint i = 0; STUDIO_IS_WINDOW (l->data) && i < studio_window_n_sheets (l->data); i++)
      {
        StudioWorkspace *workspace = studio_workspace_of (studio_window_nth_sheet (l->data, i));

        if (g_strcmp0 (studio_workspace_get_path (workspace), path) == 0)
          return workspace;
      }
  return NULL;
}

void
studio_tabs_present (StudioWorkspace *workspace)
{
  StudioSheet *sheet = studio_workspace_get_sheet (workspace);
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (sheet));

  if (!STUDIO_IS_WINDOW (root))
    return;
  studio_window_set_sheet (STUDIO_WINDOW (root), sheet);
  gtk_window_present (GTK_WINDOW (root));
}
