/* worker.c - compiles, measures and exports in a thread, one job at a time, with progress. */
#include <glib/gi18n-lib.h>

#include "export.h"
#include "report.h"
#include "stage-detail.h"
#include "worker.h"

#define RUNS   50
#define WARMUP 5

/* Progress reaches the screen at most this often. */
#define REPORT_MS 33

typedef struct { char *name; gint64 begin, end; } Mark;   /* a stage as the engine names it */

/* Only the thread of the current step writes to the results; what is under the lock is shared. */
typedef struct
{
  gatomicrefcount ref_count;
  StudioJob       kind;
  AnfGraph       *graph;
  char           *path;
  guint           step;
  GCancellable   *cancellable;
  AnfProgram     *program;
  AnfProfile     *profile;
  AnfGates       *gates;
  AnfErrors      *errors;

  GMutex          lock;
  GArray         *marks;           /* Mark; the last one is running while end is 0 */
  double          fraction;        /* of the last one */
  gboolean        reporting;       /* a report is on its way to the main thread */
  StudioWorker   *worker;          /* main thread only; NULL: nobody wants to know any more */
} Job;

struct _StudioWorker
{
  GObject     parent_instance;

  Job        *job;                 /* the one shown as busy */
  gboolean    in_flight;           /* a thread is at work, maybe for a job given up */
  GQueue      waiting;             /* Job */

  GListStore *stages;
  AnfProgram *program;
  AnfProfile *profile;
  AnfGates   *gates;
  AnfErrors  *errors;
};

G_DEFINE_FINAL_TYPE (StudioWorker, studio_worker, G_TYPE_OBJECT)

enum { PROP_0, PROP_BUSY, PROP_STAGE, PROP_FRACTION, PROP_STAGES, PROP_PROGRAM, PROP_PROFILE,
       PROP_GATES, PROP_ERRORS, N_PROPS };
static GParamSpec *props[N_PROPS];
enum { FINISHED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void run_step (StudioWorker *self);

static void
mark_clear (gpointer data)
{
  g_free (((Mark *) data)->name);
}

static void
job_unref (gpointer data)
{
  Job *job = data;

  if (!g_atomic_ref_count_dec (&job->ref_count))
    return;

  anf_graph_unref (job->graph);
  g_free (job->path);
  g_object_unref (job->cancellable);
  g_clear_pointer (&job->program, anf_program_unref);
  g_clear_pointer (&job->profile, anf_profile_unref);
  g_clear_pointer (&job->gates, anf_gates_unref);
  g_clear_pointer (&job->errors, anf_errors_unref);
  g_mutex_clear (&job->lock);
  g_array_unref (job->marks);
  g_free (job);
}

static Job *
job_ref (Job *job)
{
  g_atomic_ref_count_inc (&job->ref_count);
  return job;
}

static Job *
job_new (StudioJob kind, AnfGraph *graph, const char *path)
{
  Job *job = g_new0 (Job, 1);

  g_atomic_ref_count_init (&job->ref_count);
  job->kind = kind;
  job->graph = anf_graph_ref (graph);
  job->path = g_strdup (path);
  job->cancellable = g_cancellable_new ();
  job->marks = g_array_new (FALSE, TRUE, sizeof (Mark));
  g_array_set_clear_func (job->marks, mark_clear);
  g_mutex_init (&job->lock);
  return job;
}

/* ---- the steps, run in a thread ---- */

static gboolean
compile (Job *job, const AnfProgress *progress, GError **error)
{
  AnfOptions options;

  anf_options_init (&options, job->graph);
  job->program = anf_compile (job->graph, &options, progress, error);
  return job->program != NULL;
}

static gboolean
profile (Job *job, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfTensors) inputs = anf_feed (job->program, NULL, TRUE, 0, error);

  if (inputs == NULL)
    return FALSE;
  job->profile = anf_profile (job->program, inputs, RUNS, WARMUP, progress, error);
  return job->profile != NULL;
}

static gboolean
measure_gates (Job *job, const AnfProgress *progress, GError **error)
{
  AnfOptions options;

  anf_options_init (&options, job->graph);
  job->gates = job->program != NULL ? anf_gates_of (job->program, progress, error)
               : anf_gates_measure (job->graph, &options, progress, error);
  return job->gates != NULL;
}

static gboolean
measure_errors (Job *job, const AnfProgress *progress, GError **error)
{
  AnfOptions options;

  if (anf_graph_n_gates (job->graph) == 0)      /* nobody asks where errors come from */
    return TRUE;
  anf_options_init (&options, job->graph);
  job->errors = anf_errors_measure (job->graph, &options, NULL, progress, error);
  return job->errors != NULL;
}

static gboolean
write_bundle (Job *job, const AnfProgress *progress, GError **error)
{
  return anf_progress_step (progress, _("Write the bundle"), 0, error) &&
         anf_bundle_save (job->program, job->gates, job->path, error);
}

static gboolean
write_mil (Job *job, const AnfProgress *progress, GError **error)
{
  return anf_progress_step (progress, _("Write the MIL text"), 0, error) &&
         anf_mil_save (job->program, job->path, error);
}

static gboolean
draw_picture (Job *job, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfReport) report = NULL;
  g_autoptr(AnfPlan) plan = NULL;
  StudioFormat format = STUDIO_FORMAT_SVG;

  if (!anf_progress_step (progress, _("Draw the graph"), 0, error))
    return FALSE;
  report = anf_check (job->graph, NULL);
  plan = anf_report_ok (report) ? anf_plan (report, NULL) : NULL;
  studio_format_from_name (job->path, &format);
  return studio_scene_export (job->graph, report, plan, job->path, format, STUDIO_THEME_LIGHT,
                              error);
}

/* What was measured before is told again, so that the page has the numbers of the window. */
static gboolean
write_report (Job *job, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfRecord) record = NULL;

  if (job->profile == NULL
      && !(compile (job, progress, error) && profile (job, progress, error)
           && measure_gates (job, progress, error)))
    return FALSE;
  if (!anf_progress_step (progress, _("Write the report"), 0, error))
    return FALSE;
  record = anf_record_new (job->profile, job->gates, 0);
  return studio_report_save (record, job->graph, job->path, error);
}

typedef gboolean (*Step) (Job *, const AnfProgress *, GError **);

static const Step steps[][5] = {
  [STUDIO_JOB_COMPILE] = { compile },
  [STUDIO_JOB_RUN]     = { compile, profile, measure_gates, measure_errors },
  [STUDIO_JOB_GATES]   = { measure_gates, measure_errors },
  [STUDIO_JOB_BUNDLE]  = { compile, measure_gates, write_bundle },
  [STUDIO_JOB_MIL]     = { compile, write_mil },
  [STUDIO_JOB_PICTURE] = { draw_picture },
  [STUDIO_JOB_REPORT]  = { write_report },
};

/* ---- progress: any thread writes it down, the main thread shows it ---- */

static Mark *
last_mark (Job *job)
{
  return job->marks->len > 0 ? &g_array_index (job->marks, Mark, job->marks->len - 1) : NULL;
}

/* Brings the list of stages up to what the job has written down. */
static void
show_marks (StudioWorker *self, Job *job, StudioStageState last_state)
{
  gint64 now = g_get_monotonic_time ();
  guint shown = g_list_model_get_n_items (G_LIST_MODEL (self->stages));

  g_mutex_lock (&job->lock);
  for (guint i = shown > 0 ? shown - 1 : 0; i < job->marks->len; i++)
    {
      Mark *mark = &g_array_index (job->marks, Mark, i);
      gboolean last = i + 1 == job->marks->len;
      g_autoptr(StudioStage) stage = NULL;

      if (i < shown)
        stage = g_list_model_get_item (G_LIST_MODEL (self->stages), i);
      else
        {
          stage = studio_stage_new (mark->name);
          g_list_store_append (self->stages, stage);
        }
      if (mark->end != 0)
        studio_stage_update (stage, STUDIO_STAGE_DONE, 1, mark->end - mark->begin);
      else
        studio_stage_update (stage, last ? last_state : STUDIO_STAGE_DONE,
                             last ? job->fraction : 1, now - mark->begin);
    }
  job->reporting = FALSE;
  g_mutex_unlock (&job->lock);

  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STAGE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_FRACTION]);
}

static gboolean
on_report (gpointer data)
{
  Job *job = data;

  if (job->worker != NULL)
    show_marks (job->worker, job, STUDIO_STAGE_RUNNING);
  return G_SOURCE_REMOVE;
}

static void
on_progress (const char *name, double fraction, gpointer data)
{
  Job *job = data;
  Mark *last;

  g_mutex_lock (&job->lock);
  last = last_mark (job);
  if (last == NULL || last->end != 0 || g_strcmp0 (last->name, name) != 0)
    {
      gint64 now = g_get_monotonic_time ();
      Mark mark = { g_strdup (name), now, 0 };

      if (last != NULL && last->end == 0)
        last->end = now;
      g_array_append_val (job->marks, mark);
    }
  job->fraction = CLAMP (fraction, 0, 1);
  if (!job->reporting)
    {
      job->reporting = TRUE;
      g_timeout_add_full (G_PRIORITY_DEFAULT, REPORT_MS, on_report, job_ref (job), job_unref);
    }
  g_mutex_unlock (&job->lock);
}

static void
run_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  AnfProgress progress = { cancellable, on_progress, job };
  GError *error = NULL;
  gboolean ok = steps[job->kind][job->step] (job, &progress, &error);

  g_mutex_lock (&job->lock);
  if (ok && last_mark (job) != NULL && last_mark (job)->end == 0)
    last_mark (job)->end = g_get_monotonic_time ();
  g_mutex_unlock (&job->lock);

  if (ok)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* ---- the lane ---- */

static void
deliver (StudioWorker *self, Job *job)
{
  Step step = steps[job->kind][job->step];

  if (step == compile)
    {
      g_clear_pointer (&self->program, anf_program_unref);
      self->program = anf_program_ref (job->program);
      show_marks (self, job, STUDIO_STAGE_RUNNING);
      studio_stages_describe (G_LIST_MODEL (self->stages), job->program);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROGRAM]);
    }
  else if (step == profile)
    {
      g_clear_pointer (&self->profile, anf_profile_unref);
      self->profile = anf_profile_ref (job->profile);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROFILE]);
    }
  else if (step == measure_gates)
    {
      g_clear_pointer (&self->gates, anf_gates_unref);
      self->gates = anf_gates_ref (job->gates);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_GATES]);
    }
  else if (step == measure_errors)
    {
      g_clear_pointer (&self->errors, anf_errors_unref);
      self->errors = job->errors != NULL ? anf_errors_ref (job->errors) : NULL;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ERRORS]);
    }
}

static void
notify_busy (StudioWorker *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STAGE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_FRACTION]);
}

static void
start_next (StudioWorker *self)
{
  if (self->in_flight || self->job != NULL)
    return;

  self->job = g_queue_pop_head (&self->waiting);
  if (self->job == NULL)
    return;

  self->job->worker = self;
  g_list_store_remove_all (self->stages);
  run_step (self);
}

static void
finish (StudioWorker *self, StudioStageState state, const GError *error)
{
  Job *job = g_steal_pointer (&self->job);

  show_marks (self, job, state);
  job->worker = NULL;
  start_next (self);
  notify_busy (self);
  g_signal_emit (self, signals[FINISHED], 0, (guint) job->kind, job->path, error);
  job_unref (job);
}

static void
on_step_done (GObject *source, GAsyncResult *result, gpointer data)
{
  StudioWorker *self = STUDIO_WORKER (source);
  Job *job = g_task_get_task_data (G_TASK (result));
  g_autoptr(GError) error = NULL;

  g_task_propagate_boolean (G_TASK (result), &error);
  self->in_flight = FALSE;

  if (job != self->job)            /* was given up meanwhile */
    {
      start_next (self);
      return;
    }
  if (error != NULL)
    {
      finish (self, STUDIO_STAGE_FAILED, error);
      return;
    }

  deliver (self, job);
  if (self->job != job)            /* someone who heard of it stopped it */
    return;

  if (steps[job->kind][++job->step] != NULL)
    run_step (self);
  else
    finish (self, STUDIO_STAGE_DONE, NULL);
}

static void
run_step (StudioWorker *self)
{
  g_autoptr(GTask) task = g_task_new (self, self->job->cancellable, on_step_done, NULL);

  self->in_flight = TRUE;
  g_task_set_task_data (task, job_ref (self->job), job_unref);
  g_task_run_in_thread (task, run_in_thread);
}

/* What is there of the job's graph, the job need not do. */
static void
give_results (StudioWorker *self, Job *job)
{
  const char *hash = anf_graph_hash (job->graph);

  if (self->profile == NULL || self->gates == NULL
      || !g_str_equal (anf_graph_hash (anf_gates_graph (self->gates)), hash)
      || !g_str_equal (anf_graph_hash (anf_program_graph (anf_profile_program (self->profile))),
                       hash))
    return;
  job->profile = anf_profile_ref (self->profile);
  job->gates = anf_gates_ref (self->gates);
}

void
studio_worker_start (StudioWorker *self, StudioJob job, AnfGraph *graph, const char *path)
{
  g_return_if_fail (job < G_N_ELEMENTS (steps));
  g_return_if_fail (graph != NULL);

  g_queue_push_tail (&self->waiting, job_new (job, graph, path));
  if (job == STUDIO_JOB_REPORT)
    give_results (self, g_queue_peek_tail (&self->waiting));
  start_next (self);
  notify_busy (self);
}

void
studio_worker_stop (StudioWorker *self)
{
  g_autoptr(GError) error = NULL;

  g_queue_clear_full (&self->waiting, job_unref);
  if (self->job != NULL)
    {
      error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Stopped"));
      g_cancellable_cancel (self->job->cancellable);
      finish (self, STUDIO_STAGE_STOPPED, error);
    }
  else
    notify_busy (self);
}

gboolean
studio_worker_get_busy (StudioWorker *self)
{
  return self->job != NULL || self->waiting.length > 0;
}

AnfProgram *
studio_worker_get_program (StudioWorker *self)
{
  return self->program;
}

AnfProfile *
studio_worker_get_profile (StudioWorker *self)
{
  return self->profile;
}

AnfGates *
studio_worker_get_gates (StudioWorker *self)
{
  return self->gates;
}

void
studio_worker_restore (StudioWorker *self, AnfProgram *program, AnfProfile *profile,
                       AnfGates *gates, AnfErrors *errors)
{
  GObject *object = G_OBJECT (self);

  g_clear_pointer (&self->program, anf_program_unref);
  g_clear_pointer (&self->profile, anf_profile_unref);
  g_clear_pointer (&self->gates, anf_gates_unref);
  g_clear_pointer (&self->errors, anf_errors_unref);
  self->program = program != NULL ? anf_program_ref (program) : NULL;
  self->profile = profile != NULL ? anf_profile_ref (profile) : NULL;
  self->gates = gates != NULL ? anf_gates_ref (gates) : NULL;
  self->errors = errors != NULL ? anf_errors_ref (errors) : NULL;
  g_object_freeze_notify (object);
  for (guint i = PROP_PROGRAM; i <= PROP_ERRORS; i++)
    g_object_notify_by_pspec (object, props[i]);
  g_object_thaw_notify (object);
}

/* ---- GObject ---- */

static void
studio_worker_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StudioWorker *self = STUDIO_WORKER (object);
  guint n_stages = g_list_model_get_n_items (G_LIST_MODEL (self->stages));
  g_autoptr(StudioStage) stage = NULL;

  if (self->job != NULL && n_stages > 0)
    stage = g_list_model_get_item (G_LIST_MODEL (self->stages), n_stages - 1);

  switch (id)
    {
    case PROP_BUSY:
      g_value_set_boolean (value, studio_worker_get_busy (self));
      break;

    case PROP_STAGE:
      g_value_set_string (value, stage != NULL ? studio_stage_get_title (stage) : NULL);
      break;

    case PROP_FRACTION:
      g_value_set_double (value, stage != NULL ? studio_stage_get_fraction (stage) : 0);
      break;

    case PROP_STAGES:
      g_value_set_object (value, self->stages);
      break;

    case PROP_PROGRAM:
      g_value_set_boxed (value, self->program);
      break;

    case PROP_PROFILE:
      g_value_set_boxed (value, self->profile);
      break;

    case PROP_GATES:
      g_value_set_boxed (value, self->gates);
      break;

    case PROP_ERRORS:
      g_value_set_boxed (value, self->errors);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
studio_worker_finalize (GObject *object)
{
  StudioWorker *self = STUDIO_WORKER (object);

  /* While a thread works for it the task holds a reference, so no job is left here. */
  g_queue_clear_full (&self->waiting, job_unref);
  g_object_unref (self->stages);
  g_clear_pointer (&self->program, anf_program_unref);
  g_clear_pointer (&self->profile, anf_profile_unref);
  g_clear_pointer (&self->errors, anf_errors_unref);
  g_clear_pointer (&self->gates, anf_gates_unref);
  G_OBJECT_CLASS (studio_worker_parent_class)->finalize (object);
}

static void
studio_worker_class_init (StudioWorkerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = studio_worker_finalize;
  object_class->get_property = studio_worker_get_property;

  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, flags);
  props[PROP_STAGE] = g_param_spec_string ("stage", NULL, NULL, NULL, flags);
  props[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0, 1, 0, flags);
  props[PROP_STAGES] = g_param_spec_object ("stages", NULL, NULL, G_TYPE_LIST_MODEL, flags);
  props[PROP_PROGRAM] = g_param_spec_boxed ("program", NULL, NULL, ANF_TYPE_PROGRAM, flags);
  props[PROP_PROFILE] = g_param_spec_boxed ("profile", NULL, NULL, ANF_TYPE_PROFILE, flags);
  props[PROP_GATES] = g_param_spec_boxed ("gates", NULL, NULL, ANF_TYPE_GATES, flags);
  props[PROP_ERRORS] = g_param_spec_boxed ("errors", NULL, NULL, ANF_TYPE_ERRORS, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[FINISHED] = g_signal_new ("finished", STUDIO_TYPE_WORKER, G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 3,
                                    G_TYPE_UINT, G_TYPE_STRING, G_TYPE_ERROR);
}

static void
studio_worker_init (StudioWorker *self)
{
  g_queue_init (&self->waiting);
  self->stages = g_list_store_new (STUDIO_TYPE_STAGE);
}

StudioWorker *
studio_worker_new (void)
{
  return g_object_new (STUDIO_TYPE_WORKER, NULL);
}

/* ---- other work, beside the jobs ---- */

void
studio_work_async (GObject *source, GTaskThreadFunc work, gpointer what, GDestroyNotify free_what,
                   GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr(GTask) task = g_task_new (source, cancellable, callback, data);

  g_task_set_task_data (task, what, free_what);
  g_task_run_in_thread (task, work);
}
