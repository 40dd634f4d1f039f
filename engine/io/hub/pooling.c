/* pooling.c - what a folder of sentence-transformers says of the way from tokens to a text. */
#include "io/hub/hub.h"

#include <string.h>

/* Where a module of that class is, relative to the folder (transfer full) (nullable). */
static gboolean
find_module (JsonArray *modules, const char *class, char **path, GError **error)
{
  for (guint i = 0; i < json_array_get_length (modules); i++)
    {
      JsonNode *node = json_array_get_element (modules, i);
      JsonObject *module = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      const char *type = module != NULL ? anf_hub_text (module, "type", NULL) : NULL;
      const char *place = module != NULL ? anf_hub_text (module, "path", "") : NULL;

      if (type == NULL)
        return anf_bad_file (error, "number %u has no \"type\"", i);
      if (strstr (place, "..") != NULL || g_path_is_absolute (place))
        return anf_bad_file (error, "\"path\" of number %u leads out of the folder", i);
      if (g_str_has_suffix (type, class))
        {
          *path = g_strdup (place);
          return TRUE;
        }
    }
  return TRUE;
}

/* What changes a vector and is none of these would be left out in silence. */
static gboolean
only_known (JsonArray *modules, GError **error)
{
  static const char *const known[] = { ".Transformer", ".Pooling", ".Normalize" };

  for (guint i = 0; i < json_array_get_length (modules); i++)
    {
      JsonObject *module = json_node_get_object (json_array_get_element (modules, i));
      const char *type = anf_hub_text (module, "type", "");
      gboolean found = FALSE;

      for (guint k = 0; k < G_N_ELEMENTS (known); k++)
        found |= g_str_has_suffix (type, known[k]);
      if (!found)
        return anf_bad_file (error, "the module \"%s\" is not known; Transformer, Pooling and "
                             "Normalize are", type);
    }
  return TRUE;
}

static gboolean
read_modules (const char *dir, char **transformer, char **pooling, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "modules.json", NULL);
  g_autofree char *where = NULL, *place = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(JsonNode) root = NULL;
  JsonArray *modules;

  *transformer = g_strdup (dir);
  *pooling = g_build_filename (dir, "1_Pooling", "config.json", NULL);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  if ((bytes = anf_file_map (path, error)) != NULL)
    root = anf_json_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error);
  if (root != NULL && !JSON_NODE_HOLDS_ARRAY (root))
    anf_bad_file (error, "not a list of modules");
  modules = root != NULL && JSON_NODE_HOLDS_ARRAY (root) ? json_node_get_array (root) : NULL;
  if (modules == NULL || !find_module (modules, ".Transformer", &where, error)
      || !find_module (modules, ".Pooling", &place, error) || !only_known (modules, error))
    return anf_bad_file_in (error, "%s", path);
  if (where != NULL)
    {
      g_free (*transformer);
      *transformer = g_build_filename (dir, where, NULL);
    }
  if (place != NULL)
    {
      g_free (*pooling);
      *pooling = g_build_filename (dir, place, "config.json", NULL);
    }
  return TRUE;
}

gboolean
anf_bert_pooling (const char *dir, AnfPool *pool, char **transformer, GError **error)
{
  static const struct { const char *key; AnfPool pool; } rows[] = {
    { "pooling_mode_cls_token", ANF_POOL_CLS }, { "pooling_mode_max_tokens", ANF_POOL_MAX },
    { "pooling_mode_mean_tokens", ANF_POOL_MEAN },
    { "pooling_mode_mean_sqrt_len_tokens", ANF_POOL_ROOT },
  };
  static const char *const others[] = { "pooling_mode_weightedmean_tokens",
                                        "pooling_mode_lasttoken" };
  g_autofree char *path = NULL, *where = NULL;
  g_autoptr(JsonNode) root = NULL;
  JsonObject *object;

  if (!read_modules (dir, &where, &path, error))
    return FALSE;
  *pool = ANF_POOL_MEAN;
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      if ((root = anf_hub_read_json (path, error)) == NULL)
        return FALSE;
      object = json_node_get_object (root);
      *pool = 0;
      for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
        *pool |= anf_hub_flag (object, rows[i].key, FALSE) ? rows[i].pool : 0;
      for (guint i = 0; i < G_N_ELEMENTS (others); i++)
        if (anf_hub_flag (object, others[i], FALSE))
          return anf_bad_file (error, "%s: \"%s\" is not known", path, others[i]);
      if (*pool == 0)
        return anf_bad_file (error, "%s: it chooses no way to pool tokens", path);
    }
  *transformer = g_steal_pointer (&where);
  return TRUE;
}
