/* stream-kernels.c - dot products with rows of fp16, int8, 4-bit indices and sparse fp16.
 *
 * A scaled number is scale times integer, rounded to fp16 once: the product of 11 and 7 bits is
 * exact in fp32, so converting it to fp16 is that rounding. */
#include "num/stream-kernels.h"

#if defined (__x86_64__)
#include "num/cpu.h"

#include <immintrin.h>
#include <string.h>

#define AVX2   __attribute__ ((target ("avx2,fma,f16c")))
#define AVX512 __attribute__ ((target ("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,fma")))
#define STEP   64                  /* elements that the AVX-512 kernels take at once */

static inline float
half_to_float (guint16 bits)
{
  guint32 exponent = bits >> 10 & 31, word;
  float value;

  /* Scales are finite; subnormal ones are 2^-24 times an integer. */
  if (exponent == 0)
    value = (bits & 0x3ff) * 0x1p-24f;
  else
    {
      word = (exponent + 112) << 23 | (guint32) (bits & 0x3ff) << 13;
      memcpy (&value, &word, sizeof value);
    }
  return bits & 0x8000 ? -value : value;
}

/* ---------------------------------------------------------------- AVX2 */

#define LANES 8

AVX2 static inline float
sum_avx2 (const __m256 *sum)
{
  __m256 all = _mm256_add_ps (_mm256_add_ps (sum[0], sum[1]), _mm256_add_ps (sum[2], sum[3]));
  __m128 half = _mm_add_ps (_mm256_castps256_ps128 (all), _mm256_extractf128_ps (all, 1));

  half = _mm_add_ps (half, _mm_movehl_ps (half, half));
  return _mm_cvtss_f32 (_mm_add_ss (half, _mm_movehdup_ps (half)));
}

AVX2 static float
half_avx2 (const AnfRow *row, const float *x)
{
  const guint16 *w = row->data;
  __m256 sum[4] = { 0 };

  for (gsize k = 0; k < row->k; k += 4 * LANES)
    for (guint i = 0; i < 4; i++)
      {
        __m128i halves = _mm_loadu_si128 ((const __m128i *) (w + k + i * LANES));

        sum[i] = _mm256_fmadd_ps (_mm256_cvtph_ps (halves), _mm256_loadu_ps (x + k + i * LANES),
                                  sum[i]);
      }
  return sum_avx2 (sum);
}

AVX2 static float
scaled_avx2 (const AnfRow *row, const float *x)
{
  const gint8 *w = row->data;
  __m256 sum[4] = { 0 };

  for (gsize begin = 0, b = 0; begin < row->k; begin += row->block, b++)
    {
      __m256 scale = _mm256_set1_ps (half_to_float (row->scale[b]));

      for (gsize k = begin; k < begin + row->block; k += 2 * LANES)
        for (guint i = 0; i < 2; i++)
          {
            __m128i bytes = _mm_loadl_epi64 ((const __m128i *) (w + k + i * LANES));
            __m256 exact = _mm256_mul_ps (_mm256_cvtepi32_ps (_mm256_cvtepi8_epi32 (bytes)), scale);
            __m128i halves = _mm256_cvtps_ph (exact, _MM_FROUND_TO_NEAREST_INT);
            guint lane = (k / LANES & 2) + i;

            sum[lane] = _mm256_fmadd_ps (_mm256_cvtph_ps (halves),
                                         _mm256_loadu_ps (x + k + i * LANES), sum[lane]);
          }
    }
  return sum_avx2 (sum);
}

/* The bytes of the 16 values, low ones and high ones, each as a table of _mm_shuffle_epi8 (). */
AVX2 static inline void
split_table (const guint16 *table, __m128i *low, __m128i *high)
{
  guint8 bytes[2][16];

  for (guint i = 0; i < 16; i++)
    {
      bytes[0][i] = table[i] & 0xff;
      bytes[1][i] = table[i] >> 8;
    }
  *low = _mm_loadu_si128 ((const __m128i *) bytes[0]);
  *high = _mm_loadu_si128 ((const __m128i *) bytes[1]);
}

AVX2 static float
index_avx2 (const AnfRow *row, const float *x)
{
  const guint8 *w = row->data;
  const __m128i nibble = _mm_set1_epi8 (15);
  __m128i low, high;
  __m256 sum[4] = { 0 };

  split_table (row->table, &low, &high);
  for (gsize k = 0; k < row->k; k += 4 * LANES)
    {
      __m128i packed = _mm_loadu_si128 ((const __m128i *) (w + k / 2));
      __m128i even = _mm_and_si128 (packed, nibble);
      __m128i odd = _mm_and_si128 (_mm_srli_epi16 (packed, 4), nibble);
      __m128i at[2] = { _mm_unpacklo_epi8 (even, odd), _mm_unpackhi_epi8 (even, odd) };

      for (guint i = 0; i < 4; i++)
        {
          __m128i l = _mm_shuffle_epi8 (low, at[i / 2]), h = _mm_shuffle_epi8 (high, at[i / 2]);
          __m128i halves = i % 2 == 0 ? _mm_unpacklo_epi8 (l, h) : _mm_unpackhi_epi8 (l, h);

          sum[i] = _mm256_fmadd_ps (_mm256_cvtph_ps (halves), _mm256_loadu_ps (x + k + i * LANES),
                                    sum[i]);
        }
    }
  return sum_avx2 (sum);
}

#undef LANES

/* ---------------------------------------------------------------- AVX-512 */

#define LANES 16

AVX512 static inline float
sum_avx512 (const __m512 *sum)
{
  return _mm512_reduce_add_ps (_mm512_add_ps (_mm512_add_ps (sum[0], sum[1]),
                                              _mm512_add_ps (sum[2], sum[3])));
}

/* sum += 32 halves times x[0..31], two accumulators. */
AVX512 static inline void
add_halves (__m512i halves, const float *x, __m512 *sum)
{
  __m512 first = _mm512_cvtph_ps (_mm512_castsi512_si256 (halves));
  __m512 second = _mm512_cvtph_ps (_mm512_extracti64x4_epi64 (halves, 1));

  sum[0] = _mm512_fmadd_ps (first, _mm512_loadu_ps (x), sum[0]);
  sum[1] = _mm512_fmadd_ps (second, _mm512_loadu_ps (x + LANES), sum[1]);
}

AVX512 static float
half_avx512 (const AnfRow *row, const float *x)
{
  const guint16 *w = row->data;
  __m512 sum[4] = { 0 };

  for (gsize k = 0; k < row->k; k += STEP)
    {
      add_halves (_mm512_loadu_si512 (w + k), x + k, sum);
      add_halves (_mm512_loadu_si512 (w + k + STEP / 2), x + k + STEP / 2, sum + 2);
    }
  return sum_avx512 (sum);
}

/* The halves of scale times 0 .. 127, their low bytes in two registers and their high ones. */
AVX512 static inline void
magnitudes (float scale, __m512i low[2], __m512i high[2])
{
  const __m512i count = _mm512_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i halves[4], even, odd;
  guint8 at[2][64];

  for (guint i = 0; i < 64; i++)
    {
      at[0][i] = 2 * i;
      at[1][i] = 2 * i + 1;
    }
  even = _mm512_loadu_si512 (at[0]);
  odd = _mm512_loadu_si512 (at[1]);
  for (guint i = 0; i < 4; i++)
    {
      __m256i part[2];

      for (guint j = 0; j < 2; j++)
        {
          __m512i q = _mm512_add_epi32 (count, _mm512_set1_epi32 ((2 * i + j) * LANES));
          __m512 exact = _mm512_mul_ps (_mm512_cvtepi32_ps (q), _mm512_set1_ps (scale));

          part[j] = _mm512_cvtps_ph (exact, _MM_FROUND_TO_NEAREST_INT);
        }
      halves[i] = _mm512_inserti64x4 (_mm512_castsi256_si512 (part[0]), part[1], 1);
    }
  for (guint i = 0; i < 2; i++)
    {
      low[i] = _mm512_permutex2var_epi8 (halves[2 * i], even, halves[2 * i + 1]);
      high[i] = _mm512_permutex2var_epi8 (halves[2 * i], odd, halves[2 * i + 1]);
    }
}

/* One scale for the row, so all it can hold is a table, and 64 numbers are four look-ups. Bytes are
 * interleaved per 128 bits, which is where the order of x comes from. */
AVX512 static float
scaled_avx512 (const AnfRow *row, const float *x)
{
  const gint8 *w = row->data;
  const __m512i sign = _mm512_set1_epi8 (-128);
  __m512i low[2], high[2];
  __m512 sum[4] = { 0 };

  magnitudes (half_to_float (row->scale[0]), low, high);
  for (gsize k = 0; k < row->k; k += STEP)
    {
      __m512i q = _mm512_loadu_si512 (w + k), at = _mm512_abs_epi8 (q);
      __m512i l = _mm512_permutex2var_epi8 (low[0], at, low[1]);
      __m512i h = _mm512_permutex2var_epi8 (high[0], at, high[1]);

      h = _mm512_xor_si512 (h, _mm512_and_si512 (q, sign));
      add_halves (_mm512_unpacklo_epi8 (l, h), x + k, sum);
      add_halves (_mm512_unpackhi_epi8 (l, h), x + k + STEP / 2, sum + 2);
    }
  return sum_avx512 (sum);
}

static void
order_scaled (const float *x, gsize k, float *out)
{
  static const guint8 eight[STEP / 8] = { 0, 2, 4, 6, 1, 3, 5, 7 };

  for (gsize begin = 0; begin < k; begin += STEP)
    for (guint i = 0; i < STEP / 8; i++)
      memcpy (out + begin + 8 * i, x + begin + 8 * eight[i], 8 * sizeof *x);
}

AVX512 static float
block_avx512 (const AnfRow *row, const float *x)
{
  const gint8 *w = row->data;
  __m512 sum[4] = { 0 };

  for (gsize begin = 0, b = 0; begin < row->k; begin += row->block, b++)
    {
      __m512 scale = _mm512_set1_ps (half_to_float (row->scale[b]));

      for (gsize k = begin; k < begin + row->block; k += LANES)
        {
          __m128i bytes = _mm_loadu_si128 ((const __m128i *) (w + k));
          __m512 exact = _mm512_mul_ps (_mm512_cvtepi32_ps (_mm512_cvtepi8_epi32 (bytes)), scale);
          __m256i halves = _mm512_cvtps_ph (exact, _MM_FROUND_TO_NEAREST_INT);
          guint lane = k / LANES & 3;

          sum[lane] = _mm512_fmadd_ps (_mm512_cvtph_ps (halves), _mm512_loadu_ps (x + k),
                                       sum[lane]);
        }
    }
  return sum_avx512 (sum);
}

/* Two indices a byte become words; the table stands twice in its register, so that the bit above
 * an index does not count. x: even elements, then odd ones. */
AVX512 static float
index_avx512 (const AnfRow *row, const float *x)
{
  const guint8 *w = row->data;
  __m256i once = _mm256_loadu_si256 ((const __m256i *) row->table);
  __m512i table = _mm512_inserti64x4 (_mm512_castsi256_si512 (once), once, 1);
  __m512 sum[4] = { 0 };

  for (gsize k = 0; k < row->k; k += STEP)
    {
      __m512i packed = _mm512_cvtepu8_epi16 (_mm256_loadu_si256 ((const __m256i *) (w + k / 2)));

      add_halves (_mm512_permutexvar_epi16 (packed, table), x + k, sum);
      add_halves (_mm512_permutexvar_epi16 (_mm512_srli_epi16 (packed, 4), table),
                  x + k + STEP / 2, sum + 2);
    }
  return sum_avx512 (sum);
}

static void
order_index (const float *x, gsize k, float *out)
{
  for (gsize begin = 0; begin < k; begin += STEP)
    for (guint i = 0; i < STEP / 2; i++)
      {
        out[begin + i] = x[begin + 2 * i];
        out[begin + STEP / 2 + i] = x[begin + 2 * i + 1];
      }
}

AVX512 static float
sparse_avx512 (const AnfRow *row, const float *x)
{
  const guint16 *values = row->data;
  __m512 sum[4] = { 0 };

  for (gsize k = 0; k < row->k; k += STEP)
    for (guint i = 0; i < 2; i++)
      {
        guint32 mask;
        guint n;
        __m512i packed;

        memcpy (&mask, row->mask + k / 8 + i * sizeof mask, sizeof mask);
        n = __builtin_popcount (mask);
        packed = _mm512_maskz_loadu_epi16 (n == 32 ? ~0u : (1u << n) - 1, values);
        values += n;
        add_halves (_mm512_maskz_expand_epi16 (mask, packed), x + k + i * STEP / 2, sum + 2 * i);
      }
  return sum_avx512 (sum);
}

/* ---------------------------------------------------------------- which */

static guint
machine_level (void)
{
  if (!__builtin_cpu_supports ("avx2") || !__builtin_cpu_supports ("fma")
      || !anf_cpu_has_f16c ())
    return 0;
  return __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512vl")
         && __builtin_cpu_supports ("avx512vbmi") && __builtin_cpu_supports ("avx512vbmi2") ? 2 : 1;
}

AnfRowKernel
anf_row_kernel (AnfEncoding encoding, gsize k, gsize block, guint level)
{
  static const AnfRowKernel kernels[ANF_N_ENCODINGS][2] = {
    [ANF_FP16] = { { half_avx2 }, { half_avx512 } },
    [ANF_INT8] = { { scaled_avx2 }, { scaled_avx512, order_scaled } },
    [ANF_INT4] = { { index_avx2 }, { index_avx512, order_index } },
    [ANF_SPARSE] = { { NULL }, { sparse_avx512 } },
    [ANF_BLOCKWISE] = { { scaled_avx2 }, { block_avx512 } },
  };

  level = MIN (level, machine_level ());
  if (encoding >= ANF_N_ENCODINGS || k % STEP != 0
      || (encoding == ANF_BLOCKWISE && block % 16 != 0))
    level = 0;
  return level > 0 ? kernels[encoding][level - 1] : (AnfRowKernel) { NULL };
}

#else

/* Elsewhere there are none yet: nothing but x86-64 could be tried. */
AnfRowKernel
anf_row_kernel (AnfEncoding encoding, gsize k, gsize block, guint level)
{
  return (AnfRowKernel) { NULL };
}

#endif
