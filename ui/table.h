/* table.h - columns that show cells of rows: text, numbers, icons, bars, a tree. */
#pragma once

#include <gtk/gtk.h>

#include "rows.h"

G_BEGIN_DECLS

typedef enum
{
  STUDIO_COLUMN_TEXT,
  STUDIO_COLUMN_NUMBER,     /* right-aligned, tabular */
  STUDIO_COLUMN_ICON,       /* the row's mark or else icon, and the text */
  STUDIO_COLUMN_MARK,       /* the row's mark alone */
  STUDIO_COLUMN_TREE,       /* the same, with an expander */
  STUDIO_COLUMN_BAR,        /* a bar as long as the cell's number, 0..1 */
  STUDIO_COLUMN_DIM,        /* text of less weight */
} StudioColumnKind;

typedef struct
{
  const char      *title;   /* not translated yet */
  guint            cell;
  StudioColumnKind kind;
  int              width;   /* least, px; 0: natural */
  gboolean         expand;
  const char      *tooltip; /* (nullable), not translated yet */
} StudioColumn;

/* Adds a sortable column; borrowed. */
GtkColumnViewColumn *studio_table_add_column (GtkColumnView *view, const StudioColumn *column);
/* Titles of number columns stand over their numbers; call once all columns are there. */
void                 studio_table_align      (GtkColumnView *view);
/* The row an item stands for, whether it is in a tree or not; borrowed. */
StudioRow           *studio_table_row        (gpointer item);
/* Rows are to be sorted anew: values changed. */
void                 studio_table_resort     (GtkColumnView *view);

/* A factory for a GtkListView whose rows are made by @make (a widget) and filled by @show; and one
 * for a column of a GtkColumnView. Give cells tooltips by "query-tooltip": setting one asks the X
 * server where the pointer is, and waits. */
GtkListItemFactory  *studio_list_factory     (GtkWidget *(*make) (gpointer data),
                                              void (*show) (GtkWidget *child, StudioRow *row,
                                                            gpointer data),
                                              gpointer data);
GtkListItemFactory  *studio_cell_factory     (GtkWidget *(*make) (gpointer data),
                                              void (*show) (GtkWidget *child, StudioRow *row,
                                                            gpointer data),
                                              gpointer data);

/* A handler of "query-tooltip" that shows the object data "studio-tip". */
gboolean             studio_show_tip         (GtkWidget *widget, int x, int y, gboolean keyboard,
                                              GtkTooltip *tooltip, gpointer data);

G_END_DECLS
