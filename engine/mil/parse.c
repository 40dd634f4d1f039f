/* parse.c - MIL text to a program: the grammar of version 1.3 and nothing else. */
#include "mil/read.h"

#include "num/half.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MAX_DEPTH 16               /* of lists in a literal */

typedef struct
{
  const char    *text, *at, *end;
  AnfMilProgram *program;
  GHashTable    *types;            /* name -> AnfMilType */
  AnfMilOpen     open;
  gpointer       data;
  GError       **error;
} Parser;

static gboolean
bad (Parser *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The place is where the parser stands. */
static gboolean
bad (Parser *self, const char *format, ...)
{
  guint line = 1, column = 1;
  g_autofree char *what = NULL, *valid = NULL;
  va_list args;

  if (self->error != NULL && *self->error != NULL)
    return FALSE;
  for (const char *p = self->text; p < self->at; p++)
    {
      column = *p == '\n' ? 1 : column + 1;
      line += *p == '\n';
    }
  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  valid = g_utf8_make_valid (what, -1);
  g_set_error (self->error, ANF_ERROR, ANF_ERROR_BAD_FILE, "%u:%u: %s", line, column, valid);
  return FALSE;
}

/* ---------------------------------------------------------------- words */

static void
skip (Parser *self)
{
  while (self->at < self->end)
    if (g_ascii_isspace (*self->at))
      self->at++;
    else if (self->end - self->at >= 2 && self->at[0] == '/' && self->at[1] == '/')
      while (self->at < self->end && *self->at != '\n')
        self->at++;
    else
      return;
}

static gboolean
take (Parser *self, const char *word)
{
  gsize n = strlen (word);

  skip (self);
  if ((gsize) (self->end - self->at) < n || memcmp (self->at, word, n) != 0)
    return FALSE;
  self->at += n;
  return TRUE;
}

static gboolean
need (Parser *self, const char *word)
{
  return take (self, word) || bad (self, "\"%s\" is missing here", word);
}

static gboolean
is_name (char c, gboolean first)
{
  return g_ascii_isalpha (c) || c == '_' || (!first && (g_ascii_isdigit (c) || c == '@'));
}

/* A name, kept with the program; NULL: here is none. */
static const char *
name (Parser *self)
{
  const char *from;

  skip (self);
  from = self->at;
  while (self->at < self->end && is_name (*self->at, self->at == from))
    self->at++;
  if (self->at == from)
    return bad (self, "a name is missing here"), NULL;
  return g_string_chunk_insert_len (self->program->words, from, self->at - from);
}

/* What stands between quotes, with \" and \\; one line. */
static const char *
quoted (Parser *self)
{
  g_autoptr(GString) out = g_string_new (NULL);

  if (!need (self, "\""))
    return NULL;
  for (; self->at < self->end && *self->at != '"'; self->at++)
    {
      if (*self->at == '\\' && self->end - self->at >= 2)
        self->at++;
      if (*self->at == '\n' || *self->at == '\0')
        break;
      g_string_append_c (out, *self->at);
    }
  if (self->at >= self->end || *self->at != '"')
    return bad (self, "a string does not end"), NULL;
  self->at++;
  return g_string_chunk_insert (self->program->words, out->str);
}

/* A number's characters, for the functions of C. FALSE: none. */
static gboolean
digits (Parser *self, char *out, gsize size)
{
  gsize n = 0;

  skip (self);
  while (self->at < self->end && n + 1 < size
         && (g_ascii_isalnum (*self->at) || strchr ("+-.", *self->at) != NULL)
         && *self->at != '\0')
    out[n++] = *self->at++;
  out[n] = '\0';
  return n > 0 || bad (self, "a number is missing here");
}

static gboolean
integer (Parser *self, gint64 low, guint64 high, gint64 *value)
{
  char word[64], *end;
  guint64 large;

  if (!digits (self, word, sizeof word))
    return FALSE;
  errno = 0;
  if (word[0] == '-')
    {
      *value = g_ascii_strtoll (word, &end, 10);
      if (errno == 0 && *end == '\0' && end != word && *value >= low)
        return TRUE;
    }
  else
    {
      large = g_ascii_strtoull (word, &end, 10);
      *value = (gint64) large;
      if (errno == 0 && *end == '\0' && g_ascii_isdigit (word[0]) && large <= high)
        return TRUE;
    }
  return bad (self, "\"%s\" is no integer of this type", word);
}

static gboolean
real (Parser *self, double *value)
{
  char word[64], *end;

  if (!digits (self, word, sizeof word))
    return FALSE;
  *value = g_ascii_strtod (word, &end);
  return (*end == '\0' && isfinite (*value)) || bad (self, "\"%s\" is no number", word);
}

/* ---------------------------------------------------------------- types */

static gboolean
dtype (Parser *self, AnfMilDtype *out)
{
  const char *word = name (self);

  return word != NULL
         && (anf_mil_dtype_from_name (word, out) || bad (self, "\"%s\" is no type", word));
}

static gboolean
tensor_type (Parser *self, AnfMilType *type)
{
  if (!need (self, "<") || !dtype (self, &type->dtype) || !need (self, ",") || !need (self, "["))
    return FALSE;
  while (!take (self, "]"))
    {
      if (type->rank > 0 && !need (self, ","))
        return FALSE;
      if (type->rank == ANF_MIL_MAX_RANK)
        return bad (self, "a tensor of more than %d axes", ANF_MIL_MAX_RANK);
      if (!integer (self, 1, G_MAXINT64, &type->dim[type->rank++]))
        return FALSE;
    }
  return (anf_mil_type_is_sane (type) || bad (self, "a size that no tensor has"))
         && need (self, ">");
}

static gboolean
parse_type (Parser *self, AnfMilType *type)
{
  *type = (AnfMilType) { 0 };
  skip (self);
  if (self->end - self->at > 6 && memcmp (self->at, "tensor", 6) == 0 && !is_name (self->at[6], 0))
    return take (self, "tensor") && tensor_type (self, type);
  return dtype (self, &type->dtype);
}

/* ---------------------------------------------------------------- constants */

static gboolean
put_float (Parser *self, const AnfMilType *type, GByteArray *out)
{
  double value;
  float single;
  guint16 half;

  if (!real (self, &value))
    return FALSE;
  single = value;
  half = anf_half_from_double (value);
  if (type->dtype == ANF_MIL_FP16 ? !isfinite (anf_half_to_float (half)) : !isfinite (single))
    return bad (self, "%g is too large for %s", value, anf_mil_dtype_name (type->dtype));
  if (type->dtype == ANF_MIL_FP16)
    g_byte_array_append (out, (guint8 *) &half, sizeof half);
  else
    g_byte_array_append (out, (guint8 *) &single, sizeof single);
  return TRUE;
}

static gboolean
put_integer (Parser *self, const AnfMilType *type, GByteArray *out)
{
  gboolean is_signed = type->dtype == ANF_MIL_INT8 || type->dtype == ANF_MIL_INT16
                       || type->dtype == ANF_MIL_INT32 || type->dtype == ANF_MIL_INT64;
  guint bits = anf_mil_dtype_bits (type->dtype);
  guint64 high = bits == 64 ? G_MAXINT64 : (G_GUINT64_CONSTANT (1) << (bits - is_signed)) - 1;
  gint64 value;

  if (bits < 8)
    return bad (self, "%s is only in weight files", anf_mil_dtype_name (type->dtype));
  if (!integer (self, is_signed ? -(gint64) high - 1 : 0, high, &value))
    return FALSE;
  value = GINT64_TO_LE (value);
  g_byte_array_append (out, (guint8 *) &value, bits / 8);
  return TRUE;
}

static gboolean
element (Parser *self, const AnfMilType *type, GByteArray *out)
{
  guint8 byte;

  switch (type->dtype)
    {
    case ANF_MIL_FP16:
    case ANF_MIL_FP32:
      return put_float (self, type, out);
    case ANF_MIL_BOOL:
      byte = take (self, "true");
      if (!byte && !take (self, "false"))
        return bad (self, "\"true\" or \"false\" is missing here");
      g_byte_array_append (out, &byte, 1);
      return TRUE;
    default:
      return put_integer (self, type, out);
    }
}

static gboolean
elements (Parser *self, const AnfMilType *type, guint depth, GByteArray *out)
{
  gboolean first = TRUE;

  if (!take (self, "["))
    return element (self, type, out);
  if (depth == MAX_DEPTH)
    return bad (self, "lists in lists deeper than %d", MAX_DEPTH);
  for (; !take (self, "]"); first = FALSE)
    if ((!first && !need (self, ",")) || !elements (self, type, depth + 1, out))
      return FALSE;
  return TRUE;
}

/* (path = string ("@model_path/FILE"), offset = uint64 (N)) */
static gboolean
stored (Parser *self, AnfMilValue *value)
{
  const char *path, *slash;
  GBytes *file;
  gint64 offset;
  g_autoptr(GError) error = NULL;

  if (!need (self, "(") || !need (self, "path") || !need (self, "=") || !need (self, "string")
      || !need (self, "(") || (path = quoted (self)) == NULL || !need (self, ")")
      || !need (self, ",") || !need (self, "offset") || !need (self, "=")
      || !need (self, "uint64") || !need (self, "(")
      || !integer (self, 0, G_MAXINT64, &offset) || !need (self, ")") || !need (self, ")"))
    return FALSE;
  slash = strchr (path, '/');
  if (!g_str_has_prefix (path, "@model_path/") || strchr (slash + 1, '/') != NULL
      || slash[1] == '\0' || slash[1] == '.')
    return bad (self, "the weight file \"%s\" is not beside the program", path);
  if ((file = self->open (slash + 1, self->data, &error)) == NULL
      || !anf_mil_value_stored (value, file, offset, &error))
    return bad (self, "%s", error->message);
  return TRUE;
}

/* What stands in the brackets behind its type. */
static gboolean
literal (Parser *self, AnfMilValue *value)
{
  g_autoptr(GByteArray) numbers = NULL;
  gsize n = anf_mil_type_elements (&value->type);

  if (value->type.dtype == ANF_MIL_STRING)
    return value->type.rank == 0 ? (value->text = quoted (self)) != NULL
                                 : bad (self, "only single strings are known");
  if (take (self, "BLOBFILE"))
    return stored (self, value);
  numbers = g_byte_array_new ();
  if (!elements (self, &value->type, 0, numbers))
    return FALSE;
  if (numbers->len != n * anf_mil_dtype_bits (value->type.dtype) / 8)
    return bad (self, "here are not %" G_GSIZE_FORMAT " numbers", n);
  value->bytes = g_byte_array_free_to_bytes (g_steal_pointer (&numbers));
  return TRUE;
}

static gboolean
parse_value (Parser *self, AnfMilValue *value)
{
  return parse_type (self, &value->type) && need (self, "(") && literal (self, value)
         && need (self, ")");
}

/* ---------------------------------------------------------------- statements */

/* A name unless a bracket behind it makes it the type of a value. */
static gboolean
argument (Parser *self, GArray *args, const char *key)
{
  AnfMilValue value = { 0 };
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  const char *from, *word;

  if (take (self, "("))
    {
      do
        if ((word = name (self)) == NULL)
          return FALSE;
        else
          g_ptr_array_add (names, (gpointer) word);
      while (take (self, ","));
      anf_mil_op_bind (args, key, ANF_MIL_NAMES, names->len, (const char *const *) names->pdata);
      return need (self, ")");
    }
  skip (self);
  from = self->at;
  if ((word = name (self)) == NULL)
    return FALSE;
  skip (self);
  if (self->at < self->end && *self->at != '(' && *self->at != '<')
    {
      anf_mil_op_bind (args, key, ANF_MIL_NAME, 1, &word);
      return TRUE;
    }
  self->at = from;
  if (!parse_value (self, &value))
    {
      g_clear_pointer (&value.bytes, g_bytes_unref);
      return FALSE;
    }
  anf_mil_op_take (args, key, &value);
  return TRUE;
}

static gboolean
arguments (Parser *self, GArray *args, const char *close)
{
  const char *key;

  for (gboolean first = TRUE; !take (self, close); first = FALSE)
    if ((!first && !need (self, ",")) || (key = name (self)) == NULL || !need (self, "=")
        || !argument (self, args, key))
      return FALSE;
  return TRUE;
}

static gboolean
ports (Parser *self, GArray *out)
{
  do
    {
      AnfMilPort port;

      if (!parse_type (self, &port.type) || (port.name = name (self)) == NULL)
        return FALSE;
      g_array_append_val (out, port);
    }
  while (take (self, ","));
  return TRUE;
}

/* Every statement is named after its first result; the name is no attribute in memory. */
static gboolean
take_title (Parser *self, AnfMilOp *op)
{
  for (guint i = 0; i < op->attrs->len; i++)
    {
      const AnfMilArg *arg = &g_array_index (op->attrs, AnfMilArg, i);

      if (arg->kind != ANF_MIL_VALUE)
        return bad (self, "the attribute \"%s\" is no constant", arg->key);
      if (strcmp (arg->key, "name") != 0)
        continue;
      if (arg->value->text == NULL)
        return bad (self, "the name of a statement is a string");
      g_array_remove_index (op->attrs, i--);
    }
  return TRUE;
}

static gboolean
statement (Parser *self)
{
  g_autoptr(AnfMilOp) op = anf_mil_op_new (NULL);
  g_autofree char *wrong = NULL;
  const char *from;

  skip (self);
  from = self->at;
  if (!ports (self, op->outputs) || !need (self, "=") || (op->op = name (self)) == NULL
      || !need (self, "(") || !arguments (self, op->inputs, ")")
      || !need (self, "[") || !arguments (self, op->attrs, "]") || !take_title (self, op)
      || !need (self, ";"))
    return FALSE;
  if ((wrong = anf_mil_define (self->types, op)) != NULL)
    {
      self->at = from;
      return bad (self, "%s", wrong);
    }
  g_ptr_array_add (self->program->ops, g_steal_pointer (&op));
  return TRUE;
}

/* ---------------------------------------------------------------- the program */

static gboolean
inputs (Parser *self)
{
  g_autoptr(AnfMilOp) fed = anf_mil_op_new ("input");
  g_autofree char *wrong = NULL;

  if (take (self, ")"))
    return TRUE;
  if (!ports (self, fed->outputs) || !need (self, ")"))
    return FALSE;
  if ((wrong = anf_mil_define (self->types, fed)) != NULL)
    return bad (self, "%s", wrong);
  g_array_append_vals (self->program->inputs, fed->outputs->data, fed->outputs->len);
  return TRUE;
}

static gboolean
outputs (Parser *self)
{
  do
    {
      const char *word = name (self);
      const AnfMilType *type;

      if (word == NULL)
        return FALSE;
      if ((type = g_hash_table_lookup (self->types, word)) == NULL)
        return bad (self, "the result \"%s\" is defined nowhere", word);
      anf_mil_program_output (self->program, word, type);
    }
  while (take (self, ","));
  return TRUE;
}

/* buildInfo and its kin, strings all: what made the text is of no concern. */
static gboolean
skip_attributes (Parser *self)
{
  guint depth = 0;

  if (!need (self, "["))
    return FALSE;
  for (depth = 1; depth > 0; )
    {
      skip (self);
      if (self->at >= self->end)
        return bad (self, "the attributes of the program do not end");
      if (*self->at == '"')
        {
          if (quoted (self) == NULL)
            return FALSE;
          continue;
        }
      depth += *self->at == '[';
      depth -= *self->at == ']';
      self->at++;
    }
  return TRUE;
}

static gboolean
program (Parser *self)
{
  double version;

  if (!need (self, "program") || !need (self, "(") || !real (self, &version) || !need (self, ")"))
    return FALSE;
  if (version < 1 || version >= 2)
    return bad (self, "version %g of the language is not known", version);
  if (!skip_attributes (self) || !need (self, "{") || !need (self, "func")
      || name (self) == NULL || !need (self, "<") || name (self) == NULL || !need (self, ">")
      || !need (self, "(") || !inputs (self) || !need (self, "{"))
    return FALSE;
  while (!take (self, "}"))
    if (!statement (self))
      return FALSE;
  if (!need (self, "->") || !need (self, "(") || !outputs (self) || !need (self, ")")
      || !need (self, ";") || !need (self, "}"))
    return FALSE;
  skip (self);
  return self->at == self->end || bad (self, "nothing may follow the program");
}

AnfMilProgram *
anf_mil_parse (const char *text, gsize length, AnfMilOpen open, gpointer data, GError **error)
{
  g_autoptr(AnfMilProgram) out = anf_mil_program_new ();
  g_autoptr(GHashTable) types = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  g_autoptr(GError) wrong = NULL;
  Parser self = { text, text, text + length, out, types, open, data, &wrong };

  if (program (&self))
    return g_steal_pointer (&out);
  g_propagate_error (error, g_steal_pointer (&wrong));
  return NULL;
}
