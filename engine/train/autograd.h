/* autograd.h - from the graph of a loss the graph of its gradients. */
#pragma once

#include "anf.h"

/* What a gradient is asked for: a value, or a weight of the document wherever it is used (then
 * @value.node is 0). */
typedef struct
{
  AnfRef      value;
  const char *weight;
  const char *output;              /* public name its gradient gets */
} AnfWrt;

typedef struct
{
  AnfRef        root;              /* what is differentiated */
  AnfRef        seed;              /* what arrives at it, of its type; node 0: @scale, and the root
                                    * has one element */
  double        scale;
  guint         n_wrt, n_stop;
  const AnfWrt *wrt;
  const AnfId  *stop;              /* nodes past which nothing goes back */
} AnfAutograd;

/* The nodes of @graph and those that compute the gradients, which name the node they are for as
 * their origin; composites on the way are taken apart. All outputs of @graph stay, those of @wrt
 * follow. What the root does not depend on gets zeros. NULL with an error that names the node: the
 * graph has error findings (ANF_ERROR_REFUSED), or a row on the way has no gradient, or cannot give
 * it for this node (ANF_ERROR_BAD_GRAPH). (transfer full) */
AnfGraph *anf_autograd (AnfGraph *graph, const AnfAutograd *ask, GError **error);
