/* layout.h - places for nodes: layers from left to right, few crossings. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* FALSE: every node sits at the origin, as in a document without positions. */
gboolean  studio_layout_is_placed (const AnfGraph *graph);
/* Where each node should be, {x, y} by position in the graph (transfer full). @ids (nullable, of
 * AnfId): only these move; the others are answered with where they are, and the middle of those
 * that move stays. */
double  (*studio_layout_arrange   (const AnfGraph *graph, const GArray *ids))[2];

G_END_DECLS
