/* cache.h - encoded weights and the numbers that come back, kept for whoever asks for the same: the
 * next compile after an edit finds all weights that the edit did not touch. */
#pragma once

#include "weight/encode.h"

/* Of one tensor: by its numbers, so another document's equal weight is the same. */
typedef struct
{
  AnfTensor  *tensor;              /* as the document has it */
  gboolean    transposed;          /* stored as [N, K] */
  AnfEncoding encoding;
  guint       block_size;          /* of blockwise */
} AnfCacheKey;

/* As anf_encode. @kept (nullable): whether it was there already. */
AnfEncoded *anf_cache_encode  (const AnfCacheKey *key, gboolean *kept, char **why,
                               GCancellable *cancellable, GError **error);
/* The numbers the device uses, in the layout of the document; given back by anf_values_unref. NULL
 * with an error: cancelled, or with none: it does not apply. */
float      *anf_cache_values  (const AnfCacheKey *key, gboolean *kept, GCancellable *cancellable,
                               GError **error);
void        anf_values_unref  (float *values);
/* Forgets everything; what is in use stays with its users. */
void        anf_cache_forget  (void);
