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

  for (guint i = 0; scene != NULL && scene->arranged && i < scene->n_boxes; i++)
    anf_graph_builder_set_position (b, scene->boxes[i].id, scene->boxes[i].home_x,
                                    scene->boxes[i].home_y);
  return b;
}

static const char *
name_of (StudioCanvas *self, AnfId id)
{
  const AnfNode *node = anf_graph_find (self->graph, id);

  return node != NULL ? anf_node_name (node) : "";
}

/* "c1", or "3 nodes". */
static char *
describe (StudioCanvas *self, const GArray *ids)
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
      const StudioBox *box = studio_scene_box (scene, g_array_index (ids, AnfId, i));

      if (box != NULL)
        anf_graph_builder_set_position (b, box->id, box->home_x + dx, box->home_y + dy);
    }
  what = describe (self, ids);
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

  anf_graph_builder_connect (b, (AnfRef) { 0 }, w->to, w->in);
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

static double
snapped (StudioCanvas *self, double v)
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

  anf_graph_builder_set_position (b, id, snapped (self, at.x), snapped (self, at.y));
  if (from.node != 0 && anf_op_input (op, 0) != NULL)
    anf_graph_builder_connect (b, from, id, 0);
  if (to != 0)
    anf_graph_builder_connect (b, (AnfRef) { id, 0 }, to, in);
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
      if (self->selected_wire >= 0)
        studio_canvas_disconnect (self, self->selected_wire);
      return;
    }
  b = studio_canvas_begin_edit (self);
  what = describe (self, ids);
  label = g_strdup_printf (reconnect ? _("Delete %s and reconnect") : _("Delete %s"), what);
  if (reconnect)
    reconnect_all (self, b);
  for (guint i = 0; i < ids->len; i++)
    anf_graph_builder_remove (b, g_array_index (ids, AnfId, i));
  if (studio_canvas_ask (self, b, label, NULL))
    studio_canvas_select (self, 0);
}

/* ---- copying */

/* A name for the copy of a node: the same if it is free, else with the next free number. */
static void
name_copy (AnfGraphBuilder *b, AnfId id, const char *name)
{
  gsize stem = strlen (name);
  g_autofree char *base = NULL;

  if (anf_graph_builder_set_name (b, id, name))
    return;
  while (stem > 1 && g_ascii_isdigit (name[stem - 1]))
    stem--;
  base = g_strndup (name, stem);
  for (guint n = 2; n < 100000; n++)
    {
      g_autofree char *candidate = g_strdup_printf ("%s%u", base, n);

      if (anf_graph_builder_set_name (b, id, candidate))
        return;
    }
}

static void
copy_attrs (AnfGraphBuilder *b, AnfId id, const AnfNode *node)
{
  const AnfOp *op = anf_node_op (node);
  const AnfAttr *attr;

  for (guint i = 0; (attr = anf_op_attr (op, i)) != NULL; i++)
    if (anf_node_attr_is_set (node, attr->name))
      {
        g_autoptr(GVariant) value = anf_node_attr (node, attr->name);

        anf_graph_builder_set_attr (b, id, attr->name, value);
      }
}

static gboolean
is_same_weight (AnfWeight *a, AnfWeight *b)
{
  g_autofree char *sa = anf_weight_source (a), *sb = anf_weight_source (b);

  return a == b || (anf_weight_tensor (a) != NULL && anf_weight_tensor (a) == anf_weight_tensor (b))
         || (g_strcmp0 (sa, sb) == 0 && strchr (sa, '.') != NULL);
}

/* The name under which the new graph knows this weight; it is brought along if it does not. */
static char *
bring_weight (StudioCanvas *self, AnfGraphBuilder *b, const AnfGraph *from, const char *name)
{
  AnfWeight *weight = anf_graph_find_weight (from, name);
  AnfWeight *here = anf_graph_find_weight (self->graph, name);

  if (weight == NULL || (here != NULL && is_same_weight (here, weight)))
    return g_strdup (name);
  if (here == NULL)
    {
      anf_graph_builder_put_weight (b, weight);
      return g_strdup (name);
    }
  /* Another weight of that name: only what lies in memory can be renamed. */
  if (anf_weight_tensor (weight) != NULL)
    {
      char *fresh = anf_graph_builder_fresh_weight_name (b, name);
      AnfWeight *renamed = anf_weight_new_values (fresh, anf_weight_tensor (weight));

      anf_graph_builder_put_weight (b, renamed);
      anf_weight_unref (renamed);
      return fresh;
    }
  return g_strdup (name);
}

static void
copy_weights (StudioCanvas *self, AnfGraphBuilder *b, AnfId id, const AnfGraph *from,
              const AnfNode *node)
{
  const AnfPort *role;

  for (guint i = 0; (role = anf_op_role (anf_node_op (node), i)) != NULL; i++)
    {
      const char *name = anf_node_weight (node, role->name);
      AnfEncoding encoding;

      if (name != NULL)
        {
          g_autofree char *here = bring_weight (self, b, from, name);

          anf_graph_builder_set_weight (b, id, role->name, here);
        }
      if (anf_node_encoding (node, role->name, &encoding))
        anf_graph_builder_set_encoding (b, id, role->name, encoding);
    }
}

static gboolean
has (const GArray *ids, AnfId id)
{
  for (guint i = 0; i < ids->len; i++)
    if (g_array_index (ids, AnfId, i) == id)
      return TRUE;
  return FALSE;
}

/* Adds copies of nodes of @from (all, or those of @ids) with the wires between them, and answers
 * their ids. A placeholder of an unknown operator cannot be made again and is left out. */
static GArray *
copy_into (StudioCanvas *self, AnfGraphBuilder *b, const AnfGraph *from, const GArray *ids,
           double dx, double dy)
{
  GArray *made = g_array_new (FALSE, FALSE, sizeof (AnfId));
  g_autoptr(GHashTable) copy_of = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                                         g_free);

  for (guint i = 0; i < anf_graph_n_nodes (from); i++)
    {
      const AnfNode *node = anf_graph_nth (from, i);
      AnfId old = anf_node_id (node), id;
      double x, y;
      StudioBox *box = from == self->graph ? studio_scene_box (self->scene, old) : NULL;

      if ((ids != NULL && !has (ids, old)) || anf_op_lookup (anf_node_op_name (node)) == NULL)
        continue;
      id = anf_graph_builder_add (b, anf_node_op (node));
      name_copy (b, id, anf_node_name (node));
      copy_attrs (b, id, node);
      copy_weights (self, b, id, from, node);
      anf_node_position (node, &x, &y);
      if (box != NULL)
        x = box->home_x, y = box->home_y;
      anf_graph_builder_set_position (b, id, x + dx, y + dy);
      anf_graph_builder_set_group (b, id, anf_node_group (node));
      for (guint k = 0, in = 0; k < anf_node_n_inputs (node); k++)
        {
          AnfRef ref = anf_node_input (node, k);
          const AnfId *source = g_hash_table_lookup (copy_of, &ref.node);

          if (source != NULL)
            anf_graph_builder_connect (b, (AnfRef) { *source, ref.port }, id, in);
          /* A variadic port has no holes: its wires move up. */
          if (source != NULL || anf_op_input (anf_node_op (node), k + 1) != NULL)
            in++;
        }
      g_hash_table_insert (copy_of, g_memdup2 (&old, sizeof old), g_memdup2 (&id, sizeof id));
      g_array_append_val (made, id);
    }
  return made;
}

void
studio_canvas_copy_by (StudioCanvas *self,
                       const GArray *ids,
                       double        dx,
                       double        dy)
{
  AnfGraphBuilder *b;
  g_autofree char *what = NULL, *label = NULL;
  g_autoptr(GArray) made = NULL;

  if (studio_canvas_scene (self) == NULL || ids->len == 0)
    return;
  b = studio_canvas_begin_edit (self);
  made = copy_into (self, b, self->graph, ids, dx, dy);
  what = describe (self, ids);
  label = g_strdup_printf (_("Duplicate %s"), what);
  if (studio_canvas_ask (self, b, label, NULL))
    studio_canvas_set_selection (self, made);
}

void
studio_canvas_duplicate (StudioCanvas *self)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);

  studio_canvas_copy_by (self, ids, 2 * STUDIO_GRID_PITCH, 2 * STUDIO_GRID_PITCH);
}

char *
studio_canvas_copy_text (StudioCanvas *self)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  AnfGraphBuilder *b;
  g_autoptr(AnfGraph) part = NULL;
  g_autoptr(GHashTable) used = g_hash_table_new (g_str_hash, g_str_equal);

  if (ids->len == 0 || studio_canvas_scene (self) == NULL)
    return NULL;
  b = studio_canvas_begin_edit (self);
  anf_graph_builder_set_gates (b, 0, NULL);
  anf_graph_builder_set_title (b, NULL);
  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);
      const AnfPort *role;

      if (!has (ids, anf_node_id (node)))
        {
          anf_graph_builder_remove (b, anf_node_id (node));
          continue;
        }
      for (guint k = 0; (role = anf_op_role (anf_node_op (node), k)) != NULL; k++)
        if (anf_node_weight (node, role->name) != NULL)
          g_hash_table_add (used, (gpointer) anf_node_weight (node, role->name));
    }
  for (guint i = 0; i < anf_graph_n_weights (self->graph); i++)
    {
      const char *name = anf_weight_name (anf_graph_nth_weight (self->graph, i));

      if (!g_hash_table_contains (used, name))
        anf_graph_builder_drop_weight (b, name);
    }
  part = anf_graph_builder_end (b, NULL);
  return part != NULL ? anf_document_text (part, NULL) : NULL;
}

void
studio_canvas_copy (StudioCanvas *self)
{
  g_autofree char *text = studio_canvas_copy_text (self);

  if (text != NULL)
    gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

/* Where pasted nodes go: under the pointer if it is here, else a little off the originals. */
static StudioPoint
paste_offset (StudioCanvas *self, const AnfGraph *part)
{
  double left = G_MAXDOUBLE, top = G_MAXDOUBLE;
  StudioPoint p;

  for (guint i = 0; i < anf_graph_n_nodes (part); i++)
    {
      double x, y;

      anf_node_position (anf_graph_nth (part, i), &x, &y);
      left = MIN (left, x);
      top = MIN (top, y);
    }
  if (!self->pointer_in)
    return (StudioPoint) { 2 * STUDIO_GRID_PITCH, 2 * STUDIO_GRID_PITCH };
  p = studio_canvas_to_plane (self, self->pointer_x, self->pointer_y);
  return (StudioPoint) { snapped (self, p.x) - left, snapped (self, p.y) - top };
}

void
studio_canvas_paste_text (StudioCanvas *self,
                          const char   *text)
{
  g_autoptr(AnfGraph) part = anf_document_parse (text, strlen (text), NULL, NULL);
  g_autofree char *label = NULL;
  g_autoptr(GArray) made = NULL;
  AnfGraphBuilder *b;
  StudioPoint by;

  /* Other text on the clipboard is nothing to complain about. */
  if (part == NULL || anf_graph_n_nodes (part) == 0 || studio_canvas_scene (self) == NULL)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  by = paste_offset (self, part);
  b = studio_canvas_begin_edit (self);
  made = copy_into (self, b, part, NULL, by.x, by.y);
  label = g_strdup_printf (ngettext ("Paste %u node", "Paste %u nodes", made->len), made->len);
  if (studio_canvas_ask (self, b, label, NULL))
    studio_canvas_set_selection (self, made);
}

static void
on_text (GObject *clipboard, GAsyncResult *result, gpointer data)
{
  g_autoptr(StudioCanvas) self = data;
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (clipboard), result, NULL);

  if (text != NULL && self->graph != NULL)
    studio_canvas_paste_text (self, text);
}

void
studio_canvas_paste (StudioCanvas *self)
{
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (self)), NULL, on_text,
                                 g_object_ref (self));
}

/* ---- arranging */

void
studio_canvas_arrange (StudioCanvas *self,
                       const GArray *ids)
{
  AnfGraphBuilder *b;
  double (*at)[2];

  if (self->graph == NULL || anf_graph_n_nodes (self->graph) == 0)
    return;
  b = studio_canvas_begin_edit (self);
  at = studio_layout_arrange (self->graph, ids);
  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      AnfId id = anf_node_id (anf_graph_nth (self->graph, i));

      if (ids == NULL || has (ids, id))
        anf_graph_builder_set_position (b, id, at[i][0], at[i][1]);
    }
  g_free (at);
  if (studio_canvas_ask (self, b, ids == NULL ? _("Arrange") : _("Arrange selection"), NULL)
      && ids == NULL)
    studio_canvas_fit (self);
}
