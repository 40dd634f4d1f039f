/* decode.c - from what is stored of a weight back to the fp16 numbers the multiplier sees. */
#include "weight/encode.h"

#include "num/half.h"

#include <math.h>
#include <string.h>

#define CHUNK 4096

/* How many elements of each axis share a scale: from the last axis on, what is left of the block
 * and the axis have in common. Their product is the block. */
gboolean
anf_block_scales (const AnfMilType *type, gsize block, AnfMilType *scales)
{
  *scales = *type;
  for (guint axis = type->rank; axis-- > 1;)
    {
      gsize a = block, b = type->dim[axis];

      while (b != 0)
        {
          gsize rest = a % b;

          a = b;
          b = rest;
        }
      scales->dim[axis] /= a;
      block /= a;
    }
  return block == 1;
}

guint32 *
anf_block_map (const AnfMilType *type, const AnfMilType *scales, gsize *n_blocks)
{
  gsize inner = 1;
  guint32 *map;

  *n_blocks = 1;
  for (guint axis = 1; axis < type->rank; axis++)
    {
      inner *= type->dim[axis];
      *n_blocks *= scales->dim[axis];
    }
  map = g_new (guint32, inner);
  for (gsize i = 0; i < inner; i++)
    {
      gsize rest = i, block = 0, stride = 1;

      for (guint axis = type->rank; axis-- > 1;)
        {
          gsize at = rest % type->dim[axis];

          block += at / (type->dim[axis] / scales->dim[axis]) * stride;
          stride *= scales->dim[axis];
          rest /= type->dim[axis];
        }
      map[i] = block;
    }
  return map;
}

void
anf_decoder_init (AnfDecoder *self, const AnfMilWeight *weight)
{
  gsize n = anf_mil_type_elements (&weight->type);

  *self = (AnfDecoder) { .weight = weight, .n_blocks = 1 };
  self->inner = weight->type.rank > 0 && n > 0 ? n / weight->type.dim[0] : n;
  if (weight->encoding == ANF_BLOCKWISE)
    self->map = anf_block_map (&weight->type, &weight->part[1].type, &self->n_blocks);
}

void
anf_decoder_clear (AnfDecoder *self)
{
  g_clear_pointer (&self->map, g_free);
}

static gconstpointer
part (const AnfDecoder *self, guint i)
{
  return g_bytes_get_data (self->weight->part[i].bytes, NULL);
}

/* The hardware takes NaN for +inf. */
static void
no_nan (gsize count, float *out)
{
  for (gsize i = 0; i < count; i++)
    out[i] = isnan (out[i]) ? INFINITY : out[i];
}

static void
next_fp16 (AnfDecoder *self, gsize count, float *out)
{
  const guint16 *halves = part (self, 0);

  anf_half_decode (halves + self->at, count, out);
  no_nan (count, out);
}

/* Scales are fp16, and so is the product: one rounding. */
static void
next_scaled (AnfDecoder *self, gsize count, float *out)
{
  const gint8 *data = part (self, 0);
  const guint16 *scales = part (self, 1);
  gsize row = self->at / self->inner, column = self->at % self->inner;
  guint16 halves[CHUNK];

  for (gsize i = 0; i < count; i++)
    {
      gsize block = self->map == NULL ? 0 : self->map[column];

      out[i] = data[self->at + i] * anf_half_to_float (scales[row * self->n_blocks + block]);
      if (++column == self->inner)
        {
          column = 0;
          row++;
        }
    }
  anf_half_encode (out, count, halves);
  anf_half_decode (halves, count, out);
}

static void
next_int4 (AnfDecoder *self, gsize count, float *out)
{
  const guint8 *packed = part (self, 0);
  const guint16 *table = part (self, 1);
  float value[16];

  anf_half_decode (table, 16, value);
  for (gsize i = 0; i < count; i++)
    {
      gsize at = self->at + i;

      out[i] = value[packed[at / 2] >> (at % 2 * 4) & 15];
    }
}

static void
next_sparse (AnfDecoder *self, gsize count, float *out)
{
  const guint16 *values = part (self, 0);
  const guint8 *mask = part (self, 1);

  for (gsize i = 0; i < count; i++)
    {
      gsize at = self->at + i;

      out[i] = mask[at / 8] >> at % 8 & 1 ? anf_half_to_float (values[self->next_value++]) : 0;
    }
}

static void (*const decoders[ANF_N_ENCODINGS]) (AnfDecoder *, gsize, float *) = {
  [ANF_FP16] = next_fp16, [ANF_INT8] = next_scaled, [ANF_INT4] = next_int4,
  [ANF_SPARSE] = next_sparse, [ANF_BLOCKWISE] = next_scaled,
};

void
anf_decoder_next (AnfDecoder *self, gsize count, float *out)
{
  while (count > 0)
    {
      gsize n = MIN (count, CHUNK);

      decoders[self->weight->encoding] (self, n, out);
      self->at += n;
      count -= n;
      out += n;
    }
}

void
anf_encoded_decode (const AnfEncoded *self, float *out)
{
  g_auto(AnfDecoder) decoder;

  anf_decoder_init (&decoder, &self->payload);
  anf_decoder_next (&decoder, anf_mil_type_elements (&self->payload.type), out);
}

AnfTensor *
anf_tensor_transposed (AnfTensor *tensor)
{
  gint64 shape[2] = { anf_tensor_dim (tensor, 1), anf_tensor_dim (tensor, 0) };
  gsize rows = shape[1], columns = shape[0], size = anf_dtype_size (anf_tensor_dtype (tensor));
  const guint8 *in = g_bytes_get_data (anf_tensor_bytes (tensor), NULL);
  guint8 *out = g_malloc (MAX (rows * columns * size, 1));
  g_autoptr(GBytes) bytes = g_bytes_new_take (out, rows * columns * size);

  for (gsize r = 0; r < rows; r++)
    for (gsize c = 0; c < columns; c++)
      memcpy (out + (c * rows + r) * size, in + (r * columns + c) * size, size);
  return anf_tensor_new (anf_tensor_dtype (tensor), 2, shape, bytes);
}
