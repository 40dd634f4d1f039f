/* write-bridge.c - rows in operators of ONNX: what is a program of its own on the engine. */
#include "io/onnx/write.h"

#include "io/onnx/onnx.h"
#include "ops/family.h"

static AnfOnnxTerm
as_float (AnfOnnxSay *self, AnfOnnxTerm x)
{
  AnfOnnxTerm y = anf_say (self, "Cast", x, NULL, NULL);

  anf_say_int (self, "to", ONNX_FLOAT);
  return y;
}

static void
say_argmax (AnfOnnxSay *self)
{
  AnfOnnxTerm at = anf_say (self, "ArgMax", self->x[0], NULL, NULL);

  anf_say_int (self, "axis", anf_node_int (self->node, "axis"));
  self->y[0] = as_float (self, at);
}

/* Numbers and places of the first @k; equal ones keep their order. */
static void
ranked (AnfOnnxSay *self, gint64 k, gboolean largest, AnfOnnxTerm *out)
{
  anf_say (self, "TopK", self->x[0], anf_say_whole (self, 1, &k), NULL);
  anf_say_int (self, "axis", -1);
  anf_say_int (self, "largest", largest);
  anf_say_outputs (self, 2, out);
}

static void
say_topk (AnfOnnxSay *self)
{
  AnfOnnxTerm out[2];

  ranked (self, anf_node_int (self->node, "k"), anf_node_flag (self->node, "largest"), out);
  self->y[0] = out[0];
}

static void
say_sort (AnfOnnxSay *self)
{
  AnfOnnxTerm out[2];

  ranked (self, self->in[0]->dim[1], anf_node_flag (self->node, "descending"), out);
  self->y[0] = anf_node_flag (self->node, "return_indices") ? as_float (self, out[1]) : out[0];
}

static AnfOnnxTerm
flat (AnfOnnxSay *self, AnfOnnxTerm x)
{
  return anf_say_shape (self, x, 1, (gint64[]) { -1 });
}

static void
say_flat (AnfOnnxSay *self)
{
  self->y[0] = flat (self, self->x[0]);
}

static AnfOnnxTerm
pick (AnfOnnxSay *self, AnfOnnxTerm x, gint64 a, gint64 b, gint64 c)
{
  return anf_say (self, "Gather", x, anf_say_whole (self, 3, (gint64[]) { a, b, c }), NULL);
}

static void
say_cross (AnfOnnxSay *self)
{
  AnfOnnxTerm a = flat (self, self->x[0]), b = flat (self, self->x[1]);
  AnfOnnxTerm one = anf_say (self, "Mul", pick (self, a, 1, 2, 0), pick (self, b, 2, 0, 1), NULL);
  AnfOnnxTerm two = anf_say (self, "Mul", pick (self, a, 2, 0, 1), pick (self, b, 1, 2, 0), NULL);

  self->y[0] = anf_say (self, "Sub", one, two, NULL);
}

static void
say_scaled (AnfOnnxSay *self)
{
  static const char *const words[][2] = {
    { "Add", "Add" }, { "Mult", "Mul" }, { "Min", "Min" }, { "Max", "Max" },
  };
  const char *op = anf_node_text (self->node, "op");
  AnfOnnxTerm pair = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i][0], op))
      pair = anf_say (self, words[i][1], flat (self, self->x[0]), flat (self, self->x[1]), NULL);
  self->y[0] = anf_say (self, "Mul", pair,
                        anf_say_number (self, anf_node_real (self->node, "scale")), NULL);
}

static void
say_part (AnfOnnxSay *self)
{
  const char *from = anf_op_find_attr (self->node->op, "offset") >= 0 ? "offset" : "start";
  gint64 begin = anf_node_int (self->node, from), end = begin + self->out[0].dim[0];

  self->y[0] = anf_say (self, "Slice", flat (self, self->x[0]), anf_say_whole (self, 1, &begin),
                        anf_say_whole (self, 1, &end));
}

/* ---------------------------------------------------------------- images and points */

static AnfOnnxTerm
one_image (AnfOnnxSay *self, guint port)
{
  return anf_say_shape (self, self->x[port], 4,
                        (gint64[]) { 1, 1, self->in[port]->dim[0], self->in[port]->dim[1] });
}

static void
say_correlation (AnfOnnxSay *self)
{
  AnfOnnxTerm y = anf_say (self, "Conv", one_image (self, 0), one_image (self, 1), NULL);

  self->y[0] = anf_say_shape (self, y, 2, (gint64[]) { self->out[0].dim[0], self->out[0].dim[1] });
}

static void
say_cost_volume (AnfOnnxSay *self)
{
  gint64 dim[2] = { self->out[0].dim[0], self->out[0].dim[1] };
  g_autofree gint64 *at = g_new (gint64, dim[0] * dim[1]);
  AnfOnnxTerm moved;

  for (gint64 i = 0; i < dim[0] * dim[1]; i++)
    at[i] = i % dim[1] + i / dim[1];
  moved = anf_say (self, "Gather", self->x[1], anf_say_grid (self, 2, dim, at), NULL);
  self->y[0] = anf_say (self, "Abs", anf_say (self, "Sub", self->x[0], moved, NULL), NULL, NULL);
}

/* Squares of the distances, the last axis holding x, y, z. */
static AnfOnnxTerm
distances (AnfOnnxSay *self, AnfOnnxTerm a, AnfOnnxTerm b, gint64 axis)
{
  AnfOnnxTerm apart = anf_say (self, "Sub", a, b, NULL), y;

  y = anf_say (self, "ReduceSumSquare", apart, NULL, NULL);
  anf_say_ints (self, "axes", 1, &axis);
  anf_say_int (self, "keepdims", 0);
  return y;
}

static void
say_radius (AnfOnnxSay *self)
{
  double radius = anf_node_real (self->node, "radius");
  gint64 n = self->in[0]->dim[0], m = self->in[1]->dim[0];
  AnfOnnxTerm a = anf_say_shape (self, self->x[0], 3, (gint64[]) { n, 1, 3 });
  AnfOnnxTerm b = anf_say_shape (self, self->x[1], 3, (gint64[]) { 1, m, 3 });
  AnfOnnxTerm y = anf_say (self, "LessOrEqual", distances (self, a, b, 2),
                           anf_say_number (self, radius * radius), NULL);

  self->y[0] = as_float (self, y);
}

/* One pick after the other: there are 1024 at most. */
static void
say_fps (AnfOnnxSay *self)
{
  guint k = self->out[0].dim[0];
  g_autofree AnfOnnxTerm *picks = g_new (AnfOnnxTerm, k);
  AnfOnnxTerm at = anf_say_whole (self, 1, (gint64[]) { 0 }), nearest = NULL;

  for (guint i = 0; i < k; i++)
    {
      AnfOnnxTerm apart;

      picks[i] = anf_say (self, "Gather", self->x[0], at, NULL);
      if (i + 1 == k)
        break;
      apart = distances (self, self->x[0], picks[i], 1);
      nearest = nearest == NULL ? apart : anf_say (self, "Min", nearest, apart, NULL);
      at = anf_say (self, "ArgMax", nearest, NULL, NULL);
      anf_say_int (self, "axis", 0);
    }
  self->y[0] = anf_say_list (self, "Concat", k, picks);
  anf_say_int (self, "axis", 0);
}

const AnfOnnxWords anf_onnx_words_bridge[] = {
  { "argmax", say_argmax }, { "topk", say_topk }, { "sort", say_sort }, { "flatten", say_flat },
  { "cross_product", say_cross }, { "scaled_elementwise", say_scaled },
  { "dynamic_slice", say_part }, { "input_view", say_part },
  { "cross_correlation", say_correlation }, { "cost_volume", say_cost_volume },
  { "fps", say_fps }, { "radius_search", say_radius },
  { NULL }
};
