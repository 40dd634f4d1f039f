/* attention.c - attention as the standard operator has it, from products and a softmax; rotary
 * positions. Masks that are constants become one constant summand. */
#include "io/onnx/onnx.h"

#include <math.h>
#include <string.h>

/* Far below every score, and far enough above the end of fp16 to be added to one. */
#define NEVER (-30000.0)

typedef struct
{
  gint64   batch, heads, queries, keys;
  gint64   before;                 /* keys that come from the past */
  gboolean causal;
  gint64   left, right;            /* window; -1: open */
  gboolean infinite;               /* the scores are an output: masked ones are -inf */
} Scores;

/* [B, S, heads * size] -> [B, heads, S, size]; four axes stay. */
static AnfOnnxValue *
split_heads (AnfOnnx *self, AnfOnnxValue *x, gint64 heads)
{
  if (x == NULL || x->rank == 4)
    return x;
  if (x->rank != 3 || heads < 1 || x->dim[2] % heads != 0)
    return anf_onnx_refuse (self, "heads that do not divide the features");
  x = anf_onnx_reshape (self, x, 4, (gint64[]) { x->dim[0], x->dim[1], heads, x->dim[2] / heads });
  return anf_onnx_swap (self, x, 1, 2);
}

/* Each head of keys serves several of queries, one after the other. */
static AnfOnnxValue *
share_heads (AnfOnnx *self, AnfOnnxValue *x, gint64 heads)
{
  gint64 times;

  if (x == NULL || x->dim[1] == heads)
    return x;
  if (heads % x->dim[1] != 0)
    return anf_onnx_refuse (self, "%" G_GINT64_FORMAT " heads of keys for %" G_GINT64_FORMAT
                            " of queries", x->dim[1], heads);
  times = heads / x->dim[1];
  gint64 b = x->dim[0], kv = x->dim[1], s = x->dim[2], d = x->dim[3];
  x = anf_onnx_reshape (self, x, 4, (gint64[]) { b, kv, 1, s * d });
  x = anf_onnx_expand (self, x, 4, (gint64[]) { b, kv, times, s * d });
  return anf_onnx_reshape (self, x, 4, (gint64[]) { b, heads, s, d });
}

/* Whether query @i of an image may look at key @j, positions alone. @length: keys that count. */
static gboolean
may_see (const Scores *s, gint64 i, gint64 j, gint64 length)
{
  gint64 offset = length >= 0 ? length - s->queries : s->before, at = i + offset;

  if ((length >= 0 && j >= length) || (s->causal && j > at))
    return FALSE;
  return (s->left < 0 || j >= at - s->left) && (s->right < 0 || j <= at + s->right);
}

static double
mask_value (const AnfOnnxValue *mask, const double *numbers, gint64 b, gint64 h, gint64 i, gint64 j)
{
  gint64 place[4] = { b, h, i, j };
  gsize at = 0;

  if (j >= mask->dim[mask->rank - 1])
    return -INFINITY;
  for (guint k = 0; k < mask->rank; k++)
    at = at * mask->dim[k] + (mask->dim[k] == 1 ? 0 : place[4 - mask->rank + k]);
  return mask->elem == ONNX_BOOL ? numbers[at] != 0 ? 0 : -INFINITY : numbers[at];
}

/* The summand of the scores in @bias, and 0 for every query that sees nothing in @rows; both NULL
 * if there is nothing to mask. */
static gboolean
constant_bias (AnfOnnx *self, const Scores *s, AnfOnnxValue *mask, AnfOnnxValue *lengths,
               AnfOnnxValue **bias, AnfOnnxValue **rows)
{
  g_autofree double *numbers = mask != NULL ? anf_onnx_read (mask) : NULL;
  g_autofree double *length = lengths != NULL ? anf_onnx_read (lengths) : NULL;
  gint64 dim[4] = { 1, 1, s->queries, s->keys }, at = 0;
  g_autofree double *sum = NULL, *seen = NULL;
  gboolean blind = FALSE, any = mask != NULL;

  if (mask != NULL && mask->rank == 4)
    dim[0] = mask->dim[0];
  if (mask != NULL && mask->rank >= 3)
    dim[1] = mask->dim[mask->rank - 3];
  if (lengths != NULL)
    dim[0] = s->batch;
  if (dim[0] * dim[1] > (1 << 24) / (s->queries * s->keys))
    return anf_onnx_refuse (self, "a mask of that size") != NULL;
  sum = g_new (double, dim[0] * dim[1] * dim[2] * dim[3]);
  seen = g_new (double, dim[0] * dim[1] * dim[2]);
  for (gint64 row = 0; row < dim[0] * dim[1] * dim[2]; row++)
    {
      gint64 i = row % dim[2], h = row / dim[2] % dim[1], b = row / dim[2] / dim[1];

      seen[row] = 0;
      for (gint64 j = 0; j < s->keys; j++, at++)
        {
          sum[at] = mask != NULL ? mask_value (mask, numbers, b, h, i, j) : 0;
          if (!may_see (s, i, j, length != NULL ? (gint64) length[b] : -1))
            sum[at] = -INFINITY;
          seen[row] = fmax (seen[row], sum[at] > -INFINITY);
          any |= sum[at] != 0;
          if (!s->infinite && sum[at] < NEVER)
            sum[at] = NEVER;
        }
      blind |= seen[row] == 0;
    }
  *bias = any ? anf_onnx_doubles (self, ONNX_FLOAT, 4, dim, sum) : NULL;
  dim[3] = 1;
  *rows = blind ? anf_onnx_doubles (self, ONNX_FLOAT, 4, dim, seen) : NULL;
  return TRUE;
}

/* Keys and values with the past before them. */
static AnfOnnxValue *
with_past (AnfOnnx *self, AnfOnnxValue *past, AnfOnnxValue *x)
{
  AnfOnnxValue *parts[2] = { past, x };

  return past == NULL || x == NULL ? x : anf_onnx_concat (self, 2, parts, 2);
}

static gboolean
describe (AnfOnnx *self, const AnfOnnxNode *node, AnfOnnxValue *q, AnfOnnxValue *k, Scores *s)
{
  AnfOnnxValue *past = anf_onnx_in (node, 4);

  *s = (Scores) { q->dim[0], q->dim[1], q->dim[2], k->dim[2], past != NULL ? past->dim[2] : 0,
                  anf_onnx_int (node, "is_causal", 0) != 0,
                  anf_onnx_int (node, "left_window_size", -1),
                  anf_onnx_int (node, "right_window_size", -1),
                  node->n_out > 3 && anf_onnx_int (node, "qk_matmul_output_mode", 0) == 2 };
  if (k->rank != 4 || k->dim[0] != q->dim[0] || k->dim[3] != q->dim[3])
    return anf_onnx_refuse (self, "keys that do not fit the queries") != NULL;
  return TRUE;
}

/* Scores to weights; what "qk_matmul_output_mode" asks for goes to output 3. */
static AnfOnnxValue *
weigh (AnfOnnx *self, AnfOnnxNode *node, AnfOnnxValue *scores, AnfOnnxValue *bias,
       AnfOnnxValue *rows)
{
  gint64 mode = anf_onnx_int (node, "qk_matmul_output_mode", 0);
  double cap = anf_onnx_real (node, "softcap", 0);
  AnfOnnxValue *stage[4];

  stage[0] = scores;
  if (cap > 0)
    scores = anf_onnx_muls (self, anf_onnx_row1 (self, "tanh", anf_onnx_muls (self, scores,
                                                                              1 / cap)), cap);
  stage[1] = anf_onnx_attr (node, "softcap") != NULL ? scores : stage[0];
  if (bias != NULL)
    scores = anf_onnx_row2 (self, "add", scores, bias);
  stage[2] = scores;
  anf_onnx_set_int (self, "axis", -1);
  scores = anf_onnx_row1 (self, "softmax", scores);
  if (rows != NULL)
    scores = anf_onnx_row2 (self, "mul", scores, rows);
  stage[3] = scores;
  if (node->n_out > 3 && mode >= 0 && mode < 4)
    node->out[3] = stage[mode];
  return scores;
}

static AnfOnnxValue *
read_attention (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *q = anf_onnx_plain (self, anf_onnx_in (node, 0)), *k = anf_onnx_in (node, 1);
  AnfOnnxValue *v = anf_onnx_in (node, 2), *mask = anf_onnx_in (node, 3), *scores;
  AnfOnnxValue *lengths = anf_onnx_in (node, 6), *bias = NULL, *rows = NULL;
  gboolean flat = q != NULL && q->rank == 3;
  gint64 heads = anf_onnx_int (node, "q_num_heads", 1);
  gint64 kv = anf_onnx_int (node, "kv_num_heads", heads);
  double scale;
  Scores s;

  q = split_heads (self, q, heads);
  k = with_past (self, anf_onnx_in (node, 4), split_heads (self, k, kv));
  v = with_past (self, anf_onnx_in (node, 5), split_heads (self, v, kv));
  if (q == NULL || k == NULL || v == NULL || !describe (self, node, q, k, &s))
    return anf_onnx_refuse (self, "an input is missing");
  if ((mask != NULL && (mask->tensor == NULL || mask->rank > 4))
      || (lengths != NULL && lengths->tensor == NULL))
    return anf_onnx_refuse (self, "a mask that is computed in a run");
  if (!constant_bias (self, &s, mask, lengths, &bias, &rows))
    return NULL;
  if (node->n_out > 1)
    node->out[1] = k;
  if (node->n_out > 2)
    node->out[2] = v;
  scale = anf_onnx_real (node, "scale", 1 / sqrt (q->dim[3]));
  k = anf_onnx_swap (self, share_heads (self, k, s.heads), 2, 3);
  scores = anf_onnx_muls (self, anf_onnx_matmul (self, q, k), scale);
  scores = anf_onnx_matmul (self, weigh (self, node, scores, bias, rows),
                            share_heads (self, v, s.heads));
  if (!flat || scores == NULL)
    return scores;
  scores = anf_onnx_swap (self, scores, 1, 2);
  return anf_onnx_reshape (self, scores, 3, (gint64[]) { s.batch, s.queries,
                                                         scores != NULL ? s.heads * scores->dim[3]
                                                                        : 0 });
}

/* ---------------------------------------------------------------- rotary positions */

/* Rows of a table for every position: [B, 1, S, half]. */
static AnfOnnxValue *
positions (AnfOnnx *self, AnfOnnxValue *table, AnfOnnxValue *ids, gint64 batch, gint64 s)
{
  gint64 dim[4] = { 1, 1, s, table->dim[table->rank - 1] };
  g_autofree double *number = NULL;
  g_autofree gint64 *row = NULL;
  gsize n;

  if (ids == NULL)
    {
      dim[0] = table->rank == 3 ? table->dim[0] : 1;
      return anf_onnx_reshape (self, table, 4, dim);
    }
  if (ids->tensor == NULL || table->rank != 2)
    return anf_onnx_refuse (self, "positions that are no constant");
  n = anf_onnx_elements (ids);
  number = anf_onnx_read (ids);
  row = g_new (gint64, n + 1);
  for (gsize i = 0; i < n; i++)
    row[i] = number[i];
  dim[0] = batch;
  return anf_onnx_reshape (self, anf_onnx_pick (self, table, 0, n, row), 4, dim);
}

/* Pairs (a, b) turned by their angle: halves of the features, or neighbours. */
static AnfOnnxValue *
turn (AnfOnnx *self, AnfOnnxValue *x, AnfOnnxValue *c, AnfOnnxValue *s, gboolean neighbours)
{
  AnfOnnxValue *part[2], *turned[2];
  gint64 half = x->dim[3] / 2, dim[5];
  gint64 pair[5] = { x->dim[0], x->dim[1], x->dim[2], half, 2 };

  memcpy (dim, x->dim, 4 * sizeof *dim);
  dim[3] = half;
  for (guint i = 0; i < 2; i++)
    if (neighbours)
      part[i] = anf_onnx_reshape (self, anf_onnx_slice (self, anf_onnx_reshape (self, x, 5, pair),
                                                        4, i, 1), 4, dim);
    else
      part[i] = anf_onnx_slice (self, x, 3, i * half, half);
  turned[0] = anf_onnx_row2 (self, "sub", anf_onnx_row2 (self, "mul", part[0], c),
                             anf_onnx_row2 (self, "mul", part[1], s));
  turned[1] = anf_onnx_row2 (self, "add", anf_onnx_row2 (self, "mul", part[0], s),
                             anf_onnx_row2 (self, "mul", part[1], c));
  if (!neighbours)
    return anf_onnx_concat (self, 2, turned, 3);
  pair[4] = 1;
  for (guint i = 0; i < 2; i++)
    turned[i] = anf_onnx_reshape (self, turned[i], 5, pair);
  return anf_onnx_reshape (self, anf_onnx_concat (self, 2, turned, 4), 4, x->dim);
}

static AnfOnnxValue *
read_rotary (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *y, *c, *s;
  AnfOnnxValue *ids = anf_onnx_in (node, 3), *parts[2];
  gboolean flat = x != NULL && x->rank == 3;
  gint64 size = anf_onnx_int (node, "rotary_embedding_dim", 0), all;

  y = split_heads (self, x, anf_onnx_int (node, "num_heads", 0));
  if (y == NULL || anf_onnx_in (node, 1) == NULL || anf_onnx_in (node, 2) == NULL
      || node->in[1]->rank < 2 || node->in[2]->rank < 2)
    return anf_onnx_refuse (self, "an input is missing");
  all = y->dim[3];
  size = size > 0 ? size : all;
  if (size > all || size % 2 != 0)
    return anf_onnx_refuse (self, "%" G_GINT64_FORMAT " features turned of %" G_GINT64_FORMAT, size,
                            all);
  c = positions (self, node->in[1], ids, y->dim[0], y->dim[2]);
  s = positions (self, node->in[2], ids, y->dim[0], y->dim[2]);
  if (c == NULL || s == NULL)
    return NULL;
  c = anf_onnx_slice (self, c, 3, 0, size / 2);
  s = anf_onnx_slice (self, s, 3, 0, size / 2);
  parts[0] = anf_onnx_slice (self, y, 3, 0, size);
  if (parts[0] == NULL)
    return NULL;
  parts[0] = turn (self, parts[0], c, s, anf_onnx_int (node, "interleaved", 0) != 0);
  if (size < all)
    {
      parts[1] = anf_onnx_slice (self, y, 3, size, all - size);
      parts[0] = anf_onnx_concat (self, 2, parts, 3);
    }
  if (!flat)
    return parts[0];
  return anf_onnx_reshape (self, anf_onnx_swap (self, parts[0], 1, 2), 3, x->dim);
}

const AnfOnnxOp anf_onnx_attention_ops[] = {
  { "Attention", read_attention }, { "RotaryEmbedding", read_rotary },
  { NULL }
};
