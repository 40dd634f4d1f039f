/* view.h - rows that only move numbers: the result as a walk over the input. */
#pragma once

#include "ops/family.h"

#define ANF_VIEW_RANK 10           /* two per axis: tile and the block rearrangements split axes */

/* Element (i0, i1, ...) of the result, row-major over dim, is element offset + sum of i stride of
 * the input. The result's own shape may merge these axes. */
typedef struct
{
  guint  rank;
  gsize  dim[ANF_VIEW_RANK];
  gint64 stride[ANF_VIEW_RANK], offset;
} AnfView;

typedef void (*AnfViewMaker) (AnfView *view, const AnfNode *node, const AnfType *in,
                              const AnfType *out);

/* @dim axes of @in in the order of @perm; an input of rank @rank split into those axes. */
void anf_view_permute (AnfView *view, guint rank, const gsize *dim, const guint *perm);
/* Row-major, one axis per axis. */
void anf_view_plain   (AnfView *view, const AnfType *in);
/* Runs, copies and references for a view. */
void anf_view_simplify (AnfView *view);
void anf_view_floats  (const AnfView *view, const float *in, gsize begin, gsize end, float *out);
void anf_view_doubles (const AnfView *view, const double *in, gsize n, double *out);

/* prepare () and reference () of a row whose view is made by @make; the state is the view. */
gboolean anf_view_prepare   (const AnfCall *call, AnfViewMaker make, gpointer *state);
void     anf_view_kernel    (const AnfCall *call, gsize begin, gsize end);
void     anf_view_reference (const AnfExact *exact, AnfViewMaker make);
