/* canvas-actions.c - what menus and shortcuts can ask of the canvas. */
#include "canvas-private.h"

static void
zoom_by (StudioCanvas *self, double factor)
{
  studio_canvas_zoom_at (self, self->zoom * factor, gtk_widget_get_width (GTK_WIDGET (self)) / 2.0,
                         gtk_widget_get_height (GTK_WIDGET (self)) / 2.0);
}

static void
zoom_in (StudioCanvas *self)
{
  zoom_by (self, 1.25);
}

static void
zoom_out (StudioCanvas *self)
{
  zoom_by (self, 0.8);
}

static void
zoom_100 (StudioCanvas *self)
{
  zoom_by (self, 1 / self->zoom);
}

static void
fit (StudioCanvas *self)
{
  studio_canvas_remember (self);
  studio_canvas_frame_all (self, TRUE);
}

static void
frame (StudioCanvas *self)
{
  StudioScene *scene = studio_canvas_scene (self);
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  StudioRect all = { 0, 0, -1, -1 };

  for (guint i = 0; scene != NULL && i < ids->len; i++)
    studio_rect_add (&all, &studio_scene_box (scene, g_array_index (ids, AnfId, i))->box);
  if (all.width < 0)
    fit (self);
  else
    {
      studio_canvas_remember (self);
      studio_canvas_frame (self, &all, 1, TRUE);
    }
}

static void
select_all (StudioCanvas *self)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (AnfId));

  for (guint i = 0; self->graph != NULL && i < anf_graph_n_nodes (self->graph); i++)
    {
      AnfId id = anf_node_id (anf_graph_nth (self->graph, i));

      if (studio_scene_box (studio_canvas_scene (self), id) != NULL)
        g_array_append_val (ids, id);
    }
  studio_canvas_take_selection (self, ids);
}

static void
select_none (StudioCanvas *self)
{
  self->selected_wire = -1;
  self->frame = 0;
  studio_canvas_select (self, 0);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
invert_selection (StudioCanvas *self)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (AnfId));

  for (guint i = 0; self->graph != NULL && i < anf_graph_n_nodes (self->graph); i++)
    {
      AnfId id = anf_node_id (anf_graph_nth (self->graph, i));

      if (!studio_canvas_is_selected (self, id)
          && studio_scene_box (studio_canvas_scene (self), id) != NULL)
        g_array_append_val (ids, id);
    }
  studio_canvas_take_selection (self, ids);
}

static void
leave (StudioCanvas *self)
{
  studio_canvas_leave (self);
}

static void
delete_chosen (StudioCanvas *self)
{
  studio_canvas_delete (self, FALSE);
}

static void
delete_reconnect (StudioCanvas *self)
{
  studio_canvas_delete (self, TRUE);
}

static void
cut (StudioCanvas *self)
{
  studio_canvas_copy (self);
  studio_canvas_delete (self, FALSE);
}

static void
rename_active (StudioCanvas *self)
{
  if (studio_canvas_active (self) != 0 || self->frame > 0)
    studio_canvas_open_rename (self, studio_canvas_active (self));
}

static void
add (StudioCanvas *self)
{
  double x = self->pointer_in ? self->pointer_x : gtk_widget_get_width (GTK_WIDGET (self)) / 2.0;
  double y = self->pointer_in ? self->pointer_y : gtk_widget_get_height (GTK_WIDGET (self)) / 3.0;

  g_signal_emit_by_name (self, "pick-op", x, y);
}

static void
arrange (StudioCanvas *self)
{
  studio_canvas_arrange (self, NULL);
}

static void
arrange_selection (StudioCanvas *self)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);

  if (ids->len > 0)
    studio_canvas_arrange (self, ids);
}

/* Joins the chosen nodes in a row, in the order in which they were chosen: the first output of each
 * to the first free fitting input of the next. */
static void
link_chosen (StudioCanvas *self)
{
  const GArray *ids = self->selection;
  AnfId a, b;
  const AnfNode *to;

  if (ids == NULL || ids->len != 2 || studio_canvas_scene (self) == NULL
      || studio_scene_box (self->scene, g_array_index (ids, AnfId, 1)) == NULL)
    return;
  a = g_array_index (ids, AnfId, 0);
  b = g_array_index (ids, AnfId, 1);
  to = anf_graph_find (self->graph, b);
  for (guint in = 0; to != NULL && in <= anf_node_n_inputs (to); in++)
    {
      g_autofree char *why = NULL;
      const StudioBox *box = studio_scene_box (studio_canvas_scene (self), b);

      if (in >= box->n_in || studio_scene_wire_at (self->scene, b, in) >= 0)
        continue;
      if ((why = studio_canvas_refusal (self, (AnfRef) { a, 0 }, b, in)) == NULL)
        {
          studio_canvas_connect (self, (AnfRef) { a, 0 }, b, in, -1);
          return;
        }
    }
  gtk_widget_error_bell (GTK_WIDGET (self));
}

/* Those that are told which way. */
static const struct { const char *name; void (*run) (StudioCanvas *self, const char *how); }
told[] = {
  { "fold", studio_canvas_fold_all },
  { "go", studio_canvas_go },
  { "set-bookmark", studio_canvas_set_bookmark },
  { "go-bookmark", studio_canvas_go_bookmark },
  { "follow", studio_canvas_follow },
  { "align", studio_canvas_align },
  { "select-along", studio_canvas_select_along },
};

typedef enum { NEEDS_NOTHING, NEEDS_GRAPH, NEEDS_SELECTION } Needs;

static const struct
{
  const char *name;
  void      (*run) (StudioCanvas *self);
  Needs       needs;
} actions[] = {
  { "fit", fit, NEEDS_GRAPH },
  { "zoom-100", zoom_100, NEEDS_NOTHING },
  { "zoom-in", zoom_in, NEEDS_NOTHING },
  { "zoom-out", zoom_out, NEEDS_NOTHING },
  { "frame", frame, NEEDS_GRAPH },
  { "select-all", select_all, NEEDS_GRAPH },
  { "select-none", select_none, NEEDS_NOTHING },
  { "select-invert", invert_selection, NEEDS_GRAPH },
  { "delete", delete_chosen, NEEDS_GRAPH },
  { "delete-reconnect", delete_reconnect, NEEDS_SELECTION },
  { "duplicate", studio_canvas_duplicate, NEEDS_SELECTION },
  { "copy", studio_canvas_copy, NEEDS_SELECTION },
  { "cut", cut, NEEDS_SELECTION },
  { "paste", studio_canvas_paste, NEEDS_GRAPH },
  { "paste-wired", studio_canvas_paste_wired, NEEDS_GRAPH },
  { "add-dot", studio_canvas_add_dot, NEEDS_GRAPH },
  { "add-frame", studio_canvas_add_frame, NEEDS_SELECTION },
  { "color-frame", studio_canvas_color_frame, NEEDS_GRAPH },
  { "group", studio_canvas_group, NEEDS_SELECTION },
  { "ungroup", studio_canvas_ungroup, NEEDS_SELECTION },
  { "enter", studio_canvas_enter_chosen, NEEDS_SELECTION },
  { "leave", leave, NEEDS_GRAPH },
  { "find-groups", studio_canvas_find_groups, NEEDS_GRAPH },
  { "pin", studio_canvas_pin, NEEDS_SELECTION },
  { "select-between", studio_canvas_select_between, NEEDS_SELECTION },
  { "mute", studio_canvas_mute, NEEDS_SELECTION },
  { "collapse", studio_canvas_collapse, NEEDS_SELECTION },
  { "unfold", studio_canvas_unfold, NEEDS_SELECTION },
  { "rename", rename_active, NEEDS_GRAPH },
  { "add", add, NEEDS_GRAPH },
  { "link", link_chosen, NEEDS_SELECTION },
  { "arrange", arrange, NEEDS_GRAPH },
  { "arrange-selection", arrange_selection, NEEDS_SELECTION },
};

static void
on_activate (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *name = g_action_get_name (G_ACTION (action));

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    if (g_str_equal (actions[i].name, name))
      actions[i].run (data);
}

static void
on_told (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *name = g_action_get_name (G_ACTION (action));

  for (guint i = 0; STUDIO_CANVAS (data)->graph != NULL && i < G_N_ELEMENTS (told); i++)
    if (g_str_equal (told[i].name, name))
      told[i].run (data, g_variant_get_string (parameter, NULL));
}

static void
on_minimap (GSimpleAction *action, GVariant *value, gpointer data)
{
  STUDIO_CANVAS (data)->minimap = g_variant_get_boolean (value);
  g_simple_action_set_state (action, value);
  gtk_widget_queue_draw (data);
}

static const char *const wires[] = { "curved", "angled", "straight" };

static void
on_wires (GSimpleAction *action, GVariant *value, gpointer data)
{
  StudioCanvas *self = data;

  for (guint i = 0; i < G_N_ELEMENTS (wires); i++)
    if (g_str_equal (g_variant_get_string (value, NULL), wires[i]))
      {
        self->style.wires = i;
        g_simple_action_set_state (action, value);
      }
  studio_canvas_invalidate (self);
}

static void
on_stubs (GSimpleAction *action, GVariant *value, gpointer data)
{
  STUDIO_CANVAS (data)->style.whole = !g_variant_get_boolean (value);
  g_simple_action_set_state (action, value);
  studio_canvas_invalidate (data);
}

static void
add_wires (StudioCanvas *self)
{
  g_autoptr(GSimpleAction) action
    = g_simple_action_new_stateful ("wires", G_VARIANT_TYPE_STRING,
                                    g_variant_new_string (wires[self->style.wires]));

  g_signal_connect_object (action, "change-state", G_CALLBACK (on_wires), self, 0);
  g_action_map_add_action (G_ACTION_MAP (self->actions), G_ACTION (action));
}

static void
on_snap (GSimpleAction *action, GVariant *value, gpointer data)
{
  studio_canvas_set_snap (data, g_variant_get_boolean (value));
}

void
studio_canvas_update_actions (StudioCanvas *self)
{
  g_autoptr(GArray) chosen = studio_canvas_dup_chosen (self);

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    {
      GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self->actions), actions[i].name);
      gboolean enabled = actions[i].needs == NEEDS_NOTHING
                         || (actions[i].needs == NEEDS_GRAPH && self->graph != NULL)
                         || (actions[i].needs == NEEDS_SELECTION && chosen->len > 0);

      g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
    }
  g_simple_action_set_state (
    G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self->actions), "snap")),
    g_variant_new_boolean (self->snap));
}

static void
add_toggle (StudioCanvas *self, const char *name, gboolean value, GCallback on_change)
{
  g_autoptr(GSimpleAction) action
    = g_simple_action_new_stateful (name, NULL, g_variant_new_boolean (value));

  g_signal_connect_object (action, "change-state", on_change, self, 0);
  g_action_map_add_action (G_ACTION_MAP (self->actions), G_ACTION (action));
}

void
studio_canvas_add_actions (StudioCanvas *self)
{
  self->actions = g_simple_action_group_new ();
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    {
      g_autoptr(GSimpleAction) action = g_simple_action_new (actions[i].name, NULL);

      /* The group may outlive the canvas in somebody's menu. */
      g_signal_connect_object (action, "activate", G_CALLBACK (on_activate), self, 0);
      g_action_map_add_action (G_ACTION_MAP (self->actions), G_ACTION (action));
    }
  for (guint i = 0; i < G_N_ELEMENTS (told); i++)
    {
      g_autoptr(GSimpleAction) action = g_simple_action_new (told[i].name, G_VARIANT_TYPE_STRING);

      g_signal_connect_object (action, "activate", G_CALLBACK (on_told), self, 0);
      g_action_map_add_action (G_ACTION_MAP (self->actions), G_ACTION (action));
    }
  add_toggle (self, "snap", self->snap, G_CALLBACK (on_snap));
  add_toggle (self, "minimap", self->minimap, G_CALLBACK (on_minimap));
  add_toggle (self, "stubs", TRUE, G_CALLBACK (on_stubs));
  add_wires (self);
  studio_canvas_update_actions (self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "canvas", G_ACTION_GROUP (self->actions));
}
