/* choose.h - which encoding each weight of a graph gets, and the numbers the device then uses. */
#pragma once

#include "core/op.h"
#include "weight/encode.h"

/* For a program: every weight of every node decided, its numbers made once and shared by equal
 * tensors. Under ANF_NUMERICS_FP32 nothing is encoded or rounded. */
AnfWeights  *anf_weights_choose  (AnfGraph *graph, const AnfSettings *settings,
                                  AnfNumerics numerics, const AnfProgress *progress,
                                  GError **error);

/* What the device computes with for a role of the row, in the shape the document gives the weight:
 * fp16 or decoded values, or under fp32 the numbers of the file. NULL: the node has no such weight.
 * @n (nullable) receives their number. Lives as long as @self. */
const float *anf_weights_values  (const AnfWeights *self, const AnfNode *node, guint role,
                                  gsize *n);

/* What is stored of it: (transfer full); NULL: the node has no such weight. A role marked
 * ANF_TRANSPOSED is stored transposed. */
AnfEncoded  *anf_weights_encoded (const AnfWeights *self, const AnfNode *node, guint role);

/* Whether its numbers were there already, made for an earlier program; TRUE as well if the node has
 * no such weight, and then @encoding is left alone. */
gboolean     anf_weights_kept    (const AnfWeights *self, const AnfNode *node, guint role,
                                  AnfEncoding *encoding);

/* Bytes of memory held: decoded numbers and what is stored of encoded weights. */
gsize        anf_weights_bytes   (const AnfWeights *self);
