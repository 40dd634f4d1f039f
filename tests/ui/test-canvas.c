/* test-canvas.c - gestures and keys go in, `edit` comes out. */
#include <math.h>
#include <string.h>

#include "canvas-support.h"

/* ---- moving */

static void
test_a_dragged_node_moves_once_on_the_grid (Fixture *f, gconstpointer data)
{
  drag (f, 300, 10, 300 + 50, 10 + 90);
  expect_edit (f, 1, "Move r1");
  g_assert_null (f->merge);
  expect_position (f, f->r1, 288, 96);
  expect_position (f, f->in, 0, 0);
  g_assert_cmpuint (studio_canvas_active (f->canvas), ==, f->r1);
}

static void
test_without_snap_it_goes_where_it_is_put (Fixture *f, gconstpointer data)
{
  studio_canvas_set_snap (f->canvas, FALSE);
  drag (f, 300, 10, 300 + 50, 10 + 90);
  expect_position (f, f->r1, 290, 90);
}

static void
test_a_click_selects_and_moves_nothing (Fixture *f, gconstpointer data)
{
  double px = 1 / studio_canvas_get_zoom (f->canvas);

  drag (f, 300, 10, 300 + 2 * px, 10);
  expect_edit (f, 0, NULL);
  g_assert_cmpuint (studio_canvas_get_selection (f->canvas)->len, ==, 1);
  drag (f, -100, 300, -100, 300);
  g_assert_cmpuint (studio_canvas_active (f->canvas), ==, 0);
}

static void
test_escape_ends_a_drag_without_a_trace (Fixture *f, gconstpointer data)
{
  gpointer gesture = controller (f, GTK_TYPE_GESTURE_DRAG, GDK_BUTTON_PRIMARY);
  StudioPoint p = studio_canvas_to_px (f->canvas, 300, 10);

  g_signal_emit_by_name (gesture, "drag-begin", p.x, p.y);
  g_signal_emit_by_name (gesture, "drag-update", 80.0, 80.0);
  press_key (f, GDK_KEY_Escape, 0);
  g_signal_emit_by_name (gesture, "drag-update", 90.0, 90.0);
  g_signal_emit_by_name (gesture, "drag-end", 90.0, 90.0);
  expect_edit (f, 0, NULL);
  g_assert_cmpuint (studio_canvas_hit (f->canvas, p.x, p.y).node, ==, f->r1);
}

static void
test_a_report_that_arrives_during_a_drag_does_not_disturb_it (Fixture *f, gconstpointer data)
{
  gpointer gesture = controller (f, GTK_TYPE_GESTURE_DRAG, GDK_BUTTON_PRIMARY);
  StudioPoint p = studio_canvas_to_px (f->canvas, 300, 10);
  g_autoptr(AnfReport) report = anf_check (f->graph, "h13");

  g_signal_emit_by_name (gesture, "drag-begin", p.x, p.y);
  g_signal_emit_by_name (gesture, "drag-update", 80.0, 0.0);
  studio_canvas_set_report (f->canvas, report);
  g_signal_emit_by_name (gesture, "drag-end", 80.0, 0.0);
  expect_edit (f, 1, "Move r1");
  g_assert_true (studio_canvas_scene (f->canvas)->report != NULL);
}

static void
test_arrows_nudge_as_one_step (Fixture *f, gconstpointer data)
{
  g_autofree char *merge = NULL;

  choose (f, 2, (AnfId[]) { f->r1, f->r2 });
  press_key (f, GDK_KEY_Right, 0);
  merge = g_strdup (f->merge);
  g_assert_nonnull (merge);
  press_key (f, GDK_KEY_Down, GDK_SHIFT_MASK);
  expect_edit (f, 2, "Move 2 nodes");
  g_assert_cmpstr (f->merge, ==, merge);
  expect_position (f, f->r1, 256, 160);
  expect_position (f, f->r2, 256, 320);
}

static void
test_a_document_without_places_keeps_those_it_was_shown_at (Fixture *f, gconstpointer data)
{
  AnfGraphBuilder *b = anf_graph_builder_new (f->graph);
  g_autoptr(AnfGraph) bare = NULL;
  double x, y;

  for (guint i = 0; i < anf_graph_n_nodes (f->graph); i++)
    anf_graph_builder_set_position (b, anf_node_id (anf_graph_nth (f->graph, i)), 0, 0);
  bare = anf_graph_builder_end (b, NULL);
  show (f, bare);
  x = studio_scene_box (studio_canvas_scene (f->canvas), f->sum)->box.x;
  y = studio_scene_box (studio_canvas_scene (f->canvas), f->sum)->box.y;
  g_assert_cmpfloat (x, >, studio_scene_box (studio_canvas_scene (f->canvas), f->r1)->box.x);
  choose (f, 1, &f->r2);
  press_key (f, GDK_KEY_Down, 0);
  expect_position (f, f->sum, x, y);
}

/* ---- wires */

static void
test_a_wire_dragged_from_an_output_connects (Fixture *f, gconstpointer data)
{
  drag (f, 416, 204, 480, 64);
  expect_edit (f, 1, "Connect r2 to sum");
  g_assert_cmpuint (source_of (f, f->sum, 1), ==, f->r2);
  g_assert_cmpuint (source_of (f, f->sum, 0), ==, f->r1);
}

static void
test_a_wire_dragged_from_an_input_connects (Fixture *f, gconstpointer data)
{
  drag (f, 240, 204, 176, 44);
  expect_edit (f, 1, "Connect in to r2");
  g_assert_cmpuint (source_of (f, f->r2, 0), ==, f->in);
}

static void
test_a_new_wire_replaces_the_old_one_in_one_step (Fixture *f, gconstpointer data)
{
  drag (f, 416, 204, 480, 44);
  expect_edit (f, 1, "Connect r2 to sum");
  g_assert_cmpuint (source_of (f, f->sum, 0), ==, f->r2);
}

static void
test_a_loop_is_refused_with_its_path (Fixture *f, gconstpointer data)
{
  g_autofree char *why = studio_canvas_refusal (f->canvas, (AnfRef) { f->sum, 0 }, f->r1, 0);

  g_assert_nonnull (strstr (why, "r1 → sum"));
  drag (f, 656, 44, 240, 44);
  expect_edit (f, 0, NULL);
  drag (f, 416, 204, 240, 204);
  expect_edit (f, 0, NULL);
}

static void
test_a_shape_that_does_not_fit_is_refused (Fixture *f, gconstpointer data)
{
  AnfGraphBuilder *b = anf_graph_builder_new (f->graph);
  AnfId other = add (b, "input", "other", 240, 320);
  g_autoptr(AnfGraph) graph = NULL;
  g_autofree char *why = NULL;

  anf_graph_builder_set_attr (b, other, "shape", g_variant_new_parsed ("[@x 1, 5, 7, 3]"));
  graph = anf_graph_builder_end (b, NULL);
  show (f, graph);
  why = studio_canvas_refusal (f->canvas, (AnfRef) { other, 0 }, f->sum, 1);
  g_assert_nonnull (why);
  drag (f, 416, 364, 480, 64);
  expect_edit (f, 0, NULL);
  /* The same wire is welcome where nothing speaks against it. */
  g_assert_null (studio_canvas_refusal (f->canvas, (AnfRef) { other, 0 }, f->r2, 0));
}

static void
test_a_wire_picked_up_and_dropped_in_the_empty_is_gone (Fixture *f, gconstpointer data)
{
  drag (f, 476, 44, 480, 300);
  expect_edit (f, 1, "Disconnect sum from r1");
  g_assert_cmpuint (source_of (f, f->sum, 0), ==, 0);
}

static void
test_a_wire_picked_up_can_be_put_elsewhere (Fixture *f, gconstpointer data)
{
  drag (f, 476, 44, 480, 64);
  expect_edit (f, 1, NULL);
  g_assert_cmpuint (source_of (f, f->sum, 0), ==, 0);
  g_assert_cmpuint (source_of (f, f->sum, 1), ==, f->r1);
}

static void
on_pick (StudioCanvas *canvas, double x, double y, guint *n)
{
  (*n)++;
}

static void
test_a_wire_dropped_in_the_empty_asks_for_a_node (Fixture *f, gconstpointer data)
{
  guint n = 0;

  g_signal_connect (f->canvas, "pick-op", G_CALLBACK (on_pick), &n);
  drag (f, 416, 204, 560, 260);
  g_assert_cmpuint (n, ==, 1);
  expect_edit (f, 0, NULL);
  g_signal_emit_by_name (f->canvas->palette, "chosen", "tanh");
  expect_edit (f, 1, "Add Tanh");
  g_assert_cmpuint (source_of (f, studio_canvas_active (f->canvas), 0), ==, f->r2);
}

static void
test_two_chosen_nodes_are_linked (Fixture *f, gconstpointer data)
{
  choose (f, 2, (AnfId[]) { f->r2, f->sum });
  act (f, "link");
  expect_edit (f, 1, "Connect r2 to sum");
  g_assert_cmpuint (source_of (f, f->sum, 1), ==, f->r2);
}

/* ---- selecting */

static void
test_a_band_to_the_right_encloses_and_to_the_left_touches (Fixture *f, gconstpointer data)
{
  drag (f, 200, -30, 460, 200);
  g_assert_cmpuint (studio_canvas_get_selection (f->canvas)->len, ==, 1);
  g_assert_cmpuint (studio_canvas_active (f->canvas), ==, f->r1);
  drag (f, 460, 200, 200, -30);
  g_assert_cmpuint (studio_canvas_get_selection (f->canvas)->len, ==, 2);
  expect_edit (f, 0, NULL);
}

static void
test_alt_arrows_walk_along_wires (Fixture *f, gconstpointer data)
{
  choose (f, 1, &f->in);
  press_key (f, GDK_KEY_Right, GDK_ALT_MASK);
  g_assert_cmpuint (studio_canvas_active (f->canvas), ==, f->r1);
  press_key (f, GDK_KEY_Right, GDK_ALT_MASK);
  g_assert_cmpuint (studio_canvas_active (f->canvas), ==, f->sum);
  press_key (f, GDK_KEY_Left, GDK_ALT_MASK);
  press_key (f, GDK_KEY_Down, GDK_ALT_MASK);
  g_assert_cmpuint (studio_canvas_active (f->canvas), ==, f->r2);
}

static void
test_select_all_and_none (Fixture *f, gconstpointer data)
{
  act (f, "select-all");
  g_assert_cmpuint (studio_canvas_get_selection (f->canvas)->len, ==, 4);
  press_key (f, GDK_KEY_Escape, 0);
  g_assert_cmpuint (studio_canvas_active (f->canvas), ==, 0);
  g_assert_false (g_action_group_get_action_enabled (studio_canvas_get_actions (f->canvas),
                                                     "duplicate"));
}

/* ---- removing, adding, copying */

static void
test_delete_takes_nodes_and_their_wires (Fixture *f, gconstpointer data)
{
  choose (f, 1, &f->r1);
  act (f, "delete");
  expect_edit (f, 1, "Delete r1");
  g_assert_null (anf_graph_find (f->graph, f->r1));
  g_assert_cmpuint (source_of (f, f->sum, 0), ==, 0);
  g_assert_cmpuint (studio_canvas_active (f->canvas), ==, 0);
}

static void
test_delete_and_reconnect_keeps_the_chain (Fixture *f, gconstpointer data)
{
  choose (f, 2, (AnfId[]) { f->r1, f->sum });
  act (f, "delete-reconnect");
  expect_edit (f, 1, "Delete 2 nodes and reconnect");
  g_assert_cmpuint (anf_graph_n_nodes (f->graph), ==, 2);
  {
    AnfRef from;

    g_assert_cmpuint (anf_graph_n_outputs (f->graph), ==, 1);
    g_assert_cmpstr (anf_graph_nth_output (f->graph, 0, &from), ==, "y");
    g_assert_cmpuint (from.node, ==, f->in);
  }
}

static void
test_a_selected_wire_is_deleted_alone (Fixture *f, gconstpointer data)
{
  drag (f, 208, 44, 208, 44);
  act (f, "delete");
  expect_edit (f, 1, "Disconnect r1 from in");
  g_assert_cmpuint (anf_graph_n_nodes (f->graph), ==, 4);
}

static void
test_duplicates_are_wired_among_themselves (Fixture *f, gconstpointer data)
{
  GArray *copies;
  AnfId a, b;

  choose (f, 2, (AnfId[]) { f->r1, f->sum });
  act (f, "duplicate");
  expect_edit (f, 1, "Duplicate 2 nodes");
  g_assert_cmpuint (anf_graph_n_nodes (f->graph), ==, 6);
  copies = studio_canvas_get_selection (f->canvas);
  g_assert_cmpuint (copies->len, ==, 2);
  a = g_array_index (copies, AnfId, 0);
  b = g_array_index (copies, AnfId, 1);
  g_assert_cmpuint (source_of (f, b, 0), ==, a);
  g_assert_cmpuint (source_of (f, a, 0), ==, 0);
  expect_position (f, a, 272, 32);
  g_assert_cmpstr (anf_node_name (anf_graph_find (f->graph, a)), !=, "r1");
}

static void
test_what_is_copied_can_be_pasted_as_text (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;
  const AnfNode *copy;
  gint64 shape[4];

  choose (f, 2, (AnfId[]) { f->in, f->r1 });
  text = studio_canvas_copy_text (f->canvas);
  g_assert_nonnull (strstr (text, "\"r1\""));
  g_assert_null (strstr (text, "\"sum\""));
  studio_canvas_paste_text (f->canvas, text, FALSE);
  expect_edit (f, 1, "Paste 2 nodes");
  g_assert_cmpuint (anf_graph_n_nodes (f->graph), ==, 6);
  copy = anf_graph_find (f->graph,
                         g_array_index (studio_canvas_get_selection (f->canvas), AnfId, 0));
  g_assert_cmpuint (anf_node_ints (copy, "shape", shape, 4), ==, 4);
  g_assert_cmpint (shape[1], ==, 8);
  g_assert_cmpuint (source_of (f, studio_canvas_active (f->canvas), 0), ==, anf_node_id (copy));
  studio_canvas_paste_text (f->canvas, "no document", FALSE);
  expect_edit (f, 1, NULL);
}

static void
test_copy_and_paste_go_through_the_clipboard (Fixture *f, gconstpointer data)
{
  choose (f, 1, &f->r1);
  act (f, "copy");
  act (f, "paste");
  for (int i = 0; i < 1000 && f->n_edits == 0; i++)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
  expect_edit (f, 1, "Paste 1 node");
  g_assert_cmpuint (anf_graph_n_nodes (f->graph), ==, 5);
}

static void
test_an_added_op_is_fed_by_the_active_node (Fixture *f, gconstpointer data)
{
  choose (f, 1, &f->r2);
  studio_canvas_add_op (f->canvas, "tanh");
  expect_edit (f, 1, "Add Tanh");
  g_assert_cmpuint (source_of (f, studio_canvas_active (f->canvas), 0), ==, f->r2);
  {
    const StudioScene *scene = studio_canvas_scene (f->canvas);

    for (guint i = 0; i < scene->n_boxes; i++)
      for (guint k = 0; k < i; k++)
        g_assert_false (studio_rect_overlaps (&scene->boxes[i].box, &scene->boxes[k].box));
  }
}

static void
test_an_op_dropped_on_a_wire_goes_into_it (Fixture *f, gconstpointer data)
{
  StudioPoint p = studio_canvas_to_px (f->canvas, 208, 44);
  g_auto(GValue) value = G_VALUE_INIT;
  gboolean taken = FALSE;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "tanh");
  g_signal_emit_by_name (controller (f, GTK_TYPE_DROP_TARGET, 0), "drop", &value, p.x, p.y,
                         &taken);
  g_assert_true (taken);
  expect_edit (f, 1, "Insert Tanh between in and r1");
  g_assert_cmpuint (source_of (f, f->r1, 0), ==, studio_canvas_active (f->canvas));
  g_assert_cmpuint (source_of (f, studio_canvas_active (f->canvas), 0), ==, f->in);
}

static void
test_a_node_without_wires_goes_into_the_wire_it_is_put_on (Fixture *f, gconstpointer data)
{
  /* Its middle comes to lie at (448, 44), between r1 and sum. */
  drag (f, 300, 170, 420, 10);
  expect_edit (f, 1, "Insert r2 between r1 and sum");
  g_assert_cmpuint (source_of (f, f->r2, 0), ==, f->r1);
  g_assert_cmpuint (source_of (f, f->sum, 0), ==, f->r2);
  expect_position (f, f->r2, 368, 0);
}

static void
test_arranging_is_one_step_and_keeps_nodes_apart (Fixture *f, gconstpointer data)
{
  const StudioScene *scene;

  drag (f, 300, 170, 300, 10);       /* r2 onto r1 */
  act (f, "arrange");
  expect_edit (f, 2, "Arrange");
  scene = studio_canvas_scene (f->canvas);
  for (guint i = 0; i < scene->n_boxes; i++)
    for (guint k = 0; k < i; k++)
      g_assert_false (studio_rect_overlaps (&scene->boxes[i].box, &scene->boxes[k].box));
}

static void
test_renaming_asks_for_the_new_name (Fixture *f, gconstpointer data)
{
  choose (f, 1, &f->r1);
  act (f, "rename");
  gtk_editable_set_text (GTK_EDITABLE (f->canvas->rename_entry), "r2");
  g_assert_true (gtk_widget_has_css_class (f->canvas->rename_entry, "error"));
  g_signal_emit_by_name (f->canvas->rename_entry, "activate");
  expect_edit (f, 0, NULL);
  gtk_editable_set_text (GTK_EDITABLE (f->canvas->rename_entry), "act");
  g_signal_emit_by_name (f->canvas->rename_entry, "activate");
  expect_edit (f, 1, "Rename r1 to act");
  g_assert_cmpstr (anf_node_name (anf_graph_find (f->graph, f->r1)), ==, "act");
}

/* ---- view */

static void
test_the_wheel_zooms_at_the_pointer (Fixture *f, gconstpointer data)
{
  StudioPoint p = studio_canvas_to_px (f->canvas, 300, 40), q;
  double before = studio_canvas_get_zoom (f->canvas);
  gboolean handled;

  g_signal_emit_by_name (controller (f, GTK_TYPE_EVENT_CONTROLLER_MOTION, 0), "motion", p.x, p.y);
  g_signal_emit_by_name (controller (f, GTK_TYPE_EVENT_CONTROLLER_SCROLL, 0), "scroll", 0.0, -2.0,
                         &handled);
  g_assert_cmpfloat_with_epsilon (studio_canvas_get_zoom (f->canvas), before * 1.15 * 1.15, 1e-6);
  q = studio_canvas_to_px (f->canvas, 300, 40);
  g_assert_cmpfloat_with_epsilon (p.x, q.x, 1e-6);
  g_assert_cmpfloat_with_epsilon (p.y, q.y, 1e-6);
  for (int i = 0; i < 40; i++)
    act (f, "zoom-out");
  g_assert_cmpfloat (studio_canvas_get_zoom (f->canvas), ==, 0.05);
  act (f, "zoom-100");
  g_assert_cmpfloat (studio_canvas_get_zoom (f->canvas), ==, 1);
}

static void
test_the_middle_button_pans (Fixture *f, gconstpointer data)
{
  gpointer gesture = controller (f, GTK_TYPE_GESTURE_DRAG, GDK_BUTTON_MIDDLE);
  StudioPoint p = studio_canvas_to_px (f->canvas, 0, 0), q;

  g_signal_emit_by_name (gesture, "drag-begin", 100.0, 100.0);
  g_signal_emit_by_name (gesture, "drag-update", 30.0, -20.0);
  g_signal_emit_by_name (gesture, "drag-end", 30.0, -20.0);
  q = studio_canvas_to_px (f->canvas, 0, 0);
  g_assert_cmpfloat_with_epsilon (q.x - p.x, 30, 1e-9);
  g_assert_cmpfloat_with_epsilon (q.y - p.y, -20, 1e-9);
  expect_edit (f, 0, NULL);
}

static void
test_a_canvas_goes_with_its_window (Fixture *f, gconstpointer data)
{
  GObject *canvas = G_OBJECT (f->canvas);

  g_object_add_weak_pointer (canvas, (gpointer *) &canvas);
  studio_canvas_open_add (f->canvas, 50, 50);
  studio_canvas_open_rename (f->canvas, f->r1);
  studio_canvas_open_menu (f->canvas, 60, 60);
  settle ();
  gtk_window_set_child (GTK_WINDOW (f->window), NULL);
  for (int i = 0; i < 1000 && canvas != NULL; i++)
    {
      settle ();
      g_usleep (1000);
    }
  g_assert_null (canvas);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
#define T(path, f) g_test_add ("/canvas/" path, Fixture, NULL, set_up, f, tear_down)
  T ("a-dragged-node-moves-once-on-the-grid", test_a_dragged_node_moves_once_on_the_grid);
  T ("without-snap-it-goes-where-it-is-put", test_without_snap_it_goes_where_it_is_put);
  T ("a-click-selects-and-moves-nothing", test_a_click_selects_and_moves_nothing);
  T ("escape-ends-a-drag-without-a-trace", test_escape_ends_a_drag_without_a_trace);
  T ("a-report-does-not-disturb-a-drag",
     test_a_report_that_arrives_during_a_drag_does_not_disturb_it);
  T ("arrows-nudge-as-one-step", test_arrows_nudge_as_one_step);
  T ("a-document-without-places-keeps-those-it-was-shown-at",
     test_a_document_without_places_keeps_those_it_was_shown_at);
  T ("a-wire-from-an-output-connects", test_a_wire_dragged_from_an_output_connects);
  T ("a-wire-from-an-input-connects", test_a_wire_dragged_from_an_input_connects);
  T ("a-new-wire-replaces-the-old-one", test_a_new_wire_replaces_the_old_one_in_one_step);
  T ("a-loop-is-refused-with-its-path", test_a_loop_is_refused_with_its_path);
  T ("a-shape-that-does-not-fit-is-refused", test_a_shape_that_does_not_fit_is_refused);
  T ("a-wire-dropped-in-the-empty-is-gone",
     test_a_wire_picked_up_and_dropped_in_the_empty_is_gone);
  T ("a-wire-can-be-put-elsewhere", test_a_wire_picked_up_can_be_put_elsewhere);
  T ("a-new-wire-in-the-empty-asks-for-a-node", test_a_wire_dropped_in_the_empty_asks_for_a_node);
  T ("two-chosen-nodes-are-linked", test_two_chosen_nodes_are_linked);
  T ("a-band-encloses-or-touches", test_a_band_to_the_right_encloses_and_to_the_left_touches);
  T ("alt-arrows-walk-along-wires", test_alt_arrows_walk_along_wires);
  T ("select-all-and-none", test_select_all_and_none);
  T ("delete-takes-nodes-and-their-wires", test_delete_takes_nodes_and_their_wires);
  T ("delete-and-reconnect-keeps-the-chain", test_delete_and_reconnect_keeps_the_chain);
  T ("a-selected-wire-is-deleted-alone", test_a_selected_wire_is_deleted_alone);
  T ("duplicates-are-wired-among-themselves", test_duplicates_are_wired_among_themselves);
  T ("what-is-copied-can-be-pasted-as-text", test_what_is_copied_can_be_pasted_as_text);
  T ("copy-and-paste-go-through-the-clipboard", test_copy_and_paste_go_through_the_clipboard);
  T ("an-added-op-is-fed-by-the-active-node", test_an_added_op_is_fed_by_the_active_node);
  T ("an-op-dropped-on-a-wire-goes-into-it", test_an_op_dropped_on_a_wire_goes_into_it);
  T ("a-node-goes-into-the-wire-it-is-put-on",
     test_a_node_without_wires_goes_into_the_wire_it_is_put_on);
  T ("arranging-is-one-step", test_arranging_is_one_step_and_keeps_nodes_apart);
  T ("renaming-asks-for-the-new-name", test_renaming_asks_for_the_new_name);
  T ("the-wheel-zooms-at-the-pointer", test_the_wheel_zooms_at_the_pointer);
  T ("the-middle-button-pans", test_the_middle_button_pans);
  T ("a-canvas-goes-with-its-window", test_a_canvas_goes_with_its_window);
#undef T
  return g_test_run ();
}
