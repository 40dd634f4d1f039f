/* own.h - models that this program wrote: read as what they were. */
#pragma once

#include "io/onnx/onnx.h"

/* NULL: not ours. Gives the document its title and its settings. */
AnfOnnxOwn   *anf_onnx_own_new    (AnfOnnx *self, const Onnx__ModelProto *model);
void          anf_onnx_own_free   (AnfOnnxOwn *self);          /* NULL: does nothing */
/* The node that is fed by this input of the model; FALSE: it is none of ours, or was changed. */
gboolean      anf_onnx_own_input  (AnfOnnx *self, const Onnx__GraphProto *graph, const char *name,
                                   int elem, guint rank, const gint64 *dim);
/* What the output is called in the document; NULL: not known. */
const char   *anf_onnx_own_output (AnfOnnx *self, const char *name);
/* The row that the node was, with all its outputs; NULL: it is none of ours, or was changed. */
AnfOnnxValue *anf_onnx_own_node   (AnfOnnx *self, AnfOnnxNode *node);
/* The document's order; all nodes that were read as they were stay, needed or not. */
void          anf_onnx_own_order  (const AnfOnnxOwn *self, AnfGraph *graph, GHashTable *live);
