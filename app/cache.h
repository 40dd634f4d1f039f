/* cache.h - what was found out about earlier states, so that undo brings it back. */
#pragma once

#include "worker.h"

G_BEGIN_DECLS

/* By the hash of the graph; the oldest go first when all together hold more bytes than they may. */
typedef struct _StudioCache StudioCache;

StudioCache *studio_cache_new     (gsize         most_bytes);
void         studio_cache_free    (StudioCache  *self);
/* Takes over what the worker has, if it is all of one graph. */
void         studio_cache_note    (StudioCache  *self,
                                   StudioWorker *worker);
/* Gives it back for @graph; FALSE: nothing is known, and the worker keeps what it has. */
gboolean     studio_cache_restore (StudioCache  *self,
                                   AnfGraph     *graph,
                                   StudioWorker *worker);
guint        studio_cache_n       (StudioCache  *self);
/* An estimate: what a run of it holds in memory at most, and its weights twice. */
gsize        studio_cache_bytes   (StudioCache  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StudioCache, studio_cache_free)

G_END_DECLS
