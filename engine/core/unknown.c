/* unknown.c - lists what the reader of documents kept unread (io/document.h says in which form). */
#include "core/unknown.h"

#include "core/op.h"

#include <json-glib/json-glib.h>

static void
unknown_clear (gpointer data)
{
  AnfUnknown *unknown = data;

  g_free (unknown->where);
  g_free (unknown->key);
}

static void
add (GArray *list, AnfUnknownKind kind, AnfId node, const char *where, const char *key)
{
  AnfUnknown unknown = { kind, node, g_strdup (where), g_strdup (key) };

  g_array_append_val (list, unknown);
}

/* The kept object, NULL if there is none. (transfer full) */
static JsonObject *
parse (const char *text)
{
  g_autoptr(JsonNode) root = text != NULL ? json_from_string (text, NULL) : NULL;

  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_dup_object (root) : NULL;
}

static GList *
members_of (JsonObject *object, const char *group)
{
  JsonNode *node = json_object_get_member (object, group);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node)
         ? json_object_get_members (json_node_get_object (node)) : NULL;
}

/* All members of @object but those in @known. */
static void
add_keys (GArray *list, AnfId node, const char *where, JsonObject *object,
          const char *const *known)
{
  g_autoptr(GList) keys = json_object_get_members (object);

  for (GList *l = keys; l != NULL; l = l->next)
    if (!g_strv_contains (known, l->data))
      add (list, ANF_UNKNOWN_KEY, node, where, l->data);
}

static void
add_node (GArray *list, const AnfNode *node)
{
  /* An import keeps the original name under onnx_name; then come the editor's, and
   * how a picture is normalised that is fed as floats. */
  static const char *const known[] = { "attrs", "weights", "compress", "in", "onnx_name", "muted",
                                       "collapsed", "dots", "pinned", "mean", "std", NULL };
  g_autoptr(JsonObject) extra = node->op_name == NULL ? parse (node->extra) : NULL;
  g_autoptr(GList) attrs = NULL, roles = NULL, encodings = NULL;

  if (extra == NULL)
    return;
  attrs = members_of (extra, "attrs");
  roles = members_of (extra, "weights");
  encodings = members_of (extra, "compress");
  for (GList *l = attrs; l != NULL; l = l->next)
    add (list, anf_op_find_attr (node->op, l->data) < 0 ? ANF_UNKNOWN_ATTR : ANF_UNKNOWN_VALUE,
         node->id, node->name, l->data);
  for (GList *l = roles; l != NULL; l = l->next)
    add (list, ANF_UNKNOWN_ROLE, node->id, node->name, l->data);
  for (GList *l = encodings; l != NULL; l = l->next)
    if (g_list_find_custom (roles, l->data, (GCompareFunc) g_strcmp0) == NULL)
      add (list, ANF_UNKNOWN_ROLE, node->id, node->name, l->data);
  add_keys (list, node->id, node->name, extra, known);
}

static void
add_weight (GArray *list, const AnfWeight *weight)
{
  static const char *const known[] = { "onnx_name", NULL };
  g_autoptr(JsonObject) extra = parse (weight->extra);
  g_autofree char *where = g_strdup_printf ("weight %s", weight->name);

  if (extra != NULL)
    add_keys (list, 0, where, extra, known);
}

static void
add_document (GArray *list, const AnfGraph *graph)
{
  static const char *const known[] = { "frames", "folded", "view", "compile", "gates", "onnx_name",
                                       NULL };
  static const char *const gate_keys[] = { "output", "metric", "limit", "inputs", NULL };
  g_autoptr(JsonObject) extra = parse (graph->extra);
  g_autoptr(GList) settings = NULL;
  JsonNode *gates;

  if (extra == NULL)
    return;
  settings = members_of (extra, "compile");
  for (GList *l = settings; l != NULL; l = l->next)
    add (list, ANF_UNKNOWN_KEY, 0, "compile", l->data);
  gates = json_object_get_member (extra, "gates");
  for (guint i = 0; gates != NULL && i < json_array_get_length (json_node_get_array (gates)); i++)
    add_keys (list, 0, "gates", json_array_get_object_element (json_node_get_array (gates), i),
              gate_keys);
  add_keys (list, 0, "the document", extra, known);
}

GArray *
anf_graph_unknown (const AnfGraph *graph)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (AnfUnknown));

  g_array_set_clear_func (list, unknown_clear);
  for (guint i = 0; i < graph->listed->len; i++)
    add_node (list, g_ptr_array_index (graph->listed, i));
  for (guint i = 0; i < graph->weights->len; i++)
    add_weight (list, g_ptr_array_index (graph->weights, i));
  add_document (list, graph);
  return list;
}
