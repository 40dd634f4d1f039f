/* optimiser.h - rates and scales over time, and the update of a weight in fp32. */
#pragma once

#include "anf-train.h"

/* The rate of step @step, from 0, of @n steps, @per_epoch of them in an epoch. */
double   anf_rate_at (const AnfTrainSettings *settings, guint64 step, guint64 n,
                      guint64 per_epoch);

/* The loss scale from step to step: powers of two. */
typedef struct { double scale, most; guint64 good, skipped; gboolean dynamic; } AnfScaler;

/* @most: none above it. */
void     anf_scaler_init (AnfScaler *self, const AnfTrainSettings *settings, double most);
/* TRUE: the scale has changed. */
gboolean anf_scaler_note (AnfScaler *self, gboolean finite);

/* A weight's numbers and what the optimiser keeps of its gradients, all of @n. */
typedef struct
{
  gsize  n;
  float *w, *m, *v;                /* SGD: m is the velocity, v NULL */
} AnfState;

/* One update's numbers; @t counts updates from 1. */
typedef struct
{
  const AnfTrainSettings *settings;
  double  rate;
  double  factor;                  /* gradients are multiplied by it first: 1 / scale, clipping */
  guint64 t;
} AnfUpdate;

/* @out (nullable): the new weight rounded to fp16, or as it is if not @half. */
void     anf_update (const AnfUpdate *self, AnfState *state, const float *gradient, float *out,
                     gboolean half);
