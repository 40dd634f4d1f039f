/* memory.c - how long every value of a plan is needed, in steps of the run. */
#include "pass/plan.h"

typedef struct
{
  const AnfReport *report;         /* of the user's graph */
  guint           *first, *last;   /* by position: steps of the node; G_MAXUINT: it has none */
  guint            n_steps;
  guint          **until;          /* by position and output: the step of the last reader */
} Lives;

static void
number_steps (Lives *self, const AnfPlan *plan)
{
  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);

      for (guint j = 0; j < segment->n_nodes; j++, self->n_steps++)
        {
          int at = anf_report_position (self->report, segment->nodes[j]);

          if (self->first[at] == G_MAXUINT)     /* a composite may be in several segments */
            self->first[at] = self->n_steps;
          self->last[at] = self->n_steps;
        }
    }
}

static void
extend (Lives *self, AnfRef ref, guint step)
{
  int at = anf_report_position (self->report, ref.node);

  if (at >= 0)
    self->until[at][ref.port] = MAX (self->until[at][ref.port], step);
}

/* Backwards: what reads a node that the optimiser left out reads what that node would have read. */
static void
follow_readers (Lives *self)
{
  const AnfGraph *graph = self->report->graph;

  for (guint i = 0; i < anf_graph_n_outputs (graph); i++)
    {
      AnfRef from;

      anf_graph_nth_output (graph, i, &from);
      extend (self, from, MAX (self->n_steps, 1) - 1);
    }
  for (guint i = graph->nodes->len; i-- > 0; )
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);
      guint step = self->last[i];

      if (!self->report->live[i])
        continue;
      if (step == G_MAXUINT)
        {
          step = 0;
          for (guint j = 0; j < anf_node_n_outputs (node); j++)
            step = MAX (step, self->until[i][j]);
        }
      for (guint j = 0; j < node->n_in; j++)
        if (node->in[j].node != 0)
          extend (self, node->in[j], step);
    }
}

/* Constants are weights; a node that was left out has no value of its own, unless it is fed. */
static gboolean
has_value (const Lives *self, guint at)
{
  const AnfNode *node = g_ptr_array_index (self->report->graph->nodes, at);

  return self->report->live[at]
         && (self->first[at] != G_MAXUINT || (node->op->source && node->op->feed != NULL));
}

GArray *
anf_plan_lifetimes (const AnfPlan *plan)
{
  const AnfReport *report = plan->whole;
  guint n = report->graph->nodes->len;
  GArray *lives = g_array_new (FALSE, FALSE, sizeof (AnfLifetime));
  g_autofree guint *first = g_new (guint, n + 1), *last = g_new (guint, n + 1);
  Lives self = { report, first, last };

  g_return_val_if_fail (plan != NULL, lives);

  self.until = g_new0 (guint *, n + 1);
  for (guint i = 0; i < n; i++)
    {
      first[i] = last[i] = G_MAXUINT;
      self.until[i] = g_new0 (guint, MAX (1, anf_node_n_outputs (g_ptr_array_index
                                                                   (report->graph->nodes, i))));
    }
  number_steps (&self, plan);
  follow_readers (&self);
  for (guint i = 0; i < n; i++)
    {
      const AnfNode *node = g_ptr_array_index (report->graph->nodes, i);

      for (guint j = 0; has_value (&self, i) && j < anf_node_n_outputs (node); j++)
        {
          guint from = first[i] == G_MAXUINT ? 0 : first[i];
          AnfLifetime life = { { node->id, j }, anf_type_bytes (&report->types[i][j]), from,
                               MAX (from, self.until[i][j]) };

          g_array_append_val (lives, life);
        }
      g_free (self.until[i]);
    }
  g_free (self.until);
  return lives;
}
