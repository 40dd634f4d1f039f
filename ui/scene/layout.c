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

/* A slot is an item, or the place where a wire passes through a column. */
typedef struct
{
  guint  node;               /* item, G_MAXUINT: a wire passes */
  guint  layer;
  double order, y, height, weight;
  GArray *left, *right;      /* of guint: slots */
} Slot;

typedef StudioEdge Edge;

typedef struct
{
  guint      n;
  const double (*size)[2];   /* width, height by item */
  const GArray *edges;       /* of Edge, between items */
  guint     *layer;          /* by item */
  guint     *slot_of;        /* by item */
  GArray    *slots;          /* of Slot */
  GPtrArray *layers;         /* of GArray of guint */
} Layout;

/* Longest path from a source; then sources move right, next to what they feed. Edges run from lower
 * to higher numbers, so one pass each way does it. */
static void
make_layers (Layout *self)
{
  g_autofree guint *least = g_new (guint, self->n + 1);
  g_autofree gboolean *fed = g_new0 (gboolean, self->n + 1);

  for (guint i = 0; i < self->n; i++)
    least[i] = G_MAXUINT;
  for (guint e = 0; e < self->edges->len; e++)
    {
      const Edge *edge = &g_array_index (self->edges, Edge, e);

      self->layer[edge->to] = MAX (self->layer[edge->to], self->layer[edge->from] + 1);
      fed[edge->to] = TRUE;
    }
  for (guint e = self->edges->len; e-- > 0;)
    {
      const Edge *edge = &g_array_index (self->edges, Edge, e);

      least[edge->from] = MIN (least[edge->from], self->layer[edge->to]);
      if (!fed[edge->from])
        self->layer[edge->from] = MAX (least[edge->from], 1) - 1;
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
make_slots (Layout *self)
{
  for (guint i = 0; i < self->n; i++)
    self->slot_of[i] = add_slot (self, i, self->layer[i], self->size[i][1]);
  for (guint e = 0; e < self->edges->len; e++)
    {
      const Edge *edge = &g_array_index (self->edges, Edge, e);
      guint last = self->slot_of[edge->from];

      if (self->layer[edge->to] - self->layer[edge->from] > LONGEST)
        continue;
      for (guint l = self->layer[edge->from] + 1; l < self->layer[edge->to]; l++)
        {
          guint pass = add_slot (self, G_MAXUINT, l, 0);

          link_slots (self, last, pass);
          last = pass;
        }
      link_slots (self, last, self->slot_of[edge->to]);
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

static double
layer_width (const Layout *self, guint l)
{
  const GArray *layer = self->layers->pdata[l];
  double width = 0;

  for (guint i = 0; i < layer->len; i++)
    {
      guint node = slot_at (self, g_array_index (layer, guint, i))->node;

      width = MAX (width, node != G_MAXUINT ? self->size[node][0] : 0);
    }
  return width > 0 ? width : STUDIO_NODE_WIDTH;
}

static double
mean_width (const Layout *self)
{
  double sum = 0;

  for (guint l = 0; l < self->layers->len; l++)
    sum += layer_width (self, l);
  return sum / MAX (1, self->layers->len);
}

/* Columns per row for which the whole comes nearest to the shape of a screen. */
static guint
columns_per_row (const Layout *self)
{
  guint n = self->layers->len, best = n;
  double line = line_height (self), least = G_MAXDOUBLE, wide = mean_width (self);

  for (guint columns = 4; columns <= n; columns++)
    {
      guint rows = (n + columns - 1) / columns;
      double width = columns * (wide + COLUMN_GAP);
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

/* @left and @shift: of each layer, where it goes. */
static void
break_rows (const Layout *self, guint columns, double *left, double *shift)
{
  double y = 0;

  for (guint first = 0; first < self->layers->len;)
    {
      guint end = row_end (self, first, columns);
      double top, bottom, x = 0;

      layer_extent (self, first, end, &top, &bottom);
      for (guint l = first; l < end; l++)
        {
          left[l] = x;
          shift[l] = y - top;
          x += layer_width (self, l) + COLUMN_GAP;
        }
      y += bottom - top + LINE_GAP;
      first = end;
    }
}

void
studio_layout_items (guint          n,
                     const double (*size)[2],
                     const GArray  *edges,
                     gboolean       rows,
                     double       (*out)[2])
{
  Layout self = { .n = n, .size = size, .edges = edges };
  double least[2] = { G_MAXDOUBLE, G_MAXDOUBLE };
  g_autofree double *left = NULL, *shift = NULL;

  self.layer = g_new0 (guint, n + 1);
  self.slot_of = g_new0 (guint, n + 1);
  self.slots = g_array_new (FALSE, FALSE, sizeof (Slot));
  self.layers = g_ptr_array_new ();
  make_layers (&self);
  make_slots (&self);
  order_layers (&self);
  place_layers (&self);
  left = g_new0 (double, self.layers->len + 1);
  shift = g_new0 (double, self.layers->len + 1);
  break_rows (&self, rows ? columns_per_row (&self) : self.layers->len + 1, left, shift);
  for (guint i = 0; i < n; i++)
    {
      const Slot *slot = slot_at (&self, self.slot_of[i]);

      out[i][0] = left[slot->layer];
      out[i][1] = round ((slot->y + shift[slot->layer]) / 4) * 4;
      least[0] = MIN (least[0], out[i][0]);
      least[1] = MIN (least[1], out[i][1]);
    }
  for (guint i = 0; i < n; i++)
    for (int k = 0; k < 2; k++)
      out[i][k] -= least[k];
  free_slots (&self);
}
