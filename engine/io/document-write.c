/* document-write.c - the text of a document: a fixed order of keys, so that it diffs well. */
#include "io/document.h"
#include "io/file.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const AnfGraph *graph;
  const char     *folder;          /* absolute; file names are relative to it (nullable) */
  gboolean        moved;           /* it is not the folder the names in the graph are relative to */
} Writer;

/* ---------------------------------------------------------------- helpers */

static JsonNode *
new_object (JsonObject **object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  *object = json_object_new ();
  json_node_take_object (node, *object);
  return node;
}

/* The kept object, empty if there is none. (transfer full) */
static JsonObject *
parse_extra (const char *text)
{
  g_autoptr(JsonNode) node = text != NULL ? anf_json_parse (text, strlen (text), NULL) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node)
                                                       : json_object_new ();
}

/* Copies of @from's members that are not in @except and not in @to yet. */
static void
add_rest (JsonObject *to, JsonObject *from, const char *const *except)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *value;

  json_object_iter_init_ordered (&iter, from);
  while (json_object_iter_next_ordered (&iter, &key, &value))
    if (!g_strv_contains (except, key) && !json_object_has_member (to, key))
      json_object_set_member (to, key, json_node_copy (value));
}

/* The same for the members of @from's member @group. */
static void
add_group (JsonObject *to, JsonObject *from, const char *group)
{
  static const char *const none[] = { NULL };
  JsonNode *node = json_object_get_member (from, group);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    add_rest (to, json_node_get_object (node), none);
}

static void
set_if_any (JsonObject *to, const char *key, JsonNode *object)
{
  if (json_object_get_size (json_node_get_object (object)) > 0)
    json_object_set_member (to, key, object);
  else
    json_node_unref (object);
}

char *
anf_relative_path (const char *folder, const char *path)
{
  g_auto(GStrv) from = g_strsplit (folder, "/", -1), to = g_strsplit (path, "/", -1);
  GString *out = g_string_new (NULL);
  guint same = 0;

  /* "/" itself splits into two empty parts. */
  while (from[same] != NULL && to[same] != NULL && to[same + 1] != NULL
         && g_str_equal (from[same], to[same]))
    same++;
  for (guint i = same; from[i] != NULL; i++)
    g_string_append (out, from[i][0] != '\0' ? "../" : "");
  for (guint i = same; to[i] != NULL; i++)
    g_string_append_printf (out, "%s%s", i > same ? "/" : "", to[i]);
  return g_string_free (out, FALSE);
}

static gboolean
is_below (const char *folder, const char *path)
{
  gsize n = strlen (folder);

  return g_str_has_prefix (path, folder) && (path[n] == '/' || (n > 0 && folder[n - 1] == '/'));
}

/* A file's name as the document writes it: as it was if the folder is the same, else relative to
 * the new one. An absolute name stays, unless the file is below the folder. */
static char *
file_name (const Writer *self, const char *written, const char *path)
{
  if (self->folder == NULL)
    return g_strdup (written);
  if (g_path_is_absolute (written) ? !is_below (self->folder, path) : !self->moved)
    return g_strdup (written);
  return anf_relative_path (self->folder, path);
}

/* ---------------------------------------------------------------- nodes */

static JsonNode *
write_ref (const Writer *self, AnfRef ref)
{
  const AnfNode *from = anf_graph_find (self->graph, ref.node);
  g_autofree char *text = NULL;

  if (ref.port == 0)
    return anf_json_new_string (from->name);
  text = g_strdup_printf ("%s:%u", from->name, ref.port);
  return anf_json_new_string (text);
}

static JsonNode *
write_variant (GVariant *value)
{
  JsonNode *node;
  JsonArray *array;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    return anf_json_new_number (g_variant_get_double (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    return anf_json_new_int (g_variant_get_int64 (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return json_node_init_boolean (json_node_alloc (), g_variant_get_boolean (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return anf_json_new_string (g_variant_get_string (value, NULL));

  node = json_node_new (JSON_NODE_ARRAY);
  array = json_array_new ();
  json_node_take_array (node, array);
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (value, i);

      json_array_add_element (array, write_variant (child));
    }
  return node;
}

static JsonNode *
write_in (const Writer *self, const AnfNode *node)
{
  guint n_ports = anf_op_n_inputs (node->op);
  JsonObject *object;
  JsonNode *in = new_object (&object);

  for (guint i = 0; i < n_ports; i++)
    {
      const AnfPort *port = &node->op->in[i];

      if (port->flags & ANF_VARIADIC)
        {
          JsonArray *list = json_array_new ();

          for (guint j = i; j < node->n_in; j++)
            json_array_add_element (list, write_ref (self, node->in[j]));
          if (node->n_in > i)
            json_object_set_array_member (object, port->name, list);
          else
            json_array_unref (list);
        }
      else if (node->in[i].node != 0)
        json_object_set_member (object, port->name, write_ref (self, node->in[i]));
    }
  return in;
}

static void
add_wire (JsonObject *object, const char *port, gboolean many, JsonNode *ref)
{
  JsonNode *there = json_object_get_member (object, port);
  JsonArray *list;

  if (there == NULL && !many)
    {
      json_object_set_member (object, port, ref);
      return;
    }
  if (there == NULL || !JSON_NODE_HOLDS_ARRAY (there))
    {
      list = json_array_new ();
      if (there != NULL)
        json_array_add_element (list, json_node_copy (there));
      json_object_set_array_member (object, port, list);
    }
  json_array_add_element (json_object_get_array_member (object, port), ref);
}

/* Wires of an unknown operator, under the ports the file had. Editing may have taken some away:
 * then those left are found in order by their producers; a new one goes to a port "in". */
static JsonNode *
write_any_in (const Writer *self, const AnfNode *node, JsonObject *extra)
{
  JsonNode *kept = json_object_get_member (extra, "in");
  JsonArray *wires = kept != NULL && JSON_NODE_HOLDS_ARRAY (kept) ? json_node_get_array (kept)
                                                                  : NULL;
  guint n = wires != NULL ? json_array_get_length (wires) : 0, next = 0;
  gboolean all = n == node->n_in;
  JsonObject *object;
  JsonNode *in = new_object (&object);

  for (guint i = 0; i < node->n_in; i++)
    {
      AnfRef ref = node->in[i];
      guint k = next;

      if (ref.node == 0)
        {
          next++;
          continue;
        }
      while (!all && k < n)
        {
          JsonArray *wire = json_array_get_array_element (wires, k);

          if ((AnfId) json_array_get_int_element (wire, 2) == ref.node
              && json_array_get_int_element (wire, 3) == ref.port)
            break;
          k++;
        }
      if (k < n)
        {
          JsonArray *wire = json_array_get_array_element (wires, k);

          add_wire (object, json_array_get_string_element (wire, 0),
                    json_array_get_boolean_element (wire, 1), write_ref (self, ref));
          next = k + 1;
        }
      else
        add_wire (object, "in", TRUE, write_ref (self, ref));
    }
  return in;
}

static JsonNode *
write_attrs (const AnfNode *node, JsonObject *extra)
{
  JsonObject *object;
  JsonNode *attrs = new_object (&object);

  for (guint i = 0; i < anf_op_n_attrs (node->op); i++)
    if (node->attr[i] != NULL)
      json_object_set_member (object, node->op->attr[i].name, write_variant (node->attr[i]));
  add_group (object, extra, "attrs");
  return attrs;
}

static JsonNode *
write_roles (const AnfNode *node, JsonObject *extra)
{
  JsonObject *object;
  JsonNode *roles = new_object (&object);

  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (node->slot[i].weight != NULL)
      json_object_set_string_member (object, node->op->role[i].name, node->slot[i].weight);
  add_group (object, extra, "weights");
  return roles;
}

static JsonNode *
write_compress (const AnfNode *node, JsonObject *extra)
{
  JsonObject *object;
  JsonNode *compress = new_object (&object);

  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (node->slot[i].encoding >= 0)
      json_object_set_string_member (object, node->op->role[i].name,
                                     anf_encoding_name (node->slot[i].encoding));
  add_group (object, extra, "compress");
  return compress;
}

static JsonNode *
write_node (const Writer *self, const AnfNode *node)
{
  static const char *const groups[] = { "in", "attrs", "weights", "compress", NULL };
  g_autoptr(JsonObject) extra = parse_extra (node->extra);
  JsonObject *object;
  JsonNode *out = new_object (&object);

  json_object_set_int_member (object, "id", node->id);
  json_object_set_string_member (object, "op", anf_node_op_name (node));
  json_object_set_string_member (object, "name", node->name);
  set_if_any (object, "in", anf_op_n_inputs (node->op) == 0 ? write_any_in (self, node, extra)
                                                            : write_in (self, node));
  set_if_any (object, "attrs", write_attrs (node, extra));
  set_if_any (object, "weights", write_roles (node, extra));
  set_if_any (object, "compress", write_compress (node, extra));
  if (node->x != 0 || node->y != 0)
    {
      JsonArray *at = json_array_new ();

      json_array_add_element (at, anf_json_new_number (node->x));
      json_array_add_element (at, anf_json_new_number (node->y));
      json_object_set_array_member (object, "at", at);
    }
  if (node->group != NULL)
    json_object_set_string_member (object, "group", node->group);
  if (node->place == ANF_PLACE_HOST)
    json_object_set_string_member (object, "on", "host");
  add_rest (object, extra, groups);
  return out;
}

/* ---------------------------------------------------------------- weights */

static void
add_shape (JsonObject *object, const AnfTensor *tensor)
{
  JsonArray *shape = json_array_new ();

  for (guint i = 0; i < anf_tensor_rank (tensor); i++)
    json_array_add_int_element (shape, anf_tensor_dim (tensor, i));
  json_object_set_array_member (object, "shape", shape);
}

static void
add_values (JsonObject *object, const AnfTensor *tensor)
{
  gsize n = anf_tensor_elements (tensor);
  g_autofree double *values = g_new (double, n + 1);
  JsonArray *list = json_array_sized_new (n);

  anf_tensor_read_double (tensor, 0, n, values);
  for (gsize i = 0; i < n; i++)
    json_array_add_element (list, anf_json_new_number (values[i]));
  json_object_set_array_member (object, "values", list);
}

static JsonNode *
write_weight (const Writer *self, const AnfWeight *weight)
{
  g_autoptr(JsonObject) extra = parse_extra (weight->extra);
  static const char *const none[] = { NULL };
  JsonObject *object;
  JsonNode *out = new_object (&object);

  if (weight->file != NULL)
    {
      g_autofree char *file = file_name (self, weight->file, weight->path);

      json_object_set_string_member (object, "file", file);
      if (weight->member != NULL)
        json_object_set_string_member (object, "tensor", weight->member);
    }
  else if (weight->tensor != NULL)
    {
      add_shape (object, weight->tensor);
      if (weight->init == NULL)
        add_values (object, weight->tensor);
    }
  if (weight->init != NULL)
    {
      json_object_set_string_member (object, "init", weight->init);
      if (weight->scale != 1)
        json_object_set_member (object, "scale", anf_json_new_number (weight->scale));
      if (weight->seed != 0)
        json_object_set_int_member (object, "seed", weight->seed);
    }
  if (weight->trainable)
    json_object_set_boolean_member (object, "trainable", TRUE);
  add_rest (object, extra, none);
  return out;
}

/* ---------------------------------------------------------------- the document */

static JsonNode *
write_nodes (const Writer *self)
{
  JsonNode *out = json_node_new (JSON_NODE_ARRAY);
  JsonArray *nodes = json_array_new ();

  json_node_take_array (out, nodes);
  for (guint i = 0; i < self->graph->listed->len; i++)
    json_array_add_element (nodes, write_node (self, g_ptr_array_index (self->graph->listed, i)));
  return out;
}

static JsonNode *
write_outputs (const Writer *self)
{
  JsonObject *object;
  JsonNode *out = new_object (&object);

  for (guint i = 0; i < self->graph->outputs->len; i++)
    {
      const AnfOutput *output = &g_array_index (self->graph->outputs, AnfOutput, i);

      json_object_set_member (object, output->name, write_ref (self, output->from));
    }
  return out;
}

static JsonNode *
write_weights (const Writer *self)
{
  JsonObject *object;
  JsonNode *out = new_object (&object);

  for (guint i = 0; i < self->graph->weights->len; i++)
    {
      const AnfWeight *weight = g_ptr_array_index (self->graph->weights, i);

      json_object_set_member (object, weight->name, write_weight (self, weight));
    }
  return out;
}

static JsonNode *
write_compile (const AnfSettings *settings, JsonObject *extra)
{
  JsonObject *object;
  JsonNode *out = new_object (&object);

  if (settings->target != NULL)
    json_object_set_string_member (object, "target", settings->target);
  if (settings->opt != NULL)
    json_object_set_string_member (object, "opt", settings->opt);
  json_object_set_string_member (object, "compress", anf_encoding_name (settings->compress));
  json_object_set_member (object, "atol", anf_json_new_number (settings->atol));
  json_object_set_int_member (object, "block_size", settings->block_size);
  add_group (object, extra, "compile");
  return out;
}

/* What the file said of a gate beyond what we know, found by what the gate is. */
static void
add_gate_rest (JsonObject *object, const AnfGate *gate, JsonObject *extra)
{
  static const char *const none[] = { NULL };
  JsonNode *kept = json_object_get_member (extra, "gates");
  JsonArray *list = kept != NULL && JSON_NODE_HOLDS_ARRAY (kept) ? json_node_get_array (kept)
                                                                 : NULL;

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      JsonObject *other = json_array_get_object_element (list, i);

      if (g_strcmp0 (anf_json_get_string (other, "output"), gate->output) == 0
          && g_strcmp0 (anf_json_get_string (other, "metric"), gate->metric) == 0)
        {
          add_rest (object, other, none);
          return;
        }
    }
}

static JsonNode *
write_gates (const Writer *self, JsonObject *extra)
{
  JsonNode *out = json_node_new (JSON_NODE_ARRAY);
  JsonArray *gates = json_array_new ();

  json_node_take_array (out, gates);
  for (guint i = 0; i < self->graph->gates->len; i++)
    {
      const AnfGate *gate = anf_graph_nth_gate (self->graph, i);
      JsonObject *object;
      JsonNode *node = new_object (&object);

      json_object_set_string_member (object, "output", gate->output);
      json_object_set_string_member (object, "metric", gate->metric);
      json_object_set_member (object, "limit", anf_json_new_number (gate->limit));
      if (gate->inputs != NULL)
        {
          g_autofree char *path = g_canonicalize_filename (gate->inputs, self->graph->folder);
          g_autofree char *file = file_name (self, gate->inputs, path);

          json_object_set_string_member (object, "inputs", file);
        }
      add_gate_rest (object, gate, extra);
      json_array_add_element (gates, node);
    }
  return out;
}

static JsonNode *
write_document (const AnfGraph *graph, const char *folder)
{
  static const char *const own[] = { "compile", "gates", NULL };
  static const char *const views[] = { "frames", "view" };
  g_autoptr(JsonObject) extra = parse_extra (graph->extra);
  Writer self = { graph, folder, g_strcmp0 (folder, graph->folder) != 0 };
  JsonObject *object;
  JsonNode *out = new_object (&object);

  json_object_set_int_member (object, "aneforge", ANF_DOCUMENT_VERSION);
  if (graph->title != NULL)
    json_object_set_string_member (object, "title", graph->title);
  json_object_set_member (object, "nodes", write_nodes (&self));
  json_object_set_member (object, "outputs", write_outputs (&self));
  json_object_set_member (object, "weights", write_weights (&self));
  json_object_set_member (object, "compile", write_compile (&graph->settings, extra));
  json_object_set_member (object, "gates", write_gates (&self, extra));
  for (guint i = 0; i < G_N_ELEMENTS (views); i++)
    if (json_object_has_member (extra, views[i]))
      json_object_set_member (object, views[i], json_object_dup_member (extra, views[i]));
  json_object_set_int_member (object, "next_id", graph->next_id);
  add_rest (object, extra, own);
  return out;
}

char *
anf_document_text (const AnfGraph *graph, const char *folder)
{
  g_autofree char *absolute = folder != NULL ? g_canonicalize_filename (folder, NULL) : NULL;
  g_autoptr(JsonNode) root = write_document (graph, absolute);

  return anf_json_print (root);
}

/* JSON has no word for inf and NaN: such a tensor belongs into a file. */
static gboolean
check_finite (const AnfWeight *weight, GError **error)
{
  gsize n = weight->tensor != NULL ? anf_tensor_elements (weight->tensor) : 0;

  if (weight->file != NULL || weight->init != NULL)
    return TRUE;
  for (gsize i = 0; i < n; i++)
    {
      double value;

      anf_tensor_read_double (weight->tensor, i, 1, &value);
      if (!isfinite (value))
        return anf_bad_file (error, "weight \"%s\": inf and NaN cannot be written into a "
                             "document; keep them in a weight file", weight->name);
    }
  return TRUE;
}

gboolean
anf_document_save (const AnfGraph *graph, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path), *text = NULL;
  AnfFileWriter *writer;

  for (guint i = 0; i < graph->weights->len; i++)
    if (!check_finite (g_ptr_array_index (graph->weights, i), error))
      return anf_bad_file_in (error, "%s", path);
  if ((writer = anf_file_writer_new (path, error)) == NULL)
    return FALSE;
  text = anf_document_text (graph, folder);
  anf_file_writer_put (writer, text, strlen (text));
  return anf_file_writer_end (writer, error);
}
