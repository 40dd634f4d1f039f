/* encode.c - the five encodings of a weight.
 *
 * A weight is seen as rows: [first axis, all others]. int8 has one scale per row, blockwise one per
 * block of a row, int4 one table of 16 values, sparse a mask and what is not zero. */
#include "weight/encode.h"

#include "num/half.h"

#include <math.h>
#include <string.h>

/* Scales never fall below this, so that a row of zeros divides by something. */
#define SMALLEST_SCALE 1e-8f
#define LEVELS 127
#define CHUNK 4096

typedef struct
{
  AnfTensor    *tensor;
  gsize         rows, inner;
  guint         block_size;
  char        **why;
  GCancellable *cancellable;
} Job;

static void
anf_encoded_clear (AnfEncoded *self)
{
  for (guint i = 0; i < ANF_MIL_MAX_PARTS; i++)
    g_clear_pointer (&self->payload.part[i].bytes, g_bytes_unref);
}

AnfEncoded *
anf_encoded_ref (AnfEncoded *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_encoded_unref (AnfEncoded *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) anf_encoded_clear);
}

static AnfEncoded *
encoded_new (const Job *job, AnfEncoding encoding)
{
  AnfEncoded *self = g_atomic_rc_box_new0 (AnfEncoded);
  gint64 shape[ANF_MAX_TENSOR_RANK];
  guint rank = anf_tensor_rank (job->tensor);

  for (guint i = 0; i < rank; i++)
    shape[i] = anf_tensor_dim (job->tensor, i);
  self->payload.encoding = encoding;
  anf_mil_type_init (&self->payload.type, ANF_MIL_FP16, rank, shape);
  return self;
}

/* Takes @data. */
static void
set_part (AnfEncoded *self, guint i, AnfMilDtype dtype, guint rank, const gint64 *shape,
          gpointer data)
{
  AnfMilData *part = &self->payload.part[i];

  anf_mil_type_init (&part->type, dtype, rank, shape);
  part->bytes = g_bytes_new_take (data, anf_mil_type_bytes (&part->type));
  self->bytes += g_bytes_get_size (part->bytes);
}

static gboolean
refuse (const Job *job, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (const Job *job, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  *job->why = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

/* ---------------------------------------------------------------- fp16 */

/* float holds these exactly, so that there is one rounding; the others go by way of double. */
static gboolean
fits_float (AnfDtype dtype)
{
  return dtype != ANF_F64 && dtype != ANF_I32 && dtype != ANF_U32 && dtype != ANF_I64
         && dtype != ANF_U64;
}

static void
read_halves (AnfTensor *tensor, gsize begin, gsize count, guint16 *out)
{
  for (gsize i = 0; i < count; i += CHUNK)
    {
      gsize n = MIN (CHUNK, count - i);

      if (fits_float (anf_tensor_dtype (tensor)))
        {
          float values[CHUNK];

          anf_tensor_read (tensor, begin + i, n, values);
          anf_half_encode (values, n, out + i);
        }
      else
        {
          double values[CHUNK];

          anf_tensor_read_double (tensor, begin + i, n, values);
          for (gsize j = 0; j < n; j++)
            out[i + j] = anf_half_from_double (values[j]);
        }
    }
}

static gboolean
encode_fp16 (const Job *job, AnfEncoded *self, GError **error)
{
  AnfMilData *part = &self->payload.part[0];
  GBytes *bytes = anf_tensor_bytes (job->tensor);
  guint16 *halves;

  /* What is fp16 in the file stays where it is. */
  if (anf_tensor_dtype (job->tensor) == ANF_F16
      && (guintptr) g_bytes_get_data (bytes, NULL) % sizeof (guint16) == 0)
    {
      part->type = self->payload.type;
      part->bytes = g_bytes_ref (bytes);
      self->bytes = g_bytes_get_size (bytes);
      return TRUE;
    }
  halves = g_new (guint16, job->rows * job->inner);
  read_halves (job->tensor, 0, job->rows * job->inner, halves);
  set_part (self, 0, ANF_MIL_FP16, self->payload.type.rank, self->payload.type.dim, halves);
  return TRUE;
}

AnfEncoded *
anf_encoded_exact (AnfTensor *tensor)
{
  Job job = { .tensor = tensor };
  AnfEncoded *self = encoded_new (&job, ANF_FP16);
  gsize n = anf_tensor_elements (tensor);
  float *values = g_new (float, MAX (n, 1));

  anf_tensor_read (tensor, 0, n, values);
  set_part (self, 0, ANF_MIL_FP32, self->payload.type.rank, self->payload.type.dim, values);
  return self;
}

/* ---------------------------------------------------------------- int8, blockwise */

static float
scale_for (float largest)
{
  return MAX (largest / LEVELS, SMALLEST_SCALE);
}

static gint8
quantised (float value, float scale)
{
  /* Half to even; the division is by the scale before it was rounded to fp16. */
  return CLAMP (rintf (value / scale), -LEVELS, LEVELS);
}

/* @map (nullable: one block) says which scale each element of a row has. */
static gboolean
encode_scaled (const Job *job, AnfEncoded *self, guint rank, const gint64 *scale_shape,
               const guint32 *map, gsize n_blocks, GError **error)
{
  gsize inner = job->inner;
  g_autofree float *row = g_new (float, inner);
  g_autofree float *scale = g_new (float, n_blocks);
  g_autofree gint8 *data = g_new (gint8, job->rows * inner);
  g_autofree guint16 *scales = g_new (guint16, job->rows * n_blocks);

  for (gsize r = 0; r < job->rows; r++)
    {
      if (g_cancellable_set_error_if_cancelled (job->cancellable, error))
        return FALSE;
      anf_tensor_read (job->tensor, r * inner, inner, row);
      memset (scale, 0, n_blocks * sizeof *scale);
      for (gsize i = 0; i < inner; i++)
        {
          gsize block = map == NULL ? 0 : map[i];

          scale[block] = MAX (scale[block], fabsf (row[i]));
        }
      for (gsize b = 0; b < n_blocks; b++)
        scale[b] = scale_for (scale[b]);
      for (gsize i = 0; i < inner; i++)
        data[r * inner + i] = quantised (row[i], scale[map == NULL ? 0 : map[i]]);
      anf_half_encode (scale, n_blocks, scales + r * n_blocks);
    }
  set_part (self, 0, ANF_MIL_INT8, self->payload.type.rank, self->payload.type.dim,
            g_steal_pointer (&data));
  set_part (self, 1, ANF_MIL_FP16, rank, scale_shape, g_steal_pointer (&scales));
  return TRUE;
}

static gboolean
encode_int8 (const Job *job, AnfEncoded *self, GError **error)
{
  gint64 rows = job->rows;

  return encode_scaled (job, self, 1, &rows, NULL, 1, error);
}

static gboolean
encode_blockwise (const Job *job, AnfEncoded *self, GError **error)
{
  AnfMilType *type = &self->payload.type, scales;
  gsize block = CLAMP (job->block_size, 1, job->inner), n_blocks;
  g_autofree guint32 *map = NULL;

  while (job->inner % block != 0)
    block--;
  anf_block_scales (type, block, &scales);
  map = anf_block_map (type, &scales, &n_blocks);
  return encode_scaled (job, self, type->rank, scales.dim, map, n_blocks, error);
}

/* ---------------------------------------------------------------- int4 */

static gboolean
encode_int4 (const Job *job, AnfEncoded *self, GError **error)
{
  gsize n = job->rows * job->inner;
  gint64 shape[ANF_MIL_MAX_RANK];
  guint rank = self->payload.type.rank;
  float centroids[ANF_LUT_SIZE], values[CHUNK];
  guint8 indices[CHUNK];
  g_autofree guint8 *packed = NULL;

  if (job->inner % 2 != 0)
    return refuse (job, "int4 needs rows of even length; these have %" G_GSIZE_FORMAT, job->inner);
  if (!anf_lut_fit (job->tensor, centroids, job->cancellable, error))
    return FALSE;

  packed = g_new (guint8, n / 2);
  for (gsize i = 0; i < n; i += CHUNK)
    {
      gsize count = MIN (CHUNK, n - i);

      anf_tensor_read (job->tensor, i, count, values);
      anf_lut_assign (values, count, centroids, indices);
      for (gsize j = 0; j < count; j += 2)
        packed[(i + j) / 2] = indices[j] | indices[j + 1] << 4;
    }
  set_part (self, 0, ANF_MIL_UINT4, rank, self->payload.type.dim, g_steal_pointer (&packed));

  for (guint i = 0; i < rank; i++)
    shape[i] = 1;
  shape[rank] = ANF_LUT_SIZE;
  shape[rank + 1] = 1;
  guint16 *table = g_new (guint16, ANF_LUT_SIZE);
  anf_half_encode (centroids, ANF_LUT_SIZE, table);
  set_part (self, 1, ANF_MIL_FP16, rank + 2, shape, table);
  return TRUE;
}

/* ---------------------------------------------------------------- sparse */

static gboolean
encode_sparse (const Job *job, AnfEncoded *self, GError **error)
{
  gsize n = job->rows * job->inner, n_values = 0, at = 0;
  g_autofree guint8 *mask = NULL;
  double values[CHUNK];
  guint16 halves[CHUNK];

  if (self->payload.type.rank == 3)
    return refuse (job, "sparse takes no batch of matrices");

  mask = g_malloc0 ((n + 7) / 8);
  for (gsize i = 0; i < n; i += CHUNK)
    {
      gsize count = MIN (CHUNK, n - i);

      if (g_cancellable_set_error_if_cancelled (job->cancellable, error))
        return FALSE;
      anf_tensor_read_double (job->tensor, i, count, values);
      for (gsize j = 0; j < count; j++)
        if (values[j] != 0)
          {
            mask[(i + j) / 8] |= 1 << (i + j) % 8;
            n_values++;
          }
    }
  if (n_values == 0)
    return refuse (job, "sparse needs a number that is not zero");
  if (n_values > n / 2)
    return refuse (job, "sparse needs half of the numbers to be zero; here %.0f %% are",
                   floor (100.0 * (n - n_values) / n));

  g_autofree guint16 *kept = g_new (guint16, n_values);
  for (gsize i = 0; i < n; i += CHUNK)
    {
      gsize count = MIN (CHUNK, n - i);

      read_halves (job->tensor, i, count, halves);
      for (gsize j = 0; j < count; j++)
        if (mask[(i + j) / 8] >> (i + j) % 8 & 1)
          kept[at++] = halves[j];
    }
  gint64 length = n_values;
  set_part (self, 0, ANF_MIL_FP16, 1, &length, g_steal_pointer (&kept));
  set_part (self, 1, ANF_MIL_UINT1, self->payload.type.rank, self->payload.type.dim,
            g_steal_pointer (&mask));
  return TRUE;
}

/* ---------------------------------------------------------------- all of them */

static gboolean
is_finite (const Job *job, AnfEncoding encoding, GError **error)
{
  gsize n = job->rows * job->inner, n_bad = 0;
  float values[CHUNK];

  for (gsize i = 0; i < n; i += CHUNK)
    {
      gsize count = MIN (CHUNK, n - i);

      if (g_cancellable_set_error_if_cancelled (job->cancellable, error))
        return FALSE;
      anf_tensor_read (job->tensor, i, count, values);
      for (gsize j = 0; j < count; j++)
        n_bad += !isfinite (values[j]);
    }
  if (n_bad > 0)
    return refuse (job, "%s takes finite numbers only; %" G_GSIZE_FORMAT " are not",
                   anf_encoding_name (encoding), n_bad);
  return TRUE;
}

static gboolean (*const encoders[ANF_N_ENCODINGS]) (const Job *, AnfEncoded *, GError **) = {
  [ANF_FP16] = encode_fp16, [ANF_INT8] = encode_int8, [ANF_INT4] = encode_int4,
  [ANF_SPARSE] = encode_sparse, [ANF_BLOCKWISE] = encode_blockwise,
};

static gboolean
job_init (Job *job)
{
  guint rank = anf_tensor_rank (job->tensor);
  gsize n = anf_tensor_elements (job->tensor);

  job->rows = rank > 0 ? anf_tensor_dim (job->tensor, 0) : 1;
  job->inner = job->rows > 0 ? n / job->rows : 0;
  return n > 0;
}

#define LANES 8                    /* sums side by side: none waits for another */

/* Adds squares of differences, and of the exact numbers where those are finite. FALSE: some finite
 * number has become infinite. */
static gboolean
compare (const double *exact, const float *decoded, gsize n, double *off, double *all)
{
  double o[LANES] = { 0 }, a[LANES] = { 0 };
  int lost = 0;

  for (gsize i = 0; i < n; i += LANES)
    for (gsize k = 0; k < MIN (LANES, n - i); k++)
      {
        double x = exact[i + k], far = fabs (decoded[i + k]);
        double d = far > 65504 ? copysign (65504, decoded[i + k]) : decoded[i + k];
        gboolean counts = fabs (x) <= G_MAXDOUBLE;

        lost |= counts && far > G_MAXFLOAT;
        o[k] += counts ? (d - x) * (d - x) : 0;
        a[k] += counts ? x * x : 0;
      }
  for (guint k = 0; k < LANES; k++)
    {
      *off += o[k];
      *all += a[k];
    }
  return !lost;
}

/* In double, over the numbers of the file: norms of large weights overflow fp16 and fp32. FALSE: a
 * finite number became infinite; its error is then that of the largest fp16. */
static gboolean
measure (const Job *job, AnfEncoded *self)
{
  gsize n = job->rows * job->inner;
  double exact[CHUNK], off = 0, all = 0;
  float decoded[CHUNK];
  gboolean fits = TRUE;
  g_auto(AnfDecoder) decoder;

  anf_decoder_init (&decoder, &self->payload);
  for (gsize i = 0; i < n; i += CHUNK)
    {
      gsize count = MIN (CHUNK, n - i);

      anf_tensor_read_double (job->tensor, i, count, exact);
      anf_decoder_next (&decoder, count, decoded);
      fits &= compare (exact, decoded, count, &off, &all);
    }
  self->error = all > 0 ? sqrt (off / all) : 0;
  return fits;
}

AnfEncoded *
anf_encode (AnfTensor *tensor, AnfEncoding encoding, guint block_size, char **why,
            GCancellable *cancellable, GError **error)
{
  Job job = { .tensor = tensor, .block_size = block_size, .why = why, .cancellable = cancellable };
  g_autoptr(AnfEncoded) self = NULL;
  gboolean fits;

  g_return_val_if_fail (encoding < ANF_N_ENCODINGS && why != NULL, NULL);

  *why = NULL;
  if (!job_init (&job) && encoding != ANF_FP16)
    refuse (&job, "%s needs numbers; there are none", anf_encoding_name (encoding));
  else if (encoding != ANF_FP16 && anf_tensor_rank (tensor) < 2)
    refuse (&job, "%s needs two axes or more", anf_encoding_name (encoding));
  if (*why != NULL || (encoding != ANF_FP16 && !is_finite (&job, encoding, error)))
    return NULL;

  self = encoded_new (&job, encoding);
  if (!encoders[encoding] (&job, self, error))
    return NULL;
  fits = measure (&job, self);
  if (!fits && encoding != ANF_FP16)
    {
      refuse (&job, "%s makes some numbers larger than 65504, the largest of fp16",
              anf_encoding_name (encoding));
      return NULL;
    }
  return g_steal_pointer (&self);
}
