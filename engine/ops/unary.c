/* unary.c - one input, one output of the same shape, element by element. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"
#include "ops/unbaked.h"
#include "ops/route.h"

#include <math.h>
#include <string.h>

/* ---- exact functions; a: the row's real attributes in its order */

static double relu     (double x, const double *a) { return x < 0 ? 0 : x; }
static double relu6    (double x, const double *a) { return x < 0 ? 0 : x > 6 ? 6 : x; }
static double silu     (double x, const double *a) { return x / (1 + exp (-x)); }
static double sigmoid  (double x, const double *a) { return 1 / (1 + exp (-x)); }
static double tanh_    (double x, const double *a) { return tanh (x); }
static double exp_     (double x, const double *a) { return exp (x); }
static double exp2_    (double x, const double *a) { return exp2 (x); }
static double sqrt_    (double x, const double *a) { return sqrt (x); }
static double abs_     (double x, const double *a) { return fabs (x); }
static double sin_     (double x, const double *a) { return sin (x); }
static double cos_     (double x, const double *a) { return cos (x); }
static double atan_    (double x, const double *a) { return atan (x); }
static double erf_     (double x, const double *a) { return erf (x); }
static double floor_   (double x, const double *a) { return floor (x); }
static double ceil_    (double x, const double *a) { return ceil (x); }
static double round_   (double x, const double *a) { return round (x); }
static double sign     (double x, const double *a) { return x > 0 ? 1 : x < 0 ? -1 : x; }
static double square   (double x, const double *a) { return x * x; }
static double softsign (double x, const double *a) { return x / (1 + fabs (x)); }
static double softplus (double x, const double *a) { return fmax (x, 0) + log1p (exp (-fabs (x))); }
static double gelu     (double x, const double *a) { return 0.5 * x * erfc (-x * M_SQRT1_2); }
static double log_     (double x, const double *a) { return log (x + a[0]); }
static double rsqrt    (double x, const double *a) { return 1 / sqrt (x + a[0]); }
static double inverse  (double x, const double *a) { return 1 / (x + a[0]); }
static double elu      (double x, const double *a) { return x > 0 ? x : a[0] * expm1 (x); }
static double leaky    (double x, const double *a) { return x > 0 ? x : a[0] * x; }
static double negate   (double x, const double *a) { return x == 0; }

static double
clip (double x, const double *a)
{
  return x < a[0] ? a[0] : x > a[1] ? a[1] : x;
}

static double
clamped_relu (double x, const double *a)
{
  double y = x >= 0 ? x : a[0] * x;

  return y > a[1] ? a[1] : y;
}

static double
sigmoid_hard (double x, const double *a)
{
  double y = a[0] * x + a[1];

  return y < 0 ? 0 : y > 1 ? 1 : y;
}

static double scaled_tanh       (double x, const double *a) { return a[0] * tanh (a[1] * x); }
static double threshold         (double x, const double *a) { return x < a[0] ? a[0] : x; }
static double thresholded_relu  (double x, const double *a) { return x >= a[0] ? x : 0; }
static double linear_activation (double x, const double *a) { return a[0] * x + a[1]; }

/* ---- where the hardware answers otherwise (probes of the ANE guide) */

static double
log_engine (double x, const double *a, AnfNumerics numerics)
{
  return x + a[0] == 0 ? -45440 : log (x + a[0]);
}

static double
softplus_engine (double x, const double *a, AnfNumerics numerics)
{
  return x == INFINITY ? 0 : softplus (x, a);
}

/* The activation tables are a little off at 0; only the profile for probes shows it. */
static double
gelu_engine (double x, const double *a, AnfNumerics numerics)
{
  return x == 0 && numerics == ANF_NUMERICS_LANES ? -0.000543 : gelu (x, a);
}

static double
silu_engine (double x, const double *a, AnfNumerics numerics)
{
  return x == 0 && numerics == ANF_NUMERICS_LANES ? -0.001259 : silu (x, a);
}

/* ---- the kernel: a direct loop where there is one, else a table of all fp16 values */

/* exact: fp16 in, fp16 out, nothing to be rounded. */
static const struct
{
  double (*unary) (double x, const double *attr);
  AnfMap   map;
  gboolean exact;
} direct[] = {
  { relu, ANF_MAP_RELU, TRUE }, { relu6, ANF_MAP_RELU6, TRUE }, { abs_, ANF_MAP_ABS, TRUE },
  { square, ANF_MAP_SQUARE, FALSE }, { negate, ANF_MAP_NOT, TRUE },
};

typedef struct
{
  AnfMapLoop loop;                 /* NULL: the table, or unary itself under fp32 */
  gboolean   exact;
  guint16   *table;
  double     attr[ANF_MAX_ATTRS];
} Unary;

static guint16 *
new_table (const AnfCall *call, const double *attr)
{
  const AnfOp *op = call->node->op;
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  guint16 *table = g_new (guint16, ANF_HALF_VALUES);

  for (guint i = 0; i < ANF_HALF_VALUES; i++)
    {
      /* The sign of zero is lost on the way in; NaN counts as +inf. */
      double x = anf_edge_in (anf_half_to_float (i)) + 0.0;
      double y = op->engine != NULL ? op->engine (x, attr, call->numerics) : op->unary (x, attr);

      table[i] = anf_half_from_float (anf_finish_one (y, finish));
    }
  return table;
}

static gboolean
unary_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  Unary *self = g_new0 (Unary, 1);

  anf_node_reals (call->node, call->numerics, self->attr);
  for (guint i = 0; i < G_N_ELEMENTS (direct); i++)
    if (direct[i].unary == call->node->op->unary)
      {
        self->loop = anf_map_loop (direct[i].map);
        self->exact = direct[i].exact;
      }
  if (self->loop == NULL && call->numerics != ANF_NUMERICS_FP32)
    self->table = new_table (call, self->attr);
  *state = self;
  return TRUE;
}

static void
unary_release (gpointer state)
{
  Unary *self = state;

  g_free (self->table);
  g_free (self);
}

static void
unary_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const Unary *self = call->state;
  const AnfOp *op = call->node->op;
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  const float *in = call->in[0];
  float *out = call->out[0];

  if (self->table != NULL)
    anf_half_apply (self->table, in + begin, end - begin, out + begin);
  else if (self->loop == NULL)
    for (gsize i = begin; i < end; i++)
      out[i] = op->unary (in[i], self->attr);
  else
    for (gsize i = begin, n; i < end; i += n)
      {
        const float *x = in + i;
        float clean[ANF_BLOCK];

        n = MIN (ANF_BLOCK, end - i);
        if (finish != 0 && anf_edge_any_nan (x, n))
          {
            anf_edge_fix_nan (x, n, clean);
            x = clean;
          }
        self->loop (x, n, out + i);
        if (!self->exact)
          anf_finish (out + i, n, finish);
      }
}

/* ---- rows that are nearly so */

static gboolean
clip_infer (AnfShapes *self)
{
  double lo = anf_node_real (self->node, "lo"), hi = anf_node_real (self->node, "hi");

  if (!(lo <= hi))
    return anf_shapes_refuse (self, "ATR117", "lo", "Exchange the two.",
                              "\"lo\" of %s is %g, above \"hi\", which is %g.", self->node->name,
                              lo, hi);
  return anf_infer_same (self);
}

static gboolean
not_infer (AnfShapes *self)
{
  if (!anf_shapes_is (self, 0, ANF_BOOL))
    return FALSE;
  self->out[0] = *self->in[0];
  return TRUE;
}

static gboolean
prelu_infer (AnfShapes *self)
{
  return anf_shapes_is (self, 0, ANF_F16) && anf_shapes_rank (self, 0, 3, ANF_MAX_RANK)
         && anf_shapes_weight (self, 0, 1, (gint64[]) { self->in[0]->dim[1] })
         && anf_infer_same (self);
}

static void
prelu_kernel (const AnfCall *call, gsize begin, gsize end)
{
  AnfLanes lanes = anf_lanes (call->in_type[0], 1);
  AnfFinish finish = anf_call_finish (call, ANF_RESULT_PLAIN);
  const float *in = call->in[0];
  float *out = call->out[0];

  for (gsize i = begin; i < end;)
    {
      gsize stop = MIN (end, (i / lanes.inner + 1) * lanes.inner), first = i;
      float alpha = call->weight[0][i / lanes.inner % lanes.n];

      for (; i < stop; i++)
        {
          float x = finish != 0 ? anf_edge_in (in[i]) : in[i];

          out[i] = x > 0 ? x : alpha * x;
        }
      anf_finish (out + first, stop - first, finish);
    }
}

static void
prelu_reference (const AnfExact *exact)
{
  AnfLanes lanes = anf_lanes (exact->in_type[0], 1);
  gsize n = anf_type_elements (exact->out_type);

  for (gsize i = 0; i < n; i++)
    {
      double x = exact->in[0][i];

      exact->out[0][i] = x > 0 ? x : exact->weight[0][i / lanes.inner % lanes.n] * x;
    }
}

static const char *const cast_dtypes[] = { "fp16", "uint8", "int32", "bool", NULL };

static gboolean
cast_infer (AnfShapes *self)
{
  AnfDtype dtype = ANF_F16;

  if (!g_strv_contains (cast_dtypes, anf_node_text (self->node, "dtype")))
    return anf_shapes_refuse (self, "ATR116", "dtype", "Choose fp16, uint8, int32 or bool.",
                              "\"dtype\" of %s is \"%s\".", self->node->name,
                              anf_node_text (self->node, "dtype"));
  anf_dtype_from_name (anf_node_text (self->node, "dtype"), &dtype);
  self->out[0] = *self->in[0];
  self->out[0].dtype = dtype;
  return TRUE;
}

/* What is fed is left as the document has it. */
static gboolean
cast_identity (const AnfNode *node, const AnfNode *from, const AnfType *in, const AnfType *out)
{
  return in->dtype == ANF_F16 && out->dtype == ANF_F16 && from->op->feed == NULL;
}

/* Integers are cut towards zero and kept in range; NaN counts as 0 there. */
static double
cast_one (double x, AnfDtype dtype)
{
  switch (dtype)
    {
    case ANF_U8:   return x > 0 ? trunc (MIN (x, 255)) : 0;
    case ANF_I32:  return x == x ? trunc (CLAMP (x, -2147483648.0, 2147483647.0)) : 0;
    case ANF_BOOL: return x != 0;
    default:       return x;
    }
}

static void
cast_kernel (const AnfCall *call, gsize begin, gsize end)
{
  AnfDtype dtype = call->out_type[0].dtype;
  gboolean fp32 = call->numerics == ANF_NUMERICS_FP32;

  for (gsize i = begin; i < end; i++)
    call->out[0][i] = cast_one (fp32 ? call->in[0][i] : anf_edge_in (call->in[0][i]), dtype);
  if (dtype == ANF_F16)
    anf_finish (call->out[0] + begin, end - begin, anf_call_finish (call, ANF_RESULT_PLAIN));
}

static void
cast_reference (const AnfExact *exact)
{
  gsize n = anf_type_elements (exact->out_type);

  for (gsize i = 0; i < n; i++)
    exact->out[0][i] = cast_one (exact->in[0][i], exact->out_type[0].dtype);
}

/* ---- the rows */

#define ELEMENTS \
  .in = { { "x", ANF_REQUIRED, "Any shape" } }, .prepare = unary_prepare, \
  .release = unary_release, .kernel = unary_kernel, .flops = anf_flops_elements, \
  .layout = anf_layout_elements, .pointwise = TRUE
#define UNARY ELEMENTS, .infer = anf_infer_same
#define ACTIVATION UNARY, .category = ANF_CAT_ACTIVATION, .bound = anf_bound_ends
#define MATHS      UNARY, .category = ANF_CAT_ELEMENTWISE
/* Attributes that are fp16 numbers: else the reference would differ by their rounding. */
#define AT(one, value) .sample = { .in = { { ANF_F16, 3, { 3, 5, 7 } } }, \
                                   .attr = { { one, value } }, .lo = -4, .hi = 4 }
#define RANGE(low, high) .sample = { .in = { { ANF_F16, 3, { 3, 5, 7 } } }, .lo = low, .hi = high }
#define EPS .attr = { { .name = "eps", .kind = ANF_ATTR_REAL, .preset = "0", .max = 1e4, \
                        .doc = "Added before" } }
#define ALPHA(value, words) .attr = { { .name = "alpha", .kind = ANF_ATTR_REAL, .preset = value, \
                                        .doc = words } }
#define ALPHA_BETA(one, first, two, second) \
  .attr = { { .name = "alpha", .kind = ANF_ATTR_REAL, .preset = one, .doc = first }, \
            { .name = "beta", .kind = ANF_ATTR_REAL, .preset = two, .doc = second } }

const AnfOp anf_ops_unary[] = {
  { .name = "relu", .title = "ReLU", .onnx = "Relu", .doc = "The larger of x and 0.",
    .vjp = anf_vjp_relu,
    ACTIVATION, .positive = TRUE, .unary = relu, .mil = anf_mil_plain, RANGE (-4, 4) },
  { .name = "gelu", .title = "GELU", .onnx = "Gelu", .doc = "x times the normal distribution of x.",
    .vjp = anf_vjp_gelu,
    .quirk = "The activation table is off by up to 0.0059.",
    .reads = "gelu (mode = \"EXACT\", x = x)",
    ACTIVATION, .unary = gelu, .engine = gelu_engine, .mil = anf_mil_gelu, RANGE (-4, 4) },
  { .name = "sigmoid", .title = "Sigmoid", .onnx = "Sigmoid", .doc = "1 / (1 + exp (-x)).",
    .vjp = anf_vjp_sigmoid, .link = ANF_LINK_SIGMOID,
    .quirk = "The activation table is off by up to 0.0034.",
    ACTIVATION, .positive = TRUE, .unary = sigmoid, .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "tanh", .title = "Tanh", .onnx = "Tanh", .doc = "Hyperbolic tangent of x.",
    .vjp = anf_vjp_tanh,
    .quirk = "The activation table is off by up to 0.0017.",
    ACTIVATION, .unary = tanh_, .mil = anf_mil_plain, RANGE (-4, 4) },
  { .name = "silu", .title = "SiLU", .doc = "x sigmoid (x), also called swish.",
    .vjp = anf_vjp_silu,
    ACTIVATION, .unary = silu, .engine = silu_engine, .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "relu6", .title = "ReLU6", .doc = "x kept between 0 and 6.",
    .vjp = anf_vjp_relu6,
    ACTIVATION, .positive = TRUE, .unary = relu6, .mil = anf_mil_plain, RANGE (-4, 9) },
  { .name = "leaky_relu", .title = "Leaky ReLU", .onnx = "LeakyRelu",
    .vjp = anf_vjp_leaky_relu,
    .doc = "x above zero, alpha x below.", ALPHA ("0.01", "Slope below zero"),
    ACTIVATION, .unary = leaky, .mil = anf_mil_plain, AT ("alpha", "0.125") },
  { .name = "elu", .title = "ELU", .onnx = "Elu",
    .vjp = anf_vjp_elu,
    .doc = "x above zero, alpha (exp (x) - 1) below.", ALPHA ("1", "Depth of the negative side"),
    ACTIVATION, .unary = elu, .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "softplus", .title = "Softplus", .onnx = "Softplus", .doc = "ln (1 + exp (x)).",
    .vjp = anf_vjp_softplus,
    .quirk = "An infinite x gives 0.",
    ACTIVATION, .positive = TRUE, .unary = softplus, .engine = softplus_engine,
    .reads = anf_reads_softplus,
    .mil = anf_mil_softplus, RANGE (-20, 20) },
  { .name = "softsign", .title = "Softsign", .onnx = "Softsign", .doc = "x / (1 + |x|).",
    .vjp = anf_vjp_softsign,
    .quirk = "An infinite x gives 0.", ACTIVATION, .unary = softsign, .mil = anf_mil_plain,
    RANGE (-8, 8) },
  { .name = "clip", .title = "Clip", .onnx = "Clip", .doc = "x kept between lo and hi.",
    .vjp = anf_vjp_clip, .lift = anf_lift_first,
    .bound = anf_bound_ends,
    .attr = { { .name = "lo", .kind = ANF_ATTR_REAL, .doc = "Least value" },
              { .name = "hi", .kind = ANF_ATTR_REAL, .doc = "Largest value" } },
    ELEMENTS, .category = ANF_CAT_ACTIVATION, .unary = clip, .infer = clip_infer,
    .reads = "clip (alpha = lo, beta = hi, x = x)",
    .mil = anf_mil_clip,
    .sample = { .in = { { ANF_F16, 2, { 9, 11 } } },
                .attr = { { "lo", "-1.5" }, { "hi", "2.25" } }, .lo = -4, .hi = 4 } },
  { .name = "clamped_relu", .title = "Clamped ReLU", .doc = "Leaky ReLU that stops at beta.",
    .vjp = anf_vjp_clamped_relu,
    ALPHA_BETA ("0", "Slope below zero", "6", "Largest value"),
    ACTIVATION, .unary = clamped_relu, .mil = anf_mil_plain, RANGE (-4, 9) },
  { .name = "sigmoid_hard", .title = "Hard sigmoid", .onnx = "HardSigmoid",
    .vjp = anf_vjp_sigmoid_hard,
    .doc = "alpha x + beta kept between 0 and 1.",
    ALPHA_BETA ("0.2", "Slope", "0.5", "Value at 0"),
    ACTIVATION, .positive = TRUE, .unary = sigmoid_hard, .mil = anf_mil_plain,
    AT ("alpha", "0.25") },
  { .name = "scaled_tanh", .title = "Scaled tanh", .doc = "alpha tanh (beta x).",
    .vjp = anf_vjp_scaled_tanh,
    ALPHA_BETA ("1", "Height", "1", "Slope"),
    ACTIVATION, .unary = scaled_tanh, .mil = anf_mil_plain, RANGE (-4, 4) },
  { .name = "threshold", .title = "Threshold", .doc = "The larger of x and alpha.",
    .vjp = anf_vjp_threshold, .lift = anf_lift_first,
    ALPHA ("0", "Least value"), ACTIVATION, .unary = threshold, .mil = anf_mil_plain,
    RANGE (-4, 4) },
  { .name = "thresholded_relu", .title = "Thresholded ReLU", .onnx = "ThresholdedRelu",
    .vjp = anf_vjp_thresholded_relu,
    .doc = "x from alpha on, 0 below.", ALPHA ("1", "Where it begins"),
    ACTIVATION, .unary = thresholded_relu, .mil = anf_mil_plain, RANGE (-4, 4) },
  { .name = "linear_activation", .title = "Linear activation", .doc = "alpha x + beta.",
    .vjp = anf_vjp_linear_activation,
    ALPHA_BETA ("1", "Slope", "0", "Value at 0"),
    ACTIVATION, .unary = linear_activation, .mil = anf_mil_plain, RANGE (-4, 4) },
  { .name = "prelu", .title = "PReLU", .category = ANF_CAT_ACTIVATION, .onnx = "PRelu",
    .vjp = anf_vjp_prelu, .unbaked = anf_unbaked_prelu,
    .bound = anf_bound_slopes,
    .doc = "x above zero, below it x times a slope of each channel.",
    .in = { { "x", ANF_REQUIRED, "Rank 3 to 5; channels on axis 1" } },
    .role = { { "alpha", ANF_REQUIRED, "Slope of each channel" } },
    .infer = prelu_infer, .kernel = prelu_kernel, .reference = prelu_reference,
    .flops = anf_flops_elements,
    .reads = "prelu (alpha = alpha, x = x)",
    .mil = anf_mil_prelu,
    .sample = { .in = { { ANF_F16, 4, { 2, 3, 4, 5 } } }, .role = { { ANF_F16, 1, { 3 } } },
                .lo = -2, .hi = 2 } },

  { .name = "exp", .title = "Exp", .onnx = "Exp", .doc = "e to the power of x.",
    .vjp = anf_vjp_exp,
    .bound = anf_bound_ends,
    .quirk = "An infinity from 11.094 on.", MATHS, .positive = TRUE, .unary = exp_,
    .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "exp2", .title = "Exp2", .doc = "2 to the power of x.", .bound = anf_bound_ends,
    .vjp = anf_vjp_exp2,
    MATHS, .positive = TRUE, .unary = exp2_, .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "log", .title = "Log", .onnx = "Log", .doc = "Natural logarithm of x + eps.", EPS,
    .vjp = anf_vjp_log, .telling = TRUE, .lift = anf_lift_first,
    .bound = anf_bound_unknown,
    .quirk = "0 gives -45440, a negative number 0.",
    .reads = "* ([epsilon = eps], x = x)",
    MATHS, .unary = log_, .engine = log_engine, .mil = anf_mil_epsilon, RANGE (0.01, 50) },
  { .name = "sqrt", .title = "Square root", .onnx = "Sqrt", .doc = "Square root of x.",
    .vjp = anf_vjp_sqrt,
    .bound = anf_bound_ends,
    .quirk = "A negative number gives 0.", MATHS, .positive = TRUE, .unary = sqrt_,
    .mil = anf_mil_plain, RANGE (0, 50) },
  { .name = "rsqrt", .title = "Reciprocal root", .doc = "1 / sqrt (x + eps).", EPS,
    .vjp = anf_vjp_rsqrt,
    .bound = anf_bound_unknown,
    .reads = "* ([epsilon = eps], x = x)",
    .quirk = "A negative number gives 0.", MATHS, .unary = rsqrt, .mil = anf_mil_epsilon,
    RANGE (0.01, 50) },
  { .name = "inverse", .title = "Reciprocal", .onnx = "Reciprocal", .doc = "1 / (x + eps).", EPS,
    .vjp = anf_vjp_inverse,
    .bound = anf_bound_unknown,
    .reads = "* ([epsilon = eps], x = x)",
    .quirk = "-0 gives +inf.", MATHS, .unary = inverse, .mil = anf_mil_epsilon, RANGE (0.1, 50) },
  { .name = "square", .title = "Square", .doc = "x times x.", .bound = anf_bound_ends,
    .vjp = anf_vjp_square,
    .quirk = "An infinity from 256 on.", MATHS, .positive = TRUE, .unary = square,
    .reads = "mul (x = x, y = x) | square (x = x)",
    .mil = anf_mil_square, RANGE (-16, 16) },
  { .name = "abs", .title = "Absolute", .onnx = "Abs", .doc = "Magnitude of x.",
    .vjp = anf_vjp_abs,
    .bound = anf_bound_ends,
    MATHS, .positive = TRUE, .unary = abs_, .mil = anf_mil_plain, RANGE (-4, 4) },
  { .name = "sign", .title = "Sign", .onnx = "Sign", .doc = "-1, 0 or 1.", .bound = anf_bound_ends,
    .flat = "Steps: the slope is 0, or there is none.",
    MATHS, .unary = sign, .mil = anf_mil_plain, RANGE (-4, 4) },
  { .name = "floor", .title = "Floor", .onnx = "Floor", .doc = "The next integer down.",
    .flat = "Steps: the slope is 0, or there is none.",
    .bound = anf_bound_ends,
    MATHS, .unary = floor_, .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "ceil", .title = "Ceiling", .onnx = "Ceil", .doc = "The next integer up.",
    .flat = "Steps: the slope is 0, or there is none.",
    .bound = anf_bound_ends,
    MATHS, .unary = ceil_, .mil = anf_mil_plain, RANGE (-8, 8) },
  { .name = "round", .title = "Round", .doc = "The nearest integer, halves away from zero.",
    .flat = "Steps: the slope is 0, or there is none.",
    .bound = anf_bound_ends,
    .reads = anf_reads_round,
    MATHS, .unary = round_, .mil = anf_mil_round, RANGE (-8, 8) },
  { .name = "sin", .title = "Sine", .onnx = "Sin", .doc = "Sine of x in radians.",
    .vjp = anf_vjp_sin,
    .bound = anf_bound_waves,
    .quirk = "Off by 0.04 to 0.12 where its range reduction changes branch.",
    MATHS, .floor = 4, .below = ANF_DECOMPOSE, .unary = sin_, .mil = anf_mil_plain,
    .decompose = anf_decompose_sine,
    RANGE (-6, 6) },
  { .name = "cos", .title = "Cosine", .onnx = "Cos", .doc = "Cosine of x in radians.",
    .vjp = anf_vjp_cos,
    .bound = anf_bound_waves,
    .quirk = "Off by 0.04 to 0.12 where its range reduction changes branch.",
    MATHS, .floor = 4, .below = ANF_DECOMPOSE, .unary = cos_, .mil = anf_mil_plain,
    .decompose = anf_decompose_cosine,
    RANGE (-6, 6) },
  { .name = "atan", .title = "Arc tangent", .onnx = "Atan", .doc = "Angle in radians.",
    .vjp = anf_vjp_atan,
    .bound = anf_bound_ends,
    .quirk = "Off by 0.04 to 0.12 where its range reduction changes branch.",
    MATHS, .unary = atan_, .mil = anf_mil_plain, RANGE (-6, 6) },
  { .name = "erf", .title = "Error function", .onnx = "Erf", .doc = "The error function of x.",
    .vjp = anf_vjp_erf,
    .bound = anf_bound_ends,
    MATHS, .unary = erf_, .mil = anf_mil_plain, RANGE (-3, 3) },
  { .name = "logical_not", .title = "Not", .onnx = "Not", .doc = "True where x is false.",
    .flat = "Truth has no slope.",
    .bound = anf_bound_one,
    ELEMENTS, .category = ANF_CAT_ELEMENTWISE, .unary = negate, .infer = not_infer,
    .undoes = TRUE, .mil = anf_mil_plain,
    .sample = { .in = { { ANF_BOOL, 2, { 5, 7 } } }, .lo = 0, .hi = 1 } },
  { .name = "cast", .title = "Cast", .category = ANF_CAT_ELEMENTWISE, .onnx = "Cast",
    .vjp = anf_vjp_cast,
    .bound = anf_bound_cast,
    .doc = "The same numbers of another kind.",
    .in = { { "x", ANF_INTEGERS, "Any shape and kind" } },
    .attr = { { .name = "dtype", .kind = ANF_ATTR_CHOICE, .preset = "fp16",
                .choices = cast_dtypes, .doc = "The kind that comes out" } },
    .infer = cast_infer, .kernel = cast_kernel, .reference = cast_reference,
    .reads = "cast (dtype = dtype, x = x)",
    .identity = cast_identity, .mil = anf_mil_cast,
    .sample = { .in = { { ANF_U8, 2, { 5, 7 } } }, .lo = 0, .hi = 255 } },
  { NULL }
};
