/* test-picture.c - colours, glyphs, what is drawn, and picture files. */
#include <glib/gstdio.h>
#include <string.h>

#include "anf.h"

#include "draw.h"
#include "export.h"
#include "glyph.h"
#include "graphs.h"

static void
test_colours_are_those_of_the_stylesheet (void)
{
  StudioColors light = { 0 }, dark = { 0 };

  g_assert_cmpuint (studio_colors_parse (&light, "@define-color anf_canvas #102030;\n"
                                                 "@define-color other #ffffff;\n"
                                                 "@define-color anf_grid nonsense;"), ==, 1);
  g_assert_cmpfloat_with_epsilon (light.of[STUDIO_CANVAS_BG].green, 0x20 / 255.0, 1e-9);
  studio_colors_load (&light, STUDIO_THEME_LIGHT);
  studio_colors_load (&dark, STUDIO_THEME_DARK);
  for (int i = 0; i < STUDIO_N_COLORS; i++)
    {
      /* Every name is defined in both: alpha is set by a definition only. */
      g_assert_cmpfloat (light.of[i].alpha, ==, 1);
      g_assert_cmpfloat (dark.of[i].alpha, ==, 1);
    }
  g_assert_cmpfloat (light.of[STUDIO_CANVAS_BG].red, >, 0.9);
  g_assert_cmpfloat (dark.of[STUDIO_CANVAS_BG].red, <, 0.2);
}

static void
extents_of (const char *d, double *x0, double *y0, double *x1, double *y1)
{
  cairo_surface_t *surface = cairo_recording_surface_create (CAIRO_CONTENT_ALPHA, NULL);
  cairo_t *cr = cairo_create (surface);

  g_assert_true (studio_svg_path (cr, d));
  cairo_path_extents (cr, x0, y0, x1, y1);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
}

static void
test_path_data_is_read (void)
{
  double x0, y0, x1, y1;

  extents_of ("M1 2h4v3H0Z", &x0, &y0, &x1, &y1);
  g_assert_cmpfloat (x0, ==, 0);
  g_assert_cmpfloat (y0, ==, 2);
  g_assert_cmpfloat (x1, ==, 5);
  g_assert_cmpfloat (y1, ==, 5);
  /* Two half circles of radius 2.2 round (8, 8). */
  extents_of ("M8 5.8a2.2 2.2 0 1 1 0 4.4a2.2 2.2 0 1 1 0 -4.4Z", &x0, &y0, &x1, &y1);
  g_assert_cmpfloat_with_epsilon (x0, 5.8, 0.03);
  g_assert_cmpfloat_with_epsilon (x1, 10.2, 0.03);
  g_assert_cmpfloat_with_epsilon (y0, 5.8, 0.03);
  g_assert_cmpfloat_with_epsilon (y1, 10.2, 0.03);
}

static void
test_every_category_has_a_glyph (void)
{
  for (int i = 0; i < ANF_N_CATEGORIES; i++)
    {
      cairo_path_t *path = studio_glyph_load (i);

      g_assert_cmpint (path->num_data, >, 8);
      cairo_path_destroy (path);
    }
}

/* ---- pictures */

typedef struct
{
  StudioColors     colors;
  StudioPainter   *painter;
  cairo_surface_t *surface;
  StudioView       view;
} Picture;

static void
draw (Picture *self, StudioScene *scene, double zoom, const GArray *selection)
{
  cairo_t *cr;

  self->painter = studio_painter_new ();
  self->surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 1000, 600);
  studio_colors_load (&self->colors, STUDIO_THEME_DARK);
  self->view = (StudioView) { .colors = &self->colors, .painter = self->painter, .zoom = zoom,
                              .width = 1000, .height = 600, .selection = selection,
                              .hover_wire = -1, .selected_wire = -1, .hover_cut = -1,
                              .level = studio_level_for (zoom, STUDIO_LEVEL_FULL) };
  cr = cairo_create (self->surface);
  studio_draw (scene, &self->view, cr);
  cairo_destroy (cr);
  cairo_surface_flush (self->surface);
}

static void
put_away (Picture *self)
{
  cairo_surface_destroy (self->surface);
  studio_painter_free (self->painter);
}

static void
expect_color (const Picture *self, int x, int y, StudioColorName name)
{
  const guchar *p = cairo_image_surface_get_data (self->surface)
                    + y * cairo_image_surface_get_stride (self->surface) + 4 * x;
  const StudioColor *c = &self->colors.of[name];
  int got[3] = { p[2], p[1], p[0] };
  int want[3] = { c->red * 255 + 0.5, c->green * 255 + 0.5, c->blue * 255 + 0.5 };

  for (int i = 0; i < 3; i++)
    if (abs (got[i] - want[i]) > 2)
      {
        g_test_message ("at %d,%d: #%02x%02x%02x, not %s", x, y, got[0], got[1], got[2],
                        studio_color_css_name (name));
        g_test_fail ();
      }
}

static void
test_a_node_is_drawn_in_its_colours (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autoptr(StudioScene) scene = studio_scene_new (graph, report, NULL, NULL, FALSE);
  g_autoptr(GArray) selection = g_array_new (FALSE, FALSE, sizeof (AnfId));
  Picture picture;

  g_array_append_val (selection, ids[1]);
  draw (&picture, scene, 1, selection);
  expect_color (&picture, 490, 204, STUDIO_HEAD_0 + ANF_CAT_ACTIVATION);
  expect_color (&picture, 490, 232, STUDIO_NODE);
  expect_color (&picture, 190, 404, STUDIO_HEAD_0 + ANF_CAT_ELEMENTWISE);
  /* The ring lies 3.5 px outside. */
  expect_color (&picture, 488, 196, STUDIO_FOCUS);
  expect_color (&picture, 190, 194, STUDIO_CANVAS_BG);
  /* 1×8×16×16 comes out of an input of 8 channels: a feature map. */
  expect_color (&picture, 338, 244, STUDIO_WIRE_MAP);
  expect_color (&picture, 400, 244, STUDIO_WIRE_MAP);
  put_away (&picture);
}

static void
test_far_out_a_node_is_a_cell_of_its_category (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(StudioScene) scene = studio_scene_new (graph, NULL, NULL, NULL, FALSE);
  Picture picture;

  draw (&picture, scene, 0.1, NULL);
  g_assert_cmpint (picture.view.level, ==, STUDIO_LEVEL_CELLS);
  expect_color (&picture, 48, 23, STUDIO_CAT_0 + ANF_CAT_ACTIVATION);
  expect_color (&picture, 18, 44, STUDIO_CAT_0 + ANF_CAT_ELEMENTWISE);
  put_away (&picture);
}

static void
test_segments_are_filled_in_their_colours (void)
{
  AnfId bridge;
  g_autoptr(StudioScene) scene = make_cut_scene (&bridge);
  Picture picture;

  draw (&picture, scene, 0.5, NULL);
  expect_color (&picture, 96, 48, STUDIO_SEGFILL_0);
  g_assert_cmpint (studio_hull_color (scene, studio_scene_box (scene, bridge)->segment), ==,
                   STUDIO_SEG_BRIDGE);
  put_away (&picture);
}

static void
test_levels_switch_with_some_play (void)
{
  g_assert_cmpint (studio_level_for (0.72, STUDIO_LEVEL_NAMES), ==, STUDIO_LEVEL_FULL);
  g_assert_cmpint (studio_level_for (0.70, STUDIO_LEVEL_FULL), ==, STUDIO_LEVEL_FULL);
  g_assert_cmpint (studio_level_for (0.70, STUDIO_LEVEL_NAMES), ==, STUDIO_LEVEL_NAMES);
  g_assert_cmpint (studio_level_for (0.69, STUDIO_LEVEL_FULL), ==, STUDIO_LEVEL_NAMES);
  g_assert_cmpint (studio_level_for (0.05, STUDIO_LEVEL_CLOSE), ==, STUDIO_LEVEL_CELLS);
  g_assert_cmpint (studio_level_for (4, STUDIO_LEVEL_CELLS), ==, STUDIO_LEVEL_CLOSE);
}

static void
test_wires_widen_with_the_logarithm_of_their_bytes (void)
{
  g_assert_cmpfloat_with_epsilon (studio_wire_width (256), 1.5, 1e-9);
  g_assert_cmpfloat_with_epsilon (studio_wire_width (1024), 2.1, 1e-9);
  g_assert_cmpfloat_with_epsilon (studio_wire_width (4096), 2.7, 1e-9);
  g_assert_cmpfloat (studio_wire_width (G_MAXUINT32), ==, 6);
  g_assert_cmpfloat (studio_wire_width (0), ==, 1.5);
}

/* ---- files */

static void
on_text (GMarkupParseContext *context, const char *text, gsize length, gpointer words,
         GError **error)
{
  g_string_append_len (words, text, length);
  g_string_append_c (words, ' ');
}

static void
test_an_svg_is_xml_with_all_names (void)
{
  static const GMarkupParser parser = { .text = on_text };
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autofree char *dir = g_dir_make_tmp ("scene-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "g.svg", NULL), *svg = NULL;
  g_autoptr(GString) words = g_string_new (" ");
  g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, words, NULL);
  g_autoptr(GError) error = NULL;

  studio_scene_export (graph, NULL, NULL, path, STUDIO_FORMAT_SVG, STUDIO_THEME_LIGHT, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &svg, NULL, NULL));
  g_markup_parse_context_parse (context, svg, -1, &error);
  g_assert_no_error (error);
  g_assert_true (g_markup_parse_context_end_parse (context, NULL));
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      g_autofree char *name = g_strdup_printf (" %s ",
                                               anf_node_name (anf_graph_nth (graph, i)));

      g_assert_nonnull (strstr (words->str, name));
    }
  g_unlink (path);
  g_rmdir (dir);
}

static void
test_a_png_shows_the_chosen_nodes_at_200_percent (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autoptr(GArray) only = g_array_new (FALSE, FALSE, sizeof (AnfId));
  g_autofree char *dir = g_dir_make_tmp ("scene-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "g.png", NULL);
  g_autoptr(GError) error = NULL;
  cairo_surface_t *surface;

  g_array_append_val (only, ids[1]);
  studio_scene_export_nodes (graph, NULL, NULL, only, path, STUDIO_FORMAT_PNG, STUDIO_THEME_DARK,
                             &error);
  g_assert_no_error (error);
  surface = cairo_image_surface_create_from_png (path);
  g_assert_cmpint (cairo_surface_status (surface), ==, CAIRO_STATUS_SUCCESS);
  /* One node of 176 by 76 and 48 all round. */
  g_assert_cmpint (cairo_image_surface_get_width (surface), ==, 2 * (176 + 96));
  g_assert_cmpint (cairo_image_surface_get_height (surface), ==, 2 * (76 + 96));
  cairo_surface_destroy (surface);
  g_unlink (path);
  g_rmdir (dir);
}

static void
test_a_pdf_is_one_and_a_bad_path_is_an_error (void)
{
  AnfId ids[4];
  g_autoptr(AnfGraph) graph = make_small (ids);
  g_autofree char *dir = g_dir_make_tmp ("scene-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "g.pdf", NULL), *pdf = NULL;
  g_autofree char *nowhere = g_build_filename (dir, "none", "g.pdf", NULL);
  g_autoptr(GError) error = NULL;
  StudioFormat format;

  g_assert_true (studio_format_from_name (path, &format));
  g_assert_cmpint (format, ==, STUDIO_FORMAT_PDF);
  g_assert_false (studio_format_from_name ("g.bmp", &format));
  g_assert_true (studio_scene_export (graph, NULL, NULL, path, format, STUDIO_THEME_LIGHT, NULL));
  g_assert_true (g_file_get_contents (path, &pdf, NULL, NULL));
  g_assert_true (g_str_has_prefix (pdf, "%PDF-"));
  g_assert_false (studio_scene_export (graph, NULL, NULL, nowhere, format, STUDIO_THEME_LIGHT,
                                       &error));
  g_assert_nonnull (error);
  g_unlink (path);
  g_rmdir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define T(path, f) g_test_add_func ("/picture/" path, f)
  T ("colours-are-those-of-the-stylesheet", test_colours_are_those_of_the_stylesheet);
  T ("path-data-is-read", test_path_data_is_read);
  T ("every-category-has-a-glyph", test_every_category_has_a_glyph);
  T ("a-node-is-drawn-in-its-colours", test_a_node_is_drawn_in_its_colours);
  T ("far-out-a-node-is-a-cell", test_far_out_a_node_is_a_cell_of_its_category);
  T ("segments-are-filled-in-their-colours", test_segments_are_filled_in_their_colours);
  T ("levels-switch-with-some-play", test_levels_switch_with_some_play);
  T ("wires-widen-with-their-bytes", test_wires_widen_with_the_logarithm_of_their_bytes);
  T ("an-svg-is-xml-with-all-names", test_an_svg_is_xml_with_all_names);
  T ("a-png-shows-the-chosen-nodes", test_a_png_shows_the_chosen_nodes_at_200_percent);
  T ("a-pdf-is-one-and-a-bad-path-an-error", test_a_pdf_is_one_and_a_bad_path_is_an_error);
#undef T
  return g_test_run ();
}
