/* scene.c - from graph, report and plan to places on the plane. */
#include "scene.h"

#include <math.h>
#include <string.h>

#include "layout.h"

StudioBox *
studio_scene_box (const StudioScene *self,
                  AnfId              id)
{
  return g_hash_table_lookup (self->by_id, &id);
}

static double
port_y (const StudioBox *box, guint i)
{
  return box->box.y + (box->collapsed ? STUDIO_HEADER / 2
                                      : STUDIO_FIRST_PORT + STUDIO_PORT_PITCH * i);
}

StudioPoint
studio_box_input (const StudioBox *box,
                  guint            i)
{
  return (StudioPoint) { box->box.x, port_y (box, i) };
}

StudioPoint
studio_box_output (const StudioBox *box,
                   guint            i)
{
  return (StudioPoint) { box->box.x + box->box.width, port_y (box, i) };
}

/* ---- dots: note "dots" of the node that takes the wire, [port, node it is from, x, y] each */

guint
studio_wire_dots (const AnfGraph *graph,
                  AnfId           to,
                  guint           in,
                  AnfRef          from,
                  StudioPoint     dots[STUDIO_MAX_DOTS])
{
  g_autoptr(GVariant) note = anf_graph_note (graph, to, "dots", "a(xxdd)");
  gint64 port, node;
  double x, y;
  guint n = 0;

  for (gsize i = 0; note != NULL && i < g_variant_n_children (note); i++)
    {
      g_variant_get_child (note, i, "(xxdd)", &port, &node, &x, &y);
      if (n < STUDIO_MAX_DOTS && port == in && node == (gint64) from.node && fabs (x) < 1e7
          && fabs (y) < 1e7)
        dots[n++] = (StudioPoint) { x, y };
    }
  return n;
}

int
studio_path_dot (const StudioPath *path,
                 double            x,
                 double            y,
                 double            reach)
{
  for (guint i = 1; path->kind == STUDIO_PATH_DOTS && i + 1 < path->n; i++)
    if (hypot (path->at[i].x - x, path->at[i].y - y) <= reach)
      return i - 1;
  return -1;
}

double
studio_wire_width (gsize bytes)
{
  double w = 1.5 + 0.6 * log2 (MAX (bytes, 256) / 256.0) / 2;

  return CLAMP (w, 1.5, 6);
}

StudioClass
studio_scene_class (const StudioScene *self,
                    const StudioBox   *box,
                    guint              port)
{
  const AnfType *type = self->report != NULL
                        ? anf_report_type (self->report, box->id, port) : NULL;

  if (box->category == ANF_CAT_CONST)
    return STUDIO_CLASS_CONST;
  if (type == NULL)
    return STUDIO_CLASS_MAP;
  if (type->dtype == ANF_BOOL)
    return STUDIO_CLASS_MASK;
  if (type->dtype == ANF_I32)
    return STUDIO_CLASS_INDEX;
  if (type->dtype == ANF_U8)
    return STUDIO_CLASS_IMAGE;
  /* What comes in with one, three or four channels is a picture to whoever feeds it. */
  if (box->category == ANF_CAT_IO && type->rank == 4
      && (type->dim[1] == 1 || type->dim[1] == 3 || type->dim[1] == 4))
    return STUDIO_CLASS_IMAGE;
  return type->rank > 2 ? STUDIO_CLASS_MAP : STUDIO_CLASS_VEC;
}

static gboolean
has_open_slot (const AnfOp *op)
{
  const AnfPort *last = NULL;

  for (guint i = 0; anf_op_input (op, i) != NULL; i++)
    last = anf_op_input (op, i);
  return last != NULL && (last->flags & ANF_VARIADIC) != 0;
}

static gboolean
is_collapsed (const AnfGraph *graph, AnfId id)
{
  g_autoptr(GVariant) note = anf_graph_note (graph, id, "collapsed", "b");

  return note != NULL && g_variant_get_boolean (note);
}

static void
make_box (StudioScene *self, guint i, const double at[2])
{
  StudioBox *box = &self->boxes[i];
  const AnfNode *node = anf_graph_nth (self->graph, i);
  const AnfOp *op = anf_node_op (node);
  guint rows;

  box->node = node;
  box->id = anf_node_id (node);
  box->category = anf_op_category (op);
  box->open = has_open_slot (op);
  box->n_in = anf_node_n_inputs (node) + (box->open ? 1 : 0);
  box->n_out = anf_node_n_outputs (node);
  box->muted = anf_node_muted (node);
  if (box->muted != NULL)
    box->category = anf_op_category (box->muted);
  box->collapsed = is_collapsed (self->graph, box->id);
  rows = MAX (1, MAX (box->n_in, box->n_out));
  box->home_x = at[0];
  box->home_y = at[1];
  box->box = (StudioRect) { at[0], at[1], STUDIO_NODE_WIDTH,
                            box->collapsed ? STUDIO_HEADER
                            : STUDIO_HEADER + 6 + STUDIO_PORT_PITCH * rows + STUDIO_FOOTER };
  box->segment = self->plan != NULL ? anf_plan_segment_of (self->plan, box->id) : -1;
  box->badge = -1;
  g_hash_table_insert (self->by_id, &box->id, box);
  studio_index_add (self->box_index, i, &box->box);
}

static void
make_boxes (StudioScene *self)
{
  double (*arranged)[2] = NULL;

  self->arranged = !studio_layout_is_placed (self->graph);
  if (self->arranged)
    arranged = studio_layout_arrange (self->graph, NULL);
  for (guint i = 0; i < self->n_boxes; i++)
    {
      double at[2];

      if (arranged != NULL)
        at[0] = arranged[i][0], at[1] = arranged[i][1];
      else
        anf_node_position (anf_graph_nth (self->graph, i), &at[0], &at[1]);
      make_box (self, i, at);
    }
  g_free (arranged);

  for (guint i = 0; i < anf_graph_n_outputs (self->graph); i++)
    {
      AnfRef from;
      const char *name = anf_graph_nth_output (self->graph, i, &from);
      StudioBox *box = studio_scene_box (self, from.node);

      if (box != NULL && box->flag == NULL)
        box->flag = name;
    }
}

static void
add_badges (StudioScene *self)
{
  for (guint i = 0; self->report != NULL && i < anf_report_n_findings (self->report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (self->report, i);
      StudioBox *box = studio_scene_box (self, finding->node);

      if (box != NULL)
        box->badge = MAX (box->badge, (int) finding->severity);
    }
}

/* ---- wires */

static void
route_wire (StudioScene *self, StudioWire *wire)
{
  const StudioBox *source = &self->boxes[wire->source], *target = &self->boxes[wire->target];
  StudioPoint flat[STUDIO_FLAT_MAX];
  guint n;
  StudioPoint dots[STUDIO_MAX_DOTS];
  guint n_dots = studio_wire_dots (self->graph, wire->to, wire->in, wire->from, dots);

  if (n_dots > 0)
    {
      wire->path = (StudioPath) { STUDIO_PATH_DOTS, n_dots + 2 };
      wire->path.at[0] = studio_box_output (source, wire->from.port);
      wire->path.at[n_dots + 1] = studio_box_input (target, wire->in);
      memcpy (&wire->path.at[1], dots, n_dots * sizeof *dots);
    }
  else
    wire->path = studio_route (self, studio_box_output (source, wire->from.port),
                               studio_box_input (target, wire->in), wire->source, wire->target);
  wire->bounds = (StudioRect) { 0, 0, -1, -1 };
  n = studio_path_flatten (&wire->path, flat);
  for (guint i = 0; i < n; i++)
    studio_rect_add (&wire->bounds, &(StudioRect) { flat[i].x, flat[i].y, 0, 0 });
  wire->bounds = studio_rect_grown (&wire->bounds, 8);
}

static void
make_wire (StudioScene *self, const StudioBox *target, guint in, AnfRef from)
{
  StudioWire *wire = &self->wires[self->n_wires];
  StudioBox *source = studio_scene_box (self, from.node);
  const AnfType *type = self->report != NULL
                        ? anf_report_type (self->report, from.node, from.port) : NULL;
  StudioPoint flat[STUDIO_FLAT_MAX];

  if (source == NULL)
    return;

  *wire = (StudioWire) { .from = from, .to = target->id, .in = in,
                         .source = source - self->boxes, .target = target - self->boxes,
                         .class = studio_scene_class (self, source, from.port),
                         .typed = type != NULL,
                         .bytes = type != NULL ? anf_type_bytes (type) : 0 };
  self->has_class[wire->class] = TRUE;
  if (from.port < 32)
    source->wired_out |= 1u << from.port;
  route_wire (self, wire);
  studio_index_add_line (self->wire_index, self->n_wires, flat,
                         studio_path_flatten (&wire->path, flat));
  self->n_wires++;
}

static void
make_wires (StudioScene *self)
{
  guint n = 0;

  for (guint i = 0; i < self->n_boxes; i++)
    n += anf_node_n_inputs (self->boxes[i].node);
  self->wires = g_new0 (StudioWire, n + 1);
  for (guint i = 0; i < self->n_boxes; i++)
    for (guint k = 0; k < anf_node_n_inputs (self->boxes[i].node); k++)
      {
        AnfRef from = anf_node_input (self->boxes[i].node, k);

        if (from.node != 0)
          make_wire (self, &self->boxes[i], k, from);
      }
}

/* Lists the wires by the box at one of their ends. */
static void
list_wires (StudioScene *self, size_t end, guint **first, guint **list)
{
  guint *at;

#define END_OF(w) (*(guint *) ((char *) &self->wires[w] + end))
  *first = g_new0 (guint, self->n_boxes + 1);
  *list = g_new (guint, self->n_wires + 1);
  for (guint w = 0; w < self->n_wires; w++)
    (*first)[END_OF (w) + 1]++;
  for (guint b = 0; b < self->n_boxes; b++)
    (*first)[b + 1] += (*first)[b];
  at = g_memdup2 (*first, sizeof (guint) * (self->n_boxes + 1));
  for (guint w = 0; w < self->n_wires; w++)
    (*list)[at[END_OF (w)]++] = w;
#undef END_OF
  g_free (at);
}

int
studio_scene_wire_at (const StudioScene *self,
                      AnfId              to,
                      guint              in)
{
  const StudioBox *box = studio_scene_box (self, to);
  guint b = box != NULL ? box - self->boxes : 0;

  for (guint k = box != NULL ? self->in_first[b] : 0; box != NULL && k < self->in_first[b + 1]; k++)
    if (self->wires[self->in_wires[k]].in == in)
      return self->in_wires[k];
  return -1;
}

/* ---- segments */

/* A source is in no segment; it is drawn with the one that it alone feeds. */
static void
adopt_sources (StudioScene *self)
{
  for (guint b = 0; self->plan != NULL && b < self->n_boxes; b++)
    {
      int segment = -2;

      if (self->boxes[b].segment >= 0)
        continue;
      for (guint k = self->out_first[b]; k < self->out_first[b + 1]; k++)
        {
          int other = self->boxes[self->wires[self->out_wires[k]].target].segment;

          segment = segment == -2 || segment == other ? other : -1;
        }
      if (self->boxes[b].n_in == 0 && segment >= 0)
        self->boxes[b].segment = segment;
    }
}

static void
free_hull (StudioHull *hull)
{
  g_clear_pointer (&hull->loops, g_array_unref);
  g_clear_pointer (&hull->region, cairo_region_destroy);
}

static void
measure (StudioScene *self)
{
  self->bounds = (StudioRect) { 0, 0, -1, -1 };
  for (guint i = 0; i < self->n_boxes; i++)
    studio_rect_add (&self->bounds, &self->boxes[i].box);
  for (guint i = 0; i < self->n_hulls; i++)
    if (self->hulls[i].bounds.width > 0)
      studio_rect_add (&self->bounds, &self->hulls[i].bounds);
  for (guint i = 0; i < self->frames->len; i++)
    studio_rect_add (&self->bounds, &g_array_index (self->frames, StudioFrame, i).rect);
}

StudioScene *
studio_scene_new (AnfGraph   *graph,
                  AnfReport  *report,
                  AnfPlan    *plan,
                  AnfProfile *profile,
                  gboolean    stale)
{
  StudioScene *self = g_new0 (StudioScene, 1);

  self->graph = anf_graph_ref (graph);
  self->report = report != NULL ? anf_report_ref (report) : NULL;
  self->plan = plan != NULL ? anf_plan_ref (plan) : NULL;
  self->profile = profile != NULL ? anf_profile_ref (profile) : NULL;
  self->stale = stale;
  self->n_boxes = anf_graph_n_nodes (graph);
  self->boxes = g_new0 (StudioBox, self->n_boxes + 1);
  self->by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->box_index = studio_index_new ();
  self->wire_index = studio_index_new ();
  self->moving = g_array_new (FALSE, FALSE, sizeof (guint));
  self->levels = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                        (GDestroyNotify) g_array_unref);
  self->frames = studio_frames_read (graph);
  self->cuts = g_array_new (FALSE, FALSE, sizeof (StudioCut));

  make_boxes (self);
  add_badges (self);
  make_wires (self);
  list_wires (self, G_STRUCT_OFFSET (StudioWire, target), &self->in_first, &self->in_wires);
  list_wires (self, G_STRUCT_OFFSET (StudioWire, source), &self->out_first, &self->out_wires);
  adopt_sources (self);
  self->n_hulls = plan != NULL ? anf_plan_n_segments (plan) : 0;
  self->hulls = g_new0 (StudioHull, self->n_hulls + 1);
  for (guint i = 0; i < self->n_hulls; i++)
    studio_scene_make_hull (self, i);
  measure (self);
  studio_scene_make_cuts (self);
  return self;
}

void
studio_scene_free (StudioScene *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < self->n_boxes; i++)
    {
      g_free (self->boxes[i].attrs);
      g_free (self->boxes[i].cost);
      g_free (self->boxes[i].tag);
      g_strfreev (self->boxes[i].shapes);
    }
  for (guint i = 0; i < self->n_hulls; i++)
    free_hull (&self->hulls[i]);
  g_free (self->boxes);
  g_free (self->wires);
  g_free (self->hulls);
  g_free (self->in_first);
  g_free (self->in_wires);
  g_free (self->out_first);
  g_free (self->out_wires);
  g_array_unref (self->cuts);
  g_array_unref (self->frames);
  g_array_unref (self->moving);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->levels);
  studio_index_free (self->box_index);
  studio_index_free (self->wire_index);
  g_clear_pointer (&self->profile, anf_profile_unref);
  g_clear_pointer (&self->plan, anf_plan_unref);
  g_clear_pointer (&self->report, anf_report_unref);
  anf_graph_unref (self->graph);
  g_free (self);
}

/* ---- moving */

static void
reroute_around (StudioScene *self, guint b)
{
  for (guint k = self->in_first[b]; k < self->in_first[b + 1]; k++)
    route_wire (self, &self->wires[self->in_wires[k]]);
  for (guint k = self->out_first[b]; k < self->out_first[b + 1]; k++)
    route_wire (self, &self->wires[self->out_wires[k]]);
}

static void
put (StudioScene *self, guint b, double dx, double dy, gboolean moving)
{
  StudioBox *box = &self->boxes[b];

  box->box.x = box->home_x + dx;
  box->box.y = box->home_y + dy;
  box->moving = moving;
}

void
studio_scene_displace (StudioScene  *self,
                       const GArray *ids,
                       double        dx,
                       double        dy)
{
  g_autoptr(GArray) touched = g_steal_pointer (&self->moving);
  g_autofree gboolean *hull = g_new0 (gboolean, self->n_hulls + 1);

  self->moving = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < touched->len; i++)
    put (self, g_array_index (touched, guint, i), 0, 0, FALSE);
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    {
      StudioBox *box = studio_scene_box (self, g_array_index (ids, AnfId, i));
      guint b = box != NULL ? box - self->boxes : 0;

      if (box == NULL || box->moving)
        continue;
      put (self, b, dx, dy, TRUE);
      g_array_append_val (self->moving, b);
      g_array_append_val (touched, b);
    }
  for (guint i = 0; i < touched->len; i++)
    {
      guint b = g_array_index (touched, guint, i);

      reroute_around (self, b);
      if (self->boxes[b].segment >= 0)
        hull[self->boxes[b].segment] = TRUE;
    }
  for (guint i = 0; i < self->n_hulls; i++)
    if (hull[i])
      {
        free_hull (&self->hulls[i]);
        studio_scene_make_hull (self, i);
      }
  measure (self);
  studio_scene_make_cuts (self);
}

/* ---- what is in sight */

static int
by_number (gconstpointer a, gconstpointer b)
{
  guint x = *(const guint *) a, y = *(const guint *) b;

  return x < y ? -1 : x > y;
}

static void
drop_repeats (GArray *sorted)
{
  guint n = 0;

  for (guint i = 0; i < sorted->len; i++)
    if (n == 0 || g_array_index (sorted, guint, i) != g_array_index (sorted, guint, n - 1))
      g_array_index (sorted, guint, n++) = g_array_index (sorted, guint, i);
  g_array_set_size (sorted, n);
}

GArray *
studio_scene_boxes_in (const StudioScene *self,
                       const StudioRect  *rect)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (guint));
  guint n = 0;

  studio_index_find (self->box_index, rect, found);
  g_array_append_vals (found, self->moving->data, self->moving->len);
  for (guint i = 0; i < found->len; i++)
    {
      guint b = g_array_index (found, guint, i);

      if (studio_rect_overlaps (&self->boxes[b].box, rect))
        g_array_index (found, guint, n++) = b;
    }
  g_array_set_size (found, n);
  g_array_sort (found, by_number);
  drop_repeats (found);
  return found;
}

GArray *
studio_scene_wires_in (const StudioScene *self,
                       const StudioRect  *rect)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (guint));

  studio_index_find (self->wire_index, rect, found);
  for (guint i = 0; i < self->moving->len; i++)
    {
      guint b = g_array_index (self->moving, guint, i);

      for (guint k = self->in_first[b]; k < self->in_first[b + 1]; k++)
        g_array_append_val (found, self->in_wires[k]);
      for (guint k = self->out_first[b]; k < self->out_first[b + 1]; k++)
        g_array_append_val (found, self->out_wires[k]);
    }
  g_array_sort (found, by_number);
  drop_repeats (found);
  return found;
}
