/* tabs.h - documents in the tabs of windows: a place for one more, closing one, closing all. */
#pragma once

#include "window.h"
#include "workspace.h"

G_BEGIN_DECLS

/* A window of its own with the start page in it; tabs that are closed ask about changes. */
StudioWindow    *studio_tabs_window_new  (GtkApplication *application,
                                          GSettings      *settings);
/* One more, in front. */
StudioWorkspace *studio_tabs_add         (StudioWindow   *window,
                                          GSettings      *settings);
/* Where a document may go: the sheet in front, if nothing is in it; else NULL. */
StudioWorkspace *studio_tabs_find_free   (StudioWindow   *window);
/* The one that shows or opens @path, in whatever window; NULL: none does. */
StudioWorkspace *studio_tabs_find_path   (GtkApplication *application,
                                          const char     *path);
/* Brought before the user. */
void             studio_tabs_present     (StudioWorkspace *workspace);

G_END_DECLS
