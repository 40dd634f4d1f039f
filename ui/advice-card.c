/* advice-card.c - a line for each piece of advice. */
#include "advice-card.h"

#include <glib/gi18n-lib.h>

#include "advice.h"
#include "card.h"
#include "edits.h"
#include "format.h"
#include "lane.h"

#define MOST 24                    /* lines: who has followed these sees the next */

struct _StudioAdviceCard
{
  StudioPanel parent_instance;

  GtkWidget  *card, *list;
  StudioLane *lane;
  GPtrArray  *advice;              /* StudioAdvice (nullable) */
};

G_DEFINE_FINAL_TYPE (StudioAdviceCard, studio_advice_card, STUDIO_TYPE_PANEL)

typedef struct
{
  AnfReport  *report;
  AnfPlan    *plan;
  AnfWeights *weights;
  GPtrArray  *found;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  anf_report_unref (job->report);
  anf_plan_unref (job->plan);
  anf_weights_unref (job->weights);
  g_clear_pointer (&job->found, g_ptr_array_unref);
  g_free (job);
}

static void
find (gpointer data, GCancellable *cancellable)
{
  Job *job = data;

  job->found = studio_advice_find (job->report, job->plan, job->weights, cancellable);
}

/* ------------------------------------------------------------------------ lines */

static void
on_apply (GtkButton *button, StudioAdviceCard *self)
{
  guint i = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "studio-place"));
  const StudioAdvice *advice = g_ptr_array_index (self->advice, i);
  g_autoptr(AnfGraph) graph = anf_graph_ref (advice->graph);
  g_autofree char *label = g_strdup (advice->words);

  g_signal_emit_by_name (self, "edit", graph, label, NULL);
}

static void
on_activated (GtkListBox *list, GtkListBoxRow *row, StudioAdviceCard *self)
{
  const StudioAdvice *advice = g_ptr_array_index (self->advice, gtk_list_box_row_get_index (row));

  if (advice->node != 0)
    studio_panel_select (STUDIO_PANEL (self), advice->node);
}

static GtkWidget *
make_line (StudioAdviceCard *self, guint i)
{
  const StudioAdvice *advice = g_ptr_array_index (self->advice, i);
  GtkWidget *row = gtk_list_box_row_new (), *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *words = studio_label_new (advice->words, NULL);
  g_autofree char *us = studio_format_time_us (advice->saved_us);
  g_autofree char *saved = advice->saved_us > 0 ? g_strdup_printf ("−%s", us) : g_strdup ("0 µs");
  GtkWidget *time = studio_label_new (saved, "numeric", advice->saved_us > 0 ? "good" : "dim",
                                      NULL);
  g_autofree char *name = g_strdup_printf (_("%s, saves %s"), advice->words, saved);

  gtk_label_set_wrap (GTK_LABEL (words), TRUE);
  gtk_widget_set_hexpand (words, TRUE);
  gtk_box_append (GTK_BOX (line), words);
  gtk_box_append (GTK_BOX (line), time);
  if (advice->graph != NULL)
    {
      GtkWidget *button = gtk_button_new_with_label (_("Apply"));
      g_autofree char *what = g_strdup_printf (_("Apply: %s"), advice->words);

      gtk_widget_add_css_class (button, "small");
      gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
      gtk_widget_set_tooltip_text (button, what);
      g_object_set_data (G_OBJECT (button), "studio-place", GUINT_TO_POINTER (i));
      g_signal_connect (button, "clicked", G_CALLBACK (on_apply), self);
      gtk_box_append (GTK_BOX (line), button);
    }
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), line);
  gtk_widget_set_tooltip_text (row, advice->why);
  studio_name_widget (row, name);
  return row;
}

static void
show (StudioAdviceCard *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  const char *target = view->report != NULL ? anf_report_target (view->report) : NULL;
  const char *title = target != NULL ? anf_arch_title (target) : NULL;
  g_autofree char *note = NULL;
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->list)) != NULL)
    gtk_list_box_remove (GTK_LIST_BOX (self->list), child);
  for (guint i = 0; self->advice != NULL && i < MIN (self->advice->len, MOST); i++)
    gtk_list_box_append (GTK_LIST_BOX (self->list), make_line (self, i));
  if (self->advice == NULL)
    note = g_strdup (studio_lane_busy (self->lane) ? _("trying…") : "");
  else if (self->advice->len == 0)
    note = g_strdup (_("nothing known would save time"));
  else
    note = g_strdup_printf (_("by time saved on %s"), title != NULL ? title
                            : target != NULL ? target : "?");
  studio_card_set_note (STUDIO_CARD (self->card), note);
}

static void
on_found (gpointer owner, gpointer data)
{
  StudioAdviceCard *self = owner;
  Job *job = data;

  g_clear_pointer (&self->advice, g_ptr_array_unref);
  self->advice = g_ptr_array_ref (job->found);
  show (self);
}

static void
studio_advice_card_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioAdviceCard *self = STUDIO_ADVICE_CARD (panel);
  Job *job;

  if (!(changed & (STUDIO_REPORT | STUDIO_PLAN | STUDIO_WEIGHTS | STUDIO_GRAPH)))
    return;
  g_clear_pointer (&self->advice, g_ptr_array_unref);
  studio_lane_drop (self->lane);
  /* The three come one after another; weights are the last. */
  if (view->report != NULL && view->plan != NULL && view->weights != NULL
      && anf_report_graph (view->report) == view->graph && anf_report_ok (view->report))
    {
      job = g_new0 (Job, 1);
      *job = (Job) { anf_report_ref (view->report), anf_plan_ref (view->plan),
                     anf_weights_ref (view->weights) };
      studio_lane_ask (self->lane, job, job_free, find, on_found);
    }
  show (self);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_advice_card_finalize (GObject *object)
{
  StudioAdviceCard *self = STUDIO_ADVICE_CARD (object);

  studio_lane_free (self->lane);
  g_clear_pointer (&self->advice, g_ptr_array_unref);
  G_OBJECT_CLASS (studio_advice_card_parent_class)->finalize (object);
}

static void
studio_advice_card_class_init (StudioAdviceCardClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = studio_advice_card_finalize;
  STUDIO_PANEL_CLASS (klass)->update = studio_advice_card_update;
  STUDIO_PANEL_CLASS (klass)->lazy = TRUE;
}

static void
studio_advice_card_init (StudioAdviceCard *self)
{
  self->lane = studio_lane_new (self);
  self->card = studio_card_new (_("Advice"), NULL);
  studio_card_set_basis (STUDIO_CARD (self->card), N_("estimated"));
  self->list = gtk_list_box_new ();
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (self->list), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (self->list, "advice");
  studio_name_widget (self->list, _("Advice"));
  g_signal_connect (self->list, "row-activated", G_CALLBACK (on_activated), self);
  gtk_box_append (GTK_BOX (self->card), self->list);
  gtk_box_append (GTK_BOX (self), self->card);
}

GtkWidget *
studio_advice_card_new (void)
{
  return g_object_new (STUDIO_TYPE_ADVICE_CARD, NULL);
}
