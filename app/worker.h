/* worker.h - the lane for long work: compile, measure, export; one job at a time. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

typedef enum
{
  STUDIO_JOB_COMPILE,
  STUDIO_JOB_RUN,                  /* compile, profile, gates */
  STUDIO_JOB_GATES,
  STUDIO_JOB_BUNDLE,               /* compile, gates, write the bundle */
  STUDIO_JOB_MIL,                  /* compile, write the text */
  STUDIO_JOB_PICTURE,              /* draw into a .svg, .png or .pdf file */
  STUDIO_JOB_REPORT,               /* what a run showed as a page; runs first if none did */
} StudioJob;

/* Properties, all readable and notified: busy (boolean), stage (string, NULL: idle), fraction
 * (double, of the stage), stages (GListModel of StudioStage, of the last job), program, profile,
 * gates (boxed, NULL: none yet; each holds the graph it is of and comes as soon as it is there).
 * Signal: finished (StudioJob job, const char *path, GError *error): @path is NULL but for exports,
 * @error NULL if all went well, G_IO_ERROR_CANCELLED after a stop. */
#define STUDIO_TYPE_WORKER (studio_worker_get_type ())
G_DECLARE_FINAL_TYPE (StudioWorker, studio_worker, STUDIO, WORKER, GObject)

StudioWorker *studio_worker_new         (void);
/* @path: where to, for an export; else NULL. Waits for the jobs that were started before. */
void          studio_worker_start       (StudioWorker *self,
                                         StudioJob     job,
                                         AnfGraph     *graph,
                                         const char   *path);
/* Idle from now on: no result of what was started comes any more, even if a thread needs some time
 * to notice. Results that are there stay. */
void          studio_worker_stop        (StudioWorker *self);
gboolean      studio_worker_get_busy    (StudioWorker *self);
/* Borrowed (nullable). */
AnfProgram   *studio_worker_get_program (StudioWorker *self);
AnfProfile   *studio_worker_get_profile (StudioWorker *self);
AnfGates     *studio_worker_get_gates   (StudioWorker *self);

/* Shows results that were measured before (nullable each) as those of the last job. */
void          studio_worker_restore     (StudioWorker *self,
                                         AnfProgram   *program,
                                         AnfProfile   *profile,
                                         AnfGates     *gates,
                                         AnfErrors    *errors);

/* @work in a thread, at once and beside the jobs, on @what (taken), its task data. */
void          studio_work_async         (GObject             *source,
                                         GTaskThreadFunc      work,
                                         gpointer             what,
                                         GDestroyNotify       free_what,
                                         GCancellable        *cancellable,
                                         GAsyncReadyCallback  callback,
                                         gpointer             data);

/* Reading and writing documents, at once and beside the jobs. @save gets @origin. */
typedef AnfGraph *(*StudioLoad) (const char *path, GError **error);
typedef gboolean  (*StudioSave) (AnfGraph *graph, const char *path, const char *origin,
                                 GError **error);

void          studio_load_async         (const char          *path,
                                         StudioLoad           load,
                                         GCancellable        *cancellable,
                                         GAsyncReadyCallback  callback,
                                         gpointer             data);
/* (transfer full) */
AnfGraph     *studio_load_finish        (GAsyncResult        *result,
                                         GError             **error);
void          studio_save_async         (AnfGraph            *graph,
                                         const char          *path,
                                         const char          *origin,
                                         StudioSave           save,
                                         GAsyncReadyCallback  callback,
                                         gpointer             data);
gboolean      studio_save_finish        (GAsyncResult        *result,
                                         GError             **error);

G_END_DECLS
