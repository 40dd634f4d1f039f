/* keeper.c - saves, watches the file, and writes a recovery copy soon after each edit. */
#include "keeper.h"

#include <gio/gio.h>

#include "worker.h"

/* An edit is in the recovery file within this time and what writing takes. */
#define RECOVERY_S 2

struct _StudioKeeper
{
  GObject         parent_instance;

  StudioDocument *document;
  GFileMonitor   *monitor;         /* NULL: no file, or it cannot be watched */
  char           *watched;         /* path of it */
  char           *etag;            /* of the file as we know it (nullable) */
  guint           saving;          /* saves on their way: changes are ours */

  StudioRecovery *recovery;        /* NULL: no place to write to */
  guint           timer;
  gboolean        writing;         /* a recovery copy is on its way */
  gboolean        behind;          /* and there were edits since */
  gboolean        closed;
};

G_DEFINE_FINAL_TYPE (StudioKeeper, studio_keeper, G_TYPE_OBJECT)

enum { CHANGED_OUTSIDE, N_SIGNALS };
static guint signals[N_SIGNALS];

/* Whoever is told goes on only when the disk has it: the program may not end meanwhile. */
static void
hold (void)
{
  if (g_application_get_default () != NULL)
    g_application_hold (g_application_get_default ());
}

static void
release (void)
{
  if (g_application_get_default () != NULL)
    g_application_release (g_application_get_default ());
}

/* ---- the file as others see it ---- */

static char *
read_etag (const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_ETAG_VALUE,
                                                 G_FILE_QUERY_INFO_NONE, NULL, NULL);

  return info != NULL ? g_strdup (g_file_info_get_etag (info)) : NULL;
}

static void
on_file_event (GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
               StudioKeeper *self)
{
  g_autofree char *etag = NULL;

  if (self->saving > 0 || self->closed)
    return;

  etag = read_etag (self->watched);
  if (g_strcmp0 (etag, self->etag) == 0)
    return;

  g_free (self->etag);
  self->etag = g_steal_pointer (&etag);
  g_signal_emit (self, signals[CHANGED_OUTSIDE], 0, self->etag != NULL);
}

static void
watch (StudioKeeper *self)
{
  const char *path = studio_document_get_path (self->document);

  if (g_strcmp0 (path, self->watched) == 0)
    return;

  if (self->monitor != NULL)
    g_file_monitor_cancel (self->monitor);
  g_clear_object (&self->monitor);
  g_free (self->watched);
  self->watched = g_strdup (path);
  if (path != NULL)
    {
      g_autoptr(GFile) file = g_file_new_for_path (path);

      self->monitor = g_file_monitor_file (file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
      if (self->monitor != NULL)
        g_signal_connect_object (self->monitor, "changed", G_CALLBACK (on_file_event), self, 0);
    }
  studio_keeper_note_file (self);
}

void
studio_keeper_note_file (StudioKeeper *self)
{
  g_free (self->etag);
  self->etag = self->watched != NULL ? read_etag (self->watched) : NULL;
}

/* ---- saving ---- */

typedef struct { AnfGraph *graph; char *path; } Save;

static void
save_free (gpointer data)
{
  Save *save = data;

  anf_graph_unref (save->graph);
  g_free (save->path);
  g_free (save);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(GTask) task = data;
  StudioKeeper *self = g_task_get_source_object (task);
  Save *save = g_task_get_task_data (task);
  GError *error = NULL;

  self->saving--;
  release ();
  if (!studio_save_finish (result, &error))
    {
      studio_keeper_note_file (self);
      g_task_return_error (task, error);
      return;
    }

  studio_document_mark_saved (self->document, save->graph, save->path);
  studio_keeper_note_file (self);
  g_task_return_boolean (task, TRUE);
}

void
studio_keeper_save_async (StudioKeeper *self, const char *path, GAsyncReadyCallback callback,
                          gpointer data)
{
  GTask *task = g_task_new (self, NULL, callback, data);
  Save *save = g_new0 (Save, 1);

  save->graph = anf_graph_ref (studio_document_get_graph (self->document));
  save->path = g_strdup (path);
  g_task_set_task_data (task, save, save_free);
  self->saving++;
  hold ();
  studio_save_async (save->graph, path, NULL, studio_file_save, on_saved, task);
}

gboolean
studio_keeper_save_finish (StudioKeeper *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- the copy that survives ---- */

static gboolean on_recovery_due (gpointer data);

static void
follow (StudioKeeper *self)
{
  gboolean wanted = studio_document_get_modified (self->document) && !self->closed;

  if (wanted && self->writing)
    self->behind = TRUE;
  else if (wanted && self->timer == 0)
    self->timer = g_timeout_add_seconds (RECOVERY_S, on_recovery_due, self);
  if (!wanted)
    {
      g_clear_handle_id (&self->timer, g_source_remove);
      if (self->recovery != NULL && !self->writing)
        studio_recovery_clear (self->recovery);
    }
}

static void
on_recovery_written (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(StudioKeeper) self = data;
  g_autoptr(GError) error = NULL;

  self->writing = FALSE;
  release ();
  if (!studio_save_finish (result, &error))
    g_message ("No recovery copy: %s", error->message);
  if (self->behind || self->closed || !studio_document_get_modified (self->document))
    follow (self);
}

static gboolean
on_recovery_due (gpointer data)
{
  StudioKeeper *self = data;

  self->timer = 0;
  if (self->recovery == NULL)
    self->recovery = studio_recovery_new ();
  if (self->recovery == NULL)
    return G_SOURCE_REMOVE;

  self->writing = TRUE;
  self->behind = FALSE;
  hold ();
  studio_save_async (studio_document_get_graph (self->document),
                     studio_recovery_path (self->recovery),
                     studio_document_get_path (self->document), studio_recovery_save,
                     on_recovery_written, g_object_ref (self));
  return G_SOURCE_REMOVE;
}

void
studio_keeper_adopt (StudioKeeper *self, StudioRecovery *recovery)
{
  g_clear_pointer (&self->recovery, studio_recovery_free);
  self->recovery = recovery;
}

void
studio_keeper_close (StudioKeeper *self)
{
  self->closed = TRUE;
  follow (self);
}

static void
studio_keeper_dispose (GObject *object)
{
  StudioKeeper *self = STUDIO_KEEPER (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->monitor != NULL)
    g_file_monitor_cancel (self->monitor);
  g_clear_object (&self->monitor);
  g_clear_object (&self->document);
  g_clear_pointer (&self->recovery, studio_recovery_free);
  g_clear_pointer (&self->watched, g_free);
  g_clear_pointer (&self->etag, g_free);
  G_OBJECT_CLASS (studio_keeper_parent_class)->dispose (object);
}

static void
studio_keeper_class_init (StudioKeeperClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_keeper_dispose;
  signals[CHANGED_OUTSIDE] = g_signal_new ("changed-outside", STUDIO_TYPE_KEEPER, G_SIGNAL_RUN_LAST,
                                           0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}

static void
studio_keeper_init (StudioKeeper *self)
{
}

StudioKeeper *
studio_keeper_new (StudioDocument *document)
{
  StudioKeeper *self = g_object_new (STUDIO_TYPE_KEEPER, NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "notify::graph", G_CALLBACK (follow), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::modified", G_CALLBACK (follow), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::path", G_CALLBACK (watch), self, G_CONNECT_SWAPPED);
  watch (self);
  follow (self);
  return self;
}
