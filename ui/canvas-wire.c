/* canvas-wire.c - dragging a wire: what would take it, and why the rest would not. */
#include "canvas-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Trying a port costs a check of the graph: as many at a time as a frame can bear, µs. */
#define SLICE 5000

/* ---- may it run so? */

/* "c2 → r2 → p2" from @from to @to along wires. */
static char *
path_between (StudioCanvas *self, AnfId from, AnfId to)
{
  StudioScene *scene = self->scene;
  g_autoptr(GHashTable) came = g_hash_table_new (g_direct_hash, g_direct_equal);
  g_autoptr(GQueue) queue = g_queue_new ();
  StudioBox *start = studio_scene_box (scene, from), *goal = studio_scene_box (scene, to);
  GString *text = g_string_new (NULL);
  guint steps = 0;

  g_hash_table_insert (came, start, start);
  g_queue_push_tail (queue, start);
  while (!g_queue_is_empty (queue) && !g_hash_table_contains (came, goal))
    {
      StudioBox *box = g_queue_pop_head (queue);
      guint b = box - scene->boxes;

      for (guint k = scene->out_first[b]; k < scene->out_first[b + 1]; k++)
        {
          StudioBox *next = &scene->boxes[scene->wires[scene->out_wires[k]].target];

          if (!g_hash_table_contains (came, next))
            {
              g_hash_table_insert (came, next, box);
              g_queue_push_tail (queue, next);
            }
        }
    }
  for (StudioBox *box = goal; box != NULL; box = g_hash_table_lookup (came, box), steps++)
    {
      if (steps < 6 || box == start)
        g_string_prepend (text, studio_box_title (scene, box));
      else if (steps == 6)
        g_string_prepend (text, "…");
      else if (box != start)
        continue;
      if (box == start)
        break;
      if (steps <= 6)
        g_string_prepend (text, " → ");
    }
  return g_string_free (text, FALSE);
}

static gboolean
is_known (const AnfReport *report, const AnfFinding *finding)
{
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *other = anf_report_nth_finding (report, i);

      if (other->node == finding->node && g_strcmp0 (other->code, finding->code) == 0
          && g_strcmp0 (other->field, finding->field) == 0
          && g_strcmp0 (other->message, finding->message) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Makes the edit on a copy and reads the first new error at the node that takes the wire. */
static char *
trial (StudioCanvas *self, AnfRef from, AnfId to, guint in)
{
  AnfGraphBuilder *b = anf_graph_builder_new (self->graph);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) edited = NULL;
  g_autoptr(AnfReport) before = NULL, after = NULL;

  anf_graph_builder_connect (b, from, to, in);
  if ((edited = anf_graph_builder_end (b, &error)) == NULL)
    return g_strdup (error->message);
  before = self->report != NULL && anf_report_graph (self->report) == self->graph
           ? anf_report_ref (self->report) : anf_check (self->graph, NULL);
  after = anf_check (edited, anf_report_target (before));
  for (guint i = 0; i < anf_report_n_findings (after); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (after, i);

      if (finding->severity == ANF_ERROR_FINDING && finding->node == to
          && !is_known (before, finding))
        return finding->hint != NULL ? g_strdup_printf ("%s %s", finding->message, finding->hint)
                                     : g_strdup (finding->message);
    }
  return NULL;
}

/* The rules that cost nothing. */
static char *
plain_refusal (StudioCanvas *self, AnfRef from, AnfId to)
{
  if (from.node == to)
    return g_strdup (_("A node cannot feed itself."));
  if (anf_graph_reaches (self->graph, to, from.node))
    {
      g_autofree char *path = path_between (self, to, from.node);

      return g_strdup_printf (_("This would close a loop: %s already runs there."), path);
    }
  return NULL;
}

char *
studio_canvas_refusal (StudioCanvas *self,
                       AnfRef        from,
                       AnfId         to,
                       guint         in)
{
  char *why = plain_refusal (self, from, to);

  return why != NULL ? why : trial (self, from, to, in);
}

/* ---- which ports glow */

/* The wire that the loose end would make at this port of the node. */
static void
ends_at (StudioCanvas *self, AnfId id, guint port, AnfRef *from, AnfId *to, guint *in)
{
  *from = self->wiring.to_inputs ? self->wire_from : (AnfRef) { id, port };
  *to = self->wiring.to_inputs ? id : self->wire_to;
  *in = self->wiring.to_inputs ? port : self->wire_in;
}

static guint
n_ports (StudioCanvas *self, const StudioBox *box)
{
  return MIN (64, self->wiring.to_inputs ? box->n_in : box->n_out);
}

/* Marks @start and all boxes from which it can be reached (or, if @down, that it reaches). */
static gboolean *
reached (StudioScene *scene, guint start, gboolean down)
{
  gboolean *seen = g_new0 (gboolean, scene->n_boxes + 1);
  g_autoptr(GArray) stack = g_array_new (FALSE, FALSE, sizeof (guint));
  const guint *first = down ? scene->out_first : scene->in_first;
  const guint *wires = down ? scene->out_wires : scene->in_wires;

  seen[start] = TRUE;
  g_array_append_val (stack, start);
  while (stack->len > 0)
    {
      guint b = g_array_index (stack, guint, stack->len - 1);

      g_array_set_size (stack, stack->len - 1);
      for (guint k = first[b]; k < first[b + 1]; k++)
        {
          const StudioWire *wire = &scene->wires[wires[k]];
          guint next = down ? wire->target : wire->source;

          if (!seen[next])
            {
              seen[next] = TRUE;
              g_array_append_val (stack, next);
            }
        }
    }
  return seen;
}

static void
guess_fits (StudioCanvas *self)
{
  StudioScene *scene = self->scene;
  gboolean to_inputs = self->wiring.to_inputs;
  guint fixed = studio_scene_box (scene, to_inputs ? self->wire_from.node : self->wire_to)
                - scene->boxes;
  g_autofree gboolean *loops = reached (scene, fixed, !to_inputs);

  self->fits = g_new0 (guint64, scene->n_boxes + 1);
  self->tried = g_new0 (guint64, scene->n_boxes + 1);
  for (guint i = 0; i < scene->n_boxes; i++)
    {
      guint n = n_ports (self, &scene->boxes[i]);

      if (!loops[i])
        self->fits[i] = n >= 64 ? G_MAXUINT64 : (G_GUINT64_CONSTANT (1) << n) - 1;
    }
  self->wiring.fits = self->fits;
}

static void
try_port (StudioCanvas *self, StudioBox *box, guint port)
{
  guint b = box - self->scene->boxes;
  guint64 bit = G_GUINT64_CONSTANT (1) << port;
  g_autofree char *why = NULL;
  AnfRef from;
  AnfId to, id;
  guint in;

  if (self->tried[b] & bit)
    return;
  self->tried[b] |= bit;
  if (self->wiring.to_inputs)
    studio_scene_takes (self->scene, box, port, &id, &port);
  else
    {
      from = studio_scene_gives (self->scene, box, port);
      id = from.node;
      port = from.port;
    }
  ends_at (self, id, port, &from, &to, &in);
  if ((why = trial (self, from, to, in)) != NULL)
    self->fits[b] &= ~bit;
}

/* Tries ports in view for a few ms, then lets the next frame through. */
static gboolean
on_try (gpointer data)
{
  StudioCanvas *self = data;
  gint64 end = g_get_monotonic_time () + SLICE;
  StudioView view;
  StudioRect rect;
  g_autoptr(GArray) near = NULL;
  gboolean changed = FALSE;

  studio_canvas_get_view (self, &view);
  rect = studio_view_rect (&view);
  near = studio_scene_boxes_in (self->scene, &rect);
  for (guint i = 0; i < near->len; i++)
    {
      guint b = g_array_index (near, guint, i);

      for (guint p = 0; p < n_ports (self, &self->scene->boxes[b]); p++)
        {
          if (!(self->fits[b] >> p & 1) || (self->tried[b] >> p & 1))
            continue;
          try_port (self, &self->scene->boxes[b], p);
          changed = TRUE;
          if (g_get_monotonic_time () > end)
            {
              gtk_widget_queue_draw (GTK_WIDGET (self));
              return G_SOURCE_CONTINUE;
            }
        }
    }
  if (changed)
    gtk_widget_queue_draw (GTK_WIDGET (self));
  self->trying = 0;
  return G_SOURCE_REMOVE;
}

/* ---- the gesture */

void
studio_canvas_end_wire (StudioCanvas *self)
{
  g_clear_handle_id (&self->trying, g_source_remove);
  g_clear_pointer (&self->fits, g_free);
  g_clear_pointer (&self->tried, g_free);
  self->wiring = (StudioWiring) { .held = -1, .doomed = -1 };
  if (!self->refusal_stays)
    {
      g_clear_pointer (&self->refusal_title, g_free);
      g_clear_pointer (&self->refusal_why, g_free);
    }
}

/* Class of what the output gives, be it a port of a group or of its own node. */
static StudioClass
class_of (StudioScene *scene, AnfRef from)
{
  const StudioBox *box = studio_scene_box (scene, from.node);

  for (guint i = 0; box->gives != NULL && i < box->gives->len; i++)
    if (g_array_index (box->gives, AnfRef, i).node == from.node
        && g_array_index (box->gives, AnfRef, i).port == from.port)
      return studio_scene_class (scene, box, i);
  return studio_scene_class (scene, box, from.port);
}

void
studio_canvas_begin_wire (StudioCanvas    *self,
                          const StudioHit *hit)
{
  StudioScene *scene = studio_canvas_scene (self);
  int wire = hit->kind == STUDIO_HIT_INPUT
             ? studio_scene_wire_at (scene, hit->node, hit->port) : -1;

  studio_canvas_end_wire (self);
  self->drag = STUDIO_DRAG_WIRE;
  self->wiring.held = wire;
  if (wire >= 0)
    {
      /* Picked up at its input: the output end stays. */
      self->wiring.to_inputs = TRUE;
      self->wire_from = scene->wires[wire].from;
      self->wiring.class = scene->wires[wire].class;
    }
  else if (hit->kind == STUDIO_HIT_OUTPUT)
    {
      self->wiring.to_inputs = TRUE;
      self->wire_from = (AnfRef) { hit->node, hit->port };
      self->wiring.class = class_of (scene, self->wire_from);
    }
  else
    {
      self->wire_to = hit->node;
      self->wire_in = hit->port;
      self->wiring.class = STUDIO_CLASS_CONST;
    }
  guess_fits (self);
  self->trying = g_idle_add (on_try, self);
  studio_canvas_update_wire (self);
}

static void
refuse (StudioCanvas *self, AnfId id, guint port, char *why)
{
  const AnfNode *node = anf_graph_find (self->graph, id);
  const char *field = self->wiring.to_inputs && port < anf_node_n_inputs (node)
                      ? anf_node_input_name (node, port) : NULL;

  g_free (self->refusal_title);
  g_free (self->refusal_why);
  self->refusal_title = field != NULL
                        ? g_strdup_printf (_("%s.%s refuses this wire"),
                                           anf_node_name (node), field)
                        : g_strdup_printf (_("%s refuses this wire"), anf_node_name (node));
  self->refusal_why = why;
  self->refusal_at = self->wiring.to_inputs
                     ? studio_scene_input_at (self->scene, id, port)
                     : studio_scene_output_at (self->scene, (AnfRef) { id, port });
}

/* The port under the pointer is what matters: it is tried at once, with the reason. */
static void
look_at (StudioCanvas *self, const StudioHit *hit)
{
  StudioBox *box = studio_scene_box (self->scene, hit->node);
  AnfRef from;
  AnfId to;
  guint in;
  char *why;

  if (self->wiring.over == hit->node && self->wiring.over_port == hit->port)
    return;
  self->wiring.over = hit->node;
  self->wiring.over_port = hit->port;
  self->wiring.refused = FALSE;
  self->wiring.doomed = -1;
  g_clear_pointer (&self->refusal_title, g_free);
  g_clear_pointer (&self->refusal_why, g_free);
  if (box == NULL)
    return;

  ends_at (self, hit->node, hit->port, &from, &to, &in);
  self->wiring.doomed = studio_scene_wire_at (self->scene, to, in);
  if (self->wiring.doomed == self->wiring.held)
    self->wiring.doomed = -1;
  /* Back where it was: nothing changes, so nothing is refused. */
  if (self->wiring.held >= 0 && self->scene->wires[self->wiring.held].to == to
      && self->scene->wires[self->wiring.held].in == in)
    return;
  if ((why = studio_canvas_refusal (self, from, to, in)) != NULL)
    {
      self->wiring.refused = TRUE;
      self->wiring.doomed = -1;
      refuse (self, hit->node, hit->port, why);
    }
}

void
studio_canvas_update_wire (StudioCanvas *self)
{
  StudioPoint p = studio_canvas_to_plane (self, self->pointer_x, self->pointer_y);
  StudioHit hit = studio_scene_hit_port (self->scene, p.x, p.y, self->wiring.to_inputs);
  StudioBox *box;
  StudioPoint a, b;

  look_at (self, &hit);
  box = studio_scene_box (self->scene, hit.node);
  if (box != NULL && !self->wiring.refused)
    p = self->wiring.to_inputs
        ? studio_scene_input_at (self->scene, hit.node, hit.port)
        : studio_scene_output_at (self->scene, (AnfRef) { hit.node, hit.port });
  a = self->wiring.to_inputs ? studio_scene_output_at (self->scene, self->wire_from) : p;
  b = self->wiring.to_inputs ? p
      : studio_scene_input_at (self->scene, self->wire_to, self->wire_in);
  self->wiring.path = studio_route (NULL, a, b, -1, -1);
  if (self->trying == 0)
    self->trying = g_idle_add (on_try, self);
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), self->wiring.refused ? "no-drop"
                                   : box != NULL ? "copy" : "crosshair");
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* The next operator that is picked goes into this wire. */
void
studio_canvas_aim_at_wire (StudioCanvas *self,
                           int           wire,
                           double        x,
                           double        y)
{
  const StudioWire *w = &self->scene->wires[wire];

  self->add_from = w->from;
  self->add_to = w->to;
  self->add_in = w->in;
  self->add_at = (StudioPoint) { x - STUDIO_NODE_WIDTH / 2, y - STUDIO_FIRST_PORT };
}

/* The wire under the middle of the one node that is moved, if it has no wires yet; -1: none. */
int
studio_canvas_wire_under (StudioCanvas *self)
{
  StudioScene *scene = self->scene;
  const StudioBox *box = self->carried->len == 1
                         ? studio_scene_box (scene, g_array_index (self->carried, AnfId, 0)) : NULL;
  guint b = box != NULL ? box - scene->boxes : 0;
  g_autoptr(GArray) near = NULL;
  double least = 20;
  int best = -1;

  if (box == NULL || box->n_in == 0 || box->n_out == 0
      || scene->in_first[b] != scene->in_first[b + 1]
      || scene->out_first[b] != scene->out_first[b + 1])
    return -1;
  near = studio_scene_wires_in (scene, &box->box);
  for (guint i = 0; i < near->len; i++)
    {
      guint w = g_array_index (near, guint, i);
      double d = studio_path_distance (&scene->wires[w].path, box->box.x + box->box.width / 2,
                                       box->box.y + STUDIO_FIRST_PORT);

      if (d < least)
        least = d, best = w;
    }
  return best;
}

/* In the empty: a picked up wire is let go; a new one asks for a node to go on with. */
static void
drop_in_empty (StudioCanvas *self)
{
  int held = self->wiring.held;
  gboolean to_inputs = self->wiring.to_inputs;
  StudioWiring pending = { self->wiring.path, self->wiring.class, to_inputs, NULL, -1, -1 };
  double x = self->pointer_x, y = self->pointer_y;
  StudioPoint p = studio_canvas_to_plane (self, x, y);

  studio_canvas_end_wire (self);
  if (held >= 0)
    {
      studio_canvas_disconnect (self, held);
      return;
    }
  self->add_from = to_inputs ? self->wire_from : (AnfRef) { 0 };
  self->add_to = to_inputs ? 0 : self->wire_to;
  self->add_in = self->wire_in;
  self->add_at = (StudioPoint) { to_inputs ? p.x : p.x - STUDIO_NODE_WIDTH,
                                 p.y - STUDIO_FIRST_PORT };
  /* Stays in sight until a node is chosen for its end, or none. */
  self->wiring = pending;
  g_signal_emit_by_name (self, "pick-op", x, y);
}

void
studio_canvas_drop_wire (StudioCanvas *self)
{
  int held = self->wiring.held;
  StudioBox *box = studio_scene_box (self->scene, self->wiring.over);
  gboolean refused = self->wiring.refused;
  guint port = self->wiring.over_port;
  AnfRef from;
  AnfId to;
  guint in;

  if (box == NULL)
    {
      drop_in_empty (self);
      return;
    }
  ends_at (self, self->wiring.over, port, &from, &to, &in);
  self->refusal_stays = refused;
  studio_canvas_end_wire (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (refused)
    gtk_widget_error_bell (GTK_WIDGET (self));
  else if (held < 0 || self->scene->wires[held].to != to || self->scene->wires[held].in != in)
    studio_canvas_connect (self, from, to, in, held);
}
