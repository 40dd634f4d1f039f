/* route.h - the same by other rows: what bridges, and operators that old chips lack, can be
 * written as. These are the columns "route", "routing" and "decompose" of the rows. */
#pragma once

#include "ops/family.h"

AnfGraph *anf_route_attention    (AnfShapes *shapes);
AnfRoute  anf_routing_attention  (const AnfShapes *shapes);
AnfGraph *anf_route_flat         (AnfShapes *shapes);
AnfGraph *anf_route_minmax       (AnfShapes *shapes);
AnfGraph *anf_route_response     (AnfShapes *shapes);
AnfGraph *anf_decompose_sine     (AnfShapes *shapes);
AnfGraph *anf_decompose_cosine   (AnfShapes *shapes);

/* Whether the device's own program for attention is useful for so many queries and keys. */
gboolean  anf_attention_is_native (gint64 sq, gint64 sk);
