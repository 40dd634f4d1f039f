/* anf-note.h - what the editor keeps in a document; a part of anf.h, which includes it. */
#pragma once

/* A key of the node's object (@id 0: of the document's) that the engine has no use for, as a value
 * of the given type; an object is "a{sv}". NULL: there is none, or it is something else.
 * (transfer full) */
GVariant    *anf_graph_note             (const AnfGraph *self, AnfId id, const char *key,
                                         const char *type);
/* @value: floating taken; NULL: no longer there. */
void         anf_graph_builder_set_note (AnfGraphBuilder *self, AnfId id, const char *key,
                                         GVariant *value);
/* Another operator in the place of @id: its wires, attributes and weights are gone, its name, its
 * place and what hangs on its outputs stay. */
void         anf_graph_builder_replace  (AnfGraphBuilder *self, AnfId id, const AnfOp *op);
/* Lets the value of input 0 through in place of the node, which remembers what it was; the other
 * way round for one that is muted. FALSE: it has no input, or several outputs. */
gboolean     anf_graph_builder_mute     (AnfGraphBuilder *self, AnfId id);
/* What a muted node is otherwise; NULL: it is not muted. */
const AnfOp *anf_node_muted             (const AnfNode *self);
