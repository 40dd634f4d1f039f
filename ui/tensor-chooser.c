/* tensor-chooser.c - a window to pick one tensor of a weight file by name. */
#include "tensor-chooser.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "table.h"
#include "weight-fit.h"

typedef struct { StudioFit fit; char *why; } Answer;

struct _StudioTensorChooser
{
  GtkWindow parent_instance;

  AnfTensors         *file;
  AnfGraph           *graph;
  AnfReport          *report;
  AnfId               node;
  char               *role;
  GHashTable         *answers;     /* shape as text -> Answer: large files repeat few shapes */
  GListStore         *rows;
  GtkFilter          *filter;
  GtkSingleSelection *selection;   /* borrowed from the view */
  GtkWidget          *search, *view, *attach, *why;
};

G_DEFINE_FINAL_TYPE (StudioTensorChooser, studio_tensor_chooser, GTK_TYPE_WINDOW)

enum { CHOSEN, N_SIGNALS };
static guint signals[N_SIGNALS];

enum { NAME, DTYPE, SHAPE, FIT };

static guint64
key_of (guint i, gpointer data)
{
  return i;
}

static void
answer_free (gpointer data)
{
  g_free (((Answer *) data)->why);
  g_free (data);
}

static const Answer *
answer_for (StudioTensorChooser *self, const AnfTensor *tensor, const char *dims)
{
  const AnfNode *node = anf_graph_find (self->graph, self->node);
  Answer *answer = g_hash_table_lookup (self->answers, dims);
  gint64 shape[ANF_MAX_TENSOR_RANK];

  if (answer != NULL)
    return answer;
  answer = g_new0 (Answer, 1);
  for (guint axis = 0; axis < anf_tensor_rank (tensor); axis++)
    shape[axis] = anf_tensor_dim (tensor, axis);
  answer->fit = studio_weight_fit (self->graph, self->report, node, self->role,
                                   anf_tensor_rank (tensor), shape, &answer->why);
  g_hash_table_insert (self->answers, g_strdup (dims), answer);
  return answer;
}

static void
fill (StudioRow *row, guint i, gpointer data)
{
  static const char *const icons[] = { "object-select-symbolic", "action-unavailable-symbolic",
                                       NULL };
  static const char *const classes[] = { "good", "dim", NULL };
  StudioTensorChooser *self = data;
  const char *name = anf_tensors_nth_name (self->file, i);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensor) tensor = anf_tensors_get (self->file, name, &error);
  g_autofree char *dims = tensor != NULL ? anf_tensor_shape_text (tensor) : NULL;
  const char *why = error != NULL ? error->message : NULL;
  StudioFit fit = STUDIO_FITS_NOT;

  studio_row_set_text (row, NAME, *name != '\0' ? name : _("the array"));
  if (tensor != NULL)
    {
      const Answer *answer = answer_for (self, tensor, dims);

      fit = answer->fit;
      why = answer->why;
      studio_row_set_text (row, DTYPE, anf_dtype_name (anf_tensor_dtype (tensor)));
      studio_row_set (row, SHAPE, anf_tensor_elements (tensor), g_strdup (dims));
    }
  studio_row_set (row, FIT, fit, g_strdup (why != NULL ? why : ""));
  studio_row_set_mark (row, icons[fit], classes[fit]);
  studio_row_set_label (row, g_strdup_printf ("%s, %s, %s, %s", studio_row_text (row, NAME),
                                              studio_row_text (row, DTYPE),
                                              dims != NULL ? dims : "",
                                              fit == STUDIO_FITS ? _("fits")
                                              : why != NULL ? why : _("not tried")));
}

static gboolean
is_shown (gpointer item, gpointer data)
{
  StudioTensorChooser *self = data;
  g_autofree char *wanted =
    g_utf8_casefold (gtk_editable_get_text (GTK_EDITABLE (self->search)), -1);
  g_autofree char *name = g_utf8_casefold (studio_row_text (item, NAME), -1);

  return strstr (name, wanted) != NULL;
}

static void
on_search (GtkSearchEntry *entry, StudioTensorChooser *self)
{
  gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
on_selected (GtkSingleSelection *selection, GParamSpec *pspec, StudioTensorChooser *self)
{
  StudioRow *row = gtk_single_selection_get_selected_item (selection);

  gtk_widget_set_sensitive (self->attach, row != NULL);
  studio_label_show (self->why, row != NULL ? studio_row_text (row, FIT) : NULL);
}

static void
choose (StudioTensorChooser *self)
{
  StudioRow *row = gtk_single_selection_get_selected_item (self->selection);

  if (row == NULL)
    return;
  g_signal_emit (self, signals[CHOSEN], 0, anf_tensors_nth_name (self->file, studio_row_key (row)));
  gtk_window_close (GTK_WINDOW (self));
}

static void
on_activate (GtkColumnView *view, guint position, StudioTensorChooser *self)
{
  gtk_single_selection_set_selected (self->selection, position);
  choose (self);
}

static void
on_search_activate (GtkSearchEntry *entry, StudioTensorChooser *self)
{
  choose (self);
}

static gboolean
close_on_escape (GtkWidget *widget, GVariant *args, gpointer data)
{
  gtk_window_close (GTK_WINDOW (widget));
  return GDK_EVENT_STOP;
}

/* ------------------------------------------------------------------------ the window */

static void
build_table (StudioTensorChooser *self)
{
  static const StudioColumn columns[] = {
    { N_("Tensor"), NAME, STUDIO_COLUMN_TEXT, 0, TRUE },
    { N_("Type"), DTYPE, STUDIO_COLUMN_DIM, 70, FALSE },
    { N_("Shape"), SHAPE, STUDIO_COLUMN_NUMBER, 120, FALSE },
    { N_("Fits"), FIT, STUDIO_COLUMN_MARK, 56, FALSE },
  };
  GtkFilterListModel *filtered;
  GtkSortListModel *sorted;

  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  self->filter = GTK_FILTER (gtk_custom_filter_new (is_shown, self, NULL));
  self->view = gtk_column_view_new (NULL);
  studio_name_widget (self->view, _("Tensors of the file"));
  filtered = gtk_filter_list_model_new (G_LIST_MODEL (g_object_ref (self->rows)),
                                        g_object_ref (self->filter));
  sorted = gtk_sort_list_model_new (G_LIST_MODEL (filtered),
    g_object_ref (gtk_column_view_get_sorter (GTK_COLUMN_VIEW (self->view))));
  self->selection = gtk_single_selection_new (G_LIST_MODEL (sorted));
  gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), GTK_SELECTION_MODEL (self->selection));
  g_object_unref (self->selection);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    studio_table_add_column (GTK_COLUMN_VIEW (self->view), &columns[i]);
  studio_table_align (GTK_COLUMN_VIEW (self->view));
  g_signal_connect (self->view, "activate", G_CALLBACK (on_activate), self);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (on_selected),
                           self, 0);
}

static void
build_header (StudioTensorChooser *self, const char *path)
{
  GtkWidget *header = gtk_header_bar_new ();
  GtkWidget *cancel = gtk_button_new_with_mnemonic (_("_Cancel"));
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *title = g_strdup_printf (_("Tensors of %s"), name);

  gtk_window_set_title (GTK_WINDOW (self), title);
  gtk_header_bar_set_show_title_buttons (GTK_HEADER_BAR (header), FALSE);
  self->attach = gtk_button_new_with_mnemonic (_("_Attach"));
  gtk_widget_add_css_class (self->attach, "suggested-action");
  gtk_widget_set_tooltip_text (cancel, _("Changes nothing"));
  gtk_widget_set_tooltip_text (self->attach, _("Attaches the selected tensor"));
  studio_name_widget (self->attach, _("Attaches the selected tensor"));
  gtk_header_bar_pack_start (GTK_HEADER_BAR (header), cancel);
  gtk_header_bar_pack_end (GTK_HEADER_BAR (header), self->attach);
  gtk_window_set_titlebar (GTK_WINDOW (self), header);
  g_signal_connect_swapped (cancel, "clicked", G_CALLBACK (gtk_window_close), self);
  g_signal_connect_swapped (self->attach, "clicked", G_CALLBACK (choose), self);
}

static void
build_body (StudioTensorChooser *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->search = gtk_search_entry_new ();
  studio_name_widget (self->search, _("Filter tensors"));
  gtk_widget_set_margin_top (self->search, 8);
  gtk_widget_set_margin_start (self->search, 8);
  gtk_widget_set_margin_end (self->search, 8);
  self->why = studio_label_new (NULL, "caption", "warn", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->why), TRUE);
  gtk_widget_set_margin_start (self->why, 12);
  gtk_widget_set_margin_end (self->why, 12);
  gtk_widget_set_margin_bottom (self->why, 8);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);
  gtk_box_append (GTK_BOX (box), self->search);
  gtk_box_append (GTK_BOX (box), scrolled);
  gtk_box_append (GTK_BOX (box), self->why);
  gtk_window_set_child (GTK_WINDOW (self), box);
  g_signal_connect (self->search, "search-changed", G_CALLBACK (on_search), self);
  g_signal_connect (self->search, "activate", G_CALLBACK (on_search_activate), self);
}

static void
select_first_fit (StudioTensorChooser *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->rows));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(StudioRow) row = g_list_model_get_item (G_LIST_MODEL (self->rows), i);

      if (studio_row_number (row, FIT) != STUDIO_FITS)
        continue;
      gtk_single_selection_set_selected (self->selection, i);
      break;
    }
  on_selected (self->selection, NULL, self);
}

GtkWidget *
studio_tensor_chooser_new (AnfTensors *file, const char *path, AnfGraph *graph,
                           AnfReport *report, AnfId id, const char *role)
{
  StudioTensorChooser *self = g_object_new (STUDIO_TYPE_TENSOR_CHOOSER, "modal", TRUE,
                                            "default-width", 520, "default-height", 420, NULL);

  self->file = anf_tensors_ref (file);
  self->graph = anf_graph_ref (graph);
  self->report = report != NULL ? anf_report_ref (report) : NULL;
  self->node = id;
  self->role = g_strdup (role);
  self->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, answer_free);
  gtk_widget_add_css_class (GTK_WIDGET (self), "anf");
  build_header (self, path);
  build_table (self);
  build_body (self);
  studio_rows_merge (self->rows, anf_tensors_n (file), key_of, fill, self);
  select_first_fit (self);
  return GTK_WIDGET (self);
}

static void
studio_tensor_chooser_dispose (GObject *object)
{
  StudioTensorChooser *self = STUDIO_TENSOR_CHOOSER (object);

  g_clear_object (&self->rows);
  g_clear_object (&self->filter);
  g_clear_pointer (&self->file, anf_tensors_unref);
  g_clear_pointer (&self->graph, anf_graph_unref);
  g_clear_pointer (&self->report, anf_report_unref);
  g_clear_pointer (&self->role, g_free);
  g_clear_pointer (&self->answers, g_hash_table_unref);
  G_OBJECT_CLASS (studio_tensor_chooser_parent_class)->dispose (object);
}

static void
studio_tensor_chooser_class_init (StudioTensorChooserClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_tensor_chooser_dispose;

  signals[CHOSEN] = g_signal_new ("chosen", STUDIO_TYPE_TENSOR_CHOOSER, G_SIGNAL_RUN_LAST, 0,
                                  NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  gtk_widget_class_add_binding (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, close_on_escape, NULL);
}

static void
studio_tensor_chooser_init (StudioTensorChooser *self)
{
}
