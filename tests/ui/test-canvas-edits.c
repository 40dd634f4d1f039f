/* test-canvas-edits.c - muting, collapsing, lining up, dots and cuts on the canvas. */
#include <math.h>
#include <string.h>

#include "canvas-support.h"

static void
act_told (Fixture *f, const char *name, const char *how)
{
  g_action_group_activate_action (studio_canvas_get_actions (f->canvas), name,
                                  g_variant_new_string (how));
}

static gboolean
is_chosen (Fixture *f, AnfId id)
{
  return studio_canvas_is_selected (f->canvas, id);
}

static const StudioBox *
box_of (Fixture *f, AnfId id)
{
  return studio_scene_box (studio_canvas_scene (f->canvas), id);
}

/* ---- muted and collapsed */

static void
test_mute_is_one_step_there_and_one_back (Fixture *f, gconstpointer data)
{
  g_autoptr(AnfGraph) before = anf_graph_ref (f->graph);

  choose (f, 1, &f->r1);
  act (f, "mute");
  expect_edit (f, 1, "Mute r1");
  g_assert_cmpstr (anf_op_name (box_of (f, f->r1)->muted), ==, "relu");
  g_assert_cmpuint (source_of (f, f->r1, 0), ==, f->in);
  act (f, "mute");
  expect_edit (f, 2, "Unmute r1");
  g_assert_null (box_of (f, f->r1)->muted);
  expect_same (before, f->graph);
}

static void
test_unfold_puts_parts_in_the_place_of_a_composite (Fixture *f, gconstpointer data)
{
  AnfGraphBuilder *b = anf_graph_builder_new (f->graph);
  AnfId id = add (b, "hard_swish", "swish", 240, 320);
  g_autoptr(AnfGraph) graph = NULL;

  anf_graph_builder_connect (b, (AnfRef) { f->in, 0 }, id, 0);
  graph = anf_graph_builder_end (b, NULL);
  show (f, graph);
  choose (f, 1, &id);
  act (f, "unfold");
  expect_edit (f, 1, "Unfold swish");
  g_assert_cmpuint (anf_graph_n_nodes (f->graph), ==, anf_graph_n_nodes (graph) + 1);
  g_assert_cmpstr (anf_node_op_name (anf_graph_find (f->graph, id)), ==, "mul");
  g_assert_cmpstr (anf_node_name (anf_graph_find (f->graph, id)), ==, "swish");
  expect_position (f, id, 240, 320);
  choose (f, 1, &f->r1);
  act (f, "unfold");               /* no composite: nothing happens */
  expect_edit (f, 1, NULL);
}

static void
test_a_source_refuses_to_be_muted (Fixture *f, gconstpointer data)
{
  choose (f, 1, &f->in);
  act (f, "mute");
  expect_edit (f, 0, NULL);
  g_assert_nonnull (strstr (f->canvas->refusal_why, "Nothing comes in"));
}

static void
test_what_changes_the_shape_refuses_to_be_muted (Fixture *f, gconstpointer data)
{
  AnfGraphBuilder *b = anf_graph_builder_new (f->graph);
  AnfId pool = anf_graph_builder_add (b, anf_op_lookup ("max_pool"));
  g_autoptr(AnfGraph) graph = NULL;

  anf_graph_builder_set_position (b, pool, 240, 320);
  anf_graph_builder_set_attr (b, pool, "k", g_variant_new_int64 (2));
  anf_graph_builder_set_attr (b, pool, "stride", g_variant_new_int64 (2));
  anf_graph_builder_connect (b, (AnfRef) { f->r1, 0 }, pool, 0);
  graph = anf_graph_builder_end (b, NULL);
  g_signal_emit_by_name (f->canvas, "edit", graph, "Add", NULL);
  choose (f, 1, &pool);
  act (f, "mute");
  expect_edit (f, 1, "Add");
  g_assert_nonnull (strstr (f->canvas->refusal_why, "1×8×8×8"));
}

static void
test_a_collapsed_node_is_its_title (Fixture *f, gconstpointer data)
{
  double height = box_of (f, f->r1)->box.height;
  AnfId both[] = { f->r1, f->sum };

  choose (f, 2, both);
  act (f, "collapse");
  expect_edit (f, 1, "Collapse 2 nodes");
  g_assert_cmpfloat (box_of (f, f->r1)->box.height, ==, STUDIO_HEADER);
  g_assert_cmpfloat (studio_box_input (box_of (f, f->sum), 1).y, ==,
                     box_of (f, f->sum)->box.y + STUDIO_HEADER / 2);
  act (f, "collapse");
  expect_edit (f, 2, "Expand 2 nodes");
  g_assert_cmpfloat (box_of (f, f->r1)->box.height, ==, height);
}

/* ---- lining up */

static void
test_nodes_line_up (Fixture *f, gconstpointer data)
{
  AnfId three[] = { f->in, f->r1, f->r2 };

  choose (f, 3, three);
  act_told (f, "align", "left");
  expect_edit (f, 1, "Align left");
  expect_position (f, f->r1, 0, 0);
  expect_position (f, f->r2, 0, 160);
  act_told (f, "align", "left");
  expect_edit (f, 1, NULL);
}

static void
test_gaps_become_the_same (Fixture *f, gconstpointer data)
{
  AnfId three[] = { f->in, f->r1, f->sum };

  choose (f, 1, &f->r1);
  studio_canvas_move (f->canvas, f->canvas->selection, 40, 0, NULL);
  choose (f, 3, three);
  act_told (f, "align", "across");
  expect_edit (f, 2, "Distribute");
  expect_position (f, f->in, 0, 0);
  expect_position (f, f->r1, 240, 0);
  expect_position (f, f->sum, 480, 0);
}

static void
test_straight_wires_run_level (Fixture *f, gconstpointer data)
{
  AnfId two[] = { f->r1, f->sum };

  choose (f, 1, &f->sum);
  studio_canvas_move (f->canvas, f->canvas->selection, 0, 48, NULL);
  choose (f, 2, two);
  act_told (f, "align", "straight");
  g_assert_cmpfloat (studio_box_output (box_of (f, f->r1), 0).y, ==,
                     studio_box_input (box_of (f, f->sum), 0).y);
}

static void
test_a_dragged_node_meets_the_line_of_another (Fixture *f, gconstpointer data)
{
  /* r2 to x = 484: 4 from sum, and off the grid without it. */
  choose (f, 1, &f->sum);
  studio_canvas_move (f->canvas, f->canvas->selection, 5, 0, NULL);
  drag (f, 300, 170, 300 + 243, 170 + 200);
  expect_edit (f, 2, "Move r2");
  expect_position (f, f->r2, 485, 368);
}

/* ---- along wires */

static void
test_brackets_follow_the_wires (Fixture *f, gconstpointer data)
{
  choose (f, 1, &f->in);
  act_told (f, "select-along", "down");
  g_assert_cmpuint (f->canvas->selection->len, ==, 1);
  g_assert_true (is_chosen (f, f->r1));
  act_told (f, "select-along", "down");
  g_assert_true (is_chosen (f, f->sum));
  act_told (f, "select-along", "up-all");
  g_assert_cmpuint (f->canvas->selection->len, ==, 3);
  g_assert_false (is_chosen (f, f->r2));
}

/* ---- dots and cuts */

static void
test_a_slash_cuts_what_it_crosses (Fixture *f, gconstpointer data)
{
  studio_canvas_slash (f->canvas, (StudioPoint) { 208, -200 }, (StudioPoint) { 208, 400 },
                       STUDIO_SLASH_CUT);
  expect_edit (f, 1, "Cut 1 wire");
  g_assert_cmpuint (source_of (f, f->r1, 0), ==, 0);
  g_assert_cmpuint (source_of (f, f->sum, 0), ==, f->r1);
  studio_canvas_slash (f->canvas, (StudioPoint) { 208, -200 }, (StudioPoint) { 208, 400 },
                       STUDIO_SLASH_CUT);
  expect_edit (f, 1, NULL);
}

static const StudioPath *
path_into (Fixture *f, AnfId id)
{
  StudioScene *scene = studio_canvas_scene (f->canvas);

  return &scene->wires[studio_scene_wire_at (scene, id, 0)].path;
}

static void
test_a_wire_runs_through_its_dots (Fixture *f, gconstpointer data)
{
  g_autoptr(AnfGraph) before = anf_graph_ref (f->graph);

  studio_canvas_slash (f->canvas, (StudioPoint) { 208, -200 }, (StudioPoint) { 208, 400 },
                       STUDIO_SLASH_DOTS);
  expect_edit (f, 1, "Put a dot on the wire");
  g_assert_cmpint (path_into (f, f->r1)->kind, ==, STUDIO_PATH_DOTS);
  g_assert_cmpint (path_into (f, f->sum)->kind, !=, STUDIO_PATH_DOTS);

  drag (f, 208, 48, 208, -80);
  expect_edit (f, 2, "Move a dot");
  g_assert_cmpuint (path_into (f, f->r1)->n, ==, 3);
  g_assert_cmpfloat (path_into (f, f->r1)->at[1].y, ==, -80);
  g_assert_cmpfloat (studio_path_distance (path_into (f, f->r1), 208, -80), <, 1);

  studio_canvas_remove_dot (f->canvas,
                            studio_scene_wire_at (studio_canvas_scene (f->canvas), f->r1, 0), 0);
  expect_edit (f, 3, "Remove a dot");
  expect_same (before, f->graph);
}

static void
test_dots_of_another_wire_are_not_shown (Fixture *f, gconstpointer data)
{
  studio_canvas_slash (f->canvas, (StudioPoint) { 208, -200 }, (StudioPoint) { 208, 400 },
                       STUDIO_SLASH_DOTS);
  studio_canvas_connect (f->canvas, (AnfRef) { f->r2, 0 }, f->r1, 0, -1);
  g_assert_cmpint (path_into (f, f->r1)->kind, !=, STUDIO_PATH_DOTS);
}

/* ---- frames */

static const StudioFrame *
frame_of (Fixture *f, guint i)
{
  return &g_array_index (studio_canvas_scene (f->canvas)->frames, StudioFrame, i);
}

static void
test_a_frame_moves_what_it_encloses (Fixture *f, gconstpointer data)
{
  AnfId both[] = { f->in, f->r1 };
  StudioRect r;

  choose (f, 2, both);
  act (f, "add-frame");
  expect_edit (f, 1, "Frame 2 nodes");
  r = frame_of (f, 0)->rect;
  drag (f, r.x + 60, r.y + 10, r.x + 60 + 32, r.y + 10 + 64);
  expect_edit (f, 2, "Move frame Frame");
  /* The frame's own edge meets the grid, at -24 + 32 and -50 + 64. */
  expect_position (f, f->in, 24 + frame_of (f, 0)->rect.x, 50 + frame_of (f, 0)->rect.y);
  g_assert_cmpfloat (fmod (frame_of (f, 0)->rect.x, STUDIO_GRID_PITCH), ==, 0);
  g_assert_cmpfloat (fabs (frame_of (f, 0)->rect.y - (r.y + 64)), <=, STUDIO_GRID_PITCH / 2);
  g_assert_cmpfloat (frame_of (f, 0)->rect.width, ==, r.width);
  expect_position (f, f->sum, 480, 0);
  act (f, "delete");
  expect_edit (f, 3, "Delete frame Frame");
  g_assert_cmpuint (anf_graph_n_nodes (f->graph), ==, 4);
  g_assert_cmpuint (studio_canvas_scene (f->canvas)->frames->len, ==, 0);
}

static void
test_a_frame_is_named_coloured_and_sized (Fixture *f, gconstpointer data)
{
  StudioRect r;

  choose (f, 1, &f->r1);
  act (f, "add-frame");
  g_assert_cmpstr (frame_of (f, 0)->title, ==, "r1");
  studio_canvas_name_frame (f->canvas, "Trunk");
  expect_edit (f, 2, "Rename frame r1 to Trunk");
  act (f, "color-frame");
  expect_edit (f, 3, "Colour frame Trunk");
  g_assert_cmpuint (frame_of (f, 0)->color, ==, 1);
  r = frame_of (f, 0)->rect;
  drag (f, r.x + r.width - 4, r.y + r.height - 4, r.x - 400, r.y + r.height + 76);
  expect_edit (f, 4, "Resize frame Trunk");
  g_assert_cmpfloat (frame_of (f, 0)->rect.width, ==, STUDIO_FRAME_LEAST);
  g_assert_cmpfloat (frame_of (f, 0)->rect.height, >, r.height);
  expect_position (f, f->r1, 240, 0);
}

static void
test_escape_leaves_a_frame_where_it_was (Fixture *f, gconstpointer data)
{
  gpointer gesture = controller (f, GTK_TYPE_GESTURE_DRAG, GDK_BUTTON_PRIMARY);
  StudioPoint at;
  double y;

  choose (f, 1, &f->r1);
  act (f, "add-frame");
  y = frame_of (f, 0)->rect.y;
  at = studio_canvas_to_px (f->canvas, frame_of (f, 0)->rect.x + 30, y + 8);
  g_signal_emit_by_name (gesture, "drag-begin", at.x, at.y);
  g_signal_emit_by_name (gesture, "drag-update", 0.0, 90.0);
  press_key (f, GDK_KEY_Escape, 0);
  g_signal_emit_by_name (gesture, "drag-end", 0.0, 90.0);
  expect_edit (f, 1, NULL);
  g_assert_cmpfloat (frame_of (f, 0)->rect.y, ==, y);
}

/* ---- the clipboard keeps wires */

static void
test_pasted_nodes_are_fed_as_the_originals (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;
  AnfId copy;

  choose (f, 1, &f->sum);
  text = studio_canvas_copy_text (f->canvas);
  studio_canvas_paste_text (f->canvas, text, TRUE);
  expect_edit (f, 1, "Paste 1 node");
  copy = studio_canvas_active (f->canvas);
  g_assert_cmpuint (copy, !=, f->sum);
  g_assert_cmpuint (source_of (f, copy, 0), ==, f->r1);
  studio_canvas_paste_text (f->canvas, text, FALSE);
  g_assert_cmpuint (source_of (f, studio_canvas_active (f->canvas), 0), ==, 0);
}

static void
test_a_copy_of_a_muted_node_can_be_unmuted (Fixture *f, gconstpointer data)
{
  choose (f, 1, &f->r1);
  act (f, "mute");
  act (f, "duplicate");
  act (f, "mute");
  expect_edit (f, 3, NULL);
  g_assert_cmpstr (anf_node_op_name (anf_graph_find (f->graph, studio_canvas_active (f->canvas))),
                   ==, "relu");
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
#define T(path, f) g_test_add ("/canvas-edits/" path, Fixture, NULL, set_up, f, tear_down)
  T ("mute-is-one-step-there-and-one-back", test_mute_is_one_step_there_and_one_back);
  T ("unfold-puts-parts-in-the-place-of-a-composite",
     test_unfold_puts_parts_in_the_place_of_a_composite);
  T ("a-source-refuses-to-be-muted", test_a_source_refuses_to_be_muted);
  T ("a-change-of-shape-refuses-to-be-muted", test_what_changes_the_shape_refuses_to_be_muted);
  T ("a-collapsed-node-is-its-title", test_a_collapsed_node_is_its_title);
  T ("nodes-line-up", test_nodes_line_up);
  T ("gaps-become-the-same", test_gaps_become_the_same);
  T ("straight-wires-run-level", test_straight_wires_run_level);
  T ("a-dragged-node-meets-a-line", test_a_dragged_node_meets_the_line_of_another);
  T ("brackets-follow-the-wires", test_brackets_follow_the_wires);
  T ("a-slash-cuts-what-it-crosses", test_a_slash_cuts_what_it_crosses);
  T ("a-wire-runs-through-its-dots", test_a_wire_runs_through_its_dots);
  T ("dots-of-another-wire-are-not-shown", test_dots_of_another_wire_are_not_shown);
  T ("a-frame-moves-what-it-encloses", test_a_frame_moves_what_it_encloses);
  T ("a-frame-is-named-coloured-and-sized", test_a_frame_is_named_coloured_and_sized);
  T ("escape-leaves-a-frame-where-it-was", test_escape_leaves_a_frame_where_it_was);
  T ("pasted-nodes-are-fed-as-the-originals", test_pasted_nodes_are_fed_as_the_originals);
  T ("a-copy-of-a-muted-node-can-be-unmuted", test_a_copy_of_a_muted_node_can_be_unmuted);
#undef T
  return g_test_run ();
}
