/* winograd.h - packs the kernels of 3x3 convolutions as oneDNN's Winograd code for AVX-512 reads
 * them. oneDNN's own packing takes longer than hundreds of runs save. */
#pragma once

#include <glib.h>

/* Orders of what is packed; u is the place in the transformed kernel, i and o are the channels in
 * blocks of 16. From the outermost axis in. */
typedef enum
{
  ANF_WINOGRAD_PLANES,             /* u, out / 16, in, o */
  ANF_WINOGRAD_TWINS,              /* u, out / 16 outs, in, outs, o */
  ANF_WINOGRAD_BLOCKS,             /* out / 16 outs, u, in / 16 ins, outs, ins, i, o */
} AnfWinogradOrder;

/* [out, in, 3, 3] becomes alpha by alpha each: 4 for tiles of 2 by 2 outputs, 6 for 4 by 4. */
typedef struct
{
  AnfWinogradOrder order;
  guint            alpha;
  gsize            in, out;        /* channels, multiples of 16 */
  gsize            ins, outs;      /* blocks of 16 that stay together */
} AnfWinogradPack;

/* Of this machine: whether anf_winograd_pack () may be called. */
gboolean anf_winograd_is_here (void);
/* @to: alpha * alpha * in * out numbers. Threads itself. */
void     anf_winograd_pack    (const AnfWinogradPack *pack, const float *from, float *to);
