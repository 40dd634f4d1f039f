/* mil-read-file.c - MIL text and the weight files beside it. */
#include "io/mil-read.h"

#include "io/file.h"

typedef struct
{
  char       *folder;
  GHashTable *files;               /* name -> GBytes */
} Folder;

static GBytes *
open_file (const char *name, gpointer data, GError **error)
{
  Folder *self = data;
  GBytes *bytes = g_hash_table_lookup (self->files, name);
  g_autofree char *path = g_build_filename (self->folder, name, NULL);

  if (bytes != NULL)
    return bytes;
  if (g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    {
      anf_bad_file (error, "%s: is a link; weights lie beside the program", name);
      return NULL;
    }
  if ((bytes = anf_file_map (path, error)) == NULL)
    {
      anf_bad_file_in (error, "%s", name);
      return NULL;
    }
  g_hash_table_insert (self->files, g_strdup (name), bytes);
  return bytes;
}

gboolean
anf_import_mil (AnfImport *self, const char *path, const char *const *shapes,
                const AnfProgress *progress, GError **error)
{
  Folder folder = { g_path_get_dirname (path),
                    g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify) g_bytes_unref) };
  g_autoptr(GBytes) bytes = anf_file_map (path, error);
  g_autoptr(AnfMilProgram) program = NULL;
  g_autofree char *base = g_path_get_basename (path);
  gboolean ok = FALSE;
  gsize size;

  if (bytes == NULL)
    anf_bad_file_in (error, "%s", path);
  else
    {
      const char *text = g_bytes_get_data (bytes, &size);

      program = anf_mil_parse (text != NULL ? text : "", size, open_file, &folder, error);
      ok = program != NULL && anf_mil_to_graph (self, program, NULL, error);
      if (!ok)
        anf_bad_file_in (error, "%s", path);
    }
  g_free (folder.folder);
  g_hash_table_unref (folder.files);
  return ok;
}
