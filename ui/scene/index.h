/* index.h - a grid of cells over the plane: which things are near here. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct { double x, y; } StudioPoint;
typedef struct { double x, y, width, height; } StudioRect;

static inline gboolean
studio_rect_overlaps (const StudioRect *a, const StudioRect *b)
{
  return a->x <= b->x + b->width && b->x <= a->x + a->width
         && a->y <= b->y + b->height && b->y <= a->y + a->height;
}

static inline gboolean
studio_rect_contains (const StudioRect *a, double x, double y)
{
  return x >= a->x && x <= a->x + a->width && y >= a->y && y <= a->y + a->height;
}

static inline StudioRect
studio_rect_grown (const StudioRect *a, double by)
{
  return (StudioRect) { a->x - by, a->y - by, a->width + 2 * by, a->height + 2 * by };
}

void studio_rect_add (StudioRect *self, const StudioRect *other);  /* width < 0: nothing yet */

typedef struct _StudioIndex StudioIndex;

StudioIndex *studio_index_new   (void);
void         studio_index_free  (StudioIndex *self);
void         studio_index_add   (StudioIndex *self, guint thing, const StudioRect *rect);
/* Along the line only, not in the whole rectangle that it spans. */
void         studio_index_add_line (StudioIndex *self, guint thing, const StudioPoint *points,
                                    guint n);
/* Appends each thing whose cells touch @rect to @found (of guint), once, in no order. */
void         studio_index_find  (StudioIndex *self, const StudioRect *rect, GArray *found);

G_END_DECLS
