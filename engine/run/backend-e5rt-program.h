/* backend-e5rt-program.h - one MIL program, compiled and resident in the engine. */
#pragma once

#include "run/backend-e5rt-library.h"

typedef struct { const char *name; gsize bytes; } AnfE5rtPort;

/* What is compiled. @folder holds model.mil and its weights; compiling leaves a bundle in its
 * folder "cache". Borrowed as long as the program lives. */
typedef struct
{
  const char        *folder;
  const char        *what;         /* for messages: "s0 (c1 to fc)" */
  guint              n_in, n_out;
  const AnfE5rtPort *in, *out;
} AnfE5rtSpec;

typedef struct _AnfE5rtProgram AnfE5rtProgram;

/* Compiles, makes the operation, binds a buffer to every port and encodes it. NULL with an error
 * ANF_ERROR_RUN that names the call; everything made before is released then. @compile_us receives
 * what the compiler took, -1 if it was it that failed: the next may not follow at once then. */
AnfE5rtProgram *anf_e5rt_program_new     (AnfE5rt *e5, const AnfE5rtSpec *spec,
                                          double *compile_us, GError **error);
void            anf_e5rt_program_free    (AnfE5rtProgram *self);
/* The memory of a port, as many bytes as its port has. */
void           *anf_e5rt_program_input   (AnfE5rtProgram *self, guint i);
const void     *anf_e5rt_program_output  (AnfE5rtProgram *self, guint i);
/* From what is in the inputs to what is in the outputs; returns when it is done. */
gboolean        anf_e5rt_program_execute (AnfE5rtProgram *self, GError **error);
