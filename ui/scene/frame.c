/* frame.c - titled areas behind the nodes: the document's "frames". */
#include "draw.h"

#include <math.h>
#include <string.h>

static const double most = 1e6;     /* canvas units: what is beyond is no frame */

static gboolean
read_number (GVariant *frame, const char *key, double *value)
{
  g_autoptr(GVariant) number = g_variant_lookup_value (frame, key, NULL);

  if (number != NULL && g_variant_is_of_type (number, G_VARIANT_TYPE_DOUBLE))
    *value = g_variant_get_double (number);
  else if (number != NULL && g_variant_is_of_type (number, G_VARIANT_TYPE_INT64))
    *value = g_variant_get_int64 (number);
  else
    return FALSE;
  return fabs (*value) <= most;
}

static void
clear (gpointer data)
{
  g_free (((StudioFrame *) data)->title);
}

GArray *
studio_frames_new (void)
{
  GArray *frames = g_array_new (FALSE, FALSE, sizeof (StudioFrame));

  g_array_set_clear_func (frames, clear);
  return frames;
}

GArray *
studio_frames_read (const AnfGraph *graph)
{
  g_autoptr(GVariant) note = anf_graph_note (graph, 0, "frames", "aa{sv}");
  GArray *frames = studio_frames_new ();

  for (gsize i = 0; note != NULL && i < g_variant_n_children (note) && i < 10000; i++)
    {
      g_autoptr(GVariant) part = g_variant_get_child_value (note, i);
      StudioFrame frame = { NULL };
      double color = 0;

      if (!read_number (part, "x", &frame.rect.x) || !read_number (part, "y", &frame.rect.y)
          || !read_number (part, "width", &frame.rect.width)
          || !read_number (part, "height", &frame.rect.height)
          || frame.rect.width < STUDIO_FRAME_LEAST || frame.rect.height < STUDIO_FRAME_LEAST)
        continue;
      read_number (part, "color", &color);
      frame.color = color >= 0 ? (guint) color % STUDIO_FRAME_COLORS : 0;
      if (!g_variant_lookup (part, "title", "s", &frame.title))
        frame.title = g_strdup ("");
      g_array_append_val (frames, frame);
    }
  return frames;
}

GVariant *
studio_frames_write (const GArray *frames)
{
  GVariantBuilder all;

  if (frames->len == 0)
    return NULL;
  g_variant_builder_init (&all, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < frames->len; i++)
    {
      const StudioFrame *frame = &g_array_index (frames, StudioFrame, i);

      g_variant_builder_open (&all, G_VARIANT_TYPE ("a{sv}"));
      g_variant_builder_add (&all, "{sv}", "title", g_variant_new_string (frame->title));
      g_variant_builder_add (&all, "{sv}", "color", g_variant_new_int64 (frame->color));
      g_variant_builder_add (&all, "{sv}", "x", g_variant_new_double (frame->rect.x));
      g_variant_builder_add (&all, "{sv}", "y", g_variant_new_double (frame->rect.y));
      g_variant_builder_add (&all, "{sv}", "width", g_variant_new_double (frame->rect.width));
      g_variant_builder_add (&all, "{sv}", "height", g_variant_new_double (frame->rect.height));
      g_variant_builder_close (&all);
    }
  return g_variant_builder_end (&all);
}

GArray *
studio_frame_content (const StudioScene *scene,
                      guint              frame)
{
  return studio_scene_ids_in (scene, &g_array_index (scene->frames, StudioFrame, frame).rect,
                              FALSE);
}

int
studio_frame_at (const StudioScene *scene,
                 double             x,
                 double             y,
                 double             zoom,
                 gboolean          *corner)
{
  double grip = 14 / MIN (1, zoom);

  for (guint i = scene->frames->len; i-- > 0;)
    {
      const StudioRect *r = &g_array_index (scene->frames, StudioFrame, i).rect;
      double right = r->x + r->width, bottom = r->y + r->height;

      *corner = x <= right && y <= bottom && right - x + bottom - y <= grip;
      if (*corner || (studio_rect_contains (r, x, y)
                      && y <= r->y + MAX (STUDIO_FRAME_TITLE, 16 / zoom)))
        return i;
    }
  return -1;
}

static void
draw_grip (const StudioRect *r, double px, cairo_t *cr)
{
  double right = r->x + r->width - 3 * px, bottom = r->y + r->height - 3 * px;

  cairo_set_line_width (cr, px);
  cairo_new_path (cr);
  for (int i = 1; i <= 2; i++)
    {
      cairo_move_to (cr, right - 5 * i, bottom);
      cairo_line_to (cr, right, bottom - 5 * i);
    }
  cairo_stroke (cr);
}

static void
draw_frame (const StudioFrame *frame, gboolean selected, const StudioView *view, cairo_t *cr)
{
  StudioColorName color = STUDIO_SEG_0 + frame->color;
  const StudioRect *r = &frame->rect;
  double px = 1 / view->zoom, title = MIN (STUDIO_FRAME_TITLE, r->height);

  studio_rounded (cr, r->x, r->y, r->width, r->height, 8);
  studio_colors_set_alpha (view->colors, cr, color, 0.08);
  cairo_fill_preserve (cr);
  studio_colors_set_alpha (view->colors, cr, selected ? STUDIO_FOCUS : color, selected ? 1 : 0.7);
  cairo_set_line_width (cr, (selected ? 2 : 1) * px);
  cairo_stroke (cr);
  cairo_save (cr);
  cairo_rectangle (cr, r->x, r->y, r->width, title);
  cairo_clip (cr);
  studio_rounded (cr, r->x, r->y, r->width, MIN (r->height, title + 16), 8);
  studio_colors_set_alpha (view->colors, cr, color, 0.18);
  cairo_fill (cr);
  cairo_restore (cr);
  if (view->level == STUDIO_LEVEL_CELLS)
    return;
  studio_colors_set_alpha (view->colors, cr, color, 0.9);
  draw_grip (r, px, cr);
  /* A title stays legible when the nodes are not: it is what one looks for from afar. */
  cairo_save (cr);
  cairo_translate (cr, r->x, r->y);
  cairo_scale (cr, MAX (1, px), MAX (1, px));
  studio_colors_set (view->colors, cr, STUDIO_TEXT);
  studio_painter_text (view->painter, cr, STUDIO_FONT_NAME, frame->title, 10, 17, 0,
                       MAX (10, r->width / MAX (1, px) - 20));
  cairo_restore (cr);
}

void
studio_draw_frames (StudioScene      *scene,
                    const StudioView *view,
                    cairo_t          *cr)
{
  StudioRect seen = studio_view_rect (view);

  for (guint i = 0; view->only == NULL && i < scene->frames->len; i++)
    {
      const StudioFrame *frame = &g_array_index (scene->frames, StudioFrame, i);

      if (studio_rect_overlaps (&frame->rect, &seen))
        draw_frame (frame, view->frame == (int) i + 1, view, cr);
    }
}
