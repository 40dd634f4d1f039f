/* sample.h - the sample of a row as a graph: for tests of what is written of it and read. */
#pragma once

#include "core/op.h"

/* The node is called n, its inputs in0 .., the output y. @init: of the weights. */
AnfGraph *sample_graph (const AnfOp *op, const char *init);
/* A constant is no segment by itself: it is read by a sum. Takes @graph. */
AnfGraph *read_by_sum  (AnfGraph *graph);
