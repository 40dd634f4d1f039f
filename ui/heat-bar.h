/* heat-bar.h - which figure the nodes on the canvas are coloured by. */
#pragma once

#include "canvas.h"
#include "panel.h"

G_BEGIN_DECLS

typedef enum
{
  STUDIO_HEAT_NONE, STUDIO_HEAT_LATENCY, STUDIO_HEAT_ESTIMATE, STUDIO_HEAT_BYTES,
  STUDIO_HEAT_ERROR, STUDIO_HEAT_BITS, STUDIO_HEAT_BOUND, STUDIO_N_HEATS
} StudioHeatKind;

/* Signal: changed (): another figure, or other values. */
#define STUDIO_TYPE_HEAT_BAR (studio_heat_bar_get_type ())
G_DECLARE_FINAL_TYPE (StudioHeatBar, studio_heat_bar, STUDIO, HEAT_BAR, StudioPanel)

GtkWidget  *studio_heat_bar_new      (void);
void        studio_heat_bar_set_kind (StudioHeatBar *self, StudioHeatKind kind);
/* Puts one over @canvas, a pane's start child, and lets it colour the canvas (borrowed). */
GtkWidget  *studio_heat_bar_put      (StudioCanvas *canvas, GtkPaned *pane);
/* NULL: nodes have their own colours (transfer full). */
StudioHeat *studio_heat_bar_get_heat (StudioHeatBar *self);

/* The figure of all nodes of what is in view (transfer full); NULL: STUDIO_HEAT_NONE. */
StudioHeat *studio_heat_of           (const StudioView *view, StudioHeatKind kind);

G_END_DECLS
