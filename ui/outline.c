/* outline.c - the nodes as a table: the graph's editor for keyboard and screen reader. */
#include "outline.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "query.h"
#include "table.h"

struct _StudioOutline
{
  StudioPanel parent_instance;

  GtkWidget         *search, *matches, *view;
  GListStore        *rows;
  GtkFilter         *filter;
  GtkSelectionModel *selection;    /* borrowed from the view */
  GtkWidget         *rename;       /* popover, made when first wanted */
  GtkWidget         *rename_entry, *rename_reason;
  AnfId              renamed;
  GHashTable        *worst;        /* id -> AnfFinding, while rows are filled */
  gboolean           syncing;
  StudioQuery       *query;
};

G_DEFINE_FINAL_TYPE (StudioOutline, studio_outline, STUDIO_TYPE_PANEL)

enum { NAME, OP, SHAPE, STATE };

static guint64
key_of (guint i, gpointer data)
{
  return anf_node_id (anf_graph_nth (studio_panel_view (data)->graph, i));
}

static void
fill (StudioRow *row, guint i, gpointer data)
{
  StudioOutline *self = data;
  const StudioView *view = studio_panel_view (data);
  const AnfNode *node = anf_graph_nth (view->graph, i);
  const AnfOp *op = anf_node_op (node);
  const AnfFinding *worst = g_hash_table_lookup (self->worst,
                                                  GSIZE_TO_POINTER (anf_node_id (node)));
  const AnfType *type = view->report == NULL ? NULL
    : anf_report_type (view->report, anf_node_id (node), 0);
  g_autofree char *icon = studio_category_icon (anf_op_category (op));
  g_autofree char *css = studio_category_class (anf_op_category (op));
  char *shape = studio_shape_text (view->report, anf_node_id (node), 0);

  studio_row_set_label (row, g_strdup_printf ("%s, %s, %s%s%s", anf_node_name (node),
                                              anf_node_op_name (node), shape,
                                              worst != NULL ? ", " : "", worst != NULL
                                              ? studio_severity_word (worst->severity) : ""));
  studio_row_set_text (row, NAME, anf_node_name (node));
  studio_row_set_text (row, OP, anf_node_op_name (node));
  studio_row_set (row, SHAPE, type != NULL ? anf_type_elements (type) : NAN, shape);
  studio_row_set (row, STATE, worst != NULL ? worst->severity : -1.0,
                  g_strdup (worst != NULL ? studio_severity_word (worst->severity) : ""));
  studio_row_set_icon (row, icon, css);
  studio_row_set_mark (row, worst != NULL ? studio_severity_icon (worst->severity) : NULL,
                       worst != NULL ? studio_severity_class (worst->severity) : NULL);
}

static GHashTable *
worst_by_node (const AnfReport *report)
{
  GHashTable *worst = g_hash_table_new (NULL, NULL);

  for (guint i = 0; report != NULL && i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);
      const AnfFinding *had = g_hash_table_lookup (worst, GSIZE_TO_POINTER (finding->node));

      if (had == NULL || finding->severity > had->severity)
        g_hash_table_insert (worst, GSIZE_TO_POINTER (finding->node), (gpointer) finding);
    }
  return worst;
}

/* The document's selection, shown in the table. */
static void
select_rows (StudioOutline *self)
{
  GArray *selection = studio_panel_view (STUDIO_PANEL (self))->selection;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->selection));
  g_autoptr(GHashTable) ids = g_hash_table_new (NULL, NULL);
  g_autoptr(GtkBitset) selected = gtk_bitset_new_empty (), all = gtk_bitset_new_empty ();

  for (guint i = 0; selection != NULL && i < selection->len; i++)
    g_hash_table_add (ids, GSIZE_TO_POINTER (g_array_index (selection, AnfId, i)));
  for (guint i = 0; i < n && g_hash_table_size (ids) > 0; i++)
    {
      g_autoptr(StudioRow) row = g_list_model_get_item (G_LIST_MODEL (self->selection), i);

      if (g_hash_table_contains (ids, GSIZE_TO_POINTER (studio_row_key (row))))
        gtk_bitset_add (selected, i);
    }
  if (n > 0)
    gtk_bitset_add_range (all, 0, n);

  self->syncing = TRUE;
  gtk_selection_model_set_selection (self->selection, selected, all);
  self->syncing = FALSE;
}

/* The user's selection in the table, asked for. The active node stays last while it is selected. */
static void
on_selection_changed (GtkSelectionModel *model, guint position, guint n, StudioOutline *self)
{
  const AnfNode *active = studio_panel_active (STUDIO_PANEL (self));
  g_autoptr(GtkBitset) selected = NULL;
  g_autoptr(GArray) ids = NULL;
  AnfId last = active != NULL ? anf_node_id (active) : 0;
  gboolean keeps = FALSE;

  if (self->syncing)
    return;

  selected = gtk_selection_model_get_selection (model);
  ids = g_array_new (FALSE, FALSE, sizeof (AnfId));
  for (guint i = 0; i < gtk_bitset_get_size (selected); i++)
    {
      g_autoptr(StudioRow) row = g_list_model_get_item (G_LIST_MODEL (model),
                                                        gtk_bitset_get_nth (selected, i));
      AnfId id = studio_row_key (row);

      if (id == last)
        keeps = TRUE;
      else
        g_array_append_val (ids, id);
    }
  if (keeps)
    g_array_append_val (ids, last);

  self->syncing = TRUE;
  g_object_set (self, "selection", ids, NULL);
  self->syncing = FALSE;
}

/* "3 of 9", or what of the query means nothing. */
static void
tell_matches (StudioOutline *self)
{
  const char *problem = self->query != NULL ? studio_query_problem (self->query) : NULL;
  gboolean empty = *gtk_editable_get_text (GTK_EDITABLE (self->search)) == '\0';
  g_autofree char *words = NULL;

  if (problem != NULL)
    words = g_strdup (problem);
  else if (!empty)
    words = g_strdup_printf (_("%u of %u nodes"),
                             g_list_model_get_n_items (G_LIST_MODEL (self->selection)),
                             g_list_model_get_n_items (G_LIST_MODEL (self->rows)));
  studio_label_show (self->matches, words);
  if (problem != NULL)
    gtk_widget_add_css_class (self->search, "error");
  else
    gtk_widget_remove_css_class (self->search, "error");
}

static void
studio_outline_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioOutline *self = STUDIO_OUTLINE (panel);
  guint n = view->graph != NULL ? anf_graph_n_nodes (view->graph) : 0;

  if (changed & (STUDIO_GRAPH | STUDIO_REPORT))
    {
      self->worst = worst_by_node (view->report);
      self->syncing = TRUE;
      if (studio_rows_merge (self->rows, n, key_of, fill, self))
        {
          studio_table_resort (GTK_COLUMN_VIEW (self->view));
          if (*gtk_editable_get_text (GTK_EDITABLE (self->search)) != '\0')
            gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
          select_rows (self);
          tell_matches (self);
        }
      self->syncing = FALSE;
      g_clear_pointer (&self->worst, g_hash_table_unref);
    }
  if (changed & STUDIO_SELECTION && !self->syncing)
    select_rows (self);
}

/* ------------------------------------------------------------------------ filter */

static gboolean
is_shown (gpointer item, gpointer data)
{
  StudioOutline *self = data;
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  const AnfNode *node = view->graph != NULL
                        ? anf_graph_find (view->graph, studio_row_key (item)) : NULL;

  return node != NULL && (self->query == NULL || studio_query_matches (self->query, view, node));
}

static void
on_search (GtkSearchEntry *entry, StudioOutline *self)
{
  g_clear_pointer (&self->query, studio_query_free);
  self->query = studio_query_new (gtk_editable_get_text (GTK_EDITABLE (entry)));
  self->syncing = TRUE;            /* rows that the filter hides stay selected in the document */
  gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
  select_rows (self);
  self->syncing = FALSE;
  tell_matches (self);
}

/* Enter selects all that was found. */
static void
on_search_activate (GtkSearchEntry *entry, StudioOutline *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->selection));

  if (n > 0)
    gtk_selection_model_select_all (self->selection);
  else
    gtk_widget_error_bell (GTK_WIDGET (entry));
}

void
studio_outline_next (StudioOutline *self, int direction)
{
  const AnfNode *active = studio_panel_active (STUDIO_PANEL (self));
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->selection)), at = 0;
  g_autoptr(StudioRow) row = NULL;

  if (n == 0)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  if (active != NULL && studio_rows_find (G_LIST_MODEL (self->selection), anf_node_id (active),
                                          &at) != NULL)
    at = (at + n + (direction < 0 ? -1 : 1)) % n;
  else
    at = direction < 0 ? n - 1 : 0;
  row = g_list_model_get_item (G_LIST_MODEL (self->selection), at);
  studio_panel_select (STUDIO_PANEL (self), studio_row_key (row));
}

static void
on_activate (GtkColumnView *view, guint position, StudioOutline *self)
{
  g_autoptr(StudioRow) row = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  studio_panel_select (STUDIO_PANEL (self), studio_row_key (row));
}

/* ------------------------------------------------------------------------ delete and rename */

static gboolean
delete_selected (GtkWidget *widget, GVariant *args, gpointer data)
{
  StudioPanel *panel = data;       /* @widget is the table */
  const StudioView *view = studio_panel_view (panel);
  const AnfNode *active = studio_panel_active (panel);
  guint n = studio_panel_n_selected (panel);
  AnfGraphBuilder *b;
  g_autofree char *label = NULL;

  if (n == 0)
    return GDK_EVENT_PROPAGATE;

  b = anf_graph_builder_new (view->graph);
  for (guint i = 0; i < view->selection->len; i++)
    if (anf_graph_find (view->graph, g_array_index (view->selection, AnfId, i)) != NULL)
      anf_graph_builder_remove (b, g_array_index (view->selection, AnfId, i));
  label = n == 1 && active != NULL ? g_strdup_printf (_("Delete %s"), anf_node_name (active))
    : g_strdup_printf (ngettext ("Delete %u node", "Delete %u nodes", n), n);
  studio_panel_edit (panel, b, label, NULL, NULL);
  return GDK_EVENT_STOP;
}

static void
on_rename_activate (GtkEntry *entry, StudioOutline *self)
{
  g_autofree char *reason = NULL;

  if (studio_rename (STUDIO_PANEL (self), self->renamed,
                     gtk_editable_get_text (GTK_EDITABLE (entry)), &reason))
    gtk_popover_popdown (GTK_POPOVER (self->rename));
}

static void
on_rename_changed (GtkEntry *entry, StudioOutline *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  g_autofree char *reason = view->graph == NULL ? NULL
    : studio_name_reason (view->graph, self->renamed,
                          gtk_editable_get_text (GTK_EDITABLE (entry)));

  studio_label_show (self->rename_reason, reason);
  if (reason != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (entry), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (entry), "error");
}

static void
make_rename (StudioOutline *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);

  self->rename = gtk_popover_new ();
  self->rename_entry = gtk_entry_new ();
  self->rename_reason = studio_label_new (NULL, "caption", "bad", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->rename_reason), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (self->rename_reason), 26);
  studio_name_widget (self->rename_entry, _("New name"));
  gtk_box_append (GTK_BOX (box), studio_label_new (_("New name"), "caption", "dim", NULL));
  gtk_box_append (GTK_BOX (box), self->rename_entry);
  gtk_box_append (GTK_BOX (box), self->rename_reason);
  gtk_popover_set_child (GTK_POPOVER (self->rename), box);
  gtk_box_append (GTK_BOX (self), self->rename);
  g_signal_connect (self->rename_entry, "activate", G_CALLBACK (on_rename_activate), self);
  g_signal_connect (self->rename_entry, "changed", G_CALLBACK (on_rename_changed), self);
}

void
studio_outline_rename (StudioOutline *self)
{
  const AnfNode *active;
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  graphene_rect_t at;

  g_return_if_fail (STUDIO_IS_OUTLINE (self));

  if ((active = studio_panel_active (STUDIO_PANEL (self))) == NULL)
    return;
  if (self->rename == NULL)
    make_rename (self);
  if (focus == NULL || !gtk_widget_is_ancestor (focus, self->view)
      || !gtk_widget_compute_bounds (focus, GTK_WIDGET (self), &at))
    at = GRAPHENE_RECT_INIT (0, 0, gtk_widget_get_width (GTK_WIDGET (self)), 40);

  self->renamed = anf_node_id (active);
  gtk_editable_set_text (GTK_EDITABLE (self->rename_entry), anf_node_name (active));
  gtk_popover_set_pointing_to (GTK_POPOVER (self->rename),
                               &(GdkRectangle) { at.origin.x, at.origin.y, at.size.width,
                                                 at.size.height });
  gtk_popover_popup (GTK_POPOVER (self->rename));
  gtk_widget_grab_focus (self->rename_entry);
}

static gboolean
rename_active (GtkWidget *widget, GVariant *args, gpointer data)
{
  studio_outline_rename (STUDIO_OUTLINE (widget));
  return GDK_EVENT_STOP;
}

/* ------------------------------------------------------------------------ the widget */

static void
add_columns (StudioOutline *self)
{
  static const StudioColumn columns[] = {
    { N_("Name"), NAME, STUDIO_COLUMN_ICON, 84, TRUE },
    { N_("Op"), OP, STUDIO_COLUMN_DIM, 58, FALSE },
    { N_("Shape"), SHAPE, STUDIO_COLUMN_NUMBER, 86, FALSE },
    { N_("State"), STATE, STUDIO_COLUMN_TEXT, 0, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    studio_table_add_column (GTK_COLUMN_VIEW (self->view), &columns[i]);
  studio_table_align (GTK_COLUMN_VIEW (self->view));
}

static void
build_model (StudioOutline *self)
{
  GtkFilterListModel *filtered;
  GtkSortListModel *sorted;
  GtkMultiSelection *selection;

  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  self->filter = GTK_FILTER (gtk_custom_filter_new (is_shown, self, NULL));
  filtered = gtk_filter_list_model_new (G_LIST_MODEL (g_object_ref (self->rows)),
                                        g_object_ref (self->filter));
  sorted = gtk_sort_list_model_new (G_LIST_MODEL (filtered),
    g_object_ref (gtk_column_view_get_sorter (GTK_COLUMN_VIEW (self->view))));
  selection = gtk_multi_selection_new (G_LIST_MODEL (sorted));
  gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), GTK_SELECTION_MODEL (selection));
  self->selection = GTK_SELECTION_MODEL (selection);
  g_signal_connect_object (selection, "selection-changed", G_CALLBACK (on_selection_changed), self,
                           0);
  g_object_unref (selection);
}

static void
studio_outline_dispose (GObject *object)
{
  StudioOutline *self = STUDIO_OUTLINE (object);

  if (self->view != NULL)
    gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), NULL);
  g_clear_object (&self->rows);
  g_clear_object (&self->filter);
  g_clear_pointer (&self->query, studio_query_free);
  gtk_widget_dispose_template (GTK_WIDGET (self), STUDIO_TYPE_OUTLINE);
  G_OBJECT_CLASS (studio_outline_parent_class)->dispose (object);
}

static void
studio_outline_class_init (StudioOutlineClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_outline_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_outline_update;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/outline.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioOutline, search);
  gtk_widget_class_bind_template_child (widget_class, StudioOutline, matches);
  gtk_widget_class_bind_template_callback (widget_class, on_search_activate);
  gtk_widget_class_bind_template_child (widget_class, StudioOutline, view);
  gtk_widget_class_bind_template_callback (widget_class, on_search);
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F2, 0, rename_active, NULL);
}

static void
studio_outline_init (StudioOutline *self)
{
  GtkEventController *keys;

  gtk_widget_init_template (GTK_WIDGET (self));
  add_columns (self);
  build_model (self);

  /* On the table only: in the search field Delete deletes a letter. */
  keys = gtk_shortcut_controller_new ();
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
    gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Delete, 0),
                      gtk_callback_action_new (delete_selected, self, NULL)));
  gtk_widget_add_controller (self->view, keys);
}

GtkWidget *
studio_outline_new (void)
{
  return g_object_new (STUDIO_TYPE_OUTLINE, NULL);
}
