/* axis.h - the scale of a chart: from values to places along a side, and back; its ticks. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  double      min, max;
  gboolean    log;                 /* both ends are above 0 */
  gboolean    binary;              /* of bytes: steps are powers of two; not if log */
  const char *title;               /* with its unit; static (nullable) */
  char     *(*format) (double value);    /* of a tick (transfer full); NULL: no ticks are drawn */
} StudioAxis;

/* A round step (1, 2, 5 times a power of ten) that gives at most @n ticks over @range. */
double  studio_axis_step    (double range, guint n);
/* 0 at min, 1 at max; not clamped. A log axis puts what is not above 0 at minus infinity. */
double  studio_axis_place   (const StudioAxis *self, double value);
double  studio_axis_value   (const StudioAxis *self, double place);
/* Widens the axis, if it must, so that @value is on it; a fresh one is { INFINITY, -INFINITY }. */
void    studio_axis_include (StudioAxis *self, double value);
/* Widens it to round ends: powers of ten, or steps of 1, 2, 5 times one. Empty ones become 0..1,
 * or 1..10. */
void    studio_axis_round   (StudioAxis *self);
/* At most @n round values on the axis, rising; of doubles (transfer full). */
GArray *studio_axis_ticks   (const StudioAxis *self, guint n);

G_END_DECLS
