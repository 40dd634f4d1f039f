/* plan.c - cuts a checked graph into segments, orders them, and gives every value a place.
 *
 * A bridge (or a host operator) is a segment of its own. Between them, fused nodes gather by depth:
 * the number of cuts on the longest way behind a node. Nodes of one depth depend on no cut of that
 * depth or deeper, so they make one program with as many outputs as are needed, and every node is
 * computed once. */
#include "pass/plan.h"

#include "pass/rewrite.h"

#include <string.h>

G_DEFINE_BOXED_TYPE (AnfPlan, anf_plan, anf_plan_ref, anf_plan_unref)

static gboolean
is_cut (const AnfNode *node)
{
  return !node->op->source && anf_node_kind (node) != ANF_SEGMENT_FUSED;
}

/* By position: the depth of each live node; cuts share the depth of what they read. */
static int *
find_depths (const AnfReport *report, int *deepest)
{
  const GPtrArray *nodes = report->graph->nodes;
  int *depth = g_new0 (int, MAX (nodes->len, 1));

  *deepest = 0;
  for (guint i = 0; i < nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (nodes, i);

      for (guint j = 0; j < node->n_in; j++)
        {
          int from = node->in[j].node != 0 ? anf_report_position (report, node->in[j].node) : -1;
          int past = from >= 0 && is_cut (g_ptr_array_index (nodes, from)) && !is_cut (node);

          if (from >= 0)
            depth[i] = MAX (depth[i], depth[from] + past);
        }
      *deepest = MAX (*deepest, depth[i]);
    }
  return depth;
}

static AnfId
origin_of (const AnfPlan *self, AnfId id)
{
  const AnfNode *node = anf_graph_find (self->report->graph, id);

  return node->origin != 0 ? node->origin : id;
}

/* The user's nodes that @steps are made of, each once, in order. */
static const AnfId *
name_nodes (const AnfPlan *self, const AnfId *steps, guint n_steps, guint *n)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  AnfId *nodes = g_new (AnfId, n_steps);

  *n = 0;
  for (guint i = 0; i < n_steps; i++)
    {
      AnfId id = origin_of (self, steps[i]);

      if (g_hash_table_add (seen, GSIZE_TO_POINTER (id)))
        nodes[(*n)++] = id;
    }
  return nodes;
}

static void
add_segment (AnfPlan *self, AnfSegmentKind kind, const AnfId *nodes, guint n_nodes)
{
  static const char letter[] = { 's', 'b', 'h' };
  guint number = self->segments->len;
  AnfSegment segment = { .kind = kind };
  AnfSteps steps = { .n_nodes = n_nodes, .nodes = g_memdup2 (nodes, n_nodes * sizeof *nodes) };

  segment.name = g_strdup_printf ("%c%u", letter[kind], number);
  segment.nodes = name_nodes (self, nodes, n_nodes, &segment.n_nodes);
  for (guint i = 0; i < n_nodes; i++)
    self->segment_of[anf_report_position (self->report, nodes[i])] = number;
  g_array_append_val (self->segments, segment);
  g_array_append_val (self->steps, steps);
}

/* Those of one depth in their order: each its own segment, but for the nodes of an island on the
 * host that follow one another. */
static void
add_cuts (AnfPlan *self, const int *depth, int d)
{
  const GPtrArray *nodes = self->report->graph->nodes;
  g_autoptr(GArray) island = g_array_new (FALSE, FALSE, sizeof (AnfId));

  for (guint i = 0; i < nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (nodes, i);

      if (depth[i] != d || !self->report->live[i] || !is_cut (node))
        continue;
      if (node->place != ANF_PLACE_ENGINE)
        {
          g_array_append_val (island, node->id);
          continue;
        }
      if (island->len > 0)
        add_segment (self, ANF_SEGMENT_HOST, (AnfId *) island->data, island->len);
      g_array_set_size (island, 0);
      add_segment (self, anf_node_kind (node), &node->id, 1);
    }
  if (island->len > 0)
    add_segment (self, ANF_SEGMENT_HOST, (AnfId *) island->data, island->len);
}

static void
cut (AnfPlan *self)
{
  const AnfReport *report = self->report;
  const GPtrArray *nodes = report->graph->nodes;
  g_autoptr(GArray) region = g_array_new (FALSE, FALSE, sizeof (AnfId));
  int deepest;
  g_autofree int *depth = find_depths (report, &deepest);

  for (int d = 0; d <= deepest; d++)
    {
      g_array_set_size (region, 0);
      for (guint i = 0; i < nodes->len; i++)
        {
          const AnfNode *node = g_ptr_array_index (nodes, i);

          if (depth[i] == d && report->live[i] && !is_cut (node) && !node->op->source)
            g_array_append_val (region, node->id);
        }
      if (region->len > 0)
        add_segment (self, ANF_SEGMENT_FUSED, (AnfId *) region->data, region->len);
      add_cuts (self, depth, d);
    }
}

static gboolean
is_constant (const AnfNode *node)
{
  return node->op->source && node->op->feed == NULL;
}

static gboolean
has_ref (const GArray *refs, AnfRef ref)
{
  for (guint i = 0; i < refs->len; i++)
    {
      AnfRef other = g_array_index (refs, AnfRef, i);

      if (other.node == ref.node && other.port == ref.port)
        return TRUE;
    }
  return FALSE;
}

static gsize
total_bytes (const AnfReport *report, const GArray *refs)
{
  gsize sum = 0;

  for (guint i = 0; i < refs->len; i++)
    {
      AnfRef ref = g_array_index (refs, AnfRef, i);
      const AnfNode *node = anf_graph_find (report->graph, ref.node);
      AnfType fed;

      if (node->op->feed != NULL)
        {
          node->op->feed (node, &fed);
          sum += anf_type_bytes (&fed);
        }
      else
        sum += anf_type_bytes (anf_report_type (report, ref.node, ref.port));
    }
  return sum;
}

/* Fills @reads with one array of AnfRef per segment, @writes likewise. */
static void
find_crossings (AnfPlan *self, GPtrArray *reads, GPtrArray *writes)
{
  const AnfGraph *graph = self->report->graph;

  for (guint s = 0; s < self->segments->len; s++)
    {
      g_ptr_array_add (reads, g_array_new (FALSE, FALSE, sizeof (AnfRef)));
      g_ptr_array_add (writes, g_array_new (FALSE, FALSE, sizeof (AnfRef)));
    }
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);
      int here = self->segment_of[i];
      AnfRef own = { node->id, 0 };

      if (here >= 0 && node->op->feed != NULL)
        g_array_append_val (g_ptr_array_index (reads, here), own);
      for (guint j = 0; here >= 0 && j < node->n_in; j++)
        {
          AnfRef ref = node->in[j];
          int from = ref.node != 0 ? anf_report_position (self->report, ref.node) : -1;
          int there = from >= 0 ? self->segment_of[from] : here;

          if (there == here || is_constant (g_ptr_array_index (graph->nodes, from)))
            continue;
          if (!has_ref (g_ptr_array_index (reads, here), ref))
            g_array_append_val (g_ptr_array_index (reads, here), ref);
          if (there >= 0 && !has_ref (g_ptr_array_index (writes, there), ref))
            g_array_append_val (g_ptr_array_index (writes, there), ref);
        }
    }
  for (guint i = 0; i < graph->outputs->len; i++)
    {
      AnfRef ref = g_array_index (graph->outputs, AnfOutput, i).from;
      int there = self->segment_of[anf_report_position (self->report, ref.node)];

      if (there >= 0 && !has_ref (g_ptr_array_index (writes, there), ref))
        g_array_append_val (g_ptr_array_index (writes, there), ref);
    }
}

static const char *
user_name (const AnfPlan *self, AnfId id)
{
  return anf_node_name (anf_graph_find (self->whole->graph, origin_of (self, id)));
}

/* Why this segment begins where it does. What runs where is a matter of the lowered graph: a
 * user's bridge may be fused there. */
static char *
reason_of (const AnfPlan *self, const AnfSegment *segment, const AnfSteps *steps)
{
  const AnfGraph *graph = self->report->graph;
  const AnfNode *first = anf_graph_find (graph, steps->nodes[0]);

  if (first->place != ANF_PLACE_ENGINE)
    return g_strdup ("These nodes are put on the host, which computes them in fp32.");
  if (segment->kind == ANF_SEGMENT_HOST)
    return first->op->cut != NULL
           ? g_strdup (first->op->cut ())
           : g_strdup_printf ("%s has no form on the engine, so the host computes it.",
                              anf_node_op_name (first));
  if (segment->kind == ANF_SEGMENT_BRIDGE)
    return first->op->cut != NULL
           ? g_strdup (first->op->cut ())
           : g_strdup_printf ("%s exists only as a native bridge: it runs as a program of its own.",
                              anf_node_op_name (first));
  for (guint i = 0; i < steps->n_reads; i++)
    if (is_cut (anf_graph_find (graph, steps->reads[i].node)))
      return g_strdup_printf ("It reads %s, which runs outside the fused programs.",
                              user_name (self, steps->reads[i].node));
  return NULL;
}

/* The same values by the user's nodes: what a composite hands on inside itself is named by it. */
static const AnfRef *
name_values (const AnfPlan *self, const AnfRef *values, guint n)
{
  AnfRef *named = g_memdup2 (values, n * sizeof *values);

  for (guint i = 0; i < n; i++)
    if (origin_of (self, values[i].node) != values[i].node)
      named[i] = (AnfRef) { origin_of (self, values[i].node), 0 };
  return named;
}

static void
find_borders (AnfPlan *self)
{
  g_autoptr(GPtrArray) reads = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  g_autoptr(GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);

  find_crossings (self, reads, writes);
  for (guint s = 0; s < self->segments->len; s++)
    {
      AnfSegment *segment = &g_array_index (self->segments, AnfSegment, s);
      AnfSteps *steps = &g_array_index (self->steps, AnfSteps, s);
      GArray *in = g_ptr_array_index (reads, s), *out = g_ptr_array_index (writes, s);

      segment->n_reads = steps->n_reads = in->len;
      steps->reads = g_memdup2 (in->data, in->len * sizeof (AnfRef));
      segment->reads = name_values (self, steps->reads, in->len);
      segment->n_writes = steps->n_writes = out->len;
      steps->writes = g_memdup2 (out->data, out->len * sizeof (AnfRef));
      segment->writes = name_values (self, steps->writes, out->len);
      segment->bytes_in = total_bytes (self->report, in);
      segment->bytes_out = total_bytes (self->report, out);
      segment->reason = reason_of (self, segment, steps);
    }
}

static void
segment_clear (gpointer data)
{
  AnfSegment *segment = data;

  g_free ((char *) segment->name);
  g_free ((AnfId *) segment->nodes);
  g_free ((AnfRef *) segment->reads);
  g_free ((AnfRef *) segment->writes);
  g_free ((char *) segment->reason);
}

static void
steps_clear (gpointer data)
{
  AnfSteps *steps = data;

  g_free ((AnfId *) steps->nodes);
  g_free ((AnfRef *) steps->reads);
  g_free ((AnfRef *) steps->writes);
}

AnfPlan *
anf_plan_cut (const AnfReport *whole, AnfReport *lowered, GArray *rewrites)
{
  AnfPlan *self = g_atomic_rc_box_new0 (AnfPlan);
  guint n = lowered->graph->nodes->len;

  self->whole = anf_report_ref ((AnfReport *) whole);
  self->report = anf_report_ref (lowered);
  self->rewrites = rewrites;
  self->steps = g_array_new (FALSE, FALSE, sizeof (AnfSteps));
  g_array_set_clear_func (self->steps, steps_clear);
  self->segments = g_array_new (FALSE, FALSE, sizeof (AnfSegment));
  g_array_set_clear_func (self->segments, segment_clear);
  self->segment_of = g_new (int, MAX (n, 1));
  memset (self->segment_of, -1, n * sizeof *self->segment_of);
  cut (self);
  find_borders (self);
  anf_plan_place (self, 0, NULL);
  return self;
}

AnfPlan *
anf_plan_with (const AnfReport *report, const AnfOptions *options, GError **error)
{
  const char *opt = options->settings.opt != NULL ? options->settings.opt : "routes";
  AnfPlan *self;
  g_autoptr(AnfReport) lowered = NULL;
  g_autoptr(GArray) rewrites = anf_rewrites_new ();

  if (!anf_report_ok (report) || report->graph->outputs->len == 0)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_REFUSED,
                   "The graph has errors; mend them before it can be compiled");
      return NULL;
    }
  if ((lowered = anf_optimise (report, options, rewrites, error)) == NULL)
    return NULL;
  self = anf_plan_cut (report, lowered, g_steal_pointer (&rewrites));
  /* The highest levels do the same here; what else they may do is a matter of compiling. */
  self->level = g_str_equal (opt, "0") || g_str_equal (opt, "routes") ? g_intern_string (opt)
                                                                      : "1";
  return self;
}

AnfPlan *
anf_plan (const AnfReport *report, GError **error)
{
  AnfOptions options = { .settings = report->graph->settings };

  return anf_plan_with (report, &options, error);
}

guint
anf_plan_n_rewrites (const AnfPlan *self)
{
  return self->rewrites->len;
}

const AnfRewrite *
anf_plan_nth_rewrite (const AnfPlan *self, guint i)
{
  g_return_val_if_fail (i < self->rewrites->len, NULL);

  return &g_array_index (self->rewrites, AnfRewrite, i);
}

static void
anf_plan_clear (AnfPlan *self)
{
  anf_plan_forget_places (self);
  g_free (self->segment_of);
  g_array_unref (self->segments);
  g_array_unref (self->steps);
  g_array_unref (self->rewrites);
  anf_report_unref (self->report);
  anf_report_unref (self->whole);
}

AnfPlan *
anf_plan_ref (AnfPlan *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_plan_unref (AnfPlan *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) anf_plan_clear);
}

guint
anf_plan_n_segments (const AnfPlan *self)
{
  return self->segments->len;
}

const AnfSegment *
anf_plan_nth_segment (const AnfPlan *self, guint i)
{
  g_return_val_if_fail (i < self->segments->len, NULL);

  return &g_array_index (self->segments, AnfSegment, i);
}

int
anf_plan_segment_of (const AnfPlan *self, AnfId id)
{
  int at = anf_report_position (self->report, id);

  return at >= 0 ? self->segment_of[at] : -1;
}

gsize
anf_plan_workspace (const AnfPlan *self)
{
  return self->n_floats * sizeof (float);
}

const AnfSteps *
anf_plan_steps (const AnfPlan *self, guint segment)
{
  return &g_array_index (self->steps, AnfSteps, segment);
}

gssize
anf_plan_offset (const AnfPlan *self, AnfRef value)
{
  int at = anf_report_position (self->report, value.node);

  return at >= 0 && self->offset[at] != NULL ? self->offset[at][value.port] : -1;
}
