/* binary.c - inputs broadcast against each other; arithmetic, comparison, choice, and scalars. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"
#include "ops/risk.h"

#include <math.h>
#include <string.h>

static double add     (double x, double y) { return x + y; }
static double sub     (double x, double y) { return x - y; }
static double mul     (double x, double y) { return x * y; }
static double divide  (double x, double y) { return x / y; }
static double maximum (double x, double y) { return x > y || x != x ? x : y; }
static double minimum (double x, double y) { return x < y || x != x ? x : y; }
static double greater       (double x, double y) { return x > y; }
static double greater_equal (double x, double y) { return x >= y; }
static double less          (double x, double y) { return x < y; }
static double less_equal    (double x, double y) { return x <= y; }
static double equal         (double x, double y) { return x == y; }
static double not_equal     (double x, double y) { return x != y; }

/* Beyond the loops of num/: the engine has lost the sign of a zero before it divides. */
static void
power (const float *x, const float *y, gsize n, float *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = y[i] == 2 ? x[i] * x[i] : pow (x[i] + 0.0, y[i]);
}

/* exact: fp16 in, fp16 out, nothing to be rounded. */
static const struct
{
  double (*binary) (double x, double y);
  AnfPair  pair, engine;
  gboolean exact;
} loops[] = {
  { add, ANF_PAIR_ADD, ANF_PAIR_ADD, FALSE }, { sub, ANF_PAIR_SUB, ANF_PAIR_SUB, FALSE },
  { mul, ANF_PAIR_MUL, ANF_PAIR_MUL, FALSE },
  { divide, ANF_PAIR_DIV, ANF_PAIR_DIV_UNSIGNED_ZERO, FALSE },
  { maximum, ANF_PAIR_MAX, ANF_PAIR_MAX, TRUE }, { minimum, ANF_PAIR_MIN, ANF_PAIR_MIN, TRUE },
  { greater, ANF_PAIR_GREATER, ANF_PAIR_GREATER, TRUE },
  { less, ANF_PAIR_LESS, ANF_PAIR_LESS, TRUE },
  { greater_equal, ANF_PAIR_GREATER_EQUAL, ANF_PAIR_GREATER_EQUAL, TRUE },
  { less_equal, ANF_PAIR_LESS_EQUAL, ANF_PAIR_LESS_EQUAL, TRUE },
  { equal, ANF_PAIR_EQUAL, ANF_PAIR_EQUAL, TRUE },
  { not_equal, ANF_PAIR_NOT_EQUAL, ANF_PAIR_NOT_EQUAL, TRUE },
};

typedef struct { AnfWalk walk; AnfPairLoop loop; gboolean exact; float scalar; } Binary;

static gboolean
binary_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  Binary *self = g_new0 (Binary, 1);

  if (call->last_out)
    {
      AnfType in[2] = { anf_type_last (call->in_type[0]), anf_type_last (call->in_type[1]) };
      AnfType out = anf_type_last (call->out_type);
      const AnfType *const types[] = { &in[0], &in[1] };

      anf_walk_init (&self->walk, 2, types, &out);
    }
  else
    anf_walk_init (&self->walk, 2, call->in_type, call->out_type);
  self->loop = power;
  for (guint i = 0; i < G_N_ELEMENTS (loops); i++)
    if (loops[i].binary == call->node->op->binary)
      {
        self->loop = anf_pair_loop (call->numerics == ANF_NUMERICS_FP32 ? loops[i].pair
                                                                        : loops[i].engine);
        self->exact = loops[i].exact;
      }
  *state = self;
  return TRUE;
}

/* n values of an input, from @from: spread out if it is broadcast, and without NaN if @clean. */
static const float *
operand (const float *from, gboolean spread, gboolean clean, gsize n, float *space)
{
  if (spread)
    {
      float value = clean ? anf_edge_in (*from) : *from;

      for (gsize i = 0; i < n; i++)
        space[i] = value;
      return space;
    }
  if (!clean || !anf_edge_any_nan (from, n))
    return from;
  anf_edge_fix_nan (from, n, space);
  return space;
}

static void
binary_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const Binary *self = call->state;
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  guint last = self->walk.rank - 1;
  float space[2][ANF_BLOCK];
  gsize offset[2], left;

  for (gsize i = begin; i < end;)
    for (left = MIN (anf_walk_run (&self->walk, i, offset), end - i); left > 0;)
      {
        gsize n = MIN (left, ANF_BLOCK);
        const float *in[2];

        for (guint t = 0; t < 2; t++)
          {
            gsize step = self->walk.stride[t][last];

            in[t] = operand (call->in[t] + offset[t], step == 0, finish != 0, n, space[t]);
            offset[t] += n * step;
          }
        self->loop (in[0], in[1], n, call->out[0] + i);
        if (!self->exact)
          anf_finish (call->out[0] + i, n, finish);
        i += n;
        left -= n;
      }
}

static gboolean
binary_infer (AnfShapes *self)
{
  return anf_shapes_is (self, 0, ANF_F16) && anf_shapes_is (self, 1, ANF_F16)
         && anf_shapes_broadcast (self, 2, self->in, ANF_F16);
}

static gboolean
compare_infer (AnfShapes *self)
{
  return anf_shapes_is (self, 0, ANF_F16) && anf_shapes_is (self, 1, ANF_F16)
         && anf_shapes_broadcast (self, 2, self->in, ANF_BOOL);
}

/* ---- select: three inputs */

static gboolean
select_infer (AnfShapes *self)
{
  return anf_shapes_is (self, 0, ANF_BOOL) && anf_shapes_is (self, 1, ANF_F16)
         && anf_shapes_is (self, 2, ANF_F16)
         && anf_shapes_broadcast (self, 3, self->in, ANF_F16);
}

static gboolean
select_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  AnfWalk *walk = g_new (AnfWalk, 1);

  anf_walk_init (walk, 3, call->in_type, call->out_type);
  *state = walk;
  return TRUE;
}

static void
select_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const AnfWalk *walk = call->state;
  guint last = walk->rank - 1;
  float *out = call->out[0];
  gsize at[3];

  for (gsize i = begin; i < end;)
    {
      gsize stop = MIN (i + anf_walk_run (walk, i, at), end), first = i;
      const float *cond = call->in[0] + at[0], *a = call->in[1] + at[1], *b = call->in[2] + at[2];
      gsize sc = walk->stride[0][last], sa = walk->stride[1][last], sb = walk->stride[2][last];

      if (sc == 0 && sa == 1 && sb == 1)   /* one of the two as a whole */
        {
          memmove (out + i, *cond != 0 ? a : b, (stop - i) * sizeof *out);
          i = stop;
        }
      for (; i < stop; i++, cond += sc, a += sa, b += sb)
        out[i] = *cond != 0 ? *a : *b;
      if (call->numerics != ANF_NUMERICS_FP32)
        anf_edge_fix_nan (out + first, stop - first, out + first);
    }
}

static void
select_reference (const AnfExact *exact)
{
  gsize n = anf_type_elements (exact->out_type), at[3];
  AnfWalk walk;

  anf_walk_init (&walk, 3, exact->in_type, exact->out_type);
  for (gsize i = 0; i < n; i++)
    {
      anf_walk_run (&walk, i, at);
      exact->out[0][i] = exact->in[0][at[0]] != 0 ? exact->in[1][at[1]] : exact->in[2][at[2]];
    }
}

/* ---- muls, adds: a number of the node as the second operand */

static gboolean
scalar_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  Binary *self = g_new0 (Binary, 1);
  double k;

  anf_node_reals (call->node, call->numerics, &k);
  self->scalar = k;
  self->loop = anf_pair_loop (call->node->op->binary == mul ? ANF_PAIR_MUL : ANF_PAIR_ADD);
  *state = self;
  return TRUE;
}

static void
scalar_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const Binary *self = call->state;
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  float k[ANF_BLOCK], clean[ANF_BLOCK];

  for (gsize i = 0; i < MIN (ANF_BLOCK, end - begin); i++)
    k[i] = self->scalar;
  for (gsize i = begin, n; i < end; i += n)
    {
      n = MIN (ANF_BLOCK, end - i);
      self->loop (operand (call->in[0] + i, FALSE, finish != 0, n, clean), k, n, call->out[0] + i);
      anf_finish (call->out[0] + i, n, finish);
    }
}

static void
scalar_reference (const AnfExact *exact)
{
  gsize n = anf_type_elements (exact->out_type);
  double k = anf_node_real (exact->node, "k");

  for (gsize i = 0; i < n; i++)
    exact->out[0][i] = exact->node->op->binary (exact->in[0][i], k);
}

static gboolean
muls_identity (const AnfNode *node, const AnfNode *from, const AnfType *in, const AnfType *out)
{
  return anf_node_real (node, "k") == 1;
}

static gboolean
adds_identity (const AnfNode *node, const AnfNode *from, const AnfType *in, const AnfType *out)
{
  return anf_node_real (node, "k") == 0;
}

/* Where fp16 has the number that two of them make, and every digit of it. */
static gboolean
chain (double k, GVariant **attr)
{
  if (!(fabs (k) <= 65504) || (k != 0 && fabs (k) < 0x1p-14))
    return FALSE;
  attr[0] = g_variant_new_double (k);
  return TRUE;
}

static gboolean
muls_chain (const AnfNode *node, const AnfNode *below, GVariant **attr)
{
  return chain (anf_node_real (node, "k") * anf_node_real (below, "k"), attr);
}

static gboolean
adds_chain (const AnfNode *node, const AnfNode *below, GVariant **attr)
{
  return chain (anf_node_real (node, "k") + anf_node_real (below, "k"), attr);
}

#define PAIR \
  .category = ANF_CAT_ELEMENTWISE, .flops = anf_flops_elements, \
  .in = { { "x", ANF_REQUIRED, "First operand" }, { "y", ANF_REQUIRED, "Second operand" } }
#define BINARY PAIR, .infer = binary_infer, .prepare = binary_prepare, .release = g_free, \
               .kernel = binary_kernel, .layout = anf_layout_elements, .elementwise = TRUE, \
               .pointwise = TRUE
#define COMPARE PAIR, .bound = anf_bound_one, \
                .infer = compare_infer, .prepare = binary_prepare, .release = g_free, \
                .kernel = binary_kernel, \
                .sample = { .in = { { ANF_F16, 3, { 2, 3, 5 } }, { ANF_F16, 2, { 3, 1 } } }, \
                            .lo = -4, .hi = 4 }
#define RANGE(low, high) .sample = { .in = { { ANF_F16, 4, { 2, 3, 5, 7 } }, \
                                             { ANF_F16, 3, { 3, 1, 7 } } }, \
                                     .lo = low, .hi = high }
#define SCALAR(value, words) \
  .category = ANF_CAT_ELEMENTWISE, .in = { { "x", ANF_REQUIRED, "Any shape" } }, \
  .attr = { { .name = "k", .kind = ANF_ATTR_REAL, .doc = words } }, \
  .infer = anf_infer_same, .prepare = scalar_prepare, .release = g_free, \
  .kernel = scalar_kernel, .reference = scalar_reference, .flops = anf_flops_elements, \
  .layout = anf_layout_elements, .elementwise = TRUE, .pointwise = TRUE, \
  .sample = { .in = { { ANF_F16, 3, { 2, 3, 5 } } }, .attr = { { "k", value } }, \
              .lo = -4, .hi = 4 }

const AnfOp anf_ops_binary[] = {
  { .name = "add", .title = "Add", .onnx = "Add", .doc = "x + y, broadcast.",
    .vjp = anf_vjp_add,
    .bound = anf_bound_sum,
    BINARY, .binary = add, .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "sub", .title = "Subtract", .onnx = "Sub", .doc = "x - y, broadcast.",
    .vjp = anf_vjp_sub,
    .bound = anf_bound_sum, .risk = anf_risk_difference,
    BINARY, .binary = sub, .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "mul", .title = "Multiply", .onnx = "Mul", .doc = "x y, broadcast.",
    .vjp = anf_vjp_mul,
    .bound = anf_bound_product,
    .reads = "mul (x = x, y = y)",
    .quirk = "Infinity times 0 gives 0.", BINARY, .binary = mul, .mil = anf_mil_mul,
    RANGE (-8, 8) },
  { .name = "real_div", .title = "Divide", .onnx = "Div", .doc = "x / y, broadcast.",
    .vjp = anf_vjp_real_div,
    .bound = anf_bound_unknown,
    .quirk = "0 / 0 gives 0; a divisor of -0 counts as 0.",
    BINARY, .binary = divide, .mil = anf_mil_plain, RANGE (0.25, 8) },
  { .name = "pow", .title = "Power", .onnx = "Pow", .doc = "x to the power of y, broadcast.",
    .vjp = anf_vjp_pow,
    .bound = anf_bound_unknown,
    BINARY, .binary = pow, .mil = anf_mil_plain, RANGE (0.25, 3) },
  { .name = "maximum", .title = "Maximum", .onnx = "Max", .doc = "The larger of x and y.",
    .vjp = anf_vjp_maximum,
    .bound = anf_bound_largest,
    BINARY, .binary = maximum, .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "minimum", .title = "Minimum", .onnx = "Min", .doc = "The smaller of x and y.",
    .vjp = anf_vjp_minimum,
    .bound = anf_bound_largest,
    BINARY, .binary = minimum, .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "muls", .title = "Scale", .doc = "x times a number.", .binary = mul,
    .vjp = anf_vjp_muls,
    .bound = anf_bound_scaled, .risk = anf_risk_number,
    .reads = "mul (x = x, y = k) | mul (x = k, y = x) | mul (x = x, y = filled)",
    .take = anf_take_muls,
    .mil = anf_mil_muls, .identity = muls_identity, .chain = muls_chain,
    SCALAR ("1.5", "The factor") },
  { .name = "adds", .title = "Shift", .doc = "x plus a number.", .binary = add,
    .vjp = anf_vjp_adds,
    .bound = anf_bound_shifted, .risk = anf_risk_number, .lift = anf_lift_first,
    .reads = "add (x = x, y = k) | add (x = k, y = x)",
    .mil = anf_mil_adds, .identity = adds_identity, .chain = adds_chain,
    SCALAR ("0.75", "The summand") },

  { .name = "greater", .title = "Greater", .onnx = "Greater", .doc = "True where x > y.",
    .flat = "Truth has no slope.",
    .mil = anf_mil_plain,
    COMPARE, .binary = greater },
  { .name = "less", .title = "Less", .onnx = "Less", .doc = "True where x < y.",
    .flat = "Truth has no slope.",
    .mil = anf_mil_plain,
    COMPARE, .binary = less },
  { .name = "equal", .title = "Equal", .onnx = "Equal", .doc = "True where x = y.",
    .flat = "Truth has no slope.",
    .mil = anf_mil_plain,
    COMPARE, .binary = equal },
  { .name = "not_equal", .title = "Not equal", .doc = "True where x and y differ.",
    .flat = "Truth has no slope.",
    .mil = anf_mil_plain,
    COMPARE, .binary = not_equal },
  { .name = "greater_equal", .title = "Greater or equal", .onnx = "GreaterOrEqual",
    .flat = "Truth has no slope.",
    .doc = "True where x >= y.", .mil = anf_mil_plain, COMPARE, .binary = greater_equal },
  { .name = "less_equal", .title = "Less or equal", .onnx = "LessOrEqual",
    .flat = "Truth has no slope.",
    .doc = "True where x <= y.", .mil = anf_mil_plain, COMPARE, .binary = less_equal },
  { .name = "select", .title = "Select", .category = ANF_CAT_ELEMENTWISE, .onnx = "Where",
    .vjp = anf_vjp_select,
    .bound = anf_bound_branches,
    .doc = "a where cond is true, b elsewhere, all broadcast.",
    .in = { { "cond", ANF_REQUIRED, "What decides, from a comparison" },
            { "a", ANF_REQUIRED, "Taken where true" }, { "b", ANF_REQUIRED, "Taken elsewhere" } },
    .infer = select_infer, .prepare = select_prepare, .release = g_free,
    .kernel = select_kernel, .reference = select_reference, .flops = anf_flops_elements,
    .elementwise = TRUE,
    .mil = anf_mil_plain,
    .sample = { .in = { { ANF_BOOL, 2, { 3, 5 } }, { ANF_F16, 3, { 2, 3, 5 } },
                        { ANF_F16, 1, { 5 } } }, .lo = -4, .hi = 4 } },
  { NULL }
};
