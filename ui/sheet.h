/* sheet.h - one document on the screen: lays the widgets out, owns selection and workspaces. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"
#include "banner.h"

G_BEGIN_DECLS

/* Properties. Given: graph, report, plan, weights, program, profile, gates, errors (boxed), busy
 * (boolean), stage (string), fraction (double), stages (GListModel of StudioStage), steps
 * (GListModel of StudioStep), modified (boolean), place (string: the document's folder, nullable),
 * undo and redo (string, nullable: what would be undone and redone).
 * Its own: title (string, NULL: no document), page (a StudioPage),
 * selection (boxed G_TYPE_ARRAY of AnfId, last is active, never written in place), stale and
 * gates-stale (boolean, read only: the profile, the gates are of another graph).
 * Signal: edit (AnfGraph *graph, const char *label, const char *merge), as all panels have it.
 * Actions of its own: win.workspace ("build" "profile" "compress" "accuracy" "chips" "compare"),
 * win.left-pane, win.right-pane, win.bottom-pane, win.find, win.next-problem,
 * win.previous-problem, win.show-node (id). It activates, and others provide: win.save, save-as,
 * undo, redo, jump (number of a step), run, compile, stop, gates. The window has them, too, while
 * the sheet is in front. */
#define STUDIO_TYPE_SHEET (studio_sheet_get_type ())
G_DECLARE_FINAL_TYPE (StudioSheet, studio_sheet, STUDIO, SHEET, GtkWidget)

typedef enum { STUDIO_PAGE_START, STUDIO_PAGE_LOADING, STUDIO_PAGE_DOCUMENT } StudioPage;
typedef enum { STUDIO_BAR_FILE, STUDIO_BAR_ERROR, STUDIO_BAR_STALE, STUDIO_N_BARS } StudioBar;

/* @settings (nullable): where sizes and panes are remembered. */
StudioSheet  *studio_sheet_new            (GSettings        *settings);
/* What can be done with this document; whoever can do more adds to it. */
GActionMap   *studio_sheet_get_actions    (StudioSheet      *self);
GActionGroup *studio_sheet_get_canvas_actions (StudioSheet  *self);
/* What is selected and looked at, as a{sv} (transfer full); and back to it, as far as there are
 * still such nodes. */
GVariant     *studio_sheet_dup_view       (StudioSheet      *self);
void          studio_sheet_set_view       (StudioSheet      *self,
                                           GVariant         *view);
/* The keyboard goes where work is done. */
void          studio_sheet_take_focus     (StudioSheet      *self);
void          studio_sheet_set_page      (StudioSheet     *self,
                                           StudioPage        page);
StudioPage    studio_sheet_get_page      (StudioSheet     *self);
/* Of what lasts: about the file, about the last job; STALE it shows by itself. */
StudioBanner *studio_sheet_get_bar       (StudioSheet     *self,
                                           StudioBar         bar);
/* What the buttons would undo and redo (nullable). */
void          studio_sheet_set_undo      (StudioSheet     *self,
                                           const char       *undo,
                                           const char       *redo);
/* @label and @action (nullable) make a button. */
void          studio_sheet_toast         (StudioSheet     *self,
                                           const char       *words,
                                           const char       *label,
                                           const char       *action);
void          studio_sheet_clear_toasts  (StudioSheet     *self);
void          studio_sheet_log           (StudioSheet     *self,
                                           const char       *format,
                                           ...) G_GNUC_PRINTF (2, 3);
/* In the Build workspace: selected and in view. */
void          studio_sheet_show_node     (StudioSheet     *self,
                                           AnfId             id);
void          studio_sheet_set_workspace (StudioSheet     *self,
                                           const char       *name);
/* In the Compare workspace: another document, called @name, against this one. */
void          studio_sheet_compare_with  (StudioSheet     *self,
                                           AnfGraph         *graph,
                                           const char       *name);
/* "problems" "pipeline" "log" "what-if" */
void          studio_sheet_set_bottom    (StudioSheet     *self,
                                           const char       *name);
void          studio_sheet_add_sample    (StudioSheet     *self,
                                           const char       *path,
                                           const char       *words,
                                           AnfGraph         *graph);

G_END_DECLS
