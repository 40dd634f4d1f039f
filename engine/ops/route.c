/* route.c - bridges, and operators that old chips lack, as graphs of other rows.
 *
 * A bridge computes its insides wide and rounds once; here every inner result is rounded to fp16.
 * How far the two may lie apart is stated, and tested, for each. */
#include "ops/route.h"

#include "ops/composite.h"

#define NONE ((AnfRef) { 0, 0 })

static AnfRef
scale (AnfExpansion *e, AnfRef x, double k)
{
  AnfRef node = anf_expansion_node (e, "muls", x, NONE);

  anf_expansion_real (e, node, "k", k);
  return node;
}

static AnfRef
shift (AnfExpansion *e, AnfRef x, double k)
{
  AnfRef node = anf_expansion_node (e, "adds", x, NONE);

  anf_expansion_real (e, node, "k", k);
  return node;
}

/* ---- attention */

/* The device's own program is useful up to here (Sq and Sk, the smaller and the larger of them). */
#define NATIVE_SMALLER 512
#define NATIVE_LARGER  2048
/* Queries of one tile, about: all scores at once would not stay on the chip. */
#define TILE 512

gboolean
anf_attention_is_native (gint64 sq, gint64 sk)
{
  return MIN (sq, sk) < NATIVE_SMALLER && MAX (sq, sk) <= NATIVE_LARGER;
}

static gboolean
is_masked (const AnfShapes *self)
{
  return self->n_in > 3 && self->in[3] != NULL;
}

AnfRoute
anf_routing_attention (const AnfShapes *self)
{
  if (!anf_attention_is_native (self->in[0]->dim[2], self->in[1]->dim[2]))
    return ANF_ROUTE_ONLY;
  return is_masked (self) || anf_node_flag (self->node, "causal") ? ANF_ROUTE_NONE
                                                                  : ANF_ROUTE_CHOICE;
}

/* Rows [begin, begin + size) of a value [1, a, rows, b]. */
static AnfRef
rows_of (AnfExpansion *e, AnfRef x, const AnfType *type, gint64 begin, gint64 size)
{
  AnfRef node;

  if (size == type->dim[2])
    return x;
  node = anf_expansion_node (e, "slice_by_size", x, NONE);
  anf_expansion_ints (e, node, "begin", 4, (gint64[]) { 0, 0, begin, 0 });
  anf_expansion_ints (e, node, "size", 4, (gint64[]) { 1, type->dim[1], size, type->dim[3] });
  return node;
}

typedef struct { AnfRef q, k, v, mask; double scale; } Attention;

/* The queries are scaled, not the scores: a sum of products is lost from 32768 on. */
static AnfRef
attend (AnfExpansion *e, const Attention *self, gint64 begin, gint64 size)
{
  const AnfShapes *outer = e->shapes;
  AnfRef q = scale (e, rows_of (e, self->q, outer->in[0], begin, size), self->scale);
  AnfRef score = anf_expansion_node (e, "bmm", q, self->k);

  if (self->mask.node != 0)
    score = anf_expansion_node (e, "add", score,
                                rows_of (e, self->mask, outer->in[3], begin, size));
  return anf_expansion_node (e, "bmm", anf_expansion_node (e, "softmax", score, NONE), self->v);
}

/* Scores and probabilities are rounded: a score s is off by up to 2^-11 |s| and a little for the
 * queries, its probability by as much relative to itself, plus 2^-11. */
AnfGraph *
anf_route_attention (AnfShapes *self)
{
  gint64 sq = self->in[0]->dim[2], d = self->in[0]->dim[3];
  gint64 n_tiles = MAX (1, (sq + TILE / 2) / TILE), tile = (sq + n_tiles - 1) / n_tiles;
  Attention attention = { .scale = 1 / sqrt (d) };
  AnfRef result;
  AnfExpansion e;

  anf_expansion_init (&e, self);
  attention.q = anf_expansion_input (&e, 0);
  attention.k = anf_expansion_transpose (&e, anf_expansion_input (&e, 1), 4,
                                         (gint64[]) { 0, 1, 3, 2 });
  attention.v = anf_expansion_input (&e, 2);
  if (is_masked (self))
    attention.mask = anf_expansion_input (&e, 3);
  if (anf_node_attr_is_set (self->node, "scale"))
    attention.scale = anf_node_real (self->node, "scale");
  if (tile >= sq)
    return anf_expansion_end (&e, attend (&e, &attention, 0, sq));

  result = anf_expansion_node (&e, "concat", NONE, NONE);
  anf_expansion_int (&e, result, "axis", 2);
  for (gint64 i = 0; i * tile < sq; i++)
    anf_graph_builder_connect (e.builder,
                               attend (&e, &attention, i * tile, MIN (tile, sq - i * tile)),
                               result.node, i);
  return anf_expansion_end (&e, result);
}

/* ---- others */

/* The same numbers. */
AnfGraph *
anf_route_flat (AnfShapes *self)
{
  gint64 n = anf_type_elements (self->in[0]);
  AnfExpansion e;

  anf_expansion_init (&e, self);
  return anf_expansion_end (&e, anf_expansion_reshape (&e, anf_expansion_input (&e, 0), 1, &n));
}

static AnfRef
reduce (AnfExpansion *e, const char *op, AnfRef x, gint64 axis)
{
  AnfRef node = anf_expansion_node (e, op, x, NONE);

  anf_expansion_ints (e, node, "axes", 1, &axis);
  return node;
}

/* Four roundings instead of one, each of 2^-11 of its value at most: up to four steps of fp16. */
AnfGraph *
anf_route_minmax (AnfShapes *self)
{
  gint64 axis = anf_node_text (self->node, "dimension")[0] == 'H' ? 2 : 3;
  AnfRef x, least, range;
  AnfExpansion e;

  anf_expansion_init (&e, self);
  x = anf_expansion_input (&e, 0);
  least = reduce (&e, "reduce_min", x, axis);
  range = anf_expansion_node (&e, "sub", reduce (&e, "reduce_max", x, axis), least);
  range = shift (&e, range, anf_node_real (self->node, "eps"));
  x = anf_expansion_node (&e, "sub", x, least);
  return anf_expansion_end (&e, anf_expansion_node (&e, "real_div", x, range));
}

/* There alpha is shared out over the window, which has all channels. The same sum: one step, where
 * alpha times their number is no number of double precision. */
AnfGraph *
anf_route_response (AnfShapes *self)
{
  gint64 channels = self->in[0]->dim[1];
  AnfRef node;
  AnfExpansion e;

  anf_expansion_init (&e, self);
  node = anf_expansion_node (&e, "local_response_norm", anf_expansion_input (&e, 0), NONE);
  anf_expansion_int (&e, node, "size", channels);
  anf_expansion_real (&e, node, "alpha", anf_node_real (self->node, "alpha") * channels);
  anf_expansion_real (&e, node, "beta", anf_node_real (self->node, "beta"));
  anf_expansion_real (&e, node, "k", anf_node_real (self->node, "k"));
  return anf_expansion_end (&e, node);
}

/* ---- sine and cosine */

/* pi in two parts: a small multiple of the first is an fp16 number, so that what is subtracted
 * first leaves an exact difference. */
#define PI_HIGH 3.140625
#define PI_LOW  (G_PI - PI_HIGH)
/* A little over a quarter turn: where the last digit of x / pi decides for the other side. */
#define QUARTER 1.625

/* sin (r) for |r| up to QUARTER: r + r t (C3 + t (C5 + t C7)), t = r^2; least squares on that
 * interval, one coefficient after the other rounded to fp16. Off by 1e-5 at most, unrounded. */
#define C3 (-0.1666259765625)
#define C5 0.00827789306640625
#define C7 (-0.00017583370208740234)

static AnfRef
sine_of_rest (AnfExpansion *e, AnfRef r)
{
  AnfRef t = anf_expansion_node (e, "mul", r, r), y;

  y = shift (e, scale (e, t, C7), C5);
  y = shift (e, anf_expansion_node (e, "mul", y, t), C3);
  y = anf_expansion_node (e, "mul", anf_expansion_node (e, "mul", y, t), r);
  return anf_expansion_node (e, "add", r, y);
}

/* 1 for even n, -1 for odd. */
static AnfRef
sign_of (AnfExpansion *e, AnfRef n)
{
  AnfRef even = scale (e, anf_expansion_node (e, "floor", scale (e, n, 0.5), NONE), 2);

  return shift (e, scale (e, anf_expansion_node (e, "sub", n, even), -2), 1);
}

/* sin (x + turn pi) with turn 0 or a half: x = (n - turn) pi + r, and the sign of n. */
static AnfGraph *
sine (AnfShapes *self, double turn)
{
  AnfRef x, n, h, r;
  AnfExpansion e;

  anf_expansion_init (&e, self);
  x = anf_expansion_input (&e, 0);
  n = scale (&e, x, 1 / G_PI);
  n = anf_expansion_node (&e, "round", turn != 0 ? shift (&e, n, turn) : n, NONE);
  h = turn != 0 ? shift (&e, n, -turn) : n;
  r = anf_expansion_node (&e, "sub", x, scale (&e, h, PI_HIGH));
  r = anf_expansion_node (&e, "sub", r, scale (&e, h, PI_LOW));
  r = anf_expansion_node (&e, "clip", r, NONE);
  anf_expansion_real (&e, r, "lo", -QUARTER);
  anf_expansion_real (&e, r, "hi", QUARTER);
  return anf_expansion_end (&e, anf_expansion_node (&e, "mul", sine_of_rest (&e, r),
                                                    sign_of (&e, n)));
}

AnfGraph *
anf_decompose_sine (AnfShapes *shapes)
{
  return sine (shapes, 0);
}

AnfGraph *
anf_decompose_cosine (AnfShapes *shapes)
{
  return sine (shapes, 0.5);
}
