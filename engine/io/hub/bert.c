/* bert.c - encoders of the BERT family from a Hugging Face folder: what config.json says, the
 * tables of the embedding, and the layers as a graph. */
#include "io/hub/hub.h"

#include <math.h>
#include <string.h>

/* In place of minus infinity: the softmax of fp16 and of fp32 gives exactly 0 for it. */
#define NEVER -10000.0

/* The sizes of a network that could be; what is beyond would not fit into memory anyway. */
#define MAX_SIZE   (1 << 16)
#define MAX_LAYERS 1000

/* How a branch of the family names its parts; the same network but for the rest of a row. */
typedef struct
{
  const char *type;                /* model_type of config.json */
  const char *layer, *q, *k, *v, *o, *norm1, *up, *down, *norm2;
  const char *size, *layers, *heads, *inner, *act;   /* keys of config.json */
  gboolean    past_padding;        /* positions count from behind the id of the padding */
  gboolean    relative;            /* attention gets a term by the distance of tokens */
} Branch;

#define KEYS "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", \
             "hidden_act"
#define BERT "encoder.layer", "attention.self.query", "attention.self.key", \
             "attention.self.value", "attention.output.dense", "attention.output.LayerNorm", \
             "intermediate.dense", "output.dense", "output.LayerNorm", KEYS

static const Branch branches[] = {
  { "bert", BERT, FALSE, FALSE },
  { "roberta", BERT, TRUE, FALSE }, { "xlm-roberta", BERT, TRUE, FALSE },
  { "camembert", BERT, TRUE, FALSE },
  { "distilbert", "transformer.layer", "attention.q_lin", "attention.k_lin", "attention.v_lin",
    "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm",
    "dim", "n_layers", "n_heads", "hidden_dim", "activation", FALSE, FALSE },
  { "mpnet", "encoder.layer", "attention.attn.q", "attention.attn.k", "attention.attn.v",
    "attention.attn.o", "attention.LayerNorm", "intermediate.dense", "output.dense",
    "output.LayerNorm", KEYS, TRUE, TRUE },
};

struct _AnfBert
{
  const Branch *branch;
  JsonNode   *config;
  AnfTensors *tensors;
  char       *path, *prefix;       /* of the weights; before the names of tensors */
  gint64      size, layers, heads, inner, offset;   /* offset: of the first position */
  gint64      n_words, n_positions;
  double      eps;
  AnfTensor  *words, *positions, *types, *distances;   /* types, distances: nullable */
  float      *fixed;               /* by position: what is added to the word */
};

void
anf_bert_free (AnfBert *self)
{
  g_clear_pointer (&self->config, json_node_unref);
  g_clear_pointer (&self->tensors, anf_tensors_unref);
  g_clear_pointer (&self->words, anf_tensor_unref);
  g_clear_pointer (&self->positions, anf_tensor_unref);
  g_clear_pointer (&self->types, anf_tensor_unref);
  g_clear_pointer (&self->distances, anf_tensor_unref);
  g_free (self->path);
  g_free (self->prefix);
  g_free (self->fixed);
  g_free (self);
}

guint anf_bert_positions (const AnfBert *self) { return self->n_positions - self->offset; }
guint anf_bert_ids       (const AnfBert *self) { return self->n_words; }
guint anf_bert_size      (const AnfBert *self) { return self->size; }

/* ---------------------------------------------------------------- config.json */

static gboolean
find_branch (AnfBert *self, JsonObject *config, GError **error)
{
  const char *type = anf_hub_text (config, "model_type", NULL);
  g_autoptr(GString) known = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (branches); i++)
    {
      if (g_strcmp0 (branches[i].type, type) == 0)
        self->branch = &branches[i];
      g_string_append_printf (known, " %s", branches[i].type);
    }
  if (self->branch != NULL)
    return TRUE;
  if (type == NULL)
    return anf_bad_file (error, "there is no \"model_type\" in it");
  return anf_bad_file (error, "model_type \"%s\" is none that is known; known are%s", type,
                       known->str);
}

static gboolean
read_size (JsonObject *config, const char *key, gint64 max, gint64 *out, GError **error)
{
  if (anf_hub_int (config, key, 0, out) && *out >= 1 && *out <= max)
    return TRUE;
  return anf_bad_file (error, "\"%s\" is to be a number from 1 to %" G_GINT64_FORMAT, key, max);
}

static gboolean
read_config (AnfBert *self, GError **error)
{
  JsonObject *config = json_node_get_object (self->config);
  const char *kind;
  gint64 padding;

  if (!find_branch (self, config, error)
      || !read_size (config, self->branch->size, MAX_SIZE, &self->size, error)
      || !read_size (config, self->branch->layers, MAX_LAYERS, &self->layers, error)
      || !read_size (config, self->branch->heads, MAX_SIZE, &self->heads, error)
      || !read_size (config, self->branch->inner, MAX_SIZE, &self->inner, error))
    return FALSE;
  if (self->size % self->heads != 0)
    return anf_bad_file (error, "%" G_GINT64_FORMAT " heads do not divide a size of %"
                         G_GINT64_FORMAT, self->heads, self->size);
  kind = anf_hub_text (config, "position_embedding_type", "absolute");
  if (!g_str_equal (kind, "absolute"))
    return anf_bad_file (error, "position_embedding_type \"%s\" is not read; absolute is", kind);
  self->eps = anf_hub_real (config, "layer_norm_eps", 1e-12);
  if (!(self->eps >= 0 && self->eps < 1))
    return anf_bad_file (error, "\"layer_norm_eps\" is to be from 0 to 1");
  anf_hub_int (config, "pad_token_id", 1, &padding);
  self->offset = self->branch->past_padding ? padding + 1 : 0;
  return TRUE;
}

/* ---------------------------------------------------------------- tables */

/* Before the names of all tensors: "", "bert.", ... */
static gboolean
find_prefix (AnfBert *self, GError **error)
{
  const char *const mark = "embeddings.word_embeddings.weight";

  for (guint i = 0; i < anf_tensors_n (self->tensors); i++)
    if (g_str_has_suffix (anf_tensors_nth_name (self->tensors, i), mark))
      {
        const char *name = anf_tensors_nth_name (self->tensors, i);

        self->prefix = g_strndup (name, strlen (name) - strlen (mark));
        return TRUE;
      }
  return anf_bad_file (error, "%s: there is no tensor \"%s\" in it", self->path, mark);
}

static gboolean
read_tables (AnfBert *self, GError **error)
{
  const gint64 rows[] = { -1, self->size }, heads[] = { -1, self->heads };
  g_autoptr(AnfGraph) nothing = NULL;
  AnfNet net;

  anf_net_init (&net, self->tensors, self->path, self->prefix);
  self->words = anf_net_need (&net, "embeddings.word_embeddings.weight", 2, rows);
  self->positions = anf_net_need (&net, "embeddings.position_embeddings.weight", 2, rows);
  self->types = anf_net_find (&net, "embeddings.token_type_embeddings.weight", 2, rows);
  if (self->branch->relative)
    self->distances = anf_net_need (&net, "encoder.relative_attention_bias.weight", 2, heads);
  nothing = anf_net_end (&net, NULL, error);
  if (nothing == NULL)
    return FALSE;
  self->n_words = anf_tensor_dim (self->words, 0);
  self->n_positions = anf_tensor_dim (self->positions, 0);
  if (self->offset < 0 || self->n_positions - self->offset < 3)
    return anf_bad_file (error, "%s: its table of %" G_GINT64_FORMAT " positions leaves no room "
                         "for a text", self->path, self->n_positions);
  return TRUE;
}

/* A single text is of type 0: that row is added everywhere. */
static void
fix_rows (AnfBert *self)
{
  gsize n = anf_bert_positions (self), size = self->size;
  g_autofree float *type = g_new0 (float, size);

  self->fixed = g_new (float, n * size);
  anf_tensor_read (self->positions, self->offset * size, n * size, self->fixed);
  if (self->types != NULL)
    anf_tensor_read (self->types, 0, size, type);
  for (gsize i = 0; i < n * size; i++)
    self->fixed[i] += type[i % size];
}

AnfBert *
anf_bert_load (const char *dir, GError **error)
{
  g_autoptr(AnfBert) self = g_new0 (AnfBert, 1);
  g_autofree char *config = g_build_filename (dir, "config.json", NULL);

  if ((self->config = anf_hub_read_json (config, error)) == NULL)
    return NULL;
  if (!read_config (self, error))
    return anf_bad_file_in (error, "%s", config), NULL;
  if ((self->tensors = anf_hub_weights (dir, error)) == NULL)
    return NULL;
  self->path = g_build_filename (dir, "model.safetensors", NULL);
  if (!find_prefix (self, error) || !read_tables (self, error))
    return NULL;
  fix_rows (self);
  return g_steal_pointer (&self);
}

void
anf_bert_embed (const AnfBert *self, guint n, const guint *ids, float *out)
{
  gsize size = self->size;

  for (guint i = 0; i < n; i++)
    {
      anf_tensor_read (self->words, ids[i] * size, size, out + i * size);
      for (gsize j = 0; j < size; j++)
        out[i * size + j] += self->fixed[i * size + j];
    }
}

/* ---------------------------------------------------------------- layers */

/* Which of the 32 rows of the table belongs to a distance: half of them for each direction, of
 * these half for single steps and the others growing by logarithms up to 128 (T5, MPNet). */
static guint
bucket_of (int distance, guint n_buckets)
{
  guint half = n_buckets / 2, exact = half / 2, far = ABS (distance);
  guint first = distance > 0 ? half : 0, grown;

  if (far < exact)
    return first + far;
  grown = exact + (guint) (logf ((float) far / exact) / logf (128.0f / exact) * (half - exact));
  return first + MIN (grown, half - 1);
}

/* [heads, length, length]: what a pair of tokens adds to its score. */
static AnfTensor *
distance_terms (const AnfBert *self, gint64 n)
{
  gsize heads = self->heads, rows = anf_tensor_dim (self->distances, 0);
  g_autofree float *table = g_new (float, rows * heads), *out = g_new (float, heads * n * n);

  anf_tensor_read (self->distances, 0, rows * heads, table);
  for (gsize h = 0; h < heads; h++)
    for (gint64 q = 0; q < n; q++)
      for (gint64 k = 0; k < n; k++)
        out[(h * n + q) * n + k] = table[bucket_of (k - q, rows) * heads + h];
  return anf_tensor_new_floats (3, (gint64[]) { heads, n, n }, out);
}

static AnfRef
attention (const AnfBert *self, AnfNet *net, AnfRef x, AnfRef mask, const char *layer)
{
  const struct { const char *stem, *weight, *bias; } parts[] = {
    { self->branch->q, "wq", "bq" }, { self->branch->k, "wk", "bk" },
    { self->branch->v, "wv", "bv" }, { self->branch->o, "wo", "bo" },
  };
  AnfRef node = anf_net_node (net, "mha", "attention", x, mask);

  anf_net_int (net, node, "n_heads", self->heads);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *weight = g_strconcat (layer, parts[i].stem, ".weight", NULL);
      g_autofree char *bias = g_strconcat (layer, parts[i].stem, ".bias", NULL);

      anf_net_role (net, node, parts[i].weight, (AnfSlice) { weight }, 2,
                    (gint64[]) { self->size, self->size }, "xavier", 1);
      anf_net_role (net, node, parts[i].bias, (AnfSlice) { bias }, 1, &self->size, "zeros", 1);
    }
  return node;
}

static AnfRef
layer_of (const AnfBert *self, AnfNet *net, AnfRef x, AnfRef mask, guint i)
{
  const Branch *b = self->branch;
  const char *act = anf_hub_text (json_node_get_object (self->config), b->act, "gelu");
  g_autofree char *layer = g_strdup_printf ("%s.%u.", b->layer, i);
  g_autofree char *norm1 = g_strconcat (layer, b->norm1, NULL);
  g_autofree char *norm2 = g_strconcat (layer, b->norm2, NULL);
  g_autofree char *up = g_strconcat (layer, b->up, NULL);
  g_autofree char *down = g_strconcat (layer, b->down, NULL);
  AnfRef y;

  anf_net_group (net, "layer%u/attention", i);
  y = attention (self, net, x, mask, layer);
  y = anf_net_node (net, "add", "residual", y, x);
  x = anf_net_layer_norm (net, y, "norm", norm1, self->size, self->eps);
  anf_net_group (net, "layer%u/feed_forward", i);
  y = anf_net_linear (net, x, "up", up, self->size, self->inner, FALSE);
  y = anf_net_activation (net, y, act);
  y = anf_net_linear (net, y, "down", down, self->inner, self->size, FALSE);
  y = anf_net_node (net, "add", "residual", y, x);
  return anf_net_layer_norm (net, y, "norm", norm2, self->size, self->eps);
}

/* From the sum of the tables to the vectors of the tokens. */
static AnfRef
encoder (const AnfBert *self, AnfNet *net, AnfRef x, AnfRef mask, guint length)
{
  anf_net_group (net, "embeddings");
  x = anf_net_layer_norm (net, x, "embeddings_norm", "embeddings.LayerNorm", self->size,
                          self->eps);
  if (self->distances != NULL)
    {
      AnfRef terms = anf_net_node (net, "const", "distances", ANF_NONE, ANF_NONE);

      anf_net_take (net, terms, "value", "relative_attention_bias",
                    distance_terms (self, length));
      mask = anf_net_node (net, "add", "mask_and_distances", terms, mask);
    }
  for (guint i = 0; i < self->layers; i++)
    x = layer_of (self, net, x, mask, i);
  anf_net_group (net, "%s", "");
  return x;
}

AnfGraph *
anf_bert_layers (const AnfBert *self, guint length, GError **error)
{
  AnfNet net;
  AnfRef x, mask;

  anf_net_init (&net, self->tensors, self->path, self->prefix);
  x = anf_net_input (&net, "x", NULL, 2, (gint64[]) { length, self->size });
  mask = anf_net_input (&net, "mask", NULL, 2, (gint64[]) { 1, length });
  anf_net_output (&net, "y", encoder (self, &net, x, mask, length));
  return anf_net_end (&net, "Encoder", error);
}

/* ---------------------------------------------------------------- as a document */

static AnfRef
tables (const AnfBert *self, AnfNet *net, gint64 length)
{
  AnfRef ids = anf_net_input (net, "input_ids", "int32", 2, (gint64[]) { 1, length });
  AnfRef words, fixed, x;

  anf_net_group (net, "embeddings");
  words = anf_net_node (net, "const", "words", ANF_NONE, ANF_NONE);
  anf_net_role (net, words, "value", (AnfSlice) { "embeddings.word_embeddings.weight" }, 2,
                (gint64[]) { self->n_words, self->size }, "normal", 0.02);
  fixed = anf_net_node (net, "const", "positions", ANF_NONE, ANF_NONE);
  anf_net_take (net, fixed, "value", "embeddings.positions_and_type",
                anf_tensor_new_floats (2, (gint64[]) { length, self->size }, self->fixed));
  x = anf_net_node (net, "gather", "word_vectors", words, ids);
  anf_net_int (net, x, "axis", 0);
  x = anf_net_reshape (net, x, 2, (gint64[]) { length, self->size });
  return anf_net_node (net, "add", "words_and_positions", x, fixed);
}

/* 1 for a token, 0 for padding -> 0 and NEVER. */
static AnfRef
scores_of (AnfNet *net, AnfRef is_token)
{
  AnfRef mask = anf_net_node (net, "linear_activation", "mask_scores", is_token, ANF_NONE);

  anf_net_real (net, mask, "alpha", -NEVER);
  anf_net_real (net, mask, "beta", NEVER);
  return mask;
}

static AnfRef
pooled (const AnfBert *self, AnfNet *net, AnfRef y, AnfRef is_token, AnfPool pool)
{
  AnfRef n, column;

  switch (pool)
    {
    case ANF_POOL_CLS:
      y = anf_net_node (net, "slice_by_size", "first_token", y, ANF_NONE);
      anf_net_ints (net, y, "begin", 2, (gint64[]) { 0, 0 });
      anf_net_ints (net, y, "size", 2, (gint64[]) { 1, self->size });
      return y;
    case ANF_POOL_MAX:
      column = anf_net_node (net, "transpose", "mask_column", scores_of (net, is_token), ANF_NONE);
      anf_net_ints (net, column, "perm", 2, (gint64[]) { 1, 0 });
      y = anf_net_node (net, "add", "tokens_only", y, column);
      y = anf_net_node (net, "reduce_max", "max", y, ANF_NONE);
      anf_net_int (net, y, "axes", 0);
      return y;
    default:
      n = anf_net_node (net, "reduce_sum", "n_tokens", is_token, ANF_NONE);
      anf_net_int (net, n, "axes", 1);
      if (pool == ANF_POOL_ROOT)
        n = anf_net_node (net, "sqrt", "root", n, ANF_NONE);
      y = anf_net_node (net, "bmm", "sum", is_token, y);
      return anf_net_node (net, "real_div", "mean", y, n);
    }
}

static AnfRef
embedding (const AnfBert *self, AnfNet *net, AnfRef y, AnfRef is_token, AnfPool pools)
{
  AnfRef all = ANF_NONE;
  guint n = 0;

  anf_net_group (net, "pooling");
  for (guint bit = ANF_POOL_CLS; bit <= ANF_POOL_ROOT; bit <<= 1)
    {
      AnfRef one;

      if ((pools & bit) == 0)
        continue;
      one = pooled (self, net, y, is_token, bit);
      if (n++ == 0)
        {
          all = one;
          continue;
        }
      if (n == 2)
        {
          all = anf_net_node (net, "concat", "joined", all, ANF_NONE);
          anf_net_int (net, all, "axis", 1);
        }
      anf_net_connect (net, all, n - 1, one);
    }
  all = anf_net_node (net, "l2_norm", "unit_length", all, ANF_NONE);
  anf_net_int (net, all, "axis", 1);
  return all;
}

AnfGraph *
anf_bert_document (const AnfBert *self, guint length, AnfPool pools, const char *title,
                   GError **error)
{
  AnfNet net;
  AnfRef x, tokens, y;

  anf_net_init (&net, self->tensors, self->path, self->prefix);
  x = tables (self, &net, length);
  anf_net_group (&net, "%s", "");
  tokens = anf_net_input (&net, "attention_mask", "int32", 2, (gint64[]) { 1, length });
  tokens = anf_net_node (&net, "cast", "is_token", tokens, ANF_NONE);
  anf_net_text (&net, tokens, "dtype", "fp16");
  y = encoder (self, &net, x, scores_of (&net, tokens), length);
  anf_net_output (&net, "last_hidden_state",
                  anf_net_reshape (&net, y, 3, (gint64[]) { 1, length, self->size }));
  if (pools != 0)
    anf_net_output (&net, "sentence_embedding", embedding (self, &net, y, tokens, pools));
  return anf_net_end (&net, title, error);
}
