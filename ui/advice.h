/* advice.h - what would make a document quicker on its target, by the time it saves. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

typedef struct
{
  char     *words;                 /* "attn: Write it by fused operators" */
  char     *why;                   /* one sentence or two (nullable) */
  double    saved_us;              /* of the estimate for the target; 0: nothing */
  AnfId     node;                  /* 0: the document */
  AnfGraph *graph;                 /* with it done; NULL: it only says why something is of no use */
} StudioAdvice;

/* What most saves first: fixes of findings, levels of optimising, encodings, and encodings that
 * fold there (transfer full). Tries each: not for the main thread. All are of one graph; @weights:
 * its survey. */
GPtrArray *studio_advice_find (const AnfReport *report, const AnfPlan *plan,
                               const AnfWeights *weights, GCancellable *cancellable);

G_END_DECLS
