/* checker.c - keeps report, plan and weights of the latest graph; older answers are dropped. */
#include "checker.h"

/* One graph on its way through the stages; only the thread of the current stage writes to it. */
typedef struct
{
  gatomicrefcount ref_count;
  AnfGraph       *graph;
  guint           stage;
  AnfReport      *report;
  AnfPlan        *plan;            /* NULL: the report is not ok */
  AnfWeights     *previous, *weights;
} Job;

struct _StudioChecker
{
  GObject       parent_instance;

  AnfGraph     *graph;             /* the latest */
  GCancellable *cancellable;       /* of the stage now running; NULL: none is */

  AnfReport    *report;
  AnfPlan      *plan;
  AnfWeights   *weights;
  gboolean      idle;
};

G_DEFINE_FINAL_TYPE (StudioChecker, studio_checker, G_TYPE_OBJECT)

enum { PROP_0, PROP_REPORT, PROP_PLAN, PROP_WEIGHTS, PROP_IDLE, N_PROPS };
static GParamSpec *props[N_PROPS];

static void run_stage (StudioChecker *self, Job *job);

static void
job_unref (gpointer data)
{
  Job *job = data;

  if (!g_atomic_ref_count_dec (&job->ref_count))
    return;

  anf_graph_unref (job->graph);
  g_clear_pointer (&job->report, anf_report_unref);
  g_clear_pointer (&job->plan, anf_plan_unref);
  g_clear_pointer (&job->previous, anf_weights_unref);
  g_clear_pointer (&job->weights, anf_weights_unref);
  g_free (job);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_unref)

static Job *
job_ref (Job *job)
{
  g_atomic_ref_count_inc (&job->ref_count);
  return job;
}

/* The stages, in their order. A failure is no news here: what is wrong with the graph is in the
 * report, and then there is no plan. */

static void
check (Job *job, const AnfProgress *progress)
{
  job->report = anf_check (job->graph, NULL);
}

static void
plan (Job *job, const AnfProgress *progress)
{
  if (anf_report_ok (job->report))
    job->plan = anf_plan (job->report, NULL);
}

static void
survey (Job *job, const AnfProgress *progress)
{
  job->weights = anf_weights_survey (job->graph, anf_graph_settings (job->graph), job->previous,
                                     progress, NULL);
}

static void (*const stages[]) (Job *, const AnfProgress *) = { check, plan, survey };

static void
run_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  AnfProgress progress = { .cancellable = cancellable };

  stages[job->stage] (job, &progress);
  g_task_return_boolean (task, TRUE);
}

static void
set_idle (StudioChecker *self, gboolean idle)
{
  if (self->idle == idle)
    return;

  self->idle = idle;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_IDLE]);
}

/* Takes over what the stage found. */
static void
deliver (StudioChecker *self, Job *job)
{
  if (stages[job->stage] == check)
    {
      g_clear_pointer (&self->report, anf_report_unref);
      self->report = anf_report_ref (job->report);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_REPORT]);
    }
  else if (stages[job->stage] == plan)
    {
      g_clear_pointer (&self->plan, anf_plan_unref);
      self->plan = job->plan != NULL ? anf_plan_ref (job->plan) : NULL;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PLAN]);
    }
  else
    {
      g_clear_pointer (&self->weights, anf_weights_unref);
      self->weights = job->weights != NULL ? anf_weights_ref (job->weights) : NULL;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_WEIGHTS]);
    }
}

static void
start (StudioChecker *self)
{
  g_autoptr(Job) job = g_new0 (Job, 1);

  g_atomic_ref_count_init (&job->ref_count);
  job->graph = anf_graph_ref (self->graph);
  job->previous = self->weights != NULL ? anf_weights_ref (self->weights) : NULL;
  run_stage (self, job);
}

static void
on_stage_done (GObject *source, GAsyncResult *result, gpointer data)
{
  StudioChecker *self = STUDIO_CHECKER (source);
  Job *job = g_task_get_task_data (G_TASK (result));
  gboolean stopped = !g_task_propagate_boolean (G_TASK (result), NULL);

  g_clear_object (&self->cancellable);
  if (self->graph == NULL)         /* disposed of, or stopped for good */
    return;

  if (stopped || job->graph != self->graph)
    {
      start (self);
      return;
    }

  deliver (self, job);
  if (self->graph != job->graph)   /* someone who heard of it has set another one */
    return;

  if (++job->stage < G_N_ELEMENTS (stages))
    run_stage (self, job);
  else
    set_idle (self, TRUE);
}

static void
run_stage (StudioChecker *self, Job *job)
{
  g_autoptr(GTask) task = NULL;

  self->cancellable = g_cancellable_new ();
  task = g_task_new (self, self->cancellable, on_stage_done, NULL);
  g_task_set_task_data (task, job_ref (job), job_unref);
  g_task_run_in_thread (task, run_in_thread);
}

void
studio_checker_set_graph (StudioChecker *self, AnfGraph *graph)
{
  g_return_if_fail (graph != NULL);

  if (graph == self->graph)
    return;

  anf_graph_ref (graph);
  g_clear_pointer (&self->graph, anf_graph_unref);
  self->graph = graph;
  set_idle (self, FALSE);

  /* Only one stage runs at a time; when it ends it sees that it was overtaken. */
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  else
    start (self);
}

void
studio_checker_stop (StudioChecker *self)
{
  g_clear_pointer (&self->graph, anf_graph_unref);
  g_cancellable_cancel (self->cancellable);
}

AnfReport *
studio_checker_get_report (StudioChecker *self)
{
  return self->report;
}

AnfPlan *
studio_checker_get_plan (StudioChecker *self)
{
  return self->plan;
}

AnfWeights *
studio_checker_get_weights (StudioChecker *self)
{
  return self->weights;
}

gboolean
studio_checker_get_idle (StudioChecker *self)
{
  return self->idle;
}

static void
studio_checker_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StudioChecker *self = STUDIO_CHECKER (object);

  switch (id)
    {
    case PROP_REPORT:
      g_value_set_boxed (value, self->report);
      break;

    case PROP_PLAN:
      g_value_set_boxed (value, self->plan);
      break;

    case PROP_WEIGHTS:
      g_value_set_boxed (value, self->weights);
      break;

    case PROP_IDLE:
      g_value_set_boolean (value, self->idle);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
studio_checker_finalize (GObject *object)
{
  StudioChecker *self = STUDIO_CHECKER (object);

  g_clear_pointer (&self->graph, anf_graph_unref);
  g_clear_pointer (&self->report, anf_report_unref);
  g_clear_pointer (&self->plan, anf_plan_unref);
  g_clear_pointer (&self->weights, anf_weights_unref);
  G_OBJECT_CLASS (studio_checker_parent_class)->finalize (object);
}

static void
studio_checker_class_init (StudioCheckerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = studio_checker_finalize;
  object_class->get_property = studio_checker_get_property;

  props[PROP_REPORT] = g_param_spec_boxed ("report", NULL, NULL, ANF_TYPE_REPORT, flags);
  props[PROP_PLAN] = g_param_spec_boxed ("plan", NULL, NULL, ANF_TYPE_PLAN, flags);
  props[PROP_WEIGHTS] = g_param_spec_boxed ("weights", NULL, NULL, ANF_TYPE_WEIGHTS, flags);
  props[PROP_IDLE] = g_param_spec_boolean ("idle", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
studio_checker_init (StudioChecker *self)
{
  self->idle = TRUE;
}

StudioChecker *
studio_checker_new (void)
{
  return g_object_new (STUDIO_TYPE_CHECKER, NULL);
}
