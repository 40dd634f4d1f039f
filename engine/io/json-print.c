/* json-print.c - JSON text that diffs well: one thing a line, numbers that read back the same. */
#include "io/json.h"

#include <math.h>
#include <string.h>

#define COLUMNS 100

typedef struct { GString *out; gsize line; } Printer;   /* @line: where the current one begins */

gboolean
anf_json_is_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

gboolean
anf_json_is_bool (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN;
}

gboolean
anf_json_is_number (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && !anf_json_is_string (node) && !anf_json_is_bool (node);
}

gboolean
anf_json_to_int (JsonNode *node, gint64 *value)
{
  double real;

  if (!anf_json_is_number (node))
    return FALSE;
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    {
      *value = json_node_get_int (node);
      return TRUE;
    }
  real = json_node_get_double (node);
  if (real != floor (real) || fabs (real) > 0x1p53)
    return FALSE;
  *value = real;
  return TRUE;
}

JsonNode *
anf_json_new_int (gint64 value)
{
  return json_node_init_int (json_node_alloc (), value);
}

JsonNode *
anf_json_new_string (const char *value)
{
  return json_node_init_string (json_node_alloc (), value);
}

JsonNode *
anf_json_new_number (double value)
{
  if (!isfinite (value))
    return json_node_init_null (json_node_alloc ());
  if (value == floor (value) && fabs (value) < 0x1p53 && !(value == 0 && signbit (value)))
    return anf_json_new_int (value);
  return json_node_init_double (json_node_alloc (), value);
}

static void
print_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *c = text; *c != '\0'; c++)
    switch (*c)
      {
      case '"':
      case '\\':
        g_string_append_c (out, '\\');
        g_string_append_c (out, *c);
        break;
      case '\n':
        g_string_append (out, "\\n");
        break;
      case '\t':
        g_string_append (out, "\\t");
        break;
      default:
        if ((guchar) *c < 0x20)
          g_string_append_printf (out, "\\u%04x", *c);
        else
          g_string_append_c (out, *c);
      }
  g_string_append_c (out, '"');
}

/* The shortest of 15, 16 and 17 digits that reads back the same; a real never looks like an int. */
static void
print_double (GString *out, double value)
{
  static const char *const formats[] = { "%.15g", "%.16g", "%.17g" };
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_ascii_formatd (text, sizeof text, formats[i], value);
      if (g_ascii_strtod (text, NULL) == value)
        break;
    }
  g_string_append (out, text);
  if (strpbrk (text, ".e") == NULL)
    g_string_append (out, ".0");
}

static void
print_scalar (GString *out, JsonNode *node)
{
  if (JSON_NODE_HOLDS_NULL (node))
    g_string_append (out, "null");
  else if (anf_json_is_string (node))
    print_string (out, json_node_get_string (node));
  else if (anf_json_is_bool (node))
    g_string_append (out, json_node_get_boolean (node) ? "true" : "false");
  else if (json_node_get_value_type (node) == G_TYPE_INT64)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, json_node_get_int (node));
  else
    print_double (out, json_node_get_double (node));
}

static gboolean
is_scalar (JsonNode *node)
{
  return !JSON_NODE_HOLDS_ARRAY (node) && !JSON_NODE_HOLDS_OBJECT (node);
}

/* FALSE, with part of it written, as soon as @out is longer than @limit. */
static gboolean
print_inline (GString *out, JsonNode *node, gsize limit)
{
  gboolean first = TRUE, ok = TRUE;

  if (is_scalar (node))
    print_scalar (out, node);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);

      g_string_append_c (out, '[');
      for (guint i = 0; ok && i < json_array_get_length (array); i++)
        {
          g_string_append (out, i > 0 ? ", " : "");
          ok = print_inline (out, json_array_get_element (array, i), limit);
        }
      g_string_append_c (out, ']');
    }
  else
    {
      JsonObjectIter iter;
      const char *key;
      JsonNode *value;

      g_string_append_c (out, '{');
      json_object_iter_init_ordered (&iter, json_node_get_object (node));
      while (ok && json_object_iter_next_ordered (&iter, &key, &value))
        {
          g_string_append (out, first ? " " : ", ");
          first = FALSE;
          print_string (out, key);
          g_string_append (out, ": ");
          ok = print_inline (out, value, limit);
        }
      g_string_append (out, first ? "}" : " }");
    }
  return ok && out->len <= limit;
}

char *
anf_json_print_line (JsonNode *node)
{
  GString *out = g_string_new (NULL);

  print_inline (out, node, G_MAXSIZE);
  return g_string_free (out, FALSE);
}

static void
new_line (Printer *self, guint depth)
{
  g_string_append_c (self->out, '\n');
  self->line = self->out->len;
  for (guint i = 0; i < depth; i++)
    g_string_append (self->out, "  ");
}

static gboolean
all_scalars (JsonArray *array)
{
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!is_scalar (json_array_get_element (array, i)))
      return FALSE;
  return TRUE;
}

/* Numbers side by side, as many as go on a line. */
static void
print_filled (Printer *self, JsonArray *array, guint depth)
{
  g_autoptr(GString) item = g_string_new (NULL);

  g_string_append_c (self->out, '[');
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      gboolean last = i + 1 == json_array_get_length (array);

      g_string_truncate (item, 0);
      print_scalar (item, json_array_get_element (array, i));
      g_string_append (item, last ? "" : ",");
      if (i == 0 || self->out->len - self->line + 1 + item->len > COLUMNS)
        new_line (self, depth + 1);
      else
        g_string_append_c (self->out, ' ');
      g_string_append_len (self->out, item->str, item->len);
    }
  new_line (self, depth);
  g_string_append_c (self->out, ']');
}

/* The document, its tables and its nodes are always opened, so that a change stays on its line. */
static gboolean
stays_open (JsonNode *node, guint depth, gboolean in_array)
{
  if (JSON_NODE_HOLDS_ARRAY (node))
    return depth <= 1 && !all_scalars (json_node_get_array (node));
  return depth <= 1 || (depth == 2 && in_array);
}

static gboolean
is_empty (JsonNode *node)
{
  return JSON_NODE_HOLDS_ARRAY (node) ? json_array_get_length (json_node_get_array (node)) == 0
                                      : json_object_get_size (json_node_get_object (node)) == 0;
}

static void print_node (Printer *self, JsonNode *node, guint depth, gboolean in_array);

static void
print_opened (Printer *self, JsonNode *node, guint depth)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *value;
  const char *comma = "";

  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);

      g_string_append_c (self->out, '[');
      for (guint i = 0; i < json_array_get_length (array); i++, comma = ",")
        {
          g_string_append (self->out, comma);
          new_line (self, depth + 1);
          print_node (self, json_array_get_element (array, i), depth + 1, TRUE);
        }
      new_line (self, depth);
      g_string_append_c (self->out, ']');
      return;
    }

  g_string_append_c (self->out, '{');
  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  for (; json_object_iter_next_ordered (&iter, &key, &value); comma = ",")
    {
      g_string_append (self->out, comma);
      new_line (self, depth + 1);
      print_string (self->out, key);
      g_string_append (self->out, ": ");
      print_node (self, value, depth + 1, FALSE);
    }
  new_line (self, depth);
  g_string_append_c (self->out, '}');
}

static void
print_node (Printer *self, JsonNode *node, guint depth, gboolean in_array)
{
  gsize begin = self->out->len;

  if (is_scalar (node))
    print_scalar (self->out, node);
  else if (is_empty (node))
    print_inline (self->out, node, G_MAXSIZE);
  else
    {
      /* One column is the comma's. */
      if (!stays_open (node, depth, in_array)
          && print_inline (self->out, node, self->line + COLUMNS - 1))
        return;
      g_string_truncate (self->out, begin);
      if (JSON_NODE_HOLDS_ARRAY (node) && all_scalars (json_node_get_array (node)))
        print_filled (self, json_node_get_array (node), depth);
      else
        print_opened (self, node, depth);
    }
}

char *
anf_json_print (JsonNode *root)
{
  Printer self = { g_string_new (NULL), 0 };

  print_node (&self, root, 0, FALSE);
  g_string_append_c (self.out, '\n');
  return g_string_free (self.out, FALSE);
}

void
anf_json_set_number (JsonObject *object, const char *key, double value)
{
  json_object_set_member (object, key, isfinite (value) ? anf_json_new_number (value)
                                                        : json_node_new (JSON_NODE_NULL));
}

void
anf_json_set_text (JsonObject *object, const char *key, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (object, key, text);
  else
    json_object_set_null_member (object, key);
}
