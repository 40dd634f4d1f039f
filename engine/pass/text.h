/* text.h - what the stages made, as text: for ANF_DEBUG and for tests. */
#pragma once

#include "pass/plan.h"

/* One line per node ("c1 conv 1×16×28×28"), then one per finding. */
char *anf_report_text (const AnfReport *report);

/* One line per segment: "s0 fused: c1 r1 | in x | out r1". */
char *anf_plan_text   (const AnfPlan *plan);

/* Prints to stderr what @make makes of @thing, if ANF_DEBUG names @stage. */
void  anf_debug       (const char *stage, char *(*make) (gconstpointer), gconstpointer thing);
