/* cut.c - where wires cross the border of a segment, and the cards that say why there is one. */
#include "scene.h"

#include <math.h>

#define CARD_WIDTH  344.0
#define LETTER        6.0     /* of the caption, on the generous side */

static gboolean
is_in (const StudioHull *hull, StudioPoint p)
{
  return cairo_region_contains_point (hull->region, floor (p.x), floor (p.y));
}

/* Along the wire: the first point that is no longer in the segment it comes from. */
static StudioPoint
border_point (const StudioScene *self, const StudioWire *wire, int from, int to)
{
  StudioPoint p[STUDIO_FLAT_MAX];
  guint n = studio_path_flatten (&wire->path, p);

  for (guint i = 1; i < n; i++)
    {
      double length = hypot (p[i].x - p[i - 1].x, p[i].y - p[i - 1].y);
      guint pieces = CLAMP (length / 2, 1, 4096);

      for (guint k = 0; k <= pieces; k++)
        {
          StudioPoint q = { p[i - 1].x + (p[i].x - p[i - 1].x) * k / pieces,
                            p[i - 1].y + (p[i].y - p[i - 1].y) * k / pieces };

          if (is_in (&self->hulls[to], q) || (i + k > 1 && !is_in (&self->hulls[from], q)))
            return q;
        }
    }
  return p[n / 2];
}

static gboolean
is_free (const StudioScene *self, const StudioRect *card)
{
  g_autoptr(GArray) near = NULL;
  StudioRect air = studio_rect_grown (card, 8);

  near = studio_scene_boxes_in (self, &air);
  if (near->len > 0)
    return FALSE;
  for (guint i = 0; i < self->cuts->len; i++)
    {
      const StudioCut *cut = &g_array_index (self->cuts, StudioCut, i);

      if (cut->card.width > 0 && studio_rect_overlaps (&cut->card, &air))
        return FALSE;
    }
  /* Hulls are outlines with little in them: a card may lie over one, but not over its tab. */
  for (guint i = 0; i < self->n_hulls; i++)
    if (self->hulls[i].bounds.width > 0)
      {
        StudioRect tab = { self->hulls[i].bounds.x, self->hulls[i].bounds.y - 14, 200, 32 };

        if (studio_rect_overlaps (&tab, &air))
          return FALSE;
      }
  return TRUE;
}

/* Below or above the mark, outside both hulls; width 0 if neither is free. */
static StudioRect
place_card (const StudioScene *self, const StudioCut *cut)
{
  double height = g_utf8_strlen (cut->reason, -1) * LETTER > CARD_WIDTH - 24 ? 60 : 46;
  double bottom = -G_MAXDOUBLE, top = G_MAXDOUBLE;
  int side[2] = { cut->from, cut->to };

  for (int i = 0; i < 2; i++)
    {
      const StudioRect *hull = &self->hulls[side[i]].bounds;

      if (cut->at.x < hull->x - 1 || cut->at.x > hull->x + hull->width + 1)
        continue;
      bottom = MAX (bottom, hull->y + hull->height);
      top = MIN (top, hull->y);
    }
  for (int below = 1; below >= 0; below--)
    for (int left = 1; left >= 0; left--)
      {
        StudioRect card = { cut->at.x - (left ? CARD_WIDTH : 0),
                            below ? bottom + 14 : top - 26 - height, CARD_WIDTH, height };

        if (bottom > top && is_free (self, &card))
          return card;
      }
  return (StudioRect) { 0 };
}

static gboolean
has_pair (const StudioScene *self, int from, int to)
{
  for (guint i = 0; i < self->cuts->len; i++)
    {
      const StudioCut *cut = &g_array_index (self->cuts, StudioCut, i);

      if (cut->from == from && cut->to == to)
        return TRUE;
    }
  return FALSE;
}

void
studio_scene_make_cuts (StudioScene *self)
{
  g_array_set_size (self->cuts, 0);
  for (guint w = 0; w < self->n_wires; w++)
    {
      const StudioWire *wire = &self->wires[w];
      int from = self->boxes[wire->source].segment, to = self->boxes[wire->target].segment;
      StudioCut cut = { .wire = w, .from = from, .to = to };

      if (from < 0 || to < 0 || from == to)
        continue;
      cut.at = border_point (self, wire, from, to);
      cut.first = !has_pair (self, from, to);
      cut.reason = self->hulls[to].segment->reason;
      if (cut.reason == NULL)
        cut.reason = self->hulls[from].segment->reason;
      if (cut.first && cut.reason != NULL)
        cut.card = place_card (self, &cut);
      g_array_append_val (self->cuts, cut);
    }
}
