/* matmul.c - matrix products: with weights (linear, matmul_w, bmm_w) and of two values (bmm). */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"
#include "ops/risk.h"
#include "ops/unbaked.h"
#include "num/dnnl.h"
#include "num/lanes.h"
#include "num/stream.h"
#include "mil/type.h"

/* The product a node stands for, whichever row it is. */
typedef struct
{
  gsize        batch, m, n, k;
  gboolean     x_turned;           /* x is [.., k, m] */
  gboolean     turned;             /* y is [.., n, k] */
  const float *y, *bias;           /* baked ones; NULL: none, or given at run time */
  AnfWalk      walk;               /* batch -> batch of x and of y */
  AnfDnnl     *dnnl;
  AnfStream   *stream;             /* in place of dnnl: the weight is read as it is stored */
  gboolean     each;               /* one call of dnnl per batch: broadcast both ways */
} Product;

/* ---- shape rules */

static gboolean
inner_differs (AnfShapes *self, const char *field, const char *axis, gint64 k, gint64 own)
{
  return anf_shapes_refuse (self, "SHP103", field, "The inner sizes of a product must be equal.",
                            "The %s axis of \"x\" of %s is %" G_GINT64_FORMAT "; \"%s\" wants %"
                            G_GINT64_FORMAT ".", axis, self->node->name, k, field, own);
}

/* x with its last axis replaced. */
static gboolean
set_last (AnfShapes *self, gint64 n)
{
  gint64 dim[ANF_MAX_RANK];
  guint rank = self->in[0]->rank;

  for (guint i = 0; i < rank; i++)
    dim[i] = i + 1 < rank ? self->in[0]->dim[i] : n;
  return anf_shapes_set (self, 0, ANF_F16, rank, dim);
}

static gboolean
weighted_infer (AnfShapes *self, guint k_axis)
{
  gint64 k, n;

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 1, ANF_MAX_RANK)
      || !anf_shapes_weight (self, 0, 2, (gint64[]) { -1, -1 }))
    return FALSE;
  k = anf_tensor_dim (self->weight[0], k_axis);
  n = anf_tensor_dim (self->weight[0], 1 - k_axis);
  if (self->in[0]->dim[self->in[0]->rank - 1] != k)
    return inner_differs (self, "weight", "last", self->in[0]->dim[self->in[0]->rank - 1], k);
  if (anf_op_n_roles (self->node->op) > 1
      && !anf_shapes_optional (self, 1, 1, (gint64[]) { n }))
    return FALSE;
  return set_last (self, n);
}

static gboolean linear_infer   (AnfShapes *self) { return weighted_infer (self, 1); }
static gboolean matmul_w_infer (AnfShapes *self) { return weighted_infer (self, 0); }

static gboolean
bmm_w_infer (AnfShapes *self)
{
  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 3, 3)
      || !anf_shapes_weight (self, 0, 3, (gint64[]) { self->in[0]->dim[0], -1, -1 }))
    return FALSE;
  if (self->in[0]->dim[2] != anf_tensor_dim (self->weight[0], 1))
    return inner_differs (self, "weight", "last", self->in[0]->dim[2],
                          anf_tensor_dim (self->weight[0], 1));
  return set_last (self, anf_tensor_dim (self->weight[0], 2));
}

/* How far axis @at of the two of a matrix is from the end, where the node may turn it. */
static guint
matrix_axis (const AnfNode *node, const AnfType *type, guint port, guint at)
{
  gboolean turned = anf_node_flag (node, port == 0 ? "transpose_x" : "transpose_y");

  return type->rank - 2 + (turned ? 1 - at : at);
}

static gsize
matrix_dim (const AnfNode *node, const AnfType *type, guint port, guint at)
{
  return type->dim[matrix_axis (node, type, port, at)];
}

static gboolean
bmm_infer (AnfShapes *self)
{
  const AnfNode *node = self->node;
  AnfType batch[2];
  const AnfType *const batches[] = { &batch[0], &batch[1] };
  gint64 dim[ANF_MAX_RANK];
  guint rank;

  for (guint t = 0; t < 2; t++)
    {
      if (!anf_shapes_is (self, t, ANF_F16) || !anf_shapes_rank (self, t, 2, ANF_MAX_RANK))
        return FALSE;
      batch[t] = *self->in[t];
      batch[t].rank -= 2;
    }
  if (matrix_dim (node, self->in[0], 0, 1) != matrix_dim (node, self->in[1], 1, 0))
    return inner_differs (self, "y", matrix_axis (node, self->in[0], 0, 1) + 1 == self->in[0]->rank
                                     ? "last" : "second last",
                          matrix_dim (node, self->in[0], 0, 1),
                          matrix_dim (node, self->in[1], 1, 0));
  if (!anf_shapes_broadcast (self, 2, batches, ANF_F16))
    return FALSE;
  rank = self->out[0].rank;
  for (guint i = 0; i < rank; i++)
    dim[i] = self->out[0].dim[i];
  dim[rank] = matrix_dim (node, self->in[0], 0, 0);
  dim[rank + 1] = matrix_dim (node, self->in[1], 1, 1);
  return anf_shapes_set (self, 0, ANF_F16, rank + 2, dim);
}

/* ---- what is multiplied, from the types alone */

static gsize
last_dim (const AnfType *type)
{
  return type->dim[type->rank - 1];
}

static void
describe_weighted (Product *self, const AnfType *x, const AnfType *out, AnfTensor *weight)
{
  gboolean batched = anf_tensor_rank (weight) == 3;

  self->k = last_dim (x);
  self->n = last_dim (out);
  self->batch = batched ? x->dim[0] : 1;
  self->m = anf_type_elements (x) / self->k / self->batch;
  self->walk = (AnfWalk) { 1, 2, { self->batch }, { { 1 }, { 1 } } };
}

static void
describe_bmm (Product *self, const AnfNode *node, const AnfType *const *in, const AnfType *out)
{
  AnfType batch[3] = { *in[0], *in[1], *out };
  const AnfType *const batches[] = { &batch[0], &batch[1] };

  for (guint t = 0; t < 3; t++)
    batch[t].rank -= 2;
  self->m = out->dim[out->rank - 2];
  self->n = last_dim (out);
  self->k = matrix_dim (node, in[0], 0, 1);
  self->x_turned = anf_node_flag (node, "transpose_x");
  self->turned = anf_node_flag (node, "transpose_y");
  self->batch = anf_type_elements (&batch[2]);
  anf_walk_init (&self->walk, 2, batches, &batch[2]);
}

static void
describe (Product *self, const AnfNode *node, const AnfType *const *in, const AnfType *out,
          AnfTensor *const *weight)
{
  if (anf_op_n_roles (node->op) > 0)
    {
      describe_weighted (self, in[0], out, weight[0]);
      self->turned = node->op->infer == linear_infer;
    }
  else
    describe_bmm (self, node, in, out);
}

/* ---- the kernel */

/* One vector times a matrix that the first levels of cache do not hold: reading it is all the time
 * there is. From two vectors on the packed product is quicker (measured: 4096 by 4096, fp16, one
 * thread: 0.65 of its time with one vector, 1.26 with two, 1.7 with four). */
#define STREAM_BYTES 262144        /* of decoded numbers */

static gboolean
weighted_streams (const AnfCall *call)
{
  Product self = { 0 };

  describe (&self, call->node, call->in_type, call->out_type, call->weight_tensor);
  return self.batch == 1 && self.m == 1
         && self.n * self.k * sizeof (float) > STREAM_BYTES;
}

static AnfStream *
stream_new (const Product *self, const AnfMilWeight *stored)
{
  AnfStreamSpec spec = { .encoding = stored->encoding, .n = self->n, .k = self->k };
  gconstpointer part[ANF_MIL_MAX_PARTS];

  for (guint i = 0; i < ANF_MIL_MAX_PARTS; i++)
    part[i] = stored->part[i].bytes != NULL ? g_bytes_get_data (stored->part[i].bytes, NULL) : NULL;
  spec.data = part[0];
  if (stored->encoding == ANF_SPARSE)
    spec.mask = part[1];
  else if (stored->encoding == ANF_INT4)
    spec.table = part[1];
  else
    spec.scale = part[1];
  if (stored->encoding == ANF_BLOCKWISE)
    spec.block = self->k / stored->part[1].type.dim[1];
  return anf_stream_new (&spec);
}

static gboolean
product_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  Product *self = g_new0 (Product, 1);
  AnfProductSpec spec = { 0 };
  gsize x_step, y_step;

  describe (self, call->node, call->in_type, call->out_type, call->weight_tensor);
  if (anf_op_n_roles (call->node->op) > 0)
    self->y = call->weight[0];
  if (anf_op_n_roles (call->node->op) > 1)
    self->bias = call->weight[1];
  x_step = self->walk.stride[0][self->walk.rank - 1];
  y_step = self->walk.stride[1][self->walk.rank - 1];
  self->each = self->walk.rank > 1;
  spec = (AnfProductSpec) {
    .batch = self->each ? 1 : self->batch, .m = self->m, .n = self->n, .k = self->k,
    .x_transposed = self->x_turned, .y_transposed = self->turned, .y = self->y,
    .bias = self->bias,
    .x_shared = !self->each && x_step == 0 && self->batch > 1,
    .y_shared = !self->each && (y_step == 0 || self->batch == 1),
  };
  *state = self;
  if (call->numerics == ANF_NUMERICS_LANES)
    return TRUE;
  if (call->stored != NULL && (self->stream = stream_new (self, call->stored)) != NULL)
    return TRUE;
  self->dnnl = anf_dnnl_product_new (&spec, error);
  return self->dnnl != NULL;
}

static void
product_release (gpointer state)
{
  Product *self = state;

  if (self != NULL)
    {
      anf_dnnl_free (self->dnnl);
      anf_stream_free (self->stream);
    }
  g_free (self);
}

/* The operands of an output, and the steps from one factor to the next. */
typedef struct { const float *row, *column; gsize row_step, step; } Operands;

static Operands
operands (const Product *self, const float *x, const float *y, gsize at)
{
  gsize offset[2], m = at / self->n % self->m;

  anf_walk_run (&self->walk, at / self->n / self->m, offset);
  return (Operands) {
    x + offset[0] * self->m * self->k + m * (self->x_turned ? 1 : self->k),
    y + offset[1] * self->n * self->k + at % self->n * (self->turned ? self->k : 1),
    self->x_turned ? self->m : 1, self->turned ? 1 : self->n,
  };
}

/* One output by the engine's edge rules: where IEEE's arithmetic came to NaN. */
static float
careful (const Product *self, const float *x, const float *y, gsize at)
{
  Operands o = operands (self, x, y, at);
  double sum = self->bias != NULL ? self->bias[at % self->n] : 0;

  for (gsize k = 0; k < self->k; k++)
    sum = anf_edge_add (sum, anf_edge_mul (anf_edge_in (o.row[k * o.row_step]),
                                           anf_edge_in (o.column[k * o.step])));
  return sum;
}

static float
by_lanes (const Product *self, const float *x, const float *y, gsize at, float *term)
{
  Operands o = operands (self, x, y, at);

  for (gsize k = 0; k < self->k; k++)
    term[k] = anf_edge_mul (anf_edge_in (o.row[k * o.row_step]),
                            anf_edge_in (o.column[k * o.step]));
  return anf_edge_add (anf_lanes_sum (term, self->k, TRUE),
                       self->bias != NULL ? self->bias[at % self->n] : 0);
}

static void
repair (const AnfCall *call, gsize begin, gsize end)
{
  const Product *self = call->state;
  const float *y = self->y != NULL ? self->y : call->in[1];

  for (gsize i = begin; i < end; i++)
    if (call->out[0][i] != call->out[0][i])
      call->out[0][i] = careful (self, call->in[0], y, i);
}

static void
settle (gsize begin, gsize end, gpointer data)
{
  const AnfCall *call = data;
  const Product *self = call->state;
  const float *y = self->y != NULL ? self->y : call->in[1];
  gboolean lanes = call->numerics == ANF_NUMERICS_LANES;
  g_autofree float *term = lanes ? g_new (float, self->k) : NULL;

  for (gsize i = begin; lanes && i < end; i++)
    call->out[0][i] = by_lanes (self, call->in[0], y, i, term);
  anf_settle (call, anf_call_finish (call, ANF_RESULT_PRODUCT), repair, begin, end);
}

static void
product_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const Product *self = call->state;
  gsize area = self->m * self->n, offset[2];

  if (call->numerics == ANF_NUMERICS_LANES)
    ;
  else if (self->stream != NULL)
    anf_stream_run (self->stream, call->in[0], self->bias, call->out[0]);
  else if (!self->each)
    anf_dnnl_run (self->dnnl, call->in[0], self->y == NULL ? call->in[1] : NULL, call->out[0]);
  else
    for (gsize b = 0; b < self->batch; b++)
      {
        anf_walk_run (&self->walk, b, offset);
        anf_dnnl_run (self->dnnl, call->in[0] + offset[0] * self->m * self->k,
                      call->in[1] + offset[1] * self->k * self->n, call->out[0] + b * area);
      }
  if (call->numerics != ANF_NUMERICS_FP32 || call->settled != NULL)
    anf_parallel (end - begin, 16384, settle, (gpointer) call);
}

static void
product_reference (const AnfExact *exact)
{
  gboolean baked = anf_op_n_roles (exact->node->op) > 0;
  const double *y = baked ? exact->weight[0] : exact->in[1], *bias;
  Product self = { 0 };
  gsize offset[2];

  describe (&self, exact->node, exact->in_type, exact->out_type, exact->weight_tensor);
  bias = anf_op_n_roles (exact->node->op) > 1 ? exact->weight[1] : NULL;
  for (gsize b = 0; b < self.batch; b++)
    {
      anf_walk_run (&self.walk, b, offset);
      for (gsize i = 0; i < self.m * self.n; i++)
        {
          const double *row = exact->in[0] + offset[0] * self.m * self.k
                              + i / self.n * (self.x_turned ? 1 : self.k);
          const double *column = y + offset[1] * self.k * self.n;
          double sum = bias != NULL ? bias[i % self.n] : 0;

          for (gsize k = 0; k < self.k; k++)
            sum += row[self.x_turned ? k * self.m : k]
                   * column[self.turned ? i % self.n * self.k + k : k * self.n + i % self.n];
          exact->out[0][b * self.m * self.n + i] = sum;
        }
    }
}

static double
product_flops (const AnfShapes *shapes)
{
  Product self = { 0 };

  describe (&self, shapes->node, shapes->in, shapes->out, shapes->weight);
  return 2.0 * self.batch * self.m * self.n * self.k;
}

#define QUIRK "An output of 32768 or more becomes an infinity."
#define PRODUCT \
  .category = ANF_CAT_COMPUTE, .prepare = product_prepare, .release = product_release, \
  .kernel = product_kernel, .whole = TRUE, .settles = TRUE, .reference = product_reference, \
  .flops = product_flops, .quirk = QUIRK

const AnfOp anf_ops_matmul[] = {
  { .name = "linear", .title = "Linear", .doc = "x times the transposed weight, plus bias.",
    .vjp = anf_vjp_linear, .unbaked = anf_unbaked_linear,
    .bound = anf_bound_weighted, .risk = anf_risk_product, .safer = anf_safer_product,
    PRODUCT, .infer = linear_infer, .streams = weighted_streams,
    .in = { { "x", ANF_REQUIRED, "Features on the last axis" } },
    .role = { { "weight", ANF_ENCODABLE, "Outputs by inputs" },
              { "bias", ANF_OPTIONAL, "One per output" } },
    .reads = anf_reads_linear, .take = anf_take_linear,
    .mil = anf_mil_linear,
    .sample = { .in = { { ANF_F16, 3, { 2, 3, 40 } } },
                .role = { { ANF_F16, 2, { 12, 40 } }, { ANF_F16, 1, { 12 } } },
                .lo = -1, .hi = 1 } },
  { .name = "matmul_w", .title = "Matmul with weight", .doc = "x times a baked matrix.",
    .vjp = anf_vjp_matmul_w, .unbaked = anf_unbaked_matmul,
    .bound = anf_bound_turned, .risk = anf_risk_product, .safer = anf_safer_product,
    PRODUCT, .infer = matmul_w_infer, .streams = weighted_streams,
    .in = { { "x", ANF_REQUIRED, "Features on the last axis" } },
    .role = { { "weight", ANF_ENCODABLE | ANF_TRANSPOSED, "Inputs by outputs" } },
    .reads = "matmul ([transpose_x = false], [transpose_y = false], x = x, y = weight)",
    .take = anf_take_matrix,
    .mil = anf_mil_linear,
    .sample = { .in = { { ANF_F16, 2, { 5, 24 } } }, .role = { { ANF_F16, 2, { 24, 10 } } },
                .lo = -1, .hi = 1 } },
  { .name = "bmm", .title = "Matmul", .onnx = "MatMul", .bound = anf_bound_dot,
    .vjp = anf_vjp_bmm,
    .doc = "Matrix product of two values, batch axes broadcast.", PRODUCT, .infer = bmm_infer,
    .in = { { "x", ANF_REQUIRED, "[.., M, K]" }, { "y", ANF_REQUIRED, "[.., K, N]" } },
    .attr = { { .name = "transpose_x", .kind = ANF_ATTR_FLAG, .preset = "false",
                .doc = "x is [.., K, M]" },
              { .name = "transpose_y", .kind = ANF_ATTR_FLAG, .preset = "false",
                .doc = "y is [.., N, K]" } },
    .reads = "matmul ([transpose_x = transpose_x], [transpose_y = transpose_y], x = x, y = y)",
    .mil = anf_mil_bmm,
    .sample = { .in = { { ANF_F16, 4, { 2, 1, 5, 24 } }, { ANF_F16, 3, { 3, 24, 7 } } },
                .lo = -1, .hi = 1 } },
  { .name = "bmm_w", .title = "Batched matmul with weight", .bound = anf_bound_weighted,
    .vjp = anf_vjp_bmm_w, .unbaked = anf_unbaked_matmul,
    .doc = "One baked matrix per batch entry.", PRODUCT, .infer = bmm_w_infer,
    .in = { { "x", ANF_REQUIRED, "[B, M, K]" } },
    .role = { { "weight", ANF_ENCODABLE, "[B, K, N]" } },
    .reads = "matmul ([transpose_x = false], [transpose_y = false], x = x, y = weight)",
    .mil = anf_mil_bmm,
    .sample = { .in = { { ANF_F16, 3, { 3, 5, 24 } } }, .role = { { ANF_F16, 3, { 3, 24, 7 } } },
                .lo = -1, .hi = 1 } },
  { NULL }
};
