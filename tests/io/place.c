/* place.c - folders and files for the tests of files. */
#include "place.h"

#include <glib/gstdio.h>

void
folder_open (Folder *folder, gconstpointer data)
{
  folder->path = g_dir_make_tmp ("anf-io-XXXXXX", NULL);
  g_assert_nonnull (folder->path);
}

static void
remove_all (const char *path)
{
  GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inside = g_build_filename (path, name, NULL);

      remove_all (inside);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_remove (path);
}

void
folder_close (Folder *folder, gconstpointer data)
{
  remove_all (folder->path);
  g_free (folder->path);
}

char *
folder_file (const Folder *folder, const char *name)
{
  return g_build_filename (folder->path, name, NULL);
}

/* Thousands of files are written: neither g_file_set_contents () nor a file truncated and written
 * again, as both wait for the disk. */
char *
folder_write (const Folder *folder, const char *name, gconstpointer data, gsize size)
{
  char *path = folder_file (folder, name);
  FILE *file;

  g_remove (path);
  file = fopen (path, "wb");
  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (data, 1, size, file), ==, size);
  g_assert_cmpint (fclose (file), ==, 0);
  return path;
}

guint
folder_n_files (const Folder *folder)
{
  GDir *dir = g_dir_open (folder->path, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  g_dir_close (dir);
  return n;
}

char *
data_file (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "data", name, NULL);
}

GBytes *
data_bytes (const char *name)
{
  g_autofree char *path = data_file (name);
  char *data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  return g_bytes_new_take (data, size);
}

void
assert_refused (GError **error, const char *path, const char *cause)
{
  g_assert_error (*error, ANF_ERROR, ANF_ERROR_BAD_FILE);
  g_assert_true (g_str_has_prefix ((*error)->message, path));
  if (strstr ((*error)->message, cause) == NULL)
    g_error ("\"%s\" does not say \"%s\"", (*error)->message, cause);
  g_assert_null (strchr ((*error)->message, '\n'));
  g_assert_true (g_utf8_validate ((*error)->message, -1, NULL));
  g_clear_error (error);
}
