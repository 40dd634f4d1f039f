/* unbaked.h - rows with their weights as values that flow along wires: what a program is made of
 * that changes them. A row's column "unbaked" is one of these.
 *
 * Each gives the row's numbers from rows without roles, in which the weights are read by nodes of
 * row "parameter". NULL after a refusal. */
#pragma once

#include "core/op.h"

AnfGraph *anf_unbaked_linear         (AnfShapes *shapes);
AnfGraph *anf_unbaked_matmul         (AnfShapes *shapes);          /* matmul_w, bmm_w */
AnfGraph *anf_unbaked_conv           (AnfShapes *shapes);
AnfGraph *anf_unbaked_conv_transpose (AnfShapes *shapes);
AnfGraph *anf_unbaked_norm           (AnfShapes *shapes);          /* gamma and beta */
AnfGraph *anf_unbaked_prelu          (AnfShapes *shapes);
