/* mil-reader.c - a strict reader for the MIL text that e5rt takes. */
#include "mil-reader.h"

#include <math.h>
#include <string.h>

typedef enum { END, WORD, NUMBER, TEXT, MARK } Kind;

typedef struct
{
  const char *at;
  Kind        kind;
  char       *word;                /* of the token; a MARK is one character */
  char       *folder, *problem;
  GHashTable *types;               /* name -> MilType of every value so far */
} Reader;

static const char *const dtypes[] = {
  "fp16", "fp32", "int8", "uint8", "int32", "uint32", "uint64", "uint4", "uint1", "bool", "string",
  NULL,
};

static void G_GNUC_PRINTF (2, 3)
fail (Reader *self, const char *format, ...)
{
  va_list args;

  if (self->problem != NULL)
    return;
  va_start (args, format);
  self->problem = g_strdup_vprintf (format, args);
  va_end (args);
}

/* ---------------------------------------------------------------- tokens */

static gsize
span (const char *at, const char *more)
{
  gsize n = 0;

  while (g_ascii_isalnum (at[n]) || (at[n] != '\0' && strchr (more, at[n]) != NULL))
    n++;
  return n;
}

static void
next (Reader *self)
{
  gsize n;

  g_clear_pointer (&self->word, g_free);
  self->at += strspn (self->at, " \n");
  if (*self->at == '\0')
    {
      self->kind = END;
      self->word = g_strdup ("the end");
      return;
    }
  if (*self->at == '"')
    {
      self->at++;
      n = strcspn (self->at, "\"\n");
      self->kind = TEXT;
      if (self->at[n] != '"')
        fail (self, "a text without end");
      self->word = g_strndup (self->at, n);
      self->at += n + (self->at[n] == '"');
      return;
    }
  if (g_ascii_isdigit (*self->at) || (*self->at == '-' && self->at[1] != '>'))
    {
      self->kind = NUMBER;
      n = 1 + span (self->at + 1, ".+-");
    }
  else if ((n = span (self->at, "_")) > 0)
    self->kind = WORD;
  else
    {
      self->kind = MARK;
      n = g_str_has_prefix (self->at, "->") ? 2 : 1;
    }
  self->word = g_strndup (self->at, n);
  self->at += n;
}

static gboolean
is (const Reader *self, const char *word)
{
  return self->problem == NULL && self->kind != TEXT && g_str_equal (self->word, word);
}

static gboolean
skip (Reader *self, const char *word)
{
  if (!is (self, word))
    return FALSE;
  next (self);
  return TRUE;
}

static void
expect (Reader *self, const char *word)
{
  if (!skip (self, word))
    fail (self, "%s where %s should be", self->word, word);
}

static char *
take (Reader *self, Kind kind)
{
  char *word = g_strdup (self->word);

  if (self->kind != kind)
    fail (self, "unexpected %s", self->word);
  next (self);
  return word;
}

/* ---------------------------------------------------------------- types and values */

gsize
mil_elements (const MilType *type)
{
  gsize n = 1;

  for (guint i = 0; i < type->rank; i++)
    n *= type->dim[i];
  return n;
}

gboolean
mil_type_equal (const MilType *a, const MilType *b)
{
  return g_strcmp0 (a->dtype, b->dtype) == 0 && a->rank == b->rank
         && memcmp (a->dim, b->dim, a->rank * sizeof *a->dim) == 0;
}

static gint64
read_integer (Reader *self, gint64 least)
{
  g_autofree char *word = take (self, NUMBER);
  gint64 value = 0;

  if (!g_ascii_string_to_signed (word, 10, least, G_MAXINT64, &value, NULL))
    fail (self, "%s is no integer from %" G_GINT64_FORMAT " on", word, least);
  return value;
}

static const char *
read_dtype (Reader *self)
{
  g_autofree char *word = take (self, WORD);

  if (!g_strv_contains (dtypes, word))
    fail (self, "%s is no type of numbers", word);
  return g_intern_string (word);
}

static MilType
read_type (Reader *self)
{
  MilType type = { NULL };

  if (!skip (self, "tensor"))
    {
      type.dtype = read_dtype (self);
      return type;
    }
  expect (self, "<");
  type.dtype = read_dtype (self);
  expect (self, ",");
  expect (self, "[");
  do
    if (type.rank < MIL_MAX_RANK)
      type.dim[type.rank++] = read_integer (self, 1);
    else
      fail (self, "too many axes");
  while (skip (self, ","));
  expect (self, "]");
  expect (self, ">");
  return type;
}

static const guint8 *
bytes_at (Reader *self, const char *file, gsize size, guint64 at, gsize n)
{
  if (at > size || n > size - at)
    {
      fail (self, "the file of weights ends at %" G_GSIZE_FORMAT ", not behind %"
            G_GUINT64_FORMAT, size, at + n);
      return NULL;
    }
  return (const guint8 *) file + at;
}

static guint64
little (const guint8 *at, guint n)
{
  guint64 value = 0;

  for (guint i = n; i-- > 0; )
    value = value << 8 | at[i];
  return value;
}

/* By the definition of the format; not by tables of ours. */
static double
half_value (guint bits)
{
  int exponent = bits >> 10 & 31;
  double fraction = bits & 1023, value;

  if (exponent == 31)
    value = fraction != 0 ? NAN : INFINITY;
  else if (exponent == 0)
    value = ldexp (fraction, -24);
  else
    value = ldexp (1024 + fraction, exponent - 25);
  return bits >> 15 ? -value : value;
}

static const struct { const char *dtype; guint code, bits; } stored[] = {
  { "fp16", 1, 16 }, { "int8", 4, 8 }, { "uint1", 9, 1 }, { "uint4", 11, 4 }, { "uint8", 3, 8 },
};

static double
stored_value (const guint8 *data, gsize i, const char *dtype, guint bits)
{
  if (bits == 16)
    return half_value (little (data + 2 * i, 2));
  if (bits == 8)
    return g_str_equal (dtype, "int8") ? (gint8) data[i] : data[i];
  return data[i * bits / 8] >> (i * bits % 8) & ((1u << bits) - 1);
}

/* The record whose descriptor is at @offset. */
static void
read_record (Reader *self, MilValue *value, const char *file, gsize size, guint64 offset)
{
  gsize n = mil_elements (&value->type);
  const guint8 *head, *data;
  guint which = 0;

  while (which < G_N_ELEMENTS (stored)
         && !g_str_equal (stored[which].dtype, value->type.dtype))
    which++;
  if (which == G_N_ELEMENTS (stored))
    fail (self, "%s is not kept in a file", value->type.dtype);
  if ((head = bytes_at (self, file, size, 0, 64)) == NULL || self->problem != NULL)
    return;
  if (little (head + 4, 4) != 2)
    fail (self, "the file of weights is not of version 2");
  if (offset % 64 != 0 || offset == 0)
    fail (self, "a record at %" G_GUINT64_FORMAT, offset);
  if ((head = bytes_at (self, file, size, offset, 64)) == NULL || self->problem != NULL)
    return;
  if (little (head, 4) != 0xDEADBEEF || little (head + 4, 4) != stored[which].code
      || little (head + 8, 8) != (n * stored[which].bits + 7) / 8)
    fail (self, "the record at %" G_GUINT64_FORMAT " is not %" G_GSIZE_FORMAT " times %s", offset,
          n, value->type.dtype);
  data = bytes_at (self, file, size, little (head + 16, 8), little (head + 8, 8));
  if (self->problem != NULL)
    return;
  value->numbers = g_new (double, n);
  for (gsize i = 0; i < n; i++)
    value->numbers[i] = stored_value (data, i, value->type.dtype, stored[which].bits);
}

static void
read_file (Reader *self, MilValue *value)
{
  static const char prefix[] = "@model_path/";
  g_autofree char *name = NULL, *path = NULL, *file = NULL;
  guint64 offset;
  gsize size;

  expect (self, "(");
  expect (self, "path");
  expect (self, "=");
  expect (self, "string");
  expect (self, "(");
  name = take (self, TEXT);
  expect (self, ")");
  expect (self, ",");
  expect (self, "offset");
  expect (self, "=");
  expect (self, "uint64");
  expect (self, "(");
  offset = read_integer (self, 0);
  expect (self, ")");
  expect (self, ")");
  if (!g_str_has_prefix (name, prefix) || strchr (name + strlen (prefix), '/') != NULL)
    fail (self, "%s is not beside the text", name);
  if (self->problem != NULL)
    return;
  path = g_build_filename (self->folder, name + strlen (prefix), NULL);
  if (g_file_get_contents (path, &file, &size, NULL))
    read_record (self, value, file, size, offset);
  else
    fail (self, "%s cannot be read", path);
}

static double
read_number (Reader *self, const char *dtype)
{
  g_autofree char *word = NULL;
  char *end;
  double value;

  if (g_str_equal (dtype, "bool"))
    {
      value = is (self, "true");
      if (!value && !is (self, "false"))
        fail (self, "%s is no truth value", self->word);
      next (self);
      return value;
    }
  word = take (self, NUMBER);
  value = g_ascii_strtod (word, &end);
  if (*end != '\0')
    fail (self, "%s is no number", word);
  else if (strstr (dtype, "int") != NULL && value != floor (value))
    fail (self, "%s is no %s", word, dtype);
  return value;
}

static void
value_free (MilValue *self)
{
  g_free (self->text);
  g_free (self->numbers);
  g_free (self);
}

static MilValue *
read_value (Reader *self)
{
  MilValue *value = g_new0 (MilValue, 1);
  gsize n;

  value->type = read_type (self);
  expect (self, "(");
  if (self->problem != NULL)
    return value;
  n = mil_elements (&value->type);
  if (skip (self, "BLOBFILE"))
    read_file (self, value);
  else if (g_str_equal (value->type.dtype, "string"))
    value->text = take (self, TEXT);
  else
    {
      value->numbers = g_new0 (double, n);
      if (value->type.rank > 0)
        expect (self, "[");
      for (gsize i = 0; i < n && self->problem == NULL; i++)
        {
          if (i > 0)
            expect (self, ",");
          value->numbers[i] = read_number (self, value->type.dtype);
        }
      if (value->type.rank > 0)
        expect (self, "]");
    }
  expect (self, ")");
  return value;
}

/* ---------------------------------------------------------------- statements */

static void
define (Reader *self, const char *name, const MilType *type)
{
  if (g_hash_table_contains (self->types, name))
    fail (self, "%s is there twice", name);
  g_hash_table_insert (self->types, g_strdup (name), g_memdup2 (type, sizeof *type));
}

static char *
read_use (Reader *self)
{
  char *name = take (self, WORD);

  if (self->problem == NULL && !g_hash_table_contains (self->types, name))
    fail (self, "%s is used and not there", name);
  return name;
}

static void
arg_clear (MilArg *self)
{
  g_free (self->key);
  g_strfreev (self->names);
  g_clear_pointer (&self->value, value_free);
}

static MilArg
read_arg (Reader *self)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  MilArg arg = { .key = take (self, WORD) };

  expect (self, "=");
  if (self->problem == NULL && (is (self, "tensor") || g_strv_contains (dtypes, self->word)))
    {
      arg.value = read_value (self);
      return arg;
    }
  arg.tuple = skip (self, "(");
  do
    g_ptr_array_add (names, read_use (self));
  while (arg.tuple && skip (self, ","));
  if (arg.tuple)
    expect (self, ")");
  arg.n = names->len;
  g_ptr_array_add (names, NULL);
  arg.names = (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
  return arg;
}

static GArray *
read_args (Reader *self, const char *end)
{
  GArray *args = g_array_new (FALSE, FALSE, sizeof (MilArg));

  g_array_set_clear_func (args, (GDestroyNotify) arg_clear);
  while (self->problem == NULL && !is (self, end))
    {
      MilArg arg;

      if (args->len > 0)
        expect (self, ",");
      arg = read_arg (self);
      if (mil_find (args, arg.key) != NULL)
        fail (self, "%s is given twice", arg.key);
      g_array_append_val (args, arg);
    }
  expect (self, end);
  return args;
}

const MilArg *
mil_find (const GArray *args, const char *key)
{
  for (guint i = 0; i < args->len; i++)
    if (g_str_equal (g_array_index (args, MilArg, i).key, key))
      return &g_array_index (args, MilArg, i);
  return NULL;
}

static void
port_clear (MilPort *self)
{
  g_free (self->name);
}

static GArray *
read_ports (Reader *self, const char *end)
{
  GArray *ports = g_array_new (FALSE, FALSE, sizeof (MilPort));

  g_array_set_clear_func (ports, (GDestroyNotify) port_clear);
  while (self->problem == NULL && !is (self, end))
    {
      MilPort port;

      if (ports->len > 0)
        expect (self, ",");
      port.type = read_type (self);
      port.name = take (self, WORD);
      g_array_append_val (ports, port);
    }
  expect (self, end);
  return ports;
}

static void
statement_free (MilStatement *self)
{
  g_free (self->op);
  g_array_unref (self->outs);
  g_array_unref (self->args);
  g_array_unref (self->attrs);
  g_free (self);
}

static void
check_statement (Reader *self, const MilStatement *statement)
{
  const MilArg *name = mil_find (statement->attrs, "name");
  const MilPort *first = &g_array_index (statement->outs, MilPort, 0);

  if (statement->outs->len == 0 || name == NULL || name->value == NULL
      || g_strcmp0 (name->value->text, first->name) != 0)
    fail (self, "a statement that has not the name of what it makes");
  else if (g_str_equal (statement->op, "const"))
    {
      const MilArg *val = mil_find (statement->attrs, "val");

      if (val == NULL || val->value == NULL || !mil_type_equal (&val->value->type, &first->type))
        fail (self, "the constant %s is not of its type", first->name);
    }
}

static MilStatement *
read_statement (Reader *self)
{
  MilStatement *statement = g_new0 (MilStatement, 1);

  statement->outs = read_ports (self, "=");
  statement->op = take (self, WORD);
  expect (self, "(");
  statement->args = read_args (self, ")");
  expect (self, "[");
  statement->attrs = read_args (self, "]");
  expect (self, ";");
  if (self->problem == NULL)
    check_statement (self, statement);
  for (guint i = 0; i < statement->outs->len && self->problem == NULL; i++)
    {
      const MilPort *port = &g_array_index (statement->outs, MilPort, i);

      define (self, port->name, &port->type);
    }
  return statement;
}

/* ---------------------------------------------------------------- the program */

static void
read_head (Reader *self)
{
  static const char *const words[] = {
    "program", "(", "1.3", ")", "[", "buildInfo", "=", "dict", "<", "string", ",", "string", ">",
    "(", "{",
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    expect (self, words[i]);
  do
    {
      expect (self, "{");
      g_free (take (self, TEXT));
      expect (self, ",");
      g_free (take (self, TEXT));
      expect (self, "}");
    }
  while (skip (self, ","));
  expect (self, "}");
  expect (self, ")");
  expect (self, "]");
}

static void
read_function (Reader *self, MilProgram *program)
{
  static const char *const words[] = { "{", "func", "main", "<", "ios18", ">", "(" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    expect (self, words[i]);
  g_clear_pointer (&program->inputs, g_array_unref);
  program->inputs = read_ports (self, ")");
  for (guint i = 0; i < program->inputs->len; i++)
    {
      const MilPort *port = &g_array_index (program->inputs, MilPort, i);

      define (self, port->name, &port->type);
    }
  expect (self, "{");
  while (self->problem == NULL && !is (self, "}"))
    g_ptr_array_add (program->statements, read_statement (self));
  expect (self, "}");
  expect (self, "->");
  expect (self, "(");
  do
    g_ptr_array_add (program->outputs, read_use (self));
  while (skip (self, ","));
  expect (self, ")");
  expect (self, ";");
  expect (self, "}");
  if (self->problem == NULL && self->kind != END)
    fail (self, "%s behind the program", self->word);
}

MilProgram *
mil_read (const char *path, char **problem)
{
  MilProgram *program = g_new0 (MilProgram, 1);
  g_autofree char *text = NULL;
  Reader self = { .folder = g_path_get_dirname (path),
                  .types = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free) };

  program->inputs = g_array_new (FALSE, FALSE, sizeof (MilPort));
  program->statements = g_ptr_array_new_with_free_func ((GDestroyNotify) statement_free);
  program->outputs = g_ptr_array_new_with_free_func (g_free);
  if (g_file_get_contents (path, &text, NULL, NULL))
    {
      self.at = text;
      next (&self);
      read_head (&self);
      read_function (&self, program);
    }
  else
    fail (&self, "%s cannot be read", path);
  g_free (self.word);
  g_free (self.folder);
  g_hash_table_unref (self.types);
  if ((*problem = self.problem) == NULL)
    return program;
  mil_program_free (program);
  return NULL;
}

void
mil_program_free (MilProgram *self)
{
  g_array_unref (self->inputs);
  g_ptr_array_unref (self->statements);
  g_ptr_array_unref (self->outputs);
  g_free (self);
}
