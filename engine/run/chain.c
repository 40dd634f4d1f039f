/* chain.c - which rows may follow another block by block. */
#include "run/chain.h"

static gboolean
overlap (const float *a, gsize n_a, const float *b, gsize n_b)
{
  return a < b + n_b && b < a + n_a;
}

/* Whether @call can write its result while others are still at pieces of @old: if that is somewhere
 * else, or is the same piece by piece. */
static gboolean
is_free (const AnfCall *call, const float *old, gsize n_old, gboolean by_pieces)
{
  gsize n = anf_type_elements (call->out_type);

  return !overlap (call->out[0], n, old, n_old)
         || (by_pieces && old == call->out[0] && n_old == n);
}

static gboolean
spares (const AnfCall *call, const AnfCall *earlier)
{
  if (!is_free (call, earlier->out[0], anf_type_elements (earlier->out_type), TRUE))
    return FALSE;
  for (guint i = 0; i < earlier->n_in; i++)
    if (earlier->in[i] != NULL
        && !is_free (call, earlier->in[i], anf_type_elements (earlier->in_type[i]),
                     earlier->node->op->pointwise))
      return FALSE;
  return TRUE;
}

/* What an earlier row of the chain made has to be read piece by piece too. */
static gboolean
reads_pieces (const AnfCall *call, const AnfCall *earlier)
{
  gsize n = anf_type_elements (call->out_type);

  for (guint i = 0; i < call->n_in; i++)
    if (call->node->in[i].node == earlier->node->id
        && (anf_type_elements (call->in_type[i]) != n || call->last_out != earlier->last_out))
      return FALSE;
  return TRUE;
}

guint
anf_chain_length (AnfCall *const *calls, guint n, guint head, const guint32 *turned)
{
  const AnfCall *first = calls[head];
  gsize elements = anf_type_elements (first->out_type);
  guint at;

  if (first->n_out != 1 || !(first->node->op->settles || first->node->op->pointwise))
    return 0;
  for (at = head + 1; at < n; at++)
    {
      const AnfCall *call = calls[at];

      if (!call->node->op->pointwise || call->n_out != 1 || turned[at] != 0
          || call->node->op->feed != NULL || anf_type_elements (call->out_type) != elements)
        break;
      for (guint k = head; k < at; k++)
        if (!reads_pieces (call, calls[k]) || !spares (call, calls[k]))
          return at - head - 1;
    }
  return at - head - 1;
}
