/* files.c - saving with a backup; recovery files and whose they are. */
#include "files.h"

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* First line of a recovery file; then come two lines, origin and folder, escaped as g_strescape
 * has it, and then the document. */
#define MAGIC "aneforge-recovery 1\n"

#define MOST_NUMBERS 65536         /* of weights as text in a document */

struct _StudioRecovery
{
  char *path;
  char *lock_path;
  int   lock;                      /* descriptor; the kernel lets go of the lock with the process */
};

gboolean
studio_file_save (AnfGraph *graph, const char *path, const char *origin, GError **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autofree char *backup_path = g_strconcat (path, "~", NULL);
  g_autoptr(GFile) backup = g_file_new_for_path (backup_path);

  if (g_file_query_exists (file, NULL) &&
      !g_file_copy (file, backup, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, error))
    {
      g_prefix_error (error, _("The former version could not be kept: "));
      return FALSE;
    }
  /* What was imported has its weights in no file of a document yet. */
  return anf_graph_loose_numbers (graph) > MOST_NUMBERS
         ? anf_graph_save_with_weights (graph, path, error)
         : anf_document_save (graph, path, error);
}

gboolean
studio_recovery_save (AnfGraph *graph, const char *path, const char *origin, GError **error)
{
  const char *folder = anf_graph_folder (graph);
  g_autofree char *text = anf_document_text (graph, folder);
  g_autofree char *origin_line = g_strescape (origin != NULL ? origin : "", NULL);
  g_autofree char *folder_line = g_strescape (folder != NULL ? folder : "", NULL);
  g_autofree char *all = g_strconcat (MAGIC, origin_line, "\n", folder_line, "\n", text, NULL);

  return g_file_set_contents_full (path, all, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/* Splits off a line and takes its escapes back; NULL: there is none, or it is empty. */
static char *
take_line (char **rest)
{
  char *end = strchr (*rest, '\n');
  g_autofree char *line = NULL;

  if (end == NULL)
    return NULL;
  line = g_strndup (*rest, end - *rest);
  *rest = end + 1;
  return *line != '\0' ? g_strcompress (line) : NULL;
}

AnfGraph *
studio_recovery_load (const char *path, GError **error)
{
  g_autofree char *all = NULL;
  g_autofree char *origin = NULL;
  g_autofree char *folder = NULL;
  char *rest;

  if (!g_file_get_contents (path, &all, NULL, error))
    return NULL;
  if (!g_str_has_prefix (all, MAGIC))
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE, _("%s: not a recovery file"), path);
      return NULL;
    }
  rest = all + strlen (MAGIC);
  origin = take_line (&rest);
  folder = take_line (&rest);
  return anf_document_parse (rest, strlen (rest), folder, error);
}

char *
studio_recovery_origin (const char *path)
{
  g_autofree char *all = NULL;
  char *rest;

  if (!g_file_get_contents (path, &all, NULL, NULL) || !g_str_has_prefix (all, MAGIC))
    return NULL;
  rest = all + strlen (MAGIC);
  return take_line (&rest);
}

/* ---- whose they are ---- */

static char *
recovery_folder (void)
{
  return g_build_filename (g_get_user_state_dir (), "aneforge-studio", "recovery", NULL);
}

/* Takes @stem for this process; NULL if another one has it, or the disk says no. */
static StudioRecovery *
take (const char *folder, const char *stem)
{
  g_autofree char *lock_name = g_strconcat (stem, ".lock", NULL);
  g_autofree char *name = g_strconcat (stem, ".anf", NULL);
  g_autofree char *lock_path = g_build_filename (folder, lock_name, NULL);
  StudioRecovery *self;
  int lock = g_open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (lock < 0)
    return NULL;
  if (flock (lock, LOCK_EX | LOCK_NB) != 0)
    {
      close (lock);
      return NULL;
    }

  self = g_new0 (StudioRecovery, 1);
  self->path = g_build_filename (folder, name, NULL);
  self->lock_path = g_steal_pointer (&lock_path);
  self->lock = lock;
  return self;
}

/* NULL if there is no place to write to: then there is no recovery, and work goes on without. */
StudioRecovery *
studio_recovery_new (void)
{
  g_autofree char *folder = recovery_folder ();
  g_autofree char *stem = g_uuid_string_random ();

  if (g_mkdir_with_parents (folder, 0700) != 0)
    return NULL;
  return take (folder, stem);
}

const char *
studio_recovery_path (StudioRecovery *self)
{
  return self->path;
}

void
studio_recovery_clear (StudioRecovery *self)
{
  g_unlink (self->path);
}

void
studio_recovery_free (StudioRecovery *self)
{
  g_unlink (self->lock_path);
  close (self->lock);
  g_free (self->path);
  g_free (self->lock_path);
  g_free (self);
}

GPtrArray *
studio_recovery_orphans (void)
{
  g_autofree char *folder = recovery_folder ();
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  GPtrArray *orphans = g_ptr_array_new_with_free_func ((GDestroyNotify) studio_recovery_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *stem = NULL;
      g_autoptr(StudioRecovery) found = NULL;

      if (!g_str_has_suffix (name, ".anf"))
        continue;
      stem = g_strndup (name, strlen (name) - strlen (".anf"));
      found = take (folder, stem);
      if (found != NULL)
        g_ptr_array_add (orphans, g_steal_pointer (&found));
    }
  return orphans;
}
