/* bundle-single.c - segments that are no MIL program: a bridge, or what is on the host. */
#include "io/bundle.h"

static JsonObject *
attrs_object (const AnfNode *node)
{
  JsonObject *attrs = json_object_new ();
  const AnfAttr *attr;

  for (guint i = 0; (attr = anf_op_attr (anf_node_op (node), i)) != NULL; i++)
    {
      g_autoptr(GVariant) value = anf_node_attr (node, attr->name);

      if (value != NULL)
        json_object_set_member (attrs, attr->name, json_gvariant_serialize (value));
    }
  return attrs;
}

/* The weights of a node, constants included: stored beside its file. */
static void
store_weights (AnfBundle *self, const AnfNode *node, const char *segment, AnfMilBlob *blob,
               JsonObject *offsets)
{
  const AnfPort *role;

  for (guint r = 0; (role = anf_op_role (anf_node_op (node), r)) != NULL; r++)
    {
      g_autoptr(AnfEncoded) encoded = anf_weights_encoded (self->weights, node, r);
      guint64 at[ANF_MIL_MAX_PARTS];
      JsonArray *list = json_array_new ();
      guint n = 0;

      for (; encoded != NULL && n < ANF_MIL_MAX_PARTS && encoded->payload.part[n].bytes; n++)
        {
          at[n] = anf_mil_blob_add (blob, &encoded->payload.part[n]);
          json_array_add_int_element (list, at[n]);
        }
      if (n > 0)
        {
          anf_bundle_note_place (self, segment, node, r, n, at);
          json_object_set_array_member (offsets, role->name, list);
        }
      else
        json_array_unref (list);
    }
}

/* A value as it crosses a border: fp32 if it comes from an island. */
static JsonObject *
value_port (AnfBundle *self, AnfRef ref)
{
  AnfType type;

  anf_port_type (self->report, ref, &type);
  if (anf_graph_find (self->graph, ref.node)->place == ANF_PLACE_HOST && type.dtype == ANF_F16)
    type.dtype = ANF_F32;
  return anf_bundle_port (anf_value_name (self->names, ref), &type);
}

/* Inputs in the order of the ports; a constant is in the blob and no value of the program. */
static JsonArray *
node_inputs (AnfBundle *self, const AnfNode *node, const char *segment, AnfMilBlob *blob)
{
  JsonArray *inputs = json_array_new ();

  for (guint i = 0; i < anf_node_n_inputs (node); i++)
    {
      AnfRef ref = anf_node_input (node, i);
      const AnfNode *from = anf_graph_find (self->graph, ref.node);
      JsonObject *port, *offsets = json_object_new ();

      if (from == NULL)
        {
          json_object_unref (offsets);
          continue;
        }
      port = value_port (self, ref);
      json_object_set_string_member (port, "port", anf_node_input_name (node, i));
      if (from->op->source && from->op->feed == NULL)
        store_weights (self, from, segment, blob, offsets);
      if (json_object_get_size (offsets) > 0)
        json_object_set_object_member (port, "weights", json_object_ref (offsets));
      json_object_unref (offsets);
      json_array_add_object_element (inputs, port);
    }
  return inputs;
}

static JsonArray *
node_outputs (AnfBundle *self, const AnfNode *node)
{
  JsonArray *outputs = json_array_new ();

  for (guint i = 0; i < anf_node_n_outputs (node); i++)
    json_array_add_object_element (outputs, value_port (self, (AnfRef) { anf_node_id (node), i }));
  return outputs;
}

static JsonObject *
node_object (AnfBundle *self, const AnfNode *node, const char *segment, AnfMilBlob *blob)
{
  JsonObject *json = json_object_new ();
  g_autoptr(JsonObject) offsets = json_object_new ();

  json_object_set_string_member (json, "op", anf_node_op_name (node));
  json_object_set_string_member (json, "node", anf_node_name (node));
  json_object_set_object_member (json, "attrs", attrs_object (node));
  json_object_set_array_member (json, "inputs", node_inputs (self, node, segment, blob));
  json_object_set_array_member (json, "outputs", node_outputs (self, node));
  store_weights (self, node, segment, blob, offsets);
  if (json_object_get_size (offsets) > 0)
    json_object_set_object_member (json, "weights", json_object_ref (offsets));
  return json;
}

static JsonArray *
values_array (AnfBundle *self, const AnfRef *values, guint n)
{
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < n; i++)
    json_array_add_object_element (list, value_port (self, values[i]));
  return list;
}

/* The nodes of an island in the order they run; what they hand each other stays fp32. */
static JsonObject *
island_object (AnfBundle *self, const AnfSteps *steps, const char *segment, AnfMilBlob *blob)
{
  JsonObject *json = json_object_new ();
  JsonArray *nodes = json_array_new ();

  for (guint i = 0; i < steps->n_nodes; i++)
    json_array_add_object_element (nodes, node_object (self, anf_graph_find (self->graph,
                                                                             steps->nodes[i]),
                                                       segment, blob));
  json_object_set_array_member (json, "nodes", nodes);
  json_object_set_array_member (json, "inputs", values_array (self, steps->reads, steps->n_reads));
  json_object_set_array_member (json, "outputs", values_array (self, steps->writes,
                                                               steps->n_writes));
  return json;
}

gboolean
anf_bundle_save_single (AnfBundle *self, guint i, JsonObject *object, GError **error)
{
  const AnfSegment *segment = anf_plan_nth_segment (self->plan, i);
  const AnfSteps *steps = anf_plan_steps (self->plan, i);
  const char *stem = anf_segment_kind_name (segment->kind);
  g_autofree char *file = g_strdup_printf ("s%02u/%s.json", i, stem);
  g_autofree char *bin = g_strdup_printf ("s%02u/%s.bin", i, stem);
  const AnfNode *node = anf_graph_find (self->graph, steps->nodes[0]);
  g_autoptr(AnfMilBlob) blob = anf_mil_blob_new ();
  g_autoptr(JsonObject) json = node->place == ANF_PLACE_ENGINE
                               ? node_object (self, node, segment->name, blob)
                               : island_object (self, steps, segment->name, blob);
  g_autofree char *path = NULL;

  if (!anf_bundle_left_over (self, i, blob, error)
      || !anf_bundle_put_json (self, file, json, error)
      || !anf_bundle_list (self, object, file, error))
    return FALSE;
  if ((anf_mil_blob_n (blob) > 0 || segment->kind == ANF_SEGMENT_HOST)
      && ((path = anf_folder_path (self->folder, bin, error)) == NULL
          || !anf_blob_save (blob, path, error) || !anf_bundle_list (self, object, bin, error)))
    return FALSE;
  json_object_set_array_member (object, "inputs", json_array_ref (
    json_object_get_array_member (json, "inputs")));
  json_object_set_array_member (object, "outputs", json_array_ref (
    json_object_get_array_member (json, "outputs")));
  return TRUE;
}
