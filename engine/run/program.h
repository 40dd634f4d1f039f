/* program.h - a loaded program from inside the engine: timed runs, and what it holds. */
#pragma once

#include "run/backend.h"

/* Owns all arguments but @options and @progress; NULL with an error. */
AnfProgram *anf_program_load (AnfPlan *plan, AnfWeights *weights, const AnfOptions *options,
                              double compile_us, const AnfProgress *progress, GError **error);
/* After each run the numbers of an output are copied to where an input is read. */
void        anf_program_carry (AnfProgram *self, const char *output, const char *input);

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

/* For trainers, whose numbers stay inside from run to run. Compiled without loss or measuring;
 * @keeps as for anf_plan_keep: those inputs keep what was fed, and read after a run what the output
 * named beside them gave, if any. */
AnfProgram *anf_compile_resident  (AnfGraph *graph, const AnfOptions *options, guint n_keeps,
                                   AnfKeep *keeps, const AnfProgress *progress, GError **error);
/* Where the numbers of an input are read, to be written before a run: fp32, of its type, fp16
 * values unless the profile is fp32. NULL: there is no such input. Belongs to the program. */
float      *anf_program_place     (AnfProgram *self, const char *input);
/* Where those of an output are after a run; until the next one. NULL: there is none. */
const float *anf_program_value    (const AnfProgram *self, const char *output);
/* One sample with what is in the places. */
gboolean    anf_program_go        (AnfProgram *self, const AnfProgress *progress, GError **error);

/* Workspace, and weights as the device holds them. */
gsize       anf_program_bytes     (const AnfProgram *self);

/* What of a program that is about to be loaded was there already. */
void        anf_note_reuse        (const AnfLoad *load, const AnfOptions *options,
                                   AnfReuse *reuse);
