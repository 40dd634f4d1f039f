/* half.h - fp16 values and how to get them: the only place where numbers are rounded. */
#pragma once

#include "anf.h"

float    anf_half_to_float   (guint16 bits);
/* The nearest fp16 value, ties to even; past 65504 an infinity; NaN stays NaN. */
guint16  anf_half_from_float (float x);
guint16  anf_half_from_double (double x);                      /* one rounding, not two */
float    anf_half_round      (double x);

/* The same for arrays, with F16C where the machine has it: the same bits either way. */
void     anf_half_encode     (const float *in, gsize n, guint16 *out);
void     anf_half_decode     (const guint16 *in, gsize n, float *out);

/* A function of one fp16 value is a table of 65,536 answers. */
#define ANF_HALF_VALUES 65536
void     anf_half_apply      (const guint16 *table, const float *in, gsize n, float *out);

/* What happens to a result on its way into a register, in this order: NaN becomes +0, the one
 * rounding to fp16 (ties to even, or away from zero), the cliff, the flush. 0: nothing, fp32. */
typedef enum
{
  ANF_FINISH_HALF  = 1 << 0,
  ANF_FINISH_AWAY  = 1 << 1,       /* ties go away from zero */
  ANF_FINISH_CLIFF = 1 << 2,       /* from 32768 on it is an infinity */
  ANF_FINISH_FLUSH = 1 << 3,       /* subnormals become +0 */
} AnfFinish;

void     anf_finish          (float *values, gsize n, AnfFinish how);
/* The same up to where NaN begins to matter: stops before the vector of numbers that holds one.
 * Returns how many it has finished, @n or a multiple of 16 below. */
gsize    anf_finish_to_nan   (float *values, gsize n, AnfFinish how);
float    anf_finish_one      (double value, AnfFinish how);

/* For tests: portable code, AVX2 with F16C, or AVX-512; at most what the machine has, which is also
 * what is taken by itself. */
typedef enum { ANF_HALF_PORTABLE, ANF_HALF_F16C, ANF_HALF_AVX512, ANF_N_HALVES } AnfHalfPath;
void     anf_half_use        (AnfHalfPath path);
