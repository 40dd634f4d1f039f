/* panels-support.c - what the tests of panels share. */
#include "panels-support.h"

#include <string.h>

void
test_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
test_wait_ms (guint ms)
{
  gint64 until = g_get_monotonic_time () + ms * 1000;

  while (g_get_monotonic_time () < until)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (1000);
}

static void
on_edit (GtkWidget *panel, AnfGraph *graph, const char *label, const char *merge, PanelTest *self)
{
  g_clear_pointer (&self->edited, anf_graph_unref);
  g_free (self->label);
  g_free (self->merge);
  self->edited = anf_graph_ref (graph);
  self->label = g_strdup (label);
  self->merge = g_strdup (merge);
  self->n_edits++;
}

static void
on_show_node (GtkWidget *panel, guint64 id, PanelTest *self)
{
  self->shown = id;
}

static void
on_run (GtkWidget *panel, PanelTest *self)
{
  self->n_runs++;
}

void
panel_test_begin (PanelTest *self, GtkWidget *panel)
{
  *self = (PanelTest) { gtk_window_new (), panel };
  self->weak = panel;
  g_object_add_weak_pointer (G_OBJECT (panel), &self->weak);
  gtk_window_set_default_size (GTK_WINDOW (self->window), 1000, 600);
  gtk_window_set_child (GTK_WINDOW (self->window), panel);
  g_signal_connect (panel, "edit", G_CALLBACK (on_edit), self);
  if (g_signal_lookup ("show-node", G_OBJECT_TYPE (panel)) != 0)
    g_signal_connect (panel, "show-node", G_CALLBACK (on_show_node), self);
  if (g_signal_lookup ("run", G_OBJECT_TYPE (panel)) != 0)
    g_signal_connect (panel, "run", G_CALLBACK (on_run), self);
  gtk_window_present (GTK_WINDOW (self->window));
  for (guint i = 0; i < 1000 && !gtk_widget_get_mapped (panel); i++)
    test_wait_ms (5);
  g_assert_true (gtk_widget_get_mapped (panel));
}

void
panel_test_end (PanelTest *self)
{
  gtk_window_destroy (GTK_WINDOW (self->window));
  for (guint i = 0; i < 200 && self->weak != NULL; i++)
    test_wait_ms (5);
  g_assert_null (self->weak);
  g_clear_pointer (&self->edited, anf_graph_unref);
  g_clear_pointer (&self->label, g_free);
  g_clear_pointer (&self->merge, g_free);
}

void
panel_test_select (PanelTest *self, const AnfGraph *graph, const char *node)
{
  g_autoptr(GArray) ids = g_array_new (FALSE, FALSE, sizeof (AnfId));
  AnfId id = node != NULL ? anf_node_id (anf_graph_find_name (graph, node)) : 0;

  if (id != 0)
    g_array_append_val (ids, id);
  g_object_set (self->panel, "selection", ids, NULL);
  test_settle ();
}

static gboolean
is_named (GtkWidget *widget, const char *name)
{
  g_autofree char *other = gtk_test_accessible_check_property (GTK_ACCESSIBLE (widget),
    GTK_ACCESSIBLE_PROPERTY_LABEL, name, NULL);

  return other == NULL;
}

/* The pages of a stack that are not shown are visible, but not as children. */
static gboolean
is_shown (GtkWidget *widget)
{
  return gtk_widget_get_visible (widget) && gtk_widget_get_child_visible (widget);
}

GtkWidget *
test_find (GtkWidget *root, GType type, const char *name)
{
  if (!is_shown (root))
    return NULL;
  if (g_type_is_a (G_OBJECT_TYPE (root), type) && (name == NULL || is_named (root, name)))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = test_find (child, type, name);

      if (found != NULL)
        return found;
    }
  return NULL;
}

GtkWidget *
test_await (GtkWidget *root, GType type, const char *name)
{
  GtkWidget *found = NULL;

  for (guint i = 0; i < 1000 && (found = test_find (root, type, name)) == NULL; i++)
    test_wait_ms (5);
  g_assert_nonnull (found);
  return found;
}

gboolean
test_says (GtkWidget *root, const char *text)
{
  if (!is_shown (root))
    return FALSE;
  if (GTK_IS_LABEL (root) && g_str_has_prefix (gtk_label_get_text (GTK_LABEL (root)), text))
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (test_says (child, text))
      return TRUE;
  return FALSE;
}

void
test_await_says (GtkWidget *root, const char *text)
{
  for (guint i = 0; i < 1000 && !test_says (root, text); i++)
    test_wait_ms (5);
  g_assert_true (test_says (root, text));
}

void
test_enter (GtkWidget *entry, const char *text)
{
  g_assert_true (GTK_IS_ENTRY (entry));
  gtk_editable_set_text (GTK_EDITABLE (entry), text);
  g_signal_emit_by_name (entry, "activate");
  test_settle ();
}

/* GTK 4 has no way to make events; the shortcut is what a key comes to. */
void
test_press (GtkWidget *widget, guint keyval)
{
  g_autoptr(GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr(GObject) at = g_list_model_get_item (controllers, i);

      for (guint j = 0; GTK_IS_SHORTCUT_CONTROLLER (at)
           && j < g_list_model_get_n_items (G_LIST_MODEL (at)); j++)
        {
          g_autoptr(GtkShortcut) shortcut = g_list_model_get_item (G_LIST_MODEL (at), j);
          GtkShortcutTrigger *trigger = gtk_shortcut_get_trigger (shortcut);

          if (!GTK_IS_KEYVAL_TRIGGER (trigger)
              || gtk_keyval_trigger_get_keyval (GTK_KEYVAL_TRIGGER (trigger)) != keyval
              || gtk_keyval_trigger_get_modifiers (GTK_KEYVAL_TRIGGER (trigger)) != 0)
            continue;
          gtk_shortcut_action_activate (gtk_shortcut_get_action (shortcut), 0, widget,
                                        gtk_shortcut_get_arguments (shortcut));
          return;
        }
    }
  g_assert_not_reached ();
}

static GtkWidget *
find_button (GtkWidget *root, const char *label)
{
  if (!is_shown (root))
    return NULL;
  if (GTK_IS_BUTTON (root) && g_strcmp0 (gtk_button_get_label (GTK_BUTTON (root)), label) == 0)
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_button (child, label);

      if (found != NULL)
        return found;
    }
  return NULL;
}

void
test_click_label (GtkWidget *root, const char *label)
{
  GtkWidget *button = find_button (root, label);

  g_assert_nonnull (button);
  g_signal_emit_by_name (button, "clicked");
  test_settle ();
}

AnfGraph *
test_parse (const char *json)
{
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_parse (json, strlen (json), NULL, &error);

  g_assert_no_error (error);
  return graph;
}

AnfGraph *
test_small_graph (void)
{
  return test_parse (
    "{ \"aneforge\": 1, \"title\": \"Small\", \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 1, 8, 8] } },"
    "  { \"id\": 2, \"op\": \"conv\", \"name\": \"c1\", \"in\": { \"x\": \"x\" },"
    "    \"attrs\": { \"pad\": 1 }, \"weights\": { \"weight\": \"c1.w\" } },"
    "  { \"id\": 3, \"op\": \"relu\", \"name\": \"r1\", \"in\": { \"x\": \"c1\" } } ],"
    "  \"outputs\": { \"y\": \"r1\" },"
    "  \"weights\": { \"c1.w\": { \"shape\": [2, 1, 3, 3], \"init\": \"he\", \"seed\": 7 } },"
    "  \"compile\": { \"target\": \"h16s\", \"compress\": \"int8\" },"
    "  \"gates\": [ { \"output\": \"y\", \"metric\": \"rel_l2\", \"limit\": 0.5 },"
    "               { \"output\": \"y\", \"metric\": \"rel_l2\", \"limit\": 0 } ],"
    "  \"next_id\": 4 }");
}
