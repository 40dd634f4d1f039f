/* blocks.c - a model that was just read, made a short overview: groups by names or by structure. */
#include "blocks.h"

#include <string.h>

#include "group.h"
#include "layout.h"

#define FEW      40     /* things that can be taken in at a glance */
#define SOME     24     /* things in a group that is left open */
#define LEAST     4     /* nodes of a block, and of a run between blocks */

typedef struct
{
  const AnfGraph *graph;
  guint           n;
  gint           *last;      /* by node: where its value is last read */
  guint          *reads;     /* by node: how often that is */
  gboolean       *source;    /* takes nothing in: it goes where it is read */
  gboolean       *ends;      /* after it one value at most goes on */
} Cutter;

/* ---- where one value alone goes on */

static void
find_reads (Cutter *self)
{
  g_autoptr(GHashTable) at = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < self->n; i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);

      self->source[i] = TRUE;
      self->last[i] = -1;
      for (guint k = 0; k < anf_node_n_inputs (node); k++)
        {
          AnfId from = anf_node_input (node, k).node;
          guint p = GPOINTER_TO_UINT (g_hash_table_lookup (at, GSIZE_TO_POINTER (from)));

          if (from == 0)
            continue;
          self->source[i] = FALSE;
          self->last[p] = MAX (self->last[p], (gint) i);
          self->reads[p]++;
        }
      g_hash_table_insert (at, GSIZE_TO_POINTER (anf_node_id (node)), GUINT_TO_POINTER (i));
    }
}

static void
find_ends (Cutter *self)
{
  g_autofree int *change = g_new0 (int, self->n + 2);
  int live = 0;

  find_reads (self);
  for (guint i = 0; i < self->n; i++)
    {
      /* A mask that every layer reads does not tie the layers together. */
      gboolean common = self->reads[i] > 3 && self->last[i] - (gint) i > (gint) self->n / 3;

      if (self->source[i] || common || self->last[i] < 0)
        continue;
      change[i]++;
      change[self->last[i]]--;
    }
  for (guint i = 0; i < self->n; i++)
    {
      live += change[i];
      self->ends[i] = live <= 1;
    }
}

/* ---- blocks, and runs of single nodes between them */

static void
name_nodes (Cutter *self, char **path, guint first, guint end, const char *kind, guint *number)
{
  ++*number;
  for (guint i = first; i < end; i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);
      const char *old = anf_node_group (node);

      if (anf_op_category (anf_node_op (node)) == ANF_CAT_IO)
        continue;
      g_free (path[i]);
      path[i] = old != NULL ? g_strdup_printf ("%s %u/%s", kind, *number, old)
                            : g_strdup_printf ("%s %u", kind, *number);
    }
}

/* An activation or norm of the sum at its end belongs to a block. */
static guint
with_tail (const Cutter *self, guint end)
{
  if (end < self->n && self->ends[end] && !self->source[end])
    {
      AnfCategory category = anf_op_category (anf_node_op (anf_graph_nth (self->graph, end)));

      if (category == ANF_CAT_ACTIVATION || category == ANF_CAT_NORM)
        return end + 1;
    }
  return end;
}

static guint
n_inner (const Cutter *self, guint first, guint end)
{
  guint n = 0;

  for (guint i = first; i < end; i++)
    n += !self->source[i];
  return n;
}

/* A path for each node (nullable), all in an array with a NULL at its end or between. */
static char **
find_blocks (Cutter *self)
{
  char **path = g_new0 (char *, self->n + 1);
  guint blocks = 0, chains = 0, run = 0, begin = 0;

  for (guint i = 0; i < self->n; i++)
    {
      if (!self->ends[i] && i + 1 < self->n)
        continue;
      if (n_inner (self, begin, i + 1) >= LEAST)
        {
          guint end = with_tail (self, i + 1);

          if (n_inner (self, run, begin) >= LEAST)
            name_nodes (self, path, run, begin, "chain", &chains);
          name_nodes (self, path, begin, end, "block", &blocks);
          i = end - 1;
          run = end;
        }
      begin = i + 1;
    }
  if (blocks > 0 && n_inner (self, run, self->n) >= LEAST)
    name_nodes (self, path, run, self->n, "chain", &chains);
  return path;
}

gboolean
studio_blocks_differ (const AnfGraph *a,
                      const AnfGraph *b)
{
  for (guint i = 0; i < anf_graph_n_nodes (a); i++)
    if (g_strcmp0 (anf_node_group (anf_graph_nth (a, i)), anf_node_group (anf_graph_nth (b, i)))
        != 0)
      return TRUE;
  return FALSE;
}

AnfGraph *
studio_blocks_find (AnfGraph *graph)
{
  Cutter self = { .graph = graph, .n = anf_graph_n_nodes (graph) };
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  char **path;

  self.last = g_new0 (gint, self.n + 1);
  self.reads = g_new0 (guint, self.n + 1);
  self.source = g_new0 (gboolean, self.n + 1);
  self.ends = g_new0 (gboolean, self.n + 1);
  find_ends (&self);
  path = find_blocks (&self);
  for (guint i = 0; i < self.n; i++)
    {
      if (path[i] != NULL)
        anf_graph_builder_set_group (b, anf_node_id (anf_graph_nth (graph, i)), path[i]);
      g_free (path[i]);
    }
  g_free (path);
  g_free (self.last);
  g_free (self.reads);
  g_free (self.source);
  g_free (self.ends);
  return anf_graph_builder_end (b, NULL);
}

/* ---- which to fold */

/* Folds the outermost groups, but not one that holds most of what there is. Answers how many things
 * are in sight then. */
static guint
choose_folds (const AnfGraph *graph, GHashTable *folded)
{
  g_autoptr(StudioGroups) groups = studio_groups_new (graph, NULL);
  guint n = anf_graph_n_nodes (graph), seen = n;
  g_autofree gboolean *open = g_new0 (gboolean, groups->all->len + 1);
  g_autofree guint *things = g_new0 (guint, groups->all->len + 1);

  for (guint g = groups->all->len; g-- > 0;)
    {
      things[g] += studio_groups_nth (groups, g)->n_direct;
      if (studio_groups_nth (groups, g)->parent >= 0)
        things[studio_groups_nth (groups, g)->parent]++;
    }
  for (guint g = 0; g < groups->all->len; g++)
    {
      const StudioGroup *group = studio_groups_nth (groups, g);

      if (group->parent >= 0 && !open[group->parent])
        continue;
      open[g] = group->n_nodes > n * 3 / 5 && things[g] <= SOME;
      if (open[g])
        continue;
      g_hash_table_add (folded, g_strdup (group->path));
      seen -= group->n_nodes - 1;
    }
  return seen;
}

static GHashTable *
set_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static AnfGraph *
arranged (AnfGraph *graph)
{
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  double (*at)[2] = studio_layout_arrange (graph, NULL);

  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    anf_graph_builder_set_position (b, anf_node_id (anf_graph_nth (graph, i)), at[i][0], at[i][1]);
  g_free (at);
  return anf_graph_builder_end (b, NULL);
}

AnfGraph *
studio_blocks_arrange (AnfGraph *graph)
{
  guint n = anf_graph_n_nodes (graph);
  g_autoptr(GHashTable) named = set_new (), found = set_new ();
  g_autoptr(AnfGraph) blocks = NULL, folded = NULL;
  AnfGraphBuilder *b;
  guint by_names = choose_folds (graph, named);
  GHashTable *best = named;

  if (n > FEW && by_names > FEW)
    {
      blocks = studio_blocks_find (graph);
      if (blocks != NULL && choose_folds (blocks, found) < by_names)
        best = found;
    }
  b = anf_graph_builder_new (best == found ? blocks : graph);
  anf_graph_builder_set_note (b, 0, "folded", n > FEW ? studio_folded_write (best) : NULL);
  folded = anf_graph_builder_end (b, NULL);
  return folded != NULL ? arranged (folded) : NULL;
}
