/* elementwise.c - the loops that compilers turn into vector code, for the baseline and for AVX2. */
#include "num/elementwise.h"

#include <math.h>
#include <string.h>

/* The project is built at -O2, where GCC 12 leaves loops of unknown length alone. FMA stays out, so
 * that every machine gives the same bits. */
#if defined (__GNUC__) && !defined (__clang__)
#pragma GCC optimize ("O3", "no-trapping-math", "no-math-errno", "fp-contract=off")
#endif
/* The result may be an input, number for number, and overlaps with none otherwise. */
#if defined (__GNUC__) && !defined (__clang__)
#define ALONE _Pragma ("GCC ivdep")
#else
#define ALONE
#endif
#if defined (__x86_64__)
#define AVX2   __attribute__ ((target ("avx2")))
#define AVX512 __attribute__ ((target ("avx512f,prefer-vector-width=512")))
#else
#define AVX2
#define AVX512
#endif

#define DEFINE_PAIR(name, expr) \
static void \
name (const float *x, const float *y, gsize n, float *out) \
{ \
  ALONE \
  for (gsize i = 0; i < n; i++) \
    out[i] = (expr); \
} \
AVX2 static void \
name##_avx2 (const float *x, const float *y, gsize n, float *out) \
{ \
  ALONE \
  for (gsize i = 0; i < n; i++) \
    out[i] = (expr); \
} \
AVX512 static void \
name##_avx512 (const float *x, const float *y, gsize n, float *out) \
{ \
  ALONE \
  for (gsize i = 0; i < n; i++) \
    out[i] = (expr); \
}

DEFINE_PAIR (add, x[i] + y[i])
DEFINE_PAIR (sub, x[i] - y[i])
DEFINE_PAIR (mul, x[i] * y[i])
DEFINE_PAIR (divide, x[i] / y[i])
DEFINE_PAIR (divide_unsigned_zero, x[i] / (y[i] + 0.0f))
DEFINE_PAIR (max, x[i] > y[i] || x[i] != x[i] ? x[i] : y[i])
DEFINE_PAIR (min, x[i] < y[i] || x[i] != x[i] ? x[i] : y[i])
DEFINE_PAIR (less, x[i] < y[i] ? 1.0f : 0.0f)
DEFINE_PAIR (less_equal, x[i] <= y[i] ? 1.0f : 0.0f)
DEFINE_PAIR (greater, x[i] > y[i] ? 1.0f : 0.0f)
DEFINE_PAIR (greater_equal, x[i] >= y[i] ? 1.0f : 0.0f)
DEFINE_PAIR (equal, x[i] == y[i] ? 1.0f : 0.0f)
DEFINE_PAIR (not_equal, x[i] != y[i] ? 1.0f : 0.0f)

#undef DEFINE_PAIR

#define DEFINE_MAP(name, expr) \
static void \
name (const float *x, gsize n, float *out) \
{ \
  ALONE \
  for (gsize i = 0; i < n; i++) \
    out[i] = (expr); \
} \
AVX2 static void \
name##_avx2 (const float *x, gsize n, float *out) \
{ \
  ALONE \
  for (gsize i = 0; i < n; i++) \
    out[i] = (expr); \
} \
AVX512 static void \
name##_avx512 (const float *x, gsize n, float *out) \
{ \
  ALONE \
  for (gsize i = 0; i < n; i++) \
    out[i] = (expr); \
}

DEFINE_MAP (relu, x[i] < 0 ? 0 : x[i])
DEFINE_MAP (relu6, x[i] < 0 ? 0 : x[i] > 6 ? 6 : x[i])
DEFINE_MAP (absolute, fabsf (x[i]))
DEFINE_MAP (square, x[i] * x[i])
DEFINE_MAP (negate, x[i] == 0 ? 1.0f : 0.0f)

#undef DEFINE_MAP

#define ALL(name) { name, name##_avx2, name##_avx512 }

static const AnfPairLoop pairs[ANF_N_PAIRS][3] = {
  [ANF_PAIR_ADD] = ALL (add), [ANF_PAIR_SUB] = ALL (sub), [ANF_PAIR_MUL] = ALL (mul),
  [ANF_PAIR_DIV] = ALL (divide), [ANF_PAIR_MAX] = ALL (max), [ANF_PAIR_MIN] = ALL (min),
  [ANF_PAIR_LESS] = ALL (less), [ANF_PAIR_LESS_EQUAL] = ALL (less_equal),
  [ANF_PAIR_GREATER] = ALL (greater), [ANF_PAIR_GREATER_EQUAL] = ALL (greater_equal),
  [ANF_PAIR_EQUAL] = ALL (equal), [ANF_PAIR_NOT_EQUAL] = ALL (not_equal),
  [ANF_PAIR_DIV_UNSIGNED_ZERO] = ALL (divide_unsigned_zero),
};
static const AnfMapLoop maps[ANF_N_MAPS][3] = {
  [ANF_MAP_RELU] = ALL (relu), [ANF_MAP_RELU6] = ALL (relu6), [ANF_MAP_ABS] = ALL (absolute),
  [ANF_MAP_SQUARE] = ALL (square), [ANF_MAP_NOT] = ALL (negate),
};

#undef ALL

/* 0: the baseline, 1: AVX2, 2: AVX-512. */
static guint
width (void)
{
#if defined (__x86_64__)
  return __builtin_cpu_supports ("avx512f") ? 2 : __builtin_cpu_supports ("avx2") ? 1 : 0;
#else
  return 0;
#endif
}

AnfPairLoop
anf_pair_loop (AnfPair pair)
{
  return pairs[pair][width ()];
}

AnfMapLoop
anf_map_loop (AnfMap map)
{
  return maps[map][width ()];
}

/* exp as 2^k e^r, |r| <= ln 2 / 2, e^r by its Taylor polynomial of degree 7 (next term 2^-27). */
static inline __attribute__ ((always_inline)) float
exp_one (float x)
{
  float k, r, e;
  gint32 bits;

  x = x != x ? 0 : x;
  x = x < -104 ? -104 : x > 89 ? 89 : x;
  k = (x * 0x1.715476p+0f + 0x1.8p23f) - 0x1.8p23f;
  r = x - k * 0x1.62e4p-1f - k * 0x1.7f7d1cp-20f;
  e = 1.0f / 5040;
  e = e * r + 1.0f / 720;
  e = e * r + 1.0f / 120;
  e = e * r + 1.0f / 24;
  e = e * r + 1.0f / 6;
  e = e * r + 0.5f;
  e = e * r + 1;
  e = e * r + 1;
  /* Two factors, since 2^128 and 2^-150 are no fp32 numbers but their halves are. */
  bits = ((gint32) k / 2 + 127) << 23;
  memcpy (&r, &bits, sizeof r);
  e *= r;
  bits = ((gint32) k - (gint32) k / 2 + 127) << 23;
  memcpy (&r, &bits, sizeof r);
  return e * r;
}

static void
exp_shifted (const float *x, float shift, gsize n, float *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = exp_one (x[i] - shift);
}

AVX2 static void
exp_shifted_avx2 (const float *x, float shift, gsize n, float *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = exp_one (x[i] - shift);
}

AVX512 static void
exp_shifted_avx512 (const float *x, float shift, gsize n, float *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = exp_one (x[i] - shift);
}

double
anf_exp_shifted (const float *x, float shift, gsize n, float *out)
{
  static void (*const loop[]) (const float *, float, gsize, float *) = {
    exp_shifted, exp_shifted_avx2, exp_shifted_avx512,
  };

  loop[width ()] (x, shift, n, out);
  return anf_sum (out, n);
}

void
anf_scale (float *x, gsize n, float by)
{
  for (gsize i = 0; i < n; i++)
    x[i] *= by;
}

/* A block is 16 lanes deep 32: fp32 error stays at a few units, and double takes the blocks. */
#define LANES 16
#define BLOCK 512

/* Halves, and halves of halves: each step is one of vectors. */
static inline __attribute__ ((always_inline)) double
fold (const float *lane)
{
  double wide[LANES / 2];

  for (guint k = 0; k < LANES / 2; k++)
    wide[k] = (double) lane[k] + lane[k + LANES / 2];
  for (guint k = 0; k < LANES / 4; k++)
    wide[k] += wide[k + LANES / 4];
  return (wide[0] + wide[2]) + (wide[1] + wide[3]);
}

#define DEFINE_SUM(name, args, term) \
name args \
{ \
  double total = 0; \
  gsize i = 0; \
\
  while (i + LANES <= n) \
    { \
      gsize end = i + MIN (BLOCK, (n - i) / LANES * LANES); \
      float lane[LANES] = { 0 }; \
\
      for (; i < end; i += LANES) \
        for (guint k = 0; k < LANES; k++) \
          { \
            gsize at = i + k; \
            lane[k] += (term); \
          } \
      total += fold (lane); \
    } \
  for (gsize at = i; at < n; at++) \
    total += (term); \
  return total; \
}

static double DEFINE_SUM (sum, (const float *x, gsize n), x[at])
AVX2 static double DEFINE_SUM (sum_avx2, (const float *x, gsize n), x[at])
AVX512 static double DEFINE_SUM (sum_avx512, (const float *x, gsize n), x[at])
static double DEFINE_SUM (square_sum, (const float *x, float centre, gsize n),
                          (x[at] - centre) * (x[at] - centre))
AVX2 static double DEFINE_SUM (square_sum_avx2, (const float *x, float centre, gsize n),
                               (x[at] - centre) * (x[at] - centre))
AVX512 static double DEFINE_SUM (square_sum_avx512, (const float *x, float centre, gsize n),
                                 (x[at] - centre) * (x[at] - centre))
double DEFINE_SUM (anf_sum_abs, (const float *x, gsize n), fabsf (x[at]))
double DEFINE_SUM (anf_sum_product, (const float *x, const float *y, gsize n), x[at] * y[at])

#undef DEFINE_SUM

double
anf_sum (const float *x, gsize n)
{
  static double (*const loop[]) (const float *, gsize) = { sum, sum_avx2, sum_avx512 };

  return loop[width ()] (x, n);
}

double
anf_sum_square (const float *x, float centre, gsize n)
{
  static double (*const loop[]) (const float *, float, gsize) = {
    square_sum, square_sum_avx2, square_sum_avx512,
  };

  return loop[width ()] (x, centre, n);
}

/* Pooling windows step by 1 or 2 nearly always: those loops are worth being told apart. */
static inline void
take_max (const float *x, gsize step, gsize n, float *acc)
{
  for (gsize i = 0; i < n; i++)
    acc[i] = x[i * step] > acc[i] || x[i * step] != x[i * step] ? x[i * step] : acc[i];
}

static inline void
take_sum (const float *x, gsize step, gsize n, float *acc)
{
  for (gsize i = 0; i < n; i++)
    acc[i] += x[i * step];
}

void
anf_take_max (const float *x, gsize step, gsize n, float *acc)
{
  if (step == 1)
    take_max (x, 1, n, acc);
  else if (step == 2)
    take_max (x, 2, n, acc);
  else
    take_max (x, step, n, acc);
}

void
anf_take_sum (const float *x, gsize step, gsize n, float *acc)
{
  if (step == 1)
    take_sum (x, 1, n, acc);
  else if (step == 2)
    take_sum (x, 2, n, acc);
  else
    take_sum (x, step, n, acc);
}

/* In lanes, since a compiler must not change the order of comparisons by itself. */
#define DEFINE_MOST(name, first, is_beyond) \
name (const float *x, gsize n) \
{ \
  float lane[LANES], most; \
  int nan = 0; \
  gsize i; \
\
  for (guint k = 0; k < LANES; k++) \
    lane[k] = first; \
  for (i = 0; i + LANES <= n; i += LANES) \
    for (guint k = 0; k < LANES; k++) \
      { \
        lane[k] = x[i + k] is_beyond lane[k] ? x[i + k] : lane[k]; \
        nan |= x[i + k] != x[i + k]; \
      } \
  for (guint half = LANES / 2; half > 0; half /= 2) \
    for (guint k = 0; k < half; k++) \
      lane[k] = lane[k + half] is_beyond lane[k] ? lane[k + half] : lane[k]; \
  most = lane[0]; \
  for (; i < n; i++) \
    { \
      most = x[i] is_beyond most ? x[i] : most; \
      nan |= x[i] != x[i]; \
    } \
  return nan ? NAN : most; \
}

static float DEFINE_MOST (most_plain, -INFINITY, >)
AVX2 static float DEFINE_MOST (most_avx2, -INFINITY, >)
AVX512 static float DEFINE_MOST (most_avx512, -INFINITY, >)
float DEFINE_MOST (anf_min, INFINITY, <)

#undef DEFINE_MOST

float
anf_max (const float *x, gsize n)
{
  static float (*const loop[]) (const float *, gsize) = { most_plain, most_avx2, most_avx512 };

  return loop[width ()] (x, n);
}
