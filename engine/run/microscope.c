/* microscope.c - one number of a run, followed back through the sum that made it. */
#include "num/edge.h"
#include "ops/terms.h"
#include "run/errors.h"
#include "run/program.h"
#include "weight/choose.h"

#include <math.h>

#define TILE 4                     /* num/lanes.c */
#define BITS 12
#define CLIFF 32768

/* What is read, as the device has it and exactly. */
typedef struct
{
  AnfTensor   *x, *exact_x, *y, *exact_y;    /* @y of a weight: NULL, see @weight */
  const float *weight;
  AnfTensor   *exact_weight;
  GArray      *steps;              /* AnfTermStep */
} Reading;

gboolean
anf_microscope_knows (const AnfNode *node)
{
  return anf_terms_known (node->op);
}

/* ---------------------------------------------------------------- terms */

static double
at (const AnfTensor *tensor, gint64 i)
{
  double value = 0;

  if (tensor != NULL && i >= 0)
    anf_tensor_read_double (tensor, i, 1, &value);
  return value;
}

static void
take_term (gint64 x, gint64 y, gpointer data)
{
  Reading *self = data;
  AnfTermStep step = { .x = at (self->x, x), .exact_x = at (self->exact_x, x),
                       .y = 1, .exact_y = 1 };

  if (y >= 0 && self->weight != NULL)
    {
      step.y = self->weight[y];
      step.exact_y = at (self->exact_weight, y);
    }
  else if (y >= 0)
    {
      step.y = at (self->y, y);
      step.exact_y = at (self->exact_y, y);
    }
  g_array_append_val (self->steps, step);
}

/* ---------------------------------------------------------------- sums */

/* As in num/lanes.c, which has it from the ANE guide's probes: both operands on the scale of the
 * larger one, what the smaller has below its last bit is dropped. */
static double
narrow_add (double a, double b)
{
  double large = fabs (a) >= fabs (b) ? a : b, small = fabs (a) >= fabs (b) ? b : a;
  int exponent;

  if (!isfinite (a) || !isfinite (b))
    return anf_edge_add (a, b);
  if (small == 0)
    return large;
  frexp (large, &exponent);
  return large + ldexp (trunc (ldexp (small, BITS - exponent)), exponent - BITS);
}

/* The result under some of the roundings; fills in the partial sums if @keep. */
static double
run (AnfMicroscope *self, AnfRoundings on, AnfFinish finish, gboolean keep)
{
  gboolean factors = on & ANF_ROUND_FACTORS, tiles = on & ANF_ROUND_TILES;
  gboolean cliff = (on & ANF_ROUND_CLIFF) && self->product;
  double total = 0, tile = 0, sum;

  for (guint i = 0; i < self->n; i++)
    {
      AnfTermStep *step = &self->step[i];
      double x = factors ? step->x : step->exact_x, y = factors ? step->y : step->exact_y;
      double term = anf_edge_mul (x, y);

      tile = i % TILE == 0 && tiles ? 0 : tile;
      if (tiles)
        tile = narrow_add (tile, (float) term);
      else
        total = anf_edge_add (total, term);
      if (tiles && (i % TILE == TILE - 1 || i + 1 == self->n))
        {
          total = (float) anf_edge_add (total, tile);
          tile = 0;
        }
      if (cliff && tiles && fabs (total) >= CLIFF && isfinite (total))
        total = copysign (INFINITY, total);
      if (keep)
        step->sum = anf_edge_add (total, tile);
    }
  sum = anf_edge_add (total, factors ? self->bias : self->exact_bias) * self->scale;
  if (!(on & ANF_ROUND_CLIFF))
    finish &= ~ANF_FINISH_CLIFF;
  else if (finish & ANF_FINISH_CLIFF && !(on & ANF_ROUND_RESULT) && fabs (sum) >= CLIFF)
    sum = copysign (INFINITY, sum);
  return on & ANF_ROUND_RESULT ? anf_finish_one (sum, finish) : sum;
}

static void
finish_all (AnfMicroscope *self, AnfFinish finish)
{
  double exact = 0;

  for (guint i = 0; i < self->n; i++)
    {
      exact = anf_edge_add (exact, anf_edge_mul (self->step[i].exact_x, self->step[i].exact_y));
      self->step[i].exact = exact;
    }
  self->exact = run (self, 0, finish, FALSE);
  for (guint bit = 0; bit < G_N_ELEMENTS (self->lost); bit++)
    self->lost[bit] = run (self, 1 << bit, finish, FALSE) - self->exact;
  self->result = run (self, self->on, finish, TRUE);
}

/* ---------------------------------------------------------------- reading */

static gboolean
refuse (GError **error, AnfId node, const char *why)
{
  anf_error_set_node (error, ANF_ERROR_RUN, node, NULL, "%s", why);
  return FALSE;
}

static gboolean
read_inputs (Reading *self, const AnfErrors *errors, const AnfNode *node, GError **error)
{
  if (node->n_in < 1 || !anf_errors_values (errors, node->in[0], &self->x, &self->exact_x)
      || (node->n_in > 1 && !anf_errors_values (errors, node->in[1], &self->y, &self->exact_y)))
    return refuse (error, node->id, "What it reads was not kept");
  return TRUE;
}

/* The weights of the run, decoded; NULL: the node has none. */
static void
read_weights (Reading *self, AnfMicroscope *out, const AnfProgram *program, const AnfNode *node,
              AnfTensor *const *weight, gint64 bias)
{
  const AnfWeights *weights = anf_program_weights (program);
  const float *added = bias >= 0 ? anf_weights_values (weights, node, 1, NULL) : NULL;

  self->weight = anf_op_n_roles (node->op) > 0 ? anf_weights_values (weights, node, 0, NULL) : NULL;
  self->exact_weight = weight[0];
  if (bias < 0)
    return;
  out->exact_bias = at (weight[1], bias);
  out->bias = added != NULL ? added[bias] : out->exact_bias;
}

static gboolean
look (AnfMicroscope *self, Reading *reading, const AnfErrors *errors, const AnfNode *node,
      GError **error)
{
  const AnfProgram *program = anf_errors_program (errors);
  const AnfReport *report = anf_program_report (program);
  const AnfType *out = anf_report_type (report, node->id, 0), *in[ANF_MAX_PORTS] = { NULL };
  AnfTensor *weight[ANF_MAX_ROLES + 1] = { NULL };
  AnfTermFacts facts;

  if (out == NULL || self->element >= anf_type_elements (out))
    return refuse (error, node->id, "There is no such element");
  if (!read_inputs (reading, errors, node, error))
    return FALSE;
  for (guint i = 0; i < MIN (node->n_in, ANF_MAX_PORTS); i++)
    in[i] = anf_report_type (report, node->in[i].node, node->in[i].port);
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    weight[i] = anf_graph_tensor_of (anf_errors_graph (errors), node, node->op->role[i].name);
  anf_terms_each (node, in, out, weight, self->element, &facts, NULL, NULL);
  read_weights (reading, self, program, node, weight, facts.bias);
  anf_terms_each (node, in, out, weight, self->element, &facts, take_term, reading);
  self->scale = facts.scale;
  self->product = facts.cliff;
  self->n = reading->steps->len;
  self->step = (AnfTermStep *) (gpointer) g_array_steal (reading->steps, NULL);
  finish_all (self, anf_finish_for (ANF_NUMERICS_LANES,
                                    anf_arch_family (anf_report_target (report)),
                                    facts.cliff ? ANF_RESULT_PRODUCT : ANF_RESULT_PLAIN));
  return TRUE;
}

AnfMicroscope *
anf_microscope_new (const AnfErrors *errors, AnfRef value, gsize element, AnfRoundings on,
                    GError **error)
{
  const AnfNode *node = anf_graph_find (anf_errors_graph (errors), value.node);
  AnfMicroscope *self = g_new0 (AnfMicroscope, 1);
  Reading reading = { .steps = g_array_new (FALSE, FALSE, sizeof (AnfTermStep)) };
  gboolean good;

  *self = (AnfMicroscope) { .value = value, .element = element, .on = on, .scale = 1 };
  if (node == NULL || value.port != 0 || !anf_microscope_knows (node))
    good = refuse (error, value.node, "Its numbers are no sums that can be followed");
  else if (anf_errors_program (errors) == NULL)
    good = refuse (error, value.node, "What it reads is only known of the run itself");
  else
    good = look (self, &reading, errors, node, error);
  g_array_unref (reading.steps);
  g_clear_pointer (&reading.x, anf_tensor_unref);
  g_clear_pointer (&reading.exact_x, anf_tensor_unref);
  g_clear_pointer (&reading.y, anf_tensor_unref);
  g_clear_pointer (&reading.exact_y, anf_tensor_unref);
  if (!good)
    g_clear_pointer (&self, anf_microscope_free);
  return self;
}

void
anf_microscope_free (AnfMicroscope *self)
{
  g_free (self->step);
  g_free (self);
}
