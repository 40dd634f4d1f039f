/* lower-shape.c - rows that move, join and resample as MIL. */
#include "ops/lower.h"

#include "ops/family.h"

static void
shape_of (const AnfType *type, gint64 *dim)
{
  for (guint i = 0; i < type->rank; i++)
    dim[i] = type->dim[i];
}

/* A list attribute, negative entries counted from the end of @rank axes. */
static guint
axes_of (const AnfMilNode *mil, const char *attr, guint rank, gint64 *axes)
{
  guint n = MIN (anf_node_ints (mil->node, attr, axes, ANF_MAX_RANK), ANF_MAX_RANK);

  for (guint i = 0; i < n; i++)
    axes[i] += axes[i] < 0 ? rank : 0;
  return n;
}

/* The last argument of the row's own operator, and its end. */
static gboolean
finish (AnfMilNode *mil)
{
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

static void
begin_row (AnfMilNode *mil)
{
  anf_mil_begin (mil, anf_op_name (anf_node_op (mil->node)));
}

gboolean
anf_mil_reshape (AnfMilNode *mil)
{
  gint64 shape[ANF_MAX_RANK];

  shape_of (mil->out_type, shape);
  anf_mil_begin (mil, "reshape");
  anf_mil_ints (mil, "shape", mil->out_type[0].rank, shape);
  return finish (mil);
}

gboolean
anf_mil_transpose (AnfMilNode *mil)
{
  gint64 perm[ANF_MAX_RANK];
  guint n = axes_of (mil, "perm", mil->in_type[0]->rank, perm);

  anf_mil_begin (mil, "transpose");
  anf_mil_ints (mil, "perm", n, perm);
  return finish (mil);
}

gboolean
anf_mil_axes (AnfMilNode *mil)
{
  gint64 axes[ANF_MAX_RANK];
  guint rank = MAX (mil->in_type[0]->rank, mil->out_type[0].rank);
  guint n = axes_of (mil, "axes", rank, axes);

  begin_row (mil);
  anf_mil_ints (mil, "axes", n, axes);
  return finish (mil);
}

gboolean
anf_mil_flatten (AnfMilNode *mil)
{
  gint64 axis = anf_node_int (mil->node, "axis");

  begin_row (mil);
  anf_mil_int (mil, "axis", axis < 0 ? axis + mil->in_type[0]->rank : axis);
  return finish (mil);
}

gboolean
anf_mil_slice (AnfMilNode *mil)
{
  gint64 begin[ANF_MAX_RANK], size[ANF_MAX_RANK];
  guint n = anf_node_ints (mil->node, "begin", begin, ANF_MAX_RANK);

  shape_of (mil->out_type, size);
  begin_row (mil);
  anf_mil_ints (mil, "begin", n, begin);
  anf_mil_ints (mil, "size", n, size);
  return finish (mil);
}

gboolean
anf_mil_crop (AnfMilNode *mil)
{
  const AnfNode *node = mil->node;

  begin_row (mil);
  anf_mil_ints (mil, "crop_height", 2, (gint64[]) { anf_node_int (node, "top"),
                                                    anf_node_int (node, "bottom") });
  anf_mil_ints (mil, "crop_width", 2, (gint64[]) { anf_node_int (node, "left"),
                                                   anf_node_int (node, "right") });
  return finish (mil);
}

gboolean
anf_mil_tile (AnfMilNode *mil)
{
  gint64 reps[ANF_MAX_RANK];

  for (guint i = 0; i < mil->out_type[0].rank; i++)
    reps[i] = mil->out_type[0].dim[i] / mil->in_type[0]->dim[i];
  begin_row (mil);
  anf_mil_ints (mil, "reps", mil->out_type[0].rank, reps);
  return finish (mil);
}

/* stack has an axis more than its values; concat alone may weave them. */
gboolean
anf_mil_concat (AnfMilNode *mil)
{
  gboolean stacks = mil->out_type[0].rank > mil->in_type[0]->rank;

  begin_row (mil);
  anf_mil_int (mil, "axis", anf_node_axis (mil->node, "axis", mil->out_type[0].rank));
  if (!stacks)
    anf_mil_flag (mil, "interleave", FALSE);
  anf_mil_names (mil, "values", mil->n_in, mil->in);
  anf_mil_end (mil, 0);
  return TRUE;
}

gboolean
anf_mil_split (AnfMilNode *mil)
{
  begin_row (mil);
  anf_mil_int (mil, "axis", anf_node_axis (mil->node, "axis", mil->in_type[0]->rank));
  anf_mil_int (mil, "num_splits", mil->n_out);
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end_all (mil);
  return TRUE;
}

/* ---------------------------------------------------------------- gather */

/* Each run of indices that count up is one slice. @suffix NULL: the node's output. */
static const char *
slice_runs (AnfMilNode *mil, const char *x, const AnfType *type, guint axis, const gint64 *indices,
            guint n, const char *suffix, const AnfType *all)
{
  g_autoptr(GPtrArray) parts = g_ptr_array_new ();
  gint64 begin[ANF_MAX_RANK] = { 0 }, size[ANF_MAX_RANK];

  for (guint i = 0, end; i < n; i = end)
    {
      AnfType part = *type;

      for (end = i + 1; end < n && indices[end] == indices[end - 1] + 1; end++)
        ;
      part.dim[axis] = end - i;
      begin[axis] = indices[i];
      shape_of (&part, size);
      anf_mil_begin (mil, "slice_by_size");
      anf_mil_ints (mil, "begin", type->rank, begin);
      anf_mil_ints (mil, "size", type->rank, size);
      anf_mil_name (mil, "x", x);
      g_ptr_array_add (parts, (gpointer) anf_mil_end_as (mil, "part", &part));
    }
  anf_mil_begin (mil, "concat");
  anf_mil_int (mil, "axis", axis);
  anf_mil_flag (mil, "interleave", FALSE);
  anf_mil_names (mil, "values", parts->len, (const char *const *) parts->pdata);
  return suffix != NULL ? anf_mil_end_as (mil, suffix, all) : anf_mil_end (mil, 0);
}

static const char *
exchange (AnfMilNode *mil, const char *suffix, const char *x, AnfType *type)
{
  gint64 perm[ANF_MAX_RANK];
  guint last = type->rank - 1;
  int dim = type->dim[last];

  for (guint i = 0; i <= last; i++)
    perm[i] = i;
  perm[last] = last - 1;
  perm[last - 1] = last;
  type->dim[last] = type->dim[last - 1];
  type->dim[last - 1] = dim;
  anf_mil_begin (mil, "transpose");
  anf_mil_ints (mil, "perm", type->rank, perm);
  anf_mil_name (mil, "x", x);
  return suffix != NULL ? anf_mil_end_as (mil, suffix, type) : anf_mil_end (mil, 0);
}

/* A vector is gathered as a column: its only axis must not be the last. */
static gboolean
gather_vector (AnfMilNode *mil, const gint64 *indices, guint n)
{
  AnfType column = { ANF_F16, 2, { mil->in_type[0]->dim[0], 1 } }, all = { ANF_F16, 2, { n, 1 } };
  const char *x;

  anf_mil_begin (mil, "reshape");
  anf_mil_ints (mil, "shape", 2, (gint64[]) { column.dim[0], 1 });
  anf_mil_name (mil, "x", mil->in[0]);
  x = anf_mil_end_as (mil, "column", &column);
  x = slice_runs (mil, x, &column, 0, indices, n, "rows", &all);
  anf_mil_begin (mil, "reshape");
  anf_mil_ints (mil, "shape", 1, (gint64[]) { n });
  anf_mil_name (mil, "x", x);
  anf_mil_end (mil, 0);
  return TRUE;
}

/* Slices that begin inside the last axis lose large numbers on older chips, so that axis is first
 * exchanged with the one before it. */
gboolean
anf_mil_gather (AnfMilNode *mil)
{
  AnfType type = *mil->in_type[0], all;
  guint axis = anf_node_axis (mil->node, "axis", type.rank);
  guint n = anf_node_ints (mil->node, "indices", NULL, 0);
  g_autofree gint64 *indices = g_new (gint64, MAX (n, 1));
  const char *x = mil->in[0];

  anf_node_ints (mil->node, "indices", indices, n);
  for (guint i = 0; i < n; i++)
    indices[i] += indices[i] < 0 ? type.dim[axis] : 0;
  if (n == 0)
    return FALSE;
  if (type.rank == 1)
    return gather_vector (mil, indices, n);

  if (axis == type.rank - 1)
    {
      x = exchange (mil, "turned", x, &type);
      all = type;
      all.dim[axis - 1] = n;
      x = slice_runs (mil, x, &type, axis - 1, indices, n, "gathered", &all);
      exchange (mil, NULL, x, &all);
      return TRUE;
    }
  slice_runs (mil, x, &type, axis, indices, n, NULL, NULL);
  return TRUE;
}

/* ---------------------------------------------------------------- images */

gboolean
anf_mil_shuffle (AnfMilNode *mil)
{
  begin_row (mil);
  anf_mil_int (mil, "upscale_factor", anf_node_int (mil->node, "r"));
  return finish (mil);
}

gboolean
anf_mil_unshuffle (AnfMilNode *mil)
{
  begin_row (mil);
  anf_mil_uint (mil, "downscale_factor", anf_node_int (mil->node, "r"));
  return finish (mil);
}

gboolean
anf_mil_depth (AnfMilNode *mil)
{
  begin_row (mil);
  anf_mil_int (mil, "block_size", anf_node_int (mil->node, "block_size"));
  return finish (mil);
}

/* How many times larger the result is. */
static gint64
times (const AnfMilNode *mil, guint axis)
{
  return mil->out_type[0].dim[axis] / mil->in_type[0]->dim[axis];
}

gboolean
anf_mil_upsample (AnfMilNode *mil)
{
  anf_mil_begin (mil, "upsample_nearest_neighbor");
  anf_mil_int (mil, "scale_factor_height", times (mil, 2));
  anf_mil_int (mil, "scale_factor_width", times (mil, 3));
  return finish (mil);
}

gboolean
anf_mil_upsample_bilinear (AnfMilNode *mil)
{
  begin_row (mil);
  anf_mil_flag (mil, "align_corners", anf_node_flag (mil->node, "align_corners"));
  anf_mil_float (mil, "scale_factor_height", times (mil, 2));
  anf_mil_float (mil, "scale_factor_width", times (mil, 3));
  return finish (mil);
}

/* Bilinear alone has a choice of where it samples. */
gboolean
anf_mil_resize (AnfMilNode *mil)
{
  gboolean bilinear = anf_op_find_attr (anf_node_op (mil->node), "align_corners") >= 0;

  begin_row (mil);
  if (bilinear)
    anf_mil_word (mil, "sampling_mode", anf_node_flag (mil->node, "align_corners")
                                        ? "ALIGN_CORNERS" : "DEFAULT");
  anf_mil_int (mil, "target_size_height", mil->out_type[0].dim[2]);
  anf_mil_int (mil, "target_size_width", mil->out_type[0].dim[3]);
  return finish (mil);
}

gboolean
anf_mil_affine (AnfMilNode *mil)
{
  const char *transform = anf_mil_weight (mil, 0);

  begin_row (mil);
  anf_mil_flag (mil, "align_corners", anf_node_flag (mil->node, "align_corners"));
  anf_mil_word (mil, "coordinates_mode", "normalized_minus_one_to_one");
  anf_mil_int (mil, "output_height", mil->out_type[0].dim[2]);
  anf_mil_int (mil, "output_width", mil->out_type[0].dim[3]);
  anf_mil_word (mil, "padding_mode", "constant");
  anf_mil_half (mil, "padding_value", 0);
  anf_mil_word (mil, "sampling_mode", "bilinear");
  anf_mil_name (mil, "transform_matrix", transform);
  return finish (mil);
}
