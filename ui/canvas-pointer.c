/* canvas-pointer.c - mouse, touchpad and drops: what a gesture means. */
#include "canvas-private.h"

#include <math.h>

#define THRESHOLD 3.0     /* px: a click never moves a node */
#define EDGE     36.0     /* px from the border where a drag starts to pan */

/* ---- the drag that moves nodes */

static GdkModifierType
state_of (GtkGesture *gesture)
{
  return gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));
}

static double
snapped (StudioCanvas *self, double home, double by)
{
  return self->snap ? round ((home + by) / STUDIO_GRID_PITCH) * STUDIO_GRID_PITCH - home
                    : round (by);
}

/* How far the carried nodes have gone, canvas units. The one under the pointer meets the grid. */
static StudioPoint
carried_by (StudioCanvas *self)
{
  StudioPoint p = studio_canvas_to_plane (self, self->pointer_x, self->pointer_y);
  const StudioBox *box = studio_scene_box (self->scene, self->press_node);
  StudioPoint by;

  if (box == NULL)
    return (StudioPoint) { 0, 0 };
  by = studio_canvas_guide (self, box, (StudioPoint) { p.x - self->grab_x, p.y - self->grab_y });
  /* Another node is a better line than the grid. */
  return (StudioPoint) { isnan (self->guide.x) ? snapped (self, box->home_x, by.x) : round (by.x),
                         isnan (self->guide.y) ? snapped (self, box->home_y, by.y)
                                               : round (by.y) };
}

static void
begin_carry (StudioCanvas *self)
{
  self->drag = self->press_state & GDK_ALT_MASK ? STUDIO_DRAG_COPY : STUDIO_DRAG_MOVE;
  if (!studio_canvas_is_selected (self, self->press_node))
    studio_canvas_select (self, self->press_node);
  g_clear_pointer (&self->carried, g_array_unref);
  self->carried = studio_canvas_dup_chosen (self);
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self),
                                   self->drag == STUDIO_DRAG_COPY ? "copy" : "grabbing");
}

/* ---- the rubber band */

static GArray *
united (const GArray *before, const GArray *found, gboolean toggle)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (AnfId));

  for (int side = 0; side < 2; side++)
    {
      const GArray *mine = side == 0 ? before : found, *other = side == 0 ? found : before;

      for (guint i = 0; mine != NULL && i < mine->len; i++)
        {
          AnfId id = g_array_index (mine, AnfId, i);
          gboolean in_other = FALSE;

          for (guint k = 0; other != NULL && k < other->len; k++)
            in_other = in_other || g_array_index (other, AnfId, k) == id;
          if (!in_other || (side == 0 && !toggle))
            g_array_append_val (all, id);
        }
    }
  return all;
}

/* From left to right it takes what it encloses, from right to left what it touches. */
static void
update_band (StudioCanvas *self)
{
  StudioPoint p = studio_canvas_to_plane (self, self->pointer_x, self->pointer_y);
  g_autoptr(GArray) found = NULL;

  self->band = (StudioRect) { MIN (p.x, self->grab_x), MIN (p.y, self->grab_y),
                              fabs (p.x - self->grab_x), fabs (p.y - self->grab_y) };
  found = studio_scene_ids_in (self->scene, &self->band, p.x < self->grab_x);
  if (self->press_state & (GDK_SHIFT_MASK | GDK_CONTROL_MASK))
    studio_canvas_take_selection (self, united (self->band_before, found,
                                                self->press_state & GDK_CONTROL_MASK));
  else
    studio_canvas_set_selection (self, found);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* ---- near the border a drag pans */

static double
beyond (double v, double size)
{
  return v < EDGE ? v - EDGE : v > size - EDGE ? v - (size - EDGE) : 0;
}

static gboolean
on_autopan (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  StudioCanvas *self = STUDIO_CANVAS (widget);
  double dx = beyond (self->pointer_x, gtk_widget_get_width (widget));
  double dy = beyond (self->pointer_y, gtk_widget_get_height (widget));

  if (self->drag == STUDIO_DRAG_NONE || (dx == 0 && dy == 0))
    {
      self->autopan = 0;
      return G_SOURCE_REMOVE;
    }
  studio_canvas_pan (self, CLAMP (dx, -60, 60) * 0.3, CLAMP (dy, -60, 60) * 0.3);
  studio_canvas_update_drag (self);
  return G_SOURCE_CONTINUE;
}

static void
start_autopan (StudioCanvas *self)
{
  GtkWidget *widget = GTK_WIDGET (self);

  if (self->autopan == 0 && gtk_widget_get_mapped (widget)
      && (beyond (self->pointer_x, gtk_widget_get_width (widget)) != 0
          || beyond (self->pointer_y, gtk_widget_get_height (widget)) != 0))
    self->autopan = gtk_widget_add_tick_callback (widget, on_autopan, NULL, NULL);
}

void
studio_canvas_update_drag (StudioCanvas *self)
{
  StudioPoint by;
  StudioView view;

  switch (self->drag)
    {
    case STUDIO_DRAG_MOVE:
    case STUDIO_DRAG_COPY:
      by = carried_by (self);
      studio_scene_displace (self->scene, self->carried, by.x, by.y);
      self->hover_wire = self->drag == STUDIO_DRAG_MOVE ? studio_canvas_wire_under (self) : -1;
      gtk_widget_queue_draw (GTK_WIDGET (self));
      break;

    case STUDIO_DRAG_BAND:
      update_band (self);
      break;

    case STUDIO_DRAG_WIRE:
      studio_canvas_update_wire (self);
      break;

    case STUDIO_DRAG_FRAME: case STUDIO_DRAG_FRAME_SIZE:
      studio_canvas_update_frame (self);
      break;

    case STUDIO_DRAG_DOT:
      self->scene->wires[self->selected_wire].path.at[self->dot + 1]
        = studio_canvas_to_plane (self, self->pointer_x, self->pointer_y);
      gtk_widget_queue_draw (GTK_WIDGET (self));
      break;

    case STUDIO_DRAG_MINIMAP:
      studio_canvas_get_view (self, &view);
      by = studio_minimap_point (self->scene, &view, self->pointer_x, self->pointer_y);
      studio_canvas_centre (self, by.x, by.y, FALSE);
      break;

    default:
      break;
    }
}

/* ---- press, drag, release of the primary button */

static void
settle (StudioCanvas *self)
{
  self->drag = STUDIO_DRAG_NONE;
  self->guide = (StudioPoint) { NAN, NAN };
  if (self->autopan != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->autopan);
  self->autopan = 0;
  g_clear_pointer (&self->carried, g_array_unref);
  g_clear_pointer (&self->band_before, g_array_unref);
  if (self->outdated)
    studio_canvas_invalidate (self);
  self->outdated = FALSE;
  gtk_widget_set_cursor (GTK_WIDGET (self), NULL);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
studio_canvas_cancel_drag (StudioCanvas *self)
{
  self->refusal_stays = FALSE;
  if (self->drag == STUDIO_DRAG_BAND)
    studio_canvas_set_selection (self, self->band_before);
  if (self->drag != STUDIO_DRAG_NONE && self->scene != NULL)
    studio_scene_displace (self->scene, NULL, 0, 0);
  /* A wire whose dot was dragged and a frame are drawn from a new scene again. */
  self->outdated = self->outdated || self->drag == STUDIO_DRAG_DOT
                   || self->drag == STUDIO_DRAG_FRAME || self->drag == STUDIO_DRAG_FRAME_SIZE;
  studio_canvas_end_wire (self);
  settle (self);
}

static void
press_node (StudioCanvas *self, const StudioHit *hit)
{
  GdkModifierType state = self->press_state;
  gboolean selected = studio_canvas_is_selected (self, hit->node);
  g_autoptr(GArray) one = studio_canvas_expand (self, hit->node);

  self->press_node = hit->node;
  self->drag = STUDIO_DRAG_PRESSED;
  /* A press on one of several keeps them, for they may be dragged. */
  self->click_alone = selected && !(state & (GDK_SHIFT_MASK | GDK_CONTROL_MASK));
  if (state & GDK_CONTROL_MASK)
    studio_canvas_take_selection (self, united (self->selection, one, TRUE));
  else if (state & GDK_SHIFT_MASK)
    {
      g_autoptr(GArray) without = selected ? united (self->selection, one, TRUE) : NULL;

      /* Named last it is the active one. */
      studio_canvas_take_selection (self, united (selected ? without : self->selection, one,
                                                  FALSE));
    }
  else if (!selected)
    studio_canvas_select (self, hit->node);
}

static void
press_wire (StudioCanvas *self, const StudioHit *hit)
{
  int dot = studio_path_dot (&self->scene->wires[hit->wire].path, self->grab_x, self->grab_y,
                             8 / MIN (1, self->zoom));

  if (dot >= 0 && self->press_state & GDK_ALT_MASK)
    {
      studio_canvas_remove_dot (self, hit->wire, dot);
      return;
    }
  if (self->press_state & GDK_ALT_MASK)
    {
      studio_canvas_disconnect (self, hit->wire);
      return;
    }
  if (self->press_state & GDK_CONTROL_MASK)
    {
      studio_canvas_aim_at_wire (self, hit->wire, self->grab_x, self->grab_y);
      g_signal_emit_by_name (self, "pick-op", self->press_x, self->press_y);
      return;
    }
  studio_canvas_select (self, 0);
  self->selected_wire = hit->wire;
  self->drag = dot >= 0 ? STUDIO_DRAG_DOT : STUDIO_DRAG_PRESSED;
  self->dot = dot;
  self->press_node = 0;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
press_plane (StudioCanvas *self)
{
  self->drag = STUDIO_DRAG_BAND;
  self->band = (StudioRect) { self->grab_x, self->grab_y, 0, 0 };
  g_clear_pointer (&self->band_before, g_array_unref);
  if (self->selection != NULL)
    self->band_before = g_array_ref (self->selection);
  self->selected_wire = -1;
}

/* On the title of an open group: all that is in it, which may be dragged. */
static void
press_group (StudioCanvas *self, int group)
{
  GArray *ids = studio_groups_ids (self->scene->groups, group);

  self->press_node = g_array_index (ids, AnfId, 0);
  studio_canvas_take_selection (self, ids);
  self->drag = STUDIO_DRAG_PRESSED;
}

static void
press (StudioCanvas *self, double x, double y)
{
  StudioHit hit = studio_canvas_hit (self, x, y);

  switch (hit.kind)
    {
    case STUDIO_HIT_NOTHING:
    case STUDIO_HIT_CUT:
      press_plane (self);
      break;

    case STUDIO_HIT_FRAME: case STUDIO_HIT_FRAME_CORNER:
      studio_canvas_press_frame (self, &hit);
      break;

    case STUDIO_HIT_GROUP:
      press_group (self, hit.port);
      break;

    case STUDIO_HIT_STUB:
      studio_canvas_show_node (self, hit.node);
      break;

    case STUDIO_HIT_WIRE:
      press_wire (self, &hit);
      break;

    case STUDIO_HIT_INPUT:
    case STUDIO_HIT_OUTPUT:
      if (self->press_state & GDK_ALT_MASK && hit.kind == STUDIO_HIT_INPUT
          && studio_scene_wire_at (self->scene, hit.node, hit.port) >= 0)
        studio_canvas_disconnect (self, studio_scene_wire_at (self->scene, hit.node, hit.port));
      else
        studio_canvas_begin_wire (self, &hit);
      break;

    default:
      press_node (self, &hit);
      break;
    }
}

static void
on_drag_begin (GtkGestureDrag *gesture, double x, double y, StudioCanvas *self)
{
  StudioPoint p = studio_canvas_to_plane (self, x, y);

  studio_canvas_stop_glide (self);
  studio_canvas_stop_coast (self);
  studio_canvas_cancel_drag (self);
  gtk_widget_grab_focus (GTK_WIDGET (self));
  self->press_state = state_of (GTK_GESTURE (gesture));
  self->press_x = self->pointer_x = x;
  self->press_y = self->pointer_y = y;
  self->grab_x = p.x;
  self->grab_y = p.y;
  self->dx = self->dy = 0;
  self->click_alone = FALSE;
  self->press_node = 0;
  if (studio_canvas_scene (self) == NULL)
    return;

  if (self->space)
    {
      self->drag = STUDIO_DRAG_PAN;
      gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "grabbing");
    }
  else if (studio_canvas_in_minimap (self, x, y))
    {
      self->drag = STUDIO_DRAG_MINIMAP;
      studio_canvas_update_drag (self);
    }
  else
    press (self, x, y);
}

static void
on_drag_update (GtkGestureDrag *gesture, double dx, double dy, StudioCanvas *self)
{
  if (self->drag == STUDIO_DRAG_NONE)
    return;

  if (self->drag == STUDIO_DRAG_PAN)
    studio_canvas_pan (self, self->dx - dx, self->dy - dy);
  self->dx = dx;
  self->dy = dy;
  self->pointer_x = self->press_x + dx;
  self->pointer_y = self->press_y + dy;
  if (hypot (dx, dy) < THRESHOLD && self->drag != STUDIO_DRAG_MOVE
      && self->drag != STUDIO_DRAG_COPY)
    return;
  if (self->drag == STUDIO_DRAG_PRESSED && self->press_node != 0)
    begin_carry (self);
  if (self->drag != STUDIO_DRAG_PRESSED && self->drag != STUDIO_DRAG_PAN
      && self->drag != STUDIO_DRAG_MINIMAP)
    start_autopan (self);
  studio_canvas_update_drag (self);
}

/* A press and release in place. */
static void
click (StudioCanvas *self, StudioDrag drag)
{
  if (drag == STUDIO_DRAG_BAND && !(self->press_state & (GDK_SHIFT_MASK | GDK_CONTROL_MASK)))
    studio_canvas_select (self, 0);
  else if (drag == STUDIO_DRAG_PRESSED && self->click_alone)
    studio_canvas_select (self, self->press_node);
}

static void
on_drag_end (GtkGestureDrag *gesture, double dx, double dy, StudioCanvas *self)
{
  StudioDrag drag = self->drag;
  StudioPoint by = { 0, 0 };
  g_autoptr(GArray) carried = NULL;
  gboolean in_place = hypot (dx, dy) < THRESHOLD;
  int wire = -1;

  if (drag == STUDIO_DRAG_NONE)
    return;
  if (drag == STUDIO_DRAG_MOVE || drag == STUDIO_DRAG_COPY)
    {
      by = carried_by (self);
      wire = drag == STUDIO_DRAG_MOVE ? studio_canvas_wire_under (self) : -1;
      carried = g_steal_pointer (&self->carried);
      studio_scene_displace (self->scene, NULL, 0, 0);
    }
  /* From here on an edit may bring a new graph. */
  self->drag = STUDIO_DRAG_NONE;
  if (wire >= 0)
    studio_canvas_insert (self, g_array_index (carried, AnfId, 0), by.x, by.y, wire);
  else if (drag == STUDIO_DRAG_MOVE)
    studio_canvas_move (self, carried, by.x, by.y, NULL);
  else if (drag == STUDIO_DRAG_COPY && (by.x != 0 || by.y != 0))
    studio_canvas_copy_by (self, carried, by.x, by.y);
  else if (drag == STUDIO_DRAG_WIRE && in_place)
    studio_canvas_end_wire (self);
  else if (drag == STUDIO_DRAG_WIRE)
    studio_canvas_drop_wire (self);
  else if (drag == STUDIO_DRAG_FRAME || drag == STUDIO_DRAG_FRAME_SIZE)
    studio_canvas_drop_frame (self, drag);
  else if (drag == STUDIO_DRAG_DOT && !in_place)
    studio_canvas_move_dot (self, self->selected_wire, self->dot,
                            studio_canvas_to_plane (self, self->pointer_x, self->pointer_y));
  else if (in_place)
    click (self, drag);
  settle (self);
  studio_canvas_update_hover (self, self->pointer_x, self->pointer_y);
}

static void
on_cancel (GtkGesture *gesture, GdkEventSequence *sequence, StudioCanvas *self)
{
  studio_canvas_cancel_drag (self);
}

/* ---- middle button */

static void
on_pan_begin (GtkGestureDrag *gesture, double x, double y, StudioCanvas *self)
{
  studio_canvas_stop_glide (self);
  self->dx = self->dy = 0;
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "grabbing");
}

static void
on_pan_update (GtkGestureDrag *gesture, double dx, double dy, StudioCanvas *self)
{
  studio_canvas_pan (self, self->dx - dx, self->dy - dy);
  self->dx = dx;
  self->dy = dy;
}

static void
on_pan_end (GtkGestureDrag *gesture, double dx, double dy, StudioCanvas *self)
{
  gtk_widget_set_cursor (GTK_WIDGET (self), NULL);
}

/* ---- clicks */

static gboolean
is_folded (StudioCanvas *self, AnfId id)
{
  const StudioBox *box = studio_scene_box (self->scene, id);

  return box != NULL && box->members != NULL;
}

static void
on_pressed (GtkGestureClick *gesture, int n_press, double x, double y, StudioCanvas *self)
{
  StudioHit hit;

  if (n_press != 2 || self->graph == NULL || studio_canvas_in_minimap (self, x, y))
    return;
  hit = studio_canvas_hit (self, x, y);
  if (hit.kind == STUDIO_HIT_NOTHING)
    {
      studio_canvas_cancel_drag (self);
      g_signal_emit_by_name (self, "pick-op", x, y);
    }
  else if (hit.kind == STUDIO_HIT_FRAME)
    {
      studio_canvas_cancel_drag (self);
      studio_canvas_select_frame (self, hit.port);
      studio_canvas_open_rename (self, 0);
    }
  else if (hit.kind == STUDIO_HIT_GROUP)
    {
      studio_canvas_cancel_drag (self);
      studio_canvas_fold (self, hit.port);
    }
  else if (hit.kind == STUDIO_HIT_BODY && is_folded (self, hit.node))
    {
      studio_canvas_cancel_drag (self);
      studio_canvas_select (self, hit.node);
      studio_canvas_enter_chosen (self);
    }
  else if (hit.kind == STUDIO_HIT_NAME || hit.kind == STUDIO_HIT_BODY)
    {
      studio_canvas_cancel_drag (self);
      studio_canvas_open_rename (self, hit.node);
    }
}

static void
on_secondary (GtkGestureClick *gesture, int n_press, double x, double y, StudioCanvas *self)
{
  StudioHit hit;

  if (self->graph == NULL || self->drag != STUDIO_DRAG_NONE
      || (state_of (GTK_GESTURE (gesture)) & (GDK_CONTROL_MASK | GDK_SHIFT_MASK)))
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_widget_grab_focus (GTK_WIDGET (self));
  hit = studio_canvas_hit (self, x, y);
  if (hit.kind == STUDIO_HIT_WIRE)
    {
      studio_canvas_select (self, 0);
      self->selected_wire = hit.wire;
    }
  else if (hit.kind == STUDIO_HIT_FRAME || hit.kind == STUDIO_HIT_FRAME_CORNER)
    studio_canvas_select_frame (self, hit.port);
  else if (hit.kind == STUDIO_HIT_GROUP)
    studio_canvas_take_selection (self, studio_groups_ids (self->scene->groups, hit.port));
  else if (hit.node != 0 && !studio_canvas_is_selected (self, hit.node))
    studio_canvas_select (self, hit.node);
  else if (hit.node == 0)
    studio_canvas_select (self, 0);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  studio_canvas_open_menu (self, x, y);
}

/* ---- hover */

void
studio_canvas_update_hover (StudioCanvas *self,
                            double        x,
                            double        y)
{
  static const char *const cursor[] = {
    [STUDIO_HIT_INPUT] = "crosshair", [STUDIO_HIT_OUTPUT] = "crosshair",
    [STUDIO_HIT_WIRE] = "pointer", [STUDIO_HIT_CUT] = "help", [STUDIO_HIT_BODY] = "default",
    [STUDIO_HIT_GROUP] = "move", [STUDIO_HIT_STUB] = "pointer", [STUDIO_HIT_FRAME] = "move",
    [STUDIO_HIT_FRAME_CORNER] = "se-resize",
  };
  StudioHit hit = studio_canvas_hit (self, x, y);
  gboolean over_map = studio_canvas_in_minimap (self, x, y);

  if (over_map || !self->pointer_in)
    hit = (StudioHit) { STUDIO_HIT_NOTHING, 0, 0, -1, -1 };
  if (hit.node != self->hover || hit.wire != self->hover_wire || hit.cut != self->hover_cut)
    gtk_widget_queue_draw (GTK_WIDGET (self));
  self->hover = hit.node;
  self->hover_wire = hit.wire;
  self->hover_cut = hit.cut;
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self),
                                   self->space ? "grab" : over_map ? "move"
                                   : hit.kind < (int) G_N_ELEMENTS (cursor) ? cursor[hit.kind]
                                                                            : NULL);
}

static void
on_motion (GtkEventControllerMotion *motion, double x, double y, StudioCanvas *self)
{
  self->pointer_in = TRUE;
  if (self->drag != STUDIO_DRAG_NONE)
    return;
  self->pointer_x = x;
  self->pointer_y = y;
  studio_canvas_update_hover (self, x, y);
}

static void
on_leave (GtkEventControllerMotion *motion, StudioCanvas *self)
{
  self->pointer_in = FALSE;
  if (self->drag == STUDIO_DRAG_NONE)
    studio_canvas_update_hover (self, -1, -1);
}

static gboolean
is_open (GtkWidget *popover)
{
  return popover != NULL && gtk_widget_get_visible (popover);
}

static gboolean
on_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  StudioCanvas *self = STUDIO_CANVAS (widget);
  StudioHit hit;
  g_autofree char *text = NULL;

  if (is_open (self->add) || is_open (self->rename) || is_open (self->menu))
    return FALSE;
  if (keyboard || self->drag != STUDIO_DRAG_NONE || studio_canvas_in_minimap (self, x, y))
    return FALSE;
  hit = studio_canvas_hit (self, x, y);
  if ((text = studio_canvas_tip (self, &hit)) == NULL)
    return FALSE;
  gtk_tooltip_set_markup (tooltip, text);
  gtk_tooltip_set_tip_area (tooltip, &(GdkRectangle) { x - 4, y - 4, 8, 8 });
  return TRUE;
}

AnfId
studio_canvas_node_at (StudioCanvas *self, double x, double y)
{
  StudioHit hit = self->graph != NULL ? studio_canvas_hit (self, x, y) : (StudioHit) { 0 };

  return hit.kind >= STUDIO_HIT_BODY && hit.kind <= STUDIO_HIT_OUTPUT ? hit.node : 0;
}

/* ---- an operator dropped from the palette */

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, StudioCanvas *self)
{
  const AnfOp *op = anf_op_lookup (g_value_get_string (value));
  StudioPoint at = studio_canvas_to_plane (self, x, y);
  StudioHit hit;
  const StudioWire *wire = NULL;

  if (op == NULL || self->graph == NULL)
    return FALSE;
  hit = studio_canvas_hit (self, x, y);
  if (hit.kind == STUDIO_HIT_WIRE && anf_op_input (op, 0) != NULL)
    wire = &self->scene->wires[hit.wire];
  at = (StudioPoint) { at.x - STUDIO_NODE_WIDTH / 2, at.y - STUDIO_FIRST_PORT };
  gtk_widget_grab_focus (GTK_WIDGET (self));
  return studio_canvas_add_node (self, op, at, wire != NULL ? wire->from : (AnfRef) { 0 },
                                 wire != NULL ? wire->to : 0, wire != NULL ? wire->in : 0) != 0;
}

static GtkGesture *
add_drag (StudioCanvas *self, guint button, GCallback begin, GCallback update, GCallback end)
{
  GtkGesture *gesture = gtk_gesture_drag_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (gesture), button);
  g_signal_connect (gesture, "drag-begin", begin, self);
  g_signal_connect (gesture, "drag-update", update, self);
  g_signal_connect (gesture, "drag-end", end, self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (gesture));
  return gesture;
}

static void
add_click (StudioCanvas *self, guint button, GCallback pressed)
{
  GtkGesture *gesture = gtk_gesture_click_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (gesture), button);
  g_signal_connect (gesture, "pressed", pressed, self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (gesture));
}

void
studio_canvas_add_pointer (StudioCanvas *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkDropTarget *drop = gtk_drop_target_new (G_TYPE_STRING, GDK_ACTION_COPY);

  self->primary = add_drag (self, GDK_BUTTON_PRIMARY, G_CALLBACK (on_drag_begin),
                            G_CALLBACK (on_drag_update), G_CALLBACK (on_drag_end));
  g_signal_connect (self->primary, "cancel", G_CALLBACK (on_cancel), self);
  self->middle = add_drag (self, GDK_BUTTON_MIDDLE, G_CALLBACK (on_pan_begin),
                           G_CALLBACK (on_pan_update), G_CALLBACK (on_pan_end));
  add_click (self, GDK_BUTTON_PRIMARY, G_CALLBACK (on_pressed));
  add_click (self, GDK_BUTTON_SECONDARY, G_CALLBACK (on_secondary));

  studio_canvas_add_wheel (self);
  studio_canvas_add_slash (self);
  g_signal_connect (motion, "enter", G_CALLBACK (on_motion), self);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), self);
  g_signal_connect (motion, "leave", G_CALLBACK (on_leave), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  g_signal_connect (drop, "drop", G_CALLBACK (on_drop), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drop));
  g_signal_connect (self, "query-tooltip", G_CALLBACK (on_tooltip), NULL);
}
