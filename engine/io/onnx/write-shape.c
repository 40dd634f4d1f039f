/* write-shape.c - rows in operators of ONNX: shapes, joins, blocks of pixels, sampling. */
#include "io/onnx/write.h"

#include "ops/family.h"

/* ---------------------------------------------------------------- shapes */

static guint
ints (const AnfOnnxSay *self, const char *attr, gint64 *out)
{
  return MIN (anf_node_ints (self->node, attr, out, ANF_MAX_RANK), ANF_MAX_RANK);
}

static void
say_reshape (AnfOnnxSay *self)
{
  gint64 dim[ANF_MAX_RANK];

  for (guint i = 0; i < self->out[0].rank; i++)
    dim[i] = self->out[0].dim[i];
  self->y[0] = anf_say_shape (self, self->x[0], self->out[0].rank, dim);
}

static void
say_transpose (AnfOnnxSay *self)
{
  gint64 perm[ANF_MAX_RANK];
  guint n = ints (self, "perm", perm);

  for (guint i = 0; i < n; i++)
    perm[i] += perm[i] < 0 ? n : 0;
  self->y[0] = anf_say_perm (self, self->x[0], n, perm);
}

/* Unsqueeze and Squeeze, whose axes are an input. */
static void
say_axes (AnfOnnxSay *self)
{
  gint64 axes[ANF_MAX_RANK];
  guint n = ints (self, "axes", axes);

  self->y[0] = anf_say (self, self->node->op->onnx, self->x[0], anf_say_whole (self, n, axes),
                        NULL);
}

static void
say_flatten (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "Flatten", self->x[0], NULL, NULL);
  anf_say_int (self, "axis", anf_node_int (self->node, "axis"));
}

/* From @begin to @end, the end not included, on all axes. */
static AnfOnnxTerm
slice (AnfOnnxSay *self, guint rank, const gint64 *begin, const gint64 *end)
{
  gint64 axes[ANF_MAX_RANK] = { 0, 1, 2, 3, 4 };
  const AnfOnnxTerm in[] = { self->x[0], anf_say_whole (self, rank, begin),
                             anf_say_whole (self, rank, end), anf_say_whole (self, rank, axes) };

  return anf_say_list (self, "Slice", G_N_ELEMENTS (in), in);
}

static void
say_slice (AnfOnnxSay *self)
{
  gint64 begin[ANF_MAX_RANK], end[ANF_MAX_RANK];
  guint n = ints (self, "begin", begin);

  for (guint i = 0; i < n; i++)
    end[i] = begin[i] + self->out[0].dim[i];
  self->y[0] = slice (self, n, begin, end);
}

static void
say_crop (AnfOnnxSay *self)
{
  guint n = self->in[0]->rank;
  gint64 begin[ANF_MAX_RANK] = { 0 }, end[ANF_MAX_RANK];

  begin[n - 2] = anf_node_int (self->node, "top");
  begin[n - 1] = anf_node_int (self->node, "left");
  for (guint i = 0; i < n; i++)
    end[i] = begin[i] + self->out[0].dim[i];
  self->y[0] = slice (self, n, begin, end);
}

static void
say_reverse (AnfOnnxSay *self)
{
  gint64 axes[ANF_MAX_RANK], from[ANF_MAX_RANK], to[ANF_MAX_RANK], step[ANF_MAX_RANK];
  guint n = ints (self, "axes", axes);

  for (guint i = 0; i < n; i++)
    {
      from[i] = -1;
      to[i] = -G_MAXINT;
      step[i] = -1;
    }
  const AnfOnnxTerm in[] = { self->x[0], anf_say_whole (self, n, from),
                             anf_say_whole (self, n, to), anf_say_whole (self, n, axes),
                             anf_say_whole (self, n, step) };
  self->y[0] = anf_say_list (self, "Slice", G_N_ELEMENTS (in), in);
}

static void
say_tile (AnfOnnxSay *self)
{
  gint64 reps[ANF_MAX_RANK];
  guint n = ints (self, "reps", reps);

  self->y[0] = anf_say (self, "Tile", self->x[0], anf_say_whole (self, n, reps), NULL);
}

/* ---------------------------------------------------------------- joins */

static void
say_concat (AnfOnnxSay *self)
{
  self->y[0] = anf_say_list (self, "Concat", self->n_in, self->x);
  anf_say_int (self, "axis", anf_node_int (self->node, "axis"));
}

static void
say_stack (AnfOnnxSay *self)
{
  gint64 axis = anf_node_axis (self->node, "axis", self->out[0].rank);
  g_autofree AnfOnnxTerm *in = g_new (AnfOnnxTerm, self->n_in);
  AnfOnnxTerm axes = anf_say_whole (self, 1, &axis);

  for (guint i = 0; i < self->n_in; i++)
    in[i] = anf_say (self, "Unsqueeze", self->x[i], axes, NULL);
  self->y[0] = anf_say_list (self, "Concat", self->n_in, in);
  anf_say_int (self, "axis", axis);
}

/* Equal parts, as many as there are outputs. */
static void
say_split (AnfOnnxSay *self)
{
  anf_say (self, "Split", self->x[0], NULL, NULL);
  anf_say_int (self, "axis", anf_node_int (self->node, "axis"));
  anf_say_outputs (self, self->n_out, self->y);
}

/* A number that is fed may count from the end; what lies outside is an error there. */
static void
say_gather (AnfOnnxSay *self)
{
  guint n = anf_node_ints (self->node, "indices", NULL, 0);
  g_autofree gint64 *list = g_new0 (gint64, n + 1);
  AnfOnnxTerm indices = self->n_in > 1 ? self->x[1] : NULL;

  anf_node_ints (self->node, "indices", list, n);
  if (indices == NULL)
    indices = anf_say_whole (self, n, list);
  self->y[0] = anf_say (self, "Gather", self->x[0], indices, NULL);
  anf_say_int (self, "axis", anf_node_int (self->node, "axis"));
}

/* ---------------------------------------------------------------- blocks of pixels */

static void
say_pixel_shuffle (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "DepthToSpace", self->x[0], NULL, NULL);
  anf_say_int (self, "blocksize", anf_node_int (self->node, "r"));
  anf_say_text (self, "mode", "CRD");
}

static gint64
block (const AnfOnnxSay *self)
{
  return anf_node_int (self->node, anf_op_find_attr (self->node->op, "r") >= 0 ? "r"
                                                                                : "block_size");
}

static void
say_depth_to_space (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "DepthToSpace", self->x[0], NULL, NULL);
  anf_say_int (self, "blocksize", block (self));
}

static void
say_space_to_depth (AnfOnnxSay *self)
{
  self->y[0] = anf_say (self, "SpaceToDepth", self->x[0], NULL, NULL);
  anf_say_int (self, "blocksize", block (self));
}

/* Four axes seen as six, in another order. */
static void
rearranged (AnfOnnxSay *self, const gint64 *split, const gint64 *order)
{
  gint64 dim[4];

  for (guint i = 0; i < 4; i++)
    dim[i] = self->out[0].dim[i];
  self->y[0] = anf_say_shape (self, anf_say_perm (self, anf_say_shape (self, self->x[0], 6, split),
                                                  6, order), 4, dim);
}

static void
say_pixel_unshuffle (AnfOnnxSay *self)
{
  const AnfType *x = self->in[0];
  gint64 r = anf_node_int (self->node, "r");

  rearranged (self, (gint64[]) { x->dim[0], x->dim[1], x->dim[2] / r, r, x->dim[3] / r, r },
              (gint64[]) { 0, 1, 3, 5, 2, 4 });
}

static void
say_batch_to_space (AnfOnnxSay *self)
{
  const AnfType *x = self->in[0];
  gint64 h = anf_node_int (self->node, "bh"), w = anf_node_int (self->node, "bw");

  rearranged (self, (gint64[]) { x->dim[0] / (h * w), h, w, x->dim[1], x->dim[2], x->dim[3] },
              (gint64[]) { 0, 3, 4, 1, 5, 2 });
}

static void
say_space_to_batch (AnfOnnxSay *self)
{
  const AnfType *x = self->in[0];
  gint64 h = anf_node_int (self->node, "bh"), w = anf_node_int (self->node, "bw");

  rearranged (self, (gint64[]) { x->dim[0], x->dim[1], x->dim[2] / h, h, x->dim[3] / w, w },
              (gint64[]) { 0, 3, 5, 1, 2, 4 });
}

/* ---------------------------------------------------------------- sampling */

/* @place: what ONNX calls the rule by which pixels find each other. */
static void
resize (AnfOnnxSay *self, const char *mode, const char *place)
{
  gint64 dim[4];

  for (guint i = 0; i < 4; i++)
    dim[i] = self->out[0].dim[i];
  const AnfOnnxTerm in[] = { self->x[0], NULL, NULL, anf_say_whole (self, 4, dim) };
  self->y[0] = anf_say_list (self, "Resize", G_N_ELEMENTS (in), in);
  anf_say_text (self, "mode", mode);
  anf_say_text (self, "coordinate_transformation_mode", place);
}

/* Pixel i is i in / out in whole numbers. As a real number that may come out just below one; then
 * the rows and columns are named instead. */
static void
say_nearest (AnfOnnxSay *self)
{
  const AnfType *in = self->in[0], *out = &self->out[0];

  if (out->dim[2] % in->dim[2] == 0 && out->dim[3] % in->dim[3] == 0)
    {
      resize (self, "nearest", "asymmetric");
      anf_say_text (self, "nearest_mode", "floor");
      return;
    }
  self->y[0] = self->x[0];
  for (guint axis = 2; axis < 4; axis++)
    {
      g_autofree gint64 *from = g_new (gint64, out->dim[axis]);

      for (int i = 0; i < out->dim[axis]; i++)
        from[i] = (gint64) i * in->dim[axis] / out->dim[axis];
      self->y[0] = anf_say (self, "Gather", self->y[0],
                            anf_say_whole (self, out->dim[axis], from), NULL);
      anf_say_int (self, "axis", axis);
    }
}

static void
say_bilinear (AnfOnnxSay *self)
{
  resize (self, "linear", anf_node_flag (self->node, "align_corners") ? "align_corners"
                          : anf_op_find_attr (self->node->op, "scale") >= 0 ? "half_pixel"
                                                                           : "asymmetric");
}

/* Where the pixels of the result are, on -1 to 1, with a 1 behind: rows x, y, 1. */
static AnfOnnxTerm
places (AnfOnnxSay *self, gboolean corners)
{
  gint64 h = self->out[0].dim[2], w = self->out[0].dim[3];
  g_autofree float *grid = g_new (float, 3 * h * w);

  for (gint64 i = 0; i < h * w; i++)
    for (guint axis = 0; axis < 2; axis++)
      {
        gint64 n = axis == 0 ? w : h, at = axis == 0 ? i % w : i / w;

        grid[3 * i + axis] = corners ? (n > 1 ? 2.0 * at / (n - 1) - 1 : 0)
                                     : (2.0 * at + 1) / n - 1;
        grid[3 * i + 2] = 1;
      }
  return anf_say_array (self, 3, (gint64[]) { 1, h * w, 3 }, grid);
}

static void
say_affine (AnfOnnxSay *self)
{
  const AnfType *out = &self->out[0];
  gboolean corners = anf_node_flag (self->node, "align_corners");
  gint64 rows = anf_tensor_dim (self->weight[0], 0);
  AnfOnnxTerm m = anf_say_shape (self, self->w[0], 3, (gint64[]) { rows, 2, 3 }), grid;

  m = anf_say_perm (self, m, 3, (gint64[]) { 0, 2, 1 });
  grid = anf_say (self, "MatMul", places (self, corners), m, NULL);
  grid = anf_say_shape (self, grid, 4, (gint64[]) { rows, out->dim[2], out->dim[3], 2 });
  if (rows != out->dim[0])
    grid = anf_say (self, "Tile", grid,
                    anf_say_whole (self, 4, (gint64[]) { out->dim[0], 1, 1, 1 }), NULL);
  self->y[0] = anf_say (self, "GridSample", self->x[0], grid, NULL);
  anf_say_int (self, "align_corners", corners);
}

const AnfOnnxWords anf_onnx_words_shape[] = {
  { "reshape", say_reshape }, { "transpose", say_transpose }, { "expand_dims", say_axes },
  { "squeeze", say_axes }, { "flatten2d", say_flatten }, { "slice_by_size", say_slice },
  { "crop", say_crop }, { "reverse", say_reverse }, { "tile", say_tile },
  { "concat", say_concat }, { "stack", say_stack }, { "split", say_split },
  { "gather", say_gather }, { "pixel_shuffle", say_pixel_shuffle },
  { "pixel_unshuffle", say_pixel_unshuffle }, { "depth_to_space", say_depth_to_space },
  { "space_to_depth", say_space_to_depth }, { "channel_to_space", say_depth_to_space },
  { "space_to_channel", say_space_to_depth }, { "batch_to_space", say_batch_to_space },
  { "space_to_batch", say_space_to_batch }, { "upsample", say_nearest },
  { "upsample_bilinear", say_bilinear }, { "resize_nearest_neighbor", say_nearest },
  { "resize_bilinear", say_bilinear }, { "affine", say_affine },
  { NULL }
};
