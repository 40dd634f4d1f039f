/* knapsack.h - one of several options for each item, the sum of one number kept below a limit, the
 * sum of another as small as can be: the multiple-choice knapsack. */
#pragma once

#include <glib.h>

typedef struct { double load, cost; guint id; } AnfOption;

/* @options: one GArray of AnfOption per item, none empty. @picked receives an id per item. FALSE:
 * nothing keeps @limit. @bound (nullable): no solution costs less; it equals the cost if this one
 * was proved to be the best, which it is unless the search had to be ended. */
gboolean anf_knapsack (const GPtrArray *options, double limit, guint *picked, double *bound);
