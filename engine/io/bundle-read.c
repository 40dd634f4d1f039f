/* bundle-read.c - a bundle back to a graph: nothing outside it is read, nothing in it believed. */
#include "run/lower.h"

#include "io/file.h"
#include "io/json.h"
#include "num/half.h"

#include <string.h>

#define FORMAT 1
#define MAX_ELEMENTS (G_GINT64_CONSTANT (1) << 40)

typedef struct
{
  const char *dir;
  JsonObject *manifest;
  GHashTable *blobs;               /* name of a segment -> GBytes */
  GError    **error;
} Reader;

static gboolean
bad (Reader *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
bad (Reader *self, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  return anf_bad_file (self->error, "%s: this bundle is damaged: %s", self->dir, what);
}

/* ---------------------------------------------------------------- JSON, by kind */

static JsonNode *
member (JsonObject *object, const char *key)
{
  return json_object_has_member (object, key) ? json_object_get_member (object, key) : NULL;
}

static const char *
text_of (JsonObject *object, const char *key)
{
  JsonNode *node = member (object, key);

  return node != NULL && anf_json_is_string (node) ? json_node_get_string (node) : NULL;
}

static JsonArray *
array_of (JsonObject *object, const char *key)
{
  JsonNode *node = member (object, key);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static JsonObject *
object_of (JsonObject *object, const char *key)
{
  JsonNode *node = member (object, key);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static gboolean
is_set (JsonObject *object, const char *key)
{
  JsonNode *node = member (object, key);

  return node != NULL && anf_json_is_bool (node) && json_node_get_boolean (node);
}

/* NULL: no object at @i. */
static JsonObject *
element_of (JsonArray *array, guint i)
{
  JsonNode *node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* ---------------------------------------------------------------- files */

/* Only what lies in the bundle itself: no way up, no links. */
static gboolean
is_inside (Reader *self, const char *name)
{
  g_auto(GStrv) parts = g_strsplit (name, "/", -1);
  g_autofree char *path = g_strdup (self->dir);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      g_autofree char *next = NULL;

      if (parts[i][0] == '\0' || g_str_equal (parts[i], ".") || g_str_equal (parts[i], ".."))
        return FALSE;
      next = g_build_filename (path, parts[i], NULL);
      if (g_file_test (next, G_FILE_TEST_IS_SYMLINK))
        return FALSE;
      g_free (path);
      path = g_steal_pointer (&next);
    }
  return parts[0] != NULL;
}

/* The bytes of a file whose checksum is @sum (nullable: not checked). */
static GBytes *
map_file (Reader *self, const char *name, const char *sum)
{
  g_autofree char *path = g_build_filename (self->dir, name, NULL), *found = NULL;
  g_autoptr(GBytes) bytes = NULL;

  if (!is_inside (self, name))
    return bad (self, "\"%s\" is no file inside it", name), NULL;
  if ((bytes = anf_file_map (path, self->error)) == NULL)
    return anf_bad_file_in (self->error, "%s", path), NULL;
  found = sum != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes) : NULL;
  if (sum != NULL && g_strcmp0 (found, sum) != 0)
    return bad (self, "%s is not what was written (its SHA-256 differs)", name), NULL;
  return g_steal_pointer (&bytes);
}

static JsonNode *
parse (Reader *self, GBytes *bytes, const char *name)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  JsonNode *root = anf_json_parse (length > 0 ? text : "", length, self->error);

  if (root == NULL)
    anf_bad_file_in (self->error, "%s/%s", self->dir, name);
  return root;
}

static JsonObject *
read_manifest (Reader *self)
{
  g_autoptr(GBytes) bytes = map_file (self, "manifest.json", NULL);
  g_autoptr(JsonNode) root = NULL;
  gint64 format = 0;

  if (bytes == NULL || (root = parse (self, bytes, "manifest.json")) == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (root)
      || member (json_node_get_object (root), "format") == NULL
      || !anf_json_to_int (member (json_node_get_object (root), "format"), &format))
    return bad (self, "manifest.json is no manifest"), NULL;
  if (format != FORMAT)
    return anf_bad_file (self->error, "%s: this bundle was made by a newer version (format %"
                         G_GINT64_FORMAT ")", self->dir, format), NULL;
  return json_object_ref (json_node_get_object (root));
}

/* Every listed file is there and what was written; blobs are kept. */
static gboolean
read_segment (Reader *self, JsonObject *segment)
{
  const char *name = text_of (segment, "name");
  JsonArray *files = array_of (segment, "files");
  JsonObject *sums = object_of (segment, "sha256");

  if (name == NULL || files == NULL || sums == NULL)
    return bad (self, "a segment has no name, files or checksums");
  for (guint i = 0; i < json_array_get_length (files); i++)
    {
      JsonNode *node = json_array_get_element (files, i);
      const char *file = anf_json_is_string (node) ? json_node_get_string (node) : NULL;
      const char *sum = file != NULL ? text_of (sums, file) : NULL;
      g_autoptr(GBytes) bytes = NULL;

      if (sum == NULL)
        return bad (self, "a file of segment \"%s\" has no checksum", name);
      if ((bytes = map_file (self, file, sum)) == NULL)
        return FALSE;
      if (!g_str_has_suffix (file, ".bin"))
        continue;
      if (!anf_mil_blob_check (bytes, NULL, self->error))
        return anf_bad_file_in (self->error, "%s/%s", self->dir, file);
      g_hash_table_replace (self->blobs, g_strdup (name), g_steal_pointer (&bytes));
    }
  return TRUE;
}

static gboolean
read_segments (Reader *self)
{
  JsonArray *segments = array_of (self->manifest, "segments");

  if (segments == NULL)
    return bad (self, "it lists no segments");
  for (guint i = 0; i < json_array_get_length (segments); i++)
    if (element_of (segments, i) == NULL)
      return bad (self, "segment %u is no object", i);
    else if (!read_segment (self, element_of (segments, i)))
      return FALSE;
  return TRUE;
}

/* ---------------------------------------------------------------- the graph without its weights */

/* What no output needs was not compiled, so its weights are nowhere. */
static AnfGraph *
without_dead_nodes (const AnfGraph *graph)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);
  g_autoptr(GHashTable) live = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->outputs->len; i++)
    g_hash_table_add (live, GSIZE_TO_POINTER (g_array_index (graph->outputs, AnfOutput,
                                                            i).from.node));
  for (guint i = graph->nodes->len; i-- > 0;)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      /* A port stays, though nothing may read it. */
      if (!g_hash_table_contains (live, GSIZE_TO_POINTER (node->id)) && node->op->feed == NULL)
        anf_graph_builder_remove (builder, node->id);
      else
        for (guint j = 0; j < node->n_in; j++)
          g_hash_table_add (live, GSIZE_TO_POINTER (node->in[j].node));
    }
  return anf_graph_builder_end (builder, NULL);
}

static AnfGraph *
read_graph (Reader *self)
{
  const char *sum = text_of (self->manifest, "document_sha256");
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *bare = NULL;
  g_autoptr(AnfGraph) graph = NULL;

  if (sum == NULL)
    return bad (self, "the document has no checksum"), NULL;
  if ((bytes = map_file (self, "graph.anf", sum)) == NULL
      || (root = parse (self, bytes, "graph.anf")) == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return bad (self, "graph.anf is no document"), NULL;

  /* Its weights are in the bundle; the files the document names are outside and stay closed. */
  json_object_remove_member (json_node_get_object (root), "weights");
  bare = anf_json_print_line (root);
  if ((graph = anf_document_parse (bare, strlen (bare), NULL, self->error)) == NULL)
    return anf_bad_file_in (self->error, "%s/graph.anf", self->dir), NULL;
  return without_dead_nodes (graph);
}

/* ---------------------------------------------------------------- weights */

static gboolean
read_shape (Reader *self, JsonObject *weight, guint *rank, gint64 *shape)
{
  JsonArray *list = array_of (weight, "shape");
  gint64 n = 1;

  if (list == NULL || json_array_get_length (list) > ANF_MAX_TENSOR_RANK)
    return FALSE;
  *rank = json_array_get_length (list);
  for (guint i = 0; i < *rank; i++)
    {
      if (!anf_json_to_int (json_array_get_element (list, i), &shape[i]) || shape[i] < 1
          || shape[i] > MAX_ELEMENTS / n)
        return FALSE;
      n *= shape[i];
    }
  return TRUE;
}

static gboolean
read_part (Reader *self, GBytes *blob, JsonNode *offset, AnfMilData *part)
{
  AnfMilRecord record;
  gint64 at;

  if (!anf_json_to_int (offset, &at) || at < 0)
    return FALSE;
  if (!anf_mil_blob_read (blob, at, &record, NULL))
    return FALSE;
  part->bytes = g_bytes_new_from_bytes (blob, record.data
                                        - (const guint8 *) g_bytes_get_data (blob, NULL),
                                        record.size);
  anf_mil_type_init (&part->type, record.dtype, 1, &(gint64) { record.n_elements });
  return TRUE;
}

static gsize
ones_in (GBytes *mask, gsize n)
{
  const guint8 *bits = g_bytes_get_data (mask, NULL);
  gsize count = 0;

  for (gsize i = 0; i < n; i++)
    count += bits[i / 8] >> i % 8 & 1;
  return count;
}

/* Whether the parts have the types and sizes the encoding of this shape has; the second part of
 * blockwise gets its shape here. */
static gboolean
parts_fit (AnfMilWeight *weight)
{
  static const AnfMilDtype want[ANF_N_ENCODINGS][ANF_MIL_MAX_PARTS] = {
    [ANF_FP16] = { ANF_MIL_FP16 }, [ANF_INT8] = { ANF_MIL_INT8, ANF_MIL_FP16 },
    [ANF_INT4] = { ANF_MIL_UINT4, ANF_MIL_FP16 }, [ANF_SPARSE] = { ANF_MIL_FP16, ANF_MIL_UINT1 },
    [ANF_BLOCKWISE] = { ANF_MIL_INT8, ANF_MIL_FP16 },
  };
  gint64 n = anf_mil_type_elements (&weight->type), size[ANF_MIL_MAX_PARTS] = { 0 };
  gboolean whole = weight->type.dtype == ANF_MIL_FP32;
  gint64 rows = weight->type.rank > 0 ? weight->type.dim[0] : 1;

  for (guint i = 0; i < ANF_MIL_MAX_PARTS; i++)
    if (weight->part[i].bytes != NULL)
      {
        if (weight->part[i].type.dtype != (whole ? ANF_MIL_FP32 : want[weight->encoding][i]))
          return FALSE;
        size[i] = weight->part[i].type.dim[0];
      }
  switch (weight->encoding)
    {
    case ANF_FP16:   return size[0] == n;
    case ANF_INT8:   return size[0] == n && size[1] == rows;
    case ANF_INT4:   return size[0] == n && size[1] == 16;
    case ANF_SPARSE: return size[1] == n && (gsize) size[0] == ones_in (weight->part[1].bytes, n);
    default:         return size[0] == n && size[1] > 0 && n % size[1] == 0
                            && anf_block_scales (&weight->type, n / size[1],
                                                 &weight->part[1].type);
    }
}

static void
clear_weight (AnfMilWeight *weight)
{
  for (guint i = 0; i < ANF_MIL_MAX_PARTS; i++)
    g_clear_pointer (&weight->part[i].bytes, g_bytes_unref);
}

/* Fills @weight, stored in the shape of @type. */
static gboolean
read_parts (Reader *self, JsonObject *entry, AnfMilWeight *weight)
{
  JsonArray *places = array_of (entry, "places"), *offsets = NULL;
  JsonObject *place = places != NULL && json_array_get_length (places) > 0
                      ? element_of (places, 0) : NULL;
  const char *encoding = text_of (entry, "encoding");
  GBytes *blob = place != NULL && text_of (place, "segment") != NULL
                 ? g_hash_table_lookup (self->blobs, text_of (place, "segment")) : NULL;
  guint n;

  /* On the host there are the numbers themselves. */
  if (g_strcmp0 (encoding, "fp32") == 0)
    {
      weight->type.dtype = ANF_MIL_FP32;
      encoding = "fp16";
    }
  if (encoding == NULL || !anf_encoding_from_name (encoding, &weight->encoding)
      || weight->encoding >= ANF_N_ENCODINGS || blob == NULL
      || (offsets = array_of (place, "offsets")) == NULL)
    return FALSE;
  n = json_array_get_length (offsets);
  if (n != (weight->encoding == ANF_FP16 ? 1 : ANF_MIL_MAX_PARTS))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!read_part (self, blob, json_array_get_element (offsets, i), &weight->part[i]))
      return FALSE;
  return parts_fit (weight);
}

/* The decoded numbers, which are fp16 but on the host, in the layout of the document. */
static AnfTensor *
decoded (const AnfMilWeight *weight, gboolean transposed)
{
  gsize n = anf_mil_type_elements (&weight->type);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(AnfTensor) tensor = NULL;
  gboolean whole = weight->type.dtype == ANF_MIL_FP32;

  if (whole)
    bytes = g_bytes_ref (weight->part[0].bytes);
  else
    {
      g_autofree float *values = g_new (float, n);
      guint16 *halves = g_new (guint16, n);
      g_auto(AnfDecoder) decoder;

      anf_decoder_init (&decoder, weight);
      anf_decoder_next (&decoder, n, values);
      anf_half_encode (values, n, halves);
      bytes = g_bytes_new_take (halves, n * sizeof *halves);
    }
  tensor = anf_tensor_new (whole ? ANF_F32 : ANF_F16, weight->type.rank, weight->type.dim, bytes);
  return transposed ? anf_tensor_transposed (tensor) : g_steal_pointer (&tensor);
}

static AnfTensor *
read_tensor (Reader *self, JsonObject *entry, gboolean transposed)
{
  AnfMilWeight weight = { 0 };
  AnfTensor *tensor = NULL;
  gint64 shape[ANF_MAX_TENSOR_RANK];
  guint rank;

  if (!read_shape (self, entry, &rank, shape) || (transposed && rank != 2))
    return NULL;
  if (transposed)
    {
      gint64 swap = shape[0];

      shape[0] = shape[1];
      shape[1] = swap;
    }
  anf_mil_type_init (&weight.type, ANF_MIL_FP16, rank, shape);
  if (read_parts (self, entry, &weight))
    tensor = decoded (&weight, transposed);
  clear_weight (&weight);
  return tensor;
}

/* Each role gets a weight of its own: two nodes may have encoded one table entry differently. */
static gboolean
add_weight (Reader *self, AnfGraphBuilder *builder, const AnfGraph *graph, JsonObject *entry)
{
  const char *name = text_of (entry, "node"), *role = text_of (entry, "role");
  const AnfNode *node = name != NULL ? anf_graph_find_name (graph, name) : NULL;
  g_autofree char *own = g_strdup_printf ("%s.%s", name, role);
  g_autoptr(AnfTensor) tensor = NULL;
  g_autoptr(AnfWeight) weight = NULL;

  if (node == NULL || role == NULL || anf_op_find_role (node->op, role) < 0)
    return bad (self, "it has a weight for a node that is not there");
  tensor = read_tensor (self, entry, is_set (entry, "transposed"));
  if (tensor == NULL)
    return bad (self, "the weight \"%s\" of %s is not where the manifest says", role, name);
  weight = anf_weight_new_values (own, tensor);
  anf_graph_builder_put_weight (builder, weight);
  anf_graph_builder_set_weight (builder, node->id, role, own);
  anf_graph_builder_unset_encoding (builder, node->id, role);
  /* What is there is decoded: no level may encode it again, which would change it. */
  if (node->op->role[anf_op_find_role (node->op, role)].flags & ANF_ENCODABLE)
    anf_graph_builder_set_encoding (builder, node->id, role, ANF_FP16);
  return TRUE;
}

static gboolean
add_weights (Reader *self, AnfGraphBuilder *builder, const AnfGraph *graph)
{
  JsonArray *weights = array_of (self->manifest, "weights");

  for (guint i = 0; weights != NULL && i < json_array_get_length (weights); i++)
    if (element_of (weights, i) == NULL)
      return bad (self, "weight %u is no object", i);
    else if (!add_weight (self, builder, graph, element_of (weights, i)))
      return FALSE;
  return weights != NULL || bad (self, "it lists no weights");
}

/* ---------------------------------------------------------------- settings */

static gboolean
read_settings (Reader *self, AnfSettings *settings)
{
  JsonObject *options = object_of (self->manifest, "options");
  const char *target = text_of (self->manifest, "target");
  const char *compress = options != NULL ? text_of (options, "compress") : NULL;
  JsonNode *atol = options != NULL ? member (options, "atol") : NULL;
  JsonNode *block = options != NULL ? member (options, "block_size") : NULL;
  gint64 size;

  if (target == NULL || anf_arch_family (target) == 0 || compress == NULL
      || !anf_encoding_from_name (compress, &settings->compress)
      || atol == NULL || !anf_json_is_number (atol)
      || block == NULL || !anf_json_to_int (block, &size) || size < 1 || size > G_MAXINT)
    return bad (self, "its target or options cannot be read");
  settings->target = g_intern_string (target);
  settings->opt = g_intern_string (text_of (options, "opt"));
  settings->atol = json_node_get_double (atol);
  settings->block_size = size;
  return TRUE;
}

static AnfGraph *
load (Reader *self, AnfSettings *settings)
{
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfGraphBuilder) builder = NULL;
  const char *variant;
  AnfSettings own;

  if ((self->manifest = read_manifest (self)) == NULL || !read_settings (self, settings)
      || !read_segments (self) || (graph = read_graph (self)) == NULL)
    return NULL;
  builder = anf_graph_builder_new (graph);
  if (!add_weights (self, builder, graph))
    return NULL;
  own = *settings;
  own.compress = ANF_FP16;         /* what is there is decoded; encoding it again would change it */
  variant = text_of (object_of (self->manifest, "options"), "variant");
  if (variant != NULL)
    own.opt = g_intern_string (variant);   /* what was found best is not sought again */
  anf_graph_builder_set_settings (builder, &own);
  return anf_graph_builder_end (g_steal_pointer (&builder), self->error);
}

AnfGraph *
anf_bundle_load (const char *dir, AnfSettings *compiled, GError **error)
{
  Reader self = { .dir = dir, .error = error };
  AnfSettings settings;
  AnfGraph *graph;

  self.blobs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                      (GDestroyNotify) g_bytes_unref);
  graph = load (&self, &settings);
  g_hash_table_unref (self.blobs);
  g_clear_pointer (&self.manifest, json_object_unref);
  if (graph != NULL && compiled != NULL)
    *compiled = settings;
  return graph;
}
