/* net.c - the words in which architectures are written down: nodes with names, weights from a table
 * of tensors or from a seed. */
#include "io/hub/hub.h"

#include "core/op.h"

#include <math.h>
#include <string.h>

void
anf_net_init (AnfNet *self, AnfTensors *tensors, const char *path, const char *prefix)
{
  *self = (AnfNet) { .builder = anf_graph_builder_new (NULL), .tensors = tensors, .path = path,
                     .prefix = g_strdup (prefix != NULL ? prefix : "") };
}

AnfGraph *
anf_net_end (AnfNet *self, const char *title, GError **error)
{
  AnfGraph *graph = NULL;

  if (self->error == NULL)
    {
      anf_graph_builder_set_title (self->builder, title);
      graph = anf_graph_builder_end (self->builder, error);
    }
  else
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      anf_graph_builder_free (self->builder);
    }
  g_free (self->prefix);
  g_free (self->group);
  return graph;
}

void
anf_net_fail (AnfNet *self, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list args;

  if (self->error != NULL)
    return;
  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  anf_bad_file (&self->error, "%s: %s", self->path != NULL ? self->path : "template", why);
}

void
anf_net_group (AnfNet *self, const char *format, ...)
{
  va_list args;

  g_free (self->group);
  va_start (args, format);
  self->group = g_strdup_vprintf (format, args);
  va_end (args);
}

/* ---------------------------------------------------------------- nodes */

static void
name_node (AnfNet *self, AnfId id, const char *name)
{
  if (anf_graph_builder_set_name (self->builder, id, name))
    return;
  for (guint i = 2;; i++)
    {
      g_autofree char *other = g_strdup_printf ("%s_%u", name, i);

      if (anf_graph_builder_set_name (self->builder, id, other))
        return;
    }
}

AnfRef
anf_net_node (AnfNet *self, const char *op, const char *name, AnfRef x, AnfRef y)
{
  AnfId id;

  if (self->error != NULL)
    return ANF_NONE;
  id = anf_graph_builder_add (self->builder, anf_op_lookup (op));
  name_node (self, id, name);
  if (self->group != NULL && self->group[0] != '\0')
    anf_graph_builder_set_group (self->builder, id, self->group);
  if (x.node != 0)
    anf_graph_builder_connect (self->builder, x, id, 0);
  if (y.node != 0)
    anf_graph_builder_connect (self->builder, y, id, 1);
  return (AnfRef) { id, 0 };
}

void
anf_net_connect (AnfNet *self, AnfRef node, guint port, AnfRef from)
{
  if (self->error == NULL)
    anf_graph_builder_connect (self->builder, from, node.node, port);
}

static void
set (AnfNet *self, AnfRef node, const char *attr, GVariant *value)
{
  g_autoptr(GVariant) held = g_variant_ref_sink (value);

  if (self->error == NULL)
    anf_graph_builder_set_attr (self->builder, node.node, attr, held);
}

void
anf_net_int (AnfNet *self, AnfRef node, const char *attr, gint64 value)
{
  set (self, node, attr, g_variant_new_int64 (value));
}

void
anf_net_ints (AnfNet *self, AnfRef node, const char *attr, guint n, const gint64 *values)
{
  set (self, node, attr, g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, values, n,
                                                    sizeof *values));
}

void
anf_net_real (AnfNet *self, AnfRef node, const char *attr, double value)
{
  set (self, node, attr, g_variant_new_double (value));
}

void
anf_net_text (AnfNet *self, AnfRef node, const char *attr, const char *value)
{
  set (self, node, attr, g_variant_new_string (value));
}

AnfRef
anf_net_input (AnfNet *self, const char *name, const char *dtype, guint rank, const gint64 *shape)
{
  AnfRef node = anf_net_node (self, "input", name, ANF_NONE, ANF_NONE);

  anf_net_ints (self, node, "shape", rank, shape);
  if (dtype != NULL)
    anf_net_text (self, node, "dtype", dtype);
  return node;
}

AnfRef
anf_net_reshape (AnfNet *self, AnfRef x, guint rank, const gint64 *shape)
{
  AnfRef node = anf_net_node (self, "reshape", "reshape", x, ANF_NONE);

  anf_net_ints (self, node, "shape", rank, shape);
  return node;
}

void
anf_net_output (AnfNet *self, const char *name, AnfRef from)
{
  if (self->error == NULL)
    anf_graph_builder_set_output (self->builder, name, from);
}

/* ---------------------------------------------------------------- tensors */

static gboolean
has_shape (const AnfTensor *tensor, guint rank, const gint64 *shape)
{
  gboolean good = anf_tensor_rank (tensor) == rank;

  for (guint i = 0; good && i < rank; i++)
    good = shape[i] < 0 ? anf_tensor_dim (tensor, i) > 0 : anf_tensor_dim (tensor, i) == shape[i];
  return good;
}

static char *
shape_text (guint rank, const gint64 *shape)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < rank; i++)
    g_string_append_printf (text, shape[i] < 0 ? "%sN" : "%s%" G_GINT64_FORMAT, i > 0 ? "×" : "",
                            shape[i]);
  return g_string_free (text, FALSE);
}

static gboolean
contains (AnfTensors *tensors, const char *name)
{
  for (guint i = 0; i < anf_tensors_n (tensors); i++)
    if (g_str_equal (anf_tensors_nth_name (tensors, i), name))
      return TRUE;
  return FALSE;
}

/* Takes @tensor; what is no F16 or F32 is read as F32. */
static AnfTensor *
as_floats (AnfNet *self, const char *name, AnfTensor *tensor)
{
  g_autoptr(AnfTensor) held = tensor;
  gsize n = anf_tensor_elements (tensor);
  gint64 shape[ANF_MAX_TENSOR_RANK];
  g_autofree float *values = NULL;

  switch (anf_tensor_dtype (tensor))
    {
    case ANF_F16:
    case ANF_F32:
      return g_steal_pointer (&held);
    case ANF_BF16:
    case ANF_F64:
      break;
    default:
      anf_net_fail (self, "tensor \"%s\" holds integers where weights are wanted", name);
      return NULL;
    }
  values = g_new (float, n + 1);
  anf_tensor_read (tensor, 0, n, values);
  for (guint i = 0; i < anf_tensor_rank (tensor); i++)
    shape[i] = anf_tensor_dim (tensor, i);
  return anf_tensor_new_floats (anf_tensor_rank (tensor), shape, values);
}

AnfTensor *
anf_net_find (AnfNet *self, const char *name, guint rank, const gint64 *shape)
{
  g_autofree char *full = g_strconcat (self->prefix, name, NULL);
  g_autofree char *is = NULL, *must = NULL;
  AnfTensor *tensor;

  if (self->error != NULL || self->tensors == NULL || !contains (self->tensors, full)
      || (tensor = anf_tensors_get (self->tensors, full, &self->error)) == NULL)
    return NULL;
  if (shape == NULL || has_shape (tensor, rank, shape))
    return as_floats (self, full, tensor);
  is = anf_tensor_shape_text (tensor);
  must = shape_text (rank, shape);
  anf_net_fail (self, "tensor \"%s\" is %s; this network wants %s", full, is, must);
  anf_tensor_unref (tensor);
  return NULL;
}

AnfTensor *
anf_net_need (AnfNet *self, const char *name, guint rank, const gint64 *shape)
{
  AnfTensor *tensor = anf_net_find (self, name, rank, shape);

  if (tensor == NULL)
    anf_net_fail (self, "there is no tensor \"%s%s\" in it", self->prefix, name);
  return tensor;
}

static AnfTensor *
turned (const AnfTensor *tensor)
{
  gint64 rows = anf_tensor_dim (tensor, 0), columns = anf_tensor_dim (tensor, 1);
  g_autofree float *from = g_new (float, rows * columns + 1);
  float *to = g_new (float, rows * columns + 1);
  g_autoptr(GBytes) bytes = g_bytes_new_take (to, rows * columns * sizeof *to);

  anf_tensor_read (tensor, 0, rows * columns, from);
  for (gint64 i = 0; i < rows; i++)
    for (gint64 j = 0; j < columns; j++)
      to[j * rows + i] = from[i * columns + j];
  return anf_tensor_new (ANF_F32, 2, (gint64[]) { columns, rows }, bytes);
}

static AnfTensor *
rows_of (const AnfTensor *tensor, gint64 begin, guint rank, const gint64 *shape)
{
  gsize row = anf_dtype_size (anf_tensor_dtype (tensor));
  g_autoptr(GBytes) bytes = NULL;

  for (guint i = 1; i < rank; i++)
    row *= shape[i];
  bytes = g_bytes_new_from_bytes (anf_tensor_bytes (tensor), begin * row, shape[0] * row);
  return anf_tensor_new (anf_tensor_dtype (tensor), rank, shape, bytes);
}

/* NULL without an error: there is none of that name. */
static AnfTensor *
find_slice (AnfNet *self, AnfSlice from, guint rank, const gint64 *shape)
{
  const gint64 any[] = { -1, shape[rank - 1] }, flat[] = { -1, -1 };
  g_autoptr(AnfTensor) tensor = NULL, other = NULL;

  tensor = anf_net_find (self, from.name, rank, from.turned ? flat : rank == 1 ? flat : any);
  if (tensor == NULL)
    return NULL;
  if (from.turned)
    {
      other = turned (tensor);
      g_clear_pointer (&tensor, anf_tensor_unref);
      tensor = g_steal_pointer (&other);
    }
  if (from.rows == 0 && has_shape (tensor, rank, shape))
    return g_steal_pointer (&tensor);
  if (from.rows == 0 || (rank == 2 && anf_tensor_dim (tensor, 1) != shape[1])
      || (from.rows > 0 && anf_tensor_dim (tensor, 0) != from.rows)
      || from.begin + shape[0] > anf_tensor_dim (tensor, 0))
    {
      g_autofree char *is = anf_tensor_shape_text (tensor), *must = shape_text (rank, shape);

      anf_net_fail (self, "tensor \"%s%s\" is %s, which does not hold %s", self->prefix,
                    from.name, is, must);
      return NULL;
    }
  return rows_of (tensor, from.begin, rank, shape);
}

/* ---------------------------------------------------------------- weights of nodes */

static void
put (AnfNet *self, AnfRef node, const char *role, AnfWeight *weight)
{
  anf_graph_builder_put_weight (self->builder, weight);
  anf_graph_builder_set_weight (self->builder, node.node, role, anf_weight_name (weight));
  anf_weight_unref (weight);
}

void
anf_net_take (AnfNet *self, AnfRef node, const char *role, const char *name, AnfTensor *tensor)
{
  if (self->error == NULL && tensor != NULL)
    put (self, node, role, anf_weight_new_values (name, tensor));
  g_clear_pointer (&tensor, anf_tensor_unref);
}

void
anf_net_draw (AnfNet *self, AnfRef node, const char *role, const char *name, guint rank,
              const gint64 *shape, const char *init, double scale)
{
  if (self->error == NULL)
    put (self, node, role, anf_weight_new_init (name, init, rank, shape, scale, ++self->seed));
}

void
anf_net_role (AnfNet *self, AnfRef node, const char *role, AnfSlice from, guint rank,
              const gint64 *shape, const char *init, double scale)
{
  g_autofree char *name = from.rows != 0 ? g_strdup_printf ("%s.%s", from.name, role)
                                         : g_strdup (from.name);
  AnfTensor *tensor;

  if (self->tensors == NULL)
    {
      anf_net_draw (self, node, role, name, rank, shape, init, scale);
      return;
    }
  if ((tensor = find_slice (self, from, rank, shape)) == NULL)
    anf_net_fail (self, "there is no tensor \"%s%s\" in it", self->prefix, from.name);
  anf_net_take (self, node, role, name, tensor);
}

AnfRef
anf_net_linear (AnfNet *self, AnfRef x, const char *name, const char *stem, gint64 in, gint64 out,
                gboolean is_turned)
{
  g_autofree char *weight = g_strconcat (stem, ".weight", NULL);
  g_autofree char *bias = g_strconcat (stem, ".bias", NULL);
  AnfRef node = anf_net_node (self, "linear", name, x, ANF_NONE);

  anf_net_role (self, node, "weight", (AnfSlice) { weight, is_turned }, 2,
                (gint64[]) { out, in }, "xavier", 1);
  anf_net_role (self, node, "bias", (AnfSlice) { bias }, 1, &out, "zeros", 1);
  return node;
}

/* Older files call the two numbers gamma and beta, as TensorFlow did. */
AnfRef
anf_net_layer_norm (AnfNet *self, AnfRef x, const char *name, const char *stem, gint64 size,
                    double eps)
{
  static const char *const roles[] = { "gamma", "beta" }, *const names[] = { "weight", "bias" };
  AnfRef node = anf_net_node (self, "layer_norm", name, x, ANF_NONE);

  anf_net_real (self, node, "eps", eps);
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *tensor = g_strconcat (stem, ".", names[i], NULL);
      g_autofree char *old = g_strconcat (stem, ".", roles[i], NULL);
      g_autofree char *full = g_strconcat (self->prefix, old, NULL);
      gboolean is_old = self->tensors != NULL && contains (self->tensors, full);

      anf_net_role (self, node, roles[i], (AnfSlice) { is_old ? old : tensor }, 1, &size,
                    i == 0 ? "ones" : "zeros", 1);
    }
  return node;
}

AnfRef
anf_net_gelu_tanh (AnfNet *self, AnfRef x)
{
  const double twice = 2 * sqrt (2 / G_PI);
  AnfRef y = anf_net_node (self, "square", "gelu_square", x, ANF_NONE);

  y = anf_net_node (self, "linear_activation", "gelu_scale", y, ANF_NONE);
  anf_net_real (self, y, "alpha", twice * 0.044715);
  anf_net_real (self, y, "beta", twice);
  y = anf_net_node (self, "mul", "gelu_slope", y, x);
  y = anf_net_node (self, "sigmoid", "gelu_gate", y, ANF_NONE);
  return anf_net_node (self, "mul", "gelu", x, y);
}

AnfRef
anf_net_activation (AnfNet *self, AnfRef x, const char *kind)
{
  static const struct { const char *kind, *op; } rows[] = {
    { "gelu", "gelu" }, { "gelu_python", "gelu" }, { "relu", "relu" }, { "silu", "silu" },
    { "swish", "silu" }, { "tanh", "tanh" }, { "sigmoid", "sigmoid" },
    { "quick_gelu", "quick_gelu" }, { "relu6", "relu6" },
  };
  static const char *const tanh_kinds[] = { "gelu_new", "gelu_fast", "gelu_pytorch_tanh",
                                            "gelu_accurate", NULL };

  if (g_strv_contains (tanh_kinds, kind))
    return anf_net_gelu_tanh (self, x);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (rows[i].kind, kind))
      return anf_net_node (self, rows[i].op, rows[i].op, x, ANF_NONE);
  anf_net_fail (self, "the activation \"%s\" is not known", kind);
  return ANF_NONE;
}

/* ---------------------------------------------------------------- networks of pictures */

gint64
anf_hub_dim (const AnfHubFile *file, guint axis, const char *format, ...)
{
  g_autofree char *name = NULL, *full = NULL;
  g_autoptr(AnfTensor) tensor = NULL;
  va_list args;

  va_start (args, format);
  name = g_strdup_vprintf (format, args);
  va_end (args);
  full = g_strconcat (file->prefix, name, NULL);
  if (contains (file->tensors, full))
    tensor = anf_tensors_get (file->tensors, full, NULL);
  return tensor != NULL && axis < anf_tensor_rank (tensor) ? anf_tensor_dim (tensor, axis) : 0;
}

AnfRef
anf_net_picture (AnfNet *self, const gint64 *shape, gboolean bytes)
{
  /* Of the training pictures, by channel, for values from 0 to 1. */
  static const double mean[] = { 0.485, 0.456, 0.406 }, std[] = { 0.229, 0.224, 0.225 };
  AnfRef node = bytes ? anf_net_node (self, "image_input", "image", ANF_NONE, ANF_NONE)
                      : anf_net_input (self, "image", NULL, 4, shape);
  double scale[3], bias[3];
  const struct { const char *name; const double *values; } lists[] = {
    { bytes ? "scale" : "mean", bytes ? scale : mean },
    { bytes ? "bias" : "std", bytes ? bias : std },
  };

  for (guint i = 0; i < 3; i++)
    {
      scale[i] = 1 / (255 * std[i]);
      bias[i] = -mean[i] / std[i];
    }
  if (bytes)
    anf_net_ints (self, node, "shape", 4, shape);
  for (guint i = 0; i < G_N_ELEMENTS (lists) && shape[1] == 3 && self->error == NULL; i++)
    {
      GVariant *value = g_variant_new_fixed_array (G_VARIANT_TYPE_DOUBLE, lists[i].values, 3,
                                                   sizeof (double));

      if (bytes)
        set (self, node, lists[i].name, value);
      else
        anf_graph_builder_set_note (self->builder, node.node, lists[i].name, value);
    }
  return node;
}
