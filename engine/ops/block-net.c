/* block-net.c - blocks that rows make up: gated functions and layers, a norm, convolutions. */
#include "ops/bound.h"
#include "ops/composite.h"

#define NONE ((AnfRef) { 0, 0 })
#define QUICK 1.702

/* ---- functions: x times what lets it through */

/* x times @second of @first of x; @first has the attribute @attr. Either name may be NULL. */
static AnfGraph *
gated (AnfShapes *self, const char *first, const char *attr, double value, const char *second)
{
  AnfExpansion e;
  AnfRef x, gate;

  anf_expansion_init (&e, self);
  x = anf_expansion_input (&e, 0);
  gate = anf_expansion_node (&e, first, x, NONE);
  if (attr != NULL)
    anf_expansion_real (&e, gate, attr, value);
  if (second != NULL)
    gate = anf_expansion_node (&e, second, gate, NONE);
  return anf_expansion_end (&e, anf_expansion_node (&e, "mul", x, gate));
}

static double quick_gelu (double x, const double *a) { return x / (1 + exp (-QUICK * x)); }

static AnfGraph *
quick_gelu_expand (AnfShapes *self)
{
  return gated (self, "muls", "k", QUICK, "sigmoid");
}

static double hard_swish (double x, const double *a) { return x * CLAMP (x / 6 + 0.5, 0, 1); }

static AnfGraph *
hard_swish_expand (AnfShapes *self)
{
  return gated (self, "sigmoid_hard", "alpha", 1 / 6.0, NULL);
}

/* ---- swiglu: (silu (gate x) * (up x)) down, onto the residual */

enum { GATE, UP, DOWN };

static gboolean
swiglu_infer (AnfShapes *self)
{
  const AnfType *x = self->in[0];
  g_autofree char *is = NULL, *must = NULL;
  gint64 d, f;
  AnfType out;

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 1, ANF_MAX_RANK))
    return FALSE;
  d = x->dim[x->rank - 1];
  if (!anf_shapes_weight (self, GATE, 2, (gint64[]) { -1, d }))
    return FALSE;
  f = anf_tensor_dim (self->weight[GATE], 0);
  if (!anf_shapes_weight (self, UP, 2, (gint64[]) { f, d })
      || !anf_shapes_weight (self, DOWN, 2, (gint64[]) { -1, f }))
    return FALSE;
  out = *x;
  out.dim[out.rank - 1] = anf_tensor_dim (self->weight[DOWN], 0);
  if (self->n_in < 2 || self->in[1] == NULL || anf_type_equal (self->in[1], &out))
    return anf_composite_infer (self);
  is = anf_type_to_string (self->in[1]);
  must = anf_type_to_string (&out);
  return anf_shapes_refuse (self, "SHP107", "residual", "Make it the shape of the result.",
                            "\"residual\" of %s is %s; the result is %s.", self->node->name, is,
                            must);
}

static AnfRef
product (AnfExpansion *e, AnfRef x, const char *role)
{
  AnfRef node = anf_expansion_node (e, "linear", x, NONE);

  anf_expansion_role (e, node, "weight", role);
  return node;
}

static AnfGraph *
swiglu_expand (AnfShapes *self)
{
  AnfExpansion e;
  AnfRef x, gate, y;

  anf_expansion_init (&e, self);
  x = anf_expansion_input (&e, 0);
  gate = anf_expansion_node (&e, "silu", product (&e, x, "gate"), NONE);
  y = anf_expansion_node (&e, "mul", gate, product (&e, x, "up"));
  y = product (&e, y, "down");
  if (self->n_in > 1 && self->in[1] != NULL)
    y = anf_expansion_node (&e, "add", anf_expansion_input (&e, 1), y);
  return anf_expansion_end (&e, y);
}

static double
dot (const double *x, const double *y, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += x[i] * y[i];
  return sum;
}

static void
swiglu_reference (const AnfExact *exact)
{
  const AnfType *in = exact->in_type[0];
  gsize d = in->dim[in->rank - 1], f = anf_tensor_dim (exact->weight_tensor[GATE], 0);
  gsize n = anf_tensor_dim (exact->weight_tensor[DOWN], 0), rows = anf_type_elements (in) / d;
  g_autofree double *inner = g_new (double, f);

  for (gsize row = 0; row < rows; row++)
    {
      const double *x = exact->in[0] + row * d;

      for (gsize i = 0; i < f; i++)
        {
          double gate = dot (x, exact->weight[GATE] + i * d, d);

          inner[i] = gate / (1 + exp (-gate)) * dot (x, exact->weight[UP] + i * d, d);
        }
      for (gsize i = 0; i < n; i++)
        exact->out[0][row * n + i] = dot (inner, exact->weight[DOWN] + i * f, f)
          + (exact->n_in > 1 && exact->in_type[1] != NULL ? exact->in[1][row * n + i] : 0);
    }
}

/* ---- group_norm_train: the same for any batch, of rows that have gradients */

static gboolean
groups_divide (AnfShapes *self, gint64 channels)
{
  gint64 groups;

  if (!anf_shapes_ints (self, "groups", 1, 1, &groups))
    return FALSE;
  if (channels % groups == 0)
    return TRUE;
  return anf_shapes_refuse (self, "SHP110", "groups", "Use a divisor of the channels.",
                            "%s has %" G_GINT64_FORMAT " channels, which %" G_GINT64_FORMAT
                            " groups do not divide.", self->node->name, channels, groups);
}

static gboolean
train_infer (AnfShapes *self)
{
  gint64 c;

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4))
    return FALSE;
  c = self->in[0]->dim[1];
  return groups_divide (self, c) && anf_shapes_weight (self, 0, 1, &c)
         && anf_shapes_weight (self, 1, 1, &c) && anf_composite_infer (self);
}

static AnfRef
by_channel (AnfExpansion *e, const char *role, gint64 channels)
{
  AnfRef node = anf_expansion_node (e, "const", NONE, NONE);

  anf_expansion_role (e, node, "value", role);
  return anf_expansion_reshape (e, node, 4, (gint64[]) { 1, channels, 1, 1 });
}

static AnfRef
mean_of (AnfExpansion *e, AnfRef x)
{
  AnfRef mean = anf_expansion_node (e, "reduce_mean", x, NONE);

  anf_expansion_ints (e, mean, "axes", 1, (gint64[]) { 2 });
  return mean;
}

/* @x is of shape @dim: channels by groups become one axis, which is centred and scaled. */
static AnfRef
normalised (AnfExpansion *e, AnfRef x, const gint64 *dim)
{
  const AnfNode *node = e->shapes->node;
  gint64 groups = anf_node_int (node, "groups");
  AnfRef scale;

  x = anf_expansion_reshape (e, x, 3, (gint64[]) { dim[0], groups,
                                                   dim[1] / groups * dim[2] * dim[3] });
  x = anf_expansion_node (e, "sub", x, mean_of (e, x));
  scale = anf_expansion_node (e, "rsqrt", mean_of (e, anf_expansion_node (e, "square", x, NONE)),
                              NONE);
  anf_expansion_real (e, scale, "eps", anf_node_real (node, "eps"));
  x = anf_expansion_node (e, "mul", x, scale);
  x = anf_expansion_reshape (e, x, 4, dim);
  x = anf_expansion_node (e, "mul", x, by_channel (e, "gamma", dim[1]));
  return anf_expansion_node (e, "add", x, by_channel (e, "beta", dim[1]));
}

static void
copy_dims (const AnfType *type, gint64 *dim)
{
  for (guint i = 0; i < type->rank; i++)
    dim[i] = type->dim[i];
}

static AnfGraph *
train_expand (AnfShapes *self)
{
  gint64 dim[ANF_MAX_RANK];
  AnfExpansion e;

  copy_dims (self->in[0], dim);
  anf_expansion_init (&e, self);
  return anf_expansion_end (&e, normalised (&e, anf_expansion_input (&e, 0), dim));
}

/* Groups of x, of shape @dim, in place. */
static void
normalise (double *x, const gint64 *dim, const AnfExact *exact, const double *gamma,
           const double *beta)
{
  gsize groups = anf_node_int (exact->node, "groups"), area = dim[2] * dim[3];
  gsize each = dim[1] / groups * area;

  for (gsize g = 0; g < dim[0] * groups; g++)
    {
      double *at = x + g * each, mean = 0, square = 0;

      for (gsize i = 0; i < each; i++)
        mean += at[i] / each;
      for (gsize i = 0; i < each; i++)
        square += (at[i] - mean) * (at[i] - mean) / each;
      for (gsize i = 0; i < each; i++)
        {
          gsize c = g % groups * (dim[1] / groups) + i / area;

          at[i] = (at[i] - mean) / sqrt (square + anf_node_real (exact->node, "eps")) * gamma[c]
                  + beta[c];
        }
    }
}

static void
train_reference (const AnfExact *exact)
{
  gsize n = anf_type_elements (exact->out_type);
  gint64 dim[ANF_MAX_RANK];

  copy_dims (exact->out_type, dim);
  for (gsize i = 0; i < n; i++)
    exact->out[0][i] = exact->in[0][i];
  normalise (exact->out[0], dim, exact, exact->weight[0], exact->weight[1]);
}

/* ---- conv_block: a convolution that keeps the size of 3 by 3, its norm, relu, a pool */

static gboolean
block_infer (AnfShapes *self)
{
  gint64 c;

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4)
      || !anf_shapes_weight (self, 0, 4, (gint64[]) { -1, self->in[0]->dim[1], -1, -1 }))
    return FALSE;
  c = anf_tensor_dim (self->weight[0], 0);
  for (guint i = 0; i < 2; i++)
    if (self->in[0]->dim[2 + i] + 2 < anf_tensor_dim (self->weight[0], 2 + i))
      return anf_shapes_refuse (self, "SHP104", "weight", "Make the input larger.",
                                "\"weight\" of %s is %" G_GINT64_FORMAT " wide on axis %u, more "
                                "than the input with its border.", self->node->name,
                                anf_tensor_dim (self->weight[0], 2 + i), 2 + i);
  return groups_divide (self, c) && anf_shapes_weight (self, 1, 1, &c)
         && anf_shapes_weight (self, 2, 1, &c) && anf_composite_infer (self);
}

static void
conv_dims (const AnfType *in, const AnfTensor *weight, gint64 *dim)
{
  dim[0] = in->dim[0];
  dim[1] = anf_tensor_dim (weight, 0);
  for (guint i = 2; i < 4; i++)
    dim[i] = in->dim[i] + 3 - anf_tensor_dim (weight, i);
}

static AnfGraph *
block_expand (AnfShapes *self)
{
  gint64 dim[4], pool = anf_node_int (self->node, "pool");
  AnfExpansion e;
  AnfRef y;

  conv_dims (self->in[0], self->weight[0], dim);
  anf_expansion_init (&e, self);
  y = anf_expansion_node (&e, "conv", anf_expansion_input (&e, 0), NONE);
  anf_expansion_role (&e, y, "weight", "weight");
  anf_expansion_ints (&e, y, "pad", 4, (gint64[]) { 1, 1, 1, 1 });
  y = anf_expansion_node (&e, "relu", normalised (&e, y, dim), NONE);
  if (pool > 0)
    {
      y = anf_expansion_node (&e, "max_pool", y, NONE);
      anf_expansion_ints (&e, y, "k", 2, (gint64[]) { pool, pool });
    }
  return anf_expansion_end (&e, y);
}

/* One output of the convolution, zeros around the input. */
static double
window (const AnfExact *exact, gint64 n, gint64 o, gint64 y, gint64 x)
{
  const AnfType *in = exact->in_type[0];
  gint64 kh = anf_tensor_dim (exact->weight_tensor[0], 2);
  gint64 kw = anf_tensor_dim (exact->weight_tensor[0], 3);
  double sum = 0;

  for (gint64 c = 0; c < in->dim[1]; c++)
    for (gint64 i = 0; i < kh; i++)
      for (gint64 j = 0; j < kw; j++)
        if (y + i >= 1 && y + i <= in->dim[2] && x + j >= 1 && x + j <= in->dim[3])
          sum += exact->weight[0][((o * in->dim[1] + c) * kh + i) * kw + j]
                 * exact->in[0][((n * in->dim[1] + c) * in->dim[2] + y + i - 1) * in->dim[3]
                                + x + j - 1];
  return sum;
}

static void
block_reference (const AnfExact *exact)
{
  gint64 dim[4], pool = MAX (1, anf_node_int (exact->node, "pool"));
  const AnfType *out = exact->out_type;
  gsize n = anf_type_elements (out), at = 0;
  g_autofree double *y = NULL;

  conv_dims (exact->in_type[0], exact->weight_tensor[0], dim);
  y = g_new (double, dim[0] * dim[1] * dim[2] * dim[3]);
  for (gint64 b = 0; b < dim[0]; b++)
    for (gint64 o = 0; o < dim[1]; o++)
      for (gint64 i = 0; i < dim[2]; i++)
        for (gint64 j = 0; j < dim[3]; j++)
          y[at++] = window (exact, b, o, i, j);
  normalise (y, dim, exact, exact->weight[1], exact->weight[2]);
  for (gsize i = 0; i < n; i++)
    {
      gsize plane = i / out->dim[3] / out->dim[2];
      double most = 0;             /* relu, and the largest of the window */

      for (gint64 k = 0; k < pool * pool; k++)
        most = fmax (most, y[(plane * dim[2] + i / out->dim[3] % out->dim[2] * pool + k / pool)
                             * dim[3] + i % out->dim[3] * pool + k % pool]);
      exact->out[0][i] = most;
    }
}

#define COMPOSITE \
  .prepare = anf_composite_prepare, .release = anf_composite_release, \
  .kernel = anf_composite_kernel, .whole = TRUE, .bound = anf_composite_bound, \
  .flops = anf_composite_flops
#define GATED \
  .category = ANF_CAT_ACTIVATION, COMPOSITE, .in = { { "x", ANF_REQUIRED, "Any shape" } }, \
  .infer = anf_infer_same, \
  .sample = { .in = { { ANF_F16, 3, { 3, 5, 7 } } }, .lo = -4, .hi = 4 }
#define GROUPS { .name = "groups", .kind = ANF_ATTR_INT, .min = 1, .max = G_MAXINT, \
                 .doc = "How many; they divide the channels" }
#define EPS { .name = "eps", .kind = ANF_ATTR_REAL, .preset = "1e-5", .max = 1e4, \
              .doc = "Added inside the root" }
#define IMAGE .in = { { "x", ANF_REQUIRED, "N, channels, height, width" } }
#define GAMMA { "gamma", ANF_REQUIRED, "Scale of each channel" }
#define BETA  { "beta", ANF_REQUIRED, "Shift of each channel" }

const AnfOp anf_ops_net[] = {
  { .name = "quick_gelu", .title = "Quick GELU", .doc = "x sigmoid (1.702 x), close to GELU.",
    GATED, .unary = quick_gelu, .expand = quick_gelu_expand },
  { .name = "hard_swish", .title = "Hard swish", .doc = "x times x / 6 + 1/2 kept from 0 to 1.",
    GATED, .onnx = "HardSwish", .unary = hard_swish, .expand = hard_swish_expand },
  { .name = "swiglu", .title = "SwiGLU", .category = ANF_CAT_ATTENTION, COMPOSITE,
    .doc = "A linear layer gated by another through SiLU, and a third back.",
    .in = { { "x", ANF_REQUIRED, "Features on the last axis" },
            { "residual", ANF_OPTIONAL, "Added to the result" } },
    .role = { { "gate", ANF_ENCODABLE, "Inner by inputs" },
              { "up", ANF_ENCODABLE, "Inner by inputs" },
              { "down", ANF_ENCODABLE, "Outputs by inner" } },
    .infer = swiglu_infer, .expand = swiglu_expand, .reference = swiglu_reference,
    .sample = { .in = { { ANF_F16, 2, { 5, 8 } }, { ANF_F16, 2, { 5, 8 } } },
                .role = { { ANF_F16, 2, { 12, 8 } }, { ANF_F16, 2, { 12, 8 } },
                          { ANF_F16, 2, { 8, 12 } } }, .lo = -1, .hi = 1 } },
  { .name = "group_norm_train", .title = "Group norm of a batch", .category = ANF_CAT_NORM,
    COMPOSITE, .doc = "Groups of channels centred and scaled, for any batch.", IMAGE,
    .role = { GAMMA, BETA }, .attr = { GROUPS, EPS },
    .infer = train_infer, .expand = train_expand, .reference = train_reference,
    .sample = { .in = { { ANF_F16, 4, { 2, 6, 5, 4 } } }, .attr = { { "groups", "3" } },
                .role = { { ANF_F16, 1, { 6 } }, { ANF_F16, 1, { 6 } } }, .lo = -2, .hi = 2 } },
  { .name = "conv_block", .title = "Convolution block", .category = ANF_CAT_COMPUTE, COMPOSITE,
    .doc = "A convolution with a border of 1, group norm, ReLU, and a pool.", IMAGE,
    .role = { { "weight", ANF_ENCODABLE, "Out, in, height, width" }, GAMMA, BETA },
    .attr = { GROUPS, { .name = "pool", .kind = ANF_ATTR_INT, .preset = "0", .max = G_MAXINT,
                        .doc = "Size of the pool; 0: none" }, EPS },
    .infer = block_infer, .expand = block_expand, .reference = block_reference,
    .guard = anf_composite_guard,
    .sample = { .in = { { ANF_F16, 4, { 2, 3, 6, 4 } } },
                .attr = { { "groups", "2" }, { "pool", "2" } },
                .role = { { ANF_F16, 4, { 4, 3, 3, 3 } }, { ANF_F16, 1, { 4 } },
                          { ANF_F16, 1, { 4 } } }, .lo = -1, .hi = 1 } },
  { NULL }
};
