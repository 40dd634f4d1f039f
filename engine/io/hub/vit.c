/* vit.c - vision transformers, by the names that torchvision, timm and Hugging Face give their
 * tensors: the same network three times. */
#include "io/hub/hub.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const char *patch, *class, *positions, *block;
  const char *norm1, *packed_weight, *packed_bias, *q, *k, *v, *o, *norm2, *up, *down;
  const char *norm, *head;
  double      eps;
} Naming;

#define HUGGING_FACE(prefix) \
  { prefix "embeddings.patch_embeddings.projection", prefix "embeddings.cls_token", \
    prefix "embeddings.position_embeddings", prefix "encoder.layer.%u.", "layernorm_before", \
    NULL, NULL, "attention.attention.query", "attention.attention.key", \
    "attention.attention.value", "attention.output.dense", "layernorm_after", \
    "intermediate.dense", "output.dense", prefix "layernorm", "classifier", 1e-12 }
#define TORCHVISION(up, down) \
  { "conv_proj", "class_token", "encoder.pos_embedding", "encoder.layers.encoder_layer_%u.", \
    "ln_1", "self_attention.in_proj_weight", "self_attention.in_proj_bias", NULL, NULL, NULL, \
    "self_attention.out_proj", "ln_2", up, down, "encoder.ln", "heads.head", 1e-6 }

static const Naming namings[] = {
  TORCHVISION ("mlp.0", "mlp.3"), TORCHVISION ("mlp.linear_1", "mlp.linear_2"),
  { "patch_embed.proj", "cls_token", "pos_embed", "blocks.%u.", "norm1", "attn.qkv.weight",
    "attn.qkv.bias", NULL, NULL, NULL, "attn.proj", "norm2", "mlp.fc1", "mlp.fc2", "norm", "head",
    1e-6 },
  HUGGING_FACE ("vit."), HUGGING_FACE (""),
};

typedef struct
{
  const Naming *name;
  gint64      image, patch, size, inner, heads, layers, classes;
  double      eps;
  const char *act;
  gboolean    bytes;
} Plan;

/* Block number @i: its prefix and the rest of the name. */
static char *
name_in (const Naming *name, gint64 i, const char *rest)
{
  /* The only formats are those of the table above. */
  g_auto(GStrv) halves = g_strsplit (name->block, "%u", 2);

  return g_strdup_printf ("%s%" G_GINT64_FORMAT "%s%s", halves[0], i, halves[1], rest);
}

static AnfRef
attention (AnfNet *net, const Plan *p, gint64 i, AnfRef x)
{
  const Naming *n = p->name;
  const char *const stems[] = { n->q, n->k, n->v, n->o };
  static const char *const weights[] = { "wq", "wk", "wv", "wo" };
  static const char *const biases[] = { "bq", "bk", "bv", "bo" };
  const gint64 square[] = { p->size, p->size };
  AnfRef node = anf_net_node (net, "mha", "attention", x, ANF_NONE);

  anf_net_int (net, node, "n_heads", p->heads);
  for (guint k = 0; k < G_N_ELEMENTS (stems); k++)
    {
      gboolean packed = stems[k] == NULL;
      g_autofree char *weight = packed ? g_strdup (n->packed_weight)
                                       : g_strconcat (stems[k], ".weight", NULL);
      g_autofree char *bias = packed ? g_strdup (n->packed_bias)
                                     : g_strconcat (stems[k], ".bias", NULL);
      g_autofree char *from_weight = name_in (n, i, weight), *from_bias = name_in (n, i, bias);

      AnfSlice part = { from_weight, FALSE, packed ? 3 * p->size : 0, k * p->size };

      anf_net_role (net, node, weights[k], part, 2, square, "xavier", 1);
      part.name = from_bias;
      anf_net_role (net, node, biases[k], part, 1, &p->size, "zeros", 1);
    }
  return node;
}

static AnfRef
block (AnfNet *net, const Plan *p, gint64 i, AnfRef x)
{
  g_autofree char *norm1 = name_in (p->name, i, p->name->norm1);
  g_autofree char *norm2 = name_in (p->name, i, p->name->norm2);
  g_autofree char *up = name_in (p->name, i, p->name->up);
  g_autofree char *down = name_in (p->name, i, p->name->down);
  AnfRef y;

  anf_net_group (net, "block%" G_GINT64_FORMAT "/attention", i);
  y = anf_net_layer_norm (net, x, "norm", norm1, p->size, p->eps);
  x = anf_net_node (net, "add", "residual", attention (net, p, i, y), x);
  anf_net_group (net, "block%" G_GINT64_FORMAT "/feed_forward", i);
  y = anf_net_layer_norm (net, x, "norm", norm2, p->size, p->eps);
  y = anf_net_linear (net, y, "up", up, p->size, p->inner, FALSE);
  y = anf_net_activation (net, y, p->act);
  y = anf_net_linear (net, y, "down", down, p->inner, p->size, FALSE);
  return anf_net_node (net, "add", "residual", y, x);
}

/* A constant of shape [rows, size], stored with a first axis of 1. */
static AnfRef
table (AnfNet *net, const char *label, const char *name, gint64 rows, gint64 size)
{
  AnfRef node = anf_net_node (net, "const", label, ANF_NONE, ANF_NONE);
  const gint64 stored[] = { 1, rows, size };
  g_autoptr(AnfTensor) tensor = NULL;

  if (net->tensors == NULL)
    anf_net_draw (net, node, "value", name, 2, stored + 1, "normal", 0.02);
  else if ((tensor = anf_net_need (net, name, 3, stored)) != NULL)
    anf_net_take (net, node, "value", name,
                  anf_tensor_new (anf_tensor_dtype (tensor), 2, stored + 1,
                                  anf_tensor_bytes (tensor)));
  return node;
}

/* The convolution of patches that do not overlap, as a product of patches and weights: its kernel
 * would be wider than the 15 that the engine has. */
static AnfRef
patches (AnfNet *net, const Plan *p, AnfRef image)
{
  const gint64 side = p->image / p->patch, stored[] = { p->size, 3, p->patch, p->patch };
  const gint64 flat[] = { p->size, 3 * p->patch * p->patch };
  g_autofree char *weight = g_strconcat (p->name->patch, ".weight", NULL);
  g_autofree char *bias = g_strconcat (p->name->patch, ".bias", NULL);
  g_autoptr(AnfTensor) tensor = NULL;
  AnfRef x = anf_net_reshape (net, image, 5, (gint64[]) { 3, side, p->patch, side, p->patch });

  x = anf_net_node (net, "transpose", "by_patch", x, ANF_NONE);
  anf_net_ints (net, x, "perm", 5, (gint64[]) { 1, 3, 0, 2, 4 });
  x = anf_net_reshape (net, x, 2, (gint64[]) { side * side, flat[1] });
  x = anf_net_node (net, "linear", "patches", x, ANF_NONE);
  if (net->tensors == NULL)
    anf_net_draw (net, x, "weight", weight, 2, flat, "xavier", 1);
  else if ((tensor = anf_net_need (net, weight, 4, stored)) != NULL)
    anf_net_take (net, x, "weight", weight, anf_tensor_new (anf_tensor_dtype (tensor), 2, flat,
                                                            anf_tensor_bytes (tensor)));
  anf_net_role (net, x, "bias", (AnfSlice) { bias }, 1, &p->size, "zeros", 1);
  return x;
}

/* Patches of the picture as rows, the row of the class before them, and where each is. */
static AnfRef
embed (AnfNet *net, const Plan *p, AnfRef image)
{
  const gint64 n = (p->image / p->patch) * (p->image / p->patch);
  AnfRef x = patches (net, p, image), all;

  all = anf_net_node (net, "concat", "with_class",
                      table (net, "class_token", p->name->class, 1, p->size), ANF_NONE);
  anf_net_int (net, all, "axis", 0);
  anf_net_connect (net, all, 1, x);
  return anf_net_node (net, "add", "with_positions", all,
                       table (net, "positions", p->name->positions, n + 1, p->size));
}

static void
build (AnfNet *net, const Plan *p)
{
  AnfRef x = anf_net_picture (net, (gint64[]) { 1, 3, p->image, p->image }, p->bytes);

  anf_net_group (net, "embeddings");
  x = embed (net, p, x);
  for (gint64 i = 0; i < p->layers; i++)
    x = block (net, p, i, x);
  anf_net_group (net, "%s", "");
  /* Norms go by rows, so that only the row that is read needs one. */
  x = anf_net_node (net, "slice_by_size", "class_row", x, ANF_NONE);
  anf_net_ints (net, x, "begin", 2, (gint64[]) { 0, 0 });
  anf_net_ints (net, x, "size", 2, (gint64[]) { 1, p->size });
  x = anf_net_layer_norm (net, x, "norm", p->name->norm, p->size, p->eps);
  if (p->classes > 0)
    x = anf_net_linear (net, x, "head", p->name->head, p->size, p->classes, FALSE);
  anf_net_output (net, p->classes > 0 ? "logits" : "features", x);
}

static char *
title_of (const Plan *p)
{
  const char *kind = p->size == 192 ? "Ti" : p->size == 384 ? "S" : p->size == 768 ? "B"
                     : p->size == 1024 ? "L" : p->size == 1280 ? "H" : "";

  return g_strdup_printf ("ViT-%s/%" G_GINT64_FORMAT, kind, p->patch);
}

/* Heads are in no tensor: config.json says their number, else they are 64 wide, but in ViT-H. */
static void
read_config (const AnfHubFile *file, Plan *p)
{
  p->heads = p->size == 1280 ? 16 : MAX (p->size / 64, 1);
  p->eps = p->name->eps;
  p->act = "gelu";
  if (file->config == NULL)
    return;
  anf_hub_int (file->config, "num_attention_heads", p->heads, &p->heads);
  p->eps = anf_hub_real (file->config, "layer_norm_eps", p->eps);
  p->act = anf_hub_text (file->config, "hidden_act", p->act);
}

static gboolean
read_plan (const AnfHubFile *file, Plan *p, GError **error)
{
  g_autofree char *up = name_in (p->name, 0, p->name->up);
  gint64 n = anf_hub_dim (file, 1, "%s", p->name->positions), dim[4];

  p->size = anf_hub_dim (file, 0, "%s.weight", p->name->patch);
  p->patch = anf_hub_dim (file, 2, "%s.weight", p->name->patch);
  p->inner = anf_hub_dim (file, 0, "%s.weight", up);
  p->classes = anf_hub_dim (file, 0, "%s.weight", p->name->head);
  p->image = (gint64) sqrt (MAX (n - 1, 0)) * p->patch;
  read_config (file, p);
  for (;; p->layers++)
    {
      g_autofree char *norm = name_in (p->name, p->layers, p->name->norm1);

      if (anf_hub_dim (file, 0, "%s.weight", norm) == 0)
        break;
    }
  memcpy (dim, (gint64[]) { 1, 3, p->image, p->image }, sizeof dim);
  if (!anf_hub_shape (file->shapes, "image", 4, dim, error))
    return FALSE;
  if (p->image <= 0 || (p->image / p->patch) * (p->image / p->patch) != n - 1 || p->inner <= 0)
    return anf_bad_file (error, "%s: tensor \"%s%s\" has no row for each patch of a square picture "
                         "and one for the class", file->path, file->prefix, p->name->positions);
  if (dim[0] != 1 || dim[1] != 3 || dim[2] != p->image || dim[3] != p->image)
    return anf_bad_file (error, "--shape image: its table of positions is for 1,3,%" G_GINT64_FORMAT
                         ",%" G_GINT64_FORMAT, p->image, p->image);
  if (p->heads < 1 || p->size % p->heads != 0)
    return anf_bad_file (error, "%s: %" G_GINT64_FORMAT " heads do not divide a size of %"
                         G_GINT64_FORMAT, file->path, p->heads, p->size);
  return TRUE;
}

AnfGraph *
anf_vit_read (const AnfHubFile *file, gboolean *mine, GError **error)
{
  Plan plan = { NULL };
  g_autofree char *title = NULL;
  AnfNet net;

  for (guint i = 0; i < G_N_ELEMENTS (namings) && plan.name == NULL; i++)
    {
      g_autofree char *up = name_in (&namings[i], 0, namings[i].up);

      if (anf_hub_dim (file, 0, "%s.weight", namings[i].patch) > 0
          && anf_hub_dim (file, 0, "%s.weight", up) > 0)
        plan.name = &namings[i];
    }
  *mine = plan.name != NULL;
  if (!*mine || !read_plan (file, &plan, error))
    return NULL;
  anf_net_init (&net, file->tensors, file->path, file->prefix);
  build (&net, &plan);
  title = title_of (&plan);
  return anf_net_end (&net, title, error);
}

AnfGraph *
anf_vit_new (GError **error)
{
  const Plan plan = { &namings[0], 224, 16, 768, 3072, 12, 12, 1000, 1e-6, "gelu", TRUE };
  AnfNet net;

  anf_net_init (&net, NULL, NULL, NULL);
  build (&net, &plan);
  return anf_net_end (&net, "ViT-B/16", error);
}
