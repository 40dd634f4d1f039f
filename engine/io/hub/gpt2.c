/* gpt2.c - GPT-2, by the names that Hugging Face gives its tensors. Its layers are stored as
 * [in, out], the transpose of all others (Conv1D), and the table of words is the last layer too. */
#include "io/hub/hub.h"

#define EPS 1e-5
#define LENGTH 128                 /* tokens, where nothing else is asked for */
#define NEVER -10000.0f            /* softmax gives exactly 0 for it */

typedef struct { gint64 length, words, positions, size, inner, heads, layers; double eps; } Plan;

static AnfRef
attention (AnfNet *net, const Plan *p, gint64 i, AnfRef x, AnfRef mask)
{
  static const char *const weights[] = { "wq", "wk", "wv" }, *const biases[] = { "bq", "bk", "bv" };
  g_autofree char *stem = g_strdup_printf ("h.%" G_GINT64_FORMAT ".attn.", i);
  g_autofree char *weight = g_strconcat (stem, "c_attn.weight", NULL);
  g_autofree char *bias = g_strconcat (stem, "c_attn.bias", NULL);
  g_autofree char *out_weight = g_strconcat (stem, "c_proj.weight", NULL);
  g_autofree char *out_bias = g_strconcat (stem, "c_proj.bias", NULL);
  const gint64 square[] = { p->size, p->size };
  AnfRef node = anf_net_node (net, "mha", "attention", x, mask);

  anf_net_int (net, node, "n_heads", p->heads);
  for (guint k = 0; k < G_N_ELEMENTS (weights); k++)
    {
      anf_net_role (net, node, weights[k], (AnfSlice) { weight, TRUE, 3 * p->size, k * p->size }, 2,
                    square, "normal", 0.02);
      anf_net_role (net, node, biases[k], (AnfSlice) { bias, FALSE, 3 * p->size, k * p->size }, 1,
                    &p->size, "zeros", 1);
    }
  anf_net_role (net, node, "wo", (AnfSlice) { out_weight, TRUE }, 2, square, "normal", 0.02);
  anf_net_role (net, node, "bo", (AnfSlice) { out_bias }, 1, &p->size, "zeros", 1);
  return node;
}

static AnfRef
block (AnfNet *net, const Plan *p, gint64 i, AnfRef x, AnfRef mask)
{
  g_autofree char *norm1 = g_strdup_printf ("h.%" G_GINT64_FORMAT ".ln_1", i);
  g_autofree char *norm2 = g_strdup_printf ("h.%" G_GINT64_FORMAT ".ln_2", i);
  g_autofree char *up = g_strdup_printf ("h.%" G_GINT64_FORMAT ".mlp.c_fc", i);
  g_autofree char *down = g_strdup_printf ("h.%" G_GINT64_FORMAT ".mlp.c_proj", i);
  AnfRef y;

  anf_net_group (net, "block%" G_GINT64_FORMAT "/attention", i);
  y = anf_net_layer_norm (net, x, "norm", norm1, p->size, p->eps);
  x = anf_net_node (net, "add", "residual", attention (net, p, i, y, mask), x);
  anf_net_group (net, "block%" G_GINT64_FORMAT "/feed_forward", i);
  y = anf_net_layer_norm (net, x, "norm", norm2, p->size, p->eps);
  y = anf_net_linear (net, y, "up", up, p->size, p->inner, TRUE);
  y = anf_net_gelu_tanh (net, y);
  y = anf_net_linear (net, y, "down", down, p->inner, p->size, TRUE);
  return anf_net_node (net, "add", "residual", y, x);
}

/* Nobody sees what comes after. */
static AnfRef
causal (AnfNet *net, gint64 n)
{
  AnfRef node = anf_net_node (net, "const", "causal_mask", ANF_NONE, ANF_NONE);
  g_autofree float *mask = g_new (float, n * n);

  for (gint64 i = 0; i < n * n; i++)
    mask[i] = i % n > i / n ? NEVER : 0;
  anf_net_take (net, node, "value", "causal_mask",
                anf_tensor_new_floats (2, (gint64[]) { n, n }, mask));
  return node;
}

static AnfRef
table (AnfNet *net, const char *label, const char *name, gint64 rows, gint64 size, gint64 all)
{
  AnfRef node = anf_net_node (net, "const", label, ANF_NONE, ANF_NONE);

  anf_net_role (net, node, "value", (AnfSlice) { name, FALSE, all, 0 }, 2,
                (gint64[]) { rows, size }, "normal", 0.02);
  return node;
}

static void
build (AnfNet *net, const Plan *p)
{
  const gint64 words[] = { p->words, p->size };
  AnfRef x, mask, head, ids = anf_net_input (net, "input_ids", "int32", 2,
                                             (gint64[]) { 1, p->length });

  anf_net_group (net, "embeddings");
  x = anf_net_node (net, "gather", "word_vectors",
                    table (net, "words", "wte.weight", p->words, p->size, 0), ids);
  anf_net_int (net, x, "axis", 0);
  x = anf_net_reshape (net, x, 2, (gint64[]) { p->length, p->size });
  x = anf_net_node (net, "add", "words_and_positions", x,
                    table (net, "positions", "wpe.weight", p->length, p->size, -1));
  mask = causal (net, p->length);
  for (gint64 i = 0; i < p->layers; i++)
    x = block (net, p, i, x, mask);
  anf_net_group (net, "%s", "");
  x = anf_net_layer_norm (net, x, "norm", "ln_f", p->size, p->eps);
  head = anf_net_node (net, "linear", "head", x, ANF_NONE);
  anf_net_role (net, head, "weight", (AnfSlice) { "wte.weight" }, 2, words, "normal", 0.02);
  anf_net_output (net, "last_hidden_state",
                  anf_net_reshape (net, x, 3, (gint64[]) { 1, p->length, p->size }));
  anf_net_output (net, "logits",
                  anf_net_reshape (net, head, 3, (gint64[]) { 1, p->length, p->words }));
}

static gboolean
read_plan (const AnfHubFile *file, Plan *p, GError **error)
{
  gint64 dim[] = { 1, LENGTH };

  p->words = anf_hub_dim (file, 0, "wte.weight");
  p->positions = anf_hub_dim (file, 0, "wpe.weight");
  p->size = anf_hub_dim (file, 1, "wte.weight");
  p->inner = anf_hub_dim (file, 1, "h.0.mlp.c_fc.weight");
  p->heads = MAX (p->size / 64, 1);
  p->eps = EPS;
  if (file->config != NULL)
    {
      anf_hub_int (file->config, "n_head", p->heads, &p->heads);
      p->eps = anf_hub_real (file->config, "layer_norm_epsilon", p->eps);
    }
  while (anf_hub_dim (file, 0, "h.%" G_GINT64_FORMAT ".ln_1.weight", p->layers) > 0)
    p->layers++;
  dim[1] = MIN (LENGTH, p->positions);
  if (!anf_hub_shape (file->shapes, "input_ids", 2, dim, error))
    return FALSE;
  p->length = dim[1];
  if (dim[0] != 1 || dim[1] > p->positions)
    return anf_bad_file (error, "--shape input_ids: this network takes 1 text of at most %"
                         G_GINT64_FORMAT " tokens", p->positions);
  if (p->heads < 1 || p->size % p->heads != 0)
    return anf_bad_file (error, "%s: %" G_GINT64_FORMAT " heads do not divide a size of %"
                         G_GINT64_FORMAT, file->path, p->heads, p->size);
  return TRUE;
}

AnfGraph *
anf_gpt2_read (const AnfHubFile *file, gboolean *mine, GError **error)
{
  g_autofree char *prefix = g_strconcat (file->prefix, "transformer.", NULL);
  AnfHubFile inner = *file;
  Plan plan = { 0 };
  AnfNet net;

  if (anf_hub_dim (file, 0, "transformer.wte.weight") > 0)
    inner.prefix = prefix;
  *mine = anf_hub_dim (&inner, 0, "wte.weight") > 0 && anf_hub_dim (&inner, 0, "wpe.weight") > 0
          && anf_hub_dim (&inner, 0, "h.0.attn.c_attn.weight") > 0;
  if (!*mine || !read_plan (&inner, &plan, error))
    return NULL;
  anf_net_init (&net, file->tensors, file->path, inner.prefix);
  build (&net, &plan);
  return anf_net_end (&net, plan.layers == 12 ? "GPT-2 small" : "GPT-2", error);
}

AnfGraph *
anf_gpt2_new (GError **error)
{
  const Plan plan = { LENGTH, 50257, 1024, 768, 3072, 12, 12, EPS };
  AnfNet net;

  anf_net_init (&net, NULL, NULL, NULL);
  build (&net, &plan);
  return anf_net_end (&net, "GPT-2 small", error);
}
