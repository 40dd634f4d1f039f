/* sweep-card.c - the bars of the sweep, as far as it is. */
#include "sweep-card.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "card.h"
#include "edits.h"
#include "format.h"
#include "table.h"

struct _StudioSweepCard
{
  StudioPanel parent_instance;

  StudioSolver       *solver;
  GtkWidget          *card, *encoding, *button, *view;
  GListStore         *rows;
  GtkSingleSelection *selection;   /* borrowed from the view */
  GArray             *order;       /* of guint: places in the survey, the most felt first */
  gboolean            syncing;
};

G_DEFINE_FINAL_TYPE (StudioSweepCard, studio_sweep_card, STUDIO_TYPE_PANEL)

enum { NAME, BAR, ERROR, GATES };

static AnfEncoding
encoding_of (StudioSweepCard *self)
{
  return ANF_FP16 + 1 + gtk_drop_down_get_selected (GTK_DROP_DOWN (self->encoding));
}

/* ------------------------------------------------------------------------ rows */

static double
effect_of (StudioSweepCard *self, guint i, AnfEffect *effect)
{
  return anf_sweep_cell (studio_solver_get_sweep (self->solver), i, encoding_of (self), effect)
         ? effect->error : NAN;
}

static int
by_effect (gconstpointer a, gconstpointer b, gpointer data)
{
  AnfEffect effect;
  double x = effect_of (data, *(const guint *) a, &effect);
  double y = effect_of (data, *(const guint *) b, &effect);

  return (x < y) - (x > y);
}

static void
sort (StudioSweepCard *self, guint n)
{
  g_array_set_size (self->order, 0);
  for (guint i = 0; i < n; i++)
    {
      AnfEffect effect;

      if (!isnan (effect_of (self, i, &effect)))
        g_array_append_val (self->order, i);
    }
  g_array_sort_with_data (self->order, by_effect, self);
}

static const AnfWeightFacts *
facts_at (StudioSweepCard *self, guint place)
{
  return anf_weights_nth (studio_solver_get_weights (self->solver),
                          g_array_index (self->order, guint, place));
}

static guint64
key_of (guint place, gpointer data)
{
  const AnfWeightFacts *facts = facts_at (data, place);

  return facts->node << 10 | (g_str_hash (facts->role) & 1023);
}

static void
fill (StudioRow *row, guint place, gpointer data)
{
  StudioSweepCard *self = data;
  const AnfWeightFacts *facts = facts_at (self, place);
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  const AnfNode *node = graph != NULL ? anf_graph_find (graph, facts->node) : NULL;
  guint i = g_array_index (self->order, guint, place);
  guint first = g_array_index (self->order, guint, 0);
  AnfEffect effect, most;

  effect_of (self, i, &effect);
  effect_of (self, first, &most);
  studio_row_set (row, NAME, NAN, g_strdup_printf ("%s %s", node != NULL ? anf_node_name (node)
                                                   : facts->name, facts->role));
  studio_row_set (row, BAR, most.error > 0 ? effect.error / most.error : 0, NULL);
  studio_row_set (row, ERROR, effect.error, studio_format_real (effect.error));
  studio_row_set (row, GATES, effect.n_failed, effect.n_failed == 0 ? g_strdup ("")
                  : g_strdup_printf (ngettext ("%u gate fails", "%u gates fail", effect.n_failed),
                                     effect.n_failed));
  studio_row_set_label (row, g_strdup_printf (_("%s as %s: outputs off by %s %s"),
                                              studio_row_text (row, NAME),
                                              anf_encoding_name (encoding_of (self)),
                                              studio_row_text (row, ERROR),
                                              studio_row_text (row, GATES)));
}

static void
show (StudioSweepCard *self)
{
  AnfSweep *sweep = studio_solver_get_sweep (self->solver);
  const AnfWeights *weights = studio_solver_get_weights (self->solver);
  gboolean sweeping = studio_solver_is_sweeping (self->solver);
  guint known = 0, n = sweep != NULL ? anf_sweep_n_cells (sweep, &known) : 0;
  AnfEffect base;
  g_autofree char *note = NULL, *plain = NULL;

  sort (self, sweep != NULL && weights != NULL && anf_sweep_n (sweep) == anf_weights_n (weights)
        ? anf_weights_n (weights) : 0);
  self->syncing = TRUE;
  studio_rows_merge (self->rows, self->order->len, key_of, fill, self);
  self->syncing = FALSE;
  if (sweep != NULL && anf_sweep_base (sweep, &base))
    plain = studio_format_real (base.error);
  note = plain != NULL ? g_strdup_printf (_("%u of %u cells, all fp16: %s"), known, n, plain)
                       : g_strdup_printf (_("%u of %u cells"), known, n);
  studio_card_set_note (STUDIO_CARD (self->card), note);
  gtk_button_set_label (GTK_BUTTON (self->button), sweeping ? _("Stop") : known > 0 && known < n
                        ? _("Go On") : _("Sweep"));
  gtk_widget_set_sensitive (self->button, sweeping || known < n);
}

/* ------------------------------------------------------------------------ wishes */

static void
on_button (StudioSweepCard *self)
{
  if (studio_solver_is_sweeping (self->solver))
    studio_solver_stop (self->solver);
  else
    studio_solver_sweep (self->solver);
}

static void
on_selected (GtkSingleSelection *selection, GParamSpec *pspec, StudioSweepCard *self)
{
  StudioRow *row = gtk_single_selection_get_selected_item (selection);

  if (!self->syncing && row != NULL)
    studio_panel_select (STUDIO_PANEL (self), studio_row_key (row) >> 10);
}

static void
select_row (StudioSweepCard *self)
{
  const AnfNode *active = studio_panel_active (STUDIO_PANEL (self));
  guint at = GTK_INVALID_LIST_POSITION;

  for (guint i = 0; active != NULL && i < self->order->len; i++)
    if (facts_at (self, i)->node == anf_node_id (active))
      {
        at = i;
        break;
      }
  self->syncing = TRUE;
  gtk_single_selection_set_selected (self->selection, at);
  self->syncing = FALSE;
}

static void
studio_sweep_card_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioSweepCard *self = STUDIO_SWEEP_CARD (panel);

  if (changed & STUDIO_GRAPH)
    show (self);
  if (changed & (STUDIO_GRAPH | STUDIO_SELECTION))
    select_row (self);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_sweep_card_dispose (GObject *object)
{
  StudioSweepCard *self = STUDIO_SWEEP_CARD (object);

  self->syncing = TRUE;
  if (self->solver != NULL)
    g_signal_handlers_disconnect_by_data (self->solver, self);
  g_clear_object (&self->solver);
  g_clear_object (&self->rows);
  g_clear_pointer (&self->order, g_array_unref);
  G_OBJECT_CLASS (studio_sweep_card_parent_class)->dispose (object);
}

static void
studio_sweep_card_class_init (StudioSweepCardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_sweep_card_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_sweep_card_update;
}

static void
add_table (StudioSweepCard *self)
{
  static const StudioColumn columns[] = {
    { N_("Weight"), NAME, STUDIO_COLUMN_TEXT, 110, FALSE },
    { "", BAR, STUDIO_COLUMN_BAR, 80, TRUE },
    { N_("Error"), ERROR, STUDIO_COLUMN_NUMBER, 72, FALSE,
      N_("Worst relative error of an output against the exact run") },
    { N_("Gates"), GATES, STUDIO_COLUMN_TEXT, 84, FALSE },
  };
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  self->order = g_array_new (FALSE, FALSE, sizeof (guint));
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->rows)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  self->view = gtk_column_view_new (GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (on_selected),
                           self, 0);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    studio_table_add_column (GTK_COLUMN_VIEW (self->view), &columns[i]);
  studio_table_align (GTK_COLUMN_VIEW (self->view));
  studio_name_widget (self->view, _("Sensitivity of the outputs"));
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);
  gtk_box_append (GTK_BOX (self->card), scrolled);
}

static void
studio_sweep_card_init (StudioSweepCard *self)
{
  const char *names[ANF_N_ENCODINGS] = { NULL };

  for (guint e = ANF_FP16 + 1; e < ANF_N_ENCODINGS; e++)
    names[e - ANF_FP16 - 1] = anf_encoding_name (e);
  self->card = studio_card_new (_("Sensitivity"), NULL);
  studio_card_set_basis (STUDIO_CARD (self->card), N_("measured"));
  self->encoding = gtk_drop_down_new_from_strings (names);
  gtk_widget_set_tooltip_text (self->encoding, _("The encoding that one weight at a time gets"));
  studio_name_widget (self->encoding, _("Encoding of the sweep"));
  gtk_widget_add_css_class (self->encoding, "dense");
  studio_card_add_end (STUDIO_CARD (self->card), self->encoding);
  self->button = gtk_button_new_with_label (_("Sweep"));
  gtk_widget_add_css_class (self->button, "small");
  gtk_widget_set_tooltip_text (self->button, _("Runs the graph with one weight encoded at a time; "
                                               "what is known is kept"));
  g_signal_connect_swapped (self->button, "clicked", G_CALLBACK (on_button), self);
  studio_card_add_end (STUDIO_CARD (self->card), self->button);
  add_table (self);
  gtk_widget_set_vexpand (self->card, TRUE);
  gtk_box_append (GTK_BOX (self), self->card);
}

GtkWidget *
studio_sweep_card_new (StudioSolver *solver)
{
  StudioSweepCard *self = g_object_new (STUDIO_TYPE_SWEEP_CARD, NULL);

  self->solver = g_object_ref (solver);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->encoding), ANF_INT4 - ANF_FP16 - 1);
  g_signal_connect_swapped (self->encoding, "notify::selected", G_CALLBACK (show), self);
  g_signal_connect_swapped (solver, "changed", G_CALLBACK (show), self);
  show (self);
  return GTK_WIDGET (self);
}
