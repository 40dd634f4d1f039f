/* encoding-cell.c - one encoding of one weight: colour is the error, text is error and bytes. */
#include "encoding-cell.h"

#include <glib/gi18n-lib.h>

#include "chart.h"
#include "edits.h"
#include "format.h"
#include "table.h"

#define WIDTH  80
#define HEIGHT 38
#define TEXT   56                  /* px at the right that text may need */

struct _StudioEncodingCell
{
  GtkWidget parent_instance;

  AnfEncoding      encoding;
  AnfEncodingFacts facts;
  gboolean         any, chosen, pinned;
};

G_DEFINE_FINAL_TYPE (StudioEncodingCell, studio_encoding_cell, GTK_TYPE_WIDGET)

enum { CHOOSE, N_SIGNALS };
static guint signals[N_SIGNALS];

static char *
error_text (const AnfEncodingFacts *facts)
{
  return facts->error == 0 ? g_strdup (_("exact")) : studio_format_real (facts->error);
}

void
studio_encoding_cell_show (StudioEncodingCell *self, const AnfWeightFacts *facts,
                           AnfEncoding encoding, const char *words, const AnfEffect *effect)
{
  g_autofree char *error = NULL, *bytes = NULL, *name = NULL, *tip = NULL, *alone = NULL;
  const AnfEncodingFacts *is = facts != NULL ? &facts->encoding[encoding] : NULL;

  g_return_if_fail (STUDIO_IS_ENCODING_CELL (self));

  self->any = is != NULL;
  self->encoding = encoding;
  if (is != NULL)
    self->facts = *is;
  self->facts.why = NULL;          /* shown now, not kept */
  self->chosen = facts != NULL && facts->chosen == encoding;
  self->pinned = self->chosen && facts->pinned;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (is == NULL)
    return;

  error = error_text (is);
  bytes = studio_format_bytes (is->bytes);
  if (is->applies)
    name = g_strdup_printf (_("%s as %s: error %s, %s%s%s%s"), words, anf_encoding_name (encoding),
                            error, bytes, is->ok ? "" : _(", over the limit"),
                            is->streams ? _(", streams") : _(", folds"),
                            self->pinned ? _(", chosen by the node")
                            : self->chosen ? _(", chosen") : "");
  else
    name = g_strdup_printf (_("%s as %s: does not apply"), words, anf_encoding_name (encoding));
  if (effect != NULL)
    {
      g_autofree char *off = studio_format_real (effect->error);

      alone = g_strdup_printf (_("\nAlone it puts the outputs off by %s"), off);
    }
  tip = g_strdup_printf ("%s%s%s%s", name, is->why != NULL ? "\n" : "",
                         is->why != NULL ? is->why : "", alone != NULL ? alone : "");
  studio_name_widget (GTK_WIDGET (self), name);
  g_object_set_data_full (G_OBJECT (self), "studio-tip", g_steal_pointer (&tip), g_free);
  if (gtk_widget_get_focusable (GTK_WIDGET (self)) != is->applies)
    gtk_widget_set_focusable (GTK_WIDGET (self), is->applies);
}

/* ------------------------------------------------------------------------ drawing */

static void
line (cairo_t *cr, double x0, double y0, double x1, double y1)
{
  cairo_move_to (cr, x0, y0);
  cairo_line_to (cr, x1, y1);
}

/* In the current colour, 10 by 10 px round (@x, @y). */
void
studio_encoding_mark_draw (cairo_t *cr, StudioMark mark, double x, double y)
{
  cairo_set_line_width (cr, 1.5);
  cairo_new_path (cr);
  switch (mark)
    {
    case STUDIO_MARK_CHOSEN:
      line (cr, x - 4, y, x - 1, y + 3);
      cairo_line_to (cr, x + 4, y - 4);
      break;

    case STUDIO_MARK_OVER:
      line (cr, x - 3, y - 3, x + 3, y + 3);
      line (cr, x - 3, y + 3, x + 3, y - 3);
      break;

    case STUDIO_MARK_FOLDS:
      cairo_set_line_width (cr, 1);
      cairo_rectangle (cr, x - 4.5, y - 4.5, 9, 9);
      line (cr, x - 4.5, y - 4.5, x + 4.5, y + 4.5);
      line (cr, x - 4.5, y + 4.5, x + 4.5, y - 4.5);
      break;

    case STUDIO_MARK_PINNED:
      cairo_arc (cr, x, y - 1.5, 2.8, G_PI, 0);
      cairo_stroke (cr);
      cairo_rectangle (cr, x - 4, y - 0.5, 8, 5.5);
      cairo_fill (cr);
      return;
    }
  cairo_stroke (cr);
}

static void
draw_nothing (StudioEncodingCell *self, cairo_t *cr, double width, double height)
{
  static const double dash[] = { 3, 3 };

  studio_chart_set_color (GTK_WIDGET (self), cr, "anf_border_strong");
  cairo_set_line_width (cr, 1);
  cairo_set_dash (cr, dash, 2, 0);
  cairo_rectangle (cr, 1.5, 1.5, width - 3, height - 3);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
  studio_chart_set_color (GTK_WIDGET (self), cr, "anf_text_faint");
  studio_chart_text (GTK_WIDGET (self), cr, "–", width / 2, height / 2, 0.5, FALSE);
}

static void
draw_marks (StudioEncodingCell *self, cairo_t *cr, double height)
{
  gboolean two = self->chosen && (!self->facts.streams || !self->facts.ok);
  double y = height / 2;

  if (self->chosen)
    studio_encoding_mark_draw (cr, self->pinned ? STUDIO_MARK_PINNED : STUDIO_MARK_CHOSEN, 12,
                               two ? y - 8 : y);
  if (!self->facts.ok)
    studio_encoding_mark_draw (cr, STUDIO_MARK_OVER, 12, two ? y + 8 : y);
  else if (!self->facts.streams)
    studio_encoding_mark_draw (cr, STUDIO_MARK_FOLDS, 12, two ? y + 8 : y);
}

static void
draw_value (StudioEncodingCell *self, cairo_t *cr, double width, double height)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GdkRGBA cell, text, hatch;
  g_autofree char *error = error_text (&self->facts);
  g_autofree char *bytes = studio_format_bytes (self->facts.bytes);

  studio_chart_error_color (self->facts.error, &cell, &text);
  gdk_cairo_set_source_rgba (cr, &cell);
  cairo_rectangle (cr, 1, 1, width - 2, height - 2);
  cairo_fill (cr);
  if (!self->facts.ok)
    {
      hatch = text;
      hatch.alpha = 0.35;
      gdk_cairo_set_source_rgba (cr, &hatch);
      studio_chart_hatch (cr, 1, 1, width - 2, height - 2, 6);
      /* A plate behind the text, and one behind the mark. */
      gdk_cairo_set_source_rgba (cr, &cell);
      cairo_rectangle (cr, width - TEXT - 6, 3, TEXT + 3, height - 6);
      cairo_rectangle (cr, 4, height / 2 - 14, 16, 28);
      cairo_fill (cr);
    }
  gdk_cairo_set_source_rgba (cr, &text);
  draw_marks (self, cr, height);
  studio_chart_text (widget, cr, error, width - 6, height / 2 - 8, 1, TRUE);
  studio_chart_text (widget, cr, bytes, width - 6, height / 2 + 7, 1, TRUE);
  if (self->chosen)
    {
      studio_chart_set_color (widget, cr, "anf_text");
      cairo_set_line_width (cr, 2);
      cairo_rectangle (cr, 1, 1, width - 2, height - 2);
      cairo_stroke (cr);
    }
}

static void
studio_encoding_cell_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  StudioEncodingCell *self = STUDIO_ENCODING_CELL (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  GtkRoot *root = gtk_widget_get_root (widget);
  cairo_t *cr;

  if (!self->any)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  if (self->facts.applies)
    draw_value (self, cr, width, height);
  else
    draw_nothing (self, cr, width, height);
  if (gtk_widget_has_focus (widget) && GTK_IS_WINDOW (root)
      && gtk_window_get_focus_visible (GTK_WINDOW (root)))
    {
      studio_chart_set_color (widget, cr, "anf_focus");
      cairo_set_line_width (cr, 2);
      cairo_rectangle (cr, 4, 4, width - 8, height - 8);
      cairo_stroke (cr);
    }
  cairo_destroy (cr);
}

/* ------------------------------------------------------------------------ the widget */

static void
choose (StudioEncodingCell *self)
{
  if (self->any && self->facts.applies)
    g_signal_emit (self, signals[CHOOSE], 0);
}

static void
on_released (GtkGestureClick *click, int n_press, double x, double y, StudioEncodingCell *self)
{
  choose (self);
}

static gboolean
on_activate (GtkWidget *widget, GVariant *args, gpointer data)
{
  choose (STUDIO_ENCODING_CELL (widget));
  return GDK_EVENT_STOP;
}

static void
on_focus (GtkWidget *widget, GParamSpec *pspec, gpointer data)
{
  gtk_widget_queue_draw (widget);
}

static void
studio_encoding_cell_measure (GtkWidget *widget, GtkOrientation orientation, int for_size,
                              int *minimum, int *natural, int *minimum_baseline,
                              int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? WIDTH : HEIGHT;
}

static void
studio_encoding_cell_class_init (StudioEncodingCellClass *klass)
{
  static const guint keys[] = { GDK_KEY_Return, GDK_KEY_KP_Enter, GDK_KEY_space };
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = studio_encoding_cell_snapshot;
  widget_class->measure = studio_encoding_cell_measure;

  signals[CHOOSE] = g_signal_new ("choose", STUDIO_TYPE_ENCODING_CELL, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_widget_class_add_binding (widget_class, keys[i], 0, on_activate, NULL);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_BUTTON);
}

static void
studio_encoding_cell_init (StudioEncodingCell *self)
{
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect (click, "released", G_CALLBACK (on_released), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  g_signal_connect (self, "notify::has-focus", G_CALLBACK (on_focus), NULL);
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (studio_show_tip), NULL);
}

GtkWidget *
studio_encoding_cell_new (void)
{
  return g_object_new (STUDIO_TYPE_ENCODING_CELL, NULL);
}
