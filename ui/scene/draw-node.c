/* draw-node.c - a node at each level of detail. */
#include "draw.h"

#include <math.h>

typedef struct
{
  const StudioScene *scene;
  const StudioView  *view;
  StudioBox         *box;
  cairo_t           *cr;
  double             x, y, w, h;
  double             alpha;       /* less for what takes no part in a drag, or is muted */
} Pen;

static void
ink (const Pen *pen, StudioColorName name)
{
  studio_colors_set_alpha (pen->view->colors, pen->cr, name, pen->alpha);
}

/* Text at @dx, @dy from the node's corner. It stops growing at 200 %. */
static double
words (const Pen *pen, StudioFont font, const char *text, double dx, double dy, double align,
       double room)
{
  double scale = MIN (1, 2 / pen->view->zoom), width;

  if (scale == 1)
    return studio_painter_text (pen->view->painter, pen->cr, font, text, pen->x + dx, pen->y + dy,
                                align, room);
  cairo_save (pen->cr);
  cairo_translate (pen->cr, pen->x + dx, pen->y + dy);
  cairo_scale (pen->cr, scale, scale);
  width = studio_painter_text (pen->view->painter, pen->cr, font, text, 0, 0, align, room / scale);
  cairo_restore (pen->cr);
  return width * scale;
}

static double
width_of (const Pen *pen, StudioFont font, const char *text)
{
  return studio_painter_width (pen->view->painter, font, text) * MIN (1, 2 / pen->view->zoom);
}

/* Is the node of that id this one, or in this group? */
static gboolean
is_at (const Pen *pen, AnfId id)
{
  return id != 0 && (pen->box->group < 0 ? id == pen->box->id
                                         : studio_scene_box (pen->scene, id) == pen->box);
}

/* A group is shown when one of its nodes is. */
static gboolean
shows (const StudioView *view, const StudioBox *box)
{
  gboolean any = view->only == NULL || studio_view_shows (view, box->id);

  for (guint i = 0; !any && box->members != NULL && i < box->members->len; i++)
    any = studio_view_shows (view, g_array_index (box->members, AnfId, i));
  return any;
}

/* ---- rings */

static void
draw_ring (const Pen *pen)
{
  static const double offset_of[] = { 2, 1, 2, 3.5, 3.5 };
  const GArray *selection = pen->view->selection;
  gboolean selected = studio_view_selects (pen->view, pen->scene, pen->box);
  gboolean active = selected && selection->len > 1
                    && is_at (pen, g_array_index (selection, AnfId, selection->len - 1));
  double px = 1 / pen->view->zoom, off = offset_of[pen->view->level] * px;

  if (!selected && !is_at (pen, pen->view->focus))
    return;
  ink (pen, STUDIO_FOCUS);
  cairo_set_line_width (pen->cr, (active ? 3 : 2) * px);
  if (!selected)
    cairo_set_dash (pen->cr, (double[]) { 4 * px, 3 * px }, 2, 0);
  studio_rounded (pen->cr, pen->x - off, pen->y - off, pen->w + 2 * off, pen->h + 2 * off,
                  6 + MIN (3.5, off));
  cairo_stroke (pen->cr);
  cairo_set_dash (pen->cr, NULL, 0, 0);
}

/* ---- 72 % and more */

/* A clip would be shorter and five times as slow. */
static void
trace_header (const Pen *pen)
{
  double r = 6, right = pen->x + pen->w, bottom = pen->y + STUDIO_HEADER;

  cairo_new_path (pen->cr);
  cairo_move_to (pen->cr, pen->x, bottom);
  cairo_arc (pen->cr, pen->x + r, pen->y + r, r, G_PI, 1.5 * G_PI);
  cairo_arc (pen->cr, right - r, pen->y + r, r, -G_PI_2, 0);
  cairo_line_to (pen->cr, right, bottom);
  cairo_close_path (pen->cr);
}

/* A muted node is drawn dashed. */
static void
set_dash (const Pen *pen)
{
  double px = 1 / pen->view->zoom;

  if (pen->box->muted != NULL)
    cairo_set_dash (pen->cr, (double[]) { 4 * px, 3 * px }, 2, 0);
}

static void
draw_body (const Pen *pen)
{
  gboolean hover = is_at (pen, pen->view->hover);

  if (pen->box->group >= 0)
    studio_draw_stack (pen->view, pen->cr, &pen->box->box, pen->alpha);
  studio_rounded (pen->cr, pen->x, pen->y, pen->w, pen->h, 6);
  ink (pen, STUDIO_NODE);
  cairo_fill (pen->cr);
  trace_header (pen);
  ink (pen, STUDIO_HEAD_0 + pen->box->category);
  cairo_fill (pen->cr);
  studio_rounded (pen->cr, pen->x, pen->y, pen->w, pen->h, 6);
  ink (pen, pen->box->category == ANF_CAT_BRIDGE ? STUDIO_SEG_BRIDGE
            : hover ? STUDIO_BORDER_STRONG : STUDIO_NODE_BORDER);
  cairo_set_line_width (pen->cr, 1 / pen->view->zoom);
  set_dash (pen);
  cairo_stroke (pen->cr);
  cairo_set_dash (pen->cr, NULL, 0, 0);
}

/* What comes in goes out: a line through the body says so. */
static void
draw_through (const Pen *pen)
{
  StudioPoint a = studio_box_input (pen->box, 0), b = studio_box_output (pen->box, 0);

  cairo_new_path (pen->cr);
  cairo_move_to (pen->cr, a.x, a.y);
  cairo_line_to (pen->cr, b.x, b.y);
  ink (pen, STUDIO_TEXT_DIM);
  cairo_set_line_width (pen->cr, 1.5);
  set_dash (pen);
  cairo_stroke (pen->cr);
  cairo_set_dash (pen->cr, NULL, 0, 0);
}

/* The public name of an output, as a flag that starts at @dx. */
static double
draw_flag (const Pen *pen, double dx)
{
  double width = width_of (pen, STUDIO_FONT_MONO_BOLD, pen->box->flag) + 12;
  double x = pen->x + dx, y = pen->y + 6;

  cairo_new_path (pen->cr);
  cairo_move_to (pen->cr, x, y);
  cairo_line_to (pen->cr, x + width, y);
  cairo_line_to (pen->cr, x + width + 5, y + 7.5);
  cairo_line_to (pen->cr, x + width, y + 15);
  cairo_line_to (pen->cr, x, y + 15);
  cairo_close_path (pen->cr);
  ink (pen, STUDIO_NODE);
  cairo_fill_preserve (pen->cr);
  ink (pen, STUDIO_TEXT_DIM);
  cairo_set_line_width (pen->cr, 1 / pen->view->zoom);
  cairo_stroke (pen->cr);
  ink (pen, STUDIO_NODE_TEXT);
  words (pen, STUDIO_FONT_MONO_BOLD, pen->box->flag, dx + 6, 17, 0, 0);
  return width + 5;
}

static void
draw_header (const Pen *pen)
{
  const char *name = studio_box_title (pen->scene, pen->box);
  g_autofree char *op = studio_box_kind (pen->scene, pen->box);
  double right = pen->box->badge >= 0 ? pen->w - 28 : pen->w - 9;
  double op_width = width_of (pen, STUDIO_FONT_CAPTION, op);
  double flag = pen->box->flag != NULL
                ? width_of (pen, STUDIO_FONT_MONO_BOLD, pen->box->flag) + 26 : 0;
  double room, used;

  ink (pen, STUDIO_CAT_0 + pen->box->category);
  studio_painter_glyph (pen->view->painter, pen->cr, pen->box->category, pen->x + 8, pen->y + 6,
                        16);

  /* The op gives way to a flag, and the name to both. */
  room = right - 30 - flag;
  if (op_width + 8 > room - 24)
    op_width = MAX (0, room - 60);
  room -= op_width + 8;
  ink (pen, STUDIO_NODE_TEXT);
  used = words (pen, STUDIO_FONT_NAME, name, 30, 18.5, 0, MAX (24, room));
  if (pen->box->flag != NULL)
    used += 9 + draw_flag (pen, 30 + used + 9);
  ink (pen, STUDIO_TEXT_DIM);
  if (right - 38 - used > 12)
    words (pen, STUDIO_FONT_CAPTION, op, right, 18, 1, right - 38 - used);
  if (pen->box->badge >= 0)
    studio_draw_badge (pen->view, pen->cr, pen->box->badge, pen->x + pen->w - 23, pen->y + 6, 16);
}

/* Class of what comes in at a port, and whether anything does. */
static gboolean
input_class (const Pen *pen, guint i, StudioClass *class)
{
  guint b = pen->box - pen->scene->boxes;

  for (guint k = pen->scene->in_first[b]; k < pen->scene->in_first[b + 1]; k++)
    {
      const StudioWire *wire = &pen->scene->wires[pen->scene->in_wires[k]];

      if (wire->row_in == i)
        {
          *class = wire->class;
          return TRUE;
        }
    }
  *class = STUDIO_CLASS_CONST;
  return FALSE;
}

static const char *
input_label (const Pen *pen, guint i)
{
  const AnfOp *op = anf_node_op (pen->box->node);
  const AnfPort *port, *last = NULL;

  if (pen->box->from != NULL)
    {
      AnfId from = i < pen->box->from->len ? g_array_index (pen->box->from, AnfRef, i).node : 0;

      return from != 0 ? anf_node_name (anf_graph_find (pen->scene->graph, from)) : "";
    }
  if (i < anf_node_n_inputs (pen->box->node))
    return anf_node_input_name (pen->box->node, i);
  for (guint k = 0; (port = anf_op_input (op, k)) != NULL; k++)
    last = port;
  return last != NULL ? last->name : "";
}

static void
draw_ports (const Pen *pen)
{
  for (guint i = 0; i < pen->box->n_in; i++)
    {
      double dy = STUDIO_FIRST_PORT + STUDIO_PORT_PITCH * i;
      gboolean open = pen->box->open && i + 1 == pen->box->n_in;
      StudioClass class;
      gboolean wired = input_class (pen, i, &class);

      studio_draw_port (pen->view, pen->cr, studio_box_input (pen->box, i), class, wired);
      ink (pen, open ? STUDIO_TEXT_FAINT : STUDIO_TEXT_DIM);
      words (pen, STUDIO_FONT_CAPTION, input_label (pen, i), 11, dy + 4, 0, pen->w / 2 - 20);
    }
  for (guint i = 0; i < pen->box->n_out; i++)
    {
      double dy = STUDIO_FIRST_PORT + STUDIO_PORT_PITCH * i;
      gboolean wired = i < 32 && (pen->box->wired_out >> i & 1);

      ink (pen, STUDIO_TEXT_DIM);
      words (pen, STUDIO_FONT_MONO, pen->box->shapes[i], pen->w - 11, dy + 3.8, 1, pen->w - 60);
      studio_draw_port (pen->view, pen->cr, studio_box_output (pen->box, i),
                        studio_scene_class (pen->scene, pen->box, i),
                        wired || pen->box->flag != NULL);
    }
}

static double
draw_tag (const Pen *pen)
{
  StudioColorName color = studio_encoding_color (pen->box->encoding);
  double width = width_of (pen, STUDIO_FONT_MONO_BOLD, pen->box->tag) + 10;

  studio_rounded (pen->cr, pen->x + 8, pen->y + pen->h - 17.5, width, 14, 3.5);
  ink (pen, color - STUDIO_ENC_FP16 + STUDIO_ENCBG_FP16);
  cairo_fill (pen->cr);
  ink (pen, color);
  words (pen, STUDIO_FONT_MONO_BOLD, pen->box->tag, 13, pen->h - 7, 0, 0);
  return 8 + width + 6;
}

static void
draw_footer (const Pen *pen)
{
  double px = 1 / pen->view->zoom, left = 8, right = pen->w - 9;

  cairo_rectangle (pen->cr, pen->x + 8, pen->y + pen->h - STUDIO_FOOTER, pen->w - 16, px);
  ink (pen, STUDIO_BORDER);
  cairo_fill (pen->cr);
  if (pen->box->tag != NULL)
    left = draw_tag (pen);
  if (pen->box->cost != NULL)
    {
      double width = width_of (pen, STUDIO_FONT_MONO, pen->box->cost);

      if (pen->scene->stale)
        {
          StudioRect back = { pen->x + right - width - 4, pen->y + pen->h - 18, width + 6, 14 };

          cairo_save (pen->cr);
          studio_rounded (pen->cr, back.x, back.y, back.width, back.height, 3);
          cairo_clip (pen->cr);
          ink (pen, STUDIO_BORDER);
          studio_hatch (pen->cr, &back, 4, 1);
          cairo_restore (pen->cr);
        }
      ink (pen, pen->scene->stale ? STUDIO_TEXT_FAINT : STUDIO_NODE_TEXT);
      right -= words (pen, STUDIO_FONT_MONO, pen->box->cost, right, pen->h - 7, 1, 0) + 6;
    }
  ink (pen, STUDIO_TEXT_DIM);
  if (*pen->box->attrs != '\0' && right - left > 16)
    words (pen, STUDIO_FONT_CAPTION, pen->box->attrs, left, pen->h - 7, 0, right - left);
}

/* 200 % and more: what there is room for now. */
static void
draw_close (const Pen *pen)
{
  for (guint i = 0; i < pen->box->n_out; i++)
    {
      AnfRef ref = studio_scene_gives (pen->scene, pen->box, i);
      const AnfType *type = pen->scene->report != NULL
                            ? anf_report_type (pen->scene->report, ref.node, ref.port) : NULL;
      g_autofree char *bytes = type != NULL ? studio_scene_bytes (anf_type_bytes (type)) : NULL;
      g_autofree char *text = type != NULL ? g_strdup_printf ("%s %s", bytes,
                                                              anf_dtype_name (type->dtype)) : NULL;

      ink (pen, STUDIO_TEXT_FAINT);
      if (text != NULL)
        words (pen, STUDIO_FONT_MONO, text, pen->w - 11,
               STUDIO_FIRST_PORT + STUDIO_PORT_PITCH * i + 9.5, 1, pen->w - 60);
    }
}

static void
draw_marks (const Pen *pen)
{
  StudioClass class;

  for (guint i = 0; i < pen->box->n_in; i++)
    if (input_class (pen, i, &class))
      studio_draw_port (pen->view, pen->cr, studio_box_input (pen->box, i), class, TRUE);
  for (guint i = 0; i < pen->box->n_out; i++)
    studio_draw_port (pen->view, pen->cr, studio_box_output (pen->box, i),
                      studio_scene_class (pen->scene, pen->box, i), TRUE);
}

/* A pin on the upper border. */
static void
draw_pin (const Pen *pen)
{
  double x = pen->x + 16, y = pen->y;

  ink (pen, STUDIO_ACCENT);
  cairo_new_path (pen->cr);
  cairo_arc (pen->cr, x, y - 4, 4, 0, 2 * G_PI);
  cairo_fill (pen->cr);
  cairo_rectangle (pen->cr, x - 0.75, y - 2, 1.5, 8);
  cairo_fill (pen->cr);
}

static void
draw_full (const Pen *pen)
{
  studio_scene_facts (pen->scene, pen->box);
  draw_body (pen);
  draw_header (pen);
  if (pen->box->pinned)
    draw_pin (pen);
  if (pen->box->collapsed)
    {
      draw_marks (pen);
      return;
    }
  if (pen->box->muted != NULL)
    {
      draw_through (pen);
      draw_marks (pen);
      return;
    }
  draw_footer (pen);
  draw_ports (pen);
  if (pen->view->level == STUDIO_LEVEL_CLOSE)
    draw_close (pen);
}

/* ---- 12 to 72 % */

/* Head colour all over, the category as a bar at the left. */
static void
draw_block (const Pen *pen)
{
  double px = 1 / pen->view->zoom, r = 4 * px, bar = 3 * px;

  studio_rounded (pen->cr, pen->x, pen->y, pen->w, pen->h, r);
  ink (pen, STUDIO_HEAD_0 + pen->box->category);
  cairo_fill_preserve (pen->cr);
  ink (pen, is_at (pen, pen->view->hover) ? STUDIO_BORDER_STRONG : STUDIO_NODE_BORDER);
  cairo_set_line_width (pen->cr, px);
  set_dash (pen);
  cairo_stroke (pen->cr);
  cairo_set_dash (pen->cr, NULL, 0, 0);

  cairo_new_path (pen->cr);
  cairo_move_to (pen->cr, pen->x + bar, pen->y + pen->h);
  cairo_arc (pen->cr, pen->x + r, pen->y + pen->h - r, r, G_PI_2, G_PI);
  cairo_arc (pen->cr, pen->x + r, pen->y + r, r, G_PI, 1.5 * G_PI);
  cairo_line_to (pen->cr, pen->x + bar, pen->y);
  cairo_close_path (pen->cr);
  ink (pen, STUDIO_CAT_0 + pen->box->category);
  cairo_fill (pen->cr);
}

/* Name and op at a fixed size on the screen. */
static void
draw_names (const Pen *pen)
{
  double zoom = pen->view->zoom, room = pen->w * zoom - 14;
  double badge = pen->box->badge >= 0 ? 15 : 0;
  g_autofree char *kind = studio_box_kind (pen->scene, pen->box);

  if (pen->box->group >= 0)
    studio_draw_stack (pen->view, pen->cr, &pen->box->box, pen->alpha);
  draw_block (pen);
  cairo_save (pen->cr);
  cairo_translate (pen->cr, pen->x, pen->y);
  cairo_scale (pen->cr, 1 / zoom, 1 / zoom);
  ink (pen, STUDIO_NODE_TEXT);
  studio_painter_text (pen->view->painter, pen->cr, STUDIO_FONT_NAME,
                       studio_box_title (pen->scene, pen->box), 9, 15.5, 0, MAX (10, room - badge));
  ink (pen, STUDIO_TEXT_DIM);
  if (pen->h * zoom >= 31)
    studio_painter_text (pen->view->painter, pen->cr, STUDIO_FONT_CAPTION,
                         kind, 9, MIN (29.5, pen->h * zoom - 3), 0,
                         MAX (10, room));
  if (pen->box->badge >= 0)
    studio_draw_badge (pen->view, pen->cr, pen->box->badge, pen->w * zoom - 16, 3, 13);
  cairo_restore (pen->cr);
}

/* Boxes were drawn for all nodes at once: draw_boxes (). */
static void
draw_glyphs (const Pen *pen)
{
  double px = 1 / pen->view->zoom, size = MIN (13 * px, pen->h * 0.7);

  ink (pen, STUDIO_CAT_0 + pen->box->category);
  studio_painter_glyph (pen->view->painter, pen->cr, pen->box->category,
                        pen->x + (pen->w - size) / 2, pen->y + (pen->h - size) / 2, size);
}

/* ---- badges far out */

static void
draw_disc (const Pen *pen)
{
  static const StudioColorName color[] = { STUDIO_INFO, STUDIO_WARN, STUDIO_BAD };
  double px = 1 / pen->view->zoom;

  if (pen->box->badge < ANF_WARNING)
    return;
  ink (pen, color[pen->box->badge]);
  cairo_new_path (pen->cr);
  if (pen->view->level == STUDIO_LEVEL_GLYPHS)
    {
      cairo_arc (pen->cr, pen->x + pen->w, pen->y, 6 * px, 0, 2 * G_PI);
      cairo_fill (pen->cr);
      return;
    }
  cairo_set_line_width (pen->cr, 1.5 * px);
  cairo_arc (pen->cr, pen->x + pen->w / 2, pen->y + pen->h / 2, MAX (pen->h / 2 + px, 5 * px), 0,
             2 * G_PI);
  cairo_stroke (pen->cr);
}

/* Boxes of one category, on whole px: soft edges would make them the dearest part of a picture. */
static void
trace_boxes (StudioScene *scene, const StudioView *view, const GArray *near, int category,
             double inset, double bar, cairo_t *cr)
{
  cairo_new_path (cr);
  for (guint i = 0; i < near->len; i++)
    {
      const StudioBox *box = &scene->boxes[g_array_index (near, guint, i)];
      double x = round ((box->box.x - view->x) * view->zoom);
      double y = round ((box->box.y - view->y) * view->zoom);
      double w = round (box->box.width * view->zoom), h = round (box->box.height * view->zoom);

      if (box->category == (AnfCategory) category && shows (view, box))
        cairo_rectangle (cr, x + inset, y + inset, bar > 0 ? bar : MAX (1, w - 2 * inset),
                         MAX (1, h - 2 * inset));
    }
}

static void
draw_boxes (StudioScene *scene, const StudioView *view, const GArray *near, cairo_t *cr)
{
  double alpha = view->wiring != NULL && view->wiring->fits != NULL ? 0.38 : 1;

  cairo_save (cr);
  cairo_translate (cr, view->x, view->y);
  cairo_scale (cr, 1 / view->zoom, 1 / view->zoom);
  for (int category = 0; category < ANF_N_CATEGORIES; category++)
    {
      studio_colors_set_alpha (view->colors, cr, STUDIO_CAT_0 + category, alpha);
      trace_boxes (scene, view, near, category, 0, 0, cr);
      cairo_fill (cr);
      if (view->level == STUDIO_LEVEL_CELLS)
        continue;
      studio_colors_set (view->colors, cr, STUDIO_HEAD_0 + category);
      trace_boxes (scene, view, near, category, 1, 0, cr);
      cairo_fill (cr);
      studio_colors_set_alpha (view->colors, cr, STUDIO_CAT_0 + category, alpha);
      trace_boxes (scene, view, near, category, 0, 2, cr);
      cairo_fill (cr);
    }
  cairo_restore (cr);
}

static void
draw_node (const Pen *pen)
{
  switch (pen->view->level)
    {
    case STUDIO_LEVEL_CELLS:
      break;
    case STUDIO_LEVEL_GLYPHS:
      draw_glyphs (pen);
      break;
    case STUDIO_LEVEL_NAMES:
      draw_names (pen);
      draw_marks (pen);
      break;
    default:
      draw_full (pen);
      break;
    }
  draw_ring (pen);
  if (pen->view->level <= STUDIO_LEVEL_GLYPHS)
    draw_disc (pen);
}

void
studio_draw_nodes (StudioScene      *scene,
                   const StudioView *view,
                   cairo_t          *cr)
{
  StudioRect rect = studio_view_rect (view);
  StudioRect grown = studio_rect_grown (&rect, 12);
  g_autoptr(GArray) near = studio_scene_boxes_in (scene, &grown);

  if (view->level <= STUDIO_LEVEL_GLYPHS)
    draw_boxes (scene, view, near, cr);
  for (guint i = 0; i < near->len; i++)
    {
      guint b = g_array_index (near, guint, i);
      StudioBox *box = &scene->boxes[b];
      const StudioWiring *wiring = view->wiring;
      Pen pen = { scene, view, box, cr, box->box.x, box->box.y, box->box.width, box->box.height,
                  box->muted != NULL ? 0.7 : 1 };

      if (wiring != NULL && wiring->fits != NULL && wiring->fits[b] == 0
          && studio_scene_box (scene, wiring->over) != box)
        pen.alpha = 0.38;
      if (shows (view, box))
        draw_node (&pen);
    }
}
