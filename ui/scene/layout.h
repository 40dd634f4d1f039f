/* layout.h - places for nodes: layers from left to right, few crossings. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* FALSE: every node sits at the origin, as in a document without positions. */
gboolean  studio_layout_is_placed (const AnfGraph *graph);
/* Whether one arrangement serves both: the same nodes, wires and groups. */
gboolean  studio_layout_is_same   (const AnfGraph *a, const AnfGraph *b);
/* Note "pinned" of the node: arranging leaves it where it is. */
gboolean  studio_node_is_pinned   (const AnfGraph *graph, AnfId id);
/* Where each node should be, {x, y} by position in the graph (transfer full). What is in a group
 * lies together; a folded group has the room of one node, at the top left corner of what is in it.
 * @ids (nullable, of AnfId): only these move; the others are answered with where they are, and the
 * top left corner of those that move stays. */
double  (*studio_layout_arrange   (const AnfGraph *graph, const GArray *ids))[2];

/* Between two things that are arranged together: from < to. */
typedef struct { guint from, to; } StudioEdge;

/* Places for @n things of the given widths and heights, from the origin on. @edges: of StudioEdge,
 * sorted by @to. @rows: a long chain is broken like a line of text. */
void      studio_layout_items     (guint n, const double (*size)[2], const GArray *edges,
                                   gboolean rows, double (*out)[2]);

G_END_DECLS
