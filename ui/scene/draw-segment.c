/* draw-segment.c - segments: hulls, their tabs, and the marks where wires are cut. */
#include "draw.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define RADIUS 10.0

StudioColorName
studio_hull_color (const StudioScene *scene,
                   guint              segment)
{
  guint fused = 0;

  if (scene->hulls[segment].segment->kind != ANF_SEGMENT_FUSED)
    return STUDIO_SEG_BRIDGE;
  for (guint i = 0; i < segment; i++)
    fused += scene->hulls[i].segment->kind == ANF_SEGMENT_FUSED;
  return STUDIO_SEG_0 + fused % 6;
}

StudioColorName
studio_hull_fill (const StudioScene *scene,
                  guint              segment)
{
  StudioColorName color = studio_hull_color (scene, segment);

  return color - STUDIO_SEG_0 + STUDIO_SEGFILL_0;
}

static gboolean
is_shown (const StudioScene *scene, const StudioView *view, guint i)
{
  const StudioRect *bounds = &scene->hulls[i].bounds;
  StudioRect rect = studio_view_rect (view);

  if (bounds->width <= 0 || !studio_rect_overlaps (bounds, &rect))
    return FALSE;
  for (guint k = 0; k < scene->hulls[i].segment->n_nodes; k++)
    if (!studio_view_shows (view, scene->hulls[i].segment->nodes[k]))
      return FALSE;
  return TRUE;
}

static double
leg (StudioPoint a, StudioPoint b)
{
  return hypot (b.x - a.x, b.y - a.y);
}

static void
trace_loop (const GArray *loop, cairo_t *cr)
{
  const StudioPoint *p = (const StudioPoint *) loop->data;
  guint n = loop->len;

  cairo_new_sub_path (cr);
  for (guint i = 0; i < n; i++)
    {
      StudioPoint a = p[(i + n - 1) % n], b = p[i], c = p[(i + 1) % n];
      double in = leg (a, b), out = leg (b, c), r = MIN (RADIUS, MIN (in, out) / 2);
      double k = r * (1 - 0.5522847);

      if (in <= 0 || out <= 0)
        continue;
      a = (StudioPoint) { (a.x - b.x) / in, (a.y - b.y) / in };
      c = (StudioPoint) { (c.x - b.x) / out, (c.y - b.y) / out };
      cairo_line_to (cr, b.x + a.x * r, b.y + a.y * r);
      cairo_curve_to (cr, b.x + a.x * k, b.y + a.y * k, b.x + c.x * k, b.y + c.y * k,
                      b.x + c.x * r, b.y + c.y * r);
    }
  cairo_close_path (cr);
}

static void
trace_hull (const StudioHull *hull, cairo_t *cr)
{
  cairo_new_path (cr);
  for (guint i = 0; i < hull->loops->len; i++)
    trace_loop (g_array_index (hull->loops, GArray *, i), cr);
}

static void
draw_fill (StudioScene *scene, const StudioView *view, guint i, cairo_t *cr)
{
  const StudioHull *hull = &scene->hulls[i];
  StudioRect rect = studio_view_rect (view), part;

  trace_hull (hull, cr);
  studio_colors_set (view->colors, cr, studio_hull_fill (scene, i));
  cairo_fill_preserve (cr);
  if (hull->segment->kind == ANF_SEGMENT_FUSED || view->level == STUDIO_LEVEL_CELLS)
    return;

  part.x = MAX (rect.x, hull->bounds.x);
  part.y = MAX (rect.y, hull->bounds.y);
  part.width = MIN (rect.x + rect.width, hull->bounds.x + hull->bounds.width) - part.x;
  part.height = MIN (rect.y + rect.height, hull->bounds.y + hull->bounds.height) - part.y;
  cairo_save (cr);
  cairo_clip (cr);
  studio_colors_set_alpha (view->colors, cr, STUDIO_SEG_BRIDGE, 0.3);
  studio_hatch (cr, &part, 7 / view->zoom, 1 / view->zoom);
  cairo_restore (cr);
}

void
studio_draw_hulls (StudioScene      *scene,
                   const StudioView *view,
                   cairo_t          *cr)
{
  for (guint i = 0; i < scene->n_hulls; i++)
    if (is_shown (scene, view, i))
      draw_fill (scene, view, i, cr);
  cairo_new_path (cr);
  cairo_set_line_width (cr, 1.25 / view->zoom);
  for (guint i = 0; i < scene->n_hulls; i++)
    {
      if (!is_shown (scene, view, i))
        continue;
      if (scene->hulls[i].segment->kind != ANF_SEGMENT_FUSED)
        cairo_set_dash (cr, (double[]) { 5 / view->zoom, 3 / view->zoom }, 2, 0);
      trace_hull (&scene->hulls[i], cr);
      studio_colors_set (view->colors, cr, studio_hull_color (scene, i));
      cairo_stroke (cr);
      cairo_set_dash (cr, NULL, 0, 0);
    }
}

/* ---- tabs, in px of the picture */

/* Left end of the highest edge: there the tab sits. */
static StudioPoint
tab_corner (const StudioHull *hull)
{
  StudioPoint best = { hull->bounds.x, G_MAXDOUBLE };

  for (guint i = 0; i < hull->loops->len; i++)
    {
      const GArray *loop = g_array_index (hull->loops, GArray *, i);

      for (guint k = 0; k < loop->len; k++)
        {
          StudioPoint p = g_array_index (loop, StudioPoint, k);

          if (p.y < best.y || (p.y == best.y && p.x < best.x))
            best = p;
        }
    }
  return best;
}

static char *
tab_text (const StudioScene *scene, const StudioView *view, guint i)
{
  const StudioHull *hull = &scene->hulls[i];
  const char *kind = anf_segment_kind_name (hull->segment->kind);
  g_autofree char *ops = g_strdup_printf (ngettext ("%u op", "%u ops", hull->n_ops), hull->n_ops);
  const AnfPlan *measured = scene->profile != NULL
                            ? anf_program_plan (anf_profile_program (scene->profile)) : NULL;

  if (view->level < STUDIO_LEVEL_NAMES)
    return NULL;
  if (view->level < STUDIO_LEVEL_FULL)
    return g_strdup (kind);
  if (hull->segment->kind == ANF_SEGMENT_BRIDGE && hull->n_ops == 1)
    g_clear_pointer (&ops, g_free);
  if (measured != NULL && !scene->stale && i < anf_plan_n_segments (measured))
    {
      g_autofree char *time
        = studio_scene_time (anf_profile_segment (scene->profile, i).median_us);

      return ops != NULL ? g_strdup_printf (_("%s · %s · %s measured"), kind, ops, time)
                         : g_strdup_printf (_("%s · %s measured"), kind, time);
    }
  return ops != NULL ? g_strdup_printf ("%s · %s", kind, ops) : g_strdup (kind);
}

static void
draw_tab (const StudioScene *scene, const StudioView *view, guint i, cairo_t *cr)
{
  const StudioHull *hull = &scene->hulls[i];
  StudioPoint corner = tab_corner (hull);
  g_autofree char *text = tab_text (scene, view, i);
  const char *name = hull->segment->name;
  double chip = studio_painter_width (view->painter, STUDIO_FONT_MONO_BOLD, name) + 16;
  double width = chip + (text != NULL
                         ? studio_painter_width (view->painter, STUDIO_FONT_CAPTION, text) + 20
                         : 0);
  double right = (hull->bounds.x + hull->bounds.width - view->x) * view->zoom;
  double bottom = (hull->bounds.y + hull->bounds.height - view->y) * view->zoom;
  double x = (corner.x - view->x) * view->zoom + 10, y = (corner.y - view->y) * view->zoom - 10;

  if (view->level == STUDIO_LEVEL_CELLS)
    x -= width + 16, y += 12;
  x = round (MAX (MIN (MAX (x, 8), right - width - 4), MIN (x, 8)));
  y = round (MAX (MIN (MAX (y, 8), bottom - 24), MIN (y, 8)));

  studio_rounded (cr, x + 0.5, y + 0.5, width, 19, 5);
  studio_colors_set (view->colors, cr, STUDIO_CARD);
  cairo_fill_preserve (cr);
  cairo_save (cr);
  cairo_clip (cr);
  studio_colors_set (view->colors, cr, studio_hull_color (scene, i));
  cairo_rectangle (cr, x, y, chip, 20);
  cairo_fill (cr);
  cairo_restore (cr);
  studio_rounded (cr, x + 0.5, y + 0.5, width, 19, 5);
  studio_colors_set (view->colors, cr, studio_hull_color (scene, i));
  cairo_set_line_width (cr, 1.25);
  cairo_stroke (cr);
  studio_colors_set (view->colors, cr, STUDIO_CANVAS_BG);
  studio_painter_text (view->painter, cr, STUDIO_FONT_MONO_BOLD, name, x + chip / 2, y + 13.5, 0.5,
                       0);
  studio_colors_set (view->colors, cr, STUDIO_TEXT_DIM);
  if (text != NULL)
    studio_painter_text (view->painter, cr, STUDIO_FONT_CAPTION, text, x + chip + 9, y + 14, 0, 0);
}

void
studio_draw_tabs (StudioScene      *scene,
                  const StudioView *view,
                  cairo_t          *cr)
{
  for (guint i = 0; i < scene->n_hulls; i++)
    {
      const StudioRect *b = &scene->hulls[i].bounds;

      /* Far out a segment of a few px would be all tab. */
      if (is_shown (scene, view, i)
          && (view->level > STUDIO_LEVEL_CELLS || b->height * view->zoom >= 22))
        draw_tab (scene, view, i, cr);
    }
}

/* ---- cuts */

static void
draw_mark (const StudioScene *scene, const StudioView *view, const StudioCut *cut, cairo_t *cr)
{
  double r = 9 / MAX (0.6, MIN (1, view->zoom)), u = r / 9;

  cairo_new_path (cr);
  cairo_arc (cr, cut->at.x, cut->at.y, r, 0, 2 * G_PI);
  studio_colors_set (view->colors, cr, STUDIO_CARD);
  cairo_fill_preserve (cr);
  studio_colors_set (view->colors, cr, STUDIO_SEG_BRIDGE);
  cairo_set_line_width (cr, 1.5 * u);
  cairo_stroke (cr);
  cairo_set_line_width (cr, 1.4 * u);
  cairo_move_to (cr, cut->at.x - 5 * u, cut->at.y);
  cairo_line_to (cr, cut->at.x - 1.6 * u, cut->at.y);
  cairo_move_to (cr, cut->at.x + 1.6 * u, cut->at.y);
  cairo_line_to (cr, cut->at.x + 5 * u, cut->at.y);
  cairo_stroke (cr);
  cairo_set_dash (cr, (double[]) { 2 * u, 2 * u }, 2, 0);
  cairo_move_to (cr, cut->at.x, cut->at.y - 7 * u);
  cairo_line_to (cr, cut->at.x, cut->at.y + 7 * u);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
}

/* @at: the card's top left corner; it is drawn at 100 % whatever the zoom when hovered. */
static void
draw_card (const StudioScene *scene, const StudioView *view, guint c, StudioRect at, cairo_t *cr)
{
  const StudioCut *cut = &g_array_index (scene->cuts, StudioCut, c);
  const StudioWire *wire = &scene->wires[cut->wire];
  g_autofree char *title = g_strdup_printf (_("Cut %u · %s → %s"), c + 1,
                                            scene->hulls[cut->from].segment->name,
                                            scene->hulls[cut->to].segment->name);
  g_autofree char *bytes = studio_scene_bytes (wire->bytes);
  g_autofree char *crosses = g_strdup_printf (_("%s cross"), bytes);

  studio_rounded (cr, at.x, at.y, at.width, at.height, 4);
  studio_colors_set (view->colors, cr, STUDIO_CARD);
  cairo_fill_preserve (cr);
  studio_colors_set (view->colors, cr, STUDIO_SEG_BRIDGE);
  cairo_set_line_width (cr, 1.25);
  cairo_stroke (cr);
  studio_colors_set (view->colors, cr, STUDIO_TEXT);
  studio_painter_text (view->painter, cr, STUDIO_FONT_NAME, title, at.x + 12, at.y + 19, 0, 0);
  if (wire->typed)
    studio_painter_text (view->painter, cr, STUDIO_FONT_MONO, crosses, at.x + at.width - 12,
                         at.y + 19, 1, 0);
  studio_colors_set (view->colors, cr, STUDIO_TEXT_DIM);
  studio_painter_lines (view->painter, cr, STUDIO_FONT_CAPTION,
                        cut->reason != NULL ? cut->reason : "", at.x + 12, at.y + 24,
                        at.width - 24, 2);
}

static void
draw_leader (const StudioView *view, const StudioCut *cut, cairo_t *cr)
{
  double x = CLAMP (cut->at.x, cut->card.x, cut->card.x + cut->card.width);
  gboolean below = cut->card.y > cut->at.y;

  studio_colors_set (view->colors, cr, STUDIO_SEG_BRIDGE);
  cairo_set_line_width (cr, 1.25);
  cairo_set_dash (cr, (double[]) { 4, 3 }, 2, 0);
  cairo_move_to (cr, x, cut->at.y + (below ? 9 : -9));
  cairo_line_to (cr, x, below ? cut->card.y : cut->card.y + cut->card.height);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
}

static void
draw_hovered_card (const StudioScene *scene, const StudioView *view, cairo_t *cr)
{
  const StudioCut *cut = &g_array_index (scene->cuts, StudioCut, view->hover_cut);
  double px = (cut->at.x - view->x) * view->zoom, py = (cut->at.y - view->y) * view->zoom;
  StudioRect card = { 0, 0, 344, 60 };

  card.x = CLAMP (px - card.width / 2, 8, MAX (8, view->width - card.width - 8));
  card.y = py + 16 + card.height < view->height ? py + 16 : py - 16 - card.height;
  cairo_save (cr);
  cairo_translate (cr, view->x, view->y);
  cairo_scale (cr, 1 / view->zoom, 1 / view->zoom);
  draw_card (scene, view, view->hover_cut, card, cr);
  cairo_restore (cr);
}

void
studio_draw_cuts (StudioScene      *scene,
                  const StudioView *view,
                  cairo_t          *cr)
{
  if (view->level < STUDIO_LEVEL_NAMES)
    return;
  for (guint i = 0; i < scene->cuts->len; i++)
    {
      const StudioCut *cut = &g_array_index (scene->cuts, StudioCut, i);

      if (!studio_view_shows (view, scene->wires[cut->wire].from.node)
          || !studio_view_shows (view, scene->wires[cut->wire].to))
        continue;
      if (view->level >= STUDIO_LEVEL_FULL && cut->card.width > 0 && view->wiring == NULL)
        {
          draw_leader (view, cut, cr);
          draw_card (scene, view, i, cut->card, cr);
        }
      draw_mark (scene, view, cut, cr);
    }
  if (view->hover_cut >= 0 && view->hover_cut < (int) scene->cuts->len
      && (view->level < STUDIO_LEVEL_FULL
          || g_array_index (scene->cuts, StudioCut, view->hover_cut).card.width <= 0))
    draw_hovered_card (scene, view, cr);
}
