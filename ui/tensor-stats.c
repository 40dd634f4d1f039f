/* tensor-stats.c - minimum to maximum, moments, counts and histogram of a weight. */
#include "tensor-stats.h"

#include <math.h>

#define ALL    ((gsize) 4 << 20)
#define SAMPLE ((gsize) 1 << 20)
#define CHUNK  4096

/* Rounds to infinity in fp16 from here on: half a step above 65504. */
#define FP16_LIMIT 65520.0

/* Whole chunks with gaps between them: neighbours in memory cost nothing more to read. */
static void
each_chunk (const AnfTensor *tensor, gsize n, gsize gap,
            void (*each) (const double *values, gsize count, StudioTensorStats *stats),
            StudioTensorStats *stats)
{
  double values[CHUNK];

  for (gsize begin = 0; begin < n; begin += CHUNK + gap)
    {
      gsize count = MIN (CHUNK, n - begin);

      anf_tensor_read_double (tensor, begin, count, values);
      each (values, count, stats);
    }
}

static void
measure (const double *values, gsize count, StudioTensorStats *stats)
{
  for (gsize i = 0; i < count; i++)
    {
      double x = values[i];

      stats->n++;
      stats->nans += isnan (x) != 0;
      stats->infs += isinf (x) != 0;
      if (!isfinite (x))
        continue;
      stats->zeros += x == 0;
      stats->overflow += fabs (x) >= FP16_LIMIT;
      stats->min = MIN (stats->min, x);
      stats->max = MAX (stats->max, x);
      stats->mean += x;
      stats->std += x * x;
    }
}

static void
count_bins (const double *values, gsize count, StudioTensorStats *stats)
{
  double scale = stats->n_bins / (stats->max - stats->min);

  for (gsize i = 0; i < count; i++)
    if (isfinite (values[i]))
      stats->bin[MIN ((guint) ((values[i] - stats->min) * scale), stats->n_bins - 1)]++;
}

void
studio_tensor_stats (const AnfTensor *tensor, StudioTensorStats *stats)
{
  gsize n = anf_tensor_elements (tensor), finite, gap = 0;

  *stats = (StudioTensorStats) { .min = INFINITY, .max = -INFINITY, .sampled = n > ALL };
  if (stats->sampled)
    gap = (n / SAMPLE - 1) * CHUNK;
  each_chunk (tensor, n, gap, measure, stats);

  finite = stats->n - stats->nans - stats->infs;
  if (finite == 0)
    {
      stats->min = stats->max = stats->mean = stats->std = NAN;
      return;
    }
  stats->mean /= finite;
  stats->std = sqrt (MAX (0, stats->std / finite - stats->mean * stats->mean));
  /* About the square root of the count is what shows the form without the noise. */
  stats->n_bins = stats->max > stats->min ? CLAMP ((guint) sqrt (finite), 8, STUDIO_BINS) : 1;
  if (stats->n_bins == 1)
    stats->bin[0] = finite;
  else
    each_chunk (tensor, n, gap, count_bins, stats);
}
