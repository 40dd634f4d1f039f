/* ops.h - what the forms of the operator catalogue share. */
#pragma once

#include "cli.h"

/* "native", or "native h15 h16s h17s; decompose h13 h14". */
char *studio_ops_chips    (const AnfOp *op);
void  studio_ops_markdown (void);
