/* writer.h - an ONNX model being made of a document. */
#pragma once

#include "io/onnx/write.h"
#include "pass/report.h"

typedef struct
{
  const AnfReport *report;
  const AnfGraph  *graph;
  AnfOnnxStore     store;
  GHashTable      *taken;          /* names of values, as a set */
  AnfOnnxTerm    **value;          /* by position, then output, then what is fed to the node; NULL:
                                    * not named yet */
  GHashTable      *weights;        /* name in the document -> name of its value as fp32 */
  GHashTable      *functions;      /* GBytes of a function without name -> Onnx__FunctionProto */
  GHashTable      *called;         /* names of functions, as a set */
  GPtrArray       *nodes, *initializers, *inputs, *outputs, *function_list;
} AnfOnnxWriter;

/* ---- write.c. NAME, or NAME and a number where that is taken. */
AnfOnnxTerm  anf_onnx_claim       (AnfOnnxWriter *self, const char *name);
/* What the node was called in the model it came from; else as here. */
const char  *anf_onnx_kept_name   (AnfOnnxWriter *self, const AnfNode *node);
AnfOnnxTerm *anf_onnx_value_at    (AnfOnnxWriter *self, AnfRef ref);
/* Entries of metadata_props: nothing for NULL; for a container that is empty. Takes @value. */
void         anf_onnx_add_text    (AnfOnnxWriter *self, GPtrArray *list, const char *key,
                                   const char *text);
void         anf_onnx_add_variant (AnfOnnxWriter *self, GPtrArray *list, const char *key,
                                   GVariant *value);
/* As an array that belongs to the model. */
gpointer     anf_onnx_listed      (AnfOnnxWriter *self, const GPtrArray *list, gsize *n);
GVariant    *anf_onnx_attributes  (const AnfNode *node);       /* a{sv} of those that are set */
Onnx__OperatorSetIdProto *anf_onnx_opset (AnfOnnxStore *store, const char *domain,
                                   gint64 version);
/* A weight's value as fp32. */
AnfOnnxTerm  anf_onnx_weight_value (AnfOnnxWriter *self, const char *name,
                                    const AnfTensor *tensor);

/* ---- write-node.c. FALSE with an error that names the node. */
gboolean     anf_onnx_write_node  (AnfOnnxWriter *self, const AnfNode *node, GError **error);
