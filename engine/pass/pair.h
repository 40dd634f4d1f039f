/* pair.h - a difference of two products as one product. */
#pragma once

#include "pass/report.h"

/* x A - y B, each rounded, as [x y] [A; -B], added up wide and rounded once. @b (nullable: only
 * asked) is made of the graph of @report. FALSE: the node at @at is no such difference. */
gboolean anf_pair_difference (AnfGraphBuilder *b, const AnfReport *report, guint at);
