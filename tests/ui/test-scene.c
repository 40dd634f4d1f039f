/* test-scene.c - places, paths, hulls and hits, without a screen. */
#include <math.h>
#include <string.h>

#include "anf.h"

#include "graphs.h"
#include "layout.h"
#include "scene.h"

static void
test_ports_are_where_the_sheet_of_measures_says (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(StudioScene) scene = studio_scene_new (graph, NULL, NULL, NULL, FALSE);
  const StudioBox *sum = studio_scene_box (scene, ids[2]);
  const StudioBox *r1 = studio_scene_box (scene, ids[1]);

  g_assert_cmpfloat (r1->box.width, ==, 176);
  g_assert_cmpfloat (r1->box.height, ==, 76);
  g_assert_cmpfloat (sum->box.height, ==, 96);
  g_assert_cmpfloat (studio_box_input (sum, 0).x, ==, 100);
  g_assert_cmpfloat (studio_box_input (sum, 0).y, ==, 444);
  g_assert_cmpfloat (studio_box_input (sum, 1).y, ==, 464);
  g_assert_cmpfloat (studio_box_output (r1, 0).x, ==, 576);
  g_assert_cmpfloat (studio_box_output (r1, 0).y, ==, 244);
}

static void
test_wires_begin_and_end_at_ports (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(StudioScene) scene = studio_scene_new (graph, NULL, NULL, NULL, FALSE);

  g_assert_cmpuint (scene->n_wires, ==, 4);
  for (guint w = 0; w < scene->n_wires; w++)
    {
      const StudioWire *wire_w = &scene->wires[w];
      StudioPoint p[STUDIO_FLAT_MAX], a, b;
      guint n = studio_path_flatten (&wire_w->path, p);

      a = studio_box_output (&scene->boxes[wire_w->source], wire_w->from.port);
      b = studio_box_input (&scene->boxes[wire_w->target], wire_w->in);
      g_assert_cmpfloat (p[0].x, ==, a.x);
      g_assert_cmpfloat (p[0].y, ==, a.y);
      g_assert_cmpfloat (p[n - 1].x, ==, b.x);
      g_assert_cmpfloat (p[n - 1].y, ==, b.y);
    }
}

static void
test_a_wire_that_runs_back_has_right_angles (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(StudioScene) scene = studio_scene_new (graph, NULL, NULL, NULL, FALSE);
  const StudioPath *path = &scene->wires[studio_scene_wire_at (scene, ids[2], 0)].path;

  g_assert_cmpint (path->kind, ==, STUDIO_PATH_STEPS);
  for (guint i = 1; i < path->n; i++)
    g_assert_true (path->at[i].x == path->at[i - 1].x || path->at[i].y == path->at[i - 1].y);
  /* Between the rows: below r1, above sum. */
  g_assert_cmpfloat (path->at[2].y, >, 276);
  g_assert_cmpfloat (path->at[2].y, <, 400);
}

static void
test_a_long_wire_goes_round_what_is_in_its_way (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(StudioScene) scene = studio_scene_new (graph, NULL, NULL, NULL, FALSE);
  const StudioBox *r1 = studio_scene_box (scene, ids[1]);
  const StudioPath *path = &scene->wires[studio_scene_wire_at (scene, ids[3], 0)].path;
  StudioPoint p[STUDIO_FLAT_MAX];
  guint n = studio_path_flatten (path, p);

  g_assert_cmpint (path->kind, ==, STUDIO_PATH_LEVEL);
  for (guint i = 1; i < n; i++)
    for (double t = 0; t <= 1; t += 1 / 64.0)
      g_assert_false (studio_rect_contains (&r1->box, p[i - 1].x + t * (p[i].x - p[i - 1].x),
                                            p[i - 1].y + t * (p[i].y - p[i - 1].y)));
}

static void
expect_hit (StudioScene *scene, double x, double y, StudioHitKind kind, AnfId node, guint port)
{
  StudioHit hit = studio_scene_hit (scene, x, y, 1);

  g_assert_cmpint (hit.kind, ==, kind);
  g_assert_cmpuint (hit.node, ==, node);
  g_assert_cmpuint (hit.port, ==, port);
}

static void
test_points_hit_parts (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autoptr(StudioScene) scene = studio_scene_new (graph, report, NULL, NULL, FALSE);
  const StudioWire *first = &scene->wires[studio_scene_wire_at (scene, ids[1], 0)];

  expect_hit (scene, 140, 215, STUDIO_HIT_NAME, ids[0], 0);
  expect_hit (scene, 110, 214, STUDIO_HIT_BODY, ids[0], 0);
  expect_hit (scene, 90, 464, STUDIO_HIT_INPUT, ids[2], 1);
  expect_hit (scene, 110, 437, STUDIO_HIT_INPUT, ids[2], 0);
  expect_hit (scene, 286, 244, STUDIO_HIT_OUTPUT, ids[0], 0);
  expect_hit (scene, 110, 485, STUDIO_HIT_TAG, ids[2], 0);
  expect_hit (scene, 50, 50, STUDIO_HIT_NOTHING, 0, 0);
  /* 8 px either side of the wire. */
  g_assert_cmpint (studio_scene_hit (scene, 338, 244 + 7, 1).wire, ==, first - scene->wires);
  expect_hit (scene, 338, 244 - 60, STUDIO_HIT_NOTHING, 0, 0);
}

static void
test_a_whole_row_takes_a_dragged_wire (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(StudioScene) scene = studio_scene_new (graph, NULL, NULL, NULL, FALSE);
  StudioHit hit = studio_scene_hit_port (scene, 200, 465, TRUE);

  g_assert_cmpint (hit.kind, ==, STUDIO_HIT_INPUT);
  g_assert_cmpuint (hit.port, ==, 1);
  g_assert_cmpuint (studio_scene_hit_port (scene, 480, 210, TRUE).node, ==, ids[1]);
  g_assert_cmpuint (studio_scene_hit_port (scene, 360, 600, TRUE).node, ==, 0);
}

static void
test_moved_nodes_take_their_wires_along (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(StudioScene) scene = studio_scene_new (graph, NULL, NULL, NULL, FALSE);
  g_autoptr(GArray) moved = g_array_new (FALSE, FALSE, sizeof (AnfId));
  int w = studio_scene_wire_at (scene, ids[1], 0);

  g_array_append_val (moved, ids[1]);
  studio_scene_displace (scene, moved, 5000, 30);
  g_assert_cmpuint (studio_scene_hit (scene, 5450, 240, 1).node, ==, ids[1]);
  g_assert_cmpuint (studio_scene_hit (scene, 450, 240, 1).node, ==, 0);
  g_assert_cmpfloat (scene->wires[w].path.at[scene->wires[w].path.n - 1].x, ==, 5400);
  studio_scene_displace (scene, NULL, 0, 0);
  g_assert_cmpuint (studio_scene_hit (scene, 450, 240, 1).node, ==, ids[1]);
  g_assert_cmpfloat (scene->wires[w].path.at[scene->wires[w].path.n - 1].x, ==, 400);
}

/* ---- segments */

static gboolean
covers (const StudioHull *hull, const StudioRect *r, gboolean all)
{
  double x[] = { r->x + 1, r->x + r->width / 2, r->x + r->width - 1 };
  double y[] = { r->y + 1, r->y + r->height / 2, r->y + r->height - 1 };
  int n = 0;

  for (int i = 0; i < 9; i++)
    n += cairo_region_contains_point (hull->region, x[i % 3], y[i / 3]);
  return all ? n == 9 : n > 0;
}

static void
test_a_hull_holds_its_nodes_and_no_other (void)
{
  AnfId bridge;
  g_autoptr(StudioScene) scene = make_cut_scene (&bridge);

  g_assert_cmpuint (scene->n_hulls, >=, 2);
  for (guint i = 0; i < scene->n_boxes; i++)
    for (guint h = 0; h < scene->n_hulls; h++)
      {
        const StudioBox *box = &scene->boxes[i];

        g_assert_cmpint (box->segment, >=, 0);
        g_assert_true (covers (&scene->hulls[h], &box->box, TRUE) == (box->segment == (int) h));
        g_assert_true (covers (&scene->hulls[h], &box->box, FALSE) == (box->segment == (int) h));
      }
}

static double
area_of_loop (const GArray *loop)
{
  double sum = 0;

  for (guint i = 0; i < loop->len; i++)
    {
      StudioPoint a = g_array_index (loop, StudioPoint, i);
      StudioPoint b = g_array_index (loop, StudioPoint, (i + 1) % loop->len);

      g_assert_true (a.x == b.x || a.y == b.y);
      sum += a.x * b.y - b.x * a.y;
    }
  return sum / 2;
}

/* The outline goes round exactly what the region covers. */
static void
expect_outline (const StudioHull *hull)
{
  double inside = 0, outline = 0;

  for (int i = 0; i < cairo_region_num_rectangles (hull->region); i++)
    {
      cairo_rectangle_int_t r;

      cairo_region_get_rectangle (hull->region, i, &r);
      inside += (double) r.width * r.height;
    }
  for (guint i = 0; i < hull->loops->len; i++)
    outline += area_of_loop (g_array_index (hull->loops, GArray *, i));
  g_assert_cmpfloat (fabs (outline), ==, inside);
}

static void
test_an_outline_encloses_the_area_of_its_segment (void)
{
  AnfId bridge;
  g_autoptr(StudioScene) scene = make_cut_scene (&bridge);
  g_autoptr(GArray) moved = g_array_new (FALSE, FALSE, sizeof (AnfId));
  g_autoptr(GRand) random = g_rand_new_with_seed (5);

  g_array_append_val (moved, bridge);
  /* The bridge in the midst of the others leaves holes and notches. */
  for (int i = 0; i < 60; i++)
    {
      studio_scene_displace (scene, moved, g_rand_int_range (random, -900, 100),
                             g_rand_int_range (random, -300, 100));
      for (guint h = 0; h < scene->n_hulls; h++)
        expect_outline (&scene->hulls[h]);
    }
}

static void
test_a_cut_is_on_the_wire_at_the_border (void)
{
  AnfId bridge;
  g_autoptr(StudioScene) scene = make_cut_scene (&bridge);
  const StudioCut *cut = &g_array_index (scene->cuts, StudioCut, 0);
  const StudioRect *hull;

  g_assert_cmpuint (scene->cuts->len, ==, 1);
  hull = &scene->hulls[cut->to].bounds;
  g_assert_nonnull (cut->reason);
  g_assert_cmpfloat (studio_path_distance (&scene->wires[cut->wire].path, cut->at.x, cut->at.y),
                     <, 0.5);
  g_assert_cmpfloat (fabs (cut->at.x - hull->x), <=, 2);
}

/* ---- index, layout */

static void
test_the_index_finds_what_a_full_look_finds (void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (1);
  StudioIndex *index = studio_index_new ();
  StudioRect rects[400];

  for (guint i = 0; i < G_N_ELEMENTS (rects); i++)
    {
      rects[i] = (StudioRect) { g_rand_double_range (random, -9000, 9000),
                                g_rand_double_range (random, -9000, 9000),
                                g_rand_double_range (random, 0, 900),
                                g_rand_double_range (random, 0, 900) };
      studio_index_add (index, i, &rects[i]);
    }
  for (guint k = 0; k < 200; k++)
    {
      StudioRect ask = { g_rand_double_range (random, -9999, 9999),
                         g_rand_double_range (random, -9999, 9999),
                         k == 0 ? 30000 : g_rand_double_range (random, 0, 3000), 2000 };
      g_autoptr(GArray) found = g_array_new (FALSE, FALSE, sizeof (guint));
      gboolean seen[G_N_ELEMENTS (rects)] = { FALSE };

      studio_index_find (index, &ask, found);
      for (guint i = 0; i < found->len; i++)
        {
          g_assert_false (seen[g_array_index (found, guint, i)]);
          seen[g_array_index (found, guint, i)] = TRUE;
        }
      for (guint i = 0; i < G_N_ELEMENTS (rects); i++)
        if (studio_rect_overlaps (&rects[i], &ask))
          g_assert_true (seen[i]);
    }
  studio_index_free (index);
}

/* @n nodes, each fed by one or two of the last few. */
static AnfGraph *
random_graph (guint n, guint32 seed)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (seed);
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  g_autofree AnfId *ids = g_new (AnfId, n);

  ids[0] = make_input (b, "in", 0, 0);
  for (guint i = 1; i < n; i++)
    {
      gboolean two = g_rand_int_range (random, 0, 4) == 0;
      guint back = MIN (i, 6);

      ids[i] = anf_graph_builder_add (b, anf_op_lookup (two ? "add" : "relu"));
      for (guint k = 0; k < (two ? 2 : 1); k++)
        make_wire (b, ids[i - 1 - g_rand_int_range (random, 0, back)], ids[i], k);
    }
  return make_end (b);
}

static void
test_arranged_nodes_keep_apart (void)
{
  for (guint n = 1; n < 200; n += 33)
    {
      g_autoptr(AnfGraph) graph = random_graph (n, n);
      double (*at)[2] = studio_layout_arrange (graph, NULL);

      for (guint i = 0; i < n; i++)
        for (guint k = 0; k < i; k++)
          g_assert_true (fabs (at[i][0] - at[k][0]) >= STUDIO_NODE_WIDTH + 24
                         || fabs (at[i][1] - at[k][1]) >= 76 + 16);
      g_free (at);
    }
}

static void
test_arranging_a_part_leaves_the_rest (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(GArray) part = g_array_new (FALSE, FALSE, sizeof (AnfId));
  double (*at)[2], x, y;

  g_array_append_val (part, ids[1]);
  g_array_append_val (part, ids[2]);
  at = studio_layout_arrange (graph, part);
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);
      AnfId id = anf_node_id (node);

      anf_node_position (node, &x, &y);
      if (id == ids[0] || id == ids[3])
        {
          g_assert_cmpfloat (at[i][0], ==, x);
          g_assert_cmpfloat (at[i][1], ==, y);
        }
      else
        /* The corner of the part stays; the add comes one column after the relu. */
        g_assert_cmpfloat (at[i][0], ==, id == ids[1] ? 100 : 316);
    }
  g_free (at);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define T(path, f) g_test_add_func ("/scene/" path, f)
  T ("ports-are-where-the-sheet-says", test_ports_are_where_the_sheet_of_measures_says);
  T ("wires-begin-and-end-at-ports", test_wires_begin_and_end_at_ports);
  T ("a-wire-that-runs-back-has-right-angles", test_a_wire_that_runs_back_has_right_angles);
  T ("a-long-wire-goes-round-what-is-in-its-way", test_a_long_wire_goes_round_what_is_in_its_way);
  T ("points-hit-parts", test_points_hit_parts);
  T ("a-whole-row-takes-a-dragged-wire", test_a_whole_row_takes_a_dragged_wire);
  T ("moved-nodes-take-their-wires-along", test_moved_nodes_take_their_wires_along);
  T ("a-hull-holds-its-nodes-and-no-other", test_a_hull_holds_its_nodes_and_no_other);
  T ("an-outline-encloses-its-area", test_an_outline_encloses_the_area_of_its_segment);
  T ("a-cut-is-on-the-wire-at-the-border", test_a_cut_is_on_the_wire_at_the_border);
  T ("the-index-finds-what-a-full-look-finds", test_the_index_finds_what_a_full_look_finds);
  T ("arranged-nodes-keep-apart", test_arranged_nodes_keep_apart);
  T ("arranging-a-part-leaves-the-rest", test_arranging_a_part_leaves_the_rest);
#undef T
  return g_test_run ();
}
