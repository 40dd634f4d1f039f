/* view.c - walks over an input that give a result: transposes, slices, repeats, rearrangements. */
#include "ops/view.h"

#include <string.h>

void
anf_view_plain (AnfView *view, const AnfType *in)
{
  gint64 step = 1;

  *view = (AnfView) { .rank = in->rank };
  for (guint i = in->rank; i-- > 0; step *= in->dim[i])
    {
      view->dim[i] = in->dim[i];
      view->stride[i] = step;
    }
}

void
anf_view_permute (AnfView *view, guint rank, const gsize *dim, const guint *perm)
{
  gint64 stride[ANF_VIEW_RANK], step = 1;

  for (guint i = rank; i-- > 0; step *= dim[i])
    stride[i] = step;
  *view = (AnfView) { .rank = rank };
  for (guint i = 0; i < rank; i++)
    {
      view->dim[i] = dim[perm[i]];
      view->stride[i] = stride[perm[i]];
    }
}

static void
drop_axis (AnfView *view, guint axis)
{
  memmove (&view->dim[axis], &view->dim[axis + 1],
           (view->rank - 1 - axis) * sizeof *view->dim);
  memmove (&view->stride[axis], &view->stride[axis + 1],
           (view->rank - 1 - axis) * sizeof *view->stride);
  view->rank--;
}

void
anf_view_simplify (AnfView *view)
{
  for (guint i = view->rank; i-- > 0;)
    if (view->dim[i] == 1)
      drop_axis (view, i);
  for (guint i = view->rank; i-- > 1;)
    if (view->stride[i - 1] == view->stride[i] * (gint64) view->dim[i])
      {
        view->dim[i] *= view->dim[i - 1];
        drop_axis (view, i - 1);
      }
  if (view->rank == 0)
    {
      view->rank = 1;
      view->dim[0] = 1;
      view->stride[0] = 1;
    }
}

static gint64
place (const AnfView *view, gsize at)
{
  gint64 from = view->offset;

  for (guint i = view->rank; i-- > 0; at /= view->dim[i])
    from += at % view->dim[i] * view->stride[i];
  return from;
}

void
anf_view_floats (const AnfView *view, const float *in, gsize begin, gsize end, float *out)
{
  gsize row = view->dim[view->rank - 1];
  gint64 step = view->stride[view->rank - 1];

  for (gsize i = begin; i < end;)
    {
      const float *from = in + place (view, i);
      gsize n = MIN (end - i, row - i % row);

      if (step == 1)
        memcpy (out + i, from, n * sizeof *out);
      else if (step == 0)
        for (gsize k = 0; k < n; k++)
          out[i + k] = *from;
      else
        for (gsize k = 0; k < n; k++)
          out[i + k] = from[(gint64) k * step];
      i += n;
    }
}

void
anf_view_doubles (const AnfView *view, const double *in, gsize n, double *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = in[place (view, i)];
}

gboolean
anf_view_prepare (const AnfCall *call, AnfViewMaker make, gpointer *state)
{
  AnfView *view = g_new0 (AnfView, 1);

  make (view, call->node, call->in_type[0], call->out_type);
  anf_view_simplify (view);
  *state = view;
  return TRUE;
}

void
anf_view_kernel (const AnfCall *call, gsize begin, gsize end)
{
  anf_view_floats (call->state, call->in[0], begin, end, call->out[0]);
  if (call->numerics != ANF_NUMERICS_FP32)
    anf_edge_fix_nan (call->out[0] + begin, end - begin, call->out[0] + begin);
}

void
anf_view_reference (const AnfExact *exact, AnfViewMaker make)
{
  AnfView view;

  make (&view, exact->node, exact->in_type[0], exact->out_type);
  anf_view_doubles (&view, exact->in[0], anf_type_elements (exact->out_type), exact->out[0]);
}
