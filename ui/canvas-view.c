/* canvas-view.c - which part of the plane is in sight. */
#include "canvas-private.h"

#include <math.h>

#define LEAST   0.05
#define MOST    4.0
#define MARGIN 28.0    /* px round a fitted graph */
#define GLIDE  150000  /* µs */

static double
width_of (StudioCanvas *self)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self));

  return width > 0 ? width : 800;
}

static double
height_of (StudioCanvas *self)
{
  int height = gtk_widget_get_height (GTK_WIDGET (self));

  return height > 0 ? height : 600;
}

void
studio_canvas_get_view (StudioCanvas *self,
                        StudioView   *view)
{
  *view = (StudioView) {
    .colors = &self->colors, .painter = self->painter,
    .x = self->x, .y = self->y, .zoom = self->zoom, .level = self->level,
    .width = width_of (self), .height = height_of (self), .selection = self->selection,
    .selected = self->chosen,
    .hover = self->drag == STUDIO_DRAG_NONE ? self->hover : 0,
    .focus = gtk_widget_has_visible_focus (GTK_WIDGET (self)) ? self->cursor : 0,
    .hover_wire = self->hover_wire, .selected_wire = self->selected_wire,
    .hover_cut = self->hover_cut, .frame = self->frame,
    .wiring = self->wiring.path.n > 0 ? &self->wiring : NULL,
  };
}

StudioPoint
studio_canvas_to_plane (StudioCanvas *self,
                        double        x,
                        double        y)
{
  return (StudioPoint) { self->x + x / self->zoom, self->y + y / self->zoom };
}

StudioPoint
studio_canvas_to_px (StudioCanvas *self,
                     double        x,
                     double        y)
{
  return (StudioPoint) { (x - self->x) * self->zoom, (y - self->y) * self->zoom };
}

StudioHit
studio_canvas_hit (StudioCanvas *self,
                   double        x,
                   double        y)
{
  StudioPoint p = studio_canvas_to_plane (self, x, y);

  if (studio_canvas_scene (self) == NULL)
    return (StudioHit) { STUDIO_HIT_NOTHING, 0, 0, -1, -1 };
  return studio_scene_hit (self->scene, p.x, p.y, self->zoom);
}

gboolean
studio_canvas_in_minimap (StudioCanvas *self,
                          double        x,
                          double        y)
{
  StudioView view;
  StudioRect place;

  studio_canvas_get_view (self, &view);
  place = studio_minimap_place (&view);
  return self->minimap && self->graph != NULL && studio_rect_contains (&place, x, y);
}

/* ---- changing it */

static void
set_view (StudioCanvas *self, double x, double y, double zoom)
{
  gboolean zoomed = zoom != self->zoom;

  self->x = x;
  self->y = y;
  self->zoom = zoom;
  self->level = studio_level_for (zoom, self->level);
  self->fitted = TRUE;
  if (zoomed)
    studio_canvas_notify_zoom (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* Centre and zoom: what a gliding view interpolates. */
static void
set_centre (StudioCanvas *self, double cx, double cy, double zoom)
{
  set_view (self, cx - width_of (self) / 2 / zoom, cy - height_of (self) / 2 / zoom, zoom);
}

void
studio_canvas_stop_glide (StudioCanvas *self)
{
  if (self->glide != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->glide);
  self->glide = 0;
}

static gboolean
on_glide (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  StudioCanvas *self = STUDIO_CANVAS (widget);
  double t = (gdk_frame_clock_get_frame_time (clock) - self->glide_start) / (double) GLIDE;
  double e;

  t = CLAMP (t, 0, 1);
  e = t * t * (3 - 2 * t);
  set_centre (self, self->from[0] + (self->to[0] - self->from[0]) * e,
              self->from[1] + (self->to[1] - self->from[1]) * e,
              t >= 1 ? self->to[2]
                     : exp (log (self->from[2]) + (log (self->to[2]) - log (self->from[2])) * e));
  if (t < 1)
    return G_SOURCE_CONTINUE;
  self->glide = 0;
  return G_SOURCE_REMOVE;
}

static void
go_to (StudioCanvas *self, double cx, double cy, double zoom, gboolean glide)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GdkFrameClock *clock = gtk_widget_get_frame_clock (widget);
  gboolean animations;

  zoom = CLAMP (zoom, LEAST, MOST);
  g_object_get (gtk_widget_get_settings (widget), "gtk-enable-animations", &animations, NULL);
  studio_canvas_stop_glide (self);
  if (!glide || !animations || clock == NULL || !gtk_widget_get_mapped (widget))
    {
      set_centre (self, cx, cy, zoom);
      return;
    }
  self->from[0] = self->x + width_of (self) / 2 / self->zoom;
  self->from[1] = self->y + height_of (self) / 2 / self->zoom;
  self->from[2] = self->zoom;
  self->to[0] = cx;
  self->to[1] = cy;
  self->to[2] = zoom;
  self->glide_start = gdk_frame_clock_get_frame_time (clock);
  self->glide = gtk_widget_add_tick_callback (widget, on_glide, NULL, NULL);
}

void
studio_canvas_zoom_at (StudioCanvas *self,
                       double        zoom,
                       double        x,
                       double        y)
{
  StudioPoint p = studio_canvas_to_plane (self, x, y);

  studio_canvas_stop_glide (self);
  zoom = CLAMP (zoom, LEAST, MOST);
  /* A rest at 100 % is worth more than a wheel step. */
  if (fabs (zoom - 1) < 0.02)
    zoom = 1;
  set_view (self, p.x - x / zoom, p.y - y / zoom, zoom);
}

void
studio_canvas_pan (StudioCanvas *self,
                   double        dx,
                   double        dy)
{
  studio_canvas_stop_glide (self);
  set_view (self, self->x + dx / self->zoom, self->y + dy / self->zoom, self->zoom);
}

static double
zoom_for (StudioCanvas *self, const StudioRect *rect)
{
  return MIN ((width_of (self) - 2 * MARGIN) / MAX (rect->width, 1),
              (height_of (self) - 2 * MARGIN) / MAX (rect->height, 1));
}

/* All there is, and room below it for minimap and legend if that costs little size. */
static StudioRect
whole (StudioCanvas *self)
{
  const StudioScene *scene = self->scene;
  StudioRect all = scene->bounds, taller;
  double zoom;

  for (guint i = 0; i < scene->cuts->len; i++)
    if (g_array_index (scene->cuts, StudioCut, i).card.width > 0)
      studio_rect_add (&all, &g_array_index (scene->cuts, StudioCut, i).card);
  zoom = MIN (1, zoom_for (self, &all));
  taller = all;
  taller.height += 100 / zoom;
  return MIN (1, zoom_for (self, &taller)) >= 0.85 * zoom ? taller : all;
}

void
studio_canvas_frame (StudioCanvas     *self,
                     const StudioRect *rect,
                     double            most,
                     gboolean          glide)
{
  go_to (self, rect->x + rect->width / 2, rect->y + rect->height / 2,
         CLAMP (zoom_for (self, rect), LEAST, most), glide);
}

void
studio_canvas_centre (StudioCanvas *self,
                      double        x,
                      double        y,
                      gboolean      glide)
{
  go_to (self, x, y, self->zoom, glide);
}

void
studio_canvas_frame_all (StudioCanvas *self,
                         gboolean      glide)
{
  StudioRect all;

  if (studio_canvas_scene (self) == NULL || self->scene->bounds.width < 0)
    return;
  all = whole (self);
  studio_canvas_frame (self, &all, 1, glide);
}

void
studio_canvas_fit (StudioCanvas *self)
{
  gboolean sized = gtk_widget_get_width (GTK_WIDGET (self)) > 0;

  g_return_if_fail (STUDIO_IS_CANVAS (self));

  if (studio_canvas_scene (self) == NULL || self->scene->bounds.width < 0)
    return;
  studio_canvas_frame_all (self, FALSE);
  /* Before there is a size this was a guess. */
  self->fitted = sized;
}

void
studio_canvas_reveal (StudioCanvas *self,
                      AnfId         id)
{
  StudioScene *scene = studio_canvas_scene (self);
  const StudioBox *box = scene != NULL ? studio_scene_box (scene, id) : NULL;
  StudioRect sight;
  double air;

  /* Outside of the group that was entered. */
  if (box == NULL && self->scope != NULL && anf_graph_find (self->graph, id) != NULL)
    {
      g_autoptr(GArray) kept = self->selection != NULL ? g_array_ref (self->selection) : NULL;

      studio_canvas_enter (self, NULL);
      studio_canvas_set_selection (self, kept);
      scene = studio_canvas_scene (self);
      box = studio_scene_box (scene, id);
    }
  air = 24 / self->zoom;
  sight = (StudioRect) { self->x, self->y, width_of (self) / self->zoom,
                         height_of (self) / self->zoom };

  if (box == NULL)
    return;
  studio_canvas_remember (self);
  /* At a size where the name can be read. */
  if (self->zoom < 0.35)
    go_to (self, box->box.x + box->box.width / 2, box->box.y + box->box.height / 2, 1, TRUE);
  else if (box->box.x - air < sight.x || box->box.y - air < sight.y
           || box->box.x + box->box.width + air > sight.x + sight.width
           || box->box.y + box->box.height + air > sight.y + sight.height)
    studio_canvas_centre (self, box->box.x + box->box.width / 2, box->box.y + box->box.height / 2,
                          TRUE);
}
