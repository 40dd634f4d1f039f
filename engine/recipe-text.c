/* recipe-text.c - a recipe as JSON: written for one document, read into any. */
#include "io/json.h"
#include "pass/plan.h"

static void
add_totals (JsonObject *object, AnfTotals totals)
{
  json_object_set_int_member (object, "bytes", totals.bytes);
  anf_json_set_number (object, "error", totals.error);
  anf_json_set_number (object, "us", totals.us);
}

char *
anf_recipe_text (const AnfRecipe *self, const AnfWeights *survey, const AnfGraph *graph)
{
  g_autoptr(JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *top = json_object_new (), *recipe = json_object_new (), *before = json_object_new ();
  JsonArray *weights = json_array_new ();

  add_totals (recipe, anf_recipe_totals (self));
  add_totals (before, anf_recipe_plain (self));
  anf_json_set_number (recipe, "gap", anf_recipe_gap (self));
  json_object_set_object_member (recipe, "before", before);
  for (guint i = 0; i < anf_weights_n (survey); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (survey, i);
      const AnfNode *node = anf_graph_find (graph, facts->node);
      JsonObject *weight = json_object_new ();

      anf_json_set_text (weight, "node", node != NULL ? anf_node_name (node) : facts->name);
      anf_json_set_text (weight, "role", facts->role);
      anf_json_set_text (weight, "encoding", anf_encoding_name (anf_recipe_nth (self, i)));
      json_array_add_object_element (weights, weight);
    }
  json_object_set_array_member (recipe, "weights", weights);
  json_object_set_object_member (top, "recipe", recipe);
  json_node_take_object (root, top);
  return anf_json_print (root);
}

/* ---------------------------------------------------------------- reading */

static void
bad (GError **error, const char *what)
{
  g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE, "This is no recipe: %s", what);
}

/* The list of choices, whether or not it is inside "recipe"; NULL with an error. */
static JsonArray *
find_choices (JsonNode *root, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  JsonNode *inner = object != NULL ? json_object_get_member (object, "recipe") : NULL;
  JsonNode *list;

  if (inner != NULL && JSON_NODE_HOLDS_OBJECT (inner))
    object = json_node_get_object (inner);
  list = object != NULL ? json_object_get_member (object, "weights") : NULL;
  if (list == NULL || !JSON_NODE_HOLDS_ARRAY (list))
    {
      bad (error, "it has no list \"weights\"");
      return NULL;
    }
  return json_node_get_array (list);
}

static const char *
text_of (JsonObject *object, const char *key)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, key) : NULL;

  return node != NULL && anf_json_is_string (node) ? json_node_get_string (node) : NULL;
}

static gboolean
has_role (const AnfGraph *graph, const AnfNode *node, const char *role)
{
  const AnfPort *port;

  for (guint i = 0; (port = anf_op_role (anf_node_op (node), i)) != NULL; i++)
    if (g_str_equal (port->name, role) && port->flags & ANF_ENCODABLE)
      return anf_graph_tensor_of (graph, node, role) != NULL;
  return FALSE;
}

/* One choice for all weights it fits; FALSE with an error: it makes none. */
static gboolean
read_choice (AnfGraphBuilder *builder, const AnfGraph *graph, JsonNode *json, guint *n_set,
             GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (json) ? json_node_get_object (json) : NULL;
  const char *name = text_of (object, "node"), *role = text_of (object, "role");
  const char *encoding = text_of (object, "encoding");
  AnfEncoding chosen;

  if (name == NULL || role == NULL || encoding == NULL)
    {
      bad (error, "each of its weights needs \"node\", \"role\" and \"encoding\"");
      return FALSE;
    }
  if (!anf_encoding_from_name (encoding, &chosen))
    {
      g_autofree char *what = g_strdup_printf ("\"%s\" is no encoding", encoding);

      bad (error, what);
      return FALSE;
    }
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);

      if (!g_pattern_match_simple (name, anf_node_name (node)) || !has_role (graph, node, role))
        continue;
      anf_graph_builder_set_encoding (builder, anf_node_id (node), role, chosen);
      *n_set += 1;
    }
  return TRUE;
}

AnfGraph *
anf_recipe_read (const char *text, gsize length, AnfGraph *graph, guint *n_set, GError **error)
{
  g_autoptr(JsonNode) root = anf_json_parse (text, length, error);
  JsonArray *choices = root != NULL ? find_choices (root, error) : NULL;
  AnfGraphBuilder *builder;
  guint n = 0;

  if (choices == NULL)
    return NULL;
  builder = anf_graph_builder_new (graph);
  for (guint i = 0; i < json_array_get_length (choices); i++)
    if (!read_choice (builder, graph, json_array_get_element (choices, i), &n, error))
      {
        anf_graph_builder_free (builder);
        return NULL;
      }
  if (n_set != NULL)
    *n_set = n;
  if (n == 0)
    {
      anf_graph_builder_free (builder);
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE,
                   "No node of this recipe has weights in this document");
      return NULL;
    }
  return anf_graph_builder_end (builder, error);
}
