/* canvas-frame.c - frames: made round a selection, moved with what is in them, named, coloured. */
#include "canvas-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define AIR 24.0          /* between a frame and what it was made for */

static StudioFrame *
nth (GArray *frames, guint i)
{
  return &g_array_index (frames, StudioFrame, i);
}

static gboolean
ask (StudioCanvas *self, AnfGraphBuilder *b, const GArray *frames, const char *label)
{
  anf_graph_builder_set_note (b, 0, "frames", studio_frames_write (frames));
  return studio_canvas_ask (self, b, label, NULL);
}

void
studio_canvas_select_frame (StudioCanvas *self,
                            int           frame)
{
  studio_canvas_select (self, 0);
  self->frame = frame + 1;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
studio_canvas_add_frame (StudioCanvas *self)
{
  StudioScene *scene = studio_canvas_scene (self);
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self), frames = NULL;
  g_autofree char *what = studio_canvas_describe (self, ids), *label = NULL;
  StudioRect all = { 0, 0, -1, -1 };
  StudioFrame frame;

  if (scene == NULL || ids->len == 0)
    return;
  for (guint i = 0; i < ids->len; i++)
    studio_rect_add (&all, &studio_scene_box (scene, g_array_index (ids, AnfId, i))->box);
  frames = studio_frames_read (self->graph);
  all = studio_rect_grown (&all, AIR);
  all.y -= STUDIO_FRAME_TITLE;
  all.height += STUDIO_FRAME_TITLE;
  frame = (StudioFrame) { g_strdup (ids->len == 1 ? what : _("Frame")), all,
                          frames->len % STUDIO_FRAME_COLORS };
  g_array_append_val (frames, frame);
  label = g_strdup_printf (_("Frame %s"), what);
  if (ask (self, studio_canvas_begin_edit (self), frames, label))
    studio_canvas_select_frame (self, frames->len - 1);
}

/* The chosen frame's number in @frames (transfer full), or -1. */
static int
chosen (StudioCanvas *self, GArray **frames)
{
  *frames = self->graph != NULL ? studio_frames_read (self->graph) : studio_frames_new ();
  return self->frame > 0 && self->frame <= (int) (*frames)->len ? self->frame - 1 : -1;
}

gboolean
studio_canvas_delete_frame (StudioCanvas *self)
{
  g_autoptr(GArray) frames = NULL;
  int i = chosen (self, &frames);
  g_autofree char *label = NULL;

  if (i < 0)
    return FALSE;
  label = g_strdup_printf (_("Delete frame %s"), nth (frames, i)->title);
  g_array_remove_index (frames, i);
  self->frame = 0;
  return ask (self, studio_canvas_begin_edit (self), frames, label);
}

void
studio_canvas_name_frame (StudioCanvas *self,
                          const char   *title)
{
  g_autoptr(GArray) frames = NULL;
  int i = chosen (self, &frames);
  g_autofree char *label = NULL;

  if (i < 0 || g_str_equal (nth (frames, i)->title, title))
    return;
  label = g_strdup_printf (_("Rename frame %s to %s"), nth (frames, i)->title, title);
  g_free (nth (frames, i)->title);
  nth (frames, i)->title = g_strdup (title);
  ask (self, studio_canvas_begin_edit (self), frames, label);
}

void
studio_canvas_color_frame (StudioCanvas *self)
{
  g_autoptr(GArray) frames = NULL;
  int i = chosen (self, &frames);
  g_autofree char *label = NULL;

  if (i < 0)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  nth (frames, i)->color = (nth (frames, i)->color + 1) % STUDIO_FRAME_COLORS;
  label = g_strdup_printf (_("Colour frame %s"), nth (frames, i)->title);
  ask (self, studio_canvas_begin_edit (self), frames, label);
}

/* ---- dragged */

/* Its edges meet the grid. */
static StudioPoint
gone (StudioCanvas *self, const StudioRect *home)
{
  StudioPoint p = studio_canvas_to_plane (self, self->pointer_x, self->pointer_y);
  double right = home->x + home->width, bottom = home->y + home->height;

  p = (StudioPoint) { p.x - self->grab_x, p.y - self->grab_y };
  if (self->drag == STUDIO_DRAG_FRAME)
    return (StudioPoint) { studio_canvas_snapped (self, home->x + p.x) - home->x,
                           studio_canvas_snapped (self, home->y + p.y) - home->y };
  return (StudioPoint) {
    MAX (studio_canvas_snapped (self, right + p.x) - right, STUDIO_FRAME_LEAST - home->width),
    MAX (studio_canvas_snapped (self, bottom + p.y) - bottom, STUDIO_FRAME_LEAST - home->height)
  };
}

static void
put (StudioRect *rect, StudioDrag drag, StudioPoint by)
{
  if (drag == STUDIO_DRAG_FRAME)
    rect->x += by.x, rect->y += by.y;
  else
    rect->width += by.x, rect->height += by.y;
}

void
studio_canvas_press_frame (StudioCanvas    *self,
                           const StudioHit *hit)
{
  studio_canvas_select_frame (self, hit->port);
  self->drag = hit->kind == STUDIO_HIT_FRAME ? STUDIO_DRAG_FRAME : STUDIO_DRAG_FRAME_SIZE;
  g_clear_pointer (&self->carried, g_array_unref);
  self->carried = studio_frame_content (self->scene, hit->port);
}

void
studio_canvas_update_frame (StudioCanvas *self)
{
  g_autoptr(GArray) frames = studio_frames_read (self->graph);
  guint i = self->frame - 1;
  StudioRect *home = &nth (frames, i)->rect;
  StudioPoint by = gone (self, home);

  if (self->drag == STUDIO_DRAG_FRAME)
    studio_scene_displace (self->scene, self->carried, by.x, by.y);
  put (home, self->drag, by);
  nth (self->scene->frames, i)->rect = *home;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* A move takes along what the frame encloses. */
void
studio_canvas_drop_frame (StudioCanvas *self,
                          StudioDrag    drag)
{
  g_autoptr(GArray) frames = studio_frames_read (self->graph), carried = NULL;
  StudioFrame *frame = nth (frames, self->frame - 1);
  AnfGraphBuilder *b;
  g_autofree char *label = NULL;
  StudioPoint by;

  self->drag = drag;
  by = gone (self, &frame->rect);
  self->drag = STUDIO_DRAG_NONE;
  carried = g_steal_pointer (&self->carried);
  studio_scene_displace (self->scene, NULL, 0, 0);
  if (by.x == 0 && by.y == 0)
    return;
  put (&frame->rect, drag, by);
  b = studio_canvas_begin_edit (self);
  for (guint i = 0; drag == STUDIO_DRAG_FRAME && i < carried->len; i++)
    {
      AnfId id = g_array_index (carried, AnfId, i);
      StudioPoint at;

      if (studio_scene_home (self->scene, id, &at))
        anf_graph_builder_set_position (b, id, at.x + by.x, at.y + by.y);
    }
  label = g_strdup_printf (drag == STUDIO_DRAG_FRAME ? _("Move frame %s") : _("Resize frame %s"),
                           frame->title);
  ask (self, b, frames, label);
}
