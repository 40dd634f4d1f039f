/* record-text.c - records as JSON, and back. */
#include "record.h"

#include <math.h>

#include "io/json.h"

#define FORMAT 1                   /* of what is written; a later one is not read */

/* ---------------------------------------------------------------- out */

static void
set_int (JsonObject *object, const char *key, gint64 value)
{
  json_object_set_int_member (object, key, value);
}

static void
set_stats (JsonObject *object, const AnfStats *us)
{
  anf_json_set_number (object, "median_us", us->median_us);
  anf_json_set_number (object, "p10_us", us->p10_us);
  anf_json_set_number (object, "p90_us", us->p90_us);
  anf_json_set_number (object, "p99_us", us->p99_us);
  anf_json_set_number (object, "min_us", us->min_us);
}

static JsonObject *
op_object (const AnfRecordOp *op)
{
  JsonObject *object = json_object_new ();

  set_int (object, "id", op->node);
  anf_json_set_text (object, "name", op->name);
  anf_json_set_text (object, "op", op->op);
  if (op->weight != NULL)
    anf_json_set_text (object, "weight", op->weight);
  if (op->into != 0)
    set_int (object, "into", op->into);
  set_stats (object, &op->us);
  anf_json_set_number (object, "flops", op->flops);
  set_int (object, "bytes", op->bytes);
  return object;
}

static JsonArray *
ops_of (const AnfRecord *self, int segment)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->ops->len; i++)
    if (g_array_index (self->ops, AnfRecordOp, i).segment == segment)
      json_array_add_object_element (array, op_object (&g_array_index (self->ops, AnfRecordOp, i)));
  return array;
}

static JsonArray *
segments_of (const AnfRecord *self)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->segments->len; i++)
    {
      const AnfRecordSegment *segment = &g_array_index (self->segments, AnfRecordSegment, i);
      JsonObject *object = json_object_new ();

      anf_json_set_text (object, "name", segment->name);
      anf_json_set_text (object, "kind", segment->kind);
      set_stats (object, &segment->us);
      anf_json_set_text (object, "basis", segment->device);
      anf_json_set_text (object, "reason", segment->reason);
      anf_json_set_number (object, "estimate_us", segment->estimate_us);
      set_int (object, "bytes_in", segment->bytes_in);
      set_int (object, "bytes_out", segment->bytes_out);
      json_object_set_array_member (object, "ops", ops_of (self, i));
      json_array_add_object_element (array, object);
    }
  return array;
}

static JsonArray *
weights_of (const AnfRecord *self)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->weights->len; i++)
    {
      const AnfRecordWeight *weight = &g_array_index (self->weights, AnfRecordWeight, i);
      JsonObject *object = json_object_new ();

      anf_json_set_text (object, "node", weight->node);
      anf_json_set_text (object, "role", weight->role);
      anf_json_set_text (object, "chosen", weight->encoding);
      set_int (object, "bytes", weight->bytes);
      set_int (object, "fp16_bytes", weight->plain_bytes);
      anf_json_set_number (object, "error", weight->error);
      json_object_set_boolean_member (object, "streams", weight->streams);
      json_object_set_boolean_member (object, "pinned", weight->pinned);
      anf_json_set_text (object, "why", weight->why);
      json_array_add_object_element (array, object);
    }
  return array;
}

static JsonArray *
gates_of (const AnfRecord *self)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->gates->len; i++)
    {
      const AnfRecordGate *gate = &g_array_index (self->gates, AnfRecordGate, i);
      JsonObject *object = json_object_new ();

      anf_json_set_text (object, "output", gate->output);
      anf_json_set_text (object, "metric", gate->metric);
      anf_json_set_number (object, "limit", gate->limit);
      anf_json_set_number (object, "value", gate->value);
      json_object_set_boolean_member (object, "ok", gate->ok);
      anf_json_set_text (object, "inputs", gate->inputs);
      set_int (object, "samples", gate->samples);
      json_object_set_boolean_member (object, "random_inputs", gate->random);
      anf_json_set_text (object, "problem", gate->problem);
      json_array_add_object_element (array, object);
    }
  return array;
}

static JsonObject *
estimates_of (const AnfRecord *self)
{
  JsonObject *all = json_object_new ();

  for (guint i = 0; i < self->estimates->len; i++)
    {
      const AnfRecordEstimate *estimate = &g_array_index (self->estimates, AnfRecordEstimate, i);
      JsonObject *object = json_object_new ();

      anf_json_set_number (object, "us", estimate->us);
      if (estimate->why != NULL)
        anf_json_set_text (object, "why", estimate->why);
      else
        {
          anf_json_set_number (object, "low", estimate->low);
          anf_json_set_number (object, "high", estimate->high);
          anf_json_set_text (object, "basis", estimate->basis);
          anf_json_set_text (object, "from", estimate->from);
        }
      json_object_set_object_member (all, estimate->target, object);
    }
  return all;
}

static void
set_head (JsonObject *object, const AnfRecord *self)
{
  set_int (object, "record", FORMAT);
  set_int (object, "when", self->when);
  anf_json_set_text (object, "title", self->title);
  anf_json_set_text (object, "graph", self->hash);
  anf_json_set_text (object, "version", self->version);
  anf_json_set_text (object, "device", self->device);
  anf_json_set_text (object, "numerics", self->numerics);
  anf_json_set_text (object, "target", self->target);
  anf_json_set_text (object, "opt", self->opt);
  anf_json_set_text (object, "compress", self->compress);
  set_int (object, "threads", self->threads);
  set_int (object, "runs", self->runs);
  set_stats (object, &self->total);
  anf_json_set_number (object, "compile_us", self->compile_us);
  anf_json_set_number (object, "load_us", self->load_us);
  anf_json_set_number (object, "first_run_us", self->first_us);
  set_int (object, "peak_bytes", self->peak_bytes);
  set_int (object, "weight_bytes", anf_record_weight_bytes (self));
}

char *
anf_record_text (const AnfRecord *self)
{
  g_autoptr(JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  set_head (object, self);
  json_object_set_array_member (object, "segments", segments_of (self));
  json_object_set_array_member (object, "taken_over", ops_of (self, -1));
  json_object_set_array_member (object, "weights", weights_of (self));
  json_object_set_array_member (object, "gates", gates_of (self));
  json_object_set_object_member (object, "estimates", estimates_of (self));
  json_node_take_object (root, object);
  return anf_json_print (root);
}

/* ---------------------------------------------------------------- back */

static char *
dup_text (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && anf_json_is_string (node) ? json_node_dup_string (node) : NULL;
}

/* Never NULL. */
static char *
need_text (JsonObject *object, const char *key)
{
  char *text = dup_text (object, key);

  return text != NULL ? text : g_strdup ("");
}

static double
number_of (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && anf_json_is_number (node) ? json_node_get_double (node) : NAN;
}

/* What cannot be a count is 0. */
static guint64
count_of (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);
  gint64 value = 0;

  return node != NULL && anf_json_to_int (node, &value) && value > 0 ? value : 0;
}

static gboolean
flag_of (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && anf_json_is_bool (node) && json_node_get_boolean (node);
}

static AnfStats
stats_of (JsonObject *object)
{
  return (AnfStats) {
    number_of (object, "median_us"), number_of (object, "p10_us"), number_of (object, "p90_us"),
    number_of (object, "p99_us"), number_of (object, "min_us"),
  };
}

/* Calls @take for every object in the array @key. */
static void
each (JsonObject *object, const char *key, void (*take) (AnfRecord *self, JsonObject *item, int at),
      AnfRecord *self, int at)
{
  JsonNode *node = json_object_get_member (object, key);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node)
                                                                  : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *item = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_OBJECT (item))
        take (self, json_node_get_object (item), at);
    }
}

static void
take_op (AnfRecord *self, JsonObject *object, int segment)
{
  AnfRecordOp op = {
    .node = count_of (object, "id"), .name = need_text (object, "name"),
    .op = need_text (object, "op"), .weight = dup_text (object, "weight"), .segment = segment,
    .into = count_of (object, "into"), .us = stats_of (object),
    .flops = number_of (object, "flops"), .bytes = count_of (object, "bytes"),
  };

  g_array_append_val (self->ops, op);
}

static void
take_segment (AnfRecord *self, JsonObject *object, int unused)
{
  AnfRecordSegment segment = {
    .name = need_text (object, "name"), .kind = need_text (object, "kind"),
    .device = need_text (object, "basis"), .reason = dup_text (object, "reason"),
    .us = stats_of (object), .estimate_us = number_of (object, "estimate_us"),
    .bytes_in = count_of (object, "bytes_in"), .bytes_out = count_of (object, "bytes_out"),
  };

  g_array_append_val (self->segments, segment);
  each (object, "ops", take_op, self, self->segments->len - 1);
}

static void
take_weight (AnfRecord *self, JsonObject *object, int unused)
{
  AnfRecordWeight weight = {
    .node = need_text (object, "node"), .role = need_text (object, "role"),
    .encoding = need_text (object, "chosen"), .why = dup_text (object, "why"),
    .bytes = count_of (object, "bytes"), .plain_bytes = count_of (object, "fp16_bytes"),
    .error = number_of (object, "error"), .streams = flag_of (object, "streams"),
    .pinned = flag_of (object, "pinned"),
  };

  g_array_append_val (self->weights, weight);
}

static void
take_gate (AnfRecord *self, JsonObject *object, int unused)
{
  AnfRecordGate gate = {
    .output = need_text (object, "output"), .metric = need_text (object, "metric"),
    .inputs = dup_text (object, "inputs"), .problem = dup_text (object, "problem"),
    .limit = number_of (object, "limit"), .value = number_of (object, "value"),
    .ok = flag_of (object, "ok"), .random = flag_of (object, "random_inputs"),
    .samples = count_of (object, "samples"),
  };

  g_array_append_val (self->gates, gate);
}

static void
take_estimates (AnfRecord *self, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "estimates");
  JsonObject *all = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node)
                                                                  : NULL;

  for (guint i = 0; i < anf_arch_n (); i++)
    {
      JsonNode *one = all != NULL ? json_object_get_member (all, anf_arch_nth (i)) : NULL;
      JsonObject *o = one != NULL && JSON_NODE_HOLDS_OBJECT (one) ? json_node_get_object (one)
                                                                  : NULL;
      AnfRecordEstimate estimate;

      if (o == NULL)
        continue;
      estimate = (AnfRecordEstimate) {
        .target = g_strdup (anf_arch_nth (i)),
        .title = g_strdup (anf_arch_title (anf_arch_nth (i))),
        .basis = dup_text (o, "basis"), .from = dup_text (o, "from"), .why = dup_text (o, "why"),
        .us = number_of (o, "us"), .low = number_of (o, "low"), .high = number_of (o, "high"),
      };
      g_array_append_val (self->estimates, estimate);
    }
}

AnfRecord *
anf_record_read (const char *text, gsize length, GError **error)
{
  g_autoptr(JsonNode) root = anf_json_parse (text, length, error);
  g_autoptr(AnfRecord) self = NULL;
  JsonObject *object;

  if (root == NULL)
    return NULL;
  object = JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  if (object == NULL || count_of (object, "record") != FORMAT
      || !(number_of (object, "median_us") >= 0))
    {
      g_set_error_literal (error, ANF_ERROR, ANF_ERROR_BAD_FILE, "This is no record of a run");
      return NULL;
    }
  self = anf_record_alloc ();
  self->when = count_of (object, "when");
  self->title = dup_text (object, "title");
  self->hash = need_text (object, "graph");
  self->version = need_text (object, "version");
  self->device = need_text (object, "device");
  self->numerics = need_text (object, "numerics");
  self->target = need_text (object, "target");
  self->opt = need_text (object, "opt");
  self->compress = need_text (object, "compress");
  self->threads = count_of (object, "threads");
  self->runs = count_of (object, "runs");
  self->total = stats_of (object);
  self->compile_us = number_of (object, "compile_us");
  self->load_us = number_of (object, "load_us");
  self->first_us = number_of (object, "first_run_us");
  self->peak_bytes = count_of (object, "peak_bytes");
  each (object, "segments", take_segment, self, 0);
  each (object, "taken_over", take_op, self, -1);
  each (object, "weights", take_weight, self, 0);
  each (object, "gates", take_gate, self, 0);
  take_estimates (self, object);
  return g_steal_pointer (&self);
}
