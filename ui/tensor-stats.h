/* tensor-stats.h - what the numbers of a weight look like. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

#define STUDIO_BINS 64

typedef struct
{
  gsize    n;               /* elements looked at */
  gboolean sampled;         /* they are evenly spread samples, not all */
  double   min, max, mean, std;
  gsize    zeros, nans, infs, overflow;  /* overflow: finite, but beyond fp16's 65504 */
  guint    n_bins, bin[STUDIO_BINS];     /* counts from min to max of the finite numbers */
} StudioTensorStats;

/* All of up to 4 million elements, else about a million spread evenly: quick enough to wait for. */
void studio_tensor_stats (const AnfTensor *tensor, StudioTensorStats *stats);

G_END_DECLS
