/* threads.c - splits work over OpenMP's threads; no other file knows that it is OpenMP. */
#include "num/threads.h"

#include <omp.h>

/* Asking the system takes 10 us, as long as a small operator: once is enough. */
static guint
count_cores (void)
{
  static gsize cores;

  if (g_once_init_enter (&cores))
    g_once_init_leave (&cores, g_get_num_processors ());
  return cores;
}

void
anf_threads_set (guint n)
{
  guint cores = count_cores ();

  omp_set_num_threads (n > 0 ? MIN (n, cores) : cores);
}

guint
anf_threads_get (void)
{
  return omp_get_max_threads ();
}

gboolean
anf_threads_is_first (void)
{
  return omp_get_thread_num () == 0;
}

void
anf_parallel (gsize n, gsize grain, AnfRange func, gpointer data)
{
  gsize pieces = MIN (n / MAX (grain, 1), (gsize) anf_threads_get ());

  if (pieces <= 1 || omp_in_parallel ())
    {
      if (n > 0)
        func (0, n, data);
      return;
    }

#pragma omp parallel for num_threads (pieces) schedule (static, 1)
  for (gsize i = 0; i < pieces; i++)
    func (n / pieces * i + MIN (i, n % pieces),
          n / pieces * (i + 1) + MIN (i + 1, n % pieces), data);
}

typedef struct { gpointer place[ANF_N_SCRATCHES]; gsize bytes[ANF_N_SCRATCHES]; } Scratches;

static void
scratches_free (gpointer data)
{
  Scratches *self = data;

  for (guint i = 0; i < ANF_N_SCRATCHES; i++)
    g_free (self->place[i]);
  g_free (self);
}

gpointer
anf_scratch (AnfScratch slot, gsize bytes)
{
  static GPrivate own = G_PRIVATE_INIT (scratches_free);
  Scratches *self = g_private_get (&own);

  if (self == NULL)
    g_private_set (&own, self = g_new0 (Scratches, 1));
  if (self->bytes[slot] < bytes)
    {
      g_free (self->place[slot]);
      self->place[slot] = g_malloc (bytes);
      self->bytes[slot] = bytes;
    }
  return self->place[slot];
}
