/* lane.c - one question at a time that somebody waits for; those given up end by themselves. */
#include "lane.h"

#include <stdlib.h>

struct _StudioLane
{
  gpointer      owner;
  GCancellable *now;               /* of what is waited for (nullable) */
};

typedef struct
{
  StudioLane    *lane;             /* valid while its now is our cancellable */
  GCancellable  *cancellable;
  gpointer       job;
  GDestroyNotify free;
  StudioAsk      ask;
  StudioAnswer   answer;
} Question;

/* ---- the end of the program: libraries take down what threads are still using */

#define PATIENCE (5 * G_USEC_PER_SEC)

static GMutex      lock;
static GCond       ended;
static GHashTable *running;        /* cancellables of threads at work */

static void
wait_for_threads (void)
{
  gint64 until = g_get_monotonic_time () + PATIENCE;
  GHashTableIter iter;
  gpointer cancellable;

  g_mutex_lock (&lock);
  g_hash_table_iter_init (&iter, running);
  while (g_hash_table_iter_next (&iter, &cancellable, NULL))
    g_cancellable_cancel (cancellable);
  while (g_hash_table_size (running) > 0 && g_cond_wait_until (&ended, &lock, until))
    ;
  g_mutex_unlock (&lock);
}

static void
note_begin (GCancellable *cancellable)
{
  g_mutex_lock (&lock);
  if (running == NULL)
    {
      running = g_hash_table_new (NULL, NULL);
      atexit (wait_for_threads);   /* before what libraries registered when they were loaded */
    }
  g_hash_table_add (running, cancellable);
  g_mutex_unlock (&lock);
}

static void
note_end (GCancellable *cancellable)
{
  g_mutex_lock (&lock);
  g_hash_table_remove (running, cancellable);
  g_cond_broadcast (&ended);
  g_mutex_unlock (&lock);
}

/* ---- questions */

static void
question_free (gpointer data)
{
  Question *self = data;

  if (self->free != NULL)
    self->free (self->job);
  g_object_unref (self->cancellable);
  g_free (self);
}

static void
run_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Question *self = data;

  self->ask (self->job, cancellable);
  note_end (self->cancellable);
  g_task_return_boolean (task, TRUE);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *self = g_task_get_task_data (G_TASK (result));

  /* A lane that dropped it has cancelled it, and may be gone. */
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  g_clear_object (&self->lane->now);
  self->answer (self->lane->owner, self->job);
}

void
studio_lane_ask (StudioLane *self, gpointer job, GDestroyNotify free, StudioAsk ask,
                 StudioAnswer answer)
{
  Question *question = g_new0 (Question, 1);
  g_autoptr(GTask) task = NULL;

  studio_lane_drop (self);
  self->now = g_cancellable_new ();
  *question = (Question) { self, g_object_ref (self->now), job, free, ask, answer };
  note_begin (question->cancellable);
  task = g_task_new (NULL, self->now, on_done, NULL);
  g_task_set_task_data (task, question, question_free);
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, run_in_thread);
}

void
studio_lane_drop (StudioLane *self)
{
  if (self->now != NULL)
    g_cancellable_cancel (self->now);
  g_clear_object (&self->now);
}

gboolean
studio_lane_busy (StudioLane *self)
{
  return self->now != NULL;
}

StudioLane *
studio_lane_new (gpointer owner)
{
  StudioLane *self = g_new0 (StudioLane, 1);

  self->owner = owner;
  return self;
}

void
studio_lane_free (StudioLane *self)
{
  studio_lane_drop (self);
  g_free (self);
}
