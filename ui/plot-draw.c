/* plot-draw.c - axes, grid and layers of a plot, in the colours of the style. */
#include "plot-draw.h"

#include <math.h>

#include "chart.h"

#define EDGE   8                   /* px round it all */
#define BELOW  20                  /* px for the numbers of the horizontal axis */
#define LEAST  3.0                 /* px: radius of a dot */
#define NOTE   16.0                /* px: height of words in the plane */

/* ------------------------------------------------------------------------ places */

static double
label_width (GtkWidget *widget, const StudioAxis *axis, double height)
{
  g_autoptr(GArray) ticks = studio_axis_ticks (axis, MAX (3, height / 28));
  double most = 0;

  for (guint i = 0; i < ticks->len; i++)
    {
      g_autofree char *text = axis->format (g_array_index (ticks, double, i));

      most = MAX (most, studio_chart_text_width (widget, text, TRUE));
    }
  return most;
}

StudioPlotArea
studio_plot_area (GtkWidget *widget, const StudioPlotScene *scene, double width, double height)
{
  StudioPlotArea area = { 2, 3, width - 4, height - 6 };

  if (scene->x.format == NULL && scene->y.format == NULL)
    return area;
  area.y = EDGE + (scene->y.title != NULL ? 12 : 0);
  area.height = height - area.y - EDGE - (scene->x.format != NULL ? BELOW : 0);
  area.x = EDGE + (scene->y.format != NULL ? label_width (widget, &scene->y, area.height) + 6 : 0);
  area.width = width - area.x - EDGE - 4;
  return area;
}

static double
at_x (const StudioPlotScene *scene, const StudioPlotArea *area, double value)
{
  return area->x + CLAMP (studio_axis_place (&scene->x, value), -1, 2) * area->width;
}

static double
at_y (const StudioPlotScene *scene, const StudioPlotArea *area, double value)
{
  return area->y + (1 - CLAMP (studio_axis_place (&scene->y, value), -1, 2)) * area->height;
}

static double
radius_of (const StudioPoint *point)
{
  return MAX (LEAST, sqrt (point->size / G_PI));
}

/* Where the level of a step ends. */
static double
end_of (const StudioPlotScene *scene, const StudioLayer *layer, guint i)
{
  if (layer->kind == STUDIO_LAYER_BARS)
    return g_array_index (layer->points, StudioPoint, i).x
           + g_array_index (layer->points, StudioPoint, i).size;
  return i + 1 < layer->points->len ? g_array_index (layer->points, StudioPoint, i + 1).x
                                    : scene->x.max;
}

double
studio_plot_distance (const StudioPlotScene *scene, const StudioPlotArea *area,
                      const StudioLayer *layer, guint i, double x, double y)
{
  const StudioPoint *point = &g_array_index (layer->points, StudioPoint, i);
  double px = at_x (scene, area, point->x), py = at_y (scene, area, point->y);

  if (layer->kind == STUDIO_LAYER_STEPS || layer->kind == STUDIO_LAYER_BARS)
    return x >= px && x < at_x (scene, area, end_of (scene, layer, i)) && y >= area->y
           && y <= area->y + area->height ? 0 : INFINITY;
  return MAX (0, hypot (x - px, y - py) - radius_of (point));
}

/* ------------------------------------------------------------------------ axes */

static void
draw_x_axis (GtkWidget *widget, cairo_t *cr, const StudioPlotScene *scene,
             const StudioPlotArea *area)
{
  g_autoptr(GArray) ticks = studio_axis_ticks (&scene->x, MAX (3, area->width / 64));
  double title = scene->x.title != NULL
    ? studio_chart_text_width (widget, scene->x.title, FALSE) + 14 : 0;

  for (guint i = 0; i < ticks->len; i++)
    {
      double value = g_array_index (ticks, double, i), x = floor (at_x (scene, area, value)) + 0.5;
      g_autofree char *text = scene->x.format (value);
      double room = studio_chart_text_width (widget, text, TRUE) / 2;

      studio_chart_set_color (widget, cr, "anf_gridline");
      cairo_move_to (cr, x, area->y);
      cairo_line_to (cr, x, area->y + area->height);
      cairo_stroke (cr);
      if (x + room > area->x + area->width + EDGE - title)
        continue;                  /* the title is there */
      studio_chart_set_color (widget, cr, "anf_text_dim");
      studio_chart_text (widget, cr, text, x, area->y + area->height + 11,
                         x - room < area->x - EDGE ? 0 : 0.5, TRUE);
    }
  if (scene->x.title == NULL)
    return;
  studio_chart_set_color (widget, cr, "anf_text_dim");
  studio_chart_text (widget, cr, scene->x.title, area->x + area->width + EDGE,
                     area->y + area->height + 11, 1, FALSE);
}

static void
draw_y_axis (GtkWidget *widget, cairo_t *cr, const StudioPlotScene *scene,
             const StudioPlotArea *area)
{
  g_autoptr(GArray) ticks = studio_axis_ticks (&scene->y, MAX (3, area->height / 28));

  for (guint i = 0; i < ticks->len; i++)
    {
      double value = g_array_index (ticks, double, i), y = floor (at_y (scene, area, value)) + 0.5;
      g_autofree char *text = scene->y.format (value);

      studio_chart_set_color (widget, cr, "anf_gridline");
      cairo_move_to (cr, area->x, y);
      cairo_line_to (cr, area->x + area->width, y);
      cairo_stroke (cr);
      studio_chart_set_color (widget, cr, "anf_text_dim");
      studio_chart_text (widget, cr, text, area->x - 6, y, 1, TRUE);
    }
  if (scene->y.title == NULL)
    return;
  studio_chart_set_color (widget, cr, "anf_text_dim");
  studio_chart_text (widget, cr, scene->y.title, EDGE, area->y - 10, 0, FALSE);
}

static void
draw_frame (GtkWidget *widget, cairo_t *cr, const StudioPlotScene *scene,
            const StudioPlotArea *area)
{
  cairo_set_line_width (cr, 1);
  if (scene->x.format != NULL)
    draw_x_axis (widget, cr, scene, area);
  if (scene->y.format != NULL)
    draw_y_axis (widget, cr, scene, area);
  if (scene->x.format == NULL && scene->y.format == NULL)
    return;
  studio_chart_set_color (widget, cr, "anf_axis");
  cairo_move_to (cr, floor (area->x) + 0.5, area->y);
  cairo_line_to (cr, floor (area->x) + 0.5, floor (area->y + area->height) + 0.5);
  cairo_line_to (cr, area->x + area->width, floor (area->y + area->height) + 0.5);
  cairo_stroke (cr);
}

/* ------------------------------------------------------------------------ layers */

static void
trace (cairo_t *cr, const StudioPlotScene *scene, const StudioPlotArea *area,
       const StudioLayer *layer)
{
  for (guint i = 0; i < layer->points->len; i++)
    {
      const StudioPoint *point = &g_array_index (layer->points, StudioPoint, i);

      cairo_line_to (cr, at_x (scene, area, point->x), at_y (scene, area, point->y));
    }
}

static void
draw_line (cairo_t *cr, const StudioPlotScene *scene, const StudioPlotArea *area,
           const StudioLayer *layer)
{
  const double dashes[] = { 4, 3 };

  cairo_save (cr);
  if (layer->kind == STUDIO_LAYER_DASHES)
    cairo_set_dash (cr, dashes, G_N_ELEMENTS (dashes), 0);
  cairo_set_line_width (cr, 1.5);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  trace (cr, scene, area, layer);
  cairo_stroke (cr);
  cairo_restore (cr);
}

static void
draw_band (cairo_t *cr, const StudioPlotScene *scene, const StudioPlotArea *area,
           const StudioLayer *layer)
{
  cairo_save (cr);
  trace (cr, scene, area, layer);
  cairo_close_path (cr);
  cairo_clip (cr);
  cairo_push_group (cr);
  studio_chart_hatch (cr, area->x, area->y, area->width, area->height, 6);
  cairo_pop_group_to_source (cr);
  cairo_paint_with_alpha (cr, 0.5);
  cairo_restore (cr);
}

static void
draw_limit (cairo_t *cr, const StudioPlotScene *scene, const StudioPlotArea *area,
            const StudioLayer *layer)
{
  const StudioPoint *point = &g_array_index (layer->points, StudioPoint, 0);
  gboolean wall = layer->kind == STUDIO_LAYER_WALL;
  double x = floor (at_x (scene, area, point->x)) + 0.5;
  double y = floor (at_y (scene, area, point->y)) + 0.5;
  double right = area->x + area->width, bottom = area->y + area->height;

  cairo_push_group (cr);
  if (wall && point->size > 0)
    studio_chart_hatch (cr, x, area->y, MAX (0, right - x), area->height, 6);
  else if (!wall && point->size > 0)
    studio_chart_hatch (cr, area->x, area->y, area->width, MAX (0, y - area->y), 6);
  else if (!wall && point->size < 0)
    studio_chart_hatch (cr, area->x, y, area->width, MAX (0, bottom - y), 6);
  cairo_pop_group_to_source (cr);
  cairo_paint_with_alpha (cr, 0.35);
}

static void
draw_limit_line (cairo_t *cr, const StudioPlotScene *scene, const StudioPlotArea *area,
                 const StudioLayer *layer)
{
  const StudioPoint *point = &g_array_index (layer->points, StudioPoint, 0);
  double x = floor (at_x (scene, area, point->x)) + 0.5;
  double y = floor (at_y (scene, area, point->y)) + 0.5;

  cairo_set_line_width (cr, 2);
  if (layer->kind == STUDIO_LAYER_WALL)
    {
      cairo_move_to (cr, x, area->y);
      cairo_line_to (cr, x, area->y + area->height);
    }
  else
    {
      cairo_move_to (cr, area->x, y);
      cairo_line_to (cr, area->x + area->width, y);
    }
  cairo_stroke (cr);
}

static void
draw_columns (GtkWidget *widget, cairo_t *cr, const StudioPlotScene *scene,
              const StudioPlotArea *area, const StudioLayer *layer)
{
  double bottom = area->y + area->height;
  double gap = layer->kind == STUDIO_LAYER_BARS ? 1 : 0;

  for (guint i = 0; i < layer->points->len; i++)
    {
      const StudioPoint *point = &g_array_index (layer->points, StudioPoint, i);
      double x = at_x (scene, area, point->x), y = at_y (scene, area, point->y);
      double width = MAX (1, at_x (scene, area, end_of (scene, layer, i)) - x - gap);

      if (y >= bottom)
        continue;
      studio_chart_set_color (widget, cr, layer->color);
      cairo_rectangle (cr, x, y, width, bottom - y);
      if (scene->stale)
        {
          cairo_new_path (cr);
          studio_chart_hatch (cr, x, y, width, bottom - y, 5);
        }
      else
        cairo_fill (cr);
      if (point != scene->focus && (point->key == 0 || point->key != scene->active))
        continue;
      studio_chart_set_color (widget, cr, "anf_focus");
      cairo_set_line_width (cr, 2);
      cairo_rectangle (cr, x + 1, MIN (y + 1, bottom - 2), MAX (1, width - 2), bottom - y);
      cairo_stroke (cr);
    }
}

static void
draw_dots (GtkWidget *widget, cairo_t *cr, const StudioPlotScene *scene,
           const StudioPlotArea *area, const StudioLayer *layer)
{
  for (guint i = 0; i < layer->points->len; i++)
    {
      const StudioPoint *point = &g_array_index (layer->points, StudioPoint, i);
      double x = at_x (scene, area, point->x), y = at_y (scene, area, point->y);
      double r = radius_of (point);

      studio_chart_set_color (widget, cr, layer->color);
      cairo_new_path (cr);
      cairo_arc (cr, x, y, r, 0, 2 * G_PI);
      cairo_set_line_width (cr, 1.5);
      if (layer->kind == STUDIO_LAYER_RINGS || scene->stale)
        cairo_stroke (cr);
      else
        {
          cairo_fill_preserve (cr);
          studio_chart_set_color (widget, cr, "anf_chart_bg");
          cairo_set_line_width (cr, 1);
          cairo_stroke (cr);
        }
      if (point != scene->focus && (point->key == 0 || point->key != scene->active))
        continue;
      studio_chart_set_color (widget, cr, "anf_focus");
      cairo_set_line_width (cr, 2);
      cairo_arc (cr, x, y, r + 3.5, 0, 2 * G_PI);
      cairo_stroke (cr);
    }
}

static void
draw_layer (GtkWidget *widget, cairo_t *cr, const StudioPlotScene *scene,
            const StudioPlotArea *area, const StudioLayer *layer)
{
  if (layer->points->len == 0)
    return;
  studio_chart_set_color (widget, cr, layer->color);
  switch (layer->kind)
    {
    case STUDIO_LAYER_LINE:
    case STUDIO_LAYER_DASHES:
      draw_line (cr, scene, area, layer);
      break;

    case STUDIO_LAYER_BAND:
      draw_band (cr, scene, area, layer);
      break;

    case STUDIO_LAYER_LIMIT:
    case STUDIO_LAYER_WALL:
      draw_limit (cr, scene, area, layer);
      studio_chart_set_color (widget, cr, layer->color);
      draw_limit_line (cr, scene, area, layer);
      break;

    case STUDIO_LAYER_STEPS:
    case STUDIO_LAYER_BARS:
      draw_columns (widget, cr, scene, area, layer);
      break;

    default:
      draw_dots (widget, cr, scene, area, layer);
    }
}

/* Lower, or else higher, than all that is there already. */
static double
free_y (const GArray *placed, const StudioPlotArea *area, double x, double y, double width)
{
  for (guint tries = 0; tries < 2 * placed->len; tries++)
    {
      const graphene_rect_t *in_way = NULL;

      for (guint i = 0; i < placed->len && in_way == NULL; i++)
        {
          const graphene_rect_t *at = &g_array_index (placed, graphene_rect_t, i);

          if (x - 3 < at->origin.x + at->size.width && at->origin.x < x + width + 3
              && y - NOTE / 2 < at->origin.y + NOTE && at->origin.y < y + NOTE / 2)
            in_way = at;
        }
      if (in_way == NULL)
        return y;
      y = in_way->origin.y + NOTE * 1.5 + 0.5;
      if (y > area->y + area->height - NOTE / 2)
        y = area->y + NOTE / 2;
    }
  return y;
}

/* On a plate of the ground, so that hatches and lines do not run through the words. */
static void
draw_note (GtkWidget *widget, cairo_t *cr, const StudioPlotScene *scene,
           const StudioPlotArea *area, const StudioNote *note, GArray *placed)
{
  double x = at_x (scene, area, note->x), y = at_y (scene, area, note->y);
  double width = studio_chart_text_width (widget, note->words, FALSE);
  graphene_rect_t plate;

  x = CLAMP (x - note->align * width, area->x + 3,
             MAX (area->x + 3, area->x + area->width - width));
  y = free_y (placed, area, x, CLAMP (y, area->y + 8, area->y + area->height - 8), width);
  plate = GRAPHENE_RECT_INIT (x - 3, y - NOTE / 2, width + 6, NOTE);
  g_array_append_val (placed, plate);
  studio_chart_set_color (widget, cr, "anf_chart_bg");
  cairo_rectangle (cr, plate.origin.x, plate.origin.y, plate.size.width, plate.size.height);
  cairo_fill (cr);
  studio_chart_set_color (widget, cr, "anf_text_dim");
  studio_chart_text (widget, cr, note->words, x, y, 0, FALSE);
}

void
studio_plot_draw (GtkWidget *widget, cairo_t *cr, const StudioPlotScene *scene, double width,
                  double height)
{
  StudioPlotArea area = studio_plot_area (widget, scene, width, height);
  g_autoptr(GArray) placed = g_array_new (FALSE, FALSE, sizeof (graphene_rect_t));

  if (area.width <= 0 || area.height <= 0)
    return;
  draw_frame (widget, cr, scene, &area);
  cairo_save (cr);
  cairo_rectangle (cr, area.x - 1, area.y - 3, area.width + 5, area.height + 4);
  cairo_clip (cr);
  for (guint i = 0; i < scene->layers->len; i++)
    draw_layer (widget, cr, scene, &area, &g_array_index (scene->layers, StudioLayer, i));
  cairo_restore (cr);
  for (guint i = 0; i < scene->notes->len; i++)
    draw_note (widget, cr, scene, &area, &g_array_index (scene->notes, StudioNote, i), placed);
}
