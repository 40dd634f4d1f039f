/* package.c - the two latency formulas of the aneforge 0.4.0 package as they are, to compare with.
 *
 * Known to be wrong and kept so: one region per cut whatever the real number of programs, values
 * inside charged, conv_transpose counted at its output size, attention and dynamic kernels free. */
#include "pass/estimate.h"

#include <math.h>

#define FLOAT 2                    /* bytes of an fp16 */

/* Host mode, an M5 Pro: us, us, bytes per us, FLOP per us. */
#define HOST_FLOOR   63.3
#define HOST_CUT     75.6
#define HOST_BYTES   110000.0
#define HOST_COMPUTE (1 / 5.096e-8)

#define CUT 200                    /* us, analytic mode */

typedef struct { double floor, cut, bytes, compute, knee, slope; } Rates;

/* Anchors: us, bytes per us, FLOP per us; below @knee FLOP the peak falls by its power @slope. */
static const struct { const char *arch; Rates rates; } anchors[] = {
  { "h13", { 220, CUT, 9e3, 3.25e6, 0, 0 } },
  { "h14", { 100, CUT, 48e3, 7.3e6, 1.8e10, 0.38 } },
  { "h17s", { 110, CUT, 57e3, 8.9e6, 0, 0 } },
};

/* What the package counts arithmetic for, by its own list. */
static const char *const counted[] = { "linear", "matmul_w", "bmm", "conv", NULL };
static const char *const counted_by_output[] = { "conv_transpose", NULL };

static double
flops_of (const AnfReport *report, const AnfNode *node)
{
  int at = anf_report_position (report, node->id);

  if (g_strv_contains (counted, node->op->name))
    return report->flops[at];
  if (g_strv_contains (counted_by_output, node->op->name))
    {
      const AnfType *in = anf_report_type (report, node->in[0].node, node->in[0].port);
      const AnfType *out = &report->types[at][0];

      return report->flops[at] * out->dim[2] * out->dim[3] / in->dim[2] / in->dim[3];
    }
  return 0;
}

/* Sources, weights and output @port: the package has a node per output. */
static double
bytes_of (const AnfReport *report, const AnfNode *node, guint port)
{
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  double elements = anf_type_elements (anf_report_type (report, node->id, port));

  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0)
      elements += anf_type_elements (anf_report_type (report, node->in[i].node,
                                                      node->in[i].port));
  anf_report_weights (report, node, weight);
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (weight[i] != NULL)
      elements += anf_tensor_elements (weight[i]);
  return FLOAT * elements;
}

/* The point nearest in ln work, in proportion. */
static double
bridge_us (const AnfReport *report, const AnfNode *node)
{
  const AnfBridgeRate *bridge = anf_rates_bridge (node->op->name);
  double work, us = 0, nearest = G_MAXDOUBLE;

  if (bridge == NULL)
    return HOST_FLOOR;
  work = anf_bridge_work (report, node, bridge->kind);
  if (bridge->kind == ANF_WORK_ATTENTION)      /* queries stand for keys, too */
    {
      const AnfType *q = anf_report_type (report, node->in[0].node, node->in[0].port);

      work = (double) anf_type_elements (q) * q->dim[q->rank - 2];
    }
  for (guint i = 0; i < bridge->n; i++)
    if (fabs (log (work / bridge->point[i].work)) < nearest)
      {
        nearest = fabs (log (work / bridge->point[i].work));
        us = bridge->point[i].us * work / bridge->point[i].work;
      }
  return MAX (us, HOST_FLOOR);
}

/* Scales the anchor of @arch to it. FALSE: it has no curve. */
static gboolean
analytic_rates (const char *arch, Rates *rates)
{
  guint family = anf_arch_family (arch), anchor = family >= 5 ? 2 : family >= 3 ? 1 : 0;
  AnfDie die = anf_arch_die (arch), base = anf_arch_die (anchors[anchor].arch);
  double speed;

  if (die.cores == 0)
    return FALSE;
  speed = die.cores * die.effective / (base.cores * base.effective);
  *rates = anchors[anchor].rates;
  rates->floor *= base.clock / die.clock;
  rates->bytes *= die.cores / base.cores;
  rates->compute *= speed;
  rates->knee *= speed;
  return TRUE;
}

/* The greater of the two counts. */
static void
add_greater (const Rates *rates, double bytes, double flops, double floor, AnfTerms *terms)
{
  double compute = rates->compute, memory = bytes / rates->bytes;

  if (rates->knee > 0 && flops > 0)
    compute *= MIN (1, pow (flops / rates->knee, rates->slope));
  if (memory >= flops / compute)
    terms->activation += MAX (0, memory - floor);
  else
    terms->compute += MAX (0, flops / compute - floor);
}

static void
add_node (AnfEstimate *self, const AnfReport *report, const AnfNode *node, const Rates *rates,
          gboolean host)
{
  double flops = flops_of (report, node);
  AnfTerms terms = { 0 };

  if (host && node->op->kind == ANF_SEGMENT_BRIDGE)
    terms.fixed = bridge_us (report, node);
  else
    for (guint port = 0; port < anf_node_n_outputs (node); port++)
      add_greater (rates, bytes_of (report, node, port), flops, host ? rates->floor : 0, &terms);
  anf_estimate_charge (self, node, &terms);
  self->us += terms.fixed + terms.activation + terms.compute;
}

AnfEstimate *
anf_estimate_package (const AnfPlan *plan, const char *arch)
{
  const AnfReport *report = plan->report;
  Rates rates = { HOST_FLOOR, HOST_CUT, HOST_BYTES, HOST_COMPUTE, 0, 0 };
  AnfEstimate *self = anf_estimate_new (arch != NULL ? arch : "host");
  guint n_cuts = 0, n_fused = 0;

  self->basis = ANF_BASIS_PACKAGE;
  if (arch != NULL && !analytic_rates (arch, &rates))
    {
      self->why = g_strdup ("The package has no cores and clock for it.");
      return self;
    }
  self->floor_us = rates.floor;
  for (guint i = 0; i < report->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (report->graph->nodes, i);

      if (!report->live[i] || (node->op->source && node->op->feed != NULL))
        continue;
      n_cuts += anf_node_kind (node) == ANF_SEGMENT_BRIDGE;
      n_fused += anf_node_kind (node) == ANF_SEGMENT_FUSED;
      add_node (self, report, node, &rates, arch == NULL);
    }
  self->us += (n_fused > 0 ? n_cuts + 1 : 0) * rates.floor + n_cuts * rates.cut;
  self->low = self->high = self->us;
  return self;
}
