/* table.c - columns and list items that follow their row while it changes in place. */
#include "table.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "chart.h"

typedef struct
{
  GtkWidget *(*make) (gpointer data);
  void       (*show) (GtkWidget *child, StudioRow *row, gpointer data);
  gpointer     data;
  gboolean     names_row;          /* gives the row its accessible name */
} Cell;

StudioRow *
studio_table_row (gpointer item)
{
  /* The tree row holds its item for as long as it is in the tree. */
  if (GTK_IS_TREE_LIST_ROW (item))
    {
      StudioRow *row = gtk_tree_list_row_get_item (item);

      if (row != NULL)
        g_object_unref (row);
      return row;
    }
  return item != NULL ? STUDIO_ROW (item) : NULL;
}

/* List item widgets are not public in GTK 4.8; their CSS name is, as part of the style. */
static void
name_row (GtkWidget *child, StudioRow *row)
{
  GtkWidget *at = child;

  while (at != NULL && strcmp (gtk_widget_get_css_name (at), "row") != 0)
    at = gtk_widget_get_parent (at);
  if (at != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (at), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    studio_row_label (row), -1);
}

static void
show (GtkListItem *item)
{
  const Cell *cell = g_object_get_data (G_OBJECT (item), "studio-cell");
  StudioRow *row = studio_table_row (gtk_list_item_get_item (item));
  GtkWidget *child = gtk_list_item_get_child (item);

  if (row == NULL || child == NULL)
    return;
  cell->show (child, row, cell->data);
  if (cell->names_row)
    name_row (child, row);
}

static void
on_row_changed (StudioRow *row, GtkListItem *item)
{
  show (item);
}

static void
on_child_map (GtkWidget *child, GtkListItem *item)
{
  StudioRow *row = studio_table_row (gtk_list_item_get_item (item));

  if (row != NULL)
    name_row (child, row);
}

static void
on_setup (GtkSignalListItemFactory *factory, GtkListItem *item, Cell *cell)
{
  GtkWidget *child = cell->make (cell->data);

  g_object_set_data (G_OBJECT (item), "studio-cell", cell);
  gtk_list_item_set_child (item, child);
  if (cell->names_row)
    g_signal_connect (child, "map", G_CALLBACK (on_child_map), item);
}

static void
on_bind (GtkSignalListItemFactory *factory, GtkListItem *item, Cell *cell)
{
  GtkWidget *child = gtk_list_item_get_child (item);
  gpointer object = gtk_list_item_get_item (item);
  StudioRow *row = studio_table_row (object);

  if (GTK_IS_TREE_EXPANDER (child))
    gtk_tree_expander_set_list_row (GTK_TREE_EXPANDER (child), object);
  g_signal_connect (row, "changed", G_CALLBACK (on_row_changed), item);
  g_object_set_data_full (G_OBJECT (item), "studio-row", g_object_ref (row), g_object_unref);
  show (item);
}

static void
on_unbind (GtkSignalListItemFactory *factory, GtkListItem *item, Cell *cell)
{
  GtkWidget *child = gtk_list_item_get_child (item);
  /* A tree row that was taken out of its tree does not know its item any more. */
  StudioRow *row = g_object_get_data (G_OBJECT (item), "studio-row");

  if (row != NULL)
    g_signal_handlers_disconnect_by_func (row, on_row_changed, item);
  g_object_set_data (G_OBJECT (item), "studio-row", NULL);
  if (GTK_IS_TREE_EXPANDER (child))
    gtk_tree_expander_set_list_row (GTK_TREE_EXPANDER (child), NULL);
}

static GtkListItemFactory *
factory_new (const Cell *cell)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  Cell *own = g_memdup2 (cell, sizeof *cell);

  g_object_set_data_full (G_OBJECT (factory), "studio-cell", own, g_free);
  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), own);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), own);
  g_signal_connect (factory, "unbind", G_CALLBACK (on_unbind), own);
  return factory;
}

GtkListItemFactory *
studio_list_factory (GtkWidget *(*make) (gpointer data),
                     void (*show_row) (GtkWidget *child, StudioRow *row, gpointer data),
                     gpointer data)
{
  return factory_new (&(Cell) { make, show_row, data, TRUE });
}

GtkListItemFactory *
studio_cell_factory (GtkWidget *(*make) (gpointer data),
                     void (*show_row) (GtkWidget *child, StudioRow *row, gpointer data),
                     gpointer data)
{
  return factory_new (&(Cell) { make, show_row, data, FALSE });
}

/* ------------------------------------------------------------------------ kinds of cells */

static GtkWidget *
make_text (gpointer data)
{
  const StudioColumn *column = data;
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), column->kind == STUDIO_COLUMN_NUMBER ? 1 : 0);
  gtk_label_set_single_line_mode (GTK_LABEL (label), TRUE);
  if (column->kind == STUDIO_COLUMN_NUMBER)
    gtk_widget_add_css_class (label, "numeric");
  else
    gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  if (column->kind == STUDIO_COLUMN_DIM)
    gtk_widget_add_css_class (label, "dim");
  return label;
}

static void
weigh (GtkWidget *label, StudioRow *row)
{
  if (studio_row_is_head (row))
    gtk_widget_add_css_class (label, "heading");
  else
    gtk_widget_remove_css_class (label, "heading");
}

static void
show_text (GtkWidget *child, StudioRow *row, gpointer data)
{
  const StudioColumn *column = data;

  gtk_label_set_text (GTK_LABEL (child), studio_row_text (row, column->cell));
  weigh (child, row);
}

/* The class of the last row goes when that of the next one comes. */
static void
wear (GtkWidget *widget, const char *css)
{
  const char *classes[] = { css, NULL };

  gtk_widget_set_css_classes (widget, classes);
}

static GtkWidget *
make_icon (gpointer data)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 7);
  GtkWidget *label = make_text (data);

  gtk_widget_set_hexpand (label, TRUE);
  gtk_box_append (GTK_BOX (box), gtk_image_new ());
  gtk_box_append (GTK_BOX (box), label);
  return box;
}

static void
show_icon (GtkWidget *child, StudioRow *row, gpointer data)
{
  GtkWidget *image = gtk_widget_get_first_child (child);

  /* What is wrong with it matters more than what it is. */
  gtk_image_set_from_icon_name (GTK_IMAGE (image), studio_row_mark (row) != NULL
                                ? studio_row_mark (row) : studio_row_icon (row));
  gtk_widget_set_visible (image, studio_row_icon (row) != NULL);
  wear (image, studio_row_mark (row) != NULL ? studio_row_mark_css (row) : studio_row_css (row));
  show_text (gtk_widget_get_last_child (child), row, data);
}

gboolean
studio_show_tip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip,
                 gpointer data)
{
  const char *tip = g_object_get_data (G_OBJECT (widget), "studio-tip");

  if (tip == NULL || *tip == '\0')
    return FALSE;
  gtk_tooltip_set_text (tooltip, tip);
  return TRUE;
}

static GtkWidget *
make_mark (gpointer data)
{
  GtkWidget *image = gtk_image_new ();

  gtk_widget_set_has_tooltip (image, TRUE);
  g_signal_connect (image, "query-tooltip", G_CALLBACK (studio_show_tip), NULL);
  return image;
}

static void
show_mark (GtkWidget *child, StudioRow *row, gpointer data)
{
  const StudioColumn *column = data;

  gtk_image_set_from_icon_name (GTK_IMAGE (child), studio_row_mark (row));
  g_object_set_data_full (G_OBJECT (child), "studio-tip",
                          g_strdup (studio_row_text (row, column->cell)), g_free);
  wear (child, studio_row_mark_css (row));
}

static GtkWidget *
make_tree (gpointer data)
{
  GtkWidget *expander = gtk_tree_expander_new ();

  gtk_tree_expander_set_child (GTK_TREE_EXPANDER (expander), make_icon (data));
  return expander;
}

static void
show_tree (GtkWidget *child, StudioRow *row, gpointer data)
{
  show_icon (gtk_tree_expander_get_child (GTK_TREE_EXPANDER (child)), row, data);
}

static void
draw_bar (GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer data)
{
  StudioRow *row = g_object_get_data (G_OBJECT (area), "studio-row");
  const StudioColumn *column = data;
  double part = row != NULL ? studio_row_number (row, column->cell) : NAN;
  double high = row != NULL && studio_row_is_head (row) ? 10 : 7;

  if (isnan (part))
    return;
  studio_chart_set_color (GTK_WIDGET (area), cr, studio_row_css (row));
  studio_chart_bar (cr, 0, (height - high) / 2, CLAMP (part, 0, 1) * width, high);
  cairo_fill (cr);
}

static GtkWidget *
make_bar (gpointer data)
{
  GtkWidget *area = gtk_drawing_area_new ();

  gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (area), 14);
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (area), draw_bar, data, NULL);
  return area;
}

static void
show_bar (GtkWidget *child, StudioRow *row, gpointer data)
{
  g_object_set_data_full (G_OBJECT (child), "studio-row", g_object_ref (row), g_object_unref);
  gtk_widget_queue_draw (child);
}

/* ------------------------------------------------------------------------ columns */

static int
compare_rows (gconstpointer a, gconstpointer b, gpointer data)
{
  StudioRow *one = STUDIO_ROW ((gpointer) a), *two = STUDIO_ROW ((gpointer) b);
  const StudioColumn *column = data;
  double x = studio_row_number (one, column->cell), y = studio_row_number (two, column->cell);

  if (isnan (x) && isnan (y))
    return gtk_ordering_from_cmpfunc (g_utf8_collate (studio_row_text (one, column->cell),
                                                      studio_row_text (two, column->cell)));
  if (isnan (x) || isnan (y))
    return isnan (x) ? GTK_ORDERING_LARGER : GTK_ORDERING_SMALLER;
  return gtk_ordering_from_cmpfunc ((x > y) - (x < y));
}

GtkColumnViewColumn *
studio_table_add_column (GtkColumnView *view, const StudioColumn *column)
{
  static const struct
  {
    GtkWidget *(*make) (gpointer data);
    void       (*show) (GtkWidget *child, StudioRow *row, gpointer data);
  } kinds[] = {
    [STUDIO_COLUMN_TEXT] = { make_text, show_text },
    [STUDIO_COLUMN_DIM] = { make_text, show_text },
    [STUDIO_COLUMN_NUMBER] = { make_text, show_text },
    [STUDIO_COLUMN_ICON] = { make_icon, show_icon },
    [STUDIO_COLUMN_MARK] = { make_mark, show_mark },
    [STUDIO_COLUMN_TREE] = { make_tree, show_tree },
    [STUDIO_COLUMN_BAR] = { make_bar, show_bar },
  };
  StudioColumn *own = g_memdup2 (column, sizeof *column);
  GtkColumnViewColumn *made;
  GtkSorter *sorter = GTK_SORTER (gtk_custom_sorter_new (compare_rows, own, NULL));

  /* The translation of nothing is the catalogue's header. */
  made = gtk_column_view_column_new (*column->title != '\0' ? _(column->title) : "",
    factory_new (&(Cell) { kinds[own->kind].make, kinds[own->kind].show, own, own->cell == 0 }));
  g_object_set_data_full (G_OBJECT (made), "studio-column", own, g_free);
  gtk_column_view_column_set_sorter (made, sorter);
  gtk_column_view_column_set_expand (made, column->expand);
  gtk_column_view_column_set_resizable (made, TRUE);
  if (column->width > 0)
    gtk_column_view_column_set_fixed_width (made, column->width);
  gtk_column_view_append_column (view, made);
  g_object_unref (sorter);
  g_object_unref (made);
  return made;
}

/* GTK 4.8 has no say over titles: header > button > box > label, in the order of the columns. */
void
studio_table_align (GtkColumnView *view)
{
  GListModel *columns = gtk_column_view_get_columns (view);
  GtkWidget *header = gtk_widget_get_first_child (GTK_WIDGET (view));
  GtkWidget *title = header != NULL ? gtk_widget_get_first_child (header) : NULL;

  for (guint i = 0; title != NULL; i++, title = gtk_widget_get_next_sibling (title))
    {
      g_autoptr(GtkColumnViewColumn) at = g_list_model_get_item (columns, i);
      const StudioColumn *column = at != NULL
        ? g_object_get_data (G_OBJECT (at), "studio-column") : NULL;
      GtkWidget *box = gtk_widget_get_first_child (title);
      GtkWidget *label = box != NULL ? gtk_widget_get_first_child (box) : NULL;

      if (column == NULL || !GTK_IS_LABEL (label))
        continue;
      gtk_widget_set_tooltip_text (title, column->tooltip != NULL ? _(column->tooltip) : NULL);
      if (column->kind == STUDIO_COLUMN_NUMBER)
        {
          gtk_widget_set_hexpand (label, TRUE);
          gtk_label_set_xalign (GTK_LABEL (label), 1);
          /* The sort arrow goes before the title, so that it is not between title and edge. */
          gtk_box_reorder_child_after (GTK_BOX (box), label, gtk_widget_get_last_child (box));
        }
    }
}

void
studio_table_resort (GtkColumnView *view)
{
  GListModel *columns = gtk_column_view_get_columns (view);

  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr(GtkColumnViewColumn) column = g_list_model_get_item (columns, i);
      GtkSorter *sorter = gtk_column_view_column_get_sorter (column);

      if (sorter != NULL)
        gtk_sorter_changed (sorter, GTK_SORTER_CHANGE_DIFFERENT);
    }
}
