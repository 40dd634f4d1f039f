/* half.c - fp16 values: conversion, rounding, tables; to the same bits on every machine. */
#include "num/half.h"

#include <math.h>
#include <string.h>

#if defined (__x86_64__)
#include "num/cpu.h"

#include <immintrin.h>
#endif

#define WIDTH 16                   /* numbers looked at together */

static guint32
bits_of (float x)
{
  guint32 bits;

  memcpy (&bits, &x, sizeof bits);
  return bits;
}

static float
float_of (guint32 bits)
{
  float x;

  memcpy (&x, &bits, sizeof x);
  return x;
}

float
anf_half_to_float (guint16 half)
{
  guint32 sign = (guint32) (half & 0x8000) << 16, magnitude = half & 0x7fff;

  if (magnitude >= 0x7c00)         /* infinity; NaN made quiet, as F16C does */
    return float_of (sign | 0x7f800000 | (magnitude > 0x7c00 ? 0x400000 : 0)
                     | (magnitude & 0x3ff) << 13);
  if (magnitude < 0x400)           /* subnormal: a count of 2^-24 */
    return sign ? -(float) magnitude * 0x1p-24f : (float) magnitude * 0x1p-24f;
  return float_of (sign | ((magnitude << 13) + 0x38000000));
}

guint16
anf_half_from_float (float x)
{
  guint32 bits = bits_of (x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;

  if (magnitude > 0x7f800000)
    return sign | 0x7e00 | (magnitude >> 13 & 0x3ff);
  if (magnitude >= 0x47800000)     /* 65536 and up */
    return sign | 0x7c00;
  if (magnitude < 0x38800000)      /* adding 0.5 leaves a count of 2^-24 in the low bits */
    return sign | (bits_of (float_of (magnitude) + 0.5f) - 0x3f000000);
  /* Half an fp16 unit less one, and one more if odd: a carry goes into the exponent as it must. */
  return sign | (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13;
}

/* Rounding to fp32 first would round twice; an inexact result is made odd instead, which keeps the
 * second rounding on the right side (Boldo and Melquiond 2005). */
guint16
anf_half_from_double (double x)
{
  float near = x;
  guint32 bits = bits_of (near);

  if (isfinite (near) && near != x && (bits & 1) == 0)
    bits += fabs (near) > fabs (x) ? -1 : 1;
  return anf_half_from_float (float_of (bits));
}

float
anf_half_round (double x)
{
  return anf_half_to_float (anf_half_from_double (x));
}

static void
encode_plain (const float *in, gsize n, guint16 *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = anf_half_from_float (in[i]);
}

static void
decode_plain (const guint16 *in, gsize n, float *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = anf_half_to_float (in[i]);
}

/* A tie is as far from its fp16 neighbour below as from the one above. */
static float
finish_float (float x, AnfFinish how)
{
  float near, away;

  if (x != x)
    return 0;
  near = anf_half_to_float (anf_half_from_float (x));
  if ((how & ANF_FINISH_AWAY) && isfinite (near))
    {
      away = anf_half_to_float (anf_half_from_float (float_of (bits_of (x) + 1)));
      if (fabsf (away) - fabsf (x) == fabsf (x) - fabsf (near))
        near = away;
    }
  if ((how & ANF_FINISH_CLIFF) && fabsf (near) >= 32768)
    return copysignf (INFINITY, near);
  if ((how & ANF_FINISH_FLUSH) && fabsf (near) < 0x1p-14f)
    return 0;
  return near;
}

static void
finish_plain (float *values, gsize n, AnfFinish how)
{
  for (gsize i = 0; i < n; i++)
    values[i] = finish_float (values[i], how);
}

static gsize
to_nan_plain (float *values, gsize n, AnfFinish how)
{
  for (gsize i = 0; i < n; i += WIDTH)
    {
      gsize end = MIN (i + WIDTH, n);

      for (gsize k = i; k < end; k++)
        if (values[k] != values[k])
          return i;
      finish_plain (values + i, end - i, how);
    }
  return n;
}

static void
apply_plain (const guint16 *table, const float *in, gsize n, float *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = anf_half_to_float (table[anf_half_from_float (in[i])]);
}

#if defined (__x86_64__)

#define F16C __attribute__ ((target ("avx2,f16c")))

F16C static void
encode_f16c (const float *in, gsize n, guint16 *out)
{
  gsize i;

  for (i = 0; i + 8 <= n; i += 8)
    _mm_storeu_si128 ((__m128i *) (out + i),
                      _mm256_cvtps_ph (_mm256_loadu_ps (in + i), _MM_FROUND_TO_NEAREST_INT));
  encode_plain (in + i, n - i, out + i);
}

F16C static void
decode_f16c (const guint16 *in, gsize n, float *out)
{
  gsize i;

  for (i = 0; i + 8 <= n; i += 8)
    _mm256_storeu_ps (out + i, _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) (in + i))));
  decode_plain (in + i, n - i, out + i);
}

F16C static inline __m256
round8 (__m256 x)
{
  return _mm256_cvtph_ps (_mm256_cvtps_ph (x, _MM_FROUND_TO_NEAREST_INT));
}

F16C static inline __m256
finish8 (__m256 x, AnfFinish how)
{
  const __m256 sign = _mm256_set1_ps (-0.0f);
  __m256 near;

  x = _mm256_and_ps (x, _mm256_cmp_ps (x, x, _CMP_ORD_Q));
  near = round8 (x);
  if (how & ANF_FINISH_AWAY)
    {
      __m256i next = _mm256_add_epi32 (_mm256_castps_si256 (x), _mm256_set1_epi32 (1));
      __m256 away = round8 (_mm256_castsi256_ps (next)), size = _mm256_andnot_ps (sign, x);
      __m256 above = _mm256_sub_ps (_mm256_andnot_ps (sign, away), size);
      __m256 below = _mm256_sub_ps (size, _mm256_andnot_ps (sign, near));

      /* Infinities compare as NaN, that is unequal, and stay. */
      near = _mm256_blendv_ps (near, away, _mm256_cmp_ps (above, below, _CMP_EQ_OQ));
    }
  if (how & (ANF_FINISH_CLIFF | ANF_FINISH_FLUSH))
    {
      __m256 size = _mm256_andnot_ps (sign, near);
      __m256 far = _mm256_cmp_ps (size, _mm256_set1_ps (32768), _CMP_GE_OQ);
      __m256 tiny = _mm256_cmp_ps (size, _mm256_set1_ps (0x1p-14f), _CMP_LT_OQ);
      __m256 infinity = _mm256_or_ps (_mm256_and_ps (sign, near), _mm256_set1_ps (INFINITY));

      if (how & ANF_FINISH_CLIFF)
        near = _mm256_blendv_ps (near, infinity, far);
      if (how & ANF_FINISH_FLUSH)
        near = _mm256_andnot_ps (tiny, near);
    }
  return near;
}

/* Away from zero without subnormals: half of the last step is added to the magnitude and the rest
 * cut off. @limit: from there on it is an infinity. */
F16C static inline __m256
away8 (__m256 x, __m256 limit, AnfFinish how)
{
  const __m256 sign = _mm256_set1_ps (-0.0f), infinity = _mm256_set1_ps (INFINITY);
  __m256 near, size, small, far;

  x = _mm256_and_ps (x, _mm256_cmp_ps (x, x, _CMP_ORD_Q));
  size = _mm256_andnot_ps (sign, x);
  small = _mm256_and_ps (_mm256_cmp_ps (size, _mm256_set1_ps (0x1p-14f), _CMP_LT_OQ),
                         _mm256_cmp_ps (size, _mm256_setzero_ps (), _CMP_NEQ_OQ));
  if (_mm256_movemask_ps (small) != 0)
    return finish8 (x, how);
  near = _mm256_castsi256_ps (_mm256_and_si256 (
      _mm256_add_epi32 (_mm256_castps_si256 (x), _mm256_set1_epi32 (0x1000)),
      _mm256_set1_epi32 (~0x1fff)));
  far = _mm256_cmp_ps (_mm256_andnot_ps (sign, near), limit, _CMP_GE_OQ);
  return _mm256_blendv_ps (near, _mm256_or_ps (_mm256_and_ps (sign, near), infinity), far);
}

F16C static void
finish_f16c (float *values, gsize n, AnfFinish how)
{
  gboolean quick = (how & ANF_FINISH_AWAY) && !(how & ANF_FINISH_FLUSH);
  const __m256 limit = _mm256_set1_ps (how & ANF_FINISH_CLIFF ? 32768 : 65536);
  gsize i;

  if (quick)
    for (i = 0; i + 8 <= n; i += 8)
      _mm256_storeu_ps (values + i, away8 (_mm256_loadu_ps (values + i), limit, how));
  else
    for (i = 0; i + 8 <= n; i += 8)
      _mm256_storeu_ps (values + i, finish8 (_mm256_loadu_ps (values + i), how));
  finish_plain (values + i, n - i, how);
}

F16C static gsize
to_nan_f16c (float *values, gsize n, AnfFinish how)
{
  gsize i;

  for (i = 0; i + WIDTH <= n; i += WIDTH)
    {
      __m256 a = _mm256_loadu_ps (values + i), b = _mm256_loadu_ps (values + i + 8);

      if (_mm256_movemask_ps (_mm256_cmp_ps (a, b, _CMP_UNORD_Q)) != 0)
        return i;
      finish_f16c (values + i, WIDTH, how);
    }
  return to_nan_plain (values + i, n - i, how) + i;
}

F16C static void
apply_f16c (const guint16 *table, const float *in, gsize n, float *out)
{
  guint16 key[8], answer[8];
  gsize i;

  for (i = 0; i + 8 <= n; i += 8)
    {
      _mm_storeu_si128 ((__m128i *) key,
                        _mm256_cvtps_ph (_mm256_loadu_ps (in + i), _MM_FROUND_TO_NEAREST_INT));
      for (guint k = 0; k < 8; k++)
        answer[k] = table[key[k]];
      _mm256_storeu_ps (out + i, _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) answer)));
    }
  apply_plain (table, in + i, n - i, out + i);
}

#undef F16C

#define AVX512 __attribute__ ((target ("avx512f")))

AVX512 static inline __m512
round16 (__m512 x)
{
  return _mm512_cvtph_ps (_mm512_cvtps_ph (x, _MM_FROUND_TO_NEAREST_INT));
}

/* finish8 for 16 numbers, none of them NaN. */
AVX512 static inline __m512
finish16 (__m512 x, AnfFinish how)
{
  const __m512i sign = _mm512_set1_epi32 (G_MININT32), all = _mm512_set1_epi32 (-1);
  __m512 near = round16 (x);
  __m512i size;

  if (how & ANF_FINISH_AWAY)
    {
      __m512 away = round16 (_mm512_castsi512_ps (
          _mm512_sub_epi32 (_mm512_castps_si512 (x), all)));
      __m512 above = _mm512_sub_ps (_mm512_abs_ps (away), _mm512_abs_ps (x));
      __m512 below = _mm512_sub_ps (_mm512_abs_ps (x), _mm512_abs_ps (near));

      near = _mm512_mask_mov_ps (near, _mm512_cmp_ps_mask (above, below, _CMP_EQ_OQ), away);
    }
  size = _mm512_andnot_epi32 (sign, _mm512_castps_si512 (near));
  if (how & ANF_FINISH_CLIFF)
    near = _mm512_mask_mov_ps (
        near, _mm512_cmpge_epi32_mask (size, _mm512_set1_epi32 (0x47000000)),
        _mm512_castsi512_ps (_mm512_or_epi32 (
            _mm512_and_epi32 (sign, _mm512_castps_si512 (near)),
            _mm512_set1_epi32 (0x7f800000))));
  if (how & ANF_FINISH_FLUSH)
    near = _mm512_maskz_mov_ps (
        _mm512_cmpge_epi32_mask (size, _mm512_set1_epi32 (0x38800000)), near);
  return near;
}

/* away8 for 16 numbers. FALSE: there is NaN among them. */
AVX512 static inline gboolean
settle16 (float *values, int limit, AnfFinish how)
{
  const __m512i sign = _mm512_set1_epi32 (G_MININT32), one = _mm512_set1_epi32 (1);
  __m512i x = _mm512_loadu_si512 (values), size = _mm512_andnot_epi32 (sign, x), near;
  __mmask16 small, far;

  if (_mm512_cmpgt_epi32_mask (size, _mm512_set1_epi32 (0x7f800000)) != 0)
    return FALSE;
  /* Zero less one is the largest of all. */
  small = _mm512_cmplt_epu32_mask (_mm512_sub_epi32 (size, one),
                                   _mm512_set1_epi32 (0x38800000 - 1));
  if (!(how & ANF_FINISH_AWAY) || (how & ANF_FINISH_FLUSH) || small != 0)
    {
      _mm512_storeu_ps (values, finish16 (_mm512_castsi512_ps (x), how));
      return TRUE;
    }
  near = _mm512_and_epi32 (_mm512_add_epi32 (x, _mm512_set1_epi32 (0x1000)),
                           _mm512_set1_epi32 (~0x1fff));
  far = _mm512_cmpge_epi32_mask (_mm512_andnot_epi32 (sign, near), _mm512_set1_epi32 (limit));
  near = _mm512_mask_or_epi32 (near, far, _mm512_and_epi32 (sign, near),
                               _mm512_set1_epi32 (0x7f800000));
  _mm512_storeu_si512 (values, near);
  return TRUE;
}

AVX512 static gsize
to_nan_avx512 (float *values, gsize n, AnfFinish how)
{
  int limit = how & ANF_FINISH_CLIFF ? 0x47000000 : 0x47800000;   /* 32768, 65536 */
  gsize i;

  for (i = 0; i + WIDTH <= n; i += WIDTH)
    if (!settle16 (values + i, limit, how))
      return i;
  return to_nan_plain (values + i, n - i, how) + i;
}

AVX512 static void
finish_avx512 (float *values, gsize n, AnfFinish how)
{
  for (gsize i = 0; i < n; i += WIDTH)
    {
      i += to_nan_avx512 (values + i, n - i, how);
      if (i < n)
        finish_plain (values + i, MIN (WIDTH, n - i), how);
    }
}

#undef AVX512
#endif

typedef struct
{
  void (*encode) (const float *in, gsize n, guint16 *out);
  void (*decode) (const guint16 *in, gsize n, float *out);
  void (*finish) (float *values, gsize n, AnfFinish how);
  gsize (*to_nan) (float *values, gsize n, AnfFinish how);
  void (*apply)  (const guint16 *table, const float *in, gsize n, float *out);
} Paths;

static const Paths plain = { encode_plain, decode_plain, finish_plain, to_nan_plain, apply_plain };
static const Paths *chosen;        /* NULL until first asked for */

static const Paths *
fastest (AnfHalfPath most)
{
#if defined (__x86_64__)
  static const Paths avx512 = { encode_f16c, decode_f16c, finish_avx512, to_nan_avx512,
                                apply_f16c };
  static const Paths f16c = { encode_f16c, decode_f16c, finish_f16c, to_nan_f16c, apply_f16c };

  if (most >= ANF_HALF_AVX512 && __builtin_cpu_supports ("avx512f"))
    return &avx512;
  if (most >= ANF_HALF_F16C && __builtin_cpu_supports ("avx2") && anf_cpu_has_f16c ())
    return &f16c;
#endif
  return &plain;
}

static const Paths *
paths (void)
{
  const Paths *found = g_atomic_pointer_get (&chosen);

  if (found == NULL)
    {
      found = fastest (ANF_HALF_AVX512);
      g_atomic_pointer_set (&chosen, found);
    }
  return found;
}

void
anf_half_use (AnfHalfPath path)
{
  g_atomic_pointer_set (&chosen, fastest (path));
}

void
anf_half_encode (const float *in, gsize n, guint16 *out)
{
  paths ()->encode (in, n, out);
}

void
anf_half_decode (const guint16 *in, gsize n, float *out)
{
  paths ()->decode (in, n, out);
}

void
anf_half_apply (const guint16 *table, const float *in, gsize n, float *out)
{
  paths ()->apply (table, in, n, out);
}

void
anf_finish (float *values, gsize n, AnfFinish how)
{
  if (how & ANF_FINISH_HALF)
    paths ()->finish (values, n, how);
}

gsize
anf_finish_to_nan (float *values, gsize n, AnfFinish how)
{
  return how & ANF_FINISH_HALF ? paths ()->to_nan (values, n, how) : n;
}

float
anf_finish_one (double value, AnfFinish how)
{
  float near = value;

  if (!(how & ANF_FINISH_HALF))
    return near;
  /* To odd, so that the rounding to fp16 is the only one. */
  if (isfinite (near) && near != value && (bits_of (near) & 1) == 0)
    near = float_of (bits_of (near) + (fabs (near) > fabs (value) ? -1 : 1));
  return finish_float (near, how);
}
