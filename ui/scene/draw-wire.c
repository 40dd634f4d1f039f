/* draw-wire.c - wires: colour says what flows, width how many bytes. */
#include "draw.h"

#include <math.h>

/* Screen px for a wire that is @w wide at 100 %. */
static double
width_at (StudioLevel level, double w)
{
  switch (level)
    {
    case STUDIO_LEVEL_CLOSE: return 1.5 * w;
    case STUDIO_LEVEL_FULL: return w;
    case STUDIO_LEVEL_NAMES: return 0.8 * w;
    case STUDIO_LEVEL_GLYPHS: return MAX (1, 0.2 * w);
    default: return 0.8;
    }
}

static gboolean
is_shown (const StudioScene *scene, const StudioView *view, guint w)
{
  const StudioWire *wire = &scene->wires[w];

  if (view->wiring != NULL && view->wiring->held == (int) w)
    return FALSE;
  return studio_view_shows (view, wire->from.node) && studio_view_shows (view, wire->to);
}

/* Under the pointer a node keeps its wires strong and the others step back. */
static double
strength (const StudioView *view, const StudioWire *wire)
{
  if (view->hover != 0 && wire->from.node != view->hover && wire->to != view->hover)
    return 0.7;
  return 1;
}

static void
trace (const StudioView *view, const StudioWire *wire, cairo_t *cr)
{
  cairo_new_path (cr);
  if (view->level > STUDIO_LEVEL_CELLS)
    {
      studio_path_trace (&wire->path, cr);
      return;
    }
  cairo_move_to (cr, wire->path.at[0].x, wire->path.at[0].y);
  for (guint i = 1; i < wire->path.n; i++)
    if (wire->path.kind != STUDIO_PATH_CURVE || i + 1 == wire->path.n)
      cairo_line_to (cr, wire->path.at[i].x, wire->path.at[i].y);
}

static void
draw_wire (const StudioView *view, const StudioWire *wire, guint w, cairo_t *cr)
{
  double line = width_at (view->level, studio_wire_width (wire->bytes)) / view->zoom;
  gboolean lit = (int) w == view->selected_wire || (int) w == view->hover_wire;
  gboolean doomed = view->wiring != NULL && view->wiring->doomed == (int) w;
  double alpha = view->wiring != NULL && view->wiring->fits != NULL && !doomed
                 ? 0.38 : strength (view, wire);

  if (lit)
    {
      studio_colors_set_alpha (view->colors, cr, STUDIO_FOCUS,
                               (int) w == view->selected_wire ? 0.5 : 0.35);
      cairo_set_line_width (cr, line + 4 / view->zoom);
      trace (view, wire, cr);
      cairo_stroke (cr);
    }
  studio_colors_set_alpha (view->colors, cr,
                           doomed ? STUDIO_BAD : STUDIO_WIRE_MAP + wire->class, alpha);
  cairo_set_line_width (cr, line);
  if (!wire->typed || doomed)
    cairo_set_dash (cr, (double[]) { 5 / view->zoom, 4 / view->zoom }, 2, 0);
  trace (view, wire, cr);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
  for (guint i = 1; wire->path.kind == STUDIO_PATH_DOTS && i + 1 < wire->path.n; i++)
    {
      cairo_new_path (cr);
      cairo_arc (cr, wire->path.at[i].x, wire->path.at[i].y, MAX (5, 2.5 / view->zoom), 0,
                 2 * G_PI);
      cairo_fill (cr);
    }
}

/* The bytes, on the level part of a long wire. */
static void
draw_label (const StudioView *view, const StudioWire *wire, cairo_t *cr)
{
  guint first = wire->path.kind == STUDIO_PATH_STEPS ? 2 : 1;
  double x0, x1, width;
  g_autofree char *text = NULL;
  StudioPoint at;

  if (wire->path.kind == STUDIO_PATH_CURVE || wire->path.kind == STUDIO_PATH_DOTS || !wire->typed
      || (wire->path.kind == STUDIO_PATH_STEPS && wire->path.n < 6))
    return;
  x0 = wire->path.at[first].x;
  x1 = wire->path.at[first + 1].x;
  if (fabs (x1 - x0) < 300)
    return;

  text = studio_scene_bytes (wire->bytes);
  at = (StudioPoint) { round ((x0 + x1) / 2), wire->path.at[first].y };
  width = studio_painter_width (view->painter, STUDIO_FONT_MONO, text) + 10;
  studio_rounded (cr, at.x - width / 2, at.y - 9, width, 18, 4);
  studio_colors_set (view->colors, cr, STUDIO_POPOVER);
  cairo_fill_preserve (cr);
  studio_colors_set (view->colors, cr, STUDIO_BORDER);
  cairo_set_line_width (cr, 1 / view->zoom);
  cairo_stroke (cr);
  studio_colors_set (view->colors, cr, STUDIO_TEXT);
  studio_painter_text (view->painter, cr, STUDIO_FONT_MONO, text, at.x, at.y + 3.8, 0.5, 0);
}

/* Far out: one path and one stroke for each class. */
static void
draw_batched (StudioScene *scene, const StudioView *view, const GArray *near, cairo_t *cr)
{
  cairo_set_line_width (cr, width_at (view->level, 1) / view->zoom);
  cairo_set_antialias (cr, CAIRO_ANTIALIAS_FAST);
  for (int class = 0; class < STUDIO_N_CLASSES; class++)
    {
      cairo_new_path (cr);
      for (guint i = 0; i < near->len; i++)
        {
          guint w = g_array_index (near, guint, i);
          const StudioWire *wire = &scene->wires[w];

          if (wire->class != (StudioClass) class || !is_shown (scene, view, w))
            continue;
          cairo_move_to (cr, wire->path.at[0].x, wire->path.at[0].y);
          for (guint k = 1; k < wire->path.n; k++)
            if (wire->path.kind != STUDIO_PATH_CURVE || k + 1 == wire->path.n)
              cairo_line_to (cr, wire->path.at[k].x, wire->path.at[k].y);
        }
      studio_colors_set_alpha (view->colors, cr, STUDIO_WIRE_MAP + class, 0.6);
      cairo_stroke (cr);
    }
  cairo_set_antialias (cr, CAIRO_ANTIALIAS_DEFAULT);
}

void
studio_draw_wires (StudioScene      *scene,
                   const StudioView *view,
                   cairo_t          *cr)
{
  StudioRect rect = studio_view_rect (view);
  g_autoptr(GArray) near = studio_scene_wires_in (scene, &rect);

  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  if (view->level == STUDIO_LEVEL_CELLS)
    {
      draw_batched (scene, view, near, cr);
      return;
    }
  /* Those of the selection and the one under the pointer on top. */
  for (int pass = 0; pass < 2; pass++)
    for (guint i = 0; i < near->len; i++)
      {
        guint w = g_array_index (near, guint, i);
        const StudioWire *wire = &scene->wires[w];
        gboolean top = (int) w == view->hover_wire || (int) w == view->selected_wire
                       || studio_view_selects (view, scene, &scene->boxes[wire->source])
                       || studio_view_selects (view, scene, &scene->boxes[wire->target]);

        if (top == (pass == 1) && is_shown (scene, view, w)
            && studio_rect_overlaps (&wire->bounds, &rect))
          draw_wire (view, wire, w, cr);
      }
  for (guint i = 0; view->level >= STUDIO_LEVEL_FULL && i < near->len; i++)
    if (is_shown (scene, view, g_array_index (near, guint, i)))
      draw_label (view, &scene->wires[g_array_index (near, guint, i)], cr);
}

/* Rings round the ports that would take the dragged wire. */
static void
draw_fitting (StudioScene *scene, const StudioView *view, cairo_t *cr)
{
  const StudioWiring *wiring = view->wiring;
  StudioRect rect = studio_view_rect (view);
  g_autoptr(GArray) near = studio_scene_boxes_in (scene, &rect);

  studio_colors_set (view->colors, cr, STUDIO_WIRE_MAP + wiring->class);
  cairo_set_line_width (cr, MAX (1.5, 1.5 / view->zoom));
  for (guint i = 0; wiring->fits != NULL && i < near->len; i++)
    {
      guint b = g_array_index (near, guint, i);
      const StudioBox *box = &scene->boxes[b];

      for (guint p = 0; p < MIN (64, wiring->to_inputs ? box->n_in : box->n_out); p++)
        if (wiring->fits[b] >> p & 1)
          {
            StudioPoint at = wiring->to_inputs ? studio_box_input (box, p)
                                               : studio_box_output (box, p);

            cairo_new_path (cr);
            cairo_arc (cr, at.x, at.y, 9, 0, 2 * G_PI);
            cairo_stroke (cr);
          }
    }
}

void
studio_draw_wiring (StudioScene      *scene,
                    const StudioView *view,
                    cairo_t          *cr)
{
  const StudioWiring *wiring = view->wiring;
  const StudioBox *over = wiring->over != 0 ? studio_scene_box (scene, wiring->over) : NULL;
  guint last = wiring->path.n - 1;

  draw_fitting (scene, view, cr);
  studio_colors_set (view->colors, cr,
                     wiring->refused ? STUDIO_BAD : STUDIO_WIRE_MAP + wiring->class);
  cairo_set_line_width (cr, MAX (2, 2 / view->zoom));
  cairo_set_dash (cr, (double[]) { 6 / view->zoom, 4 / view->zoom }, 2, 0);
  cairo_new_path (cr);
  studio_path_trace (&wiring->path, cr);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
  studio_draw_port (view, cr, wiring->path.at[wiring->to_inputs ? last : 0], wiring->class, TRUE);
  if (over != NULL)
    {
      AnfRef from = { wiring->over, wiring->over_port };
      StudioPoint at = wiring->to_inputs
                       ? studio_scene_input_at (scene, wiring->over, wiring->over_port)
                       : studio_scene_output_at (scene, from);

      studio_colors_set (view->colors, cr,
                         wiring->refused ? STUDIO_BAD : STUDIO_WIRE_MAP + wiring->class);
      cairo_set_line_width (cr, 2);
      cairo_new_path (cr);
      cairo_arc (cr, at.x, at.y, 11, 0, 2 * G_PI);
      cairo_stroke (cr);
    }
}
