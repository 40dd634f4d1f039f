/* microscope-card.c - the terms of one number in the order the device adds them, the sum after each
 * beside the exact one, and what each place of rounding changes. */
#include "microscope-card.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "card.h"
#include "edits.h"
#include "format.h"
#include "plot.h"
#include "table.h"
#include "tensor-view.h"

#define MOST_ROWS 4096             /* of terms in the table */

struct _StudioMicroscopeCard
{
  StudioPanel parent_instance;

  GtkWidget     *card, *element, *switches[4], *plot, *result, *view;
  GListStore    *rows;
  AnfMicroscope *seen;             /* (nullable) */
  AnfId          node;             /* that it is of */
  gboolean       syncing;
};

G_DEFINE_FINAL_TYPE (StudioMicroscopeCard, studio_microscope_card, STUDIO_TYPE_PANEL)

enum { PLACE, X, Y, TERM, SUM, EXACT, LOST };

static char *
digits (double value)
{
  return isfinite (value) ? g_strdup_printf ("%.7g", value) : studio_format_real (value);
}

/* ------------------------------------------------------------------------ rows */

static guint64
key_of (guint i, gpointer data)
{
  return i + 1;
}

static void
fill (StudioRow *row, guint i, gpointer data)
{
  StudioMicroscopeCard *self = data;
  const AnfTermStep *step = &self->seen->step[i];
  gboolean factors = self->seen->on & ANF_ROUND_FACTORS;
  double x = factors ? step->x : step->exact_x, y = factors ? step->y : step->exact_y;
  double lost = step->sum - step->exact;

  studio_row_set (row, PLACE, i, g_strdup_printf ("%u.%u", i / 4, i % 4));
  studio_row_set (row, X, x, digits (x));
  studio_row_set (row, Y, y, digits (y));
  studio_row_set (row, TERM, x * y, digits (x * y));
  studio_row_set (row, SUM, step->sum, digits (step->sum));
  studio_row_set (row, EXACT, step->exact, digits (step->exact));
  studio_row_set (row, LOST, lost, lost == 0 ? g_strdup (_("exact")) : studio_format_real (lost));
  studio_row_set_label (row, g_strdup_printf (_("term %u: %s times %s, sum %s, exact %s"), i,
                                              studio_row_text (row, X), studio_row_text (row, Y),
                                              studio_row_text (row, SUM),
                                              studio_row_text (row, EXACT)));
}

static void
show_plot (StudioMicroscopeCard *self)
{
  const AnfMicroscope *seen = self->seen;
  StudioAxis x = { 0, seen->n, FALSE, FALSE, _("term"), studio_format_count };
  StudioAxis y = { INFINITY, -INFINITY, FALSE, FALSE, _("sum"), studio_format_real };
  guint step = MAX (1, seen->n / 1000), layers[2];

  for (guint i = 0; i < seen->n; i += step)
    {
      if (isfinite (seen->step[i].sum))
        studio_axis_include (&y, seen->step[i].sum);
      studio_axis_include (&y, seen->step[i].exact);
    }
  studio_axis_include (&y, 0);
  studio_axis_round (&y);
  studio_plot_begin (STUDIO_PLOT (self->plot), &x, &y);
  layers[0] = studio_plot_add_layer (STUDIO_PLOT (self->plot), STUDIO_LAYER_DASHES, "exact",
                                     "anf_axis");
  layers[1] = studio_plot_add_layer (STUDIO_PLOT (self->plot), STUDIO_LAYER_LINE, "device",
                                     "anf_bar");
  for (guint i = 0; i < seen->n; i += step)
    {
      studio_plot_add_point (STUDIO_PLOT (self->plot), layers[0],
                             &(StudioPoint) { i + 1, seen->step[i].exact });
      if (isfinite (seen->step[i].sum))
        studio_plot_add_point (STUDIO_PLOT (self->plot), layers[1],
                               &(StudioPoint) { i + 1, seen->step[i].sum });
    }
}

static void
show_result (StudioMicroscopeCard *self)
{
  static const char *const names[] = { N_("factors in fp16"), N_("tiles of four at 12 bits"),
                                       N_("cliff at 32768"), N_("result in fp16") };
  const AnfMicroscope *seen = self->seen;
  g_autofree char *result = digits (seen->result), *exact = digits (seen->exact);
  g_autofree char *off = studio_format_real (seen->result - seen->exact);
  g_autofree char *words = g_strdup_printf (_("device %s\nexact %s\noff by %s"), result, exact,
                                            off);

  gtk_label_set_text (GTK_LABEL (self->result), words);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *lost = seen->lost[i] == 0 ? g_strdup (_("nothing"))
        : studio_format_real (seen->lost[i]);
      g_autofree char *label = g_strdup_printf ("%s: %s", _(names[i]), lost);

      gtk_check_button_set_label (GTK_CHECK_BUTTON (self->switches[i]), label);
    }
}

/* ------------------------------------------------------------------------ what is looked at */

static AnfRoundings
roundings (StudioMicroscopeCard *self)
{
  AnfRoundings on = 0;

  for (guint i = 0; i < 4; i++)
    if (gtk_check_button_get_active (GTK_CHECK_BUTTON (self->switches[i])))
      on |= 1 << i;
  return on;
}

static const AnfValueError *
error_of (const AnfErrors *errors, AnfId node)
{
  for (guint i = 0; errors != NULL && i < anf_errors_n (errors); i++)
    if (anf_errors_nth (errors, i)->value.node == node)
      return anf_errors_nth (errors, i);
  return NULL;
}

static void
show (StudioMicroscopeCard *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  const AnfNode *active = studio_panel_active (STUDIO_PANEL (self));
  const AnfValueError *value = active != NULL ? error_of (view->errors, anf_node_id (active))
                                              : NULL;
  gsize element = gtk_spin_button_get_value (GTK_SPIN_BUTTON (self->element));
  g_autoptr(GError) error = NULL;
  g_autofree char *note = NULL;

  g_clear_pointer (&self->seen, anf_microscope_free);
  if (value != NULL && anf_microscope_knows (active))
    self->seen = anf_microscope_new (view->errors, value->value, element, roundings (self), &error);
  gtk_widget_set_visible (self->card, self->seen != NULL);
  if (self->seen == NULL)
    return;
  note = g_strdup_printf (ngettext ("%s, element %zu of %zu: %u term", "%s, element %zu of %zu: %u "
                                    "terms", self->seen->n), anf_node_name (active), element,
                          value->n, self->seen->n);
  studio_card_set_note (STUDIO_CARD (self->card), note);
  studio_rows_merge (self->rows, MIN (self->seen->n, MOST_ROWS), key_of, fill, self);
  show_plot (self);
  show_result (self);
}

static void
on_changed (StudioMicroscopeCard *self)
{
  if (!self->syncing)
    show (self);
}

void
studio_microscope_card_look (StudioMicroscopeCard *self, gsize element)
{
  g_return_if_fail (STUDIO_IS_MICROSCOPE_CARD (self));

  gtk_spin_button_set_value (GTK_SPIN_BUTTON (self->element), element);
}

/* Of another operator, the element that is farthest off. */
static void
studio_microscope_card_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioMicroscopeCard *self = STUDIO_MICROSCOPE_CARD (panel);
  const AnfNode *active = studio_panel_active (panel);
  AnfId id = active != NULL ? anf_node_id (active) : 0;
  const AnfValueError *value;

  if (!(changed & (STUDIO_ERRORS | STUDIO_SELECTION)))
    return;
  if ((changed & STUDIO_ERRORS || id != self->node)
      && (value = error_of (view->errors, id)) != NULL && value->n > 0)
    {
      self->syncing = TRUE;
      gtk_spin_button_set_range (GTK_SPIN_BUTTON (self->element), 0, value->n - 1);
      gtk_spin_button_set_value (GTK_SPIN_BUTTON (self->element), value->worst);
      self->syncing = FALSE;
    }
  self->node = id;
  show (self);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_microscope_card_dispose (GObject *object)
{
  StudioMicroscopeCard *self = STUDIO_MICROSCOPE_CARD (object);

  self->syncing = TRUE;
  g_clear_object (&self->rows);
  g_clear_pointer (&self->seen, anf_microscope_free);
  G_OBJECT_CLASS (studio_microscope_card_parent_class)->dispose (object);
}

static void
studio_microscope_card_class_init (StudioMicroscopeCardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_microscope_card_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_microscope_card_update;
  STUDIO_PANEL_CLASS (klass)->lazy = TRUE;
}

static GtkWidget *
build_table (StudioMicroscopeCard *self)
{
  static const StudioColumn columns[] = {
    { N_("Tile"), PLACE, STUDIO_COLUMN_DIM, 56, FALSE },
    { "x", X, STUDIO_COLUMN_NUMBER, 96, TRUE }, { "y", Y, STUDIO_COLUMN_NUMBER, 96, TRUE },
    { "x·y", TERM, STUDIO_COLUMN_NUMBER, 104, TRUE },
    { N_("Sum"), SUM, STUDIO_COLUMN_NUMBER, 96, TRUE, N_("On the device, after this term") },
    { N_("Exact"), EXACT, STUDIO_COLUMN_NUMBER, 96, TRUE },
    { N_("Lost"), LOST, STUDIO_COLUMN_NUMBER, 84, TRUE },
  };
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkSelectionModel *none;

  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  none = GTK_SELECTION_MODEL (gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->rows))));
  self->view = gtk_column_view_new (none);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    gtk_column_view_column_set_sorter (studio_table_add_column (GTK_COLUMN_VIEW (self->view),
                                                                &columns[i]), NULL);
  studio_table_align (GTK_COLUMN_VIEW (self->view));
  studio_name_widget (self->view, _("Terms of the sum"));
  gtk_widget_set_hexpand (scrolled, TRUE);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scrolled), 150);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);
  return scrolled;
}

static GtkWidget *
build_side (StudioMicroscopeCard *self)
{
  GtkWidget *side = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);

  self->result = studio_label_new (NULL, "numeric", NULL);
  gtk_label_set_xalign (GTK_LABEL (self->result), 0);
  gtk_label_set_selectable (GTK_LABEL (self->result), TRUE);
  gtk_box_append (GTK_BOX (side), self->result);
  gtk_box_append (GTK_BOX (side), studio_label_new (_("Each rounding alone changes"), "caption",
                                                    "dim", NULL));
  for (guint i = 0; i < 4; i++)
    {
      self->switches[i] = gtk_check_button_new ();
      gtk_check_button_set_active (GTK_CHECK_BUTTON (self->switches[i]), TRUE);
      gtk_widget_set_tooltip_text (self->switches[i], _("Whether the device rounds here, in what "
                                                        "is shown"));
      g_signal_connect_object (self->switches[i], "toggled", G_CALLBACK (on_changed), self,
                               G_CONNECT_SWAPPED);
      gtk_box_append (GTK_BOX (side), self->switches[i]);
    }
  gtk_widget_set_margin_start (side, 12);
  return side;
}

static void
studio_microscope_card_init (StudioMicroscopeCard *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);

  self->card = studio_card_new (_("Error microscope"), NULL);
  studio_card_set_basis (STUDIO_CARD (self->card), N_("measured"));
  gtk_widget_set_hexpand (self->card, TRUE);
  self->element = gtk_spin_button_new_with_range (0, 0, 1);
  gtk_spin_button_set_numeric (GTK_SPIN_BUTTON (self->element), TRUE);
  gtk_widget_set_tooltip_text (self->element, _("Element of the value; first the one that is "
                                                "farthest off"));
  studio_name_widget (self->element, _("Element"));
  g_signal_connect_object (self->element, "value-changed", G_CALLBACK (on_changed), self,
                           G_CONNECT_SWAPPED);
  studio_card_add_end (STUDIO_CARD (self->card), self->element);
  gtk_box_append (GTK_BOX (line), build_side (self));
  gtk_box_append (GTK_BOX (line), build_table (self));
  self->plot = studio_plot_new (_("Sum, term by term"), 130);
  gtk_widget_set_size_request (self->plot, 300, -1);
  gtk_box_append (GTK_BOX (line), self->plot);
  gtk_box_append (GTK_BOX (self->card), line);
  gtk_box_append (GTK_BOX (self), self->card);
  gtk_widget_set_visible (self->card, FALSE);
}

GtkWidget *
studio_microscope_card_new (void)
{
  return g_object_new (STUDIO_TYPE_MICROSCOPE_CARD, NULL);
}
