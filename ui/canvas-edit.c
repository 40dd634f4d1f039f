/* canvas-edit.c - from a wish to a new graph. */
#include "canvas-private.h"
#include "layout.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* A document without places is shown arranged; from the first edit on those places are its own, so
 * that nothing jumps. */
AnfGraphBuilder *
studio_canvas_begin_edit (StudioCanvas *self)
{
  AnfGraphBuilder *b = anf_graph_builder_new (self->graph);
  StudioScene *scene = studio_canvas_scene (self);

  for (guint i = 0; scene != NULL && scene->arranged && i < anf_graph_n_nodes (self->graph); i++)
    anf_graph_builder_set_position (b, anf_node_id (anf_graph_nth (self->graph, i)),
                                    scene->home[i][0], scene->home[i][1]);
  return b;
}

static const char *
name_of (StudioCanvas *self, AnfId id)
{
  const AnfNode *node = anf_graph_find (self->graph, id);

  return node != NULL ? anf_node_name (node) : "";
}

/* "c1", or "3 nodes". */
char *
studio_canvas_describe (StudioCanvas *self,
                        const GArray *ids)
{
  if (ids->len == 1)
    return g_strdup (name_of (self, g_array_index (ids, AnfId, 0)));
  return g_strdup_printf (ngettext ("%u node", "%u nodes", ids->len), ids->len);
}

void
studio_canvas_move (StudioCanvas *self,
                    const GArray *ids,
                    double        dx,
                    double        dy,
                    const char   *merge)
{
  StudioScene *scene = studio_canvas_scene (self);
  AnfGraphBuilder *b;
  g_autofree char *what = NULL, *label = NULL;

  if (scene == NULL || ids->len == 0 || (dx == 0 && dy == 0))
    return;
  b = studio_canvas_begin_edit (self);
  for (guint i = 0; i < ids->len; i++)
    {
      AnfId id = g_array_index (ids, AnfId, i);
      StudioPoint at;

      if (studio_scene_home (scene, id, &at))
        anf_graph_builder_set_position (b, id, at.x + dx, at.y + dy);
    }
  what = studio_canvas_describe (self, ids);
  label = g_strdup_printf (_("Move %s"), what);
  studio_canvas_ask (self, b, label, merge);
}

/* ---- wires */

void
studio_canvas_connect (StudioCanvas *self,
                       AnfRef        from,
                       AnfId         to,
                       guint         in,
                       int           instead_of)
{
  AnfGraphBuilder *b = studio_canvas_begin_edit (self);
  g_autofree char *label = g_strdup_printf (_("Connect %s to %s"), name_of (self, from.node),
                                            name_of (self, to));

  if (instead_of >= 0)
    {
      const StudioWire *old = &self->scene->wires[instead_of];

      /* Taking a wire out of a variadic port moves those after it up. */
      anf_graph_builder_connect (b, (AnfRef) { 0 }, old->to, old->in);
      if (old->to == to && old->in < in && self->scene->boxes[old->target].open)
        in--;
    }
  anf_graph_builder_connect (b, from, to, in);
  studio_canvas_ask (self, b, label, NULL);
}

void
studio_canvas_disconnect (StudioCanvas *self,
                          int           wire)
{
  const StudioWire *w = &self->scene->wires[wire];
  AnfGraphBuilder *b = studio_canvas_begin_edit (self);
  g_autofree char *label = g_strdup_printf (_("Disconnect %s from %s"), name_of (self, w->to),
                                            name_of (self, w->from.node));

  /* A wire into a group may be several. The last first: those of a variadic port move up. */
  for (guint k = self->scene->in_first[w->target + 1]; k-- > self->scene->in_first[w->target];)
    {
      const StudioWire *other = &self->scene->wires[self->scene->in_wires[k]];

      if (other == w || (self->scene->boxes[w->target].group >= 0 && other->row_in == w->row_in))
        anf_graph_builder_connect (b, (AnfRef) { 0 }, other->to, other->in);
    }
  studio_canvas_ask (self, b, label, NULL);
}

void
studio_canvas_insert (StudioCanvas *self,
                      AnfId         id,
                      double        dx,
                      double        dy,
                      int           wire)
{
  const StudioWire *w = &self->scene->wires[wire];
  const StudioBox *box = studio_scene_box (self->scene, id);
  AnfGraphBuilder *b = studio_canvas_begin_edit (self);
  g_autofree char *label = g_strdup_printf (_("Insert %s between %s and %s"), name_of (self, id),
                                            name_of (self, w->from.node), name_of (self, w->to));

  studio_canvas_push (self, b, &(StudioRect) { box->home_x + dx, box->home_y + dy, box->box.width,
                                               box->box.height }, w->to);
  anf_graph_builder_set_position (b, id, box->home_x + dx, box->home_y + dy);
  anf_graph_builder_connect (b, w->from, id, 0);
  anf_graph_builder_connect (b, (AnfRef) { id, 0 }, w->to, w->in);
  studio_canvas_ask (self, b, label, NULL);
}

/* ---- adding */

/* Down from @at until the node covers no other. */
static StudioPoint
free_place (StudioScene *scene, StudioPoint at)
{
  for (int i = 0; i < 64; i++)
    {
      StudioRect rect = { at.x - 8, at.y - 8, STUDIO_NODE_WIDTH + 16, 92 };
      g_autoptr(GArray) near = studio_scene_boxes_in (scene, &rect);

      if (near->len == 0)
        break;
      at.y += 2 * STUDIO_GRID_PITCH;
    }
  return at;
}

double
studio_canvas_snapped (StudioCanvas *self,
                       double        v)
{
  return self->snap ? round (v / STUDIO_GRID_PITCH) * STUDIO_GRID_PITCH : round (v);
}

AnfId
studio_canvas_add_node (StudioCanvas *self,
                        const AnfOp  *op,
                        StudioPoint   at,
                        AnfRef        from,
                        AnfId         to,
                        guint         in)
{
  AnfGraphBuilder *b = studio_canvas_begin_edit (self);
  AnfId id = anf_graph_builder_add (b, op);
  g_autofree char *label
    = from.node != 0 && to != 0
      ? g_strdup_printf (_("Insert %s between %s and %s"), anf_op_title (op),
                         name_of (self, from.node), name_of (self, to))
      : g_strdup_printf (_("Add %s"), anf_op_title (op));

  anf_graph_builder_set_position (b, id, studio_canvas_snapped (self, at.x),
                                  studio_canvas_snapped (self, at.y));
  if (from.node != 0 && anf_op_input (op, 0) != NULL)
    anf_graph_builder_connect (b, from, id, 0);
  if (to != 0)
    anf_graph_builder_connect (b, (AnfRef) { id, 0 }, to, in);
  if (to != 0 && from.node != 0)
    studio_canvas_push (self, b, &(StudioRect) { studio_canvas_snapped (self, at.x),
                                                 studio_canvas_snapped (self, at.y),
                                                 STUDIO_NODE_WIDTH, 76 }, to);
  if (!studio_canvas_ask (self, b, label, NULL))
    return 0;
  studio_canvas_select (self, id);
  return id;
}

void
studio_canvas_add_op (StudioCanvas *self,
                      const char   *op_name)
{
  const AnfOp *op = anf_op_lookup (op_name);
  StudioScene *scene;
  const StudioBox *active;
  StudioPoint at;
  AnfRef from = { 0 };

  g_return_if_fail (STUDIO_IS_CANVAS (self));

  if ((scene = studio_canvas_scene (self)) == NULL || op == NULL)
    return;
  active = studio_scene_box (scene, studio_canvas_active (self));
  if (active != NULL && active->n_out == 1 && anf_op_input (op, 0) != NULL)
    {
      from = (AnfRef) { active->id, 0 };
      at = (StudioPoint) { active->box.x + STUDIO_NODE_WIDTH + 40, active->box.y };
    }
  else
    {
      at = studio_canvas_to_plane (self, gtk_widget_get_width (GTK_WIDGET (self)) / 2.0,
                                   gtk_widget_get_height (GTK_WIDGET (self)) / 2.0);
      at = (StudioPoint) { at.x - STUDIO_NODE_WIDTH / 2, at.y - 38 };
    }
  at = free_place (scene, at);
  studio_canvas_reveal (self, studio_canvas_add_node (self, op, at, from, 0, 0));
}

/* ---- removing */

/* What a removed node passed on: the source of its first wire, through other removed ones. */
static AnfRef
passed_on (StudioCanvas *self, AnfRef from)
{
  for (guint steps = 0; steps <= self->scene->n_boxes; steps++)
    {
      const StudioBox *box = studio_scene_box (self->scene, from.node);
      guint b = box != NULL ? box - self->scene->boxes : 0;

      if (box == NULL || !studio_canvas_is_selected (self, from.node))
        return from;
      if (self->scene->in_first[b] == self->scene->in_first[b + 1])
        break;
      from = self->scene->wires[self->scene->in_wires[self->scene->in_first[b]]].from;
    }
  return (AnfRef) { 0 };
}

static void
reconnect_all (StudioCanvas *self, AnfGraphBuilder *b)
{
  for (guint w = 0; w < self->scene->n_wires; w++)
    {
      const StudioWire *wire = &self->scene->wires[w];
      AnfRef from = passed_on (self, wire->from);

      if (studio_canvas_is_selected (self, wire->from.node)
          && !studio_canvas_is_selected (self, wire->to) && from.node != 0)
        anf_graph_builder_connect (b, from, wire->to, wire->in);
    }
  for (guint i = 0; i < anf_graph_n_outputs (self->graph); i++)
    {
      AnfRef old, from;
      const char *name = anf_graph_nth_output (self->graph, i, &old);

      from = passed_on (self, old);
      if (studio_canvas_is_selected (self, old.node) && from.node != 0)
        anf_graph_builder_set_output (b, name, from);
    }
}

void
studio_canvas_delete (StudioCanvas *self,
                      gboolean      reconnect)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  AnfGraphBuilder *b;
  g_autofree char *what = NULL, *label = NULL;

  if (studio_canvas_scene (self) == NULL)
    return;
  if (ids->len == 0)
    {
      if (studio_canvas_delete_frame (self))
        return;
      if (self->selected_wire >= 0)
        studio_canvas_disconnect (self, self->selected_wire);
      return;
    }
  b = studio_canvas_begin_edit (self);
  what = studio_canvas_describe (self, ids);
  label = g_strdup_printf (reconnect ? _("Delete %s and reconnect") : _("Delete %s"), what);
  if (reconnect)
    reconnect_all (self, b);
  for (guint i = 0; i < ids->len; i++)
    anf_graph_builder_remove (b, g_array_index (ids, AnfId, i));
  if (studio_canvas_ask (self, b, label, NULL))
    studio_canvas_select (self, 0);
}

/* ---- arranging */

/* @at: by position of the node in @graph; all, or those of @ids, come to lie there. */
static void
place (AnfGraphBuilder *b, const AnfGraph *graph, const GArray *ids, double (*at)[2])
{
  g_autoptr(GHashTable) among = g_hash_table_new (NULL, NULL);

  for (guint i = 0; ids != NULL && i < ids->len; i++)
    g_hash_table_add (among, GSIZE_TO_POINTER (g_array_index (ids, AnfId, i)));
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      AnfId id = anf_node_id (anf_graph_nth (graph, i));

      if (ids == NULL || g_hash_table_contains (among, GSIZE_TO_POINTER (id)))
        anf_graph_builder_set_position (b, id, at[i][0], at[i][1]);
    }
}

/* Ids of what is in the entered group (transfer full); NULL: none was. */
static GArray *
entered (StudioCanvas *self)
{
  StudioScene *scene = studio_canvas_scene (self);

  return scene != NULL && scene->scope >= 0 ? studio_groups_ids (scene->groups, scene->scope)
                                            : NULL;
}

void
studio_canvas_ask_arranged (StudioCanvas *self,
                            AnfGraph     *graph,
                            const char   *label)
{
  g_autoptr(GArray) ids = entered (self);
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  double (*at)[2] = studio_layout_arrange (graph, ids);

  place (b, graph, ids, at);
  g_free (at);
  if (studio_canvas_ask (self, b, label, NULL))
    studio_canvas_fit (self);
}

void
studio_canvas_arrange (StudioCanvas *self,
                       const GArray *ids)
{
  g_autoptr(GArray) all = ids == NULL ? entered (self) : NULL;
  AnfGraphBuilder *b;
  double (*at)[2];

  if (self->graph == NULL || anf_graph_n_nodes (self->graph) == 0)
    return;
  b = studio_canvas_begin_edit (self);
  at = studio_layout_arrange (self->graph, ids != NULL ? ids : all);
  place (b, self->graph, ids != NULL ? ids : all, at);
  g_free (at);
  if (studio_canvas_ask (self, b, ids == NULL ? _("Arrange") : _("Arrange selection"), NULL)
      && ids == NULL)
    studio_canvas_fit (self);
}
