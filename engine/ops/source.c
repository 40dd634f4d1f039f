/* source.c - rows that bring values: ports of the program, constants; and the unknown operator. */
#include "ops/bound.h"
#include "ops/family.h"
#include "ops/gradient.h"
#include "ops/lower.h"
#include "ops/read.h"

#include <string.h>

static const char *const port_dtypes[] = { "fp16", "uint8", "int32", NULL };

static void
input_feed (const AnfNode *node, AnfType *type)
{
  gint64 dim[ANF_MAX_RANK] = { 0 };
  const char *dtype = anf_node_text (node, "dtype");

  *type = (AnfType) { ANF_F16 };
  if (dtype != NULL)
    anf_dtype_from_name (dtype, &type->dtype);
  type->rank = MIN (anf_node_ints (node, "shape", dim, ANF_MAX_RANK), ANF_MAX_RANK);
  for (guint i = 0; i < type->rank; i++)
    type->dim[i] = dim[i];
}

static gboolean
shape_attr (AnfShapes *self, AnfDtype dtype)
{
  gint64 dim[ANF_MAX_TENSOR_RANK];
  guint rank;

  return anf_shapes_list (self, "shape", ANF_MAX_TENSOR_RANK, 1, dim, &rank)
         && anf_shapes_set (self, 0, dtype, rank, dim);
}

static gboolean
input_infer (AnfShapes *self)
{
  AnfType type = { 0 };
  double bound = anf_node_real (self->node, "max_abs");

  if (!g_strv_contains (port_dtypes, anf_node_text (self->node, "dtype")))
    return anf_shapes_refuse (self, "ATR116", "dtype", "Choose fp16, uint8 or int32.",
                              "\"dtype\" of %s is \"%s\".", self->node->name,
                              anf_node_text (self->node, "dtype"));
  if (!(bound >= 0))
    return anf_shapes_refuse (self, "ATR112", "max_abs", "Give the largest magnitude, or nothing.",
                              "\"max_abs\" of %s is %g; a bound is never below 0.",
                              self->node->name, bound);
  input_feed (self->node, &type);
  return shape_attr (self, type.dtype);
}

static void
image_feed (const AnfNode *node, AnfType *type)
{
  gint64 dim[ANF_MAX_RANK] = { 0 };

  *type = (AnfType) { ANF_U8 };
  type->rank = MIN (anf_node_ints (node, "shape", dim, ANF_MAX_RANK), ANF_MAX_RANK);
  for (guint i = 0; i < type->rank; i++)
    type->dim[i] = dim[i];
}

/* One number for all channels, or one per channel: fills all @n either way. */
static gsize
per_channel (const AnfNode *node, const char *attr, gsize n, double *out)
{
  g_autoptr(GVariant) value = anf_node_attr (node, attr);
  const double *list = NULL;
  gsize given = 1;

  if (value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE ("ad")))
    list = g_variant_get_fixed_array (value, &given, sizeof *list);
  for (gsize i = 0; i < n; i++)
    out[i] = list != NULL ? (given > 0 ? list[i % given] : 0)
                          : value != NULL ? g_variant_get_double (value) : 0;
  return given;
}

static gboolean
image_infer (AnfShapes *self)
{
  static const char *const attrs[] = { "scale", "bias" };

  if (!shape_attr (self, ANF_F16))
    return FALSE;
  for (guint i = 0; i < 2; i++)
    {
      gsize n = per_channel (self->node, attrs[i], 0, NULL);

      if (n != 1 && (self->out[0].rank != 4 || n != (gsize) self->out[0].dim[1]))
        return anf_shapes_refuse (self, "ATR113", attrs[i],
                                  "Give one number, or one per channel of a rank 4 shape.",
                                  "\"%s\" of %s has %" G_GSIZE_FORMAT " values; the shape has %d "
                                  "channels.", attrs[i], self->node->name, n,
                                  self->out[0].rank == 4 ? self->out[0].dim[1] : 1);
    }
  return TRUE;
}

typedef struct { gsize channels, area; double *scale, *bias; } Image;

static void
image_init (Image *self, const AnfNode *node, const AnfType *type)
{
  self->channels = type->rank == 4 ? type->dim[1] : 1;
  self->area = type->rank == 4 ? (gsize) type->dim[2] * type->dim[3] : anf_type_elements (type);
  self->scale = g_new (double, 2 * self->channels);
  self->bias = self->scale + self->channels;
  per_channel (node, "scale", self->channels, self->scale);
  per_channel (node, "bias", self->channels, self->bias);
}

static gboolean
image_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  Image *self = g_new0 (Image, 1);

  image_init (self, call->node, call->out_type);
  for (gsize i = 0; i < 2 * self->channels && call->numerics != ANF_NUMERICS_FP32; i++)
    self->scale[i] = anf_half_round (self->scale[i]);
  *state = self;
  return TRUE;
}

static void
image_release (gpointer state)
{
  Image *self = state;

  g_free (self->scale);
  g_free (self);
}

static void
image_kernel (const AnfCall *call, gsize begin, gsize end)
{
  const Image *self = call->state;

  for (gsize i = begin; i < end;)
    {
      gsize c = i / self->area % self->channels;
      gsize stop = MIN (end, (i / self->area + 1) * self->area), first = i;
      float scale = self->scale[c], bias = self->bias[c];

      for (; i < stop; i++)
        call->out[0][i] = call->in[0][i] * scale + bias;
      anf_finish (call->out[0] + first, stop - first, anf_call_finish (call, ANF_RESULT_PLAIN));
    }
}

static void
image_reference (const AnfExact *exact)
{
  gsize n = anf_type_elements (exact->out_type);
  Image image;

  image_init (&image, exact->node, exact->out_type);
  for (gsize i = 0; i < n; i++)
    {
      gsize c = i / image.area % image.channels;

      exact->out[0][i] = exact->in[0][i] * image.scale[c] + image.bias[c];
    }
  g_free (image.scale);
}

static gboolean
const_infer (AnfShapes *self)
{
  const AnfTensor *value = self->weight[0];
  gint64 dim[ANF_MAX_TENSOR_RANK];
  guint rank;

  if (value == NULL)
    return anf_shapes_weight (self, 0, 0, NULL);
  rank = anf_tensor_rank (value);
  for (guint i = 0; i < rank; i++)
    dim[i] = anf_tensor_dim (value, i);
  return anf_shapes_weight (self, 0, rank, dim) && anf_shapes_set (self, 0, ANF_F16, rank, dim);
}

static void
const_kernel (const AnfCall *call, gsize begin, gsize end)
{
  memcpy (call->out[0] + begin, call->weight[0] + begin, (end - begin) * sizeof (float));
  anf_finish (call->out[0] + begin, end - begin,
              call->numerics == ANF_NUMERICS_FP32 ? 0 : ANF_FINISH_HALF);
}

static void
const_reference (const AnfExact *exact)
{
  memcpy (exact->out[0], exact->weight[0], anf_type_elements (exact->out_type) * sizeof (double));
}

static gboolean
unknown_infer (AnfShapes *self)
{
  const AnfOp *walled;

  for (guint i = 0; (walled = anf_op_nth_walled (i)) != NULL; i++)
    if (g_str_equal (walled->name, anf_node_op_name (self->node)))
      return anf_shapes_refuse (self, "OP102", NULL, walled->instead,
                                "%s is a \"%s\", which no graph can have.", self->node->name,
                                walled->name);
  return anf_shapes_refuse (self, "OP100", NULL,
                            "Replace it by operators of the palette, or delete it.",
                            "%s is a \"%s\", an operator that this version does not have.",
                            self->node->name, anf_node_op_name (self->node));
}

/* Stands for an operator that the table does not have; found by name, never listed. */
const AnfOp anf_op_unknown = {
  .name = "unknown", .title = "Unknown operator", .category = ANF_CAT_SUBGRAPH,
  .flat = "Nothing is known of it.",
  .doc = "A placeholder that keeps what the file said of an operator unknown here.",
  .kind = ANF_SEGMENT_HOST, .floor = G_MAXUINT, .below = ANF_REJECT, .infer = unknown_infer,
};

#define BAKED \
  .category = ANF_CAT_CONST, .source = TRUE, .bound = anf_bound_constant, \
  .role = { { "value", ANF_REQUIRED, "The numbers" } }, .infer = const_infer, \
  .kernel = const_kernel, .reference = const_reference, .mil = anf_mil_constant, \
  .sample = { .role = { { ANF_F16, 2, { 3, 4 } } }, .lo = -2, .hi = 2 }

const AnfOp anf_ops_source[] = {
  { .name = "input", .title = "Input", .category = ANF_CAT_IO, .source = TRUE,
    .flat = "Nothing comes before it.",
    .bound = anf_bound_input,
    .doc = "A tensor that is fed to the program at each run.",
    .attr = { { .name = "shape", .kind = ANF_ATTR_INTS, .doc = "Size of each axis" },
              { .name = "dtype", .kind = ANF_ATTR_CHOICE, .preset = "fp16",
                .choices = port_dtypes, .doc = "What is fed: numbers, bytes, or token ids" },
              { .name = "max_abs", .kind = ANF_ATTR_REAL, .preset = "", .max = G_MAXDOUBLE,
                .doc = "A promise: no magnitude above this is ever fed" } },
    .infer = input_infer, .feed = input_feed,
    .sample = { .attr = { { "shape", "[2, 3, 4]" } } } },

  { .name = "image_input", .title = "Image input", .category = ANF_CAT_IO, .bound = anf_bound_image,
    .flat = "Bytes have no slope.",
    .doc = "Bytes 0 to 255 fed at each run, times scale, plus bias.",
    .attr = { { .name = "shape", .kind = ANF_ATTR_INTS, .doc = "Size of each axis, NCHW" },
              { .name = "scale", .kind = ANF_ATTR_REALS, .preset = "0.00392156862745098",
                .doc = "Factor, one for all or one per channel (1/255)" },
              { .name = "bias", .kind = ANF_ATTR_REALS, .preset = "0",
                .doc = "Added after scaling, one for all or one per channel" } },
    .infer = image_infer, .feed = image_feed, .prepare = image_prepare,
    .release = image_release, .kernel = image_kernel, .reference = image_reference,
    .flops = anf_flops_elements,
    .reads = anf_reads_image,
    .mil = anf_mil_image,
    .sample = { .attr = { { "shape", "[1, 3, 4, 5]" }, { "scale", "[0.5, 0.25, 0.125]" },
                          { "bias", "[-1.0, 0.5, 2.0]" } }, .hi = 255 } },

  { .name = "const", .title = "Constant", .onnx = "Constant",
    .vjp = anf_vjp_baked,
    .doc = "A tensor baked into the program.", BAKED },
  { .name = "parameter", .title = "Parameter",
    .vjp = anf_vjp_baked,
    .doc = "A tensor that training may change; baked into the program like a constant.", BAKED },
  { NULL }
};
