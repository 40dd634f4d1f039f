/* window.h - sheets behind one another, a tab for each; the header bar is of the one in front. */
#pragma once

#include <gtk/gtk.h>

#include "sheet.h"

G_BEGIN_DECLS

/* Properties: sheet (StudioSheet, nullable, notified): the one in front. Its actions are the
 * window's, "win.", for as long; those of its canvas are "canvas.".
 * Signals: close-sheet (StudioSheet *sheet): its tab is to be closed; nothing was done yet.
 * tabs-changed: other sheets, another order, or another one in front.
 * Actions of its own: win.close-tab, close-other-tabs, next-tab, previous-tab, move-tab-left,
 * move-tab-right. */
#define STUDIO_TYPE_WINDOW (studio_window_get_type ())
G_DECLARE_FINAL_TYPE (StudioWindow, studio_window, STUDIO, WINDOW, GtkApplicationWindow)

/* @settings (nullable): where its size is remembered. */
GtkWidget   *studio_window_new          (GtkApplication *application,
                                         GSettings      *settings);
/* Behind the others; whoever adds it brings it to the front, too. */
void         studio_window_add_sheet    (StudioWindow   *self,
                                         StudioSheet    *sheet);
/* The sheet goes with it, if nobody holds it. */
void         studio_window_remove_sheet (StudioWindow   *self,
                                         StudioSheet    *sheet);
StudioSheet *studio_window_get_sheet    (StudioWindow   *self);          /* borrowed (nullable) */
void         studio_window_set_sheet    (StudioWindow   *self,
                                         StudioSheet    *sheet);
guint        studio_window_n_sheets     (StudioWindow   *self);
/* In the order of the tabs. */
StudioSheet *studio_window_nth_sheet    (StudioWindow   *self,
                                         guint           nth);

G_END_DECLS
