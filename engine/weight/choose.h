/* choose.h - which encoding every weight gets, and the numbers a device computes with. */
#pragma once

#include "weight/encode.h"

/* One entry per encodable weight in use, its chosen encoding filled in. @numerics fp32: nothing is
 * encoded or rounded. @settings->target decides what streams. */
AnfWeights       *anf_weights_choose (AnfGraph *graph, const AnfSettings *settings,
                                      AnfNumerics numerics, const AnfProgress *progress,
                                      GError **error);

/* What a device multiplies with for the @role-th role of @node: decoded, or rounded to fp16, or under
 * fp32 as in the document. Borrowed; NULL where no weight is given. @n (nullable): how many. */
const float      *anf_weights_values (const AnfWeights *self, const AnfNode *node, guint role,
                                      gsize *n);
/* NULL where the weight is not encodable: then it is fp16. */
const AnfEncoded *anf_weights_encoded (const AnfWeights *self, const AnfNode *node, guint role);
gsize             anf_weights_bytes  (const AnfWeights *self);  /* of all numbers held */
