/* words.c - small sentences of rows, from which the operators are put together. */
#include "io/onnx/onnx.h"

#include <math.h>
#include <string.h>

AnfOnnxValue *
anf_onnx_as (AnfOnnx *self, AnfOnnxValue *x, int elem)
{
  AnfOnnxValue *y;

  if (x == NULL || x->elem == elem)
    return x;
  y = anf_onnx_value (self, elem, x->rank, x->dim);
  y->tensor = x->tensor != NULL ? anf_tensor_ref (x->tensor) : NULL;
  y->ref = x->ref;
  y->shaped = x->shaped;
  y->type = x->type;
  y->name = g_strdup (x->name);
  return y;
}

AnfOnnxValue *
anf_onnx_plain (AnfOnnx *self, AnfOnnxValue *x)
{
  GPtrArray *attrs, *roles;
  AnfOnnxValue *y;

  if (x == NULL || x->type.dtype == ANF_F16)
    return x;
  if (x->tensor != NULL)
    {
      y = anf_onnx_value (self, x->elem == ONNX_BOOL ? ONNX_FLOAT : x->elem, x->rank, x->dim);
      y->tensor = anf_tensor_ref (x->tensor);
      return y;
    }
  /* It may stand in front of a row that is being dressed. */
  attrs = g_steal_pointer (&self->attrs);
  roles = g_steal_pointer (&self->roles);
  self->attrs = g_ptr_array_new ();
  self->roles = g_ptr_array_new ();
  anf_onnx_set (self, "dtype", g_variant_new_string ("fp16"));
  y = anf_onnx_row1 (self, "cast", x);
  g_ptr_array_unref (self->attrs);
  g_ptr_array_unref (self->roles);
  self->attrs = attrs;
  self->roles = roles;
  return y;
}

AnfOnnxValue *
anf_onnx_truth (AnfOnnx *self, AnfOnnxValue *x)
{
  if (x == NULL || x->type.dtype == ANF_BOOL)
    return x;
  return anf_onnx_row2 (self, "not_equal", anf_onnx_plain (self, x), anf_onnx_scalar (self, 0));
}

AnfOnnxValue *
anf_onnx_muls (AnfOnnx *self, AnfOnnxValue *x, double k)
{
  if (x == NULL || k == 1)
    return x;
  anf_onnx_set_real (self, "k", k);
  return anf_onnx_row1 (self, "muls", anf_onnx_plain (self, x));
}

AnfOnnxValue *
anf_onnx_adds (AnfOnnx *self, AnfOnnxValue *x, double k)
{
  if (x == NULL || k == 0)
    return x;
  anf_onnx_set_real (self, "k", k);
  return anf_onnx_row1 (self, "adds", anf_onnx_plain (self, x));
}

AnfOnnxValue *
anf_onnx_select (AnfOnnx *self, AnfOnnxValue *cond, AnfOnnxValue *a, AnfOnnxValue *b)
{
  AnfOnnxValue *in[3] = { anf_onnx_truth (self, cond), anf_onnx_plain (self, a),
                          anf_onnx_plain (self, b) };
  AnfOnnxValue *y;

  if (in[0] == NULL || in[1] == NULL || in[2] == NULL)
    return NULL;
  y = anf_onnx_row (self, "select", 3, in);
  return y != NULL ? anf_onnx_as (self, y, a->elem == ONNX_BOOL ? ONNX_FLOAT : a->elem) : NULL;
}

AnfOnnxValue *
anf_onnx_reshape (AnfOnnx *self, AnfOnnxValue *x, guint rank, const gint64 *dim)
{
  AnfOnnxValue *y;
  gsize n = 1;

  if (x == NULL)
    return NULL;
  for (guint i = 0; i < rank; i++)
    n *= dim[i];
  if (n != anf_onnx_elements (x))
    return anf_onnx_refuse (self, "a reshape from %" G_GSIZE_FORMAT " elements to %"
                            G_GSIZE_FORMAT, anf_onnx_elements (x), n);
  if (rank == x->rank && (rank == 0 || memcmp (dim, x->dim, rank * sizeof *dim) == 0))
    return x;
  if (x->tensor != NULL)
    {
      y = anf_onnx_constant (self, x->elem,
                             anf_tensor_new (anf_tensor_dtype (x->tensor), rank, dim,
                                             anf_tensor_bytes (x->tensor)));
      y->name = g_strdup (x->name);
      y->type.dtype = x->type.dtype;
      return y;
    }
  y = anf_onnx_value (self, x->elem, rank, dim);
  y->ref = x->ref;
  y->type = x->type;
  return y;
}

/* ---------------------------------------------------------------- transpose */

static AnfOnnxValue *
transpose_constant (AnfOnnx *self, AnfOnnxValue *x, const guint *perm)
{
  gsize size = anf_dtype_size (anf_tensor_dtype (x->tensor)), n = anf_onnx_elements (x);
  gsize step[ANF_MAX_TENSOR_RANK], at = 0;
  gint64 dim[ANF_MAX_TENSOR_RANK], place[ANF_MAX_TENSOR_RANK] = { 0 };
  const guint8 *from = g_bytes_get_data (anf_tensor_bytes (x->tensor), NULL);
  guint8 *to = g_malloc (n * size + 1);
  g_autoptr(GBytes) bytes = NULL;
  AnfOnnxValue *y;

  for (guint i = 0; i < x->rank; i++)
    {
      dim[i] = x->dim[perm[i]];
      step[i] = size;
      for (guint k = perm[i] + 1; k < x->rank; k++)
        step[i] *= x->dim[k];
    }
  for (gsize i = 0; i < n; i++)
    {
      memcpy (to + i * size, from + at, size);
      for (guint k = x->rank; k-- > 0; )
        {
          at += step[k];
          if (++place[k] < dim[k])
            break;
          at -= step[k] * dim[k];
          place[k] = 0;
        }
    }
  bytes = g_bytes_new_take (to, n * size);
  y = anf_onnx_constant (self, x->elem, anf_tensor_new (anf_tensor_dtype (x->tensor), x->rank, dim,
                                                        bytes));
  y->name = g_strdup (x->name);
  y->type.dtype = x->type.dtype;
  return y;
}

/* Axes of size 1 leave, and axes that stay neighbours become one: what is left may be on a wire
 * although the whole is not. */
static guint
merge_axes (const AnfOnnxValue *x, const guint *perm, gint64 *dim, gint64 *order)
{
  guint first[ANF_MAX_TENSOR_RANK], n = 0, at = 0;
  gint64 size[ANF_MAX_TENSOR_RANK], last = -2;

  for (guint i = 0; i < x->rank; i++)
    {
      if (x->dim[perm[i]] == 1)
        continue;
      if (n > 0 && last + 1 == (gint64) perm[i])
        size[n - 1] *= x->dim[perm[i]];
      else
        {
          size[n] = x->dim[perm[i]];
          first[n++] = perm[i];
        }
      last = perm[i];
      while (last + 1 < (gint64) x->rank && x->dim[last + 1] == 1)
        last++;
    }
  for (guint i = 0; i < x->rank; i++)
    for (guint k = 0; k < n; k++)
      if (first[k] == i)
        {
          order[k] = at;
          dim[at++] = size[k];
        }
  return n;
}

AnfOnnxValue *
anf_onnx_transpose (AnfOnnx *self, AnfOnnxValue *x, const guint *perm)
{
  gint64 dim[ANF_MAX_TENSOR_RANK], order[ANF_MAX_TENSOR_RANK], after[ANF_MAX_TENSOR_RANK];
  gboolean moves = FALSE;
  guint n, rank;
  int elem;

  if (x == NULL)
    return NULL;
  if (x->tensor != NULL)
    return transpose_constant (self, x, perm);
  for (guint i = 0; i < x->rank; i++)
    after[i] = x->dim[perm[i]];
  n = merge_axes (x, perm, dim, order);
  for (guint i = 0; i < n; i++)
    moves |= order[i] != i;
  if (!moves)
    return anf_onnx_reshape (self, x, x->rank, after);
  if (n + 1 >= x->rank && x->rank <= ANF_MAX_RANK)     /* nothing to be gained: say it plainly */
    {
      n = x->rank;
      for (guint i = 0; i < n; i++)
        {
          dim[i] = x->dim[i];
          order[i] = perm[i];
        }
    }
  rank = x->rank;
  elem = x->elem;
  x = anf_onnx_plain (self, anf_onnx_reshape (self, x, n, dim));
  anf_onnx_set_ints (self, "perm", n, order);
  x = anf_onnx_as (self, anf_onnx_row1 (self, "transpose", x), elem);
  return anf_onnx_reshape (self, x, rank, after);
}

AnfOnnxValue *
anf_onnx_swap (AnfOnnx *self, AnfOnnxValue *x, guint a, guint b)
{
  guint perm[ANF_MAX_TENSOR_RANK];

  if (x == NULL || a == b)
    return x;
  for (guint i = 0; i < x->rank; i++)
    perm[i] = i == a ? b : i == b ? a : i;
  return anf_onnx_transpose (self, x, perm);
}

/* ---------------------------------------------------------------- parts and wholes */

AnfOnnxValue *
anf_onnx_slice (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 begin, gint64 size)
{
  gint64 from[ANF_MAX_TENSOR_RANK] = { 0 }, count[ANF_MAX_TENSOR_RANK];
  int elem;

  if (x == NULL || (begin == 0 && size == x->dim[axis]))
    return x;
  elem = x->elem;
  if (size == 0 && x->tensor != NULL)
    {
      memcpy (count, x->dim, sizeof count);
      count[axis] = 0;
      return anf_onnx_doubles (self, elem, x->rank, count, NULL);
    }
  memcpy (count, x->dim, sizeof count);
  from[axis] = begin;
  count[axis] = size;
  anf_onnx_set_ints (self, "begin", x->rank, from);
  anf_onnx_set_ints (self, "size", x->rank, count);
  return anf_onnx_as (self, anf_onnx_row1 (self, "slice_by_size", anf_onnx_plain (self, x)), elem);
}

AnfOnnxValue *
anf_onnx_pick (AnfOnnx *self, AnfOnnxValue *x, guint axis, guint n, const gint64 *indices)
{
  gboolean run = TRUE;
  int elem;

  if (x == NULL)
    return NULL;
  for (guint i = 0; i < n; i++)
    run = run && indices[i] == indices[0] + i;
  if (run && n > 0)
    return anf_onnx_slice (self, x, axis, indices[0], n);
  elem = x->elem;
  anf_onnx_set_int (self, "axis", axis);
  anf_onnx_set_ints (self, "indices", n, indices);
  return anf_onnx_as (self, anf_onnx_row1 (self, "gather", anf_onnx_plain (self, x)), elem);
}

AnfOnnxValue *
anf_onnx_concat (AnfOnnx *self, guint n, AnfOnnxValue *const *in, guint axis)
{
  g_autofree AnfOnnxValue **some = g_new0 (AnfOnnxValue *, n + 1);
  guint count = 0;
  int elem = ONNX_FLOAT;

  for (guint i = 0; i < n; i++)
    {
      if (in[i] == NULL)
        return anf_onnx_refuse (self, "an input is missing");
      if (anf_onnx_elements (in[i]) == 0)
        continue;
      if (count == 0)
        elem = in[i]->elem;
      some[count++] = anf_onnx_plain (self, in[i]);
    }
  if (count < 2)
    return count == 1 ? some[0] : n > 0 ? in[0] : anf_onnx_refuse (self, "nothing to join");
  anf_onnx_set_int (self, "axis", axis);
  return anf_onnx_as (self, anf_onnx_row (self, "concat", count, some), elem);
}

AnfOnnxValue *
anf_onnx_filled (AnfOnnx *self, int elem, guint rank, const gint64 *dim, double value)
{
  g_autofree double *values = NULL;
  gsize n = 1;

  for (guint i = 0; i < rank; i++)
    if (dim[i] < 0 || !g_size_checked_mul (&n, n, dim[i]) || n > (gsize) 1 << 24)
      return anf_onnx_refuse (self, "a constant of that size");
  values = g_new (double, n + 1);
  for (gsize i = 0; i < n; i++)
    values[i] = value;
  return anf_onnx_doubles (self, elem, rank, dim, values);
}

#define MAX_COPIES 1024

/* An axis of size 1 by broadcasting. */
static AnfOnnxValue *
spread (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 times)
{
  gint64 dim[ANF_MAX_TENSOR_RANK];

  for (guint i = 0; i < x->rank; i++)
    dim[i] = i == axis ? times : 1;
  return anf_onnx_row2 (self, "add", x, anf_onnx_filled (self, ONNX_FLOAT, x->rank, dim, 0));
}

static AnfOnnxValue *
side_by_side (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 times)
{
  g_autofree AnfOnnxValue **copies = NULL;

  if (times > MAX_COPIES)
    return anf_onnx_refuse (self, "an axis of %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
                            " times over", x->dim[axis], times);
  copies = g_new (AnfOnnxValue *, times);
  for (gint64 i = 0; i < times; i++)
    copies[i] = x;
  return anf_onnx_concat (self, times, copies, axis);
}

/* Copies along one axis of size 1 or more, in the numbers the device has: 2, 3, 4 and 8. */
static AnfOnnxValue *
repeat (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 times)
{
  static const gint64 steps[] = { 8, 4, 3, 2 };
  gint64 reps[ANF_MAX_TENSOR_RANK], rest = times;
  int elem = x->elem;

  x = anf_onnx_plain (self, x);
  for (guint s = 0; s < G_N_ELEMENTS (steps); s++)
    while (rest % steps[s] == 0)
      rest /= steps[s];
  if (x != NULL && rest > 1 && x->dim[axis] == 1)
    return anf_onnx_as (self, spread (self, x, axis, times), elem);
  if (x != NULL && rest > 1)
    x = side_by_side (self, x, axis, rest);
  for (guint s = 0; s < G_N_ELEMENTS (steps); s++)
    for (; x != NULL && (times / rest) % steps[s] == 0; rest *= steps[s])
      {
        for (guint i = 0; i < x->rank; i++)
          reps[i] = i == axis ? steps[s] : 1;
        anf_onnx_set_ints (self, "reps", x->rank, reps);
        x = anf_onnx_row1 (self, "tile", x);
      }
  return anf_onnx_as (self, x, elem);
}

AnfOnnxValue *
anf_onnx_expand (AnfOnnx *self, AnfOnnxValue *x, guint rank, const gint64 *dim)
{
  gint64 full[ANF_MAX_TENSOR_RANK] = { 0 };
  guint lead;

  if (x == NULL)
    return NULL;
  if (rank < x->rank)
    return anf_onnx_refuse (self, "fewer axes than there are");
  lead = rank - x->rank;
  for (guint i = 0; i < rank; i++)
    full[i] = i < lead ? 1 : x->dim[i - lead];
  x = anf_onnx_reshape (self, x, rank, full);
  for (guint i = 0; i < rank && x != NULL; i++)
    if (full[i] != dim[i] && dim[i] > 0 && dim[i] % full[i] == 0)
      x = repeat (self, x, i, dim[i] / full[i]);
    else if (full[i] != dim[i])
      return anf_onnx_refuse (self, "an axis of %" G_GINT64_FORMAT " cannot become %"
                              G_GINT64_FORMAT, full[i], dim[i]);
  return x;
}

AnfOnnxValue *
anf_onnx_pad (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 before, gint64 after,
              double value)
{
  AnfOnnxValue *parts[3];
  gint64 dim[ANF_MAX_TENSOR_RANK], size[2] = { before, after };
  guint n = 0;

  if (x == NULL)
    return NULL;
  if (before < 0 || after < 0)
    {
      gint64 left = x->dim[axis] + MIN (before, 0) + MIN (after, 0);

      if (left < 1)
        return anf_onnx_refuse (self, "nothing would be left of an axis of %" G_GINT64_FORMAT,
                                x->dim[axis]);
      x = anf_onnx_slice (self, x, axis, MAX (-before, 0), left);
    }
  for (guint i = 0; i < 2 && x != NULL; i++)
    {
      memcpy (dim, x->dim, sizeof dim);
      dim[axis] = size[i];
      if (i == 1)
        parts[n++] = x;
      if (size[i] > 0)
        parts[n++] = anf_onnx_filled (self, x->elem, x->rank, dim, value);
    }
  return x != NULL && n > 1 ? anf_onnx_concat (self, n, parts, axis) : x;
}

/* ---------------------------------------------------------------- sums */

AnfOnnxValue *
anf_onnx_reduce (AnfOnnx *self, const char *op, AnfOnnxValue *x, guint n, const gint64 *axes,
                 gboolean keep)
{
  gint64 dim[ANF_MAX_TENSOR_RANK];
  guint rank = 0;
  const gint64 first[] = { 0 };
  gboolean gone[ANF_MAX_TENSOR_RANK] = { FALSE };

  if (x == NULL)
    return NULL;
  for (guint i = 0; i < n; i++)
    gone[axes[i]] = TRUE;
  for (guint i = 0; i < x->rank; i++)
    if (!gone[i] || keep)
      dim[rank++] = gone[i] ? 1 : x->dim[i];
  if (x->rank == 0)
    {
      x = anf_onnx_reshape (self, x, 1, (gint64[]) { 1 });
      axes = first;
      n = 1;
    }
  if (n > 0)
    {
      anf_onnx_set_ints (self, "axes", n, axes);
      x = anf_onnx_row1 (self, op, anf_onnx_plain (self, x));
    }
  return anf_onnx_reshape (self, x, rank, dim);
}

static AnfOnnxValue *
matmul_weight (AnfOnnx *self, AnfOnnxValue *a, AnfOnnxValue *b)
{
  AnfOnnxValue *y;

  a = anf_onnx_plain (self, a);
  anf_onnx_set_weight (self, "weight", b);
  y = anf_onnx_row1 (self, b->rank == 2 ? "matmul_w" : "bmm_w", a);
  if (y != NULL && b->rank == 2)
    {
      y->left = a;
      y->right = b;
    }
  return y;
}

AnfOnnxValue *
anf_onnx_linear (AnfOnnx *self, AnfOnnxValue *a, AnfOnnxValue *b, gboolean turned, AnfOnnxValue *c)
{
  gint64 n = turned ? b->dim[0] : b->dim[1];

  if (!turned)
    b = anf_onnx_swap (self, b, 0, 1);
  a = anf_onnx_plain (self, a);
  anf_onnx_set_weight (self, "weight", b);
  if (c != NULL)
    anf_onnx_set_weight (self, "bias", anf_onnx_reshape (self, c, 1, &n));
  return anf_onnx_row1 (self, "linear", a);
}

AnfOnnxValue *
anf_onnx_matmul (AnfOnnx *self, AnfOnnxValue *a, AnfOnnxValue *b)
{
  gint64 dim[ANF_MAX_TENSOR_RANK];
  AnfOnnxValue *y;
  gboolean row, column;

  if (a == NULL || b == NULL || a->rank == 0 || b->rank == 0)
    return anf_onnx_refuse (self, "a product of scalars");
  if ((row = a->rank == 1))
    a = anf_onnx_reshape (self, a, 2, (gint64[]) { 1, a->dim[0] });
  if ((column = b->rank == 1))
    b = anf_onnx_reshape (self, b, 2, (gint64[]) { b->dim[0], 1 });
  if (b->tensor != NULL && a->tensor == NULL
      && (b->rank == 2 || (b->rank == 3 && a->rank == 3 && a->dim[0] == b->dim[0])))
    y = matmul_weight (self, a, b);
  else
    y = anf_onnx_row2 (self, "bmm", anf_onnx_plain (self, a), anf_onnx_plain (self, b));
  if (y == NULL || (!row && !column))
    return y;
  memcpy (dim, y->dim, sizeof dim);
  if (row)
    {
      dim[y->rank - 2] = dim[y->rank - 1];
      return anf_onnx_reshape (self, y, y->rank - 1 - (column ? 1 : 0), dim);
    }
  return anf_onnx_reshape (self, y, y->rank - 1, dim);
}

AnfOnnxValue *
anf_onnx_along (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 size, const double *matrix)
{
  AnfOnnxValue *weight, *y;
  guint last;

  if (x == NULL)
    return NULL;
  last = x->rank - 1;
  weight = anf_onnx_doubles (self, ONNX_FLOAT, 2, (gint64[]) { x->dim[axis], size }, matrix);
  y = anf_onnx_matmul (self, anf_onnx_swap (self, anf_onnx_plain (self, x), axis, last), weight);
  return anf_onnx_swap (self, y, axis, last);
}
