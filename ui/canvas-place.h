/* canvas-place.h - where the canvas looks: noted down, and gone back to. */
#pragma once

#include "canvas.h"

G_BEGIN_DECLS

/* The point of the plane in the middle of the view. */
void studio_canvas_get_place (StudioCanvas *self,
                              double       *x,
                              double       *y,
                              double       *zoom);
/* At once, whatever size the canvas has by then. */
void studio_canvas_set_place (StudioCanvas *self,
                              double        x,
                              double        y,
                              double        zoom);

G_END_DECLS
