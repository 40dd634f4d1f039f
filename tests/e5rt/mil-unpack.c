/* mil-unpack.c - weights from what they are packed as, by the definitions of the constexpr
 * operators. */
#include "mil-unpack.h"

#include "num/half.h"

typedef struct { GHashTable *constants; char *problem; } Unpacking;

static void
fail (Unpacking *self, const char *what, const char *about)
{
  if (self->problem == NULL)
    self->problem = g_strdup_printf ("%s%s", what, about);
}

static MilValue *
value_new (const MilType *type)
{
  MilValue *value = g_new0 (MilValue, 1);

  value->type = *type;
  value->numbers = g_new0 (double, mil_elements (type));
  return value;
}

void
mil_value_free (MilValue *self)
{
  g_free (self->text);
  g_free (self->numbers);
  g_free (self);
}

static MilValue *
value_copy (const MilValue *from)
{
  MilValue *value = g_new0 (MilValue, 1);

  value->type = from->type;
  value->text = g_strdup (from->text);
  if (from->numbers != NULL)
    value->numbers = g_memdup2 (from->numbers, mil_elements (&from->type) * sizeof (double));
  return value;
}

const MilValue *
mil_value_of (GHashTable *constants, const MilArg *arg)
{
  if (arg == NULL || arg->value != NULL)
    return arg != NULL ? arg->value : NULL;
  return arg->n == 1 ? g_hash_table_lookup (constants, arg->names[0]) : NULL;
}

static const MilValue *
part (Unpacking *self, const GArray *args, const char *key)
{
  const MilValue *value = mil_value_of (self->constants, mil_find (args, key));

  if (value == NULL || value->numbers == NULL)
    fail (self, "a weight without ", key);
  return value;
}

/* (data - zero) * scale, by rows. */
static MilValue *
unpack_affine (Unpacking *self, const MilStatement *statement, const MilType *type)
{
  const MilValue *data = part (self, statement->attrs, "quantized_data");
  const MilValue *scale = part (self, statement->attrs, "scale");
  const MilValue *zero = part (self, statement->attrs, "zero_point");
  const MilValue *axis = part (self, statement->attrs, "axis");
  MilValue *value = value_new (type);
  gsize n = mil_elements (type), row = n / type->dim[0];

  if (self->problem == NULL && (axis->numbers[0] != 0 || mil_elements (&data->type) != n
                                || mil_elements (&scale->type) != (gsize) type->dim[0]))
    fail (self, "scales that do not fit the rows", "");
  for (gsize i = 0; self->problem == NULL && i < n; i++)
    value->numbers[i] = (data->numbers[i] - zero->numbers[0]) * scale->numbers[i / row];
  return value;
}

static MilValue *
unpack_lut (Unpacking *self, const MilStatement *statement, const MilType *type)
{
  const MilValue *indices = part (self, statement->args, "indices");
  const MilValue *lut = part (self, statement->args, "lut");
  MilValue *value = value_new (type);

  if (self->problem == NULL && (mil_elements (&indices->type) != mil_elements (type)
                                || mil_elements (&lut->type) != 16))
    fail (self, "a table that does not fit", "");
  for (gsize i = 0; self->problem == NULL && i < mil_elements (type); i++)
    value->numbers[i] = lut->numbers[(gsize) indices->numbers[i]];
  return value;
}

static MilValue *
unpack_sparse (Unpacking *self, const MilStatement *statement, const MilType *type)
{
  const MilValue *mask = part (self, statement->args, "mask");
  const MilValue *values = part (self, statement->args, "nonzero_data");
  MilValue *value = value_new (type);
  gsize at = 0;

  if (self->problem == NULL && mil_elements (&mask->type) != mil_elements (type))
    fail (self, "a mask that does not fit", "");
  for (gsize i = 0; self->problem == NULL && i < mil_elements (type); i++)
    if (mask->numbers[i] != 0)
      {
        if (at == mil_elements (&values->type))
          fail (self, "a mask that wants more numbers than there are", "");
        else
          value->numbers[i] = values->numbers[at++];
      }
  return value;
}

/* The scale's axes divide those of the data: one for so many elements in a row. */
static MilValue *
unpack_blocks (Unpacking *self, const MilStatement *statement, const MilType *type)
{
  const MilValue *data = part (self, statement->args, "data");
  const MilValue *scale = part (self, statement->args, "scale");
  MilValue *value = value_new (type);

  if (self->problem == NULL && (scale->type.rank != type->rank
                                || mil_elements (&data->type) != mil_elements (type)))
    fail (self, "blocks that do not fit", "");
  for (gsize i = 0; self->problem == NULL && i < mil_elements (type); i++)
    {
      gsize at = 0, step = 1, left = i;

      for (guint d = type->rank; d-- > 0; left /= type->dim[d])
        {
          gint64 block = type->dim[d] / scale->type.dim[d];

          at += left % type->dim[d] / block * step;
          step *= scale->type.dim[d];
        }
      value->numbers[i] = data->numbers[i] * scale->numbers[at];
    }
  return value;
}

/* Weights are held in fp16 whatever they were packed as. */
static MilValue *
rounded (MilValue *value)
{
  for (gsize i = 0; i < mil_elements (&value->type); i++)
    value->numbers[i] = anf_half_to_float (anf_half_from_double (value->numbers[i]));
  return value;
}

/* Blocks are handed to a product through a sum with 0. */
static MilValue *
copy_of_sum (Unpacking *self, const MilStatement *statement)
{
  const MilValue *x = mil_value_of (self->constants, mil_find (statement->args, "x"));
  const MilValue *y = mil_value_of (self->constants, mil_find (statement->args, "y"));

  return x != NULL && y != NULL && y->type.rank == 0 && y->numbers[0] == 0 ? value_copy (x) : NULL;
}

MilValue *
mil_unpack (const MilStatement *statement, GHashTable *constants, char **problem)
{
  static const struct
  {
    const char *op;
    MilValue *(*unpack) (Unpacking *, const MilStatement *, const MilType *);
  } packed[] = {
    { "constexpr_affine_dequantize", unpack_affine }, { "constexpr_lut_to_dense", unpack_lut },
    { "constexpr_sparse_to_dense", unpack_sparse },
    { "constexpr_blockwise_shift_scale", unpack_blocks },
  };
  const MilType *type = &g_array_index (statement->outs, MilPort, 0).type;
  Unpacking self = { constants, NULL };
  MilValue *value = NULL;

  if (g_str_equal (statement->op, "const"))
    return value_copy (mil_find (statement->attrs, "val")->value);
  if (g_str_equal (statement->op, "add"))
    return copy_of_sum (&self, statement);
  for (guint i = 0; i < G_N_ELEMENTS (packed); i++)
    if (g_str_equal (statement->op, packed[i].op))
      value = rounded (packed[i].unpack (&self, statement, type));
  *problem = self.problem;
  return value;
}
