/* lut.c - the table of 16 values that stands for a whole weight: Lloyd's rounds on sorted values.
 *
 * Assigning to the nearest centroid cuts the sorted values into 16 runs, so a round costs 15 binary
 * searches and 16 differences of running sums, whatever the size of the weight. */
#include "weight/encode.h"

#include "num/half.h"

#include <math.h>
#include <string.h>

#define ROUNDS 20
#define CHUNK 65536

/* Ascending values; before value i come count[i] elements whose sum is sum[i]. */
typedef struct
{
  gsize   n;
  float  *value;
  gsize  *count;
  double *sum;
} Sorted;

static void
sorted_clear (Sorted *self)
{
  g_free (self->value);
  g_free (self->count);
  g_free (self->sum);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sorted, sorted_clear)

/* Floats in ascending order are their bits in ascending order, once negative ones are turned
 * over. */
static guint32
key_of (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static float
value_of (guint32 key)
{
  guint32 bits = key & 0x80000000u ? key & 0x7fffffffu : ~key;
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static void
radix_pass (const guint32 *in, guint32 *out, gsize n, guint shift)
{
  gsize start[2048] = { 0 };
  gsize at = 0;

  for (gsize i = 0; i < n; i++)
    start[in[i] >> shift & 2047]++;
  for (guint digit = 0; digit < 2048; digit++)
    {
      gsize size = start[digit];

      start[digit] = at;
      at += size;
    }
  for (gsize i = 0; i < n; i++)
    out[start[in[i] >> shift & 2047]++] = in[i];
}

/* Three passes of eleven bits. Returns the sorted keys (transfer full). */
static guint32 *
sorted_keys (AnfTensor *tensor, GCancellable *cancellable, GError **error)
{
  gsize n = anf_tensor_elements (tensor);
  g_autofree guint32 *keys = g_new (guint32, n);
  g_autofree guint32 *other = g_new (guint32, n);
  float values[1024];

  for (gsize i = 0; i < n; i += G_N_ELEMENTS (values))
    {
      gsize count = MIN (G_N_ELEMENTS (values), n - i);

      anf_tensor_read (tensor, i, count, values);
      for (gsize j = 0; j < count; j++)
        keys[i + j] = key_of (values[j]);
    }
  for (guint shift = 0; shift < 33; shift += 11)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      radix_pass (keys, other, n, shift);
      guint32 *swap = keys;
      keys = other;
      other = swap;
    }
  return g_steal_pointer (&keys);
}

static void
sorted_alloc (Sorted *self, gsize n)
{
  self->n = n;
  self->value = g_new (float, n);
  self->count = g_new (gsize, n + 1);
  self->sum = g_new (double, n + 1);
  self->count[0] = 0;
  self->sum[0] = 0;
}

static void
sorted_put (Sorted *self, gsize i, float value, gsize times)
{
  self->value[i] = value;
  self->count[i + 1] = self->count[i] + times;
  self->sum[i + 1] = self->sum[i] + (double) value * times;
}

/* Of 16-bit numbers there are at most 65,536: counting them is exact, and small for any weight. */
static gboolean
sort_by_counting (AnfTensor *tensor, Sorted *self, GCancellable *cancellable, GError **error)
{
  gsize n = anf_tensor_elements (tensor), n_values = 0, at = 0;
  g_autofree gsize *times = g_new0 (gsize, 65536);
  g_autofree float *chunk = g_new (float, CHUNK);
  gboolean wide = anf_tensor_dtype (tensor) == ANF_BF16;

  for (gsize i = 0; i < n; i += CHUNK)
    {
      gsize count = MIN (CHUNK, n - i);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      anf_tensor_read (tensor, i, count, chunk);
      for (gsize j = 0; j < count; j++)
        {
          guint32 half = wide ? key_of (chunk[j]) >> 16 : anf_half_from_float (chunk[j]);

          if (!wide)
            half = half & 0x8000 ? (guint16) ~half : half | 0x8000;
          times[half]++;
        }
    }
  for (guint i = 0; i < 65536; i++)
    n_values += times[i] > 0;
  sorted_alloc (self, n_values);
  for (guint32 i = 0; i < 65536; i++)
    if (times[i] > 0)
      {
        /* The bits that a bf16 has not are zero: ones in the key of a negative number. */
        guint32 low = wide && !(i & 0x8000) ? 0xffff : 0;
        float value = wide ? value_of (i << 16 | low)
                           : anf_half_to_float (i & 0x8000 ? i & 0x7fff : (guint16) ~i);

        sorted_put (self, at++, value, times[i]);
      }
  return TRUE;
}

static gboolean
sort_all (AnfTensor *tensor, Sorted *self, GCancellable *cancellable, GError **error)
{
  gsize n = anf_tensor_elements (tensor);
  g_autofree guint32 *keys = sorted_keys (tensor, cancellable, error);

  if (keys == NULL)
    return FALSE;
  sorted_alloc (self, n);
  for (gsize i = 0; i < n; i++)
    sorted_put (self, i, value_of (keys[i]), 1);
  return TRUE;
}

/* Element @rank of all elements in ascending order. */
static float
sorted_at (const Sorted *self, gsize rank)
{
  gsize low = 0, high = self->n - 1;

  while (low < high)
    {
      gsize middle = low + (high - low) / 2;

      if (self->count[middle + 1] <= rank)
        low = middle + 1;
      else
        high = middle;
    }
  return self->value[low];
}

/* Between neighbours the quantile is a straight line. */
static double
quantile (const Sorted *self, double q)
{
  gsize n = self->count[self->n];
  double at = q * (n - 1);
  gsize below = (gsize) at;
  double a = sorted_at (self, below);
  double b = sorted_at (self, MIN (below + 1, n - 1));

  return a + (b - a) * (at - below);
}

static void
first_centroids (const Sorted *self, float *centroids)
{
  double edge[ANF_LUT_SIZE + 1];

  for (guint k = 0; k <= ANF_LUT_SIZE; k++)
    edge[k] = quantile (self, k / (double) ANF_LUT_SIZE);
  for (guint k = 0; k < ANF_LUT_SIZE; k++)
    centroids[k] = (edge[k] + edge[k + 1]) / 2;
}

/* The centroids in ascending order, of equal ones the first only: the others are never nearest. An
 * empty centroid keeps its value and may be overtaken, so they do not stay ascending by themselves.
 * Returns their number. */
static guint
in_order (const float *centroids, guint *order)
{
  guint n = 0;

  for (guint k = 0; k < ANF_LUT_SIZE; k++)
    {
      guint at = n;

      while (at > 0 && centroids[order[at - 1]] > centroids[k])
        at--;
      if (at > 0 && centroids[order[at - 1]] == centroids[k])
        continue;
      for (guint i = n; i > at; i--)
        order[i] = order[i - 1];
      order[at] = k;
      n++;
    }
  return n;
}

/* Whether @value belongs to centroid @high rather than to @low. Distances are compared as floats,
 * as the rule has it; a tie goes to the centroid that stands first in the table. */
static gboolean
belongs_above (float value, const float *centroids, guint low, guint high)
{
  float to_low = fabsf (value - centroids[low]), to_high = fabsf (value - centroids[high]);

  return to_high < to_low || (to_high == to_low && high < low);
}

/* The first value that belongs to @high rather than to @low. */
static gsize
find_border (const Sorted *self, const float *centroids, guint low, guint high)
{
  gsize begin = 0, end = self->n;

  while (begin < end)
    {
      gsize middle = begin + (end - begin) / 2;

      if (belongs_above (self->value[middle], centroids, low, high))
        end = middle;
      else
        begin = middle + 1;
    }
  return begin;
}

static void
lloyd_round (const Sorted *self, float *centroids)
{
  guint order[ANF_LUT_SIZE], n = in_order (centroids, order);
  gsize end[ANF_LUT_SIZE], begin = 0;

  for (guint i = 0; i + 1 < n; i++)
    end[i] = find_border (self, centroids, order[i], order[i + 1]);
  end[n - 1] = self->n;
  for (guint i = 0; i < n; i++)
    if (end[i] > begin)
      {
        gsize members = self->count[end[i]] - self->count[begin];

        centroids[order[i]] = (self->sum[end[i]] - self->sum[begin]) / members;
        begin = end[i];
      }
}

gboolean
anf_lut_fit (AnfTensor *tensor, float *centroids, GCancellable *cancellable, GError **error)
{
  AnfDtype dtype = anf_tensor_dtype (tensor);
  g_auto(Sorted) sorted = { 0 };

  if (dtype == ANF_F16 || dtype == ANF_BF16
          ? !sort_by_counting (tensor, &sorted, cancellable, error)
          : !sort_all (tensor, &sorted, cancellable, error))
    return FALSE;
  /* fp16 numbers that are no more than the table holds came out of one: they go back unchanged. */
  if (dtype == ANF_F16 && sorted.n <= ANF_LUT_SIZE)
    {
      for (guint k = 0; k < ANF_LUT_SIZE; k++)
        centroids[k] = sorted.value[MIN (k, sorted.n - 1)];
      return TRUE;
    }
  first_centroids (&sorted, centroids);
  for (guint round = 0; round < ROUNDS; round++)
    lloyd_round (&sorted, centroids);
  return TRUE;
}

/* The smallest float that belongs to @high rather than to @low. */
static float
border_between (const float *centroids, guint low, guint high)
{
  guint32 begin = key_of (centroids[low]), end = key_of (centroids[high]);

  while (begin < end)
    {
      guint32 middle = begin + (end - begin) / 2;

      if (belongs_above (value_of (middle), centroids, low, high))
        end = middle;
      else
        begin = middle + 1;
    }
  return value_of (begin);
}

void
anf_lut_assign (const float *values, gsize n, const float *centroids, guint8 *out)
{
  guint order[ANF_LUT_SIZE], n_runs = in_order (centroids, order);
  float border[ANF_LUT_SIZE];

  for (guint i = 1; i < ANF_LUT_SIZE; i++)
    border[i] = i < n_runs ? border_between (centroids, order[i - 1], order[i]) : INFINITY;
  for (gsize i = 0; i < n; i++)
    {
      guint run = 0;

      for (guint k = 1; k < ANF_LUT_SIZE; k++)
        run += values[i] >= border[k];
      out[i] = order[run];
    }
}
