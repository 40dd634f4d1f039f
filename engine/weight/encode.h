/* encode.h - weights in fewer bits: what is stored of them, and the numbers that come back. */
#pragma once

#include "mil/type.h"

/* One weight in one encoding; never changes. */
typedef struct
{
  AnfMilWeight payload;            /* of the tensor as it was given */
  gsize        bytes;              /* of all parts */
  double       error;              /* ||decoded - w||F / ||w||F over what is finite */
} AnfEncoded;

/* NULL with @error: cancelled. NULL without: this encoding cannot hold this weight, and @why
 * (transfer full) says so in one sentence. @block_size is of blockwise: elements per scale, made
 * smaller until it divides a row. */
AnfEncoded *anf_encode         (AnfTensor *tensor, AnfEncoding encoding, guint block_size,
                                char **why, GCancellable *cancellable, GError **error);
/* All its numbers as fp32, for the host: called fp16, but its one part says what it is. */
AnfEncoded *anf_encoded_exact  (AnfTensor *tensor);
AnfEncoded *anf_encoded_ref    (AnfEncoded *self);
void        anf_encoded_unref  (AnfEncoded *self);
/* The fp16 values the hardware multiplies with, as floats; NaN, which it takes for +inf, as +inf.
 * @out has room for every element. */
void        anf_encoded_decode (const AnfEncoded *self, float *out);

/* The same piece by piece, from the first element on. */
typedef struct
{
  const AnfMilWeight *weight;
  gsize               at, inner;   /* the next element; elements of a row */
  gsize               next_value;  /* of a sparse weight */
  guint32            *map;         /* block of each element of a row (nullable: one block) */
  gsize               n_blocks;
} AnfDecoder;
void        anf_decoder_init  (AnfDecoder *self, const AnfMilWeight *weight);
void        anf_decoder_next  (AnfDecoder *self, gsize count, float *out);
void        anf_decoder_clear (AnfDecoder *self);

/* The type of the scales of blocks of @block elements, which divides a row; FALSE: it does not. */
gboolean    anf_block_scales  (const AnfMilType *type, gsize block, AnfMilType *scales);
/* The block of each element of a row (transfer full), and the blocks of a row. */
guint32    *anf_block_map     (const AnfMilType *type, const AnfMilType *scales, gsize *n_blocks);

/* [K, N] -> [N, K], same dtype (transfer full). */
AnfTensor  *anf_tensor_transposed (AnfTensor *tensor);

/* 16 values for all of a tensor: quantiles refined by 20 rounds of Lloyd. FALSE: cancelled. */
#define ANF_LUT_SIZE 16
gboolean    anf_lut_fit        (AnfTensor *tensor, float *centroids, GCancellable *cancellable,
                                GError **error);
/* The nearest of @centroids, the first one on a tie: their indices. */
void        anf_lut_assign     (const float *values, gsize n, const float *centroids, guint8 *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfEncoded, anf_encoded_unref)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AnfDecoder, anf_decoder_clear)
