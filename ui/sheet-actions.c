/* sheet-actions.c - what the sheet does by itself: workspaces, panes, going to a node. */
#include "canvas.h"
#include "findings-panel.h"
#include "outline.h"
#include "sheet-private.h"

static void
change_workspace (GSimpleAction *action, GVariant *value, gpointer data)
{
  StudioSheet *self = data;
  const char *name = g_variant_get_string (value, NULL);

  if (gtk_stack_get_child_by_name (GTK_STACK (self->workspaces), name) == NULL)
    return;

  gtk_stack_set_visible_child_name (GTK_STACK (self->workspaces), name);
  gtk_widget_set_visible (self->tools, g_str_equal (name, "build"));
  g_simple_action_set_state (action, value);
}

static GtkWidget *
find_search_entry (GtkWidget *widget)
{
  GtkWidget *found = GTK_IS_SEARCH_ENTRY (widget) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_search_entry (child);
  return found;
}

static void
activate_find (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioSheet *self = data;
  GtkWidget *entry = find_search_entry (self->outline);

  studio_sheet_set_workspace (self, "build");
  gtk_widget_show (self->left);
  gtk_stack_set_visible_child_name (GTK_STACK (self->left_stack), "outline");
  if (entry != NULL)
    gtk_widget_grab_focus (entry);
}

static void
activate_next_problem (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioSheet *self = data;
  gboolean back = g_str_equal (g_action_get_name (G_ACTION (action)), "previous-problem");

  studio_sheet_set_workspace (self, "build");
  studio_sheet_set_bottom (self, "problems");
  studio_findings_panel_next (STUDIO_FINDINGS_PANEL (self->findings), back ? -1 : 1);
}

static void
activate_find_next (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioSheet *self = data;
  gboolean back = g_str_equal (g_action_get_name (G_ACTION (action)), "find-previous");

  studio_outline_next (STUDIO_OUTLINE (self->outline), back ? -1 : 1);
  if (self->boxed[PROP_SELECTION] != NULL)
    {
      GArray *ids = self->boxed[PROP_SELECTION];

      if (ids->len > 0)
        studio_sheet_show_node (self, g_array_index (ids, AnfId, ids->len - 1));
    }
}

static void
activate_fix (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  studio_findings_panel_fix_selected (STUDIO_FINDINGS_PANEL (STUDIO_SHEET (data)->findings));
}

static void
activate_show_node (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  studio_sheet_show_node (data, g_variant_get_uint64 (parameter));
}

static void
add_pane_action (StudioSheet *self, const char *name, GtkWidget *pane, const char *key)
{
  g_autoptr(GPropertyAction) action = g_property_action_new (name, pane, "visible");

  g_action_map_add_action (G_ACTION_MAP (self->actions), G_ACTION (action));
  if (self->settings != NULL)
    g_settings_bind (self->settings, key, pane, "visible", G_SETTINGS_BIND_DEFAULT);
}

void
studio_sheet_add_actions (StudioSheet *self)
{
  const GActionEntry entries[] = {
    { "workspace", NULL, "s", "'build'", change_workspace },
    { "find", activate_find },
    { "next-problem", activate_next_problem },
    { "previous-problem", activate_next_problem },
    { "find-next", activate_find_next }, { "find-previous", activate_find_next },
    { "fix", activate_fix },
    { "show-node", activate_show_node, "t" },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries),
                                   self);
  studio_sheet_add_snippets (self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "win", G_ACTION_GROUP (self->actions));
  gtk_widget_insert_action_group (GTK_WIDGET (self), "canvas",
                                  studio_canvas_get_actions (STUDIO_CANVAS (self->canvas)));

  add_pane_action (self, "left-pane", self->left, "left-pane-visible");
  add_pane_action (self, "right-pane", self->inspector, "right-pane-visible");
  add_pane_action (self, "bottom-pane", self->bottom, "bottom-pane-visible");
}
