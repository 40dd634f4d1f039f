/* program.h - a loaded program from inside the engine: timed runs, and what it holds. */
#pragma once

#include "run/backend.h"

/* Owns all arguments but @options and @progress; NULL with an error. */
AnfProgram *anf_program_load (AnfPlan *plan, AnfWeights *weights, const AnfOptions *options,
                              double compile_us, const AnfProgress *progress, GError **error);

/* Times of one run in microseconds. The arrays are the caller's: one per segment of the plan, one
 * per node of the graph. */
typedef struct { double total_us; double *segment_us, *node_us; } AnfTiming;

/* One sample, from fed inputs to readable outputs, with no copy of the outputs made: @sample of the
 * k that @inputs hold. */
gboolean    anf_program_run_timed (AnfProgram *self, AnfTensors *inputs, guint sample,
                                   AnfTiming *timing, const AnfProgress *progress,
                                   GError **error);

/* How many samples @inputs (as made by anf_feed) hold: 1, or the k of DOCUMENT.md. */
guint       anf_program_n_samples (const AnfProgram *self, AnfTensors *inputs);

/* Calls the level it was compiled at what was asked for, whatever that found best. */
void        anf_program_set_level (AnfProgram *self, const char *opt);

/* Workspace, and weights as the device holds them. */
gsize       anf_program_bytes     (const AnfProgram *self);

/* What of a program that is about to be loaded was there already. */
void        anf_note_reuse        (const AnfLoad *load, const AnfOptions *options,
                                   AnfReuse *reuse);
