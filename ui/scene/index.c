/* index.c - cells of 256 units; a cell lists what touches it. */
#include "index.h"

#include <math.h>

#define CELL 256.0
/* A rectangle of more cells than this (a picture zoomed far out) takes one pass over all. */
#define MANY 4096

struct _StudioIndex
{
  GHashTable *cells;     /* gint64 * -> GArray of guint */
  GArray     *seen;      /* by thing: the question that last found it */
  guint       question;
};

void
studio_rect_add (StudioRect       *self,
                 const StudioRect *other)
{
  double x1, y1;

  if (self->width < 0)
    {
      *self = *other;
      return;
    }
  x1 = MAX (self->x + self->width, other->x + other->width);
  y1 = MAX (self->y + self->height, other->y + other->height);
  self->x = MIN (self->x, other->x);
  self->y = MIN (self->y, other->y);
  self->width = x1 - self->x;
  self->height = y1 - self->y;
}

/* GLib's own folds the halves by exclusive or: cells on a diagonal would all collide. */
static guint
hash_cell (gconstpointer key)
{
  return (guint) ((*(const guint64 *) key * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) >> 32);
}

StudioIndex *
studio_index_new (void)
{
  StudioIndex *self = g_new0 (StudioIndex, 1);

  self->cells = g_hash_table_new_full (hash_cell, g_int64_equal, g_free,
                                       (GDestroyNotify) g_array_unref);
  self->seen = g_array_new (FALSE, TRUE, sizeof (guint));
  return self;
}

void
studio_index_free (StudioIndex *self)
{
  g_hash_table_unref (self->cells);
  g_array_unref (self->seen);
  g_free (self);
}

/* Far coordinates are clamped: a document may hold any number. */
static gint
cell_of (double v)
{
  return CLAMP (floor (v / CELL), -1e8, 1e8);
}

static gint64
key_of (gint column, gint row)
{
  return (gint64) ((guint64) (guint32) column << 32 | (guint32) row);
}

static void
add_to_cell (StudioIndex *self, guint thing, gint column, gint row)
{
  gint64 key = key_of (column, row);
  GArray *cell = g_hash_table_lookup (self->cells, &key);

  if (cell == NULL)
    {
      cell = g_array_new (FALSE, FALSE, sizeof (guint));
      g_hash_table_insert (self->cells, g_memdup2 (&key, sizeof key), cell);
    }
  if (cell->len == 0 || g_array_index (cell, guint, cell->len - 1) != thing)
    g_array_append_val (cell, thing);
}

void
studio_index_add (StudioIndex      *self,
                  guint             thing,
                  const StudioRect *rect)
{
  if (self->seen->len <= thing)
    g_array_set_size (self->seen, thing + 1);
  for (gint c = cell_of (rect->x); c <= cell_of (rect->x + rect->width); c++)
    for (gint r = cell_of (rect->y); r <= cell_of (rect->y + rect->height); r++)
      add_to_cell (self, thing, c, r);
}

void
studio_index_add_line (StudioIndex       *self,
                       guint              thing,
                       const StudioPoint *points,
                       guint              n)
{
  for (guint i = 1; i < n; i++)
    {
      double dx = points[i].x - points[i - 1].x, dy = points[i].y - points[i - 1].y;
      guint steps = CLAMP (hypot (dx, dy) / CELL, 0, 1e5) + 1;

      for (guint k = 0; k < steps; k++)
        {
          StudioRect piece = { points[i - 1].x + dx * k / steps + MIN (0, dx / steps) - 8,
                               points[i - 1].y + dy * k / steps + MIN (0, dy / steps) - 8,
                               fabs (dx / steps) + 16, fabs (dy / steps) + 16 };

          studio_index_add (self, thing, &piece);
        }
    }
}

static void
take (StudioIndex *self, const GArray *cell, GArray *found)
{
  for (guint i = 0; i < cell->len; i++)
    {
      guint thing = g_array_index (cell, guint, i);
      guint *seen = &g_array_index (self->seen, guint, thing);

      if (*seen == self->question)
        continue;
      *seen = self->question;
      g_array_append_val (found, thing);
    }
}

void
studio_index_find (StudioIndex      *self,
                   const StudioRect *rect,
                   GArray           *found)
{
  gint c0 = cell_of (rect->x), c1 = cell_of (rect->x + rect->width);
  gint r0 = cell_of (rect->y), r1 = cell_of (rect->y + rect->height);

  self->question++;
  if ((double) (c1 - c0 + 1) * (r1 - r0 + 1) > MANY)
    {
      GHashTableIter iter;
      gpointer key, cell;

      g_hash_table_iter_init (&iter, self->cells);
      while (g_hash_table_iter_next (&iter, &key, &cell))
        {
          gint64 at = *(gint64 *) key;
          gint c = (gint32) (at >> 32), r = (gint32) at;

          if (c >= c0 && c <= c1 && r >= r0 && r <= r1)
            take (self, cell, found);
        }
      return;
    }
  for (gint c = c0; c <= c1; c++)
    for (gint r = r0; r <= r1; r++)
      {
        gint64 key = key_of (c, r);
        const GArray *cell = g_hash_table_lookup (self->cells, &key);

        if (cell != NULL)
          take (self, cell, found);
      }
}
