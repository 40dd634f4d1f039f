/* draw-overlay.c - what lies over the canvas in px: the legend of wires and the minimap. */
#include "draw.h"

#include <math.h>

#define EDGE 12.0

static void
panel (const StudioView *view, const StudioRect *r, cairo_t *cr)
{
  studio_rounded (cr, r->x + 0.5, r->y + 0.5, r->width - 1, r->height - 1, 6);
  studio_colors_set_alpha (view->colors, cr, STUDIO_PANEL, 0.94);
  cairo_fill_preserve (cr);
  studio_colors_set (view->colors, cr, STUDIO_BORDER);
  cairo_set_line_width (cr, 1);
  cairo_stroke (cr);
}

StudioRect
studio_draw_legend (StudioScene      *scene,
                    const StudioView *view,
                    cairo_t          *cr)
{
  const gboolean *has = scene->has_class;
  StudioRect place = { EDGE, view->height - EDGE - 28, 16, 28 };
  StudioView plain = *view;
  double x = EDGE + 10, y = view->height - EDGE - 14;

  for (int class = 0; class < STUDIO_N_CLASSES; class++)
    if (has[class])
      place.width += 16 + 14 + studio_painter_width (view->painter, STUDIO_FONT_CAPTION,
                                                     studio_class_title (class));
  if (place.width <= 16 || place.width > view->width - 2 * EDGE)
    return (StudioRect) { 0 };

  panel (view, &place, cr);
  plain.level = STUDIO_LEVEL_FULL;
  plain.zoom = 1;
  for (int class = 0; class < STUDIO_N_CLASSES; class++)
    if (has[class])
      {
        studio_draw_port (&plain, cr, (StudioPoint) { x + 5, y }, class, TRUE);
        studio_colors_set (view->colors, cr, STUDIO_TEXT_DIM);
        x += 16 + studio_painter_text (view->painter, cr, STUDIO_FONT_CAPTION,
                                       studio_class_title (class), x + 16, y + 4, 0, 0) + 14;
      }
  return place;
}

StudioRect
studio_minimap_place (const StudioView *view)
{
  return (StudioRect) { view->width - EDGE - 148, view->height - EDGE - 104, 148, 104 };
}

/* True scale: all of the graph, and what is in sight. */
static double
minimap_scale (const StudioScene *scene, const StudioView *view, const StudioRect *place,
               StudioPoint *origin)
{
  StudioRect b = scene->bounds, sight = studio_view_rect (view);
  double scale;

  if (b.width < 0)
    b = (StudioRect) { 0, 0, 100, 100 };
  studio_rect_add (&b, &sight);
  scale = MIN ((place->width - 16) / MAX (b.width, 1), (place->height - 16) / MAX (b.height, 1));
  scale = MIN (scale, 0.25);
  origin->x = place->x + place->width / 2 - (b.x + b.width / 2) * scale;
  origin->y = place->y + place->height / 2 - (b.y + b.height / 2) * scale;
  return scale;
}

StudioPoint
studio_minimap_point (StudioScene      *scene,
                      const StudioView *view,
                      double            x,
                      double            y)
{
  StudioRect place = studio_minimap_place (view);
  StudioPoint origin;
  double scale = minimap_scale (scene, view, &place, &origin);

  return (StudioPoint) { (x - origin.x) / scale, (y - origin.y) / scale };
}

static void
minimap_hulls (StudioScene *scene, const StudioView *view, double scale, cairo_t *cr)
{
  for (guint i = 0; i < scene->n_hulls; i++)
    for (guint k = 0; k < scene->hulls[i].loops->len; k++)
      {
        const GArray *loop = g_array_index (scene->hulls[i].loops, GArray *, k);

        cairo_new_path (cr);
        for (guint p = 0; p < loop->len; p++)
          cairo_line_to (cr, g_array_index (loop, StudioPoint, p).x,
                         g_array_index (loop, StudioPoint, p).y);
        cairo_close_path (cr);
        studio_colors_set (view->colors, cr, studio_hull_fill (scene, i));
        cairo_fill_preserve (cr);
        studio_colors_set (view->colors, cr, studio_hull_color (scene, i));
        cairo_set_line_width (cr, 0.75 / scale);
        cairo_stroke (cr);
      }
}

static void
minimap_cells (StudioScene *scene, const StudioView *view, cairo_t *cr)
{
  for (int category = 0; category < ANF_N_CATEGORIES; category++)
    {
      cairo_new_path (cr);
      for (guint b = 0; b < scene->n_boxes; b++)
        if (scene->boxes[b].category == (AnfCategory) category)
          cairo_rectangle (cr, scene->boxes[b].box.x, scene->boxes[b].box.y,
                           scene->boxes[b].box.width, scene->boxes[b].box.height);
      studio_colors_set (view->colors, cr, STUDIO_CAT_0 + category);
      cairo_fill (cr);
    }
}

/* Nodes of less than a px: each px that holds one takes the colour of the last. Ten thousand
 * rectangles with soft edges would cost 6 ms in every frame. */
static void
minimap_dust (StudioScene *scene, const StudioView *view, const StudioRect *place,
              StudioPoint origin, double scale, cairo_t *cr)
{
  g_autofree guint8 *cell = g_new0 (guint8, 148 * 104);
  gboolean has[ANF_N_CATEGORIES] = { FALSE };

  for (guint b = 0; b < scene->n_boxes; b++)
    {
      const StudioRect *box = &scene->boxes[b].box;
      int x = (box->x + box->width / 2) * scale + origin.x - place->x;
      int y = (box->y + box->height / 2) * scale + origin.y - place->y;

      if (x >= 0 && x < 148 && y >= 0 && y < 104)
        cell[y * 148 + x] = scene->boxes[b].category + 1;
      has[scene->boxes[b].category] = TRUE;
    }
  for (int category = 0; category < ANF_N_CATEGORIES; category++)
    {
      for (int i = 0; has[category] && i < 148 * 104; i++)
        if (cell[i] == category + 1)
          cairo_rectangle (cr, floor (place->x) + i % 148, floor (place->y) + i / 148, 1, 1);
      studio_colors_set (view->colors, cr, STUDIO_CAT_0 + category);
      cairo_fill (cr);
    }
}

static void
minimap_badges (StudioScene *scene, const StudioView *view, double scale, cairo_t *cr)
{
  for (guint b = 0; b < scene->n_boxes; b++)
    {
      const StudioBox *box = &scene->boxes[b];

      if (box->badge < ANF_WARNING)
        continue;
      cairo_new_path (cr);
      cairo_arc (cr, box->box.x + box->box.width, box->box.y, 3 / scale, 0, 2 * G_PI);
      studio_colors_set (view->colors, cr,
                         box->badge == ANF_WARNING ? STUDIO_WARN : STUDIO_BAD);
      cairo_fill (cr);
    }
}

void
studio_draw_minimap (StudioScene      *scene,
                     const StudioView *view,
                     cairo_t          *cr)
{
  StudioRect place = studio_minimap_place (view), sight = studio_view_rect (view);
  StudioPoint origin;
  double scale = minimap_scale (scene, view, &place, &origin);

  panel (view, &place, cr);
  cairo_save (cr);
  studio_rounded (cr, place.x + 1, place.y + 1, place.width - 2, place.height - 2, 5);
  cairo_clip (cr);
  cairo_save (cr);
  cairo_translate (cr, origin.x, origin.y);
  cairo_scale (cr, scale, scale);
  minimap_hulls (scene, view, scale, cr);
  cairo_restore (cr);
  if (STUDIO_NODE_WIDTH * scale < 2)
    minimap_dust (scene, view, &place, origin, scale, cr);
  cairo_translate (cr, origin.x, origin.y);
  cairo_scale (cr, scale, scale);
  if (STUDIO_NODE_WIDTH * scale >= 2)
    minimap_cells (scene, view, cr);
  minimap_badges (scene, view, scale, cr);
  studio_colors_set (view->colors, cr, STUDIO_FOCUS);
  cairo_set_line_width (cr, 1.5 / scale);
  studio_rounded (cr, sight.x, sight.y, sight.width, sight.height, 2 / scale);
  cairo_stroke (cr);
  cairo_restore (cr);
}
