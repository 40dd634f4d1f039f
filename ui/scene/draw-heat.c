/* draw-heat.c - the heat over nodes, and its legend. */
#include "draw-heat.h"

#define EDGE 12.0
#define RAMP 168.0

/* Viridis by Smith, van der Walt and Firing (2015), CC0, at nine even places. */
static const StudioColor viridis[] = {
  { 0.267, 0.005, 0.329, 1 }, { 0.283, 0.141, 0.458, 1 }, { 0.254, 0.265, 0.530, 1 },
  { 0.207, 0.372, 0.553, 1 }, { 0.164, 0.471, 0.558, 1 }, { 0.128, 0.567, 0.551, 1 },
  { 0.135, 0.659, 0.518, 1 }, { 0.478, 0.821, 0.319, 1 }, { 0.993, 0.906, 0.144, 1 },
};

void
studio_heat_color (double place, StudioColor *color)
{
  guint last = G_N_ELEMENTS (viridis) - 1;
  double at = CLAMP (place, 0, 1) * last;
  guint i = MIN ((guint) at, last - 1);
  double part = at - i;

  color->red = viridis[i].red + (viridis[i + 1].red - viridis[i].red) * part;
  color->green = viridis[i].green + (viridis[i + 1].green - viridis[i].green) * part;
  color->blue = viridis[i].blue + (viridis[i + 1].blue - viridis[i].blue) * part;
  color->alpha = 1;
}

/* Black or white, whichever is read better on @color. */
static void
set_ink (cairo_t *cr, const StudioColor *color)
{
  double light = 0.2126 * color->red + 0.7152 * color->green + 0.0722 * color->blue;

  cairo_set_source_rgb (cr, light > 0.42 ? 0 : 1, light > 0.42 ? 0 : 1, light > 0.42 ? 0 : 1);
}

static char *
text_of (const StudioHeat *self, double value)
{
  return self->classes != NULL ? g_strdup (self->classes[(guint) value]) : self->format (value);
}

/* ---- nodes */

static void
fill (cairo_t *cr, const StudioColor *color)
{
  cairo_set_source_rgb (cr, color->red, color->green, color->blue);
  cairo_fill (cr);
}

static void
hatch (const StudioHeat *heat, const StudioView *view, const StudioRect *r, cairo_t *cr)
{
  if (!heat->stale)
    return;
  cairo_save (cr);
  cairo_rectangle (cr, r->x, r->y, r->width, r->height);
  cairo_clip (cr);
  studio_colors_set (view->colors, cr, STUDIO_NODE);
  studio_hatch (cr, r, 6 / view->zoom, 1 / view->zoom);
  cairo_restore (cr);
}

/* Of the node, or of all in the group; FALSE: there is none. */
static gboolean
value_of (const StudioHeat *heat, const StudioBox *box, double *value)
{
  const double *own = g_hash_table_lookup (heat->values, GSIZE_TO_POINTER (box->id));
  gboolean any = FALSE;

  if (box->members == NULL)
    {
      *value = own != NULL ? *own : 0;
      return own != NULL;
    }
  *value = 0;
  for (guint i = 0; i < box->members->len; i++)
    {
      own = g_hash_table_lookup (heat->values,
                                 GSIZE_TO_POINTER (g_array_index (box->members, AnfId, i)));
      if (own == NULL)
        continue;
      *value = heat->adds ? *value + *own : any ? MAX (*value, *own) : *own;
      any = TRUE;
    }
  return any;
}

/* The header with the name at the left and the figure at the right. */
static void
draw_header (const StudioScene *scene, const StudioBox *box, const StudioView *view,
             const char *value, const StudioColor *color, cairo_t *cr)
{
  const StudioRect *b = &box->box;
  double scale = MIN (1, 2 / view->zoom), width;

  cairo_new_path (cr);
  cairo_move_to (cr, b->x, b->y + STUDIO_HEADER);
  cairo_arc (cr, b->x + 6, b->y + 6, 6, G_PI, 1.5 * G_PI);
  cairo_arc (cr, b->x + b->width - 6, b->y + 6, 6, -G_PI_2, 0);
  cairo_line_to (cr, b->x + b->width, b->y + STUDIO_HEADER);
  cairo_close_path (cr);
  fill (cr, color);
  set_ink (cr, color);
  cairo_save (cr);
  cairo_translate (cr, b->x, b->y + 18.5);
  cairo_scale (cr, scale, scale);
  width = studio_painter_width (view->painter, STUDIO_FONT_MONO, value);
  studio_painter_text (view->painter, cr, STUDIO_FONT_NAME, studio_box_title (scene, box),
                       9 / scale, 0, 0, MAX (24, (b->width - 27) / scale - width));
  studio_painter_text (view->painter, cr, STUDIO_FONT_MONO, value, (b->width - 9) / scale, 0, 1, 0);
  cairo_restore (cr);
}

/* Far out: all of the box, with name and figure where they can be read. */
static void
draw_block (const StudioScene *scene, const StudioBox *box, const StudioView *view,
            const char *value, const StudioColor *color, cairo_t *cr)
{
  const StudioRect *b = &box->box;
  double zoom = view->zoom, room = b->width * zoom - 14;

  studio_rounded (cr, b->x, b->y, b->width, b->height, 4 / zoom);
  fill (cr, color);
  if (view->level != STUDIO_LEVEL_NAMES)
    return;
  set_ink (cr, color);
  cairo_save (cr);
  cairo_translate (cr, b->x, b->y);
  cairo_scale (cr, 1 / zoom, 1 / zoom);
  studio_painter_text (view->painter, cr, STUDIO_FONT_NAME, studio_box_title (scene, box), 9, 15.5,
                       0, MAX (10, room));
  if (b->height * zoom >= 31)
    studio_painter_text (view->painter, cr, STUDIO_FONT_MONO, value, 9,
                         MIN (29.5, b->height * zoom - 3), 0, MAX (10, room));
  cairo_restore (cr);
}

void
studio_draw_heat (StudioScene      *scene,
                  const StudioView *view,
                  const StudioHeat *heat,
                  cairo_t          *cr)
{
  StudioRect rect = studio_view_rect (view);
  g_autoptr(GArray) near = studio_scene_boxes_in (scene, &rect);

  cairo_save (cr);
  cairo_scale (cr, view->zoom, view->zoom);
  cairo_translate (cr, -view->x, -view->y);
  for (guint i = 0; i < near->len; i++)
    {
      const StudioBox *box = &scene->boxes[g_array_index (near, guint, i)];
      g_autofree char *text = NULL;
      StudioColor color;
      double value;

      if (!value_of (heat, box, &value))
        continue;
      text = view->level >= STUDIO_LEVEL_NAMES ? text_of (heat, value) : NULL;
      studio_heat_color (studio_heat_at (heat, value), &color);
      if (view->level >= STUDIO_LEVEL_FULL)
        draw_header (scene, box, view, text, &color, cr);
      else
        draw_block (scene, box, view, text, &color, cr);
      hatch (heat, view, &box->box, cr);
    }
  cairo_restore (cr);
}

/* ---- the legend */

static void
draw_ramp (const StudioHeat *heat, double x, double y, cairo_t *cr)
{
  guint n = heat->classes != NULL ? g_strv_length ((char **) heat->classes) : (guint) RAMP;

  for (guint i = 0; i < n; i++)
    {
      StudioColor color;

      studio_heat_color (n > 1 ? (double) i / (n - 1) : 1, &color);
      cairo_rectangle (cr, x + i * RAMP / n, y, RAMP / n + (heat->classes != NULL ? -2 : 0.4), 9);
      fill (cr, &color);
    }
}

static void
draw_ends (const StudioView *view, const StudioHeat *heat, double x, double y, cairo_t *cr)
{
  g_autofree char *least = NULL, *most = NULL;

  studio_colors_set (view->colors, cr, STUDIO_TEXT_DIM);
  if (heat->classes != NULL)
    {
      guint n = g_strv_length ((char **) heat->classes);

      for (guint i = 0; i < n; i++)
        studio_painter_text (view->painter, cr, STUDIO_FONT_CAPTION, heat->classes[i],
                             x + i * RAMP / n, y, 0, 0);
      return;
    }
  least = heat->format (heat->least);
  most = heat->format (heat->most);
  studio_painter_text (view->painter, cr, STUDIO_FONT_MONO, least, x, y, 0, 0);
  studio_painter_text (view->painter, cr, STUDIO_FONT_MONO, most, x + RAMP, y, 1, 0);
}

void
studio_draw_heat_legend (const StudioView *view,
                         const StudioHeat *heat,
                         cairo_t          *cr)
{
  double width = MAX (RAMP, studio_painter_width (view->painter, STUDIO_FONT_CAPTION,
                                                  heat->title)) + 20;

  studio_rounded (cr, EDGE + 0.5, EDGE + 0.5, width - 1, 51, 6);
  studio_colors_set_alpha (view->colors, cr, STUDIO_PANEL, 0.94);
  cairo_fill_preserve (cr);
  studio_colors_set (view->colors, cr, STUDIO_BORDER);
  cairo_set_line_width (cr, 1);
  cairo_stroke (cr);
  studio_colors_set (view->colors, cr, STUDIO_TEXT);
  studio_painter_text (view->painter, cr, STUDIO_FONT_CAPTION, heat->title, EDGE + 10, EDGE + 15, 0,
                       0);
  draw_ramp (heat, EDGE + 10, EDGE + 21, cr);
  draw_ends (view, heat, EDGE + 10, EDGE + 44, cr);
}
