/* choose.c - for every weight an encoding: its own wish or the document's, held against the weight
 * gate and the target; and the decoded numbers.
 *
 * An encoding asked for by name need not stream on the target. What it falls back to must, in the
 * order int4, blockwise, int8, fp16; so must what "auto" picks, the smallest that passes. */
#include "weight/choose.h"

#include "weight/cache.h"

#include <math.h>
#include <string.h>

/* One tensor in one layout: what is known of it is shared by all nodes that use it. */
typedef struct
{
  AnfTensor  *tensor;              /* as the document has it */
  gboolean    transposed;
  gboolean    kept;                /* values were made for an earlier program */
  AnfEncoded *encoded[ANF_N_ENCODINGS];  /* NULL: not made, not kept, or does not apply */
  AnfEncodingFacts facts[ANF_N_ENCODINGS];
  gboolean    known[ANF_N_ENCODINGS];
  float      *values[ANF_N_ENCODINGS];   /* decoded, in the document's layout */
  float      *exact;               /* under fp32 */
} Source;

typedef struct
{
  AnfWeightFacts facts;
  AnfId          node;             /* that has it: inside a composite not the one of the facts */
  guint          role;
  Source        *source;           /* borrowed */
} Entry;

typedef struct
{
  Source     *source[ANF_MAX_ROLES];
  AnfEncoding encoding[ANF_MAX_ROLES];
  gboolean    exact;               /* on the host: not rounded, never encoded */
} NodeWeights;

struct _AnfWeights
{
  GHashTable  *sources;            /* Source -> itself, by tensor and layout */
  GHashTable  *nodes;              /* AnfId -> NodeWeights */
  GPtrArray   *entries;            /* Entry, in the order of the graph */
  GStringChunk *words;
  AnfSettings  settings;
  guint        family;
  AnfNumerics  numerics;
};

G_DEFINE_BOXED_TYPE (AnfWeights, anf_weights, anf_weights_ref, anf_weights_unref)

static guint
source_hash (gconstpointer data)
{
  const Source *source = data;

  return g_direct_hash (source->tensor) ^ (guint) source->transposed;
}

static gboolean
source_equal (gconstpointer a, gconstpointer b)
{
  const Source *one = a, *other = b;

  return one->tensor == other->tensor && one->transposed == other->transposed;
}

static void
source_free (Source *self)
{
  for (guint i = 0; i < ANF_N_ENCODINGS; i++)
    {
      g_clear_pointer (&self->encoded[i], anf_encoded_unref);
      anf_values_unref (self->values[i]);
    }
  g_free (self->exact);
  anf_tensor_unref (self->tensor);
  g_free (self);
}

static AnfWeights *
weights_new (const AnfSettings *settings, AnfNumerics numerics)
{
  AnfWeights *self = g_atomic_rc_box_new0 (AnfWeights);

  self->sources = g_hash_table_new_full (source_hash, source_equal, (GDestroyNotify) source_free,
                                         NULL);
  self->nodes = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->entries = g_ptr_array_new_with_free_func (g_free);
  self->words = g_string_chunk_new (256);
  self->settings = *settings;
  self->family = anf_arch_family (settings->target != NULL ? settings->target : "h16s");
  self->numerics = numerics;
  return self;
}

static void
anf_weights_clear (AnfWeights *self)
{
  g_hash_table_unref (self->sources);
  g_hash_table_unref (self->nodes);
  g_ptr_array_unref (self->entries);
  g_string_chunk_free (self->words);
}

AnfWeights *
anf_weights_ref (AnfWeights *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_weights_unref (AnfWeights *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) anf_weights_clear);
}

guint
anf_weights_n (const AnfWeights *self)
{
  return self->entries->len;
}

const AnfWeightFacts *
anf_weights_nth (const AnfWeights *self, guint i)
{
  return &((const Entry *) g_ptr_array_index (self->entries, i))->facts;
}

static const char *
say (AnfWeights *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static const char *
say (AnfWeights *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  return g_string_chunk_insert_const (self->words, text);
}

static Source *
source_of (AnfWeights *self, AnfTensor *tensor, gboolean transposed)
{
  Source key = { .tensor = tensor, .transposed = transposed && anf_tensor_rank (tensor) == 2 };
  Source *source = g_hash_table_lookup (self->sources, &key);

  if (source != NULL)
    return source;
  source = g_new0 (Source, 1);
  source->tensor = anf_tensor_ref (tensor);
  source->transposed = key.transposed;
  g_hash_table_add (self->sources, source);
  return source;
}

static AnfCacheKey
key_of (const AnfWeights *self, const Source *source, AnfEncoding encoding)
{
  return (AnfCacheKey) { source->tensor, source->transposed, encoding, self->settings.block_size };
}

/* ---------------------------------------------------------------- facts */

static gboolean
is_lossless (AnfEncoding encoding)
{
  return encoding == ANF_FP16 || encoding == ANF_SPARSE;
}

static const char *
gate_words (AnfWeights *self, const AnfEncodingFacts *facts, AnfEncoding encoding)
{
  return say (self, "%s misses the weight gate: %.4f > %g", anf_encoding_name (encoding),
              facts->error, self->settings.atol);
}

/* What follows from figures and settings: never reused. */
static void
judge (AnfWeights *self, AnfEncodingFacts *facts, AnfEncoding encoding)
{
  facts->streams = anf_family_streams (self->family, encoding) || encoding == ANF_FP16;
  if (!facts->applies)
    {
      facts->ok = FALSE;
      return;
    }
  facts->ok = is_lossless (encoding) || facts->error <= self->settings.atol;
  if (!facts->ok)
    facts->why = gate_words (self, facts, encoding);
  else if (!facts->streams)
    facts->why = say (self, "It does not stream on %s: it is unpacked before use",
                      self->settings.target != NULL ? self->settings.target : "h16s");
  else
    facts->why = NULL;
}

/* The figures of @previous hold as long as the tensor is the same one, and for blockwise the block
 * asked for. */
static gboolean
recall (AnfWeights *self, Source *source, AnfEncoding encoding, const AnfWeights *previous)
{
  const Source *old = previous != NULL ? g_hash_table_lookup (previous->sources, source) : NULL;
  AnfEncodingFacts *facts = &source->facts[encoding];

  if (old == NULL || !old->known[encoding]
      || (encoding == ANF_BLOCKWISE
          && previous->settings.block_size != self->settings.block_size))
    return FALSE;
  *facts = old->facts[encoding];
  if (!facts->applies && facts->why != NULL)
    facts->why = g_string_chunk_insert_const (self->words, facts->why);
  source->known[encoding] = TRUE;
  judge (self, facts, encoding);
  return TRUE;
}

/* Fills the facts of one encoding, once. FALSE: cancelled. */
static gboolean
look_at (AnfWeights *self, Source *source, AnfEncoding encoding, const AnfProgress *progress,
         GError **error)
{
  AnfEncodingFacts *facts = &source->facts[encoding];
  AnfCacheKey key = key_of (self, source, encoding);
  g_autofree char *why = NULL;
  g_autoptr(GError) local = NULL;
  AnfEncoded *encoded;

  if (source->known[encoding])
    return TRUE;
  encoded = anf_cache_encode (&key, NULL, &why, progress != NULL ? progress->cancellable : NULL,
                              &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  facts->applies = encoded != NULL;
  if (encoded != NULL)
    {
      facts->bytes = encoded->bytes;
      facts->error = encoded->error;
    }
  else
    facts->why = say (self, "%s", why);
  source->encoded[encoding] = encoded;
  source->known[encoding] = TRUE;
  judge (self, facts, encoding);
  return TRUE;
}

/* ---------------------------------------------------------------- the choice */

/* Why @encoding may not be had. */
static const char *
objection (AnfWeights *self, const Source *source, AnfEncoding encoding, gboolean must_stream)
{
  const AnfEncodingFacts *facts = &source->facts[encoding];

  if (must_stream && !anf_family_streams (self->family, encoding))
    return say (self, "%s does not stream on %s", anf_encoding_name (encoding),
                self->settings.target != NULL ? self->settings.target : "h16s");
  if (!facts->applies)
    return facts->why;
  if (!facts->ok)
    return gate_words (self, facts, encoding);
  return NULL;
}

/* Asks for @encoding; FALSE in @fits: @reasons says why not. Returns FALSE when cancelled. */
static gboolean
try_encoding (AnfWeights *self, Source *source, AnfEncoding encoding, gboolean must_stream,
              GString *reasons, gboolean *fits, const AnfProgress *progress, GError **error)
{
  const char *no;

  /* Nothing is computed for what could not be used anyway. */
  if (!(must_stream && !anf_family_streams (self->family, encoding))
      && !look_at (self, source, encoding, progress, error))
    return FALSE;
  no = objection (self, source, encoding, must_stream);
  *fits = no == NULL;
  if (no != NULL)
    g_string_append_printf (reasons, "%s%s", reasons->len > 0 ? "; " : "", no);
  return TRUE;
}

static gboolean
choose_named (AnfWeights *self, Entry *entry, const AnfProgress *progress, GError **error)
{
  static const AnfEncoding chain[] = { ANF_INT4, ANF_BLOCKWISE, ANF_INT8, ANF_FP16 };
  AnfEncoding asked = entry->facts.asked, chosen = asked;
  g_autoptr(GString) reasons = g_string_new (NULL);
  gboolean fits = FALSE;
  guint next = G_N_ELEMENTS (chain) - 1;

  for (guint i = 0; i < G_N_ELEMENTS (chain); i++)
    if (chain[i] == asked)
      next = i + 1;
  if (!try_encoding (self, entry->source, asked, FALSE, reasons, &fits, progress, error))
    return FALSE;
  while (!fits)
    {
      chosen = chain[next++];
      if (!try_encoding (self, entry->source, chosen, chosen != ANF_FP16, reasons, &fits, progress,
                         error))
        return FALSE;
    }
  entry->facts.chosen = chosen;
  if (chosen != asked)
    entry->facts.why = say (self, "%s; so %s", reasons->str, anf_encoding_name (chosen));
  else if (!anf_family_streams (self->family, chosen) && chosen != ANF_FP16)
    entry->facts.why = say (self, "%s folds: it does not stream on %s and is unpacked before use",
                            anf_encoding_name (chosen),
                            self->settings.target != NULL ? self->settings.target : "h16s");
  return TRUE;
}

static gboolean
choose_auto (AnfWeights *self, Entry *entry, const AnfProgress *progress, GError **error)
{
  static const AnfEncoding candidates[] = { ANF_INT4, ANF_SPARSE, ANF_INT8, ANF_BLOCKWISE };
  Source *source = entry->source;
  g_autoptr(GString) reasons = g_string_new (NULL);
  AnfEncoding best = ANF_FP16;

  if (!look_at (self, source, ANF_FP16, progress, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (candidates); i++)
    {
      gboolean fits;

      if (!try_encoding (self, source, candidates[i], TRUE, reasons, &fits, progress, error))
        return FALSE;
      if (fits && source->facts[candidates[i]].bytes < source->facts[best].bytes)
        best = candidates[i];
    }
  entry->facts.chosen = best;
  entry->facts.why = say (self, "%s is the smallest that streams and passes%s%s",
                          anf_encoding_name (best), reasons->len > 0 ? ": " : "", reasons->str);
  return TRUE;
}

static gboolean
choose_one (AnfWeights *self, Entry *entry, const AnfProgress *progress, GError **error)
{
  if (self->numerics == ANF_NUMERICS_FP32)
    {
      entry->facts.chosen = ANF_FP16;
      entry->facts.why = "The fp32 profile takes the numbers as they are";
      return TRUE;
    }
  if (entry->facts.asked == ANF_AUTO)
    return choose_auto (self, entry, progress, error);
  return choose_named (self, entry, progress, error);
}

/* ---------------------------------------------------------------- all weights of a graph */

static Entry *
add_entry (AnfWeights *self, const AnfNode *node, const AnfPort *role, Source *source)
{
  const AnfSlot *slot = &node->slot[role - node->op->role];
  Entry *entry = g_new0 (Entry, 1);
  AnfWeightFacts *facts = &entry->facts;

  entry->node = node->id;
  entry->role = role - node->op->role;
  /* What a composite is made of is spoken of as the composite's. */
  facts->node = node->origin != 0 ? node->origin : node->id;
  facts->role = slot->origin != NULL ? slot->origin : role->name;
  facts->name = g_string_chunk_insert_const (self->words, anf_node_weight (node, role->name));
  facts->rank = anf_tensor_rank (source->tensor);
  for (guint i = 0; i < facts->rank; i++)
    facts->shape[i] = anf_tensor_dim (source->tensor, i);
  facts->asked = self->settings.compress;
  facts->pinned = anf_node_encoding (node, role->name, &facts->asked);
  entry->source = source;
  g_ptr_array_add (self->entries, entry);
  return entry;
}

static void
collect (AnfWeights *self, AnfGraph *graph)
{
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);
      NodeWeights *weights = NULL;
      const AnfPort *role;

      for (guint r = 0; (role = anf_op_role (anf_node_op (node), r)) != NULL; r++)
        {
          AnfTensor *tensor = anf_graph_tensor_of (graph, node, role->name);

          if (tensor == NULL)
            continue;
          if (weights == NULL)
            {
              AnfId id = anf_node_id (node);

              weights = g_new0 (NodeWeights, 1);
              weights->exact = self->numerics == ANF_NUMERICS_FP32
                               || anf_node_place (node) == ANF_PLACE_HOST;
              g_hash_table_insert (self->nodes, g_memdup2 (&id, sizeof id), weights);
            }
          weights->source[r] = source_of (self, tensor, (role->flags & ANF_TRANSPOSED) != 0);
          weights->encoding[r] = ANF_FP16;
          if ((role->flags & ANF_ENCODABLE) && anf_node_place (node) != ANF_PLACE_HOST)
            add_entry (self, node, role, weights->source[r]);
        }
    }
}

static gboolean
step (const AnfProgress *progress, guint i, guint n, GError **error)
{
  return anf_progress_step (progress, "Weights", i / (double) MAX (n, 1), error);
}

AnfWeights *
anf_weights_survey (AnfGraph *graph, const AnfSettings *settings, const AnfWeights *previous,
                    const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfWeights) self = weights_new (settings, ANF_NUMERICS_ANE);

  collect (self, graph);
  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->entries, i);
      Source *source = entry->source;

      if (!step (progress, i, self->entries->len, error))
        return NULL;
      for (guint e = 0; e < ANF_N_ENCODINGS; e++)
        {
          if (!source->known[e] && !recall (self, source, e, previous)
              && !look_at (self, source, e, progress, error))
            return NULL;
          /* Figures are all that a survey keeps. */
          g_clear_pointer (&source->encoded[e], anf_encoded_unref);
        }
      if (!choose_one (self, entry, progress, error))
        return NULL;
      memcpy (entry->facts.encoding, source->facts, sizeof source->facts);
    }
  return g_steal_pointer (&self);
}

/* The facts alone, with words of their own: no numbers hang on them. */
static AnfWeights *
facts_copy (const AnfWeights *survey)
{
  AnfWeights *self = weights_new (&survey->settings, survey->numerics);

  for (guint i = 0; i < survey->entries->len; i++)
    {
      Entry *entry = g_memdup2 (g_ptr_array_index (survey->entries, i), sizeof *entry);
      AnfWeightFacts *facts = &entry->facts;

      entry->source = NULL;
      facts->name = g_string_chunk_insert_const (self->words, facts->name);
      facts->why = NULL;
      for (guint e = 0; e < ANF_N_ENCODINGS; e++)
        if (facts->encoding[e].why != NULL)
          facts->encoding[e].why = g_string_chunk_insert_const (self->words,
                                                                facts->encoding[e].why);
      g_ptr_array_add (self->entries, entry);
    }
  return self;
}

AnfWeights *
anf_weights_chosen (const AnfWeights *survey, const AnfEncoding *chosen)
{
  AnfWeights *self = facts_copy (survey);

  for (guint i = 0; i < self->entries->len; i++)
    ((Entry *) g_ptr_array_index (self->entries, i))->facts.chosen = chosen[i];
  return self;
}

AnfWeights *
anf_weights_loosed (const AnfWeights *survey, const gboolean *keep)
{
  AnfWeights *self = facts_copy (survey);

  for (guint i = 0; i < self->entries->len; i++)
    ((Entry *) g_ptr_array_index (self->entries, i))->facts.pinned = keep[i];
  return self;
}

/* What is stored of @source: held, or made again (transfer full). NULL: cancelled. */
static AnfEncoded *
encoded_of (const AnfWeights *self, const Source *source, AnfEncoding encoding)
{
  AnfCacheKey key = key_of (self, source, encoding);
  g_autofree char *why = NULL;

  if (source->encoded[encoding] != NULL)
    return anf_encoded_ref (source->encoded[encoding]);
  return anf_cache_encode (&key, NULL, &why, NULL, NULL);
}

/* The numbers the device uses, in the layout of the document. */
static gboolean
make_values (AnfWeights *self, Source *source, AnfEncoding encoding, const AnfProgress *progress,
             GError **error)
{
  AnfCacheKey key = key_of (self, source, encoding);

  if (source->values[encoding] == NULL)
    source->values[encoding] = anf_cache_values (&key, &source->kept, progress != NULL
                                                 ? progress->cancellable : NULL, error);
  return source->values[encoding] != NULL;
}

static void
make_exact (Source *source)
{
  gsize n = anf_tensor_elements (source->tensor);

  if (source->exact != NULL)
    return;
  source->exact = g_new (float, MAX (n, 1));
  anf_tensor_read (source->tensor, 0, n, source->exact);
}

/* Gives up what was only tried. */
static void
drop_unused (Source *source)
{
  for (guint e = 0; e < ANF_N_ENCODINGS; e++)
    if (source->values[e] == NULL || e == ANF_FP16)
      g_clear_pointer (&source->encoded[e], anf_encoded_unref);
}

static NodeWeights *
node_weights (const AnfWeights *self, AnfId id)
{
  return g_hash_table_lookup (self->nodes, &id);
}

static gboolean
decide_all (AnfWeights *self, const AnfProgress *progress, GError **error)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->entries, i);
      AnfEncoding chosen;

      if (!step (progress, i, self->entries->len, error)
          || !choose_one (self, entry, progress, error))
        return FALSE;
      chosen = entry->facts.chosen;
      node_weights (self, entry->node)->encoding[entry->role] = chosen;
      if (self->numerics != ANF_NUMERICS_FP32
          && !make_values (self, entry->source, chosen, progress, error))
        return FALSE;
      entry->facts.encoding[chosen] = entry->source->facts[chosen];
      drop_unused (entry->source);
    }
  return TRUE;
}

AnfWeights *
anf_weights_choose (AnfGraph *graph, const AnfSettings *settings, AnfNumerics numerics,
                    const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfWeights) self = weights_new (settings, numerics);
  GHashTableIter iter;
  gpointer value;

  collect (self, graph);
  if (!decide_all (self, progress, error))
    return NULL;
  g_hash_table_iter_init (&iter, self->nodes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    for (guint r = 0; r < ANF_MAX_ROLES; r++)
      {
        NodeWeights *weights = value;

        if (weights->source[r] == NULL)
          continue;
        if (weights->exact)
          make_exact (weights->source[r]);
        else if (!make_values (self, weights->source[r], weights->encoding[r], progress, error))
          return NULL;
      }
  return g_steal_pointer (&self);
}

const float *
anf_weights_values (const AnfWeights *self, const AnfNode *node, guint role, gsize *n)
{
  const NodeWeights *weights = node_weights (self, anf_node_id (node));
  const Source *source = weights != NULL && role < ANF_MAX_ROLES ? weights->source[role] : NULL;

  if (n != NULL)
    *n = source != NULL ? anf_tensor_elements (source->tensor) : 0;
  if (source == NULL)
    return NULL;
  return weights->exact ? source->exact : source->values[weights->encoding[role]];
}

AnfEncoded *
anf_weights_encoded (const AnfWeights *self, const AnfNode *node, guint role)
{
  const NodeWeights *weights = node_weights (self, anf_node_id (node));
  const Source *source = weights != NULL && role < ANF_MAX_ROLES ? weights->source[role] : NULL;

  if (source == NULL)
    return NULL;
  if (weights->exact && self->numerics != ANF_NUMERICS_FP32)
    {
      g_autoptr(AnfTensor) stored = source->transposed ? anf_tensor_transposed (source->tensor)
                                                       : anf_tensor_ref (source->tensor);

      return anf_encoded_exact (stored);
    }
  return encoded_of (self, source, weights->encoding[role]);
}

gboolean
anf_weights_kept (const AnfWeights *self, const AnfNode *node, guint role, AnfEncoding *encoding)
{
  const NodeWeights *weights = node_weights (self, anf_node_id (node));

  if (weights == NULL || role >= ANF_MAX_ROLES || weights->source[role] == NULL)
    return TRUE;
  *encoding = weights->encoding[role];
  return weights->source[role]->kept;
}

gsize
anf_weights_bytes (const AnfWeights *self)
{
  GHashTableIter iter;
  gpointer key;
  gsize sum = 0;

  g_hash_table_iter_init (&iter, self->sources);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const Source *source = key;
      gsize n = anf_tensor_elements (source->tensor);

      for (guint e = 0; e < ANF_N_ENCODINGS; e++)
        {
          sum += source->values[e] != NULL ? n * sizeof (float) : 0;
          sum += source->encoded[e] != NULL ? source->encoded[e]->bytes : 0;
        }
      sum += source->exact != NULL ? n * sizeof (float) : 0;
    }
  return sum;
}
