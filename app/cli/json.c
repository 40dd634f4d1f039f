/* json.c - the one JSON value of stdout. */
#include "cli.h"

#include <math.h>
#include <stdio.h>

JsonBuilder *
studio_json_begin (void)
{
  JsonBuilder *json = json_builder_new ();

  json_builder_begin_object (json);
  return json;
}

void
studio_json_text (JsonBuilder *json, const char *name, const char *value)
{
  json_builder_set_member_name (json, name);
  if (value != NULL)
    json_builder_add_string_value (json, value);
  else
    json_builder_add_null_value (json);
}

/* JSON has no infinity and no NaN. */
void
studio_json_real (JsonBuilder *json, const char *name, double value)
{
  json_builder_set_member_name (json, name);
  if (isfinite (value))
    json_builder_add_double_value (json, value);
  else
    json_builder_add_null_value (json);
}

void
studio_json_int (JsonBuilder *json, const char *name, gint64 value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, value);
}

void
studio_json_flag (JsonBuilder *json, const char *name, gboolean value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_boolean_value (json, value);
}

void
studio_json_object (JsonBuilder *json, const char *name)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_object (json);
}

void
studio_json_array (JsonBuilder *json, const char *name)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_array (json);
}

void
studio_json_end (StudioCli *self, JsonBuilder *json)
{
  g_autoptr(JsonGenerator) generator = json_generator_new ();
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_end_object (json);
  root = json_builder_get_root (json);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, NULL);
  puts (text);
  self->answered = TRUE;
  g_object_unref (json);
}

static void
add_encoding (JsonBuilder *json, AnfEncoding encoding, const AnfEncodingFacts *facts)
{
  studio_json_object (json, anf_encoding_name (encoding));
  if (facts->applies)
    {
      studio_json_int (json, "bytes", facts->bytes);
      studio_json_real (json, "error", facts->error);
    }
  else
    {
      studio_json_text (json, "bytes", NULL);
      studio_json_text (json, "error", NULL);
    }
  studio_json_flag (json, "streams", facts->streams);
  studio_json_flag (json, "ok", facts->applies && facts->ok);
  studio_json_text (json, "why", facts->why);
  json_builder_end_object (json);
}

void
studio_json_weights (JsonBuilder *json, const AnfGraph *graph, const AnfWeights *weights,
                     gboolean chosen_only)
{
  studio_json_array (json, "weights");
  for (guint i = 0; i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);

      json_builder_begin_object (json);
      studio_json_text (json, "node", studio_cli_node (graph, facts->node));
      studio_json_text (json, "role", facts->role);
      studio_json_text (json, "name", facts->name);
      studio_json_array (json, "shape");
      for (guint d = 0; d < facts->rank; d++)
        json_builder_add_int_value (json, facts->shape[d]);
      json_builder_end_array (json);
      studio_json_object (json, "encodings");
      for (guint e = 0; e < ANF_N_ENCODINGS; e++)
        if (!chosen_only || e == facts->chosen)
          add_encoding (json, e, &facts->encoding[e]);
      json_builder_end_object (json);
      studio_json_text (json, "asked", anf_encoding_name (facts->asked));
      studio_json_text (json, "chosen", anf_encoding_name (facts->chosen));
      studio_json_text (json, "why", facts->why);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}
