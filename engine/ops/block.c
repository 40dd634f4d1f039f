/* block.c - blocks of transformers, each a small graph of simpler rows. */
#include "ops/bound.h"
#include "ops/composite.h"

#define NONE ((AnfRef) { 0, 0 })

static gboolean
heads_divide (AnfShapes *self, gint64 size, gint64 *heads)
{
  if (!anf_shapes_ints (self, "n_heads", 1, 1, heads))
    return FALSE;
  if (size % *heads == 0)
    return TRUE;
  return anf_shapes_refuse (self, "SHP110", "n_heads", "Use a divisor of the features.",
                            "%s has %" G_GINT64_FORMAT " features, which %" G_GINT64_FORMAT
                            " heads do not divide.", self->node->name, size, *heads);
}

/* mha has its keys from x, cross_attention from a second value. */
static guint
context_port (const AnfNode *node)
{
  return anf_op_find_input (node->op, "context") >= 0 ? 1 : 0;
}

static guint
mask_port (const AnfNode *node)
{
  return anf_op_find_input (node->op, "mask");
}

static gboolean
attention_weights (AnfShapes *self, gint64 d, gint64 c)
{
  return anf_shapes_weight (self, 0, 2, (gint64[]) { d, d })
         && anf_shapes_optional (self, 1, 1, &d)
         && anf_shapes_weight (self, 2, 2, (gint64[]) { d, c })
         && anf_shapes_optional (self, 3, 1, &d)
         && anf_shapes_weight (self, 4, 2, (gint64[]) { d, c })
         && anf_shapes_optional (self, 5, 1, &d)
         && anf_shapes_weight (self, 6, 2, (gint64[]) { d, d })
         && anf_shapes_optional (self, 7, 1, &d);
}

static gboolean
mask_fits (AnfShapes *self, gint64 heads, gint64 s, gint64 t)
{
  guint port = mask_port (self->node);
  const AnfType *mask = port < self->n_in ? self->in[port] : NULL;
  const gint64 want[] = { heads, s, t };
  gboolean good = mask != NULL && mask->rank <= 3;
  g_autofree char *is = NULL, *must = anf_dims_text (3, want);

  if (mask == NULL)
    return TRUE;
  if (!anf_shapes_is (self, port, ANF_F16))
    return FALSE;
  for (guint i = 0; good && i < mask->rank; i++)
    good = mask->dim[i] == 1 || mask->dim[i] == want[3 - mask->rank + i];
  if (good)
    return TRUE;
  is = anf_type_to_string (mask);
  return anf_shapes_refuse (self, "SHP102", "mask", "Make the sizes equal, or 1.",
                            "\"mask\" of %s is %s, which does not broadcast to %s.",
                            self->node->name, is, must);
}

static gboolean
attention_infer (AnfShapes *self)
{
  guint context = context_port (self->node);
  gint64 heads;

  for (guint t = 0; t <= context; t++)
    if (!anf_shapes_is (self, t, ANF_F16) || !anf_shapes_rank (self, t, 2, 2))
      return FALSE;
  return heads_divide (self, self->in[0]->dim[1], &heads)
         && attention_weights (self, self->in[0]->dim[1], self->in[context]->dim[1])
         && mask_fits (self, heads, self->in[0]->dim[0], self->in[context]->dim[0])
         && anf_composite_infer (self);
}

static AnfRef
linear (AnfExpansion *e, AnfRef x, const char *weight, const char *bias)
{
  AnfRef node = anf_expansion_node (e, "linear", x, NONE);

  anf_expansion_role (e, node, "weight", weight);
  anf_expansion_role (e, node, "bias", bias);
  return node;
}

/* [rows, heads size] to heads first, in the order @perm of (row, head, size). */
static AnfRef
heads_of (AnfExpansion *e, AnfRef x, gint64 rows, gint64 heads, gint64 size, const gint64 *perm)
{
  AnfRef split = anf_expansion_reshape (e, x, 3, (gint64[]) { rows, heads, size });

  return anf_expansion_transpose (e, split, 3, perm);
}

static AnfGraph *
attention_expand (AnfShapes *self)
{
  static const gint64 by_head[] = { 1, 0, 2 }, turned[] = { 1, 2, 0 };
  guint context = context_port (self->node), mask = mask_port (self->node);
  gint64 heads = anf_node_int (self->node, "n_heads"), d = self->in[0]->dim[1], size = d / heads;
  gint64 s = self->in[0]->dim[0], t = self->in[context]->dim[0];
  AnfRef x, c, q, k, v, score, mixed;
  AnfExpansion e;

  anf_expansion_init (&e, self);
  x = anf_expansion_input (&e, 0);
  c = context == 0 ? x : anf_expansion_input (&e, context);
  q = heads_of (&e, linear (&e, x, "wq", "bq"), s, heads, size, by_head);
  k = heads_of (&e, linear (&e, c, "wk", "bk"), t, heads, size, turned);
  v = heads_of (&e, linear (&e, c, "wv", "bv"), t, heads, size, by_head);
  score = anf_expansion_node (&e, "bmm", q, k);
  score = anf_expansion_node (&e, "muls", score, NONE);
  anf_expansion_real (&e, score, "k", 1 / sqrt (size));
  if (mask < self->n_in && self->in[mask] != NULL)
    score = anf_expansion_node (&e, "add", score, anf_expansion_input (&e, mask));
  score = anf_expansion_node (&e, "softmax", score, NONE);
  mixed = anf_expansion_node (&e, "bmm", score, v);
  mixed = anf_expansion_transpose (&e, mixed, 3, by_head);
  mixed = anf_expansion_reshape (&e, mixed, 2, (gint64[]) { s, d });
  return anf_expansion_end (&e, linear (&e, mixed, "wo", "bo"));
}

/* ---- geglu */

static gboolean
geglu_infer (AnfShapes *self)
{
  gint64 n;

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 1, ANF_MAX_RANK)
      || !anf_shapes_weight (self, 0, 2,
                             (gint64[]) { -1, self->in[0]->dim[self->in[0]->rank - 1] }))
    return FALSE;
  n = anf_tensor_dim (self->weight[0], 0);
  if (n % 2 != 0)
    return anf_shapes_refuse (self, "SHP110", "weight", "Attach a tensor with two equal halves.",
                              "\"weight\" of %s has %" G_GINT64_FORMAT " rows, an odd number.",
                              self->node->name, n);
  return anf_shapes_optional (self, 1, 1, &n) && anf_composite_infer (self);
}

static AnfGraph *
geglu_expand (AnfShapes *self)
{
  AnfRef all, half[2];
  AnfExpansion e;

  anf_expansion_init (&e, self);
  all = linear (&e, anf_expansion_input (&e, 0), "weight", "bias");
  for (guint i = 0; i < 2; i++)
    {
      gint64 begin[ANF_MAX_RANK] = { 0 }, size[ANF_MAX_RANK];
      guint last = self->in[0]->rank - 1;

      for (guint k = 0; k < last; k++)
        size[k] = self->in[0]->dim[k];
      size[last] = anf_tensor_dim (self->weight[0], 0) / 2;
      begin[last] = i * size[last];
      half[i] = anf_expansion_node (&e, "slice_by_size", all, NONE);
      anf_expansion_ints (&e, half[i], "begin", last + 1, begin);
      anf_expansion_ints (&e, half[i], "size", last + 1, size);
    }
  half[1] = anf_expansion_node (&e, "gelu", half[1], NONE);
  return anf_expansion_end (&e, anf_expansion_node (&e, "mul", half[0], half[1]));
}

/* ---- rope: pairs of features turned by angles that grow with the position */

/* Bounds of its tables: features of one head, and positions times features. */
#define ROPE_FEATURES 1024
#define ROPE_ANGLES   (1 << 24)

static gboolean
agrees (AnfShapes *self, const char *attr, gint64 own)
{
  gint64 given = anf_node_int (self->node, attr);

  if (!anf_node_attr_is_set (self->node, attr) || given == own)
    return TRUE;
  return anf_shapes_refuse (self, "SHP112", attr, "Leave it out: it is taken from x.",
                            "\"%s\" of %s is %" G_GINT64_FORMAT "; \"x\" has %" G_GINT64_FORMAT
                            ".", attr, self->node->name, given, own);
}

static gboolean
rope_infer (AnfShapes *self)
{
  gint64 turned;
  double base = anf_node_real (self->node, "base");
  int d;

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 2, ANF_MAX_RANK)
      || !anf_shapes_ints (self, "rotary_dim", 1, 0, &turned))
    return FALSE;
  d = self->in[0]->dim[self->in[0]->rank - 1];
  if (!agrees (self, "seq", self->in[0]->dim[self->in[0]->rank - 2]) || !agrees (self, "dh", d))
    return FALSE;
  if (!(base > 0))
    return anf_shapes_refuse (self, "ATR112", "base", "Use a positive number, such as 10000.",
                              "\"base\" of %s is %g.", self->node->name, base);
  if (turned > d || (turned > 0 ? turned : d) % 2 != 0)
    return anf_shapes_refuse (self, "SHP110", "rotary_dim", "Use an even number up to the size.",
                              "%s turns %" G_GINT64_FORMAT " of %d features; they come in pairs.",
                              self->node->name, turned > 0 ? turned : d, d);
  if (d > ROPE_FEATURES || self->in[0]->dim[self->in[0]->rank - 2] > ROPE_ANGLES / d)
    return anf_shapes_refuse (self, "LIM103", "x", "Turn heads one by one.",
                              "%s has %d positions of %d features; its tables of angles would be "
                              "too large.", self->node->name,
                              self->in[0]->dim[self->in[0]->rank - 2], d);
  return anf_infer_same (self);
}

/* Two products and a sum for each number; that the exchange is a matrix is a detail. */
static double
rope_flops (const AnfShapes *shapes)
{
  return 3.0 * anf_type_elements (shapes->out);
}

/* Which feature is turned together with feature @i of @n; @i is the first of its pair or not. */
static gint64
partner (gint64 i, gint64 n, gboolean interleaved, gboolean *first)
{
  *first = interleaved ? i % 2 == 0 : i < n / 2;
  if (interleaved)
    return *first ? i + 1 : i - 1;
  return *first ? i + n / 2 : i - n / 2;
}

typedef struct { gint64 seq, d, turned; float *cosine, *sine, *swap; } Tables;

static void
rope_tables (Tables *self, const AnfNode *node)
{
  gboolean interleaved = anf_node_flag (node, "interleaved"), first = FALSE;
  double base = anf_node_real (node, "base");

  self->cosine = g_new (float, self->seq * self->d);
  self->sine = g_new (float, self->seq * self->d);
  self->swap = g_new0 (float, self->d * self->d);
  for (gint64 i = 0; i < self->d; i++)
    {
      gint64 other = i < self->turned ? partner (i, self->turned, interleaved, &first) : i;
      gint64 pair = interleaved ? i / 2 : i % MAX (self->turned / 2, 1);
      double speed = i < self->turned ? pow (base, -2.0 * pair / self->turned) : 0;

      for (gint64 at = 0; at < self->seq; at++)
        {
          self->cosine[at * self->d + i] = cos (at * speed);
          self->sine[at * self->d + i] = sin (at * speed);
        }
      if (i < self->turned)        /* feature i gets minus its partner if it is the first */
        self->swap[other * self->d + i] = first ? -1 : 1;
    }
}

static AnfRef
constant (AnfExpansion *e, gint64 rows, gint64 columns, const float *values)
{
  AnfRef node = anf_expansion_node (e, "const", NONE, NONE);

  anf_expansion_own (e, node, "value", 2, (gint64[]) { rows, columns }, values);
  return node;
}

/* x cos + (x with each pair exchanged) sin; the exchange is a product with a matrix of 0, 1, -1. */
static AnfGraph *
rope_expand (AnfShapes *self)
{
  const AnfType *in = self->in[0];
  Tables t = { in->dim[in->rank - 2], in->dim[in->rank - 1], anf_node_int (self->node,
                                                                           "rotary_dim") };
  AnfRef x, straight, turned;
  AnfExpansion e;

  t.turned = t.turned > 0 ? t.turned : t.d;
  rope_tables (&t, self->node);
  anf_expansion_init (&e, self);
  x = anf_expansion_input (&e, 0);
  straight = anf_expansion_node (&e, "mul", x, constant (&e, t.seq, t.d, t.cosine));
  turned = anf_expansion_node (&e, "matmul_w", x, NONE);
  anf_expansion_own (&e, turned, "weight", 2, (gint64[]) { t.d, t.d }, t.swap);
  turned = anf_expansion_node (&e, "mul", turned, constant (&e, t.seq, t.d, t.sine));
  g_free (t.cosine);
  g_free (t.sine);
  g_free (t.swap);
  return anf_expansion_end (&e, anf_expansion_node (&e, "add", straight, turned));
}

#define COMPOSITE \
  .prepare = anf_composite_prepare, \
  .release = anf_composite_release, .kernel = anf_composite_kernel, .whole = TRUE, \
  .reference = anf_composite_reference, .bound = anf_composite_bound
#define HEADS { { .name = "n_heads", .kind = ANF_ATTR_INT, .min = 1, .max = G_MAXINT, \
                  .doc = "Heads; they divide the features" } }
#define PROJECTIONS \
  { { "wq", ANF_ENCODABLE, "Queries from x" }, { "bq", ANF_OPTIONAL, "Added to queries" }, \
    { "wk", ANF_ENCODABLE, "Keys" }, { "bk", ANF_OPTIONAL, "Added to keys" }, \
    { "wv", ANF_ENCODABLE, "Values" }, { "bv", ANF_OPTIONAL, "Added to values" }, \
    { "wo", ANF_ENCODABLE, "Result from all heads" }, { "bo", ANF_OPTIONAL, "Added to it" } }

const AnfOp anf_ops_block[] = {
  { .name = "mha", .title = "Multi-head attention", .category = ANF_CAT_ATTENTION, COMPOSITE,
    .doc = "Rows look at each other through several heads.",
    .in = { { "x", ANF_REQUIRED, "Positions by features" },
            { "mask", ANF_OPTIONAL, "Added to the scores; heads, queries, keys" } },
    .role = PROJECTIONS, .attr = HEADS, .infer = attention_infer, .expand = attention_expand,
    .flops = anf_composite_flops,
    .sample = { .in = { { ANF_F16, 2, { 6, 8 } }, { ANF_F16, 2, { 6, 6 } } },
                .attr = { { "n_heads", "2" } },
                .role = { { ANF_F16, 2, { 8, 8 } }, { ANF_F16, 1, { 8 } },
                          { ANF_F16, 2, { 8, 8 } }, { ANF_F16, 1, { 8 } },
                          { ANF_F16, 2, { 8, 8 } }, { ANF_F16, 1, { 8 } },
                          { ANF_F16, 2, { 8, 8 } }, { ANF_F16, 1, { 8 } } },
                .lo = -0.5, .hi = 0.5 } },
  { .name = "cross_attention", .title = "Cross-attention", .category = ANF_CAT_ATTENTION,
    COMPOSITE, .doc = "Rows look at those of another value through several heads.",
    .in = { { "x", ANF_REQUIRED, "Positions by features" },
            { "context", ANF_REQUIRED, "What is looked at: positions by features" },
            { "mask", ANF_OPTIONAL, "Added to the scores; heads, queries, keys" } },
    .role = PROJECTIONS, .attr = HEADS, .infer = attention_infer, .expand = attention_expand,
    .flops = anf_composite_flops,
    .sample = { .in = { { ANF_F16, 2, { 6, 8 } }, { ANF_F16, 2, { 5, 10 } } },
                .attr = { { "n_heads", "2" } },
                .role = { { ANF_F16, 2, { 8, 8 } }, { ANF_F16, 1, { 8 } },
                          { ANF_F16, 2, { 8, 10 } }, { ANF_F16, 1, { 8 } },
                          { ANF_F16, 2, { 8, 10 } }, { ANF_F16, 1, { 8 } },
                          { ANF_F16, 2, { 8, 8 } }, { ANF_F16, 1, { 8 } } },
                .lo = -0.5, .hi = 0.5 } },
  { .name = "geglu", .title = "GEGLU", .category = ANF_CAT_ATTENTION, COMPOSITE,
    .doc = "A linear layer whose second half gates the first through GELU.",
    .in = { { "x", ANF_REQUIRED, "Features on the last axis" } },
    .role = { { "weight", ANF_ENCODABLE, "Twice the outputs by inputs" },
              { "bias", ANF_OPTIONAL, "Twice the outputs" } },
    .infer = geglu_infer, .expand = geglu_expand, .flops = anf_composite_flops,
    .sample = { .in = { { ANF_F16, 2, { 5, 8 } } },
                .role = { { ANF_F16, 2, { 12, 8 } }, { ANF_F16, 1, { 12 } } },
                .lo = -1, .hi = 1 } },
  { .name = "rope", .title = "Rotary embedding", .category = ANF_CAT_ATTENTION, COMPOSITE,
    .doc = "Pairs of features turned by their position.",
    .in = { { "x", ANF_REQUIRED, "Positions and features on the last two axes" } },
    .attr = { { .name = "seq", .kind = ANF_ATTR_INT, .preset = "",
                .doc = "Positions; those of x if not set" },
              { .name = "dh", .kind = ANF_ATTR_INT, .preset = "",
                .doc = "Features; those of x if not set" },
              { .name = "base", .kind = ANF_ATTR_REAL, .preset = "10000",
                .doc = "How slow the last pair turns" },
              { .name = "rotary_dim", .kind = ANF_ATTR_INT, .preset = "0", .max = G_MAXINT,
                .doc = "Features that turn; 0: all" },
              { .name = "interleaved", .kind = ANF_ATTR_FLAG, .preset = "false",
                .doc = "Pairs are neighbours, not halves" } },
    .infer = rope_infer, .expand = rope_expand, .flops = rope_flops,
    .sample = { .in = { { ANF_F16, 3, { 2, 6, 8 } } }, .attr = { { "rotary_dim", "6" } },
                .lo = -2, .hi = 2 } },
  { NULL }
};
