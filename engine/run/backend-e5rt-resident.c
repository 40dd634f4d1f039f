/* backend-e5rt-resident.c - compiles programs, keeps them resident, and gives up the one that was
 * not used for the longest time.
 *
 * How many may be resident is a limit of the process, and so is the pause after a compile that
 * failed: that is why this file, alone, has a state of the process, behind one lock. The engine
 * computes one thing at a time anyway. */
#include "run/backend-e5rt-resident.h"

#include "run/backend-e5rt.h"

#include <errno.h>
#include <glib/gstdio.h>

#define NAP_US (50 * G_TIME_SPAN_MILLISECOND)    /* while waiting, how soon a Stop is noticed */

struct _AnfE5rtResident
{
  guint           refs;
  char           *digest, *folder, *what;
  GStringChunk   *words;
  AnfE5rtSpec     spec;
  AnfE5rtProgram *program;         /* NULL: it had to make room */
  gboolean        known;           /* it was compiled before */
  GList           link;            /* in process.resident */
};

static struct
{
  GMutex      lock;
  AnfE5rt    *e5;                  /* once loaded it stays */
  AnfE5rtRig  rig;
  GHashTable *all;                 /* digest -> AnfE5rtResident */
  GQueue      resident;            /* those with a program, last used first */
  gint64      not_before;          /* no compile before that time; 0: any */
} process;

/* ---------------------------------------------------------------- time */

static gint64
now_us (void)
{
  return process.rig.now_us != NULL ? process.rig.now_us (process.rig.data)
                                    : g_get_monotonic_time ();
}

static void
sleep_us (gint64 us)
{
  if (process.rig.sleep_us != NULL)
    process.rig.sleep_us (us, process.rig.data);
  else
    g_usleep (us);
}

/* Takes the lock when a compile is allowed; FALSE, without it, if cancelled meanwhile. */
static gboolean
lock_for_compile (const AnfProgress *progress, GError **error)
{
  for (;;)
    {
      gint64 left;

      g_mutex_lock (&process.lock);
      left = process.not_before != 0 ? process.not_before - now_us () : 0;
      if (left <= 0)
        return TRUE;
      g_mutex_unlock (&process.lock);
      if (!anf_progress_step (progress, "Wait after a failed compile",
                              1 - CLAMP ((double) left / ANF_E5RT_PAUSE_US, 0, 1), error))
        return FALSE;
      sleep_us (MIN (left, NAP_US));
    }
}

/* ---------------------------------------------------------------- residents */

/* All of these with the lock held. */
static void
evict (AnfE5rtResident *self)
{
  if (self->program == NULL)
    return;
  g_queue_unlink (&process.resident, &self->link);
  g_clear_pointer (&self->program, anf_e5rt_program_free);
}

static void
note (AnfE5rtResident *self, AnfDeviceTimes *times, double us)
{
  if (self->known)
    {
      times->warm_us += us;
      times->n_warm++;
    }
  else
    {
      times->cold_us += us;
      times->n_cold++;
    }
  self->known = TRUE;
}

static gboolean
make_resident (AnfE5rtResident *self, AnfDeviceTimes *times, GError **error)
{
  double us;

  while (g_queue_get_length (&process.resident) >= ANF_E5RT_MAX_RESIDENT)
    evict (g_queue_peek_tail (&process.resident));
  self->program = anf_e5rt_program_new (process.e5, &self->spec, &us, error);
  process.not_before = us < 0 ? now_us () + ANF_E5RT_PAUSE_US : 0;
  if (self->program == NULL)
    return FALSE;
  note (self, times, us);
  self->link.data = self;
  g_queue_push_head_link (&process.resident, &self->link);
  return TRUE;
}

static AnfE5rtResident *
find_same (const AnfE5rtResident *self)
{
  if (process.all == NULL)
    process.all = g_hash_table_new (g_str_hash, g_str_equal);
  return g_hash_table_lookup (process.all, self->digest);
}

/* ---------------------------------------------------------------- text and weights */

/* Links are removed, not followed. */
static void
remove_all (const char *path)
{
  g_autoptr(GDir) dir = NULL;
  const char *name;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    dir = g_dir_open (path, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      remove_all (inner);
    }
  g_remove (path);
}

static gboolean
write_blob (const AnfMilBlob *blob, const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFileOutputStream) stream = g_file_create (file, G_FILE_CREATE_PRIVATE, cancellable,
                                                       error);

  return stream != NULL
         && anf_mil_blob_write (blob, G_OUTPUT_STREAM (stream), cancellable, error)
         && g_output_stream_close (G_OUTPUT_STREAM (stream), cancellable, error);
}

static gboolean
write_files (AnfE5rtResident *self, const char *text, const AnfMilBlob *blob,
             GCancellable *cancellable, GError **error)
{
  g_autofree char *model = NULL, *weights = NULL, *cache = NULL;
  g_autoptr(GError) inner = NULL;

  if ((self->folder = g_dir_make_tmp ("aneforge-e5rt-XXXXXX", &inner)) != NULL)
    {
      model = g_build_filename (self->folder, "model.mil", NULL);
      weights = g_build_filename (self->folder, "weights.bin", NULL);
      cache = g_build_filename (self->folder, "cache", NULL);
      if (g_file_set_contents (model, text, -1, &inner)
          && write_blob (blob, weights, cancellable, &inner) && g_mkdir (cache, 0700) == 0)
        return TRUE;
    }
  if (inner != NULL && g_error_matches (inner, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&inner));
  else
    g_set_error (error, ANF_ERROR, ANF_ERROR_RUN,
                 "Segment %s could not be written for the engine: %s", self->what,
                 inner != NULL ? inner->message : g_strerror (errno));
  return FALSE;
}

/* Of the text and the weights that are written. */
static gboolean
find_digest (AnfE5rtResident *self, const char *text, GError **error)
{
  g_autofree char *weights = g_build_filename (self->folder, "weights.bin", NULL);
  g_autoptr(GMappedFile) file = g_mapped_file_new (weights, FALSE, error);
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  if (file == NULL)
    return FALSE;
  g_checksum_update (checksum, (const guchar *) text, -1);
  g_checksum_update (checksum, (const guchar *) g_mapped_file_get_contents (file),
                     g_mapped_file_get_length (file));
  self->digest = g_strdup (g_checksum_get_string (checksum));
  return TRUE;
}

static gsize
port_bytes (const AnfMilType *type)
{
  gsize n = anf_mil_type_elements (type);

  switch (type->dtype)
    {
    case ANF_MIL_UINT8:
      return (n + 1) & ~(gsize) 1;
    case ANF_MIL_INT32:
      return 4 * n;
    default:
      return 2 * n;
    }
}

static const AnfE5rtPort *
list_ports (AnfE5rtResident *self, const GArray *from)
{
  AnfE5rtPort *ports = g_new0 (AnfE5rtPort, from->len + 1);

  for (guint i = 0; i < from->len; i++)
    {
      const AnfMilPort *port = &g_array_index (from, AnfMilPort, i);

      ports[i] = (AnfE5rtPort) { g_string_chunk_insert (self->words, port->name),
                                 port_bytes (&port->type) };
    }
  return ports;
}

static AnfE5rtResident *
resident_new (const AnfMilProgram *mil, const char *what)
{
  AnfE5rtResident *self = g_new0 (AnfE5rtResident, 1);

  self->refs = 1;
  self->what = g_strdup (what);
  self->words = g_string_chunk_new (256);
  self->spec = (AnfE5rtSpec) { .what = self->what, .n_in = mil->inputs->len,
                               .n_out = mil->outputs->len, .in = list_ports (self, mil->inputs),
                               .out = list_ports (self, mil->outputs) };
  return self;
}

/* Without the lock; nobody knows it any more. */
static void
resident_free (AnfE5rtResident *self)
{
  if (self->folder != NULL)
    remove_all (self->folder);
  g_string_chunk_free (self->words);
  g_free ((AnfE5rtPort *) self->spec.in);
  g_free ((AnfE5rtPort *) self->spec.out);
  g_free (self->digest);
  g_free (self->folder);
  g_free (self->what);
  g_free (self);
}

/* ---------------------------------------------------------------- for the device */

/* The one that is there already, with one reference more; NULL: there is none. */
static AnfE5rtResident *
share (const AnfE5rtResident *self)
{
  AnfE5rtResident *same;

  g_mutex_lock (&process.lock);
  if ((same = find_same (self)) != NULL)
    same->refs++;
  g_mutex_unlock (&process.lock);
  return same;
}

/* Another thread may have been quicker: then there are two of them, and one is not shared. */
static gboolean
settle (AnfE5rtResident *self, AnfDeviceTimes *times, const AnfProgress *progress,
        GError **error)
{
  gboolean good;

  if (!lock_for_compile (progress, error))
    return FALSE;
  good = make_resident (self, times, error);
  if (good && find_same (self) == NULL)
    g_hash_table_insert (process.all, self->digest, self);
  g_mutex_unlock (&process.lock);
  return good;
}

AnfE5rtResident *
anf_e5rt_resident_get (const AnfMilProgram *mil, const char *what, AnfDeviceTimes *times,
                       const AnfProgress *progress, GError **error)
{
  AnfE5rtResident *self = resident_new (mil, what), *same = NULL;
  g_autofree char *text = anf_mil_text (mil, "weights.bin");
  GCancellable *cancellable = progress != NULL ? progress->cancellable : NULL;

  if (write_files (self, text, mil->blob, cancellable, error)
      && find_digest (self, text, error)
      && (same = share (self)) == NULL)
    {
      self->spec.folder = self->folder;
      if (settle (self, times, progress, error))
        return self;
    }
  resident_free (self);
  return same;
}

void
anf_e5rt_resident_put (AnfE5rtResident *self)
{
  gboolean last;

  g_mutex_lock (&process.lock);
  if ((last = --self->refs == 0))
    {
      evict (self);
      if (find_same (self) == self)
        g_hash_table_remove (process.all, self->digest);
    }
  g_mutex_unlock (&process.lock);
  if (last)
    resident_free (self);
}

AnfE5rtProgram *
anf_e5rt_resident_begin (AnfE5rtResident *self, AnfDeviceTimes *times,
                         const AnfProgress *progress, GError **error)
{
  g_mutex_lock (&process.lock);
  if (self->program == NULL && process.not_before != 0)
    {
      g_mutex_unlock (&process.lock);
      if (!lock_for_compile (progress, error))
        return NULL;
    }
  if (self->program == NULL && !make_resident (self, times, error))
    {
      g_mutex_unlock (&process.lock);
      return NULL;
    }
  g_queue_unlink (&process.resident, &self->link);
  g_queue_push_head_link (&process.resident, &self->link);
  return self->program;
}

void
anf_e5rt_resident_end (AnfE5rtResident *self)
{
  g_mutex_unlock (&process.lock);
}

/* Another library than the system's is for tests: the variable is read nowhere else. */
gboolean
anf_e5rt_resident_probe (GError **error)
{
  gboolean good;

  g_mutex_lock (&process.lock);
  if (process.e5 == NULL)
    process.e5 = anf_e5rt_open (process.rig.library != NULL ? process.rig.library
                                                            : g_getenv ("ANF_E5RT_LIBRARY"),
                                error);
  good = process.e5 != NULL;
  g_mutex_unlock (&process.lock);
  return good;
}

void
anf_e5rt_set_rig (const AnfE5rtRig *rig)
{
  g_mutex_lock (&process.lock);
  g_assert (g_queue_is_empty (&process.resident));
  g_clear_pointer (&process.e5, anf_e5rt_close);
  process.rig = rig != NULL ? *rig : (AnfE5rtRig) { NULL };
  process.not_before = 0;
  g_mutex_unlock (&process.lock);
}

guint
anf_e5rt_n_resident (void)
{
  guint n;

  g_mutex_lock (&process.lock);
  n = g_queue_get_length (&process.resident);
  g_mutex_unlock (&process.lock);
  return n;
}
