/* runs-card.c - the runs of a document over time, and the one that others are held against. */
#include "runs-card.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "card.h"
#include "edits.h"
#include "format.h"
#include "plot.h"
#include "run-log.h"
#include "table.h"

struct _StudioRunsCard
{
  StudioPanel parent_instance;

  GtkWidget          *card, *plot, *view, *pin;
  GListStore         *rows;
  GtkSingleSelection *selection;   /* borrowed from the view */
  StudioRunLog       *log;         /* of the graph of the last profile (nullable) */
  AnfProfile         *seen;        /* the last that was written down (nullable) */
};

G_DEFINE_FINAL_TYPE (StudioRunsCard, studio_runs_card, STUDIO_TYPE_PANEL)

enum { WHEN, LABEL, MEDIAN, P99, DELTA };

/* Newest first. */
static const StudioRun *
nth_run (StudioRunsCard *self, guint i)
{
  return studio_run_log_nth (self->log, studio_run_log_n (self->log) - 1 - i);
}

static char *
delta_text (const StudioRun *run, const StudioRun *baseline)
{
  if (baseline == NULL)
    return g_strdup ("");
  if (run->when == baseline->when)
    return g_strdup (_("baseline"));
  if (studio_run_compare (run, baseline) == STUDIO_SAME)
    return g_strdup (_("same"));
  return g_strdup_printf ("%+.1f %%", (run->median / baseline->median - 1) * 100);
}

static guint64
key_of (guint i, gpointer data)
{
  return nth_run (data, i)->when;
}

static void
fill (StudioRow *row, guint i, gpointer data)
{
  StudioRunsCard *self = data;
  const StudioRun *run = nth_run (self, i), *baseline = studio_run_log_baseline (self->log);
  g_autoptr(GDateTime) when = g_date_time_new_from_unix_local (run->when);

  studio_row_set (row, WHEN, run->when, g_date_time_format (when, "%d %b %H:%M:%S"));
  studio_row_set (row, LABEL, NAN, g_strdup_printf ("%s, n = %u", run->label, run->n));
  studio_row_set (row, MEDIAN, run->median, studio_format_time_us (run->median));
  studio_row_set (row, P99, run->p99, studio_format_time_us (run->p99));
  studio_row_set (row, DELTA, baseline != NULL ? run->median / baseline->median - 1 : NAN,
                  delta_text (run, baseline));
  studio_row_set_label (row, g_strdup_printf ("%s, %s, %s, %s", studio_row_text (row, WHEN),
                                              studio_row_text (row, LABEL),
                                              studio_row_text (row, MEDIAN),
                                              studio_row_text (row, DELTA)));
}

static void
show_plot (StudioRunsCard *self)
{
  guint n = studio_run_log_n (self->log), line, dots;
  const StudioRun *baseline = studio_run_log_baseline (self->log);
  StudioAxis x = { -0.5, n - 0.5 }, y = { INFINITY, -INFINITY };

  y.format = studio_format_time_us;
  for (guint i = 0; i < n; i++)
    studio_axis_include (&y, studio_run_log_nth (self->log, i)->median);
  y.min = MAX (0, y.min * 0.9);
  y.max *= 1.1;
  studio_plot_begin (STUDIO_PLOT (self->plot), &x, &y);
  if (baseline != NULL)
    studio_plot_add_point (STUDIO_PLOT (self->plot),
                           studio_plot_add_layer (STUDIO_PLOT (self->plot), STUDIO_LAYER_LIMIT,
                                                  "baseline", "anf_axis"),
                           &(StudioPoint) { 0, baseline->median });
  line = studio_plot_add_layer (STUDIO_PLOT (self->plot), STUDIO_LAYER_LINE, "median", "anf_bar");
  dots = studio_plot_add_layer (STUDIO_PLOT (self->plot), STUDIO_LAYER_DOTS, "run", "anf_bar");
  for (guint i = 0; i < n; i++)
    {
      const StudioRun *run = studio_run_log_nth (self->log, i);
      g_autofree char *time = studio_format_time_us (run->median);
      g_autofree char *delta = delta_text (run, baseline);
      g_autofree char *label = g_strdup_printf ("%s, %s %s", run->label, time, delta);

      studio_plot_add_point (STUDIO_PLOT (self->plot), line, &(StudioPoint) { i, run->median });
      studio_plot_add_point (STUDIO_PLOT (self->plot), dots, &(StudioPoint) { i, run->median, 20,
                                                                              run->when, label });
    }
}

static void
show_note (StudioRunsCard *self)
{
  const StudioRun *baseline = studio_run_log_baseline (self->log), *last = nth_run (self, 0);
  StudioVerdict verdict = baseline != NULL ? studio_run_compare (last, baseline) : STUDIO_SAME;
  g_autofree char *note = NULL;

  if (baseline == NULL)
    note = g_strdup (_("pin one to hold others against it"));
  else if (baseline->when == last->when)
    note = g_strdup (_("the last is the baseline"));
  else if (verdict == STUDIO_SAME)
    note = g_strdup (_("the last is the same within the spread"));
  else
    note = g_strdup_printf (verdict == STUDIO_FASTER ? _("the last is faster, %+.1f %%")
                            : _("the last is slower, %+.1f %%"),
                            (last->median / baseline->median - 1) * 100);
  studio_card_set_note (STUDIO_CARD (self->card), note);
}

static void
show (StudioRunsCard *self)
{
  guint n = self->log != NULL ? studio_run_log_n (self->log) : 0;

  gtk_widget_set_visible (GTK_WIDGET (self), n > 0);
  if (n == 0)
    return;
  studio_rows_merge (self->rows, n, key_of, fill, self);
  show_plot (self);
  show_note (self);
}

static void
on_pin (GtkButton *button, StudioRunsCard *self)
{
  guint at = gtk_single_selection_get_selected (self->selection);
  guint n = self->log != NULL ? studio_run_log_n (self->log) : 0;
  g_autoptr(GError) error = NULL;

  if (n == 0)
    return;
  if (at >= n)                     /* none chosen: the last */
    at = 0;
  if (!studio_run_log_pin (self->log, n - 1 - at, &error))
    studio_card_set_note (STUDIO_CARD (self->card), error->message);
  else
    show (self);
}

static gboolean
is_of (AnfProfile *profile, AnfGates *gates)
{
  AnfGraph *graph = anf_program_graph (anf_profile_program (profile));

  return g_str_equal (anf_graph_hash (graph), anf_graph_hash (anf_gates_graph (gates)));
}

static void
studio_runs_card_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioRunsCard *self = STUDIO_RUNS_CARD (panel);
  g_autoptr(GError) error = NULL;

  if ((changed & STUDIO_GATES) && view->gates != NULL && self->log != NULL && view->profile != NULL
      && view->profile == self->seen && is_of (view->profile, view->gates)
      && !studio_run_log_complete (self->log, view->profile, view->gates, &error))
    studio_card_set_note (STUDIO_CARD (self->card), error->message);
  g_clear_error (&error);
  if (!(changed & STUDIO_PROFILE) || view->profile == NULL || view->profile == self->seen)
    return;
  g_clear_pointer (&self->seen, anf_profile_unref);
  self->seen = anf_profile_ref (view->profile);
  g_clear_pointer (&self->log, studio_run_log_free);
  self->log = studio_run_log_open (anf_program_graph (anf_profile_program (view->profile)), NULL);
  if (!studio_run_log_has (self->log, view->profile)
      && !studio_run_log_add (self->log, view->profile, 0, &error))
    studio_card_set_note (STUDIO_CARD (self->card), error->message);
  show (self);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_runs_card_dispose (GObject *object)
{
  StudioRunsCard *self = STUDIO_RUNS_CARD (object);

  g_clear_object (&self->rows);
  g_clear_pointer (&self->log, studio_run_log_free);
  g_clear_pointer (&self->seen, anf_profile_unref);
  G_OBJECT_CLASS (studio_runs_card_parent_class)->dispose (object);
}

static void
studio_runs_card_class_init (StudioRunsCardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_runs_card_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_runs_card_update;
}

static void
build_table (StudioRunsCard *self)
{
  static const StudioColumn columns[] = {
    { N_("When"), WHEN, STUDIO_COLUMN_TEXT, 112, FALSE },
    { N_("Settings"), LABEL, STUDIO_COLUMN_DIM, 0, TRUE },
    { N_("Median"), MEDIAN, STUDIO_COLUMN_NUMBER, 74, FALSE },
    { N_("Change"), DELTA, STUDIO_COLUMN_NUMBER, 72, FALSE,
      N_("Against the baseline; the same if either is within the other's spread") },
  };
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  self->view = gtk_column_view_new (NULL);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->rows)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), GTK_SELECTION_MODEL (self->selection));
  g_object_unref (self->selection);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    gtk_column_view_column_set_sorter (studio_table_add_column (GTK_COLUMN_VIEW (self->view),
                                                                &columns[i]), NULL);
  studio_table_align (GTK_COLUMN_VIEW (self->view));
  studio_name_widget (self->view, _("Runs"));
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scrolled), 110);
  gtk_box_append (GTK_BOX (self->card), scrolled);
}

static void
studio_runs_card_init (StudioRunsCard *self)
{
  self->card = studio_card_new (_("Runs"), NULL);
  self->plot = studio_plot_new (_("Medians of the runs"), 72);
  self->pin = gtk_button_new_with_label (_("Pin as Baseline"));
  gtk_widget_add_css_class (self->pin, "small");
  gtk_widget_set_tooltip_text (self->pin, _("Hold other runs against the chosen one, or the last"));
  g_signal_connect (self->pin, "clicked", G_CALLBACK (on_pin), self);
  studio_card_add_end (STUDIO_CARD (self->card), self->pin);
  gtk_box_append (GTK_BOX (self->card), self->plot);
  build_table (self);
  gtk_box_append (GTK_BOX (self), self->card);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
studio_runs_card_new (void)
{
  return g_object_new (STUDIO_TYPE_RUNS_CARD, NULL);
}
