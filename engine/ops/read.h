/* read.h - how rows find themselves in a MIL program: the longer patterns of the column "reads", in
 * the language of mil/match.h, and what patterns cannot say, for the column "take". */
#pragma once

#include "mil/match.h"

extern const char anf_reads_softplus[], anf_reads_round[], anf_reads_layer_norm[],
                  anf_reads_rms_norm[], anf_reads_l2_norm[], anf_reads_group_norm[],
                  anf_reads_conv[], anf_reads_conv_transpose[], anf_reads_dynamic_conv[],
                  anf_reads_linear[], anf_reads_slice[], anf_reads_gather[], anf_reads_affine[],
                  anf_reads_resize[], anf_reads_topk[], anf_reads_sort[], anf_reads_minmax[],
                  anf_reads_image[], anf_reads_pool[];

gboolean anf_take_muls       (AnfMilMatch *match);
gboolean anf_take_reduce     (AnfMilMatch *match);             /* no axes: all */
gboolean anf_take_reshape    (AnfMilMatch *match);             /* 0 and -1 worked out */
gboolean anf_take_slice      (AnfMilMatch *match);             /* slice_by_index as one by size */
gboolean anf_take_window     (AnfMilMatch *match);             /* kinds of padding */
gboolean anf_take_pool       (AnfMilMatch *match);
gboolean anf_take_linear     (AnfMilMatch *match);
gboolean anf_take_matrix     (AnfMilMatch *match);             /* a weight without batch */
gboolean anf_take_cumsum     (AnfMilMatch *match);
gboolean anf_take_gather     (AnfMilMatch *match);             /* slices joined */
gboolean anf_take_layer_norm (AnfMilMatch *match);
gboolean anf_take_rms_norm   (AnfMilMatch *match);
gboolean anf_take_l2_norm    (AnfMilMatch *match);
gboolean anf_take_group_norm (AnfMilMatch *match);
