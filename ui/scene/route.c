/* route.c - how a wire runs: curves forward, right angles back, level past what is in the way. */
#include "scene.h"

#include <math.h>

#define LEAST   24.0    /* room to the right that a curve needs */
#define STUB    14.0    /* out of a port before a right-angled route turns */
#define RADIUS   8.0
#define GAP     40.0    /* between columns, as the arranger leaves it */
#define AIR     12.0    /* between a level run and a node */
#define LANE     6.0    /* between two level runs */
#define TRIES   24

static StudioPath
curve (StudioPoint a, StudioPoint b)
{
  double offset = CLAMP ((b.x - a.x) / 2, 24, 96);

  return (StudioPath) { STUDIO_PATH_CURVE, 4,
                        { a, { a.x + offset, a.y }, { b.x - offset, b.y }, b } };
}

static StudioPath
steps (StudioPoint a, StudioPoint b, double level, double stub)
{
  return (StudioPath) { STUDIO_PATH_STEPS, 6,
                        { a, { a.x + stub, a.y }, { a.x + stub, level }, { b.x - stub, level },
                          { b.x - stub, b.y }, b } };
}

static StudioPath
angle (StudioPoint a, StudioPoint b)
{
  double x = round ((a.x + b.x) / 2);

  return (StudioPath) { STUDIO_PATH_STEPS, 4, { a, { x, a.y }, { x, b.y }, b } };
}

static StudioPath
level_run (StudioPoint a, StudioPoint b, double level)
{
  return (StudioPath) { STUDIO_PATH_LEVEL, 4,
                        { a, { a.x + GAP, level }, { b.x - GAP, level }, b } };
}

static StudioPoint
bezier (const StudioPoint p[4], double t)
{
  double s = 1 - t, a = s * s * s, b = 3 * s * s * t, c = 3 * s * t * t, d = t * t * t;

  return (StudioPoint) { a * p[0].x + b * p[1].x + c * p[2].x + d * p[3].x,
                         a * p[0].y + b * p[1].y + c * p[2].y + d * p[3].y };
}

/* The S between two points that both go level. */
static void
turn (StudioPoint a, StudioPoint b, StudioPoint out[4])
{
  out[0] = a;
  out[1] = (StudioPoint) { (a.x + b.x) / 2, a.y };
  out[2] = (StudioPoint) { (a.x + b.x) / 2, b.y };
  out[3] = b;
}

static StudioPoint
heading (const StudioPath *path, guint i)
{
  const StudioPoint *at = path->at;

  if (i == 0 || i + 1 == path->n)
    return (StudioPoint) { MAX (72, fabs (at[1].x - at[0].x)), 0 };
  return (StudioPoint) { (at[i + 1].x - at[i - 1].x) / 2, (at[i + 1].y - at[i - 1].y) / 2 };
}

/* The curve between two dots of a wire, so that all of them join smoothly (Catmull and Rom). */
static void
between_dots (const StudioPath *path, guint i, StudioPoint out[4])
{
  StudioPoint a = path->at[i], b = path->at[i + 1], u = heading (path, i);
  StudioPoint v = heading (path, i + 1);

  out[0] = a;
  out[1] = (StudioPoint) { a.x + u.x / 3, a.y + u.y / 3 };
  out[2] = (StudioPoint) { b.x - v.x / 3, b.y - v.y / 3 };
  out[3] = b;
}

static guint
flatten_curve (const StudioPoint p[4], guint pieces, StudioPoint *out, guint n)
{
  for (guint i = 0; i <= pieces; i++)
    out[n++] = bezier (p, (double) i / pieces);
  return n;
}

guint
studio_path_flatten (const StudioPath *path,
                     StudioPoint      *out)
{
  StudioPoint p[4];
  guint n = 0;

  switch (path->kind)
    {
    case STUDIO_PATH_CURVE:
      return flatten_curve (path->at, 24, out, 0);

    case STUDIO_PATH_LEVEL:
      turn (path->at[0], path->at[1], p);
      n = flatten_curve (p, 16, out, 0);
      turn (path->at[2], path->at[3], p);
      return flatten_curve (p, 16, out, n);

    case STUDIO_PATH_DOTS:
      for (guint i = 0; i + 1 < path->n; i++)
        {
          between_dots (path, i, p);
          n = flatten_curve (p, 8, out, n);
        }
      return n;

    default:
      for (guint i = 0; i < path->n; i++)
        out[n++] = path->at[i];
      return n;
    }
}

/* Rounds the corner at @b by an arc that begins and ends on the two legs. */
static void
trace_corner (cairo_t *cr, StudioPoint a, StudioPoint b, StudioPoint c)
{
  double in = hypot (b.x - a.x, b.y - a.y), out = hypot (c.x - b.x, c.y - b.y);
  double r = MIN (RADIUS, MIN (in, out) / 2);
  double k = r * (1 - 0.5522847);   /* control points of a quarter circle */
  double ux, uy, vx, vy;

  if (in <= 0 || out <= 0)
    {
      cairo_line_to (cr, b.x, b.y);
      return;
    }
  ux = (a.x - b.x) / in, uy = (a.y - b.y) / in;
  vx = (c.x - b.x) / out, vy = (c.y - b.y) / out;
  cairo_line_to (cr, b.x + ux * r, b.y + uy * r);
  cairo_curve_to (cr, b.x + ux * k, b.y + uy * k, b.x + vx * k, b.y + vy * k,
                  b.x + vx * r, b.y + vy * r);
}

void
studio_path_trace (const StudioPath *path,
                   cairo_t          *cr)
{
  const StudioPoint *at = path->at;
  StudioPoint p[4];

  cairo_move_to (cr, at[0].x, at[0].y);
  switch (path->kind)
    {
    case STUDIO_PATH_CURVE:
      cairo_curve_to (cr, at[1].x, at[1].y, at[2].x, at[2].y, at[3].x, at[3].y);
      break;

    case STUDIO_PATH_LEVEL:
      turn (at[0], at[1], p);
      cairo_curve_to (cr, p[1].x, p[1].y, p[2].x, p[2].y, p[3].x, p[3].y);
      turn (at[2], at[3], p);
      cairo_line_to (cr, p[0].x, p[0].y);
      cairo_curve_to (cr, p[1].x, p[1].y, p[2].x, p[2].y, p[3].x, p[3].y);
      break;

    case STUDIO_PATH_DOTS:
      for (guint i = 0; i + 1 < path->n; i++)
        {
          between_dots (path, i, p);
          cairo_curve_to (cr, p[1].x, p[1].y, p[2].x, p[2].y, p[3].x, p[3].y);
        }
      break;

    default:
      for (guint i = 1; i + 1 < path->n; i++)
        trace_corner (cr, at[i - 1], at[i], at[i + 1]);
      cairo_line_to (cr, at[path->n - 1].x, at[path->n - 1].y);
      break;
    }
}

double
studio_path_distance (const StudioPath *path,
                      double            x,
                      double            y)
{
  StudioPoint p[STUDIO_FLAT_MAX];
  guint n = studio_path_flatten (path, p);
  double best = G_MAXDOUBLE;

  for (guint i = 1; i < n; i++)
    {
      double dx = p[i].x - p[i - 1].x, dy = p[i].y - p[i - 1].y, length = dx * dx + dy * dy;
      double t = length > 0
                 ? ((x - p[i - 1].x) * dx + (y - p[i - 1].y) * dy) / length : 0;

      t = CLAMP (t, 0, 1);
      best = MIN (best, hypot (p[i - 1].x + t * dx - x, p[i - 1].y + t * dy - y));
    }
  return best;
}

/* ---- finding a free way */

/* Does the piece a-b enter the rectangle? Liang and Barsky's clipping. */
static gboolean
piece_hits (StudioPoint a, StudioPoint b, const StudioRect *r)
{
  double d[2] = { b.x - a.x, b.y - a.y }, o[2] = { a.x, a.y };
  double lo[2] = { r->x, r->y }, hi[2] = { r->x + r->width, r->y + r->height };
  double t0 = 0, t1 = 1;

  for (int i = 0; i < 2; i++)
    {
      double near, far;

      if (d[i] == 0)
        {
          if (o[i] < lo[i] || o[i] > hi[i])
            return FALSE;
          continue;
        }
      near = (lo[i] - o[i]) / d[i];
      far = (hi[i] - o[i]) / d[i];
      t0 = MAX (t0, MIN (near, far));
      t1 = MIN (t1, MAX (near, far));
    }
  return t0 <= t1;
}

/* A box that the line enters, other than the two it ends at; -1: it is free. */
static int
box_in_the_way (const StudioScene *self, const StudioPoint *p, guint n, int source, int target)
{
  g_autoptr(GArray) near = g_array_new (FALSE, FALSE, sizeof (guint));
  StudioRect all = { 0, 0, -1, -1 };

  for (guint i = 0; i < n; i++)
    studio_rect_add (&all, &(StudioRect) { p[i].x, p[i].y, 0, 0 });
  studio_index_find (self->box_index, &all, near);
  for (guint k = 0; k < near->len; k++)
    {
      guint b = g_array_index (near, guint, k);
      StudioRect r = studio_rect_grown (&self->boxes[b].box, 3);

      if ((int) b == source || (int) b == target || self->boxes[b].moving)
        continue;
      for (guint i = 1; i < n; i++)
        if (piece_hits (p[i - 1], p[i], &r))
          return b;
    }
  return -1;
}

typedef struct { double x0, x1; int source; } Run;

/* Is the level taken by a run of another source that overlaps? */
static gboolean
is_taken (const StudioScene *self, double level, double x0, double x1, int source)
{
  gint64 key = llround (level / LANE);

  for (gint64 k = key - 1; k <= key + 1; k++)
    {
      const GArray *runs = g_hash_table_lookup (self->levels, &k);

      for (guint i = 0; k == key && runs != NULL && i < runs->len; i++)
        {
          const Run *run = &g_array_index (runs, Run, i);

          if (run->source != source && run->x0 < x1 && x0 < run->x1)
            return TRUE;
        }
    }
  return FALSE;
}

static void
claim (StudioScene *self, double level, double x0, double x1, int source)
{
  gint64 key = llround (level / LANE);
  GArray *runs = g_hash_table_lookup (self->levels, &key);
  Run run = { x0, x1, source };

  if (runs == NULL)
    {
      runs = g_array_new (FALSE, FALSE, sizeof (Run));
      g_hash_table_insert (self->levels, g_memdup2 (&key, sizeof key), runs);
    }
  g_array_append_val (runs, run);
}

/* Nearest level to @want on which [x0, x1] is free of nodes; NAN if none is found soon. Looks
 * upwards, then downwards, from node edge to node edge. */
static double
free_level (StudioScene *self, double want, double x0, double x1, int source, int target)
{
  double at[2] = { want, want };
  double best = NAN;

  for (int side = 0; side < 2; side++)
    for (int i = 0; i < TRIES; i++)
      {
        StudioPoint line[2] = { { x0, at[side] }, { x1, at[side] } };
        int b = box_in_the_way (self, line, 2, -1, -1);

        if (b >= 0)
          at[side] = side == 0 ? self->boxes[b].box.y - AIR
                               : self->boxes[b].box.y + self->boxes[b].box.height + AIR;
        else if (is_taken (self, at[side], x0, x1, source))
          at[side] += side == 0 ? -LANE : LANE;
        else
          {
            if (isnan (best) || fabs (at[side] - want) < fabs (best - want))
              best = at[side];
            break;
          }
      }
  return best;
}

static StudioPath
route_back (StudioScene *self, StudioPoint a, StudioPoint b, int source, int target)
{
  double level = (a.y + b.y) / 2 + (fabs (a.y - b.y) < 60 ? 60 : 0), found;
  double x0 = b.x - STUB, x1 = a.x + STUB;

  if (self == NULL || source < 0 || target < 0)
    return steps (a, b, level, STUB);

  {
    const StudioRect *s = &self->boxes[source].box, *t = &self->boxes[target].box;

    if (t->y >= s->y + s->height)
      level = (t->y + s->y + s->height) / 2;
    else if (s->y >= t->y + t->height)
      level = (s->y + t->y + t->height) / 2;
    else
      level = MAX (t->y + t->height, s->y + s->height) + AIR;
  }
  found = free_level (self, level, MIN (x0, x1), MAX (x0, x1), source, target);
  if (!isnan (found))
    level = found;
  claim (self, level, x0, x1, source);
  return steps (a, b, level, STUB);
}

StudioPath
studio_route (StudioScene *self,
              StudioPoint  from,
              StudioPoint  to,
              int          source,
              int          target)
{
  StudioPath path;
  StudioPoint flat[STUDIO_FLAT_MAX];
  guint n;
  double level;

  if (self != NULL && self->style.wires == STUDIO_WIRES_STRAIGHT)
    return (StudioPath) { STUDIO_PATH_STEPS, 2, { from, to } };
  if (to.x - from.x < LEAST)
    return route_back (self, from, to, source, target);

  path = self != NULL && self->style.wires == STUDIO_WIRES_ANGLED ? angle (from, to)
                                                                 : curve (from, to);
  if (self == NULL || source < 0 || target < 0 || to.x - from.x < 2 * GAP + 1)
    return path;

  n = studio_path_flatten (&path, flat);
  if (box_in_the_way (self, flat, n, source, target) < 0)
    return path;

  level = free_level (self, (from.y + to.y) / 2, from.x + GAP, to.x - GAP, source, target);
  if (isnan (level))
    return path;
  claim (self, level, from.x + GAP, to.x - GAP, source);
  return self->style.wires == STUDIO_WIRES_ANGLED ? steps (from, to, level, STUB)
                                                  : level_run (from, to, level);
}
