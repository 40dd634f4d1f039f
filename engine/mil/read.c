/* read.c - what a MIL program must be, whichever reader brings it. */
#include "mil/read.h"

#include <string.h>

gboolean
anf_mil_type_is_sane (const AnfMilType *self)
{
  gint64 n = 1;

  if (self->rank > ANF_MIL_MAX_RANK)
    return FALSE;
  for (guint i = 0; i < self->rank; i++)
    {
      if (self->dim[i] < 1 || self->dim[i] > ANF_MIL_MAX_ELEMENTS / n)
        return FALSE;
      n *= self->dim[i];
    }
  return TRUE;
}

static const AnfMilArg *
find (const GArray *args, const char *key)
{
  for (guint i = 0; i < args->len; i++)
    if (strcmp (g_array_index (args, AnfMilArg, i).key, key) == 0)
      return &g_array_index (args, AnfMilArg, i);
  return NULL;
}

const AnfMilArg *
anf_mil_op_input (const AnfMilOp *self, const char *key)
{
  return find (self->inputs, key);
}

const AnfMilValue *
anf_mil_op_attr (const AnfMilOp *self, const char *key)
{
  const AnfMilArg *arg = find (self->attrs, key);

  return arg != NULL ? arg->value : NULL;
}

/* Takes what @value holds. */
void
anf_mil_op_take (GArray *args, const char *key, AnfMilValue *value)
{
  AnfMilArg arg = { .key = key, .kind = ANF_MIL_VALUE };

  arg.value = g_memdup2 (value, sizeof *value);
  memset (value, 0, sizeof *value);
  g_array_append_val (args, arg);
}

void
anf_mil_op_bind (GArray *args, const char *key, AnfMilArgKind kind, guint n,
                 const char *const *names)
{
  AnfMilArg arg = { .key = key, .kind = kind, .n = n };

  arg.names = g_memdup2 (names, n * sizeof *names);
  g_array_append_val (args, arg);
}

gboolean
anf_mil_value_stored (AnfMilValue *self, GBytes *file, guint64 offset, GError **error)
{
  AnfMilRecord record;
  g_autofree char *type = anf_mil_type_text (&self->type);

  if (!anf_mil_blob_read (file, offset, &record, error))
    return FALSE;
  if (record.dtype != self->type.dtype
      || record.n_elements != anf_mil_type_elements (&self->type))
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE,
                   "Weight record at byte %" G_GUINT64_FORMAT ": holds %" G_GSIZE_FORMAT " %s, "
                   "not %s", offset, record.n_elements, anf_mil_dtype_name (record.dtype), type);
      return FALSE;
    }
  self->bytes = g_bytes_new_from_bytes (file, record.data
                                        - (const guint8 *) g_bytes_get_data (file, NULL),
                                        record.size);
  return TRUE;
}

/* ---------------------------------------------------------------- rules */

static char *
undefined (GHashTable *types, const AnfMilOp *op)
{
  for (guint i = 0; i < op->inputs->len; i++)
    {
      const AnfMilArg *arg = &g_array_index (op->inputs, AnfMilArg, i);

      for (guint j = 0; j < arg->n; j++)
        if (!g_hash_table_contains (types, arg->names[j]))
          return g_strdup_printf ("\"%s\" is used before it is defined", arg->names[j]);
      for (guint j = 0; j < i; j++)
        if (strcmp (g_array_index (op->inputs, AnfMilArg, j).key, arg->key) == 0)
          return g_strdup_printf ("\"%s\" is given twice", arg->key);
    }
  return NULL;
}

static char *
wrong_const (const AnfMilOp *op)
{
  const AnfMilValue *value = anf_mil_op_attr (op, "val");
  g_autofree char *is = NULL, *want = NULL;

  if (value == NULL || op->outputs->len != 1 || op->inputs->len > 0)
    return g_strdup ("a constant has one result, one \"val\" and no operands");
  if (anf_mil_type_equal (&value->type, &g_array_index (op->outputs, AnfMilPort, 0).type))
    return NULL;
  is = anf_mil_type_text (&value->type);
  want = anf_mil_type_text (&g_array_index (op->outputs, AnfMilPort, 0).type);
  return g_strdup_printf ("the constant is %s, its value %s", want, is);
}

char *
anf_mil_define (GHashTable *types, const AnfMilOp *op)
{
  char *wrong = undefined (types, op);

  if (wrong == NULL && strcmp (op->op, "const") == 0)
    wrong = wrong_const (op);
  for (guint i = 0; wrong == NULL && i < op->outputs->len; i++)
    {
      AnfMilPort *port = &g_array_index (op->outputs, AnfMilPort, i);

      if (!anf_mil_type_is_sane (&port->type))
        wrong = g_strdup_printf ("\"%s\" has a size that no tensor has", port->name);
      else if (!g_hash_table_insert (types, (gpointer) port->name,
                                     g_memdup2 (&port->type, sizeof port->type)))
        wrong = g_strdup_printf ("\"%s\" is defined twice", port->name);
    }
  return wrong;
}
