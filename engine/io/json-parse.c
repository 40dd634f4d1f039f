/* json-parse.c - a strict reader that makes json-glib's tree. json-glib's own reader recurses
 * without bound, takes comments, keeps the last of two equal keys and reads 1e999 as infinity. */
#include "io/json.h"

#include "io/file.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MAX_DEPTH 128
/* Each value costs about a hundred bytes: this bounds what a file can make us allocate. */
#define MAX_VALUES 4000000

typedef struct
{
  const char *start, *at;          /* the text ends in a 0 that is no part of it */
  guint       depth, n_values;
  GError    **error;
} Parser;

static JsonNode *parse_value (Parser *self);

static gpointer
bad (Parser *self, const char *cause)
{
  guint line = 1;
  const char *begin = self->start;

  for (const char *c = self->start; c < self->at; c++)
    if (*c == '\n')
      {
        line++;
        begin = c + 1;
      }
  anf_bad_file (self->error, "line %u, column %ld: %s", line,
                g_utf8_pointer_to_offset (begin, self->at) + 1, cause);
  return NULL;
}

static void
skip_space (Parser *self)
{
  self->at += strspn (self->at, " \t\n\r");
}

static gboolean
take (Parser *self, char c)
{
  skip_space (self);
  if (*self->at != c)
    return FALSE;
  self->at++;
  return TRUE;
}

static gboolean
read_hex (Parser *self, gunichar *unit)
{
  *unit = 0;
  for (int i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (self->at[0]);

      if (digit < 0)
        return FALSE;
      *unit = *unit << 4 | digit;
      self->at++;
    }
  return TRUE;
}

/* After \u; a pair of surrogates is one character, a lone one is none. */
static gboolean
read_unicode (Parser *self, GString *out)
{
  gunichar c, low;

  if (!read_hex (self, &c))
    return bad (self, "a \\u needs four hexadecimal digits"), FALSE;
  if (c >= 0xD800 && c < 0xDC00)
    {
      if (self->at[0] != '\\' || self->at[1] != 'u')
        return bad (self, "half a surrogate pair"), FALSE;
      self->at += 2;
      if (!read_hex (self, &low) || low < 0xDC00 || low > 0xDFFF)
        return bad (self, "half a surrogate pair"), FALSE;
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
  else if (c >= 0xDC00 && c < 0xE000)
    return bad (self, "half a surrogate pair"), FALSE;
  if (c == 0)
    return bad (self, "a string may not hold the character 0"), FALSE;
  g_string_append_unichar (out, c);
  return TRUE;
}

static gboolean
read_escape (Parser *self, GString *out)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  char c = *self->at;
  const char *known;

  if (c == 'u')
    {
      self->at++;
      return read_unicode (self, out);
    }
  if (c == '\0' || (known = strchr (from, c)) == NULL)
    return bad (self, "an unknown \\ sequence in a string"), FALSE;
  g_string_append_c (out, to[known - from]);
  self->at++;
  return TRUE;
}

/* The opening quote was taken. */
static char *
parse_string (Parser *self)
{
  g_autoptr(GString) out = g_string_new (NULL);

  for (;;)
    {
      const char *begin = self->at;

      while ((guchar) *self->at >= 0x20 && *self->at != '"' && *self->at != '\\')
        self->at++;
      g_string_append_len (out, begin, self->at - begin);
      if (*self->at == '"')
        {
          self->at++;
          return g_string_free (g_steal_pointer (&out), FALSE);
        }
      if (*self->at == '\0')
        return bad (self, "the file ends inside a string");
      if (*self->at != '\\')
        return bad (self, "a control character in a string");
      self->at++;
      if (!read_escape (self, out))
        return NULL;
    }
}

static guint
skip_digits (const char **c)
{
  const char *begin = *c;

  while (g_ascii_isdigit (**c))
    (*c)++;
  return *c - begin;
}

/* The end of the number at @c, NULL if it is none; @whole: no fraction, no exponent. */
static const char *
number_end (const char *c, gboolean *whole)
{
  c += *c == '-';
  if (*c == '0')
    c++;
  else if (skip_digits (&c) == 0)
    return NULL;
  *whole = *c != '.' && *c != 'e' && *c != 'E';
  if (*c == '.' && (c++, skip_digits (&c) == 0))
    return NULL;
  if (*c == 'e' || *c == 'E')
    {
      c++;
      c += *c == '+' || *c == '-';
      if (skip_digits (&c) == 0)
        return NULL;
    }
  return c;
}

static JsonNode *
parse_number (Parser *self)
{
  JsonNode *node = json_node_alloc ();
  gboolean whole;
  const char *end = number_end (self->at, &whole);
  gboolean fits;
  double real;
  gint64 integer;

  if (end == NULL || g_ascii_isalnum (*end) || *end == '.')
    {
      json_node_unref (node);
      return bad (self, "not a number as JSON has them");
    }
  errno = 0;
  integer = whole ? g_ascii_strtoll (self->at, NULL, 10) : 0;
  fits = whole && errno == 0 && (integer != 0 || *self->at != '-');   /* -0 is a real number */
  real = g_ascii_strtod (self->at, NULL);
  if (!isfinite (real))
    {
      json_node_unref (node);
      return bad (self, "the number is too large");
    }
  if (fits)
    json_node_init_int (node, integer);
  else
    json_node_init_double (node, real);
  self->at = end;
  return node;
}

static JsonNode *
parse_word (Parser *self)
{
  static const char *const words[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_has_prefix (self->at, words[i]))
      {
        JsonNode *node = json_node_alloc ();

        self->at += strlen (words[i]);
        if (i == 2)
          return json_node_init_null (node);
        return json_node_init_boolean (node, i == 0);
      }
  if (*self->at == '\0')
    return bad (self, "the file ends too early");
  if (g_str_has_prefix (self->at, "NaN") || g_str_has_prefix (self->at, "Infinity"))
    return bad (self, "NaN and Infinity are no numbers in JSON");
  return bad (self, "a value is missing here");
}

static JsonNode *
parse_array (Parser *self)
{
  g_autoptr(JsonArray) array = json_array_new ();
  JsonNode *node;

  if (!take (self, ']'))
    do
      {
        if ((node = parse_value (self)) == NULL)
          return NULL;
        json_array_add_element (array, node);
        if (take (self, ']'))
          break;
        if (!take (self, ','))
          return bad (self, "a comma or ] is missing here");
      }
    while (TRUE);
  return json_node_init_array (json_node_alloc (), array);
}

static gboolean
parse_member (Parser *self, JsonObject *object)
{
  g_autofree char *key = NULL, *cause = NULL;
  JsonNode *node;

  if (!take (self, '"'))
    return bad (self, "a key in quotes is missing here"), FALSE;
  if ((key = parse_string (self)) == NULL)
    return FALSE;
  if (json_object_has_member (object, key))
    {
      cause = g_strdup_printf ("the key \"%s\" is there twice", key);
      return bad (self, cause), FALSE;
    }
  if (!take (self, ':'))
    return bad (self, "a : is missing here"), FALSE;
  if ((node = parse_value (self)) == NULL)
    return FALSE;
  json_object_set_member (object, key, node);
  return TRUE;
}

static JsonNode *
parse_object (Parser *self)
{
  g_autoptr(JsonObject) object = json_object_new ();

  if (!take (self, '}'))
    do
      {
        if (!parse_member (self, object))
          return NULL;
        if (take (self, '}'))
          break;
        if (!take (self, ','))
          return bad (self, "a comma or } is missing here");
      }
    while (TRUE);
  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
parse_nested (Parser *self, JsonNode *(*parse) (Parser *))
{
  JsonNode *node;

  if (self->depth == MAX_DEPTH)
    return bad (self, "nested deeper than 128 levels");
  self->at++;
  self->depth++;
  node = parse (self);
  self->depth--;
  return node;
}

static JsonNode *
parse_value (Parser *self)
{
  g_autofree char *text = NULL;

  if (self->n_values++ == MAX_VALUES)
    return bad (self, "more than four million values; keep numbers in a weight file");
  skip_space (self);
  switch (*self->at)
    {
    case '{':
      return parse_nested (self, parse_object);
    case '[':
      return parse_nested (self, parse_array);
    case '"':
      self->at++;
      if ((text = parse_string (self)) == NULL)
        return NULL;
      return json_node_init_string (json_node_alloc (), text);
    case '-': case '0' ... '9':
      return parse_number (self);
    default:
      return parse_word (self);
    }
}

JsonNode *
anf_json_parse (const char *text, gsize length, GError **error)
{
  g_autofree char *copy = g_strndup (text, length);
  g_autoptr(JsonNode) root = NULL;
  Parser self = { copy, copy, 0, 0, error };
  const char *end;

  if (!g_utf8_validate_len (text, length, &end))
    {
      self.at = copy + (end - text);
      return bad (&self, *end == '\0' ? "a byte that is 0" : "this is not UTF-8 text");
    }
  if (g_str_has_prefix (copy, "\xEF\xBB\xBF"))
    self.at += 3;
  skip_space (&self);
  if (*self.at == '\0')
    return bad (&self, "the file is empty");
  if ((root = parse_value (&self)) == NULL)
    return NULL;
  skip_space (&self);
  if (*self.at != '\0')
    return bad (&self, "something follows the end of the document");
  return g_steal_pointer (&root);
}
