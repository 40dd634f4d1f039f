/* bundle.c - a program as a folder: what is in it, where it came from, and how to check it. */
#include "io/bundle.h"

#include "io/file.h"
#include "io/folder.h"
#include "io/json.h"

#include <math.h>
#include <string.h>

#define FORMAT 1
#define MANIFEST "manifest.json"

static JsonNode *
take_object (JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  return node;
}

static JsonArray *
shape_array (const AnfType *type)
{
  JsonArray *shape = json_array_new ();

  for (guint i = 0; i < type->rank; i++)
    json_array_add_int_element (shape, type->dim[i]);
  return shape;
}

JsonObject *
anf_bundle_port (const char *name, const AnfType *type)
{
  JsonObject *port = json_object_new ();

  json_object_set_string_member (port, "name", name);
  json_object_set_string_member (port, "dtype", anf_dtype_name (type->dtype));
  json_object_set_array_member (port, "shape", shape_array (type));
  return port;
}

/* ---------------------------------------------------------------- files and their checksums */

static char *
checksum (const char *path, GError **error)
{
  g_autoptr(GBytes) bytes = anf_file_map (path, error);

  if (bytes == NULL)
    return anf_bad_file_in (error, "%s", path), NULL;
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
}

/* Lists a file that was written into the segment's own folder. */
gboolean
anf_bundle_list (AnfBundle *self, JsonObject *segment, const char *name, GError **error)
{
  g_autofree char *path = anf_folder_path (self->folder, name, error);
  g_autofree char *sum = path != NULL ? checksum (path, error) : NULL;

  if (sum == NULL)
    return FALSE;
  json_array_add_string_element (json_object_get_array_member (segment, "files"), name);
  json_object_set_string_member (json_object_get_object_member (segment, "sha256"), name, sum);
  return TRUE;
}

gboolean
anf_bundle_put_json (AnfBundle *self, const char *name, JsonObject *object, GError **error)
{
  g_autoptr(JsonNode) root = take_object (json_object_ref (object));
  g_autofree char *text = anf_json_print (root);

  return anf_folder_put (self->folder, name, text, strlen (text), error);
}

/* ---------------------------------------------------------------- fused segments */

/* A weight by the user's node and role; NULL: what a composite made for itself. */
static char *
weight_key (const AnfBundle *self, const AnfNode *node, guint r, const AnfNode **owner,
            const char **role)
{
  const AnfSlot *slot = &node->slot[r];

  *owner = anf_graph_find (self->whole, node->origin != 0 ? node->origin : node->id);
  *role = slot->origin != NULL ? slot->origin : node->op->role[r].name;
  if (slot->origin == NULL && (*owner)->op != node->op)
    return NULL;
  return g_strdup_printf ("%s.%s", (*owner)->name, *role);
}

static void
add_place (AnfBundle *self, const char *key, const char *segment, guint n, const guint64 *offset)
{
  JsonObject *place = json_object_new ();
  JsonArray *offsets = json_array_new ();

  for (guint i = 0; i < n; i++)
    json_array_add_int_element (offsets, offset[i]);
  json_object_set_string_member (place, "segment", segment);
  json_object_set_array_member (place, "offsets", offsets);
  if (!json_object_has_member (self->places, key))
    json_object_set_array_member (self->places, key, json_array_new ());
  json_array_add_object_element (json_object_get_array_member (self->places, key), place);
}

void
anf_bundle_note_place (AnfBundle *self, const char *segment, const AnfNode *node, guint r, guint n,
            const guint64 *offset)
{
  const AnfNode *owner;
  const char *role;
  g_autofree char *key = weight_key (self, node, r, &owner, &role);

  if (key != NULL)
    add_place (self, key, segment, n, offset);
}

static const AnfWeightFacts *
facts_of (const AnfBundle *self, AnfId node, const char *role)
{
  for (guint i = 0; i < anf_weights_n (self->weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (self->weights, i);

      if (facts->node == node && g_str_equal (facts->role, role))
        return facts;
    }
  return NULL;
}

static JsonObject *
weight_object (AnfBundle *self, const AnfEncoded *encoded, gboolean transposed,
               const AnfNode *owner, const char *role)
{
  const AnfWeightFacts *facts = facts_of (self, owner->id, role);
  AnfTensor *tensor = anf_graph_tensor_of (self->whole, owner, role);
  JsonObject *object = json_object_new (), *gate = json_object_new ();
  JsonArray *shape = json_array_new ();

  for (guint i = 0; i < anf_tensor_rank (tensor); i++)
    json_array_add_int_element (shape, anf_tensor_dim (tensor, i));
  json_object_set_string_member (object, "node", owner->name);
  json_object_set_string_member (object, "role", role);
  anf_json_set_text (object, "name", anf_node_weight (owner, role));
  json_object_set_string_member (object, "encoding",
                                 encoded->payload.part[0].type.dtype == ANF_MIL_FP32
                                 ? "fp32" : anf_encoding_name (encoded->payload.encoding));
  json_object_set_int_member (object, "bytes", encoded->bytes);
  anf_json_set_number (object, "error", encoded->error);
  anf_json_set_number (gate, "limit", anf_program_options (self->program)->settings.atol);
  json_object_set_boolean_member (gate, "ok", facts == NULL || facts->encoding[facts->chosen].ok);
  json_object_set_object_member (object, "gate", gate);
  anf_json_set_text (object, "why", facts != NULL ? facts->why : NULL);
  json_object_set_array_member (object, "shape", shape);
  json_object_set_boolean_member (object, "transposed", transposed);
  return object;
}

/* A weight that is in no program: it stands behind those of a segment, and none reads it. */
static gboolean
store_folded (AnfBundle *self, const AnfNode *node, const char *role, const char *key,
              const char *segment, AnfMilBlob *blob, GError **error)
{
  AnfTensor *tensor = anf_graph_tensor_of (self->whole, node, role);
  g_autofree char *why = NULL;
  g_autoptr(AnfEncoded) encoded = anf_encode (tensor, ANF_FP16, 1, &why, NULL, error);
  JsonObject *object;
  guint64 at;

  if (encoded == NULL)
    return FALSE;
  at = anf_mil_blob_add (blob, &encoded->payload.part[0]);
  add_place (self, key, segment, 1, &at);
  object = weight_object (self, encoded, FALSE, node, role);
  json_object_set_array_member (object, "places", json_array_ref (
    json_object_get_array_member (self->places, key)));
  json_array_add_object_element (self->folded, object);
  json_object_set_null_member (self->seen, key);
  return TRUE;
}

/* In the last segment: what the document names was computed beforehand, where it was constant. */
gboolean
anf_bundle_left_over (AnfBundle *self, guint segment, AnfMilBlob *blob, GError **error)
{
  for (guint i = 0; i < self->whole->nodes->len; i++)
    {
      const AnfNode *node = anf_graph_nth (self->whole, i);

      for (guint r = 0; self->plan->whole->live[i] && r < anf_op_n_roles (node->op); r++)
        {
          const char *role = node->op->role[r].name;
          g_autofree char *key = g_strdup_printf ("%s.%s", node->name, role);

          if (segment + 1 == anf_plan_n_segments (self->plan)
              && anf_graph_tensor_of (self->whole, node, role) != NULL
              && !json_object_has_member (self->places, key)
              && !store_folded (self, node, role, key,
                                anf_plan_nth_segment (self->plan, segment)->name, blob, error))
            return FALSE;
        }
    }
  return TRUE;
}

static void
set_ports (JsonObject *segment, const char *key, const GArray *ports)
{
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < ports->len; i++)
    {
      const AnfMilPort *port = &g_array_index (ports, AnfMilPort, i);
      JsonObject *object = json_object_new ();
      JsonArray *shape = json_array_new ();

      for (guint d = 0; d < port->type.rank; d++)
        json_array_add_int_element (shape, port->type.dim[d]);
      json_object_set_string_member (object, "name", port->name);
      json_object_set_string_member (object, "dtype", anf_mil_dtype_name (port->type.dtype));
      json_object_set_array_member (object, "shape", shape);
      json_array_add_object_element (list, object);
    }
  json_object_set_array_member (segment, key, list);
}

static gboolean
save_fused (AnfBundle *self, guint i, JsonObject *object, GError **error)
{
  g_autofree char *mil = g_strdup_printf ("s%02u/model.mil", i);
  g_autofree char *blob = g_strdup_printf ("s%02u/weights.bin", i);
  const AnfSegment *segment = anf_plan_nth_segment (self->plan, i);
  g_autoptr(AnfMilProgram) program = anf_mil_build (self->plan, self->weights, self->names, i,
                                                    error);
  g_autofree char *text = NULL, *path = NULL;

  if (program == NULL)
    return FALSE;
  text = anf_mil_text (program, "weights.bin");
  for (guint p = 0; p < program->places->len; p++)
    {
      const AnfMilPlace *place = &g_array_index (program->places, AnfMilPlace, p);
      const AnfNode *node = anf_graph_find (self->graph, place->node);

      anf_bundle_note_place (self, segment->name, node, anf_op_find_role (node->op, place->role),
                  place->n_parts, place->offset);
    }
  if (!anf_bundle_left_over (self, i, program->blob, error)
      || !anf_folder_put (self->folder, mil, text, strlen (text), error)
      || (path = anf_folder_path (self->folder, blob, error)) == NULL
      || !anf_blob_save (program->blob, path, error)
      || !anf_bundle_list (self, object, mil, error)
      || !anf_bundle_list (self, object, blob, error))
    return FALSE;

  set_ports (object, "inputs", program->inputs);
  set_ports (object, "outputs", program->outputs);
  return TRUE;
}

/* ---------------------------------------------------------------- the manifest */

static JsonArray *
save_segments (AnfBundle *self, GError **error)
{
  g_autoptr(JsonArray) list = json_array_new ();

  for (guint i = 0; i < anf_plan_n_segments (self->plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (self->plan, i);
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "name", segment->name);
      json_object_set_string_member (object, "kind", anf_segment_kind_name (segment->kind));
      json_object_set_array_member (object, "files", json_array_new ());
      json_object_set_object_member (object, "sha256", json_object_new ());
      json_array_add_object_element (list, object);
      if (segment->kind == ANF_SEGMENT_FUSED ? !save_fused (self, i, object, error)
                                             : !anf_bundle_save_single (self, i, object, error))
        return NULL;
      anf_json_set_text (object, "reason", segment->reason);
    }
  return g_steal_pointer (&list);
}

/* A port of an inner array -> its name. */
static JsonArray *
port_names (JsonArray *ports)
{
  JsonArray *names = json_array_new ();

  for (guint i = 0; i < json_array_get_length (ports); i++)
    {
      JsonObject *port = json_array_get_object_element (ports, i);

      if (!json_object_has_member (port, "weights"))
        json_array_add_string_element (names, json_object_get_string_member (port, "name"));
    }
  return names;
}

static JsonArray *
calls_array (JsonArray *segments)
{
  JsonArray *calls = json_array_new ();

  for (guint i = 0; i < json_array_get_length (segments); i++)
    {
      JsonObject *segment = json_array_get_object_element (segments, i);
      JsonObject *call = json_object_new ();

      json_object_set_string_member (call, "segment",
                                     json_object_get_string_member (segment, "name"));
      json_object_set_array_member (call, "reads",
                                    port_names (json_object_get_array_member (segment, "inputs")));
      json_object_set_array_member (call, "writes",
                                    port_names (json_object_get_array_member (segment, "outputs")));
      json_array_add_object_element (calls, call);
    }
  return calls;
}

/* Each once, though several nodes of a composite may use it. Weights of nodes that no output needs
 * are in no segment and left out. */
static void
add_weight (AnfBundle *self, const AnfNode *node, guint r, JsonArray *list)
{
  const AnfNode *owner;
  const char *role;
  g_autofree char *key = weight_key (self, node, r, &owner, &role);
  g_autoptr(AnfEncoded) encoded = NULL;
  JsonObject *object;

  if (key == NULL || !json_object_has_member (self->places, key)
      || json_object_has_member (self->seen, key))
    return;
  json_object_set_null_member (self->seen, key);
  encoded = anf_weights_encoded (self->weights, node, r);
  object = weight_object (self, encoded, (node->op->role[r].flags & ANF_TRANSPOSED) != 0, owner,
                          role);
  json_object_set_array_member (object, "places", json_array_ref (
    json_object_get_array_member (self->places, key)));
  json_array_add_object_element (list, object);
}

static JsonArray *
weights_array (AnfBundle *self)
{
  JsonArray *list = json_array_ref (self->folded);

  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);

      for (guint r = 0; r < anf_op_n_roles (node->op); r++)
        add_weight (self, node, r, list);
    }
  return list;
}

static JsonObject *
gate_object (const AnfGate *gate, const AnfGateResult *result)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "output", gate->output);
  json_object_set_string_member (object, "metric", gate->metric);
  anf_json_set_number (object, "limit", gate->limit);
  anf_json_set_number (object, "value",
                       result != NULL && result->problem == NULL ? result->value : NAN);
  if (result == NULL)
    {
      json_object_set_null_member (object, "ok");
      return object;
    }
  json_object_set_boolean_member (object, "ok", result->ok);
  json_object_set_int_member (object, "samples", result->n_samples);
  json_object_set_boolean_member (object, "random_inputs", result->random_inputs);
  if (result->problem != NULL)
    json_object_set_string_member (object, "why", result->problem);
  return object;
}

/* What was measured; without measurements the gates as the document has them. */
static JsonArray *
gates_array (const AnfBundle *self, const AnfGates *gates)
{
  JsonArray *list = json_array_new ();
  guint n = gates != NULL ? anf_gates_n (gates) : anf_graph_n_gates (self->whole);

  for (guint i = 0; i < n; i++)
    {
      const AnfGateResult *result = gates != NULL ? anf_gates_nth (gates, i) : NULL;

      json_array_add_object_element (list, gate_object (
        result != NULL ? &result->gate : anf_graph_nth_gate (self->whole, i), result));
    }
  return list;
}

static JsonObject *
options_object (const AnfSettings *settings, const char *variant)
{
  JsonObject *object = json_object_new ();

  anf_json_set_text (object, "opt", settings->opt != NULL ? settings->opt : "routes");
  json_object_set_string_member (object, "compress", anf_encoding_name (settings->compress));
  anf_json_set_number (object, "atol", settings->atol);
  json_object_set_int_member (object, "block_size", settings->block_size);
  anf_json_set_text (object, "variant", variant);
  return object;
}

/* An output that no segment writes is an input handed through: it has that one's name. */
static const char *
output_value (const AnfBundle *self, guint i)
{
  AnfRef from;

  anf_graph_nth_output (self->graph, i, &from);
  return self->plan->segment_of[anf_report_position (self->report, from.node)] >= 0
         ? anf_output_name (self->names, i) : anf_value_name (self->names, from);
}

/* The program's own ports: the public name, and what the value is called in calls. */
static void
set_program_ports (AnfBundle *self, JsonObject *manifest)
{
  JsonArray *inputs = json_array_new (), *outputs = json_array_new ();
  AnfType type;

  for (guint i = 0; i < anf_program_n_inputs (self->program); i++)
    {
      const char *name = anf_program_nth_input (self->program, i, &type);
      const AnfNode *node = anf_graph_find_name (self->graph, name);
      JsonObject *port;

      if (node->place == ANF_PLACE_HOST && type.dtype == ANF_F16)
        type.dtype = ANF_F32;
      port = anf_bundle_port (name, &type);
      json_object_set_string_member (port, "value", anf_fed_name (self->names, anf_node_id (node)));
      json_array_add_object_element (inputs, port);
    }
  for (guint i = 0; i < anf_program_n_outputs (self->program); i++)
    {
      const char *name = anf_program_nth_output (self->program, i, &type);
      JsonObject *port = anf_bundle_port (name, &type);

      json_object_set_string_member (port, "value", output_value (self, i));
      json_array_add_object_element (outputs, port);
    }
  json_object_set_array_member (manifest, "inputs", inputs);
  json_object_set_array_member (manifest, "outputs", outputs);
}

/* The document as its editor would save it where it came from, so that its paths are the same. */
static gboolean
save_document (AnfBundle *self, JsonObject *manifest, GError **error)
{
  g_autofree char *text = anf_document_text (self->whole, anf_graph_folder (self->whole));
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  json_object_set_string_member (manifest, "document_sha256", sum);
  json_object_set_string_member (manifest, "graph_sha256",
                                 anf_graph_hash (self->whole));
  return anf_folder_put (self->folder, "graph.anf", text, strlen (text), error);
}

/* What the latency model expects of the target, and what that rests on. */
static JsonObject *
estimate_object (const AnfBundle *self)
{
  g_autoptr(AnfEstimate) estimate = anf_estimate (self->plan, self->weights,
                                                  anf_report_target (self->report));
  JsonObject *object = json_object_new ();
  double low, high, us = anf_estimate_us (estimate, &low, &high);

  if (anf_estimate_why (estimate) != NULL)
    {
      json_object_set_null_member (object, "us");
      anf_json_set_text (object, "why", anf_estimate_why (estimate));
      return object;
    }
  anf_json_set_number (object, "us", us);
  anf_json_set_number (object, "low", low);
  anf_json_set_number (object, "high", high);
  anf_json_set_text (object, "basis", anf_basis_name (anf_estimate_basis (estimate)));
  return object;
}

static gboolean
save_all (AnfBundle *self, const AnfGates *gates, GError **error)
{
  g_autoptr(JsonObject) manifest = json_object_new ();
  g_autoptr(JsonArray) segments = NULL;

  json_object_set_int_member (manifest, "format", FORMAT);
  json_object_set_string_member (manifest, "tool", "aneforge " ANF_VERSION);
  anf_json_set_text (manifest, "title", anf_graph_title (self->whole));
  if (!save_document (self, manifest, error)
      || (segments = save_segments (self, error)) == NULL)
    return FALSE;
  json_object_set_string_member (manifest, "target", anf_report_target (self->report));
  json_object_set_object_member (manifest, "options", options_object (
    &anf_program_options (self->program)->settings, self->plan->level));
  set_program_ports (self, manifest);
  json_object_set_array_member (manifest, "calls", calls_array (segments));
  json_object_set_array_member (manifest, "segments", g_steal_pointer (&segments));
  json_object_set_array_member (manifest, "weights", weights_array (self));
  json_object_set_array_member (manifest, "gates", gates_array (self, gates));
  json_object_set_object_member (manifest, "estimate", estimate_object (self));
  return anf_bundle_put_json (self, MANIFEST, manifest, error);
}

/* Only what one of these wrote is ever replaced. */
static gboolean
is_bundle (const char *path)
{
  return anf_folder_has_manifest (path, MANIFEST, "format", "segments");
}

gboolean
anf_bundle_save (const AnfProgram *program, const AnfGates *gates, const char *dir,
                 GError **error)
{
  const AnfPlan *plan = anf_program_plan (program);
  AnfBundle self = { .program = program, .whole = anf_program_graph (program),
                  .graph = plan->report->graph, .report = plan->report, .plan = plan,
                  .weights = anf_program_weights (program) };
  g_autoptr(AnfFolder) folder = NULL;
  g_autoptr(AnfValueNames) names = NULL;
  g_autoptr(JsonObject) places = json_object_new (), seen = json_object_new ();
  g_autoptr(JsonArray) folded = json_array_new ();

  if (anf_program_options (program)->numerics == ANF_NUMERICS_FP32)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_COMPILE,
                   "The fp32 profile is no program for the engine; compile under \"ane\"");
      return FALSE;
    }
  if ((folder = anf_folder_new (dir, is_bundle, error)) == NULL)
    return FALSE;
  self.folder = folder;
  self.names = names = anf_value_names_new (self.graph);
  self.places = places;
  self.folded = folded;
  self.seen = seen;
  return save_all (&self, gates, error)
         && anf_folder_end (g_steal_pointer (&folder), error);
}
