/* json.c - settings of a model folder, and the file its weights are in. */
#include "io/hub/hub.h"

#include "io/tensors.h"

JsonNode *
anf_hub_read_json (const char *path, GError **error)
{
  g_autoptr(GBytes) bytes = anf_file_map (path, error);
  g_autoptr(JsonNode) root = NULL;

  if (bytes != NULL)
    root = anf_json_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error);
  if (root != NULL && !JSON_NODE_HOLDS_OBJECT (root))
    {
      anf_bad_file (error, "not a JSON object");
      g_clear_pointer (&root, json_node_unref);
    }
  if (root == NULL)
    anf_bad_file_in (error, "%s", path);
  return g_steal_pointer (&root);
}

JsonObject *
anf_hub_object (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

gboolean
anf_hub_flag (JsonObject *object, const char *key, gboolean preset)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && anf_json_is_bool (node) ? json_node_get_boolean (node) : preset;
}

gboolean
anf_hub_int (JsonObject *object, const char *key, gint64 preset, gint64 *value)
{
  JsonNode *node = json_object_get_member (object, key);

  *value = preset;
  return node != NULL && anf_json_to_int (node, value);
}

double
anf_hub_real (JsonObject *object, const char *key, double preset)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && anf_json_is_number (node) ? json_node_get_double (node) : preset;
}

const char *
anf_hub_text (JsonObject *object, const char *key, const char *preset)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && anf_json_is_string (node) ? json_node_get_string (node) : preset;
}

AnfTensors *
anf_hub_weights (const char *dir, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "model.safetensors", NULL);
  g_autofree char *pieces = g_build_filename (dir, "model.safetensors.index.json", NULL);
  g_autofree char *pickle = g_build_filename (dir, "pytorch_model.bin", NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return anf_tensors_open_shared (path, error);
  if (g_file_test (pieces, G_FILE_TEST_EXISTS))
    anf_bad_file (error, "%s: weights in several files are not read; write them as one "
                  "model.safetensors", dir);
  else if (g_file_test (pickle, G_FILE_TEST_EXISTS))
    anf_bad_file (error, "%s: pytorch_model.bin is a program, not data, and is not read; save the "
                  "model as model.safetensors", dir);
  else
    anf_bad_file (error, "%s: there is no model.safetensors in it", dir);
  return NULL;
}
