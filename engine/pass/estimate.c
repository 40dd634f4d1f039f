/* estimate.c - how long a plan may take on a chip, by terms; the long form: docs/latency-model.md.
 *
 * A program costs a floor, its ports at the speed of host-visible memory, its weights at the speed
 * they stream, and its arithmetic. Values inside a program are free as far as they fit into it. */
#include "pass/estimate.h"

#include "chip/chips.h"

#include <math.h>
#include <string.h>

G_DEFINE_BOXED_TYPE (AnfEstimate, anf_estimate, anf_estimate_ref, anf_estimate_unref)

#define FLOAT 2                    /* bytes of an fp16 */
#define GB_PER_S 1e3               /* bytes per microsecond */
#define TFLOP_PER_S 1e6            /* FLOP per microsecond */
#define NS 1e-3                    /* microseconds */
#define ENCODED_RATE 2             /* decoders give at most so many values in the time of one */

typedef struct
{
  const AnfPlan   *plan;
  const AnfReport *report;         /* of the lowered graph */
  AnfChipRates     chip;
  guint            family;
  GHashTable      *facts;          /* AnfWeightFacts, by node and name; NULL: all fp16 */
  int             *uses;           /* by position: how many wires and outputs read the node */
  int             *reader;         /* by position: of the last node that reads it */
  AnfEstimate     *out;
} Estimation;

/* ---- what weights cost on their way to the multipliers */

static guint
facts_hash (gconstpointer data)
{
  const AnfWeightFacts *facts = data;

  return g_str_hash (facts->name) ^ (guint) facts->node;
}

static gboolean
facts_equal (gconstpointer a, gconstpointer b)
{
  const AnfWeightFacts *x = a, *y = b;

  return x->node == y->node && g_str_equal (x->name, y->name);
}

static GHashTable *
index_facts (const AnfWeights *weights)
{
  GHashTable *index = g_hash_table_new (facts_hash, facts_equal);

  for (guint i = 0; i < anf_weights_n (weights); i++)
    g_hash_table_add (index, (gpointer) anf_weights_nth (weights, i));
  return index;
}

static AnfId
origin_of (const AnfNode *node)
{
  return node->origin != 0 ? node->origin : node->id;
}

/* Bytes of an fp16 stream that would take as long. Where the chip unpacks first, it is one. */
static double
weight_bytes (const Estimation *self, const AnfNode *node, guint role, const AnfTensor *tensor)
{
  double plain = (double) FLOAT * anf_tensor_elements (tensor);
  AnfWeightFacts key = { .node = origin_of (node),
                         .name = anf_node_weight (node, node->op->role[role].name) };
  const AnfWeightFacts *facts = self->facts != NULL && key.name != NULL
                                ? g_hash_table_lookup (self->facts, &key) : NULL;

  if (facts == NULL || facts->chosen == ANF_FP16 || !facts->encoding[facts->chosen].applies
      || !anf_family_streams (self->family, facts->chosen)
      || (self->chip.rates.folds >> facts->chosen & 1))
    return plain;
  return MIN (plain, MAX (facts->encoding[facts->chosen].bytes, plain / ENCODED_RATE));
}

/* A product whose rows do not fit inside meets its weights once for each part that does. */
static double
again_bytes (const AnfType *in, const AnfTensor *tensor)
{
  guint rank = anf_tensor_rank (tensor);
  double batch = rank == 3 ? anf_tensor_dim (tensor, 0) : 1;
  double rows = (double) FLOAT * anf_type_elements (in) / batch;

  if (rank != 2 && rank != 3)      /* vectors, and kernels, which meet the image once */
    return 0;
  return MAX (0, rows / ANF_TILE - 1) * FLOAT * anf_tensor_elements (tensor);
}

static double
weight_us (const Estimation *self, const AnfNode *node, const AnfType *const *in)
{
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  const AnfRates *rates = &self->chip.rates;
  double once = 0, again = 0;

  anf_report_weights (self->report, node, weight);
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (weight[i] != NULL)
      {
        once += weight_bytes (self, node, i, weight[i]);
        if (node->n_in > 0 && in[0] != NULL)
          again += again_bytes (in[0], weight[i]);
      }
  return (once / rates->weight + again / rates->reload) / GB_PER_S;
}

/* ---- values: which cross the border of a program, which stay inside */

static gpointer
value_key (AnfRef ref)
{
  return GSIZE_TO_POINTER (ref.node << 8 | ref.port);
}

static GHashTable *
value_set (const AnfRef *refs, guint n)
{
  GHashTable *set = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < n; i++)
    g_hash_table_add (set, value_key (refs[i]));
  return set;
}

static double
value_bytes (const Estimation *self, AnfRef ref)
{
  const AnfNode *node = anf_graph_find (self->report->graph, ref.node);
  AnfType fed;

  if (node->op->feed == NULL)
    return anf_type_bytes (anf_report_type (self->report, ref.node, ref.port));
  node->op->feed (node, &fed);
  return anf_type_bytes (&fed);
}

static void
find_uses (Estimation *self)
{
  const AnfGraph *graph = self->report->graph;

  self->uses = g_new0 (int, graph->nodes->len + 1);
  self->reader = g_new0 (int, graph->nodes->len + 1);
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      for (guint j = 0; self->report->live[i] && j < node->n_in; j++)
        if (node->in[j].node != 0)
          {
            int from = anf_report_position (self->report, node->in[j].node);

            self->uses[from]++;
            self->reader[from] = i;
          }
    }
  for (guint i = 0; i < graph->outputs->len; i++)
    self->uses[anf_report_position (self->report,
                                    g_array_index (graph->outputs, AnfOutput, i).from.node)] += 2;
}

static gboolean
is_constant (const AnfNode *node)
{
  return node->op->source && node->op->feed == NULL;
}

/* Done as the value passes: an activation, or arithmetic with a number. */
static gboolean
is_on_the_way (const Estimation *self, const AnfNode *node)
{
  guint values = 0;

  if (node->op->category == ANF_CAT_ACTIVATION)
    return TRUE;
  if (node->op->category != ANF_CAT_ELEMENTWISE)
    return FALSE;
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0)
      values += !is_constant (anf_graph_find (self->report->graph, node->in[i].node));
  return values <= 1;
}

/* Only what is larger than the engine's own memory goes out and comes back. */
static double
inside_us (const Estimation *self, const AnfNode *node, int at, double bytes)
{
  if (node->op->category == ANF_CAT_SHAPE || bytes <= ANF_TILE
      || (self->uses[at] == 1
          && is_on_the_way (self, g_ptr_array_index (self->report->graph->nodes,
                                                     self->reader[at]))))
    return 0;
  return 2 * (bytes - ANF_TILE) / self->chip.rates.inside / GB_PER_S;
}

/* ---- one node of a fused program */

typedef struct
{
  GHashTable *reads, *writes;      /* what crosses; @reads loses what was counted */
  GHashTable *constants;           /* counted */
} Border;

static void
add_inputs (const Estimation *self, const AnfNode *node, Border *border, AnfTerms *terms)
{
  const AnfRates *rates = &self->chip.rates;
  AnfRef own = { node->id, 0 };

  if (node->op->feed != NULL && g_hash_table_remove (border->reads, value_key (own)))
    terms->activation += value_bytes (self, own) / rates->read / GB_PER_S;
  for (guint i = 0; i < node->n_in; i++)
    {
      AnfRef ref = node->in[i];
      const AnfNode *from = ref.node != 0 ? anf_graph_find (self->report->graph, ref.node) : NULL;

      if (from == NULL)
        continue;
      if (is_constant (from))
        {
          if (g_hash_table_add (border->constants, value_key (ref)))
            terms->weight += value_bytes (self, ref) / rates->weight / GB_PER_S;
        }
      else if (g_hash_table_remove (border->reads, value_key (ref)))
        terms->activation += value_bytes (self, ref) / rates->read / GB_PER_S;
    }
}

static AnfTerms
node_terms (const Estimation *self, AnfId id, Border *border)
{
  const AnfNode *node = anf_graph_find (self->report->graph, id);
  const AnfRates *rates = &self->chip.rates;
  int at = anf_report_position (self->report, id);
  AnfElement element = anf_rates_element (node->op->name);
  g_autofree const AnfType **in = g_new0 (const AnfType *, node->n_in + 1);
  AnfTerms terms = { 0 };

  anf_report_inputs (self->report, node, in);
  add_inputs (self, node, border, &terms);
  for (guint i = 0; i < anf_node_n_outputs (node); i++)
    {
      AnfRef ref = { id, i };
      double bytes = anf_type_bytes (&self->report->types[at][i]);

      if (g_hash_table_contains (border->writes, value_key (ref)))
        terms.activation += bytes / rates->write / GB_PER_S;
      else
        terms.activation += inside_us (self, node, at, bytes);
    }
  terms.weight += weight_us (self, node, in);
  terms.compute = self->report->flops[at] / rates->peak / TFLOP_PER_S;
  if (element != ANF_ELEMENT_PLAIN && in[0] != NULL)
    terms.compute += anf_type_elements (in[0]) * rates->element[element] * NS;
  return terms;
}

/* ---- sums */

static double
sum_of (const AnfTerms *terms)
{
  return terms->fixed + terms->activation + terms->weight + terms->compute;
}

static void
add_terms (AnfTerms *to, const AnfTerms *from)
{
  to->fixed += from->fixed;
  to->activation += from->activation;
  to->weight += from->weight;
  to->compute += from->compute;
}

static AnfBound
bound_of (const AnfTerms *terms)
{
  double memory = terms->activation + terms->weight;

  if (terms->fixed >= memory && terms->fixed >= terms->compute)
    return ANF_BOUND_FLOOR;
  return memory >= terms->compute ? ANF_BOUND_MEMORY : ANF_BOUND_COMPUTE;
}

void
anf_estimate_charge (AnfEstimate *self, const AnfNode *step, const AnfTerms *terms)
{
  AnfId id = origin_of (step);
  guint at = GPOINTER_TO_UINT (g_hash_table_lookup (self->by_id, GSIZE_TO_POINTER (id)));
  AnfNodeEstimate *node;

  if (at == 0)
    {
      AnfNodeEstimate fresh = { .node = id };

      g_array_append_val (self->nodes, fresh);
      at = self->nodes->len;
      g_hash_table_insert (self->by_id, GSIZE_TO_POINTER (id), GUINT_TO_POINTER (at));
    }
  node = &g_array_index (self->nodes, AnfNodeEstimate, at - 1);
  add_terms (&node->terms, terms);
  node->us = sum_of (&node->terms);
  node->bound = bound_of (&node->terms);
}

static void
finish_segment (AnfEstimate *self, const AnfTerms *terms, const double *band)
{
  AnfSegmentEstimate segment = { .terms = *terms, .us = sum_of (terms),
                                 .bound = bound_of (terms) };

  segment.low = segment.us * band[0];
  segment.high = segment.us * band[1];
  g_array_append_val (self->segments, segment);
  self->us += segment.us;
  self->low += segment.low;
  self->high += segment.high;
}

/* ---- segments */

static void
estimate_fused (Estimation *self, const AnfSteps *steps)
{
  Border border = { value_set (steps->reads, steps->n_reads),
                    value_set (steps->writes, steps->n_writes), g_hash_table_new (NULL, NULL) };
  AnfTerms total = { .fixed = self->chip.rates.floor };
  guint computing = 0;

  for (guint i = 0; i < steps->n_nodes; i++)
    {
      const AnfNode *node = anf_graph_find (self->report->graph, steps->nodes[i]);
      AnfTerms terms = node_terms (self, steps->nodes[i], &border);

      add_terms (&total, &terms);
      anf_estimate_charge (self->out, node, &terms);
      computing += node->op->category != ANF_CAT_SHAPE && !is_on_the_way (self, node);
    }
  g_hash_table_unref (border.reads);
  g_hash_table_unref (border.writes);
  g_hash_table_unref (border.constants);
  finish_segment (self->out, &total,
                  computing > 1 ? self->chip.rates.chain : self->chip.rates.single);
}

double
anf_bridge_work (const AnfReport *report, const AnfNode *node, AnfWorkKind kind)
{
  g_autofree const AnfType **in = g_new0 (const AnfType *, node->n_in + 1);
  const AnfType *out = anf_report_type (report, node->id, 0);

  anf_report_inputs (report, node, in);
  switch (kind)
    {
    case ANF_WORK_INPUT:
      return anf_type_elements (in[0]);
    case ANF_WORK_OUTPUT:
      return anf_type_elements (out);
    case ANF_WORK_BOTH_INPUTS:
      return (double) anf_type_elements (in[0]) * anf_type_elements (in[1]);
    case ANF_WORK_ROWS:
      return (double) in[0]->dim[0] * out->dim[0];
    case ANF_WORK_ATTENTION:       /* q: all, times the keys */
      return (double) anf_type_elements (in[0]) * in[1]->dim[in[1]->rank - 2];
    case ANF_WORK_ONE:
    default:
      return 1;
    }
}

/* One core of the host in fp32: 3.2 GHz, four vectors of four numbers at a time, multiplied and
 * added, are 0.1 TFLOP/s; such code reaches half of that. An assumption, nobody measured it. */
#define HOST_TFLOP 0.05

/* An island: its borders to its first node, and to every node what it computes. */
static void
estimate_island (Estimation *self, const AnfSegment *segment, const AnfSteps *steps)
{
  const AnfRates *rates = &self->chip.rates;
  double band[2] = { rates->chain[0], rates->chain[1] };
  AnfTerms all = { 0 };

  for (guint i = 0; i < steps->n_nodes; i++)
    {
      const AnfNode *node = anf_graph_find (self->report->graph, steps->nodes[i]);
      AnfTerms terms = { 0 };

      if (i == 0)
        terms.activation = (segment->bytes_in / rates->read + segment->bytes_out / rates->write)
                           / GB_PER_S;
      terms.compute = self->report->flops[anf_report_position (self->report, node->id)]
                      / HOST_TFLOP / TFLOP_PER_S;
      all.activation += terms.activation;
      all.compute += terms.compute;
      anf_estimate_charge (self->out, node, &terms);
    }
  self->out->basis = ANF_BASIS_EXTRAPOLATED;
  anf_band_widen (band);
  finish_segment (self->out, &all, band);
}

/* A bridge was measured whole. What was not is read and written; on the host, that is all. */
static void
estimate_other (Estimation *self, const AnfSegment *segment, const AnfSteps *steps)
{
  const AnfNode *node = anf_graph_find (self->report->graph, steps->nodes[0]);
  const AnfBridgeRate *bridge = anf_rates_bridge (node->op->name);
  const AnfRates *rates = &self->chip.rates;
  double band[2] = { rates->chain[0], rates->chain[1] };
  AnfTerms terms = { 0 };

  if (node->place != ANF_PLACE_ENGINE)
    {
      estimate_island (self, segment, steps);
      return;
    }
  if (bridge != NULL)
    {
      double us = anf_bridge_us (bridge, anf_bridge_work (self->report, node, bridge->kind), rates);

      terms.fixed = MIN (us, anf_bridge_us (bridge, 0, rates));
      terms.compute = us - terms.fixed;
    }
  else
    {
      terms.fixed = segment->kind == ANF_SEGMENT_BRIDGE ? rates->floor : 0;
      terms.activation = (segment->bytes_in / rates->read + segment->bytes_out / rates->write)
                         / GB_PER_S;
      terms.compute = self->report->flops[anf_report_position (self->report, node->id)]
                      / rates->peak / TFLOP_PER_S;
    }
  if (bridge == NULL || !g_str_equal (rates->key, ANF_BRIDGE_MACHINE))
    {
      self->out->basis = ANF_BASIS_EXTRAPOLATED;
      if (self->chip.measured)     /* else it is as wide already */
        anf_band_widen (band);
    }
  anf_estimate_charge (self->out, node, &terms);
  finish_segment (self->out, &terms, band);
}

/* Why the chip cannot take the graph (transfer full); NULL: it can. */
static char *
refusal (const AnfReport *report, const char *target, const char *arch)
{
  g_autoptr(AnfVerdict) verdict = anf_preflight (report, arch);
  GString *text;
  guint n = 0;

  if (verdict->ok)
    return NULL;
  text = g_string_new (NULL);
  for (guint k = 0; k < 2; k++)
    {
      const GArray *ids = k == 0 ? verdict->reject : verdict->oversize;

      for (guint i = 0; i < ids->len; i++, n++)
        if (n < 3)
          g_string_append_printf (text, "%s%s", n > 0 ? ", " : "",
                                  anf_graph_find (report->graph,
                                                  g_array_index (ids, AnfId, i))->name);
    }
  if (n > 3)
    g_string_append_printf (text, " and %u more", n - 3);
  g_string_prepend (text, " refuses ");
  g_string_prepend (text, target);
  g_string_append_c (text, '.');
  return g_string_free (text, FALSE);
}

AnfEstimate *
anf_estimate_new (const char *target)
{
  AnfEstimate *self = g_atomic_rc_box_new0 (AnfEstimate);

  self->target = g_intern_string (target);
  self->segments = g_array_new (FALSE, FALSE, sizeof (AnfSegmentEstimate));
  self->nodes = g_array_new (FALSE, FALSE, sizeof (AnfNodeEstimate));
  self->by_id = g_hash_table_new (NULL, NULL);
  return self;
}

AnfEstimate *
anf_estimate (const AnfPlan *plan, const AnfWeights *weights, const char *target)
{
  AnfEstimate *out = anf_estimate_new (target);
  Estimation self = { .plan = plan, .report = plan->report, .out = out };
  const char *why;

  if (!anf_rates_find (target, &self.chip, &why))
    {
      out->why = g_strdup (why);
      return out;
    }
  out->from = self.chip.rates.title;
  out->basis = self.chip.measured ? ANF_BASIS_MEASURED : ANF_BASIS_EXTRAPOLATED;
  if ((out->why = refusal (plan->whole, target, self.chip.arch)) != NULL)
    return out;

  self.family = anf_arch_family (self.chip.arch);
  self.facts = weights != NULL ? index_facts (weights) : NULL;
  out->floor_us = self.chip.rates.floor;
  find_uses (&self);
  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);

      if (segment->kind == ANF_SEGMENT_FUSED)
        estimate_fused (&self, anf_plan_steps (plan, i));
      else
        estimate_other (&self, segment, anf_plan_steps (plan, i));
    }
  g_clear_pointer (&self.facts, g_hash_table_unref);
  g_free (self.uses);
  g_free (self.reader);
  return out;
}

/* ---- readers */

static void
estimate_clear (AnfEstimate *self)
{
  g_free (self->why);
  g_array_unref (self->segments);
  g_array_unref (self->nodes);
  g_hash_table_unref (self->by_id);
}

AnfEstimate *
anf_estimate_ref (AnfEstimate *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_estimate_unref (AnfEstimate *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) estimate_clear);
}

const char *
anf_basis_name (AnfBasis basis)
{
  static const char *const names[] = { "measured", "extrapolated", "package" };

  return names[basis];
}

const char *
anf_bound_name (AnfBound bound)
{
  static const char *const names[] = { "floor", "memory", "compute" };

  return names[bound];
}

const char *
anf_estimate_target (const AnfEstimate *self)
{
  return self->target;
}

const char *
anf_estimate_why (const AnfEstimate *self)
{
  return self->why;
}

double
anf_estimate_us (const AnfEstimate *self, double *low, double *high)
{
  if (low != NULL)
    *low = self->low;
  if (high != NULL)
    *high = self->high;
  return self->us;
}

AnfBasis
anf_estimate_basis (const AnfEstimate *self)
{
  return self->basis;
}

const char *
anf_estimate_from (const AnfEstimate *self)
{
  return self->from;
}

double
anf_estimate_floor (const AnfEstimate *self)
{
  return self->floor_us;
}

guint
anf_estimate_n_segments (const AnfEstimate *self)
{
  return self->segments->len;
}

const AnfSegmentEstimate *
anf_estimate_segment (const AnfEstimate *self, guint i)
{
  g_return_val_if_fail (i < self->segments->len, NULL);

  return &g_array_index (self->segments, AnfSegmentEstimate, i);
}

guint
anf_estimate_n_nodes (const AnfEstimate *self)
{
  return self->nodes->len;
}

const AnfNodeEstimate *
anf_estimate_nth_node (const AnfEstimate *self, guint i)
{
  g_return_val_if_fail (i < self->nodes->len, NULL);

  return &g_array_index (self->nodes, AnfNodeEstimate, i);
}

const AnfNodeEstimate *
anf_estimate_node (const AnfEstimate *self, AnfId id)
{
  guint at = GPOINTER_TO_UINT (g_hash_table_lookup (self->by_id, GSIZE_TO_POINTER (id)));

  return at > 0 ? &g_array_index (self->nodes, AnfNodeEstimate, at - 1) : NULL;
}
