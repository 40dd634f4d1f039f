/* compare-panel.c - two runs side by side: times, operators, gates, changes of the graph. */
#include "compare-panel.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "card.h"
#include "compare-tiles.h"
#include "edits.h"
#include "format.h"
#include "run-log.h"
#include "structure-card.h"
#include "table.h"

struct _StudioComparePanel
{
  StudioPanel parent_instance;

  GtkWidget          *stack, *choice[2], *verdict, *tag, *tiles;
  GtkWidget          *card, *view, *only_changed, *threshold, *structure;
  GtkStringList      *names;
  GListStore         *rows;
  GtkSingleSelection *selection;   /* borrowed from the view */
  StudioRunLog       *log;         /* (nullable) */
  char               *title;       /* of the document that it is of */
  AnfRecord          *record[2];   /* (nullable) */
  AnfComparison      *comparison;  /* (nullable) */
  GArray             *shown;       /* guint: rows of the comparison that pass the filter */
  AnfGraph           *other;       /* another document (nullable) */
  char               *other_name;
  double              longest;     /* of any row: the bars' scale */
  gboolean            syncing;
};

G_DEFINE_FINAL_TYPE (StudioComparePanel, studio_compare_panel, STUDIO_TYPE_PANEL)

enum { NAME, KIND, TIME_A, BAR_A, BAR_B, TIME_B, DELTA, SHARE, VERDICT };

/* ------------------------------------------------------------------------ rows */

static const AnfComparedOps *
row_at (StudioComparePanel *self, guint place)
{
  return anf_comparison_nth (self->comparison, g_array_index (self->shown, guint, place));
}

static guint64
key_of (guint place, gpointer data)
{
  const AnfComparedOps *row = row_at (data, place);

  return row->n_a > 0 ? row->a[0]->node : row->b[0]->node | (guint64) 1 << 54;
}

#define NODE_OF(key) ((key) & (((guint64) 1 << 54) - 1))

/* "c1 + n1", those of A where there are any. */
static char *
names_of (const AnfComparedOps *row, gboolean kinds)
{
  const AnfRecordOp *const *ops = row->n_a > 0 ? row->a : row->b;
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < (row->n_a > 0 ? row->n_a : row->n_b); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " + " : "", kinds ? ops[i]->op : ops[i]->name);
  return g_string_free (text, FALSE);
}

static const char *
verdict_word (const AnfComparedOps *row)
{
  if (row->n_a == 0)
    return _("only in B");
  if (row->n_b == 0)
    return _("only in A");
  return row->verdict == ANF_RUN_FASTER ? _("faster") : row->verdict == ANF_RUN_SLOWER
    ? _("slower") : _("same");
}

static char *
signed_time (double us)
{
  g_autofree char *text = studio_format_time_us (fabs (us));

  return g_strconcat (us < 0 ? "−" : us > 0 ? "+" : "", text, NULL);
}

static void
fill (StudioRow *row, guint place, gpointer data)
{
  StudioComparePanel *self = data;
  const AnfComparedOps *ops = row_at (self, place);
  double a = ops->us_a.median_us, b = ops->us_b.median_us;
  gboolean both = ops->n_a > 0 && ops->n_b > 0;
  const char *css = !both ? "warn" : ops->verdict == ANF_RUN_FASTER ? "good"
    : ops->verdict == ANF_RUN_SLOWER ? "bad" : NULL;

  studio_row_set (row, NAME, NAN, names_of (ops, FALSE));
  studio_row_set (row, KIND, NAN, names_of (ops, TRUE));
  studio_row_set (row, TIME_A, ops->n_a > 0 ? a : NAN,
                  ops->n_a > 0 ? studio_format_time_us (a) : g_strdup ("–"));
  studio_row_set (row, TIME_B, ops->n_b > 0 ? b : NAN,
                  ops->n_b > 0 ? studio_format_time_us (b) : g_strdup ("–"));
  studio_row_set (row, BAR_A, self->longest > 0 ? a / self->longest : NAN, NULL);
  studio_row_set (row, BAR_B, self->longest > 0 ? b / self->longest : NAN, NULL);
  studio_row_set (row, DELTA, both ? b - a : NAN, both ? signed_time (b - a) : g_strdup ("–"));
  studio_row_set (row, SHARE, both && a > 0 ? b / a - 1 : NAN,
                  both && a > 0 ? g_strdup_printf ("%+.1f %%", (b / a - 1) * 100)
                  : g_strdup ("–"));
  studio_row_set_text (row, VERDICT, verdict_word (ops));
  studio_row_set_icon (row, "content-loading-symbolic", "anf_bar");      /* of the bars */
  studio_row_set_mark (row, css == NULL ? "content-loading-symbolic" : ops->verdict
                       == ANF_RUN_SLOWER ? "go-up-symbolic" : both ? "go-down-symbolic"
                       : "list-add-symbolic", css);
  studio_row_set_label (row, g_strdup_printf (_("%s: %s in A, %s in B, %s"),
                                              studio_row_text (row, NAME),
                                              studio_row_text (row, TIME_A),
                                              studio_row_text (row, TIME_B),
                                              studio_row_text (row, VERDICT)));
}

static gboolean
passes (StudioComparePanel *self, const AnfComparedOps *row)
{
  double least = gtk_spin_button_get_value (GTK_SPIN_BUTTON (self->threshold)) / 100;
  double a = row->us_a.median_us, b = row->us_b.median_us;

  if (row->n_a == 0 || row->n_b == 0)
    return TRUE;
  if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->only_changed))
      && row->verdict == ANF_RUN_SAME)
    return FALSE;
  return least <= 0 || (a > 0 && fabs (b / a - 1) >= least) || (a == 0 && b > 0);
}

static void
show_rows (StudioComparePanel *self)
{
  guint n = self->comparison != NULL ? anf_comparison_n (self->comparison) : 0;
  g_autofree char *note = NULL;

  g_array_set_size (self->shown, 0);
  self->longest = 0;
  for (guint i = 0; i < n; i++)
    {
      const AnfComparedOps *row = anf_comparison_nth (self->comparison, i);

      self->longest = MAX (self->longest, MAX (row->us_a.median_us, row->us_b.median_us));
      if (passes (self, row))
        g_array_append_val (self->shown, i);
    }
  self->syncing = TRUE;
  studio_rows_merge (self->rows, self->shown->len, key_of, fill, self);
  self->syncing = FALSE;
  note = g_strdup_printf (_("%u of %u rows, matched across fusions"), self->shown->len, n);
  studio_card_set_note (STUDIO_CARD (self->card), note);
}

/* ------------------------------------------------------------------------ the whole */

static void
show_verdict (StudioComparePanel *self)
{
  static const char *const classes[] = { "dim", "good", "bad" };
  AnfRunVerdict verdict = anf_comparison_total (self->comparison);
  double a = self->record[0]->total.median_us, b = self->record[1]->total.median_us;
  g_autofree char *words = verdict == ANF_RUN_SAME
    ? g_strdup (_("B is the same within the spread"))
    : g_strdup_printf (verdict == ANF_RUN_FASTER ? _("B is faster, %+.1f %%")
                       : _("B is slower, %+.1f %%"), (b / a - 1) * 100);
  gboolean comparable = g_str_equal (self->record[0]->device, self->record[1]->device)
                        && self->record[0]->threads == self->record[1]->threads;
  g_autofree char *all = comparable ? g_strdup (words)
    : g_strdup_printf (_("%s, but the devices or threads differ"), words);

  gtk_label_set_text (GTK_LABEL (self->verdict), all);
  gtk_widget_set_css_classes (self->verdict, (const char *[]) { "heading", classes[verdict],
                                                                NULL });
}

static void
show_comparison (StudioComparePanel *self)
{
  g_clear_pointer (&self->comparison, anf_comparison_free);
  if (self->record[0] != NULL && self->record[1] != NULL)
    {
      self->comparison = anf_compare (self->record[0], self->record[1]);
      show_verdict (self);
    }
  else
    {
      gtk_label_set_text (GTK_LABEL (self->verdict), _("one of the two was not measured"));
      gtk_widget_set_css_classes (self->verdict, (const char *[]) { "heading", "dim", NULL });
    }
  studio_compare_tiles_show (STUDIO_COMPARE_TILES (self->tiles), self->record[0], self->record[1]);
  show_rows (self);
}

/* ------------------------------------------------------------------------ what is compared */

/* Choices: the document as it is, the other one, then runs, the last first. */
enum { CHOICE_NOW, CHOICE_OTHER, CHOICE_RUNS };

static guint
n_runs (StudioComparePanel *self)
{
  return self->log != NULL ? studio_run_log_n (self->log) : 0;
}

/* Of what is chosen on @side (transfer full) (nullable each). */
static void
look_up (StudioComparePanel *self, guint side, AnfRecord **record, AnfGraph **graph)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  guint at = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->choice[side])), n = n_runs (self);

  *record = NULL;
  *graph = NULL;
  if (at == CHOICE_NOW && view->graph != NULL)
    {
      *graph = anf_graph_ref (view->graph);
      if (n > 0 && view->profile != NULL && !view->stale)
        *record = studio_run_log_record (self->log, n - 1);
    }
  else if (at == CHOICE_OTHER && self->other != NULL)
    *graph = anf_graph_ref (self->other);
  else if (at >= CHOICE_RUNS && at - CHOICE_RUNS < n)
    {
      *record = studio_run_log_record (self->log, n - 1 - (at - CHOICE_RUNS));
      *graph = studio_run_log_graph (self->log, n - 1 - (at - CHOICE_RUNS));
    }
}

static void
show_choice (StudioComparePanel *self)
{
  AnfGraph *graph[2];

  for (guint side = 0; side < 2; side++)
    {
      g_clear_pointer (&self->record[side], anf_record_unref);
      look_up (self, side, &self->record[side], &graph[side]);
    }
  show_comparison (self);
  studio_structure_card_show (STUDIO_STRUCTURE_CARD (self->structure), graph[0], graph[1]);
  for (guint side = 0; side < 2; side++)
    g_clear_pointer (&graph[side], anf_graph_unref);
}

static void
on_choice (StudioComparePanel *self)
{
  if (!self->syncing)
    show_choice (self);
}

static char *
run_name (const StudioRun *run)
{
  g_autoptr(GDateTime) when = g_date_time_new_from_unix_local (run->when);
  g_autofree char *time = g_date_time_format (when, "%d %b %H:%M:%S");
  g_autofree char *median = studio_format_time_us (run->median);

  return g_strdup_printf ("%s, %s, %s", run->label, median, time);
}

static void
choose (StudioComparePanel *self, guint a, guint b)
{
  self->syncing = TRUE;
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->choice[0]), a);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->choice[1]), b);
  self->syncing = FALSE;
  show_choice (self);
}

static void
list_runs (StudioComparePanel *self)
{
  guint n = n_runs (self), old = g_list_model_get_n_items (G_LIST_MODEL (self->names));
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (names, g_strdup (_("this document")));
  g_ptr_array_add (names, g_strdup (self->other != NULL ? self->other_name
                                    : _("another document")));
  for (guint i = n; i-- > 0; )
    g_ptr_array_add (names, run_name (studio_run_log_nth (self->log, i)));
  g_ptr_array_add (names, NULL);
  self->syncing = TRUE;
  gtk_string_list_splice (self->names, 0, old, (const char *const *) names->pdata);
  self->syncing = FALSE;
}

gboolean
studio_compare_panel_pick (StudioComparePanel *self, guint a, guint b)
{
  g_return_val_if_fail (STUDIO_IS_COMPARE_PANEL (self), FALSE);

  if (MAX (a, b) >= n_runs (self))
    return FALSE;
  choose (self, CHOICE_RUNS + a, CHOICE_RUNS + b);
  return TRUE;
}

void
studio_compare_panel_other (StudioComparePanel *self, AnfGraph *graph, const char *name)
{
  g_return_if_fail (STUDIO_IS_COMPARE_PANEL (self));

  g_clear_pointer (&self->other, anf_graph_unref);
  self->other = anf_graph_ref (graph);
  g_free (self->other_name);
  self->other_name = g_strdup (name);
  list_runs (self);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), "runs");
  choose (self, CHOICE_OTHER, CHOICE_NOW);
}

static void
reload (StudioComparePanel *self, const StudioView *view)
{
  guint n;

  g_clear_pointer (&self->log, studio_run_log_free);
  if (view->graph != NULL)
    self->log = studio_run_log_open (view->graph, NULL);
  n = n_runs (self);
  list_runs (self);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), n > 1 || self->other != NULL
                                    ? "runs" : "empty");
  choose (self, n > 1 ? CHOICE_RUNS + 1 : CHOICE_NOW, n > 0 ? CHOICE_RUNS : CHOICE_NOW);
}

static void
select_row (StudioComparePanel *self)
{
  const AnfNode *active = studio_panel_active (STUDIO_PANEL (self));
  guint at = GTK_INVALID_LIST_POSITION;

  self->syncing = TRUE;
  if (active != NULL)
    studio_rows_find (G_LIST_MODEL (self->selection), anf_node_id (active), &at);
  gtk_single_selection_set_selected (self->selection, at);
  self->syncing = FALSE;
}

static void
studio_compare_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioComparePanel *self = STUDIO_COMPARE_PANEL (panel);
  const char *title = view->graph != NULL ? anf_graph_title (view->graph) : NULL;
  gboolean other = (changed & STUDIO_GRAPH) && (self->log == NULL
                                                || g_strcmp0 (title, self->title) != 0);

  if (other || (changed & (STUDIO_PROFILE | STUDIO_GATES)))
    {
      g_free (self->title);
      self->title = g_strdup (title);
      reload (self, view);
    }
  if (changed & STUDIO_SELECTION)
    select_row (self);
}

/* ------------------------------------------------------------------------ wishes */

static void
on_selected (GtkSingleSelection *selection, GParamSpec *pspec, StudioComparePanel *self)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  StudioRow *row = studio_table_row (gtk_single_selection_get_selected_item (selection));

  if (!self->syncing && row != NULL && graph != NULL
      && anf_graph_find (graph, NODE_OF (studio_row_key (row))) != NULL)
    studio_panel_select (STUDIO_PANEL (self), NODE_OF (studio_row_key (row)));
}

static void
on_pick (GtkWidget *card, guint64 b, guint64 a, StudioComparePanel *self)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  AnfId id = b != 0 ? b : a;

  if (graph != NULL && anf_graph_find (graph, id) != NULL)
    studio_panel_select (STUDIO_PANEL (self), id);
}

static void
on_swap (GtkButton *button, StudioComparePanel *self)
{
  choose (self, gtk_drop_down_get_selected (GTK_DROP_DOWN (self->choice[1])),
          gtk_drop_down_get_selected (GTK_DROP_DOWN (self->choice[0])));
}

/* One after the other: the worker takes them in this order. */
static void
on_encodings (GtkButton *button, StudioComparePanel *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.measure-variant", "s", "fp16");
  gtk_widget_activate_action (GTK_WIDGET (self), "win.measure-variant", "s", "int8");
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_compare_panel_dispose (GObject *object)
{
  StudioComparePanel *self = STUDIO_COMPARE_PANEL (object);

  self->syncing = TRUE;
  g_clear_object (&self->rows);
  g_clear_object (&self->names);
  g_clear_pointer (&self->comparison, anf_comparison_free);
  for (guint side = 0; side < 2; side++)
    g_clear_pointer (&self->record[side], anf_record_unref);
  g_clear_pointer (&self->log, studio_run_log_free);
  g_clear_pointer (&self->shown, g_array_unref);
  g_clear_pointer (&self->other, anf_graph_unref);
  g_clear_pointer (&self->other_name, g_free);
  g_clear_pointer (&self->title, g_free);
  G_OBJECT_CLASS (studio_compare_panel_parent_class)->dispose (object);
}

static void
studio_compare_panel_class_init (StudioComparePanelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_compare_panel_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_compare_panel_update;
  STUDIO_PANEL_CLASS (klass)->lazy = TRUE;
}

static GtkWidget *
make_button (const char *words, const char *tip, const char *action)
{
  GtkWidget *button = gtk_button_new_with_label (words);

  gtk_widget_set_tooltip_text (button, tip);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  if (action != NULL)
    gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
  return button;
}

static void
build_bar (StudioComparePanel *self, GtkWidget *bar)
{
  const char *const names[] = { _("Run A"), _("Run B") };
  GtkWidget *swap = studio_button_new ("object-flip-horizontal-symbolic", _("Swap A and B"));
  GtkWidget *encodings = make_button (_("fp16 ↔ int8"), _("Measures this document with all weights "
                                      "in fp16, then in int8, and compares the two"), NULL);

  for (guint side = 0; side < 2; side++)
    {
      self->choice[side] = gtk_drop_down_new (G_LIST_MODEL (g_object_ref (self->names)), NULL);
      studio_name_widget (self->choice[side], names[side]);
      gtk_widget_set_tooltip_text (self->choice[side], names[side]);
      gtk_widget_set_size_request (self->choice[side], 260, -1);
      gtk_widget_set_valign (self->choice[side], GTK_ALIGN_CENTER);
      g_signal_connect_object (self->choice[side], "notify::selected", G_CALLBACK (on_choice),
                               self, G_CONNECT_SWAPPED);
      gtk_box_append (GTK_BOX (bar), studio_label_new (side == 0 ? "A" : "B", "heading", NULL));
      gtk_box_append (GTK_BOX (bar), self->choice[side]);
      if (side == 0)
        gtk_box_append (GTK_BOX (bar), swap);
    }
  g_signal_connect (swap, "clicked", G_CALLBACK (on_swap), self);
  self->verdict = studio_label_new (NULL, "heading", NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->verdict), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (self->verdict), 0);
  gtk_widget_set_hexpand (self->verdict, TRUE);
  gtk_widget_set_tooltip_text (self->verdict, _("The same: a median is between the other's 10th "
    "and 90th percentile, or the notches median ± 1.57 IQR / √n overlap (McGill, Tukey and Larsen, "
    "1978)"));
  gtk_box_append (GTK_BOX (bar), self->verdict);
  self->tag = studio_label_new (_("measured"), "tag", "measured", NULL);
  gtk_widget_set_valign (self->tag, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (bar), self->tag);
  g_signal_connect (encodings, "clicked", G_CALLBACK (on_encodings), self);
  gtk_box_append (GTK_BOX (bar), encodings);
  gtk_box_append (GTK_BOX (bar), make_button (_("Document…"), _("Holds another document against "
                                              "this one"), "win.compare-with"));
}

static const StudioColumn columns[] = {
  { N_("Operators"), NAME, STUDIO_COLUMN_TEXT, 100, TRUE },
  { N_("Kind"), KIND, STUDIO_COLUMN_DIM, 84, TRUE },
  { "A", TIME_A, STUDIO_COLUMN_NUMBER, 72, FALSE },
  { "", BAR_A, STUDIO_COLUMN_BAR, 54, FALSE },
  { "", BAR_B, STUDIO_COLUMN_BAR, 54, FALSE },
  { "B", TIME_B, STUDIO_COLUMN_NUMBER, 72, FALSE },
  { "Δ", DELTA, STUDIO_COLUMN_NUMBER, 76, FALSE, N_("Median of B less median of A") },
  { "Δ %", SHARE, STUDIO_COLUMN_NUMBER, 74, FALSE },
  { N_("Verdict"), VERDICT, STUDIO_COLUMN_ICON, 96, FALSE,
    N_("The same where the medians are within each other's spread") },
};

static void
build_table (StudioComparePanel *self)
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
  studio_name_widget (self->view, _("Operators of both runs"));
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);

  self->card = studio_card_new (_("Operators"), NULL);
  self->only_changed = gtk_toggle_button_new_with_label (_("Only Changed"));
  gtk_widget_add_css_class (self->only_changed, "small");
  gtk_widget_set_tooltip_text (self->only_changed, _("Leaves out what is the same within the "
                                                     "spread"));
  self->threshold = gtk_spin_button_new_with_range (0, 100, 1);
  studio_name_widget (self->threshold, _("Least change in percent"));
  gtk_widget_set_tooltip_text (self->threshold, _("Least change in percent"));
  g_signal_connect_object (self->only_changed, "toggled", G_CALLBACK (show_rows), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->threshold, "value-changed", G_CALLBACK (show_rows), self,
                           G_CONNECT_SWAPPED);
  studio_card_add_end (STUDIO_CARD (self->card), studio_label_new ("|Δ| ≥", "caption", NULL));
  studio_card_add_end (STUDIO_CARD (self->card), self->threshold);
  studio_card_add_end (STUDIO_CARD (self->card), studio_label_new ("%", "caption", NULL));
  studio_card_add_end (STUDIO_CARD (self->card), self->only_changed);
  gtk_widget_set_hexpand (self->card, TRUE);
  gtk_widget_set_size_request (self->card, 716, -1);
  gtk_box_append (GTK_BOX (self->card), scrolled);
}

static GtkWidget *
build_empty (StudioComparePanel *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12), *line;
  GtkWidget *words = studio_label_new (_("Two runs of this document are compared here. Run it "
    "twice, measure it in two encodings, or open another document."), "dim", NULL);
  GtkWidget *encodings = make_button (_("Compare fp16 with int8"), _("Measures this document with "
                                      "all weights in fp16, then in int8"), NULL);

  gtk_label_set_wrap (GTK_LABEL (words), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (words), 46);
  gtk_label_set_justify (GTK_LABEL (words), GTK_JUSTIFY_CENTER);
  line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  gtk_widget_set_halign (line, GTK_ALIGN_CENTER);
  g_signal_connect (encodings, "clicked", G_CALLBACK (on_encodings), self);
  gtk_box_append (GTK_BOX (line), encodings);
  gtk_box_append (GTK_BOX (line), make_button (_("Open Document…"), _("Holds another document "
                                               "against this one"), "win.compare-with"));
  gtk_widget_set_halign (box, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), words);
  gtk_box_append (GTK_BOX (box), line);
  return box;
}

static void
studio_compare_panel_init (StudioComparePanel *self)
{
  GtkWidget *page = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *cards = gtk_paned_new (GTK_ORIENTATION_HORIZONTAL);

  self->names = gtk_string_list_new (NULL);
  self->shown = g_array_new (FALSE, FALSE, sizeof (guint));
  gtk_widget_set_margin_start (page, 8);
  gtk_widget_set_margin_end (page, 8);
  gtk_widget_set_margin_top (page, 8);
  gtk_widget_set_margin_bottom (page, 8);
  build_table (self);
  self->structure = studio_structure_card_new ();
  g_signal_connect_object (self->structure, "pick", G_CALLBACK (on_pick), self, 0);
  build_bar (self, bar);
  self->tiles = studio_compare_tiles_new ();
  gtk_widget_set_vexpand (cards, TRUE);
  gtk_paned_set_start_child (GTK_PANED (cards), self->card);
  gtk_paned_set_end_child (GTK_PANED (cards), self->structure);
  gtk_paned_set_resize_start_child (GTK_PANED (cards), TRUE);
  gtk_paned_set_shrink_start_child (GTK_PANED (cards), FALSE);
  gtk_paned_set_shrink_end_child (GTK_PANED (cards), FALSE);
  gtk_box_append (GTK_BOX (page), bar);
  gtk_box_append (GTK_BOX (page), self->tiles);
  gtk_box_append (GTK_BOX (page), cards);
  self->stack = gtk_stack_new ();
  gtk_widget_set_vexpand (self->stack, TRUE);
  gtk_stack_add_named (GTK_STACK (self->stack), build_empty (self), "empty");
  gtk_stack_add_named (GTK_STACK (self->stack), page, "runs");
  gtk_box_append (GTK_BOX (self), self->stack);
  studio_name_widget (GTK_WIDGET (self), _("Compare"));
}

GtkWidget *
studio_compare_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_COMPARE_PANEL, NULL);
}
