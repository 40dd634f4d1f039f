/* terms.h - what is added up to one number of a result, and in what order. */
#pragma once

#include "core/op.h"

/* @weighted: y is the first weight, else the second input; @bias: element of the second weight, -1:
 * none; @cliff: sums of products end at 32768. */
typedef struct { gboolean weighted, cliff; gint64 bias; double scale; } AnfTermFacts;

/* Elements of x and y; x -1: padding; y -1: nothing is multiplied. */
typedef void (*AnfTermFunc) (gint64 x, gint64 y, gpointer data);

gboolean anf_terms_known (const AnfOp *op);
/* Calls @func for all terms of element @at, in the order of `ane-lanes`: along k; of a
 * convolution the input channel fastest, then the column, then the row. FALSE: not known. */
gboolean anf_terms_each  (const AnfNode *node, const AnfType *const *in, const AnfType *out,
                          AnfTensor *const *weight, gsize at, AnfTermFacts *facts,
                          AnfTermFunc func, gpointer data);
