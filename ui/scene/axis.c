/* axis.c - the scale of a chart: from values to places along a side, and back; its ticks. */
#include "axis.h"

#include <math.h>

#define STEPS 5                    /* of a linear axis, when its ends are rounded */

double
studio_axis_step (double range, guint n)
{
  double step = range / MAX (n, 1), power = pow (10, floor (log10 (step)));

  if (!(range > 0) || !isfinite (range))
    return 1;
  if (step <= power)
    return power;
  return step <= 2 * power ? 2 * power : step <= 5 * power ? 5 * power : 10 * power;
}

static double
step_of (const StudioAxis *self, guint n)
{
  double range = self->max - self->min;

  return self->binary ? exp2 (ceil (log2 (range / MAX (n, 1)))) : studio_axis_step (range, n);
}

double
studio_axis_place (const StudioAxis *self, double value)
{
  if (self->log)
    return value > 0 ? log (value / self->min) / log (self->max / self->min) : -INFINITY;
  return (value - self->min) / (self->max - self->min);
}

double
studio_axis_value (const StudioAxis *self, double place)
{
  if (self->log)
    return self->min * pow (self->max / self->min, place);
  return self->min + place * (self->max - self->min);
}

void
studio_axis_include (StudioAxis *self, double value)
{
  if (!isfinite (value) || (self->log && value <= 0))
    return;
  self->min = MIN (self->min, value);
  self->max = MAX (self->max, value);
}

void
studio_axis_round (StudioAxis *self)
{
  double step;

  if (!(self->min <= self->max))
    {
      self->min = self->log ? 1 : 0;
      self->max = self->log ? 10 : 1;
      return;
    }
  if (self->log)
    {
      /* A value on a power of ten stays an end: rounding of the logarithm is not to move it. */
      self->min = pow (10, floor (log10 (self->min) + 1e-9));
      self->max = pow (10, ceil (log10 (self->max) - 1e-9));
      if (self->max <= self->min)
        self->max = self->min * 10;
      return;
    }
  if (self->max <= self->min)
    self->max = self->min + (self->min != 0 ? fabs (self->min) : 1);
  step = step_of (self, STEPS);
  self->min = floor (self->min / step + 1e-9) * step;
  self->max = ceil (self->max / step - 1e-9) * step;
}

static void
add (GArray *ticks, const StudioAxis *self, double value)
{
  double place = studio_axis_place (self, value);

  if (place >= -1e-9 && place <= 1 + 1e-9)
    g_array_append_val (ticks, value);
}

/* Powers of ten, every k-th where there are too many; with few of them 2 and 5 times as well. */
static void
add_powers (GArray *ticks, const StudioAxis *self, guint n)
{
  static const double between[] = { 1, 2, 5 };
  int first = floor (log10 (self->min) + 1e-9), last = ceil (log10 (self->max) - 1e-9);
  guint per = (guint) (last - first) * G_N_ELEMENTS (between) < n ? G_N_ELEMENTS (between) : 1;
  int every = MAX (1, (last - first + (int) n) / (int) MAX (n, 1));

  for (int power = first; power <= last; power += every)
    for (guint i = 0; i < per; i++)
      add (ticks, self, between[i] * pow (10, power));
}

GArray *
studio_axis_ticks (const StudioAxis *self, guint n)
{
  GArray *ticks = g_array_new (FALSE, FALSE, sizeof (double));
  double step;

  if (self->log)
    {
      add_powers (ticks, self, n);
      return ticks;
    }
  step = step_of (self, n > 1 ? n - 1 : 1);
  for (double i = ceil (self->min / step - 1e-9); i * step <= self->max + step * 1e-9; i++)
    add (ticks, self, i * step + 0.0);     /* no -0 */
  return ticks;
}
