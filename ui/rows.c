/* rows.c - lines of a table that keep their identity while their contents change. */
#include "rows.h"

#include <math.h>

#include <gtk/gtk.h>

typedef struct { char *text; double number; } StudioCell;

struct _StudioRow
{
  GObject parent_instance;

  guint64     key;
  StudioCell  cell[STUDIO_ROW_CELLS];
  const char *icon, *css;          /* interned */
  const char *mark, *mark_css;
  char       *label;
  GListStore *children;
  gboolean    head, differs;
};

G_DEFINE_FINAL_TYPE (StudioRow, studio_row, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

StudioRow *
studio_row_new (guint64 key)
{
  StudioRow *self = g_object_new (STUDIO_TYPE_ROW, NULL);

  self->key = key;
  return self;
}

guint64
studio_row_key (StudioRow *self)
{
  return self->key;
}

const char *
studio_row_text (StudioRow *self, guint cell)
{
  g_return_val_if_fail (cell < STUDIO_ROW_CELLS, "");

  return self->cell[cell].text != NULL ? self->cell[cell].text : "";
}

double
studio_row_number (StudioRow *self, guint cell)
{
  g_return_val_if_fail (cell < STUDIO_ROW_CELLS, NAN);

  return self->cell[cell].number;
}

const char *
studio_row_icon (StudioRow *self)
{
  return self->icon;
}

const char *
studio_row_css (StudioRow *self)
{
  return self->css;
}

const char *
studio_row_mark (StudioRow *self)
{
  return self->mark;
}

const char *
studio_row_mark_css (StudioRow *self)
{
  return self->mark_css;
}

const char *
studio_row_label (StudioRow *self)
{
  return self->label != NULL ? self->label : studio_row_text (self, 0);
}

gboolean
studio_row_is_head (StudioRow *self)
{
  return self->head;
}

GListStore *
studio_row_children (StudioRow *self)
{
  return self->children;
}

void
studio_row_set (StudioRow *self, guint cell, double number, char *text)
{
  StudioCell *at = &self->cell[cell];

  g_return_if_fail (cell < STUDIO_ROW_CELLS);

  if (g_strcmp0 (at->text, text) != 0 || (at->number != number && !(isnan (at->number)
                                                                    && isnan (number))))
    self->differs = TRUE;
  g_free (at->text);
  at->text = text;
  at->number = number;
}

void
studio_row_set_text (StudioRow *self, guint cell, const char *text)
{
  studio_row_set (self, cell, NAN, g_strdup (text));
}

void
studio_row_set_icon (StudioRow *self, const char *icon, const char *css)
{
  icon = g_intern_string (icon);
  css = g_intern_string (css);
  self->differs |= icon != self->icon || css != self->css;
  self->icon = icon;
  self->css = css;
}

void
studio_row_set_mark (StudioRow *self, const char *icon, const char *css)
{
  icon = g_intern_string (icon);
  css = g_intern_string (css);
  self->differs |= icon != self->mark || css != self->mark_css;
  self->mark = icon;
  self->mark_css = css;
}

void
studio_row_set_label (StudioRow *self, char *label)
{
  self->differs |= g_strcmp0 (label, self->label) != 0;
  g_free (self->label);
  self->label = label;
}

void
studio_row_set_head (StudioRow *self)
{
  self->head = TRUE;
}

GListStore *
studio_row_add_children (StudioRow *self)
{
  if (self->children == NULL)
    self->children = g_list_store_new (STUDIO_TYPE_ROW);
  return self->children;
}

gboolean
studio_row_done (StudioRow *self)
{
  if (!self->differs)
    return FALSE;

  self->differs = FALSE;
  g_signal_emit (self, signals[CHANGED], 0);
  return TRUE;
}

static guint
common_front (GListModel *model, GPtrArray *rows)
{
  guint n = MIN (g_list_model_get_n_items (model), rows->len), i = 0;

  for (; i < n; i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (model, i);

      if (item != g_ptr_array_index (rows, i))
        break;
    }
  return i;
}

static guint
common_back (GListModel *model, GPtrArray *rows, guint front)
{
  guint had = g_list_model_get_n_items (model), i = 0;

  for (; front + i < MIN (had, rows->len); i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (model, had - 1 - i);

      if (item != g_ptr_array_index (rows, rows->len - 1 - i))
        break;
    }
  return i;
}

static GHashTable *
rows_by_key (GListModel *model)
{
  GHashTable *table = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
  guint n = g_list_model_get_n_items (model);

  for (guint i = 0; i < n; i++)
    {
      StudioRow *row = g_list_model_get_item (model, i);

      g_hash_table_insert (table, GSIZE_TO_POINTER (row->key), row);
    }
  return table;
}

gboolean
studio_rows_merge (GListStore *store, guint n, guint64 (*key_of) (guint i, gpointer data),
                   void (*fill) (StudioRow *row, guint i, gpointer data), gpointer data)
{
  GListModel *model = G_LIST_MODEL (store);
  g_autoptr(GHashTable) known = rows_by_key (model);
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func (g_object_unref);
  guint had = g_list_model_get_n_items (model), front, back;
  gboolean differs = FALSE;

  for (guint i = 0; i < n; i++)
    {
      guint64 key = key_of (i, data);
      StudioRow *row = g_hash_table_lookup (known, GSIZE_TO_POINTER (key));

      row = row != NULL ? g_object_ref (row) : studio_row_new (key);
      fill (row, i, data);
      differs |= studio_row_done (row);
      g_ptr_array_add (rows, row);
    }

  front = common_front (model, rows);
  back = common_back (model, rows, front);
  if (front + back == had && had == n)
    return differs;
  g_list_store_splice (store, front, had - front - back, rows->pdata + front, n - front - back);
  return TRUE;
}

StudioRow *
studio_rows_find (GListModel *model, guint64 key, guint *position)
{
  guint n = g_list_model_get_n_items (model);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (model, i);
      g_autoptr(StudioRow) row = GTK_IS_TREE_LIST_ROW (item)
        ? gtk_tree_list_row_get_item (GTK_TREE_LIST_ROW (item)) : g_object_ref (STUDIO_ROW (item));

      if (row->key != key)
        continue;
      if (position != NULL)
        *position = i;
      return row;                  /* the model holds it */
    }
  if (position != NULL)
    *position = G_MAXUINT;
  return NULL;
}

static void
studio_row_finalize (GObject *object)
{
  StudioRow *self = STUDIO_ROW (object);

  for (guint i = 0; i < STUDIO_ROW_CELLS; i++)
    g_free (self->cell[i].text);
  g_free (self->label);
  g_clear_object (&self->children);
  G_OBJECT_CLASS (studio_row_parent_class)->finalize (object);
}

static void
studio_row_class_init (StudioRowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = studio_row_finalize;

  signals[CHANGED] = g_signal_new ("changed", STUDIO_TYPE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
studio_row_init (StudioRow *self)
{
  for (guint i = 0; i < STUDIO_ROW_CELLS; i++)
    self->cell[i].number = NAN;
}
