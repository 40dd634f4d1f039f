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

/* @high and the smaller @low as a pair that does not overlap, joined on axis 0. */
static AnfGraph *
settled (AnfExpansion *e, AnfRef high, AnfRef low)
{
  AnfRef sum = add (e, high, low), rest = sub (e, low, sub (e, sum, high));
  AnfRef both = anf_expansion_node (e, "concat", sum, rest);

  anf_expansion_int (e, both, "axis", 0);
  return anf_expansion_end (e, both);
}

/* Knuth's TwoSum: what the sum of the high parts lost is found exactly. */
static AnfGraph *
sum_expand (AnfShapes *self, double sign)
{
  AnfExpansion e;
  AnfRef s, back, lost;
  Pair x, y;

  anf_expansion_init (&e, self);
  x = pair_of (&e, 0);
  y = pair_of (&e, 1);
  if (sign < 0)
    y = (Pair) { scaled (&e, y.high, sign), scaled (&e, y.low, sign) };
  s = add (&e, x.high, y.high);
  back = sub (&e, s, x.high);
  lost = add (&e, sub (&e, x.high, sub (&e, s, back)), sub (&e, y.high, back));
  return settled (&e, s, add (&e, lost, add (&e, x.low, y.low)));
}

static AnfGraph *add_expand (AnfShapes *self) { return sum_expand (self, 1); }
static AnfGraph *sub_expand (AnfShapes *self) { return sum_expand (self, -1); }

static Pair
split (AnfExpansion *e, AnfRef x)
{
  AnfRef big = scaled (e, x, SPLIT), high = sub (e, big, sub (e, big, x));

  return (Pair) { high, sub (e, x, high) };
}

static AnfGraph *
mul_expand (AnfShapes *self)
{
  AnfExpansion e;
  AnfRef p, lost, cross;
  Pair x, y, a, b;

  anf_expansion_init (&e, self);
  x = pair_of (&e, 0);
  y = pair_of (&e, 1);
  a = split (&e, x.high);
  b = split (&e, y.high);
  p = mul (&e, x.high, y.high);
  lost = sub (&e, mul (&e, a.high, b.high), p);
  lost = add (&e, lost, mul (&e, a.high, b.low));
  lost = add (&e, lost, mul (&e, a.low, b.high));
  lost = add (&e, lost, mul (&e, a.low, b.low));
  cross = add (&e, mul (&e, x.high, y.low), mul (&e, x.low, y.high));
  cross = add (&e, cross, mul (&e, x.low, y.low));
  return settled (&e, p, add (&e, lost, cross));
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

#define PAIRED \
  .category = ANF_CAT_SUBGRAPH, .prepare = anf_composite_prepare, \
  .release = anf_composite_release, .kernel = anf_composite_kernel, .whole = TRUE, \
  .bound = anf_composite_bound, .flops = anf_composite_flops, .infer = paired_infer, \
  .reference = paired_reference, \
  .in = { { "x", ANF_REQUIRED, "High and low parts on axis 0" }, \
          { "y", ANF_REQUIRED, "High and low parts on axis 0" } }, \
  .sample = { .in = { { ANF_F16, 3, { 2, 3, 5 } }, { ANF_F16, 3, { 2, 3, 5 } } }, \
              .lo = -4, .hi = 4 }

const AnfOp anf_ops_paired[] = {
  { .name = "paired_add", .title = "Paired sum", .doc = "x + y of pairs of fp16 numbers.",
    PAIRED, .binary = sum_of, .expand = add_expand },
  { .name = "paired_sub", .title = "Paired difference", .doc = "x - y of pairs of fp16 numbers.",
    PAIRED, .binary = difference_of, .expand = sub_expand },
  { .name = "paired_mul", .title = "Paired product", .doc = "x y of pairs of fp16 numbers.",
    .quirk = "High parts of 1000 or more overflow inside.",
    PAIRED, .binary = product_of, .expand = mul_expand },
  { NULL }
};
