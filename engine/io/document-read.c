/* document-read.c - makes a graph of a document: refuses what has no meaning, keeps the unknown. */
#include "io/document.h"
#include "io/file.h"

#define MAX_DOCUMENT ((gsize) 1 << 28)       /* bytes */

/* ---------------------------------------------------------------- members of objects */

const char *
anf_json_get_string (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && anf_json_is_string (node) ? json_node_get_string (node) : NULL;
}

gboolean
anf_reader_get_object (AnfReader *self, JsonObject *in, const char *place,
                       const char *key, JsonObject **object)
{
  JsonNode *node = json_object_get_member (in, key);

  *object = NULL;
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return anf_bad_file (self->error, "%s\"%s\" must be an object", place, key);
  *object = json_node_get_object (node);
  return TRUE;
}

JsonObject *
anf_json_rest_of (JsonObject *object, const char *const *known)
{
  JsonObject *rest = NULL;
  JsonObjectIter iter;
  const char *key;
  JsonNode *value;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &key, &value))
    if (!g_strv_contains (known, key))
      {
        if (rest == NULL)
          rest = json_object_new ();
        json_object_set_member (rest, key, json_node_copy (value));
      }
  return rest;
}

char *
anf_json_extra (JsonObject *extra)
{
  g_autoptr(JsonNode) node = NULL;

  if (extra == NULL)
    return NULL;
  node = json_node_init_object (json_node_alloc (), extra);
  return anf_json_print_line (node);
}

static gboolean
read_outputs (AnfReader *self, JsonObject *root)
{
  JsonObjectIter iter;
  JsonObject *outputs;
  const char *name;
  JsonNode *value;

  if (!anf_reader_get_object (self, root, "", "outputs", &outputs))
    return FALSE;
  if (outputs == NULL)
    return TRUE;
  json_object_iter_init_ordered (&iter, outputs);
  while (json_object_iter_next_ordered (&iter, &name, &value))
    {
      g_autofree char *place = g_strdup_printf ("output \"%s\"", name);
      AnfRef from;

      if (!anf_name_is_valid (name))
        return anf_bad_file (self->error,
                             "outputs: \"%s\" is no name; letters, digits and _ make one", name);
      if (!anf_reader_ref (self, value, place, &from))
        return FALSE;
      anf_graph_builder_set_output (self->builder, name, from);
    }
  return TRUE;
}

/* ---------------------------------------------------------------- settings and gates */

static gboolean
read_opt (AnfReader *self, JsonNode *node, AnfSettings *settings)
{
  static const char *const levels[] = { "0", "1", "2", "routes", NULL };
  const char *text = anf_json_is_string (node) ? json_node_get_string (node) : "";
  gint64 number;

  if (anf_json_to_int (node, &number) && number >= 0 && number <= 2)
    text = levels[number];
  if (g_str_equal (text, "max"))
    text = "2";
  if (!g_strv_contains (levels, text))
    return anf_bad_file (self->error, "compile: \"opt\" must be 0, 1, 2, max or routes");
  settings->opt = g_intern_string (text);
  return TRUE;
}

/* Also one that is not known here: the check says so, and the document opens. */
static gboolean
read_target (AnfReader *self, JsonNode *node, AnfSettings *settings)
{
  const char *name = anf_json_is_string (node) ? json_node_get_string (node) : NULL;

  if (name == NULL)
    return anf_bad_file (self->error, "compile: \"target\" must be the name of an architecture");
  settings->target = g_intern_string (name);
  return TRUE;
}

static gboolean
read_compress (AnfReader *self, JsonNode *node, AnfSettings *settings)
{
  return anf_reader_encoding (self, node, "compile: \"compress\"", &settings->compress);
}

static gboolean
read_atol (AnfReader *self, JsonNode *node, AnfSettings *settings)
{
  if (!anf_json_is_number (node) || json_node_get_double (node) < 0)
    return anf_bad_file (self->error, "compile: \"atol\" must be a number, 0 or more");
  settings->atol = json_node_get_double (node);
  return TRUE;
}

static gboolean
read_block_size (AnfReader *self, JsonNode *node, AnfSettings *settings)
{
  gint64 size;

  if (!anf_json_to_int (node, &size) || size < 1 || size > G_MAXUINT16)
    return anf_bad_file (self->error, "compile: \"block_size\" must be an integer from 1 to %d",
                         G_MAXUINT16);
  settings->block_size = size;
  return TRUE;
}

static gboolean
read_compile (AnfReader *self, JsonObject *root, JsonObject *extra)
{
  static const char *const keys[] = { "target", "opt", "compress", "atol", "block_size", NULL };
  static gboolean (*const read[]) (AnfReader *, JsonNode *, AnfSettings *) =
    { read_target, read_opt, read_compress, read_atol, read_block_size };
  AnfSettings settings = { .opt = "routes", .atol = 0.05, .block_size = 32 };
  JsonObject *object, *rest;

  if (!anf_reader_get_object (self, root, "", "compile", &object))
    return FALSE;
  if (object == NULL)
    return TRUE;
  for (guint i = 0; keys[i] != NULL; i++)
    {
      JsonNode *node = json_object_get_member (object, keys[i]);

      if (node != NULL && !read[i] (self, node, &settings))
        return FALSE;
    }
  anf_graph_builder_set_settings (self->builder, &settings);
  if ((rest = anf_json_rest_of (object, keys)) != NULL)
    json_object_set_object_member (extra, "compile", rest);
  return TRUE;
}

static gboolean
read_gate (AnfReader *self, guint i, JsonNode *node, AnfGate *gate)
{
  static const char *const metrics[] = { "rel_l2", "max_abs", "cosine", "psnr", "top1", NULL };
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *limit;

  if (object == NULL)
    return anf_bad_file (self->error, "gates[%u]: must be an object", i);
  limit = json_object_get_member (object, "limit");
  *gate = (AnfGate) { .output = anf_json_get_string (object, "output"),
                      .metric = anf_json_get_string (object, "metric"),
                      .inputs = anf_json_get_string (object, "inputs") };
  if (gate->output == NULL)
    return anf_bad_file (self->error, "gates[%u]: \"output\" must be the name of an output", i);
  if (gate->metric == NULL || !g_strv_contains (metrics, gate->metric))
    return anf_bad_file (self->error, "gates[%u]: \"metric\" must be rel_l2, max_abs, cosine, "
                         "psnr or top1", i);
  if (limit == NULL || !anf_json_is_number (limit))
    return anf_bad_file (self->error, "gates[%u]: \"limit\" must be a number", i);
  if (gate->inputs == NULL && json_object_has_member (object, "inputs"))
    return anf_bad_file (self->error, "gates[%u]: \"inputs\" must be the name of a .npz file", i);
  gate->limit = json_node_get_double (limit);
  return TRUE;
}

static void
keep_gate (JsonObject *extra, JsonNode *node)
{
  static const char *const keys[] = { "output", "metric", "limit", "inputs", NULL };
  g_autoptr(JsonObject) rest = anf_json_rest_of (json_node_get_object (node), keys);

  if (rest == NULL)
    return;
  if (!json_object_has_member (extra, "gates"))
    json_object_set_array_member (extra, "gates", json_array_new ());
  json_array_add_element (json_object_get_array_member (extra, "gates"), json_node_copy (node));
}

static gboolean
read_gates (AnfReader *self, JsonObject *root, JsonObject *extra)
{
  g_autoptr(GArray) gates = g_array_new (FALSE, FALSE, sizeof (AnfGate));
  JsonNode *list = json_object_get_member (root, "gates");

  if (list == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (list))
    return anf_bad_file (self->error, "\"gates\" must be a list");
  for (guint i = 0; i < json_array_get_length (json_node_get_array (list)); i++)
    {
      JsonNode *node = json_array_get_element (json_node_get_array (list), i);
      AnfGate gate;

      if (!read_gate (self, i, node, &gate))
        return FALSE;
      g_array_append_val (gates, gate);
      keep_gate (extra, node);
    }
  anf_graph_builder_set_gates (self->builder, gates->len, (const AnfGate *) gates->data);
  return TRUE;
}

/* ---------------------------------------------------------------- the document */

static gboolean
check_version (AnfReader *self, JsonObject *root)
{
  JsonNode *node = json_object_get_member (root, "aneforge");
  gint64 version;

  if (node == NULL || !anf_json_to_int (node, &version) || version < 1)
    return anf_bad_file (self->error, "not an ANEForge document: \"aneforge\" must be %d",
                         ANF_DOCUMENT_VERSION);
  if (version > ANF_DOCUMENT_VERSION)
    return anf_bad_file (self->error, "made by a newer version: \"aneforge\" is %"
                         G_GINT64_FORMAT ", this one reads %d", version, ANF_DOCUMENT_VERSION);
  return TRUE;
}

static gboolean
read_head (AnfReader *self, JsonObject *root)
{
  JsonNode *title = json_object_get_member (root, "title");
  JsonNode *nodes = json_object_get_member (root, "nodes");
  JsonNode *next = json_object_get_member (root, "next_id");
  gint64 next_id;

  if (title != NULL && !anf_json_is_string (title))
    return anf_bad_file (self->error, "\"title\" must be a string");
  if (nodes == NULL || !JSON_NODE_HOLDS_ARRAY (nodes))
    return anf_bad_file (self->error, "\"nodes\" must be a list");
  if (next != NULL)
    {
      if (!anf_json_to_int (next, &next_id) || next_id < 1 || next_id > ANF_MAX_ID)
        return anf_bad_file (self->error, "\"next_id\" must be an integer from 1 to 2^53 - 1");
      self->next_id = next_id;
    }
  if (title != NULL)
    anf_graph_builder_set_title (self->builder, json_node_get_string (title));
  self->nodes = json_node_get_array (nodes);
  return TRUE;
}

static gboolean
read_document (AnfReader *self, JsonNode *node)
{
  static const char *const known[] = { "aneforge", "title", "nodes", "outputs", "weights",
                                       "compile", "gates", "next_id", NULL };
  g_autoptr(JsonObject) extra = NULL;
  g_autofree char *text = NULL;
  JsonObject *root;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return anf_bad_file (self->error, "not an ANEForge document: not a JSON object");
  root = json_node_get_object (node);
  if ((extra = anf_json_rest_of (root, known)) == NULL)
    extra = json_object_new ();
  if (!check_version (self, root) || !read_head (self, root) || !anf_reader_nodes (self)
      || !anf_reader_wires (self) || !read_outputs (self, root)
      || !anf_reader_weights (self, root) || !read_compile (self, root, extra)
      || !read_gates (self, root, extra))
    return FALSE;
  text = json_object_get_size (extra) > 0 ? anf_json_extra (extra) : NULL;
  anf_graph_builder_set_document (self->builder, self->folder, text, self->next_id);
  return TRUE;
}

/* An operator with one output has no second. One whose outputs depend on its attributes may have
 * lost the output: the check says so, and the document still opens. */
static gboolean
check_ref (const AnfGraph *graph, AnfRef ref, const char *what, const char *name, GError **error)
{
  const AnfNode *from = anf_graph_find (graph, ref.node);

  if (from == NULL || ref.port == 0 || from->op->n_outputs != NULL || from->op_name != NULL)
    return TRUE;
  return anf_bad_file (error, "%s \"%s\": \"%s:%u\": %s has one output, number 0", what, name,
                       from->name, ref.port, from->op->name);
}

static gboolean
check_refs (const AnfGraph *graph, GError **error)
{
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);

      for (guint j = 0; j < node->n_in; j++)
        if (!check_ref (graph, node->in[j], "node", node->name, error))
          return FALSE;
    }
  for (guint i = 0; i < graph->outputs->len; i++)
    {
      AnfRef ref;
      const char *name = anf_graph_nth_output (graph, i, &ref);

      if (!check_ref (graph, ref, "output", name, error))
        return FALSE;
    }
  return TRUE;
}

AnfGraph *
anf_document_parse (const char *text, gsize length, const char *folder, GError **error)
{
  g_autoptr(JsonNode) root = anf_json_parse (text, length, error);
  g_autoptr(GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *absolute = folder != NULL ? g_canonicalize_filename (folder, NULL) : NULL;
  AnfReader self = { .folder = absolute, .ids = ids, .next_id = 1, .error = error };
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(GError) loop = NULL;

  if (root == NULL)
    return NULL;
  self.builder = anf_graph_builder_new (NULL);
  if (!read_document (&self, root))
    {
      anf_graph_builder_free (self.builder);
      return NULL;
    }
  if ((graph = anf_graph_builder_end (self.builder, &loop)) == NULL)
    return anf_bad_file (error, "%s", loop->message), NULL;
  if (!check_refs (graph, error))
    return NULL;
  return g_steal_pointer (&graph);
}

AnfGraph *
anf_document_load (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr(GBytes) bytes = anf_file_map (path, error);
  AnfGraph *graph = NULL;

  if (bytes != NULL && g_bytes_get_size (bytes) > MAX_DOCUMENT)
    anf_bad_file (error, "too large for a document; keep numbers in a weight file");
  else if (bytes != NULL)
    {
      gsize length;
      const char *text = g_bytes_get_data (bytes, &length);

      graph = anf_document_parse (text != NULL ? text : "", length, folder, error);
    }
  if (graph == NULL)
    anf_bad_file_in (error, "%s", path);
  return graph;
}
