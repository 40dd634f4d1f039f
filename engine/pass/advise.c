/* advise.c - what is right and yet not good: numbers in danger, and time that is spent on nothing.
 *
 * Codes: NUM numbers (ops/risk.h), EST time, RTE routes. */
#include "ops/risk.h"
#include "pass/lower.h"
#include "pass/plan.h"

#include <string.h>

#define LARGEST 65519              /* it still rounds to 65504, the largest fp16 */

/* ---- numbers */

static void
advise_node (AnfReport *self, guint at)
{
  const AnfNode *node = g_ptr_array_index (self->graph->nodes, at);
  g_autofree const AnfType **in = g_new0 (const AnfType *, node->n_in + 1);
  g_autofree const AnfNode **from = g_new0 (const AnfNode *, node->n_in + 1);
  g_autofree double *known = g_new0 (double, node->n_in + 1);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  AnfBounds bounds = { .node = node, .n_in = node->n_in, .in = known, .in_type = in,
                       .out_type = self->types[at], .weight = weight };
  AnfRisk risk = { .bounds = &bounds, .from = from, .bound = self->bounds[at],
                   .family = self->family };

  anf_report_inputs (self, node, in);
  anf_report_weights (self, node, weight);
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0)
      {
        from[i] = anf_graph_find (self->graph, node->in[i].node);
        known[i] = self->bounds[anf_report_position (self, node->in[i].node)];
      }
  if (node->op->risk (&risk))
    anf_report_add (self, risk.severity, risk.code, node->id, risk.field, risk.hint, risk.message);
}

static void
advise_weights (AnfReport *self, const AnfNode *node)
{
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };

  anf_report_weights (self, node, weight);
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    {
      double most = weight[i] != NULL ? anf_tensor_max_abs (weight[i]) : 0;

      if (most <= LARGEST || isinf (most))
        continue;
      anf_report_add (self, ANF_WARNING, "NUM203", node->id, node->op->role[i].name,
                      "Scale the weight down, and the result up after it.",
                      g_strdup_printf ("\"%s\" of %s holds %g, more than fp16 does: it becomes "
                                       "infinite.", node->op->role[i].name, node->name, most));
    }
}

void
anf_advise_numbers (AnfReport *self)
{
  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);

      if (self->types[i] == NULL || (!self->live[i] && self->graph->outputs->len > 0))
        continue;
      if (node->op->risk != NULL)
        advise_node (self, i);
      advise_weights (self, node);
    }
}

/* ---- time */

/* Up to so many times the floor, nearly all a run costs is being started. */
#define NEAR_FLOOR 1.5

static void
advise_floor (AnfReport *self, const AnfEstimate *estimate)
{
  double us = anf_estimate_us (estimate, NULL, NULL), floor = anf_estimate_floor (estimate);

  if (anf_estimate_why (estimate) != NULL || !(us <= NEAR_FLOOR * floor))
    return;
  anf_report_add (self, ANF_HINT, "EST301", 0, NULL,
                  "Run several samples at once, or put it together with what runs before or after.",
                  g_strdup_printf ("On %s a run takes about %.0f us, and %.0f of them are what any "
                                   "program costs to start.", self->target, us, floor));
}

/* Bridges that could be fused, where the document asks for no rewriting. */
static void
advise_routes (AnfReport *self)
{
  const char *opt = self->graph->settings.opt;

  if (opt == NULL || !g_str_equal (opt, "0"))
    return;
  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);

      if (self->live[i] && self->types[i] != NULL && node->op->route != NULL)
        anf_report_add (self, ANF_HINT, "RTE301", node->id, NULL,
                        "Write it by fused operators, or compile with --opt routes.",
                        g_strdup_printf ("%s (%s) is a program of its own and cuts the graph; it "
                                         "can be written by fused operators.", node->name,
                                         node->op->name));
    }
}

/* A report is a value: the findings so far are copied, all else is found anew. */
AnfReport *
anf_advise (const AnfReport *report)
{
  AnfReport *self;
  g_autoptr(AnfPlan) plan = NULL;
  g_autoptr(AnfEstimate) estimate = NULL;

  if (!report->ok || report->graph->outputs->len == 0)
    return anf_report_ref ((AnfReport *) report);
  self = anf_check (report->graph, report->target);
  advise_routes (self);
  if ((plan = anf_plan (report, NULL)) == NULL)
    return self;
  estimate = anf_estimate (plan, NULL, report->target);
  advise_floor (self, estimate);
  return self;
}
