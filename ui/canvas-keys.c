/* canvas-keys.c - the keyboard: shortcuts, nudging, walking along wires. */
#include "canvas-private.h"

#include <math.h>

/* Menus show the last one of several. */
static const struct { const char *keys, *action; } shortcuts[] = {
  { "Home", "canvas.fit" },
  { "<Control>KP_0", "canvas.zoom-100" }, { "<Control>0", "canvas.zoom-100" },
  { "<Control>KP_Add", "canvas.zoom-in" }, { "<Control>equal", "canvas.zoom-in" },
  { "<Control>plus", "canvas.zoom-in" },
  { "<Control>KP_Subtract", "canvas.zoom-out" }, { "<Control>minus", "canvas.zoom-out" },
  { "period", "canvas.frame" }, { "f", "canvas.frame" },
  { "<Control>a", "canvas.select-all" }, { "<Control>i", "canvas.select-invert" },
  { "KP_Delete", "canvas.delete" }, { "BackSpace", "canvas.delete" },
  { "Delete", "canvas.delete" },
  { "<Control>Delete", "canvas.delete-reconnect" },
  { "<Control>d", "canvas.duplicate" }, { "<Control>c", "canvas.copy" },
  { "<Control>x", "canvas.cut" }, { "<Control>v", "canvas.paste" },
  { "F2", "canvas.rename" }, { "<Shift>a", "canvas.add" }, { "<Control>l", "canvas.link" },
  { "l", "canvas.arrange-selection" }, { "<Shift>l", "canvas.arrange" },
  { "<Control><Shift>g", "canvas.group" }, { "<Control><Alt>g", "canvas.ungroup" },
  { "Return", "canvas.enter" }, { "KP_Enter", "canvas.enter" },
  { "<Shift>h", "canvas.fold::all" }, { "<Control><Shift>h", "canvas.fold::none" },
  { "p", "canvas.pin" }, { "<Shift>p", "canvas.select-between" },
  { "<Control>bracketleft", "canvas.go::back" }, { "<Control>bracketright", "canvas.go::forward" },
  { "<Control><Shift>v", "canvas.paste-wired" }, { "m", "canvas.mute" },
  { "<Control>g", "canvas.add-frame" }, { "c", "canvas.color-frame" },
  { "h", "canvas.collapse" }, { "o", "canvas.add-dot" }, { "q", "canvas.align::straight" },
  { "<Shift>w", "canvas.align::top" }, { "<Shift>s", "canvas.align::bottom" },
  { "<Shift>d", "canvas.align::right" }, { "<Control><Shift>a", "canvas.align::left" },
  { "bracketleft", "canvas.select-along::up" }, { "bracketright", "canvas.select-along::down" },
  { "<Shift>braceleft", "canvas.select-along::up-all" },
  { "<Shift>braceright", "canvas.select-along::down-all" },
};

typedef enum { LEFT, RIGHT, UP, DOWN, ELSEWHERE } Direction;

static Direction
direction_of (guint key)
{
  switch (key)
    {
    case GDK_KEY_Left: case GDK_KEY_KP_Left: return LEFT;
    case GDK_KEY_Right: case GDK_KEY_KP_Right: return RIGHT;
    case GDK_KEY_Up: case GDK_KEY_KP_Up: return UP;
    case GDK_KEY_Down: case GDK_KEY_KP_Down: return DOWN;
    default: return ELSEWHERE;
    }
}

static void
nudge (StudioCanvas *self, Direction direction, double steps)
{
  static const double dx[] = { -1, 1, 0, 0 }, dy[] = { 0, 0, -1, 1 };
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  g_autofree char *merge = NULL;

  if (ids->len == 0)
    return;
  /* One undo step as long as the same nodes are nudged. */
  merge = g_strdup_printf ("nudge %" G_GUINT64_FORMAT " %u", g_array_index (ids, AnfId, 0),
                           ids->len);
  studio_canvas_move (self, ids, dx[direction] * steps * STUDIO_GRID_PITCH,
                      dy[direction] * steps * STUDIO_GRID_PITCH, merge);
}

/* The node at the other end of the wire at the lowest port; 0: there is none. */
static AnfId
along_wire (StudioScene *scene, const StudioBox *box, gboolean forward)
{
  guint b = box - scene->boxes;
  const guint *first = forward ? scene->out_first : scene->in_first;
  const guint *wires = forward ? scene->out_wires : scene->in_wires;
  const StudioWire *best = NULL;

  for (guint k = first[b]; k < first[b + 1]; k++)
    {
      const StudioWire *wire = &scene->wires[wires[k]];

      if (best == NULL || (forward ? scene->boxes[wire->target].box.y
                                       < scene->boxes[best->target].box.y
                                   : wire->in < best->in))
        best = wire;
    }
  return best == NULL ? 0 : forward ? best->to : best->from.node;
}

/* Up and down: the nearest node on that side, rather straight above than aside. */
static AnfId
next_in_column (StudioScene *scene, const StudioBox *box, gboolean down)
{
  AnfId best = 0;
  double least = G_MAXDOUBLE;

  for (guint i = 0; i < scene->n_boxes; i++)
    {
      const StudioBox *other = &scene->boxes[i];
      double dy = (other->box.y - box->box.y) * (down ? 1 : -1);
      double cost = dy + 2 * fabs (other->box.x - box->box.x);

      if (dy > 8 && cost < least)
        least = cost, best = other->id;
    }
  return best;
}

static gboolean
walk (StudioCanvas *self, Direction direction)
{
  StudioScene *scene = studio_canvas_scene (self);
  const StudioBox *box = scene != NULL ? studio_scene_box (scene, self->cursor) : NULL;
  AnfId next;

  if (scene == NULL || scene->n_boxes == 0)
    return FALSE;
  if (box == NULL)
    next = scene->boxes[0].id;
  else if (direction == LEFT || direction == RIGHT)
    next = along_wire (scene, box, direction == RIGHT);
  else
    next = next_in_column (scene, box, direction == DOWN);
  if (next == 0)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return TRUE;
    }
  studio_canvas_show_node (self, next);
  return TRUE;
}

/* A little further on in the picture, for whoever has no pointer. */
static void
scroll (StudioCanvas *self, Direction direction)
{
  static const double dx[] = { -64, 64, 0, 0 }, dy[] = { 0, 0, -64, 64 };

  studio_canvas_pan (self, dx[direction], dy[direction]);
}

static gboolean
escape (StudioCanvas *self)
{
  if (self->drag != STUDIO_DRAG_NONE || self->refusal_stays)
    {
      studio_canvas_cancel_drag (self);
      return TRUE;
    }
  if (studio_canvas_active (self) == 0 && self->selected_wire < 0 && self->frame == 0)
    return studio_canvas_leave (self);
  g_action_group_activate_action (G_ACTION_GROUP (self->actions), "select-none", NULL);
  return TRUE;
}

static gboolean
on_key (GtkEventControllerKey *keys, guint key, guint code, GdkModifierType state,
        StudioCanvas *self)
{
  Direction direction = direction_of (key);
  GdkModifierType mods = state & (GDK_SHIFT_MASK | GDK_CONTROL_MASK | GDK_ALT_MASK);

  if (self->graph == NULL)
    return FALSE;
  if (direction != ELSEWHERE && mods == GDK_ALT_MASK)
    return walk (self, direction);
  if (direction != ELSEWHERE && (mods == 0 || mods == GDK_SHIFT_MASK))
    {
      if (studio_canvas_active (self) != 0)
        nudge (self, direction, mods == GDK_SHIFT_MASK ? 10 : 1);
      else
        scroll (self, direction);
      return TRUE;
    }
  if (key == GDK_KEY_Escape)
    return escape (self);
  if (key == GDK_KEY_space && mods == 0)
    {
      self->space = TRUE;
      if (self->drag == STUDIO_DRAG_NONE)
        gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "grab");
      return TRUE;
    }
  if (key == GDK_KEY_Tab && mods == 0 && studio_canvas_chosen_group (self) >= 0)
    {
      studio_canvas_enter_chosen (self);
      return TRUE;
    }
  /* Tab adds a node where the pointer is; without a pointer here it goes on to the next widget. */
  if (key == GDK_KEY_Tab && mods == 0 && self->pointer_in)
    {
      g_action_group_activate_action (G_ACTION_GROUP (self->actions), "add", NULL);
      return TRUE;
    }
  if (key == GDK_KEY_Menu || (key == GDK_KEY_F10 && mods == GDK_SHIFT_MASK))
    {
      studio_canvas_open_menu (self, -1, -1);
      return TRUE;
    }
  return FALSE;
}

static void
on_key_released (GtkEventControllerKey *keys, guint key, guint code, GdkModifierType state,
                 StudioCanvas *self)
{
  if (key != GDK_KEY_space)
    return;
  self->space = FALSE;
  studio_canvas_update_hover (self, self->pointer_x, self->pointer_y);
}

static void
on_focus (GtkEventControllerFocus *focus, StudioCanvas *self)
{
  StudioScene *scene = studio_canvas_scene (self);

  self->space = FALSE;
  if (scene != NULL && scene->n_boxes > 0 && studio_scene_box (scene, self->cursor) == NULL)
    self->cursor = scene->boxes[0].id;
  studio_canvas_tell (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* @action may name its target: "canvas.align::left". */
static void
add_shortcut (GtkShortcutController *controller, const char *keys, const char *action)
{
  g_autofree char *name = NULL;
  g_autoptr(GVariant) target = NULL;
  GtkShortcut *shortcut;

  if (!g_action_parse_detailed_name (action, &name, &target, NULL))
    g_assert_not_reached ();
  shortcut = gtk_shortcut_new (gtk_shortcut_trigger_parse_string (keys),
                               gtk_named_action_new (name));
  gtk_shortcut_set_arguments (shortcut, target);
  gtk_shortcut_controller_add_shortcut (controller, shortcut);
}

void
studio_canvas_add_keys (StudioCanvas *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkEventController *controller = gtk_shortcut_controller_new ();

  for (guint i = 1; i <= 9; i++)
    {
      g_autofree char *keep = g_strdup_printf ("<Control>%u", i);
      g_autofree char *go = g_strdup_printf ("<Alt>%u", i);
      g_autofree char *kept = g_strdup_printf ("canvas.set-bookmark::%u", i);
      g_autofree char *gone = g_strdup_printf ("canvas.go-bookmark::%u", i);

      add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), keep, kept);
      add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), go, gone);
    }
  for (guint i = 0; i < G_N_ELEMENTS (shortcuts); i++)
    add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), shortcuts[i].keys, shortcuts[i].action);
  gtk_widget_add_controller (GTK_WIDGET (self), controller);

  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key), self);
  g_signal_connect (keys, "key-released", G_CALLBACK (on_key_released), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);

  g_signal_connect (focus, "enter", G_CALLBACK (on_focus), self);
  g_signal_connect (focus, "leave", G_CALLBACK (on_focus), self);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
}
