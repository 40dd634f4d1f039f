/* rearrange.c - blocks of pixels become channels or images, and back. */
#include "ops/bound.h"
#include "ops/view.h"
#include "ops/gradient.h"
#include "ops/lower.h"

/* How the input's four axes split into six, by the blocks in them. */
typedef enum
{
  PIXELS,                          /* N, C, H / h, h, W / w, w */
  CHANNELS_INNER,                  /* N, C / hw, h, w, H, W */
  CHANNELS_OUTER,                  /* N, h, w, C / hw, H, W */
  BATCH,                           /* N / hw, h, w, C, H, W */
} Split;

typedef struct
{
  const char *name, *row, *column; /* attributes with the block's height and width */
  Split       split;
  guint       order[6];            /* of the split axes in the result */
  guint       merge[4];            /* how many of them make each axis of the result */
} Rearrangement;

#define TO_PIXELS { 1, 1, 2, 2 }
#define TO_CHANNELS { 1, 3, 1, 1 }
#define TO_BATCH { 3, 1, 1, 1 }

static const Rearrangement rearrangements[] = {
  { "pixel_shuffle", "r", "r", CHANNELS_INNER, { 0, 1, 4, 2, 5, 3 }, TO_PIXELS },
  { "pixel_unshuffle", "r", "r", PIXELS, { 0, 1, 3, 5, 2, 4 }, TO_CHANNELS },
  { "depth_to_space", "block_size", "block_size", CHANNELS_OUTER, { 0, 3, 4, 1, 5, 2 }, TO_PIXELS },
  { "space_to_depth", "block_size", "block_size", PIXELS, { 0, 3, 5, 1, 2, 4 }, TO_CHANNELS },
  { "channel_to_space", "r", "r", CHANNELS_OUTER, { 0, 3, 4, 1, 5, 2 }, TO_PIXELS },
  { "space_to_channel", "r", "r", PIXELS, { 0, 3, 5, 1, 2, 4 }, TO_CHANNELS },
  { "batch_to_space", "bh", "bw", BATCH, { 0, 3, 4, 1, 5, 2 }, TO_PIXELS },
  { "space_to_batch", "bh", "bw", PIXELS, { 0, 3, 5, 1, 2, 4 }, TO_BATCH },
};

static const Rearrangement *
rearrangement_of (const AnfNode *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (rearrangements); i++)
    if (g_str_equal (rearrangements[i].name, node->op->name))
      return &rearrangements[i];
  g_assert_not_reached ();
}

static void
split_axes (const Rearrangement *self, const AnfType *in, gsize h, gsize w, gsize *dim)
{
  gsize n = in->dim[0], c = in->dim[1], height = in->dim[2], width = in->dim[3];
  const gsize splits[][6] = {
    [PIXELS] = { n, c, height / h, h, width / w, w },
    [CHANNELS_INNER] = { n, c / (h * w), h, w, height, width },
    [CHANNELS_OUTER] = { n, h, w, c / (h * w), height, width },
    [BATCH] = { n / (h * w), h, w, c, height, width },
  };

  for (guint i = 0; i < 6; i++)
    dim[i] = splits[self->split][i];
}

static gboolean
divides (AnfShapes *self, const char *attr, guint axis, gint64 by)
{
  static const char *const axes[] = { "batch", "number of channels", "height", "width" };

  if (self->in[0]->dim[axis] % by == 0)
    return TRUE;
  return anf_shapes_refuse (self, "SHP110", attr, "Use a divisor of it.",
                            "The %s of \"x\" of %s is %d, which %" G_GINT64_FORMAT
                            " does not divide.", axes[axis], self->node->name,
                            self->in[0]->dim[axis], by);
}

static gboolean
rearrange_infer (AnfShapes *self)
{
  const Rearrangement *kind = rearrangement_of (self->node);
  gint64 h, w, out[4] = { 1, 1, 1, 1 };
  gsize dim[6];

  if (!anf_shapes_is (self, 0, ANF_F16) || !anf_shapes_rank (self, 0, 4, 4)
      || !anf_shapes_ints (self, kind->row, 1, 1, &h)
      || !anf_shapes_ints (self, kind->column, 1, 1, &w))
    return FALSE;
  if (self->node->op->kind == ANF_SEGMENT_BRIDGE && self->in[0]->dim[0] != 1
      && kind->row == kind->column)
    return anf_shapes_refuse (self, "SHP112", "x", "Run the batch one by one.",
                              "\"x\" of %s has a batch of %d; it takes 1.", self->node->name,
                              self->in[0]->dim[0]);
  if (kind->split == PIXELS ? !divides (self, kind->row, 2, h)
                              || !divides (self, kind->column, 3, w)
                            : !divides (self, kind->row, kind->split != BATCH, h * w))
    return FALSE;
  split_axes (kind, self->in[0], h, w, dim);
  for (guint axis = 0, i = 0; axis < 4; axis++)
    for (guint k = 0; k < kind->merge[axis]; k++)
      out[axis] *= dim[kind->order[i++]];
  return anf_shapes_set (self, 0, ANF_F16, 4, out);
}

static void
rearrange_view (AnfView *view, const AnfNode *node, const AnfType *in, const AnfType *out)
{
  const Rearrangement *kind = rearrangement_of (node);
  gsize dim[6];

  split_axes (kind, in, anf_node_int (node, kind->row), anf_node_int (node, kind->column), dim);
  anf_view_permute (view, 6, dim, kind->order);
}

static gboolean
rearrange_prepare (const AnfCall *call, gpointer *state, GError **error)
{
  return anf_view_prepare (call, rearrange_view, state);
}

static void
rearrange_reference (const AnfExact *exact)
{
  anf_view_reference (exact, rearrange_view);
}

static const char *
rearrange_cut (void)
{
  return "This rearrangement is a program of its own on the device.";
}

#define BLOCK(called, given) { .name = called, .kind = ANF_ATTR_INT, .preset = given, .min = 1, \
                               .max = G_MAXINT, .doc = "Size of a block" }
#define REARRANGE \
  .in = { { "x", ANF_REQUIRED, "N, channels, height, width" } }, .infer = rearrange_infer, \
  .prepare = rearrange_prepare, .release = g_free, .kernel = anf_view_kernel, \
  .reference = rearrange_reference, .bound = anf_bound_same
#define FUSED REARRANGE, .category = ANF_CAT_SHAPE
#define CUT REARRANGE, .category = ANF_CAT_BRIDGE, .kind = ANF_SEGMENT_BRIDGE, .cut = rearrange_cut
#define SAMPLE(n, c, h, w, ...) .sample = { .in = { { ANF_F16, 4, { n, c, h, w } } }, \
                                            .attr = { __VA_ARGS__ }, .lo = -4, .hi = 4 }

const AnfOp anf_ops_rearrange[] = {
  { .name = "pixel_shuffle", .title = "Pixel shuffle",
    .vjp = anf_vjp_rearrange,
    .doc = "Channels become blocks of pixels, channel by channel.", FUSED,
    .reads = "* (upscale_factor = r, x = x)",
    .mil = anf_mil_shuffle,
    .attr = { BLOCK ("r", NULL) }, SAMPLE (2, 8, 3, 2, { "r", "2" }) },
  { .name = "pixel_unshuffle", .title = "Pixel unshuffle",
    .vjp = anf_vjp_rearrange,
    .doc = "Blocks of pixels become channels, channel by channel.", FUSED,
    .reads = "* (downscale_factor = r, x = x)",
    .mil = anf_mil_unshuffle,
    .attr = { BLOCK ("r", NULL) }, SAMPLE (2, 2, 6, 4, { "r", "2" }) },
  { .name = "depth_to_space", .title = "Depth to space", .onnx = "DepthToSpace",
    .vjp = anf_vjp_rearrange,
    .doc = "Channels become blocks of pixels, block by block.", FUSED,
    .reads = "* (block_size = block_size, x = x)",
    .mil = anf_mil_depth,
    .attr = { BLOCK ("block_size", "2") }, SAMPLE (2, 8, 3, 2, { NULL, NULL }) },
  { .name = "space_to_depth", .title = "Space to depth", .onnx = "SpaceToDepth",
    .vjp = anf_vjp_rearrange,
    .doc = "Blocks of pixels become channels, block by block.", FUSED,
    .reads = "* (block_size = block_size, x = x)",
    .mil = anf_mil_depth,
    .attr = { BLOCK ("block_size", "2") }, SAMPLE (2, 2, 6, 4, { NULL, NULL }) },
  { .name = "channel_to_space", .title = "Channel to space",
    .vjp = anf_vjp_rearrange,
    .doc = "Channels become blocks of pixels, block by block.", CUT,
    .core_ml = anf_mil_channel_to_space,
    .attr = { BLOCK ("r", NULL) }, SAMPLE (1, 8, 3, 2, { "r", "2" }) },
  { .name = "space_to_channel", .title = "Space to channel",
    .vjp = anf_vjp_rearrange,
    .doc = "Blocks of pixels become channels, block by block.", CUT,
    .core_ml = anf_mil_space_to_channel,
    .attr = { BLOCK ("r", NULL) }, SAMPLE (1, 2, 6, 4, { "r", "2" }) },
  { .name = "batch_to_space", .title = "Batch to space",
    .vjp = anf_vjp_rearrange,
    .doc = "Images of a batch become the pixels of larger ones.", CUT,
    .attr = { BLOCK ("bh", NULL), BLOCK ("bw", NULL) },
    .core_ml = anf_mil_batch_to_space,
    SAMPLE (12, 2, 3, 2, { "bh", "2" }, { "bw", "3" }) },
  { .name = "space_to_batch", .title = "Space to batch",
    .vjp = anf_vjp_rearrange,
    .doc = "Every n-th pixel goes to an image of its own.", CUT,
    .attr = { BLOCK ("bh", NULL), BLOCK ("bw", NULL) },
    .core_ml = anf_mil_space_to_batch,
    SAMPLE (2, 2, 4, 6, { "bh", "2" }, { "bw", "3" }) },
  { NULL }
};
