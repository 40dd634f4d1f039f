/* bench.c - builds what a row is called with, and calls it. */
#include "bench.h"

#include "num/half.h"
#include "num/threads.h"

#include <string.h>

static GVariant *
parse_attr (const AnfAttr *attr, const char *text)
{
  static const char *const types[][2] = {
    [ANF_ATTR_REAL] = { "d", "d" }, [ANF_ATTR_INT] = { "x", "x" }, [ANF_ATTR_INTS] = { "x", "ax" },
    [ANF_ATTR_REALS] = { "d", "ad" }, [ANF_ATTR_FLAG] = { "b", "b" },
    [ANF_ATTR_TEXT] = { "s", "s" }, [ANF_ATTR_CHOICE] = { "s", "s" },
  };
  const char *type = types[attr->kind][text[0] == '['];
  g_autoptr(GError) error = NULL;
  GVariant *value = g_variant_parse (G_VARIANT_TYPE (type), text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static Bench *
bench_begin (const AnfOp *op, const char *const (*attr)[2], guint n)
{
  Bench *self = g_new0 (Bench, 1);
  AnfGraphBuilder *builder = anf_graph_builder_new (NULL);
  g_autoptr(GError) error = NULL;
  AnfId id;

  g_assert_nonnull (op);
  id = anf_graph_builder_add (builder, op);
  for (guint i = 0; i < n && attr[i][0] != NULL; i++)
    {
      int at = anf_op_find_attr (op, attr[i][0]);
      g_autoptr(GVariant) value = NULL;

      g_assert_cmpint (at, >=, 0);
      value = parse_attr (&op->attr[at], attr[i][1]);
      anf_graph_builder_set_attr (builder, id, attr[i][0], value);
    }
  self->graph = anf_graph_builder_end (builder, &error);
  g_assert_no_error (error);
  self->node = anf_graph_find (self->graph, id);
  self->n_out = anf_node_n_outputs (self->node);
  self->out_type = g_new0 (AnfType, self->n_out);
  self->family = 5;
  return self;
}

Bench *
bench_new_sample (const AnfOp *op, const char *const attr[][2])
{
  return bench_begin (op, attr, ANF_MAX_ATTRS);
}

Bench *
bench_new (const char *op, ...)
{
  const char *attr[ANF_MAX_ATTRS][2] = { { NULL } };
  const char *name;
  va_list args;
  guint n = 0;

  va_start (args, op);
  while ((name = va_arg (args, const char *)) != NULL)
    {
      attr[n][0] = name;
      attr[n++][1] = va_arg (args, const char *);
    }
  va_end (args);
  return bench_begin (anf_op_lookup (op), (const char *const (*)[2]) attr, n);
}

void
bench_free (Bench *self)
{
  for (guint i = 0; i < ANF_MAX_PORTS; i++)
    g_free (self->in[i]);
  for (guint i = 0; i < ANF_MAX_ROLES; i++)
    {
      g_clear_pointer (&self->weight[i], anf_tensor_unref);
      g_free (self->values[i]);
    }
  g_free (self->out_type);
  g_free (self->message);
  anf_graph_unref (self->graph);
  g_free (self);
}

void
bench_input (Bench *self, AnfDtype dtype, guint rank, const int *dim, const double *values)
{
  guint at = self->n_in++;
  AnfType *type = &self->in_type[at];
  gsize n;

  *type = (AnfType) { dtype, rank };
  for (guint i = 0; i < rank; i++)
    type->dim[i] = dim[i];
  n = anf_type_elements (type);
  self->in_types[at] = type;
  self->in[at] = values != NULL ? g_memdup2 (values, n * sizeof *values) : g_new0 (double, n);
}

void
bench_weight (Bench *self, guint role, guint rank, const int *dim, const double *values)
{
  gint64 shape[ANF_MAX_TENSOR_RANK];
  g_autofree float *floats = NULL;
  gsize n = 1;

  for (guint i = 0; i < rank; i++)
    {
      shape[i] = dim[i];
      n *= dim[i];
    }
  floats = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    floats[i] = values[i];
  g_clear_pointer (&self->weight[role], anf_tensor_unref);
  g_free (self->values[role]);
  self->weight[role] = anf_tensor_new_floats (rank, shape, floats);
  self->values[role] = g_memdup2 (values, n * sizeof *values);
}

double *
bench_random (const Bench *self, guint64 seed, gsize n, AnfDtype dtype, double lo, double hi)
{
  double *values = g_new (double, MAX (n, 1));

  anf_random_uniform01 (seed, n, values);
  for (gsize i = 0; i < n; i++)
    {
      double x = lo + values[i] * (hi - lo);

      if (dtype == ANF_BOOL)
        values[i] = values[i] < 0.5;
      else if (dtype != ANF_F16)
        values[i] = floor (x);
      else if (self->numerics == ANF_NUMERICS_FP32)
        values[i] = (float) x;
      else
        values[i] = anf_half_round (x);
    }
  return values;
}

gboolean
bench_infer (Bench *self)
{
  AnfShapes shapes = { .node = self->node, .n_in = self->n_in, .in = self->in_types,
                       .weight = self->weight, .n_out = self->n_out, .out = self->out_type };
  gboolean good = self->node->op->infer (&shapes);

  g_free (self->message);
  self->message = shapes.message;
  self->code = shapes.code;
  self->field = shapes.field;
  if (!good)
    {
      g_assert_nonnull (shapes.message);
      g_assert_nonnull (shapes.code);
      g_assert_true (g_str_has_suffix (shapes.message, "."));
    }
  return good;
}

Bench *
bench_sample (const AnfOp *op, AnfNumerics numerics)
{
  const AnfSample *sample = &op->sample;
  Bench *self = bench_new_sample (op, (const char *const (*)[2]) sample->attr);
  guint seed = 40;

  self->numerics = numerics;
  if (op->feed != NULL)
    {
      g_autofree double *values = NULL;
      AnfType fed;

      op->feed (self->node, &fed);
      values = bench_random (self, ++seed, anf_type_elements (&fed), fed.dtype, 0,
                             fed.dtype == ANF_U8 ? 255.99 : 2);
      bench_input (self, fed.dtype, fed.rank, fed.dim, values);
    }
  for (guint i = 0; i < ANF_MAX_PORTS && (sample->in[i].rank > 0 || sample->in[i].dim[0] > 0); i++)
    {
      const AnfType *type = &sample->in[i];
      g_autofree double *values = bench_random (self, ++seed, anf_type_elements (type),
                                                type->dtype, sample->lo, sample->hi);

      bench_input (self, type->dtype, type->rank, type->dim, values);
    }
  for (guint i = 0; i < ANF_MAX_ROLES && sample->role[i].rank > 0; i++)
    {
      g_autofree double *values = bench_random (self, ++seed, anf_type_elements (&sample->role[i]),
                                                ANF_F16, sample->lo, sample->hi);

      bench_weight (self, i, sample->role[i].rank, sample->role[i].dim, values);
    }
  if (!bench_infer (self))
    g_error ("%s refuses its own sample: %s", op->name, self->message);
  return self;
}

/* ---- the row's sample as a graph: ports in0, in1, ..; outputs y0, y1, .. */

static AnfRef
add_port (AnfGraphBuilder *builder, guint i, const AnfType *type)
{
  AnfId id = anf_graph_builder_add (builder, anf_op_lookup ("input")), cast;
  g_autofree char *name = g_strdup_printf ("in%u", i);
  gint64 shape[ANF_MAX_RANK];

  for (guint d = 0; d < type->rank; d++)
    shape[d] = type->dim[d];
  anf_graph_builder_set_name (builder, id, name);
  anf_graph_builder_set_attr (builder, id, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape, type->rank,
                                                         sizeof *shape));
  if (type->dtype == ANF_U8 || type->dtype == ANF_I32)
    anf_graph_builder_set_attr (builder, id, "dtype",
                                g_variant_new_string (anf_dtype_name (type->dtype)));
  if (type->dtype != ANF_BOOL)
    return (AnfRef) { id, 0 };
  cast = anf_graph_builder_add (builder, anf_op_lookup ("cast"));    /* no port takes truth */
  anf_graph_builder_set_attr (builder, cast, "dtype", g_variant_new_string ("bool"));
  anf_graph_builder_connect (builder, (AnfRef) { id, 0 }, cast, 0);
  return (AnfRef) { cast, 0 };
}

AnfGraph *
bench_graph (const Bench *bench)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (bench->graph);
  const AnfOp *op = bench->node->op;
  AnfId id = bench->node->id;
  g_autoptr(GError) error = NULL;
  AnfGraph *graph;

  for (guint i = 0; i < bench->n_in && op->feed == NULL; i++)
    anf_graph_builder_connect (builder, add_port (builder, i, &bench->in_type[i]), id, i);
  for (guint r = 0; r < anf_op_n_roles (op); r++)
    if (bench->weight[r] != NULL)
      {
        g_autoptr(AnfWeight) weight = anf_weight_new_values (op->role[r].name, bench->weight[r]);

        anf_graph_builder_put_weight (builder, weight);
        anf_graph_builder_set_weight (builder, id, op->role[r].name, op->role[r].name);
      }
  for (guint i = 0; i < bench->n_out; i++)
    {
      g_autofree char *name = g_strdup_printf ("y%u", i);

      anf_graph_builder_set_output (builder, name, (AnfRef) { id, i });
    }
  graph = anf_graph_builder_end (builder, &error);
  g_assert_no_error (error);
  return graph;
}

void
bench_assert_shape (Bench *self, guint rank, ...)
{
  va_list args;

  if (!bench_infer (self))
    g_error ("%s", self->message);
  g_assert_cmpuint (self->out_type[0].rank, ==, rank);
  va_start (args, rank);
  for (guint i = 0; i < rank; i++)
    g_assert_cmpint (self->out_type[0].dim[i], ==, va_arg (args, int));
  va_end (args);
}

void
bench_assert_refused (Bench *self, const char *code, const char *field)
{
  g_assert_false (bench_infer (self));
  g_assert_cmpstr (self->code, ==, code);
  g_assert_cmpstr (self->field, ==, field);
}

gsize
bench_n (const Bench *self)
{
  gsize n = 0;

  for (guint i = 0; i < self->n_out; i++)
    n += anf_type_elements (&self->out_type[i]);
  return n;
}

static void
run_range (gsize begin, gsize end, gpointer data)
{
  const AnfCall *call = data;

  call->node->op->kernel (call, begin, end);
}

static void
run_items (const AnfCall *call, gsize piece)
{
  const AnfOp *op = call->node->op;
  gsize items = op->items != NULL ? op->items (call) : anf_type_elements (&call->out_type[0]);

  if (op->whole)
    op->kernel (call, 0, items);
  else if (piece == 0)
    anf_parallel (items, 1, run_range, (gpointer) call);
  else
    for (gsize i = 0; i < items; i += piece)
      op->kernel (call, i, MIN (i + piece, items));
}

static float *
to_floats (const double *values, gsize n)
{
  float *floats = g_new (float, MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    floats[i] = values[i];
  return floats;
}

float *
bench_run (Bench *self, gsize piece)
{
  const AnfOp *op = self->node->op;
  const float *in[ANF_MAX_PORTS] = { NULL }, *weight[ANF_MAX_ROLES] = { NULL };
  float *result = g_new (float, bench_n (self) + 1), *next = result;
  g_autofree float **out = g_new (float *, self->n_out);
  AnfCall call = { self->node, self->numerics, self->family, self->n_in, self->n_out,
                   self->in_types, self->out_type, self->weight, weight };
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < self->n_out; next += anf_type_elements (&self->out_type[i++]))
    out[i] = next;
  for (guint i = 0; i < self->n_in; i++)
    in[i] = self->in_types[i] != NULL
            ? to_floats (self->in[i], anf_type_elements (self->in_types[i])) : NULL;
  for (guint i = 0; i < ANF_MAX_ROLES; i++)
    if (self->weight[i] != NULL)
      weight[i] = to_floats (self->values[i], anf_tensor_elements (self->weight[i]));
  if (op->prepare != NULL)
    op->prepare (&call, &call.state, &error);
  g_assert_no_error (error);
  call.in = in;
  call.out = out;
  result[bench_n (self)] = 4711;   /* nothing may be written past the end */
  run_items (&call, piece);
  g_assert_cmpfloat (result[bench_n (self)], ==, 4711);
  if (op->release != NULL && call.state != NULL)
    op->release (call.state);
  for (guint i = 0; i < ANF_MAX_PORTS; i++)
    g_free ((float *) in[i]);
  for (guint i = 0; i < ANF_MAX_ROLES; i++)
    g_free ((float *) weight[i]);
  return result;
}

/* Of rows without a reference: their scalar function, broadcast by its definition. */
static void
exact_elements (Bench *self, double *out)
{
  const AnfOp *op = self->node->op;
  const AnfType *type = &self->out_type[0];
  double attr[ANF_MAX_ATTRS] = { 0 };
  guint n_real = 0;

  for (guint i = 0; i < anf_op_n_attrs (op); i++)
    if (op->attr[i].kind == ANF_ATTR_REAL)
      attr[n_real++] = anf_node_real (self->node, op->attr[i].name);
  for (gsize i = 0; i < anf_type_elements (type); i++)
    {
      gsize at[2] = { 0, 0 };

      for (guint t = 0; t < self->n_in; t++)
        {
          const AnfType *in = self->in_types[t];
          gsize rest = i, step = 1;

          for (guint k = 1; k <= in->rank; k++)
            {
              gsize place = rest % type->dim[type->rank - k];

              rest /= type->dim[type->rank - k];
              at[t] += in->dim[in->rank - k] == 1 ? 0 : place * step;
              step *= in->dim[in->rank - k];
            }
        }
      out[i] = op->unary != NULL ? op->unary (self->in[0][at[0]], attr)
                                 : op->binary (self->in[0][at[0]], self->in[1][at[1]]);
    }
}

double *
bench_exact (Bench *self)
{
  double *result = g_new (double, bench_n (self)), *next = result;
  g_autofree double **out = g_new (double *, self->n_out);
  AnfExact exact = { self->node, self->n_in, self->n_out, self->in_types, self->out_type,
                     self->weight, (const double *const *) self->values,
                     (const double *const *) self->in, out };

  for (guint i = 0; i < self->n_out; next += anf_type_elements (&self->out_type[i++]))
    out[i] = next;
  if (self->node->op->reference != NULL)
    self->node->op->reference (&exact);
  else
    exact_elements (self, result);
  return result;
}

void
bench_assert_values (Bench *self, const double *want, gsize n, double tolerance)
{
  g_autofree float *got = NULL;

  if (!bench_infer (self))
    g_error ("%s", self->message);
  g_assert_cmpuint (bench_n (self), ==, n);
  got = bench_run (self, 0);
  for (gsize i = 0; i < n; i++)
    if (!(fabs (got[i] - want[i]) <= tolerance) && got[i] != want[i])
      g_error ("%s: element %" G_GSIZE_FORMAT " is %.9g, not %.9g", self->node->op->name, i,
               got[i], want[i]);
}

/* fp16 steps between kernel and reference: what one rounding may do. */
#define STEPS 1
/* Composite rows round each inner result: some steps, of the size of the largest results. */
#define COMPOSITE_STEPS 2
/* A sum of some hundred products near 1 is this exact in fp32: matters where it cancels to 0. */
#define SUM_ERROR 0x1p-19
#define FP32_ERROR 1e-5

void
bench_compare (Bench *self)
{
  g_autofree float *got = bench_run (self, 0);
  g_autofree double *want = bench_exact (self);
  double inner = 0;

  for (gsize i = 0; i < bench_n (self) && self->node->op->expand != NULL; i++)
    inner = fmax (inner, COMPOSITE_STEPS * half_step (want[i]));
  for (gsize i = 0; i < bench_n (self); i++)
    {
      double limit = self->numerics == ANF_NUMERICS_FP32
                     ? FP32_ERROR * fmax (1, fabs (want[i]))
                     : fmax (fmax (STEPS * half_step (want[i]), inner), SUM_ERROR);

      if (!(fabs (got[i] - want[i]) <= limit))
        g_error ("%s under %s on family %u: element %" G_GSIZE_FORMAT " is %.9g, not %.9g",
                 self->node->op->name, anf_numerics_name (self->numerics), self->family, i, got[i],
                 want[i]);
    }
}

double
half_step (double x)
{
  int exponent;

  frexp (x, &exponent);
  return ldexp (1, MAX (exponent - 11, -24));
}
