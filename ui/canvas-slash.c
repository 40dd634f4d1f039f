/* canvas-slash.c - drags of the secondary button, and views that coast.
 *
 * Control cuts the wires that the line crosses, Shift puts a dot where it crosses them. */
#include "canvas-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* Where the pieces a-b and c-d cross. */
static gboolean
crosses (StudioPoint a, StudioPoint b, StudioPoint c, StudioPoint d, StudioPoint *at)
{
  double rx = b.x - a.x, ry = b.y - a.y, sx = d.x - c.x, sy = d.y - c.y;
  double det = rx * sy - ry * sx, t, u;

  if (det == 0)
    return FALSE;
  t = ((c.x - a.x) * sy - (c.y - a.y) * sx) / det;
  u = ((c.x - a.x) * ry - (c.y - a.y) * rx) / det;
  *at = (StudioPoint) { a.x + t * rx, a.y + t * ry };
  return t >= 0 && t <= 1 && u >= 0 && u <= 1;
}

static gboolean
wire_crosses (const StudioWire *wire, StudioPoint a, StudioPoint b, StudioPoint *at)
{
  StudioPoint flat[STUDIO_FLAT_MAX];
  guint n = studio_path_flatten (&wire->path, flat);

  for (guint i = 1; i < n; i++)
    if (crosses (a, b, flat[i - 1], flat[i], at))
      return TRUE;
  return FALSE;
}

/* ---- cutting */

static void
cut (StudioCanvas *self, StudioPoint a, StudioPoint b)
{
  AnfGraphBuilder *builder = studio_canvas_begin_edit (self);
  StudioPoint at;
  guint n = 0;
  g_autofree char *label = NULL;

  /* From the last one back: taking a wire out of a variadic port moves those after it up. */
  for (guint w = self->scene->n_wires; w-- > 0;)
    {
      const StudioWire *wire = &self->scene->wires[w];

      if (!wire_crosses (wire, a, b, &at))
        continue;
      anf_graph_builder_connect (builder, (AnfRef) { 0 }, wire->to, wire->in);
      n++;
    }
  if (n == 0)
    {
      anf_graph_builder_free (builder);
      return;
    }
  label = g_strdup_printf (ngettext ("Cut %u wire", "Cut %u wires", n), n);
  studio_canvas_ask (self, builder, label, NULL);
}

/* ---- dots */

/* The dots of a node's wires with those of @wire replaced by @n others. */
static GVariant *
dots_with (StudioCanvas *self, const StudioWire *wire, guint n, const StudioPoint *dots)
{
  g_autoptr(GVariant) old = anf_graph_note (self->graph, wire->to, "dots", "a(xxdd)");
  GVariantBuilder all;
  gboolean any = n > 0;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("a(xxdd)"));
  for (gsize i = 0; old != NULL && i < g_variant_n_children (old); i++)
    {
      gint64 port, node;
      double x, y;

      g_variant_get_child (old, i, "(xxdd)", &port, &node, &x, &y);
      if (port == wire->in && node == (gint64) wire->from.node)
        continue;
      g_variant_builder_add (&all, "(xxdd)", port, node, x, y);
      any = TRUE;
    }
  for (guint i = 0; i < n; i++)
    g_variant_builder_add (&all, "(xxdd)", (gint64) wire->in, (gint64) wire->from.node,
                           dots[i].x, dots[i].y);
  if (any)
    return g_variant_builder_end (&all);
  g_variant_builder_clear (&all);
  return NULL;
}

static guint
dots_of (StudioCanvas *self, const StudioWire *wire, StudioPoint dots[STUDIO_MAX_DOTS])
{
  return studio_wire_dots (self->graph, wire->to, wire->in, wire->from, dots);
}

/* Between the two dots that the wire passes before and after @at. */
static gboolean
put_dot (StudioCanvas *self, AnfGraphBuilder *b, const StudioWire *wire, StudioPoint at)
{
  StudioPoint dots[STUDIO_MAX_DOTS], flat[STUDIO_FLAT_MAX];
  guint n = dots_of (self, wire, dots), n_flat = studio_path_flatten (&wire->path, flat);
  guint place = 0, next = 0;
  double best = G_MAXDOUBLE;

  if (n == STUDIO_MAX_DOTS)
    return FALSE;
  for (guint i = 0; i < n_flat; i++)
    {
      double d = hypot (flat[i].x - at.x, flat[i].y - at.y);

      if (next < n && flat[i].x == dots[next].x && flat[i].y == dots[next].y)
        {
          /* A dot ends one piece and begins the next. */
          if (i + 1 < n_flat && flat[i + 1].x == flat[i].x && flat[i + 1].y == flat[i].y)
            i++;
          next++;
        }
      if (d < best)
        best = d, place = next;
    }
  for (guint i = n; i > place; i--)
    dots[i] = dots[i - 1];
  dots[place] = (StudioPoint) { studio_canvas_snapped (self, at.x),
                                studio_canvas_snapped (self, at.y) };
  anf_graph_builder_set_note (b, wire->to, "dots", dots_with (self, wire, n + 1, dots));
  return TRUE;
}

static void
put_dots (StudioCanvas *self, StudioPoint a, StudioPoint b)
{
  AnfGraphBuilder *builder = studio_canvas_begin_edit (self);
  g_autoptr(GHashTable) done = g_hash_table_new (NULL, NULL);
  StudioPoint at;

  /* One wire of each node: notes are written from what the graph had before. */
  for (guint w = 0; w < self->scene->n_wires; w++)
    {
      const StudioWire *wire = &self->scene->wires[w];

      if (!g_hash_table_contains (done, GSIZE_TO_POINTER (wire->to))
          && wire_crosses (wire, a, b, &at) && put_dot (self, builder, wire, at))
        g_hash_table_add (done, GSIZE_TO_POINTER (wire->to));
    }
  if (g_hash_table_size (done) == 0)
    anf_graph_builder_free (builder);
  else
    studio_canvas_ask (self, builder, _("Put a dot on the wire"), NULL);
}

void
studio_canvas_add_dot (StudioCanvas *self)
{
  StudioPoint flat[STUDIO_FLAT_MAX];
  const StudioWire *wire;
  AnfGraphBuilder *b;
  guint n;

  if (studio_canvas_scene (self) == NULL || self->selected_wire < 0)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  wire = &self->scene->wires[self->selected_wire];
  n = studio_path_flatten (&wire->path, flat);
  b = studio_canvas_begin_edit (self);
  if (put_dot (self, b, wire, (StudioPoint) { (flat[n / 2].x + flat[(n - 1) / 2].x) / 2,
                                              (flat[n / 2].y + flat[(n - 1) / 2].y) / 2 }))
    studio_canvas_ask (self, b, _("Put a dot on the wire"), NULL);
  else
    anf_graph_builder_free (b);
}

void
studio_canvas_move_dot (StudioCanvas *self,
                        int           w,
                        int           dot,
                        StudioPoint   to)
{
  const StudioWire *wire = &self->scene->wires[w];
  StudioPoint dots[STUDIO_MAX_DOTS];
  guint n = dots_of (self, wire, dots);
  AnfGraphBuilder *b = studio_canvas_begin_edit (self);

  dots[dot] = (StudioPoint) { studio_canvas_snapped (self, to.x),
                              studio_canvas_snapped (self, to.y) };
  anf_graph_builder_set_note (b, wire->to, "dots", dots_with (self, wire, n, dots));
  studio_canvas_ask (self, b, _("Move a dot"), NULL);
}

void
studio_canvas_remove_dot (StudioCanvas *self,
                          int           w,
                          int           dot)
{
  const StudioWire *wire = &self->scene->wires[w];
  StudioPoint dots[STUDIO_MAX_DOTS];
  guint n = dots_of (self, wire, dots);
  AnfGraphBuilder *b = studio_canvas_begin_edit (self);

  for (guint i = dot; i + 1 < n; i++)
    dots[i] = dots[i + 1];
  anf_graph_builder_set_note (b, wire->to, "dots", dots_with (self, wire, n - 1, dots));
  studio_canvas_ask (self, b, _("Remove a dot"), NULL);
}

void
studio_canvas_slash (StudioCanvas *self,
                     StudioPoint   a,
                     StudioPoint   b,
                     StudioSlash   slash)
{
  if (studio_canvas_scene (self) == NULL)
    return;
  if (slash == STUDIO_SLASH_CUT)
    cut (self, a, b);
  else
    put_dots (self, a, b);
}

/* ---- the gesture */

void
studio_canvas_draw_slash (StudioCanvas     *self,
                          const StudioView *view,
                          cairo_t          *cr)
{
  gboolean cuts = (self->press_state & GDK_CONTROL_MASK) != 0;

  studio_colors_set (view->colors, cr, cuts ? STUDIO_BAD : STUDIO_FOCUS);
  cairo_set_line_width (cr, 2);
  cairo_set_dash (cr, (double[]) { cuts ? 8 : 3, 4 }, 2, 0);
  cairo_new_path (cr);
  cairo_move_to (cr, self->press_x, self->press_y);
  cairo_line_to (cr, self->pointer_x, self->pointer_y);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
}

static void
on_begin (GtkGestureDrag *gesture, double x, double y, StudioCanvas *self)
{
  GdkModifierType state
    = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));
  StudioPoint p = studio_canvas_to_plane (self, x, y);

  if (!(state & (GDK_CONTROL_MASK | GDK_SHIFT_MASK)) || studio_canvas_scene (self) == NULL)
    {
      gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_DENIED);
      return;
    }
  studio_canvas_cancel_drag (self);
  gtk_widget_grab_focus (GTK_WIDGET (self));
  self->drag = STUDIO_DRAG_CUT;
  self->press_state = state;
  self->press_x = self->pointer_x = x;
  self->press_y = self->pointer_y = y;
  self->grab_x = p.x;
  self->grab_y = p.y;
}

static void
on_update (GtkGestureDrag *gesture, double dx, double dy, StudioCanvas *self)
{
  if (self->drag != STUDIO_DRAG_CUT)
    return;
  self->pointer_x = self->press_x + dx;
  self->pointer_y = self->press_y + dy;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
on_end (GtkGestureDrag *gesture, double dx, double dy, StudioCanvas *self)
{
  StudioPoint a = { self->grab_x, self->grab_y };
  StudioPoint b = studio_canvas_to_plane (self, self->press_x + dx, self->press_y + dy);

  if (self->drag != STUDIO_DRAG_CUT)
    return;
  studio_canvas_cancel_drag (self);
  studio_canvas_slash (self, a, b, self->press_state & GDK_CONTROL_MASK ? STUDIO_SLASH_CUT
                                                                        : STUDIO_SLASH_DOTS);
}

void
studio_canvas_add_slash (StudioCanvas *self)
{
  GtkGesture *gesture = gtk_gesture_drag_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (gesture), GDK_BUTTON_SECONDARY);
  g_signal_connect (gesture, "drag-begin", G_CALLBACK (on_begin), self);
  g_signal_connect (gesture, "drag-update", G_CALLBACK (on_update), self);
  g_signal_connect (gesture, "drag-end", G_CALLBACK (on_end), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (gesture));
}

/* ---- coasting: two fingers that leave the touchpad while they move */

#define FRICTION 4.0      /* per second */
#define REST    12.0      /* px per second: what is slower stands still */

static gboolean
on_coast (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  StudioCanvas *self = STUDIO_CANVAS (widget);
  gint64 now = gdk_frame_clock_get_frame_time (clock);
  double dt = MIN ((now - self->coasted) / 1e6, 0.1), kept = exp (-FRICTION * dt);

  self->coasted = now;
  studio_canvas_pan (self, self->speed.x * dt, self->speed.y * dt);
  self->speed.x *= kept;
  self->speed.y *= kept;
  if (hypot (self->speed.x, self->speed.y) > REST)
    return G_SOURCE_CONTINUE;
  self->coast = 0;
  return G_SOURCE_REMOVE;
}

void
studio_canvas_stop_coast (StudioCanvas *self)
{
  if (self->coast != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->coast);
  self->coast = 0;
}

void
studio_canvas_coast (StudioCanvas *self,
                     double        vx,
                     double        vy)
{
  gboolean animate;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (self)), "gtk-enable-animations", &animate,
                NULL);
  studio_canvas_stop_coast (self);
  if (!animate || hypot (vx, vy) <= REST || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  self->speed = (StudioPoint) { vx, vy };
  self->coasted = gdk_frame_clock_get_frame_time (gtk_widget_get_frame_clock (GTK_WIDGET (self)));
  self->coast = gtk_widget_add_tick_callback (GTK_WIDGET (self), on_coast, NULL, NULL);
}
