/* tensor.c - numbers in memory or in a mapped file, any dtype; never changed once made. */
#include "core/graph.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

/* Initialised weights are made in memory: more than this is a mistake in the document. */
#define MAX_INIT_ELEMENTS ((gint64) 1 << 31)

struct _AnfTensor
{
  AnfDtype dtype;
  guint    rank;
  gint64   shape[ANF_MAX_TENSOR_RANK];
  gsize    n;
  GBytes  *bytes;
  char    *digest;                 /* made on first request */
  double  *sizes;                  /* so too: max_abs, and max_sum of axes 0 and 1 */
};

AnfTensor *
anf_tensor_new (AnfDtype dtype, guint rank, const gint64 *shape, GBytes *bytes)
{
  AnfTensor *self;

  g_return_val_if_fail (dtype < ANF_N_DTYPES && rank <= ANF_MAX_TENSOR_RANK, NULL);

  self = g_atomic_rc_box_new0 (AnfTensor);
  self->dtype = dtype;
  self->rank = rank;
  self->n = 1;
  for (guint i = 0; i < rank; i++)
    {
      self->shape[i] = shape[i];
      self->n *= shape[i];
    }
  self->bytes = g_bytes_ref (bytes);
  g_assert (g_bytes_get_size (bytes) == self->n * anf_dtype_size (dtype));
  return self;
}

AnfTensor *
anf_tensor_new_floats (guint rank, const gint64 *shape, const float *values)
{
  g_autoptr(GBytes) bytes = NULL;
  gsize n = 1;

  for (guint i = 0; i < rank; i++)
    n *= shape[i];
  bytes = g_bytes_new (values, n * sizeof (float));
  return anf_tensor_new (ANF_F32, rank, shape, bytes);
}

AnfTensor *
anf_tensor_ref (AnfTensor *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
anf_tensor_clear (AnfTensor *self)
{
  g_bytes_unref (self->bytes);
  g_free (self->digest);
  g_free (self->sizes);
}

void
anf_tensor_unref (AnfTensor *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) anf_tensor_clear);
}

AnfDtype anf_tensor_dtype    (const AnfTensor *self) { return self->dtype; }
guint    anf_tensor_rank     (const AnfTensor *self) { return self->rank; }
gsize    anf_tensor_elements (const AnfTensor *self) { return self->n; }
GBytes  *anf_tensor_bytes    (const AnfTensor *self) { return self->bytes; }

gint64
anf_tensor_dim (const AnfTensor *self, guint axis)
{
  g_return_val_if_fail (axis < self->rank, 1);

  return self->shape[axis];
}

/* Not a cryptographic sum: it tells weights apart, at the speed of memory. What has to be guarded
 * against malice, the files of a bundle, has its SHA-256. */
static char *
make_digest (const AnfTensor *self)
{
  XXH3_state_t *state = XXH3_createState ();
  XXH128_canonical_t sum;
  GString *text = g_string_new (NULL);
  gsize size;
  gconstpointer data = g_bytes_get_data (self->bytes, &size);

  XXH3_128bits_reset (state);
  XXH3_128bits_update (state, &self->dtype, sizeof self->dtype);
  XXH3_128bits_update (state, &self->rank, sizeof self->rank);
  XXH3_128bits_update (state, self->shape, self->rank * sizeof *self->shape);
  if (size > 0)
    XXH3_128bits_update (state, data, size);
  XXH128_canonicalFromHash (&sum, XXH3_128bits_digest (state));
  XXH3_freeState (state);
  for (guint i = 0; i < sizeof sum.digest; i++)
    g_string_append_printf (text, "%02x", sum.digest[i]);
  return g_string_free (text, FALSE);
}

const char *
anf_tensor_digest (const AnfTensor *tensor)
{
  AnfTensor *self = (AnfTensor *) tensor;    /* a cache: no reader sees a difference */
  char *digest = g_atomic_pointer_get (&self->digest);

  if (digest != NULL)
    return digest;
  digest = make_digest (self);
  if (!g_atomic_pointer_compare_and_exchange (&self->digest, NULL, digest))
    g_free (digest);               /* another thread was first, with the same answer */
  return g_atomic_pointer_get (&self->digest);
}

char *
anf_tensor_shape_text (const AnfTensor *self)
{
  GString *text = g_string_new (self->rank == 0 ? "scalar" : NULL);

  for (guint i = 0; i < self->rank; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? "×" : "", self->shape[i]);
  return g_string_free (text, FALSE);
}

static float
bf16_to_float (guint16 bits)
{
  guint32 wide = (guint32) bits << 16;
  float value;

  memcpy (&value, &wide, sizeof value);
  return value;
}

/* One loop per dtype and result type; the file's bytes may be unaligned, hence memcpy. */
#define READ(ctype, expr) \
  for (gsize i = 0; i < count; i++) \
    { \
      ctype v; \
      memcpy (&v, data + i * sizeof v, sizeof v); \
      out[i] = (expr); \
    } \
  break

#define DEFINE_READ(name, result) \
static void \
name (AnfDtype dtype, const guint8 *data, gsize count, result *out) \
{ \
  switch (dtype) \
    { \
    case ANF_F16: READ (_Float16, v); \
    case ANF_F32: READ (float, v); \
    case ANF_F64: READ (double, v); \
    case ANF_BF16: READ (guint16, bf16_to_float (v)); \
    case ANF_BOOL: READ (guint8, v != 0); \
    case ANF_U8: READ (guint8, v); \
    case ANF_I8: READ (gint8, v); \
    case ANF_I16: READ (gint16, v); \
    case ANF_U16: READ (guint16, v); \
    case ANF_I32: READ (gint32, v); \
    case ANF_U32: READ (guint32, v); \
    case ANF_I64: READ (gint64, v); \
    case ANF_U64: READ (guint64, v); \
    case ANF_N_DTYPES: break; \
    } \
}

DEFINE_READ (read_floats, float)
DEFINE_READ (read_doubles, double)

#undef READ
#undef DEFINE_READ

static const guint8 *
data_at (const AnfTensor *self, gsize begin, gsize count)
{
  g_assert (begin <= self->n && count <= self->n - begin);
  return (const guint8 *) g_bytes_get_data (self->bytes, NULL)
         + begin * anf_dtype_size (self->dtype);
}

void
anf_tensor_read (const AnfTensor *self, gsize begin, gsize count, float *out)
{
  if (count == 0)
    return;
  if (self->dtype == ANF_F32)
    memcpy (out, data_at (self, begin, count), count * sizeof *out);
  else
    read_floats (self->dtype, data_at (self, begin, count), count, out);
}

void
anf_tensor_read_double (const AnfTensor *self, gsize begin, gsize count, double *out)
{
  if (count > 0)
    read_doubles (self->dtype, data_at (self, begin, count), count, out);
}

/* ---- how large the numbers are */

enum { MAX_ABS, MAX_SUM, N_SIZES = MAX_SUM + 2 };

#define BLOCK 1024

#define LANES 8                    /* sums side by side: none waits for another */

typedef struct { double sum[LANES], most[LANES]; } Sizes;

/* @column (nullable): each size is added to a number of its own. */
static void
add_sizes (Sizes *self, const float *values, gsize n, double *column)
{
  double size[BLOCK];
  gsize i;

  for (i = 0; i < n; i++)
    size[i] = values[i] == values[i] ? fabsf (values[i]) : INFINITY;
  for (i = 0; column != NULL && i < n; i++)
    column[i] += size[i];
  for (i = n; i % LANES != 0; i++)
    size[i] = 0;
  for (i = 0; i < n; i += LANES)
    for (guint k = 0; k < LANES; k++)
      {
        self->sum[k] += size[i + k];
        self->most[k] = size[i + k] > self->most[k] ? size[i + k] : self->most[k];
      }
}

/* Numbers [begin, begin + count): their sum, and the largest of all so far. */
static double
sum_run (const AnfTensor *self, gsize begin, gsize count, double *column, double *most)
{
  float values[BLOCK];
  Sizes sizes = { { 0 } };
  double sum = 0;

  for (gsize from = 0, n; from < count; from += n)
    {
      n = MIN (count - from, BLOCK);
      anf_tensor_read (self, begin + from, n, values);
      add_sizes (&sizes, values, n, column != NULL ? column + from : NULL);
    }
  for (guint k = 0; k < LANES; k++)
    {
      sum += sizes.sum[k];
      *most = MAX (*most, sizes.most[k]);
    }
  return sum;
}

/* [columns, inner] of short runs: all of them are read at once. */
static double
sum_runs (const AnfTensor *self, gsize begin, gsize columns, gsize inner, double *column,
          double *most)
{
  gsize at_once = BLOCK / inner;
  float values[BLOCK];
  double sum = 0;

  for (gsize from = 0, count; from < columns; from += count)
    {
      count = MIN (columns - from, at_once);
      anf_tensor_read (self, begin + from * inner, count * inner, values);
      for (gsize j = 0; j < count; j++)
        {
          double run = 0;

          for (gsize i = j * inner; i < (j + 1) * inner; i++)
            {
              double size = values[i] == values[i] ? fabsf (values[i]) : INFINITY;

              run += size;
              *most = size > *most ? size : *most;
            }
          column[from + j] += run;
          sum += run;
        }
    }
  return sum;
}

static double
sum_row (const AnfTensor *self, gsize row, gsize columns, gsize inner, double *column, double *most)
{
  gsize begin = row * columns * inner;
  double sum = 0;

  if (inner == 1)                  /* a matrix: its columns add up side by side */
    return sum_run (self, begin, columns, column, most);
  if (inner <= BLOCK)
    return sum_runs (self, begin, columns, inner, column, most);
  for (gsize j = 0; j < columns; j++)
    {
      double run = sum_run (self, begin + j * inner, inner, NULL, most);

      column[j] += run;
      sum += run;
    }
  return sum;
}

static double *
measure_sizes (const AnfTensor *self)
{
  double *sizes = g_new0 (double, N_SIZES);
  gsize rows = self->rank > 0 ? self->shape[0] : 1, columns = self->rank > 1 ? self->shape[1] : 1;
  gsize inner = rows * columns > 0 ? self->n / rows / columns : 0;
  g_autofree double *column = g_new0 (double, MAX (columns, 1));

  for (gsize i = 0; i < rows && inner > 0; i++)
    {
      double row = sum_row (self, i, columns, inner, column, &sizes[MAX_ABS]);

      sizes[MAX_SUM] = MAX (sizes[MAX_SUM], row);
    }
  for (gsize j = 0; j < columns; j++)
    sizes[MAX_SUM + 1] = MAX (sizes[MAX_SUM + 1], column[j]);
  return sizes;
}

static const double *
sizes_of (const AnfTensor *tensor)
{
  AnfTensor *self = (AnfTensor *) tensor;    /* a cache: no reader sees a difference */
  double *sizes = g_atomic_pointer_get (&self->sizes);

  if (sizes != NULL)
    return sizes;
  sizes = measure_sizes (self);
  if (!g_atomic_pointer_compare_and_exchange (&self->sizes, NULL, sizes))
    g_free (sizes);                /* another thread was first, with the same answer */
  return g_atomic_pointer_get (&self->sizes);
}

double
anf_tensor_max_abs (const AnfTensor *self)
{
  return sizes_of (self)[MAX_ABS];
}

double
anf_tensor_max_sum (const AnfTensor *self, guint axis)
{
  g_return_val_if_fail (axis < 2, INFINITY);

  return sizes_of (self)[MAX_SUM + axis];
}

/* The counter-based generator that the test cases define: draw k of a seed is mix (seed + k G),
 * with splitmix64's constants, so that any element can be made on its own on any machine. */
static double
draw (guint64 seed, guint64 k)
{
  guint64 z = seed + k * G_GUINT64_CONSTANT (0x9E3779B97F4A7C15);

  z ^= z >> 30;
  z *= G_GUINT64_CONSTANT (0xBF58476D1CE4E5B9);
  z ^= z >> 27;
  z *= G_GUINT64_CONSTANT (0x94D049BB133111EB);
  z ^= z >> 31;
  return (z >> 11) * 0x1p-53;
}

void
anf_random_normal (guint64 seed, double scale, gsize n, float *out)
{
  for (gsize i = 0; i < n; i++)
    {
      double sum = draw (seed, 4 * i + 1) + draw (seed, 4 * i + 2);

      sum = sum + draw (seed, 4 * i + 3);
      sum = sum + draw (seed, 4 * i + 4);
      /* The sum of four uniforms has variance 1/3: sqrt (3) makes it 1. */
      out[i] = (sum - 2) * 1.7320508075688772 * scale;
    }
}

void
anf_random_uniform01 (guint64 seed, gsize n, double *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = draw (seed, i + 1);
}

/* Outputs and inputs of one element of the result: weights are [out, in, kernel...]. */
static void
fans (guint rank, const gint64 *shape, double *fan_in, double *fan_out)
{
  double kernel = 1;

  for (guint i = 2; i < rank; i++)
    kernel *= shape[i];
  *fan_out = (rank > 0 ? shape[0] : 1) * kernel;
  *fan_in = (rank > 1 ? shape[1] : rank > 0 ? shape[0] : 1) * kernel;
}

static gboolean
init_fill (const char *init, guint rank, const gint64 *shape, double scale, guint64 seed,
           gsize n, float *out)
{
  double fan_in, fan_out;

  fans (rank, shape, &fan_in, &fan_out);
  if (g_str_equal (init, "zeros") || g_str_equal (init, "ones"))
    for (gsize i = 0; i < n; i++)
      out[i] = init[0] == 'o';
  else if (g_str_equal (init, "normal"))
    anf_random_normal (seed, scale, n, out);
  else if (g_str_equal (init, "uniform"))
    for (gsize i = 0; i < n; i++)
      out[i] = (draw (seed, i + 1) * 2 - 1) * scale;
  else if (g_str_equal (init, "he"))           /* He et al. 2015 */
    anf_random_normal (seed, sqrt (2 / fan_in), n, out);
  else if (g_str_equal (init, "xavier"))       /* Glorot and Bengio 2010, normal form */
    anf_random_normal (seed, sqrt (2 / (fan_in + fan_out)), n, out);
  else
    return FALSE;
  return TRUE;
}

AnfTensor *
anf_tensor_new_init (const char *init, guint rank, const gint64 *shape, double scale,
                     guint64 seed, GError **error)
{
  g_autoptr(GBytes) bytes = NULL;
  gsize n = 1;
  float *values;

  for (guint i = 0; i < rank; i++)
    if (shape[i] < 0 || (shape[i] > 0 && (gint64) n > MAX_INIT_ELEMENTS / shape[i]))
      {
        g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE,
                     "The shape of the \"%s\" weight is too large to be made", init);
        return NULL;
      }
    else
      n *= shape[i];

  if ((values = g_try_new (float, MAX (n, 1))) == NULL)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE,
                   "No memory for %" G_GSIZE_FORMAT " initial values", n);
      return NULL;
    }
  bytes = g_bytes_new_take (values, n * sizeof *values);
  if (!init_fill (init, rank, shape, scale, seed, n, values))
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE,
                   "Unknown initialiser \"%s\"; known are zeros, ones, normal, uniform, he, xavier",
                   init);
      return NULL;
    }
  return anf_tensor_new (ANF_F32, rank, shape, bytes);
}
