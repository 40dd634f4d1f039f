/* query.h - what to look for among nodes: "op:conv shape:*x512 latency>50us error>1%". */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Terms that all have to hold, between spaces; one that begins with "-" has not to.
 * - a word: the name or the operator holds it
 * - name: op: shape: dtype: segment: has: (error warning hint muted encoding weights), or the name
 *   of an attribute, and a pattern with * and ?; letters count as one in either case
 * - latency flops bytes error params, then < <= > >= or =, and a number with its unit: us ms s;
 *   k M G KiB MiB GiB; % */
typedef struct _StudioQuery StudioQuery;

/* Never NULL; nothing in it holds for every node. */
StudioQuery *studio_query_new     (const char *text);
void         studio_query_free    (StudioQuery *self);
/* What of it means nothing, in one sentence (nullable); such a term holds for no node. */
const char  *studio_query_problem (const StudioQuery *self);
gboolean     studio_query_matches (const StudioQuery *self, const StudioView *view,
                                   const AnfNode *node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StudioQuery, studio_query_free)

G_END_DECLS
