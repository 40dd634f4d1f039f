/* hull.c - the outline of a segment: rows of nodes, joined where nothing foreign lies between. */
#include "scene.h"

#include <math.h>

typedef struct { double x0, y0, x1, y1; GArray *boxes; } Row;

static StudioRect
span (double x0, double y0, double x1, double y1)
{
  return (StudioRect) { x0, y0, x1 - x0, y1 - y0 };
}

static gboolean
has_foreign (const StudioScene *self, const StudioRect *rect, guint segment)
{
  g_autoptr(GArray) near = studio_scene_boxes_in (self, rect);

  for (guint i = 0; i < near->len; i++)
    if (self->boxes[g_array_index (near, guint, i)].segment != (int) segment)
      return TRUE;
  return FALSE;
}

static void
unite (cairo_region_t *region, const StudioRect *rect)
{
  cairo_rectangle_int_t r = { floor (CLAMP (rect->x, -1e8, 1e8)),
                              floor (CLAMP (rect->y, -1e8, 1e8)),
                              ceil (MIN (rect->width, 1e8)), ceil (MIN (rect->height, 1e8)) };

  cairo_region_union_rectangle (region, &r);
}

static int
by_top (gconstpointer a, gconstpointer b, gpointer data)
{
  const StudioScene *self = data;
  double d = self->boxes[*(const guint *) a].box.y - self->boxes[*(const guint *) b].box.y;

  return d < 0 ? -1 : d > 0;
}

static int
by_left (gconstpointer a, gconstpointer b, gpointer data)
{
  const StudioScene *self = data;
  double d = self->boxes[*(const guint *) a].box.x - self->boxes[*(const guint *) b].box.x;

  return d < 0 ? -1 : d > 0;
}

static void
free_row (gpointer data)
{
  g_array_unref (((Row *) data)->boxes);
}

/* Nodes of the segment whose heights overlap make a row, from the top down. */
static GArray *
rows_of (StudioScene *self, guint segment)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (Row));
  g_autoptr(GArray) mine = g_array_new (FALSE, FALSE, sizeof (guint));

  g_array_set_clear_func (rows, free_row);
  for (guint b = 0; b < self->n_boxes; b++)
    if (self->boxes[b].segment == (int) segment)
      g_array_append_val (mine, b);
  g_array_sort_with_data (mine, by_top, self);
  for (guint i = 0; i < mine->len; i++)
    {
      guint b = g_array_index (mine, guint, i);
      StudioRect r = studio_rect_grown (&self->boxes[b].box, STUDIO_HULL_MARGIN);
      Row *last = rows->len > 0 ? &g_array_index (rows, Row, rows->len - 1) : NULL;

      if (last == NULL || r.y + STUDIO_HULL_MARGIN >= last->y1 - STUDIO_HULL_MARGIN)
        {
          Row row = { r.x, r.y, r.x + r.width, r.y + r.height,
                      g_array_new (FALSE, FALSE, sizeof (guint)) };

          g_array_append_val (rows, row);
          last = &g_array_index (rows, Row, rows->len - 1);
        }
      last->x0 = MIN (last->x0, r.x);
      last->x1 = MAX (last->x1, r.x + r.width);
      last->y1 = MAX (last->y1, r.y + r.height);
      g_array_append_val (last->boxes, b);
    }
  return rows;
}

/* The whole row if it is all ours; else each node, joined to the next one to its right. */
static void
fill_row (StudioScene *self, guint segment, Row *row, cairo_region_t *region)
{
  StudioRect whole = span (row->x0, row->y0, row->x1, row->y1), last = { 0, 0, -1, -1 };

  if (!has_foreign (self, &whole, segment))
    {
      unite (region, &whole);
      return;
    }
  g_array_sort_with_data (row->boxes, by_left, self);
  for (guint i = 0; i < row->boxes->len; i++)
    {
      const StudioBox *box = &self->boxes[g_array_index (row->boxes, guint, i)];
      StudioRect r = studio_rect_grown (&box->box, STUDIO_HULL_MARGIN), both = r;

      unite (region, &r);
      if (last.width >= 0)
        {
          studio_rect_add (&both, &last);
          if (!has_foreign (self, &both, segment))
            unite (region, &both);
        }
      last = r;
    }
}

/* Wires that run back from one row to the next do so half way between them: the wider row reaches
 * out for them. */
static void
reach_out (StudioScene *self, guint segment, const Row *a, const Row *b, cairo_region_t *region)
{
  double middle = (a->y1 + b->y0) / 2;
  StudioRect down = span (a->x0, a->y1 - 1, a->x1, middle + 12);
  StudioRect up = span (b->x0, middle - 12, b->x1, b->y0 + 1);

  if (b->y0 - a->y1 < 32)
    return;
  if (!has_foreign (self, &down, segment))
    unite (region, &down);
  if (!has_foreign (self, &up, segment))
    unite (region, &up);
}

/* What lies between two rows, and the notch that a narrow row leaves between two wider ones. */
static void
join_rows (StudioScene *self, guint segment, GArray *rows, cairo_region_t *region)
{
  for (guint i = 0; i + 1 < rows->len; i++)
    {
      const Row *a = &g_array_index (rows, Row, i), *b = a + 1;
      StudioRect gap = span (MAX (a->x0, b->x0), a->y1 - 1, MIN (a->x1, b->x1), b->y0 + 1);

      if (gap.width <= 0)
        gap = span (MIN (a->x0, b->x0), a->y1 - 1, MAX (a->x1, b->x1), b->y0 + 1);
      if (gap.height > 2 && !has_foreign (self, &gap, segment))
        unite (region, &gap);
      reach_out (self, segment, a, b, region);
    }
  for (guint i = 1; i + 1 < rows->len; i++)
    {
      const Row *a = &g_array_index (rows, Row, i - 1), *b = a + 1, *c = a + 2;
      StudioRect left = span (MAX (a->x0, c->x0), a->y1 - 1, b->x0 + 1, c->y0 + 1);
      StudioRect right = span (b->x1 - 1, a->y1 - 1, MIN (a->x1, c->x1), c->y0 + 1);

      if (left.width > 1 && !has_foreign (self, &left, segment))
        unite (region, &left);
      if (right.width > 1 && !has_foreign (self, &right, segment))
        unite (region, &right);
    }
}

/* Keeps clear of nodes that belong elsewhere, but never of our own. */
static void
yield (StudioScene *self, guint segment, cairo_region_t *region)
{
  cairo_rectangle_int_t e;
  StudioRect all;
  g_autoptr(GArray) near = NULL;

  cairo_region_get_extents (region, &e);
  all = (StudioRect) { e.x, e.y, e.width, e.height };
  near = studio_scene_boxes_in (self, &all);
  for (int pass = 0; pass < 2; pass++)
    for (guint i = 0; i < near->len; i++)
      {
        const StudioBox *box = &self->boxes[g_array_index (near, guint, i)];
        StudioRect r = studio_rect_grown (&box->box, pass == 0 ? STUDIO_HULL_MARGIN : 6);
        cairo_rectangle_int_t c = { floor (r.x), floor (r.y), ceil (r.width), ceil (r.height) };

        if (pass == 0 && box->segment != (int) segment)
          cairo_region_subtract_rectangle (region, &c);
        else if (pass == 1 && box->segment == (int) segment)
          cairo_region_union_rectangle (region, &c);
      }
}

/* ---- from region to outline */

/* A vertical edge: inside is to its right if it goes up. */
typedef struct { int x, y0, y1; gboolean used; } Edge;

static int
by_place (gconstpointer a, gconstpointer b)
{
  const Edge *p = a, *q = b;
  int p0 = MIN (p->y0, p->y1), q0 = MIN (q->y0, q->y1);

  return p->x != q->x ? (p->x < q->x ? -1 : 1) : p0 < q0 ? -1 : p0 > q0;
}

static void
add_edge (GArray *edges, int x, int y0, int y1)
{
  Edge edge = { x, y0, y1, FALSE };

  g_array_append_val (edges, edge);
}

/* Rectangles of a region come in bands; edges that continue in the next band become one. */
static GArray *
edges_of (const cairo_region_t *region)
{
  g_autoptr(GArray) pieces = g_array_new (FALSE, FALSE, sizeof (Edge));
  GArray *edges = g_array_new (FALSE, FALSE, sizeof (Edge));

  for (int i = 0; i < cairo_region_num_rectangles (region); i++)
    {
      cairo_rectangle_int_t r;

      cairo_region_get_rectangle (region, i, &r);
      add_edge (pieces, r.x, r.y + r.height, r.y);
      add_edge (pieces, r.x + r.width, r.y, r.y + r.height);
    }
  g_array_sort (pieces, by_place);
  for (guint i = 0; i < pieces->len; i++)
    {
      Edge *e = &g_array_index (pieces, Edge, i);
      Edge *last = edges->len > 0 ? &g_array_index (edges, Edge, edges->len - 1) : NULL;
      gboolean up = e->y0 > e->y1;

      if (last != NULL && last->x == e->x && up && last->y0 > last->y1 && last->y0 == e->y1)
        last->y0 = e->y0;
      else if (last != NULL && last->x == e->x && !up && last->y0 < last->y1
               && last->y1 == e->y0)
        last->y1 = e->y1;
      else
        g_array_append_val (edges, *e);
    }
  return edges;
}

static gboolean
inside (const cairo_region_t *region, int x, int y)
{
  return cairo_region_contains_point (region, x, y);
}

/* The edge that an outline with the inside to its right goes on with after @from. It turns right
 * where it can: two parts that touch at a corner only are outlined one by one. */
static Edge *
next_edge (const cairo_region_t *region, GArray *edges, const Edge *from)
{
  int x = from->x, y = from->y1;
  gboolean up = from->y0 > y;
  gboolean outwards = up ? inside (region, x - 1, y - 1) && inside (region, x, y - 1)
                         : inside (region, x - 1, y) && inside (region, x, y);
  gboolean right = up != outwards;
  Edge *best = NULL;

  for (guint i = 0; i < edges->len; i++)
    {
      Edge *e = &g_array_index (edges, Edge, i);

      if (e->y0 == y && (right ? e->x > x : e->x < x)
          && (best == NULL || ABS (e->x - x) < ABS (best->x - x)))
        best = e;
    }
  return best;
}

static void
trace_loop (StudioHull *hull, GArray *edges, Edge *start)
{
  GArray *loop = g_array_new (FALSE, FALSE, sizeof (StudioPoint));

  for (Edge *e = start; e != NULL && !e->used; e = next_edge (hull->region, edges, e))
    {
      StudioPoint a = { e->x, e->y0 }, b = { e->x, e->y1 };

      e->used = TRUE;
      g_array_append_val (loop, a);
      g_array_append_val (loop, b);
    }
  g_array_append_val (hull->loops, loop);
}

static void
clear_loop (gpointer data)
{
  g_array_unref (*(GArray **) data);
}

void
studio_scene_make_hull (StudioScene *self,
                        guint        segment)
{
  StudioHull *hull = &self->hulls[segment];
  g_autoptr(GArray) rows = rows_of (self, segment);
  g_autoptr(GArray) edges = NULL;
  cairo_rectangle_int_t e;

  hull->segment = anf_plan_nth_segment (self->plan, segment);
  hull->n_ops = hull->segment->n_nodes;
  hull->region = cairo_region_create ();
  hull->loops = g_array_new (FALSE, FALSE, sizeof (GArray *));
  g_array_set_clear_func (hull->loops, clear_loop);
  for (guint i = 0; i < rows->len; i++)
    fill_row (self, segment, &g_array_index (rows, Row, i), hull->region);
  join_rows (self, segment, rows, hull->region);
  yield (self, segment, hull->region);

  edges = edges_of (hull->region);
  for (guint i = 0; i < edges->len; i++)
    if (!g_array_index (edges, Edge, i).used)
      trace_loop (hull, edges, &g_array_index (edges, Edge, i));
  cairo_region_get_extents (hull->region, &e);
  hull->bounds = (StudioRect) { e.x, e.y, e.width, e.height };
}
