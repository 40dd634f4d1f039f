/* json.h - strict JSON in, stable JSON out, over json-glib's tree. */
#pragma once

#include <json-glib/json-glib.h>

/* RFC 8259 and nothing else. Refused beyond the grammar: more than 128 levels or four million
 * values, a key twice in one object, numbers out of double's range, U+0000. The message says the
 * line and column. */
JsonNode *anf_json_parse     (const char *text, gsize length, GError **error);
/* Two spaces a level; what is small and deep inside stays on one line of 100 columns at most. */
char     *anf_json_print     (JsonNode *root);
char     *anf_json_print_line (JsonNode *node);                /* all on one line */

gboolean  anf_json_is_string (JsonNode *node);
gboolean  anf_json_is_bool   (JsonNode *node);
gboolean  anf_json_is_number (JsonNode *node);
/* An integer, also if written as 2.0; FALSE if it is none or beyond 64 bits. */
gboolean  anf_json_to_int    (JsonNode *node, gint64 *value);
/* An integer if it is one below 2^53, so that 1 is written as 1 and not as 1.0. */
JsonNode *anf_json_new_number (double value);
JsonNode *anf_json_new_int   (gint64 value);
JsonNode *anf_json_new_string (const char *value);
/* null for what JSON cannot say: NaN and infinities, and no text. */
void      anf_json_set_number (JsonObject *object, const char *key, double value);
void      anf_json_set_text   (JsonObject *object, const char *key, const char *text);
