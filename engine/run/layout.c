/* layout.c - convolutions are quicker on images whose channels lie side by side, so values between
 * them are kept that way wherever the rows they meet can take it. */
#include "run/layout.h"

#include "num/threads.h"

#include <string.h>

typedef struct
{
  const AnfGraph *graph;
  AnfCall *const *calls;
  guint           n;
  GHashTable     *at;              /* AnfId -> position + 1 */
  gboolean       *last;            /* by position: its output */
} Choice;

static AnfLayout
layout_of (const AnfCall *call)
{
  return call->node->op->layout != NULL ? call->node->op->layout (call) : ANF_LAYOUT_PLAIN;
}

/* Whether the two orders differ at all. */
static gboolean
matters (const AnfType *type)
{
  return type->rank == 4 && type->dim[1] > 1 && type->dim[2] * type->dim[3] > 1;
}

/* Position of who makes input @i, or -1: it comes from outside. */
static int
maker (const Choice *self, const AnfCall *call, guint i)
{
  if (call->node->op->feed != NULL || call->in_type[i] == NULL)
    return -1;
  return GPOINTER_TO_INT (g_hash_table_lookup (self->at,
                                               GSIZE_TO_POINTER (call->node->in[i].node))) - 1;
}

static gboolean
reads_last (const Choice *self, const AnfCall *call, guint i)
{
  int from = maker (self, call, i);

  return from >= 0 && self->last[from];
}

/* Whether the call takes what has its channels last: by itself, or because its result has too. */
static gboolean
takes_last (const Choice *self, guint at)
{
  AnfLayout layout = layout_of (self->calls[at]);

  return layout == ANF_LAYOUT_FREE || (layout == ANF_LAYOUT_ALIKE && self->last[at]);
}

static void
find_candidates (Choice *self)
{
  for (guint i = 0; i < self->n; i++)
    {
      const AnfCall *call = self->calls[i];

      self->last[i] = call->n_out == 1 && matters (call->out_type)
                      && layout_of (call) != ANF_LAYOUT_PLAIN;
    }
  for (guint i = 0; i < anf_graph_n_nodes ((AnfGraph *) self->graph); i++)
    {
      const AnfNode *node = anf_graph_nth ((AnfGraph *) self->graph, i);

      if (g_hash_table_contains (self->at, GSIZE_TO_POINTER (node->id)))
        continue;
      for (guint k = 0; k < node->n_in; k++)
        {
          int from = GPOINTER_TO_INT (g_hash_table_lookup (self->at,
                                                           GSIZE_TO_POINTER (node->in[k].node)));

          if (from > 0)
            self->last[from - 1] = FALSE;
        }
    }
  for (guint i = 0; i < self->graph->outputs->len; i++)
    {
      AnfRef from = g_array_index (self->graph->outputs, AnfOutput, i).from;
      int at = GPOINTER_TO_INT (g_hash_table_lookup (self->at, GSIZE_TO_POINTER (from.node)));

      if (at > 0)
        self->last[at - 1] = FALSE;
    }
}

/* Takes back what is of no use, or cannot be; TRUE if there was anything. */
static gboolean
narrow (Choice *self)
{
  g_autofree gboolean *wanted = g_new0 (gboolean, self->n);
  gboolean changed = FALSE;

  for (guint i = 0; i < self->n; i++)
    for (guint k = 0; k < self->calls[i]->n_in; k++)
      if (reads_last (self, self->calls[i], k) && takes_last (self, i))
        wanted[maker (self, self->calls[i], k)] = TRUE;
  for (guint i = 0; i < self->n; i++)
    {
      const AnfCall *call = self->calls[i];
      gboolean keep = wanted[i];

      if (layout_of (call) == ANF_LAYOUT_ALIKE)
        for (guint k = 0; k < call->n_in; k++)
          keep = keep && (call->in_type[k] == NULL || !matters (call->in_type[k])
                          || reads_last (self, call, k));
      changed = changed || (self->last[i] && !keep);
      self->last[i] = self->last[i] && keep;
    }
  return changed;
}

void
anf_choose_layouts (const AnfGraph *graph, AnfCall *const *calls, guint n, guint32 *turned)
{
  g_autoptr(GHashTable) at = g_hash_table_new (NULL, NULL);
  g_autofree gboolean *last = g_new0 (gboolean, MAX (n, 1));
  Choice self = { graph, calls, n, at, last };

  for (guint i = 0; i < n; i++)
    g_hash_table_insert (at, GSIZE_TO_POINTER (calls[i]->node->id), GINT_TO_POINTER (i + 1));
  find_candidates (&self);
  while (narrow (&self))
    ;
  for (guint i = 0; i < n; i++)
    {
      guint32 bits = 0;

      for (guint k = 0; k < calls[i]->n_in; k++)
        bits |= (guint32) reads_last (&self, calls[i], k) << k;
      calls[i]->last_out = last[i];
      calls[i]->last_in = takes_last (&self, i) ? bits : 0;
      turned[i] = takes_last (&self, i) ? 0 : bits;
    }
}

/* ---- the turn */

typedef struct { const float *in; gsize channels, area; float *out; } Turn;

#define TILE 16                    /* a cache line of either side */

static void
turn_rows (gsize begin, gsize end, gpointer data)
{
  const Turn *turn = data;
  gsize blocks = (turn->channels + TILE - 1) / TILE;

  for (gsize item = begin; item < end; item++)
    {
      gsize image = item / blocks, c0 = item % blocks * TILE;
      gsize c1 = MIN (c0 + TILE, turn->channels), size = turn->channels * turn->area;
      const float *in = turn->in + image * size;
      float *out = turn->out + image * size;

      for (gsize p0 = 0; p0 < turn->area; p0 += TILE)
        for (gsize c = c0; c < c1; c++)
          for (gsize p = p0; p < MIN (p0 + TILE, turn->area); p++)
            out[c * turn->area + p] = in[p * turn->channels + c];
    }
}

void
anf_channels_first (const float *in, const AnfType *type, float *out)
{
  Turn turn = { in, type->dim[1], (gsize) type->dim[2] * type->dim[3], out };
  gsize blocks = (turn.channels + TILE - 1) / TILE;

  anf_parallel (type->dim[0] * blocks, MAX (32768 / (TILE * turn.area), 1), turn_rows, &turn);
}
