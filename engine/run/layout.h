/* layout.h - which values the CPU device keeps with their channels last. */
#pragma once

#include "core/op.h"

/* Sets last_in and last_out of the @n calls of one segment, which stand in the order they run in.
 * What leaves the segment stays in the order of its axes. @turned receives by call the inputs, a
 * bit each, that have their channels last although the call cannot take that: it must be handed a
 * copy in the order of the axes. */
void anf_choose_layouts (const AnfGraph *graph, AnfCall *const *calls, guint n, guint32 *turned);
/* Of a value of @type: from channels last to the order of its axes. Threads itself. */
void anf_channels_first (const float *in, const AnfType *type, float *out);
