/* errors.h - the exact run that gates and errors are held against. */
#pragma once

#include "run/backend.h"

/* @graph with no encoding chosen anywhere, under the fp32 profile on the CPU. */
AnfProgram *anf_compile_exact (AnfGraph *graph, const AnfOptions *options,
                               const AnfProgress *progress, GError **error);
/* The members of a gate's .npz that are inputs of @program (transfer full). */
AnfTensors *anf_gate_inputs   (const AnfProgram *program, const char *file, GError **error);
/* Whether a gate that is of @outputs holds against @reference; FALSE as well if it has none. */
gboolean    anf_gate_holds    (const AnfGate *gate, AnfTensors *outputs, AnfTensors *reference);
/* What was run (nullable), borrowed. */
AnfProgram *anf_errors_program (const AnfErrors *self);
