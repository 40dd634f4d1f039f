/* what-if.c - other forms of the selected operators, planned and estimated on copies. */
#include "what-if.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "format.h"
#include "lane.h"
#include "table.h"

/* One other form; of the first, @graph is the document as it is. */
typedef struct
{
  char     *label;
  AnfGraph *graph;                 /* NULL: it cannot be, see @why */
  char     *why, *target;
  guint     n_segments, n_bridges;
  double    us, low, high;         /* NAN: no estimate */
  gboolean  ok;
} Form;

typedef struct { AnfGraph *graph; AnfReport *report; GArray *ids; GPtrArray *forms; } Job;

struct _StudioWhatIf
{
  StudioPanel parent_instance;

  GtkWidget          *view, *note, *apply;
  GListStore         *rows;
  GtkSingleSelection *selection;   /* borrowed from the view */
  StudioLane         *lane;
  GPtrArray          *forms;       /* Form (nullable) */
};

G_DEFINE_FINAL_TYPE (StudioWhatIf, studio_what_if, STUDIO_TYPE_PANEL)

enum { LABEL, SEGMENTS, ESTIMATE, INTERVAL, DELTA, WHY };

static void
form_free (gpointer data)
{
  Form *form = data;

  g_free (form->label);
  g_free (form->why);
  g_free (form->target);
  g_clear_pointer (&form->graph, anf_graph_unref);
  g_free (form);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  anf_graph_unref (job->graph);
  anf_report_unref (job->report);
  g_array_unref (job->ids);
  g_ptr_array_unref (job->forms);
  g_free (job);
}

/* ------------------------------------------------------------------------ other graphs */

static gboolean
is_one_of (const GArray *ids, AnfId id)
{
  for (guint i = 0; i < ids->len; i++)
    if (g_array_index (ids, AnfId, i) == id)
      return TRUE;
  return FALSE;
}

/* What is read in the place of @ref; node 0: nothing. */
static AnfRef
passed (const AnfGraph *graph, const GArray *ids, AnfRef ref)
{
  while (ref.node != 0 && is_one_of (ids, ref.node))
    {
      const AnfNode *node = anf_graph_find (graph, ref.node);

      ref = anf_node_n_inputs (node) > 0 ? anf_node_input (node, 0) : (AnfRef) { 0, 0 };
    }
  return ref;
}

AnfGraph *
studio_graph_without (AnfGraph *graph, const GArray *ids, GError **error)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);

  for (guint i = 0; i < ids->len; i++)
    {
      const AnfNode *node = anf_graph_find (graph, g_array_index (ids, AnfId, i));

      if (node == NULL || anf_node_n_inputs (node) == 0)
        {
          anf_graph_builder_free (builder);
          anf_error_set_node (error, ANF_ERROR_BAD_GRAPH, g_array_index (ids, AnfId, i), NULL, "%s",
                              _("Nothing comes before it"));
          return NULL;
        }
    }
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);

      for (guint k = 0; k < anf_node_n_inputs (node); k++)
        if (is_one_of (ids, anf_node_input (node, k).node) && !is_one_of (ids, anf_node_id (node)))
          anf_graph_builder_connect (builder, passed (graph, ids, anf_node_input (node, k)),
                                     anf_node_id (node), k);
    }
  for (guint i = 0; i < anf_graph_n_outputs (graph); i++)
    {
      AnfRef from;
      const char *name = anf_graph_nth_output (graph, i, &from);

      if (is_one_of (ids, from.node))
        anf_graph_builder_set_output (builder, name, passed (graph, ids, from));
    }
  for (guint i = 0; i < ids->len; i++)
    anf_graph_builder_remove (builder, g_array_index (ids, AnfId, i));
  return anf_graph_builder_end (builder, error);
}

static AnfGraph *
unfolded (const Job *job, AnfId id)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (job->graph);

  if (anf_graph_builder_unfold (builder, job->report, id))
    return anf_graph_builder_end (builder, NULL);
  anf_graph_builder_free (builder);
  return NULL;
}

static AnfGraph *
routed (AnfGraph *graph)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);
  AnfSettings settings = *anf_graph_settings (graph);

  settings.opt = g_intern_static_string ("routes");
  anf_graph_builder_set_settings (builder, &settings);
  return anf_graph_builder_end (builder, NULL);
}

/* ------------------------------------------------------------------------ in a thread */

/* Takes @label, @graph (nullable) and @why (nullable). */
static void
add_form (Job *job, char *label, AnfGraph *graph, char *why)
{
  Form *form = g_new0 (Form, 1);

  *form = (Form) { label, graph, why, .us = NAN, .low = NAN, .high = NAN };
  g_ptr_array_add (job->forms, form);
}

static const char *
first_error (const AnfReport *report)
{
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    if (anf_report_nth_finding (report, i)->severity == ANF_ERROR_FINDING)
      return anf_report_nth_finding (report, i)->message;
  return NULL;
}

static void
work_out (Form *form)
{
  g_autoptr(AnfReport) report = form->graph != NULL ? anf_check (form->graph, NULL) : NULL;
  g_autoptr(AnfPlan) plan = NULL;
  g_autoptr(AnfEstimate) estimate = NULL;
  g_autoptr(GError) error = NULL;

  if (report == NULL)
    return;
  form->target = g_strdup (anf_report_target (report));
  if (!anf_report_ok (report) || (plan = anf_plan (report, &error)) == NULL)
    {
      form->why = g_strdup (error != NULL ? error->message : first_error (report));
      return;
    }
  form->ok = TRUE;
  form->n_segments = anf_plan_n_segments (plan);
  for (guint i = 0; i < form->n_segments; i++)
    form->n_bridges += anf_plan_nth_segment (plan, i)->kind != ANF_SEGMENT_FUSED;
  estimate = anf_estimate (plan, NULL, form->target);
  if (anf_estimate_why (estimate) == NULL)
    form->us = anf_estimate_us (estimate, &form->low, &form->high);
  else
    form->why = g_strdup (anf_estimate_why (estimate));
}

static void
add_fixes (Job *job, AnfId id)
{
  for (guint i = 0; i < anf_report_n_findings (job->report); i++)
    {
      char *label = anf_report_nth_finding (job->report, i)->node == id
        ? anf_fix_label (job->report, i, NULL) : NULL;

      if (label != NULL)
        add_form (job, label, anf_fix_apply (job->report, i, NULL), NULL);
    }
}

static void
ask (gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  AnfId last = g_array_index (job->ids, AnfId, job->ids->len - 1);
  const AnfNode *node = anf_graph_find (job->graph, last);
  g_autoptr(GError) error = NULL;
  AnfGraph *without = studio_graph_without (job->graph, job->ids, &error), *parts;

  add_form (job, g_strdup (_("as it is")), anf_graph_ref (job->graph), NULL);
  add_form (job, job->ids->len == 1 ? g_strdup_printf (_("without %s"), anf_node_name (node))
            : g_strdup_printf (_("without these %u"), job->ids->len), without,
            error != NULL ? g_strdup (error->message) : NULL);
  add_fixes (job, last);
  if ((parts = unfolded (job, last)) != NULL)
    add_form (job, g_strdup_printf (_("%s as its parts"), anf_node_name (node)), parts, NULL);
  if (g_str_equal (anf_op_route (anf_node_op (node)), "bridge"))
    add_form (job, g_strdup (_("bridges routed through fused operators")), routed (job->graph),
              NULL);
  for (guint i = 0; i < job->forms->len && !g_cancellable_is_cancelled (cancellable); i++)
    work_out (g_ptr_array_index (job->forms, i));
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
  StudioWhatIf *self = data;
  const Form *form = g_ptr_array_index (self->forms, i), *now = g_ptr_array_index (self->forms, 0);
  g_autofree char *low = studio_format_time_us (form->low);
  g_autofree char *high = studio_format_time_us (form->high);
  double delta = form->us / now->us - 1;

  studio_row_set_text (row, LABEL, form->label);
  studio_row_set (row, SEGMENTS, form->n_segments, !form->ok ? g_strdup ("–")
                  : g_strdup_printf (ngettext ("%u, %u bridge", "%u, %u bridges", form->n_bridges),
                                     form->n_segments, form->n_bridges));
  studio_row_set (row, ESTIMATE, form->us, isnan (form->us) ? g_strdup ("–")
                  : studio_format_time_us (form->us));
  studio_row_set (row, INTERVAL, form->low, isnan (form->us) ? g_strdup ("")
                  : g_strdup_printf ("%s … %s", low, high));
  studio_row_set (row, DELTA, delta, i == 0 || isnan (delta) ? g_strdup ("")
                  : g_strdup_printf ("%+.1f %%", delta * 100));
  studio_row_set_text (row, WHY, form->why != NULL ? form->why : "");
  studio_row_set_icon (row, form->ok ? "object-select-symbolic" : "action-unavailable-symbolic",
                       form->ok ? "good" : "bad");
  studio_row_set_label (row, g_strdup_printf (_("%s: segments %s, estimated %s %s %s"),
                                              studio_row_text (row, LABEL),
                                              studio_row_text (row, SEGMENTS),
                                              studio_row_text (row, ESTIMATE),
                                              studio_row_text (row, DELTA),
                                              studio_row_text (row, WHY)));
}

static void
on_chosen (StudioWhatIf *self)
{
  guint at = gtk_single_selection_get_selected (self->selection);

  gtk_widget_set_sensitive (self->apply, self->forms != NULL && at > 0 && at < self->forms->len
                            && ((Form *) g_ptr_array_index (self->forms, at))->graph != NULL);
}

static void
show (StudioWhatIf *self)
{
  guint n = self->forms != NULL ? self->forms->len : 0;
  const Form *now = n > 0 ? g_ptr_array_index (self->forms, 0) : NULL;
  g_autofree char *note = now == NULL ? g_strdup (_("Select an operator to see what removing or "
                                                    "rewriting it would change"))
    : g_strdup_printf (_("Estimated for %s with fp16 weights; the document stays as it is until "
                         "one is applied"), now->target != NULL ? now->target : "");

  studio_rows_merge (self->rows, n, key_of, fill, self);
  gtk_label_set_text (GTK_LABEL (self->note), note);
  on_chosen (self);
}

static void
answer (gpointer owner, gpointer data)
{
  StudioWhatIf *self = owner;
  Job *job = data;

  g_clear_pointer (&self->forms, g_ptr_array_unref);
  self->forms = g_ptr_array_ref (job->forms);
  show (self);
}

static void
studio_what_if_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioWhatIf *self = STUDIO_WHAT_IF (panel);
  Job *job;

  if (!(changed & (STUDIO_GRAPH | STUDIO_REPORT | STUDIO_SELECTION)))
    return;
  studio_lane_drop (self->lane);
  g_clear_pointer (&self->forms, g_ptr_array_unref);
  if (view->graph == NULL || view->report == NULL || anf_report_graph (view->report) != view->graph
      || studio_panel_active (panel) == NULL)
    {
      show (self);
      return;
    }
  job = g_new0 (Job, 1);
  job->graph = anf_graph_ref (view->graph);
  job->report = anf_report_ref (view->report);
  job->ids = g_array_new (FALSE, FALSE, sizeof (AnfId));
  for (guint i = 0; i < view->selection->len; i++)
    if (anf_graph_find (view->graph, g_array_index (view->selection, AnfId, i)) != NULL)
      g_array_append_val (job->ids, g_array_index (view->selection, AnfId, i));
  job->forms = g_ptr_array_new_with_free_func (form_free);
  studio_lane_ask (self->lane, job, job_free, ask, answer);
}

gboolean
studio_what_if_apply (StudioWhatIf *self, guint row)
{
  const Form *form;

  g_return_val_if_fail (STUDIO_IS_WHAT_IF (self), FALSE);

  form = self->forms != NULL && row < self->forms->len ? g_ptr_array_index (self->forms, row)
                                                       : NULL;
  if (row == 0 || form == NULL || form->graph == NULL)
    return FALSE;
  g_signal_emit_by_name (self, "edit", form->graph, form->label, NULL);
  return TRUE;
}

static void
on_apply (GtkButton *button, StudioWhatIf *self)
{
  studio_what_if_apply (self, gtk_single_selection_get_selected (self->selection));
}

static void
on_activate (GtkColumnView *view, guint position, StudioWhatIf *self)
{
  studio_what_if_apply (self, position);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_what_if_dispose (GObject *object)
{
  StudioWhatIf *self = STUDIO_WHAT_IF (object);

  g_clear_pointer (&self->lane, studio_lane_free);
  g_clear_pointer (&self->forms, g_ptr_array_unref);
  g_clear_object (&self->rows);
  G_OBJECT_CLASS (studio_what_if_parent_class)->dispose (object);
}

static void
studio_what_if_class_init (StudioWhatIfClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_what_if_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_what_if_update;
  STUDIO_PANEL_CLASS (klass)->lazy = TRUE;
}

static void
build_table (StudioWhatIf *self)
{
  static const StudioColumn columns[] = {
    { N_("What if"), LABEL, STUDIO_COLUMN_ICON, 200, TRUE },
    { N_("Segments"), SEGMENTS, STUDIO_COLUMN_NUMBER, 90, FALSE },
    { N_("Estimate"), ESTIMATE, STUDIO_COLUMN_NUMBER, 80, FALSE },
    { N_("Interval"), INTERVAL, STUDIO_COLUMN_NUMBER, 150, FALSE },
    { N_("Change"), DELTA, STUDIO_COLUMN_NUMBER, 76, FALSE },
    { "", WHY, STUDIO_COLUMN_DIM, 80, TRUE },
  };

  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  self->view = gtk_column_view_new (NULL);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->rows)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), GTK_SELECTION_MODEL (self->selection));
  g_object_unref (self->selection);
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (on_chosen), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect (self->view, "activate", G_CALLBACK (on_activate), self);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    gtk_column_view_column_set_sorter (studio_table_add_column (GTK_COLUMN_VIEW (self->view),
                                                                &columns[i]), NULL);
  studio_table_align (GTK_COLUMN_VIEW (self->view));
  studio_name_widget (self->view, _("What if"));
}

static void
studio_what_if_init (StudioWhatIf *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *tag = studio_label_new (_("estimated"), "tag", "estimated", NULL);

  self->lane = studio_lane_new (self);
  build_table (self);
  self->note = studio_label_new (NULL, "caption", "dim", NULL);
  gtk_label_set_xalign (GTK_LABEL (self->note), 0);
  gtk_label_set_ellipsize (GTK_LABEL (self->note), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (self->note, TRUE);
  self->apply = gtk_button_new_with_label (_("Apply"));
  gtk_widget_add_css_class (self->apply, "small");
  gtk_widget_set_tooltip_text (self->apply, _("Makes the chosen one the document; one step to "
                                              "undo"));
  g_signal_connect (self->apply, "clicked", G_CALLBACK (on_apply), self);
  gtk_widget_set_valign (tag, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (self->apply, GTK_ALIGN_CENTER);
  gtk_widget_set_margin_start (line, 10);
  gtk_widget_set_margin_end (line, 10);
  gtk_widget_set_margin_top (line, 4);
  gtk_widget_set_margin_bottom (line, 4);
  gtk_box_append (GTK_BOX (line), self->note);
  gtk_box_append (GTK_BOX (line), tag);
  gtk_box_append (GTK_BOX (line), self->apply);
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);
  gtk_box_append (GTK_BOX (self), line);
  gtk_box_append (GTK_BOX (self), scrolled);
  show (self);
}

GtkWidget *
studio_what_if_new (void)
{
  return g_object_new (STUDIO_TYPE_WHAT_IF, NULL);
}
