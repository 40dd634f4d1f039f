/* winograd.c - kernels of 3x3 convolutions, transformed and packed. A transformed kernel is G g G',
 * with the G of Winograd's minimal filtering (Lavin and Gray 2015, arXiv:1509.09308): F(2x2, 3x3)
 * has the points 0, +-1 and infinity; F(4x4, 3x3), as oneDNN has it, 0, +-5/8, +-3/2, infinity. */
#include "num/winograd.h"

#include "num/threads.h"

#define O     16                   /* output channels side by side */
#define TAPS  9
#define ALPHA 6                    /* the larger of the two */

#if defined (__x86_64__)
#define AVX512 __attribute__ ((target ("avx512f,prefer-vector-width=512")))
#else
#define AVX512
#endif
#if defined (__GNUC__) && !defined (__clang__)
#pragma GCC optimize ("O3")
#endif

static const float g2[4][3] = {
  { 1, 0, 0 }, { 0.5f, 0.5f, 0.5f }, { 0.5f, -0.5f, 0.5f }, { 0, 0, 1 },
};
/* A row is (1, p, p^2) over the product of the differences of p from the other points. */
#define P  (5.0 / 8)
#define Q  (3.0 / 2)
#define AT_0 (1 / (P * P * Q * Q))
#define AT_P (1 / (2 * P * P * (P * P - Q * Q)))
#define AT_Q (1 / (2 * Q * Q * (Q * Q - P * P)))

static const float g4[6][3] = {
  { AT_0, 0, 0 },
  { AT_P, AT_P * P, AT_P * P * P }, { AT_P, -AT_P * P, AT_P * P * P },
  { AT_Q, AT_Q * Q, AT_Q * Q * Q }, { AT_Q, -AT_Q * Q, AT_Q * Q * Q },
  { 0, 0, 1 },
};

gboolean
anf_winograd_is_here (void)
{
#if defined (__x86_64__)
  return __builtin_cpu_supports ("avx512f") != 0;
#else
  return FALSE;
#endif
}

/* Where input channel @in of the outputs from 16 @block on begins, and how far u is from u. */
static gsize
place (const AnfWinogradPack *self, gsize block, gsize in, gsize *step)
{
  gsize chunk = block / self->outs, twin = block % self->outs;

  *step = self->order == ANF_WINOGRAD_BLOCKS ? self->in * self->outs * O : self->in * self->out;
  switch (self->order)
    {
    case ANF_WINOGRAD_PLANES:
      return (block * self->in + in) * O;
    case ANF_WINOGRAD_TWINS:
      return ((chunk * self->in + in) * self->outs + twin) * O;
    default:
      return chunk * self->alpha * self->alpha * *step
             + ((in / O / self->ins * self->outs + twin) * self->ins + in / O % self->ins) * O * O
             + in % O * O;
    }
}

/* G g G' for 16 kernels at once. */
AVX512 static void
transform (const float (*g)[3], guint alpha, const float kernel[TAPS][O], float *to, gsize step)
{
  float half[ALPHA][3][O];

  for (guint u = 0; u < alpha; u++)
    for (guint j = 0; j < 3; j++)
      for (guint o = 0; o < O; o++)
        half[u][j][o] = g[u][0] * kernel[j][o] + g[u][1] * kernel[3 + j][o]
                        + g[u][2] * kernel[6 + j][o];
  for (guint u = 0; u < alpha; u++)
    for (guint v = 0; v < alpha; v++)
      for (guint o = 0; o < O; o++)
        to[(u * alpha + v) * step + o] = g[v][0] * half[u][0][o] + g[v][1] * half[u][1][o]
                                         + g[v][2] * half[u][2][o];
}

typedef struct { const AnfWinogradPack *pack; const float *from; float *to; } Job;

static void
pack_blocks (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  const AnfWinogradPack *pack = job->pack;

  for (gsize block = begin; block < end; block++)
    for (gsize in = 0; in < pack->in; in++)
      {
        const float *from = job->from + (block * O * pack->in + in) * TAPS;
        float kernel[TAPS][O];
        gsize step, at = place (pack, block, in, &step);

        for (guint o = 0; o < O; o++)
          for (guint tap = 0; tap < TAPS; tap++)
            kernel[tap][o] = from[o * pack->in * TAPS + tap];
        transform (pack->alpha == 4 ? g2 : g4, pack->alpha, kernel, job->to + at, step);
      }
}

void
anf_winograd_pack (const AnfWinogradPack *pack, const float *from, float *to)
{
  Job job = { pack, from, to };

  anf_parallel (pack->out / O, 1, pack_blocks, &job);
}
