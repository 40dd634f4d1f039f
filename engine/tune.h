/* tune.h - what compiling and tuning share: programs tried out. */
#pragma once

#include "anf.h"

/* anf_compile without what level 1 and 2 may choose at the cost of numbers, and without measuring:
 * level 2 is level 1. */
AnfProgram *anf_compile_lossless (AnfGraph *graph, const AnfOptions *options,
                                  const AnfProgress *progress, GError **error);
/* With int8 at level 1 where anf_choose_int8 allows it. */
AnfProgram *anf_compile_bounded  (AnfGraph *graph, const AnfOptions *options,
                                  const AnfProgress *progress, GError **error);
/* Level 2: what is quickest on this device, of what level 0, routes and 1 make, held against level
 * 0. Remembered in autotune.json in ANEFORGE_CACHE_DIR or the user's cache. */
AnfProgram *anf_compile_measured (AnfGraph *graph, const AnfOptions *options,
                                  const AnfProgress *progress, GError **error);
/* Puts weights in int8 in the place of *@weights, and tells so in the plan, if the bounds of the
 * rows prove that all that meets a weight stays within 4094 in magnitude, weights pass their gate,
 * and the estimate gets lower. FALSE with an error. */
gboolean    anf_choose_int8      (AnfPlan *plan, const AnfOptions *options, AnfWeights **weights,
                                  const AnfProgress *progress, GError **error);
/* The least of @runs runs. @given as for anf_feed (NULL: random, seed 0). */
gboolean    anf_program_least_us (AnfProgram *program, AnfTensors *given, guint warmup, guint runs,
                                  double *us, const AnfProgress *progress, GError **error);
/* How far all outputs are apart, the worst of them: relative: ||y - ref|| / ||ref||; else
 * max |y - ref| / max |ref|. NaN counts as infinitely far. */
double      anf_outputs_apart    (AnfTensors *outputs, AnfTensors *reference, gboolean relative);
