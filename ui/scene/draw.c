/* draw.c - the order in which a picture is made, and the small shapes that its parts share. */
#include "draw.h"

#include <math.h>

StudioLevel
studio_level_for (double      zoom,
                  StudioLevel now)
{
  static const double limit[] = { 0.12, 0.35, 0.72, 2.0 };
  StudioLevel level = STUDIO_LEVEL_CELLS;

  for (guint i = 0; i < G_N_ELEMENTS (limit); i++)
    {
      gboolean was_above = now > i;

      if (zoom >= (was_above ? limit[i] * 0.96 : limit[i]))
        level = i + 1;
    }
  return level;
}

StudioRect
studio_view_rect (const StudioView *view)
{
  return (StudioRect) { view->x, view->y, view->width / view->zoom, view->height / view->zoom };
}

gboolean
studio_view_shows (const StudioView *view,
                   AnfId             id)
{
  if (view->only == NULL)
    return TRUE;
  for (guint i = 0; i < view->only->len; i++)
    if (g_array_index (view->only, AnfId, i) == id)
      return TRUE;
  return FALSE;
}

void
studio_rounded (cairo_t *cr,
                double   x,
                double   y,
                double   width,
                double   height,
                double   radius)
{
  double r = MIN (radius, MIN (width, height) / 2);

  cairo_new_sub_path (cr);
  cairo_arc (cr, x + width - r, y + r, r, -G_PI_2, 0);
  cairo_arc (cr, x + width - r, y + height - r, r, 0, G_PI_2);
  cairo_arc (cr, x + r, y + height - r, r, G_PI_2, G_PI);
  cairo_arc (cr, x + r, y + r, r, G_PI, 1.5 * G_PI);
  cairo_close_path (cr);
}

void
studio_hatch (cairo_t          *cr,
              const StudioRect *rect,
              double            pitch,
              double            line)
{
  /* Lines x + y = c with c a multiple of the pitch: neighbouring hatches meet. */
  double step = pitch * G_SQRT2, c0 = rect->x + rect->y, c1 = c0 + rect->width + rect->height;

  cairo_new_path (cr);
  for (double c = floor (c0 / step) * step; c <= c1; c += step)
    {
      cairo_move_to (cr, c - rect->y, rect->y);
      cairo_line_to (cr, c - rect->y - rect->height, rect->y + rect->height);
    }
  cairo_set_line_width (cr, line);
  cairo_stroke (cr);
}

static void
draw_grid (const StudioView *view, cairo_t *cr)
{
  static const double pitch_of[] = { 0, 128, 32, 16, 16 };
  double pitch = pitch_of[view->level], size;
  StudioRect r = studio_view_rect (view);

  if (pitch == 0)
    return;
  if (view->level == STUDIO_LEVEL_GLYPHS && view->zoom < 0.2)
    pitch *= 2;
  /* Whole px: thousands of such boxes cost cairo next to nothing, round dots cost 5 ms. */
  size = view->zoom >= 1.5 ? 2 : 1;
  studio_colors_set (view->colors, cr, STUDIO_GRID_MAJOR);
  cairo_save (cr);
  cairo_translate (cr, r.x, r.y);
  cairo_scale (cr, 1 / view->zoom, 1 / view->zoom);
  for (double y = ceil (r.y / pitch) * pitch; y < r.y + r.height; y += pitch)
    for (double x = ceil (r.x / pitch) * pitch; x < r.x + r.width; x += pitch)
      cairo_rectangle (cr, floor ((x - r.x) * view->zoom), floor ((y - r.y) * view->zoom), size,
                       size);
  cairo_fill (cr);
  cairo_restore (cr);
}

void
studio_draw_port (const StudioView *view,
                  cairo_t          *cr,
                  StudioPoint       at,
                  StudioClass       class,
                  gboolean          connected)
{
  double r = STUDIO_PORT_RADIUS * (view->level == STUDIO_LEVEL_NAMES ? 0.9 : 1);

  cairo_new_path (cr);
  switch (class)
    {
    case STUDIO_CLASS_VEC:
      cairo_rectangle (cr, at.x - r * 0.9, at.y - r * 0.9, r * 1.8, r * 1.8);
      break;

    case STUDIO_CLASS_INDEX:
    case STUDIO_CLASS_MASK:
      cairo_move_to (cr, at.x, at.y - r * 1.25);
      cairo_line_to (cr, at.x + r * 1.25, class == STUDIO_CLASS_INDEX ? at.y : at.y + r);
      cairo_line_to (cr, class == STUDIO_CLASS_INDEX ? at.x : at.x - r * 1.25,
                     class == STUDIO_CLASS_INDEX ? at.y + r * 1.25 : at.y + r);
      if (class == STUDIO_CLASS_INDEX)
        cairo_line_to (cr, at.x - r * 1.25, at.y);
      cairo_close_path (cr);
      break;

    default:
      cairo_arc (cr, at.x, at.y, r, 0, 2 * G_PI);
      break;
    }
  studio_colors_set (view->colors, cr, connected && class != STUDIO_CLASS_IMAGE
                                       ? STUDIO_WIRE_MAP + class : STUDIO_NODE);
  cairo_fill_preserve (cr);
  studio_colors_set (view->colors, cr, STUDIO_WIRE_MAP + class);
  cairo_set_line_width (cr, 1.6);
  cairo_stroke (cr);
  if (class == STUDIO_CLASS_IMAGE && connected)
    {
      cairo_arc (cr, at.x, at.y, r * 0.42, 0, 2 * G_PI);
      cairo_fill (cr);
    }
}

/* The shape tells the severity as well as the colour: triangle, octagon, disc. */
void
studio_draw_badge (const StudioView *view,
                   cairo_t          *cr,
                   int               severity,
                   double            x,
                   double            y,
                   double            size)
{
  static const StudioColorName color[] = { STUDIO_INFO, STUDIO_WARN, STUDIO_BAD };
  double u = size / 16, cx = x + size / 2;

  cairo_new_path (cr);
  if (severity == ANF_WARNING)
    {
      cairo_move_to (cr, cx, y + 1.5 * u);
      cairo_line_to (cr, x + 15.2 * u, y + 14.5 * u);
      cairo_line_to (cr, x + 0.8 * u, y + 14.5 * u);
      cairo_close_path (cr);
    }
  else if (severity == ANF_ERROR_FINDING)
    for (int i = 0; i < 8; i++)
      cairo_line_to (cr, cx + 7.6 * u * cos (G_PI / 8 + i * G_PI / 4),
                     y + 8 * u + 7.6 * u * sin (G_PI / 8 + i * G_PI / 4));
  else
    cairo_arc (cr, cx, y + 8 * u, 6.6 * u, 0, 2 * G_PI);
  studio_colors_set (view->colors, cr, color[severity]);
  cairo_fill (cr);

  studio_colors_set (view->colors, cr, STUDIO_NODE);
  cairo_rectangle (cr, cx - u, y + (severity == ANF_WARNING ? 6 : severity == ANF_HINT ? 7.2 : 4)
                               * u, 2 * u, (severity == ANF_ERROR_FINDING ? 5 : 4.4) * u);
  cairo_fill (cr);
  cairo_arc (cr, cx, y + (severity == ANF_HINT ? 5 : 12) * u, 1.15 * u, 0, 2 * G_PI);
  cairo_fill (cr);
}

StudioColorName
studio_encoding_color (AnfEncoding encoding)
{
  static const StudioColorName color[] = {
    [ANF_FP16] = STUDIO_ENC_FP16, [ANF_INT8] = STUDIO_ENC_INT8, [ANF_INT4] = STUDIO_ENC_INT4,
    [ANF_SPARSE] = STUDIO_ENC_SPARSE, [ANF_BLOCKWISE] = STUDIO_ENC_BLOCK,
    [ANF_AUTO] = STUDIO_ENC_FP16,
  };

  return color[encoding];
}

void
studio_draw (StudioScene      *scene,
             const StudioView *view,
             cairo_t          *cr)
{
  cairo_save (cr);
  studio_colors_set (view->colors, cr, STUDIO_CANVAS_BG);
  cairo_rectangle (cr, 0, 0, view->width, view->height);
  cairo_fill (cr);
  cairo_scale (cr, view->zoom, view->zoom);
  cairo_translate (cr, -view->x, -view->y);
  draw_grid (view, cr);
  if (scene != NULL)
    {
      studio_draw_frames (scene, view, cr);
      studio_draw_hulls (scene, view, cr);
      studio_draw_groups (scene, view, cr);
      studio_draw_wires (scene, view, cr);
      studio_draw_stubs (scene, view, cr);
      studio_draw_nodes (scene, view, cr);
      if (view->wiring != NULL)
        studio_draw_wiring (scene, view, cr);
      studio_draw_cuts (scene, view, cr);
    }
  cairo_restore (cr);
  if (scene != NULL)
    studio_draw_tabs (scene, view, cr);
}
