/* panel.h - what all panels share: engine values as properties, `edit` as the only wish. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* What a panel is given; all are borrowed and may be NULL. */
typedef struct
{
  AnfGraph   *graph;
  AnfReport  *report;     /* may be of an older graph */
  AnfPlan    *plan;
  AnfWeights *weights;
  AnfProfile *profile;
  AnfGates   *gates;
  GArray     *selection;  /* of AnfId, the last one is active */
  gboolean    stale;      /* profile and gates are of another graph */
  double      zoom;
  AnfErrors  *errors;     /* may be of an older graph */
} StudioView;

typedef enum
{
  STUDIO_GRAPH = 1 << 1, STUDIO_REPORT = 1 << 2, STUDIO_PLAN = 1 << 3, STUDIO_WEIGHTS = 1 << 4,
  STUDIO_PROFILE = 1 << 5, STUDIO_GATES = 1 << 6, STUDIO_SELECTION = 1 << 7, STUDIO_STALE = 1 << 8,
  STUDIO_ZOOM = 1 << 9, STUDIO_ERRORS = 1 << 10,
} StudioChange;

/* Properties: graph, report, plan, weights, profile, gates, errors, selection (boxed), stale, zoom.
 * Signal: edit (AnfGraph *graph, const char *label, const char *merge): the user wants the document
 * to become @graph; steps of one non-NULL @merge key are one undo step. */
#define STUDIO_TYPE_PANEL (studio_panel_get_type ())
G_DECLARE_DERIVABLE_TYPE (StudioPanel, studio_panel, STUDIO, PANEL, GtkBox)

struct _StudioPanelClass
{
  GtkBoxClass parent_class;

  /* Shows the view; @changed says what differs since the last time. Must update in place, so that
   * keyboard focus and text being typed survive. */
  void (*update) (StudioPanel *self, const StudioView *view, StudioChange changed);
  /* While it is not in view changes are only noted down; it is updated once when it comes. */
  gboolean lazy;
};

const StudioView *studio_panel_view    (StudioPanel *self);
/* The active node; NULL if none is selected, or it is gone. */
const AnfNode    *studio_panel_active  (StudioPanel *self);
guint             studio_panel_n_selected (StudioPanel *self);     /* those that still exist */
void              studio_panel_select  (StudioPanel *self, AnfId id);  /* 0: nothing */

/* Ends @builder and asks for the result. FALSE: refused, @error says why, nothing was asked. */
gboolean          studio_panel_edit    (StudioPanel *self, AnfGraphBuilder *builder,
                                        const char *label, const char *merge, GError **error);
/* Gives a child panel all that this one has, as it changes, and passes its wishes on. */
void              studio_panel_adopt   (StudioPanel *self, StudioPanel *child);

G_END_DECLS
