/* transfer.c - documents in and out, in a thread. */
#include "worker.h"

typedef struct
{
  AnfGraph  *graph;
  char      *path, *origin;
  StudioLoad load;
  StudioSave save;
} FileJob;

static void
file_job_free (gpointer data)
{
  FileJob *job = data;

  g_clear_pointer (&job->graph, anf_graph_unref);
  g_free (job->path);
  g_free (job->origin);
  g_free (job);
}

static void
load_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  FileJob *job = data;
  GError *error = NULL;
  AnfGraph *graph = job->load (job->path, &error);

  if (graph != NULL)
    g_task_return_pointer (task, graph, (GDestroyNotify) anf_graph_unref);
  else
    g_task_return_error (task, error);
}

static void
save_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  FileJob *job = data;
  GError *error = NULL;

  if (job->save (job->graph, job->path, job->origin, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
studio_load_async (const char *path, StudioLoad load, GCancellable *cancellable,
                   GAsyncReadyCallback callback, gpointer data)
{
  FileJob *job = g_new0 (FileJob, 1);

  job->path = g_strdup (path);
  job->load = load;
  studio_work_async (NULL, load_in_thread, job, file_job_free, cancellable, callback, data);
}

AnfGraph *
studio_load_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
studio_save_async (AnfGraph *graph, const char *path, const char *origin, StudioSave save,
                   GAsyncReadyCallback callback, gpointer data)
{
  FileJob *job = g_new0 (FileJob, 1);

  job->graph = anf_graph_ref (graph);
  job->path = g_strdup (path);
  job->origin = g_strdup (origin);
  job->save = save;
  studio_work_async (NULL, save_in_thread, job, file_job_free, NULL, callback, data);
}

gboolean
studio_save_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
