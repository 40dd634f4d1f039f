/* attr.c - what a node of the model says: attributes, and inputs that are constants. */
#include "io/onnx/onnx.h"

#include <math.h>
#include <string.h>

const Onnx__AttributeProto *
anf_onnx_attr (const AnfOnnxNode *node, const char *name)
{
  for (gsize i = 0; i < node->proto->n_attribute; i++)
    if (g_strcmp0 (node->proto->attribute[i]->name, name) == 0)
      return node->proto->attribute[i];
  return NULL;
}

gint64
anf_onnx_int (const AnfOnnxNode *node, const char *name, gint64 preset)
{
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, name);

  return attr != NULL && attr->has_i ? attr->i : preset;
}

double
anf_onnx_real (const AnfOnnxNode *node, const char *name, double preset)
{
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, name);

  return attr != NULL && attr->has_f ? attr->f : preset;
}

gboolean
anf_onnx_text_is (const AnfOnnxNode *node, const char *name, const char *text, const char *preset)
{
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, name);

  if (attr == NULL || !attr->has_s)
    return g_strcmp0 (text, preset) == 0;
  return attr->s.len == strlen (text) && memcmp (attr->s.data, text, attr->s.len) == 0;
}

gboolean
anf_onnx_list (const AnfOnnxNode *node, const char *name, gint64 *out, guint *n)
{
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, name);

  *n = attr != NULL ? attr->n_ints : 0;
  for (guint i = 0; i < MIN (*n, ANF_MAX_TENSOR_RANK); i++)
    out[i] = attr->ints[i];
  return attr != NULL;
}

gboolean
anf_onnx_ints (AnfOnnx *self, const AnfOnnxNode *node, const char *name, guint want, gint64 preset,
               gint64 *out)
{
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, name);

  if (attr != NULL && attr->n_ints != want)
    {
      anf_onnx_refuse (self, "\"%s\" has %" G_GSIZE_FORMAT " numbers, not %u", name, attr->n_ints,
                       want);
      return FALSE;
    }
  for (guint i = 0; i < want; i++)
    out[i] = attr != NULL ? attr->ints[i] : preset;
  return TRUE;
}

AnfOnnxValue *
anf_onnx_in (const AnfOnnxNode *node, guint i)
{
  return i < node->n_in ? node->in[i] : NULL;
}

static gint64
whole (double value)
{
  if (!(value > -0x1p63))
    return G_MININT64;
  return value >= 0x1p63 ? G_MAXINT64 : (gint64) value;
}

gboolean
anf_onnx_numbers (AnfOnnx *self, const AnfOnnxValue *value, const char *what, guint max,
                  gint64 *out, guint *n)
{
  double number;

  *n = 0;
  if (value == NULL || value->tensor == NULL)
    {
      anf_onnx_refuse (self, "\"%s\" is computed in a run; it has to be a constant", what);
      return FALSE;
    }
  if (anf_tensor_elements (value->tensor) > max)
    {
      anf_onnx_refuse (self, "\"%s\" has %" G_GSIZE_FORMAT " numbers; %u are the most", what,
                       anf_tensor_elements (value->tensor), max);
      return FALSE;
    }
  for (; *n < anf_tensor_elements (value->tensor); (*n)++)
    {
      anf_tensor_read_double (value->tensor, *n, 1, &number);
      out[*n] = whole (number);
    }
  return TRUE;
}

gboolean
anf_onnx_number (AnfOnnx *self, const AnfOnnxValue *value, const char *what, double *out)
{
  if (value == NULL || value->tensor == NULL || anf_tensor_elements (value->tensor) != 1)
    {
      anf_onnx_refuse (self, "\"%s\" has to be one constant number", what);
      return FALSE;
    }
  anf_tensor_read_double (value->tensor, 0, 1, out);
  return TRUE;
}

gboolean
anf_onnx_axis (AnfOnnx *self, gint64 axis, guint rank, guint *out)
{
  if (axis < -(gint64) rank || axis >= (gint64) rank)
    {
      anf_onnx_refuse (self, "axis %" G_GINT64_FORMAT " of a value with %u axes", axis, rank);
      return FALSE;
    }
  *out = axis < 0 ? axis + rank : axis;
  return TRUE;
}
