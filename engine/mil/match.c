/* match.c - statements of MIL against the patterns of the operator table (match.h). */
#include "mil/match.h"

#include "num/half.h"

#include <stdlib.h>
#include <string.h>

/* One alternative of a row. */
typedef struct { const AnfOp *op; char *text; } Pattern;

/* While matching: where it is read, and its statements but the last. */
typedef struct
{
  AnfMilMatch *match;
  const char  *at;
  GHashTable  *statements;         /* name -> its call */
  GHashTable  *output;             /* name -> number of the output */
} Cursor;

/* ---------------------------------------------------------------- words of a pattern */

static void
skip (Cursor *self)
{
  while (*self->at == ' ')
    self->at++;
}

static gboolean
take (Cursor *self, char c)
{
  skip (self);
  if (*self->at != c)
    return FALSE;
  self->at++;
  return TRUE;
}

/* (transfer full); NULL: no name here. */
static char *
word (Cursor *self)
{
  const char *from;

  skip (self);
  from = self->at;
  while (g_ascii_isalnum (*self->at) || *self->at == '_')
    self->at++;
  return self->at > from ? g_strndup (from, self->at - from) : NULL;
}

/* To the bracket that closes the one just taken, and over it. */
static void
pass (Cursor *self)
{
  for (int depth = 1; depth > 0 && *self->at != '\0'; self->at++)
    depth += strchr ("([{", *self->at) != NULL ? 1 : strchr (")]}", *self->at) != NULL ? -1 : 0;
}

/* ---------------------------------------------------------------- attributes */

static GVariant *
reals (const AnfMilValue *value)
{
  gsize n = anf_mil_type_elements (&value->type);
  g_autofree double *list = g_new (double, n);

  if (value->type.dtype != ANF_MIL_FP16 && value->type.dtype != ANF_MIL_FP32)
    return NULL;
  for (gsize i = 0; i < n; i++)
    list[i] = anf_mil_plain_number (anf_mil_value_number (value, i), value->type.dtype);
  return value->type.rank == 0 ? g_variant_new_double (list[0])
                               : g_variant_new_fixed_array (G_VARIANT_TYPE_DOUBLE, list, n,
                                                            sizeof *list);
}

static GVariant *
ints (const AnfMilMatch *self, const AnfMilOperand *operand)
{
  const AnfMilValue *value = anf_match_value (self, operand);
  gsize n = value != NULL ? anf_mil_type_elements (&value->type) : 0;
  g_autofree gint64 *list = g_new (gint64, n + 1);

  if (n == 0 || n > G_MAXUINT16 || anf_match_ints (self, operand, list, n) != n)
    return NULL;
  return value->type.rank == 0 ? g_variant_new_int64 (list[0])
                               : g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, list, n,
                                                            sizeof *list);
}

/* The attribute as GVariant; NULL: the constant is none of its kind. */
static GVariant *
attr_value (const AnfMilMatch *self, const AnfAttr *attr, const AnfMilOperand *operand)
{
  const AnfMilValue *value = anf_match_value (self, operand);

  if (value == NULL)
    return NULL;
  switch (attr->kind)
    {
    case ANF_ATTR_TEXT:
    case ANF_ATTR_CHOICE:
      return value->text != NULL && g_utf8_validate (value->text, -1, NULL)
             ? g_variant_new_string (value->text) : NULL;
    case ANF_ATTR_FLAG:
      return value->type.dtype == ANF_MIL_BOOL && value->type.rank == 0
             ? g_variant_new_boolean (anf_mil_value_number (value, 0) != 0) : NULL;
    case ANF_ATTR_REAL:
      return value->type.rank == 0 ? reals (value) : NULL;
    case ANF_ATTR_REALS:
      return reals (value);
    case ANF_ATTR_INT:
      return value->type.rank == 0 ? ints (self, operand) : NULL;
    default:
      return ints (self, operand);
    }
}

/* FALSE: it was said before, and is another. */
static gboolean
put_attr (AnfMilMatch *self, guint i, GVariant *value)
{
  gboolean same;

  if (value == NULL)
    return FALSE;
  g_variant_ref_sink (value);
  same = self->attr[i] == NULL || g_variant_equal (self->attr[i], value);
  g_clear_pointer (&self->attr[i], g_variant_unref);
  self->attr[i] = value;
  self->score++;
  return same;
}

/* "attr.1 = n": lists grow in order. */
static gboolean
put_part (AnfMilMatch *self, guint i, guint part, const AnfMilOperand *operand)
{
  const AnfMilValue *value = anf_match_value (self, operand);
  gint64 list[ANF_MAX_RANK] = { 0 };
  gsize n = 0;
  double number;

  if (value == NULL || value->type.rank > 0 || value->bytes == NULL || part >= ANF_MAX_RANK)
    return FALSE;
  number = anf_mil_value_number (value, 0);
  if (self->attr[i] != NULL)
    {
      const gint64 *old = g_variant_get_fixed_array (self->attr[i], &n, sizeof *old);

      memcpy (list, old, MIN (n, ANF_MAX_RANK) * sizeof *old);
      g_clear_pointer (&self->attr[i], g_variant_unref);
    }
  list[part] = number;
  return list[part] == number
         && put_attr (self, i, g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, list,
                                                          MAX (n, part + 1), sizeof *list));
}

/* ---------------------------------------------------------------- terms */

static gboolean call (Cursor *self, const AnfMilOp *op);

void
anf_match_stem (AnfMilMatch *self, const char *name, const char *suffix)
{
  g_autofree char *tail = g_strconcat ("_", suffix, NULL);
  gsize n = name != NULL ? strlen (name) : 0;

  if (self->stem != NULL || name == NULL)
    return;
  while (n > 0 && g_ascii_isdigit (name[n - 1]))
    n--;
  n -= n > 1 && n < strlen (name) && name[n - 1] == '_' ? 1 : 0;
  for (guint i = 0; i < 2 && self->stem == NULL; i++, n = strlen (name))
    if (n > strlen (tail) && strncmp (name + n - strlen (tail), tail, strlen (tail)) == 0)
      self->stem = g_strndup (name, n - strlen (tail));
  /* What a value is called is no news. */
  if (self->stem != NULL && g_hash_table_contains (self->index->types, self->stem))
    g_clear_pointer (&self->stem, g_free);
}

static gboolean
is_number (const AnfMilMatch *self, const AnfMilOperand *operand, double want)
{
  const AnfMilValue *value = anf_match_value (self, operand);

  if (value == NULL || value->bytes == NULL || value->type.rank > 0
      || value->type.dtype == ANF_MIL_BOOL)
    return FALSE;
  return anf_mil_value_number (value, 0)
         == (value->type.dtype == ANF_MIL_FP16 ? anf_half_to_float (anf_half_from_double (want))
                                               : want);
}

static gboolean
literal (Cursor *self, const AnfMilOperand *operand)
{
  const AnfMilValue *value = anf_match_value (self->match, operand);
  gboolean truth = *self->at == 't';
  const char *end;

  self->match->score++;
  if (take (self, '"'))
    {
      end = strchr (self->at, '"');
      if (value == NULL || value->text == NULL || strlen (value->text) != (gsize) (end - self->at)
          || strncmp (value->text, self->at, end - self->at) != 0)
        return FALSE;
      self->at = end + 1;
      return TRUE;
    }
  if (g_ascii_isalpha (*self->at))
    {
      self->at += truth ? strlen ("true") : strlen ("false");
      return value != NULL && value->type.dtype == ANF_MIL_BOOL && value->type.rank == 0
             && (anf_mil_value_number (value, 0) != 0) == truth;
    }
  return is_number (self->match, operand, g_ascii_strtod (self->at, (char **) &self->at));
}

static gboolean
bind_port (AnfMilMatch *self, guint port, const AnfMilOperand *operand)
{
  const AnfMilType *type = operand->value != NULL ? &operand->value->type
                                                  : anf_match_type (self, operand->name);
  const AnfMilValue *value = anf_match_value (self, operand);
  AnfMilWire wire = { port, *operand };

  /* Constants on wires are numbers; integers and words are attributes. */
  if (type == NULL || (value != NULL && type->dtype != ANF_MIL_FP16 && type->dtype != ANF_MIL_FP32))
    return FALSE;
  for (guint i = 0; i < self->wires->len; i++)
    {
      const AnfMilWire *old = &g_array_index (self->wires, AnfMilWire, i);

      if (old->port != port)
        continue;
      self->score++;
      return operand->name != NULL && g_strcmp0 (old->operand.name, operand->name) == 0;
    }
  g_array_append_val (self->wires, wire);
  return TRUE;
}

/* An input of the program, whose shape is the row's. */
static gboolean
bind_fed (AnfMilMatch *self, const AnfMilOperand *operand)
{
  const AnfMilType *type = anf_match_type (self, operand->name);

  if (type == NULL || type->rank == 0 || anf_match_maker (self, operand->name) != NULL)
    return FALSE;
  self->fed = operand->name;
  anf_match_set (self, "shape", g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, type->dim,
                                                           type->rank, sizeof *type->dim));
  return TRUE;
}

static gboolean
bind_role (Cursor *self, guint role, const AnfMilOperand *operand)
{
  AnfMilMatch *match = self->match;

  match->flat[role] = take (self, '\'');
  if (!anf_mil_index_is_weight (match->index, operand->name)
      || (match->role[role] != NULL && !g_str_equal (match->role[role], operand->name)))
    return FALSE;
  match->role[role] = operand->name;
  anf_match_stem (match, operand->name, match->op->role[role].name);
  match->score++;
  return TRUE;
}

/* A statement named before, or a name for "take" to look at. */
static gboolean
bind_name (Cursor *self, const char *name, const AnfMilOperand *operand)
{
  AnfMilMatch *match = self->match;
  const AnfMilOperand *old = g_hash_table_lookup (match->named, name);
  const char *statement = g_hash_table_lookup (self->statements, name), *at = self->at;
  const AnfMilOp *maker = anf_match_maker (match, operand->name);
  guint output = GPOINTER_TO_UINT (g_hash_table_lookup (self->output, name));
  gboolean ok;

  if (old != NULL)
    return old->value == operand->value && g_strcmp0 (old->name, operand->name) == 0;
  g_hash_table_insert (match->named, g_strdup (name), g_memdup2 (operand, sizeof *operand));
  if (statement == NULL)
    {
      match->score += anf_match_value (match, operand) != NULL;
      anf_match_stem (match, operand->name, name);
      return operand->name != NULL || operand->value != NULL;
    }
  if (maker == NULL || output >= maker->outputs->len
      || !g_str_equal (g_array_index (maker->outputs, AnfMilPort, output).name, operand->name))
    return FALSE;
  anf_match_stem (match, operand->name, name);
  self->at = statement;
  ok = call (self, maker);
  self->at = at;
  return ok;
}

static gboolean term (Cursor *self, const AnfMilOperand *operand);

/* {2, 3}, {top, bottom}: each number of a list. */
static gboolean
list (Cursor *self, const AnfMilOperand *operand)
{
  const AnfMilValue *value = anf_match_value (self->match, operand);
  gsize n = 0;

  if (value == NULL || value->bytes == NULL || value->type.rank != 1)
    return FALSE;
  do
    {
      guint bits = anf_mil_dtype_bits (value->type.dtype);
      AnfMilValue one = { .type = { value->type.dtype, 0 } };
      AnfMilOperand part = { NULL, &one };
      gboolean ok;

      if (n >= (gsize) value->type.dim[0] || bits < 8)
        return FALSE;
      one.bytes = g_bytes_new_from_bytes (value->bytes, n * (bits / 8), bits / 8);
      ok = term (self, &part);
      g_bytes_unref (one.bytes);
      if (!ok)
        return FALSE;
      n++;
    }
  while (take (self, ','));
  return take (self, '}') && n == (gsize) value->type.dim[0];
}

static gboolean
named (Cursor *self, const AnfMilOperand *operand)
{
  AnfMilMatch *match = self->match;
  gboolean only_attr = take (self, '$');
  g_autofree char *name = word (self);
  int port = only_attr ? -1 : anf_op_find_input (match->op, name);
  int role = only_attr || port >= 0 ? -1 : anf_op_find_role (match->op, name);
  int attr = anf_op_find_attr (match->op, name);

  if (!only_attr && g_hash_table_contains (self->statements, name))
    return bind_name (self, name, operand);
  if (match->op->feed != NULL && g_str_equal (name, "fed"))
    return bind_fed (match, operand);
  if (port >= 0)
    return bind_port (match, port, operand);
  if (role >= 0)
    return bind_role (self, role, operand);
  if (attr < 0)
    return bind_name (self, name, operand);
  anf_match_stem (match, operand->name, name);
  if (take (self, '.'))
    return put_part (match, attr, *self->at++ - '0', operand);
  return put_attr (match, attr, attr_value (match, &match->op->attr[attr], operand));
}

static gboolean
term (Cursor *self, const AnfMilOperand *operand)
{
  skip (self);
  if (take (self, '{'))
    return list (self, operand);
  if (g_str_has_prefix (self->at, "true") || g_str_has_prefix (self->at, "false")
      || *self->at == '"' || *self->at == '-' || g_ascii_isdigit (*self->at))
    return literal (self, operand);
  return named (self, operand);
}

/* ---------------------------------------------------------------- calls */

/* Several values at one key are wires of a variadic port. */
static gboolean
tuple (Cursor *self, const AnfMilArg *arg)
{
  g_autofree char *name = word (self);
  int port = anf_op_find_input (self->match->op, name);

  if (port < 0)
    {
      AnfMilOperand none = { arg->names[0] };

      g_hash_table_insert (self->match->named, g_strdup (name), g_memdup2 (&none, sizeof none));
      return TRUE;
    }
  for (guint i = 0; i < arg->n; i++)
    if (anf_match_type (self->match, arg->names[i]) == NULL)
      return FALSE;
    else
      anf_match_wire (self->match, port, arg->names[i]);
  return TRUE;
}

static gboolean
argument (Cursor *self, const AnfMilOp *op, guint *n)
{
  gboolean optional = take (self, '[');
  g_autofree char *key = word (self);
  const AnfMilArg *arg = anf_mil_op_input (op, key);
  AnfMilOperand operand = anf_match_operand (op, key);

  if (arg == NULL && operand.value == NULL)
    {
      pass (self);                 /* over what closes it, or the call */
      return optional;
    }
  (*n)++;
  if (!take (self, '='))
    return FALSE;
  if (operand.name != NULL && anf_mil_index_constant (self->match->index, operand.name) != NULL)
    anf_match_stem (self->match, operand.name, key);
  return (arg != NULL && arg->kind == ANF_MIL_NAMES ? tuple (self, arg) : term (self, &operand))
         && (!optional || take (self, ']'));
}

/* OP (key = term, ..) from the cursor on. */
static gboolean
call (Cursor *self, const AnfMilOp *op)
{
  g_autofree char *name = take (self, '*') ? g_strdup (self->match->op->name) : word (self);
  guint n = 0;

  if (name == NULL || strcmp (name, op->op) != 0 || !take (self, '('))
    return FALSE;
  anf_match_use (self->match, op);
  do
    if (!argument (self, op, &n))
      return FALSE;
  while (take (self, ','));
  return take (self, ')') && n == op->inputs->len + op->attrs->len;
}

/* "a = ", "a, b = " before a call, if any: the statement is noted; FALSE: it is the last. */
static gboolean
note_statement (Cursor *self, const char *text)
{
  const char *equals = strchr (text, '='), *bracket = strchr (text, '(');
  guint output = 0;

  if (equals == NULL || bracket == NULL || equals > bracket)
    return FALSE;
  self->at = text;
  do
    {
      char *name = word (self);

      g_hash_table_insert (self->statements, name, (gpointer) (equals + 1));
      g_hash_table_insert (self->output, name, GUINT_TO_POINTER (output++));
    }
  while (take (self, ','));
  return TRUE;
}

/* & attr = literal .. */
static gboolean
presets (Cursor *self)
{
  while (take (self, '&'))
    {
      g_autofree char *name = word (self);
      const AnfAttr *attr = &self->match->op->attr[anf_op_find_attr (self->match->op, name)];

      take (self, '=');
      skip (self);
      if (take (self, '"'))
        {
          g_autofree char *text = word (self);

          anf_match_set (self->match, name, g_variant_new_string (text));
          take (self, '"');
        }
      else if (*self->at == 't' || *self->at == 'f')
        anf_match_set (self->match, name, g_variant_new_boolean (*self->at == 't'));
      else if (attr->kind == ANF_ATTR_REAL)
        anf_match_set (self->match, name,
                       g_variant_new_double (g_ascii_strtod (self->at, (char **) &self->at)));
      else
        anf_match_set (self->match, name,
                       g_variant_new_int64 (g_ascii_strtoll (self->at, (char **) &self->at, 10)));
      while (g_ascii_isalnum (*self->at))
        self->at++;
    }
  return TRUE;
}

static void
match_free (gpointer data)
{
  AnfMilMatch *self = data;

  for (guint i = 0; i < ANF_MAX_ATTRS; i++)
    g_clear_pointer (&self->attr[i], g_variant_unref);
  for (guint i = 0; i < ANF_MAX_ROLES; i++)
    g_clear_pointer (&self->tensor[i], anf_tensor_unref);
  g_array_unref (self->wires);
  g_hash_table_unref (self->named);
  g_ptr_array_unref (self->used);
  g_free (self->stem);
  g_free (self);
}

static gboolean
match_text (Cursor *self, const char *text)
{
  g_auto(GStrv) parts = g_strsplit (text, ";", -1);
  guint last = 0;

  while (parts[last + 1] != NULL)
    note_statement (self, parts[last++]);
  self->at = parts[last];
  return call (self, self->match->root) && presets (self);
}

static AnfMilMatch *
try_pattern (const AnfMilIndex *index, const AnfMilOp *root, const Pattern *pattern)
{
  AnfMilMatch *match = g_new0 (AnfMilMatch, 1);
  g_autoptr(GHashTable) statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) output = g_hash_table_new (g_str_hash, g_str_equal);
  Cursor cursor = { match, NULL, statements, output };
  gboolean ok;

  match->index = index;
  match->op = pattern->op;
  match->root = root;
  match->wires = g_array_new (FALSE, FALSE, sizeof (AnfMilWire));
  match->named = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  match->used = g_ptr_array_new ();
  if (root->outputs->len > 1)
    anf_match_stem (match, g_array_index (root->outputs, AnfMilPort, 1).name, "1");
  ok = match_text (&cursor, pattern->text)
       && (pattern->op->take == NULL || pattern->op->take (match));
  if (ok)
    return match;
  match_free (match);
  return NULL;
}

/* ---------------------------------------------------------------- the table */

/* Of a row that is written by anf_mil_plain: its ports, and its real attributes. */
static char *
plain_text (const AnfOp *op)
{
  GString *text = g_string_new (op->name);
  char before = '(';

  for (guint i = 0; i < anf_op_n_inputs (op); i++, before = ',')
    g_string_append_printf (text, " %c%s = %s", before, op->in[i].name, op->in[i].name);
  for (guint i = 0; i < anf_op_n_attrs (op); i++, before = ',')
    if (op->attr[i].kind == ANF_ATTR_REAL)
      g_string_append_printf (text, " %c%s = %s", before, op->attr[i].name, op->attr[i].name);
  return g_string_free (g_string_append_c (text, ')'), FALSE);
}

/* By the name of the statement that ends it. */
static void
add_pattern (GHashTable *table, const AnfOp *op, const char *text)
{
  const char *last = strrchr (text, ';'), *from = last != NULL ? last + 1 : text;
  g_autofree char *name = NULL;
  Pattern *pattern = g_new (Pattern, 1);
  GPtrArray *list;

  from += strspn (from, " ");
  name = *from == '*' ? g_strdup (op->name) : g_strndup (from, strcspn (from, " ("));
  list = g_hash_table_lookup (table, name);
  if (list == NULL)
    {
      list = g_ptr_array_new ();
      g_hash_table_insert (table, g_steal_pointer (&name), list);
    }
  *pattern = (Pattern) { op, g_strdup (text) };
  g_ptr_array_add (list, pattern);
}

static gpointer
make_table (gpointer unused)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const AnfOp *op;

  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    {
      g_autofree char *plain = op->reads == NULL && op->mil == anf_mil_plain ? plain_text (op)
                                                                             : NULL;
      const char *text = plain != NULL ? plain : op->reads;
      g_auto(GStrv) parts = text != NULL ? g_strsplit (text, "|", -1) : NULL;

      for (guint k = 0; parts != NULL && parts[k] != NULL; k++)
        add_pattern (table, op, parts[k]);
    }
  return table;
}

/* Statements first, then what is bound in them; rows in the order of the table on a tie. */
static gint
by_score (gconstpointer a, gconstpointer b)
{
  const AnfMilMatch *one = *(AnfMilMatch *const *) a, *other = *(AnfMilMatch *const *) b;

  if (one->used->len != other->used->len)
    return one->used->len > other->used->len ? -1 : 1;
  return one->score == other->score ? 0 : one->score > other->score ? -1 : 1;
}

static GHashTable *
table_of_patterns (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, make_table, NULL);
}

gboolean
anf_mil_is_known (const char *op)
{
  return g_hash_table_contains (table_of_patterns (), op);
}

GPtrArray *
anf_mil_matches (const AnfMilIndex *index, const AnfMilOp *root)
{
  const GPtrArray *list = g_hash_table_lookup (table_of_patterns (), root->op);
  GPtrArray *found = g_ptr_array_new_with_free_func (match_free);

  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      AnfMilMatch *match = try_pattern (index, root, g_ptr_array_index (list, i));

      if (match != NULL)
        g_ptr_array_add (found, match);
    }
  g_ptr_array_sort (found, by_score);
  return found;
}
