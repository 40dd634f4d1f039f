/* rows.h - lines of a table: small objects that let engine values sit in a GListModel. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define STUDIO_ROW_CELLS 12

/* A key that stays while the contents change, and cells: a text, and the number it sorts by.
 * Signal: changed (): what is shown of it has to be read anew. */
#define STUDIO_TYPE_ROW (studio_row_get_type ())
G_DECLARE_FINAL_TYPE (StudioRow, studio_row, STUDIO, ROW, GObject)

StudioRow  *studio_row_new        (guint64 key);
guint64     studio_row_key        (StudioRow *self);
const char *studio_row_text       (StudioRow *self, guint cell);         /* "" if never set */
double      studio_row_number     (StudioRow *self, guint cell);         /* NAN: sorts by text */
const char *studio_row_icon       (StudioRow *self);                     /* (nullable) */
const char *studio_row_css        (StudioRow *self);                     /* of the icon */
const char *studio_row_mark       (StudioRow *self);                     /* a second icon */
const char *studio_row_mark_css   (StudioRow *self);
const char *studio_row_label      (StudioRow *self);                     /* for screen readers */
gboolean    studio_row_is_head    (StudioRow *self);                     /* drawn bold */
GListStore *studio_row_children   (StudioRow *self);                     /* borrowed (nullable) */

/* Writing: collects what differs; studio_row_done () says so once and returns whether it did. */
void        studio_row_set        (StudioRow *self, guint cell, double number,
                                   char *text);                          /* transfer full */
void        studio_row_set_text   (StudioRow *self, guint cell, const char *text);
void        studio_row_set_icon   (StudioRow *self, const char *icon, const char *css);
void        studio_row_set_mark   (StudioRow *self, const char *icon, const char *css);
void        studio_row_set_label  (StudioRow *self, char *label);        /* transfer full */
void        studio_row_set_head   (StudioRow *self);
GListStore *studio_row_add_children (StudioRow *self);                   /* borrowed */
gboolean    studio_row_done       (StudioRow *self);

/* Makes @store hold one row for each of the @n keys, in that order; rows that were there stay the
 * same objects, and the store only reports the stretch that differs. @fill writes row @i.
 * Returns whether anything that is shown has changed. */
gboolean    studio_rows_merge     (GListStore *store, guint n,
                                   guint64 (*key_of) (guint i, gpointer data),
                                   void (*fill) (StudioRow *row, guint i, gpointer data),
                                   gpointer data);
/* The row of @key in a model of rows or of tree rows; NULL and G_MAXUINT if there is none. */
StudioRow  *studio_rows_find      (GListModel *model, guint64 key, guint *position);

G_END_DECLS
