/* lower.h - how rows write their statements in MIL; a row's column "mil" is one of these.
 *
 * They stand apart from the families, which are long enough. Each means what the row's kernel
 * computes, and keeps the values inside it in fp16's range. */
#pragma once

#include "mil/mil.h"

/* lower-scalar.c: element by element */
gboolean anf_mil_gelu      (AnfMilNode *mil);
gboolean anf_mil_clip      (AnfMilNode *mil);
gboolean anf_mil_epsilon   (AnfMilNode *mil);                  /* log, rsqrt, inverse */
gboolean anf_mil_square    (AnfMilNode *mil);
gboolean anf_mil_softplus  (AnfMilNode *mil);
gboolean anf_mil_round     (AnfMilNode *mil);
gboolean anf_mil_prelu     (AnfMilNode *mil);
gboolean anf_mil_cast      (AnfMilNode *mil);
gboolean anf_mil_mul       (AnfMilNode *mil);
gboolean anf_mil_muls      (AnfMilNode *mil);
gboolean anf_mil_adds      (AnfMilNode *mil);
gboolean anf_mil_constant  (AnfMilNode *mil);
gboolean anf_mil_image     (AnfMilNode *mil);

/* lower-product.c: products, windows, reductions */
gboolean anf_mil_linear    (AnfMilNode *mil);                  /* linear, matmul_w */
gboolean anf_mil_bmm       (AnfMilNode *mil);                  /* bmm, bmm_w */
gboolean anf_mil_conv      (AnfMilNode *mil);                  /* all three */
gboolean anf_mil_pool      (AnfMilNode *mil);                  /* both */
gboolean anf_mil_reduce    (AnfMilNode *mil);
gboolean anf_mil_cumsum    (AnfMilNode *mil);

/* lower-shape.c: rows that move numbers */
gboolean anf_mil_reshape   (AnfMilNode *mil);
gboolean anf_mil_transpose (AnfMilNode *mil);
gboolean anf_mil_axes      (AnfMilNode *mil);                  /* squeeze, reverse, expand_dims */
gboolean anf_mil_flatten   (AnfMilNode *mil);
gboolean anf_mil_slice     (AnfMilNode *mil);
gboolean anf_mil_crop      (AnfMilNode *mil);
gboolean anf_mil_tile      (AnfMilNode *mil);
gboolean anf_mil_concat    (AnfMilNode *mil);                  /* and stack */
gboolean anf_mil_split     (AnfMilNode *mil);
gboolean anf_mil_gather    (AnfMilNode *mil);                  /* of indices known beforehand */
gboolean anf_mil_shuffle   (AnfMilNode *mil);                  /* pixel_shuffle */
gboolean anf_mil_unshuffle (AnfMilNode *mil);
gboolean anf_mil_depth     (AnfMilNode *mil);                  /* space_to_depth and back */
gboolean anf_mil_upsample  (AnfMilNode *mil);
gboolean anf_mil_upsample_bilinear (AnfMilNode *mil);
gboolean anf_mil_resize    (AnfMilNode *mil);                  /* nearest and bilinear */
gboolean anf_mil_affine    (AnfMilNode *mil);

/* lower-norm.c */
gboolean anf_mil_softmax   (AnfMilNode *mil);
gboolean anf_mil_l2_norm   (AnfMilNode *mil);
gboolean anf_mil_rms_norm  (AnfMilNode *mil);
gboolean anf_mil_layer_norm (AnfMilNode *mil);                 /* and channel_layer_norm */
gboolean anf_mil_group_norm (AnfMilNode *mil);
gboolean anf_mil_statistics (AnfMilNode *mil);                 /* instance_norm, batch_norm */
gboolean anf_mil_response_norm (AnfMilNode *mil);

/* lower-bridge.c: for the column "core_ml", bridges and rows that e5rt needs otherwise */
gboolean anf_mil_argmax    (AnfMilNode *mil);
gboolean anf_mil_topk      (AnfMilNode *mil);
gboolean anf_mil_sort      (AnfMilNode *mil);
gboolean anf_mil_cross_product (AnfMilNode *mil);
gboolean anf_mil_scaled    (AnfMilNode *mil);                  /* scaled_elementwise */
gboolean anf_mil_part      (AnfMilNode *mil);                  /* dynamic_slice, input_view */
gboolean anf_mil_minmax    (AnfMilNode *mil);
gboolean anf_mil_lrn       (AnfMilNode *mil);
gboolean anf_mil_response  (AnfMilNode *mil);                  /* local_response_norm */
gboolean anf_mil_space_to_channel (AnfMilNode *mil);
gboolean anf_mil_channel_to_space (AnfMilNode *mil);
gboolean anf_mil_space_to_batch (AnfMilNode *mil);
gboolean anf_mil_batch_to_space (AnfMilNode *mil);
gboolean anf_mil_correlation (AnfMilNode *mil);
gboolean anf_mil_cost_volume (AnfMilNode *mil);
gboolean anf_mil_radius    (AnfMilNode *mil);
gboolean anf_mil_sdpa      (AnfMilNode *mil);
gboolean anf_mil_gather_fed (AnfMilNode *mil);
