/* lower.h - nodes taken apart: in the place of one, the simpler ones its row says it is made of. */
#pragma once

#include "pass/report.h"

/* What a node at a position of @report is made of, one of its row's columns; NULL: it stays. */
typedef AnfGraph *(*AnfExpand) (AnfShapes *shapes);
typedef AnfExpand (*AnfPick)   (const AnfReport *report, guint at, gpointer data);

/* The report of the graph in which those that @pick picks are taken apart: @report itself (a new
 * reference) if none is. The last of the nodes in a node's place has its id; the others name the
 * user's node as their origin. NULL with an error if what a row made of itself does not pass the
 * check: a fault of ours. */
AnfReport *anf_lower (const AnfReport *report, AnfPick pick, gpointer data, GError **error);

/* The same for one node, into @b, made of the graph of @report. @made (nullable) receives the AnfId
 * of every node that is new. FALSE, with nothing done: the row has no such form for this node. */
gboolean   anf_lower_into (AnfGraphBuilder *b, const AnfReport *report, guint at, AnfExpand expand,
                           GArray *made);

/* Picks composites, which exist on no chip. */
AnfExpand  anf_pick_composite (const AnfReport *report, guint at, gpointer data);

/* What shape rules see of the node at a position. @in as for anf_report_inputs, @weight of
 * ANF_MAX_ROLES. */
AnfShapes  anf_lower_shapes (const AnfReport *report, guint at, const AnfType **in,
                             AnfTensor **weight);

/* The check of a graph made from that of @report; NULL with an error if it does not pass. */
AnfReport *anf_lower_check  (const AnfReport *report, AnfGraph *graph, GError **error);
