/* encoding-totals.c - the whole document in each encoding: bytes and the largest error. */
#include "encoding-totals.h"

#include <glib/gi18n-lib.h>

#include "chart.h"
#include "edits.h"
#include "format.h"

#define ROW   34
#define N     (ANF_N_ENCODINGS + 1)    /* the last one: as chosen now */
#define LABEL 66

struct _StudioEncodingTotals
{
  GtkWidget parent_instance;

  StudioTotal total[N];
};

G_DEFINE_FINAL_TYPE (StudioEncodingTotals, studio_encoding_totals, GTK_TYPE_WIDGET)

StudioTotal
studio_encoding_total (const AnfWeights *weights, AnfEncoding encoding)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  StudioTotal total = { 0 };

  for (guint i = 0; i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);
      AnfEncoding e = encoding == ANF_AUTO ? facts->chosen : encoding;
      gsize elements = 1;

      if (!g_hash_table_add (seen, (gpointer) facts->name))
        continue;
      if (facts->encoding[e].applies)
        {
          total.bytes += facts->encoding[e].bytes;
          total.worst = MAX (total.worst, facts->encoding[e].error);
          total.over += !facts->encoding[e].ok;
          total.take++;
          continue;
        }
      for (guint axis = 0; axis < facts->rank; axis++)
        elements *= facts->shape[axis];
      total.bytes += 2 * elements;
      total.stay++;
    }
  return total;
}

static const char *
name_of (guint i)
{
  return i == ANF_AUTO ? _("as chosen") : anf_encoding_name (i);
}

static char *
words_of (const StudioTotal *total)
{
  g_autofree char *worst = studio_format_real (total->worst);
  g_autoptr(GString) text = g_string_new (NULL);

  g_string_append_printf (text, _("worst error %s"), worst);
  if (total->over > 0)
    g_string_append_printf (text, _(", %u over"), total->over);
  if (total->stay > 0)
    g_string_append_printf (text, _(", %u stay fp16"), total->stay);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
studio_encoding_totals_show (StudioEncodingTotals *self, const AnfWeights *weights)
{
  g_autoptr(GString) all = g_string_new (_("All weights in one encoding"));

  g_return_if_fail (STUDIO_IS_ENCODING_TOTALS (self));

  for (guint i = 0; i < N; i++)
    {
      g_autofree char *bytes = NULL, *words = NULL;

      self->total[i] = weights != NULL ? studio_encoding_total (weights, i) : (StudioTotal) { 0 };
      bytes = studio_format_bytes (self->total[i].bytes);
      words = words_of (&self->total[i]);
      g_string_append_printf (all, "; %s %s, %s", name_of (i), bytes, words);
    }
  studio_name_widget (GTK_WIDGET (self), all->str);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
draw_row (StudioEncodingTotals *self, cairo_t *cr, guint i, double width, gsize most)
{
  static const char *const colors[] = { "anf_enc_fp16", "anf_enc_int8", "anf_enc_int4",
                                        "anf_enc_sparse", "anf_enc_block", "anf_accent" };
  GtkWidget *widget = GTK_WIDGET (self);
  const StudioTotal *total = &self->total[i];
  double y = i * ROW, room = width - LABEL - 64, length = (double) total->bytes / most * room;
  g_autofree char *bytes = studio_format_bytes (total->bytes), *words = words_of (total);
  gboolean none = total->take == 0;

  studio_chart_set_color (widget, cr, i == ANF_AUTO ? "anf_text" : colors[i]);
  studio_chart_text (widget, cr, name_of (i), 0, y + 9, 0, FALSE);
  studio_chart_set_color (widget, cr, "anf_text_dim");
  studio_chart_text (widget, cr, none ? _("applies to no weight") : words, LABEL, y + 23, 0, FALSE);
  if (none)
    return;
  studio_chart_set_color (widget, cr, colors[i]);
  studio_chart_bar (cr, LABEL, y + 4, length, 10);
  cairo_fill (cr);
  if (total->over > 0)
    {
      studio_chart_set_color (widget, cr, "anf_chart_bg");
      studio_chart_hatch (cr, LABEL, y + 4, length, 10, 5);
    }
  studio_chart_set_color (widget, cr, "anf_text");
  studio_chart_text (widget, cr, bytes, width, y + 9, 1, TRUE);
}

static void
studio_encoding_totals_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  StudioEncodingTotals *self = STUDIO_ENCODING_TOTALS (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  gsize most = 1;
  cairo_t *cr;

  for (guint i = 0; i < N; i++)
    most = MAX (most, self->total[i].bytes);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  for (guint i = 0; i < N; i++)
    draw_row (self, cr, i, width, most);
  cairo_destroy (cr);
}

static void
studio_encoding_totals_measure (GtkWidget *widget, GtkOrientation orientation, int for_size,
                                int *minimum, int *natural, int *minimum_baseline,
                                int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_VERTICAL ? N * ROW : 240;
}

static void
studio_encoding_totals_class_init (StudioEncodingTotalsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = studio_encoding_totals_snapshot;
  widget_class->measure = studio_encoding_totals_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
studio_encoding_totals_init (StudioEncodingTotals *self)
{
}

GtkWidget *
studio_encoding_totals_new (void)
{
  return g_object_new (STUDIO_TYPE_ENCODING_TOTALS, NULL);
}
