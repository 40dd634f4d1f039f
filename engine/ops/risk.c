/* risk.c - what threatens numbers although the graph is right, and the same computed safely.
 *
 * Where a limit was measured is said in num/edge.h and by the rows. */
#include "ops/risk.h"

#include "ops/composite.h"

#include <string.h>

#define NONE ((AnfRef) { 0, 0 })

#define CLIFF   32768              /* a product is infinite from here on */
#define LARGEST 65504              /* of fp16 */

static gboolean G_GNUC_PRINTF (6, 7)
warn (AnfRisk *self, AnfSeverity severity, const char *code, const char *field, const char *hint,
      const char *format, ...)
{
  va_list args;

  va_start (args, format);
  self->message = g_strdup_vprintf (format, args);
  va_end (args);
  self->severity = severity;
  self->code = code;
  self->field = field;
  self->hint = hint;
  return TRUE;
}

static const char *
name_of (const AnfRisk *self)
{
  return self->bounds->node->name;
}

/* ---- sums: a short accumulator would lose what is small beside a large interim total */

/* From so many summands on; the package's limit. Its error grows with the root of their number. */
#define MANY_SUMMANDS 256

gboolean
anf_risk_sum (AnfRisk *self)
{
  const AnfBounds *b = self->bounds;
  gsize n = anf_type_elements (b->in_type[0]) / anf_type_elements (b->out_type);

  if (n < MANY_SUMMANDS || self->from[0]->op->positive)
    return FALSE;
  /* A product ends at 32768, a sum at 65504. */
  self->exact = self->bound < CLIFF;
  return warn (self, ANF_WARNING, "NUM301", "x",
               "Write it as a product with ones, which adds up wide.",
               "%s adds up %" G_GSIZE_FORMAT " numbers of both signs: if the sum runs in fp16, it "
               "is off by some %.1f %%.", name_of (self), n, MIN (100, 0.1 * sqrt (n)));
}

static guint
reduced_axes (const AnfShapes *self)
{
  gint64 axes[ANF_MAX_RANK];
  guint n = anf_node_ints (self->node, "axes", axes, ANF_MAX_RANK), set = 0;

  for (guint i = 0; i < MIN (n, ANF_MAX_RANK); i++)
    set |= 1u << (axes[i] < 0 ? axes[i] + self->in[0]->rank : axes[i]);
  return set;
}

/* Summed axes last, as one, times a column of ones. */
AnfGraph *
anf_safer_sum (AnfShapes *self)
{
  const AnfType *in = self->in[0];
  guint set = reduced_axes (self), n = 0;
  gint64 perm[ANF_MAX_RANK], flat[2] = { 1, 1 }, out[ANF_MAX_RANK];
  g_autofree float *ones = NULL;
  AnfExpansion e;
  AnfRef x;

  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < in->rank; i++)
      if ((set >> i & 1) == pass)
        {
          perm[n++] = i;
          flat[pass] *= in->dim[i];
        }
  for (guint i = 0; i < in->rank; i++)
    out[i] = set >> i & 1 ? 1 : in->dim[i];
  ones = g_new (float, flat[1]);
  for (gint64 i = 0; i < flat[1]; i++)
    ones[i] = 1;

  anf_expansion_init (&e, self);
  x = anf_expansion_input (&e, 0);
  if (!(in->rank >= 1 && set == 1u << (in->rank - 1)))   /* else it is the last one already */
    {
      x = anf_expansion_transpose (&e, x, in->rank, perm);
      x = anf_expansion_reshape (&e, x, 2, flat);
    }
  x = anf_expansion_node (&e, "matmul_w", x, NONE);
  anf_expansion_own (&e, x, "weight", 2, (gint64[]) { flat[1], 1 }, ones);
  if (set != 1u << (in->rank - 1))
    x = anf_expansion_reshape (&e, x, in->rank, out);
  return anf_expansion_end (&e, x);
}

/* ---- differences: what both have in common is gone, what rounding left of it stays */

#define MANY_DIFFERENCES 64

gboolean
anf_risk_difference (AnfRisk *self)
{
  if (anf_type_elements (self->bounds->out_type) < MANY_DIFFERENCES)
    return FALSE;
  /* What was scaled on the way, or is given, is not the rounded result of much work. */
  for (guint i = 0; i < 2; i++)
    if (self->from[i] == NULL || self->from[i]->op->source
        || anf_op_n_roles (self->from[i]->op) == 0)
      return FALSE;
  return warn (self, ANF_HINT, "NUM302", NULL,
               "Subtract before the values are rounded: one product of both sides.",
               "%s subtracts two rounded products: where they are nearly equal, only their "
               "rounding is left.", name_of (self));
}

/* ---- slices on the A13 and A14: numbers go through a step that multiplies by 16 */

#define SLICE_LIMIT 4094
#define LAST_SLICE_FAMILY 3

static gboolean
begins_inside (const AnfNode *node, guint rank)
{
  gint64 begin[ANF_MAX_RANK] = { 0 };

  anf_node_ints (node, "begin", begin, ANF_MAX_RANK);
  return rank > 0 && rank <= ANF_MAX_RANK && begin[rank - 1] > 0;
}

gboolean
anf_risk_slice (AnfRisk *self)
{
  const AnfBounds *b = self->bounds;

  if (self->family > LAST_SLICE_FAMILY || b->in[0] <= SLICE_LIMIT
      || !begins_inside (b->node, b->in_type[0]->rank))
    return FALSE;
  self->exact = TRUE;
  if (isinf (b->in[0]))
    return warn (self, ANF_WARNING, "NUM201", "begin",
                 "Promise max_abs of the inputs, or slice an axis that is not the last.",
                 "%s begins inside the last axis: before the A15 numbers above %d become infinite "
                 "there, and how large they get is not known.", name_of (self), SLICE_LIMIT);
  return warn (self, ANF_WARNING, "NUM201", "begin", "Slice an axis that is not the last.",
               "%s begins inside the last axis: before the A15 numbers above %d become infinite "
               "there, and they may reach %g.", name_of (self), SLICE_LIMIT, b->in[0]);
}

/* With an axis of one after it, the axis is not the last one any more. Nothing is computed. */
AnfGraph *
anf_safer_slice (AnfShapes *self)
{
  const AnfType *in = self->in[0];
  gint64 dim[ANF_MAX_RANK], begin[ANF_MAX_RANK], size[ANF_MAX_RANK];
  guint rank = in->rank;
  AnfExpansion e;
  AnfRef x;

  if (rank + 1 > ANF_MAX_RANK || !begins_inside (self->node, rank))
    return NULL;
  anf_node_ints (self->node, "begin", begin, ANF_MAX_RANK);
  anf_node_ints (self->node, "size", size, ANF_MAX_RANK);
  for (guint i = 0; i < rank; i++)
    dim[i] = in->dim[i];
  dim[rank] = size[rank] = 1;
  begin[rank] = 0;
  anf_expansion_init (&e, self);
  x = anf_expansion_reshape (&e, anf_expansion_input (&e, 0), rank + 1, dim);
  x = anf_expansion_node (&e, "slice_by_size", x, NONE);
  anf_expansion_ints (&e, x, "begin", rank + 1, begin);
  anf_expansion_ints (&e, x, "size", rank + 1, size);
  return anf_expansion_end (&e, anf_expansion_reshape (&e, x, rank, size));
}

/* Before the A16 several such slices that are joined give elements of one another. */
#define LAST_JOIN_FAMILY 4

gboolean
anf_risk_joined (AnfRisk *self)
{
  guint n = 0;

  for (guint i = 0; i < self->bounds->n_in; i++)
    n += self->from[i] != NULL && self->from[i]->op->risk == anf_risk_slice
         && begins_inside (self->from[i], self->bounds->in_type[i]->rank);
  if (self->family > LAST_JOIN_FAMILY || n < 2)
    return FALSE;
  self->exact = TRUE;
  return warn (self, ANF_WARNING, "NUM202", "values", "Slice an axis that is not the last.",
               "%s joins %u slices that begin inside the last axis: before the A16 it gives wrong "
               "elements.", name_of (self), n);
}

/* ---- products: so many summands (the fan-in) may reach the cliff */

/* The largest result, of a weight [out, ..] or, if it is taken as [in, out], turned. */
static double
reach (const AnfRisk *self)
{
  const AnfBounds *b = self->bounds;
  gboolean turned = (b->node->op->role[0].flags & ANF_TRANSPOSED) != 0;

  return b->in[0] * anf_tensor_max_sum (b->weight[0], turned);
}

gboolean
anf_risk_product (AnfRisk *self)
{
  const AnfBounds *b = self->bounds;
  double most;
  guint rank;

  if (b->weight[0] == NULL || isinf (b->in[0]) || !isinf (self->bound))
    return FALSE;
  rank = anf_tensor_rank (b->weight[0]);
  if (rank != 2 && rank != 4)
    return FALSE;
  most = reach (self);
  if (!(most >= CLIFF) || isinf (most))
    return FALSE;
  self->exact = FALSE;             /* small numbers lose bits when they are made smaller */
  return warn (self, ANF_WARNING, "NUM303", "x",
               "Make x smaller before it and the result larger after it.",
               "The fan-in of %s is large: |x| up to %g times weights that add up to %g may reach "
               "%.0f, and a product is infinite from %d on.", name_of (self), b->in[0],
               most / b->in[0], most, CLIFF);
}

/* By 2^-3 at first sight: up to 8 times the cliff, past what fp16 holds afterwards. */
AnfGraph *
anf_safer_product (AnfShapes *self)
{
  const AnfNode *node = self->node;
  AnfExpansion e;
  AnfRef x, y;

  if (anf_op_n_roles (node->op) > 1 && self->weight[1] != NULL)
    return NULL;                   /* its bias would have to shrink as well */
  anf_expansion_init (&e, self);
  x = anf_expansion_node (&e, "muls", anf_expansion_input (&e, 0), NONE);
  anf_expansion_real (&e, x, "k", 0.125);
  y = anf_expansion_node (&e, node->op->name, x, NONE);
  anf_expansion_role (&e, y, node->op->role[0].name, node->op->role[0].name);
  for (guint i = 0; i < anf_op_n_attrs (node->op); i++)
    if (node->attr[i] != NULL)
      anf_graph_builder_set_attr (e.builder, y.node, node->op->attr[i].name, node->attr[i]);
  x = anf_expansion_node (&e, "muls", y, NONE);
  anf_expansion_real (&e, x, "k", 8);
  return anf_expansion_end (&e, x);
}

/* ---- numbers beyond fp16 */

gboolean
anf_risk_number (AnfRisk *self)
{
  double k = anf_node_real (self->bounds->node, "k");

  if (!(fabs (k) > LARGEST + 15) || isinf (k))   /* up to 65519 it rounds to 65504 */
    return FALSE;
  return warn (self, ANF_WARNING, "NUM203", "k", "Use a number up to 65504.",
               "\"k\" of %s is %g, more than fp16 holds: in MIL it is kept at %d.", name_of (self),
               k, k > 0 ? LARGEST : -LARGEST);
}

/* ---- kernels wider than chips take */

#define WIDEST 13                  /* of all chips; from the A16 on it is 15 */
#define MAX_SPLIT (1 << 18)        /* parts become weights of the document itself */

typedef struct { gint64 out, in, h, w; } Kernel;

/* Columns [begin, end) of the weight; turned: height and width changed places. */
static float *
part_of (const AnfTensor *weight, Kernel k, gint64 begin, gint64 end, gboolean turned)
{
  g_autofree float *all = g_new (float, k.out * k.in * k.h * k.w);
  float *part = g_new (float, k.out * k.in * k.h * (end - begin)), *to = part;

  anf_tensor_read (weight, 0, k.out * k.in * k.h * k.w, all);
  for (gint64 i = 0; i < k.out * k.in; i++)
    for (gint64 a = 0; a < (turned ? k.w : k.h); a++)
      for (gint64 b = begin; b < (turned ? k.h : end); b++)
        *to++ = all[(i * k.h + (turned ? b : a)) * k.w + (turned ? a : b)];
  return part;
}

static void
swap (gint64 *a, gint64 *b)
{
  gint64 was = *a;

  *a = *b;
  *b = was;
}

typedef struct { gint64 stride[2], pad[4], dilation[2], groups; } Way;

static AnfRef
conv (AnfExpansion *e, AnfRef x, const Way *way, Kernel k, const float *values, gboolean bias)
{
  AnfRef node = anf_expansion_node (e, e->shapes->node->op->name, x, NONE);

  anf_expansion_ints (e, node, "stride", 2, way->stride);
  anf_expansion_ints (e, node, "pad", 4, way->pad);
  anf_expansion_ints (e, node, "dilation", 2, way->dilation);
  anf_expansion_int (e, node, "groups", way->groups);
  anf_expansion_own (e, node, "weight", 4, (gint64[]) { k.out, k.in, k.h, k.w }, values);
  if (bias)
    anf_expansion_role (e, node, "bias", "bias");
  return node;
}

static AnfGraph *
turned (AnfExpansion *e, Way way, Kernel k)
{
  static const gint64 perm[] = { 0, 1, 3, 2 };
  g_autofree float *values = part_of (e->shapes->weight[0], k, 0, k.w, TRUE);
  AnfRef x = anf_expansion_transpose (e, anf_expansion_input (e, 0), 4, perm);

  swap (&way.stride[0], &way.stride[1]);
  swap (&way.dilation[0], &way.dilation[1]);
  swap (&way.pad[0], &way.pad[2]);
  swap (&way.pad[1], &way.pad[3]);
  swap (&k.h, &k.w);
  x = conv (e, x, &way, k, values, TRUE);
  return anf_expansion_end (e, anf_expansion_transpose (e, x, 4, perm));
}

/* What columns [begin, end) of the kernel meet of x: padding that a part need not have is left out,
 * and what lies beyond is cut off. */
static AnfRef
window (AnfExpansion *e, AnfRef x, const Way *way, Kernel k, gint64 begin, gint64 end, Way *own)
{
  const AnfType *type = e->shapes->in[0];
  gint64 left = way->pad[2] - begin * way->dilation[1];
  gint64 right = way->pad[3] - (k.w - end) * way->dilation[1];
  gint64 from = MAX (0, -left), to = type->dim[3] - MAX (0, -right);
  AnfRef slice = x;

  *own = *way;
  own->pad[2] = MAX (0, left);
  own->pad[3] = MAX (0, right);
  if (from > 0 || to < type->dim[3])
    {
      slice = anf_expansion_node (e, "slice_by_size", x, NONE);
      anf_expansion_ints (e, slice, "begin", 4, (gint64[]) { 0, 0, 0, from });
      anf_expansion_ints (e, slice, "size", 4, (gint64[]) { type->dim[0], type->dim[1],
                                                            type->dim[2], to - from });
    }
  return slice;
}

/* TRUE if every part meets something of x itself. */
static gboolean
parts_meet (const AnfShapes *self, const Way *way, Kernel k)
{
  for (gint64 c = 0; c < k.w; c += WIDEST)
    {
      gint64 end = MIN (k.w, c + WIDEST);
      gint64 from = MAX (0, c * way->dilation[1] - way->pad[2]);
      gint64 to = self->in[0]->dim[3] - MAX (0, (k.w - end) * way->dilation[1] - way->pad[3]);

      if (from >= to)
        return FALSE;
    }
  return TRUE;
}

/* Turned on its side it gives the same numbers; parts that are added round once more each. */
AnfGraph *
anf_split_conv (AnfShapes *self)
{
  const AnfTensor *weight = self->weight[0];
  AnfRef x, sum = NONE;
  AnfExpansion e;
  Kernel k;
  Way way;

  if (self->in[0] == NULL || self->in[0]->rank != 4 || weight == NULL
      || anf_tensor_rank (weight) != 4 || anf_tensor_dim (weight, 3) <= WIDEST
      || anf_tensor_elements (weight) > MAX_SPLIT)
    return NULL;
  k = (Kernel) { anf_tensor_dim (weight, 0), anf_tensor_dim (weight, 1),
                 anf_tensor_dim (weight, 2), anf_tensor_dim (weight, 3) };
  anf_node_ints_n (self->node, "stride", 2, way.stride);
  anf_node_ints_n (self->node, "pad", 4, way.pad);
  anf_node_ints_n (self->node, "dilation", 2, way.dilation);
  way.groups = anf_node_int (self->node, "groups");
  if (k.h > WIDEST && !parts_meet (self, &way, k))
    return NULL;
  anf_expansion_init (&e, self);
  if (k.h <= WIDEST)
    return turned (&e, way, k);

  x = anf_expansion_input (&e, 0);
  for (gint64 c = 0; c < k.w; c += WIDEST)
    {
      gint64 end = MIN (k.w, c + WIDEST);
      g_autofree float *values = part_of (weight, k, c, end, FALSE);
      Way own;
      AnfRef slice = window (&e, x, &way, k, c, end, &own);
      AnfRef part = conv (&e, slice, &own, (Kernel) { k.out, k.in, k.h, end - c }, values, c == 0);

      sum = sum.node != 0 ? anf_expansion_node (&e, "add", sum, part) : part;
    }
  return anf_expansion_end (&e, sum);
}
