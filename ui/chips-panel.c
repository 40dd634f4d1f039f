/* chips-panel.c - the document on every chip: estimates, and what each family does with each op.
 *
 * A chip takes a check, a plan and an estimate: they are worked out in a thread. */
#include "chips-panel.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "card.h"
#include "edits.h"
#include "format.h"
#include "lane.h"
#include "table.h"

#define FAMILIES 5

/* What is known of one chip. */
typedef struct { AnfReport *report; AnfEstimate *estimate; } Chip;

struct _StudioChipsPanel
{
  StudioPanel parent_instance;

  GtkWidget          *estimates, *matrix, *estimates_view, *matrix_view, *detail;
  GListStore         *chips, *ops;
  GtkSingleSelection *selection;   /* of the matrix; borrowed from the view */
  GPtrArray          *names;       /* of the operators in the graph, once each */
  Chip               *chip;        /* by architecture */
  AnfGraph           *graph;       /* that chips are known of (nullable) */
  GtkWidget          *fix;         /* a button: the rewrite that fits (hidden: there is none) */
  AnfGraph           *fixed;       /* with it done (nullable) */
  StudioLane         *lane;
  guint               done;        /* chips that are known: none, or all */
};

G_DEFINE_FINAL_TYPE (StudioChipsPanel, studio_chips_panel, STUDIO_TYPE_PANEL)

enum { CHIP, ARCH, ESTIMATE, INTERVAL, BASIS, FROM, VERDICT };
enum { OP, FAMILY };               /* from FAMILY on: one cell for each */

/* ------------------------------------------------------------------------ chips */

static guint64
key_by_place (guint i, gpointer data)
{
  return i + 1;
}

static char *
verdict_of (const AnfReport *report)
{
  guint n = 0;

  for (guint i = 0; i < anf_report_n_findings (report); i++)
    n += anf_report_nth_finding (report, i)->severity == ANF_ERROR_FINDING;
  if (n == 0)
    return g_strdup (_("takes it"));
  return g_strdup_printf (ngettext ("refuses it: %u error", "refuses it: %u errors", n), n);
}

static void
fill_chip (StudioRow *row, guint i, gpointer data)
{
  StudioChipsPanel *self = data;
  const char *arch = anf_arch_nth (i), *title = anf_arch_title (arch);
  const Chip *chip = &self->chip[i];
  const char *why = chip->estimate != NULL ? anf_estimate_why (chip->estimate) : NULL;
  double low = NAN, high = NAN, us = NAN;

  if (chip->estimate != NULL && why == NULL)
    us = anf_estimate_us (chip->estimate, &low, &high);
  studio_row_set_text (row, CHIP, title != NULL ? title : arch);
  studio_row_set (row, ARCH, NAN, g_strdup_printf (_("%s, family %u"), arch,
                                                   anf_arch_family (arch)));
  studio_row_set (row, ESTIMATE, us, studio_format_time_us (us));
  if (!isnan (us))
    {
      g_autofree char *from = studio_format_time_us (low), *to = studio_format_time_us (high);

      studio_row_set (row, INTERVAL, high, g_strdup_printf ("%s … %s", from, to));
    }
  else
    studio_row_set (row, INTERVAL, NAN, g_strdup ("–"));
  studio_row_set_text (row, BASIS, isnan (us) ? ""
                       : anf_estimate_basis (chip->estimate) == ANF_BASIS_MEASURED
                       ? _("estimated") : _("extrapolated"));
  studio_row_set_text (row, FROM, isnan (us) ? "" : anf_estimate_from (chip->estimate));
  studio_row_set (row, VERDICT, NAN, chip->report == NULL ? g_strdup ("") : why != NULL
                  && anf_report_ok (chip->report) ? g_strdup (why) : verdict_of (chip->report));
  studio_row_set_label (row, g_strdup_printf ("%s, %s, %s, %s", studio_row_text (row, CHIP),
                                              studio_row_text (row, ESTIMATE),
                                              studio_row_text (row, BASIS),
                                              studio_row_text (row, VERDICT)));
}

/* ------------------------------------------------------------------------ operators by family */

/* A chip of the family that is known already, or -1. */
static int
chip_of (StudioChipsPanel *self, guint family)
{
  for (guint i = 0; i < self->done; i++)
    if (anf_arch_family (anf_arch_nth (i)) == family)
      return i;
  return -1;
}

/* The first error at a node of this operator, but no error of the graph itself. */
static const AnfFinding *
error_of (const AnfReport *report, const char *op)
{
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);
      const AnfNode *node = anf_graph_find (anf_report_graph (report), finding->node);

      if (finding->severity == ANF_ERROR_FINDING && node != NULL
          && g_str_equal (anf_node_op_name (node), op))
        return finding;
    }
  return NULL;
}

static guint64
op_key (guint i, gpointer data)
{
  StudioChipsPanel *self = data;

  return g_str_hash (g_ptr_array_index (self->names, i)) + 1;
}

static void
fill_op (StudioRow *row, guint i, gpointer data)
{
  StudioChipsPanel *self = data;
  const char *name = g_ptr_array_index (self->names, i);
  const AnfOp *op = anf_op_lookup (name);
  g_autoptr(GString) label = g_string_new (name);
  gboolean refused = FALSE;

  studio_row_set_text (row, OP, name);
  for (guint family = 1; family <= FAMILIES; family++)
    {
      int chip = chip_of (self, family);
      AnfAvailability on = op != NULL ? anf_op_on (op, family) : ANF_REJECT;
      gboolean over = on != ANF_REJECT && chip >= 0
                      && error_of (self->chip[chip].report, name) != NULL;
      const char *word = over ? _("error") : anf_availability_name (on);

      refused |= family > 1 && (over || on == ANF_REJECT);     /* the first refuses all */
      studio_row_set (row, FAMILY + family - 1, over ? 9 : on,
                      g_strdup_printf ("%s%s", over || on == ANF_REJECT ? "✕ " : "", word));
      g_string_append_printf (label, ", %s", word);
    }
  studio_row_set_icon (row, refused ? "action-unavailable-symbolic" : "object-select-symbolic",
                       refused ? "bad" : "good");
  studio_row_set_label (row, g_strdup (label->str));
}

/* The first rewrite that makes an operator fit a chip that refuses it. */
static void
show_fix (StudioChipsPanel *self, const char *name)
{
  g_autofree char *words = NULL;

  g_clear_pointer (&self->fixed, anf_graph_unref);
  for (guint i = 0; name != NULL && i < self->done && self->fixed == NULL; i++)
    {
      const AnfReport *report = self->chip[i].report;
      const AnfFinding *finding = error_of (report, name);

      for (guint j = 0; finding != NULL && j < anf_report_n_findings (report); j++)
        if (anf_report_nth_finding (report, j) == finding)
          {
            g_free (words);
            words = anf_fix_label (report, j, NULL);
            self->fixed = words != NULL ? anf_fix_apply (report, j, NULL) : NULL;
          }
    }
  gtk_widget_set_visible (self->fix, self->fixed != NULL);
  if (self->fixed != NULL)
    gtk_button_set_label (GTK_BUTTON (self->fix), words);
}

static void
on_fix (StudioChipsPanel *self)
{
  g_autofree char *label = g_strdup (gtk_button_get_label (GTK_BUTTON (self->fix)));
  g_autoptr(AnfGraph) fixed = g_steal_pointer (&self->fixed);

  if (fixed != NULL)
    g_signal_emit_by_name (self, "edit", fixed, label, NULL);
}

static void
show_detail (StudioChipsPanel *self)
{
  StudioRow *row = studio_table_row (gtk_single_selection_get_selected_item (self->selection));
  const char *name = row != NULL ? studio_row_text (row, OP) : NULL;
  const AnfOp *op = name != NULL ? anf_op_lookup (name) : NULL;
  g_autoptr(GString) words = g_string_new (NULL);

  for (guint family = 1; name != NULL && family <= FAMILIES; family++)
    {
      int chip = chip_of (self, family);
      const AnfFinding *finding = chip >= 0 ? error_of (self->chip[chip].report, name) : NULL;

      if (finding == NULL && family > 1 && op != NULL && anf_op_on (op, family) == ANF_REJECT)
        g_string_append_printf (words, _("%sFamily %u has no such operator."),
                                words->len > 0 ? "\n" : "", family);
      if (finding != NULL)
        g_string_append_printf (words, "%s%s: %s%s%s", words->len > 0 ? "\n" : "",
                                anf_arch_title (anf_arch_nth (chip)), finding->message,
                                finding->hint != NULL ? " " : "",
                                finding->hint != NULL ? finding->hint : "");
    }
  if (words->len == 0)
    g_string_append (words, name != NULL
                     ? _("No family refuses it, but the first, which takes no MIL at all.")
                     : _("Choose an operator to see why a family refuses it."));
  gtk_label_set_text (GTK_LABEL (self->detail), words->str);
  show_fix (self, name);
}

static void
on_selected (GtkSingleSelection *selection, GParamSpec *pspec, StudioChipsPanel *self)
{
  show_detail (self);
}

/* ------------------------------------------------------------------------ working them out */

static void
list_ops (StudioChipsPanel *self, AnfGraph *graph)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  g_ptr_array_set_size (self->names, 0);
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);
      const char *name = anf_node_op_name (node);
      AnfCategory category = anf_op_category (anf_node_op (node));

      if (category != ANF_CAT_IO && category != ANF_CAT_CONST
          && g_hash_table_add (seen, (gpointer) name))
        g_ptr_array_add (self->names, g_strdup (name));
    }
}

static void
show (StudioChipsPanel *self)
{
  guint n = anf_arch_n ();
  g_autofree char *note = self->done < n ? g_strdup_printf (_("%u of %u chips"), self->done, n)
                                         /* xgettext:no-c-format */
                                         : g_strdup (_("no measurement; 80 % interval"));

  studio_rows_merge (self->chips, n, key_by_place, fill_chip, self);
  studio_rows_merge (self->ops, self->names->len, op_key, fill_op, self);
  studio_card_set_note (STUDIO_CARD (self->estimates), note);
  show_detail (self);
}

typedef struct { AnfGraph *graph; AnfWeights *weights; Chip *chip; } Job;

static void
chips_clear (Chip *chip)
{
  for (guint i = 0; i < anf_arch_n (); i++)
    {
      g_clear_pointer (&chip[i].report, anf_report_unref);
      g_clear_pointer (&chip[i].estimate, anf_estimate_unref);
    }
}

static void
job_free (gpointer data)
{
  Job *job = data;

  anf_graph_unref (job->graph);
  g_clear_pointer (&job->weights, anf_weights_unref);
  chips_clear (job->chip);
  g_free (job->chip);
  g_free (job);
}

static void
look (gpointer data, GCancellable *cancellable)
{
  Job *job = data;

  for (guint i = 0; i < anf_arch_n () && !g_cancellable_is_cancelled (cancellable); i++)
    {
      Chip *chip = &job->chip[i];
      g_autoptr(AnfPlan) plan = NULL;

      chip->report = anf_check (job->graph, anf_arch_nth (i));
      plan = anf_report_ok (chip->report) ? anf_plan (chip->report, NULL) : NULL;
      if (plan != NULL)
        chip->estimate = anf_estimate (plan, job->weights, anf_arch_nth (i));
    }
}

static void
on_known (gpointer owner, gpointer data)
{
  StudioChipsPanel *self = owner;
  Job *job = data;
  Chip *chip = self->chip;

  self->chip = job->chip;          /* the job frees the old ones */
  job->chip = chip;
  self->done = anf_arch_n ();
  show (self);
}

static void
forget (StudioChipsPanel *self)
{
  studio_lane_drop (self->lane);
  chips_clear (self->chip);
  g_clear_pointer (&self->graph, anf_graph_unref);
  g_clear_pointer (&self->fixed, anf_graph_unref);
  self->done = 0;
}

static void
studio_chips_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioChipsPanel *self = STUDIO_CHIPS_PANEL (panel);
  Job *job;

  if (!(changed & (STUDIO_GRAPH | STUDIO_WEIGHTS)))
    return;
  forget (self);
  if (view->graph == NULL)
    return;
  self->graph = anf_graph_ref (view->graph);
  list_ops (self, self->graph);
  job = g_new0 (Job, 1);
  *job = (Job) { anf_graph_ref (view->graph), view->weights != NULL
                 ? anf_weights_ref (view->weights) : NULL, g_new0 (Chip, anf_arch_n ()) };
  studio_lane_ask (self->lane, job, job_free, look, on_known);
  show (self);
}

/* ------------------------------------------------------------------------ the widget */

static GtkWidget *
add_table (StudioChipsPanel *self, GtkWidget *card, GListStore *rows, const StudioColumn *columns,
           guint n, const char *name, GtkSingleSelection **selection)
{
  GtkWidget *view = gtk_column_view_new (NULL), *scrolled = gtk_scrolled_window_new ();
  GtkSorter *sorter = g_object_ref (gtk_column_view_get_sorter (GTK_COLUMN_VIEW (view)));
  GtkSingleSelection *model = gtk_single_selection_new
    (G_LIST_MODEL (gtk_sort_list_model_new (G_LIST_MODEL (g_object_ref (rows)), sorter)));

  gtk_single_selection_set_autoselect (model, FALSE);
  gtk_single_selection_set_can_unselect (model, TRUE);
  gtk_column_view_set_model (GTK_COLUMN_VIEW (view), GTK_SELECTION_MODEL (model));
  *selection = model;
  g_object_unref (model);
  for (guint i = 0; i < n; i++)
    studio_table_add_column (GTK_COLUMN_VIEW (view), &columns[i]);
  studio_table_align (GTK_COLUMN_VIEW (view));
  studio_name_widget (view, name);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), view);
  gtk_box_append (GTK_BOX (card), scrolled);
  return view;
}

static void
studio_chips_panel_dispose (GObject *object)
{
  StudioChipsPanel *self = STUDIO_CHIPS_PANEL (object);

  if (self->chip != NULL)
    forget (self);
  g_clear_pointer (&self->lane, studio_lane_free);
  g_clear_pointer (&self->chip, g_free);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_clear_object (&self->chips);
  g_clear_object (&self->ops);
  G_OBJECT_CLASS (studio_chips_panel_parent_class)->dispose (object);
}

static void
studio_chips_panel_class_init (StudioChipsPanelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_chips_panel_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_chips_panel_update;
  STUDIO_PANEL_CLASS (klass)->lazy = TRUE;
}

static void
studio_chips_panel_init (StudioChipsPanel *self)
{
  static const StudioColumn chips[] = {
    { N_("Chip"), CHIP, STUDIO_COLUMN_TEXT, 130, TRUE },
    { N_("Target"), ARCH, STUDIO_COLUMN_DIM, 112, FALSE },
    { N_("Estimate"), ESTIMATE, STUDIO_COLUMN_NUMBER, 80, FALSE },
    { N_("Interval"), INTERVAL, STUDIO_COLUMN_NUMBER, 150, FALSE,
      N_("In four of five cases the time is expected in it") },
    { N_("Basis"), BASIS, STUDIO_COLUMN_DIM, 122, FALSE,
      N_("Estimated: rates measured on this chip. Extrapolated: from another chip's") },
    { N_("Rates of"), FROM, STUDIO_COLUMN_DIM, 122, FALSE },
    { N_("Verdict"), VERDICT, STUDIO_COLUMN_TEXT, 112, TRUE },
  };
  static const StudioColumn ops[] = {
    { N_("Operator"), OP, STUDIO_COLUMN_ICON, 120, TRUE },
    { N_("Family 1"), FAMILY, STUDIO_COLUMN_TEXT, 84, FALSE },
    { N_("Family 2"), FAMILY + 1, STUDIO_COLUMN_TEXT, 84, FALSE },
    { N_("Family 3"), FAMILY + 2, STUDIO_COLUMN_TEXT, 84, FALSE },
    { N_("Family 4"), FAMILY + 3, STUDIO_COLUMN_TEXT, 84, FALSE },
    { N_("Family 5"), FAMILY + 4, STUDIO_COLUMN_TEXT, 84, FALSE },
  };
  GtkSingleSelection *unused;

  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_HORIZONTAL);
  gtk_box_set_spacing (GTK_BOX (self), 8);
  self->lane = studio_lane_new (self);
  self->chip = g_new0 (Chip, anf_arch_n ());
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->chips = g_list_store_new (STUDIO_TYPE_ROW);
  self->ops = g_list_store_new (STUDIO_TYPE_ROW);
  self->estimates = studio_card_new (_("Chips"), NULL);
  self->matrix = studio_card_new (_("Operators × families"), _("of this document"));
  self->estimates_view = add_table (self, self->estimates, self->chips, chips,
                                    G_N_ELEMENTS (chips), _("Estimates for all chips"), &unused);
  self->matrix_view = add_table (self, self->matrix, self->ops, ops, G_N_ELEMENTS (ops),
                                 _("Operators by family"), &self->selection);
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (on_selected), self, 0);
  self->detail = studio_label_new (NULL, "caption", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->detail), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->detail), 0);
  gtk_widget_add_css_class (self->detail, "section");
  gtk_box_append (GTK_BOX (self->matrix), self->detail);
  self->fix = gtk_button_new_with_label ("");
  gtk_widget_set_tooltip_text (self->fix, _("Rewrites the document so that the chip takes it"));
  gtk_widget_set_halign (self->fix, GTK_ALIGN_START);
  gtk_widget_set_margin_start (self->fix, 12);
  gtk_widget_set_margin_bottom (self->fix, 8);
  gtk_widget_set_visible (self->fix, FALSE);
  gtk_widget_add_css_class (self->fix, "small");
  g_signal_connect_swapped (self->fix, "clicked", G_CALLBACK (on_fix), self);
  gtk_box_append (GTK_BOX (self->matrix), self->fix);
  gtk_widget_set_hexpand (self->estimates, TRUE);
  gtk_widget_set_hexpand (self->matrix, FALSE);
  gtk_widget_set_size_request (self->matrix, 576, -1);
  gtk_box_append (GTK_BOX (self), self->estimates);
  gtk_box_append (GTK_BOX (self), self->matrix);
}

GtkWidget *
studio_chips_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_CHIPS_PANEL, NULL);
}
