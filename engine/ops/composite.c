/* composite.c - runs a row as the graph of simpler rows that it stands for. Every inner result is
 * rounded, as it is on the device, where these are statements of their own. */
#include "ops/composite.h"

#include "ops/bound.h"

#include <string.h>

/* ---- building */

void
anf_expansion_init (AnfExpansion *self, AnfShapes *shapes)
{
  *self = (AnfExpansion) { shapes, anf_graph_builder_new (NULL), 0 };
}

AnfRef
anf_expansion_input (AnfExpansion *self, guint port)
{
  const AnfType *type = self->shapes->in[port];
  AnfId id = anf_graph_builder_add (self->builder, anf_op_lookup ("input"));
  g_autofree char *name = NULL;
  gint64 dim[ANF_MAX_RANK];

  for (guint i = 0; i < type->rank; i++)
    dim[i] = type->dim[i];
  anf_expansion_ints (self, (AnfRef) { id, 0 }, "shape", type->rank, dim);
  /* Wires of a variadic port have one name: they get numbers. */
  name = g_strdup_printf ("%s%u", anf_shapes_port (self->shapes, port), port);
  if (!anf_graph_builder_set_name (self->builder, id, name))
    g_assert_not_reached ();
  return (AnfRef) { id, 0 };
}

AnfRef
anf_expansion_node (AnfExpansion *self, const char *op, AnfRef x, AnfRef y)
{
  AnfId id = anf_graph_builder_add (self->builder, anf_op_lookup (op));

  if (x.node != 0)
    anf_graph_builder_connect (self->builder, x, id, 0);
  if (y.node != 0)
    anf_graph_builder_connect (self->builder, y, id, 1);
  return (AnfRef) { id, 0 };
}

void
anf_expansion_real (AnfExpansion *self, AnfRef node, const char *attr, double value)
{
  anf_graph_builder_set_attr (self->builder, node.node, attr, g_variant_new_double (value));
}

void
anf_expansion_int (AnfExpansion *self, AnfRef node, const char *attr, gint64 value)
{
  anf_graph_builder_set_attr (self->builder, node.node, attr, g_variant_new_int64 (value));
}

void
anf_expansion_ints (AnfExpansion *self, AnfRef node, const char *attr, guint n,
                    const gint64 *values)
{
  anf_graph_builder_set_attr (self->builder, node.node, attr,
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, values, n,
                                                         sizeof *values));
}

void
anf_expansion_role (AnfExpansion *self, AnfRef node, const char *role, const char *outer)
{
  int at = anf_op_find_role (self->shapes->node->op, outer);

  if (self->shapes->weight[at] != NULL)
    anf_graph_builder_set_weight (self->builder, node.node, role, outer);
}

void
anf_expansion_own (AnfExpansion *self, AnfRef node, const char *role, guint rank,
                   const gint64 *shape, const float *values)
{
  g_autofree char *name = g_strdup_printf ("own_%u", self->n_constants++);
  g_autoptr(AnfTensor) tensor = anf_tensor_new_floats (rank, shape, values);
  g_autoptr(AnfWeight) weight = anf_weight_new_values (name, tensor);

  anf_graph_builder_put_weight (self->builder, weight);
  anf_graph_builder_set_weight (self->builder, node.node, role, name);
}

AnfRef
anf_expansion_reshape (AnfExpansion *self, AnfRef x, guint rank, const gint64 *shape)
{
  AnfRef node = anf_expansion_node (self, "reshape", x, (AnfRef) { 0 });

  anf_expansion_ints (self, node, "shape", rank, shape);
  return node;
}

AnfRef
anf_expansion_transpose (AnfExpansion *self, AnfRef x, guint rank, const gint64 *perm)
{
  AnfRef node = anf_expansion_node (self, "transpose", x, (AnfRef) { 0 });

  anf_expansion_ints (self, node, "perm", rank, perm);
  return node;
}

AnfGraph *
anf_expansion_end (AnfExpansion *self, AnfRef result)
{
  g_autoptr(GError) error = NULL;
  AnfGraph *graph;

  anf_graph_builder_set_output (self->builder, "y", result);
  graph = anf_graph_builder_end (self->builder, &error);
  g_assert_no_error (error);       /* its wires only go forwards */
  return graph;
}

/* ---- the inner graph with its types */

/* One inner node: its call, and where its numbers are. */
typedef struct
{
  const AnfNode  *node;
  guint           n_in, n_out;
  int             port;            /* of the outer node; -1: computed here */
  guint          *from;            /* step of each input */
  guint          *from_port;
  const AnfType **in_type;
  AnfType        *out_type;
  AnfTensor      *weight[ANF_MAX_ROLES];
  int             outer[ANF_MAX_ROLES];    /* role of the outer node; -1: its own tensor */
} Step;

typedef struct
{
  AnfGraph *graph;
  guint     n;
  Step     *steps;
  guint     result;                /* step of the output */
} Inner;

static void
inner_clear (Inner *self)
{
  for (guint i = 0; i < self->n; i++)
    {
      g_free (self->steps[i].from);
      g_free (self->steps[i].from_port);
      g_free (self->steps[i].in_type);
      g_free (self->steps[i].out_type);
    }
  g_free (self->steps);
  g_clear_pointer (&self->graph, anf_graph_unref);
}

static guint
position (const Inner *self, AnfId id)
{
  guint i = 0;

  while (self->steps[i].node->id != id)
    i++;
  return i;
}

static void
find_weights (Step *step, const AnfGraph *graph, const AnfNode *outer, AnfTensor *const *weight)
{
  for (guint role = 0; role < anf_op_n_roles (step->node->op); role++)
    {
      const char *name = step->node->slot[role].weight;

      step->outer[role] = name != NULL ? anf_op_find_role (outer->op, name) : -1;
      if (step->outer[role] >= 0)
        step->weight[role] = weight[step->outer[role]];
      else if (name != NULL)
        step->weight[role] = anf_weight_tensor (anf_graph_find_weight ((AnfGraph *) graph, name));
    }
}

static int
outer_port (const AnfNode *node)
{
  const char *digits = node->name + strlen (node->name);

  if (node->op->feed == NULL)
    return -1;
  while (g_ascii_isdigit (digits[-1]))
    digits--;
  return atoi (digits);
}

static gboolean
step_infer (Inner *self, guint at, AnfShapes *outer)
{
  Step *step = &self->steps[at];
  AnfShapes shapes = { .node = step->node, .n_in = step->n_in, .weight = step->weight,
                       .n_out = step->n_out };

  step->from = g_new0 (guint, step->n_in + 1);
  step->from_port = g_new0 (guint, step->n_in + 1);
  step->in_type = g_new0 (const AnfType *, step->n_in + 1);
  step->out_type = g_new0 (AnfType, step->n_out);
  for (guint i = 0; i < step->n_in; i++)
    if (step->node->in[i].node != 0)
      {
        step->from[i] = position (self, step->node->in[i].node);
        step->from_port[i] = step->node->in[i].port;
        step->in_type[i] = &self->steps[step->from[i]].out_type[step->from_port[i]];
      }
  shapes.in = step->in_type;
  shapes.out = step->out_type;
  if (step->node->op->infer (&shapes))
    return TRUE;
  anf_shapes_refuse (outer, shapes.code, NULL, shapes.hint, "Inside %s: %s", outer->node->name,
                     shapes.message);
  g_free (shapes.message);
  return FALSE;
}

static gboolean
inner_init (Inner *self, AnfShapes *outer)
{
  AnfRef result;

  *self = (Inner) { .graph = outer->node->op->expand (outer) };
  if (self->graph == NULL)
    return FALSE;
  self->n = anf_graph_n_nodes (self->graph);
  self->steps = g_new0 (Step, self->n);
  for (guint i = 0; i < self->n; i++)
    {
      Step *step = &self->steps[i];

      step->node = anf_graph_nth (self->graph, i);
      step->n_in = anf_node_n_inputs (step->node);
      step->n_out = anf_node_n_outputs (step->node);
      step->port = outer_port (step->node);
      find_weights (step, self->graph, outer->node, outer->weight);
      if (!step_infer (self, i, outer))
        {
          inner_clear (self);
          return FALSE;
        }
    }
  anf_graph_nth_output (self->graph, 0, &result);
  self->result = position (self, result.node);
  return TRUE;
}

gboolean
anf_composite_infer (AnfShapes *shapes)
{
  Inner inner;

  if (!inner_init (&inner, shapes))
    return FALSE;
  shapes->out[0] = inner.steps[inner.result].out_type[0];
  inner_clear (&inner);
  return TRUE;
}

double
anf_composite_flops (const AnfShapes *shapes)
{
  AnfShapes outer = *shapes;
  double flops = 0;
  Inner inner;

  if (!inner_init (&inner, &outer))
    return 0;
  for (guint i = 0; i < inner.n; i++)
    {
      Step *step = &inner.steps[i];
      AnfShapes own = { .node = step->node, .n_in = step->n_in, .in = step->in_type,
                        .weight = step->weight, .n_out = step->n_out, .out = step->out_type };

      if (step->node->op->flops != NULL)
        flops += step->node->op->flops (&own);
    }
  inner_clear (&inner);
  return flops;
}

char *
anf_composite_guard (const AnfShapes *shapes, guint family)
{
  AnfShapes outer = *shapes;
  char *why = NULL;
  Inner inner;

  if (!inner_init (&inner, &outer))
    return NULL;                   /* the shape rule says so */
  for (guint i = 0; i < inner.n && why == NULL; i++)
    {
      Step *step = &inner.steps[i];
      AnfShapes own = { .node = step->node, .n_in = step->n_in, .in = step->in_type,
                        .weight = step->weight, .n_out = step->n_out, .out = step->out_type };
      g_autofree char *said = step->node->op->guard != NULL
                              ? step->node->op->guard (&own, family) : NULL;

      if (said != NULL)
        why = g_strdup_printf ("Inside %s: %s", shapes->node->name, said);
    }
  inner_clear (&inner);
  return why;
}

/* The inner rows' bounds, one after the other. */
static double
step_bound (const Inner *inner, guint at, const AnfBounds *outer, const double *known)
{
  const Step *step = &inner->steps[at];
  g_autofree double *in = g_new0 (double, step->n_in + 1);
  AnfBounds own = { .node = step->node, .n_in = step->n_in, .in = in, .in_type = step->in_type,
                    .out_type = step->out_type, .weight = step->weight };

  if (step->port >= 0)
    return outer->in[step->port];
  for (guint i = 0; i < step->n_in; i++)
    in[i] = step->in_type[i] != NULL ? known[step->from[i]] : 0;
  for (guint role = 0; role < anf_op_n_roles (step->node->op); role++)
    if (step->outer[role] >= 0 && (outer->packed & 1u << step->outer[role]))
      own.packed |= 1u << role;
  return anf_bound_of (&own);
}

double
anf_composite_bound (const AnfBounds *b)
{
  AnfType out;
  AnfShapes outer = { .node = b->node, .n_in = b->n_in, .in = b->in_type, .weight = b->weight,
                      .n_out = 1, .out = &out };
  g_autofree double *known = NULL;
  double bound;
  Inner inner;

  if (!inner_init (&inner, &outer))
    {
      g_free (outer.message);
      return INFINITY;
    }
  known = g_new0 (double, inner.n);
  for (guint i = 0; i < inner.n; i++)
    known[i] = step_bound (&inner, i, b, known);
  bound = known[inner.result];
  inner_clear (&inner);
  return bound;
}

/* ---- running */

typedef struct
{
  AnfCall       call;
  const float  *weight[ANF_MAX_ROLES];
  float        *own[ANF_MAX_ROLES];
  const float **in;
  float       **out;
  gsize         items;
} Run;

typedef struct { Inner inner; Run *runs; } Composite;

/* The outer node's view, for the shape rules of the inner ones. */
static AnfShapes
outer_shapes (const AnfNode *node, guint n_in, const AnfType *const *in, AnfTensor *const *weight)
{
  return (AnfShapes) { .node = node, .n_in = n_in, .in = in, .weight = weight, .n_out = 1 };
}

static float *
own_values (const AnfTensor *tensor, AnfNumerics numerics)
{
  gsize n = anf_tensor_elements (tensor);
  float *values = g_new (float, n);

  anf_tensor_read (tensor, 0, n, values);
  anf_finish (values, n, numerics == ANF_NUMERICS_FP32 ? 0 : ANF_FINISH_HALF);
  return values;
}

static gboolean
run_prepare (Run *run, const Step *step, const AnfCall *outer, GError **error)
{
  for (guint role = 0; role < anf_op_n_roles (step->node->op); role++)
    if (step->outer[role] >= 0)
      run->weight[role] = outer->weight[step->outer[role]];
    else if (step->weight[role] != NULL)
      run->weight[role] = run->own[role] = own_values (step->weight[role], outer->numerics);
  run->call = (AnfCall) {
    .node = step->node, .numerics = outer->numerics, .family = outer->family,
    .n_in = step->n_in, .n_out = step->n_out, .in_type = step->in_type,
    .out_type = step->out_type, .weight_tensor = step->weight, .weight = run->weight,
  };
  run->in = g_new0 (const float *, step->n_in + 1);
  run->out = g_new0 (float *, step->n_out);
  if (step->port >= 0)
    return TRUE;                   /* the outer node's input, as it is */
  for (guint i = 0; i < step->n_out; i++)
    run->out[i] = g_new (float, anf_type_elements (&step->out_type[i]));
  if (step->node->op->prepare != NULL
      && !step->node->op->prepare (&run->call, &run->call.state, error))
    return FALSE;
  run->items = step->node->op->items != NULL ? step->node->op->items (&run->call)
                                             : anf_type_elements (step->out_type);
  return TRUE;
}

gboolean
anf_composite_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  AnfShapes shapes = outer_shapes (call->node, call->n_in, call->in_type, call->weight_tensor);
  Composite *self = g_new0 (Composite, 1);

  *state = self;
  if (!inner_init (&self->inner, &shapes))
    {
      anf_error_set_node (error, ANF_ERROR_COMPILE, call->node->id, shapes.field, "%s",
                          shapes.message);
      g_free (shapes.message);
      return FALSE;
    }
  self->runs = g_new0 (Run, self->inner.n);
  for (guint i = 0; i < self->inner.n; i++)
    if (!run_prepare (&self->runs[i], &self->inner.steps[i], call, error))
      return FALSE;
  return TRUE;
}

void
anf_composite_release (gpointer state)
{
  Composite *self = state;

  for (guint i = 0; self->runs != NULL && i < self->inner.n; i++)
    {
      Run *run = &self->runs[i];
      const AnfOp *op = self->inner.steps[i].node->op;

      if (op->release != NULL && run->call.state != NULL)
        op->release (run->call.state);
      for (guint k = 0; run->out != NULL && k < self->inner.steps[i].n_out; k++)
        g_free (run->out[k]);
      for (guint k = 0; k < ANF_MAX_ROLES; k++)
        g_free (run->own[k]);
      g_free (run->in);
      g_free (run->out);
    }
  inner_clear (&self->inner);
  g_free (self->runs);
  g_free (self);
}

static void
run_range (gsize begin, gsize end, gpointer data)
{
  const AnfCall *call = data;

  call->node->op->kernel (call, begin, end);
}

#define GRAIN 16384

static const float *
value_of (const Composite *self, const AnfCall *outer, guint step, guint port)
{
  int from = self->inner.steps[step].port;

  return from >= 0 ? outer->in[from] : self->runs[step].out[port];
}

void
anf_composite_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const Composite *self = call->state;
  float *result[] = { call->out[0] };

  for (guint i = 0; i < self->inner.n; i++)
    {
      const Step *step = &self->inner.steps[i];
      const AnfOp *op = step->node->op;
      AnfCall own = self->runs[i].call;

      if (step->port >= 0)
        continue;
      for (guint k = 0; k < step->n_in; k++)
        if (step->in_type[k] != NULL)
          self->runs[i].in[k] = value_of (self, call, step->from[k], step->from_port[k]);
      own.in = self->runs[i].in;
      own.out = i == self->inner.result ? result : self->runs[i].out;
      if (op->whole)
        op->kernel (&own, 0, self->runs[i].items);
      else
        anf_parallel (self->runs[i].items, op->grain != 0 ? op->grain : GRAIN, run_range, &own);
    }
}

/* ---- the same in double */

static void
exact_elements (const AnfExact *exact)
{
  const AnfOp *op = exact->node->op;
  gsize n = anf_type_elements (exact->out_type), at[2] = { 0 };
  double attr[ANF_MAX_ATTRS];
  AnfWalk walk;

  anf_node_reals (exact->node, ANF_NUMERICS_FP32, attr);
  anf_walk_init (&walk, exact->n_in, exact->in_type, exact->out_type);
  for (gsize i = 0; i < n; i++)
    {
      anf_walk_run (&walk, i, at);
      exact->out[0][i] = op->unary != NULL ? op->unary (exact->in[0][at[0]], attr)
                                           : op->binary (exact->in[0][at[0]], exact->in[1][at[1]]);
    }
}

static void
exact_step (const Inner *inner, guint at, const AnfExact *outer, double **values)
{
  const Step *step = &inner->steps[at];
  const double *weight[ANF_MAX_ROLES] = { NULL };
  double *own[ANF_MAX_ROLES] = { NULL };
  g_autofree const double **in = g_new0 (const double *, step->n_in + 1);
  g_autofree double **out = g_new0 (double *, step->n_out);
  AnfExact exact = { step->node, step->n_in, step->n_out, step->in_type, step->out_type,
                     step->weight, weight, in, out };

  for (guint i = 0; i < step->n_in; i++)
    in[i] = step->in_type[i] != NULL ? values[step->from[i]] : NULL;
  out[0] = values[at];             /* inner rows of several outputs are not used */
  for (guint role = 0; role < anf_op_n_roles (step->node->op); role++)
    if (step->outer[role] >= 0)
      weight[role] = outer->weight[step->outer[role]];
    else if (step->weight[role] != NULL)
      {
        weight[role] = own[role] = g_new (double, anf_tensor_elements (step->weight[role]));
        anf_tensor_read_double (step->weight[role], 0, anf_tensor_elements (step->weight[role]),
                                own[role]);
      }
  if (step->node->op->reference != NULL)
    step->node->op->reference (&exact);
  else
    exact_elements (&exact);
  for (guint role = 0; role < ANF_MAX_ROLES; role++)
    g_free (own[role]);
}

void
anf_composite_reference (const AnfExact *exact)
{
  AnfShapes shapes = outer_shapes (exact->node, exact->n_in, exact->in_type,
                                   exact->weight_tensor);
  double **values;
  Inner inner;

  if (!inner_init (&inner, &shapes))
    g_assert_not_reached ();       /* the rule has let it pass */
  values = g_new0 (double *, inner.n);
  for (guint i = 0; i < inner.n; i++)
    {
      gsize n = anf_type_elements (inner.steps[i].out_type);

      values[i] = g_new (double, n);
      if (inner.steps[i].port >= 0)
        memcpy (values[i], exact->in[inner.steps[i].port], n * sizeof **values);
      else
        exact_step (&inner, i, exact, values);
    }
  memcpy (exact->out[0], values[inner.result],
          anf_type_elements (exact->out_type) * sizeof **values);
  for (guint i = 0; i < inner.n; i++)
    g_free (values[i]);
  g_free (values);
  inner_clear (&inner);
}
