/* exact.h - whole graphs in double, by the references of their rows. */
#pragma once

#include "core/op.h"

typedef struct _Exact Exact;

Exact        *exact_new    (AnfGraph *graph);
void          exact_free   (Exact *self);
/* Numbers of an input by its name; or of a weight, instead of the tensor's. Copied. */
void          exact_set    (Exact *self, const char *name, gsize n, const double *values);
void          exact_run    (Exact *self);
/* Of an output, after a run; borrowed. */
const double *exact_output (Exact *self, const char *name, gsize *n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Exact, exact_free)
