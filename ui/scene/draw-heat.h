/* draw-heat.h - nodes in the colours of a figure, and the legend of it. */
#pragma once

#include "draw.h"
#include "heat.h"

G_BEGIN_DECLS

/* The ramp: viridis, which colour-blind eyes tell apart and which turns to a ramp of greys. */
void        studio_heat_color     (double place, StudioColor *color);

/* Over nodes that are drawn. */
void        studio_draw_heat        (StudioScene *scene, const StudioView *view,
                                     const StudioHeat *heat, cairo_t *cr);
/* Top left, in px: title, ramp, its ends. */
void        studio_draw_heat_legend (const StudioView *view, const StudioHeat *heat, cairo_t *cr);

G_END_DECLS
