/* draw-group.c - open groups as areas, what shows a folded one, and ends of wires not drawn. */
#include "draw.h"

#include <math.h>

#define STUB 22.0         /* of a wire that is not drawn */

static gboolean
is_selected (const StudioView *view, AnfId id)
{
  if (view->selected != NULL)
    return g_hash_table_contains (view->selected, GSIZE_TO_POINTER (id));
  for (guint i = 0; view->selection != NULL && i < view->selection->len; i++)
    if (g_array_index (view->selection, AnfId, i) == id)
      return TRUE;
  return FALSE;
}

gboolean
studio_view_selects (const StudioView  *view,
                     const StudioScene *scene,
                     const StudioBox   *box)
{
  if (view->selection == NULL || view->selection->len == 0)
    return FALSE;
  for (guint i = 0; box->members != NULL && i < box->members->len; i++)
    if (is_selected (view, g_array_index (box->members, AnfId, i)))
      return TRUE;
  return is_selected (view, box->id);
}

void
studio_draw_stack (const StudioView *view,
                   cairo_t          *cr,
                   const StudioRect *box,
                   double            alpha)
{
  double px = 1 / view->zoom;

  for (int i = 2; i > 0; i--)
    {
      double off = 4 * i;

      studio_rounded (cr, box->x + off, box->y + off, box->width, box->height, 6);
      studio_colors_set_alpha (view->colors, cr, STUDIO_NODE, alpha);
      cairo_fill_preserve (cr);
      studio_colors_set_alpha (view->colors, cr, STUDIO_BORDER_STRONG, alpha);
      cairo_set_line_width (cr, px);
      cairo_stroke (cr);
    }
}

static void
draw_open (StudioScene *scene, const StudioView *view, const StudioGroup *group, cairo_t *cr)
{
  const StudioRect *r = &group->rect;
  double px = 1 / view->zoom, scale = MAX (1, px);
  g_autofree char *title = NULL;

  studio_rounded (cr, r->x, r->y, r->width, r->height, 8);
  studio_colors_set_alpha (view->colors, cr, STUDIO_TEXT_DIM, 0.06);
  cairo_fill_preserve (cr);
  studio_colors_set (view->colors, cr, STUDIO_BORDER_STRONG);
  cairo_set_line_width (cr, px);
  cairo_stroke (cr);
  if (view->level == STUDIO_LEVEL_CELLS || r->width < 60 * px)
    return;
  studio_groups_count (scene->groups);
  title = group->repeats > 1 ? g_strdup_printf ("%s  ×%u", group->name, group->repeats)
                             : g_strdup (group->name);
  cairo_save (cr);
  cairo_translate (cr, r->x, r->y);
  cairo_scale (cr, scale, scale);
  /* From afar there is no room for words above the nodes, but above the border. */
  if (scale > 1.8)
    cairo_translate (cr, -6, -21);
  /* The mark of what can be folded. */
  studio_colors_set (view->colors, cr, STUDIO_TEXT_DIM);
  cairo_new_path (cr);
  cairo_move_to (cr, 9, 10);
  cairo_line_to (cr, 17, 10);
  cairo_line_to (cr, 13, 15);
  cairo_close_path (cr);
  cairo_fill (cr);
  studio_colors_set (view->colors, cr, STUDIO_TEXT);
  studio_painter_text (view->painter, cr, STUDIO_FONT_NAME, title, 23, 17, 0,
                       MAX (10, r->width / scale - 32));
  cairo_restore (cr);
}

void
studio_draw_groups (StudioScene      *scene,
                    const StudioView *view,
                    cairo_t          *cr)
{
  StudioRect seen = studio_view_rect (view);

  for (guint g = 0; view->only == NULL && g < scene->groups->all->len; g++)
    {
      const StudioGroup *group = studio_groups_nth (scene->groups, g);

      if (group->rect.width > 0 && studio_rect_overlaps (&group->rect, &seen))
        draw_open (scene, view, group, cr);
    }
}

/* A short piece, and the name of what is at the other end. */
static void
draw_stub (const StudioScene *scene, const StudioView *view, const StudioStub *stub, cairo_t *cr)
{
  const StudioBox *box = &scene->boxes[stub->box];
  StudioPoint at = stub->out ? studio_box_output (box, stub->row)
                             : studio_box_input (box, stub->row);
  const AnfNode *other = anf_graph_find (scene->graph, stub->out ? stub->to : stub->from.node);
  const AnfNode *from = anf_graph_find (scene->graph, stub->from.node);
  gboolean constant = anf_op_category (anf_node_op (from)) == ANF_CAT_CONST;
  double way = stub->out ? 1 : -1, width;

  studio_colors_set (view->colors, cr, constant ? STUDIO_WIRE_CONST : STUDIO_WIRE_MAP);
  cairo_set_line_width (cr, 1.5);
  cairo_new_path (cr);
  cairo_move_to (cr, at.x, at.y);
  cairo_line_to (cr, at.x + way * STUB, at.y);
  cairo_stroke (cr);
  if (view->level < STUDIO_LEVEL_FULL)
    return;
  width = MIN (120, studio_painter_width (view->painter, STUDIO_FONT_CAPTION,
                                          anf_node_name (other))) + 12;
  studio_rounded (cr, stub->out ? at.x + STUB : at.x - STUB - width, at.y - 9, width, 18, 9);
  studio_colors_set (view->colors, cr, STUDIO_POPOVER);
  cairo_fill_preserve (cr);
  studio_colors_set (view->colors, cr, STUDIO_BORDER_STRONG);
  cairo_set_line_width (cr, 1 / view->zoom);
  cairo_stroke (cr);
  studio_colors_set (view->colors, cr, STUDIO_TEXT_DIM);
  studio_painter_text (view->painter, cr, STUDIO_FONT_CAPTION, anf_node_name (other),
                       stub->out ? at.x + STUB + 6 : at.x - STUB - width + 6, at.y + 4, 0, 120);
  studio_draw_port (view, cr, at, constant ? STUDIO_CLASS_CONST : STUDIO_CLASS_MAP, TRUE);
}

void
studio_draw_stubs (StudioScene      *scene,
                   const StudioView *view,
                   cairo_t          *cr)
{
  StudioRect rect = studio_view_rect (view), grown = studio_rect_grown (&rect, 160);
  gint64 last = -1;

  for (guint i = 0; view->level >= STUDIO_LEVEL_NAMES && i < scene->stubs->len; i++)
    {
      const StudioStub *stub = &g_array_index (scene->stubs, StudioStub, i);
      gint64 key = (gint64) stub->box << 32 | stub->row << 1 | stub->out;

      /* Several consumers of one output: the first stands for all. */
      if (key != last && studio_rect_overlaps (&scene->boxes[stub->box].box, &grown)
          && studio_view_shows (view, scene->boxes[stub->box].id))
        draw_stub (scene, view, stub, cr);
      last = key;
    }
}
