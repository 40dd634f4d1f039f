/* canvas-wheel.c - wheel, touchpad and pinch: zoom and pan. */
#include "canvas-private.h"

#include <math.h>

static gboolean
on_scroll (GtkEventControllerScroll *scroll, double dx, double dy, StudioCanvas *self)
{
  GtkEventController *controller = GTK_EVENT_CONTROLLER (scroll);
  GdkModifierType state = gtk_event_controller_get_current_event_state (controller);
  gboolean fingers = gtk_event_controller_get_current_event (controller) != NULL
                     && gtk_event_controller_scroll_get_unit (scroll) == GDK_SCROLL_UNIT_SURFACE;
  double step = fingers ? 1 : 48;

  if (state & GDK_CONTROL_MASK)
    studio_canvas_zoom_at (self, self->zoom * pow (fingers ? 1.01 : 1.15, -dy), self->pointer_x,
                           self->pointer_y);
  else if (state & GDK_SHIFT_MASK)
    studio_canvas_pan (self, (dx != 0 ? dx : dy) * step, 0);
  else if (fingers || dx != 0)
    studio_canvas_pan (self, dx * step, dy * step);
  else
    studio_canvas_zoom_at (self, self->zoom * pow (1.15, -dy), self->pointer_x, self->pointer_y);
  studio_canvas_stop_coast (self);
  studio_canvas_update_drag (self);
  return TRUE;
}

static void
on_decelerate (GtkEventControllerScroll *scroll, double vx, double vy, StudioCanvas *self)
{
  studio_canvas_coast (self, vx, vy);
}

static void
on_pinch_begin (GtkGesture *gesture, GdkEventSequence *sequence, StudioCanvas *self)
{
  studio_canvas_cancel_drag (self);
  self->from[2] = self->zoom;
}

static void
on_pinch (GtkGestureZoom *gesture, double scale, StudioCanvas *self)
{
  double x = self->pointer_x, y = self->pointer_y;

  gtk_gesture_get_bounding_box_center (GTK_GESTURE (gesture), &x, &y);
  studio_canvas_zoom_at (self, self->from[2] * scale, x, y);
}

void
studio_canvas_add_wheel (StudioCanvas *self)
{
  GtkEventController *scroll
    = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES
                                       | GTK_EVENT_CONTROLLER_SCROLL_KINETIC);
  GtkGesture *pinch = gtk_gesture_zoom_new ();

  g_signal_connect (scroll, "scroll", G_CALLBACK (on_scroll), self);
  g_signal_connect (scroll, "decelerate", G_CALLBACK (on_decelerate), self);
  gtk_widget_add_controller (GTK_WIDGET (self), scroll);
  g_signal_connect (pinch, "begin", G_CALLBACK (on_pinch_begin), self);
  g_signal_connect (pinch, "scale-changed", G_CALLBACK (on_pinch), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (pinch));
}
