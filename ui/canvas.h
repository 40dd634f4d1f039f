/* canvas.h - the graph as a picture that can be edited: gestures and keys in, `edit` out. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"
#include "heat.h"

G_BEGIN_DECLS

/* Properties: graph, report, plan, profile (boxed engine values), stale (gboolean: the profile is
 * of another graph), selection (boxed G_TYPE_ARRAY of AnfId, the last one is active; never written
 * in place), zoom (double, read only), snap (gboolean).
 * Signals: edit (AnfGraph *graph, const char *label, const char *merge): the user wants the
 * document to become @graph; steps of one non-NULL @merge key are one undo step.
 * pick-op (double x, double y): an operator is wanted at this place of the widget; the class opens
 * the add popover there. */
#define STUDIO_TYPE_CANVAS (studio_canvas_get_type ())
G_DECLARE_FINAL_TYPE (StudioCanvas, studio_canvas, STUDIO, CANVAS, GtkWidget)

GtkWidget    *studio_canvas_new           (void);
AnfGraph     *studio_canvas_get_graph     (StudioCanvas *self);          /* borrowed (nullable) */
void          studio_canvas_set_graph     (StudioCanvas *self, AnfGraph *graph);
void          studio_canvas_set_report    (StudioCanvas *self, AnfReport *report);
void          studio_canvas_set_plan      (StudioCanvas *self, AnfPlan *plan);
void          studio_canvas_set_profile   (StudioCanvas *self, AnfProfile *profile);
void          studio_canvas_set_stale     (StudioCanvas *self, gboolean stale);
GArray       *studio_canvas_get_selection (StudioCanvas *self);          /* borrowed (nullable) */
void          studio_canvas_set_selection (StudioCanvas *self, GArray *selection);
double        studio_canvas_get_zoom      (StudioCanvas *self);          /* 1: 100 % */
gboolean      studio_canvas_get_snap      (StudioCanvas *self);
void          studio_canvas_set_snap      (StudioCanvas *self, gboolean snap);

/* Colours nodes by a figure (transfer full); NULL: by their category. */
void          studio_canvas_set_heat      (StudioCanvas *self, StudioHeat *heat);
/* The node at a place of the widget; 0: none is there. */
AnfId         studio_canvas_node_at       (StudioCanvas *self, double x, double y);
/* Selects the node and brings it into view. */
void          studio_canvas_show_node     (StudioCanvas *self, AnfId id);
/* Whole graph in view, at most at 100 %, without an animation; also done for a first graph. */
void          studio_canvas_fit           (StudioCanvas *self);
/* Adds a node in the middle of the view, wired to the active node where that is plain. */
void          studio_canvas_add_op        (StudioCanvas *self, const char *op_name);

/* The actions that the canvas carries as "canvas.", so that menus elsewhere can use them: fit,
 * zoom-100, zoom-in, zoom-out, frame, select-all, select-none, delete, delete-reconnect, duplicate,
 * copy, cut, paste, rename, add, arrange, arrange-selection, snap, minimap. */
GActionGroup *studio_canvas_get_actions   (StudioCanvas *self);          /* borrowed */

G_END_DECLS
