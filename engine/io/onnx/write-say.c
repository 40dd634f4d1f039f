/* write-say.c - the vocabulary of the ONNX writer: operators with their attributes, constants. */
#include "io/onnx/write.h"

#include "io/onnx/onnx.h"

#include <string.h>

/* AttributeProto.AttributeType: facts of the format. */
enum { TYPE_FLOAT = 1, TYPE_INT, TYPE_STRING, TYPE_TENSOR, TYPE_INTS = 7 };

#define MAX_ATTRIBUTES 8           /* of one operator */

gpointer
anf_onnx_store_get (AnfOnnxStore *self, gsize size)
{
  gpointer block = g_malloc0 (MAX (size, 1));

  g_ptr_array_add (self->blocks, block);
  return block;
}

const char *
anf_onnx_store_text (AnfOnnxStore *self, const char *text)
{
  return g_string_chunk_insert (self->strings, text);
}

static char *
fresh (AnfOnnxSay *self)
{
  g_autofree char *name = g_strdup_printf ("t%u", self->body->n_values++);

  return (char *) anf_onnx_store_text (self->body->store, name);
}

AnfOnnxTerm
anf_say_list (AnfOnnxSay *self, const char *op, guint n, const AnfOnnxTerm *in)
{
  AnfOnnxStore *store = self->body->store;
  Onnx__NodeProto *node = anf_onnx_store_get (store, sizeof *node);

  onnx__node_proto__init (node);
  node->op_type = (char *) anf_onnx_store_text (store, op);
  node->input = anf_onnx_store_get (store, n * sizeof *node->input);
  for (guint i = 0; i < n; i++)
    node->input[node->n_input++] = (char *) (in[i] != NULL ? in[i] : "");
  node->output = anf_onnx_store_get (store, sizeof *node->output);
  node->output[0] = fresh (self);
  node->n_output = 1;
  g_ptr_array_add (self->body->nodes, node);
  return node->output[0];
}

AnfOnnxTerm
anf_say (AnfOnnxSay *self, const char *op, AnfOnnxTerm a, AnfOnnxTerm b, AnfOnnxTerm c)
{
  const AnfOnnxTerm in[] = { a, b, c };

  return anf_say_list (self, op, c != NULL ? 3 : b != NULL ? 2 : a != NULL, in);
}

static Onnx__NodeProto *
last (AnfOnnxSay *self)
{
  return g_ptr_array_index (self->body->nodes, self->body->nodes->len - 1);
}

void
anf_say_outputs (AnfOnnxSay *self, guint n, AnfOnnxTerm *out)
{
  Onnx__NodeProto *node = last (self);
  char *first = node->output[0];

  node->output = anf_onnx_store_get (self->body->store, n * sizeof *node->output);
  node->n_output = n;
  for (guint i = 0; i < n; i++)
    out[i] = node->output[i] = i == 0 ? first : fresh (self);
}

/* ---------------------------------------------------------------- attributes */

static Onnx__AttributeProto *
attribute (AnfOnnxStore *store, Onnx__NodeProto *node, const char *name, int type)
{
  Onnx__AttributeProto *attr = anf_onnx_store_get (store, sizeof *attr);

  onnx__attribute_proto__init (attr);
  attr->name = (char *) anf_onnx_store_text (store, name);
  attr->type = type;
  attr->has_type = TRUE;
  if (node->attribute == NULL)
    node->attribute = anf_onnx_store_get (store, MAX_ATTRIBUTES * sizeof *node->attribute);
  g_assert (node->n_attribute < MAX_ATTRIBUTES);
  node->attribute[node->n_attribute++] = attr;
  return attr;
}

void
anf_say_int (AnfOnnxSay *self, const char *name, gint64 value)
{
  Onnx__AttributeProto *attr = attribute (self->body->store, last (self), name, TYPE_INT);

  attr->i = value;
  attr->has_i = TRUE;
}

void
anf_say_real (AnfOnnxSay *self, const char *name, double value)
{
  Onnx__AttributeProto *attr = attribute (self->body->store, last (self), name, TYPE_FLOAT);

  attr->f = value;
  attr->has_f = TRUE;
}

void
anf_say_text (AnfOnnxSay *self, const char *name, const char *value)
{
  Onnx__AttributeProto *attr = attribute (self->body->store, last (self), name, TYPE_STRING);

  attr->s.data = (guint8 *) anf_onnx_store_text (self->body->store, value);
  attr->s.len = strlen (value);
  attr->has_s = TRUE;
}

void
anf_say_ints (AnfOnnxSay *self, const char *name, guint n, const gint64 *values)
{
  Onnx__AttributeProto *attr = attribute (self->body->store, last (self), name, TYPE_INTS);

  attr->ints = anf_onnx_store_get (self->body->store, n * sizeof *attr->ints);
  attr->n_ints = n;
  memcpy (attr->ints, values, n * sizeof *values);
}

/* ---------------------------------------------------------------- constants */

static AnfOnnxTerm
constant (AnfOnnxSay *self, int elem, guint rank, const gint64 *dim, gsize each,
          gconstpointer values)
{
  AnfOnnxStore *store = self->body->store;
  Onnx__TensorProto *tensor = anf_onnx_store_get (store, sizeof *tensor);
  gsize n = 1;

  onnx__tensor_proto__init (tensor);
  tensor->data_type = elem;
  tensor->has_data_type = TRUE;
  tensor->dims = anf_onnx_store_get (store, rank * sizeof *tensor->dims);
  tensor->n_dims = rank;
  for (guint i = 0; i < rank; i++)
    n *= tensor->dims[i] = dim[i];
  tensor->raw_data.data = anf_onnx_store_get (store, n * each);
  tensor->raw_data.len = n * each;
  tensor->has_raw_data = TRUE;
  memcpy (tensor->raw_data.data, values, n * each);
  tensor->name = fresh (self);
  g_ptr_array_add (self->body->constants, tensor);
  return tensor->name;
}

AnfOnnxTerm
anf_say_array (AnfOnnxSay *self, guint rank, const gint64 *dim, const float *values)
{
  return constant (self, ONNX_FLOAT, rank, dim, sizeof *values, values);
}

AnfOnnxTerm
anf_say_number (AnfOnnxSay *self, double value)
{
  return anf_say_array (self, 0, NULL, (float[]) { value });
}

AnfOnnxTerm
anf_say_grid (AnfOnnxSay *self, guint rank, const gint64 *dim, const gint64 *values)
{
  return constant (self, ONNX_INT64, rank, dim, sizeof *values, values);
}

AnfOnnxTerm
anf_say_whole (AnfOnnxSay *self, guint n, const gint64 *values)
{
  return anf_say_grid (self, 1, (gint64[]) { n }, values);
}

/* ---------------------------------------------------------------- small sentences */

AnfOnnxTerm
anf_say_shape (AnfOnnxSay *self, AnfOnnxTerm x, guint rank, const gint64 *dim)
{
  return anf_say (self, "Reshape", x, anf_say_whole (self, rank, dim), NULL);
}

AnfOnnxTerm
anf_say_perm (AnfOnnxSay *self, AnfOnnxTerm x, guint rank, const gint64 *perm)
{
  AnfOnnxTerm y = anf_say (self, "Transpose", x, NULL, NULL);

  anf_say_ints (self, "perm", rank, perm);
  return y;
}

/* Sums take their axes as an input since opset 13, the others have them as an attribute. */
AnfOnnxTerm
anf_say_reduce (AnfOnnxSay *self, const char *op, AnfOnnxTerm x, gint64 axis)
{
  gboolean sum = g_str_equal (op, "ReduceSum");
  AnfOnnxTerm y = anf_say (self, op, x, sum ? anf_say_whole (self, 1, &axis) : NULL, NULL);

  if (!sum)
    anf_say_ints (self, "axes", 1, &axis);
  return y;
}
