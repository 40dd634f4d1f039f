/* route.c - what a chip has no program for, and which bridges become fused rows.
 *
 * A bridge cuts the graph: every value around it goes through memory, and each piece pays for being
 * started. Fused rows do not, but move more inside. The estimate of the whole plan decides. */
#include "pass/rewrite.h"

#include "pass/lower.h"

/* More bridges than this are not tried one by one: each trial is a plan of the whole graph. */
#define MAX_SINGLES 32

static AnfRoute
routing_of (const AnfReport *report, guint at)
{
  const AnfNode *node = g_ptr_array_index (report->graph->nodes, at);
  g_autofree const AnfType **in = g_new0 (const AnfType *, node->n_in + 1);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  AnfShapes shapes;

  if (!report->live[at] || node->op->route == NULL || node->place != ANF_PLACE_ENGINE)
    return ANF_ROUTE_NONE;
  if (node->op->routing == NULL)
    return ANF_ROUTE_CHOICE;
  shapes = anf_lower_shapes (report, at, in, weight);
  return node->op->routing (&shapes);
}

/* ---- without a choice */

static AnfExpand
pick_forced (const AnfReport *report, guint at, gpointer data)
{
  const AnfNode *node = g_ptr_array_index (report->graph->nodes, at);
  GArray *notes = data;

  if (report->live[at] && node->op->decompose != NULL && node->place == ANF_PLACE_ENGINE
      && anf_op_on (node->op, report->family) == ANF_DECOMPOSE)
    {
      anf_rewrites_note (notes, "decompose", "The target has no such operator.", node, NULL,
                         "%s (%s) is written by simpler operators.", node->name, node->op->name);
      return node->op->decompose;
    }
  if (routing_of (report, at) == ANF_ROUTE_ONLY)
    {
      anf_rewrites_note (notes, "route", "It is larger than the device's own program takes.", node,
                         NULL, "%s (%s) is written by fused operators.", node->name,
                         node->op->name);
      return node->op->route;
    }
  return NULL;
}

AnfReport *
anf_route_forced (const AnfReport *report, GArray *notes, GError **error)
{
  return anf_lower (report, pick_forced, notes, error);
}

/* ---- by estimate */

/* By position: taken apart in the configuration at hand. */
static AnfExpand
pick_chosen (const AnfReport *report, guint at, gpointer data)
{
  const gboolean *chosen = data;
  const AnfNode *node = g_ptr_array_index (report->graph->nodes, at);

  return chosen[at] ? node->op->route : NULL;
}

/* Microseconds; infinite if the target refuses what comes of it. */
static gboolean
cost_of (const AnfReport *report, const AnfReport *whole, const gboolean *chosen, double *us,
         GError **error)
{
  g_autoptr(AnfReport) lowered = anf_lower (report, pick_chosen, (gpointer) chosen, error);
  g_autoptr(AnfPlan) plan = NULL;
  g_autoptr(AnfEstimate) estimate = NULL;

  if (lowered == NULL)
    return FALSE;
  plan = anf_plan_cut (whole, lowered, anf_rewrites_new ());
  estimate = anf_estimate (plan, NULL, report->target);
  *us = anf_estimate_why (estimate) == NULL ? anf_estimate_us (estimate, NULL, NULL) : G_MAXDOUBLE;
  return TRUE;
}

static void
set_all (gboolean *chosen, const GArray *bridges, gboolean value)
{
  for (guint i = 0; i < bridges->len; i++)
    chosen[g_array_index (bridges, guint, i)] = value;
}

/* Configurations in the order that decides among equals: none, each one alone, all. Returns the
 * best: 0, number of a bridge plus 1, or -1 for all; -2 with an error. */
static int
find_best (const AnfReport *report, const AnfReport *whole, const GArray *bridges,
           gboolean *chosen, double *native, double *best, GError **error)
{
  int which = 0;
  double us;

  if (!cost_of (report, whole, chosen, native, error))
    return -2;
  *best = *native;
  for (guint i = 0; bridges->len > 1 && bridges->len <= MAX_SINGLES && i < bridges->len; i++)
    {
      guint at = g_array_index (bridges, guint, i);

      chosen[at] = TRUE;
      if (!cost_of (report, whole, chosen, &us, error))
        return -2;
      chosen[at] = FALSE;
      if (us < *best)
        {
          *best = us;
          which = i + 1;
        }
    }
  set_all (chosen, bridges, TRUE);
  if (!cost_of (report, whole, chosen, &us, error))
    return -2;
  set_all (chosen, bridges, FALSE);
  if (us >= *best)
    return which;
  *best = us;
  return -1;
}

static void
note_choice (const AnfReport *report, guint at, double native, double best, GArray *notes)
{
  const AnfNode *node = g_ptr_array_index (report->graph->nodes, at);

  anf_rewrites_note (notes, "route",
                     "The estimate for the whole is lower without a program of its own.", node,
                     NULL, "%s (%s) is written by fused operators: about %.0f us instead of %.0f.",
                     node->name, node->op->name, best, native);
}

AnfReport *
anf_route_chosen (const AnfReport *report, const AnfReport *whole, GArray *notes, GError **error)
{
  g_autoptr(GArray) bridges = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autofree gboolean *chosen = g_new0 (gboolean, MAX (report->graph->nodes->len, 1));
  double native, best;
  int which;

  for (guint i = 0; i < report->graph->nodes->len; i++)
    if (routing_of (report, i) == ANF_ROUTE_CHOICE)
      g_array_append_val (bridges, i);
  if (bridges->len == 0)
    return anf_report_ref ((AnfReport *) report);

  which = find_best (report, whole, bridges, chosen, &native, &best, error);
  if (which == -2)
    return NULL;
  for (guint i = 0; i < bridges->len; i++)
    {
      guint at = g_array_index (bridges, guint, i);

      if (which != -1 && which != (int) i + 1)
        continue;
      chosen[at] = TRUE;
      note_choice (report, at, native, best, notes);
    }
  return anf_lower (report, pick_chosen, chosen, error);
}
