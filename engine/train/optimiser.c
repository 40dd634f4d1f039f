/* optimiser.c - SGD with momentum, Adam (Kingma and Ba, arXiv:1412.6980) and AdamW (Loshchilov and
 * Hutter, arXiv:1711.05101) on the host, in fp32. */
#include "train/optimiser.h"

#include "num/half.h"

#include <math.h>
#include <string.h>

/* As in num/elementwise.c: vectors, and no FMA, so that every machine gives the same bits. */
#if defined (__GNUC__) && !defined (__clang__)
#pragma GCC optimize ("O3", "no-trapping-math", "no-math-errno")
#endif
#if defined (__x86_64__)
#define AVX2 __attribute__ ((target ("avx2")))
#else
#define AVX2
#endif

#define BLOCK 2048                 /* numbers of each array that are in the first cache together */

static const char *const optimisers[] = { "adam", "sgd", "adamw" };
static const char *const schedules[] = { "constant", "linear", "cosine", "step" };
static const char *const modes[] = { "host", "each", "device", "resident", "unrolled" };

const char *
anf_optimizer_name (guint optimizer)
{
  return optimizer < G_N_ELEMENTS (optimisers) ? optimisers[optimizer] : NULL;
}

const char *
anf_schedule_name (guint schedule)
{
  return schedule < G_N_ELEMENTS (schedules) ? schedules[schedule] : NULL;
}

const char *
anf_train_mode_name (guint mode)
{
  return mode < G_N_ELEMENTS (modes) ? modes[mode] : NULL;
}

void
anf_train_settings_init (AnfTrainSettings *settings)
{
  *settings = (AnfTrainSettings) {
    .batch = 64, .epochs = 5, .unroll = 8, .rate = 1e-3, .momentum = 0.9, .beta1 = 0.9,
    .beta2 = 0.999, .epsilon = 1e-8, .last_rate = 0.01, .gamma = 0.1, .step_epochs = 10,
    .loss_scale = 1024, .dynamic = TRUE, .byte_scale = 1.0 / 255,
  };
}

/* ---- rates */

double
anf_rate_at (const AnfTrainSettings *s, guint64 step, guint64 n, guint64 per_epoch)
{
  double begin = s->warmup, rest = n > s->warmup + 1 ? n - 1 - begin : 1, at;

  if (step < s->warmup)
    return s->rate * (step + 1) / s->warmup;
  at = CLAMP ((step - begin) / rest, 0, 1);
  switch (s->schedule)
    {
    case ANF_SCHEDULE_LINEAR:
      return s->rate * (1 + (s->last_rate - 1) * at);
    case ANF_SCHEDULE_COSINE:
      return s->rate * (s->last_rate + (1 - s->last_rate) * (1 + cos (G_PI * at)) / 2);
    case ANF_SCHEDULE_STEP:
      return s->rate * pow (s->gamma, step / MAX (per_epoch, 1) / MAX (s->step_epochs, 1));
    default:
      return s->rate;
    }
}

/* ---- the loss scale */

void
anf_scaler_init (AnfScaler *self, const AnfTrainSettings *settings, double most)
{
  *self = (AnfScaler) { .scale = settings->loss_scale, .most = most,
                        .dynamic = settings->dynamic };
  if (self->dynamic)
    self->scale = MIN (self->scale, most);
}

gboolean
anf_scaler_note (AnfScaler *self, gboolean finite)
{
  double before = self->scale;

  self->skipped += !finite;
  self->good = finite ? self->good + 1 : 0;
  if (!self->dynamic)
    return FALSE;
  if (!finite)
    self->scale = MAX (self->scale / 2, 0x1p-10);
  else if (self->good >= ANF_SCALE_PATIENCE)
    {
      self->scale = self->scale * 2 <= self->most ? self->scale * 2 : self->scale;
      self->good = 0;
    }
  return self->scale != before;
}

/* ---- updates of a block; all numbers of a step are worked out once */

typedef struct
{
  float factor, l2, keep, beta1, beta2, step, root, epsilon, momentum, rate;
} Numbers;

#define DEFINE(name, ...) \
static void \
name (const Numbers *c, float *w, float *m, float *v, const float *g, gsize n) \
{ \
  for (gsize i = 0; i < n; i++) \
    { \
      __VA_ARGS__ \
    } \
} \
AVX2 static void \
name##_avx2 (const Numbers *c, float *w, float *m, float *v, const float *g, gsize n) \
{ \
  for (gsize i = 0; i < n; i++) \
    { \
      __VA_ARGS__ \
    } \
}

/* keep: what decay leaves of the weight itself; l2: what it adds to the gradient. */
DEFINE (adam,
        float d = g[i] * c->factor + c->l2 * w[i];

        m[i] += c->beta1 * (d - m[i]);
        v[i] += c->beta2 * (d * d - v[i]);
        w[i] = w[i] * c->keep - c->step * m[i] / (sqrtf (v[i]) * c->root + c->epsilon);)

DEFINE (sgd,
        float d = g[i] * c->factor + c->l2 * w[i];

        m[i] = c->momentum * m[i] + d;
        w[i] -= c->rate * m[i];)

#undef DEFINE

typedef void (*Loop) (const Numbers *c, float *w, float *m, float *v, const float *g, gsize n);

static Loop
find_loop (AnfOptimizer optimizer)
{
#if defined (__x86_64__)
  if (__builtin_cpu_supports ("avx2"))
    return optimizer == ANF_OPTIMIZER_SGD ? sgd_avx2 : adam_avx2;
#endif
  return optimizer == ANF_OPTIMIZER_SGD ? sgd : adam;
}

static Numbers
numbers_of (const AnfUpdate *self)
{
  const AnfTrainSettings *s = self->settings;
  gboolean decoupled = s->optimizer == ANF_OPTIMIZER_ADAMW;

  return (Numbers) {
    .factor = self->factor, .rate = self->rate, .momentum = s->momentum,
    .l2 = decoupled ? 0 : s->decay, .keep = decoupled ? 1 - self->rate * s->decay : 1,
    .beta1 = 1 - s->beta1, .beta2 = 1 - s->beta2, .epsilon = s->epsilon,
    .step = self->rate / (1 - pow (s->beta1, self->t)),
    .root = 1 / sqrt (1 - pow (s->beta2, self->t)),
  };
}

void
anf_update (const AnfUpdate *self, AnfState *state, const float *gradient, float *out,
            gboolean half)
{
  Loop loop = find_loop (self->settings->optimizer);
  Numbers c = numbers_of (self);

  for (gsize at = 0, n; at < state->n; at += n)
    {
      n = MIN (BLOCK, state->n - at);
      loop (&c, state->w + at, state->m + at, state->v != NULL ? state->v + at : NULL,
            gradient + at, n);
      if (out == NULL)
        continue;
      memcpy (out + at, state->w + at, n * sizeof *out);
      if (half)
        anf_finish (out + at, n, ANF_FINISH_HALF);
    }
}
