/* histogram.c - the distribution of a weight, as bars over its range. */
#include "histogram.h"

#include <glib/gi18n-lib.h>

#include "chart.h"
#include "edits.h"
#include "format.h"

#define AXIS 16                    /* px below the bars, for the numbers */

struct _StudioHistogram
{
  GtkWidget parent_instance;

  StudioTensorStats stats;
  AnfWeightNumbers  both;          /* n_bins 0: there are only the stats; its snr is not kept */
  int               height;
};

G_DEFINE_FINAL_TYPE (StudioHistogram, studio_histogram, GTK_TYPE_WIDGET)

void
studio_histogram_show (StudioHistogram *self, const StudioTensorStats *stats)
{
  g_autofree char *low = NULL, *high = NULL, *words = NULL;

  g_return_if_fail (STUDIO_IS_HISTOGRAM (self));

  self->both.n_bins = 0;
  self->stats = stats != NULL ? *stats : (StudioTensorStats) { 0 };
  low = studio_format_real (self->stats.min);
  high = studio_format_real (self->stats.max);
  words = g_strdup_printf (_("Histogram from %s to %s"), low, high);
  studio_name_widget (GTK_WIDGET (self), words);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
studio_histogram_show_both (StudioHistogram *self, const AnfWeightNumbers *numbers)
{
  g_autofree char *low = NULL, *high = NULL, *words = NULL;

  g_return_if_fail (STUDIO_IS_HISTOGRAM (self));

  self->both = *numbers;
  self->both.snr = NULL;
  self->stats = (StudioTensorStats) { .min = numbers->min, .max = numbers->max,
                                      .n_bins = numbers->n_bins };
  low = studio_format_real (numbers->min);
  high = studio_format_real (numbers->max);
  words = numbers->n_table > 0
    ? g_strdup_printf (_("Histogram from %s to %s, before and after, %u table values"), low, high,
                       numbers->n_table)
    : g_strdup_printf (_("Histogram from %s to %s, before and after"), low, high);
  studio_name_widget (GTK_WIDGET (self), words);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* Counts as bars from @inset of each bin on; one that is not empty is seen. */
static void
draw_counts (StudioHistogram *self, cairo_t *cr, const guint *bin, double each, double height,
             guint most, double inset)
{
  for (guint i = 0; i < self->both.n_bins; i++)
    if (bin[i] > 0)
      {
        double tall = MAX (1, MIN (1, (double) bin[i] / most) * (height - 2));

        cairo_rectangle (cr, i * each + inset, height - tall, MAX (1, each - 2 * inset), tall);
      }
  cairo_fill (cr);
}

/* What was there is wide and pale, what comes back narrow and dark; an entry of the table has a
 * triangle under the axis. A table holds few values: its bars end at the edge. */
static void
draw_both (StudioHistogram *self, cairo_t *cr, double width, double height)
{
  const AnfWeightNumbers *both = &self->both;
  double each = width / both->n_bins;
  guint most = 1;
  GdkRGBA pale;

  for (guint i = 0; i < both->n_bins; i++)
    most = MAX (most, both->before[i]);
  studio_chart_color (GTK_WIDGET (self), "anf_bar", &pale);
  pale.alpha = 0.45;
  gdk_cairo_set_source_rgba (cr, &pale);
  draw_counts (self, cr, both->before, each, height, most, 0);
  studio_chart_set_color (GTK_WIDGET (self), cr, "anf_enc_int4");
  draw_counts (self, cr, both->after, each, height, most, each > 3 ? each * 0.32 : 0);
  for (guint i = 0; i < both->n_table; i++)
    {
      double x = (both->table[i] - both->min) / MAX (both->max - both->min, 1e-30) * width;

      cairo_move_to (cr, x, height + 1);
      cairo_line_to (cr, x - 3, height + 6);
      cairo_line_to (cr, x + 3, height + 6);
      cairo_close_path (cr);
    }
  cairo_fill (cr);
}

static void
draw_bars (StudioHistogram *self, cairo_t *cr, double width, double height)
{
  const StudioTensorStats *stats = &self->stats;
  double each = width / stats->n_bins, gap = each > 4 ? 1 : each > 2 ? 0.5 : 0;
  guint most = 1;

  for (guint i = 0; i < stats->n_bins; i++)
    most = MAX (most, stats->bin[i]);
  studio_chart_set_color (GTK_WIDGET (self), cr, "anf_bar");
  for (guint i = 0; i < stats->n_bins; i++)
    {
      double tall = stats->bin[i] * (height - 2) / most;

      /* A bin that is not empty is seen. */
      if (stats->bin[i] > 0)
        cairo_rectangle (cr, i * each, height - MAX (tall, 1), each - gap, MAX (tall, 1));
    }
  cairo_fill (cr);
}

static void
draw_axis (StudioHistogram *self, cairo_t *cr, double width, double y)
{
  GtkWidget *widget = GTK_WIDGET (self);
  const StudioTensorStats *stats = &self->stats;
  g_autofree char *low = studio_format_real (stats->min), *high = studio_format_real (stats->max);
  double zero = -stats->min / (stats->max - stats->min) * width;
  double room = studio_chart_text_width (widget, "-0.000", TRUE) + 12;

  studio_chart_set_color (widget, cr, "anf_axis");
  cairo_set_line_width (cr, 1);
  cairo_move_to (cr, 0, y + 0.5);
  cairo_line_to (cr, width, y + 0.5);
  cairo_stroke (cr);
  studio_chart_set_color (widget, cr, "anf_text_dim");
  studio_chart_text (widget, cr, low, 0, y + 9, 0, TRUE);
  if (stats->max > stats->min)
    studio_chart_text (widget, cr, high, width, y + 9, 1, TRUE);
  if (zero > room && zero < width - room)
    studio_chart_text (widget, cr, "0", zero, y + 9, 0.5, TRUE);
}

static void
studio_histogram_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  StudioHistogram *self = STUDIO_HISTOGRAM (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  cairo_t *cr;

  if (self->stats.n_bins == 0)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  if (self->both.n_bins > 0)
    draw_both (self, cr, width, height - AXIS);
  else
    draw_bars (self, cr, width, height - AXIS);
  draw_axis (self, cr, width, height - AXIS);
  cairo_destroy (cr);
}

static void
studio_histogram_measure (GtkWidget *widget, GtkOrientation orientation, int for_size,
                          int *minimum, int *natural, int *minimum_baseline,
                          int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_VERTICAL
    ? STUDIO_HISTOGRAM (widget)->height : 120;
}

static void
studio_histogram_class_init (StudioHistogramClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = studio_histogram_snapshot;
  widget_class->measure = studio_histogram_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
studio_histogram_init (StudioHistogram *self)
{
}

GtkWidget *
studio_histogram_new (int height)
{
  StudioHistogram *self = g_object_new (STUDIO_TYPE_HISTOGRAM, NULL);

  self->height = height;
  return GTK_WIDGET (self);
}
