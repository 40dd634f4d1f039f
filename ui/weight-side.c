/* weight-side.c - one weight in detail: its numbers, and what each encoding makes of them. */
#include "weight-side.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "encoding-list.h"
#include "format.h"
#include "histogram.h"
#include "inspector-sections.h"
#include "lane.h"
#include "plot.h"

typedef struct { GtkWidget *name, *error, *bytes, *verdict; } EncodingLine;

struct _StudioWeightSide
{
  GtkBox parent_instance;

  AnfTensor   *tensor;             /* whose histogram is shown (nullable) */
  AnfEncoding  encoding;           /* that it is shown in */
  StudioLane  *lane;
  GtkWidget   *name, *shape, *tag, *content, *empty;
  GtkWidget   *losses, *ratio, *worst, *most, *channels;
  GtkWidget   *histogram, *range, *moments, *zeros, *sampled, *verdict;
  EncodingLine line[ANF_N_ENCODINGS];
};

G_DEFINE_FINAL_TYPE (StudioWeightSide, studio_weight_side, GTK_TYPE_BOX)

static void
show_tensor (StudioWeightSide *self, AnfTensor *tensor)
{
  StudioTensorStats stats;
  g_autofree char *low = NULL, *high = NULL, *mean = NULL, *std = NULL, *range = NULL;
  g_autofree char *moments = NULL, *zeros = NULL, *n = NULL, *sampled = NULL;

  if (tensor == self->tensor)
    return;
  g_clear_pointer (&self->tensor, anf_tensor_unref);
  self->tensor = tensor != NULL ? anf_tensor_ref (tensor) : NULL;
  gtk_widget_set_visible (self->histogram, tensor != NULL);
  if (tensor == NULL)
    return;

  studio_tensor_stats (tensor, &stats);
  low = studio_format_real (stats.min);
  high = studio_format_real (stats.max);
  mean = studio_format_real (stats.mean);
  std = studio_format_real (stats.std);
  range = g_strdup_printf ("%s … %s", low, high);
  moments = g_strdup_printf ("%s, %s", mean, std);
  zeros = studio_format_percent (stats.n > 0 ? (double) stats.zeros / stats.n : 0);
  n = studio_format_count (stats.n);
  sampled = g_strdup_printf (stats.sampled ? _("original, %s elements sampled")
                             : _("original, all %s elements"), n);
  studio_histogram_show (STUDIO_HISTOGRAM (self->histogram), &stats);
  gtk_label_set_text (GTK_LABEL (self->range), range);
  gtk_label_set_text (GTK_LABEL (self->moments), moments);
  gtk_label_set_text (GTK_LABEL (self->zeros), zeros);
  gtk_label_set_text (GTK_LABEL (self->sampled), sampled);
}

/* ------------------------------------------------------------------------ before and after */

typedef struct
{
  AnfGraph         *graph;
  AnfId             node;
  char             *role;
  AnfEncoding       encoding;
  AnfWeightNumbers *numbers;       /* (nullable) */
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  anf_graph_unref (job->graph);
  g_free (job->role);
  g_clear_pointer (&job->numbers, anf_weight_numbers_free);
  g_free (job);
}

static void
look (gpointer data, GCancellable *cancellable)
{
  Job *job = data;

  job->numbers = anf_weight_numbers (job->graph, job->node, job->role, job->encoding, cancellable,
                                     NULL);
}

static char *
format_count (double count)
{
  return studio_format_count (count);
}

static char *
format_decibels (double decibels)
{
  return g_strdup_printf ("%.0f dB", decibels);
}

#define CHANNEL_BINS 24

/* How many channels have which ratio; exact ones have none. */
static void
show_channels (StudioWeightSide *self, const AnfWeightNumbers *numbers)
{
  StudioAxis x = { INFINITY, -INFINITY, FALSE, FALSE, NULL, format_decibels };
  StudioAxis y = { 0, 1, FALSE, FALSE, NULL, format_count };
  guint count[CHANNEL_BINS] = { 0 }, layer, n = 0;
  double each;

  for (guint i = 0; i < numbers->n_channels; i++)
    if (isfinite (numbers->snr[i]))
      {
        studio_axis_include (&x, numbers->snr[i]);
        n++;
      }
  gtk_widget_set_visible (self->channels, n > 1 && x.max > x.min);
  if (n <= 1 || x.max <= x.min)
    return;
  each = (x.max - x.min) / CHANNEL_BINS;
  for (guint i = 0; i < numbers->n_channels; i++)
    if (isfinite (numbers->snr[i]))
      count[MIN (CHANNEL_BINS - 1, (guint) ((numbers->snr[i] - x.min) / each))]++;
  for (guint i = 0; i < CHANNEL_BINS; i++)
    studio_axis_include (&y, count[i]);
  studio_plot_begin (STUDIO_PLOT (self->channels), &x, &y);
  layer = studio_plot_add_layer (STUDIO_PLOT (self->channels), STUDIO_LAYER_BARS, "channels",
                                 "anf_bar");
  for (guint i = 0; i < CHANNEL_BINS; i++)
    {
      g_autofree char *label = g_strdup_printf (ngettext ("%u channel from %.1f dB on",
                                                          "%u channels from %.1f dB on", count[i]),
                                                count[i], x.min + i * each);

      if (count[i] > 0)
        studio_plot_add_point (STUDIO_PLOT (self->channels), layer,
                               &(StudioPoint) { x.min + i * each, count[i], each, 0, label });
    }
}

static void
on_numbers (gpointer owner, gpointer data)
{
  StudioWeightSide *self = owner;
  const AnfWeightNumbers *numbers = ((Job *) data)->numbers;
  g_autofree char *words = NULL, *ratio = NULL, *worst = NULL, *most = NULL;

  gtk_widget_set_visible (self->losses, numbers != NULL);
  if (numbers == NULL)
    return;
  words = numbers->n_table > 0
    ? g_strdup_printf (_("pale: original, dark: %s, %u table values"),
                       anf_encoding_name (self->encoding), numbers->n_table)
    : g_strdup_printf (_("pale: original, dark: %s"), anf_encoding_name (self->encoding));
  ratio = isfinite (numbers->snr_all) ? g_strdup_printf ("%.1f dB", numbers->snr_all)
                                      : g_strdup (_("exact"));
  worst = numbers->n_channels > 0 && isfinite (numbers->snr[numbers->worst])
    ? g_strdup_printf (_("%u: %.1f dB"), numbers->worst, numbers->snr[numbers->worst])
    : g_strdup (_("exact"));
  most = studio_format_real (numbers->max_abs);
  studio_histogram_show_both (STUDIO_HISTOGRAM (self->histogram), numbers);
  gtk_label_set_text (GTK_LABEL (self->sampled), words);
  gtk_label_set_text (GTK_LABEL (self->ratio), ratio);
  gtk_label_set_text (GTK_LABEL (self->worst), worst);
  gtk_label_set_text (GTK_LABEL (self->most), most);
  show_channels (self, numbers);
}

static void
ask_numbers (StudioWeightSide *self, const AnfGraph *graph, const AnfWeightFacts *facts)
{
  Job *job = g_new0 (Job, 1);

  *job = (Job) { anf_graph_ref ((AnfGraph *) graph), facts->node, g_strdup (facts->role),
                 facts->chosen };
  gtk_widget_set_visible (self->losses, FALSE);
  studio_lane_ask (self->lane, job, job_free, look, on_numbers);
}

static void
show_line (EncodingLine *line, const AnfEncodingFacts *facts, gboolean chosen)
{
  g_autofree char *error = facts->error == 0 ? g_strdup (_("exact"))
    : studio_format_real (facts->error);
  g_autofree char *bytes = studio_format_bytes (facts->bytes);
  g_autofree char *verdict = facts->applies
    ? g_strdup_printf ("%s%s", facts->streams ? _("streams") : _("folds"),
                       facts->ok ? "" : _(", over")) : g_strdup (_("does not apply"));

  gtk_label_set_text (GTK_LABEL (line->error), facts->applies ? error : "–");
  gtk_label_set_text (GTK_LABEL (line->bytes), facts->applies ? bytes : "–");
  gtk_label_set_text (GTK_LABEL (line->verdict), verdict);
  gtk_widget_set_css_classes (line->verdict, (const char *[])
    { "caption", facts->applies && !facts->ok ? "bad" : "dim", NULL });
  studio_set_tip (line->verdict, facts->why);
  if (chosen)
    gtk_widget_add_css_class (line->error, "heading");
  else
    gtk_widget_remove_css_class (line->error, "heading");
}

void
studio_weight_side_show (StudioWeightSide *self, const AnfGraph *graph, const AnfReport *report,
                         const AnfWeightFacts *facts)
{
  const AnfNode *node = facts != NULL && graph != NULL ? anf_graph_find (graph, facts->node) : NULL;
  g_autofree char *name = NULL, *verdict = NULL, *shape = NULL;
  const char *css = "dim";
  AnfTensor *tensor;

  g_return_if_fail (STUDIO_IS_WEIGHT_SIDE (self));

  gtk_widget_set_visible (self->content, node != NULL);
  gtk_widget_set_visible (self->empty, node == NULL);
  if (node == NULL)
    return;

  tensor = anf_graph_tensor_of (graph, node, facts->role);
  name = g_strdup_printf ("%s %s", anf_node_name (node), facts->role);
  shape = tensor != NULL ? anf_tensor_shape_text (tensor) : NULL;
  verdict = studio_encoding_verdict (facts, report, &css);
  gtk_label_set_text (GTK_LABEL (self->name), name);
  studio_label_show (self->shape, shape);
  gtk_label_set_text (GTK_LABEL (self->tag), anf_encoding_name (facts->chosen));
  gtk_widget_set_css_classes (self->tag, (const char *[])
    { "encoding", anf_encoding_name (facts->chosen), NULL });
  studio_label_show (self->verdict, verdict);
  gtk_widget_set_css_classes (self->verdict, (const char *[]) { "caption", css, NULL });
  for (guint i = 0; i < ANF_N_ENCODINGS; i++)
    show_line (&self->line[i], &facts->encoding[i], facts->chosen == i);
  if (tensor == self->tensor && facts->chosen == self->encoding)
    return;
  show_tensor (self, tensor);
  self->encoding = facts->chosen;
  if (tensor != NULL)
    ask_numbers (self, graph, facts);
}

/* ------------------------------------------------------------------------ making */

static void
make_title (StudioWeightSide *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);

  self->name = studio_label_new (NULL, "heading", NULL);
  self->shape = studio_label_new (NULL, "numeric", "dim", NULL);
  self->tag = studio_label_new (NULL, "encoding", NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->name), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (self->shape, TRUE);
  gtk_widget_set_valign (self->tag, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (line), self->name);
  gtk_box_append (GTK_BOX (line), self->shape);
  gtk_box_append (GTK_BOX (line), self->tag);
  gtk_widget_set_margin_start (line, 12);
  gtk_widget_set_margin_end (line, 12);
  gtk_widget_set_margin_top (line, 8);
  gtk_widget_set_margin_bottom (line, 8);
  gtk_box_append (GTK_BOX (self->content), line);
}

static void
make_numbers (StudioWeightSide *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);

  self->sampled = studio_label_new (NULL, "caption", "dim", NULL);
  self->histogram = studio_histogram_new (150);
  gtk_widget_add_css_class (box, "section");
  gtk_box_append (GTK_BOX (box), self->sampled);
  gtk_box_append (GTK_BOX (box), self->histogram);
  self->range = studio_section_value (box, _("min … max"));
  self->moments = studio_section_value (box, _("mean, σ"));
  self->zeros = studio_section_value (box, _("zeros"));
  gtk_box_append (GTK_BOX (self->content), box);
}

static void
make_losses (StudioWeightSide *self)
{
  self->losses = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  studio_section_begin (self->losses, _("What the encoding loses"));
  self->ratio = studio_section_value (self->losses, _("signal to noise"));
  self->worst = studio_section_value (self->losses, _("worst channel"));
  self->most = studio_section_value (self->losses, _("largest difference"));
  self->channels = studio_plot_new (_("Signal to noise by output channel"), 92);
  gtk_box_append (GTK_BOX (self->losses), self->channels);
  gtk_widget_set_visible (self->losses, FALSE);
  gtk_box_append (GTK_BOX (self->content), self->losses);
}

static void
make_encodings (StudioWeightSide *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *grid = gtk_grid_new ();

  studio_section_begin (box, _("Error of this weight"));
  gtk_box_append (GTK_BOX (box), studio_label_new (_("relative, Frobenius norm"), "caption", "dim",
                                                   NULL));
  gtk_grid_set_column_spacing (GTK_GRID (grid), 10);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 3);
  for (guint i = 0; i < ANF_N_ENCODINGS; i++)
    {
      EncodingLine *line = &self->line[i];

      line->name = studio_label_new (anf_encoding_name (i), "encoding", anf_encoding_name (i),
                                     NULL);
      line->error = studio_label_new (NULL, "numeric", NULL);
      line->bytes = studio_label_new (NULL, "numeric", "dim", NULL);
      line->verdict = studio_label_new (NULL, "caption", "dim", NULL);
      gtk_label_set_xalign (GTK_LABEL (line->error), 1);
      gtk_label_set_xalign (GTK_LABEL (line->bytes), 1);
      gtk_label_set_width_chars (GTK_LABEL (line->error), 8);
      gtk_widget_set_halign (line->name, GTK_ALIGN_START);
      gtk_widget_set_hexpand (line->verdict, TRUE);
      gtk_grid_attach (GTK_GRID (grid), line->name, 0, i, 1, 1);
      gtk_grid_attach (GTK_GRID (grid), line->error, 1, i, 1, 1);
      gtk_grid_attach (GTK_GRID (grid), line->bytes, 2, i, 1, 1);
      gtk_grid_attach (GTK_GRID (grid), line->verdict, 3, i, 1, 1);
    }
  self->verdict = studio_label_new (NULL, "caption", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->verdict), TRUE);
  gtk_box_append (GTK_BOX (box), grid);
  gtk_box_append (GTK_BOX (box), self->verdict);
  gtk_box_append (GTK_BOX (self->content), box);
}

static void
studio_weight_side_finalize (GObject *object)
{
  g_clear_pointer (&STUDIO_WEIGHT_SIDE (object)->tensor, anf_tensor_unref);
  studio_lane_free (STUDIO_WEIGHT_SIDE (object)->lane);
  G_OBJECT_CLASS (studio_weight_side_parent_class)->finalize (object);
}

static void
studio_weight_side_class_init (StudioWeightSideClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = studio_weight_side_finalize;
}

static void
studio_weight_side_init (StudioWeightSide *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  self->content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  self->empty = gtk_label_new (_("Select a weight to see its numbers"));
  gtk_label_set_wrap (GTK_LABEL (self->empty), TRUE);
  gtk_widget_add_css_class (self->empty, "dim");
  gtk_widget_set_vexpand (self->empty, TRUE);
  make_title (self);
  self->lane = studio_lane_new (self);
  self->encoding = ANF_N_ENCODINGS;
  make_numbers (self);
  make_losses (self);
  make_encodings (self);
  gtk_box_append (GTK_BOX (self), self->content);
  gtk_box_append (GTK_BOX (self), self->empty);
  gtk_widget_set_visible (self->content, FALSE);
}

GtkWidget *
studio_weight_side_new (void)
{
  return g_object_new (STUDIO_TYPE_WEIGHT_SIDE, NULL);
}
