/* write-rows.c - rows in operators of ONNX: element by element, products, composites. */
#include "io/onnx/write.h"

#include "io/onnx/onnx.h"
#include "ops/family.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- one operator, one row */

/* The operator of the column "onnx", which takes ports and then roles in the row's order. */
static void
plain (AnfOnnxSay *self)
{
  guint n_roles = anf_op_n_roles (self->node->op), n = 0;
  g_autofree AnfOnnxTerm *in = g_new0 (AnfOnnxTerm, self->n_in + n_roles + 1);

  for (guint i = 0; i < self->n_in; i++)
    in[n++] = self->x[i];
  for (guint i = 0; i < n_roles; i++)
    if (self->w[i] != NULL)
      in[n++] = self->w[i];
  self->y[0] = anf_say_list (self, self->node->op->onnx, n, in);
}

static double
real (const AnfOnnxSay *self, const char *attr)
{
  return anf_node_real (self->node, attr);
}

/* The same with the row's real attributes under their own names, which are ONNX's. */
static void
plain_reals (AnfOnnxSay *self)
{
  plain (self);
  for (guint i = 0; i < anf_op_n_attrs (self->node->op); i++)
    if (self->node->op->attr[i].kind == ANF_ATTR_REAL)
      anf_say_real (self, self->node->op->attr[i].name, real (self, self->node->op->attr[i].name));
}

/* ---------------------------------------------------------------- activations */

static AnfOnnxTerm
times (AnfOnnxSay *self, AnfOnnxTerm x, double factor)
{
  return anf_say (self, "Mul", x, anf_say_number (self, factor), NULL);
}

static AnfOnnxTerm
plus (AnfOnnxSay *self, AnfOnnxTerm x, double summand)
{
  return anf_say (self, "Add", x, anf_say_number (self, summand), NULL);
}

/* x (1 + erf (x / root of 2)) / 2. Gelu itself is of opset 20. */
static void
say_gelu (AnfOnnxSay *self)
{
  AnfOnnxTerm erf = anf_say (self, "Erf", times (self, self->x[0], M_SQRT1_2), NULL, NULL);

  self->y[0] = times (self, anf_say (self, "Mul", self->x[0], plus (self, erf, 1), NULL), 0.5);
}

static void
say_silu (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Mul", self->x[0],
                        anf_say (self, "Sigmoid", self->x[0], NULL, NULL), NULL);
}

static AnfOnnxTerm
clip (AnfOnnxSay *self, AnfOnnxTerm x, double low, double high)
{
  return anf_say (self, "Clip", x, anf_say_number (self, low), anf_say_number (self, high));
}

static void
say_relu6 (AnfOnnxSay *self)
{
  self->y[0] = clip (self, self->x[0], 0, 6);
}

static void
say_clip (AnfOnnxSay *self)
{
  self->y[0] = clip (self, self->x[0], real (self, "lo"), real (self, "hi"));
}

static void
say_clamped_relu (AnfOnnxSay *self)
{
  AnfOnnxTerm leaky = anf_say (self, "LeakyRelu", self->x[0], NULL, NULL);

  anf_say_real (self, "alpha", real (self, "alpha"));
  self->y[0] = anf_say (self, "Min", leaky, anf_say_number (self, real (self, "beta")), NULL);
}

static void
say_scaled_tanh (AnfOnnxSay *self)
{
  AnfOnnxTerm tanh = anf_say (self, "Tanh", times (self, self->x[0], real (self, "beta")), NULL,
                              NULL);

  self->y[0] = times (self, tanh, real (self, "alpha"));
}

static void
say_threshold (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Max", self->x[0], anf_say_number (self, real (self, "alpha")),
                        NULL);
}

/* ThresholdedRelu gives 0 at alpha itself; the row gives alpha. */
static void
say_thresholded_relu (AnfOnnxSay *self)
{
  AnfOnnxTerm from = anf_say (self, "GreaterOrEqual", self->x[0],
                              anf_say_number (self, real (self, "alpha")), NULL);

  self->y[0] = anf_say (self, "Where", from, self->x[0], anf_say_number (self, 0));
}

static void
say_linear_activation (AnfOnnxSay *self)
{
  self->y[0] = plus (self, times (self, self->x[0], real (self, "alpha")), real (self, "beta"));
}

/* The slopes broadcast from the right in ONNX. */
static void
say_prelu (AnfOnnxSay *self)
{
  gint64 dim[ANF_MAX_RANK] = { self->in[0]->dim[1], 1, 1, 1, 1 };

  self->y[0] = anf_say (self, "PRelu", self->x[0],
                        anf_say_shape (self, self->w[0], self->in[0]->rank - 1, dim), NULL);
}

/* ---------------------------------------------------------------- element by element */

static void
say_exp2 (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Pow", anf_say_number (self, 2), self->x[0], NULL);
}

static AnfOnnxTerm
shifted (AnfOnnxSay *self)
{
  double eps = real (self, "eps");

  return eps != 0 ? plus (self, self->x[0], eps) : self->x[0];
}

static void
say_log (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Log", shifted (self), NULL, NULL);
}

static void
say_rsqrt (AnfOnnxSay *self)
{
  AnfOnnxTerm root = anf_say (self, "Sqrt", shifted (self), NULL, NULL);

  self->y[0] = anf_say (self, "Reciprocal", root, NULL, NULL);
}

static void
say_inverse (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Reciprocal", shifted (self), NULL, NULL);
}

static void
say_square (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Mul", self->x[0], self->x[0], NULL);
}

/* Round goes to the even neighbour from halves; the row goes away from zero. */
static void
say_round (AnfOnnxSay *self)
{
  AnfOnnxTerm size = anf_say (self, "Abs", self->x[0], NULL, NULL);
  AnfOnnxTerm whole = anf_say (self, "Floor", plus (self, size, 0.5), NULL, NULL);

  self->y[0] = anf_say (self, "Mul", anf_say (self, "Sign", self->x[0], NULL, NULL), whole, NULL);
}

static void
say_muls (AnfOnnxSay *self)
{
  self->y[0] = times (self, self->x[0], real (self, "k"));
}

static void
say_adds (AnfOnnxSay *self)
{
  self->y[0] = plus (self, self->x[0], real (self, "k"));
}

static void
say_not_equal (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Not", anf_say (self, "Equal", self->x[0], self->x[1], NULL), NULL,
                        NULL);
}

static int
element (AnfDtype dtype)
{
  return dtype == ANF_U8 ? ONNX_UINT8 : dtype == ANF_I32 ? ONNX_INT32
         : dtype == ANF_BOOL ? ONNX_BOOL : ONNX_FLOAT;
}

/* What is out of range is not said by ONNX: numbers are kept in it before they become bytes. */
static void
say_cast (AnfOnnxSay *self)
{
  gboolean bytes = self->out[0].dtype == ANF_U8 && self->in[0]->dtype == ANF_F16;
  AnfOnnxTerm x = bytes ? clip (self, self->x[0], 0, 255) : self->x[0];

  self->y[0] = anf_say (self, "Cast", x, NULL, NULL);
  anf_say_int (self, "to", element (self->out[0].dtype));
}

/* ---------------------------------------------------------------- sources */

/* The weight's own name goes on; reading it gives a node again. */
static void
say_const (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Identity", self->w[0], NULL, NULL);
}

static AnfOnnxTerm
by_channel (AnfOnnxSay *self, const char *attr)
{
  g_autoptr(GVariant) value = anf_node_attr (self->node, attr);
  g_autofree float *numbers = NULL;
  const double *list;
  gsize n;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("ad")))
    return anf_say_number (self, g_variant_get_double (value));
  list = g_variant_get_fixed_array (value, &n, sizeof *list);
  numbers = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] = list[i];
  return n == 1 ? anf_say_number (self, list[0])
                : anf_say_array (self, 4, (gint64[]) { 1, n, 1, 1 }, numbers);
}

static void
say_image (AnfOnnxSay *self)
{
  AnfOnnxTerm x = anf_say (self, "Cast", self->x[0], NULL, NULL);

  anf_say_int (self, "to", ONNX_FLOAT);
  x = anf_say (self, "Mul", x, by_channel (self, "scale"), NULL);
  self->y[0] = anf_say (self, "Add", x, by_channel (self, "bias"), NULL);
}

const AnfOnnxWords anf_onnx_words_scalar[] = {
  { "image_input", say_image }, { "const", say_const }, { "parameter", say_const },
  { "hard_swish", plain }, { "relu", plain }, { "gelu", say_gelu }, { "sigmoid", plain },
  { "tanh", plain }, { "silu", say_silu }, { "relu6", say_relu6 }, { "leaky_relu", plain_reals },
  { "elu", plain_reals }, { "softplus", plain }, { "softsign", plain }, { "clip", say_clip },
  { "clamped_relu", say_clamped_relu }, { "sigmoid_hard", plain_reals },
  { "scaled_tanh", say_scaled_tanh }, { "threshold", say_threshold },
  { "thresholded_relu", say_thresholded_relu }, { "linear_activation", say_linear_activation },
  { "prelu", say_prelu }, { "exp", plain }, { "exp2", say_exp2 }, { "log", say_log },
  { "sqrt", plain }, { "rsqrt", say_rsqrt }, { "inverse", say_inverse },
  { "square", say_square }, { "abs", plain }, { "sign", plain }, { "floor", plain },
  { "ceil", plain }, { "round", say_round }, { "sin", plain }, { "cos", plain },
  { "atan", plain }, { "erf", plain }, { "logical_not", plain }, { "cast", say_cast },
  { "add", plain }, { "sub", plain }, { "mul", plain }, { "real_div", plain }, { "pow", plain },
  { "maximum", plain }, { "minimum", plain }, { "muls", say_muls }, { "adds", say_adds },
  { "greater", plain }, { "less", plain }, { "equal", plain }, { "not_equal", say_not_equal },
  { "greater_equal", plain }, { "less_equal", plain }, { "select", plain },
  { NULL }
};

/* ---------------------------------------------------------------- products */

/* Axes before the last two stay. */
static AnfOnnxTerm
turned (AnfOnnxSay *self, AnfOnnxTerm x, guint rank)
{
  gint64 perm[ANF_MAX_RANK];

  for (guint i = 0; i < rank; i++)
    perm[i] = i;
  perm[rank - 2] = rank - 1;
  perm[rank - 1] = rank - 2;
  return anf_say_perm (self, x, rank, perm);
}

static void
say_linear (AnfOnnxSay *self)
{
  if (self->in[0]->rank == 2)
    {
      self->y[0] = anf_say (self, "Gemm", self->x[0], self->w[0], self->w[1]);
      anf_say_int (self, "transB", 1);
      return;
    }
  self->y[0] = anf_say (self, "MatMul", self->x[0], turned (self, self->w[0], 2), NULL);
  if (self->w[1] != NULL)
    self->y[0] = anf_say (self, "Add", self->y[0], self->w[1], NULL);
}

static void
say_matmul (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "MatMul", self->x[0], self->w[0], NULL);
}

static void
say_bmm (AnfOnnxSay *self)
{
  AnfOnnxTerm x[2];

  for (guint i = 0; i < 2; i++)
    x[i] = anf_node_flag (self->node, i == 0 ? "transpose_x" : "transpose_y")
           ? turned (self, self->x[i], self->in[i]->rank) : self->x[i];
  self->y[0] = anf_say (self, "MatMul", x[0], x[1], NULL);
}

static void
window (AnfOnnxSay *self)
{
  gint64 pad[4], two[2];

  anf_node_ints_n (self->node, "stride", 2, two);
  anf_say_ints (self, "strides", 2, two);
  anf_node_ints_n (self->node, "dilation", 2, two);
  anf_say_ints (self, "dilations", 2, two);
  anf_node_ints_n (self->node, "pad", 4, pad);
  anf_say_ints (self, "pads", 4, (gint64[]) { pad[0], pad[2], pad[1], pad[3] });
  anf_say_int (self, "group", anf_node_int (self->node, "groups"));
}

static void
say_conv (AnfOnnxSay *self)
{
  plain (self);
  window (self);
}

static void
say_dynamic_conv (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Conv", self->x[0], self->x[1], NULL);
  window (self);
}

static void
say_einsum (AnfOnnxSay *self)
{
  plain (self);
  anf_say_text (self, "equation", anf_node_text (self->node, "equation"));
}

/* Scores above the diagonal are lost, whatever they are. */
static AnfOnnxTerm
causal (AnfOnnxSay *self, AnfOnnxTerm scores, gint64 n)
{
  g_autofree float *mask = g_new (float, n * n);

  for (gint64 i = 0; i < n * n; i++)
    mask[i] = i % n > i / n ? -INFINITY : 0;
  return anf_say (self, "Add", scores,
                  anf_say_array (self, 4, (gint64[]) { 1, 1, n, n }, mask), NULL);
}

static void
say_sdpa (AnfOnnxSay *self)
{
  double scale = anf_node_attr_is_set (self->node, "scale") ? real (self, "scale")
                                                            : 1 / sqrt (self->in[0]->dim[3]);
  AnfOnnxTerm p = anf_say (self, "MatMul", self->x[0], turned (self, self->x[1], 4), NULL);

  p = times (self, p, scale);
  if (self->n_in > 3 && self->x[3] != NULL)
    p = anf_say (self, "Add", p, self->x[3], NULL);
  if (anf_node_flag (self->node, "causal"))
    p = causal (self, p, self->in[0]->dim[2]);
  p = anf_say (self, "Softmax", p, NULL, NULL);
  anf_say_int (self, "axis", -1);
  self->y[0] = anf_say (self, "MatMul", p, self->x[2], NULL);
}

const AnfOnnxWords anf_onnx_words_product[] = {
  { "linear", say_linear }, { "matmul_w", say_matmul }, { "bmm_w", say_matmul },
  { "bmm", say_bmm }, { "conv", say_conv }, { "conv_transpose", say_conv },
  { "dynamic_conv", say_dynamic_conv }, { "einsum", say_einsum }, { "sdpa", say_sdpa },
  { NULL }
};

/* ---------------------------------------------------------------- composites: by their parts */

/* What a part makes. */
typedef struct { AnfOnnxTerm *value; AnfType *type; } Made;

static Made *
made_new (guint n)
{
  Made *self = g_new (Made, 1);

  self->value = g_new0 (AnfOnnxTerm, n);
  self->type = g_new0 (AnfType, n);
  return self;
}

static void
made_free (gpointer data)
{
  Made *self = data;

  g_free (self->value);
  g_free (self->type);
  g_free (self);
}

/* An inner input is called like its port, with the number of the wire. */
static guint
outer_wire (const AnfNode *input)
{
  const char *number = input->name + strlen (input->name);

  while (g_ascii_isdigit (number[-1]))
    number--;
  return atoi (number);
}

/* A weight called like a role of the composite is that role's; others are the inner graph's own. */
static void
find_weights (AnfOnnxSay *self, const AnfGraph *graph, const AnfNode *node, AnfTensor **tensor,
              AnfOnnxTerm *value)
{
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    {
      const char *name = node->slot[i].weight;
      int outer = name != NULL ? anf_op_find_role (self->node->op, name) : -1;
      g_autofree float *numbers = NULL;
      gint64 dim[ANF_MAX_TENSOR_RANK];

      if (outer >= 0 || name == NULL)
        {
          tensor[i] = outer >= 0 ? self->weight[outer] : NULL;
          value[i] = outer >= 0 ? self->w[outer] : NULL;
          continue;
        }
      tensor[i] = anf_weight_tensor (anf_graph_find_weight (graph, name));
      numbers = g_new (float, anf_tensor_elements (tensor[i]) + 1);
      anf_tensor_read (tensor[i], 0, anf_tensor_elements (tensor[i]), numbers);
      for (guint d = 0; d < anf_tensor_rank (tensor[i]); d++)
        dim[d] = anf_tensor_dim (tensor[i], d);
      value[i] = anf_say_array (self, anf_tensor_rank (tensor[i]), dim, numbers);
    }
}

static gboolean
say_part (AnfOnnxSay *self, const AnfGraph *graph, const AnfNode *node, GHashTable *made)
{
  guint n_out = anf_node_n_outputs (node);
  g_autofree const AnfType **in = g_new0 (const AnfType *, node->n_in + 1);
  g_autofree AnfOnnxTerm *x = g_new0 (AnfOnnxTerm, node->n_in + 1);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  AnfOnnxTerm w[ANF_MAX_ROLES] = { NULL };
  Made *own = made_new (n_out);
  AnfShapes shapes = { .node = node, .n_in = node->n_in, .in = in, .weight = weight,
                       .n_out = n_out, .out = own->type };
  AnfOnnxSay part = { self->body, node, node->n_in, n_out, in, own->type, weight, x, w,
                      own->value };
  gboolean good;

  g_hash_table_insert (made, GSIZE_TO_POINTER (node->id), own);
  if (node->op->feed != NULL)
    {
      own->value[0] = self->x[outer_wire (node)];
      own->type[0] = *self->in[outer_wire (node)];
      return TRUE;
    }
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0)
      {
        Made *from = g_hash_table_lookup (made, GSIZE_TO_POINTER (node->in[i].node));

        x[i] = from->value[node->in[i].port];
        in[i] = &from->type[node->in[i].port];
      }
  find_weights (self, graph, node, weight, w);
  good = node->op->infer (&shapes);
  g_free (shapes.message);
  return good && anf_onnx_say_row (&part);
}

static gboolean
say_parts (AnfOnnxSay *self)
{
  AnfType out[ANF_MAX_PORTS] = { self->out[0] };
  AnfShapes shapes = { .node = self->node, .n_in = self->n_in, .in = self->in,
                       .weight = self->weight, .n_out = 1, .out = out };
  g_autoptr(AnfGraph) inner = self->node->op->expand (&shapes);
  g_autoptr(GHashTable) made = g_hash_table_new_full (NULL, NULL, NULL, made_free);
  AnfRef result;

  g_free (shapes.message);
  if (inner == NULL)
    return FALSE;
  for (guint i = 0; i < inner->nodes->len; i++)
    if (!say_part (self, inner, g_ptr_array_index (inner->nodes, i), made))
      return FALSE;
  anf_graph_nth_output (inner, 0, &result);
  self->y[0] = ((Made *) g_hash_table_lookup (made, GSIZE_TO_POINTER (result.node)))
               ->value[result.port];
  return TRUE;
}

gboolean
anf_onnx_say_row (AnfOnnxSay *self)
{
  static const AnfOnnxWords *const tables[] = {
    anf_onnx_words_scalar, anf_onnx_words_product, anf_onnx_words_norm, anf_onnx_words_shape,
    anf_onnx_words_bridge,
  };

  for (guint t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const AnfOnnxWords *words = tables[t]; words->row != NULL; words++)
      if (g_str_equal (words->row, self->node->op->name))
        {
          words->say (self);
          return TRUE;
        }
  return self->node->op->expand != NULL && say_parts (self);
}
