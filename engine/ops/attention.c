/* attention.c - fused attention, a bridge of its own. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/route.h"
#include "num/dnnl.h"

/* Added above the diagonal; exp of it is 0 in fp16 and in fp32. */
#define CAUSAL_MASK    (-1e4)

typedef struct
{
  gsize    heads, sq, sk, d;
  double   scale;
  gboolean causal;
  AnfDnnl *scores, *mix;           /* q times k transposed; probabilities times v */
  float   *score;                  /* [heads, sq, sk] */
  guint8  *special;                /* per row: no ordinary numbers, to be done with care */
} Attention;

static void
describe (Attention *self, const AnfNode *node, const AnfType *const *in)
{
  self->heads = in[0]->dim[1];
  self->sq = in[0]->dim[2];
  self->sk = in[1]->dim[2];
  self->d = in[0]->dim[3];
  self->scale = anf_node_attr_is_set (node, "scale") ? anf_node_real (node, "scale")
                                                     : 1 / sqrt (self->d);
  self->causal = anf_node_flag (node, "causal");
}

static gboolean
shapes_match (AnfShapes *self)
{
  const AnfType *q = self->in[0], *k = self->in[1], *v = self->in[2];
  g_autofree char *one = anf_type_to_string (k);

  if (!anf_type_equal (k, v))
    {
      g_autofree char *two = anf_type_to_string (v);

      return anf_shapes_refuse (self, "SHP107", "v", "Keys and values must have the same shape.",
                                "\"v\" of %s is %s, \"k\" is %s.", self->node->name, two, one);
    }
  if (q->dim[0] != 1 || k->dim[0] != 1)
    return anf_shapes_refuse (self, "SHP112", q->dim[0] != 1 ? "q" : "k",
                              "Run the batch one by one, or move it into the heads.",
                              "\"%s\" of %s has a batch of %d; attention takes 1.",
                              q->dim[0] != 1 ? "q" : "k", self->node->name,
                              MAX (q->dim[0], k->dim[0]));
  if (q->dim[1] != k->dim[1] || q->dim[3] != k->dim[3])
    {
      g_autofree char *two = anf_type_to_string (q);

      return anf_shapes_refuse (self, "SHP107", "q", "Heads and head size must be equal.",
                                "\"q\" of %s is %s, \"k\" is %s.", self->node->name, two, one);
    }
  return TRUE;
}

static gboolean
mask_matches (AnfShapes *self)
{
  const AnfType *mask = self->n_in > 3 ? self->in[3] : NULL;
  AnfType want = { ANF_F16, 4, { 1, 1, self->in[0]->dim[2], self->in[1]->dim[2] } };

  if (mask == NULL)
    return TRUE;
  if (!anf_shapes_is (self, 3, ANF_F16))
    return FALSE;
  if (!anf_type_equal (mask, &want))
    {
      g_autofree char *is = anf_type_to_string (mask), *must = anf_type_to_string (&want);

      return anf_shapes_refuse (self, "SHP107", "mask", "Reshape the mask.",
                                "\"mask\" of %s is %s; it must be %s.", self->node->name, is, must);
    }
  if (anf_node_flag (self->node, "causal"))
    return anf_shapes_refuse (self, "ATR117", "causal", "Use the mask, or causal, not both.",
                              "%s is causal and has a mask.", self->node->name);
  return TRUE;
}

static gboolean
sdpa_infer (AnfShapes *self)
{
  gint64 sq, sk;

  for (guint t = 0; t < 3; t++)
    if (!anf_shapes_is (self, t, ANF_F16) || !anf_shapes_rank (self, t, 4, 4))
      return FALSE;
  if (!shapes_match (self) || !mask_matches (self))
    return FALSE;
  sq = self->in[0]->dim[2];
  sk = self->in[1]->dim[2];
  if (anf_node_flag (self->node, "causal") && sq != sk)
    return anf_shapes_refuse (self, "SHP107", "q", "Use as many queries as keys, or a mask.",
                              "%s is causal with %" G_GINT64_FORMAT " queries and %"
                              G_GINT64_FORMAT " keys.", self->node->name, sq, sk);
  if (anf_node_flag (self->node, "causal") && !anf_attention_is_native (sq, sk))
    return anf_shapes_refuse (self, "OP101", "causal", "Use a mask instead.",
                              "%s is causal over %" G_GINT64_FORMAT " positions, more than the "
                              "device takes.", self->node->name, sq);
  self->out[0] = *self->in[0];
  return TRUE;
}

static double
sdpa_flops (const AnfShapes *shapes)
{
  Attention self = { 0 };

  describe (&self, shapes->node, shapes->in);
  return 4.0 * self.heads * self.sq * self.sk * self.d;
}

static gboolean
sdpa_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  Attention *self = g_new0 (Attention, 1);
  gsize rows;

  *state = self;
  describe (self, call->node, call->in_type);
  rows = self->heads * self->sq;
  self->score = g_try_new (float, rows * self->sk);
  self->special = g_new (guint8, rows);
  if (self->score == NULL)
    {
      anf_error_set_node (error, ANF_ERROR_COMPILE, call->node->id, NULL,
                          "No memory for the scores of %s", call->node->name);
      return FALSE;
    }
  self->scores = anf_dnnl_product_new (&(AnfProductSpec) {
      .batch = self->heads, .m = self->sq, .n = self->sk, .k = self->d, .y_transposed = TRUE,
    }, error);
  if (self->scores == NULL)
    return FALSE;
  self->mix = anf_dnnl_product_new (&(AnfProductSpec) {
      .batch = self->heads, .m = self->sq, .n = self->d, .k = self->sk,
    }, error);
  return self->mix != NULL;
}

static void
sdpa_release (gpointer state)
{
  Attention *self = state;

  if (self == NULL)
    return;
  anf_dnnl_free (self->scores);
  anf_dnnl_free (self->mix);
  g_free (self->score);
  g_free (self->special);
  g_free (self);
}

static double
mask_of (const Attention *self, const float *mask, gsize row, gsize k)
{
  gsize q = row % self->sq;

  if (mask != NULL)
    return mask[q * self->sk + k];
  return self->causal && k > q ? CAUSAL_MASK : 0;
}

static void
softmax_rows (gsize begin, gsize end, gpointer data)
{
  const AnfCall *call = data;
  const Attention *self = call->state;
  const float *mask = call->n_in > 3 ? call->in[3] : NULL;
  float scale = self->scale;

  for (gsize row = begin; row < end; row++)
    {
      float *score = self->score + row * self->sk, most;
      double sum;

      anf_scale (score, self->sk, scale);
      if (mask != NULL || self->causal)
        for (gsize k = 0; k < self->sk; k++)
          score[k] += mask_of (self, mask, row, k);
      most = anf_max (score, self->sk);
      self->special[row] = !isfinite (most);
      if (self->special[row])
        continue;
      sum = anf_exp_shifted (score, most, self->sk, score);
      anf_scale (score, self->sk, 1 / sum);
    }
}

/* One row of the result by its definition, with edge rules or with IEEE's. */
static void
careful_row (const AnfCall *call, gsize row, double *p, float *out)
{
  const Attention *self = call->state;
  const float *mask = call->n_in > 3 ? call->in[3] : NULL;
  gboolean ieee = call->numerics == ANF_NUMERICS_FP32;
  const float *q = call->in[0] + row * self->d;
  const float *k = call->in[1] + row / self->sq * self->sk * self->d;
  const float *v = call->in[2] + row / self->sq * self->sk * self->d;
  double most = -INFINITY, sum = 0;

#define IN(x)     (ieee ? (x) : anf_edge_in (x))
#define ADD(a, b) (ieee ? (a) + (b) : anf_edge_add (a, b))
#define MUL(a, b) (ieee ? (a) * (b) : anf_edge_mul (a, b))
  for (gsize j = 0; j < self->sk; j++)
    {
      double s = 0;

      for (gsize i = 0; i < self->d; i++)
        s = ADD (s, MUL (IN (q[i]), IN (k[j * self->d + i])));
      p[j] = ADD (MUL (s, self->scale), IN (mask_of (self, mask, row, j)));
      most = p[j] > most || p[j] != p[j] ? p[j] : most;
    }
  for (gsize j = 0; j < self->sk; j++)
    sum += p[j] = exp (ADD (p[j], -most));
  for (gsize i = 0; i < self->d; i++)
    {
      double mixed = 0;

      for (gsize j = 0; j < self->sk; j++)
        mixed = ADD (mixed, MUL (p[j] / sum, IN (v[j * self->d + i])));
      out[i] = mixed;
    }
#undef IN
#undef ADD
#undef MUL
}

static void
settle_rows (gsize begin, gsize end, gpointer data)
{
  const AnfCall *call = data;
  const Attention *self = call->state;
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  g_autofree double *p = NULL;

  for (gsize row = begin; row < end; row++)
    {
      float *out = call->out[0] + row * self->d;

      if (self->special[row] || (finish != 0 && anf_edge_any_nan (out, self->d)))
        {
          if (p == NULL)
            p = g_new (double, self->sk);
          careful_row (call, row, p, out);
        }
      anf_finish (out, self->d, finish);
    }
}

static void
sdpa_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const Attention *self = call->state;
  gsize rows = self->heads * self->sq;

  anf_dnnl_run (self->scores, call->in[0], call->in[1], self->score);
  anf_parallel (rows, MAX (1, 8192 / self->sk), softmax_rows, (gpointer) call);
  anf_dnnl_run (self->mix, self->score, call->in[2], call->out[0]);
  anf_parallel (rows, MAX (1, 8192 / self->d), settle_rows, (gpointer) call);
}

static void
sdpa_reference (const AnfExact *exact)
{
  const double *mask = exact->n_in > 3 ? exact->in[3] : NULL;
  Attention self = { 0 };
  g_autofree double *p = NULL;

  describe (&self, exact->node, exact->in_type);
  p = g_new (double, self.sk);
  for (gsize row = 0; row < self.heads * self.sq; row++)
    {
      gsize head = row / self.sq, at = row % self.sq;
      double sum = 0;

      for (gsize j = 0; j < self.sk; j++)
        {
          double s = 0;

          for (gsize i = 0; i < self.d; i++)
            s += exact->in[0][row * self.d + i] * exact->in[1][(head * self.sk + j) * self.d + i];
          s = s * self.scale + (mask != NULL ? mask[at * self.sk + j] : 0);
          sum += p[j] = self.causal && j > at ? 0 : exp (s);
        }
      for (gsize i = 0; i < self.d; i++)
        {
          double mixed = 0;

          for (gsize j = 0; j < self.sk; j++)
            mixed += p[j] / sum * exact->in[2][(head * self.sk + j) * self.d + i];
          exact->out[0][row * self.d + i] = mixed;
        }
    }
}

static const char *
sdpa_cut (void)
{
  return "Fused attention is a program of its own on the device.";
}

const AnfOp anf_ops_attention[] = {
  { .name = "sdpa", .title = "Attention", .category = ANF_CAT_ATTENTION, .bound = anf_bound_mixed,
    .vjp = anf_vjp_sdpa,
    .kind = ANF_SEGMENT_BRIDGE, .doc = "softmax (q k^T scale + mask) v for each head.",
    .quirk = "Useful on the device below 512 queries or keys, and up to 2048 of the other.",
    .in = { { "q", ANF_REQUIRED, "1, heads, queries, size" },
            { "k", ANF_REQUIRED, "1, heads, keys, size" },
            { "v", ANF_REQUIRED, "1, heads, keys, size" },
            { "mask", ANF_OPTIONAL, "Added to the scores; 1, 1, queries, keys" } },
    .attr = { { .name = "scale", .kind = ANF_ATTR_REAL, .preset = "",
                .doc = "Factor of the scores; 1 / sqrt (size) if not set" },
              { .name = "causal", .kind = ANF_ATTR_FLAG, .preset = "false",
                .doc = "No query sees a later key" } },
    .route = anf_route_attention, .routing = anf_routing_attention,
    .infer = sdpa_infer, .flops = sdpa_flops, .cut = sdpa_cut, .prepare = sdpa_prepare,
    .release = sdpa_release, .kernel = sdpa_kernel, .whole = TRUE, .reference = sdpa_reference,
    .reads = "scaled_dot_product_attention (query = q, key = k, value = v, [attn_mask = mask])",
    .core_ml = anf_mil_sdpa,
    .sample = { .in = { { ANF_F16, 4, { 1, 2, 7, 8 } }, { ANF_F16, 4, { 1, 2, 9, 8 } },
                        { ANF_F16, 4, { 1, 2, 9, 8 } }, { ANF_F16, 4, { 1, 1, 7, 9 } } },
                .lo = -2, .hi = 2 } },
  { NULL }
};
