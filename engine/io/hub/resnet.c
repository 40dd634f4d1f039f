/* resnet.c - ResNet 18 to 152 and their kin, by the names that torchvision gives their tensors.
 *
 * A batch norm behind a convolution is a factor and a term per channel, which go into its weight
 * and bias in double: 1/sqrt of a small variance does not fit fp16, the product mostly does. */
#include "io/hub/hub.h"

#include <math.h>

#define STAGES 4
#define EPS 1e-5                   /* of torch's BatchNorm2d */

typedef struct
{
  gint64   blocks[STAGES];
  gboolean bottleneck;             /* blocks of 1x1, 3x3, 1x1 instead of two 3x3 */
  gint64   shape[4], classes;      /* classes 0: features only */
  gboolean bytes;                  /* takes a picture as bytes */
} Plan;

typedef struct { gint64 in, out, k, stride, groups; double scale; } Conv;

/* @scale: of weights that are drawn, times He's. */
static void
draw_conv (AnfNet *net, AnfRef node, const char *name, const Conv *c)
{
  const gint64 shape[] = { c->out, c->in / c->groups, c->k, c->k };
  g_autofree char *bias = g_strconcat (name, ".bias", NULL);
  g_autofree char *weight = g_strconcat (name, ".weight", NULL);

  anf_net_draw (net, node, "weight", weight, 4, shape, "normal",
                c->scale * sqrt (2.0 / (shape[1] * c->k * c->k)));
  anf_net_draw (net, node, "bias", bias, 1, &c->out, "zeros", 1);
}

/* gamma, beta, mean and variance -> factor and term. */
static gboolean
read_norm (AnfNet *net, const char *norm, gint64 n, double *factor, double *term)
{
  static const char *const parts[] = { ".weight", ".bias", ".running_mean", ".running_var" };
  g_autofree double *values = g_new (double, 4 * n);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *name = g_strconcat (norm, parts[i], NULL);
      g_autoptr(AnfTensor) tensor = anf_net_need (net, name, 1, &n);

      if (tensor == NULL)
        return FALSE;
      anf_tensor_read_double (tensor, 0, n, values + i * n);
    }
  for (gint64 i = 0; i < n; i++)
    {
      factor[i] = values[i] / sqrt (values[3 * n + i] + EPS);
      term[i] = values[n + i] - values[2 * n + i] * factor[i];
    }
  return TRUE;
}

static void
take_conv (AnfNet *net, AnfRef node, const char *name, const char *norm, const Conv *c)
{
  const gint64 shape[] = { c->out, c->in / c->groups, c->k, c->k };
  gsize inner = shape[1] * c->k * c->k, n = c->out * inner;
  g_autofree char *bias = g_strconcat (name, ".bias", NULL);
  g_autofree char *weight = g_strconcat (name, ".weight", NULL);
  g_autofree double *factor = g_new (double, c->out), *term = g_new (double, c->out);
  g_autofree float *numbers = g_new (float, n), *terms = g_new (float, c->out);
  g_autoptr(AnfTensor) tensor = anf_net_need (net, weight, 4, shape);

  if (tensor == NULL || !read_norm (net, norm, c->out, factor, term))
    return;
  anf_tensor_read (tensor, 0, n, numbers);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= factor[i / inner];
  for (gint64 i = 0; i < c->out; i++)
    terms[i] = term[i];
  anf_net_take (net, node, "weight", weight, anf_tensor_new_floats (4, shape, numbers));
  anf_net_take (net, node, "bias", bias, anf_tensor_new_floats (1, &c->out, terms));
}

static AnfRef
conv (AnfNet *net, AnfRef x, const char *label, const char *name, const char *norm, Conv c)
{
  AnfRef node = anf_net_node (net, "conv", label, x, ANF_NONE);

  anf_net_int (net, node, "stride", c.stride);
  anf_net_int (net, node, "pad", c.k / 2);
  if (c.groups > 1)
    anf_net_int (net, node, "groups", c.groups);
  if (net->tensors == NULL)
    draw_conv (net, node, name, &c);
  else
    take_conv (net, node, name, norm, &c);
  return node;
}

/* Sizes that the file decides: how wide the middle of a block is, and in how many groups. */
static gint64
dim_of (const AnfHubFile *file, const char *name, guint axis, gint64 preset)
{
  gint64 dim = file != NULL ? anf_hub_dim (file, axis, "%s", name) : 0;

  return dim > 0 ? dim : preset;
}

typedef struct { AnfNet *net; const AnfHubFile *file; const Plan *plan; gint64 total; } Build;

static AnfRef
block (Build *b, AnfRef x, guint stage, gint64 i, gint64 *in)
{
  g_autofree char *stem = g_strdup_printf ("layer%u.%" G_GINT64_FORMAT, stage + 1, i);
  gboolean deep = b->plan->bottleneck;
  gint64 width = (gint64) 64 << stage, out = width * (deep ? 4 : 1), per_group;
  gint64 stride = stage > 0 && i == 0 ? 2 : 1;
  /* Of drawn weights: each block adds to the sum, so that none may add much. */
  double last = 1 / sqrt (b->total);
  AnfRef y = x;

  anf_net_group (b->net, "layer%u/block%" G_GINT64_FORMAT, stage + 1, i);
  for (guint k = 1; k <= (deep ? 3 : 2); k++)
    {
      g_autofree char *label = g_strdup_printf ("conv%u", k);
      g_autofree char *name = g_strdup_printf ("%s.conv%u", stem, k);
      g_autofree char *norm = g_strdup_printf ("%s.bn%u", stem, k);
      g_autofree char *weight = g_strconcat (name, ".weight", NULL);
      gboolean is_last = k == (deep ? 3 : 2);
      Conv c = { k == 1 ? *in : width, is_last ? out : width, deep && k != 2 ? 1 : 3, 1, 1,
                 is_last ? last : 1 };

      if (k == (deep ? 2 : 1))
        c.stride = stride;
      width = c.out = dim_of (b->file, weight, 0, c.out);
      per_group = dim_of (b->file, weight, 1, c.in);
      if (deep && k == 2 && c.in % per_group == 0)
        c.groups = c.in / per_group;
      y = conv (b->net, y, label, name, norm, c);
      out = c.out;
      if (!is_last)
        y = anf_net_node (b->net, "relu", "relu", y, ANF_NONE);
    }
  if (stride > 1 || *in != out)
    {
      g_autofree char *name = g_strconcat (stem, ".downsample.0", NULL);
      g_autofree char *norm = g_strconcat (stem, ".downsample.1", NULL);

      x = conv (b->net, x, "shortcut", name, norm, (Conv) { *in, out, 1, stride, 1, 1 });
    }
  *in = out;
  y = anf_net_node (b->net, "add", "residual", y, x);
  return anf_net_node (b->net, "relu", "relu", y, ANF_NONE);
}

static void
build (Build *b)
{
  gint64 in = dim_of (b->file, "conv1.weight", 0, 64);
  AnfRef x = anf_net_picture (b->net, b->plan->shape, b->plan->bytes);

  for (guint s = 0; s < STAGES; s++)
    b->total += b->plan->blocks[s];
  anf_net_group (b->net, "stem");
  x = conv (b->net, x, "conv1", "conv1", "bn1",
            (Conv) { b->plan->shape[1], in, 7, 2, 1, 1 });
  x = anf_net_node (b->net, "relu", "relu", x, ANF_NONE);
  x = anf_net_node (b->net, "max_pool", "max_pool", x, ANF_NONE);
  anf_net_int (b->net, x, "k", 3);
  anf_net_int (b->net, x, "stride", 2);
  anf_net_int (b->net, x, "pad", 1);
  for (guint s = 0; s < STAGES; s++)
    for (gint64 i = 0; i < b->plan->blocks[s]; i++)
      x = block (b, x, s, i, &in);
  anf_net_group (b->net, "%s", "");
  x = anf_net_node (b->net, "reduce_mean", "mean", x, ANF_NONE);
  anf_net_ints (b->net, x, "axes", 2, (gint64[]) { 2, 3 });
  x = anf_net_reshape (b->net, x, 2, (gint64[]) { b->plan->shape[0], in });
  if (b->plan->classes > 0)
    x = anf_net_linear (b->net, x, "fc", "fc", in, b->plan->classes, FALSE);
  anf_net_output (b->net, b->plan->classes > 0 ? "logits" : "features", x);
}

static const struct { gint64 blocks[STAGES]; gboolean bottleneck; guint layers; } known[] = {
  { { 2, 2, 2, 2 }, FALSE, 18 }, { { 3, 4, 6, 3 }, FALSE, 34 }, { { 3, 4, 6, 3 }, TRUE, 50 },
  { { 3, 4, 23, 3 }, TRUE, 101 }, { { 3, 8, 36, 3 }, TRUE, 152 },
};

/* The number in its name: of layers that have weights and are on the longest way. */
static guint
layers_of (const Plan *plan)
{
  gint64 n = 2;

  for (guint s = 0; s < STAGES; s++)
    n += plan->blocks[s] * (plan->bottleneck ? 3 : 2);
  return n;
}

AnfGraph *
anf_resnet_read (const AnfHubFile *file, gboolean *mine, GError **error)
{
  Plan plan = { .shape = { 1, anf_hub_dim (file, 1, "conv1.weight"), 224, 224 } };
  g_autofree char *title = NULL;
  AnfNet net;
  Build b = { &net, file, &plan, 0 };

  *mine = plan.shape[1] > 0 && anf_hub_dim (file, 0, "layer4.0.conv2.weight") > 0
          && anf_hub_dim (file, 0, "bn1.running_mean") > 0;
  if (!*mine)
    return NULL;
  for (guint s = 0; s < STAGES; s++)
    while (anf_hub_dim (file, 0, "layer%u.%" G_GINT64_FORMAT ".conv1.weight", s + 1,
                        plan.blocks[s]) > 0)
      plan.blocks[s]++;
  plan.bottleneck = anf_hub_dim (file, 0, "layer1.0.conv3.weight") > 0;
  plan.classes = anf_hub_dim (file, 0, "fc.weight");
  if (!anf_hub_shape (file->shapes, "image", 4, plan.shape, error))
    return NULL;
  anf_net_init (&net, file->tensors, file->path, file->prefix);
  build (&b);
  title = g_strdup_printf ("ResNet-%u", layers_of (&plan));
  return anf_net_end (&net, title, error);
}

AnfGraph *
anf_resnet_new (guint layers, GError **error)
{
  Plan plan = { .shape = { 1, 3, 224, 224 }, .classes = 1000, .bytes = TRUE };
  g_autofree char *title = g_strdup_printf ("ResNet-%u", layers);
  AnfNet net;
  Build b = { &net, NULL, &plan, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (known[i].layers == layers)
      {
        for (guint s = 0; s < STAGES; s++)
          plan.blocks[s] = known[i].blocks[s];
        plan.bottleneck = known[i].bottleneck;
      }
  anf_net_init (&net, NULL, NULL, NULL);
  build (&b);
  return anf_net_end (&net, title, error);
}
