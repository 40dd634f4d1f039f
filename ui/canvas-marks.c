/* canvas-marks.c - rings and words over the nodes of a canvas, and two canvases that look alike. */
#include "canvas-marks.h"

#include <math.h>
#include <string.h>

#include "canvas-place.h"
#include "canvas-private.h"
#include "chart.h"

#define CARD_WIDTH 132.0
#define LINE 14.0
#define EDGE 6.0

/* What is said of a node. */
typedef struct { int mark; char *words; GdkTexture *picture; } Note;

struct _StudioCanvasMarks
{
  GtkWidget     parent_instance;

  StudioCanvas *canvas;            /* beside us in one overlay: it goes with it */
  GHashTable   *notes;             /* AnfId -> Note */
  double        x, y, zoom;        /* as last drawn */
};

G_DEFINE_FINAL_TYPE (StudioCanvasMarks, studio_canvas_marks, GTK_TYPE_WIDGET)

static void
note_free (gpointer data)
{
  Note *note = data;

  g_free (note->words);
  g_clear_object (&note->picture);
  g_free (note);
}

static Note *
note_of (StudioCanvasMarks *self, AnfId id)
{
  Note *note = g_hash_table_lookup (self->notes, GSIZE_TO_POINTER (id));

  if (note == NULL)
    {
      note = g_new0 (Note, 1);
      note->mark = -1;
      g_hash_table_insert (self->notes, GSIZE_TO_POINTER (id), note);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
  return note;
}

void
studio_canvas_marks_clear (StudioCanvasMarks *self)
{
  g_hash_table_remove_all (self->notes);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
studio_canvas_marks_add (StudioCanvasMarks *self, AnfId id, StudioMark mark)
{
  note_of (self, id)->mark = mark;
}

void
studio_canvas_marks_pin (StudioCanvasMarks *self, AnfId id, const char *words, GdkTexture *picture)
{
  Note *note = note_of (self, id);

  g_free (note->words);
  note->words = g_strdup (words);
  g_set_object (&note->picture, picture);
}

guint
studio_canvas_marks_n (StudioCanvasMarks *self)
{
  return g_hash_table_size (self->notes);
}

/* ------------------------------------------------------------------------ drawing */

/* Green, red and amber are told apart by their lines, too: whole, dashed, dotted. */
static void
draw_ring (StudioCanvasMarks *self, cairo_t *cr, const StudioRect *box, int mark)
{
  static const char *const colors[] = { "anf_good", "anf_bad", "anf_warn" };
  static const double dashes[][2] = { { 1, 0 }, { 6, 4 }, { 2, 3 } };

  studio_chart_set_color (GTK_WIDGET (self), cr, colors[mark]);
  cairo_set_line_width (cr, 3);
  if (mark != STUDIO_MARK_ADDED)
    cairo_set_dash (cr, dashes[mark], 2, 0);
  studio_rounded (cr, box->x - 3.5, box->y - 3.5, box->width + 7, box->height + 7, 8);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
}

static void
draw_card (StudioCanvasMarks *self, GtkSnapshot *snapshot, cairo_t *cr, const StudioRect *box,
           const Note *note)
{
  g_auto(GStrv) lines = g_strsplit (note->words, "\n", -1);
  guint n = g_strv_length (lines);
  double picture = note->picture != NULL ? 64 : 0, height = picture + n * LINE + 2 * EDGE;
  double x = round (box->x), y = round (box->y + box->height + 6);
  GtkWidget *widget = GTK_WIDGET (self);

  studio_rounded (cr, x + 0.5, y + 0.5, CARD_WIDTH - 1, height - 1, 6);
  studio_chart_set_color (widget, cr, "anf_popover");
  cairo_fill_preserve (cr);
  studio_chart_set_color (widget, cr, "anf_border_strong");
  cairo_set_line_width (cr, 1);
  cairo_stroke (cr);
  for (guint i = 0; i < n; i++)
    {
      studio_chart_set_color (widget, cr, i == 0 ? "anf_text" : "anf_text_dim");
      studio_chart_text (widget, cr, lines[i], x + EDGE, y + EDGE + picture + (i + 0.5) * LINE, 0,
                         i > 0);
    }
  if (note->picture != NULL)
    gtk_snapshot_append_texture (snapshot, note->picture,
                                 &GRAPHENE_RECT_INIT (x + EDGE, y + EDGE, CARD_WIDTH - 2 * EDGE,
                                                      picture - 4));
}

static void
studio_canvas_marks_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  StudioCanvasMarks *self = STUDIO_CANVAS_MARKS (widget);
  StudioScene *scene = studio_canvas_scene (self->canvas);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  g_autoptr(GList) ids = g_hash_table_get_keys (self->notes);
  cairo_t *cr = NULL;

  if (scene == NULL || ids == NULL)
    return;
  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  for (GList *l = ids; l != NULL; l = l->next)
    {
      const Note *note = g_hash_table_lookup (self->notes, l->data);
      const StudioBox *box = studio_scene_box (scene, GPOINTER_TO_SIZE (l->data));
      StudioPoint at;
      StudioRect place;

      if (box == NULL)
        continue;
      at = studio_canvas_to_px (self->canvas, box->box.x, box->box.y);
      place = (StudioRect) { at.x, at.y, box->box.width * self->canvas->zoom,
                             box->box.height * self->canvas->zoom };
      if (place.x > width || place.y > height || place.x + place.width + CARD_WIDTH < 0
          || place.y + place.height + 160 < 0)
        continue;
      cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
      if (note->mark >= 0)
        draw_ring (self, cr, &place, note->mark);
      if (note->words != NULL && self->canvas->zoom > 0.35)
        draw_card (self, snapshot, cr, &place, note);
      cairo_destroy (cr);
    }
  gtk_snapshot_pop (snapshot);
}

/* ------------------------------------------------------------------------ following */

/* In every frame that is drawn anyway: a tick callback would ask for more of them. */
static void
on_frame (GdkFrameClock *clock, StudioCanvasMarks *self)
{
  double x, y, zoom;

  if (!gtk_widget_get_mapped (GTK_WIDGET (self)) || g_hash_table_size (self->notes) == 0)
    return;
  studio_canvas_get_place (self->canvas, &x, &y, &zoom);
  if (x != self->x || y != self->y || zoom != self->zoom)
    gtk_widget_queue_draw (GTK_WIDGET (self));
  self->x = x;
  self->y = y;
  self->zoom = zoom;
}

static void
studio_canvas_marks_realize (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (studio_canvas_marks_parent_class)->realize (widget);
  g_signal_connect_object (gtk_widget_get_frame_clock (widget), "update", G_CALLBACK (on_frame),
                           widget, 0);
}

static void
studio_canvas_marks_unrealize (GtkWidget *widget)
{
  g_signal_handlers_disconnect_by_func (gtk_widget_get_frame_clock (widget), on_frame, widget);
  GTK_WIDGET_CLASS (studio_canvas_marks_parent_class)->unrealize (widget);
}

/* Cards that follow a drag need the scene's own places. */
static void
on_canvas_changed (StudioCanvasMarks *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
studio_canvas_marks_contains (GtkWidget *widget, double x, double y)
{
  return FALSE;
}

typedef struct { double place[3]; StudioCanvas *one, *other; } Lock;

static void
on_lock (GdkFrameClock *clock, Lock *lock)
{
  double one[3], other[3];

  if (!gtk_widget_get_mapped (GTK_WIDGET (lock->one)))
    return;
  studio_canvas_get_place (lock->one, &one[0], &one[1], &one[2]);
  studio_canvas_get_place (lock->other, &other[0], &other[1], &other[2]);
  if (memcmp (one, other, sizeof one) == 0)
    memcpy (lock->place, one, sizeof one);
  /* Whichever has left the place where both were is followed. */
  else if (memcmp (one, lock->place, sizeof one) != 0)
    {
      studio_canvas_set_place (lock->other, one[0], one[1], one[2]);
      memcpy (lock->place, one, sizeof one);
    }
  else
    {
      studio_canvas_set_place (lock->one, other[0], other[1], other[2]);
      memcpy (lock->place, other, sizeof other);
    }
}

static void
on_lock_realized (GtkWidget *widget, Lock *lock)
{
  g_signal_connect (gtk_widget_get_frame_clock (widget), "update", G_CALLBACK (on_lock), lock);
}

static void
on_lock_unrealized (GtkWidget *widget, Lock *lock)
{
  g_signal_handlers_disconnect_by_func (gtk_widget_get_frame_clock (widget), on_lock, lock);
}

void
studio_canvas_lock (StudioCanvas *a, StudioCanvas *b)
{
  Lock *lock = g_new0 (Lock, 1);

  *lock = (Lock) { { NAN, NAN, NAN }, a, b };
  g_object_set_data_full (G_OBJECT (a), "studio-lock", lock, g_free);
  g_signal_connect (a, "realize", G_CALLBACK (on_lock_realized), lock);
  g_signal_connect (a, "unrealize", G_CALLBACK (on_lock_unrealized), lock);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_canvas_marks_dispose (GObject *object)
{
  StudioCanvasMarks *self = STUDIO_CANVAS_MARKS (object);

  g_clear_pointer (&self->notes, g_hash_table_unref);
  G_OBJECT_CLASS (studio_canvas_marks_parent_class)->dispose (object);
}

static void
studio_canvas_marks_class_init (StudioCanvasMarksClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_canvas_marks_dispose;
  widget_class->snapshot = studio_canvas_marks_snapshot;
  widget_class->contains = studio_canvas_marks_contains;
  widget_class->realize = studio_canvas_marks_realize;
  widget_class->unrealize = studio_canvas_marks_unrealize;
}

static void
studio_canvas_marks_init (StudioCanvasMarks *self)
{
  self->notes = g_hash_table_new_full (NULL, NULL, NULL, note_free);
  gtk_widget_set_can_target (GTK_WIDGET (self), FALSE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
}

GtkWidget *
studio_canvas_marks_new (StudioCanvas *canvas)
{
  StudioCanvasMarks *self = g_object_new (STUDIO_TYPE_CANVAS_MARKS, NULL);

  self->canvas = canvas;
  g_signal_connect_object (canvas, "notify", G_CALLBACK (on_canvas_changed), self,
                           G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}
