/* canvas-support.c - takes edits over as the window does. */
#include "canvas-support.h"

/* Like the window: takes the edit over and checks it. */
void
show (Fixture *f, AnfGraph *graph)
{
  g_autoptr(AnfReport) report = anf_check (graph, NULL);

  anf_graph_ref (graph);
  g_clear_pointer (&f->graph, anf_graph_unref);
  f->graph = graph;
  studio_canvas_set_graph (f->canvas, graph);
  studio_canvas_set_report (f->canvas, report);
}

static void
on_edit (StudioCanvas *canvas, AnfGraph *graph, const char *label, const char *merge, Fixture *f)
{
  g_free (f->label);
  g_free (f->merge);
  f->label = g_strdup (label);
  f->merge = g_strdup (merge);
  f->n_edits++;
  show (f, graph);
}

AnfId
add (AnfGraphBuilder *b, const char *op, const char *name, double x, double y)
{
  AnfId id = anf_graph_builder_add (b, anf_op_lookup (op));

  g_assert_true (anf_graph_builder_set_name (b, id, name));
  anf_graph_builder_set_position (b, id, x, y);
  return id;
}

/* in -> r1 -> sum (x); r2 on its own; sum (y) free. */
static AnfGraph *
start_graph (Fixture *f)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);

  f->in = add (b, "input", "in", 0, 0);
  anf_graph_builder_set_attr (b, f->in, "shape", g_variant_new_parsed ("[@x 1, 8, 16, 16]"));
  f->r1 = add (b, "relu", "r1", 240, 0);
  f->r2 = add (b, "relu", "r2", 240, 160);
  f->sum = add (b, "add", "sum", 480, 0);
  anf_graph_builder_connect (b, (AnfRef) { f->in, 0 }, f->r1, 0);
  anf_graph_builder_connect (b, (AnfRef) { f->r1, 0 }, f->sum, 0);
  anf_graph_builder_set_output (b, "y", (AnfRef) { f->sum, 0 });
  return anf_graph_builder_end (b, NULL);
}

void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr(AnfGraph) graph = start_graph (f);

  f->window = gtk_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (f->window), 1000, 700);
  f->canvas = STUDIO_CANVAS (studio_canvas_new ());
  gtk_window_set_child (GTK_WINDOW (f->window), GTK_WIDGET (f->canvas));
  g_signal_connect (f->canvas, "edit", G_CALLBACK (on_edit), f);
  show (f, graph);
  gtk_window_present (GTK_WINDOW (f->window));
  while (gtk_widget_get_width (GTK_WIDGET (f->canvas)) == 0)
    g_main_context_iteration (NULL, TRUE);
  settle ();
}

void
tear_down (Fixture *f, gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (f->window));
  settle ();
  g_clear_pointer (&f->graph, anf_graph_unref);
  g_free (f->label);
  g_free (f->merge);
}

/* ---- hands */

gpointer
controller (Fixture *f, GType type, guint button)
{
  g_autoptr(GListModel) all = gtk_widget_observe_controllers (GTK_WIDGET (f->canvas));

  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (all, i);

      if (G_OBJECT_TYPE (item) == type
          && (button == 0 || gtk_gesture_single_get_button (GTK_GESTURE_SINGLE (item)) == button))
        return item;
    }
  g_assert_not_reached ();
}

/* From one point of the plane to another, in two moves. */
void
drag (Fixture *f, double x0, double y0, double x1, double y1)
{
  gpointer gesture = controller (f, GTK_TYPE_GESTURE_DRAG, GDK_BUTTON_PRIMARY);
  StudioPoint a = studio_canvas_to_px (f->canvas, x0, y0);
  StudioPoint b = studio_canvas_to_px (f->canvas, x1, y1);

  g_signal_emit_by_name (gesture, "drag-begin", a.x, a.y);
  g_signal_emit_by_name (gesture, "drag-update", (b.x - a.x) / 2, (b.y - a.y) / 2);
  g_signal_emit_by_name (gesture, "drag-update", b.x - a.x, b.y - a.y);
  g_signal_emit_by_name (gesture, "drag-end", b.x - a.x, b.y - a.y);
}

void
press_key (Fixture *f, guint key, GdkModifierType state)
{
  gboolean handled = FALSE;

  g_signal_emit_by_name (controller (f, GTK_TYPE_EVENT_CONTROLLER_KEY, 0), "key-pressed", key, 0,
                         state, &handled);
  g_assert_true (handled);
}

void
act (Fixture *f, const char *name)
{
  g_action_group_activate_action (studio_canvas_get_actions (f->canvas), name, NULL);
}

void
choose (Fixture *f, guint n, const AnfId *ids)
{
  g_autoptr(GArray) selection = g_array_new (FALSE, FALSE, sizeof (AnfId));

  g_array_append_vals (selection, ids, n);
  studio_canvas_set_selection (f->canvas, selection);
}

void
expect_position (Fixture *f, AnfId id, double x, double y)
{
  double got_x, got_y;

  anf_node_position (anf_graph_find (f->graph, id), &got_x, &got_y);
  g_assert_cmpfloat (got_x, ==, x);
  g_assert_cmpfloat (got_y, ==, y);
}

void
expect_edit (Fixture *f, guint n, const char *label)
{
  g_assert_cmpuint (f->n_edits, ==, n);
  if (label != NULL)
    g_assert_cmpstr (f->label, ==, label);
}

AnfId
source_of (Fixture *f, AnfId id, guint in)
{
  return anf_node_input (anf_graph_find (f->graph, id), in).node;
}

void
expect_same (AnfGraph *a, AnfGraph *b)
{
  g_autofree char *x = anf_document_text (a, NULL), *y = anf_document_text (b, NULL);

  g_assert_cmpstr (x, ==, y);
}
