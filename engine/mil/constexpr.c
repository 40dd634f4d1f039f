/* constexpr.c - encoded weights of a MIL program back to numbers: FORMATS of iOS 16 (attributes,
 * packed vectors) and of iOS 18 (operands of their true shape). */
#include "mil/constexpr.h"

#include "num/half.h"

#include <string.h>

/* Numbers of a value, packed or made. */
typedef struct
{
  AnfMilType         type;
  const AnfMilValue *value;        /* (nullable) */
  float             *made;         /* (nullable) */
} Numbers;

typedef struct
{
  const AnfMilIndex *index;
  const AnfMilOp    *op;
  AnfMilWeightRead  *out;
  char              *why;
  guint              depth;
} Decoder;

static gboolean
refuse (Decoder *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (Decoder *self, const char *format, ...)
{
  va_list args;

  if (self->why != NULL)
    return FALSE;
  va_start (args, format);
  self->why = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

static void
numbers_clear (Numbers *self)
{
  g_clear_pointer (&self->made, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Numbers, numbers_clear)

static double
at (const Numbers *self, gsize i)
{
  return self->made != NULL ? self->made[i] : anf_mil_value_number (self->value, i);
}

static gboolean decode (Decoder *self, const AnfMilOp *op, guint output, Numbers *numbers);

/* Of the operand or attribute @key. FALSE: it is missing, or no number. */
static gboolean
part (Decoder *self, const AnfMilOp *op, const char *key, Numbers *out)
{
  AnfMilOperand operand = anf_match_operand (op, key);
  const AnfMilOp *maker;

  out->value = operand.value != NULL ? operand.value
                                     : anf_mil_index_constant (self->index, operand.name);
  if (out->value != NULL)
    {
      out->type = out->value->type;
      return out->value->bytes != NULL || refuse (self, "\"%s\" is no number", key);
    }
  maker = operand.name != NULL ? g_hash_table_lookup (self->index->makers, operand.name) : NULL;
  if (maker == NULL || !g_str_has_prefix (maker->op, "constexpr_"))
    return refuse (self, "\"%s\" is no constant", key);
  for (guint i = 0; i < maker->outputs->len; i++)
    if (g_str_equal (g_array_index (maker->outputs, AnfMilPort, i).name, operand.name))
      return decode (self, maker, i, out);
  return FALSE;
}

static gboolean
has (const AnfMilOp *op, const char *key)
{
  AnfMilOperand operand = anf_match_operand (op, key);

  return operand.name != NULL || operand.value != NULL;
}

static gsize
count (const Numbers *numbers)
{
  return anf_mil_type_elements (&numbers->type);
}

/* What fills @type, to be filled. */
static void
make (Numbers *out, const AnfMilType *type, AnfMilDtype dtype)
{
  out->type = *type;
  out->type.dtype = dtype;
  out->value = NULL;
  out->made = g_new0 (float, anf_mil_type_elements (type));
}

/* iOS 16 gives the shape as a list. */
static gboolean
shape_of (Decoder *self, const AnfMilOp *op, AnfMilType *type)
{
  g_auto(Numbers) shape = { 0 };
  gsize n;

  if (!part (self, op, "shape", &shape))
    return FALSE;
  n = count (&shape);
  if (n > ANF_MIL_MAX_RANK)
    return refuse (self, "\"shape\" has more than %d axes", ANF_MIL_MAX_RANK);
  type->rank = n;
  for (gsize i = 0; i < n; i++)
    type->dim[i] = at (&shape, i);
  return anf_mil_type_is_sane (type) || refuse (self, "\"shape\" is no shape");
}

/* ---------------------------------------------------------------- one scale per row */

static gboolean
affine (Decoder *self, const AnfMilOp *op, Numbers *out)
{
  g_auto(Numbers) data = { 0 }, scale = { 0 }, zero = { 0 }, axis = { 0 };
  gsize inner = 1, rows = 1;
  gint64 along = 0;
  gboolean plain = TRUE;

  if (!part (self, op, "quantized_data", &data) || !part (self, op, "scale", &scale)
      || !part (self, op, "zero_point", &zero)
      || (has (op, "axis") && !part (self, op, "axis", &axis)))
    return FALSE;
  along = axis.value != NULL ? at (&axis, 0) : 0;
  along += along < 0 ? data.type.rank : 0;
  if (count (&scale) > 1)
    {
      if (along < 0 || along >= data.type.rank
          || count (&scale) != (gsize) data.type.dim[along])
        return refuse (self, "\"scale\" has not one number per row");
      rows = data.type.dim[along];
      for (guint i = along + 1; i < data.type.rank; i++)
        inner *= data.type.dim[i];
    }
  if (count (&zero) != 1 && count (&zero) != rows)
    return refuse (self, "\"zero_point\" has not one number per row");
  make (out, &data.type, scale.type.dtype);
  for (gsize i = 0, n = count (&data); i < n; i++)
    {
      gsize row = i / inner % rows;
      double offset = at (&zero, count (&zero) == 1 ? 0 : row);

      plain = plain && offset == 0;
      out->made[i] = (at (&data, i) - offset) * at (&scale, count (&scale) == 1 ? 0 : row);
    }
  if (plain && along == 0 && data.type.dtype == ANF_MIL_INT8)
    self->out->encoding = ANF_INT8;
  return TRUE;
}

/* ---------------------------------------------------------------- blocks */

/* The number of @scale that element @i of @type has. */
static gsize
block_of (const AnfMilType *type, const AnfMilType *scale, gsize i)
{
  gsize index = 0, step = 1;

  for (guint axis = type->rank; axis-- > 0; i /= type->dim[axis])
    {
      gsize block = type->dim[axis] / scale->dim[axis];

      index += i % type->dim[axis] / block * step;
      step *= scale->dim[axis];
    }
  return index;
}

static gboolean
divides (const AnfMilType *type, const AnfMilType *scale)
{
  if (type->rank != scale->rank)
    return FALSE;
  for (guint i = 0; i < type->rank; i++)
    if (type->dim[i] % scale->dim[i] != 0)
      return FALSE;
  return TRUE;
}

static void
note_blocks (Decoder *self, const AnfMilType *type, const AnfMilType *scale, gboolean plain)
{
  gsize n = anf_mil_type_elements (type), n_scales = anf_mil_type_elements (scale);

  if (!plain || type->rank == 0 || scale->dim[0] != type->dim[0])
    return;
  self->out->encoding = n_scales == (gsize) scale->dim[0] ? ANF_INT8 : ANF_BLOCKWISE;
  self->out->block = n / n_scales;
}

static gboolean
blockwise (Decoder *self, const AnfMilOp *op, Numbers *out)
{
  g_auto(Numbers) data = { 0 }, scale = { 0 }, offset = { 0 };
  gboolean shifted = has (op, "offset");

  if (!part (self, op, "data", &data) || !part (self, op, "scale", &scale)
      || (shifted && !part (self, op, "offset", &offset)))
    return FALSE;
  if (!divides (&data.type, &scale.type) || (shifted && count (&offset) != count (&scale)))
    return refuse (self, "\"scale\" does not divide \"data\" into blocks");
  make (out, &data.type, scale.type.dtype);
  for (gsize i = 0, n = count (&data); i < n; i++)
    {
      gsize block = block_of (&data.type, &scale.type, i);

      out->made[i] = (at (&data, i) - (shifted ? at (&offset, block) : 0)) * at (&scale, block);
    }
  note_blocks (self, &data.type, &scale.type, !shifted && data.type.dtype == ANF_MIL_INT8);
  return TRUE;
}

/* ---------------------------------------------------------------- tables */

/* Indices of iOS 16 are packed into bytes, as many bits each as the table needs. */
static gboolean
packed_table (Decoder *self, const AnfMilOp *op, const Numbers *indices, const Numbers *lut,
              Numbers *out)
{
  AnfMilType type = { 0 };
  const guint8 *data = g_bytes_get_data (indices->value->bytes, NULL);
  guint bits = 0;
  gsize n;

  while (bits < 8 && (gsize) 1 << bits < count (lut))
    bits++;
  if ((gsize) 1 << bits != count (lut) || bits == 0 || indices->type.dtype != ANF_MIL_UINT8
      || !shape_of (self, op, &type))
    return refuse (self, "\"lut\" and \"indices\" do not fit");
  n = anf_mil_type_elements (&type);
  if (n > count (indices) * 8 / bits)
    return refuse (self, "\"indices\" are fewer than \"shape\" has elements");
  make (out, &type, lut->type.dtype);
  for (gsize i = 0; i < n; i++)
    {
      guint index = 0;

      for (guint k = 0; k < bits; k++)
        index |= (guint) (data[(i * bits + k) / 8] >> (i * bits + k) % 8 & 1) << k;
      out->made[i] = at (lut, index);
    }
  if (count (lut) == 16 && lut->type.dtype == ANF_MIL_FP16)
    self->out->encoding = ANF_INT4;
  return TRUE;
}

/* lut: [groups of each axis.., 2^bits, vector]. */
static gboolean
table (Decoder *self, const AnfMilOp *op, Numbers *out)
{
  g_auto(Numbers) indices = { 0 }, lut = { 0 }, axis = { 0 };
  AnfMilType groups, type;
  gsize size, wide, inner = 1;
  gint64 along = 0;

  if (!part (self, op, "indices", &indices) || !part (self, op, "lut", &lut))
    return FALSE;
  if (has (op, "shape"))
    return indices.value != NULL ? packed_table (self, op, &indices, &lut, out)
                                 : refuse (self, "\"indices\" is no constant");
  if (lut.type.rank != indices.type.rank + 2
      || (has (op, "vector_axis") && !part (self, op, "vector_axis", &axis)))
    return refuse (self, "\"lut\" and \"indices\" do not fit");
  size = lut.type.dim[lut.type.rank - 2];
  wide = lut.type.dim[lut.type.rank - 1];
  groups = lut.type;
  groups.rank -= 2;
  along = axis.value != NULL ? at (&axis, 0) : (gint64) indices.type.rank - 1;
  along += along < 0 ? indices.type.rank : 0;
  if (!divides (&indices.type, &groups) || along < 0 || along >= indices.type.rank)
    return refuse (self, "\"lut\" does not divide \"indices\" into groups");
  type = indices.type;
  type.dim[along] *= wide;
  if (!anf_mil_type_is_sane (&type))
    return refuse (self, "a size that no tensor has");
  for (guint i = along + 1; i < type.rank; i++)
    inner *= type.dim[i];
  make (out, &type, lut.type.dtype);
  for (gsize i = 0, n = count (&indices); i < n; i++)
    {
      gsize index = at (&indices, i), group = block_of (&indices.type, &groups, i);
      gsize first = i / inner * inner * wide + i % inner;

      if (index >= size)
        return refuse (self, "an index lies outside its table");
      for (gsize k = 0; k < wide; k++)
        out->made[first + k * inner] = at (&lut, (group * size + index) * wide + k);
    }
  if (count (&lut) == 16 && lut.type.dtype == ANF_MIL_FP16
      && indices.type.dtype == ANF_MIL_UINT4)
    self->out->encoding = ANF_INT4;
  return TRUE;
}

/* ---------------------------------------------------------------- zeros left out */

static gboolean
bit (const Numbers *mask, gboolean packed, gsize i)
{
  return packed ? (guint) at (mask, i / 8) >> i % 8 & 1 : at (mask, i) != 0;
}

static gboolean
sparse (Decoder *self, const AnfMilOp *op, Numbers *out)
{
  g_auto(Numbers) values = { 0 }, mask = { 0 };
  gboolean packed = has (op, "shape");
  AnfMilType type;
  gsize next = 0;

  if (!part (self, op, "nonzero_data", &values) || !part (self, op, "mask", &mask))
    return FALSE;
  type = mask.type;
  if (packed && (!shape_of (self, op, &type) || anf_mil_type_elements (&type) > count (&mask) * 8))
    return refuse (self, "\"mask\" is smaller than \"shape\"");
  make (out, &type, values.type.dtype);
  for (gsize i = 0, n = anf_mil_type_elements (&type); i < n; i++)
    if (bit (&mask, packed, i))
      {
        if (next == count (&values))
          return refuse (self, "\"mask\" has more ones than \"nonzero_data\" numbers");
        out->made[i] = at (&values, next++);
      }
  if (next != count (&values))
    return refuse (self, "\"nonzero_data\" has more numbers than \"mask\" ones");
  self->out->encoding = values.value != NULL && values.type.dtype == ANF_MIL_FP16 ? ANF_SPARSE
                                                                                 : ANF_FP16;
  return TRUE;
}

/* The numbers that are not zero, of a table. */
static gboolean
sparse_table (Decoder *self, const AnfMilOp *op, Numbers *out)
{
  g_auto(Numbers) indices = { 0 }, lut = { 0 };

  if (!part (self, op, "indices_nonzero_data", &indices) || !part (self, op, "lut", &lut))
    return FALSE;
  make (out, &indices.type, lut.type.dtype);
  for (gsize i = 0, n = count (&indices); i < n; i++)
    {
      gsize index = at (&indices, i);

      if (index >= count (&lut) || lut.type.rank < 2
          || (gsize) lut.type.dim[lut.type.rank - 2] != count (&lut))
        return refuse (self, "only one table for all numbers is known of sparse weights");
      out->made[i] = at (&lut, index);
    }
  return TRUE;
}

static gboolean
sparse_blocks (Decoder *self, const AnfMilOp *op, Numbers *out)
{
  g_auto(Numbers) mask = { 0 }, data = { 0 }, scale = { 0 }, offset = { 0 };
  gboolean shifted = has (op, "offset");
  gsize next = 0;

  if (!part (self, op, "data_mask", &mask) || !part (self, op, "nonzero_data", &data)
      || !part (self, op, "scale", &scale) || (shifted && !part (self, op, "offset", &offset)))
    return FALSE;
  if (!divides (&mask.type, &scale.type) || (shifted && count (&offset) != count (&scale)))
    return refuse (self, "\"scale\" does not divide \"data_mask\" into blocks");
  make (out, &data.type, scale.type.dtype);
  for (gsize i = 0, n = count (&mask); i < n; i++)
    if (at (&mask, i) != 0)
      {
        gsize block = block_of (&mask.type, &scale.type, i);

        if (next == count (&data))
          return refuse (self, "\"data_mask\" has more ones than \"nonzero_data\" numbers");
        out->made[next] = (at (&data, next) - (shifted ? at (&offset, block) : 0))
                          * at (&scale, block);
        next++;
      }
  return next == count (&data)
         || refuse (self, "\"nonzero_data\" has more numbers than \"data_mask\" ones");
}

/* ---------------------------------------------------------------- all of them */

static gboolean
decode (Decoder *self, const AnfMilOp *op, guint output, Numbers *numbers)
{
  static const struct
  {
    const char *name;
    gboolean  (*read) (Decoder *self, const AnfMilOp *op, Numbers *out);
    const char *mask;              /* the operand that is its first result, as it is */
  } forms[] = {
    { "constexpr_affine_dequantize", affine }, { "constexpr_lut_to_dense", table },
    { "constexpr_sparse_to_dense", sparse }, { "constexpr_blockwise_shift_scale", blockwise },
    { "constexpr_lut_to_sparse", sparse_table, "indices_mask" },
    { "constexpr_sparse_blockwise_shift_scale", sparse_blocks, "data_mask" },
  };

  if (self->depth++ > 4)
    return refuse (self, "weights in weights deeper than 4");
  if (strcmp (op->op, "constexpr_cast") == 0)
    return part (self, op, "source_val", numbers);
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    if (strcmp (forms[i].name, op->op) == 0)
      return forms[i].mask != NULL && output == 0 ? part (self, op, forms[i].mask, numbers)
                                                  : forms[i].read (self, op, numbers);
  return refuse (self, "%s is no encoding that is known", op->op);
}

/* fp32 numbers that fp16 has as well are fp16. */
static AnfTensor *
tensor_made (const AnfMilType *type, const float *values)
{
  gsize n = anf_mil_type_elements (type);
  guint16 *halves = g_new (guint16, MAX (n, 1));
  g_autoptr(GBytes) bytes = g_bytes_new_take (halves, n * sizeof *halves);

  anf_half_encode (values, n, halves);
  for (gsize i = 0; i < n; i++)
    if (anf_half_to_float (halves[i]) != values[i])
      return anf_tensor_new_floats (type->rank, type->dim, values);
  return anf_tensor_new (ANF_F16, type->rank, type->dim, bytes);
}

/* In the mapped file where it lies at a place for numbers. */
static AnfTensor *
tensor_of (const AnfMilValue *value)
{
  gint64 one = 1;
  guint rank = MAX (value->type.rank, 1);
  const gint64 *dim = value->type.rank > 0 ? value->type.dim : &one;
  gsize size;
  const guint8 *data = g_bytes_get_data (value->bytes, &size);
  gboolean wide = value->type.dtype == ANF_MIL_FP32;
  g_autoptr(GBytes) copy = GPOINTER_TO_SIZE (data) % 4 != 0 ? g_bytes_new (data, size) : NULL;

  return anf_tensor_new (wide ? ANF_F32 : ANF_F16, rank, dim, copy != NULL ? copy : value->bytes);
}

static gboolean
fits_tensor (Decoder *self, const AnfMilType *type)
{
  return type->rank <= ANF_MAX_TENSOR_RANK
         || refuse (self, "a weight of more than %d axes", ANF_MAX_TENSOR_RANK);
}

static gboolean
read_constant (Decoder *self, const AnfMilValue *value)
{
  g_autofree float *values = NULL;
  gsize n;

  if (value->bytes == NULL || !fits_tensor (self, &value->type))
    return refuse (self, "a word is no weight");
  if (value->type.dtype == ANF_MIL_FP16 || value->type.dtype == ANF_MIL_FP32)
    {
      self->out->tensor = tensor_of (value);
      return TRUE;
    }
  n = anf_mil_type_elements (&value->type);
  values = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    values[i] = anf_mil_value_number (value, i);
  self->out->tensor = tensor_made (&value->type, values);
  return TRUE;
}

gboolean
anf_mil_read_weight (const AnfMilIndex *index, const char *name, AnfMilWeightRead *out, char **why)
{
  const AnfMilOp *op = g_hash_table_lookup (index->makers, name);
  const AnfMilType *type = g_hash_table_lookup (index->types, name);
  const AnfMilValue *value = anf_mil_index_constant (index, name);
  Decoder self = { index, op, out };
  g_auto(Numbers) numbers = { 0 };
  gboolean ok;

  *out = (AnfMilWeightRead) { NULL, ANF_FP16 };
  if (value == NULL && !g_str_has_prefix (op->op, "constexpr_"))
    op = g_hash_table_lookup (index->makers, anf_match_operand (op, "x").name);
  ok = value != NULL ? read_constant (&self, value)
                     : fits_tensor (&self, type) && decode (&self, op, 0, &numbers);
  if (ok && out->tensor == NULL && numbers.made == NULL)
    ok = numbers.value != NULL && read_constant (&self, numbers.value);
  else if (ok && out->tensor == NULL)
    {
      if (numbers.type.rank != type->rank
          || memcmp (numbers.type.dim, type->dim, type->rank * sizeof *type->dim) != 0)
        ok = refuse (&self, "its parts make another shape than it has");
      else
        out->tensor = tensor_made (&numbers.type, numbers.made);
    }
  *why = self.why;
  return ok;
}
