/* absorb.c - factors and summands that become the weights of a layer norm a model writes out: its
 * result is rounded once, not three times. */
#include "io/onnx/onnx.h"

gboolean
anf_onnx_norm_takes (const AnfOnnxValue *x, const AnfOnnxValue *k, gboolean product)
{
  return x->steps == (product ? 12 : 13) && x->uses == 1 && x->tensor == NULL && k->tensor != NULL
         && k->rank > 0 && k->rank <= x->rank && k->dim[k->rank - 1] == x->dim[x->rank - 1]
         && anf_onnx_elements (k) == (gsize) x->dim[x->rank - 1];
}

AnfOnnxValue *
anf_onnx_norm_with (AnfOnnx *self, AnfOnnxValue *x, AnfOnnxValue *k, gboolean product)
{
  g_autofree double *numbers = anf_onnx_read (k);
  AnfOnnxValue *weight = anf_onnx_doubles (self, ONNX_FLOAT, 1, &x->dim[x->rank - 1], numbers);

  weight->name = g_strdup (k->name);
  anf_graph_builder_set_weight (self->builder, x->ref.node, product ? "gamma" : "beta",
                                anf_onnx_weight (self, weight));
  x->steps++;
  x->uses = 0;                     /* whoever reads the result counts anew */
  return x;
}
