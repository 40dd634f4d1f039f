/* objective.h - what is made small, as a graph and in double. */
#pragma once

#include "train/frame.h"

/* Appends the objective of @logits of @type against @target: the gradient of the loss by the logits
 * times @scale, and the loss, a number. */
void   anf_objective_build (AnfGraphBuilder *b, AnfObjective objective, AnfRef logits,
                            AnfRef target, AnfRef scale, const AnfType *type, AnfRef *seed,
                            AnfRef *loss);

/* Loss and number of rows whose largest logit is the target's, over @rows of @n: for binary
 * objectives numbers on the right side of 0. @right NULL: not asked for. */
double anf_objective_loss  (AnfObjective objective, const float *logits, const float *target,
                            gsize rows, gsize n, gsize *right);
