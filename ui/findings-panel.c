/* findings-panel.c - the report as a list: one line per problem, Enter goes to its node. */
#include "findings-panel.h"

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "table.h"

struct _StudioFindingsPanel
{
  StudioPanel parent_instance;

  GtkWidget          *summary, *severity, *stack, *view, *empty, *empty_icon;
  GListStore         *rows;
  GtkSingleSelection *selection;   /* borrowed from the view */
  GPtrArray          *shown;       /* AnfFinding of the report, while rows are filled */
  GArray             *keys;
  GArray             *numbers;     /* of the shown, in the report */
};

G_DEFINE_FINAL_TYPE (StudioFindingsPanel, studio_findings_panel, STUDIO_TYPE_PANEL)

enum { SHOW_NODE, N_SIGNALS };
static guint signals[N_SIGNALS];

/* FIX: its words, and the number of the finding in the report */
enum { MESSAGE, CODE, NODE, HINT, ID, FIX };

/* A problem keeps its row, and the keyboard focus on it, while others come and go. */
static guint64
hash (const AnfFinding *finding)
{
  g_autofree char *text = g_strdup_printf ("%s %" G_GUINT64_FORMAT " %s", finding->code,
                                           finding->node,
                                           finding->field != NULL ? finding->field : "");

  return g_str_hash (text);
}

static guint64
key_of (guint i, gpointer data)
{
  StudioFindingsPanel *self = data;

  return g_array_index (self->keys, guint64, i);
}

/* "" if nothing is known that mends it (transfer full). */
static char *
fix_words (const AnfReport *report, guint finding)
{
  gboolean exact = FALSE;
  g_autofree char *label = report != NULL ? anf_fix_label (report, finding, &exact) : NULL;

  if (label == NULL)
    return g_strdup ("");
  return exact ? g_strdup (label) : g_strdup_printf (_("%s (changes what is computed)"), label);
}

static void
fill (StudioRow *row, guint i, gpointer data)
{
  StudioFindingsPanel *self = data;
  const StudioView *view = studio_panel_view (data);
  const AnfFinding *finding = g_ptr_array_index (self->shown, i);
  const AnfNode *node = view->graph != NULL ? anf_graph_find (view->graph, finding->node) : NULL;
  const char *name = node != NULL ? anf_node_name (node) : "";
  const char *hint = finding->hint != NULL ? finding->hint : "";

  studio_row_set_label (row, g_strdup_printf ("%s %s, %s%s%s%s%s",
                                              studio_severity_word (finding->severity),
                                              finding->code, name, *name != '\0' ? ", " : "",
                                              finding->message, *hint != '\0' ? " " : "", hint));
  studio_row_set_text (row, MESSAGE, finding->message);
  studio_row_set_text (row, CODE, finding->code);
  studio_row_set_text (row, NODE, name);
  studio_row_set_text (row, HINT, hint);
  studio_row_set (row, ID, finding->node, NULL);
  studio_row_set (row, FIX, g_array_index (self->numbers, guint, i),
                  fix_words (view->report, g_array_index (self->numbers, guint, i)));
  studio_row_set_icon (row, studio_severity_icon (finding->severity),
                       studio_severity_class (finding->severity));
}

/* Errors first, each kind in the order of the report. */
static void
collect (StudioFindingsPanel *self, const AnfReport *report)
{
  AnfSeverity least = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->severity));
  g_autoptr(GHashTable) used = g_hash_table_new (NULL, NULL);

  g_ptr_array_set_size (self->shown, 0);
  g_array_set_size (self->keys, 0);
  g_array_set_size (self->numbers, 0);
  for (int severity = ANF_ERROR_FINDING; report != NULL && severity >= (int) least; severity--)
    for (guint i = 0; i < anf_report_n_findings (report); i++)
      {
        const AnfFinding *finding = anf_report_nth_finding (report, i);
        guint64 key;

        if ((int) finding->severity != severity)
          continue;
        key = hash (finding);
        while (!g_hash_table_add (used, GSIZE_TO_POINTER (key)))
          key++;
        g_ptr_array_add (self->shown, (gpointer) finding);
        g_array_append_val (self->keys, key);
        g_array_append_val (self->numbers, i);
      }
}

static void
summarise (StudioFindingsPanel *self, const AnfReport *report)
{
  g_autofree char *found = studio_findings_text (report), *text = NULL;

  if (report != NULL)
    text = g_strdup_printf (_("%s on %s"), found != NULL ? found : _("No problems"),
                            anf_report_target (report));
  gtk_label_set_text (GTK_LABEL (self->summary), text != NULL ? text : _("Not checked yet"));
  gtk_label_set_text (GTK_LABEL (self->empty), report == NULL ? _("Not checked yet")
                      : anf_report_n_findings (report) == 0 ? _("No problems")
                      : _("No problems of this severity"));
  gtk_widget_set_visible (self->empty_icon, report != NULL && anf_report_n_findings (report) == 0);
}

static void
refresh (StudioFindingsPanel *self)
{
  const AnfReport *report = studio_panel_view (STUDIO_PANEL (self))->report;

  collect (self, report);
  studio_rows_merge (self->rows, self->shown->len, key_of, fill, self);
  summarise (self, report);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    self->shown->len > 0 ? "list" : "empty");
}

static void
studio_findings_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  if (changed & (STUDIO_REPORT | STUDIO_GRAPH))
    refresh (STUDIO_FINDINGS_PANEL (panel));
}

static void
on_severity (GtkDropDown *drop_down, GParamSpec *pspec, StudioFindingsPanel *self)
{
  if (self->shown != NULL)
    refresh (self);
}

static void
on_activate (GtkListView *view, guint position, StudioFindingsPanel *self)
{
  g_autoptr(StudioRow) row = g_list_model_get_item (G_LIST_MODEL (self->selection), position);
  AnfId id = row != NULL ? studio_row_number (row, ID) : 0;

  if (id != 0)
    g_signal_emit (self, signals[SHOW_NODE], 0, id);
}

void
studio_findings_panel_next (StudioFindingsPanel *self, int direction)
{
  guint n, at;

  g_return_if_fail (STUDIO_IS_FINDINGS_PANEL (self));

  n = g_list_model_get_n_items (G_LIST_MODEL (self->selection));
  if (n == 0)
    return;

  at = gtk_single_selection_get_selected (self->selection);
  if (at == GTK_INVALID_LIST_POSITION)
    at = direction < 0 ? n - 1 : 0;
  else
    at = (at + n + (direction < 0 ? -1 : 1)) % n;
  gtk_single_selection_set_selected (self->selection, at);
  gtk_widget_activate_action (self->view, "list.scroll-to-item", "u", at);
  on_activate (NULL, at, self);
}

gboolean
studio_findings_panel_fix (StudioFindingsPanel *self, guint position, GError **error)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  g_autoptr(StudioRow) row = g_list_model_get_item (G_LIST_MODEL (self->selection), position);
  g_autoptr(AnfGraph) fixed = NULL;
  g_autofree char *label = NULL;
  guint finding;

  /* A check of the latest edit is on its way: its findings are not these. */
  if (row == NULL || *studio_row_text (row, FIX) == '\0'
      || anf_report_graph (view->report) != view->graph)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_GRAPH, _("Nothing is known that mends this"));
      return FALSE;
    }
  finding = studio_row_number (row, FIX);
  label = anf_fix_label (view->report, finding, NULL);
  if ((fixed = anf_fix_apply (view->report, finding, error)) == NULL)
    return FALSE;
  g_signal_emit_by_name (self, "edit", fixed, label, NULL);
  return TRUE;
}

static void
on_fix (GtkButton *button, StudioFindingsPanel *self)
{
  GtkWidget *child = gtk_widget_get_parent (GTK_WIDGET (button));
  StudioRow *row = g_object_get_data (G_OBJECT (child), "studio-row");
  g_autoptr(GError) error = NULL;
  guint position;

  if (row == NULL || studio_rows_find (G_LIST_MODEL (self->selection), studio_row_key (row),
                                       &position) == NULL)
    return;
  if (!studio_findings_panel_fix (self, position, &error))
    {
      gtk_widget_error_bell (GTK_WIDGET (button));
      studio_set_tip (GTK_WIDGET (button), error->message);
    }
}

void
studio_findings_panel_fix_selected (StudioFindingsPanel *self)
{
  guint at = gtk_single_selection_get_selected (self->selection);

  if (at == GTK_INVALID_LIST_POSITION || !studio_findings_panel_fix (self, at, NULL))
    gtk_widget_error_bell (GTK_WIDGET (self));
}

/* ------------------------------------------------------------------------ the widget */

/* One click goes to the node; GTK's own single click mode would also select what is hovered. */
static void
on_clicked (GtkGestureClick *click, int n_press, double x, double y, StudioFindingsPanel *self)
{
  GtkWidget *child = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (click));
  StudioRow *row = g_object_get_data (G_OBJECT (child), "studio-row");
  guint position;

  if (row != NULL && studio_rows_find (G_LIST_MODEL (self->selection), studio_row_key (row),
                                       &position) != NULL)
    on_activate (NULL, position, self);
}

static GtkWidget *
make_row (gpointer data)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10);
  GtkWidget *code = studio_label_new (NULL, "numeric", "dim", NULL);
  GtkWidget *node = studio_label_new (NULL, "heading", NULL);
  GtkWidget *message = studio_label_new (NULL, NULL);
  GtkWidget *hint = studio_label_new (NULL, "dim", NULL);
  GtkWidget *fix = gtk_button_new_with_label (_("Fix"));

  gtk_label_set_width_chars (GTK_LABEL (code), 7);
  gtk_label_set_width_chars (GTK_LABEL (node), 8);
  gtk_label_set_max_width_chars (GTK_LABEL (node), 14);
  gtk_label_set_ellipsize (GTK_LABEL (node), PANGO_ELLIPSIZE_END);
  gtk_label_set_ellipsize (GTK_LABEL (message), PANGO_ELLIPSIZE_END);
  gtk_label_set_ellipsize (GTK_LABEL (hint), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (hint, TRUE);
  gtk_box_append (GTK_BOX (box), gtk_image_new ());
  gtk_box_append (GTK_BOX (box), code);
  gtk_box_append (GTK_BOX (box), node);
  gtk_box_append (GTK_BOX (box), message);
  gtk_box_append (GTK_BOX (box), hint);
  gtk_box_append (GTK_BOX (box), fix);
  gtk_widget_add_css_class (fix, "fix");
  g_signal_connect (fix, "clicked", G_CALLBACK (on_fix), data);
  gtk_widget_set_has_tooltip (box, TRUE);
  g_signal_connect (box, "query-tooltip", G_CALLBACK (studio_show_tip), NULL);
  g_signal_connect (click, "released", G_CALLBACK (on_clicked), data);
  gtk_widget_add_controller (box, GTK_EVENT_CONTROLLER (click));
  return box;
}

static void
show_row (GtkWidget *child, StudioRow *row, gpointer data)
{
  static const guint order[] = { CODE, NODE, MESSAGE, HINT };
  const char *classes[] = { studio_row_css (row), NULL };
  GtkWidget *at = gtk_widget_get_first_child (child);
  g_autofree char *tooltip = NULL;

  gtk_image_set_from_icon_name (GTK_IMAGE (at), studio_row_icon (row));
  gtk_widget_set_css_classes (at, classes);
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      at = gtk_widget_get_next_sibling (at);
      gtk_label_set_text (GTK_LABEL (at), studio_row_text (row, order[i]));
    }
  at = gtk_widget_get_next_sibling (at);
  gtk_widget_set_visible (at, *studio_row_text (row, FIX) != '\0');
  studio_set_tip (at, studio_row_text (row, FIX));
  studio_name_widget (at, studio_row_text (row, FIX));
  tooltip = g_strdup_printf ("%s\n%s", studio_row_text (row, MESSAGE), studio_row_text (row, HINT));
  g_object_set_data_full (G_OBJECT (child), "studio-tip", g_strdup (g_strchomp (tooltip)), g_free);
  g_object_set_data_full (G_OBJECT (child), "studio-row", g_object_ref (row), g_object_unref);
}

static void
studio_findings_panel_dispose (GObject *object)
{
  StudioFindingsPanel *self = STUDIO_FINDINGS_PANEL (object);

  if (self->view != NULL)
    gtk_list_view_set_model (GTK_LIST_VIEW (self->view), NULL);
  g_clear_object (&self->rows);
  g_clear_pointer (&self->shown, g_ptr_array_unref);
  g_clear_pointer (&self->keys, g_array_unref);
  g_clear_pointer (&self->numbers, g_array_unref);
  gtk_widget_dispose_template (GTK_WIDGET (self), STUDIO_TYPE_FINDINGS_PANEL);
  G_OBJECT_CLASS (studio_findings_panel_parent_class)->dispose (object);
}

static void
studio_findings_panel_class_init (StudioFindingsPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_findings_panel_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_findings_panel_update;

  signals[SHOW_NODE] = g_signal_new ("show-node", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/findings-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioFindingsPanel, summary);
  gtk_widget_class_bind_template_child (widget_class, StudioFindingsPanel, severity);
  gtk_widget_class_bind_template_child (widget_class, StudioFindingsPanel, stack);
  gtk_widget_class_bind_template_child (widget_class, StudioFindingsPanel, view);
  gtk_widget_class_bind_template_child (widget_class, StudioFindingsPanel, empty);
  gtk_widget_class_bind_template_child (widget_class, StudioFindingsPanel, empty_icon);
  gtk_widget_class_bind_template_callback (widget_class, on_severity);
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
}

static void
studio_findings_panel_init (StudioFindingsPanel *self)
{
  g_autoptr(GtkListItemFactory) factory = studio_list_factory (make_row, show_row, self);

  gtk_widget_init_template (GTK_WIDGET (self));
  self->shown = g_ptr_array_new ();
  self->keys = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->numbers = g_array_new (FALSE, FALSE, sizeof (guint));
  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->rows)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_list_view_set_factory (GTK_LIST_VIEW (self->view), factory);
  gtk_list_view_set_model (GTK_LIST_VIEW (self->view), GTK_SELECTION_MODEL (self->selection));
  g_object_unref (self->selection);
  refresh (self);
}

GtkWidget *
studio_findings_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_FINDINGS_PANEL, NULL);
}
