/* export.c - a graph as SVG, PNG or PDF. */
#include "export.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#include "draw.h"

#define MARGIN  48.0
#define MOST 16384.0     /* px: what viewers and cairo's image surfaces take without trouble */

gboolean
studio_format_from_name (const char   *name,
                         StudioFormat *format)
{
  static const char *const names[] = { "svg", "png", "pdf" };
  const char *dot = strrchr (name, '.');

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (dot != NULL ? dot + 1 : name, names[i]) == 0)
      {
        *format = i;
        return TRUE;
      }
  return FALSE;
}

static cairo_status_t
collect (void *data, const unsigned char *bytes, unsigned int length)
{
  g_byte_array_append (data, bytes, length);
  return CAIRO_STATUS_SUCCESS;
}

/* What is to be seen: the boxes of @ids, or everything with its hulls. */
static StudioRect
extent (const StudioScene *scene, const GArray *ids)
{
  StudioRect all = ids == NULL ? scene->bounds : (StudioRect) { 0, 0, -1, -1 };

  for (guint i = 0; ids != NULL && i < ids->len; i++)
    {
      const StudioBox *box = studio_scene_box (scene, g_array_index (ids, AnfId, i));

      if (box != NULL)
        studio_rect_add (&all, &box->box);
    }
  for (guint w = 0; w < scene->n_wires; w++)
    if (ids == NULL)
      studio_rect_add (&all, &scene->wires[w].bounds);
  for (guint i = 0; i < scene->cuts->len; i++)
    if (ids == NULL && g_array_index (scene->cuts, StudioCut, i).card.width > 0)
      studio_rect_add (&all, &g_array_index (scene->cuts, StudioCut, i).card);
  if (all.width < 0)
    all = (StudioRect) { 0, 0, 320, 120 };
  return studio_rect_grown (&all, MARGIN);
}

/* Cairo writes letters as outlines. So that names can be searched, selected and read aloud, each
 * node gets a text that is there but not seen. */
static void
add_words (GByteArray *svg, const StudioScene *scene, const StudioView *view)
{
  const char *text = (const char *) svg->data;
  const char *root = g_strstr_len (text, svg->len, "<svg");
  const char *end = root != NULL ? memchr (root, '>', svg->len - (root - text)) : NULL;
  g_autoptr(GString) words = g_string_new ("\n<title>");
  g_autofree char *title = g_markup_escape_text (anf_graph_title (scene->graph) != NULL
                                                 ? anf_graph_title (scene->graph) : "", -1);
  gsize at;

  if (end == NULL)
    return;
  g_string_append_printf (words, "%s</title>\n<g fill-opacity=\"0\" font-family=\"sans-serif\" "
                                 "font-weight=\"bold\" font-size=\"13\">\n", title);
  /* What lies in a folded group is where that is. */
  for (guint i = 0; i < anf_graph_n_nodes (scene->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (scene->graph, i);
      const StudioBox *box = studio_scene_box (scene, anf_node_id (node));
      g_autofree char *name = g_markup_escape_text (anf_node_name (node), -1);
      g_autofree char *op = g_markup_escape_text (anf_node_op_name (node), -1);

      if (box != NULL && studio_view_shows (view, anf_node_id (node)))
        g_string_append_printf (words, "<text x=\"%.0f\" y=\"%.0f\">%s<tspan> %s</tspan></text>\n",
                                box->box.x - view->x + 30, box->box.y - view->y + 18, name, op);
    }
  g_string_append (words, "</g>");

  at = end + 1 - text;
  {
    g_autofree guint8 *rest = g_memdup2 (svg->data + at, svg->len - at);
    gsize n = svg->len - at;

    g_byte_array_set_size (svg, at);
    g_byte_array_append (svg, (const guint8 *) words->str, words->len);
    g_byte_array_append (svg, rest, n);
  }
}

static cairo_surface_t *
surface_new (StudioFormat format, double width, double height, GByteArray *out)
{
  cairo_surface_t *surface;

  switch (format)
    {
    case STUDIO_FORMAT_SVG:
      surface = cairo_svg_surface_create_for_stream (collect, out, width, height);
      cairo_svg_surface_set_document_unit (surface, CAIRO_SVG_UNIT_PX);
      return surface;

    case STUDIO_FORMAT_PDF:
      return cairo_pdf_surface_create_for_stream (collect, out, width, height);

    default:
      return cairo_image_surface_create (CAIRO_FORMAT_RGB24, ceil (width), ceil (height));
    }
}

static gboolean
paint (StudioScene *scene, const StudioView *view, double scale, StudioFormat format,
       GByteArray *out, GError **error)
{
  cairo_surface_t *surface = surface_new (format, view->width * scale, view->height * scale, out);
  cairo_t *cr = cairo_create (surface);
  cairo_status_t status;

  cairo_scale (cr, scale, scale);
  if (format == STUDIO_FORMAT_PDF)
    {
      cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_TITLE,
                                      anf_graph_title (scene->graph));
    }
  studio_draw (scene, view, cr);
  status = cairo_status (cr);
  cairo_destroy (cr);
  if (status == CAIRO_STATUS_SUCCESS && format == STUDIO_FORMAT_PNG)
    status = cairo_surface_write_to_png_stream (surface, collect, out);
  cairo_surface_finish (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  if (status != CAIRO_STATUS_SUCCESS)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("The picture could not be drawn: %s"),
                 cairo_status_to_string (status));
  return status == CAIRO_STATUS_SUCCESS;
}

gboolean
studio_scene_export_nodes (AnfGraph     *graph,
                           AnfReport    *report,
                           AnfPlan      *plan,
                           const GArray *ids,
                           const char   *path,
                           StudioFormat  format,
                           StudioTheme   theme,
                           GError      **error)
{
  g_autoptr(StudioScene) scene = studio_scene_new (graph, report, plan, NULL, FALSE);
  g_autoptr(StudioPainter) painter = studio_painter_new ();
  g_autoptr(GByteArray) out = g_byte_array_new ();
  StudioColors colors = { 0 };
  StudioRect all = extent (scene, ids);
  /* 72 points make 96 px; a PNG is twice as sharp. */
  double scale = format == STUDIO_FORMAT_PNG ? 2 : format == STUDIO_FORMAT_PDF ? 0.75 : 1;
  StudioView view = { .colors = &colors, .painter = painter, .only = ids,
                      .hover_wire = -1, .selected_wire = -1, .hover_cut = -1 };

  if (format != STUDIO_FORMAT_PNG)
    studio_painter_set_vector (painter);
  studio_colors_load (&colors, theme);
  if (format == STUDIO_FORMAT_PNG)
    scale = MIN (scale, MOST / MAX (all.width, all.height));
  view.x = all.x;
  view.y = all.y;
  view.zoom = format == STUDIO_FORMAT_PNG ? MIN (1, scale) : 1;
  view.width = all.width * view.zoom;
  view.height = all.height * view.zoom;
  view.level = studio_level_for (view.zoom, STUDIO_LEVEL_FULL);
  if (!paint (scene, &view, scale / view.zoom, format, out, error))
    return FALSE;
  if (format == STUDIO_FORMAT_SVG)
    add_words (out, scene, &view);
  return g_file_set_contents (path, (const char *) out->data, out->len, error);
}

gboolean
studio_scene_export (AnfGraph     *graph,
                     AnfReport    *report,
                     AnfPlan      *plan,
                     const char   *path,
                     StudioFormat  format,
                     StudioTheme   theme,
                     GError      **error)
{
  return studio_scene_export_nodes (graph, report, plan, NULL, path, format, theme, error);
}
