/* anf-place.h - nodes that the host computes: islands of fp32 in a graph of the engine.
 *
 * The engine keeps every value in fp16. Where a model needs more range or more digits, as the
 * logarithm of a spectrum does, a node can be put on the host: there its numbers, its weights and
 * what it is fed are fp32. Values are rounded to fp16 where a node of the engine reads them. In a
 * document: "on": "host". */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

typedef enum
{
  ANF_PLACE_ENGINE,                /* fp16; or where its row has to be, if that is elsewhere */
  ANF_PLACE_HOST,                  /* fp32 */
  ANF_PLACE_BORDER,                /* host, but fp16: made by the planner where an island ends */
} AnfPlace;

AnfPlace    anf_node_place              (const AnfNode *self);
/* Not ANF_PLACE_BORDER. Changes the graph's hash: other numbers come out. */
void        anf_graph_builder_set_place (AnfGraphBuilder *self, AnfId id, AnfPlace place);

/* Looks for front ends: logarithms of sums and products of the inputs and of constants, raised by
 * or kept above a number for which fp16 has no digits. @graph with all that such a logarithm reads
 * put on the host (transfer full); NULL: there is none. @why (out, transfer full): one sentence. */
AnfGraph   *anf_islands                 (AnfGraph *graph, char **why);

/* What the reader of a model did for the sake of its numbers, one sentence (nullable). */
const char *anf_import_remark           (const AnfImport *self);

G_END_DECLS
