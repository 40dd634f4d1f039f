/* tensor.c - numbers of the model as tensors: in the file, the message, or a file beside it. */
#include "io/onnx/onnx.h"

#include "io/file.h"
#include "io/tensors.h"

#include <string.h>

static gboolean
dtype_of (int elem, AnfDtype *dtype)
{
  static const int table[][2] = {
    { ONNX_FLOAT, ANF_F32 }, { ONNX_UINT8, ANF_U8 }, { ONNX_INT8, ANF_I8 },
    { ONNX_UINT16, ANF_U16 }, { ONNX_INT16, ANF_I16 }, { ONNX_INT32, ANF_I32 },
    { ONNX_INT64, ANF_I64 }, { ONNX_BOOL, ANF_BOOL }, { ONNX_FLOAT16, ANF_F16 },
    { ONNX_DOUBLE, ANF_F64 }, { ONNX_UINT32, ANF_U32 }, { ONNX_UINT64, ANF_U64 },
    { ONNX_BFLOAT16, ANF_BF16 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (table[i][0] == elem)
      {
        *dtype = table[i][1];
        return TRUE;
      }
  return FALSE;
}

static const char *
entry (const Onnx__TensorProto *proto, const char *key)
{
  for (gsize i = 0; i < proto->n_external_data; i++)
    if (g_strcmp0 (proto->external_data[i]->key, key) == 0)
      return proto->external_data[i]->value;
  return NULL;
}

/* A file in the folder of the model or below it, reached without links or steps up. */
static GBytes *
map_external (AnfOnnx *self, const char *location, GError **error)
{
  g_autofree char *path = NULL;
  g_auto(GStrv) steps = NULL;
  GString *so_far;
  GBytes *bytes;

  if (location == NULL || location[0] == '\0' || g_path_is_absolute (location)
      || strchr (location, '\\') != NULL)
    {
      anf_bad_file (error, "external data at \"%s\", which is outside the model's folder",
                    location != NULL ? location : "");
      return NULL;
    }
  steps = g_strsplit (location, "/", -1);
  so_far = g_string_new (self->folder);
  for (guint i = 0; steps[i] != NULL; i++)
    {
      g_string_append_printf (so_far, "/%s", steps[i]);
      if (g_str_equal (steps[i], "..") || g_file_test (so_far->str, G_FILE_TEST_IS_SYMLINK))
        {
          anf_bad_file (error, "external data at \"%s\", which may lead out of the model's folder",
                        location);
          g_string_free (so_far, TRUE);
          return NULL;
        }
    }
  path = g_string_free (so_far, FALSE);
  bytes = g_hash_table_lookup (self->external, path);
  if (bytes == NULL && (bytes = anf_file_map (path, error)) != NULL)
    g_hash_table_insert (self->external, g_steal_pointer (&path), bytes);
  return bytes != NULL ? g_bytes_ref (bytes) : NULL;
}

static gboolean
offset_of (const Onnx__TensorProto *proto, const char *key, guint64 preset, guint64 *out)
{
  const char *text = entry (proto, key);

  *out = preset;
  return text == NULL || g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, out, NULL);
}

static GBytes *
external_bytes (AnfOnnx *self, const Onnx__TensorProto *proto, gsize size, GError **error)
{
  g_autoptr(GBytes) file = map_external (self, entry (proto, "location"), error);
  guint64 offset, length;

  if (file == NULL)
    return NULL;
  if (!offset_of (proto, "offset", 0, &offset) || !offset_of (proto, "length", size, &length)
      || length != size || offset > g_bytes_get_size (file)
      || size > g_bytes_get_size (file) - offset)
    {
      anf_bad_file (error, "its external data are not %" G_GSIZE_FORMAT " bytes inside \"%s\"",
                    size, entry (proto, "location"));
      return NULL;
    }
  return g_bytes_new_from_bytes (file, offset, size);
}

static GBytes *
raw_bytes (AnfOnnx *self, const Onnx__TensorProto *proto, gboolean mapped)
{
  guint64 place[2];

  if (!mapped || proto->raw_data.len != sizeof place)
    return g_bytes_new (proto->raw_data.data, proto->raw_data.len);
  memcpy (place, proto->raw_data.data, sizeof place);
  return g_bytes_new_from_bytes (self->file, place[0], place[1]);
}

/* What stands number by number in the message. int32_data serves all small types: as integers, or
 * as the bits of half floats. */
static GBytes *
listed_bytes (const Onnx__TensorProto *proto, AnfDtype dtype)
{
  gsize size = anf_dtype_size (dtype);
  GByteArray *narrow;

  switch (dtype)
    {
    case ANF_F32:
      return g_bytes_new (proto->float_data, proto->n_float_data * size);
    case ANF_F64:
      return g_bytes_new (proto->double_data, proto->n_double_data * size);
    case ANF_I64:
      return g_bytes_new (proto->int64_data, proto->n_int64_data * size);
    case ANF_U64:
      return g_bytes_new (proto->uint64_data, proto->n_uint64_data * size);
    case ANF_U32:
      narrow = g_byte_array_new ();
      for (gsize i = 0; i < proto->n_uint64_data; i++)
        g_byte_array_append (narrow, (const guint8 *) &proto->uint64_data[i], size);
      return g_byte_array_free_to_bytes (narrow);
    default:
      narrow = g_byte_array_new ();
      for (gsize i = 0; i < proto->n_int32_data; i++)
        g_byte_array_append (narrow, (const guint8 *) &proto->int32_data[i], size);
      return g_byte_array_free_to_bytes (narrow);
    }
}

AnfTensor *
anf_onnx_tensor (AnfOnnx *self, const Onnx__TensorProto *proto, gboolean mapped, GError **error)
{
  g_autoptr(GBytes) bytes = NULL;
  AnfDtype dtype;
  gsize size;

  if (!dtype_of (proto->data_type, &dtype))
    {
      anf_bad_file (error, "numbers of type %d, which is not known here", proto->data_type);
      return NULL;
    }
  if (proto->n_dims > ANF_MAX_TENSOR_RANK
      || !anf_shape_bytes (dtype, proto->n_dims, proto->dims, &size))
    {
      anf_bad_file (error, "a shape of %" G_GSIZE_FORMAT " axes that no tensor can have",
                    proto->n_dims);
      return NULL;
    }
  if (proto->data_location == 1)
    bytes = external_bytes (self, proto, size, error);
  else if (proto->has_raw_data)
    bytes = raw_bytes (self, proto, mapped);
  else
    bytes = listed_bytes (proto, dtype);
  if (bytes == NULL)
    return NULL;
  if (g_bytes_get_size (bytes) != size)
    {
      anf_bad_file (error, "%" G_GSIZE_FORMAT " bytes of numbers; its shape takes %"
                    G_GSIZE_FORMAT, g_bytes_get_size (bytes), size);
      return NULL;
    }
  return anf_tensor_new (dtype, proto->n_dims, proto->dims, bytes);
}
