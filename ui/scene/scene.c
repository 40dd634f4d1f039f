/* scene.c - from graph, report and plan to places on the plane. */
#include "scene.h"

#include <math.h>
#include <string.h>

#include "layout.h"

StudioBox *
studio_scene_box (const StudioScene *self,
                  AnfId              id)
{
  return g_hash_table_lookup (self->by_id, GSIZE_TO_POINTER (id));
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
  AnfRef ref = studio_scene_gives (self, box, port);
  const AnfType *type = self->report != NULL && ref.node != 0
                        ? anf_report_type (self->report, ref.node, ref.port) : NULL;

  if (box->group < 0 && box->category == ANF_CAT_CONST)
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
  if (box->group < 0 && box->category == ANF_CAT_IO && type->rank == 4
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

/* What a box has of its own; where it is comes later. */
static void
make_box (StudioScene *self, StudioBox *box)
{
  const AnfOp *op = anf_node_op (box->node);

  box->category = anf_op_category (op);
  box->segment = self->plan != NULL ? anf_plan_segment_of (self->plan, box->id) : -1;
  box->badge = -1;
  if (box->group >= 0)
    {
      studio_scene_sum_group (self, box);
      return;
    }
  box->open = has_open_slot (op);
  box->n_in = anf_node_n_inputs (box->node) + (box->open ? 1 : 0);
  box->n_out = anf_node_n_outputs (box->node);
  box->muted = anf_node_muted (box->node);
  if (box->muted != NULL)
    box->category = anf_op_category (box->muted);
  box->collapsed = is_collapsed (self->graph, box->id);
  box->pinned = studio_node_is_pinned (self->graph, box->id);
}

/* The corner of a group is that of what is in it. */
static void
place_box (StudioScene *self, guint i)
{
  StudioBox *box = &self->boxes[i];
  guint rows = MAX (1, MAX (box->n_in, box->n_out));
  StudioPoint least = { G_MAXDOUBLE, G_MAXDOUBLE }, at;

  studio_scene_home (self, box->id, &least);
  for (guint k = 0; box->members != NULL && k < box->members->len; k++)
    if (studio_scene_home (self, g_array_index (box->members, AnfId, k), &at))
      least = (StudioPoint) { MIN (least.x, at.x), MIN (least.y, at.y) };
  box->home_x = least.x;
  box->home_y = least.y;
  box->box = (StudioRect) { least.x, least.y, STUDIO_NODE_WIDTH,
                            box->collapsed ? STUDIO_HEADER
                            : STUDIO_HEADER + 6 + STUDIO_PORT_PITCH * rows + STUDIO_FOOTER };
  studio_index_add (self->box_index, i, &box->box);
}

static void
make_boxes (StudioScene *self)
{
  const StudioScene *like = g_steal_pointer (&self->style.like);
  guint n = anf_graph_n_nodes (self->graph);

  self->arranged = !studio_layout_is_placed (self->graph);
  if (self->arranged && like != NULL && like->arranged
      && studio_layout_is_same (like->graph, self->graph))
    self->home = g_memdup2 (like->home, (n + 1) * sizeof *self->home);
  else if (self->arranged)
    self->home = studio_layout_arrange (self->graph, NULL);
  else
    self->home = g_malloc0_n (n + 1, sizeof *self->home);
  for (guint i = 0; i < n && !self->arranged; i++)
    anf_node_position (anf_graph_nth (self->graph, i), &self->home[i][0], &self->home[i][1]);
  studio_scene_fold (self);
  for (guint i = 0; i < self->n_boxes; i++)
    make_box (self, &self->boxes[i]);
  studio_scene_add_ports (self);
  for (guint i = 0; i < self->n_boxes; i++)
    place_box (self, i);

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
  guint n_dots = source->group >= 0 || target->group >= 0 ? 0
                 : studio_wire_dots (self->graph, wire->to, wire->in, wire->from, dots);

  if (n_dots > 0)
    {
      wire->path = (StudioPath) { STUDIO_PATH_DOTS, n_dots + 2 };
      wire->path.at[0] = studio_box_output (source, wire->row_out);
      wire->path.at[n_dots + 1] = studio_box_input (target, wire->row_in);
      memcpy (&wire->path.at[1], dots, n_dots * sizeof *dots);
    }
  else
    wire->path = studio_route (self, studio_box_output (source, wire->row_out),
                               studio_box_input (target, wire->row_in), wire->source,
                               wire->target);
  wire->bounds = (StudioRect) { 0, 0, -1, -1 };
  n = studio_path_flatten (&wire->path, flat);
  for (guint i = 0; i < n; i++)
    studio_rect_add (&wire->bounds, &(StudioRect) { flat[i].x, flat[i].y, 0, 0 });
  wire->bounds = studio_rect_grown (&wire->bounds, 8);
}

#define MANY 4    /* consumers of a constant from which on its wires are not drawn */

/* Row of @ref in the ports of a group. */
static guint
row_of (const GArray *ports, AnfRef ref)
{
  for (guint i = 0; i < ports->len; i++)
    if (g_array_index (ports, AnfRef, i).node == ref.node
        && g_array_index (ports, AnfRef, i).port == ref.port)
      return i;
  return 0;
}

static void
make_wire (StudioScene *self, StudioBox *source, const StudioBox *target, AnfRef from, AnfId to,
           guint in)
{
  StudioWire *wire = &self->wires[self->n_wires];
  const AnfType *type = self->report != NULL
                        ? anf_report_type (self->report, from.node, from.port) : NULL;
  StudioPoint flat[STUDIO_FLAT_MAX];

  *wire = (StudioWire) { .from = from, .to = to, .in = in,
                         .source = source - self->boxes, .target = target - self->boxes,
                         .row_out = source->gives != NULL ? row_of (source->gives, from)
                                                          : from.port,
                         .row_in = target->from != NULL ? row_of (target->from, from) : in,
                         .typed = type != NULL,
                         .bytes = type != NULL ? anf_type_bytes (type) : 0 };
  wire->class = studio_scene_class (self, source, wire->row_out);
  self->has_class[wire->class] = TRUE;
  if (wire->row_out < 32)
    source->wired_out |= 1u << wire->row_out;
  route_wire (self, wire);
  /* Of a short one the few cells that it lies in are as good as those that it touches. */
  if (wire->bounds.width < 512 && wire->bounds.height < 256)
    studio_index_add (self->wire_index, self->n_wires, &wire->bounds);
  else
    studio_index_add_line (self->wire_index, self->n_wires, flat,
                           studio_path_flatten (&wire->path, flat));
  self->n_wires++;
}

static void
make_stub (StudioScene *self, const StudioBox *box, gboolean out, AnfRef from, AnfId to, guint in)
{
  StudioStub stub = { from, to, in, box - self->boxes, 0, out };

  if (out)
    stub.row = box->gives != NULL ? row_of (box->gives, from) : from.port;
  else
    stub.row = box->from != NULL ? row_of (box->from, from) : in;
  g_array_append_val (self->stubs, stub);
}

/* How many wires a node with a constant feeds. */
static guint *
count_consumers (StudioScene *self)
{
  guint n = anf_graph_n_nodes (self->graph), *count = g_new0 (guint, n + 1);

  for (guint i = 0; i < n; i++)
    for (guint k = 0; k < anf_node_n_inputs (anf_graph_nth (self->graph, i)); k++)
      {
        AnfId from = anf_node_input (anf_graph_nth (self->graph, i), k).node;

        if (from != 0)
          count[GPOINTER_TO_UINT (g_hash_table_lookup (self->position,
                                                       GSIZE_TO_POINTER (from)))]++;
      }
  return count;
}

static gboolean
is_stub (const StudioScene *self, const StudioBox *source, AnfId from, const guint *consumers)
{
  return !self->style.whole && source->group < 0 && source->category == ANF_CAT_CONST
         && consumers[GPOINTER_TO_UINT (g_hash_table_lookup (self->position,
                                                             GSIZE_TO_POINTER (from)))] >= MANY;
}

static void
make_wires (StudioScene *self)
{
  g_autofree guint *consumers = count_consumers (self);
  guint n = 0;

  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    n += anf_node_n_inputs (anf_graph_nth (self->graph, i));
  self->wires = g_new0 (StudioWire, n + 1);
  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);
      StudioBox *target = studio_scene_box (self, anf_node_id (node));

      for (guint k = 0; k < anf_node_n_inputs (node); k++)
        {
          AnfRef from = anf_node_input (node, k);
          StudioBox *source = from.node != 0 ? studio_scene_box (self, from.node) : NULL;

          if (from.node == 0 || source == target)
            continue;
          if (source == NULL || target == NULL || is_stub (self, source, from.node, consumers))
            make_stub (self, target != NULL ? target : source, target == NULL, from,
                       anf_node_id (node), k);
          else
            make_wire (self, source, target, from, anf_node_id (node), k);
        }
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
    if (self->wires[self->in_wires[k]].in == in && self->wires[self->in_wires[k]].to == to)
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
  for (guint g = 0; g < self->groups->all->len; g++)
    if (studio_groups_nth (self->groups, g)->rect.width > 0)
      studio_rect_add (&self->bounds, &studio_groups_nth (self->groups, g)->rect);
}

StudioScene *
studio_scene_new (AnfGraph   *graph,
                  AnfReport  *report,
                  AnfPlan    *plan,
                  AnfProfile *profile,
                  gboolean    stale)
{
  return studio_scene_new_in (graph, report, plan, profile, stale, NULL, NULL);
}

/* Empty, with all that is to be shown. */
static StudioScene *
scene_new (AnfGraph *graph, AnfReport *report, AnfPlan *plan, AnfProfile *profile, gboolean stale)
{
  StudioScene *self = g_new0 (StudioScene, 1);

  self->graph = anf_graph_ref (graph);
  self->report = report != NULL ? anf_report_ref (report) : NULL;
  self->plan = plan != NULL ? anf_plan_ref (plan) : NULL;
  self->profile = profile != NULL ? anf_profile_ref (profile) : NULL;
  self->stale = stale;
  self->by_id = g_hash_table_new (NULL, NULL);
  self->position = g_hash_table_new (NULL, NULL);
  self->box_index = studio_index_new ();
  self->wire_index = studio_index_new ();
  self->moving = g_array_new (FALSE, FALSE, sizeof (guint));
  self->levels = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                        (GDestroyNotify) g_array_unref);
  self->cuts = g_array_new (FALSE, FALSE, sizeof (StudioCut));
  self->stubs = g_array_new (FALSE, FALSE, sizeof (StudioStub));
  return self;
}

StudioScene *
studio_scene_new_in (AnfGraph          *graph,
                     AnfReport         *report,
                     AnfPlan           *plan,
                     AnfProfile        *profile,
                     gboolean           stale,
                     const char        *scope,
                     const StudioStyle *style)
{
  StudioScene *self = scene_new (graph, report, plan, profile, stale);

  if (style != NULL)
    self->style = *style;

  self->groups = studio_groups_new (graph, scope);
  self->scope = scope != NULL ? studio_groups_find (self->groups, scope) : STUDIO_NO_GROUP;
  /* Frames are of the whole. */
  self->frames = self->scope >= 0 ? studio_frames_new () : studio_frames_read (graph);
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
  studio_scene_measure_groups (self);
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
      g_clear_pointer (&self->boxes[i].members, g_array_unref);
      g_clear_pointer (&self->boxes[i].from, g_array_unref);
      g_clear_pointer (&self->boxes[i].gives, g_array_unref);
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
  g_free (self->home);
  g_array_unref (self->cuts);
  g_array_unref (self->stubs);
  g_array_unref (self->frames);
  studio_groups_free (self->groups);
  g_array_unref (self->moving);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->position);
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
  studio_scene_measure_groups (self);
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
