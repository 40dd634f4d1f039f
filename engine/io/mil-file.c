/* mil-file.c - MIL text and weight files on disk. */
#include "io/mil-file.h"

#include "io/file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

gboolean
anf_blob_save (const AnfMilBlob *blob, const char *path, GError **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFileOutputStream) stream = NULL;
  int fd;

  stream = g_file_replace (file, NULL, FALSE, G_FILE_CREATE_NONE, NULL, error);
  if (stream == NULL || !anf_mil_blob_write (blob, G_OUTPUT_STREAM (stream), NULL, error)
      || !g_output_stream_close (G_OUTPUT_STREAM (stream), NULL, error))
    return anf_bad_file_in (error, "%s: cannot be written", path);

  /* The folder takes its place only when its contents are on the disk. */
  if ((fd = open (path, O_RDONLY | O_CLOEXEC)) >= 0)
    {
      fsync (fd);
      close (fd);
    }
  return TRUE;
}

/* net.mil -> net.bin */
static char *
blob_path (const char *path)
{
  gsize stem = g_str_has_suffix (path, ".mil") ? strlen (path) - 4 : strlen (path);

  return g_strdup_printf ("%.*s.bin", (int) stem, path);
}

static gboolean
save_one (const AnfProgram *program, guint segment, const char *path, GError **error)
{
  g_autofree char *bin = blob_path (path), *bin_name = g_path_get_basename (bin);
  g_autofree char *text = NULL;
  g_autoptr(AnfMilProgram) mil = anf_program_lower (program, segment, error);
  AnfFileWriter *writer;

  if (mil == NULL || !anf_blob_save (mil->blob, bin, error))
    return FALSE;
  text = anf_mil_text (mil, bin_name);
  if ((writer = anf_file_writer_new (path, error)) == NULL)
    {
      unlink (bin);
      return FALSE;
    }
  anf_file_writer_put (writer, text, strlen (text));
  return anf_file_writer_end (writer, error);
}

gboolean
anf_mil_save (const AnfProgram *program, const char *path, GError **error)
{
  const AnfPlan *plan = anf_program_plan (program);
  guint n = 0, only = 0;

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    if (anf_plan_nth_segment (plan, i)->kind == ANF_SEGMENT_FUSED)
      {
        n++;
        only = i;
      }
  if (n == 0)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_COMPILE,
                   "This graph has no fused segment, so there is no MIL program to write");
      return FALSE;
    }
  return n == 1 ? save_one (program, only, path, error)
                : anf_bundle_save (program, NULL, path, error);
}
