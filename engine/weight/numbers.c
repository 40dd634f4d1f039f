/* numbers.c - one weight before and after an encoding: distribution, table, channels. */
#include "weight/cache.h"

#include "core/op.h"

#include <math.h>
#include <string.h>

#define CHUNK 4096

void
anf_weight_numbers_free (AnfWeightNumbers *self)
{
  g_free (self->snr);
  g_free (self);
}

/* The channel of an output is the first axis of what is stored. */
typedef struct { gsize n, stride, inner; } Channels;

static Channels
channels_of (const AnfTensor *tensor, gboolean transposed)
{
  gsize n = anf_tensor_rank (tensor) > 0 ? anf_tensor_dim (tensor, transposed ? 1 : 0) : 1;

  if (transposed)
    return (Channels) { n, 1, 1 };
  return (Channels) { n, anf_tensor_elements (tensor) / MAX (n, 1), 1 };
}

static gsize
channel_of (const Channels *channels, gboolean transposed, gsize i)
{
  return transposed ? i % channels->n : i / MAX (channels->stride, 1);
}

static double
decibels (double signal, double noise)
{
  if (noise <= 0)
    return INFINITY;
  return signal > 0 ? 10 * log10 (signal / noise) : -INFINITY;
}

typedef struct
{
  const AnfTensor *tensor;
  const float     *after;
  gboolean         transposed;
  Channels         channels;
  double          *signal, *noise; /* by channel */
} Look;

static void
measure (AnfWeightNumbers *self, const Look *look, gsize begin, gsize count)
{
  double before[CHUNK];

  anf_tensor_read_double (look->tensor, begin, count, before);
  for (gsize i = 0; i < count; i++)
    {
      double x = before[i], y = look->after[begin + i], off = fabs (x - y);
      gsize channel = channel_of (&look->channels, look->transposed, begin + i);

      if (!isfinite (x) || !isfinite (y))
        continue;
      self->min = MIN (self->min, MIN (x, y));
      self->max = MAX (self->max, MAX (x, y));
      self->max_abs = MAX (self->max_abs, off);
      look->signal[channel] += x * x;
      look->noise[channel] += off * off;
    }
}

static void
count (AnfWeightNumbers *self, const Look *look, gsize begin, gsize n)
{
  double before[CHUNK], scale = self->max > self->min ? self->n_bins / (self->max - self->min) : 0;

  anf_tensor_read_double (look->tensor, begin, n, before);
  for (gsize i = 0; i < n; i++)
    {
      double x = before[i], y = look->after[begin + i];

      if (!isfinite (x) || !isfinite (y))
        continue;
      self->before[MIN ((guint) ((x - self->min) * scale), self->n_bins - 1)]++;
      self->after[MIN ((guint) ((y - self->min) * scale), self->n_bins - 1)]++;
    }
}

static void
sum_up (AnfWeightNumbers *self, const Look *look)
{
  double signal = 0, noise = 0;

  self->n_channels = look->channels.n;
  self->snr = g_new (double, self->n_channels + 1);
  for (guint i = 0; i < self->n_channels; i++)
    {
      signal += look->signal[i];
      noise += look->noise[i];
      self->snr[i] = decibels (look->signal[i], look->noise[i]);
      if (self->snr[i] < self->snr[self->worst])
        self->worst = i;
    }
  self->error = signal > 0 ? sqrt (noise / signal) : 0;
  self->snr_all = decibels (signal, noise);
}

static int
by_value (gconstpointer a, gconstpointer b)
{
  float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

/* The table's values that are used, each once. */
static void
list_table (AnfWeightNumbers *self, const float *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      gboolean seen = FALSE;

      for (guint j = 0; j < self->n_table && !seen; j++)
        seen = self->table[j] == values[i];
      if (!seen && self->n_table < ANF_WEIGHT_TABLE)
        self->table[self->n_table++] = values[i];
    }
  qsort (self->table, self->n_table, sizeof *self->table, by_value);
}

static gboolean
each (AnfWeightNumbers *self, const Look *look, GCancellable *cancellable, GError **error,
      void (*visit) (AnfWeightNumbers *, const Look *, gsize, gsize))
{
  gsize n = anf_tensor_elements (look->tensor);

  for (gsize begin = 0; begin < n; begin += CHUNK)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      visit (self, look, begin, MIN (CHUNK, n - begin));
    }
  return TRUE;
}

/* The tensor of a role, and how it is stored; NULL with an error. */
static AnfTensor *
find_weight (const AnfGraph *graph, AnfId id, const char *role, gboolean *transposed,
             GError **error)
{
  const AnfNode *node = anf_graph_find (graph, id);
  const AnfPort *port;

  for (guint i = 0; node != NULL && (port = anf_op_role (anf_node_op (node), i)) != NULL; i++)
    if (g_str_equal (port->name, role))
      {
        AnfTensor *tensor = anf_graph_tensor_of (graph, node, role);

        if (tensor == NULL)
          break;
        *transposed = port->flags & ANF_TRANSPOSED && anf_tensor_rank (tensor) == 2;
        return tensor;
      }
  anf_error_set_node (error, ANF_ERROR_BAD_INPUT, id, role, "There is no such weight");
  return NULL;
}

AnfWeightNumbers *
anf_weight_numbers (AnfGraph *graph, AnfId node, const char *role, AnfEncoding encoding,
                    GCancellable *cancellable, GError **error)
{
  AnfWeightNumbers *self;
  Look look = { 0 };
  AnfCacheKey key = { NULL, FALSE, encoding, anf_graph_settings (graph)->block_size };
  float *after;
  gboolean good;

  if ((key.tensor = find_weight (graph, node, role, &key.transposed, error)) == NULL)
    return NULL;
  if ((after = anf_cache_values (&key, NULL, cancellable, error)) == NULL)
    {
      if (error != NULL && *error == NULL)
        anf_error_set_node (error, ANF_ERROR_BAD_INPUT, node, role, "%s does not apply to it",
                            anf_encoding_name (encoding));
      return NULL;
    }
  self = g_new0 (AnfWeightNumbers, 1);
  self->min = INFINITY;
  self->max = -INFINITY;
  self->n_bins = ANF_WEIGHT_BINS;
  look = (Look) { key.tensor, after, key.transposed, channels_of (key.tensor, key.transposed) };
  look.signal = g_new0 (double, look.channels.n + 1);
  look.noise = g_new0 (double, look.channels.n + 1);
  good = each (self, &look, cancellable, error, measure)
         && each (self, &look, cancellable, error, count);
  sum_up (self, &look);
  if (encoding == ANF_INT4)
    list_table (self, after, anf_tensor_elements (key.tensor));
  g_free (look.signal);
  g_free (look.noise);
  anf_values_unref (after);
  if (good)
    return self;
  anf_weight_numbers_free (self);
  return NULL;
}
