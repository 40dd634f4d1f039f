/* paired.c - numbers as two fp16 ones, a high part and what rounding left of it: some 22 bits. */
#include "ops/bound.h"
#include "ops/composite.h"

#define NONE  ((AnfRef) { 0, 0 })
/* Dekker: 2^6 + 1 cuts a number of 11 bits into two of 6 and 5, whose products are exact. */
#define SPLIT 65

typedef struct { AnfRef high, low; } Pair;

static gboolean
paired_infer (AnfShapes *self)
{
  for (guint t = 0; t < 2; t++)
    {
      if (!anf_shapes_is (self, t, ANF_F16) || !anf_shapes_rank (self, t, 1, ANF_MAX_RANK))
        return FALSE;
      if (self->in[t]->dim[0] != 2)
        return anf_shapes_refuse (self, "SHP112", anf_shapes_port (self, t),
                                  "Stack the high and the low part on axis 0.",
                                  "\"%s\" of %s has %d parts on its first axis; it takes "
                                  "a high and a low one.", anf_shapes_port (self, t),
                                  self->node->name, self->in[t]->dim[0]);
    }
  if (!anf_type_equal (self->in[0], self->in[1]))
    {
      g_autofree char *x = anf_type_to_string (self->in[0]);
      g_autofree char *y = anf_type_to_string (self->in[1]);

      return anf_shapes_refuse (self, "SHP107", "y", "Make the shapes equal.",
                                "\"y\" of %s is %s, \"x\" is %s.", self->node->name, y, x);
    }
  return anf_infer_same (self);
}

#define NODE(row) \
static AnfRef \
row (AnfExpansion *e, AnfRef x, AnfRef y) \
{ \
  return anf_expansion_node (e, #row, x, y); \
}

NODE (add)
NODE (sub)
NODE (mul)

#undef NODE

static AnfRef
scaled (AnfExpansion *e, AnfRef x, double k)
{
  AnfRef node = anf_expansion_node (e, "muls", x, NONE);

  anf_expansion_real (e, node, "k", k);
  return node;
}

static Pair
pair_of (AnfExpansion *e, guint port)
{
  const AnfType *type = e->shapes->in[port];
  AnfRef x = anf_expansion_input (e, port), part[2];

  for (guint i = 0; i < 2; i++)
    {
      gint64 begin[ANF_MAX_RANK] = { i }, size[ANF_MAX_RANK] = { 1 };

      for (guint d = 1; d < type->rank; d++)
        size[d] = type->dim[d];
      part[i] = anf_expansion_node (e, "slice_by_size", x, NONE);
      anf_expansion_ints (e, part[i], "begin", type->rank, begin);
      anf_expansion_ints (e, part[i], "size", type->rank, size);
    }
  return (Pair) { part[0], part[1] };
}

/* @high and the smaller @low as a pair that does not overlap. */
static Pair
settled (AnfExpansion *e, AnfRef high, AnfRef low)
{
  AnfRef sum = add (e, high, low);

  return (Pair) { sum, sub (e, low, sub (e, sum, high)) };
}

static AnfRef
concat (AnfExpansion *e, AnfRef x, AnfRef y, gint64 axis)
{
  AnfRef both = anf_expansion_node (e, "concat", x, y);

  anf_expansion_int (e, both, "axis", axis);
  return both;
}

static AnfGraph *
joined (AnfExpansion *e, Pair x)
{
  return anf_expansion_end (e, concat (e, x.high, x.low, 0));
}

/* Knuth's TwoSum: what the sum of the high parts lost is found exactly. */
static Pair
sum_of_pairs (AnfExpansion *e, Pair x, Pair y)
{
  AnfRef s = add (e, x.high, y.high), back = sub (e, s, x.high);
  AnfRef lost = add (e, sub (e, x.high, sub (e, s, back)), sub (e, y.high, back));

  return settled (e, s, add (e, lost, add (e, x.low, y.low)));
}

static AnfGraph *
sum_expand (AnfShapes *self, double sign)
{
  AnfExpansion e;
  Pair x, y;

  anf_expansion_init (&e, self);
  x = pair_of (&e, 0);
  y = pair_of (&e, 1);
  if (sign < 0)
    y = (Pair) { scaled (&e, y.high, sign), scaled (&e, y.low, sign) };
  return joined (&e, sum_of_pairs (&e, x, y));
}

static AnfGraph *add_expand (AnfShapes *self) { return sum_expand (self, 1); }
static AnfGraph *sub_expand (AnfShapes *self) { return sum_expand (self, -1); }

static Pair
split (AnfExpansion *e, AnfRef x)
{
  AnfRef big = scaled (e, x, SPLIT), high = sub (e, big, sub (e, big, x));

  return (Pair) { high, sub (e, x, high) };
}

static Pair
product_of_pairs (AnfExpansion *e, Pair x, Pair y)
{
  Pair a = split (e, x.high), b = split (e, y.high);
  AnfRef p = mul (e, x.high, y.high), lost, cross;

  lost = sub (e, mul (e, a.high, b.high), p);
  lost = add (e, lost, mul (e, a.high, b.low));
  lost = add (e, lost, mul (e, a.low, b.high));
  lost = add (e, lost, mul (e, a.low, b.low));
  cross = add (e, mul (e, x.high, y.low), mul (e, x.low, y.high));
  cross = add (e, cross, mul (e, x.low, y.low));
  return settled (e, p, add (e, lost, cross));
}

static AnfGraph *
mul_expand (AnfShapes *self)
{
  AnfExpansion e;
  Pair x, y;

  anf_expansion_init (&e, self);
  x = pair_of (&e, 0);
  y = pair_of (&e, 1);
  return joined (&e, product_of_pairs (&e, x, y));
}

/* ---- paired_dot: products along the last axis, added in halves */

static AnfRef
part (AnfExpansion *e, AnfRef x, gint64 rows, gint64 begin, gint64 size)
{
  AnfRef node = anf_expansion_node (e, "slice_by_size", x, NONE);

  anf_expansion_ints (e, node, "begin", 3, (gint64[]) { 0, begin, 0 });
  anf_expansion_ints (e, node, "size", 3, (gint64[]) { rows, size, 1 });
  return node;
}

static Pair
parts (AnfExpansion *e, Pair x, gint64 rows, gint64 begin, gint64 size)
{
  return (Pair) { part (e, x.high, rows, begin, size), part (e, x.low, rows, begin, size) };
}

static Pair
total (AnfExpansion *e, Pair x, gint64 rows, gint64 n)
{
  while (n > 1)
    {
      gint64 half = n / 2;
      Pair sum = sum_of_pairs (e, parts (e, x, rows, 0, half), parts (e, x, rows, half, half));

      if (n % 2 != 0)              /* the odd one joins the first */
        {
          Pair first = sum_of_pairs (e, parts (e, sum, rows, 0, 1), parts (e, x, rows, n - 1, 1));

          sum = half == 1 ? first : (Pair) {
            concat (e, first.high, part (e, sum.high, rows, 1, half - 1), 1),
            concat (e, first.low, part (e, sum.low, rows, 1, half - 1), 1) };
        }
      x = sum;
      n = half;
    }
  return x;
}

static gboolean
dot_infer (AnfShapes *self)
{
  if (!paired_infer (self))
    return FALSE;
  if (self->in[0]->rank < 2)
    return anf_shapes_rank (self, 0, 2, ANF_MAX_RANK);
  self->out[0].dim[self->out[0].rank - 1] = 1;
  return TRUE;
}

/* The axis that is added up is not the last of the slices: there old chips lose large numbers. */
static AnfGraph *
dot_expand (AnfShapes *self)
{
  const AnfType *in = self->in[0];
  gint64 n = in->dim[in->rank - 1], rows = anf_type_elements (in) / 2 / n, dim[ANF_MAX_RANK];
  AnfExpansion e;
  Pair x, y;

  for (guint i = 0; i < in->rank; i++)
    dim[i] = i == 0 || i == in->rank - 1 ? 1 : in->dim[i];
  anf_expansion_init (&e, self);
  x = pair_of (&e, 0);
  y = pair_of (&e, 1);
  x = product_of_pairs (&e, x, y);
  x.high = anf_expansion_reshape (&e, x.high, 3, (gint64[]) { rows, n, 1 });
  x.low = anf_expansion_reshape (&e, x.low, 3, (gint64[]) { rows, n, 1 });
  x = total (&e, x, rows, n);
  x.high = anf_expansion_reshape (&e, x.high, in->rank, dim);
  x.low = anf_expansion_reshape (&e, x.low, in->rank, dim);
  return joined (&e, x);
}

static void
dot_reference (const AnfExact *exact)
{
  const AnfType *in = exact->in_type[0];
  gsize n = in->dim[in->rank - 1], rows = anf_type_elements (in) / 2 / n, other = rows * n;
  const double *x = exact->in[0], *y = exact->in[1];

  for (gsize row = 0; row < rows; row++)
    {
      exact->out[0][row] = exact->out[0][rows + row] = 0;
      for (gsize i = row * n; i < (row + 1) * n; i++)
        exact->out[0][row] += (x[i] + x[other + i]) * (y[i] + y[other + i]);
    }
}

/* All of it in the high part, where double has room. */
static void
paired_reference (const AnfExact *exact)
{
  gsize n = anf_type_elements (exact->out_type) / 2;
  const double *x = exact->in[0], *y = exact->in[1];

  for (gsize i = 0; i < n; i++)
    {
      exact->out[0][i] = exact->node->op->binary (x[i] + x[n + i], y[i] + y[n + i]);
      exact->out[0][n + i] = 0;
    }
}

static double sum_of        (double x, double y) { return x + y; }
static double difference_of (double x, double y) { return x - y; }
static double product_of    (double x, double y) { return x * y; }

#define EACH .infer = paired_infer, .reference = paired_reference
#define PAIRED \
  .category = ANF_CAT_SUBGRAPH, .prepare = anf_composite_prepare, \
  .release = anf_composite_release, .kernel = anf_composite_kernel, .whole = TRUE, \
  .bound = anf_composite_bound, .flops = anf_composite_flops, \
  .in = { { "x", ANF_REQUIRED, "High and low parts on axis 0" }, \
          { "y", ANF_REQUIRED, "High and low parts on axis 0" } }, \
  .sample = { .in = { { ANF_F16, 3, { 2, 3, 5 } }, { ANF_F16, 3, { 2, 3, 5 } } }, \
              .lo = -4, .hi = 4 }

const AnfOp anf_ops_paired[] = {
  { .name = "paired_add", .title = "Paired sum", .doc = "x + y of pairs of fp16 numbers.",
    PAIRED, .binary = sum_of, .expand = add_expand, EACH },
  { .name = "paired_sub", .title = "Paired difference", .doc = "x - y of pairs of fp16 numbers.",
    PAIRED, .binary = difference_of, .expand = sub_expand, EACH },
  { .name = "paired_mul", .title = "Paired product", .doc = "x y of pairs of fp16 numbers.",
    .quirk = "High parts of 1000 or more overflow inside.",
    PAIRED, .binary = product_of, .expand = mul_expand, EACH },
  { .name = "paired_dot", .title = "Paired dot product",
    .doc = "Products of pairs of fp16 numbers, added up along the last axis.",
    .quirk = "High parts of 1000 or more overflow inside.",
    PAIRED, .infer = dot_infer, .reference = dot_reference, .expand = dot_expand },
  { NULL }
};
