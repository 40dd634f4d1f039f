/* gradient-shape.c - gradients of rows that move numbers: they move them back. */
#include "ops/gradient.h"

#include "ops/family.h"

#define X  (self->in[0])
#define Y  (self->out[0])
#define UP (self->up[0])
#define NONE ((AnfFlow) { { 0 } })

gboolean
anf_vjp_reshape (AnfGradient *self)
{
  self->to_in[0] = anf_grad_reshape (self, UP, &X.type);
  return TRUE;
}

gboolean
anf_vjp_transpose (AnfGradient *self)
{
  guint rank = X.type.rank, back[ANF_MAX_RANK];
  gint64 perm[ANF_MAX_RANK];

  anf_node_ints_n (self->node, "perm", rank, perm);
  for (guint i = 0; i < rank; i++)
    back[perm[i] < 0 ? perm[i] + rank : perm[i]] = i;
  self->to_in[0] = anf_grad_transpose (self, UP, back);
  return TRUE;
}

/* Zeros around what arrives, which begins at @begin. */
static gboolean
surround (AnfGradient *self, const gint64 *begin)
{
  AnfFlow up = UP;

  for (guint i = 0; i < X.type.rank; i++)
    up = anf_grad_pad (self, up, i, begin[i], X.type.dim[i] - begin[i] - Y.type.dim[i]);
  self->to_in[0] = up;
  return TRUE;
}

gboolean
anf_vjp_slice (AnfGradient *self)
{
  gint64 begin[ANF_MAX_RANK];

  anf_node_ints_n (self->node, "begin", X.type.rank, begin);
  return surround (self, begin);
}

gboolean
anf_vjp_crop (AnfGradient *self)
{
  return surround (self, (const gint64[]) { 0, 0, anf_node_int (self->node, "top"),
                                            anf_node_int (self->node, "left") });
}

static AnfFlow
reversed (AnfGradient *self, AnfFlow x, guint n, const gint64 *axes)
{
  AnfFlow node = anf_grad_unary (self, "reverse", x);

  anf_grad_ints (self, node, "axes", n, axes);
  return node;
}

/* A node of the same row, or of the one that undoes it, with the node's attributes. */
static AnfFlow
likewise (AnfGradient *self, const char *op, AnfFlow x, const AnfType *type)
{
  AnfFlow node = anf_grad_node (self, op, x, NONE, type);

  for (guint i = 0; i < anf_op_n_attrs (self->node->op); i++)
    if (self->node->attr[i] != NULL)
      anf_graph_builder_set_attr (self->b, node.ref.node, self->node->op->attr[i].name,
                                  self->node->attr[i]);
  return node;
}

gboolean
anf_vjp_reverse (AnfGradient *self)
{
  self->to_in[0] = likewise (self, "reverse", UP, &X.type);
  return TRUE;
}

/* Row and the row that undoes it stand side by side. */
gboolean
anf_vjp_rearrange (AnfGradient *self)
{
  static const char *const pairs[][2] = {
    { "pixel_shuffle", "pixel_unshuffle" }, { "depth_to_space", "space_to_depth" },
    { "channel_to_space", "space_to_channel" }, { "batch_to_space", "space_to_batch" },
  };
  const char *back = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    for (guint k = 0; k < 2; k++)
      if (g_str_equal (pairs[i][k], self->node->op->name))
        back = pairs[i][1 - k];
  self->to_in[0] = likewise (self, back, UP, &X.type);
  return TRUE;
}

/* The copies along each axis are added up, one axis after the other. */
gboolean
anf_vjp_tile (AnfGradient *self)
{
  guint rank = X.type.rank;
  gint64 reps[ANF_MAX_RANK];
  AnfFlow up = UP;

  anf_node_ints_n (self->node, "reps", rank, reps);
  for (guint i = 0; i < rank; i++)
    {
      AnfLanes lanes = anf_lanes (&up.type, i);
      AnfType type = up.type;

      if (reps[i] == 1)
        continue;
      type.dim[i] = X.type.dim[i];
      up = anf_grad_shape (self, up, 3, (gint64) lanes.outer, reps[i],
                           (gint64) (X.type.dim[i] * lanes.inner));
      up = anf_grad_reduce (self, "reduce_sum", up, 1, (const gint64[]) { 1 });
      up = anf_grad_reshape (self, up, &type);
    }
  self->to_in[0] = up;
  return TRUE;
}

gboolean
anf_vjp_concat (AnfGradient *self)
{
  guint axis = anf_node_axis (self->node, "axis", Y.type.rank);
  gint64 begin = 0;

  for (guint i = 0; i < self->n_in; i++)
    {
      gint64 size = self->in[i].type.dim[axis];

      if (anf_gradient_wants (self, i))
        self->to_in[i] = anf_grad_slice (self, UP, axis, begin, size);
      begin += size;
    }
  return TRUE;
}

gboolean
anf_vjp_stack (AnfGradient *self)
{
  guint axis = anf_node_axis (self->node, "axis", Y.type.rank);

  for (guint i = 0; i < self->n_in; i++)
    if (anf_gradient_wants (self, i))
      self->to_in[i] = anf_grad_reshape (self, anf_grad_slice (self, UP, axis, i, 1), &X.type);
  return TRUE;
}

/* Parts that nothing reads have a gradient of 0. */
gboolean
anf_vjp_split (AnfGradient *self)
{
  g_autofree AnfFlow *parts = g_new0 (AnfFlow, self->n_out);

  for (guint i = 0; i < self->n_out; i++)
    parts[i] = self->up[i].ref.node != 0 ? self->up[i]
                                         : anf_grad_zeros (self, &self->out[i].type);
  self->to_in[0] = anf_grad_concat (self, anf_node_axis (self->node, "axis", X.type.rank),
                                    self->n_out, parts);
  return TRUE;
}

/* ---- gather */

/* Above this, whole numbers are not exact in fp16. */
#define EXACT_IDS 2048

/* A product with the matrix [picked, size] that has a 1 where one is picked. */
static gboolean
gather_fed (AnfGradient *self, guint axis)
{
  AnfFlow ids = self->in[1], hit, up;
  gint64 n = anf_type_elements (&ids.type), size = X.type.dim[axis];
  g_autofree float *places = g_new (float, size);
  AnfType row = { ANF_F16, 2, { 1, size } };
  AnfLanes lanes = anf_lanes (&X.type, axis);

  if (size > EXACT_IDS)
    return anf_gradient_refuse (self, "%s picks by numbers from a wire out of %" G_GINT64_FORMAT
                                "; above %d they are not exact in fp16.", self->node->name, size,
                                EXACT_IDS);
  for (gint64 i = 0; i < size; i++)
    places[i] = i;
  ids.type.dtype = ANF_F16;
  ids = anf_grad_shape (self, anf_grad_unary (self, "cast", self->in[1]), 2, n, (gint64) 1);
  hit = anf_grad_compare (self, "equal", ids, anf_grad_const (self, &row, places));
  hit = anf_grad_select (self, hit, anf_grad_number (self, 1), anf_grad_number (self, 0));
  up = anf_grad_shape (self, UP, 3, (gint64) lanes.outer, n, (gint64) lanes.inner);
  up = anf_grad_bmm (self, anf_grad_swap (self, hit), up);
  self->to_in[0] = anf_grad_reshape (self, up, &X.type);
  return TRUE;
}

gboolean
anf_vjp_gather (AnfGradient *self)
{
  guint axis = anf_node_axis (self->node, "axis", X.type.rank);
  gint64 size = X.type.dim[axis], n = Y.type.dim[axis];
  g_autofree float *hit = NULL;
  g_autofree gint64 *list = NULL;

  if (self->n_in > 1 && self->in[1].ref.node != 0)
    return gather_fed (self, axis);
  list = g_new (gint64, n);
  hit = g_new0 (float, size * n);
  anf_node_ints_n (self->node, "indices", n, list);
  for (gint64 i = 0; i < n; i++)
    hit[list[i] * n + i] = 1;
  self->to_in[0] = anf_grad_matrix (self, UP, axis, size, hit);
  return TRUE;
}

/* The totals from the other end. */
gboolean
anf_vjp_cumsum (AnfGradient *self)
{
  gint64 last = X.type.rank - 1;
  AnfFlow sum = likewise (self, "cumsum", reversed (self, UP, 1, &last), &X.type);

  self->to_in[0] = reversed (self, sum, 1, &last);
  return TRUE;
}
