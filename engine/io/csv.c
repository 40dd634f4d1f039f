/* csv.c - data sets as text: a sample per line, numbers, and the label in one of the columns. */
#include "io/dataset.h"

#include "io/file.h"

#include <math.h>
#include <string.h>

#define MAX_COLUMNS 1000000

typedef struct
{
  char        separator;
  guint       n_columns, label;    /* which column */
  GArray     *values;              /* float: all but the label */
  GPtrArray  *labels;              /* char *: as written */
  gsize       line;
} Csv;

static char *
clean (char *cell)
{
  gsize n;

  g_strstrip (cell);
  n = strlen (cell);
  if (n >= 2 && cell[0] == '"' && cell[n - 1] == '"')
    {
      cell[n - 1] = '\0';
      cell++;
    }
  return cell;
}

static gboolean
is_number (const char *cell, double *value)
{
  char *end;

  *value = g_ascii_strtod (cell, &end);
  return end != cell && *end == '\0';
}

static char
find_separator (const char *line)
{
  return strchr (line, '\t') != NULL ? '\t' : strchr (line, ';') != NULL ? ';' : ',';
}

/* The first line has names if its cells are no numbers, apart from the label. */
static gboolean
read_names (Csv *self, char **cells)
{
  static const char *const names[] = { "label", "y", "class", "target", NULL };
  gboolean header = FALSE;

  self->n_columns = g_strv_length (cells);
  self->label = self->n_columns - 1;
  for (guint i = 0; i < self->n_columns; i++)
    {
      g_autofree char *lower = g_ascii_strdown (clean (cells[i]), -1);
      double value;

      header |= i + 1 < self->n_columns && !is_number (lower, &value);
      if (g_strv_contains (names, lower))
        {
          header = TRUE;
          self->label = i;
        }
    }
  return header;
}

static gboolean
read_line (Csv *self, char **cells, GError **error)
{
  guint n = g_strv_length (cells);

  if (n != self->n_columns)
    return anf_bad_file (error, "line %" G_GSIZE_FORMAT " has %u columns, not %u", self->line, n,
                         self->n_columns);
  for (guint i = 0; i < n; i++)
    {
      const char *cell = clean (cells[i]);
      double value;
      float number;

      if (i == self->label)
        {
          if (*cell == '\0')
            return anf_bad_file (error, "line %" G_GSIZE_FORMAT " has no label", self->line);
          g_ptr_array_add (self->labels, g_strdup (cell));
          continue;
        }
      if (!is_number (cell, &value) || !isfinite (value))
        {
          g_autofree char *shown = g_strndup (cell, 40);

          return anf_bad_file (error, "line %" G_GSIZE_FORMAT ", column %u: \"%s\" is no number",
                               self->line, i + 1, shown);
        }
      number = value;
      g_array_append_val (self->values, number);
    }
  return TRUE;
}

static gboolean
read_text (Csv *self, const char *text, gsize size, GError **error)
{
  const char *end = text + size;

  for (const char *at = text; at < end;)
    {
      const char *stop = memchr (at, '\n', end - at);
      g_autofree char *line = g_strndup (at, (stop != NULL ? stop : end) - at);
      const char separator[] = { self->separator != 0 ? self->separator : find_separator (line),
                                 '\0' };
      g_auto(GStrv) cells = g_strsplit (line, separator, MAX_COLUMNS);

      self->line++;
      at = stop != NULL ? stop + 1 : end;
      if (*g_strstrip (line) == '\0')
        continue;
      if (self->separator == 0)
        {
          self->separator = separator[0];
          if (read_names (self, cells))
            continue;
        }
      if (!read_line (self, cells, error))
        return FALSE;
    }
  if (self->labels->len == 0)
    return anf_bad_file (error, "it has no samples");
  if (self->n_columns < 2)
    return anf_bad_file (error, "it has one column; a sample needs numbers and a label");
  return TRUE;
}

/* ---- labels: whole numbers are classes, other numbers targets, words names of classes */

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static AnfTensor *
named_labels (const Csv *self, char ***names)
{
  gint64 n = self->labels->len;
  g_autoptr(GPtrArray) unique = g_ptr_array_new ();
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  gint32 *ids = g_new (gint32, n);
  g_autoptr(GBytes) bytes = g_bytes_new_take (ids, n * sizeof *ids);

  for (gint64 i = 0; i < n; i++)
    if (g_hash_table_add (seen, g_ptr_array_index (self->labels, i)))
      g_ptr_array_add (unique, g_ptr_array_index (self->labels, i));
  g_ptr_array_sort (unique, by_name);
  g_hash_table_remove_all (seen);
  *names = g_new0 (char *, unique->len + 1);
  for (guint i = 0; i < unique->len; i++)
    {
      (*names)[i] = g_strdup (g_ptr_array_index (unique, i));
      g_hash_table_insert (seen, g_ptr_array_index (unique, i), GUINT_TO_POINTER (i));
    }
  for (gint64 i = 0; i < n; i++)
    ids[i] = GPOINTER_TO_UINT (g_hash_table_lookup (seen, g_ptr_array_index (self->labels, i)));
  return anf_tensor_new (ANF_I32, 1, &n, bytes);
}

static AnfTensor *
make_labels (const Csv *self, char ***names)
{
  gint64 n = self->labels->len;
  g_autofree float *numbers = g_new (float, n);
  gboolean whole = TRUE;
  gint32 *ids;
  g_autoptr(GBytes) bytes = NULL;

  for (gint64 i = 0; i < n; i++)
    {
      double value;

      if (!is_number (g_ptr_array_index (self->labels, i), &value))
        return named_labels (self, names);
      numbers[i] = value;
      whole &= value == floor (value) && fabs (value) < 0x1p31;
    }
  if (!whole)
    return anf_tensor_new_floats (1, &n, numbers);
  ids = g_new (gint32, n);
  for (gint64 i = 0; i < n; i++)
    ids[i] = numbers[i];
  bytes = g_bytes_new_take (ids, n * sizeof *ids);
  return anf_tensor_new (ANF_I32, 1, &n, bytes);
}

static AnfDataset *
make (const Csv *self, GError **error)
{
  gint64 shape[] = { self->labels->len, self->n_columns - 1 };
  g_autoptr(AnfTensors) features = anf_tensors_new ();
  g_autoptr(AnfTensor) x = anf_tensor_new_floats (2, shape, (const float *) self->values->data);
  g_autoptr(AnfTensor) y = NULL;
  char **names = NULL;
  AnfDataset *data;

  y = make_labels (self, &names);
  anf_tensors_add (features, "X", x);
  data = anf_dataset_new (features, y, error);
  if (data != NULL && names != NULL)
    anf_dataset_set_classes (data, names);
  else
    g_strfreev (names);
  return data;
}

AnfDataset *
anf_dataset_open_csv (const char *path, GError **error)
{
  g_autoptr(GBytes) bytes = anf_file_map (path, error);
  Csv self = { 0 };
  AnfDataset *data = NULL;
  const char *text;
  gsize size;

  if (bytes == NULL)
    return NULL;
  text = g_bytes_get_data (bytes, &size);
  if (size > 0 && memchr (text, '\0', size) != NULL)
    return anf_bad_file (error, "this is no text"), NULL;
  self.values = g_array_new (FALSE, FALSE, sizeof (float));
  self.labels = g_ptr_array_new_with_free_func (g_free);
  if (read_text (&self, text, size, error))
    data = make (&self, error);
  g_array_unref (self.values);
  g_ptr_array_unref (self.labels);
  return data;
}
