/* elementwise.h - direct loops over contiguous numbers; IEEE arithmetic, no rounding to fp16. */
#pragma once

#include "anf.h"

typedef enum
{
  ANF_PAIR_ADD, ANF_PAIR_SUB, ANF_PAIR_MUL, ANF_PAIR_DIV, ANF_PAIR_MAX, ANF_PAIR_MIN,
  ANF_PAIR_LESS, ANF_PAIR_LESS_EQUAL, ANF_PAIR_GREATER, ANF_PAIR_GREATER_EQUAL,
  ANF_PAIR_EQUAL, ANF_PAIR_NOT_EQUAL,
  ANF_PAIR_DIV_UNSIGNED_ZERO,      /* by -0 as by +0: the engine has lost the sign by then */
  ANF_N_PAIRS
} AnfPair;
typedef enum { ANF_MAP_RELU, ANF_MAP_RELU6, ANF_MAP_ABS, ANF_MAP_SQUARE, ANF_MAP_NOT,
               ANF_N_MAPS } AnfMap;

/* NaN goes through maximum, minimum and relu, as in numpy. @out may be an input. */
typedef void (*AnfPairLoop) (const float *x, const float *y, gsize n, float *out);
typedef void (*AnfMapLoop)  (const float *x, gsize n, float *out);

/* The fastest loop of this machine; all give the same bits. */
AnfPairLoop anf_pair_loop   (AnfPair pair);
AnfMapLoop  anf_map_loop    (AnfMap map);

/* out[i] = exp (x[i] - shift), at most 2e-7 from it (relative); inf - inf counts as 0. Returns the
 * sum of the results. */
double      anf_exp_shifted (const float *x, float shift, gsize n, float *out);
void        anf_scale       (float *x, gsize n, float by);

/* Sums and extremes of contiguous numbers, fp32 in lanes and double over blocks: the order of
 * adding depends on n alone. NaN in, NaN out. */
double      anf_sum         (const float *x, gsize n);
double      anf_sum_abs     (const float *x, gsize n);
double      anf_sum_square  (const float *x, float centre, gsize n);
double      anf_sum_product (const float *x, const float *y, gsize n);
/* acc[i] = max (acc[i], x[step i]), and the sum; NaN stays NaN. */
void        anf_take_max    (const float *x, gsize step, gsize n, float *acc);
void        anf_take_sum    (const float *x, gsize step, gsize n, float *acc);

float       anf_max         (const float *x, gsize n);
float       anf_min         (const float *x, gsize n);
