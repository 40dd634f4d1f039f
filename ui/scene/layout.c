/* layout.c - a layered drawing: longest paths give columns, barycentres give the order in them, and
 * repeated averaging gives heights. Sugiyama, Tagawa and Toda, 1981. */
#include "layout.h"

#include <math.h>
#include <string.h>

#include "scene.h"

#define COLUMN_GAP 40.0
#define ROW_GAP    32.0
#define LINE_GAP   92.0     /* between rows of columns: room for the wires that run back */
#define SWEEPS      8
#define FROM       48.0

/* A slot is a node, or (id 0) the place where a wire passes through a column. */
typedef struct
{
  guint  node;               /* position in the graph, G_MAXUINT: a wire passes */
  guint  layer;
  double order, y, height, weight;
  GArray *left, *right;      /* of guint: slots */
} Slot;

typedef struct
{
  const AnfGraph *graph;
  guint           n;
  gboolean       *in;        /* takes part */
  guint          *layer;     /* by node */
  guint          *slot_of;   /* by node */
  GArray         *slots;     /* of Slot */
  GPtrArray      *layers;    /* of GArray of guint */
} Layout;

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

static double
height_of (const AnfNode *node)
{
  guint rows = MAX (1, MAX (anf_node_n_inputs (node), anf_node_n_outputs (node)));

  /* Room for the free slot of a variadic port. */
  return STUDIO_HEADER + 6 + STUDIO_PORT_PITCH * (rows + (rows > 1)) + STUDIO_FOOTER;
}

/* Position of every node by id. */
static GHashTable *
positions (const AnfGraph *graph)
{
  GHashTable *at = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      AnfId id = anf_node_id (anf_graph_nth (graph, i));

      g_hash_table_insert (at, g_memdup2 (&id, sizeof id), GUINT_TO_POINTER (i));
    }
  return at;
}

/* -1: no wire there, or its source takes no part. */
static int
source_of (const Layout *self, GHashTable *at, guint node, guint in)
{
  AnfRef from = anf_node_input (anf_graph_nth (self->graph, node), in);
  gpointer found;

  if (from.node == 0 || !g_hash_table_lookup_extended (at, &from.node, NULL, &found))
    return -1;
  return self->in[GPOINTER_TO_UINT (found)] ? (int) GPOINTER_TO_UINT (found) : -1;
}

/* Longest path from a source; then sources move right, next to what they feed. The graph lists
 * producers before consumers, so one pass each way does it. */
static void
make_layers (Layout *self, GHashTable *at)
{
  g_autofree guint *least = g_new (guint, self->n + 1);

  for (guint i = 0; i < self->n; i++)
    {
      least[i] = G_MAXUINT;
      for (guint k = 0; self->in[i] && k < anf_node_n_inputs (anf_graph_nth (self->graph, i)); k++)
        {
          int s = source_of (self, at, i, k);

          if (s >= 0)
            self->layer[i] = MAX (self->layer[i], self->layer[s] + 1);
        }
    }
  for (guint i = self->n; i-- > 0;)
    {
      gboolean fed = FALSE;

      if (!self->in[i])
        continue;
      for (guint k = 0; k < anf_node_n_inputs (anf_graph_nth (self->graph, i)); k++)
        fed = fed || source_of (self, at, i, k) >= 0;
      if (!fed && least[i] != G_MAXUINT && least[i] > 0)
        self->layer[i] = least[i] - 1;
      for (guint k = 0; k < anf_node_n_inputs (anf_graph_nth (self->graph, i)); k++)
        {
          int s = source_of (self, at, i, k);

          if (s >= 0)
            least[s] = MIN (least[s], self->layer[i]);
        }
    }
}

static Slot *
slot_at (const Layout *self, guint s)
{
  return &g_array_index (self->slots, Slot, s);
}

static guint
add_slot (Layout *self, guint node, guint layer, double height)
{
  Slot slot = { .node = node, .layer = layer, .height = height,
                .left = g_array_new (FALSE, FALSE, sizeof (guint)),
                .right = g_array_new (FALSE, FALSE, sizeof (guint)) };

  while (self->layers->len <= layer)
    g_ptr_array_add (self->layers, g_array_new (FALSE, FALSE, sizeof (guint)));
  slot.order = ((GArray *) self->layers->pdata[layer])->len;
  g_array_append_val (self->slots, slot);
  g_array_append_vals (self->layers->pdata[layer], &(guint) { self->slots->len - 1 }, 1);
  return self->slots->len - 1;
}

static void
link_slots (Layout *self, guint a, guint b)
{
  g_array_append_val (slot_at (self, a)->right, b);
  g_array_append_val (slot_at (self, b)->left, a);
}

/* Wires over more than this many columns go round by a free level of their own, see route.c. */
#define LONGEST 24

static void
make_slots (Layout *self, GHashTable *at)
{
  for (guint i = 0; i < self->n; i++)
    if (self->in[i])
      self->slot_of[i] = add_slot (self, i, self->layer[i],
                                   height_of (anf_graph_nth (self->graph, i)));
  for (guint i = 0; i < self->n; i++)
    for (guint k = 0; self->in[i] && k < anf_node_n_inputs (anf_graph_nth (self->graph, i)); k++)
      {
        int s = source_of (self, at, i, k);
        guint last;

        if (s < 0 || self->layer[i] - self->layer[s] > LONGEST)
          continue;
        last = self->slot_of[s];
        for (guint l = self->layer[s] + 1; l < self->layer[i]; l++)
          {
            guint pass = add_slot (self, G_MAXUINT, l, 0);

            link_slots (self, last, pass);
            last = pass;
          }
        link_slots (self, last, self->slot_of[i]);
      }
}

/* ---- order in the columns */

static int
by_weight (gconstpointer a, gconstpointer b, gpointer data)
{
  const Slot *p = slot_at (data, *(const guint *) a), *q = slot_at (data, *(const guint *) b);

  if (p->weight != q->weight)
    return p->weight < q->weight ? -1 : 1;
  return p->order < q->order ? -1 : p->order > q->order;
}

static void
sort_layer (Layout *self, GArray *layer, gboolean by_left)
{
  for (guint i = 0; i < layer->len; i++)
    {
      Slot *slot = slot_at (self, g_array_index (layer, guint, i));
      const GArray *others = by_left ? slot->left : slot->right;
      double sum = 0;

      for (guint k = 0; k < others->len; k++)
        sum += slot_at (self, g_array_index (others, guint, k))->order;
      slot->weight = others->len > 0 ? sum / others->len : slot->order;
    }
  g_array_sort_with_data (layer, by_weight, self);
  for (guint i = 0; i < layer->len; i++)
    slot_at (self, g_array_index (layer, guint, i))->order = i;
}

static void
order_layers (Layout *self)
{
  for (int sweep = 0; sweep < SWEEPS; sweep++)
    for (guint k = 0; k < self->layers->len; k++)
      {
        gboolean forward = sweep % 2 == 0;
        guint l = forward ? k : self->layers->len - 1 - k;

        sort_layer (self, self->layers->pdata[l], forward);
      }
}

/* ---- heights */

/* Where the slot would like its top to be, by the middles of its neighbours on one side. */
static double
wish (const Layout *self, const Slot *slot, const GArray *others)
{
  double sum = 0;

  if (others->len == 0)
    return slot->y;
  for (guint k = 0; k < others->len; k++)
    {
      const Slot *other = slot_at (self, g_array_index (others, guint, k));

      /* First ports level: a chain then runs straight. */
      sum += other->y + (other->node == G_MAXUINT ? 0 : STUDIO_FIRST_PORT);
    }
  return sum / others->len - (slot->node == G_MAXUINT ? 0 : STUDIO_FIRST_PORT);
}

static double
gap_between (const Slot *above, const Slot *below)
{
  gboolean wire = above->node == G_MAXUINT || below->node == G_MAXUINT;

  return above->height + (wire ? ROW_GAP / 2 : ROW_GAP);
}

/* Keeps the order and the gaps and comes as near to the wishes as it can: runs of slots that push
 * each other share the mean of their wishes (pool adjacent violators). */
static void
place_layer (Layout *self, GArray *layer, gboolean by_left)
{
  typedef struct { guint first, n; double sum; } Run;
  g_autoptr(GArray) runs = g_array_new (FALSE, FALSE, sizeof (Run));
  g_autofree double *offset = g_new0 (double, layer->len + 1);

  for (guint i = 0; i < layer->len; i++)
    {
      Slot *slot = slot_at (self, g_array_index (layer, guint, i));
      Run run = { i, 1, 0 };

      if (i > 0)
        offset[i] = offset[i - 1]
                    + gap_between (slot_at (self, g_array_index (layer, guint, i - 1)), slot);
      run.sum = wish (self, slot, by_left ? slot->left : slot->right) - offset[i];
      while (runs->len > 0)
        {
          const Run *last = &g_array_index (runs, Run, runs->len - 1);

          if (last->sum / last->n <= run.sum / run.n)
            break;
          run = (Run) { last->first, last->n + run.n, last->sum + run.sum };
          g_array_set_size (runs, runs->len - 1);
        }
      g_array_append_val (runs, run);
    }
  for (guint r = 0; r < runs->len; r++)
    {
      const Run *run = &g_array_index (runs, Run, r);

      for (guint i = run->first; i < run->first + run->n; i++)
        slot_at (self, g_array_index (layer, guint, i))->y = run->sum / run->n + offset[i];
    }
}

static void
place_layers (Layout *self)
{
  for (guint l = 0; l < self->layers->len; l++)
    {
      GArray *layer = self->layers->pdata[l];
      double y = 0;

      for (guint i = 0; i < layer->len; i++)
        {
          Slot *slot = slot_at (self, g_array_index (layer, guint, i));

          slot->y = y;
          y += slot->height + ROW_GAP;
        }
    }
  for (int sweep = 0; sweep < SWEEPS + 1; sweep++)
    for (guint k = 0; k < self->layers->len; k++)
      {
        gboolean forward = sweep % 2 == 0;
        guint l = forward ? k : self->layers->len - 1 - k;

        place_layer (self, self->layers->pdata[l], forward);
      }
}

/* ---- the whole */

static void
free_slots (Layout *self)
{
  for (guint s = 0; s < self->slots->len; s++)
    {
      g_array_unref (slot_at (self, s)->left);
      g_array_unref (slot_at (self, s)->right);
    }
  for (guint l = 0; l < self->layers->len; l++)
    g_array_unref (self->layers->pdata[l]);
  g_array_unref (self->slots);
  g_ptr_array_unref (self->layers);
  g_free (self->layer);
  g_free (self->slot_of);
  g_free (self->in);
}

static void
choose (Layout *self, GHashTable *at, const GArray *ids)
{
  for (guint i = 0; ids == NULL && i < self->n; i++)
    self->in[i] = TRUE;
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    {
      AnfId id = g_array_index (ids, AnfId, i);
      gpointer found;

      if (g_hash_table_lookup_extended (at, &id, NULL, &found))
        self->in[GPOINTER_TO_UINT (found)] = TRUE;
    }
}

/* ---- rows: a long chain is broken like a line of text */

static void
layer_extent (const Layout *self, guint first, guint end, double *top, double *bottom)
{
  *top = G_MAXDOUBLE;
  *bottom = -G_MAXDOUBLE;
  for (guint l = first; l < end; l++)
    {
      const GArray *layer = self->layers->pdata[l];

      for (guint i = 0; i < layer->len; i++)
        {
          const Slot *slot = slot_at (self, g_array_index (layer, guint, i));

          *top = MIN (*top, slot->y);
          *bottom = MAX (*bottom, slot->y + slot->height);
        }
    }
}

/* How high a row will be: the mean over pieces of 12 columns, for a long graph wanders. */
static double
line_height (const Layout *self)
{
  guint n = self->layers->len, pieces = 0;
  double sum = 0;

  for (guint first = 0; first < n; first += 12, pieces++)
    {
      double top, bottom;

      layer_extent (self, first, MIN (n, first + 12), &top, &bottom);
      sum += bottom - top;
    }
  return sum / MAX (1, pieces);
}

/* Columns per row for which the whole comes nearest to the shape of a screen. */
static guint
columns_per_row (const Layout *self)
{
  guint n = self->layers->len, best = n;
  double line = line_height (self), least = G_MAXDOUBLE;

  for (guint columns = 4; columns <= n; columns++)
    {
      guint rows = (n + columns - 1) / columns;
      double width = columns * (STUDIO_NODE_WIDTH + COLUMN_GAP);
      double height = rows * (line + LINE_GAP);
      double off = fabs (log (width / height / 1.6));

      if (off < least)
        least = off, best = columns;
    }
  return n < 6 ? n : best;
}

/* Wires that cross from column @l - 1 to column @l. */
static guint
n_crossing (const Layout *self, guint l)
{
  const GArray *layer = self->layers->pdata[l - 1];
  guint n = 0;

  for (guint i = 0; i < layer->len; i++)
    n += slot_at (self, g_array_index (layer, guint, i))->right->len;
  return n;
}

/* Where a row that begins at @first ends: near @columns, where fewest wires have to follow. */
static guint
row_end (const Layout *self, guint first, guint columns)
{
  guint n = self->layers->len, best = MIN (n, first + columns), least = G_MAXUINT;

  if (first + columns >= n)
    return n;
  for (guint l = first + MAX (2, columns * 3 / 4); l <= MIN (n, first + columns * 5 / 4); l++)
    {
      guint cost = l == n ? 0 : 4 * n_crossing (self, l) + ABS ((int) (l - first - columns));

      if (cost <= least)
        least = cost, best = l;
    }
  return best;
}

/* @column and @shift: of each layer, where it goes. */
static void
break_rows (const Layout *self, guint columns, guint *column, double *shift)
{
  double y = 0;

  for (guint first = 0; first < self->layers->len;)
    {
      guint end = row_end (self, first, columns);
      double top, bottom;

      layer_extent (self, first, end, &top, &bottom);
      for (guint l = first; l < end; l++)
        {
          column[l] = l - first;
          shift[l] = y - top;
        }
      y += bottom - top + LINE_GAP;
      first = end;
    }
}

/* Answers on a fine grid; a part of a graph keeps its top left corner. */
static void
answer (const Layout *self, const GArray *ids, double (*out)[2])
{
  double left = G_MAXDOUBLE, top = G_MAXDOUBLE;
  guint n = self->layers->len;
  g_autofree guint *column = g_new0 (guint, n + 1);
  g_autofree double *shift = g_new0 (double, n + 1);

  for (guint i = 0; i < self->n; i++)
    {
      anf_node_position (anf_graph_nth (self->graph, i), &out[i][0], &out[i][1]);
      if (!self->in[i])
        continue;
      left = MIN (left, out[i][0]);
      top = MIN (top, out[i][1]);
    }
  if (ids == NULL)
    left = top = FROM;
  break_rows (self, ids == NULL ? columns_per_row (self) : n, column, shift);
  for (guint i = 0; i < self->n; i++)
    if (self->in[i])
      {
        const Slot *slot = slot_at (self, self->slot_of[i]);

        out[i][0] = left + column[slot->layer] * (STUDIO_NODE_WIDTH + COLUMN_GAP);
        out[i][1] = top + round ((slot->y + shift[slot->layer]) / 4) * 4;
      }
}

double
(*studio_layout_arrange (const AnfGraph *graph,
                         const GArray   *ids))[2]
{
  Layout self = { .graph = graph, .n = anf_graph_n_nodes (graph) };
  double (*out)[2] = g_malloc0_n (self.n + 1, sizeof *out);
  g_autoptr(GHashTable) at = positions (graph);

  self.in = g_new0 (gboolean, self.n + 1);
  self.layer = g_new0 (guint, self.n + 1);
  self.slot_of = g_new0 (guint, self.n + 1);
  self.slots = g_array_new (FALSE, FALSE, sizeof (Slot));
  self.layers = g_ptr_array_new ();
  choose (&self, at, ids);
  make_layers (&self, at);
  make_slots (&self, at);
  order_layers (&self);
  place_layers (&self);
  answer (&self, ids, out);
  free_slots (&self);
  return out;
}
