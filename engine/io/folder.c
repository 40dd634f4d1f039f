/* folder.c - writes a folder beside its place and exchanges the two in one step. */
#include "io/folder.h"

#include "io/file.h"
#include "io/json.h"

#include "anf.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct _AnfFolder
{
  char *path, *part;               /* the place to take; the folder being written */
};

/* Symbolic links inside are removed, not followed. */
static void
remove_all (const char *path)
{
  GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  if (dir == NULL)
    {
      g_remove (path);
      return;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_dir_close (dir);
  g_rmdir (path);
}

static gboolean
is_replaceable (const char *path, gboolean (*is_ours) (const char *path), GError **error)
{
  g_autoptr(GDir) dir = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  if ((dir = g_dir_open (path, 0, NULL)) == NULL)
    return anf_bad_file (error, "%s: there is something there that is no folder one may read",
                         path);
  if (g_dir_read_name (dir) == NULL || is_ours (path))
    return TRUE;
  return anf_bad_file (error, "%s: this folder holds other things; only an earlier one of the same "
                       "kind is replaced", path);
}

AnfFolder *
anf_folder_new (const char *path, gboolean (*is_ours) (const char *path), GError **error)
{
  char *real = realpath (path, NULL);
  g_autofree char *place = real != NULL ? g_strdup (real) : g_canonicalize_filename (path, NULL);
  g_autofree char *folder = g_path_get_dirname (place), *name = g_path_get_basename (place);
  g_autofree char *part = g_strdup_printf ("%s/.%s.XXXXXX", folder, name);
  AnfFolder *self;

  free (real);
  if (!is_replaceable (place, is_ours, error))
    return NULL;
  if (g_mkdtemp (part) == NULL)
    {
      anf_bad_file (error, "%s: cannot be written: %s", path, g_strerror (errno));
      return NULL;
    }
  self = g_new0 (AnfFolder, 1);
  self->path = g_steal_pointer (&place);
  self->part = g_steal_pointer (&part);
  return self;
}

void
anf_folder_free (AnfFolder *self)
{
  remove_all (self->part);
  g_free (self->path);
  g_free (self->part);
  g_free (self);
}

char *
anf_folder_path (AnfFolder *self, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (self->part, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_mkdir_with_parents (folder, 0777) != 0)
    {
      anf_bad_file (error, "%s: cannot be written: %s", folder, g_strerror (errno));
      return NULL;
    }
  return g_steal_pointer (&path);
}

gboolean
anf_folder_put (AnfFolder *self, const char *name, const char *text, gsize length, GError **error)
{
  g_autofree char *path = anf_folder_path (self, name, error);
  AnfFileWriter *writer = path != NULL ? anf_file_writer_new (path, error) : NULL;

  if (writer == NULL)
    return FALSE;
  anf_file_writer_put (writer, text, length);
  return anf_file_writer_end (writer, error);
}

/* Both exist: afterwards each is where the other was. */
static gboolean
exchange (const char *one, const char *other)
{
#if defined (__APPLE__)
  return renamex_np (one, other, RENAME_SWAP) == 0;
#elif defined (RENAME_EXCHANGE)
  return renameat2 (AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0;
#else
  return FALSE;
#endif
}

/* For file systems that cannot exchange: the old one is kept until the new one is in its place. */
static gboolean
put_aside (AnfFolder *self)
{
  g_autofree char *old = g_strconcat (self->part, ".old", NULL);

  if (rename (self->path, old) != 0)
    return FALSE;
  if (rename (self->part, self->path) == 0)
    {
      remove_all (old);
      return TRUE;
    }
  if (rename (old, self->path) != 0)
    g_warning ("%s was moved to %s", self->path, old);
  return FALSE;
}

gboolean
anf_folder_end (AnfFolder *folder, GError **error)
{
  g_autoptr(AnfFolder) self = folder;
  mode_t mask = umask (0);

  umask (mask);
  if (chmod (self->part, 0777 & ~mask) != 0)
    return anf_bad_file (error, "%s: cannot be written: %s", self->path, g_strerror (errno));
  /* Over nothing or an empty folder this is one step. */
  if (rename (self->part, self->path) == 0 || exchange (self->part, self->path)
      || put_aside (self))
    return TRUE;
  return anf_bad_file (error, "%s: cannot be replaced: %s", self->path, g_strerror (errno));
}

gboolean
anf_folder_has_manifest (const char *path, const char *name, const char *key, const char *other)
{
  g_autofree char *file = g_build_filename (path, name, NULL);
  g_autoptr(GBytes) bytes = anf_file_map (file, NULL);
  g_autoptr(JsonNode) root = NULL;
  gsize length;
  const char *text;

  if (bytes == NULL)
    return FALSE;
  text = g_bytes_get_data (bytes, &length);
  root = anf_json_parse (length > 0 ? text : "", length, NULL);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root)
         && json_object_has_member (json_node_get_object (root), key)
         && json_object_has_member (json_node_get_object (root), other);
}
