/* rewrite.c - the order of the passes, and what they share. */
#include "pass/rewrite.h"

#include "pass/lower.h"

static void
rewrite_clear (gpointer data)
{
  AnfRewrite *rewrite = data;

  g_free ((char *) rewrite->what);
  g_free ((AnfId *) rewrite->nodes);
}

GArray *
anf_rewrites_new (void)
{
  GArray *self = g_array_new (FALSE, FALSE, sizeof (AnfRewrite));

  g_array_set_clear_func (self, rewrite_clear);
  return self;
}

static AnfId
user_of (const AnfNode *node)
{
  return node->origin != 0 ? node->origin : node->id;
}

void
anf_rewrites_note (GArray *self, const char *rule, const char *why, const AnfNode *node,
                   const AnfNode *other, const char *format, ...)
{
  AnfRewrite rewrite = { .rule = rule, .why = why, .n_nodes = 1 };
  AnfId *nodes = g_new (AnfId, 2);
  va_list args;

  nodes[0] = user_of (node);
  if (other != NULL && user_of (other) != nodes[0])
    nodes[rewrite.n_nodes++] = user_of (other);
  rewrite.nodes = nodes;
  va_start (args, format);
  rewrite.what = g_strdup_vprintf (format, args);
  va_end (args);
  g_array_append_val (self, rewrite);
}

/* By position in @after: what is to stay. Ports of the program do, whatever becomes of them, and so
 * does what no output needed before, with what it reads. */
static gboolean *
find_kept (const AnfReport *before, const AnfReport *after)
{
  const GPtrArray *nodes = after->graph->nodes;
  gboolean *kept = g_new0 (gboolean, MAX (nodes->len, 1));

  for (guint i = nodes->len; i-- > 0; )
    {
      const AnfNode *node = g_ptr_array_index (nodes, i);
      int was = anf_report_position (before, node->id);

      kept[i] = kept[i] || after->live[i] || node->op->feed != NULL
                || (was >= 0 && !before->live[was]);
      for (guint j = 0; kept[i] && j < node->n_in; j++)
        if (node->in[j].node != 0)
          kept[anf_report_position (after, node->in[j].node)] = TRUE;
    }
  return kept;
}

AnfReport *
anf_rewrite_end (const AnfReport *report, AnfGraphBuilder *b, GError **error)
{
  g_autoptr(AnfGraph) graph = anf_graph_builder_end (b, error);
  g_autoptr(AnfReport) after = graph != NULL ? anf_lower_check (report, graph, error) : NULL;
  g_autoptr(AnfGraph) swept = NULL;
  g_autofree gboolean *kept = after != NULL ? find_kept (report, after) : NULL;
  AnfGraphBuilder *sweep = NULL;

  if (after == NULL)
    return NULL;
  /* Consumers first, so that no wire is left to be looked for. */
  for (guint i = graph->nodes->len; i-- > 0; )
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      if (kept[i])
        continue;
      if (sweep == NULL)
        sweep = anf_graph_builder_new (graph);
      anf_graph_builder_remove (sweep, node->id);
    }
  if (sweep == NULL)
    return g_steal_pointer (&after);
  if ((swept = anf_graph_builder_end (sweep, error)) == NULL)
    return NULL;
  return anf_lower_check (report, swept, error);
}

/* In the place of *@report; FALSE if there is no next one. */
static gboolean
step (AnfReport **report, AnfReport *next)
{
  if (next == NULL)
    return FALSE;
  anf_report_unref (*report);
  *report = next;
  return TRUE;
}

/* The limits of a tensor depend on what reads it: nothing that was accepted may be refused for what
 * was done to it. */
static gboolean
canonicalise (AnfReport **report, GArray *notes, GError **error)
{
  guint n_notes = notes->len;
  AnfReport *next = anf_canonicalise (*report, notes, error);
  g_autoptr(AnfVerdict) before = NULL, after = NULL;

  if (next == NULL || next == *report)
    return step (report, next);
  before = anf_preflight (*report, (*report)->target);
  after = anf_preflight (next, next->target);
  if (!before->ok || after->ok)
    return step (report, next);
  g_array_set_size (notes, n_notes);
  anf_report_unref (next);
  return TRUE;
}

static gboolean
rewrite (AnfReport **report, const AnfReport *whole, const AnfOptions *options, GArray *notes,
         GError **error)
{
  const char *opt = options->settings.opt != NULL ? options->settings.opt : "routes";
  gboolean folds = g_str_equal (opt, "1") || g_str_equal (opt, "2") || g_str_equal (opt, "max");

  if (!step (report, anf_route_forced (*report, notes, error)))
    return FALSE;
  if (g_str_equal (opt, "0"))
    return TRUE;
  /* A bridge taken apart may leave something to be put together with what is around it. */
  return canonicalise (report, notes, error)
         && step (report, anf_route_chosen (*report, whole, notes, error))
         && canonicalise (report, notes, error)
         && (!folds || (step (report, anf_fold_chains (*report, notes, error))
                        && step (report, anf_fold (*report, options->numerics, notes, error))));
}

AnfReport *
anf_optimise (const AnfReport *report, const AnfOptions *options, GArray *notes, GError **error)
{
  g_autoptr(AnfReport) now = anf_lower (report, anf_pick_composite, NULL, error);

  if (now == NULL)
    return NULL;
  if (options->numerics != ANF_NUMERICS_FP32 && !rewrite (&now, report, options, notes, error))
    return NULL;
  if (options->numerics != ANF_NUMERICS_FP32 && !step (&now, anf_draw_borders (now, error)))
    return NULL;
  return g_steal_pointer (&now);
}
