/* lanes.h - the first stage of a reduction as the hardware's four lanes take it, bit by bit. A
 * hypothesis: it reproduces every published probe of the ANE guide, no more. */
#pragma once

#include "anf.h"

/* Sum of n exact terms in order. @cliff: a partial sum of 32768 or more is an infinity for good. */
float anf_lanes_sum (const float *term, gsize n, gboolean cliff);
