/* rewrites-card.c - one line for each rewrite: source operators, what came of them, the reason. */
#include "rewrites-card.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "card.h"
#include "edits.h"
#include "format.h"
#include "table.h"

struct _StudioRewritesCard
{
  StudioPanel parent_instance;

  GtkWidget          *card, *view;
  GListStore         *rows;
  GtkSingleSelection *selection;   /* borrowed from the view */
  gboolean            syncing;
};

G_DEFINE_FINAL_TYPE (StudioRewritesCard, studio_rewrites_card, STUDIO_TYPE_PANEL)

enum { RULE, NODES, WHAT, TIME };

/* The program that ran, else what would be compiled. */
static const AnfPlan *
plan_of (const StudioView *view)
{
  return view->profile != NULL && !view->stale
         ? anf_program_plan (anf_profile_program (view->profile)) : view->plan;
}

static guint64
key_of (guint i, gpointer data)
{
  return i + 1;
}

/* "c1 + r1": those that became one; a rewrite of one node names that one. */
static char *
names_of (const AnfGraph *graph, const AnfRewrite *rewrite)
{
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint i = 0; i < rewrite->n_nodes; i++)
    {
      const AnfNode *node = graph != NULL ? anf_graph_find (graph, rewrite->nodes[i]) : NULL;

      if (node != NULL)
        g_string_append_printf (names, "%s%s", names->len > 0 ? " + " : "", anf_node_name (node));
    }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

/* Of those that run by themselves; what was left out is part of another. */
static double
time_of (const StudioView *view, const AnfRewrite *rewrite)
{
  double us = 0;
  gboolean any = FALSE;

  for (guint i = 0; view->profile != NULL && i < rewrite->n_nodes; i++)
    {
      const AnfOpProfile *op = anf_profile_op (view->profile, rewrite->nodes[i]);

      us += op != NULL ? op->us.median_us : 0;
      any |= op != NULL;
    }
  return any ? us : NAN;
}

static void
fill (StudioRow *row, guint i, gpointer data)
{
  const StudioView *view = studio_panel_view (data);
  const AnfRewrite *rewrite = anf_plan_nth_rewrite (plan_of (view), i);
  double us = time_of (view, rewrite);

  studio_row_set (row, RULE, NAN, g_strdup (rewrite->rule));
  studio_row_set (row, NODES, NAN, names_of (view->graph, rewrite));
  studio_row_set (row, WHAT, NAN, g_strdup_printf ("%s %s", rewrite->what,
                                                   rewrite->why != NULL ? rewrite->why : ""));
  studio_row_set (row, TIME, us, isnan (us) ? g_strdup (_("unknown"))
                                            : studio_format_time_us (us));
  studio_row_set_label (row, g_strdup_printf ("%s: %s, %s", studio_row_text (row, RULE),
                                              studio_row_text (row, NODES),
                                              studio_row_text (row, WHAT)));
}

static void
select_row (StudioRewritesCard *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  const AnfNode *active = studio_panel_active (STUDIO_PANEL (self));
  const AnfPlan *plan = plan_of (view);
  guint at = GTK_INVALID_LIST_POSITION;

  for (guint i = 0; active != NULL && plan != NULL && i < anf_plan_n_rewrites (plan); i++)
    for (guint j = 0; j < anf_plan_nth_rewrite (plan, i)->n_nodes; j++)
      if (anf_plan_nth_rewrite (plan, i)->nodes[j] == anf_node_id (active))
        at = i;
  self->syncing = TRUE;
  gtk_single_selection_set_selected (self->selection, at);
  self->syncing = FALSE;
}

/* All nodes of the rewrite, the first one active: many became one, or one became many. */
static void
on_selected (GtkSingleSelection *selection, GParamSpec *pspec, StudioRewritesCard *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  StudioRow *row = gtk_single_selection_get_selected_item (selection);
  const AnfPlan *plan = plan_of (view);
  const AnfRewrite *rewrite;
  g_autoptr(GArray) ids = g_array_new (FALSE, FALSE, sizeof (AnfId));

  if (self->syncing || row == NULL || plan == NULL
      || studio_row_key (row) > anf_plan_n_rewrites (plan))
    return;
  rewrite = anf_plan_nth_rewrite (plan, studio_row_key (row) - 1);
  for (guint i = rewrite->n_nodes; i-- > 0; )
    if (view->graph != NULL && anf_graph_find (view->graph, rewrite->nodes[i]) != NULL)
      g_array_append_val (ids, rewrite->nodes[i]);
  if (ids->len > 0)
    g_object_set (self, "selection", ids, NULL);
}

static void
studio_rewrites_card_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioRewritesCard *self = STUDIO_REWRITES_CARD (panel);
  const AnfPlan *plan = plan_of (view);
  guint n = plan != NULL ? anf_plan_n_rewrites (plan) : 0;
  g_autofree char *note = NULL;

  if (changed & (STUDIO_GRAPH | STUDIO_PLAN | STUDIO_PROFILE | STUDIO_STALE))
    {
      self->syncing = TRUE;
      studio_rows_merge (self->rows, n, key_of, fill, self);
      self->syncing = FALSE;
      note = n == 0 ? g_strdup (_("none: operators run as they are written"))
                    : g_strdup_printf (ngettext ("%u rewrite before the graph is cut",
                                                 "%u rewrites before the graph is cut", n), n);
      studio_card_set_note (STUDIO_CARD (self->card), note);
      gtk_widget_set_visible (self->view, n > 0);
    }
  select_row (self);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_rewrites_card_dispose (GObject *object)
{
  StudioRewritesCard *self = STUDIO_REWRITES_CARD (object);

  self->syncing = TRUE;
  g_clear_object (&self->rows);
  G_OBJECT_CLASS (studio_rewrites_card_parent_class)->dispose (object);
}

static void
studio_rewrites_card_class_init (StudioRewritesCardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_rewrites_card_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_rewrites_card_update;
  STUDIO_PANEL_CLASS (klass)->lazy = TRUE;
}

static void
studio_rewrites_card_init (StudioRewritesCard *self)
{
  static const StudioColumn columns[] = {
    { N_("Rule"), RULE, STUDIO_COLUMN_DIM, 76, FALSE },
    { N_("Source operators"), NODES, STUDIO_COLUMN_TEXT, 110, FALSE,
      N_("The nodes that became one, or the one that became others") },
    { N_("What and why"), WHAT, STUDIO_COLUMN_TEXT, 120, TRUE },
    { N_("Time"), TIME, STUDIO_COLUMN_NUMBER, 70, FALSE,
      N_("Measured of what was compiled from them") },
  };
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->card = studio_card_new (_("Rewrites"), NULL);
  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->rows)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  self->view = gtk_column_view_new (GTK_SELECTION_MODEL (self->selection));
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    studio_table_add_column (GTK_COLUMN_VIEW (self->view), &columns[i]);
  studio_table_align (GTK_COLUMN_VIEW (self->view));
  studio_name_widget (self->view, _("Rewrites"));
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (on_selected),
                           self, 0);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (scrolled), 180);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scrolled), TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);
  gtk_box_append (GTK_BOX (self->card), scrolled);
  gtk_box_append (GTK_BOX (self), self->card);
}

GtkWidget *
studio_rewrites_card_new (void)
{
  return g_object_new (STUDIO_TYPE_REWRITES_CARD, NULL);
}
