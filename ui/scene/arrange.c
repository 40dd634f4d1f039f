/* arrange.c - a graph arranged group by group: what is in a group first, then the group as one. */
#include "group.h"
#include "layout.h"

#include <math.h>
#include <string.h>

#include "scene.h"

#define FROM 48.0          /* of the top left corner of a whole graph */
#define LONG 14            /* things of a part of a graph that stay in one row */

/* A thing is a node (its position in the graph) or a group (its number after all nodes). A place is
 * the inside of a group (its number and 1), or 0: outside of all. */
typedef struct
{
  const AnfGraph *graph;
  StudioGroups   *groups;
  guint           n;          /* nodes */
  gboolean       *in;         /* by node: takes part */
  double        (*at)[2];     /* by thing, in its place */
  double        (*size)[2];   /* by thing */
  guint          *number;     /* by thing, in its place while that is arranged */
  GArray        **things;     /* of guint, by place */
  GArray        **wires;      /* of StudioEdge between things, by place */
} Arranger;

gboolean
studio_layout_is_placed (const AnfGraph *graph)
{
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      double x, y;

      anf_node_position (anf_graph_nth (graph, i), &x, &y);
      if (x != 0 || y != 0)
        return TRUE;
    }
  return anf_graph_n_nodes (graph) < 2;
}

static gboolean
is_same_node (const AnfNode *a, const AnfNode *b)
{
  gboolean same = a == b
                  || (anf_node_id (a) == anf_node_id (b)
                      && anf_node_n_inputs (a) == anf_node_n_inputs (b)
                      && anf_node_n_outputs (a) == anf_node_n_outputs (b)
                      && g_strcmp0 (anf_node_group (a), anf_node_group (b)) == 0);

  for (guint k = 0; same && a != b && k < anf_node_n_inputs (a); k++)
    same = anf_node_input (a, k).node == anf_node_input (b, k).node
           && anf_node_input (a, k).port == anf_node_input (b, k).port;
  return same;
}

gboolean
studio_layout_is_same (const AnfGraph *a,
                       const AnfGraph *b)
{
  g_autoptr(GVariant) fa = anf_graph_note (a, 0, "folded", "as");
  g_autoptr(GVariant) fb = anf_graph_note (b, 0, "folded", "as");
  gboolean same = anf_graph_n_nodes (a) == anf_graph_n_nodes (b)
                  && (fa == fb || (fa != NULL && fb != NULL && g_variant_equal (fa, fb)));

  for (guint i = 0; same && i < anf_graph_n_nodes (a); i++)
    same = is_same_node (anf_graph_nth (a, i), anf_graph_nth (b, i));
  return same;
}

gboolean
studio_node_is_pinned (const AnfGraph *graph,
                       AnfId           id)
{
  g_autoptr(GVariant) note = anf_graph_note (graph, id, "pinned", "b");

  return note != NULL && g_variant_get_boolean (note);
}

static double
height_of (guint n_in, guint n_out)
{
  guint rows = MAX (1, MAX (n_in, n_out));

  /* Room for the free slot of a variadic port. */
  return STUDIO_HEADER + 6 + STUDIO_PORT_PITCH * (rows + (rows > 1)) + STUDIO_FOOTER;
}

/* Position of every node by id. */
static GHashTable *
positions (const AnfGraph *graph)
{
  GHashTable *at = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    g_hash_table_insert (at, GSIZE_TO_POINTER (anf_node_id (anf_graph_nth (graph, i))),
                         GUINT_TO_POINTER (i));
  return at;
}

/* -1: no node of that id takes part. */
static int
position_of (const Arranger *self, GHashTable *at, AnfId id)
{
  gpointer found;

  if (id == 0 || !g_hash_table_lookup_extended (at, GSIZE_TO_POINTER (id), NULL, &found)
      || !self->in[GPOINTER_TO_UINT (found)])
    return -1;
  return GPOINTER_TO_UINT (found);
}

static void
choose (Arranger *self, GHashTable *at, const GArray *ids)
{
  for (guint i = 0; i < self->n; i++)
    self->in[i] = ids == NULL;
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    {
      gpointer found;

      if (g_hash_table_lookup_extended (at, GSIZE_TO_POINTER (g_array_index (ids, AnfId, i)), NULL,
                                        &found))
        self->in[GPOINTER_TO_UINT (found)] = TRUE;
    }
}

/* ---- what lies where, and between what the wires run */

static void
list_things (Arranger *self)
{
  g_autofree gboolean *listed = g_new0 (gboolean, self->groups->all->len + 1);

  for (guint i = 0; i < self->n; i++)
    {
      int g = self->groups->of[i];

      if (!self->in[i])
        continue;
      g_array_append_val (self->things[g + 1], i);
      for (; g >= 0 && !listed[g]; g = studio_groups_nth (self->groups, g)->parent)
        {
          guint thing = self->n + g;

          listed[g] = TRUE;
          g_array_append_val (self->things[studio_groups_nth (self->groups, g)->parent + 1],
                              thing);
        }
    }
}

/* A value that goes into a group or comes out of it. */
typedef struct { guint group, out, node, port; } Crossing;

static int
by_crossing (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Crossing));
}

static void
add_wire (Arranger *self, guint from, guint port, guint to, GArray *crossings)
{
  int a = self->groups->of[from], b = self->groups->of[to];
  StudioEdge edge = { from, to };

  /* Groups have higher numbers than those they are in. */
  while (a != b)
    {
      gboolean out = a > b;
      int *g = out ? &a : &b;
      Crossing crossing = { *g, out, from, port };

      g_array_append_val (crossings, crossing);
      *(out ? &edge.from : &edge.to) = self->n + *g;
      *g = studio_groups_nth (self->groups, *g)->parent;
    }
  g_array_append_val (self->wires[a + 1], edge);
}

/* The size of folded groups by the number of their ports. */
static void
size_folded (Arranger *self, GArray *crossings)
{
  g_autofree guint (*ports)[2] = g_malloc0_n (self->groups->all->len + 1, sizeof *ports);

  g_array_sort (crossings, by_crossing);
  for (guint i = 0; i < crossings->len; i++)
    {
      const Crossing *c = &g_array_index (crossings, Crossing, i);

      if (i == 0 || memcmp (c, c - 1, sizeof *c) != 0)
        ports[c->group][c->out]++;
    }
  for (guint g = 0; g < self->groups->all->len; g++)
    {
      self->size[self->n + g][0] = STUDIO_NODE_WIDTH;
      self->size[self->n + g][1] = height_of (ports[g][0], ports[g][1]);
    }
}

static void
list_wires (Arranger *self, GHashTable *at)
{
  g_autoptr(GArray) crossings = g_array_new (FALSE, FALSE, sizeof (Crossing));

  for (guint i = 0; i < self->n; i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);

      self->size[i][0] = STUDIO_NODE_WIDTH;
      self->size[i][1] = height_of (anf_node_n_inputs (node), anf_node_n_outputs (node));
      for (guint k = 0; self->in[i] && k < anf_node_n_inputs (node); k++)
        {
          AnfRef from = anf_node_input (node, k);
          int source = position_of (self, at, from.node);

          if (source >= 0)
            add_wire (self, source, from.port, i, crossings);
        }
    }
  size_folded (self, crossings);
}

/* ---- one place */

static int
by_target (gconstpointer a, gconstpointer b)
{
  const StudioEdge *p = a, *q = b;

  return p->to != q->to ? (p->to < q->to ? -1 : 1) : p->from < q->from ? -1 : p->from > q->from;
}

/* Numbers the things so that wires run from lower to higher ones. Groups may feed each other in
 * circles: then the first one goes first. Kahn, 1962. */
static void
number_things (Arranger *self, const GArray *things, const GArray *wires)
{
  g_autofree guint *waits = g_new0 (guint, self->n + self->groups->all->len + 1);
  g_autofree guint *first = g_new0 (guint, things->len + 2), *next = g_new (guint, wires->len + 1);
  g_autofree gboolean *done = g_new0 (gboolean, things->len + 1);
  g_autofree guint *order = g_new (guint, things->len + 1);
  guint n = 0, scan = 0;

  for (guint i = 0; i < things->len; i++)
    self->number[g_array_index (things, guint, i)] = i;
  for (guint w = 0; w < wires->len; w++)
    first[self->number[g_array_index (wires, StudioEdge, w).from] + 2]++;
  for (guint i = 2; i < things->len + 2; i++)
    first[i] += first[i - 1];
  for (guint w = 0; w < wires->len; w++)
    {
      const StudioEdge *edge = &g_array_index (wires, StudioEdge, w);

      next[first[self->number[edge->from] + 1]++] = self->number[edge->to];
      waits[self->number[edge->to]]++;
    }
  for (guint head = 0; head < things->len; head++)
    {
      guint i;

      for (guint k = 0; head == 0 && k < things->len; k++)
        if (waits[k] == 0)
          done[k] = TRUE, order[n++] = k;
      while (head >= n && done[scan])
        scan++;
      if (head >= n)
        done[scan] = TRUE, order[n++] = scan;
      i = order[head];
      for (guint k = first[i]; k < first[i + 1]; k++)
        if (--waits[next[k]] == 0 && !done[next[k]])
          done[next[k]] = TRUE, order[n++] = next[k];
    }
  for (guint i = 0; i < things->len; i++)
    self->number[g_array_index (things, guint, order[i])] = i;
}

/* Arranges what is in the place; answers its width and height. */
static void
arrange_place (Arranger *self, guint place, gboolean rows, double size[2])
{
  const GArray *things = self->things[place], *wires = self->wires[place];
  g_autoptr(GArray) edges = g_array_new (FALSE, FALSE, sizeof (StudioEdge));
  g_autofree double (*sizes)[2] = g_malloc0_n (things->len + 1, sizeof *sizes);
  g_autofree double (*out)[2] = g_malloc0_n (things->len + 1, sizeof *out);

  number_things (self, things, wires);
  for (guint i = 0; i < things->len; i++)
    memcpy (sizes[self->number[g_array_index (things, guint, i)]],
            self->size[g_array_index (things, guint, i)], sizeof *sizes);
  for (guint w = 0; w < wires->len; w++)
    {
      const StudioEdge *wire = &g_array_index (wires, StudioEdge, w);
      StudioEdge edge = { self->number[wire->from], self->number[wire->to] };

      if (edge.from < edge.to)
        g_array_append_val (edges, edge);
    }
  g_array_sort (edges, by_target);
  studio_layout_items (things->len, sizes, edges, rows || things->len > LONG, out);
  size[0] = size[1] = 0;
  for (guint i = 0; i < things->len; i++)
    {
      guint thing = g_array_index (things, guint, i);

      for (int k = 0; k < 2; k++)
        {
          self->at[thing][k] = out[self->number[thing]][k];
          size[k] = MAX (size[k], self->at[thing][k] + self->size[thing][k]);
        }
    }
}

/* Groups from the innermost out. An open one has a margin and a title. */
static void
arrange_groups (Arranger *self)
{
  for (guint g = self->groups->all->len; g-- > 0;)
    {
      double size[2];

      arrange_place (self, g + 1, TRUE, size);
      if (studio_groups_nth (self->groups, g)->folded)
        continue;
      self->size[self->n + g][0] = size[0] + 2 * STUDIO_GROUP_MARGIN;
      self->size[self->n + g][1] = size[1] + 2 * STUDIO_GROUP_MARGIN + STUDIO_GROUP_TITLE;
    }
}

/* Places in groups become places on the plane. */
static void
unfold_places (Arranger *self)
{
  for (guint g = 0; g < self->groups->all->len; g++)
    {
      const StudioGroup *group = studio_groups_nth (self->groups, g);
      guint thing = self->n + g;

      if (group->parent >= 0)
        for (int k = 0; k < 2; k++)
          self->at[thing][k] += self->at[self->n + group->parent][k];
      self->at[thing][0] += group->folded ? 0 : STUDIO_GROUP_MARGIN;
      self->at[thing][1] += group->folded ? 0 : STUDIO_GROUP_MARGIN + STUDIO_GROUP_TITLE;
    }
  for (guint i = 0; i < self->n; i++)
    for (int k = 0; k < 2 && self->groups->of[i] >= 0; k++)
      self->at[i][k] += self->at[self->n + self->groups->of[i]][k];
}

static void
answer (Arranger *self, gboolean whole, double (*out)[2])
{
  double old[2] = { G_MAXDOUBLE, G_MAXDOUBLE }, new[2] = { G_MAXDOUBLE, G_MAXDOUBLE };

  for (guint i = 0; i < self->n; i++)
    {
      anf_node_position (anf_graph_nth (self->graph, i), &out[i][0], &out[i][1]);
      for (int k = 0; k < 2 && self->in[i]; k++)
        {
          old[k] = MIN (old[k], out[i][k]);
          new[k] = MIN (new[k], self->at[i][k]);
        }
    }
  for (guint i = 0; i < self->n; i++)
    if (self->in[i]
        && !studio_node_is_pinned (self->graph, anf_node_id (anf_graph_nth (self->graph, i))))
      for (int k = 0; k < 2; k++)
        out[i][k] = self->at[i][k] - new[k] + (whole ? FROM : old[k]);
}

static Arranger
begin (const AnfGraph *graph)
{
  Arranger self = { .graph = graph, .groups = studio_groups_new (graph, NULL) };
  guint places = self.groups->all->len + 1, all;

  self.n = anf_graph_n_nodes (graph);
  all = self.n + places;
  self.in = g_new0 (gboolean, self.n + 1);
  self.at = g_malloc0_n (all, sizeof *self.at);
  self.size = g_malloc0_n (all, sizeof *self.size);
  self.number = g_new0 (guint, all);
  self.things = g_new (GArray *, places);
  self.wires = g_new (GArray *, places);
  for (guint i = 0; i < places; i++)
    {
      self.things[i] = g_array_new (FALSE, FALSE, sizeof (guint));
      self.wires[i] = g_array_new (FALSE, FALSE, sizeof (StudioEdge));
    }
  return self;
}

static void
end (Arranger *self)
{
  for (guint i = 0; i < self->groups->all->len + 1; i++)
    {
      g_array_unref (self->things[i]);
      g_array_unref (self->wires[i]);
    }
  g_free (self->in);
  g_free (self->at);
  g_free (self->size);
  g_free (self->number);
  g_free (self->things);
  g_free (self->wires);
  studio_groups_free (self->groups);
}

double
(*studio_layout_arrange (const AnfGraph *graph,
                         const GArray   *ids))[2]
{
  Arranger self = begin (graph);
  double (*out)[2] = g_malloc0_n (self.n + 1, sizeof *out);
  g_autoptr(GHashTable) at = positions (graph);
  double size[2];

  choose (&self, at, ids);
  list_things (&self);
  list_wires (&self, at);
  arrange_groups (&self);
  arrange_place (&self, 0, ids == NULL, size);
  unfold_places (&self);
  answer (&self, ids == NULL, out);
  end (&self);
  return out;
}
