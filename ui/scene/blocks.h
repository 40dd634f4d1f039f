/* blocks.h - groups for a graph that has none, and an overview of one that was just read. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* The graph with groups "block N" wherever several ways lead from one value to the next that goes
 * on alone, and "chain N" for the nodes between such blocks (transfer full) (nullable). */
AnfGraph *studio_blocks_find    (AnfGraph *graph);
/* Whether a node of @a is in another group than in @b, which has the same nodes. */
gboolean  studio_blocks_differ  (const AnfGraph *a, const AnfGraph *b);
/* The graph with places for all nodes; a large one with its groups, or blocks, folded
 * (transfer full) (nullable). */
AnfGraph *studio_blocks_arrange (AnfGraph *graph);

G_END_DECLS
