/* thumbnail.c - draws a graph as coloured boxes. */
#include "thumbnail.h"

#include <math.h>

#include "scene.h"

#define MARGIN    28.0
#define MAX_SCALE 0.16             /* a node is then as wide as in the pictures of the start page */

static StudioColor
color_of (GtkWidget *widget, StudioColorName name)
{
  GtkStyleContext *context = gtk_widget_get_style_context (widget);
  GdkRGBA rgba = { 0.5, 0.5, 0.5, 1 };

  gtk_style_context_lookup_color (context, studio_color_css_name (name), &rgba);
  return (StudioColor) { rgba.red, rgba.green, rgba.blue, rgba.alpha };
}

static void
use (cairo_t *cr, GtkWidget *widget, StudioColorName name)
{
  StudioColor color = color_of (widget, name);

  cairo_set_source_rgba (cr, color.red, color.green, color.blue, color.alpha);
}

static void
draw_box (cairo_t *cr, GtkWidget *widget, const StudioBox *box, double scale)
{
  double radius = 2 / scale, bar = 4 / scale;
  const StudioRect *r = &box->box;

  cairo_new_sub_path (cr);
  cairo_arc (cr, r->x + r->width - radius, r->y + radius, radius, -M_PI_2, 0);
  cairo_arc (cr, r->x + r->width - radius, r->y + r->height - radius, radius, 0, M_PI_2);
  cairo_arc (cr, r->x + radius, r->y + r->height - radius, radius, M_PI_2, M_PI);
  cairo_arc (cr, r->x + radius, r->y + radius, radius, M_PI, 3 * M_PI_2);
  cairo_close_path (cr);
  use (cr, widget, STUDIO_HEAD_0 + box->category);
  cairo_fill_preserve (cr);
  use (cr, widget, STUDIO_CAT_0 + box->category);
  cairo_set_line_width (cr, 1 / scale);
  cairo_stroke (cr);
  cairo_rectangle (cr, r->x, r->y, bar, r->height);
  cairo_fill (cr);
}

static void
draw (GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer data)
{
  GtkWidget *widget = GTK_WIDGET (area);
  const StudioScene *scene = data;
  const StudioRect *bounds = &scene->bounds;
  double scale;

  if (bounds->width <= 0)
    return;

  scale = MIN ((width - 2 * MARGIN) / bounds->width, (height - 2 * MARGIN) / bounds->height);
  scale = CLAMP (scale, 0.001, MAX_SCALE);
  cairo_translate (cr, width / 2.0, height / 2.0);
  cairo_scale (cr, scale, scale);
  cairo_translate (cr, -(bounds->x + bounds->width / 2), -(bounds->y + bounds->height / 2));

  for (guint i = 0; i < scene->n_wires; i++)
    {
      use (cr, widget, STUDIO_WIRE_MAP + scene->wires[i].class);
      studio_path_trace (&scene->wires[i].path, cr);
      cairo_set_line_width (cr, 1.5 / scale);
      cairo_stroke (cr);
    }
  for (guint i = 0; i < scene->n_boxes; i++)
    draw_box (cr, widget, &scene->boxes[i], scale);
}

GtkWidget *
studio_thumbnail_new (AnfGraph *graph)
{
  GtkWidget *area = gtk_drawing_area_new ();

  gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (area), 128);
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (area), draw,
                                  studio_scene_new (graph, NULL, NULL, NULL, FALSE),
                                  (GDestroyNotify) studio_scene_free);
  gtk_widget_add_css_class (area, "canvas");
  gtk_accessible_update_property (GTK_ACCESSIBLE (area), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  anf_graph_title (graph), -1);
  return area;
}
