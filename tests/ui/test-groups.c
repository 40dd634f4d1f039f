/* test-groups.c - groups: folded, entered, unpacked, copied, found, and all of it undone. */
#include <math.h>
#include <string.h>

#include "blocks.h"
#include "canvas-support.h"
#include "layout.h"

static const StudioBox *
box_of (Fixture *f, AnfId id)
{
  return studio_scene_box (studio_canvas_scene (f->canvas), id);
}

static void
fold (Fixture *f, const char *how)
{
  g_action_group_activate_action (studio_canvas_get_actions (f->canvas), "fold",
                                  g_variant_new_string (how));
}

static const char *
path_of (Fixture *f, AnfId id)
{
  return anf_node_group (anf_graph_find (f->graph, id));
}

/* in -> r1 -> sum: r1 and sum become a group, which is folded. */
static void
fold_two (Fixture *f)
{
  AnfId two[] = { f->r1, f->sum };

  choose (f, 2, two);
  act (f, "group");
  expect_edit (f, 1, "Group 2 nodes");
  fold (f, "this");
  expect_edit (f, 2, "Fold group 1");
}

/* ---- folded */

static void
test_a_folded_group_is_one_box_with_its_ports (Fixture *f, gconstpointer data)
{
  const StudioBox *box;
  StudioScene *scene;

  fold_two (f);
  scene = studio_canvas_scene (f->canvas);
  box = box_of (f, f->r1);
  g_assert_true (box == box_of (f, f->sum));
  g_assert_cmpstr (studio_box_title (scene, box), ==, "group 1");
  g_assert_cmpuint (box->members->len, ==, 2);
  g_assert_cmpuint (scene->n_boxes, ==, anf_graph_n_nodes (f->graph) - 1);
  /* in feeds r1, sum is public: one port each way, whatever runs inside. */
  g_assert_cmpuint (box->n_in, ==, 1);
  g_assert_cmpuint (box->n_out, ==, 1);
  g_assert_cmpuint (studio_scene_gives (scene, box, 0).node, ==, f->sum);
  for (guint w = 0; w < scene->n_wires; w++)
    g_assert_cmpuint (scene->wires[w].source, !=, scene->wires[w].target);
}

static void
test_unfolded_all_is_where_it_was (Fixture *f, gconstpointer data)
{
  g_autoptr(AnfGraph) open = NULL;
  AnfId two[] = { f->r1, f->sum };

  choose (f, 2, two);
  act (f, "group");
  open = anf_graph_ref (f->graph);
  fold (f, "this");
  g_assert_cmpint (box_of (f, f->r1)->group, ==, 0);
  fold (f, "this");
  expect_edit (f, 3, "Unfold group 1");
  expect_same (open, f->graph);
}

static void
test_what_lies_right_of_an_unfolded_group_makes_room (Fixture *f, gconstpointer data)
{
  const StudioGroup *group;
  const StudioBox *other;

  fold_two (f);
  fold (f, "this");
  group = studio_groups_nth (studio_canvas_scene (f->canvas)->groups, 0);
  other = box_of (f, f->in);
  g_assert_cmpfloat (group->rect.width, >, 0);
  g_assert_false (studio_rect_overlaps (&group->rect, &other->box));
}

static void
test_a_group_is_moved_and_deleted_whole (Fixture *f, gconstpointer data)
{
  const StudioBox *box;
  double x, y, x2, y2, left, top;

  fold_two (f);
  anf_node_position (anf_graph_find (f->graph, f->r1), &x, &y);
  anf_node_position (anf_graph_find (f->graph, f->sum), &x2, &y2);
  box = box_of (f, f->r1);
  left = box->box.x, top = box->box.y;
  drag (f, left + 60, top + 12, left + 60 + 64, top + 12 + 32);
  g_assert_cmpuint (f->n_edits, ==, 3);
  expect_position (f, f->r1, x + box_of (f, f->r1)->box.x - left,
                   y + box_of (f, f->r1)->box.y - top);
  expect_position (f, f->sum, x2 + box_of (f, f->r1)->box.x - left,
                   y2 + box_of (f, f->r1)->box.y - top);
  g_assert_cmpfloat (box_of (f, f->r1)->box.x, >, left);
  act (f, "delete");
  expect_edit (f, 4, "Delete 2 nodes");
  g_assert_null (anf_graph_find (f->graph, f->r1));
  g_assert_null (anf_graph_find (f->graph, f->sum));
}

static void
test_a_copy_of_a_group_is_another_group (Fixture *f, gconstpointer data)
{
  fold_two (f);
  act (f, "duplicate");
  expect_edit (f, 3, "Duplicate 2 nodes");
  g_assert_cmpstr (path_of (f, studio_canvas_active (f->canvas)), ==, "group 1 2");
  g_assert_cmpstr (path_of (f, f->r1), ==, "group 1");
  g_assert_cmpuint (box_of (f, studio_canvas_active (f->canvas))->members->len, ==, 2);
  /* They compute the same: both say so. */
  studio_groups_count (studio_canvas_scene (f->canvas)->groups);
  g_assert_cmpuint (studio_groups_nth (studio_canvas_scene (f->canvas)->groups, 0)->repeats, ==,
                    2);
}

static void
test_a_wire_may_end_at_a_folded_group (Fixture *f, gconstpointer data)
{
  StudioScene *scene;
  StudioPoint at;
  StudioHit hit;

  fold_two (f);
  scene = studio_canvas_scene (f->canvas);
  at = studio_box_input (box_of (f, f->r1), 0);
  hit = studio_scene_hit (scene, at.x, at.y, 1);
  g_assert_cmpint (hit.kind, ==, STUDIO_HIT_INPUT);
  g_assert_cmpuint (hit.node, ==, f->r1);
  studio_canvas_disconnect (f->canvas, studio_scene_wire_at (scene, hit.node, hit.port));
  g_assert_cmpuint (source_of (f, f->r1, 0), ==, 0);
  g_assert_cmpuint (source_of (f, f->sum, 0), ==, f->r1);
}

/* ---- names and unpacking */

static void
test_ungrouped_the_graph_is_as_before (Fixture *f, gconstpointer data)
{
  g_autoptr(AnfGraph) before = anf_graph_ref (f->graph);
  AnfId two[] = { f->r1, f->sum };

  choose (f, 2, two);
  act (f, "group");
  g_assert_cmpstr (path_of (f, f->sum), ==, "group 1");
  act (f, "ungroup");
  expect_edit (f, 2, "Ungroup group 1");
  g_assert_null (path_of (f, f->sum));
  expect_same (before, f->graph);
}

static void
test_a_group_in_a_group_keeps_its_place (Fixture *f, gconstpointer data)
{
  AnfId two[] = { f->r1, f->sum }, three[] = { f->in, f->r1, f->sum };

  choose (f, 2, two);
  act (f, "group");
  choose (f, 3, three);
  act (f, "group");
  g_assert_cmpstr (path_of (f, f->r1), ==, "group 2/group 1");
  g_assert_cmpstr (path_of (f, f->in), ==, "group 2");
  studio_canvas_name_group (f->canvas, studio_canvas_chosen_group (f->canvas), "stem");
  expect_edit (f, 3, "Rename group group 2 to stem");
  g_assert_cmpstr (path_of (f, f->r1), ==, "stem/group 1");
  act (f, "ungroup");
  g_assert_cmpstr (path_of (f, f->r1), ==, "group 1");
  g_assert_null (path_of (f, f->in));
}

static void
test_one_node_is_no_group (Fixture *f, gconstpointer data)
{
  choose (f, 1, &f->r1);
  act (f, "group");
  act (f, "ungroup");
  fold (f, "this");
  g_assert_cmpuint (f->n_edits, ==, 0);
}

/* ---- entered */

static void
test_enter_shows_the_inside_and_escape_leaves (Fixture *f, gconstpointer data)
{
  fold_two (f);
  act (f, "enter");
  g_assert_cmpuint (studio_canvas_scene (f->canvas)->n_boxes, ==, 2);
  g_assert_null (box_of (f, f->in));
  g_assert_cmpuint (studio_canvas_scene (f->canvas)->stubs->len, >=, 1);
  g_assert_true (gtk_widget_get_visible (f->canvas->crumbs));
  press_key (f, GDK_KEY_Escape, 0);
  g_assert_null (f->canvas->scope);
  g_assert_nonnull (box_of (f, f->in));
  g_assert_true (studio_canvas_is_selected (f->canvas, f->r1));
  g_assert_cmpuint (f->n_edits, ==, 2);
}

static void
test_what_is_added_inside_is_in_the_group (Fixture *f, gconstpointer data)
{
  fold_two (f);
  act (f, "enter");
  studio_canvas_add_op (f->canvas, "relu");
  expect_edit (f, 3, NULL);
  g_assert_cmpstr (path_of (f, studio_canvas_active (f->canvas)), ==, "group 1");
  g_assert_cmpuint (studio_canvas_scene (f->canvas)->n_boxes, ==, 3);
}

/* Undo of a change elsewhere is seen, not made behind one's back. */
static void
test_a_change_elsewhere_leaves_the_group (Fixture *f, gconstpointer data)
{
  AnfGraphBuilder *b;
  g_autoptr(AnfGraph) inside = NULL, outside = NULL;

  fold_two (f);
  act (f, "enter");
  b = anf_graph_builder_new (f->graph);
  anf_graph_builder_set_position (b, f->r1, 5, 5);
  inside = anf_graph_builder_end (b, NULL);
  studio_canvas_set_graph (f->canvas, inside);
  g_assert_nonnull (f->canvas->scope);
  b = anf_graph_builder_new (inside);
  anf_graph_builder_set_position (b, f->in, 5, 5);
  outside = anf_graph_builder_end (b, NULL);
  studio_canvas_set_graph (f->canvas, outside);
  g_assert_null (f->canvas->scope);
}

static void
test_what_is_looked_for_outside_leaves_the_group (Fixture *f, gconstpointer data)
{
  fold_two (f);
  act (f, "enter");
  studio_canvas_show_node (f->canvas, f->in);
  g_assert_null (f->canvas->scope);
  g_assert_cmpuint (studio_canvas_active (f->canvas), ==, f->in);
}

/* ---- a model that was read */

/* @n residual blocks of four nodes and their sum. */
static AnfGraph *
make_net (guint n)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId last = add (b, "input", "x", 0, 0);

  anf_graph_builder_set_attr (b, last, "shape", g_variant_new_parsed ("[@x 1, 8, 16, 16]"));
  for (guint i = 0; i < n; i++)
    {
      AnfId from = last;

      for (guint k = 0; k < 4; k++)
        {
          AnfId id = anf_graph_builder_add (b, anf_op_lookup (k < 3 ? "relu" : "add"));

          anf_graph_builder_connect (b, (AnfRef) { last, 0 }, id, 0);
          if (k == 3)
            anf_graph_builder_connect (b, (AnfRef) { from, 0 }, id, 1);
          last = id;
        }
    }
  anf_graph_builder_set_output (b, "y", (AnfRef) { last, 0 });
  return anf_graph_builder_end (b, NULL);
}

static void
test_blocks_of_a_net_are_found_and_folded (void)
{
  g_autoptr(AnfGraph) net = make_net (12), placed = studio_blocks_arrange (net);
  g_autoptr(StudioScene) scene = studio_scene_new (placed, NULL, NULL, NULL, FALSE);

  /* The input and twelve blocks, all of one shape, none on another. */
  g_assert_cmpuint (scene->n_boxes, ==, 13);
  studio_groups_count (scene->groups);
  for (guint g = 0; g < 12; g++)
    {
      g_assert_cmpuint (studio_groups_nth (scene->groups, g)->n_nodes, ==, 4);
      g_assert_cmpuint (studio_groups_nth (scene->groups, g)->repeats, ==, 12);
    }
  for (guint a = 0; a < scene->n_boxes; a++)
    for (guint b = 0; b < a; b++)
      g_assert_false (studio_rect_overlaps (&scene->boxes[a].box, &scene->boxes[b].box));
  /* Rows rather than one line: no more than four times as wide as high. */
  g_assert_cmpfloat (scene->bounds.width, <, 4 * scene->bounds.height);
}

static void
test_a_small_graph_is_only_arranged (void)
{
  g_autoptr(AnfGraph) net = make_net (3), placed = studio_blocks_arrange (net);
  g_autoptr(StudioScene) scene = studio_scene_new (placed, NULL, NULL, NULL, FALSE);

  g_assert_cmpuint (scene->n_boxes, ==, 13);
  g_assert_cmpuint (scene->groups->all->len, ==, 0);
  g_assert_true (studio_layout_is_placed (placed));
}

/* "encoder" holds nearly everything and stays open; its layers are folded. */
static void
test_names_make_the_groups (void)
{
  g_autoptr(AnfGraph) net = make_net (12), named = NULL, placed = NULL;
  AnfGraphBuilder *b = anf_graph_builder_new (net);
  g_autoptr(StudioScene) scene = NULL;

  for (guint i = 1; i < anf_graph_n_nodes (net); i++)
    {
      g_autofree char *path = g_strdup_printf ("encoder/layer.%u", (i - 1) / 8);

      anf_graph_builder_set_group (b, anf_node_id (anf_graph_nth (net, i)), path);
    }
  named = anf_graph_builder_end (b, NULL);
  placed = studio_blocks_arrange (named);
  scene = studio_scene_new (placed, NULL, NULL, NULL, FALSE);
  g_assert_cmpuint (scene->n_boxes, ==, 7);
  g_assert_cmpint (studio_groups_find (scene->groups, "encoder/layer.5"), >=, 0);
  g_assert_false (studio_groups_nth (scene->groups, 0)->folded);
  g_assert_cmpstr (studio_box_title (scene, &scene->boxes[1]), ==, "layer.0");
}

/* A file may hold any path. */
static void
test_odd_paths_do_no_harm (void)
{
  static const char *const paths[] = { "/", "//", "a//b", "a/", "/a", "a/b/c/d/e", "a",
                                       "\xc3\xa4" };
  g_autoptr(AnfGraph) net = make_net (8), odd = NULL;
  AnfGraphBuilder *b = anf_graph_builder_new (net);
  g_autofree char *deep = g_strnfill (100000, '/');
  double (*at)[2];

  for (guint i = 0; i < anf_graph_n_nodes (net); i++)
    anf_graph_builder_set_group (b, anf_node_id (anf_graph_nth (net, i)),
                                 i % 9 == 8 ? deep : paths[i % 9]);
  odd = anf_graph_builder_end (b, NULL);
  at = studio_layout_arrange (odd, NULL);
  for (guint i = 0; i < anf_graph_n_nodes (odd); i++)
    g_assert_true (isfinite (at[i][0]) && isfinite (at[i][1]));
  g_free (at);
  for (guint i = 0; i < 9; i++)
    {
      g_autoptr(StudioScene) scene = studio_scene_new_in (odd, NULL, NULL, NULL, FALSE,
                                                          i < 8 ? paths[i] : deep, NULL);

      g_assert_cmpuint (scene->n_boxes, <=, anf_graph_n_nodes (odd));
    }
}

/* Two groups that feed each other: the drawing has a circle where the graph has none. */
static void
test_groups_that_feed_each_other_are_arranged (void)
{
  g_autoptr(AnfGraph) net = make_net (4), crossed = NULL;
  AnfGraphBuilder *b = anf_graph_builder_new (net);
  g_autoptr(StudioScene) scene = NULL;
  g_autoptr(GVariant) note = g_variant_ref_sink (g_variant_new_parsed ("['even', 'odd']"));

  for (guint i = 1; i < anf_graph_n_nodes (net); i++)
    anf_graph_builder_set_group (b, anf_node_id (anf_graph_nth (net, i)),
                                 i % 2 == 0 ? "even" : "odd");
  anf_graph_builder_set_note (b, 0, "folded", note);
  crossed = anf_graph_builder_end (b, NULL);
  scene = studio_scene_new (crossed, NULL, NULL, NULL, FALSE);
  g_assert_cmpuint (scene->n_boxes, ==, 3);
  g_assert_false (studio_rect_overlaps (&scene->boxes[1].box, &scene->boxes[2].box));
}

/* What is like the last arrangement takes it over; other wires do not. */
static void
test_an_arrangement_is_taken_over_only_where_it_fits (void)
{
  g_autoptr(AnfGraph) net = make_net (3), named = NULL, other = NULL;
  AnfGraphBuilder *b = anf_graph_builder_new (net);
  AnfId last = anf_node_id (anf_graph_nth (net, anf_graph_n_nodes (net) - 1));
  g_autoptr(StudioScene) scene = studio_scene_new (net, NULL, NULL, NULL, FALSE);
  StudioStyle style = { .like = scene };

  scene->home[0][0] = 1234;
  g_assert_true (anf_graph_builder_set_name (b, last, "renamed"));
  named = anf_graph_builder_end (b, NULL);
  b = anf_graph_builder_new (net);
  anf_graph_builder_connect (b, (AnfRef) { 0 }, last, 1);
  other = anf_graph_builder_end (b, NULL);
  {
    g_autoptr(StudioScene) same = studio_scene_new_in (named, NULL, NULL, NULL, FALSE, NULL,
                                                       &style);
    g_autoptr(StudioScene) fresh = studio_scene_new_in (other, NULL, NULL, NULL, FALSE, NULL,
                                                        &style);

    g_assert_cmpfloat (same->boxes[0].box.x, ==, 1234);
    g_assert_cmpfloat (fresh->boxes[0].box.x, <, 1234);
  }
}

/* ---- room on a wire */

static void
test_a_node_put_on_a_wire_moves_what_follows (Fixture *f, gconstpointer data)
{
  const StudioBox *r1 = box_of (f, f->r1);
  double x = r1->box.x, y = r1->box.y;
  AnfId id;

  id = studio_canvas_add_node (f->canvas, anf_op_lookup ("relu"), (StudioPoint) { x - 60, y },
                               (AnfRef) { f->in, 0 }, f->r1, 0);
  g_assert_cmpuint (source_of (f, f->r1, 0), ==, id);
  g_assert_false (studio_rect_overlaps (&box_of (f, id)->box, &box_of (f, f->r1)->box));
  g_assert_cmpfloat (box_of (f, f->r1)->box.x, >, x);
  g_assert_cmpfloat (box_of (f, f->r1)->box.y, ==, y);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
#define T(path, f) g_test_add ("/groups/" path, Fixture, NULL, set_up, f, tear_down)
  T ("folded-one-box-with-its-ports", test_a_folded_group_is_one_box_with_its_ports);
  T ("unfolded-all-is-where-it-was", test_unfolded_all_is_where_it_was);
  T ("unfolded-makes-room", test_what_lies_right_of_an_unfolded_group_makes_room);
  T ("moved-and-deleted-whole", test_a_group_is_moved_and_deleted_whole);
  T ("copied-as-another-group", test_a_copy_of_a_group_is_another_group);
  T ("wires-end-at-a-folded-group", test_a_wire_may_end_at_a_folded_group);
  T ("ungrouped-as-before", test_ungrouped_the_graph_is_as_before);
  T ("group-in-a-group", test_a_group_in_a_group_keeps_its_place);
  T ("one-node-is-none", test_one_node_is_no_group);
  T ("enter-and-escape", test_enter_shows_the_inside_and_escape_leaves);
  T ("added-inside", test_what_is_added_inside_is_in_the_group);
  T ("a-change-elsewhere-leaves", test_a_change_elsewhere_leaves_the_group);
  T ("looked-for-outside-leaves", test_what_is_looked_for_outside_leaves_the_group);
  T ("room-on-a-wire", test_a_node_put_on_a_wire_moves_what_follows);
#undef T
  g_test_add_func ("/groups/blocks-are-found", test_blocks_of_a_net_are_found_and_folded);
  g_test_add_func ("/groups/small-is-only-arranged", test_a_small_graph_is_only_arranged);
  g_test_add_func ("/groups/names-make-groups", test_names_make_the_groups);
  g_test_add_func ("/groups/odd-paths", test_odd_paths_do_no_harm);
  g_test_add_func ("/groups/arrangement-is-taken-over",
                   test_an_arrangement_is_taken_over_only_where_it_fits);
  g_test_add_func ("/groups/circles", test_groups_that_feed_each_other_are_arranged);
  return g_test_run ();
}
