/* file.c - maps regular files and replaces files atomically; every message is one line. */
#include "io/file.h"

#include "anf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a file says about itself may hold anything: a message repeats no more than this of it. */
#define MAX_MESSAGE 600

struct _AnfFileWriter
{
  char *path, *part;               /* the place to take; the file being written */
  FILE *stream;
  int   failed;                    /* errno of the first failure */
};

static char *
one_line (char *text)
{
  char *valid = g_utf8_make_valid (text, -1);

  g_free (text);
  for (char *c = valid; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = '?';
  if (strlen (valid) > MAX_MESSAGE)
    {
      char *end = g_utf8_find_prev_char (valid, valid + MAX_MESSAGE);

      g_strlcpy (end, "…", 4);
    }
  return valid;
}

gboolean
anf_bad_file (GError **error, const char *format, ...)
{
  va_list args;

  if (error == NULL)
    return FALSE;
  va_start (args, format);
  *error = g_error_new_valist (ANF_ERROR, ANF_ERROR_BAD_FILE, format, args);
  va_end (args);
  (*error)->message = one_line ((*error)->message);
  return FALSE;
}

gboolean
anf_bad_file_in (GError **error, const char *format, ...)
{
  g_autofree char *place = NULL;
  va_list args;

  if (error == NULL || *error == NULL)
    return FALSE;
  va_start (args, format);
  place = g_strdup_vprintf (format, args);
  va_end (args);
  g_prefix_error (error, "%s: ", place);
  (*error)->message = one_line ((*error)->message);
  return FALSE;
}

static gboolean
check_regular (int fd, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    return anf_bad_file (error, "%s", g_strerror (errno));
  if (S_ISDIR (info.st_mode))
    return anf_bad_file (error, "this is a folder, not a file");
  if (!S_ISREG (info.st_mode))
    return anf_bad_file (error, "this is not a regular file");
  return TRUE;
}

GBytes *
anf_file_map (const char *path, GError **error)
{
  g_autoptr(GMappedFile) map = NULL;
  g_autoptr(GError) cause = NULL;
  int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

  if (fd < 0)
    anf_bad_file (error, "%s", g_strerror (errno));
  else if (check_regular (fd, error)
           && (map = g_mapped_file_new_from_fd (fd, FALSE, &cause)) == NULL)
    anf_bad_file (error, "%s", cause->message);
  if (fd >= 0)
    close (fd);
  return map != NULL ? g_mapped_file_get_bytes (map) : NULL;
}

/* The file a path means: symbolic links are followed, also one whose target does not exist yet. */
static char *
resolve (const char *path)
{
  char *real = realpath (path, NULL);
  g_autofree char *link = NULL, *folder = NULL;
  char *target;

  if (real != NULL)
    {
      target = g_strdup (real);
      free (real);
      return target;
    }
  if ((link = g_file_read_link (path, NULL)) == NULL)
    return g_strdup (path);
  folder = g_path_get_dirname (path);
  return g_canonicalize_filename (link, folder);
}

/* The permissions of the file that is replaced, or those any new file gets. */
static gboolean
find_mode (const char *path, mode_t *mode, GError **error)
{
  struct stat info;
  mode_t mask;

  if (stat (path, &info) != 0)
    {
      mask = umask (0);
      umask (mask);
      *mode = 0666 & ~mask;
      return TRUE;
    }
  if (!S_ISREG (info.st_mode))
    return anf_bad_file (error, "there is something there that is not a regular file");
  if (access (path, W_OK) != 0)
    return anf_bad_file (error, "%s", g_strerror (errno));
  *mode = info.st_mode & 07777;
  return TRUE;
}

AnfFileWriter *
anf_file_writer_new (const char *path, GError **error)
{
  g_autofree char *target = resolve (path), *part = g_strconcat (target, ".XXXXXX", NULL);
  AnfFileWriter *self;
  FILE *stream = NULL;
  mode_t mode = 0;
  int fd;

  if (!find_mode (target, &mode, error))
    return anf_bad_file_in (error, "%s", path), NULL;

  fd = g_mkstemp_full (part, O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0 || fchmod (fd, mode) != 0 || (stream = fdopen (fd, "wb")) == NULL)
    {
      anf_bad_file (error, "%s: cannot be written: %s", path, g_strerror (errno));
      if (fd >= 0)
        {
          close (fd);
          unlink (part);
        }
      return NULL;
    }
  self = g_new0 (AnfFileWriter, 1);
  self->path = g_steal_pointer (&target);
  self->part = g_steal_pointer (&part);
  self->stream = stream;
  return self;
}

void
anf_file_writer_put (AnfFileWriter *self, gconstpointer data, gsize size)
{
  if (self->failed == 0 && size > 0 && fwrite (data, 1, size, self->stream) != size)
    self->failed = errno;
}

void
anf_file_writer_free (AnfFileWriter *self)
{
  if (self->stream != NULL)
    fclose (self->stream);
  if (self->part != NULL)
    unlink (self->part);
  g_free (self->part);
  g_free (self->path);
  g_free (self);
}

/* A rename is on the disk only when its folder is. */
static void
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  fsync (fd);
  close (fd);
}

gboolean
anf_file_writer_end (AnfFileWriter *writer, GError **error)
{
  g_autoptr(AnfFileWriter) self = writer;
  FILE *stream = g_steal_pointer (&self->stream);

  if (self->failed == 0 && (fflush (stream) != 0 || fsync (fileno (stream)) != 0))
    self->failed = errno;
  if (fclose (stream) != 0 && self->failed == 0)
    self->failed = errno;
  if (self->failed == 0 && rename (self->part, self->path) != 0)
    self->failed = errno;
  if (self->failed != 0)
    return anf_bad_file (error, "%s: cannot be written: %s", self->path,
                         g_strerror (self->failed));
  g_clear_pointer (&self->part, g_free);
  sync_folder (self->path);
  return TRUE;
}
