/* tensors.c - tensors by name, in memory or waiting in a mapped file, and which files are open. */
#include "io/tensors.h"

#include "io/file.h"

#include <string.h>
#include <sys/stat.h>

G_STATIC_ASSERT (G_BYTE_ORDER == G_LITTLE_ENDIAN);   /* as files and tensors are */

typedef struct
{
  char         *name;
  AnfTensor    *tensor;            /* NULL: waits in the file */
  AnfTensorLoad load;
  gpointer      place;
} Entry;

struct _AnfTensors
{
  gint        refs;
  GPtrArray  *entries;
  GHashTable *by_name;             /* -> Entry, borrowed */
  char       *path;                /* NULL: in memory */
  GBytes     *map;
  char       *key;                 /* in open_files; NULL: not shared */
};

/* Open files by path and what stat () says of them, borrowed: a file leaves with its last user. */
static GHashTable *open_files;
static GMutex open_lock;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_pointer (&entry->tensor, anf_tensor_unref);
  g_free (entry->place);
  g_free (entry->name);
  g_free (entry);
}

AnfTensors *
anf_tensors_new (void)
{
  AnfTensors *self = g_new0 (AnfTensors, 1);

  self->refs = 1;
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

AnfTensors *
anf_tensors_ref (AnfTensors *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

/* A shared file's last reference goes under the lock: nobody can find it in between. */
static gboolean
drop (AnfTensors *self)
{
  gboolean last;

  if (self->key == NULL)
    return g_atomic_int_dec_and_test (&self->refs);
  g_mutex_lock (&open_lock);
  last = g_atomic_int_dec_and_test (&self->refs);
  if (last && g_hash_table_lookup (open_files, self->key) == self)
    g_hash_table_remove (open_files, self->key);
  g_mutex_unlock (&open_lock);
  return last;
}

void
anf_tensors_unref (AnfTensors *self)
{
  if (!drop (self))
    return;
  g_ptr_array_unref (self->entries);
  g_hash_table_unref (self->by_name);
  g_clear_pointer (&self->map, g_bytes_unref);
  g_free (self->path);
  g_free (self->key);
  g_free (self);
}

static Entry *
add_entry (AnfTensors *self, const char *name)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->name = g_strdup (name);
  g_ptr_array_add (self->entries, entry);
  g_hash_table_insert (self->by_name, entry->name, entry);
  return entry;
}

void
anf_tensors_add (AnfTensors *self, const char *name, AnfTensor *tensor)
{
  Entry *entry = g_hash_table_lookup (self->by_name, name);

  g_return_if_fail (self->path == NULL && tensor != NULL);

  anf_tensor_ref (tensor);
  if (entry == NULL)
    entry = add_entry (self, name);
  else
    anf_tensor_unref (entry->tensor);
  entry->tensor = tensor;
}

gboolean
anf_tensors_expect (AnfTensors *self, const char *name, AnfTensorLoad load, gpointer place)
{
  Entry *entry;

  if (g_hash_table_contains (self->by_name, name))
    {
      g_free (place);
      return FALSE;
    }
  entry = add_entry (self, name);
  entry->load = load;
  entry->place = place;
  return TRUE;
}

guint
anf_tensors_n (const AnfTensors *self)
{
  return self->entries->len;
}

const char *
anf_tensors_nth_name (const AnfTensors *self, guint i)
{
  g_return_val_if_fail (i < self->entries->len, NULL);

  return ((Entry *) g_ptr_array_index (self->entries, i))->name;
}

/* Levenshtein's distance of names, given up above @limit. */
static guint
distance (const char *a, const char *b, guint limit)
{
  guint row[65], n = strlen (a), m = strlen (b);

  if (n >= G_N_ELEMENTS (row) || m >= G_N_ELEMENTS (row) || MAX (n, m) - MIN (n, m) > limit)
    return limit + 1;
  for (guint j = 0; j <= m; j++)
    row[j] = j;
  for (guint i = 1; i <= n; i++)
    {
      guint diagonal = row[0];

      row[0] = i;
      for (guint j = 1; j <= m; j++)
        {
          guint change = diagonal + (a[i - 1] != b[j - 1]);

          diagonal = row[j];
          row[j] = MIN (change, MIN (row[j], row[j - 1]) + 1);
        }
    }
  return row[m];
}

static const char *
nearest (AnfTensors *self, const char *name)
{
  const char *best = NULL;
  guint limit = 1 + strlen (name) / 4;

  for (guint i = 0; i < self->entries->len; i++)
    {
      const char *other = anf_tensors_nth_name (self, i);
      guint far = distance (name, other, limit);

      if (far <= limit && (best == NULL || far < limit))
        {
          best = other;
          limit = far;
        }
    }
  return best;
}

static void
no_such_tensor (AnfTensors *self, const char *name, GError **error)
{
  const char *other = nearest (self, name);

  if (self->entries->len == 1 && anf_tensors_nth_name (self, 0)[0] == '\0')
    anf_bad_file (error, "a .npy holds one tensor without a name, not \"%s\"", name);
  else if (other != NULL)
    anf_bad_file (error, "no tensor \"%s\"; did you mean \"%s\"?", name, other);
  else
    anf_bad_file (error, "no tensor \"%s\" among the %u in it", name, self->entries->len);
}

AnfTensor *
anf_tensors_get (AnfTensors *self, const char *name, GError **error)
{
  Entry *entry = g_hash_table_lookup (self->by_name, name);
  AnfTensor *tensor = NULL;

  if (entry == NULL)
    no_such_tensor (self, name, error);
  else if (entry->tensor != NULL)
    return anf_tensor_ref (entry->tensor);
  else if ((tensor = entry->load (self, entry->place, error)) == NULL && name[0] != '\0')
    anf_bad_file_in (error, "tensor \"%s\"", name);
  if (tensor == NULL && self->path != NULL)
    anf_bad_file_in (error, "%s", self->path);
  return tensor;
}

const guint8 *
anf_tensors_data (AnfTensors *self, gsize *size)
{
  return g_bytes_get_data (self->map, size);
}

GBytes *
anf_tensors_slice (AnfTensors *self, gsize offset, gsize size)
{
  gsize all;
  const guint8 *data = g_bytes_get_data (self->map, &all);

  g_assert (offset <= all && size <= all - offset);
  if (size == 0)
    return g_bytes_new (NULL, 0);
  return g_bytes_new_with_free_func (data + offset, size, (GDestroyNotify) anf_tensors_unref,
                                     anf_tensors_ref (self));
}

gboolean
anf_shape_bytes (AnfDtype dtype, guint rank, const gint64 *shape, gsize *bytes)
{
  gsize n = anf_dtype_size (dtype);
  gboolean none = FALSE;

  /* An axis of 0 empties a tensor, but excuses no other axis from being possible. */
  for (guint i = 0; i < rank; i++)
    if (shape[i] < 0)
      return FALSE;
    else if (shape[i] == 0)
      none = TRUE;
    else if (!g_size_checked_mul (&n, n, shape[i]) || n > G_MAXSSIZE)
      return FALSE;
  *bytes = none ? 0 : n;
  return TRUE;
}

typedef gboolean (*Scan) (AnfTensors *self, GError **error);

static Scan
find_scan (const char *path)
{
  static const struct { const char *suffix; Scan scan; } formats[] = {
    { ".safetensors", anf_safetensors_scan }, { ".npy", anf_npy_scan }, { ".npz", anf_npz_scan },
  };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_has_suffix (path, formats[i].suffix))
      return formats[i].scan;
  return NULL;
}

AnfTensors *
anf_tensors_open (const char *path, GError **error)
{
  AnfTensors *self = anf_tensors_new ();
  Scan scan = find_scan (path);

  self->path = g_strdup (path);
  if (scan == NULL)
    anf_bad_file (error, "not a .safetensors, .npy or .npz file by its name");
  else if ((self->map = anf_file_map (path, error)) != NULL && scan (self, error))
    return self;
  anf_bad_file_in (error, "%s", path);
  anf_tensors_unref (self);
  return NULL;
}

/* The path, a line end, and what tells files and their versions apart; NULL: there is no file. */
static char *
key_of (const char *path)
{
  struct stat s;

  if (stat (path, &s) != 0)
    return NULL;
  return g_strdup_printf ("%s\n%ld.%09ld %ld %ld %ld", path, (long) s.st_mtim.tv_sec,
                          s.st_mtim.tv_nsec, (long) s.st_size, (long) s.st_ino,
                          (long) s.st_dev);
}

gboolean
anf_tensors_is_open (const char *path)
{
  g_autofree char *key = key_of (path);
  GHashTableIter iter;
  gpointer other;
  gboolean found = FALSE;

  g_mutex_lock (&open_lock);
  if (key != NULL && open_files != NULL)
    {
      g_hash_table_iter_init (&iter, open_files);
      while (!found && g_hash_table_iter_next (&iter, &other, NULL))
        found = g_str_equal (strrchr (key, '\n'), strrchr (other, '\n'));
    }
  g_mutex_unlock (&open_lock);
  return found;
}

AnfTensors *
anf_tensors_open_shared (const char *path, GError **error)
{
  g_autofree char *key = key_of (path);
  AnfTensors *self;

  if (key == NULL)
    return anf_tensors_open (path, error);

  g_mutex_lock (&open_lock);
  if (open_files == NULL)
    open_files = g_hash_table_new (g_str_hash, g_str_equal);
  if ((self = g_hash_table_lookup (open_files, key)) != NULL)
    anf_tensors_ref (self);
  else if ((self = anf_tensors_open (path, error)) != NULL)
    {
      self->key = g_steal_pointer (&key);
      g_hash_table_insert (open_files, self->key, self);
    }
  g_mutex_unlock (&open_lock);
  return self;
}
