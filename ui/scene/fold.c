/* fold.c - folded groups as boxes: what is in them, and their ports. */
#include <glib/gi18n-lib.h>

#include "scene.h"

gboolean
studio_scene_home (const StudioScene *self,
                   AnfId              id,
                   StudioPoint       *at)
{
  gpointer i;

  if (!g_hash_table_lookup_extended (self->position, GSIZE_TO_POINTER (id), NULL, &i))
    return FALSE;
  *at = (StudioPoint) { self->home[GPOINTER_TO_UINT (i)][0], self->home[GPOINTER_TO_UINT (i)][1] };
  return TRUE;
}

const char *
studio_box_title (const StudioScene *self,
                  const StudioBox   *box)
{
  return box->group >= 0 ? studio_groups_nth (self->groups, box->group)->name
                         : anf_node_name (box->node);
}

char *
studio_box_kind (const StudioScene *self,
                 const StudioBox   *box)
{
  guint n = box->members != NULL ? box->members->len : 0, repeats;

  if (box->group < 0)
    return box->muted != NULL ? g_strdup_printf (_("%s, muted"), anf_op_name (box->muted))
                              : g_strdup (anf_node_op_name (box->node));
  studio_groups_count (self->groups);
  repeats = studio_groups_nth (self->groups, box->group)->repeats;
  if (repeats > 1)
    return g_strdup_printf (ngettext ("%u node ×%u", "%u nodes ×%u", n), n, repeats);
  return g_strdup_printf (ngettext ("%u node", "%u nodes", n), n);
}

/* The group that is drawn for the node of this position: -1: itself, -2: nothing. */
static int
shown_for (const StudioScene *self, guint i)
{
  int g = self->groups->of[i];

  return g >= 0 ? studio_groups_nth (self->groups, g)->shown : self->scope >= 0 ? -2 : -1;
}

void
studio_scene_fold (StudioScene *self)
{
  guint n = anf_graph_n_nodes (self->graph);
  g_autofree StudioBox **of_group = g_new0 (StudioBox *, self->groups->all->len + 1);

  self->boxes = g_new0 (StudioBox, n + 1);
  for (guint i = 0; i < n; i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);
      AnfId id = anf_node_id (node);
      int group = shown_for (self, i);
      StudioBox *box = group >= 0 && of_group[group] != NULL ? of_group[group]
                                                             : &self->boxes[self->n_boxes];

      g_hash_table_insert (self->position, GSIZE_TO_POINTER (id), GUINT_TO_POINTER (i));
      if (group < -1)
        continue;
      if (box == &self->boxes[self->n_boxes])
        {
          *box = (StudioBox) { .node = node, .id = id, .group = group };
          self->n_boxes++;
        }
      if (group >= 0 && box->members == NULL)
        {
          of_group[group] = box;
          box->members = g_array_new (FALSE, FALSE, sizeof (AnfId));
          box->from = g_array_new (FALSE, FALSE, sizeof (AnfRef));
          box->gives = g_array_new (FALSE, FALSE, sizeof (AnfRef));
        }
      if (box->members != NULL)
        g_array_append_val (box->members, id);
      g_hash_table_insert (self->by_id, GSIZE_TO_POINTER (id), box);
    }
}

void
studio_scene_sum_group (const StudioScene *self,
                        StudioBox         *box)
{
  guint n[ANF_N_CATEGORIES] = { 0 };

  for (guint i = 0; i < box->members->len; i++)
    {
      AnfId id = g_array_index (box->members, AnfId, i);
      const AnfNode *node = anf_graph_find (self->graph, id);
      AnfCategory category = anf_op_category (anf_node_op (node));

      n[category]++;
      if (n[category] > n[box->category])
        box->category = category;
      /* One that goes across a border is in no segment. */
      if (self->plan != NULL && anf_plan_segment_of (self->plan, id) != box->segment)
        box->segment = -1;
    }
}

static void
add_port (GArray *ports, AnfRef ref)
{
  for (guint i = 0; i < ports->len; i++)
    if (g_array_index (ports, AnfRef, i).node == ref.node
        && g_array_index (ports, AnfRef, i).port == ref.port)
      return;
  g_array_append_val (ports, ref);
}

/* What passes the border of a folded group is a port of it; a public output too. */
void
studio_scene_add_ports (StudioScene *self)
{
  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);
      StudioBox *to = studio_scene_box (self, anf_node_id (node));

      for (guint k = 0; k < anf_node_n_inputs (node); k++)
        {
          AnfRef ref = anf_node_input (node, k);
          StudioBox *from = ref.node != 0 ? studio_scene_box (self, ref.node) : NULL;

          if (ref.node == 0 || from == to)
            continue;
          if (to != NULL && to->from != NULL)
            add_port (to->from, ref);
          if (from != NULL && from->gives != NULL)
            add_port (from->gives, ref);
        }
    }
  for (guint i = 0; i < anf_graph_n_outputs (self->graph); i++)
    {
      AnfRef ref;
      StudioBox *box;

      anf_graph_nth_output (self->graph, i, &ref);
      box = studio_scene_box (self, ref.node);
      if (box != NULL && box->gives != NULL)
        add_port (box->gives, ref);
    }
  for (guint b = 0; b < self->n_boxes; b++)
    if (self->boxes[b].members != NULL)
      {
        self->boxes[b].n_in = self->boxes[b].from->len;
        self->boxes[b].n_out = self->boxes[b].gives->len;
      }
}

AnfRef
studio_scene_gives (const StudioScene *self,
                    const StudioBox   *box,
                    guint              port)
{
  if (box->gives == NULL)
    return (AnfRef) { box->id, port };
  return port < box->gives->len ? g_array_index (box->gives, AnfRef, port) : (AnfRef) { 0 };
}

gboolean
studio_scene_takes (const StudioScene *self,
                    const StudioBox   *box,
                    guint              port,
                    AnfId             *to,
                    guint             *in)
{
  guint b = box - self->boxes;

  *to = box->id;
  *in = port;
  for (guint k = self->in_first[b]; box->from != NULL && k < self->in_first[b + 1]; k++)
    {
      const StudioWire *wire = &self->wires[self->in_wires[k]];

      if (wire->row_in == port)
        {
          *to = wire->to;
          *in = wire->in;
          return TRUE;
        }
    }
  for (guint i = 0; box->from != NULL && i < self->stubs->len; i++)
    {
      const StudioStub *stub = &g_array_index (self->stubs, StudioStub, i);

      if (stub->box == b && !stub->out && stub->row == port)
        {
          *to = stub->to;
          *in = stub->in;
          return TRUE;
        }
    }
  return box->from == NULL;
}

StudioPoint
studio_scene_output_at (const StudioScene *self,
                        AnfRef             from)
{
  const StudioBox *box = studio_scene_box (self, from.node);
  guint row = from.port;

  if (box == NULL)
    return (StudioPoint) { 0, 0 };
  for (guint i = 0; box->gives != NULL && i < box->gives->len; i++)
    if (g_array_index (box->gives, AnfRef, i).node == from.node
        && g_array_index (box->gives, AnfRef, i).port == from.port)
      row = i;
  return studio_box_output (box, row);
}

StudioPoint
studio_scene_input_at (const StudioScene *self,
                       AnfId              to,
                       guint              in)
{
  const StudioBox *box = studio_scene_box (self, to);
  int wire = box != NULL && box->from != NULL ? studio_scene_wire_at (self, to, in) : -1;

  if (box == NULL)
    return (StudioPoint) { 0, 0 };
  if (box->from != NULL)
    in = wire >= 0 ? self->wires[wire].row_in : 0;
  return studio_box_input (box, in);
}

/* ---- open groups: areas round what is in them */

void
studio_scene_measure_groups (StudioScene *self)
{
  for (guint g = 0; g < self->groups->all->len; g++)
    studio_groups_nth (self->groups, g)->rect = (StudioRect) { 0, 0, -1, -1 };
  for (guint b = 0; b < self->n_boxes && self->groups->all->len > 0; b++)
    {
      gpointer i = g_hash_table_lookup (self->position, GSIZE_TO_POINTER (self->boxes[b].id));
      int g = self->boxes[b].group >= 0
              ? studio_groups_nth (self->groups, self->boxes[b].group)->parent
              : self->groups->of[GPOINTER_TO_UINT (i)];

      if (g >= 0)
        studio_rect_add (&studio_groups_nth (self->groups, g)->rect, &self->boxes[b].box);
    }
  for (int g = self->groups->all->len - 1; g >= 0; g--)
    {
      StudioGroup *group = studio_groups_nth (self->groups, g);

      if (group->rect.width < 0)
        continue;
      if (g <= self->scope || group->shown != -1)
        {
          /* The one that was entered is everything, and needs no border. */
          group->rect.width = -1;
          continue;
        }
      group->rect = studio_rect_grown (&group->rect, STUDIO_GROUP_MARGIN);
      group->rect.y -= STUDIO_GROUP_TITLE;
      group->rect.height += STUDIO_GROUP_TITLE;
      if (group->parent >= 0)
        studio_rect_add (&studio_groups_nth (self->groups, group->parent)->rect, &group->rect);
    }
}

int
studio_group_at (const StudioScene *scene,
                 double             x,
                 double             y,
                 double             zoom)
{
  for (int g = scene->groups->all->len - 1; g >= 0; g--)
    {
      const StudioRect *r = &studio_groups_nth (scene->groups, g)->rect;

      if (r->width > 0 && studio_rect_contains (r, x, y)
          && y <= r->y + MAX (STUDIO_GROUP_TITLE, 16 / zoom))
        return g;
    }
  return -1;
}
