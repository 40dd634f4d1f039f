/* safetensors.c - Hugging Face's format: a length, a JSON table of contents, the numbers. */
#include "io/file.h"
#include "io/json.h"
#include "io/tensors.h"

#include <string.h>

#define MAX_HEADER 100000000       /* the format's own limit */

static const struct { const char *name; AnfDtype dtype; } dtypes[] = {
  { "F16", ANF_F16 }, { "F32", ANF_F32 }, { "BF16", ANF_BF16 }, { "F64", ANF_F64 },
  { "I8", ANF_I8 }, { "I16", ANF_I16 }, { "I32", ANF_I32 }, { "I64", ANF_I64 },
  { "U8", ANF_U8 }, { "U16", ANF_U16 }, { "U32", ANF_U32 }, { "U64", ANF_U64 },
  { "BOOL", ANF_BOOL },
};

typedef struct
{
  char     problem[64];            /* why it cannot be read; empty: it can */
  AnfDtype dtype;
  guint    rank;
  gint64   shape[ANF_MAX_TENSOR_RANK];
  gsize    begin, size;            /* in the file */
} Place;

typedef struct { gsize begin, end; const char *name; } Span;

static AnfTensor *
load (AnfTensors *self, gconstpointer data, GError **error)
{
  const Place *place = data;
  g_autoptr(GBytes) bytes = NULL;

  if (place->problem[0] != '\0')
    return anf_bad_file (error, "%s", place->problem), NULL;
  bytes = anf_tensors_slice (self, place->begin, place->size);
  return anf_tensor_new (place->dtype, place->rank, place->shape, bytes);
}

/* What we do not know of is left out, not the whole file: its problem is told when it is wanted. */
static gboolean
read_dtype (JsonObject *entry, Place *place, GError **error)
{
  JsonNode *node = json_object_get_member (entry, "dtype");

  if (node == NULL || !anf_json_is_string (node))
    return anf_bad_file (error, "no \"dtype\"");
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (g_str_equal (dtypes[i].name, json_node_get_string (node)))
      {
        place->dtype = dtypes[i].dtype;
        return TRUE;
      }
  g_snprintf (place->problem, sizeof place->problem, "numbers of type %.16s are not supported",
              json_node_get_string (node));
  return TRUE;
}

static gboolean
read_shape (JsonObject *entry, Place *place, GError **error)
{
  JsonNode *node = json_object_get_member (entry, "shape");
  JsonArray *shape;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return anf_bad_file (error, "no \"shape\"");
  shape = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (shape); i++)
    {
      gint64 dim;

      if (!anf_json_to_int (json_array_get_element (shape, i), &dim) || dim < 0)
        return anf_bad_file (error, "\"shape\" is not a list of sizes");
      if (i < ANF_MAX_TENSOR_RANK)
        place->shape[i] = dim;
    }
  place->rank = json_array_get_length (shape);
  if (place->rank > ANF_MAX_TENSOR_RANK)
    g_snprintf (place->problem, sizeof place->problem, "it has %u axes, more than %d",
                place->rank, ANF_MAX_TENSOR_RANK);
  return TRUE;
}

static gboolean
read_offsets (JsonObject *entry, gsize room, Span *span, GError **error)
{
  JsonNode *node = json_object_get_member (entry, "data_offsets");
  gint64 offset[2];

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node)
      || json_array_get_length (json_node_get_array (node)) != 2)
    return anf_bad_file (error, "no \"data_offsets\"");
  for (guint i = 0; i < 2; i++)
    if (!anf_json_to_int (json_array_get_element (json_node_get_array (node), i), &offset[i])
        || offset[i] < 0 || (gsize) offset[i] > room)
      return anf_bad_file (error, "\"data_offsets\" lie outside the file");
  if (offset[1] < offset[0])
    return anf_bad_file (error, "\"data_offsets\" end before they begin");
  span->begin = offset[0];
  span->end = offset[1];
  return TRUE;
}

static Place *
read_entry (JsonNode *node, gsize base, gsize room, Span *span, GError **error)
{
  g_autofree Place *place = g_new0 (Place, 1);
  JsonObject *entry;
  gsize bytes;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return anf_bad_file (error, "its entry is not an object"), NULL;
  entry = json_node_get_object (node);
  if (!read_dtype (entry, place, error) || !read_shape (entry, place, error)
      || !read_offsets (entry, room, span, error))
    return NULL;
  place->begin = base + span->begin;
  place->size = span->end - span->begin;
  if (place->problem[0] == '\0'
      && (!anf_shape_bytes (place->dtype, place->rank, place->shape, &bytes)
          || bytes != place->size))
    return anf_bad_file (error, "its shape does not match its %" G_GSIZE_FORMAT " bytes",
                         place->size), NULL;
  return g_steal_pointer (&place);
}

static int
by_begin (gconstpointer a, gconstpointer b)
{
  const Span *x = a, *y = b;

  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  return x->end < y->end ? -1 : x->end > y->end;
}

/* The format wants the numbers back to back, from the header to the end of the file. */
static gboolean
check_spans (GArray *spans, gsize room, GError **error)
{
  gsize at = 0;

  g_array_sort (spans, by_begin);
  for (guint i = 0; i < spans->len; i++)
    {
      const Span *span = &g_array_index (spans, Span, i);

      if (span->begin < at)
        return anf_bad_file (error, "tensor \"%s\": its bytes overlap another tensor's",
                             span->name);
      if (span->begin > at)
        return anf_bad_file (error, "tensor \"%s\": a gap of %" G_GSIZE_FORMAT
                             " bytes lies before it", span->name, span->begin - at);
      at = span->end;
    }
  if (at != room)
    return anf_bad_file (error, "%" G_GSIZE_FORMAT " bytes after the last tensor", room - at);
  return TRUE;
}

static gboolean
read_table (AnfTensors *self, JsonObject *table, gsize base, gsize room, GError **error)
{
  g_autoptr(GArray) spans = g_array_new (FALSE, FALSE, sizeof (Span));
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, table);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      Span span = { .name = name };
      Place *place;

      if (g_str_equal (name, "__metadata__"))
        continue;
      if ((place = read_entry (node, base, room, &span, error)) == NULL)
        return anf_bad_file_in (error, "tensor \"%s\"", name);
      anf_tensors_expect (self, name, load, place);
      g_array_append_val (spans, span);
    }
  return check_spans (spans, room, error);
}

gboolean
anf_safetensors_scan (AnfTensors *self, GError **error)
{
  g_autoptr(JsonNode) root = NULL;
  gsize size;
  const guint8 *data = anf_tensors_data (self, &size);
  guint64 length;

  if (size < sizeof length)
    return anf_bad_file (error, "too short for a safetensors file");
  memcpy (&length, data, sizeof length);
  if (length > size - sizeof length || length > MAX_HEADER)
    return anf_bad_file (error, "header: %" G_GUINT64_FORMAT " bytes long, more than there are",
                         length);
  if ((root = anf_json_parse ((const char *) data + sizeof length, length, error)) == NULL)
    return anf_bad_file_in (error, "header");
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return anf_bad_file (error, "header: not a JSON object");
  return read_table (self, json_node_get_object (root), sizeof length + length,
                     size - sizeof length - length, error);
}

static const char *
dtype_name (AnfDtype dtype)
{
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (dtypes[i].dtype == dtype)
      return dtypes[i].name;
  g_assert_not_reached ();
}

static JsonNode *
write_entry (const AnfTensor *tensor, gsize *offset)
{
  JsonObject *entry = json_object_new ();
  JsonArray *shape = json_array_new (), *span = json_array_new ();
  JsonNode *node;

  for (guint i = 0; i < anf_tensor_rank (tensor); i++)
    json_array_add_int_element (shape, anf_tensor_dim (tensor, i));
  json_array_add_int_element (span, *offset);
  *offset += g_bytes_get_size (anf_tensor_bytes (tensor));
  json_array_add_int_element (span, *offset);
  json_object_set_string_member (entry, "dtype", dtype_name (anf_tensor_dtype (tensor)));
  json_object_set_array_member (entry, "shape", shape);
  json_object_set_array_member (entry, "data_offsets", span);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, entry);
  return node;
}

gboolean
anf_safetensors_save (const char *path, AnfTensors *tensors, GError **error)
{
  g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func ((GDestroyNotify) anf_tensor_unref);
  g_autoptr(JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autoptr(JsonObject) table = json_object_new ();
  g_autofree char *header = NULL;
  AnfFileWriter *writer;
  gsize offset = 0;
  guint64 length;

  json_node_set_object (root, table);
  for (guint i = 0; i < anf_tensors_n (tensors); i++)
    {
      const char *name = anf_tensors_nth_name (tensors, i);
      AnfTensor *tensor = anf_tensors_get (tensors, name, error);

      if (tensor == NULL)
        return FALSE;
      g_ptr_array_add (held, tensor);
      json_object_set_member (table, name, write_entry (tensor, &offset));
    }
  if ((writer = anf_file_writer_new (path, error)) == NULL)
    return FALSE;
  header = anf_json_print_line (root);
  length = (strlen (header) + 7) / 8 * 8;     /* the numbers begin aligned */
  anf_file_writer_put (writer, &length, sizeof length);
  anf_file_writer_put (writer, header, strlen (header));
  anf_file_writer_put (writer, "        ", length - strlen (header));
  for (guint i = 0; i < held->len; i++)
    {
      GBytes *bytes = anf_tensor_bytes (g_ptr_array_index (held, i));

      anf_file_writer_put (writer, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    }
  return anf_file_writer_end (writer, error);
}
