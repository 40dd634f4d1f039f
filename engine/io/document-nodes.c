/* document-nodes.c - reads "nodes": operators, attributes, roles, then the wires between them. */
#include "io/document.h"
#include "io/file.h"

#include <string.h>

#define MAX_PORT 65535

static void
keep (JsonObject **extra, const char *group, const char *key, JsonNode *value)
{
  JsonObject *object;

  if (*extra == NULL)
    *extra = json_object_new ();
  if (!json_object_has_member (*extra, group))
    json_object_set_object_member (*extra, group, json_object_new ());
  object = json_object_get_object_member (*extra, group);
  json_object_set_member (object, key, json_node_copy (value));
}

/* ---------------------------------------------------------------- attributes */

static GVariant *
read_int (JsonNode *node)
{
  gint64 value;

  return anf_json_to_int (node, &value) ? g_variant_new_int64 (value) : NULL;
}

static GVariant *
read_real (JsonNode *node)
{
  return anf_json_is_number (node) ? g_variant_new_double (json_node_get_double (node)) : NULL;
}

/* One, or a list of them; NULL if a member is of the wrong type. */
static GVariant *
read_list (JsonNode *node, const char *type, GVariant *(*read) (JsonNode *))
{
  g_autoptr(GVariantBuilder) list = NULL;
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return read (node);
  array = json_node_get_array (node);
  list = g_variant_builder_new (G_VARIANT_TYPE (type));
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      GVariant *value = read (json_array_get_element (array, i));

      if (value == NULL)
        return NULL;
      g_variant_builder_add_value (list, value);
    }
  return g_variant_builder_end (list);
}

/* Floating; NULL: not a value of that kind. */
static GVariant *
read_attr (const AnfAttr *attr, JsonNode *node)
{
  switch (attr->kind)
    {
    case ANF_ATTR_REAL:
      return read_real (node);
    case ANF_ATTR_INT:
      return read_int (node);
    case ANF_ATTR_INTS:
      return read_list (node, "ax", read_int);
    case ANF_ATTR_REALS:
      return read_list (node, "ad", read_real);
    case ANF_ATTR_FLAG:
      return anf_json_is_bool (node) ? g_variant_new_boolean (json_node_get_boolean (node)) : NULL;
    case ANF_ATTR_TEXT:
    case ANF_ATTR_CHOICE:
      return anf_json_is_string (node) ? g_variant_new_string (json_node_get_string (node)) : NULL;
    }
  return NULL;
}

static void
read_attrs (AnfReader *self, AnfId id, const AnfOp *op, JsonObject *attrs, JsonObject **extra)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *value;

  json_object_iter_init_ordered (&iter, attrs);
  while (json_object_iter_next_ordered (&iter, &key, &value))
    {
      int i = anf_op_find_attr (op, key);
      GVariant *variant = i >= 0 ? read_attr (&op->attr[i], value) : NULL;

      if (variant != NULL)
        anf_graph_builder_set_attr (self->builder, id, key, variant);
      else if (i < 0 || !JSON_NODE_HOLDS_NULL (value))   /* null: the default */
        keep (extra, "attrs", key, value);
    }
}

/* ---------------------------------------------------------------- nodes */

static gboolean
read_roles (AnfReader *self, AnfId id, const char *name, const AnfOp *op, JsonObject *roles,
            JsonObject **extra)
{
  JsonObjectIter iter;
  const char *role;
  JsonNode *value;

  json_object_iter_init_ordered (&iter, roles);
  while (json_object_iter_next_ordered (&iter, &role, &value))
    if (anf_op_find_role (op, role) < 0)
      keep (extra, "weights", role, value);
    else if (!anf_json_is_string (value))
      return anf_bad_file (self->error,
                           "node \"%s\": weight \"%s\" must be the name of an entry in \"weights\"",
                           name, role);
    else
      anf_graph_builder_set_weight (self->builder, id, role, json_node_get_string (value));
  return TRUE;
}

gboolean
anf_reader_encoding (AnfReader *self, JsonNode *node, const char *place, AnfEncoding *encoding)
{
  if (anf_json_is_string (node) && anf_encoding_from_name (json_node_get_string (node), encoding))
    return TRUE;
  return anf_bad_file (self->error, "%s must be fp16, int8, int4, sparse, blockwise or auto",
                       place);
}

static gboolean
read_compress (AnfReader *self, AnfId id, const char *name, const AnfOp *op, JsonObject *roles,
               JsonObject **extra)
{
  JsonObjectIter iter;
  const char *role;
  JsonNode *value;

  json_object_iter_init_ordered (&iter, roles);
  while (json_object_iter_next_ordered (&iter, &role, &value))
    {
      g_autofree char *place = g_strdup_printf ("node \"%s\": \"compress\" of \"%s\"", name, role);
      AnfEncoding encoding;

      if (anf_op_find_role (op, role) < 0)
        keep (extra, "compress", role, value);
      else if (!anf_reader_encoding (self, value, place, &encoding))
        return FALSE;
      else
        anf_graph_builder_set_encoding (self->builder, id, role, encoding);
    }
  return TRUE;
}

static gboolean
read_host (AnfReader *self, AnfId id, const char *name, JsonObject *object)
{
  JsonNode *on = json_object_get_member (object, "on");
  const char *word = on != NULL && anf_json_is_string (on) ? json_node_get_string (on) : NULL;

  if (on == NULL)
    return TRUE;
  if (g_strcmp0 (word, "host") != 0 && g_strcmp0 (word, "engine") != 0)
    return anf_bad_file (self->error, "node \"%s\": \"on\" must be \"engine\" or \"host\"", name);
  if (g_str_equal (word, "host"))
    anf_graph_builder_set_place (self->builder, id, ANF_PLACE_HOST);
  return TRUE;
}

static gboolean
read_place (AnfReader *self, AnfId id, const char *name, JsonObject *object)
{
  JsonNode *at = json_object_get_member (object, "at"), *group;
  JsonArray *xy;

  group = json_object_get_member (object, "group");
  if (group != NULL && !anf_json_is_string (group))
    return anf_bad_file (self->error, "node \"%s\": \"group\" must be a string", name);
  if (group != NULL)
    anf_graph_builder_set_group (self->builder, id, json_node_get_string (group));
  if (at == NULL)
    return TRUE;

  xy = JSON_NODE_HOLDS_ARRAY (at) ? json_node_get_array (at) : NULL;
  if (xy == NULL || json_array_get_length (xy) != 2
      || !anf_json_is_number (json_array_get_element (xy, 0))
      || !anf_json_is_number (json_array_get_element (xy, 1)))
    return anf_bad_file (self->error, "node \"%s\": \"at\" must be two numbers", name);
  anf_graph_builder_set_position (self->builder, id, json_array_get_double_element (xy, 0),
                                  json_array_get_double_element (xy, 1));
  return TRUE;
}

static gboolean
read_parts (AnfReader *self, AnfId id, const char *name, const AnfOp *op, JsonObject *object)
{
  static const char *const known[] = { "id", "op", "name", "in", "attrs", "weights", "compress",
                                       "at", "group", "on", NULL };
  g_autofree char *place = g_strdup_printf ("node \"%s\": ", name), *text = NULL;
  g_autoptr(JsonObject) extra = anf_json_rest_of (object, known);
  JsonObject *attrs, *roles, *compress;

  if (!anf_reader_get_object (self, object, place, "attrs", &attrs)
      || !anf_reader_get_object (self, object, place, "weights", &roles)
      || !anf_reader_get_object (self, object, place, "compress", &compress))
    return FALSE;
  if (attrs != NULL)
    read_attrs (self, id, op, attrs, &extra);
  if ((roles != NULL && !read_roles (self, id, name, op, roles, &extra))
      || (compress != NULL && !read_compress (self, id, name, op, compress, &extra))
      || !read_place (self, id, name, object) || !read_host (self, id, name, object))
    return FALSE;
  if ((text = anf_json_extra (extra)) != NULL)
    anf_graph_builder_set_extra (self->builder, id, text);
  return TRUE;
}

static gboolean
read_node (AnfReader *self, guint i, AnfId id, JsonObject *object)
{
  const char *name = anf_json_get_string (object, "name");
  const char *op_name = anf_json_get_string (object, "op");
  const AnfOp *op;

  if (name == NULL)
    return anf_bad_file (self->error, "nodes[%u]: needs a \"name\", a string", i);
  if (!anf_name_is_valid (name))
    return anf_bad_file (self->error,
                         "nodes[%u]: \"%s\" is no name; letters, digits and _ make one", i, name);
  if (op_name == NULL)
    return anf_bad_file (self->error, "node \"%s\": needs an \"op\", a string", name);
  if (g_hash_table_contains (self->ids, name))
    return anf_bad_file (self->error, "node \"%s\": two nodes have this name", name);

  op = anf_op_lookup (op_name);
  if (op == NULL)
    op = anf_op_lookup ("unknown");
  anf_graph_builder_add_as (self->builder, op, id);
  if (!g_str_equal (op->name, op_name))
    anf_graph_builder_set_op_name (self->builder, id, op_name);
  anf_graph_builder_set_name (self->builder, id, name);
  g_hash_table_insert (self->ids, (gpointer) name, GSIZE_TO_POINTER (id));
  return read_parts (self, id, name, op, object);
}

/* Ids first: a node without one gets the next that no other node has. */
static gboolean
read_ids (AnfReader *self, AnfId *ids)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint n = json_array_get_length (self->nodes);

  for (guint i = 0; i < n; i++)
    {
      JsonNode *element = json_array_get_element (self->nodes, i), *node;
      gint64 id;

      if (!JSON_NODE_HOLDS_OBJECT (element))
        return anf_bad_file (self->error, "nodes[%u]: must be an object", i);
      node = json_object_get_member (json_node_get_object (element), "id");
      if (node == NULL)
        continue;
      if (!anf_json_to_int (node, &id) || id < 1 || id > ANF_MAX_ID)
        return anf_bad_file (self->error, "nodes[%u]: \"id\" must be an integer from 1 to 2^53 - 1",
                             i);
      if (!g_hash_table_add (seen, GSIZE_TO_POINTER (id)))
        return anf_bad_file (self->error, "nodes[%u]: two nodes have the id %" G_GINT64_FORMAT, i,
                             id);
      ids[i] = id;
      self->next_id = MAX (self->next_id, (AnfId) id + 1);
    }
  for (guint i = 0; i < n; i++)
    if (ids[i] == 0)
      ids[i] = self->next_id++;
  return TRUE;
}

gboolean
anf_reader_nodes (AnfReader *self)
{
  guint n = json_array_get_length (self->nodes);
  g_autofree AnfId *ids = g_new0 (AnfId, n + 1);

  if (!read_ids (self, ids))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!read_node (self, i, ids[i], json_array_get_object_element (self->nodes, i)))
      return FALSE;
  return TRUE;
}

/* ---------------------------------------------------------------- wires */

gboolean
anf_reader_ref (AnfReader *self, JsonNode *node, const char *place, AnfRef *ref)
{
  const char *text = anf_json_is_string (node) ? json_node_get_string (node) : NULL;
  const char *colon = text != NULL ? strchr (text, ':') : NULL;
  g_autofree char *name = NULL;
  guint64 port = 0;

  if (text == NULL)
    return anf_bad_file (self->error, "%s must be \"node\" or \"node:output\"", place);
  if (colon != NULL && !g_ascii_string_to_unsigned (colon + 1, 10, 0, MAX_PORT, &port, NULL))
    return anf_bad_file (self->error, "%s: \"%s\" has no output number after the colon", place,
                         text);
  name = colon != NULL ? g_strndup (text, colon - text) : g_strdup (text);
  ref->node = (AnfId) GPOINTER_TO_SIZE (g_hash_table_lookup (self->ids, name));
  ref->port = port;
  return ref->node != 0 || anf_bad_file (self->error, "%s: there is no node \"%s\"", place, name);
}

static gboolean
read_port (AnfReader *self, AnfId id, const AnfOp *op, const char *name, const char *port,
           JsonNode *value)
{
  g_autofree char *place = g_strdup_printf ("node \"%s\": port \"%s\"", name, port);
  int in = anf_op_find_input (op, port);
  gboolean variadic;
  JsonArray *list;
  AnfRef from;

  if (in < 0)
    return anf_bad_file (self->error, "%s: %s has no such port", place, op->name);
  variadic = op->in[in].flags & ANF_VARIADIC;
  if (!JSON_NODE_HOLDS_ARRAY (value))
    {
      if (!anf_reader_ref (self, value, place, &from))
        return FALSE;
      anf_graph_builder_connect (self->builder, from, id, in);
      return TRUE;
    }
  list = json_node_get_array (value);
  if (!variadic)
    return anf_bad_file (self->error, "%s takes one wire, not a list", place);
  for (guint i = 0; i < json_array_get_length (list); i++)
    {
      if (!anf_reader_ref (self, json_array_get_element (list, i), place, &from))
        return FALSE;
      anf_graph_builder_connect (self->builder, from, id, in + i);
    }
  return TRUE;
}

/* Wires of an unknown operator: connected in the order of the file, their ports noted in @list. */
static gboolean
read_any_port (AnfReader *self, AnfId id, const char *name, const char *port, JsonNode *value,
               JsonArray *list)
{
  g_autofree char *place = g_strdup_printf ("node \"%s\": port \"%s\"", name, port);
  gboolean many = JSON_NODE_HOLDS_ARRAY (value);
  JsonArray *array = many ? json_node_get_array (value) : NULL;
  guint n = many ? json_array_get_length (array) : 1;

  for (guint i = 0; i < n; i++)
    {
      JsonArray *wire;
      AnfRef from;

      if (!anf_reader_ref (self, many ? json_array_get_element (array, i) : value, place, &from))
        return FALSE;
      anf_graph_builder_connect (self->builder, from, id, json_array_get_length (list));
      wire = json_array_new ();
      json_array_add_string_element (wire, port);
      json_array_add_boolean_element (wire, many);
      json_array_add_int_element (wire, from.node);
      json_array_add_int_element (wire, from.port);
      json_array_add_array_element (list, wire);
    }
  return TRUE;
}

static gboolean
read_any_wires (AnfReader *self, AnfId id, const char *name, JsonObject *object, JsonObject *in)
{
  static const char *const known[] = { "id", "op", "name", "in", "at", "group", NULL };
  JsonObject *extra = anf_json_rest_of (object, known);
  g_autoptr(JsonObject) held = extra != NULL ? extra : json_object_new ();
  g_autofree char *text = NULL;
  JsonArray *list = json_array_new ();
  JsonObjectIter iter;
  const char *port;
  JsonNode *value;

  json_object_set_array_member (held, "in", list);
  json_object_iter_init_ordered (&iter, in);
  while (json_object_iter_next_ordered (&iter, &port, &value))
    if (!read_any_port (self, id, name, port, value, list))
      return FALSE;
  text = anf_json_extra (held);
  anf_graph_builder_set_extra (self->builder, id, text);
  return TRUE;
}

static gboolean
read_wires (AnfReader *self, JsonObject *object)
{
  const char *name = anf_json_get_string (object, "name");
  const AnfOp *op = anf_op_lookup (anf_json_get_string (object, "op"));
  AnfId id = (AnfId) GPOINTER_TO_SIZE (g_hash_table_lookup (self->ids, name));
  g_autofree char *place = g_strdup_printf ("node \"%s\": ", name);
  JsonObjectIter iter;
  JsonObject *in;
  const char *port;
  JsonNode *value;

  if (!anf_reader_get_object (self, object, place, "in", &in))
    return FALSE;
  if (in == NULL)
    return TRUE;
  if (op == NULL || op == anf_op_lookup ("unknown"))
    return read_any_wires (self, id, name, object, in);

  json_object_iter_init_ordered (&iter, in);
  while (json_object_iter_next_ordered (&iter, &port, &value))
    if (!read_port (self, id, op, name, port, value))
      return FALSE;
  return TRUE;
}

gboolean
anf_reader_wires (AnfReader *self)
{
  for (guint i = 0; i < json_array_get_length (self->nodes); i++)
    if (!read_wires (self, json_array_get_object_element (self->nodes, i)))
      return FALSE;
  return TRUE;
}

