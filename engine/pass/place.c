/* place.c - where every value of a plan lives in the workspace, and for how long. */
#include "pass/plan.h"

#include <string.h>

#define ALIGN 16                   /* floats: a cache line, so that kernels may load aligned */

/* ---- first fit over what is free at the time */

typedef struct { gsize begin, size; } Hole;

typedef struct
{
  GArray *holes;                   /* Hole, by begin */
  gsize   top;
} Space;

static gsize
space_take (Space *self, gsize size)
{
  gsize begin;

  for (guint i = 0; i < self->holes->len; i++)
    {
      Hole *hole = &g_array_index (self->holes, Hole, i);

      if (hole->size < size)
        continue;
      begin = hole->begin;
      hole->begin += size;
      hole->size -= size;
      if (hole->size == 0)
        g_array_remove_index (self->holes, i);
      return begin;
    }
  begin = self->top;
  self->top += size;
  return begin;
}

static void
space_give (Space *self, gsize begin, gsize size)
{
  Hole hole = { begin, size };
  guint i = 0;

  while (i < self->holes->len && g_array_index (self->holes, Hole, i).begin < begin)
    i++;
  g_array_insert_val (self->holes, i, hole);
  for (i = i > 0 ? i - 1 : 0; i + 1 < self->holes->len; )
    {
      Hole *a = &g_array_index (self->holes, Hole, i);
      const Hole *b = a + 1;

      if (a->begin + a->size == b->begin)
        {
          a->size += b->size;
          g_array_remove_index (self->holes, i + 1);
        }
      else if (b->begin > begin + size)
        break;
      else
        i++;
    }
}

static gsize
floats_of (const AnfPlan *self, guint at, guint port)
{
  gsize n = anf_type_elements (&self->report->types[at][port]);

  return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* By position: the last step (index in run order) that reads any output of the node. */
static int *
find_last_uses (const AnfPlan *self, const int *step)
{
  const AnfGraph *graph = self->report->graph;
  int *last = g_new (int, MAX (graph->nodes->len, 1));

  for (guint i = 0; i < graph->nodes->len; i++)
    last[i] = step[i];
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      for (guint j = 0; step[i] >= 0 && j < node->n_in; j++)
        if (node->in[j].node != 0)
          {
            int from = anf_report_position (self->report, node->in[j].node);

            last[from] = MAX (last[from], step[i]);
          }
    }
  for (guint i = 0; i < graph->outputs->len; i++)
    last[anf_report_position (self->report,
                              g_array_index (graph->outputs, AnfOutput, i).from.node)] = G_MAXINT;
  return last;
}

static gboolean
leaves (const AnfPlan *self, guint at)
{
  const AnfNode *node = g_ptr_array_index (self->report->graph->nodes, at);
  const AnfSteps *steps = anf_plan_steps (self, self->segment_of[at]);

  for (guint i = 0; i < steps->n_writes; i++)
    if (steps->writes[i].node == node->id)
      return TRUE;
  return FALSE;
}

/* Position of the value, read here for the last time and made in the same segment, that a result
 * may be written over; -1: none. */
static int
find_heir (const AnfPlan *self, guint at, const int *last, int step)
{
  const AnfNode *node = g_ptr_array_index (self->report->graph->nodes, at);
  gsize n = anf_type_elements (&self->report->types[at][0]);

  for (guint i = 0; node->op->pointwise && i < node->n_in; i++)
    {
      int from = node->in[i].node != 0 ? anf_report_position (self->report, node->in[i].node) : -1;

      if (from >= 0 && last[from] == step && self->segment_of[from] == self->segment_of[at]
          && self->segment_of[at] >= 0 && !leaves (self, from)
          && anf_node_n_outputs (g_ptr_array_index (self->report->graph->nodes, from)) == 1
          && anf_type_elements (&self->report->types[from][0]) == n)    /* not repeated */
        return from;
    }
  return -1;
}

static void
place_node (AnfPlan *self, Space *space, guint at)
{
  const AnfNode *node = g_ptr_array_index (self->report->graph->nodes, at);

  for (guint i = 0; i < anf_node_n_outputs (node); i++)
    if (self->offset[at][i] < 0)
      self->offset[at][i] = space_take (space, floats_of (self, at, i));
}

static void
retire_node (AnfPlan *self, Space *space, guint at)
{
  const AnfNode *node = g_ptr_array_index (self->report->graph->nodes, at);

  for (guint i = 0; i < anf_node_n_outputs (node); i++)
    space_give (space, self->offset[at][i], floats_of (self, at, i));
}

/* Positions in the order they run; @step tells the reverse, -1 for what does not run. */
static GArray *
find_order (const AnfPlan *self, int *step)
{
  GArray *order = g_array_new (FALSE, FALSE, sizeof (guint));

  memset (step, -1, self->report->graph->nodes->len * sizeof *step);
  for (guint s = 0; s < self->segments->len; s++)
    {
      const AnfSteps *steps = anf_plan_steps (self, s);

      for (guint i = 0; i < steps->n_nodes; i++)
        {
          guint at = anf_report_position (self->report, steps->nodes[i]);

          step[at] = order->len;
          g_array_append_val (order, at);
        }
    }
  return order;
}

/* Gives every live node an array of places, and those that are fed their place. */
static void
place_ports (AnfPlan *self, Space *space)
{
  const GPtrArray *nodes = self->report->graph->nodes;

  self->offset = g_new0 (gssize *, MAX (nodes->len, 1));
  for (guint i = 0; i < nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (nodes, i);

      if (!self->report->live[i])
        continue;
      self->offset[i] = g_new (gssize, anf_node_n_outputs (node));
      memset (self->offset[i], -1, anf_node_n_outputs (node) * sizeof (gssize));
      if (node->op->source && node->op->feed != NULL)
        place_node (self, space, i);
    }
}

/* ---- inputs that stay */

/* Whether @step, the one that makes the value, may write where @from is read: all have read it by
 * then, but perhaps the step itself, element by element. */
static gboolean
may_share (const AnfPlan *self, guint from, AnfRef value, const int *step)
{
  const AnfGraph *graph = self->report->graph;
  int to = anf_report_position (self->report, value.node), maker = step[to];
  const AnfType *type = &self->report->types[from][0];

  if (maker < 0 || self->offset[to][value.port] >= 0
      || !anf_type_equal (&self->report->types[to][value.port], type))
    return FALSE;
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      for (guint j = 0; step[i] >= maker && j < node->n_in; j++)
        if (anf_report_position (self->report, node->in[j].node) == (int) from
            && (step[i] > maker || !node->op->elementwise))
          return FALSE;
    }
  for (guint i = 0; i < graph->outputs->len; i++)
    if (g_array_index (graph->outputs, AnfOutput, i).from.node
        == ((const AnfNode *) g_ptr_array_index (graph->nodes, from))->id)
      return FALSE;
  return TRUE;
}

static void
keep_ports (AnfPlan *self, const int *step, int *last, guint n, AnfKeep *keeps)
{
  const AnfGraph *graph = self->report->graph;

  for (guint k = 0; k < n; k++)
    {
      const AnfNode *node = anf_graph_find_name (graph, keeps[k].input);
      int at = node != NULL ? anf_report_position (self->report, node->id) : -1;

      keeps[k].shared = FALSE;
      if (at < 0 || self->offset[at] == NULL || self->offset[at][0] < 0)
        continue;                  /* nothing reads it, or it has a place of its own */
      last[at] = G_MAXINT;
      for (guint i = 0; keeps[k].output != NULL && i < graph->outputs->len; i++)
        {
          const AnfOutput *output = &g_array_index (graph->outputs, AnfOutput, i);

          if (g_str_equal (output->name, keeps[k].output)
              && may_share (self, at, output->from, step))
            {
              self->offset[anf_report_position (self->report, output->from.node)]
                          [output->from.port] = self->offset[at][0];
              keeps[k].shared = TRUE;
            }
        }
    }
}

void
anf_plan_place (AnfPlan *self, guint n_keeps, AnfKeep *keeps)
{
  guint n = self->report->graph->nodes->len;
  g_autofree int *step = g_new (int, MAX (n, 1));
  g_autoptr(GArray) order = find_order (self, step);
  g_autofree int *last = find_last_uses (self, step);
  g_autofree int *dying = g_new (int, MAX (order->len, 1)), *next = g_new (int, MAX (n, 1));
  Space space = { g_array_new (FALSE, FALSE, sizeof (Hole)), 0 };

  place_ports (self, &space);
  keep_ports (self, step, last, n_keeps, keeps);
  /* A list per step of the positions whose values die after it. */
  memset (dying, -1, order->len * sizeof *dying);
  for (guint i = 0; i < n; i++)
    if (last[i] >= 0 && last[i] < (int) order->len)
      {
        next[i] = dying[last[i]];
        dying[last[i]] = i;
      }

  for (guint k = 0; k < order->len; k++)
    {
      guint at = g_array_index (order, guint, k);
      int over = self->offset[at][0] < 0 ? find_heir (self, at, last, k) : -1;

      if (over >= 0)
        self->offset[at][0] = self->offset[over][0];
      else
        place_node (self, &space, at);
      for (int i = dying[k]; i >= 0; i = next[i])
        if (i != over && self->offset[i] != NULL && self->offset[i][0] >= 0)
          retire_node (self, &space, i);
    }
  self->n_floats = space.top;
  g_array_unref (space.holes);
}

void
anf_plan_forget_places (AnfPlan *self)
{
  for (guint i = 0; i < self->report->graph->nodes->len; i++)
    g_free (self->offset[i]);
  g_clear_pointer (&self->offset, g_free);
}

void
anf_plan_keep (AnfPlan *self, guint n, AnfKeep *keeps)
{
  anf_plan_forget_places (self);
  anf_plan_place (self, n, keeps);
}
