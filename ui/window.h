/* window.h - one document on the screen: lays the widgets out, owns selection and workspaces. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"
#include "banner.h"

G_BEGIN_DECLS

/* Properties. Given: graph, report, plan, weights, program, profile, gates, errors (boxed), busy
 * (boolean), stage (string), fraction (double), stages (GListModel of StudioStage), modified
 * (boolean), place (string: the document's folder, nullable). Its own: selection (boxed
 * G_TYPE_ARRAY of AnfId, last is active, never written in place), stale and gates-stale (boolean,
 * read only: the profile, the gates are of another graph).
 * Signal: edit (AnfGraph *graph, const char *label, const char *merge), as all panels have it.
 * Actions of its own: win.workspace ("build" "profile" "compress" "accuracy" "chips"),
 * win.left-pane, win.right-pane, win.bottom-pane, win.find, win.next-problem,
 * win.previous-problem, win.show-node (id). It activates, and others provide: win.save, save-as,
 * undo, redo, run, compile, stop, gates. */
#define STUDIO_TYPE_WINDOW (studio_window_get_type ())
G_DECLARE_FINAL_TYPE (StudioWindow, studio_window, STUDIO, WINDOW, GtkApplicationWindow)

typedef enum { STUDIO_PAGE_START, STUDIO_PAGE_LOADING, STUDIO_PAGE_DOCUMENT } StudioPage;
typedef enum { STUDIO_BAR_FILE, STUDIO_BAR_ERROR, STUDIO_BAR_STALE, STUDIO_N_BARS } StudioBar;

/* @settings (nullable): where sizes and panes are remembered. */
GtkWidget    *studio_window_new           (GtkApplication   *application,
                                           GSettings        *settings);
void          studio_window_set_page      (StudioWindow     *self,
                                           StudioPage        page);
StudioPage    studio_window_get_page      (StudioWindow     *self);
/* Of what lasts: about the file, about the last job; STALE it shows by itself. */
StudioBanner *studio_window_get_bar       (StudioWindow     *self,
                                           StudioBar         bar);
/* What the buttons would undo and redo (nullable). */
void          studio_window_set_undo      (StudioWindow     *self,
                                           const char       *undo,
                                           const char       *redo);
/* @label and @action (nullable) make a button. */
void          studio_window_toast         (StudioWindow     *self,
                                           const char       *words,
                                           const char       *label,
                                           const char       *action);
void          studio_window_clear_toasts  (StudioWindow     *self);
void          studio_window_log           (StudioWindow     *self,
                                           const char       *format,
                                           ...) G_GNUC_PRINTF (2, 3);
/* In the Build workspace: selected and in view. */
void          studio_window_show_node     (StudioWindow     *self,
                                           AnfId             id);
void          studio_window_set_workspace (StudioWindow     *self,
                                           const char       *name);
/* "problems" "pipeline" "log" */
void          studio_window_set_bottom    (StudioWindow     *self,
                                           const char       *name);
void          studio_window_add_sample    (StudioWindow     *self,
                                           const char       *path,
                                           const char       *words,
                                           AnfGraph         *graph);

G_END_DECLS
