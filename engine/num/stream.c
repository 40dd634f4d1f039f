/* stream.c - what is in stream.h: rows are shared out to the threads, each row is one dot product
 * by the kernel of its encoding in num/stream-kernels.c. */
#include "num/stream.h"

#include "num/half.h"
#include "num/stream-kernels.h"
#include "num/threads.h"

#include <string.h>

#define GRAIN_BYTES 65536          /* of the matrix, that are worth a thread of their own */

struct _AnfStream
{
  AnfStreamSpec spec;
  AnfRowKernel  kernel;
  gsize        *first;             /* sparse: where the values of each row begin; else NULL */
  float        *ordered;           /* room for x as the kernel wants it (nullable) */
};

typedef struct
{
  const AnfStream *stream;
  const float     *x, *bias;       /* x in the order the kernel wants */
  float           *out;
} Run;

static guint allowed = ANF_STREAM_LEVELS - 1;

void
anf_stream_use (guint level)
{
  allowed = level;
}

static gboolean
all_finite (const guint16 *halves, gsize n)
{
  guint found = 0;

  for (gsize i = 0; i < n; i++)
    found |= (halves[i] & 0x7c00) == 0x7c00;
  return !found;
}

static gboolean
has_lowest (const gint8 *bytes, gsize n)
{
  guint found = 0;

  for (gsize i = 0; i < n; i++)
    found |= bytes[i] == -128;
  return found;
}

static gsize
bits_below (const guint8 *mask, gsize n)
{
  gsize sum = 0, words = n / 64;

  for (gsize i = 0; i < words; i++)
    {
      guint64 word;

      memcpy (&word, mask + i * sizeof word, sizeof word);
      sum += __builtin_popcountll (word);
    }
  for (gsize i = words * 64; i < n; i++)
    sum += mask[i / 8] >> i % 8 & 1;
  return sum;
}

/* Whether the kernels give the numbers that decoding gives. -128 has no counterpart in their table
 * of magnitudes, and no encoder here makes it. A scale times 127 may still overflow. */
static gboolean
numbers_fit (const AnfStreamSpec *spec)
{
  gsize all = spec->n * spec->k;

  switch (spec->encoding)
    {
    case ANF_FP16:
      return all_finite (spec->data, all);
    case ANF_SPARSE:
      return all_finite (spec->data, bits_below (spec->mask, all));
    case ANF_INT4:
      return all_finite (spec->table, 16);
    default:
      for (gsize i = 0; i < all / spec->block; i++)
        if (!(127 * anf_half_to_float (spec->scale[i] & 0x7fff) < 65504))
          return FALSE;
      return !has_lowest (spec->data, all);
    }
}

AnfStream *
anf_stream_new (const AnfStreamSpec *spec)
{
  AnfStreamSpec own = *spec;
  AnfStream *self;
  AnfRowKernel kernel;

  if (own.encoding == ANF_INT8)
    own.block = own.k;
  kernel = anf_row_kernel (own.encoding, own.k, own.block, allowed);
  if (kernel.dot == NULL || !numbers_fit (&own))
    return NULL;
  self = g_new0 (AnfStream, 1);
  self->spec = own;
  self->kernel = kernel;
  if (kernel.order != NULL)
    self->ordered = g_new (float, own.k);
  if (own.encoding == ANF_SPARSE)
    {
      self->first = g_new (gsize, own.n + 1);
      self->first[0] = 0;
      for (gsize i = 0; i < own.n; i++)
        self->first[i + 1] = self->first[i] + bits_below (own.mask + i * own.k / 8, own.k);
    }
  return self;
}

void
anf_stream_free (AnfStream *self)
{
  if (self == NULL)
    return;
  g_free (self->first);
  g_free (self->ordered);
  g_free (self);
}

static void
find_row (const AnfStream *self, gsize row, AnfRow *out)
{
  const AnfStreamSpec *spec = &self->spec;
  const guint8 *bytes = spec->data;
  gsize k = spec->k;

  *out = (AnfRow) { .k = k, .block = spec->block, .table = spec->table };
  switch (spec->encoding)
    {
    case ANF_FP16:
      out->data = bytes + row * k * sizeof (guint16);
      break;
    case ANF_INT4:
      out->data = bytes + row * k / 2;
      break;
    case ANF_SPARSE:
      out->data = bytes + self->first[row] * sizeof (guint16);
      out->mask = spec->mask + row * k / 8;
      break;
    default:
      out->data = bytes + row * k;
      out->scale = spec->scale + row * (k / spec->block);
    }
}

static void
run_rows (gsize begin, gsize end, gpointer data)
{
  const Run *run = data;

  for (gsize row = begin; row < end; row++)
    {
      float bias = run->bias != NULL ? run->bias[row] : 0;
      AnfRow what;

      find_row (run->stream, row, &what);
      run->out[row] = run->stream->kernel.dot (&what, run->x) + bias;
    }
}

void
anf_stream_run (AnfStream *self, const float *x, const float *bias, float *out)
{
  static const guint bits[ANF_N_ENCODINGS] = {
    [ANF_FP16] = 16, [ANF_INT8] = 8, [ANF_INT4] = 4, [ANF_SPARSE] = 8, [ANF_BLOCKWISE] = 8,
  };
  gsize k = self->spec.k, row_bytes = k * bits[self->spec.encoding] / 8;
  Run run = { self, x, bias, out };

  if (self->kernel.order != NULL)
    {
      run.x = self->ordered;
      self->kernel.order (x, k, self->ordered);
    }
  anf_parallel (self->spec.n, MAX (GRAIN_BYTES / row_bytes, 1), run_rows, &run);
}
