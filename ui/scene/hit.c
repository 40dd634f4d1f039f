/* hit.c - what is under a point; areas as in the sheet of measures. */
#include "scene.h"

#include <math.h>

#include "text.h"

#define NO_HIT (StudioHit) { STUDIO_HIT_NOTHING, 0, 0, -1, -1 }

/* Port of the column of @n ports at @x, within @reach of it. */
static int
port_at (const StudioBox *box, guint n, double column, double x, double y, double reach)
{
  double row = (y - box->box.y - STUDIO_FIRST_PORT) / STUDIO_PORT_PITCH;

  if (box->collapsed && n > 0)
    row = (y - box->box.y - STUDIO_HEADER / 2) / STUDIO_PORT_PITCH, n = 1;
  if (fabs (x - column) > reach || row < -0.5 || row >= n - 0.5)
    return -1;
  return (int) floor (row + 0.5);
}

/* Part of the node's face; @x, @y from its top left corner. */
static StudioHitKind
part_at (const StudioBox *box, double x, double y)
{
  if (box->badge >= 0 && x >= STUDIO_NODE_WIDTH - 27 && x < STUDIO_NODE_WIDTH - 3 && y < 28)
    return STUDIO_HIT_BADGE;
  if (y < STUDIO_HEADER && x >= 28 && x < STUDIO_NODE_WIDTH * 0.62)
    return STUDIO_HIT_NAME;
  if (y >= box->box.height - STUDIO_FOOTER && x >= 6 && x < 50)
    return STUDIO_HIT_TAG;
  return STUDIO_HIT_BODY;
}

/* The port of a group stands for one of a node in it. */
static StudioHit
port_hit (const StudioScene *self, const StudioBox *box, gboolean input, guint port)
{
  StudioHit hit = { input ? STUDIO_HIT_INPUT : STUDIO_HIT_OUTPUT, box->id, port, -1, -1 };
  AnfRef ref;

  if (input && !studio_scene_takes (self, box, port, &hit.node, &hit.port))
    return (StudioHit) { STUDIO_HIT_BODY, box->id, 0, -1, -1 };
  if (input)
    return hit;
  ref = studio_scene_gives (self, box, port);
  hit.node = ref.node;
  hit.port = ref.port;
  return hit;
}

static StudioHit
hit_box (const StudioScene *self, const GArray *near, double x, double y, double reach)
{
  /* The last one is drawn on top. */
  for (guint i = near->len; i-- > 0;)
    {
      const StudioBox *box = &self->boxes[g_array_index (near, guint, i)];
      int port = port_at (box, box->n_in, box->box.x, x, y, reach);

      if (port >= 0)
        return port_hit (self, box, TRUE, port);
      port = port_at (box, box->n_out, box->box.x + box->box.width, x, y, reach);
      if (port >= 0)
        return port_hit (self, box, FALSE, port);
      if (studio_rect_contains (&box->box, x, y))
        return (StudioHit) { box->group >= 0 ? STUDIO_HIT_BODY
                             : part_at (box, x - box->box.x, y - box->box.y), box->id, 0, -1, -1 };
    }
  return NO_HIT;
}

static int
cut_at (const StudioScene *self, double x, double y, double zoom)
{
  for (guint i = 0; i < self->cuts->len; i++)
    {
      const StudioCut *cut = &g_array_index (self->cuts, StudioCut, i);

      if (hypot (cut->at.x - x, cut->at.y - y) <= 10 / MIN (1, zoom))
        return i;
    }
  return -1;
}

/* What is at the other end of a wire that is only told of; 0: none is at the point. */
static AnfId
stub_at (const StudioScene *self, double x, double y)
{
  for (guint i = 0; i < self->stubs->len; i++)
    {
      const StudioStub *stub = &g_array_index (self->stubs, StudioStub, i);
      const StudioBox *box = &self->boxes[stub->box];
      StudioPoint at = stub->out ? studio_box_output (box, stub->row)
                                 : studio_box_input (box, stub->row);
      double off = stub->out ? x - at.x : at.x - x;

      if (fabs (y - at.y) <= 9 && off >= 12 && off <= 90)
        return stub->out ? stub->to : stub->from.node;
    }
  return 0;
}

StudioHit
studio_scene_hit (const StudioScene *self,
                  double             x,
                  double             y,
                  double             zoom)
{
  double reach = zoom >= 0.35 ? 11 / MIN (1, zoom) : 0;
  double thick = 8 / MIN (1, zoom), best = thick;
  StudioRect spot = { x - reach, y - reach, 2 * reach, 2 * reach };
  g_autoptr(GArray) near = studio_scene_boxes_in (self, &spot);
  g_autoptr(GArray) wires = NULL;
  StudioHit hit = hit_box (self, near, x, y, reach);

  if (hit.kind != STUDIO_HIT_NOTHING)
    return hit;
  if ((hit.cut = cut_at (self, x, y, zoom)) >= 0)
    {
      hit.kind = STUDIO_HIT_CUT;
      return hit;
    }

  if (zoom >= 0.72 && (hit.node = stub_at (self, x, y)) != 0)
    {
      hit.kind = STUDIO_HIT_STUB;
      return hit;
    }

  spot = (StudioRect) { x - thick, y - thick, 2 * thick, 2 * thick };
  wires = studio_scene_wires_in (self, &spot);
  for (guint i = 0; i < wires->len; i++)
    {
      guint w = g_array_index (wires, guint, i);
      double d = studio_path_distance (&self->wires[w].path, x, y);

      if (d <= best)
        {
          best = d;
          hit.kind = STUDIO_HIT_WIRE;
          hit.wire = w;
        }
    }
  if (hit.kind == STUDIO_HIT_NOTHING)
    {
      gboolean corner;
      int frame = studio_frame_at (self, x, y, zoom, &corner);
      int group = studio_group_at (self, x, y, zoom);

      if (group >= 0)
        return (StudioHit) { STUDIO_HIT_GROUP, 0, group, -1, -1 };
      if (frame >= 0)
        return (StudioHit) { corner ? STUDIO_HIT_FRAME_CORNER : STUDIO_HIT_FRAME, 0, frame, -1,
                             -1 };
    }
  return hit;
}

StudioHit
studio_scene_hit_port (const StudioScene *self,
                       double             x,
                       double             y,
                       gboolean           inputs)
{
  StudioRect spot = { x - 16, y - 16, 32, 32 };
  g_autoptr(GArray) near = studio_scene_boxes_in (self, &spot);

  for (guint i = near->len; i-- > 0;)
    {
      const StudioBox *box = &self->boxes[g_array_index (near, guint, i)];
      guint n = inputs ? box->n_in : box->n_out;
      double middle = box->box.x + box->box.width / 2;
      int port = port_at (box, n, middle, x, y, box->box.width / 2 + 16);

      /* A node of one port takes it anywhere on its face. */
      if (port < 0 && n == 1 && studio_rect_contains (&box->box, x, y))
        port = 0;
      if (port >= 0)
        return port_hit (self, box, inputs, port);
    }
  return NO_HIT;
}

GArray *
studio_scene_ids_in (const StudioScene *self,
                     const StudioRect  *rect,
                     gboolean           touched)
{
  g_autoptr(GArray) near = studio_scene_boxes_in (self, rect);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (AnfId));

  for (guint i = 0; i < near->len; i++)
    {
      const StudioBox *box = &self->boxes[g_array_index (near, guint, i)];
      gboolean enclosed = studio_rect_contains (rect, box->box.x, box->box.y)
                          && studio_rect_contains (rect, box->box.x + box->box.width,
                                                   box->box.y + box->box.height);

      if ((touched || enclosed) && box->members != NULL)
        g_array_append_vals (ids, box->members->data, box->members->len);
      else if (touched || enclosed)
        g_array_append_val (ids, box->id);
    }
  return ids;
}
