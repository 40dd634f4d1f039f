/* mil-machine.h - computes what a MIL program says, with the kernels of the CPU device. */
#pragma once

#include "mil-reader.h"

typedef struct _MilMachine MilMachine;

/* Borrows @program. NULL with what is wrong in @problem (transfer full): a statement that is not
 * known, an argument that it does not have, a declared type that is not the one it makes. */
MilMachine *mil_machine_new  (const MilProgram *program, char **problem);
void        mil_machine_free (MilMachine *self);
/* Ports in the program's order, as the engine has them: fp16, int32, or bytes. */
gboolean    mil_machine_run  (MilMachine *self, const void *const *in, void *const *out);
