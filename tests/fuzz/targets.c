/* targets.c - the parsers, each from its door in anf.h: whatever opens is also looked through, for
 * what a parser let pass may fall over a step later. */
#include "fuzz.h"

#include "anf.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MOST_READ  (1 << 20)       /* numbers of a tensor that are looked at */
#define MOST_TEXT  (1 << 16)       /* numbers written as text; more are in a file beside it */
#define MOST_FILES 24              /* in a package */
#define MARK       "=="            /* ==NAME LENGTH: a file of a package follows */

/* ---------------------------------------------------------------- the folder files are in */

static const char *
folder (void)
{
  static char *path;

  if (path == NULL && (path = g_dir_make_tmp ("aneforge-fuzz-XXXXXX", NULL)) == NULL)
    g_error ("no folder for files");
  return path;
}

static void
remove_all (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      if (g_file_test (inner, G_FILE_TEST_IS_DIR))
        remove_all (inner);
      else
        g_unlink (inner);
    }
  if (dir != NULL)
    g_dir_close (dir);
  g_rmdir (path);
}

static void __attribute__ ((destructor))
clean_up (void)
{
  remove_all (folder ());
}

/* Not g_file_set_contents: it waits for the disk. (transfer full) */
static char *
put (const char *name, const guint8 *data, gsize size)
{
  char *path = g_build_filename (folder (), name, NULL);
  FILE *file = g_fopen (path, "wb");

  if (file == NULL)
    g_error ("%s cannot be written", path);
  fwrite (data, 1, size, file);
  fclose (file);
  return path;
}

/* ---------------------------------------------------------------- after opening */

static void
refused (GError *error)
{
  g_assert_nonnull (error);
  g_assert_cmpstr (error->message, !=, "");
  g_assert_null (strchr (error->message, '\n'));
  g_error_free (error);
}

/* Checked for a chip, and written as a document. */
static void
look (AnfGraph *graph)
{
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autofree char *text = NULL;

  g_assert_nonnull (report);
  if (anf_graph_loose_numbers (graph) > MOST_TEXT)
    return;
  text = anf_document_text (graph, folder ());
  g_assert_nonnull (text);
}

static void
tensors (const char *path)
{
  GError *error = NULL;
  g_autoptr(AnfTensors) all = anf_tensors_open (path, &error);

  if (all == NULL)
    {
      refused (error);
      return;
    }
  for (guint i = 0; i < MIN (anf_tensors_n (all), 64); i++)
    {
      g_autoptr(AnfTensor) tensor = anf_tensors_get (all, anf_tensors_nth_name (all, i), &error);
      gsize n;
      g_autofree double *numbers = NULL;

      if (tensor == NULL)
        {
          refused (g_steal_pointer (&error));
          continue;
        }
      n = MIN (anf_tensor_elements (tensor), MOST_READ);
      numbers = g_new (double, MAX (n, 1));
      anf_tensor_read_double (tensor, anf_tensor_elements (tensor) - n, n, numbers);
    }
}

static void
import (const char *path)
{
  GError *error = NULL;
  g_autoptr(AnfImport) import = anf_import (path, NULL, NULL, &error);

  if (import == NULL)
    refused (error);
  else
    look (anf_import_graph (import));
}

/* ---------------------------------------------------------------- one file */

static void
feed_tensors (const char *name, const guint8 *data, gsize size)
{
  g_autofree char *path = put (name, data, size);

  tensors (path);
}

static void
feed_npy (const guint8 *data, gsize size)
{
  feed_tensors ("a.npy", data, size);
}

static void
feed_npz (const guint8 *data, gsize size)
{
  feed_tensors ("a.npz", data, size);
}

static void
feed_safetensors (const guint8 *data, gsize size)
{
  feed_tensors ("a.safetensors", data, size);
}

static void
feed_onnx (const guint8 *data, gsize size)
{
  g_autofree char *path = put ("a.onnx", data, size);

  import (path);
}

static void
feed_mil (const guint8 *data, gsize size)
{
  g_autofree char *path = put ("a.mil", data, size);

  import (path);
}

static void
feed_document (const guint8 *data, gsize size)
{
  GError *error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_parse (size > 0 ? (const char *) data : "", size,
                                                  folder (), &error);

  if (graph == NULL)
    refused (error);
  else
    look (graph);
}

/* ---------------------------------------------------------------- folders of files */

static gboolean
is_safe (const char *name)
{
  g_auto(GStrv) parts = g_strsplit (name, "/", -1);

  if (strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")
      != strlen (name) || strlen (name) > 80 || g_strv_length (parts) > 5)
    return FALSE;
  for (guint i = 0; parts[i] != NULL; i++)
    if (parts[i][0] == '\0' || parts[i][0] == '.')
      return FALSE;
  return parts[0] != NULL;
}

typedef struct { char *name; const guint8 *data; gsize size; } Member;

static void
member_clear (gpointer data)
{
  g_free (((Member *) data)->name);
}

/* Each file begins with a line ==NAME LENGTH; the last one goes to the end. */
static GArray *
members_of (const guint8 *data, gsize size)
{
  GArray *members = g_array_new (FALSE, FALSE, sizeof (Member));

  g_array_set_clear_func (members, member_clear);
  while (size > 0 && members->len < MOST_FILES)
    {
      const guint8 *end = memchr (data, '\n', MIN (size, 120));
      g_autofree char *line = end != NULL ? g_strndup ((const char *) data, end - data) : NULL;
      char *space = line != NULL ? strrchr (line, ' ') : NULL;
      Member member;

      if (space == NULL || !g_str_has_prefix (line, MARK))
        break;
      *space = '\0';
      size -= end + 1 - data;
      data = end + 1;
      member = (Member) { g_strdup (line + strlen (MARK)), data,
                          MIN (size, g_ascii_strtoull (space + 1, NULL, 10)) };
      size -= member.size;
      data += member.size;
      g_array_append_val (members, member);
    }
  return members;
}

/* @NAME@ in JSON stands for the file's checksum, which no mutation would get right. */
static GString *
with_sums (const Member *member, const GArray *members)
{
  GString *text = g_string_new_len ((const char *) member->data, member->size);

  for (guint i = 0; i < members->len && g_str_has_suffix (member->name, ".json"); i++)
    {
      const Member *other = &g_array_index (members, Member, i);
      g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, other->data,
                                                          other->size);
      g_autofree char *mark = g_strdup_printf ("@%s@", other->name);

      g_string_replace (text, mark, sum, 0);
    }
  return text;
}

static char *
unpack (const char *name, const guint8 *data, gsize size)
{
  char *path = g_build_filename (folder (), name, NULL);
  g_autoptr(GArray) members = members_of (data, size);

  g_mkdir_with_parents (path, 0700);
  for (guint i = 0; i < members->len; i++)
    {
      const Member *member = &g_array_index (members, Member, i);
      g_autofree char *inner = g_build_filename (name, member->name, NULL);
      g_autofree char *full = g_build_filename (path, member->name, NULL);
      g_autofree char *above = g_path_get_dirname (full);
      g_autofree char *written = NULL;
      g_autoptr(GString) text = NULL;

      if (!is_safe (member->name) || g_mkdir_with_parents (above, 0700) != 0
          || g_file_test (full, G_FILE_TEST_EXISTS))
        continue;
      text = with_sums (member, members);
      written = put (inner, (const guint8 *) text->str, text->len);
    }
  return path;
}

static void
feed_mlpackage (const guint8 *data, gsize size)
{
  g_autofree char *path = unpack ("a.mlpackage", data, size);

  import (path);
  remove_all (path);
}

static void
feed_bundle (const guint8 *data, gsize size)
{
  g_autofree char *path = unpack ("a.anebundle", data, size);
  GError *error = NULL;
  AnfSettings settings;
  g_autoptr(AnfGraph) graph = anf_bundle_load (path, &settings, &error);

  if (graph == NULL)
    refused (error);
  else
    look (graph);
  remove_all (path);
}

const FuzzTarget fuzz_targets[] = {
  { "onnx", feed_onnx }, { "safetensors", feed_safetensors }, { "npy", feed_npy },
  { "npz", feed_npz }, { "document", feed_document }, { "mil", feed_mil },
  { "mlpackage", feed_mlpackage }, { "bundle", feed_bundle }, { NULL, NULL },
};

const FuzzTarget *
fuzz_find (const char *name)
{
  for (const FuzzTarget *target = fuzz_targets; target->name != NULL; target++)
    if (g_str_equal (target->name, name))
      {
        g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
        return target;
      }
  g_printerr ("there is no target \"%s\"\n", name);
  exit (2);
}
