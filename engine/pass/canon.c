/* canon.c - leaves out what changes nothing and makes one node of two, until nothing is left to do.
 *
 * Which rows do that is said by their columns "identity", "merge" and "undoes". Every value that
 * stays is the same fp16 number, but that -0 plus 0 is +0: adds of 0 is left out, although it makes
 * that zero positive. The sign of a zero is lost before it can matter inside the engine. */
#include "pass/rewrite.h"

/* One pass, consumers after producers: no node is looked at again in it once it took part. */
typedef struct
{
  const AnfReport *report;
  AnfGraphBuilder *b;              /* NULL: nothing was done yet */
  GArray          *notes;
  AnfRef          *instead;        /* by position: where its value is read; node 0: from it */
  gboolean        *done;           /* by position: rewritten in this pass */
  gboolean        *public;         /* by position: an output of the graph */
  gboolean         chains;         /* column "chain" instead of the others */
} Pass;

static const AnfNode *
node_at (const Pass *self, guint at)
{
  return g_ptr_array_index (self->report->graph->nodes, at);
}

static AnfGraphBuilder *
builder (Pass *self)
{
  if (self->b == NULL)
    self->b = anf_graph_builder_new (self->report->graph);
  return self->b;
}

/* Where to read @ref after what was done so far. */
static AnfRef
resolve (const Pass *self, AnfRef ref)
{
  int at = ref.node != 0 ? anf_report_position (self->report, ref.node) : -1;

  return at >= 0 && self->instead[at].node != 0 ? self->instead[at] : ref;
}

static const AnfNode *
producer (const Pass *self, AnfRef ref, guint *at)
{
  *at = anf_report_position (self->report, ref.node);
  return node_at (self, *at);
}

static gboolean
leave_out (Pass *self, guint at, AnfRef ref)
{
  guint from_at;
  const AnfNode *from = producer (self, ref, &from_at);

  /* An output has to be computed: a program that only hands on what it was fed is none. */
  if (self->public[at] && from->op->source)
    return FALSE;
  self->instead[at] = ref;
  self->done[at] = TRUE;
  builder (self);
  return TRUE;
}

static gboolean
try_identity (Pass *self, guint at)
{
  const AnfNode *node = node_at (self, at), *from;
  AnfRef ref = resolve (self, node->in[0]);
  guint from_at;

  from = producer (self, ref, &from_at);
  if (node->op->identity == NULL
      || !node->op->identity (node, from, anf_report_type (self->report, ref.node, ref.port),
                              self->report->types[at])
      || !leave_out (self, at, ref))
    return FALSE;
  anf_rewrites_note (self->notes, "identity", "It hands on its input unchanged.", node, from,
                     "%s (%s) is left out; %s is read instead.", node->name, node->op->name,
                     from->name);
  return TRUE;
}

/* The node two below, if the one below is of the same row. */
static gboolean
find_pair (const Pass *self, guint at, const AnfNode **below, AnfRef *beyond)
{
  const AnfNode *node = node_at (self, at);
  AnfRef ref = resolve (self, node->in[0]);
  guint below_at;

  *below = producer (self, ref, &below_at);
  if ((*below)->op != node->op || (*below)->place != node->place || self->done[below_at])
    return FALSE;
  *beyond = resolve (self, (*below)->in[0]);
  return TRUE;
}

static gboolean
try_undo (Pass *self, guint at)
{
  const AnfNode *node = node_at (self, at), *below;
  AnfRef beyond;

  if (!node->op->undoes || !find_pair (self, at, &below, &beyond)
      || !leave_out (self, at, beyond))
    return FALSE;
  anf_rewrites_note (self->notes, "undo", "Done twice it is undone.", node, below,
                     "%s and %s (%s) are left out for those who read %s.", below->name, node->name,
                     node->op->name, node->name);
  return TRUE;
}

static gboolean
try_merge (Pass *self, guint at)
{
  const AnfNode *node = node_at (self, at), *below;
  GVariant *attr[ANF_MAX_ATTRS] = { NULL };
  gboolean (*merge) (const AnfNode *, const AnfNode *, GVariant **) =
    self->chains ? node->op->chain : node->op->merge;
  AnfRef beyond;

  if (merge == NULL || !find_pair (self, at, &below, &beyond) || !merge (node, below, attr))
    return FALSE;
  for (guint i = 0; i < anf_op_n_attrs (node->op); i++)
    if (attr[i] != NULL)
      anf_graph_builder_set_attr (builder (self), node->id, node->op->attr[i].name, attr[i]);
  anf_graph_builder_connect (builder (self), beyond, node->id, 0);
  self->done[at] = TRUE;
  anf_rewrites_note (self->notes, self->chains ? "chain" : "merge",
                     self->chains ? "Two numbers are one, known beforehand: it rounds once less."
                                  : "Two of them, one after the other, are one.", node,
                     below, "%s does what %s (%s) did before it as well.", node->name, below->name,
                     node->op->name);
  return TRUE;
}

/* Wires that led to what is left out. Merged nodes read what their partner did. */
static void
rewire (Pass *self)
{
  const AnfGraph *graph = self->report->graph;

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = node_at (self, i);

      for (guint j = 0; !self->done[i] && j < node->n_in; j++)
        {
          AnfRef ref = resolve (self, node->in[j]);

          if (ref.node != node->in[j].node)
            anf_graph_builder_connect (self->b, ref, node->id, j);
        }
    }
  for (guint i = 0; i < graph->outputs->len; i++)
    {
      const AnfOutput *output = &g_array_index (graph->outputs, AnfOutput, i);

      anf_graph_builder_set_output (self->b, output->name, resolve (self, output->from));
    }
}

/* Rows of several outputs or inputs have none of the columns. */
static void
visit (Pass *self, guint at)
{
  const AnfNode *node = node_at (self, at);

  if (!self->report->live[at] || node->n_in == 0 || node->in[0].node == 0
      || node->place != ANF_PLACE_ENGINE)
    return;
  if (self->chains || (!try_identity (self, at) && !try_undo (self, at)))
    try_merge (self, at);
}

/* @report itself if no rule fires. */
static AnfReport *
pass (const AnfReport *report, gboolean chains, GArray *notes, GError **error)
{
  const AnfGraph *graph = report->graph;
  guint n = MAX (graph->nodes->len, 1);
  g_autofree AnfRef *instead = g_new0 (AnfRef, n);
  g_autofree gboolean *done = g_new0 (gboolean, n), *public = g_new0 (gboolean, n);
  Pass self = { report, NULL, notes, instead, done, public, chains };

  for (guint i = 0; i < graph->outputs->len; i++)
    public[anf_report_position (report,
                                g_array_index (graph->outputs, AnfOutput, i).from.node)] = TRUE;
  for (guint i = 0; i < graph->nodes->len; i++)
    visit (&self, i);
  if (self.b == NULL)
    return anf_report_ref ((AnfReport *) report);
  rewire (&self);
  return anf_rewrite_end (report, self.b, error);
}

static AnfReport *
settle (const AnfReport *report, gboolean chains, GArray *notes, GError **error)
{
  AnfReport *now = anf_report_ref ((AnfReport *) report);

  for (;;)
    {
      AnfReport *next = pass (now, chains, notes, error);
      gboolean settled = next == now || next == NULL;

      anf_report_unref (now);
      if (settled)
        return next;
      now = next;
    }
}

AnfReport *
anf_canonicalise (const AnfReport *report, GArray *notes, GError **error)
{
  return settle (report, FALSE, notes, error);
}

AnfReport *
anf_fold_chains (const AnfReport *report, GArray *notes, GError **error)
{
  return settle (report, TRUE, notes, error);
}
