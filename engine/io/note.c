/* note.c - keys of a document that mean something to the editor alone, and muted nodes. */
#include "core/op.h"
#include "io/document.h"

#include <string.h>

static JsonObject *
parse (const char *text)
{
  g_autoptr(JsonNode) node = text != NULL ? anf_json_parse (text, strlen (text), NULL) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node) : NULL;
}

/* The value of @key (transfer full) (nullable). */
static JsonNode *
member_of (const char *extra, const char *key)
{
  /* Most nodes have nothing at all, and a key that does not occur need not be looked for. */
  g_autoptr(JsonObject) object = extra != NULL && strstr (extra, key) != NULL ? parse (extra)
                                                                              : NULL;

  return object != NULL ? json_object_dup_member (object, key) : NULL;
}

GVariant *
anf_graph_note (const AnfGraph *self, AnfId id, const char *key, const char *type)
{
  const AnfNode *node = id != 0 ? anf_graph_find (self, id) : NULL;
  g_autoptr(JsonNode) json = member_of (id != 0 ? node != NULL ? node->extra : NULL : self->extra,
                                        key);
  GVariant *value = json != NULL ? json_gvariant_deserialize (json, type, NULL) : NULL;

  return value != NULL ? g_variant_ref_sink (value) : NULL;
}

/* Takes @value; NULL removes. */
static void
set_member (AnfGraphBuilder *self, AnfId id, const char *key, JsonNode *value)
{
  const AnfNode *node = id != 0 ? anf_graph_builder_peek (self, id) : NULL;
  g_autoptr(JsonObject) object = parse (node != NULL ? node->extra
                                                     : anf_graph_builder_get_extra (self));
  g_autofree char *text = NULL;

  if (object == NULL)
    object = json_object_new ();
  if (value != NULL)
    json_object_set_member (object, key, value);
  else
    json_object_remove_member (object, key);
  if (json_object_get_size (object) > 0)
    text = anf_json_extra (object);
  anf_graph_builder_set_extra (self, id, text);
}

void
anf_graph_builder_set_note (AnfGraphBuilder *self, AnfId id, const char *key, GVariant *value)
{
  g_autoptr(GVariant) held = value != NULL ? g_variant_ref_sink (value) : NULL;

  set_member (self, id, key, held != NULL ? json_gvariant_serialize (held) : NULL);
}

/* ---------------------------------------------------------------- muted nodes */

/* A product with 1 gives every fp16 value back as it is, and the optimiser leaves it out. */
#define THROUGH "muls"

const AnfOp *
anf_node_muted (const AnfNode *self)
{
  g_autoptr(JsonNode) note = member_of (self->extra, "muted");
  const char *name = note != NULL && JSON_NODE_HOLDS_OBJECT (note)
                     ? anf_json_get_string (json_node_get_object (note), "op") : NULL;

  return name != NULL ? anf_op_lookup (name) : NULL;
}

/* {"op", "attrs", "weights", "compress": as in a node; "in": [[port, id, output], ..] of all wires
 * but the first} */
static JsonNode *
remember (const AnfNode *node)
{
  JsonObject *was = json_object_new ();
  JsonNode *note = json_node_new (JSON_NODE_OBJECT);
  JsonObject *attrs = json_object_new (), *weights = json_object_new ();
  JsonObject *compress = json_object_new ();
  JsonArray *in = json_array_new ();

  for (guint i = 0; i < anf_op_n_attrs (node->op); i++)
    if (node->attr[i] != NULL)
      json_object_set_member (attrs, anf_op_attr (node->op, i)->name,
                              json_gvariant_serialize (node->attr[i]));
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    {
      const char *role = anf_op_role (node->op, i)->name;

      if (node->slot[i].weight != NULL)
        json_object_set_string_member (weights, role, node->slot[i].weight);
      if (node->slot[i].encoding >= 0)
        json_object_set_string_member (compress, role,
                                       anf_encoding_name (node->slot[i].encoding));
    }
  for (guint i = 1; i < node->n_in; i++)
    if (node->in[i].node != 0)
      {
        JsonArray *wire = json_array_new ();

        json_array_add_int_element (wire, i);
        json_array_add_int_element (wire, node->in[i].node);
        json_array_add_int_element (wire, node->in[i].port);
        json_array_add_array_element (in, wire);
      }
  json_object_set_string_member (was, "op", anf_op_name (node->op));
  json_object_set_object_member (was, "attrs", attrs);
  json_object_set_object_member (was, "weights", weights);
  json_object_set_object_member (was, "compress", compress);
  json_object_set_array_member (was, "in", in);
  json_node_take_object (note, was);
  return note;
}

/* One value of the kind, or several where it may be a list. */
static GVariant *
value_of (JsonNode *json, AnfAttrKind kind)
{
  static const char *const one[] = { "d", "x", "x", "d", "b", "s", "s" };
  static const char *const many[] = { "ad", "ax", "ax", "ad", "ab", "as", "as" };

  return json_gvariant_deserialize (json, JSON_NODE_HOLDS_ARRAY (json) ? many[kind] : one[kind],
                                    NULL);
}

static JsonObject *
part_of (JsonObject *was, const char *key)
{
  JsonNode *part = json_object_get_member (was, key);

  return part != NULL && JSON_NODE_HOLDS_OBJECT (part) ? json_node_get_object (part) : NULL;
}

static void
recall_row (AnfGraphBuilder *b, AnfId id, const AnfOp *op, JsonObject *was)
{
  JsonObject *attrs = part_of (was, "attrs"), *weights = part_of (was, "weights");
  JsonObject *compress = part_of (was, "compress");

  for (guint i = 0; i < anf_op_n_attrs (op); i++)
    {
      const AnfAttr *attr = anf_op_attr (op, i);
      JsonNode *json = attrs != NULL ? json_object_get_member (attrs, attr->name) : NULL;
      GVariant *value = json != NULL ? value_of (json, attr->kind) : NULL;

      if (value != NULL)
        anf_graph_builder_set_attr (b, id, attr->name, value);
    }
  for (guint i = 0; i < anf_op_n_roles (op); i++)
    {
      const char *role = anf_op_role (op, i)->name;
      const char *name = weights != NULL ? anf_json_get_string (weights, role) : NULL;
      const char *kept = compress != NULL ? anf_json_get_string (compress, role) : NULL;
      AnfEncoding encoding;

      if (name != NULL)
        anf_graph_builder_set_weight (b, id, role, name);
      if (kept != NULL && anf_encoding_from_name (kept, &encoding))
        anf_graph_builder_set_encoding (b, id, role, encoding);
    }
}

static gboolean
takes (const AnfOp *op, gint64 port)
{
  guint n = anf_op_n_inputs (op);

  return port < n || (n > 0 && (anf_op_input (op, n - 1)->flags & ANF_VARIADIC));
}

/* Wires whose other end is no longer there stay away. */
static void
recall_wires (AnfGraphBuilder *b, AnfId id, const AnfOp *op, JsonObject *was)
{
  JsonNode *in = json_object_get_member (was, "in");
  JsonArray *wires = in != NULL && JSON_NODE_HOLDS_ARRAY (in) ? json_node_get_array (in) : NULL;

  for (guint i = 0; wires != NULL && i < json_array_get_length (wires); i++)
    {
      JsonNode *element = json_array_get_element (wires, i);
      JsonArray *wire = JSON_NODE_HOLDS_ARRAY (element) ? json_node_get_array (element) : NULL;
      gint64 n[3];

      for (guint k = 0; wire != NULL && k < 3; k++)
        if (k >= json_array_get_length (wire)
            || !anf_json_to_int (json_array_get_element (wire, k), &n[k]) || n[k] < 0)
          wire = NULL;
      if (wire != NULL && takes (op, n[0]) && anf_graph_builder_peek (b, n[1]) != NULL)
        anf_graph_builder_connect (b, (AnfRef) { n[1], n[2] }, id, n[0]);
    }
}

static gboolean
is_mutable (const AnfNode *node)
{
  return node->n_in > 0 && node->op_name == NULL && anf_node_n_outputs (node) == 1;
}

gboolean
anf_graph_builder_mute (AnfGraphBuilder *self, AnfId id)
{
  const AnfNode *node = anf_graph_builder_peek (self, id);
  const AnfOp *op;
  g_autoptr(JsonNode) note = NULL;
  AnfRef first;

  if (node == NULL || !is_mutable (node))
    return FALSE;
  first = node->in[0];
  op = anf_node_muted (node);
  note = op != NULL ? member_of (node->extra, "muted") : remember (node);
  anf_graph_builder_replace (self, id, op != NULL ? op : anf_op_lookup (THROUGH));
  if (first.node != 0)
    anf_graph_builder_connect (self, first, id, 0);
  if (op != NULL)
    {
      recall_row (self, id, op, json_node_get_object (note));
      recall_wires (self, id, op, json_node_get_object (note));
    }
  else
    anf_graph_builder_set_attr (self, id, "k", g_variant_new_double (1));
  set_member (self, id, "muted", op != NULL ? NULL : g_steal_pointer (&note));
  return TRUE;
}
