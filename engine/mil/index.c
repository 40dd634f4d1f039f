/* index.c - the values of a MIL program by name, its constants as numbers, and what a row that is
 * matched asks of them. */
#include "mil/match.h"

#include "num/half.h"

#include <stdio.h>
#include <string.h>

AnfMilIndex *
anf_mil_index_new (const AnfMilProgram *program)
{
  AnfMilIndex *self = g_new0 (AnfMilIndex, 1);

  self->program = program;
  self->makers = g_hash_table_new (g_str_hash, g_str_equal);
  self->types = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < program->inputs->len; i++)
    {
      AnfMilPort *port = &g_array_index (program->inputs, AnfMilPort, i);

      g_hash_table_insert (self->types, (gpointer) port->name, &port->type);
    }
  for (guint i = 0; i < program->ops->len; i++)
    {
      AnfMilOp *op = g_ptr_array_index (program->ops, i);

      for (guint j = 0; j < op->outputs->len; j++)
        {
          AnfMilPort *port = &g_array_index (op->outputs, AnfMilPort, j);

          g_hash_table_insert (self->makers, (gpointer) port->name, op);
          g_hash_table_insert (self->types, (gpointer) port->name, &port->type);
        }
    }
  return self;
}

void
anf_mil_index_free (AnfMilIndex *self)
{
  g_hash_table_unref (self->makers);
  g_hash_table_unref (self->types);
  g_free (self);
}

const AnfMilValue *
anf_mil_index_constant (const AnfMilIndex *self, const char *name)
{
  const AnfMilOp *op = name != NULL ? g_hash_table_lookup (self->makers, name) : NULL;

  return op != NULL && strcmp (op->op, "const") == 0 ? anf_mil_op_attr (op, "val") : NULL;
}

/* Of blocks, when 0 is added to them: how the writer helps e5rt. */
static gboolean
is_blocks_plus_zero (const AnfMilIndex *self, const AnfMilOp *op)
{
  const AnfMilArg *x = anf_mil_op_input (op, "x"), *y = anf_mil_op_input (op, "y");
  const AnfMilValue *zero = y != NULL && y->n == 1 ? anf_mil_index_constant (self, y->names[0])
                                                   : NULL;
  const AnfMilOp *blocks = x != NULL && x->n == 1 ? g_hash_table_lookup (self->makers, x->names[0])
                                                  : NULL;

  return strcmp (op->op, "add") == 0 && zero != NULL && zero->type.rank == 0
         && zero->text == NULL && anf_mil_value_number (zero, 0) == 0 && blocks != NULL
         && strcmp (blocks->op, "constexpr_blockwise_shift_scale") == 0;
}

gboolean
anf_mil_index_is_weight (const AnfMilIndex *self, const char *name)
{
  const AnfMilOp *op = name != NULL ? g_hash_table_lookup (self->makers, name) : NULL;

  return op != NULL && (strcmp (op->op, "const") == 0 || g_str_has_prefix (op->op, "constexpr_")
                        || is_blocks_plus_zero (self, op));
}

/* @n bits from bit @at on, the lowest first. */
static guint
bits_at (const guint8 *data, gsize at, guint n)
{
  guint value = 0;

  for (guint i = 0; i < n; i++)
    value |= (guint) (data[(at + i) / 8] >> (at + i) % 8 & 1) << i;
  return value;
}

static double
small_number (AnfMilDtype dtype, const guint8 *data, gsize i)
{
  guint bits = anf_mil_dtype_bits (dtype);
  gint value = bits_at (data, i * bits, bits);

  return dtype == ANF_MIL_INT4 && value > 7 ? value - 16 : value;
}

#define READ(type, swap) ({ type word_; memcpy (&word_, data + i * sizeof word_, sizeof word_); \
                            swap (word_); })

double
anf_mil_value_number (const AnfMilValue *self, gsize i)
{
  const guint8 *data = self->bytes != NULL ? g_bytes_get_data (self->bytes, NULL) : NULL;
  guint32 bits;
  float single;

  if (data == NULL)
    return 0;
  switch (self->type.dtype)
    {
    case ANF_MIL_FP16:   return anf_half_to_float (READ (guint16, GUINT16_FROM_LE));
    case ANF_MIL_FP32:
      bits = READ (guint32, GUINT32_FROM_LE);
      memcpy (&single, &bits, sizeof single);
      return single;
    case ANF_MIL_INT8:   return (gint8) data[i];
    case ANF_MIL_UINT8:
    case ANF_MIL_BOOL:   return data[i];
    case ANF_MIL_INT16:  return READ (gint16, GINT16_FROM_LE);
    case ANF_MIL_UINT16: return READ (guint16, GUINT16_FROM_LE);
    case ANF_MIL_INT32:  return READ (gint32, GINT32_FROM_LE);
    case ANF_MIL_UINT32: return READ (guint32, GUINT32_FROM_LE);
    case ANF_MIL_INT64:  return READ (gint64, GINT64_FROM_LE);
    case ANF_MIL_STRING: return 0;
    default:             return small_number (self->type.dtype, data, i);
    }
}

double
anf_mil_plain_number (double value, AnfMilDtype dtype)
{
  for (int digits = 1; digits < 17; digits++)
    {
      char text[G_ASCII_DTOSTR_BUF_SIZE], format[16];
      double plain;

      snprintf (format, sizeof format, "%%.%dg", digits);
      plain = g_ascii_strtod (g_ascii_formatd (text, sizeof text, format, value), NULL);
      if (dtype == ANF_MIL_FP16 ? anf_half_from_double (plain) == anf_half_from_double (value)
                                : (float) plain == (float) value)
        return plain;
    }
  return value;
}

/* ---------------------------------------------------------------- for the column "take" */

AnfMilOperand
anf_match_operand (const AnfMilOp *op, const char *key)
{
  const AnfMilArg *arg = anf_mil_op_input (op, key);
  AnfMilOperand none = { NULL };

  if (arg == NULL)
    none.value = anf_mil_op_attr (op, key);
  else if (arg->kind == ANF_MIL_VALUE)
    none.value = arg->value;
  else if (arg->n == 1)
    none.name = arg->names[0];
  return none;
}

const AnfMilValue *
anf_match_value (const AnfMilMatch *self, const AnfMilOperand *operand)
{
  return operand->value != NULL ? operand->value
                                : anf_mil_index_constant (self->index, operand->name);
}

const AnfMilValue *
anf_match_constant (const AnfMilMatch *self, const char *name)
{
  const AnfMilOperand *operand = g_hash_table_lookup (self->named, name);

  return operand != NULL ? anf_match_value (self, operand) : NULL;
}

const AnfMilOp *
anf_match_maker (const AnfMilMatch *self, const char *value)
{
  return value != NULL ? g_hash_table_lookup (self->index->makers, value) : NULL;
}

const AnfMilType *
anf_match_type (const AnfMilMatch *self, const char *value)
{
  return value != NULL ? g_hash_table_lookup (self->index->types, value) : NULL;
}

static gboolean
is_whole (AnfMilDtype dtype)
{
  return dtype != ANF_MIL_FP16 && dtype != ANF_MIL_FP32 && dtype != ANF_MIL_BOOL
         && dtype != ANF_MIL_STRING;
}

guint
anf_match_ints (const AnfMilMatch *self, const AnfMilOperand *operand, gint64 *out, guint max)
{
  const AnfMilValue *value = operand != NULL ? anf_match_value (self, operand) : NULL;
  gsize n;

  if (value == NULL || value->bytes == NULL || !is_whole (value->type.dtype)
      || value->type.rank > 1 || (n = anf_mil_type_elements (&value->type)) > max)
    return 0;
  for (gsize i = 0; i < n; i++)
    out[i] = anf_mil_value_number (value, i);
  return n;
}

void
anf_match_use (AnfMilMatch *self, const AnfMilOp *op)
{
  if (!g_ptr_array_find (self->used, op, NULL))
    g_ptr_array_add (self->used, (gpointer) op);
}

void
anf_match_wire (AnfMilMatch *self, guint port, const char *value)
{
  AnfMilWire wire = { port, { value } };

  g_array_append_val (self->wires, wire);
}

void
anf_match_set (AnfMilMatch *self, const char *attr, GVariant *value)
{
  int i = anf_op_find_attr (self->op, attr);

  g_assert (i >= 0);
  g_variant_ref_sink (value);
  g_clear_pointer (&self->attr[i], g_variant_unref);
  self->attr[i] = value;
}

void
anf_match_set_real (AnfMilMatch *self, const char *attr, double value, AnfMilDtype dtype)
{
  anf_match_set (self, attr, g_variant_new_double (anf_mil_plain_number (value, dtype)));
}
