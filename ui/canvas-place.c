/* canvas-place.c - where the canvas looks, for histories and sessions. */
#include "canvas-place.h"

#include <math.h>

#include "canvas-private.h"

void
studio_canvas_get_place (StudioCanvas *self, double *x, double *y, double *zoom)
{
  StudioView view;

  studio_canvas_get_view (self, &view);
  *x = view.x + view.width / 2 / view.zoom;
  *y = view.y + view.height / 2 / view.zoom;
  *zoom = view.zoom;
}

typedef struct { double x, y, zoom; } Place;

static gboolean
on_sized (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  const Place *place = data;

  if (gtk_widget_get_width (widget) <= 0)
    return G_SOURCE_CONTINUE;
  studio_canvas_set_place (STUDIO_CANVAS (widget), place->x, place->y, place->zoom);
  return G_SOURCE_REMOVE;
}

void
studio_canvas_set_place (StudioCanvas *self, double x, double y, double zoom)
{
  StudioRect point = { x, y, 0, 0 };
  Place place = { x, y, zoom };

  if (!isfinite (x) || !isfinite (y) || !(zoom > 0))
    return;
  if (gtk_widget_get_width (GTK_WIDGET (self)) > 0)
    studio_canvas_frame (self, &point, zoom, FALSE);
  else
    gtk_widget_add_tick_callback (GTK_WIDGET (self), on_sized, g_memdup2 (&place, sizeof place),
                                  g_free);
}
