/* embed.c - texts as vectors: tokens, rows of tables, the layers as programs, pooling.
 *
 * A program has fixed shapes, so there is one per length. Lengths are rounded up to a few, that
 * a hundred texts do not compile a hundred programs; what is added is masked, and a masked token
 * has a weight of exactly 0 in every softmax: the vector of a text does not depend on it. */
#include "io/hub/hub.h"

#include <math.h>
#include <string.h>

/* Programs that are kept: each holds the weights of all layers, prepared for the multiplier. */
#define MOST_PROGRAMS 3

#define MASKED -10000.0f

typedef struct { guint length; AnfProgram *program; } Slot;

struct _AnfEmbedder
{
  AnfTokenizer *tokenizer;
  AnfBert      *bert;
  AnfPool       pool;
  AnfOptions    options;
  guint         limit;             /* tokens of a text, at most */
  Slot          slots[MOST_PROGRAMS];   /* the latest first */
};

/* One text on its way. */
typedef struct { GArray *ids; guint place, length; } Text;

void
anf_embedder_free (AnfEmbedder *self)
{
  for (guint i = 0; i < MOST_PROGRAMS; i++)
    g_clear_pointer (&self->slots[i].program, anf_program_unref);
  g_clear_pointer (&self->tokenizer, anf_tokenizer_free);
  g_clear_pointer (&self->bert, anf_bert_free);
  g_free (self);
}

AnfEmbedder *
anf_embedder_load (const char *dir, const AnfOptions *options, GError **error)
{
  g_autoptr(AnfEmbedder) self = g_new0 (AnfEmbedder, 1);
  g_autofree char *folder = NULL;

  self->options = *options;
  if (!g_file_test (dir, G_FILE_TEST_IS_DIR))
    return anf_bad_file (error, "%s: %s", dir, g_file_test (dir, G_FILE_TEST_EXISTS)
                         ? "this is no folder" : "there is no such folder"), NULL;
  if (!anf_bert_pooling (dir, &self->pool, &folder, error)
      || (self->tokenizer = anf_tokenizer_load (folder, error)) == NULL
      || (self->bert = anf_bert_load (folder, error)) == NULL)
    return NULL;
  self->limit = MIN (anf_tokenizer_limit (self->tokenizer), anf_bert_positions (self->bert));
  return g_steal_pointer (&self);
}

guint
anf_embedder_dim (const AnfEmbedder *self)
{
  guint parts = 0;

  for (guint bit = ANF_POOL_CLS; bit <= ANF_POOL_ROOT; bit <<= 1)
    parts += (self->pool & bit) != 0;
  return parts * anf_bert_size (self->bert);
}

/* ---------------------------------------------------------------- programs */

/* Steps of an eighth of the next power of two, of 8 at least. */
static guint
round_up (guint n, guint limit)
{
  guint step = 8;

  while (step * 8 < n)
    step *= 2;
  return MIN ((n + step - 1) / step * step, limit);
}

static AnfProgram *
program_for (AnfEmbedder *self, guint length, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfGraph) graph = NULL;
  Slot found = { 0, NULL };
  guint i;

  for (i = 0; i < MOST_PROGRAMS - 1 && self->slots[i].program != NULL; i++)
    if (self->slots[i].length == length)
      break;
  if (self->slots[i].program != NULL && self->slots[i].length == length)
    found = self->slots[i];
  else
    {
      g_clear_pointer (&self->slots[i].program, anf_program_unref);
      if ((graph = anf_bert_layers (self->bert, length, error)) == NULL
          || (found.program = anf_compile (graph, &self->options, progress, error)) == NULL)
        return NULL;
      found.length = length;
    }
  memmove (&self->slots[1], &self->slots[0], i * sizeof *self->slots);
  self->slots[0] = found;
  return found.program;
}

/* ---------------------------------------------------------------- a text */

/* The vectors of its tokens, [length, size]. */
static AnfTensor *
run_text (AnfEmbedder *self, const Text *text, const AnfProgress *progress, GError **error)
{
  AnfProgram *program = program_for (self, text->length, progress, error);
  gsize size = anf_bert_size (self->bert), n = text->ids->len;
  g_autofree float *x = g_new0 (float, text->length * size), *mask = g_new (float, text->length);
  g_autoptr(AnfTensors) given = anf_tensors_new (), inputs = NULL, outputs = NULL;
  g_autoptr(AnfTensor) x_tensor = NULL, mask_tensor = NULL;

  if (program == NULL)
    return NULL;
  anf_bert_embed (self->bert, n, &g_array_index (text->ids, guint, 0), x);
  for (guint i = 0; i < text->length; i++)
    mask[i] = i < n ? 0 : MASKED;
  x_tensor = anf_tensor_new_floats (2, (gint64[]) { text->length, size }, x);
  mask_tensor = anf_tensor_new_floats (2, (gint64[]) { 1, text->length }, mask);
  anf_tensors_add (given, "x", x_tensor);
  anf_tensors_add (given, "mask", mask_tensor);
  if ((inputs = anf_feed (program, given, FALSE, 0, error)) == NULL
      || (outputs = anf_program_run (program, inputs, NULL, progress, error)) == NULL)
    return NULL;
  return anf_tensors_get (outputs, "y", error);
}

static double
pool_column (AnfPool pool, const float *y, gsize n, gsize size)
{
  double sum = 0, max = y[0];

  if (pool == ANF_POOL_CLS)
    return y[0];
  for (gsize i = 0; i < n; i++)
    {
      sum += y[i * size];
      max = MAX (max, y[i * size]);
    }
  return pool == ANF_POOL_MAX ? max : sum / (pool == ANF_POOL_ROOT ? sqrt (n) : n);
}

/* @y: vectors of @n tokens; @out: the vector of the text, of length 1. */
static gboolean
pool_text (const AnfEmbedder *self, const float *y, gsize n, float *out, GError **error)
{
  gsize size = anf_bert_size (self->bert), dim = anf_embedder_dim (self), at = 0;
  double sum = 0;

  for (guint bit = ANF_POOL_CLS; bit <= ANF_POOL_ROOT; bit <<= 1)
    for (gsize j = 0; (self->pool & bit) != 0 && j < size; j++, at++)
      {
        double value = pool_column (bit, y + j, n, size);

        out[at] = value;
        sum += value * value;
      }
  if (!isfinite (sum))
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_RUN, "the numbers of this model leave the range of "
                   "fp16; try --numerics fp32");
      return FALSE;
    }
  for (gsize j = 0; j < dim; j++)
    out[j] /= MAX (sqrt (sum), 1e-12);
  return TRUE;
}

static gboolean
embed_text (AnfEmbedder *self, const Text *text, float *out, const AnfProgress *progress,
            GError **error)
{
  g_autoptr(AnfTensor) y = run_text (self, text, progress, error);
  gsize n = y != NULL ? anf_tensor_elements (y) : 0;
  g_autofree float *values = g_new (float, n + 1);

  if (y == NULL)
    return FALSE;
  anf_tensor_read (y, 0, n, values);
  return pool_text (self, values, text->ids->len, out, error);
}

/* ---------------------------------------------------------------- texts */

static void
text_clear (gpointer data)
{
  g_array_unref (((Text *) data)->ids);
}

static int
by_length (gconstpointer a, gconstpointer b)
{
  const Text *x = a, *y = b;

  if (x->length != y->length)
    return x->length < y->length ? -1 : 1;
  return x->place < y->place ? -1 : x->place > y->place;
}

static gboolean
tokenise (const AnfEmbedder *self, GArray *list, guint n, const char *const *texts,
          guint *n_tokens, GError **error)
{
  for (guint i = 0; i < n; i++)
    {
      Text text = { NULL, i, 0 };

      if (!g_utf8_validate (texts[i], -1, NULL))
        {
          g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "text %u is not UTF-8", i + 1);
          return FALSE;
        }
      text.ids = anf_tokenizer_encode (self->tokenizer, texts[i]);
      if (text.ids->len > self->limit)  /* fewer positions than the tokeniser believes */
        {
          g_array_index (text.ids, guint, self->limit - 1)
            = g_array_index (text.ids, guint, text.ids->len - 1);
          g_array_set_size (text.ids, self->limit);
        }
      text.length = round_up (text.ids->len, self->limit);
      g_array_append_val (list, text);
      for (guint k = 0; k < text.ids->len; k++)
        if (g_array_index (text.ids, guint, k) >= anf_bert_ids (self->bert))
          return anf_bad_file (error, "the tokeniser knows the id %u, the table of words has %u "
                               "rows", g_array_index (text.ids, guint, k),
                               anf_bert_ids (self->bert));
      if (n_tokens != NULL)
        n_tokens[i] = text.ids->len;
    }
  g_array_sort (list, by_length);
  return TRUE;
}

AnfTensor *
anf_embedder_run (AnfEmbedder *self, guint n, const char *const *texts, guint *n_tokens,
                  const AnfProgress *progress, GError **error)
{
  gsize dim = anf_embedder_dim (self);
  g_autoptr(GArray) list = g_array_new (FALSE, FALSE, sizeof (Text));
  g_autofree float *out = g_new (float, n * dim + 1);

  g_array_set_clear_func (list, text_clear);
  if (!tokenise (self, list, n, texts, n_tokens, error))
    return NULL;
  for (guint i = 0; i < list->len; i++)
    {
      const Text *text = &g_array_index (list, Text, i);

      if (!anf_progress_step (progress, "Embed", (double) i / n, error)
          || !embed_text (self, text, out + text->place * dim, progress, error))
        return NULL;
    }
  return anf_tensor_new_floats (2, (gint64[]) { n, dim }, out);
}
