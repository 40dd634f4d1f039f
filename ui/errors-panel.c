/* errors-panel.c - where errors come from: every operator alone and with all before it; the spread
 * of a gate's errors; both values of a wire and their difference. */
#include "errors-panel.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "card.h"
#include "edits.h"
#include "format.h"
#include "plot.h"
#include "table.h"
#include "tensor-view.h"

struct _StudioErrorsPanel
{
  StudioPanel parent_instance;

  GtkWidget          *card, *view, *first, *spread_card, *spread, *viewer_card, *watch;
  GtkWidget          *exact, *value, *difference;
  GListStore         *rows;
  GtkSingleSelection *selection;   /* borrowed from the view */
  gboolean            syncing;
  char               *reference;   /* file that values are held against; NULL: fp32 */
  gconstpointer       given;       /* the errors against it, to be told from others */
};

G_DEFINE_FINAL_TYPE (StudioErrorsPanel, studio_errors_panel, STUDIO_TYPE_PANEL)

enum { NAME, KIND, LOCAL, LOCAL_BAR, TOTAL, TOTAL_BAR, SNR, LARGEST };

double
studio_errors_limit (const AnfGraph *graph)
{
  double limit = NAN;

  for (guint i = 0; graph != NULL && i < anf_graph_n_gates (graph); i++)
    {
      const AnfGate *gate = anf_graph_nth_gate (graph, i);

      if (g_strcmp0 (gate->metric, "rel_l2") == 0 && !(gate->limit >= limit))
        limit = gate->limit;
    }
  return limit;
}

/* ------------------------------------------------------------------------ operators */

static guint64
key_of (guint i, gpointer data)
{
  const AnfValueError *error = anf_errors_nth (studio_panel_view (data)->errors, i);

  return error->value.node | (guint64) error->value.port << 54;
}

#define NODE_OF(key) ((key) & (((guint64) 1 << 54) - 1))

static char *
error_text (double error)
{
  if (isnan (error))
    return g_strdup ("–");
  return error == 0 ? g_strdup (_("exact")) : studio_format_real (error);
}

/* Six decades up to 1. */
static double
bar_of (double error)
{
  return error > 0 ? CLAMP (log10 (error) / 6 + 1, 0.01, 1) : NAN;
}

static void
fill (StudioRow *row, guint i, gpointer data)
{
  const StudioView *view = studio_panel_view (data);
  const AnfValueError *error = anf_errors_nth (view->errors, i);
  AnfGraph *graph = anf_errors_graph (view->errors);
  const AnfNode *node = anf_graph_find (graph, error->value.node);
  double limit = studio_errors_limit (graph), decibels = -20 * log10 (error->total);
  gboolean bad = error->n_nan + error->n_inf > 0;
  gboolean over = bad || error->total > limit;
  g_autofree char *name = error->value.port == 0 ? g_strdup (anf_node_name (node))
    : g_strdup_printf ("%s:%u", anf_node_name (node), error->value.port);
  g_autofree char *icon = studio_category_icon (anf_op_category (anf_node_op (node)));

  studio_row_set_text (row, NAME, name);
  studio_row_set_text (row, KIND, anf_node_op_name (node));
  studio_row_set_icon (row, icon, over ? "anf_bad" : "anf_bar");
  if (over)
    studio_row_set_mark (row, "dialog-error-symbolic", "bad");
  studio_row_set (row, LOCAL, error->local, error_text (error->local));
  studio_row_set (row, LOCAL_BAR, bar_of (error->local), NULL);
  studio_row_set (row, TOTAL, error->total, error_text (error->total));
  studio_row_set (row, TOTAL_BAR, bar_of (error->total), NULL);
  studio_row_set (row, SNR, decibels, isfinite (decibels) ? studio_format_real (decibels)
                                                          : g_strdup ("–"));
  studio_row_set (row, LARGEST, error->largest, studio_format_real (error->largest));
  studio_row_set_label (row, g_strdup_printf (_("%s, %s, alone %s, so far %s%s"), name,
                                              anf_node_op_name (node),
                                              studio_row_text (row, LOCAL),
                                              studio_row_text (row, TOTAL),
                                              over ? _(", over the limit") : ""));
}

static void
show_table (StudioErrorsPanel *self, const StudioView *view)
{
  guint n = view->errors != NULL ? anf_errors_n (view->errors) : 0;
  double limit = view->errors != NULL ? studio_errors_limit (anf_errors_graph (view->errors)) : NAN;
  const AnfValueError *over = n > 0 && !isnan (limit) ? anf_errors_first_over (view->errors, limit)
                                                      : NULL;
  const char *reference = self->reference != NULL ? self->reference : "fp32";
  g_autofree char *text = studio_format_real (limit), *note = NULL;

  if (n == 0)
    note = g_strdup (_("Measure shows the error of each operator"));
  else if (isnan (limit))
    note = g_strdup_printf (_("relative L2 against %s, one sample"), reference);
  else
    note = g_strdup_printf (_("relative L2 against %s, one sample, limit %s"), reference, text);
  studio_rows_merge (self->rows, n, key_of, fill, self);
  studio_card_set_note (STUDIO_CARD (self->card), note);
  studio_card_set_basis (STUDIO_CARD (self->card), n > 0 ? N_("measured") : NULL);
  gtk_widget_set_sensitive (self->first, over != NULL);
}

void
studio_errors_panel_against (StudioErrorsPanel *self, AnfErrors *errors, const char *name)
{
  g_return_if_fail (STUDIO_IS_ERRORS_PANEL (self));

  g_free (self->reference);
  self->reference = g_strdup (name);
  self->given = errors;
  g_object_set (self, "errors", errors, NULL);
}

gboolean
studio_errors_panel_first (StudioErrorsPanel *self)
{
  AnfErrors *errors = studio_panel_view (STUDIO_PANEL (self))->errors;
  double limit = errors != NULL ? studio_errors_limit (anf_errors_graph (errors)) : NAN;
  const AnfValueError *over = isnan (limit) ? NULL : anf_errors_first_over (errors, limit);

  if (over != NULL)
    studio_panel_select (STUDIO_PANEL (self), over->value.node);
  return over != NULL;
}

static void
on_first (GtkButton *button, StudioErrorsPanel *self)
{
  studio_errors_panel_first (self);
}

static void
on_selected (GtkSingleSelection *selection, GParamSpec *pspec, StudioErrorsPanel *self)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  StudioRow *row = studio_table_row (gtk_single_selection_get_selected_item (selection));

  if (!self->syncing && row != NULL && graph != NULL
      && anf_graph_find (graph, NODE_OF (studio_row_key (row))) != NULL)
    studio_panel_select (STUDIO_PANEL (self), NODE_OF (studio_row_key (row)));
}

/* ------------------------------------------------------------------------ the spread of a gate */

static char *
format_power (double value)
{
  return g_strdup_printf ("%g", value);
}

static double
bin_start (guint i)
{
  return pow (10, ANF_ERROR_LEAST_DECADE + (double) i / ANF_ERROR_BINS_PER_DECADE);
}

/* The one that fails, or else the first that was measured. */
static const AnfGateResult *
gate_to_show (const AnfGates *gates)
{
  const AnfGateResult *best = NULL;

  for (guint i = 0; gates != NULL && i < anf_gates_n (gates); i++)
    {
      const AnfGateResult *result = anf_gates_nth (gates, i);

      if (result->problem == NULL && result->errors.n > 0 && (best == NULL
                                                              || (best->ok && !result->ok)))
        best = result;
    }
  return best;
}

/* A relative limit holds the root of the mean square: there it is a line, too. */
static double
limit_of (const AnfGateResult *result)
{
  if (g_strcmp0 (result->gate.metric, "max_abs") == 0)
    return result->gate.limit;
  return g_strcmp0 (result->gate.metric, "rel_l2") == 0
    ? result->gate.limit * result->errors.rms_reference : NAN;
}

static void
add_bins (StudioErrorsPanel *self, const AnfErrorSpread *errors)
{
  guint layer = studio_plot_add_layer (STUDIO_PLOT (self->spread), STUDIO_LAYER_BARS, "errors",
                                       "anf_bar");

  for (guint i = 0; i < ANF_ERROR_BINS; i++)
    {
      g_autofree char *from = studio_format_real (bin_start (i)), *label = NULL;

      if (errors->bin[i] == 0)
        continue;
      label = g_strdup_printf (ngettext ("%s and more: %zu number", "%s and more: %zu numbers",
                                         errors->bin[i]), from, errors->bin[i]);
      studio_plot_add_point (STUDIO_PLOT (self->spread), layer, &(StudioPoint)
        { bin_start (i), errors->bin[i], bin_start (i + 1) - bin_start (i), 0, label });
    }
}

static void
show_spread (StudioErrorsPanel *self, const StudioView *view)
{
  const AnfGateResult *result = gate_to_show (view->gates);
  StudioAxis x = { INFINITY, -INFINITY, TRUE, FALSE, _("|error|"), format_power };
  StudioAxis y = { 0, 0, FALSE, FALSE, _("numbers"), studio_format_count };
  g_autofree char *note = NULL, *rms = NULL, *exact = NULL;
  double limit;

  gtk_widget_set_visible (self->spread_card, result != NULL);
  if (result == NULL)
    return;
  limit = limit_of (result);
  for (guint i = 0; i < ANF_ERROR_BINS; i++)
    if (result->errors.bin[i] > 0)
      {
        studio_axis_include (&x, bin_start (i));
        studio_axis_include (&x, bin_start (i + 1));
        studio_axis_include (&y, result->errors.bin[i]);
      }
  studio_axis_include (&x, limit);
  studio_axis_round (&x);
  studio_axis_round (&y);
  studio_plot_begin (STUDIO_PLOT (self->spread), &x, &y);
  add_bins (self, &result->errors);
  if (limit > 0)
    {
      g_autofree char *text = studio_format_real (limit);
      g_autofree char *words = g_strdup_printf (result->gate.limit == limit ? _("limit %s")
                                                : _("limit %s of the root mean square"), text);
      guint wall = studio_plot_add_layer (STUDIO_PLOT (self->spread), STUDIO_LAYER_WALL, "limit",
                                          "anf_limit");

      studio_plot_add_point (STUDIO_PLOT (self->spread), wall, &(StudioPoint) { limit, 0, 1 });
      studio_plot_add_note (STUDIO_PLOT (self->spread), limit, y.max, 1.05, words);
    }
  rms = studio_format_real (result->errors.rms);
  exact = studio_format_percent ((double) result->errors.exact / result->errors.n);
  note = g_strdup_printf (_("root mean square %s, %s exact"), rms, exact);
  studio_card_set_note (STUDIO_CARD (self->spread_card), note);
}

/* ------------------------------------------------------------------------ values of a wire */

static const AnfValueError *
error_of (const StudioView *view, AnfId node)
{
  for (guint i = 0; view->errors != NULL && i < anf_errors_n (view->errors); i++)
    if (anf_errors_nth (view->errors, i)->value.node == node)
      return anf_errors_nth (view->errors, i);
  return NULL;
}

static void
range_of (AnfTensor *tensor, double *low, double *high)
{
  float values[1024];
  gsize n = anf_tensor_elements (tensor);

  for (gsize begin = 0; begin < n; begin += G_N_ELEMENTS (values))
    {
      gsize count = MIN (G_N_ELEMENTS (values), n - begin);

      anf_tensor_read (tensor, begin, count, values);
      for (gsize i = 0; i < count; i++)
        if (isfinite (values[i]))
          {
            *low = MIN (*low, values[i]);
            *high = MAX (*high, values[i]);
          }
    }
}

static void
show_watch (StudioErrorsPanel *self, const AnfValueError *error, AnfTensor *value)
{
  g_autofree char *worst = studio_tensor_place (value, error->worst);
  g_autofree char *bad = studio_tensor_place (value, error->first_bad);
  g_autofree char *difference = studio_format_real (error->max_abs);
  g_autofree char *largest = studio_format_real (error->largest);
  g_autofree char *subnormal = studio_format_percent ((double) error->n_subnormal
                                                      / MAX (error->n, 1));
  g_autofree char *zero = studio_format_percent ((double) error->n_zero / MAX (error->n, 1));
  g_autofree char *text = g_strdup_printf (
    _("NaN %zu, Inf %zu%s%s\n65504 and above %zu, largest %s\nsubnormal %s, zero %s\n"
      "largest difference %s at %s"),
    error->n_nan, error->n_inf, error->n_nan + error->n_inf > 0 ? _(", first at ") : "",
    error->n_nan + error->n_inf > 0 ? bad : "", error->n_saturated, largest, subnormal, zero,
    difference, worst);

  gtk_label_set_text (GTK_LABEL (self->watch), text);
}

static void
show_values (StudioErrorsPanel *self, const StudioView *view)
{
  const AnfNode *active = studio_panel_active (STUDIO_PANEL (self));
  const AnfValueError *error = active != NULL ? error_of (view, anf_node_id (active)) : NULL;
  g_autoptr(AnfTensor) value = NULL, exact = NULL;
  g_autofree char *shape = NULL, *note = NULL;
  double low = INFINITY, high = -INFINITY;

  gtk_widget_set_visible (self->viewer_card, view->errors != NULL);
  if (error == NULL || !anf_errors_values (view->errors, error->value, &value, &exact))
    {
      studio_card_set_note (STUDIO_CARD (self->viewer_card), _("choose an operator to see them"));
      studio_tensor_view_show (STUDIO_TENSOR_VIEW (self->exact), NULL, NULL, 0, 0);
      studio_tensor_view_show (STUDIO_TENSOR_VIEW (self->value), NULL, NULL, 0, 0);
      studio_tensor_view_show (STUDIO_TENSOR_VIEW (self->difference), NULL, NULL, 0, 0);
      gtk_label_set_text (GTK_LABEL (self->watch), "");
      return;
    }
  range_of (value, &low, &high);
  range_of (exact, &low, &high);
  shape = anf_tensor_shape_text (value);
  note = g_strdup_printf ("%s, %s", anf_node_name (active), shape);
  studio_card_set_note (STUDIO_CARD (self->viewer_card), note);
  studio_tensor_view_show (STUDIO_TENSOR_VIEW (self->exact), exact, NULL, low, high);
  studio_tensor_view_show (STUDIO_TENSOR_VIEW (self->value), value, NULL, low, high);
  studio_tensor_view_show (STUDIO_TENSOR_VIEW (self->difference), value, exact, -error->max_abs,
                           error->max_abs);
  show_watch (self, error, value);
}

static void
studio_errors_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioErrorsPanel *self = STUDIO_ERRORS_PANEL (panel);
  const AnfNode *active = studio_panel_active (panel);
  guint position = GTK_INVALID_LIST_POSITION;

  if (changed & STUDIO_ERRORS)
    {
      if (view->errors != self->given)
        g_clear_pointer (&self->reference, g_free);
      show_table (self, view);
    }
  if (changed & STUDIO_GATES)
    show_spread (self, view);
  if (!(changed & (STUDIO_ERRORS | STUDIO_SELECTION)))
    return;
  self->syncing = TRUE;
  if (active != NULL)
    studio_rows_find (G_LIST_MODEL (self->selection), anf_node_id (active), &position);
  gtk_single_selection_set_selected (self->selection, position);
  self->syncing = FALSE;
  show_values (self, view);
}

/* ------------------------------------------------------------------------ the widget */

static const StudioColumn columns[] = {
  { N_("Op"), NAME, STUDIO_COLUMN_ICON, 130, TRUE },
  { N_("Kind"), KIND, STUDIO_COLUMN_DIM, 96, FALSE },
  { N_("Alone"), LOCAL, STUDIO_COLUMN_NUMBER, 78, FALSE, N_("Given exact inputs") },
  { "", LOCAL_BAR, STUDIO_COLUMN_BAR, 70, FALSE },
  { N_("So far"), TOTAL, STUDIO_COLUMN_NUMBER, 78, FALSE, N_("With the errors of all before it") },
  { "", TOTAL_BAR, STUDIO_COLUMN_BAR, 70, FALSE },
  { N_("SNR dB"), SNR, STUDIO_COLUMN_NUMBER, 70, FALSE },
  { N_("Largest"), LARGEST, STUDIO_COLUMN_NUMBER, 78, FALSE, N_("Largest magnitude; fp16 ends at "
                                                               "65504") },
};

static void
build_table (StudioErrorsPanel *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkSortListModel *sorted;

  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  self->view = gtk_column_view_new (NULL);
  sorted = gtk_sort_list_model_new (G_LIST_MODEL (g_object_ref (self->rows)), g_object_ref
                                    (gtk_column_view_get_sorter (GTK_COLUMN_VIEW (self->view))));
  self->selection = gtk_single_selection_new (G_LIST_MODEL (sorted));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), GTK_SELECTION_MODEL (self->selection));
  g_object_unref (self->selection);
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (on_selected), self, 0);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    studio_table_add_column (GTK_COLUMN_VIEW (self->view), &columns[i]);
  studio_table_align (GTK_COLUMN_VIEW (self->view));
  studio_name_widget (self->view, _("Errors of operators"));

  self->card = studio_card_new (_("Error by operator"), NULL);
  self->first = gtk_button_new_with_label (_("First Over"));
  gtk_widget_add_css_class (self->first, "small");
  gtk_widget_set_tooltip_text (self->first, _("Go to the first operator over the limit"));
  g_signal_connect (self->first, "clicked", G_CALLBACK (on_first), self);
  studio_card_add_end (STUDIO_CARD (self->card), self->first);
  gtk_widget_set_hexpand (self->card, TRUE);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scrolled), 140);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);
  gtk_box_append (GTK_BOX (self->card), scrolled);
}

static GtkWidget *
add_view (GtkWidget *line, const char *name, StudioRamp ramp)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  GtkWidget *view = studio_tensor_view_new (name, ramp);

  gtk_widget_set_hexpand (box, TRUE);
  gtk_widget_set_vexpand (view, TRUE);
  gtk_box_append (GTK_BOX (box), studio_label_new (name, "caption", "dim", NULL));
  gtk_box_append (GTK_BOX (box), view);
  gtk_box_append (GTK_BOX (line), box);
  return view;
}

static void
build_viewer (StudioErrorsPanel *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 16);

  self->viewer_card = studio_card_new (_("Values"), NULL);
  self->exact = add_view (line, _("A: fp32, original weights"), STUDIO_RAMP_HEAT);
  self->value = add_view (line, _("B: this document"), STUDIO_RAMP_HEAT);
  self->difference = add_view (line, _("B − A"), STUDIO_RAMP_DIFFERENCE);
  self->watch = studio_label_new (NULL, "caption", "numeric", NULL);
  gtk_widget_set_valign (self->watch, GTK_ALIGN_START);
  gtk_label_set_xalign (GTK_LABEL (self->watch), 0);
  gtk_label_set_wrap (GTK_LABEL (self->watch), TRUE);
  gtk_label_set_width_chars (GTK_LABEL (self->watch), 34);
  gtk_box_append (GTK_BOX (line), self->watch);
  gtk_widget_set_margin_start (line, 12);
  gtk_widget_set_margin_end (line, 12);
  gtk_widget_set_margin_top (line, 6);
  gtk_widget_set_margin_bottom (line, 8);
  gtk_box_append (GTK_BOX (self->viewer_card), line);
}

static void
studio_errors_panel_dispose (GObject *object)
{
  StudioErrorsPanel *self = STUDIO_ERRORS_PANEL (object);

  self->syncing = TRUE;
  g_clear_object (&self->rows);
  g_clear_pointer (&self->reference, g_free);
  G_OBJECT_CLASS (studio_errors_panel_parent_class)->dispose (object);
}

static void
studio_errors_panel_class_init (StudioErrorsPanelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_errors_panel_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_errors_panel_update;
  STUDIO_PANEL_CLASS (klass)->lazy = TRUE;
}

static void
studio_errors_panel_init (StudioErrorsPanel *self)
{
  GtkWidget *top = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);

  build_table (self);
  self->spread_card = studio_card_new (_("Errors"), NULL);
  studio_card_set_basis (STUDIO_CARD (self->spread_card), N_("measured"));
  self->spread = studio_plot_new (_("Spread of errors"), 150);
  gtk_widget_set_vexpand (self->spread, TRUE);
  gtk_widget_set_size_request (self->spread_card, 420, -1);
  gtk_box_append (GTK_BOX (self->spread_card), self->spread);
  build_viewer (self);
  gtk_widget_set_vexpand (top, TRUE);
  gtk_box_append (GTK_BOX (top), self->card);
  gtk_box_append (GTK_BOX (top), self->spread_card);
  gtk_box_set_spacing (GTK_BOX (self), 8);
  gtk_box_append (GTK_BOX (self), top);
  gtk_box_append (GTK_BOX (self), self->viewer_card);
  gtk_widget_set_visible (self->spread_card, FALSE);
  gtk_widget_set_visible (self->viewer_card, FALSE);
}

GtkWidget *
studio_errors_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_ERRORS_PANEL, NULL);
}
