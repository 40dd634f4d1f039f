/* rewrite.h - the optimiser: what each pass does to a graph, and the notes it takes of it.
 *
 * A pass gets the report of a graph and gives the report of another one that computes the same.
 * What it did is noted with the user's nodes: those that a node made here names as its origin. */
#pragma once

#include "pass/plan.h"

/* AnfRewrite with their strings and lists. */
GArray    *anf_rewrites_new  (void);
/* @rule and @why are constants; @other (nullable): a second node concerned. */
void       anf_rewrites_note (GArray *self, const char *rule, const char *why, const AnfNode *node,
                              const AnfNode *other, const char *format, ...) G_GNUC_PRINTF (6, 7);

/* Ends @b, made of the graph of @report: leaves out the nodes that no output needs any more, and
 * checks. NULL with an error that is a fault of ours. */
AnfReport *anf_rewrite_end   (const AnfReport *report, AnfGraphBuilder *b, GError **error);

/* All passes that @options ask for, in their order, composites first. The fp32 profile is what
 * others are measured against: there nothing else is done. */
AnfReport *anf_optimise      (const AnfReport *report, const AnfOptions *options, GArray *notes,
                              GError **error);

/* island.c: what the engine reads of nodes on the host is rounded to fp16 by a node of its own. */
AnfReport *anf_draw_borders  (const AnfReport *report, GError **error);

/* canon.c: nodes that change nothing and pairs that are one node, until there are none. */
AnfReport *anf_canonicalise  (const AnfReport *report, GArray *notes, GError **error);
/* canon.c: chains of scalars as one, which rounds once less. */
AnfReport *anf_fold_chains   (const AnfReport *report, GArray *notes, GError **error);

/* fold.c: what depends on constants alone, computed as the run would compute it. */
AnfReport *anf_fold          (const AnfReport *report, AnfNumerics numerics, GArray *notes,
                              GError **error);

/* route.c: what the target has no program for by simpler rows; then bridges, where that is quicker.
 * @whole is the user's graph, for the plans that are compared. */
AnfReport *anf_route_forced  (const AnfReport *report, GArray *notes, GError **error);
AnfReport *anf_route_chosen  (const AnfReport *report, const AnfReport *whole, GArray *notes,
                              GError **error);
